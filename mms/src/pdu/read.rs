//! The read service (ISO 9506-2 `Read-Request`, `Read-Response`) and the `AccessResult`s that it
//! shares with the information report.

use super::list::List;
use super::variable::{VariableAccess, VariableAccessSpecification, write_variables};
use super::wire::{explicit, skip_extensions};
use crate::ber::{BerError, Mark, Reader, Tag, Writer, boolean};
use crate::{DataAccessError, DataView};

pub(super) const READ: Tag = Tag::context_constructed(4);

const WITH_RESULT: Tag = Tag::context(0);
const REQUEST_SPECIFICATION: Tag = Tag::context_constructed(1);
const RESPONSE_SPECIFICATION: Tag = Tag::context_constructed(0);
const RESPONSE_RESULTS: Tag = Tag::context_constructed(1);

/// Results of a read or of an information report, one per variable: a value, or a failure, which
/// is a view of type [`crate::MmsType::DataAccessError`].
pub type AccessResults<'a> = List<'a, DataView<'a>>;

/// Writes the failure of one variable (values write themselves as a success).
pub fn write_failure(w: &mut Writer<'_>, error: DataAccessError) {
    w.integer(Tag::context(0), error.code());
}

/// Asks for the values of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRequest<'a> {
    /// Whether the response is to repeat the specification of the variables.
    pub specification_with_result: bool,
    /// The variables.
    pub variables: VariableAccessSpecification<'a>,
}

impl<'a> ReadRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let specification_with_result = match r.optional(WITH_RESULT)? {
            Some(content) => boolean(content)?,
            None => false,
        };
        let variables =
            VariableAccessSpecification::from_tlv(explicit(r.expect(REQUEST_SPECIFICATION)?)?)?;
        skip_extensions(&mut r, 2)?;
        Ok(ReadRequest {
            specification_with_result,
            variables,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        write(w, self.specification_with_result, |w| {
            self.variables.encode(w)
        });
    }
}

/// Writes a read request of these variables as service element.
pub fn write_read_request<'v, V: Into<VariableAccess<'v>>>(
    w: &mut Writer<'_>,
    specification_with_result: bool,
    variables: impl IntoIterator<Item = V>,
) {
    write(w, specification_with_result, |w| {
        write_variables(w, variables)
    });
}

fn write<'w>(w: &mut Writer<'w>, with_result: bool, variables: impl FnOnce(&mut Writer<'w>)) {
    w.constructed(READ, |w| {
        // False is the default, and libiec61850 leaves it out.
        if with_result {
            w.boolean(WITH_RESULT, true);
        }
        w.constructed(REQUEST_SPECIFICATION, variables);
    });
}

/// The values of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadResponse<'a> {
    /// The variables, if the request asked for them.
    pub variables: Option<VariableAccessSpecification<'a>>,
    /// A value or failure for each.
    pub results: AccessResults<'a>,
}

impl<'a> ReadResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let variables = r
            .optional(RESPONSE_SPECIFICATION)?
            .map(|content| VariableAccessSpecification::from_tlv(explicit(content)?))
            .transpose()?;
        let results = List::decode(r.expect(RESPONSE_RESULTS)?)?;
        skip_extensions(&mut r, 2)?;
        Ok(ReadResponse { variables, results })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        let response = ReadResponseWriter::begin(w, self.variables.as_ref());
        for result in self.results {
            result.encode(w);
        }
        response.end(w);
    }
}

/// Writes a read response result by result, straight into the PDU.
///
/// Between [`ReadResponseWriter::begin`] and [`ReadResponseWriter::end`] each result is written
/// with [`crate::MmsValue::encode`], [`DataView::encode`] or [`write_failure`], in the order of the
/// variables.
#[derive(Debug)]
#[must_use = "a response that was begun has to be ended"]
pub struct ReadResponseWriter {
    service: Mark,
    results: Mark,
}

impl ReadResponseWriter {
    /// Opens the service element, with the specification of the variables where the request asked
    /// for it.
    pub fn begin(
        w: &mut Writer<'_>,
        variables: Option<&VariableAccessSpecification<'_>>,
    ) -> ReadResponseWriter {
        let service = w.begin(READ);
        if let Some(variables) = variables {
            w.constructed(RESPONSE_SPECIFICATION, |w| variables.encode(w));
        }
        let results = w.begin(RESPONSE_RESULTS);
        ReadResponseWriter { service, results }
    }

    /// Closes the service element.
    pub fn end(self, w: &mut Writer<'_>) {
        w.end(self.results);
        w.end(self.service);
    }
}
