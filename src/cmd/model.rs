//! `ied model`: check, show and convert a file, and compare it with a server.

use crate::describe::{self, Counts};
use crate::failure::Failure;
use crate::model_file::{Loaded, ModelFile, ModelFileArguments, show_warnings};
use crate::output::{self, count, message, printable};
use crate::peer::{Endpoint, PeerArguments, seconds};
use clap::ValueEnum;
use iec61850::scl::{SclDocument, SclError, SclIed, SclWarning};
use std::io::Write;
use std::time::Duration;

/// Check an SCL or .cfg file, show what is in it, convert it, compare it with a server
///
/// Of a file in which several IEDs have a server and none is chosen, the IEDs are listed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: ModelFileArguments,

    /// How to show the model
    #[arg(long, value_enum, conflicts_with = "json")]
    format: Option<Format>,

    /// The same as --format json
    #[arg(long)]
    json: bool,

    /// Try every IED and access point and list all that is wrong; the exit code is 1 if anything is
    #[arg(long, conflicts_with = "format")]
    check: bool,

    /// Compare the model with what a server has; the exit code is 1 if they differ
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with_all = ["format", "check"])]
    compare: Option<Endpoint>,

    /// Compare the configured values as well (functional constraints CF, DC, SP and EX)
    #[arg(long, requires = "compare")]
    values: bool,

    /// How long the connection, and each answer, may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds, requires = "compare")]
    timeout: Duration,
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
enum Format {
    /// For people: everything, with types and values
    Tree,
    /// For programs: everything
    Json,
    /// A model file of libiec61850
    Cfg,
    /// For people: how much there is of what
    Summary,
}

pub(crate) fn run(arguments: &Arguments, verbose: bool) -> Result<(), Failure> {
    let file = ModelFile::open(&arguments.file.file)?;
    if arguments.check {
        return check(&file, arguments);
    }
    if let Some(server) = &arguments.compare {
        return compare(&file, arguments, server, verbose);
    }
    let format = match arguments.json {
        true => Some(Format::Json),
        false => arguments.format,
    };
    let ModelFileArguments {
        ied, access_point, ..
    } = &arguments.file;
    if let ModelFile::Scl(document) = &file
        && ied.is_none()
        && format != Some(Format::Cfg)
        && format != Some(Format::Tree)
        && served(document).count() != 1
    {
        show_warnings(file.warnings(), verbose);
        return list(document, format == Some(Format::Json));
    }
    let loaded = file.load(ied.as_deref(), access_point.as_deref());
    let of_model = loaded.as_ref().map_or(&[][..], |loaded| &loaded.warnings);
    show_warnings(&[file.warnings(), of_model].concat(), verbose);
    show(&loaded?, format.unwrap_or(Format::Tree))
}

fn show(loaded: &Loaded, format: Format) -> Result<(), Failure> {
    let mut out = output::stdout();
    let model = &loaded.model;
    match format {
        Format::Tree => describe::tree(model, &mut out)?,
        Format::Json => output::json(&mut out, &describe::json(model))?,
        Format::Summary => describe::summary(model, &mut out)?,
        Format::Cfg => {
            let text = model.to_config().map_err(|error| {
                Failure::failed(format_args!(
                    "{} cannot be written as a .cfg file: {error}",
                    model.name()
                ))
            })?;
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(out.flush()?)
}

fn served(document: &SclDocument) -> impl Iterator<Item = SclIed> {
    document.ieds().into_iter().filter(SclIed::has_server)
}

/// The IEDs of a file, and how much there is in each of their servers.
fn list(document: &SclDocument, json: bool) -> Result<(), Failure> {
    let mut out = output::stdout();
    let ieds = document.ieds();
    if json {
        output::json(&mut out, &ieds.iter().map(describe::ied).collect())?;
        return Ok(out.flush()?);
    }
    writeln!(out, "{}", count(ieds.len(), "IED"))?;
    for ied in &ieds {
        let about = [&ied.manufacturer, &ied.ied_type, &ied.desc]
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(|text| printable(text))
            .collect::<Vec<_>>()
            .join(", ");
        writeln!(out, "{:<20} {about}", printable(&ied.name))?;
        for access in &ied.access_points {
            write!(out, "  access point {:<10} ", printable(&access.name))?;
            match (&access.server_at, access.has_server) {
                (Some(other), _) => writeln!(out, "the server of {}", printable(other))?,
                (None, false) => writeln!(out, "no server")?,
                (None, true) => match document.instantiate(Some(&ied.name), Some(&access.name)) {
                    Ok(instance) => {
                        let counts = Counts::of(&instance.model);
                        writeln!(
                            out,
                            "{}, {}, {}, {}",
                            count(counts.logical_devices, "logical device"),
                            count(counts.logical_nodes, "logical node"),
                            count(counts.data_attributes, "data attribute"),
                            count(counts.data_sets, "data set"),
                        )?;
                    }
                    Err(error) => writeln!(out, "{}", printable(&error.to_string()))?,
                },
            }
        }
    }
    out.flush()?;
    match served(document).count() {
        0 => message("no IED of this file has a server"),
        _ => message("choose one with --ied NAME to see its model"),
    }
    Ok(())
}

/// How a server differs from the model, on standard output.
fn compare(
    file: &ModelFile,
    arguments: &Arguments,
    server: &Endpoint,
    verbose: bool,
) -> Result<(), Failure> {
    let ModelFileArguments {
        ied, access_point, ..
    } = &arguments.file;
    let loaded = file.load(ied.as_deref(), access_point.as_deref())?;
    show_warnings(&[file.warnings(), &loaded.warnings].concat(), verbose);
    let peer = PeerArguments::of(server.clone(), arguments.timeout);
    let found = peer.connected(false, async |connection| {
        let compared = connection.compare_with(&loaded.model, arguments.values);
        compared.await.map_err(Failure::failed)
    })?;
    let mut out = output::stdout();
    match arguments.json {
        true => output::json(&mut out, &describe::differences_json(&found))?,
        false => describe::differences(&found, &mut out)?,
    }
    out.flush()?;
    message(format_args!(
        "{} and {server}: {}",
        arguments.file.file.display(),
        count(found.len(), "difference"),
    ));
    match found.is_empty() {
        true => Ok(()),
        false => Err(Failure::Reported),
    }
}

/// All that is wrong, on standard output.
fn check(file: &ModelFile, arguments: &Arguments) -> Result<(), Failure> {
    let ModelFileArguments {
        ied, access_point, ..
    } = &arguments.file;
    let mut warnings: Vec<SclWarning> = file.warnings().to_vec();
    let mut errors: Vec<SclError> = Vec::new();
    let mut models = 0;
    match file {
        ModelFile::Scl(document) if ied.is_none() => {
            for ied in served(document) {
                let wanted = |name: &str| access_point.as_ref().is_none_or(|a| a == name);
                for access in ied.access_points.iter().filter(|a| a.has_server) {
                    if !wanted(&access.name) {
                        continue;
                    }
                    match document.instantiate(Some(&ied.name), Some(&access.name)) {
                        Ok(instance) => {
                            models += 1;
                            warnings.extend(instance.warnings);
                        }
                        Err(error) => errors.push(error),
                    }
                }
            }
        }
        _ => {
            let loaded = file.load(ied.as_deref(), access_point.as_deref())?;
            models += 1;
            warnings.extend(loaded.warnings);
        }
    }
    // A type that several IEDs use is wrong once.
    let mut found: Vec<String> = Vec::new();
    let texts = errors
        .iter()
        .map(|error| ("error", error.to_string()))
        .chain(warnings.iter().map(|w| ("warning", w.to_string())));
    for (kind, text) in texts {
        let line = format!("{kind}: {}", printable(&text));
        if !found.contains(&line) {
            found.push(line);
        }
    }
    let mut out = output::stdout();
    if arguments.json {
        let value = serde_json::json!({ "models": models, "findings": found });
        output::json(&mut out, &value)?;
    } else {
        for line in &found {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    message(format_args!(
        "{}: {}, {}",
        arguments.file.file.display(),
        count(models, "model"),
        count(found.len(), "finding"),
    ));
    match found.is_empty() {
        true => Ok(()),
        false => Err(Failure::Reported),
    }
}
