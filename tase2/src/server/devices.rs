//! Reads that select, and writes that operate and tag (block 5).

use super::access::write_results;
use super::session::ServerSession;
use super::target::{Meant, Target, meant};
use crate::Name;
use crate::device::{DeviceChange, Refused, Who};
use crate::engine::Table;
use crate::model::Object;
use crate::types::{ControlType, TagValue};
use mms::association::{Answered, Reply};
use mms::ber::{Reader, Writer};
use mms::pdu::{
    ReadRequest, ReadResponseWriter, VariableAccess, VariableAccessSpecification, WriteRequest,
    write_failure,
};
use mms::{DataAccessError, MmsValue, ServiceError};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// What becomes of one variable: it is known, or a device is asked.
enum Step<T> {
    Known(T),
    Asked(Pin<Box<dyn Future<Output = T> + Send>>),
}

/// One after the other, as they stand in the request.
async fn all<T>(steps: Vec<Step<T>>) -> Vec<T> {
    let mut results = Vec::with_capacity(steps.len());
    for step in steps {
        results.push(match step {
            Step::Known(result) => result,
            Step::Asked(asked) => asked.await,
        });
    }
    results
}

/// Answers at once where nobody has to be waited for; else the request is put aside, and answered when all is decided.
fn answer<T: Send + 'static>(
    session: &ServerSession,
    steps: Vec<Step<T>>,
    reply: Reply<'_>,
    encode: impl FnOnce(&mut Writer<'_>, Vec<T>) + Send + 'static,
) -> Answered {
    let mut results = Box::pin(all(steps));
    if let Poll::Ready(results) = results
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        return reply.respond(|w| encode(w, results));
    }
    let (remote, invoke_id) = (session.remote.clone(), reply.invoke_id());
    tokio::spawn(async move {
        let mut service = Vec::new();
        encode(&mut Writer::unbounded(&mut service), results.await);
        // An association that is over takes no answers; events tell what was done.
        let _ = remote.respond(invoke_id, Ok(service));
    });
    reply.defer()
}

impl ServerSession {
    fn who(&self, table: &Arc<Table>) -> Option<Who> {
        Some(Who {
            association: self.association()?,
            table: table.clone(),
        })
    }

    /// Whether a read selects a device.
    pub(super) fn selects(&self, table: &Table, request: &ReadRequest<'_>) -> bool {
        let VariableAccessSpecification::Variables(variables) = request.variables else {
            return false;
        };
        !self.core.model.devices.is_empty()
            && variables.iter().any(|variable| {
                let select = variable.name().is_some_and(|n| n.item().ends_with("_SBO"));
                select
                    && (self.selected(table, &variable).is_some()
                        || self.concealed(table, &variable).is_some())
            })
    }

    /// The device that a variable is of, if the peer is not to know that there is one.
    fn concealed(&self, table: &Table, variable: &VariableAccess<'_>) -> Option<u32> {
        let name = Name::from_mms(variable.name()?)?;
        let model = &self.core.model;
        let object = model.find(name.domain(), name.item())?;
        let foreign = name.domain().is_some_and(|d| d != table.config.domain);
        if !foreign && !table.rights(object).is_empty() {
            return None;
        }
        match object {
            Object::Control(control) => model.device_of(control),
            Object::Select(device) | Object::Tag(device) => Some(device),
            _ => None,
        }
    }

    /// An account of what a peer wanted of a device that it does not know.
    fn tell_concealed(&self, who: &Who, device: u32, change: impl FnOnce(Refused) -> DeviceChange) {
        let error = DataAccessError::ObjectNonExistent;
        let refused = Refused::new(error, "it is hidden from the peer");
        let by = (who.table.config.peer.clone(), who.association);
        self.core.tell_device(device, Some(by), change(refused));
    }

    /// The device that reading a variable selects.
    fn selected(&self, table: &Table, variable: &VariableAccess<'_>) -> Option<u32> {
        // Most names need no look.
        variable
            .name()
            .filter(|name| name.item().ends_with("_SBO"))?;
        match meant(&self.core, table, variable) {
            Ok(Meant {
                target: Target::Object(Object::Select(device)),
                path,
            }) if path.is_empty() => Some(device),
            _ => None,
        }
    }

    /// Answers a read that selects. Its other variables have the values of before.
    pub(super) fn read_and_select(
        &self,
        table: &Arc<Table>,
        request: &ReadRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let (VariableAccessSpecification::Variables(variables), Some(who)) =
            (request.variables, self.who(table))
        else {
            return reply.error(ServiceError::OBJECT_ACCESS_DENIED);
        };
        let room = reply.max_pdu_size();
        let mut written = 0;
        let mut steps: Vec<Step<Vec<u8>>> = Vec::new();
        for variable in variables {
            if let Some(device) = self.selected(table, &variable) {
                let asked = self.core.clone().select_device(who.clone(), device);
                steps.push(Step::Asked(Box::pin(async move {
                    let mut result = Vec::new();
                    let w = &mut Writer::unbounded(&mut result);
                    match asked.await {
                        Ok(check_back) => MmsValue::Integer(check_back.into()).encode(w),
                        Err(error) => write_failure(w, error),
                    }
                    result
                })));
                continue;
            }
            if let Some(device) = self.concealed(table, &variable) {
                self.tell_concealed(&who, device, DeviceChange::SelectRefused);
            }
            let mut result = Vec::new();
            let w = &mut Writer::new(&mut result, room);
            self.write_result(w, table, &variable);
            written += result.len();
            if written > room {
                // Nothing is selected by what cannot be answered.
                return reply.error(ServiceError::PDU_SIZE);
            }
            steps.push(Step::Known(result));
        }
        let mut specification = Vec::new();
        if request.specification_with_result {
            request
                .variables
                .encode(&mut Writer::unbounded(&mut specification));
        }
        answer(self, steps, reply, move |w, results| {
            let variables = VariableAccessSpecification::decode(&mut Reader::new(&specification));
            let response = ReadResponseWriter::begin(w, variables.ok().as_ref());
            for result in results {
                w.raw(&result);
            }
            response.end(w);
        })
    }

    /// Whether a write operates or tags a device.
    pub(super) fn commands(&self, table: &Table, request: &WriteRequest<'_>) -> bool {
        let VariableAccessSpecification::Variables(variables) = request.variables else {
            return false;
        };
        !self.core.model.devices.is_empty()
            && variables.iter().any(|variable| {
                self.commanded(table, &variable).is_some()
                    || self.concealed(table, &variable).is_some()
            })
    }

    fn commanded(&self, table: &Table, variable: &VariableAccess<'_>) -> Option<Commanded> {
        let meant = meant(&self.core, table, variable).ok()?;
        let Target::Object(object) = meant.target else {
            return None;
        };
        if !meant.path.is_empty() {
            return None;
        }
        let model = &self.core.model;
        match object {
            Object::Control(control) => {
                let device = model.device_of(control)?;
                let ty = model.device(device)?.device.ty;
                Some(Commanded::Operate(device, ty))
            }
            Object::Tag(device) => Some(Commanded::Tag(device)),
            _ => None,
        }
    }

    /// Answers a write that operates or tags.
    pub(super) fn write_and_command(
        &self,
        table: &Arc<Table>,
        request: &WriteRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let (VariableAccessSpecification::Variables(variables), Some(who)) =
            (request.variables, self.who(table))
        else {
            return reply.error(ServiceError::OBJECT_ACCESS_DENIED);
        };
        let mut steps: Vec<Step<Result<(), DataAccessError>>> = Vec::new();
        for (variable, value) in variables.iter().zip(request.data) {
            let (core, who) = (self.core.clone(), who.clone());
            steps.push(match self.commanded(table, &variable) {
                Some(Commanded::Operate(device, ty)) => {
                    let value = ty.decode(&value);
                    Step::Asked(Box::pin(core.operate_device(who, device, value)))
                }
                Some(Commanded::Tag(device)) => {
                    let tag = TagValue::decode_to_set(&value);
                    Step::Asked(Box::pin(core.tag_device(who, device, tag)))
                }
                None => {
                    if let Some(device) = self.concealed(table, &variable) {
                        self.tell_concealed(&who, device, |reason| DeviceChange::OperateRefused {
                            value: None,
                            reason,
                        });
                    }
                    Step::Known(self.put(table, &variable, &value))
                }
            });
        }
        answer(self, steps, reply, write_results)
    }
}

/// What writing a variable is to a device.
enum Commanded {
    Operate(u32, ControlType),
    Tag(u32),
}
