//! Two control centres of ours in network namespaces of their own, with a link that is cut while it is not there yet, for a moment, for so long that
//! TCP gives up, and a partner that is killed. Making namespaces needs rights; without them the test does nothing.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use crate::peers;

fn ip(arguments: &[&str]) -> bool {
    let mut command = Command::new("ip");
    command.args(arguments).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Two namespaces with a link between them, for as long as it lives.
struct Network {
    north: String,
    south: String,
    link: String,
}

impl Network {
    /// `None` where it may not be made.
    fn new() -> Option<Self> {
        let id = std::process::id();
        let network = Network {
            north: format!("ied-north-{id}"),
            south: format!("ied-south-{id}"),
            link: format!("iedn{id}"),
        };
        let Network { north, south, link } = &network;
        let other = format!("ieds{id}");
        let made = ip(&["netns", "add", north])
            && ip(&["netns", "add", south])
            && ip(&[
                "-n", north, "link", "add", link, "type", "veth", "peer", "name", &other, "netns",
                south,
            ])
            && ip(&["-n", north, "addr", "add", "10.99.0.1/24", "dev", link])
            && ip(&["-n", south, "addr", "add", "10.99.0.2/24", "dev", &other])
            && ip(&["-n", south, "link", "set", &other, "up"]);
        made.then_some(network)
    }

    fn set(&self, state: &str) {
        assert!(ip(&["-n", &self.north, "link", "set", &self.link, state]));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        ip(&["netns", "del", &self.north]);
        ip(&["netns", "del", &self.south]);
    }
}

/// A program that is ended when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(namespace: &str, config: &Path, arguments: &[&str]) -> Running {
    let mut command = Command::new("ip");
    command.args([
        "netns",
        "exec",
        namespace,
        env!("CARGO_BIN_EXE_ied"),
        "tase2",
        "serve",
    ]);
    let child = command
        .arg(config)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    Running(child.expect("starting ied"))
}

/// Lines as they come.
fn lines(running: &mut Running) -> Receiver<String> {
    let stdout = running.0.stdout.take().expect("stdout is piped");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// That values go on coming, beginning within this time.
fn flows(lines: &Receiver<String>, within: Duration, state: &str) {
    while lines.try_recv().is_ok() {}
    let deadline = Instant::now() + within;
    for _ in 0..4 {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = lines.recv_timeout(left.max(Duration::from_secs(3)));
        let line = line.unwrap_or_else(|_| panic!("nothing comes: {state}"));
        assert!(line.contains("\"peer\":\"NORTH\""), "{line}");
    }
}

fn silent(lines: &Receiver<String>, state: &str) {
    sleep(Duration::from_secs(1));
    while lines.try_recv().is_ok() {}
    let line = lines.recv_timeout(Duration::from_secs(2));
    assert!(line.is_err(), "{state}: {line:?}");
}

#[test]
fn a_link_that_is_cut() {
    let Some(network) = Network::new() else {
        eprintln!("network namespaces cannot be made here");
        return;
    };
    assert!(ip(&["-n", &network.north, "link", "set", "lo", "up"]));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let example = |name: &str| {
        let path = peers::repository().join("examples/tase2").join(name);
        std::fs::read_to_string(path).expect("an example")
    };
    let north = folder.path().join("north.toml");
    let text = example("north.toml").replace("127.0.0.1:10102", "10.99.0.1:10102");
    std::fs::write(&north, text).expect("writing a temporary file");
    std::fs::write(
        folder.path().join("north_points.csv"),
        example("north_points.csv"),
    )
    .expect("writing a temporary file");
    let south = folder.path().join("south.toml");
    let patience = "keep_alive = 1\nrequest_timeout = 2\nretry_longest = 2";
    let text = example("south.toml")
        .replace("127.0.0.1:10102", "10.99.0.1:10102")
        .replace("keep_alive = 30", patience);
    std::fs::write(&south, text).expect("writing a temporary file");

    let listening = serve(&network.north, &north, &["--simulate"]);
    let mut calling = serve(&network.south, &south, &["--json"]);
    let values = lines(&mut calling);
    silent(&values, "there is no link yet");
    network.set("up");
    flows(&values, Duration::from_secs(20), "the link has come up");

    network.set("down");
    silent(&values, "cut for a moment");
    network.set("up");
    flows(
        &values,
        Duration::from_secs(20),
        "the link is back after a moment",
    );

    network.set("down");
    sleep(Duration::from_secs(12));
    network.set("up");
    flows(
        &values,
        Duration::from_secs(20),
        "the link is back after TCP had given up",
    );

    drop(listening);
    silent(&values, "NORTH was killed");
    let _listening = serve(&network.north, &north, &["--simulate"]);
    flows(&values, Duration::from_secs(20), "NORTH is back");
}
