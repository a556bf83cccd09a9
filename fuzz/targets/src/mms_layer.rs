//! MMS PDUs and values: what is accepted can be written, and means the same when it is read again.

use mms::ber::{Reader, Writer};
use mms::pdu::Pdu;
use mms::{DataView, MmsValue, ObjectIdentifier};

#[path = "../../../mms/tests/support/mod.rs"]
mod support;

pub(crate) fn pdu(data: &[u8]) {
    let pdu = match Pdu::decode(data) {
        Ok(pdu) => pdu,
        Err(error) => {
            let reject = Pdu::Reject {
                invoke_id: error.invoke_id,
                reason: error.reason,
            };
            assert_eq!(Pdu::decode(&encoded(&reject)), Ok(reject), "{error:?}");
            return;
        }
    };
    let copy = encoded(&pdu);
    assert_eq!(Pdu::decode(&copy).as_ref(), Ok(&pdu));
    // Written element by element what was odd is made regular, once.
    let first = support::rebuilt(&pdu);
    let again = Pdu::decode(&first).unwrap_or_else(|error| panic!("{pdu:?} became {error:?}"));
    assert_eq!(support::rebuilt(&again), first, "{pdu:?}");
}

fn encoded(pdu: &Pdu<'_>) -> Vec<u8> {
    let mut out = vec![];
    pdu.encode(&mut Writer::unbounded(&mut out));
    out
}

pub(crate) fn value(data: &[u8]) {
    let Ok(value) = MmsValue::from_bytes(data) else {
        return;
    };
    let bytes = value.to_bytes();
    let again = MmsValue::from_bytes(&bytes).unwrap_or_else(|error| panic!("{value}: {error}"));
    // Not by `==`: a float may be no number.
    assert_eq!(format!("{again:?}"), format!("{value:?}"));
    assert_eq!(again.to_bytes(), bytes);

    let view = DataView::decode(&mut Reader::new(data)).unwrap();
    assert_eq!(view.mms_type(), value.mms_type());
    let mut copy = vec![];
    view.encode(&mut Writer::unbounded(&mut copy));
    let copy = MmsValue::from_bytes(&copy).unwrap();
    assert_eq!(copy.to_bytes(), bytes);
    read(&value);
}

/// Every way to look at a value is free of panics, and none disagrees with the others.
fn read(value: &MmsValue) {
    if let Ok(number) = value.to_int32() {
        assert_eq!(value.to_int64(), Ok(i64::from(number)));
    }
    if let Ok(number) = value.to_uint32() {
        assert_eq!(value.to_uint64(), Ok(u64::from(number)));
    }
    if let Ok(bits) = value.to_bits() {
        assert_eq!(bits.octets().len(), bits.len().div_ceil(8));
        assert_eq!(bits.to_string().len(), bits.len());
        let _ = (value.to_bitstring(), value.to_bitstring_be());
    }
    if let Ok(oid) = value.to_object_identifier() {
        let again = ObjectIdentifier::from_arcs(&oid.arcs()).unwrap();
        assert_eq!(again.to_string(), oid.to_string());
    }
    if let Ok(time) = value.to_timestamp() {
        let _ = (time.time_in_ms(), time.time_in_ns(), time.time());
    }
    if let Ok(time) = value.to_binary_time() {
        let _ = (time.time_in_ms(), time.time());
    }
    let _ = (value.to_float(), value.to_double(), value.to_utc_time());
    if let Ok(elements) = value.elements() {
        assert_eq!(value.size(), Ok(elements.len()));
        elements.iter().for_each(read);
    }
}
