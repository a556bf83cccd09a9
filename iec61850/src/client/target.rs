//! References as MMS names them.

use super::error::{IedClientError, failure};
use crate::{Error, FunctionalConstraint, ObjectReference};
use mms::pdu::AccessStep;
use mms::{ObjectName, OwnedObjectName, OwnedVariable};

/// Parses a reference; `DO(2)mag`, as libiec61850 writes members of data sets, is taken for
/// `DO(2).mag`.
pub(crate) fn parse(text: &str) -> Result<ObjectReference, Error> {
    let with_dots = |text: &str| {
        let mut dotted = String::with_capacity(text.len() + 1);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            dotted.push(character);
            if character == ')' && characters.peek().is_some_and(|c| c.is_ascii_alphanumeric()) {
                dotted.push('.');
            }
        }
        dotted
    };
    let reference = match text.contains(')') {
        true => with_dots(text).parse::<ObjectReference>()?,
        false => text.parse::<ObjectReference>()?,
    };
    Ok(reference)
}

/// The reference with its functional constraint, which `fc` gives if the text does not.
pub(crate) fn data(
    service: &'static str,
    text: &str,
    fc: Option<FunctionalConstraint>,
) -> Result<(ObjectReference, OwnedVariable), Error> {
    let reference = parse(text)?;
    let invalid = |reason: &str| {
        let code = IedClientError::ObjectReferenceInvalid;
        failure(service, text, code, reason)
    };
    let fc = match (fc, reference.fc()) {
        (Some(asked), Some(named)) if asked != named => {
            return Err(invalid(
                "the reference has another functional constraint than the one asked for",
            ));
        }
        (fc, named) => fc.or(named),
    };
    let fc = match fc {
        Some(FunctionalConstraint::NONE | FunctionalConstraint::ALL) | None => {
            return Err(invalid(
                "which functional constraint? Write it behind the reference, as in [ST]",
            ));
        }
        Some(fc) => fc,
    };
    let reference = reference.with_fc(fc);
    if reference.logical_node().is_none() {
        return Err(invalid("expected LD/LN.DO.DA"));
    }
    let variable = variable(&reference).map_err(|_| invalid("too many parts"))?;
    Ok((reference, variable))
}

/// The variable a reference means: everything up to the first array index is its name, the rest
/// selects a part of it.
pub(crate) fn variable(reference: &ObjectReference) -> Result<OwnedVariable, mms::ber::BerError> {
    let mut item = reference.logical_node().unwrap_or_default().to_owned();
    if let Some(fc) = reference.fc() {
        item.push('$');
        item.push_str(fc.as_str());
    }
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
    match steps.is_empty() {
        true => Ok(OwnedVariable::new(name)),
        false => OwnedVariable::part(name, &steps),
    }
}

/// The reference of a variable in the form people use, or as MMS has it if it is not of this
/// standard.
pub(crate) fn reference_of(variable: &OwnedVariable) -> String {
    let text = variable.to_string();
    match text.parse::<ObjectReference>() {
        Ok(reference) if reference.fc().is_some() => reference.to_string(),
        _ => text,
    }
}

/// The name of a data set: `LD/LN.name` of a logical node, `@name` of the association, `/name` and
/// `name` of the server as a whole.
pub(crate) fn data_set(service: &'static str, text: &str) -> Result<OwnedObjectName, Error> {
    let invalid = || {
        let code = IedClientError::ObjectReferenceInvalid;
        failure(
            service,
            text,
            code,
            "expected LD/LN.NAME, @NAME, /NAME or NAME",
        )
    };
    let plain = |name: &str| match name.is_empty() || name.contains(['/', '@']) {
        true => Err(invalid()),
        false => Ok(name.to_owned()),
    };
    if let Some(name) = text.strip_prefix('@') {
        return plain(name).map(OwnedObjectName::Association);
    }
    if let Some(name) = text.strip_prefix('/') {
        return plain(name).map(OwnedObjectName::Vmd);
    }
    let Some((device, item)) = text.split_once('/') else {
        return plain(text).map(OwnedObjectName::Vmd);
    };
    let item = plain(item)?.replacen('.', "$", 1);
    Ok(OwnedObjectName::domain(plain(device)?, item))
}

/// The form people use of the name of a data set.
pub(crate) fn data_set_reference(name: ObjectName<'_>) -> String {
    match name {
        ObjectName::Domain { domain, item } => format!("{domain}/{}", item.replace('$', ".")),
        other => other.to_string(),
    }
}

/// A control block: `LD/LN.FC.name`, or `LD/LN.name` where `fc` can only be one.
pub(crate) struct BlockName {
    /// `LD/LN.FC.name`, or what py61850 calls it without the functional constraint.
    pub(crate) reference: String,
    pub(crate) domain: String,
    /// `LN$FC$name`.
    pub(crate) item: String,
    pub(crate) fc: FunctionalConstraint,
}

pub(crate) fn control_block(
    service: &'static str,
    text: &str,
    fcs: &[FunctionalConstraint],
) -> Result<BlockName, Error> {
    let invalid = |reason: &str| {
        let code = IedClientError::ObjectReferenceInvalid;
        failure(service, text, code, reason)
    };
    let parsed = parse(text)?;
    let node = parsed
        .logical_node()
        .ok_or_else(|| invalid("expected LD/LN and the name of a control block"))?;
    let mut names = parsed.path().iter().map(|part| part.name.as_str());
    let (fc, name) = match (parsed.fc(), names.next(), names.next(), names.next()) {
        (Some(fc), Some(name), None, None) => (Some(fc), name),
        (None, Some(name), None, None) => (fcs.first().copied().filter(|_| fcs.len() == 1), name),
        (None, Some(fc), Some(name), None) => (fc.parse().ok(), name),
        _ => (None, ""),
    };
    let fc = fc.filter(|fc| fcs.contains(fc)).ok_or_else(|| {
        let forms: Vec<String> = fcs.iter().map(|fc| format!("LD/LN.{fc}.NAME")).collect();
        invalid(&format!("expected {}", forms.join(" or ")))
    })?;
    let domain = parsed.logical_device().to_owned();
    Ok(BlockName {
        reference: match fcs.len() {
            1 => format!("{domain}/{node}.{name}"),
            _ => format!("{domain}/{node}.{fc}.{name}"),
        },
        item: format!("{node}${fc}${name}"),
        domain,
        fc,
    })
}

impl BlockName {
    pub(crate) fn attribute(&self, name: &str) -> OwnedObjectName {
        OwnedObjectName::domain(&*self.domain, format!("{}${name}", self.item))
    }

    pub(crate) fn name(&self) -> ObjectName<'_> {
        ObjectName::domain(&self.domain, &self.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FunctionalConstraint as Fc;

    #[test]
    fn data_references() {
        let mms = |text: &str, fc: Option<Fc>| {
            let (_, variable) = data("read", text, fc)?;
            Ok::<_, Error>(variable.to_string())
        };
        assert_eq!(
            mms("LD/GGIO1.AnIn1.mag.f", Some(Fc::MX)).unwrap(),
            "LD/GGIO1$MX$AnIn1$mag$f"
        );
        assert_eq!(
            mms("LD/MHAI1.HA.phsAHar(2)cVal.mag.f[MX]", None).unwrap(),
            "LD/MHAI1$MX$HA$phsAHar(2)$cVal$mag$f"
        );
        assert_eq!(mms("LD/LLN0", Some(Fc::ST)).unwrap(), "LD/LLN0$ST");
        for (text, fc) in [
            ("LLN0.Mod", Some(Fc::ST)),
            ("LD/LLN0.Mod", None),
            ("LD/LLN0.Mod[ST]", Some(Fc::CF)),
            ("LD", Some(Fc::ST)),
        ] {
            let code = mms(text, fc).unwrap_err().code();
            assert_eq!(code, Some(IedClientError::ObjectReferenceInvalid), "{text}");
        }
    }

    #[test]
    fn data_sets_of_three_scopes() {
        let name = |text| data_set("read", text).map(|name| name.to_string());
        assert_eq!(name("LD/LLN0.Events").unwrap(), "LD/LLN0$Events");
        assert_eq!(name("LD/LLN0$Events").unwrap(), "LD/LLN0$Events");
        assert_eq!(name("@mine").unwrap(), "@mine");
        assert_eq!(name("/all").unwrap(), "/all");
        assert_eq!(name("all").unwrap(), "/all");
        assert!(name("").is_err() && name("@").is_err() && name("a/b/c").is_err());
    }

    #[test]
    fn control_blocks() {
        let block = |text| control_block("read", text, &[Fc::RP, Fc::BR]).map(|b| b.item);
        assert_eq!(block("LD/LLN0.RP.urcb01").unwrap(), "LLN0$RP$urcb01");
        assert_eq!(block("LD/LLN0$BR$brcb01").unwrap(), "LLN0$BR$brcb01");
        assert!(block("LD/LLN0.urcb01").is_err() && block("LD/LLN0.GO.g").is_err());
        let goose = |text| control_block("read", text, &[Fc::GO]).map(|b| b.item);
        assert_eq!(goose("LD/LLN0.gcb").unwrap(), "LLN0$GO$gcb");
        assert_eq!(goose("LD/LLN0.GO.gcb").unwrap(), "LLN0$GO$gcb");
    }
}
