//! Commands as requests of an association: which reads and writes are commands, and how they are
//! answered.

use super::super::Shared;
use super::super::access::Target;
use super::super::session::NativeSession;
use super::super::space::Place;
use super::super::tracking::{self, Service};
use super::super::write::{WriteError, Written, collect};
use super::object::Structure;
use super::{Answer, Execution, Part, Received, execute, poll_now, run_or_spawn, select, spawn};
use crate::common::{FunctionalConstraint as Fc, SelectStateChangedReason as Reason};
use crate::server::ClientConnection;
use mms::association::{Answered, Reply};
use mms::ber::{Reader, Writer};
use mms::net::Remote;
use mms::pdu::{
    ReadRequest, ReadResponseWriter, VariableAccess, VariableAccessSpecification,
    WriteResponseWriter, write_failure,
};
use mms::{DataAccessError, MmsValue, ServiceError};
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// What an association has to do with controls.
#[derive(Default)]
pub(in crate::engine::native) struct SessionControls {
    /// Objects that this client has given commands to.
    used: BTreeSet<usize>,
    /// Commands that are executed when their answers have left, and of which objects.
    executions: Vec<(usize, Execution)>,
}

type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A command that is decided, or not yet.
enum Decision<T> {
    Made(T),
    Pending(Pending<T>),
}

impl<T: Send + 'static> Decision<T> {
    fn of(future: impl Future<Output = T> + Send + 'static) -> Self {
        let mut future: Pending<T> = Box::pin(future);
        match poll_now(&mut future) {
            Some(result) => Decision::Made(result),
            None => Decision::Pending(future),
        }
    }
}

/// Waits until all are decided. They are worked on side by side.
async fn all_made<'d, T: 'd>(decisions: impl Iterator<Item = &'d mut Decision<T>> + Send) {
    let mut decisions: Vec<&mut Decision<T>> = decisions.collect();
    poll_fn(|cx| {
        decisions.retain_mut(|decision| {
            let Decision::Pending(future) = &mut **decision else {
                return false;
            };
            match future.as_mut().poll(cx) {
                Poll::Ready(result) => {
                    **decision = Decision::Made(result);
                    false
                }
                Poll::Pending => true,
            }
        });
        match decisions.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

/// What became of one variable of a write, or will.
pub(in crate::engine::native) struct Outcome(Decision<(Written, Option<(usize, Answer)>)>);

impl Outcome {
    /// The result of what is no command.
    pub(in crate::engine::native) fn written(&self) -> Option<Written> {
        match &self.0 {
            Decision::Made((written, None)) => Some(*written),
            _ => None,
        }
    }
}

impl From<Written> for Outcome {
    fn from(written: Written) -> Self {
        Outcome(Decision::Made((written, None)))
    }
}

impl NativeSession {
    /// Writes one target, which may be a command.
    pub(in crate::engine::native) fn write_or_control(
        &mut self,
        target: Target<'_>,
        data: mms::DataView<'_>,
    ) -> Outcome {
        let place = match target {
            Target::Whole(place) if self.shared.space.node(place.node).fc == Fc::CO => place,
            _ => return self.write_target(target, data).into(),
        };
        match self.shared.controls.part(place.node) {
            None | Some((_, Part::Select)) => self.write_target(target, data).into(),
            Some((index, part)) => match self.received(place, index, part, data.to_value()) {
                Ok(received) => {
                    self.takes_up(index);
                    let (shared, client) = (self.shared.clone(), self.client.clone());
                    let command = command(shared, index, part, client, received);
                    Outcome(Decision::of(async move {
                        let answer = command.await;
                        let written = answer.result.map_err(WriteError::from);
                        (written, Some((index, answer)))
                    }))
                }
                Err(error) => Written::Err(error.into()).into(),
            },
        }
    }

    /// Checks the value of a command against its type.
    fn received(
        &self,
        place: Place,
        index: usize,
        part: Part,
        value: MmsValue,
    ) -> Result<Received, DataAccessError> {
        let shared = &self.shared;
        let mut leaves = Vec::new();
        collect(
            &shared.space,
            &shared.arena,
            place,
            value.clone(),
            &mut leaves,
        )?;
        let structure =
            structure(shared, index, part).ok_or(DataAccessError::ObjectAccessDenied)?;
        Ok(Received {
            parameters: structure.parameters(value),
            leaves: leaves
                .into_iter()
                .map(|write| (shared.space.slot(write.place), write.value))
                .collect(),
        })
    }

    /// Answers a write when all its variables are decided.
    pub(in crate::engine::native) fn answer_write(
        &mut self,
        mut outcomes: Vec<Outcome>,
        mut reply: Reply<'_>,
    ) -> Answered {
        let waits = |outcome: &Outcome| matches!(outcome.0, Decision::Pending(_));
        if outcomes.iter().any(waits) {
            let (remote, invoke_id) = (self.client.remote().clone(), reply.invoke_id());
            tokio::spawn(async move {
                all_made(outcomes.iter_mut().map(|outcome| &mut outcome.0)).await;
                answer_late(Decided::new(outcomes), &remote, invoke_id);
            });
            return reply.defer();
        }
        let decided = Decided::new(outcomes);
        for message in decided.messages {
            reply.send_unconfirmed(|w| w.raw(&message));
        }
        self.controls.executions.extend(decided.executions);
        if decided.results.contains(&Err(WriteError::NoResponse)) {
            return reply.ignore();
        }
        reply.respond(|w| write_results(w, &decided.results))
    }

    /// Begins what is to be done when the answers have left: called when this is so.
    pub(in crate::engine::native) fn execute_commands(&mut self) {
        for (_, execution) in mem::take(&mut self.controls.executions) {
            run_or_spawn(execution);
        }
    }

    /// A command for an object comes. A client that does not wait for its answers gets its commands
    /// executed in their order all the same.
    fn takes_up(&mut self, index: usize) {
        self.controls.used.insert(index);
        if self.controls.executions.iter().any(|(of, _)| *of == index) {
            self.execute_commands();
        }
    }

    /// Whether one of the variables selects an object by being read.
    pub(in crate::engine::native) fn selects(&self, request: &ReadRequest<'_>) -> bool {
        match request.variables {
            VariableAccessSpecification::Variables(variables) => variables
                .iter()
                .any(|variable| self.selected(&variable).is_some()),
            VariableAccessSpecification::ListName(_) => false,
        }
    }

    /// The object that reading a variable selects.
    fn selected(&self, variable: &VariableAccess<'_>) -> Option<usize> {
        // Most reads are over here.
        let may_be = variable.alternate_access.is_some()
            || variable
                .name()
                .is_some_and(|name| name.item().ends_with("$SBO"));
        if !may_be {
            return None;
        }
        match self.shared.space.target(variable) {
            Ok(Target::Whole(place)) => match self.shared.controls.part(place.node)? {
                (index, Part::Select) => Some(index),
                _ => None,
            },
            _ => None,
        }
    }

    /// Answers a read that selects objects. Its other variables have the values of before.
    pub(in crate::engine::native) fn read_and_select(
        &mut self,
        request: &ReadRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let VariableAccessSpecification::Variables(variables) = request.variables else {
            return reply.error(ServiceError::OBJECT_ACCESS_UNSUPPORTED);
        };
        let refused = self.refused(variables.iter(), |v| self.may_read_variable(v));
        let mut others = Vec::new();
        let w = &mut Writer::new(&mut others, reply.max_pdu_size());
        let mut selects = Vec::new();
        {
            let state = self.shared.store.lock_in_task();
            for (number, variable) in variables.iter().enumerate() {
                if let Some(Err(error)) = refused.get(number) {
                    write_failure(w, *error);
                    continue;
                }
                match self.selected(&variable) {
                    Some(index) => selects.push((w.position(), index)),
                    None => self.read_variable(&state, w, &variable),
                }
                if w.overflowed() {
                    break;
                }
            }
        }
        if w.overflowed() {
            return reply.error(ServiceError::PDU_SIZE);
        }
        let mut decisions = Vec::with_capacity(selects.len());
        for (position, index) in selects {
            self.takes_up(index);
            let (shared, client) = (self.shared.clone(), self.client.clone());
            let select = async move {
                let selected = select::select(&shared, index, &client, None).await;
                let object = shared.controls.objects[index].key.id;
                let result = selected.map_err(|refusal| refusal.tracked());
                let client = tracking::originator(&client);
                shared.track_command(object, Service::Select, &client, None, result);
                // An empty string says that the object was not selected.
                selected.map_or(String::new(), |()| {
                    shared.controls.objects[index].reference()
                })
            };
            decisions.push((position, Decision::of(select)));
        }
        let mut specification = Vec::new();
        if request.specification_with_result {
            let w = &mut Writer::unbounded(&mut specification);
            request.variables.encode(w);
        }
        let pending = decisions
            .iter()
            .any(|(_, decision)| matches!(decision, Decision::Pending(_)));
        if pending {
            let (remote, invoke_id) = (self.client.remote().clone(), reply.invoke_id());
            tokio::spawn(async move {
                all_made(decisions.iter_mut().map(|(_, decision)| decision)).await;
                let read = Read::new(specification, others, decisions);
                let mut service = Vec::new();
                read.encode(&mut Writer::unbounded(&mut service));
                respond(&remote, invoke_id, service);
            });
            return reply.defer();
        }
        let read = Read::new(specification, others, decisions);
        reply.respond(|w| read.encode(w))
    }

    /// The association has ended: releases what it holds of objects.
    pub(in crate::engine::native) fn release_controls(&mut self) {
        let SessionControls { used, executions } = mem::take(&mut self.controls);
        if used.is_empty() {
            return;
        }
        for index in used {
            let object = &self.shared.controls.objects[index];
            let Some(select) = select::release(object, &self.client) else {
                self.shared.show_control(object, Vec::new());
                continue;
            };
            let shared = self.shared.clone();
            run_or_spawn(Box::pin(async move {
                let object = &shared.controls.objects[index];
                shared
                    .deselected(object, &select, Reason::Disconnected)
                    .await;
            }));
        }
        // Commands that were accepted are executed, whether the client has heard it or not.
        for (_, execution) in executions {
            spawn(execution);
        }
    }
}

/// The structure that a part is.
fn structure(shared: &Shared, index: usize, part: Part) -> Option<&Structure> {
    let object = shared.controls.objects.get(index)?;
    match part {
        Part::Operate => Some(&object.oper),
        Part::SelectWithValue => object.select_with_value.as_ref(),
        Part::Cancel => object.cancel.as_ref(),
        Part::Select => None,
    }
}

/// Carries out one command that was written.
async fn command(
    shared: Arc<Shared>,
    index: usize,
    part: Part,
    client: ClientConnection,
    received: Received,
) -> Answer {
    let outcome = match part {
        Part::Operate => execute::operate(shared.clone(), index, client, &received).await,
        Part::SelectWithValue => select::select(&shared, index, &client, Some(&received))
            .await
            .map(|()| None),
        Part::Cancel => select::cancel(&shared, index, &client, &received)
            .await
            .map(|()| None),
        Part::Select => Ok(None),
    };
    let object = &shared.controls.objects[index];
    let structure = structure(&shared, index, part).unwrap_or(&object.oper);
    let service = match part {
        Part::Operate if received.parameters.oper_tm.is_some() => Service::TimeActivatedOperate,
        Part::Operate => Service::Operate,
        Part::SelectWithValue => Service::SelectWithValue,
        Part::Cancel => Service::Cancel,
        Part::Select => Service::Select,
    };
    let result = outcome
        .as_ref()
        .map_or_else(|refusal| Err(refusal.tracked()), |_| Ok(()));
    let parameters = &received.parameters;
    shared.track_command(
        object.key.id,
        service,
        &parameters.or_ident,
        Some((structure.node, &parameters.all)),
        result,
    );
    Answer::new(object, structure, &received.parameters, outcome)
}

/// A write all of whose variables are decided.
struct Decided {
    results: Vec<Written>,
    /// What goes out before the answer, and what is done after it.
    messages: Vec<Vec<u8>>,
    executions: Vec<(usize, Execution)>,
}

impl Decided {
    fn new(outcomes: Vec<Outcome>) -> Self {
        let mut decided = Decided {
            results: Vec::with_capacity(outcomes.len()),
            messages: Vec::new(),
            executions: Vec::new(),
        };
        for outcome in outcomes {
            let Decision::Made((written, answer)) = outcome.0 else {
                continue;
            };
            decided.results.push(written);
            if let Some((index, answer)) = answer {
                decided.messages.extend(answer.last_appl_error);
                let execution = answer.execution.map(|execution| (index, execution));
                decided.executions.extend(execution);
            }
        }
        decided
    }
}

fn write_results(w: &mut Writer<'_>, results: &[Written]) {
    let mut response = WriteResponseWriter::begin(w);
    for result in results {
        response.push(w, result.map_err(WriteError::on_the_wire));
    }
    response.end(w);
}

/// Answers a write that was put aside, and begins what comes then.
fn answer_late(decided: Decided, remote: &Remote, invoke_id: u32) {
    for message in decided.messages {
        // A client that has gone away wants neither message nor answer.
        let _ = remote.unconfirmed(message, super::WAITING_MESSAGES);
    }
    if !decided.results.contains(&Err(WriteError::NoResponse)) {
        let mut service = Vec::new();
        write_results(&mut Writer::unbounded(&mut service), &decided.results);
        respond(remote, invoke_id, service);
    }
    for (_, execution) in decided.executions {
        tokio::spawn(execution);
    }
}

fn respond(remote: &Remote, invoke_id: u32, service: Vec<u8>) {
    if let Err(error) = remote.respond(invoke_id, Ok(service)) {
        tracing::debug!(%error, "command not answered");
    }
}

/// A read whose selects are decided.
struct Read {
    /// The specification that goes back with the result; empty for none.
    specification: Vec<u8>,
    /// The values of the other variables, one behind the other.
    others: Vec<u8>,
    /// The values of the selects, and before what of the others they come.
    selected: Vec<(usize, String)>,
}

impl Read {
    fn new(
        specification: Vec<u8>,
        others: Vec<u8>,
        decisions: Vec<(usize, Decision<String>)>,
    ) -> Self {
        let selected = decisions.into_iter().filter_map(|(position, decision)| {
            let Decision::Made(reference) = decision else {
                return None;
            };
            Some((position, reference))
        });
        Read {
            specification,
            others,
            selected: selected.collect(),
        }
    }

    fn encode(&self, w: &mut Writer<'_>) {
        let mut reader = Reader::new(&self.specification);
        // What we have encoded decodes; empty, there is none.
        let specification = VariableAccessSpecification::decode(&mut reader).ok();
        let response = ReadResponseWriter::begin(w, specification.as_ref());
        let mut rest = &self.others[..];
        let mut at = 0;
        for (position, reference) in &self.selected {
            let (before, behind) = rest.split_at(position - at);
            w.raw(before);
            MmsValue::VisibleString(reference.clone()).encode(w);
            (rest, at) = (behind, *position);
        }
        w.raw(rest);
        response.end(w);
    }
}
