//! `ied tase2 browse`.

use crate::failure::Failure;
use crate::iccp::{CenterArguments, failed, point_json, value_json};
use crate::output::{self, Tree};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::io::Write;
use tase2::client::Client;
use tase2::types::{PointType, PointValue};
use tase2::{Error, Name, PointError};

/// Show what a control centre has: version, features, variables with their types, data sets
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    center: CenterArguments,

    /// Read the values of the points too
    #[arg(long)]
    values: bool,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

struct Variable {
    name: Name,
    /// It is a device: what it has beside it.
    device: Option<&'static str>,
    ty: Option<PointType>,
    value: Option<Result<PointValue, PointError>>,
}

struct Scope {
    domain: Option<String>,
    variables: Vec<Variable>,
    data_sets: Vec<(Name, Vec<Option<Name>>)>,
}

struct Center {
    version: Result<String, String>,
    features: Result<String, String>,
    table: Result<String, String>,
    scopes: Vec<Scope>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.center.run(async |client| {
        let center = fetch(&client, arguments.values).await?;
        let mut out = output::stdout();
        match arguments.json {
            true => output::json(&mut out, &to_json(&center))?,
            false => draw(&mut Tree::new(&mut out), &client, &center)?,
        }
        Ok(out.flush()?)
    })
}

fn told<T: ToString>(result: Result<T, Error>) -> Result<Result<String, String>, Failure> {
    match result {
        Ok(value) => Ok(Ok(value.to_string())),
        Err(error) if error.is_closed() => Err(failed(error)),
        Err(error) => Ok(Err(error.to_string())),
    }
}

async fn fetch(client: &Client, values: bool) -> Result<Center, Failure> {
    let version = told(client.version().await)?;
    let features = told(client.features().await)?;
    let table = told(client.table_id().await)?;
    let mut scopes = vec![None];
    scopes.extend(
        client
            .domains()
            .await
            .map_err(failed)?
            .into_iter()
            .map(Some),
    );
    let mut found = Vec::new();
    for domain in scopes {
        let names = client.names(domain.as_deref()).await.map_err(failed)?;
        // The types of standard objects may look like those of points.
        let points = names.iter().filter(|name| !tase2::is_standard(name.item()));
        let types = client
            .point_types(points.cloned().collect())
            .await
            .map_err(failed)?;
        let types: HashMap<Name, PointType> = types.into_iter().collect();
        let there: HashSet<Name> = names.iter().cloned().collect();
        let mut variables: Vec<Variable> = names
            .into_iter()
            .map(|name| {
                let device = device(&there, &name);
                Variable {
                    ty: types.get(&name).copied().filter(|_| device.is_none()),
                    device,
                    name,
                    value: None,
                }
            })
            .collect();
        if values {
            let points: Vec<Name> = variables
                .iter()
                .filter(|variable| variable.ty.is_some())
                .map(|variable| variable.name.clone())
                .collect();
            let read = client.read_many(&points).await.map_err(failed)?;
            let typed = variables
                .iter_mut()
                .filter(|variable| variable.ty.is_some());
            for (variable, value) in typed.zip(read) {
                variable.value = Some(value);
            }
        }
        let mut data_sets = Vec::new();
        for name in client
            .data_set_names(domain.as_deref())
            .await
            .map_err(failed)?
        {
            let members = client.data_set(&name).await.map_err(failed)?.members;
            data_sets.push((name, members));
        }
        found.push(Scope {
            domain,
            variables,
            data_sets,
        });
    }
    Ok(Center {
        version,
        features,
        table,
        scopes: found,
    })
}

/// What of a device there is beside a name, so that it is one.
fn device(names: &HashSet<Name>, name: &Name) -> Option<&'static str> {
    let part = |suffix: &str| {
        let item = format!("{}{suffix}", name.item());
        names.contains(&match name.domain() {
            None => Name::vcc(item),
            Some(domain) => Name::icc(domain, item),
        })
    };
    match (part("_SBO"), part("_TAG")) {
        (true, true) => Some("device, select before operate, tag"),
        (true, false) => Some("device, select before operate"),
        (false, true) => Some("device, direct, tag"),
        (false, false) => None,
    }
}

fn or_reason(result: &Result<String, String>) -> String {
    match result {
        Ok(value) => value.clone(),
        Err(reason) => format!("({reason})"),
    }
}

fn draw(tree: &mut Tree<impl Write>, client: &Client, center: &Center) -> std::io::Result<()> {
    tree.root(format_args!("version {}", or_reason(&center.version)))?;
    tree.root(format_args!("blocks {}", or_reason(&center.features)))?;
    tree.root(format_args!(
        "bilateral table {} in {}",
        or_reason(&center.table),
        client.domain()
    ))?;
    for scope in &center.scopes {
        tree.root(scope.domain.as_deref().unwrap_or("VCC"))?;
        let count = scope.variables.len() + scope.data_sets.len();
        for (i, variable) in scope.variables.iter().enumerate() {
            let mut label = variable.name.item().to_owned();
            if let Some(ty) = variable.ty {
                label = format!("{label}  {ty}");
            }
            if let Some(device) = variable.device {
                label = format!("{label}  {device}");
            }
            match &variable.value {
                Some(Ok(value)) => label = format!("{label}  {value}"),
                Some(Err(error)) => label = format!("{label}  ({error})"),
                None => {}
            }
            tree.branch(i + 1 == count, label, |_| Ok(()))?;
        }
        for (i, (name, members)) in scope.data_sets.iter().enumerate() {
            let last = scope.variables.len() + i + 1 == count;
            tree.branch(last, format_args!("data set {}", name.item()), |tree| {
                for (i, member) in members.iter().enumerate() {
                    let label = member
                        .as_ref()
                        .map_or_else(|| "(no name)".to_owned(), Name::to_string);
                    tree.branch(i + 1 == members.len(), label, |_| Ok(()))?;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn to_json(center: &Center) -> Value {
    let result = |result: &Result<String, String>| match result {
        Ok(value) => json!(value),
        Err(reason) => json!({ "error": reason }),
    };
    let scopes = center.scopes.iter().map(|scope| {
        let variables = scope.variables.iter().map(|variable| {
            let mut object = Map::new();
            object.insert("name".to_owned(), json!(variable.name.to_string()));
            if let Some(ty) = variable.ty {
                object.insert("type".to_owned(), json!(ty.to_string()));
            }
            if let Some(device) = variable.device {
                object.insert("device".to_owned(), json!(device));
            }
            match &variable.value {
                Some(Ok(value)) => {
                    if let Value::Object(parts) = value_json(value) {
                        object.extend(parts);
                    }
                }
                Some(error) => {
                    if let Value::Object(parts) = point_json(&variable.name, error) {
                        object.extend(parts);
                    }
                }
                None => {}
            }
            Value::Object(object)
        });
        let data_sets = scope.data_sets.iter().map(|(name, members)| {
            let members: Vec<_> = members
                .iter()
                .map(|m| m.as_ref().map(Name::to_string))
                .collect();
            json!({ "name": name.to_string(), "members": members })
        });
        json!({
            "domain": scope.domain,
            "variables": variables.collect::<Vec<_>>(),
            "data_sets": data_sets.collect::<Vec<_>>(),
        })
    });
    json!({
        "version": result(&center.version),
        "features": result(&center.features),
        "table_id": result(&center.table),
        "scopes": scopes.collect::<Vec<_>>(),
    })
}
