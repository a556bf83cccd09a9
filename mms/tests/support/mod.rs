//! What several test programs share.
#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod capture;

use mms::MmsValue;
use mms::ber::Writer;
use mms::pdu::*;

/// The PDU written with the element writers that servers and clients use, instead of the lists
/// that are copied as they came.
pub(crate) fn rebuilt(pdu: &Pdu<'_>) -> Vec<u8> {
    let mut out = vec![];
    let mut w = Writer::unbounded(&mut out);
    match pdu {
        Pdu::ConfirmedRequest(request) => {
            write_confirmed_request(&mut w, request.invoke_id, |w| {
                rebuild_request(w, request.service)
            });
        }
        Pdu::ConfirmedResponse(response) => {
            write_confirmed_response(&mut w, response.invoke_id, |w| {
                rebuild_response(w, &response.service)
            });
        }
        Pdu::Unconfirmed(UnconfirmedService::InformationReport(report)) => {
            write_unconfirmed(&mut w, |w| {
                let writer =
                    InformationReportWriter::begin(w, |w| rebuild_access(w, &report.variables));
                rebuild_results(w, report.results);
                writer.end(w);
            });
        }
        other => other.encode(&mut w),
    }
    assert!(!w.overflowed());
    out
}

fn rebuild_access(w: &mut Writer<'_>, access: &VariableAccessSpecification<'_>) {
    match access {
        VariableAccessSpecification::Variables(list) => write_variables(w, list.iter()),
        VariableAccessSpecification::ListName(name) => write_list_name(w, *name),
    }
}

fn rebuild_results(w: &mut Writer<'_>, results: AccessResults<'_>) {
    for result in results {
        match result.to_value() {
            MmsValue::DataAccessError(error) => write_failure(w, error),
            value => value.encode(w),
        }
    }
}

fn rebuild_request(w: &mut Writer<'_>, service: RequestService<'_>) {
    match service {
        RequestService::Read(ReadRequest {
            specification_with_result,
            variables: VariableAccessSpecification::Variables(list),
        }) => write_read_request(w, specification_with_result, list),
        RequestService::Write(WriteRequest { variables, data }) => {
            let values: Vec<MmsValue> = data.iter().map(|d| d.to_value()).collect();
            match variables {
                VariableAccessSpecification::Variables(list) => {
                    write_write_request(w, list.iter().zip(&values));
                }
                VariableAccessSpecification::ListName(name) => {
                    write_list_write_request(w, name, &values);
                }
            }
        }
        RequestService::DefineNamedVariableList(define) => {
            write_define_variable_list(w, define.name, define.variables);
        }
        RequestService::DeleteNamedVariableList(DeleteVariableListRequest {
            scope: DeleteScope::Specific,
            lists: Some(lists),
            domain: None,
        }) => write_delete_variable_lists(w, lists),
        RequestService::FileOpen(open) => FileOpenRequest {
            name: open.name.to_text().as_ref().into(),
            ..open
        }
        .encode(w),
        other => other.encode(w),
    }
}

fn rebuild_response(w: &mut Writer<'_>, service: &ResponseService<'_>) {
    match service {
        ResponseService::Read(read) => {
            let writer = ReadResponseWriter::begin(w, read.variables.as_ref());
            rebuild_results(w, read.results);
            writer.end(w);
        }
        ResponseService::Write(write) => {
            let mut writer = WriteResponseWriter::begin(w);
            for WriteResult(result) in write.results {
                writer.push(w, result);
            }
            writer.end(w);
        }
        ResponseService::GetNameList(list) => {
            let mut writer = NameListWriter::begin(w);
            for name in list.identifiers {
                assert!(writer.push(w, name));
            }
            assert_eq!(writer.end(w, list.more_follows), list.more_follows);
        }
        ResponseService::GetCapabilityList(list) => {
            let mut writer = CapabilityListWriter::begin(w);
            for capability in list.capabilities {
                assert!(writer.push(w, capability));
            }
            writer.end(w, list.more_follows);
        }
        ResponseService::GetVariableAccessAttributes(attributes)
            if attributes.address.is_none() =>
        {
            write_access_attributes(w, attributes.deletable, |w| attributes.ty.encode(w));
        }
        ResponseService::GetNamedVariableListAttributes(attributes) => {
            let mut writer = VariableListAttributesWriter::begin(w, attributes.deletable);
            for variable in attributes.variables {
                writer.push(w, variable);
            }
            writer.end(w);
        }
        ResponseService::FileDirectory(directory) => {
            let mut writer = FileDirectoryWriter::begin(w);
            for entry in directory.entries {
                assert!(writer.push(w, &entry));
            }
            writer.end(w, directory.more_follows);
        }
        ResponseService::ReadJournal(journal) => {
            let mut writer = ReadJournalWriter::begin(w);
            for entry in journal.entries {
                assert!(writer.push(w, |w| rebuild_entry(w, &entry)));
            }
            writer.end(w, journal.more_follows);
        }
        other => other.encode(w),
    }
}

fn rebuild_entry(w: &mut Writer<'_>, entry: &JournalEntry<'_>) {
    match entry.form {
        EntryForm::Data {
            event: None,
            variables: Some(variables),
        } if entry.originating_application == [0x30, 0] => {
            write_journal_entry(w, entry.identifier, entry.time, |w| {
                for variable in variables {
                    write_journal_variable(w, variable.tag, |w| variable.value.encode(w));
                }
            });
        }
        _ => entry.encode(w),
    }
}
