//! Reading and writing of variables, and changes of the process.

use super::{Walk, values};
use crate::diff::request::{Request, name};
use crate::diff::session::Stop;
use crate::diff::survey;
use mms::pdu::{
    AccessAttributesRequest, AccessStep, AlternateAccessBuf, VariableAccess, write_read_request,
    write_write_request,
};
use mms::{MmsValue, TypeDescription};

impl Walk<'_> {
    pub(super) fn read(&mut self) -> Result<(), Stop> {
        let association = self.association();
        match self.random.below(10) {
            0..4 => {
                let (domain, item) = self.variable_name();
                let ty = self.catalogue.type_of(&domain, &item).cloned();
                self.read_one(association, &domain, &item, ty)
            }
            4..6 => self.read_several(association),
            6..8 => self.read_part(association),
            8 => {
                let (domain, item) = self.variable_name();
                let request = Request::new(
                    association,
                    "read",
                    format!("read {domain}/{item} with specification"),
                    |w| write_read_request(w, true, [name(&domain, &item)]),
                );
                let ty = self.catalogue.type_of(&domain, &item).cloned();
                self.session
                    .ask(request.giving([(format!("{domain}/{item}"), ty)]))?;
                Ok(())
            }
            _ => {
                let (domain, item) = self.variable_name();
                let what = format!("type of {domain}/{item}");
                let request = Request::new(association, "type", what, |w| {
                    AccessAttributesRequest::Name(name(&domain, &item)).encode(w);
                });
                self.session
                    .ask(request.giving([(format!("{domain}/{item}"), None)]))?;
                Ok(())
            }
        }
    }

    fn read_one(
        &mut self,
        association: usize,
        domain: &str,
        item: &str,
        ty: Option<TypeDescription>,
    ) -> Result<(), Stop> {
        let full = format!("{domain}/{item}");
        let request = Request::new(association, "read", format!("read {full}"), |w| {
            write_read_request(w, false, [name(domain, item)]);
        });
        self.session.ask(request.giving([(full, ty)]))?;
        Ok(())
    }

    fn read_several(&mut self, association: usize) -> Result<(), Stop> {
        let count = 1 + self.random.below(6);
        let names: Vec<_> = (0..count).map(|_| self.variable_name()).collect();
        let results: Vec<_> = names
            .iter()
            .map(|(domain, item)| {
                let ty = self.catalogue.type_of(domain, item).cloned();
                (format!("{domain}/{item}"), ty)
            })
            .collect();
        let what = format!("read {count} variables");
        let request = Request::new(association, "read", what, |w| {
            let names = names.iter().map(|(domain, item)| name(domain, item));
            write_read_request(w, false, names);
        });
        self.session.ask(request.giving(results))?;
        Ok(())
    }

    /// Alternate access: a part of a variable, a component or an element.
    fn read_part(&mut self, association: usize) -> Result<(), Stop> {
        let Some(variable) = self.variable() else {
            return Ok(());
        };
        let Some((part, path, ty)) = self.part(&variable.ty) else {
            return self.read_one(
                association,
                &variable.domain,
                &variable.item,
                Some(variable.ty),
            );
        };
        let what = format!("read {} part {path}", variable.name());
        let request = Request::new(association, "read-part", what, |w| {
            let access = VariableAccess::from(name(&variable.domain, &variable.item))
                .with_alternate_access(part.as_ref());
            write_read_request(w, false, [access]);
        });
        self.session
            .ask(request.giving([(format!("{} part {path}", variable.name()), ty)]))?;
        Ok(())
    }

    /// A path of one to three steps into a type, mostly one that is there, and the type of what is there.
    fn part(
        &mut self,
        ty: &TypeDescription,
    ) -> Option<(AlternateAccessBuf, String, Option<TypeDescription>)> {
        let mut steps = Vec::new();
        let mut ty = ty;
        let mut range = false;
        for _ in 0..1 + self.random.below(3) {
            match ty {
                TypeDescription::Structure(components) => {
                    let component = self.random.pick(components)?;
                    let known = component.name.clone()?;
                    let is_there = !self.random.chance(0.08);
                    steps.push(OwnedStep::Component(match is_there {
                        true => known,
                        false => "noSuch".to_owned(),
                    }));
                    ty = &component.ty;
                }
                TypeDescription::Array { count, element } => {
                    let count = usize::try_from(*count).unwrap_or(1);
                    if range {
                        // Nothing goes on behind several elements.
                        break;
                    }
                    steps.push(match self.random.below(6) {
                        0 => {
                            range = true;
                            OwnedStep::Range(
                                self.random.below(count) as u32,
                                1 + self.random.below(3) as u32,
                            )
                        }
                        _ => OwnedStep::Index(self.random.below(count + 1) as u32),
                    });
                    ty = element;
                }
                _ if steps.is_empty() && self.random.chance(0.2) => {
                    steps.push(OwnedStep::Component("noSuch".to_owned()));
                    break;
                }
                _ => break,
            }
        }
        let path: Vec<String> = steps.iter().map(OwnedStep::text).collect();
        let steps: Vec<AccessStep<'_>> = steps.iter().map(OwnedStep::as_ref).collect();
        let buffer = AlternateAccessBuf::path(&steps).ok()?;
        let ty = match range {
            true => None,
            false => Some(ty.clone()),
        };
        Some((buffer, path.join("."), ty))
    }

    pub(super) fn write(&mut self) -> Result<(), Stop> {
        let association = self.association();
        match self.random.below(10) {
            0..4 => self.write_setting(association),
            4 => self.write_any(association),
            5 => self.write_several(association),
            6 => self.write_part(association),
            _ => self.process(),
        }
    }

    /// What clients are there to write: settings, configuration, descriptions.
    fn write_setting(&mut self, association: usize) -> Result<(), Stop> {
        let Some((domain, item, ty)) = self.setting() else {
            return self.write_any(association);
        };
        let value = match self.random.chance(0.85) {
            true => values::of(&ty, &mut self.random),
            false => values::any(&mut self.random),
        };
        self.put(association, &[(domain, item, value)])
    }

    fn setting(&mut self) -> Option<(String, String, TypeDescription)> {
        let constraints = [
            "SP", "SP", "SP", "SV", "CF", "DC", "SE", "SG", "BL", "ST", "EX",
        ];
        let fc = *self.random.pick(&constraints)?;
        let fitting: Vec<_> = self
            .catalogue
            .variables
            .iter()
            .filter(|v| v.constraint() == fc && v.item.matches('$').count() > 1)
            .filter(|v| !v.item.contains("$SP$SGCB"))
            .collect();
        let variable = self.random.pick(&fitting)?;
        Some((
            variable.domain.clone(),
            variable.item.clone(),
            variable.ty.clone(),
        ))
    }

    fn write_any(&mut self, association: usize) -> Result<(), Stop> {
        let (domain, item) = self.variable_name();
        if is_block(&item) {
            return Ok(());
        }
        let ty = self.catalogue.type_of(&domain, &item).cloned();
        let value = match ty {
            Some(ty) if self.random.chance(0.7) => values::of(&ty, &mut self.random),
            _ => values::any(&mut self.random),
        };
        self.put(association, &[(domain, item, value)])
    }

    fn write_several(&mut self, association: usize) -> Result<(), Stop> {
        let mut writes = Vec::new();
        for _ in 0..2 + self.random.below(3) {
            if let Some((domain, item, ty)) = self.setting() {
                let value = values::of(&ty, &mut self.random);
                writes.push((domain, item, value));
            }
        }
        self.put(association, &writes)
    }

    fn write_part(&mut self, association: usize) -> Result<(), Stop> {
        let Some((domain, item, ty)) = self.setting() else {
            return Ok(());
        };
        let TypeDescription::Structure(components) = &ty else {
            return Ok(());
        };
        let Some(component) = self.random.pick(components).cloned() else {
            return Ok(());
        };
        let Some(part) = component.name.as_deref() else {
            return Ok(());
        };
        let Ok(access) = AlternateAccessBuf::path(&[AccessStep::Component(part)]) else {
            return Ok(());
        };
        let value = values::of(&component.ty, &mut self.random);
        let what = format!("write {domain}/{item} part {part} := {value}");
        let request = Request::new(association, "write-part", what, |w| {
            let variable =
                VariableAccess::from(name(&domain, &item)).with_alternate_access(access.as_ref());
            write_write_request(w, [(variable, &value)]);
        });
        self.session.ask(
            request
                .giving([(format!("{domain}/{item} part {part}"), None)])
                .changing(),
        )?;
        Ok(())
    }

    /// Writes values; `true` if all was written.
    pub(super) fn put(
        &mut self,
        association: usize,
        writes: &[(String, String, MmsValue)],
    ) -> Result<(), Stop> {
        self.put_all(association, writes).map(drop)
    }

    /// The same, and says whether both servers did it.
    pub(super) fn put_all(
        &mut self,
        association: usize,
        writes: &[(String, String, MmsValue)],
    ) -> Result<bool, Stop> {
        if writes.is_empty() {
            return Ok(false);
        }
        let texts: Vec<String> = writes
            .iter()
            .map(|(domain, item, value)| format!("{domain}/{item} := {value}"))
            .collect();
        let results = writes
            .iter()
            .map(|(domain, item, _)| (format!("{domain}/{item}"), None));
        let what = format!("write {}", texts.join(", "));
        let request = Request::new(association, "write", what, |w| {
            let writes = writes
                .iter()
                .map(|(domain, item, value)| (name(domain, item), value));
            write_write_request(w, writes);
        });
        let answer = self.session.ask(request.giving(results).changing())?;
        // write response, with success ([1] NULL) for each variable
        Ok(answer.agreed && all_written(&answer.pdus.left))
    }

    /// A value of the process changes.
    pub(super) fn process(&mut self) -> Result<(), Stop> {
        let members: Vec<_> = self
            .catalogue
            .data_sets
            .iter()
            .flat_map(|set| &set.members)
            .filter(|(_, item)| matches!(item.split('$').nth(1), Some("ST" | "MX")))
            .collect();
        let Some((domain, item)) = self.random.pick(&members).copied().cloned() else {
            return Ok(());
        };
        // Of a member that is a structure a leaf of it.
        let below = format!("{item}$");
        let leaves: Vec<_> = self
            .catalogue
            .variables
            .iter()
            .filter(|v| v.domain == domain && v.is_leaf())
            .filter(|v| v.item == item || v.item.starts_with(&below))
            .filter(|v| !matches!(v.ty, TypeDescription::UtcTime))
            .collect();
        let Some(leaf) = self.random.pick(&leaves) else {
            return Ok(());
        };
        let (reference, ty) = (leaf.name(), leaf.ty.clone());
        let value = values::of(&ty, &mut self.random);
        self.session.update(&reference, &value)?;
        Ok(())
    }
}

/// Whether a response says that all was written.
fn all_written(pdu: &[u8]) -> bool {
    use mms::pdu::{Pdu, ResponseService};
    match Pdu::decode(pdu) {
        Ok(Pdu::ConfirmedResponse(response)) => match response.service {
            ResponseService::Write(write) => write.results.iter().all(|result| result.0.is_ok()),
            _ => false,
        },
        _ => false,
    }
}

/// Whether it is a control block or in one: they have their own requests.
fn is_block(item: &str) -> bool {
    let fc = item.split('$').nth(1);
    matches!(
        fc,
        Some("RP" | "BR" | "LG" | "GO" | "MS" | "US" | "GS" | "CO")
    ) || item.contains("$SP$SGCB")
        || fc.is_none()
}

enum OwnedStep {
    Component(String),
    Index(u32),
    Range(u32, u32),
}

impl OwnedStep {
    fn as_ref(&self) -> AccessStep<'_> {
        match self {
            OwnedStep::Component(name) => AccessStep::Component(name),
            OwnedStep::Index(index) => AccessStep::Index(*index),
            OwnedStep::Range(low, count) => AccessStep::IndexRange {
                low: *low,
                count: *count,
            },
        }
    }

    fn text(&self) -> String {
        match self {
            OwnedStep::Component(name) => name.clone(),
            OwnedStep::Index(index) => format!("({index})"),
            OwnedStep::Range(low, count) => format!("({low}, {count} elements)"),
        }
    }
}

// What is asked for in the survey is asked for again, between other things.
pub(super) use survey::{members, read_data_set, read_list};
