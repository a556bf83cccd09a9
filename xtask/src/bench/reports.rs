//! The rows about reports: a server changes a value on demand, one subscriber takes the reports.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::load::{Connection, Protocol};
use super::model::report_block;
use super::process::{Server, ServerCommand};
use super::rows::ModelFile;
use super::wire::{self, Deframer};
use crate::Result;

/// After so long without a report no more are due.
const SILENCE: Duration = Duration::from_millis(500);
/// Changes of a free run.
const FREE_RUN: u32 = 200_000;
/// The rates that are tried start here; each is this much more than the one before.
const FIRST_RATE: f64 = 2000.0;
const STEP: f64 = 1.3;
const HIGHEST_RATE: f64 = 1e6;
/// Changes at a time in all rows but that of latency.
const BURST: u32 = 20;

/// What one subscriber got.
struct Received {
    reports: usize,
    /// The values, which count the changes; each as often as there are report control blocks.
    values: HashSet<u32>,
    /// When each report came, in nanoseconds since 1970, with its value.
    times: Vec<(u32, u128)>,
    /// From the first report to the last.
    duration: Duration,
}

/// A server and a subscriber with enabled report control blocks.
pub(super) struct Reporting {
    server: Server,
    connection: Connection,
}

impl Reporting {
    /// Starts a server of its own and enables `blocks` report control blocks on one association.
    pub(super) fn start(
        command: &ServerCommand,
        file: &ModelFile,
        cpus: &str,
        blocks: usize,
    ) -> Result<Self> {
        let server = Server::start_commanded(command, &file.path, cpus)?;
        let mut connection = Protocol::Mms.connect(server.address)?;
        for block in 1..=blocks {
            let item = format!("LLN0$RP${}$RptEna", report_block(block));
            let id = 0x0100 + block as u16;
            let request = wire::write_true_request(id, file.model.first_domain(), &item);
            connection.exchange(&request, wire::check_written)?;
        }
        Ok(Self { server, connection })
    }

    /// Has the server make changes and takes the reports; gives what came, and the server's answer.
    fn run(&mut self, count: u32, rate: u32, burst: u32, due: usize) -> Result<(Received, String)> {
        let done = AtomicBool::new(false);
        let (server, connection) = (&mut self.server, &mut self.connection);
        std::thread::scope(|scope| {
            let receiver = scope.spawn(|| receive(connection, due, &done));
            let answer = server.command(&format!("change {count} {rate} {burst}"));
            done.store(true, Ordering::Release);
            let received = receiver
                .join()
                .unwrap_or_else(|_| Err("the subscriber panicked".to_owned()))?;
            Ok((received, answer?))
        })
    }

    /// As many changes as the server can make: reports a second, and how many changes were in none, in percent.
    pub(super) fn free_run(&mut self) -> Result<(f64, f64)> {
        let (received, _) = self.run(FREE_RUN, 0, BURST, FREE_RUN as usize)?;
        let lost = f64::from(FREE_RUN) - received.values.len() as f64;
        let seconds = received.duration.as_secs_f64().max(1e-9);
        Ok((
            received.reports as f64 / seconds,
            lost * 100.0 / f64::from(FREE_RUN),
        ))
    }

    /// The highest rate of changes at which each one is reported, in reports a second.
    pub(super) fn steady(&mut self, duration: Duration) -> Result<f64> {
        let (mut rate, mut best) = (FIRST_RATE, 0.0);
        while rate < HIGHEST_RATE {
            let count = (rate * duration.as_secs_f64()) as u32;
            let (received, answer) = self.run(count, rate as u32, BURST, count as usize)?;
            let seconds: f64 = number(answer.split_whitespace().next())?;
            if received.values.len() < count as usize {
                break;
            }
            best = f64::max(best, f64::from(count) / seconds);
            if seconds > duration.as_secs_f64() * 1.2 {
                // It does not make more changes.
                break;
            }
            rate *= STEP;
        }
        Ok(best)
    }

    /// Times from change to report in microseconds, sorted.
    pub(super) fn latencies(&mut self, rate: u32, duration: Duration) -> Result<Vec<f64>> {
        let count = (f64::from(rate) * duration.as_secs_f64()) as u32;
        let (received, answer) = self.run(count, rate, 1, count as usize)?;
        let made = answer
            .split_whitespace()
            .skip(1)
            .map(|word| number(Some(word)))
            .collect::<Result<Vec<u128>>>()?;
        let mut latencies = Vec::new();
        for (value, came) in received.times {
            let at = (value as usize).checked_sub(1);
            let made = at
                .and_then(|at| made.get(at))
                .ok_or_else(|| format!("a report of {value}, which was never set"))?;
            latencies.push(came.saturating_sub(*made) as f64 / 1e3);
        }
        latencies.sort_by(f64::total_cmp);
        if latencies.is_empty() {
            return Err("no report came".to_owned());
        }
        Ok(latencies)
    }

    /// Processor time of the server for one change, in microseconds, with `blocks` enabled.
    pub(super) fn cpu_per_change(&mut self, blocks: usize, duration: Duration) -> Result<f64> {
        // Few enough that the subscriber keeps up, many enough to be measured.
        let (rate, burst) = match blocks {
            0 => (0, BURST),
            1 => (10_000, BURST),
            _ => (200, 1),
        };
        let count = match rate {
            0 => 1_000_000,
            rate => (f64::from(rate) * duration.as_secs_f64()) as u32,
        };
        let before = self.server.fine_cpu_time()?;
        self.run(count, rate, burst, count as usize * blocks)?;
        let used = self.server.fine_cpu_time()?.saturating_sub(before);
        Ok(used.as_secs_f64() * 1e6 / f64::from(count))
    }
}

fn number<T: std::str::FromStr>(word: Option<&str>) -> Result<T> {
    let word = word.unwrap_or_default();
    word.parse()
        .map_err(|_| format!("the server answers `{word}` instead of a number"))
}

/// Takes reports until `due` are there, or the changes are `done` and no more come.
fn receive(connection: &mut Connection, due: usize, done: &AtomicBool) -> Result<Received> {
    let mut received = Received {
        reports: 0,
        values: HashSet::new(),
        times: Vec::new(),
        duration: Duration::ZERO,
    };
    let mut deframer = Deframer::default();
    let mut first = None;
    while received.reports < due {
        let over = done.load(Ordering::Acquire);
        let report = connection.receive(&mut deframer, SILENCE, wire::reported_float)?;
        let Some(value) = report else {
            if over {
                break;
            }
            continue;
        };
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_err(|error| error.to_string())?;
        received.duration = first.get_or_insert_with(Instant::now).elapsed();
        received.reports += 1;
        received.values.insert(value as u32);
        received.times.push((value as u32, now.as_nanos()));
    }
    Ok(received)
}
