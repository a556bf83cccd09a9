//! Both stacks over loopback: an IED of ours, the gateway, and a control centre that asks.

use super::*;
use iec61850::model::ModelNode;

use iec61850::{
    CheckHandlerResult, ControlHandlerResult, Dbpos, IedServer, Quality, QualityValidity,
};
use mms::osi::acse::AeQualifier;
use mms::{DataAccessError, MmsValue};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Condvar;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tase2::client::{Client, ClientOptions};
use tase2::types::{ControlValue, PointValue, Source, State, TimeStamp, Validity, Value};
use tase2::{Error, Name};

/// Something that has to happen has happened by then.
const LIMIT: Duration = Duration::from_secs(20);

fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The feeder of the demonstration, without a process.
struct Feeder {
    server: IedServer,
    port: u16,
}

impl Feeder {
    fn start() -> Self {
        let model = crate::demo::model().unwrap();
        let server = IedServer::new(&model, None).unwrap();
        server.start_on("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = server.local_port().unwrap();
        let feeder = Feeder { server, port };
        feeder.position(Dbpos::On, Quality::default());
        feeder.set("FEEDER1MEAS/MMXU1.TotW.mag.f", 12_500_f32);
        feeder.set("FEEDER1MEAS/MMXU1.A.phsA.cVal.mag.f", 310_f32);
        feeder.set("FEEDER1CTRL/XCBR1.OpCnt.stVal", 7_i64);
        feeder.set("FEEDER1PROT/PTOC1.Op.general", false);
        feeder
    }

    fn set(&self, reference: &str, value: impl Into<MmsValue>) {
        match self.server.model().model_node_by_reference(reference) {
            Some(ModelNode::DataAttribute(attribute)) => {
                self.server.update_value(&attribute, &value.into()).unwrap();
            }
            other => panic!("{reference}: {other:?}"),
        }
    }

    fn position(&self, position: Dbpos, quality: Quality) {
        let guard = self.server.lock_data_model();
        self.set(
            "FEEDER1CTRL/XCBR1.Pos.stVal",
            MmsValue::BitString(position.into()),
        );
        self.set(
            "FEEDER1CTRL/XCBR1.Pos.q",
            MmsValue::BitString(quality.into()),
        );
        self.set(
            "FEEDER1CTRL/XCBR1.Pos.t",
            MmsValue::UtcTime(mms::UtcTime::from_ms(1_700_000_000_250)),
        );
        drop(guard);
    }

    fn go(&self) {
        self.server.stop();
    }

    fn come_back(&self) {
        let address = ([127, 0, 0, 1], self.port).into();
        // Others may have the port for a moment.
        eventually("the port", || self.server.start_on(address).ok());
    }

    /// Counts the commands that are carried out; `refuse` says which are not.
    fn operates(&self, refuse: fn(bool) -> bool) -> Arc<AtomicU32> {
        let Some(ModelNode::DataObject(position)) = self
            .server
            .model()
            .model_node_by_reference("FEEDER1CTRL/XCBR1.Pos")
        else {
            panic!("no position");
        };
        let done = Arc::new(AtomicU32::new(0));
        let counted = done.clone();
        self.server
            .register_control_handler(&position, move |_, _, _, _| {
                counted.fetch_add(1, Ordering::SeqCst);
                ControlHandlerResult::Ok
            })
            .unwrap();
        self.server
            .register_control_static_check_handler(&position, move |_, action, value, _, _| {
                let value = value.is_some_and(|value| value.to_bool() == Ok(true));
                if refuse(value) {
                    action.set_add_cause(iec61850::ControlAddCause::BlockedByInterlocking);
                    return CheckHandlerResult::ObjectAccessDenied;
                }
                CheckHandlerResult::Accepted
            })
            .unwrap();
        done
    }
}

/// The gateway of the example, for the feeder and on a free port, and SOUTH as its client.
struct Bench {
    gateway: Gateway,
    south: Client,
    _folder: tempfile::TempDir,
}

fn example(port: u16, change: impl Fn(String) -> String) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let gateway = include_str!("../../examples/gateway/gateway.toml")
        .replace("127.0.0.1:10102", &format!("127.0.0.1:{port}"))
        .replace(
            "poll = 10 ",
            "poll = 0.2\nretry_first = 0.1\nretry_longest = 0.2\nrequest_timeout = 2 ",
        );
    let center = include_str!("../../examples/gateway/center.toml")
        .replace("127.0.0.1:10103", "127.0.0.1:0");
    std::fs::write(folder.path().join("center.toml"), center).unwrap();
    let path = folder.path().join("gateway.toml");
    std::fs::write(&path, change(gateway)).unwrap();
    let config = Config::load(&path).unwrap();
    (folder, config)
}

impl Bench {
    fn start(feeder: &Feeder) -> Self {
        Self::start_with(feeder, |text| text)
    }

    fn start_with(feeder: &Feeder, change: impl Fn(String) -> String) -> Self {
        let (folder, config) = example(feeder.port, change);
        let runtime = mms::net::runtime().unwrap();
        let _entered = runtime.enter();
        let gateway = Gateway::start(&config).unwrap();
        let mut options = ClientOptions::default();
        options.config.local.ap_title = Some(mms::osi::acse::ApTitle::Identifier(
            "1.1.999.2".parse().unwrap(),
        ));
        options.config.local.ae_qualifier = Some(AeQualifier::Number(12));
        options.domain = "NORTH_SOUTH".into();
        let address = gateway.local_addr().unwrap();
        let south = runtime.block_on(Client::connect(address, options)).unwrap();
        Bench {
            gateway,
            south,
            _folder: folder,
        }
    }

    fn read(&self, name: &str) -> PointValue {
        let runtime = mms::net::runtime().unwrap();
        runtime.block_on(self.south.read(&Name::vcc(name))).unwrap()
    }

    /// The value of a point once it has this validity.
    fn once(&self, name: &str, validity: Validity) -> PointValue {
        eventually(&format!("{name} {validity}"), || {
            let value = self.read(name);
            (value.quality.map(|q| q.validity) == Some(validity)).then_some(value)
        })
    }

    fn until(&self, name: &str, value: Value) -> PointValue {
        eventually(&format!("{name} = {value}"), || {
            let found = self.read(name);
            (found.value == value).then_some(found)
        })
    }

    fn operate(&self, value: i16) -> Result<(), Error> {
        let runtime = mms::net::runtime().unwrap();
        let device = Name::vcc("F1_BREAKER_CTL");
        runtime.block_on(async {
            self.south.select(&device).await?;
            self.south
                .operate(&device, ControlValue::Command(value))
                .await
        })
    }

    fn stop(self) {
        mms::net::runtime().unwrap().block_on(self.gateway.stop());
    }
}

fn refusal(result: Result<(), Error>) -> DataAccessError {
    match result {
        Err(Error::Access { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn points_are_those_of_the_ied() {
    let feeder = Feeder::start();
    let bench = Bench::start(&feeder);
    let breaker = bench.once("F1_BREAKER", Validity::Valid);
    assert_eq!(breaker.value, Value::State(State::On));
    assert_eq!(breaker.time, Some(TimeStamp::from_ms(1_700_000_000_250)));
    bench.until("F1_LOAD", Value::Real(12.5));
    bench.until("F1_CURRENT", Value::Real(310.0));
    bench.until("F1_OPERATIONS", Value::Discrete(7));
    bench.until("F1_TRIP", Value::State(State::Off));
    // Read, for it is in none of the reports.
    bench.once("F1_TRIP_LEVEL", Validity::Valid);
    // What changes comes, quality and all.
    feeder.set("FEEDER1MEAS/MMXU1.TotW.mag.f", -4_000_f32);
    bench.until("F1_LOAD", Value::Real(-4.0));
    let substituted = Quality::SOURCE_SUBSTITUTED.with_validity(QualityValidity::Questionable);
    feeder.position(Dbpos::Off, substituted);
    let breaker = bench.until("F1_BREAKER", Value::State(State::Off));
    let quality = breaker.quality.unwrap();
    assert_eq!(
        (quality.validity, quality.source),
        (Validity::Suspect, Source::Entered)
    );
    bench.stop();
}

#[test]
fn points_of_an_ied_that_is_gone_are_invalid_until_it_is_back() {
    let feeder = Feeder::start();
    let bench = Bench::start(&feeder);
    bench.once("F1_BREAKER", Validity::Valid);
    bench.once("F1_TRIP_LEVEL", Validity::Valid);
    feeder.go();
    for point in ["F1_BREAKER", "F1_LOAD", "F1_CURRENT", "F1_TRIP_LEVEL"] {
        bench.once(point, Validity::NotValid);
    }
    // The last value stays.
    let breaker = bench.read("F1_BREAKER");
    assert_eq!(breaker.value, Value::State(State::On));
    feeder.position(Dbpos::Off, Quality::default());
    feeder.come_back();
    bench.once("F1_BREAKER", Validity::Valid);
    bench.until("F1_BREAKER", Value::State(State::Off));
    bench.once("F1_TRIP_LEVEL", Validity::Valid);
    bench.stop();
}

#[test]
fn what_is_lost_may_be_held() {
    let feeder = Feeder::start();
    let bench = Bench::start_with(&feeder, |text| {
        text.replace("name = \"FEEDER1\"", "name = \"FEEDER1\"\nlost = \"held\"")
    });
    bench.once("F1_BREAKER", Validity::Valid);
    feeder.go();
    bench.once("F1_BREAKER", Validity::Held);
    bench.stop();
}

#[test]
fn an_ied_that_is_not_there_yet() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let feeder = Feeder::start();
    feeder.go();
    let feeder = Feeder { port, ..feeder };
    let bench = Bench::start(&feeder);
    assert_eq!(
        bench.read("F1_BREAKER").quality.unwrap().validity,
        Validity::NotValid
    );
    assert_eq!(refusal(bench.operate(0)), DataAccessError::HardwareFault);
    feeder.come_back();
    bench.once("F1_BREAKER", Validity::Valid);
    bench.stop();
}

#[test]
fn commands_are_carried_out_or_refused() {
    let feeder = Feeder::start();
    // Closing is blocked.
    let done = feeder.operates(|close| close);
    let bench = Bench::start(&feeder);
    bench.once("F1_BREAKER", Validity::Valid);
    bench.operate(0).unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);
    assert_eq!(
        refusal(bench.operate(1)),
        DataAccessError::ObjectAccessDenied
    );
    assert_eq!(done.load(Ordering::SeqCst), 1);
    // The refusal has left nothing behind.
    bench.operate(0).unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 2);
    bench.stop();
}

#[test]
fn a_command_to_an_ied_that_is_gone_is_refused_and_stays_so() {
    let feeder = Feeder::start();
    let done = feeder.operates(|_| false);
    let bench = Bench::start(&feeder);
    bench.once("F1_BREAKER", Validity::Valid);
    // It goes between select and operate.
    let runtime = mms::net::runtime().unwrap();
    let device = Name::vcc("F1_BREAKER_CTL");
    runtime.block_on(bench.south.select(&device)).unwrap();
    feeder.go();
    eventually("noticed", || {
        bench.gateway.links["FEEDER1"].get().is_none().then_some(())
    });
    let operated = bench.south.operate(&device, ControlValue::Command(0));
    assert_eq!(
        refusal(runtime.block_on(operated)),
        DataAccessError::HardwareFault
    );
    assert_eq!(refusal(bench.operate(0)), DataAccessError::HardwareFault);
    feeder.come_back();
    bench.once("F1_BREAKER", Validity::Valid);
    // What was refused is not done now; what is asked for now is.
    assert_eq!(done.load(Ordering::SeqCst), 0);
    bench.operate(0).unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);
    bench.stop();
}

/// A connection on which nothing goes on for a while, and then everything that has waited.
struct Relay {
    port: u16,
    held: Arc<(Mutex<bool>, Condvar)>,
}

impl Relay {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay {
            port: listener.local_addr().unwrap().port(),
            held: Arc::default(),
        };
        let held = relay.held.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let held = held.clone();
                    std::thread::spawn(move || pass(from, to, &held));
                }
            }
        });
        relay
    }

    fn hold(&self, hold: bool) {
        *self.held.0.lock().unwrap() = hold;
        self.held.1.notify_all();
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, held: &(Mutex<bool>, Condvar)) {
    let mut octets = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut octets) {
        let mut is_held = held.0.lock().unwrap();
        while *is_held {
            is_held = held.1.wait(is_held).unwrap();
        }
        drop(is_held);
        if to.write_all(&octets[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[test]
fn a_command_that_got_stuck_is_not_carried_out_later() {
    let feeder = Feeder::start();
    let done = feeder.operates(|_| false);
    let relay = Relay::to(feeder.port);
    let through = Feeder {
        port: relay.port,
        server: feeder.server,
    };
    let bench = Bench::start(&through);
    bench.once("F1_BREAKER", Validity::Valid);
    relay.hold(true);
    assert_eq!(refusal(bench.operate(0)), DataAccessError::HardwareFault);
    // All that was held back arrives, and the gateway comes again.
    relay.hold(false);
    bench.once("F1_BREAKER", Validity::Valid);
    bench.operate(0).unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);
    bench.stop();
}

#[test]
fn the_example_is_in_order() {
    let (_folder, config) = example(10102, |text| text);
    assert_eq!(config.counts(), (6, 1));
    assert_eq!(config.ieds[0].lost, Validity::NotValid);
    assert_eq!(config.ieds[0].originator, "NORTH");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let center = include_str!("../../examples/gateway/center.toml");
    std::fs::write(folder.path().join("center.toml"), center).unwrap();
    let path = folder.path().join("gateway.toml");
    let ied = "center = 'center.toml'\n[[ied]]\nname = 'A'\naddress = 'h'\npoll = 1\n";
    let complaint = |text: &str| {
        std::fs::write(&path, text).unwrap();
        match Config::load(&path) {
            Err(Failure::Failed(reason)) => reason,
            other => panic!("{text}: {other:?}"),
        }
    };
    for (more, place, reason) in [
        (
            "[[ied.point]]\nname = 'NONE'\nfrom = 'L/N1.D'",
            "7:8: ied[0].point[0].name: ",
            "no point NONE",
        ),
        (
            "[[ied.point]]\nname = 'F1_LOAD'\nfrom = 'L'",
            "8:8: ied[0].point[0].from: ",
            "",
        ),
        (
            "[[ied.point]]\nname = 'F1_LOAD'\nfrom = 'L/N1.D[CO]'",
            "8:8: ied[0].point[0].from: ",
            "CO",
        ),
        (
            "[[ied.point]]\nname = 'F1_LOAD'\nfrom = 'L/N1.D'\nscale = 0.0",
            "9:9: ied[0].point[0].scale: ",
            "not zero",
        ),
        (
            "[[ied.point]]\nname = 'F1_LOAD'\nfrom = 'L/N1.D'\n[[ied.point]]\nname = 'F1_LOAD'\nfrom = 'L/N1.D'",
            "10:8: ied[0].point[1].name: ",
            "mapped already",
        ),
        (
            "[[ied.point]]\nnane = 'F1_LOAD'",
            "7:1: ied[0].point[0].nane: ",
            "`nane`",
        ),
        (
            "[[ied.command]]\ndevice = 'F1_LOAD'\nobject = 'L/N1.D'",
            "7:10: ied[0].command[0].device: ",
            "no device",
        ),
        (
            "reports = ['L/LLN0.x']",
            "6:12: ied[0].reports: ",
            "LD/LN.BR.name",
        ),
        ("lost = 'GONE'", "6:8: ied[0].lost: ", "HELD"),
        (
            "[[ied]]\nname = 'A'\naddress = 'h'",
            "7:8: ied[1].name: ",
            "another IED 'A'",
        ),
        (
            "[[ied]]\nname = 'B'\naddress = 'h:0'",
            "8:11: ied[1].address: ",
            "port",
        ),
    ] {
        let complaint = complaint(&format!("{ied}{more}\n"));
        let expected = format!("{}:{place}", path.display());
        assert!(complaint.starts_with(&expected), "{more}: {complaint}");
        assert!(complaint.contains(reason), "{more}: {complaint}");
    }
    let nothing = complaint("center = 'center.toml'\n");
    assert!(
        nothing.contains("1:10: center: there is no [[ied]]"),
        "{nothing}"
    );
    let no_reports = ied.replace(
        "poll = 1\n",
        "[[ied.point]]\nname = 'F1_LOAD'\nfrom = 'L/N1.D'\n",
    );
    assert!(complaint(&no_reports).contains("`poll`"));
    let missing = complaint("center = 'none.toml'\n");
    assert!(missing.contains("none.toml"), "{missing}");
}
