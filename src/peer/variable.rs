//! References as MMS names them.

use crate::failure::Failure;
use iec61850::{FunctionalConstraint, ObjectReference};
use mms::pdu::AccessStep;
use mms::{OwnedObjectName, OwnedVariable};

/// The variable a reference means: everything up to the first array index is its name, the rest selects a part of it.
pub(crate) fn variable(
    reference: &ObjectReference,
    fc: FunctionalConstraint,
) -> Result<OwnedVariable, Failure> {
    let mut item = reference.logical_node().unwrap_or_default().to_owned();
    item.push('$');
    item.push_str(fc.as_str());
    let mut steps = Vec::new();
    for part in reference.path() {
        if steps.is_empty() {
            item.push('$');
            item.push_str(&part.name);
        } else {
            steps.push(AccessStep::Component(&part.name));
        }
        steps.extend(part.index.map(AccessStep::Index));
    }
    let name = OwnedObjectName::domain(reference.logical_device(), item);
    if steps.is_empty() {
        return Ok(OwnedVariable::new(name));
    }
    OwnedVariable::part(name, &steps)
        .map_err(|error| Failure::usage(format_args!("{reference}: {error}")))
}

/// The reference of a variable in the form people use, or as MMS has it if it is not of this standard.
pub(crate) fn reference_of(variable: &OwnedVariable) -> String {
    let text = variable.to_string();
    match text.parse::<ObjectReference>() {
        Ok(reference) if reference.fc().is_some() => reference.to_string(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (text, mms) in [
            ("LD/MMXU1.A.phsA[MX]", "LD/MMXU1$MX$A$phsA"),
            ("LD/GGIO1[ST]", "LD/GGIO1$ST"),
            (
                "LD/MHAI1.HA.phsAHar(2).cVal.mag[MX]",
                "LD/MHAI1$MX$HA$phsAHar(2)$cVal$mag",
            ),
        ] {
            let reference: ObjectReference = text.parse().unwrap();
            let variable = variable(&reference, reference.fc().unwrap()).unwrap();
            assert_eq!(variable.to_string(), mms);
            assert_eq!(reference_of(&variable), text);
        }
        let generic = OwnedVariable::new(OwnedObjectName::Vmd("a b".into()));
        assert_eq!(reference_of(&generic), "/a b");
    }
}
