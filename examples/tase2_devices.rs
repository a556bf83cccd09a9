//! Device control between two control centres: SOUTH selects, operates and tags a breaker of NORTH, and sees at its indication point what
//! came of it.
//!
//! `cargo run --example tase2_devices`
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::{Command, FollowUp};
use tase2::device::{DeviceAction, DeviceRequest, Refused};
use tase2::endpoint::{Call, Endpoint, EndpointOptions};
use tase2::model::{Device, DeviceClass, IndicationPoint, Model};
use tase2::types::{ControlType, ControlValue, PointValue, Quality, State, Tag};
use tase2::{Event, Name, VirtualControlCenter};

/// What was agreed on for the breaker.
const CHECK_BACK: i16 = 101;

/// NORTH has a breaker that has to be selected, and the point that shows where it is.
fn north() -> Result<VirtualControlCenter, Box<dyn Error>> {
    let mut model = Model::new();
    let state = Name::vcc("BREAKER_STATE");
    model.add_point(IndicationPoint::new(state.clone(), "StateQ".parse()?))?;
    let name = Name::vcc("BREAKER");
    let mut breaker = Device::new(name.clone(), ControlType::Command, DeviceClass::Sbo);
    breaker.indication = Some(state.clone());
    model.add_device(breaker)?;
    let mut south = BilateralTable::new("SOUTH", "2026-1", "NORTH_SOUTH");
    south.identity.ap_title = Some("1.1.999.2".parse()?);
    let operator = Rights::READ | Rights::SELECT | Rights::OPERATE | Rights::TAG;
    south.rules = vec![
        Rule::new("BREAKER", operator).with_check_back(CHECK_BACK),
        Rule::new("BREAKER_STATE", Rights::READ),
    ];
    let vcc = VirtualControlCenter::new(model, vec![south])?;

    let point = vcc.point(&state).ok_or("no such point")?;
    let breaker = vcc.device(&name).ok_or("no such device")?;
    // Asked before anything is done: here one may keep others from being hurt.
    breaker.set_interlock(|request: &DeviceRequest| match request.peer.as_str() {
        "SOUTH" => Ok(()),
        _ => Err(Refused::denied("only SOUTH operates this breaker")),
    });
    // What the equipment does. The answer goes to the peer when this is over; others are served meanwhile.
    let equipment = vcc.clone();
    breaker.set_async_handler(move |request| {
        let equipment = equipment.clone();
        async move {
            let DeviceAction::Operate(value) = request.action else {
                return Ok(());
            };
            let moved = match value {
                ControlValue::Command(0) => State::Off,
                _ => State::On,
            };
            tokio::time::sleep(Duration::from_millis(100)).await;
            let value = PointValue::state(moved).with_quality(Quality::default());
            equipment
                .update(point, value)
                .map_err(|error| Refused::failed(error.to_string()))
        }
    });
    Ok(vcc)
}

/// What SOUTH does; each step is told.
pub(crate) async fn scene(mut tell: impl FnMut(String)) -> Result<(), Box<dyn Error>> {
    let north = north()?;
    let mut events = north.events();
    let mut options = EndpointOptions::default();
    options.listen = Some("127.0.0.1:0".parse()?);
    let listening = Endpoint::start(&north, options, vec![])?;
    let address = listening.local_addr().ok_or("not listening")?.to_string();

    let mut table = BilateralTable::new("NORTH", "2026-1", "SOUTH_NORTH");
    table.peer_domain = Some("NORTH_SOUTH".into());
    table.identity.ap_title = Some("1.1.999.1".parse()?);
    let south = VirtualControlCenter::new(Model::new(), vec![table])?;
    let mut options = EndpointOptions::default();
    options.ap_title = Some("1.1.999.2".parse()?);
    let calling = Endpoint::start(&south, options, vec![Call::new("NORTH", vec![address])])?;
    let client = calling
        .peer("NORTH")?
        .connected(Duration::from_secs(10))
        .await?;

    // Everything in one call: select, compare the check-back id, operate, and wait until the point shows it.
    let breaker = Name::vcc("BREAKER");
    let mut close = Command::new(breaker.clone(), ControlValue::Command(1));
    close.check_back = Some(CHECK_BACK);
    close.follow_up = Some(FollowUp::new(Name::vcc("BREAKER_STATE")));
    if let Some(state) = client.command(&close).await? {
        tell(format!("closed: {state}"));
    }

    // A crew is at work: nobody closes it.
    client
        .tag(&breaker, Tag::CloseOnlyInhibit, "crew on line")
        .await?;
    tell(format!("tagged: {}", client.tag_of(&breaker).await?));
    let mut open = close.clone();
    open.value = ControlValue::Command(0);
    if let Some(state) = client.command(&open).await? {
        tell(format!("opened: {state}"));
    }
    if let Err(error) = client.command(&close).await {
        tell(format!("not closed: {error}"));
    }
    client.untag(&breaker).await?;

    // NORTH has an account of it all.
    while let Ok(event) = events.try_recv() {
        if let Event::Device(event) = event {
            tell(format!("NORTH: {event}"));
        }
    }
    calling.stop().await;
    listening.stop().await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    scene(|line| println!("{line}")).await
}
