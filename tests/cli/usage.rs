//! Wrong usage ends with exit code 2 and says what is wrong.

use crate::{bay, ends, refused};

#[test]
fn help_and_version() {
    let (help, _) = ends(0, &["--help"]);
    for subcommand in [
        "serve", "model", "browse", "read", "write", "info", "dataset", "report", "control", "sg",
        "log", "files", "demo", "diff", "gateway",
    ] {
        assert!(help.contains(subcommand), "{help}");
        let (help, _) = ends(0, &[subcommand, "--help"]);
        assert!(help.contains("Usage: ied"), "{help}");
    }
    let (version, _) = ends(0, &["-V"]);
    assert_eq!(version, format!("ied {}\n", env!("CARGO_PKG_VERSION")));
}

#[cfg(not(feature = "libiec61850"))]
#[test]
fn the_long_version_is_the_short_one() {
    let (version, _) = ends(0, &["--version"]);
    assert_eq!(version, format!("ied {}\n", env!("CARGO_PKG_VERSION")));
}

/// The tool is linked with the C library, and started without help for the loader.
#[cfg(feature = "libiec61850")]
#[test]
fn the_long_version_names_the_c_library() {
    let mut command = crate::command();
    command.arg("--version").env_remove("LD_LIBRARY_PATH");
    let finished = crate::finish(&mut command, "", crate::LIMIT);
    assert!(finished.status.success(), "{}", finished.stderr);
    let mut lines = finished.stdout.lines();
    assert_eq!(
        lines.next(),
        Some(concat!("ied ", env!("CARGO_PKG_VERSION")))
    );
    let library = lines.next().expect("a line for the library");
    assert!(library.starts_with("libiec61850 1."), "{library}");
    assert!(!library.contains("is loaded, but"), "{library}");
}

#[test]
fn wrong_usage() {
    refused(2, &[], &["Usage: ied"]);
    refused(2, &["fly"], &["fly"]);
    refused(2, &["serve"], &["<FILE>"]);
    refused(2, &["serve", &bay(), "--port", "65536"], &["65536"]);
    refused(
        2,
        &["serve", &bay(), "--max-connections", "0"],
        &["1 to 100000"],
    );
    refused(
        2,
        &["serve", &bay(), "--engine", "steam"],
        &["native", "libiec61850"],
    );
    refused(2, &["serve", &bay(), "--config"], &["--config <FILE>"]);
    refused(2, &["serve", &bay(), "--simulate", "--seed", "-1"], &["-1"]);
    refused(
        2,
        &["serve", &bay(), "--seed", "1"],
        &["--seed needs --simulate"],
    );
    refused(
        2,
        &["serve", &bay(), "--bind", "not an address"],
        &["not an address"],
    );
    refused(
        2,
        &["model", &bay(), "--format", "png"],
        &["tree", "json", "cfg"],
    );
    refused(2, &["read", "localhost"], &["REFERENCE"]);
    refused(2, &["browse", "localhost:0"], &["1 to 65535"]);
    refused(2, &["browse", "localhost:x"], &["'x' is no port"]);
    refused(2, &["browse", "localhost", "--timeout", "0"], &["seconds"]);
    refused(2, &["read", "localhost", "LLN0.Mod"], &["LLN0.Mod"]);
    refused(2, &["read", "localhost", "LD/LLN0.Mod[XX]"], &["XX"]);
    refused(
        2,
        &["read", "localhost", "LD/LLN0.Mod", "--fc", "XX"],
        &["XX"],
    );
}

#[test]
fn nobody_there() {
    // Port 1 of this machine: nobody listens there.
    for command in [
        &["browse", "127.0.0.1:1"][..],
        &["read", "127.0.0.1:1", "LD/LLN0.Mod"],
        &["write", "127.0.0.1:1", "LD/LLN0.Mod", "1"],
    ] {
        refused(1, command, &["cannot connect to 127.0.0.1:1"]);
    }
}

#[test]
fn a_peer_that_does_not_answer() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let server = listener.local_addr().expect("an address").to_string();
    refused(
        1,
        &["browse", &server, "--timeout", "0.2"],
        &[&server, "within 200ms", "--timeout"],
    );
}
