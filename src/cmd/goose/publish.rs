//! `ied goose publish`.

use super::number;
use crate::failure::Failure;
use crate::model_file::ModelFileArguments;
use crate::output::{message, printable};
use crate::process_bus::values::parse;
use crate::process_bus::{Ending, keys, place};
use iec61850::goose::{GooseConfig, GooseSubscriber, GooseTransmitter, RetransmissionCurve};
use iec61850::link::MacAddress;
use iec61850::{MmsValue, ModelNodeExt};
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Publish messages
///
/// Either the control block of a file with its initial values (--block), or one made here (--ref, --value). Each line on standard input is a new state: values separated by commas.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Interface to publish on, as `ip link` shows it, or `udp:ADDRESS[:PORT][@INTERFACE ADDRESS]` for routable messages
    #[arg(value_name = "INTERFACE|UDP")]
    interface: String,

    /// SCL or .cfg file with the control block
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// The IED, if several in the file have a server
    #[arg(long, value_name = "NAME", requires = "file")]
    ied: Option<String>,

    /// The access point, if several of the IED have a server
    #[arg(long, value_name = "NAME", requires = "file")]
    access_point: Option<String>,

    /// The control block of the file, LD/LN$GO$NAME, if it has several
    #[arg(long, value_name = "REFERENCE", requires = "file")]
    block: Option<String>,

    /// Reference of a control block that is in no file, LD/LN$GO$NAME
    #[arg(
        long = "ref",
        value_name = "REFERENCE",
        conflicts_with = "file",
        requires = "values"
    )]
    reference: Option<String>,

    /// A value: true, -5, 1.5, u:7, bits:0110 or "text"; may be repeated
    #[arg(long = "value", value_name = "VALUE", value_parser = parse, allow_hyphen_values = true)]
    values: Vec<MmsValue>,

    /// APPID, decimal or 0x...
    #[arg(long, value_name = "N", value_parser = number)]
    app_id: Option<u16>,

    /// Destination address
    #[arg(long, value_name = "MAC")]
    destination: Option<MacAddress>,

    /// VLAN identifier
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..4096))]
    vlan: Option<u16>,

    /// Time to the first repetition of a new state, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10)]
    min_time: u64,

    /// Time between repetitions when nothing happens, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    max_time: u64,

    /// Say in the messages that they are simulated
    #[arg(long)]
    simulation: bool,

    /// End after so many seconds
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,

    #[command(flatten)]
    keys: keys::KeyArguments,
}

/// The control block and its values, as the command line has them.
fn configured(
    arguments: &Arguments,
    verbose: bool,
) -> Result<(GooseConfig, Vec<MmsValue>), Failure> {
    let Some(file) = &arguments.file else {
        let Some(reference) = &arguments.reference else {
            return Err(Failure::usage(
                "neither a file nor --ref and --value are given",
            ));
        };
        let data_set = reference.replace("$GO$", "$");
        return Ok((
            GooseConfig::new(reference, data_set),
            arguments.values.clone(),
        ));
    };
    let file = ModelFileArguments {
        file: file.clone(),
        ied: arguments.ied.clone(),
        access_point: arguments.access_point.clone(),
    };
    let model = file.load(None, None, verbose)?.model;
    let devices = model.logical_devices().into_iter();
    let nodes = devices.flat_map(|device| device.logical_nodes());
    let all: Vec<_> = nodes.flat_map(|node| node.goose_control_blocks()).collect();
    let configs: Vec<_> = all
        .iter()
        .filter_map(|block| Some((GooseConfig::of_control_block(block)?, block)))
        .filter(|(config, _)| {
            arguments
                .block
                .as_ref()
                .is_none_or(|own| *own == config.go_cb_ref)
        })
        .collect();
    let [(config, block)] = &configs[..] else {
        let known = all
            .iter()
            .map(|block| format!("{}$GO${}", block.parent().reference(), block.name()));
        let known: Vec<_> = known.collect();
        return Err(Failure::usage(format_args!(
            "choose one control block with --block; there are: {}",
            printable(&known.join(", "))
        )));
    };
    let subscriber = GooseSubscriber::of_control_block(block);
    let initial = subscriber.map(|subscriber| subscriber.values().to_vec());
    let values = match arguments.values.is_empty() {
        true => initial.unwrap_or_default(),
        false => arguments.values.clone(),
    };
    Ok((config.clone(), values))
}

pub(super) fn run(arguments: &Arguments, verbose: bool) -> Result<(), Failure> {
    let (mut config, values) = configured(arguments, verbose)?;
    let address = &mut config.address;
    address.app_id = arguments.app_id.unwrap_or(address.app_id);
    address.vlan_id = arguments.vlan.unwrap_or(address.vlan_id);
    if let Some(destination) = arguments.destination {
        address.dst_address = destination.0;
    }
    config.simulation = arguments.simulation;
    let link = place::sender(&arguments.interface, &arguments.keys)?;
    let ending = Ending::of(None)?;
    let min_time = Duration::from_millis(arguments.min_time);
    let max_time = Duration::from_millis(arguments.max_time);
    let curve = RetransmissionCurve::new(min_time, max_time);
    let transmitter = GooseTransmitter::start(link, config, curve, &values);
    let transmitter = transmitter.map_err(Failure::failed)?;
    message(format_args!("publishing on {}", arguments.interface));
    let until = arguments
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    // Reading can wait for ever, and so is done elsewhere.
    let (sender, states) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if !line.trim().is_empty() && sender.send(line).is_err() {
                break;
            }
        }
    });
    loop {
        let step = Some(Instant::now() + Duration::from_millis(20));
        for line in states.try_iter() {
            let values: Result<Vec<_>, _> =
                line.split(',').map(|text| parse(text.trim())).collect();
            let updated = values
                .map_err(Failure::failed)
                .and_then(|values| transmitter.update(&values).map_err(Failure::failed));
            if let Err(Failure::Failed(reason)) = updated {
                message(format_args!("not published: {reason}"));
            }
        }
        if !ending.sleep_until(step) || until.is_some_and(|until| until <= Instant::now()) {
            return Ok(());
        }
    }
}
