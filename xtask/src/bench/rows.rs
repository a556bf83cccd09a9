//! The measurements. Each works on a server of its own, started for it, so that no other server takes
//! processor time meanwhile; the repetitions of the columns alternate, so that slow times of the machine hit all.
//! Where one client waits for each answer, it shares one processor with the server ([`Bench::on_one_core`]).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::echo;
use super::load::{self, Connection, Protocol, Sizes, Tally, Work};
use super::model::Model;
use super::process::{self, Server, ServerCommand};
use super::report::{Report, Row};
use super::reports::Reporting;
use crate::Result;

/// A column of the table.
pub(super) struct Target {
    pub(super) name: String,
    pub(super) protocol: Protocol,
    pub(super) command: ServerCommand,
    /// The server that changes its values on command; `None` where there is none.
    pub(super) reporting: Option<ServerCommand>,
}

/// Rows that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Group {
    /// Reads of one float, one at a time, client and server on one core
    Read,
    /// The same from a server with 1000 logical nodes
    Large,
    /// Reads of a data set of 100 floats, the same way
    Set,
    /// Five associations with five outstanding reads each
    Pipeline,
    /// One reader beside 4, 100 and 1000 idle associations
    Idle,
    /// Associations open at once, and the memory they take
    Open,
    /// Associations made and closed
    Associate,
    /// Browse of 1000 logical nodes
    Browse,
    /// Start with 1000 logical nodes, and the memory they take
    Start,
    /// Wake-ups of an idle server
    WakeUps,
    /// Reports to one subscriber, their latency, processor time of a change
    Reports,
}

/// A model and the file that servers read it from.
pub(super) struct ModelFile {
    pub(super) model: Model,
    pub(super) path: PathBuf,
}

/// What all measurements need.
pub(super) struct Bench {
    pub(super) small: ModelFile,
    pub(super) large: ModelFile,
    /// With [`REPORT_BLOCKS`] report control blocks.
    pub(super) reporting: ModelFile,
    /// Length of one timed loop.
    pub(super) duration: Duration,
    /// Most associations to try at once.
    pub(super) most_associations: usize,
    /// How long opening many associations may take.
    pub(super) patience: Duration,
    /// All processors that may be used, and the one for the rows on one core.
    pub(super) processors: (String, String),
    pub(super) ticks_per_second: f64,
    /// Sizes of the exchanges of the last browse, for the echo.
    pub(super) browse_sizes: Vec<Sizes>,
    pub(super) report: Report,
}

/// Idle associations beside the reader.
const IDLE: [(usize, Row); 3] = [(4, Row::Idle4), (100, Row::Idle100), (1000, Row::Idle1000)];
/// Report control blocks that are enabled, and the rows of the processor time.
const ENABLED: [(usize, Row); 3] = [
    (0, Row::Update0),
    (1, Row::Update1),
    (REPORT_BLOCKS, Row::Update100),
];
pub(super) const REPORT_BLOCKS: usize = 100;
const ASSOCIATIONS: usize = 5;
const OUTSTANDING: usize = 5;

/// Reads one at a time on one core: what is read, and the rows it fills.
struct OneCore {
    work: fn(&Model) -> Work,
    large: bool,
    rate: Row,
    cpu: Row,
    quantiles: [(f64, Row); 2],
}

const ONE_FLOAT: OneCore = OneCore {
    work: Work::one_float,
    large: false,
    rate: Row::Read,
    cpu: Row::ReadCpu,
    quantiles: [(0.5, Row::ReadP50), (0.99, Row::ReadP99)],
};
const ONE_FLOAT_OF_MANY: OneCore = OneCore {
    work: Work::last_float,
    large: true,
    rate: Row::Large,
    cpu: Row::LargeCpu,
    quantiles: [(0.5, Row::LargeP50), (0.99, Row::LargeP99)],
};
const DATA_SET: OneCore = OneCore {
    work: Work::data_set,
    large: false,
    rate: Row::Set,
    cpu: Row::SetCpu,
    quantiles: [(0.5, Row::SetP50), (0.99, Row::SetP99)],
};

impl Bench {
    /// One repetition of a group for one column.
    pub(super) fn measure(&mut self, group: Group, target: &Target) -> Result {
        match group {
            Group::Read => self.one_core(target, &ONE_FLOAT),
            Group::Large => self.one_core(target, &ONE_FLOAT_OF_MANY),
            Group::Set => self.one_core(target, &DATA_SET),
            Group::Pipeline => self.pipeline(target),
            Group::Idle => self.idle(target),
            Group::Open => self.open(target),
            Group::Associate => self.associate(target),
            Group::Browse => self.browse(target),
            Group::Start => self.start(target),
            Group::WakeUps => self.wake_ups(target),
            Group::Reports => self.reports(target),
        }
    }

    fn server(&self, target: &Target) -> Result<Server> {
        Server::start(&target.command, &self.small.path, &self.processors.0)
    }

    /// Runs `work` with this process and a server on one processor. Threads that wake each other across
    /// processors, or do not, would make the rates of a single reader jump.
    fn on_one_core<T>(
        &mut self,
        target: &Target,
        large: bool,
        work: impl FnOnce(&mut Self, &Server) -> Result<T>,
    ) -> Result<T> {
        let file = if large { &self.large } else { &self.small };
        let server = Server::start(&target.command, &file.path, &self.processors.1)?;
        process::pin(&self.processors.1)?;
        let result = work(self, &server);
        process::pin(&self.processors.0)?;
        result
    }

    fn warm_up(&self) -> Duration {
        self.duration / 5
    }

    /// Adds rate and processor time of a timed loop.
    fn timed(
        &mut self,
        target: &Target,
        (rate, cpu): (Row, Row),
        server: &Server,
        work: impl FnOnce(Duration) -> Result<Tally>,
    ) -> Result<Tally> {
        let before = server.cpu_time(self.ticks_per_second)?;
        let tally = work(self.duration)?;
        let used = server
            .cpu_time(self.ticks_per_second)?
            .saturating_sub(before);
        self.report.add(&target.name, rate, tally.rate());
        let each = used.as_secs_f64() * 1e6 / tally.answers.max(1) as f64;
        self.report.add(&target.name, cpu, each);
        Ok(tally)
    }

    fn one_core(&mut self, target: &Target, kind: &OneCore) -> Result {
        self.on_one_core(target, kind.large, |bench, server| {
            let file = if kind.large {
                &bench.large
            } else {
                &bench.small
            };
            let work = (kind.work)(&file.model);
            let mut connection = target.protocol.connect(server.address)?;
            let mut read =
                |duration| load::run(&mut connection, &work, target.protocol, 1, duration);
            read(bench.warm_up())?;
            let mut tally = bench.timed(target, (kind.rate, kind.cpu), server, read)?;
            for (part, row) in kind.quantiles {
                if let Some(latency) = tally.quantile(part) {
                    bench.report.add(&target.name, row, latency);
                }
            }
            Ok(())
        })
    }

    fn pipeline(&mut self, target: &Target) -> Result {
        let server = self.server(target)?;
        let connect = |_| target.protocol.connect(server.address);
        let mut connections = (0..ASSOCIATIONS).map(connect).collect::<Result<Vec<_>>>()?;
        let work = Work::one_float(&self.small.model);
        let mut read = |duration| {
            load::run_many(
                &mut connections,
                &work,
                target.protocol,
                OUTSTANDING,
                duration,
            )
        };
        read(self.warm_up())?;
        self.timed(target, (Row::Pipeline, Row::PipelineCpu), &server, read)
            .map(drop)
    }

    fn idle(&mut self, target: &Target) -> Result {
        self.on_one_core(target, false, |bench, server| {
            let work = Work::one_float(&bench.small.model);
            let mut reader = target.protocol.connect(server.address)?;
            let mut rate = |duration| {
                load::run(&mut reader, &work, target.protocol, 1, duration)
                    .map(|tally| tally.rate())
            };
            rate(bench.warm_up())?;
            let alone = rate(bench.duration)?;
            let mut others = Vec::new();
            for (count, row) in IDLE {
                if let Some(end) = bench.open_more(target, server, &mut others, count) {
                    bench.report.note(format!(
                        "{}: no {count} idle associations: {end}",
                        target.name
                    ));
                    break;
                }
                let share = rate(bench.duration)? * 100.0 / alone;
                bench.report.add(&target.name, row, share);
            }
            Ok(())
        })
    }

    /// Opens associations until there are `count`; says why when there are fewer.
    fn open_more(
        &self,
        target: &Target,
        server: &Server,
        open: &mut Vec<Connection>,
        count: usize,
    ) -> Option<String> {
        let begin = Instant::now();
        while open.len() < count {
            if begin.elapsed() > self.patience {
                return Some(format!(
                    "{} after {} s",
                    open.len(),
                    self.patience.as_secs()
                ));
            }
            match target.protocol.connect(server.address) {
                Ok(connection) => open.push(connection),
                Err(reason) => return Some(format!("after {}, {reason}", open.len())),
            }
        }
        None
    }

    fn open(&mut self, target: &Target) -> Result {
        // The echo's threads say nothing about associations.
        if target.protocol == Protocol::Echo {
            return Ok(());
        }
        let server = self.server(target)?;
        let mut open = vec![target.protocol.connect(server.address)?];
        let work = Work::one_float(&self.small.model);
        let before = server.resident()?;
        let end = self.open_more(target, &server, &mut open, self.most_associations);
        let after = server.resident()?;
        let added = open.len() - 1;
        // They count only when they are served.
        for at in [0, added / 2, added] {
            load::run(&mut open[at], &work, target.protocol, 1, Duration::ZERO)
                .map_err(|error| format!("association {at} of {}: {error}", open.len()))?;
        }
        self.report.add(&target.name, Row::Open, open.len() as f64);
        match end {
            Some(end) => self
                .report
                .note(format!("{}: no more associations: {end}", target.name)),
            None => self.report.at_least(&target.name, Row::Open),
        }
        if added > 0 {
            self.report.add(
                &target.name,
                Row::OpenMemory,
                (after - before) / added as f64,
            );
        }
        Ok(())
    }

    fn associate(&mut self, target: &Target) -> Result {
        self.on_one_core(target, false, |bench, server| {
            load::run_associations(server.address, target.protocol, bench.warm_up())?;
            let tally = load::run_associations(server.address, target.protocol, bench.duration)?;
            bench.report.add(&target.name, Row::Associate, tally.rate());
            Ok(())
        })
    }

    fn browse(&mut self, target: &Target) -> Result {
        self.on_one_core(target, true, |bench, server| {
            let mut connection = target.protocol.connect(server.address)?;
            let begin = Instant::now();
            match target.protocol {
                Protocol::Echo => echo::replay(&mut connection, &bench.browse_sizes)?,
                Protocol::Mms => {
                    bench.browse_sizes = load::browse(&mut connection, &bench.large.model)?
                }
            }
            if !bench.browse_sizes.is_empty() {
                bench
                    .report
                    .add(&target.name, Row::Browse, begin.elapsed().as_secs_f64());
            }
            Ok(())
        })
    }

    fn start(&mut self, target: &Target) -> Result {
        let start = |file: &ModelFile| {
            let server = Server::start(&target.command, &file.path, &self.processors.0)?;
            Ok::<_, String>((server.start_time.as_secs_f64(), server.resident()?))
        };
        let (time, large) = start(&self.large)?;
        self.report.add(&target.name, Row::Start, time);
        // The echo has no model: its time is that of starting any process.
        if target.protocol == Protocol::Echo {
            return Ok(());
        }
        let (_, small) = start(&self.small)?;
        let nodes = |file: &ModelFile| {
            file.model
                .devices
                .iter()
                .map(|device| device.nodes.len())
                .sum::<usize>()
        };
        let more = nodes(&self.large) - nodes(&self.small);
        self.report.add(&target.name, Row::Start, time);
        self.report
            .add(&target.name, Row::NodeMemory, (large - small) / more as f64);
        Ok(())
    }

    fn reports(&mut self, target: &Target) -> Result {
        let Some(command) = &target.reporting else {
            return Ok(());
        };
        let start = |bench: &Self, blocks| {
            Reporting::start(command, &bench.reporting, &bench.processors.0, blocks)
        };
        let (rate, lost) = start(self, 1)?.free_run()?;
        self.report.add(&target.name, Row::Reports, rate);
        self.report.add(&target.name, Row::ReportsLost, lost);
        let steady = start(self, 1)?.steady(self.duration / 3)?;
        self.report.add(&target.name, Row::ReportsSteady, steady);
        let latencies = start(self, 1)?.latencies(1000, self.duration)?;
        for (part, row) in [(0.5, Row::ReportP50), (0.99, Row::ReportP99)] {
            let at = ((latencies.len() - 1) as f64 * part).round() as usize;
            self.report.add(&target.name, row, latencies[at]);
        }
        for (blocks, row) in ENABLED {
            let each = start(self, blocks)?.cpu_per_change(blocks, self.duration)?;
            self.report.add(&target.name, row, each);
        }
        Ok(())
    }

    fn wake_ups(&mut self, target: &Target) -> Result {
        let server = self.server(target)?;
        self.count_wake_ups(target, Row::WakeUpsAlone, &server)?;
        let _connection = target.protocol.connect(server.address)?;
        self.count_wake_ups(target, Row::WakeUps, &server)
    }

    /// Context switches of the server's threads over twice the duration, after a moment to settle.
    fn count_wake_ups(&mut self, target: &Target, row: Row, server: &Server) -> Result {
        std::thread::sleep(Duration::from_millis(200));
        let begin = Instant::now();
        let before = server.switches()?;
        std::thread::sleep(self.duration * 2);
        let after = server.switches()?;
        let elapsed = begin.elapsed().as_secs_f64();
        let count: f64 = after
            .iter()
            .map(|(thread, count)| count - before.get(thread).unwrap_or(&0.0))
            .sum();
        self.report.add(&target.name, row, count / elapsed);
        Ok(())
    }
}
