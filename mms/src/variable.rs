use crate::ber::BerError;
use crate::pdu::{
    AccessStep, AlternateAccess, AlternateAccessBuf, OwnedAccessStep, SelectionTree,
    VariableAccess, VariableSpecification,
};
use crate::{ObjectName, OwnedObjectName};
use std::fmt;

/// A named variable, or a part of one, that owns its text: a member of a variable list, or what
/// a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedVariable {
    /// The variable.
    pub name: OwnedObjectName,
    /// The part of it; `None` is the whole.
    pub alternate_access: Option<AlternateAccessBuf>,
}

impl OwnedVariable {
    /// The whole variable with this name.
    pub fn new(name: impl Into<OwnedObjectName>) -> Self {
        OwnedVariable {
            name: name.into(),
            alternate_access: None,
        }
    }

    /// One part of the variable with this name, reached by these steps.
    ///
    /// # Errors
    /// As for [`AlternateAccessBuf::path`].
    pub fn part(
        name: impl Into<OwnedObjectName>,
        steps: &[AccessStep<'_>],
    ) -> Result<Self, BerError> {
        Ok(OwnedVariable {
            name: name.into(),
            alternate_access: Some(AlternateAccessBuf::path(steps)?),
        })
    }

    /// A copy of a variable in a PDU; `None` if it has no name (an address, or a member whose
    /// variable is gone).
    pub fn from_access(access: &VariableAccess<'_>) -> Option<Self> {
        let name = match access.variable {
            VariableSpecification::Name(name) => name.to_owned(),
            _ => return None,
        };
        let alternate_access = match access.alternate_access {
            // It was checked when the PDU was decoded, so that making it again cannot fail.
            Some(part) => Some(AlternateAccessBuf::new(&trees(part)).ok()?),
            None => None,
        };
        Some(OwnedVariable {
            name,
            alternate_access,
        })
    }
}

fn trees(access: AlternateAccess<'_>) -> Vec<SelectionTree> {
    access
        .selections()
        .map(|selection| SelectionTree {
            component_name: selection.component_name.map(str::to_owned),
            step: match selection.step {
                AccessStep::Component(name) => OwnedAccessStep::Component(name.to_owned()),
                AccessStep::Index(index) => OwnedAccessStep::Index(index),
                AccessStep::IndexRange { low, count } => OwnedAccessStep::IndexRange { low, count },
                AccessStep::AllElements => OwnedAccessStep::AllElements,
            },
            nested: selection.nested.map(trees).unwrap_or_default(),
        })
        .collect()
}

impl<'a> From<&'a OwnedVariable> for VariableAccess<'a> {
    fn from(variable: &'a OwnedVariable) -> Self {
        VariableAccess {
            variable: VariableSpecification::Name(variable.name.as_ref()),
            alternate_access: variable
                .alternate_access
                .as_ref()
                .map(AlternateAccessBuf::as_ref),
        }
    }
}

impl<'a> From<&'a OwnedObjectName> for VariableAccess<'a> {
    fn from(name: &'a OwnedObjectName) -> Self {
        name.as_ref().into()
    }
}

impl From<ObjectName<'_>> for OwnedVariable {
    fn from(name: ObjectName<'_>) -> Self {
        OwnedVariable::new(name)
    }
}

impl From<OwnedObjectName> for OwnedVariable {
    fn from(name: OwnedObjectName) -> Self {
        OwnedVariable::new(name)
    }
}

/// The name, and behind it the selected part: `(index)`, `(low..end)`, `$component`.
impl fmt::Display for OwnedVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.alternate_access {
            Some(part) => write_part(f, part.as_ref()),
            None => Ok(()),
        }
    }
}

fn write_part(f: &mut fmt::Formatter<'_>, access: AlternateAccess<'_>) -> fmt::Result {
    for (i, selection) in access.selections().enumerate() {
        if i > 0 {
            f.write_str(",")?;
        }
        match selection.step {
            AccessStep::Component(name) => write!(f, "${name}")?,
            AccessStep::Index(index) => write!(f, "({index})")?,
            AccessStep::IndexRange { low, count } => {
                write!(f, "({low}..{})", u64::from(low) + u64::from(count))?;
            }
            AccessStep::AllElements => f.write_str("(..)")?,
        }
        if let Some(nested) = selection.nested {
            write_part(f, nested)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_keep_the_part() {
        let variable = OwnedVariable::part(
            ObjectName::domain("LD", "V"),
            &[
                AccessStep::Index(3),
                AccessStep::Component("mag"),
                AccessStep::IndexRange { low: 1, count: 2 },
            ],
        )
        .unwrap();
        let access = VariableAccess::from(&variable);
        assert_eq!(OwnedVariable::from_access(&access), Some(variable.clone()));
        assert_eq!(variable.to_string(), "LD/V(3)$mag(1..3)");
        let gone = VariableAccess::from(VariableSpecification::Invalidated);
        assert_eq!(OwnedVariable::from_access(&gone), None);
    }
}
