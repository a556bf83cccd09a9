//! `ied tase2 select|operate|command|setpoint|tag`: devices (block 5).

use crate::failure::Failure;
use crate::iccp::{CenterArguments, failed, value_json};
use crate::output;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::time::Duration;
use tase2::Name;
use tase2::client::{Client, Command, FollowUp};
use tase2::types::{ControlType, ControlValue, PointValue, Tag, TagValue};

/// Select a device, and show the check-back id
///
/// The selection ends with the association, that is with this command: to see whether a device can be selected. `command` and `setpoint`
/// select and operate in one go.
#[derive(clap::Args)]
pub(crate) struct SelectArguments {
    #[command(flatten)]
    center: CenterArguments,

    /// The device
    #[arg(value_name = "DEVICE")]
    device: Name,

    /// The id that was agreed on; another one is an error
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    check_back: Option<i16>,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// What all commands to a device have.
#[derive(clap::Args)]
pub(crate) struct CommandArguments {
    #[command(flatten)]
    center: CenterArguments,

    /// The device
    #[arg(value_name = "DEVICE")]
    device: Name,

    /// The check-back id that was agreed on: with another one the device is not operated
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    check_back: Option<i16>,

    /// The indication point, to wait until it shows what was commanded
    #[arg(long, value_name = "POINT")]
    indication: Option<Name>,

    /// How long that may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    within: u64,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Operate a device as it is, without selecting it: a command of 0, 1, ..., or a set-point
///
/// A device that has to be selected refuses; `command` and `setpoint` select where it is needed.
#[derive(clap::Args)]
pub(crate) struct OperateArguments {
    #[command(flatten)]
    command: CommandArguments,

    /// The command or set-point
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,
}

/// Give a device a command, selected first where it has to be
#[derive(clap::Args)]
pub(crate) struct GiveArguments {
    #[command(flatten)]
    command: CommandArguments,

    /// trip, open, off, lower (0), close, on, raise (1), or a number that was agreed on
    #[arg(value_name = "COMMAND", allow_hyphen_values = true, value_parser = command_word)]
    value: i16,
}

/// Give a device a set-point, selected first where it has to be
#[derive(clap::Args)]
pub(crate) struct SetpointArguments {
    #[command(flatten)]
    command: CommandArguments,

    /// The set-point
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,

    /// How far the value of the indication point may be from it
    #[arg(long, value_name = "VALUE", default_value = "0")]
    tolerance: f32,
}

/// Show the tag of a device, set it, or take it away
#[derive(clap::Args)]
pub(crate) struct TagArguments {
    #[command(flatten)]
    center: CenterArguments,

    /// The device
    #[arg(value_name = "DEVICE")]
    device: Name,

    /// open-and-close or close-only sets a tag, none takes it away; without it the tag is shown
    #[arg(value_name = "TAG", value_parser = tag_word)]
    tag: Option<Tag>,

    /// Why; at most 255 octets
    #[arg(long, value_name = "TEXT", default_value = "", requires = "tag")]
    reason: String,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

fn command_word(text: &str) -> Result<i16, String> {
    match text.to_ascii_lowercase().as_str() {
        "trip" | "open" | "off" | "lower" => Ok(0),
        "close" | "on" | "raise" => Ok(1),
        other => other.parse().map_err(|_| {
            "expected trip, open, off, lower, close, on, raise or a number of 16 bits".to_owned()
        }),
    }
}

fn tag_word(text: &str) -> Result<Tag, String> {
    match text.to_ascii_lowercase().as_str() {
        "none" => Ok(Tag::None),
        "close-only" => Ok(Tag::CloseOnlyInhibit),
        "open-and-close" => Ok(Tag::OpenAndCloseInhibit),
        _ => Err("expected open-and-close, close-only or none".to_owned()),
    }
}

pub(crate) fn select(arguments: &SelectArguments) -> Result<(), Failure> {
    arguments.center.run(async |client| {
        let device = &arguments.device;
        let found = client.select(device).await.map_err(failed)?;
        if let Some(expected) = arguments.check_back.filter(|id| *id != found) {
            return Err(Failure::failed(format_args!(
                "{device}: check-back id {found} instead of {expected}"
            )));
        }
        let mut out = output::stdout();
        match arguments.json {
            true => output::json(
                &mut out,
                &json!({ "device": device.to_string(), "check_back": found }),
            )?,
            false => writeln!(out, "{device} selected, check-back id {found}")?,
        }
        Ok(out.flush()?)
    })
}

/// A value of the type the device has at the peer.
async fn value_of(client: &Client, device: &Name, text: &str) -> Result<ControlValue, Failure> {
    let ty = client.control_type(device).await.map_err(failed)?;
    match ty {
        ControlType::SetpointReal => {
            let value = text.parse::<f32>().ok().filter(|value| value.is_finite());
            let value = value.map(ControlValue::Real);
            value.ok_or_else(|| Failure::usage(format_args!("`{text}` is no number")))
        }
        ControlType::Command | ControlType::SetpointDiscrete => {
            let bad = |_| Failure::usage(format_args!("`{text}` is no integer of 16 bits"));
            text.parse().map(ControlValue::Discrete).map_err(bad)
        }
    }
}

async fn run(
    client: Client,
    arguments: &CommandArguments,
    value: ControlValue,
    select: Option<bool>,
    tolerance: f32,
) -> Result<(), Failure> {
    let mut command = Command::new(arguments.device.clone(), value);
    command.select = select;
    command.check_back = arguments.check_back;
    command.follow_up = arguments.indication.clone().map(|indication| {
        let mut follow_up = FollowUp::new(indication);
        follow_up.within = Duration::from_secs(arguments.within);
        follow_up.tolerance = tolerance;
        follow_up
    });
    let shown = client.command(&command).await.map_err(failed)?;
    show(arguments, value, shown)
}

fn show(
    arguments: &CommandArguments,
    value: ControlValue,
    shown: Option<PointValue>,
) -> Result<(), Failure> {
    let mut out = output::stdout();
    let device = &arguments.device;
    if arguments.json {
        let mut object = Map::new();
        object.insert("device".to_owned(), json!(device.to_string()));
        let number = match value {
            ControlValue::Real(value) => json!(value),
            ControlValue::Command(value) | ControlValue::Discrete(value) => json!(value),
        };
        object.insert("operated".to_owned(), number);
        if let (Some(name), Some(shown)) = (&arguments.indication, shown) {
            let mut point = Map::new();
            point.insert("name".to_owned(), json!(name.to_string()));
            if let Value::Object(parts) = value_json(&shown) {
                point.extend(parts);
            }
            object.insert("indication".to_owned(), Value::Object(point));
        }
        output::json(&mut out, &Value::Object(object))?;
    } else {
        writeln!(out, "{device} operated with {value}")?;
        if let (Some(name), Some(shown)) = (&arguments.indication, shown) {
            writeln!(out, "{name} = {shown}")?;
        }
    }
    Ok(out.flush()?)
}

pub(crate) fn operate(arguments: &OperateArguments) -> Result<(), Failure> {
    arguments.command.center.run(async |client| {
        let value = value_of(&client, &arguments.command.device, &arguments.value).await?;
        run(client, &arguments.command, value, Some(false), 0.0).await
    })
}

pub(crate) fn command(arguments: &GiveArguments) -> Result<(), Failure> {
    arguments.command.center.run(async |client| {
        let value = ControlValue::Command(arguments.value);
        run(client, &arguments.command, value, None, 0.0).await
    })
}

pub(crate) fn setpoint(arguments: &SetpointArguments) -> Result<(), Failure> {
    arguments.command.center.run(async |client| {
        let value = value_of(&client, &arguments.command.device, &arguments.value).await?;
        run(client, &arguments.command, value, None, arguments.tolerance).await
    })
}

pub(crate) fn tag(arguments: &TagArguments) -> Result<(), Failure> {
    arguments.center.run(async |client| {
        let device = &arguments.device;
        if let Some(tag) = arguments.tag {
            client
                .tag(device, tag, &arguments.reason)
                .await
                .map_err(failed)?;
        }
        let tag: TagValue = client.tag_of(device).await.map_err(failed)?;
        let mut out = output::stdout();
        match arguments.json {
            true => output::json(
                &mut out,
                &json!({
                    "device": device.to_string(),
                    "tag": tag.tag.to_string(),
                    "armed": tag.armed,
                    "reason": tag.reason,
                }),
            )?,
            false => writeln!(out, "{device} {}", output::printable(&tag.to_string()))?,
        }
        Ok(out.flush()?)
    })
}
