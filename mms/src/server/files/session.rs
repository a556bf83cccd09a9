use super::{FileStore, OpenFiles};
use crate::RejectReason;
use crate::association::{Answered, Handler, Reply};
use crate::net::{Remote, Session};
use crate::pdu::ConfirmedRequest;

/// A session that serves files and nothing else: for a client from which its server fetches files
/// ([`crate::client::Client::obtain_file`]).
#[derive(Debug)]
pub struct FileSession {
    store: FileStore,
    open: OpenFiles,
    remote: Remote,
}

impl FileStore {
    /// A session of its own on the association `remote`.
    pub fn session(&self, remote: &Remote) -> FileSession {
        FileSession {
            store: self.clone(),
            open: OpenFiles::default(),
            remote: remote.clone(),
        }
    }
}

impl Handler for FileSession {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        let served = self
            .store
            .serve(&mut self.open, &self.remote, &request.service, reply);
        served.unwrap_or_else(|reply| reply.reject(RejectReason::UNRECOGNIZED_SERVICE))
    }
}

impl Session for FileSession {}
