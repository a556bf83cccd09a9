//! `ied demo`.

use crate::ends;
use crate::serve::Running;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn once() {
    let (out, messages) = ends(0, &["demo", "--once", "--port", "0"]);
    assert!(
        messages.starts_with("listening on 127.0.0.1:"),
        "{messages}"
    );
    for text in [
        "vendor ied, model demo feeder",
        "FEEDER1MEAS  LLN0 MMTR1 MMXU1",
        "stVal [ST] bit-string(2) = 10 (on)",
        "power/kW",
        "XCBR1.Pos closed, XCBR1.OpCnt 1742, PTOC1.Str no, PTOC1.Op no",
        "PTOC1.Str yes",
        "XCBR1.Pos moving, PTOC1.Op yes",
        "XCBR1.Pos open, XCBR1.OpCnt 1743",
        "XCBR1.Pos closed and selected",
        "the server accepts the command",
        "XCBR1.Pos open and selected, XCBR1.OpCnt 1744",
        "the server says that it is done",
        "the server refuses the command: position reached",
        "object access denied",
    ] {
        assert!(out.contains(text), "no {text:?} in:\n{out}");
    }
    assert!(!out.contains("Ctrl-C"), "{out}");
}

#[test]
fn two_control_centres() {
    let (out, messages) = ends(0, &["demo", "--tase2", "--once", "--port", "0"]);
    assert!(
        messages.starts_with("listening on 127.0.0.1:"),
        "{messages}"
    );
    for text in [
        "SOUTH has called NORTH; each is client and server of the other now:",
        "  NORTH  N_LOAD = ",
        "  NORTH  N_TIE_BREAKER = ",
        "  SOUTH  S_LOAD = ",
    ] {
        assert!(out.contains(text), "no {text:?} in:\n{out}");
    }
}

#[test]
#[cfg(unix)]
fn goes_on_until_it_is_ended() {
    let (mut server, _) = Running::start(&["demo", "--port", "0"], Stdio::piped());
    let stdout = server.child().stdout.take().expect("stdout is piped");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("Ctrl-C ends it")));
    // The process lives.
    let address = server.address.to_string();
    let read = || ends(0, &["read", &address, "FEEDER1MEAS/MMXU1.TotW.t"]).0;
    let before = read();
    let deadline = std::time::Instant::now() + crate::LIMIT;
    while read() == before {
        assert!(
            std::time::Instant::now() < deadline,
            "nothing changes: {before}"
        );
    }
    assert_eq!(server.end_with("-INT"), "");
}

#[test]
#[cfg(unix)]
fn can_be_ended_in_the_middle() {
    let (server, _) = Running::start(&["demo", "--port", "0"], Stdio::null());
    assert_eq!(server.end_with("-TERM"), "");
}
