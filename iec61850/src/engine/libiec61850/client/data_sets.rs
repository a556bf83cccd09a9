//! Data sets.

use super::super::owned::c_text;
use super::convert::{self, Borrowed, List, Target, domain_item, elements, list_name};
use super::data::{outcome, value_for};
use super::{CConnection, Raw};
use crate::client::engine::Failure;
use libiec61850_sys as sys;
use mms::client::{ListAttributes, ReadResult, WriteOutcome};
use mms::pdu::DeleteVariableListResponse;
use mms::{MmsValue, ObjectName, OwnedVariable};
use std::ffi::CString;
use std::ptr::null_mut;

/// A member as MMS names it.
struct Member {
    domain: CString,
    item: CString,
    /// -1 is none.
    index: i32,
    component: Option<CString>,
}

impl Member {
    fn new(variable: &OwnedVariable) -> Result<Self, Failure> {
        if let Target::Element {
            domain,
            item,
            index,
            component,
        } = Target::new(variable)?
        {
            return Ok(Member {
                domain,
                item,
                index: i32::try_from(index).unwrap_or(i32::MAX),
                component,
            });
        }
        let (domain, item) = domain_item(variable.name.as_ref())?;
        let unsupported = || Failure::NotSupported(format!("{variable} as a member of a data set"));
        Ok(Member {
            domain: c_text(domain.ok_or_else(unsupported)?),
            item: c_text(item),
            index: -1,
            component: None,
        })
    }

    /// `LD/LN.DO.DA[FC]`, if it is whole.
    fn reference(&self) -> Option<CString> {
        if self.index >= 0 {
            return None;
        }
        let (reference, fc) = convert::reference(self.item.to_str().ok()?)?;
        Some(c_text(&format!(
            "{}/{reference}[{fc}]",
            self.domain.to_str().ok()?
        )))
    }
}

impl CConnection {
    pub(crate) async fn read_list(&self, name: ObjectName<'_>) -> Result<Vec<ReadResult>, Failure> {
        let name = list_name(name);
        self.call(move |raw, errors| {
            // SAFETY: the connection is alive, the name is copied; the data set is the caller's, and
            // its values belong to it.
            let values = unsafe {
                let set = sys::IedConnection_readDataSetValues(
                    raw.ied(),
                    &raw mut errors.ied,
                    name.as_ptr(),
                    null_mut(),
                );
                match set.is_null() {
                    true => vec![],
                    false => {
                        let values = elements(sys::ClientDataSet_getValues(set));
                        sys::ClientDataSet_destroy(set);
                        values
                    }
                }
            };
            let result = |value| match value {
                MmsValue::DataAccessError(error) => Err(error),
                value => Ok(value),
            };
            values.into_iter().map(result).collect()
        })
        .await
    }

    pub(crate) async fn write_list(
        &self,
        name: ObjectName<'_>,
        values: &[MmsValue],
    ) -> Result<Vec<WriteOutcome>, Failure> {
        let name = list_name(name);
        let values: Vec<_> = values.iter().map(value_for).collect::<Result<_, _>>()?;
        self.call(move |raw, errors| {
            let mut results = null_mut();
            // SAFETY: the connection is alive; the values outlive the list, and that the call; the
            // list of results is the caller's.
            unsafe {
                let list = Borrowed::new(values.iter().map(|value| value.as_ptr().cast()));
                sys::IedConnection_writeDataSetValues(
                    raw.ied(),
                    &raw mut errors.ied,
                    name.as_ptr(),
                    list.as_ptr(),
                    &raw mut results,
                );
                List::from_raw(results).into_values()
            }
            .into_iter()
            .map(outcome)
            .collect()
        })
        .await
    }

    pub(crate) async fn get_named_variable_list_attributes(
        &self,
        name: ObjectName<'_>,
    ) -> Result<ListAttributes, Failure> {
        let name = list_name(name);
        self.call(move |raw, errors| {
            let mut deletable = false;
            // SAFETY: the connection is alive, the name is copied; the list is the caller's.
            let members = unsafe {
                List::from_raw(sys::IedConnection_getDataSetDirectory(
                    raw.ied(),
                    &raw mut errors.ied,
                    name.as_ptr(),
                    &raw mut deletable,
                ))
            }
            .into_texts();
            ListAttributes {
                deletable,
                members: members.iter().map(|text| convert::member(text)).collect(),
            }
        })
        .await
    }

    pub(crate) async fn define_named_variable_list(
        &self,
        name: ObjectName<'_>,
        members: &[OwnedVariable],
    ) -> Result<(), Failure> {
        let members: Vec<Member> = members.iter().map(Member::new).collect::<Result<_, _>>()?;
        let references: Option<Vec<CString>> = members.iter().map(Member::reference).collect();
        if let Some(references) = references {
            let name = list_name(name);
            return self
                .call(move |raw, errors| {
                    // SAFETY: the connection is alive; the texts outlive the list, and that the call.
                    unsafe {
                        let list = Borrowed::texts(&references);
                        sys::IedConnection_createDataSet(
                            raw.ied(),
                            &raw mut errors.ied,
                            name.as_ptr(),
                            list.as_ptr(),
                        );
                    }
                })
                .await;
        }
        // Elements of arrays have no reference that the library reads.
        let (domain, item) = match name {
            ObjectName::Association(item) => (None, c_text(item)),
            name => {
                let (domain, item) = domain_item(name)?;
                (Some(domain.map(c_text)), c_text(item))
            }
        };
        self.call(move |raw, errors| define(raw, &mut errors.mms, domain.as_ref(), &item, &members))
            .await
    }

    pub(crate) async fn delete_named_variable_lists(
        &self,
        names: &[ObjectName<'_>],
    ) -> Result<DeleteVariableListResponse, Failure> {
        let names: Vec<CString> = names.iter().map(|name| list_name(*name)).collect();
        self.call(move |raw, errors| {
            let (mut matched, mut deleted) = (0, 0);
            for name in &names {
                // SAFETY: the connection is alive, the name is copied.
                let is_deleted = unsafe {
                    sys::IedConnection_deleteDataSet(raw.ied(), &raw mut errors.ied, name.as_ptr())
                };
                matched += u32::from(errors.ied == 0);
                deleted += u32::from(is_deleted);
            }
            DeleteVariableListResponse { matched, deleted }
        })
        .await
    }
}

fn define(
    raw: Raw,
    error: &mut sys::MmsError,
    domain: Option<&Option<CString>>,
    item: &CString,
    members: &[Member],
) {
    // The library's own constructor does not copy its texts and its destructor frees them: these
    // structures are made here instead, of texts that outlive the call.
    let mut made: Vec<sys::MmsVariableAccessSpecification> = members
        .iter()
        .map(|member| sys::MmsVariableAccessSpecification {
            domainId: member.domain.as_ptr().cast_mut(),
            itemId: member.item.as_ptr().cast_mut(),
            arrayIndex: member.index,
            componentName: convert::or_null(member.component.as_ref()).cast_mut(),
        })
        .collect();
    // SAFETY: the connection is alive; the specifications and their texts outlive the list, and that
    // the call, which only reads them.
    unsafe {
        let list = Borrowed::new(made.iter_mut().map(|member| (&raw mut *member).cast()));
        match domain {
            Some(domain) => sys::MmsConnection_defineNamedVariableList(
                raw.mms(),
                error,
                convert::or_null(domain.as_ref()),
                item.as_ptr(),
                list.as_ptr(),
            ),
            None => sys::MmsConnection_defineNamedVariableListAssociationSpecific(
                raw.mms(),
                error,
                item.as_ptr(),
                list.as_ptr(),
            ),
        }
    }
}
