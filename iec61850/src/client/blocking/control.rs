use super::super::{IedClientError, LastApplError, Termination, asynchronous};
use super::{IedConnection, Runtime, same};
use crate::{ControlModel, Error, MmsValue, OrCat};
use chrono::{DateTime, Utc};
use mms::MmsType;
use std::time::Duration;

/// A controllable object of a server, with the settings of the next commands. A clone is the same
/// object. Its commands are executed one after the other.
#[derive(Clone, Debug)]
pub struct ControlObject {
    inner: asynchronous::ControlObject,
    runtime: Runtime,
}

impl ControlObject {
    pub(super) fn new(inner: asynchronous::ControlObject, runtime: Runtime) -> Self {
        ControlObject { inner, runtime }
    }

    /// The same object for asynchronous programs.
    pub fn asynchronous(&self) -> &asynchronous::ControlObject {
        &self.inner
    }

    same! { ControlObject, inner,
        fn select() -> ();
        fn select_with_value(value: impl Into<MmsValue>) -> ();
        fn operate(value: impl Into<MmsValue>, time: Option<DateTime<Utc>>) -> ();
        fn operate_and_wait(
            value: impl Into<MmsValue>,
            time: Option<DateTime<Utc>>,
            timeout: Duration,
        ) -> ();
        fn execute(value: impl Into<MmsValue>, timeout: Duration) -> ();
        fn cancel() -> ();
        fn change_server_control_model(model: ControlModel) -> ();
    }

    /// The object, `LD/LN.DO`.
    pub fn object_reference(&self) -> &str {
        self.inner.object_reference()
    }

    /// The connection it belongs to.
    pub fn connection(&self) -> IedConnection {
        IedConnection::of(self.inner.connection().clone(), self.runtime.clone())
    }

    /// See [`asynchronous::ControlObject::control_model`].
    pub fn control_model(&self) -> ControlModel {
        self.inner.control_model()
    }

    /// See [`asynchronous::ControlObject::set_control_model`].
    pub fn set_control_model(&self, model: ControlModel) {
        self.inner.set_control_model(model);
    }

    /// See [`asynchronous::ControlObject::ctl_val_type`].
    pub fn ctl_val_type(&self) -> MmsType {
        self.inner.ctl_val_type()
    }

    /// See [`asynchronous::ControlObject::is_time_activated`].
    pub fn is_time_activated(&self) -> bool {
        self.inner.is_time_activated()
    }

    /// See [`asynchronous::ControlObject::set_origin`].
    pub fn set_origin(&self, or_ident: impl AsRef<[u8]>, or_cat: OrCat) {
        self.inner.set_origin(or_ident, or_cat);
    }

    /// See [`asynchronous::ControlObject::set_test_mode`].
    pub fn set_test_mode(&self, test: bool) {
        self.inner.set_test_mode(test);
    }

    /// See [`asynchronous::ControlObject::use_constant_t`].
    pub fn use_constant_t(&self, constant: bool) {
        self.inner.use_constant_t(constant);
    }

    /// See [`asynchronous::ControlObject::set_interlock_check`].
    pub fn set_interlock_check(&self, check: bool) {
        self.inner.set_interlock_check(check);
    }

    /// See [`asynchronous::ControlObject::set_synchro_check`].
    pub fn set_synchro_check(&self, check: bool) {
        self.inner.set_synchro_check(check);
    }

    /// See [`asynchronous::ControlObject::ctl_num`].
    pub fn ctl_num(&self) -> u8 {
        self.inner.ctl_num()
    }

    /// See [`asynchronous::ControlObject::last_error`].
    pub fn last_error(&self) -> Option<IedClientError> {
        self.inner.last_error()
    }

    /// See [`asynchronous::ControlObject::last_appl_error`].
    pub fn last_appl_error(&self) -> LastApplError {
        self.inner.last_appl_error()
    }

    /// See [`asynchronous::ControlObject::on_termination`].
    pub fn on_termination(
        &self,
        callback: impl Fn(&ControlObject, Termination) + Send + Sync + 'static,
    ) {
        let runtime = self.runtime.clone();
        self.inner.on_termination(move |inner, termination| {
            let object = ControlObject::new(inner.clone(), runtime.clone());
            callback(&object, termination);
        });
    }
}
