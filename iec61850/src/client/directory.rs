//! What a server has, by name: the directories of IEC 61850-7-2.

use super::connection::IedConnection;
use super::error::{Context, IedClientError, failure};
use super::target;
use crate::{AcsiClass, Error, FunctionalConstraint as Fc};
use mms::pdu::ObjectScope;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const DIRECTORY: &str = "get directory";

/// Names of variables that were asked for, by logical device.
#[derive(Default)]
pub(crate) struct Names {
    variables: Mutex<HashMap<String, Arc<Vec<String>>>>,
}

impl Names {
    pub(crate) fn clear(&self) {
        self.variables.lock().clear();
    }
}

/// Logical devices whose names are kept. The names come from the server; a device is an entry.
const MAX_DEVICES: usize = 10_000;

/// Names that differ, in the order of their first appearance.
fn unique<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut seen = HashSet::new();
    names
        .filter(|name| seen.insert(*name))
        .map(str::to_owned)
        .collect()
}

/// What of `name` follows `prefix$`.
fn below<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    name.strip_prefix(prefix)?.strip_prefix('$')
}

/// Directories. The names of the variables of a logical device are asked for once for each
/// association; [`IedConnection::forget_directory`] has them asked for again.
impl IedConnection {
    /// The logical devices, by their full names.
    ///
    /// # Errors
    /// See [`crate::Error::code`].
    pub async fn get_logical_devices(&self) -> Result<Vec<String>, Error> {
        let client = self.client(DIRECTORY, "")?;
        client.domain_names().await.context(DIRECTORY, "")
    }

    /// The logical nodes of a logical device.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] for an unknown one, and see [`crate::Error::code`].
    pub async fn get_logical_nodes(&self, logical_device: &str) -> Result<Vec<String>, Error> {
        let names = self.variables(logical_device).await?;
        Ok(unique(
            names.iter().filter_map(|name| name.split('$').next()),
        ))
    }

    /// All MMS variables of a logical device, as `LN$FC$DO$DA`.
    ///
    /// # Errors
    /// As for [`IedConnection::get_logical_nodes`].
    pub async fn get_logical_device_variables(
        &self,
        logical_device: &str,
    ) -> Result<Vec<String>, Error> {
        Ok(self.variables(logical_device).await?.to_vec())
    }

    /// The data sets of a logical device, as `LN$name`.
    ///
    /// # Errors
    /// See [`crate::Error::code`].
    pub async fn get_logical_device_datasets(
        &self,
        logical_device: &str,
    ) -> Result<Vec<String>, Error> {
        let client = self.client(DIRECTORY, logical_device)?;
        let scope = ObjectScope::Domain(logical_device);
        let names = client.variable_list_names(scope).await;
        names.context(DIRECTORY, logical_device)
    }

    /// The MMS variables of a logical node, without its name: `FC`, `FC$DO`, `FC$DO$DA`.
    ///
    /// # Errors
    /// As for [`IedConnection::get_logical_node_directory`].
    pub async fn get_logical_node_variables(
        &self,
        logical_node: &str,
    ) -> Result<Vec<String>, Error> {
        let (device, node) = logical_node_of(logical_node)?;
        let names = self.node_variables(&device, &node).await?;
        Ok(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The objects of a class in a logical node, by name.
    ///
    /// Unlike libiec61850, the data objects do not include control blocks.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] for an unknown logical node, and see
    /// [`crate::Error::code`].
    pub async fn get_logical_node_directory(
        &self,
        logical_node: &str,
        class: AcsiClass,
    ) -> Result<Vec<String>, Error> {
        let (device, node) = logical_node_of(logical_node)?;
        let of_fc = |names: &[String], fc: Fc| {
            unique(names.iter().filter_map(|name| {
                let name = below(name, fc.as_str())?;
                name.split('$').next()
            }))
        };
        let fc = match class {
            AcsiClass::DataSet | AcsiClass::Log => {
                let client = self.client(DIRECTORY, logical_node)?;
                let scope = ObjectScope::Domain(&device);
                let names = match class {
                    AcsiClass::Log => client.journal_names(scope).await,
                    _ => client.variable_list_names(scope).await,
                };
                let names = names.context(DIRECTORY, logical_node)?;
                return Ok(unique(names.iter().filter_map(|name| below(name, &node))));
            }
            AcsiClass::DataObject => {
                let names = self.node_variables(&device, &node).await?;
                return Ok(unique(names.iter().filter_map(|name| {
                    let mut parts = name.split('$');
                    let fc: Fc = parts.next()?.parse().ok()?;
                    let object = parts.next()?;
                    let is_data = fc.is_of_data() && !(fc == Fc::SP && object == "SGCB");
                    is_data.then_some(object)
                })));
            }
            AcsiClass::Sgcb => {
                let names = self.node_variables(&device, &node).await?;
                let mut names = of_fc(&names, Fc::SP);
                names.retain(|name| name == "SGCB");
                return Ok(names);
            }
            AcsiClass::Brcb => Fc::BR,
            AcsiClass::Urcb => Fc::RP,
            AcsiClass::Lcb => Fc::LG,
            AcsiClass::GoCb => Fc::GO,
            AcsiClass::Msvcb => Fc::MS,
            AcsiClass::Usvcb => Fc::US,
            AcsiClass::GsCb => {
                let names = self.node_variables(&device, &node).await?;
                return Ok(unique(names.iter().filter_map(|name| {
                    below(name, "GS").and_then(|name| name.split('$').next())
                })));
            }
        };
        let names = self.node_variables(&device, &node).await?;
        Ok(of_fc(&names, fc))
    }

    /// The names one level below a data object or attribute, of all functional constraints.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] for an unknown object, and see
    /// [`crate::Error::code`].
    pub async fn get_data_directory(&self, reference: &str) -> Result<Vec<String>, Error> {
        let names = self.get_data_directory_fc(reference).await?;
        Ok(unique(names.iter().map(|(name, _)| name.as_str())))
    }

    /// The names one level below a data object or attribute, with their functional constraints.
    ///
    /// # Errors
    /// As for [`IedConnection::get_data_directory`].
    pub async fn get_data_directory_fc(&self, reference: &str) -> Result<Vec<(String, Fc)>, Error> {
        self.data_directory(reference, None).await
    }

    /// The names one level below a data object or attribute, of one functional constraint.
    ///
    /// # Errors
    /// As for [`IedConnection::get_data_directory`].
    pub async fn get_data_directory_by_fc(
        &self,
        reference: &str,
        fc: Fc,
    ) -> Result<Vec<String>, Error> {
        let names = self.data_directory(reference, Some(fc)).await?;
        Ok(names.into_iter().map(|(name, _)| name).collect())
    }

    /// Has the names asked for again that the server may have changed.
    pub fn forget_directory(&self) {
        self.inner().names.clear();
    }

    async fn data_directory(
        &self,
        reference: &str,
        wanted: Option<Fc>,
    ) -> Result<Vec<(String, Fc)>, Error> {
        let parsed = target::parse(reference)?;
        let (Some(node), false) = (parsed.logical_node(), parsed.path().is_empty()) else {
            let code = IedClientError::ObjectReferenceInvalid;
            return Err(failure(DIRECTORY, reference, code, "expected LD/LN.DO"));
        };
        let wanted = wanted.or(parsed.fc());
        let path: Vec<&str> = parsed.path().iter().map(|part| &*part.name).collect();
        let path = path.join("$");
        let names = self.node_variables(parsed.logical_device(), node).await?;
        let mut exists = false;
        let mut seen = HashSet::new();
        let mut children = Vec::new();
        for name in &names {
            let Some((fc, rest)) = name.split_once('$') else {
                continue;
            };
            let Ok(fc) = fc.parse::<Fc>() else { continue };
            if rest == path {
                exists = true;
            }
            if wanted.is_some_and(|wanted| wanted != fc) {
                continue;
            }
            if let Some(child) = below(rest, &path).and_then(|rest| rest.split('$').next())
                && seen.insert((fc, child.to_owned()))
            {
                children.push((child.to_owned(), fc));
            }
        }
        match exists || !children.is_empty() {
            true => Ok(children),
            false => {
                let code = IedClientError::ObjectDoesNotExist;
                Err(failure(DIRECTORY, reference, code, code.to_string()))
            }
        }
    }

    /// The variables of a logical node without its name; it exists.
    async fn node_variables(&self, device: &str, node: &str) -> Result<Vec<String>, Error> {
        let names = self.variables(device).await?;
        let of_node: Vec<String> = names
            .iter()
            .filter_map(|name| below(name, node))
            .map(str::to_owned)
            .collect();
        if of_node.is_empty() && !names.iter().any(|name| name == node) {
            let reference = format!("{device}/{node}");
            let code = IedClientError::ObjectDoesNotExist;
            return Err(failure(DIRECTORY, &reference, code, code.to_string()));
        }
        Ok(of_node)
    }

    pub(crate) async fn variables(&self, device: &str) -> Result<Arc<Vec<String>>, Error> {
        let known = self.inner().names.variables.lock().get(device).cloned();
        if let Some(names) = known {
            return Ok(names);
        }
        let client = self.client(DIRECTORY, device)?;
        let names = client.variable_names(ObjectScope::Domain(device)).await;
        let names = Arc::new(names.context(DIRECTORY, device)?);
        let mut cache = self.inner().names.variables.lock();
        if cache.len() < MAX_DEVICES {
            cache.insert(device.to_owned(), names.clone());
        }
        Ok(names)
    }
}

fn logical_node_of(reference: &str) -> Result<(String, String), Error> {
    let parsed = target::parse(reference)?;
    match parsed.logical_node() {
        Some(node) if parsed.path().is_empty() => {
            Ok((parsed.logical_device().to_owned(), node.to_owned()))
        }
        _ => {
            let code = IedClientError::ObjectReferenceInvalid;
            Err(failure(DIRECTORY, reference, code, "expected LD/LN"))
        }
    }
}
