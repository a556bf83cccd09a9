//! Commands.

use super::super::engine::{EngineClient, Failure};
use super::super::error::IedClientError;
use super::Termination;
use super::object::ControlObject;
#[cfg(feature = "libiec61850")]
use crate::engine::libiec61850::client::Command;
use crate::{ControlModel, Error, Timestamp};
use chrono::{DateTime, Utc};
use mms::{BinaryTime, BitString, MmsValue, ObjectName, TypeDescription, UtcTime};
use std::time::Duration;

const SELECT: &str = "select";
const SELECT_WITH_VALUE: &str = "select with value";
const OPERATE: &str = "operate";
const CANCEL: &str = "cancel";
const TERMINATION: &str = "command termination";

/// What goes into one command.
struct Parameters {
    value: MmsValue,
    oper_time: Option<Timestamp>,
    t: Timestamp,
}

impl ControlObject {
    /// Selects an object with the model [`ControlModel::SboNormal`].
    ///
    /// # Errors
    /// [`Error::Control`]: [`IedClientError::AccessDenied`] if the server does not let it be
    /// selected, which it says without a reason.
    pub async fn select(&self) -> Result<(), Error> {
        let _command = self.shared.command.lock().await;
        self.do_select().await
    }

    /// Selects an object with the model [`ControlModel::SboEnhanced`] for a command with this
    /// value.
    ///
    /// # Errors
    /// [`Error::Control`].
    pub async fn select_with_value(&self, value: impl Into<MmsValue>) -> Result<(), Error> {
        let value = value.into();
        let _command = self.shared.command.lock().await;
        self.do_select_with_value(value, None).await
    }

    /// Executes a command, now or at a later time. A number is taken for the structure that
    /// analogue values have.
    ///
    /// With a normal model, success means that the server has accepted it. With an enhanced one,
    /// the server tells later how it ended: see [`ControlObject::on_termination`] and
    /// [`ControlObject::operate_and_wait`].
    ///
    /// # Errors
    /// [`Error::Control`]; [`IedClientError::UserProvidedInvalidArgument`] for a time when the
    /// object is not time-activated (libiec61850 would have it executed at once).
    pub async fn operate(
        &self,
        value: impl Into<MmsValue>,
        time: Option<DateTime<Utc>>,
    ) -> Result<(), Error> {
        let value = value.into();
        let _command = self.shared.command.lock().await;
        self.do_operate(value, time).await
    }

    /// Executes a command and, with an enhanced model, waits until it is terminated. The time for
    /// that begins when the server has accepted it, or at `time` if one is given.
    ///
    /// # Errors
    /// [`Error::Control`] as for [`ControlObject::operate`], with what the server said for a
    /// negative termination, and [`IedClientError::Timeout`] if there is none in time.
    pub async fn operate_and_wait(
        &self,
        value: impl Into<MmsValue>,
        time: Option<DateTime<Utc>>,
        timeout: Duration,
    ) -> Result<(), Error> {
        let value = value.into();
        let command = self.shared.command.lock().await;
        self.do_operate_and_wait(command, value, time, timeout)
            .await
    }

    /// Does all that the control model asks for: selects the object where that is needed, executes
    /// the command, and waits for its termination where there is one. A selected object whose
    /// command is refused is given free again.
    ///
    /// # Errors
    /// As for the steps.
    pub async fn execute(
        &self,
        value: impl Into<MmsValue>,
        timeout: Duration,
    ) -> Result<(), Error> {
        let value = value.into();
        let command = self.shared.command.lock().await;
        match self.control_model() {
            ControlModel::SboNormal => self.do_select().await?,
            ControlModel::SboEnhanced => self.do_select_with_value(value.clone(), None).await?,
            _ => {}
        }
        let outcome = self
            .do_operate_and_wait(command, value, None, timeout)
            .await;
        if let (Err(Error::Control(failure)), true) = (&outcome, self.control_model().is_sbo())
            && failure.service == OPERATE
        {
            let (last_error, last_appl_error) = {
                let state = self.shared.state.lock();
                (state.last_error, state.last_appl_error)
            };
            // A server that ended the selection itself has nothing to cancel.
            let _ = self.cancel().await;
            let mut state = self.shared.state.lock();
            state.last_error = last_error;
            state.last_appl_error = last_appl_error;
        }
        outcome
    }

    /// Takes a selection back, or a command that waits for its time.
    ///
    /// # Errors
    /// [`Error::Control`]; [`IedClientError::ServiceNotSupported`] if the object has no Cancel.
    pub async fn cancel(&self) -> Result<(), Error> {
        let _command = self.shared.command.lock().await;
        self.do_cancel().await
    }

    /// A command begins: what was said about the last one is forgotten.
    fn begin(&self, service: &'static str, next_number: bool) -> Result<EngineClient, Error> {
        {
            let mut state = self.shared.state.lock();
            state.last_error = None;
            state.last_appl_error = None;
            if next_number {
                state.ctl_num = state.ctl_num.wrapping_add(1);
                state.sequence_t = None;
            }
        }
        if self.control_model() == ControlModel::StatusOnly {
            let code = IedClientError::AccessDenied;
            return Err(self.failed(service, code, "the object is status-only"));
        }
        let client = self.connection.client(service, &self.shared.reference);
        client.inspect_err(|error| self.shared.state.lock().last_error = error.code())
    }

    async fn do_select(&self) -> Result<(), Error> {
        let client = self.begin(SELECT, true)?;
        if !self.shared.types.has_select {
            let code = IedClientError::ObjectDoesNotExist;
            return Err(self.failed(SELECT, code, "the object has no SBO"));
        }
        #[cfg(feature = "libiec61850")]
        if let EngineClient::Libiec61850(connection) = &client {
            return self.by_library(SELECT, connection, Command::Select).await;
        }
        let item = format!("{}$SBO", self.shared.item);
        let name = ObjectName::domain(&self.shared.device, &item);
        let value = client.read(name).await;
        let value = value.map_err(|error| self.refused(SELECT, &error))?;
        match value.to_string_value() {
            Ok("") => Err(self.failed(SELECT, IedClientError::AccessDenied, "refused")),
            Ok(_) => Ok(()),
            Err(error) => {
                let code = IedClientError::UnexpectedValueReceived;
                Err(self.failed(SELECT, code, error.to_string()))
            }
        }
    }

    async fn do_select_with_value(
        &self,
        value: MmsValue,
        time: Option<Timestamp>,
    ) -> Result<(), Error> {
        let client = self.begin(SELECT_WITH_VALUE, true)?;
        let Some(ty) = &self.shared.types.select_with_value else {
            let code = IedClientError::ObjectDoesNotExist;
            return Err(self.failed(SELECT_WITH_VALUE, code, "the object has no SBOw"));
        };
        let parameters = self.parameters(value, time);
        #[cfg(feature = "libiec61850")]
        if let EngineClient::Libiec61850(connection) = &client {
            let command = Command::SelectWithValue(parameters.value.clone());
            return self
                .by_library(SELECT_WITH_VALUE, connection, command)
                .await;
        }
        self.write(SELECT_WITH_VALUE, &client, "SBOw", ty, &parameters)
            .await?;
        self.accepted(parameters);
        Ok(())
    }

    async fn do_operate(&self, value: MmsValue, time: Option<DateTime<Utc>>) -> Result<(), Error> {
        // Select has begun the sequence.
        let client = self.begin(OPERATE, !self.control_model().is_sbo())?;
        if time.is_some() && !self.is_time_activated() {
            let code = IedClientError::UserProvidedInvalidArgument;
            return Err(self.failed(OPERATE, code, "the object has no operTm"));
        }
        let parameters = self.parameters(value, time.map(Timestamp::from));
        #[cfg(feature = "libiec61850")]
        if let EngineClient::Libiec61850(connection) = &client {
            let time = parameters.oper_time.map_or(0, |time| time.time_in_ms());
            let command = Command::Operate(parameters.value.clone(), time);
            return self.by_library(OPERATE, connection, command).await;
        }
        self.write(
            OPERATE,
            &client,
            "Oper",
            &self.shared.types.oper,
            &parameters,
        )
        .await?;
        self.accepted(parameters);
        Ok(())
    }

    /// A cancel repeats what the server has accepted.
    fn accepted(&self, parameters: Parameters) {
        let mut state = self.shared.state.lock();
        state.last_value = Some(parameters.value);
        state.last_time = parameters.oper_time;
    }

    /// Others may send commands (a cancel) while the end of this one is awaited.
    async fn do_operate_and_wait(
        &self,
        command: tokio::sync::MutexGuard<'_, ()>,
        value: MmsValue,
        time: Option<DateTime<Utc>>,
        timeout: Duration,
    ) -> Result<(), Error> {
        if !self.control_model().is_enhanced() {
            return self.do_operate(value, time).await;
        }
        let mut expected = self.shared.expect_termination();
        self.do_operate(value, time).await?;
        drop(command);
        let until = time.map_or(Duration::ZERO, |time| {
            (time - Utc::now()).to_std().unwrap_or_default()
        });
        let timeout = until.saturating_add(timeout);
        match tokio::time::timeout(timeout, &mut expected.termination).await {
            Ok(Ok(Termination::Positive)) => Ok(()),
            Ok(Ok(Termination::Negative(_))) => {
                let code = IedClientError::Unknown;
                Err(self.failed(TERMINATION, code, "the command failed"))
            }
            Ok(Err(_)) => {
                let code = IedClientError::ConnectionLost;
                Err(self.failed(TERMINATION, code, code.to_string()))
            }
            Err(_) => {
                let reason = format!("none within {timeout:?}");
                Err(self.failed(TERMINATION, IedClientError::Timeout, reason))
            }
        }
    }

    async fn do_cancel(&self) -> Result<(), Error> {
        let client = self.begin(CANCEL, false)?;
        let Some(ty) = &self.shared.types.cancel else {
            let code = IedClientError::ServiceNotSupported;
            return Err(self.failed(CANCEL, code, "the object has no Cancel"));
        };
        #[cfg(feature = "libiec61850")]
        if let EngineClient::Libiec61850(connection) = &client {
            return self.by_library(CANCEL, connection, Command::Cancel).await;
        }
        let parameters = {
            let state = self.shared.state.lock();
            let ctl_val = ty.child_by_name("ctlVal");
            Parameters {
                value: state
                    .last_value
                    .clone()
                    .or_else(|| ctl_val.map(zero))
                    .unwrap_or(MmsValue::Boolean(false)),
                oper_time: state.last_time,
                t: state.sequence_t.unwrap_or_else(|| {
                    Timestamp::now().with_quality(self.connection.inner().time_quality())
                }),
            }
        };
        self.write(CANCEL, &client, "Cancel", ty, &parameters).await
    }

    /// The parameters of the next command of a sequence.
    fn parameters(&self, value: MmsValue, oper_time: Option<Timestamp>) -> Parameters {
        let value = match (self.ctl_val_description(), value) {
            (Some(TypeDescription::Structure(_)), value @ MmsValue::Structure(_)) => value,
            // AnalogueValue: the structure of one number.
            (Some(TypeDescription::Structure(components)), value) if components.len() == 1 => {
                MmsValue::Structure(vec![value])
            }
            (_, value) => value,
        };
        let mut state = self.shared.state.lock();
        let t = match (state.constant_t, state.sequence_t) {
            (true, Some(t)) => t,
            _ => Timestamp::now().with_quality(self.connection.inner().time_quality()),
        };
        state.sequence_t = state.constant_t.then_some(t);
        Parameters {
            value,
            oper_time,
            t,
        }
    }

    async fn write(
        &self,
        service: &'static str,
        client: &EngineClient,
        component: &str,
        ty: &TypeDescription,
        parameters: &Parameters,
    ) -> Result<(), Error> {
        let value = self.structure(ty, parameters);
        let item = format!("{}${component}", self.shared.item);
        let name = ObjectName::domain(&self.shared.device, &item);
        let written = client.write(name, &value).await;
        written.map_err(|error| self.refused(service, &error))
    }

    fn refused(&self, service: &'static str, error: &Failure) -> Error {
        self.failed(service, error.code(), error.reason())
    }

    /// The components of a command, in the order of its type.
    fn structure(&self, ty: &TypeDescription, parameters: &Parameters) -> MmsValue {
        let TypeDescription::Structure(components) = ty else {
            return parameters.value.clone();
        };
        let state = self.shared.state.lock();
        let component = |name: &str, ty: &TypeDescription| match name {
            "ctlVal" => parameters.value.clone(),
            "operTm" => time(ty, parameters.oper_time.unwrap_or_default()),
            "origin" => MmsValue::Structure(vec![
                MmsValue::Integer(state.or_cat.value().into()),
                MmsValue::OctetString(state.or_ident.clone()),
            ]),
            "ctlNum" => match ty {
                TypeDescription::Integer(_) => MmsValue::Integer(state.ctl_num.into()),
                _ => MmsValue::Unsigned(state.ctl_num.into()),
            },
            "T" => time(ty, parameters.t),
            "Test" => MmsValue::Boolean(state.test),
            "Check" => {
                let mut check = BitString::new(2);
                check.set(0, state.synchro_check);
                check.set(1, state.interlock_check);
                MmsValue::BitString(check)
            }
            _ => zero(ty),
        };
        let components = components.iter();
        MmsValue::Structure(
            components
                .map(|c| component(c.name.as_deref().unwrap_or_default(), &c.ty))
                .collect(),
        )
    }
}

/// A time in the form of the type: servers of the first edition have binary times.
fn time(ty: &TypeDescription, time: UtcTime) -> MmsValue {
    match ty {
        TypeDescription::BinaryTime(_) => {
            MmsValue::BinaryTime(BinaryTime::from_ms(time.time_in_ms()))
        }
        _ => MmsValue::UtcTime(time),
    }
}

/// The zero of a type, for components that are not of the standard.
fn zero(ty: &TypeDescription) -> MmsValue {
    match ty {
        TypeDescription::Array { count, element } => {
            // No control has a large array; a server that says so gets an error of its own making.
            let count = usize::try_from(*count).unwrap_or(0).min(1024);
            MmsValue::Array(vec![zero(element); count])
        }
        TypeDescription::Structure(components) => {
            MmsValue::Structure(components.iter().map(|c| zero(&c.ty)).collect())
        }
        TypeDescription::Boolean => MmsValue::Boolean(false),
        TypeDescription::BitString(bits) | TypeDescription::BooleanArray(bits) => {
            let bits = usize::try_from(bits.unsigned_abs()).unwrap_or(0).min(1024);
            MmsValue::BitString(BitString::new(bits))
        }
        TypeDescription::Unsigned(_) => MmsValue::Unsigned(0),
        TypeDescription::Float {
            format_width: 64, ..
        } => MmsValue::Float64(0.0),
        TypeDescription::Float { .. } => MmsValue::Float32(0.0),
        TypeDescription::OctetString(_) => MmsValue::OctetString(vec![]),
        TypeDescription::VisibleString(_) => MmsValue::VisibleString(String::new()),
        TypeDescription::MmsString(_) => MmsValue::MmsString(String::new()),
        TypeDescription::UtcTime => MmsValue::UtcTime(UtcTime::new()),
        TypeDescription::BinaryTime(_) => MmsValue::BinaryTime(BinaryTime::default()),
        _ => MmsValue::Integer(0),
    }
}
