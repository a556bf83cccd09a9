use super::{Bench, engine_tests, next};
use iec61850::server::log::MemoryLog;
use iec61850::{Engine, FunctionalConstraint as Fc, IedClientError as Code, MmsValue};
use std::sync::mpsc;

engine_tests!(setting_groups, logs,);

fn setting_groups(engine: Engine) {
    let bench = Bench::start(engine);
    let (first, second) = (bench.connect(), bench.connect());
    let values = first.read_sgcb("GOLDLD1").unwrap();
    assert_eq!(
        (values.num_of_sgs, values.act_sg, values.edit_sg),
        (3, 1, 0)
    );
    assert!(!values.cnf_edit && values.resv_tms == Some(0));
    let (groups, told) = mpsc::channel();
    let device = bench.model.logical_device_by_instance("LD1").unwrap();
    let sgcb = device.setting_group_control_block().unwrap();
    bench
        .server
        .register_active_setting_group_change_handler(&sgcb, move |_, _, group| {
            groups.send(group).unwrap();
            group != 3
        })
        .unwrap();
    first.select_active_sg("GOLDLD1", 2).unwrap();
    assert_eq!(next(&told), 2);
    assert_eq!(first.read_sgcb("GOLDLD1/LLN0").unwrap().act_sg, 2);
    let error = first.select_active_sg("GOLDLD1", 3).unwrap_err();
    assert_eq!(error.code(), Some(Code::AccessDenied));
    let error = first.select_active_sg("GOLDLD1", 9).unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectValueInvalid));

    let setting = "GOLDLD1/PTOC1.StrVal.setMag.f";
    let error = first.write_float(setting, Fc::SE, 1.0).unwrap_err();
    assert_eq!(error.code(), Some(Code::TemporarilyUnavailable));
    first.select_edit_sg("GOLDLD1", 2).unwrap();
    let error = second.select_edit_sg("GOLDLD1", 2).unwrap_err();
    assert_eq!(error.code(), Some(Code::TemporarilyUnavailable));
    first.write_float(setting, Fc::SE, 9.5).unwrap();
    first.confirm_edit_sg("GOLDLD1").unwrap();
    assert_eq!(first.read_float(setting, Fc::SG).unwrap(), 9.5);
    let error = first.confirm_edit_sg("GOLDLD1").unwrap_err();
    assert_eq!(error.code(), Some(Code::AccessDenied));
    let error = first.read_sgcb("GOLDLD2").unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectDoesNotExist));
}

fn logs(engine: Engine) {
    let bench = Bench::start(engine);
    bench
        .server
        .set_log_storage("GOLDLD1/LLN0$EventLog", MemoryLog::new(1000))
        .unwrap();
    let mut options = Bench::options(engine);
    // Several answers are needed for what follows.
    options.max_pdu_size = 1000;
    let connection = bench.connect_with(options);
    connection
        .write_boolean("GOLDLD1/LLN0.lcb01.LogEna", Fc::LG, true)
        .unwrap();
    let before = chrono::Utc::now() - chrono::TimeDelta::minutes(1);
    let indication = bench.attribute("GGIO1.Ind1.stVal");
    for step in 0..100 {
        bench
            .server
            .update_boolean(&indication, step % 2 == 0)
            .unwrap();
    }
    let control_block = connection.read_lcb("GOLDLD1/LLN0.lcb01").unwrap();
    assert!(control_block.log_ena);
    assert_eq!(control_block.log_ref, "GOLDLD1/LLN0$EventLog");
    assert!(control_block.new_entr_tm.unwrap() > before);

    let log = "GOLDLD1/LLN0.EventLog";
    let entries = connection
        .query_log_by_time(log, Some(before), None)
        .unwrap();
    let events: Vec<_> = entries
        .iter()
        .filter(|entry| {
            entry
                .items
                .iter()
                .any(|item| item.reference.ends_with("Ind1"))
        })
        .collect();
    assert_eq!(events.len(), 100);
    let first = &events[0].items[0];
    let MmsValue::Structure(values) = &first.value else {
        panic!("{first:?}")
    };
    assert_eq!(values[0], MmsValue::Boolean(true));

    let tenth = events[9];
    let rest = connection
        .query_log_after(log, &tenth.entry_id, tenth.time_of_entry)
        .unwrap();
    assert_eq!(rest.last(), entries.last());
    let one_by_one: Vec<_> = connection
        .log_after(log, &tenth.entry_id, tenth.time_of_entry)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(one_by_one, rest);
    let later = chrono::Utc::now() + chrono::TimeDelta::minutes(1);
    assert_eq!(
        connection
            .query_log_by_time(log, Some(later), None)
            .unwrap(),
        []
    );
    let error = connection
        .query_log_by_time("GOLDLD1/LLN0$None", None, None)
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectDoesNotExist));
}
