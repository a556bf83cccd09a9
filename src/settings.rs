//! The configuration file of `ied serve`.

use crate::failure::Failure;
use crate::toml_file;
use iec61850::{AccessPolicy, FunctionalConstraint, IedServerConfig, ServerIdentity};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What a configuration file says. All of it may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The IED, if several in the model file have a server.
    pub(crate) ied: Option<String>,
    /// The access point, if several of the IED have a server.
    pub(crate) access_point: Option<String>,
    /// The address to listen on.
    pub(crate) bind: Option<String>,
    /// The port to listen on.
    pub(crate) port: Option<u16>,
    /// Whether the values move.
    pub(crate) simulate: bool,
    /// Which of the simulated processes.
    pub(crate) seed: Option<u32>,
    /// The folder logs are kept in.
    pub(crate) logs: Option<PathBuf>,
    /// Entries a log keeps there.
    pub(crate) log_capacity: Option<u32>,
    /// Who the server says it is.
    pub(crate) identity: Identity,
    /// What clients may write where no more is said.
    pub(crate) writable: Writable,
    /// How the server behaves.
    pub(crate) server: IedServerConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Identity {
    vendor: Option<String>,
    model: Option<String>,
    revision: Option<String>,
}

/// The functional constraints that have a write policy.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Writable {
    dc: Option<bool>,
    cf: Option<bool>,
    sp: Option<bool>,
    sv: Option<bool>,
    se: Option<bool>,
    bl: Option<bool>,
}

impl Identity {
    /// The identity, if the file says anything about it.
    pub(crate) fn merged(self) -> Option<ServerIdentity> {
        if self.vendor.is_none() && self.model.is_none() && self.revision.is_none() {
            return None;
        }
        let default = ServerIdentity::default();
        Some(ServerIdentity {
            vendor: self.vendor.unwrap_or(default.vendor),
            model: self.model.unwrap_or(default.model),
            revision: self.revision.unwrap_or(default.revision),
        })
    }
}

impl Writable {
    /// What the file says.
    pub(crate) fn policies(&self) -> impl Iterator<Item = (FunctionalConstraint, AccessPolicy)> {
        use FunctionalConstraint as Fc;
        [
            (Fc::DC, self.dc),
            (Fc::CF, self.cf),
            (Fc::SP, self.sp),
            (Fc::SV, self.sv),
            (Fc::SE, self.se),
            (Fc::BL, self.bl),
        ]
        .into_iter()
        .filter_map(|(fc, allowed)| {
            let policy = if allowed? {
                AccessPolicy::Allow
            } else {
                AccessPolicy::Deny
            };
            Some((fc, policy))
        })
    }
}

/// Reads a configuration file.
pub(crate) fn read(path: &Path) -> Result<Settings, Failure> {
    toml_file::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use iec61850::{Iec61850Edition, ReportSetting};

    fn parse(text: &str) -> Result<Settings, String> {
        toml_file::parse(text)
    }

    /// Every setting with its default.
    const EXAMPLE: &str = include_str!("../examples/server.toml");

    #[test]
    fn the_example_says_all_there_is_to_say() {
        let settings = parse(EXAMPLE).unwrap();
        assert_eq!(settings.server, IedServerConfig::default());
        assert_eq!(settings.port, Some(102));
        let defaults = toml::Table::try_from(IedServerConfig::default()).unwrap();
        let example: toml::Table = EXAMPLE.parse().unwrap();
        let example = example["server"].as_table().unwrap();
        for (key, default) in &defaults {
            assert_eq!(
                example.get(key),
                Some(default),
                "examples/server.toml: {key}"
            );
        }
        let identity = settings.identity.merged().unwrap();
        assert_eq!(identity.vendor, "Example");
        assert_eq!(settings.writable.policies().count(), 6);
    }

    #[test]
    fn the_manual_names_every_setting() {
        let manual = include_str!("../docs/cli.md");
        let example: toml::Table = EXAMPLE.parse().unwrap();
        let tables = example.iter().flat_map(|(key, value)| match value {
            toml::Value::Table(table) => table.keys().cloned().collect(),
            _ => vec![key.clone()],
        });
        for key in tables {
            assert!(manual.contains(&format!("`{key}`")), "no {key}");
        }
    }

    #[test]
    fn what_is_said_holds() {
        let text = "
            port = 10102
            simulate = true
            [writable]
            cf = true
            [server]
            edition = '2.1'
            max_pdu_size = 8_000
            sync_integrity_report_times = true
            file_service_base_path = '/srv/files'
            report_settings = ['trg_ops', 'intg_pd']
        ";
        let settings = parse(text).unwrap();
        let expected = IedServerConfig {
            edition: Iec61850Edition::Edition2_1,
            max_pdu_size: 8_000,
            sync_integrity_report_times: true,
            file_service_base_path: "/srv/files".into(),
            report_settings: ReportSetting::TRG_OPS | ReportSetting::INTG_PD,
            ..IedServerConfig::default()
        };
        assert_eq!(settings.server, expected);
        assert!(settings.simulate);
        let policies: Vec<_> = settings.writable.policies().collect();
        assert_eq!(policies, [(FunctionalConstraint::CF, AccessPolicy::Allow)]);
        assert_eq!(settings.identity.merged(), None);
        assert_eq!(parse("").unwrap().server, IedServerConfig::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, place, reasons) in [
            (
                "prot = 102",
                "1:1: prot: ",
                ["unknown field `prot`", "`port`"],
            ),
            (
                "port = 102\nbind = 7",
                "2:8: bind: ",
                ["integer `7`", "string"],
            ),
            ("port = 70000", "1:8: port: ", ["70000", "u16"]),
            (
                "[server]\n\nmax_pdu = 1",
                "3:1: server.max_pdu: ",
                ["`max_pdu`", "`max_pdu_size`"],
            ),
            (
                "[server]\nmax_pdu_size = 63",
                "2:16: server.max_pdu_size: ",
                ["63 is out of range", "from 64 to 16777215"],
            ),
            (
                "server.max_mms_connection = -1",
                "1:29: server.max_mms_connection: ",
                ["-1 is out of range", "from 1 to 100000"],
            ),
            (
                "[server]\nmax_open_files = 99999999999999",
                "2:18: server.max_open_files: ",
                ["out of range", "from 0 to 1000000"],
            ),
            (
                "[server]\nlog_service_enabled = 'yes'",
                "2:23: server.log_service_enabled: ",
                ["string \"yes\"", "boolean"],
            ),
            (
                "[server]\nedition = '3'",
                "2:11: server.edition: ",
                ["\"3\" is no edition", "\"2.1\""],
            ),
            (
                "[server]\nreport_settings = [\n  'trg_ops',\n  'gi'\n]",
                "2:19: server.report_settings: ",
                [
                    "\"gi\" is no attribute",
                    "rpt_id, buf_time, datset, trg_ops, opt_fields, intg_pd",
                ],
            ),
            (
                "[identity]\nvendor = ''\nname = ''",
                "3:1: identity.name: ",
                ["`name`", "`model`"],
            ),
            (
                "[writable]\nst = true",
                "2:1: writable.st: ",
                ["`st`", "`cf`"],
            ),
            ("port = 1\nport = 2", "2:1: ", ["duplicate", ""]),
            ("port 102", "1:6: ", ["", ""]),
            (
                "server = 1",
                "1:10: server: ",
                ["integer `1`", "table of settings"],
            ),
        ] {
            let complaint = parse(text).unwrap_err();
            assert!(complaint.starts_with(place), "{text:?}: {complaint}");
            for reason in reasons {
                assert!(complaint.contains(reason), "{text:?}: {complaint}");
            }
            assert!(!complaint.contains('\n'), "one line: {complaint}");
        }
    }
}
