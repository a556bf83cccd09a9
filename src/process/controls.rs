//! Commands of clients: checked where they come in, done by the process.

use super::switch::{Outcome, Place, Waiting};
use super::world::World;
use iec61850::{
    CheckHandlerResult, ControlAction, ControlAddCause, ControlHandlerResult, DataAttribute,
    DataObject, Dbpos, Error, IedServer, ModelNodeExt, OrCat,
};
use mms::MmsValue;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};
use tokio::sync::oneshot;

/// What the process is told.
pub(super) enum Message {
    Order(Order),
    Stop,
}

/// A command that has passed its checks.
pub(super) struct Order {
    pub(super) target: Target,
    pub(super) value: MmsValue,
    pub(super) waiting: Waiting,
}

/// What a command is for, by its number in the process.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    Switch(usize),
    Output(usize),
}

/// Takes the commands for all that the process can do.
pub(super) fn register(
    server: &Arc<IedServer>,
    world: &World,
    process: &Sender<Message>,
) -> Result<(), Error> {
    for (number, switch) in world.switches.iter().enumerate() {
        let blocks = switch.objects.first().map(Blocks::of).unwrap_or_default();
        for object in &switch.objects {
            if !is_controllable(object) {
                continue;
            }
            operate(server, object, Target::Switch(number), process)?;
            let check = SwitchCheck {
                // The server keeps this check: a strong reference would keep both for ever.
                server: Arc::downgrade(server),
                place: switch.place.clone(),
                blocks: blocks.clone(),
                local: flag_beside(object, "Loc"),
            };
            server.register_control_static_check_handler(
                object,
                move |_, action, value, _, _| match check.refuses(action, value) {
                    None => CheckHandlerResult::Accepted,
                    Some(cause) => {
                        action.set_add_cause(cause);
                        CheckHandlerResult::ObjectAccessDenied
                    }
                },
            )?;
        }
    }
    for (number, output) in world.outputs.iter().enumerate() {
        if is_controllable(&output.object) {
            operate(server, &output.object, Target::Output(number), process)?;
        }
    }
    Ok(())
}

/// Whether the server takes commands for the object: there is something to command, and it is in no array.
fn is_controllable(object: &DataObject) -> bool {
    object.child("Oper.ctlVal").is_some() && !object.reference().contains('(')
}

fn operate(
    server: &IedServer,
    object: &DataObject,
    target: Target,
    process: &Sender<Message>,
) -> Result<(), Error> {
    let process = process.clone();
    server.register_control_handler_async(object, move |_, action, value, test| {
        let (waiting, outcome) = oneshot::channel();
        let order = Order {
            target,
            value,
            waiting,
        };
        // Tests of the control path do not reach the process.
        let sent = test || process.send(Message::Order(order)).is_ok();
        async move {
            let outcome: Outcome = match (test, sent) {
                (true, _) => Ok(()),
                // The process is over, or ends before the command is done.
                (_, false) => Err(ControlAddCause::BlockedByProcess),
                _ => outcome
                    .await
                    .unwrap_or(Err(ControlAddCause::BlockedByProcess)),
            };
            match outcome {
                Ok(()) => ControlHandlerResult::Ok,
                Err(cause) => {
                    action.set_add_cause(cause);
                    ControlHandlerResult::Failed
                }
            }
        }
    })
}

/// What keeps a switch from moving.
#[derive(Clone, Default)]
struct Blocks {
    opening: Option<DataAttribute>,
    closing: Option<DataAttribute>,
}

impl Blocks {
    fn of(position: &DataObject) -> Self {
        Blocks {
            opening: flag_beside(position, "BlkOpn"),
            closing: flag_beside(position, "BlkCls"),
        }
    }
}

/// A single point of the logical node an object is in.
fn flag_beside(object: &DataObject, name: &str) -> Option<DataAttribute> {
    let node = object.logical_node()?;
    node.child_attribute(&format!("{name}.stVal")).ok()
}

struct SwitchCheck {
    server: Weak<IedServer>,
    place: Place,
    blocks: Blocks,
    local: Option<DataAttribute>,
}

impl SwitchCheck {
    /// Why a command for a switch is refused, if it is.
    fn refuses(&self, action: &ControlAction, value: Option<&MmsValue>) -> Option<ControlAddCause> {
        let server = self.server.upgrade()?;
        let is_on = |flag: &Option<DataAttribute>| {
            let flag = flag.as_ref();
            flag.is_some_and(|flag| server.get_boolean(flag).unwrap_or_default())
        };
        let remote = matches!(
            action.originator_category(),
            OrCat::StationControl
                | OrCat::RemoteControl
                | OrCat::AutomaticStation
                | OrCat::AutomaticRemote
        );
        if remote && is_on(&self.local) {
            return Some(ControlAddCause::BlockedBySwitchingHierarchy);
        }
        let close = value?.to_bool().ok()?;
        match (close, self.place.get()) {
            (true, Dbpos::On) | (false, Dbpos::Off) => Some(ControlAddCause::PositionReached),
            (true, _) if is_on(&self.blocks.closing) => Some(ControlAddCause::BlockedByProcess),
            (false, _) if is_on(&self.blocks.opening) => Some(ControlAddCause::BlockedByProcess),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
