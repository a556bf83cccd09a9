//! The configuration of a C server.

use super::owned::c_text;
use super::unsupported;
use crate::Error;
use crate::common::Iec61850Edition;
use crate::server::IedServerConfig;
use libiec61850_sys as sys;
use std::ffi::c_int;
use std::ptr::NonNull;

/// A configuration of the library.
pub(super) struct Config(NonNull<sys::sIedServerConfig>);

impl Config {
    /// What a server is made with.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for a setting that the library does not have and that is not at its
    /// default.
    pub(super) fn new(config: &IedServerConfig) -> Result<Self, Error> {
        check(config)?;
        // SAFETY: the function takes nothing.
        let made = unsafe { sys::IedServerConfig_create() };
        let made = Config(NonNull::new(made).ok_or_else(super::out_of_memory)?);
        let edition = match config.edition {
            Iec61850Edition::Edition1 => sys::IEC_61850_EDITION_1,
            Iec61850Edition::Edition2 => sys::IEC_61850_EDITION_2,
            Iec61850Edition::Edition2_1 => sys::IEC_61850_EDITION_2_1,
        };
        let base = super::files::absolute(config.file_service_base_path())?;
        let base = c_text(&super::files::with_separator(&base));
        let c = made.as_ptr();
        // SAFETY: the configuration is alive; the text is copied.
        unsafe {
            sys::IedServerConfig_setEdition(c, u8::try_from(edition).unwrap_or(1));
            sys::IedServerConfig_setReportBufferSize(c, int(config.report_buffer_size_brcb));
            sys::IedServerConfig_setReportBufferSizeForURCBs(
                c,
                int(config.report_buffer_size_urcb),
            );
            sys::IedServerConfig_setMaxMmsConnections(c, int(config.max_mms_connection));
            sys::IedServerConfig_setSyncIntegrityReportTimes(c, config.sync_integrity_report_times);
            sys::IedServerConfig_enableFileService(c, config.file_service_enabled);
            sys::IedServerConfig_setFileServiceBasePath(c, base.as_ptr());
            sys::IedServerConfig_enableDynamicDataSetService(c, config.dynamic_dataset_enabled);
            sys::IedServerConfig_setMaxAssociationSpecificDataSets(
                c,
                int(config.max_association_specific_datasets),
            );
            sys::IedServerConfig_setMaxDomainSpecificDataSets(
                c,
                int(config.max_domain_specific_datasets),
            );
            sys::IedServerConfig_setMaxDataSetEntries(c, int(config.max_dataset_entries));
            sys::IedServerConfig_enableLogService(c, config.log_service_enabled);
            sys::IedServerConfig_enableEditSG(c, config.edit_sg_enabled);
            sys::IedServerConfig_enableResvTmsForSGCB(c, config.enable_resv_tms_sgcb);
            sys::IedServerConfig_enableResvTmsForBRCB(c, config.enable_resv_tms_brcb);
            sys::IedServerConfig_enableOwnerForRCB(c, config.enable_owner_for_rcb);
            sys::IedServerConfig_useIntegratedGoosePublisher(
                c,
                config.use_integrated_goose_publisher,
            );
            for setting in crate::common::ReportSetting::all().iter() {
                let writable = config.report_settings.contains(setting);
                sys::IedServerConfig_setReportSetting(c, setting.bits(), writable);
            }
        }
        Ok(made)
    }

    pub(super) fn as_ptr(&self) -> sys::IedServerConfig {
        self.0.as_ptr()
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: it is ours, and servers have copied what they need.
        unsafe { sys::IedServerConfig_destroy(self.0.as_ptr()) }
    }
}

fn int(number: usize) -> c_int {
    c_int::try_from(number).unwrap_or(c_int::MAX)
}

/// Settings that would be passed over are refused. `substitution_enabled` is not among them: it is on
/// by default, and a program for the library substitutes itself, as it always had to.
fn check(config: &IedServerConfig) -> Result<(), Error> {
    let default = IedServerConfig::default();
    let own = [
        ("max_pdu_size", config.max_pdu_size != default.max_pdu_size),
        ("file_rename_enabled", config.file_rename_enabled),
        (
            "max_file_upload_size",
            config.max_file_upload_size != default.max_file_upload_size,
        ),
        (
            "max_file_uploads",
            config.max_file_uploads != default.max_file_uploads,
        ),
        (
            "max_open_files",
            config.max_open_files != default.max_open_files,
        ),
        (
            "max_listed_files",
            config.max_listed_files != default.max_listed_files,
        ),
        (
            "sg_reservation_time",
            config.sg_reservation_time != default.sg_reservation_time,
        ),
        ("behaviour_enabled", config.behaviour_enabled),
    ];
    match own.iter().find(|(_, set)| *set) {
        Some((name, _)) => Err(unsupported(format!("the setting {name}"))),
        None => Ok(()),
    }
}
