//! Reads a recording: the form is described in `tests/golden/README.md`.

use std::path::PathBuf;
use std::time::Duration;

/// One event, in order of time.
#[derive(Debug)]
pub(crate) enum Event {
    /// The client opens a connection.
    Open(u32),
    /// The client sends.
    Send(u32, Vec<u8>),
    /// The server answered.
    Answer(u32, Vec<u8>),
    /// The client ends its direction, or resets the connection.
    End(u32),
    /// The server ends its direction, or resets the connection.
    ServerEnd(u32),
    /// Nothing happened for a while.
    Pause(Duration),
    /// A line of the log.
    Log(String),
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden")
}

/// The recordings whose names begin so.
pub(crate) fn names(beginning: &str) -> Vec<&'static str> {
    let files = std::fs::read_dir(folder()).expect("the recordings");
    let names = files.filter_map(|file| {
        let name = file.ok()?.file_name().into_string().ok()?;
        let name = name.strip_suffix(".golden")?;
        name.starts_with(beginning)
            .then(|| &*name.to_owned().leak())
    });
    names.collect()
}

pub(crate) fn read(scenario: &str) -> Vec<Event> {
    let path = folder().join(format!("{scenario}.golden"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().filter_map(event).collect()
}

fn event(line: &str) -> Option<Event> {
    let (kind, rest) = line.split_at(1);
    let rest = rest.trim_start();
    match kind {
        "#" => Some(Event::Log(rest.to_owned())),
        "~" => {
            let passed = rest.parse().expect("milliseconds");
            Some(Event::Pause(Duration::from_millis(passed)))
        }
        ">" | "<" => {
            let (connection, what) = rest.split_once(' ').expect("connection and bytes");
            let connection = connection.parse().expect("number of a connection");
            Some(match (kind, what) {
                (">", "SYN") => Event::Open(connection),
                (">", "FIN" | "RST") => Event::End(connection),
                ("<", "FIN" | "RST") => Event::ServerEnd(connection),
                (">", hex) => Event::Send(connection, bytes(hex)),
                (_, hex) => Event::Answer(connection, bytes(hex)),
            })
        }
        _ => None,
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex"))
        .collect()
}
