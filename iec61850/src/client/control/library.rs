//! Commands on the engine of the C library, which has objects for control of its own.

use super::LastApplError;
use super::Termination;
use super::object::ControlObject;
use crate::Error;
use crate::client::error::Context;
use crate::engine::libiec61850::client::{CConnection, CControl, Command, Settings};
use std::sync::Arc;

impl ControlObject {
    /// Executes a command with the library's object.
    pub(super) async fn by_library(
        &self,
        service: &'static str,
        connection: &CConnection,
        command: Command,
    ) -> Result<(), Error> {
        let reference = &self.shared.reference;
        let control = self.library_object(connection).await;
        let control =
            control.inspect_err(|error| self.shared.state.lock().last_error = error.code());
        let settings = {
            let state = self.shared.state.lock();
            Settings {
                model: state.model,
                or_ident: state.or_ident.clone(),
                or_cat: state.or_cat,
                test: state.test,
                interlock_check: state.interlock_check,
                synchro_check: state.synchro_check,
                constant_t: state.constant_t,
            }
        };
        let done = control?.command(settings, command).await;
        match done.context(service, reference)? {
            Ok(()) => Ok(()),
            Err(refused) => {
                if let Some(said) = refused.said {
                    self.said(said);
                }
                Err(self.failed(service, refused.code, refused.code.to_string()))
            }
        }
    }

    fn said(&self, error: LastApplError) {
        self.shared.refused(error);
        self.connection.inner().controls.note(error);
    }

    /// The library's object on the present association.
    async fn library_object(&self, connection: &CConnection) -> Result<CControl, Error> {
        let known = self.shared.library.lock().clone();
        if let Some(known) = known.filter(|known| known.is_of(connection)) {
            return Ok(known);
        }
        let shared = Arc::downgrade(&self.shared);
        let inner = Arc::downgrade(self.connection.inner());
        let ended = move |termination| {
            let (Some(shared), Some(inner)) = (shared.upgrade(), inner.upgrade()) else {
                return;
            };
            if let Termination::Negative(error) = termination {
                inner.controls.note(error);
            }
            shared.terminated(&inner, termination);
        };
        let reference = &self.shared.reference;
        let made = connection.control(reference, Box::new(ended)).await;
        let made = made.context("read control", reference)?;
        *self.shared.library.lock() = Some(made.clone());
        Ok(made)
    }
}
