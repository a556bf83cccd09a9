//! What is handed to the C library and taken from it, with its owner: values and texts.

use libiec61850_sys as sys;
use mms::{DataAccessError, MmsValue};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;

/// A value of the C library that is ours to delete.
#[derive(Debug)]
pub(crate) struct Value(NonNull<sys::MmsValue>);

impl Value {
    /// Makes a value of the C library. `None` for the types it does not know (BCD, object identifiers,
    /// generalized times, boolean arrays), and for errors.
    pub(crate) fn new(value: &MmsValue) -> Option<Self> {
        match value {
            MmsValue::Structure(parts) => Self::composed(parts, |size| {
                // SAFETY: the function takes a number.
                unsafe { sys::MmsValue_createEmptyStructure(size) }
            }),
            MmsValue::Array(parts) => Self::composed(parts, |size| {
                // SAFETY: as above.
                unsafe { sys::MmsValue_createEmptyArray(size) }
            }),
            leaf => Self::decoded(leaf),
        }
    }

    /// Of several parts. The library's decoder does not know Unicode strings within structures.
    fn composed(
        parts: &[MmsValue],
        make: impl FnOnce(c_int) -> *mut sys::MmsValue,
    ) -> Option<Self> {
        let made: Vec<Value> = parts.iter().map(Value::new).collect::<Option<_>>()?;
        let size = c_int::try_from(made.len()).ok()?;
        // SAFETY: the library makes the value for its caller.
        let whole = unsafe { Value::from_raw(make(size)) }?;
        for (index, part) in (0..size).zip(made) {
            // SAFETY: the whole has that many places, which are empty, and takes the part over.
            unsafe { sys::MmsValue_setElement(whole.as_ptr(), index, part.into_raw()) }
        }
        Some(whole)
    }

    /// Of no parts: its own decoder reads our encoding.
    fn decoded(value: &MmsValue) -> Option<Self> {
        let mut octets = value.to_bytes();
        let length = c_int::try_from(octets.len()).ok()?;
        let mut end = 0;
        // SAFETY: the buffer has `length` octets and is alive for the call, which copies what it keeps.
        let decoded =
            unsafe { sys::MmsValue_decodeMmsData(octets.as_mut_ptr(), 0, length, &raw mut end) };
        // SAFETY: the library has made the value for its caller.
        let value = unsafe { Value::from_raw(decoded) }?;
        (end == length).then_some(value)
    }

    /// Whether the library's decoder reads the encoding of a value.
    pub(crate) fn is_decodable(value: &MmsValue) -> bool {
        Self::decoded(value).is_some()
    }

    /// For functions that take a value over.
    pub(crate) fn into_raw(self) -> *mut sys::MmsValue {
        let value = self.0.as_ptr();
        std::mem::forget(self);
        value
    }

    /// Takes a value over; `None` for NULL.
    ///
    /// # Safety
    /// The value is the caller's, and nobody else deletes or uses it.
    pub(crate) unsafe fn from_raw(value: *mut sys::MmsValue) -> Option<Self> {
        NonNull::new(value).map(Value)
    }

    /// For functions that take a value and leave it to their caller.
    pub(crate) fn as_ptr(&self) -> *mut sys::MmsValue {
        self.0.as_ptr()
    }

    /// The value as ours.
    pub(crate) fn get(&self) -> MmsValue {
        // SAFETY: it is alive and nobody else has it.
        unsafe { value_of(self.0.as_ptr()) }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: it is ours, alive, and nobody uses it after this.
        unsafe { sys::MmsValue_delete(self.0.as_ptr()) }
    }
}

// SAFETY: values of the library are plain memory of the process, bound to no thread.
unsafe impl Send for Value {}

/// A value of the C library as ours. What it cannot encode, and NULL, is the error
/// object-undefined.
///
/// # Safety
/// The pointer is NULL or points to a value that is alive, and that nobody changes during the call.
pub(crate) unsafe fn value_of(value: *const sys::MmsValue) -> MmsValue {
    const UNDEFINED: MmsValue = MmsValue::DataAccessError(DataAccessError::ObjectUndefined);
    if value.is_null() {
        return UNDEFINED;
    }
    // SAFETY: the value is alive, as the caller says.
    if unsafe { sys::MmsValue_getType(value) } == sys::MMS_DATA_ACCESS_ERROR {
        // SAFETY: as above, and it is an error.
        let code = unsafe { sys::MmsValue_getDataAccessError(value) };
        return MmsValue::DataAccessError(DataAccessError::from_code(code.into()));
    }
    let value = value.cast_mut();
    // SAFETY: as above; without `encode` nothing is written. The function does not change the value,
    // whatever its declaration says.
    let length = unsafe { sys::MmsValue_encodeMmsData(value, std::ptr::null_mut(), 0, false) };
    let Ok(length) = usize::try_from(length) else {
        return UNDEFINED;
    };
    let mut octets = vec![0; length];
    // SAFETY: as above; the buffer has as many octets as the library said it needs.
    unsafe { sys::MmsValue_encodeMmsData(value, octets.as_mut_ptr(), 0, true) };
    MmsValue::from_bytes(&octets).unwrap_or(UNDEFINED)
}

/// A text for the C library. It ends at an octet 0, as every text does there.
pub(crate) fn c_text(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(text.get(..end).unwrap_or_default()).unwrap_or_default()
}

/// A text of the C library; octets that are no UTF-8 are replaced. `None` for NULL.
///
/// # Safety
/// The pointer is NULL or points to a text that ends with an octet 0, which nobody changes during
/// the call.
pub(crate) unsafe fn text_of(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller says.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned())
}

/// As [`text_of`], for a text that the library has allocated for its caller.
///
/// # Safety
/// As for [`text_of`]; and nobody else frees or uses the text.
pub(crate) unsafe fn take_text(text: *mut c_char) -> Option<String> {
    // SAFETY: as the caller says.
    let taken = unsafe { text_of(text) };
    if taken.is_some() {
        // SAFETY: the library has allocated it with its allocator, and nobody uses it any more.
        unsafe { sys::Memory_free(text.cast::<c_void>()) }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::{BinaryTime, BitString, UtcTime};

    #[test]
    fn values_go_there_and_back() {
        let leaves = [
            MmsValue::Boolean(true),
            MmsValue::Integer(i64::MIN),
            MmsValue::Integer(-1),
            MmsValue::Unsigned(u32::MAX.into()),
            MmsValue::Float32(-12.5),
            MmsValue::Float64(1e300),
            MmsValue::BitString(BitString::from_integer(13, 0x1234)),
            MmsValue::BitString(BitString::new(0)),
            MmsValue::OctetString(vec![0, 1, 255]),
            MmsValue::OctetString(vec![]),
            MmsValue::VisibleString("text".into()),
            MmsValue::VisibleString(String::new()),
            MmsValue::MmsString("Umlaute: äöü".into()),
            MmsValue::UtcTime(UtcTime::from_bytes([1, 2, 3, 4, 5, 6, 7, 8])),
            MmsValue::BinaryTime(BinaryTime {
                ms: 1000,
                days: Some(4),
            }),
            MmsValue::BinaryTime(BinaryTime {
                ms: 1000,
                days: None,
            }),
        ];
        for value in &leaves {
            assert_eq!(Value::new(value).map(|c| c.get()).as_ref(), Some(value));
        }
        let all = MmsValue::Structure(vec![
            MmsValue::Structure(leaves.to_vec()),
            MmsValue::Array(vec![MmsValue::Integer(1), MmsValue::Integer(2)]),
        ]);
        assert_eq!(Value::new(&all).map(|c| c.get()), Some(all));
    }

    #[test]
    fn structures_without_parts() {
        for value in [MmsValue::Structure(vec![]), MmsValue::Array(vec![])] {
            assert_eq!(Value::new(&value).map(|c| c.get()), Some(value));
        }
        let text = MmsValue::MmsString("a".into());
        assert!(Value::is_decodable(&text));
        // That is why structures are put together here.
        assert!(!Value::is_decodable(&MmsValue::Structure(vec![text])));
    }

    #[test]
    fn types_the_library_does_not_know_are_refused() {
        for value in [
            MmsValue::Bcd(12),
            MmsValue::ObjId("1.0.9506.2.1".parse().unwrap()),
            MmsValue::BooleanArray(BitString::new(3)),
        ] {
            assert!(Value::new(&value).is_none(), "{value:?}");
        }
    }

    #[test]
    fn errors_are_read() {
        // SAFETY: the value is ours.
        let error = unsafe {
            Value::from_raw(sys::MmsValue_newDataAccessError(
                sys::DATA_ACCESS_ERROR_OBJECT_ACCESS_DENIED,
            ))
        }
        .unwrap();
        assert_eq!(
            error.get(),
            MmsValue::DataAccessError(DataAccessError::ObjectAccessDenied)
        );
        // SAFETY: NULL is allowed.
        let null = unsafe { value_of(std::ptr::null()) };
        assert_eq!(
            null,
            MmsValue::DataAccessError(DataAccessError::ObjectUndefined)
        );
    }

    #[test]
    fn texts_end_at_zero() {
        assert_eq!(c_text("a\0b").as_bytes(), b"a");
        assert_eq!(c_text("").as_bytes(), b"");
        // SAFETY: the text is a constant.
        assert_eq!(unsafe { text_of(c"abc".as_ptr()) }, Some("abc".to_owned()));
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { text_of(std::ptr::null()) }, None);
    }
}
