//! The calls of the recordings that libiec61850's log writes down as functions: names, types,
//! values, data sets, files, and the identity of the server.

use iec61850::client::asynchronous::IedConnection;
use iec61850::{AcsiClass, Error, FunctionalConstraint as Fc, IedClientError};
use mms::client::ClientError;
use mms::pdu::{ConfirmedRequest, ObjectScope, RequestService, VariableAccessSpecification};
use mms::{DataAccessError, MmsValue, ObjectName, OwnedVariable};
use std::path::Path;

/// The function and the arguments of a line of the log: `f('a', 2, None)`, or `f a b`.
pub(crate) fn words(call: &str) -> Vec<String> {
    match call.split_once('(') {
        Some((function, arguments)) if !function.contains(' ') => {
            let arguments = arguments.trim_end_matches(')').split(", ");
            let arguments = arguments.map(|argument| argument.trim_matches('\'').to_owned());
            std::iter::once(function.to_owned())
                .chain(arguments)
                .collect()
        }
        _ => call.split(' ').map(str::to_owned).collect(),
    }
}

/// A value as libiec61850 prints it.
fn printed(value: &MmsValue) -> String {
    match value {
        MmsValue::Structure(elements) | MmsValue::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(printed).collect();
            format!("{{{}}}", elements.join(","))
        }
        MmsValue::Boolean(truth) => truth.to_string(),
        MmsValue::Integer(number) => number.to_string(),
        MmsValue::Unsigned(number) => number.to_string(),
        MmsValue::Float32(number) => format!("{number:.6}"),
        MmsValue::BitString(bits) => (0..bits.len())
            .map(|bit| if bits.get(bit) { '1' } else { '0' })
            .collect(),
        MmsValue::OctetString(octets) => super::player::hex(octets),
        MmsValue::VisibleString(text) | MmsValue::MmsString(text) => text.clone(),
        MmsValue::UtcTime(time) => {
            let ms = i64::try_from(time.time_in_ms()).unwrap();
            let time = chrono::DateTime::from_timestamp_millis(ms).unwrap();
            time.format("%Y%m%d%H%M%S%.3fZ").to_string()
        }
        MmsValue::DataAccessError(error) => format!("error {}", error.code()),
        other => panic!("{other:?}"),
    }
}

/// An error of ours, or the number of one.
fn failed(error: &Error) -> String {
    format!("error {}", error.code().expect("a client's error").value())
}

fn outcome<T>(result: Result<T, Error>, show: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(value) => show(value),
        Err(error) => failed(&error),
    }
}

/// Generic MMS has errors of its own; they have the same numbers.
fn of_mms<T>(result: Result<T, ClientError>, show: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(value) => show(value),
        Err(error) => format!("error {}", IedClientError::from(&error).value()),
    }
}

/// What `MmsError` of libiec61850 is for its IedConnection.
fn ied_error(mms_error: i32) -> i32 {
    match mms_error {
        0 => 0,
        4 => 34,
        33 => 25,
        34 => 27,
        35 => 23,
        81 | 97 => 22,
        82 => 24,
        83 => 21,
        85 => 32,
        86 => 26,
        103 => 4,
        // Classes without a number of their own: definition, resource, file.
        30 | 40 | 90 => 99,
        other => panic!("MMS error {other}"),
    }
}

/// The recorded result, in the form of ours: `error N`, what stands behind `=`, or nothing.
pub(crate) fn recorded(result: &str) -> String {
    let result = result.trim_start_matches("-> ");
    let (kind, rest) = result.split_once(" error ").unwrap_or(("", result));
    let code = rest.split(' ').next().unwrap_or_default();
    let code: i32 = code.parse().unwrap_or(0);
    let code = match kind {
        "MMS" => ied_error(code),
        _ => code,
    };
    if code != 0 {
        return format!("error {code}");
    }
    let value = rest.split_once(" = ").map_or("", |(_, value)| value);
    // An access error is a value of libiec61850's client, and an error of ours.
    match value
        .strip_prefix("error ")
        .and_then(|code| code.parse().ok())
    {
        Some(code) => {
            let error = IedClientError::from(DataAccessError::from_code(code));
            format!("error {}", error.value())
        }
        None => value.to_owned(),
    }
}

/// A list of names as the log writes it: their number, and the first eight.
fn names(names: Vec<String>) -> String {
    let shown = names.iter().take(8).cloned().collect::<Vec<_>>().join(" ");
    let more = if names.len() > 8 { " ..." } else { "" };
    format!("{} names: {shown}{more}", names.len())
        .trim_end_matches(": ")
        .to_owned()
}

fn results(outcomes: Vec<Result<(), Error>>) -> String {
    let one = |outcome: Result<(), Error>| {
        let code = outcome.map_or_else(|error| error.code().unwrap().value(), |()| 0);
        format!("'error {code}'")
    };
    let all: Vec<String> = outcomes.into_iter().map(one).collect();
    format!("[{}]", all.join(", "))
}

/// The list of data access errors behind `=`, each with the number of our error.
pub(crate) fn recorded_list(text: &str) -> String {
    let text = text.trim_matches(['[', ']']);
    let one = |entry: &str| {
        let code: i32 = entry
            .trim_matches('\'')
            .trim_start_matches("error ")
            .parse()
            .unwrap();
        let code = match code {
            -1 => 0,
            code => IedClientError::from(DataAccessError::from_code(code.into())).value(),
        };
        format!("'error {code}'")
    };
    let all: Vec<String> = text.split(", ").map(one).collect();
    format!("[{}]", all.join(", "))
}

/// The variables of a request, as they are named in it.
fn variables(request: &ConfirmedRequest<'_>) -> Vec<OwnedVariable> {
    let list = match &request.service {
        RequestService::Read(read) => &read.variables,
        RequestService::Write(write) => &write.variables,
        RequestService::DefineNamedVariableList(define) => {
            let members = define.variables.iter();
            return members
                .map(|member| OwnedVariable::from_access(&member).unwrap())
                .collect();
        }
        other => panic!("{other:?}"),
    };
    let VariableAccessSpecification::Variables(list) = list else {
        panic!("a list by name");
    };
    list.iter()
        .map(|variable| OwnedVariable::from_access(&variable).unwrap())
        .collect()
}

fn written(request: &ConfirmedRequest<'_>) -> Vec<MmsValue> {
    let RequestService::Write(write) = &request.service else {
        panic!("no write")
    };
    write.data.iter().map(|value| value.to_value()).collect()
}

/// Whether a name is a reference with a functional constraint, which our client's methods take.
fn is_reference(name: &str) -> bool {
    let fc = name.split('$').nth(1);
    fc.is_some_and(|fc| fc.parse::<Fc>().is_ok())
}

/// Makes a call that is a request of the recording. `None`: there is no such call here.
pub(crate) async fn call(
    connection: &IedConnection,
    words: &[String],
    request: &ConfirmedRequest<'_>,
) -> Option<String> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let mms = connection.mms().unwrap();
    let domain_item = || format!("{}/{}", word(1), word(2));
    let of_node = || format!("{}/{}", word(1), word(2).replacen('$', ".", 1));
    let fc = |at: usize| word(at).parse().ok().and_then(Fc::from_value);
    let value = |value: MmsValue| printed(&value);
    let done = |()| String::new();
    Some(match word(0) {
        "MmsConnection_readVariable" if is_reference(word(2)) => {
            outcome(connection.read_value(&domain_item(), None).await, value)
        }
        "MmsConnection_readVariable" => {
            let name = ObjectName::domain(word(1), word(2));
            of_mms(mms.read(name).await, value)
        }
        "MmsConnection_readSingleArrayElementWithComponent" => {
            let reference = format!(
                "{}({}).{}",
                domain_item(),
                word(3),
                word(4).replace('$', ".")
            );
            outcome(connection.read_value(&reference, None).await, value)
        }
        "MmsConnection_readArrayElements" => {
            let variable = variables(request).remove(0);
            of_mms(mms.read(&variable).await, value)
        }
        "IedConnection_readObject" => outcome(connection.read_value(word(1), fc(2)).await, value),
        "readMultipleVariables" => {
            let all: Vec<String> = variables(request).iter().map(ToString::to_string).collect();
            let read = connection.read_values(&all).await;
            outcome(read, |results| {
                // As libiec61850 has it: errors in the places of the values.
                let values = results.into_iter().map(|result| match result {
                    Ok(value) => value,
                    Err(error) if error.code() == Some(IedClientError::ObjectDoesNotExist) => {
                        MmsValue::DataAccessError(DataAccessError::ObjectNonExistent)
                    }
                    Err(error) => panic!("{error}"),
                });
                printed(&MmsValue::Structure(values.collect()))
            })
        }
        "writeVariable" | "IedConnection_writeObject" => {
            let variable = variables(request).remove(0).to_string();
            let value = written(request).remove(0);
            outcome(connection.write_value(&variable, None, &value).await, done)
        }
        "IedConnection_writeInt32Value" => {
            let number = word(3).parse().unwrap();
            let written = connection.write_int32(word(1), fc(2), number).await;
            outcome(written, done)
        }
        "MmsConnection_writeVariableComponent" | "MmsConnection_writeArrayElements" => {
            let variable = variables(request).remove(0);
            let value = written(request).remove(0);
            of_mms(mms.write(&variable, &value).await, done)
        }
        "writeMultipleVariables" => {
            let names = variables(request);
            let values: Vec<(String, MmsValue)> = names
                .iter()
                .map(ToString::to_string)
                .zip(written(request))
                .collect();
            outcome(connection.write_values(&values).await, results)
        }
        "readNamedVariableListDirectory" | "readNamedVariableListDirectoryAssociationSpecific" => {
            let reference = match word(0).ends_with("AssociationSpecific") {
                true => format!("@{}", word(1)),
                false => format!("GOLDLD1/{}", word(1)),
            };
            let directory = connection.get_dataset_directory(&reference).await;
            outcome(directory, |directory| {
                let members = directory.entries.iter();
                let members: Vec<String> = members
                    .map(|member| {
                        let reference: iec61850::ObjectReference = member.parse().unwrap();
                        format!("'{}/{}'", reference.logical_device(), reference.mms_item())
                    })
                    .collect();
                let deletable = if directory.is_deletable {
                    "True"
                } else {
                    "False"
                };
                format!("deletable {deletable} [{}]", members.join(", "))
            })
        }
        "MmsConnection_readNamedVariableListValues"
        | "MmsConnection_readNamedVariableListValuesAssociationSpecific" => {
            let is_own = word(0).ends_with("AssociationSpecific");
            let with_members = word(if is_own { 2 } else { 3 }) == "True";
            let reference = match is_own {
                true => format!("@{}", word(1)),
                false => of_node(),
            };
            if with_members {
                // Our client does not ask for the members again.
                let name = match is_own {
                    true => ObjectName::Association(word(1)),
                    false => ObjectName::domain(word(1), word(2)),
                };
                let read = mms.read_list_with_members(name).await;
                return Some(of_mms(read, |results| {
                    let values = results
                        .into_iter()
                        .map(|(_, value)| value.unwrap_or_else(MmsValue::DataAccessError));
                    printed(&MmsValue::Structure(values.collect()))
                }));
            }
            let read = connection.read_data_set_values(&reference).await;
            outcome(read, |set| {
                printed(&MmsValue::Structure(set.values().to_vec()))
            })
        }
        "IedConnection_readDataSetValues" => {
            let read = connection.read_data_set_values(word(1)).await;
            outcome(read, |_| String::new())
        }
        "IedConnection_getDataSetDirectory" => {
            let directory = connection.get_dataset_directory(word(1)).await;
            outcome(directory, |_| String::new())
        }
        "writeNamedVariableList" => {
            let reference = format!("GOLDLD1/{}", word(1));
            let written = connection
                .write_data_set_values(&reference, &written(request))
                .await;
            outcome(written, results)
        }
        "MmsConnection_defineNamedVariableList"
        | "MmsConnection_defineNamedVariableListAssociationSpecific"
        | "IedConnection_createDataSet" => {
            let reference = match word(0) {
                "MmsConnection_defineNamedVariableList" => of_node(),
                "IedConnection_createDataSet" => word(1).to_owned(),
                _ => format!("@{}", word(1)),
            };
            let members: Vec<String> = variables(request).iter().map(ToString::to_string).collect();
            let created = connection.create_dataset(&reference, &members).await;
            outcome(created, done)
        }
        "MmsConnection_deleteNamedVariableList" => {
            outcome(connection.delete_dataset(&of_node()).await, done)
        }
        "MmsConnection_deleteAssociationSpecificNamedVariableList" => {
            let reference = format!("@{}", word(1));
            outcome(connection.delete_dataset(&reference).await, done)
        }
        "IedConnection_deleteDataSet" => outcome(connection.delete_dataset(word(1)).await, done),
        "MmsConnection_getDomainNames" => outcome(connection.get_logical_devices().await, names),
        "MmsConnection_getDomainVariableNames" => outcome(
            connection.get_logical_device_variables(word(1)).await,
            names,
        ),
        "MmsConnection_getDomainVariableListNames" => {
            outcome(connection.get_logical_device_datasets(word(1)).await, names)
        }
        "MmsConnection_getDomainJournals" => {
            let scope = ObjectScope::Domain(word(1));
            of_mms(mms.journal_names(scope).await, names)
        }
        "MmsConnection_getVMDVariableNames" => {
            of_mms(mms.variable_names(ObjectScope::Vmd).await, names)
        }
        "MmsConnection_getVariableListNamesAssociationSpecific" => of_mms(
            mms.variable_list_names(ObjectScope::Association).await,
            names,
        ),
        "MmsConnection_getVariableAccessAttributes" if is_reference(word(2)) => {
            let reference = domain_item();
            let ty = connection.get_variable_specification(&reference, None);
            outcome(ty.await, |_| String::new())
        }
        "MmsConnection_getVariableAccessAttributes" => {
            let name = ObjectName::domain(word(1), word(2));
            let ty = mms.get_variable_access_attributes(name).await;
            of_mms(ty, |_| String::new())
        }
        "IedConnection_getVariableSpecification" => {
            let ty = connection.get_variable_specification(word(1), fc(2));
            outcome(ty.await, |_| String::new())
        }
        "MmsConnection_identify" => outcome(connection.identify().await, |_| String::new()),
        "getServerStatus" if word(1).ends_with("False") => {
            outcome(connection.server_status().await, |_| String::new())
        }
        "getServerStatus" => of_mms(mms.status(true).await, |_| String::new()),
        // A list that goes on behind a name is asked for by the client itself.
        "MmsConnection_getFileDirectory" if word(2) != "None" => return None,
        "MmsConnection_getFileDirectory" | "IedConnection_getFileDirectory" => {
            let folder = Some(word(1)).filter(|folder| *folder != "None");
            let files = connection.get_files(folder).await;
            outcome(files, |files| {
                let files = files.iter();
                let files: Vec<String> = files
                    .map(|file| format!("{} size {}", file.name, file.size))
                    .collect();
                // The recording of this function does not show the files.
                match word(0).starts_with("Mms") {
                    true => files.join("; "),
                    false => String::new(),
                }
            })
        }
        "fileOpen" => {
            // Opened, read and closed: all is one call.
            let mut content = Vec::new();
            let position = word(3).parse().unwrap();
            let length = connection
                .download_file_to(word(1), position, &mut content, |_, _| {})
                .await;
            outcome(length, |length| format!("{length} bytes"))
        }
        "MmsConnection_fileClose" => {
            let frsm_id = word(1).parse().unwrap();
            of_mms(mms.file_close(frsm_id).await, done)
        }
        "fileRead" if words.len() > 1 => of_mms(mms.file_read(4711).await, |_| String::new()),
        "MmsConnection_fileRename" => outcome(connection.rename_file(word(1), word(2)).await, done),
        "MmsConnection_fileDelete" => outcome(connection.delete_file(word(1)).await, done),
        "IedConnection_setFile" => {
            let folder = tempfile::tempdir().unwrap();
            put_file(folder.path());
            connection.set_filestore_basepath(folder.path());
            outcome(connection.upload_file(word(1), word(2)).await, done)
        }
        _ => return None,
    })
}

/// The file that the recording uploads, and one that it says is not there: our client looks for
/// it before it asks, libiec61850's when the server opens it.
fn put_file(folder: &Path) {
    std::fs::write(
        folder.join("up.txt"),
        "uploaded by the client\n".repeat(100),
    )
    .unwrap();
}

/// What the model of the server holds, by the functions that libiec61850's client answers from
/// what it has read before.
pub(crate) async fn from_memory(connection: &IedConnection, words: &[String]) -> Option<String> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let class = || match word(2) {
        "0" => AcsiClass::DataObject,
        "2" => AcsiClass::Brcb,
        "3" => AcsiClass::Urcb,
        "4" => AcsiClass::Lcb,
        "6" => AcsiClass::Sgcb,
        "7" => AcsiClass::GoCb,
        "9" => AcsiClass::Msvcb,
        other => panic!("class {other}"),
    };
    Some(match word(0) {
        "IedConnection_getLogicalDeviceDirectory" => {
            outcome(connection.get_logical_nodes(word(1)).await, names)
        }
        // These two are asked of the server by our client.
        "IedConnection_getLogicalNodeDirectory" if matches!(word(2), "1" | "5") => return None,
        "IedConnection_getLogicalNodeDirectory" => {
            let objects = connection.get_logical_node_directory(word(1), class());
            outcome(objects.await, names)
        }
        "IedConnection_getDataDirectory" => {
            outcome(connection.get_data_directory(word(1)).await, names)
        }
        "IedConnection_getDataDirectoryFC" => {
            let data = connection.get_data_directory_fc(word(1)).await;
            outcome(data, |data| {
                let with_fc = data.into_iter().map(|(name, fc)| format!("{name}[{fc}]"));
                names(with_fc.collect())
            })
        }
        "IedConnection_getDataDirectoryByFC" => {
            let fc = word(2).parse().ok().and_then(Fc::from_value).unwrap();
            let data = connection.get_data_directory_by_fc(word(1), fc);
            outcome(data.await, names)
        }
        _ => return None,
    })
}
