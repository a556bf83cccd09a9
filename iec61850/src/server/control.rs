//! Controls as the application sees them: the handlers of a controllable object, and what they are
//! told about a command.

use super::{ClientConnection, Handlers, IedServer};
use crate::Error;
use crate::common::{
    CheckHandlerResult, ControlAddCause, ControlHandlerResult, ControlLastApplError, ControlModel,
    FunctionalConstraint as Fc, OrCat, SelectStateChangedReason, Timestamp,
};
use crate::model::arena::{Arena, NodeId, NodeKey, NodeKind};
use crate::model::{DataObject, ModelNodeExt};
use chrono::{DateTime, Utc};
use mms::MmsValue;
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// One select, operate or cancel, as its handlers see it. Cheap to clone; a clone may be kept.
///
/// The same action is given to all handlers of one command: what a static check
/// [sets](ControlAction::set_add_cause) goes out with the refusal or the negative termination, if
/// no later handler sets something else.
#[derive(Clone)]
pub struct ControlAction(Arc<Action>);

struct Action {
    details: ActionDetails,
    outcome: Mutex<(ControlLastApplError, Option<ControlAddCause>)>,
}

/// What a command says about itself.
#[derive(Clone)]
pub(crate) struct ActionDetails {
    pub(crate) object: DataObject,
    pub(crate) client: Option<ClientConnection>,
    pub(crate) is_select: bool,
    pub(crate) or_cat: OrCat,
    pub(crate) or_ident: Vec<u8>,
    pub(crate) ctl_num: Option<u8>,
    pub(crate) synchro_check: bool,
    pub(crate) interlock_check: bool,
    pub(crate) control_time: Option<DateTime<Utc>>,
    pub(crate) t: Timestamp,
}

impl ControlAction {
    pub(crate) fn new(details: ActionDetails) -> Self {
        let outcome = Mutex::new((ControlLastApplError::NoError, None));
        ControlAction(Arc::new(Action { details, outcome }))
    }

    /// Sets the error that a LastApplError or a negative CommandTermination of this command
    /// carries. Without it, that is [`ControlLastApplError::NoError`].
    pub fn set_error(&self, error: ControlLastApplError) {
        self.0.outcome.lock().0 = error;
    }

    /// Sets the cause that a LastApplError or a negative CommandTermination of this command
    /// carries.
    pub fn set_add_cause(&self, add_cause: ControlAddCause) {
        self.0.outcome.lock().1 = Some(add_cause);
    }

    /// Whether both are of the same command.
    pub(crate) fn is(&self, other: &ControlAction) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn error(&self) -> ControlLastApplError {
        self.0.outcome.lock().0
    }

    pub(crate) fn add_cause(&self) -> Option<ControlAddCause> {
        self.0.outcome.lock().1
    }

    /// Who gives the command; of a select without a value, which says nothing about that,
    /// [`OrCat::NotSupported`].
    #[doc(alias = "get_originator_category")]
    pub fn originator_category(&self) -> OrCat {
        self.0.details.or_cat
    }

    /// The identification of the originator, up to 64 octets; empty if there is none.
    #[doc(alias = "get_originator_identifier")]
    pub fn originator_identifier(&self) -> &[u8] {
        &self.0.details.or_ident
    }

    /// The number of the command; `None` if it carries none, as a select without a value.
    #[doc(alias = "get_ctl_num")]
    pub fn ctl_num(&self) -> Option<u8> {
        self.0.details.ctl_num
    }

    /// Whether the client wants a synchrocheck.
    #[doc(alias = "get_synchro_check")]
    pub fn synchro_check(&self) -> bool {
        self.0.details.synchro_check
    }

    /// Whether the client wants interlocking to be checked.
    #[doc(alias = "get_interlock_check")]
    pub fn interlock_check(&self) -> bool {
        self.0.details.interlock_check
    }

    /// Whether this is a select, with or without a value.
    pub fn is_select(&self) -> bool {
        self.0.details.is_select
    }

    /// The association the command came over. It may be over by now.
    #[doc(alias = "get_client_connection")]
    pub fn client_connection(&self) -> Option<ClientConnection> {
        self.0.details.client.clone()
    }

    /// The object that is controlled.
    #[doc(alias = "get_control_object")]
    pub fn control_object(&self) -> DataObject {
        self.0.details.object.clone()
    }

    /// When the command is to be executed (`operTm`); `None` for at once.
    #[doc(alias = "get_control_time")]
    pub fn control_time(&self) -> Option<DateTime<Utc>> {
        self.0.details.control_time
    }

    /// When the client gave the command, by its own clock (`T`).
    #[doc(alias = "getT")]
    pub fn t(&self) -> Timestamp {
        self.0.details.t
    }
}

impl fmt::Debug for ControlAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &self.0.details;
        f.debug_struct("ControlAction")
            .field("object", &details.object)
            .field("is_select", &details.is_select)
            .field("originator", &(details.or_cat, &details.or_ident))
            .field("ctl_num", &details.ctl_num)
            .field("client", &details.client)
            .finish_non_exhaustive()
    }
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A handler that blocks, or one that gives a future.
pub(crate) enum Handler<B: ?Sized, A: ?Sized> {
    Blocking(Box<B>),
    Async(Box<A>),
}

type Check = Handler<
    dyn Fn(&DataObject, &ControlAction, Option<&MmsValue>, bool, bool) -> CheckHandlerResult
        + Send
        + Sync,
    dyn Fn(DataObject, ControlAction, Option<MmsValue>, bool, bool) -> BoxFuture<CheckHandlerResult>
        + Send
        + Sync,
>;

type Wait = Handler<
    dyn Fn(&DataObject, &ControlAction, &MmsValue, bool, bool) -> ControlHandlerResult
        + Send
        + Sync,
    dyn Fn(DataObject, ControlAction, MmsValue, bool, bool) -> BoxFuture<ControlHandlerResult>
        + Send
        + Sync,
>;

type Operate = Handler<
    dyn Fn(&DataObject, &ControlAction, &MmsValue, bool) -> ControlHandlerResult + Send + Sync,
    dyn Fn(DataObject, ControlAction, MmsValue, bool) -> BoxFuture<ControlHandlerResult>
        + Send
        + Sync,
>;

type SelectState = Handler<
    dyn Fn(&DataObject, &ControlAction, bool, SelectStateChangedReason) + Send + Sync,
    dyn Fn(DataObject, ControlAction, bool, SelectStateChangedReason) -> BoxFuture<()>
        + Send
        + Sync,
>;

/// The handlers of one object.
#[derive(Clone, Default)]
struct OfObject {
    check: Option<Arc<Check>>,
    wait: Option<Arc<Wait>>,
    operate: Option<Arc<Operate>>,
    select_state: Option<Arc<SelectState>>,
}

/// The control handlers of a server, by object.
#[derive(Default)]
pub(crate) struct ControlHandlers(RwLock<HashMap<NodeKey, OfObject>>);

impl ControlHandlers {
    /// One of the handlers of an object.
    fn of<H>(
        &self,
        object: &DataObject,
        one: impl FnOnce(&OfObject) -> &Option<Arc<H>>,
    ) -> Option<Arc<H>> {
        let handlers = self.0.read();
        one(handlers.get(&object.handle.key)?).clone()
    }

    fn set(&self, object: &DataObject, change: impl FnOnce(&mut OfObject)) {
        let before = {
            let mut handlers = self.0.write();
            let entry = handlers.entry(object.handle.key).or_default();
            let before = entry.clone();
            change(entry);
            before
        };
        // Behind the lock: dropping what a handler has captured may call back.
        drop(before);
    }
}

/// A command on its way through the handlers.
pub(crate) struct Command {
    pub(crate) object: DataObject,
    pub(crate) action: ControlAction,
    /// `None` for a select without a value.
    pub(crate) value: Option<MmsValue>,
    pub(crate) test: bool,
}

/// What a command without a value shows to a handler that takes one.
const NO_VALUE: MmsValue = MmsValue::Boolean(false);

impl Handlers {
    /// The static check. Accepted where there is no handler, hardware-fault if it panics.
    pub(crate) async fn control_check(&self, command: &Command) -> CheckHandlerResult {
        let Command {
            object,
            action,
            value,
            test,
        } = command;
        let Some(handler) = self.control.of(object, |of| &of.check) else {
            return CheckHandlerResult::Accepted;
        };
        let (what, interlock) = ("static check handler", action.interlock_check());
        let result = match &*handler {
            Handler::Blocking(check) => self.call(what, (), |()| {
                check(object, action, value.as_ref(), *test, interlock)
            }),
            Handler::Async(check) => {
                let make = || {
                    check(
                        object.clone(),
                        action.clone(),
                        value.clone(),
                        *test,
                        interlock,
                    )
                };
                self.drive(what, make).await
            }
        };
        self.release(what, handler);
        result.unwrap_or(CheckHandlerResult::HardwareFault)
    }

    /// The dynamic check. Passed where there is no handler, failed if it panics.
    pub(crate) async fn control_wait(&self, command: &Command) -> ControlHandlerResult {
        let Some(handler) = self.control.of(&command.object, |of| &of.wait) else {
            return ControlHandlerResult::Ok;
        };
        let Command { object, action, .. } = command;
        let value = command.value.as_ref().unwrap_or(&NO_VALUE);
        let (what, synchro) = ("wait handler", action.synchro_check());
        let result = match &*handler {
            Handler::Blocking(wait) => self.call(what, (), |()| {
                wait(object, action, value, command.test, synchro)
            }),
            Handler::Async(wait) => {
                let make = || {
                    let (object, action) = (object.clone(), action.clone());
                    wait(object, action, value.clone(), command.test, synchro)
                };
                self.drive(what, make).await
            }
        };
        self.release(what, handler);
        result.unwrap_or(ControlHandlerResult::Failed)
    }

    /// The execution. Done where there is no handler, failed if it panics.
    pub(crate) async fn control_operate(&self, command: &Command) -> ControlHandlerResult {
        let Some(handler) = self.control.of(&command.object, |of| &of.operate) else {
            return ControlHandlerResult::Ok;
        };
        let Command { object, action, .. } = command;
        let value = command.value.as_ref().unwrap_or(&NO_VALUE);
        let what = "control handler";
        let result = match &*handler {
            Handler::Blocking(operate) => {
                self.call(what, (), |()| operate(object, action, value, command.test))
            }
            Handler::Async(operate) => {
                let make = || {
                    let (object, action) = (object.clone(), action.clone());
                    operate(object, action, value.clone(), command.test)
                };
                self.drive(what, make).await
            }
        };
        self.release(what, handler);
        result.unwrap_or(ControlHandlerResult::Failed)
    }

    /// Tells the application that an object was selected or is selected no more. A panic is
    /// reported, and there is nothing to refuse.
    pub(crate) async fn select_state_changed(
        &self,
        object: &DataObject,
        action: &ControlAction,
        selected: bool,
        reason: SelectStateChangedReason,
    ) {
        let Some(handler) = self.control.of(object, |of| &of.select_state) else {
            return;
        };
        let what = "select state handler";
        let _ = match &*handler {
            Handler::Blocking(changed) => {
                self.call(what, (), |()| changed(object, action, selected, reason))
            }
            Handler::Async(changed) => {
                let make = || changed(object.clone(), action.clone(), selected, reason);
                self.drive(what, make).await
            }
        };
        self.release(what, handler);
    }
}

/// The structures a client writes to control an object, and the name it reads to select it.
pub(crate) const OPER: &str = "Oper";
/// See [`OPER`].
pub(crate) const SBOW: &str = "SBOw";
/// See [`OPER`].
pub(crate) const CANCEL: &str = "Cancel";
/// See [`OPER`].
pub(crate) const SBO: &str = "SBO";

/// Whether a data object can be controlled: it has `Oper` with a value to command, and is in no
/// array.
pub(crate) fn is_controllable(arena: &Arena, id: NodeId) -> bool {
    let is_object = matches!(arena.node(id).kind, NodeKind::DataObject { count: 0, .. });
    is_object
        && arena.arrays_on_path(id) == 0
        && arena.children_named(id, OPER).any(|oper| {
            arena.attribute(oper).is_some_and(|a| a.fc == Fc::CO)
                && arena.children_named(oper, "ctlVal").next().is_some()
        })
}

/// Controls. Objects that can be controlled are those of the classes SPC, DPC, INC, ENC, BSC, ISC,
/// APC and BAC, and whatever else has a structure `Oper` with functional constraint CO.
///
/// Each handler belongs to one object; one that was registered before is replaced. Blocking
/// handlers may take their time: they delay the client that gives the command, and nobody else. The
/// futures of the `_async` variants run on the server's runtime, and the client is served
/// meanwhile. A panic in a handler refuses the command.
///
/// All methods that register fail with [`Error::WrongKind`] if the object cannot be controlled or
/// is of another model.
#[allow(
    clippy::missing_errors_doc,
    reason = "said once for all of them in the lines above"
)]
impl IedServer {
    /// Executes commands: `handler(object, action, value, test)` is called when the checks have
    /// passed. [`ControlHandlerResult::Waiting`] calls it again after some milliseconds, until
    /// it is done or `operTimeout` is over. With enhanced security the client is told the result,
    /// with normal security it is not. Without a handler every command succeeds and does nothing.
    ///
    /// The server does not change `stVal`: that is the process's, see [`IedServer::update_value`].
    /// Commands with `test` must not reach the process.
    pub fn register_control_handler(
        &self,
        object: &DataObject,
        handler: impl Fn(&DataObject, &ControlAction, &MmsValue, bool) -> ControlHandlerResult
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        self.set_operate(object, Handler::Blocking(Box::new(handler)))
    }

    /// [`IedServer::register_control_handler`] for a handler that gives a future.
    pub fn register_control_handler_async<F>(
        &self,
        object: &DataObject,
        handler: impl Fn(DataObject, ControlAction, MmsValue, bool) -> F + Send + Sync + 'static,
    ) -> Result<(), Error>
    where
        F: Future<Output = ControlHandlerResult> + Send + 'static,
    {
        let boxed = move |object, action, value, test| -> BoxFuture<_> {
            Box::pin(handler(object, action, value, test))
        };
        self.set_operate(object, Handler::Async(Box::new(boxed)))
    }

    /// Decides at once whether a command may go on: `handler(object, action, value, test,
    /// interlock_check)` is called for a select and again for the operate, and a third time when
    /// the time of a time-activated operate has come. `value` is `None` for a select without a
    /// value. Without a handler all are accepted.
    ///
    /// [`CheckHandlerResult::WaitingForSelect`] leaves a select undecided: the handler is called
    /// again after some milliseconds. Other refusals are the client's error; so is that one for an
    /// operate (object-invalidated).
    pub fn register_control_static_check_handler(
        &self,
        object: &DataObject,
        handler: impl Fn(
            &DataObject,
            &ControlAction,
            Option<&MmsValue>,
            bool,
            bool,
        ) -> CheckHandlerResult
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        self.set_check(object, Handler::Blocking(Box::new(handler)))
    }

    /// [`IedServer::register_control_static_check_handler`] for a handler that gives a future.
    pub fn register_control_static_check_handler_async<F>(
        &self,
        object: &DataObject,
        handler: impl Fn(DataObject, ControlAction, Option<MmsValue>, bool, bool) -> F
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error>
    where
        F: Future<Output = CheckHandlerResult> + Send + 'static,
    {
        let boxed = move |object, action, value, test, interlock| -> BoxFuture<_> {
            Box::pin(handler(object, action, value, test, interlock))
        };
        self.set_check(object, Handler::Async(Box::new(boxed)))
    }

    /// Waits until a command can be executed, a synchrocheck for example: `handler(object, action,
    /// value, test, synchro_check)` is called after the static check of an operate.
    /// [`ControlHandlerResult::Waiting`] calls it again after some milliseconds, and
    /// [`ControlHandlerResult::Failed`] refuses the command, with the cause
    /// blocked-by-synchrocheck if the handler sets no other. The client has its answer when the
    /// handler has decided. Without a handler nothing is waited for.
    pub fn register_control_wait_handler(
        &self,
        object: &DataObject,
        handler: impl Fn(&DataObject, &ControlAction, &MmsValue, bool, bool) -> ControlHandlerResult
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        self.set_wait(object, Handler::Blocking(Box::new(handler)))
    }

    /// [`IedServer::register_control_wait_handler`] for a handler that gives a future.
    pub fn register_control_wait_handler_async<F>(
        &self,
        object: &DataObject,
        handler: impl Fn(DataObject, ControlAction, MmsValue, bool, bool) -> F + Send + Sync + 'static,
    ) -> Result<(), Error>
    where
        F: Future<Output = ControlHandlerResult> + Send + 'static,
    {
        let boxed = move |object, action, value, test, synchro| -> BoxFuture<_> {
            Box::pin(handler(object, action, value, test, synchro))
        };
        self.set_wait(object, Handler::Async(Box::new(boxed)))
    }

    /// Tells when an object was selected (`true`) or is selected no more (`false`), and why:
    /// `handler(object, action, selected, reason)`. The action is the command that changed the
    /// state, and the select where no command did.
    pub fn register_control_select_state_handler(
        &self,
        object: &DataObject,
        handler: impl Fn(&DataObject, &ControlAction, bool, SelectStateChangedReason)
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        self.set_select_state(object, Handler::Blocking(Box::new(handler)))
    }

    /// [`IedServer::register_control_select_state_handler`] for a handler that gives a future.
    pub fn register_control_select_state_handler_async<F>(
        &self,
        object: &DataObject,
        handler: impl Fn(DataObject, ControlAction, bool, SelectStateChangedReason) -> F
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let boxed = move |object, action, selected, reason| -> BoxFuture<_> {
            Box::pin(handler(object, action, selected, reason))
        };
        self.set_select_state(object, Handler::Async(Box::new(boxed)))
    }

    /// Changes how an object is controlled: stores the attribute `ctlModel`, which decides. A
    /// command that is under way ends as it began.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the object cannot be controlled or is of another model,
    /// [`Error::NotFound`] if it has no `ctlModel`.
    pub fn update_ctl_model(&self, object: &DataObject, model: ControlModel) -> Result<(), Error> {
        self.own_control(object)?;
        let attribute =
            object
                .child_with_fc("ctlModel", Fc::CF)
                .ok_or_else(|| Error::NotFound {
                    what: "data attribute",
                    name: "ctlModel".into(),
                    parent: object.reference(),
                })?;
        self.update_int32(&attribute, model.value())
    }

    fn set_operate(&self, object: &DataObject, handler: Operate) -> Result<(), Error> {
        self.own_control(object)?;
        self.set_handler(object, |of| of.operate = Some(Arc::new(handler)));
        Ok(())
    }

    fn set_check(&self, object: &DataObject, handler: Check) -> Result<(), Error> {
        self.own_control(object)?;
        self.set_handler(object, |of| of.check = Some(Arc::new(handler)));
        Ok(())
    }

    fn set_wait(&self, object: &DataObject, handler: Wait) -> Result<(), Error> {
        self.own_control(object)?;
        self.set_handler(object, |of| of.wait = Some(Arc::new(handler)));
        Ok(())
    }

    fn set_select_state(&self, object: &DataObject, handler: SelectState) -> Result<(), Error> {
        self.own_control(object)?;
        self.set_handler(object, |of| of.select_state = Some(Arc::new(handler)));
        Ok(())
    }

    fn set_handler(&self, object: &DataObject, change: impl FnOnce(&mut OfObject)) {
        self.handlers.control.set(object, change);
    }

    /// Refuses what is no controllable object of this server's model.
    fn own_control(&self, object: &DataObject) -> Result<(), Error> {
        let reason = if object.handle.model != self.model {
            "belongs to another model than the server's"
        } else if !is_controllable(&self.arena, object.handle.key.id) {
            "cannot be controlled: it has no Oper"
        } else {
            return Ok(());
        };
        Err(Error::WrongKind {
            reference: object.reference(),
            reason,
        })
    }
}
