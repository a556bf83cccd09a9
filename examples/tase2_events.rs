//! Events (block 7): SOUTH is told when a line of NORTH opens, and acknowledges that.
//!
//! `cargo run --example tase2_events`
#![forbid(unsafe_code)]

#[path = "tase2/pair.rs"]
mod pair;

use pair::{Lines, Pair};
use tase2::Name;
use tase2::bilateral::{Rights, Rule};
use tase2::client::EnrollmentSpec;
use tase2::condition::{AlarmAckRule, Trigger};
use tase2::model::{EventCondition, IndicationPoint, Model};
use tase2::types::{PointValue, Quality, State};

pub(crate) async fn run() -> Lines {
    let (line, open) = (Name::vcc("LINE1"), Name::vcc("LINE1_OPEN"));
    let mut model = Model::new();
    let mut point = IndicationPoint::new(line.clone(), "StateQTimeTag".parse()?);
    point.initial = PointValue::state(State::On).with_quality(Quality::default());
    model.add_point(point)?;
    let mut condition =
        EventCondition::new(open.clone()).watching(line.clone(), Trigger::State(State::Off));
    condition.severity = 10;
    model.add_condition(condition)?;
    let pair = Pair::start(model, |south| {
        // The point itself stays NORTH's own business.
        south.rules = vec![Rule::new("LINE1_OPEN", Rights::ENROLL)];
    })
    .await?;
    let spec = EnrollmentSpec::new(open.clone()).with_ack_rule(AlarmAckRule::AckActive);
    let mut enrolled = pair.client.enroll(&spec).await?;
    let id = pair.north.point(&line).ok_or("no such point")?;
    let mut lines = Vec::new();
    for state in [State::Off, State::On] {
        pair.north.update(id, PointValue::state(state))?;
        let told = enrolled.next().await.ok_or("the association is over")?;
        let now = told
            .state
            .map_or_else(String::new, |state| state.to_string());
        lines.push(format!("LINE1_OPEN is {now}, severity {}", told.severity));
        if told.is_to_be_acknowledged() {
            pair.client.acknowledge(&told).await?;
            lines.push(format!(
                "acknowledged: {:?}",
                enrolled.status().await?.state
            ));
        }
    }
    enrolled.end().await?;
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
