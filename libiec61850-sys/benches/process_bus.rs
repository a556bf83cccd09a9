//! GOOSE and sampled values of libiec61850 and of ours, in one process and one run: what a frame costs to
//! publish and to receive, how long it takes over a pair of virtual Ethernet interfaces, and how well samples
//! are paced. `cargo xtask bench --process-bus` starts it; it needs root and `ip`.

use iec61850::MmsValue as Value;
use iec61850::goose::*;
use iec61850::link::{Arrival, FrameFilter, MacAddress, PacketLink};
use iec61850::routable::{Key, KeySource, Keys, Protection, SessionReceiver, SessionSender};
use iec61850::routable::{Payload, SpduKind};
use iec61850::sv::*;
use libiec61850_sys as c;
use std::ffi::{CString, c_void};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// Repetitions of each measurement.
const REPEAT: usize = 5;
const NEAR: &str = "iedbencha";
const FAR: &str = "iedbenchb";

fn ip(arguments: &str) -> bool {
    let mut command = Command::new("ip");
    let status = command.args(arguments.split(' ')).status();
    status.is_ok_and(|status| status.success())
}

/// The pair of interfaces, for as long as it lives.
struct Pair;

impl Pair {
    fn new() -> Option<Self> {
        let made = ip(&format!("link add {NEAR} type veth peer name {FAR}"));
        let pair = made.then_some(Pair)?;
        (ip(&format!("link set {FAR} up")) && ip(&format!("link set {NEAR} up"))).then_some(())?;
        while !iec61850::link::interface_state(NEAR).ok()?.running {
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(pair)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        ip(&format!("link del {NEAR}"));
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Nanoseconds of one of `count`: the least of some repetitions, which other programs disturb least.
fn each(count: usize, mut work: impl FnMut(usize)) -> f64 {
    let once = |work: &mut dyn FnMut(usize)| {
        let start = Instant::now();
        (0..count).for_each(work);
        start.elapsed().as_nanos() as f64 / count as f64
    };
    once(&mut work);
    let all = (0..REPEAT).map(|_| once(&mut work));
    all.fold(f64::INFINITY, f64::min)
}

/// How many times better ours is comes last.
fn row(what: &str, theirs: Option<f64>, ours: f64, unit: &str) {
    let shown = |value: f64| match value {
        value if value >= 1e6 => format!("{:.2} M", value / 1e6),
        value if value >= 1e4 => format!("{:.1} k", value / 1e3),
        value => format!("{value:.1}"),
    };
    let (theirs, ratio) = match theirs {
        Some(theirs) => {
            let ratio = match unit {
                "1/s" => ours / theirs,
                _ => theirs / ours,
            };
            (shown(theirs), format!("{ratio:.2}"))
        }
        None => ("-".into(), "-".into()),
    };
    println!("| {what}, {unit} | {theirs} | {} | {ratio} |", shown(ours));
}

/// Twenty booleans and ten floats.
fn values(number: u32) -> Vec<Value> {
    let flags = (0..20).map(|at| Value::Boolean((number + at).is_multiple_of(2)));
    flags
        .chain((0..10).map(|at| Value::Float32((number + at) as f32)))
        .collect()
}

fn config(number: usize) -> GooseConfig {
    let mut config = GooseConfig::new(
        format!("BENCH{number:04}LD0/LLN0$GO$gcb1"),
        "BENCHLD0/LLN0$ds1",
    );
    config.go_id = Some("bench".into());
    config
}

/// A publisher of libiec61850, with the values of a message.
struct TheirPublisher {
    publisher: c::GoosePublisher,
    values: c::LinkedList,
}

impl TheirPublisher {
    fn new(interface: &str) -> Self {
        let text = |text: &str| CString::new(text).expect("no zero").into_raw();
        let mut parameters = c::CommParameters {
            vlanPriority: 4,
            vlanId: 0,
            appId: 0x1000,
            dstAddress: [1, 0x0c, 0xcd, 1, 0, 1],
        };
        // SAFETY: the parameters are copied; texts are never freed, so that they live longer than the publisher;
        // the values of the list are made here and live as long.
        unsafe {
            let publisher = c::GoosePublisher_create(&mut parameters, text(interface));
            assert!(!publisher.is_null(), "libiec61850 opens {interface}");
            c::GoosePublisher_setGoCbRef(publisher, text(&config(0).go_cb_ref));
            c::GoosePublisher_setDataSetRef(publisher, text(&config(0).dat_set));
            c::GoosePublisher_setGoID(publisher, text("bench"));
            c::GoosePublisher_setConfRev(publisher, 1);
            c::GoosePublisher_setTimeAllowedToLive(publisher, 2000);
            let list = c::LinkedList_create();
            for value in values(0) {
                let value = match value {
                    Value::Boolean(value) => c::MmsValue_newBoolean(value),
                    _ => c::MmsValue_newFloat(1.5),
                };
                c::LinkedList_add(list, value.cast());
            }
            TheirPublisher {
                publisher,
                values: list,
            }
        }
    }

    fn publish(&mut self) {
        // SAFETY: both are valid, and no other thread uses them.
        let result = unsafe { c::GoosePublisher_publish(self.publisher, self.values) };
        assert_eq!(result, 0, "libiec61850 sends");
    }

    fn new_state(&mut self) {
        // SAFETY: as for `publish`.
        unsafe { c::GoosePublisher_increaseStNum(self.publisher) };
    }
}

fn publish() {
    const COUNT: usize = 50_000;
    let mut theirs = TheirPublisher::new(NEAR);
    let mut ours = GoosePublisher::new(
        PacketLink::open_sender(NEAR).expect("opening it"),
        config(0),
    );
    let own = values(0);
    let cost = each(COUNT, |_| theirs.publish());
    let own_cost = each(COUNT, |_| {
        ours.publish(&own).expect("sending");
    });
    row(
        "publish a frame of 30 values on an interface",
        Some(cost),
        own_cost,
        "ns",
    );
    let mut link = PacketLink::open_sender(NEAR).expect("opening it");
    let frame = ours.publish(&own).expect("sending").to_vec();
    let send = each(COUNT, |_| {
        iec61850::link::Link::send(&mut link, &frame).expect("sending")
    });
    row("of it the system call alone", None, send, "ns");
    let curve = RetransmissionCurve::default();
    let mut publication = GoosePublication::new(MacAddress::default(), config(0), curve);
    let now = Instant::now();
    let made = each(COUNT, |number| {
        publication.change(now, mms::UtcTime::from_ms(number as u64), &own);
        publication.poll_transmit(now).expect("it fits");
    });
    row("make a frame of a new state", None, made, "ns");
    let stream: StreamName = "F4800S2I4U4".parse().expect("a name");
    let link = PacketLink::open_sender(NEAR).expect("opening it");
    let mut publisher =
        SvPublisher::new(link, SvConfig::of_stream_name("MU01", &stream)).expect("it fits");
    let sv = each(COUNT, |_| publisher.publish().expect("sending"));
    row(
        "publish a frame of 2 samples of 8 channels on an interface",
        None,
        sv,
        "ns",
    );
    let keys = Keys::new();
    keys.add(Key::new(1, Protection::HmacSha256_128, &[7; 32]).expect("a key"));
    let keys: Arc<dyn KeySource> = Arc::new(keys);
    let mut sender = SessionSender::new(Some(keys.clone())).expect("random numbers");
    let apdu = frame.get(26..).expect("a frame with a tag").to_vec();
    let payload = Payload {
        tag: Payload::GOOSE,
        simulation: false,
        app_id: 1,
        apdu: &apdu,
    };
    let signed = each(COUNT, |_| {
        sender
            .datagram(SpduKind::Goose, &[payload])
            .expect("it fits");
    });
    row(
        "make a routable datagram of it, HMAC-SHA256-128",
        None,
        signed,
        "ns",
    );
    let mut receiver = SessionReceiver::new(Some(keys)).with_restart_after(Some(Duration::ZERO));
    let datagram = sender
        .datagram(SpduKind::Goose, &[payload])
        .expect("it fits")
        .to_vec();
    let from = std::net::SocketAddrV4::new([10, 0, 0, 1].into(), 102);
    let checked = each(COUNT, |_| {
        receiver.datagram(now, from, &datagram).expect("genuine");
    });
    row("check such a datagram", None, checked, "ns");
}

/// The frames of some publishers: each sends a new state and nine repetitions.
fn frames(publishers: usize) -> Vec<Vec<u8>> {
    let mut frames = vec![];
    for message in 0..20_u32 {
        let (state, number) = (1 + message / 10, message % 10);
        for publisher in 0..publishers {
            let mut encoded = vec![];
            for value in values(state) {
                encoded.extend(value.to_bytes());
            }
            let state = MessageState {
                time_allowed_to_live: 60_000,
                t: mms::UtcTime::from_ms(state.into()),
                st_num: state,
                sq_num: number,
            };
            let mut frame = vec![];
            let source = MacAddress([2, 0, 0, 0, 0, 1]);
            encode_frame(&mut frame, source, &config(publisher), &state, 30, &encoded)
                .expect("it fits");
            frames.push(frame);
        }
    }
    frames
}

unsafe extern "C" fn count(_: c::GooseSubscriber, counter: *mut c_void) {
    // SAFETY: `counter` is what was given with the listener: a counter that is never freed.
    let counter = unsafe { &*counter.cast::<AtomicU64>() };
    counter.fetch_add(1, Ordering::Relaxed);
}

fn receive() {
    for subscriptions in [1, 100, 1000] {
        let frames = frames(subscriptions);
        let rounds = (200_000 / frames.len()).max(1);
        let counter: &'static AtomicU64 = Box::leak(Box::default());
        // SAFETY: all objects are made here and never freed; texts are copied, and the counter lives for ever.
        let receiver = unsafe {
            let receiver = c::GooseReceiver_create();
            for number in 0..subscriptions {
                let reference = CString::new(config(number).go_cb_ref)
                    .expect("no zero")
                    .into_raw();
                let subscriber = c::GooseSubscriber_create(reference, std::ptr::null_mut());
                let parameter = std::ptr::from_ref(counter).cast_mut().cast();
                c::GooseSubscriber_setListener(subscriber, Some(count), parameter);
                c::GooseReceiver_addSubscriber(receiver, subscriber);
            }
            receiver
        };
        let mut copies = frames.clone();
        let cost = each(rounds, |_| {
            for frame in &mut copies {
                // SAFETY: the receiver is valid, and the frame is readable and writable for its length.
                unsafe {
                    c::GooseReceiver_handleMessage(receiver, frame.as_mut_ptr(), frame.len() as i32)
                };
            }
        }) / frames.len() as f64;
        let heard = counter.load(Ordering::Relaxed);
        assert!(
            heard >= (rounds * frames.len()) as u64,
            "{heard} calls of libiec61850"
        );
        let mut dispatcher = GooseDispatcher::new();
        let own = Arc::new(AtomicU64::new(0));
        for number in 0..subscriptions {
            let own = own.clone();
            let subscriber = GooseSubscriber::new(config(number).go_cb_ref);
            dispatcher.add(subscriber, move |_, _| {
                own.fetch_add(1, Ordering::Relaxed);
            });
        }
        let mut arrival = Arrival::now();
        let own_cost = each(rounds, |_| {
            // Long after the round before, so that the publishers begin again.
            arrival.instant += Duration::from_secs(61);
            for frame in &frames {
                dispatcher
                    .handle_frame(arrival, frame)
                    .expect("a good frame");
            }
        }) / frames.len() as f64;
        let heard = own.load(Ordering::Relaxed);
        assert!(
            heard >= (rounds * frames.len()) as u64,
            "{heard} calls of ours"
        );
        row(
            &format!("receive a frame with {subscriptions} subscriptions"),
            Some(cost),
            own_cost,
            "ns",
        );
        row(
            &format!("frames one core follows with {subscriptions} subscriptions"),
            Some(1e9 / cost),
            1e9 / own_cost,
            "1/s",
        );
    }
}

/// When a message was published, to be taken away when it is heard.
static SENT: Mutex<Option<Instant>> = Mutex::new(None);

fn heard(times: &mpsc::Sender<Duration>) {
    let now = Instant::now();
    if let Some(sent) = SENT.lock().expect("nobody panics").take() {
        let _ = times.send(now - sent);
    }
}

unsafe extern "C" fn heard_by_theirs(_: c::GooseSubscriber, times: *mut c_void) {
    // SAFETY: what was given with the listener, and is never freed.
    heard(unsafe { &*times.cast::<mpsc::Sender<Duration>>() });
}

/// Publishes new states, a thousand in a second, and gives how long each took to the listener.
fn latencies(times: &mpsc::Receiver<Duration>, mut publish: impl FnMut()) -> Vec<f64> {
    const COUNT: usize = 5000;
    let mut all = vec![];
    let start = Instant::now();
    for number in 0..COUNT {
        let due = start + Duration::from_millis(number as u64);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        *SENT.lock().expect("nobody panics") = Some(Instant::now());
        publish();
        if let Ok(time) = times.recv_timeout(Duration::from_millis(100)) {
            all.push(time.as_nanos() as f64 / 1000.0);
        }
    }
    assert!(
        all.len() > COUNT * 9 / 10,
        "{} of {COUNT} were heard",
        all.len()
    );
    all.sort_by(f64::total_cmp);
    all
}

/// p50, p99 and p99.9.
fn quantiles(all: &[f64]) -> [f64; 3] {
    [0.5, 0.99, 0.999].map(|share| all[((all.len() - 1) as f64 * share) as usize])
}

fn their_latency() -> [f64; 3] {
    let (sender, times) = mpsc::channel();
    let parameter = Box::leak(Box::new(sender));
    let interface = CString::new(FAR).expect("no zero").into_raw();
    let reference = CString::new(config(0).go_cb_ref)
        .expect("no zero")
        .into_raw();
    // SAFETY: as in `receive`; the receiver is stopped before the next measurement.
    let receiver = unsafe {
        let receiver = c::GooseReceiver_create();
        c::GooseReceiver_setInterfaceId(receiver, interface);
        let subscriber = c::GooseSubscriber_create(reference, std::ptr::null_mut());
        let parameter = std::ptr::from_mut(parameter).cast();
        c::GooseSubscriber_setListener(subscriber, Some(heard_by_theirs), parameter);
        c::GooseReceiver_addSubscriber(receiver, subscriber);
        c::GooseReceiver_start(receiver);
        assert!(c::GooseReceiver_isRunning(receiver));
        receiver
    };
    let mut publisher = TheirPublisher::new(NEAR);
    let all = latencies(&times, || {
        publisher.new_state();
        publisher.publish();
    });
    // SAFETY: it is running, and used by nobody else.
    unsafe { c::GooseReceiver_stop(receiver) };
    quantiles(&all)
}

fn our_latency() -> [f64; 3] {
    let (sender, times) = mpsc::channel();
    let mut receiver = GooseReceiver::new();
    let subscriber = GooseSubscriber::new(config(0).go_cb_ref);
    receiver.add_subscriber(subscriber, move |_, _| heard(&sender));
    let link = PacketLink::open(FAR, &FrameFilter::goose()).expect("opening it");
    receiver.start(link).expect("a thread");
    let link = PacketLink::open_sender(NEAR).expect("opening it");
    let mut publisher = GoosePublisher::new(link, config(0));
    let own = values(0);
    quantiles(&latencies(&times, || {
        publisher.increase_st_num();
        publisher.publish(&own).expect("sending");
    }))
}

fn latency() {
    let both: Vec<_> = (0..3).map(|_| (their_latency(), our_latency())).collect();
    for (at, name) in ["p50", "p99", "p99.9"].into_iter().enumerate() {
        let theirs = median(both.iter().map(|(theirs, _)| theirs[at]).collect());
        let ours = median(both.iter().map(|(_, ours)| ours[at]).collect());
        let what = format!("from publish to callback over the pair, 1000/s, {name}");
        row(&what, Some(theirs), ours, "us");
    }
}

/// What careful users of libiec61850 write, which has no pacing: a sleep until the absolute time of the next sample.
fn their_pacing(rate: u32, seconds: u64) -> Vec<f64> {
    let interface = CString::new(NEAR).expect("no zero").into_raw();
    let name = CString::new("MU01").expect("no zero").into_raw();
    // SAFETY: all objects are made here and used by this thread only; the texts are never freed.
    let publisher = unsafe {
        let publisher = c::SVPublisher_create(std::ptr::null_mut(), interface);
        assert!(!publisher.is_null(), "libiec61850 opens {NEAR}");
        let asdu = c::SVPublisher_addASDU(publisher, name, std::ptr::null(), 1);
        for _ in 0..8 {
            c::SVPublisher_ASDU_addINT32(asdu);
            c::SVPublisher_ASDU_addQuality(asdu);
        }
        c::SVPublisher_setupComplete(publisher);
        publisher
    };
    let start = Instant::now();
    let mut late = vec![];
    for number in 0..u64::from(rate) * seconds {
        let due = start + Duration::from_nanos(1_000_000_000 * number / u64::from(rate));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        late.push((Instant::now().saturating_duration_since(due)).as_nanos() as f64 / 1000.0);
        // SAFETY: the publisher is valid.
        unsafe { c::SVPublisher_publish(publisher) };
    }
    late.sort_by(f64::total_cmp);
    late
}

fn pacing() {
    const SECONDS: u64 = 3;
    for rate in [4800, 14_400] {
        let theirs = their_pacing(rate, SECONDS);
        for priority in [None, Some(50)] {
            // On a thread of its own, whose priority ends with it.
            let statistics = std::thread::spawn(move || {
                if let Some(priority) = priority {
                    iec61850::link::set_realtime_priority(priority).expect("the right to it");
                }
                let stream = StreamName {
                    rate,
                    ..StreamName::nine_two_le(60)
                };
                let link = PacketLink::open_sender(NEAR).expect("opening it");
                let mut publisher =
                    SvPublisher::new(link, SvConfig::of_stream_name("MU01", &stream))
                        .expect("it fits");
                let stop = AtomicBool::new(false);
                let end = u64::from(rate) * SECONDS;
                publisher.run(
                    rate,
                    Instant::now() + Duration::from_millis(10),
                    &stop,
                    |_, sample| {
                        if sample + 1 >= end {
                            stop.store(true, Ordering::Relaxed);
                        }
                    },
                )
            });
            let statistics = statistics.join().expect("no panic").expect("sending");
            let name = if priority.is_some() {
                ", SCHED_FIFO"
            } else {
                ""
            };
            let us = |time: Duration| time.as_nanos() as f64 / 1000.0;
            let at = |share: f64| {
                priority
                    .is_none()
                    .then(|| theirs[((theirs.len() - 1) as f64 * share) as usize])
            };
            let mean = priority
                .is_none()
                .then(|| theirs.iter().sum::<f64>() / theirs.len() as f64);
            row(
                &format!("lateness at {rate} samples/s{name}, mean"),
                mean,
                us(statistics.mean()),
                "us",
            );
            row(
                "the same, p99 (bound of its class)",
                at(0.99),
                us(statistics.quantile(990)),
                "us",
            );
            row("the same, worst", at(1.0), us(statistics.worst), "us");
        }
    }
}

fn main() {
    let Some(_pair) = Pair::new() else {
        eprintln!("not measured: this needs root and `ip`");
        std::process::exit(1);
    };
    println!(
        "| row | libiec61850 {} | ours | ratio |\n|---|--:|--:|--:|",
        c::version().expect("the library has a version")
    );
    // Cargo gives options of its own.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    let parts: [(&str, fn()); 4] = [
        ("publish", publish),
        ("receive", receive),
        ("latency", latency),
        ("pacing", pacing),
    ];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            part();
        }
    }
}
