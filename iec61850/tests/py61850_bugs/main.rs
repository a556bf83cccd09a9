//! The bugs of py61850 0.0.1 (B01 to B44, see docs/py61850-migration.md), each as a test that ours
//! does not have it. No counterpart here have B26 (a pointer that is cut off), B35 (a helper for
//! pointers) and B44 (packaging).

mod client;
mod model;
mod server;
#[path = "../support/mod.rs"]
mod support;

use iec61850::*;
use support::control::{Operator, object};
use support::{NewServer, connect, started};

/// Two outputs that can be controlled, an indication, a measurement and a setting.
pub(crate) fn model() -> IedModel {
    let model = IedModel::new("IED1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    device.create_logical_node("LLN0").unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let (plain, control) = (
        CdcOptions::empty(),
        CdcControlModelOptions::MODEL_DIRECT_ENHANCED,
    );
    node.create_cdc_spc("SPCSO1", plain, control).unwrap();
    node.create_cdc_spc("SPCSO2", plain, control).unwrap();
    node.create_cdc_sps("Ind1", plain).unwrap();
    node.create_cdc_mv("AnIn1", false, plain).unwrap();
    node.create_cdc_ing("Limit", plain).unwrap();
    model
}

pub(crate) fn server(new: NewServer, model: &IedModel) -> IedServer {
    started(new(model, None).unwrap())
}

pub(crate) fn lln0(model: &IedModel) -> LogicalNode {
    let device = model.logical_device_by_instance("LD0").unwrap();
    device.logical_node("LLN0").unwrap()
}

pub(crate) fn output(model: &IedModel, number: u8) -> DataObject {
    object(model, &format!("IED1LD0/GGIO1.SPCSO{number}"))
}

pub(crate) fn operator(server: &IedServer, number: u8) -> Operator {
    Operator::new(connect(server), &format!("IED1LD0/GGIO1$CO$SPCSO{number}"))
}
