//! Time series (block 9): SOUTH wants the load of NORTH second by second, for the time to come.
//!
//! `cargo run --example tase2_time_series`
#![forbid(unsafe_code)]

#[path = "tase2/pair.rs"]
mod pair;

use pair::{Lines, Pair};
use std::time::Duration;
use tase2::Name;
use tase2::bilateral::{Rights, Rule};
use tase2::model::{IndicationPoint, Model, TimeSeries};
use tase2::types::{PointValue, TimeStamp, TsConditions, TsTransferSet};

pub(crate) async fn run() -> Lines {
    let load = Name::vcc("LOAD");
    let mut model = Model::new();
    model.add_point(IndicationPoint::new(load.clone(), "RealQ".parse()?))?;
    // NORTH keeps an hour of it.
    let mut series = TimeSeries::new(load.clone());
    series.retention = Duration::from_secs(3600);
    model.add_time_series(series)?;
    let pair = Pair::start(model, |south| {
        south.rules = vec![Rule::new("LOAD", Rights::READ | Rights::QUERY)];
    })
    .await?;
    let id = pair.north.point(&load).ok_or("no such point")?;
    pair.north.update(id, PointValue::real(412.5))?;
    let now = TimeStamp::now().seconds();
    let mut set = TsTransferSet::default();
    set.data_value = Some(load);
    // From a moment in the past on it brings what is stored at once; this one begins now.
    set.start_time = TimeStamp::from_seconds(now + 1);
    set.end_time = TimeStamp::from_seconds(now + 4);
    set.sample_interval = 1;
    set.conditions = TsConditions::ENDING_TIME_ARRIVED;
    let mut follow = pair.client.follow_series(set).await?;
    let report = follow.next().await.ok_or("the association is over")?;
    let mut lines = vec![format!(
        "{}: {} samples",
        report.conditions,
        report.samples.len()
    )];
    for (at, value) in &report.samples {
        lines.push(format!("  second {}: {}", at.seconds() - now, value.value));
    }
    lines.push(format!("ended: {}", follow.has_ended()));
    follow.stop().await?;
    pair.stop().await;
    Ok(lines)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for line in run().await? {
        println!("{line}");
    }
    Ok(())
}
