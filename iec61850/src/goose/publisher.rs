//! Publishers with a link.

use super::encode::{GooseConfig, GooseError, MessageState, encode_frame, encode_values};
use super::outbox::Outbox;
use super::publication::{GoosePublication, RetransmissionCurve, following};
use crate::link::Link;
use mms::{MmsValue, UtcTime};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Sends single messages when it is told to, as libiec61850's `GoosePublisher`: repetition is up to
/// the program. [`GooseTransmitter`] repeats by itself.
pub struct GoosePublisher {
    link: Box<dyn Link>,
    config: GooseConfig,
    state: MessageState,
    /// Whether the next message is the first of its state.
    fresh: bool,
    values: Vec<u8>,
    frame: Vec<u8>,
}

impl GoosePublisher {
    /// A publisher whose first message has stNum 1 and sqNum 0. timeAllowedtoLive is 2000 ms until
    /// it is set.
    pub fn new(link: impl Link + 'static, config: GooseConfig) -> Self {
        GoosePublisher {
            link: Box::new(link),
            config,
            state: MessageState {
                time_allowed_to_live: 2000,
                t: UtcTime::now(),
                st_num: 1,
                sq_num: 0,
            },
            fresh: true,
            values: Vec::new(),
            frame: Vec::new(),
        }
    }

    /// What all messages have in common.
    pub fn config(&self) -> &GooseConfig {
        &self.config
    }

    /// What all messages have in common, to be changed from the next on.
    pub fn config_mut(&mut self) -> &mut GooseConfig {
        &mut self.config
    }

    /// Sets whether messages say that they are simulated.
    pub fn set_simulation(&mut self, simulation: bool) {
        self.config.simulation = simulation;
    }

    /// Sets timeAllowedtoLive, in whole milliseconds.
    pub fn set_time_allowed_to_live(&mut self, time: Duration) {
        self.state.time_allowed_to_live = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    }

    /// Begins a new state: the next message has the next stNum, sqNum 0 and the time of now.
    pub fn increase_st_num(&mut self) {
        let next = following(self.state.st_num);
        self.set_st_num(next);
    }

    /// Begins a state of this number, with the time of now.
    pub fn set_st_num(&mut self, st_num: u32) {
        self.state.st_num = st_num;
        self.state.sq_num = 0;
        self.state.t = UtcTime::now();
        self.fresh = true;
    }

    /// Sets the number of the next message within the state.
    pub fn set_sq_num(&mut self, sq_num: u32) {
        self.state.sq_num = sq_num;
        self.fresh = true;
    }

    /// Sets the time of the state.
    pub fn set_time(&mut self, t: UtcTime) {
        self.state.t = t;
    }

    /// Begins again with stNum 1 and sqNum 0.
    pub fn reset(&mut self) {
        self.set_st_num(1);
    }

    /// Sends a message, and returns the frame.
    ///
    /// # Errors
    /// [`GooseError::TooLong`], [`GooseError::Link`]
    pub fn publish(&mut self, values: &[MmsValue]) -> Result<&[u8], GooseError> {
        if !std::mem::take(&mut self.fresh) {
            self.state.sq_num = following(self.state.sq_num);
        }
        self.values.clear();
        encode_values(&mut self.values, &self.config, values);
        let (source, count) = (self.link.address(), values.len() as u32);
        let (config, state) = (&self.config, &self.state);
        encode_frame(&mut self.frame, source, config, state, count, &self.values)?;
        self.link.send(&self.frame)?;
        Ok(&self.frame)
    }
}

/// Publishes a state, and repeats it on its own thread until it changes, or until it is dropped.
pub struct GooseTransmitter {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

struct Inner {
    core: Mutex<Core>,
    changed: Condvar,
    outbox: Outbox,
}

struct Core {
    publication: GoosePublication,
    values: usize,
    ended: bool,
}

impl GooseTransmitter {
    /// Begins to publish these values. The number of values stays the same from now on.
    ///
    /// # Errors
    /// [`GooseError`]
    pub fn start(
        link: impl Link + 'static,
        config: GooseConfig,
        curve: RetransmissionCurve,
        values: &[MmsValue],
    ) -> Result<Self, GooseError> {
        let mut publication = GoosePublication::new(link.address(), config, curve);
        publication.start(Instant::now(), UtcTime::now(), values);
        let inner = Arc::new(Inner {
            core: Mutex::new(Core {
                publication,
                values: values.len(),
                ended: false,
            }),
            changed: Condvar::new(),
            outbox: Outbox::new(Box::new(link)),
        });
        inner.transmit(&mut inner.core.lock())?;
        inner.outbox.flush()?;
        let repeating = inner.clone();
        let thread = std::thread::Builder::new()
            .name("goose-transmitter".into())
            .spawn(move || repeating.repeat())
            .map_err(GooseError::Thread)?;
        Ok(GooseTransmitter {
            inner,
            thread: Some(thread),
        })
    }

    /// Publishes a new state, at once.
    ///
    /// # Errors
    /// [`GooseError`]
    pub fn update(&self, values: &[MmsValue]) -> Result<(), GooseError> {
        self.change(values, |_| {})
    }

    /// Changes what the messages have in common, and publishes a new state with it.
    ///
    /// # Errors
    /// [`GooseError`]
    pub fn reconfigure(
        &self,
        values: &[MmsValue],
        change: impl FnOnce(&mut GooseConfig),
    ) -> Result<(), GooseError> {
        self.change(values, change)
    }

    fn change(
        &self,
        values: &[MmsValue],
        change: impl FnOnce(&mut GooseConfig),
    ) -> Result<(), GooseError> {
        let mut core = self.inner.core.lock();
        if values.len() != core.values {
            return Err(GooseError::WrongCount {
                go_cb_ref: core.publication.config().go_cb_ref.clone(),
                expected: core.values,
                found: values.len(),
            });
        }
        core.publication.configure(change);
        core.publication
            .change(Instant::now(), UtcTime::now(), values);
        self.inner.transmit(&mut core)?;
        drop(core);
        self.inner.changed.notify_one();
        self.inner.outbox.flush()?;
        Ok(())
    }

    /// Number of the state that is published.
    pub fn st_num(&self) -> u32 {
        self.inner.core.lock().publication.st_num()
    }
}

impl Inner {
    /// Puts the message that is due into the outbox.
    fn transmit(&self, core: &mut Core) -> Result<(), GooseError> {
        if let Some(frame) = core.publication.poll_transmit(Instant::now())? {
            self.outbox.push(frame);
        }
        Ok(())
    }

    fn repeat(&self) {
        let mut core = self.core.lock();
        while !core.ended {
            if let Err(error) = self.transmit(&mut core) {
                tracing::warn!(%error, "GOOSE message not sent");
            }
            let due = core.publication.poll_timeout();
            drop(core);
            if let Err(error) = self.outbox.flush() {
                tracing::warn!(%error, "GOOSE message not sent");
            }
            core = self.core.lock();
            // What has happened meanwhile has its own time.
            if core.ended || core.publication.poll_timeout() != due {
                continue;
            }
            match due {
                Some(due) => {
                    self.changed.wait_until(&mut core, due);
                }
                None => self.changed.wait(&mut core),
            }
        }
    }
}

impl Drop for GooseTransmitter {
    fn drop(&mut self) {
        self.inner.core.lock().ended = true;
        self.inner.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It can only end by a panic if the link has one.
            let _ = thread.join();
        }
    }
}
