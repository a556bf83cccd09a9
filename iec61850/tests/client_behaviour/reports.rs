use super::{Bench, PATIENCE, differs, engine_tests, next};
use iec61850::client::{
    IedConnectionState, RcbElement, ReasonForInclusion as Reason, ReconnectOptions,
    SubscribeOptions,
};
use iec61850::{
    ClientConnection, Engine, IedClientError as Code, MmsValue, ReportOptions, TriggerOptions,
};
use std::sync::mpsc;
use std::time::Duration;

engine_tests!(
    a_callback_gets_reports,
    values_of_control_blocks,
    a_stream_gets_segments_as_one_report,
    a_stream_ends_with_a_connection_that_stays_lost,
    reports_that_nobody_takes_are_counted,
    a_report_without_a_taker,
    a_buffered_subscription_loses_nothing_over_a_reconnection,
    an_unbuffered_subscription_is_taken_up_again,
);

const URCB: &str = "GOLDLD1/LLN0.RP.urcb01";
const BRCB: &str = "GOLDLD1/LLN0.BR.brcb01";

fn every_change() -> SubscribeOptions {
    SubscribeOptions::new()
        .with_trg_ops(TriggerOptions::DATA_CHANGED | TriggerOptions::GI)
        .with_opt_flds(ReportOptions::ALL - ReportOptions::SEGMENTATION)
        .with_intg_pd(Duration::ZERO)
        .with_buf_tm(Duration::ZERO)
}

fn a_callback_gets_reports(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let (reports, received) = mpsc::channel();
    let mut rcb = connection
        .create_rcb_and_subscribe(
            URCB,
            move |report| reports.send(report.clone()).unwrap(),
            every_change().with_reservation(1).with_gi(),
        )
        .unwrap();
    let all = next(&received);
    assert_eq!(all.rcb_reference(), URCB);
    assert_eq!(all.dataset_name(), Some("GOLDLD1/LLN0$dsInd"));
    assert_eq!(
        (all.seq_num(), all.missed(), all.conf_rev()),
        (Some(0), None, Some(1))
    );
    assert_eq!(all.included().len(), 4);
    assert_eq!(all.reason_for_inclusion(3), Reason::GI);
    assert_eq!(all.data_reference(0), Some("GOLDLD1/GGIO1$ST$Ind1"));
    assert!(all.timestamp().is_some() && all.entry_id().is_none());

    let indication = bench.attribute("GGIO1.Ind2.stVal");
    bench.server.update_boolean(&indication, true).unwrap();
    let change = next(&received);
    assert_eq!((change.seq_num(), change.missed()), (Some(1), Some(0)));
    let reasons: Vec<Reason> = (0..4).map(|i| change.reason_for_inclusion(i)).collect();
    assert_eq!(
        reasons,
        [
            Reason::NOT_INCLUDED,
            Reason::DATA_CHANGE,
            Reason::NOT_INCLUDED,
            Reason::NOT_INCLUDED
        ]
    );
    // What is not in it keeps its last value.
    assert!(change.dataset_values().iter().all(Option::is_some));

    // While it is enabled, nothing can be changed.
    rcb.set_buf_tm(1000);
    let error = rcb.set_values(true).unwrap_err();
    assert_eq!(error.code(), Some(Code::TemporarilyUnavailable));
    assert!(error.to_string().contains("urcb01.BufTm"), "{error}");
    rcb.clear_element_changed();

    // Another client does not get it.
    let other = bench.connect();
    let mut taken = other.read_rcb(URCB).unwrap();
    assert_eq!((taken.resv(), taken.rpt_ena()), (Some(true), true));
    taken.set_rpt_ena(false);
    let error = taken.set_values(true).unwrap_err();
    assert_eq!(error.code(), Some(Code::TemporarilyUnavailable));

    rcb.unsubscribe().unwrap();
    bench.server.update_boolean(&indication, false).unwrap();
    rcb.update_values().unwrap();
    assert_eq!((rcb.rpt_ena(), rcb.resv()), (false, Some(false)));
    assert!(received.try_recv().is_err());
}

fn values_of_control_blocks(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let mut rcb = connection.read_rcb(BRCB).unwrap();
    assert!(rcb.is_buffered() && rcb.has_resv_tms() && rcb.resv().is_none());
    assert_eq!(rcb.rpt_id(), "GoldenBRCB1");
    assert_eq!(rcb.entry_id().unwrap().len(), 8);
    assert_eq!(rcb.element_changed(), RcbElement::empty());
    let before = rcb.conf_rev();
    // Nothing changed, nothing sent.
    rcb.set_values(true).unwrap();
    rcb.set_dataset_reference("GOLDLD1/LLN0.dsMeas");
    rcb.set_buf_tm(100);
    assert_eq!(
        rcb.element_changed(),
        RcbElement::DATSET | RcbElement::BUF_TM
    );
    rcb.set_values(false).unwrap();
    assert_eq!(rcb.element_changed(), RcbElement::empty());
    rcb.update_values().unwrap();
    assert_eq!(rcb.dataset_reference(), "GOLDLD1/LLN0$dsMeas");
    assert_eq!((rcb.buf_tm(), rcb.conf_rev()), (100, before + 1));
    rcb.set_dataset_reference("GOLDLD1/LLN0.none");
    let error = rcb.set_values(true).unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectValueInvalid));

    let error = connection.read_rcb("GOLDLD1/LLN0.RP.none").unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectDoesNotExist));
    let error = connection.read_rcb("GOLDLD1/LLN0.urcb01").unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectReferenceInvalid));
    let error = connection.trigger_gi_report(URCB).unwrap_err();
    assert_eq!(error.code(), Some(Code::TemporarilyUnavailable));
}

fn a_stream_gets_segments_as_one_report(engine: Engine) {
    let bench = Bench::start(engine);
    let mut options = Bench::options(engine);
    options.max_pdu_size = 256;
    let connection = bench.connect_with(options);
    let mut rcb = connection.read_rcb(URCB).unwrap();
    let mut reports = rcb.reports(10);
    rcb.subscribe(every_change().with_gi()).unwrap();
    let report = reports.next_within(PATIENCE).unwrap().unwrap();
    if differs(engine, "segments") {
        assert_eq!(report.segments(), None);
        let rest = reports.next_within(PATIENCE).unwrap().unwrap();
        assert_eq!(report.included().len() + rest.included().len(), 4);
        assert!(rest.dataset_values().iter().all(Option::is_some));
        return;
    }
    assert!(
        report.segments().is_some_and(|segments| segments > 1),
        "{report:?}"
    );
    assert_eq!(report.included().len(), 4);
    assert!(report.dataset_values().iter().all(Option::is_some));
    connection.close();
    // The end of the connection is that of the stream.
    assert!(reports.next().is_none());
}

fn a_stream_ends_with_a_connection_that_stays_lost(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let mut rcb = connection.read_rcb(URCB).unwrap();
    let mut reports = rcb.reports(10);
    rcb.subscribe(every_change().with_gi()).unwrap();
    assert!(reports.next().is_some());
    bench.server.stop();
    assert!(reports.next().is_none());
}

fn reports_that_nobody_takes_are_counted(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let mut rcb = connection.read_rcb(URCB).unwrap();
    let mut reports = rcb.reports(2);
    rcb.subscribe(every_change()).unwrap();
    // The same changes by a second control block: when they have come, those of the first come, too.
    let (tell, told) = mpsc::channel();
    let second = every_change().with_dataset("GOLDLD1/LLN0.dsInd");
    let second = connection.create_rcb_and_subscribe(
        "GOLDLD1/LLN0.RP.urcb02",
        move |report| tell.send(report.seq_num()).unwrap(),
        second,
    );
    let _second = second.unwrap();
    let indication = bench.attribute("GGIO1.Ind1.stVal");
    for step in 0..5 {
        bench
            .server
            .update_boolean(&indication, step % 2 == 0)
            .unwrap();
    }
    while next(&told) != Some(4) {}
    // The other's may be right behind it, and are in front of this answer.
    connection.identify().unwrap();
    let first = reports.try_next().unwrap();
    let second = reports.try_next().unwrap();
    assert_eq!((first.seq_num(), second.seq_num()), (Some(0), Some(1)));
    assert!(reports.try_next().is_none());
    bench.server.update_boolean(&indication, false).unwrap();
    let later = reports.next_within(PATIENCE).unwrap().unwrap();
    assert_eq!((later.seq_num(), later.missed()), (Some(5), Some(3)));
}

fn a_report_without_a_taker(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let mut rcb = connection.read_rcb(URCB).unwrap();
    rcb.subscribe(every_change().with_gi()).unwrap();
    connection.unregister_report_handler(URCB);
    rcb.trigger_gi().unwrap();
    connection.identify().unwrap();
    let counted = connection.unclaimed_reports() >= 1;
    assert_eq!(counted, !differs(engine, "unclaimed"));
}

/// Ends the connections of the server until the client has lost its own: libiec61850's client may
/// have opened, and given up, another one in front of it.
fn cut(clients: &mpsc::Receiver<ClientConnection>, told: &mpsc::Receiver<IedConnectionState>) {
    loop {
        next(clients).abort();
        clients.try_iter().for_each(|client| {
            client.abort();
        });
        match told.recv_timeout(Duration::from_secs(1)) {
            Ok(IedConnectionState::Closed) => return,
            Ok(other) => panic!("{other:?}"),
            Err(_) => {}
        }
    }
}

fn a_buffered_subscription_loses_nothing_over_a_reconnection(engine: Engine) {
    let bench = Bench::start(engine);
    let delay = Duration::from_millis(20);
    let options = Bench::options(engine).with_reconnect(ReconnectOptions::new(delay, delay));
    let connection = bench.connect_with(options);
    let (clients, client) = mpsc::channel();
    bench
        .server
        .register_connection_change(move |client, connected| {
            if connected {
                clients.send(client.clone()).unwrap();
            }
        });
    connection.close();
    connection
        .connect("127.0.0.1", bench.address().port())
        .unwrap();
    let mut rcb = connection.read_rcb(BRCB).unwrap();
    let mut reports = rcb.reports(1000);
    let options = every_change()
        .with_dataset("GOLDLD1/LLN0.dsLeaf")
        .with_purge();
    rcb.subscribe(options).unwrap();

    let value = bench.attribute("GGIO1.IntIn1.stVal");
    let mut seen = Vec::new();
    let (states, told) = mpsc::channel();
    connection.on_connection_state_change(move |_, state| states.send(state).unwrap());
    for round in 0..4 {
        for step in 0..5 {
            bench
                .server
                .update_int32(&value, 100 + round * 10 + step)
                .unwrap();
            if step == 2 {
                cut(&client, &told);
            }
        }
        while next(&told) != IedConnectionState::Connected {}
    }
    bench.server.update_int32(&value, 999).unwrap();
    while seen.last() != Some(&999) {
        let report = reports.next_within(PATIENCE).unwrap().expect("a report");
        assert!(!report.entries_lost());
        for member in report.included() {
            if let MmsValue::Integer(value) = member.value {
                seen.push(value);
            }
        }
    }
    let mut expected: Vec<i64> = (0..4)
        .flat_map(|r| (0..5).map(move |s| 100 + r * 10 + s))
        .collect();
    expected.push(999);
    assert_eq!(seen, expected, "every event once, in order");
}

fn an_unbuffered_subscription_is_taken_up_again(engine: Engine) {
    let bench = Bench::start(engine);
    let port = bench.address().port();
    let delay = Duration::from_millis(20);
    let options = Bench::options(engine).with_reconnect(ReconnectOptions::new(delay, delay));
    let connection = bench.connect_with(options);
    let mut rcb = connection.read_rcb(URCB).unwrap();
    let mut reports = rcb.reports(10);
    rcb.subscribe(every_change().with_gi()).unwrap();
    assert_eq!(
        reports
            .next_within(PATIENCE)
            .unwrap()
            .unwrap()
            .included()
            .len(),
        4
    );
    bench.server.stop();
    bench
        .server
        .start_on(([127, 0, 0, 1], port).into())
        .unwrap();
    // A general interrogation follows by itself.
    let report = reports.next_within(PATIENCE).unwrap().expect("a report");
    assert_eq!((report.included().len(), report.seq_num()), (4, Some(0)));
    assert_eq!(report.reason_for_inclusion(0), Reason::GI);
}
