//! Commands.

use super::{Walk, values};
use crate::diff::catalogue::Control;
use crate::diff::session::Stop;
use mms::{BitString, MmsValue, TypeDescription, UtcTime};

impl Walk<'_> {
    pub(super) fn control(&mut self) -> Result<(), Stop> {
        // Few objects, so that commands meet each other.
        let few = self.catalogue.controls.len().min(6);
        let at = match self.random.chance(0.8) {
            true => self.random.below(few),
            false => self.random.below(self.catalogue.controls.len()),
        };
        let Some(control) = self.catalogue.controls.get(at).cloned() else {
            return self.read();
        };
        let association = self.association();
        let Some((service, ty)) = self.random.pick(&control.services).cloned() else {
            return Ok(());
        };
        let item = format!("{}${service}", control.item);
        // Terminations of commands come like reports.
        self.session.expects_reports = true;
        if service == "SBO" || self.random.chance(0.1) {
            let request = crate::diff::survey::read(association, &control.domain, &item, &ty);
            self.session.ask(request)?;
            return Ok(());
        }
        let value = self.command(&control, &ty);
        self.put(association, &[(control.domain, item, value)])
    }

    /// The value of Oper, SBOw or Cancel.
    pub(super) fn command(&mut self, control: &Control, ty: &TypeDescription) -> MmsValue {
        let TypeDescription::Structure(components) = ty else {
            return values::any(&mut self.random);
        };
        // An operate with other parameters than the select is refused: mostly they are the same.
        let number = (control.item.len() % 7) as u64 + self.random.below(2) as u64;
        let value = self.random.chance(0.7);
        let fields = components.iter().map(|component| {
            match component.name.as_deref().unwrap_or_default() {
                "ctlVal" => match component.ty {
                    TypeDescription::Boolean => MmsValue::Boolean(value),
                    ref other => values::of(other, &mut self.random),
                },
                "origin" => MmsValue::Structure(vec![
                    MmsValue::Integer(self.random.below(4) as i64),
                    MmsValue::OctetString(b"diff".to_vec()),
                ]),
                "ctlNum" => MmsValue::Unsigned(number),
                "operTm" => MmsValue::UtcTime(UtcTime::new()),
                "T" => MmsValue::UtcTime(UtcTime::from_ms(1_700_000_000_000)),
                "Test" => MmsValue::Boolean(self.random.chance(0.1)),
                "Check" => {
                    let check = self.random.below(4) as u32;
                    MmsValue::BitString(BitString::from_integer(2, check))
                }
                _ => values::of(&component.ty, &mut self.random),
            }
        });
        MmsValue::Structure(fields.collect())
    }
}
