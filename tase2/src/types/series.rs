//! Time series (block 9) on the wire: `TSTransferSet`, `TSConditions`, samples. The reference has the attributes; their order and types,
//! and the shape of the samples, are a choice.

use super::read::Reading;
use super::{
    PointType, PointValue, TimeStamp, decode_object_name, encode_object_name, object_name_type,
    words,
};
use crate::{DecodeError, Name};
use mms::ber::Writer;
use mms::data_writer::begin_structure;
use mms::{BitString, Component, DataView, MmsType, MmsValue, TypeDescription};
use std::fmt;

bitflags::bitflags! {
    /// What makes a time series report (`TSConditions`). Bit 0 is the first one on the wire.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TsConditions: u8 {
        /// The end time has come.
        const ENDING_TIME_ARRIVED = 0x80;
        /// The report interval is over.
        const REPORT_INTERVAL_TIME_OUT = 0x40;
        /// An operator asked for it.
        const OPERATOR_REQUEST = 0x20;
    }
}

impl TsConditions {
    const WORDS: [(TsConditions, &'static str); 3] = [
        (TsConditions::ENDING_TIME_ARRIVED, "end"),
        (TsConditions::REPORT_INTERVAL_TIME_OUT, "interval"),
        (TsConditions::OPERATOR_REQUEST, "operator"),
    ];

    /// The value on the wire: three bits.
    pub fn to_value(self) -> MmsValue {
        MmsValue::BitString(BitString::from_octets(&[self.bits()], 3))
    }

    /// Reads the value; missing bits are zero.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        view.octet().map(TsConditions::from_bits_truncate)
    }

    pub(crate) fn description() -> TypeDescription {
        TypeDescription::BitString(3)
    }
}

/// Words with commas: end, interval, operator.
impl fmt::Display for TsConditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        words::show(f, *self, &Self::WORDS)
    }
}

impl std::str::FromStr for TsConditions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        words::read(text, "condition of time series", &Self::WORDS)
    }
}

/// A transfer set of a time series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TsTransferSet {
    /// The data value that is sampled.
    pub data_value: Option<Name>,
    /// The moment of the first sample; 0 is now. One in the past brings what is stored.
    pub start_time: TimeStamp,
    /// The moment after which there are no more; 0 is never.
    pub end_time: TimeStamp,
    /// Seconds between samples.
    pub sample_interval: i32,
    /// Seconds between reports, with [`TsConditions::REPORT_INTERVAL_TIME_OUT`].
    pub report_interval: i32,
    /// What makes it report.
    pub conditions: TsConditions,
    /// Samples packed into an octet string (block 3).
    pub block_data: bool,
    /// Whether it is enabled.
    pub status: bool,
}

impl TsTransferSet {
    const NAMES: [&'static str; 8] = [
        "DataValueName",
        "StartTime",
        "EndTime",
        "SampleInterval",
        "ReportInterval",
        "TSConditionsRequested",
        "BlockData",
        "Status",
    ];

    /// Writes the value. `signed`: Scope as a signed integer.
    pub(crate) fn encode(&self, w: &mut Writer<'_>, signed: bool) {
        let structure = begin_structure(w);
        let none = Name::Vcc(String::new());
        encode_object_name(w, self.data_value.as_ref().unwrap_or(&none), signed);
        for number in [
            self.start_time.gmt_based_s(),
            self.end_time.gmt_based_s(),
            self.sample_interval,
            self.report_interval,
        ] {
            MmsValue::from(number).encode(w);
        }
        self.conditions.to_value().encode(w);
        MmsValue::Boolean(self.block_data).encode(w);
        MmsValue::Boolean(self.status).encode(w);
        w.end(structure);
    }

    /// The value on the wire.
    pub fn to_value(&self) -> MmsValue {
        let mut octets = Vec::new();
        self.encode(&mut Writer::unbounded(&mut octets), false);
        MmsValue::from_bytes(&octets).unwrap_or_else(|_| MmsValue::Structure(Vec::new()))
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let components = view.components("time series transfer set", Self::NAMES.len())?;
        let at = |place: usize| components.get(place).ok_or(DecodeError::UnknownShape);
        let seconds = |place: usize, what| {
            let number = at(place)?.int32(what)?;
            match number {
                0.. => Ok(number),
                _ => Err(DecodeError::OutOfRange {
                    what,
                    value: number.into(),
                }),
            }
        };
        Ok(TsTransferSet {
            // A set that is not used names nothing.
            data_value: match decode_object_name(at(0)?) {
                Ok(name) => Some(name),
                Err(DecodeError::NoName { .. }) => None,
                Err(error) => return Err(error),
            },
            start_time: at(1)?.time()?,
            end_time: at(2)?.time()?,
            sample_interval: seconds(3, "SampleInterval")?,
            report_interval: seconds(4, "ReportInterval")?,
            conditions: TsConditions::decode(at(5)?)?,
            block_data: at(6)?.truth()?,
            status: at(7)?.truth()?,
        })
    }

    pub(crate) fn description() -> TypeDescription {
        let ty = |name: &str| match name {
            "DataValueName" => object_name_type(),
            "TSConditionsRequested" => TsConditions::description(),
            "BlockData" | "Status" => TypeDescription::Boolean,
            _ => TypeDescription::Integer(32),
        };
        let component = |name: &str| Component {
            name: Some(name.to_owned()),
            ty: ty(name),
        };
        TypeDescription::Structure(Self::NAMES.map(component).to_vec())
    }
}

/// Writes a sample: when it is of, and the value.
pub(crate) fn write_sample(w: &mut Writer<'_>, ty: PointType, at: TimeStamp, value: &PointValue) {
    let structure = begin_structure(w);
    MmsValue::from(at.gmt_based_s()).encode(w);
    ty.encode(w, value);
    w.end(structure);
}

/// Reads the samples of a report; without a type values go by their shape.
pub(crate) fn samples(
    view: &DataView<'_>,
    ty: Option<PointType>,
) -> Result<Vec<(TimeStamp, PointValue)>, DecodeError> {
    if view.mms_type() == MmsType::OctetString {
        let ty = ty.ok_or(DecodeError::UnknownShape)?;
        let mut reader = super::BlockReader::of(view.content());
        let mut samples = Vec::new();
        while !reader.is_empty() {
            samples.push((reader.time()?, reader.value(ty)?));
        }
        return Ok(samples);
    }
    if view.mms_type() != MmsType::Array {
        return Err(DecodeError::WrongType {
            expected: "an array",
            found: view.mms_type(),
        });
    }
    view.elements()
        .map(|sample| {
            let components = sample.components("sample", 2)?;
            let [at, value] = &components[..] else {
                return Err(DecodeError::UnknownShape);
            };
            let ty = ty.or_else(|| PointType::of_value(value));
            Ok((
                at.time()?,
                ty.ok_or(DecodeError::UnknownShape)?.decode(value)?,
            ))
        })
        .collect()
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
        let both = TsConditions::ENDING_TIME_ARRIVED | TsConditions::REPORT_INTERVAL_TIME_OUT;
        assert_eq!(both.to_string(), "end,interval");
        assert_eq!("end,interval".parse(), Ok(both));
        assert!("never".parse::<TsConditions>().is_err());
        assert_eq!(both.to_value().to_bytes(), [0x84, 2, 5, 0xc0]);
    }

    #[test]
    fn what_is_no_transfer_set() {
        let set = TsTransferSet {
            data_value: Some(Name::vcc("A")),
            ..TsTransferSet::default()
        };
        let MmsValue::Structure(components) = set.to_value() else {
            panic!("no structure")
        };
        let with = |components: Vec<MmsValue>| {
            TsTransferSet::decode(&view(&MmsValue::Structure(components).to_bytes()))
        };
        assert!(with(components[..7].to_vec()).is_err());
        let mut negative = components;
        negative[3] = MmsValue::Integer(-1);
        assert!(matches!(
            with(negative),
            Err(DecodeError::OutOfRange { .. })
        ));
    }

    proptest! {
        #[test]
        fn sets_round_trip(name in "[A-Z]{0,8}", times: [i32; 2], intervals: [u16; 2], conditions: u8, flags: [bool; 2], signed: bool) {
            let set = TsTransferSet {
                data_value: (!name.is_empty()).then(|| Name::icc("ICC1", name)),
                start_time: TimeStamp::from_seconds(times[0].into()),
                end_time: TimeStamp::from_seconds(times[1].into()),
                sample_interval: intervals[0].into(),
                report_interval: intervals[1].into(),
                conditions: TsConditions::from_bits_truncate(conditions),
                block_data: flags[0],
                status: flags[1],
            };
            let mut octets = vec![];
            set.encode(&mut Writer::unbounded(&mut octets), signed);
            prop_assert_eq!(TsTransferSet::decode(&view(&octets)), Ok(set));
        }

        #[test]
        fn anything_is_one_or_not(octets: Vec<u8>, ty in 0usize..20) {
            if let Ok(view) = DataView::decode(&mut Reader::new(&octets)) {
                let _ = (TsTransferSet::decode(&view), TsConditions::decode(&view));
                let _ = (samples(&view, None), samples(&view, PointType::all().nth(ty)));
            }
        }
    }
}
