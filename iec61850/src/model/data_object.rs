use super::arena::{Arena, NodeKey, NodeKind};
use super::data_attribute::create_attribute;
use super::node::{Handle, node_type};
use super::{DataAttribute, DataAttributeType, IedModel, name};
use crate::Error;
use crate::common::{FunctionalConstraint, TriggerOptions};
use mms::{MmsValue, TypeDescription};

/// A data object, an array of data objects, or an element of such an array.
#[derive(Clone)]
pub struct DataObject {
    pub(crate) handle: Handle,
}

node_type!(DataObject, into_data_object, "is no data object");

impl DataObject {
    pub(super) fn of(model: &IedModel, arena: &Arena, key: NodeKey) -> Self {
        DataObject {
            handle: Handle::of(model, arena, key),
        }
    }

    /// The attribute at the end of a path below the object, if it has the functional constraint.
    pub fn child_with_fc(&self, path: &str, fc: FunctionalConstraint) -> Option<DataAttribute> {
        self.handle.read(|arena| {
            let key = arena.resolve_path(self.handle.key, path, Some(fc)).ok()?;
            arena.attribute(key.id)?;
            Some(DataAttribute::of(&self.handle.model, arena, key))
        })
    }

    /// Appends a sub data object; `count` is the number of elements of an array, 0 for none.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`], [`Error::Duplicate`], and
    /// [`Error::WrongCount`] if the array is longer than 65535 or the third within each other.
    pub fn create_data_object(&self, name: &str, count: u32) -> Result<DataObject, Error> {
        create_object(&self.handle, name, count)
    }

    /// Appends an attribute; `count` is the number of elements of an array, 0 for none.
    ///
    /// The short address is a number for the application's own use.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`]; [`Error::Duplicate`] if there is an
    /// attribute of this name and functional constraint; [`Error::WrongCount`] as for
    /// [`DataObject::create_data_object`]; [`Error::InvalidFunctionalConstraint`] if the
    /// functional constraint is not one of data.
    pub fn create_data_attribute(
        &self,
        name: &str,
        ty: DataAttributeType,
        fc: FunctionalConstraint,
        trigger_options: TriggerOptions,
        count: u32,
        short_address: u32,
    ) -> Result<DataAttribute, Error> {
        let def = (ty, fc, trigger_options, count, short_address);
        create_attribute(&self.handle, name, def)
    }

    /// Number of elements if the object is an array, else 0. An element of an array is none.
    pub fn array_count(&self) -> u32 {
        self.handle.read(|arena| arena.open_count(self.handle.key))
    }

    /// One element of an array.
    pub fn element(&self, index: u32) -> Option<DataObject> {
        self.handle.read(|arena| {
            let key = arena.element(self.handle.key, index)?;
            Some(DataObject::of(&self.handle.model, arena, key))
        })
    }

    /// The common data class, if it was given.
    pub fn cdc(&self) -> Option<String> {
        self.handle
            .read(|arena| match arena.node(self.handle.id()).kind {
                NodeKind::DataObject { cdc: Some(cdc), .. } => Some(arena.text(cdc).to_string()),
                _ => None,
            })
    }

    /// Notes the common data class, such as `SPS`. It describes the object and has no effect.
    ///
    /// # Errors
    /// [`Error::ModelInUse`].
    pub fn set_cdc(&self, cdc: &str) -> Result<(), Error> {
        self.handle.model.edit(|arena, index| {
            let name = index.intern(arena, cdc)?;
            if let NodeKind::DataObject { cdc, .. } = &mut arena.node_mut(self.handle.id()).kind {
                *cdc = Some(name);
            }
            Ok(())
        })
    }

    /// The MMS type of the attributes with a functional constraint, as clients see it under
    /// `LN$FC$DO`; `None` if there are none.
    pub fn type_description(&self, fc: FunctionalConstraint) -> Option<TypeDescription> {
        self.handle
            .read(|arena| arena.type_description(self.handle.key, fc))
    }

    /// The values at the start of the attributes with a functional constraint, in the shape of
    /// [`DataObject::type_description`].
    pub fn initial_value(&self, fc: FunctionalConstraint) -> Option<MmsValue> {
        self.handle
            .read(|arena| arena.initial_value(self.handle.key, fc))
    }
}

pub(super) fn create_object(parent: &Handle, name: &str, count: u32) -> Result<DataObject, Error> {
    name::check("data object", name)?;
    let kind = NodeKind::DataObject { count, cdc: None };
    parent.model.edit(|arena, index| {
        let id = index.add(arena, Some(parent.id()), name, kind)?;
        let key = NodeKey { id, ..parent.key };
        Ok(DataObject::of(&parent.model, arena, key))
    })
}
