//! Controls (IEC 61850-7-2, CONTROL class model; IEC 61850-8-1 for their mapping): select, operate
//! and cancel of the controllable objects of a model.
//!
//! A command is an `async fn` that ends with its answer. The session polls it once, inline: with
//! blocking handlers that do not make it wait that is all, and costs no task. What is left over
//! is spawned, and the request is answered later. The execution of a command is a second future:
//! it begins when the answer has left.
//!
//! The state of an object lies behind its own lock, which is never held over a callback or an
//! await. Where the store is locked too, it is locked first.

mod execute;
mod message;
mod object;
mod select;
mod session;
mod state;
#[cfg(test)]
mod tests;

pub(super) use session::{Outcome, SessionControls};

use super::Shared;
use super::space::{Space, SpaceId};
use crate::common::{
    ControlAddCause, ControlLastApplError, ControlModel, OrCat, SelectStateChangedReason,
};
use crate::model::DataObject;
use crate::model::arena::{Arena, NodeId};
use crate::server::control::{ActionDetails, Command, is_controllable};
use crate::server::{ClientConnection, ControlAction};
use mms::{DataAccessError, MmsValue};
use object::{ControlObject, Parameters, Structure};
use state::Phase;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// When a handler that says WAITING is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// `sboTimeout` of an object that has none, in milliseconds.
const DEFAULT_SBO_TIMEOUT: u32 = 15_000;

/// Octets of messages that may wait for a client. More than reports may: the end of a command
/// must not be lost because a client is slow to read reports.
const WAITING_MESSAGES: usize = 4 << 20;

/// The originator categories there are (IEC 61850-7-3).
const ORIGINATOR_CATEGORIES: std::ops::RangeInclusive<i64> = 0..=8;

/// The controllable objects of a server.
#[derive(Default)]
pub(super) struct Controls {
    objects: Vec<ControlObject>,
    /// What clients read or write to control an object.
    parts: HashMap<SpaceId, (usize, Part)>,
}

/// What a node of the address space does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Operate,
    SelectWithValue,
    Cancel,
    /// Reading it selects.
    Select,
}

impl Controls {
    /// The controllable objects of a model. What their `SBO` shows to whoever reads it without
    /// selecting, as a part of the object, is put into `values`.
    pub(super) fn new(space: &Space, arena: &Arena, values: &mut [MmsValue]) -> Self {
        let mut controls = Controls::default();
        let nodes = (0..arena.nodes.len()).filter_map(NodeId::at);
        for id in nodes.filter(|&id| is_controllable(arena, id)) {
            let Some((object, sbo)) = ControlObject::of(space, arena, id) else {
                continue;
            };
            let number = controls.objects.len();
            let mut part = |structure: Option<SpaceId>, part| {
                if let Some(node) = structure {
                    controls.parts.insert(node, (number, part));
                }
            };
            let node = |structure: &Option<Structure>| structure.as_ref().map(|s| s.node);
            part(Some(object.oper.node), Part::Operate);
            part(node(&object.select_with_value), Part::SelectWithValue);
            part(node(&object.cancel), Part::Cancel);
            part(sbo, Part::Select);
            if let Some(sbo) = sbo
                && let Some(value) = values.get_mut(space.node(sbo).slot as usize)
                && matches!(value, MmsValue::VisibleString(_))
            {
                *value = MmsValue::VisibleString(object.reference());
            }
            controls.objects.push(object);
        }
        controls
    }

    /// What a node does, and for which object.
    pub(super) fn part(&self, node: SpaceId) -> Option<(usize, Part)> {
        self.parts.get(&node).copied()
    }

    /// Ends the commands that are being executed: the server stops. Whatever else is under way
    /// ends with its association.
    pub(super) fn stop(&self) {
        for object in &self.objects {
            if let Some(running) = &object.state.lock().command
                && running.phase == Phase::Executing
            {
                running.stop.stop();
            }
        }
    }
}

/// What a client has written to one of the structures, checked against its type.
struct Received {
    parameters: Parameters,
    /// The same, leaf by leaf, for the store.
    leaves: Vec<(u32, MmsValue)>,
}

/// Why a command is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refusal {
    access: DataAccessError,
    /// What a LastApplError says; without it there is none.
    cause: Option<(ControlLastApplError, ControlAddCause)>,
}

impl Refusal {
    /// The object does not take this at all.
    const NOT_SUPPORTED: Refusal = Refusal {
        access: DataAccessError::ObjectAccessDenied,
        cause: None,
    };

    fn new(access: DataAccessError, cause: ControlAddCause) -> Self {
        Refusal {
            access,
            cause: Some((ControlLastApplError::NoError, cause)),
        }
    }

    fn denied(cause: ControlAddCause) -> Self {
        Self::new(DataAccessError::ObjectAccessDenied, cause)
    }

    fn not_now(cause: ControlAddCause) -> Self {
        Self::new(DataAccessError::TemporarilyUnavailable, cause)
    }

    /// What service tracking shows of it.
    fn tracked(&self) -> (DataAccessError, ControlAddCause) {
        let cause = self.cause.map(|(_, cause)| cause);
        (self.access, cause.unwrap_or(ControlAddCause::NotSupported))
    }

    /// A handler refuses: with what it has set, and otherwise with `cause`.
    fn by_handler(access: DataAccessError, action: &ControlAction, cause: ControlAddCause) -> Self {
        Refusal {
            access,
            cause: Some((action.error(), action.add_cause().unwrap_or(cause))),
        }
    }
}

/// What happens after the answer.
type Execution = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The answer to one command.
struct Answer {
    result: Result<(), DataAccessError>,
    /// A message that goes out before the answer.
    last_appl_error: Option<Vec<u8>>,
    execution: Option<Execution>,
}

impl Answer {
    fn new(
        object: &ControlObject,
        structure: &Structure,
        parameters: &Parameters,
        outcome: Result<Option<Execution>, Refusal>,
    ) -> Self {
        match outcome {
            Ok(execution) => Answer {
                result: Ok(()),
                last_appl_error: None,
                execution,
            },
            Err(refusal) => Answer {
                result: Err(refusal.access),
                last_appl_error: refusal.cause.map(|(error, cause)| {
                    message::last_appl_error(object, structure, parameters, error, cause)
                }),
                execution: None,
            },
        }
    }
}

/// Polls a future once: most commands end without waiting for anything. What is pending is polled
/// again by the task it is given to.
fn poll_now<T>(future: &mut Pin<Box<dyn Future<Output = T> + Send>>) -> Option<T> {
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// Runs a future now as far as it goes, and the rest in a task.
fn run_or_spawn(mut future: Execution) {
    if poll_now(&mut future).is_none() {
        spawn(future);
    }
}

/// Spawns a future. While the runtime shuts down there is nobody to take it.
fn spawn(future: Execution) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(future);
    }
}

impl Shared {
    /// How the object is controlled: its `ctlModel` says so.
    fn control_model(&self, object: &ControlObject) -> ControlModel {
        let number = self.control_setting(object.attributes.ctl_model);
        number
            .and_then(|number| ControlModel::from_value(i32::try_from(number).ok()?))
            .unwrap_or(ControlModel::StatusOnly)
    }

    /// How long a selection lasts; `None`: until it is used or given back.
    fn sbo_timeout(&self, object: &ControlObject) -> Option<Duration> {
        let configured = self.control_setting(object.attributes.sbo_timeout);
        match configured.unwrap_or(DEFAULT_SBO_TIMEOUT.into()) {
            ms @ 1.. => Some(Duration::from_millis(ms.unsigned_abs())),
            _ => None,
        }
    }

    /// The number in a configuration attribute, if the object has it.
    fn control_setting(&self, slot: Option<u32>) -> Option<i64> {
        let state = self.store.lock_in_task();
        match state.values.get(slot? as usize)? {
            MmsValue::Integer(number) => Some(*number),
            MmsValue::Unsigned(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Shows the state of an object in its attributes, together with the values in `more`.
    fn show_control(&self, object: &ControlObject, more: Vec<(u32, MmsValue)>) {
        let store = self.store.lock_in_task();
        let (selected, phase) = {
            let state = object.state.lock();
            let phase = state.command.as_ref().map(|running| running.phase);
            (state.selection.is_some(), phase)
        };
        let received = phase.is_some_and(|phase| phase != Phase::Selecting);
        let attributes = &object.attributes;
        let flags = [
            (attributes.st_seld, selected),
            (attributes.op_rcvd, received),
            (attributes.op_ok, phase == Some(Phase::Executing)),
        ];
        let mut writes = more;
        for (slot, flag) in flags {
            let flag = MmsValue::Boolean(flag);
            if let Some(slot) = slot
                && store.values.get(slot as usize).is_some_and(|v| *v != flag)
            {
                writes.push((slot, flag));
            }
        }
        // A model may give these attributes types of its own.
        writes.retain(|(slot, value)| {
            let current = store.values.get(*slot as usize);
            current.is_some_and(|current| current.mms_type() == value.mms_type())
        });
        self.apply(store, writes);
    }

    /// The object of the model.
    fn data_object(&self, object: &ControlObject) -> Option<DataObject> {
        let node = self.model.node_of(&self.arena, object.key);
        node.into_data_object().ok()
    }

    /// What the handlers get of a command; without parameters, of a select by reading.
    fn control_command(
        &self,
        object: &ControlObject,
        client: &ClientConnection,
        is_select: bool,
        parameters: Option<&Parameters>,
    ) -> Option<Command> {
        let node = self.data_object(object)?;
        let action = ControlAction::new(ActionDetails {
            object: node.clone(),
            client: Some(client.clone()),
            is_select,
            or_cat: parameters.map_or(OrCat::NotSupported, |p| {
                OrCat::from_value(i32::try_from(p.or_cat).unwrap_or(i32::MAX))
            }),
            or_ident: parameters.map(|p| p.or_ident.clone()).unwrap_or_default(),
            ctl_num: parameters.and_then(|p| p.ctl_num),
            synchro_check: parameters.is_some_and(|p| p.synchro_check),
            interlock_check: parameters.is_some_and(|p| p.interlock_check),
            control_time: parameters.and_then(|p| p.oper_tm).map(|time| time.time()),
            t: parameters.map(|p| p.t).unwrap_or_default(),
        });
        Some(Command {
            object: node,
            action,
            value: parameters.map(|p| p.value.clone()),
            test: parameters.is_some_and(|p| p.test),
        })
    }

    /// Shows that the object is selected no more, and tells the application.
    async fn deselected(
        &self,
        object: &ControlObject,
        action: &ControlAction,
        reason: SelectStateChangedReason,
    ) {
        self.show_control(object, Vec::new());
        let node = action.control_object();
        let handlers = &self.handlers;
        handlers
            .select_state_changed(&node, action, false, reason)
            .await;
    }
}

impl ControlObject {
    /// Attributes that show who gave the last command, and the command itself.
    fn reflect(&self, received: &Received) -> Vec<(u32, MmsValue)> {
        let parameters = &received.parameters;
        let of = &self.attributes;
        let number = parameters.ctl_num.map(|n| MmsValue::Unsigned(n.into()));
        let shown = [
            (of.or_cat, Some(MmsValue::Integer(parameters.or_cat))),
            (
                of.or_ident,
                Some(MmsValue::OctetString(parameters.or_ident.clone())),
            ),
            (of.ctl_num, number),
        ];
        let shown = shown
            .into_iter()
            .filter_map(|(slot, value)| slot.zip(value));
        received.leaves.iter().cloned().chain(shown).collect()
    }
}
