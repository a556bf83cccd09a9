//! The configuration file as it is written.

use super::blocks::{
    AccountEntry, ConditionEntry, EnrollmentEntry, InformationEntry, PeerInformation, ProgramEntry,
    SeriesEntry,
};
use super::value;
use crate::Name;
use crate::bilateral::{AddressRange, Oversized, Rights, TableLimits, TableOptions, Visibility};
use crate::model::DeviceClass;
use crate::types::{ControlType, DsConditions, Edition, PointType, Quality};
use mms::ObjectIdentifier;
use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use toml::Spanned;

/// Something that is written as a word or a name.
#[derive(Clone, Debug)]
pub(super) struct Text<T>(pub(super) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Text).map_err(de::Error::custom)
    }
}

/// A quality as words.
#[derive(Clone, Debug)]
pub(super) struct QualityWords(pub(super) Quality);

impl FromStr for QualityWords {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        value::parse_quality(text).map(QualityWords)
    }
}

/// A title as dots or, as some write it, commas have it.
#[derive(Clone, Debug)]
pub(super) struct Title(pub(super) ObjectIdentifier);

impl<'de> Deserialize<'de> for Title {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let title = text.replace(',', ".").replace(' ', "").parse();
        let bad = |_| {
            de::Error::custom(format!(
                "`{text}` is no AP title; expected numbers with dots, as 1.1.999.1"
            ))
        };
        title.map(Title).map_err(bad)
    }
}

/// A value of a point: a number or a word.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Scalar {
    pub(super) fn text(&self) -> String {
        match self {
            Scalar::Integer(value) => value.to_string(),
            Scalar::Float(value) => value.to_string(),
            Scalar::Text(text) => text.clone(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) center: CenterFile,
    #[serde(default, rename = "point")]
    pub(super) points: Vec<PointEntry>,
    #[serde(default, rename = "control")]
    pub(super) controls: Vec<ControlEntry>,
    #[serde(default, rename = "device")]
    pub(super) devices: Vec<DeviceEntry>,
    #[serde(default)]
    pub(super) information: InformationEntry,
    #[serde(default, rename = "program")]
    pub(super) programs: Vec<ProgramEntry>,
    #[serde(default, rename = "event_condition")]
    pub(super) conditions: Vec<ConditionEntry>,
    #[serde(default, rename = "account")]
    pub(super) accounts: Vec<AccountEntry>,
    #[serde(default, rename = "time_series")]
    pub(super) series: Vec<SeriesEntry>,
    #[serde(default, rename = "data_set")]
    pub(super) data_sets: Vec<DataSetEntry>,
    #[serde(default, rename = "peer")]
    pub(super) peers: Vec<PeerEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CenterFile {
    pub(super) name: String,
    pub(super) ap_title: Option<Title>,
    pub(super) ae_qualifier: Option<i64>,
    pub(super) listen: Option<Text<SocketAddr>>,
    #[serde(default)]
    pub(super) point_lists: Vec<Spanned<String>>,
    pub(super) keep_alive: Option<u64>,
    pub(super) request_timeout: Option<u64>,
    pub(super) retry_first: Option<u64>,
    pub(super) retry_longest: Option<u64>,
    pub(super) max_pdu_size: Option<u32>,
    pub(super) max_connections: Option<usize>,
    #[serde(default)]
    pub(super) strict_table_id: bool,
    #[serde(default)]
    pub(super) check_selectors: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PointEntry {
    pub(super) name: Spanned<Text<Name>>,
    #[serde(rename = "type")]
    pub(super) ty: Text<PointType>,
    pub(super) value: Option<Spanned<Scalar>>,
    pub(super) quality: Option<Text<QualityWords>>,
    #[serde(default)]
    pub(super) deadband: f32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ControlEntry {
    pub(super) name: Spanned<Text<Name>>,
    #[serde(rename = "type")]
    pub(super) ty: Text<ControlType>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceEntry {
    pub(super) name: Spanned<Text<Name>>,
    #[serde(rename = "type")]
    pub(super) ty: Text<ControlType>,
    pub(super) class: Option<Text<DeviceClass>>,
    pub(super) check_back: Option<i16>,
    pub(super) select_timeout: Option<u64>,
    pub(super) operate_timeout: Option<u64>,
    pub(super) taggable: Option<bool>,
    pub(super) commands: Option<Vec<i16>>,
    pub(super) range: Option<(f32, f32)>,
    pub(super) indication: Option<Text<Name>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataSetEntry {
    pub(super) name: Spanned<Text<Name>>,
    pub(super) members: Vec<Text<Name>>,
    #[serde(default)]
    pub(super) deletable: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeerEntry {
    pub(super) name: Spanned<String>,
    pub(super) table_id: String,
    pub(super) peer_table_id: Option<String>,
    pub(super) domain: String,
    pub(super) peer_domain: Option<String>,
    pub(super) edition: Option<Text<Edition>>,
    pub(super) ap_title: Option<Title>,
    pub(super) ae_qualifier: Option<i64>,
    #[serde(default)]
    pub(super) addresses: Vec<Text<AddressRange>>,
    #[serde(default)]
    pub(super) call: Vec<String>,
    #[serde(default)]
    pub(super) rights: Vec<RightsEntry>,
    #[serde(default)]
    pub(super) limits: LimitsEntry,
    #[serde(default)]
    pub(super) options: OptionsEntry,
    #[serde(default)]
    pub(super) follow: Vec<FollowEntry>,
    #[serde(default)]
    pub(super) information: PeerInformation,
    #[serde(default, rename = "enrollment")]
    pub(super) enrollments: Vec<EnrollmentEntry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RightsEntry {
    pub(super) objects: Vec<Spanned<String>>,
    pub(super) allow: Vec<Text<Rights>>,
    pub(super) check_back: Option<i16>,
}

/// Fields that are written where a default does not do.
macro_rules! overrides {
    ($name:ident for $target:ty { $($field:ident: $from:ty $(=> $convert:expr)?,)+ }) => {
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($field: Option<$from>,)+
        }

        impl $name {
            pub(super) fn apply(self, target: &mut $target) {
                $(if let Some(value) = self.$field {
                    $(let value = $convert(value);)?
                    target.$field = value;
                })+
            }
        }
    };
}

overrides! {
    LimitsEntry for TableLimits {
        associations: usize,
        data_sets: usize,
        members: usize,
        transfer_sets: usize,
        min_interval: i32,
        min_buffer_time: i32,
        events: usize,
        report_backlog: usize,
        enrollments: usize,
        account_sets: usize,
        series_sets: usize,
        series_samples: usize,
        commands_per_minute: u32,
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VisibilityWord {
    Hide,
    Deny,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OversizedWord {
    Split,
    Refuse,
}

fn visibility(word: VisibilityWord) -> Visibility {
    match word {
        VisibilityWord::Hide => Visibility::Hide,
        VisibilityWord::Deny => Visibility::Deny,
    }
}

fn oversized(word: OversizedWord) -> Oversized {
    match word {
        OversizedWord::Split => Oversized::Split,
        OversizedWord::Refuse => Oversized::Refuse,
    }
}

overrides! {
    OptionsEntry for TableOptions {
        visibility: VisibilityWord => visibility,
        block2: bool,
        block3: bool,
        block3_index_base: u8,
        keep_enrollments: bool,
        bare_condition_names: bool,
        account_lead: u64 => Duration::from_secs,
        create_data_sets: bool,
        initial_full_report: bool,
        send_empty: bool,
        full_interval_reports: bool,
        oversized: OversizedWord => oversized,
        keep_data_sets: bool,
        scope_signed: bool,
        vmd_alias_in_domain: bool,
        hide_special_variables: bool,
        critical_timeout: u64 => Duration::from_secs,
        reservation: u64 => Duration::from_secs,
        use_peer: bool,
        block5: bool,
        read_devices: bool,
        one_selection: bool,
        peer_edition: Text<Edition> => |edition: Text<Edition>| Some(edition.0),
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FollowEntry {
    pub(super) data_set: Text<Name>,
    #[serde(default)]
    pub(super) members: Vec<Text<Name>>,
    pub(super) transfer_set: Option<Text<Name>>,
    pub(super) conditions: Option<Text<DsConditions>>,
    #[serde(default)]
    pub(super) interval: i32,
    #[serde(default)]
    pub(super) tle: i32,
    #[serde(default)]
    pub(super) buffer_time: i32,
    #[serde(default)]
    pub(super) integrity_check: i32,
    #[serde(default)]
    pub(super) critical: bool,
    pub(super) rbe: Option<bool>,
    #[serde(default)]
    pub(super) all_changes: bool,
    #[serde(default)]
    pub(super) event_code: i16,
    #[serde(default)]
    pub(super) block_data: bool,
    #[serde(default)]
    pub(super) block_index_base: u8,
}
