//! Types and start values of parts of the model.

use super::DataAttributeType;
use super::arena::{Arena, ArrayIndices, AttributeDef, NodeId, NodeKey, NodeKind};
use super::attribute_type::Misfit;
use crate::Error;
use crate::common::FunctionalConstraint;
use mms::{Component, MmsValue, TypeDescription};

impl Arena {
    /// Number of elements if the key means an array as a whole, else 0.
    pub(crate) fn open_count(&self, key: NodeKey) -> u32 {
        match self.node(key.id).kind.count() {
            0 => 0,
            count if self.arrays_on_path(key.id) > key.indices.len() => count,
            _ => 0,
        }
    }

    /// Whether every array above the node has its index.
    fn is_grounded(&self, key: NodeKey) -> bool {
        let own = usize::from(self.node(key.id).kind.count() > 0);
        self.arrays_on_path(key.id) - own <= key.indices.len()
    }

    /// One element of an array.
    pub(crate) fn element(&self, key: NodeKey, index: u32) -> Option<NodeKey> {
        if index >= self.open_count(key) || !self.is_grounded(key) {
            return None;
        }
        Some(NodeKey {
            indices: key.indices.with(index)?,
            ..key
        })
    }

    /// The MMS type of an attribute that is not constructed, of one element if it is an array.
    pub(crate) fn leaf_type(&self, attribute: &AttributeDef) -> Option<TypeDescription> {
        if attribute.ty == DataAttributeType::GenericBitString {
            // As long as its first value.
            let bits = attribute.init.as_ref().and_then(|value| value.size().ok());
            let bits = i32::try_from(bits.unwrap_or(0)).unwrap_or(0);
            return Some(TypeDescription::BitString(bits));
        }
        let enumeration = self.enum_type(attribute).map(|e| &**e);
        attribute.ty.type_description(enumeration)
    }

    /// The MMS type of the attributes with a functional constraint; `None` if there are none. Of a
    /// logical node, without its control blocks.
    pub(crate) fn type_description(
        &self,
        key: NodeKey,
        fc: FunctionalConstraint,
    ) -> Option<TypeDescription> {
        let element = match &self.node(key.id).kind {
            NodeKind::DataAttribute(attribute) if attribute.fc != fc => return None,
            NodeKind::DataAttribute(attribute) => match attribute.ty {
                DataAttributeType::Constructed => {
                    TypeDescription::Structure(self.components(key, fc))
                }
                _ => self.leaf_type(attribute)?,
            },
            _ => {
                let components = self.components(key, fc);
                if components.is_empty() {
                    return None;
                }
                TypeDescription::Structure(components)
            }
        };
        Some(match self.open_count(key) {
            0 => element,
            count => TypeDescription::Array {
                count,
                element: Box::new(element),
            },
        })
    }

    fn components(&self, key: NodeKey, fc: FunctionalConstraint) -> Vec<Component> {
        self.children(key.id)
            .filter_map(|id| {
                Some(Component {
                    name: Some(self.name(id).to_string()),
                    ty: self.type_description(NodeKey { id, ..key }, fc)?,
                })
            })
            .collect()
    }

    /// The start value of the attributes with a functional constraint, in the shape of
    /// [`Arena::type_description`].
    pub(crate) fn initial_value(&self, key: NodeKey, fc: FunctionalConstraint) -> Option<MmsValue> {
        self.initial(key.id, self.is_grounded(key).then_some(key.indices), fc)
    }

    /// `indices` is `None` below an array of which no element was named.
    fn initial(
        &self,
        id: NodeId,
        indices: Option<ArrayIndices>,
        fc: FunctionalConstraint,
    ) -> Option<MmsValue> {
        let node = self.node(id);
        let count = node.kind.count();
        if count > 0 {
            let element = match indices {
                None => Some(None),
                Some(indices) if self.arrays_on_path(id) > indices.len() => None,
                Some(indices) => Some(Some(indices)),
            };
            return match element {
                Some(indices) if indices.is_some() => self.initial_element(id, indices, fc),
                Some(_) => {
                    let value = self.initial_element(id, None, fc)?;
                    Some(MmsValue::Array(vec![value; count as usize]))
                }
                None => (0..count)
                    .map(|index| self.initial_element(id, indices?.with(index), fc))
                    .collect::<Option<_>>()
                    .map(MmsValue::Array),
            };
        }
        self.initial_element(id, indices, fc)
    }

    fn initial_element(
        &self,
        id: NodeId,
        indices: Option<ArrayIndices>,
        fc: FunctionalConstraint,
    ) -> Option<MmsValue> {
        let below = || -> Vec<MmsValue> {
            self.children(id)
                .filter_map(|child| self.initial(child, indices, fc))
                .collect()
        };
        match &self.node(id).kind {
            NodeKind::DataAttribute(attribute) if attribute.fc != fc => None,
            NodeKind::DataAttribute(attribute)
                if attribute.ty == DataAttributeType::Constructed =>
            {
                Some(MmsValue::Structure(below()))
            }
            NodeKind::DataAttribute(attribute) => indices
                .filter(|indices| !indices.is_empty())
                .and_then(|indices| self.element_values.get(&NodeKey { id, indices }))
                .or(attribute.init.as_deref())
                .cloned()
                .or_else(|| attribute.ty.default_value()),
            _ => {
                let values = below();
                (!values.is_empty()).then_some(MmsValue::Structure(values))
            }
        }
    }

    pub(super) fn set_initial_value(
        &mut self,
        key: NodeKey,
        value: &MmsValue,
    ) -> Result<(), Error> {
        for (key, value) in self.leaves(key, value)? {
            if !key.indices.is_empty() {
                self.element_values.insert(key, value);
            } else if let NodeKind::DataAttribute(attribute) = &mut self.node_mut(key.id).kind {
                attribute.init = Some(Box::new(value));
            }
        }
        Ok(())
    }

    pub(super) fn set_group_value(
        &mut self,
        key: NodeKey,
        group: u8,
        value: &MmsValue,
    ) -> Result<(), Error> {
        use FunctionalConstraint::{SE, SG};
        if let Some(attribute) = self.attribute(key.id)
            && !matches!(attribute.fc, SG | SE)
        {
            return Err(Error::InvalidFunctionalConstraint {
                reference: self.reference(key),
                fc: attribute.fc,
                reason: "has no setting groups",
            });
        }
        let device = self.logical_device_of(key.id);
        let groups = self
            .setting_group_control_blocks
            .iter()
            .find(|def| self.logical_device_of(def.logical_node) == device)
            .map_or(u8::MAX, |def| def.num_of_sg);
        if !(1..=groups).contains(&group) {
            return Err(Error::WrongCount {
                reference: self.reference(key),
                what: "is the number of the setting group",
                expected: format!("1 to {groups}"),
                found: group.into(),
            });
        }
        for (key, value) in self.leaves(key, value)? {
            self.group_values.insert((key, group), value);
        }
        Ok(())
    }

    /// The value taken apart into those of single attributes, each as the attribute stores it.
    pub(crate) fn leaves(
        &self,
        key: NodeKey,
        value: &MmsValue,
    ) -> Result<Vec<(NodeKey, MmsValue)>, Error> {
        let mut leaves = vec![];
        self.collect_leaves(key, value, &mut leaves)?;
        Ok(leaves)
    }

    fn collect_leaves(
        &self,
        key: NodeKey,
        value: &MmsValue,
        leaves: &mut Vec<(NodeKey, MmsValue)>,
    ) -> Result<(), Error> {
        let Some(attribute) = self.attribute(key.id) else {
            return Err(Error::WrongKind {
                reference: self.reference(key),
                reason: "is no data attribute",
            });
        };
        let count = self.open_count(key);
        if count > 0 {
            if let MmsValue::Array(values) = value {
                self.check_count(key, "array elements", count as usize, values.len())?;
                for (index, value) in (0..count).zip(values) {
                    let element = self.element(key, index).ok_or_else(|| Error::WrongKind {
                        reference: self.reference(key),
                        reason: "is in an array of which no element is named",
                    })?;
                    self.collect_leaves(element, value, leaves)?;
                }
                return Ok(());
            }
            if !key.indices.is_empty() {
                return (0..count)
                    .filter_map(|index| self.element(key, index))
                    .try_for_each(|element| self.collect_leaves(element, value, leaves));
            }
        }
        if attribute.ty != DataAttributeType::Constructed {
            let conform = attribute
                .ty
                .conform(self.enum_type(attribute).map(|e| &**e), value)
                .map_err(|misfit| self.misfit(key, attribute, misfit, value))?;
            leaves.push((key, conform));
            return Ok(());
        }
        let MmsValue::Structure(values) = value else {
            return Err(self.misfit(key, attribute, Misfit::Type, value));
        };
        self.check_count(
            key,
            "components",
            self.children(key.id).count(),
            values.len(),
        )?;
        for (id, value) in self.children(key.id).zip(values) {
            self.collect_leaves(NodeKey { id, ..key }, value, leaves)?;
        }
        Ok(())
    }

    fn check_count(
        &self,
        key: NodeKey,
        what: &'static str,
        expected: usize,
        found: usize,
    ) -> Result<(), Error> {
        if expected == found {
            return Ok(());
        }
        Err(Error::WrongCount {
            reference: self.reference(key),
            what,
            expected: expected.to_string(),
            found: found as u64,
        })
    }

    fn misfit(
        &self,
        key: NodeKey,
        attribute: &AttributeDef,
        misfit: Misfit,
        value: &MmsValue,
    ) -> Error {
        let reference = self.reference(key);
        let expected = attribute.ty.to_string();
        match misfit {
            Misfit::Type => Error::TypeMismatch {
                reference,
                expected,
                found: value.mms_type(),
            },
            Misfit::Range => Error::ValueOutOfRange {
                reference,
                expected,
                value: value.to_string(),
            },
        }
    }
}
