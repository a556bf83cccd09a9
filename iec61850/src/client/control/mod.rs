//! Controls: IEC 61850-7-2 control models, and what IEC 61850-8-1 makes of them.

mod command;
#[cfg(feature = "libiec61850")]
mod library;
mod message;
mod object;

pub use message::{LastApplError, Termination};
pub use object::ControlObject;

use super::connection::Inner;
use super::error::IedClientError;
use message::Told;
use mms::pdu::{InformationReport, VariableList};
use object::Shared;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// A command that failed: which, on what object, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{service} {reference}: {reason}")]
pub struct ControlFailure {
    /// Select, select with value, operate, cancel, or command termination.
    pub service: &'static str,
    /// The object.
    pub reference: String,
    /// The number of libiec61850.
    pub code: IedClientError,
    /// What the server said besides; `None` if it said nothing.
    pub last_appl_error: Option<LastApplError>,
    /// The reason in words.
    pub reason: String,
}

/// The controllable objects of a connection, by `LD/LN$CO$DO`.
#[derive(Default)]
pub(crate) struct Controls {
    objects: Mutex<HashMap<String, Vec<Weak<Shared>>>>,
    last: Mutex<LastApplError>,
}

impl Controls {
    pub(crate) fn last_appl_error(&self) -> LastApplError {
        *self.last.lock()
    }

    /// A reason that an engine was given.
    #[cfg(feature = "libiec61850")]
    pub(super) fn note(&self, error: LastApplError) {
        *self.last.lock() = error;
    }

    fn add(&self, object: &Arc<Shared>) {
        let mut objects = self.objects.lock();
        objects.retain(|_, list| {
            list.retain(|object| object.strong_count() > 0);
            !list.is_empty()
        });
        let list = objects.entry(object.name.clone()).or_default();
        list.push(Arc::downgrade(object));
    }

    fn named(&self, name: &str) -> Vec<Arc<Shared>> {
        let objects = self.objects.lock();
        let list = objects.get(name).into_iter().flatten();
        list.filter_map(Weak::upgrade).collect()
    }

    /// No command gets its termination any more.
    pub(crate) fn lost(&self) {
        let objects = self.objects.lock();
        for object in objects.values().flatten().filter_map(Weak::upgrade) {
            object.lost();
        }
    }

    pub(crate) fn information_report(
        &self,
        inner: &Inner,
        variables: VariableList<'_>,
        report: &InformationReport<'_>,
    ) {
        let Some(told) = message::told(variables, report) else {
            tracing::debug!("an information report that belongs to no command");
            return;
        };
        match told {
            Told::Refused { object, error } => {
                *self.last.lock() = error;
                for object in self.named(&object) {
                    object.refused(error);
                }
            }
            Told::Terminated {
                object,
                termination,
            } => {
                if let Termination::Negative(error) = termination {
                    *self.last.lock() = error;
                }
                for object in self.named(&object) {
                    object.terminated(inner, termination);
                }
            }
        }
    }
}
