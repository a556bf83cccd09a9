//! The conformance statement (PICS): our control centre and our client, tried on each other in memory.

use super::context::Ctx;
use super::reference::Reference;
use super::rows::ClientSide;
use super::{GROUPS, ROWS, Row, RowResult, Verdict, run};
use crate::types::{ControlType, DsConditions, Edition, Features, PointType};
use mms::TypeDescription;
use std::fmt::Write;
use tokio::task::{JoinError, JoinSet};

/// What a control centre of this crate with everything in it answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pics {
    /// Its conformance blocks, as `Supported_Features` has them.
    pub blocks: Features,
    /// Each row with what became of it at the server and at the client; `None` where a row is no matter of that side.
    pub rows: Vec<(&'static Row, Option<RowResult>, Option<RowResult>)>,
    /// The standard objects that were found, with their types.
    objects: Vec<(String, String)>,
    services: (String, String),
}

/// Rows that are tried side by side: most of them wait most of the time.
const AT_ONCE: usize = 16;

const BLOCKS: [(u8, &str); 9] = [
    (1, "basic services"),
    (2, "extended data set condition monitoring"),
    (3, "blocked transfers"),
    (4, "information messages"),
    (5, "device control"),
    (6, "programs"),
    (7, "events"),
    (8, "accounts"),
    (9, "time series"),
];

async fn of_reference(row: &'static Row, probe: super::rows::Probe) -> RowResult {
    match Reference::new() {
        Ok(reference) => run(&Ctx::of_reference(reference), row, probe).await,
        Err(error) => RowResult {
            row,
            verdict: Verdict::Fail(error),
            pdus: Vec::new(),
            took: Default::default(),
        },
    }
}

/// Tries every row, each on a control centre of its own, side by side. Has to be called within a tokio runtime; takes as long as the slowest
/// row.
pub async fn pics() -> Pics {
    let (blocks, objects, services) = facts().await;
    let mut tried = JoinSet::new();
    let mut rows = Vec::new();
    let mut keep = |done: Result<_, JoinError>| match done {
        Ok(row) => rows.push(row),
        Err(error) => tracing::error!(%error, "a row of the checklist"),
    };
    for (place, row) in ROWS.iter().enumerate() {
        if tried.len() >= AT_ONCE
            && let Some(done) = tried.join_next().await
        {
            keep(done);
        }
        tried.spawn(async move {
            let server = match row.server {
                Some(probe) => Some(of_reference(row, probe).await),
                None => None,
            };
            let client = match row.client {
                ClientSide::No => None,
                ClientSide::Same => server.clone(),
                ClientSide::Own(probe) => Some(of_reference(row, probe).await),
            };
            (place, (row, server, client))
        });
    }
    while let Some(done) = tried.join_next().await {
        keep(done);
    }
    rows.sort_by_key(|(place, _)| *place);
    Pics {
        blocks,
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        objects,
        services,
    }
}

/// What the control centre says of itself over the wire.
async fn facts() -> (Features, Vec<(String, String)>, (String, String)) {
    let mut objects = Vec::new();
    let Ok(reference) = Reference::new() else {
        return Default::default();
    };
    let ctx = Ctx::of_reference(reference);
    let Ok(client) = ctx.client().await else {
        return Default::default();
    };
    let blocks = client.features().await.unwrap_or_default();
    for domain in [None, Some(client.domain().to_owned())] {
        let names = client.names(domain.as_deref()).await.unwrap_or_default();
        // One transfer set is as the other.
        let standard = names.iter().filter(|name| {
            let item = name.item();
            let number = item.trim_start_matches(|c: char| !c.is_ascii_digit());
            let pooled = ["DSTS", "TATS", "TSTS"]
                .iter()
                .any(|prefix| item.starts_with(prefix));
            crate::is_standard(item) && (!pooled || number == "1")
        });
        for name in standard {
            if let Ok(ty) = client.describe(name).await {
                let scope = if name.domain().is_some() {
                    "ICC"
                } else {
                    "VCC"
                };
                objects.push((format!("{} ({scope})", name.item()), shown(&ty)));
            }
        }
    }
    let ours = client.mms().negotiated().peer_services.clone();
    let theirs = ctx.options.config.services;
    (blocks, objects, (services(&ours), services(&theirs)))
}

/// A type, as the standards write it.
fn shown(ty: &TypeDescription) -> String {
    use TypeDescription as T;
    match ty {
        T::Boolean => "BOOLEAN".to_owned(),
        T::Integer(bits) => format!("INTEGER{bits}"),
        T::Unsigned(bits) => format!("UNSIGNED{bits}"),
        T::Float { .. } => "FLOAT32".to_owned(),
        T::BitString(bits) => format!("BIT STRING {}", bits.unsigned_abs()),
        T::OctetString(octets) => format!("OCTET STRING {}", octets.unsigned_abs()),
        T::VisibleString(length) => format!("VisibleString {}", length.unsigned_abs()),
        T::Structure(components) => {
            let components = components.iter().map(|component| {
                let name = component.name.as_deref().unwrap_or("?");
                format!("{name} {}", shown(&component.ty))
            });
            format!("{{ {} }}", components.collect::<Vec<_>>().join(", "))
        }
        T::Array { count, element } => format!("array of {count} {}", shown(element)),
        other => format!("{other:?}"),
    }
}

/// Names of services, as those who read them know them.
fn services(support: &mms::pdu::ServiceSupport) -> String {
    let names: Vec<String> = support.iter().map(|service| service.to_string()).collect();
    names.join(", ")
}

fn word(result: Option<&RowResult>) -> String {
    match result.map(|result| &result.verdict) {
        None => "".to_owned(),
        Some(Verdict::Pass) => "yes".to_owned(),
        Some(Verdict::Fail(reason)) => format!("FAILED: {reason}"),
        Some(Verdict::NotOffered(_)) => "no".to_owned(),
        Some(Verdict::NotTried(_)) => "not tried".to_owned(),
    }
}

impl Pics {
    /// Whether no row failed.
    pub fn is_good(&self) -> bool {
        let results = self
            .rows
            .iter()
            .flat_map(|(_, server, client)| [server, client]);
        !results
            .flatten()
            .any(|result| matches!(result.verdict, Verdict::Fail(_)))
    }

    /// The statement in Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        out.push_str(
            "# TASE.2: protocol implementation conformance statement\n\n\
             Written by `ied tase2 pics`, which puts a control centre of the crate `tase2` with everything in it and a client of the crate\n\
             into one process and tries each row: \"yes\" is what has been seen, not what is said. S is the serving side, C the asking one; either may\n\
             call. A block that a control centre claims depends on what it has and what its bilateral table allows the peer.\n\n\
             ## Conformance blocks\n\n\
             | block | name | `Supported_Features` |\n|--:|---|---|\n",
        );
        for (number, name) in BLOCKS {
            let claimed = if self.blocks.has(number) { "yes" } else { "no" };
            writeln!(out, "| {number} | {name} | {claimed} |")?;
        }
        out.push_str(
            "\nBlock 3 is off until a bilateral table switches it on, and not claimed before; its row below is with that.\n",
        );
        out.push_str("\n## Standard objects\n\n| object | type |\n|---|---|\n");
        for (name, ty) in &self.objects {
            writeln!(out, "| `{name}` | {ty} |")?;
        }
        let types: Vec<String> = PointType::all().map(|ty| ty.to_string()).collect();
        let controls = [
            ControlType::Command,
            ControlType::SetpointReal,
            ControlType::SetpointDiscrete,
        ];
        let controls: Vec<String> = controls.iter().map(ControlType::to_string).collect();
        let conditions = DsConditions::all();
        let editions = [Edition::E1996, Edition::E2000].map(|e| e.version().to_string());
        writeln!(
            out,
            "\n## Types and parameters\n\n| what | values |\n|---|---|"
        )?;
        writeln!(out, "| editions | {} |", editions.join(", "))?;
        writeln!(out, "| indication points | {} |", types.join(", "))?;
        writeln!(out, "| control points | {} |", controls.join(", "))?;
        writeln!(out, "| conditions of transfer sets | {conditions} |")?;
        writeln!(out, "| MMS services, S | {} |", self.services.0)?;
        writeln!(
            out,
            "| MMS services, C without a control centre of its own | {} |",
            self.services.1
        )?;
        out.push_str("\n## Checklist\n\n");
        for group in GROUPS {
            writeln!(out, "### {group}\n\n| row | S | C | |\n|---|---|---|---|")?;
            let rows = self.rows.iter().filter(|(row, ..)| row.group == *group);
            for (row, server, client) in rows {
                let reason = [server, client]
                    .into_iter()
                    .flatten()
                    .find(|result| !matches!(result.verdict, Verdict::Pass | Verdict::Fail(_)))
                    .map_or("", |result| result.verdict.reason());
                writeln!(
                    out,
                    "| {} (`{}`) | {} | {} | {reason} |",
                    row.text,
                    row.id,
                    word(server.as_ref()),
                    word(client.as_ref())
                )?;
            }
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        Ok(())
    }
}
