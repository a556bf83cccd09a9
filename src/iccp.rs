//! What the `ied tase2` commands share: calling a control centre, and values as text and JSON.

use crate::failure::Failure;
use crate::output::{self, message, printable};
use crate::peer::Endpoint;
use clap::Args;
use mms::osi::acse::{AeQualifier, ApTitle};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use tase2::client::{Client, ClientOptions, Update};
use tase2::endpoint::PeerFollow;
use tase2::information::{Folder, ReceivedMessage};
use tase2::types::Value as V;
use tase2::types::{Edition, Kind, PointValue, Quality, State, StateSupplemental};
use tase2::{Error, Name, PointError, VirtualControlCenter};
use tokio::time::{Instant, sleep_until};

/// Which control centre, and who we are to it.
#[derive(Args)]
pub(crate) struct CenterArguments {
    /// The control centre; port 102 if none is given
    #[arg(value_name = "HOST[:PORT]")]
    center: Endpoint,

    /// The domain (ICC) it has for us; without it the only one it shows is taken
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,

    /// Our AP title, as 1.1.999.1
    #[arg(long, value_name = "TITLE", value_parser = title)]
    ap_title: Option<ApTitle>,

    /// Our AE qualifier
    #[arg(long, value_name = "NUMBER")]
    ae_qualifier: Option<i64>,

    /// Its AP title, if it wants to be called by it
    #[arg(long, value_name = "TITLE", value_parser = title)]
    called_ap_title: Option<ApTitle>,

    /// Its AE qualifier, likewise
    #[arg(long, value_name = "NUMBER")]
    called_ae_qualifier: Option<i64>,

    /// The edition of its transfer sets, where it tells them wrong: 1996-08 or 2000-08
    #[arg(long, value_name = "EDITION")]
    edition: Option<Edition>,

    /// How long the association, and each answer, may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

fn title(text: &str) -> Result<ApTitle, String> {
    let title = text.replace(',', ".").parse();
    title
        .map(ApTitle::Identifier)
        .map_err(|_| "expected numbers with dots, as 1.1.999.1".to_owned())
}

impl CenterArguments {
    /// Opens an association, does what is to be done and closes it in good order.
    pub(crate) fn run<T, F>(&self, work: impl FnOnce(Client) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        self.run_with(|_| {}, work)
    }

    /// Like [`CenterArguments::run`], with options of the command.
    pub(crate) fn run_with<T, F>(
        &self,
        change: impl Fn(&mut ClientOptions),
        work: impl FnOnce(Client) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let runtime = mms::net::runtime().map_err(Failure::failed)?;
        runtime.block_on(async {
            let client = self.connect(change).await?;
            let done = work(client.clone()).await;
            let quick = client.mms().with_request_timeout(Duration::from_secs(1));
            // What was to be done is done, or has failed for a better reason.
            let _ = quick.conclude().await;
            done
        })
    }

    /// Whom to call and as whom, and the address as `host:port`.
    pub(crate) fn options(&self) -> (ClientOptions, String) {
        let mut options = ClientOptions::default();
        options.domain = self.domain.clone().unwrap_or_default();
        options.timeout = Duration::from_secs(self.timeout);
        options.edition = self.edition;
        options.config.local.ap_title = self.ap_title.clone();
        options.config.local.ae_qualifier = self.ae_qualifier.map(AeQualifier::Number);
        options.call.remote.ap_title = self.called_ap_title.clone();
        options.call.remote.ae_qualifier = self.called_ae_qualifier.map(AeQualifier::Number);
        let host = match self.center.host.contains(':') {
            true => format!("[{}]", self.center.host),
            false => self.center.host.clone(),
        };
        (options, format!("{host}:{}", self.center.port))
    }

    async fn connect(&self, change: impl Fn(&mut ClientOptions)) -> Result<Client, Failure> {
        let (mut options, _) = self.options();
        change(&mut options);
        let address = (self.center.host.as_str(), self.center.port);
        let call = |domain: String| {
            let mut options = options.clone();
            options.domain = domain;
            Client::connect(address, options)
        };
        let of_center =
            |error: Error| Failure::failed(printable(&format!("{}: {error}", self.center)));
        if let Some(domain) = &self.domain {
            return call(domain.clone()).await.map_err(of_center);
        }
        let client = call(String::new()).await.map_err(of_center)?;
        let mut domains = client.domains().await.map_err(of_center)?;
        match (domains.pop(), domains.is_empty()) {
            (None, _) => Ok(client),
            (Some(domain), true) => Ok(client.in_domain(domain)),
            (Some(last), false) => {
                domains.push(last);
                let domains = printable(&domains.join(", ")).into_owned();
                Err(Failure::usage(format_args!(
                    "{} shows several domains; --domain chooses one of {domains}",
                    self.center
                )))
            }
        }
    }
}

/// Writes an information message, and where it was put.
pub(crate) fn show_message(
    out: &mut impl Write,
    message: &ReceivedMessage,
    path: Option<&Path>,
    as_json: bool,
) -> std::io::Result<()> {
    let ReceivedMessage {
        info_reference,
        local_reference,
        message_id,
        ..
    } = message;
    if as_json {
        let mut object = Map::new();
        object.insert("info_reference".to_owned(), json!(info_reference));
        object.insert("local_reference".to_owned(), json!(local_reference));
        object.insert("message_id".to_owned(), json!(message_id));
        object.insert("to_all".to_owned(), json!(message.to_all));
        object.insert("segments".to_owned(), json!(message.segments));
        object.insert("size".to_owned(), json!(message.content.len()));
        object.insert("received".to_owned(), json!(message.received.to_string()));
        if let Some(peer) = &message.peer {
            object.insert("peer".to_owned(), json!(peer));
        }
        if let Some(text) = message.text() {
            object.insert("text".to_owned(), json!(text));
        }
        if let Some(path) = path {
            object.insert("file".to_owned(), json!(path.display().to_string()));
        }
        serde_json::to_writer(&mut *out, &object)?;
        return writeln!(out);
    }
    if let Some(peer) = &message.peer {
        write!(out, "{peer}: ")?;
    }
    let size = output::count(message.content.len(), "octet");
    write!(out, "message {message_id} of {info_reference}, {size}")?;
    if let Some(text) = message.text().filter(|text| !text.is_empty()) {
        let short: String = text.chars().take(200).collect();
        write!(out, ": {}", printable(short.trim_end()))?;
    }
    match path {
        Some(path) => writeln!(out, " -> {}", path.display()),
        None => writeln!(out),
    }
}

/// Takes the information messages of all peers, into their folders where they have one.
pub(crate) async fn take_messages(
    vcc: VirtualControlCenter,
    folders: Vec<(String, Folder)>,
    as_json: bool,
) {
    let mut messages = vcc.messages();
    while let Some(next) = messages.next().await {
        let folder = folders
            .iter()
            .find(|(peer, _)| Some(peer) == next.peer.as_ref())
            .map(|(_, folder)| folder.clone());
        let shown = next.clone();
        let written = tokio::task::spawn_blocking(move || {
            let path = folder.map(|folder| folder.store(&shown)).transpose();
            let path = path.map_err(|error| error.to_string())?;
            let mut out = output::stdout();
            show_message(&mut out, &shown, path.as_deref(), as_json)
                .and_then(|()| out.flush())
                .map_err(|error| error.to_string())
        });
        if let Ok(Err(reason)) = written.await {
            message(format_args!("information message: {}", printable(&reason)));
        }
    }
}

/// What a failed request says.
pub(crate) fn failed(error: Error) -> Failure {
    Failure::failed(printable(&error.to_string()))
}

fn quality_json(quality: Quality) -> Value {
    json!({
        "validity": quality.validity.to_string(),
        "source": quality.source.to_string(),
        "normal": !quality.abnormal,
        "time_valid": !quality.time_invalid,
    })
}

/// A value for programs.
pub(crate) fn value_json(value: &PointValue) -> Value {
    let mut object = Map::new();
    let content = match value.value {
        // As short as the number of 32 bits is, not as long as the one of 64 that is nearest.
        V::Real(value) => json!(
            value
                .to_string()
                .parse::<f64>()
                .unwrap_or_else(|_| value.into())
        ),
        V::Discrete(value) => json!(value),
        V::State(state) => json!(state.to_string()),
        V::Supplemental(value) => json!({
            "state": value.state.to_string(),
            "tag": value.tag.to_string(),
            "expected": value.expected.to_string(),
        }),
    };
    object.insert("value".to_owned(), content);
    if let Some(quality) = value.quality {
        object.insert("quality".to_owned(), quality_json(quality));
    }
    if let Some(time) = value.time {
        object.insert("time".to_owned(), json!(time.to_string()));
    }
    if let Some(cov) = value.cov {
        object.insert("cov".to_owned(), json!(cov));
    }
    Value::Object(object)
}

/// A point with its value or error, for programs.
pub(crate) fn point_json(name: &Name, value: &Result<PointValue, PointError>) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(name.to_string()));
    match value {
        Ok(value) => {
            if let Value::Object(parts) = value_json(value) {
                object.extend(parts);
            }
        }
        Err(error) => drop(object.insert("error".to_owned(), json!(error.to_string()))),
    }
    Value::Object(object)
}

/// Writes what is followed at one peer, until there are so many reports if there is a limit.
pub(crate) async fn show(
    peer: String,
    mut follow: PeerFollow,
    as_json: bool,
    limit: Option<usize>,
) {
    let mut left = limit.unwrap_or(usize::MAX);
    while left > 0
        && let Some(update) = follow.next().await
    {
        let report = match update {
            Update::Report(report) => report,
            Update::Started { transfer_set } => {
                message(format_args!("{peer}: following {transfer_set}"));
                continue;
            }
            Update::Interrupted { reason } | Update::Failed { reason } => {
                message(format_args!("{peer}: {reason}"));
                continue;
            }
            _ => continue,
        };
        let mut out = output::stdout();
        for change in &report.changes {
            let line = match (as_json, &change.value) {
                (true, value) => {
                    let point = point_json(&change.name, value);
                    json!({ "peer": peer, "received": report.received.to_string(), "point": point })
                        .to_string()
                }
                (false, Ok(value)) => {
                    format!("{}  {peer}  {} = {value}", report.received, change.name)
                }
                (false, Err(error)) => {
                    format!("{}  {peer}  {} ({error})", report.received, change.name)
                }
            };
            if writeln!(out, "{line}").is_err() {
                return;
            }
        }
        if out.flush().is_err() {
            return;
        }
        left -= 1;
    }
}

/// Moves all points but those that show what devices do: numbers along waves of their own, states from one end to the other.
pub(crate) async fn simulate(vcc: VirtualControlCenter) {
    let start = Instant::now();
    let shown: HashSet<Name> = vcc
        .devices()
        .filter_map(|device| device.model().indication.clone())
        .collect();
    for step in 1u32.. {
        let values: Vec<_> = (0u32..)
            .zip(vcc.points())
            .filter_map(|(number, id)| {
                let (_, ty) = vcc.point_of(id).filter(|(name, _)| !shown.contains(name))?;
                let phase = f64::from(step + number * 7) / 10.0;
                let state = if (step + number) / 5 % 2 == 0 {
                    State::On
                } else {
                    State::Off
                };
                let value = match ty.kind {
                    Kind::Real => V::Real((100.0 + 10.0 * phase.sin()) as f32),
                    Kind::Discrete => V::Discrete((1000.0 + 100.0 * phase.sin()) as i32),
                    Kind::State => V::State(state),
                    Kind::StateSupplemental => V::Supplemental(StateSupplemental {
                        state,
                        expected: state,
                        ..StateSupplemental::default()
                    }),
                };
                Some((id, PointValue::from(value).with_quality(Quality::default())))
            })
            .collect();
        // The values are of the types of their points.
        let _ = vcc.update_many(values);
        sleep_until(start + Duration::from_secs(u64::from(step))).await;
    }
}
