//! Two control centres in one process: each is client and server of the other, over one association.
//!
//! `cargo run --example tase2_two_centres`
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::{TransferSpec, Update};
use tase2::endpoint::{Call, Endpoint, EndpointOptions, PeerFollow};
use tase2::model::{IndicationPoint, Model};
use tase2::types::{DsConditions, PointValue, Quality};
use tase2::{Name, VirtualControlCenter};

/// A control centre with one point that its peer may read.
fn center(own: &str, peer: &str, peer_title: &str) -> Result<VirtualControlCenter, Box<dyn Error>> {
    let mut model = Model::new();
    model.add_point(IndicationPoint::new(
        format!("{own}_LOAD").parse()?,
        "RealQTimeTag".parse()?,
    ))?;
    let mut table = BilateralTable::new(peer, "2026-1", format!("{own}_{peer}"));
    table.peer_domain = Some(format!("{peer}_{own}"));
    table.identity.ap_title = Some(peer_title.parse()?);
    table.rules = vec![Rule::new(&format!("{own}_LOAD"), Rights::READ)];
    Ok(VirtualControlCenter::new(model, vec![table])?)
}

/// Follows the load of a peer by exception.
fn follow(endpoint: &Endpoint, own: &str, peer: &str) -> Result<PeerFollow, Box<dyn Error>> {
    let data_set = Name::icc(format!("{peer}_{own}"), "LOADS");
    let spec = TransferSpec::new(data_set, DsConditions::OBJECT_CHANGE)
        .with_members(vec![format!("{peer}_LOAD").parse()?]);
    Ok(endpoint.peer(peer)?.follow(spec))
}

/// Prints what comes until three reports are there.
async fn print(own: &str, mut updates: PeerFollow) {
    let mut reports = 0;
    while reports < 3
        && let Some(update) = updates.next().await
    {
        match update {
            Update::Started { transfer_set } => println!("{own}: {transfer_set} runs for us"),
            Update::Report(report) => {
                reports += 1;
                for change in &report.changes {
                    match &change.value {
                        Ok(value) => println!("{own}: {} = {value}", change.name),
                        Err(error) => println!("{own}: {} ({error})", change.name),
                    }
                }
            }
            other => println!("{own}: {other:?}"),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let north = center("NORTH", "SOUTH", "1.1.999.2")?;
    let south = center("SOUTH", "NORTH", "1.1.999.1")?;

    // NORTH listens.
    let mut options = EndpointOptions::default();
    options.ap_title = Some("1.1.999.1".parse()?);
    options.listen = Some("127.0.0.1:0".parse()?);
    let listening = Endpoint::start(&north, options, vec![])?;
    let address = listening.local_addr().ok_or("not listening")?.to_string();

    // SOUTH calls. From then on it does not matter who called.
    let mut options = EndpointOptions::default();
    options.ap_title = Some("1.1.999.2".parse()?);
    let calling = Endpoint::start(&south, options, vec![Call::new("NORTH", vec![address])])?;

    let of_south = tokio::spawn({
        let updates = follow(&listening, "NORTH", "SOUTH")?;
        async move { print("NORTH", updates).await }
    });
    let of_north = tokio::spawn({
        let updates = follow(&calling, "SOUTH", "NORTH")?;
        async move { print("SOUTH", updates).await }
    });

    let load = |vcc: &VirtualControlCenter| vcc.points().next().ok_or("no point");
    let (of_n, of_s) = (load(&north)?, load(&south)?);
    let mut step = 0.0_f32;
    while !(of_south.is_finished() && of_north.is_finished()) {
        step += 1.0;
        let value = |load: f32| PointValue::real(load + step).with_quality(Quality::default());
        north.update(of_n, value(400.0))?;
        south.update(of_s, value(200.0))?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    calling.stop().await;
    listening.stop().await;
    Ok(())
}
