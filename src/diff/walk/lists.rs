//! Data sets and lists of names.

use super::Walk;
use super::data::{members, read_data_set, read_list};
use crate::diff::catalogue::DataSet;
use crate::diff::request::{Request, name};
use crate::diff::session::Stop;
use mms::ObjectName;
use mms::pdu::{
    NameListRequest, ObjectClass, ObjectScope, VariableListAttributesRequest,
    write_define_variable_list, write_delete_variable_lists,
};

/// What stands for a domain for the lists of an association. No domain has such a name.
fn of_association(association: usize) -> String {
    format!("@{association}")
}

impl Walk<'_> {
    pub(super) fn data_set(&mut self) -> Result<(), Stop> {
        match self.random.below(10) {
            0..3 => self.define(),
            3 => self.delete(),
            4..6 => self.list_attributes(),
            6..8 => self.read_set(),
            _ => self.name_list(),
        }
    }

    fn define(&mut self) -> Result<(), Stop> {
        let association = self.association();
        let count = *self.random.pick(&[1, 2, 3, 10]).unwrap_or(&1);
        let mut found = Vec::new();
        for _ in 0..count {
            found.push(match self.random.chance(0.95) {
                true => match self.variable() {
                    Some(variable) => (variable.domain, variable.item),
                    None => return Ok(()),
                },
                false => self.variable_name(),
            });
        }
        let number = self.random.below(4);
        let domain = match self.random.chance(0.3) {
            true => None,
            false => Some(self.domain()),
        };
        let own = format!("own{number}");
        let list = format!("LLN0$dyn{number}");
        let (object, shown) = match &domain {
            None => (ObjectName::Association(&own), format!("@{own}")),
            Some(domain) => (name(domain, &list), format!("{domain}/{list}")),
        };
        let what = format!("define {shown} with {count} members");
        let request = Request::new(association, "define", what, |w| {
            let variables = found.iter().map(|(domain, item)| name(domain, item));
            write_define_variable_list(w, object, variables);
        });
        let answer = self.session.ask(request.changing())?;
        if answer.agreed && answer.pdus.left.first() == Some(&0xa1) {
            let item = if domain.is_some() { list } else { own };
            self.own_lists
                .push((domain.clone(), item.clone(), association));
            self.catalogue.data_sets.push(DataSet {
                domain: domain.unwrap_or_else(|| of_association(association)),
                name: item,
                members: found,
                of_model: false,
            });
        }
        Ok(())
    }

    /// A list that was made, one of the model, or one that is not there.
    fn any_list(&mut self) -> (Option<String>, String) {
        if let Some((domain, item, _)) = self.random.pick(&self.own_lists).cloned()
            && self.random.chance(0.5)
        {
            return (domain, item);
        }
        let sets = &self.catalogue.data_sets;
        match self.random.pick(sets).cloned() {
            Some(set) if !set.domain.starts_with('@') && self.random.chance(0.8) => {
                (Some(set.domain), set.name)
            }
            _ if self.random.chance(0.3) => (None, "own1".to_owned()),
            _ => (Some(self.domain()), "LLN0$noSuch".to_owned()),
        }
    }

    fn delete(&mut self) -> Result<(), Stop> {
        let association = self.association();
        let (domain, item) = self.any_list();
        let what = format!("delete {}/{item}", domain.as_deref().unwrap_or("@"));
        let object = match &domain {
            None => ObjectName::Association(&item),
            Some(domain) => name(domain, &item),
        };
        let request = Request::new(association, "delete", what, |w| {
            write_delete_variable_lists(w, [object]);
        });
        self.session.ask(request.changing())?;
        // Whether it is gone or not: what its members are is not known for sure any more.
        self.own_lists
            .retain(|(d, i, _)| (d, i) != (&domain, &item));
        let of = domain.unwrap_or_else(|| of_association(association));
        self.catalogue
            .data_sets
            .retain(|set| set.name != item || set.domain != of || set.of_model);
        Ok(())
    }

    fn list_attributes(&mut self) -> Result<(), Stop> {
        let association = self.association();
        let (domain, item) = self.any_list();
        let what = format!("members of {}/{item}", domain.as_deref().unwrap_or("@"));
        let name = match &domain {
            None => ObjectName::Association(&item),
            Some(domain) => name(domain, &item),
        };
        let request = Request::new(association, "list-attributes", what, |w| {
            VariableListAttributesRequest { name }.encode(w);
        });
        self.session.ask(request)?;
        Ok(())
    }

    fn read_set(&mut self) -> Result<(), Stop> {
        let association = self.association();
        let (domain, item) = self.any_list();
        let request = match &domain {
            None => {
                let what = format!("read data set @{item}");
                let request = read_list(association, ObjectName::Association(&item), what);
                match self.catalogue.data_set(&of_association(association), &item) {
                    Some(set) => request.giving(members(&self.catalogue, set)),
                    None => request,
                }
            }
            Some(domain) => match self.catalogue.data_set(domain, &item) {
                Some(set) => read_data_set(association, &self.catalogue, set)
                    .giving(members(&self.catalogue, set)),
                None => {
                    let what = format!("read data set {domain}/{item}");
                    read_list(association, name(domain, &item), what)
                }
            },
        };
        self.session.ask(request)?;
        Ok(())
    }

    fn name_list(&mut self) -> Result<(), Stop> {
        let association = self.association();
        let classes = [
            ObjectClass::NamedVariable,
            ObjectClass::NamedVariable,
            ObjectClass::NamedVariableList,
            ObjectClass::NamedVariableList,
            ObjectClass::Journal,
            ObjectClass::Domain,
            ObjectClass::NamedType,
            ObjectClass::ProgramInvocation,
            ObjectClass::Basic(77),
        ];
        let class = *self.random.pick(&classes).unwrap_or(&ObjectClass::Domain);
        let domain = match self.random.chance(0.15) {
            true => "NoSuch".to_owned(),
            false => self.domain(),
        };
        let scope = match self.random.below(6) {
            0 => ObjectScope::Vmd,
            1 => ObjectScope::Association,
            _ => ObjectScope::Domain(&domain),
        };
        let after = match self.random.below(4) {
            0 => Some(self.variable_name().1),
            1 => Some("noSuch".to_owned()),
            _ => None,
        };
        let request = NameListRequest {
            class,
            scope,
            continue_after: after.as_deref(),
        };
        let what = format!("getNameList of {class:?} in {scope:?} after {after:?}");
        self.session
            .ask(Request::new(association, "name-list", what, |w| {
                request.encode(w);
            }))?;
        Ok(())
    }
}
