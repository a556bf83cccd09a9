//! The client against servers that lie, fall silent and come back, in memory and on paused time:
//! typed errors, never a hang or a panic.

use iec61850::client::asynchronous::{IedConnection, Stream};
use iec61850::client::{
    ConnectionOptions, IedConnectionState as State, ReconnectOptions, SubscribeOptions,
};
use iec61850::{FunctionalConstraint as Fc, IedClientError as Code, MmsValue, ReportOptions};
use mms::association::{Answered, Association, Handler, Reply};
use mms::net::{Connection, Remote, Session};
use mms::pdu::{
    ConfirmedRequest, InformationReportWriter, NameListWriter, ReadResponseWriter, RequestService,
    WriteResponseWriter, write_list_name, write_variables,
};
use mms::{BitString, ObjectName, RejectReason, ServiceError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;

type Answer = Arc<dyn Fn(ConfirmedRequest<'_>, Reply<'_>, &Remote) -> Answered + Send + Sync>;

/// A server that answers every request with what a function makes of it.
struct Liar {
    answer: Answer,
    remote: Remote,
}

impl Handler for Liar {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        (self.answer)(request, reply, &self.remote)
    }
}

impl Session for Liar {}

fn serve(stream: DuplexStream, answer: Answer) -> Remote {
    let association = Association::called(Arc::default(), Instant::now().into_std());
    let remote = Remote::new();
    let liar = Liar {
        answer,
        remote: remote.clone(),
    };
    let connection = Connection::new(stream, association, liar, vec![], remote.clone());
    tokio::spawn(connection.run());
    remote
}

async fn client_of<F>(options: ConnectionOptions, answer: F) -> IedConnection
where
    F: Fn(ConfirmedRequest<'_>, Reply<'_>, &Remote) -> Answered + Send + Sync + 'static,
{
    let connection = IedConnection::with_options(options);
    let answer: Answer = Arc::new(answer);
    connection
        .connect_through(move || {
            let (near, far) = duplex(1 << 16);
            serve(far, answer.clone());
            Box::pin(async move { Ok(Box::new(near) as Box<dyn Stream>) })
        })
        .await
        .unwrap();
    connection
}

fn values(reply: Reply<'_>, values: &[MmsValue]) -> Answered {
    reply.respond(|w| {
        let response = ReadResponseWriter::begin(w, None);
        for value in values {
            value.encode(w);
        }
        response.end(w);
    })
}

fn written(reply: Reply<'_>, count: usize) -> Answered {
    reply.respond(|w| {
        let mut response = WriteResponseWriter::begin(w);
        for _ in 0..count {
            response.push(w, Ok(()));
        }
        response.end(w);
    })
}

fn report(remote: &Remote, contents: &[MmsValue]) {
    let mut service = Vec::new();
    let w = &mut mms::ber::Writer::unbounded(&mut service);
    let report = InformationReportWriter::begin(w, |w| {
        write_list_name(w, ObjectName::Vmd("RPT"));
    });
    contents.iter().for_each(|value| value.encode(w));
    report.end(w);
    remote.unconfirmed(service, usize::MAX).unwrap();
}

fn urcb(rpt_id: &str) -> MmsValue {
    let options: BitString = ReportOptions::SEQ_NUM.into();
    MmsValue::Structure(vec![
        MmsValue::VisibleString(rpt_id.into()),
        MmsValue::Boolean(false),
        MmsValue::Boolean(false),
        MmsValue::VisibleString("LD/LLN0$ds".into()),
        MmsValue::Unsigned(1),
        MmsValue::BitString(options),
        MmsValue::Unsigned(0),
        MmsValue::Unsigned(0),
        MmsValue::BitString(BitString::new(6)),
        MmsValue::Unsigned(0),
        MmsValue::Boolean(false),
    ])
}

/// Every service of the client, each with the code of its error.
async fn every_service(connection: &IedConnection) -> Vec<(&'static str, Option<Code>)> {
    let mut codes = Vec::new();
    macro_rules! failing {
        ($($call:ident($($argument:expr),*);)+) => {
            $(
                let error = connection.$call($($argument),*).await.expect_err(stringify!($call));
                codes.push((stringify!($call), error.code()));
            )+
        };
    }
    failing! {
        read_value("LD/LLN0.Mod", Fc::ST);
        read_boolean("LD/LLN0.Mod.stVal", Fc::ST);
        write_boolean("LD/LLN0.Mod.stVal", Fc::ST, true);
        read_values(&["LD/LLN0.Mod[ST]", "LD/LLN0.Beh[ST]"]);
        write_values(&[("LD/LLN0.Mod[ST]", MmsValue::Boolean(true))]);
        get_variable_specification("LD/LLN0.Mod", Fc::ST);
        get_logical_devices();
        get_logical_nodes("LD");
        get_logical_device_datasets("LD");
        get_logical_node_directory("LD/LLN0", iec61850::AcsiClass::DataObject);
        get_data_directory("LD/LLN0.Mod");
        get_device_model();
        read_data_set_values("LD/LLN0.ds");
        get_dataset_directory("LD/LLN0.ds");
        create_dataset("@ds", &["LD/LLN0.Mod[ST]"]);
        delete_dataset("@ds");
        read_rcb("LD/LLN0.RP.r");
        trigger_gi_report("LD/LLN0.RP.r");
        read_control("LD/GGIO1.SPCSO1");
        read_sgcb("LD");
        select_active_sg("LD", 1);
        query_log_by_time("LD/LLN0$log", None, None);
        read_lcb("LD/LLN0.lcb");
        get_files(None);
        download_file("f");
        delete_file("f");
        rename_file("f", "g");
        read_gocb("LD/LLN0.g");
        read_svcb("LD/LLN0.MS.s");
        identify();
        server_status();
    }
    codes
}

fn short() -> ConnectionOptions {
    let mut options = ConnectionOptions::new();
    options.request_timeout = Duration::from_secs(1);
    options
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_nothing() {
    let connection = client_of(short(), |_, reply, _| {
        reply.reject(RejectReason::UNRECOGNIZED_SERVICE)
    })
    .await;
    for (call, code) in every_service(&connection).await {
        assert_eq!(code, Some(Code::ServiceNotSupported), "{call}");
    }
    let connection = client_of(short(), |_, reply, _| {
        reply.error(ServiceError::OBJECT_NON_EXISTENT)
    })
    .await;
    for (call, code) in every_service(&connection).await {
        assert_eq!(code, Some(Code::ObjectDoesNotExist), "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent() {
    let connection = client_of(short(), |_, reply, _| reply.ignore()).await;
    for (call, code) in every_service(&connection).await {
        assert_eq!(code, Some(Code::Timeout), "{call}");
    }
    assert_eq!(connection.state(), State::Connected);
}

#[tokio::test(start_paused = true)]
async fn answers_of_another_service() {
    // A name list to everything, and a write to what asks for names.
    let connection = client_of(short(), |request, reply, _| match request.service {
        RequestService::GetNameList(_) => written(reply, 1),
        _ => reply.respond(|w| {
            let mut list = NameListWriter::begin(w);
            list.push(w, "LLN0");
            list.end(w, true);
        }),
    })
    .await;
    for (call, code) in every_service(&connection).await {
        assert_eq!(code, Some(Code::UnexpectedValueReceived), "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn values_of_wrong_types_and_counts() {
    for answer in [
        vec![],
        vec![MmsValue::Float32(1.0)],
        vec![MmsValue::Structure(vec![])],
        vec![MmsValue::Structure(vec![MmsValue::Float32(1.0); 20])],
        vec![MmsValue::Boolean(true), MmsValue::Boolean(true)],
    ] {
        let connection = client_of(short(), move |request, reply, _| match request.service {
            RequestService::Read(_) => values(reply, &answer),
            _ => written(reply, 3),
        })
        .await;
        for (call, code) in [
            (
                "rcb",
                connection
                    .read_rcb("LD/LLN0.RP.r")
                    .await
                    .unwrap_err()
                    .code(),
            ),
            (
                "brcb",
                connection
                    .read_rcb("LD/LLN0.BR.r")
                    .await
                    .unwrap_err()
                    .code(),
            ),
            (
                "gocb",
                connection.read_gocb("LD/LLN0.g").await.unwrap_err().code(),
            ),
            (
                "svcb",
                connection
                    .read_svcb("LD/LLN0.US.g")
                    .await
                    .unwrap_err()
                    .code(),
            ),
            (
                "lcb",
                connection.read_lcb("LD/LLN0.l").await.unwrap_err().code(),
            ),
            ("sgcb", connection.read_sgcb("LD").await.unwrap_err().code()),
            (
                "control",
                connection
                    .read_control("LD/GGIO1.S")
                    .await
                    .unwrap_err()
                    .code(),
            ),
            (
                "write",
                connection
                    .write_int32("LD/LLN0.M", Fc::ST, 1)
                    .await
                    .unwrap_err()
                    .code(),
            ),
        ] {
            assert_eq!(code, Some(Code::UnexpectedValueReceived), "{call}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn names_without_end() {
    let mut options = short();
    options.limits.names = 1000;
    let counter = AtomicUsize::new(0);
    let connection = client_of(options, move |_, reply, _| {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        reply.respond(|w| {
            let mut list = NameListWriter::begin(w);
            list.push(w, &format!("LLN{number}"));
            list.end(w, true);
        })
    })
    .await;
    assert!(connection.get_logical_devices().await.is_err());
    assert!(connection.get_logical_nodes("LD").await.is_err());
    assert!(connection.get_device_model().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn reports_that_are_none_and_reports_for_nobody() {
    let connection = client_of(short(), |request, reply, remote| match request.service {
        RequestService::Read(_) => values(reply, &[urcb("id")]),
        RequestService::Write(_) => written(reply, 1),
        _ => {
            let text = |text: &str| MmsValue::VisibleString(text.into());
            let bits = |option: ReportOptions| MmsValue::BitString(option.into());
            let inclusion = |bits: usize| {
                let mut inclusion = BitString::new(bits);
                inclusion.set(0, true);
                MmsValue::BitString(inclusion)
            };
            let none = ReportOptions::empty();
            // Nothing, too little, wrong types, too much, and a data set that is all lies.
            report(remote, &[]);
            report(remote, &[text("id")]);
            report(remote, &[MmsValue::Float32(1.0), bits(none), inclusion(3)]);
            report(remote, &[text("id"), bits(ReportOptions::ALL)]);
            report(remote, &[text("id"), bits(none), inclusion(3)]);
            let value = MmsValue::Boolean(true);
            report(
                remote,
                &[
                    text("id"),
                    bits(none),
                    inclusion(1),
                    value.clone(),
                    value.clone(),
                ],
            );
            report(
                remote,
                &[text("other"), bits(none), inclusion(1), value.clone()],
            );
            // A segment without the first one, and one that goes on for ever.
            let segmentation = bits(ReportOptions::SEGMENTATION);
            for number in [u64::from(u32::MAX), 0, 1, 1, u64::from(u32::MAX)] {
                let more = MmsValue::Boolean(true);
                let number = MmsValue::Unsigned(number);
                report(
                    remote,
                    &[
                        text("id"),
                        segmentation.clone(),
                        number,
                        more,
                        inclusion(2),
                        value.clone(),
                    ],
                );
            }
            // LastApplError and terminations of nothing.
            for contents in [
                vec![(ObjectName::Vmd("LastApplError"), MmsValue::Boolean(true))],
                vec![(
                    ObjectName::domain("LD", "GGIO1$CO$X$Oper"),
                    MmsValue::Boolean(true),
                )],
                vec![(ObjectName::domain("LD", "Oper"), MmsValue::Boolean(true))],
                vec![(ObjectName::Association("x"), MmsValue::Boolean(true))],
            ] {
                let mut service = Vec::new();
                let w = &mut mms::ber::Writer::unbounded(&mut service);
                let report = InformationReportWriter::begin(w, |w| {
                    write_variables(w, contents.iter().map(|(name, _)| *name));
                });
                contents.iter().for_each(|(_, value)| value.encode(w));
                report.end(w);
                remote.unconfirmed(service, usize::MAX).unwrap();
            }
            // And one that is right.
            report(remote, &[text("id"), bits(none), inclusion(1), value]);
            reply.reject(RejectReason::UNRECOGNIZED_SERVICE)
        }
    })
    .await;
    let mut rcb = connection.read_rcb("LD/LLN0.RP.r").await.unwrap();
    let mut reports = rcb.reports(100);
    rcb.subscribe(SubscribeOptions::new()).await.unwrap();
    assert!(connection.identify().await.is_err());
    let report = reports.next().await.unwrap();
    assert_eq!(report.included()[0].value, MmsValue::Boolean(true));
    assert!(reports.try_next().is_none());
    assert_eq!(connection.unclaimed_reports(), 1);
    assert_eq!(connection.state(), State::Connected);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_opens_the_association() {
    let connection = IedConnection::with_options(short());
    connection.set_connect_timeout(Duration::from_secs(3));
    let begin = Instant::now();
    let connect = connection.connect_through(|| {
        let (near, mut far) = duplex(4096);
        tokio::spawn(async move {
            let mut taken = vec![0; 4096];
            while far.read(&mut taken).await.is_ok_and(|count| count > 0) {}
        });
        Box::pin(async move { Ok(Box::new(near) as Box<dyn Stream>) })
    });
    let error = connect.await.unwrap_err();
    assert_eq!(error.code(), Some(Code::ConnectionRejected));
    assert_eq!(begin.elapsed(), Duration::from_secs(3));
    assert_eq!(connection.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn octets_that_are_no_protocol() {
    for octets in [vec![0; 100], vec![0xff; 100], vec![3, 0, 0xff, 0xff, 1]] {
        let connection = IedConnection::with_options(short());
        let connect = connection.connect_through(move || {
            let (near, mut far) = duplex(4096);
            let octets = octets.clone();
            tokio::spawn(async move {
                // It may have been closed already.
                let _ = far.write_all(&octets).await;
                tokio::time::sleep(Duration::from_secs(60)).await;
            });
            Box::pin(async move { Ok(Box::new(near) as Box<dyn Stream>) })
        });
        let error = connect.await.unwrap_err();
        assert_eq!(error.code(), Some(Code::ConnectionRejected));
    }
}

#[tokio::test(start_paused = true)]
async fn keep_alive_notices_a_dead_server_and_delays_grow() {
    let dials = Arc::new(AtomicUsize::new(0));
    let mut options = short().with_reconnect(ReconnectOptions::new(
        Duration::from_secs(1),
        Duration::from_secs(4),
    ));
    options.keepalive = Some(Duration::from_secs(10));
    let connection = IedConnection::with_options(options);
    let counted = dials.clone();
    let silent: Answer = Arc::new(|_, reply, _| reply.ignore());
    connection
        .connect_through(move || {
            let dial = counted.fetch_add(1, Ordering::Relaxed);
            let answer = silent.clone();
            Box::pin(async move {
                if dial > 0 && dial < 5 {
                    return Err(std::io::ErrorKind::ConnectionRefused.into());
                }
                let (near, far) = duplex(4096);
                serve(far, answer);
                Ok(Box::new(near) as Box<dyn Stream>)
            })
        })
        .await
        .unwrap();
    let begin = Instant::now();
    let mut states = connection.watch_state();
    states
        .wait_for(|state| *state == State::Closed)
        .await
        .unwrap();
    // Ten seconds of silence, and one for the answer that does not come.
    assert_eq!(begin.elapsed().as_secs(), 11);
    while dials.load(Ordering::Relaxed) < 6 {
        states.changed().await.unwrap();
    }
    states
        .wait_for(|state| *state == State::Connected)
        .await
        .unwrap();
    // 1 + 2 + 4 + 4 + 4 seconds between the attempts.
    assert_eq!(begin.elapsed().as_secs(), 11 + 15);
    connection.close().await;
    assert_eq!(connection.state(), State::Closed);
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(dials.load(Ordering::Relaxed), 6, "closed is closed");
}

#[tokio::test(start_paused = true)]
async fn closing_while_it_connects_and_while_it_reconnects() {
    let connection = IedConnection::with_options(short());
    let waiting = connection.clone();
    let connect = tokio::spawn(async move {
        waiting
            .connect_through(|| Box::pin(std::future::pending()))
            .await
    });
    let mut states = connection.watch_state();
    states
        .wait_for(|state| *state == State::Connecting)
        .await
        .unwrap();
    connection.close().await;
    assert_eq!(connection.state(), State::Closed);
    assert!(connect.await.unwrap().is_err());
    assert_eq!(connection.state(), State::Closed);

    // A connect that is given up leaves it closed.
    let connect = connection.connect_through(|| Box::pin(std::future::pending()));
    let given_up = tokio::time::timeout(Duration::from_millis(1), connect).await;
    assert!(given_up.is_err());
    assert_eq!(connection.state(), State::Closed);
}
