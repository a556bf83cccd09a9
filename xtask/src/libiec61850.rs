//! `cargo xtask libiec61850`: the C library for the second engine, as the fourth way of libiec61850-sys finds it; and `cargo xtask bindings`.
//!
//! The shared library comes out of the PyPI wheel of pyiec61850-ng, which has it built with all services and TLS, and goes to
//! `vendor/prebuilt/<architecture>` with its licence. Git ignores that folder. Beside it comes libclang, which the feature `bindgen` needs: with both,
//! `--all-features` builds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::tools::{self, PIP_ADVICE, create, execute, is_installed, mark_installed, remove};
use crate::{Result, cargo, workspace};

/// The package whose wheels carry the library.
const WHEEL: &str = "pyiec61850-ng==1.6.1.10";
/// The package whose wheels carry libclang.
const LIBCLANG: &str = "libclang==18.1.1";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For which machine: x86_64 or aarch64, this one unless told
    #[arg(long, value_name = "ARCHITECTURE", value_parser = ["x86_64", "aarch64"])]
    architecture: Option<String>,
    /// Install again even if everything is there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let architecture = arguments
        .architecture
        .as_deref()
        .unwrap_or(std::env::consts::ARCH);
    if arguments.force {
        remove(&prebuilt(architecture))?;
        remove(&libclang_folder())?;
    }
    let folder = library(architecture)?;
    libclang()?;
    eprintln!("libiec61850 is ready in {}", folder.display());
    Ok(())
}

/// Installs what is missing for a build with all features on this machine.
pub(crate) fn set_up() -> Result {
    library(std::env::consts::ARCH)?;
    libclang()
}

fn prebuilt(architecture: &str) -> PathBuf {
    workspace().join("vendor/prebuilt").join(architecture)
}

/// Takes the library out of the wheel for an architecture, unless it is there.
fn library(architecture: &str) -> Result<PathBuf> {
    let folder = prebuilt(architecture);
    let stamp = folder.join("installed");
    let content = format!("{WHEEL}\n");
    if is_installed(&stamp, &content) && folder.join("libiec61850.so").is_file() {
        return Ok(folder);
    }
    if !["x86_64", "aarch64"].contains(&architecture) {
        return Err(format!(
            "there is no wheel with libiec61850 for {architecture}: build the library and name it in LIBIEC61850_DIR (vendor/README.md)"
        ));
    }
    eprintln!("taking libiec61850 for {architecture} out of {WHEEL}");
    let wheels = tools::directory().join("wheels").join(architecture);
    remove(&wheels)?;
    remove(&folder)?;
    create(&wheels)?;
    create(&folder)?;
    execute(
        tools::pip()?
            .args(["download", WHEEL, "--no-deps", "--only-binary=:all:"])
            .args(["--python-version", "3.11", "--implementation", "cp"])
            .args(["--abi", "cp311", "--platform"])
            .arg(format!("manylinux_2_28_{architecture}"))
            .arg("--dest")
            .arg(&wheels),
        PIP_ADVICE,
    )?;
    let wheel = entries(&wheels)?
        .into_iter()
        .find(|file| file.extension().is_some_and(|extension| extension == "whl"))
        .ok_or("pip left no wheel")?;
    let unpacked = wheels.join("unpacked");
    execute(
        Command::new(tools::directory().join("python/bin/python"))
            .args(["-m", "zipfile", "--extract"])
            .arg(&wheel)
            .arg(&unpacked),
        "the wheel is broken: run `cargo xtask libiec61850 --force`",
    )?;
    for file in found(&unpacked)? {
        let name = file.file_name().ok_or("a file without a name")?;
        let target = folder.join(name);
        fs::copy(&file, &target)
            .map_err(|error| format!("cannot write {}: {error}", target.display()))?;
        if is_library(&file) {
            link(name.as_ref(), &folder.join("libiec61850.so"))?;
        }
    }
    remove(&wheels)?;
    mark_installed(&stamp, &content)?;
    Ok(folder)
}

/// The library and the texts of its licence in an unpacked wheel.
fn found(unpacked: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![unpacked.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if name == "LICENSE" || name == "NOTICE" || is_library(&path) {
                files.push(path);
            }
        }
    }
    if !files.iter().any(|file| is_library(file)) {
        return Err(format!("the wheel of {WHEEL} has no libiec61850"));
    }
    Ok(files)
}

fn is_library(file: &Path) -> bool {
    file.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("libiec61850"))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list =
        || -> std::io::Result<Vec<_>> { fs::read_dir(folder)?.map(|e| Ok(e?.path())).collect() };
    list().map_err(|error| format!("cannot read {}: {error}", folder.display()))
}

/// The name that linkers look for. The library keeps its own name, under which programs load it.
#[cfg(unix)]
fn link(library: &Path, link: &Path) -> Result {
    std::os::unix::fs::symlink(library, link)
        .map_err(|error| format!("cannot create {}: {error}", link.display()))
}

#[cfg(not(unix))]
fn link(library: &Path, _link: &Path) -> Result {
    Err(format!("{} is a library for Linux", library.display()))
}

/// Where the build script of libiec61850-sys looks for libclang.
fn libclang_folder() -> PathBuf {
    tools::directory().join("libclang")
}

fn libclang() -> Result {
    let folder = libclang_folder();
    let stamp = folder.join("installed");
    let content = format!("{LIBCLANG}\n");
    if is_installed(&stamp, &content) {
        return Ok(());
    }
    eprintln!("installing {LIBCLANG}");
    remove(&folder)?;
    execute(
        tools::pip()?
            .args(["install", LIBCLANG, "--no-deps", "--only-binary=:all:"])
            .arg("--target")
            .arg(&folder),
        PIP_ADVICE,
    )?;
    mark_installed(&stamp, &content)
}

/// Renews `libiec61850-sys/src/bindings.rs` from its header.
pub(crate) fn bindings() -> Result {
    libclang()?;
    let output = Command::new(cargo())
        .current_dir(workspace())
        .args(["build", "--package", "libiec61850-sys"])
        .args(["--features", "bindgen", "--locked"])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let made = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "build-script-executed")
        .filter(|message| {
            message["package_id"]
                .as_str()
                .is_some_and(|id| id.contains("libiec61850-sys"))
        })
        .find_map(|message| Some(Path::new(message["out_dir"].as_str()?).join("bindings.rs")))
        .ok_or("the build script of libiec61850-sys made no bindings")?;
    let committed = workspace().join("libiec61850-sys/src/bindings.rs");
    fs::copy(&made, &committed)
        .map_err(|error| format!("cannot write {}: {error}", committed.display()))?;
    execute(
        Command::new("rustfmt")
            .args(["--edition", "2024"])
            .arg(&committed),
        "rustup component add rustfmt",
    )?;
    eprintln!("made {}", committed.display());
    Ok(())
}
