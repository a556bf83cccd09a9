//! `ied serve`, and a running one for other tests.

use crate::process::wait;
use crate::{LIMIT, bay, command, ends, refused, written};
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};

/// A running server, ended at the latest when it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    /// Starts `ied` with these arguments and waits for `listening on`; what it says before comes with it.
    pub(crate) fn start(arguments: &[&str], stdout: Stdio) -> (Self, String) {
        let mut child = command()
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .expect("starting ied");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        // From here on it is ended, whatever happens.
        let mut running = Running {
            child,
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            stderr,
        };
        let mut before = String::new();
        loop {
            let mut line = String::new();
            let length = running.stderr.read_line(&mut line).expect("reading stderr");
            assert!(length > 0, "ended: {before}");
            if let Some(address) = line.strip_prefix("listening on ") {
                running.address = address.trim_end().parse().expect("ADDR:PORT");
                return (running, before);
            }
            before.push_str(&line);
        }
    }

    /// Serves a file on a free port of this machine.
    pub(crate) fn serve(file: &str) -> Self {
        Self::serve_with(file, &[])
    }

    /// The same with further options.
    pub(crate) fn serve_with(file: &str, options: &[&str]) -> Self {
        let mut arguments = vec!["serve", file, "--port", "0", "--bind", "127.0.0.1"];
        arguments.extend(options);
        let (running, said) = Self::start(&arguments, Stdio::null());
        assert_eq!(said, "", "one line, when it is ready");
        running
    }

    /// The next line on standard error.
    pub(crate) fn said_next(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).expect("reading stderr");
        line
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal; it has to end with exit code 0. Gives what it said since it was ready.
    pub(crate) fn end_with(mut self, signal: &str) -> String {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .expect("running kill");
        assert!(sent.success());
        let status = wait(&mut self.child, LIMIT).expect("it ends");
        assert_eq!(status.code(), Some(0));
        let mut said = String::new();
        self.stderr
            .read_to_string(&mut said)
            .expect("reading stderr");
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[cfg(unix)]
fn ends_in_good_order() {
    for signal in ["-INT", "-TERM"] {
        let server = Running::serve(&bay());
        // With a client that is connected and says nothing.
        let _client = TcpStream::connect(server.address).expect("connecting");
        assert_eq!(server.end_with(signal), "");
    }
}

#[test]
#[cfg(unix)]
fn connections_are_logged_when_asked_for() {
    let file = bay();
    let arguments = ["-v", "serve", &file, "--port", "0", "--bind", "localhost"];
    let (server, said) = Running::start(&arguments, Stdio::null());
    assert!(said.contains("serving BAY1, access point P1"), "{said}");
    ends(0, &["browse", &server.address.to_string(), "BAY1PROT"]);
    let said = server.end_with("-INT");
    assert!(said.contains(" connected"), "{said}");
    assert!(said.contains("disconnected"), "{said}");
}

#[test]
fn a_port_that_is_taken() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = other.local_addr().expect("an address").port().to_string();
    for arguments in [
        &["serve", &bay(), "--bind", "127.0.0.1", "--port", &port][..],
        &["demo", "--port", &port],
    ] {
        refused(
            1,
            arguments,
            &[&format!("127.0.0.1:{port} is in use"), "--port"],
        );
    }
}

#[test]
fn an_address_of_somebody_else() {
    // Of a range that is for documentation only.
    let arguments = ["serve", &bay(), "--bind", "192.0.2.1", "--port", "0"];
    refused(
        1,
        &arguments,
        &["192.0.2.1 is no address of this machine", "0.0.0.0"],
    );
}

#[test]
fn only_so_many_clients() {
    let file = bay();
    let arguments = [
        "serve",
        &file,
        "--port",
        "0",
        "--bind",
        "127.0.0.1",
        "--max-connections",
        "1",
    ];
    let (server, _) = Running::start(&arguments, Stdio::null());
    let address = server.address.to_string();
    {
        let mut first = TcpStream::connect(server.address).expect("connecting");
        refused(1, &["browse", &address, "--timeout", "5"], &[&address]);
        first.shutdown(std::net::Shutdown::Both).expect("closing");
        let _ = first.read(&mut [0; 1]);
    }
    // The place is free again, at the latest when the server has noticed.
    let deadline = std::time::Instant::now() + LIMIT;
    while crate::ied(&["browse", &address, "BAY1PROT"]).status.code() != Some(0) {
        assert!(std::time::Instant::now() < deadline, "no place is free");
    }
}

#[test]
fn model_files_are_served() {
    let server = Running::serve(&crate::file("tests/golden/golden.cfg"));
    let (tree, _) = ends(0, &["browse", &server.address.to_string()]);
    assert!(tree.contains("phsAHar(4) [MX]"), "{tree}");
}

#[test]
fn a_configuration_file() {
    let settings = "
        bind = '127.0.0.1'
        port = 0
        [identity]
        vendor = 'Example'
        [writable]
        cf = true
        [server]
        max_mms_connection = 1
    ";
    let (_folder, config) = written("server.toml", settings);
    let file = bay();
    let arguments = ["serve", &file, "--config", &config];
    let (server, said) = Running::start(&arguments, Stdio::null());
    assert_eq!(said, "");
    assert!(server.address.ip().is_loopback(), "{}", server.address);
    let address = server.address.to_string();
    let deadband = "BAY1MEAS/MMXU1.TotW.db[CF]";
    ends(0, &["write", &address, deadband, "77"]);
    // One connection only, and so one after the other.
    let deadline = std::time::Instant::now() + LIMIT;
    loop {
        let read = crate::ied(&["read", &address, deadband]);
        if read.status.success() {
            assert!(read.stdout.contains("77"), "{}", read.stdout);
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{}", read.stderr);
    }

    // The command line overrides it.
    let overridden = Running::serve_with(&file, &["--config", &config, "--max-connections", "9"]);
    assert_ne!(overridden.address, server.address);
    let address = overridden.address;
    let clients: Vec<_> = (0..3).map(|_| TcpStream::connect(address)).collect();
    assert!(clients.iter().all(Result::is_ok));
    ends(0, &["browse", &address.to_string(), "BAY1PROT"]);
}

#[test]
fn configuration_files_that_are_none() {
    let file = bay();
    let with = |config: &str, reasons: &[&str]| {
        refused(
            1,
            &["serve", &file, "--port", "0", "--config", config],
            reasons,
        );
    };
    with("/no/such/server.toml", &["/no/such/server.toml: "]);
    with(&crate::file("tests"), &["irectory"]);
    for (text, reasons) in [
        ("port = 'x'", ["server.toml:1:8: port: ", "string \"x\""]),
        (
            "\n[server]\nmax_pdu = 1",
            ["server.toml:3:1: server.max_pdu: ", "unknown field"],
        ),
        (
            "[server]\nmax_pdu_size = 1",
            ["server.toml:2:16: server.max_pdu_size: ", "out of range"],
        ),
        ("port", ["server.toml:1:", "error: "]),
        ("ied = \"\\u001b[2J\"\nx = 1", ["server.toml:2:1: x: ", ""]),
    ] {
        let (_folder, config) = written("server.toml", text);
        with(&config, &reasons);
    }
    // What it names has to be there as if the command line named it.
    let (_folder, config) = written("server.toml", "ied = 'BAY9'");
    refused(
        2,
        &["serve", &file, "--config", &config],
        &["'BAY9'", "BAY1"],
    );
    let (_folder, config) = written("server.toml", "bind = 'not an address'");
    refused(
        2,
        &["serve", &file, "--config", &config],
        &["not an address"],
    );
    let (_folder, config) = written("server.toml", [0xff, 0xfe, 0x00]);
    with(&config, &["server.toml: ", "UTF-8"]);
}

#[test]
fn a_folder_of_files() {
    let (folder, _) = written("fault.txt", "phase A to earth");
    let path = folder.path().to_str().expect("a UTF-8 path");
    let server = Running::serve_with(&bay(), &["--files", path]);
    let client = mms::client::blocking::Client::connect(server.address, Default::default())
        .expect("a connection");
    let names: Vec<_> = client
        .file_directory(None)
        .expect("a directory")
        .into_iter()
        .map(|entry| format!("{entry:?}"))
        .collect();
    assert!(
        names.len() == 1 && names[0].contains("fault.txt"),
        "{names:?}"
    );
    refused(
        1,
        &["serve", &bay(), "--files", "/no/such/folder"],
        &["/no/such/folder is no folder"],
    );
}

#[test]
#[cfg(unix)]
fn a_process_moves_the_values() {
    for model in [bay(), crate::file("tests/golden/golden.cfg")] {
        let server = Running::serve_with(&model, &["--simulate", "--seed", "7"]);
        let address = server.address.to_string();
        let read = || ends(0, &["browse", &address, "--values"]).0;
        let before = read();
        let deadline = std::time::Instant::now() + LIMIT;
        while read() == before {
            assert!(std::time::Instant::now() < deadline, "nothing moves");
        }
        assert_eq!(server.end_with("-INT"), "");
    }
}

#[test]
#[cfg(unix)]
fn without_a_process_nothing_moves() {
    let server = Running::serve(&bay());
    let address = server.address.to_string();
    let read = || ends(0, &["browse", &address, "--values"]).0;
    let before = read();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(read(), before);
}

/// The recorded model has logs.
#[test]
fn a_folder_of_logs() {
    let model = crate::file("tests/golden/golden.cfg");
    let (folder, _) = written("note.txt", "");
    let path = folder.path().to_str().expect("a UTF-8 path");
    if cfg!(feature = "sqlite") {
        refused(
            1,
            &["serve", &model, "--logs", "/no/such/folder"],
            &["/no/such/folder is no folder"],
        );
        let _server = Running::serve_with(&model, &["--logs", path]);
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .filter_map(|name| name.into_string().ok())
            .filter(|name| name.ends_with(".sqlite"))
            .collect();
        names.sort();
        assert!(!names.is_empty());
        assert!(
            names.iter().all(|name| name.contains("_LLN0_")),
            "{names:?}"
        );
    } else {
        refused(
            1,
            &["serve", &model, "--logs", path],
            &["without SQLite", "--features sqlite"],
        );
    }
}

/// By the option and by the configuration file; a client sees no difference.
#[test]
#[cfg(all(unix, feature = "libiec61850"))]
fn the_c_library_serves() {
    let (_folder, config) = written("engine.toml", "[server]\nengine = \"libiec61850\"\n");
    for options in [["--engine", "libiec61850"], ["--config", &config]] {
        let server = Running::serve_with(&bay(), &options);
        let address = server.address.to_string();
        let (seen, _) = ends(0, &["browse", &address]);
        assert!(seen.contains("LLN0"), "{seen}");
        let own = Running::serve(&bay());
        let (same, _) = ends(0, &["browse", &own.address.to_string()]);
        assert_eq!(seen, same);
        assert_eq!(server.end_with("-INT"), "");
    }
}

#[test]
#[cfg(feature = "libiec61850")]
fn what_the_c_library_cannot_do_is_told() {
    let (_folder, config) = written("pdu.toml", "[server]\nmax_pdu_size = 1000\n");
    refused(
        1,
        &[
            "serve",
            &bay(),
            "--engine",
            "libiec61850",
            "--config",
            &config,
        ],
        &["the setting max_pdu_size: not supported by the engine libiec61850"],
    );
}

#[test]
#[cfg(not(feature = "libiec61850"))]
fn without_the_c_library_it_is_told_how_to_get_it() {
    refused(
        1,
        &["serve", &bay(), "--engine", "libiec61850"],
        &["not compiled in", "--features libiec61850"],
    );
}

/// A library that says it is of another version takes the place of the real one.
#[test]
#[cfg(all(target_os = "linux", feature = "libiec61850"))]
fn a_library_that_is_too_old_is_told() {
    let (folder, source) = written(
        "old.c",
        "char *LibIEC61850_getVersionString(void) { return \"1.5.3\"; }\n",
    );
    let library = folder.path().join("old.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .status()
        .expect("running cc");
    assert!(built.success());
    let serve = |engine: &str| {
        let output = command()
            .args([
                "serve",
                &bay(),
                "--port",
                "0",
                "--bind",
                "192.0.2.1",
                "--engine",
                engine,
            ])
            .env("LD_PRELOAD", &library)
            .output()
            .expect("starting ied");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = serve("libiec61850");
    let reason = "libiec61850 1.5.3 is loaded, but 1.6.0 or newer is needed";
    assert!(said.contains(reason), "{said}");
    // Our own engine does not mind: it is the address that it refuses.
    let said = serve("native");
    assert!(said.contains("192.0.2.1"), "{said}");
}
