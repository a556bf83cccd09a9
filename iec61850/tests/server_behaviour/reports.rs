//! Reports over the network, as clients and the application see them. Rules and timers are tested on
//! paused time, beside the engine.

use crate::support::{
    NewServer, attribute, bay, connect, engine_tests, patience, read, started, write,
};
use iec61850::{IedServer, ModelNode, RcbEventType, ReportControlBlock};
use mms::MmsValue;
use mms::client::blocking::Client;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

engine_tests!(
    changes_reach_a_subscriber,
    a_lock_makes_one_report_of_several_changes,
    many_changes_from_many_threads_are_all_reported,
    the_state_of_a_control_block,
    a_handler_of_events_may_call_the_server,
    writes_of_clients_are_reported,
    stopping_while_reports_are_sent,
);

const URCB: &str = "T1LD0/LLN0$RP$urcb01";

type Reports = Receiver<Vec<MmsValue>>;

fn reports(client: &Client) -> (Reports, mms::client::Subscription) {
    let (sender, reports) = channel();
    let subscription = client.on_information_report(move |report| {
        let values = report.results.into_iter();
        // The test may be over.
        let _ = sender.send(values.map(|value| value.to_value()).collect());
    });
    (reports, subscription)
}

/// Has the control block report data changes at once, with the sequence number as only field.
fn enable(client: &Client, block: &str) {
    let bits = |length, set: &[usize]| {
        let mut bits = mms::BitString::new(length);
        set.iter().for_each(|&bit| bits.set(bit, true));
        MmsValue::BitString(bits)
    };
    write(client, &format!("{block}$BufTm"), 0u32);
    write(client, &format!("{block}$TrgOps"), bits(6, &[1]));
    write(client, &format!("{block}$OptFlds"), bits(10, &[1]));
    write(client, &format!("{block}$RptEna"), true);
}

fn control_block(server_model: &iec61850::IedModel, buffered: bool) -> ReportControlBlock {
    let Some(ModelNode::LogicalNode(node)) = server_model.model_node_by_reference("T1LD0/LLN0")
    else {
        panic!("no LLN0");
    };
    let mut blocks = node.report_control_blocks().into_iter();
    blocks
        .find(|block| block.is_buffered() == buffered)
        .unwrap()
}

/// The member that changes in these tests, first of the data set.
fn changing(model: &iec61850::IedModel) -> iec61850::DataAttribute {
    attribute(model, "T1LD0/GGIO1.Status.v0")
}

fn toggle(server: &IedServer, model: &iec61850::IedModel, on: bool) {
    server.update_boolean(&changing(model), on).unwrap();
}

fn changes_reach_a_subscriber(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let (reports, _subscription) = reports(&client);
    let before = server.get_boolean(&changing(&model)).unwrap();
    enable(&client, URCB);
    for (number, on) in [(0u32, !before), (1, before)] {
        toggle(&server, &model, on);
        let report = reports.recv_timeout(patience()).unwrap();
        assert_eq!(report[0], "unbuffered".into());
        assert_eq!(report[2], number.into());
        assert_eq!(report[3].to_string(), "100000");
        assert_eq!(report[4..], [on.into()]);
    }
    write(&client, &format!("{URCB}$RptEna"), false);
    toggle(&server, &model, !before);
    // An answer that comes after it would have come after the report.
    read(&client, &format!("{URCB}$RptEna"));
    assert!(reports.try_recv().is_err());
}

fn a_lock_makes_one_report_of_several_changes(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let (reports, _subscription) = reports(&client);
    enable(&client, URCB);
    let other = attribute(&model, "T1LD1/PTOC1.Plain.setVal");
    let on = !server.get_boolean(&changing(&model)).unwrap();
    server.with_data_model(|server| {
        server.update_boolean(&changing(&model), on).unwrap();
        server.update_int32(&other, 4).unwrap();
    });
    let report = reports.recv_timeout(patience()).unwrap();
    assert_eq!(report[3].to_string(), "100001");
    assert_eq!(report[4..], [on.into(), 4.into()]);
}

fn many_changes_from_many_threads_are_all_reported(new: NewServer) {
    const THREADS: u32 = 4;
    const EACH: u32 = 250;
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let clients: Vec<_> = (0..2).map(|_| connect(&server)).collect();
    let blocks = [URCB, "T1LD0/LLN0$BR$brcb01"];
    let subscriptions: Vec<_> = clients
        .iter()
        .zip(blocks)
        .map(|(client, block)| {
            let subscription = reports(client);
            enable(client, block);
            subscription
        })
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    // Each one is a change, whatever the other threads do.
                    server.with_data_model(|server| {
                        let on = !server.get_boolean(&changing(&model)).unwrap();
                        toggle(server, &model, on);
                    });
                }
            });
        }
    });
    for (reports, _) in subscriptions {
        let mut last: Option<MmsValue> = None;
        for number in 0..THREADS * EACH {
            let report = reports.recv_timeout(patience()).unwrap();
            // Eight bits of an unbuffered one, sixteen of a buffered one.
            let wanted = if report[0] == "unbuffered".into() {
                number % 256
            } else {
                number
            };
            assert_eq!(report[2], wanted.into());
            assert_ne!(last.as_ref(), Some(&report[4]));
            last = Some(report[4].clone());
        }
    }
}

fn the_state_of_a_control_block(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let (reports, _subscription) = reports(&client);
    let (unbuffered, buffered) = (control_block(&model, false), control_block(&model, true));
    let state = server.report_control_block_state(&unbuffered).unwrap();
    assert_eq!(
        (state.rpt_id.as_str(), state.dataset.as_str()),
        ("unbuffered", "T1LD0/LLN0$Events")
    );
    assert_eq!(
        (state.rpt_ena, state.resv, state.conf_rev),
        (false, Some(false), 7)
    );
    assert_eq!((state.entry_id, state.client.clone()), (None, None));
    enable(&client, URCB);
    enable(&client, "T1LD0/LLN0$BR$brcb01");
    toggle(
        &server,
        &model,
        !server.get_boolean(&changing(&model)).unwrap(),
    );
    reports.recv_timeout(patience()).unwrap();
    reports.recv_timeout(patience()).unwrap();
    let state = server.report_control_block_state(&unbuffered).unwrap();
    assert_eq!(
        (state.rpt_ena, state.resv, state.sq_num),
        (true, Some(true), 1)
    );
    assert!(state.client.is_some());
    let state = server.report_control_block_state(&buffered).unwrap();
    assert_eq!((state.resv, state.sq_num, state.dropped), (None, 1, 0));
    assert!(state.entry_id.is_some_and(|id| id != [0; 8]));
    assert!(state.time_of_entry.is_some() && state.resv_tms.is_some());
    let foreign = control_block(&bay::model(), true);
    assert!(server.report_control_block_state(&foreign).is_err());
}

fn a_handler_of_events_may_call_the_server(new: NewServer) {
    let model = bay::model();
    let server = std::sync::Arc::new(started(new(&model, None).unwrap()));
    let (sender, events) = channel();
    let weak = std::sync::Arc::downgrade(&server);
    let other = attribute(&model, "T1LD1/PTOC1.Plain.setVal");
    server.register_rcb_event_handler(move |event| {
        if event.event == RcbEventType::Enable {
            let server = weak.upgrade().unwrap();
            let _guard = server.lock_data_model();
            server.update_int32(&other, 3).unwrap();
            let block = &event.report_control_block;
            let state = server.report_control_block_state(block).unwrap();
            // The test may be over.
            let _ = sender.send((block.name().to_owned(), state.rpt_ena));
        }
    });
    let client = connect(&server);
    let (reports, _subscription) = reports(&client);
    enable(&client, URCB);
    assert_eq!(
        events.recv_timeout(patience()).unwrap(),
        ("urcb01".to_owned(), true)
    );
    assert_eq!(reports.recv_timeout(patience()).unwrap()[4..], [3.into()]);
}

fn writes_of_clients_are_reported(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (client, other) = (connect(&server), connect(&server));
    let (reports, _subscription) = reports(&client);
    write(&client, &format!("{URCB}$DatSet"), "T1LD0/LLN0$Settings");
    enable(&client, URCB);
    write(&other, "T1LD0/GGIO1$SP$Policy$inSP", 77);
    assert_eq!(reports.recv_timeout(patience()).unwrap()[4..], [77.into()]);
}

/// On the C library this ended the process now and then.
fn stopping_while_reports_are_sent(new: NewServer) {
    let model = bay::model();
    let server = new(&model, None).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    server.with_data_model(|server| {
                        let on = !server.get_boolean(&changing(&model)).unwrap();
                        toggle(server, &model, on);
                    });
                    std::thread::sleep(Duration::from_micros(100));
                }
            });
        }
        for _ in 0..40 {
            server.start_on("127.0.0.1:0".parse().unwrap()).unwrap();
            let client = connect(&server);
            let (reports, _subscription) = reports(&client);
            enable(&client, URCB);
            // This one goes on collecting while the server stops and starts.
            enable(&client, "T1LD0/LLN0$BR$brcb01");
            reports.recv_timeout(patience()).unwrap();
            server.stop();
            let (_, ours) = (client.closed(), control_block(&model, false));
            let state = server.report_control_block_state(&ours).unwrap();
            assert_eq!((state.rpt_ena, state.resv), (false, Some(false)));
        }
        stop.store(true, Ordering::SeqCst);
    });
}
