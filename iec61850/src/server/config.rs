#[cfg(feature = "serde")]
use super::config_serde;
use crate::Engine;
use crate::common::{Iec61850Edition, ReportSetting};
use std::path::{Path, PathBuf};

/// Defines the settings: name, setter, type, default. What a configuration file may say is in
/// `config_serde`.
macro_rules! settings {
    ($($(#[$meta:meta])* $field:ident, $set:ident: $type:ty = $default:expr;)+) => {
        /// How a server behaves. Copied when the server is made; later changes have no effect.
        ///
        /// Plain data: fields, or getters and setters of the same names, which can be chained.
        ///
        /// ```
        /// use iec61850::IedServerConfig;
        ///
        /// let config = IedServerConfig {
        ///     max_mms_connection: 10,
        ///     max_dataset_entries: 50,
        ///     ..IedServerConfig::default()
        /// };
        /// let mut same = IedServerConfig::new();
        /// same.set_max_mms_connection(10).set_max_dataset_entries(50);
        /// assert_eq!(config, same);
        /// ```
        ///
        /// With the feature `serde` it is read from files and written to them, in any format: a
        /// table of settings under these names, of which those left out have their defaults.
        /// Unknown names and values out of range are errors.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct IedServerConfig {
            $(
                $(#[$meta])*
                pub $field: $type,
            )+
            /// The folder whose files are served; one that does not exist has no files. Default
            /// `./vmd-filestore/`.
            pub file_service_base_path: PathBuf,
            /// The attributes of report control blocks that clients may write. Default: all.
            pub report_settings: ReportSetting,
        }

        impl Default for IedServerConfig {
            fn default() -> Self {
                IedServerConfig {
                    $($field: $default,)+
                    file_service_base_path: "./vmd-filestore/".into(),
                    report_settings: ReportSetting::all(),
                }
            }
        }

        impl IedServerConfig {
            $(
                $(#[$meta])*
                pub fn $field(&self) -> $type {
                    self.$field
                }

                #[doc = concat!("Sets [`IedServerConfig::", stringify!($field), "`].")]
                pub fn $set(&mut self, value: $type) -> &mut Self {
                    self.$field = value;
                    self
                }
            )+
        }

        #[cfg(feature = "serde")]
        impl config_serde::Settings for IedServerConfig {
            const NAMES: &'static [&'static str] = &[
                $(stringify!($field),)+
                "file_service_base_path",
                "report_settings",
            ];

            fn read<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                map: &mut A,
            ) -> Result<(), A::Error> {
                use config_serde::value;
                match name {
                    $(stringify!($field) => self.$field = value(map, name)?,)+
                    "file_service_base_path" => {
                        self.file_service_base_path = value(map, name)?;
                    }
                    // Of `NAMES`, only this one is left.
                    _ => self.report_settings = value(map, name)?,
                }
                Ok(())
            }

            fn write<S: serde::ser::SerializeMap>(&self, map: &mut S) -> Result<(), S::Error> {
                use config_serde::Written;
                $(map.serialize_entry(stringify!($field), &Written(&self.$field))?;)+
                map.serialize_entry(
                    "file_service_base_path",
                    &Written(&self.file_service_base_path),
                )?;
                map.serialize_entry("report_settings", &Written(&self.report_settings))
            }
        }
    };
}

settings! {
    /// What runs the server. Default: our own engine.
    engine, set_engine: Engine = Engine::Native;
    /// Edition of the standard. Default: edition 2.
    edition, set_edition: Iec61850Edition = Iec61850Edition::Edition2;
    /// Buffer of each buffered report control block, in octets. Default 65536.
    report_buffer_size_brcb, set_report_buffer_size_brcb: usize = 65_536;
    /// Octets of unbuffered reports that may wait for a client; further ones are dropped whole.
    /// Default 65536.
    report_buffer_size_urcb, set_report_buffer_size_urcb: usize = 65_536;
    /// Associations at once; a further connection is closed at once. Default 1000
    /// (libiec61850: 5).
    max_mms_connection, set_max_mms_connection: usize = 1000;
    /// Largest MMS PDU, in octets, 64 and up. Default 65000.
    max_pdu_size, set_max_pdu_size: u32 = 65_000;
    /// Whether integrity reports fall on multiples of their period. Default: no.
    sync_integrity_report_times, set_sync_integrity_report_times: bool = false;
    /// Whether files are served. Default: yes.
    file_service_enabled, set_file_service_enabled: bool = true;
    /// Whether clients may delete files. Default: yes.
    file_delete_enabled, set_file_delete_enabled: bool = true;
    /// Whether clients may give files other names. Default: no.
    file_rename_enabled, set_file_rename_enabled: bool = false;
    /// Whether clients may bring files in (SetFile). Default: yes.
    file_upload_enabled, set_file_upload_enabled: bool = true;
    /// Whether a file that a client brings in may take the place of one of that name. Default: no.
    file_replace_enabled, set_file_replace_enabled: bool = false;
    /// Largest file that clients may bring in, in octets. Default 64 MiB.
    max_file_upload_size, set_max_file_upload_size: u64 = 64 << 20;
    /// Files that are being brought in at once by all clients, two of them by the same. Default 5.
    max_file_uploads, set_max_file_uploads: usize = 5;
    /// Files an association may have open at once. Default 5.
    max_open_files, set_max_open_files: usize = 5;
    /// Files a directory lists; further ones are left out. Default 10000.
    max_listed_files, set_max_listed_files: usize = 10_000;
    /// Whether clients may create data sets. Default: yes.
    dynamic_dataset_enabled, set_dynamic_dataset_enabled: bool = true;
    /// Data sets of one association. Default 10.
    max_association_specific_datasets, set_max_association_specific_datasets: usize = 10;
    /// Data sets of one logical device, those of the model included. Default 10.
    max_domain_specific_datasets, set_max_domain_specific_datasets: usize = 10;
    /// Members of a data set that a client creates. Default 100.
    max_dataset_entries, set_max_dataset_entries: usize = 100;
    /// Whether logs are served. Default: yes.
    log_service_enabled, set_log_service_enabled: bool = true;
    /// Entries a log keeps in memory when it is given no storage; with 0 it logs nothing until it
    /// has one. Default 1000 (libiec61850: 0).
    default_log_capacity, set_default_log_capacity: usize = 1000;
    /// Entries of a log that may wait for its storage; further ones are lost, and counted.
    /// Default 10000.
    max_waiting_log_entries, set_max_waiting_log_entries: usize = 10_000;
    /// Whether clients may edit setting groups. Default: yes.
    edit_sg_enabled, set_edit_sg_enabled: bool = true;
    /// How long a setting group stays reserved for a client that edits nothing, in seconds; 0 is
    /// for as long as its association lasts. Default 300.
    sg_reservation_time, set_sg_reservation_time: u16 = 300;
    /// Whether setting group control blocks have ResvTms. Default: yes.
    enable_resv_tms_sgcb, set_enable_resv_tms_sgcb: bool = true;
    /// Whether buffered report control blocks have ResvTms (not in edition 1). Default: yes.
    enable_resv_tms_brcb, set_enable_resv_tms_brcb: bool = true;
    /// Whether report control blocks have Owner (not in edition 1). Default: no.
    enable_owner_for_rcb, set_enable_owner_for_rcb: bool = false;
    /// Whether report control blocks that are meant for a client (`ClientLN` in an SCL file) are kept
    /// for it: others are told temporarily-unavailable, and ResvTms is -1. Default: no, because the
    /// addresses of a test bench are seldom those of the station.
    keep_preassigned_rcbs, set_keep_preassigned_rcbs: bool = false;
    /// Whether the server substitutes: while `subEna` of a data object is true, clients see `subVal`
    /// (`subMag`, `subCVal`) and `subQ` with the source substituted in place of value and quality,
    /// and what the application updates meanwhile comes back afterwards. Without it the application
    /// does this, as with libiec61850. Default: yes.
    substitution_enabled, set_substitution_enabled: bool = true;
    /// Whether `Beh` of each logical node follows from its `Mod` and from that of LLN0, and with it
    /// the qualities of its data and the commands it takes (IEC 61850-7-4 annex A). The application
    /// writes `Mod.stVal` only. Default: no, as with libiec61850, where all of it is the
    /// application's.
    behaviour_enabled, set_behaviour_enabled: bool = false;
    /// Whether GOOSE control blocks publish by themselves, on the interface that
    /// `IedServer::set_goose_interface_id` names. Default: yes.
    use_integrated_goose_publisher, set_use_integrated_goose_publisher: bool = true;
}

impl IedServerConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The folder whose files are served. Default `./vmd-filestore/`.
    pub fn file_service_base_path(&self) -> &Path {
        &self.file_service_base_path
    }

    /// Sets [`IedServerConfig::file_service_base_path`].
    pub fn set_file_service_base_path(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.file_service_base_path = path.into();
        self
    }

    /// Whether clients may write these attributes of report control blocks. Default: all.
    pub fn report_setting(&self, setting: ReportSetting) -> bool {
        self.report_settings.contains(setting)
    }

    /// Sets [`IedServerConfig::report_setting`].
    pub fn set_report_setting(&mut self, setting: ReportSetting, writable: bool) -> &mut Self {
        self.report_settings.set(setting, writable);
        self
    }
}
