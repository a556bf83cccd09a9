//! A control centre of ours with everything there is, in memory: what the conformance statement is about.

use super::context::Permits;
use super::{Dial, Dialling, Stream};
use crate::account::AccountPeriod;
use crate::bilateral::{BilateralTable, References, Rights, Rule};
use crate::client::ClientOptions;
use crate::device::{DeviceAction, Refused};
use crate::endpoint::{Call, Endpoint, EndpointOptions};
use crate::event::Event;
use crate::model::{
    Device, DeviceClass, EventCondition, IndicationPoint, Model, PredefinedDataSet, Program,
    TimeSeries, TransferAccount,
};
use crate::types::{ControlType, ControlValue, PointType, PointValue, Quality, TimeStamp};
use crate::{Clock, Name, SteadyClock, VirtualControlCenter};
use mms::osi::acse::{AeQualifier, ApTitle};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::duplex;
use tokio::sync::broadcast::Receiver;

pub(super) const DOMAIN: &str = "CHECK_ICC";
const TITLE: &str = "1.1.999.1";
const PEER_TITLE: &str = "1.1.999.2";
pub(super) const OTHER_TITLE: &str = "1.1.999.3";
pub(super) const TABLE_ID: &str = "CHECK-1";
pub(super) const CHECK_BACK: i16 = 42;
/// What it has of the other blocks.
pub(super) const INFO: i32 = 7;
pub(super) const PROGRAM: &str = "PROGRAM";
pub(super) const CONDITION: &str = "CONDITION";
pub(super) const ACCOUNT: i32 = 7;
/// Names beside those of interest, so that lists do not fit a PDU.
pub(super) const NAMES: usize = 1000;
/// Octets that a stream in memory holds: few, so that what a slow reader does is soon seen.
const PIPE: usize = 1 << 13;

/// A name in the domain of the peer.
pub(super) fn icc(item: &str) -> Name {
    Name::icc(DOMAIN, item)
}

/// The name of the point of a type.
pub(super) fn of_type(ty: PointType) -> String {
    let short = ty.to_string();
    let short = short.replace("Data_StateSupplemental", "SS");
    format!("P_{}", short.trim_start_matches("Data_"))
}

/// Our control centre, and the stream of what happens in it.
pub(super) struct Reference {
    pub(super) vcc: VirtualControlCenter,
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) clock: Arc<SteadyClock>,
}

/// What cannot be made of these constants is not made; the rows that need it fail then.
fn model() -> Model {
    let mut model = Model::new();
    let mut added = true;
    for ty in PointType::all() {
        for name in [Name::vcc(of_type(ty)), icc(&of_type(ty))] {
            added &= model.add_point(IndicationPoint::new(name, ty)).is_ok();
        }
    }
    let real_q: Option<PointType> = "RealQ".parse().ok();
    let mut point = |name: Name, ty: Option<PointType>| {
        let point = ty.map(|ty| IndicationPoint::new(name, ty));
        point.is_some_and(|point| model.add_point(point).is_ok())
    };
    for item in ["MW1", "MW2", "SECRET"] {
        added &= point(Name::vcc(item), real_q);
    }
    added &= point(icc("TIE"), real_q);
    added &= point(Name::icc("OTHER_ICC", "THEIRS"), real_q);
    added &= point(Name::vcc("CB_ST"), "StateQ".parse().ok());
    for number in 0..NAMES {
        added &= point(Name::vcc(format!("NAME_{number:04}")), "Real".parse().ok());
    }
    let set = PredefinedDataSet {
        name: icc("DS_STATIC"),
        members: vec![icc("Transfer_Set_Name"), Name::vcc("MW1"), icc("TIE")],
        deletable: false,
    };
    added &= model.add_data_set(set).is_ok();
    for size in [128, 1024] {
        added &= model.add_information_buffer(size).is_ok();
    }
    added &= model.add_program(Program::new(PROGRAM)).is_ok();
    let condition = EventCondition::new(Name::vcc(CONDITION));
    added &= model.add_condition(condition).is_ok();
    let account = TransferAccount::new(ACCOUNT, Name::vcc("ACCOUNT"));
    added &= model.add_account(account).is_ok();
    let series = TimeSeries::new(Name::vcc("MW1"));
    added &= model.add_time_series(series).is_ok();
    use ControlType::{Command, SetpointDiscrete, SetpointReal};
    use DeviceClass::{Direct, Sbo};
    let mut device = |item: &str, ty, class, change: fn(&mut Device)| {
        let mut device = Device::new(Name::vcc(item), ty, class);
        change(&mut device);
        model.add_device(device).is_ok()
    };
    added &= device("CB", Command, Sbo, |d| {
        d.indication = Some(Name::vcc("CB_ST"))
    });
    added &= device("CB_SHORT", Command, Sbo, |d| {
        d.select_timeout = Duration::from_secs(1)
    });
    added &= device("CB_BUSY", Command, Sbo, |_| {});
    added &= device("CB_SEEN", Command, Sbo, |_| {});
    added &= device("LTC", Command, Direct, |_| {});
    added &= device("SP_REAL", SetpointReal, Direct, |d| {
        d.range = Some((0.0, 100.0))
    });
    added &= device("SP_DISCRETE", SetpointDiscrete, Direct, |d| {
        d.taggable = false
    });
    if !added {
        tracing::error!("the control centre of the checklist is not whole");
    }
    model
}

/// The table of the peer that checks, and of another.
fn tables() -> [BilateralTable; 2] {
    let mut table = BilateralTable::new("CHECKER", TABLE_ID, DOMAIN);
    table.identity.ap_title = PEER_TITLE.parse().ok();
    table.options.use_peer = false;
    table.limits.transfer_sets = 4;
    table.limits.associations = 6;
    table.limits.commands_per_minute = 0;
    table.information.send = References::from(INFO);
    let (all, device) = (
        Rights::READ | Rights::WRITE | Rights::USE,
        Rights::READ | Rights::SELECT | Rights::OPERATE | Rights::TAG,
    );
    table.rules = vec![
        Rule::new("*/P_*", all),
        Rule::new("MW*", all),
        Rule::new("NAME_*", Rights::READ),
        Rule::new(&format!("{DOMAIN}/*"), all),
        Rule::new("MW1", Rights::QUERY),
        Rule::new(PROGRAM, Rights::EXECUTE),
        Rule::new(CONDITION, Rights::ENROLL),
        Rule::new("ACCOUNT", Rights::QUERY),
        Rule::new("CB_ST", Rights::READ),
        Rule::new("CB_SEEN", Rights::READ),
        Rule::new("LTC", device),
        Rule::new("SP_*", device),
    ];
    for device_name in ["CB", "CB_SHORT", "CB_BUSY"] {
        let rule = Rule::new(device_name, device);
        table.rules.push(rule.with_check_back(CHECK_BACK));
    }
    let mut other = BilateralTable::new("OTHER", "OTHER-1", "OTHER_ICC");
    other.identity.ap_title = OTHER_TITLE.parse().ok();
    other.options.use_peer = false;
    other.rules = vec![Rule::new("*/*", all), Rule::new("CB*", device)];
    [table, other]
}

/// The last full hour.
fn last_hour(clock: &dyn Clock) -> TimeStamp {
    let now = clock.now().seconds();
    TimeStamp::from_seconds(now - now.rem_euclid(3600))
}

impl Reference {
    pub(super) fn new() -> Result<Self, String> {
        Self::with(|_| {})
    }

    /// With a change of the table of the peer that checks.
    pub(super) fn with(change: impl FnOnce(&mut BilateralTable)) -> Result<Self, String> {
        let [mut table, other] = tables();
        change(&mut table);
        let clock = Arc::new(SteadyClock::starting_at(TimeStamp::now()));
        let vcc = VirtualControlCenter::with_clock(model(), vec![table, other], clock.clone())
            .map_err(|error| error.to_string())?;
        let options = EndpointOptions {
            ap_title: TITLE.parse().ok(),
            ae_qualifier: Some(12),
            check_selectors: true,
            keep_alive: None,
            ..EndpointOptions::default()
        };
        let endpoint = Endpoint::start(&vcc, options, vec![]).map_err(|error| error.to_string())?;
        // A device with an indication point moves it.
        if let (Some(device), Some(state)) =
            (vcc.device(&Name::vcc("CB")), vcc.point(&Name::vcc("CB_ST")))
        {
            let vcc = vcc.clone();
            device.set_handler(move |request| {
                if let DeviceAction::Operate(value) = request.action {
                    let on = value == ControlValue::Command(1);
                    let state_of = if on {
                        crate::types::State::On
                    } else {
                        crate::types::State::Off
                    };
                    let value = PointValue::state(state_of).with_quality(Quality::default());
                    return vcc
                        .update(state, value)
                        .map_err(|error| Refused::failed(error.to_string()));
                }
                Ok(())
            });
        }
        let hour = last_hour(clock.as_ref());
        let period = AccountPeriod {
            floats: vec![1.5],
            integers: vec![],
        };
        vcc.update_account(ACCOUNT, hour, period)
            .map_err(|error| error.to_string())?;
        Ok(Reference {
            vcc,
            endpoint: Arc::new(endpoint),
            clock,
        })
    }

    /// How the peer reaches it, who the peer is, and what it may touch.
    pub(super) fn as_peer(&self) -> (Arc<dyn Dial>, ClientOptions, Permits) {
        let dial = Arc::new(InMemory(self.endpoint.clone()));
        let mut options = ClientOptions {
            // However slow the machine is.
            timeout: Duration::from_secs(60),
            ..ClientOptions::default()
        };
        options.config.local.ap_title = PEER_TITLE.parse().ok().map(ApTitle::Identifier);
        options.config.local.ae_qualifier = Some(AeQualifier::Number(12));
        options.call.remote.ap_title = TITLE.parse().ok().map(ApTitle::Identifier);
        options.call.remote.ae_qualifier = Some(AeQualifier::Number(12));
        let permits = Permits {
            table_id: Some(TABLE_ID.to_owned()),
            write: Some(Name::vcc("MW2")),
            sbo: Some(Name::vcc("CB")),
            direct: Some(Name::vcc("LTC")),
            command: 1,
            check_back: Some(CHECK_BACK),
        };
        (dial, options, permits)
    }

    /// The options of another peer.
    pub(super) fn as_other(options: &mut ClientOptions) {
        options.config.local.ap_title = OTHER_TITLE.parse().ok().map(ApTitle::Identifier);
        options.domain = "OTHER_ICC".to_owned();
    }

    pub(super) fn members(&self, count: usize) -> Vec<Name> {
        let all = ["MW1", "MW2"]
            .map(Name::vcc)
            .into_iter()
            .chain([icc("TIE")]);
        let names = (0..NAMES).map(|number| Name::vcc(format!("NAME_{number:04}")));
        all.chain(names).take(count).collect()
    }

    pub(super) fn moving(&self) -> Name {
        Name::vcc("MW1")
    }

    pub(super) fn update(&self, name: &Name, value: PointValue) {
        if let Some(id) = self.vcc.point(name)
            && let Err(error) = self.vcc.update(id, value)
        {
            tracing::error!(%name, %error, "the point of a row");
        }
    }

    pub(super) fn events(&self) -> Receiver<Event> {
        self.vcc.events()
    }
}

/// Streams to an endpoint of this process.
struct InMemory(Arc<Endpoint>);

impl Dial for InMemory {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async {
            let (near, far) = duplex(PIPE);
            self.0.serve(far, None);
            Ok(Box::new(near) as Box<dyn Stream>)
        })
    }
}

/// Two control centres with an association between them, each client and server of the other: NORTH, and SOUTH that calls it.
pub(super) struct Pair {
    pub(super) north: (VirtualControlCenter, Endpoint),
    pub(super) south: (VirtualControlCenter, Endpoint),
    /// What happens at SOUTH, from before it called.
    pub(super) events: Receiver<Event>,
}

impl Pair {
    /// `south_table_id` is what SOUTH expects of NORTH.
    pub(super) fn new(south_table_id: &str) -> Result<Pair, String> {
        let make = |own: &str, peer: &str, title: &str, id: &str| {
            let mut model = Model::new();
            let ty = "RealQ".parse().map_err(|_| "no such type".to_owned())?;
            model
                .add_point(IndicationPoint::new(Name::vcc(format!("{own}_MW")), ty))
                .map_err(|error| error.to_string())?;
            let mut table = BilateralTable::new(peer, "PAIR-1", format!("{own}_{peer}"));
            table.peer_domain = Some(format!("{peer}_{own}"));
            table.peer_id = Some(id.to_owned());
            table.identity.ap_title = title.parse().ok();
            table.rules = vec![Rule::new("*", Rights::READ)];
            VirtualControlCenter::new(model, vec![table]).map_err(|error| error.to_string())
        };
        let north = make("NORTH", "SOUTH", PEER_TITLE, "PAIR-1")?;
        let south = make("SOUTH", "NORTH", TITLE, south_table_id)?;
        let start = |vcc: &VirtualControlCenter, title: &str| {
            let options = EndpointOptions {
                ap_title: title.parse().ok(),
                keep_alive: None,
                ..EndpointOptions::default()
            };
            Endpoint::start(vcc, options, vec![]).map_err(|error| error.to_string())
        };
        let events = south.events();
        let (of_north, of_south) = (start(&north, TITLE)?, start(&south, PEER_TITLE)?);
        let (near, far) = duplex(PIPE);
        of_north.serve(far, None);
        of_south
            .call_over(Call::new("NORTH", vec![]), near)
            .map_err(|error| error.to_string())?;
        Ok(Pair {
            north: (north, of_north),
            south: (south, of_south),
            events,
        })
    }
}
