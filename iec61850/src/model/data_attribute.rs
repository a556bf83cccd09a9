use super::arena::{Arena, AttributeDef, NodeKey, NodeKind};
use super::build::check_attribute_parent;
use super::node::{Handle, node_type};
use super::{DataAttributeType, EnumType, IedModel, name};
use crate::Error;
use crate::common::{FunctionalConstraint, TriggerOptions};
use mms::{MmsValue, TypeDescription};
use std::sync::Arc;

/// A data attribute, an array of attributes, or an element of such an array.
#[derive(Clone)]
pub struct DataAttribute {
    pub(crate) handle: Handle,
}

node_type!(DataAttribute, into_data_attribute, "is no data attribute");

impl DataAttribute {
    pub(super) fn of(model: &IedModel, arena: &Arena, key: NodeKey) -> Self {
        DataAttribute {
            handle: Handle::of(model, arena, key),
        }
    }

    fn attribute<R>(&self, f: impl FnOnce(&Arena, &AttributeDef) -> R) -> Option<R> {
        self.handle
            .read(|arena| Some(f(arena, arena.attribute(self.handle.id())?)))
    }

    /// The basic type.
    pub fn attribute_type(&self) -> DataAttributeType {
        self.attribute(|_, attribute| attribute.ty)
            .unwrap_or(DataAttributeType::UnknownType)
    }

    /// The functional constraint.
    pub fn fc(&self) -> FunctionalConstraint {
        self.attribute(|_, attribute| attribute.fc)
            .unwrap_or(FunctionalConstraint::NONE)
    }

    /// Which changes of the attribute count as events.
    pub fn trigger_options(&self) -> TriggerOptions {
        self.attribute(|_, attribute| attribute.trigger_options)
            .unwrap_or_default()
    }

    /// The number for the application's own use.
    pub fn short_address(&self) -> u32 {
        self.attribute(|_, attribute| attribute.short_address)
            .unwrap_or_default()
    }

    /// Number of elements if the attribute is an array, else 0. An element of an array is none.
    pub fn array_count(&self) -> u32 {
        self.handle.read(|arena| arena.open_count(self.handle.key))
    }

    /// One element of an array.
    pub fn element(&self, index: u32) -> Option<DataAttribute> {
        self.handle.read(|arena| {
            let key = arena.element(self.handle.key, index)?;
            Some(DataAttribute::of(&self.handle.model, arena, key))
        })
    }

    /// The names of the numbers, if the attribute is enumerated and they were given.
    pub fn enum_type(&self) -> Option<Arc<EnumType>> {
        self.attribute(|arena, attribute| arena.enum_type(attribute).cloned())?
    }

    /// Gives an enumerated attribute the names of its numbers. Numbers above 127 widen its MMS
    /// type.
    ///
    /// # Errors
    /// [`Error::ModelInUse`]; [`Error::WrongKind`] if the attribute is not enumerated.
    pub fn set_enum_type(&self, enumeration: Arc<EnumType>) -> Result<(), Error> {
        self.handle.model.edit(|arena, _| {
            let number = arena.intern_enum(enumeration);
            let id = self.handle.id();
            if let NodeKind::DataAttribute(attribute) = &mut arena.node_mut(id).kind
                && attribute.ty == DataAttributeType::Enumerated
            {
                attribute.enumeration = number;
                return Ok(());
            }
            Err(Error::WrongKind {
                reference: arena.reference(self.handle.key),
                reason: "is no enumerated attribute",
            })
        })
    }

    /// Appends an attribute to a constructed one; `count` is the number of elements of an array, 0
    /// for none. The functional constraint has to be that of this attribute.
    ///
    /// # Errors
    /// As for [`DataObject::create_data_attribute`](super::DataObject::create_data_attribute), and
    /// [`Error::WrongKind`] if this attribute is not constructed.
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

    /// Sets the value the server starts with.
    ///
    /// A constructed attribute takes a structure, an array takes an array of all elements. A
    /// single value for an array holds for all elements that have none of their own.
    ///
    /// # Errors
    /// [`Error::ModelInUse`]; [`Error::TypeMismatch`], [`Error::ValueOutOfRange`] and
    /// [`Error::WrongCount`] if the value does not fit the type.
    pub fn init_value(&self, value: &MmsValue) -> Result<(), Error> {
        self.handle
            .model
            .edit(|arena, _| arena.set_initial_value(self.handle.key, value))
    }

    /// Sets the value the attribute starts with in one setting group. Groups that get none start
    /// with the value of [`DataAttribute::init_value`].
    ///
    /// # Errors
    /// As for [`DataAttribute::init_value`]; [`Error::InvalidFunctionalConstraint`] if the
    /// attribute is neither SG nor SE; [`Error::WrongCount`] if there is no such group.
    pub fn init_group_value(&self, group: u8, value: &MmsValue) -> Result<(), Error> {
        self.handle
            .model
            .edit(|arena, _| arena.set_group_value(self.handle.key, group, value))
    }

    /// The value at the start; where none was set, zero, empty or false.
    pub fn initial_value(&self) -> Option<MmsValue> {
        let fc = self.fc();
        self.handle
            .read(|arena| arena.initial_value(self.handle.key, fc))
    }

    /// The value that was set for the start, by the file or by [`DataAttribute::init_value`];
    /// `None` if none was.
    pub fn configured_value(&self) -> Option<MmsValue> {
        let key = self.handle.key;
        self.handle.read(|arena| {
            let of_element = arena.element_values.get(&key);
            let of_attribute = || arena.attribute(key.id)?.init.as_deref();
            of_element.or_else(of_attribute).cloned()
        })
    }

    /// The value [`DataAttribute::init_group_value`] set for a setting group.
    pub fn initial_group_value(&self, group: u8) -> Option<MmsValue> {
        self.handle.read(|arena| {
            let key = (self.handle.key, group);
            arena.group_values.get(&key).cloned()
        })
    }

    /// The MMS type, as clients see it.
    pub fn type_description(&self) -> Option<TypeDescription> {
        let fc = self.fc();
        self.handle
            .read(|arena| arena.type_description(self.handle.key, fc))
    }
}

pub(super) type AttributeParameters = (
    DataAttributeType,
    FunctionalConstraint,
    TriggerOptions,
    u32,
    u32,
);

pub(super) fn create_attribute(
    parent: &Handle,
    name: &str,
    (ty, fc, trigger_options, count, short_address): AttributeParameters,
) -> Result<DataAttribute, Error> {
    name::check("data attribute", name)?;
    parent.model.edit(|arena, index| {
        check_attribute_parent(arena, parent.id(), fc, ty)?;
        let kind = NodeKind::DataAttribute(AttributeDef {
            ty,
            fc,
            trigger_options,
            count,
            short_address,
            enumeration: None,
            init: None,
        });
        let id = index.add(arena, Some(parent.id()), name, kind)?;
        let key = NodeKey { id, ..parent.key };
        Ok(DataAttribute::of(&parent.model, arena, key))
    })
}
