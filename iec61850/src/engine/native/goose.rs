//! The GOOSE publisher of the server (IEC 61850-7-2 clause 18): what control blocks send, to which
//! link, and the task that repeats it.
//!
//! A batch of updates ends with [`Shared::commit_goose`], which makes the frames while the store is
//! locked; they are sent when it is free again. Repetitions need the store no more, so that an
//! application that keeps the data model locked does not silence its publishers.

use super::Shared;
use super::lists::VariableListObject;
use super::store::State;
use super::triggers::Listener;
use crate::common::TriggerOptions;
use crate::goose::{
    Encoding, GooseConfig, GoosePublication, Outbox, RetransmissionCurve, encode_values,
};
use crate::link::{Link, MacAddress};
use crate::model::arena::Arena;
use crate::model::{GooseControlBlock, IedModel};
use mms::UtcTime;
use mms::ber::Writer;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Of a control block that does not say (libiec61850).
const DEFAULT_MIN_TIME: Duration = Duration::from_millis(500);
const DEFAULT_MAX_TIME: Duration = Duration::from_secs(5);
/// The quality of the time of a message: accurate to ten bits of the second, about a millisecond.
const TIME_QUALITY: u8 = 10;

/// All GOOSE publishers of a server.
pub(super) struct GoosePublishers {
    core: Mutex<Core>,
    /// Links, each once.
    outboxes: Mutex<Vec<Arc<Outbox>>>,
    /// Whether there are frames in an outbox.
    waiting: AtomicBool,
    /// Whether the last frame could not be sent.
    failing: AtomicBool,
    wake: Notify,
}

#[derive(Default)]
struct Core {
    /// By number of the control block in the model.
    publishers: Vec<Option<Publisher>>,
    /// Until when the task sleeps; `None`: until it is told.
    asleep_until: Option<Instant>,
    /// Whether the application was told that frames go nowhere.
    warned: bool,
    /// Whether the server is stopped.
    paused: bool,
}

struct Publisher {
    publication: GoosePublication,
    list: Arc<VariableListObject>,
    outbox: Option<Arc<Outbox>>,
    enabled: bool,
}

impl GoosePublishers {
    pub(super) fn new() -> Self {
        GoosePublishers {
            core: Mutex::default(),
            outboxes: Mutex::default(),
            waiting: AtomicBool::new(false),
            failing: AtomicBool::new(false),
            wake: Notify::new(),
        }
    }

    /// Puts the messages that are due into their outboxes, and has the task wait for the next.
    fn transmit(&self, core: &mut Core, now: Instant) {
        let Some(next) = self.transmit_due(core, now) else {
            return;
        };
        if core.asleep_until.is_none_or(|until| next < until) {
            core.asleep_until = Some(next);
            self.wake.notify_one();
        }
    }

    /// Puts the messages that are due into their outboxes, and says when the next will be.
    fn transmit_due(&self, core: &mut Core, now: Instant) -> Option<Instant> {
        let Core {
            publishers, warned, ..
        } = core;
        let mut next: Option<Instant> = None;
        for publisher in publishers.iter_mut().flatten() {
            if publisher.publication.poll_timeout().is_none() {
                continue;
            }
            // Without a link there is nothing to wake up for: see `set_link`.
            let Some(outbox) = &publisher.outbox else {
                if !std::mem::replace(warned, true) {
                    tracing::warn!(
                        "a GOOSE control block is enabled, but the server has no interface to \
                         publish on: see IedServer::set_goose_interface_id"
                    );
                }
                continue;
            };
            match publisher.publication.poll_transmit(now.into_std()) {
                Ok(None) => {}
                Ok(Some(frame)) => {
                    outbox.push(frame);
                    self.waiting.store(true, Ordering::Release);
                }
                Err(error) => tracing::warn!(%error, "GOOSE message not sent"),
            }
            if let Some(due) = publisher.publication.poll_timeout() {
                let due = Instant::from_std(due);
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        next
    }

    /// Sends what waits. The store must be free.
    pub(super) fn flush(&self) {
        if !self.waiting.swap(false, Ordering::AcqRel) {
            return;
        }
        let mut number = 0;
        loop {
            let Some(outbox) = self.outboxes.lock().get(number).cloned() else {
                return;
            };
            number += 1;
            match outbox.flush() {
                Ok(()) => self.failing.store(false, Ordering::Relaxed),
                Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                    tracing::warn!(%error, "GOOSE messages cannot be sent");
                }
                Err(error) => tracing::debug!(%error, "GOOSE message not sent"),
            }
        }
    }

    /// Publishes on another link: of one control block, or of all.
    pub(super) fn set_link(&self, block: Option<u32>, link: Box<dyn Link>) {
        let address = link.address();
        let outbox = Arc::new(Outbox::new(link));
        self.outboxes.lock().push(outbox.clone());
        let mut core = self.core.lock();
        for (number, publisher) in (0..).zip(&mut core.publishers) {
            if let Some(publisher) = publisher
                && block.is_none_or(|block| block == number)
            {
                publisher.outbox = Some(outbox.clone());
                publisher.publication.set_source(address);
            }
        }
        let used: Vec<_> = core
            .publishers
            .iter()
            .flatten()
            .filter_map(|publisher| publisher.outbox.clone())
            .collect();
        // What has waited for a link begins now.
        self.transmit(&mut core, Instant::now());
        drop(core);
        self.flush();
        let mut outboxes = self.outboxes.lock();
        outboxes.retain(|outbox| used.iter().any(|other| Arc::ptr_eq(outbox, other)));
    }

    /// Repeats the messages of one control block, or of all, along another curve: those of the state
    /// there is as well.
    pub(super) fn set_curve(&self, block: Option<u32>, curve: &RetransmissionCurve) {
        let now = Instant::now();
        let mut core = self.core.lock();
        for (number, publisher) in (0..).zip(&mut core.publishers) {
            if let Some(publisher) = publisher
                && block.is_none_or(|block| block == number)
            {
                publisher
                    .publication
                    .set_curve(now.into_std(), curve.clone());
            }
        }
        self.transmit(&mut core, now);
        drop(core);
        self.flush();
    }

    /// Changes what all messages of a control block have in common.
    pub(super) fn configure(&self, block: u32, change: impl FnOnce(&mut GooseConfig)) {
        let mut core = self.core.lock();
        if let Some(Some(publisher)) = core.publishers.get_mut(block as usize) {
            publisher.publication.configure(change);
        }
    }
}

/// Repeats messages until it is aborted.
pub(super) async fn run(shared: Arc<Shared>) {
    let goose = &shared.goose;
    loop {
        let next = {
            let mut core = goose.core.lock();
            core.asleep_until = goose.transmit_due(&mut core, Instant::now());
            core.asleep_until
        };
        goose.flush();
        match next {
            None => goose.wake.notified().await,
            Some(at) => tokio::select! {
                () = sleep_until(at) => {}
                () = goose.wake.notified() => {}
            },
        }
    }
}

fn or(ms: u32, default: Duration) -> Duration {
    match ms {
        0 => default,
        ms => Duration::from_millis(ms.into()),
    }
}

impl Shared {
    /// Makes the publishers of the model, with no link.
    pub(super) fn make_goose_publishers(&self, model: &IedModel, arena: &Arena) {
        let publishers = arena.goose_control_blocks.iter().map(|def| {
            let block = GooseControlBlock::new(model, def.clone());
            let config = GooseConfig::of_control_block(&block)?;
            let list = self.use_list(&config.dat_set, None).ok()??.list();
            let curve = RetransmissionCurve::new(
                or(def.min_time_ms, DEFAULT_MIN_TIME),
                or(def.max_time_ms, DEFAULT_MAX_TIME),
            );
            Some(Publisher {
                publication: GoosePublication::new(MacAddress::default(), config, curve),
                list,
                outbox: None,
                enabled: false,
            })
        });
        self.goose.core.lock().publishers = publishers.collect();
    }

    /// GoEna of a control block has changed.
    pub(super) fn goose_enabled(&self, state: &mut State, block: u32, on: bool) {
        if !self.config.use_integrated_goose_publisher() {
            return;
        }
        let mut core = self.goose.core.lock();
        let paused = core.paused;
        let Some(Some(publisher)) = core.publishers.get_mut(block as usize) else {
            return;
        };
        let (list, listener) = (publisher.list.clone(), Listener::Goose(block));
        publisher.enabled = on;
        if on && !paused {
            self.start_publication(state, publisher);
            self.goose.transmit(&mut core, Instant::now());
        } else {
            publisher.publication.stop();
        }
        drop(core);
        if on {
            let causes = TriggerOptions::DATA_CHANGED | TriggerOptions::QUALITY_CHANGED;
            self.watch(state, listener, &list, causes);
        } else {
            self.unwatch(state, listener, &list);
        }
    }

    fn start_publication(&self, state: &State, publisher: &mut Publisher) {
        let Publisher {
            publication, list, ..
        } = publisher;
        // A publisher that begins, begins with 1.
        publication.set_st_num(0);
        let t = self.goose_time();
        publication.start_with(Instant::now().into_std(), t, |out, config| {
            self.encode_goose(state, list, out, config)
        });
    }

    fn goose_time(&self) -> UtcTime {
        UtcTime::from_ms(self.clock.now_ms()).with_quality(TIME_QUALITY)
    }

    /// The values of the data set, as messages have them.
    fn encode_goose(
        &self,
        state: &State,
        list: &VariableListObject,
        out: &mut Vec<u8>,
        config: &GooseConfig,
    ) -> u32 {
        match config.encoding {
            Encoding::Shortest => {
                let mut w = Writer::unbounded(out);
                for member in &list.members {
                    self.encode_member(&state.values, &state.groups, &mut w, member);
                }
            }
            Encoding::FixedLength => {
                let values = list.members.iter();
                let values = values.filter_map(|m| self.space.value(&state.values, m.place));
                encode_values(out, config, &values.collect::<Vec<_>>());
            }
        }
        list.members.len() as u32
    }

    /// A member of the data set of a control block changes.
    pub(super) fn notify_goose(&self, state: &mut State, block: u32) {
        if !state.goose_changed.contains(&block) {
            state.goose_changed.push(block);
        }
    }

    /// The end of a batch: each control block with changes has one new state.
    pub(super) fn commit_goose(&self, state: &mut State) {
        if state.goose_changed.is_empty() {
            return;
        }
        let mut changed = std::mem::take(&mut state.goose_changed);
        let now = Instant::now();
        let mut core = self.goose.core.lock();
        let paused = core.paused;
        for block in changed.drain(..) {
            let Some(Some(publisher)) = core.publishers.get_mut(block as usize) else {
                continue;
            };
            if !publisher.enabled || paused {
                continue;
            }
            let Publisher {
                publication, list, ..
            } = publisher;
            publication.change_with(now.into_std(), self.goose_time(), |out, config| {
                self.encode_goose(state, list, out, config)
            });
        }
        self.goose.transmit(&mut core, now);
        drop(core);
        state.goose_changed = changed;
    }

    /// The server is stopped, or starts again: a stopped one is silent.
    pub(super) fn pause_goose(&self, paused: bool) {
        let state = self.store.lock();
        let mut core = self.goose.core.lock();
        if std::mem::replace(&mut core.paused, paused) == paused {
            return;
        }
        for publisher in core.publishers.iter_mut().flatten() {
            if paused {
                publisher.publication.stop();
            } else if publisher.enabled {
                self.start_publication(&state, publisher);
            }
        }
        self.goose.transmit(&mut core, Instant::now());
        drop(core);
        self.finish(state);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, START_MS};
    use crate::engine::ServerEngine as _;
    use crate::goose::{GooseFrame, RetransmissionCurve};
    use crate::link::{MemoryLink, MemoryNetwork};
    use mms::{MmsValue, UtcTime};
    use std::time::Duration;
    use tokio::time::{Instant, sleep};

    /// A server whose frames come here.
    fn bench() -> (Bench, MemoryLink) {
        let bench = Bench::golden(|_| {});
        let network = MemoryNetwork::new();
        let far = network.link([2, 0, 0, 0, 0, 2]);
        let link = network.link([2, 0, 0, 0, 0, 1]);
        bench.server.set_goose_link(None, Box::new(link)).unwrap();
        (bench, far)
    }

    /// stNum, sqNum, timeAllowedtoLive and the first value of what has come.
    fn came(far: &mut MemoryLink) -> Vec<(u32, u32, u32, MmsValue)> {
        let frames = far.received();
        let frames = frames.iter().map(|octets| {
            let pdu = GooseFrame::decode(octets).unwrap().pdu;
            let values = pdu.all_data.to_values().unwrap();
            let first = values.into_iter().next().unwrap();
            (pdu.st_num, pdu.sq_num, pdu.time_allowed_to_live, first)
        });
        frames.collect()
    }

    const OFF: MmsValue = MmsValue::Boolean(false);
    const ON: MmsValue = MmsValue::Boolean(true);

    #[tokio::test(start_paused = true)]
    async fn as_recorded_of_libiec61850() {
        let (bench, mut far) = bench();
        bench.server.enable_goose(true);
        let first = far.received().remove(0);
        // The frames of golden 60; only their times differ.
        let golden = include_bytes!("../../../tests/process_bus/data/60-goose-server.pcap");
        let mut golden = crate::link::CaptureReader::new(&golden[..]).unwrap();
        let mut recorded = golden.next_frame().unwrap().unwrap().data;
        let t = UtcTime::from_ms(START_MS).with_quality(10);
        let recorded_t = GooseFrame::decode(&recorded).unwrap().pdu.t;
        let at = recorded
            .windows(8)
            .position(|w| w == recorded_t.as_bytes())
            .unwrap();
        recorded[at..at + 8].copy_from_slice(t.as_bytes());
        // The model file gives other values to begin with than the recorded server had.
        let values = GooseFrame::decode(&recorded)
            .unwrap()
            .pdu
            .all_data
            .octets()
            .len();
        let head = recorded.len() - values;
        assert_eq!(first[..head], recorded[..head]);
        assert_eq!(first.len(), recorded.len());
        sleep(Duration::from_millis(4999)).await;
        let steady = [(1, 1, 6000, OFF), (1, 2, 6000, OFF)];
        assert_eq!(came(&mut far), steady);
        bench.update("LD1/GGIO1.Ind1.stVal", true);
        assert_eq!(came(&mut far), [(2, 0, 30, ON)]);
        sleep(Duration::from_millis(31)).await;
        let fast = [(2, 1, 30, ON), (2, 2, 30, ON), (2, 3, 6000, ON)];
        assert_eq!(came(&mut far), fast);
        sleep(Duration::from_millis(4000)).await;
        assert_eq!(came(&mut far), [(2, 4, 6000, ON), (2, 5, 6000, ON)]);
        // The same value is no change, another attribute is none of the data set.
        bench.update("LD1/GGIO1.Ind1.stVal", true);
        bench.update("LD1/GGIO1.Ind2.stVal", true);
        assert_eq!(came(&mut far), []);
        bench.server.enable_goose(false);
        bench.update("LD1/GGIO1.Ind1.stVal", false);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(came(&mut far), []);
        bench.server.enable_goose(true);
        assert_eq!(came(&mut far), [(1, 0, 6000, OFF)]);
    }

    #[tokio::test(start_paused = true)]
    async fn repetitions_along_another_curve() {
        let (bench, mut far) = bench();
        bench.server.enable_goose(true);
        assert_eq!(came(&mut far).len(), 1);
        let ms = Duration::from_millis;
        let curve = RetransmissionCurve::doubling(ms(4), ms(100)).with_time_allowed_to_live(2);
        // The message that was to come in two seconds comes in 100 ms.
        bench.server.set_goose_curve(Some(0), curve).unwrap();
        sleep(ms(98)).await;
        assert_eq!(came(&mut far), []);
        // Tokio's clock has whole milliseconds.
        sleep(ms(4)).await;
        assert_eq!(came(&mut far), [(1, 1, 200, OFF)]);
        bench.update("LD1/GGIO1.Ind1.stVal", true);
        let mut expected = vec![(2, 0, 8, ON)];
        for (number, interval) in [(1, 8), (2, 16), (3, 32), (4, 64), (5, 100), (6, 100)] {
            expected.push((2, number, 2 * interval, ON));
        }
        // 4, 8, 16, 32, 64, 100.
        sleep(ms(4 + 8 + 16 + 32 + 64 + 100 + 10)).await;
        assert_eq!(came(&mut far), expected);
        bench
            .server
            .set_goose_curve(Some(7), RetransmissionCurve::default())
            .unwrap();
        sleep(ms(100)).await;
        assert_eq!(came(&mut far), [(2, 7, 200, ON)]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_state_for_each_batch() {
        let (bench, mut far) = bench();
        bench.server.enable_goose(true);
        came(&mut far);
        bench.server.lock_data_model();
        bench.update("LD1/GGIO1.Ind1.stVal", true);
        bench.update("LD1/GGIO1.AnIn1.mag.f", 7.5f32);
        bench.update("LD1/GGIO1.Ind1.stVal", false);
        // Locked for long, the publisher goes on with the state there was. Threads that wait for the
        // data model keep the clock from going on by itself.
        for _ in 0..50 {
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert_eq!(came(&mut far), [(1, 1, 6000, OFF), (1, 2, 6000, OFF)]);
        bench.server.unlock_data_model();
        let frame = far.received().remove(0);
        let pdu = GooseFrame::decode(&frame).unwrap().pdu;
        assert_eq!((pdu.st_num, pdu.sq_num), (2, 0));
        assert_eq!(pdu.all_data.to_values().unwrap()[3], MmsValue::Float32(7.5));
        assert_eq!(pdu.t, UtcTime::from_ms(START_MS + 5000).with_quality(10));
    }

    #[tokio::test(start_paused = true)]
    async fn clients_enable_and_disable() {
        let (bench, mut far) = bench();
        let client = bench.connect().await;
        client.write("LLN0$GO$gcb01$GoEna", true).await.unwrap();
        assert_eq!(came(&mut far).len(), 1);
        client.write("LLN0$GO$gcb01$GoEna", false).await.unwrap();
        let before = Instant::now();
        sleep(Duration::from_secs(100)).await;
        assert!(came(&mut far).is_empty() && before.elapsed() >= Duration::from_secs(100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopped_server_is_silent() {
        let (bench, mut far) = bench();
        bench.server.enable_goose(true);
        came(&mut far);
        bench.server.shared().pause_goose(true);
        bench.update("LD1/GGIO1.Ind1.stVal", true);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(came(&mut far), []);
        bench.server.shared().pause_goose(false);
        assert_eq!(came(&mut far), [(1, 0, 6000, ON)]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_the_integrated_publisher_nothing_is_sent() {
        let bench = Bench::golden(|config| {
            config.set_use_integrated_goose_publisher(false);
        });
        let network = MemoryNetwork::new();
        let mut far = network.link([2, 0, 0, 0, 0, 2]);
        let link = network.link([2, 0, 0, 0, 0, 1]);
        bench.server.set_goose_link(None, Box::new(link)).unwrap();
        bench.server.enable_goose(true);
        bench.update("LD1/GGIO1.Ind1.stVal", true);
        assert_eq!(came(&mut far), []);
    }

    #[tokio::test(start_paused = true)]
    async fn the_link_may_come_later() {
        let bench = Bench::golden(|_| {});
        bench.server.enable_goose(true);
        bench.update("LD1/GGIO1.Ind1.stVal", true);
        sleep(Duration::from_secs(100)).await;
        // Nothing is waited for meanwhile.
        assert_eq!(bench.server.shared().goose.core.lock().asleep_until, None);
        let network = MemoryNetwork::new();
        let mut far = network.link([2, 0, 0, 0, 0, 2]);
        let link = network.link([2, 0, 0, 0, 0, 1]);
        bench.server.set_goose_link(None, Box::new(link)).unwrap();
        assert_eq!(came(&mut far), [(2, 0, 30, ON)]);
        sleep(Duration::from_millis(11)).await;
        assert_eq!(came(&mut far), [(2, 1, 30, ON)]);
    }

    #[tokio::test(start_paused = true)]
    async fn tags_can_be_left_out() {
        let (bench, mut far) = bench();
        bench.server.set_goose_vlan_tag(0, false);
        bench.server.enable_goose(true);
        let frame = far.received().remove(0);
        let frame = GooseFrame::decode(&frame).unwrap();
        assert_eq!((frame.ethernet.vlan, frame.header.app_id), (None, 0x1000));
    }
}
