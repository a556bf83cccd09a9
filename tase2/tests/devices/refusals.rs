//! Every line of the table of errors (reference section 6).

use crate::bench::*;
use crate::support::*;
use mms::{DataAccessError as E, MmsValue, TypeDescription};
use tase2::bilateral::{Rights, Rule, Visibility};
use tase2::types::{ControlValue, Features, Tag};

#[tokio::test(start_paused = true)]
async fn what_there_is_of_a_device() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    assert_eq!(east.features().await.unwrap(), Features::of(&[1, 2, 5]));
    let names: Vec<_> = east
        .names(None)
        .await
        .unwrap()
        .iter()
        .map(|n| n.to_string())
        .collect();
    for there in [
        "CB1", "CB1_SBO", "CB1_TAG", "LTC", "LTC_TAG", "SPD", "SEEN_SBO",
    ] {
        assert!(names.iter().any(|n| n == there), "{there}");
    }
    for absent in [
        "LTC_SBO",
        "SPD_SBO",
        "SPD_TAG",
        "LOCKED",
        "LOCKED_SBO",
        "LOCKED_TAG",
    ] {
        assert!(!names.iter().any(|n| n == absent), "{absent}");
    }
    let described = |n: &str| {
        let (east, n) = (east.clone(), name(n));
        async move { east.describe(&n).await }
    };
    assert_eq!(
        described("CB1_SBO").await.unwrap(),
        TypeDescription::Integer(16)
    );
    assert_eq!(described("SPR").await.unwrap(), TypeDescription::FLOAT32);
    assert_eq!(
        described("CB1_TAG$Flags").await.unwrap(),
        TypeDescription::BitString(8)
    );
    assert!(east.is_sbo(&name("CB1")).await.unwrap());
    assert!(!east.is_sbo(&name("LTC")).await.unwrap());
    for absent in ["LTC_SBO", "SPD_TAG", "LOCKED", "LOCKED_SBO", "LOCKED_TAG"] {
        assert_eq!(
            error(described(absent).await),
            E::ObjectNonExistent,
            "{absent}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_non_existent() {
    let mut plant = Plant::new();
    let east = plant.peer(EAST).await;
    for object in ["LOCKED", "LTC", "SPD"] {
        assert_eq!(
            error(east.select(&name(object)).await),
            E::ObjectNonExistent,
            "{object}"
        );
    }
    for object in ["LOCKED", "NOTHING"] {
        let refused = east.operate(&name(object), command(1)).await;
        assert_eq!(error(refused), E::ObjectNonExistent, "{object}");
    }
    for object in ["SPD", "LOCKED"] {
        let refused = east.tag(&name(object), Tag::None, "").await;
        assert_eq!(error(refused), E::ObjectNonExistent, "{object}");
        assert_eq!(
            error(east.tag_of(&name(object)).await),
            E::ObjectNonExistent,
            "{object}"
        );
    }
    assert!(plant.operated().is_empty());
    // The account has what was tried with the device that is hidden, and nothing of what is not there at all.
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    let hidden = "it is hidden from the peer (object non-existent), by EAST";
    let select = format!("LOCKED: not selected: {hidden}");
    let write = format!("LOCKED: not operated: {hidden}");
    assert_eq!(told, [&*select, &*write, &*write]);
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_is_denied() {
    let mut plant = Plant::of(|table| {
        table.rules.push(Rule::new("LOCKED", Rights::OPERATE));
    });
    let east = plant.peer(EAST).await;
    let seen = name("SEEN");
    assert_eq!(error(east.select(&seen).await), E::ObjectAccessDenied);
    assert_eq!(
        error(east.operate(&seen, command(1)).await),
        E::ObjectAccessDenied
    );
    assert_eq!(
        error(east.tag(&seen, Tag::None, "").await),
        E::ObjectAccessDenied
    );
    // Who may read may see the tag.
    assert_eq!(east.tag_of(&seen).await.unwrap().tag, Tag::None);
    // To operate a device that has to be selected is of no use alone.
    let locked = name("LOCKED");
    assert_eq!(error(east.select(&locked).await), E::ObjectAccessDenied);
    assert_eq!(error(east.read_raw(&locked).await), E::ObjectAccessDenied);
    assert_eq!(error(east.tag_of(&locked).await), E::ObjectAccessDenied);
    // A write of an indication point, and of what is there to be read only.
    let state = MmsValue::BitString(mms::BitString::from_octets(&[0x80], 8));
    assert_eq!(
        error(write(&east, "CB1_ST", state).await),
        E::ObjectAccessDenied
    );
    assert_eq!(
        error(write(&east, "CB1_SBO", integer(1)).await),
        E::ObjectAccessDenied
    );
    assert!(plant.operated().is_empty());
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    assert_eq!(
        told[0],
        "SEEN: not selected: it may not select it (object access denied), by EAST"
    );
    assert_eq!(
        told[1],
        "SEEN: not operated with 1: it may not operate it (object access denied), by EAST"
    );
    assert_eq!(
        told[2],
        "SEEN: not tagged NO-TAG: it may not tag it (object access denied), by EAST"
    );
}

#[tokio::test(start_paused = true)]
async fn hidden_and_denied_are_a_choice() {
    let plant = Plant::of(|table| table.options.visibility = Visibility::Deny);
    let east = plant.peer(EAST).await;
    assert_eq!(
        error(east.select(&name("LOCKED")).await),
        E::ObjectAccessDenied
    );
    assert_eq!(
        error(east.operate(&name("LOCKED"), command(1)).await),
        E::ObjectAccessDenied
    );
}

#[tokio::test(start_paused = true)]
async fn selected_by_another() {
    let plant = Plant::new();
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    let cb1 = name("CB1");
    assert_eq!(east.select(&cb1).await.unwrap(), CHECK_BACK);
    assert_eq!(error(west.select(&cb1).await), E::TemporarilyUnavailable);
    assert_eq!(
        error(west.operate(&cb1, command(1)).await),
        E::TemporarilyUnavailable
    );
    // Another association of the same peer is another association.
    let again = plant.peer(EAST).await;
    assert_eq!(error(again.select(&cb1).await), E::TemporarilyUnavailable);
    // One peer's selection is of one device: the table of the other is as before.
    west.select(&name("CB2")).await.unwrap();
    west.operate(&name("CB2"), command(1)).await.unwrap();
    west.operate(&name("LTC"), command(0)).await.unwrap();
    west.tag(&name("LTC"), Tag::CloseOnlyInhibit, "x")
        .await
        .unwrap();
    // And the selection holds.
    east.operate(&cb1, command(1)).await.unwrap();
    west.select(&cb1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn not_armed() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    let refused = east.operate(&name("CB1"), command(1)).await;
    assert_eq!(error(refused), E::ObjectAccessDenied);
    assert!(plant.operated().is_empty());
}

#[tokio::test(start_paused = true)]
async fn wrong_types_and_values() {
    let mut plant = Plant::new();
    let east = plant.peer(EAST).await;
    for (object, value, expected) in [
        ("LTC", MmsValue::Boolean(true), E::TypeInconsistent),
        ("LTC", MmsValue::Float32(1.0), E::TypeInconsistent),
        ("LTC", integer(3), E::ObjectValueInvalid),
        ("LTC", integer(70_000), E::ObjectValueInvalid),
        ("SPD", MmsValue::Float32(1.0), E::TypeInconsistent),
        ("SPD", integer(40_000), E::ObjectValueInvalid),
        ("LTC_TAG", integer(1), E::TypeInconsistent),
        (
            "LTC_TAG",
            tase2::types::TagValue::new(Tag::None, "x".repeat(256)).to_value(),
            E::ObjectValueInvalid,
        ),
        (
            "LTC_TAG",
            tase2::types::TagValue::new(Tag::Invalid, "").to_value(),
            E::ObjectValueInvalid,
        ),
    ] {
        let shown = format!("{object} {value}");
        assert_eq!(
            error(write(&east, object, value).await),
            expected,
            "{shown}"
        );
    }
    for (value, expected) in [
        (MmsValue::Float32(100.5), E::ObjectValueInvalid),
        (MmsValue::Float32(-0.5), E::ObjectValueInvalid),
        (MmsValue::Float32(f32::NAN), E::ObjectValueInvalid),
        (integer(1), E::TypeInconsistent),
    ] {
        east.select(&name("SPR")).await.unwrap();
        assert_eq!(error(write(&east, "SPR", value).await), expected);
        // Operating uses the selection up, whatever comes of it.
        let again = write(&east, "SPR", MmsValue::Float32(1.0)).await;
        assert_eq!(error(again), E::ObjectAccessDenied);
    }
    // Wider integers and doubles are taken where the number fits.
    write(&east, "SPD", MmsValue::Unsigned(300)).await.unwrap();
    east.select(&name("SPR")).await.unwrap();
    write(&east, "SPR", MmsValue::Float64(50.0)).await.unwrap();
    let operated = plant.operated();
    assert_eq!(operated.len(), 2);
    assert_eq!(operated[1].1, ControlValue::Real(50.0));
    let told = plant.all_told();
    assert!(told.iter().any(|e| text(e)
        == "LTC: not operated with 3: 3 is none of its values (object value invalid), by EAST"));
    assert!(told.iter().any(|e| text(e)
        == "LTC: not operated: expected an integer, found Boolean (type inconsistent), by EAST"));
}

#[tokio::test(start_paused = true)]
async fn reading_the_device_itself() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    assert_eq!(east.read_raw(&name("LTC")).await.unwrap(), integer(0));
    east.operate(&name("LTC"), command(2)).await.unwrap();
    assert_eq!(east.read_raw(&name("LTC")).await.unwrap(), integer(2));
    assert_eq!(plant.device("LTC").value(), command(2));
    // A command that was refused is not the last one.
    east.operate(&name("LTC"), command(3)).await.unwrap_err();
    assert_eq!(east.read_raw(&name("LTC")).await.unwrap(), integer(2));
    let plant = Plant::of(|table| table.options.read_devices = false);
    let east = plant.peer(EAST).await;
    assert_eq!(
        error(east.read_raw(&name("LTC")).await),
        E::ObjectAccessUnsupported
    );
    let set = name("ICC1/SET");
    east.create_data_set(&set, &names(&["LTC"]))
        .await
        .unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn without_block_5() {
    let plant = Plant::of(|table| table.options.block5 = false);
    let east = plant.peer(EAST).await;
    assert_eq!(east.features().await.unwrap(), Features::of(&[1, 2]));
    assert_eq!(error(east.select(&name("CB1")).await), E::ObjectNonExistent);
    assert_eq!(error(east.tag_of(&name("CB1")).await), E::ObjectNonExistent);
    assert_eq!(
        error(east.operate(&name("LTC"), command(1)).await),
        E::ObjectAccessDenied
    );
    assert_eq!(east.read_raw(&name("LTC")).await.unwrap(), integer(0));
    // Another peer's table is its own.
    let west = plant.peer(WEST).await;
    assert_eq!(west.features().await.unwrap(), Features::of(&[1, 2, 5]));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_selected_or_operated_by_a_data_set() {
    let plant = Plant::of(|table| {
        table.rules.push(Rule::new("ICC1/*", Rights::all()));
    });
    let east = plant.peer(EAST).await;
    let set = name("ICC1/SET");
    for member in ["CB1_SBO", "CB1_TAG"] {
        east.create_data_set(&set, &names(&[member]))
            .await
            .unwrap_err();
    }
    east.create_data_set(&set, &names(&["LTC", "CB1"]))
        .await
        .unwrap();
    let values = east.read_data_set(&set).await.unwrap();
    assert_eq!(values, [Ok(integer(0)), Ok(integer(0))]);
    let written = east
        .mms()
        .write_list(set.as_mms(), &[integer(1), integer(1)])
        .await
        .unwrap();
    assert_eq!(
        written,
        [Err(E::ObjectAccessDenied), Err(E::ObjectAccessDenied)]
    );
    assert!(plant.operated().is_empty());
}

#[tokio::test(start_paused = true)]
async fn several_at_once() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    let variables = ["CB1_SBO", "CB1_ST", "LTC_SBO", "CB2_SBO"].map(name);
    let read = east
        .mms()
        .read_many(variables.iter().map(|n| n.as_mms()).collect::<Vec<_>>())
        .await
        .unwrap();
    assert_eq!(read[0], Ok(integer(CHECK_BACK.into())));
    assert!(read[1].is_ok());
    assert_eq!(read[2], Err(E::ObjectNonExistent));
    // The id of the device, where the table has none.
    assert_eq!(read[3], Ok(integer(9)));
    let variables = ["CB1", "CB1_ST", "CB2", "CB2", "LTC"].map(name);
    let one = integer(1);
    let pairs = variables.iter().map(|n| (n.as_mms(), &one));
    let written = east.mms().write_many(pairs).await.unwrap();
    let denied = Err(E::ObjectAccessDenied);
    assert_eq!(written, [Ok(()), denied, Ok(()), denied, Ok(())]);
    let devices: Vec<_> = plant
        .operated()
        .into_iter()
        .map(|(device, ..)| device)
        .collect();
    assert_eq!(devices, ["CB1", "CB2", "LTC"]);
}

#[tokio::test(start_paused = true)]
async fn not_too_many_in_a_minute() {
    let mut plant = Plant::of(|table| table.limits.commands_per_minute = 3);
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    for value in [0, 1, 2] {
        east.operate(&name("LTC"), command(value)).await.unwrap();
    }
    assert_eq!(
        error(east.operate(&name("LTC"), command(0)).await),
        E::TemporarilyUnavailable
    );
    assert_eq!(
        error(east.select(&name("CB1")).await),
        E::TemporarilyUnavailable
    );
    assert_eq!(
        error(east.tag(&name("CB1"), Tag::None, "").await),
        E::TemporarilyUnavailable
    );
    west.operate(&name("LTC"), command(0)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(21)).await;
    east.operate(&name("LTC"), command(1)).await.unwrap();
    let limit = std::iter::from_fn(|| plant.events.try_recv().ok());
    let limit = limit
        .filter(|event| matches!(event, tase2::Event::LimitReached { peer, .. } if peer == "EAST"));
    assert_eq!(limit.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn one_selection_for_each_association() {
    let plant = Plant::of(|table| table.options.one_selection = true);
    let east = plant.peer(EAST).await;
    east.select(&name("CB1")).await.unwrap();
    assert_eq!(
        error(east.select(&name("CB2")).await),
        E::TemporarilyUnavailable
    );
    east.select(&name("CB1")).await.unwrap();
    east.operate(&name("CB1"), command(1)).await.unwrap();
    east.select(&name("CB2")).await.unwrap();
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    east.select(&name("CB1")).await.unwrap();
    east.select(&name("CB2")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn rights_are_those_of_the_moment() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    east.select(&name("CB1")).await.unwrap();
    let mut table = device_table("EAST", DOMAIN, EAST);
    table.rules = vec![Rule::new("CB1", Rights::READ | Rights::SELECT)];
    let west = device_table("WEST", "ICC2", WEST);
    plant.endpoint.reload(vec![table, west]).unwrap();
    assert_eq!(
        error(east.operate(&name("CB1"), command(1)).await),
        E::ObjectAccessDenied
    );
    assert!(plant.operated().is_empty());
}
