//! Errors, names, lists and types of the library.

use super::super::owned::{Value, c_text, text_of, value_of};
use crate::client::engine::Failure;
use crate::client::{IedClientError, target};
use crate::{FunctionalConstraint as Fc, ObjectReference};
use libiec61850_sys as sys;
use mms::{Component, DataAccessError, MmsValue, ObjectName, OwnedVariable, TypeDescription};
use std::ffi::{CString, c_char, c_void};
use std::ptr::null_mut;
use std::time::Duration;

/// Where functions of the library write their errors.
#[derive(Default)]
pub(super) struct Errors {
    pub(super) ied: sys::IedClientError,
    pub(super) mms: sys::MmsError,
    /// Why there is no value, or one was not taken.
    pub(super) access: Option<DataAccessError>,
    /// What a function said in another way.
    pub(super) other: Option<Failure>,
}

impl Errors {
    /// Whether as many requests are under way as may be.
    pub(super) fn is_full(&self) -> bool {
        self.mms == sys::MMS_ERROR_OUTSTANDING_CALL_LIMIT
            || self.ied == sys::IED_ERROR_OUTSTANDING_CALL_LIMIT_REACHED
    }

    /// Whether the server did not answer, or is gone.
    pub(super) fn no_answer(&self) -> bool {
        matches!(
            self.mms,
            sys::MMS_ERROR_CONNECTION_LOST | sys::MMS_ERROR_SERVICE_TIMEOUT
        ) || matches!(
            self.ied,
            sys::IED_ERROR_CONNECTION_LOST | sys::IED_ERROR_NOT_CONNECTED | sys::IED_ERROR_TIMEOUT
        )
    }

    /// The failure there is, if any. Where the connection ends while an answer is awaited, the
    /// library says that there was none in time, although it is not up.
    pub(super) fn failure(self, timeout: Duration, is_over: bool) -> Option<Failure> {
        if let (Some(error), false) = (self.access, self.no_answer()) {
            return Some(Failure::Engine {
                code: error.into(),
                reason: error.to_string(),
            });
        }
        if self.other.is_some() {
            return self.other;
        }
        let code = match (self.ied, self.mms) {
            (0, 0) => return None,
            (0, error) => of_mms(error),
            (error, _) => i32::try_from(error).map_or(IedClientError::Unknown, Into::into),
        };
        let code = match code {
            IedClientError::Timeout if !is_over => IedClientError::ConnectionLost,
            code => code,
        };
        let reason = match code {
            IedClientError::Timeout => format!("no answer within {timeout:?}"),
            code => code.to_string(),
        };
        Some(Failure::Engine { code, reason })
    }
}

/// The error of an IedConnection for one of the MMS connection beneath.
fn of_mms(error: sys::MmsError) -> IedClientError {
    use IedClientError as Code;
    match error {
        sys::MMS_ERROR_CONNECTION_REJECTED => Code::ConnectionRejected,
        sys::MMS_ERROR_CONNECTION_LOST => Code::ConnectionLost,
        sys::MMS_ERROR_SERVICE_TIMEOUT => Code::Timeout,
        sys::MMS_ERROR_PARSING_RESPONSE => Code::MalformedMessage,
        sys::MMS_ERROR_HARDWARE_FAULT => Code::HardwareFault,
        sys::MMS_ERROR_INVALID_ARGUMENTS => Code::UserProvidedInvalidArgument,
        sys::MMS_ERROR_OUTSTANDING_CALL_LIMIT => Code::OutstandingCallLimitReached,
        sys::MMS_ERROR_DEFINITION_INVALID_ADDRESS => Code::InvalidAddress,
        sys::MMS_ERROR_DEFINITION_TYPE_UNSUPPORTED => Code::TypeUnsupported,
        sys::MMS_ERROR_DEFINITION_TYPE_INCONSISTENT => Code::TypeInconsistent,
        sys::MMS_ERROR_DEFINITION_OBJECT_UNDEFINED => Code::ObjectUndefined,
        sys::MMS_ERROR_DEFINITION_OBJECT_EXISTS | sys::MMS_ERROR_FILE_DUPLICATE_FILENAME => {
            Code::ObjectExists
        }
        sys::MMS_ERROR_DEFINITION_OBJECT_ATTRIBUTE_INCONSISTENT => {
            Code::ObjectAttributeInconsistent
        }
        sys::MMS_ERROR_SERVICE_OBJECT_CONSTRAINT_CONFLICT => Code::ObjectConstraintConflict,
        sys::MMS_ERROR_ACCESS_OBJECT_NON_EXISTENT | sys::MMS_ERROR_FILE_FILE_NON_EXISTENT => {
            Code::ObjectDoesNotExist
        }
        sys::MMS_ERROR_ACCESS_OBJECT_ACCESS_UNSUPPORTED => Code::ObjectAccessUnsupported,
        sys::MMS_ERROR_ACCESS_OBJECT_ACCESS_DENIED | sys::MMS_ERROR_FILE_FILE_ACCESS_DENIED => {
            Code::AccessDenied
        }
        sys::MMS_ERROR_ACCESS_OBJECT_INVALIDATED => Code::ObjectInvalidated,
        sys::MMS_ERROR_ACCESS_OBJECT_VALUE_INVALID => Code::ObjectValueInvalid,
        sys::MMS_ERROR_ACCESS_TEMPORARILY_UNAVAILABLE | sys::MMS_ERROR_FILE_FILE_BUSY => {
            Code::TemporarilyUnavailable
        }
        sys::MMS_ERROR_REJECT_UNRECOGNIZED_SERVICE => Code::ServiceNotSupported,
        _ => Code::Unknown,
    }
}

/// A variable as the library's functions take it.
pub(super) enum Target {
    /// `LD/LN.DO.DA` and its functional constraint: what IedConnection reads and writes.
    Reference(CString, Fc),
    /// Domain (none of the VMD) and item: what the MMS connection reads and writes.
    Item(Option<CString>, CString),
    /// An element of an array, or a component of it.
    Element {
        domain: CString,
        item: CString,
        index: u32,
        /// `cVal$mag`; `None` is the element.
        component: Option<CString>,
    },
}

impl Target {
    /// # Errors
    /// What the library cannot name.
    pub(super) fn new(variable: &OwnedVariable) -> Result<Self, Failure> {
        let name = variable.name.as_ref();
        let (domain, item) = domain_item(name)?;
        if variable.alternate_access.is_none() {
            if let (Some(domain), Some((reference, fc))) = (domain, reference(item)) {
                return Ok(Target::Reference(
                    c_text(&format!("{domain}/{reference}")),
                    fc,
                ));
            }
            return Ok(Target::Item(domain.map(c_text), c_text(item)));
        }
        let text = variable.to_string();
        let part = text.strip_prefix(&name.to_string()).unwrap_or_default();
        let unsupported = || Failure::NotSupported(format!("access to {text}"));
        let (index, rest) = part
            .strip_prefix('(')
            .and_then(|part| part.split_once(')'))
            .ok_or_else(unsupported)?;
        if rest.contains(['(', ',']) {
            return Err(unsupported());
        }
        Ok(Target::Element {
            domain: c_text(domain.ok_or_else(unsupported)?),
            item: c_text(item),
            index: index.parse().map_err(|_| unsupported())?,
            component: rest.strip_prefix('$').map(c_text),
        })
    }
}

pub(super) fn domain_item(name: ObjectName<'_>) -> Result<(Option<&str>, &str), Failure> {
    match name {
        ObjectName::Domain { domain, item } => Ok((Some(domain), item)),
        ObjectName::Vmd(item) => Ok((None, item)),
        ObjectName::Association(_) => Err(Failure::NotSupported(format!("the variable {name}"))),
    }
}

/// `LN.DO.DA` and the functional constraint of `LN$FC$DO$DA`; `None` for a whole logical node or
/// functional constraint.
pub(super) fn reference(item: &str) -> Option<(String, Fc)> {
    let (node, rest) = item.split_once('$')?;
    let (fc, path) = rest.split_once('$')?;
    let fc = fc.parse().ok()?;
    Some((format!("{node}.{}", path.replace('$', ".")), fc))
}

/// The name of a data set or log as IedConnection has it.
pub(super) fn list_name(name: ObjectName<'_>) -> CString {
    c_text(&target::data_set_reference(name))
}

/// The variable that a member of a data set names.
pub(super) fn member(text: &str) -> Option<OwnedVariable> {
    let reference: ObjectReference = target::parse(text).ok()?;
    reference.fc()?;
    target::variable(&reference).ok()
}

/// A list of the library.
pub(super) struct List(sys::LinkedList);

impl List {
    /// Takes over a list.
    ///
    /// # Safety
    /// The list is NULL, or the caller's; its elements are of the kind that the method called on it
    /// expects.
    pub(super) unsafe fn from_raw(list: sys::LinkedList) -> Self {
        List(list)
    }

    fn data(&self) -> Vec<*mut c_void> {
        let mut found = Vec::new();
        if self.0.is_null() {
            return found;
        }
        // SAFETY: the list is alive; its head has no data.
        let mut at = unsafe { sys::LinkedList_getNext(self.0) };
        while !at.is_null() {
            // SAFETY: an element of the list.
            unsafe {
                found.push(sys::LinkedList_getData(at));
                at = sys::LinkedList_getNext(at);
            }
        }
        found
    }

    /// The texts of a list of texts, which is freed with them.
    pub(super) fn into_texts(self) -> Vec<String> {
        let texts = self.data().into_iter();
        // SAFETY: the elements are texts.
        let texts = texts
            .filter_map(|text| unsafe { text_of(text.cast::<c_char>()) })
            .collect();
        if !self.0.is_null() {
            // SAFETY: the list and its texts are ours.
            unsafe { sys::LinkedList_destroy(self.0) };
        }
        texts
    }

    /// The values of a list of values, which is freed with them.
    pub(super) fn into_values(self) -> Vec<MmsValue> {
        let values = self.data().into_iter();
        // SAFETY: the elements are values, ours and used no more.
        let values = values
            .map(|value| match unsafe { Value::from_raw(value.cast()) } {
                Some(value) => value.get(),
                None => MmsValue::DataAccessError(DataAccessError::ObjectUndefined),
            })
            .collect();
        if !self.0.is_null() {
            // SAFETY: the list is ours, its values are deleted.
            unsafe { sys::LinkedList_destroyStatic(self.0) };
        }
        values
    }

    /// What `take` makes of each element; `delete` frees it.
    ///
    /// # Safety
    /// The elements are what both functions expect.
    pub(super) unsafe fn into_other<T>(
        self,
        take: impl Fn(*mut c_void) -> T,
        delete: unsafe extern "C" fn(*mut c_void),
    ) -> Vec<T> {
        let taken = self.data().into_iter().map(take).collect();
        if !self.0.is_null() {
            // SAFETY: the list is ours, and `delete` fits its elements as the caller says.
            unsafe { sys::LinkedList_destroyDeep(self.0, Some(delete)) };
        }
        taken
    }
}

/// A list that borrows what is in it.
pub(super) struct Borrowed(sys::LinkedList);

impl Borrowed {
    /// # Safety
    /// What the pointers point to outlives the list.
    pub(super) unsafe fn new(elements: impl Iterator<Item = *mut c_void>) -> Self {
        // SAFETY: a new list.
        let list = unsafe { sys::LinkedList_create() };
        for element in elements {
            // SAFETY: the list is ours and keeps the pointer only.
            unsafe { sys::LinkedList_add(list, element) };
        }
        Borrowed(list)
    }

    /// A list of texts.
    ///
    /// # Safety
    /// The texts outlive the list.
    pub(super) unsafe fn texts(texts: &[CString]) -> Self {
        let pointers = texts.iter().map(|text| text.as_ptr().cast_mut().cast());
        // SAFETY: as the caller says; the library does not change them.
        unsafe { Borrowed::new(pointers) }
    }

    pub(super) fn as_ptr(&self) -> sys::LinkedList {
        self.0
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // SAFETY: the list is ours; its elements are not freed.
        unsafe { sys::LinkedList_destroyStatic(self.0) }
    }
}

/// Takes a value over.
///
/// # Safety
/// The value is NULL, or the caller's.
pub(super) unsafe fn taken(value: *mut sys::MmsValue) -> Option<MmsValue> {
    // SAFETY: as the caller says.
    unsafe { Value::from_raw(value) }.map(|value| value.get())
}

/// The elements of an array or structure of results, each with its error.
///
/// # Safety
/// The value is NULL, or alive and changed by nobody.
pub(super) unsafe fn elements(values: *const sys::MmsValue) -> Vec<MmsValue> {
    if values.is_null() {
        return Vec::new();
    }
    // SAFETY: as the caller says.
    let count = unsafe { sys::MmsValue_getArraySize(values) };
    (0..count)
        .map(|index| {
            let index = i32::try_from(index).unwrap_or(i32::MAX);
            // SAFETY: as above; the element belongs to the value.
            unsafe { value_of(sys::MmsValue_getElement(values, index)) }
        })
        .collect()
}

/// How deep types may be.
const MAX_DEPTH: usize = 32;

/// A type of the library as ours.
///
/// # Safety
/// The type is NULL, or alive and changed by nobody.
pub(super) unsafe fn type_of(ty: *mut sys::MmsVariableSpecification) -> TypeDescription {
    // SAFETY: as the caller says.
    unsafe { type_at(ty, 0) }
}

/// # Safety
/// As for [`type_of`].
unsafe fn type_at(ty: *mut sys::MmsVariableSpecification, depth: usize) -> TypeDescription {
    use TypeDescription as T;
    if ty.is_null() || depth > MAX_DEPTH {
        return T::Unknown(0);
    }
    // SAFETY: as the caller says; all of these only read, and what they give belongs to the type.
    unsafe {
        let size = sys::MmsVariableSpecification_getSize(ty);
        let bits = u8::try_from(size.unsigned_abs()).unwrap_or(0);
        match sys::MmsVariableSpecification_getType(ty) {
            sys::MMS_ARRAY => T::Array {
                count: u32::try_from(size).unwrap_or(0),
                element: Box::new(type_at(
                    sys::MmsVariableSpecification_getArrayElementSpecification(ty),
                    depth + 1,
                )),
            },
            sys::MMS_STRUCTURE => T::Structure(
                (0..size)
                    .map(|index| {
                        let child =
                            sys::MmsVariableSpecification_getChildSpecificationByIndex(ty, index);
                        let name = match child.is_null() {
                            true => None,
                            false => text_of(sys::MmsVariableSpecification_getName(child)),
                        };
                        Component {
                            name,
                            ty: type_at(child, depth + 1),
                        }
                    })
                    .collect(),
            ),
            sys::MMS_BOOLEAN => T::Boolean,
            sys::MMS_BIT_STRING => T::BitString(size),
            sys::MMS_INTEGER => T::Integer(bits),
            sys::MMS_UNSIGNED => T::Unsigned(bits),
            sys::MMS_FLOAT => T::Float {
                format_width: bits,
                exponent_width: u8::try_from(sys::MmsVariableSpecification_getExponentWidth(ty))
                    .unwrap_or(0),
            },
            sys::MMS_OCTET_STRING => T::OctetString(size),
            sys::MMS_VISIBLE_STRING => T::VisibleString(size),
            sys::MMS_GENERALIZED_TIME => T::GeneralizedTime,
            sys::MMS_BINARY_TIME => T::BinaryTime(size != 4),
            sys::MMS_BCD => T::Bcd(bits),
            sys::MMS_OBJ_ID => T::ObjId,
            sys::MMS_STRING => T::MmsString(size),
            sys::MMS_UTC_TIME => T::UtcTime,
            other => T::Unknown(u8::try_from(other).unwrap_or(0).into()),
        }
    }
}

/// Or NULL.
pub(super) fn or_null(text: Option<&CString>) -> *const c_char {
    text.map_or(null_mut::<c_char>().cast_const(), |text| text.as_ptr())
}
