//! Names, types and values, identity and status.

use super::super::owned::{Value, c_text, text_of};
use super::convert::{self, Borrowed, Errors, List, Target, domain_item, elements, taken};
use super::{CConnection, Raw};
use crate::client::engine::Failure;
use libiec61850_sys as sys;
use mms::client::{Identity, ReadResult, WriteOutcome};
use mms::pdu::{ObjectScope, StatusResponse};
use mms::{DataAccessError, MmsValue, ObjectName, OwnedVariable, TypeDescription};
use std::ffi::{CString, c_int};

/// Variables in one request of many; servers may not take more.
const MOST_IN_REQUEST: usize = 100;

/// Octets around the names and values of a request.
const OVERHEAD: usize = 64;

fn result(value: Option<MmsValue>) -> ReadResult {
    match value {
        Some(MmsValue::DataAccessError(error)) => Err(error),
        Some(value) => Ok(value),
        None => Err(DataAccessError::ObjectUndefined),
    }
}

/// What the library calls an access error; -1 is none.
pub(super) fn outcome(value: MmsValue) -> WriteOutcome {
    match value {
        MmsValue::DataAccessError(DataAccessError::Other(code)) if code < 0 => Ok(()),
        MmsValue::DataAccessError(error) => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn value_for(value: &MmsValue) -> Result<Value, Failure> {
    Value::new(value).ok_or_else(|| {
        Failure::NotSupported(format!("writing values of type {:?}", value.mms_type()))
    })
}

fn read_target(raw: Raw, errors: &mut Errors, target: &Target) -> Option<MmsValue> {
    // SAFETY: the connection is alive, the texts are copied; the value is the caller's.
    unsafe {
        match target {
            Target::Reference(reference, fc) => taken(sys::IedConnection_readObject(
                raw.ied(),
                &raw mut errors.ied,
                reference.as_ptr(),
                fc.value(),
            )),
            Target::Item(domain, item) => taken(sys::MmsConnection_readVariable(
                raw.mms(),
                &raw mut errors.mms,
                convert::or_null(domain.as_ref()),
                item.as_ptr(),
            )),
            Target::Element {
                domain,
                item,
                index,
                component: Some(component),
            } => taken(sys::MmsConnection_readSingleArrayElementWithComponent(
                raw.mms(),
                &raw mut errors.mms,
                domain.as_ptr(),
                item.as_ptr(),
                *index,
                component.as_ptr(),
            )),
            Target::Element {
                domain,
                item,
                index,
                component: None,
            } => taken(sys::MmsConnection_readArrayElements(
                raw.mms(),
                &raw mut errors.mms,
                domain.as_ptr(),
                item.as_ptr(),
                *index,
                0,
            )),
        }
    }
}

fn write_target(raw: Raw, errors: &mut Errors, target: &Target, value: &Value) {
    // SAFETY: the connection is alive; the library copies texts and value.
    let access = unsafe {
        match target {
            Target::Reference(reference, fc) => {
                sys::IedConnection_writeObject(
                    raw.ied(),
                    &raw mut errors.ied,
                    reference.as_ptr(),
                    fc.value(),
                    value.as_ptr(),
                );
                sys::DATA_ACCESS_ERROR_SUCCESS
            }
            Target::Item(domain, item) => sys::MmsConnection_writeVariable(
                raw.mms(),
                &raw mut errors.mms,
                convert::or_null(domain.as_ref()),
                item.as_ptr(),
                value.as_ptr(),
            ),
            Target::Element {
                domain,
                item,
                index,
                component: Some(component),
            } => sys::MmsConnection_writeSingleArrayElementWithComponent(
                raw.mms(),
                &raw mut errors.mms,
                domain.as_ptr(),
                item.as_ptr(),
                *index,
                component.as_ptr(),
                value.as_ptr(),
            ),
            Target::Element {
                domain,
                item,
                index,
                component: None,
            } => sys::MmsConnection_writeArrayElements(
                raw.mms(),
                &raw mut errors.mms,
                domain.as_ptr(),
                item.as_ptr(),
                c_int::try_from(*index).unwrap_or(c_int::MAX),
                0,
                value.as_ptr(),
            ),
        }
    };
    if access >= 0 {
        errors.access = Some(DataAccessError::from_code(access.into()));
    }
}

/// A run of variables of one domain, each by its item.
struct Group {
    domain: CString,
    items: Vec<CString>,
    /// The place of the first.
    at: usize,
}

/// What is read or written together, in order.
enum Step {
    Group(Group),
    /// One that has to be alone.
    One(usize, Target),
}

/// Variables in groups that fit a PDU: of one domain, and whole.
fn steps(variables: &[OwnedVariable], octets: &[usize], room: usize) -> Result<Vec<Step>, Failure> {
    let mut steps: Vec<Step> = Vec::new();
    let mut used = 0;
    for (at, (variable, octets)) in variables.iter().zip(octets).enumerate() {
        let (domain, item) = domain_item(variable.name.as_ref())?;
        let (Some(domain), None) = (domain, &variable.alternate_access) else {
            steps.push(Step::One(at, Target::new(variable)?));
            continue;
        };
        let (domain, item) = (c_text(domain), c_text(item));
        match steps.last_mut() {
            Some(Step::Group(group))
                if group.domain == domain
                    && group.items.len() < MOST_IN_REQUEST
                    && used + octets <= room =>
            {
                group.items.push(item);
                used += octets;
            }
            _ => {
                used = *octets;
                steps.push(Step::Group(Group {
                    domain,
                    items: vec![item],
                    at,
                }));
            }
        }
    }
    Ok(steps)
}

/// Octets of the name of a variable in a request.
fn named(variable: &OwnedVariable) -> usize {
    variable.to_string().len() + 16
}

/// Reads a group; a server that cannot answer so many at once is asked for half as many.
fn read_group(
    raw: Raw,
    errors: &mut Errors,
    group: &Group,
    range: std::ops::Range<usize>,
) -> Vec<MmsValue> {
    let items = group.items.get(range.clone()).unwrap_or_default();
    let mut error = 0;
    // SAFETY: the connection is alive; the texts outlive the list, and the list the call; the values
    // are the caller's.
    let values = unsafe {
        let list = Borrowed::texts(items);
        let values = sys::MmsConnection_readMultipleVariables(
            raw.mms(),
            &raw mut error,
            group.domain.as_ptr(),
            list.as_ptr(),
        );
        let read = elements(values);
        drop(taken(values));
        read
    };
    if error == 0 && values.len() == items.len() {
        return values;
    }
    let gone = matches!(
        error,
        sys::MMS_ERROR_CONNECTION_LOST | sys::MMS_ERROR_SERVICE_TIMEOUT
    );
    if items.len() > 1 && !gone {
        let middle = range.start + items.len() / 2;
        let mut first = read_group(raw, errors, group, range.start..middle);
        if errors.mms == 0 {
            first.extend(read_group(raw, errors, group, middle..range.end));
        }
        return first;
    }
    errors.mms = match error {
        0 => sys::MMS_ERROR_PARSING_RESPONSE,
        error => error,
    };
    Vec::new()
}

impl CConnection {
    pub(crate) async fn read(&self, variable: OwnedVariable) -> Result<MmsValue, Failure> {
        let target = Target::new(&variable)?;
        self.call(move |raw, errors| {
            let value = read_target(raw, errors, &target);
            match result(value) {
                Ok(value) => value,
                Err(error) => {
                    if errors.ied == 0 && errors.mms == 0 {
                        errors.access = Some(error);
                    }
                    MmsValue::DataAccessError(error)
                }
            }
        })
        .await
    }

    pub(crate) async fn read_many(
        &self,
        variables: &[OwnedVariable],
    ) -> Result<Vec<ReadResult>, Failure> {
        let octets: Vec<usize> = variables.iter().map(named).collect();
        let steps = steps(variables, &octets, self.room())?;
        let count = variables.len();
        self.call(move |raw, errors| {
            let mut read: Vec<ReadResult> = vec![Err(DataAccessError::ObjectUndefined); count];
            for step in &steps {
                match step {
                    Step::One(at, target) => {
                        let value = read_target(raw, errors, target);
                        if let Some(place) = read.get_mut(*at) {
                            *place = result(value);
                        }
                    }
                    Step::Group(group) => {
                        let values = read_group(raw, errors, group, 0..group.items.len());
                        for (place, value) in read.iter_mut().skip(group.at).zip(values) {
                            *place = result(Some(value));
                        }
                    }
                }
                if errors.mms != 0 || errors.ied != 0 {
                    break;
                }
            }
            read
        })
        .await
    }

    pub(crate) async fn write(
        &self,
        variable: OwnedVariable,
        value: &MmsValue,
    ) -> Result<(), Failure> {
        let target = Target::new(&variable)?;
        let value = value_for(value)?;
        self.call(move |raw, errors| write_target(raw, errors, &target, &value))
            .await
    }

    pub(crate) async fn write_many(
        &self,
        writes: Vec<(OwnedVariable, &MmsValue)>,
    ) -> Result<Vec<WriteOutcome>, Failure> {
        let values: Vec<Value> = writes
            .iter()
            .map(|(_, value)| value_for(value))
            .collect::<Result<_, _>>()?;
        let octets: Vec<usize> = writes
            .iter()
            .map(|(variable, value)| named(variable) + value.to_bytes().len())
            .collect();
        let variables: Vec<OwnedVariable> =
            writes.into_iter().map(|(variable, _)| variable).collect();
        let steps = steps(&variables, &octets, self.room())?;
        self.call(move |raw, errors| {
            let mut outcomes = Vec::with_capacity(values.len());
            for step in &steps {
                match step {
                    Step::One(at, target) => {
                        let mut one = Errors::default();
                        if let Some(value) = values.get(*at) {
                            write_target(raw, &mut one, target, value);
                        }
                        match one.access {
                            Some(error) if !one.no_answer() => outcomes.push(Err(error)),
                            _ => {
                                outcomes.push(Ok(()));
                                (errors.ied, errors.mms) = (one.ied, one.mms);
                            }
                        }
                    }
                    Step::Group(group) => outcomes.extend(write_group(raw, errors, group, &values)),
                }
                if errors.mms != 0 || errors.ied != 0 {
                    break;
                }
            }
            outcomes
        })
        .await
    }

    /// Octets of a request that names and values can take.
    fn room(&self) -> usize {
        // SAFETY: the connection is alive.
        let agreed = unsafe { sys::MmsConnection_getLocalDetail(self.connection.raw.mms()) };
        usize::try_from(agreed)
            .unwrap_or(0)
            .saturating_sub(OVERHEAD)
    }

    pub(crate) async fn identify(&self) -> Result<Identity, Failure> {
        self.call(|raw, errors| {
            // SAFETY: the connection is alive; the identity is the caller's.
            unsafe {
                let made = sys::MmsConnection_identify(raw.mms(), &raw mut errors.mms);
                let text = |text| text_of(text).unwrap_or_default();
                let (vendor, model, revision) = match made.as_ref() {
                    Some(made) => (
                        text(made.vendorName),
                        text(made.modelName),
                        text(made.revision),
                    ),
                    None => Default::default(),
                };
                if !made.is_null() {
                    sys::MmsServerIdentity_destroy(made);
                }
                Identity {
                    vendor,
                    model,
                    revision,
                    abstract_syntaxes: vec![],
                }
            }
        })
        .await
    }

    pub(crate) async fn status(&self) -> Result<StatusResponse, Failure> {
        self.call(|raw, errors| {
            let (mut logical, mut physical) = (0, 0);
            // SAFETY: the connection is alive.
            unsafe {
                sys::MmsConnection_getServerStatus(
                    raw.mms(),
                    &raw mut errors.mms,
                    &raw mut logical,
                    &raw mut physical,
                    false,
                );
            }
            StatusResponse {
                logical: logical.into(),
                physical: physical.into(),
                local_detail: None,
            }
        })
        .await
    }

    pub(crate) async fn domain_names(&self) -> Result<Vec<String>, Failure> {
        self.call(|raw, errors| {
            // SAFETY: the connection is alive; the list is the caller's.
            unsafe {
                List::from_raw(sys::IedConnection_getServerDirectory(
                    raw.ied(),
                    &raw mut errors.ied,
                    false,
                ))
            }
            .into_texts()
        })
        .await
    }

    pub(crate) async fn variable_names(
        &self,
        scope: ObjectScope<'_>,
    ) -> Result<Vec<String>, Failure> {
        let domain = match scope {
            ObjectScope::Domain(domain) => Some(c_text(domain)),
            ObjectScope::Vmd => None,
            ObjectScope::Association => {
                return Err(Failure::NotSupported("variables of an association".into()));
            }
        };
        self.call(move |raw, errors| {
            // SAFETY: the connection is alive, the text is copied; the list is the caller's.
            unsafe {
                List::from_raw(match &domain {
                    Some(domain) => sys::IedConnection_getLogicalDeviceVariables(
                        raw.ied(),
                        &raw mut errors.ied,
                        domain.as_ptr(),
                    ),
                    None => sys::MmsConnection_getVMDVariableNames(raw.mms(), &raw mut errors.mms),
                })
            }
            .into_texts()
        })
        .await
    }

    pub(crate) async fn variable_list_names(
        &self,
        scope: ObjectScope<'_>,
    ) -> Result<Vec<String>, Failure> {
        let domain = match scope {
            ObjectScope::Domain(domain) => Some(c_text(domain)),
            ObjectScope::Association => None,
            ObjectScope::Vmd => {
                return Err(Failure::NotSupported(
                    "names of data sets of the server".into(),
                ));
            }
        };
        self.call(move |raw, errors| {
            // SAFETY: as above.
            unsafe {
                List::from_raw(match &domain {
                    Some(domain) => sys::IedConnection_getLogicalDeviceDataSets(
                        raw.ied(),
                        &raw mut errors.ied,
                        domain.as_ptr(),
                    ),
                    None => sys::MmsConnection_getVariableListNamesAssociationSpecific(
                        raw.mms(),
                        &raw mut errors.mms,
                    ),
                })
            }
            .into_texts()
        })
        .await
    }

    pub(crate) async fn journal_names(
        &self,
        scope: ObjectScope<'_>,
    ) -> Result<Vec<String>, Failure> {
        let ObjectScope::Domain(domain) = scope else {
            return Err(Failure::NotSupported(
                "names of logs outside of logical devices".into(),
            ));
        };
        let domain = c_text(domain);
        self.call(move |raw, errors| {
            // SAFETY: as above.
            unsafe {
                List::from_raw(sys::MmsConnection_getDomainJournals(
                    raw.mms(),
                    &raw mut errors.mms,
                    domain.as_ptr(),
                ))
            }
            .into_texts()
        })
        .await
    }

    pub(crate) async fn get_variable_access_attributes(
        &self,
        name: ObjectName<'_>,
    ) -> Result<TypeDescription, Failure> {
        let target = Target::new(&OwnedVariable::from(name))?;
        self.call(move |raw, errors| {
            // SAFETY: the connection is alive, the texts are copied; the type is the caller's.
            unsafe {
                let ty = match &target {
                    Target::Reference(reference, fc) => {
                        sys::IedConnection_getVariableSpecification(
                            raw.ied(),
                            &raw mut errors.ied,
                            reference.as_ptr(),
                            fc.value(),
                        )
                    }
                    Target::Item(domain, item) => sys::MmsConnection_getVariableAccessAttributes(
                        raw.mms(),
                        &raw mut errors.mms,
                        convert::or_null(domain.as_ref()),
                        item.as_ptr(),
                    ),
                    // A name has no index.
                    Target::Element { .. } => std::ptr::null_mut(),
                };
                let description = convert::type_of(ty);
                if !ty.is_null() {
                    sys::MmsVariableSpecification_destroy(ty);
                }
                description
            }
        })
        .await
    }
}

fn write_group(
    raw: Raw,
    errors: &mut Errors,
    group: &Group,
    values: &[Value],
) -> Vec<WriteOutcome> {
    let range = group.at..group.at + group.items.len();
    let values = values.get(range).unwrap_or_default();
    let mut results = std::ptr::null_mut();
    // SAFETY: the connection is alive; texts and values outlive the lists, and those the call; the
    // list of results is the caller's.
    let outcomes = unsafe {
        let items = Borrowed::texts(&group.items);
        let values = Borrowed::new(values.iter().map(|value| value.as_ptr().cast()));
        sys::MmsConnection_writeMultipleVariables(
            raw.mms(),
            &raw mut errors.mms,
            group.domain.as_ptr(),
            items.as_ptr(),
            values.as_ptr(),
            &raw mut results,
        );
        List::from_raw(results).into_values()
    };
    if errors.mms == 0 && outcomes.len() != group.items.len() {
        errors.mms = sys::MMS_ERROR_PARSING_RESPONSE;
    }
    outcomes.into_iter().map(outcome).collect()
}
