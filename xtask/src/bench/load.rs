//! The load: connections and the loops that are timed. The echo and all servers go through the same loops.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::echo;
use super::model::Model;
use super::wire::{self, Deframer, InvokeIds, Step, Template};
use crate::Result;

/// How long one answer may take before the bench gives up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const BUFFER: usize = 128 * 1024;

/// A TCP connection with its input buffer.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, ANSWER_TIMEOUT)
            .map_err(|error| format!("connect to {address}: {error}"))?;
        stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(ANSWER_TIMEOUT)))
            .and_then(|()| stream.set_write_timeout(Some(ANSWER_TIMEOUT)))
            .map_err(|error| format!("socket options: {error}"))?;
        Ok(Self {
            stream,
            buffer: vec![0; 4096],
            start: 0,
            end: 0,
        })
    }

    fn send(&mut self, bytes: &[u8]) -> Result {
        self.stream
            .write_all(bytes)
            .map_err(|error| format!("send: {error}"))
    }

    fn input(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Takes the next message that comes; `None` when none is complete within `patience`.
    pub(super) fn receive<T>(
        &mut self,
        deframer: &mut Deframer,
        patience: Duration,
        take: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<Option<T>> {
        loop {
            match deframer.step(&self.buffer[self.start..self.end])? {
                Step::More => {}
                Step::Segment(length) => {
                    self.consume(length);
                    continue;
                }
                Step::Message(length, message) => {
                    let result = take(message).map(Some);
                    self.consume(length);
                    return result;
                }
            }
            let set = |wait| self.stream.set_read_timeout(Some(wait));
            set(patience).map_err(|error| format!("socket options: {error}"))?;
            let mut byte = [0];
            let waiting = match self.stream.peek(&mut byte) {
                Ok(_) => true,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    false
                }
                Err(error) => return Err(format!("receive: {error}")),
            };
            set(ANSWER_TIMEOUT).map_err(|error| format!("socket options: {error}"))?;
            if !waiting {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Waits for more input.
    fn fill(&mut self) -> Result {
        if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.end * 2 > self.buffer.len() {
                self.buffer.resize(BUFFER, 0);
            }
        }
        match self.stream.read(&mut self.buffer[self.end..]) {
            Ok(0) => Err("the server closed the connection".to_owned()),
            Ok(count) => {
                self.end += count;
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()))
            }
            Err(error) => Err(format!("receive: {error}")),
        }
    }

    /// Sends one request and hands its answer to `check`.
    pub(super) fn exchange<T>(
        &mut self,
        request: &[u8],
        check: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        self.send(request)?;
        let mut deframer = Deframer::default();
        loop {
            match deframer.step(&self.buffer[self.start..self.end])? {
                Step::More => self.fill()?,
                Step::Segment(length) => self.consume(length),
                Step::Message(length, message) => {
                    let result = check(message);
                    self.consume(length);
                    return result;
                }
            }
        }
    }

    /// Sends `request` and waits for `length` bytes, whatever they are.
    pub(super) fn exchange_bytes(&mut self, request: &[u8], length: usize) -> Result {
        self.send(request)?;
        let mut left = length;
        while left > 0 {
            self.fill()?;
            let here = self.input().len().min(left);
            self.consume(here);
            left -= here;
        }
        Ok(())
    }

    /// COTP, session, presentation, ACSE and MMS initiate.
    fn associate(&mut self) -> Result {
        self.send(&wire::CONNECT_REQUEST)?;
        loop {
            match *self.input() {
                [3, 0, 0, length, _, 0xd0, ..] if self.input().len() >= usize::from(length) => {
                    self.consume(usize::from(length));
                    break;
                }
                [_, _, _, _, _, other, ..] if other != 0xd0 => {
                    return Err(format!(
                        "association refused: TPDU {other:02x} instead of a connect confirm"
                    ));
                }
                _ => self.fill()?,
            }
        }
        self.exchange(&wire::ASSOCIATE_REQUEST, wire::check_associate_response)
    }
}

/// What the load talks to.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Protocol {
    Echo,
    Mms,
}

impl Protocol {
    /// Opens a connection that is ready for requests.
    pub(super) fn connect(self, address: SocketAddr) -> Result<Connection> {
        let mut connection = Connection::open(address)?;
        match self {
            Protocol::Mms => connection.associate()?,
            Protocol::Echo => {
                let connect = wire::CONNECT_REQUEST.len();
                echo::exchange_sizes(&mut connection, connect, connect)?;
                let associate = wire::ASSOCIATE_REQUEST.len();
                echo::exchange_sizes(&mut connection, associate, wire::ASSOCIATE_RESPONSE_LENGTH)?;
            }
        }
        Ok(connection)
    }
}

/// One kind of read, as it goes to a server and, with the same sizes, to the echo.
#[derive(Clone)]
pub(super) struct Work {
    template: Template,
    floats: usize,
}

impl Work {
    pub(super) fn one_float(model: &Model) -> Self {
        Self::of_node(model.first_domain(), super::model::FIRST_NODE)
    }

    /// A float of the last logical node of the last device.
    pub(super) fn last_float(model: &Model) -> Self {
        let device = model.devices.last();
        let domain = device.map_or("", |device| &device.domain);
        let node = device
            .and_then(|device| device.nodes.last())
            .map_or("", String::as_str);
        Self::of_node(domain, node)
    }

    fn of_node(domain: &str, node: &str) -> Self {
        let item = format!("{node}${}", super::model::FLOAT_OF_NODE);
        Self {
            template: Template::read_variable(domain, &item),
            floats: 1,
        }
    }

    pub(super) fn data_set(model: &Model) -> Self {
        let template = Template::read_list(model.first_domain(), super::model::DATA_SET);
        Self {
            template,
            floats: super::model::DATA_SET_MEMBERS,
        }
    }

    fn requester(&self, protocol: Protocol) -> Requester<'_> {
        let echo = match protocol {
            Protocol::Mms => None,
            Protocol::Echo => {
                let answer = Template::float_response(self.floats);
                let request = echo::request(self.template.len(), answer.len());
                Some(Echoed {
                    request,
                    answer,
                    bytes: Vec::new(),
                })
            }
        };
        Requester {
            work: self,
            ids: InvokeIds::new(),
            deframer: Deframer::default(),
            echo,
        }
    }
}

/// Makes requests and checks answers on one connection.
struct Requester<'a> {
    work: &'a Work,
    ids: InvokeIds,
    deframer: Deframer,
    echo: Option<Echoed>,
}

/// What goes to the echo, and what is checked in the place of the zeros that come back: the client's own work on
/// an answer must be the same for the echo, or it would be counted as the servers'.
struct Echoed {
    request: Vec<u8>,
    answer: Template,
    bytes: Vec<u8>,
}

impl Requester<'_> {
    fn append(&mut self, out: &mut Vec<u8>) {
        let id = self.ids.take();
        match &self.echo {
            Some(echo) => out.extend_from_slice(&echo.request),
            None => self.work.template.append(id, out),
        }
    }

    /// How many bytes the answer at the start of the input takes, and whether it is a whole one; `None` when there is
    /// none yet.
    fn take(&mut self, input: &[u8]) -> Result<Option<(usize, bool)>> {
        let input = match &mut self.echo {
            None => input,
            Some(echo) if input.len() < echo.answer.len() => return Ok(None),
            Some(echo) => {
                echo.bytes.clear();
                echo.answer.append(self.ids.oldest(), &mut echo.bytes);
                &echo.bytes
            }
        };
        match self.deframer.step(input)? {
            Step::More => Ok(None),
            Step::Segment(length) => Ok(Some((length, false))),
            Step::Message(length, message) => {
                self.ids
                    .answered(wire::check_floats(message, self.work.floats)?)?;
                Ok(Some((length, true)))
            }
        }
    }
}

/// What a timed loop counted.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) answers: u64,
    pub(super) elapsed: Duration,
    /// From request to answer, in microseconds; kept at depth 1 only.
    pub(super) latencies: Vec<f32>,
}

impl Tally {
    /// Answers per second.
    pub(super) fn rate(&self) -> f64 {
        self.answers as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this part (0 to 1) of the answers did not exceed.
    pub(super) fn quantile(&mut self, part: f64) -> Option<f64> {
        let last = self.latencies.len().checked_sub(1)?;
        let at = (last as f64 * part).round() as usize;
        Some(f64::from(
            *self.latencies.select_nth_unstable_by(at, f32::total_cmp).1,
        ))
    }
}

/// Keeps `depth` requests open on one connection for `duration`, then takes the answers that are still due.
pub(super) fn run(
    connection: &mut Connection,
    work: &Work,
    protocol: Protocol,
    depth: usize,
    duration: Duration,
) -> Result<Tally> {
    let mut requester = work.requester(protocol);
    let mut out = Vec::new();
    let mut tally = Tally::default();
    (0..depth).for_each(|_| requester.append(&mut out));
    let mut open = depth;
    let begin = Instant::now();
    let mut before = begin;
    while open > 0 {
        if !out.is_empty() {
            connection.send(&out)?;
            out.clear();
        }
        connection.fill()?;
        let running = begin.elapsed() < duration;
        while let Some((length, whole)) = requester.take(connection.input())? {
            connection.consume(length);
            if !whole {
                continue;
            }
            tally.answers += 1;
            open -= 1;
            if depth == 1 {
                let now = Instant::now();
                tally.latencies.push((now - before).as_secs_f32() * 1e6);
                before = now;
            }
            if running {
                requester.append(&mut out);
                open += 1;
            }
        }
    }
    tally.elapsed = begin.elapsed();
    Ok(tally)
}

/// [`run`] on several connections, each in its own thread.
pub(super) fn run_many(
    connections: &mut [Connection],
    work: &Work,
    protocol: Protocol,
    depth: usize,
    duration: Duration,
) -> Result<Tally> {
    let begin = Instant::now();
    let tallies = std::thread::scope(|scope| {
        let threads: Vec<_> = connections
            .iter_mut()
            .map(|connection| scope.spawn(move || run(connection, work, protocol, depth, duration)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err("a load thread panicked".to_owned()))
            })
            .collect::<Result<Vec<_>>>()
    })?;
    let answers = tallies.iter().map(|tally| tally.answers).sum();
    Ok(Tally {
        answers,
        elapsed: begin.elapsed(),
        latencies: Vec::new(),
    })
}

/// Opens and closes associations one after the other.
pub(super) fn run_associations(
    address: SocketAddr,
    protocol: Protocol,
    duration: Duration,
) -> Result<Tally> {
    let begin = Instant::now();
    let mut answers = 0;
    while begin.elapsed() < duration {
        drop(protocol.connect(address)?);
        answers += 1;
    }
    Ok(Tally {
        answers,
        elapsed: begin.elapsed(),
        latencies: Vec::new(),
    })
}

/// Sizes of request and answer of one exchange.
pub(super) type Sizes = (usize, usize);

/// Browses the whole model: domains, variables and variable lists of each, type of each logical node. Fails when
/// the names are not those of the model. Gives the sizes of all exchanges.
pub(super) fn browse(connection: &mut Connection, model: &Model) -> Result<Vec<Sizes>> {
    let mut browser = Browser {
        connection,
        ids: InvokeIds::new(),
        sizes: Vec::new(),
    };
    let domains = browser
        .name_list(|id, _| wire::domain_names_request(id))?
        .plain;
    if !domains
        .iter()
        .eq(model.devices.iter().map(|device| &device.domain))
    {
        return Err(format!("wrong answer: domains {domains:?}"));
    }
    for device in &model.devices {
        let domain = &device.domain;
        let variables = browser.name_list(|id, after| wire::names_request(id, 0, domain, after))?;
        if variables.count != device.variables || variables.plain.len() != device.nodes.len() {
            return Err(format!(
                "wrong answer: {domain} has {} variables and {} logical nodes instead of {} and {}",
                variables.count,
                variables.plain.len(),
                device.variables,
                device.nodes.len()
            ));
        }
        browser.name_list(|id, after| wire::names_request(id, 2, domain, after))?;
        for node in &variables.plain {
            browser.access_attributes(domain, node)?;
        }
    }
    Ok(browser.sizes)
}

/// What is kept of a name list.
#[derive(Default)]
struct Names {
    count: usize,
    /// Those without a `$`: domains and logical nodes.
    plain: Vec<String>,
}

struct Browser<'a> {
    connection: &'a mut Connection,
    ids: InvokeIds,
    sizes: Vec<Sizes>,
}

impl Browser<'_> {
    /// Asks for a name list until no more names follow.
    fn name_list(&mut self, request: impl Fn(u16, Option<&str>) -> Vec<u8>) -> Result<Names> {
        let mut all = Names::default();
        let mut last: Option<String> = None;
        loop {
            let request = request(self.ids.take(), last.as_deref());
            let more = self.connection.exchange(&request, |message| {
                self.sizes
                    .push((request.len(), wire::FRAME_OVERHEAD + message.len()));
                let list = wire::names(message)?;
                self.ids.answered(list.id)?;
                last = None;
                for name in list.names() {
                    let name = name?;
                    all.count += 1;
                    if !name.contains('$') {
                        all.plain.push(name.to_owned());
                    }
                    last = Some(name).filter(|_| list.more).map(str::to_owned);
                }
                Ok(list.more)
            })?;
            if !more {
                return Ok(all);
            }
            if last.is_none() {
                return Err("wrong answer: an empty name list with more to follow".to_owned());
            }
        }
    }

    fn access_attributes(&mut self, domain: &str, node: &str) -> Result {
        let request = wire::access_attributes_request(self.ids.take(), domain, node);
        self.connection.exchange(&request, |message| {
            self.sizes
                .push((request.len(), wire::FRAME_OVERHEAD + message.len()));
            self.ids.answered(wire::check_structure(message)?)
        })
    }
}
