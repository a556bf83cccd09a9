//! Enumerations, flags and references that the model, servers and clients share.

mod access;
mod acsi;
mod address;
mod cdc;
mod control;
mod dbpos;
mod functional_constraint;
mod quality;
mod reference;
mod report;
mod sampled_values;
mod server;

pub use access::{AccessPolicy, MmsDataAccessError};
pub use acsi::{ACSIClass, AcsiClass, Iec61850Edition};
pub use address::PhyComAddress;
pub use cdc::{CdcControlModelOptions, CdcOptions, DplOptions, WpOptions};
pub use control::{
    CheckHandlerResult, ControlAddCause, ControlHandlerResult, ControlLastApplError, ControlModel,
    OrCat, SelectStateChangedReason,
};
pub use dbpos::Dbpos;
pub use functional_constraint::FunctionalConstraint;
pub use mms::UtcTime as Timestamp;
pub use quality::{Quality, QualityDetail, QualityValidity};
pub(crate) use reference::split_index;
pub use reference::{ObjectReference, ReferenceError, ReferencePart};
pub use report::{
    DataAttributeTriggerOptions, RcbEventType, ReportOptions, ReportSetting, ReportTriggerOptions,
    TriggerOptions,
};
pub use sampled_values::{SVSmpMod, SampledValueOptions, SvSmpMod};
pub use server::{
    ControlBlockAccessType, DataSetOperation, DirectoryCategory, FileAccess, FileService,
};

/// A closed enumeration whose numbers are those of libiec61850 and py61850.
macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident: $repr:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr($repr)]
        pub enum $name {
            $($(#[$vmeta])* $variant = $value,)+
        }

        impl $name {
            /// All values, in the order of their numbers.
            pub const ALL_VALUES: &[$name] = &[$($name::$variant),+];

            /// The number of libiec61850 and py61850.
            pub const fn value(self) -> i32 {
                self as i32
            }

            /// The value with this number, if there is one.
            pub const fn from_value(value: i32) -> Option<Self> {
                match value {
                    $($value => Some($name::$variant),)+
                    _ => None,
                }
            }
        }

        impl TryFrom<i32> for $name {
            type Error = $crate::Error;

            fn try_from(value: i32) -> Result<Self, Self::Error> {
                Self::from_value(value).ok_or($crate::Error::UnknownValue {
                    what: stringify!($name),
                    value: value.into(),
                })
            }
        }
    };
}
pub(crate) use numbered;

/// An enumeration that comes from a peer: numbers the standard does not define are kept.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A number the standard does not define, kept as received.
            Other(i32),
        }

        impl $name {
            /// The number on the wire.
            pub const fn value(self) -> i32 {
                match self {
                    $($name::$variant => $value,)+
                    $name::Other(value) => value,
                }
            }

            /// The value for a number on the wire; unknown numbers are kept.
            pub const fn from_value(value: i32) -> Self {
                match value {
                    $($value => $name::$variant,)+
                    other => $name::Other(other),
                }
            }
        }

        impl From<i32> for $name {
            fn from(value: i32) -> Self {
                Self::from_value(value)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $($name::$variant => f.write_str($text),)+
                    $name::Other(value) => write!(f, "code {value}"),
                }
            }
        }
    };
}
pub(crate) use open_enum;
