//! What goes over a stream, kept for who wants to know why something failed.

use super::{Stream, TapedPdu};
use crate::decode::stream::{Stream as Tsdus, Unit};
use mms::osi::presentation;
use mms::osi::session::{self, Spdu};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// PDUs that are kept, and octets of each.
const KEPT: usize = 64;
const OCTETS: usize = 4096;
/// PDUs that are shown with a failure.
const SHOWN: usize = 6;

/// The last PDUs on all associations of a row.
#[derive(Clone, Default)]
pub(super) struct Tape(Arc<Mutex<VecDeque<TapedPdu>>>);

impl Tape {
    fn keep(&self, sent: bool, octets: &[u8]) {
        let mut tape = self.0.lock();
        if tape.len() == KEPT {
            tape.pop_front();
        }
        let octets = octets.get(..OCTETS).unwrap_or(octets).to_vec();
        tape.push_back(TapedPdu { sent, octets });
    }

    /// The last ones, but for those that end associations: what was wrong came before.
    pub(super) fn last(&self) -> Vec<TapedPdu> {
        let tape = self.0.lock();
        let first = |pdu: &TapedPdu| pdu.octets.first().copied();
        let ends = |pdu: &&TapedPdu| matches!(first(pdu), Some(0x8b | 0x8c | 9 | 10));
        let mut said: Vec<_> = tape.iter().filter(|pdu| !ends(pdu)).collect();
        // The call is shown where that is all there was: MMS begins with a context tag.
        if said.iter().any(|pdu| first(pdu) >= Some(0x80)) {
            said.retain(|pdu| first(pdu) >= Some(0x80));
        }
        let skip = said.len().saturating_sub(SHOWN);
        said.into_iter().skip(skip).cloned().collect()
    }

    /// A stream whose PDUs are kept, and what keeps it from being read.
    pub(super) fn tapped(&self, stream: Box<dyn Stream>) -> Tapped {
        Tapped {
            stream,
            gate: Gate::default(),
            tape: self.clone(),
            sides: [Side::default(), Side::default()],
        }
    }
}

#[derive(Default)]
struct Side {
    tsdus: Tsdus,
    /// Octets that went through.
    count: u32,
}

/// A stream that is listened to.
pub(super) struct Tapped {
    stream: Box<dyn Stream>,
    gate: Gate,
    tape: Tape,
    /// What we send, and what comes.
    sides: [Side; 2],
}

/// Keeps a stream from being read.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    pub(super) fn close(&self) {
        self.0.lock().0 = true;
    }

    pub(super) fn open(&self) {
        let waker = {
            let mut gate = self.0.lock();
            gate.0 = false;
            gate.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Tapped {
    pub(super) fn gate(&self) -> Gate {
        self.gate.clone()
    }

    fn hear(&mut self, sent: bool, octets: &[u8]) {
        let [there, back] = &mut self.sides;
        let side = if sent { there } else { back };
        let units = side.tsdus.take(side.count, false, octets);
        side.count = side.count.wrapping_add(octets.len() as u32);
        for unit in units {
            let Unit::Data(tsdu) = unit else {
                continue;
            };
            // The association request is not MMS alone; it is shown as it is.
            let Ok(Spdu::Data(data)) = session::decode(&tsdu) else {
                self.tape.keep(sent, &tsdu);
                continue;
            };
            match presentation::decode_user_data(data) {
                Ok(values) => {
                    for value in values.values() {
                        match value {
                            Ok((_, mms)) => self.tape.keep(sent, mms),
                            Err(_) => self.tape.keep(sent, &tsdu),
                        }
                    }
                }
                Err(_) => self.tape.keep(sent, &tsdu),
            }
        }
    }
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        {
            let mut gate = self.gate.0.lock();
            if gate.0 {
                gate.1 = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some(octets) = buf.filled().get(before..).filter(|o| !o.is_empty()) {
            let octets = octets.to_vec();
            self.hear(false, &octets);
        }
        polled
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, octets);
        if let Poll::Ready(Ok(count)) = &polled {
            let octets = octets.get(..*count).unwrap_or_default().to_vec();
            self.hear(true, &octets);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
