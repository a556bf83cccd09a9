//! Finding nodes by name.

use super::arena::{Arena, NodeId, NodeKey};
use crate::Error;
use crate::common::{FunctionalConstraint, ObjectReference, ReferencePart};

impl Arena {
    /// The logical device with an instance.
    pub(crate) fn device_by_instance(&self, inst: &str) -> Option<NodeId> {
        self.logical_devices
            .iter()
            .copied()
            .find(|&id| &**self.name(id) == inst)
    }

    /// The logical device that is this MMS domain.
    pub(crate) fn device_by_domain(&self, domain: &str) -> Option<NodeId> {
        self.logical_devices
            .iter()
            .copied()
            .find(|&id| self.domain_name(id) == domain)
    }

    /// The child with a name and, if it is an attribute and a functional constraint is asked for,
    /// with that one.
    pub(crate) fn child_named(
        &self,
        parent: NodeId,
        name: &str,
        fc: Option<FunctionalConstraint>,
    ) -> Option<NodeId> {
        self.children_named(parent, name)
            .find(|&child| match (fc, self.attribute(child)) {
                (Some(fc), Some(attribute)) => attribute.fc == fc,
                _ => true,
            })
    }

    /// The logical node of a logical device.
    pub(crate) fn logical_node_named(&self, device: NodeId, name: &str) -> Result<NodeId, Error> {
        self.child_named(device, name, None)
            .ok_or_else(|| Error::NotFound {
                what: "logical node",
                name: name.to_owned(),
                parent: self.domain_name(device),
            })
    }

    /// One step down from `from`: a name and perhaps an index.
    fn step(
        &self,
        from: NodeKey,
        name: &str,
        index: Option<u32>,
        fc: Option<FunctionalConstraint>,
    ) -> Result<NodeKey, Error> {
        let not_found = |what| Error::NotFound {
            what,
            name: match index {
                Some(index) => format!("{name}({index})"),
                None => name.to_owned(),
            },
            parent: self.reference(from),
        };
        let id = self
            .child_named(from.id, name, fc)
            .ok_or_else(|| not_found("node"))?;
        let Some(index) = index else {
            return Ok(NodeKey { id, ..from });
        };
        if index >= self.node(id).kind.count() {
            return Err(not_found("array element"));
        }
        // With an outer array left open, an inner index would be taken for the outer one.
        let outer_is_open = self.arrays_on_path(from.id) > from.indices.len();
        let indices = from
            .indices
            .with(index)
            .filter(|_| !outer_is_open)
            .ok_or_else(|| not_found("array element"))?;
        Ok(NodeKey { id, indices })
    }

    /// The node at the end of a path of parts.
    pub(crate) fn resolve_parts(
        &self,
        from: NodeKey,
        parts: &[ReferencePart],
        fc: Option<FunctionalConstraint>,
    ) -> Result<NodeKey, Error> {
        parts
            .iter()
            .try_fold(from, |key, part| self.step(key, &part.name, part.index, fc))
    }

    /// The node at the end of a relative path, `DO(1).DA.DA` or with `$` between the names.
    pub(crate) fn resolve_path(
        &self,
        from: NodeKey,
        path: &str,
        fc: Option<FunctionalConstraint>,
    ) -> Result<NodeKey, Error> {
        path.split(['.', '$']).try_fold(from, |key, part| {
            let (name, index) = match crate::common::split_index(part) {
                Some((name, Ok(index))) => (name, Some(index)),
                Some((_, Err(()))) => {
                    return Err(Error::NotFound {
                        what: "array element",
                        name: part.to_owned(),
                        parent: self.reference(key),
                    });
                }
                None => (part, None),
            };
            self.step(key, name, index, fc)
        })
    }

    /// The node of a reference within a logical device.
    pub(crate) fn resolve_reference(
        &self,
        device: NodeId,
        reference: &ObjectReference,
    ) -> Result<NodeKey, Error> {
        let Some(logical_node) = reference.logical_node() else {
            return Ok(device.into());
        };
        let logical_node = self.logical_node_named(device, logical_node)?;
        let key = self.resolve_parts(logical_node.into(), reference.path(), reference.fc())?;
        match reference.fc() {
            Some(fc) if !self.has_fc(key.id, fc) => Err(Error::InvalidFunctionalConstraint {
                reference: self.reference(key),
                fc,
                reason: "is not one the node has",
            }),
            _ => Ok(key),
        }
    }

    /// The number of a data set of a logical node.
    pub(crate) fn data_set_named(&self, logical_node: NodeId, name: &str) -> Option<usize> {
        self.data_sets
            .iter()
            .position(|set| set.logical_node == logical_node && &*set.name == name)
    }

    /// The number of a data set by `LD/LN$name`, the logical device by name or instance.
    pub(crate) fn data_set_by_reference(&self, reference: &ObjectReference) -> Option<usize> {
        let device = self.device_by_either_name(reference.logical_device())?;
        let logical_node = self.child_named(device, reference.logical_node()?, None)?;
        match reference.path() {
            [name] if name.index.is_none() => self.data_set_named(logical_node, &name.name),
            _ => None,
        }
    }

    /// The number of the data set a control block of `logical_node` names: by its name alone, with
    /// its logical node, or with its logical device as well.
    pub(crate) fn data_set_of_control_block(
        &self,
        logical_node: NodeId,
        text: &str,
    ) -> Option<usize> {
        if text.contains('/') {
            return self.data_set_by_reference(&text.parse().ok()?);
        }
        match text.split_once(['$', '.']) {
            Some((other, name)) => {
                let device = self.logical_device_of(logical_node);
                self.data_set_named(self.child_named(device, other, None)?, name)
            }
            None => self.data_set_named(logical_node, text),
        }
    }

    /// The logical device by its instance or, if there is none, by the name clients see.
    pub(crate) fn device_by_either_name(&self, name: &str) -> Option<NodeId> {
        self.device_by_instance(name)
            .or_else(|| self.device_by_domain(name))
    }
}
