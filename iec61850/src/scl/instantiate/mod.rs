//! From an IED of a document to a data model.

mod control_block;
mod data;
mod data_set;
mod overrides;
mod value;

use super::document::{AccessPoint, Ied, LDevice, SclDocument};
use super::error::{Location, SclError, SclWarning};
use super::xml::{Place, Problems};
use crate::{IedModel, LogicalDevice, LogicalNode};

/// Types within types: data objects in data objects, attributes in attributes. A name in MMS has
/// room for no more.
const MAX_TYPE_DEPTH: usize = 48;

/// A model made of an IED, and what was left out of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct SclInstance {
    /// The model, ready to be given to a server.
    pub model: IedModel,
    /// The name of the IED it was made of.
    pub ied: String,
    /// The name of the access point whose server it is.
    pub access_point: String,
    /// What did not fit and was left out.
    pub warnings: Vec<SclWarning>,
}

impl SclDocument {
    /// Makes the model of an IED.
    ///
    /// `ied` may be left out if only one IED has a server; `access_point` if only one access
    /// point of the IED has a server. The access point may also be one that gives access to the
    /// server of another (`ServerAt`).
    ///
    /// What is left out with a warning is told to `tracing`; [`SclDocument::instantiate`] returns
    /// the warnings.
    ///
    /// # Errors
    /// [`SclError`] if the choice is not clear or wrong (the error names what there is), if a type
    /// contains itself, if no data are left of the model or it is too large, and with
    /// [`SclOptions::strict`](super::SclOptions::strict) if anything does not fit.
    pub fn model(
        &self,
        ied: Option<&str>,
        access_point: Option<&str>,
    ) -> Result<IedModel, SclError> {
        let instance = self.instantiate(ied, access_point)?;
        for warning in &instance.warnings {
            tracing::warn!("{warning}");
        }
        Ok(instance.model)
    }

    /// As [`SclDocument::model`], with what was left out.
    ///
    /// Names are made as libiec61850's generator makes them: a logical device is IED name and
    /// instance, or its `ldName`; a logical node is prefix, class and instance; a report control is
    /// `NAME01`, `NAME02`, ... for as many instances as `RptEnabled max` says, or just `NAME` if
    /// it is not indexed. A setting of functional constraint SE, or SG where the server has setting
    /// groups, becomes two attributes, SG and SE. A logical node whose type is missing stays
    /// without data; data objects, attributes, data set members and control blocks that cannot be
    /// made are left out; a value that does not fit leaves the attribute at its default.
    ///
    /// # Errors
    /// As [`SclDocument::model`].
    pub fn instantiate(
        &self,
        ied: Option<&str>,
        access_point: Option<&str>,
    ) -> Result<SclInstance, SclError> {
        let ied = self.choose_ied(ied)?;
        let (access_point, devices) = self.choose_access_point(ied, access_point)?;
        let model = IedModel::new(&ied.name).map_err(|error| SclError::Invalid {
            location: self.places.locate(ied.place),
            reason: error.to_string(),
        })?;
        let setting_groups = devices
            .iter()
            .flat_map(|device| &device.nodes)
            .any(|node| node.has_setting_control());
        let mut builder = Builder {
            document: self,
            ied,
            access_point,
            model,
            problems: Problems::new(&self.options),
            nodes_left: self.options.max_nodes,
            chain: Vec::new(),
            setting_groups,
            groups: None,
            data_objects: 0,
            missing: None,
        };
        builder.build(devices)?;
        Ok(SclInstance {
            model: builder.model,
            ied: ied.name.clone(),
            access_point: access_point.to_string(),
            warnings: builder.problems.into_warnings(&self.places),
        })
    }

    fn choose_ied(&self, name: Option<&str>) -> Result<&Ied, SclError> {
        let file = self.places.file().clone();
        if let Some(name) = name {
            return self
                .ieds
                .iter()
                .find(|ied| ied.name == name)
                .ok_or_else(|| SclError::UnknownIed {
                    file,
                    name: name.to_string(),
                    ieds: self.ieds.iter().map(|ied| ied.name.clone()).collect(),
                });
        }
        let served: Vec<&Ied> = self
            .ieds
            .iter()
            .filter(|ied| {
                ied.access_points
                    .iter()
                    .any(|access| access.server.is_some())
            })
            .collect();
        let names = |ieds: &[&Ied]| ieds.iter().map(|ied| ied.name.clone()).collect();
        match served.as_slice() {
            [] => Err(SclError::NoServer {
                file,
                ieds: self.ieds.iter().map(|ied| ied.name.clone()).collect(),
            }),
            [ied] => Ok(ied),
            several => Err(SclError::SeveralIeds {
                file,
                ieds: names(several),
            }),
        }
    }

    fn choose_access_point<'a>(
        &'a self,
        ied: &'a Ied,
        name: Option<&str>,
    ) -> Result<(&'a str, &'a [LDevice]), SclError> {
        let server_of = |access: &'a AccessPoint| {
            let at = access.server_at.as_deref();
            access.server.as_deref().or_else(|| {
                ied.access_points
                    .iter()
                    .find(|other| at == Some(other.name.as_str()))
                    .and_then(|other| other.server.as_deref())
            })
        };
        let location = || self.places.locate(ied.place);
        if let Some(name) = name {
            return ied
                .access_points
                .iter()
                .filter(|access| access.name == name)
                .find_map(|access| Some((access.name.as_str(), server_of(access)?)))
                .ok_or_else(|| SclError::UnknownAccessPoint {
                    location: location(),
                    name: name.to_string(),
                    access_points: ied
                        .access_points
                        .iter()
                        .filter(|access| server_of(access).is_some())
                        .map(|access| access.name.clone())
                        .collect(),
                });
        }
        let mut own = ied
            .access_points
            .iter()
            .filter_map(|access| Some((access.name.as_str(), access.server.as_deref()?)));
        match (own.next(), own.next()) {
            (Some(only), None) => Ok(only),
            (Some(first), Some(second)) => Err(SclError::SeveralAccessPoints {
                location: location(),
                access_points: [first, second]
                    .into_iter()
                    .chain(own)
                    .map(|(name, _)| name.to_string())
                    .collect(),
            }),
            (None, _) => Err(SclError::Invalid {
                location: location(),
                reason: "no access point of the IED has a Server".into(),
            }),
        }
    }
}

/// Setting groups of the logical device that is being built.
#[derive(Clone, Copy)]
struct SettingGroups {
    active: u8,
    count: u8,
}

#[derive(Clone, Copy, PartialEq)]
enum TypeKind {
    DataObject,
    Attribute,
}

struct Builder<'a> {
    document: &'a SclDocument,
    ied: &'a Ied,
    access_point: &'a str,
    model: IedModel,
    problems: Problems,
    nodes_left: usize,
    /// The types being instantiated, outermost first.
    chain: Vec<(TypeKind, &'a str)>,
    /// Whether the server has setting groups in any of its logical devices.
    setting_groups: bool,
    groups: Option<SettingGroups>,
    data_objects: usize,
    /// The first type that was missing.
    missing: Option<(Place, String)>,
}

impl<'a> Builder<'a> {
    fn build(&mut self, devices: &'a [LDevice]) -> Result<(), SclError> {
        let mut made = Vec::new();
        for device in devices {
            let handle = match self
                .model
                .create_logical_device(&device.inst, device.ld_name.as_deref())
            {
                Ok(handle) => handle,
                Err(error) => {
                    self.problem(device.place, format!("left out: {error}"))?;
                    continue;
                }
            };
            self.data_of(device, &handle, &mut made)?;
        }
        if self.data_objects == 0 {
            let (place, reason) = match self.missing.take() {
                Some((place, reason)) => (place, format!("no data are left: {reason}")),
                None => (self.ied.place, "the server has no data".to_string()),
            };
            return Err(SclError::Invalid {
                location: self.locate(place),
                reason,
            });
        }
        // Members of data sets may be anywhere, so all data must be there.
        for (device, node, handle) in &made {
            for data_set in &node.data_sets {
                self.data_set(device, data_set, handle)?;
            }
        }
        for (device, node, handle) in &made {
            self.control_blocks(device, node, handle)?;
        }
        Ok(())
    }

    fn data_of(
        &mut self,
        device: &'a LDevice,
        handle: &LogicalDevice,
        made: &mut Vec<(&'a LDevice, &'a super::document::Ln, LogicalNode)>,
    ) -> Result<(), SclError> {
        self.groups = None;
        for node in &device.nodes {
            let node_handle = match handle.create_logical_node(&node.name()) {
                Ok(node_handle) => node_handle,
                Err(error) => {
                    self.problem(node.place, format!("left out: {error}"))?;
                    continue;
                }
            };
            // Before the data, whose values may be for one of the groups.
            self.setting_control(node, &node_handle)?;
            self.logical_node(node, &node_handle)?;
            made.push((device, node, node_handle));
        }
        Ok(())
    }

    fn locate(&self, place: Place) -> Location {
        self.document.places.locate(place)
    }

    fn problem(&mut self, place: Place, reason: impl Into<String>) -> Result<(), SclError> {
        self.problems.note(&self.document.places, place, reason)
    }

    /// Notes that a type is not there.
    fn missing_type(&mut self, place: Place, element: &str, id: &str) -> Result<(), SclError> {
        let reason = if self.document.templates.is_present() {
            format!("{element} '{id}' is not in DataTypeTemplates")
        } else {
            format!("{element} '{id}' is missing: the file has no DataTypeTemplates")
        };
        if self.missing.is_none() {
            self.missing = Some((place, reason.clone()));
        }
        self.problem(place, reason)
    }

    /// Goes into a type; fails if it is already being instantiated.
    fn enter(&mut self, kind: TypeKind, id: &'a str, place: Place) -> Result<(), SclError> {
        if let Some(start) = self.chain.iter().position(|open| *open == (kind, id)) {
            let mut chain: Vec<String> = self
                .chain
                .iter()
                .skip(start)
                .map(|(_, id)| id.to_string())
                .collect();
            chain.push(id.to_string());
            return Err(SclError::TypeCycle {
                location: self.locate(place),
                chain,
            });
        }
        if self.chain.len() >= MAX_TYPE_DEPTH {
            return Err(SclError::Invalid {
                location: self.locate(place),
                reason: format!("types are nested more than {MAX_TYPE_DEPTH} deep"),
            });
        }
        self.chain.push((kind, id));
        Ok(())
    }

    /// Counts nodes against the limit.
    fn count_nodes(&mut self, place: Place, nodes: usize) -> Result<(), SclError> {
        match self.nodes_left.checked_sub(nodes) {
            Some(left) => {
                self.nodes_left = left;
                Ok(())
            }
            None => Err(SclError::TooManyNodes {
                location: self.locate(place),
                limit: self.document.options.max_nodes,
            }),
        }
    }
}
