//! What the client of the demonstration does, and says.

use super::breaker::Command;
use super::messages::{self, Message, Report};
use crate::browse::{self, Wanted, fetch};
use crate::failure::Failure;
use crate::output::{Output, count, stdout};
use iec61850::{Dbpos, ObjectReference};
use mms::client::{Client, ClientError, ClientOptions, Subscription};
use mms::{DataAccessError, MmsValue, ObjectName};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

const CTRL: &str = "FEEDER1CTRL";
const MEAS: &str = "FEEDER1MEAS";
const PROT: &str = "FEEDER1PROT";

/// How long the next message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Goes through what a client can do, one after the other, and says what it does.
pub(crate) async fn tour(server: SocketAddr) -> Result<(), Failure> {
    let mut out = stdout();
    let client = Client::connect(server, ClientOptions::default())
        .await
        .map_err(Failure::failed)?;
    identify(&client, &mut out).await?;
    browse(&client, &mut out).await?;
    read(&client, &mut out).await?;
    let mut watch = subscribe(&client, &mut out).await?;
    write(&client, &mut watch, &mut out).await?;
    operate(&client, &mut watch, &mut out).await?;
    refused(&client, &mut out).await?;
    client.conclude().await.map_err(Failure::failed)
}

/// What has been said is seen at once.
fn say(out: &mut Output, text: impl std::fmt::Display) -> Result<(), Failure> {
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

async fn identify(client: &Client, out: &mut Output) -> Result<(), Failure> {
    let identity = client.identify().await.map_err(Failure::failed)?;
    say(out, "The client connects and asks who is there:")?;
    say(
        out,
        format_args!(
            "  vendor {}, model {}, revision {}",
            identity.vendor, identity.model, identity.revision
        ),
    )
}

async fn browse(client: &Client, out: &mut Output) -> Result<(), Failure> {
    let wanted = |reference: Option<&str>| {
        Ok::<_, Failure>(Wanted {
            reference: reference
                .map(str::parse)
                .transpose()
                .map_err(Failure::failed)?,
            values: reference.is_some(),
            data_sets: true,
        })
    };
    let devices = fetch(client, &wanted(None)?).await?;
    say(out, "\nIt browses:")?;
    for device in &devices {
        let nodes: Vec<&str> = device.nodes.iter().map(|node| &*node.name).collect();
        let sets: usize = device.nodes.iter().map(|node| node.data_sets.len()).sum();
        say(
            out,
            format_args!(
                "  {:<12} {:<22} {}",
                device.name,
                nodes.join(" "),
                count(sets, "data set")
            ),
        )?;
    }
    say(out, "\nIt looks at the breaker, with values:")?;
    let breaker = format!("{CTRL}/XCBR1.Pos");
    let devices = fetch(client, &wanted(Some(&breaker))?).await?;
    let reference: ObjectReference = breaker.parse().map_err(Failure::failed)?;
    browse::tree(&devices, Some(&reference), true, &mut *out)?;
    Ok(out.flush()?)
}

async fn read(client: &Client, out: &mut Output) -> Result<(), Failure> {
    say(out, "\nIt reads the measurements, four times:")?;
    say(out, "  power/kW   frequency/Hz   current/A   energy/Wh")?;
    let names = [
        ObjectName::domain(MEAS, "MMXU1$MX$TotW$mag$f"),
        ObjectName::domain(MEAS, "MMXU1$MX$Hz$mag$f"),
        ObjectName::domain(MEAS, "MMXU1$MX$A$phsA$cVal$mag$f"),
        ObjectName::domain(MEAS, "MMTR1$ST$TotWh$actVal"),
    ];
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let values = client.read_many(names).await.map_err(Failure::failed)?;
        let number = |i: usize| match values.get(i) {
            Some(Ok(value)) => value
                .to_double()
                .or_else(|_| value.to_int64().map(|number| number as f64))
                .map_err(Failure::failed),
            Some(Err(error)) => Err(Failure::failed(error)),
            None => Err(Failure::failed("the answer is too short")),
        };
        say(
            out,
            format_args!(
                "  {:>8.1}   {:>12.3}   {:>9.1}   {:>9}",
                number(0)?,
                number(1)?,
                number(2)?,
                number(3)?
            ),
        )?;
    }
    let set = ObjectName::domain(MEAS, "LLN0$Load");
    let members = client.read_list(set).await.map_err(Failure::failed)?;
    say(
        out,
        format_args!(
            "It reads them with one name, the data set {MEAS}/LLN0.Load of {}:",
            count(members.len(), "member")
        ),
    )?;
    for member in members {
        match member {
            Ok(value) => say(out, format_args!("  {value}"))?,
            Err(error) => return Err(Failure::failed(error)),
        }
    }
    Ok(())
}

/// What the client is told about the breaker and its protection.
struct Watch {
    messages: UnboundedReceiver<Message>,
    /// The members of the data set, without logical device and functional constraint: `XCBR1.Pos`.
    members: Vec<String>,
    _subscription: Subscription,
}

/// A member of a report: its number in the data set, and what people want to know of its value.
type Shown = (String, String);

impl Watch {
    /// The next report, as members and their values.
    async fn report(&mut self) -> Result<(String, Vec<Shown>), Failure> {
        loop {
            match self.next().await? {
                Message::Report(report) => return Ok(self.shown(report)),
                Message::Done | Message::Failed(_) => {}
            }
        }
    }

    async fn next(&mut self) -> Result<Message, Failure> {
        match tokio::time::timeout(PATIENCE, self.messages.recv()).await {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(Failure::failed("the association is over")),
            Err(_) => Err(Failure::failed("the server says nothing")),
        }
    }

    fn shown(&self, report: Report) -> (String, Vec<Shown>) {
        let time = report.time.map_or_else(String::new, |time| {
            time.format("%H:%M:%S%.3f UTC").to_string()
        });
        let members = report.members.into_iter().map(|(number, value)| {
            let name = self.members.get(number).cloned().unwrap_or_default();
            let value = state(&name, &value);
            (name, value)
        });
        (time, members.collect())
    }

    /// Shows reports until one has this.
    async fn until(&mut self, out: &mut Output, name: &str, value: &str) -> Result<(), Failure> {
        loop {
            let (time, members) = self.report().await?;
            say_report(out, &time, &members)?;
            if members
                .iter()
                .any(|member| member.0 == name && member.1 == value)
            {
                return Ok(());
            }
        }
    }
}

fn say_report(out: &mut Output, time: &str, members: &[Shown]) -> Result<(), Failure> {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    say(
        out,
        format_args!("  report of {time}: {}", members.join(", ")),
    )
}

/// What a data object says, in a word: the first value of it that is no detail of a command.
fn state(name: &str, value: &MmsValue) -> String {
    let parts = value.elements().unwrap_or_default();
    let is_position = name.ends_with(".Pos");
    // The originator and the number of the last command stand before the position.
    let is_detail = |part: &MmsValue| {
        part.elements().is_ok() || is_position && matches!(part, MmsValue::Unsigned(_))
    };
    let mut values = parts.iter().skip_while(|part| is_detail(part));
    match values.next() {
        Some(MmsValue::BitString(bits)) => {
            let selected = values.any(|part| *part == MmsValue::Boolean(true));
            let position = match Dbpos::from(bits) {
                Dbpos::IntermediateState => "moving",
                Dbpos::Off => "open",
                Dbpos::On => "closed",
                Dbpos::BadState => "bad",
            };
            format!("{position}{}", if selected { " and selected" } else { "" })
        }
        Some(MmsValue::Boolean(true)) => "yes".to_owned(),
        Some(MmsValue::Boolean(false)) => "no".to_owned(),
        Some(value) => value.to_string(),
        None => value.to_string(),
    }
}

async fn subscribe(client: &Client, out: &mut Output) -> Result<Watch, Failure> {
    let block = |attribute: &str| format!("LLN0$BR$brcbStatus01${attribute}");
    say(
        out,
        format_args!(
            "\nIt subscribes to reports ({CTRL}/LLN0.brcbStatus01) on the breaker, how often it has opened, and whether its protection has started (Str) and \
             operated (Op), and asks how things are:"
        ),
    )?;
    let set = ObjectName::domain(CTRL, "LLN0$Status");
    let list = client.get_named_variable_list_attributes(set);
    let list = list.await.map_err(Failure::failed)?;
    let members = list.members.iter().map(|member| {
        // `XCBR1$ST$Pos`
        let item = member
            .as_ref()
            .map_or("", |member| member.name.as_ref().item());
        let mut parts = item.split('$');
        let node = parts.next().unwrap_or_default();
        let object: Vec<_> = parts.skip(1).collect();
        format!("{node}.{}", object.join("."))
    });
    let (subscription, messages) = messages::subscribe(client);
    let mut watch = Watch {
        messages,
        members: members.collect(),
        _subscription: subscription,
    };
    for attribute in ["PurgeBuf", "RptEna", "GI"] {
        client
            .write(
                ObjectName::domain(CTRL, &block(attribute)),
                &MmsValue::Boolean(true),
            )
            .await
            .map_err(Failure::failed)?;
    }
    let (time, members) = watch.report().await?;
    say_report(out, &time, &members)?;
    Ok(watch)
}

async fn write(client: &Client, watch: &mut Watch, out: &mut Output) -> Result<(), Failure> {
    let threshold = ObjectName::domain(PROT, "PTOC1$SP$StrVal$setMag$f");
    let current = ObjectName::domain(MEAS, "MMXU1$MX$A$phsA$cVal$mag$f");
    let float = async |name| {
        let value = client.read(name).await.map_err(Failure::failed)?;
        value.to_float().map_err(Failure::failed)
    };
    let before = float(threshold).await?;
    let load = float(current).await?;
    let lower = (load * 0.8).round();
    say(
        out,
        format_args!(
            "\nIt writes a setting: the protection shall start at {lower} A, not {before} A. The load is {load:.0} A, and the breaker trips:"
        ),
    )?;
    client
        .write(threshold, &MmsValue::Float32(lower))
        .await
        .map_err(Failure::failed)?;
    watch.until(out, "XCBR1.Pos", "open").await?;
    client
        .write(threshold, &MmsValue::Float32(before))
        .await
        .map_err(Failure::failed)?;
    say(
        out,
        format_args!(
            "It sets the protection back to {before} A, and the breaker closes by itself:"
        ),
    )?;
    watch.until(out, "XCBR1.Pos", "closed").await
}

async fn operate(client: &Client, watch: &mut Watch, out: &mut Output) -> Result<(), Failure> {
    say(
        out,
        "\nIt operates the breaker: it selects it and opens it (select before operate with enhanced security).",
    )?;
    command(client, watch, out, false, 1).await?;
    say(out, "It tries to open it once more:")?;
    command(client, watch, out, false, 2).await?;
    say(out, "It closes it again:")?;
    command(client, watch, out, true, 3).await
}

/// Gives one command and tells what comes of it.
async fn command(
    client: &Client,
    watch: &mut Watch,
    out: &mut Output,
    close: bool,
    number: u8,
) -> Result<(), Failure> {
    let accepted = Command::new(close, number).give(client, CTRL).await?;
    if accepted {
        say(out, "  the server accepts the command")?;
    }
    loop {
        match watch.next().await? {
            Message::Report(report) => {
                let (time, members) = watch.shown(report);
                say_report(out, &time, &members)?;
            }
            Message::Done => return say(out, "  the server says that it is done"),
            Message::Failed(cause) if !accepted => {
                return say(
                    out,
                    format_args!("  the server refuses the command: {cause}"),
                );
            }
            Message::Failed(cause) => {
                return say(out, format_args!("  the command has failed: {cause}"));
            }
        }
    }
}

async fn refused(client: &Client, out: &mut Output) -> Result<(), Failure> {
    say(
        out,
        "\nIt tries to write a configuration value, MMXU1.TotW.db[CF]:",
    )?;
    let deadband = ObjectName::domain(MEAS, "MMXU1$CF$TotW$db");
    match client.write(deadband, &MmsValue::Unsigned(1)).await {
        Err(ClientError::Access {
            error: DataAccessError::ObjectAccessDenied,
            ..
        }) => say(
            out,
            "  object access denied: clients may write settings (SP), and CF only if the server says so.",
        ),
        Err(error) => Err(Failure::failed(error)),
        Ok(()) => Err(Failure::failed("the server took a value it should refuse")),
    }
}
