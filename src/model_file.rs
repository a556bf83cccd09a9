//! Files that hold data models: SCL and the `.cfg` files of libiec61850.

use crate::failure::Failure;
use crate::output::{count, message, printable};
use clap::Args;
use iec61850::IedModel;
use iec61850::scl::{SclDocument, SclError, SclOptions, SclWarning};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// How many warnings are shown when not all are wanted.
const FIRST_WARNINGS: usize = 3;

/// The extensions of SCL files.
const SCL_EXTENSIONS: [&str; 8] = ["icd", "cid", "scd", "iid", "sed", "ssd", "isd", "xml"];

/// A file and the IED in it.
#[derive(Args)]
pub(crate) struct ModelFileArguments {
    /// SCL file (.icd, .cid, .scd, .iid, .sed, .ssd, .xml) or model file of libiec61850 (.cfg)
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The IED, if several in the file have a server
    #[arg(long, value_name = "NAME")]
    pub(crate) ied: Option<String>,

    /// The access point, if several of the IED have a server
    #[arg(long, value_name = "NAME")]
    pub(crate) access_point: Option<String>,
}

/// A file that has been read.
pub(crate) enum ModelFile {
    /// SCL, with any number of IEDs.
    Scl(Box<SclDocument>),
    /// A `.cfg` file, which is one model.
    Config(IedModel),
}

/// The model of one IED.
pub(crate) struct Loaded {
    pub(crate) model: IedModel,
    /// `None` if the file knows no access points.
    pub(crate) access_point: Option<String>,
    /// What was left out of the model.
    pub(crate) warnings: Vec<SclWarning>,
}

impl ModelFile {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let options = SclOptions::default();
        let bytes = read(path, options.max_file_size)?;
        if is_scl(path, &bytes)? {
            let name = path.display().to_string();
            return SclDocument::parse_bytes_with(&bytes, &name, &options)
                .map(|document| ModelFile::Scl(Box::new(document)))
                .map_err(scl_failure);
        }
        IedModel::create_from_config_file(path)
            .map(ModelFile::Config)
            .map_err(Failure::failed)
    }

    /// What was wrong with the file as a whole.
    pub(crate) fn warnings(&self) -> &[SclWarning] {
        match self {
            ModelFile::Scl(document) => document.warnings(),
            ModelFile::Config(_) => &[],
        }
    }

    /// The model of the IED, or of the only one if none is named.
    pub(crate) fn load(
        &self,
        ied: Option<&str>,
        access_point: Option<&str>,
    ) -> Result<Loaded, Failure> {
        match self {
            ModelFile::Scl(document) => {
                let instance = document
                    .instantiate(ied, access_point)
                    .map_err(scl_failure)?;
                Ok(Loaded {
                    model: instance.model,
                    access_point: Some(instance.access_point),
                    warnings: instance.warnings,
                })
            }
            ModelFile::Config(model) => {
                let name = model.name();
                if let Some(ied) = ied
                    && ied != name
                {
                    return Err(Failure::usage(format!(
                        "no IED named '{ied}'; there are: {name}"
                    )));
                }
                if access_point.is_some() {
                    return Err(Failure::usage(
                        "a .cfg file has no access points: leave --access-point out",
                    ));
                }
                Ok(Loaded {
                    model: model.clone(),
                    access_point: None,
                    warnings: Vec::new(),
                })
            }
        }
    }
}

impl ModelFileArguments {
    /// Reads the file and makes the model, with the warnings on standard error.
    ///
    /// Where the command line names no IED or access point, it is what `ied` and `access_point` say.
    pub(crate) fn load(
        &self,
        ied: Option<String>,
        access_point: Option<String>,
        all_warnings: bool,
    ) -> Result<Loaded, Failure> {
        let file = ModelFile::open(&self.file)?;
        let loaded = file.load(
            self.ied.as_deref().or(ied.as_deref()),
            self.access_point.as_deref().or(access_point.as_deref()),
        );
        let of_model = loaded.as_ref().map_or(&[][..], |loaded| &loaded.warnings);
        show_warnings(&[file.warnings(), of_model].concat(), all_warnings);
        loaded
    }
}

/// The warnings on standard error: all, or how many there are and the first.
pub(crate) fn show_warnings(warnings: &[SclWarning], all: bool) {
    let shown = if all { warnings.len() } else { FIRST_WARNINGS };
    for warning in warnings.iter().take(shown) {
        message(format_args!("warning: {}", printable(&warning.to_string())));
    }
    let rest = warnings.len().saturating_sub(shown);
    if rest > 0 {
        message(format_args!(
            "warning: {} in all; -v shows the other {rest}",
            count(warnings.len(), "warning"),
        ));
    }
}

/// A choice that does not exist is a matter of the command line, all else one of the file.
pub(crate) fn scl_failure(error: SclError) -> Failure {
    let reason = printable(&error.to_string()).into_owned();
    match error {
        SclError::SeveralIeds { .. } => Failure::Usage(format!("{reason} (with --ied NAME)")),
        SclError::SeveralAccessPoints { .. } => {
            Failure::Usage(format!("{reason} (with --access-point NAME)"))
        }
        SclError::UnknownIed { .. } | SclError::UnknownAccessPoint { .. } => Failure::Usage(reason),
        _ => Failure::Failed(reason),
    }
}

fn failed(path: &Path, reason: impl std::fmt::Display) -> Failure {
    Failure::failed(format_args!("{}: {reason}", path.display()))
}

/// The content; of a file that is too large one octet more than the limit. Read once, so that a pipe will do.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| failed(path, error))?;
    Ok(bytes)
}

/// Whether the file is SCL: by its first characters, and where these say nothing by its name.
fn is_scl(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    // Of UTF-16 this takes out the byte order mark and the zeros.
    let mut text = bytes
        .iter()
        .copied()
        .filter(|octet| octet.is_ascii_graphic())
        .take(5);
    let start: [u8; 5] = std::array::from_fn(|_| text.next().unwrap_or_default());
    if start == [0; 5] {
        return Err(failed(path, "the file is empty"));
    }
    if start.starts_with(b"<") {
        return Ok(true);
    }
    if &start == b"MODEL" {
        return Ok(false);
    }
    let extension = path.extension().map(|e| e.to_ascii_lowercase());
    let has = |known: &str| extension.as_deref().is_some_and(|e| e == known);
    if SCL_EXTENSIONS.into_iter().any(has) {
        Ok(true)
    } else if has("cfg") {
        Ok(false)
    } else {
        Err(failed(
            path,
            "neither an SCL file (XML) nor a model file (MODEL(...){...})",
        ))
    }
}
