//! `examples/client_simple.rs` on `examples/server_dynamic.rs`: what py61850's client sees.

use crate::client_simple;
use crate::server_dynamic::Example;
use iec61850::client::ReasonForInclusion;
use std::time::Duration;

#[test]
fn the_client_goes_through_the_dynamic_server() {
    let example = Example::start(([127, 0, 0, 1], 0).into()).unwrap();
    // What the buffer has before the client comes.
    example.toggle().unwrap();
    let port = example.server.local_port().unwrap();
    let listen = Duration::from_secs(8);
    let client = std::thread::spawn(move || client_simple::run("127.0.0.1", port, listen));
    std::thread::sleep(Duration::from_secs(2));
    example.toggle().unwrap();
    let reports = client.join().unwrap().unwrap();
    let of = |name: &str| {
        let name = name.to_owned();
        reports
            .iter()
            .filter(move |report| report.rcb_reference().ends_with(&*name))
    };
    let periodic: Vec<_> = of("URCBA").collect();
    assert_eq!(periodic.len(), 1, "every five seconds");
    assert_eq!(
        periodic[0].reason_for_inclusion(0),
        ReasonForInclusion::INTEGRITY
    );
    assert_eq!(periodic[0].dataset_name(), Some("IEDNameLD0/LLN0$DsRpt"));
    assert_eq!(
        (periodic[0].conf_rev(), periodic[0].seq_num()),
        (Some(1), Some(0))
    );
    let change = of("BRCBA").next_back().unwrap();
    assert_eq!(
        change.reason_for_inclusion(0),
        ReasonForInclusion::DATA_CHANGE
    );
    assert_eq!(
        change.reason_for_inclusion(1),
        ReasonForInclusion::NOT_INCLUDED
    );
    assert_eq!(change.entry_id().unwrap().len(), 8);
    assert_eq!((change.dataset_name(), change.seq_num()), (None, None));
    assert!(change.timestamp().is_some());
}
