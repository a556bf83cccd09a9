//! PDUs as lines of text: for people, and to tell where two of them differ.

mod report;

pub(super) use report::{entry_id, subject};

use crate::describe;
use crate::peer::type_text;
use mms::ber::{Reader, Tlv};
use mms::pdu::{
    AccessAttributesResponse, AccessResults, AccessStep, AlternateAccess, EntryForm,
    FileAttributes, Initiate, List, Pdu, RequestService, ResponseService, UnconfirmedService,
    VariableAccess, VariableAccessSpecification, VariableSpecification,
};
use mms::{MmsValue, OwnedObjectName, TypeDescription};
use std::fmt::Display;

/// One line of a decoded PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) depth: usize,
    /// What it is: the name of a variable in full, or of a field of the PDU.
    pub(super) name: String,
    pub(super) value: String,
    /// What of the value is compared, where that is less than all of it.
    pub(super) compared: Option<&'static str>,
}

impl Line {
    /// Name and value, as they are compared and matched with known differences.
    pub(super) fn key(&self) -> String {
        self.with(self.compared.unwrap_or(&self.value))
    }

    /// Name and value, as they are shown.
    pub(super) fn text(&self) -> String {
        self.with(&self.value)
    }

    fn with(&self, value: &str) -> String {
        match (self.name.as_str(), value) {
            (name, "") => name.to_owned(),
            ("", value) => value.to_owned(),
            (name, value) => format!("{name} = {value}"),
        }
    }
}

/// What is known about the values of an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Expected<'a> {
    /// Name and type of each result.
    pub(super) results: &'a [(String, Option<&'a TypeDescription>)],
    /// Times from this second on are those of the run, which no two servers have the same.
    pub(super) since: u32,
}

/// The lines of a PDU. What cannot be decoded as a PDU is shown as the BER it is.
pub(super) fn decode(octets: &[u8], expected: Expected<'_>) -> Vec<Line> {
    let mut lines = Lines {
        lines: Vec::new(),
        depth: 0,
        since: expected.since,
    };
    match Pdu::decode(octets) {
        Ok(pdu) => lines.pdu(&pdu, expected.results),
        Err(error) => {
            lines.put("malformed PDU", error);
            lines.below(|lines| lines.ber(octets));
        }
    }
    lines.lines
}

fn names(variables: &VariableAccessSpecification<'_>) -> Vec<String> {
    match variables {
        VariableAccessSpecification::ListName(name) => vec![format!("list {name}")],
        VariableAccessSpecification::Variables(list) => {
            list.iter().map(|access| access_text(&access)).collect()
        }
    }
}

fn access_text(access: &VariableAccess<'_>) -> String {
    let variable = match access.variable {
        VariableSpecification::Name(name) => name.to_string(),
        other => format!("{other:?}"),
    };
    match &access.alternate_access {
        None => variable,
        Some(part) => format!("{variable} part {}", part_text(part)),
    }
}

fn part_text(part: &AlternateAccess<'_>) -> String {
    let selections = part.selections().map(|selection| {
        let step = match selection.step {
            AccessStep::Component(name) => name.to_owned(),
            AccessStep::Index(index) => format!("({index})"),
            AccessStep::IndexRange { low, count } => format!("({low}, {count} elements)"),
            AccessStep::AllElements => "(all)".to_owned(),
        };
        match &selection.nested {
            None => step,
            Some(nested) => format!("{step}.{}", part_text(nested)),
        }
    });
    let selections: Vec<_> = selections.collect();
    match &selections[..] {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

struct Lines {
    lines: Vec<Line>,
    depth: usize,
    since: u32,
}

impl Lines {
    fn put(&mut self, name: impl Into<String>, value: impl Display) {
        self.lines.push(Line {
            depth: self.depth,
            name: name.into(),
            value: value.to_string(),
            compared: None,
        });
    }

    /// A line whose value differs from server to server and is not compared, or only by kind.
    fn loose(&mut self, name: impl Into<String>, value: impl Display, compared: &'static str) {
        self.put(name, value);
        if let Some(line) = self.lines.last_mut() {
            line.compared = Some(compared);
        }
    }

    fn below(&mut self, fill: impl FnOnce(&mut Self)) {
        self.depth += 1;
        fill(self);
        self.depth -= 1;
    }

    fn pdu(&mut self, pdu: &Pdu<'_>, results: &[(String, Option<&TypeDescription>)]) {
        match pdu {
            Pdu::ConfirmedRequest(request) => {
                self.put("confirmed-request", request.invoke_id);
                self.below(|lines| lines.request(&request.service));
            }
            Pdu::ConfirmedResponse(response) => {
                self.loose("confirmed-response", response.invoke_id, "");
                self.below(|lines| lines.response(&response.service, results));
            }
            Pdu::ConfirmedError { invoke_id, error } => {
                self.loose("confirmed-error", invoke_id, "");
                self.below(|lines| lines.put("error", error));
            }
            Pdu::Unconfirmed(UnconfirmedService::InformationReport(report)) => self.report(report),
            Pdu::Unconfirmed(other) => self.put("unconfirmed", format_args!("{other:?}")),
            Pdu::Reject { invoke_id, reason } => {
                match invoke_id {
                    Some(id) => self.loose("reject", id, "with invoke id"),
                    None => self.put("reject", "without invoke id"),
                }
                self.below(|lines| lines.put("reason", reason));
            }
            Pdu::CancelRequest { invoke_id } => self.put("cancel-request", invoke_id),
            Pdu::CancelResponse { invoke_id } => self.put("cancel-response", invoke_id),
            Pdu::CancelError { invoke_id, error } => {
                self.put("cancel-error", invoke_id);
                self.below(|lines| lines.put("error", error));
            }
            Pdu::InitiateRequest(initiate) => {
                self.put("initiate-request", "");
                self.below(|lines| lines.initiate(initiate));
            }
            Pdu::InitiateResponse(initiate) => {
                self.put("initiate-response", "");
                self.below(|lines| lines.initiate(initiate));
            }
            Pdu::InitiateError(error) => self.put("initiate-error", error),
            Pdu::ConcludeRequest => self.put("conclude-request", ""),
            Pdu::ConcludeResponse => self.put("conclude-response", ""),
            Pdu::ConcludeError(error) => self.put("conclude-error", error),
        }
    }

    fn initiate(&mut self, initiate: &Initiate) {
        let or_none =
            |number: Option<u32>| number.map_or_else(|| "none".to_owned(), |n| n.to_string());
        self.put("localDetail", or_none(initiate.local_detail));
        self.put(
            "maxServOutstandingCalling",
            initiate.max_outstanding_calling,
        );
        self.put("maxServOutstandingCalled", initiate.max_outstanding_called);
        self.put(
            "dataStructureNestingLevel",
            or_none(initiate.nesting_level.map(u32::from)),
        );
        self.put("version", initiate.version);
        self.put("parameterCBB", format_args!("{:?}", initiate.parameters));
        self.put("servicesSupported", format_args!("{:?}", initiate.services));
    }

    fn request(&mut self, service: &RequestService<'_>) {
        use RequestService as S;
        match service {
            S::Status(_) => self.put("status", ""),
            S::Identify(_) => self.put("identify", ""),
            S::GetNameList(request) => {
                self.put("getNameList", "");
                self.below(|lines| {
                    lines.put("objectClass", format_args!("{:?}", request.class));
                    lines.put("objectScope", format_args!("{:?}", request.scope));
                    if let Some(after) = request.continue_after {
                        lines.put("continueAfter", format_args!("{after:?}"));
                    }
                });
            }
            S::Read(request) => {
                let with = match request.specification_with_result {
                    true => "with specification in the result",
                    false => "",
                };
                self.put("read", with);
                self.below(|lines| lines.names(&request.variables));
            }
            S::Write(request) => {
                self.put("write", "");
                self.below(|lines| {
                    let names = names(&request.variables);
                    for (i, data) in request.data.iter().enumerate() {
                        let name = match names.get(i) {
                            Some(name) => name.clone(),
                            None => format!("member {i}"),
                        };
                        lines.value(&name, &data.to_value(), None);
                    }
                });
            }
            S::GetVariableAccessAttributes(request) => {
                self.put("getVariableAccessAttributes", format_args!("{request:?}"));
            }
            S::DefineNamedVariableList(request) => {
                self.put("defineNamedVariableList", request.name);
                self.below(|lines| {
                    for member in request.variables {
                        lines.put(access_text(&member), "");
                    }
                });
            }
            S::GetNamedVariableListAttributes(request) => {
                self.put("getNamedVariableListAttributes", request.name);
            }
            S::ReadJournal(request) => {
                self.put("readJournal", request.journal);
                self.below(|lines| {
                    lines.put("start", format_args!("{:?}", request.start));
                    lines.put("stop", format_args!("{:?}", request.stop));
                    lines.put("startAfter", format_args!("{:?}", request.start_after));
                });
            }
            S::Other { tag, content } => {
                self.put("service", tag);
                self.below(|lines| lines.ber(content));
            }
            other => self.put(format!("{other:?}"), ""),
        }
    }

    fn names(&mut self, variables: &VariableAccessSpecification<'_>) {
        for name in names(variables) {
            self.put("variable", name);
        }
    }

    fn response(
        &mut self,
        service: &ResponseService<'_>,
        results: &[(String, Option<&TypeDescription>)],
    ) {
        use ResponseService as S;
        match service {
            S::Status(status) => self.put("status", format_args!("{status:?}")),
            S::Identify(identity) => {
                self.put("identify", "");
                self.below(|lines| {
                    lines.loose("vendor", &identity.vendor, "a name");
                    lines.loose("model", &identity.model, "a name");
                    lines.loose("revision", &identity.revision, "a name");
                });
            }
            S::GetNameList(names) => {
                self.put("getNameList", "");
                self.below(|lines| {
                    for name in names.identifiers {
                        lines.put(name, "");
                    }
                    lines.put("moreFollows", names.more_follows);
                });
            }
            S::Read(read) => {
                self.put("read", "");
                self.below(|lines| {
                    if let Some(variables) = &read.variables {
                        lines.put("specification", "");
                        lines.below(|lines| lines.names(variables));
                    }
                    lines.results(read.results, results);
                });
            }
            S::Write(write) => {
                self.put("write", "");
                self.below(|lines| {
                    for (i, result) in write.results.iter().enumerate() {
                        let result = match result.0 {
                            Ok(()) => "success".to_owned(),
                            Err(error) => format!("failure: {error}"),
                        };
                        lines.put(label(results, i), result);
                    }
                });
            }
            S::GetVariableAccessAttributes(AccessAttributesResponse {
                deletable,
                address,
                ty,
            }) => {
                self.put("getVariableAccessAttributes", "");
                self.below(|lines| {
                    lines.put("mmsDeletable", deletable);
                    if let Some(address) = address {
                        lines.put("address", format_args!("{address:?}"));
                    }
                    lines.ty(&label(results, 0), ty);
                });
            }
            S::DefineNamedVariableList(_) => self.put("defineNamedVariableList", ""),
            S::GetNamedVariableListAttributes(list) => {
                self.put("getNamedVariableListAttributes", "");
                self.below(|lines| {
                    lines.put("mmsDeletable", list.deletable);
                    for member in list.variables {
                        lines.put(access_text(&member), "");
                    }
                });
            }
            S::ReadJournal(journal) => {
                self.put("readJournal", "");
                self.below(|lines| {
                    for entry in journal.entries {
                        lines.put("entry", "");
                        lines.below(|lines| lines.journal_entry(&entry.form));
                    }
                    lines.put("moreFollows", journal.more_follows);
                });
            }
            S::FileDirectory(directory) => {
                self.put("fileDirectory", "");
                self.below(|lines| {
                    // The standard leaves their order open.
                    let mut entries: Vec<_> = directory.entries.iter().collect();
                    entries.sort_by_key(|entry| entry.name.to_text().into_owned());
                    for entry in entries {
                        lines.put("file", entry.name);
                        lines.below(|lines| lines.file(&entry.attributes));
                    }
                    lines.put("moreFollows", directory.more_follows);
                });
            }
            S::FileOpen(file) => {
                self.put("fileOpen", "");
                self.below(|lines| {
                    lines.loose("frsmID", file.frsm_id, "a number");
                    lines.file(&file.attributes);
                });
            }
            S::FileRead(read) => {
                self.put("fileRead", "");
                self.below(|lines| {
                    lines.put("data", data_text(read.data));
                    lines.put("moreFollows", read.more_follows);
                });
            }
            S::Other { tag, content } => {
                self.put("service", tag);
                self.below(|lines| lines.ber(content));
            }
            other => self.put(format!("{other:?}"), ""),
        }
    }

    fn file(&mut self, attributes: &FileAttributes<'_>) {
        self.put("sizeOfFile", attributes.size);
        self.put("lastModified", attributes.last_modified.unwrap_or("none"));
    }

    fn journal_entry(&mut self, form: &EntryForm<'_>) {
        // Identifiers and times are each server's own.
        match form {
            EntryForm::Annotation(text) => self.put("annotation", format_args!("{text:?}")),
            EntryForm::Data { event, variables } => {
                if let Some(event) = event {
                    self.put("event", format_args!("{event:?}"));
                }
                for variable in variables.iter().flat_map(List::iter) {
                    self.value(variable.tag, &variable.value.to_value(), None);
                }
            }
        }
    }

    fn results(
        &mut self,
        found: AccessResults<'_>,
        results: &[(String, Option<&TypeDescription>)],
    ) {
        for (i, data) in found.iter().enumerate() {
            let ty = results.get(i).and_then(|(_, ty)| *ty);
            self.value(&label(results, i), &data.to_value(), ty);
        }
    }

    fn value(&mut self, name: &str, value: &MmsValue, ty: Option<&TypeDescription>) {
        match value {
            MmsValue::Structure(values) => {
                self.put(name, format_args!("structure of {}", values.len()));
                let components = match ty {
                    Some(TypeDescription::Structure(components)) => &components[..],
                    _ => &[],
                };
                self.below(|lines| {
                    for (i, value) in values.iter().enumerate() {
                        let component = components.get(i);
                        let name = match component.and_then(|c| c.name.as_deref()) {
                            Some(component) => format!("{name}${component}"),
                            None => format!("{name}${i}"),
                        };
                        lines.value(&name, value, component.map(|c| &c.ty));
                    }
                });
            }
            MmsValue::Array(values) => {
                self.put(name, format_args!("array of {}", values.len()));
                let element = match ty {
                    Some(TypeDescription::Array { element, .. }) => Some(&**element),
                    _ => None,
                };
                self.below(|lines| {
                    for (i, value) in values.iter().enumerate() {
                        lines.value(&format!("{name}({i})"), value, element);
                    }
                });
            }
            leaf => self.leaf(name, leaf),
        }
    }

    fn leaf(&mut self, name: &str, value: &MmsValue) {
        let component = name.rsplit(['$', '.', ' ']).next().unwrap_or(name);
        let text = match value {
            MmsValue::DataAccessError(error) => format!("failure: {error}"),
            value => describe::text(component, value),
        };
        let kind = match value {
            MmsValue::OctetString(_) if is_entry(component) => "an entry",
            MmsValue::BinaryTime(_) => "a time of an entry",
            MmsValue::UtcTime(time) if time.time_in_seconds() >= self.since => "a time of this run",
            MmsValue::DataAccessError(_) => return self.put(name, text),
            _ => return self.put(name, format_args!("{} {text}", kind(value))),
        };
        self.loose(name, text, kind);
    }

    fn ty(&mut self, name: &str, ty: &TypeDescription) {
        match ty {
            TypeDescription::Structure(components) => {
                self.put(name, format_args!("structure of {}", components.len()));
                self.below(|lines| {
                    for component in components {
                        let component_name = component.name.as_deref().unwrap_or("");
                        lines.ty(&format!("{name}${component_name}"), &component.ty);
                    }
                });
            }
            TypeDescription::Array { count, element } => {
                self.put(name, format_args!("array of {count}"));
                self.below(|lines| lines.ty(&format!("{name}()"), element));
            }
            leaf => self.put(name, type_text(leaf)),
        }
    }

    fn ber(&mut self, octets: &[u8]) {
        let mut reader = Reader::new(octets);
        loop {
            let left = reader.remaining();
            match reader.take() {
                Ok(None) => return,
                Ok(Some(Tlv { tag, content })) if tag.is_constructed() && self.depth < 16 => {
                    self.put(tag.to_string(), "");
                    self.below(|lines| lines.ber(content));
                }
                Ok(Some(Tlv { tag, content })) => self.put(tag.to_string(), hex(content)),
                Err(error) => return self.put(error.to_string(), hex(left)),
            }
        }
    }
}

/// Whether a field holds the identifier of an entry.
fn is_entry(component: &str) -> bool {
    matches!(component, "EntryID" | "OldEntr" | "NewEntr")
}

/// What kind of value it is, where its text does not say: a client takes 1 and 1.0 differently.
fn kind(value: &MmsValue) -> &'static str {
    match value {
        MmsValue::Boolean(_) => "boolean",
        MmsValue::BitString(_) => "bit-string",
        MmsValue::Integer(_) => "integer",
        MmsValue::Unsigned(_) => "unsigned",
        MmsValue::Float32(_) => "float32",
        MmsValue::Float64(_) => "float64",
        MmsValue::OctetString(_) => "octet-string",
        MmsValue::VisibleString(_) => "visible-string",
        MmsValue::GeneralizedTime(_) => "generalized-time",
        MmsValue::BinaryTime(_) => "binary-time",
        MmsValue::Bcd(_) => "bcd",
        MmsValue::BooleanArray(_) => "boolean-array",
        MmsValue::ObjId(_) => "object-identifier",
        MmsValue::MmsString(_) => "mms-string",
        MmsValue::UtcTime(_) => "utc-time",
        _ => "",
    }
}

fn label(results: &[(String, Option<&TypeDescription>)], i: usize) -> String {
    results
        .get(i)
        .map_or_else(|| format!("result {i}"), |(name, _)| name.clone())
}

/// The content of a file: how much it is, how it begins, and a checksum, which stands for the rest.
fn data_text(data: &[u8]) -> String {
    // FNV-1a
    let sum = data.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, octet| {
        (sum ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
    });
    let start = data.get(..16).unwrap_or(data);
    format!(
        "{} octets {}..., checksum {sum:016x}",
        data.len(),
        hex(start)
    )
}

/// Octets as text, two digits each.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The owned name of an object, for lists that are kept.
pub(super) fn owned(access: &VariableAccess<'_>) -> Option<OwnedObjectName> {
    access.name().map(|name| name.to_owned())
}

#[cfg(test)]
mod tests;
