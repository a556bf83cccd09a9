//! Blocked data (block 3): values without tags, packed into one octet string.
//!
//! What the reference has of it, and what was chosen where it has nothing: the first octet is the number of the rule; then come the
//! special variables that are members of the data set, in its order (time stamp 4 octets, conditions 1, event code 2;
//! Transfer_Set_Name travels as a variable of its own); then the values, under rule 0 all in the order of the data set, under rules 1
//! and 2 each behind the number of its member in one or two octets.

use super::{
    DsConditions, Kind, PointType, PointValue, Quality, State, StateSupplemental, TimeStamp, Value,
};
use crate::{DecodeError, Special};

/// How the values of a blocked report are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BlockRule {
    /// Rule 0: all members.
    All,
    /// Rule 1: a number of one octet in front of each.
    Short,
    /// Rule 2: a number of two octets in front of each.
    Long,
}

impl BlockRule {
    pub(crate) fn number(self) -> u8 {
        match self {
            BlockRule::All => 0,
            BlockRule::Short => 1,
            BlockRule::Long => 2,
        }
    }

    /// The rule for changes of a data set with so many members, when the first one has the number `base`.
    pub(crate) fn of_changes(members: usize, base: u8) -> Self {
        match members + usize::from(base) <= 256 {
            true => BlockRule::Short,
            false => BlockRule::Long,
        }
    }

    /// Writes the number of a member.
    pub(crate) fn write_index(self, out: &mut Vec<u8>, index: usize) {
        match self {
            BlockRule::All => {}
            BlockRule::Short => out.push(index as u8),
            BlockRule::Long => out.extend((index as u16).to_be_bytes()),
        }
    }
}

/// Octets that are read one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockReader<'a>(&'a [u8]);

const TRUNCATED: DecodeError = DecodeError::WrongCount {
    what: "blocked data",
    expected: 1,
    found: 0,
};

impl<'a> BlockReader<'a> {
    /// Reads the rule, and gives what is behind it.
    pub(crate) fn begin(octets: &'a [u8]) -> Result<(BlockRule, Self), DecodeError> {
        let (rule, rest) = octets.split_first().ok_or(TRUNCATED)?;
        let rule = match rule {
            0 => BlockRule::All,
            1 => BlockRule::Short,
            2 => BlockRule::Long,
            other => {
                return Err(DecodeError::OutOfRange {
                    what: "blocking rule",
                    value: (*other).into(),
                });
            }
        };
        Ok((rule, BlockReader(rest)))
    }

    /// Octets without a rule in front.
    pub(crate) fn of(octets: &'a [u8]) -> Self {
        BlockReader(octets)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// The number of a member under a rule that has numbers.
    pub(crate) fn index(&mut self, rule: BlockRule) -> Result<usize, DecodeError> {
        Ok(match rule {
            BlockRule::Long => u16::from_be_bytes(self.take()?).into(),
            BlockRule::All | BlockRule::Short => self.take::<1>()?[0].into(),
        })
    }

    pub(crate) fn time(&mut self) -> Result<TimeStamp, DecodeError> {
        let seconds = i32::from_be_bytes(self.take()?);
        Ok(TimeStamp::from_seconds(seconds.into()))
    }

    pub(crate) fn conditions(&mut self) -> Result<DsConditions, DecodeError> {
        let [octet] = self.take()?;
        Ok(DsConditions::from_octet(octet))
    }

    pub(crate) fn event_code(&mut self) -> Result<i16, DecodeError> {
        Ok(i16::from_be_bytes(self.take()?))
    }

    /// A value of this type.
    pub(crate) fn value(&mut self, ty: PointType) -> Result<PointValue, DecodeError> {
        let structured = ty.is_structure();
        let mut value = match ty.kind {
            Kind::Real => PointValue::real(f32::from_be_bytes(self.take()?)),
            Kind::Discrete => PointValue::discrete(i32::from_be_bytes(self.take()?)),
            Kind::StateSupplemental => {
                let [octet] = self.take()?;
                Value::Supplemental(StateSupplemental::from_octet(octet)).into()
            }
            // The state is in its flags, at the end.
            Kind::State => PointValue::state(State::Between),
        };
        if ty.has_time() {
            let seconds = self.time()?;
            value.time = Some(match ty.form {
                super::Form::QTimeTagExtended => {
                    let ms = i16::from_be_bytes(self.take()?);
                    TimeStamp::from_ms(seconds.ms() + i64::from(ms.clamp(0, 999)))
                }
                _ => seconds,
            });
        }
        if structured || ty.kind == Kind::State {
            let [flags] = self.take()?;
            value.quality = Some(Quality::from_octet(flags));
            if ty.kind == Kind::State {
                value.value = Value::State(State::from_code(flags >> 6));
            }
        }
        if ty.has_cov() {
            value.cov = Some(u16::from_be_bytes(self.take()?));
        }
        Ok(value)
    }
}

/// Writes a special variable; the name of the transfer set has no place here.
pub(crate) fn write_block_special(
    out: &mut Vec<u8>,
    special: Special,
    time: TimeStamp,
    conditions: DsConditions,
    event_code: i16,
) {
    match special {
        Special::TransferSetName => {}
        Special::TimeStamp => out.extend(time.gmt_based_s().to_be_bytes()),
        Special::Conditions => out.push(conditions.to_octet()),
        Special::EventCode => out.extend(event_code.to_be_bytes()),
    }
}

/// Writes a value as this type.
pub(crate) fn write_block_value(out: &mut Vec<u8>, ty: PointType, value: &PointValue) {
    let quality = value.quality.unwrap_or_default();
    match ty.kind {
        Kind::Real => out.extend(value.value.real().to_be_bytes()),
        Kind::Discrete => out.extend(value.value.discrete().to_be_bytes()),
        Kind::StateSupplemental => out.push(value.value.supplemental().to_octet()),
        Kind::State => {}
    }
    if ty.has_time() {
        let time = value.time.unwrap_or_default();
        out.extend(time.gmt_based_s().to_be_bytes());
        if ty.form == super::Form::QTimeTagExtended {
            out.extend(time.millisecond().to_be_bytes());
        }
    }
    match ty.kind {
        Kind::State => out.push(quality.to_state_octet(value.value.state())),
        _ if ty.is_structure() => out.push(quality.to_octet()),
        _ => {}
    }
    if ty.has_cov() {
        out.extend(value.cov.unwrap_or_default().to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Source;
    use proptest::prelude::*;

    fn octets(ty: &str, value: PointValue) -> Vec<u8> {
        let mut out = vec![];
        write_block_value(&mut out, ty.parse().unwrap(), &value);
        out
    }

    #[test]
    fn values_without_tags() {
        let entered = Quality {
            source: Source::Entered,
            abnormal: true,
            ..Quality::default()
        };
        let real = PointValue::real(12.5).with_quality(entered);
        assert_eq!(octets("Real", real), [0x41, 0x48, 0, 0]);
        assert_eq!(octets("RealQ", real), [0x41, 0x48, 0, 0, 0x0a]);
        let timed = real.at(TimeStamp::from_ms(0x6553_f100 * 1000 + 7));
        let expected = [0x41, 0x48, 0, 0, 0x65, 0x53, 0xf1, 0, 0, 7, 0x0a];
        assert_eq!(octets("RealQTimeTagExtended", timed), expected);
        let off = PointValue {
            cov: Some(300),
            ..PointValue::state(State::Off).with_quality(entered)
        };
        assert_eq!(octets("State", off), [0x4a]);
        assert_eq!(octets("StateExtended", off), [0, 0, 0, 0, 0x4a, 1, 0x2c]);
        assert_eq!(
            octets("Discrete", PointValue::discrete(-2)),
            [0xff, 0xff, 0xff, 0xfe]
        );
    }

    #[test]
    fn rules_by_the_number_of_members() {
        assert_eq!(BlockRule::of_changes(256, 0), BlockRule::Short);
        assert_eq!(BlockRule::of_changes(256, 1), BlockRule::Long);
        assert_eq!(BlockRule::of_changes(257, 0), BlockRule::Long);
        assert!(BlockReader::begin(&[]).is_err());
        let odd = BlockReader::begin(&[3]).unwrap_err();
        assert_eq!(odd.to_string(), "blocking rule 3 is out of range");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(kind in 0usize..20, number: i32, flags: u8, seconds: i32, ms in 0i64..1000, cov: u16) {
            let ty = PointType::all().nth(kind).unwrap();
            let value = match ty.kind {
                Kind::Real => Value::Real(number as f32),
                Kind::Discrete => Value::Discrete(number),
                Kind::State => Value::State(State::from_code(flags >> 6)),
                Kind::StateSupplemental => Value::Supplemental(StateSupplemental::from_octet(flags)),
            };
            let extended = ty.form == crate::types::Form::QTimeTagExtended;
            let ms = if extended { ms } else { 0 };
            let value = PointValue {
                value,
                quality: (ty.is_structure() || ty.kind == Kind::State).then(|| Quality::from_octet(flags)),
                time: ty.has_time().then(|| TimeStamp::from_ms(i64::from(seconds) * 1000 + ms)),
                cov: ty.has_cov().then_some(cov),
            };
            let mut out = vec![];
            write_block_value(&mut out, ty, &value);
            let mut reader = BlockReader(&out);
            prop_assert_eq!(reader.value(ty), Ok(value));
            prop_assert!(reader.is_empty());
            for cut in 0..out.len() {
                prop_assert!(BlockReader(&out[..cut]).value(ty).is_err());
            }
        }
    }
}
