//! The samples of the server's control blocks: a thread for each source, which sends while SvEna is
//! true.

use super::IedServer;
use crate::Error;
use crate::engine::Change;
use crate::link::{Link, LinkError};
use crate::model::SvControlBlock;
use crate::sv::{Pacer, PacingStatistics, SampleRate, SvConfig, SvError, SvPublication};
use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

/// How the samples of a control block are sent, see [`IedServer::set_sv_source`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SvSourceOptions {
    /// Frequency of the network in hertz, for control blocks that count samples per period. Default
    /// 50.
    pub frequency: f64,
    /// smpSynch, see [`sv::GLOBALLY_SYNCHRONIZED`](crate::sv::GLOBALLY_SYNCHRONIZED). Default: not
    /// synchronized.
    pub smp_synch: u8,
    /// Whether frames have a VLAN tag. Default: yes.
    pub vlan_tag: bool,
    /// Whether frames say that they are simulated.
    pub simulation: bool,
    /// The priority of the thread (SCHED_FIFO, 1 to 99, Linux); `None`: none. Without the right to it,
    /// there is a warning and no priority.
    pub realtime_priority: Option<u8>,
}

impl Default for SvSourceOptions {
    fn default() -> Self {
        SvSourceOptions {
            frequency: 50.0,
            smp_synch: crate::sv::NOT_SYNCHRONIZED,
            vlan_tag: true,
            simulation: false,
            realtime_priority: None,
        }
    }
}

/// The sources of a server, and which control blocks are enabled.
#[derive(Default)]
pub(crate) struct SvSources {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    enabled: HashSet<SvControlBlock>,
    paused: bool,
    sources: HashMap<SvControlBlock, Source>,
}

/// Ends its thread when it is dropped.
struct Source {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    task: Mutex<Task>,
    changed: Condvar,
}

#[derive(Default)]
struct Task {
    sends: bool,
    ended: bool,
    statistics: PacingStatistics,
}

impl SvSources {
    /// SvEna of a control block has changed.
    pub(super) fn enabled(&self, block: &SvControlBlock, on: bool) {
        let mut state = self.state.lock();
        match on {
            true => state.enabled.insert(block.clone()),
            false => state.enabled.remove(block),
        };
        state.show(block);
    }

    /// The server is stopped, or starts again: a stopped one is silent.
    pub(super) fn pause(&self, paused: bool) {
        let mut state = self.state.lock();
        state.paused = paused;
        for block in state.sources.keys() {
            state.show(block);
        }
    }

    /// Ends all threads.
    pub(super) fn clear(&self) {
        let sources: Vec<_> = self.state.lock().sources.drain().collect();
        // Without the lock: their threads are waited for.
        drop(sources);
    }

    fn insert(&self, block: &SvControlBlock, source: Source) {
        let mut state = self.state.lock();
        let before = state.sources.insert(block.clone(), source);
        state.show(block);
        drop(state);
        drop(before);
    }

    fn statistics(&self, block: &SvControlBlock) -> Option<PacingStatistics> {
        let state = self.state.lock();
        let source = state.sources.get(block)?;
        Some(source.shared.task.lock().statistics)
    }
}

impl State {
    /// Tells the thread of a control block whether it sends.
    fn show(&self, block: &SvControlBlock) {
        if let Some(source) = self.sources.get(block) {
            let sends = !self.paused && self.enabled.contains(block);
            source.shared.task.lock().sends = sends;
            source.shared.changed.notify_one();
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.shared.task.lock().ended = true;
        self.shared.changed.notify_one();
        // A source that drops the server does it on its own thread.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // It has ended by a panic of the application if there is an error.
            let _ = thread.join();
        }
    }
}

/// What the thread of a source has.
struct Sending<F> {
    shared: Arc<Shared>,
    link: Box<dyn Link>,
    publication: SvPublication,
    rate: SampleRate,
    fill: F,
}

impl<F: FnMut(&mut SvPublication, u64)> Sending<F> {
    fn run(mut self, priority: Option<u8>) {
        #[cfg(target_os = "linux")]
        if let Some(priority) = priority
            && let Err(error) = crate::link::set_realtime_priority(priority)
        {
            tracing::warn!(%error, "samples are sent without real-time priority");
        }
        #[cfg(not(target_os = "linux"))]
        if priority.is_some() {
            tracing::warn!("real-time priorities are there on Linux only");
        }
        #[cfg(target_os = "linux")]
        let _exact = crate::link::ExactSleep::new();
        loop {
            {
                let mut task = self.shared.task.lock();
                while !task.sends && !task.ended {
                    self.shared.changed.wait(&mut task);
                }
                if task.ended {
                    return;
                }
            }
            self.send();
        }
    }

    /// Sends until it is told to stop: smpCnt begins with 0.
    fn send(&mut self) {
        let asdus = self.publication.asdus();
        let mut pacer = Pacer::at_rate(Instant::now(), self.rate, asdus as u32);
        self.publication.set_next_smp_cnt(0);
        let (mut sample, mut failing) = (0, false);
        loop {
            let filled = AssertUnwindSafe(|| (self.fill)(&mut self.publication, sample));
            if catch_unwind(filled).is_err() {
                tracing::error!("the source of samples panicked, and sends no more");
                self.shared.task.lock().ended = true;
                return;
            }
            self.publication.count();
            let awake = pacer.wake_up();
            let sleeps = Instant::now() < awake;
            {
                let mut task = self.shared.task.lock();
                while task.sends && !task.ended && Instant::now() < awake {
                    self.shared.changed.wait_until(&mut task, awake);
                }
                if !task.sends || task.ended {
                    return;
                }
            }
            pacer.wait_busily(sleeps);
            match self.link.send(self.publication.frame()) {
                Ok(()) => failing = false,
                Err(error) => {
                    pacer.lost();
                    let full = matches!(error, LinkError::Full { .. });
                    if !full && !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "samples cannot be sent");
                    }
                }
            }
            self.shared.task.lock().statistics = pacer.statistics();
            sample += asdus as u64;
        }
    }
}

impl IedServer {
    /// Publishes the samples of a control block on a link while its SvEna is true, at its sample rate,
    /// each frame at its own absolute deadline. `fill` writes the values of a frame, on a thread of
    /// its own; it gets the number of the frame's first sample since the control block was enabled.
    /// A source that was there before is replaced. A stopped server is silent.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the control block is of another model, has no data set, or one that does
    /// not fit a frame or has values that samples do not have; [`Error::Io`] if there is no thread to
    /// spare.
    pub fn set_sv_source(
        &self,
        block: &SvControlBlock,
        link: impl Link + 'static,
        options: &SvSourceOptions,
        fill: impl FnMut(&mut SvPublication, u64) + Send + 'static,
    ) -> Result<(), Error> {
        let wrong = |reason| Error::WrongKind {
            reference: format!("{block:?}"),
            reason,
        };
        let blocks = &self.arena.sv_control_blocks;
        let number = blocks.iter().position(|def| Arc::ptr_eq(def, &block.def));
        let number = number.ok_or(wrong("belongs to another model than the server's"))?;
        let rate = SampleRate::of_control_block(block, options.frequency);
        let mut config = SvConfig::of_control_block(block, rate)
            .ok_or(wrong("has no data set of values that samples can have"))?;
        config.vlan_tag = options.vlan_tag;
        config.simulation = options.simulation;
        let mut publication =
            SvPublication::new(link.address(), &config).map_err(|error| match error {
                SvError::TooLong { .. } => wrong("has more values than fit a frame"),
                _ => wrong("has a frame that cannot be made"),
            })?;
        publication.set_smp_synch(options.smp_synch);
        let shared = Arc::new(Shared::default());
        let sending = Sending {
            shared: shared.clone(),
            link: Box::new(link),
            publication,
            rate,
            fill,
        };
        let priority = options.realtime_priority;
        let thread = std::thread::Builder::new()
            .name("sv-source".into())
            .spawn(move || sending.run(priority))
            .map_err(|source| Error::Io {
                context: "starting a thread for samples".into(),
                source,
            })?;
        let source = Source {
            shared,
            thread: Some(thread),
        };
        self.handlers.sv_sources.insert(block, source);
        self.engine.changed(Change::SvHandler(number));
        Ok(())
    }

    /// How well the frames of a source met their deadlines since the control block was enabled; `None`
    /// without a source.
    pub fn sv_statistics(&self, block: &SvControlBlock) -> Option<PacingStatistics> {
        self.handlers.sv_sources.statistics(block)
    }

    /// Sets SvEna of all sampled value control blocks that have a data set, as clients may do one by
    /// one.
    ///
    /// # Errors
    /// [`Error::NotSupported`] on the engine libiec61850.
    pub fn enable_sv_publishing(&self) -> Result<(), Error> {
        self.engine.enable_sampled_values(true)
    }

    /// Undoes [`IedServer::enable_sv_publishing`].
    ///
    /// # Errors
    /// [`Error::NotSupported`] on the engine libiec61850.
    pub fn disable_sv_publishing(&self) -> Result<(), Error> {
        self.engine.enable_sampled_values(false)
    }
}
