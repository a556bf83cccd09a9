//! Our client on the real libiec61850's server, and on ours: it sees the same.

use crate::peers::golden;
use crate::servers::Server;
use iec61850::client::{IedConnection, ReasonForInclusion, SubscribeOptions};
use iec61850::{AcsiClass, FunctionalConstraint as Fc, MmsValue, ReportOptions, TriggerOptions};
use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// What was asked for, and what came of it.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn note<T: Debug>(&mut self, what: &str, result: Result<T, iec61850::Error>) {
        let result = match result {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("error {}", error.code().expect("a client's error").value()),
        };
        self.0.push(format!("{what}: {result}"));
    }
}

fn tour(address: SocketAddr) -> Vec<String> {
    let connection = IedConnection::new();
    connection
        .connect(&address.ip().to_string(), address.port())
        .expect("a connection");
    let mut seen = Seen::default();
    directories(&connection, &mut seen);
    values(&connection, &mut seen);
    data_sets(&connection, &mut seen);
    for rcb in ["GOLDLD1/LLN0.RP.urcb01", "GOLDLD1/LLN0.BR.brcb01"] {
        reports(&connection, rcb, &mut seen);
    }
    contention(&connection, address, &mut seen);
    commands(&connection, &mut seen);
    seen.note(
        "files",
        connection.get_files(None).map(|files| {
            files
                .into_iter()
                .map(|file| (file.name, file.size))
                .collect::<Vec<_>>()
        }),
    );
    seen.note(
        "download",
        connection
            .download_file("large.bin")
            .map(|content| content.len()),
    );
    seen.note("none", connection.download_file("none.bin"));
    seen.note("goose", connection.read_gocb("GOLDLD1/LLN0.gcb01"));
    connection.release().expect("a release");
    seen.0
}

fn directories(connection: &IedConnection, seen: &mut Seen) {
    let devices = connection.get_logical_devices().expect("logical devices");
    for device in &devices {
        let nodes = connection.get_logical_nodes(device).expect("logical nodes");
        for node in &nodes {
            let node = format!("{device}/{node}");
            for class in [
                AcsiClass::DataObject,
                AcsiClass::DataSet,
                AcsiClass::Urcb,
                AcsiClass::Brcb,
            ] {
                let what = format!("{node} {class:?}");
                seen.note(&what, connection.get_logical_node_directory(&node, class));
            }
        }
    }
    let mut model = connection.get_device_model().expect("a model");
    for device in &mut model.logical_devices {
        // libiec61850 does not make the elements of an array of a model file (recording 15).
        device.logical_nodes.retain(|node| node.name != "MHAI1");
    }
    seen.note("model", Ok(model));
    seen.note(
        "data",
        connection.get_data_directory_fc("GOLDLD1/GGIO1.SPCSO4"),
    );
    seen.note("none", connection.get_data_directory("GOLDLD1/GGIO1.None"));
}

fn values(connection: &IedConnection, seen: &mut Seen) {
    for (reference, fc) in [
        ("GOLDLD1/GGIO1.Ind1", Fc::ST),
        ("GOLDLD1/GGIO1.AnIn1", Fc::MX),
        ("GOLDLD1/GGIO1", Fc::SP),
        ("GOLDLD1/GGIO1.Ind1", Fc::MX),
        ("GOLDLD9/GGIO1.Ind1", Fc::ST),
        ("GOLDLD1/LLN0.NamPlt", Fc::DC),
    ] {
        seen.note(reference, connection.read_value(reference, fc));
    }
    let setting = "GOLDLD1/GGIO1.NumSet.setVal";
    seen.note("write", connection.write_int32(setting, Fc::SP, 42));
    seen.note("read", connection.read_int32(setting, Fc::SP));
    seen.note("type", connection.write_boolean(setting, Fc::SP, true));
    seen.note(
        "denied",
        connection.write_boolean("GOLDLD1/GGIO1.Ind1.stVal", Fc::ST, true),
    );
    let many: Vec<String> = (1..=4)
        .flat_map(|number| {
            ["stVal", "q", "none"].map(|name| format!("GOLDLD1/GGIO1.Ind{number}.{name}[ST]"))
        })
        .collect();
    for (reference, result) in many
        .iter()
        .zip(connection.read_values(&many).expect("values"))
    {
        seen.note(reference, result);
    }
}

fn data_sets(connection: &IedConnection, seen: &mut Seen) {
    let members = [
        "GOLDLD1/GGIO1.Ind1.stVal[ST]",
        "GOLDLD1/GGIO1.NumSet.setVal[SP]",
    ];
    for reference in ["GOLDLD1/LLN0.mine", "@mine"] {
        seen.note("create", connection.create_dataset(reference, &members));
        seen.note("again", connection.create_dataset(reference, &members));
        seen.note("members", connection.get_dataset_directory(reference));
        seen.note("values", connection.read_data_set_values(reference));
        let values = [MmsValue::Boolean(true), MmsValue::Integer(7)];
        let written = connection.write_data_set_values(reference, &values);
        for result in written.expect("results") {
            seen.note("member", result);
        }
        seen.note("delete", connection.delete_dataset(reference));
        seen.note("gone", connection.delete_dataset(reference));
    }
    seen.note("static", connection.delete_dataset("GOLDLD1/LLN0.dsInd"));
    seen.note(
        "unknown",
        connection.create_dataset("@x", &["GOLDLD1/GGIO1.None[ST]"]),
    );
}

fn reports(connection: &IedConnection, reference: &str, seen: &mut Seen) {
    let mut rcb = connection.read_rcb(reference).expect("a control block");
    let mut received = rcb.reports(100);
    let options = SubscribeOptions::new()
        .with_trg_ops(TriggerOptions::DATA_CHANGED | TriggerOptions::GI | TriggerOptions::INTEGRITY)
        .with_opt_flds(ReportOptions::ALL - ReportOptions::SEGMENTATION)
        .with_intg_pd(Duration::from_millis(300))
        .with_purge()
        .with_gi();
    seen.note("subscribe", rcb.subscribe(options));
    for wanted in [ReasonForInclusion::GI, ReasonForInclusion::INTEGRITY] {
        let report = loop {
            let report = received
                .next_within(PATIENCE)
                .expect("no runtime")
                .expect("a report");
            assert_eq!(report.missed().unwrap_or(0), 0, "{reference}");
            if report.reason_for_inclusion(0) == wanted {
                break report;
            }
        };
        let members: Vec<_> = report
            .included()
            .iter()
            .map(|member| (&member.data_reference, &member.value, member.reason))
            .collect();
        let name = report.dataset_name();
        seen.0.push(format!(
            "{reference} {wanted:?}: {name:?} {:?} {members:?}",
            report.conf_rev()
        ));
        assert_eq!(report.entry_id().is_some(), rcb.is_buffered());
    }
    rcb.set_buf_tm(1234);
    seen.note("enabled", rcb.set_values(true));
    rcb.clear_element_changed();
    seen.note("unsubscribe", rcb.unsubscribe());
    rcb.set_dataset_reference("GOLDLD1/LLN0.none");
    seen.note("data set", rcb.set_values(true));
}

fn contention(connection: &IedConnection, address: SocketAddr, seen: &mut Seen) {
    let other = IedConnection::new();
    other
        .connect(&address.ip().to_string(), address.port())
        .expect("a second connection");
    let mut ours = connection
        .read_rcb("GOLDLD1/LLN0.RP.urcb02")
        .expect("a control block");
    let mut theirs = other
        .read_rcb("GOLDLD1/LLN0.RP.urcb02")
        .expect("a control block");
    seen.note(
        "ours",
        ours.subscribe(SubscribeOptions::new().with_reservation(1)),
    );
    seen.note(
        "theirs",
        theirs.subscribe(SubscribeOptions::new().with_reservation(1)),
    );
    connection
        .read_control("GOLDLD1/GGIO1.SPCSO2")
        .expect("a control");
    seen.note("given up", ours.unsubscribe());
    seen.note(
        "theirs now",
        theirs.subscribe(SubscribeOptions::new().with_reservation(1)),
    );
    other.close();
}

fn commands(connection: &IedConnection, seen: &mut Seen) {
    for number in 1..=4 {
        let reference = format!("GOLDLD1/GGIO1.SPCSO{number}");
        let control = connection.read_control(&reference).expect("a control");
        seen.note(&reference, Ok(control.control_model()));
        control.set_origin("ied", iec61850::OrCat::RemoteControl);
        if control.control_model().is_sbo() {
            seen.note("not selected", control.operate(true, None));
            let said = control.last_appl_error();
            seen.0.push(format!("{said:?}"));
        }
        seen.note("execute", control.execute(true, PATIENCE));
        seen.note("type", control.operate(MmsValue::Integer(7), None));
    }
    seen.note(
        "no control",
        connection.read_control("GOLDLD1/GGIO1.Ind1").map(|_| ()),
    );
}

#[test]
fn our_client_sees_the_same_of_both() {
    let files = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(files.path().join("large.bin"), vec![7; 300_000]).expect("a file");
    let model: &Path = &golden("golden.cfg");
    let folder = files.path().to_str().expect("UTF-8");
    let ours = Server::ours(model, &["--files", folder]).expect("our server");
    let theirs = Server::libiec61850_with_files(model, files.path());
    let (ours, theirs) = (tour(ours.address()), tour(theirs.address()));
    assert!(ours.len() > 100, "{}", ours.len());
    assert_eq!(ours.len(), theirs.len());
    let differing: Vec<String> = ours
        .iter()
        .zip(&theirs)
        .filter(|(ours, theirs)| ours != theirs)
        .map(|(ours, theirs)| format!("ours    {ours}\ntheirs  {theirs}"))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
