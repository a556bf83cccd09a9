//! Select, with and without a value, and cancel.

use super::super::Shared;
use super::object::{ControlObject, Parameters};
use super::state::{Phase, Running, Selection, Stop, Stopped, Timer};
use super::{ASK_AGAIN, ORIGINATOR_CATEGORIES, Received, Refusal};
use crate::common::{
    CheckHandlerResult, ControlAddCause as Cause, ControlModel, SelectStateChangedReason as Reason,
};
use crate::server::{ClientConnection, ControlAction};
use mms::DataAccessError;
use std::sync::Arc;
use std::time::Duration;

/// A command occupies its object. If its future is dropped half way (the runtime stops), the
/// object is free again.
pub(super) struct Occupied {
    shared: Arc<Shared>,
    index: usize,
    stop: Arc<Stop>,
}

impl Occupied {
    pub(super) fn new(shared: &Arc<Shared>, index: usize, stop: &Arc<Stop>) -> Self {
        Occupied {
            shared: shared.clone(),
            index,
            stop: stop.clone(),
        }
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        let object = &self.shared.controls.objects[self.index];
        {
            let mut state = object.state.lock();
            let Some(running) = state.own(&self.stop) else {
                return;
            };
            let selecting = running.phase == Phase::Selecting;
            state.command = None;
            if !selecting {
                state.selection = None;
            }
        }
        self.shared.show_control(object, Vec::new());
    }
}

/// Selects an object for a client. `received`: with this value, for enhanced security.
pub(super) async fn select(
    shared: &Arc<Shared>,
    index: usize,
    client: &ClientConnection,
    received: Option<&Received>,
) -> Result<(), Refusal> {
    let object = &shared.controls.objects[index];
    let parameters = received.map(|received| &received.parameters);
    let needed = match parameters {
        Some(_) => ControlModel::SboEnhanced,
        None => ControlModel::SboNormal,
    };
    if shared.control_model(object) != needed {
        return Err(Refusal::NOT_SUPPORTED);
    }
    if parameters.is_some_and(|p| !ORIGINATOR_CATEGORIES.contains(&p.or_cat)) {
        return Err(Refusal::denied(Cause::SelectFailed));
    }
    if shared.is_blocked_by_mode(object.key.id, parameters.map(|p| p.test)) {
        return Err(Refusal::denied(Cause::BlockedByMode));
    }
    let command = shared
        .control_command(object, client, true, parameters)
        .ok_or(Refusal::NOT_SUPPORTED)?;
    let stop = Arc::<Stop>::default();
    occupy(object, client, &stop)?;
    let _occupied = Occupied::new(shared, index, &stop);
    // Shown even if it is refused, as an operate is.
    let reflected = received.map(|received| object.reflect(received));
    shared.show_control(object, reflected.unwrap_or_default());
    let aborted = |Stopped| Refusal::denied(Cause::AbortionByCancel);
    loop {
        let checked = stop.or(shared.handlers.control_check(&command)).await;
        match checked.map_err(aborted)? {
            CheckHandlerResult::Accepted => break,
            CheckHandlerResult::WaitingForSelect => {
                let again = stop.or(tokio::time::sleep(ASK_AGAIN)).await;
                again.map_err(aborted)?;
            }
            refused => {
                let access = DataAccessError::from_code(refused.value().into());
                let action = &command.action;
                return Err(Refusal::by_handler(access, action, Cause::SelectFailed));
            }
        }
    }
    let timeout = shared.sbo_timeout(object);
    {
        let mut state = object.state.lock();
        if state.own(&stop).is_none() {
            return Err(aborted(Stopped));
        }
        state.command = None;
        state.selection = Some(Selection {
            client: client.clone(),
            action: command.action.clone(),
            parameters: parameters.cloned(),
            timer: timer(shared, index, &command.action, timeout),
        });
    }
    shared.show_control(object, Vec::new());
    let handlers = &shared.handlers;
    handlers
        .select_state_changed(&command.object, &command.action, true, Reason::Selected)
        .await;
    Ok(())
}

/// Takes a free object for a select whose check is to come.
fn occupy(
    object: &ControlObject,
    client: &ClientConnection,
    stop: &Arc<Stop>,
) -> Result<(), Refusal> {
    let mut state = object.state.lock();
    match &state.command {
        Some(running) if running.phase != Phase::Selecting => {
            return Err(Refusal::not_now(Cause::CommandAlreadyInExecution));
        }
        Some(_) => return Err(Refusal::not_now(Cause::ObjectAlreadySelected)),
        None if state.selection.is_some() => {
            return Err(Refusal::not_now(Cause::ObjectAlreadySelected));
        }
        None => {}
    }
    state.command = Some(Running {
        client: client.clone(),
        phase: Phase::Selecting,
        stop: stop.clone(),
        orphaned: false,
    });
    Ok(())
}

/// Ends a selection when its time is over.
pub(super) fn timer(
    shared: &Arc<Shared>,
    index: usize,
    action: &ControlAction,
    timeout: Option<Duration>,
) -> Option<Timer> {
    let timeout = timeout?;
    let (shared, action) = (shared.clone(), action.clone());
    let task = tokio::spawn(async move {
        tokio::time::sleep(timeout).await;
        let object = &shared.controls.objects[index];
        let selection = {
            let mut state = object.state.lock();
            let this = |selection: &mut Selection| selection.action.is(&action);
            if state.command.is_some() {
                return;
            }
            state.selection.take_if(this)
        };
        if let Some(mut selection) = selection {
            // Dropping the timer would end this task.
            if let Some(timer) = selection.timer.take() {
                timer.disarm();
            }
            shared.deselected(object, &action, Reason::Timeout).await;
        }
    });
    Some(Timer::new(task.abort_handle()))
}

/// Gives a selection back, or ends a time-activated operate whose time has not come.
pub(super) async fn cancel(
    shared: &Arc<Shared>,
    index: usize,
    client: &ClientConnection,
    received: &Received,
) -> Result<(), Refusal> {
    let object = &shared.controls.objects[index];
    let model = shared.control_model(object);
    if model == ControlModel::StatusOnly {
        return Err(Refusal::NOT_SUPPORTED);
    }
    let parameters: &Parameters = &received.parameters;
    let command = shared
        .control_command(object, client, false, Some(parameters))
        .ok_or(Refusal::NOT_SUPPORTED)?;
    let selection = {
        let mut state = object.state.lock();
        match &state.command {
            Some(running) => {
                if matches!(running.phase, Phase::Checking | Phase::Executing) {
                    return Err(Refusal::not_now(Cause::CommandAlreadyInExecution));
                }
                if running.client != *client {
                    return Err(Refusal::not_now(Cause::LockedByOtherClient));
                }
                running.stop.stop();
                state.command = None;
                state.selection.take()
            }
            None if state.selected_by(client) => state.selection.take(),
            None if state.selection.is_some() => {
                return Err(Refusal::not_now(Cause::LockedByOtherClient));
            }
            // Giving back what one does not have is no error.
            None if model.is_sbo() => None,
            None => return Err(Refusal::denied(Cause::ObjectNotSelected)),
        }
    };
    match selection {
        Some(_) => {
            let action = &command.action;
            shared.deselected(object, action, Reason::Canceled).await;
        }
        None => shared.show_control(object, Vec::new()),
    }
    Ok(())
}

/// Releases what a client whose association has ended holds of an object. Returns the select that
/// was undone.
pub(super) fn release(object: &ControlObject, client: &ClientConnection) -> Option<ControlAction> {
    let mut state = object.state.lock();
    if let Some(running) = &mut state.command
        && running.client == *client
    {
        if running.phase == Phase::Executing {
            // What is being executed is executed to its end.
            running.orphaned = true;
            return None;
        }
        running.stop.stop();
        state.command = None;
    }
    if state.selected_by(client) {
        let selection = state.selection.take();
        return selection.map(|selection| selection.action);
    }
    None
}
