//! `ied read`.

use crate::describe::{self, Shown};
use crate::failure::Failure;
use crate::output::{self, Tree, message, printable};
use crate::peer::{PeerArguments, explain, lookup, reference_of, type_of, variable};
use iec61850::client::asynchronous::IedConnection;
use iec61850::{FunctionalConstraint, ObjectReference};
use mms::client::{Client, ClientError};
use mms::{MmsValue, ObjectName, OwnedVariable, TypeDescription};
use serde_json::{Value, json};
use std::io::Write;

/// Read data and data sets
///
/// A reference is `LD/LN.DO.DA[FC]`, as in `BAY1MEAS/MMXU1.TotW.mag.f[MX]`, or as MMS has it: `LD/LN$FC$DO$DA`. An element of an array is
/// `NAME(0)`.
/// Without a functional constraint all are read that the object has.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    /// What to read
    #[arg(value_name = "REFERENCE", required = true)]
    references: Vec<ObjectReference>,

    /// The functional constraint of references that have none
    #[arg(long, value_name = "FC", value_parser = functional_constraint)]
    fc: Option<FunctionalConstraint>,

    /// The references are those of data sets, LD/LN.NAME
    #[arg(long, conflicts_with = "fc")]
    dataset: bool,

    /// Write JSON: a list of objects with `reference` and either `value` or `error`
    #[arg(long)]
    json: bool,
}

/// The letters of a functional constraint, in either case.
pub(crate) fn functional_constraint(text: &str) -> Result<FunctionalConstraint, String> {
    text.to_ascii_uppercase()
        .parse()
        .map_err(|error: iec61850::Error| error.to_string())
}

/// One thing that was read.
struct Answer {
    reference: String,
    result: Result<(MmsValue, Option<TypeDescription>), String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.peer.run(async |client| {
        let mut answers = Vec::new();
        for reference in &arguments.references {
            if arguments.dataset {
                read_data_set(&client, reference, &mut answers).await?;
            } else {
                let fc = reference.fc().or(arguments.fc);
                let reference = reference.clone().with_fc(fc);
                read_object(&client, &reference, &mut answers).await?;
            }
        }
        show(&answers, arguments.json)
    })
}

async fn read_object(
    client: &Client,
    reference: &ObjectReference,
    answers: &mut Vec<Answer>,
) -> Result<(), Failure> {
    let fcs = match reference.fc() {
        Some(fc) => vec![fc],
        None => match lookup(client, reference).await {
            Ok(parts) => parts.iter().map(|part| part.fc).collect(),
            Err(failure) => return refused(reference.to_string(), failure, answers),
        },
    };
    for fc in fcs {
        let reference = reference.clone().with_fc(fc);
        if reference.logical_node().is_none() {
            return Err(Failure::usage(format_args!(
                "{reference} names a whole logical device; expected LD/LN.DO.DA[FC]"
            )));
        }
        let variable = variable(&reference, fc)?;
        match client.read(&variable).await {
            Ok(value) => {
                let ty = match value {
                    // The names of what is inside.
                    MmsValue::Structure(_) | MmsValue::Array(_) => {
                        type_of(client, &reference, fc).await.ok()
                    }
                    _ => None,
                };
                answers.push(Answer {
                    reference: reference.to_string(),
                    result: Ok((value, ty)),
                });
            }
            Err(error) => {
                let failure = explain(client, &reference, &error).await;
                refused(reference.to_string(), failure, answers)?;
            }
        }
    }
    Ok(())
}

/// One refusal does not keep the others from being read; wrong usage does.
fn refused(reference: String, failure: Failure, answers: &mut Vec<Answer>) -> Result<(), Failure> {
    match failure {
        Failure::Failed(reason) => {
            answers.push(Answer {
                reference,
                result: Err(reason),
            });
            Ok(())
        }
        other => Err(other),
    }
}

async fn read_data_set(
    client: &Client,
    reference: &ObjectReference,
    answers: &mut Vec<Answer>,
) -> Result<(), Failure> {
    let device = reference.logical_device();
    let Some(node) = reference.logical_node() else {
        return Err(Failure::usage(format_args!(
            "{reference} names a whole logical device; expected LD/LN.NAME"
        )));
    };
    let names = reference.path().iter().map(|part| &*part.name);
    let item = std::iter::once(node)
        .chain(names)
        .collect::<Vec<_>>()
        .join("$");
    let name = ObjectName::domain(device, &item);
    let members = match client.get_named_variable_list_attributes(name).await {
        Ok(attributes) => attributes.members,
        Err(error) => {
            let reason = missing_data_set(client, reference, device, &error).await;
            return refused(reference.to_string(), Failure::failed(reason), answers);
        }
    };
    let values = match client.read_list(name).await {
        Ok(values) => values,
        Err(error) => {
            let reason = format!("{reference}: {error}");
            return refused(reference.to_string(), Failure::failed(reason), answers);
        }
    };
    for (member, result) in members.iter().zip(values) {
        let result = match result {
            Ok(value) => Ok((value.clone(), type_of_member(client, member, &value).await)),
            Err(error) => Err(format!("{}: {error}", member_name(member))),
        };
        answers.push(Answer {
            reference: member_name(member),
            result,
        });
    }
    Ok(())
}

fn member_name(member: &Option<OwnedVariable>) -> String {
    member
        .as_ref()
        .map_or_else(|| "(no name)".to_owned(), reference_of)
}

async fn type_of_member(
    client: &Client,
    member: &Option<OwnedVariable>,
    value: &MmsValue,
) -> Option<TypeDescription> {
    if !matches!(value, MmsValue::Structure(_) | MmsValue::Array(_)) {
        return None;
    }
    let reference: ObjectReference = member.as_ref()?.to_string().parse().ok()?;
    type_of(client, &reference, reference.fc()?).await.ok()
}

/// Shows the values of a data set: what `ied dataset HOST read` does.
pub(crate) async fn show_data_set(
    connection: &IedConnection,
    reference: &str,
    json: bool,
) -> Result<(), Failure> {
    let parsed: ObjectReference = reference.parse().map_err(Failure::usage)?;
    let client = connection.mms().map_err(Failure::failed)?;
    let mut answers = Vec::new();
    read_data_set(&client, &parsed, &mut answers).await?;
    show(&answers, json)
}

async fn missing_data_set(
    client: &Client,
    reference: &ObjectReference,
    device: &str,
    error: &ClientError,
) -> String {
    let text = match client.domain_names().await {
        Ok(domains) if !domains.iter().any(|domain| domain == device) => {
            format!(
                "the server has no logical device {device}; there are: {}",
                domains.join(", ")
            )
        }
        Ok(_) => {
            let scope = mms::pdu::ObjectScope::Domain(device);
            match client.variable_list_names(scope).await {
                Ok(lists) if lists.is_empty() => {
                    format!("{device} has no data set, so not {reference}")
                }
                Ok(lists) => {
                    let lists: Vec<String> =
                        lists.iter().map(|name| name.replace('$', ".")).collect();
                    format!(
                        "no data set {reference}; {device} has: {}",
                        lists.join(", ")
                    )
                }
                Err(_) => format!("{reference}: {error}"),
            }
        }
        Err(_) => format!("{reference}: {error}"),
    };
    printable(&text).into_owned()
}

fn show(answers: &[Answer], json: bool) -> Result<(), Failure> {
    let mut out = output::stdout();
    if json {
        let list: Value = answers.iter().map(json_of).collect();
        output::json(&mut out, &list)?;
    }
    let mut failed = false;
    for answer in answers {
        match &answer.result {
            Ok((value, ty)) if !json => {
                let shown = Shown {
                    name: &answer.reference,
                    value,
                    ty: ty.as_ref(),
                };
                describe::value_tree(&mut Tree::new(&mut out), &shown)?;
            }
            Ok(_) => {}
            Err(reason) => {
                out.flush()?;
                message(format_args!("error: {}", printable(reason)));
                failed = true;
            }
        }
    }
    out.flush()?;
    match failed {
        true => Err(Failure::Reported),
        false => Ok(()),
    }
}

fn json_of(answer: &Answer) -> Value {
    match &answer.result {
        Ok((value, ty)) => json!({
            "reference": answer.reference,
            "value": describe::named_json(value, ty.as_ref()),
        }),
        Err(reason) => json!({ "reference": answer.reference, "error": reason }),
    }
}
