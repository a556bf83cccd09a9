//! What only the engine on the C library has to prove: that it is as safe as our own whatever a program does, that it gives back what
//! it takes, and that it says what it cannot do. What it does is shown by the tests that run on both engines.
#![cfg(feature = "libiec61850")]

#[path = "support/mod.rs"]
mod support;

use chrono::Utc;
use iec61850::link::MemoryNetwork;
use iec61850::{
    CdcControlModelOptions as ControlOptions, CdcFactory, CdcOptions, CheckHandlerResult,
    ControlHandlerResult, ControlModel, DataObject, Engine, Error, IedModel, IedServer,
    IedServerConfig, MmsDataAccessError, MmsValue, RcbEventType, Timestamp,
};
use mms::pdu::ObjectScope;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use support::control::{Command, Operator};
use support::{
    LIBIEC61850, NATIVE, attribute, bay, connect, name, patience, read, started, write, write_error,
};

const IN_SP: &str = "T1LD0/GGIO1$SP$Policy$inSP";

fn refused(change: impl FnOnce(&mut IedServerConfig)) -> String {
    let mut config = IedServerConfig::new();
    change(&mut config);
    match LIBIEC61850(&bay::model(), Some(config)) {
        Err(Error::NotSupported { what, engine }) => {
            assert_eq!(engine, Engine::Libiec61850);
            what
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_library_cannot_do_is_refused_by_name() {
    Engine::Libiec61850.check().unwrap();
    assert_eq!(
        refused(|c| c.max_pdu_size = 1000),
        "the setting max_pdu_size"
    );
    assert_eq!(
        refused(|c| c.behaviour_enabled = true),
        "the setting behaviour_enabled"
    );
    let server = LIBIEC61850(&bay::model(), None).unwrap();
    let error = server.start_on("[::1]:0".parse().unwrap()).unwrap_err();
    assert!(error.to_string().contains("IPv6"), "{error}");
    let link = MemoryNetwork::new().link([2, 0, 0, 0, 0, 1]);
    let error = server.set_goose_link(link).unwrap_err();
    assert!(matches!(error, Error::NotSupported { .. }), "{error}");
}

/// The library would crash when a client reads such a data set.
#[test]
fn a_member_in_a_device_with_a_functional_name_is_refused() {
    let model = bay::model();
    let node = model.node_by_reference("T1LD0/GGIO1").unwrap();
    let set = node
        .into_logical_node()
        .unwrap()
        .create_dataset("Functional")
        .unwrap();
    set.create_dataset_entry("Other/LLN0$ST$Beh$stVal", None, None)
        .unwrap();
    let error = LIBIEC61850(&model, None).unwrap_err();
    assert!(error.to_string().contains("functional name"), "{error}");
    // The model is free again, and our engine can.
    let server = started(NATIVE(&model, None).unwrap());
    let client = connect(&server);
    assert_eq!(
        client
            .read_list(name("T1LD0/GGIO1$Functional"))
            .unwrap()
            .len(),
        1
    );
}

/// libiec61850 1.6.1 crashes where it asks about the data sets of an association.
#[test]
fn objects_are_hidden_only_where_that_is_safe() {
    let server = LIBIEC61850(&bay::model(), None).unwrap();
    let error = server
        .set_list_objects_access_handler(|_| true)
        .unwrap_err();
    assert!(error.to_string().contains("listed objects"), "{error}");
    drop(server);
    let config = IedServerConfig {
        dynamic_dataset_enabled: false,
        ..IedServerConfig::default()
    };
    let server = started(LIBIEC61850(&bay::model(), Some(config)).unwrap());
    server.set_list_objects_access_handler(|_| true).unwrap();
    let client = connect(&server);
    for scope in [ObjectScope::Association, ObjectScope::Vmd] {
        let names = client.variable_list_names(scope).unwrap();
        assert_eq!(names, [""; 0]);
    }
    let names = client.variable_list_names(ObjectScope::Domain("T1LD0"));
    assert!(!names.unwrap().is_empty());
}

#[test]
fn a_taken_port_is_an_error_of_the_system() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = LIBIEC61850(&bay::model(), None).unwrap();
    let error = server.start_on(taken.local_addr().unwrap()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(!server.is_running());
    started(server).stop();
}

#[test]
fn servers_of_both_engines_in_one_process() {
    let servers: Vec<_> = [LIBIEC61850, NATIVE, LIBIEC61850]
        .map(|new| {
            let model = bay::model();
            (started(new(&model, None).unwrap()), model)
        })
        .into();
    let clients: Vec<_> = servers.iter().map(|(server, _)| connect(server)).collect();
    for (number, (server, model)) in (1..).zip(&servers) {
        server
            .update_int32(&attribute(model, "T1LD0/GGIO1.Policy.inSP"), number)
            .unwrap();
    }
    for (number, client) in (1..).zip(&clients) {
        assert_eq!(read(client, IN_SP), MmsValue::Integer(number));
    }
}

#[test]
fn the_model_may_be_dropped_first() {
    let model = bay::model();
    let server = LIBIEC61850(&model, None).unwrap();
    drop(model);
    let server = started(server);
    let client = connect(&server);
    write(&client, IN_SP, 5);
    assert_eq!(read(&client, IN_SP), 5.into());
    let model = server.model().clone();
    drop(server);
    // And it is free.
    drop(LIBIEC61850(&model, None).unwrap());
}

/// In callbacks with and without the lock, and in those that are told elsewhere.
#[test]
fn a_server_is_dropped_in_its_callbacks() {
    type Register = fn(&IedServer, Box<dyn Fn() + Send + Sync>);
    let ways: [(&str, Register); 5] = [
        ("write", |server, end| {
            let attribute = attribute(server.model(), "T1LD0/GGIO1.Policy.inSP");
            server
                .register_write_handler(&attribute, move |_, _, _| {
                    end();
                    MmsDataAccessError::Success
                })
                .unwrap();
        }),
        ("read", |server, end| {
            server.set_read_access_handler(move |_, _, _| {
                end();
                MmsDataAccessError::Success
            });
        }),
        ("connection", |server, end| {
            server.register_connection_change(move |_, connected| {
                if connected {
                    end();
                }
            });
        }),
        ("directory", |server, end| {
            server.set_directory_access_handler(move |_, _, _| {
                end();
                true
            });
        }),
        ("report", |server, end| {
            server.register_rcb_event_handler(move |event| {
                if event.event == RcbEventType::Enable {
                    end();
                }
            });
        }),
    ];
    for (what, register) in ways {
        let model = bay::model();
        let server = started(LIBIEC61850(&model, None).unwrap());
        let at = server.local_address().unwrap();
        let owner = Arc::new(Mutex::new(None));
        let (sender, ended) = channel();
        let own = owner.clone();
        register(
            &server,
            Box::new(move || {
                // The lock is not held while it is dropped.
                let server: Option<IedServer> = own.lock().take();
                if server.is_some() {
                    drop(server);
                    sender.send(()).unwrap();
                }
            }),
        );
        *owner.lock() = Some(server);
        if let Ok(client) = support::try_connect(at, support::patient()) {
            // It may be over before the answer.
            let _ = client.write(name(IN_SP), &1.into());
            let _ = client.read(name(IN_SP));
            let _ = client.domain_names();
            let _ = client.write(name("T1LD0/LLN0$RP$urcb01$RptEna"), &true.into());
            let _ = client.closed();
        }
        ended.recv_timeout(patience()).expect(what);
        // The model is given back by the server that was dropped.
        drop(LIBIEC61850(&model, None).unwrap());
    }
}

#[test]
fn handlers_are_replaced_while_they_run() {
    let model = bay::model();
    let server = Arc::new(started(LIBIEC61850(&model, None).unwrap()));
    let client = connect(&server);
    let target = attribute(&model, "T1LD0/GGIO1.Policy.inSP");
    let weak = Arc::downgrade(&server);
    let captured = vec![1_u8; 1 << 16];
    let itself = target.clone();
    server
        .register_write_handler(&target, move |_, _, _| {
            let server = weak.upgrade().unwrap();
            server
                .register_write_handler(&itself, |_, _, _| MmsDataAccessError::HardwareFault)
                .unwrap();
            // What this one has captured is still there.
            assert_eq!(
                captured.iter().map(|one| u32::from(*one)).sum::<u32>(),
                1 << 16
            );
            MmsDataAccessError::Success
        })
        .unwrap();
    write(&client, IN_SP, 1);
    write_error(&client, IN_SP, 1);
}

/// Every kind of callback panics; each is a refusal, and the server goes on.
#[test]
fn panics_are_refusals() {
    let model = bay::model();
    let server = started(LIBIEC61850(&model, None).unwrap());
    server.register_connection_change(|_, _| panic!("connection"));
    server.register_rcb_event_handler(|_| panic!("report"));
    let client = connect(&server);
    let target = attribute(&model, "T1LD0/GGIO1.Policy.inSP");
    server
        .register_write_handler(&target, |_, _, _| panic!("write"))
        .unwrap();
    write_error(&client, IN_SP, 1);
    write(&client, "T1LD0/LLN0$RP$urcb01$RptEna", true);
    server.set_data_set_access_handler(|_, _, _| panic!("data set"));
    assert!(client.read_list(name("T1LD0/LLN0$Events")).is_err());
    server.set_control_block_access_handler(|_| panic!("control block"));
    assert!(client.read(name("T1LD0/LLN0$RP$urcb01$RptEna")).is_err());
    server.set_read_access_handler(|_, _, _| panic!("read"));
    assert!(client.read(name(IN_SP)).is_err());
    server.set_directory_access_handler(|_, _, _| panic!("directory"));
    assert!(client.domain_names().is_err());
    server.set_file_access_handler(|_, _, _, _| panic!("file"));
    assert!(client.file_delete("none").is_err());
    server.set_authenticator(|_, _| panic!("authenticator"));
    assert!(support::try_connect(server.local_address().unwrap(), support::patient()).is_err());
    server.set_read_access_handler(|_, _, _| MmsDataAccessError::Success);
    assert_eq!(read(&client, IN_SP), 0.into());
}

/// The handlers of commands, whether they block or wait, drop what they like.
/// A server with one object to control.
fn controlled(options: ControlOptions) -> (IedServer, DataObject) {
    let model = IedModel::new("T1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    device.create_logical_node("LLN0").unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let object = node
        .create_cdc_spc("SPCSO1", CdcOptions::empty(), options)
        .unwrap();
    (started(LIBIEC61850(&model, None).unwrap()), object)
}

/// Where a client that goes is told.
fn departures(server: &IedServer) -> Receiver<()> {
    let (gone, is_gone) = channel();
    server.register_connection_change(move |_, connected| {
        if !connected {
            // The test may be over.
            let _ = gone.send(());
        }
    });
    is_gone
}

const OBJECT: &str = "T1LD0/GGIO1$CO$SPCSO1";

#[test]
fn a_select_whose_check_waits_outlives_its_client() {
    for options in [
        ControlOptions::MODEL_SBO_NORMAL,
        ControlOptions::MODEL_SBO_ENHANCED,
    ] {
        let is_enhanced = options == ControlOptions::MODEL_SBO_ENHANCED;
        let (server, object) = controlled(options);
        let is_gone = departures(&server);
        let (asked, is_asked) = channel();
        server
            .register_control_static_check_handler_async(&object, move |_, _, _, _, _| {
                asked.send(()).unwrap();
                std::future::pending()
            })
            .unwrap();
        let operator = Operator::new(connect(&server), OBJECT);
        let client = operator.client.clone();
        let asking = std::thread::spawn(move || {
            // It is over before there is an answer.
            if is_enhanced {
                let value = Command::new(true, 1).oper();
                let _ = operator
                    .client
                    .write(name(&format!("{OBJECT}$SBOw")), &value);
            } else {
                let _ = operator.client.read(name(&format!("{OBJECT}$SBO")));
            }
        });
        is_asked.recv_timeout(patience()).unwrap();
        client.abort();
        is_gone.recv_timeout(patience()).unwrap();
        asking.join().unwrap();
        server
            .register_control_static_check_handler(&object, |_, _, _, _, _| {
                CheckHandlerResult::Accepted
            })
            .unwrap();
        let operator = Operator::new(connect(&server), OBJECT);
        let selected = || {
            if is_enhanced {
                let command = Command::new(true, 2);
                operator.select_with_value(&command).is_ok()
            } else {
                operator.select()
            }
        };
        let give_up = Instant::now() + patience();
        while !selected() {
            assert!(Instant::now() < give_up, "still selected by who has gone");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(is_asked.try_recv().is_err(), "asked again");
    }
}

#[test]
fn a_time_activated_command_outlives_its_client() {
    let (server, object) =
        controlled(ControlOptions::MODEL_DIRECT_ENHANCED | ControlOptions::MODEL_IS_TIME_ACTIVATED);
    let is_gone = departures(&server);
    let (operated, is_operated) = channel();
    server
        .register_control_handler(&object, move |_, action, _, _| {
            operated.send(action.control_time()).unwrap();
            ControlHandlerResult::Ok
        })
        .unwrap();
    let operator = Operator::new(connect(&server), OBJECT);
    let in_a_moment = u64::try_from(Utc::now().timestamp_millis()).unwrap() + 300;
    let MmsValue::Structure(mut parts) = Command::new(true, 1).oper() else {
        unreachable!("a command is a structure");
    };
    parts.insert(1, Timestamp::from_ms(in_a_moment).into());
    let oper = format!("{OBJECT}$Oper");
    operator
        .client
        .write(name(&oper), &MmsValue::Structure(parts))
        .unwrap();
    operator.client.abort();
    is_gone.recv_timeout(patience()).unwrap();
    let other = connect(&server);
    // Whether it is still executed is the library's choice; that it goes on is not.
    let _ = is_operated.recv_timeout(Duration::from_millis(600));
    other.identify().unwrap();
}

#[test]
fn a_command_outlives_its_client_and_its_server() {
    let model = IedModel::new("T1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    device.create_logical_node("LLN0").unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let object = node
        .create_cdc_spc(
            "SPCSO1",
            CdcOptions::empty(),
            ControlModel::DirectEnhanced.into(),
        )
        .unwrap();
    let server = started(LIBIEC61850(&model, None).unwrap());
    let (entered, has_entered) = channel();
    let (leave, may_leave) = channel::<()>();
    let may_leave = Mutex::new(may_leave);
    server
        .register_control_static_check_handler(&object, |_, _, _, _, _| {
            CheckHandlerResult::Accepted
        })
        .unwrap();
    server
        .register_control_handler(&object, move |_, _, _, _| {
            entered.send(()).unwrap();
            // The test has gone on, and the server has ended.
            let _ = may_leave.lock().recv_timeout(patience());
            ControlHandlerResult::Ok
        })
        .unwrap();
    let operator = Operator::new(connect(&server), "T1LD0/GGIO1$CO$SPCSO1");
    operator.operate(&Command::new(true, 1)).unwrap();
    has_entered.recv_timeout(patience()).unwrap();
    // The client goes first. libiec61850 would send it the end of the command all the same.
    let (gone, is_gone) = channel();
    server.register_connection_change(move |_, connected| {
        if !connected {
            gone.send(()).unwrap();
        }
    });
    drop(operator);
    is_gone.recv_timeout(patience()).unwrap();
    leave.send(()).unwrap();
    let operator = Operator::new(connect(&server), "T1LD0/GGIO1$CO$SPCSO1");
    operator.operate(&Command::new(true, 2)).unwrap();
    has_entered.recv_timeout(patience()).unwrap();
    // Then the server.
    server.stop();
    leave.send(()).unwrap();
    let server = started(server);
    let operator = Operator::new(connect(&server), "T1LD0/GGIO1$CO$SPCSO1");
    operator.operate(&Command::new(true, 3)).unwrap();
    has_entered.recv_timeout(patience()).unwrap();
    drop(server);
    drop(operator);
    leave.send(()).unwrap();
}

#[test]
fn a_client_can_be_ended_when_its_server_is_gone() {
    let server = started(LIBIEC61850(&bay::model(), None).unwrap());
    let (sender, clients) = channel();
    server.register_connection_change(move |client, connected| {
        if connected {
            sender.send(client.clone()).unwrap();
        }
    });
    let client = connect(&server);
    let seen = clients.recv_timeout(patience()).unwrap();
    assert!(seen.peer_address().port() != 0);
    drop(server);
    client.closed().unwrap();
    assert!(!seen.abort());
}

/// Octets of the process that are in memory.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB").trim();
    kilobytes.parse::<usize>().unwrap() * 1024
}

/// Servers, models and threads are given back: a thousand of each leave no trace. One of these servers takes some 100 kB, so that
/// one in a hundred that is not given back would be seen.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_starts_leave_no_memory_behind() {
    /// Set in the process that has no other tests, whose memory would count.
    const ALONE: &str = "IED_MEMORY_ALONE";
    let under_valgrind = std::env::var_os("IED_UNDER_VALGRIND").is_some();
    if !under_valgrind && std::env::var_os(ALONE).is_none() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_thousand_starts_leave_no_memory_behind"])
            .env(ALONE, "1")
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    let round = || {
        let server = started(LIBIEC61850(&bay::model(), None).unwrap());
        server.stop();
    };
    let rounds = if under_valgrind { 20 } else { 1000 };
    (0..rounds / 10).for_each(|_| round());
    let before = memory();
    (0..rounds).for_each(|_| round());
    let server = LIBIEC61850(&bay::model(), None).unwrap();
    for _ in 0..rounds {
        server.start_on("127.0.0.1:0".parse().unwrap()).unwrap();
        server.stop();
    }
    drop(server);
    let grown = memory().saturating_sub(before);
    // Valgrind says itself what was not given back, and takes memory for it.
    if !under_valgrind {
        assert!(grown < 4 << 20, "{grown} octets more than before");
    }
}
