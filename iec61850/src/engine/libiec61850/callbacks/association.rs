//! Associations: who is there, who may be.

use super::super::owned::text_of;
use super::super::server::Inner;
use super::called;
use crate::server::ClientConnection;
use libiec61850_sys as sys;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::net::{Ipv4Addr, SocketAddr};

/// The associations there are, by the addresses of the library's objects.
#[derive(Default)]
pub(crate) struct Clients(Mutex<State>);

#[derive(Default)]
struct State {
    last: u64,
    open: HashMap<usize, ClientConnection>,
}

impl Clients {
    /// The association of an object of the library; `None` for NULL.
    ///
    /// # Safety
    /// The pointer is NULL or of an association that is alive, as in callbacks.
    pub(in super::super) unsafe fn of(
        &self,
        client: sys::ClientConnection,
    ) -> Option<ClientConnection> {
        if client.is_null() {
            return None;
        }
        let mut state = self.0.lock();
        if let Some(known) = state.open.get(&client.addr()) {
            return Some(known.clone());
        }
        // SAFETY: the association is alive; the texts are its own, and constant.
        let (peer, local) = unsafe {
            (
                address(sys::ClientConnection_getPeerAddress(client)),
                address(sys::ClientConnection_getLocalAddress(client)),
            )
        };
        state.last += 1;
        let made = ClientConnection::of_library(state.last, peer, local, || false);
        state.open.insert(client.addr(), made.clone());
        Some(made)
    }

    fn forget(&self, client: sys::ClientConnection) {
        self.0.lock().open.remove(&client.addr());
    }
}

/// An address as the library writes it.
///
/// # Safety
/// As for [`text_of`].
unsafe fn address(text: *const c_char) -> SocketAddr {
    // SAFETY: as the caller says.
    let text = unsafe { text_of(text) };
    text.and_then(|text| text.parse().ok())
        .unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, 0).into())
}

impl Inner {
    pub(super) fn install_association(&self) {
        // SAFETY: the server is alive, and the parameter outlives it.
        unsafe {
            sys::IedServer_setConnectionIndicationHandler(
                self.server.as_ptr(),
                Some(connection_changed),
                self.parameter(),
            );
        }
    }
}

/// Without the lock.
unsafe extern "C" fn connection_changed(
    _server: sys::IedServer,
    client: sys::ClientConnection,
    connected: bool,
    parameter: *mut c_void,
) {
    // SAFETY: the library hands on what it was given, and an association that is alive.
    unsafe {
        called(parameter, (), |inner| {
            if let Some(known) = inner.clients.of(client) {
                if !connected {
                    inner.clients.forget(client);
                }
                inner.handlers.connection_changed(&known, connected);
            }
        });
    }
}
