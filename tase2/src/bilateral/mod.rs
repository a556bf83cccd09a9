//! Bilateral tables: who a peer is, and what it may see and do.

mod identity;
mod information;
mod rights;

pub(crate) use identity::Match;
pub use identity::{AddressRange, PeerIdentity};
pub use information::{InformationTable, References};
pub use rights::{Pattern, Rights, Rule};

use crate::Name;
use crate::condition::PredefinedEnrollment;
use crate::name::{NameError, check_identifier};
use crate::types::Edition;
use std::time::Duration;

/// What an object that a peer has no right to looks like to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// As if it did not exist, so that names cannot be probed.
    #[default]
    Hide,
    /// Its name is still not listed, but access to it is denied instead of non-existent.
    Deny,
}

/// What becomes of a full report that is longer than a PDU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Oversized {
    /// It is sent in several reports that list their variables.
    #[default]
    Split,
    /// A data set whose report may be too long is not created (resource / capability-unavailable), and reports that are too long are
    /// dropped.
    Refuse,
}

/// What a peer may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableLimits {
    /// Associations at once, opened by either side. Default 4.
    pub associations: usize,
    /// Data sets the peer may create in its domain. Default 100.
    pub data_sets: usize,
    /// Members of a data set. Default 1000.
    pub members: usize,
    /// Transfer sets in its domain. Default 16.
    pub transfer_sets: usize,
    /// The shortest Interval and IntegrityCheck that is accepted, in seconds. Default 1.
    pub min_interval: i32,
    /// The shortest BufferTime that is accepted, in seconds. Default 0.
    pub min_buffer_time: i32,
    /// Changes that wait in one transfer set for a peer that does not take them. Default 10 000.
    pub events: usize,
    /// Octets of reports that wait for the peer to read them. Default 1 MiB.
    pub report_backlog: usize,
    /// Event enrolments the peer may have (block 7). Default 100.
    pub enrollments: usize,
    /// Transfer sets of accounts in its domain (block 8). Default 4.
    pub account_sets: usize,
    /// Transfer sets of time series in its domain (block 9). Default 4.
    pub series_sets: usize,
    /// Samples of a time series that are told at once. Default 100 000.
    pub series_samples: usize,
    /// Selections, commands and tags in a minute (block 5); 0 is no limit. Default 600.
    pub commands_per_minute: u32,
}

impl Default for TableLimits {
    fn default() -> Self {
        TableLimits {
            associations: 4,
            data_sets: 100,
            members: 1000,
            transfer_sets: 16,
            min_interval: 1,
            min_buffer_time: 0,
            events: 10_000,
            report_backlog: 1 << 20,
            enrollments: 100,
            account_sets: 4,
            series_sets: 4,
            series_samples: 100_000,
            commands_per_minute: 600,
        }
    }
}

/// Where the standard leaves a choice, or products differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableOptions {
    /// How hidden objects answer. Default [`Visibility::Hide`].
    pub visibility: Visibility,
    /// Whether block 2 may be used. Default true.
    pub block2: bool,
    /// Whether the peer may create data sets. Default true.
    pub create_data_sets: bool,
    /// Whether a full report is sent at the start of a transfer set with IntegrityTimeOut or ObjectChange. Default true.
    pub initial_full_report: bool,
    /// Whether an IntervalTimeOut under RBE is reported when nothing has changed: the special variables alone. Default false.
    pub send_empty: bool,
    /// Whether an IntervalTimeOut under RBE reports everything, as e-terracomm does it, not the changes only. Default false.
    pub full_interval_reports: bool,
    /// Full reports longer than a PDU. Default [`Oversized::Split`].
    pub oversized: Oversized,
    /// Whether data sets of the peer outlive its last association. Default true.
    pub keep_data_sets: bool,
    /// Whether Scope in object names is sent as a signed integer. Default false.
    pub scope_signed: bool,
    /// Whether TASE2_Version and Supported_Features can be read in the domain too. Default false.
    pub vmd_alias_in_domain: bool,
    /// Whether name lists leave out the special variables of reports. Default false.
    pub hide_special_variables: bool,
    /// How long a critical report may wait for its acknowledgement. Default 30 s.
    pub critical_timeout: Duration,
    /// How long a transfer set that was handed out by Next_DSTransfer_Set is kept for who read it. Default 30 s.
    pub reservation: Duration,
    /// How the peer's own transfer sets look. `None`: as its version says. Default `None`.
    pub peer_edition: Option<Edition>,
    /// Whether we may use the peer as well: its version and table are read, it is kept alive, and its transfer sets can be followed. A peer
    /// that says it serves nothing is left alone anyway, and one that calls as long as nothing here wants it
    /// ([`Endpoint::peer`](crate::endpoint::Endpoint::peer)). Default true.
    pub use_peer: bool,
    /// Whether block 3 may be used: transfer sets with BlockData. Its encoding is not verified against another product. Default false.
    pub block3: bool,
    /// The number of the first member in blocked reports under RBE, 0 or 1. Default 0.
    pub block3_index_base: u8,
    /// Whether event enrolments in the domain outlive the association that made them. Default false.
    pub keep_enrollments: bool,
    /// Whether notifications name their condition in the form of ISO 9506-2:2003, without the choice of the first edition. Default false.
    pub bare_condition_names: bool,
    /// How long before and after the full hour accounts are told: from a second to less than half an hour. Default 5 minutes.
    pub account_lead: Duration,
    /// Whether block 5 may be used: without it devices are control points that can be read. Default true.
    pub block5: bool,
    /// Whether the last commanded value of a device can be read by who may read it; else that is object-access-unsupported. Default true.
    pub read_devices: bool,
    /// Whether an association may have one device selected only. Default false.
    pub one_selection: bool,
}

impl Default for TableOptions {
    fn default() -> Self {
        TableOptions {
            visibility: Visibility::Hide,
            block2: true,
            create_data_sets: true,
            initial_full_report: true,
            send_empty: false,
            full_interval_reports: false,
            oversized: Oversized::Split,
            keep_data_sets: true,
            scope_signed: false,
            vmd_alias_in_domain: false,
            hide_special_variables: false,
            critical_timeout: Duration::from_secs(30),
            reservation: Duration::from_secs(30),
            peer_edition: None,
            use_peer: true,
            block3: false,
            block3_index_base: 0,
            keep_enrollments: false,
            bare_condition_names: false,
            account_lead: Duration::from_secs(300),
            block5: true,
            read_devices: true,
            one_selection: false,
        }
    }
}

/// The agreement with one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BilateralTable {
    /// What the peer is called here, in events and messages.
    pub peer: String,
    /// `Bilateral_Table_ID`: the version of the agreement, as the peer reads it.
    pub id: String,
    /// What the peer is to answer for its `Bilateral_Table_ID`; `None` is the same as `id`.
    pub peer_id: Option<String>,
    /// The domain of ours (ICC) that this peer sees, and no other does.
    pub domain: String,
    /// The domain of the peer's that is for us; `None` if it has the same name.
    pub peer_domain: Option<String>,
    /// The edition we speak with the peer. Default 2000-08.
    pub edition: Edition,
    /// How the peer is recognized when it calls.
    pub identity: PeerIdentity,
    /// What it may do with which objects; rules add up.
    pub rules: Vec<Rule>,
    /// What it may use up.
    pub limits: TableLimits,
    /// Choices.
    pub options: TableOptions,
    /// Information messages (block 4).
    pub information: InformationTable,
    /// Event enrolments that are there from the beginning (block 7).
    pub enrollments: Vec<PredefinedEnrollment>,
}

/// A bilateral table that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A name that cannot be one.
    #[error("peer {peer}: {key}: {reason}")]
    Name {
        /// The peer.
        peer: String,
        /// The key of the table.
        key: &'static str,
        /// What is wrong.
        reason: NameError,
    },
    /// Nothing says who the peer is.
    #[error("peer {peer}: neither an AP title nor an address says who it is")]
    NoIdentity {
        /// The peer.
        peer: String,
    },
    /// Two tables of one peer name, or of one domain.
    #[error("peer {peer}: {key} `{value}` is that of another table")]
    Duplicate {
        /// The peer.
        peer: String,
        /// The key of the table.
        key: &'static str,
        /// Its value.
        value: String,
    },
    /// The table id is longer than the standard allows.
    #[error("peer {peer}: the table id `{id}` is empty or has more than 32 characters")]
    TableId {
        /// The peer.
        peer: String,
        /// The id.
        id: String,
    },
    /// A rule that means nothing there is.
    #[error("peer {peer}: there is no object `{objects}` to give rights to")]
    NoSuchObject {
        /// The peer.
        peer: String,
        /// The name in the rule.
        objects: String,
    },
}

impl BilateralTable {
    /// A table for `peer` with the id `id`, whose domain is `domain`; the peer may do nothing yet, and nothing says who it is.
    pub fn new(peer: impl Into<String>, id: impl Into<String>, domain: impl Into<String>) -> Self {
        BilateralTable {
            peer: peer.into(),
            id: id.into(),
            peer_id: None,
            domain: domain.into(),
            peer_domain: None,
            edition: Edition::default(),
            identity: PeerIdentity::default(),
            rules: Vec::new(),
            limits: TableLimits::default(),
            options: TableOptions::default(),
            information: InformationTable::default(),
            enrollments: Vec::new(),
        }
    }

    /// The rights of the peer to an object that is neither its data set nor a standard object.
    pub fn rights(&self, domain: Option<&str>, item: &str) -> Rights {
        if domain.is_some_and(|domain| domain != self.domain) {
            return Rights::empty();
        }
        self.rules
            .iter()
            .filter(|rule| rule.objects.matches(domain, item))
            .fold(Rights::empty(), |all, rule| all | rule.rights)
    }

    /// The check-back id that selecting a device answers, where the table has one.
    pub fn check_back(&self, domain: Option<&str>, item: &str) -> Option<i16> {
        let rules = self.rules.iter().rev();
        let mut ids = rules.filter(|rule| rule.objects.matches(domain, item));
        ids.find_map(|rule| rule.check_back)
    }

    /// What the peer has to answer for `Bilateral_Table_ID`.
    pub fn expected_id(&self) -> &str {
        self.peer_id.as_deref().unwrap_or(&self.id)
    }

    /// The domain of the peer that is for us.
    pub fn remote_domain(&self) -> &str {
        self.peer_domain.as_deref().unwrap_or(&self.domain)
    }

    /// Checks the table by itself.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn check(&self) -> Result<(), TableError> {
        let name = |key, name: &str| {
            check_identifier(name).map_err(|reason| TableError::Name {
                peer: self.peer.clone(),
                key,
                reason,
            })
        };
        name("domain", &self.domain)?;
        self.peer_domain
            .as_deref()
            .map_or(Ok(()), |domain| name("peer_domain", domain))?;
        for id in [Some(&self.id), self.peer_id.as_ref()]
            .into_iter()
            .flatten()
        {
            if id.is_empty() || id.len() > 32 {
                return Err(TableError::TableId {
                    peer: self.peer.clone(),
                    id: id.clone(),
                });
            }
        }
        if !self.identity.says_something() {
            return Err(TableError::NoIdentity {
                peer: self.peer.clone(),
            });
        }
        Ok(())
    }

    /// Checks tables against one another, and their rules against what there is.
    pub(crate) fn check_all(
        tables: &[BilateralTable],
        exists: impl Fn(&Name) -> bool,
    ) -> Result<(), TableError> {
        for (i, table) in tables.iter().enumerate() {
            table.check()?;
            for (key, of) in [
                ("name", (|t| &t.peer) as fn(&BilateralTable) -> &String),
                ("domain", |t| &t.domain),
            ] {
                if tables.iter().take(i).any(|other| of(other) == of(table)) {
                    return Err(TableError::Duplicate {
                        peer: table.peer.clone(),
                        key,
                        value: of(table).clone(),
                    });
                }
            }
            for rule in &table.rules {
                let absent = rule.objects.literal().filter(|name| !exists(name));
                if absent.is_some() {
                    return Err(TableError::NoSuchObject {
                        peer: table.peer.clone(),
                        objects: rule.objects.to_string(),
                    });
                }
            }
            for enrollment in &table.enrollments {
                check_identifier(&enrollment.name).map_err(|reason| TableError::Name {
                    peer: table.peer.clone(),
                    key: "enrollment",
                    reason,
                })?;
                if !exists(&enrollment.condition) {
                    return Err(TableError::NoSuchObject {
                        peer: table.peer.clone(),
                        objects: enrollment.condition.to_string(),
                    });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(peer: &str, domain: &str) -> BilateralTable {
        let mut table = BilateralTable::new(peer, "1", domain);
        table.identity.ap_title = Some("1.1.1".parse().unwrap());
        table
    }

    #[test]
    fn rules_add_up() {
        let mut t = table("A", "ICC1");
        t.rules = vec![
            Rule::new("MW*", Rights::READ),
            Rule::new("MW1", Rights::WRITE),
            Rule::new("*/X", Rights::READ),
        ];
        assert_eq!(t.rights(None, "MW1"), Rights::READ | Rights::WRITE);
        assert_eq!(t.rights(None, "MW2"), Rights::READ);
        assert_eq!(t.rights(None, "CB1"), Rights::empty());
        assert_eq!(t.rights(Some("ICC1"), "X"), Rights::READ);
        // Never in the domain of another peer, whatever a rule says.
        assert_eq!(t.rights(Some("ICC2"), "X"), Rights::empty());
    }

    #[test]
    fn tables_are_checked() {
        let all = |tables: &[BilateralTable]| {
            BilateralTable::check_all(tables, |name| name.item() == "known")
                .map_err(|e| e.to_string())
        };
        assert_eq!(all(&[table("A", "ICC1"), table("B", "ICC2")]), Ok(()));
        let error = all(&[table("A", "ICC1"), table("B", "ICC1")]).unwrap_err();
        assert_eq!(error, "peer B: domain `ICC1` is that of another table");
        let error = all(&[table("A", "ICC1"), table("A", "ICC2")]).unwrap_err();
        assert_eq!(error, "peer A: name `A` is that of another table");
        let error = all(&[table("A", "1CC")]).unwrap_err();
        assert!(
            error.starts_with("peer A: domain: `1CC` has the character '1'"),
            "{error}"
        );
        let mut t = table("A", "ICC1");
        t.rules = vec![
            Rule::new("known", Rights::READ),
            Rule::new("no", Rights::READ),
        ];
        let error = all(&[t]).unwrap_err();
        assert_eq!(error, "peer A: there is no object `no` to give rights to");
        let mut t = table("A", "ICC1");
        t.identity = PeerIdentity::default();
        assert!(all(&[t]).is_err());
        let mut t = table("A", "ICC1");
        t.peer_id = Some(String::new());
        assert!(all(&[t]).unwrap_err().contains("table id"));
    }
}
