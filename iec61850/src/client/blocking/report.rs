use super::super::report::ReportStream;
use super::super::{RcbValues, Report, SubscribeOptions, asynchronous};
use super::Runtime;
use crate::Error;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// A report control block of a server: its values (through `Deref`, [`RcbValues`]) and the
/// connection they came from.
#[derive(Clone, Debug)]
pub struct ReportControlBlock {
    inner: asynchronous::ReportControlBlock,
    runtime: Runtime,
}

impl Deref for ReportControlBlock {
    type Target = RcbValues;

    fn deref(&self) -> &RcbValues {
        &self.inner
    }
}

impl DerefMut for ReportControlBlock {
    fn deref_mut(&mut self) -> &mut RcbValues {
        &mut self.inner
    }
}

impl ReportControlBlock {
    pub(super) fn new(inner: asynchronous::ReportControlBlock, runtime: Runtime) -> Self {
        ReportControlBlock { inner, runtime }
    }

    /// The values apart from the connection.
    pub fn values(&self) -> &RcbValues {
        &self.inner
    }

    /// See [`asynchronous::ReportControlBlock::update_values`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn update_values(&mut self) -> Result<(), Error> {
        self.runtime
            .wait("update_values", self.inner.update_values())
    }

    /// See [`asynchronous::ReportControlBlock::set_values`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn set_values(&mut self, single_request: bool) -> Result<(), Error> {
        self.runtime
            .wait("set_values", self.inner.set_values(single_request))
    }

    /// See [`asynchronous::ReportControlBlock::on_report`].
    pub fn on_report(&self, callback: impl Fn(&Report) + Send + Sync + 'static) {
        self.inner.on_report(callback);
    }

    /// The reports of this control block, for a thread that waits for them. Up to `capacity` wait;
    /// what comes beyond that is dropped, and the next report says how many are missing. It takes
    /// the place of a callback.
    pub fn reports(&self, capacity: usize) -> Reports {
        Reports {
            stream: self.inner.reports(capacity),
            runtime: self.runtime.clone(),
        }
    }

    /// See [`asynchronous::ReportControlBlock::subscribe`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn subscribe(&mut self, options: SubscribeOptions) -> Result<(), Error> {
        self.runtime
            .wait("subscribe", self.inner.subscribe(options))
    }

    /// See [`asynchronous::ReportControlBlock::unsubscribe`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn unsubscribe(&mut self) -> Result<(), Error> {
        self.runtime.wait("unsubscribe", self.inner.unsubscribe())
    }

    /// See [`asynchronous::ReportControlBlock::trigger_gi`].
    ///
    /// # Errors
    /// As there, and [`Error::InsideRuntime`].
    pub fn trigger_gi(&self) -> Result<(), Error> {
        self.runtime.wait("trigger_gi", self.inner.trigger_gi())
    }
}

/// Reports as they come. Ends when the subscription or the connection is given up, or lost for good; outlives
/// reconnections.
#[derive(Debug)]
pub struct Reports {
    stream: ReportStream,
    runtime: Runtime,
}

impl Reports {
    /// Waits for the next report, but no longer than this.
    ///
    /// # Errors
    /// [`Error::InsideRuntime`].
    pub fn next_within(&mut self, patience: Duration) -> Result<Option<Report>, Error> {
        let next = async {
            let next = tokio::time::timeout(patience, self.stream.next());
            Ok(next.await.ok().flatten())
        };
        self.runtime.wait("next_within", next)
    }

    /// The report that has come, if one has.
    pub fn try_next(&mut self) -> Option<Report> {
        self.stream.try_next()
    }
}

impl Iterator for Reports {
    type Item = Report;

    /// Waits for the next report. It ends at once inside an asynchronous runtime.
    fn next(&mut self) -> Option<Report> {
        let next = async { Ok(self.stream.next().await) };
        self.runtime.wait("next", next).ok().flatten()
    }
}
