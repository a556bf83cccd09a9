//! `ied tase2 send` and `receive`, and the folder of `ied tase2 serve`.

use crate::process::wait;
use crate::serve::Running;
use crate::{LIMIT, command, ends, written};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

const NORTH: &str = r#"
[center]
name = "NORTH"
ap_title = "1.1.999.1"

[information]
buffers = [128]

[[peer]]
name = "VISITOR"
table_id = "1"
domain = "NORTH_VISITOR"
ap_title = "1.1.999.3"

[peer.information]
receive = [7]
enable = true
segments = true
folder = "from visitor"
"#;

fn north(folder: &Path) -> (Running, String, BufReader<std::process::ChildStdout>) {
    let config = folder.join("north.toml");
    std::fs::write(&config, NORTH).unwrap();
    let config = config.display().to_string();
    let arguments = [
        "tase2",
        "serve",
        &config,
        "--listen",
        "127.0.0.1:0",
        "--json",
    ];
    let (mut running, _) = Running::start(&arguments, Stdio::piped());
    let address = running.address.to_string();
    let stdout = BufReader::new(running.child().stdout.take().unwrap());
    (running, address, stdout)
}

fn as_visitor<'a>(address: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "tase2",
        "send",
        address,
        "--ap-title",
        "1.1.999.3",
        "--domain",
        "NORTH_VISITOR",
    ];
    arguments.extend(rest);
    arguments
}

fn next(stdout: &mut impl BufRead) -> Value {
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn a_text_and_a_file_get_into_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (running, address, mut stdout) = north(folder.path());
    let (_, said) = ends(
        0,
        &as_visitor(&address, &["--reference", "7", "--text", "line 4 is back"]),
    );
    assert_eq!(said, format!("14 octets sent to {address}\n"));
    let first = next(&mut stdout);
    assert_eq!(
        (&first["text"], &first["peer"], &first["info_reference"]),
        (&"line 4 is back".into(), &"VISITOR".into(), &7.into())
    );
    let octets: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
    let (_of_file, file) = written("a file", &octets);
    ends(
        0,
        &as_visitor(
            &address,
            &["--reference", "7", "--message-id", "5", "--segments", &file],
        ),
    );
    let second = next(&mut stdout);
    assert_eq!(
        (&second["size"], &second["segments"], &second["message_id"]),
        (&100_000.into(), &4.into(), &5.into())
    );
    let received = folder.path().join("from visitor");
    assert_eq!(
        std::fs::read(received.join("info_7_0_1.txt")).unwrap(),
        b"line 4 is back"
    );
    assert_eq!(
        std::fs::read(received.join("info_7_0_5.bin")).unwrap(),
        octets
    );
    // The same numbers again replace nothing.
    ends(
        0,
        &as_visitor(&address, &["--reference", "7", "--text", "again"]),
    );
    assert!(
        next(&mut stdout)["file"]
            .as_str()
            .unwrap()
            .ends_with("info_7_0_1_1.txt")
    );
    // What is not agreed on is sent, and not taken.
    ends(
        0,
        &as_visitor(&address, &["--reference", "8", "--text", "secret"]),
    );
    ends(
        0,
        &as_visitor(&address, &["--reference", "7", "--text", "last"]),
    );
    assert_eq!(next(&mut stdout)["text"], "last");
    running.end_with("-TERM");
}

#[test]
fn what_cannot_be_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (running, address, _stdout) = north(folder.path());
    let long = "x".repeat(40_000);
    let (_, said) = ends(
        1,
        &as_visitor(&address, &["--reference", "7", "--text", &long]),
    );
    assert_eq!(
        said,
        "error: 40000 octets are more than the largest information buffer has (30000)\n"
    );
    let (_, said) = ends(
        1,
        &as_visitor(&address, &["--reference", "7", "/nonexistent/file"]),
    );
    assert!(
        said.starts_with("error: cannot read /nonexistent/file: "),
        "{said}"
    );
    let (_, said) = ends(2, &as_visitor(&address, &["--reference", "7"]));
    assert!(said.contains("<FILE>"), "{said}");
    let (_, said) = ends(2, &as_visitor(&address, &["--text", "x", "--buffers", "0"]));
    assert!(said.contains("an information buffer of 0 octets"), "{said}");
    running.end_with("-TERM");
    // Nobody is there.
    let (_, said) = ends(1, &as_visitor(&address, &["--text", "x"]));
    let expected = format!("error: cannot connect to {address}: ");
    assert!(said.contains(&expected), "{said}");
}

#[test]
fn a_peer_that_wants_no_messages_is_waited_for_in_vain() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("north.toml");
    std::fs::write(&config, NORTH.replace("enable = true", "enable = false")).unwrap();
    let config = config.display().to_string();
    let (running, _) = Running::start(
        &["tase2", "serve", &config, "--listen", "127.0.0.1:0"],
        Stdio::null(),
    );
    let address = running.address.to_string();
    let (_, said) = ends(1, &as_visitor(&address, &["--text", "x", "--wait", "1"]));
    assert_eq!(
        said,
        format!("error: {address} did not ask for messages within 1 s\n")
    );
    running.end_with("-TERM");
}

/// A control centre that sends a message to who asks for it comes of `serve` alone by its queue: the library is the sender here.
#[test]
fn receive_writes_files_until_it_has_enough() {
    use tase2::bilateral::{BilateralTable, References};
    use tase2::endpoint::{Endpoint, EndpointOptions};
    use tase2::information::{Message, Recipients};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let mut model = tase2::model::Model::new();
    model.add_information_buffer(1000).unwrap();
    let mut table = BilateralTable::new("VISITOR", "1", "NORTH_VISITOR");
    table.identity.ap_title = Some("1.1.999.3".parse().unwrap());
    table.information.send = References::all();
    table.information.queue = 10;
    let vcc = tase2::VirtualControlCenter::new(model, vec![table]).unwrap();
    let mut options = EndpointOptions::default();
    options.listen = Some("127.0.0.1:0".parse().unwrap());
    let endpoint = Endpoint::start(&vcc, options, vec![]).unwrap();
    let address = endpoint.local_addr().unwrap().to_string();
    for (id, content) in [(1, &b"first\n"[..]), (2, &[0xff, 0xfe])] {
        let message = Message::new(9, content).with_message_id(id);
        vcc.send_information(Recipients::Peer("VISITOR"), &message)
            .unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("new").display().to_string();
    let arguments = [
        "tase2",
        "receive",
        &address,
        "--ap-title",
        "1.1.999.3",
        "--domain",
        "NORTH_VISITOR",
        "--folder",
        &into,
        "--count",
        "2",
    ];
    let (out, said) = ends(0, &arguments);
    assert_eq!(said, "waiting for messages\n");
    let expected = format!(
        "message 1 of 9, 6 octets: first -> {into}/info_9_0_1.txt\nmessage 2 of 9, 2 octets -> {into}/info_9_0_2.bin\n"
    );
    assert_eq!(out, expected);
    // Ctrl-C ends it in good order.
    let mut child = command()
        .args(&arguments[..7])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert_eq!(line, "waiting for messages\n");
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let status = wait(&mut child, LIMIT).expect("it ends");
    assert_eq!(status.code(), Some(0));
    runtime.block_on(endpoint.stop());
}
