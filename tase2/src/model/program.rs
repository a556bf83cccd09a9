use super::{Model, ModelError};
use crate::Name;
use crate::name::check_identifier;
use std::time::Duration;

/// A program that peers can run (block 6). It is IDLE at first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Program {
    /// Its name; programs are of VCC scope, and their names are their own.
    pub name: String,
    /// Whether a reset makes it IDLE again, and not UNRUNNABLE. Default true.
    pub reusable: bool,
    /// The domains it is made of, as peers are told. Default none.
    pub domains: Vec<String>,
    /// How long its handler may take. Default 30 s.
    pub timeout: Duration,
}

impl Program {
    /// A reusable program.
    pub fn new(name: impl Into<String>) -> Self {
        Program {
            name: name.into(),
            reusable: true,
            domains: Vec::new(),
            timeout: Duration::from_secs(30),
        }
    }
}

impl Model {
    /// Adds a program.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn add_program(&mut self, program: Program) -> Result<(), ModelError> {
        let name = Name::vcc(&*program.name);
        for identifier in std::iter::once(&program.name).chain(&program.domains) {
            check_identifier(identifier).map_err(|reason| ModelError::Name {
                name: name.clone(),
                reason,
            })?;
        }
        if self.program(&program.name).is_some() {
            return Err(ModelError::Duplicate(name));
        }
        if program.timeout.is_zero() || program.timeout > Duration::from_secs(86_400) {
            return Err(ModelError::TimeOut(name));
        }
        self.programs.push(program);
        Ok(())
    }

    /// The programs, in the order they were added.
    pub fn programs(&self) -> &[Program] {
        &self.programs
    }

    pub(crate) fn program(&self, name: &str) -> Option<u32> {
        let place = self.programs.iter().position(|p| p.name == name);
        place.map(|place| place as u32)
    }
}
