//! What the build script reads in library files, which may be anything.

#![cfg(target_os = "linux")]

use std::fs;
#[cfg(feature = "link")]
use std::path::Path;
use std::process::Command;

#[path = "../build/object.rs"]
mod object;

use object::{Object, read};

/// A shared library and an archive with two functions of which one is not for others, made by the C compiler.
fn libraries() -> [Vec<u8>; 2] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(
        path("code.c"),
        "static int hidden(int a) { return a + 1; }\nint shown_function(int a) { return hidden(a) * 2; }\nint shown_data = 7;\n",
    )
    .expect("a file");
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap_or_else(|error| {
                panic!("this test needs {program}, which does not start ({error}); on Debian: apt-get install gcc libc6-dev binutils")
            });
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run("cc", &["-shared", "-fPIC", "-s", "-o", "code.so", "code.c"]);
    run("cc", &["-c", "-fPIC", "-o", "code.o", "code.c"]);
    run("ar", &["rcs", "code.a", "code.o"]);
    ["code.so", "code.a"].map(|name| fs::read(path(name)).expect("a library"))
}

#[test]
fn shared_libraries_and_archives_are_read() {
    for content in libraries() {
        let Object {
            architecture,
            exports,
        } = read(&content);
        assert_eq!(architecture.as_deref(), Some(std::env::consts::ARCH));
        let exports = exports.expect("a table of symbols");
        assert!(exports.contains("shown_function"), "{exports:?}");
        assert!(exports.contains("shown_data"), "{exports:?}");
        assert!(!exports.contains("hidden"), "{exports:?}");
        // What a library needs of others is not what it exports.
        assert!(!exports.contains("__cxa_finalize"), "{exports:?}");
    }
}

#[test]
fn other_files_are_unknown() {
    for content in [
        &b""[..],
        b"GROUP ( libiec61850.so.1 )",
        b"!<arch>\n",
        b"\x7fELF",
        b"MZ",
    ] {
        assert_eq!(read(content), Object::default());
    }
}

/// A broken file may be unknown or read in part; it must not stop the build with a panic.
#[test]
fn broken_files_do_no_harm() {
    for content in libraries() {
        let whole = read(&content);
        let mut differed = 0;
        for length in 0..content.len() {
            differed += usize::from(read(&content[..length]) != whole);
        }
        assert!(differed > 0, "the table of symbols was cut too");
        // Every number of the headers at its largest.
        for place in 0..content.len().min(2048) {
            let mut broken = content.clone();
            let end = (place + 8).min(broken.len());
            broken[place..end].fill(0xff);
            read(&broken);
        }
        // And of the section headers, which are at the end.
        for place in content.len().saturating_sub(2048)..content.len() {
            let mut broken = content.clone();
            let end = (place + 8).min(broken.len());
            broken[place..end].fill(0xff);
            read(&broken);
        }
    }
}

/// The library of the workspace, where it was installed.
#[cfg(feature = "link")]
#[test]
fn the_real_library_is_read() {
    let prebuilt = Path::new(env!("CARGO_MANIFEST_DIR"))
        .with_file_name("vendor/prebuilt")
        .join(std::env::consts::ARCH)
        .join("libiec61850.so");
    if libiec61850_sys::LIBRARY.way != "vendor/prebuilt" {
        return;
    }
    let exports = read(&fs::read(prebuilt).expect("the library"))
        .exports
        .expect("a table of symbols");
    assert!(exports.contains("IedServer_create"));
    assert!(exports.len() > 2000, "{}", exports.len());
    // Part of the library, but not for applications.
    assert!(!exports.contains("MmsServer_create"));
}
