//! GOOSE and sampled value control blocks: what clients may do, and what the application hears.

use crate::support::{
    NewServer, bay, connect, engine_tests, patience, read, started, write, write_error,
};
use iec61850::{GooseControlBlock, IedModel, IedServer, ModelNode, ModelNodeExt, SVControlBlock};
use mms::{DataAccessError, MmsValue, ObjectName};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

engine_tests!(
    clients_enable_goose_control_blocks,
    the_application_enables_all_of_them,
    clients_enable_sampled_value_control_blocks,
    unicast_ones_belong_to_one_client,
);

const DENIED: DataAccessError = DataAccessError::ObjectAccessDenied;
const BUSY: DataAccessError = DataAccessError::TemporarilyUnavailable;

fn goose_events(server: &IedServer) -> Receiver<(String, bool, bool)> {
    let (sender, events) = channel();
    server.register_gocb_event_handler(move |block: &GooseControlBlock, enabled, client| {
        // The test may be over.
        let _ = sender.send((block.name().to_owned(), enabled, client.is_some()));
    });
    events
}

fn clients_enable_goose_control_blocks(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let events = goose_events(&server);
    let client = connect(&server);
    let block = "T1LD0/LLN0$GO$gocb01";
    let field = |name: &str| format!("{block}${name}");
    assert_eq!(write_error(&client, &field("GoID"), "other"), DENIED);
    write(&client, &field("GoEna"), true);
    assert_eq!(read(&client, &field("GoEna")), true.into());
    for (name, value) in [("GoID", MmsValue::from("other")), ("ConfRev", 3u32.into())] {
        assert_eq!(write_error(&client, &field(name), value), BUSY, "{name}");
    }
    // Again is no event.
    write(&client, &field("GoEna"), true);
    write(&client, &field("GoEna"), false);
    assert_eq!(
        events.recv_timeout(patience()).unwrap(),
        ("gocb01".into(), true, true)
    );
    assert_eq!(
        events.recv_timeout(patience()).unwrap(),
        ("gocb01".into(), false, true)
    );
    // Without a data set there is nothing to publish.
    assert_eq!(
        write_error(&client, "T1LD0/LLN0$GO$gocb02$GoEna", true),
        DataAccessError::ObjectAttributeInconsistent
    );
    assert!(events.recv_timeout(Duration::from_millis(50)).is_err());
}

fn the_application_enables_all_of_them(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let events = goose_events(&server);
    let client = connect(&server);
    server.enable_goose_publishing();
    assert_eq!(
        events.recv_timeout(patience()).unwrap(),
        ("gocb01".into(), true, false)
    );
    assert_eq!(read(&client, "T1LD0/LLN0$GO$gocb01$GoEna"), true.into());
    assert_eq!(read(&client, "T1LD0/LLN0$GO$gocb02$GoEna"), false.into());
    server.disable_goose_publishing();
    assert_eq!(
        events.recv_timeout(patience()).unwrap(),
        ("gocb01".into(), false, false)
    );
    assert_eq!(read(&client, "T1LD0/LLN0$GO$gocb01$GoEna"), false.into());
}

fn sampled(server: &IedServer, model: &IedModel, name: &str) -> Receiver<bool> {
    let Some(ModelNode::LogicalNode(node)) = model.model_node_by_reference("T1LD0/LLN0") else {
        panic!("no LLN0");
    };
    let mut blocks = node.sv_control_blocks().into_iter();
    let block: SVControlBlock = blocks.find(|block| block.name() == name).unwrap();
    let (sender, events) = channel();
    server
        .register_svcb_event_handler(&block, move |block, enabled, _| {
            assert_eq!(block.parent().reference(), "T1LD0/LLN0");
            // The test may be over.
            let _ = sender.send(enabled);
        })
        .unwrap();
    events
}

fn clients_enable_sampled_value_control_blocks(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let events = sampled(&server, &model, "msvcb01");
    let another = bay::model();
    let Some(ModelNode::LogicalNode(node)) = another.model_node_by_reference("T1LD0/LLN0") else {
        panic!("no LLN0");
    };
    let foreign = &node.sv_control_blocks()[0];
    assert!(
        server
            .register_svcb_event_handler(foreign, |_, _, _| {})
            .is_err()
    );
    write(&client, "T1LD0/LLN0$MS$msvcb01$SvEna", true);
    assert_eq!(
        write_error(&client, "T1LD0/LLN0$MS$msvcb01$MsvID", "x"),
        BUSY
    );
    write(&client, "T1LD0/LLN0$MS$msvcb01$SvEna", false);
    assert_eq!(
        write_error(&client, "T1LD0/LLN0$MS$msvcb01$SmpRate", 1),
        DENIED
    );
    assert_eq!(
        (
            events.recv_timeout(patience()).unwrap(),
            events.recv_timeout(patience()).unwrap()
        ),
        (true, false)
    );
}

fn unicast_ones_belong_to_one_client(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (client, other) = (connect(&server), connect(&server));
    let events = sampled(&server, &model, "usvcb01");
    let field = |name: &str| format!("T1LD0/LLN0$US$usvcb01${name}");
    write(&client, &field("Resv"), true);
    assert_eq!(write_error(&other, &field("Resv"), true), BUSY);
    assert_eq!(write_error(&other, &field("SvEna"), true), BUSY);
    write(&client, &field("SvEna"), true);
    assert!(events.recv_timeout(patience()).unwrap());
    // With its association it is free again, and off.
    client.conclude().unwrap();
    assert!(!events.recv_timeout(patience()).unwrap());
    assert_eq!(read(&other, &field("Resv")), false.into());
    assert_eq!(read(&other, &field("SvEna")), false.into());
    write(&other, &field("Resv"), true);
    let name = ObjectName::domain("T1LD0", "LLN0$US$usvcb01$Resv");
    assert_eq!(other.read(name).unwrap(), true.into());
}
