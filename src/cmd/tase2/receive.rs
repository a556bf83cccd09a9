//! `ied tase2 receive`.

use crate::failure::Failure;
use crate::iccp::{CenterArguments, failed, show_message};
use crate::output::{self, message};
use crate::signals::Signals;
use std::io::Write;
use std::path::PathBuf;
use tase2::information::Folder;

/// Ask for the information messages of a control centre (block 4) and take them, until Ctrl-C
///
/// Files in the folder are named by the numbers of the messages, never by anything else the peer sends; nothing is replaced.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    center: CenterArguments,

    /// Write each message into a file of its own in this folder
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Files the folder may have
    #[arg(long, value_name = "N", default_value = "10000")]
    max_files: usize,

    /// Put messages together that come in several
    #[arg(long)]
    segments: bool,

    /// End after so many messages
    #[arg(long, value_name = "N")]
    count: Option<usize>,

    /// Write JSON, one object in each line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = match &arguments.folder {
        Some(path) => Some(Folder::open(path, arguments.max_files).map_err(Failure::failed)?),
        None => None,
    };
    let signals = Signals::new()?;
    let information = |options: &mut tase2::client::ClientOptions| {
        options.information.segments = arguments.segments;
    };
    let done = arguments.center.run_with(information, async |client| {
        let mut messages = client.messages();
        client.enable_information(true).await.map_err(failed)?;
        message("waiting for messages");
        let mut left = arguments.count.unwrap_or(usize::MAX);
        let mut came = signals.receiver();
        while left > 0 {
            let next = tokio::select! {
                next = messages.next() => next,
                reason = client.closed() => return Err(Failure::failed(reason)),
                _ = came.wait_for(|came| *came) => break,
            };
            let Some(next) = next else { break };
            left -= 1;
            let path = match &folder {
                None => None,
                Some(folder) => Some(folder.store(&next).map_err(Failure::failed)?),
            };
            let mut out = output::stdout();
            show_message(&mut out, &next, path.as_deref(), arguments.json)?;
            out.flush()?;
        }
        client.enable_information(false).await.map_err(failed)
    });
    drop(signals);
    done
}
