//! Device control (block 5): who selects, operates and tags a device, and what the application says to it.
//!
//! A [`Device`] of a control centre gets its handlers here, and shows its state. What peers and the application do with devices is told as
//! [`Event::Device`].

mod handlers;
mod run;
mod unit;

pub(crate) use handlers::Handlers;
pub(crate) use run::{Pace, Who};
pub(crate) use unit::Unit;

use crate::engine::Core;
use crate::event::{AssociationId, Event};
use crate::model::{self, Object};
use crate::types::{ControlValue, Tag, TagValue};
use crate::{Name, VirtualControlCenter};
use handlers::Handler;
use mms::DataAccessError;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use tokio::time::Instant;
use unit::Phase;

/// What a peer wants of a device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DeviceAction {
    /// Select it.
    Select,
    /// Operate it.
    Operate(ControlValue),
    /// Tag it, or take its tag away ([`Tag::None`]).
    Tag(TagValue),
}

/// What a peer wants, and who it is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DeviceRequest {
    /// The device.
    pub device: Name,
    /// The peer, by the name of its bilateral table.
    pub peer: String,
    /// Its association.
    pub association: AssociationId,
    /// What it wants.
    pub action: DeviceAction,
}

/// Why a device does not do what a peer wants: what the peer is answered, and the reason for who reads events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({error})")]
#[non_exhaustive]
pub struct Refused {
    /// What the peer is answered.
    pub error: DataAccessError,
    /// Why.
    pub reason: String,
}

impl Refused {
    /// This error, for this reason.
    pub fn new(error: DataAccessError, reason: impl Into<String>) -> Self {
        Refused {
            error,
            reason: reason.into(),
        }
    }

    /// It must not be: an interlock, for instance (object-access-denied).
    pub fn denied(reason: impl Into<String>) -> Self {
        Self::new(DataAccessError::ObjectAccessDenied, reason)
    }

    /// Not now (temporarily-unavailable).
    pub fn busy(reason: impl Into<String>) -> Self {
        Self::new(DataAccessError::TemporarilyUnavailable, reason)
    }

    /// The equipment failed (hardware-fault).
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::new(DataAccessError::HardwareFault, reason)
    }

    /// Not with this value (object-value-invalid).
    pub fn value(reason: impl Into<String>) -> Self {
        Self::new(DataAccessError::ObjectValueInvalid, reason)
    }
}

/// Why a selection ended without a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectionEnd {
    /// Its time was up.
    TimeOut,
    /// The application reset the device ([`Device::local_reset`]).
    LocalReset,
    /// The association is over.
    Association,
    /// The tag of the device was changed.
    Tag,
}

impl fmt::Display for SelectionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SelectionEnd::TimeOut => "time-out",
            SelectionEnd::LocalReset => "local reset",
            SelectionEnd::Association => "end of the association",
            SelectionEnd::Tag => "tag",
        })
    }
}

/// What happened to a device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DeviceChange {
    /// It is selected; the peer was answered this check-back id.
    Selected {
        /// The id.
        check_back: i16,
    },
    /// It was not selected.
    SelectRefused(Refused),
    /// A selection ended without a command.
    SelectionEnded(SelectionEnd),
    /// Success: a command was accepted and passed on.
    Operated {
        /// The command.
        value: ControlValue,
        /// Whether the peer was still there to be answered.
        answered: bool,
    },
    /// A command was refused before the application was asked to do it. `None`: it was no value of the device.
    OperateRefused {
        /// The command.
        value: Option<ControlValue>,
        /// Why.
        reason: Refused,
    },
    /// Failure: the application did not do a command.
    Failed {
        /// The command.
        value: ControlValue,
        /// Why.
        reason: Refused,
    },
    /// Time-out: the application has not answered a command in time. What becomes of it is told when it has ([`DeviceChange::Late`]); until
    /// then the device is busy.
    TimedOut {
        /// The command.
        value: ControlValue,
    },
    /// What became of a command that had timed out.
    Late {
        /// The command.
        value: ControlValue,
        /// What the application said.
        result: Result<(), Refused>,
    },
    /// It is tagged, or its tag was taken away.
    Tagged(TagValue),
    /// It was not tagged. `None`: what was written is no tag.
    TagRefused {
        /// The tag.
        tag: Option<TagValue>,
        /// Why.
        reason: Refused,
    },
}

/// What happened to a device, and who did it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DeviceEvent {
    /// The device.
    pub device: Name,
    /// The peer and its association; `None`: the application.
    pub by: Option<(String, AssociationId)>,
    /// What happened.
    pub change: DeviceChange,
}

impl DeviceEvent {
    /// Whether somebody did not get what was wanted.
    pub fn is_problem(&self) -> bool {
        !matches!(
            self.change,
            DeviceChange::Selected { .. }
                | DeviceChange::Operated { answered: true, .. }
                | DeviceChange::Late { result: Ok(()), .. }
                | DeviceChange::Tagged(_)
        )
    }
}

/// As `CB1: operated with 1, by SOUTH`.
impl fmt::Display for DeviceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.device)?;
        match &self.change {
            DeviceChange::Selected { check_back } => {
                write!(f, "selected, check-back id {check_back}")?
            }
            DeviceChange::SelectRefused(reason) => write!(f, "not selected: {reason}")?,
            DeviceChange::SelectionEnded(reason) => write!(f, "selection ended: {reason}")?,
            DeviceChange::Operated { value, answered } => {
                write!(f, "operated with {value}")?;
                if !answered {
                    f.write_str(", and nobody there to be told")?;
                }
            }
            DeviceChange::OperateRefused {
                value: Some(value),
                reason,
            } => {
                write!(f, "not operated with {value}: {reason}")?;
            }
            DeviceChange::OperateRefused {
                value: None,
                reason,
            } => {
                write!(f, "not operated: {reason}")?;
            }
            DeviceChange::Failed { value, reason } => write!(f, "failed with {value}: {reason}")?,
            DeviceChange::TimedOut { value } => write!(f, "no answer in time to {value}")?,
            DeviceChange::Late {
                value,
                result: Ok(()),
            } => write!(f, "operated with {value}, late")?,
            DeviceChange::Late {
                value,
                result: Err(reason),
            } => {
                write!(f, "failed with {value}, late: {reason}")?;
            }
            DeviceChange::Tagged(tag) => write!(f, "tagged {tag}")?,
            DeviceChange::TagRefused {
                tag: Some(tag),
                reason,
            } => {
                write!(f, "not tagged {tag}: {reason}")?;
            }
            DeviceChange::TagRefused { tag: None, reason } => write!(f, "not tagged: {reason}")?,
        }
        match &self.by {
            Some((peer, association)) => write!(f, ", by {peer} ({association})"),
            None => f.write_str(", locally"),
        }
    }
}

/// Who set a tag, and alone may change it from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagOwner {
    /// The application.
    Local,
    /// The peer with this bilateral table.
    Peer(String),
}

/// The tag of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tagged {
    /// The tag.
    pub tag: Tag,
    /// Why.
    pub reason: String,
    /// Who set it; `None` without a tag.
    pub owner: Option<TagOwner>,
}

impl Tagged {
    /// A tag with a reason, and whose it is.
    pub fn new(tag: Tag, reason: impl Into<String>, owner: TagOwner) -> Self {
        Tagged {
            tag,
            reason: reason.into(),
            owner: (tag != Tag::None).then_some(owner),
        }
    }
}

/// What a device is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceState {
    /// Nothing.
    Idle,
    /// An association has selected it, or is being asked whether it may.
    Armed(AssociationId),
    /// A command is with the application.
    Operating,
}

/// A device of a control centre: its handlers and its state. Cheap to clone; all clones are the same device.
#[derive(Clone, Debug)]
pub struct Device {
    core: Arc<Core>,
    id: u32,
}

impl VirtualControlCenter {
    /// The device with this name.
    pub fn device(&self, name: &Name) -> Option<Device> {
        match self.core.model.find(name.domain(), name.item())? {
            Object::Control(control) => Some(Device {
                core: self.core.clone(),
                id: self.core.model.device_of(control)?,
            }),
            _ => None,
        }
    }

    /// All devices, in the order of the model.
    pub fn devices(&self) -> impl Iterator<Item = Device> + use<> {
        let core = self.core.clone();
        (0..core.model.devices.len() as u32).map(move |id| Device {
            core: core.clone(),
            id,
        })
    }
}

impl Device {
    fn config(&self) -> &model::Device {
        // A handle is of a device of its own model, which does not change.
        &self.core.model.devices[self.id as usize].device
    }

    fn handlers(&self) -> &Handlers {
        &self.core.device_handlers[self.id as usize]
    }

    /// What the model says of it.
    pub fn model(&self) -> &model::Device {
        self.config()
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        &self.config().name
    }

    /// Sets what is asked whenever a peer wants to select, operate or tag it, once everything that is checked here is in order. It runs in
    /// the task of the association, may block, and may call back into the control centre. Without a handler everything is accepted, kept as
    /// the last command, and told as an event.
    ///
    /// A command whose handler has answered `Ok` is passed on, and the peer is told so; what comes of it is to be shown by an
    /// indication point.
    pub fn set_handler(
        &self,
        handler: impl Fn(&DeviceRequest) -> Result<(), Refused> + Send + Sync + 'static,
    ) {
        *self.handlers().handler.write() = Some(Handler::Blocking(Arc::new(handler)));
    }

    /// Like [`Device::set_handler`], with a future. The peer's other requests, and other peers, are served meanwhile; other commands for
    /// this device are refused. A future of a command is run to its end, whatever becomes of the peer.
    pub fn set_async_handler<F, A>(&self, handler: F)
    where
        F: Fn(DeviceRequest) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), Refused>> + Send + 'static,
    {
        let boxed = move |request| Box::pin(handler(request)) as handlers::Answering;
        *self.handlers().handler.write() = Some(Handler::Async(Arc::new(boxed)));
    }

    /// Sets what is asked before the handler whether it may be selected or operated now.
    pub fn set_interlock(
        &self,
        interlock: impl Fn(&DeviceRequest) -> Result<(), Refused> + Send + Sync + 'static,
    ) {
        *self.handlers().interlock.write() = Some(Arc::new(interlock));
    }

    /// Sets what is told whatever happens to it: success, failure, time-outs and local resets among that.
    pub fn set_action_handler(&self, told: impl Fn(&DeviceEvent) + Send + Sync + 'static) {
        *self.handlers().told.write() = Some(Arc::new(told));
    }

    /// What it is doing.
    pub fn state(&self) -> DeviceState {
        let now = Instant::now();
        let state = self.core.state.lock();
        let Some(unit) = state.devices.get(self.id as usize) else {
            return DeviceState::Idle;
        };
        match unit.phase {
            Phase::Operating => DeviceState::Operating,
            Phase::Selecting { association, .. } => DeviceState::Armed(association),
            _ => unit
                .armed_by(now)
                .map_or(DeviceState::Idle, DeviceState::Armed),
        }
    }

    /// The last command that was accepted.
    pub fn value(&self) -> ControlValue {
        let entry = &self.core.model.devices[self.id as usize];
        let state = self.core.state.lock();
        let value = state.controls.get(entry.control as usize).copied();
        value.unwrap_or_else(|| entry.device.ty.initial())
    }

    /// Its tag.
    pub fn tagged(&self) -> Tagged {
        let state = self.core.state.lock();
        let unit = state.devices.get(self.id as usize);
        unit.map(|unit| unit.tagged.clone()).unwrap_or_default()
    }

    /// Tags it locally, or takes its tag away, whoever set it. Peers cannot change a tag that was set here. A selection ends with it.
    ///
    /// # Errors
    /// [`Refused`] if the reason is too long.
    pub fn set_tag(&self, tag: Tag, reason: &str) -> Result<(), Refused> {
        self.restore_tag(Tagged::new(tag, reason, TagOwner::Local))
    }

    /// Sets a tag as it was, with its owner: after a restart, for instance.
    ///
    /// # Errors
    /// As for [`Device::set_tag`].
    pub fn restore_tag(&self, tagged: Tagged) -> Result<(), Refused> {
        if tagged.reason.len() > crate::types::MAX_REASON {
            return Err(Refused::value("the reason is too long"));
        }
        self.core.put_tag(self.id, tagged, None);
        Ok(())
    }

    /// Local reset: whoever has selected it has not any more, and a command the application has not answered yet no longer makes it busy.
    pub fn local_reset(&self) {
        self.core.local_reset(self.id);
    }
}

impl Core {
    /// Tells everybody what happened to a device.
    pub(crate) fn tell_device(
        &self,
        device: u32,
        by: Option<(String, AssociationId)>,
        change: DeviceChange,
    ) {
        let Some(entry) = self.model.device(device) else {
            return;
        };
        let event = DeviceEvent {
            device: entry.device.name.clone(),
            by,
            change,
        };
        if let Some(handlers) = self.device_handlers.get(device as usize) {
            handlers.tell(&event);
        }
        self.emit(Event::Device(event));
    }
}
