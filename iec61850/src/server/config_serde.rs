//! [`IedServerConfig`](super::IedServerConfig) in files: what serde has to know.

use crate::Engine;
use crate::common::{Iec61850Edition, ReportSetting};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// What numbers a configuration file may say, where the type allows more.
fn allowed(name: &str) -> RangeInclusive<u64> {
    match name {
        "max_mms_connection" => 1..=100_000,
        // The encoding has 24 bits for the length.
        "max_pdu_size" => 64..=0x00ff_ffff,
        "report_buffer_size_brcb" | "report_buffer_size_urcb" => 0..=1 << 30,
        "max_file_uploads"
        | "max_open_files"
        | "max_listed_files"
        | "max_association_specific_datasets"
        | "max_domain_specific_datasets"
        | "max_dataset_entries"
        | "max_waiting_log_entries" => 0..=1_000_000,
        "default_log_capacity" => 0..=10_000_000,
        _ => 0..=u64::MAX,
    }
}

/// A struct of settings that have names.
pub(super) trait Settings: Default {
    const NAMES: &'static [&'static str];

    /// Takes the value of a setting, one of `NAMES`.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;

    /// Writes all settings.
    fn write<S: SerializeMap>(&self, map: &mut S) -> Result<(), S::Error>;
}

impl<'de> Deserialize<'de> for super::IedServerConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Table(PhantomData))
    }
}

impl Serialize for super::IedServerConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Self::NAMES.len()))?;
        self.write(&mut map)?;
        map.end()
    }
}

struct Table<T>(PhantomData<T>);

impl<'de, T: Settings> Visitor<'de> for Table<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut settings = T::default();
        while let Some(name) = map.next_key_seed(Name(T::NAMES))? {
            settings.read(name, &mut map)?;
        }
        Ok(settings)
    }
}

/// One of these names. That it is refused while it is read tells the format where it stands.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a setting")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<&'static str, E> {
        let known = self.0.iter().find(|known| **known == name);
        known.copied().ok_or_else(|| E::unknown_field(name, self.0))
    }
}

/// The type of a setting.
pub(super) trait Setting: Sized {
    /// Numbers have to be in the range.
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        range: RangeInclusive<u64>,
    ) -> Result<Self, D::Error>;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// The next value of a table, which is that of the setting with this name.
pub(super) fn value<'de, T: Setting, A: MapAccess<'de>>(
    map: &mut A,
    name: &str,
) -> Result<T, A::Error> {
    struct Seed<T>(RangeInclusive<u64>, PhantomData<T>);

    impl<'de, T: Setting> DeserializeSeed<'de> for Seed<T> {
        type Value = T;

        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
            T::read(deserializer, self.0)
        }
    }

    map.next_value_seed(Seed(allowed(name), PhantomData))
}

/// A setting as serde writes it.
pub(super) struct Written<'a, T>(pub(super) &'a T);

impl<T: Setting> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl Setting for bool {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        _: RangeInclusive<u64>,
    ) -> Result<Self, D::Error> {
        bool::deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }
}

macro_rules! numbers {
    ($($type:ty)+) => {
        $(
            impl Setting for $type {
                fn read<'de, D: Deserializer<'de>>(
                    deserializer: D,
                    range: RangeInclusive<u64>,
                ) -> Result<Self, D::Error> {
                    // TOML has 64 bits and a sign.
                    let value = i64::deserialize(deserializer)?;
                    let (least, most) = range.into_inner();
                    u64::try_from(value)
                        .ok()
                        .filter(|value| (least..=most).contains(value))
                        .and_then(|value| Self::try_from(value).ok())
                        .ok_or_else(|| {
                            let most = most.min(<$type>::MAX as u64).min(i64::MAX as u64);
                            D::Error::custom(format_args!(
                                "{value} is out of range: it has to be from {least} to {most}"
                            ))
                        })
                }

                fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    (*self as u64).serialize(serializer)
                }
            }
        )+
    };
}

numbers! { u16 u32 u64 usize }

impl Setting for PathBuf {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        _: RangeInclusive<u64>,
    ) -> Result<Self, D::Error> {
        PathBuf::deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

/// Engines that are not compiled in have their names too: the server says how to get them.
impl Setting for Engine {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        _: RangeInclusive<u64>,
    ) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            let names: Vec<_> = Engine::ALL.iter().map(|engine| engine.name()).collect();
            D::Error::custom(format_args!(
                "{text:?} is no engine: there are {}",
                names.join(", ")
            ))
        })
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

const EDITIONS: [(&str, Iec61850Edition); 3] = [
    ("1", Iec61850Edition::Edition1),
    ("2", Iec61850Edition::Edition2),
    ("2.1", Iec61850Edition::Edition2_1),
];

impl Setting for Iec61850Edition {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        _: RangeInclusive<u64>,
    ) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = EDITIONS.iter().find(|(name, _)| *name == text);
        known.map(|(_, edition)| *edition).ok_or_else(|| {
            D::Error::custom(format_args!(
                "{text:?} is no edition: it has to be \"1\", \"2\" or \"2.1\""
            ))
        })
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = EDITIONS.iter().find(|(_, edition)| edition == self);
        serializer.serialize_str(name.map_or("", |(name, _)| name))
    }
}

/// A list of the flags' names in small letters.
impl Setting for ReportSetting {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        _: RangeInclusive<u64>,
    ) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = ReportSetting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of attributes of report control blocks")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ReportSetting, A::Error> {
                let mut all = ReportSetting::empty();
                while let Some(Flag(setting)) = seq.next_element()? {
                    all |= setting;
                }
                Ok(all)
            }
        }

        deserializer.deserialize_seq(Names)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for (name, _) in self.iter_names() {
            seq.serialize_element(&name.to_ascii_lowercase())?;
        }
        seq.end()
    }
}

struct Flag(ReportSetting);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let all = ReportSetting::all();
        let known = all
            .iter_names()
            .find(|(name, _)| name.to_ascii_lowercase() == text);
        known.map(|(_, setting)| Flag(setting)).ok_or_else(|| {
            let names: Vec<_> = all
                .iter_names()
                .map(|(name, _)| name.to_ascii_lowercase())
                .collect();
            D::Error::custom(format_args!(
                "{text:?} is no attribute of report control blocks: there are {}",
                names.join(", ")
            ))
        })
    }
}
