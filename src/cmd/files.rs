//! `ied files`.

use crate::failure::Failure;
use crate::output::{self, message, printable};
use crate::peer::PeerArguments;
use clap::Subcommand;
use iec61850::client::asynchronous::IedConnection;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// List, fetch, send, delete and rename files of a server
///
/// Without an action all files are listed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    #[command(subcommand)]
    action: Option<Action>,

    /// Write JSON: a list of objects with `name`, `size` and `lastModified`
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List the files of a folder
    List {
        /// The folder; the whole filestore without it
        folder: Option<String>,
    },
    /// Fetch a file
    Get {
        /// Its name on the server
        name: String,
        /// Where to write it; `-` is standard output, and without it the last part of the name in this folder
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Go on behind what the file has already
        #[arg(long)]
        resume: bool,
    },
    /// Have the server fetch a file from here
    Put {
        /// The file
        file: PathBuf,
        /// Its name on the server; the same without it
        name: Option<String>,
    },
    /// Delete a file
    Delete {
        /// Its name
        name: String,
    },
    /// Give a file another name
    Rename {
        /// Its name
        name: String,
        /// Its new name
        new: String,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments
        .peer
        .connected(false, async |connection| match &arguments.action {
            None => list(&connection, None, arguments.json).await,
            Some(Action::List { folder }) => {
                list(&connection, folder.as_deref(), arguments.json).await
            }
            Some(Action::Get {
                name,
                output,
                resume,
            }) => get(&connection, name, output.as_deref(), *resume).await,
            Some(Action::Put { file, name }) => put(&connection, file, name.as_deref()).await,
            Some(Action::Delete { name }) => {
                let deleted = connection.delete_file(name).await;
                deleted.map_err(Failure::failed)
            }
            Some(Action::Rename { name, new }) => {
                let renamed = connection.rename_file(name, new).await;
                renamed.map_err(Failure::failed)
            }
        })
}

async fn list(connection: &IedConnection, folder: Option<&str>, json: bool) -> Result<(), Failure> {
    let files = connection.get_files(folder).await;
    let files = files.map_err(Failure::failed)?;
    let mut out = output::stdout();
    if json {
        let list: Vec<Value> = files
            .iter()
            .map(|file| {
                json!({
                    "name": file.name,
                    "size": file.size,
                    "lastModified": file.last_modified.map(|time| time.to_rfc3339()),
                })
            })
            .collect();
        output::json(&mut out, &Value::Array(list))?;
    } else {
        for file in &files {
            let time = match file.last_modified {
                Some(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
                None => String::new(),
            };
            writeln!(
                out,
                "{:>10}  {time:19}  {}",
                file.size,
                printable(&file.name)
            )?;
        }
    }
    Ok(out.flush()?)
}

async fn get(
    connection: &IedConnection,
    name: &str,
    output: Option<&Path>,
    resume: bool,
) -> Result<(), Failure> {
    if output.is_some_and(|output| output == Path::new("-")) {
        let content = connection.download_file(name).await;
        let content = content.map_err(Failure::failed)?;
        let mut out = output::stdout();
        out.write_all(&content)?;
        return Ok(out.flush()?);
    }
    let path = match output {
        Some(path) => path.to_owned(),
        None => {
            // What the server calls it must not lead out of this folder.
            let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
            if matches!(last, "" | "." | "..") {
                let reason = format!("'{name}' names no file; where to write it, with --output?");
                return Err(Failure::usage(reason));
            }
            PathBuf::from(last)
        }
    };
    let failed =
        |error: std::io::Error| Failure::failed(format_args!("{}: {error}", path.display()));
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).write(true);
    match resume {
        true => options.append(true),
        false => options.truncate(true),
    };
    let mut file = options.open(&path).await.map_err(failed)?;
    let length = match resume {
        true => file.metadata().await.map_err(failed)?.len(),
        false => 0,
    };
    let position = u32::try_from(length)
        .map_err(|_| Failure::failed("a file of 4 GiB and more cannot be resumed"))?;
    let bar = progress_bar();
    let done = connection
        .download_file_to(name, position, &mut file, |octets, size| {
            bar.set_length(size);
            bar.set_position(octets);
        })
        .await;
    bar.finish_and_clear();
    let octets = done.map_err(Failure::failed)?;
    message(format_args!("{}: {octets} octets", path.display()));
    Ok(())
}

async fn put(connection: &IedConnection, file: &Path, name: Option<&str>) -> Result<(), Failure> {
    let Some(last) = file.file_name().and_then(|name| name.to_str()) else {
        let reason = format!("{} names no file", file.display());
        return Err(Failure::usage(reason));
    };
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    connection.set_filestore_basepath(folder);
    let bar = progress_bar();
    let sent = connection
        .upload_file_with(last, name.unwrap_or(last), |octets, size| {
            bar.set_length(size);
            bar.set_position(octets);
        })
        .await;
    let octets = bar.position();
    bar.finish_and_clear();
    sent.map_err(Failure::failed)?;
    message(format_args!("{}: {octets} octets", file.display()));
    Ok(())
}

/// On a terminal only.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    match ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
