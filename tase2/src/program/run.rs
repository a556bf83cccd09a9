//! Requests for programs, from the state they need to the state they lead to.

use super::{ProgramAction, ProgramArgument, ProgramEvent, ProgramRequest, ProgramState};
use crate::engine::Core;
use crate::event::{AssociationId, Event};
use mms::ServiceError;
use mms::pdu::{FailedProgram, Failure};
use std::sync::Arc;
use tokio::time::timeout;

/// From which state, through which, to which.
fn path(action: &ProgramAction, reusable: bool) -> Option<[ProgramState; 3]> {
    use ProgramState as S;
    Some(match action {
        ProgramAction::Start(_) => [S::Idle, S::Starting, S::Running],
        ProgramAction::Stop => [S::Running, S::Stopping, S::Stopped],
        ProgramAction::Resume(_) => [S::Stopped, S::Resuming, S::Running],
        ProgramAction::Reset if reusable => [S::Stopped, S::Resetting, S::Idle],
        ProgramAction::Reset => [S::Stopped, S::Resetting, S::Unrunnable],
        ProgramAction::Kill => return None,
    })
}

fn failure(error: ServiceError, action: &ProgramAction, state: ProgramState) -> Failure {
    let program = match action {
        ProgramAction::Start(_) => FailedProgram::Start(state),
        ProgramAction::Stop => FailedProgram::Stop(state),
        ProgramAction::Resume(_) => FailedProgram::Resume(state),
        ProgramAction::Reset => FailedProgram::Reset(state),
        // It has no error of its own.
        ProgramAction::Kill => return error.into(),
    };
    Failure::of_program(error, program)
}

impl Core {
    /// Does what a peer with the right to it wants of a program.
    pub(crate) async fn run_program(
        self: Arc<Self>,
        program: u32,
        peer: String,
        association: AssociationId,
        action: ProgramAction,
    ) -> Result<(), Failure> {
        let done = self
            .try_program(program, &peer, association, action.clone())
            .await;
        let name = self.model.programs.get(program as usize);
        self.emit(Event::Program(ProgramEvent {
            program: name.map_or_else(String::new, |p| p.name.clone()),
            peer: Some(peer),
            action: Some(action),
            result: done.as_ref().copied().map_err(|(_, reason)| reason.clone()),
        }));
        done.map(drop).map_err(|(failure, _)| failure)
    }

    async fn try_program(
        &self,
        program: u32,
        peer: &str,
        association: AssociationId,
        action: ProgramAction,
    ) -> Result<ProgramState, (Failure, String)> {
        let gone = || {
            let error = ServiceError::OBJECT_NON_EXISTENT;
            (Failure::from(error), "there is no such program".to_owned())
        };
        let place = program as usize;
        let config = self.model.programs.get(place).ok_or_else(gone)?;
        let steps = path(&action, config.reusable);
        let (turn, before) = {
            let mut state = self.state.lock();
            let unit = state.programs.get_mut(place).ok_or_else(gone)?;
            let before = unit.state;
            match steps {
                Some([from, through, _]) if before == from => unit.state = through,
                Some(_) => {
                    let conflict = failure(ServiceError::OBJECT_STATE_CONFLICT, &action, before);
                    return Err((conflict, format!("it is {before}")));
                }
                None => unit.state = ProgramState::Unrunnable,
            }
            unit.turn += 1;
            if let ProgramAction::Start(argument) = &action {
                unit.argument = match argument {
                    Some(ProgramArgument::Text(text)) => text.clone(),
                    _ => String::new(),
                };
            }
            (unit.turn, before)
        };
        let request = ProgramRequest {
            program: config.name.clone(),
            peer: peer.to_owned(),
            association,
            action: action.clone(),
        };
        let handler = self.program_handlers.get(place);
        let handler = handler.and_then(|handler| handler.0.read().clone());
        let answer = match handler {
            None => Ok(Ok(())),
            Some(handler) => timeout(config.timeout, handler.ask(request)).await,
        };
        let mut state = self.state.lock();
        let unit = state.programs.get_mut(place).ok_or_else(gone)?;
        if unit.turn != turn {
            // It was killed, or the application has said what it does.
            let error = ServiceError::SERVICE_PREEMPT_OTHER;
            let reason = format!("it became {} meanwhile", unit.state);
            return Err((failure(error, &action, unit.state), reason));
        }
        let Some([_, _, to]) = steps else {
            return Ok(unit.state);
        };
        match answer {
            Ok(Ok(())) => {
                unit.state = to;
                Ok(to)
            }
            Ok(Err(refusal)) => {
                unit.state = match refusal.unrunnable {
                    true => ProgramState::Unrunnable,
                    false => before,
                };
                Err((failure(refusal.error, &action, unit.state), refusal.reason))
            }
            Err(_) => {
                unit.state = before;
                let error = ServiceError::SERVICE_PREEMPT_TIMEOUT;
                let reason = "no answer of its handler in time".to_owned();
                Err((failure(error, &action, before), reason))
            }
        }
    }

    /// The application says what a program does.
    pub(crate) fn set_program_state(&self, program: u32, to: ProgramState) -> bool {
        let Some(config) = self.model.programs.get(program as usize) else {
            return false;
        };
        {
            let mut state = self.state.lock();
            let Some(unit) = state.programs.get_mut(program as usize) else {
                return false;
            };
            if unit.state == to {
                return true;
            }
            unit.state = to;
            unit.turn += 1;
        }
        self.emit(Event::Program(ProgramEvent {
            program: config.name.clone(),
            peer: None,
            action: None,
            result: Ok(to),
        }));
        true
    }
}
