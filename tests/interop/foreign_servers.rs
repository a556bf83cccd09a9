//! Our client on servers that nobody here wrote, over every service they offer: what it sees of
//! each on the same bay, against what it sees of ours. On both engines where the C library is
//! compiled in.

use crate::peers::repository;
use crate::servers::{Server, config_file};
use iec61850::client::{
    ConnectionOptions, DifferenceKind, IedConnection, ReasonForInclusion, SubscribeOptions,
};
use iec61850::scl::{SclDocument, SclOptions};
use iec61850::{
    AcsiClass, ControlModel, Engine, FunctionalConstraint as Fc, MmsValue, OrCat, ReportOptions,
    TriggerOptions,
};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Far more than anything needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long something is waited for that one of the servers never sends.
const LONG: Duration = Duration::from_secs(3);

fn bay() -> PathBuf {
    repository().join("tests/data/bay.cid")
}

/// What was asked for, and what came of it.
#[derive(Default)]
struct Seen(BTreeMap<String, String>);

impl Seen {
    fn note<T: Debug>(&mut self, what: &str, result: Result<T, iec61850::Error>) {
        let result = match result {
            Ok(value) => format!("{value:?}"),
            Err(error) => match error.code() {
                Some(code) => format!("error {}", code.value()),
                None => format!("{error}"),
            },
        };
        let before = self.0.insert(what.to_owned(), result);
        assert!(before.is_none(), "{what} twice");
    }
}

fn connected(address: SocketAddr, engine: Engine) -> IedConnection {
    let mut options = ConnectionOptions::new().with_engine(engine);
    options.request_timeout = PATIENCE;
    let connection = IedConnection::with_options(options);
    connection
        .connect(&address.ip().to_string(), address.port())
        .expect("a connection");
    connection
}

fn tour(address: SocketAddr, engine: Engine) -> BTreeMap<String, String> {
    let connection = connected(address, engine);
    let mut seen = Seen::default();
    names(&connection, &mut seen);
    values(&connection, &mut seen);
    data_sets(&connection, &mut seen);
    for (kind, rcb) in [
        ("urcb", "BAY1CTRL/LLN0.RP.urcbStatus01"),
        ("brcb", "BAY1CTRL/LLN0.BR.brcbStatus01"),
    ] {
        reports(&connection, kind, rcb, &mut seen);
    }
    commands(&connection, &mut seen);
    groups_and_blocks(&connection, &mut seen);
    files(&connection, &mut seen);
    // Whatever it refused, the connection is as it was.
    seen.note("devices, again", connection.get_logical_devices());
    seen.note("release", connection.release());
    seen.0
}

fn names(connection: &IedConnection, seen: &mut Seen) {
    let sorted = |names: Result<Vec<String>, iec61850::Error>| {
        names.map(|mut names| {
            names.sort();
            names
        })
    };
    seen.note("devices", sorted(connection.get_logical_devices()));
    for device in ["BAY1CTRL", "BAY1MEAS", "BAY1PROT"] {
        let nodes = sorted(connection.get_logical_nodes(device));
        seen.note(&format!("{device} nodes"), nodes);
    }
    let node = "BAY1CTRL/LLN0";
    for class in [
        AcsiClass::DataObject,
        AcsiClass::DataSet,
        AcsiClass::Urcb,
        AcsiClass::Brcb,
        AcsiClass::GoCb,
        AcsiClass::Log,
    ] {
        let objects = sorted(connection.get_logical_node_directory(node, class));
        seen.note(&format!("{node} {class:?}"), objects);
    }
    let data = connection.get_data_directory_fc("BAY1CTRL/GGIO1.SPCSO2");
    let data = data.map(|mut data| {
        data.sort();
        data
    });
    seen.note("attributes", data);
    seen.note(
        "nothing",
        connection.get_data_directory("BAY1CTRL/GGIO1.Nothing"),
    );
    let identity = connection.identify();
    seen.note(
        "identity",
        identity.map(|identity| !identity.vendor.is_empty()),
    );
    seen.note(
        "status",
        connection.server_status().map(|status| status.logical),
    );
    let file = std::fs::read(bay()).expect("the bay");
    let document = SclDocument::parse_bytes_with(&file, "bay.cid", &SclOptions::default());
    let instance = document.expect("SCL").instantiate(None, None);
    let differences = connection.compare_with(&instance.expect("a model").model, true);
    let differences = differences.map(|differences| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for difference in differences {
            let kind = match difference.kind {
                DifferenceKind::Missing { what } => what,
                DifferenceKind::Extra { .. } => "extra",
                DifferenceKind::Type { .. } => "type",
                DifferenceKind::Value { .. } => "value",
                DifferenceKind::Members { .. } => "members",
                DifferenceKind::Order { .. } => "order",
                _ => "unreadable",
            };
            *counts.entry(kind).or_default() += 1;
        }
        counts
    });
    seen.note("compared with the file", differences);
}

fn values(connection: &IedConnection, seen: &mut Seen) {
    let ctrl = |name: &str| format!("BAY1CTRL/{name}");
    seen.note(
        "boolean",
        connection.read_boolean(&ctrl("GGIO1.Ind1.stVal"), Fc::ST),
    );
    seen.note(
        "integer",
        connection.read_int32(&ctrl("XCBR1.OpCnt.stVal"), Fc::ST),
    );
    seen.note(
        "position",
        connection.read_dbpos(&ctrl("XCBR1.Pos.stVal"), Fc::ST),
    );
    seen.note(
        "quality",
        connection.read_quality(&ctrl("XCBR1.Pos.q"), Fc::ST),
    );
    let time = connection.read_timestamp(&ctrl("XCBR1.Pos.t"), Fc::ST);
    seen.note("time", time.map(|_| ()));
    let whole = connection.read_value(&ctrl("XCBR1.Pos"), Fc::ST);
    seen.note(
        "whole object",
        whole.map(|value| value.elements().map(<[_]>::len)),
    );
    let node = connection.read_value(&ctrl("GGIO1"), Fc::ST);
    seen.note(
        "whole node",
        node.map(|value| value.elements().map(<[_]>::len)),
    );
    seen.note(
        "no object",
        connection.read_value(&ctrl("GGIO1.None"), Fc::ST),
    );
    seen.note(
        "no such part",
        connection.read_value(&ctrl("GGIO1.Ind1.stVal"), Fc::MX),
    );
    let many = [
        "GGIO1.Ind1.stVal[ST]",
        "GGIO1.None.stVal[ST]",
        "XCBR1.OpCnt.stVal[ST]",
    ]
    .map(ctrl);
    let read = connection.read_values(&many).map(|results| {
        let results = results.into_iter();
        results
            .map(|result| result.map_err(|error| error.code()))
            .collect::<Vec<_>>()
    });
    seen.note("many", read);
    let ty = connection.get_variable_specification(&ctrl("XCBR1.OpCnt.stVal"), Fc::ST);
    seen.note("type", ty);
    seen.note(
        "read-only",
        connection.write_boolean(&ctrl("GGIO1.Ind1.stVal"), Fc::ST, true),
    );
}

fn data_sets(connection: &IedConnection, seen: &mut Seen) {
    let set = "BAY1CTRL/LLN0.Status";
    let directory = connection.get_dataset_directory(set);
    seen.note(
        "members",
        directory.map(|directory| directory.entries.len()),
    );
    let read = connection.read_data_set_values(set);
    seen.note("data set", read.map(|set| set.size()));
    seen.note(
        "no data set",
        connection
            .read_data_set_values("BAY1CTRL/LLN0.None")
            .map(|_| ()),
    );
    let members = [
        "BAY1CTRL/GGIO1.Ind1.stVal[ST]",
        "BAY1CTRL/XCBR1.OpCnt.stVal[ST]",
    ];
    for (kind, reference) in [("own", "BAY1CTRL/LLN0.mine"), ("@", "@mine")] {
        let created = connection.create_dataset(reference, &members);
        let is_created = created.is_ok();
        seen.note(&format!("create {kind}"), created);
        if !is_created {
            continue;
        }
        let values = connection.read_data_set_values(reference);
        seen.note(
            &format!("values {kind}"),
            values.map(|set| set.values().to_vec()),
        );
        let deleted = connection.delete_dataset(reference);
        seen.note(&format!("delete {kind}"), deleted);
        let again = connection.delete_dataset(reference);
        seen.note(&format!("delete {kind} again"), Ok(again.is_err()));
    }
}

fn reports(connection: &IedConnection, kind: &str, reference: &str, seen: &mut Seen) {
    let mut rcb = match connection.read_rcb(reference) {
        Ok(rcb) => rcb,
        Err(error) => {
            seen.note(&format!("{kind} read"), Err::<(), _>(error));
            return;
        }
    };
    seen.note(
        &format!("{kind} read"),
        Ok((rcb.dataset_reference().to_owned(), rcb.rpt_ena())),
    );
    let mut received = rcb.reports(100);
    // What a server refuses to set is left as it is.
    let bare = SubscribeOptions::new().with_gi();
    let some = bare
        .clone()
        .with_trg_ops(TriggerOptions::DATA_CHANGED | TriggerOptions::GI | TriggerOptions::INTEGRITY)
        .with_opt_flds(
            ReportOptions::SEQ_NUM
                | ReportOptions::TIME_STAMP
                | ReportOptions::REASON_FOR_INCLUSION
                | ReportOptions::DATA_SET
                | ReportOptions::CONF_REV,
        )
        .with_intg_pd(Duration::from_millis(300));
    let attempts = [some.clone().with_purge(), some, bare];
    let taken = attempts
        .into_iter()
        .position(|options| rcb.subscribe(options).is_ok());
    seen.note(&format!("{kind} subscribe"), Ok(taken));
    for wanted in [ReasonForInclusion::GI, ReasonForInclusion::INTEGRITY] {
        let mut found = None;
        while let Some(report) = received.next_within(LONG).expect("no runtime") {
            if report.reason_for_inclusion(0).contains(wanted) {
                found = Some((
                    report.dataset_name().map(str::to_owned),
                    report.included().len() == report.dataset_values().len(),
                    report.timestamp().is_some(),
                    report.missed().unwrap_or(0),
                ));
                break;
            }
        }
        seen.note(&format!("{kind} {wanted:?}"), Ok(found));
    }
    seen.note(&format!("{kind} unsubscribe"), rcb.unsubscribe());
}

fn commands(connection: &IedConnection, seen: &mut Seen) {
    for number in 1..=4 {
        let name = format!("SPCSO{number}");
        let control = match connection.read_control(&format!("BAY1CTRL/GGIO1.{name}")) {
            Ok(control) => control,
            Err(error) => {
                seen.note(&name, Err::<(), _>(error));
                continue;
            }
        };
        let model: ControlModel = control.control_model();
        seen.note(&name, Ok(model));
        control.set_origin("ied", OrCat::RemoteControl);
        if model.is_sbo() {
            let unselected = control.operate(true, None);
            seen.note(&format!("{name} not selected"), unselected);
            if model.is_enhanced() {
                seen.note(&format!("{name} select"), control.select_with_value(true));
            } else {
                seen.note(&format!("{name} select"), control.select());
            }
            seen.note(&format!("{name} cancel"), control.cancel());
        }
        seen.note(&format!("{name} execute"), control.execute(true, LONG));
        let wrong = control.operate(MmsValue::new_visible_string("wrong"), None);
        seen.note(&format!("{name} wrong type"), wrong);
    }
    let none = connection.read_control("BAY1CTRL/GGIO1.Ind1");
    seen.note("no control", none.map(|_| ()));
}

fn groups_and_blocks(connection: &IedConnection, seen: &mut Seen) {
    let groups = connection.read_sgcb("BAY1PROT");
    seen.note(
        "setting groups",
        groups.map(|groups| (groups.num_of_sgs, groups.act_sg, groups.edit_sg)),
    );
    seen.note("group 99", connection.select_active_sg("BAY1PROT", 99));
    seen.note("select group", connection.select_active_sg("BAY1PROT", 2));
    let active = connection.read_sgcb("BAY1PROT").map(|groups| groups.act_sg);
    seen.note("active group", active);
    let goose = connection.read_gocb("BAY1CTRL/LLN0.gcbPos");
    seen.note(
        "goose",
        goose.map(|block| {
            (
                block.go_id().to_owned(),
                block.datset().to_owned(),
                block.conf_rev(),
            )
        }),
    );
    let log = connection.query_log_by_time("BAY1CTRL/LLN0.Log", None, None);
    seen.note("no log", log.map(|_| ()));
}

fn files(connection: &IedConnection, seen: &mut Seen) {
    let files = connection.get_files(None);
    seen.note(
        "files",
        files.map(|files| {
            let files = files.into_iter();
            files.map(|file| (file.name, file.size)).collect::<Vec<_>>()
        }),
    );
    let content = connection.download_file("large.bin");
    seen.note("download", content.map(|content| content.len()));
    seen.note("no file", connection.download_file("none.bin"));
}

/// The engines of the client that are in this build.
fn engines() -> impl Iterator<Item = Engine> {
    Engine::ALL
        .iter()
        .copied()
        .filter(|engine| engine.is_compiled_in())
}

/// What a peer does otherwise than ours: call, and why.
type Otherwise = &'static [(&'static str, &'static str)];

const HUPE1980: Otherwise = &[
    ("SPCSO1 wrong type", "it takes any value for a boolean"),
    ("SPCSO2 wrong type", "it asks for the selection first"),
    ("SPCSO3 wrong type", "it takes any value for a boolean"),
    ("SPCSO4 wrong type", "it takes any value for a boolean"),
    ("SPCSO4 not selected", "it executes without a selection"),
    (
        "active group",
        "it sends LActTm with the tag of another type",
    ),
    ("brcb subscribe", "it refuses PurgeBuf"),
    ("create @", "no data sets of associations"),
    ("no data set", "another error"),
    ("no file", "another error"),
    ("no log", "another error"),
    (
        "position",
        "it does not take over initial values of double points",
    ),
];

const OPEN61850: Otherwise = &[
    ("SPCSO1 wrong type", "another error"),
    ("SPCSO2 wrong type", "another error"),
    ("SPCSO3 wrong type", "another error"),
    ("SPCSO4 wrong type", "another error"),
    (
        "compared with the file",
        "it sends Unicode strings with the tag of object identifiers",
    ),
    ("create @", "no service for that"),
    ("create own", "no service for that"),
    ("download", "no files"),
    ("files", "no files"),
    ("no file", "no files"),
    ("no data set", "another error"),
    ("no log", "no logs"),
    ("status", "no service for that"),
];

const CSP0924: Otherwise = &[
    (
        "BAY1CTRL/LLN0 Brcb",
        "its reader of SCL files leaves control blocks out",
    ),
    (
        "BAY1CTRL/LLN0 DataSet",
        "its reader of SCL files leaves data sets out",
    ),
    (
        "BAY1CTRL/LLN0 GoCb",
        "its reader of SCL files leaves control blocks out",
    ),
    (
        "BAY1CTRL/LLN0 Urcb",
        "its reader of SCL files leaves control blocks out",
    ),
    ("SPCSO1 wrong type", "it takes any value for a boolean"),
    ("SPCSO2 wrong type", "it asks for the selection first"),
    ("SPCSO3 wrong type", "it takes any value for a boolean"),
    ("SPCSO4 wrong type", "it asks for the selection first"),
    ("brcb read", "the data set has no logical device"),
    (
        "brcb ReasonForInclusion(GI)",
        "it takes GI and sends no report",
    ),
    ("brcb ReasonForInclusion(INTEGRITY)", "as above"),
    (
        "compared with the file",
        "what its reader leaves out, and initial values",
    ),
    ("create @", "no data sets of associations"),
    ("data set", "three members in the script"),
    ("members", "three members in the script"),
    ("download", "no files"),
    ("files", "no files"),
    ("no file", "no files"),
    ("goose", "no GOOSE control blocks"),
    ("no data set", "an empty data set instead of an error"),
    ("no log", "another error"),
    (
        "no such part",
        "it does not look at the functional constraint",
    ),
    (
        "position",
        "it does not take over initial values of double points",
    ),
    ("status", "no service for that"),
    ("urcb read", "the data set has no logical device"),
    ("urcb subscribe", "it refuses OptFlds"),
    ("urcb unsubscribe", "as above"),
    ("urcb ReasonForInclusion(GI)", "as above"),
    ("urcb ReasonForInclusion(INTEGRITY)", "as above"),
];

/// Compares a tour of a peer with that of our own server.
///
/// With the engine on the C library, what is in `library` is otherwise where it is not with ours, and
/// the other way round.
fn compare(peer: &str, server: &Server, otherwise: Otherwise, library: Otherwise) {
    let files = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(files.path().join("large.bin"), vec![7; 100_000]).expect("a file");
    let folder = files.path().to_str().expect("UTF-8");
    let ours = Server::ours(&bay(), &["--files", folder]).expect("our server");
    let expected = tour(ours.address(), Engine::Native);
    assert!(expected.len() > 50, "{}", expected.len());
    for engine in engines() {
        let seen = tour(server.address(), engine);
        let mut problems = Vec::new();
        // What could not be made is not asked for further.
        for (what, ours) in &expected {
            let Some(theirs) = seen.get(what) else {
                continue;
            };
            let is_in = |list: Otherwise| list.iter().any(|(call, _)| call == what);
            let is_library = engine == Engine::Libiec61850;
            let is_listed = is_in(otherwise) != (is_library && is_in(library));
            if (theirs == ours) == is_listed {
                let not = if is_listed {
                    "listed, and does not differ"
                } else {
                    "differs"
                };
                problems.push(format!("{what} {not}\n  ours   {ours}\n  theirs {theirs}"));
            }
        }
        assert!(
            problems.is_empty(),
            "{peer} on {engine}\n{}",
            problems.join("\n")
        );
    }
}

fn with_files() -> tempfile::TempDir {
    let files = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(files.path().join("large.bin"), vec![7; 100_000]).expect("a file");
    files
}

#[test]
fn libiec61850() {
    let files = with_files();
    let config = config_file(&bay(), &[]).expect("a .cfg file");
    let server = Server::libiec61850_with_files(config.path(), files.path());
    compare("libiec61850", &server, &[], &[]);
}

#[test]
fn hupe1980() {
    let files = with_files();
    let server = Server::hupe1980(&bay(), files.path());
    let library = &[("setting groups", "it cannot read the wrong tag of LActTm")];
    compare("hupe1980", &server, HUPE1980, library);
}

#[test]
fn open61850() {
    let server = Server::open61850(&bay());
    compare("open61850", &server, OPEN61850, &[]);
}

#[test]
fn csp0924() {
    let server = Server::csp0924(&bay());
    let library = &[
        (
            "create own",
            "it cannot read a NULL that says it is constructed",
        ),
        ("no log", "as ours"),
    ];
    compare("csp0924", &server, CSP0924, library);
}
