//! The two servers under comparison: engines that are started for it, each in a process of its own, or servers that are there already.
//!
//! A process of its own, because what is compared may end it. It is this program again, with an option that nobody needs to know (`--serve-engine`), and takes
//! changes of the process on its standard input. It ends when that does.

use super::pair::Pair;
use crate::failure::Failure;
use crate::model_file::ModelFileArguments;
use iec61850::model::ModelNode;
use iec61850::{Engine, IedModel, IedServer, IedServerConfig};
use mms::MmsValue;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Both servers.
pub(crate) enum Engines {
    /// Ours to start and to change.
    Started {
        kinds: Pair<Engine>,
        arguments: Vec<String>,
        processes: Box<Pair<Process>>,
        files: Option<PathBuf>,
    },
    /// Anybody's.
    Given(Pair<SocketAddr>),
}

impl Engines {
    /// Starts both engines on the model of a file.
    pub(crate) fn start(
        kinds: Pair<Engine>,
        model: &ModelFileArguments,
        files: Option<&Path>,
    ) -> Result<Self, String> {
        let mut arguments = vec!["diff".to_owned(), model.file.display().to_string()];
        let selection = [
            ("--ied", &model.ied),
            ("--access-point", &model.access_point),
        ];
        for (option, value) in selection {
            arguments.extend(value.iter().flat_map(|v| [option.to_owned(), v.clone()]));
        }
        let processes = kinds
            .map(|kind| Process::start(kind, &arguments, files))
            .transpose()?;
        Ok(Engines::Started {
            kinds,
            arguments,
            processes: Box::new(processes),
            files: files.map(Path::to_owned),
        })
    }

    pub(super) fn names(&self) -> Pair<String> {
        match self {
            Engines::Started { kinds, .. } => kinds.map(|kind| kind.name().to_owned()),
            Engines::Given(addresses) => addresses.map(|address| address.to_string()),
        }
    }

    pub(super) fn addresses(&self) -> Pair<SocketAddr> {
        match self {
            Engines::Started { processes, .. } => {
                (**processes).as_ref().map(|process| process.address)
            }
            Engines::Given(addresses) => *addresses,
        }
    }

    /// Starts both anew, as they were at first. `false`: they are not ours.
    pub(super) fn restart(&mut self) -> Result<bool, String> {
        let Engines::Started {
            kinds,
            arguments,
            processes,
            files,
        } = self
        else {
            return Ok(false);
        };
        **processes = kinds
            .map(|kind| Process::start(kind, arguments, files.as_deref()))
            .transpose()?;
        Ok(true)
    }

    /// Changes a value on both. `false`: they are not ours.
    pub(super) fn update(&mut self, reference: &str, value: &MmsValue) -> Result<bool, String> {
        let Engines::Started { processes, .. } = self else {
            return Ok(false);
        };
        let line = format!("{reference} {}", super::decode::hex(&value.to_bytes()));
        (**processes)
            .as_mut()
            .map(|process| process.tell(&line))
            .transpose()?;
        Ok(true)
    }
}

/// An engine in a process of its own.
pub(crate) struct Process {
    child: Child,
    name: String,
    address: SocketAddr,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The files it serves, gone with it.
    _files: tempfile::TempDir,
}

impl Process {
    fn start(kind: Engine, arguments: &[String], files: Option<&Path>) -> Result<Self, String> {
        let name = kind.name().to_owned();
        let failed = |error: io::Error| format!("{name}: {error}");
        let folder = folder(files).map_err(failed)?;
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(arguments)
            .args(["--serve-engine", &name, "--files"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let mut process = Process {
            child,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            name: name.clone(),
            input,
            output: BufReader::new(output),
            _files: folder,
        };
        let line = process.line()?;
        process.address = line
            .parse()
            .map_err(|_| format!("{name}: says '{line}' instead of where it listens"))?;
        Ok(process)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(1..) => Ok(line.trim_end().to_owned()),
            _ => Err(match self.child.wait() {
                Ok(status) => format!("the engine {} has ended: {status}", self.name),
                Err(error) => format!("{}: {error}", self.name),
            }),
        }
    }

    fn tell(&mut self, line: &str) -> Result<(), String> {
        // That it is gone shows in the answer that does not come.
        let _ = writeln!(self.input, "{line}");
        match self.line()?.as_str() {
            "" => Ok(()),
            complaint => Err(format!("{}: {line}: {complaint}", self.name)),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with a copy of the files.
fn folder(files: Option<&Path>) -> io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("ied-diff-").tempdir()?;
    match files {
        Some(files) => copy(files, folder.path())?,
        None => {
            fs::create_dir(folder.path().join("COMTRADE"))?;
            for (name, length) in [("IEC61850.txt", 100), ("COMTRADE/rec1.cfg", 3000)] {
                let path = folder.path().join(name);
                let content: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
                fs::write(&path, content)?;
                // 2024-01-01, so that both have the same time.
                let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_704_067_200);
                fs::File::options()
                    .write(true)
                    .open(&path)?
                    .set_modified(time)?;
            }
        }
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
            let time = entry.metadata()?.modified()?;
            fs::File::options()
                .write(true)
                .open(&target)?
                .set_modified(time)?;
        }
    }
    Ok(())
}

/// Serves a model until standard input ends: says where, then takes changes of the process, a reference and a value in BER each, and answers each with an empty
/// line or a complaint.
pub(crate) fn serve(kind: Engine, model: &IedModel, files: Option<&Path>) -> Result<(), Failure> {
    let mut config = IedServerConfig::default();
    if let Some(files) = files {
        config.file_service_base_path = files.to_owned();
    }
    config.engine = kind;
    // Of libiec61850 it is the application's affair.
    config.substitution_enabled = false;
    let server = IedServer::new(model, Some(config)).map_err(Failure::failed)?;
    server
        .start_on((Ipv4Addr::LOCALHOST, 0).into())
        .map_err(Failure::failed)?;
    let address = server
        .local_address()
        .ok_or_else(|| Failure::failed("the server does not listen"))?;
    let mut out = io::stdout();
    writeln!(out, "{address}")?;
    out.flush()?;
    for line in io::stdin().lines() {
        let complaint = update(&server, &line?).err().unwrap_or_default();
        writeln!(out, "{}", complaint.replace('\n', " "))?;
        out.flush()?;
    }
    server.stop();
    Ok(())
}

fn update(server: &IedServer, line: &str) -> Result<(), String> {
    let (reference, value) = line
        .split_once(' ')
        .ok_or("expected a reference and a value")?;
    let octets: Option<Vec<u8>> = (0..value.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(value.get(at..at + 2)?, 16).ok())
        .collect();
    let value = octets
        .and_then(|octets| MmsValue::from_bytes(&octets).ok())
        .ok_or("no value")?;
    match server.model().model_node_by_reference(reference) {
        Some(ModelNode::DataAttribute(attribute)) => server
            .update_value(&attribute, &value)
            .map_err(|error| error.to_string()),
        _ => Err("no such attribute".to_owned()),
    }
}
