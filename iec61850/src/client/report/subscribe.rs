//! Report control blocks of a server, and subscribing to their reports.

use super::super::connection::IedConnection;
use super::super::engine::{EngineClient, Failure};
use super::super::error::{Context, IedClientError, failure};
use super::super::target::{self, BlockName};
use super::subscription::{Sink, Subscription};
use super::{RcbElement, RcbValues, Report};
use crate::{Error, FunctionalConstraint as Fc, ReportOptions, TriggerOptions};
use mms::{MmsValue, OwnedVariable};
use parking_lot::Mutex;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

const READ: &str = "read report control block";
const WRITE: &str = "write report control block";

fn block(service: &'static str, reference: &str) -> Result<BlockName, Error> {
    target::control_block(service, reference, &[Fc::RP, Fc::BR])
}

/// Reads a control block attribute by attribute. Those that a server does not have end it, if they
/// are the ones that may be missing.
async fn read_by_attribute(client: &EngineClient, block: &BlockName) -> Result<MmsValue, Failure> {
    let names = RcbValues::attributes(block.fc);
    let variables: Vec<OwnedVariable> = names
        .iter()
        .map(|name| OwnedVariable::from(block.attribute(name)))
        .collect();
    let results = client.read_many(&variables).await?;
    // What is missing is noticed where the structure is read.
    Ok(MmsValue::Structure(results.into_iter().flatten().collect()))
}

/// What is set in a report control block when reports are subscribed to; what is `None` stays as
/// it is.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SubscribeOptions {
    /// What reports are made for.
    pub trg_ops: Option<TriggerOptions>,
    /// Between reports of all members; zero is never.
    pub intg_pd: Option<Duration>,
    /// Optional fields of the reports.
    pub opt_flds: Option<ReportOptions>,
    /// For how long changes are collected.
    pub buf_tm: Option<Duration>,
    /// The data set, `LD/LN.name` or `@name`.
    pub dataset: Option<String>,
    /// Reserves the control block in front of everything else: an unbuffered one at all, a
    /// buffered one for so many seconds after this client has gone.
    pub reserve: Option<i16>,
    /// Has all members reported at once, and after each reconnection.
    pub gi: bool,
    /// Empties the buffer of a buffered control block.
    pub purge: bool,
    /// Begins behind this entry of a buffered control block.
    pub resume_from: Option<Vec<u8>>,
}

impl SubscribeOptions {
    /// Everything stays as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reports for these triggers.
    pub fn with_trg_ops(mut self, options: TriggerOptions) -> Self {
        self.trg_ops = Some(options);
        self
    }

    /// A report of all members at this interval.
    pub fn with_intg_pd(mut self, interval: Duration) -> Self {
        self.intg_pd = Some(interval);
        self
    }

    /// Reports with these optional fields.
    pub fn with_opt_flds(mut self, options: ReportOptions) -> Self {
        self.opt_flds = Some(options);
        self
    }

    /// Changes are collected for so long.
    pub fn with_buf_tm(mut self, time: Duration) -> Self {
        self.buf_tm = Some(time);
        self
    }

    /// Reports of this data set.
    pub fn with_dataset(mut self, reference: impl Into<String>) -> Self {
        self.dataset = Some(reference.into());
        self
    }

    /// A reservation: see [`SubscribeOptions::reserve`].
    pub fn with_reservation(mut self, seconds: i16) -> Self {
        self.reserve = Some(seconds);
        self
    }

    /// All members are reported at once.
    pub fn with_gi(mut self) -> Self {
        self.gi = true;
        self
    }

    /// The buffer is emptied first.
    pub fn with_purge(mut self) -> Self {
        self.purge = true;
        self
    }

    /// Reports begin behind this entry.
    pub fn resuming_from(mut self, entry: impl Into<Vec<u8>>) -> Self {
        self.resume_from = Some(entry.into());
        self
    }

    fn apply(&self, values: &mut RcbValues) {
        let ms = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        if let Some(options) = self.trg_ops {
            values.set_trg_ops(options);
        }
        if let Some(interval) = self.intg_pd {
            values.set_intg_pd(ms(interval));
        }
        if let Some(options) = self.opt_flds {
            values.set_opt_flds(options);
        }
        if let Some(time) = self.buf_tm {
            values.set_buf_tm(ms(time));
        }
        if let Some(reference) = &self.dataset {
            values.set_dataset_reference(reference);
        }
        match (self.reserve, values.is_buffered()) {
            (Some(seconds), true) => values.set_resv_tms(seconds),
            (Some(_), false) => values.set_resv(true),
            (None, _) => {}
        }
        if self.purge && values.is_buffered() {
            values.set_purge_buf(true);
        }
        if let (Some(entry), true) = (&self.resume_from, values.is_buffered()) {
            values.set_entry_id(entry.clone());
        }
    }
}

/// A report control block of a server: its values (through `Deref`, [`RcbValues`]) and the
/// connection they came from.
#[derive(Clone, Debug)]
pub struct ReportControlBlock {
    connection: IedConnection,
    values: RcbValues,
}

impl Deref for ReportControlBlock {
    type Target = RcbValues;

    fn deref(&self) -> &RcbValues {
        &self.values
    }
}

impl DerefMut for ReportControlBlock {
    fn deref_mut(&mut self) -> &mut RcbValues {
        &mut self.values
    }
}

/// Reports as they come. Ends when the subscription or the connection is given up, or lost for good; outlives
/// reconnections.
#[derive(Debug)]
pub struct ReportStream {
    reports: mpsc::Receiver<Report>,
}

impl ReportStream {
    /// The next report; `None` at the end.
    pub async fn next(&mut self) -> Option<Report> {
        self.reports.recv().await
    }

    /// The report that has come, if one has.
    pub fn try_next(&mut self) -> Option<Report> {
        self.reports.try_recv().ok()
    }
}

impl futures_core::Stream for ReportStream {
    type Item = Report;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Report>> {
        self.get_mut().reports.poll_recv(cx)
    }
}

impl ReportControlBlock {
    /// The values apart from the connection.
    pub fn values(&self) -> &RcbValues {
        &self.values
    }

    /// Reads the values anew.
    ///
    /// # Errors
    /// See [`crate::Error::code`].
    pub async fn update_values(&mut self) -> Result<(), Error> {
        self.values = self
            .connection
            .read_rcb_values(self.values.reference())
            .await?;
        Ok(())
    }

    /// Writes what was changed.
    ///
    /// # Errors
    /// As for [`IedConnection::set_rcb_values`].
    pub async fn set_values(&mut self, single_request: bool) -> Result<(), Error> {
        let connection = self.connection.clone();
        connection
            .set_rcb_values(&mut self.values, single_request)
            .await
    }

    /// Has `callback` called for every report of this control block; it takes the place of another
    /// one.
    pub fn on_report(&self, callback: impl Fn(&Report) + Send + Sync + 'static) {
        self.deliver_to(Sink::Callback(Arc::new(callback)));
    }

    fn deliver_to(&self, sink: Sink) {
        let rcb = &self.values;
        let inner = self.connection.inner();
        let subscriptions = &inner.subscriptions;
        subscriptions.set_sink(rcb.reference(), rcb.rpt_id(), rcb.is_buffered(), sink);
        inner.follow(rcb.reference());
    }

    /// The reports of this control block as a stream in which up to `capacity` wait; what comes
    /// beyond that is dropped, and the next report says how many are missing. It takes the place
    /// of a callback.
    pub fn reports(&self, capacity: usize) -> ReportStream {
        let (sender, reports) = mpsc::channel(capacity.max(1));
        self.deliver_to(Sink::Channel(sender));
        ReportStream { reports }
    }

    /// Sets what `options` say, and has reports sent. One that is enabled by this client already
    /// is disabled for that.
    ///
    /// With [`super::super::ConnectionOptions::reconnect`], all of this is done again on a new
    /// connection; a buffered control block goes on behind the last entry that came, for which
    /// reports need [`ReportOptions::ENTRY_ID`].
    ///
    /// # Errors
    /// [`IedClientError::TemporarilyUnavailable`] if another client has it, and others.
    pub async fn subscribe(&mut self, options: SubscribeOptions) -> Result<(), Error> {
        if self.values.rpt_ena() {
            self.values.set_rpt_ena(false);
            self.set_values(false).await?;
        }
        options.apply(&mut self.values);
        let outcome = self.enable(&options).await;
        if outcome.is_err() {
            // What the options changed is not asked for any more.
            self.values.clear_element_changed();
        }
        outcome
    }

    async fn enable(&mut self, options: &SubscribeOptions) -> Result<(), Error> {
        if !self.values.element_changed().is_empty() {
            self.set_values(false).await?;
        }
        let subscriptions = &self.connection.inner().subscriptions;
        let rcb = &self.values;
        let entry = subscriptions.entry(rcb.reference(), rcb.rpt_id(), rcb.is_buffered());
        {
            let mut entry = entry.lock();
            entry.set_rpt_id(self.values.rpt_id());
            entry.gi = options.gi;
            entry.restart();
        }
        self.connection.inner().follow(self.values.reference());
        self.values.set_rpt_ena(true);
        let enabled = self.set_values(true).await;
        if let Err(error) = enabled {
            self.values.set_rpt_ena(false);
            return Err(error);
        }
        if options.gi {
            self.trigger_gi().await?;
        }
        Ok(())
    }

    /// Ends the reports, gives up a reservation, and removes callback and stream.
    ///
    /// # Errors
    /// See [`crate::Error::code`].
    pub async fn unsubscribe(&mut self) -> Result<(), Error> {
        let reserved = self.values.resv() == Some(true);
        self.values.set_rpt_ena(false);
        let outcome = self.set_values(true).await;
        if reserved && outcome.is_ok() {
            self.values.set_resv(false);
            // It is free anyway if the server reserved it for the time of the reports only.
            let _ = self.set_values(true).await;
        }
        let reference = self.values.reference();
        self.connection.unregister_report_handler(reference);
        outcome
    }

    /// Asks for a report of all members.
    ///
    /// # Errors
    /// As for [`IedConnection::trigger_gi_report`].
    pub async fn trigger_gi(&self) -> Result<(), Error> {
        self.connection
            .trigger_gi_report(self.values.reference())
            .await
    }
}

/// Report control blocks and reports.
impl IedConnection {
    /// Reads a report control block, `LD/LN.RP.name` (unbuffered) or `LD/LN.BR.name` (buffered).
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] and others.
    pub async fn read_rcb(&self, reference: &str) -> Result<ReportControlBlock, Error> {
        Ok(ReportControlBlock {
            values: self.read_rcb_values(reference).await?,
            connection: self.clone(),
        })
    }

    /// Reads the values of a report control block.
    ///
    /// # Errors
    /// As for [`IedConnection::read_rcb`].
    pub async fn read_rcb_values(&self, reference: &str) -> Result<RcbValues, Error> {
        let block = block(READ, reference)?;
        let client = self.client(READ, reference)?;
        let value = match client.read(block.name()).await {
            Err(error) if error.code() == IedClientError::ObjectAccessUnsupported => {
                // Some servers have the attributes and not the whole.
                read_by_attribute(&client, &block).await
            }
            whole => whole,
        };
        RcbValues::read(READ, &block, value.context(READ, reference)?)
    }

    /// Reads the values anew and forgets that anything was changed.
    ///
    /// # Errors
    /// As for [`IedConnection::read_rcb`].
    pub async fn update_rcb_values(&self, values: &mut RcbValues) -> Result<(), Error> {
        *values = self.read_rcb_values(values.reference()).await?;
        Ok(())
    }

    /// Writes what was changed: all in one request, or one after the other until one is not taken.
    /// Disabling and reserving come first, then the settings, enabling and GI. Nothing is sent
    /// when nothing was changed.
    ///
    /// # Errors
    /// The first attribute that was not taken: [`IedClientError::TemporarilyUnavailable`] while
    /// it is enabled or belongs to another client, [`IedClientError::AccessDenied`],
    /// [`IedClientError::ObjectValueInvalid`] and others. In one request, those behind it may have
    /// been taken.
    pub async fn set_rcb_values(
        &self,
        values: &mut RcbValues,
        single_request: bool,
    ) -> Result<(), Error> {
        let block = block(WRITE, values.reference())?;
        let writes = values.writes();
        let attributes = writes.iter();
        let attributes = attributes.map(|(_, name, value)| (*name, value.clone()));
        let enabling = writes
            .iter()
            .any(|(element, ..)| *element == RcbElement::RPT_ENA && values.rpt_ena());
        let subscriptions = &self.inner().subscriptions;
        let losses = subscriptions.losses();
        if enabling && let Some(entry) = subscriptions.get(&block.reference) {
            // Reports may be faster than the answer.
            entry.lock().restart();
        }
        self.write_attributes(WRITE, &block, attributes.collect(), single_request)
            .await?;
        let written = writes
            .iter()
            .fold(RcbElement::empty(), |all, (element, ..)| all | *element);
        if !written.is_empty() {
            let entry =
                subscriptions.entry(&block.reference, values.rpt_id(), values.is_buffered());
            subscriptions.note_written(&entry, values, written, losses);
            if written.contains(RcbElement::RPT_ID) {
                self.inner().follow(&block.reference);
            }
        }
        values.clear_element_changed();
        Ok(())
    }

    /// Writes attributes of a control block in their order.
    pub(crate) async fn write_attributes(
        &self,
        service: &'static str,
        block: &BlockName,
        attributes: Vec<(&'static str, MmsValue)>,
        single_request: bool,
    ) -> Result<(), Error> {
        if attributes.is_empty() {
            return Ok(());
        }
        let client = self.client(service, &block.reference)?;
        let shown = |name: &str| format!("{}.{name}", block.reference);
        if single_request {
            let names: Vec<_> = attributes
                .iter()
                .map(|(name, _)| block.attribute(name))
                .collect();
            let writes = names.iter().zip(&attributes);
            let writes = writes.map(|(name, (_, value))| (name.as_ref(), value));
            let outcomes = client.write_many(writes).await;
            let outcomes = outcomes.context(service, &block.reference)?;
            for (outcome, (name, _)) in outcomes.into_iter().zip(&attributes) {
                outcome.context(service, &shown(name))?;
            }
        } else {
            for (name, value) in &attributes {
                let item = block.attribute(name);
                let written = client.write(item.as_ref(), value).await;
                written.context(service, &shown(name))?;
            }
        }
        Ok(())
    }

    /// Has `callback` called for every report with this identifier, on behalf of a control block.
    /// It takes the place of another one for the same control block. An empty identifier stands
    /// for the reference of the control block.
    ///
    /// The callback may block, and may call the connection: it runs on a thread of its own, one
    /// report after the other. One that keeps the connection keeps it open until it is closed or the
    /// callback removed.
    ///
    /// # Errors
    /// [`IedClientError::ObjectReferenceInvalid`].
    pub fn register_report_handler(
        &self,
        rcb_reference: &str,
        rpt_id: &str,
        callback: impl Fn(&Report) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let block = block("register report handler", rcb_reference)?;
        let sink = Sink::Callback(Arc::new(callback));
        let buffered = block.fc == Fc::BR;
        let inner = self.inner();
        let subscriptions = &inner.subscriptions;
        subscriptions.set_sink(&block.reference, rpt_id, buffered, sink);
        inner.follow(&block.reference);
        Ok(())
    }

    /// Removes the callback or stream of a control block, which is not taken up again after a
    /// reconnection. `false`: there was none.
    pub fn unregister_report_handler(&self, rcb_reference: &str) -> bool {
        match block("unregister report handler", rcb_reference) {
            Ok(block) => {
                let was_there = self.inner().subscriptions.remove(&block.reference);
                self.inner().follow(&block.reference);
                was_there
            }
            Err(_) => false,
        }
    }

    /// Reads a report control block, has `callback` called for its reports, and subscribes.
    ///
    /// # Errors
    /// As for [`IedConnection::read_rcb`] and [`ReportControlBlock::subscribe`].
    pub async fn create_rcb_and_subscribe(
        &self,
        rcb_reference: &str,
        callback: impl Fn(&Report) + Send + Sync + 'static,
        options: SubscribeOptions,
    ) -> Result<ReportControlBlock, Error> {
        let mut rcb = self.read_rcb(rcb_reference).await?;
        rcb.on_report(callback);
        rcb.subscribe(options).await?;
        Ok(rcb)
    }

    /// Asks for a report of all members of the data set of a control block that is enabled.
    ///
    /// # Errors
    /// [`IedClientError::TemporarilyUnavailable`] if it is not enabled, and others.
    pub async fn trigger_gi_report(&self, rcb_reference: &str) -> Result<(), Error> {
        const SERVICE: &str = "general interrogation";
        let block = block(SERVICE, rcb_reference)?;
        let client = self.client(SERVICE, rcb_reference)?;
        let name = block.attribute("GI");
        let written = client.write(name.as_ref(), &MmsValue::Boolean(true)).await;
        written.context(SERVICE, rcb_reference)
    }

    /// How many reports came that belong to no control block with a callback or stream here.
    pub fn unclaimed_reports(&self) -> u64 {
        self.inner().subscriptions.unclaimed()
    }

    /// Takes up again what was interrupted; whether that is all there was.
    pub(crate) async fn resume_subscriptions(&self) -> bool {
        let mut all = true;
        for (reference, entry) in self.inner().subscriptions.interrupted() {
            // What was enabled notes by itself that it is there again.
            if let Err(error) = self.resume(&reference, &entry).await {
                tracing::warn!(rcb = reference, %error, "reports are not resumed yet");
                all = false;
            }
        }
        all
    }

    async fn resume(&self, reference: &str, entry: &Mutex<Subscription>) -> Result<(), Error> {
        let (settings, last, gi) = {
            let entry = entry.lock();
            (entry.settings.clone(), entry.last_entry(), entry.gi)
        };
        let Some(settings) = settings else {
            entry.lock().interrupted = false;
            return Ok(());
        };
        let mut values = self.read_rcb_values(reference).await?;
        if values.rpt_ena() {
            // The server has not noticed that the old connection is over, or another client is
            // faster.
            let code = IedClientError::TemporarilyUnavailable;
            return Err(failure("resume reports", reference, code, "still enabled"));
        }
        values.change_like(&settings);
        if settings.resv() == Some(true) {
            values.set_resv(true);
        }
        if let (Some(seconds @ 1..), true) = (settings.resv_tms(), values.has_resv_tms()) {
            values.set_resv_tms(seconds);
        }
        self.set_rcb_values(&mut values, false).await?;
        if values.is_buffered()
            && let Some(last) = last
        {
            values.set_entry_id(last);
            match self.set_rcb_values(&mut values, true).await {
                Ok(()) => {}
                Err(error) if error.code() == Some(IedClientError::ObjectValueInvalid) => {
                    // The buffer does not reach back to it, or was emptied.
                    entry.lock().note_loss();
                    values.clear_element_changed();
                }
                Err(error) => return Err(error),
            }
        }
        values.set_rpt_ena(true);
        self.set_rcb_values(&mut values, true).await?;
        if gi {
            self.trigger_gi_report(reference).await?;
        }
        Ok(())
    }
}
