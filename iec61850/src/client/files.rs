//! Files.

use super::connection::IedConnection;
use super::engine::EngineClient;
use super::error::{Context, IedClientError, failure, unexpected};
use crate::Error;
use mms::association::{Answered, Handler, Reply};
use mms::net::{Remote, Session};
use mms::pdu::{ConfirmedRequest, RequestService};
use mms::server::files::{FileOperation, FileStore, FileStoreOptions, OpenFiles};
use mms::{RejectReason, ServiceError};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

pub use mms::client::FileInfo as FileDirectoryEntry;

/// The files of this side that a server may fetch: the ones being uploaded.
#[derive(Clone, Default)]
pub(crate) struct Filestore {
    shared: Arc<Mutex<Offered>>,
}

#[derive(Default)]
struct Offered {
    base: Option<PathBuf>,
    files: Vec<OfferedFile>,
}

/// A file that is being uploaded.
struct OfferedFile {
    base: PathBuf,
    name: String,
    /// Octets that the server has read, and all.
    progress: watch::Sender<(u64, u64)>,
}

impl Filestore {
    /// Where a file lies that a peer asks for, and who hears how far it is.
    fn find(&self, name: &str) -> Option<(PathBuf, watch::Sender<(u64, u64)>)> {
        let offered = self.shared.lock();
        let file = offered.files.iter().find(|file| file.name == name)?;
        Some((file.base.clone(), file.progress.clone()))
    }
}

/// Offers a file as long as it lives.
struct Offer {
    store: Filestore,
    progress: watch::Sender<(u64, u64)>,
}

impl Drop for Offer {
    fn drop(&mut self) {
        let mut offered = self.store.shared.lock();
        let mut files = offered.files.iter();
        if let Some(at) = files.position(|file| file.progress.same_channel(&self.progress)) {
            offered.files.swap_remove(at);
        }
    }
}

/// Serves a server that fetches what is uploaded to it, and nothing else.
pub(crate) struct UploadSession {
    remote: Remote,
    store: Filestore,
    /// The folder files were last fetched from, and those that are open.
    serving: Option<(PathBuf, FileStore)>,
    open: OpenFiles,
    /// Who hears of the open files.
    listeners: HashMap<i32, watch::Sender<(u64, u64)>>,
}

impl UploadSession {
    pub(crate) fn new(remote: &Remote, store: Filestore) -> Self {
        UploadSession {
            remote: remote.clone(),
            store,
            serving: None,
            open: OpenFiles::default(),
            listeners: HashMap::new(),
        }
    }

    /// The store that has the file, or the one with files that are open.
    fn select(&mut self, request: &ConfirmedRequest<'_>) -> Option<FileStore> {
        if let RequestService::FileOpen(open) = &request.service {
            let (base, _) = self.store.find(&open.name.to_text())?;
            if self.serving.as_ref().is_none_or(|(at, _)| *at != base) {
                let store = FileStore::at(&base, FileStoreOptions::default()).ok()?;
                self.serving = Some((base, store));
            }
        }
        self.serving.as_ref().map(|(_, store)| store.clone())
    }
}

impl UploadSession {
    /// Tells how far the file of a request is.
    fn tell(&mut self, request: &RequestService<'_>) {
        match request {
            RequestService::FileOpen(open) => {
                let Some((_, progress)) = self.store.find(&open.name.to_text()) else {
                    return;
                };
                let known = |id: &i32| self.listeners.contains_key(id);
                if let Some(id) = self.open.handles().find(|id| !known(id)) {
                    self.listeners.insert(id, progress);
                }
            }
            RequestService::FileRead(read) => {
                if let Some(listener) = self.listeners.get(&read.frsm_id)
                    && let Some(progress) = self.open.progress(read.frsm_id)
                {
                    listener.send_replace(progress);
                }
            }
            RequestService::FileClose(close) => {
                self.listeners.remove(&close.frsm_id);
            }
            _ => {}
        }
    }
}

impl Handler for UploadSession {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        let Some(store) = self.select(&request) else {
            return match request.service {
                RequestService::FileOpen(_) => reply.error(ServiceError::FILE_NON_EXISTENT),
                _ => reply.reject(RejectReason::UNRECOGNIZED_SERVICE),
            };
        };
        // Reading the file that was opened is all a server needs.
        let guard = |operation: FileOperation<'_>| match operation {
            FileOperation::Open { .. } => Ok(()),
            _ => Err(ServiceError::FILE_ACCESS_DENIED),
        };
        let served = store.serve_guarded(
            &mut self.open,
            &self.remote,
            &request.service,
            reply,
            &guard,
        );
        self.tell(&request.service);
        served.unwrap_or_else(|reply| reply.reject(RejectReason::UNRECOGNIZED_SERVICE))
    }
}

impl Session for UploadSession {}

/// Closes a file of the server that is given up half way.
struct OpenFile {
    client: EngineClient,
    frsm_id: Option<i32>,
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if let (Some(frsm_id), Ok(runtime)) = (self.frsm_id, tokio::runtime::Handle::try_current())
        {
            let client = self.client.clone();
            // Nobody waits for the answer: the file is closed, or the association is over.
            runtime.spawn(async move {
                let _ = client.file_close(frsm_id).await;
            });
        }
    }
}

/// Files. Names are the server's, with `/` between folders.
impl IedConnection {
    /// The files of a folder, or of the whole filestore. Servers list folders inside as well, with
    /// a slash at the end of their names.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] for an unknown folder, and others.
    pub async fn get_files(&self, folder: Option<&str>) -> Result<Vec<FileDirectoryEntry>, Error> {
        const SERVICE: &str = "list files";
        let reference = folder.unwrap_or_default();
        let client = self.client(SERVICE, reference)?;
        let files = client.file_directory(folder).await;
        files.context(SERVICE, reference)
    }

    /// Fetches a file into memory.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] and others.
    pub async fn download_file(&self, name: &str) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        self.download_file_to(name, 0, &mut content, |_, _| {})
            .await?;
        Ok(content)
    }

    /// Fetches a file from octet `position` on, so that a download that broke off can go on, and
    /// returns how many octets were written. `progress` hears how many octets of how many there
    /// are; the sizes are the server's and may be wrong.
    ///
    /// # Errors
    /// As for [`IedConnection::download_file`]; what came until then was written. A file that goes
    /// on beyond the limit of the options, or never ends, is an error as well.
    pub async fn download_file_to<W>(
        &self,
        name: &str,
        position: u32,
        writer: &mut W,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<u64, Error>
    where
        W: AsyncWrite + Unpin + ?Sized,
    {
        const SERVICE: &str = "download file";
        let client = self.client(SERVICE, name)?;
        let limit = self.options().limits.file_size;
        let local = |error: io::Error| Error::Io {
            context: format!("{SERVICE} {name}"),
            source: error,
        };
        let file = client.file_open(name, position).await;
        let file = file.context(SERVICE, name)?;
        let size = u64::from(file.info.size);
        let mut open = OpenFile {
            client: client.clone(),
            frsm_id: Some(file.frsm_id),
        };
        let mut length = 0;
        loop {
            let block = client.file_read(file.frsm_id).await;
            let block = block.context(SERVICE, name)?;
            length += block.data.len() as u64;
            if length > limit {
                let code = IedClientError::UnexpectedValueReceived;
                let reason = format!("more than {limit} octets");
                return Err(failure(SERVICE, name, code, reason));
            }
            writer.write_all(&block.data).await.map_err(local)?;
            progress(u64::from(position) + length, size);
            if !block.more_follows {
                break;
            }
            if block.data.is_empty() {
                let what = "an empty block of a file that goes on";
                return Err(unexpected(SERVICE, name, what));
            }
        }
        writer.flush().await.map_err(local)?;
        open.frsm_id = None;
        client
            .file_close(file.frsm_id)
            .await
            .context(SERVICE, name)?;
        Ok(length)
    }

    /// The folder [`IedConnection::upload_file`] takes files from.
    pub fn set_filestore_basepath(&self, path: impl AsRef<Path>) {
        self.inner().filestore.shared.lock().base = Some(path.as_ref().to_owned());
    }

    /// Has the server fetch a file and keep it as `destination`. `source` is its name below
    /// [`IedConnection::set_filestore_basepath`], which is the current folder unless set. The
    /// server can open this file and no other, as long as the call runs.
    ///
    /// The time-out for requests is that of the whole transfer.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no such file here, [`IedClientError::AccessDenied`] and others if
    /// the server does not want it.
    pub async fn upload_file(&self, source: &str, destination: &str) -> Result<(), Error> {
        self.upload_file_with(source, destination, |_, _| {}).await
    }

    /// As [`IedConnection::upload_file`]; `progress` hears how many octets of how many the server
    /// has read. The engine on the C library tells of the end only.
    ///
    /// # Errors
    /// As for [`IedConnection::upload_file`].
    pub async fn upload_file_with(
        &self,
        source: &str,
        destination: &str,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(), Error> {
        const SERVICE: &str = "upload file";
        let client = self.client(SERVICE, destination)?;
        let store = self.inner().filestore.clone();
        let (offer, base, size) = {
            let mut offered = store.shared.lock();
            let base = offered.base.clone().unwrap_or_else(|| PathBuf::from("."));
            let path = base.join(source);
            let opened = std::fs::File::open(&path).and_then(|file| file.metadata());
            let size = match opened {
                Ok(metadata) => metadata.len(),
                Err(error) => {
                    return Err(Error::Io {
                        context: path.display().to_string(),
                        source: error,
                    });
                }
            };
            let offer = Offer {
                store: store.clone(),
                progress: watch::Sender::new((0, size)),
            };
            offered.files.push(OfferedFile {
                base: base.clone(),
                name: source.to_owned(),
                progress: offer.progress.clone(),
            });
            (offer, base, size)
        };
        let mut steps = offer.progress.subscribe();
        let fetch = client.obtain_file(&base, source, destination);
        tokio::pin!(fetch);
        let fetched = loop {
            tokio::select! {
                fetched = &mut fetch => break fetched,
                // The sender lives as long as the offer.
                Ok(()) = steps.changed() => {
                    let (octets, size) = *steps.borrow_and_update();
                    progress(octets, size);
                }
            }
        };
        fetched.context(SERVICE, destination)?;
        progress(size, size);
        Ok(())
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`], [`IedClientError::AccessDenied`] and others.
    pub async fn delete_file(&self, name: &str) -> Result<(), Error> {
        const SERVICE: &str = "delete file";
        let client = self.client(SERVICE, name)?;
        client.file_delete(name).await.context(SERVICE, name)
    }

    /// Gives a file another name.
    ///
    /// # Errors
    /// As for [`IedConnection::delete_file`]; many servers do not have this service.
    pub async fn rename_file(&self, current: &str, new: &str) -> Result<(), Error> {
        const SERVICE: &str = "rename file";
        let client = self.client(SERVICE, current)?;
        let renamed = client.file_rename(current, new).await;
        renamed.context(SERVICE, current)
    }
}
