//! Serves an SCL file and lets one of its values move.
//!
//! `cargo run --example serve_scl -- FILE PORT REFERENCE`, for example
//! `cargo run --example serve_scl -- tests/data/bay.cid 10102 BAY1MEAS/MMXU1.TotW.mag.f`
#![forbid(unsafe_code)]

use iec61850::scl::SclDocument;
use iec61850::{DataAttribute, IedServer, ModelNode};
use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, port, reference] = arguments.as_slice() else {
        return Err("usage: serve_scl FILE PORT REFERENCE".into());
    };
    let model = SclDocument::parse_file(file)?.model(None, None)?;
    let value: DataAttribute = match model.node_by_reference(reference)? {
        ModelNode::DataAttribute(attribute) => attribute,
        other => return Err(format!("{other:?} is no data attribute").into()),
    };

    let server = IedServer::new(&model, None)?;
    server.register_connection_change(|client, connected| {
        let what = if connected { "connected" } else { "gone" };
        println!("{} {what}", client.peer_address());
    });
    server.start(port.parse()?)?;
    println!("listening on port {port}; Ctrl-C ends it");
    for step in 0_u32.. {
        server.update_float(&value, (f64::from(step) / 10.0).sin() as f32)?;
        sleep(Duration::from_millis(100));
    }
    Ok(())
}
