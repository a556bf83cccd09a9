//! `cargo xtask bench`: our server beside libiec61850's and a TCP echo, in one run, in one table.
//!
//! A server is any command that serves a .cfg model and writes `listening on ADDR:PORT` on stderr when it is ready.
//! The load is the same for all and knows nothing of our own stack ([`wire`], [`load`]). Times are shown, never
//! asserted; a wrong answer fails the bench.

mod echo;
mod load;
mod model;
mod process;
mod report;
mod reports;
mod rows;
mod wire;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;

use self::load::Protocol;
use self::model::Model;
use self::process::ServerCommand;
use self::report::{ECHO, OURS, REFERENCE, Report};
use self::rows::{Bench, Group, ModelFile, Target};
use crate::{Result, tools};

const SMALL_MODEL: usize = 10;
const LARGE_MODEL: usize = 1000;
/// Files that the bench itself has open beside its connections.
const OTHER_FILES: usize = 100;

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    internal: Option<Internal>,
    /// Shorter loops, fewer repetitions and associations
    #[arg(long)]
    quick: bool,
    /// Repetitions; the median is shown with minimum and maximum [default: 5, quick 3]
    #[arg(long, value_name = "N")]
    repeat: Option<usize>,
    /// Length of one timed loop [default: 1, quick 0.3]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<f64>,
    /// Measure these rows only
    #[arg(long, value_delimiter = ',', value_name = "ROW,...")]
    rows: Vec<Group>,
    /// Measure these columns only: echo, libiec61850, ours, or a name given with --server
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    only: Vec<String>,
    /// Measure another server too (or instead, with a name there is already): a shell command that serves the file
    /// {model} and writes `listening on ADDR:PORT` on stderr when it is ready; can be given several times
    #[arg(long, value_name = "NAME=COMMAND")]
    server: Vec<String>,
    /// The Python that has pyiec61850-ng [default: that of `cargo xtask peers`]
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Most associations to open at once [default: 10000, quick 1000]
    #[arg(long, value_name = "N")]
    associations: Option<usize>,
    /// How long opening many associations on one server may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    patience: u64,
    /// Measure GOOSE and sampled values in place of servers: libiec61850 and ours in one process; needs root, `ip` and `cargo xtask libiec61850`
    #[arg(long, exclusive = true)]
    process_bus: bool,
    /// Measure clients in place of servers: libiec61850's and ours on the same server; needs `cargo xtask libiec61850`
    #[arg(long, exclusive = true)]
    client: bool,
    /// Take target/release/ied as it is
    #[arg(long)]
    no_build: bool,
    /// Write all samples to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum Internal {
    /// The echo server that the bench starts
    #[command(hide = true)]
    Echo,
}

/// Measures and prints the table.
pub(crate) fn run(arguments: &Arguments) -> Result {
    if let Some(Internal::Echo) = arguments.internal {
        return echo::serve();
    }
    if arguments.process_bus {
        let advice = "it needs root, `ip`, and the C library: `cargo xtask libiec61850`";
        return with_library("process_bus", advice);
    }
    if arguments.client {
        return with_library(
            "client",
            "it needs the C library: `cargo xtask libiec61850`",
        );
    }
    let groups = if arguments.rows.is_empty() {
        Group::value_variants().to_vec()
    } else {
        arguments.rows.clone()
    };
    let repeat = arguments
        .repeat
        .unwrap_or(if arguments.quick { 3 } else { 5 })
        .max(1);
    let seconds = arguments
        .seconds
        .unwrap_or(if arguments.quick { 0.3 } else { 1.0 });
    let duration = Duration::try_from_secs_f64(seconds)
        .map_err(|error| format!("--seconds {seconds}: {error}"))?;
    let files = process::raise_file_limit()?;
    let most = arguments
        .associations
        .unwrap_or(if arguments.quick { 1000 } else { 10_000 });
    let folder = crate::workspace().join("target").join("bench");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;

    let targets = targets(arguments, most)?;
    let mut bench = Bench {
        small: model_file(&folder, SMALL_MODEL)?,
        large: model_file(&folder, LARGE_MODEL)?,
        reporting: write_model(
            &folder,
            "reporting",
            Model::with_reports(rows::REPORT_BLOCKS),
        )?,
        duration,
        most_associations: most.min(files.saturating_sub(OTHER_FILES)).max(1),
        patience: Duration::from_secs(arguments.patience),
        processors: process::processors()?,
        ticks_per_second: process::ticks_per_second()?,
        browse_sizes: Vec::new(),
        report: Report::new(targets.iter().map(|target| target.name.clone()).collect()),
    };
    if bench.most_associations < most {
        bench.report.note(format!(
            "at most {files} open files: no more than {} associations tried",
            bench.most_associations
        ));
    }
    let failures = measure(&mut bench, &groups, &targets, repeat);

    print!("{}", bench.report.table());
    if let Some(path) = &arguments.json {
        let settings =
            json!({ "repeat": repeat, "seconds": seconds, "processors": bench.processors.0 });
        let text = format!("{:#}\n", bench.report.json(settings));
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\nerror: "))
    }
}

/// All repetitions of all groups; gives what failed.
fn measure(bench: &mut Bench, groups: &[Group], targets: &[Target], repeat: usize) -> Vec<String> {
    let mut failures: Vec<(String, Option<Group>, String)> = Vec::new();
    for target in targets {
        if let Err(reason) =
            process::Server::start(&target.command, &bench.small.path, &bench.processors.0)
        {
            failures.push((
                target.name.clone(),
                None,
                format!("{}: {reason}", target.name),
            ));
        }
    }
    for group in groups {
        eprintln!("{group:?}");
        // Opening thousands of associations is long and steady: once is enough.
        let repeat = if *group == Group::Open { 1 } else { repeat };
        for _ in 0..repeat {
            // The echo comes last: it repeats the sizes of the browse before it.
            for target in targets.iter().rev() {
                let skip = |(name, failed, _): &(String, Option<Group>, String)| {
                    *name == target.name && failed.is_none_or(|failed| failed == *group)
                };
                if failures.iter().any(skip) {
                    continue;
                }
                if let Err(reason) = bench.measure(*group, target) {
                    failures.push((
                        target.name.clone(),
                        Some(*group),
                        format!("{}, {group:?}: {reason}", target.name),
                    ));
                }
            }
        }
    }
    failures.into_iter().map(|(_, _, text)| text).collect()
}

fn model_file(folder: &Path, nodes: usize) -> Result<ModelFile> {
    write_model(folder, &nodes.to_string(), Model::new(nodes))
}

fn write_model(folder: &Path, name: &str, model: Model) -> Result<ModelFile> {
    let path = folder.join(format!("model-{name}.cfg"));
    fs::write(&path, &model.text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(ModelFile { model, path })
}

/// The columns that are asked for: echo, libiec61850, ours, then those of `--server`.
fn targets(arguments: &Arguments, connections: usize) -> Result<Vec<Target>> {
    let wanted =
        |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    let own = std::env::current_exe().map_err(|error| format!("path of this program: {error}"))?;
    let mut targets = Vec::new();
    let mut add =
        |name: &str, protocol, command: Vec<OsString>, reporting: Option<Vec<OsString>>| {
            targets.push(Target {
                name: name.to_owned(),
                protocol,
                command: ServerCommand(command),
                reporting: reporting.map(ServerCommand),
            });
        };
    let mut given = Vec::new();
    for server in &arguments.server {
        let Some((name, command)) = server
            .split_once('=')
            .filter(|(_, command)| command.contains("{model}"))
        else {
            return Err(format!(
                "--server {server}: not NAME=COMMAND with {{model}} in the command"
            ));
        };
        given.push((name, command));
    }
    let replaced = |name: &str| given.iter().any(|(given, _)| *given == name);
    if wanted(ECHO) {
        add(
            ECHO,
            Protocol::Echo,
            vec![own.clone().into(), "bench".into(), "echo".into()],
            None,
        );
    }
    if wanted(REFERENCE) && !replaced(REFERENCE) {
        let script = crate::workspace()
            .join("benches")
            .join("libiec61850_server.py");
        let limit = connections.saturating_add(OTHER_FILES).to_string();
        let command: Vec<OsString> = vec![
            python(arguments)?.into(),
            script.into(),
            "{model}".into(),
            "--max-connections".into(),
            limit.into(),
        ];
        let reporting = Some(command.clone());
        add(REFERENCE, Protocol::Mms, command, reporting);
    }
    if wanted(OURS) && !replaced(OURS) {
        let command = [
            ied(&own, arguments.no_build)?.into(),
            "serve".into(),
            "{model}".into(),
        ]
        .into_iter();
        let limit = connections.saturating_add(OTHER_FILES).to_string();
        let options = [
            "--port",
            "0",
            "--bind",
            "127.0.0.1",
            "--max-connections",
            &limit,
        ]
        .map(OsString::from);
        let reporting = folder_of_builds(&own)?.join("release/examples/reporting_server");
        add(
            OURS,
            Protocol::Mms,
            command.chain(options).collect(),
            Some(vec![reporting.into(), "{model}".into()]),
        );
    }
    for (name, command) in given.iter().filter(|(name, _)| wanted(name)) {
        add(
            name,
            Protocol::Mms,
            vec!["sh".into(), "-c".into(), format!("exec {command}").into()],
            None,
        );
    }
    if let Some(unknown) = arguments
        .only
        .iter()
        .find(|only| targets.iter().all(|target| target.name != **only))
    {
        return Err(format!(
            "--only {unknown}: no such column; {ECHO}, {REFERENCE}, {OURS} or a name of --server"
        ));
    }
    Ok(targets)
}

fn python(arguments: &Arguments) -> Result<PathBuf> {
    let own = crate::workspace().join("target/peers/venv/bin/python");
    match &arguments.python {
        Some(python) => Ok(python.clone()),
        None if own.exists() => Ok(own),
        None => Err(format!(
            "no libiec61850 in {}: run `cargo xtask peers` first, name a Python that has pyiec61850-ng with --python, or leave \
             it out with --only {ECHO},{OURS}",
            own.display()
        )),
    }
}

/// The folder that has the folder of this program, which is where cargo builds.
fn folder_of_builds(own: &Path) -> Result<&Path> {
    own.parent()
        .and_then(Path::parent)
        .ok_or_else(|| "no target folder".to_owned())
}

/// The program is in the crate that may call the C library.
fn with_library(name: &str, advice: &str) -> Result {
    let mut bench = Command::new(crate::cargo());
    let package = ["--package", "libiec61850-sys", "--features", "link"];
    bench.arg("bench").args(package).args(["--bench", name]);
    tools::execute(bench.current_dir(crate::workspace()), advice)
}

/// Builds the tool and the server for the rows about reports in release mode; gives the path of the tool, which is beside this program's
/// or in the release folder beside.
fn ied(own: &Path, no_build: bool) -> Result<PathBuf> {
    let target = folder_of_builds(own)?;
    if !no_build {
        let mut build = Command::new(crate::cargo());
        build
            .args([
                "build",
                "--quiet",
                "--release",
                "--package",
                "ied",
                "--bin",
                "ied",
                "--example",
                "reporting_server",
                "--target-dir",
            ])
            .arg(target);
        let status = build
            .current_dir(crate::workspace())
            .status()
            .map_err(|error| format!("cargo: {error}"))?;
        if !status.success() {
            return Err(
                "the tool `ied` or the example `reporting_server` does not build".to_owned(),
            );
        }
    }
    Ok(target.join("release").join("ied"))
}
