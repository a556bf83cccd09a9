//! A server for a model that is built here, with a handler for everything a client may do.
//!
//! `cargo run --example server_dynamic -- [PORT]`; without one, the port is 10102.
#![forbid(unsafe_code)]

use iec61850::{
    CdcControlModelOptions, CdcFactory, CdcOptions, CheckHandlerResult, ControlAction,
    ControlHandlerResult, DataAttribute, DataObject, Error, IedModel, IedServer,
    MmsDataAccessError, MmsValue, ModelNodeExt, ReportControlBlockOptions,
    SettingGroupControlBlock, Timestamp,
};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse()?,
        None => 10102,
    };
    let example = Example::start(([0, 0, 0, 0], port).into())?;
    println!(
        "listening on port {}; Ctrl-C ends it",
        example.server.local_port().unwrap_or_default()
    );
    loop {
        sleep(Duration::from_secs(10));
        example.toggle()?;
    }
}

/// The model, and the nodes of it that the program needs.
struct Model {
    ied: IedModel,
    groups: SettingGroupControlBlock,
    mode: DataObject,
    start: DataObject,
    delay: DataAttribute,
}

fn model() -> Result<Model, Error> {
    let none = CdcOptions::empty();
    let ied = IedModel::new("IEDName")?;
    let device = ied.create_logical_device("LD0", None)?;
    let lln0 = device.create_logical_node("LLN0")?;
    device.create_logical_node("LPHD1")?;
    let protection = device.create_logical_node("PTOC1")?;

    let mode = lln0.create_cdc_inc("Mod", none, CdcControlModelOptions::MODEL_SBO_ENHANCED)?;
    lln0.create_cdc_ins("Beh", none)?;
    lln0.create_cdc_ins("Health", none)?;
    protection.create_cdc_ens("Beh", none)?;
    let start = protection.create_cdc_acd("Str", none)?;
    protection.create_cdc_act("Op", none)?;
    protection.create_cdc_asg("StrVal", false, none)?;
    let delay = protection.create_cdc_ing("OpDlTmms", none)?;

    let groups = lln0.create_setting_group_control_block(1, 4)?;

    let set = lln0.create_dataset("DsRpt")?;
    set.create_dataset_entry("PTOC1$ST$Str", None, None)?;
    set.create_dataset_entry("PTOC1$ST$Op", None, None)?;
    for (name, id, buffered) in [("URCBA", "URCBA01", false), ("BRCBA", "BRCBA01", true)] {
        let options = ReportControlBlockOptions {
            dataset_name: Some("DsRpt".into()),
            ..Default::default()
        };
        lln0.create_report_control_block(name, id, buffered, options)?;
    }

    // Values the server starts with.
    mode.child_attribute("t")?
        .init_value(&Timestamp::now().into())?;
    Ok(Model {
        delay: delay.child_attribute("setVal")?,
        ied,
        groups,
        mode,
        start,
    })
}

/// The server and the attributes it moves.
pub(crate) struct Example {
    pub(crate) server: Arc<IedServer>,
    general: DataAttribute,
    time: DataAttribute,
}

impl Example {
    pub(crate) fn start(address: SocketAddr) -> Result<Self, Error> {
        let model = model()?;
        let server = Arc::new(IedServer::new(&model.ied, None)?);
        server.set_filestore_basepath(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/file-store"),
        )?;
        server.register_connection_change(|client, connected| {
            let what = if connected { "connected" } else { "gone" };
            println!("{} {what}", client.peer_address());
        });
        handle_controls(&server, &model)?;
        handle_setting_groups(&server, &model.groups)?;
        server.register_write_handler(&model.delay, |client, attribute, value| {
            println!(
                "{} writes {} = {value}",
                client.peer_address(),
                attribute.reference()
            );
            MmsDataAccessError::Success
        })?;
        server.start_on(address)?;
        Ok(Example {
            server,
            general: model.start.child_attribute("general")?,
            time: model.start.child_attribute("t")?,
        })
    }

    /// The protection starts, or stops to be started. Clients with a report control block are told.
    pub(crate) fn toggle(&self) -> Result<(), Error> {
        let server = &self.server;
        let _both_at_once = server.lock_data_model();
        server.update_timestamp(&self.time, &Timestamp::now())?;
        server.update_boolean(&self.general, !server.get_boolean(&self.general)?)
    }
}

/// The four handlers of an object that is selected before it is operated.
fn handle_controls(server: &Arc<IedServer>, model: &Model) -> Result<(), Error> {
    let mode = &model.mode;
    server.register_control_static_check_handler(
        mode,
        |object, action, value, test, interlock| {
            describe("check", object, action, value, test);
            println!("  interlock check {interlock}");
            CheckHandlerResult::Accepted
        },
    )?;
    server.register_control_wait_handler(mode, |object, action, value, test, synchro| {
        describe("wait", object, action, Some(value), test);
        println!("  synchro check {synchro}");
        ControlHandlerResult::Ok
    })?;
    // A handler that uses the server has a weak reference to it: the server keeps its handlers.
    let weak = Arc::downgrade(server);
    let (value_of_mode, time) = (mode.child_attribute("stVal")?, mode.child_attribute("t")?);
    server.register_control_handler(mode, move |object, action, value, test| {
        describe("operate", object, action, Some(value), test);
        let Some(server) = weak.upgrade().filter(|_| !test) else {
            return ControlHandlerResult::Ok;
        };
        let done = server.with_data_model(|server| {
            server.update_value(&value_of_mode, value)?;
            server.update_timestamp(&time, &Timestamp::now())
        });
        match done {
            Ok(()) => ControlHandlerResult::Ok,
            Err(_) => ControlHandlerResult::Failed,
        }
    })?;
    server.register_control_select_state_handler(mode, |object, action, selected, reason| {
        describe("select state", object, action, None, false);
        println!("  selected {selected}: {reason:?}");
    })
}

fn describe(
    what: &str,
    object: &DataObject,
    action: &ControlAction,
    value: Option<&MmsValue>,
    test: bool,
) {
    println!("{what} {}", object.reference());
    if let Some(value) = value {
        println!("  value {value}, test {test}");
    }
    if let Some(client) = action.client_connection() {
        println!("  client {}", client.peer_address());
    }
    println!(
        "  originator {} {:?}, number {:?}, T {}, at {:?}",
        action.originator_category(),
        String::from_utf8_lossy(action.originator_identifier()),
        action.ctl_num(),
        action.t(),
        action.control_time(),
    );
}

fn handle_setting_groups(
    server: &IedServer,
    groups: &SettingGroupControlBlock,
) -> Result<(), Error> {
    server.register_active_setting_group_change_handler(groups, |groups, client, group| {
        println!(
            "{} makes {group} the active group, it was {}",
            client.peer_address(),
            groups.act_sg()
        );
        true
    })?;
    server.register_edit_setting_group_change_handler(groups, |_, client, group| {
        println!("{} edits group {group}", client.peer_address());
        true
    })?;
    server.register_edit_setting_group_confirmed_handler(groups, |_, group| {
        println!("group {group} has new values");
        true
    })
}
