//! The conformance checklist (reference section 9.2), walked: by a client against any control centre, and by both sides of ours in memory for
//! the conformance statement (PICS).
//!
//! A [`Checker`] is told how a control centre is reached, who we are to it, and what it may touch; [`Checker::run`] gives a [`RowResult`] for
//! each row, with the PDUs of what failed. [`pics`] is the conformance statement of this crate: every "yes" in it has just been tried.

mod association;
mod bilateral;
mod context;
mod data_sets;
mod devices;
mod other_blocks;
mod pics;
mod reference;
mod robustness;
mod rows;
mod tap;
mod transfer_sets;
mod values;

pub use context::Permits;
pub use pics::{Pics, pics};
pub use rows::{GROUPS, ROWS, Row};

use crate::client::ClientOptions;
use context::{Ctx, Outcome, Trouble};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A byte stream to a control centre.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A stream that is being opened.
pub type Dialling<'d> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send + 'd>>;

/// How a control centre is reached: each association has a stream of its own.
pub trait Dial: Send + Sync {
    /// Opens a stream.
    fn dial(&self) -> Dialling<'_>;
}

/// Reaches a control centre over TCP: `host:port`.
#[derive(Clone, Debug)]
pub struct DialTcp(pub String);

impl Dial for DialTcp {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async {
            let stream = TcpStream::connect(&self.0).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is as it should be.
    Pass,
    /// It is not.
    Fail(String),
    /// The control centre does not have what the row is about.
    NotOffered(String),
    /// It was not tried, because that would touch what may not be touched, or cannot be seen from outside.
    NotTried(String),
}

impl Verdict {
    /// `pass`, `fail`, `not offered` or `not tried`.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail(_) => "fail",
            Verdict::NotOffered(_) => "not offered",
            Verdict::NotTried(_) => "not tried",
        }
    }

    /// Why; empty for a pass.
    pub fn reason(&self) -> &str {
        match self {
            Verdict::Pass => "",
            Verdict::Fail(reason) | Verdict::NotOffered(reason) | Verdict::NotTried(reason) => {
                reason
            }
        }
    }
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(()) => Verdict::Pass,
            Err(Trouble::Fail(reason)) => Verdict::Fail(reason),
            Err(Trouble::NotOffered(reason)) => Verdict::NotOffered(reason),
            Err(Trouble::NotTried(reason)) => Verdict::NotTried(reason),
        }
    }
}

/// An MMS PDU that went over the wire while a row was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TapedPdu {
    /// Sent by us, not by the control centre.
    pub sent: bool,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// As `-> a0 0e 02 ...`, or `<- ` for what the control centre sent.
impl fmt::Display for TapedPdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.sent { "->" } else { "<-" })?;
        self.octets.iter().try_for_each(|o| write!(f, " {o:02x}"))
    }
}

/// What became of a row, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RowResult {
    /// The row.
    pub row: &'static Row,
    /// What became of it.
    pub verdict: Verdict,
    /// Of one that failed, the last MMS PDUs before that.
    pub pdus: Vec<TapedPdu>,
    /// How long it took.
    pub took: Duration,
}

/// Walks a control centre by the checklist.
pub struct Checker {
    dial: Arc<dyn Dial>,
    options: ClientOptions,
    permits: Permits,
}

impl fmt::Debug for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checker")
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}

impl Checker {
    /// Checks what `dial` reaches, as the client of these options. With an empty domain the only one the control centre shows is taken.
    pub fn new(dial: Arc<dyn Dial>, options: ClientOptions, permits: Permits) -> Self {
        Checker {
            dial,
            options,
            permits,
        }
    }

    /// Whether there is an association at all, so that it need not be said for each row that there is none.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn reach(&self) -> Result<(), String> {
        let ctx = self.context();
        match ctx.client().await {
            Ok(client) => {
                // What was to be seen is seen.
                let _ = client.conclude().await;
                Ok(())
            }
            Err(trouble) => Err(trouble.reason().to_owned()),
        }
    }

    fn context(&self) -> Ctx {
        Ctx::of_peer(
            self.dial.clone(),
            self.options.clone(),
            self.permits.clone(),
        )
    }

    /// The rows that say something of a server, in the order of the checklist.
    pub fn rows() -> impl Iterator<Item = &'static Row> {
        ROWS.iter().filter(|row| row.server.is_some())
    }

    /// Tries one row. Data sets and transfer sets that are made for it are taken back.
    pub async fn run(&self, row: &'static Row) -> RowResult {
        let ctx = self.context();
        match row.server {
            Some(probe) => run(&ctx, row, probe).await,
            None => RowResult {
                row,
                verdict: Verdict::NotTried("it says nothing of a server".to_owned()),
                pdus: Vec::new(),
                took: Duration::ZERO,
            },
        }
    }
}

/// A row cannot take longer than this; the longest wait of a probe is a third of it.
const LONGEST: Duration = Duration::from_secs(180);

async fn run(ctx: &Ctx, row: &'static Row, probe: rows::Probe) -> RowResult {
    let start = Instant::now();
    let outcome = tokio::time::timeout(LONGEST, probe(ctx)).await;
    let outcome = outcome.unwrap_or_else(|_| {
        let late = format!("not done after {} s", LONGEST.as_secs());
        Err(Trouble::Fail(late))
    });
    let verdict = Verdict::from(outcome);
    let pdus = match verdict {
        Verdict::Fail(_) => ctx.tape.last(),
        _ => Vec::new(),
    };
    ctx.finish().await;
    RowResult {
        row,
        verdict,
        pdus,
        took: start.elapsed(),
    }
}
