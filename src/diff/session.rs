//! Associations with both servers, what is asked on them, and what came of it.

use super::compare;
use super::decode::{self, Expected};
use super::engine::Engines;
use super::findings::{Came, Difference, Findings, encodings, lines_of, success};
use super::known::KnownDifferences;
use super::link::{Incoming, Link};
use super::pair::{Pair, Side};
use super::request::{Form, Request, octets};
use mms::pdu::{self, IdentifyRequest, Pdu};
use mms::{MmsValue, TypeDescription};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Associations with each server: two clients, so that one can be in the other's way.
pub(super) const ASSOCIATIONS: usize = 2;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a report may take that the other server has sent already.
const REPORT_PATIENCE: Duration = Duration::from_millis(1500);
/// How long reports are waited for that perhaps no server sends: some turns of libiec61850's loop.
const QUIET: Duration = Duration::from_millis(30);
/// How long a server may take to notice that an association is over.
const FAREWELL: Duration = Duration::from_millis(120);
/// Entry identifiers of both servers that are kept, to ask for the reports behind them.
const ENTRIES: usize = 64;

/// Why the comparison ended before all was compared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A difference was found that is not known.
    Different,
    /// As many steps, or as much time, as wanted.
    Enough,
    /// The user asked for it.
    Interrupted,
    /// A server cannot be reached, or does not start.
    Failed(String),
}

/// How far to go.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Requests at random, behind the survey.
    pub(crate) steps: u64,
    pub(crate) until: Option<Instant>,
    /// Whether to go on behind the first difference that is not known.
    pub(crate) keep_going: bool,
}

/// The answers to a request.
#[derive(Debug)]
pub(super) struct Answer {
    /// Empty where there is none.
    pub(super) pdus: Pair<Vec<u8>>,
    /// Whether both answers were the same, or differ only as is known.
    pub(super) agreed: bool,
}

pub(crate) struct Session {
    engines: Engines,
    pub(super) names: Pair<String>,
    associations: Vec<Pair<Link>>,
    /// Reports that came on one side and not yet on the other, by association and what they are about.
    reports: BTreeMap<(usize, String), Pair<VecDeque<Vec<u8>>>>,
    /// Identifiers of entries that both servers have, each in its own words.
    pub(super) entries: VecDeque<Pair<Vec<u8>>>,
    /// Whether reports can come.
    pub(super) expects_reports: bool,
    /// How often the servers, or an association, were made anew: what was set before is gone.
    pub(super) generation: u64,
    /// Whether the survey is over and requests are made at random.
    pub(super) walks: bool,
    walked: u64,
    next_invoke_id: u32,
    since: u32,
    limits: Limits,
    interrupted: watch::Receiver<bool>,
    pub(super) known: KnownDifferences,
    pub(super) findings: Findings,
}

impl Session {
    pub(crate) fn open(
        engines: Engines,
        limits: Limits,
        known: KnownDifferences,
        interrupted: watch::Receiver<bool>,
    ) -> Result<Self, Stop> {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs() as u32)
            .saturating_sub(5);
        let mut session = Session {
            names: engines.names(),
            engines,
            associations: Vec::new(),
            reports: BTreeMap::new(),
            entries: VecDeque::new(),
            expects_reports: false,
            generation: 0,
            walks: false,
            walked: 0,
            next_invoke_id: 1,
            since,
            limits,
            interrupted,
            known,
            findings: Findings::default(),
        };
        session.associate()?;
        Ok(session)
    }

    pub(crate) fn findings(&self) -> &Findings {
        &self.findings
    }

    pub(crate) fn known(&self) -> &KnownDifferences {
        &self.known
    }

    /// Opens all associations anew.
    fn associate(&mut self) -> Result<(), Stop> {
        self.associations.clear();
        self.reports.clear();
        self.entries.clear();
        self.generation += 1;
        for _ in 0..ASSOCIATIONS {
            let link = self.link()?;
            self.associations.push(link);
        }
        Ok(())
    }

    fn link(&self) -> Result<Pair<Link>, Stop> {
        self.engines
            .addresses()
            .map(Link::open)
            .transpose()
            .map_err(Stop::Failed)
    }

    /// Ends an association without a word and makes it anew.
    pub(super) fn reconnect(&mut self, association: usize) -> Result<(), Stop> {
        self.begin_step()?;
        tracing::debug!(
            step = self.findings.steps,
            association,
            "goes and comes back"
        );
        self.replace(association)
    }

    fn replace(&mut self, association: usize) -> Result<(), Stop> {
        let addresses = self.engines.addresses();
        let failed = |error| Stop::Failed(error);
        if let Some(pair) = self.associations.get_mut(association) {
            for (link, address) in [
                (&mut pair.left, addresses.left),
                (&mut pair.right, addresses.right),
            ] {
                // The old one is closed when the new one is there: a server that is full would refuse it otherwise at most once.
                *link = Link::open(address).map_err(failed)?;
            }
        }
        self.reports.retain(|(of, _), _| *of != association);
        self.generation += 1;
        // Servers notice the end of the old association in their own time.
        std::thread::sleep(FAREWELL);
        Ok(())
    }

    /// Starts both servers anew, where they are ours to start.
    fn restart(&mut self) -> Result<(), Stop> {
        tracing::debug!("the servers are started anew");
        if self.engines.restart().map_err(Stop::Failed)? {
            self.findings.restarts += 1;
            self.associate()?;
        }
        Ok(())
    }

    fn begin_step(&mut self) -> Result<(), Stop> {
        if *self.interrupted.borrow() {
            return Err(Stop::Interrupted);
        }
        let late = self
            .limits
            .until
            .is_some_and(|until| until <= Instant::now());
        if late || self.walked >= self.limits.steps {
            return Err(Stop::Enough);
        }
        self.walked += u64::from(self.walks);
        self.findings.steps += 1;
        Ok(())
    }

    /// Lets a value of the process change on both servers. `false`: nothing can be changed there.
    pub(super) fn update(&mut self, reference: &str, value: &MmsValue) -> Result<bool, Stop> {
        self.begin_step()?;
        let what = format!("process: {reference} := {value}");
        if !self
            .engines
            .update(reference, value)
            .map_err(Stop::Failed)?
        {
            return Ok(false);
        }
        self.settle(&Request::raw(0, "process", what, Vec::new()))?;
        Ok(true)
    }

    /// Compares the initiate responses of the first association.
    pub(super) fn compare_initiate(&mut self) -> Result<(), Stop> {
        self.begin_step()?;
        let Some(first) = self.associations.first() else {
            return Ok(());
        };
        let answers = first.as_ref().map(|link| Came {
            pdus: vec![link.accepted.clone()],
            end: None,
        });
        let request = Request::raw(0, "initiate", "initiate", Vec::new());
        self.judge(&request, request.octets.clone(), answers)?;
        Ok(())
    }

    /// Asks both servers and compares the answers.
    pub(super) fn ask(&mut self, request: Request) -> Result<Answer, Stop> {
        self.begin_step()?;
        tracing::debug!(
            step = self.findings.steps,
            association = request.association,
            "{}",
            request.what
        );
        let invoke_id = self.invoke_id();
        let octets = match request.form {
            Form::Raw => request.octets.clone(),
            Form::Service => request.octets.as_ref().map(|service| {
                octets(|w| pdu::write_confirmed_request(w, invoke_id, |w| w.raw(service)))
            }),
        };
        let marker = (request.form == Form::Raw).then(|| self.invoke_id());
        let deadline = Instant::now() + PATIENCE;
        let Some(links) = self.associations.get_mut(request.association) else {
            return Err(Stop::Failed("no such association".to_owned()));
        };
        // Both have it before either is waited for.
        for (link, octets) in [
            (&mut links.left, &octets.left),
            (&mut links.right, &octets.right),
        ] {
            link.send(octets);
            if let Some(marker) = marker {
                link.send(&identify(marker));
            }
        }
        let last = marker.unwrap_or(invoke_id);
        let answers = Pair::new(
            self.collect(request.association, Side::Left, last, marker, deadline),
            self.collect(request.association, Side::Right, last, marker, deadline),
        );
        let pdus = answers
            .as_ref()
            .map(|came| came.pdus.first().cloned().unwrap_or_default());
        if tracing::enabled!(tracing::Level::DEBUG) {
            for line in decode::decode(&pdus.left, Expected::default()) {
                tracing::debug!("    {}", line.text());
            }
        }
        let is_over = answers.left.end.is_some() || answers.right.end.is_some();
        let same = self.judge(&request, octets, answers)?;
        if !same.agreed_on_state && request.changes {
            self.restart()?;
        } else if is_over {
            self.replace(request.association)?;
        } else {
            self.settle(&request)?;
        }
        Ok(Answer {
            pdus,
            agreed: same.agreed,
        })
    }

    fn invoke_id(&mut self) -> u32 {
        let id = self.next_invoke_id;
        self.next_invoke_id = if id >= 30_000 { 1 } else { id + 1 };
        id
    }

    /// What comes until the answer with the last invoke id. The answer to a marker is none to the request.
    fn collect(
        &mut self,
        association: usize,
        side: Side,
        last: u32,
        marker: Option<u32>,
        deadline: Instant,
    ) -> Came {
        let mut came = Came::default();
        loop {
            let Some(pair) = self.associations.get_mut(association) else {
                return came;
            };
            match pair.get_mut(side).next(deadline) {
                None => return came,
                Some(Incoming::End(end)) => {
                    came.end = Some(end);
                    return came;
                }
                Some(Incoming::Pdu(pdu)) if is_unconfirmed(&pdu) => {
                    self.note_report(association, side, pdu);
                }
                Some(Incoming::Pdu(pdu)) if is_concluded(&pdu) => {
                    // Nothing comes behind it, no answer to the marker either.
                    came.pdus.push(pdu);
                    return came;
                }
                Some(Incoming::Pdu(pdu)) => {
                    let answered = answered(&pdu);
                    let is_last = answered == Some(last);
                    if marker.is_none() && answered.is_some_and(|id| id != last) {
                        // An answer that comes after its time: it has been missed already.
                        continue;
                    }
                    if !(is_last && marker.is_some()) {
                        came.pdus.push(pdu);
                    }
                    if is_last {
                        return came;
                    }
                }
            }
        }
    }

    fn note_report(&mut self, association: usize, side: Side, pdu: Vec<u8>) {
        let key = (association, decode::subject(&pdu));
        self.reports
            .entry(key)
            .or_default()
            .get_mut(side)
            .push_back(pdu);
    }

    /// Waits for the reports that a request brings about, and compares them.
    fn settle(&mut self, request: &Request) -> Result<(), Stop> {
        // What only asks brings no reports about.
        let expected = self.expects_reports && (request.changes || request.service == "process");
        if !expected && self.reports.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        loop {
            let balanced = self
                .reports
                .values()
                .all(|pair| pair.left.len() == pair.right.len());
            let passed = start.elapsed();
            if passed >= QUIET && balanced || passed >= REPORT_PATIENCE {
                break;
            }
            let step = Instant::now() + Duration::from_millis(5);
            for association in 0..self.associations.len() {
                for side in [Side::Left, Side::Right] {
                    self.take_reports(association, side, step);
                }
            }
        }
        for ((association, subject), pair) in std::mem::take(&mut self.reports) {
            self.compare_reports(request, association, &subject, pair)?;
        }
        Ok(())
    }

    fn take_reports(&mut self, association: usize, side: Side, deadline: Instant) {
        loop {
            let Some(pair) = self.associations.get_mut(association) else {
                return;
            };
            let link = pair.get_mut(side);
            if link.is_over() {
                return;
            }
            match link.next(deadline) {
                Some(Incoming::Pdu(pdu)) if is_unconfirmed(&pdu) => {
                    self.note_report(association, side, pdu);
                }
                // An answer that comes after its time: it has been missed already.
                Some(Incoming::Pdu(_)) => {}
                Some(Incoming::End(_)) | None => return,
            }
        }
    }

    fn compare_reports(
        &mut self,
        request: &Request,
        association: usize,
        subject: &str,
        pair: Pair<VecDeque<Vec<u8>>>,
    ) -> Result<(), Stop> {
        let pair = self.in_the_same_order(pair);
        let count = pair.left.len().max(pair.right.len());
        let mut reports = pair.map(Vec::into_iter);
        for _ in 0..count {
            let pdus = reports.as_mut().map(|reports| reports.next());
            if let Pair {
                left: Some(left),
                right: Some(right),
            } = &pdus
                && let (Some(left), Some(right)) = (decode::entry_id(left), decode::entry_id(right))
            {
                if self.entries.len() >= ENTRIES {
                    self.entries.pop_front();
                }
                self.entries.push_back(Pair::new(left, right));
            }
            let came = pdus.map(|pdu| Came {
                pdus: pdu.into_iter().collect(),
                end: None,
            });
            let mut report = request.clone();
            report.association = association;
            report.service = "report";
            report.results.clear();
            report.what = format!("report {subject} after {}", request.what);
            self.judge(&report, request.octets.clone(), came)?;
        }
        Ok(())
    }

    /// Reports of control blocks that have the same RptID come in any order: those that are the same stand beside each other, the others behind them.
    fn in_the_same_order(&self, pair: Pair<VecDeque<Vec<u8>>>) -> Pair<Vec<Vec<u8>>> {
        let expected = Expected {
            since: self.since,
            ..Expected::default()
        };
        let decoded = |pdu: Vec<u8>| (decode::decode(&pdu, expected), pdu);
        let mut right: Vec<_> = pair.right.into_iter().map(decoded).collect();
        let (mut same, mut rest) = (Pair::new(Vec::new(), Vec::new()), Vec::new());
        for (lines, pdu) in pair.left.into_iter().map(decoded) {
            let twin = right
                .iter()
                .position(|(other, _)| compare::differences(&lines, other).is_empty());
            match twin {
                Some(at) => {
                    same.left.push(pdu);
                    same.right.push(right.remove(at).1);
                }
                None => rest.push(pdu),
            }
        }
        same.left.extend(rest);
        same.right.extend(right.into_iter().map(|(_, pdu)| pdu));
        same
    }

    /// Compares what came, and counts and tells what is different.
    fn judge(
        &mut self,
        request: &Request,
        octets: Pair<Vec<u8>>,
        answers: Pair<Came>,
    ) -> Result<Judgement, Stop> {
        self.findings.pdus += answers.left.pdus.len().max(answers.right.pdus.len()) as u64;
        if answers.left.pdus == answers.right.pdus && answers.left.end == answers.right.end {
            self.findings.equal += 1;
            return Ok(Judgement::SAME);
        }
        let results: Vec<(String, Option<&TypeDescription>)> = request
            .results
            .iter()
            .map(|(name, ty)| (name.clone(), ty.as_ref()))
            .collect();
        let expected = Expected {
            results: &results,
            since: self.since,
        };
        let lines = answers.as_ref().map(|came| lines_of(came, expected));
        let mut rows = compare::differences(&lines.left, &lines.right);
        if rows.is_empty() && answers.both(|came| came.pdus.len() == 1) {
            rows.extend(encodings(&answers, &lines));
        }
        if rows.is_empty() {
            self.findings.equal += 1;
            return Ok(Judgement::SAME);
        }
        let agreed_on_state =
            answers.left.end == answers.right.end && success(&lines.left) == success(&lines.right);
        let all = rows.len();
        rows.retain(|row| self.known.find(request.service, row).is_none());
        if rows.is_empty() {
            self.findings.known += 1;
            return Ok(Judgement {
                agreed: true,
                agreed_on_state,
            });
        }
        let kind = rows
            .first()
            .map_or_else(String::new, |row| compare::kind(request.service, row));
        tracing::debug!(%kind, all, "differs");
        match self
            .findings
            .differences
            .iter_mut()
            .find(|d| d.kind == kind)
        {
            Some(difference) => difference.count += 1,
            None => {
                let step = self.findings.steps;
                tracing::info!("step {step}: {kind}");
                self.findings.differences.push(Difference {
                    kind,
                    count: 1,
                    step,
                    association: request.association,
                    what: request.what.clone(),
                    request: decode::decode(&octets.left, Expected::default()),
                    octets,
                    answers: answers.map(|came| came.pdus),
                    lines,
                    rows,
                });
            }
        }
        if !self.limits.keep_going {
            return Err(Stop::Different);
        }
        Ok(Judgement {
            agreed: false,
            agreed_on_state,
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Judgement {
    agreed: bool,
    /// Whether both did it or both did not.
    agreed_on_state: bool,
}

impl Judgement {
    const SAME: Judgement = Judgement {
        agreed: true,
        agreed_on_state: true,
    };
}

fn is_unconfirmed(pdu: &[u8]) -> bool {
    pdu.first() == Some(&0xa3)
}

fn is_concluded(pdu: &[u8]) -> bool {
    matches!(pdu.first(), Some(0x8c | 0xad))
}

/// The invoke id of what is answered.
fn answered(pdu: &[u8]) -> Option<u32> {
    match Pdu::decode(pdu) {
        Ok(Pdu::ConfirmedResponse(response)) => Some(response.invoke_id),
        Ok(Pdu::ConfirmedError { invoke_id, .. }) => Some(invoke_id),
        Ok(Pdu::Reject { invoke_id, .. }) => invoke_id,
        Ok(_) => None,
        Err(error) => error.invoke_id,
    }
}

fn identify(invoke_id: u32) -> Vec<u8> {
    octets(|w| pdu::write_confirmed_request(w, invoke_id, |w| IdentifyRequest.encode(w)))
}
