//! Transfer accounts (block 8): what flowed over a tie line, hour by hour.
//!
//! `cargo run --example tase2_accounts`
#![forbid(unsafe_code)]

#[path = "tase2/pair.rs"]
mod pair;

use pair::{Lines, Pair};
use std::time::Duration;
use tase2::Name;
use tase2::account::AccountPeriod;
use tase2::bilateral::{Rights, Rule};
use tase2::model::{Model, TransferAccount};
use tase2::types::{TaConditions, TimeStamp};

pub(crate) async fn run() -> Lines {
    let mut model = Model::new();
    // Account 7 has the energy that was scheduled and that which flowed, in MWh.
    let mut account = TransferAccount::new(7, Name::vcc("TIE"));
    account.sender = "NORTH".into();
    account.receiver = "SOUTH".into();
    account.floats = 2;
    model.add_account(account)?;
    let pair = Pair::start(model, |south| {
        south.rules = vec![Rule::new("TIE", Rights::QUERY)];
    })
    .await?;
    let this_hour = TimeStamp::now().seconds() / 3600 * 3600;
    let hour = |ago: i64| TimeStamp::from_seconds(this_hour - ago * 3600);
    for (ago, flowed) in [(3, 98.5), (2, 101.0), (1, 99.0)] {
        pair.north
            .update_account(7, hour(ago), AccountPeriod::of([100.0, flowed]))?;
    }
    let mut lines = Vec::new();
    // SOUTH asks for what there is ...
    let reports = pair
        .client
        .query_account(7, hour(3), 3 * 3600, Duration::from_secs(5))
        .await?;
    for report in &reports {
        lines.push(format!(
            "account {} from {} to {}",
            report.reference, report.sender, report.receiver
        ));
        for (i, (_, period)) in report.periods.iter().enumerate() {
            let [scheduled, flowed] = &period.floats[..] else {
                continue;
            };
            lines.push(format!("  {} hours ago: {flowed} of {scheduled}", 3 - i));
        }
    }
    // ... and wants to hear of corrections; by the clock they would come with BEFORE_THE_HOUR and its like.
    let mut follow = pair
        .client
        .follow_accounts(TaConditions::PAST_DATA_CHANGE)
        .await?;
    pair.north
        .update_account(7, hour(1), AccountPeriod::of([100.0, 99.25]))?;
    let report = follow.next().await.ok_or("the association is over")?;
    lines.push(format!(
        "{}: {}",
        report.conditions, report.periods[0].1.floats[1]
    ));
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
