use crate::process::{Faults, Process};
use iec61850::scl::SclDocument;
use iec61850::{ControlAddCause, Dbpos, IedModel, IedServer, IedServerConfig, Timestamp};
use mms::client::blocking::Client;
use mms::client::{ClientError, ClientOptions, Subscription};
use mms::pdu::VariableAccessSpecification;
use mms::{BitString, MmsValue, ObjectName};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

struct Bench {
    client: Client,
    /// Causes of failures, and `None` for each success.
    ends: Receiver<Option<ControlAddCause>>,
    _subscription: Subscription,
    process: Option<Process>,
    server: Arc<IedServer>,
}

fn bench(model: &IedModel) -> Bench {
    let server = Arc::new(IedServer::new(model, Some(IedServerConfig::default())).unwrap());
    let process = Process::start(&server, 1, Faults::Never).unwrap();
    server.start_on(([127, 0, 0, 1], 0).into()).unwrap();
    let address = server.local_address().unwrap();
    let client = Client::connect(address, ClientOptions::default()).unwrap();
    let (sender, ends) = channel();
    let subscription = client.on_information_report(move |report| {
        if let VariableAccessSpecification::Variables(variables) = report.variables {
            let name = variables.iter().next().and_then(|v| v.name()).unwrap();
            let cause = (name.item() == "LastApplError").then(|| {
                let error = report.results.iter().next().unwrap().to_value();
                error.elements().unwrap()[4].to_int32().unwrap().into()
            });
            let _ = sender.send(cause);
        }
    });
    Bench {
        client,
        ends,
        _subscription: subscription,
        process: Some(process),
        server,
    }
}

fn bay() -> IedModel {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/bay.cid");
    let document = SclDocument::parse_file(path).unwrap();
    document.model(None, None).unwrap()
}

impl Bench {
    fn command(
        &self,
        object: &str,
        part: &str,
        value: MmsValue,
        test: bool,
    ) -> Result<(), ClientError> {
        let oper = MmsValue::Structure(vec![
            value,
            MmsValue::Structure(vec![MmsValue::Integer(3), MmsValue::OctetString(vec![])]),
            MmsValue::Unsigned(1),
            Timestamp::from_ms(1_700_000_000_000).into(),
            MmsValue::Boolean(test),
            MmsValue::BitString(BitString::new(2)),
        ]);
        let (domain, object) = object.split_once('/').unwrap();
        self.client.write(
            ObjectName::domain(domain, &format!("{object}${part}")),
            &oper,
        )
    }

    fn operate(&self, object: &str, value: impl Into<MmsValue>) {
        self.command(object, "Oper", value.into(), false)
            .unwrap_or_else(|error| panic!("{object}: {error}"));
    }

    fn read(&self, name: &str) -> MmsValue {
        let (domain, item) = name.split_once('/').unwrap();
        self.client.read(ObjectName::domain(domain, item)).unwrap()
    }

    /// Waits until a variable has a value.
    fn becomes(&self, name: &str, wanted: impl Into<MmsValue>) {
        let wanted = wanted.into();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let value = self.read(name);
            if value == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{name}: {value}, not {wanted}");
        }
    }

    fn end(&self) -> Option<ControlAddCause> {
        self.ends.recv_timeout(PATIENCE).unwrap()
    }
}

#[test]
fn outputs_follow_commands() {
    let bench = bench(&bay());
    bench.operate("BAY1CTRL/GGIO1$CO$SPCSO1", true);
    bench.becomes("BAY1CTRL/GGIO1$ST$SPCSO1$stVal", true);
    // The value is seen a moment before the command is over.
    let deadline = Instant::now() + PATIENCE;
    let again = || bench.command("BAY1CTRL/GGIO1$CO$SPCSO1", "Oper", false.into(), false);
    while again().is_err() {
        assert!(Instant::now() < deadline, "the command does not end");
    }
    bench.becomes("BAY1CTRL/GGIO1$ST$SPCSO1$stVal", false);
    // Enhanced security: the end is told when the process is there.
    bench.operate("BAY1CTRL/GGIO1$CO$SPCSO3", true);
    assert_eq!(bench.end(), None);
    let value = bench.read("BAY1CTRL/GGIO1$ST$SPCSO3$stVal");
    assert_eq!(value, MmsValue::Boolean(true));
    // A test goes all the way but to the process.
    let test = bench.command(
        "BAY1CTRL/GGIO1$CO$SPCSO3",
        "Oper",
        MmsValue::Boolean(false),
        true,
    );
    test.unwrap();
    assert_eq!(bench.end(), None);
    let value = bench.read("BAY1CTRL/GGIO1$ST$SPCSO3$stVal");
    assert_eq!(value, MmsValue::Boolean(true));
}

#[test]
fn set_points_take_their_time() {
    let bench = bench(&bay());
    let value = "BAY1CTRL/GGIO1$MX$AnOut1$mxVal$f";
    let before = bench.read(value).to_float().unwrap();
    let wanted = MmsValue::Structure(vec![MmsValue::Float32(before + 10.0)]);
    bench.operate("BAY1CTRL/GGIO1$CO$AnOut1", wanted);
    let mut between = 0;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = bench.read(value).to_float().unwrap();
        if now == before + 10.0 {
            break;
        }
        assert!((before..before + 10.0).contains(&now), "{now}");
        between += usize::from(now != before);
        assert!(Instant::now() < deadline, "{now}");
    }
    assert!(between > 0, "it jumps");
    bench.operate("BAY1CTRL/GGIO1$CO$ISCSO1", MmsValue::Integer(4));
    bench.becomes("BAY1CTRL/GGIO1$ST$ISCSO1$stVal", MmsValue::Integer(4));
}

#[test]
fn switches_are_checked() {
    let bench = bench(&crate::demo::model().unwrap());
    let position = "FEEDER1CTRL/XCBR1$ST$Pos$stVal";
    let open = |part| {
        bench.command(
            "FEEDER1CTRL/XCBR1$CO$Pos",
            part,
            MmsValue::Boolean(false),
            false,
        )
    };
    open("SBOw").unwrap();
    open("Oper").unwrap();
    assert_eq!(bench.end(), None);
    assert_eq!(bench.read(position), MmsValue::BitString(Dbpos::Off.into()));
    assert!(open("SBOw").is_err());
    assert_eq!(bench.end(), Some(ControlAddCause::PositionReached));

    let close = |part| {
        bench.command(
            "FEEDER1CTRL/XCBR1$CO$Pos",
            part,
            MmsValue::Boolean(true),
            false,
        )
    };
    let flag = |name: &str, value| {
        let reference = format!("FEEDER1CTRL/XCBR1.{name}.stVal");
        let node = bench.server.model().node_by_reference(&reference).unwrap();
        let attribute = node.into_data_attribute().unwrap();
        bench.server.update_boolean(&attribute, value).unwrap();
    };
    for (name, cause) in [
        ("Loc", ControlAddCause::BlockedBySwitchingHierarchy),
        ("BlkCls", ControlAddCause::BlockedByProcess),
    ] {
        flag(name, true);
        assert!(close("SBOw").is_err(), "{name}");
        assert_eq!(bench.end(), Some(cause), "{name}");
        flag(name, false);
    }
    flag("BlkOpn", true);
    close("SBOw").unwrap();
    close("Oper").unwrap();
    assert_eq!(bench.end(), None);
    assert_eq!(bench.read(position), MmsValue::BitString(Dbpos::On.into()));
}

#[test]
fn a_process_that_is_over_takes_no_commands() {
    let mut bench = bench(&bay());
    bench.process = None;
    bench.operate("BAY1CTRL/GGIO1$CO$SPCSO3", true);
    assert_eq!(bench.end(), Some(ControlAddCause::BlockedByProcess));
    // Another one takes over.
    bench.process = Process::start(&bench.server, 1, Faults::Never).ok();
    bench.operate("BAY1CTRL/GGIO1$CO$SPCSO3", true);
    assert_eq!(bench.end(), None);
    bench.process = None;
    assert_eq!(
        Arc::strong_count(&bench.server),
        1,
        "handlers keep no server"
    );
}

#[test]
fn a_command_ends_with_the_process() {
    let mut bench = bench(&crate::demo::model().unwrap());
    let open = |part| {
        let position = "FEEDER1CTRL/XCBR1$CO$Pos";
        bench.command(position, part, MmsValue::Boolean(false), false)
    };
    open("SBOw").unwrap();
    open("Oper").unwrap();
    bench.process = None;
    // It was done, or it failed: the client is told in any case.
    let end = bench.end();
    assert!(
        matches!(end, None | Some(ControlAddCause::BlockedByProcess)),
        "{end:?}"
    );
    bench.server.stop();
}
