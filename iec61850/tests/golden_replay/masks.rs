//! What is different in every run: times and the identifiers made of them.
//!
//! Everything was recorded on one day, so that such a value is known by the day in it. Ours has to
//! be of its kind and of now; an identifier has to be the same one wherever it comes back.

use crate::differences::SERVICES;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// Where the times of a recording lie: 2026-11-20, UTC, in the forms of the protocol.
const SECONDS: std::ops::Range<u64> = 0x6aff_8d80..0x6b00_df00;
const DAYS_SINCE_1984: u16 = 0x3d30;
const DIGITS: &[u8] = b"20261120";

/// How far from now a time may be: a run is shorter.
const NEAR: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Milliseconds of the day and days since 1984 (TimeOfEntry).
    BinaryTime,
    /// Milliseconds since 1970 (EntryID).
    EntryId,
    /// Seconds since 1970, fraction, quality.
    UtcTime,
    /// Digits (GeneralizedTime).
    Digits,
}

impl Kind {
    /// In octets.
    fn length(self) -> usize {
        match self {
            Kind::BinaryTime => 6,
            Kind::EntryId | Kind::UtcTime => 8,
            Kind::Digits => 19,
        }
    }
}

/// What one run has shown so far about the values in place of the recorded ones.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    /// The identifiers of this run by the recorded ones.
    entries: HashMap<[u8; 8], [u8; 8]>,
    /// How much later than the recording this run is, in milliseconds.
    shift: Option<i64>,
}

impl Masks {
    /// Whether an answer is the recorded one, but for what is different in every run.
    pub(crate) fn are_equal(&mut self, recorded: &[u8], ours: &[u8]) -> bool {
        if recorded == ours {
            return true;
        }
        let [theirs, own] = SERVICES;
        if let (Some(recorded), Some(ours)) =
            (recorded.strip_suffix(theirs), ours.strip_suffix(own))
        {
            return recorded == ours;
        }
        if recorded.len() != ours.len() {
            return false;
        }
        let mut left = recorded.to_vec();
        for (at, kind) in fields(recorded) {
            let range = at..at + kind.length();
            let (there, here) = (&recorded[range.clone()], &ours[range.clone()]);
            if there == here || self.fits(kind, there, here) {
                left[range].copy_from_slice(here);
            }
        }
        left == ours
    }

    fn fits(&mut self, kind: Kind, recorded: &[u8], ours: &[u8]) -> bool {
        match kind {
            Kind::BinaryTime => {
                let (then, now) = (binary_time(recorded), binary_time(ours));
                let is_near = (now - millis_now()).unsigned_abs() < NEAR.as_millis() as u64;
                if is_near {
                    self.shift = Some(now - then);
                }
                is_near
            }
            Kind::UtcTime => {
                let seconds = |b: &[u8]| u32::from_be_bytes([b[0], b[1], b[2], b[3]]);
                let away = i64::from(seconds(ours)) - millis_now() / 1000;
                recorded[7] == ours[7] && away.unsigned_abs() < NEAR.as_secs()
            }
            Kind::Digits => std::str::from_utf8(ours)
                .ok()
                .and_then(|text| {
                    chrono::NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S%.3fZ").ok()
                })
                .is_some_and(|time| {
                    let away = time.and_utc().timestamp_millis() - millis_now();
                    away.unsigned_abs() < NEAR.as_millis() as u64
                }),
            Kind::EntryId => {
                let recorded: [u8; 8] = recorded.try_into().expect("8 octets");
                let ours: [u8; 8] = ours.try_into().expect("8 octets");
                let other = self
                    .entries
                    .iter()
                    .any(|(r, o)| *o == ours && *r != recorded);
                !other && ours != [0; 8] && *self.entries.entry(recorded).or_insert(ours) == ours
            }
        }
    }

    /// What a client of this run sends in place of the recorded bytes.
    pub(crate) fn translated(&self, recorded: &[u8]) -> Vec<u8> {
        let mut bytes = recorded.to_vec();
        for (at, kind) in fields(recorded) {
            match kind {
                Kind::EntryId => {
                    let there: [u8; 8] = recorded[at..at + 8].try_into().expect("8 octets");
                    if let Some(ours) = self.entries.get(&there) {
                        bytes[at..at + 8].copy_from_slice(ours);
                    }
                }
                Kind::BinaryTime => {
                    if let Some(shift) = self.shift {
                        let time = binary_time(&recorded[at..at + 6]) + shift - EPOCH_1984;
                        let (days, millis) = (time / DAY, time % DAY);
                        bytes[at..at + 4].copy_from_slice(&(millis as u32).to_be_bytes());
                        bytes[at + 4..at + 6].copy_from_slice(&(days as u16).to_be_bytes());
                    }
                }
                Kind::UtcTime | Kind::Digits => {}
            }
        }
        bytes
    }
}

const DAY: i64 = 86_400_000;
/// 1984 in milliseconds since 1970.
const EPOCH_1984: i64 = 441_763_200_000;

/// In milliseconds since 1970.
fn binary_time(octets: &[u8]) -> i64 {
    let millis = u32::from_be_bytes([octets[0], octets[1], octets[2], octets[3]]);
    let days = u16::from_be_bytes([octets[4], octets[5]]);
    i64::from(days) * DAY + i64::from(millis) + EPOCH_1984
}

fn millis_now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.expect("after 1970").as_millis() as i64
}

/// Where values of the day of the recordings are: in front of each is its length.
fn fields(recorded: &[u8]) -> Vec<(usize, Kind)> {
    let mut fields = Vec::new();
    for at in 1..recorded.len() {
        match (recorded[at - 1], &recorded[at..]) {
            (6, [_, _, _, _, high, low, ..])
                if u16::from_be_bytes([*high, *low]) == DAYS_SINCE_1984 =>
            {
                fields.push((at, Kind::BinaryTime));
            }
            (19, [digits @ .., _]) if digits.len() >= 18 && digits.starts_with(DIGITS) => {
                fields.push((at, Kind::Digits));
            }
            (8, [octets @ .., _]) if octets.len() >= 7 => {
                let octets: [u8; 8] = recorded[at..at + 8].try_into().expect("8 octets");
                let number = u64::from_be_bytes(octets);
                if SECONDS.contains(&(number / 1000)) {
                    fields.push((at, Kind::EntryId));
                } else if at > 1 && recorded[at - 2] == 0x91 && SECONDS.contains(&(number >> 32)) {
                    fields.push((at, Kind::UtcTime));
                }
            }
            _ => {}
        }
    }
    fields
}

#[test]
fn only_values_of_the_day_are_masked() {
    let now = millis_now() - EPOCH_1984;
    let mut time = (((now % DAY) as u32).to_be_bytes()).to_vec();
    time.extend(((now / DAY) as u16).to_be_bytes());
    let with = |tag: &[u8], value: &[u8]| [tag, value].concat();
    let (recorded, ours) = (
        with(&[0x8c, 6], &[2, 0xcb, 0x6a, 0x35, 0x3d, 0x30]),
        with(&[0x8c, 6], &time),
    );
    let mut masks = Masks::default();
    assert!(masks.are_equal(&recorded, &ours));
    assert!(
        !masks.are_equal(&recorded, &with(&[0x8c, 6], &[0, 0, 0, 0, 0, 1])),
        "long ago"
    );
    assert_eq!(masks.translated(&recorded), ours);

    let entry = |last| with(&[0x89, 8], &[0, 0, 1, 0xa1, 0xf9, 0x0b, 0x5e, last]);
    let own = |last| with(&[0x89, 8], &[0, 0, 0, 0, 0, 0, 0, last]);
    assert!(masks.are_equal(&entry(1), &own(7)));
    assert!(masks.are_equal(&entry(1), &own(7)), "the same again");
    assert!(!masks.are_equal(&entry(1), &own(8)), "it was 7");
    assert!(!masks.are_equal(&entry(2), &own(7)), "7 is another");
    assert!(!masks.are_equal(&entry(2), &own(0)), "there is none");
    assert_eq!(masks.translated(&entry(1)), own(7));
    assert!(!masks.are_equal(&[0x85, 1, 1], &[0x85, 1, 2]));
    assert!(!masks.are_equal(
        &[0x91, 8, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x91, 8, 1, 0, 0, 0, 0, 0, 0, 0]
    ));
}
