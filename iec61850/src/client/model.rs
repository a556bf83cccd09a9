//! The whole server as a tree with types.

use super::connection::IedConnection;
use super::engine::EngineClient;
use super::error::{Context, IedClientError};
use super::window::side_by_side;
use crate::{Error, FunctionalConstraint};
use mms::pdu::ObjectScope;
use mms::{Component, ObjectName, TypeDescription};
use std::collections::HashSet;

const SERVICE: &str = "get model";

/// What a server has, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceModel {
    /// The logical devices, in the order of the server.
    pub logical_devices: Vec<LogicalDeviceDescription>,
}

/// A logical device of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalDeviceDescription {
    /// Its full name.
    pub name: String,
    /// Its logical nodes, in the order of the server.
    pub logical_nodes: Vec<LogicalNodeDescription>,
    /// Its data sets that belong to no logical node.
    pub data_sets: Vec<String>,
}

/// A logical node of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalNodeDescription {
    /// Its name.
    pub name: String,
    /// What there is with each functional constraint, control blocks included, in the order of
    /// the server.
    pub parts: Vec<PartDescription>,
    /// Names of its data sets.
    pub data_sets: Vec<String>,
    /// Names of its logs.
    pub logs: Vec<String>,
}

/// What a logical node has with one functional constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartDescription {
    /// The functional constraint.
    pub fc: FunctionalConstraint,
    /// Data objects or control blocks, with the types of what they have here.
    pub objects: Vec<(String, TypeDescription)>,
}

impl LogicalNodeDescription {
    /// Names of the data objects, in the order of their first appearance.
    pub fn data_objects(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let data = self.parts.iter().filter(|part| part.fc.is_of_data());
        data.flat_map(|part| part.objects.iter().map(move |(name, _)| (part.fc, &**name)))
            .filter(|(fc, name)| !(*fc == FunctionalConstraint::SP && *name == "SGCB"))
            .map(|(_, name)| name)
            .filter(|name| seen.insert(*name))
            .collect()
    }

    /// The type of an object below the logical node, names separated by dots.
    pub fn type_of(&self, path: &str, fc: FunctionalConstraint) -> Option<&TypeDescription> {
        let (object, rest) = match path.split_once('.') {
            Some((object, rest)) => (object, Some(rest)),
            None => (path, None),
        };
        let part = self.parts.iter().find(|part| part.fc == fc)?;
        let (_, ty) = part.objects.iter().find(|(name, _)| name == object)?;
        match rest {
            Some(rest) => ty.child_by_name(rest),
            None => Some(ty),
        }
    }
}

impl DeviceModel {
    /// The logical node `LD/LN`.
    pub fn logical_node(&self, reference: &str) -> Option<&LogicalNodeDescription> {
        let (device, node) = reference.split_once('/')?;
        let device = self.logical_devices.iter().find(|ld| ld.name == device)?;
        device.logical_nodes.iter().find(|ln| ln.name == node)
    }
}

impl IedConnection {
    /// Asks for all names and types: three requests for each logical device (variables, data sets,
    /// logs) and one for each logical node, as many under way at once as agreed with the server.
    ///
    /// A server that cannot give the type of a whole logical node, because it is larger than a
    /// PDU, is asked for its parts.
    ///
    /// # Errors
    /// See [`crate::Error::code`].
    pub async fn get_device_model(&self) -> Result<DeviceModel, Error> {
        let client = self.client(SERVICE, "")?;
        let width = client.width();
        let devices = client.domain_names().await.context(SERVICE, "")?;
        let listings = side_by_side(width, devices, |device| self.listing(&client, device)).await?;
        let places: Vec<(usize, String)> = listings
            .iter()
            .enumerate()
            .flat_map(|(at, listing)| listing.nodes.iter().map(move |node| (at, node.clone())))
            .collect();
        let listed = &listings;
        let nodes = side_by_side(width, places, |(at, node)| {
            let client = &client;
            async move {
                let Some(listing) = listed.get(at) else {
                    return Ok(None);
                };
                let parts = parts(client, listing, &node).await?;
                let of_node = |names: &[String]| {
                    let names = names.iter();
                    names
                        .filter_map(|name| {
                            Some(name.strip_prefix(&*node)?.strip_prefix('$')?.to_owned())
                        })
                        .collect::<Vec<_>>()
                };
                let description = LogicalNodeDescription {
                    data_sets: of_node(&listing.lists),
                    logs: of_node(&listing.logs),
                    parts,
                    name: node,
                };
                Ok::<_, Error>(Some((at, description)))
            }
        })
        .await?;
        let mut devices: Vec<LogicalDeviceDescription> = listings
            .into_iter()
            .map(|listing| LogicalDeviceDescription {
                name: listing.device,
                logical_nodes: vec![],
                data_sets: listing
                    .lists
                    .into_iter()
                    .filter(|name| !name.contains('$'))
                    .collect(),
            })
            .collect();
        for (at, node) in nodes.into_iter().flatten() {
            if let Some(device) = devices.get_mut(at) {
                device.logical_nodes.push(node);
            }
        }
        Ok(DeviceModel {
            logical_devices: devices,
        })
    }

    async fn listing(&self, client: &EngineClient, device: String) -> Result<Listing, Error> {
        let variables = self.variables(&device).await?;
        let scope = ObjectScope::Domain(&device);
        // Servers without data sets or logs may refuse to list them.
        let or_none = |names: Result<Vec<String>, Error>| match names {
            Err(error) if error.code() != Some(IedClientError::ConnectionLost) => Ok(vec![]),
            names => names,
        };
        let lists = client.variable_list_names(scope).await;
        let lists = or_none(lists.context(SERVICE, &device))?;
        let logs = client.journal_names(scope).await;
        let logs = or_none(logs.context(SERVICE, &device))?;
        let mut seen = HashSet::new();
        let nodes = variables
            .iter()
            .filter_map(|name| name.split('$').next())
            .filter(|name| seen.insert(*name))
            .map(str::to_owned)
            .collect();
        Ok(Listing {
            device,
            nodes,
            variables,
            lists,
            logs,
        })
    }
}

struct Listing {
    device: String,
    nodes: Vec<String>,
    variables: std::sync::Arc<Vec<String>>,
    lists: Vec<String>,
    logs: Vec<String>,
}

async fn parts(
    client: &EngineClient,
    listing: &Listing,
    node: &str,
) -> Result<Vec<PartDescription>, Error> {
    let whole = type_of(client, &listing.device, node).await;
    match whole {
        Ok(TypeDescription::Structure(components)) => Ok(components
            .into_iter()
            .filter_map(|component| {
                let fc = component.name?.parse().ok()?;
                Some(PartDescription {
                    fc,
                    objects: objects(component.ty),
                })
            })
            .collect()),
        Ok(_) => Ok(vec![]),
        Err(error) if error.code() == Some(IedClientError::ConnectionLost) => Err(error),
        // Part by part: each data object with each functional constraint.
        Err(_) => {
            let mut parts: Vec<PartDescription> = Vec::new();
            let items = listing
                .variables
                .iter()
                .filter_map(|name| name.strip_prefix(node)?.strip_prefix('$'));
            for item in items {
                let Some((fc, object)) = item.split_once('$') else {
                    continue;
                };
                let Ok(fc) = fc.parse::<FunctionalConstraint>() else {
                    continue;
                };
                if object.contains('$') {
                    continue;
                }
                let ty = type_of(client, &listing.device, &format!("{node}${item}")).await?;
                let object = (object.to_owned(), ty);
                match parts.iter_mut().find(|part| part.fc == fc) {
                    Some(part) => part.objects.push(object),
                    None => parts.push(PartDescription {
                        fc,
                        objects: vec![object],
                    }),
                }
            }
            Ok(parts)
        }
    }
}

fn objects(ty: TypeDescription) -> Vec<(String, TypeDescription)> {
    let TypeDescription::Structure(components) = ty else {
        return vec![];
    };
    let named = |component: Component| Some((component.name?, component.ty));
    components.into_iter().filter_map(named).collect()
}

async fn type_of(
    client: &EngineClient,
    device: &str,
    item: &str,
) -> Result<TypeDescription, Error> {
    let name = ObjectName::domain(device, item);
    let ty = client.get_variable_access_attributes(name).await;
    ty.context(SERVICE, &name.to_string())
}
