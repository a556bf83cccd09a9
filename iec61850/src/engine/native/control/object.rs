//! Controllable objects of the address space: where their commands come in, and the attributes that
//! show what became of them.

use super::super::space::{Kind, Place, Space, SpaceId};
use super::state::State;
use crate::common::FunctionalConstraint as Fc;
use crate::model::arena::{Arena, NodeId, NodeKey};
use crate::server::control::{CANCEL, OPER, SBO, SBOW};
use mms::{MmsValue, ObjectName, UtcTime};
use parking_lot::Mutex;

/// An object that can be controlled.
pub(super) struct ControlObject {
    pub(super) key: NodeKey,
    /// `LN$CO$DO` in the domain of the logical device.
    domain: String,
    item: String,
    pub(super) oper: Structure,
    pub(super) select_with_value: Option<Structure>,
    pub(super) cancel: Option<Structure>,
    pub(super) attributes: Attributes,
    pub(super) state: Mutex<State>,
}

/// A structure of the address space that takes commands: which of its components are which.
pub(super) struct Structure {
    pub(super) name: &'static str,
    pub(super) node: SpaceId,
    value: Option<usize>,
    oper_tm: Option<usize>,
    origin: Option<usize>,
    ctl_num: Option<usize>,
    t: Option<usize>,
    test: Option<usize>,
    check: Option<usize>,
}

/// Slots of the attributes that configure the object or reflect its commands, where it has them.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) ctl_model: Option<u32>,
    pub(super) sbo_timeout: Option<u32>,
    pub(super) sbo_class: Option<u32>,
    pub(super) oper_timeout: Option<u32>,
    pub(super) or_cat: Option<u32>,
    pub(super) or_ident: Option<u32>,
    pub(super) ctl_num: Option<u32>,
    pub(super) st_seld: Option<u32>,
    pub(super) op_rcvd: Option<u32>,
    pub(super) op_ok: Option<u32>,
    pub(super) t_op_ok: Option<u32>,
}

/// What a command carries (IEC 61850-7-2, control parameters).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameters {
    /// All of it, as it came.
    pub(super) all: MmsValue,
    pub(super) value: MmsValue,
    /// Zero is none.
    pub(super) oper_tm: Option<UtcTime>,
    pub(super) or_cat: i64,
    pub(super) or_ident: Vec<u8>,
    pub(super) ctl_num: Option<u8>,
    pub(super) t: UtcTime,
    pub(super) test: bool,
    pub(super) synchro_check: bool,
    pub(super) interlock_check: bool,
}

impl Parameters {
    /// Whether an operate carries what the select carried. `T` and `operTm` are the command's own.
    pub(super) fn agree(&self, select: &Parameters) -> bool {
        let of = |p: &Parameters| {
            (
                p.or_cat,
                p.ctl_num,
                p.test,
                p.synchro_check,
                p.interlock_check,
            )
        };
        self.value == select.value && self.or_ident == select.or_ident && of(self) == of(select)
    }
}

impl ControlObject {
    /// The object of the model, if the address space has all it needs.
    pub(super) fn of(space: &Space, arena: &Arena, id: NodeId) -> Option<(Self, Option<SpaceId>)> {
        let key = NodeKey::from(id);
        let place = space.place_of(arena, key, Fc::CO)?;
        let structure = |name| Structure::of(space, place.node, name);
        let path: Vec<&str> = {
            let mut path: Vec<&str> = arena.ancestors(id).map(|id| &**arena.name(id)).collect();
            path.pop();
            path.reverse();
            path
        };
        let (logical_node, path) = path.split_first()?;
        let sbo = space
            .child(space.node(place.node), SBO)
            .filter(|&sbo| space.node(sbo).kind == Kind::Attribute);
        let object = ControlObject {
            key,
            domain: arena.domain_name(arena.logical_device_of(id)),
            item: format!("{logical_node}${}${}", Fc::CO, path.join("$")),
            oper: structure(OPER).filter(|oper| oper.value.is_some())?,
            select_with_value: structure(SBOW),
            cancel: structure(CANCEL),
            attributes: Attributes::of(space, arena, key),
            state: Mutex::default(),
        };
        Some((object, sbo))
    }

    /// `LD/LN$CO$DO`: what a client that selects by reading gets.
    pub(super) fn reference(&self) -> String {
        format!("{}/{}", self.domain, self.item)
    }

    /// The item of one of the structures.
    pub(super) fn item(&self, structure: &Structure) -> String {
        format!("{}${}", self.item, structure.name)
    }

    /// A name in the domain of the object.
    pub(super) fn name<'a>(&'a self, item: &'a str) -> ObjectName<'a> {
        ObjectName::domain(&self.domain, item)
    }

    /// The reference of one of the structures, for a LastApplError.
    pub(super) fn reference_of(&self, structure: &Structure) -> String {
        format!("{}/{}", self.domain, self.item(structure))
    }
}

impl Structure {
    fn of(space: &Space, object: SpaceId, name: &'static str) -> Option<Self> {
        let id = space.child(space.node(object), name)?;
        let node = space.node(id);
        if node.kind != Kind::Structure {
            return None;
        }
        let component = |name: &str| {
            let components = space.children(node);
            components.iter().position(|c| &**space.name(c) == name)
        };
        Some(Structure {
            name,
            node: id,
            value: component("ctlVal"),
            oper_tm: component("operTm"),
            origin: component("origin"),
            ctl_num: component("ctlNum"),
            t: component("T"),
            test: component("Test"),
            check: component("Check"),
        })
    }

    /// The parameters in a value of this structure.
    pub(super) fn parameters(&self, all: MmsValue) -> Parameters {
        let part = |at: Option<usize>| at.and_then(|at| all.get_element(at).ok());
        let time = |at| part(at).and_then(|value| value.to_timestamp().ok());
        let origin = |at| part(self.origin).and_then(|origin| origin.get_element(at).ok());
        // Bit 0 of Check is the synchrocheck, bit 1 the interlocking.
        let check = |bit| part(self.check).is_some_and(|check| check.bit(bit).unwrap_or(false));
        Parameters {
            value: part(self.value)
                .cloned()
                .unwrap_or(MmsValue::Boolean(false)),
            oper_tm: time(self.oper_tm).filter(|time| *time.as_bytes() != [0; 8]),
            or_cat: origin(0).map_or(0, |value| value.to_int64().unwrap_or(0)),
            or_ident: origin(1)
                .and_then(|value| value.to_octet_string().ok())
                .map(<[u8]>::to_vec)
                .unwrap_or_default(),
            ctl_num: part(self.ctl_num)
                .and_then(|value| value.to_uint32().ok())
                .map(|number| number as u8),
            t: time(self.t).unwrap_or_default(),
            test: part(self.test).is_some_and(|test| test.to_bool().unwrap_or(false)),
            synchro_check: check(0),
            interlock_check: check(1),
            all,
        }
    }

    /// The value of the structure with no time to wait for: so a CommandTermination differs from
    /// the message that says that the time has come.
    pub(super) fn without_time(&self, mut all: MmsValue) -> MmsValue {
        if let Some(at) = self.oper_tm {
            // There is such a component: the value was checked against the type.
            let _ = all.set_element(at, UtcTime::new().into());
        }
        all
    }
}

impl Attributes {
    fn of(space: &Space, arena: &Arena, key: NodeKey) -> Self {
        let slot = |constraints: &[Fc], path: &[&str]| {
            constraints.iter().find_map(|&fc| {
                let place = space.place_of(arena, key, fc)?;
                let node = path
                    .iter()
                    .try_fold(place.node, |node, name| space.child(space.node(node), name))?;
                let leaf = space.node(node).kind == Kind::Attribute;
                leaf.then(|| space.slot(Place { node, ..place }))
            })
        };
        let configured = |name| slot(&[Fc::CF], &[name]);
        // Analogue classes have their state in MX.
        let status = |path: &[&str]| slot(&[Fc::ST, Fc::MX], path);
        let operated = |name| slot(&[Fc::OR, Fc::ST, Fc::MX], &[name]);
        Attributes {
            ctl_model: configured("ctlModel"),
            sbo_timeout: configured("sboTimeout"),
            sbo_class: configured("sboClass"),
            oper_timeout: configured("operTimeout"),
            or_cat: status(&["origin", "orCat"]),
            or_ident: status(&["origin", "orIdent"]),
            ctl_num: status(&["ctlNum"]),
            st_seld: status(&["stSeld"]),
            op_rcvd: operated("opRcvd"),
            op_ok: operated("opOk"),
            t_op_ok: operated("tOpOk"),
        }
    }
}
