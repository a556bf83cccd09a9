//! The task of an IED: connect, subscribe, pass on, and again when the connection is lost.

use super::Link;
use super::config::{Ied, Point};
use super::convert;
use super::resolve::{self, Part, Place, Route};
use crate::failure::Failure;
use crate::output::{message, printable};
use iec61850::Quality;
use iec61850::client::asynchronous::IedConnection;
use iec61850::client::{ConnectionOptions, IedConnectionState, Report, SubscribeOptions};
use iec61850::{ReportOptions, TriggerOptions};
use mms::client::ClientError;
use mms::net::Keepalive;
use mms::{MmsValue, UtcTime};
use std::collections::HashMap;
use std::time::Duration;
use tase2::types::{Kind, PointValue};
use tase2::{PointId, VirtualControlCenter};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval, sleep};

/// Reports that may wait to be passed on.
const WAITING_REPORTS: usize = 1000;
/// Between requests to an IED that says nothing, to notice that it is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

pub(super) struct Task {
    ied: Ied,
    center: VirtualControlCenter,
    link: Link,
    /// Those of the points of the IED, in their order.
    points: Vec<(PointId, Kind)>,
    /// The last entry of each buffered control block that has been passed on.
    entries: HashMap<String, Vec<u8>>,
    /// What was told last, so that it is told once.
    told: String,
}

/// What is known of a point.
#[derive(Clone, Debug, Default)]
struct Known {
    value: Option<MmsValue>,
    quality: Option<Quality>,
    time: Option<UtcTime>,
}

/// What an association with the IED brings.
struct Session {
    connection: IedConnection,
    /// Control block and what its members bring; the reports of all come one after the other.
    blocks: Vec<(String, Vec<Vec<Route>>)>,
    reports: mpsc::Receiver<(usize, Report)>,
    /// What is read: its name, and what it brings.
    polled: Vec<(String, Vec<Route>)>,
    known: Vec<Known>,
    states: watch::Receiver<IedConnectionState>,
}

impl Task {
    pub(super) fn new(
        ied: &Ied,
        center: &VirtualControlCenter,
        link: Link,
    ) -> Result<Self, Failure> {
        let points = ied.points.iter().map(|point| {
            let id = center.point(&point.name)?;
            let (_, ty) = center.point_of(id)?;
            Some((id, ty.kind))
        });
        let points = points.collect::<Option<_>>().ok_or_else(|| {
            Failure::failed(format_args!("{}: a point is not in the centre", ied.name))
        })?;
        Ok(Task {
            ied: ied.clone(),
            center: center.clone(),
            link,
            points,
            entries: HashMap::new(),
            told: String::new(),
        })
    }

    /// Until it is stopped.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let (first, longest) = self.ied.retry;
        let mut wait = first;
        loop {
            let connection = IedConnection::with_options(self.options());
            let began = Instant::now();
            let reason = tokio::select! {
                // It fails only when the gateway is gone.
                _ = stopped.wait_for(|stopped| *stopped) => None,
                reason = self.serve(&connection) => Some(reason),
            };
            // From here on no command is taken for it.
            self.link.set(None);
            self.lose();
            let Some(reason) = reason else {
                connection.set_request_timeout(Duration::from_secs(1));
                connection.close().await;
                return;
            };
            self.tell(&reason);
            let _ = connection.abort().await;
            // One that held for a while is tried again soon.
            wait = match began.elapsed() > longest {
                true => first,
                false => wait,
            };
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = sleep(wait) => {}
            }
            wait = (wait * 2).min(longest);
        }
    }

    fn options(&self) -> ConnectionOptions {
        let mut options = ConnectionOptions::new();
        options.connect_timeout = self.ied.request_timeout;
        options.request_timeout = self.ied.request_timeout;
        options.keepalive = Some(KEEP_ALIVE);
        // What the IED has not acknowledged after three seconds is not delivered later: a command is carried out now or not at all.
        options.tcp_keepalive = Some(Keepalive {
            idle: Duration::from_secs(1),
            interval: Duration::from_secs(1),
            count: 2,
        });
        // A new connection finds out anew what the IED has, and no command may outlive the old one.
        options.reconnect = None;
        options
    }

    fn tell(&mut self, text: &str) {
        if self.told != text {
            message(format_args!("{}: {}", self.ied.name, printable(text)));
            self.told = text.to_owned();
        }
    }

    /// All points become what points of a lost IED are.
    fn lose(&self) {
        let values = self.points.iter().filter_map(|(id, _)| {
            let last = self.center.value(*id)?;
            Some((*id, convert::lost(last, self.ied.lost)))
        });
        let values: Vec<_> = values.collect();
        if let Err(error) = self.center.update_many(values) {
            tracing::error!(ied = self.ied.name, %error, "points cannot be made invalid");
        }
    }

    /// Connects and passes on; gives the reason why it is over.
    async fn serve(&mut self, connection: &IedConnection) -> String {
        let address = &self.ied.address;
        if let Err(error) = connection.connect(&address.host, address.port).await {
            let reason = match &error {
                iec61850::Error::Client(failure) => match &failure.source {
                    Some(ClientError::Connect { source, .. }) => source.to_string(),
                    _ => failure.reason.clone(),
                },
                error => error.to_string(),
            };
            return format!("cannot connect to {address}: {reason}");
        }
        let mut session = match self.begin(connection).await {
            Ok(session) => session,
            Err(reason) => return reason,
        };
        self.link.set(Some(connection.clone()));
        self.tell("connected");
        self.pass_on(&mut session).await
    }

    /// Finds the points and subscribes to the reports.
    async fn begin(&mut self, connection: &IedConnection) -> Result<Session, String> {
        let mut places = Vec::new();
        for (point, (_, kind)) in self.ied.points.iter().zip(&self.points) {
            match resolve::place(connection, point, *kind).await {
                Ok(place) => places.push(Some(place)),
                // The other points are none the worse for it.
                Err(reason) => {
                    message(format_args!(
                        "{}: point {}: {}",
                        self.ied.name,
                        point.name,
                        printable(&reason)
                    ));
                    places.push(None);
                }
            }
        }
        let (sender, reports) = mpsc::channel(WAITING_REPORTS);
        let mut blocks = Vec::new();
        for reference in self.ied.reports.clone() {
            let routes = self
                .subscribe(connection, &reference, blocks.len(), &places, &sender)
                .await
                .map_err(|reason| format!("{reference}: {reason}"))?;
            blocks.push((reference, routes));
        }
        let brought: Vec<_> = blocks.iter().map(|(_, routes)| routes.clone()).collect();
        let missing = resolve::missing(&self.ied, &places, &brought);
        let polled = self.to_be_read(connection, missing, &places).await?;
        Ok(Session {
            connection: connection.clone(),
            blocks,
            reports,
            polled,
            known: vec![Known::default(); self.points.len()],
            states: connection.watch_state(),
        })
    }

    async fn subscribe(
        &self,
        connection: &IedConnection,
        reference: &str,
        number: usize,
        places: &[Option<Place>],
        sender: &mpsc::Sender<(usize, Report)>,
    ) -> Result<Vec<Vec<Route>>, String> {
        let text = |error: iec61850::Error| error.to_string();
        let mut block = connection.read_rcb(reference).await.map_err(text)?;
        let data_set = block.dataset_reference().to_owned();
        if data_set.is_empty() {
            return Err("it has no data set".to_owned());
        }
        let routes = resolve::members(connection, &data_set, places).await?;
        let sender = sender.clone();
        // Callbacks of a connection come one by one and may wait: what is not passed on fast enough waits here, then in the connection.
        block.on_report(move |report| {
            let _ = sender.blocking_send((number, report.clone()));
        });
        let triggers = TriggerOptions::DATA_CHANGED
            | TriggerOptions::QUALITY_CHANGED
            | TriggerOptions::GI
            | (block.trg_ops() & TriggerOptions::INTEGRITY);
        let mut options = SubscribeOptions::new()
            .with_trg_ops(triggers)
            .with_opt_flds(ReportOptions::ALL - ReportOptions::SEGMENTATION)
            .with_gi();
        let entry = self.entries.get(reference).filter(|_| block.is_buffered());
        options.resume_from = entry.cloned();
        let resumes = options.resume_from.is_some();
        if let Err(error) = block.subscribe(options.clone()).await {
            if !resumes {
                return Err(text(error));
            }
            // The entry is not there any more: the general interrogation brings what holds now.
            options.resume_from = None;
            block.subscribe(options).await.map_err(text)?;
        }
        Ok(routes)
    }

    /// What no report brings: whole data objects where that gives value, quality and time of the same moment.
    async fn to_be_read<'a>(
        &'a self,
        connection: &IedConnection,
        missing: impl Iterator<Item = (usize, &'a Point)>,
        places: &[Option<Place>],
    ) -> Result<Vec<(String, Vec<Route>)>, String> {
        let mut polled = Vec::new();
        for (at, point) in missing {
            if self.ied.poll.is_none() {
                message(format_args!(
                    "{}: point {}: {} is in none of the reports, and `poll` is not set",
                    self.ied.name, point.name, point.from
                ));
                continue;
            }
            let Some(Some(place)) = places.get(at) else {
                continue;
            };
            let mut only = vec![None; places.len()];
            only[at] = Some(place.clone());
            let object = resolve::Attribute {
                device: place.value.device.clone(),
                path: place.value.path.iter().take(3).cloned().collect(),
            };
            let ty = connection
                .get_variable_specification(&object.name(), None)
                .await
                .map_err(|error| error.to_string())?;
            polled.push((object.name(), resolve::routes(&object, &ty, &only)));
        }
        Ok(polled)
    }

    async fn pass_on(&mut self, session: &mut Session) -> String {
        let mut ticks = interval(self.ied.poll.unwrap_or(Duration::from_secs(3600)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let came = tokio::select! {
                report = session.reports.recv() => report.map(Some),
                // It fails only when the connection is gone.
                _ = session.states.wait_for(|state| *state == IedConnectionState::Closed) => None,
                _ = ticks.tick(), if !session.polled.is_empty() => Some(None),
            };
            match came {
                Some(Some((block, report))) => self.take_report(session, block, &report),
                Some(None) => {
                    if let Err(reason) = self.read(session).await {
                        return reason;
                    }
                }
                None => return "connection lost".to_owned(),
            }
        }
    }

    fn take_report(&mut self, session: &mut Session, block: usize, report: &Report) {
        let Some((reference, members)) = session.blocks.get(block) else {
            return;
        };
        let mut touched = Vec::new();
        for member in report.included() {
            let routes = members.get(member.index).map_or(&[][..], Vec::as_slice);
            note(&mut session.known, routes, &member.value, &mut touched);
        }
        if let Some(entry) = report.entry_id() {
            self.entries.insert(reference.clone(), entry.to_vec());
        }
        self.update(&session.known, touched);
    }

    async fn read(&self, session: &mut Session) -> Result<(), String> {
        let names: Vec<&str> = session
            .polled
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let values = session
            .connection
            .read_values(&names)
            .await
            .map_err(|error| error.to_string())?;
        let mut touched = Vec::new();
        for (value, (name, routes)) in values.into_iter().zip(&session.polled) {
            match value {
                Ok(value) => note(&mut session.known, routes, &value, &mut touched),
                Err(error) => {
                    tracing::warn!(ied = self.ied.name, name, %error, "cannot be read");
                    for route in routes.iter().filter(|route| route.part == Part::Value) {
                        if let Some(known) = session.known.get_mut(route.point) {
                            *known = Known::default();
                            touched.push(route.point);
                        }
                    }
                }
            }
        }
        self.update(&session.known, touched);
        Ok(())
    }

    /// Gives the control centre the new values, in one batch.
    fn update(&self, known: &[Known], mut touched: Vec<usize>) {
        touched.sort_unstable();
        touched.dedup();
        let values = touched.into_iter().filter_map(|at| {
            let ((id, kind), point) = (*self.points.get(at)?, self.ied.points.get(at)?);
            let known = known.get(at)?;
            let value = known
                .value
                .as_ref()
                .and_then(|raw| convert::value(raw, kind, point.scale, point.invert));
            Some(match value {
                Some(value) => {
                    let mut new = PointValue::from(value)
                        .with_quality(convert::quality(known.quality, known.time));
                    new.time = convert::time(known.time);
                    (id, new)
                }
                None => (id, convert::lost(self.center.value(id)?, self.ied.lost)),
            })
        });
        let values: Vec<_> = values.collect();
        if let Err(error) = self.center.update_many(values) {
            tracing::error!(ied = self.ied.name, %error, "values cannot be passed on");
        }
    }
}

/// Takes what belongs to points out of a value.
fn note(known: &mut [Known], routes: &[Route], value: &MmsValue, touched: &mut Vec<usize>) {
    for route in routes {
        let (Some(known), Some(value)) = (known.get_mut(route.point), route.follow(value)) else {
            continue;
        };
        match (route.part, value) {
            (Part::Value, value) => known.value = Some(value.clone()),
            (Part::Quality, MmsValue::BitString(bits)) => known.quality = Some(bits.into()),
            (Part::Time, MmsValue::UtcTime(time)) => known.time = Some(*time),
            _ => continue,
        }
        touched.push(route.point);
    }
}
