//! Shows all an MMS server has: its domains, variables and their values, lists and files; then
//! its reports for some seconds.
//!
//! `cargo run -p mms --example client -- 127.0.0.1:10102`

use mms::ObjectName;
use mms::client::{Client, ClientOptions};
use mms::pdu::{ObjectScope, Service};
use std::error::Error;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:10102".into());
    let client = Client::connect(address, ClientOptions::default()).await?;
    let identity = client.identify().await?;
    println!(
        "{} {} {}",
        identity.vendor, identity.model, identity.revision
    );

    for domain in client.domain_names().await? {
        println!("{domain}");
        let scope = ObjectScope::Domain(&domain);
        let names = client.variable_names(scope).await?;
        let variables = names.iter().map(|name| ObjectName::domain(&domain, name));
        for (name, value) in names.iter().zip(client.read_many(variables).await?) {
            match value {
                Ok(value) => println!("  {name} = {value}"),
                Err(error) => println!("  {name}: {error}"),
            }
        }
        for list in client.variable_list_names(scope).await? {
            let name = ObjectName::domain(&domain, &list);
            let attributes = client.get_named_variable_list_attributes(name).await?;
            println!("  list {list}");
            for member in attributes.members.into_iter().flatten() {
                println!("    {member}");
            }
        }
    }
    // Many servers have no files, and say so.
    let services = &client.negotiated().peer_services;
    if services.has(Service::FileDirectory) {
        for file in client.file_directory(None).await? {
            println!("file {} ({} octets)", file.name, file.size);
        }
    }

    let _subscription = client.on_information_report(|report| {
        let values: Vec<_> = report
            .results
            .iter()
            .map(|v| v.to_value().to_string())
            .collect();
        println!("report: {}", values.join(", "));
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    client.conclude().await?;
    Ok(())
}
