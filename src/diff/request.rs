//! What is asked of both servers.

use super::pair::Pair;
use mms::ber::Writer;
use mms::{ObjectName, TypeDescription};

/// Name and type of a value in an answer.
pub(super) type Named = (String, Option<TypeDescription>);

/// A request of one association, the same for both servers but for identifiers they gave themselves.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Which of the associations.
    pub(super) association: usize,
    /// The service, as known differences name it.
    pub(super) service: &'static str,
    /// What is asked, for people.
    pub(super) what: String,
    /// The values that the answer has.
    pub(super) results: Vec<Named>,
    pub(super) octets: Pair<Vec<u8>>,
    pub(super) form: Form,
    /// Whether a server that does it is in another state than one that does not.
    pub(super) changes: bool,
}

/// What the octets of a request are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A service element, to be sent in a confirmed request with an invoke id.
    Service,
    /// A whole PDU, which may get no answer or one without its invoke id.
    Raw,
}

/// The octets that are written.
pub(super) fn octets(fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    fill(&mut Writer::unbounded(&mut out));
    out
}

impl Request {
    pub(super) fn new(
        association: usize,
        service: &'static str,
        what: impl Into<String>,
        fill: impl FnOnce(&mut Writer<'_>),
    ) -> Self {
        Request {
            association,
            service,
            what: what.into(),
            results: Vec::new(),
            octets: Pair::same(octets(fill)),
            form: Form::Service,
            changes: false,
        }
    }

    /// A whole PDU, well formed or not.
    pub(super) fn raw(
        association: usize,
        service: &'static str,
        what: impl Into<String>,
        pdu: Vec<u8>,
    ) -> Self {
        let mut request = Self::new(association, service, what, |w| w.raw(&pdu));
        request.form = Form::Raw;
        request
    }

    /// The names and types of the values in the answer.
    pub(super) fn giving(mut self, results: impl IntoIterator<Item = Named>) -> Self {
        self.results = results.into_iter().collect();
        self
    }

    /// A request that changes the state of a server that does it.
    pub(super) fn changing(mut self) -> Self {
        self.changes = true;
        self
    }
}

/// The name of a variable of a domain.
pub(super) fn name<'a>(domain: &'a str, item: &'a str) -> ObjectName<'a> {
    ObjectName::domain(domain, item)
}
