//! Finds libiec61850 and tells cargo how to link it (feature `link`); makes the bindings anew (feature `bindgen`).
#![forbid(unsafe_code)]

#[cfg(feature = "bindgen")]
#[path = "build/generate.rs"]
mod generate;
#[cfg(feature = "link")]
#[path = "build/link.rs"]
mod link;
#[cfg(feature = "link")]
#[path = "build/locate.rs"]
mod locate;
#[cfg(feature = "link")]
#[path = "build/object.rs"]
mod object;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "bindgen")]
    if let Some(code) = generate::with_installed_libclang() {
        return code;
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=include/libiec61850_abi.h");
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    println!(
        "cargo::metadata=include={}/include",
        env!("CARGO_MANIFEST_DIR")
    );
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    #[cfg(feature = "link")]
    let headers = link::run()?;
    #[cfg(all(feature = "bindgen", not(feature = "link")))]
    let headers = Vec::new();
    #[cfg(feature = "bindgen")]
    generate::run(&headers)?;
    #[cfg(all(feature = "link", not(feature = "bindgen")))]
    drop(headers);
    Ok(())
}
