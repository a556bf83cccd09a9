//! Commands: the library's own object for control.

use super::super::callbacks::guarded;
use super::super::owned::{Value, c_text};
use super::CConnection;
use crate::client::engine::Failure;
use crate::client::{IedClientError, LastApplError, Termination};
use crate::{ControlAddCause, ControlLastApplError, ControlModel, OrCat};
use libiec61850_sys as sys;
use mms::MmsValue;
use parking_lot::Mutex;
use std::ffi::{CString, c_int, c_void};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;

type Ended = Box<dyn Fn(Termination) + Send + Sync>;

/// A controllable object of the library. A clone is the same object.
#[derive(Clone)]
pub(crate) struct CControl(Arc<Object>);

struct Object {
    raw: NonNull<sys::sControlObjectClient>,
    /// The library's object is for one thread at a time.
    in_use: Mutex<()>,
    heard: Arc<Heard>,
    /// It is destroyed in front of its connection.
    connection: CConnection,
}

// SAFETY: commands are locked by `in_use`; callbacks only read what the library made before.
unsafe impl Send for Object {}
// SAFETY: as above.
unsafe impl Sync for Object {}

/// What the handler of terminations is given.
struct Heard {
    runtime: Handle,
    ended: Ended,
    /// What the server said last of a command that it refused. The library keeps that and shows it
    /// again when an earlier command ends well.
    refused: Mutex<Option<LastApplError>>,
}

impl Drop for Object {
    fn drop(&mut self) {
        let end = Destroyed {
            raw: self.raw,
            _heard: self.heard.clone(),
            _connection: self.connection.clone(),
        };
        match mms::net::runtime() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || end.destroy())),
            Err(_) => end.destroy(),
        }
    }
}

/// An object on its way to the thread that destroys it, with what has to outlive it.
struct Destroyed {
    raw: NonNull<sys::sControlObjectClient>,
    _heard: Arc<Heard>,
    _connection: CConnection,
}

// SAFETY: it has the only pointer to the object.
unsafe impl Send for Destroyed {}

impl Destroyed {
    /// A handler that the library is calling is waited for, and it calls none behind this
    /// (`an_object_outlives_the_handler_that_is_called_for_it`): what handlers are given goes with the
    /// object.
    fn destroy(self) {
        // SAFETY: nobody has the object any more, its connection is alive, and this is no thread of
        // the library.
        unsafe { sys::ControlObjectClient_destroy(self.raw.as_ptr()) };
    }
}

/// What goes with a command.
pub(crate) struct Settings {
    pub(crate) model: ControlModel,
    pub(crate) or_ident: Vec<u8>,
    pub(crate) or_cat: OrCat,
    pub(crate) test: bool,
    pub(crate) interlock_check: bool,
    pub(crate) synchro_check: bool,
    pub(crate) constant_t: bool,
}

/// A command.
#[derive(Debug)]
pub(crate) enum Command {
    Select,
    SelectWithValue(MmsValue),
    /// With the time in milliseconds since 1970, or 0 for now.
    Operate(MmsValue, u64),
    Cancel,
}

/// Why a command failed, and what the server said besides.
pub(crate) struct Refused {
    pub(crate) code: IedClientError,
    pub(crate) said: Option<LastApplError>,
}

fn said(error: sys::LastApplError) -> LastApplError {
    LastApplError {
        ctl_num: u8::try_from(error.ctlNum.rem_euclid(256)).unwrap_or(0),
        error: ControlLastApplError::from_value(i32::try_from(error.error).unwrap_or(-1)),
        add_cause: ControlAddCause::from_value(i32::try_from(error.addCause).unwrap_or(-1)),
    }
}

fn is_something(said: &LastApplError) -> bool {
    said.error != ControlLastApplError::NoError || said.add_cause != ControlAddCause::Unknown
}

unsafe extern "C" fn terminated(parameter: *mut c_void, object: sys::ControlObjectClient) {
    guarded((), || {
        // SAFETY: the object and what the parameter points to, which is freed behind it, are alive
        // during the call: see `Destroyed::destroy`.
        let (heard, error) = unsafe {
            let Some(heard) = parameter.cast::<Heard>().as_ref() else {
                return;
            };
            let error = sys::ControlObjectClient_getLastApplError(object);
            (heard, said(error))
        };
        let is_old = *heard.refused.lock() == Some(error);
        let termination = match is_something(&error) && !is_old {
            true => Termination::Negative(error),
            false => Termination::Positive,
        };
        let _context = heard.runtime.enter();
        (heard.ended)(termination);
    });
}

impl CConnection {
    /// The library's object for control of `LD/LN.DO`; `ended` hears of terminations, with the
    /// runtime entered.
    pub(crate) async fn control(&self, reference: &str, ended: Ended) -> Result<CControl, Failure> {
        let name = c_text(reference);
        let connection = self.clone();
        let heard = Arc::new(Heard {
            runtime: Handle::current(),
            ended,
            refused: Mutex::new(None),
        });
        let made = self
            .call(move |raw, errors| {
                // SAFETY: the connection is alive, the name is copied.
                let made = NonNull::new(unsafe {
                    sys::ControlObjectClient_create(name.as_ptr(), raw.ied())
                });
                let Some(raw) = made else {
                    let code = IedClientError::ObjectDoesNotExist;
                    errors.other = Some(Failure::Engine {
                        code,
                        reason: code.to_string(),
                    });
                    return None;
                };
                // From here on it is destroyed in any case, also where nobody waits for it any more.
                let object = Object {
                    raw,
                    in_use: Mutex::new(()),
                    heard: heard.clone(),
                    connection: connection.clone(),
                };
                // SAFETY: the object is alive, and what the parameter points to outlives it.
                unsafe {
                    sys::ControlObjectClient_setCommandTerminationHandler(
                        raw.as_ptr(),
                        Some(terminated),
                        Arc::as_ptr(&object.heard).cast_mut().cast(),
                    );
                }
                Some(CControl(Arc::new(object)))
            })
            .await?;
        made.ok_or_else(|| Failure::engine("there is no object"))
    }
}

impl CControl {
    /// Whether it belongs to this association.
    pub(crate) fn is_of(&self, connection: &CConnection) -> bool {
        Arc::ptr_eq(&self.0.connection.connection, &connection.connection)
    }

    /// Executes a command. `Err` is a failure before the server was asked.
    pub(crate) async fn command(
        &self,
        settings: Settings,
        command: Command,
    ) -> Result<Result<(), Refused>, Failure> {
        let or_ident = CString::new(settings.or_ident.as_slice()).map_err(|_| {
            Failure::NotSupported("an originator identification with an octet 0".into())
        })?;
        let value = match &command {
            Command::SelectWithValue(value) | Command::Operate(value, _) => {
                Some(super::data::value_for(value)?)
            }
            Command::Select | Command::Cancel => None,
        };
        let object = self.0.clone();
        let patience = self.0.connection.timeout;
        self.0
            .connection
            .call(move |_, _| {
                let _one = object.in_use.lock();
                let raw = object.raw.as_ptr();
                let sent = Instant::now();
                // SAFETY: the object is alive, since this closure holds it, and no other thread gives
                // commands with it; texts and values are copied.
                let mut done = unsafe {
                    apply(raw, &settings, &or_ident);
                    execute(raw, &command, value.as_ref())
                };
                // As the library says where the connection ends while an answer is awaited.
                if let Err(refused) = &mut done
                    && refused.code == IedClientError::Timeout
                    && sent.elapsed() < patience
                {
                    refused.code = IedClientError::ConnectionLost;
                }
                if let Err(refused) = &done {
                    *object.heard.refused.lock() = refused.said;
                }
                done
            })
            .await
    }
}

/// # Safety
/// The object is alive and no other thread uses it.
unsafe fn apply(raw: sys::ControlObjectClient, settings: &Settings, or_ident: &CString) {
    // SAFETY: as the caller says; the text is copied.
    unsafe {
        let model = sys::ControlModel::try_from(settings.model.value()).unwrap_or(0);
        sys::ControlObjectClient_setControlModel(raw, model);
        let or_cat: c_int = settings.or_cat.value();
        sys::ControlObjectClient_setOrigin(raw, or_ident.as_ptr(), or_cat);
        sys::ControlObjectClient_setTestMode(raw, settings.test);
        sys::ControlObjectClient_setInterlockCheck(raw, settings.interlock_check);
        sys::ControlObjectClient_setSynchroCheck(raw, settings.synchro_check);
        sys::ControlObjectClient_useConstantT(raw, settings.constant_t);
    }
}

/// # Safety
/// The object is alive and no other thread uses it.
unsafe fn execute(
    raw: sys::ControlObjectClient,
    command: &Command,
    value: Option<&Value>,
) -> Result<(), Refused> {
    let value = value.map_or(std::ptr::null_mut(), Value::as_ptr);
    // SAFETY: as the caller says; the value is copied.
    let (done, code, error) = unsafe {
        let done = match command {
            Command::Select => sys::ControlObjectClient_select(raw),
            Command::SelectWithValue(_) => sys::ControlObjectClient_selectWithValue(raw, value),
            Command::Operate(_, time) => sys::ControlObjectClient_operate(raw, value, *time),
            Command::Cancel => sys::ControlObjectClient_cancel(raw),
        };
        (
            done,
            sys::ControlObjectClient_getLastError(raw),
            said(sys::ControlObjectClient_getLastApplError(raw)),
        )
    };
    if done {
        return Ok(());
    }
    let code = match i32::try_from(code).map_or(IedClientError::Unknown, Into::into) {
        // A select that is refused says nothing.
        IedClientError::Other(0) => IedClientError::AccessDenied,
        code => code,
    };
    let said = Some(error).filter(is_something);
    Err(Refused { code, said })
}
