//! Associations: who is there, who may be.

use super::super::connection::Connection;
use super::super::owned::text_of;
use super::super::server::Inner;
use super::called;
use crate::server::{AeQualifier, ApTitle, AssociateRequest, Authentication, ClientConnection};
use libiec61850_sys as sys;
use mms::ObjectIdentifier;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is looked for associations that end without a word of the library, when their end is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The associations there are, by the addresses of the library's objects.
#[derive(Default)]
pub(crate) struct Clients {
    state: Mutex<State>,
    gone: Condvar,
}

#[derive(Default)]
struct State {
    last: u64,
    open: HashMap<usize, Known>,
    /// Those that have not been authenticated yet.
    strangers: Vec<usize>,
}

struct Known {
    client: ClientConnection,
    connection: Arc<Connection>,
}

impl Clients {
    /// The association of an object of the library; `None` for NULL, and for one that is over.
    pub(in super::super) fn of(&self, client: sys::ClientConnection) -> Option<ClientConnection> {
        self.at(client.addr())
    }

    fn at(&self, client: usize) -> Option<ClientConnection> {
        let state = self.state.lock();
        let known = state.open.get(&client)?;
        Some(known.client.clone())
    }

    /// A new association.
    ///
    /// # Safety
    /// The pointer is of an association that is alive.
    unsafe fn open(&self, client: sys::ClientConnection) -> ClientConnection {
        // SAFETY: the association is alive; the texts are its own, and constant.
        let (peer, local) = unsafe {
            (
                address(sys::ClientConnection_getPeerAddress(client)),
                address(sys::ClientConnection_getLocalAddress(client)),
            )
        };
        let connection = Arc::new(Connection::new(peer, local));
        let ends = connection.clone();
        let mut state = self.state.lock();
        state.last += 1;
        let made = ClientConnection::of_library(state.last, peer, local, move || ends.abort());
        let known = Known {
            client: made.clone(),
            connection,
        };
        state.open.insert(client.addr(), known);
        state.strangers.push(client.addr());
        made
    }

    fn forget(&self, client: usize) {
        let mut state = self.state.lock();
        if let Some(known) = state.open.remove(&client) {
            known.connection.end();
        }
        state.strangers.retain(|known| *known != client);
        drop(state);
        self.gone.notify_all();
    }

    /// Ends the associations there are, and waits until the library has said that they are over; so long, at most,
    /// for those that cannot be cut.
    pub(in super::super) fn end_all(&self, patience: Duration) {
        let give_up = Instant::now() + patience;
        let mut state = self.state.lock();
        let open = state.open.values().map(|known| known.connection.clone());
        // Whether it was cut.
        let mut left: Vec<_> = open.map(|connection| (connection, false)).collect();
        loop {
            MutexGuard::unlocked(&mut state, || {
                for (connection, is_cut) in &mut left {
                    *is_cut = *is_cut || connection.abort();
                }
            });
            let is_late = Instant::now() > give_up;
            left.retain(|(connection, is_cut)| {
                !connection.is_over() && !connection.is_closed() && (*is_cut || !is_late)
            });
            if left.is_empty() {
                return;
            }
            let until = Instant::now() + LOOK_AGAIN;
            self.gone.wait_until(&mut state, until);
        }
    }

    /// Those that have ended without a word of the library, which forgets it of a connection that fails before it has
    /// accepted it (1.6.1, measured); and one that had the place of a new one.
    fn silently_ended(&self, new: sys::ClientConnection) -> Vec<usize> {
        let state = self.state.lock();
        let open = state.open.iter();
        open.filter(|(client, known)| **client == new.addr() || known.connection.is_closed())
            .map(|(client, _)| *client)
            .collect()
    }

    /// The association if there is only one, for callbacks that do not say which it is; else nobody.
    pub(super) fn only_one(&self) -> ClientConnection {
        let state = self.state.lock();
        let mut open = state.open.values();
        match (open.next(), open.next()) {
            (Some(known), None) => known.client.clone(),
            _ => nobody(),
        }
    }

    /// The association that is being authenticated, if only one can be meant; else nobody.
    fn stranger(&self) -> ClientConnection {
        let mut state = self.state.lock();
        match *state.strangers {
            [one] => {
                state.strangers.clear();
                let known = state.open.get(&one);
                known.map_or_else(nobody, |known| known.client.clone())
            }
            _ => nobody(),
        }
    }
}

/// In place of an association that is not known.
fn nobody() -> ClientConnection {
    let nowhere: SocketAddr = (Ipv4Addr::UNSPECIFIED, 0).into();
    ClientConnection::of_library(0, nowhere, nowhere, || false)
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
        let (server, parameter) = (self.server.as_ptr(), self.parameter());
        // SAFETY: the server is alive and does not run yet, and the parameter outlives it.
        unsafe {
            sys::IedServer_setConnectionIndicationHandler(
                server,
                Some(connection_changed),
                parameter,
            );
        }
    }

    /// The application has an authenticator: the library is to ask.
    pub(in super::super) fn watch_authentication(&self) {
        // SAFETY: the server is alive, and the parameter outlives it.
        unsafe {
            sys::IedServer_setAuthenticator(
                self.server.as_ptr(),
                Some(authenticate),
                self.parameter(),
            );
        }
    }

    /// On the thread that serves, without the lock.
    fn association_ended(&self, client: usize) {
        if let Some(known) = self.clients.at(client) {
            self.end_commands(&known);
            self.clients.forget(client);
            self.end_edits(known.id());
            self.handlers.connection_changed(&known, false);
        }
    }

    /// The server is stopped: the library does not tell of the associations that end with it.
    pub(in super::super) fn all_gone(&self) {
        let gone = std::mem::take(&mut self.clients.state.lock().open);
        self.clients.state.lock().strangers.clear();
        for known in gone.values() {
            known.connection.end();
            self.end_edits(known.client.id());
            self.handlers.connection_changed(&known.client, false);
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
            if connected {
                for lost in inner.clients.silently_ended(client) {
                    inner.association_ended(lost);
                }
                // What was set before it came counts for it.
                inner.apply_settings();
                let known = inner.clients.open(client);
                inner.handlers.connection_changed(&known, true);
                if inner.is_stopping() {
                    // Too late to be one of those whose end is waited for.
                    known.abort();
                }
            } else {
                inner.association_ended(client.addr());
            }
        });
    }
}

/// Without the lock.
unsafe extern "C" fn authenticate(
    parameter: *mut c_void,
    authentication: sys::AcseAuthenticationParameter,
    _token: *mut *mut c_void,
    caller: *mut sys::IsoApplicationReference,
) -> bool {
    // SAFETY: the library hands on what it was given, and what the caller says about itself.
    unsafe {
        called(parameter, false, |inner| {
            let client = inner.clients.stranger();
            let mut request = AssociateRequest::default();
            if let Some(caller) = caller.as_ref() {
                let arcs = usize::try_from(caller.apTitle.arcCount).unwrap_or(0);
                let arcs = caller.apTitle.arc.get(..arcs).unwrap_or_default();
                let title: Vec<String> = arcs.iter().map(u16::to_string).collect();
                let title: Option<ObjectIdentifier> = title.join(".").parse().ok();
                request.calling_ap_title = title.map(ApTitle::Identifier);
                let qualifier = i64::from(caller.aeQualifier);
                request.calling_ae_qualifier = Some(AeQualifier::Number(qualifier));
            }
            request.authentication = authentication_of(authentication);
            inner.handlers.authenticate(&client, &request).is_ok()
        })
    }
}

/// # Safety
/// The pointer is NULL or to what the library knows of an authentication.
unsafe fn authentication_of(
    authentication: sys::AcseAuthenticationParameter,
) -> Option<Authentication> {
    // SAFETY: as the caller says.
    let authentication = unsafe { authentication.as_ref() }?;
    if authentication.mechanism == sys::ACSE_AUTH_NONE {
        return None;
    }
    // SAFETY: with a password, this is the part of the union that is set; a certificate has the same
    // layout, octets and their number.
    let password = unsafe { authentication.value.password };
    let octets = match usize::try_from(password.passwordLength) {
        // SAFETY: there are as many octets as the library says.
        Ok(length) if !password.octetString.is_null() => unsafe {
            std::slice::from_raw_parts(password.octetString, length).to_vec()
        },
        _ => Vec::new(),
    };
    Some(if authentication.mechanism == sys::ACSE_AUTH_PASSWORD {
        Authentication::Password(octets)
    } else {
        Authentication::Other {
            mechanism: None,
            value: octets,
        }
    })
}
