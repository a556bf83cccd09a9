//! Data sets.

use super::Builder;
use crate::scl::document::{Fcda, LDevice, SclDataSet};
use crate::scl::error::SclError;
use crate::{
    DataAttribute, DataObject, DatasetEntry, FunctionalConstraint, LogicalNode, ModelNode,
    ModelNodeExt,
};

impl<'a> Builder<'a> {
    /// A data set of a logical node. A member that cannot be found is left out.
    pub(super) fn data_set(
        &mut self,
        device: &LDevice,
        data_set: &'a SclDataSet,
        handle: &LogicalNode,
    ) -> Result<(), SclError> {
        let created = match handle.create_dataset(&data_set.name) {
            Ok(created) => created,
            Err(error) => return self.problem(data_set.place, format!("left out: {error}")),
        };
        for member in &data_set.members {
            let added = self.member(device, member).and_then(|(node, fc)| {
                let added: Result<DatasetEntry, _> = created.create_entry_for(&node, fc);
                added.map_err(|error| error.to_string())
            });
            if let Err(reason) = added {
                self.problem(member.place, format!("left out: {reason}"))?;
            }
        }
        Ok(())
    }

    fn member(
        &self,
        device: &LDevice,
        member: &Fcda,
    ) -> Result<(ModelNode, FunctionalConstraint), String> {
        let inst = if member.ld_inst.is_empty() {
            &device.inst
        } else {
            &member.ld_inst
        };
        let device = self
            .model
            .logical_device_by_instance(inst)
            .ok_or_else(|| format!("there is no logical device '{inst}'"))?;
        let name = format!(
            "{}{}{}",
            member.prefix.trim(),
            member.ln_class.trim(),
            member.ln_inst.trim()
        );
        let node = device
            .logical_node(&name)
            .ok_or_else(|| format!("there is no logical node '{name}' in '{inst}'"))?;
        let fc = match member.fc.trim() {
            "" => None,
            text => Some(
                text.parse::<FunctionalConstraint>()
                    .map_err(|error| error.to_string())?,
            ),
        };
        if member.do_name.is_empty() {
            return Err("a whole logical node is no member of a data set".into());
        }

        let mut at = ModelNode::from(node);
        let mut ix = member.ix;
        let names = member.do_name.split('.').chain(member.da_name.split('.'));
        for name in names.filter(|name| !name.is_empty()) {
            // Of a setting there is one attribute for each of SG and SE.
            let next = match (&at, fc) {
                (ModelNode::DataObject(object), Some(fc)) => object
                    .child_with_fc(name, fc)
                    .map(ModelNode::from)
                    .or_else(|| at.child(name)),
                _ => at.child(name),
            };
            let next =
                next.ok_or_else(|| format!("there is no '{name}' in {}", at.short_reference()))?;
            at = match element(&next, ix) {
                Some(element) => {
                    ix = None;
                    element
                }
                None => next,
            };
        }
        let fc = match (&at, fc) {
            (_, Some(fc)) => fc,
            (ModelNode::DataAttribute(attribute), None) => attribute.fc(),
            (_, None) => return Err("the functional constraint is missing".into()),
        };
        Ok((at, fc))
    }
}

/// The element of an array that `ix` names where the path does not.
fn element(node: &ModelNode, ix: Option<u32>) -> Option<ModelNode> {
    match node {
        ModelNode::DataObject(object) => object.element(ix?).map(|e: DataObject| e.into()),
        ModelNode::DataAttribute(attribute) => {
            attribute.element(ix?).map(|e: DataAttribute| e.into())
        }
        _ => None,
    }
}
