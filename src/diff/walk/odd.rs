//! Requests that no ordinary client sends.

use super::Walk;
use crate::diff::request::{Request, name, octets};
use crate::diff::session::Stop;
use mms::ber::Tag;
use mms::pdu::{
    self, AccessAttributesRequest, NameListRequest, ObjectClass, ObjectScope, write_read_request,
};

/// Larger than the invoke ids of the session: an answer is told from those to ordinary requests.
const INVOKE_ID: u32 = 40_000;

impl Walk<'_> {
    pub(super) fn odd(&mut self) -> Result<(), Stop> {
        let association = self.association();
        match self.random.below(12) {
            0..2 => self.unknown_service(association),
            2 => {
                let pdu = octets(|w| pdu::write_cancel_request(w, INVOKE_ID));
                self.raw(association, "cancel", "cancel of nothing", pdu)
            }
            3 => {
                let tag = Tag::context_constructed(14 + self.random.below(16) as u8);
                let pdu = octets(|w| w.constructed(tag, |w| w.unsigned(Tag::INTEGER, 1)));
                self.raw(association, "malformed", "PDU of an unknown type", pdu)
            }
            4 => self.conclude(association),
            _ => self.damaged(association),
        }
    }

    fn raw(
        &mut self,
        association: usize,
        service: &'static str,
        what: &str,
        pdu: Vec<u8>,
    ) -> Result<(), Stop> {
        self.session
            .ask(Request::raw(association, service, what, pdu))?;
        Ok(())
    }

    /// Services that are not served, or that nobody has.
    fn unknown_service(&mut self, association: usize) -> Result<(), Stop> {
        let numbers = [
            3, 7, 8, 9, 10, 14, 15, 16, 17, 18, 19, 20, 25, 26, 27, 35, 38, 40, 43, 44, 50, 60, 64,
            69, 79,
        ];
        let number = *self.random.pick(&numbers).unwrap_or(&60);
        let tag = match self.random.chance(0.5) {
            true => Tag::context(number),
            false => Tag::context_constructed(number),
        };
        let content: &[u8] = match self.random.chance(0.5) {
            true => &[],
            false => &[0x80, 1, 0],
        };
        let what = format!("service {number}");
        let request = Request::new(association, "unknown-service", what, |w| {
            w.primitive(tag, content);
        });
        self.session.ask(request)?;
        Ok(())
    }

    fn conclude(&mut self, association: usize) -> Result<(), Stop> {
        let pdu = octets(pdu::write_conclude_request);
        self.raw(association, "conclude", "conclude", pdu)?;
        self.session.reconnect(association)
    }

    /// A request that only asks, with something wrong in it.
    fn damaged(&mut self, association: usize) -> Result<(), Stop> {
        let (domain, item) = self.variable_name();
        let kind = self.random.below(3);
        let mut pdu = octets(|w| {
            pdu::write_confirmed_request(w, INVOKE_ID, |w| match kind {
                0 => write_read_request(w, false, [name(&domain, &item)]),
                1 => AccessAttributesRequest::Name(name(&domain, &item)).encode(w),
                _ => NameListRequest {
                    class: ObjectClass::NamedVariable,
                    scope: ObjectScope::Domain(&domain),
                    continue_after: None,
                }
                .encode(w),
            });
        });
        let at = self.random.below(pdu.len());
        let how = match self.random.below(4) {
            0 => {
                pdu.truncate(at.max(1));
                "cut short"
            }
            1 => {
                let bit = 1 << self.random.below(8);
                if let Some(octet) = pdu.get_mut(at) {
                    *octet ^= bit;
                }
                "with another bit"
            }
            2 => {
                pdu.insert(at, self.random.below(256) as u8);
                "with an octet too many"
            }
            _ => {
                pdu.extend([0, 0, 0]);
                "with octets behind it"
            }
        };
        let what = format!("request for {domain}/{item} {how}");
        self.raw(association, "malformed", &what, pdu)
    }
}
