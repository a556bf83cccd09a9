//! A device beside the model of a file: what is missing, what is more, what is otherwise.

use super::connection::IedConnection;
use super::model::{DeviceModel, LogicalDeviceDescription, LogicalNodeDescription};
use super::window::side_by_side;
use crate::model::{DataObject, IedModel, LogicalNode, ModelNode, ModelNodeExt};
use crate::{DataAttributeType, Error, FunctionalConstraint as Fc, ObjectReference};
use mms::{Component, MmsValue, TypeDescription};
use std::collections::HashSet;

/// How a device differs from a model, in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelDifference {
    /// The object: `LD`, `LD/LN`, `LD/LN.DO.DA[FC]`, or `LD/LN.name` of a data set, control block
    /// or log.
    pub reference: String,
    /// What is different.
    pub kind: DifferenceKind,
}

/// What is different.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The device does not have it.
    Missing {
        /// What it is: `logical node`, `data attribute`, `data set` ...
        what: &'static str,
    },
    /// The model does not have it.
    Extra {
        /// What it is.
        what: &'static str,
    },
    /// Both have it, with types that differ.
    Type {
        /// In the model.
        model: TypeDescription,
        /// In the device.
        device: TypeDescription,
    },
    /// Both have the same components, in another order: whoever reads the structure as a whole
    /// takes one for the other.
    Order {
        /// In the model.
        model: Vec<String>,
        /// In the device.
        device: Vec<String>,
    },
    /// The members of a data set.
    Members {
        /// In the model, as `LD/LN.DO.DA[FC]`.
        model: Vec<String>,
        /// In the device.
        device: Vec<String>,
    },
    /// The model sets a value, and the device has another.
    Value {
        /// In the model.
        model: MmsValue,
        /// In the device.
        device: MmsValue,
    },
    /// The device has it and does not let it be read.
    Unreadable {
        /// Why not.
        reason: String,
    },
}

/// Functional constraints whose values are configuration: what the process changes is left out.
const CONFIGURED: [Fc; 4] = [Fc::CF, Fc::DC, Fc::SP, Fc::EX];

/// Data sets that are asked for at once.
const AT_ONCE: usize = 5;

/// What was found so far.
#[derive(Default)]
struct Comparison {
    differences: Vec<ModelDifference>,
}

impl DeviceModel {
    /// How this device differs from a model, by names and types: nothing is asked for. Of control
    /// blocks and logs only the names are compared, of data sets also only those.
    ///
    /// Types of integers may have another width where the model has an enumeration, for which
    /// devices choose as they like.
    pub fn differences(&self, model: &IedModel) -> Vec<ModelDifference> {
        let mut found = Comparison::default();
        found.devices(self, model);
        found.differences
    }
}

impl IedConnection {
    /// How the device differs from a model: everything of [`DeviceModel::differences`], the members
    /// of the data sets, and with `values` also the values that the model sets for configuration
    /// (functional constraints CF, DC, SP and EX).
    ///
    /// # Errors
    /// See [`crate::Error::code`]. What cannot be read is a difference and no error.
    pub async fn compare_with(
        &self,
        model: &IedModel,
        values: bool,
    ) -> Result<Vec<ModelDifference>, Error> {
        let device = self.get_device_model().await?;
        let mut found = device.differences(model);
        found.extend(self.other_members(model, &device).await?);
        if values {
            found.extend(self.other_values(model, &device).await?);
        }
        Ok(found)
    }

    async fn other_members(
        &self,
        model: &IedModel,
        device: &DeviceModel,
    ) -> Result<Vec<ModelDifference>, Error> {
        let both = model.datasets().into_iter().filter_map(|set| {
            let node = set.parent()?;
            let at = format!("{}/{}", node.logical_device().domain_name(), node.name());
            let has_it = device.logical_node(&at)?.data_sets.iter();
            let mut has_it = has_it.filter(|name| *name == set.name());
            has_it.next()?;
            let members: Vec<String> = set.entries().iter().map(|e| e.reference()).collect();
            Some((format!("{at}.{}", set.name()), members))
        });
        let compared = side_by_side(AT_ONCE, both, |(reference, members)| async move {
            let directory = match self.get_dataset_directory(&reference).await {
                Ok(directory) => directory,
                Err(error) => return unreadable(reference, error),
            };
            let same = |text: &String| match text.parse::<ObjectReference>() {
                Ok(reference) => reference.to_string(),
                Err(_) => text.clone(),
            };
            let ours: Vec<String> = members.iter().map(same).collect();
            let theirs: Vec<String> = directory.entries.iter().map(same).collect();
            Ok((ours != theirs).then_some(ModelDifference {
                reference,
                kind: DifferenceKind::Members {
                    model: ours,
                    device: theirs,
                },
            }))
        });
        Ok(compared.await?.into_iter().flatten().collect())
    }

    async fn other_values(
        &self,
        model: &IedModel,
        device: &DeviceModel,
    ) -> Result<Vec<ModelDifference>, Error> {
        let mut set = Vec::new();
        for node in model
            .logical_devices()
            .iter()
            .flat_map(|ld| ld.logical_nodes())
        {
            let at = format!("{}/{}", node.logical_device().domain_name(), node.name());
            let Some(there) = device.logical_node(&at) else {
                continue;
            };
            for child in node.children() {
                configured(&child, &at, "", there, &mut set);
            }
        }
        let references: Vec<&String> = set.iter().map(|(reference, _)| reference).collect();
        let read = self.read_values(&references).await?;
        let mut found = Vec::new();
        for ((reference, ours), theirs) in set.iter().zip(read) {
            match theirs {
                Ok(theirs) if theirs == *ours => {}
                Ok(theirs) => found.push(ModelDifference {
                    reference: reference.clone(),
                    kind: DifferenceKind::Value {
                        model: ours.clone(),
                        device: theirs,
                    },
                }),
                Err(error) => found.extend(unreadable(reference.clone(), error)?),
            }
        }
        Ok(found)
    }
}

/// The end of the connection ends the comparison; everything else is an answer.
fn unreadable(reference: String, error: Error) -> Result<Option<ModelDifference>, Error> {
    use super::IedClientError as Code;
    match error.code() {
        Some(Code::ConnectionLost | Code::NotConnected) | None => Err(error),
        Some(code) => Ok(Some(ModelDifference {
            reference,
            kind: DifferenceKind::Unreadable {
                reason: code.to_string(),
            },
        })),
    }
}

/// The values that the model sets below a node, of objects that the device has.
fn configured(
    node: &ModelNode,
    at: &str,
    path: &str,
    there: &LogicalNodeDescription,
    found: &mut Vec<(String, MmsValue)>,
) {
    let path = match path.is_empty() {
        true => node.name().to_owned(),
        false => format!("{path}.{}", node.name()),
    };
    if let ModelNode::DataAttribute(attribute) = node
        && CONFIGURED.contains(&attribute.fc())
        && let Some(value) = attribute.configured_value()
        && there.type_of(&path, attribute.fc()).is_some()
    {
        found.push((format!("{at}.{path}[{}]", attribute.fc()), value));
    }
    for child in node.children() {
        configured(&child, at, &path, there, found);
    }
}

impl Comparison {
    fn note(&mut self, reference: impl Into<String>, kind: DifferenceKind) {
        let reference = reference.into();
        self.differences.push(ModelDifference { reference, kind });
    }

    fn missing(&mut self, reference: impl Into<String>, what: &'static str) {
        self.note(reference, DifferenceKind::Missing { what });
    }

    fn extra(&mut self, reference: impl Into<String>, what: &'static str) {
        self.note(reference, DifferenceKind::Extra { what });
    }

    fn devices(&mut self, device: &DeviceModel, model: &IedModel) {
        let ours = model.logical_devices();
        for ld in &ours {
            let name = ld.domain_name();
            match device
                .logical_devices
                .iter()
                .find(|there| there.name == name)
            {
                None => self.missing(name, "logical device"),
                Some(there) => self.nodes(there, &ld.logical_nodes()),
            }
        }
        let known: HashSet<String> = ours.iter().map(|ld| ld.domain_name()).collect();
        for there in &device.logical_devices {
            if !known.contains(&there.name) {
                self.extra(there.name.as_str(), "logical device");
            }
        }
    }

    fn nodes(&mut self, device: &LogicalDeviceDescription, ours: &[LogicalNode]) {
        for node in ours {
            let at = format!("{}/{}", device.name, node.name());
            let mut there = device.logical_nodes.iter();
            match there.find(|there| there.name == node.name()) {
                None => self.missing(at, "logical node"),
                Some(there) => self.node(&at, there, node),
            }
        }
        for there in &device.logical_nodes {
            if !ours.iter().any(|node| node.name() == there.name) {
                self.extra(format!("{}/{}", device.name, there.name), "logical node");
            }
        }
        for set in &device.data_sets {
            self.extra(format!("{}/{set}", device.name), "data set");
        }
    }

    fn node(&mut self, at: &str, there: &LogicalNodeDescription, node: &LogicalNode) {
        let objects: Vec<DataObject> = node
            .children()
            .into_iter()
            .filter_map(|child| child.into_data_object().ok())
            .collect();
        let names = there.data_objects();
        for object in &objects {
            match names.contains(&object.name()) {
                true => self.object(at, there, object),
                false => self.missing(format!("{at}.{}", object.name()), "data object"),
            }
        }
        for name in names {
            if !objects.iter().any(|object| object.name() == name) {
                self.extra(format!("{at}.{name}"), "data object");
            }
        }
        let ours = node.datasets();
        let ours: Vec<&str> = ours.iter().map(|set| set.name()).collect();
        self.names(at, "data set", &ours, &there.data_sets);
        let logs = node.logs();
        let logs: Vec<&str> = logs.iter().map(|log| log.name()).collect();
        self.names(at, "log", &logs, &there.logs);
        self.control_blocks(at, there, node);
    }

    fn names(&mut self, at: &str, what: &'static str, ours: &[&str], theirs: &[String]) {
        for name in ours {
            if !theirs.iter().any(|their| their == name) {
                self.missing(format!("{at}.{name}"), what);
            }
        }
        for name in theirs {
            if !ours.contains(&name.as_str()) {
                self.extra(format!("{at}.{name}"), what);
            }
        }
    }

    fn control_blocks(&mut self, at: &str, there: &LogicalNodeDescription, node: &LogicalNode) {
        let reports = node.report_control_blocks();
        let samples = node.sv_control_blocks();
        let reports_of = |buffered| {
            let of = reports
                .iter()
                .filter(move |rcb| rcb.is_buffered() == buffered);
            of.map(|rcb| rcb.name().to_owned()).collect()
        };
        let samples_of = |unicast| {
            let of = samples
                .iter()
                .filter(move |block| block.is_unicast() == unicast);
            of.map(|block| block.name().to_owned()).collect()
        };
        let goose = node.goose_control_blocks();
        let logs = node.log_control_blocks();
        let groups = node.setting_group_control_block();
        let blocks: [(Fc, &'static str, Vec<String>); 7] = [
            (Fc::RP, "unbuffered report control block", reports_of(false)),
            (Fc::BR, "buffered report control block", reports_of(true)),
            (
                Fc::GO,
                "GOOSE control block",
                goose.iter().map(|block| block.name().to_owned()).collect(),
            ),
            (
                Fc::MS,
                "multicast sampled value control block",
                samples_of(false),
            ),
            (
                Fc::US,
                "unicast sampled value control block",
                samples_of(true),
            ),
            (
                Fc::LG,
                "log control block",
                logs.iter().map(|block| block.name().to_owned()).collect(),
            ),
            (
                Fc::SP,
                "setting group control block",
                groups.iter().map(|_| "SGCB".to_owned()).collect(),
            ),
        ];
        for (fc, what, ours) in blocks {
            let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
            let theirs: Vec<String> = there
                .parts
                .iter()
                .filter(|part| part.fc == fc)
                .flat_map(|part| part.objects.iter().map(|(name, _)| name))
                .filter(|name| fc != Fc::SP || *name == "SGCB")
                .cloned()
                .collect();
            self.names(at, what, &ours, &theirs);
        }
    }

    fn object(&mut self, at: &str, there: &LogicalNodeDescription, object: &DataObject) {
        for fc in Fc::MMS_ORDER.into_iter().filter(|fc| fc.is_of_data()) {
            let ours = object.type_description(fc);
            let theirs = there.type_of(object.name(), fc);
            let at = Place {
                reference: format!("{at}.{}", object.name()),
                path: String::new(),
                object,
                fc,
            };
            match (ours, theirs) {
                (Some(ours), Some(theirs)) => self.types(&at, &ours, theirs),
                (Some(ours), None) => self.all_missing(&at, &ours),
                (None, Some(theirs)) => self.all_extra(&at, theirs),
                (None, None) => {}
            }
        }
    }

    /// Each component of what only the model has.
    fn all_missing(&mut self, at: &Place<'_>, ty: &TypeDescription) {
        for component in components(ty) {
            self.missing(at.below(name_of(component)).shown(), "data attribute");
        }
    }

    /// Each component of what only the device has.
    fn all_extra(&mut self, at: &Place<'_>, ty: &TypeDescription) {
        for component in components(ty) {
            self.extra(at.below(name_of(component)).shown(), "data attribute");
        }
    }

    fn types(&mut self, at: &Place<'_>, ours: &TypeDescription, theirs: &TypeDescription) {
        use TypeDescription as T;
        match (ours, theirs) {
            (T::Structure(ours), T::Structure(theirs)) => self.structures(at, ours, theirs),
            (
                T::Array { count, element },
                T::Array {
                    count: their_count,
                    element: their_element,
                },
            ) if count == their_count => self.types(&at.element(), element, their_element),
            (ours, theirs) if fits(ours, theirs, || at.is_enumerated()) => {}
            (ours, theirs) => self.note(
                at.shown(),
                DifferenceKind::Type {
                    model: ours.clone(),
                    device: theirs.clone(),
                },
            ),
        }
    }

    fn structures(&mut self, at: &Place<'_>, ours: &[Component], theirs: &[Component]) {
        for component in ours {
            let name = name_of(component);
            let below = at.below(name);
            match theirs.iter().find(|their| name_of(their) == name) {
                Some(their) => self.types(&below, &component.ty, &their.ty),
                None => self.missing(below.shown(), "data attribute"),
            }
        }
        let order = |from: &[Component], other: &[Component]| -> Vec<String> {
            let names = from.iter().map(name_of);
            names
                .filter(|name| other.iter().any(|there| name_of(there) == *name))
                .map(str::to_owned)
                .collect()
        };
        for component in theirs {
            let name = name_of(component);
            if !ours.iter().any(|our| name_of(our) == name) {
                self.extra(at.below(name).shown(), "data attribute");
            }
        }
        let (model, device) = (order(ours, theirs), order(theirs, ours));
        if model != device {
            self.note(at.shown(), DifferenceKind::Order { model, device });
        }
    }
}

/// Where in a data object a comparison is.
struct Place<'o> {
    /// `LD/LN.DO`, and what is below it.
    reference: String,
    /// What is below the data object.
    path: String,
    object: &'o DataObject,
    fc: Fc,
}

impl<'o> Place<'o> {
    fn below(&self, name: &str) -> Place<'o> {
        let dot = if self.path.is_empty() { "" } else { "." };
        Place {
            reference: format!("{}.{name}", self.reference),
            path: format!("{}{dot}{name}", self.path),
            ..*self
        }
    }

    /// The first element stands for all.
    fn element(&self) -> Place<'o> {
        Place {
            reference: format!("{}(0)", self.reference),
            path: format!("{}(0)", self.path),
            ..*self
        }
    }

    fn shown(&self) -> String {
        format!("{}[{}]", self.reference, self.fc)
    }

    fn is_enumerated(&self) -> bool {
        let attribute = self.object.child_with_fc(&self.path, self.fc);
        attribute
            .is_some_and(|attribute| attribute.attribute_type() == DataAttributeType::Enumerated)
    }
}

fn components(ty: &TypeDescription) -> &[Component] {
    match ty {
        TypeDescription::Structure(components) => components,
        _ => &[],
    }
}

fn name_of(component: &Component) -> &str {
    component.name.as_deref().unwrap_or_default()
}

/// Whether two types are the same to whoever reads and writes values. A size with a sign says that
/// values may be shorter.
fn fits(
    ours: &TypeDescription,
    theirs: &TypeDescription,
    is_enumerated: impl FnOnce() -> bool,
) -> bool {
    use TypeDescription as T;
    match (ours, theirs) {
        (T::BitString(ours), T::BitString(theirs))
        | (T::OctetString(ours), T::OctetString(theirs))
        | (T::VisibleString(ours), T::VisibleString(theirs))
        | (T::MmsString(ours), T::MmsString(theirs)) => {
            ours.unsigned_abs() == theirs.unsigned_abs()
        }
        (T::Integer(ours), T::Integer(theirs)) => ours == theirs || is_enumerated(),
        (ours, theirs) => ours == theirs,
    }
}
