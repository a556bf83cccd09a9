//! The write service (ISO 9506-2 `Write-Request`, `Write-Response`).

use super::list::{List, ListElement};
use super::variable::{VariableAccess, VariableAccessSpecification, write_variables};
use super::wire::skip_extensions;
use crate::ber::{BerError, Mark, Reader, Tag, Tlv, Writer, integer};
use crate::{DataAccessError, DataView, MmsType, MmsValue};

pub(super) const WRITE: Tag = Tag::context_constructed(5);

const LIST_OF_DATA: Tag = Tag::context_constructed(0);
const FAILURE: Tag = Tag::context(0);
const SUCCESS: Tag = Tag::context(1);

/// Gives variables new values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteRequest<'a> {
    /// The variables.
    pub variables: VariableAccessSpecification<'a>,
    /// The values. For variables that are listed (not a variable list name) there are as many as
    /// variables.
    pub data: List<'a, DataView<'a>>,
}

impl<'a> WriteRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let variables = VariableAccessSpecification::decode(&mut r)?;
        let data: List<'a, DataView<'a>> = List::decode(r.expect(LIST_OF_DATA)?)?;
        skip_extensions(&mut r, 2)?;
        if data
            .iter()
            .any(|d| d.mms_type() == MmsType::DataAccessError)
        {
            return Err(BerError::UnknownChoice(FAILURE));
        }
        if let VariableAccessSpecification::Variables(list) = variables {
            if data.len() < list.len() {
                return Err(BerError::Truncated);
            }
            if data.len() > list.len() {
                return Err(BerError::TooMany);
            }
        }
        Ok(WriteRequest { variables, data })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(WRITE, |w| {
            self.variables.encode(w);
            self.data.encode(w, LIST_OF_DATA);
        });
    }
}

/// Writes a write request as service element: each variable with its value.
pub fn write_write_request<'v, V: Into<VariableAccess<'v>>>(
    w: &mut Writer<'_>,
    writes: impl IntoIterator<Item = (V, &'v MmsValue), IntoIter: Clone>,
) {
    let writes = writes.into_iter();
    w.constructed(WRITE, |w| {
        write_variables(w, writes.clone().map(|(variable, _)| variable));
        write_data(w, writes.map(|(_, value)| value));
    });
}

/// Writes a write request to the members of a variable list as service element.
pub fn write_list_write_request<'v>(
    w: &mut Writer<'_>,
    list: crate::ObjectName<'_>,
    values: impl IntoIterator<Item = &'v MmsValue>,
) {
    w.constructed(WRITE, |w| {
        super::variable::write_list_name(w, list);
        write_data(w, values);
    });
}

fn write_data<'v>(w: &mut Writer<'_>, values: impl IntoIterator<Item = &'v MmsValue>) {
    w.constructed(LIST_OF_DATA, |w| {
        for value in values {
            value.encode(w);
        }
    });
}

/// What became of one variable of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteResult(
    /// Written, or why not.
    pub Result<(), DataAccessError>,
);

impl WriteResult {
    /// Writes the result.
    #[inline]
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self.0 {
            Ok(()) => w.null(SUCCESS),
            Err(error) => w.integer(FAILURE, error.code()),
        }
    }
}

impl<'a> ListElement<'a> for WriteResult {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        match tlv.tag {
            SUCCESS => Ok(WriteResult(Ok(()))),
            FAILURE => {
                integer(tlv.content).map(|code| WriteResult(Err(DataAccessError::from_code(code))))
            }
            other => Err(BerError::UnknownChoice(other)),
        }
    }
}

/// What became of the variables of a write, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteResponse<'a> {
    /// A result for each variable.
    pub results: List<'a, WriteResult>,
}

impl<'a> WriteResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        List::decode(content).map(|results| WriteResponse { results })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        self.results.encode(w, WRITE);
    }
}

/// Writes a write response result by result with [`WriteResult::encode`].
#[derive(Debug)]
#[must_use = "a response that was begun has to be ended"]
pub struct WriteResponseWriter {
    service: Mark,
}

impl WriteResponseWriter {
    /// Opens the service element.
    pub fn begin(w: &mut Writer<'_>) -> WriteResponseWriter {
        WriteResponseWriter {
            service: w.begin(WRITE),
        }
    }

    /// Writes the result of the next variable.
    #[inline]
    pub fn push(&mut self, w: &mut Writer<'_>, result: Result<(), DataAccessError>) {
        WriteResult(result).encode(w);
    }

    /// Closes the service element.
    pub fn end(self, w: &mut Writer<'_>) {
        w.end(self.service);
    }
}
