use super::arena::{Arena, DataSetDef, DataSetEntryDef, NodeId, NodeKind};
use super::{IedModel, LogicalNode, ModelNode, ModelNodeExt};
use crate::Error;
use crate::common::{FunctionalConstraint, ObjectReference};
use std::fmt;
use std::sync::Arc;

/// A data set of the configuration.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Dataset {
    model: IedModel,
    index: usize,
    name: Arc<str>,
}

impl Dataset {
    pub(super) fn new(model: &IedModel, index: usize, name: Arc<str>) -> Self {
        Dataset {
            model: model.clone(),
            index,
            name,
        }
    }

    pub(super) fn of(model: &IedModel, arena: &Arena, index: usize) -> Option<Self> {
        let name = arena.data_sets.get(index)?.name.clone();
        Some(Self::new(model, index, name))
    }

    /// The data set a control block of `logical_node` names.
    pub(super) fn named(model: &IedModel, logical_node: NodeId, text: &str) -> Option<Self> {
        model.read(|arena| {
            let index = arena.data_set_of_control_block(logical_node, text)?;
            Self::of(model, arena, index)
        })
    }

    /// Name of the data set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The logical node it is in.
    pub fn parent(&self) -> Option<LogicalNode> {
        self.model.read(|arena| {
            let set = arena.data_sets.get(self.index)?;
            Some(LogicalNode::of(&self.model, arena, set.logical_node))
        })
    }

    /// The full reference, `IED1LD0/LLN0$name`.
    pub fn reference(&self) -> String {
        let parent = self.parent().map(|node| node.reference());
        format!("{}${}", parent.unwrap_or_default(), self.name)
    }

    /// Number of entries.
    pub fn size(&self) -> usize {
        self.model.read(|arena| {
            arena
                .data_sets
                .get(self.index)
                .map_or(0, |set| set.entries.len())
        })
    }

    /// The entries, in the order they were created.
    pub fn entries(&self) -> Vec<DatasetEntry> {
        self.model.read(|arena| {
            let entries = arena.data_sets.get(self.index).map(|set| &set.entries);
            entries
                .into_iter()
                .flatten()
                .map(|entry| DatasetEntry::of(&self.model, arena, entry))
                .collect()
        })
    }

    /// Appends a member, which has to exist.
    ///
    /// `variable` is its name in the form of MMS, `LN$FC$DO$DA`, or that of the ACSI,
    /// `LD/LN.DO.DA[FC]`. Another logical device than that of the data set stands before it with a
    /// `/`, by instance or name. For an element of an array there are `index` and, for a part of
    /// the element, `component`; both may also be written into the name: `MHAI1$MX$HA(2)cVal$mag`.
    ///
    /// # Errors
    /// [`Error::ModelInUse`]; [`Error::Reference`] if the name cannot be read;
    /// [`Error::NotFound`] with the part of it that does not exist;
    /// [`Error::InvalidFunctionalConstraint`] if it has none or one that does not fit.
    pub fn create_dataset_entry(
        &self,
        variable: &str,
        index: Option<u32>,
        component: Option<&str>,
    ) -> Result<DatasetEntry, Error> {
        let mut text = variable.to_owned();
        if let Some(index) = index {
            text.push_str(&format!("({index})"));
        }
        if let Some(component) = component {
            text.push('$');
            text.push_str(component);
        }
        self.add(|arena, set| {
            if !text.contains('/') {
                let device = arena.logical_device_of(set.logical_node);
                text.insert(0, '/');
                text.insert_str(0, arena.name(device));
            }
            let reference: ObjectReference = separate_component(&text).parse()?;
            let device = arena
                .device_by_either_name(reference.logical_device())
                .ok_or_else(|| Error::NotFound {
                    what: "logical device",
                    name: reference.logical_device().to_owned(),
                    parent: arena.name.clone(),
                })?;
            let key = arena.resolve_reference(device, &reference)?;
            let fc = reference.fc().unwrap_or(FunctionalConstraint::NONE);
            Ok(DataSetEntryDef { key, fc })
        })
    }

    /// Appends a member: an attribute with its functional constraint, or those attributes of a data
    /// object that have the functional constraint.
    ///
    /// # Errors
    /// [`Error::ModelInUse`]; [`Error::WrongKind`] if the node is neither a data object nor an
    /// attribute, or of another model; [`Error::InvalidFunctionalConstraint`] if it does not have
    /// the functional constraint.
    pub fn create_entry_for(
        &self,
        node: &impl ModelNodeExt,
        fc: FunctionalConstraint,
    ) -> Result<DatasetEntry, Error> {
        let handle = node.handle();
        if handle.model != self.model {
            return Err(Error::WrongKind {
                reference: node.reference(),
                reason: "is of another model than the data set",
            });
        }
        let key = handle.key;
        self.add(|_, _| Ok(DataSetEntryDef { key, fc }))
    }

    fn add(
        &self,
        entry: impl FnOnce(&Arena, &DataSetDef) -> Result<DataSetEntryDef, Error>,
    ) -> Result<DatasetEntry, Error> {
        let entry = self.model.edit(|arena, _| {
            let set = arena
                .data_sets
                .get(self.index)
                .ok_or_else(|| Error::NotFound {
                    what: "data set",
                    name: self.name.to_string(),
                    parent: arena.name.clone(),
                })?;
            let entry = entry(arena, set)?;
            check(arena, &entry)?;
            arena.data_sets[self.index].entries.push(entry);
            Ok(entry)
        })?;
        Ok(self
            .model
            .read(|arena| DatasetEntry::of(&self.model, arena, &entry)))
    }
}

fn check(arena: &Arena, entry: &DataSetEntryDef) -> Result<(), Error> {
    let reference = || arena.reference(entry.key);
    if matches!(
        arena.node(entry.key.id).kind,
        NodeKind::LogicalDevice { .. } | NodeKind::LogicalNode
    ) {
        return Err(Error::WrongKind {
            reference: reference(),
            reason: "is neither a data object nor a data attribute",
        });
    }
    if !arena.has_fc(entry.key.id, entry.fc) {
        return Err(Error::InvalidFunctionalConstraint {
            reference: reference(),
            fc: entry.fc,
            reason: "is not one the node has",
        });
    }
    let open = arena.arrays_on_path(entry.key.id) - entry.key.indices.len();
    let own = usize::from(arena.open_count(entry.key) > 0);
    if open > own {
        return Err(Error::WrongKind {
            reference: reference(),
            reason: "is in an array of which no element is named",
        });
    }
    Ok(())
}

/// `HA(2)cVal` becomes `HA(2)$cVal`.
fn separate_component(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        if c == ')'
            && chars
                .peek()
                .is_some_and(|next| next.is_ascii_alphanumeric())
        {
            out.push('$');
        }
    }
    out
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dataset({})", self.reference())
    }
}

/// A member of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DatasetEntry {
    node: ModelNode,
    fc: FunctionalConstraint,
}

impl DatasetEntry {
    fn of(model: &IedModel, arena: &Arena, entry: &DataSetEntryDef) -> Self {
        DatasetEntry {
            node: ModelNode::of(model, arena, entry.key),
            fc: entry.fc,
        }
    }

    /// The data object or attribute.
    pub fn node(&self) -> &ModelNode {
        &self.node
    }

    /// The functional constraint.
    pub fn fc(&self) -> FunctionalConstraint {
        self.fc
    }

    /// The reference with the functional constraint: `IED1LD0/GGIO1.Ind1.stVal[ST]`.
    pub fn reference(&self) -> String {
        format!("{}[{}]", self.node.reference(), self.fc)
    }
}
