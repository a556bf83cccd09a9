//! An MMS server with a counter, a set point and a data set, until it is interrupted.
//!
//! `cargo run -p mms --example server -- 127.0.0.1:10102 [FOLDER]`
//!
//! With a folder, its files are served as well. Try it with the `client` example.

use mms::server::files::{FileStore, FileStoreOptions};
use mms::server::vmd::{Variable, Vmd, VmdIdentity, VmdOptions};
use mms::server::{Server, ServerOptions};
use mms::{MmsValue, ObjectName, TypeDescription};
use std::error::Error;
use std::time::Duration;

const COUNTER: ObjectName<'_> = ObjectName::domain("Plant", "Counter");
const SET_POINT: ObjectName<'_> = ObjectName::domain("Plant", "SetPoint");
const ALL: ObjectName<'_> = ObjectName::domain("Plant", "All");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments
        .next()
        .unwrap_or("127.0.0.1:10102".into())
        .parse()?;
    let mut options = VmdOptions::default();
    options.identity = VmdIdentity {
        vendor: "Example".into(),
        model: "Plant".into(),
        revision: "1".into(),
    };
    options.files = arguments
        .next()
        .map(|folder| FileStore::new(folder, FileStoreOptions::default()))
        .transpose()?;

    let vmd = Vmd::new(options);
    vmd.add_domain("Plant")?;
    let counter = Variable::new(TypeDescription::Unsigned(32), 0_u32)?;
    vmd.add_variable(COUNTER, counter.read_only())?;
    let set_point = Variable::new(TypeDescription::FLOAT32, 20.0_f32)?;
    vmd.add_variable(SET_POINT, set_point)?;
    vmd.add_variable_list(ALL, vec![COUNTER.into(), SET_POINT.into()], false)?;

    let server = Server::bind(address, ServerOptions::of(&vmd), vmd.sessions())?.start()?;
    eprintln!("listening on {}", server.local_addr());
    let mut second = tokio::time::interval(Duration::from_secs(1));
    for count in 0_u32.. {
        tokio::select! {
            _ = second.tick() => {}
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                break;
            }
        }
        vmd.set(COUNTER, MmsValue::from(count))?;
        vmd.report_list(ALL, None)?;
    }
    server.stop().await;
    Ok(())
}
