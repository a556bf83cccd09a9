//! Write handlers: what they decide, what they may do, and whom they delay.

use crate::support::{
    NewServer, access_error, address, attribute, bay, connect, engine_tests, name, patience,
    patient, read, started, try_connect, write, write_error,
};
use iec61850::{
    AccessPolicy, ClientConnection, DataAttribute, Error, FunctionalConstraint as Fc, IedModel,
    IedServer, MmsDataAccessError as Decision, ModelNodeExt,
};
use mms::client::ClientError;
use mms::pdu::{AccessStep, AlternateAccessBuf, VariableAccess};
use mms::{DataAccessError, MmsValue};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak, mpsc};
use std::time::Duration;

engine_tests!(
    a_handler_accepts_and_sees_what_is_written,
    every_refusal_reaches_the_client,
    success_without_update_stores_nothing,
    no_response_leaves_the_client_without_answer,
    a_handler_decides_in_place_of_the_policy,
    a_handler_of_any_functional_constraint,
    the_last_handler_counts,
    a_handler_is_not_asked_about_what_does_not_fit,
    a_panic_refuses_and_the_server_lives,
    one_refusal_refuses_the_structure,
    handlers_of_arrays_and_of_their_elements,
    a_handler_uses_the_server,
    a_handler_waits_for_another_thread_that_updates,
    handlers_of_constructed_attributes_and_of_other_models_are_refused,
    a_slow_handler_delays_its_own_client_only,
    many_slow_handlers_at_once,
    what_a_handler_has_captured_may_use_the_server_to_the_last,
);

const SP: &str = "T1LD0/GGIO1$SP$Policy$inSP";

fn sp(model: &IedModel) -> DataAttribute {
    attribute(model, "T1LD0/GGIO1.Policy.inSP")
}

fn decide(server: &IedServer, attribute: &DataAttribute, decision: Decision) {
    server
        .register_write_handler(attribute, move |_, _, _| decision)
        .unwrap();
}

fn a_handler_accepts_and_sees_what_is_written(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    server
        .register_write_handler(&sp(&model), move |client, attribute, value| {
            let at = (client.peer_address(), client.local_address());
            sink.lock().push((at, attribute.clone(), value.clone()));
            Decision::Success
        })
        .unwrap();
    let client = connect(&server);
    write(&client, SP, 5);
    write(&client, SP, -6);
    assert_eq!(read(&client, SP), (-6).into());
    let seen = seen.lock();
    let values: Vec<&MmsValue> = seen.iter().map(|(_, _, value)| value).collect();
    assert_eq!(values, [&5.into(), &(-6).into()]);
    for ((peer, local), attribute, _) in &*seen {
        assert_eq!(*attribute, sp(&model));
        assert_eq!(*local, address(&server));
        assert!(peer.ip().is_loopback() && peer.port() != local.port());
    }
}

fn every_refusal_reaches_the_client(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for code in 0..=11 {
        let decision = Decision::from_value(code);
        decide(&server, &sp(&model), decision);
        let expected = DataAccessError::from_code(code.into());
        assert_eq!(write_error(&client, SP, 5), expected, "{decision:?}");
    }
    // Without a number on the wire.
    decide(&server, &sp(&model), Decision::Unknown);
    assert_eq!(
        write_error(&client, SP, 5),
        DataAccessError::ObjectAccessUnsupported
    );
    assert_eq!(read(&client, SP), 0.into());
}

fn success_without_update_stores_nothing(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    decide(&server, &sp(&model), Decision::SuccessNoUpdate);
    write(&client, SP, 5);
    assert_eq!(read(&client, SP), 0.into());
    assert_eq!(server.get_int32(&sp(&model)).unwrap(), 0);
}

fn no_response_leaves_the_client_without_answer(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    decide(&server, &sp(&model), Decision::NoResponse);
    let impatient = client.with_request_timeout(Duration::from_millis(200));
    let result = impatient.write(crate::support::name(SP), &5.into());
    assert!(
        matches!(result, Err(ClientError::Timeout { .. })),
        "{result:?}"
    );
    // The association goes on, and nothing was stored.
    assert_eq!(read(&client, SP), 0.into());
}

fn a_handler_decides_in_place_of_the_policy(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    server
        .set_default_write_policy(Fc::SP, AccessPolicy::Deny)
        .unwrap();
    decide(&server, &sp(&model), Decision::Success);
    write(&client, SP, 5);
    assert_eq!(read(&client, SP), 5.into());
    server
        .set_default_write_policy(Fc::SP, AccessPolicy::Allow)
        .unwrap();
    decide(&server, &sp(&model), Decision::ObjectAccessDenied);
    assert_eq!(
        write_error(&client, SP, 6),
        DataAccessError::ObjectAccessDenied
    );
}

fn a_handler_of_any_functional_constraint(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for fc in bay::constraints() {
        let attribute = attribute(&model, &format!("T1LD0/GGIO1.Policy.in{fc}"));
        decide(&server, &attribute, Decision::Success);
        let variable = format!("T1LD0/GGIO1${fc}$Policy$in{fc}");
        write(&client, &variable, 9);
        assert_eq!(read(&client, &variable), 9.into(), "{fc}");
    }
}

fn the_last_handler_counts(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for decision in [Decision::HardwareFault, Decision::InvalidAddress] {
        decide(&server, &sp(&model), decision);
    }
    assert_eq!(write_error(&client, SP, 5), DataAccessError::InvalidAddress);
}

fn a_handler_is_not_asked_about_what_does_not_fit(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    server
        .register_write_handler(&sp(&model), move |_, _, _| {
            count.fetch_add(1, Ordering::SeqCst);
            Decision::Success
        })
        .unwrap();
    let client = connect(&server);
    assert_eq!(
        write_error(&client, SP, true),
        DataAccessError::TypeInconsistent
    );
    assert_eq!(
        write_error(&client, SP, MmsValue::Integer(1 << 40)),
        DataAccessError::ObjectValueInvalid
    );
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    write(&client, SP, 1);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

fn a_panic_refuses_and_the_server_lives(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    server
        .register_write_handler(&sp(&model), |_, _, value| {
            assert_ne!(*value, 13.into(), "a panic on purpose");
            Decision::Success
        })
        .unwrap();
    let (client, other) = (connect(&server), connect(&server));
    for _ in 0..3 {
        assert_eq!(
            write_error(&client, SP, 13),
            DataAccessError::ObjectAccessDenied
        );
        write(&client, SP, 12);
        assert_eq!(read(&other, SP), 12.into());
    }
}

fn one_refusal_refuses_the_structure(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let part = |x: f32, y: f32| MmsValue::Structure(vec![x.into(), y.into()]);
    let y = attribute(&model, "T1LD0/GGIO1.List.pnt(1).y");
    decide(&server, &y, Decision::TemporarilyUnavailable);
    let points = "T1LD0/GGIO1$SP$List$pnt";
    let before = read(&client, points);
    let all = MmsValue::Array(vec![part(9.0, 9.0); 5]);
    assert_eq!(
        write_error(&client, points, all.clone()),
        DataAccessError::TemporarilyUnavailable
    );
    assert_eq!(read(&client, points), before);
    // What its handler does not want stored is left out, the rest is stored.
    decide(&server, &y, Decision::SuccessNoUpdate);
    write(&client, points, all);
    let mut expected = vec![part(9.0, 9.0); 5];
    expected[1] = part(9.0, 0.0);
    assert_eq!(read(&client, points), MmsValue::Array(expected));
}

fn handlers_of_arrays_and_of_their_elements(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let record = |what: &'static str, attribute: &DataAttribute, decision: Decision| {
        let asked = asked.clone();
        server
            .register_write_handler(attribute, move |_, attribute, value| {
                asked
                    .lock()
                    .push((what, attribute.reference(), value.clone()));
                decision
            })
            .unwrap();
    };
    let array = attribute(&model, "T1LD0/GGIO1.List.num");
    record("array", &array, Decision::Success);
    let refused = DataAccessError::ObjectAttributeInconsistent;
    record(
        "element",
        &array.element(3).unwrap(),
        Decision::ObjectAttributeInconsistent,
    );
    let num = "T1LD0/GGIO1$SP$List$num";
    let write_at = |index, value: i32| {
        let part = AlternateAccessBuf::path(&[AccessStep::Index(index)]).unwrap();
        let access = VariableAccess::from(name(num)).with_alternate_access(part.as_ref());
        client.write(access, &value.into())
    };
    write_at(1, 11).unwrap();
    assert_eq!(access_error("element 3", write_at(3, 33)), refused);
    let expected = [
        ("array", "T1LD0/GGIO1.List.num(1)".to_owned(), 11.into()),
        ("element", "T1LD0/GGIO1.List.num(3)".to_owned(), 33.into()),
    ];
    assert_eq!(*asked.lock(), expected);
    asked.lock().clear();
    // The whole array: everyone is asked about its element, and one refusal refuses all.
    let all = MmsValue::Array((0..5).map(|n: i32| n.into()).collect());
    assert_eq!(write_error(&client, num, all), refused);
    let of_array: Vec<String> = asked
        .lock()
        .iter()
        .filter(|(what, ..)| *what == "array")
        .map(|(_, reference, _)| reference.clone())
        .collect();
    assert_eq!(
        of_array,
        [0, 1, 2].map(|n| format!("T1LD0/GGIO1.List.num({n})"))
    );
    let values = [0, 11, 20, 30, 40].map(MmsValue::from).to_vec();
    assert_eq!(read(&client, num), MmsValue::Array(values));

    // Within arrays of objects: the handler belongs to the one element.
    record(
        "tap",
        &attribute(&model, "T1LD0/GGIO1.Har.har(2).tap(1)"),
        Decision::HardwareFault,
    );
    asked.lock().clear();
    let har = "T1LD0/GGIO1$SP$Har$har";
    for (object, tap, refused) in [(2, 1, true), (2, 0, false), (1, 1, false)] {
        let path = [
            AccessStep::Index(object),
            AccessStep::Component("tap"),
            AccessStep::Index(tap),
        ];
        let part = AlternateAccessBuf::path(&path).unwrap();
        let access = VariableAccess::from(name(har)).with_alternate_access(part.as_ref());
        assert_eq!(client.write(access, &1.into()).is_err(), refused);
    }
    assert_eq!(asked.lock().len(), 1);
}

/// A server that its own handlers reach.
fn shared(new: NewServer, model: &IedModel) -> Arc<IedServer> {
    Arc::new(started(new(model, None).unwrap()))
}

fn a_handler_uses_the_server(new: NewServer) {
    let model = bay::model();
    let server = shared(new, &model);
    let inside: Weak<IedServer> = Arc::downgrade(&server);
    let mirror = attribute(&model, "T1LD0/GGIO1.Policy.inST");
    let status = attribute(&model, "T1LD0/GGIO1.Policy.inMX");
    let (mirror_inside, status_inside) = (mirror.clone(), status.clone());
    server
        .register_write_handler(&sp(&model), move |_, attribute, value| {
            let server = inside.upgrade().unwrap();
            let old = server.get_int32(attribute).unwrap();
            {
                let _outer = server.lock_data_model();
                let _inner = server.lock_data_model();
                server.update_value(&mirror_inside, value).unwrap();
                server.update_int32(&status_inside, old).unwrap();
            }
            server.with_data_model(|server| server.get_value(&mirror_inside).unwrap());
            server.lock_data_model_raw();
            server.unlock_data_model();
            server
                .set_default_write_policy(Fc::CF, AccessPolicy::Allow)
                .unwrap();
            decide(&server, &mirror_inside, Decision::HardwareFault);
            server.register_connection_change(|_, _| {});
            assert!(server.is_running() && server.local_port().is_some());
            // A handler may replace itself.
            if *value == 3.into() {
                decide(&server, attribute, Decision::InvalidAddress);
            }
            Decision::Success
        })
        .unwrap();
    let client = connect(&server);
    for value in 1..=3 {
        write(&client, SP, value);
        assert_eq!(server.get_int32(&mirror).unwrap(), value);
        assert_eq!(server.get_int32(&status).unwrap(), value - 1);
        assert_eq!(read(&client, "T1LD0/GGIO1$ST$Policy$inST"), value.into());
    }
    assert_eq!(write_error(&client, SP, 4), DataAccessError::InvalidAddress);
    write(&client, "T1LD0/GGIO1$CF$Policy$inCF", 1);
}

fn a_handler_waits_for_another_thread_that_updates(new: NewServer) {
    let model = bay::model();
    let server = shared(new, &model);
    let inside: Weak<IedServer> = Arc::downgrade(&server);
    let mirror = attribute(&model, "T1LD0/GGIO1.Policy.inST");
    server
        .register_write_handler(&sp(&model), move |_, _, value| {
            let (server, mirror, value) = (inside.clone(), mirror.clone(), value.clone());
            std::thread::spawn(move || {
                let server = server.upgrade().unwrap();
                let _guard = server.lock_data_model();
                server.update_value(&mirror, &value).unwrap();
            })
            .join()
            .unwrap();
            Decision::Success
        })
        .unwrap();
    let client = connect(&server);
    write(&client, SP, 5);
    assert_eq!(read(&client, "T1LD0/GGIO1$ST$Policy$inST"), 5.into());
}

fn handlers_of_constructed_attributes_and_of_other_models_are_refused(new: NewServer) {
    let model = bay::model();
    let server = new(&model, None).unwrap();
    let accept = |_: &ClientConnection, _: &DataAttribute, _: &MmsValue| Decision::Success;
    let constructed = attribute(&model, "T1LD0/GGIO1.List.pnt(1)");
    let foreign = sp(&bay::model());
    for attribute in [constructed, foreign] {
        assert!(matches!(
            server.register_write_handler(&attribute, accept),
            Err(Error::WrongKind { .. })
        ));
    }
}

fn a_slow_handler_delays_its_own_client_only(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (entered, has_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let may_leave = Mutex::new(may_leave);
    server
        .register_write_handler(&sp(&model), move |_, _, _| {
            entered.send(()).unwrap();
            may_leave.lock().recv_timeout(patience()).unwrap();
            Decision::Success
        })
        .unwrap();
    let slow = connect(&server);
    let others: Vec<_> = (0..20).map(|_| connect(&server)).collect();
    let done = Arc::new(Mutex::new(Vec::new()));
    let writing = std::thread::spawn({
        let done = done.clone();
        move || {
            write(&slow, SP, 5);
            done.lock().push("write");
        }
    });
    has_entered.recv_timeout(patience()).unwrap();
    // While the handler is at it, everybody else reads, writes, browses, comes and goes.
    for client in &others {
        assert_eq!(read(client, SP), 0.into());
        write(client, "T1LD0/GGIO1$SV$Policy$inSV", 1);
        assert_eq!(client.domain_names().unwrap().len(), 3);
    }
    let late = connect(&server);
    assert_eq!(read(&late, SP), 0.into());
    late.conclude().unwrap();
    done.lock().push("others");
    leave.send(()).unwrap();
    writing.join().unwrap();
    assert_eq!(*done.lock(), ["others", "write"]);
    assert_eq!(read(&others[0], SP), 5.into());
}

fn many_slow_handlers_at_once(new: NewServer) {
    const SLOW: usize = 24;
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (entered, has_entered) = mpsc::channel();
    let gate = Arc::new((Mutex::new(false), parking_lot::Condvar::new()));
    let inside = gate.clone();
    server
        .register_write_handler(&sp(&model), move |_, _, _| {
            entered.send(()).unwrap();
            let (open, changed) = &*inside;
            let mut open = open.lock();
            while !*open {
                changed.wait(&mut open);
            }
            Decision::Success
        })
        .unwrap();
    let writers: Vec<_> = (0..SLOW)
        .map(|number| {
            let client = try_connect(address(&server), patient()).unwrap();
            std::thread::spawn(move || write(&client, SP, number as i32))
        })
        .collect();
    // All of them are in the handler at the same time, more than there are cores.
    for _ in 0..SLOW {
        has_entered.recv_timeout(patience()).unwrap();
    }
    let client = connect(&server);
    assert_eq!(read(&client, SP), 0.into());
    *gate.0.lock() = true;
    gate.1.notify_all();
    for writer in writers {
        writer.join().unwrap();
    }
    assert_ne!(read(&client, "T1LD0/GGIO1$SP$Policy"), 0.into());
}

/// Uses the server once more when it is dropped.
struct Last {
    server: Weak<IedServer>,
    attribute: DataAttribute,
    dropped: mpsc::Sender<()>,
}

impl Drop for Last {
    fn drop(&mut self) {
        if let Some(server) = self.server.upgrade() {
            decide(&server, &self.attribute, Decision::Success);
            server.set_authenticator(|_, _| true);
            server.register_connection_change(|_, _| {});
        }
        self.dropped.send(()).unwrap();
    }
}

fn what_a_handler_has_captured_may_use_the_server_to_the_last(new: NewServer) {
    let model = bay::model();
    let server = shared(new, &model);
    let attribute = sp(&model);
    let (sender, dropped) = mpsc::channel();
    std::thread::spawn(move || {
        let last = || Last {
            server: Arc::downgrade(&server),
            attribute: attribute.clone(),
            dropped: sender.clone(),
        };
        let (of_write, of_connection, of_authenticator) = (last(), last(), last());
        server
            .register_write_handler(&attribute, move |_, _, _| {
                let _captured = &of_write;
                Decision::Success
            })
            .unwrap();
        server.register_connection_change(move |_, _| {
            let _captured = &of_connection;
        });
        server.set_authenticator(move |_, _| {
            let _captured = &of_authenticator;
            true
        });
        // Each is replaced by another one.
        decide(&server, &attribute, Decision::Success);
        server.register_connection_change(|_, _| {});
        server.set_authenticator(|_, _| true);
    });
    for _ in 0..3 {
        dropped.recv_timeout(patience()).unwrap();
    }
}
