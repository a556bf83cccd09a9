//! Makes `bindings.rs` from a C header with bindgen.

use std::env;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The headers of libiec61850 that an application may include.
const UPSTREAM: [&str; 28] = [
    "hal_time.h",
    "hal_thread.h",
    "lib_memory.h",
    "hal_filesystem.h",
    "hal_ethernet.h",
    "linked_list.h",
    "mms_common.h",
    "mms_value.h",
    "mms_type_spec.h",
    "iec61850_common.h",
    "iec61850_model.h",
    "iec61850_dynamic_model.h",
    "iec61850_cdc.h",
    "iec61850_config_file_parser.h",
    "tls_config.h",
    "iso_connection_parameters.h",
    "logging_api.h",
    "iec61850_server.h",
    "mms_server.h",
    "mms_client_connection.h",
    "iec61850_client.h",
    "r_session.h",
    "goose_publisher.h",
    "goose_receiver.h",
    "goose_subscriber.h",
    "sv_publisher.h",
    "sv_subscriber.h",
    "libiec61850_version.h",
];

/// Starts this program again with the libclang that `cargo xtask libiec61850` installed, unless the user names one. clang-sys takes it from the
/// environment only.
pub(crate) fn with_installed_libclang() -> Option<ExitCode> {
    println!("cargo::rerun-if-env-changed=LIBCLANG_PATH");
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target/tools/libclang/clang/native");
    if env::var_os("LIBCLANG_PATH").is_some() || !folder.is_dir() {
        return None;
    }
    let program = env::current_exe().ok()?;
    let status = Command::new(program)
        .env("LIBCLANG_PATH", folder)
        .status()
        .ok()?;
    Some(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Generates from the headers of the library that was found, whose folders are `folders`, or from our own header where it came without.
pub(crate) fn run(folders: &[PathBuf]) -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/libiec61850_abi.h");
    let mut builder = bindgen::Builder::default()
        .rust_edition(bindgen::RustEdition::Edition2024)
        .use_core()
        .layout_tests(false)
        .generate_comments(true)
        .derive_debug(true)
        .derive_default(false)
        .prepend_enum_name(false)
        .sort_semantically(false)
        // Only the library's own names, not those of the C headers.
        .allowlist_recursively(true)
        .formatter(bindgen::Formatter::Prettyplease);
    let wrapper = wrapper(folders);
    println!(
        "cargo::rustc-env=LIBIEC61850_SYS_HEADERS={}",
        if wrapper.is_empty() { "own" } else { "library" }
    );
    if wrapper.is_empty() {
        builder = builder
            .header(own.to_string_lossy())
            .clang_arg("-DLIBIEC61850_ABI_WITHOUT_LIBC")
            .allowlist_file(".*libiec61850_abi\\.h")
            .blocklist_item("(u?int(8|16|32|64)_t|size_t|true_?|false_?|LIBIEC61850_ABI_H)");
    } else {
        let file = out.join("upstream.h");
        fs::write(&file, wrapper)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        builder = builder.header(file.to_string_lossy());
        for folder in folders {
            builder = builder
                .clang_arg(format!("-I{}", folder.display()))
                .allowlist_file(format!("{}/.*", regex_text(&folder.to_string_lossy())));
        }
    }
    let target = out.join("bindings.rs");
    // bindgen panics where there is no libclang.
    panic::catch_unwind(bindgen::clang_version).map_err(|_| {
        "the feature bindgen needs libclang: `cargo xtask libiec61850` installs one, on Debian apt-get install libclang-dev does, and LIBCLANG_PATH \
         names the folder of another"
            .to_owned()
    })?;
    builder
        .generate()
        .map_err(|error| format!("bindgen cannot read the header: {error}"))?
        .write_to_file(&target)
        .map_err(|error| format!("cannot write {}: {error}", target.display()))
}

/// A C file that includes what is there of the library's own headers; empty when the server's header is not.
fn wrapper(folders: &[PathBuf]) -> String {
    let exists = |name: &str| folders.iter().any(|folder| folder.join(name).is_file());
    if !exists("iec61850_server.h") {
        return String::new();
    }
    UPSTREAM
        .iter()
        .filter(|name| exists(name))
        .map(|name| format!("#include <{name}>\n"))
        .collect()
}

/// `text` with what a regular expression takes for its own escaped.
fn regex_text(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escape = "\\.+*?()|[]{}^$".contains(c).then_some('\\');
            escape.into_iter().chain([c])
        })
        .collect()
}
