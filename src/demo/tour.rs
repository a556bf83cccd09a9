//! What the client of the demonstration does, and says.

use crate::browse::{self, Wanted, fetch};
use crate::failure::Failure;
use crate::output::{Output, count, stdout};
use iec61850::{Dbpos, ObjectReference};
use mms::client::{Client, ClientError, ClientOptions};
use mms::{DataAccessError, MmsValue, ObjectName};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

const CTRL: &str = "FEEDER1CTRL";
const MEAS: &str = "FEEDER1MEAS";
const PROT: &str = "FEEDER1PROT";

/// How long the breaker may take to trip.
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
    write(&client, &mut out).await?;
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

async fn write(client: &Client, out: &mut Output) -> Result<(), Failure> {
    let threshold = ObjectName::domain(PROT, "PTOC1$SP$StrVal$setMag$f");
    let current = ObjectName::domain(MEAS, "MMXU1$MX$A$phsA$cVal$mag$f");
    let position = ObjectName::domain(CTRL, "XCBR1$ST$Pos$stVal");
    let operations = ObjectName::domain(CTRL, "XCBR1$ST$OpCnt$stVal");
    let float = async |name| {
        let value = client.read(name).await.map_err(Failure::failed)?;
        value.to_float().map_err(Failure::failed)
    };
    let before = float(threshold).await?;
    let lower = (float(current).await? * 0.8).round();
    say(
        out,
        format_args!(
            "\nIt writes a setting: the protection shall start at {lower} A, not {before} A."
        ),
    )?;
    client
        .write(threshold, &MmsValue::Float32(lower))
        .await
        .map_err(Failure::failed)?;
    let written = tokio::time::Instant::now();
    loop {
        let value = client.read(position).await.map_err(Failure::failed)?;
        if value.to_bits().map(Dbpos::from) == Ok(Dbpos::Off) {
            break;
        }
        if written.elapsed() > PATIENCE {
            return Err(Failure::failed("the breaker did not open"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let count = client.read(operations).await.map_err(Failure::failed)?;
    say(
        out,
        format_args!(
            "  The load is higher: after {:.1} s the breaker is open, XCBR1.OpCnt is {count}.",
            written.elapsed().as_secs_f32()
        ),
    )?;
    client
        .write(threshold, &MmsValue::Float32(before))
        .await
        .map_err(Failure::failed)?;
    say(
        out,
        format_args!(
            "  It sets the protection back to {before} A; the breaker will close by itself."
        ),
    )
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
