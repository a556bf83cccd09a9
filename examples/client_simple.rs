//! A client that goes through everything the server of `server_dynamic` has.
//!
//! `cargo run --example server_dynamic` in one terminal, and in another
//! `cargo run --example client_simple -- [HOST] [PORT]`; without them it is 127.0.0.1 and 10102.
#![forbid(unsafe_code)]

use iec61850::client::{
    ConnectionOptions, IedConnection, ReasonForInclusion, Report, SubscribeOptions, Termination,
};
use iec61850::{
    AcsiClass, ControlModel, Error, FunctionalConstraint as Fc, MmsValue, ReportOptions,
    TriggerOptions,
};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const NODE: &str = "IEDNameLD0/LLN0";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().unwrap_or_else(|| "127.0.0.1".to_owned());
    let port = match arguments.next() {
        Some(port) => port.parse()?,
        None => 10102,
    };
    run(&host, port, Duration::from_secs(20))?;
    Ok(())
}

/// All steps, and then reports for a while.
pub(crate) fn run(host: &str, port: u16, listen: Duration) -> Result<Vec<Report>, Error> {
    let connection = IedConnection::with_options(ConnectionOptions::default());
    connection.on_connection_state_change(|_, state| println!("state: {state:?}"));
    connection.on_connection_closed(|_| println!("the connection is closed"));
    connection.connect(host, port)?;

    browse(&connection)?;
    read_and_write(&connection)?;
    control(&connection)?;
    data_set(&connection)?;
    let reports = reports(&connection, listen)?;
    files(&connection)?;
    connection.close();
    Ok(reports)
}

fn browse(connection: &IedConnection) -> Result<(), Error> {
    for device in connection.get_logical_devices()? {
        println!("{device}: {:?}", connection.get_logical_nodes(&device)?);
    }
    for variable in connection.get_logical_node_variables(NODE)? {
        println!("  {variable}");
    }
    for class in [AcsiClass::DataObject, AcsiClass::DataSet] {
        let names = connection.get_logical_node_directory(NODE, class)?;
        println!("{class:?}: {names:?}");
    }
    let origin = connection.get_data_directory("IEDNameLD0/LLN0.Mod.Oper.origin")?;
    println!("origin: {origin:?}");
    for (name, fc) in connection.get_data_directory_fc("IEDNameLD0/LLN0.Mod")? {
        println!("  {name}[{fc}]");
    }
    Ok(())
}

fn read_and_write(connection: &IedConnection) -> Result<(), Error> {
    let setting = "IEDNameLD0/PTOC1.StrVal.setMag.f";
    let value = connection.read_float(setting, Fc::SP)?;
    connection.write_float(setting, Fc::SP, value + 1.0)?;
    let after = connection.read_float(setting, Fc::SP)?;
    println!("{setting}: {value}, and then {after}");
    let groups = connection.read_sgcb("IEDNameLD0")?;
    println!("setting group {} of {}", groups.act_sg, groups.num_of_sgs);
    Ok(())
}

fn control(connection: &IedConnection) -> Result<(), Error> {
    let control = connection.read_control("IEDNameLD0/LLN0.Mod")?;
    let (tell, ended) = mpsc::channel();
    control.on_termination(move |control, termination| {
        println!("{}: {termination:?}", control.object_reference());
        // Whoever waits for it may have gone.
        let _ = tell.send(termination);
    });
    let value = MmsValue::new_int8(1);
    // `control.execute(value, timeout)` does all of this by itself.
    let outcome = match control.control_model() {
        ControlModel::StatusOnly => return Ok(()),
        ControlModel::DirectNormal | ControlModel::DirectEnhanced => control.operate(value, None),
        ControlModel::SboNormal => control.select().and_then(|()| control.operate(value, None)),
        ControlModel::SboEnhanced => control
            .select_with_value(value.clone())
            .and_then(|()| control.operate(value, None)),
    };
    if let Err(error) = outcome {
        println!("{error}");
        return Ok(());
    }
    if control.control_model().is_enhanced() {
        let end = ended.recv_timeout(Duration::from_secs(10)).ok();
        println!("executed: {}", end == Some(Termination::Positive));
    }
    Ok(())
}

fn data_set(connection: &IedConnection) -> Result<(), Error> {
    let mut set = connection.read_dataset("IEDNameLD0/LLN0.DsRpt")?;
    set.update_values()?;
    let directory = connection.get_dataset_directory(set.reference())?;
    for (member, value) in directory.entries.iter().zip(set.values()) {
        println!("{member} = {value}");
    }
    Ok(())
}

fn reports(connection: &IedConnection, listen: Duration) -> Result<Vec<Report>, Error> {
    let (tell, told) = mpsc::channel();
    // An unbuffered control block, by callback.
    let to_all = tell.clone();
    let periodic = SubscribeOptions::new()
        .with_trg_ops(TriggerOptions::INTEGRITY)
        .with_intg_pd(Duration::from_secs(5));
    let mut urcb = connection.create_rcb_and_subscribe(
        "IEDNameLD0/LLN0.RP.URCBA",
        move |report| {
            let _ = to_all.send(report.clone());
        },
        periodic,
    )?;
    // A buffered one in steps.
    let mut brcb = connection.read_rcb("IEDNameLD0/LLN0.BR.BRCBA")?;
    brcb.on_report(move |report| {
        let _ = tell.send(report.clone());
    });
    brcb.subscribe(
        SubscribeOptions::new()
            .with_trg_ops(TriggerOptions::DATA_CHANGED)
            .with_intg_pd(Duration::from_secs(5))
            .with_opt_flds(
                ReportOptions::ENTRY_ID
                    | ReportOptions::TIME_STAMP
                    | ReportOptions::REASON_FOR_INCLUSION,
            ),
    )?;
    let mut received = Vec::new();
    let end = Instant::now() + listen;
    while let Ok(report) = told.recv_timeout(end.saturating_duration_since(Instant::now())) {
        describe(&report);
        received.push(report);
    }
    brcb.unsubscribe()?;
    urcb.unsubscribe()?;
    Ok(received)
}

fn describe(report: &Report) {
    println!(
        "report of {} ({}), number {:?}, at {:?}, data set {:?}, revision {:?}, entry {:?}",
        report.rcb_reference(),
        report.rpt_id(),
        report.seq_num(),
        report.timestamp(),
        report.dataset_name(),
        report.conf_rev(),
        report.entry_id(),
    );
    for (member, value) in report.dataset_values().iter().enumerate() {
        let reason = report.reason_for_inclusion(member);
        if let (Some(value), true) = (value, reason != ReasonForInclusion::NOT_INCLUDED) {
            println!("  {member}: {value} ({reason:?})");
        }
    }
}

fn files(connection: &IedConnection) -> Result<(), Error> {
    for file in connection.get_files(None)? {
        println!("{} {} {:?}", file.name, file.size, file.last_modified);
    }
    let text = connection.download_file("dummy.txt")?;
    println!("{}", String::from_utf8_lossy(&text));
    Ok(())
}
