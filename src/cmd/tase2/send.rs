//! `ied tase2 send`.

use crate::failure::Failure;
use crate::iccp::CenterArguments;
use crate::output::{message, printable};
use mms::osi::acse::{AeQualifier, ApTitle};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tase2::bilateral::{BilateralTable, References};
use tase2::endpoint::{Call, Endpoint, EndpointOptions};
use tase2::information::{InformationEvent, Message, Recipients};
use tase2::model::Model;
use tase2::{Event, VirtualControlCenter};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// Octets of a file that is sent at most.
const MAX_FILE: u64 = 64 << 20;

/// Send an information message (block 4): a file, or a text
///
/// Calls the control centre and waits until it asks for our messages, as it does if it is told to use us (`enable` in `[peer.information]` of
/// `ied tase2 serve`). Nothing tells whether it took the message: the standard has no answer.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    center: CenterArguments,

    /// The file
    #[arg(value_name = "FILE", required_unless_present = "text")]
    file: Option<PathBuf>,

    /// A text instead of a file
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    text: Option<String>,

    /// InfoReference: the information object that was agreed on
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "1",
        allow_negative_numbers = true
    )]
    reference: i32,

    /// LocalReference: a number of our own
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "0",
        allow_negative_numbers = true
    )]
    local_reference: i32,

    /// MessageId
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "1",
        allow_negative_numbers = true
    )]
    message_id: i32,

    /// To all peers (VCC scope), not in the domain of this one
    #[arg(long)]
    to_all: bool,

    /// Octets of our information buffers, with commas
    #[arg(
        long,
        value_name = "SIZES",
        value_delimiter = ',',
        default_value = "128,1024,8192,30000"
    )]
    buffers: Vec<usize>,

    /// In several messages if it is longer than a buffer or a PDU; the peer has to put them together
    #[arg(long)]
    segments: bool,

    /// The bilateral table the peer is to find with us
    #[arg(long, value_name = "ID", default_value = "1")]
    table_id: String,

    /// The domain we have for it; that of --domain if it is not given
    #[arg(long, value_name = "NAME")]
    our_domain: Option<String>,

    /// How long to wait until the peer asks for messages
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait: u64,
}

const PEER: &str = "the peer";

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let content = content(arguments)?;
    let size = content.len();
    let (client, address) = arguments.center.options();
    let mut model = Model::new();
    for buffer in &arguments.buffers {
        model
            .add_information_buffer(*buffer)
            .map_err(Failure::usage)?;
    }
    let domain = match (&arguments.our_domain, client.domain.as_str()) {
        (Some(domain), _) => domain.clone(),
        (None, "") => "IED".to_owned(),
        (None, domain) => domain.to_owned(),
    };
    let mut table = BilateralTable::new(PEER, &*arguments.table_id, domain);
    if !client.domain.is_empty() {
        table.peer_domain = Some(client.domain.clone());
    }
    // It is called, and does not call: this is not who it is told from others by.
    table.identity.addresses = "0.0.0.0/0".parse().into_iter().collect();
    table.information.send = References::from(arguments.reference);
    table.information.segments = arguments.segments;
    let vcc = VirtualControlCenter::new(model, vec![table]).map_err(Failure::usage)?;
    let mut options = EndpointOptions::default();
    if let Some(ApTitle::Identifier(title)) = client.config.local.ap_title {
        options.ap_title = Some(title);
    }
    if let Some(AeQualifier::Number(qualifier)) = client.config.local.ae_qualifier {
        options.ae_qualifier = Some(qualifier);
    }
    options.request_timeout = client.timeout;
    let mut call = Call::new(PEER, vec![address.clone()]);
    call.remote = client.call.remote.clone();
    let sent = Message::new(arguments.reference, content)
        .with_local_reference(arguments.local_reference)
        .with_message_id(arguments.message_id);
    let to = match arguments.to_all {
        true => Recipients::All,
        false => Recipients::Peer(PEER),
    };
    let patience = Duration::from_secs(arguments.wait);
    let runtime = mms::net::runtime().map_err(Failure::failed)?;
    runtime.block_on(async {
        let events = vcc.events();
        let endpoint = Endpoint::start(&vcc, options, vec![call]).map_err(Failure::failed)?;
        let asked = timeout(patience, asked(events)).await.unwrap_or_else(|_| {
            let seconds = arguments.wait;
            Err(format!(
                "{address} did not ask for messages within {seconds} s"
            ))
        });
        let done = match asked {
            Err(reason) => Err(Failure::failed(printable(&reason))),
            Ok(()) => match vcc.send_information(to, &sent) {
                Err(error) => Err(Failure::failed(error)),
                Ok(_) => {
                    vcc.messages_sent(PEER).await;
                    message(format_args!("{size} octets sent to {address}"));
                    Ok(())
                }
            },
        };
        endpoint.stop().await;
        done
    })
}

fn content(arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    let Some(path) = &arguments.file else {
        return Ok(arguments.text.clone().unwrap_or_default().into_bytes());
    };
    let failed = |reason: &dyn std::fmt::Display| {
        Failure::failed(format_args!("cannot read {}: {reason}", path.display()))
    };
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if metadata.len() > MAX_FILE {
        return Err(failed(&format_args!("it is longer than {MAX_FILE} octets")));
    }
    fs::read(path).map_err(|error| failed(&error))
}

/// Waits until the peer asks for messages.
async fn asked(mut events: Receiver<Event>) -> Result<(), String> {
    loop {
        match events.recv().await {
            Ok(Event::Information(InformationEvent::Enabled { enabled: true, .. })) => {
                return Ok(());
            }
            Ok(Event::NotReached { reason, .. }) => return Err(reason),
            Ok(Event::Ended { reason, .. }) => return Err(format!("association over: {reason}")),
            Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}
