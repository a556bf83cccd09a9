//! Devices of a served control centre: a simulated process behind them, their tags over restarts, and an account of what was done.

use crate::output::{message, printable};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tase2::device::{Device, DeviceAction, DeviceChange, TagOwner, Tagged};
use tase2::types::{ControlValue, Kind, PointValue, Quality, State, StateSupplemental, Value};
use tase2::{Event, VirtualControlCenter};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// How long a breaker takes to move.
const TRAVEL: Duration = Duration::from_millis(200);

/// Puts something behind each device that has an indication point: breakers move, values follow their set-points.
pub(crate) fn connect(vcc: &VirtualControlCenter) {
    for device in vcc.devices() {
        let point = device.model().indication.as_ref();
        let Some((id, ty)) = point.and_then(|name| {
            let id = vcc.point(name)?;
            Some((id, vcc.point_of(id)?.1))
        }) else {
            continue;
        };
        let vcc = vcc.clone();
        device.set_handler(move |request| {
            let DeviceAction::Operate(value) = request.action else {
                return Ok(());
            };
            let good = |value: Value| PointValue::from(value).with_quality(Quality::default());
            let state = |state| match ty.kind {
                Kind::StateSupplemental => Value::Supplemental(StateSupplemental {
                    state,
                    expected: state,
                    ..StateSupplemental::default()
                }),
                _ => Value::State(state),
            };
            let (on_the_way, there) = match value {
                ControlValue::Command(0) => (Some(state(State::Between)), state(State::Off)),
                ControlValue::Command(_) => (Some(state(State::Between)), state(State::On)),
                ControlValue::Real(value) => (None, Value::Real(value)),
                ControlValue::Discrete(value) => (None, Value::Discrete(value.into())),
            };
            // The values are of the type of the point: the model has seen to it.
            if let Some(value) = on_the_way {
                let _ = vcc.update(id, good(value));
            }
            let vcc = vcc.clone();
            tokio::spawn(async move {
                tokio::time::sleep(TRAVEL).await;
                let _ = vcc.update(id, good(there));
            });
            Ok(())
        });
    }
}

/// Says on standard error what is done with devices, and keeps their tags in a file if there is one.
pub(crate) async fn account(
    vcc: VirtualControlCenter,
    mut events: Receiver<Event>,
    tags: Option<TagFile>,
) {
    let save = || {
        if let Some(tags) = &tags {
            tags.save(&vcc);
        }
    };
    loop {
        match events.recv().await {
            Ok(Event::Device(event)) => {
                message(printable(&event.to_string()));
                if matches!(event.change, DeviceChange::Tagged(_)) {
                    save();
                }
            }
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                message(format_args!("{missed} events missed"));
                save();
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Tags in a file.
#[derive(Clone, Debug)]
pub(crate) struct TagFile {
    path: PathBuf,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    device: String,
    tag: String,
    reason: String,
    /// The peer whose tag it is; none for one that was set here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "tag")]
    tags: Vec<Kept>,
}

impl TagFile {
    /// Sets the tags that the file has; one that is not there yet has none.
    pub(crate) fn restore(path: &Path, vcc: &VirtualControlCenter) -> Result<Self, String> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error.to_string()),
        };
        let file: File = toml::from_str(&text).map_err(|error| error.to_string())?;
        for kept in file.tags {
            let device = find(vcc, &kept.device)?;
            let tag = kept.tag.parse()?;
            let owner = kept.peer.map_or(TagOwner::Local, TagOwner::Peer);
            device
                .restore_tag(Tagged::new(tag, kept.reason, owner))
                .map_err(|error| error.to_string())?;
        }
        Ok(TagFile {
            path: path.to_owned(),
        })
    }

    /// Writes the tags as they are now, and says so if it cannot.
    pub(crate) fn save(&self, vcc: &VirtualControlCenter) {
        if let Err(error) = self.try_save(vcc) {
            message(format_args!(
                "{}: tags are not kept: {error}",
                self.path.display()
            ));
        }
    }

    fn try_save(&self, vcc: &VirtualControlCenter) -> io::Result<()> {
        let tags = vcc.devices().filter_map(|device| {
            let tagged = device.tagged();
            let peer = match tagged.owner? {
                TagOwner::Peer(peer) => Some(peer),
                _ => None,
            };
            Some(Kept {
                device: device.name().to_string(),
                tag: tagged.tag.to_string(),
                reason: tagged.reason,
                peer,
            })
        });
        let file = File {
            tags: tags.collect(),
        };
        let text = toml::to_string(&file).map_err(io::Error::other)?;
        // Whole or not at all, whatever happens in between.
        let new = self.path.with_extension("new");
        fs::write(&new, text)?;
        fs::rename(&new, &self.path)
    }
}

fn find(vcc: &VirtualControlCenter, name: &str) -> Result<Device, String> {
    let parsed = name.parse().map_err(|_| format!("`{name}` is no name"))?;
    vcc.device(&parsed)
        .ok_or_else(|| format!("there is no device {name}"))
}
