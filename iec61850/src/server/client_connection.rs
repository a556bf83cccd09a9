use mms::net::Remote;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The association of a client, as callbacks see it. Cheap to clone, and still good when the
/// association is over.
#[derive(Clone)]
pub struct ClientConnection(Arc<Inner>);

struct Inner {
    id: u64,
    peer: SocketAddr,
    local: SocketAddr,
    remote: Remote,
    /// Ends it where that is not done by its task.
    abort: Option<Box<dyn Fn() -> bool + Send + Sync>>,
    /// Of the MMS PDU, as negotiated.
    max_pdu_size: AtomicU32,
}

impl ClientConnection {
    pub(crate) fn new(id: u64, peer: SocketAddr, local: SocketAddr, remote: Remote) -> Self {
        ClientConnection(Arc::new(Inner {
            id,
            peer,
            local,
            remote,
            abort: None,
            max_pdu_size: AtomicU32::new(0),
        }))
    }

    /// An association that is served by another stack, with what ends it.
    #[cfg(feature = "libiec61850")]
    pub(crate) fn of_library(
        id: u64,
        peer: SocketAddr,
        local: SocketAddr,
        abort: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        ClientConnection(Arc::new(Inner {
            id,
            peer,
            local,
            remote: Remote::new(),
            abort: Some(Box::new(abort)),
            max_pdu_size: AtomicU32::new(0),
        }))
    }

    pub(crate) fn set_max_pdu_size(&self, octets: u32) {
        self.0.max_pdu_size.store(octets, Ordering::Relaxed);
    }

    /// Octets of the longest unconfirmed service element that fits a PDU.
    pub(crate) fn report_room(&self) -> usize {
        /// Tag and length of the unconfirmed PDU.
        const HEADER: usize = 5;
        (self.0.max_pdu_size.load(Ordering::Relaxed) as usize).saturating_sub(HEADER)
    }

    /// The queue towards the client.
    pub(crate) fn remote(&self) -> &Remote {
        &self.0.remote
    }

    /// A number no other association of this server has, earlier ones included.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The client's end.
    pub fn peer_address(&self) -> SocketAddr {
        self.0.peer
    }

    /// The server's end.
    pub fn local_address(&self) -> SocketAddr {
        self.0.local
    }

    /// Ends the association. `false`: it was over already.
    pub fn abort(&self) -> bool {
        match &self.0.abort {
            Some(abort) => abort(),
            None => self.0.remote.abort().is_ok(),
        }
    }
}

impl PartialEq for ClientConnection {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ClientConnection {}

impl Hash for ClientConnection {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl fmt::Debug for ClientConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientConnection({} -> {})", self.0.peer, self.0.local)
    }
}
