use super::check::conforms;
use super::objects::VmdError;
use super::select;
use crate::ber::Writer;
use crate::net::Remote;
use crate::pdu::{AlternateAccess, write_failure};
use crate::{DataAccessError, MmsValue, TypeDescription};
use parking_lot::RwLock;

/// Where the value of a variable comes from and goes to, if it is not stored in the device. It is
/// called with no lock held, in the task of the association that asks.
pub trait VariableHandler: Send + Sync {
    /// The value now. `requester` is the association that asks; `None` is the device itself,
    /// for a report or [`super::Vmd::get`].
    ///
    /// # Errors
    /// The error the requester gets in place of a value.
    fn read(&self, requester: Option<&Remote>) -> Result<MmsValue, DataAccessError>;

    /// Takes a new value, which is of the type of the variable.
    ///
    /// # Errors
    /// The error the requester gets.
    fn write(&self, requester: &Remote, value: MmsValue) -> Result<(), DataAccessError> {
        let _ = (requester, value);
        Err(DataAccessError::ObjectAccessDenied)
    }
}

/// A pair of functions as handler.
struct Functions<R, W>(R, W);

impl<R, W> VariableHandler for Functions<R, W>
where
    R: Fn() -> Result<MmsValue, DataAccessError> + Send + Sync,
    W: Fn(MmsValue) -> Result<(), DataAccessError> + Send + Sync,
{
    fn read(&self, _: Option<&Remote>) -> Result<MmsValue, DataAccessError> {
        (self.0)()
    }

    fn write(&self, _: &Remote, value: MmsValue) -> Result<(), DataAccessError> {
        (self.1)(value)
    }
}

enum Source {
    Stored {
        value: RwLock<MmsValue>,
        writable: bool,
    },
    Handler(Box<dyn VariableHandler>),
}

/// A variable: a type, and a value or a handler.
pub struct Variable {
    ty: TypeDescription,
    source: Source,
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variable")
            .field("ty", &self.ty)
            .finish_non_exhaustive()
    }
}

impl Variable {
    /// A variable that stores its value. Clients can read and write it.
    ///
    /// # Errors
    /// [`VmdError::Value`] if the value is not of the type.
    pub fn new(ty: TypeDescription, value: impl Into<MmsValue>) -> Result<Self, VmdError> {
        let value = value.into();
        conforms(&ty, &value).map_err(VmdError::Value)?;
        Ok(Variable {
            ty,
            source: Source::Stored {
                value: RwLock::new(value),
                writable: true,
            },
        })
    }

    /// A variable whose value is made when it is read and handled when it is written.
    pub fn with_handler(ty: TypeDescription, handler: impl VariableHandler + 'static) -> Self {
        Variable {
            ty,
            source: Source::Handler(Box::new(handler)),
        }
    }

    /// Like [`Variable::with_handler`], with two functions.
    pub fn with_functions(
        ty: TypeDescription,
        read: impl Fn() -> Result<MmsValue, DataAccessError> + Send + Sync + 'static,
        write: impl Fn(MmsValue) -> Result<(), DataAccessError> + Send + Sync + 'static,
    ) -> Self {
        Self::with_handler(ty, Functions(read, write))
    }

    /// The same variable, which clients cannot write. A handler decides itself.
    pub fn read_only(mut self) -> Self {
        if let Source::Stored { writable, .. } = &mut self.source {
            *writable = false;
        }
        self
    }

    /// The type.
    pub fn ty(&self) -> &TypeDescription {
        &self.ty
    }

    /// The value.
    pub(super) fn get(&self, requester: Option<&Remote>) -> Result<MmsValue, DataAccessError> {
        match &self.source {
            Source::Stored { value, .. } => Ok(value.read().clone()),
            Source::Handler(handler) => handler.read(requester),
        }
    }

    /// Replaces a stored value.
    pub(super) fn store(&self, new: MmsValue) -> Result<(), DataAccessError> {
        conforms(&self.ty, &new)?;
        match &self.source {
            Source::Stored { value, .. } => {
                *value.write() = new;
                Ok(())
            }
            Source::Handler(_) => Err(DataAccessError::ObjectAccessUnsupported),
        }
    }

    /// Writes the result of a read. A stored value goes straight into the PDU.
    pub(super) fn write_result(
        &self,
        w: &mut Writer<'_>,
        part: Option<AlternateAccess<'_>>,
        requester: Option<&Remote>,
    ) {
        match &self.source {
            Source::Stored { value, .. } => select::write(w, &self.ty, &value.read(), part),
            Source::Handler(handler) => match handler.read(requester) {
                Ok(value) => select::write(w, &self.ty, &value, part),
                Err(error) => write_failure(w, error),
            },
        }
    }

    /// What a client writes.
    pub(super) fn put(
        &self,
        part: Option<AlternateAccess<'_>>,
        new: MmsValue,
        requester: &Remote,
    ) -> Result<(), DataAccessError> {
        match (&self.source, part) {
            (
                Source::Stored {
                    writable: false, ..
                },
                _,
            ) => Err(DataAccessError::ObjectAccessDenied),
            (Source::Stored { .. }, None) => self.store(new),
            (Source::Stored { value, .. }, Some(part)) => {
                let mut value = value.write();
                // Several parts are written as one or not at all.
                let mut changed = value.clone();
                select::replace(&self.ty, &mut changed, part, new)?;
                *value = changed;
                Ok(())
            }
            (Source::Handler(handler), None) => {
                conforms(&self.ty, &new)?;
                handler.write(requester, new)
            }
            (Source::Handler(handler), Some(part)) => {
                let mut value = handler.read(Some(requester))?;
                select::replace(&self.ty, &mut value, part, new)?;
                handler.write(requester, value)
            }
        }
    }
}
