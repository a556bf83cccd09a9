//! Transfer accounts (block 8) on the wire: `TATransferSet`, the request, and reports. Shapes and conditions are those of the reference; the
//! names of the variables of a report, and the components of its header, are a choice.

use super::read::Reading;
use super::{TimeStamp, words};
use crate::DecodeError;
use mms::{BitString, Component, DataView, MmsType, MmsValue, TypeDescription};
use std::fmt;

bitflags::bitflags! {
    /// What makes account data come (`TAConditions`). Bit 0 is the first one on the wire.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TaConditions: u8 {
        /// Before the hour: data of the hour to come.
        const BEFORE_THE_HOUR = 0x80;
        /// During the hour: data of this hour.
        const DURING_THE_HOUR = 0x40;
        /// After the hour: data of the hour that has ended.
        const AFTER_THE_HOUR = 0x20;
        /// Data of the period that runs have changed.
        const ACTUAL_DATA_CHANGE = 0x10;
        /// Data of a past period have changed.
        const PAST_DATA_CHANGE = 0x08;
        /// Data of a future period have changed.
        const OBJECT_CHANGE = 0x04;
        /// An operator asked for it.
        const OPERATOR_REQUEST = 0x02;
        /// The client asked for it.
        const REFERENCED_REQUEST = 0x01;
    }
}

impl TaConditions {
    const WORDS: [(TaConditions, &'static str); 8] = [
        (TaConditions::BEFORE_THE_HOUR, "before"),
        (TaConditions::DURING_THE_HOUR, "during"),
        (TaConditions::AFTER_THE_HOUR, "after"),
        (TaConditions::ACTUAL_DATA_CHANGE, "actual"),
        (TaConditions::PAST_DATA_CHANGE, "past"),
        (TaConditions::OBJECT_CHANGE, "future"),
        (TaConditions::OPERATOR_REQUEST, "operator"),
        (TaConditions::REFERENCED_REQUEST, "request"),
    ];

    /// The value on the wire.
    pub fn to_value(self) -> MmsValue {
        MmsValue::BitString(BitString::from_octets(&[self.bits()], 8))
    }

    /// Reads the value; missing bits are zero.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        view.octet().map(TaConditions::from_bits_truncate)
    }

    pub(crate) fn description() -> TypeDescription {
        TypeDescription::BitString(8)
    }
}

/// Words with commas: before, during, after, actual, past, future, operator, request.
impl fmt::Display for TaConditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        words::show(f, *self, &Self::WORDS)
    }
}

impl std::str::FromStr for TaConditions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        words::read(text, "condition of accounts", &Self::WORDS)
    }
}

fn component(name: &str, ty: TypeDescription) -> Component {
    Component {
        name: Some(name.to_owned()),
        ty,
    }
}

/// A transfer set of accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaTransferSet {
    /// What makes it report.
    pub conditions: TaConditions,
    /// Packed data; accounts have no packed form here.
    pub block_data: bool,
    /// Whether it is enabled.
    pub status: bool,
}

impl TaTransferSet {
    /// One that is enabled, for these conditions.
    pub fn new(conditions: TaConditions) -> Self {
        TaTransferSet {
            conditions,
            block_data: false,
            status: true,
        }
    }

    /// The value on the wire.
    pub fn to_value(self) -> MmsValue {
        MmsValue::Structure(vec![
            self.conditions.to_value(),
            MmsValue::Boolean(self.block_data),
            MmsValue::Boolean(self.status),
        ])
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let components = view.components("account transfer set", 3)?;
        let [conditions, block_data, status] = &components[..] else {
            return Err(DecodeError::UnknownShape);
        };
        Ok(TaTransferSet {
            conditions: TaConditions::decode(conditions)?,
            block_data: block_data.truth()?,
            status: status.truth()?,
        })
    }

    pub(crate) fn description() -> TypeDescription {
        TypeDescription::Structure(vec![
            component("TAConditionsRequested", TaConditions::description()),
            component("BlockData", TypeDescription::Boolean),
            component("Status", TypeDescription::Boolean),
        ])
    }
}

/// A request for the data of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaRequest {
    /// The account.
    pub reference: i32,
    /// From when on.
    pub start_time: TimeStamp,
    /// For how many seconds; 0 is all there is.
    pub duration: i32,
    /// Comes back in the reports.
    pub request_id: i32,
    /// What it is asked for by: [`TaConditions::REFERENCED_REQUEST`].
    pub conditions: TaConditions,
}

impl TaRequest {
    /// A request for an account: from a moment on, for so many seconds.
    pub fn new(reference: i32, start_time: TimeStamp, duration: i32) -> Self {
        TaRequest {
            reference,
            start_time,
            duration,
            request_id: 0,
            conditions: TaConditions::REFERENCED_REQUEST,
        }
    }

    /// The value on the wire.
    pub fn to_value(self) -> MmsValue {
        MmsValue::Structure(vec![
            self.reference.into(),
            self.start_time.gmt_based_s().into(),
            self.duration.into(),
            self.request_id.into(),
            self.conditions.to_value(),
        ])
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let components = view.components("account request", 5)?;
        let [reference, start_time, duration, request_id, conditions] = &components[..] else {
            return Err(DecodeError::UnknownShape);
        };
        Ok(TaRequest {
            reference: reference.int32("TransferAccountReference")?,
            start_time: start_time.time()?,
            duration: duration.int32("Duration")?,
            request_id: request_id.int32("RequestId")?,
            conditions: TaConditions::decode(conditions)?,
        })
    }

    pub(crate) fn description() -> TypeDescription {
        let integer = || TypeDescription::Integer(32);
        TypeDescription::Structure(vec![
            component("TransferAccountReference", integer()),
            component("StartTime", integer()),
            component("Duration", integer()),
            component("RequestId", integer()),
            component("TAConditionsRequested", TaConditions::description()),
        ])
    }
}

/// What a report says about an account before its data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaHeader {
    /// The account.
    pub reference: i32,
    /// The request it answers; 0 if it answers none.
    pub request_id: i32,
    /// The utility that sends.
    pub sender: String,
    /// The utility that receives.
    pub receiver: String,
    /// The beginning of the first period.
    pub start_time: TimeStamp,
    /// Seconds all periods last together.
    pub duration: i32,
    /// Seconds each period lasts.
    pub period: i32,
    /// Periods.
    pub periods: i32,
    /// Floating-point values of each period.
    pub floats: i32,
    /// Integer values of each period.
    pub integers: i32,
    /// Whether further reports belong to this one.
    pub more_follows: bool,
}

impl TaHeader {
    const NAMES: [&'static str; 11] = [
        "TransferAccountReference",
        "RequestId",
        "SendingUtility",
        "ReceivingUtility",
        "StartTime",
        "Duration",
        "PeriodResolution",
        "NumberOfPeriods",
        "FloatsPerPeriod",
        "IntegersPerPeriod",
        "MoreFollows",
    ];

    /// The value on the wire.
    pub fn to_value(&self) -> MmsValue {
        MmsValue::Structure(vec![
            self.reference.into(),
            self.request_id.into(),
            MmsValue::VisibleString(self.sender.clone()),
            MmsValue::VisibleString(self.receiver.clone()),
            self.start_time.gmt_based_s().into(),
            self.duration.into(),
            self.period.into(),
            self.periods.into(),
            self.floats.into(),
            self.integers.into(),
            MmsValue::Boolean(self.more_follows),
        ])
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let components = view.components("account header", Self::NAMES.len())?;
        let at = |place: usize| components.get(place).ok_or(DecodeError::UnknownShape);
        Ok(TaHeader {
            reference: at(0)?.int32("TransferAccountReference")?,
            request_id: at(1)?.int32("RequestId")?,
            sender: at(2)?.string()?,
            receiver: at(3)?.string()?,
            start_time: at(4)?.time()?,
            duration: at(5)?.int32("Duration")?,
            period: at(6)?.int32("PeriodResolution")?,
            periods: at(7)?.int32("NumberOfPeriods")?,
            floats: at(8)?.int32("FloatsPerPeriod")?,
            integers: at(9)?.int32("IntegersPerPeriod")?,
            more_follows: at(10)?.truth()?,
        })
    }

    pub(crate) fn description() -> TypeDescription {
        let ty = |name: &str| match name {
            "SendingUtility" | "ReceivingUtility" => TypeDescription::VisibleString(-32),
            "MoreFollows" => TypeDescription::Boolean,
            _ => TypeDescription::Integer(32),
        };
        let components = Self::NAMES.map(|name| component(name, ty(name)));
        TypeDescription::Structure(components.to_vec())
    }
}

/// The elements of an array, which some peers send as a structure; of at most so many.
pub(crate) fn array<'a>(
    view: &DataView<'a>,
    what: &'static str,
    expected: usize,
) -> Result<Vec<DataView<'a>>, DecodeError> {
    if !matches!(view.mms_type(), MmsType::Array | MmsType::Structure) {
        return Err(DecodeError::WrongType {
            expected: "an array",
            found: view.mms_type(),
        });
    }
    let elements: Vec<DataView<'a>> = view.elements().take(expected.saturating_add(1)).collect();
    match elements.len() == expected {
        true => Ok(elements),
        false => Err(DecodeError::WrongCount {
            what,
            expected,
            found: elements.len(),
        }),
    }
}

/// How many there are, by a number of a peer.
pub(crate) fn count(number: i32, what: &'static str) -> Result<usize, DecodeError> {
    // No PDU holds more.
    match usize::try_from(number) {
        Ok(count) if count <= 1 << 20 => Ok(count),
        _ => Err(DecodeError::OutOfRange {
            what,
            value: number.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::ber::Reader;
    use proptest::prelude::*;

    fn view(octets: &[u8]) -> DataView<'_> {
        DataView::decode(&mut Reader::new(octets)).unwrap()
    }

    #[test]
    fn words() {
        let both = TaConditions::BEFORE_THE_HOUR | TaConditions::OPERATOR_REQUEST;
        assert_eq!(both.to_string(), "before,operator");
        assert_eq!("before, operator".parse(), Ok(both));
        assert!("sometimes".parse::<TaConditions>().is_err());
        assert_eq!(TaConditions::empty().to_string(), "none");
        assert_eq!(both.to_value().to_bytes(), [0x84, 2, 0, 0x82]);
    }

    proptest! {
        #[test]
        fn all_of_them_round_trip(numbers: [i32; 6], conditions: u8, flags: [bool; 2], utilities in "[A-Z ]{0,8}x", time: i32) {
            let conditions = TaConditions::from_bits_truncate(conditions);
            let set = TaTransferSet { conditions, block_data: flags[0], status: flags[1] };
            prop_assert_eq!(TaTransferSet::decode(&view(&set.to_value().to_bytes())), Ok(set));
            let start_time = TimeStamp::from_seconds(time.into());
            let [reference, request_id, duration, period, periods, floats] = numbers;
            let request = TaRequest { reference, start_time, duration, request_id, conditions };
            prop_assert_eq!(TaRequest::decode(&view(&request.to_value().to_bytes())), Ok(request));
            let header = TaHeader {
                reference, request_id, sender: utilities.clone(), receiver: utilities, start_time, duration, period, periods,
                floats, integers: floats, more_follows: flags[0],
            };
            prop_assert_eq!(TaHeader::decode(&view(&header.to_value().to_bytes())), Ok(header));
        }

        #[test]
        fn anything_is_one_or_not(octets: Vec<u8>) {
            if let Ok(view) = DataView::decode(&mut Reader::new(&octets)) {
                let _ = (TaTransferSet::decode(&view), TaRequest::decode(&view), TaHeader::decode(&view));
                let _ = (array(&view, "x", 3), TaConditions::decode(&view));
            }
        }
    }
}
