//! Commands of peers, carried out by IEDs.

use super::Link;
use super::config::{Command, Ied};
use super::convert;
use crate::failure::Failure;
use iec61850::client::IedClientError;
use iec61850::client::asynchronous::IedConnection;
use iec61850::{ControlAddCause as Cause, Error, OrCat};
use std::sync::Arc;
use std::time::Duration;
use tase2::VirtualControlCenter;
use tase2::device::{DeviceAction, DeviceRequest, Refused};
use tase2::types::ControlValue;
use tokio::time::timeout;

/// Time that is left for the answer to the peer when the IED has not answered.
const MARGIN: Duration = Duration::from_millis(500);

/// Has the devices of the control centre ask the IED.
pub(super) fn attach(center: &VirtualControlCenter, ied: &Ied, link: &Link) -> Result<(), Failure> {
    for command in &ied.commands {
        let device = center.device(&command.device).ok_or_else(|| {
            Failure::failed(format_args!("{}: no device {}", ied.name, command.device))
        })?;
        let limit = device.model().operate_timeout;
        let limit = limit.saturating_sub(MARGIN).max(limit / 2);
        let bound = Arc::new(Bound {
            ied: ied.name.clone(),
            originator: ied.originator.clone(),
            command: command.clone(),
            link: link.clone(),
            limit,
        });
        device.set_async_handler(move |request| {
            let bound = bound.clone();
            async move { bound.handle(request).await }
        });
    }
    Ok(())
}

/// A device with its object at an IED.
struct Bound {
    ied: String,
    originator: String,
    command: Command,
    link: Link,
    /// How long it may take.
    limit: Duration,
}

impl Bound {
    async fn handle(&self, request: DeviceRequest) -> Result<(), Refused> {
        match request.action {
            // A selection is one of the control centre. The IED is selected with the command, which is when it is known; but what cannot be
            // reached need not be selected.
            DeviceAction::Select => self.connection().map(drop),
            DeviceAction::Operate(value) => {
                let connection = self.connection()?;
                let operated = self.operate(&connection, value, &request.peer);
                match timeout(self.limit, operated).await {
                    Ok(Ok(done)) => done,
                    Ok(Err(error)) if error.code() == Some(IedClientError::Timeout) => {
                        self.give_up(&connection).await;
                        Err(Refused::failed(error.to_string()))
                    }
                    Ok(Err(error)) => Err(refused(&error)),
                    Err(_) => {
                        self.give_up(&connection).await;
                        let reason = format!("{} has not carried it out in time", self.ied);
                        Err(Refused::failed(reason))
                    }
                }
            }
            // Tags are kept by the control centre.
            _ => Ok(()),
        }
    }

    fn connection(&self) -> Result<IedConnection, Refused> {
        self.link
            .get()
            .ok_or_else(|| Refused::failed(format!("{} cannot be reached", self.ied)))
    }

    /// Ends an association on which something is stuck: what has not reached the IED is not to reach it later.
    async fn give_up(&self, connection: &IedConnection) {
        self.link.set(None);
        // It may be over already.
        let _ = timeout(MARGIN, connection.abort()).await;
    }

    /// The command as the control model of the object asks for it, on this association and on no other.
    async fn operate(
        &self,
        connection: &IedConnection,
        value: ControlValue,
        peer: &str,
    ) -> Result<Result<(), Refused>, Error> {
        let command = &self.command;
        let object = connection.read_control(&command.object).await?;
        let Some(ty) = object.ctl_val_description() else {
            let reason = format!("{} has no control value", command.object);
            return Ok(Err(Refused::failed(reason)));
        };
        let value = match convert::command(value, ty, command.scale, command.invert) {
            Ok(value) => value,
            Err(reason) => return Ok(Err(Refused::value(reason))),
        };
        let originator = match self.originator.is_empty() {
            true => peer,
            false => &self.originator,
        };
        object.set_origin(originator, OrCat::RemoteControl);
        object.set_interlock_check(command.interlock_check);
        object.set_synchro_check(command.synchro_check);
        object.execute(value, self.limit).await.map(Ok)
    }
}

/// What a peer is answered, by what the IED said.
fn refused(error: &Error) -> Refused {
    let reason = error.to_string();
    if let Error::Control(failure) = error
        && let Some(said) = failure.last_appl_error
    {
        match said.add_cause {
            Cause::ObjectAlreadySelected
            | Cause::CommandAlreadyInExecution
            | Cause::LockedByOtherClient
            | Cause::ObjectNotSelected => return Refused::busy(reason),
            Cause::TimeLimitOver | Cause::InvalidPosition | Cause::AbortionByTrip => {
                return Refused::failed(reason);
            }
            Cause::InconsistentParameters | Cause::StepLimit => return Refused::value(reason),
            Cause::Unknown => {}
            _ => return Refused::denied(reason),
        }
    }
    match error.code() {
        Some(IedClientError::AccessDenied) => Refused::denied(reason),
        Some(IedClientError::TemporarilyUnavailable) => Refused::busy(reason),
        Some(IedClientError::ObjectValueInvalid | IedClientError::TypeInconsistent) => {
            Refused::value(reason)
        }
        _ => Refused::failed(reason),
    }
}
