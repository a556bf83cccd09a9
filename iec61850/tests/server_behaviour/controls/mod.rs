//! Controls: the four models, their handlers, and what clients see.

mod classes;
mod handlers;
mod models;
mod requests;
mod shown;

use crate::support::control::{Operator, SHOWN, object};
use crate::support::{NewServer, connect, started};
use iec61850::{
    CdcControlModelOptions as Options, CdcFactory, CdcOptions, CheckHandlerResult,
    ControlAddCause as Cause, ControlHandlerResult, ControlLastApplError, DataObject, IedModel,
    IedServer, SelectStateChangedReason as Reason,
};
use mms::MmsValue;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One object for each way to be controlled, in `T1LD0/GGIO1`.
const OBJECTS: [(&str, Options); 5] = [
    ("Status", Options::MODEL_NONE),
    ("Direct", Options::MODEL_DIRECT_NORMAL),
    ("Sbo", Options::MODEL_SBO_NORMAL),
    ("DirectEnh", Options::MODEL_DIRECT_ENHANCED),
    ("SboEnh", Options::MODEL_SBO_ENHANCED),
];

/// What a handler was asked.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    /// Select, value, test, interlock check.
    Check(bool, Option<MmsValue>, bool, bool),
    /// Value, test, synchrocheck.
    Wait(MmsValue, bool, bool),
    /// Value, test.
    Operate(MmsValue, bool),
    State(bool, Reason),
}

/// What the handlers say.
#[derive(Clone)]
struct Script {
    check: CheckHandlerResult,
    wait: ControlHandlerResult,
    operate: ControlHandlerResult,
    /// Set by the handler that refuses.
    cause: Option<Cause>,
    error: Option<ControlLastApplError>,
}

impl Default for Script {
    fn default() -> Self {
        Script {
            check: CheckHandlerResult::Accepted,
            wait: ControlHandlerResult::Ok,
            operate: ControlHandlerResult::Ok,
            cause: None,
            error: None,
        }
    }
}

/// A server with handlers that follow a script and write down what they are asked.
struct Station {
    model: IedModel,
    server: IedServer,
    script: Arc<Mutex<Script>>,
    events: Arc<Mutex<Vec<Event>>>,
}

fn model() -> IedModel {
    let model = IedModel::new("T1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    for (name, options) in OBJECTS {
        let options = options | SHOWN | Options::MODEL_HAS_CANCEL;
        node.create_cdc_spc(name, CdcOptions::empty(), options)
            .unwrap();
    }
    node.create_cdc_sps("Ind1", CdcOptions::empty()).unwrap();
    model
}

/// The name of an object's commands.
fn reference(name: &str) -> String {
    format!("T1LD0/GGIO1$CO${name}")
}

impl Station {
    fn new(new: NewServer) -> Self {
        let model = model();
        let server = started(new(&model, None).unwrap());
        let station = Station {
            model,
            server,
            script: Arc::default(),
            events: Arc::default(),
        };
        for (name, _) in &OBJECTS[1..] {
            station.follow_script(&station.object(name));
        }
        station
    }

    fn object(&self, name: &str) -> DataObject {
        object(&self.model, &format!("T1LD0/GGIO1.{name}"))
    }

    fn follow_script(&self, object: &DataObject) {
        let server = &self.server;
        let (script, events) = (self.script.clone(), self.events.clone());
        let check =
            move |_: &_, action: &iec61850::ControlAction, value: Option<&_>, test, lock| {
                let value: Option<&MmsValue> = value;
                let event = Event::Check(action.is_select(), value.cloned(), test, lock);
                events.lock().push(event);
                let script = script.lock().clone();
                if script.check != CheckHandlerResult::Accepted {
                    script.set(action);
                }
                script.check
            };
        server
            .register_control_static_check_handler(object, check)
            .unwrap();
        let (script, events) = (self.script.clone(), self.events.clone());
        server
            .register_control_wait_handler(object, move |_, action, value, test, synchro| {
                events
                    .lock()
                    .push(Event::Wait(value.clone(), test, synchro));
                let script = script.lock().clone();
                if script.wait == ControlHandlerResult::Failed {
                    script.set(action);
                }
                script.wait
            })
            .unwrap();
        let (script, events) = (self.script.clone(), self.events.clone());
        server
            .register_control_handler(object, move |_, action, value, test| {
                events.lock().push(Event::Operate(value.clone(), test));
                let script = script.lock().clone();
                if script.operate == ControlHandlerResult::Failed {
                    script.set(action);
                }
                script.operate
            })
            .unwrap();
        let events = self.events.clone();
        server
            .register_control_select_state_handler(object, move |_, _, selected, reason| {
                events.lock().push(Event::State(selected, reason));
            })
            .unwrap();
    }

    fn operator(&self, name: &str) -> Operator {
        Operator::new(connect(&self.server), &reference(name))
    }

    fn script(&self, change: impl FnOnce(&mut Script)) {
        let mut script = Script::default();
        change(&mut script);
        *self.script.lock() = script;
    }

    /// What the handlers were asked since this was looked at last. `count`: so much it has to
    /// become; the execution of a command goes on after its answer.
    fn events(&self, count: usize) -> Vec<Event> {
        until(|| self.events.lock().len() >= count);
        std::mem::take(&mut *self.events.lock())
    }
}

impl Script {
    fn set(&self, action: &iec61850::ControlAction) {
        if let Some(cause) = self.cause {
            action.set_add_cause(cause);
        }
        if let Some(error) = self.error {
            action.set_error(error);
        }
    }
}

/// Waits until something is so that nothing tells of.
fn until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < crate::support::patience(), "never so");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What an operate with this value asks of the handlers.
fn operated(value: bool) -> Vec<Event> {
    vec![
        Event::Check(false, Some(value.into()), false, false),
        Event::Wait(value.into(), false, false),
        Event::Operate(value.into(), false),
    ]
}
