//! Devices of the peer (block 5): select, operate, tag, and whether it came about.

use super::values::{decode, named, view};
use super::{Client, Follow, TransferSpec, Update};
use crate::types::{
    ControlType, ControlValue, DsConditions, PointValue, Reading, State, Tag, TagValue, Value,
};
use crate::{Error, Name};
use mms::client::ClientError;
use mms::{DataAccessError, TypeDescription};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How long a peer may take to carry out a command. Its own limit is 20 s by default.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a point is read whose peer lets us follow nothing.
const READ_AGAIN: Duration = Duration::from_millis(500);

/// Where it is seen whether a command came about.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FollowUp {
    /// The indication point of the device.
    pub indication: Name,
    /// How long it may take from the answer to the command.
    pub within: Duration,
    /// How far a real value may be from the set-point.
    pub tolerance: f32,
}

impl FollowUp {
    /// It is seen at this point, within 30 s.
    pub fn new(indication: Name) -> Self {
        FollowUp {
            indication,
            within: Duration::from_secs(30),
            tolerance: 0.0,
        }
    }

    /// Whether a value is what was commanded: 1 is ON, 0 is OFF; what other commands do by agreement no point can be asked for.
    fn shows(&self, command: ControlValue, value: &PointValue) -> bool {
        let state = match value.value {
            Value::State(state) => Some(state),
            Value::Supplemental(value) => Some(value.state),
            _ => None,
        };
        match (command, value.value) {
            (ControlValue::Command(1), _) => state == Some(State::On),
            (ControlValue::Command(0), _) => state == Some(State::Off),
            (ControlValue::Command(_), _) => true,
            (ControlValue::Real(wanted), Value::Real(value)) => {
                (value - wanted).abs() <= self.tolerance
            }
            (ControlValue::Discrete(wanted), Value::Discrete(value)) => i32::from(wanted) == value,
            _ => false,
        }
    }
}

/// A command as a whole: see [`Client::command`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Command {
    /// The device.
    pub device: Name,
    /// What it is to do.
    pub value: ControlValue,
    /// Whether it is selected first. `None`: as the peer has it, which is asked for.
    pub select: Option<bool>,
    /// The check-back id that was agreed on; `None` takes any.
    pub check_back: Option<i16>,
    /// Where it is seen whether the command came about; `None`: nobody looks.
    pub follow_up: Option<FollowUp>,
}

impl Command {
    /// Operates a device, selected first if it has to be.
    pub fn new(device: Name, value: ControlValue) -> Self {
        Command {
            device,
            value,
            select: None,
            check_back: None,
            follow_up: None,
        }
    }
}

fn part(device: &Name, suffix: &str) -> Name {
    let item = format!("{}{suffix}", device.item());
    match device.domain() {
        None => Name::Vcc(item),
        Some(domain) => Name::icc(domain, item),
    }
}

impl Client {
    /// The type of a device. A command and a discrete set-point look the same; the peer does not tell them apart, and we call both a command.
    ///
    /// # Errors
    /// [`Error`], [`Error::NoDevice`] for a variable of another type.
    pub async fn control_type(&self, device: &Name) -> Result<ControlType, Error> {
        match self.describe(device).await? {
            TypeDescription::Integer(_) => Ok(ControlType::Command),
            TypeDescription::Float { .. } => Ok(ControlType::SetpointReal),
            _ => Err(Error::NoDevice {
                name: device.clone(),
            }),
        }
    }

    /// Whether a device has to be selected before it is operated: whether it has a `_SBO`.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn is_sbo(&self, device: &Name) -> Result<bool, Error> {
        match self.describe(&part(device, "_SBO")).await {
            Ok(_) => Ok(true),
            Err(error) => match error.access_error() {
                Some(DataAccessError::ObjectNonExistent | DataAccessError::ObjectUndefined) => {
                    Ok(false)
                }
                _ => Err(error),
            },
        }
    }

    /// Selects a device (Select): a read of its `_SBO`. Gives the check-back id; it is for the caller to compare it
    /// ([`Client::select_and_operate`] does).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn select(&self, device: &Name) -> Result<i16, Error> {
        let name = part(device, "_SBO");
        let read = self.patient().read(name.as_mms()).await;
        let value = read.map_err(|error| self::named(&name, error))?;
        view(&value, |view| view.int16("check-back id")).map_err(|error| decode(&name, error))
    }

    /// Operates a device (Operate). It is sent once; nothing here sends a command again.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Unanswered`] if it was sent and nobody knows what became of it.
    pub async fn operate(&self, device: &Name, value: ControlValue) -> Result<(), Error> {
        self.put_once(device, device, &value.to_value()).await
    }

    /// Selects a device, compares the check-back id with the one that was agreed on, and operates it. With another id it is not operated,
    /// and the selection is left to run out.
    ///
    /// # Errors
    /// [`Error`], [`Error::CheckBack`].
    pub async fn select_and_operate(
        &self,
        device: &Name,
        check_back: Option<i16>,
        value: ControlValue,
    ) -> Result<(), Error> {
        let found = self.select(device).await?;
        if let Some(expected) = check_back.filter(|expected| *expected != found) {
            tracing::warn!(%device, found, expected, "wrong check-back id; not operated");
            return Err(Error::CheckBack {
                device: device.clone(),
                found,
                expected,
            });
        }
        self.operate(device, value).await
    }

    /// A command as a whole: selects the device if it has to be, compares the check-back id, operates it, and waits until its indication
    /// point shows it. Gives the value of that point, if there is one.
    ///
    /// # Errors
    /// [`Error`]; [`Error::NotConfirmed`] if the command was accepted and the point does not show it in time.
    pub async fn command(&self, command: &Command) -> Result<Option<PointValue>, Error> {
        let select = match command.select {
            Some(select) => select,
            None => self.is_sbo(&command.device).await?,
        };
        // It looks before the command is sent, so that nothing is missed.
        let watching = match &command.follow_up {
            Some(follow_up) => Some((follow_up, self.watch(&follow_up.indication).await?)),
            None => None,
        };
        let sent = match select {
            true => {
                self.select_and_operate(&command.device, command.check_back, command.value)
                    .await
            }
            false => self.operate(&command.device, command.value).await,
        };
        let Some((follow_up, watching)) = watching else {
            return sent.map(|()| None);
        };
        let shown = match sent {
            Ok(()) => self.wait_for(follow_up, command.value, watching).await,
            Err(error) => {
                // What was followed need not be any more; the error is that of the command.
                if let Some(follow) = watching {
                    let _ = follow.stop().await;
                }
                Err(error)
            }
        };
        shown.map(Some)
    }

    /// Follows a point on every change. `None`: the peer does not let us, and it is to be read.
    async fn watch(&self, indication: &Name) -> Result<Option<Follow>, Error> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let set = format!("COMMAND_{}_{number}", std::process::id());
        let spec = TransferSpec::new(Name::icc(self.domain(), set), DsConditions::OBJECT_CHANGE);
        match self
            .follow(spec.with_members(vec![indication.clone()]))
            .await
        {
            Ok(follow) => Ok(Some(follow)),
            Err(error) if error.is_closed() => Err(error),
            Err(error) => {
                tracing::debug!(%indication, %error, "read instead of followed");
                // That it can be read is seen before anything is commanded.
                self.read(indication).await?;
                Ok(None)
            }
        }
    }

    async fn wait_for(
        &self,
        follow_up: &FollowUp,
        command: ControlValue,
        watching: Option<Follow>,
    ) -> Result<PointValue, Error> {
        let deadline = Instant::now() + follow_up.within;
        let mut last = None;
        let shown = match watching {
            Some(mut follow) => {
                let seen = async {
                    while let Some(update) = follow.next().await {
                        let Update::Report(report) = update else {
                            continue;
                        };
                        for change in &report.changes {
                            if let Ok(value) = change.value {
                                last = Some(value);
                                if follow_up.shows(command, &value) {
                                    return true;
                                }
                            }
                        }
                    }
                    false
                };
                let shown = timeout_at(deadline, seen).await.unwrap_or(false);
                // It has served its purpose; that it cannot be stopped changes nothing.
                let _ = follow.stop().await;
                shown
            }
            None => loop {
                let value = self.read(&follow_up.indication).await?;
                last = Some(value);
                if follow_up.shows(command, &value) {
                    break true;
                }
                if Instant::now() >= deadline {
                    break false;
                }
                sleep(READ_AGAIN).await;
            },
        };
        match last.filter(|_| shown) {
            Some(value) => Ok(value),
            None => Err(Error::NotConfirmed {
                indication: follow_up.indication.clone(),
                last,
            }),
        }
    }

    /// Tags a device (Set Tag Value), with the reason.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn tag(&self, device: &Name, tag: Tag, reason: &str) -> Result<(), Error> {
        let value = TagValue::new(tag, reason).to_value();
        self.put_once(device, &part(device, "_TAG"), &value).await
    }

    /// Takes the tag of a device away.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn untag(&self, device: &Name) -> Result<(), Error> {
        self.tag(device, Tag::None, "").await
    }

    /// The tag of a device (Get Tag Value).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn tag_of(&self, device: &Name) -> Result<TagValue, Error> {
        let name = part(device, "_TAG");
        let value = self.get(&name).await?;
        view(&value, TagValue::decode).map_err(|error| decode(&name, error))
    }

    fn patient(&self) -> mms::client::Client {
        self.mms.with_request_timeout(PATIENCE)
    }

    async fn put_once(
        &self,
        device: &Name,
        name: &Name,
        value: &mms::MmsValue,
    ) -> Result<(), Error> {
        if let Some(reason) = self.mms.close_reason() {
            // Nothing has been sent.
            return Err(Error::Mms(ClientError::Closed(reason)));
        }
        let written = self.patient().write(name.as_mms(), value).await;
        written.map_err(|error| match error {
            ClientError::Timeout { .. } | ClientError::Closed(_) => Error::Unanswered {
                device: device.clone(),
                reason: error.to_string(),
            },
            error => named(name, error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_a_command() {
        let mut follow_up = FollowUp::new(Name::vcc("X"));
        let command = ControlValue::Command;
        let (on, off) = (PointValue::state(State::On), PointValue::state(State::Off));
        assert!(follow_up.shows(command(1), &on));
        assert!(!follow_up.shows(command(1), &off));
        assert!(follow_up.shows(command(0), &off));
        assert!(!follow_up.shows(command(0), &PointValue::discrete(0)));
        assert!(follow_up.shows(command(7), &off));
        let real = ControlValue::Real(1.0);
        assert!(!follow_up.shows(real, &PointValue::real(1.5)));
        follow_up.tolerance = 0.5;
        assert!(follow_up.shows(real, &PointValue::real(1.5)));
        assert!(!follow_up.shows(real, &PointValue::real(f32::NAN)));
        let discrete = ControlValue::Discrete(-7);
        assert!(follow_up.shows(discrete, &PointValue::discrete(-7)));
        assert!(!follow_up.shows(discrete, &PointValue::discrete(7)));
    }

    #[test]
    fn names_of_parts() {
        assert_eq!(part(&Name::vcc("CB"), "_SBO"), Name::vcc("CB_SBO"));
        assert_eq!(
            part(&Name::icc("D", "CB"), "_TAG"),
            Name::icc("D", "CB_TAG")
        );
    }
}
