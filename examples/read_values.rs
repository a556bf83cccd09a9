//! Lists the logical devices of a server and reads variables by their MMS names.
//!
//! `cargo run --example read_values -- HOST:PORT [LD LN$FC$DO$DA ...]`, for example
//! `cargo run --example read_values -- 127.0.0.1:10102 FEEDER1MEAS 'MMXU1$MX$TotW$mag$f'`
#![forbid(unsafe_code)]

use mms::ObjectName;
use mms::client::{ClientOptions, blocking};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, names @ ..] = arguments.as_slice() else {
        return Err("usage: read_values HOST:PORT [LD LN$FC$DO$DA ...]".into());
    };
    let client = blocking::Client::connect(server.as_str(), ClientOptions::default())?;
    let identity = client.identify()?;
    println!(
        "{} {} {}",
        identity.vendor, identity.model, identity.revision
    );
    match names {
        [] => {
            for domain in client.domain_names()? {
                println!("{domain}");
            }
        }
        [domain, items @ ..] => {
            for item in items {
                let value = client.read(ObjectName::domain(domain, item))?;
                println!("{domain}/{item} = {value}");
            }
        }
    }
    client.conclude()?;
    Ok(())
}
