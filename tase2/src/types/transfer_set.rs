//! `DSTransferSet` (IEC 60870-6-503): what a client writes to start and stop a transfer.

use super::object_name::{decode_object_name, encode_object_name, object_name_type};
use super::read::Reading;
use super::{TimeStamp, words};
use crate::{DecodeError, Name};
use mms::ber::Writer;
use mms::data_writer::begin_structure;
use mms::{BitString, Component, DataView, MmsType, MmsValue, TypeDescription};
use std::fmt;

bitflags::bitflags! {
    /// `DSConditions`: what makes a server report; five bits, the first one on top here.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct DsConditions: u8 {
        /// Bit 0, IntervalTimeOut.
        const INTERVAL_TIME_OUT = 0x80;
        /// Bit 1, IntegrityTimeOut.
        const INTEGRITY_TIME_OUT = 0x40;
        /// Bit 2, ObjectChange.
        const OBJECT_CHANGE = 0x20;
        /// Bit 3, OperatorRequest.
        const OPERATOR_REQUEST = 0x10;
        /// Bit 4, OtherExternalEvent.
        const OTHER_EXTERNAL_EVENT = 0x08;
    }
}

impl DsConditions {
    /// Bits on the wire.
    const BITS: usize = 5;
    const WORDS: [(DsConditions, &'static str); 5] = [
        (DsConditions::INTERVAL_TIME_OUT, "interval"),
        (DsConditions::INTEGRITY_TIME_OUT, "integrity"),
        (DsConditions::OBJECT_CHANGE, "change"),
        (DsConditions::OPERATOR_REQUEST, "operator"),
        (DsConditions::OTHER_EXTERNAL_EVENT, "external"),
    ];

    /// Bit 0 is the first one of the octet.
    pub(crate) fn to_octet(self) -> u8 {
        self.bits()
    }

    /// Bits behind the fifth do not count.
    pub(crate) fn from_octet(octet: u8) -> Self {
        DsConditions::from_bits_truncate(octet)
    }

    /// The value on the wire.
    pub fn to_value(self) -> MmsValue {
        MmsValue::BitString(BitString::from_octets(&[self.bits()], Self::BITS))
    }

    /// Reads the value; bits behind the fifth do not count.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        view.octet().map(DsConditions::from_bits_truncate)
    }

    /// The MMS type.
    pub fn description() -> TypeDescription {
        TypeDescription::BitString(-(Self::BITS as i32))
    }
}

/// Words, as `interval,change`; `none` for none.
impl fmt::Display for DsConditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        words::show(f, *self, &Self::WORDS)
    }
}

impl std::str::FromStr for DsConditions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        words::read(text, "condition", &Self::WORDS)
    }
}

/// How a transfer set looks on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TransferSetShape {
    /// 12 components, without AllChangesReported.
    E1996,
    /// 13 components.
    #[default]
    E2000,
}

impl TransferSetShape {
    /// Number of components.
    pub const fn components(self) -> usize {
        match self {
            TransferSetShape::E1996 => 12,
            TransferSetShape::E2000 => 13,
        }
    }

    /// The MMS type.
    pub fn description(self) -> TypeDescription {
        let fields = Field::all(self).map(|field| Component {
            name: Some(field.name().to_owned()),
            ty: field.description(),
        });
        TypeDescription::Structure(fields.collect())
    }

    /// The shape of the type a peer describes; `None` if it is no transfer set.
    pub fn from_description(ty: &TypeDescription) -> Option<Self> {
        match ty {
            TypeDescription::Structure(components) if components.len() == 12 => {
                Some(TransferSetShape::E1996)
            }
            TypeDescription::Structure(components) if components.len() == 13 => {
                Some(TransferSetShape::E2000)
            }
            _ => None,
        }
    }
}

/// A component of a transfer set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    DataSetName,
    StartTime,
    Interval,
    Tle,
    BufferTime,
    IntegrityCheck,
    DsConditionsRequested,
    BlockData,
    Critical,
    Rbe,
    AllChangesReported,
    Status,
    EventCodeRequested,
}

impl Field {
    const ALL: [(Field, &'static str); 13] = [
        (Field::DataSetName, "DataSetName"),
        (Field::StartTime, "StartTime"),
        (Field::Interval, "Interval"),
        (Field::Tle, "TLE"),
        (Field::BufferTime, "BufferTime"),
        (Field::IntegrityCheck, "IntegrityCheck"),
        (Field::DsConditionsRequested, "DSConditionsRequested"),
        (Field::BlockData, "BlockData"),
        (Field::Critical, "Critical"),
        (Field::Rbe, "RBE"),
        (Field::AllChangesReported, "AllChangesReported"),
        (Field::Status, "Status"),
        (Field::EventCodeRequested, "EventCodeRequested"),
    ];

    /// The components of a shape, in their order.
    pub(crate) fn all(shape: TransferSetShape) -> impl Iterator<Item = Field> {
        let all = Self::ALL.into_iter().map(|(field, _)| field);
        all.filter(move |field| {
            shape == TransferSetShape::E2000 || *field != Field::AllChangesReported
        })
    }

    pub(crate) fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(field, _)| *field == self);
        found.map_or("", |(_, name)| name)
    }

    /// The component of a shape with this name.
    pub(crate) fn named(name: &str, shape: TransferSetShape) -> Option<Field> {
        Self::all(shape).find(|field| field.name() == name)
    }

    /// The MMS type.
    pub(crate) fn description(self) -> TypeDescription {
        match self {
            Field::DataSetName => object_name_type(),
            Field::StartTime => TypeDescription::Integer(32),
            Field::Interval | Field::Tle | Field::BufferTime | Field::IntegrityCheck => {
                TypeDescription::Integer(16)
            }
            Field::EventCodeRequested => TypeDescription::Integer(16),
            Field::DsConditionsRequested => DsConditions::description(),
            Field::BlockData
            | Field::Critical
            | Field::Rbe
            | Field::AllChangesReported
            | Field::Status => TypeDescription::Boolean,
        }
    }
}

/// The attributes of a DS transfer set. Times are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DsTransferSet {
    /// The data set that is monitored; `None` in a transfer set nobody has used yet, written as empty VMD name.
    pub data_set: Option<Name>,
    /// When the monitoring begins, and the phase of its periods; the epoch (0) is now.
    pub start_time: TimeStamp,
    /// Between periodic reports, for IntervalTimeOut.
    pub interval: i32,
    /// Time limit for execution: a report that cannot be sent within it is dropped; 0 is no limit.
    pub tle: i32,
    /// After the first change, how long further ones are gathered.
    pub buffer_time: i32,
    /// Between full reports, for IntegrityTimeOut.
    pub integrity_check: i32,
    /// What makes the server report.
    pub conditions: DsConditions,
    /// Blocked transfer (block 3).
    pub block_data: bool,
    /// Reports are acknowledged.
    pub critical: bool,
    /// Report by exception (block 2): only what has changed.
    pub rbe: bool,
    /// Every change within BufferTime, not the last of each member only (2000 edition).
    pub all_changes_reported: bool,
    /// Enabled.
    pub status: bool,
    /// The external event of OtherExternalEvent.
    pub event_code: i16,
}

impl DsTransferSet {
    /// Writes the structure. `signed_scope` is as for [`encode_object_name`].
    pub fn encode(&self, w: &mut Writer<'_>, shape: TransferSetShape, signed_scope: bool) {
        let structure = begin_structure(w);
        for field in Field::all(shape) {
            self.encode_field(w, field, signed_scope);
        }
        w.end(structure);
    }

    /// The structure as a value.
    pub fn to_value(&self, shape: TransferSetShape, signed_scope: bool) -> MmsValue {
        let mut octets = Vec::new();
        self.encode(&mut Writer::unbounded(&mut octets), shape, signed_scope);
        // What was written here is well formed.
        MmsValue::from_bytes(&octets).unwrap_or(MmsValue::Structure(Vec::new()))
    }

    /// Writes one component.
    pub(crate) fn encode_field(&self, w: &mut Writer<'_>, field: Field, signed_scope: bool) {
        let number = |value: i32| MmsValue::Integer(value.into());
        let value = match field {
            Field::DataSetName => {
                return match &self.data_set {
                    Some(name) => encode_object_name(w, name, signed_scope),
                    None => encode_object_name(w, &Name::vcc(""), signed_scope),
                };
            }
            Field::StartTime => number(self.start_time.gmt_based_s()),
            Field::Interval => number(self.interval),
            Field::Tle => number(self.tle),
            Field::BufferTime => number(self.buffer_time),
            Field::IntegrityCheck => number(self.integrity_check),
            Field::DsConditionsRequested => self.conditions.to_value(),
            Field::BlockData => self.block_data.into(),
            Field::Critical => self.critical.into(),
            Field::Rbe => self.rbe.into(),
            Field::AllChangesReported => self.all_changes_reported.into(),
            Field::Status => self.status.into(),
            Field::EventCodeRequested => number(self.event_code.into()),
        };
        value.encode(w);
    }

    /// Reads the structure in the shape its number of components tells.
    ///
    /// # Errors
    /// [`DecodeError`]: type-inconsistent for another number of components or other types of them, value-invalid for negative times.
    pub fn decode(view: &DataView<'_>) -> Result<(Self, TransferSetShape), DecodeError> {
        if view.mms_type() != MmsType::Structure {
            return Err(DecodeError::WrongType {
                expected: "a transfer set",
                found: view.mms_type(),
            });
        }
        let shape = match view.elements().take(14).count() {
            12 => TransferSetShape::E1996,
            13 => TransferSetShape::E2000,
            found => {
                return Err(DecodeError::WrongCount {
                    what: "transfer set",
                    expected: 13,
                    found,
                });
            }
        };
        let mut set = DsTransferSet::default();
        for (field, component) in Field::all(shape).zip(view.elements()) {
            set.decode_field(field, &component)?;
        }
        Ok((set, shape))
    }

    /// Reads one component.
    pub(crate) fn decode_field(
        &mut self,
        field: Field,
        view: &DataView<'_>,
    ) -> Result<(), DecodeError> {
        let seconds = |what| {
            let value = view.int32(what)?;
            match value {
                0.. => Ok(value),
                _ => Err(DecodeError::OutOfRange {
                    what,
                    value: value.into(),
                }),
            }
        };
        match field {
            Field::DataSetName => self.data_set = Some(decode_object_name(view)?),
            Field::StartTime => {
                self.start_time = TimeStamp::from_seconds(view.int32("StartTime")?.into());
            }
            Field::Interval => self.interval = seconds("Interval")?,
            Field::Tle => self.tle = seconds("TLE")?,
            Field::BufferTime => self.buffer_time = seconds("BufferTime")?,
            Field::IntegrityCheck => self.integrity_check = seconds("IntegrityCheck")?,
            Field::DsConditionsRequested => self.conditions = DsConditions::decode(view)?,
            Field::BlockData => self.block_data = view.truth()?,
            Field::Critical => self.critical = view.truth()?,
            Field::Rbe => self.rbe = view.truth()?,
            Field::AllChangesReported => self.all_changes_reported = view.truth()?,
            Field::Status => self.status = view.truth()?,
            Field::EventCodeRequested => self.event_code = view.int16("EventCodeRequested")?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::ber::Reader;
    use proptest::prelude::*;

    fn octets(set: &DsTransferSet, shape: TransferSetShape) -> Vec<u8> {
        let mut out = vec![];
        set.encode(&mut Writer::unbounded(&mut out), shape, false);
        out
    }

    fn decode(octets: &[u8]) -> Result<(DsTransferSet, TransferSetShape), DecodeError> {
        DsTransferSet::decode(&DataView::decode(&mut Reader::new(octets)).unwrap())
    }

    fn hex(text: &str) -> Vec<u8> {
        text.split_whitespace()
            .map(|o| u8::from_str_radix(o, 16).unwrap())
            .collect()
    }

    #[test]
    fn step_6_of_the_worked_example() {
        let set = DsTransferSet {
            data_set: Some(Name::icc("ICC1", "DS1")),
            tle: 30,
            buffer_time: 2,
            integrity_check: 300,
            conditions: DsConditions::INTEGRITY_TIME_OUT | DsConditions::OBJECT_CHANGE,
            rbe: true,
            status: true,
            ..DsTransferSet::default()
        };
        let encoded = hex(
            "a2 36 a2 0e 86 01 01 8a 04 49 43 43 31 8a 03 44 53 31 85 01 00 85 01 00 85 01 1e 85 01 02 85 02 01 2c
             84 02 03 60 83 01 00 83 01 00 83 01 01 83 01 00 83 01 01 85 01 00",
        );
        assert_eq!(octets(&set, TransferSetShape::E2000), encoded);
        assert_eq!(decode(&encoded), Ok((set, TransferSetShape::E2000)));
    }

    #[test]
    fn twelve_components_as_e_terracomm_writes_them() {
        // Frame 59 of the capture of 2005.
        let encoded = hex(
            "a2 45 a2 21 86 01 01 8a 08 4b 49 52 4b 4c 41 4e 44 8a 12 45 4d 53 5f 41 4e 41 4c 4f 47 5f 49 43 43 50 5f 49 4e
             85 01 00 85 01 1e 85 01 00 85 01 00 85 01 00 84 02 03 80 83 01 00 83 01 00 83 01 01 83 01 01 85 01 00",
        );
        let set = DsTransferSet {
            data_set: Some(Name::icc("KIRKLAND", "EMS_ANALOG_ICCP_IN")),
            interval: 30,
            conditions: DsConditions::INTERVAL_TIME_OUT,
            rbe: true,
            status: true,
            ..DsTransferSet::default()
        };
        assert_eq!(decode(&encoded), Ok((set.clone(), TransferSetShape::E1996)));
        assert_eq!(octets(&set, TransferSetShape::E1996), encoded);
    }

    #[test]
    fn what_is_no_transfer_set() {
        let set = DsTransferSet {
            data_set: Some(Name::vcc("x")),
            ..DsTransferSet::default()
        };
        let MmsValue::Structure(components) = set.to_value(TransferSetShape::E2000, false) else {
            panic!("no structure");
        };
        let with = |components: Vec<MmsValue>| decode(&MmsValue::Structure(components).to_bytes());
        for count in [0, 1, 11] {
            assert!(matches!(
                with(components[..count].to_vec()),
                Err(DecodeError::WrongCount { .. })
            ));
        }
        let mut more = components.clone();
        more.push(MmsValue::Integer(0));
        assert!(matches!(
            with(more),
            Err(DecodeError::WrongCount { found: 14, .. })
        ));
        let mut negative = components.clone();
        negative[2] = MmsValue::Integer(-1);
        assert_eq!(
            with(negative).map_err(|e| e.access_error()),
            Err(mms::DataAccessError::ObjectValueInvalid)
        );
        let mut wrong = components;
        wrong[8] = MmsValue::Integer(1);
        assert_eq!(
            with(wrong).map_err(|e| e.access_error()),
            Err(mms::DataAccessError::TypeInconsistent)
        );
    }

    #[test]
    fn the_type_has_the_names_of_the_standard() {
        let TypeDescription::Structure(components) = TransferSetShape::E2000.description() else {
            panic!("no structure");
        };
        let names: Vec<_> = components
            .iter()
            .filter_map(|c| c.name.as_deref())
            .collect();
        assert_eq!(
            names[10..],
            ["AllChangesReported", "Status", "EventCodeRequested"]
        );
        for shape in [TransferSetShape::E1996, TransferSetShape::E2000] {
            assert_eq!(
                TransferSetShape::from_description(&shape.description()),
                Some(shape)
            );
        }
        assert_eq!(
            TransferSetShape::from_description(&TypeDescription::Boolean),
            None
        );
    }

    #[test]
    fn conditions_as_words() {
        let both = DsConditions::INTERVAL_TIME_OUT | DsConditions::OBJECT_CHANGE;
        assert_eq!(both.to_string(), "interval,change");
        assert_eq!("interval, change".parse(), Ok(both));
        assert_eq!(DsConditions::empty().to_string(), "none");
        assert!("always".parse::<DsConditions>().is_err());
    }

    proptest! {
        #[test]
        fn transfer_sets_round_trip(
            times in any::<[u16; 4]>(), start: i32, conditions: u8, flags in any::<[bool; 5]>(), code: i16, name in "[A-Z]{1,32}",
        ) {
            let [interval, tle, buffer_time, integrity_check] = times.map(i32::from);
            let [block_data, critical, rbe, all_changes_reported, status] = flags;
            let set = DsTransferSet {
                data_set: Some(Name::icc(name.clone(), name)),
                start_time: TimeStamp::from_seconds(start.into()),
                interval, tle, buffer_time, integrity_check,
                conditions: DsConditions::from_bits_truncate(conditions),
                block_data, critical, rbe, all_changes_reported, status,
                event_code: code,
            };
            let encoded = octets(&set, TransferSetShape::E2000);
            prop_assert_eq!(decode(&encoded), Ok((set.clone(), TransferSetShape::E2000)));
            let old = DsTransferSet { all_changes_reported: false, ..set.clone() };
            let encoded = octets(&set, TransferSetShape::E1996);
            prop_assert_eq!(decode(&encoded), Ok((old, TransferSetShape::E1996)));
        }

        #[test]
        fn any_data_is_decoded_or_refused(octets: Vec<u8>) {
            if let Ok(view) = DataView::decode(&mut Reader::new(&octets)) {
                let _ = DsTransferSet::decode(&view);
                let _ = DsConditions::decode(&view);
            }
        }
    }
}
