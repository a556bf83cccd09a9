//! File transfer (IEC 61850-8-1 clause 23): the file services of MMS, on a folder.

use super::session::NativeSession;
use crate::Error;
use crate::common::{FileAccess, FileService};
use crate::server::IedServerConfig;
use mms::association::{Answered, Reply};
use mms::pdu::{RequestService, Service};
use mms::server::files::{FileOperation, FileStore, FileStoreOptions};
use mms::{RejectReason, ServiceError};
use parking_lot::RwLock;
use std::path::Path;

/// The files of a server.
pub(super) struct Files {
    options: FileStoreOptions,
    /// `None` when files are not served.
    store: RwLock<Option<FileStore>>,
}

impl Files {
    pub(super) fn new(config: &IedServerConfig) -> Result<Self, Error> {
        let mut options = FileStoreOptions::default();
        options.max_open = config.max_open_files();
        options.allow_delete = config.file_delete_enabled();
        options.allow_rename = config.file_rename_enabled();
        options.allow_obtain = config.file_upload_enabled();
        options.allow_replace = config.file_replace_enabled();
        options.max_obtaining = config.max_file_uploads();
        options.max_obtained_size = config.max_file_upload_size();
        options.max_listed = config.max_listed_files();
        let files = Files {
            options,
            store: RwLock::new(None),
        };
        if config.file_service_enabled() {
            files.set_base(config.file_service_base_path())?;
        }
        Ok(files)
    }

    fn set_base(&self, path: &Path) -> Result<(), Error> {
        let store = FileStore::at(path, self.options.clone()).map_err(|source| Error::Io {
            context: format!("serving the files below {}", path.display()),
            source,
        })?;
        *self.store.write() = Some(store);
        Ok(())
    }

    /// Serves another folder, if files are served at all.
    pub(super) fn change_base(&self, path: &Path) -> Result<(), Error> {
        if self.store.read().is_none() {
            return Ok(());
        }
        self.set_base(path)
    }

    /// The services that are offered.
    pub(super) fn services(&self) -> Vec<Service> {
        let store = self.store.read();
        store.as_ref().map(FileStore::services).unwrap_or_default()
    }
}

impl NativeSession {
    /// Answers a request for a file service, and rejects every other.
    pub(super) fn file_service(
        &mut self,
        service: &RequestService<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let store = self.shared.files.store.read().clone();
        let Some(store) = store else {
            return reply.reject(RejectReason::UNRECOGNIZED_SERVICE);
        };
        let (handlers, client) = (&self.shared.handlers, &self.client);
        let guard = |operation: FileOperation<'_>| {
            let (service, path, other) = match operation {
                FileOperation::Directory { path } => (FileService::ReadDirectory, path, None),
                FileOperation::Open { path } => (FileService::Open, path, None),
                FileOperation::Delete { path } => (FileService::Delete, path, None),
                FileOperation::Rename { current, new } => (FileService::Rename, current, Some(new)),
                FileOperation::Obtain {
                    destination,
                    source,
                } => (FileService::Obtain, destination, Some(source)),
                _ => return Err(ServiceError::FILE_ACCESS_DENIED),
            };
            match handlers.file_access(client, service, path, other) {
                FileAccess::Allow => Ok(()),
                FileAccess::Deny => Err(ServiceError::FILE_ACCESS_DENIED),
                FileAccess::NonExistent => Err(ServiceError::FILE_NON_EXISTENT),
                FileAccess::Busy => Err(ServiceError::FILE_BUSY),
            }
        };
        let remote = client.remote();
        store
            .serve_guarded(&mut self.open_files, remote, service, reply, &guard)
            .unwrap_or_else(|reply| reply.reject(RejectReason::UNRECOGNIZED_SERVICE))
    }
}
