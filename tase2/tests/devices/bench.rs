//! A control centre with devices, and two peers.

use crate::support::*;
use mms::{DataAccessError, MmsValue};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::{Client, ClientOptions};
use tase2::device::{Device, DeviceAction, DeviceChange, DeviceEvent, DeviceRequest, Refused};
use tase2::endpoint::{Endpoint, EndpointOptions};
use tase2::model::{self, DeviceClass, Model};
use tase2::types::{ControlType, ControlValue};
use tase2::{Event, SteadyClock, VirtualControlCenter};
use tokio::io::duplex;
use tokio::sync::broadcast::Receiver;

pub(crate) const EAST: &str = TITLE;
pub(crate) const WEST: &str = "1.1.999.7";
pub(crate) const CHECK_BACK: i16 = 123;

pub(crate) fn command(value: i16) -> ControlValue {
    ControlValue::Command(value)
}

/// In the VCC: `CB1` and `CB2` (commands, SBO, CB1 shown by `CB1_ST`), `LTC` (command, direct, also 2), `SPR` (real set-point, SBO, 0 to
/// 100, shown by `SPR_MV`), `SPD` (discrete set-point, direct, without a tag), `LOCKED` (for nobody), `SEEN` (to be read only), `TIMER`,
/// whose time-outs are 5 s and 2 s.
pub(crate) fn devices() -> Model {
    let mut model = Model::new();
    model.add_point(point("CB1_ST", "StateQ")).unwrap();
    model.add_point(point("SPR_MV", "RealQ")).unwrap();
    let mut add = |text: &str, ty, class, change: fn(&mut model::Device)| {
        let mut device = model::Device::new(name(text), ty, class);
        change(&mut device);
        model.add_device(device).unwrap();
    };
    use ControlType::{Command, SetpointDiscrete, SetpointReal};
    use DeviceClass::{Direct, Sbo};
    add("CB1", Command, Sbo, |d| d.indication = Some(name("CB1_ST")));
    add("CB2", Command, Sbo, |d| d.check_back = 9);
    add("LTC", Command, Direct, |d| d.commands.push(2));
    add("SPR", SetpointReal, Sbo, |d| {
        d.range = Some((0.0, 100.0));
        d.indication = Some(name("SPR_MV"));
    });
    add("SPD", SetpointDiscrete, Direct, |d| d.taggable = false);
    add("LOCKED", Command, Sbo, |_| {});
    add("SEEN", Command, Sbo, |_| {});
    add("TIMER", Command, Sbo, |d| {
        d.select_timeout = Duration::from_secs(5);
        d.operate_timeout = Duration::from_secs(2);
    });
    model
}

pub(crate) fn device_table(peer: &str, domain: &str, title: &str) -> BilateralTable {
    let mut table = BilateralTable::new(peer, "1", domain);
    table.identity.ap_title = Some(title.parse().unwrap());
    table.options.use_peer = false;
    let all = Rights::READ | Rights::SELECT | Rights::OPERATE | Rights::TAG;
    table.rules = ["CB?", "LTC", "SP?", "TIMER", "*_ST", "*_MV"]
        .map(|objects| Rule::new(objects, all))
        .to_vec();
    table
        .rules
        .push(Rule::new("CB1", Rights::empty()).with_check_back(CHECK_BACK));
    table.rules.push(Rule::new("SEEN", Rights::READ));
    table
}

/// What the application was asked to do, in order.
pub(crate) type Done = Arc<Mutex<Vec<DeviceRequest>>>;

pub(crate) struct Plant {
    pub(crate) vcc: VirtualControlCenter,
    pub(crate) endpoint: Endpoint,
    pub(crate) events: Receiver<Event>,
    pub(crate) done: Done,
}

impl Plant {
    pub(crate) fn new() -> Self {
        Self::of(|_| {})
    }

    /// With a change of the table of EAST.
    pub(crate) fn of(change: impl FnOnce(&mut BilateralTable)) -> Self {
        let mut east = device_table("EAST", DOMAIN, EAST);
        change(&mut east);
        let west = device_table("WEST", "ICC2", WEST);
        let clock = Arc::new(SteadyClock::starting_at(
            tase2::types::TimeStamp::from_seconds(EPOCH),
        ));
        let vcc = VirtualControlCenter::with_clock(devices(), vec![east, west], clock).unwrap();
        let mut options = EndpointOptions::default();
        options.keep_alive = None;
        let endpoint = Endpoint::start(&vcc, options, vec![]).unwrap();
        let plant = Plant {
            events: vcc.events(),
            done: Done::default(),
            vcc,
            endpoint,
        };
        // Every device writes down what it does.
        for device in plant.vcc.devices() {
            plant.keeps_record(&device);
        }
        plant
    }

    pub(crate) fn keeps_record(&self, device: &Device) {
        let done = self.done.clone();
        device.set_handler(move |request| {
            done.lock().unwrap().push(request.clone());
            Ok(())
        });
    }

    pub(crate) fn device(&self, text: &str) -> Device {
        self.vcc.device(&name(text)).unwrap()
    }

    pub(crate) async fn peer(&self, title: &str) -> Client {
        let (near, far) = duplex(1 << 16);
        self.endpoint.serve(far, None);
        Client::over(near, options(title)).await.unwrap()
    }

    /// The commands that were carried out: device, value, peer.
    pub(crate) fn operated(&self) -> Vec<(String, ControlValue, String)> {
        let done = self.done.lock().unwrap();
        let operated = done.iter().filter_map(|request| match &request.action {
            DeviceAction::Operate(value) => {
                Some((request.device.to_string(), *value, request.peer.clone()))
            }
            _ => None,
        });
        operated.collect()
    }

    /// The next event of a device, as text without the number of the association.
    pub(crate) async fn told(&mut self) -> String {
        loop {
            if let Event::Device(event) = self.events.recv().await.unwrap() {
                return text(&event);
            }
        }
    }

    /// What has been told of devices by now.
    pub(crate) fn all_told(&mut self) -> Vec<DeviceEvent> {
        std::iter::from_fn(|| self.events.try_recv().ok())
            .filter_map(|event| match event {
                Event::Device(event) => Some(event),
                _ => None,
            })
            .collect()
    }
}

pub(crate) fn options(title: &str) -> ClientOptions {
    let mut options = client_options(title);
    if title == WEST {
        options.domain = "ICC2".to_owned();
    }
    options
}

pub(crate) fn text(event: &DeviceEvent) -> String {
    let text = event.to_string();
    match text.rsplit_once(" (") {
        Some((text, number)) if number.trim_end_matches(')').parse::<u64>().is_ok() => {
            text.to_owned()
        }
        _ => text,
    }
}

/// What a peer was answered.
pub(crate) fn error<T: std::fmt::Debug>(result: Result<T, tase2::Error>) -> DataAccessError {
    let error = result.unwrap_err();
    error.access_error().unwrap_or_else(|| panic!("{error}"))
}

pub(crate) async fn write(
    client: &Client,
    object: &str,
    value: MmsValue,
) -> Result<(), tase2::Error> {
    client.write_raw(&name(object), &value).await
}

/// A command that is carried out in this time.
pub(crate) async fn takes(done: Done, request: DeviceRequest, seconds: u64) -> Result<(), Refused> {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    done.lock().unwrap().push(request);
    Ok(())
}

pub(crate) fn is_operated(change: &DeviceChange) -> bool {
    matches!(
        change,
        DeviceChange::Operated { .. } | DeviceChange::Late { result: Ok(()), .. }
    )
}
