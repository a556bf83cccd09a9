//! `ied control`.

use super::time;
use crate::failure::Failure;
use crate::output;
use crate::peer::{PeerArguments, parse_value};
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use iec61850::client::asynchronous::{ControlObject, IedConnection};
use iec61850::{ControlModel, Error, FunctionalConstraint, IedClientError, OrCat};
use serde_json::json;
use std::io::Write;
use std::time::Duration;

/// Operate a controllable object
///
/// The object is selected where its control model asks for that, operated, and with enhanced security the end of the command is waited for. When
/// the server refuses, it is said why.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    /// The object, LD/LN.DO
    #[arg(value_name = "REFERENCE")]
    reference: String,

    /// The value of the command; without it the object is only shown
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: Option<String>,

    /// Who is in command
    #[arg(long, value_name = "TEXT", default_value = "ied")]
    origin: String,

    /// In what role
    #[arg(
        long,
        value_enum,
        value_name = "CATEGORY",
        default_value = "remote-control"
    )]
    category: Category,

    /// It is a test
    #[arg(long)]
    test: bool,

    /// The server is to check interlocking
    #[arg(long)]
    interlock: bool,

    /// The server is to check synchronism
    #[arg(long)]
    synchro: bool,

    /// Execute it then, as 2026-11-20T12:00:00Z; the object has to be time-activated
    #[arg(long, value_name = "TIME", value_parser = time, requires = "value")]
    at: Option<DateTime<Utc>>,

    /// How long the command may take until it is terminated
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    patience: u32,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Category {
    BayControl,
    StationControl,
    RemoteControl,
    AutomaticBay,
    AutomaticStation,
    AutomaticRemote,
    Maintenance,
    Process,
}

impl From<Category> for OrCat {
    fn from(category: Category) -> Self {
        match category {
            Category::BayControl => OrCat::BayControl,
            Category::StationControl => OrCat::StationControl,
            Category::RemoteControl => OrCat::RemoteControl,
            Category::AutomaticBay => OrCat::AutomaticBay,
            Category::AutomaticStation => OrCat::AutomaticStation,
            Category::AutomaticRemote => OrCat::AutomaticRemote,
            Category::Maintenance => OrCat::Maintenance,
            Category::Process => OrCat::Process,
        }
    }
}

fn name(model: ControlModel) -> &'static str {
    match model {
        ControlModel::StatusOnly => "status-only",
        ControlModel::DirectNormal => "direct-with-normal-security",
        ControlModel::SboNormal => "sbo-with-normal-security",
        ControlModel::DirectEnhanced => "direct-with-enhanced-security",
        ControlModel::SboEnhanced => "sbo-with-enhanced-security",
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.peer.connected(false, async |connection| {
        let object = match connection.read_control(&arguments.reference).await {
            Ok(object) => object,
            Err(error) => return Err(explain(&connection, &arguments.reference, error).await),
        };
        object.set_origin(&arguments.origin, arguments.category.into());
        object.set_test_mode(arguments.test);
        object.set_interlock_check(arguments.interlock);
        object.set_synchro_check(arguments.synchro);
        let outcome = match &arguments.value {
            Some(value) => Some(operate(&object, value, arguments).await?),
            None => None,
        };
        show(&object, outcome.as_ref(), arguments.json)?;
        match outcome {
            Some(Err(error)) if !arguments.json => Err(Failure::failed(error)),
            Some(Err(_)) => Err(Failure::Reported),
            _ => Ok(()),
        }
    })
}

/// What is there instead, if there is no such object to control.
async fn explain(connection: &IedConnection, reference: &str, error: Error) -> Failure {
    if error.code() == Some(IedClientError::ObjectDoesNotExist)
        && let Ok(names) = connection.get_data_directory_fc(reference).await
        && !names.iter().any(|(_, fc)| *fc == FunctionalConstraint::CO)
    {
        let reason =
            format_args!("{reference} cannot be controlled: it has status information only");
        return Failure::failed(reason);
    }
    Failure::failed(error)
}

async fn operate(
    object: &ControlObject,
    text: &str,
    arguments: &Arguments,
) -> Result<Result<(), Error>, Failure> {
    let reference = &arguments.reference;
    let Some(ty) = object.ctl_val_description() else {
        let reason = format_args!("{reference} has no ctlVal");
        return Err(Failure::failed(reason));
    };
    // The number of an analogue value, as of any other.
    let ty = match ty {
        mms::TypeDescription::Structure(parts) if parts.len() == 1 && !text.starts_with('{') => {
            parts.first().map_or(ty, |part| &part.ty)
        }
        ty => ty,
    };
    let value = parse_value(text, ty)
        .map_err(|reason| Failure::usage(format_args!("{reference}: {reason}")))?;
    let patience = Duration::from_secs(arguments.patience.into());
    let Some(at) = arguments.at else {
        return Ok(object.execute(value, patience).await);
    };
    let selected = match object.control_model() {
        ControlModel::SboNormal => object.select().await,
        ControlModel::SboEnhanced => object.select_with_value(value.clone()).await,
        _ => Ok(()),
    };
    Ok(match selected {
        Ok(()) => object.operate_and_wait(value, Some(at), patience).await,
        refused => refused,
    })
}

fn show(
    object: &ControlObject,
    outcome: Option<&Result<(), Error>>,
    json: bool,
) -> Result<(), Failure> {
    let mut out = output::stdout();
    let model = name(object.control_model());
    if json {
        let error = outcome.and_then(|outcome| outcome.as_ref().err());
        let said = error.and_then(Error::last_appl_error);
        let value = json!({
            "reference": object.object_reference(),
            "ctlModel": model,
            "timeActivated": object.is_time_activated(),
            "done": outcome.map(Result::is_ok),
            "error": error.map(ToString::to_string),
            "addCause": said.map(|said| said.add_cause.value()),
            "ctlNum": outcome.map(|_| object.ctl_num()),
        });
        output::json(&mut out, &value)?;
    } else {
        match outcome {
            None => writeln!(out, "{}: {model}", object.object_reference())?,
            Some(Ok(())) if object.control_model().is_enhanced() => {
                writeln!(out, "{}: executed", object.object_reference())?;
            }
            Some(Ok(())) => writeln!(out, "{}: accepted", object.object_reference())?,
            Some(Err(_)) => {}
        }
    }
    Ok(out.flush()?)
}
