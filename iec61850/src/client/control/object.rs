//! A controllable object of a server.

use super::super::connection::{IedConnection, Inner};
use super::super::error::{Context, IedClientError, failure, unexpected};
use super::super::target;
use super::{ControlFailure, LastApplError, Termination};
use crate::{
    ControlAddCause, ControlModel, Error, FunctionalConstraint as Fc, ObjectReference, OrCat,
    Timestamp,
};
use mms::{MmsType, MmsValue, ObjectName, TypeDescription};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::oneshot;

type TerminationCallback = Arc<dyn Fn(&ControlObject, Termination) + Send + Sync>;

/// A controllable object of a server, with the settings of the next commands. A clone is the same
/// object.
///
/// Its commands are sent one after the other.
#[derive(Clone)]
pub struct ControlObject {
    pub(super) connection: IedConnection,
    pub(super) shared: Arc<Shared>,
}

impl std::fmt::Debug for ControlObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControlObject")
            .field("reference", &self.shared.reference)
            .field("model", &self.control_model())
            .finish_non_exhaustive()
    }
}

pub(crate) struct Shared {
    /// `LD/LN.DO`.
    pub(super) reference: String,
    /// `LD/LN$CO$DO`, as the server names it in what it sends.
    pub(super) name: String,
    pub(super) device: String,
    /// `LN$CO$DO`.
    pub(super) item: String,
    /// `LN$CF$DO$ctlModel`.
    ctl_model: String,
    /// The types of `Oper`, `SBOw`, `Cancel`, and whether there is an `SBO`.
    pub(super) types: Types,
    pub(super) state: Mutex<State>,
    /// Held while a command is under way.
    pub(super) command: tokio::sync::Mutex<()>,
    /// Who waits for the end of a command, in the order of the commands.
    waiting: Mutex<VecDeque<(u64, oneshot::Sender<Termination>)>>,
    on_termination: Mutex<Option<TerminationCallback>>,
    /// The object of the C library, on the association it was last used on.
    #[cfg(feature = "libiec61850")]
    pub(super) library: Mutex<Option<crate::engine::libiec61850::client::CControl>>,
}

pub(super) struct Types {
    pub(super) oper: TypeDescription,
    pub(super) select_with_value: Option<TypeDescription>,
    pub(super) cancel: Option<TypeDescription>,
    pub(super) has_select: bool,
}

/// The settings of the next commands, and what became of the last.
pub(super) struct State {
    pub(super) model: ControlModel,
    pub(super) ctl_num: u8,
    pub(super) or_ident: Vec<u8>,
    pub(super) or_cat: OrCat,
    pub(super) test: bool,
    pub(super) interlock_check: bool,
    pub(super) synchro_check: bool,
    pub(super) constant_t: bool,
    /// The time of the sequence that has begun.
    pub(super) sequence_t: Option<Timestamp>,
    /// The value of the last command that was accepted, which a cancel repeats.
    pub(super) last_value: Option<MmsValue>,
    pub(super) last_time: Option<Timestamp>,
    pub(super) last_error: Option<IedClientError>,
    pub(super) last_appl_error: Option<LastApplError>,
}

impl Shared {
    pub(super) fn refused(&self, error: LastApplError) {
        self.state.lock().last_appl_error = Some(error);
    }

    pub(super) fn lost(&self) {
        self.waiting.lock().clear();
    }

    pub(super) fn terminated(self: &Arc<Self>, inner: &Inner, termination: Termination) {
        if let Termination::Negative(error) = termination {
            self.refused(error);
        }
        let waiter = self.waiting.lock().pop_front();
        if let Some((_, waiter)) = waiter {
            // Whoever waited may have given up.
            let _ = waiter.send(termination);
        }
        let callback = self.on_termination.lock().clone();
        if let (Some(callback), Some(connection)) = (callback, inner.connection()) {
            let object = ControlObject {
                connection,
                shared: self.clone(),
            };
            let limit = inner.max_waiting_events();
            let call = move || callback(&object, termination);
            if !inner.dispatcher.post(limit, call) {
                tracing::warn!("a command termination is dropped: too many events wait");
            }
        }
    }

    pub(super) fn expect_termination(&self) -> Expected<'_> {
        let (sender, termination) = oneshot::channel();
        let mut waiting = self.waiting.lock();
        let number = waiting.back().map_or(0, |(last, _)| last.wrapping_add(1));
        waiting.push_back((number, sender));
        Expected {
            shared: self,
            number,
            termination,
        }
    }
}

/// The end of a command, awaited as long as this lives.
pub(super) struct Expected<'s> {
    shared: &'s Shared,
    number: u64,
    pub(super) termination: oneshot::Receiver<Termination>,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let mut waiting = self.shared.waiting.lock();
        waiting.retain(|(number, _)| *number != self.number);
    }
}

impl ControlObject {
    /// The object, `LD/LN.DO`.
    pub fn object_reference(&self) -> &str {
        &self.shared.reference
    }

    /// The connection it belongs to.
    pub fn connection(&self) -> &IedConnection {
        &self.connection
    }

    /// The control model, as read when this object was made, or set since.
    pub fn control_model(&self) -> ControlModel {
        self.shared.state.lock().model
    }

    /// Takes another control model for granted, without asking the server.
    pub fn set_control_model(&self, model: ControlModel) {
        self.shared.state.lock().model = model;
    }

    /// Changes the control model of the server, if it allows that.
    ///
    /// # Errors
    /// [`IedClientError::AccessDenied`] and others.
    pub async fn change_server_control_model(&self, model: ControlModel) -> Result<(), Error> {
        const SERVICE: &str = "change control model";
        let shared = &self.shared;
        let client = self.connection.client(SERVICE, &shared.reference)?;
        let name = ObjectName::domain(&shared.device, &shared.ctl_model);
        let value = MmsValue::Integer(model.value().into());
        let written = client.write(name, &value).await;
        written.context(SERVICE, &shared.reference)?;
        self.set_control_model(model);
        Ok(())
    }

    /// The type of the value of commands.
    pub fn ctl_val_type(&self) -> MmsType {
        let ty = self.ctl_val_description();
        ty.and_then(TypeDescription::mms_type)
            .unwrap_or(MmsType::Structure)
    }

    /// The type of the value of commands, in detail.
    pub fn ctl_val_description(&self) -> Option<&TypeDescription> {
        self.shared.types.oper.child_by_name("ctlVal")
    }

    /// Whether commands can be executed at a later time.
    pub fn is_time_activated(&self) -> bool {
        self.shared.types.oper.child_by_name("operTm").is_some()
    }

    /// Who is in command: an identification of up to 64 octets and a category. The default is no
    /// identification and remote control.
    pub fn set_origin(&self, or_ident: impl AsRef<[u8]>, or_cat: OrCat) {
        let mut state = self.shared.state.lock();
        state.or_ident = or_ident.as_ref().to_vec();
        state.or_cat = or_cat;
    }

    /// Whether the next commands are tests.
    pub fn set_test_mode(&self, test: bool) {
        self.shared.state.lock().test = test;
    }

    /// Whether select, operate and cancel of one sequence carry the same time.
    pub fn use_constant_t(&self, constant: bool) {
        let mut state = self.shared.state.lock();
        state.constant_t = constant;
        state.sequence_t = None;
    }

    /// Whether the server checks interlocking.
    pub fn set_interlock_check(&self, check: bool) {
        self.shared.state.lock().interlock_check = check;
    }

    /// Whether the server checks synchronism.
    pub fn set_synchro_check(&self, check: bool) {
        self.shared.state.lock().synchro_check = check;
    }

    /// The number of the present sequence of commands.
    pub fn ctl_num(&self) -> u8 {
        self.shared.state.lock().ctl_num
    }

    /// Why the last command failed; `None` if it succeeded.
    pub fn last_error(&self) -> Option<IedClientError> {
        self.shared.state.lock().last_error
    }

    /// What the server said about the last command; all zero if nothing.
    pub fn last_appl_error(&self) -> LastApplError {
        let state = self.shared.state.lock();
        state.last_appl_error.unwrap_or_default()
    }

    /// Has `callback` called for every command termination of this object; it takes the place of
    /// another one. One that keeps the object, or its connection, keeps it open: it gets the object
    /// as argument.
    pub fn on_termination(
        &self,
        callback: impl Fn(&ControlObject, Termination) + Send + Sync + 'static,
    ) {
        *self.shared.on_termination.lock() = Some(Arc::new(callback));
    }

    pub(super) fn failed(
        &self,
        service: &'static str,
        code: IedClientError,
        reason: impl Into<String>,
    ) -> Error {
        let last_appl_error = {
            let mut state = self.shared.state.lock();
            state.last_error = Some(code);
            state.last_appl_error
        };
        let mut reason = reason.into();
        if let Some(error) = last_appl_error
            && error.add_cause != ControlAddCause::Unknown
        {
            reason.push_str(": ");
            reason.push_str(&error.to_string());
        }
        Error::Control(Box::new(ControlFailure {
            service,
            reference: self.shared.reference.clone(),
            code,
            last_appl_error,
            reason,
        }))
    }
}

impl IedConnection {
    /// Looks a controllable object up, `LD/LN.DO`: its control model and the types of its commands.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] if there is no such object, or it cannot be
    /// controlled.
    pub async fn read_control(&self, reference: &str) -> Result<ControlObject, Error> {
        const SERVICE: &str = "read control";
        let parsed: ObjectReference = target::parse(reference)?.with_fc(Fc::CO);
        let invalid = || {
            let code = IedClientError::ObjectReferenceInvalid;
            failure(SERVICE, reference, code, "expected LD/LN.DO")
        };
        let indexed = parsed.path().iter().any(|part| part.index.is_some());
        if parsed.path().is_empty() || indexed {
            return Err(invalid());
        }
        let device = parsed.logical_device().to_owned();
        let item = parsed.mms_item();
        let ctl_model = format!("{}$ctlModel", parsed.clone().with_fc(Fc::CF).mms_item());
        let client = self.client(SERVICE, reference)?;
        let model = client.read(ObjectName::domain(&device, &ctl_model));
        let ty = client.get_variable_access_attributes(ObjectName::domain(&device, &item));
        let model = model.await.context(SERVICE, reference)?;
        let model = model.to_int32().context(SERVICE, reference)?;
        let model = ControlModel::from_value(model)
            .ok_or_else(|| unexpected(SERVICE, reference, "ctlModel is unknown"))?;
        let ty = ty.await.context(SERVICE, reference)?;
        let Some(oper) = ty.child_by_name("Oper") else {
            return Err(unexpected(SERVICE, reference, "there is no Oper"));
        };
        let types = Types {
            oper: oper.clone(),
            select_with_value: ty.child_by_name("SBOw").cloned(),
            cancel: ty.child_by_name("Cancel").cloned(),
            has_select: ty.child_by_name("SBO").is_some(),
        };
        let shared = Arc::new(Shared {
            reference: parsed.with_fc(None).to_string(),
            name: format!("{device}/{item}"),
            device,
            item,
            ctl_model,
            types,
            state: Mutex::new(State {
                model,
                ctl_num: 0,
                or_ident: vec![],
                or_cat: OrCat::RemoteControl,
                test: false,
                interlock_check: false,
                synchro_check: false,
                constant_t: false,
                sequence_t: None,
                last_value: None,
                last_time: None,
                last_error: None,
                last_appl_error: None,
            }),
            command: tokio::sync::Mutex::default(),
            waiting: Mutex::default(),
            on_termination: Mutex::default(),
            #[cfg(feature = "libiec61850")]
            library: Mutex::default(),
        });
        self.inner().controls.add(&shared);
        Ok(ControlObject {
            connection: self.clone(),
            shared,
        })
    }
}
