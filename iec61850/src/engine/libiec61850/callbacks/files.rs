//! What clients may do with files.

use super::super::owned::text_of;
use super::super::server::Inner;
use super::called;
use crate::common::{FileAccess, FileService};
use libiec61850_sys as sys;
use std::ffi::{c_char, c_int, c_void};

impl Inner {
    pub(super) fn install_files(&self) {
        // SAFETY: the server is alive and does not run yet, its MMS server is its own, and the parameter
        // outlives both.
        unsafe {
            sys::MmsServer_installFileAccessHandler(
                sys::IedServer_getMmsServer(self.server.as_ptr()),
                Some(file),
                self.parameter(),
            );
        }
    }

    fn may_use_file(&self, service: FileService, path: &str, other: Option<&str>) -> sys::MmsError {
        let config = &self.config;
        let allowed = match service {
            FileService::Delete => config.file_delete_enabled,
            FileService::Rename => config.file_rename_enabled,
            FileService::Obtain => config.file_upload_enabled,
            FileService::ReadDirectory | FileService::Open => true,
        };
        if !allowed {
            return sys::MMS_ERROR_FILE_FILE_ACCESS_DENIED;
        }
        if service == FileService::Obtain
            && !config.file_replace_enabled
            && self.base_path().join(path).exists()
        {
            return sys::MMS_ERROR_FILE_DUPLICATE_FILENAME;
        }
        // The library does not say whose request it is.
        let client = self.clients.only_one();
        match self.handlers.file_access(&client, service, path, other) {
            FileAccess::Allow => sys::MMS_ERROR_NONE,
            FileAccess::Deny => sys::MMS_ERROR_FILE_FILE_ACCESS_DENIED,
            FileAccess::NonExistent => sys::MMS_ERROR_FILE_FILE_NON_EXISTENT,
            FileAccess::Busy => sys::MMS_ERROR_FILE_FILE_BUSY,
        }
    }
}

/// Without the lock.
unsafe extern "C" fn file(
    parameter: *mut c_void,
    _connection: sys::MmsServerConnection,
    service: sys::MmsFileServiceType,
    local: *const c_char,
    other: *const c_char,
) -> sys::MmsError {
    const DENIED: sys::MmsError = sys::MMS_ERROR_FILE_FILE_ACCESS_DENIED;
    // SAFETY: the library hands on what it was given, and texts or NULL.
    unsafe {
        called(parameter, DENIED, |inner| {
            // Another folder counts from the next request on. The library looks for it after this.
            inner.apply_settings();
            let service = c_int::try_from(service).ok();
            let Some(service) = service.and_then(FileService::from_value) else {
                return DENIED;
            };
            let clean = |text: String| text.replace('\\', "/").trim_start_matches('/').to_owned();
            let path = text_of(local).map(clean).unwrap_or_default();
            let other = text_of(other).map(clean);
            inner.may_use_file(service, &path, other.as_deref())
        })
    }
}
