//! Blocked transfer sets (block 3): the same report with its values tagged, and packed into one octet string.
//!
//! `cargo run --example tase2_blocked`
#![forbid(unsafe_code)]

#[path = "tase2/pair.rs"]
mod pair;

use pair::{Lines, Pair};
use tase2::Name;
use tase2::bilateral::{Rights, Rule};
use tase2::client::{TransferSpec, Update};
use tase2::model::{IndicationPoint, Model};
use tase2::types::DsConditions;

pub(crate) async fn run() -> Lines {
    let mut model = Model::new();
    let members: Vec<Name> = (1..=50).map(|i| Name::vcc(format!("MW{i}"))).collect();
    for name in &members {
        model.add_point(IndicationPoint::new(name.clone(), "RealQTimeTag".parse()?))?;
    }
    let pair = Pair::start(model, |south| {
        south.rules = vec![Rule::new("MW*", Rights::READ)];
        // Off by default: the encoding is not verified against another product.
        south.options.block3 = true;
    })
    .await?;
    let mut lines = vec![format!(
        "NORTH has blocks {}",
        pair.client.features().await?
    )];
    for packed in [false, true] {
        let mut spec = TransferSpec::new("FOR_SOUTH/DS".parse()?, DsConditions::OBJECT_CHANGE)
            .with_members(members.clone());
        spec.attributes.block_data = packed;
        let mut follow = pair.client.follow(spec).await?;
        while let Some(update) = follow.next().await {
            if let Update::Report(report) = update {
                let how = if packed { "packed" } else { "tagged" };
                lines.push(format!("{how}: {} points", report.changes.len()));
                break;
            }
        }
        follow.stop().await?;
    }
    pair.stop().await;
    Ok(lines)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for line in run().await? {
        println!("{line}");
    }
    Ok(())
}
