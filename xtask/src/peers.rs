//! `cargo xtask peers`: the foreign IEC 61850 and MMS stacks, installed with the ordinary clients of their registries.
//!
//! They live in `target/peers`: `venv` holds the Python packages of `tests/peers/requirements.txt`, `cargo/bin/ied` is the tool of the
//! crate iec61850-rs, and `rusty/bin/rusty_mms_peer` is `tests/peers/rusty_mms` on the crates of rusty-iccp. The tests run them as separate processes; nothing of them is linked into ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{PIP_ADVICE, create, execute, is_installed, mark_installed, remove, starts};
use crate::{Result, cargo, workspace};

/// The command-line tool of another Rust stack: crate and version.
const TOOL: (&str, &str) = ("iec61850-rs", "0.3.0");

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install again even if everything is there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    if arguments.force {
        remove(&directory())?;
    }
    let peers = set_up()?;
    eprintln!("peers are ready in {}", peers.display());
    Ok(())
}

/// Where the peers are, or will be.
pub(crate) fn directory() -> PathBuf {
    workspace().join("target").join("peers")
}

/// Installs what is missing and returns the folder. Does nothing when everything is there in the wanted versions.
pub(crate) fn set_up() -> Result<PathBuf> {
    let peers = directory();
    create(&peers)?;
    python_packages(&peers)?;
    command_line_tool(&peers)?;
    program_of_ours(&peers)?;
    Ok(peers)
}

fn python_packages(peers: &Path) -> Result {
    let wanted = workspace().join("tests/peers/requirements.txt");
    let content = fs::read_to_string(&wanted)
        .map_err(|error| format!("cannot read {}: {error}", wanted.display()))?;
    let stamp = peers.join("venv.installed");
    let venv = peers.join("venv");
    if is_installed(&stamp, &content) && starts(&venv.join("bin/python")) {
        return Ok(());
    }
    eprintln!(
        "installing the Python peers into {} (about 20 s)",
        venv.display()
    );
    remove(&stamp)?;
    remove(&venv)?;
    execute(
        Command::new("python3").args(["-m", "venv"]).arg(&venv),
        "python3 (3.11 or newer) with its venv module is needed; on Debian: apt-get install python3 python3-venv",
    )?;
    execute(
        Command::new(venv.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(&wanted),
        PIP_ADVICE,
    )?;
    mark_installed(&stamp, &content)
}

fn command_line_tool(peers: &Path) -> Result {
    let (name, version) = TOOL;
    let content = format!("{name} {version}\n");
    let stamp = peers.join("cargo.installed");
    let root = peers.join("cargo");
    if is_installed(&stamp, &content) && root.join("bin/ied").is_file() {
        return Ok(());
    }
    eprintln!(
        "building {name} {version} into {} (about a minute)",
        root.display()
    );
    remove(&stamp)?;
    execute(
        Command::new(cargo())
            .args(["install", name, "--version", version, "--features", "cli"])
            .args(["--locked", "--force", "--quiet", "--root"])
            .arg(&root),
        "cargo must reach a crate registry: check the network and cargo's configuration",
    )?;
    mark_installed(&stamp, &content)
}

/// A program of ours on a foreign stack that has none: built anew when it or what it is built with has changed.
fn program_of_ours(peers: &Path) -> Result {
    let source = workspace().join("tests/peers/rusty_mms");
    let mut content = String::new();
    for file in ["Cargo.toml", "Cargo.lock", "src/main.rs"] {
        let path = source.join(file);
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        content.push_str(&text);
    }
    let stamp = peers.join("rusty.installed");
    let root = peers.join("rusty");
    if is_installed(&stamp, &content) && root.join("bin/rusty_mms_peer").is_file() {
        return Ok(());
    }
    eprintln!("building the peer on rusty-iccp (about a minute)");
    remove(&stamp)?;
    execute(
        Command::new(cargo())
            .args(["install", "--locked", "--force", "--quiet", "--debug"])
            .arg("--path")
            .arg(&source)
            .arg("--root")
            .arg(&root)
            .env("CARGO_TARGET_DIR", root.join("build")),
        "cargo must reach a crate registry: check the network and cargo's configuration",
    )?;
    mark_installed(&stamp, &content)
}
