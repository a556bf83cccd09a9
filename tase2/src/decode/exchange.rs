//! MMS services, requests with their answers, and what they are in TASE.2.

use super::Decoded;
use super::association::tell;
use super::record::{Place, ReportRecord, What};
use crate::client::point_value;
use crate::standard;
use crate::types::{
    DsConditions, DsTransferSet, PointType, Reading, TagValue, TransferSetShape, decode_object_name,
};
use crate::{Name, Special};
use mms::pdu::{
    AccessAttributesRequest, InformationReport, ObjectScope, Pdu, RequestService, ResponseService,
    UnconfirmedService, VariableAccess, VariableAccessSpecification,
};
use mms::{DataView, MmsType, ObjectName};
use std::collections::{HashMap, HashSet};

/// Requests of one side that may wait for their answers.
const MAX_WAITING: usize = 10_000;

/// Everything one side has, as the other side learned it.
#[derive(Default)]
struct Side {
    /// Requests of this side that are not answered yet: the whole PDU.
    waiting: HashMap<u32, Vec<u8>>,
    data_sets: HashMap<Name, Vec<Name>>,
    types: HashMap<Name, PointType>,
    /// What is known to be a device.
    devices: HashSet<Name>,
}

/// The services on one association, of both sides.
#[derive(Default)]
pub(super) struct Exchanges {
    sides: [Side; 2],
}

impl Exchanges {
    pub(super) fn take(
        &mut self,
        pdu: Pdu<'_>,
        octets: &[u8],
        low_first: bool,
        place: &Place,
        decoded: &mut Decoded,
    ) {
        let [low, high] = &mut self.sides;
        let (sender, other) = if low_first { (low, high) } else { (high, low) };
        // An answer is told as what the other side asked.
        let answered = Place {
            from: place.to,
            to: place.from,
            ..*place
        };
        match pdu {
            Pdu::ConfirmedRequest(request) if sender.waiting.len() < MAX_WAITING => {
                sender.waiting.insert(request.invoke_id, octets.to_vec());
            }
            Pdu::ConfirmedResponse(response) => {
                let request = other.waiting.remove(&response.invoke_id);
                let decoded_request = request.as_deref().map(Pdu::decode);
                let what = match decoded_request {
                    Some(Ok(Pdu::ConfirmedRequest(request))) => {
                        answer(sender, &request.service, &response.service)
                    }
                    _ => What::Problem {
                        reason: format!(
                            "answer {} to no request in the capture",
                            response.invoke_id
                        ),
                    },
                };
                tell(decoded, &answered, what);
            }
            Pdu::ConfirmedError { invoke_id, error } => {
                let service = asked(&mut other.waiting, invoke_id);
                let reason = error.to_string();
                tell(decoded, &answered, What::Failed { service, reason });
            }
            Pdu::Reject { invoke_id, reason } => {
                let service = invoke_id
                    .map_or_else(|| "a PDU".to_owned(), |id| asked(&mut other.waiting, id));
                let reason = format!("rejected: {reason}");
                tell(decoded, &answered, What::Failed { service, reason });
            }
            Pdu::Unconfirmed(service) => {
                let what = match &service {
                    UnconfirmedService::InformationReport(report) => acknowledgement(report)
                        .unwrap_or_else(|| What::Report(report_of(sender, report))),
                    UnconfirmedService::UnsolicitedStatus(_) => What::Other {
                        service: "unsolicitedStatus".to_owned(),
                    },
                    _ => What::Other {
                        service: "an unconfirmed service".to_owned(),
                    },
                };
                tell(decoded, place, what);
            }
            Pdu::ConcludeRequest => tell(decoded, place, What::Conclude),
            Pdu::ConcludeError(error) => {
                let service = "conclude".to_owned();
                let reason = error.to_string();
                tell(decoded, &answered, What::Failed { service, reason });
            }
            _ => {}
        }
    }
}

/// The service of a request that is answered by an error.
fn asked(waiting: &mut HashMap<u32, Vec<u8>>, invoke_id: u32) -> String {
    let request = waiting.remove(&invoke_id);
    match request.as_deref().map(Pdu::decode) {
        Some(Ok(Pdu::ConfirmedRequest(request))) => {
            let about = match &request.service {
                RequestService::Read(read) => variables(&read.variables).join(" "),
                RequestService::DefineNamedVariableList(define) => define.name.to_string(),
                RequestService::GetNamedVariableListAttributes(list) => list.name.to_string(),
                _ => String::new(),
            };
            let service = request.service.service();
            let service = service.map_or("another service", mms::pdu::Service::name);
            format!("{service} {about}").trim_end().to_owned()
        }
        _ => "a request".to_owned(),
    }
}

fn shown(name: ObjectName<'_>) -> String {
    Name::from_mms(name).map_or_else(|| name.to_string(), |name| name.to_string())
}

fn name_of(access: &VariableAccess<'_>) -> String {
    access.name().map_or_else(|| "(no name)".to_owned(), shown)
}

fn variables(specification: &VariableAccessSpecification<'_>) -> Vec<String> {
    match specification {
        VariableAccessSpecification::Variables(list) => list.iter().map(|v| name_of(&v)).collect(),
        VariableAccessSpecification::ListName(name) => vec![shown(*name)],
    }
}

/// A value for people: as the type of the point has it, if it is known.
fn value_of(server: &Side, name: Option<&Name>, view: &DataView<'_>) -> String {
    let ty = name.and_then(|name| server.types.get(name)).copied();
    match ty.map(|ty| point_value(Some(ty), view)) {
        Some(Ok(value)) => value.to_string(),
        _ => view.to_value().to_string(),
    }
}

/// What a service of `server` came to; what is learned from it is kept.
fn answer(server: &mut Side, request: &RequestService<'_>, response: &ResponseService<'_>) -> What {
    use {RequestService as Q, ResponseService as A};
    match (request, response) {
        (Q::Identify(_), A::Identify(identity)) => What::Identify {
            answer: format!(
                "{} {} {}",
                identity.vendor, identity.model, identity.revision
            ),
        },
        (Q::Read(read), A::Read(results)) => {
            let names: Vec<Option<Name>> = match &read.variables {
                VariableAccessSpecification::Variables(list) => list
                    .iter()
                    .map(|v| v.name().and_then(Name::from_mms))
                    .collect(),
                VariableAccessSpecification::ListName(list) => {
                    let set = Name::from_mms(*list).and_then(|list| server.data_sets.get(&list));
                    set.map(|members| members.iter().cloned().map(Some).collect())
                        .unwrap_or_default()
                }
            };
            if let ([Some(name)], Some(view)) = (&names[..], results.results.iter().next())
                && let Some(device) = device(name, "_SBO")
            {
                server.learn(device.clone());
                let result = view
                    .number("check-back id")
                    .map_err(|_| match view.to_value() {
                        mms::MmsValue::DataAccessError(error) => error.to_string(),
                        other => other.to_string(),
                    });
                return What::Select { device, result };
            }
            let values = results.results.iter().enumerate().map(|(i, view)| {
                let name = names.get(i).cloned().flatten();
                let value = value_of(server, name.as_ref(), &view);
                (
                    name.map_or_else(|| format!("#{i}"), |name| name.to_string()),
                    value,
                )
            });
            What::Read {
                values: values.collect(),
            }
        }
        (Q::Write(write), A::Write(results)) => {
            let results: Vec<String> = results
                .results
                .iter()
                .map(|result| result.0.err().map_or_else(String::new, |e| e.to_string()))
                .collect();
            if let Some(what) = transfer_set(write, &results) {
                return what;
            }
            if let Some(what) = command(server, write, &results) {
                return what;
            }
            let names = variables(&write.variables);
            let values = write.data.iter().enumerate().map(|(i, view)| {
                let name = names.get(i).cloned();
                (
                    name.unwrap_or_else(|| format!("#{i}")),
                    view.to_value().to_string(),
                )
            });
            What::Write {
                values: values.collect(),
                results,
            }
        }
        (Q::GetNameList(request), A::GetNameList(names)) => {
            let scope = match request.scope {
                ObjectScope::Vmd => "the VCC",
                ObjectScope::Domain(domain) => domain,
                ObjectScope::Association => "the association",
            };
            let domain = match request.scope {
                ObjectScope::Domain(domain) => Some(domain),
                _ => None,
            };
            for item in names.identifiers.iter() {
                let name = match domain {
                    Some(domain) => Name::icc(domain, item),
                    None => Name::vcc(item),
                };
                for suffix in ["_SBO", "_TAG"] {
                    if let Some(device) = device(&name, suffix) {
                        server.learn(device);
                    }
                }
            }
            What::Names {
                of: format!("{:?} in {scope}", request.class),
                names: names.identifiers.iter().map(str::to_owned).collect(),
                more: names.more_follows,
            }
        }
        (
            Q::GetVariableAccessAttributes(AccessAttributesRequest::Name(name)),
            A::GetVariableAccessAttributes(attributes),
        ) => {
            let point = PointType::from_description(&attributes.ty);
            if let (Some(ty), Some(name)) = (point, Name::from_mms(*name)) {
                server.types.insert(name, ty);
            }
            let ty = match (point, TransferSetShape::from_description(&attributes.ty)) {
                (Some(ty), _) => ty.to_string(),
                (None, Some(shape)) => {
                    format!("DSTransferSet of {} components", shape.components())
                }
                (None, None) => format!("{:?}", attributes.ty),
            };
            What::Type {
                name: shown(*name),
                ty,
            }
        }
        (Q::GetNamedVariableListAttributes(request), A::GetNamedVariableListAttributes(list)) => {
            let members = list.variables.iter();
            data_set(server, request.name, members, false)
        }
        (Q::DefineNamedVariableList(define), A::DefineNamedVariableList(_)) => {
            data_set(server, define.name, define.variables.iter(), true)
        }
        (Q::DeleteNamedVariableList(delete), A::DeleteNamedVariableList(deleted)) => {
            let names = delete.lists.into_iter().flatten().map(shown);
            What::DataSetsDeleted {
                names: names.collect(),
                deleted: deleted.deleted,
            }
        }
        (request, _) => What::Other {
            service: request
                .service()
                .map_or("another service", mms::pdu::Service::name)
                .to_owned(),
        },
    }
}

fn data_set<'a>(
    server: &mut Side,
    name: ObjectName<'_>,
    members: impl Iterator<Item = VariableAccess<'a>>,
    made: bool,
) -> What {
    let members = members.map(|m| m.name().and_then(Name::from_mms));
    let members: Vec<Name> = members
        .map(|m| m.unwrap_or_else(|| Name::vcc("?")))
        .collect();
    let name = Name::from_mms(name).unwrap_or_else(|| Name::vcc(name.item()));
    server.data_sets.insert(name.clone(), members.clone());
    What::DataSet {
        name,
        made,
        members,
    }
}

/// The device that a name with this ending belongs to.
fn device(name: &Name, suffix: &str) -> Option<Name> {
    let item = name.item().strip_suffix(suffix).filter(|i| !i.is_empty())?;
    Some(match name.domain() {
        None => Name::vcc(item),
        Some(domain) => Name::icc(domain, item),
    })
}

impl Side {
    fn learn(&mut self, device: Name) {
        if self.devices.len() < MAX_WAITING {
            self.devices.insert(device);
        }
    }
}

/// A write that operates or tags a device. A direct one without a tag cannot be told from a point.
fn command(
    server: &mut Side,
    write: &mms::pdu::WriteRequest<'_>,
    results: &[String],
) -> Option<What> {
    let VariableAccessSpecification::Variables(list) = write.variables else {
        return None;
    };
    let (variable, view) = list.iter().zip(write.data).next()?;
    let name = Name::from_mms(variable.name()?).filter(|_| list.len() == 1)?;
    let result = results.first().cloned().unwrap_or_default();
    if let Some(device) = device(&name, "_TAG")
        && let Ok(tag) = TagValue::decode_to_set(&view)
    {
        server.learn(device.clone());
        return Some(What::Tag {
            device,
            tag,
            result,
        });
    }
    server.devices.contains(&name).then(|| What::Operate {
        device: name,
        value: view.to_value().to_string(),
        result,
    })
}

/// A write of a transfer set as a whole.
fn transfer_set(write: &mms::pdu::WriteRequest<'_>, results: &[String]) -> Option<What> {
    let VariableAccessSpecification::Variables(list) = write.variables else {
        return None;
    };
    let (variable, view) = list.iter().zip(write.data).next()?;
    let (attributes, shape) = DsTransferSet::decode(&view).ok()?;
    (list.len() == 1).then_some(What::TransferSet {
        name: Name::from_mms(variable.name()?)?,
        attributes,
        shape,
        result: results.first().cloned().unwrap_or_default(),
    })
}

fn acknowledgement(report: &InformationReport<'_>) -> Option<What> {
    let VariableAccessSpecification::Variables(list) = report.variables else {
        return None;
    };
    let (mut found, mut time) = (None, None);
    for (variable, view) in list.iter().zip(report.results).take(4) {
        match variable.name()?.item() {
            standard::ACK => found = Some((true, view)),
            standard::NACK => found = Some((false, view)),
            item if item == Special::TimeStamp.name() => time = view.time().ok(),
            _ => {}
        }
    }
    let (positive, view) = found?;
    Some(What::Acknowledge {
        transfer_set: decode_object_name(&view).ok(),
        positive,
        time,
    })
}

fn report_of(server: &Side, report: &InformationReport<'_>) -> ReportRecord {
    let mut record = ReportRecord {
        data_set: None,
        transfer_set: None,
        conditions: None,
        time: None,
        event_code: None,
        points: Vec::new(),
    };
    let names: Vec<Option<Name>> = match report.variables {
        VariableAccessSpecification::Variables(list) => list
            .iter()
            .map(|v| v.name().and_then(Name::from_mms))
            .collect(),
        VariableAccessSpecification::ListName(list) => {
            record.data_set = Name::from_mms(list);
            let set = record
                .data_set
                .as_ref()
                .and_then(|set| server.data_sets.get(set));
            set.map(|members| members.iter().cloned().map(Some).collect())
                .unwrap_or_default()
        }
    };
    for (i, view) in report.results.iter().enumerate() {
        let name = names.get(i).cloned().flatten();
        let special = name.as_ref().and_then(|name| Special::named(name.item()));
        let is_value = view.mms_type() != MmsType::DataAccessError;
        match special {
            Some(Special::TransferSetName) => record.transfer_set = decode_object_name(&view).ok(),
            Some(Special::TimeStamp) => record.time = view.time().ok(),
            Some(Special::Conditions) if is_value => {
                record.conditions = DsConditions::decode(&view).ok()
            }
            Some(Special::EventCode) => record.event_code = view.int16("event code").ok(),
            Some(_) => {}
            // Without its members the name of the transfer set still tells itself.
            None if name.is_none() && i == 0 && decode_object_name(&view).is_ok() => {
                record.transfer_set = decode_object_name(&view).ok();
            }
            None => {
                let ty = name
                    .as_ref()
                    .and_then(|name| server.types.get(name))
                    .copied();
                record.points.push((name, point_value(ty, &view)));
            }
        }
    }
    record
}
