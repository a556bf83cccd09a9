//! The state machines on times that are made up.

use super::publication::following;
use super::*;
use crate::link::{ApplicationHeader, Arrival, FrameError, MacAddress};
use mms::{MmsValue, TypeDescription, UtcTime};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

const REFERENCE: &str = "GOLDLD1/LLN0$GO$gcb01";
const SOURCE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);

fn config() -> GooseConfig {
    let mut config = GooseConfig::new(REFERENCE, "GOLDLD1/LLN0$dsGoose");
    config.go_id = Some("goldenGoose".into());
    config
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A message as a test wants it.
struct Message {
    config: GooseConfig,
    source: MacAddress,
    state: MessageState,
    values: Vec<MmsValue>,
}

impl Message {
    fn new(st_num: u32, sq_num: u32) -> Self {
        Message {
            config: config(),
            source: SOURCE,
            state: MessageState {
                time_allowed_to_live: 1000,
                t: UtcTime::from_ms(u64::from(st_num) * 1000),
                st_num,
                sq_num,
            },
            values: vec![MmsValue::Integer(st_num.into()), MmsValue::Boolean(true)],
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn frame(&self) -> Vec<u8> {
        let mut values = vec![];
        super::encode::encode_values(&mut values, &self.config, &self.values);
        let count = self.values.len() as u32;
        let mut out = vec![];
        encode_frame(
            &mut out,
            self.source,
            &self.config,
            &self.state,
            count,
            &values,
        )
        .unwrap();
        out
    }
}

/// A subscriber and the time.
struct Bench {
    subscriber: GooseSubscriber,
    start: Instant,
    now: Instant,
}

impl Bench {
    fn new(subscriber: GooseSubscriber) -> Self {
        let start = Instant::now();
        Bench {
            subscriber,
            start,
            now: start,
        }
    }

    fn at(&mut self, after: u64) -> &mut Self {
        self.now = self.start + ms(after);
        self
    }

    fn take(&mut self, message: &Message) -> Option<GooseEvent> {
        let arrival = Arrival {
            instant: self.now,
            time: SystemTime::UNIX_EPOCH,
        };
        let frame = message.frame();
        let frame = GooseFrame::decode(&frame).unwrap();
        self.subscriber.handle_frame(arrival, &frame)
    }

    fn numbers(&mut self, st_num: u32, sq_num: u32) -> Option<GooseEvent> {
        self.take(&Message::new(st_num, sq_num))
    }
}

fn new_state(missed: u32) -> Option<GooseEvent> {
    Some(GooseEvent::NewState {
        missed,
        restart: false,
    })
}

const FIRST: Option<GooseEvent> = Some(GooseEvent::NewState {
    missed: 0,
    restart: true,
});

fn again(lost: u32) -> Option<GooseEvent> {
    Some(GooseEvent::Retransmission { lost })
}

#[test]
fn a_series_with_gaps_and_duplicates() {
    let mut bench = Bench::new(GooseSubscriber::new(REFERENCE));
    assert_eq!(bench.subscriber.state(), GooseState::NeverSeen);
    assert_eq!(bench.numbers(5, 3), FIRST);
    assert_eq!(bench.subscriber.values()[0], MmsValue::Integer(5));
    assert_eq!(bench.numbers(5, 4), again(0));
    assert_eq!(bench.numbers(5, 4), None);
    assert_eq!(bench.numbers(5, 7), again(2));
    assert_eq!(bench.numbers(5, 6), None);
    assert_eq!(bench.numbers(6, 0), new_state(0));
    assert_eq!(bench.numbers(5, 8), None);
    assert_eq!(bench.numbers(9, 1), new_state(2));
    assert_eq!(bench.subscriber.values()[0], MmsValue::Integer(9));
    let expected = GooseStatistics {
        received: 8,
        states: 3,
        retransmissions: 2,
        lost: 3,
        missed_states: 2,
        duplicates: 1,
        out_of_order: 2,
        ..GooseStatistics::default()
    };
    assert_eq!(bench.subscriber.statistics(), expected);
    assert_eq!(bench.numbers(0, 0), None);
}

#[test]
fn numbers_come_round_to_one() {
    let mut bench = Bench::new(GooseSubscriber::new(REFERENCE));
    let same_time =
        |st, sq| Message::new(st, sq).with(|message| message.state.t = UtcTime::from_ms(1));
    assert_eq!(bench.take(&same_time(7, u32::MAX - 1)), FIRST);
    assert_eq!(bench.take(&same_time(7, u32::MAX)), again(0));
    assert_eq!(bench.take(&same_time(7, 1)), again(0));
    let mut bench = Bench::new(GooseSubscriber::new(REFERENCE));
    assert_eq!(bench.take(&same_time(u32::MAX, 0)), FIRST);
    assert_eq!(bench.take(&same_time(1, 0)), new_state(0));
    assert_eq!(bench.take(&same_time(u32::MAX, 1)), None);
    assert_eq!(following(u32::MAX), 1);
    assert_eq!(following(0), 1);
}

#[test]
fn too_long_without_a_message() {
    let mut bench = Bench::new(GooseSubscriber::new(REFERENCE));
    assert_eq!(bench.subscriber.poll_timeout(), None);
    bench.numbers(1, 0);
    bench.at(600).numbers(1, 1);
    assert_eq!(
        bench.subscriber.poll_timeout(),
        Some(bench.start + ms(1600))
    );
    let (start, subscriber) = (bench.start, &mut bench.subscriber);
    assert_eq!(subscriber.handle_timeout(start + ms(1599)), None);
    assert!(subscriber.is_valid());
    let expired = subscriber.handle_timeout(start + ms(1600));
    assert_eq!(expired, Some(GooseEvent::Expired));
    assert_eq!(subscriber.state(), GooseState::Expired);
    assert_eq!(subscriber.handle_timeout(start + ms(5000)), None);
    // The same state goes on: what was missed is known, and the values are those of now again.
    assert_eq!(bench.at(9000).numbers(1, 4), new_state(0));
    assert!(bench.subscriber.is_valid());
    let statistics = bench.subscriber.statistics();
    assert_eq!((statistics.expirations, statistics.lost), (1, 2));
    // Nobody has looked before the next message.
    bench.at(20_000).numbers(3, 0);
    let statistics = bench.subscriber.statistics();
    assert_eq!((statistics.expirations, statistics.missed_states), (2, 1));
}

#[test]
fn a_publisher_that_begins_again() {
    let mut bench = Bench::new(GooseSubscriber::new(REFERENCE));
    let at = |st, sq, ms| Message::new(st, sq).with(|m| m.state.t = UtcTime::from_ms(ms));
    assert_eq!(bench.take(&at(4, 2, 4000)), FIRST);
    // An old message is an old one however it is repeated.
    assert_eq!(bench.take(&at(1, 0, 1000)), None);
    assert_eq!(bench.take(&at(1, 0, 9000)), FIRST);
    // Begun again in the same state.
    assert_eq!(bench.take(&at(1, 1, 9000)), again(0));
    assert_eq!(bench.take(&at(1, 0, 9500)), FIRST);
    // Its clock was set back: after the silence it is believed.
    assert_eq!(bench.at(500).take(&at(1, 0, 10)), None);
    assert_eq!(bench.at(1500).take(&at(1, 0, 10)), FIRST);
    assert_eq!(bench.subscriber.statistics().restarts, 3);
}

#[test]
fn simulated_messages() {
    let simulated = |st, sq| Message::new(st, sq).with(|m| m.config.simulation = true);
    let mut bench = Bench::new(GooseSubscriber::new(REFERENCE));
    assert_eq!(bench.take(&simulated(1, 0)), None);
    assert_eq!(bench.subscriber.state(), GooseState::NeverSeen);
    bench.subscriber.set_simulation(true);
    assert_eq!(bench.numbers(7, 0), FIRST);
    // The simulator takes over although the real one still is there, and has other numbers.
    let from_elsewhere = simulated(2, 5).with(|m| m.source = MacAddress([2, 0, 0, 0, 0, 9]));
    assert_eq!(bench.take(&from_elsewhere), FIRST);
    assert!(bench.subscriber.is_simulated());
    assert_eq!(bench.numbers(7, 1), None);
    assert_eq!(bench.subscriber.values()[0], MmsValue::Integer(2));
    // Also after the simulator has gone silent.
    bench.subscriber.handle_timeout(bench.start + ms(2000));
    assert_eq!(bench.at(2000).numbers(8, 0), None);
    bench.subscriber.set_simulation(false);
    assert_eq!(bench.subscriber.state(), GooseState::NeverSeen);
    assert_eq!(bench.numbers(8, 1), FIRST);
    assert_eq!(bench.subscriber.statistics().simulation_ignored, 3);
}

#[test]
fn a_second_publisher_of_the_same_control_block() {
    let mut bench = Bench::new(GooseSubscriber::new(REFERENCE));
    let other = |st, sq| Message::new(st, sq).with(|m| m.source = MacAddress([2, 0, 0, 0, 0, 7]));
    assert_eq!(bench.numbers(3, 0), FIRST);
    assert_eq!(bench.take(&other(9, 0)), None);
    assert_eq!(bench.subscriber.source(), Some(SOURCE));
    // It takes over when the first is silent.
    assert_eq!(bench.at(1000).take(&other(9, 1)), new_state(5));
    assert_eq!(
        bench.subscriber.source(),
        Some(MacAddress([2, 0, 0, 0, 0, 7]))
    );
    assert_eq!(bench.subscriber.statistics().other_publishers, 1);
}

#[test]
fn messages_that_are_not_as_configured() {
    let entry = |ty, initial| GooseEntry {
        reference: "LD/GGIO1.X".into(),
        ty,
        initial,
    };
    let entries = vec![
        entry(TypeDescription::Integer(32), MmsValue::Integer(0)),
        entry(TypeDescription::Boolean, MmsValue::Boolean(false)),
    ];
    let subscriber = GooseSubscriber::new(REFERENCE)
        .with_conf_rev(1)
        .with_data_set("GOLDLD1/LLN0$dsGoose")
        .with_go_id("goldenGoose")
        .with_app_id(0x1000)
        .with_entries(entries);
    let mut bench = Bench::new(subscriber);
    type Change = fn(&mut Message);
    let wrong: [(Change, GooseProblem); 5] = [
        (
            |m| m.config.conf_rev = 2,
            GooseProblem::ConfRev {
                expected: 1,
                found: 2,
            },
        ),
        (|m| m.config.dat_set.push('x'), GooseProblem::DataSet),
        (|m| m.config.go_id = None, GooseProblem::GoId),
        (
            |m| m.values.push(1.into()),
            GooseProblem::ValueCount {
                expected: 2,
                found: 3,
            },
        ),
        (|m| m.values[1] = 1.into(), GooseProblem::ValueType(1)),
    ];
    for (st_num, (change, problem)) in (1..).zip(wrong) {
        let event = bench.take(&Message::new(st_num, 0).with(change));
        assert_eq!(event, Some(GooseEvent::Invalid(problem)));
        assert_eq!(bench.subscriber.state(), GooseState::Invalid(problem));
        assert_ne!(bench.subscriber.values()[0], MmsValue::Integer(0x7fff));
    }
    // The values of a repetition count if those before could not be used.
    let event = bench.take(&Message::new(6, 0).with(|m| m.config.nds_com = true));
    assert_eq!(
        event,
        Some(GooseEvent::Invalid(GooseProblem::NeedsCommissioning))
    );
    assert_eq!(bench.subscriber.values()[0], MmsValue::Integer(6));
    assert_eq!(bench.numbers(6, 1), new_state(0));
    assert_eq!(bench.numbers(6, 2), again(0));
    let event = bench.take(&Message::new(6, 3).with(|m| m.config.address.app_id = 0x2000));
    assert_eq!(event, None);
    assert_eq!(bench.subscriber.statistics().received, 8);
    // It expires, whatever was wrong with it.
    bench.take(&Message::new(7, 0).with(|m| m.config.conf_rev = 2));
    let expired = bench.subscriber.handle_timeout(bench.start + ms(1000));
    assert_eq!(expired, Some(GooseEvent::Expired));
}

#[test]
fn control_blocks_of_a_model() {
    let model = include_str!("../../tests/golden/golden.cfg");
    let model = crate::IedModel::from_config(model).unwrap();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let node = crate::ModelNodeExt::children(&device)
        .into_iter()
        .find_map(|node| match node {
            crate::ModelNode::LogicalNode(node) => Some(node),
            _ => None,
        })
        .unwrap();
    let block = &node.goose_control_blocks()[0];
    let config = GooseConfig::of_control_block(block).unwrap();
    assert_eq!(config.go_cb_ref, REFERENCE);
    assert_eq!(config.dat_set, "GOLDLD1/LLN0$dsGoose");
    let subscriber = GooseSubscriber::of_control_block(block).unwrap();
    assert_eq!(subscriber.go_cb_ref(), REFERENCE);
    let references: Vec<_> = subscriber
        .entries()
        .iter()
        .map(|e| &e.reference[..])
        .collect();
    assert_eq!(references[0], "GOLDLD1/GGIO1.Ind1.stVal[ST]");
    assert_eq!(subscriber.values().len(), 4);
    let mut publication = GoosePublication::new(SOURCE, config, RetransmissionCurve::default());
    let now = Instant::now();
    publication.start(now, UtcTime::from_ms(0), subscriber.values());
    let frame = publication.poll_transmit(now).unwrap().unwrap().to_vec();
    let mut bench = Bench::new(subscriber);
    let arrival = Arrival::now();
    let event = bench
        .subscriber
        .handle_frame(arrival, &GooseFrame::decode(&frame).unwrap());
    assert_eq!(event, FIRST);
}

/// The numbers of all messages up to a time, with their times in ms.
fn run(
    publication: &mut GoosePublication,
    start: Instant,
    until: u64,
) -> Vec<(u64, u32, u32, u32)> {
    let mut sent = vec![];
    while let Some(due) = publication
        .poll_timeout()
        .filter(|due| *due <= start + ms(until))
    {
        let frame = publication.poll_transmit(due).unwrap().unwrap();
        let pdu = GooseFrame::decode(frame).unwrap().pdu;
        let at = (due - start).as_millis() as u64;
        sent.push((at, pdu.st_num, pdu.sq_num, pdu.time_allowed_to_live));
    }
    sent
}

#[test]
fn messages_are_repeated_along_the_curve() {
    // As recorded of libiec61850 (golden 60).
    let start = Instant::now();
    let curve = RetransmissionCurve::new(ms(10), ms(2000));
    let mut publication = GoosePublication::new(SOURCE, config(), curve);
    assert_eq!(publication.poll_timeout(), None);
    publication.start(start, UtcTime::from_ms(0), &[true.into()]);
    let sent = run(&mut publication, start, 4999);
    assert_eq!(
        sent,
        [(0, 1, 0, 6000), (2000, 1, 1, 6000), (4000, 1, 2, 6000)]
    );
    let change = start + ms(5000);
    publication.change(change, UtcTime::from_ms(5000), &[false.into()]);
    let expected = [
        (5000, 2, 0, 30),
        (5010, 2, 1, 30),
        (5020, 2, 2, 30),
        (5030, 2, 3, 6000),
        (7030, 2, 4, 6000),
        (9030, 2, 5, 6000),
    ];
    assert_eq!(run(&mut publication, start, 10_000), expected);
    publication.stop();
    assert_eq!(publication.poll_timeout(), None);
    assert_eq!(publication.poll_transmit(start + ms(20_000)).unwrap(), None);
    publication.start(start + ms(20_000), UtcTime::from_ms(0), &[true.into()]);
    assert_eq!(run(&mut publication, start, 20_000), [(20_000, 3, 0, 6000)]);
}

#[test]
fn curves() {
    let times = |curve: &RetransmissionCurve| -> Vec<_> {
        (0..7).map(|n| curve.interval(n).as_millis()).collect()
    };
    let doubling = RetransmissionCurve::doubling(ms(4), ms(50));
    assert_eq!(times(&doubling), [4, 8, 16, 32, 50, 50, 50]);
    let odd = RetransmissionCurve::doubling(ms(0), ms(50));
    assert_eq!(times(&odd), [50; 7]);
    let odd = RetransmissionCurve::new(ms(100), ms(50));
    assert_eq!(times(&odd), [50; 7]);
    assert_eq!(RetransmissionCurve::new(ms(0), ms(0)).interval(0), ms(1));
    let fast = RetransmissionCurve::custom(vec![Duration::from_micros(100)], ms(50));
    assert_eq!(fast.time_allowed_to_live(0), 1);
    let long = RetransmissionCurve::custom(vec![], Duration::from_secs(1 << 40));
    assert_eq!(long.time_allowed_to_live(0), u32::MAX);
    let five = RetransmissionCurve::new(ms(10), ms(100)).with_time_allowed_to_live(5);
    assert_eq!(five.time_allowed_to_live(9), 500);
}

#[test]
fn lateness_does_not_add_up() {
    let start = Instant::now();
    let curve = RetransmissionCurve::custom(vec![], ms(100));
    let mut publication = GoosePublication::new(SOURCE, config(), curve);
    publication.start(start, UtcTime::from_ms(0), &[]);
    publication.poll_transmit(start + ms(30)).unwrap().unwrap();
    assert_eq!(publication.poll_timeout(), Some(start + ms(100)));
    publication.poll_transmit(start + ms(450)).unwrap().unwrap();
    assert_eq!(publication.poll_timeout(), Some(start + ms(550)));
}

#[test]
fn state_numbers_of_a_publisher_come_round() {
    let start = Instant::now();
    let curve = RetransmissionCurve::default();
    let mut publication = GoosePublication::new(SOURCE, config(), curve);
    publication.set_st_num(u32::MAX);
    publication.change(start, UtcTime::from_ms(0), &[]);
    assert_eq!(publication.st_num(), 1);
}

#[test]
fn what_does_not_fit_a_frame() {
    let start = Instant::now();
    let curve = RetransmissionCurve::default();
    let mut publication = GoosePublication::new(SOURCE, config(), curve);
    let long = MmsValue::VisibleString("x".repeat(1500));
    publication.change(start, UtcTime::from_ms(0), &[long]);
    let error = publication.poll_transmit(start).unwrap_err();
    assert!(
        matches!(error, GooseError::TooLong { length: 1519.., .. }),
        "{error}"
    );
    // It does not try again at once.
    assert!(publication.poll_timeout() > Some(start));
}

#[test]
fn fixed_length_messages_all_have_the_same_length() {
    let mut lengths = vec![];
    for (state, value) in [(1, 0), (300, -1), (u32::MAX, i64::from(i32::MAX))] {
        let message = Message::new(state, state).with(|message| {
            message.config.encoding = Encoding::FixedLength;
            message.values = vec![MmsValue::Integer(value), MmsValue::Unsigned(state.into())];
        });
        let frame = message.frame();
        let pdu = GooseFrame::decode(&frame).unwrap().pdu;
        assert_eq!((pdu.st_num, pdu.sq_num), (state, state));
        assert_eq!(pdu.all_data.to_values().unwrap(), message.values);
        lengths.push(frame.len());
    }
    assert!(
        lengths.iter().all(|length| *length == lengths[0]),
        "{lengths:?}"
    );
}

#[test]
fn listeners_are_found_and_may_panic() {
    let mut dispatcher = GooseDispatcher::new();
    let seen = Arc::new(Mutex::new(vec![]));
    let log = |name: &'static str| {
        let seen = seen.clone();
        move |subscriber: &GooseSubscriber, event: &GooseEvent| {
            seen.lock()
                .unwrap()
                .push((name, subscriber.st_num(), *event));
        }
    };
    let one = dispatcher.add(GooseSubscriber::new(REFERENCE), log("one"));
    dispatcher.add(GooseSubscriber::new("GOLDLD1/LLN0$GO$other"), log("other"));
    dispatcher.add(GooseSubscriber::new(REFERENCE), |_, _| panic!("on purpose"));
    dispatcher.add(GooseSubscriber::observer(), log("observer"));
    let now = Arrival::now();
    dispatcher
        .handle_frame(now, &Message::new(1, 0).frame())
        .unwrap();
    let until = now.instant + ms(1000);
    assert_eq!(dispatcher.poll_timeout(), Some(until));
    dispatcher.handle_timeout(until);
    assert_eq!(dispatcher.poll_timeout(), None);
    let events = std::mem::take(&mut *seen.lock().unwrap());
    let expected = [
        ("one", Some(1), FIRST.unwrap()),
        ("observer", Some(1), GooseEvent::Observed),
        ("one", Some(1), GooseEvent::Expired),
    ];
    assert_eq!(events, expected);
    assert!(dispatcher.remove(one).is_some());
    assert!(dispatcher.remove(one).is_none());
    dispatcher
        .handle_frame(now, &Message::new(2, 0).frame())
        .unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1);
    // Damage is counted; other frames are nobody's business.
    let mut damaged = Message::new(3, 0).frame();
    let at = damaged.len() - 1;
    damaged.truncate(at);
    assert!(dispatcher.handle_frame(now, &damaged).is_err());
    assert!(dispatcher.handle_frame(now, &[0; 60]).is_ok());
    assert_eq!(dispatcher.damaged_frames(), 1);
}

#[test]
fn the_count_of_values_is_checked() {
    let message = Message::new(1, 0);
    let mut out = vec![];
    encode_frame(
        &mut out,
        SOURCE,
        &message.config,
        &message.state,
        3,
        &[0x83, 1, 0],
    )
    .unwrap();
    let error = GooseFrame::decode(&out).unwrap_err();
    assert!(
        matches!(
            error,
            FrameError::WrongCount {
                stated: 3,
                found: 1,
                ..
            }
        ),
        "{error}"
    );
}

fn values() -> impl Strategy<Value = Vec<MmsValue>> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(MmsValue::Boolean),
        any::<i64>().prop_map(MmsValue::Integer),
        any::<u64>().prop_map(MmsValue::Unsigned),
        proptest::num::f32::NORMAL.prop_map(MmsValue::Float32),
        proptest::num::f64::NORMAL.prop_map(MmsValue::Float64),
        "[ -~]{0,30}".prop_map(MmsValue::VisibleString),
        any::<[u8; 8]>().prop_map(|octets| MmsValue::UtcTime(UtcTime::from_bytes(octets))),
        any::<u32>().prop_map(|bits| MmsValue::bitstring_from_integer(13, bits)),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(MmsValue::OctetString),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        proptest::collection::vec(inner, 0..4).prop_map(MmsValue::Structure)
    });
    proptest::collection::vec(value, 0..8)
}

proptest! {
    #[test]
    fn frames_round_trip(
        values in values(),
        numbers: (u32, u32, u32, u32),
        flags: (bool, bool, bool),
        address: (u16, u16, u8),
        go_id in proptest::option::of("[ -~]{0,40}"),
    ) {
        let (nds_com, simulation, vlan_tag) = flags;
        let message = Message::new(1, 0).with(|message| {
            message.values = values.clone();
            let state = &mut message.state;
            (state.st_num, state.sq_num, state.time_allowed_to_live, _) = numbers;
            let config = &mut message.config;
            (config.conf_rev, config.go_id) = (numbers.3, go_id.clone());
            (config.nds_com, config.simulation, config.vlan_tag) = flags;
            let (app_id, vlan, priority) = address;
            config.address.app_id = app_id;
            config.address.vlan_id = vlan & 0xfff;
            config.address.vlan_priority = priority & 7;
        });
        let octets = message.frame();
        let frame = GooseFrame::decode(&octets).unwrap();
        prop_assert_eq!(frame.pdu.all_data.to_values().unwrap(), values);
        prop_assert_eq!(
            (frame.pdu.st_num, frame.pdu.sq_num, frame.pdu.time_allowed_to_live),
            (numbers.0, numbers.1, numbers.2)
        );
        prop_assert_eq!(frame.pdu.conf_rev, numbers.3);
        prop_assert_eq!(frame.pdu.go_id, go_id.as_deref());
        prop_assert_eq!(frame.is_simulated(), message.config.simulation);
        prop_assert_eq!(frame.pdu.nds_com, message.config.nds_com);
        prop_assert_eq!(frame.ethernet.vlan.is_some(), message.config.vlan_tag);
        prop_assert_eq!(frame.header.app_id, address.0);
        let _ = (nds_com, simulation, vlan_tag);
        for cut in 0..octets.len() {
            prop_assert!(GooseFrame::decode(&octets[..cut]).is_err());
        }
    }

    #[test]
    fn damage_is_no_panic(values in values(), changes: Vec<(u16, u8)>) {
        let message = Message::new(1, 0).with(|message| message.values = values);
        let mut octets = message.frame();
        for (at, octet) in changes {
            let at = usize::from(at) % octets.len();
            octets[at] = octet;
        }
        let mut dispatcher = GooseDispatcher::new();
        dispatcher.add(GooseSubscriber::new(REFERENCE), |_, _| {});
        dispatcher.add(GooseSubscriber::observer(), |_, _| {});
        let now = Arrival::now();
        let _ = dispatcher.handle_frame(now, &message.frame());
        let _ = dispatcher.handle_frame(now, &octets);
        dispatcher.handle_timeout(now.instant + Duration::from_secs(1));
    }

    /// Whatever numbers come, in whatever order: each message is counted once.
    #[test]
    fn every_message_is_counted(series in proptest::collection::vec((0..4u32, 0..4u32, 0..3000u64), 0..30)) {
        let mut bench = Bench::new(GooseSubscriber::new(REFERENCE));
        let mut now = 0;
        for (st_num, sq_num, pause) in &series {
            now += pause;
            bench.at(now).numbers(*st_num, *sq_num);
        }
        let s = bench.subscriber.statistics();
        prop_assert_eq!(s.received, series.len() as u64);
        prop_assert_eq!(s.states + s.retransmissions + s.duplicates + s.out_of_order, s.received);
    }
}

#[test]
fn a_receiver_follows_and_stops() {
    use crate::link::MemoryNetwork;
    let network = MemoryNetwork::new();
    let (events, heard) = std::sync::mpsc::channel();
    let mut receiver = GooseReceiver::new();
    let id = receiver.add_subscriber(GooseSubscriber::new(REFERENCE), move |subscriber, event| {
        events.send((subscriber.st_num(), *event)).unwrap();
    });
    receiver.start(network.link([2, 0, 0, 0, 0, 2])).unwrap();
    let curve = RetransmissionCurve::new(ms(5), ms(20));
    let link = network.link(SOURCE);
    let publisher = GooseTransmitter::start(link, config(), curve, &[false.into()]).unwrap();
    assert_eq!(heard.recv().unwrap(), (Some(1), FIRST.unwrap()));
    publisher.update(&[true.into()]).unwrap();
    let of_second = heard.iter().find(|(st_num, _)| *st_num == Some(2)).unwrap();
    assert_eq!(Some(of_second.1), new_state(0));
    // It is repeated, and then the publisher is silent.
    assert_eq!(heard.recv().unwrap(), (Some(2), again(0).unwrap()));
    assert!(matches!(
        publisher.update(&[]),
        Err(GooseError::WrongCount { .. })
    ));
    drop(publisher);
    let last = heard
        .iter()
        .find(|(_, event)| *event == GooseEvent::Expired);
    assert_eq!(last.unwrap().0, Some(2));
    assert!(receiver.is_running());
    receiver.stop().unwrap();
    assert_eq!(
        receiver.subscriber(id).unwrap().state(),
        GooseState::Expired
    );
    assert_eq!(
        receiver.subscriber(id).unwrap().values(),
        [MmsValue::Boolean(true)]
    );
}

#[test]
fn the_header_says_that_a_message_is_simulated() {
    let message = Message::new(1, 0).with(|m| m.config.simulation = true);
    let mut octets = message.frame();
    let frame = GooseFrame::decode(&octets).unwrap();
    assert!(frame.header.is_simulated() && frame.pdu.simulation);
    // Behind the Ethernet header with its tag.
    let reserved = 18 + 4;
    octets[reserved] = 0;
    let frame = GooseFrame::decode(&octets).unwrap();
    assert!(!frame.header.is_simulated() && frame.is_simulated());
    assert_eq!(
        frame.header,
        ApplicationHeader {
            app_id: 0x1000,
            ..Default::default()
        }
    );
}
