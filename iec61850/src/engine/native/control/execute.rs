//! Operate: checks, waiting for the time, execution and its end.

use super::super::Shared;
use super::super::clock::Clock;
use super::super::tracking::Service;
use super::message;
use super::object::{ControlObject, Parameters};
use super::select::{self, Occupied};
use super::state::{Phase, Running, Selection, Stop};
use super::{ASK_AGAIN, Execution, ORIGINATOR_CATEGORIES, Received, Refusal, WAITING_MESSAGES};
use crate::common::{
    CheckHandlerResult, ControlAddCause as Cause, ControlHandlerResult, ControlLastApplError,
    ControlModel, SelectStateChangedReason as Reason, Timestamp,
};
use crate::server::ClientConnection;
use crate::server::control::Command;
use mms::{DataAccessError, MmsValue};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// `sboClass` of an object that stays selected when it has been operated.
const OPERATE_MANY: i64 = 1;

/// Why a command failed: error and cause.
type Failure = (ControlLastApplError, Cause);

/// An operate under way.
struct Operation {
    shared: Arc<Shared>,
    index: usize,
    client: ClientConnection,
    model: ControlModel,
    parameters: Parameters,
    command: Command,
    stop: Arc<Stop>,
    _occupied: Occupied,
    /// When `operTimeout` is over.
    deadline: Option<Instant>,
    /// It has waited for its time.
    timed: bool,
}

/// A step of a command came to no result.
enum Cut {
    /// The command was ended from outside.
    Stopped,
    /// `operTimeout` is over.
    TimeOver,
}

/// Operates an object: gives what is to be done after the positive answer.
pub(super) async fn operate(
    shared: Arc<Shared>,
    index: usize,
    client: ClientConnection,
    received: &Received,
) -> Result<Option<Execution>, Refusal> {
    let object = &shared.controls.objects[index];
    let model = shared.control_model(object);
    if model == ControlModel::StatusOnly {
        return Err(Refusal::NOT_SUPPORTED);
    }
    let parameters = &received.parameters;
    let command = shared
        .control_command(object, &client, false, Some(parameters))
        .ok_or(Refusal::NOT_SUPPORTED)?;
    let stop = Arc::<Stop>::default();
    if let Err((refusal, deselected)) = admit(object, model, &client, parameters, &stop) {
        if deselected {
            let action = &command.action;
            shared
                .deselected(object, action, Reason::OperateFailed)
                .await;
        }
        return Err(refusal);
    }
    let mut operation = Operation {
        _occupied: Occupied::new(&shared, index, &stop),
        parameters: parameters.clone(),
        shared: shared.clone(),
        index,
        client,
        model,
        command,
        stop,
        deadline: None,
        timed: false,
    };
    shared.show_control(object, object.reflect(received));
    operation.check().await?;
    let time_left = |time| time_until(shared.clock, time);
    if let Some(delay) = parameters.oper_tm.and_then(time_left) {
        if !operation.advance(Phase::WaitingForTime) {
            return Err(Refusal::denied(Cause::AbortionByCancel));
        }
        operation.timed = true;
        let due = Instant::now() + delay;
        return Ok(Some(Box::pin(operation.execute_at(due))));
    }
    operation.wait().await?;
    Ok(Some(Box::pin(operation.execute())))
}

/// How long it is until a time; `None` if it is not in the future. The time of day is looked at once:
/// setting the clock later does not move the command.
fn time_until(clock: Clock, time: Timestamp) -> Option<Duration> {
    let left = time.time_in_ms().checked_sub(clock.now_ms());
    left.filter(|ms| *ms > 0).map(Duration::from_millis)
}

/// Whether a client may operate the object now, which then is occupied by its command. The refusal
/// says whether it cost the client its selection.
fn admit(
    object: &ControlObject,
    model: ControlModel,
    client: &ClientConnection,
    parameters: &Parameters,
    stop: &Arc<Stop>,
) -> Result<(), (Refusal, bool)> {
    let mut state = object.state.lock();
    let known = ORIGINATOR_CATEGORIES.contains(&parameters.or_cat);
    match &state.command {
        _ if !known => {}
        Some(running) if running.phase == Phase::Selecting => {
            return Err((Refusal::denied(Cause::ObjectNotSelected), false));
        }
        Some(_) => {
            let refusal = Refusal::not_now(Cause::CommandAlreadyInExecution);
            return Err((refusal, false));
        }
        None => {}
    }
    let own = state.selected_by(client);
    let agrees = known
        && match &state.selection {
            Some(Selection {
                parameters: Some(select),
                ..
            }) if own && model == ControlModel::SboEnhanced => parameters.agree(select),
            _ => true,
        };
    if !agrees {
        let inconsistent = Refusal::denied(Cause::InconsistentParameters);
        let free = state.command.is_none();
        if own && free {
            state.selection = None;
        }
        return Err((inconsistent, own && free));
    }
    if model.is_sbo() && !own {
        let refusal = match &state.selection {
            None => Refusal::denied(Cause::ObjectNotSelected),
            Some(_) => Refusal::not_now(Cause::LockedByOtherClient),
        };
        return Err((refusal, false));
    }
    if let Some(selection) = &mut state.selection
        && model.is_sbo()
    {
        // While it is operated it does not time out.
        selection.timer = None;
    }
    state.command = Some(Running {
        client: client.clone(),
        phase: Phase::Checking,
        stop: stop.clone(),
        orphaned: false,
    });
    Ok(())
}

impl Operation {
    fn object(&self) -> &ControlObject {
        &self.shared.controls.objects[self.index]
    }

    /// Goes on to the next phase. `false`: the command was ended from outside.
    fn advance(&self, phase: Phase) -> bool {
        match self.object().state.lock().own(&self.stop) {
            Some(running) => {
                running.phase = phase;
                true
            }
            None => false,
        }
    }

    /// What `step` gives, unless the command is ended or its time is over.
    async fn bounded<T>(&self, step: impl Future<Output = T>) -> Result<T, Cut> {
        let step = self.stop.or(step);
        let result = match self.deadline {
            None => step.await,
            Some(deadline) => match tokio::time::timeout_at(deadline, step).await {
                Ok(result) => result,
                Err(_) => return Err(Cut::TimeOver),
            },
        };
        result.map_err(|_| Cut::Stopped)
    }

    /// The mode of the logical node, and the static check.
    async fn check(&self) -> Result<(), Refusal> {
        let object = self.object().key.id;
        let test = self.parameters.test;
        if self.shared.is_blocked_by_mode(object, Some(test)) {
            let refusal = Refusal::denied(Cause::BlockedByMode);
            return Err(self.refused(refusal).await);
        }
        let check = self.shared.handlers.control_check(&self.command);
        match self.stop.or(check).await {
            Ok(CheckHandlerResult::Accepted) => Ok(()),
            Ok(refused) => {
                let access = DataAccessError::from_code(refused.value().into());
                let refusal = Refusal::by_handler(access, &self.command.action, Cause::Unknown);
                Err(self.refused(refusal).await)
            }
            Err(_) => Err(Refusal::denied(Cause::AbortionByCommunicationLoss)),
        }
    }

    /// The dynamic check. `operTimeout` runs from here on. When it has passed, the command is being
    /// executed.
    async fn wait(&mut self) -> Result<(), Refusal> {
        let timeout = self
            .shared
            .control_setting(self.object().attributes.oper_timeout)
            .and_then(|ms| u64::try_from(ms).ok())
            .filter(|ms| *ms > 0);
        self.deadline =
            timeout.and_then(|ms| Instant::now().checked_add(Duration::from_millis(ms)));
        let denied = DataAccessError::ObjectAccessDenied;
        let failed = loop {
            let wait = self.shared.handlers.control_wait(&self.command);
            match self.bounded(wait).await {
                Ok(ControlHandlerResult::Ok) => break None,
                Ok(ControlHandlerResult::Failed) => {
                    let cause = Cause::BlockedBySynchrocheck;
                    let action = &self.command.action;
                    break Some(Refusal::by_handler(denied, action, cause));
                }
                Ok(ControlHandlerResult::Waiting) => {}
                Err(Cut::TimeOver) => break Some(Refusal::denied(Cause::TimeLimitOver)),
                Err(Cut::Stopped) => {
                    return Err(Refusal::denied(Cause::AbortionByCommunicationLoss));
                }
            }
            match self.bounded(tokio::time::sleep(ASK_AGAIN)).await {
                Ok(()) => {}
                Err(Cut::TimeOver) => break Some(Refusal::denied(Cause::TimeLimitOver)),
                Err(Cut::Stopped) => {
                    return Err(Refusal::denied(Cause::AbortionByCommunicationLoss));
                }
            }
        };
        if let Some(refusal) = failed {
            return Err(self.refused(refusal).await);
        }
        if !self.advance(Phase::Executing) {
            return Err(Refusal::denied(Cause::AbortionByCommunicationLoss));
        }
        let accepted = self.object().attributes.t_op_ok;
        let now = Timestamp::from_ms(self.shared.clock.now_ms());
        let accepted = accepted.map(|slot| (slot, now.into()));
        self.shared
            .show_control(self.object(), accepted.into_iter().collect());
        Ok(())
    }

    /// Executes the command and says how it ended.
    async fn execute(self) {
        let failed = |cause| (self.command.action.error(), cause);
        let result: Result<(), Failure> = loop {
            let operate = self.shared.handlers.control_operate(&self.command);
            let step = match self.bounded(operate).await {
                Ok(ControlHandlerResult::Ok) => break Ok(()),
                Ok(ControlHandlerResult::Failed) => {
                    let cause = self.command.action.add_cause();
                    break Err(failed(cause.unwrap_or(Cause::Unknown)));
                }
                Ok(ControlHandlerResult::Waiting) => {
                    self.bounded(tokio::time::sleep(ASK_AGAIN)).await
                }
                Err(cut) => Err(cut),
            };
            match step {
                Ok(()) => {}
                Err(Cut::TimeOver) => break Err(failed(Cause::TimeLimitOver)),
                Err(Cut::Stopped) => break Err(failed(Cause::AbortionByCommand)),
            }
        };
        let termination = self.model.is_enhanced().then(|| {
            let all = self.parameters.all.clone();
            let oper = match self.timed {
                true => self.object().oper.without_time(all),
                false => all,
            };
            self.termination(&oper, result.err())
        });
        let is_terminated = termination.is_some();
        self.end(result.is_ok(), termination).await;
        if is_terminated {
            self.track_end(result);
        }
    }

    /// Tracks the CommandTermination.
    fn track_end(&self, result: Result<(), Failure>) {
        let object = self.object();
        let all = &self.parameters.all;
        self.shared.track_command(
            object.key.id,
            Service::CommandTermination,
            &self.parameters.or_ident,
            Some((object.oper.node, all)),
            result.map_err(|(_, cause)| (DataAccessError::HardwareFault, cause)),
        );
    }

    /// Waits for the time of a time-activated operate, checks it once more and executes it.
    async fn execute_at(mut self, due: Instant) {
        let wait = async {
            // A timer of tokio lasts for two years at most.
            while Instant::now() < due {
                tokio::time::sleep_until(due).await;
            }
        };
        if self.stop.or(wait).await.is_err() || !self.advance(Phase::Checking) {
            return;
        }
        if self.check().await.is_err() || self.wait().await.is_err() {
            return;
        }
        // Tells that the time has come (TimeActivatedOperateTermination).
        self.send(self.termination(&self.parameters.all, None));
        self.execute().await;
    }

    /// Ends a command that a check refuses. If it was accepted before its time, the client hears
    /// of it by a message, and otherwise by the answer.
    async fn refused(&self, refusal: Refusal) -> Refusal {
        let failure = refusal.cause.filter(|_| self.timed);
        let message = failure.map(|failure| self.termination(&self.parameters.all, Some(failure)));
        self.end(false, message).await;
        if let Some(failure) = failure {
            self.track_end(Err(failure));
        }
        refusal
    }

    fn termination(&self, oper: &MmsValue, failed: Option<Failure>) -> Vec<u8> {
        message::termination(self.object(), &self.parameters, oper, failed)
    }

    fn send(&self, service: Vec<u8>) {
        // A client that has gone away wants no message.
        if let Err(error) = self.client.remote().unconfirmed(service, WAITING_MESSAGES) {
            tracing::debug!(%error, "message about a command not sent");
        }
    }

    /// Frees the object, and its selection unless it may be operated again. `message` is sent when
    /// the object is free, before anybody else can occupy it.
    async fn end(&self, succeeded: bool, message: Option<Vec<u8>>) {
        let object = self.object();
        let is_sbo = self.model.is_sbo();
        let many = is_sbo
            && self.shared.control_setting(object.attributes.sbo_class) == Some(OPERATE_MANY);
        let timeout = self.shared.sbo_timeout(object);
        let lost = {
            let mut state = object.state.lock();
            let Some(running) = state.own(&self.stop) else {
                return;
            };
            let orphaned = running.orphaned;
            state.command = None;
            if let Some(message) = message {
                self.send(message);
            }
            match &mut state.selection {
                Some(selection) if is_sbo && many && !orphaned => {
                    let action = &selection.action;
                    selection.timer = select::timer(&self.shared, self.index, action, timeout);
                    None
                }
                Some(_) if is_sbo => state.selection.take().map(|_| match succeeded {
                    _ if many => Reason::Disconnected,
                    true => Reason::Operated,
                    false => Reason::OperateFailed,
                }),
                _ => None,
            }
        };
        match lost {
            Some(reason) => {
                let action = &self.command.action;
                self.shared.deselected(object, action, reason).await;
            }
            None => self.shared.show_control(object, Vec::new()),
        }
    }
}
