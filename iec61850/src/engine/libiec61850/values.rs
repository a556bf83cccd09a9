//! Values of the model.

use super::owned::{Value, value_of};
use super::server::Inner;
use crate::common::{ControlModel, FunctionalConstraint as Fc};
use crate::model::arena::{NodeId, NodeKey, NodeKind};
use crate::server::control::is_controllable;
use libiec61850_sys as sys;
use mms::MmsValue;

impl Inner {
    /// As [`crate::engine::ServerEngine::get`].
    pub(super) fn value(&self, key: NodeKey, fc: Fc) -> Option<MmsValue> {
        self.locked(|| self.value_at(key, fc))
    }

    fn value_at(&self, key: NodeKey, fc: Fc) -> Option<MmsValue> {
        if let NodeKind::DataAttribute(attribute) = &self.arena.node(key.id).kind {
            if fc != Fc::NONE && attribute.fc != fc {
                return None;
            }
            let attribute = self.model.attribute(key)?;
            // SAFETY: server and attribute are alive, and the data model is locked.
            let value = unsafe {
                value_of(sys::IedServer_getAttributeValue(
                    self.server.as_ptr(),
                    attribute,
                ))
            };
            return Some(value);
        }
        match self.arena.open_count(key) {
            0 => self.structure_at(key, fc),
            count => (0..count)
                .map(|index| self.structure_at(self.arena.element(key, index)?, fc))
                .collect::<Option<_>>()
                .map(MmsValue::Array),
        }
    }

    fn structure_at(&self, key: NodeKey, fc: Fc) -> Option<MmsValue> {
        let below = |id: NodeId| self.value_at(NodeKey { id, ..key }, fc);
        let values: Vec<_> = self.arena.children(key.id).filter_map(below).collect();
        (!values.is_empty()).then_some(MmsValue::Structure(values))
    }

    /// As [`crate::engine::ServerEngine::update`].
    pub(super) fn update(&self, leaves: &mut dyn Iterator<Item = (NodeKey, MmsValue)>) {
        self.locked(|| {
            for (key, value) in leaves {
                self.store_leaf(key, &value);
                self.groups.note_update(key, &value);
            }
        });
    }

    /// Stores values of leaves, with the data model locked.
    pub(super) fn store(&self, leaves: Vec<(NodeKey, MmsValue)>) {
        for (key, value) in leaves {
            self.store_leaf(key, &value);
        }
    }

    fn store_leaf(&self, key: NodeKey, value: &MmsValue) {
        let (Some(attribute), Some(value)) = (self.model.attribute(key), Value::new(value)) else {
            return;
        };
        // SAFETY: server and attribute are alive, the data model is locked, and the library copies the
        // value, which fits the attribute.
        unsafe {
            sys::IedServer_updateAttributeValue(self.server.as_ptr(), attribute, value.as_ptr());
        }
        self.follow_control_model(key, &value.get());
    }

    /// The library keeps the control model of an object beside its attribute.
    fn follow_control_model(&self, key: NodeKey, value: &MmsValue) {
        let arena = &self.arena;
        if **arena.name(key.id) != *"ctlModel" {
            return;
        }
        let object = arena
            .node(key.id)
            .parent
            .filter(|&id| is_controllable(arena, id));
        let object = object.and_then(|id| self.model.object(id.into()));
        let model = value.to_int32().ok().and_then(ControlModel::from_value);
        if let (Some(object), Some(model)) = (object, model) {
            let model = sys::ControlModel::try_from(model.value()).unwrap_or_default();
            // SAFETY: server and object are alive, and the data model is locked.
            unsafe { sys::IedServer_updateCtlModel(self.server.as_ptr(), object, model) }
        }
    }
}
