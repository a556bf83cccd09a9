//! Read and write (Get and Set Data Value, Data Set Element Values, Start and Stop Transfer).

use super::extra::Extra;
use super::session::ServerSession;
use super::target::{Meant, Target, component, hidden, meant, shape};
use crate::Name;
use crate::bilateral::Rights;
use crate::engine::{DataSet, Member, State, Table};
use crate::event::Event;
use crate::model::Object;
use crate::standard;
use crate::types::{DsTransferSet, Field, decode_object_name, encode_object_name};
use mms::association::{Answered, Reply};
use mms::ber::Writer;
use mms::pdu::{
    ReadRequest, ReadResponseWriter, VariableAccess, VariableAccessSpecification, WriteRequest,
    WriteResponseWriter, write_failure,
};
use mms::{DataAccessError, DataView, MmsValue, RejectReason, ServiceError};
use std::sync::Arc;
use tokio::time::Instant;

impl ServerSession {
    pub(super) fn read(
        &self,
        table: &Arc<Table>,
        request: &ReadRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        if self.selects(table, request) {
            return self.read_and_select(table, request, reply);
        }
        let repeated = request
            .specification_with_result
            .then_some(&request.variables);
        match request.variables {
            VariableAccessSpecification::Variables(variables) => reply.respond(|w| {
                let response = ReadResponseWriter::begin(w, repeated);
                for variable in variables {
                    // When the answer is lost already the values need not be made.
                    if !w.overflowed() {
                        self.write_result(w, table, &variable);
                    }
                }
                response.end(w);
            }),
            VariableAccessSpecification::ListName(name) => {
                let set = match self.core.data_set(table, name, Rights::READ | Rights::USE) {
                    Ok(set) => set,
                    Err(error) => return reply.error(ServiceError::from(error)),
                };
                reply.respond(|w| {
                    let response = ReadResponseWriter::begin(w, repeated);
                    self.write_members(w, table, &set);
                    response.end(w);
                })
            }
        }
    }

    /// The values of a data set, all of one moment.
    fn write_members(&self, w: &mut Writer<'_>, table: &Table, set: &DataSet) {
        let state = self.core.state.lock();
        for member in &set.members {
            match member {
                _ if w.overflowed() => return,
                Member::Special { .. } => write_failure(w, DataAccessError::ObjectAccessDenied),
                Member::Object(object) if !table.rights(*object).contains(Rights::READ) => {
                    write_failure(w, DataAccessError::ObjectAccessDenied);
                }
                Member::Object(object) => self.write_object(w, &state, *object),
            }
        }
    }

    pub(super) fn write_object(&self, w: &mut Writer<'_>, state: &State, object: Object) {
        let model = &self.core.model;
        match object {
            Object::Point(id) => {
                let id = id as usize;
                if let (Some(point), Some(value)) = (model.points.get(id), state.points.get(id)) {
                    point.ty.encode(w, value);
                }
            }
            Object::Control(id) => {
                if let Some(value) = state.controls.get(id as usize) {
                    value.to_value().encode(w);
                }
            }
            Object::Tag(id) => self.core.tag_value(state, id).to_value().encode(w),
            // Selecting is more than reading.
            Object::Select(_) => write_failure(w, DataAccessError::ObjectAccessUnsupported),
        }
    }

    pub(super) fn write_result(
        &self,
        w: &mut Writer<'_>,
        table: &Table,
        access: &VariableAccess<'_>,
    ) {
        let start = w.position();
        let result =
            meant(&self.core, table, access).and_then(|meant| self.write_meant(w, table, &meant));
        if let Err(error) = result {
            w.truncate(start);
            write_failure(w, error);
        }
    }

    fn write_meant(
        &self,
        w: &mut Writer<'_>,
        table: &Table,
        meant: &Meant<'_>,
    ) -> Result<(), DataAccessError> {
        if !meant.target.readable(table) {
            return Err(DataAccessError::ObjectAccessDenied);
        }
        if let Target::Object(Object::Control(id)) = meant.target
            && self.core.model.device_of(id).is_some()
            && !table.config.options.read_devices
        {
            return Err(DataAccessError::ObjectAccessUnsupported);
        }
        if meant.path.is_empty() {
            return self.write_target(w, table, meant.target);
        }
        if matches!(
            meant.target,
            Target::NextTransferSet
                | Target::Extra(Extra::NextAccountSet | Extra::NextSeriesSet)
                | Target::Object(Object::Select(_))
        ) {
            // A part of it would use up the whole.
            return Err(DataAccessError::ObjectAccessUnsupported);
        }
        let ty = meant.target.description(&self.core, table);
        let ty = ty.ok_or(DataAccessError::ObjectNonExistent)?;
        let (_, places) = component(&ty, &meant.path).ok_or(DataAccessError::ObjectNonExistent)?;
        let mut whole = Vec::new();
        self.write_target(&mut Writer::unbounded(&mut whole), table, meant.target)?;
        let mut value =
            MmsValue::from_bytes(&whole).map_err(|_| DataAccessError::ObjectAccessUnsupported)?;
        for place in places {
            value = match value {
                MmsValue::Structure(mut parts) if place < parts.len() => parts.swap_remove(place),
                _ => return Err(DataAccessError::ObjectNonExistent),
            };
        }
        value.encode(w);
        Ok(())
    }

    fn write_target(
        &self,
        w: &mut Writer<'_>,
        table: &Table,
        target: Target,
    ) -> Result<(), DataAccessError> {
        let config = &table.config;
        let signed = config.options.scope_signed;
        match target {
            Target::Version => config.edition.version().to_value().encode(w),
            Target::Features => self.core.features(table).to_value().encode(w),
            Target::TableId => MmsValue::VisibleString(config.id.clone()).encode(w),
            Target::NextTransferSet => {
                let mut state = self.core.state.lock();
                let name = self
                    .association()
                    .and_then(|id| state.next_transfer_set(id, Instant::now()))
                    .ok_or(DataAccessError::TemporarilyUnavailable)?;
                encode_object_name(w, &Name::icc(&*config.domain, name), signed);
            }
            Target::TransferSet(slot) => {
                let state = self.core.state.lock();
                let (peer, shape) = (self.peer(), shape(table));
                let set = peer.and_then(|peer| state.attributes(peer, slot));
                set.ok_or(DataAccessError::ObjectNonExistent)?
                    .encode(w, shape, signed);
            }
            Target::Extra(extra) => self.write_extra(w, table, extra)?,
            Target::Object(object) => self.write_object(w, &self.core.state.lock(), object),
            Target::Special(_) | Target::Acknowledgement { .. } => {
                return Err(DataAccessError::ObjectAccessDenied);
            }
        }
        Ok(())
    }

    pub(super) fn write(
        &self,
        table: &Arc<Table>,
        request: &WriteRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        if self.commands(table, request) {
            return self.write_and_command(table, request, reply);
        }
        let data = request.data;
        let set = match request.variables {
            VariableAccessSpecification::Variables(variables) => {
                let results: Vec<_> = variables
                    .iter()
                    .zip(data)
                    .map(|(variable, value)| self.put(table, &variable, &value))
                    .collect();
                return reply.respond(|w| write_results(w, results));
            }
            VariableAccessSpecification::ListName(name) => {
                match self.core.data_set(table, name, Rights::WRITE) {
                    Ok(set) => set,
                    Err(error) => return reply.error(ServiceError::from(error)),
                }
            }
        };
        if set.members.len() != data.len() {
            return reply.reject(RejectReason::INVALID_ARGUMENT);
        }
        let results: Vec<_> = set
            .members
            .iter()
            .zip(data)
            .map(|(member, value)| match member {
                Member::Special { .. } => Err(DataAccessError::ObjectAccessDenied),
                Member::Object(object) => self.put_object(table, *object, &value),
            })
            .collect();
        reply.respond(|w| write_results(w, results))
    }

    pub(super) fn put(
        &self,
        table: &Table,
        access: &VariableAccess<'_>,
        value: &DataView<'_>,
    ) -> Result<(), DataAccessError> {
        let meant = meant(&self.core, table, access)?;
        match (meant.target, &meant.path[..]) {
            (Target::TransferSet(slot), path) => self.put_transfer_set(table, slot, path, value),
            (Target::Object(object), []) => self.put_object(table, object, value),
            (Target::Extra(extra), []) => self.put_extra(table, extra, value),
            (Target::Extra(extra), path) => self.put_extra_part(table, extra, path, value),
            // Some clients acknowledge with a write.
            (Target::Acknowledgement { positive }, []) => {
                let name = decode_object_name(value).map_err(|error| error.access_error())?;
                match self.acknowledge(&name, positive, None) {
                    true => Ok(()),
                    false => Err(DataAccessError::ObjectValueInvalid),
                }
            }
            _ => Err(DataAccessError::ObjectAccessDenied),
        }
    }

    fn put_transfer_set(
        &self,
        table: &Table,
        slot: usize,
        path: &[&str],
        value: &DataView<'_>,
    ) -> Result<(), DataAccessError> {
        let association = self
            .association()
            .ok_or(DataAccessError::ObjectAccessDenied)?;
        let shape = shape(table);
        let (set, whole) = match path {
            [] => {
                let (set, written) =
                    DsTransferSet::decode(value).map_err(|error| error.access_error())?;
                // An old client may talk to a new server; the other way round there would be a component too many.
                if written.components() > shape.components() {
                    return Err(DataAccessError::TypeInconsistent);
                }
                (set, true)
            }
            [component] => {
                let field =
                    Field::named(component, shape).ok_or(DataAccessError::ObjectNonExistent)?;
                let state = self.core.state.lock();
                let now = self.peer().and_then(|peer| state.attributes(peer, slot));
                let mut set = now.ok_or(DataAccessError::ObjectNonExistent)?.clone();
                drop(state);
                set.decode_field(field, value)
                    .map_err(|error| error.access_error())?;
                // Status alone starts and stops; the rest waits for it.
                (set, false)
            }
            _ => return Err(DataAccessError::ObjectAccessUnsupported),
        };
        self.core.write_transfer_set(association, slot, set, whole)
    }

    fn put_object(
        &self,
        table: &Table,
        object: Object,
        value: &DataView<'_>,
    ) -> Result<(), DataAccessError> {
        let rights = table.rights(object);
        if rights.is_empty() {
            return Err(hidden(table));
        }
        let Object::Point(id) = object else {
            // A device is operated by itself, not as an element of a data set; other control points are not operated at all.
            return Err(DataAccessError::ObjectAccessDenied);
        };
        if !rights.contains(Rights::WRITE) {
            return Err(DataAccessError::ObjectAccessDenied);
        }
        let point = self.core.model.points.get(id as usize);
        let point = point.ok_or(DataAccessError::ObjectNonExistent)?;
        let value = point
            .ty
            .decode(value)
            .map_err(|error| error.access_error())?;
        self.core
            .update([(id, value)])
            .map_err(|_| DataAccessError::TypeInconsistent)?;
        self.core.emit(Event::Written {
            peer: table.config.peer.clone(),
            point: point.name.clone(),
            value,
        });
        Ok(())
    }

    /// Takes an acknowledgement, which comes as an information report: ACK or NACK with the name of the transfer set, and perhaps the time
    /// stamp of the report. `false`: the report is none.
    pub(super) fn take_acknowledgement(&self, report: &mms::pdu::InformationReport<'_>) -> bool {
        let VariableAccessSpecification::Variables(variables) = report.variables else {
            return false;
        };
        let Some(table) = self.table() else {
            return false;
        };
        let (mut name, mut stamp, mut positive) = (None, None, true);
        for (variable, value) in variables.iter().take(4).zip(report.results) {
            let item = match variable.name() {
                Some(mms::ObjectName::Domain { domain, item }) if domain == table.config.domain => {
                    item
                }
                _ => continue,
            };
            match item {
                standard::ACK => name = Some(value),
                standard::NACK => (name, positive) = (Some(value), false),
                other if other == crate::Special::TimeStamp.name() => {
                    use crate::types::Reading;
                    stamp = value.int32("time stamp").ok();
                }
                _ => {}
            }
        }
        let Some(value) = name else {
            return false;
        };
        match decode_object_name(&value) {
            Ok(name) => {
                if !self.acknowledge(&name, positive, stamp) {
                    tracing::debug!(%name, "acknowledgement of a transfer set that is not enabled");
                }
            }
            Err(error) => tracing::warn!(%error, "acknowledgement without a name"),
        }
        true
    }

    fn acknowledge(&self, name: &Name, positive: bool, stamp: Option<i32>) -> bool {
        self.association()
            .is_some_and(|id| self.core.acknowledge(id, name, positive, stamp))
    }
}

pub(super) fn write_results(w: &mut Writer<'_>, results: Vec<Result<(), DataAccessError>>) {
    let mut response = WriteResponseWriter::begin(w);
    for result in results {
        response.push(w, result);
    }
    response.end(w);
}

/// The error of a service for what a variable name came to.
pub(super) fn service_error(error: DataAccessError) -> ServiceError {
    match error {
        DataAccessError::ObjectAccessDenied => ServiceError::OBJECT_ACCESS_DENIED,
        DataAccessError::ObjectAccessUnsupported => ServiceError::OBJECT_ACCESS_UNSUPPORTED,
        _ => ServiceError::OBJECT_NON_EXISTENT,
    }
}
