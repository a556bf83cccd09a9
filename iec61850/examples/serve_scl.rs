//! Serves the IED of an SCL file and counts up one of its measured values.
//!
//!     cargo run -p iec61850 --example serve_scl -- tests/data/bay.cid BAY1 127.0.0.1:10102

use iec61850::scl::SclDocument;
use iec61850::{DataAttribute, DataAttributeType, IedServer, ModelNode, ModelNodeExt};
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(ied), Some(address)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: serve_scl FILE IED ADDRESS:PORT".into());
    };
    let address: SocketAddr = address.parse()?;

    let instance = SclDocument::parse_file(&file)?.instantiate(Some(&ied), None)?;
    for warning in &instance.warnings {
        eprintln!("{warning}");
    }
    let model = instance.model;
    let server = IedServer::new(&model, None)?;
    server.register_connection_change(|client, connected| {
        let what = if connected { "connected" } else { "gone" };
        eprintln!("{} {what}", client.peer_address());
    });
    server.start_on(address)?;
    if let Some(address) = server.local_address() {
        eprintln!("{} on {address}", model.name());
    }

    let devices = model.logical_devices();
    let first = devices
        .iter()
        .find_map(|device| float_below(&device.clone().into()));
    let Some(value) = first else {
        return Err("the model has no FLOAT32 value to count up".into());
    };
    for seconds in 0.. {
        server.update_float(&value, seconds as f32)?;
        std::thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

/// The first floating-point attribute at or below a node.
fn float_below(node: &ModelNode) -> Option<DataAttribute> {
    if let ModelNode::DataAttribute(attribute) = node
        && attribute.attribute_type() == DataAttributeType::Float32
    {
        return Some(attribute.clone());
    }
    node.children().iter().find_map(float_below)
}
