//! Reports and controls: foreign clients subscribe to a process that moves, and drive it, on our server in this process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use iec61850::scl::SclDocument;
use iec61850::{
    ControlAction, ControlHandlerResult, DataAttribute, DataObject, IedModel, IedServer, MmsValue,
    ModelNodeExt,
};

use crate::peers;
use crate::recorded_server::RecordedServer;

/// How long a client may take for what it has to do.
const LIMIT: Duration = Duration::from_secs(60);

/// The small bay with a process behind it: an input that changes ten times a second, and outputs that follow their commands.
struct Bay {
    server: Arc<IedServer>,
    model: IedModel,
    is_over: Arc<AtomicBool>,
    process: Option<thread::JoinHandle<()>>,
}

impl Bay {
    fn start() -> Self {
        let file = peers::repository().join("tests/data/bay.cid");
        let document = SclDocument::parse_file(file).expect("bay.cid is SCL");
        let model = document.model(None, None).expect("bay.cid has one IED");
        let server = Arc::new(IedServer::new(&model, None).expect("the model is free"));
        server
            .start_on("127.0.0.1:0".parse().expect("an address"))
            .expect("a free port");
        let mut bay = Bay {
            server,
            model,
            is_over: Arc::default(),
            process: None,
        };
        for number in 1..=4 {
            let object = bay.object(&format!("BAY1CTRL/GGIO1.SPCSO{number}"));
            let value = object.child_attribute("stVal").expect("an SPC has stVal");
            // The server must not be kept alive by its own handler.
            let server = Arc::downgrade(&bay.server);
            let operate = move |_: &DataObject, _: &ControlAction, command: &MmsValue, test| {
                let done = server
                    .upgrade()
                    .is_some_and(|server| test || server.update_value(&value, command).is_ok());
                if done {
                    ControlHandlerResult::Ok
                } else {
                    ControlHandlerResult::Failed
                }
            };
            bay.server
                .register_control_handler(&object, operate)
                .expect("it can be controlled");
        }
        let input = bay.attribute("BAY1CTRL/GGIO1.Ind1.stVal");
        let (server, is_over) = (bay.server.clone(), bay.is_over.clone());
        bay.process = Some(thread::spawn(move || {
            let mut value = false;
            while !is_over.load(Ordering::Relaxed) {
                server.update_boolean(&input, value).expect("it is boolean");
                value = !value;
                thread::sleep(Duration::from_millis(100));
            }
        }));
        bay
    }

    fn object(&self, reference: &str) -> DataObject {
        let node = self.model.node_by_reference(reference);
        node.and_then(|node| node.into_data_object())
            .unwrap_or_else(|error| panic!("{reference}: {error}"))
    }

    fn attribute(&self, reference: &str) -> DataAttribute {
        let node = self.model.node_by_reference(reference);
        node.and_then(|node| node.into_data_attribute())
            .unwrap_or_else(|error| panic!("{reference}: {error}"))
    }

    fn address(&self) -> std::net::SocketAddr {
        self.server.local_address().expect("the server listens")
    }

    /// Waits for the state of an output: with normal security a command is executed when its answer is on its way.
    fn output_becomes(&self, number: u8, wanted: bool) {
        let value = self.attribute(&format!("BAY1CTRL/GGIO1.SPCSO{number}.stVal"));
        let deadline = Instant::now() + LIMIT;
        while self.server.get_boolean(&value).expect("it is boolean") != wanted {
            assert!(Instant::now() < deadline, "output {number} is not {wanted}");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Bay {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(process) = self.process.take() {
            // Its panic has failed the test with a message of its own.
            let _ = process.join();
        }
    }
}

/// Runs a client that does not end by itself until it has printed enough, then ends it. Gives its lines.
fn until(mut command: Command, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
    struct Ended(Child);
    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = Ended(child.expect("starting a client"));
    let stdout = child.0.stdout.take().expect("stdout is piped");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let deadline = Instant::now() + LIMIT;
    let mut lines = Vec::new();
    while !enough(&lines) {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left) {
            Ok(line) => lines.push(line),
            Err(_) => panic!("{command:?} has only said\n{}", lines.join("\n")),
        }
    }
    lines
}

/// The sequence numbers that lines say behind `mark`.
fn sequence(lines: &[String], mark: &str) -> Vec<u32> {
    let numbers = lines.iter().filter_map(|line| {
        let (_, rest) = line.split_once(mark)?;
        rest.split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    });
    numbers.collect()
}

fn assert_without_gaps(numbers: &[u32], lines: &[String]) {
    assert!(numbers.len() >= 5, "{}", lines.join("\n"));
    for pair in numbers.windows(2) {
        assert_eq!(pair[1], pair[0] + 1, "{}", lines.join("\n"));
    }
}

#[test]
fn hupe1980_takes_reports() {
    let bay = Bay::start();
    for block in [
        "BAY1CTRL/LLN0$RP$urcbStatus01",
        "BAY1CTRL/LLN0$BR$brcbStatus01",
    ] {
        let arguments = ["--rcb", block, "--gi", "--seconds", "2"];
        let finished = peers::hupe1980(bay.address(), "report", &arguments);
        assert!(finished.status.success(), "{}", finished.stderr);
        let text = finished.stdout + &finished.stderr;
        assert!(text.contains("(general interrogation)"), "{block}: {text}");
        assert!(text.contains("(data change)"), "{block}: {text}");
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        assert_without_gaps(&sequence(&lines, " sq="), &lines);
    }
}

#[test]
fn open61850_takes_reports() {
    let bay = Bay::start();
    for block in [
        "BAY1CTRL/LLN0$RP$urcbStatus02",
        "BAY1CTRL/LLN0$BR$brcbStatus01",
    ] {
        let mut command = peers::open61850_command(bay.address());
        command
            .args(["subscribe", block])
            .env("PYTHONUNBUFFERED", "1");
        let lines = until(command, |lines| {
            sequence(lines, " seq=").len() >= 10
                && lines.iter().any(|line| line.contains("(data_change)"))
        });
        assert_without_gaps(&sequence(&lines, " seq="), &lines);
        assert!(
            lines
                .iter()
                .any(|line| line.contains("(general_interrogation)")),
            "{}",
            lines.join("\n")
        );
    }
}

#[test]
fn csp0924_takes_reports() {
    let bay = Bay::start();
    for block in [
        "BAY1CTRL/LLN0.RP.urcbStatus03",
        "BAY1CTRL/LLN0.BR.brcbStatus02",
    ] {
        let reports = peers::csp0924_report(bay.address(), block, 10);
        let reports = reports.as_array().expect("a list of reports");
        let numbers: Vec<_> = reports
            .iter()
            .map(|report| report["sequence"].as_u64().expect("a sequence number") as u32)
            .collect();
        let lines: Vec<_> = reports.iter().map(ToString::to_string).collect();
        assert_without_gaps(&numbers, &lines);
        for reason in ["general_interrogation", "data_change"] {
            assert!(
                lines.iter().any(|line| line.contains(reason)),
                "{reason}: {}",
                lines.join("\n")
            );
        }
    }
}

#[test]
fn hupe1980_drives_the_four_control_models() {
    let bay = Bay::start();
    for (number, model) in [
        (1, "direct"),
        (2, "sbo"),
        (3, "direct-enhanced"),
        (4, "sbo-enhanced"),
    ] {
        for value in [true, false] {
            let object = format!("BAY1CTRL/GGIO1.SPCSO{number}");
            let arguments = [&object, &value.to_string(), "--model", model];
            let finished = peers::hupe1980(bay.address(), "control", &arguments);
            assert!(finished.status.success(), "{object}: {}", finished.stderr);
            let ended = finished.stdout.contains("command termination +");
            assert_eq!(
                ended,
                model.ends_with("enhanced"),
                "{object}: {}",
                finished.stdout
            );
            bay.output_becomes(number, value);
        }
    }
}

#[test]
fn open61850_drives_the_four_control_models() {
    let bay = Bay::start();
    for number in 1..=4 {
        for value in [true, false] {
            let object = format!("BAY1CTRL/GGIO1.SPCSO{number}");
            let finished =
                peers::open61850(bay.address(), &["operate", &object, &value.to_string()]);
            let said = finished.stdout + &finished.stderr;
            assert!(
                finished.status.success() && said.contains("done"),
                "{object}: {said}"
            );
            assert_eq!(
                said.contains("CommandTermination received"),
                number > 2,
                "{object}: {said}"
            );
            bay.output_becomes(number, value);
        }
    }
}

#[test]
fn csp0924_drives_the_four_control_models() {
    let bay = Bay::start();
    for number in 1..=4 {
        for value in [true, false] {
            let object = format!("BAY1CTRL/GGIO1.SPCSO{number}");
            let results = peers::csp0924_control(bay.address(), &object, value);
            assert_eq!(results["operate"], true, "{object}: {results}");
            bay.output_becomes(number, value);
        }
    }
}

#[test]
fn hupe1980_lists_and_gets_files() {
    // The folder of the recorded file scenario.
    let server = RecordedServer::start(&peers::golden("golden.cfg"), "50");
    let listed = peers::hupe1980(server.address(), "files", &[]);
    assert!(listed.status.success(), "{}", listed.stderr);
    for name in ["COMTRADE/rec1.cfg", "COMTRADE/rec1.dat", "readme.txt"] {
        assert!(listed.stdout.contains(name), "{name}: {}", listed.stdout);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("copy");
    let copy = copy.to_str().expect("UTF-8");
    let got = peers::hupe1980(server.address(), "get", &["COMTRADE/rec1.dat", copy]);
    assert!(got.status.success(), "{}", got.stderr);
    let content: Vec<u8> = (0..12).flat_map(|_| 0..=255).collect();
    assert_eq!(std::fs::read(copy).expect("the copy"), content);
}
