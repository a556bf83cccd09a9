//! How fast values go from a control centre to its peers: over TCP on the loopback, decoded and counted at the other end.
//!
//! `cargo bench -p tase2` prints a table: points per second through transfer sets by exception to one and to ten peers, the time from an update to
//! its follower, a full scan of 100 000 points, and what a point costs in memory.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::{Client, ClientOptions, Follow, TransferSpec, Update};
use tase2::endpoint::{Endpoint, EndpointOptions};
use tase2::model::{IndicationPoint, Model};
use tase2::types::{DsConditions, PointValue, Quality};
use tase2::{Name, PointId, VirtualControlCenter};

const PEERS: usize = 10;
const FOLLOWED: usize = 1000;
const LARGE: usize = 100_000;
const MEASURED: Duration = Duration::from_secs(3);

fn point_name(i: usize) -> Name {
    Name::vcc(format!("POINT_{i:06}"))
}

fn title(peer: usize) -> mms::ObjectIdentifier {
    format!("1.1.1.{peer}").parse().expect("a title")
}

/// Octets of memory of this process, as the system counts them.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes * 1024)
}

fn center() -> VirtualControlCenter {
    let mut model = Model::new();
    for i in 0..LARGE {
        let point = IndicationPoint::new(point_name(i), "RealQ".parse().expect("a type"));
        model.add_point(point).expect("a point");
    }
    let tables = (0..PEERS).map(|peer| {
        let mut table = BilateralTable::new(format!("PEER{peer}"), "1", format!("ICC{peer}"));
        table.identity.ap_title = Some(title(peer));
        table.rules = vec![Rule::new("*", Rights::READ)];
        table.limits.members = FOLLOWED + 10;
        table.limits.transfer_sets = LARGE / FOLLOWED + 10;
        table.limits.report_backlog = 64 << 20;
        table
    });
    VirtualControlCenter::new(model, tables.collect()).expect("a control centre")
}

async fn connect(endpoint: &Endpoint, peer: usize) -> Client {
    let mut options = ClientOptions::default();
    options.domain = format!("ICC{peer}");
    options.config.local.ap_title = Some(title(peer).into());
    options.config.max_pdu_size = 65_000;
    let address = endpoint.local_addr().expect("an address");
    Client::connect(address, options)
        .await
        .expect("an association")
}

async fn follow(
    client: &Client,
    points: std::ops::Range<usize>,
    conditions: DsConditions,
    backlog: usize,
) -> Follow {
    let data_set = Name::icc(client.domain(), format!("DS{}", points.start));
    let mut spec =
        TransferSpec::new(data_set, conditions).with_members(points.map(point_name).collect());
    spec.discover_types = false;
    spec.read_after = None;
    spec.backlog = backlog;
    client.follow(spec).await.expect("a transfer set")
}

/// Points a second that come to each of these followers while points are updated as fast as they are taken.
async fn throughput(vcc: &VirtualControlCenter, follows: Vec<Follow>, batch: usize) -> f64 {
    let count = follows.len() as u64;
    let received = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = follows
        .into_iter()
        .map(|mut follow| {
            let received = received.clone();
            tokio::spawn(async move {
                while let Some(update) = follow.next().await {
                    if let Update::Report(report) = update {
                        received.fetch_add(report.changes.len() as u64, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let ids: Vec<PointId> = vcc.points().take(FOLLOWED).collect();
    let (start, mut sent, mut value) = (Instant::now(), 0u64, 0.0_f32);
    let before = received.load(Ordering::Relaxed);
    while start.elapsed() < MEASURED {
        for chunk in ids.chunks(batch) {
            value += 1.0;
            let point = PointValue::real(value).with_quality(Quality::default());
            vcc.update_many(chunk.iter().map(|id| (*id, point)))
                .expect("updates");
            sent += chunk.len() as u64;
            // No further ahead than a peer may be.
            while sent.saturating_sub((received.load(Ordering::Relaxed) - before) / count) > 2000 {
                tokio::task::yield_now().await;
            }
        }
    }
    let rate = (received.load(Ordering::Relaxed) - before) as f64 / start.elapsed().as_secs_f64();
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    rate
}

/// The times from an update to its report, sorted.
async fn latency(vcc: &VirtualControlCenter, mut follow: Follow) -> Vec<Duration> {
    let id = vcc.points().next().expect("a point");
    let mut times = Vec::new();
    let mut value = -1.0_f32;
    for _ in 0..3000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        value -= 1.0;
        let point = PointValue::real(value).with_quality(Quality::default());
        let start = Instant::now();
        vcc.update(id, point).expect("an update");
        loop {
            let update = follow.next().await.expect("an update");
            if let Update::Report(report) = update
                && !report.full
            {
                break;
            }
        }
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times
}

#[tokio::main]
async fn main() {
    // `cargo test --benches` runs it too, and wants no figures.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let before = resident();
    let vcc = center();
    let per_point = (resident() - before) / LARGE as u64;
    println!("| what | figure |\n|---|--:|");
    println!("| memory a point, {LARGE} points and {PEERS} peers | {per_point} octets |");
    let mut options = EndpointOptions::default();
    options.listen = Some("127.0.0.1:0".parse().expect("an address"));
    options.config.max_pdu_size = 65_000;
    let endpoint = Endpoint::start(&vcc, options, vec![]).expect("an endpoint");

    let mut clients = Vec::new();
    for peer in 0..PEERS {
        clients.push(connect(&endpoint, peer).await);
    }
    let change = DsConditions::OBJECT_CHANGE;
    for batch in [1, 100] {
        for peers in [1, PEERS] {
            let mut follows = Vec::new();
            for client in &clients[..peers] {
                follows.push(follow(client, 0..FOLLOWED, change, 8192).await);
            }
            let rate = throughput(&vcc, follows, batch).await;
            println!(
                "| points/s by exception, {batch} in a report, to {peers} peers in all | {rate:.0} |"
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    let times = latency(&vcc, follow(&clients[0], 0..FOLLOWED, change, 8192).await).await;
    let at = |share: usize| times[times.len() * share / 100].as_micros();
    println!(
        "| update to follower, 1000 a second, p50 / p99 | {} / {} us |",
        at(50),
        at(99)
    );

    let before = resident();
    let mut whole = Vec::new();
    for start in (0..LARGE).step_by(FOLLOWED) {
        let points = start..start + FOLLOWED;
        whole.push(follow(&clients[1], points, DsConditions::OPERATOR_REQUEST, 16).await);
    }
    let start = Instant::now();
    let sets = vcc.request_reports(Some("PEER1"), None);
    let (mut points, mut pdus) = (0, 0);
    for follow in &mut whole {
        let mut left = FOLLOWED;
        while left > 0 {
            if let Some(Update::Report(report)) = follow.next().await {
                left -= report.changes.len();
                points += report.changes.len();
                pdus += 1;
            }
        }
    }
    let took = start.elapsed().as_millis();
    println!("| full scan of {points} points, {sets} transfer sets, {pdus} PDUs | {took} ms |");
    let grown = resident().saturating_sub(before) >> 20;
    println!("| memory for these transfer sets, both sides | {grown} MiB |");
    let id = vcc.points().next().expect("a point");
    let start = Instant::now();
    let updates = 1_000_000;
    for i in 0..updates {
        vcc.update(id, PointValue::real((i % 2) as f32))
            .expect("an update");
    }
    let each = start.elapsed().as_nanos() / updates as u128;
    println!("| an update that nobody is told of | {each} ns |");
    endpoint.stop().await;
}
