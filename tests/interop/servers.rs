//! The servers under comparison: ours and the real libiec61850.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::peers;
use crate::process::{Finished, finish, wait};

/// How long a server may take until it listens, and until it has ended.
const LIMIT: Duration = Duration::from_secs(30);

/// The `ied` tool under test.
fn ied() -> Command {
    Command::new(
        std::env::var_os("IED_UNDER_TEST")
            .unwrap_or_else(|| OsString::from(env!("CARGO_BIN_EXE_ied"))),
    )
}

/// Runs a subcommand of our tool to its end.
pub(crate) fn ied_command(arguments: &[&str]) -> Finished {
    finish(ied().args(arguments), "", LIMIT)
}

/// The model of an SCL file as a .cfg file that libiec61850 reads.
pub(crate) fn config_file(
    scl: &Path,
    selection: &[&str],
) -> Result<tempfile::NamedTempFile, String> {
    let scl = scl.to_str().expect("test files have UTF-8 names");
    let mut arguments = vec!["model", scl, "--format", "cfg"];
    arguments.extend(selection);
    let finished = ied_command(&arguments);
    if !finished.status.success() {
        return Err(finished.stderr);
    }
    let file = tempfile::Builder::new()
        .suffix(".cfg")
        .tempfile()
        .expect("a temporary file");
    std::fs::write(file.path(), finished.stdout).expect("writing a temporary file");
    Ok(file)
}

/// A running server, ended at the latest when it is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    messages: Receiver<String>,
}

impl Server {
    /// `ied serve FILE` on a port of the system's choice. The error is what it said instead of `listening on`.
    pub(crate) fn ours(file: &Path, selection: &[&str]) -> Result<Self, String> {
        let mut command = ied();
        command
            .arg("serve")
            .arg(file)
            .args(["--bind", "127.0.0.1", "--port", "0"])
            .args(selection);
        Self::listening(command)
    }

    /// `ied tase2 serve FILE` on a port of the system's choice.
    pub(crate) fn tase2(file: &Path, arguments: &[&str]) -> Self {
        let mut command = ied();
        command
            .args(["tase2", "serve"])
            .arg(file)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments);
        Self::listening(command).expect("ied tase2 serve")
    }

    fn listening(mut command: Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starting ied");
        let messages = lines_of(child.stderr.take().expect("stderr is piped"));
        match wait_for_line(&messages, |line| line.contains("listening on ")) {
            Ok(line) => {
                let (_, address) = line.rsplit_once("listening on ").expect("just looked for");
                let address = address
                    .trim()
                    .parse()
                    .unwrap_or_else(|_| panic!("no ADDR:PORT in `{line}`"));
                Ok(Self {
                    child,
                    address,
                    messages,
                })
            }
            Err(said) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(said)
            }
        }
    }

    /// The real libiec61850 serving a .cfg file.
    pub(crate) fn libiec61850(config: &Path) -> Self {
        Self::script("libiec61850_server.py", &[config.as_os_str()], &[])
    }

    /// The same with the files of a folder.
    pub(crate) fn libiec61850_with_files(config: &Path, folder: &Path) -> Self {
        let (config, folder) = (config.as_os_str(), folder.as_os_str());
        Self::script("libiec61850_server.py", &[config], &[folder])
    }

    /// csp0924's server with the bay of tests/data/bay.cid.
    pub(crate) fn csp0924(bay: &Path) -> Self {
        Self::script("csp0924_server.py", &[bay.as_os_str()], &[])
    }

    /// The server of hupe1980's tool, with the files of a folder.
    pub(crate) fn hupe1980(scl: &Path, folder: &Path) -> Self {
        Self::program("serving", |port| {
            let mut command = peers::hupe1980_tool();
            command.arg("sim").arg(scl).args(["--port", port]);
            command.arg("--files").arg(folder);
            command
        })
    }

    /// open61850's server.
    pub(crate) fn open61850(scl: &Path) -> Self {
        Self::program("open61850-server: ", |port| {
            let mut command = peers::open61850_server();
            command
                .arg(scl)
                .args(["--host", "127.0.0.1", "--port", port]);
            command
        })
    }

    /// The small MMS server of hat-drivers.
    pub(crate) fn hat() -> Self {
        Self::script("hat_server.py", &[], &[])
    }

    /// A control centre by hand on hat-drivers.
    pub(crate) fn hat_tase2() -> Self {
        Self::script("hat_tase2.py", &[OsStr::new("server")], &[])
    }

    /// A control centre with devices by hand on hat-drivers.
    pub(crate) fn hat_tase2_devices() -> Self {
        Self::script("hat_tase2_devices.py", &[OsStr::new("server")], &[])
    }

    /// A server that says something that begins so when it is ready, on whichever stream.
    fn program(ready: &str, command: impl Fn(&str) -> Command) -> Self {
        let is_ready = |line: &str| line.starts_with(ready);
        Self::on_free_port(ready, is_ready, |port| {
            let mut command = command(&port.to_string());
            command.stderr(Stdio::piped());
            command
        })
    }

    /// A control centre with information messages, accounts and the like, by hand on hat-drivers.
    pub(crate) fn hat_tase2_blocks() -> Self {
        Self::script("hat_tase2_blocks.py", &[OsStr::new("server")], &[])
    }

    /// A control centre for one association, on the stack of rusty-iccp.
    pub(crate) fn rusty_mms() -> Self {
        Self::spawned("rusty_mms_peer", |port| {
            let mut command = peers::rusty_mms();
            command.args(["server", &port.to_string()]);
            command
        })
    }

    /// What it says of itself until it ends of itself.
    pub(crate) fn read_to_the_end(mut self) -> Vec<String> {
        let status = wait(&mut self.child, LIMIT);
        let said: Vec<String> = self.messages.iter().collect();
        assert!(status.is_some_and(|status| status.success()), "{said:?}");
        said
    }

    /// One of our Python servers: its arguments, then the port, then those behind it.
    fn script(name: &str, arguments: &[&OsStr], behind: &[&OsStr]) -> Self {
        Self::spawned(name, |port| {
            let mut command = peers::script(name);
            command.args(arguments).arg(port.to_string()).args(behind);
            command
        })
    }

    /// A program that says `listening` when it is ready, and its complaints to whoever runs the test.
    fn spawned(name: &str, command: impl Fn(u16) -> Command) -> Self {
        Self::on_free_port(name, |line| line == "listening", command)
    }

    fn on_free_port(
        name: &str,
        is_ready: impl Fn(&str) -> bool,
        command: impl Fn(u16) -> Command,
    ) -> Self {
        // They cannot be given port 0, so somebody else can take the port in between: try again then.
        for _ in 0..5 {
            let address = free_address();
            let mut child = command(address.port())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .expect("starting a server");
            let (tell, messages) = mpsc::channel();
            forward(child.stdout.take().expect("stdout is piped"), tell.clone());
            match child.stderr.take() {
                Some(stderr) => forward(stderr, tell),
                // A process that ends says no more.
                None => drop(tell),
            }
            if wait_for_line(&messages, &is_ready).is_ok() {
                return Self {
                    child,
                    address,
                    messages,
                };
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("{name} cannot serve");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the server as Ctrl-C does; it must go with exit code 0.
    pub(crate) fn interrupt(self) {
        self.interrupt_and_read();
    }

    /// As [`Server::interrupt`]; gives what it said since it was ready.
    pub(crate) fn interrupt_and_read(mut self) -> Vec<String> {
        let sent = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status()
            .expect("running kill");
        assert!(sent.success(), "the server is gone already");
        let status = wait(&mut self.child, LIMIT);
        // The pipe is closed with the process, so this ends.
        let said: Vec<String> = self.messages.iter().collect();
        let status = status.unwrap_or_else(|| panic!("still running {LIMIT:?} after SIGINT"));
        assert_eq!(status.code(), Some(0), "{}", said.join("\n"));
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port on loopback")
}

/// Reads a pipe to its end in a thread, so that the process never blocks on it.
fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    forward(pipe, sender);
    receiver
}

fn forward(pipe: impl Read + Send + 'static, sender: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Nobody may be listening any more; the pipe must be drained all the same.
            let _ = sender.send(line);
        }
    });
}

/// The first line that is wanted; otherwise everything said until the process ended or the time was up.
fn wait_for_line(
    lines: &Receiver<String>,
    wanted: impl Fn(&str) -> bool,
) -> Result<String, String> {
    let deadline = Instant::now() + LIMIT;
    let mut said = Vec::new();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) if wanted(&line) => return Ok(line),
            Ok(line) => said.push(line),
            Err(_) => return Err(said.join("\n")),
        }
    }
}
