use mms::MmsType;

/// What went wrong, with the name or reference it concerns.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that the standard or MMS does not allow.
    #[error("{what} {name:?}: {reason}")]
    InvalidName {
        /// Kind of object the name was meant for.
        what: &'static str,
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is an object of this name.
    #[error("{parent} already has a {what} {name}")]
    Duplicate {
        /// Kind of object.
        what: &'static str,
        /// The name that is taken.
        name: String,
        /// Reference of the object that has it.
        parent: String,
    },
    /// A reference names something that is not there.
    #[error("{parent} has no {what} {name}")]
    NotFound {
        /// Kind of object.
        what: &'static str,
        /// The name that was not found.
        name: String,
        /// Reference of the object that was searched.
        parent: String,
    },
    /// A text is no object reference.
    #[error(transparent)]
    Reference(#[from] crate::ReferenceError),
    /// A word that names no value of an enumeration.
    #[error("unknown {what} {name:?}")]
    UnknownName {
        /// The enumeration.
        what: &'static str,
        /// The word.
        name: String,
    },
    /// A number that no value of an enumeration has.
    #[error("{what} has no value {value}")]
    UnknownValue {
        /// The enumeration.
        what: &'static str,
        /// The number.
        value: i64,
    },
    /// A server uses the model: it cannot be changed, nor served a second time.
    #[error("the model {model} is in use by a server")]
    ModelInUse {
        /// Name of the model.
        model: String,
    },
    /// The value is of another type than the attribute.
    #[error("{reference} is {expected}, the value is {found:?}")]
    TypeMismatch {
        /// The attribute.
        reference: String,
        /// Its type.
        expected: String,
        /// Type of the value.
        found: MmsType,
    },
    /// The value is of the right type and does not fit: too large, too long.
    #[error("{reference} is {expected}, which cannot hold {value}")]
    ValueOutOfRange {
        /// The attribute.
        reference: String,
        /// Its type.
        expected: String,
        /// The value.
        value: String,
    },
    /// There are more or fewer of something than there should be.
    #[error("{reference}: {found} {what}, expected {expected}")]
    WrongCount {
        /// The object.
        reference: String,
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: String,
        /// How many there are.
        found: u64,
    },
    /// The object is of another kind than the operation needs.
    #[error("{reference} {reason}")]
    WrongKind {
        /// The object.
        reference: String,
        /// What it is or is not.
        reason: &'static str,
    },
    /// The functional constraint does not fit.
    #[error("{reference}: functional constraint {fc} {reason}")]
    InvalidFunctionalConstraint {
        /// The object.
        reference: String,
        /// The functional constraint.
        fc: crate::FunctionalConstraint,
        /// Why it does not fit.
        reason: &'static str,
    },
    /// An option that the common data class does not have.
    #[error("{cdc} {name} has no option {options}")]
    InvalidOption {
        /// The common data class.
        cdc: &'static str,
        /// Name of the data object.
        name: String,
        /// The options that do not exist for it.
        options: String,
    },
    /// An SCL file is refused.
    #[error(transparent)]
    Scl(Box<crate::scl::SclError>),
    /// A model file (`.cfg`) is refused, or a model cannot be written as one.
    #[error(transparent)]
    ConfigFile(Box<crate::scl::ConfigFileError>),
    /// A service of a server failed.
    #[error(transparent)]
    Client(Box<crate::client::ServiceFailure>),
    /// A command was refused, or failed.
    #[error(transparent)]
    Control(Box<crate::client::ControlFailure>),
    /// A blocking call inside an asynchronous runtime, which it would stop.
    #[error("{0}: blocking call inside an asynchronous runtime")]
    InsideRuntime(&'static str),
    /// Not now: the application is being asked about the object.
    #[error("{reference} is in use by a handler")]
    Busy {
        /// The object.
        reference: String,
    },
    /// The storage of a log cannot be used.
    #[error("storage of the log {log}: {source}")]
    LogStorage {
        /// The log.
        log: String,
        /// What its storage says.
        source: crate::server::log::LogStorageError,
    },
    /// An Ethernet link cannot be opened or used.
    #[error(transparent)]
    Link(Box<crate::link::LinkError>),
    /// A GOOSE message cannot be published.
    #[error(transparent)]
    Goose(Box<crate::goose::GooseError>),
    /// The engine is not in this program.
    #[error(
        "the engine {engine} is not compiled in: build with `--features {engine}` (vendor/README.md tells where the library comes from)"
    )]
    EngineMissing {
        /// The engine.
        engine: crate::Engine,
    },
    /// The library that an engine runs on is not one it can use.
    #[error("the engine {engine} cannot be used: {reason}")]
    EngineLibrary {
        /// The engine.
        engine: crate::Engine,
        /// What is wrong with the library.
        reason: String,
    },
    /// The engine cannot do this; `docs/engines.md` has the list.
    #[error("{what}: not supported by the engine {engine}")]
    NotSupported {
        /// What was asked for: a method, a setting, a kind of object.
        what: String,
        /// The engine.
        engine: crate::Engine,
    },
    /// Reading or writing a file or socket failed.
    #[error("{context}: {source}")]
    Io {
        /// The file or address.
        context: String,
        /// The error of the system.
        source: std::io::Error,
    },
}

impl Error {
    /// The number libiec61850 and py61850 have for the error of a client; `None` for errors that
    /// clients do not have.
    pub fn code(&self) -> Option<crate::client::IedClientError> {
        use crate::client::IedClientError as Code;
        match self {
            Error::Client(failure) => Some(failure.code),
            Error::Control(failure) => Some(failure.code),
            Error::Reference(_) => Some(Code::ObjectReferenceInvalid),
            Error::InsideRuntime(_) | Error::Io { .. } => Some(Code::UserProvidedInvalidArgument),
            _ => None,
        }
    }

    /// What the server said when it refused or ended a command.
    pub fn last_appl_error(&self) -> Option<crate::client::LastApplError> {
        match self {
            Error::Control(failure) => failure.last_appl_error,
            _ => None,
        }
    }
}

impl From<crate::link::LinkError> for Error {
    fn from(error: crate::link::LinkError) -> Self {
        Error::Link(Box::new(error))
    }
}

impl From<crate::goose::GooseError> for Error {
    fn from(error: crate::goose::GooseError) -> Self {
        match error {
            crate::goose::GooseError::Link(error) => error.into(),
            other => Error::Goose(Box::new(other)),
        }
    }
}
