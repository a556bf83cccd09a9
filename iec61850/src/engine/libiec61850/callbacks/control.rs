//! Controls: checks, execution, selection.
//!
//! The library serves all associations with the thread it calls on, and can be told that an execution waits: it
//! asks again after some milliseconds. So the handlers of the two steps of an execution run on the
//! runtime, without the lock, and only one that is done soon is waited for. Checks are asked while a
//! request is answered: a blocking one runs on the library's thread, and so does the check of an operate, for which there is no
//! answer that it waits; the future of a select's check goes on on the runtime if it has to wait. Handlers of select states
//! are waited for, so that they come before what the client does next.
//!
//! **A client that goes while its command is executed.** libiec61850 1.6.1 sends the end of the command to the client
//! whether it is still there or not, and so into memory that was freed. So commands are ended, as failed, in the
//! callback that says that their client goes, while its memory is there; and a server stops only when its clients are gone.

use super::super::owned::value_of;
use super::super::server::Inner;
use super::{called, called_about_command};
use crate::common::{
    CheckHandlerResult, ControlHandlerResult, OrCat, SelectStateChangedReason, Timestamp,
};
use crate::model::DataObject;
use crate::model::arena::{NodeId, NodeKey};
use crate::server::control::{ActionDetails, Command, is_controllable};
use crate::server::{ClientConnection, ControlAction, Handlers};
use chrono::{DateTime, Utc};
use libiec61850_sys as sys;
use parking_lot::{Condvar, Mutex};
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// The commands there are, by their objects.
#[derive(Default)]
pub(crate) struct Controls(Mutex<HashMap<NodeKey, Arc<Control>>>);

/// The command an object is given.
struct Control {
    action: ControlAction,
    /// Whether its execution has begun, which the library does without the lock.
    is_executed: AtomicBool,
    /// Whether it is over.
    is_over: AtomicBool,
    /// Whether its client goes: nobody waits for it any more.
    is_abandoned: AtomicBool,
    check: Mutex<Option<Pending<CheckHandlerResult>>>,
    wait: Mutex<Option<Pending<ControlHandlerResult>>>,
    operate: Mutex<Option<Pending<ControlHandlerResult>>>,
}

impl Control {
    fn new(action: ControlAction) -> Arc<Self> {
        Arc::new(Control {
            action,
            is_executed: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
            check: Mutex::new(None),
            wait: Mutex::new(None),
            operate: Mutex::new(None),
        })
    }
}

/// How long an execution is waited for before others are served.
const SOON: Duration = Duration::from_millis(50);

impl Control {
    fn goes_on(&self) -> bool {
        self.is_executed.load(Ordering::Relaxed) && !self.is_over.load(Ordering::Relaxed)
    }

    fn waits_for_check(&self) -> bool {
        self.check.lock().is_some()
    }
}

/// A handler that goes on on the runtime.
struct Pending<R> {
    result: Arc<Place<R>>,
    task: AbortHandle,
}

/// Where the result of a handler comes.
struct Place<R> {
    result: Mutex<Option<R>>,
    filled: Condvar,
}

impl<R: Send + 'static> Pending<R> {
    /// Has a future run to its end.
    fn begin(runtime: &Handle, future: BoxFuture<R>) -> Self {
        let result = Arc::new(Place {
            result: Mutex::new(None),
            filled: Condvar::new(),
        });
        let place = result.clone();
        let task = runtime.spawn(async move {
            let said = future.await;
            *place.result.lock() = Some(said);
            place.filled.notify_all();
        });
        Pending {
            result,
            task: task.abort_handle(),
        }
    }

    /// The result, if it comes in this time.
    fn take(&self, within: Duration) -> Option<R> {
        let mut result = self.result.result.lock();
        let waiting = |result: &mut Option<R>| result.is_none();
        self.result
            .filled
            .wait_while_for(&mut result, waiting, within);
        result.take()
    }
}

impl<R> Drop for Pending<R> {
    /// Nobody waits for it any more.
    fn drop(&mut self) {
        self.task.abort();
    }
}

type BoxFuture<R> = Pin<Box<dyn Future<Output = R> + Send>>;

impl Inner {
    pub(super) fn install_controls(&self) {
        let (server, parameter) = (self.server.as_ptr(), self.parameter());
        let nodes = (0..self.arena.nodes.len()).filter_map(NodeId::at);
        let objects = nodes.filter(|&id| is_controllable(&self.arena, id));
        for object in objects.filter_map(|id| self.model.object(id.into())) {
            // SAFETY: server and object are alive, the server does not run yet, and the parameter outlives it.
            unsafe {
                sys::IedServer_setPerformCheckHandler(server, object, Some(check), parameter);
                sys::IedServer_setWaitForExecutionHandler(server, object, Some(wait), parameter);
                sys::IedServer_setControlHandler(server, object, Some(operate), parameter);
                sys::IedServer_setSelectStateChangedHandler(
                    server,
                    object,
                    Some(select_state_changed),
                    parameter,
                );
            }
        }
    }

    /// A client goes: its commands end while the library still knows it. Called in the callback that says so.
    pub(super) fn end_commands(&self, client: &ClientConnection) {
        let controls = self.controls.0.lock();
        let mut any = false;
        for control in controls.values() {
            let is_own = control.action.client_connection().as_ref() == Some(client);
            if is_own && (control.goes_on() || control.waits_for_check()) {
                control.is_abandoned.store(true, Ordering::Relaxed);
                any = true;
            }
        }
        drop(controls);
        if any {
            // This is the thread that serves, which does the same between the requests of clients, and holds no lock in this
            // callback.
            self.periodic_tasks();
        }
    }

    fn controlled(&self, action: sys::ControlAction) -> Option<(NodeKey, DataObject)> {
        // SAFETY: the action is alive during its callback.
        let object = unsafe { sys::ControlAction_getControlObject(action) };
        let key = self.model.key_of(object)?;
        let node = self.ied.node_of(&self.arena, key);
        Some((key, node.into_data_object().ok()?))
    }

    /// The command an object is given; a new one if none was noted.
    fn current(
        &self,
        key: NodeKey,
        object: &DataObject,
        action: sys::ControlAction,
    ) -> Arc<Control> {
        let mut controls = self.controls.0.lock();
        let made = || Control::new(ControlAction::new(self.details(object, action, true)));
        controls.entry(key).or_insert_with(made).clone()
    }

    /// The command a check begins with. One that waits for its check to end is the same.
    fn begin(
        &self,
        key: NodeKey,
        object: &DataObject,
        action: sys::ControlAction,
        has_value: bool,
    ) -> Arc<Control> {
        let details = self.details(object, action, has_value);
        let mut controls = self.controls.0.lock();
        if let Some(known) = controls.get(&key)
            && known.waits_for_check()
            && known.action.ctl_num() == details.ctl_num
            && (known.action.client_connection() == details.client
                || known.is_abandoned.load(Ordering::Relaxed))
        {
            return known.clone();
        }
        let made = Control::new(ControlAction::new(details));
        let _before = controls.insert(key, made.clone());
        made
    }

    fn details(
        &self,
        object: &DataObject,
        action: sys::ControlAction,
        has_value: bool,
    ) -> ActionDetails {
        let mut length: c_int = 0;
        // SAFETY: the action is alive during its callback, and so is the association it is of, if any; the
        // originator has as many octets as the library says.
        unsafe {
            let is_select = sys::ControlAction_isSelect(action);
            // A select without a value says nothing about its originator.
            let is_bare = is_select && !has_value;
            let ident = sys::ControlAction_getOrIdent(action, &raw mut length);
            let or_ident = match usize::try_from(length) {
                Ok(length) if !ident.is_null() && !is_bare => {
                    std::slice::from_raw_parts(ident, length).to_vec()
                }
                _ => Vec::new(),
            };
            let or_cat = OrCat::from_value(sys::ControlAction_getOrCat(action));
            let ctl_num = u8::try_from(sys::ControlAction_getCtlNum(action)).ok();
            let time = sys::ControlAction_getT(action);
            let control_time = sys::ControlAction_getControlTime(action);
            ActionDetails {
                object: object.clone(),
                client: self
                    .clients
                    .of(sys::ControlAction_getClientConnection(action)),
                is_select,
                or_cat: if is_bare { OrCat::NotSupported } else { or_cat },
                or_ident,
                ctl_num: ctl_num.filter(|_| !is_bare),
                synchro_check: sys::ControlAction_getSynchroCheck(action),
                interlock_check: sys::ControlAction_getInterlockCheck(action),
                control_time: i64::try_from(control_time)
                    .ok()
                    .filter(|ms| *ms != 0)
                    .and_then(DateTime::<Utc>::from_timestamp_millis),
                t: time
                    .as_ref()
                    .map(|time| Timestamp::from_bytes(time.val))
                    .unwrap_or_default(),
            }
        }
    }

    /// What the check of a select says, if it has said it.
    fn check_select(
        &self,
        place: &Mutex<Option<Pending<CheckHandlerResult>>>,
        mut ask: BoxFuture<CheckHandlerResult>,
    ) -> Option<CheckHandlerResult> {
        let mut pending = place.lock();
        if let Some(waiting) = pending.take() {
            let result = waiting.take(Duration::ZERO);
            if result.is_none() {
                *pending = Some(waiting);
            }
            return result;
        }
        drop(pending);
        let polled = {
            let _runtime = self.runtime.enter();
            let mut context = Context::from_waker(Waker::noop());
            ask.as_mut().poll(&mut context)
        };
        match polled {
            Poll::Ready(result) => Some(result),
            Poll::Pending => {
                *place.lock() = Some(Pending::begin(&self.runtime, ask));
                None
            }
        }
    }

    /// What a handler has set for the answer.
    fn set_outcome(control: &Control, action: sys::ControlAction) {
        // SAFETY: the action is alive during its callback.
        unsafe {
            let error = control.action.error().value();
            sys::ControlAction_setError(action, error.try_into().unwrap_or(0));
            if let Some(cause) = control.action.add_cause() {
                sys::ControlAction_setAddCause(action, cause.value().try_into().unwrap_or(0));
            }
        }
    }
}

unsafe extern "C" fn check(
    action: sys::ControlAction,
    parameter: *mut c_void,
    value: *mut sys::MmsValue,
    test: bool,
    _interlock_check: bool,
) -> sys::CheckHandlerResult {
    const REFUSED: sys::CheckHandlerResult = sys::CONTROL_HARDWARE_FAULT;
    // SAFETY: the library hands on what it was given, an action that is alive, and a value or NULL.
    unsafe {
        called_about_command(parameter, REFUSED, |inner| {
            let Some((key, object)) = inner.controlled(action) else {
                return REFUSED;
            };
            if inner.is_stopping() {
                return sys::CONTROL_TEMPORARILY_UNAVAILABLE;
            }
            let control = inner.begin(key, &object, action, !value.is_null());
            if control.is_abandoned.load(Ordering::Relaxed) {
                let _unheard = control.check.lock().take();
                return REFUSED;
            }
            let command = Command {
                object,
                action: control.action.clone(),
                value: (!value.is_null()).then(|| value_of(value)),
                test,
            };
            let handlers = inner.handlers.clone();
            let ask = check_of(handlers, command);
            let result = if control.action.is_select() {
                inner.check_select(&control.check, ask)
            } else {
                Some(inner.runtime.block_on(ask))
            };
            Inner::set_outcome(&control, action);
            match result {
                Some(result) => result.value(),
                None => sys::CONTROL_WAITING_FOR_SELECT,
            }
        })
    }
}

fn check_of(handlers: Arc<Handlers>, command: Command) -> BoxFuture<CheckHandlerResult> {
    Box::pin(async move { handlers.control_check(&command).await })
}

/// Without the lock.
unsafe extern "C" fn wait(
    action: sys::ControlAction,
    parameter: *mut c_void,
    value: *mut sys::MmsValue,
    test: bool,
    _synchro_check: bool,
) -> sys::ControlHandlerResult {
    // SAFETY: the library hands on what it was given, an action that is alive, and a value.
    unsafe {
        execute(
            action,
            parameter,
            value,
            test,
            false,
            |handlers, command| {
                let ask = async move { handlers.control_wait(&command).await };
                (Box::pin(ask), |control| &control.wait)
            },
        )
    }
}

/// Without the lock.
unsafe extern "C" fn operate(
    action: sys::ControlAction,
    parameter: *mut c_void,
    value: *mut sys::MmsValue,
    test: bool,
) -> sys::ControlHandlerResult {
    // SAFETY: the library hands on what it was given, an action that is alive, and a value.
    unsafe {
        execute(action, parameter, value, test, true, |handlers, command| {
            let ask = async move { handlers.control_operate(&command).await };
            (Box::pin(ask), |control| &control.operate)
        })
    }
}

type Execution = (
    BoxFuture<ControlHandlerResult>,
    fn(&Control) -> &Mutex<Option<Pending<ControlHandlerResult>>>,
);

/// One of the two steps of an execution.
///
/// # Safety
/// As for the callbacks.
unsafe fn execute(
    action: sys::ControlAction,
    parameter: *mut c_void,
    value: *mut sys::MmsValue,
    test: bool,
    is_last: bool,
    step: impl FnOnce(Arc<Handlers>, Command) -> Execution,
) -> sys::ControlHandlerResult {
    const FAILED: sys::ControlHandlerResult = sys::CONTROL_RESULT_FAILED;
    // SAFETY: as the caller says.
    unsafe {
        called(parameter, FAILED, |inner| {
            let Some((key, object)) = inner.controlled(action) else {
                return FAILED;
            };
            let control = inner.current(key, &object, action);
            control.is_executed.store(true, Ordering::Relaxed);
            if control.is_abandoned.load(Ordering::Relaxed) {
                control.is_over.store(true, Ordering::Relaxed);
                return FAILED;
            }
            let command = Command {
                object,
                action: control.action.clone(),
                value: Some(value_of(value)),
                test,
            };
            let (ask, pending) = step(inner.handlers.clone(), command);
            let mut pending = pending(&control).lock();
            let (waiting, within) = match pending.take() {
                Some(waiting) => (waiting, Duration::ZERO),
                None => (Pending::begin(&inner.runtime, ask), SOON),
            };
            let result = waiting.take(within);
            if result.is_none() {
                *pending = Some(waiting);
            }
            drop(pending);
            Inner::set_outcome(&control, action);
            match result.unwrap_or(ControlHandlerResult::Waiting) {
                ControlHandlerResult::Failed => {
                    control.is_over.store(true, Ordering::Relaxed);
                    sys::CONTROL_RESULT_FAILED
                }
                ControlHandlerResult::Ok => {
                    control.is_over.store(is_last, Ordering::Relaxed);
                    sys::CONTROL_RESULT_OK
                }
                ControlHandlerResult::Waiting => sys::CONTROL_RESULT_WAITING,
            }
        })
    }
}

unsafe extern "C" fn select_state_changed(
    action: sys::ControlAction,
    parameter: *mut c_void,
    selected: bool,
    reason: sys::SelectStateChangedReason,
) {
    use SelectStateChangedReason as Reason;
    let Some(reason) = c_int::try_from(reason).ok().and_then(Reason::from_value) else {
        return;
    };
    let tell = |inner: &Inner| {
        let Some((key, object)) = inner.controlled(action) else {
            return;
        };
        let control = inner.current(key, &object, action);
        let reason = match reason {
            // That is why it failed.
            Reason::OperateFailed if control.is_abandoned.load(Ordering::Relaxed) => {
                Reason::Disconnected
            }
            reason => reason,
        };
        let handlers = inner.handlers.clone();
        let command = control.action.clone();
        // Waited for, so that it comes before what the client does next.
        inner.runtime.block_on(async move {
            handlers
                .select_state_changed(&object, &command, selected, reason)
                .await;
        });
    };
    // SAFETY: the library hands on what it was given, and an action that is alive. The end of an association is no
    // request: it has no lock there.
    unsafe {
        match reason {
            Reason::Disconnected => called(parameter, (), tell),
            _ => called_about_command(parameter, (), tell),
        }
    }
}
