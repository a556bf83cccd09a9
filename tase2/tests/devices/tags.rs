//! Tags: what they inhibit, and whose they are.

use crate::bench::*;
use crate::support::*;
use mms::DataAccessError as E;
use tase2::bilateral::{Rights, Rule};
use tase2::device::{DeviceState, Refused, TagOwner, Tagged};
use tase2::types::{ControlValue, Tag, TagValue};

const CLOSE: Tag = Tag::CloseOnlyInhibit;
const BOTH: Tag = Tag::OpenAndCloseInhibit;

#[tokio::test(start_paused = true)]
async fn what_a_tag_inhibits() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    let (ltc, cb1, spr) = (name("LTC"), name("CB1"), name("SPR"));
    east.tag(&ltc, CLOSE, "crew on line").await.unwrap();
    assert_eq!(
        error(east.operate(&ltc, command(1)).await),
        E::ObjectAccessDenied
    );
    assert_eq!(
        error(east.operate(&ltc, command(2)).await),
        E::ObjectAccessDenied
    );
    east.operate(&ltc, command(0)).await.unwrap();
    east.tag(&ltc, BOTH, "crew on line").await.unwrap();
    assert_eq!(
        error(east.operate(&ltc, command(0)).await),
        E::ObjectAccessDenied
    );
    assert_eq!(
        east.tag_of(&ltc).await.unwrap(),
        TagValue::new(BOTH, "crew on line")
    );
    east.untag(&ltc).await.unwrap();
    east.operate(&ltc, command(1)).await.unwrap();
    // It may be selected to be opened.
    east.tag(&cb1, CLOSE, "").await.unwrap();
    east.select_and_operate(&cb1, None, command(0))
        .await
        .unwrap();
    let refused = east.select_and_operate(&cb1, None, command(1)).await;
    assert_eq!(error(refused), E::ObjectAccessDenied);
    east.tag(&cb1, BOTH, "").await.unwrap();
    assert_eq!(error(east.select(&cb1).await), E::ObjectAccessDenied);
    // Nobody knows which way a set-point goes.
    east.tag(&spr, CLOSE, "").await.unwrap();
    assert_eq!(error(east.select(&spr).await), E::ObjectAccessDenied);
    assert_eq!(plant.operated().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_is_invalid_is_a_fault() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    plant.device("CB1").set_tag(Tag::Invalid, "").unwrap();
    assert_eq!(error(east.select(&name("CB1")).await), E::HardwareFault);
    plant.device("LTC").set_tag(Tag::Invalid, "").unwrap();
    assert_eq!(
        error(east.operate(&name("LTC"), command(0)).await),
        E::HardwareFault
    );
}

#[tokio::test(start_paused = true)]
async fn a_tag_belongs_to_who_set_it() {
    let mut plant = Plant::new();
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    let ltc = name("LTC");
    east.tag(&ltc, CLOSE, "of east").await.unwrap();
    for tag in [BOTH, CLOSE, Tag::None] {
        assert_eq!(
            error(west.tag(&ltc, tag, "of west").await),
            E::ObjectAccessDenied
        );
    }
    assert_eq!(west.tag_of(&ltc).await.unwrap().reason, "of east");
    // It outlives the association, and is still east's.
    east.conclude().await.unwrap();
    let east = plant.peer(EAST).await;
    assert_eq!(
        plant.device("LTC").tagged().owner,
        Some(TagOwner::Peer("EAST".into()))
    );
    east.tag(&ltc, BOTH, "of east").await.unwrap();
    east.untag(&ltc).await.unwrap();
    // Without a tag it is free.
    west.tag(&ltc, CLOSE, "of west").await.unwrap();
    // One set here cannot be changed from outside, and here every tag can.
    plant.device("LTC").set_tag(BOTH, "works").unwrap();
    assert_eq!(error(west.untag(&ltc).await), E::ObjectAccessDenied);
    assert_eq!(error(east.untag(&ltc).await), E::ObjectAccessDenied);
    assert_eq!(
        east.tag_of(&ltc).await.unwrap(),
        TagValue::new(BOTH, "works")
    );
    plant.device("LTC").set_tag(Tag::None, "").unwrap();
    east.tag(&ltc, CLOSE, "again").await.unwrap();
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    assert_eq!(
        told[0],
        "LTC: tagged CLOSE-ONLY-INHIBIT \"of east\", by EAST"
    );
    let by_west = "LTC: not tagged NO-TAG \"of west\": another peer has tagged it (object access denied), by WEST";
    assert!(told.iter().any(|t| t == by_west), "{told:#?}");
    assert!(
        told.iter()
            .any(|t| t == "LTC: tagged OPEN-AND-CLOSE-INHIBIT \"works\", locally"),
        "{told:#?}"
    );
    let too_long = plant.device("LTC").set_tag(CLOSE, &"x".repeat(256));
    assert_eq!(too_long.unwrap_err().error, E::ObjectValueInvalid);
}

#[tokio::test(start_paused = true)]
async fn rights_of_each_peer() {
    let plant = Plant::of(|table| {
        table.rules = vec![
            Rule::new("LTC", Rights::OPERATE),
            Rule::new("CB1_TAG", Rights::READ),
            Rule::new("CB2", Rights::TAG),
        ];
    });
    let east = plant.peer(EAST).await;
    assert_eq!(
        error(east.tag_of(&name("LTC")).await),
        E::ObjectAccessDenied
    );
    assert_eq!(
        error(east.tag(&name("LTC"), CLOSE, "").await),
        E::ObjectAccessDenied
    );
    // A part of a device can be shown alone.
    assert_eq!(east.tag_of(&name("CB1")).await.unwrap().tag, Tag::None);
    assert_eq!(
        error(east.tag(&name("CB1"), CLOSE, "").await),
        E::ObjectAccessDenied
    );
    assert_eq!(
        error(east.read_raw(&name("CB1")).await),
        E::ObjectNonExistent
    );
    // Who may set a tag may read it.
    east.tag(&name("CB2"), CLOSE, "x").await.unwrap();
    assert_eq!(east.tag_of(&name("CB2")).await.unwrap().reason, "x");
    let west = plant.peer(WEST).await;
    west.tag(&name("LTC"), CLOSE, "").await.unwrap();
    assert_eq!(
        error(east.operate(&name("LTC"), command(1)).await),
        E::ObjectAccessDenied
    );
}

#[tokio::test(start_paused = true)]
async fn a_tag_ends_a_selection() {
    let mut plant = Plant::new();
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    let cb1 = name("CB1");
    east.select(&cb1).await.unwrap();
    assert!(east.tag_of(&cb1).await.unwrap().armed);
    west.tag(&cb1, CLOSE, "wait").await.unwrap();
    let tag = east.tag_of(&cb1).await.unwrap();
    assert_eq!((tag.armed, tag.tag), (false, CLOSE));
    assert_eq!(
        error(east.operate(&cb1, command(0)).await),
        E::ObjectAccessDenied
    );
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    assert_eq!(told[1], "CB1: selection ended: tag, by EAST");
    assert_eq!(told[2], "CB1: tagged CLOSE-ONLY-INHIBIT \"wait\", by WEST");
    assert_eq!(plant.device("CB1").state(), DeviceState::Idle);
}

#[tokio::test(start_paused = true)]
async fn the_application_may_refuse_a_tag() {
    let plant = Plant::new();
    plant
        .device("LTC")
        .set_handler(|request| match &request.action {
            tase2::device::DeviceAction::Tag(tag) if tag.reason.is_empty() => {
                Err(Refused::value("no tag without a reason"))
            }
            _ => Ok(()),
        });
    let east = plant.peer(EAST).await;
    assert_eq!(
        error(east.tag(&name("LTC"), CLOSE, "").await),
        E::ObjectValueInvalid
    );
    assert_eq!(plant.device("LTC").tagged(), Tagged::default());
    east.tag(&name("LTC"), CLOSE, "works").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_tag_set_while_an_interlock_thinks_counts() {
    let plant = Plant::new();
    let ltc = plant.device("LTC");
    let same = ltc.clone();
    // An operator is quicker than the command.
    ltc.set_interlock(move |_| same.set_tag(BOTH, "stop"));
    let east = plant.peer(EAST).await;
    assert_eq!(
        error(east.operate(&name("LTC"), command(1)).await),
        E::ObjectAccessDenied
    );
    assert!(plant.operated().is_empty());
    assert_eq!(ltc.state(), DeviceState::Idle);
}

#[tokio::test(start_paused = true)]
async fn tags_can_be_taken_over_a_restart() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    east.tag(&name("LTC"), CLOSE, "of east").await.unwrap();
    let kept: Vec<_> = plant
        .vcc
        .devices()
        .map(|d| (d.name().clone(), d.tagged()))
        .collect();
    let plant = Plant::new();
    for (device, tagged) in kept {
        plant
            .vcc
            .device(&device)
            .unwrap()
            .restore_tag(tagged)
            .unwrap();
    }
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    assert_eq!(error(west.untag(&name("LTC")).await), E::ObjectAccessDenied);
    assert_eq!(
        error(east.operate(&name("LTC"), command(1)).await),
        E::ObjectAccessDenied
    );
    east.untag(&name("LTC")).await.unwrap();
    // A set-point of NO-TAG with an owner is nobody's.
    east.operate(&name("SPD"), ControlValue::Discrete(1))
        .await
        .unwrap();
}
