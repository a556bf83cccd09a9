//! The foreign clients, as `cargo xtask peers` installs them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::process::{Finished, finish};

/// How long one client may take for all it does; browsing the largest file takes a few seconds.
const LIMIT: Duration = Duration::from_secs(180);

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the recordings of libiec61850.
pub(crate) fn golden(name: &str) -> PathBuf {
    repository().join("tests/golden").join(name)
}

/// A program of an installed peer, by its path under the peers' folder.
fn installed(program: &str) -> PathBuf {
    let folder = std::env::var_os("IED_PEERS_DIR")
        .map_or_else(|| repository().join("target").join("peers"), PathBuf::from);
    let path = folder.join(program);
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask peers`",
        path.display()
    );
    path
}

/// One of our Python scripts in tests/peers, in the environment of the Python peers.
pub(crate) fn script(name: &str) -> Command {
    let mut command = Command::new(installed("venv/bin/python"));
    command.arg(repository().join("tests/peers").join(name));
    command
}

fn json(finished: &Finished, what: &str) -> Value {
    assert!(
        finished.status.success(),
        "{what} failed ({}):\n{}",
        finished.status,
        finished.stderr
    );
    serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{what} printed no JSON ({error}): {}", finished.stdout))
}

fn client(name: &str, server: SocketAddr, arguments: &[&str], input: &str) -> Value {
    let mut command = script(name);
    command
        .arg(server.ip().to_string())
        .arg(server.port().to_string())
        .args(arguments);
    json(
        &finish(&mut command, input, LIMIT),
        &format!("{name} {arguments:?}"),
    )
}

/// What the client of libiec61850 sees when it walks the whole server.
pub(crate) fn libiec61850_browse(server: SocketAddr) -> Value {
    client("libiec61850_client.py", server, &["browse"], "")
}

/// The results of a list of requests that the client of libiec61850 makes; see the script for their form.
pub(crate) fn libiec61850_steps(server: SocketAddr, steps: &Value) -> Value {
    client(
        "libiec61850_client.py",
        server,
        &["steps"],
        &steps.to_string(),
    )
}

/// What the generic MMS client of hat-drivers sees.
pub(crate) fn hat_browse(server: SocketAddr) -> Value {
    client("hat_client.py", server, &["browse"], "")
}

/// The results of a list of requests that the client of hat-drivers makes; see the script for their form.
pub(crate) fn hat_steps(server: SocketAddr, steps: &Value) -> Value {
    client("hat_client.py", server, &["steps"], &steps.to_string())
}

/// What csp0924's client sees.
pub(crate) fn csp0924_browse(server: SocketAddr) -> Value {
    client("csp0924_client.py", server, &["browse"], "")
}

/// The values that csp0924's client reads; references are written `LD/LN.DO.DA[FC]`.
pub(crate) fn csp0924_read(server: SocketAddr, references: &[&str]) -> Value {
    let arguments: Vec<&str> = std::iter::once("read")
        .chain(references.iter().copied())
        .collect();
    client("csp0924_client.py", server, &arguments, "")
}

/// The first reports that csp0924's client gets of a report control block, written `LD/LN.RP.NAME`.
pub(crate) fn csp0924_report(server: SocketAddr, block: &str, count: usize) -> Value {
    let mut command = script("csp0924_client.py");
    command
        .args([server.ip().to_string(), server.port().to_string()])
        .args(["report", block, &count.to_string()]);
    let mut finished = finish(&mut command, "", LIMIT);
    if let Some(rest) = finished.stdout.strip_prefix("enabled\n") {
        finished.stdout = rest.to_owned();
    }
    json(&finished, "csp0924_client.py report")
}

/// The results of csp0924's client when it selects, where that is needed, and operates.
pub(crate) fn csp0924_control(server: SocketAddr, object: &str, value: bool) -> Value {
    let value = value.to_string();
    client(
        "csp0924_client.py",
        server,
        &["control", object, &value],
        "",
    )
}

/// The tool of hupe1980's iec61850-rs.
pub(crate) fn hupe1980_tool() -> Command {
    Command::new(installed("cargo/bin/ied"))
}

/// Runs `ied mms COMMAND HOST:PORT ARGUMENTS` of hupe1980's iec61850-rs and returns what it prints.
pub(crate) fn hupe1980(server: SocketAddr, command: &str, arguments: &[&str]) -> Finished {
    let mut tool = hupe1980_tool();
    tool.args(["mms", command, &server.to_string()])
        .args(arguments);
    finish(&mut tool, "", LIMIT)
}

/// What hupe1980's tool says of a capture file.
pub(crate) fn hupe1980_of_capture(command: &str, subcommand: &str, file: &Path) -> String {
    let mut tool = Command::new(installed("cargo/bin/ied"));
    let finished = finish(tool.args([command, subcommand]).arg(file), "", LIMIT);
    assert!(finished.status.success(), "{}", finished.stderr);
    finished.stdout
}

/// What `open61850-supervise --events` says of a capture file.
pub(crate) fn open61850_supervise(file: &Path) -> String {
    let mut tool = Command::new(installed("venv/bin/open61850-supervise"));
    let finished = finish(tool.arg("--events").arg(file), "", LIMIT);
    assert!(finished.status.success(), "{}", finished.stderr);
    finished.stdout
}

/// `open61850-mms HOST:PORT`, for the arguments of the caller.
pub(crate) fn open61850_command(server: SocketAddr) -> Command {
    let mut tool = Command::new(installed("venv/bin/open61850-mms"));
    tool.arg(server.to_string());
    tool
}

/// open61850's server.
pub(crate) fn open61850_server() -> Command {
    Command::new(installed("venv/bin/open61850-server"))
}

/// Runs `open61850-mms HOST:PORT ARGUMENTS` and returns what it prints.
pub(crate) fn open61850(server: SocketAddr, arguments: &[&str]) -> Finished {
    finish(open61850_command(server).args(arguments), "", LIMIT)
}

/// The IEDs of an SCL file that have a server, with their access points, as a reader that is not ours finds them.
/// `None` when the file is no XML.
pub(crate) fn ieds_of(file: &Path) -> Option<Vec<(String, String)>> {
    let mut command = script("scl_ieds.py");
    command.arg(file);
    let finished = finish(&mut command, "", LIMIT);
    if !finished.status.success() {
        return None;
    }
    let pairs = json(&finished, "scl_ieds.py");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(
        pairs
            .as_array()
            .expect("a list of pairs")
            .iter()
            .map(|pair| (text(&pair[0]), text(&pair[1])))
            .collect(),
    )
}

/// The program of ours on the stack of rusty-iccp.
pub(crate) fn rusty_mms() -> Command {
    Command::new(installed("rusty/bin/rusty_mms_peer"))
}

/// What SOUTH sees of NORTH on that stack; see the program.
pub(crate) fn rusty_mms_client(server: SocketAddr) -> Value {
    let mut command = rusty_mms();
    command.args(["client", &server.to_string()]);
    json(&finish(&mut command, "", LIMIT), "rusty_mms_peer client")
}

/// What the control centre SOUTH sees of NORTH on the MMS stack of hat-drivers; see the script.
pub(crate) fn hat_tase2_client(server: SocketAddr) -> Value {
    hat_control_center("hat_tase2.py", server)
}

/// What SOUTH sees when it operates the devices of NORTH, likewise.
pub(crate) fn hat_tase2_devices_client(server: SocketAddr) -> Value {
    hat_control_center("hat_tase2_devices.py", server)
}

/// What SOUTH sees of the other blocks of NORTH, likewise.
pub(crate) fn hat_tase2_blocks_client(server: SocketAddr) -> Value {
    hat_control_center("hat_tase2_blocks.py", server)
}

fn hat_control_center(name: &str, server: SocketAddr) -> Value {
    let mut command = script(name);
    command.args([
        "client",
        &server.ip().to_string(),
        &server.port().to_string(),
    ]);
    json(&finish(&mut command, "", LIMIT), name)
}
