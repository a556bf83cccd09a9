//! obtainFile: fetching a file from the peer that asked for it.

use super::{blocking, file_error};
use crate::ServiceError;
use crate::ber::Writer;
use crate::net::{Remote, RequestError};
use crate::pdu::{
    FailedFile, Failure, FileCloseRequest, FileOpenRequest, FileReadRequest, ObtainFileResponse,
    Pdu, ResponseService,
};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// A file that is being fetched.
pub(super) struct Obtain {
    pub(super) remote: Remote,
    pub(super) source: String,
    pub(super) destination: PathBuf,
    /// Whether it may be there already.
    pub(super) replace: bool,
    pub(super) limit: u64,
    pub(super) patience: Duration,
}

/// A file under a name of its own until it is complete: one that is given up leaves nothing.
struct Partial {
    path: PathBuf,
    file: Option<File>,
}

/// How the names of files begin that are not complete.
pub(super) const PARTIAL_PREFIX: &str = ".obtain-";

/// How many names are tried for one.
const ATTEMPTS: usize = 1000;

static PARTIAL: AtomicU64 = AtomicU64::new(0);

impl Partial {
    fn create(destination: &Path) -> Result<Self, ServiceError> {
        for _ in 0..ATTEMPTS {
            let number = PARTIAL.fetch_add(1, Ordering::Relaxed);
            let name = format!("{PARTIAL_PREFIX}{}-{number}", std::process::id());
            let path = destination.with_file_name(name);
            match File::create_new(&path) {
                Ok(file) => {
                    return Ok(Partial {
                        path,
                        file: Some(file),
                    });
                }
                // Left behind by a process of this number that was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(file_error(error)),
            }
        }
        Err(ServiceError::FILE_OTHER)
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), ServiceError> {
        match &mut self.file {
            Some(file) => file.write_all(octets).map_err(file_error),
            None => Err(ServiceError::FILE_OTHER),
        }
    }

    fn complete(mut self, destination: &Path, replace: bool) -> Result<(), ServiceError> {
        // Closed before it is renamed, which some systems ask for.
        drop(self.file.take());
        let taken = !replace && destination.symlink_metadata().is_ok();
        if taken || destination.is_dir() {
            return Err(ServiceError::FILE_DUPLICATE);
        }
        fs::rename(&self.path, destination).map_err(file_error)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone already if it was complete.
        let _ = fs::remove_file(&self.path);
    }
}

impl Obtain {
    /// Fetches the file and answers the request `invoke_id`.
    pub(super) async fn run(self, invoke_id: u32) {
        let answer = self.fetch().await.map(|()| {
            let mut response = Vec::new();
            ObtainFileResponse.encode(&mut Writer::unbounded(&mut response));
            response
        });
        if let Err(error) = self.remote.answer(invoke_id, answer) {
            tracing::debug!(%error, "obtainFile not answered");
        }
    }

    async fn fetch(&self) -> Result<(), Failure> {
        let open = FileOpenRequest {
            name: self.source.as_str().into(),
            initial_position: 0,
        };
        let frsm_id = self
            .ask(
                |w| open.encode(w),
                |response| match response {
                    ResponseService::FileOpen(open) => Some(open.frsm_id),
                    _ => None,
                },
            )
            .await?;
        let result = self.copy(frsm_id).await;
        let closed = self
            .ask(
                |w| FileCloseRequest { frsm_id }.encode(w),
                |response| matches!(response, ResponseService::FileClose(_)).then_some(()),
            )
            .await;
        if let Err(error) = closed {
            // What matters is whether the octets have come.
            tracing::debug!(error = %error.error, "the peer did not close the file");
        }
        result
    }

    async fn copy(&self, frsm_id: i32) -> Result<(), Failure> {
        let here = |error| Failure::of_file(error, FailedFile::ObtainDestination);
        let mut partial = Partial::create(&self.destination).map_err(here)?;
        let mut length = 0;
        loop {
            let more = self
                .ask(
                    |w| FileReadRequest { frsm_id }.encode(w),
                    |response| match response {
                        ResponseService::FileRead(block) => {
                            length += block.data.len() as u64;
                            if length > self.limit {
                                tracing::warn!(limit = self.limit, "file too long");
                                return Some(Err(ServiceError::FILE_NO_SPACE));
                            }
                            let endless = block.more_follows && block.data.is_empty();
                            if endless {
                                return None;
                            }
                            let written = blocking(|| partial.write(block.data));
                            Some(written.map(|()| block.more_follows))
                        }
                        _ => None,
                    },
                )
                .await?
                .map_err(here)?;
            if !more {
                return blocking(|| partial.complete(&self.destination, self.replace))
                    .map_err(here);
            }
        }
    }

    async fn ask<T>(
        &self,
        fill: impl FnOnce(&mut Writer<'_>),
        take: impl FnOnce(ResponseService<'_>) -> Option<T>,
    ) -> Result<T, Failure> {
        let there = |error| Failure::of_file(error, FailedFile::ObtainSource);
        let mut request = Vec::new();
        fill(&mut Writer::unbounded(&mut request));
        let answer = timeout(self.patience, self.remote.request(request))
            .await
            .map_err(|_| there(ServiceError::SERVICE_PREEMPT_TIMEOUT))?
            .map_err(|error| match error {
                RequestError::Service(error) => there(error),
                RequestError::Closed(_) => ServiceError::CONNECTION_LOST.into(),
                _ => there(ServiceError::FILE_OTHER),
            })?;
        match Pdu::decode(&answer) {
            Ok(Pdu::ConfirmedResponse(response)) => {
                take(response.service).ok_or_else(|| there(ServiceError::FILE_OTHER))
            }
            _ => Err(there(ServiceError::FILE_OTHER)),
        }
    }
}
