//! Setting groups: who may select, edit and confirm, and which values there are.

use crate::support::{
    NewServer, connect, engine_tests, patience, read, read_error, started, write, write_error,
};
use iec61850::{
    DataAttributeType as Ty, Error, FunctionalConstraint as Fc, IedModel, IedServer,
    IedServerConfig, SettingGroupControlBlock, TriggerOptions,
};
use mms::client::blocking::Client;
use mms::{DataAccessError as Access, MmsValue, ObjectName};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

engine_tests!(
    the_recorded_session,
    requests_beside_the_recording,
    handlers_that_load_the_values_themselves,
    handlers_refuse,
    a_handler_that_panics_refuses,
    handlers_may_call_the_server,
    values_are_those_of_the_groups,
    editing_the_active_group_changes_what_is_in_force,
    what_was_not_confirmed_is_gone,
    editing_ends_with_the_association,
    an_association_that_is_cut_off_stops_editing,
    one_request_may_do_it_all,
    the_application_changes_the_active_group,
    updates_of_the_application_belong_to_the_active_group,
    what_cannot_be_written,
    without_editing,
    logical_devices_are_apart,
    control_blocks_of_another_model,
    values_of_an_scl_file,
    substitution_beside_setting_groups,
    a_change_of_the_active_group_is_reported,
);

const SGCB: &str = "E1LD1/LLN0$SP$SGCB";
const ACT: &str = "E1LD1/LLN0$SP$SGCB$ActSG";
const EDIT: &str = "E1LD1/LLN0$SP$SGCB$EditSG";
const CONFIRM: &str = "E1LD1/LLN0$SP$SGCB$CnfEdit";
const SG: &str = "E1LD1/PTOC1$SG";
const SE: &str = "E1LD1/PTOC1$SE";
const START: &str = "E1LD1/PTOC1$SE$StrVal$setMag$f";
const DELAY: &str = "E1LD1/PTOC1$SE$OpDlTmms$setVal";

/// Two logical devices with three groups each; the groups of the first have the values 1.0 and
/// 100, 2.0 and 200, 3.0 and 300.
fn model() -> IedModel {
    let model = IedModel::new("E1").unwrap();
    for name in ["LD1", "LD2"] {
        let device = model.create_logical_device(name, None).unwrap();
        let lln0 = device.create_logical_node("LLN0").unwrap();
        lln0.create_setting_group_control_block(1, 3).unwrap();
        let node = device.create_logical_node("PTOC1").unwrap();
        let start = node.create_data_object("StrVal", 0).unwrap();
        let delay = node.create_data_object("OpDlTmms", 0).unwrap();
        let changed = TriggerOptions::DATA_CHANGED;
        for fc in [Fc::SG, Fc::SE] {
            let magnitude = start
                .create_data_attribute("setMag", Ty::Constructed, fc, changed, 0, 0)
                .unwrap();
            let magnitude = magnitude
                .create_data_attribute("f", Ty::Float32, fc, changed, 0, 0)
                .unwrap();
            let delay = delay
                .create_data_attribute("setVal", Ty::Int32, fc, changed, 0, 0)
                .unwrap();
            if name == "LD1" {
                for group in 1..=3 {
                    let value = MmsValue::Float32(group.into());
                    magnitude.init_group_value(group, &value).unwrap();
                    let value = MmsValue::Integer(i64::from(group) * 100);
                    delay.init_group_value(group, &value).unwrap();
                }
            }
        }
    }
    model
}

fn serving(new: NewServer) -> IedServer {
    started(new(&model(), None).unwrap())
}

fn sgcb(server: &IedServer) -> SettingGroupControlBlock {
    let device = server.model().logical_device_by_instance("LD1").unwrap();
    device.setting_group_control_block().unwrap()
}

fn group(number: u64) -> MmsValue {
    MmsValue::Unsigned(number)
}

/// PTOC1 with these values.
fn values(start: f32, delay: i64) -> MmsValue {
    MmsValue::Structure(vec![
        MmsValue::Structure(vec![MmsValue::Structure(vec![MmsValue::Float32(start)])]),
        MmsValue::Structure(vec![MmsValue::Integer(delay)]),
    ])
}

/// ActSG, EditSG, CnfEdit, ResvTms.
fn state(client: &Client) -> (u64, u64, bool, u64) {
    let MmsValue::Structure(fields) = read(client, SGCB) else {
        panic!("no structure");
    };
    assert_eq!((fields.len(), &fields[0]), (6, &group(3)));
    let number = |at: usize| u64::from(fields[at].to_uint32().unwrap());
    (
        number(1),
        number(2),
        fields[3].to_bool().unwrap(),
        number(5),
    )
}

fn activated(client: &Client) -> mms::UtcTime {
    read(client, "E1LD1/LLN0$SP$SGCB$LActTm")
        .to_timestamp()
        .unwrap()
}

fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let give_up = Instant::now() + patience();
    while !happened() {
        assert!(Instant::now() < give_up, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The requests of the recording 40-setting-groups, and what the clients got. There handlers load
/// the values; here the server does.
fn the_recorded_session(new: NewServer) {
    let server = serving(new);
    let (one, two) = (connect(&server), connect(&server));
    assert_eq!(state(&one), (1, 0, false, 0));
    assert_eq!(activated(&one).time_in_ms(), 0);
    assert_eq!(read(&one, SG), values(1.0, 100));
    write(&one, ACT, group(2));
    assert_eq!(read(&one, SG), values(2.0, 200));
    assert_eq!(write_error(&one, ACT, group(4)), Access::ObjectValueInvalid);
    assert_eq!(write_error(&one, ACT, group(0)), Access::ObjectValueInvalid);
    let unavailable = Access::TemporarilyUnavailable;
    assert_eq!(write_error(&one, START, 9.5_f32), unavailable);
    assert_eq!(read_error(&one, START), unavailable);
    assert_eq!(write_error(&one, CONFIRM, true), Access::ObjectAccessDenied);
    assert_eq!(
        write_error(&one, EDIT, group(7)),
        Access::ObjectValueInvalid
    );
    write(&one, EDIT, group(1));
    assert_eq!(state(&one), (2, 1, false, 300));
    assert_eq!(activated(&one).quality(), 0x8a);
    assert_eq!(read(&one, SE), values(1.0, 100));
    assert_eq!(write_error(&two, EDIT, group(3)), unavailable);
    assert_eq!(write_error(&two, START, 8.5_f32), unavailable);
    write(&one, START, 9.5_f32);
    write(&one, DELAY, 950);
    assert_eq!(read(&one, SE), values(9.5, 950));
    // Others may look.
    assert_eq!(read(&two, SE), values(9.5, 950));
    assert_eq!(write_error(&two, CONFIRM, true), Access::ObjectAccessDenied);
    assert_eq!(
        write_error(&one, CONFIRM, false),
        Access::ObjectValueInvalid
    );
    write(&one, CONFIRM, true);
    assert_eq!(state(&one), (2, 0, false, 0));
    assert_eq!(read(&one, SG), values(2.0, 200));
    write(&one, ACT, group(1));
    assert_eq!(read(&one, SG), values(9.5, 950));
    let active = "E1LD1/PTOC1$SG$StrVal$setMag$f";
    assert_eq!(
        write_error(&one, active, 1.5_f32),
        Access::ObjectAccessDenied
    );
    write(&one, EDIT, group(3));
    write(&one, EDIT, group(0));
    assert_eq!(state(&one), (1, 0, false, 0));
    let count = "E1LD1/LLN0$SP$SGCB$NumOfSG";
    assert_eq!(
        write_error(&one, count, group(5)),
        Access::ObjectAccessDenied
    );
    write(&one, EDIT, group(2));
    one.conclude().unwrap();
    eventually("the edit ends", || state(&two).1 == 0);
    write(&two, EDIT, group(3));
    assert_eq!(state(&two), (1, 3, false, 300));
}

/// What libiec61850 answered to more requests than are recorded.
fn requests_beside_the_recording(new: NewServer) {
    let server = serving(new);
    let block = sgcb(&server);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (active, edited) = (asked.clone(), asked.clone());
    server
        .register_active_setting_group_change_handler(&block, move |_, _, group| {
            active.lock().push(("active", group));
            true
        })
        .unwrap();
    server
        .register_edit_setting_group_change_handler(&block, move |_, _, group| {
            edited.lock().push(("edit", group));
            true
        })
        .unwrap();
    let (one, two) = (connect(&server), connect(&server));
    let (invalid, unavailable) = (Access::ObjectValueInvalid, Access::TemporarilyUnavailable);
    write(&one, EDIT, group(0));
    assert_eq!(write_error(&one, CONFIRM, false), invalid);
    // The group that is active already is no change.
    write(&one, ACT, group(1));
    assert_eq!(activated(&one).time_in_ms(), 0);
    assert!(asked.lock().is_empty());
    write(&one, EDIT, group(2));
    assert_eq!(write_error(&two, EDIT, group(0)), unavailable);
    assert_eq!(write_error(&two, EDIT, group(9)), unavailable);
    assert_eq!(write_error(&two, CONFIRM, false), invalid);
    write(&two, ACT, group(2));
    write(&one, ACT, group(3));
    assert_eq!(state(&one), (3, 2, false, 300));
    write(&one, EDIT, group(2));
    write(&one, EDIT, group(3));
    assert_eq!(write_error(&one, EDIT, group(9)), invalid);
    assert_eq!(state(&one), (3, 3, false, 300));
    write(&one, CONFIRM, true);
    assert_eq!(write_error(&one, CONFIRM, true), Access::ObjectAccessDenied);
    let expected = [
        ("edit", 2),
        ("active", 2),
        ("active", 3),
        ("edit", 2),
        ("edit", 3),
    ];
    assert_eq!(*asked.lock(), expected);
}

/// What an application of py61850 does: it keeps the values, and loads them in the handlers.
fn handlers_that_load_the_values_themselves(new: NewServer) {
    let server = Arc::new(serving(new));
    let block = sgcb(&server);
    let own = Arc::new(Mutex::new([(11.0, 110), (12.0, 120), (13.0, 130)]));
    let load = {
        let (server, own) = (Arc::downgrade(&server), own.clone());
        move |group: u8, fc: Fc| {
            let Some(server) = server.upgrade() else {
                return;
            };
            let (start, delay) = own.lock()[usize::from(group) - 1];
            let (a, b) = attributes(server.model(), fc);
            server.update_float(&a, start).unwrap();
            server.update_int32(&b, delay).unwrap();
        }
    };
    let (a, b) = (load.clone(), load.clone());
    server
        .register_active_setting_group_change_handler(&block, move |sgcb, client, group| {
            assert_eq!((sgcb.act_sg(), sgcb.num_of_sgs()), (1, 3));
            assert!(client.id() > 0);
            a(group, Fc::SG);
            true
        })
        .unwrap();
    server
        .register_edit_setting_group_change_handler(&block, move |_, _, group| {
            b(group, Fc::SE);
            true
        })
        .unwrap();
    let weak = Arc::downgrade(&server);
    server
        .register_edit_setting_group_confirmed_handler(&block, move |sgcb, group| {
            assert!(sgcb.cnf_edit() && sgcb.edit_sg() == group);
            let server = weak.upgrade().unwrap();
            let (a, b) = attributes(server.model(), Fc::SE);
            own.lock()[usize::from(group) - 1] =
                (server.get_float(&a).unwrap(), server.get_int32(&b).unwrap());
            if server.active_setting_group(sgcb).unwrap() == group {
                load(group, Fc::SG);
            }
            true
        })
        .unwrap();
    let client = connect(&server);
    write(&client, ACT, group(2));
    assert_eq!(read(&client, SG), values(12.0, 120));
    write(&client, EDIT, group(2));
    assert_eq!(read(&client, SE), values(12.0, 120));
    write(&client, START, 99.5_f32);
    write(&client, CONFIRM, true);
    assert_eq!(read(&client, SG), values(99.5, 120));
    write(&client, EDIT, group(3));
    assert_eq!(read(&client, SE), values(13.0, 130));
}

fn attributes(model: &IedModel, fc: Fc) -> (iec61850::DataAttribute, iec61850::DataAttribute) {
    let object = |name: &str| {
        let node = model.node_by_reference(&format!("E1LD1/PTOC1.{name}"));
        node.unwrap().into_data_object().unwrap()
    };
    let leaf = |object: iec61850::DataObject, path: &str| {
        let node = object.child_with_fc(path, fc).unwrap();
        iec61850::ModelNode::from(node)
            .into_data_attribute()
            .unwrap()
    };
    (
        leaf(object("StrVal"), "setMag.f"),
        leaf(object("OpDlTmms"), "setVal"),
    )
}

fn handlers_refuse(new: NewServer) {
    let server = serving(new);
    let block = sgcb(&server);
    server
        .register_active_setting_group_change_handler(&block, |_, _, group| group != 2)
        .unwrap();
    server
        .register_edit_setting_group_change_handler(&block, |_, _, group| group != 2)
        .unwrap();
    server
        .register_edit_setting_group_confirmed_handler(&block, |_, group| group != 3)
        .unwrap();
    let client = connect(&server);
    let denied = Access::ObjectAccessDenied;
    assert_eq!(write_error(&client, ACT, group(2)), denied);
    assert_eq!(activated(&client).time_in_ms(), 0);
    assert_eq!(read(&client, SG), values(1.0, 100));
    assert_eq!(write_error(&client, EDIT, group(2)), denied);
    assert_eq!(state(&client), (1, 0, false, 0));
    write(&client, EDIT, group(3));
    write(&client, DELAY, 333);
    assert_eq!(write_error(&client, CONFIRM, true), denied);
    // The client may go on with what it has, and another group is refused without harm.
    assert_eq!(write_error(&client, EDIT, group(2)), denied);
    assert_eq!(state(&client), (1, 3, false, 300));
    assert_eq!(read(&client, SE), values(3.0, 333));
    write(&client, ACT, group(3));
    assert_eq!(read(&client, SG), values(3.0, 300));
}

fn a_handler_that_panics_refuses(new: NewServer) {
    let server = serving(new);
    let block = sgcb(&server);
    server
        .register_active_setting_group_change_handler(&block, |_, _, _| panic!("no"))
        .unwrap();
    server
        .register_edit_setting_group_confirmed_handler(&block, |_, _| panic!("no"))
        .unwrap();
    let client = connect(&server);
    let denied = Access::ObjectAccessDenied;
    assert_eq!(write_error(&client, ACT, group(2)), denied);
    write(&client, EDIT, group(2));
    assert_eq!(write_error(&client, CONFIRM, true), denied);
    // Nothing stays locked.
    assert_eq!(write_error(&client, ACT, group(2)), denied);
    server
        .register_active_setting_group_change_handler(&block, |_, _, _| true)
        .unwrap();
    write(&client, ACT, group(2));
}

fn handlers_may_call_the_server(new: NewServer) {
    let server = Arc::new(serving(new));
    let block = sgcb(&server);
    let weak = Arc::downgrade(&server);
    let busy = Arc::new(Mutex::new(None));
    let seen = busy.clone();
    server
        .register_active_setting_group_change_handler(&block, move |sgcb, _, _| {
            let server = weak.upgrade().unwrap();
            let _guard = server.lock_data_model();
            *seen.lock() = Some(server.change_active_setting_group(sgcb, 3));
            server.active_setting_group(sgcb).unwrap() == 1
        })
        .unwrap();
    let client = connect(&server);
    write(&client, ACT, group(2));
    assert!(matches!(*busy.lock(), Some(Err(Error::Busy { .. }))));
    assert_eq!(state(&client).0, 2);
}

fn values_are_those_of_the_groups(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    for number in [3, 1, 2, 2] {
        let mut before = activated(&client);
        write(&client, ACT, group(number));
        assert!(activated(&client).time_in_ms() >= before.time_in_ms());
        before = activated(&client);
        assert!(before.time_in_ms() > 1_600_000_000_000);
        let expected = values(number as f32, number as i64 * 100);
        assert_eq!(read(&client, SG), expected);
        assert_eq!(u64::from(sgcb(&server).act_sg()), number);
    }
    for number in [1, 2, 3] {
        write(&client, EDIT, group(number));
        assert_eq!(
            read(&client, SE),
            values(number as f32, number as i64 * 100)
        );
        assert_eq!(u64::from(sgcb(&server).edit_sg()), number);
        assert_eq!(sgcb(&server).resv_tms(), Duration::from_secs(300));
    }
    // What is in force is not touched by editing.
    assert_eq!(read(&client, SG), values(2.0, 200));
    write(&client, EDIT, group(0));
    assert_eq!(read_error(&client, SE), Access::TemporarilyUnavailable);
}

fn editing_the_active_group_changes_what_is_in_force(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    write(&client, EDIT, group(1));
    write(&client, START, 7.25_f32);
    assert_eq!(read(&client, SG), values(1.0, 100));
    write(&client, CONFIRM, true);
    assert_eq!(read(&client, SG), values(7.25, 100));
    let (start, _) = attributes(server.model(), Fc::SG);
    assert_eq!(server.get_float(&start).unwrap(), 7.25);
    // A group that had no values of its own has some now, and the others have not.
    let other = |item: &str| format!("E1LD2/{item}");
    write(&client, &other("LLN0$SP$SGCB$EditSG"), group(2));
    write(&client, &other("PTOC1$SE$OpDlTmms$setVal"), 20);
    write(&client, &other("LLN0$SP$SGCB$CnfEdit"), true);
    for (number, delay) in [(2, 20), (3, 0), (1, 0)] {
        write(&client, &other("LLN0$SP$SGCB$ActSG"), group(number));
        assert_eq!(read(&client, &other("PTOC1$SG")), values(0.0, delay));
    }
}

fn what_was_not_confirmed_is_gone(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    write(&client, EDIT, group(1));
    write(&client, DELAY, 1);
    write(&client, EDIT, group(2));
    write(&client, DELAY, 2);
    write(&client, EDIT, group(0));
    write(&client, EDIT, group(1));
    assert_eq!(read(&client, SE), values(1.0, 100));
    write(&client, EDIT, group(2));
    assert_eq!(read(&client, SE), values(2.0, 200));
}

fn editing_ends_with_the_association(new: NewServer) {
    let server = serving(new);
    let (one, two) = (connect(&server), connect(&server));
    write(&one, EDIT, group(1));
    one.abort();
    eventually("the edit ends", || state(&two) == (1, 0, false, 0));
    write(&two, EDIT, group(2));
    // The server stops, and nobody edits any more.
    server.stop();
    eventually("the edit ends", || sgcb(&server).edit_sg() == 0);
    let server = started(server);
    let three = connect(&server);
    assert_eq!(state(&three), (1, 0, false, 0));
    write(&three, EDIT, group(3));
}

fn an_association_that_is_cut_off_stops_editing(new: NewServer) {
    let server = serving(new);
    let block = sgcb(&server);
    // The client is cut off while the handler is asked.
    server
        .register_edit_setting_group_change_handler(&block, |_, client, group| {
            if group == 2 {
                client.abort();
            }
            true
        })
        .unwrap();
    let one = connect(&server);
    // Whether the answer still comes is not said.
    let _ = one.write(crate::support::name(EDIT), &group(2));
    let two = connect(&server);
    eventually("the edit ends", || state(&two).1 == 0);
    write(&two, EDIT, group(1));
}

fn one_request_may_do_it_all(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    let values_to_write: [(&str, MmsValue); 4] = [
        (EDIT, group(2)),
        (START, MmsValue::Float32(2.5)),
        (CONFIRM, MmsValue::Boolean(true)),
        (ACT, group(2)),
    ];
    let writes = values_to_write
        .iter()
        .map(|(name, value)| (crate::support::name(name), value));
    let results = client.write_many(writes).unwrap();
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(read(&client, SG), values(2.5, 200));
}

fn the_application_changes_the_active_group(new: NewServer) {
    let server = serving(new);
    let block = sgcb(&server);
    server
        .register_active_setting_group_change_handler(&block, |_, _, _| panic!("not asked"))
        .unwrap();
    let client = connect(&server);
    server.change_active_setting_group(&block, 3).unwrap();
    assert_eq!(server.active_setting_group(&block).unwrap(), 3);
    assert_eq!(state(&client).0, 3);
    assert!(activated(&client).time_in_ms() > 0);
    assert!(block.timestamp().timestamp() > 0);
    assert_eq!(read(&client, SG), values(3.0, 300));
    for number in [0, 4] {
        let refused = server.change_active_setting_group(&block, number);
        assert!(matches!(refused, Err(Error::ValueOutOfRange { .. })));
    }
    assert_eq!(server.active_setting_group(&block).unwrap(), 3);
}

fn updates_of_the_application_belong_to_the_active_group(new: NewServer) {
    let server = serving(new);
    let block = sgcb(&server);
    let client = connect(&server);
    let (start, _) = attributes(server.model(), Fc::SG);
    server.update_float(&start, 1.5).unwrap();
    assert_eq!(read(&client, SG), values(1.5, 100));
    write(&client, ACT, group(2));
    assert_eq!(read(&client, SG), values(2.0, 200));
    write(&client, EDIT, group(1));
    assert_eq!(read(&client, SE), values(1.5, 100));
    // In a handler that refuses too.
    let server = Arc::new(server);
    let weak = Arc::downgrade(&server);
    server
        .register_active_setting_group_change_handler(&block, move |_, _, _| {
            let server = weak.upgrade().unwrap();
            let (start, _) = attributes(server.model(), Fc::SG);
            server.update_float(&start, 2.75).unwrap();
            false
        })
        .unwrap();
    write_error(&client, ACT, group(3));
    assert_eq!(read(&client, SG), values(2.75, 200));
    server.change_active_setting_group(&block, 3).unwrap();
    assert_eq!(read(&client, SG), values(3.0, 300));
    server.change_active_setting_group(&block, 2).unwrap();
    assert_eq!(read(&client, SG), values(2.75, 200));
}

fn what_cannot_be_written(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    let denied = Access::ObjectAccessDenied;
    write(&client, EDIT, group(1));
    for (field, value) in [
        ("NumOfSG", group(4)),
        ("LActTm", MmsValue::UtcTime(mms::UtcTime::from_ms(1))),
        ("ResvTms", group(10)),
    ] {
        assert_eq!(
            write_error(&client, &format!("{SGCB}${field}"), value),
            denied
        );
    }
    assert_eq!(write_error(&client, SGCB, read(&client, SGCB)), denied);
    let wrong = Access::TypeInconsistent;
    assert_eq!(write_error(&client, ACT, MmsValue::Integer(2)), wrong);
    assert_eq!(write_error(&client, EDIT, true), wrong);
    assert_eq!(write_error(&client, CONFIRM, 1), wrong);
    assert_eq!(write_error(&client, START, 1), wrong);
    assert_eq!(
        write_error(&client, ACT, group(256)),
        Access::ObjectValueInvalid
    );
    assert_eq!(state(&client), (1, 1, false, 300));
    // A whole object, and the policy for SE.
    let object = MmsValue::Structure(vec![MmsValue::Integer(5)]);
    write(&client, "E1LD1/PTOC1$SE$OpDlTmms", object);
    assert_eq!(read(&client, SE), values(1.0, 5));
    server
        .set_default_write_policy(Fc::SE, iec61850::AccessPolicy::Deny)
        .unwrap();
    assert_eq!(write_error(&client, DELAY, 6), denied);
}

fn without_editing(new: NewServer) {
    let mut config = IedServerConfig::new();
    config.set_edit_sg_enabled(false);
    let server = started(new(&model(), Some(config)).unwrap());
    let client = connect(&server);
    let MmsValue::Structure(fields) = read(&client, SGCB) else {
        panic!("no structure");
    };
    assert_eq!(fields.len(), 5);
    let denied = Access::ObjectAccessDenied;
    assert_eq!(write_error(&client, EDIT, group(1)), denied);
    assert_eq!(write_error(&client, CONFIRM, true), denied);
    assert_eq!(read_error(&client, SE), Access::TemporarilyUnavailable);
    write(&client, ACT, group(3));
    assert_eq!(read(&client, SG), values(3.0, 300));
}

fn logical_devices_are_apart(new: NewServer) {
    let server = serving(new);
    let (one, two) = (connect(&server), connect(&server));
    write(&one, EDIT, group(1));
    assert_eq!(
        read_error(&one, "E1LD2/PTOC1$SE"),
        Access::TemporarilyUnavailable
    );
    write(&two, "E1LD2/LLN0$SP$SGCB$EditSG", group(1));
    write(&two, "E1LD2/PTOC1$SE$OpDlTmms$setVal", 7);
    assert_eq!(
        write_error(&one, "E1LD2/PTOC1$SE$OpDlTmms$setVal", 8),
        Access::TemporarilyUnavailable
    );
    assert_eq!(read(&one, SE), values(1.0, 100));
    // A logical node as a whole is there while its settings are edited.
    let whole = one.read(ObjectName::domain("E1LD1", "PTOC1")).unwrap();
    let parts = MmsValue::Structure(vec![values(1.0, 100), values(1.0, 100)]);
    assert_eq!(whole, parts);
}

fn control_blocks_of_another_model(new: NewServer) {
    let server = serving(new);
    let other = model();
    let device = other.logical_device_by_instance("LD1").unwrap();
    let block = device.setting_group_control_block().unwrap();
    assert!(matches!(
        server.change_active_setting_group(&block, 1),
        Err(Error::WrongKind { .. })
    ));
    assert!(server.active_setting_group(&block).is_err());
    let refused = server.register_active_setting_group_change_handler(&block, |_, _, _| true);
    assert!(refused.is_err());
}

fn values_of_an_scl_file(new: NewServer) {
    let file = include_bytes!("../data/scl/settings-ed2.cid");
    let document = iec61850::scl::SclDocument::parse_bytes(file).unwrap();
    let model = document.model(None, None).unwrap();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let start = |fc: &str| read(&client, &format!("Q1LD0/PTOC1${fc}$StrVal$setMag$f"));
    // Group 2 is active, as the file has it.
    assert_eq!(start("SG"), MmsValue::Float32(1.5));
    for (number, value) in [(3, 2.5), (1, 0.5), (2, 1.5)] {
        write(&client, "Q1LD0/LLN0$SP$SGCB$ActSG", group(number));
        assert_eq!(start("SG"), MmsValue::Float32(value));
        write(&client, "Q1LD0/LLN0$SP$SGCB$EditSG", group(number));
        assert_eq!(start("SE"), MmsValue::Float32(value));
        let delay = read(&client, "Q1LD0/PTOC1$SE$OpDlTmms$setVal");
        assert_eq!(delay, MmsValue::Integer(40));
    }
}

fn a_change_of_the_active_group_is_reported(new: NewServer) {
    let model = model();
    let lln0 = model.logical_device_by_instance("LD1").unwrap();
    let lln0 = lln0.logical_node("LLN0").unwrap();
    let set = lln0.create_dataset("Settings").unwrap();
    for member in ["PTOC1$SG$StrVal$setMag$f", "PTOC1$SG$OpDlTmms$setVal"] {
        set.create_dataset_entry(member, None, None).unwrap();
    }
    let options = iec61850::ReportControlBlockOptions {
        dataset_name: Some("Settings".into()),
        ..Default::default()
    };
    lln0.create_report_control_block("urcb01", "", false, options)
        .unwrap();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let reports = Arc::new(Mutex::new(Vec::new()));
    let sink = reports.clone();
    let _subscription = client.on_information_report(move |report| {
        let values: Vec<_> = report.results.into_iter().map(|r| r.to_value()).collect();
        sink.lock().push(values);
    });
    // No optional fields: the identifier, the fields there are, the inclusion, and values.
    let fields = MmsValue::BitString(mms::BitString::new(10));
    write(&client, "E1LD1/LLN0$RP$urcb01$OptFlds", fields);
    write(&client, "E1LD1/LLN0$RP$urcb01$RptEna", true);
    write(&client, ACT, group(2));
    eventually("a report", || reports.lock().len() == 1);
    let both = [MmsValue::Float32(2.0), MmsValue::Integer(200)];
    assert_eq!(reports.lock()[0][3..], both);
    // What is confirmed for the active group changes as well, and only what is different.
    write(&client, EDIT, group(2));
    write(&client, DELAY, 222);
    assert_eq!(reports.lock().len(), 1);
    write(&client, CONFIRM, true);
    eventually("a report", || reports.lock().len() == 2);
    assert_eq!(reports.lock()[1][3..], [MmsValue::Integer(222)]);
}

/// Updates take the same way in a model that has setting groups.
fn substitution_beside_setting_groups(new: NewServer) {
    use iec61850::{CdcFactory, CdcOptions, ModelNodeExt};

    let model = model();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let input = node.create_cdc_sps("Ind1", CdcOptions::PICS_SUBST).unwrap();
    let value = input.child_attribute("stVal").unwrap();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    write(&client, "E1LD1/GGIO1$SV$Ind1$subVal", true);
    write(&client, "E1LD1/GGIO1$SV$Ind1$subEna", true);
    let seen = || {
        read(&client, "E1LD1/GGIO1$ST$Ind1$stVal")
            .to_bool()
            .unwrap()
    };
    assert!(seen());
    server.update_boolean(&value, true).unwrap();
    server.update_boolean(&value, false).unwrap();
    assert!(seen());
    write(&client, "E1LD1/GGIO1$SV$Ind1$subEna", false);
    assert!(!seen());
}
