//! The generic client and the generic server with each other: every service and its errors, over
//! a stream in memory on paused time.

mod files;
mod journals;
mod lists;
mod names;
mod nonsense;
mod programs_events;
mod server;
mod unasked;
mod variables;

use mms::association::Config;
use mms::client::{Client, ClientOptions};
use mms::net::Remote;
use mms::server::vmd::{Variable, Vmd, VmdIdentity, VmdOptions};
use mms::{Component, MmsValue, ObjectName, TypeDescription};
use std::sync::Arc;
use tokio::io::duplex;

/// A client of `vmd`, and the device's end of the association.
async fn connect(vmd: &Vmd) -> (Client, Remote) {
    connect_with(vmd, ClientOptions::default()).await
}

async fn connect_with(vmd: &Vmd, options: ClientOptions) -> (Client, Remote) {
    let (near, far) = duplex(8192);
    let remote = Remote::new();
    let session = vmd.session(&remote);
    let connection = mms::server::connection(far, Arc::new(vmd.config()), session, remote.clone());
    tokio::spawn(connection.run());
    let client = Client::over(near, options).await.unwrap();
    (client, remote)
}

/// Options of a client that offers small PDUs.
fn small_pdus(max_pdu_size: u32) -> ClientOptions {
    let mut config = Config::default();
    config.max_pdu_size = max_pdu_size;
    let mut options = ClientOptions::default();
    options.config = Arc::new(config);
    options
}

fn options() -> VmdOptions {
    let mut options = VmdOptions::default();
    options.identity = VmdIdentity {
        vendor: "Example".into(),
        model: "Device".into(),
        revision: "1.2".into(),
    };
    options.capabilities = (0..30).map(|i| format!("capability{i}")).collect();
    options
}

fn point() -> TypeDescription {
    let component = |name: &str, ty| Component {
        name: Some(name.to_owned()),
        ty,
    };
    TypeDescription::Structure(vec![
        component("value", TypeDescription::Integer(32)),
        component("quality", TypeDescription::BitString(13)),
        component("name", TypeDescription::VisibleString(-32)),
    ])
}

fn point_value(value: i32, name: &str) -> MmsValue {
    MmsValue::Structure(vec![value.into(), MmsValue::new_bitstring(13), name.into()])
}

const INTEGER: TypeDescription = TypeDescription::Integer(32);

fn integer(value: i32) -> Variable {
    Variable::new(INTEGER, value).unwrap()
}

/// `/global`, `A/number`, `A/fixed` (read only), `A/point`, `A/points` (an array of three), `B/`.
fn device() -> Vmd {
    let vmd = Vmd::new(options());
    vmd.add_domain("A").unwrap();
    vmd.add_domain("B").unwrap();
    vmd.add_variable(ObjectName::Vmd("global"), integer(1))
        .unwrap();
    vmd.add_variable(ObjectName::domain("A", "number"), integer(2))
        .unwrap();
    vmd.add_variable(ObjectName::domain("A", "fixed"), integer(3).read_only())
        .unwrap();
    let value = Variable::new(point(), point_value(4, "four")).unwrap();
    vmd.add_variable(ObjectName::domain("A", "point"), value)
        .unwrap();
    let points = TypeDescription::Array {
        count: 3,
        element: Box::new(point()),
    };
    let values = (0..3).map(|i| point_value(i, "p")).collect();
    let value = Variable::new(points, MmsValue::Array(values)).unwrap();
    vmd.add_variable(ObjectName::domain("A", "points"), value)
        .unwrap();
    vmd
}
