//! File services.

use super::names::Progress;
use super::{Client, ClientError, encode, wrong};
use crate::pdu::{
    FileAttributes, FileCloseRequest, FileDeleteRequest, FileDirectoryRequest, FileOpenRequest,
    FileReadRequest, FileRenameRequest, ObtainFileRequest, ResponseService, Service,
    parse_generalized_time,
};
use chrono::{DateTime, Utc};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// A file of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Its name as the peer gives it; a folder ends with a slash with most peers.
    pub name: String,
    /// Size in octets.
    pub size: u32,
    /// When it was changed last, if the peer says so.
    pub last_modified: Option<DateTime<Utc>>,
}

impl FileInfo {
    fn new(name: String, attributes: &FileAttributes<'_>) -> Self {
        FileInfo {
            name,
            size: attributes.size,
            last_modified: attributes.last_modified.and_then(parse_generalized_time),
        }
    }
}

/// A file the peer has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFile {
    /// The handle (frsmID).
    pub frsm_id: i32,
    /// What the peer says about the file.
    pub info: FileInfo,
}

/// Octets of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileBlock {
    /// The octets.
    pub data: Vec<u8>,
    /// Whether there are more.
    pub more_follows: bool,
}

/// Closes a file that is given up half way.
struct CloseOnDrop<'a> {
    client: &'a Client,
    frsm_id: Option<i32>,
}

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(frsm_id) = self.frsm_id {
            let remote = self.client.remote().clone();
            let request = encode(|w| FileCloseRequest { frsm_id }.encode(w));
            // Nobody waits for the answer: the file is closed, or the association is over.
            // It is given up like any other when its time is over.
            let patience = self.client.request_timeout;
            let task = async move {
                let _ = tokio::time::timeout(patience, remote.request(request)).await;
            };
            self.client.shared.runtime.spawn(task);
        }
    }
}

impl Client {
    /// Opens a file for reading from `position` on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn file_open(&self, name: &str, position: u32) -> Result<OpenFile, ClientError> {
        const SERVICE: Service = Service::FileOpen;
        let request = FileOpenRequest {
            name: name.into(),
            initial_position: position,
        };
        let request = encode(|w| request.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::FileOpen(open) => Ok(OpenFile {
                frsm_id: open.frsm_id,
                info: FileInfo::new(name.to_owned(), &open.attributes),
            }),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Reads the next octets of an open file, as many as the peer gives at once.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn file_read(&self, frsm_id: i32) -> Result<FileBlock, ClientError> {
        const SERVICE: Service = Service::FileRead;
        let request = encode(|w| FileReadRequest { frsm_id }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::FileRead(block) => Ok(FileBlock {
                data: block.data.to_vec(),
                more_follows: block.more_follows,
            }),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Closes a file.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn file_close(&self, frsm_id: i32) -> Result<(), ClientError> {
        const SERVICE: Service = Service::FileClose;
        let request = encode(|w| FileCloseRequest { frsm_id }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::FileClose(_) => Ok(()),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn file_delete(&self, name: &str) -> Result<(), ClientError> {
        const SERVICE: Service = Service::FileDelete;
        let request = encode(|w| FileDeleteRequest { name: name.into() }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::FileDelete(_) => Ok(()),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Gives a file another name.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn file_rename(&self, current: &str, new: &str) -> Result<(), ClientError> {
        const SERVICE: Service = Service::FileRename;
        let request = FileRenameRequest {
            current: current.into(),
            new: new.into(),
        };
        let request = encode(|w| request.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::FileRename(_) => Ok(()),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Has the peer fetch the file `source` from this side and keep it as `destination`. The
    /// session that [`Client::connect_with`] was given has to serve it, and the time for the
    /// request is that of the whole transfer: see [`Client::with_request_timeout`].
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn obtain_file(&self, source: &str, destination: &str) -> Result<(), ClientError> {
        const SERVICE: Service = Service::ObtainFile;
        let request = ObtainFileRequest {
            source: source.into(),
            destination: destination.into(),
        };
        let request = encode(|w| request.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::ObtainFile(_) => Ok(()),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// The files of a folder, or of the whole filestore, however many answers it takes.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Limit`] and [`ClientError::Unexpected`] for a directory
    /// without end.
    pub async fn file_directory(&self, folder: Option<&str>) -> Result<Vec<FileInfo>, ClientError> {
        const SERVICE: Service = Service::FileDirectory;
        let mut progress = Progress::new(SERVICE, self.limits().files, "files");
        let mut files: Vec<FileInfo> = Vec::new();
        let mut fresh = 0;
        loop {
            let request = FileDirectoryRequest {
                specification: folder.map(Into::into),
                continue_after: files.last().map(|file| file.name.as_str().into()),
            };
            let request = encode(|w| request.encode(w));
            let more_follows = self
                .exchange(SERVICE, request, |response| {
                    let ResponseService::FileDirectory(directory) = response else {
                        return wrong(SERVICE);
                    };
                    fresh = directory.entries.len();
                    progress.within(files.len() + fresh)?;
                    files.extend(directory.entries.iter().map(|entry| {
                        FileInfo::new(entry.name.to_text().into_owned(), &entry.attributes)
                    }));
                    Ok(directory.more_follows)
                })
                .await?;
            if !more_follows {
                return Ok(files);
            }
            let last = files.last().filter(|_| fresh > 0);
            progress.go_on(files.len(), last.map(|file| file.name.as_bytes()))?;
        }
    }

    /// Copies a file of the peer to `writer` and returns its length. Whatever size the peer
    /// announces, no more than [`super::Limits::file_size`] octets are taken.
    ///
    /// # Errors
    /// [`ClientError`]; what has come until then was written.
    pub async fn download<W>(&self, name: &str, writer: &mut W) -> Result<u64, ClientError>
    where
        W: AsyncWrite + Unpin + ?Sized,
    {
        const SERVICE: Service = Service::FileRead;
        let limit = self.limits().file_size;
        let frsm_id = self.file_open(name, 0).await?.frsm_id;
        let mut open = CloseOnDrop {
            client: self,
            frsm_id: Some(frsm_id),
        };
        let mut length = 0;
        loop {
            let block = self.file_read(frsm_id).await?;
            length += block.data.len() as u64;
            if length > limit {
                return Err(ClientError::Limit {
                    service: SERVICE,
                    limit,
                    of: "octets",
                });
            }
            let written = writer.write_all(&block.data).await;
            written.map_err(ClientError::Local)?;
            if !block.more_follows {
                break;
            }
            if block.data.is_empty() {
                return Err(ClientError::unexpected(
                    SERVICE,
                    "an empty block of a file that goes on",
                ));
            }
        }
        writer.flush().await.map_err(ClientError::Local)?;
        open.frsm_id = None;
        self.file_close(frsm_id).await?;
        Ok(length)
    }
}
