use super::{Bench, PATIENCE, engine_tests, next};
use iec61850::client::{Termination, TimeQuality};
use iec61850::{
    CheckHandlerResult, ControlAddCause as Cause, ControlHandlerResult as Handled, ControlModel,
    Engine, Error, FunctionalConstraint as Fc, IedClientError as Code, MmsType, MmsValue, OrCat,
};
use std::sync::mpsc;
use std::time::Duration;

engine_tests!(
    one_call_does_what_each_model_asks_for,
    times_of_commands_have_the_quality_of_the_clock,
    refusals_say_why,
    negative_terminations_and_none_at_all,
    the_server_dies_while_a_termination_is_awaited,
    selecting_cancelling_and_a_second_client,
    values_of_other_types,
    others_may_send_commands_while_the_end_of_one_is_awaited,
);

const MODELS: [(&str, ControlModel); 4] = [
    ("GGIO1.SPCSO1", ControlModel::DirectNormal),
    ("GGIO1.SPCSO2", ControlModel::SboNormal),
    ("GGIO1.SPCSO3", ControlModel::DirectEnhanced),
    ("GGIO1.SPCSO4", ControlModel::SboEnhanced),
];

fn one_call_does_what_each_model_asks_for(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    for (reference, model) in MODELS {
        let object = bench.object(reference);
        let (seen, values) = mpsc::channel();
        bench
            .server
            .register_control_handler(&object, move |_, action, value, test| {
                let origin = (
                    action.originator_category(),
                    action.originator_identifier().to_vec(),
                );
                seen.send((value.clone(), test, origin, action.ctl_num()))
                    .unwrap();
                Handled::Ok
            })
            .unwrap();
        let control = connection
            .read_control(&format!("GOLDLD1/{reference}"))
            .unwrap();
        assert_eq!(control.control_model(), model);
        assert_eq!(control.ctl_val_type(), MmsType::Boolean);
        control.set_origin("golden", OrCat::StationControl);
        control.set_test_mode(model.is_sbo());
        control.execute(true, PATIENCE).unwrap();
        let origin = (OrCat::StationControl, b"golden".to_vec());
        let expected = (MmsValue::Boolean(true), model.is_sbo(), origin, Some(1));
        assert_eq!(next(&values), expected, "{reference}");
        control.execute(false, PATIENCE).unwrap();
        assert_eq!(next(&values).3, Some(2), "each sequence has its number");
        assert_eq!(control.last_error(), None);
    }
}

fn times_of_commands_have_the_quality_of_the_clock(engine: Engine) {
    let bench = Bench::start(engine);
    let mut options = Bench::options(engine);
    options.time_quality = TimeQuality {
        leap_second_known: true,
        clock_failure: false,
        clock_not_synchronized: true,
        subsecond_precision: 7,
    };
    let connection = bench.connect_with(options);
    let control = connection.read_control("GOLDLD1/GGIO1.SPCSO1").unwrap();
    control.operate(true, None).unwrap();
    // The server keeps the command it has taken.
    let t = connection
        .read_timestamp("GOLDLD1/GGIO1.SPCSO1.Oper.T", Fc::CO)
        .unwrap();
    assert_eq!(t.quality(), 0xa7, "{t:?}");
}

fn refusals_say_why(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    for (reference, model) in MODELS {
        let object = bench.object(reference);
        bench
            .server
            .register_control_static_check_handler(&object, |_, action, _, _, _| {
                if action.is_select() {
                    return CheckHandlerResult::Accepted;
                }
                action.set_add_cause(Cause::BlockedByInterlocking);
                CheckHandlerResult::ObjectAccessDenied
            })
            .unwrap();
        let control = connection
            .read_control(&format!("GOLDLD1/{reference}"))
            .unwrap();
        let error = control.execute(true, PATIENCE).unwrap_err();
        assert_eq!(error.code(), Some(Code::AccessDenied));
        let said = error.last_appl_error().unwrap();
        assert_eq!(
            (said.add_cause, said.ctl_num),
            (Cause::BlockedByInterlocking, 1)
        );
        assert!(
            error.to_string().ends_with("blocked by interlocking"),
            "{error}"
        );
        assert_eq!(control.last_error(), Some(Code::AccessDenied));
        assert_eq!(control.last_appl_error(), said);
        assert_eq!(connection.last_appl_error(), said);
        if model.is_sbo() {
            // The selection was given up.
            let selected = connection.read_boolean(&format!("GOLDLD1/{reference}.stSeld"), Fc::ST);
            assert_ne!(selected.ok(), Some(true));
        }
    }
}

fn negative_terminations_and_none_at_all(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    for (reference, model) in MODELS.into_iter().filter(|(_, model)| model.is_enhanced()) {
        let object = bench.object(reference);
        bench
            .server
            .register_control_handler(&object, |_, action, _, _| {
                action.set_add_cause(Cause::BlockedByProcess);
                Handled::Failed
            })
            .unwrap();
        let control = connection
            .read_control(&format!("GOLDLD1/{reference}"))
            .unwrap();
        let (ends, ended) = mpsc::channel();
        control.on_termination(move |control, end| {
            ends.send((control.control_model(), end)).unwrap();
        });
        let error = control.execute(true, PATIENCE).unwrap_err();
        let Error::Control(failure) = &error else {
            panic!("{error}")
        };
        assert_eq!(failure.service, "command termination");
        let said = error.last_appl_error().unwrap();
        assert_eq!(said.add_cause, Cause::BlockedByProcess);
        assert_eq!(next(&ended), (model, Termination::Negative(said)));

        bench
            .server
            .register_control_handler(&object, |_, _, _, _| Handled::Waiting)
            .unwrap();
        let error = control
            .execute(true, Duration::from_millis(50))
            .unwrap_err();
        assert_eq!(error.code(), Some(Code::Timeout));
    }
    bench.server.stop();
    assert!(connection.read_control("GOLDLD1/GGIO1.SPCSO1").is_err());
}

fn the_server_dies_while_a_termination_is_awaited(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let object = bench.object("GGIO1.SPCSO3");
    let (begins, begun) = mpsc::channel();
    bench
        .server
        .register_control_handler(&object, move |_, _, _, _| {
            begins.send(()).unwrap();
            Handled::Waiting
        })
        .unwrap();
    let control = connection.read_control("GOLDLD1/GGIO1.SPCSO3").unwrap();
    let waiting = std::thread::spawn(move || control.operate_and_wait(true, None, PATIENCE));
    next(&begun);
    bench.server.stop();
    let error = waiting.join().unwrap().unwrap_err();
    assert_eq!(error.code(), Some(Code::ConnectionLost));
}

fn selecting_cancelling_and_a_second_client(engine: Engine) {
    let bench = Bench::start(engine);
    let (first, second) = (bench.connect(), bench.connect());
    let control = |connection: &iec61850::client::IedConnection, reference: &str| {
        connection
            .read_control(&format!("GOLDLD1/{reference}"))
            .unwrap()
    };
    // Normal security.
    let (ours, theirs) = (
        control(&first, "GGIO1.SPCSO2"),
        control(&second, "GGIO1.SPCSO2"),
    );
    let error = ours.operate(true, None).unwrap_err();
    assert_eq!(
        error.last_appl_error().unwrap().add_cause,
        Cause::ObjectNotSelected
    );
    ours.select().unwrap();
    assert_eq!(
        theirs.select().unwrap_err().code(),
        Some(Code::AccessDenied)
    );
    let error = theirs.operate(true, None).unwrap_err();
    assert_eq!(error.code(), Some(Code::TemporarilyUnavailable));
    assert_eq!(
        error.last_appl_error().unwrap().add_cause,
        Cause::LockedByOtherClient
    );
    ours.cancel().unwrap();
    theirs.select().unwrap();
    theirs.cancel().unwrap();
    // Enhanced security: what is operated has to be what was selected.
    let (ours, theirs) = (
        control(&first, "GGIO1.SPCSO4"),
        control(&second, "GGIO1.SPCSO4"),
    );
    bench.controlled("GGIO1.SPCSO4", Handled::Ok);
    ours.select_with_value(true).unwrap();
    let error = theirs.select_with_value(true).unwrap_err();
    assert_eq!(
        error.last_appl_error().unwrap().add_cause,
        Cause::ObjectAlreadySelected
    );
    let error = ours.operate(false, None).unwrap_err();
    assert_eq!(
        error.last_appl_error().unwrap().add_cause,
        Cause::InconsistentParameters
    );
    theirs.execute(true, PATIENCE).unwrap();
}

fn values_of_other_types(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let analogue = connection.read_control("GOLDLD1/GGIO1.AnOut2").unwrap();
    bench.controlled("GGIO1.AnOut2", Handled::Ok);
    assert_eq!(analogue.ctl_val_type(), MmsType::Structure);
    analogue.execute(MmsValue::Float32(3.5), PATIENCE).unwrap();
    let structure = MmsValue::Structure(vec![MmsValue::Float32(4.5)]);
    analogue.execute(structure, PATIENCE).unwrap();
    let integer = connection.read_control("GOLDLD1/GGIO1.ISCSO1").unwrap();
    integer.operate(MmsValue::new_int8(17), None).unwrap();
    let error = integer.operate(true, None).unwrap_err();
    assert_eq!(error.code(), Some(Code::TypeInconsistent));
    let soon = Some(chrono::Utc::now() + chrono::TimeDelta::seconds(1));
    let error = integer.operate(MmsValue::new_int8(17), soon).unwrap_err();
    assert_eq!(error.code(), Some(Code::UserProvidedInvalidArgument));
    let error = connection.read_control("GOLDLD1/GGIO1.Ind1").unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectDoesNotExist));
    let error = connection.read_control("GOLDLD1/GGIO1").unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectReferenceInvalid));
}

fn others_may_send_commands_while_the_end_of_one_is_awaited(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let object = bench.object("GGIO1.SPCSO3");
    let (begins, begun) = mpsc::channel();
    bench
        .server
        .register_control_handler(&object, move |_, _, _, _| {
            begins.send(()).unwrap();
            Handled::Waiting
        })
        .unwrap();
    let control = connection.read_control("GOLDLD1/GGIO1.SPCSO3").unwrap();
    let waiting = control.clone();
    let waiting = std::thread::spawn(move || waiting.operate_and_wait(true, None, PATIENCE));
    next(&begun);
    // A second command is refused, and the first goes on.
    let error = control.operate(true, None).unwrap_err();
    let said = error.last_appl_error().unwrap();
    assert_eq!(said.add_cause, Cause::CommandAlreadyInExecution);
    assert!(!waiting.is_finished());
    bench
        .server
        .register_control_handler(&object, |_, _, _, _| Handled::Ok)
        .unwrap();
    waiting.join().unwrap().unwrap();
}
