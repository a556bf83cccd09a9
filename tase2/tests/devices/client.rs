//! The client: everything in one call, and whether it came about.

use crate::bench::*;
use crate::support::*;
use mms::DataAccessError as E;
use std::time::Duration;
use tase2::Error;
use tase2::bilateral::{Rights, Rule};
use tase2::client::{Command, FollowUp};
use tase2::device::DeviceAction;
use tase2::types::{ControlType, ControlValue, PointValue, State, Value};
use tokio::time::sleep;

/// The device moves its point, some time after the command was passed on.
fn moves(plant: &Plant, device: &str, after: u64, moved: fn(ControlValue) -> PointValue) {
    let device = plant.device(device);
    let vcc = plant.vcc.clone();
    let point = vcc
        .point(device.model().indication.as_ref().unwrap())
        .unwrap();
    device.set_handler(move |request| {
        if let DeviceAction::Operate(value) = request.action {
            let vcc = vcc.clone();
            tokio::spawn(async move {
                sleep(Duration::from_secs(after)).await;
                vcc.update(point, moved(value)).unwrap();
            });
        }
        Ok(())
    });
}

fn breaker(value: ControlValue) -> PointValue {
    PointValue::state(match value {
        ControlValue::Command(1) => State::On,
        _ => State::Off,
    })
}

#[tokio::test(start_paused = true)]
async fn one_call_for_both_classes() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    assert_eq!(
        east.control_type(&name("SPR")).await.unwrap(),
        ControlType::SetpointReal
    );
    assert_eq!(
        east.control_type(&name("CB1")).await.unwrap(),
        ControlType::Command
    );
    assert!(matches!(
        east.control_type(&name("CB1_TAG")).await,
        Err(Error::NoDevice { .. })
    ));
    let mut wanted = Command::new(name("CB1"), command(1));
    wanted.check_back = Some(CHECK_BACK);
    assert_eq!(east.command(&wanted).await.unwrap(), None);
    let wanted = Command::new(name("LTC"), command(1));
    east.command(&wanted).await.unwrap();
    let devices: Vec<_> = plant.operated().into_iter().map(|(d, ..)| d).collect();
    assert_eq!(devices, ["CB1", "LTC"]);
}

#[tokio::test(start_paused = true)]
async fn the_indication_is_waited_for() {
    let plant = Plant::new();
    moves(&plant, "CB1", 7, breaker);
    moves(&plant, "SPR", 3, |value| match value {
        ControlValue::Real(value) => PointValue::real(value + 0.25),
        _ => PointValue::real(0.0),
    });
    let east = plant.peer(EAST).await;
    let mut wanted = Command::new(name("CB1"), command(1));
    wanted.follow_up = Some(FollowUp::new(name("CB1_ST")));
    let start = tokio::time::Instant::now();
    let shown = east.command(&wanted).await.unwrap().unwrap();
    assert_eq!(shown.value, Value::State(State::On));
    assert!(start.elapsed() >= Duration::from_secs(7));
    let mut wanted = Command::new(name("SPR"), ControlValue::Real(50.0));
    let mut follow_up = FollowUp::new(name("SPR_MV"));
    follow_up.tolerance = 0.5;
    wanted.follow_up = Some(follow_up);
    let shown = east.command(&wanted).await.unwrap().unwrap();
    assert_eq!(shown.value, Value::Real(50.25));
    // Nothing of it is left at the peer.
    assert_eq!(east.data_set_names(Some(DOMAIN)).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_point_that_does_not_move_is_told() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    let mut wanted = Command::new(name("CB1"), command(1));
    let mut follow_up = FollowUp::new(name("CB1_ST"));
    follow_up.within = Duration::from_secs(5);
    wanted.follow_up = Some(follow_up);
    let error = east.command(&wanted).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CB1_ST: does not show what was commanded; it is BETWEEN NOTVALID TELEMETERED NORMAL"
    );
    assert_eq!(plant.operated().len(), 1);
    // What cannot be seen is seen before anything is commanded.
    wanted.follow_up = Some(FollowUp::new(name("NO_SUCH")));
    assert_eq!(
        east.command(&wanted).await.unwrap_err().access_error(),
        Some(E::ObjectNonExistent)
    );
    assert_eq!(plant.operated().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_followed_it_is_read() {
    let plant = Plant::of(|table| table.options.create_data_sets = false);
    moves(&plant, "CB1", 4, breaker);
    let east = plant.peer(EAST).await;
    let mut wanted = Command::new(name("CB1"), command(1));
    let mut follow_up = FollowUp::new(name("CB1_ST"));
    wanted.follow_up = Some(follow_up.clone());
    let shown = east.command(&wanted).await.unwrap().unwrap();
    assert_eq!(shown.value, Value::State(State::On));
    follow_up.within = Duration::from_secs(2);
    wanted.value = command(0);
    wanted.follow_up = Some(follow_up);
    let error = east.command(&wanted).await.unwrap_err();
    assert!(
        matches!(error, Error::NotConfirmed { last: Some(_), .. }),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_that_of_the_command() {
    let plant = Plant::of(|table| {
        table.rules = vec![
            Rule::new("CB1", Rights::READ),
            Rule::new("CB1_ST", Rights::READ),
        ];
    });
    let east = plant.peer(EAST).await;
    let mut wanted = Command::new(name("CB1"), command(1));
    wanted.follow_up = Some(FollowUp::new(name("CB1_ST")));
    assert_eq!(error(east.command(&wanted).await), E::ObjectAccessDenied);
    assert_eq!(east.data_set_names(Some(DOMAIN)).await.unwrap(), []);
}
