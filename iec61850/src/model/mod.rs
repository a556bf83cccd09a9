//! The data model of an IED: logical devices, logical nodes, data objects and attributes, data
//! sets and control blocks.
//!
//! A model is built through handles, from nothing or by the loaders for SCL and `.cfg` files, and
//! then given to a server. From then on it cannot be changed.
//!
//! ```
//! use iec61850::{CdcFactory, CdcOptions, IedModel, MmsValue, ModelNodeExt};
//! use iec61850::ReportControlBlockOptions;
//!
//! let model = IedModel::new("IED1")?;
//! let ld = model.create_logical_device("LD0", None)?;
//! let lln0 = ld.create_logical_node("LLN0")?;
//! let ttmp = ld.create_logical_node("TTMP1")?;
//! let temperature = ttmp.create_cdc_sav("TmpSv", false, CdcOptions::empty())?;
//! let value = temperature.child_attribute("instMag.f")?;
//! value.init_value(&MmsValue::Float32(20.5))?;
//!
//! let events = lln0.create_dataset("events")?;
//! events.create_dataset_entry("TTMP1$MX$TmpSv$instMag$f", None, None)?;
//! let options = ReportControlBlockOptions {
//!     dataset_name: Some("events".into()),
//!     ..Default::default()
//! };
//! lln0.create_report_control_block("events01", "IED1/events", false, options)?;
//!
//! assert_eq!(value.reference(), "IED1LD0/TTMP1.TmpSv.instMag.f");
//! # Ok::<(), iec61850::Error>(())
//! ```

pub(crate) mod arena;
mod attribute_type;
mod build;
mod cdc;
pub(crate) mod control_block;
mod data_attribute;
mod data_object;
mod data_set;
mod dump;
mod enum_type;
mod logical_device;
mod logical_node;
mod lookup;
mod name;
mod node;
mod value;

#[cfg(test)]
mod tests;

pub use attribute_type::DataAttributeType;
pub use cdc::CdcFactory;
pub use control_block::{
    GooseControlBlock, GooseControlBlockOptions, Log, LogControlBlock, LogControlBlockOptions,
    ReportControlBlock, ReportControlBlockOptions, SVControlBlock, SettingGroupControlBlock,
    SvControlBlock, SvControlBlockOptions,
};
pub use data_attribute::DataAttribute;
pub use data_object::DataObject;
pub use data_set::{Dataset, DatasetEntry};
pub use enum_type::EnumType;
pub use logical_device::LogicalDevice;
pub use logical_node::LogicalNode;
pub use node::{ModelNode, ModelNodeExt, ModelNodeType};

use crate::common::ObjectReference;
use crate::{Error, ReferenceError};
use arena::{Arena, NodeId, NodeKey, NodeKind};
use build::BuildIndex;
use parking_lot::RwLock;
use std::fmt;
use std::sync::Arc;

/// The data model of one IED.
///
/// Cloning is cheap and gives another handle of the same model; two handles are equal if they are
/// of the same model. For comparing what two models hold there is
/// [`structurally_equal`](IedModel::structurally_equal).
#[derive(Clone)]
pub struct IedModel(Arc<RwLock<State>>);

struct State {
    arena: Arc<Arena>,
    /// Only there while the model is built.
    index: Option<BuildIndex>,
    in_use: bool,
}

impl IedModel {
    /// An empty model of an IED.
    ///
    /// # Errors
    /// [`Error::InvalidName`] if the name is not letters, digits and `_`, beginning with a letter.
    pub fn new(name: &str) -> Result<Self, Error> {
        name::check("IED", name)?;
        let mut arena = Arena::default();
        arena.name.push_str(name);
        Ok(IedModel(Arc::new(RwLock::new(State {
            arena: Arc::new(arena),
            index: None,
            in_use: false,
        }))))
    }

    /// Name of the IED.
    pub fn name(&self) -> String {
        self.read(|arena| arena.name.clone())
    }

    /// Renames the IED, which changes the names of its logical devices and all references.
    ///
    /// # Errors
    /// [`Error::ModelInUse`]; [`Error::InvalidName`] if the name is not allowed or makes the name
    /// of a logical device too long; [`Error::Duplicate`] if two logical devices would have the
    /// same name.
    pub fn set_name(&self, name: &str) -> Result<(), Error> {
        name::check("IED", name)?;
        self.edit(|arena, _| {
            let old = std::mem::replace(&mut arena.name, name.to_owned());
            let checked = arena.check_domains();
            if checked.is_err() {
                arena.name = old;
            }
            checked
        })
    }

    /// Appends a logical device.
    ///
    /// `inst` is its instance; clients see it as IED name and instance, or as `ld_name` if that
    /// is given.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`], and [`Error::Duplicate`] if the instance or
    /// the name is taken.
    pub fn create_logical_device(
        &self,
        inst: &str,
        ld_name: Option<&str>,
    ) -> Result<LogicalDevice, Error> {
        name::check_inst("logical device", inst)?;
        if let Some(ld_name) = ld_name {
            name::check("logical device name", ld_name)?;
        }
        self.edit(|arena, index| {
            let duplicate = |name: &str, arena: &Arena| Error::Duplicate {
                what: "logical device",
                name: name.to_owned(),
                parent: arena.name.clone(),
            };
            let domain = match ld_name {
                Some(name) => name.to_owned(),
                None => format!("{}{inst}", arena.name),
            };
            if domain.len() > name::MAX_DOMAIN {
                return Err(name::fault(
                    "logical device",
                    &domain,
                    "is longer than 64 characters",
                ));
            }
            for &ld in &arena.logical_devices {
                if &**arena.name(ld) == inst {
                    return Err(duplicate(inst, arena));
                }
                if arena.domain_name(ld) == domain {
                    return Err(duplicate(&domain, arena));
                }
            }
            let kind = NodeKind::LogicalDevice {
                ld_name: ld_name.map(|name| index.intern(arena, name)).transpose()?,
            };
            let id = index.add(arena, None, inst, kind)?;
            arena.logical_devices.push(id);
            Ok(LogicalDevice::of(self, arena, id))
        })
    }

    /// The logical devices, in the order they were created.
    pub fn logical_devices(&self) -> Vec<LogicalDevice> {
        self.read(|arena| {
            arena
                .logical_devices
                .iter()
                .map(|&id| LogicalDevice::of(self, arena, id))
                .collect()
        })
    }

    /// The logical device with an instance.
    pub fn logical_device_by_instance(&self, inst: &str) -> Option<LogicalDevice> {
        self.read(|arena| {
            let id = arena.device_by_instance(inst)?;
            Some(LogicalDevice::of(self, arena, id))
        })
    }

    /// The logical device clients see under a name.
    pub fn logical_device_by_name(&self, name: &str) -> Option<LogicalDevice> {
        self.read(|arena| {
            let id = arena.device_by_domain(name)?;
            Some(LogicalDevice::of(self, arena, id))
        })
    }

    /// The node with a full reference, such as `IED1LD0/MMXU1.PhV.phsA.cVal.mag.f`, or in the form
    /// of MMS. A functional constraint in the reference has to fit.
    pub fn model_node_by_reference(&self, reference: &str) -> Option<ModelNode> {
        self.node_by_reference(reference).ok()
    }

    /// As [`IedModel::model_node_by_reference`], and says what is not there.
    ///
    /// # Errors
    /// [`Error::Reference`] if the text is no reference, [`Error::NotFound`] with the part of it
    /// that does not exist.
    pub fn node_by_reference(&self, reference: &str) -> Result<ModelNode, Error> {
        self.resolve(reference, |arena, name| {
            arena
                .device_by_domain(name)
                .ok_or_else(|| no_device(arena, name))
        })
    }

    /// The node with a reference that begins with the instance of the logical device, such as
    /// `LD0/MMXU1.PhV.phsA.cVal.mag.f`.
    pub fn model_node_by_short_reference(&self, reference: &str) -> Option<ModelNode> {
        self.resolve(reference, |arena, inst| {
            arena
                .device_by_instance(inst)
                .ok_or_else(|| no_device(arena, inst))
        })
        .ok()
    }

    fn resolve(
        &self,
        reference: &str,
        device: impl FnOnce(&Arena, &str) -> Result<NodeId, Error>,
    ) -> Result<ModelNode, Error> {
        let reference: ObjectReference = reference
            .parse()
            .map_err(|e: ReferenceError| Error::Reference(e))?;
        self.read(|arena| {
            let device = device(arena, reference.logical_device())?;
            let key = arena.resolve_reference(device, &reference)?;
            Ok(self.node_of(arena, key))
        })
    }

    /// The data set with a reference: `LD/LN$name` or `LD/LN.name`, the logical device by its name
    /// or its instance.
    pub fn dataset_by_reference(&self, reference: &str) -> Option<Dataset> {
        let reference: ObjectReference = reference.parse().ok()?;
        self.read(|arena| {
            let index = arena.data_set_by_reference(&reference)?;
            Dataset::of(self, arena, index)
        })
    }

    /// All data sets, in the order they were created.
    pub fn datasets(&self) -> Vec<Dataset> {
        self.read(|arena| {
            (0..arena.data_sets.len())
                .filter_map(|index| Dataset::of(self, arena, index))
                .collect()
        })
    }

    /// Whether the other model has the same names, types, values, data sets and control blocks, in
    /// the same order.
    pub fn structurally_equal(&self, other: &IedModel) -> bool {
        self.dump() == other.dump()
    }

    /// Takes the model for a server: it cannot be changed until [`IedModel::release`].
    pub(crate) fn acquire(&self) -> Result<Arc<Arena>, Error> {
        let mut state = self.0.write();
        if state.in_use {
            return Err(in_use(&state.arena));
        }
        state.in_use = true;
        state.index = None;
        if let Some(arena) = Arc::get_mut(&mut state.arena) {
            arena.shrink();
        }
        Ok(state.arena.clone())
    }

    /// Gives the model back.
    pub(crate) fn release(&self) {
        self.0.write().in_use = false;
    }

    pub(crate) fn read<R>(&self, f: impl FnOnce(&Arena) -> R) -> R {
        f(&self.0.read().arena)
    }

    fn edit<R>(
        &self,
        f: impl FnOnce(&mut Arena, &mut BuildIndex) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut state = self.0.write();
        if state.in_use {
            return Err(in_use(&state.arena));
        }
        let State { arena, index, .. } = &mut *state;
        // A server that has given the model back may hold its arena a little longer; then this
        // makes a copy.
        let arena = Arc::make_mut(arena);
        let index = index.get_or_insert_with(|| BuildIndex::of(arena));
        f(arena, index)
    }

    pub(crate) fn node_of(&self, arena: &Arena, key: NodeKey) -> ModelNode {
        ModelNode::of(self, arena, key)
    }
}

fn in_use(arena: &Arena) -> Error {
    Error::ModelInUse {
        model: arena.name.clone(),
    }
}

fn no_device(arena: &Arena, name: &str) -> Error {
    Error::NotFound {
        what: "logical device",
        name: name.to_owned(),
        parent: arena.name.clone(),
    }
}

impl PartialEq for IedModel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for IedModel {}

impl std::hash::Hash for IedModel {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl fmt::Debug for IedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IedModel({})", self.name())
    }
}
