//! Service tracking (IEC 61850-7-2 clause 14, 7-4): data objects of a logical node LTRK show what a
//! client has asked for last and what became of it, so that others can log and report it.
//!
//! Which objects there are is known when the server is made; without any, a service costs one look
//! at an empty list. A service is tracked in the logical device it is about, or else in the first
//! one that has the object.

use super::Shared;
use super::access::Target;
use super::blocks::{BlockKind, FieldId};
use super::control::Outcome;
use super::session::NativeSession;
use super::space::{Kind, Place, Space, SpaceId};
use super::store::State;
use super::write::{WriteError, collect};
use crate::common::{ControlAddCause, FunctionalConstraint as Fc, Timestamp};
use crate::model::DataAttributeType as Ty;
use crate::model::arena::{Arena, NodeId, NodeKey};
use crate::server::ClientConnection;
use mms::{DataAccessError, MmsValue, ObjectName, ServiceError, TypeDescription};
use std::net::IpAddr;

/// What a service is about: the kinds of tracking objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// What has no object of its own.
    Any,
    Buffered,
    Unbuffered,
    Log,
    Goose,
    Multicast,
    Unicast,
    SettingGroup,
    SinglePoint,
    DoublePoint,
    Integer,
    Enumerated,
    AnalogueFloat,
    AnalogueInteger,
    BinaryStep,
    IntegerStep,
    BinaryAnalogue,
}

impl Subject {
    /// From the name of a data object in LTRK; there may be several of a kind, with numbers.
    fn of_name(name: &str) -> Option<Self> {
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
        Some(match name {
            "GenTrk" => Subject::Any,
            "BrcbTrk" => Subject::Buffered,
            "UrcbTrk" => Subject::Unbuffered,
            "LocbTrk" => Subject::Log,
            "GocbTrk" => Subject::Goose,
            "MsvcbTrk" => Subject::Multicast,
            "UsvcbTrk" => Subject::Unicast,
            "SgcbTrk" => Subject::SettingGroup,
            "SpcTrk" => Subject::SinglePoint,
            "DpcTrk" => Subject::DoublePoint,
            "IncTrk" => Subject::Integer,
            "EncTrk" => Subject::Enumerated,
            "ApcFTrk" => Subject::AnalogueFloat,
            "ApcIntTrk" => Subject::AnalogueInteger,
            "BscTrk" => Subject::BinaryStep,
            "IscTrk" => Subject::IntegerStep,
            "BacTrk" => Subject::BinaryAnalogue,
            _ => return None,
        })
    }

    /// Of commands for an object of the model, by its attributes.
    fn of_control(arena: &Arena, object: NodeId) -> Option<Self> {
        let child = |id: NodeId, name: &str| arena.children_named(id, name).next();
        let ty = |id: Option<NodeId>| id.and_then(|id| arena.attribute(id)).map(|a| a.ty);
        let value = child(object, "Oper").and_then(|oper| child(oper, "ctlVal"));
        if child(object, "valWTr").is_some() {
            return Some(match ty(value)? {
                Ty::CodedEnum | Ty::Boolean => Subject::BinaryStep,
                _ => Subject::IntegerStep,
            });
        }
        if child(object, "mxVal").is_some() {
            return Some(match (ty(value)?, value.and_then(|id| child(id, "f"))) {
                (Ty::Constructed, Some(_)) => Subject::AnalogueFloat,
                (Ty::Constructed, None) => Subject::AnalogueInteger,
                _ => Subject::BinaryAnalogue,
            });
        }
        Some(match ty(child(object, "stVal")).or(ty(value))? {
            Ty::Boolean => Subject::SinglePoint,
            Ty::CodedEnum => Subject::DoublePoint,
            Ty::Enumerated => Subject::Enumerated,
            _ => Subject::Integer,
        })
    }
}

/// Services in the numbers of `serviceType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    SetDataValues = 8,
    SetDataSetValues = 12,
    CreateDataSet = 13,
    DeleteDataSet = 14,
    SelectActiveSg = 16,
    SelectEditSg = 17,
    SetEditSgValue = 18,
    ConfirmEditSgValues = 19,
    SetBrcbValues = 24,
    SetUrcbValues = 26,
    SetLcbValues = 28,
    SetGoCbValues = 34,
    SetMsvcbValues = 39,
    SetUsvcbValues = 42,
    Select = 43,
    SelectWithValue = 44,
    Cancel = 45,
    Operate = 46,
    CommandTermination = 47,
    TimeActivatedOperate = 48,
}

/// Results in the numbers of `errorCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorCode {
    NoError = 0,
    InstanceNotAvailable = 1,
    InstanceInUse = 2,
    AccessViolation = 3,
    AccessNotAllowedInCurrentState = 4,
    ParameterValueInappropriate = 5,
    ParameterValueInconsistent = 6,
    ClassNotSupported = 7,
    TypeConflict = 10,
    FailedDueToServerConstraint = 12,
}

impl From<Result<(), DataAccessError>> for ErrorCode {
    fn from(result: Result<(), DataAccessError>) -> Self {
        let Err(error) = result else {
            return ErrorCode::NoError;
        };
        match error {
            DataAccessError::TemporarilyUnavailable => ErrorCode::AccessNotAllowedInCurrentState,
            DataAccessError::ObjectAccessDenied => ErrorCode::AccessViolation,
            DataAccessError::ObjectUndefined
            | DataAccessError::ObjectNonExistent
            | DataAccessError::InvalidAddress => ErrorCode::InstanceNotAvailable,
            DataAccessError::TypeInconsistent => ErrorCode::TypeConflict,
            DataAccessError::ObjectAttributeInconsistent => ErrorCode::ParameterValueInconsistent,
            DataAccessError::ObjectValueInvalid => ErrorCode::ParameterValueInappropriate,
            DataAccessError::TypeUnsupported | DataAccessError::ObjectAccessUnsupported => {
                ErrorCode::ClassNotSupported
            }
            _ => ErrorCode::FailedDueToServerConstraint,
        }
    }
}

impl From<Result<(), ServiceError>> for ErrorCode {
    fn from(result: Result<(), ServiceError>) -> Self {
        match result {
            Ok(()) => ErrorCode::NoError,
            Err(ServiceError::OBJECT_ACCESS_DENIED) => ErrorCode::AccessViolation,
            Err(ServiceError::OBJECT_NON_EXISTENT) => ErrorCode::InstanceNotAvailable,
            Err(ServiceError::OBJECT_EXISTS) => ErrorCode::InstanceInUse,
            Err(ServiceError::OBJECT_ACCESS_UNSUPPORTED) => ErrorCode::ClassNotSupported,
            Err(ServiceError::OBJECT_UNDEFINED | ServiceError::DEFINITION_OTHER) => {
                ErrorCode::ParameterValueInappropriate
            }
            Err(ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT) => {
                ErrorCode::ParameterValueInconsistent
            }
            Err(ServiceError::TYPE_INCONSISTENT) => ErrorCode::TypeConflict,
            Err(_) => ErrorCode::FailedDueToServerConstraint,
        }
    }
}

/// One tracking object.
#[derive(Debug)]
struct Tracker {
    subject: Subject,
    /// Index of the logical device.
    device: usize,
    node: SpaceId,
}

/// The tracking objects of a model.
#[derive(Debug, Default)]
pub(super) struct Tracking(Vec<Tracker>);

/// A service that has come to its end.
pub(super) struct Track {
    pub(super) subject: Subject,
    pub(super) service: Service,
    /// Of the object: `LD/LN.DO`.
    pub(super) reference: String,
    pub(super) error_code: ErrorCode,
    /// Who asked for it.
    pub(super) originator: Vec<u8>,
    /// Parameters of the service, by the names of their attributes.
    pub(super) parameters: Vec<(String, MmsValue)>,
}

/// How a tracking object names a client.
pub(super) fn originator(client: &ClientConnection) -> Vec<u8> {
    match client.peer_address().ip().to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The name that an attribute of a control block has in its tracking object.
fn tracked_name(field: &str) -> String {
    match field {
        "GI" => "gi".to_owned(),
        // Spelt so in IEC 61850-8-1.
        "TimeofEntry" => "timeOfEntry".to_owned(),
        _ => {
            let mut rest = field.chars();
            let first = rest.next().map(|c| c.to_ascii_lowercase());
            first.into_iter().chain(rest).collect()
        }
    }
}

/// A number as the type wants it: control blocks and their tracking objects differ in the sign.
fn fitted(ty: Option<TypeDescription>, value: MmsValue) -> MmsValue {
    match (ty, &value) {
        (Some(TypeDescription::Unsigned(_)), MmsValue::Integer(number)) => {
            u64::try_from(*number).map_or(value, MmsValue::Unsigned)
        }
        (Some(TypeDescription::Integer(_)), MmsValue::Unsigned(number)) => {
            i64::try_from(*number).map_or(value, MmsValue::Integer)
        }
        _ => value,
    }
}

impl Tracking {
    pub(super) fn new(space: &Space, arena: &Arena) -> Self {
        let mut trackers = Vec::new();
        for (device, &id) in arena.logical_devices.iter().enumerate() {
            let logical_nodes = arena.children(id).filter(|node| {
                let name = arena.name(*node);
                name.trim_end_matches(|c: char| c.is_ascii_digit())
                    .ends_with("LTRK")
            });
            for object in logical_nodes.flat_map(|node| arena.children(node)) {
                let Some(subject) = Subject::of_name(arena.name(object)) else {
                    continue;
                };
                if let Some(place) = space.place_of(arena, NodeKey::from(object), Fc::SR) {
                    trackers.push(Tracker {
                        subject,
                        device,
                        node: place.node,
                    });
                }
            }
        }
        Tracking(trackers)
    }

    /// The object for services of this kind in a logical device.
    fn tracker(&self, subject: Subject, device: Option<usize>) -> Option<&Tracker> {
        let mut of_kind = self.0.iter().filter(|tracker| tracker.subject == subject);
        let first = of_kind.clone().next();
        of_kind
            .find(|tracker| Some(tracker.device) == device)
            .or(first)
    }
}

impl Shared {
    /// Whether any service is tracked.
    pub(super) fn tracks(&self) -> bool {
        !self.tracking.0.is_empty()
    }

    /// Shows a service that has come to its end.
    pub(super) fn track(&self, track: Track) {
        let domain = track.reference.split_once('/').map(|(domain, _)| domain);
        let device = domain.and_then(|domain| self.space.domain_number(domain));
        let Some(tracker) = self.tracking.tracker(track.subject, device) else {
            return;
        };
        let now = Timestamp::from_ms(self.clock.now_ms());
        let mut writes = Vec::new();
        let mut set = |name: &str, value: MmsValue| {
            let space = &self.space;
            let Some(node) = space.child(space.node(tracker.node), name) else {
                return;
            };
            let value = fitted(space.leaf_type(&self.arena, space.node(node)), value);
            let mut leaves = Vec::new();
            // What does not fit the model is not shown.
            if collect(
                space,
                &self.arena,
                Place { node, offset: 0 },
                value,
                &mut leaves,
            )
            .is_ok()
            {
                writes.extend(leaves.into_iter().map(|w| (space.slot(w.place), w.value)));
            }
        };
        for (name, value) in track.parameters {
            set(&name, value);
        }
        set("objRef", MmsValue::VisibleString(track.reference));
        set("serviceType", MmsValue::Integer(track.service as i64));
        set("errorCode", MmsValue::Integer(track.error_code as i64));
        set("originatorID", MmsValue::OctetString(track.originator));
        set("t", MmsValue::UtcTime(now));
        let state = self.store.lock_in_task();
        self.apply(state, writes);
    }

    /// Tracks what a client has done with something that has no tracking object of its own.
    pub(super) fn track_any(
        &self,
        client: &ClientConnection,
        service: Service,
        reference: String,
        error_code: ErrorCode,
    ) {
        let subject = match service {
            Service::SetEditSgValue => Subject::SettingGroup,
            _ => Subject::Any,
        };
        self.track(Track {
            subject,
            service,
            reference,
            error_code,
            originator: originator(client),
            parameters: Vec::new(),
        });
    }

    /// The reference of a node of the address space, without its functional constraint.
    pub(super) fn reference_at(&self, node: SpaceId) -> Option<String> {
        let space = &self.space;
        let mut path: Vec<SpaceId> = space.ancestors(node).collect();
        path.reverse();
        let first = path.first()?;
        let mut domains = space.domains.iter();
        let domain = domains.find(|domain| domain.nodes.contains(&first.0))?;
        let mut reference = format!("{}/", domain.name);
        let mut around: Option<SpaceId> = None;
        for (depth, id) in path.into_iter().enumerate() {
            // An element of an array has the name of the array.
            let element = around.is_some_and(|id| space.node(id).kind == Kind::Array);
            around = Some(id);
            if depth == 1 || element {
                continue;
            }
            if depth > 1 {
                reference.push('.');
            }
            reference.push_str(space.name(space.node(id)));
        }
        Some(reference)
    }

    /// Tracks that a client has written a field of a control block. The tracking object has the
    /// attributes of the control block, and of the one that was written the value the client wanted.
    pub(super) fn track_block(
        &self,
        client: &ClientConnection,
        field: SpaceId,
        value: MmsValue,
        error_code: ErrorCode,
    ) {
        let space = &self.space;
        let Some((kind, fields)) = space
            .field(space.node(field))
            .and_then(|field| space.blocks.get(field.block as usize))
            .map(|block| (block.kind, &block.fields))
        else {
            return;
        };
        // The structure of the control block: behind logical node and functional constraint.
        let mut path: Vec<SpaceId> = space.ancestors(field).collect();
        path.reverse();
        let (Some(&block), Some(&attribute)) = (path.get(2), path.get(3)) else {
            return;
        };
        let name = |id: SpaceId| &**space.name(space.node(id));
        let has = |field| fields.iter().any(|(id, _)| *id == field);
        let (subject, service) = match kind {
            BlockKind::Report(_) if has(FieldId::PurgeBuf) => {
                (Subject::Buffered, Service::SetBrcbValues)
            }
            BlockKind::Report(_) => (Subject::Unbuffered, Service::SetUrcbValues),
            BlockKind::Log(_) => (Subject::Log, Service::SetLcbValues),
            BlockKind::Goose(_) => (Subject::Goose, Service::SetGoCbValues),
            BlockKind::SampledValues(_) if has(FieldId::UsvId) => {
                (Subject::Unicast, Service::SetUsvcbValues)
            }
            BlockKind::SampledValues(_) => (Subject::Multicast, Service::SetMsvcbValues),
            BlockKind::SettingGroup(_) => (
                Subject::SettingGroup,
                match name(attribute) {
                    "EditSG" => Service::SelectEditSg,
                    "CnfEdit" => Service::ConfirmEditSgValues,
                    _ => Service::SelectActiveSg,
                },
            ),
        };
        let Some(reference) = self.reference_at(block) else {
            return;
        };
        let mut parameters = self.block_values(&self.store.lock_in_task(), block);
        if attribute == field {
            let written = tracked_name(name(field));
            parameters.retain(|(name, _)| *name != written);
            parameters.push((written, value));
        }
        self.track(Track {
            subject,
            service,
            reference,
            error_code,
            originator: originator(client),
            parameters,
        });
    }

    fn block_values(&self, state: &State, block: SpaceId) -> Vec<(String, MmsValue)> {
        let space = &self.space;
        let node = space.node(block);
        let fields = (node.first..node.first + node.count).map(SpaceId);
        fields
            .filter_map(|node| {
                let value = space.value(&state.values, Place { node, offset: 0 })?;
                Some((tracked_name(space.name(space.node(node))), value))
            })
            .collect()
    }

    /// Tracks a command for a controllable object. `parameters` are those of the command, in the
    /// components of the structure it was written to.
    pub(super) fn track_command(
        &self,
        object: NodeId,
        service: Service,
        originator: &[u8],
        command: Option<(SpaceId, &MmsValue)>,
        result: Result<(), (DataAccessError, ControlAddCause)>,
    ) {
        if !self.tracks() {
            return;
        }
        let Some(subject) = Subject::of_control(&self.arena, object) else {
            return;
        };
        let space = &self.space;
        let mut parameters = Vec::new();
        if let Some((structure, MmsValue::Structure(values))) = command {
            let components = space.children(space.node(structure)).iter().zip(values);
            parameters.extend(
                components.map(|(node, value)| (space.name(node).to_string(), value.clone())),
            );
        }
        let cause = result
            .err()
            .map_or(ControlAddCause::None, |(_, cause)| cause);
        let cause = MmsValue::Integer(cause.value().into());
        parameters.push(("respAddCause".to_owned(), cause));
        self.track(Track {
            subject,
            service,
            reference: self.arena.reference(object.into()),
            error_code: ErrorCode::from(result.map_err(|(error, _)| error)),
            originator: originator.to_vec(),
            parameters,
        });
    }
}

/// What an association does with data and data sets.
impl NativeSession {
    /// Tracks a write of one variable, unless it is a command or a field of a control block: those
    /// are tracked as such.
    pub(super) fn track_write(&self, target: Target<'_>, outcome: &Outcome) {
        let shared = &self.shared;
        let (true, Some(written)) = (shared.tracks(), outcome.written()) else {
            return;
        };
        let (Target::Whole(place) | Target::Range { array: place, .. } | Target::Parts(place, _)) =
            target;
        let node = shared.space.node(place.node);
        if node.kind == Kind::Field || node.fc == Fc::CO {
            return;
        }
        let service = match node.fc {
            Fc::SE => Service::SetEditSgValue,
            _ => Service::SetDataValues,
        };
        let Some(reference) = shared.reference_at(place.node) else {
            return;
        };
        let error_code = written.map_err(WriteError::on_the_wire).into();
        shared.track_any(&self.client, service, reference, error_code);
    }

    /// Tracks a write of the members of a data set.
    pub(super) fn track_list_write(&self, name: ObjectName<'_>, outcomes: &[Outcome]) {
        if self.shared.tracks() {
            let mut written = outcomes.iter().filter_map(Outcome::written);
            let result = written.find(Result::is_err).unwrap_or(Ok(()));
            let error_code = result.map_err(WriteError::on_the_wire).into();
            self.track_list(Service::SetDataSetValues, name, error_code);
        }
    }

    /// Tracks what was done with a data set.
    pub(super) fn track_list(&self, service: Service, name: ObjectName<'_>, error_code: ErrorCode) {
        if self.shared.tracks() {
            let reference = data_set_reference(name);
            self.shared
                .track_any(&self.client, service, reference, error_code);
        }
    }
}

/// The reference of a data set as tracking objects have it: `LD/LN.name`.
pub(super) fn data_set_reference(name: ObjectName<'_>) -> String {
    match name {
        ObjectName::Domain { domain, item } => format!("{domain}/{}", item.replace('$', ".")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_attributes() {
        for (field, tracked) in [
            ("RptID", "rptID"),
            ("GI", "gi"),
            ("TimeofEntry", "timeOfEntry"),
            ("NumOfSG", "numOfSG"),
            ("LActTm", "lActTm"),
            ("noASDU", "noASDU"),
            ("", ""),
        ] {
            assert_eq!(tracked_name(field), tracked);
        }
    }

    #[test]
    fn names_of_objects() {
        assert_eq!(Subject::of_name("EncTrk2"), Some(Subject::Enumerated));
        assert_eq!(Subject::of_name("GenTrk"), Some(Subject::Any));
        assert_eq!(Subject::of_name("NamPlt"), None);
    }

    #[test]
    fn references_of_data_sets() {
        let domain = ObjectName::domain("LD0", "LLN0$Events");
        assert_eq!(data_set_reference(domain), "LD0/LLN0.Events");
        let own = ObjectName::Association("Own");
        assert_eq!(data_set_reference(own), "@Own");
    }
}
