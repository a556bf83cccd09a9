//! TASE.2 by hand on the MMS stack of rusty-iccp, in either role; see `tests/peers/README.md`.
//!
//! `rusty_mms_peer client HOST:PORT` reads, follows and operates as SOUTH what tests/interop/tase2_rusty.rs serves, and prints what it saw as
//! JSON. `rusty_mms_peer server PORT` serves one association on 127.0.0.1: it prints `listening` when it can be called, and what it was
//! told as JSON when the association is over.

use der_parser::Oid;
use num_bigint::BigInt;
use rusty_mms::{
    ListOfVariablesItem, MmsAccessError, MmsBasicObjectClass, MmsObjectClass, MmsObjectName,
    MmsObjectScope, MmsVariableAccessSpecification, MmsWriteResult, VariableSpecification,
};
use rusty_mms_service::data::{
    Identity, MmsServiceAccessResult, MmsServiceData, MmsServiceDeleteObjectScope,
    MmsServiceTypeDescription,
};
use rusty_mms_service::error::MmsServiceError;
use rusty_mms_service::message::MmsServiceMessage;
use rusty_mms_service::{
    MmsServiceConnectionParameters, RustyMmsServiceClient, RustyMmsServiceServer, create_mms_service_client,
    create_mms_service_server,
};
use serde_json::{Map, Value, json};
use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type D = MmsServiceData;

const DOMAIN: &str = "NORTH_SOUTH";

fn name(text: &str) -> MmsObjectName {
    match text.split_once('/') {
        Some((domain, item)) => MmsObjectName::DomainSpecific(domain.into(), item.into()),
        None => MmsObjectName::VmdSpecific(text.into()),
    }
}

fn text(name: &MmsObjectName) -> String {
    match name {
        MmsObjectName::VmdSpecific(item) => item.clone(),
        MmsObjectName::DomainSpecific(domain, item) => format!("{domain}/{item}"),
        MmsObjectName::AaSpecific(item) => format!("@{item}"),
    }
}

fn items(names: &[&str]) -> Vec<ListOfVariablesItem> {
    let item = |text: &&str| ListOfVariablesItem {
        variable_specification: VariableSpecification::Name(name(text)),
    };
    names.iter().map(item).collect()
}

fn list(names: &[&str]) -> MmsVariableAccessSpecification {
    MmsVariableAccessSpecification::ListOfVariables(items(names))
}

fn names_of(specification: &MmsVariableAccessSpecification) -> Vec<String> {
    match specification {
        MmsVariableAccessSpecification::VariableListName(list) => vec![format!("list {}", text(list))],
        MmsVariableAccessSpecification::ListOfVariables(items) => items
            .iter()
            .map(|item| match &item.variable_specification {
                VariableSpecification::Name(of) => text(of),
                VariableSpecification::Invalidated => "?".into(),
            })
            .collect(),
    }
}

fn plain(data: &D) -> Value {
    match data {
        D::Structure(parts) | D::Array(parts) => parts.iter().map(plain).collect(),
        D::Boolean(value) => json!(value),
        D::BitString(bits) => json!(bits.iter().map(|b| if *b { '1' } else { '0' }).collect::<String>()),
        D::Integer(value) => json!(value.to_string().parse::<i64>().ok()),
        D::Unsigned(value) => json!(value.to_string().parse::<u64>().ok()),
        D::FloatingPoint(value) => json!(value.to_f32().ok()),
        D::VisibleString(value) => json!(value),
        other => json!(format!("{other:?}")),
    }
}

fn result(result: &MmsServiceAccessResult) -> Value {
    match result {
        MmsServiceAccessResult::Success(data) => plain(data),
        MmsServiceAccessResult::Failure(error) => json!({ "error": format!("{error:?}") }),
    }
}

fn integer(value: i64) -> D {
    D::Integer(BigInt::from(value))
}

fn bits(pattern: &str) -> D {
    D::BitString(pattern.chars().map(|c| c == '1').collect())
}

fn object_name(of: &str) -> D {
    let (domain, item) = of.split_once('/').unwrap_or(("", of));
    D::Structure(vec![D::Unsigned(1u8.into()), D::VisibleString(domain.into()), D::VisibleString(item.into())])
}

fn transfer_set(data_set: &str, conditions: &str, status: bool) -> D {
    let no = || D::Boolean(false);
    D::Structure(vec![
        object_name(data_set),
        integer(0),
        integer(0),
        integer(0),
        integer(0),
        integer(60),
        bits(conditions),
        no(),
        no(),
        D::Boolean(true),
        no(),
        D::Boolean(status),
        integer(0),
    ])
}

fn parameters() -> Result<MmsServiceConnectionParameters> {
    let mut parameters = MmsServiceConnectionParameters::default();
    parameters.calling.ap_title = Some(Oid::from(&[1, 1, 999, 2]).map_err(|_| "no title")?);
    parameters.calling.ae_qualifier = Some(vec![12]);
    Ok(parameters)
}

async fn write(client: &mut Box<dyn RustyMmsServiceClient>, what: &str, value: D) -> Result<Value> {
    let written = client.write(list(&[what]), vec![value]).await?;
    Ok(match written.first() {
        Some(MmsWriteResult::Success) => json!("ok"),
        Some(MmsWriteResult::Failure(error)) => json!({ "error": format!("{error:?}") }),
        None => json!(null),
    })
}

async fn read(client: &mut Box<dyn RustyMmsServiceClient>, names: &[&str]) -> Result<Value> {
    let values = client.read(list(names)).await?;
    Ok(values.iter().map(result).collect())
}

async fn client(address: SocketAddr) -> Result<Value> {
    let mut client = create_mms_service_client(address, parameters()?).await?;
    let mut seen = Map::new();
    let mut note = |what: &str, value: Value| drop(seen.insert(what.into(), value));
    note("vendor", json!(client.identify().await?.vendor_name));
    note("start", read(&mut client, &["NORTH_SOUTH/Bilateral_Table_ID", "TASE2_Version", "Supported_Features"]).await?);
    let class = MmsObjectClass::Basic(MmsBasicObjectClass::NamedVariable);
    let names = client.get_name_list(class, MmsObjectScope::Vmd, None).await?;
    note("names", json!(names.identifiers));
    note("values", read(&mut client, &["N_LOAD", "N_CB_ST", "NOPE"]).await?);
    let set = "NORTH_SOUTH/RUSTY";
    let members = ["NORTH_SOUTH/Transfer_Set_Name", "NORTH_SOUTH/DSConditions_Detected", "N_LOAD", "N_CB_ST"];
    client.define_named_variable_list(name(set), items(&members)).await?;
    let attributes = client.get_named_variable_list_attributes(name(set)).await?;
    let there = MmsVariableAccessSpecification::ListOfVariables(attributes.list_of_variables);
    note("members", json!(names_of(&there)));
    let next = read(&mut client, &["NORTH_SOUTH/Next_DSTransfer_Set"]).await?;
    note("next", next[0].clone());
    let ts = format!("{DOMAIN}/{}", next[0][2].as_str().unwrap_or("?"));
    note("started", write(&mut client, &ts, transfer_set(set, "01100", true)).await?);
    let full = client.receive_information_report().await?;
    note("full", json!({ "about": names_of(&full.variable_access_specification), "values": full.access_results.iter().map(result).collect::<Vec<_>>() }));
    note("unarmed", write(&mut client, "N_CB", integer(1)).await?);
    note("selected", read(&mut client, &["N_CB_SBO"]).await?);
    note("operated", write(&mut client, "N_CB", integer(1)).await?);
    let mut changes = Vec::new();
    while changes.last() != Some(&json!("10000000")) {
        let report = tokio::time::timeout(Duration::from_secs(20), client.receive_information_report()).await??;
        changes.push(report.access_results.last().map_or(json!(null), result));
    }
    note("changes", json!(changes));
    let tag = D::Structure(vec![bits("01000000"), D::VisibleString("works".into())]);
    note("tagged", write(&mut client, "N_CB_TAG", tag).await?);
    note("tag", read(&mut client, &["N_CB_TAG"]).await?);
    note("inhibited", read(&mut client, &["N_CB_SBO"]).await?);
    note("stopped", write(&mut client, &ts, transfer_set(set, "01100", false)).await?);
    let scope = MmsServiceDeleteObjectScope::Specific(vec![name(set)]);
    let (matched, deleted) = client.delete_named_variable_list(scope).await?;
    note("deleted", json!([matched, deleted]));
    Ok(Value::Object(seen))
}

fn value(of: &str) -> Option<D> {
    Some(match of.rsplit('/').next()? {
        "TASE2_Version" => D::Structure(vec![integer(1996), integer(8)]),
        "Supported_Features" => bits("1100100000000000"),
        "Bilateral_Table_ID" => D::VisibleString("NS-2026-1".into()),
        "N_LOAD" => integer(412),
        "N_CB_SBO" => integer(77),
        _ => return None,
    })
}

async fn server(address: SocketAddr) -> Result<Value> {
    let calling = tokio::spawn(create_mms_service_server(address, parameters()?));
    // It does not say when it listens: it does when nobody else can.
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if TcpListener::bind(address).is_err() {
            break;
        }
    }
    println!("listening");
    let server = calling.await??;
    let told = Arc::new(Mutex::new(Vec::new()));
    // The end of the association is an error here, and its orderly end a panic: it knows no conclude.
    std::panic::set_hook(Box::new(|_| {}));
    let serving = tokio::spawn(serve(server, told.clone()));
    if let Ok(Err(reason)) = serving.await {
        eprintln!("{reason}");
    }
    let told = told.lock().map_err(|_| "a panic while it was told something")?;
    Ok(json!(*told))
}

async fn serve(
    mut server: Box<dyn RustyMmsServiceServer>,
    told: Arc<Mutex<Vec<Value>>>,
) -> std::result::Result<(), MmsServiceError> {
    let tell = |what: Value| {
        if let Ok(mut told) = told.lock() {
            told.push(what);
        }
    };
    loop {
        let message = server.receive_message().await?;
        match message {
            MmsServiceMessage::Identify(message) => {
                let identity = Identity { vendor_name: "rusty".into(), model_name: "by hand".into(), revision: "1".into(), abstract_syntaxes: None };
                message.respond(identity).await?;
            }
            MmsServiceMessage::GetNameList(message) => {
                let names = match (message.object_scope(), message.object_class()) {
                    (MmsObjectScope::Vmd, MmsObjectClass::Basic(MmsBasicObjectClass::Domain)) => vec![DOMAIN.to_owned()],
                    _ => vec![],
                };
                message.respond(names, false).await?;
            }
            MmsServiceMessage::GetVariableAccessAttributes(message) => {
                let ty = match text(message.object_name()).as_str() {
                    "N_LOAD" => MmsServiceTypeDescription::Integer(32),
                    _ => MmsServiceTypeDescription::Integer(16),
                };
                message.respond(false, ty).await?;
            }
            MmsServiceMessage::Read(message) => {
                let names = names_of(message.specification());
                tell(json!(["read", names]));
                let values = names.iter().map(|of| match value(of) {
                    Some(data) => MmsServiceAccessResult::Success(data),
                    None => MmsServiceAccessResult::Failure(MmsAccessError::ObjectNonExistent),
                });
                message.respond(values.collect()).await?;
            }
            MmsServiceMessage::Write(message) => {
                let names = names_of(message.specification());
                tell(json!(["write", names, message.values().iter().map(plain).collect::<Vec<_>>()]));
                let results = names.iter().map(|of| match of.as_str() {
                    "N_CB" => MmsWriteResult::Success,
                    _ => MmsWriteResult::Failure(MmsAccessError::ObjectAccessDenied),
                });
                message.respond(results.collect()).await?;
            }
            other => tell(json!(format!("{other:?}"))),
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seen = match arguments[..] {
        ["client", address] => client(address.parse()?).await?,
        ["server", port] => server(SocketAddr::from(([127, 0, 0, 1], port.parse()?))).await?,
        _ => return Err("usage: rusty_mms_peer client HOST:PORT | server PORT".into()),
    };
    println!("{seen}");
    Ok(())
}
