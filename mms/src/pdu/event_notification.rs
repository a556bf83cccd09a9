//! eventNotification: ISO 9506-2 `EventNotification`.

use super::event::{
    AlarmAckRule, ConditionReference, ConditionState, EventTime, only_name, write_name,
};
use super::event_condition::octet;
use super::wire::skip_extensions;
use crate::ObjectName;
use crate::ber::{BerError, Reader, Tag, Writer, boolean, integer};

pub(super) const EVENT_NOTIFICATION: Tag = Tag::context_constructed(2);

/// An event has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventNotification<'a> {
    /// The event enrolment that asked for it.
    pub enrollment: ObjectName<'a>,
    /// The event condition.
    pub condition: ConditionReference<'a>,
    /// How serious it is: 0 most, 127 least.
    pub severity: u8,
    /// The state of the condition now.
    pub state: Option<ConditionState>,
    /// When it came to be.
    pub time: EventTime,
    /// Whether notifications were lost before this one.
    pub notification_lost: bool,
    /// Whether and when it is to be acknowledged.
    pub ack_rule: Option<AlarmAckRule>,
    /// What the event action came to, as it came.
    pub action_result: Option<&'a [u8]>,
}

impl<'a> EventNotification<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let state = |content| integer(content).map(ConditionState::from_code);
        let rule = |content| integer(content).map(AlarmAckRule::from_code);
        let notification = EventNotification {
            enrollment: only_name(r.expect(Tag::context_constructed(0))?)?,
            condition: ConditionReference::decode(r.expect(Tag::context_constructed(1))?)?,
            severity: octet(r.expect(Tag::context(2))?)?,
            state: r.optional(Tag::context(3))?.map(state).transpose()?,
            time: EventTime::decode(r.expect(Tag::context_constructed(4))?)?,
            notification_lost: r.optional(Tag::context(6))?.map_or(Ok(false), boolean)?,
            ack_rule: r.optional(Tag::context(7))?.map(rule).transpose()?,
            action_result: r.optional(Tag::context_constructed(8))?,
        };
        skip_extensions(&mut r, 9)?;
        Ok(notification)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(EVENT_NOTIFICATION, |w| {
            write_name(w, Tag::context_constructed(0), &self.enrollment);
            self.condition.encode(w, Tag::context_constructed(1));
            w.unsigned(Tag::context(2), self.severity.into());
            if let Some(state) = self.state {
                w.integer(Tag::context(3), state.code());
            }
            self.time.encode(w, Tag::context_constructed(4));
            // False is the default.
            if self.notification_lost {
                w.boolean(Tag::context(6), true);
            }
            if let Some(rule) = self.ack_rule {
                w.integer(Tag::context(7), rule.code());
            }
            if let Some(result) = self.action_result {
                w.primitive(Tag::context_constructed(8), result);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ber::Reader;

    #[test]
    fn as_hat_drivers_writes_it() {
        // Enrolment D/E, condition D/C without a choice around it, severity 7, sequence number 3.
        let octets = [
            0xa2, 0x1f, 0xa0, 8, 0xa1, 6, 0x1a, 1, b'D', 0x1a, 1, b'E', 0xa1, 8, 0xa1, 6, 0x1a, 1,
            b'D', 0x1a, 1, b'C', 0x82, 1, 7, 0xa4, 3, 0x81, 1, 3,
        ];
        let mut octets = octets.to_vec();
        octets[1] = (octets.len() - 2) as u8;
        let tlv = Reader::new(&octets).any().unwrap();
        let notification = EventNotification::decode(tlv.content).unwrap();
        let condition = ObjectName::domain("D", "C");
        assert_eq!(notification.condition, ConditionReference::Bare(condition));
        assert_eq!(notification.time, EventTime::Sequence(3));
        assert!(!notification.notification_lost);
        let mut again = vec![];
        notification.encode(&mut Writer::unbounded(&mut again));
        assert_eq!(again, octets);
    }
}
