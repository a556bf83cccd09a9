//! Programs and libraries from Python's package index, installed under `target/tools` with pip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, workspace};

/// Where tools are, or will be.
pub(crate) fn directory() -> PathBuf {
    workspace().join("target").join("tools")
}

/// A pip that no distribution has locked, in a virtual environment of its own.
pub(crate) fn pip() -> Result<Command> {
    let venv = directory().join("python");
    let python = venv.join("bin/python");
    if !starts(&python) {
        remove(&venv)?;
        execute(
            Command::new("python3").args(["-m", "venv"]).arg(&venv),
            "python3 (3.11 or newer) with its venv module is needed; on Debian: apt-get install python3 python3-venv",
        )?;
    }
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    Ok(pip)
}

/// What to do when pip fails.
pub(crate) const PIP_ADVICE: &str =
    "pip must reach a package index: check the network, or name an index in PIP_INDEX_URL";

/// A stamp is written last and says what was installed, so that a broken or an older installation is replaced.
pub(crate) fn is_installed(stamp: &Path, content: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|found| found == content)
}

pub(crate) fn mark_installed(stamp: &Path, content: &str) -> Result {
    fs::write(stamp, content).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

/// A virtual environment dies when the Python it was made from is replaced.
pub(crate) fn starts(python: &Path) -> bool {
    Command::new(python)
        .args(["-c", "import pip"])
        .status()
        .is_ok_and(|status| status.success())
}

pub(crate) fn remove(path: &Path) -> Result {
    let result = if path.is_dir() {
        fs::remove_dir_all(path)
    } else if path.exists() {
        fs::remove_file(path)
    } else {
        Ok(())
    };
    result.map_err(|error| format!("cannot remove {}: {error}", path.display()))
}

pub(crate) fn create(folder: &Path) -> Result {
    fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))
}

pub(crate) fn execute(command: &mut Command, advice: &str) -> Result {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} failed ({status}): {advice}")),
        Err(error) => Err(format!("cannot run {program} ({error}): {advice}")),
    }
}
