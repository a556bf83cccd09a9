//! File services below a base folder: what a server answers fileOpen, fileRead, fileClose,
//! fileRename, fileDelete, fileDirectory and obtainFile with.
//!
//! A [`FileStore`] serves all associations, [`OpenFiles`] belongs to one of them. Files are read
//! and written at once, in the task of the association that asks: a filestore is meant to lie on
//! a local disk. On a runtime with several threads, a slow one delays no other association.

mod directory;
mod guard;
mod obtain;
mod path;
mod session;

pub use guard::FileOperation;
pub use session::FileSession;

use crate::association::{Answered, Reply};
use crate::pdu::{
    FailedFile, Failure, FileAttributes, FileCloseRequest, FileCloseResponse, FileDeleteRequest,
    FileDeleteResponse, FileName, FileOpenRequest, FileOpenResponse, FileReadRequest,
    FileReadResponse, FileRenameRequest, FileRenameResponse, ObtainFileRequest, RequestService,
    Service, generalized_time,
};
use crate::{RejectReason, ServiceError, net::Remote};
use chrono::{DateTime, Utc};
use guard::Guard;
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What a [`FileStore`] allows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileStoreOptions {
    /// Files an association may have open at once. Default 5.
    pub max_open: usize,
    /// Whether fileDelete is served; otherwise it is rejected as unrecognized. Default true.
    pub allow_delete: bool,
    /// Whether fileRename is served; otherwise it is rejected as unrecognized. Default false.
    pub allow_rename: bool,
    /// Whether obtainFile is served, by which a peer brings files in; otherwise it is rejected as
    /// unrecognized. Default false.
    pub allow_obtain: bool,
    /// Whether a file that is fetched may take the place of one of that name; otherwise it is a
    /// duplicate. Default false.
    pub allow_replace: bool,
    /// Files that may be fetched from peers at once, two of them from the same. Default 5.
    pub max_obtaining: usize,
    /// Octets of a file that is fetched from a peer, at most. Default 64 MiB.
    pub max_obtained_size: u64,
    /// How long a peer may take for each step while a file is fetched from it. Default 10 s.
    pub obtain_timeout: Duration,
    /// Files a directory may list; what is behind that is left out. Default 10 000.
    pub max_listed: usize,
    /// How deep folders are listed. Default 8.
    pub max_depth: usize,
}

impl Default for FileStoreOptions {
    fn default() -> Self {
        FileStoreOptions {
            max_open: 5,
            allow_delete: true,
            allow_rename: false,
            allow_obtain: false,
            allow_replace: false,
            max_obtaining: 5,
            max_obtained_size: 64 << 20,
            obtain_timeout: Duration::from_secs(10),
            max_listed: 10_000,
            max_depth: 8,
        }
    }
}

/// The files below a base folder, for peers to list and read.
///
/// Names use `/` (`\` is taken for the same), and a leading one means the base folder. Names
/// with `..`, NUL or a drive, and links that lead out of the base folder, name no file. Nor do
/// those of files that are being fetched (`.obtain-...`) until they are complete.
#[derive(Clone, Debug)]
pub struct FileStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Absolute; looked up anew for each request, because it may come and go.
    base: PathBuf,
    options: FileStoreOptions,
    obtaining: Arc<Semaphore>,
}

/// Files that one association may have fetched at once: a peer that keeps the server waiting does
/// not keep others from bringing files in.
const OBTAINING_EACH: usize = 2;

/// The files that one association has open. They are closed when it is dropped.
#[derive(Debug)]
pub struct OpenFiles {
    files: BTreeMap<i32, OpenFile>,
    next_id: i32,
    obtaining: Arc<Semaphore>,
}

impl Default for OpenFiles {
    fn default() -> Self {
        OpenFiles {
            files: BTreeMap::new(),
            next_id: 0,
            obtaining: Arc::new(Semaphore::new(OBTAINING_EACH)),
        }
    }
}

impl OpenFiles {
    /// How many files are open.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether no file is open.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The handles (frsmID) of the open files.
    pub fn handles(&self) -> impl Iterator<Item = i32> {
        self.files.keys().copied()
    }

    /// How many octets of an open file were read, and how many it has; `None` for a handle that is
    /// not open.
    pub fn progress(&mut self, frsm_id: i32) -> Option<(u64, u64)> {
        let file = &mut self.files.get_mut(&frsm_id)?.file;
        let size = file.metadata().ok()?.len();
        Some((file.stream_position().ok()?, size))
    }

    fn insert(&mut self, file: OpenFile) -> i32 {
        let mut id = self.next_id;
        while self.files.contains_key(&id) {
            id = following(id);
        }
        self.next_id = following(id);
        self.files.insert(id, file);
        id
    }
}

fn following(id: i32) -> i32 {
    id.checked_add(1).unwrap_or(0)
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    /// Octets behind those that were read, as of when the file was opened.
    left: u64,
}

impl FileStore {
    /// Serves the files below `base`, which has to be a folder.
    ///
    /// # Errors
    /// The [`io::Error`] of the operating system if it is not there.
    pub fn new(base: impl Into<PathBuf>, options: FileStoreOptions) -> io::Result<Self> {
        let store = Self::at(base, options)?;
        if !store.shared.base.canonicalize()?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(store)
    }

    /// Serves the files below `base`, which need not be there yet: as long as it is not, the
    /// directory is empty, no file exists and none can be brought in. It is never created.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] if `base` is empty, and the [`io::Error`] of the operating
    /// system if it is relative and the current folder is gone.
    pub fn at(base: impl Into<PathBuf>, options: FileStoreOptions) -> io::Result<Self> {
        let base = std::path::absolute(base.into())?;
        let obtaining = Arc::new(Semaphore::new(
            options.max_obtaining.min(Semaphore::MAX_PERMITS),
        ));
        Ok(FileStore {
            shared: Arc::new(Shared {
                base,
                options,
                obtaining,
            }),
        })
    }

    /// The services that are offered.
    pub fn services(&self) -> Vec<Service> {
        let options = &self.shared.options;
        let optional = [
            (options.allow_rename, Service::FileRename),
            (options.allow_delete, Service::FileDelete),
            (options.allow_obtain, Service::ObtainFile),
        ];
        let always = [
            Service::FileOpen,
            Service::FileRead,
            Service::FileClose,
            Service::FileDirectory,
        ];
        let allowed = optional.into_iter().filter(|(allowed, _)| *allowed);
        always
            .into_iter()
            .chain(allowed.map(|(_, service)| service))
            .collect()
    }

    /// Answers the request if it is one for the file services, and gives `reply` back otherwise.
    /// `remote` is the association the request came on.
    ///
    /// # Errors
    /// `reply`, for another service to use.
    pub fn serve<'r>(
        &self,
        open: &mut OpenFiles,
        remote: &Remote,
        service: &RequestService<'_>,
        reply: Reply<'r>,
    ) -> Result<Answered, Reply<'r>> {
        self.serve_guarded(open, remote, service, reply, &|_| Ok(()))
    }

    /// Like [`FileStore::serve`]; `guard` is asked before anything is done with a file, and what
    /// it refuses is answered with its error.
    ///
    /// # Errors
    /// As for [`FileStore::serve`].
    pub fn serve_guarded<'r>(
        &self,
        open: &mut OpenFiles,
        remote: &Remote,
        service: &RequestService<'_>,
        reply: Reply<'r>,
        guard: Guard<'_>,
    ) -> Result<Answered, Reply<'r>> {
        let options = &self.shared.options;
        let allowed = match service {
            RequestService::FileRename(_) => options.allow_rename,
            RequestService::FileDelete(_) => options.allow_delete,
            RequestService::ObtainFile(_) => options.allow_obtain,
            RequestService::FileOpen(_)
            | RequestService::FileRead(_)
            | RequestService::FileClose(_)
            | RequestService::FileDirectory(_) => true,
            _ => return Err(reply),
        };
        if !allowed {
            return Ok(reply.reject(RejectReason::UNRECOGNIZED_SERVICE));
        }
        Ok(blocking(|| match service {
            RequestService::FileOpen(request) => self.open(open, request, reply, guard),
            RequestService::FileRead(request) => self.read(open, request, reply),
            RequestService::FileClose(request) => self.close(open, request, reply),
            RequestService::FileRename(request) => self.rename(request, reply, guard),
            RequestService::FileDelete(request) => self.delete(request, reply, guard),
            RequestService::FileDirectory(request) => self.directory(request, reply, guard),
            RequestService::ObtainFile(request) => self.obtain(open, remote, request, reply, guard),
            _ => reply.reject(RejectReason::UNRECOGNIZED_SERVICE),
        }))
    }

    fn open(
        &self,
        open: &mut OpenFiles,
        request: &FileOpenRequest<'_>,
        reply: Reply<'_>,
        guard: Guard<'_>,
    ) -> Answered {
        match self.try_open(open, request, guard) {
            Ok((frsm_id, size, modified)) => reply.respond(|w| {
                FileOpenResponse {
                    frsm_id,
                    attributes: FileAttributes {
                        size,
                        last_modified: modified.as_deref(),
                    },
                }
                .encode(w);
            }),
            Err(error) => reply.error(error),
        }
    }

    fn try_open(
        &self,
        open: &mut OpenFiles,
        request: &FileOpenRequest<'_>,
        guard: Guard<'_>,
    ) -> Result<(i32, u32, Option<String>), ServiceError> {
        if open.len() >= self.shared.options.max_open {
            tracing::warn!(limit = self.shared.options.max_open, "too many open files");
            return Err(ServiceError::RESOURCE_OTHER);
        }
        let path = self.permitted(&request.name, guard, |path| FileOperation::Open { path })?;
        // Told before it is opened: opening a device or a pipe could hang or have effects.
        if !fs::metadata(&path).map_err(file_error)?.is_file() {
            return Err(ServiceError::FILE_NON_EXISTENT);
        }
        let mut file = File::open(&path).map_err(file_error)?;
        let metadata = file.metadata().map_err(file_error)?;
        let position = u64::from(request.initial_position);
        let left = metadata
            .len()
            .checked_sub(position)
            .ok_or(ServiceError::FILE_POSITION)?;
        file.seek(SeekFrom::Start(position)).map_err(file_error)?;
        let id = open.insert(OpenFile { file, left });
        Ok((id, size(&metadata), modified(&metadata)))
    }

    /// Reads as many octets as fit the PDU.
    fn read(&self, open: &mut OpenFiles, request: &FileReadRequest, reply: Reply<'_>) -> Answered {
        let Some(open) = open.files.get_mut(&request.frsm_id) else {
            return reply.error(ServiceError::FILE_OTHER);
        };
        let block = FileReadResponse::block(reply.max_pdu_size(), reply.invoke_id(), open.left);
        let mut data = Vec::new();
        let wanted = open.left.min(block as u64);
        match (&mut open.file).take(wanted).read_to_end(&mut data) {
            Ok(count) => {
                open.left = open.left.saturating_sub(count as u64);
                // A file that has become shorter ends where it ends.
                let more_follows = open.left > 0 && count as u64 == wanted;
                reply.respond(|w| {
                    FileReadResponse {
                        data: &data,
                        more_follows,
                    }
                    .encode(w);
                })
            }
            Err(error) => reply.error(file_error(error)),
        }
    }

    fn close(
        &self,
        open: &mut OpenFiles,
        request: &FileCloseRequest,
        reply: Reply<'_>,
    ) -> Answered {
        match open.files.remove(&request.frsm_id) {
            Some(_) => reply.respond(|w| FileCloseResponse.encode(w)),
            None => reply.error(ServiceError::FILE_OTHER),
        }
    }

    fn rename(
        &self,
        request: &FileRenameRequest<'_>,
        reply: Reply<'_>,
        guard: Guard<'_>,
    ) -> Answered {
        let renamed = || {
            let (current, new) = (
                self.asked_name(&request.current),
                self.asked_name(&request.new),
            );
            guard(FileOperation::Rename {
                current: &current,
                new: &new,
            })?;
            let of = |file| move |error| Failure::of_file(error, file);
            let source = of(FailedFile::RenameSource);
            let destination = of(FailedFile::RenameDestination);
            let current = self.existing_file(&request.current).map_err(source)?;
            let new = self.destination(&request.new).map_err(destination)?;
            if new.symlink_metadata().is_ok() {
                return Err(destination(ServiceError::FILE_DUPLICATE));
            }
            fs::rename(current, new).map_err(|error| file_error(error).into())
        };
        match renamed() {
            Ok(()) => reply.respond(|w| FileRenameResponse.encode(w)),
            Err(error) => reply.error(error),
        }
    }

    fn delete(
        &self,
        request: &FileDeleteRequest<'_>,
        reply: Reply<'_>,
        guard: Guard<'_>,
    ) -> Answered {
        let deleted = || {
            let path =
                self.permitted(&request.name, guard, |path| FileOperation::Delete { path })?;
            if !path.is_file() {
                return Err(ServiceError::FILE_ACCESS_DENIED);
            }
            // Of a link, the link itself and not what it leads to.
            fs::remove_file(self.destination(&request.name)?).map_err(file_error)
        };
        match deleted() {
            Ok(()) => reply.respond(|w| FileDeleteResponse.encode(w)),
            Err(error) => reply.error(error),
        }
    }

    /// Fetches the file from the peer while the request waits. Has to be called in the task of the
    /// association.
    fn obtain(
        &self,
        open: &OpenFiles,
        remote: &Remote,
        request: &ObtainFileRequest<'_>,
        reply: Reply<'_>,
        guard: Guard<'_>,
    ) -> Answered {
        let permitted = guard(FileOperation::Obtain {
            destination: &self.asked_name(&request.destination),
            source: &request.source.to_text(),
        });
        if let Err(error) = permitted {
            return reply.error(error);
        }
        let own = open.obtaining.clone().try_acquire_owned();
        let place = self.shared.obtaining.clone().try_acquire_owned();
        let (Ok(own), Ok(place)) = (own, place) else {
            tracing::warn!(
                limit = self.shared.options.max_obtaining,
                "too many files are being fetched"
            );
            return reply.error(ServiceError::RESOURCE_OTHER);
        };
        let destination = match self.destination(&request.destination) {
            Ok(destination) => destination,
            Err(error) => {
                return reply.error(Failure::of_file(error, FailedFile::ObtainDestination));
            }
        };
        let replace = self.shared.options.allow_replace;
        if !replace && destination.symlink_metadata().is_ok() {
            let error = ServiceError::FILE_DUPLICATE;
            return reply.error(Failure::of_file(error, FailedFile::ObtainDestination));
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return reply.error(ServiceError::RESOURCE_OTHER);
        };
        let task = obtain::Obtain {
            remote: remote.clone(),
            source: request.source.to_text().into_owned(),
            destination,
            replace,
            limit: self.shared.options.max_obtained_size,
            patience: self.shared.options.obtain_timeout,
        };
        let invoke_id = reply.invoke_id();
        runtime.spawn(async move {
            task.run(invoke_id).await;
            drop((own, place));
        });
        reply.defer()
    }

    fn existing_file(&self, name: &FileName<'_>) -> Result<PathBuf, ServiceError> {
        let path = self.existing(name)?;
        if path.is_file() {
            Ok(path)
        } else {
            Err(ServiceError::FILE_NON_EXISTENT)
        }
    }
}

/// Runs what may have to wait for a disk. Other tasks of this thread are moved elsewhere
/// meanwhile, where the runtime has several threads.
fn blocking<R>(work: impl FnOnce() -> R) -> R {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(work)
        }
        _ => work(),
    }
}

fn size(metadata: &Metadata) -> u32 {
    u32::try_from(metadata.len()).unwrap_or(u32::MAX)
}

fn modified(metadata: &Metadata) -> Option<String> {
    let time = metadata.modified().ok()?;
    Some(generalized_time(DateTime::<Utc>::from(time)))
}

fn file_error(error: io::Error) -> ServiceError {
    tracing::debug!(%error, "file");
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ServiceError::FILE_NON_EXISTENT,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            ServiceError::FILE_ACCESS_DENIED
        }
        ErrorKind::AlreadyExists => ServiceError::FILE_DUPLICATE,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ServiceError::FILE_NO_SPACE,
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => ServiceError::FILE_BUSY,
        ErrorKind::InvalidFilename => ServiceError::FILENAME_SYNTAX,
        _ => ServiceError::FILE_OTHER,
    }
}
