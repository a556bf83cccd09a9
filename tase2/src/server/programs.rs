//! The services on programs (block 6).

use super::session::ServerSession;
use crate::bilateral::{Rights, Visibility};
use crate::engine::{Core, Table};
use crate::model::Program;
use crate::program::{ProgramAction, ProgramArgument};
use mms::ServiceError;
use mms::association::{Answered, Reply};
use mms::ber::{Tag, Writer};
use mms::pdu::{
    ExecutionArgument, KillResponse, List, ProgramAttributesRequest, ProgramAttributesResponse,
    RequestService, ResetResponse, ResumeResponse, StartResponse, StopResponse,
};

/// The rights of a peer to a program.
fn rights(table: &Table, program: &Program) -> Rights {
    table.config.rights(None, &program.name)
}

fn argument(argument: Option<ExecutionArgument<'_>>) -> Option<ProgramArgument> {
    Some(match argument? {
        ExecutionArgument::Simple(text) => ProgramArgument::Text(text.to_owned()),
        ExecutionArgument::Encoded(content) => ProgramArgument::Encoded(content.to_vec()),
    })
}

/// The program of a request and what is wanted of it; `None` for other services.
fn wanted<'a>(service: &RequestService<'a>) -> Option<(&'a str, ProgramAction)> {
    use RequestService as S;
    Some(match service {
        S::Start(start) => (start.name, ProgramAction::Start(argument(start.argument))),
        S::Stop(stop) => (stop.name, ProgramAction::Stop),
        S::Resume(resume) => (
            resume.name,
            ProgramAction::Resume(argument(resume.argument)),
        ),
        S::Reset(reset) => (reset.name, ProgramAction::Reset),
        S::Kill(kill) => (kill.name, ProgramAction::Kill),
        _ => return None,
    })
}

fn write_done(w: &mut Writer<'_>, action: &ProgramAction) {
    match action {
        ProgramAction::Start(_) => StartResponse.encode(w),
        ProgramAction::Stop => StopResponse.encode(w),
        ProgramAction::Resume(_) => ResumeResponse.encode(w),
        ProgramAction::Reset => ResetResponse.encode(w),
        ProgramAction::Kill => KillResponse.encode(w),
    }
}

impl Core {
    /// The names of the programs a peer sees, in their order.
    pub(crate) fn program_names(&self, table: &Table) -> Vec<&str> {
        let programs = self.model.programs.iter();
        let seen = programs.filter(|program| !rights(table, program).is_empty());
        let mut names: Vec<&str> = seen.map(|program| program.name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// Whether there is a program the peer may run.
    pub(crate) fn has_programs(&self, table: &Table) -> bool {
        let mut programs = self.model.programs.iter();
        programs.any(|program| rights(table, program).contains(Rights::EXECUTE))
    }
}

impl ServerSession {
    fn program(&self, table: &Table, name: &str) -> Result<(u32, Rights), ServiceError> {
        let absent = match table.config.options.visibility {
            Visibility::Hide => ServiceError::OBJECT_NON_EXISTENT,
            Visibility::Deny => ServiceError::OBJECT_ACCESS_DENIED,
        };
        let place = self.core.model.program(name);
        let place = place.ok_or(ServiceError::OBJECT_NON_EXISTENT)?;
        let program = self.core.model.programs.get(place as usize);
        match program.map(|program| rights(table, program)) {
            Some(rights) if !rights.is_empty() => Ok((place, rights)),
            _ => Err(absent),
        }
    }

    /// Serves start, stop, resume, reset and kill; gives the reply back for other services.
    pub(super) fn run_program<'r>(
        &self,
        table: &Table,
        service: &RequestService<'_>,
        reply: Reply<'r>,
    ) -> Result<Answered, Reply<'r>> {
        let Some((name, action)) = wanted(service) else {
            return Err(reply);
        };
        let found = self.program(table, name).and_then(|(place, rights)| {
            match rights.contains(Rights::EXECUTE) {
                true => Ok(place),
                false => Err(ServiceError::OBJECT_ACCESS_DENIED),
            }
        });
        let (place, association) = match (found, self.association()) {
            (Ok(place), Some(association)) => (place, association),
            (Err(error), _) => return Ok(reply.error(error)),
            (_, None) => return Ok(reply.error(ServiceError::OBJECT_ACCESS_DENIED)),
        };
        let invoke_id = reply.invoke_id();
        let deferred = reply.defer();
        let (core, remote) = (self.core.clone(), self.remote.clone());
        let peer = table.config.peer.clone();
        // It goes on when the association ends: the program does what it was told.
        tokio::spawn(async move {
            let done = core
                .run_program(place, peer, association, action.clone())
                .await;
            let answer = done.map(|()| {
                let mut service = Vec::new();
                write_done(&mut Writer::unbounded(&mut service), &action);
                service
            });
            if let Err(error) = remote.answer(invoke_id, answer) {
                tracing::debug!(%error, "nobody waits for the program any more");
            }
        });
        Ok(deferred)
    }

    pub(super) fn program_attributes(
        &self,
        table: &Table,
        request: &ProgramAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let place = match self.program(table, request.name) {
            Ok((place, _)) => place as usize,
            Err(error) => return reply.error(error),
        };
        let (state, argument) = {
            let state = self.core.state.lock();
            match state.programs.get(place) {
                Some(unit) => (unit.state, unit.argument.clone()),
                None => return reply.error(ServiceError::OBJECT_NON_EXISTENT),
            }
        };
        let Some(program) = self.core.model.programs.get(place) else {
            return reply.error(ServiceError::OBJECT_NON_EXISTENT);
        };
        let mut domains = Vec::new();
        let w = &mut Writer::unbounded(&mut domains);
        for domain in &program.domains {
            w.text(Tag::VISIBLE_STRING, domain);
        }
        reply.respond(|w| {
            ProgramAttributesResponse {
                state,
                domains: List::decode(&domains).unwrap_or_default(),
                deletable: false,
                reusable: program.reusable,
                monitor: false,
                // The first edition has it always.
                start_argument: Some(&argument),
            }
            .encode(w);
        })
    }
}
