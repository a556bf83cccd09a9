//! Where messages stand in the series of a publisher.

use super::frame::{GooseFrame, GoosePdu};
use crate::link::{Arrival, MacAddress, VlanTag};
use mms::UtcTime;
use std::time::{Duration, Instant};

/// What was in the last message that counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) source: MacAddress,
    pub(super) destination: MacAddress,
    pub(super) vlan: Option<VlanTag>,
    pub(super) app_id: u16,
    pub(super) st_num: u32,
    pub(super) sq_num: u32,
    pub(super) t: UtcTime,
    pub(super) time_allowed_to_live: u32,
    pub(super) conf_rev: u32,
    pub(super) simulation: bool,
    pub(super) nds_com: bool,
    pub(super) valid_until: Instant,
}

/// What is remembered of a message.
pub(super) fn last(arrival: Arrival, frame: &GooseFrame<'_>) -> Last {
    let pdu = &frame.pdu;
    let allowed = Duration::from_millis(pdu.time_allowed_to_live.into());
    Last {
        source: frame.ethernet.source,
        destination: frame.ethernet.destination,
        vlan: frame.ethernet.vlan,
        app_id: frame.header.app_id,
        st_num: pdu.st_num,
        sq_num: pdu.sq_num,
        t: pdu.t,
        time_allowed_to_live: pdu.time_allowed_to_live,
        conf_rev: pdu.conf_rev,
        simulation: frame.is_simulated(),
        nds_com: pdu.nds_com,
        valid_until: arrival.instant + allowed,
    }
}

/// Where a message stands in the series.
pub(super) enum Step {
    New { missed: u32, restart: bool },
    Again { lost: u32 },
    Duplicate,
    Old,
}

/// The number behind `number` in a series that comes back to 1, and how far `found` is from it.
fn ahead(number: u32, found: u32) -> u32 {
    let distance = found.wrapping_sub(number);
    // 0 is left out when the numbers come round.
    if found < number {
        distance.wrapping_sub(1)
    } else {
        distance
    }
}

/// How far ahead a number may be to be a later one, not an earlier.
const HALF: u32 = 1 << 31;

/// Of a message that came in time.
pub(super) fn step(last: &Last, pdu: &GoosePdu<'_>) -> Step {
    if pdu.st_num == last.st_num {
        if pdu.sq_num == last.sq_num {
            return match began_again(last, pdu) {
                true => RESTART,
                false => Step::Duplicate,
            };
        }
        let distance = ahead(last.sq_num, pdu.sq_num);
        return match distance {
            1..HALF if pdu.sq_num != 0 => Step::Again { lost: distance - 1 },
            _ if began_again(last, pdu) => RESTART,
            _ => Step::Old,
        };
    }
    let distance = ahead(last.st_num, pdu.st_num);
    match distance {
        1..HALF => Step::New {
            missed: distance - 1,
            restart: false,
        },
        _ if began_again(last, pdu) => RESTART,
        _ => Step::Old,
    }
}

const RESTART: Step = Step::New {
    missed: 0,
    restart: true,
};

/// Whether numbers that seem old are those of a publisher that has begun again: an old message has
/// an old time.
fn began_again(last: &Last, pdu: &GoosePdu<'_>) -> bool {
    pdu.t.time_in_ns() > last.t.time_in_ns()
}

/// Of a message after a silence longer than timeAllowedtoLive.
pub(super) fn after_silence(last: &Last, pdu: &GoosePdu<'_>) -> Step {
    if pdu.st_num == last.st_num && pdu.t == last.t {
        let distance = ahead(last.sq_num, pdu.sq_num);
        if (1..HALF).contains(&distance) {
            return Step::Again { lost: distance - 1 };
        }
    }
    let distance = ahead(last.st_num, pdu.st_num);
    match distance {
        1..HALF => Step::New {
            missed: distance - 1,
            restart: false,
        },
        _ => RESTART,
    }
}
