//! Data objects and attributes.

use super::overrides::Overrides;
use super::{Builder, TypeKind, value};
use crate::scl::document::{Attribute, Count, DataObjectRef, DoMember, Instance, Ln, Val};
use crate::scl::error::SclError;
use crate::scl::xml::Place;
use crate::{
    DataAttribute, DataAttributeType, DataObject, Error, FunctionalConstraint, LogicalNode,
    MmsValue, ModelNode, ModelNodeExt, TriggerOptions,
};

/// Where a node is created.
#[derive(Clone, Copy)]
enum Parent<'m> {
    Node(&'m LogicalNode),
    Object(&'m DataObject),
    Attribute(&'m DataAttribute),
}

impl Parent<'_> {
    fn object(self, name: &str, count: u32) -> Result<DataObject, Error> {
        match self {
            Parent::Node(node) => node.create_data_object(name, count),
            Parent::Object(object) => object.create_data_object(name, count),
            // Only attributes are created below attributes.
            Parent::Attribute(attribute) => Err(Error::WrongKind {
                reference: attribute.reference(),
                reason: "cannot hold a data object",
            }),
        }
    }
}

/// What a member gets from its surroundings.
#[derive(Clone, Copy)]
struct Context {
    /// How many there are of the node for the arrays around it.
    copies: usize,
    fc: FunctionalConstraint,
    triggers: TriggerOptions,
}

impl<'a> Builder<'a> {
    /// The data objects of a logical node.
    pub(super) fn logical_node(
        &mut self,
        node: &'a Ln,
        handle: &LogicalNode,
    ) -> Result<(), SclError> {
        let templates = &self.document.templates;
        let found = templates.node_type(&node.ln_type, &node.class, &self.ied.ied_type);
        let Some(node_type) = found else {
            return self.missing_type(node.place, "LNodeType", &node.ln_type);
        };
        let mut overrides = Overrides::new(node.instances.iter());
        for object in &node_type.data_objects {
            let instances = overrides.take(&object.name);
            self.data_object(Parent::Node(handle), object, &instances, 0, 1)?;
        }
        self.report_unused(&overrides)
    }

    fn data_object(
        &mut self,
        parent: Parent<'_>,
        object: &'a DataObjectRef,
        instances: &[&'a Instance],
        count: u32,
        copies: usize,
    ) -> Result<(), SclError> {
        let templates = &self.document.templates;
        let Some(object_type) = templates.object_type(&object.type_id, &self.ied.ied_type) else {
            return self.missing_type(object.place, "DOType", &object.type_id);
        };
        self.enter(TypeKind::DataObject, &object.type_id, object.place)?;
        let copies = copies.saturating_mul(count.max(1) as usize);
        self.count_nodes(object.place, copies)?;
        let handle = match parent.object(&object.name, count) {
            Ok(handle) => handle,
            Err(error) => {
                self.chain.pop();
                return self.problem(object.place, format!("left out: {error}"));
            }
        };
        self.data_objects += 1;
        if !object_type.cdc.is_empty() {
            self.accept(object.place, handle.set_cdc(&object_type.cdc))?;
        }

        let mut overrides = Overrides::inside(instances);
        for member in &object_type.members {
            match member {
                DoMember::SubObject(sub) => {
                    let instances = overrides.take(&sub.name);
                    let siblings = object_type.members.iter().filter_map(DoMember::attribute);
                    if let Some(count) =
                        self.array_count(sub.place, &sub.count, siblings, &overrides)?
                    {
                        self.data_object(Parent::Object(&handle), sub, &instances, count, copies)?;
                    }
                }
                DoMember::Attribute(attribute) => {
                    let instances = overrides.take(&attribute.name);
                    let siblings = object_type.members.iter().filter_map(DoMember::attribute);
                    let count =
                        self.array_count(attribute.place, &attribute.count, siblings, &overrides)?;
                    let Some(count) = count else { continue };
                    for fc in self.constraints(attribute, &object_type.members)? {
                        let context = Context {
                            copies,
                            fc,
                            triggers: TriggerOptions::empty(),
                        };
                        let parent = Parent::Object(&handle);
                        self.attribute(parent, attribute, &instances, count, context)?;
                    }
                }
            }
        }
        self.report_unused(&overrides)?;
        for instance in instances {
            if let Some(ix) = instance.ix {
                match handle.element(ix) {
                    Some(element) => self.apply(&element.into(), &instance.children)?,
                    None => self.no_element(instance)?,
                }
            }
        }
        self.chain.pop();
        Ok(())
    }

    /// The functional constraints an attribute of a data object is created with.
    fn constraints(
        &mut self,
        attribute: &Attribute,
        members: &[DoMember],
    ) -> Result<Vec<FunctionalConstraint>, SclError> {
        use FunctionalConstraint as Fc;
        let Ok(fc) = attribute.fc.trim().parse::<Fc>() else {
            let reason = format!("left out: '{}' is no functional constraint", attribute.fc);
            self.problem(attribute.place, reason)?;
            return Ok(vec![]);
        };
        let defines = |other: &str| {
            members
                .iter()
                .filter_map(DoMember::attribute)
                .any(|member| member.name == attribute.name && member.fc.trim() == other)
        };
        Ok(match fc {
            // What can be edited is in force too.
            Fc::SE if !defines("SG") => vec![Fc::SG, Fc::SE],
            Fc::SG if self.setting_groups && !defines("SE") => vec![Fc::SG, Fc::SE],
            _ => vec![fc],
        })
    }

    fn attribute(
        &mut self,
        parent: Parent<'_>,
        attribute: &'a Attribute,
        instances: &[&'a Instance],
        count: u32,
        context: Context,
    ) -> Result<(), SclError> {
        let place = attribute.place;
        let Some(kind) = basic_type(attribute.basic_type.trim()) else {
            let reason = format!("left out: unknown bType '{}'", attribute.basic_type);
            return self.problem(place, reason);
        };
        let type_id = attribute.type_id.as_deref().unwrap_or_default();
        let templates = &self.document.templates;
        let inner = match kind {
            DataAttributeType::Constructed => {
                match templates.attribute_type(type_id, &self.ied.ied_type) {
                    Some(inner) => Some(inner),
                    None => return self.missing_type(place, "DAType", type_id),
                }
            }
            _ => None,
        };
        let mut own = TriggerOptions::empty();
        own.set(TriggerOptions::DATA_CHANGED, attribute.dchg);
        own.set(TriggerOptions::QUALITY_CHANGED, attribute.qchg);
        own.set(TriggerOptions::DATA_UPDATE, attribute.dupd);
        let context = Context {
            copies: context.copies.saturating_mul(count.max(1) as usize),
            fc: context.fc,
            triggers: context.triggers | own,
        };
        self.count_nodes(place, context.copies)?;
        let whole = || instances.iter().filter(|instance| instance.ix.is_none());
        // Short addresses are numbers here; the texts of other tools are for those tools.
        let short_address = whole()
            .find_map(|instance| instance.short_address.as_deref())
            .or(attribute.short_address.as_deref())
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0);
        let (name, fc, triggers) = (attribute.name.as_str(), context.fc, context.triggers);
        let created = match parent {
            Parent::Object(object) => {
                object.create_data_attribute(name, kind, fc, triggers, count, short_address)
            }
            Parent::Attribute(outer) => {
                outer.create_data_attribute(name, kind, fc, triggers, count, short_address)
            }
            Parent::Node(node) => Err(Error::WrongKind {
                reference: node.reference(),
                reason: "cannot hold an attribute",
            }),
        };
        let handle = match created {
            Ok(handle) => handle,
            Err(error) => return self.problem(place, format!("left out: {error}")),
        };
        if kind == DataAttributeType::Enumerated {
            match templates.enum_type(type_id, &self.ied.ied_type) {
                Some(names) => self.accept(place, handle.set_enum_type(names.clone()))?,
                None => self.missing_type(place, "EnumType", type_id)?,
            }
        }

        let mut overrides = Overrides::inside(instances);
        if let Some(inner) = inner {
            self.enter(TypeKind::Attribute, type_id, place)?;
            if let Some(val) = attribute.values.first() {
                self.problem(val.place, "a structure has no value of its own, ignored")?;
            }
            for member in &inner.attributes {
                let instances = overrides.take(&member.name);
                let siblings = inner.attributes.iter();
                let count = self.array_count(member.place, &member.count, siblings, &overrides)?;
                if let Some(count) = count {
                    let parent = Parent::Attribute(&handle);
                    self.attribute(parent, member, &instances, count, context)?;
                }
            }
            self.chain.pop();
        } else {
            // The template's value stays where that of the instance does not fit.
            self.set_values(&handle, &attribute.values)?;
            for instance in whole() {
                self.set_values(&handle, &instance.values)?;
            }
        }
        self.report_unused(&overrides)?;
        for instance in instances {
            if let Some(ix) = instance.ix {
                match handle.element(ix) {
                    Some(element) => {
                        self.set_values(&element, &instance.values)?;
                        self.apply(&element.into(), &instance.children)?;
                    }
                    None => self.no_element(instance)?,
                }
            }
        }
        Ok(())
    }

    /// Sets values below one element of an array.
    fn apply(&mut self, node: &ModelNode, instances: &'a [Instance]) -> Result<(), SclError> {
        for instance in instances {
            let path = match instance.ix {
                Some(ix) => format!("{}({ix})", instance.name),
                None => instance.name.clone(),
            };
            // A setting is there twice.
            let mut targets: Vec<ModelNode> = match node {
                ModelNode::DataObject(object) => {
                    [FunctionalConstraint::SG, FunctionalConstraint::SE]
                        .iter()
                        .filter_map(|fc| object.child_with_fc(&path, *fc).map(Into::into))
                        .collect()
                }
                _ => vec![],
            };
            if targets.is_empty() {
                targets.extend(node.child(&path));
            }
            if targets.is_empty() {
                self.problem(instance.place, "there is no such data, ignored")?;
            }
            for target in targets {
                if let ModelNode::DataAttribute(attribute) = &target {
                    self.set_values(attribute, &instance.values)?;
                }
                self.apply(&target, &instance.children)?;
            }
        }
        Ok(())
    }

    /// How many elements an array has, 0 if it is none. `None`, with a problem noted, if it is not
    /// said.
    fn array_count<'s>(
        &mut self,
        place: Place,
        count: &Option<Count>,
        mut siblings: impl Iterator<Item = &'s Attribute>,
        overrides: &Overrides<'_>,
    ) -> Result<Option<u32>, SclError> {
        let name = match count {
            None => return Ok(Some(0)),
            Some(Count::Number(number)) => return Ok(Some(*number)),
            Some(Count::Attribute(name)) => name,
        };
        let sibling = siblings.find(|sibling| sibling.name == *name);
        let number = overrides
            .get(name)
            .iter()
            .flat_map(|instance| &instance.values)
            .chain(sibling.into_iter().flat_map(|sibling| &sibling.values))
            .find_map(|val| val.text.trim().parse().ok())
            .filter(|number| *number > 0);
        if number.is_none() {
            let reason = format!("left out: count is '{name}', which has no number");
            self.problem(place, reason)?;
        }
        Ok(number)
    }

    /// Sets the initial value, or those of setting groups.
    fn set_values(&mut self, handle: &DataAttribute, values: &'a [Val]) -> Result<(), SclError> {
        let Some(last) = values.last() else {
            return Ok(());
        };
        let active = self.groups.map_or(1, |groups| groups.active);
        let base = values
            .iter()
            .rfind(|val| val.setting_group.is_none())
            .or_else(|| values.iter().find(|val| val.setting_group == Some(active)))
            .unwrap_or(last);
        if let Some(value) = self.value(handle, base)? {
            self.accept(base.place, handle.init_value(&value))?;
        }
        use FunctionalConstraint as Fc;
        if !matches!(handle.fc(), Fc::SG | Fc::SE) {
            return Ok(());
        }
        for val in values {
            let Some(group) = val.setting_group else {
                continue;
            };
            match self.groups {
                Some(groups) if group > groups.count => {
                    let reason = format!("there are {} setting groups, ignored", groups.count);
                    self.problem(val.place, reason)?;
                }
                Some(_) => {
                    if let Some(value) = self.value(handle, val)? {
                        self.accept(val.place, handle.init_group_value(group, &value))?;
                    }
                }
                // Without a control block there is one set of values, the base.
                None => {}
            }
        }
        Ok(())
    }

    fn value(&mut self, handle: &DataAttribute, val: &Val) -> Result<Option<MmsValue>, SclError> {
        let kind = handle.attribute_type();
        if kind == DataAttributeType::Constructed {
            self.problem(val.place, "a structure has no value of its own, ignored")?;
            return Ok(None);
        }
        match value::parse(kind, handle.enum_type().as_deref(), &val.text) {
            Ok(value) => Ok(value),
            Err(reason) => {
                let text: String = val.text.trim().chars().take(40).collect();
                self.problem(val.place, format!("'{text}' for {kind} ignored: {reason}"))?;
                Ok(None)
            }
        }
    }

    /// Makes a problem of an error of the model.
    pub(super) fn accept<T>(
        &mut self,
        place: Place,
        result: Result<T, Error>,
    ) -> Result<(), SclError> {
        match result {
            Ok(_) => Ok(()),
            Err(error) => self.problem(place, format!("ignored: {error}")),
        }
    }

    fn report_unused(&mut self, overrides: &Overrides<'_>) -> Result<(), SclError> {
        for instance in overrides.unused() {
            self.problem(instance.place, "the type has no such member, ignored")?;
        }
        Ok(())
    }

    fn no_element(&mut self, instance: &Instance) -> Result<(), SclError> {
        self.problem(instance.place, "there is no such array element, ignored")
    }
}

/// The basic types of all editions.
fn basic_type(name: &str) -> Option<DataAttributeType> {
    use DataAttributeType as T;
    Some(match name {
        "BOOLEAN" => T::Boolean,
        "INT8" => T::Int8,
        "INT16" => T::Int16,
        // Of Edition 1; there is no such MMS type in use.
        "INT24" => T::Int32,
        "INT32" => T::Int32,
        "INT64" => T::Int64,
        "INT128" => T::Int128,
        "INT8U" => T::Int8U,
        "INT16U" => T::Int16U,
        "INT24U" => T::Int24U,
        "INT32U" => T::Int32U,
        "FLOAT32" => T::Float32,
        "FLOAT64" => T::Float64,
        "Enum" => T::Enumerated,
        "Dbpos" | "Tcmd" => T::CodedEnum,
        "Quality" => T::Quality,
        "Timestamp" => T::Timestamp,
        "VisString32" => T::VisibleString32,
        "VisString64" => T::VisibleString64,
        "VisString65" => T::VisibleString65,
        "VisString129" | "ObjRef" => T::VisibleString129,
        "VisString255" => T::VisibleString255,
        "Unicode255" => T::UnicodeString255,
        "Octet64" => T::OctetString64,
        "Octet6" => T::OctetString6,
        "Octet8" | "EntryID" => T::OctetString8,
        "Struct" => T::Constructed,
        "EntryTime" => T::EntryTime,
        "Check" => T::Check,
        "Currency" => T::Currency,
        "PhyComAddr" => T::PhyComAddr,
        "TrgOps" => T::TrgOps,
        "OptFlds" => T::OptFlds,
        "SvOptFlds" | "LogOptFlds" => T::GenericBitString,
        _ => return None,
    })
}
