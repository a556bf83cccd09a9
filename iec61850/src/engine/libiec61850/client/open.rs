//! Opening an association.

use super::super::callbacks::guarded;
use super::super::check;
use super::super::owned::c_text;
use super::convert::{Errors, List};
use super::uploads::Uploads;
use super::{CConnection, Callbacks, Connection, End, Raw};
use crate::client::ConnectionOptions;
use crate::client::engine::{Failure, Heard};
use libiec61850_sys as sys;
use mms::association::Address;
use mms::osi::acse::{AeQualifier, ApTitle, Authentication};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ffi::{CString, c_int, c_void};
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

/// How often an association is opened again that the library refuses all requests on, although it
/// has reported success and says that it is connected. On a busy machine it does that now and then.
const ATTEMPTS: usize = 5;

/// Between attempts, for the server to notice that the last one is gone.
const PAUSE: Duration = Duration::from_millis(20);

/// The address parameters as the library takes them.
struct Parameters {
    local: Side,
    remote: Side,
    password: Option<CString>,
}

struct Side {
    p: sys::PSelector,
    s: sys::SSelector,
    t: sys::TSelector,
    ap_title: Option<CString>,
    ae_qualifier: c_int,
}

fn selector<const N: usize>(what: &str, octets: &[u8]) -> Result<(u8, [u8; N]), Failure> {
    let mut value = [0; N];
    match value.get_mut(..octets.len()) {
        Some(place) => place.copy_from_slice(octets),
        None => {
            return Err(Failure::NotSupported(format!(
                "a {what} selector of more than {N} octets"
            )));
        }
    }
    Ok((u8::try_from(octets.len()).unwrap_or(0), value))
}

impl Side {
    fn new(address: &Address) -> Result<Self, Failure> {
        let (size, value) = selector("presentation", &address.p_selector)?;
        let p = sys::PSelector { size, value };
        let (size, value) = selector("session", &address.s_selector)?;
        let s = sys::SSelector { size, value };
        let (size, value) = selector("transport", &address.t_selector)?;
        let t = sys::TSelector { size, value };
        let ap_title = match &address.ap_title {
            None => None,
            Some(ApTitle::Identifier(title)) => Some(c_text(&title.to_string())),
            Some(other) => return Err(Failure::NotSupported(format!("the AP title {other:?}"))),
        };
        let ae_qualifier = match &address.ae_qualifier {
            None => 0,
            Some(AeQualifier::Number(number)) => c_int::try_from(*number)
                .map_err(|_| Failure::NotSupported(format!("the AE qualifier {number}")))?,
            Some(other) => {
                return Err(Failure::NotSupported(format!("the AE qualifier {other:?}")));
            }
        };
        Ok(Side {
            p,
            s,
            t,
            ap_title,
            ae_qualifier,
        })
    }
}

impl Parameters {
    fn new(options: &ConnectionOptions) -> Result<Self, Failure> {
        let password = match &options.authentication {
            None => None,
            Some(Authentication::Password(octets)) => match CString::new(octets.as_slice()) {
                Ok(text) => Some(text),
                Err(_) => return Err(Failure::NotSupported("a password with an octet 0".into())),
            },
            Some(_) => {
                return Err(Failure::NotSupported(
                    "authentication other than a password".into(),
                ));
            }
        };
        Ok(Parameters {
            local: Side::new(&options.local)?,
            remote: Side::new(&options.remote)?,
            password,
        })
    }
}

unsafe extern "C" fn state_changed(
    parameter: *mut c_void,
    _: sys::IedConnection,
    state: sys::IedConnectionState,
) {
    guarded((), || {
        // SAFETY: the parameter is the `Callbacks` of the connection, which outlive it.
        let callbacks = unsafe { parameter.cast::<Callbacks>().as_ref() };
        if let (sys::IED_STATE_CLOSED, Some(callbacks)) = (state, callbacks) {
            callbacks.ended();
        }
    });
}

impl CConnection {
    /// Connects over TCP and opens an association.
    pub(crate) async fn connect(
        host: &str,
        port: u16,
        options: &ConnectionOptions,
        heard: Arc<dyn Heard>,
    ) -> Result<Self, Failure> {
        check()?;
        let parameters = Parameters::new(options)?;
        let (host, options) = (c_text(host), options.clone());
        let runtime = Handle::current();
        let opening = tokio::task::spawn_blocking(move || {
            let mut attempt = 1;
            loop {
                match open(&host, port, &options, &parameters, heard.clone(), &runtime) {
                    Ok(connection) if connection.is_open() || attempt == ATTEMPTS => {
                        return Ok(CConnection {
                            connection: Arc::new(connection),
                            timeout: options.request_timeout,
                        });
                    }
                    Ok(connection) => {
                        tracing::debug!("the library does not use the association it has opened");
                        connection.destroy();
                    }
                    // The server may count the one that was given up still.
                    Err(failure) if attempt == 1 || attempt == ATTEMPTS => return Err(failure),
                    Err(_) => {}
                }
                std::thread::sleep(PAUSE);
                attempt += 1;
            }
        });
        match opening.await {
            Ok(opened) => opened,
            Err(_) => Err(Failure::engine("the runtime is stopping")),
        }
    }
}

impl Connection {
    /// Asks the server for something that every server has: whether the library lets a request
    /// through.
    fn is_open(&self) -> bool {
        let (raw, mut error) = (self.raw, 0);
        // SAFETY: the connection is alive; the list is the caller's.
        let names = unsafe {
            List::from_raw(sys::IedConnection_getServerDirectory(
                raw.ied(),
                &raw mut error,
                false,
            ))
        };
        drop(names.into_texts());
        error != sys::IED_ERROR_CONNECTION_LOST && error != sys::IED_ERROR_NOT_CONNECTED
    }
}

fn open(
    host: &CString,
    port: u16,
    options: &ConnectionOptions,
    parameters: &Parameters,
    heard: Arc<dyn Heard>,
    runtime: &Handle,
) -> Result<Connection, Failure> {
    let uploads = Uploads::new()?;
    // SAFETY: no TLS; the library uses a thread of its own.
    let raw = NonNull::new(unsafe { sys::IedConnection_createEx(null_mut(), true) });
    let raw = Raw(raw.ok_or_else(|| Failure::engine("the library is out of memory"))?);
    let callbacks = Arc::new(Callbacks {
        closed: watch::Sender::new(None),
        ending: Mutex::new(None),
        heard,
        runtime: runtime.clone(),
    });
    let pointer = Arc::as_ptr(&callbacks).cast_mut();
    let width = usize::from(options.max_outstanding.max(1));
    // From here on it is destroyed in any case.
    let connection = Connection {
        raw,
        permits: Arc::new(Semaphore::new(width)),
        width,
        end: Some(End {
            raw,
            callbacks,
            slots: Mutex::new(HashMap::new()),
            authentication: authentication(raw, parameters),
        }),
        runtime: runtime.clone(),
        uploads,
    };
    connection.uploads.announce(raw);
    let ms = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    let outstanding = c_int::from(options.max_outstanding);
    let pdu_size = i32::try_from(options.max_pdu_size).unwrap_or(i32::MAX);
    let mut errors = Errors::default();
    // SAFETY: the connection is alive and nobody else has it; texts are copied; the callbacks outlive
    // it. Selectors are passed by value.
    unsafe {
        let iso = sys::MmsConnection_getIsoConnectionParameters(raw.mms());
        let Side { p, s, t, .. } = &parameters.local;
        sys::IsoConnectionParameters_setLocalAddresses(iso, *p, *s, *t);
        let Side { p, s, t, .. } = &parameters.remote;
        sys::IsoConnectionParameters_setRemoteAddresses(iso, *p, *s, *t);
        for (side, set) in [
            (
                &parameters.local,
                sys::IsoConnectionParameters_setLocalApTitle
                    as unsafe extern "C" fn(_, *const std::ffi::c_char, c_int),
            ),
            (
                &parameters.remote,
                sys::IsoConnectionParameters_setRemoteApTitle,
            ),
        ] {
            set(
                iso,
                super::convert::or_null(side.ap_title.as_ref()),
                side.ae_qualifier,
            );
        }
        if let Some(address) = options.local_address {
            let host = c_text(&address.ip().to_string());
            sys::IedConnection_setLocalAddress(raw.ied(), host.as_ptr(), address.port().into());
        }
        let quality = options.time_quality;
        sys::IedConnection_setTimeQuality(
            raw.ied(),
            quality.leap_second_known,
            quality.clock_failure,
            quality.clock_not_synchronized,
            quality.subsecond_precision.into(),
        );
        sys::MmsConnection_setLocalDetail(raw.mms(), pdu_size);
        sys::IedConnection_setMaxOutstandingCalls(raw.ied(), outstanding, outstanding);
        sys::IedConnection_setConnectTimeout(raw.ied(), ms(options.connect_timeout));
        sys::IedConnection_setRequestTimeout(raw.ied(), ms(options.request_timeout));
        sys::IedConnection_installStateChangedHandler(
            raw.ied(),
            Some(state_changed),
            pointer.cast(),
        );
        sys::IedConnection_connect(raw.ied(), &raw mut errors.ied, host.as_ptr(), port.into());
    }
    match errors.failure(options.connect_timeout, true) {
        None => Ok(connection),
        Some(failure) => Err(failure),
    }
}

fn authentication(raw: Raw, parameters: &Parameters) -> Option<super::Authentication> {
    let password = parameters.password.as_ref()?;
    // SAFETY: new parameters, which are destroyed behind the connection; the password is copied.
    unsafe {
        let made = NonNull::new(sys::AcseAuthenticationParameter_create())?;
        sys::AcseAuthenticationParameter_setAuthMechanism(made.as_ptr(), sys::ACSE_AUTH_PASSWORD);
        sys::AcseAuthenticationParameter_setPassword(made.as_ptr(), password.as_ptr().cast_mut());
        let iso = sys::MmsConnection_getIsoConnectionParameters(raw.mms());
        sys::IsoConnectionParameters_setAcseAuthenticationParameter(iso, made.as_ptr());
        Some(super::Authentication(made))
    }
}
