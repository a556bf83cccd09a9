//! Unconfirmed services: ISO 9506-2 `Unconfirmed-PDU`, `InformationReport`.

use super::event_notification::{EVENT_NOTIFICATION, EventNotification};
use super::list::List;
use super::read::AccessResults;
use super::variable::VariableAccessSpecification;
use super::vmd::{StatusResponse, UNSOLICITED_STATUS};
use super::wire::skip_extensions;
use crate::ber::{BerError, Mark, Reader, Tag, Tlv, Writer};

const INFORMATION_REPORT: Tag = Tag::context_constructed(0);
const RESULTS: Tag = Tag::context_constructed(0);

/// Values a server sends on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InformationReport<'a> {
    /// The variables. IEC 61850 reports are the variable list named `RPT`.
    pub variables: VariableAccessSpecification<'a>,
    /// A value or failure for each.
    pub results: AccessResults<'a>,
}

impl<'a> InformationReport<'a> {
    fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let variables = VariableAccessSpecification::decode(&mut r)?;
        let results = List::decode(r.expect(RESULTS)?)?;
        skip_extensions(&mut r, 2)?;
        Ok(InformationReport { variables, results })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        let report = InformationReportWriter::begin(w, |w| self.variables.encode(w));
        for result in self.results {
            result.encode(w);
        }
        report.end(w);
    }
}

/// Writes an information report value by value, straight into the PDU: as
/// [`super::ReadResponseWriter`].
#[derive(Debug)]
#[must_use = "a report that was begun has to be ended"]
pub struct InformationReportWriter {
    service: Mark,
    results: Mark,
}

impl InformationReportWriter {
    /// Opens the service element; `variables` writes what the report is about, with
    /// [`super::write_list_name`] or [`super::write_variables`].
    pub fn begin<'w>(
        w: &mut Writer<'w>,
        variables: impl FnOnce(&mut Writer<'w>),
    ) -> InformationReportWriter {
        let service = w.begin(INFORMATION_REPORT);
        variables(w);
        let results = w.begin(RESULTS);
        InformationReportWriter { service, results }
    }

    /// Closes the service element.
    pub fn end(self, w: &mut Writer<'_>) {
        w.end(self.results);
        w.end(self.service);
    }
}

/// What an unconfirmed PDU carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnconfirmedService<'a> {
    /// Values.
    InformationReport(InformationReport<'a>),
    /// The state of the VMD has changed.
    UnsolicitedStatus(StatusResponse),
    /// An event.
    EventNotification(EventNotification<'a>),
    /// A service that is not decoded.
    Other {
        /// Its tag.
        tag: Tag,
        /// Its content.
        content: &'a [u8],
    },
}

impl<'a> UnconfirmedService<'a> {
    pub(super) fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        match tlv.tag {
            INFORMATION_REPORT => {
                InformationReport::decode(tlv.content).map(UnconfirmedService::InformationReport)
            }
            UNSOLICITED_STATUS => {
                StatusResponse::decode(tlv.content).map(UnconfirmedService::UnsolicitedStatus)
            }
            EVENT_NOTIFICATION => {
                EventNotification::decode(tlv.content).map(UnconfirmedService::EventNotification)
            }
            tag => Ok(UnconfirmedService::Other {
                tag,
                content: tlv.content,
            }),
        }
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            UnconfirmedService::InformationReport(report) => report.encode(w),
            UnconfirmedService::UnsolicitedStatus(status) => status.encode_unsolicited(w),
            UnconfirmedService::EventNotification(notification) => notification.encode(w),
            UnconfirmedService::Other { tag, content } => w.primitive(*tag, content),
        }
    }
}
