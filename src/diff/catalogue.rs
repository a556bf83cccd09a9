//! What there is on the servers, as the survey finds it.

use mms::TypeDescription;
use std::collections::BTreeMap;

/// A named variable, or a part of one that has a name of its own.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) domain: String,
    pub(super) item: String,
    pub(super) ty: TypeDescription,
}

impl Variable {
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.domain, self.item)
    }

    /// The functional constraint; empty for a logical node.
    pub(super) fn constraint(&self) -> &str {
        self.item.split('$').nth(1).unwrap_or_default()
    }

    pub(super) fn is_leaf(&self) -> bool {
        !matches!(
            self.ty,
            TypeDescription::Structure(_) | TypeDescription::Array { .. }
        )
    }
}

/// A data set with its members: domain and item, where they are variables with a name.
#[derive(Clone, Debug)]
pub(super) struct DataSet {
    pub(super) domain: String,
    pub(super) name: String,
    pub(super) members: Vec<(String, String)>,
    /// Whether it is one of the model, and not made by a client.
    pub(super) of_model: bool,
}

/// A report control block.
#[derive(Clone, Debug)]
pub(super) struct ReportBlock {
    pub(super) domain: String,
    /// `LLN0$BR$brcb01`.
    pub(super) item: String,
    pub(super) buffered: bool,
    pub(super) fields: Vec<String>,
}

/// A data object that can be controlled.
#[derive(Clone, Debug)]
pub(super) struct Control {
    pub(super) domain: String,
    /// `CSWI1$CO$Pos`.
    pub(super) item: String,
    /// Name and type of SBO, SBOw, Oper and Cancel, of those that are there.
    pub(super) services: Vec<(String, TypeDescription)>,
}

#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) domains: Vec<String>,
    /// Logical nodes by domain and name.
    pub(super) nodes: BTreeMap<(String, String), TypeDescription>,
    pub(super) variables: Vec<Variable>,
    pub(super) data_sets: Vec<DataSet>,
    pub(super) reports: Vec<ReportBlock>,
    pub(super) controls: Vec<Control>,
    /// Domain and name of journals.
    pub(super) journals: Vec<(String, String)>,
    pub(super) files: Vec<String>,
}

impl Catalogue {
    /// Adds a logical node with all that is in it.
    pub(super) fn add_node(&mut self, domain: &str, node: &str, ty: TypeDescription) {
        self.add_variables(domain, node.to_owned(), &ty);
        self.nodes.insert((domain.to_owned(), node.to_owned()), ty);
    }

    fn add_variables(&mut self, domain: &str, item: String, ty: &TypeDescription) {
        if let TypeDescription::Structure(components) = ty {
            let names: Vec<_> = components
                .iter()
                .filter_map(|component| component.name.clone())
                .collect();
            let parts: Vec<&str> = item.split('$').collect();
            match parts[..] {
                [_, fc @ ("RP" | "BR"), _] => self.reports.push(ReportBlock {
                    domain: domain.to_owned(),
                    buffered: fc == "BR",
                    item: item.clone(),
                    fields: names,
                }),
                [_, "CO", _] => self.controls.push(Control {
                    domain: domain.to_owned(),
                    item: item.clone(),
                    services: components
                        .iter()
                        .filter_map(|c| Some((c.name.clone()?, c.ty.clone())))
                        .collect(),
                }),
                _ => {}
            }
            for component in components {
                if let Some(name) = &component.name {
                    self.add_variables(domain, format!("{item}${name}"), &component.ty);
                }
            }
        }
        self.variables.push(Variable {
            domain: domain.to_owned(),
            item,
            ty: ty.clone(),
        });
    }

    /// The type of a variable by its name in MMS.
    pub(super) fn type_of(&self, domain: &str, item: &str) -> Option<&TypeDescription> {
        let (node, path) = item.split_once('$').unwrap_or((item, ""));
        let ty = self.nodes.get(&(domain.to_owned(), node.to_owned()))?;
        path.split('$')
            .filter(|name| !name.is_empty())
            .try_fold(ty, |ty, name| ty.child_by_name(name))
    }

    pub(super) fn data_set(&self, domain: &str, name: &str) -> Option<&DataSet> {
        self.data_sets
            .iter()
            .find(|set| set.domain == domain && set.name == name)
    }
}
