//! What the recorded application did when it was asked about controls (recordings 30 to 35).

use iec61850::{
    CheckHandlerResult, ControlAction, ControlAddCause, ControlHandlerResult, DataObject, IedModel,
    IedServer, MmsValue, ModelNodeExt,
};
use std::sync::{Arc, Mutex};

/// What the handlers say, in the words of the recordings.
#[derive(Clone)]
struct Behaviour {
    check: i32,
    wait: i32,
    ctl: i32,
    addcause: i32,
    wdelay: u32,
    delay: u32,
    /// A command that is delayed ends when the recording says so, and not by itself.
    held: bool,
    may_end: bool,
    /// The number of the last command with parameters: libiec61850 shows it for a select without
    /// them, too.
    number: u8,
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour {
            check: -1,
            wait: 1,
            ctl: 1,
            addcause: 0,
            wdelay: 0,
            delay: 0,
            held: false,
            may_end: false,
            number: 0,
        }
    }
}

/// The handlers of a recorded server.
#[derive(Clone, Default)]
pub(crate) struct RecordedControls(Arc<Mutex<Behaviour>>);

/// In place of a scenario: all objects of GGIO1 have handlers.
pub(crate) const ALL: &str = "3x";

/// Objects of LD1 that had handlers.
fn objects(scenario: &str) -> &'static [&'static str] {
    match &scenario[..2] {
        "30" | "35" => &["GGIO1.SPCSO1"],
        "31" => &["GGIO1.SPCSO2"],
        "32" => &["GGIO1.SPCSO3"],
        "33" => &["GGIO1.SPCSO4"],
        ALL => &[
            "GGIO1.SPCSO1",
            "GGIO1.SPCSO2",
            "GGIO1.SPCSO3",
            "GGIO1.SPCSO4",
            "GGIO1.ISCSO1",
            "GGIO1.AnOut1",
            "GGIO1.AnOut2",
        ],
        "34" => &["GGIO1.ISCSO1", "GGIO1.AnOut1", "GGIO1.AnOut2", "XCBR1.Pos"],
        _ => &[],
    }
}

impl RecordedControls {
    pub(crate) const BEHAVIOUR: &str = "server behaviour: ";
    pub(crate) const MAY_END: &str = "server: control may end";

    /// Registers the handlers of a scenario; `say` takes the lines they log.
    pub(crate) fn register(
        &self,
        model: &IedModel,
        server: &Arc<IedServer>,
        scenario: &str,
        say: impl Fn(String) + Clone + Send + Sync + 'static,
    ) {
        for name in objects(scenario) {
            let node = model.model_node_by_short_reference(&format!("LD1/{name}"));
            let node = node.and_then(|node| node.into_data_object().ok());
            let object = node.expect("an object of the model");
            self.register_at(&object, server, scenario, say.clone());
        }
    }

    fn register_at(
        &self,
        object: &DataObject,
        server: &Arc<IedServer>,
        scenario: &str,
        say: impl Fn(String) + Clone + Send + Sync + 'static,
    ) {
        let registered = "an object that can be controlled";
        let (behaviour, log) = (self.0.clone(), say.clone());
        server
            .register_control_static_check_handler(object, move |_, action, value, test, lock| {
                let mut behaviour = behaviour.lock().unwrap();
                behaviour.number = action.ctl_num().unwrap_or(behaviour.number);
                let (number, result) = (behaviour.number, behaviour.check);
                let select = python(action.is_select());
                let (test, lock) = (python(test), python(lock));
                let value = value.map_or("-".to_owned(), show);
                log(format!(
                    "server: check handler select={select} value={value} test={test} \
                     interlock={lock} ctlNum={number} -> {result}"
                ));
                behaviour.set_cause(action);
                CheckHandlerResult::from_value(result).expect("a result")
            })
            .expect(registered);
        let (behaviour, log) = (self.0.clone(), say.clone());
        server
            .register_control_wait_handler(object, move |_, action, _, _, synchro| {
                let mut behaviour = behaviour.lock().unwrap();
                if behaviour.wdelay > 0 {
                    behaviour.wdelay -= 1;
                    return ControlHandlerResult::Waiting;
                }
                let (synchro, result) = (python(synchro), behaviour.wait);
                log(format!(
                    "server: wait-for-execution handler synchro={synchro} -> {result}"
                ));
                if result == 0 {
                    behaviour.set_cause(action);
                }
                ControlHandlerResult::from_value(result).expect("a result")
            })
            .expect(registered);
        // The library executed the command that was to fail in 30 when the next behaviour was set
        // already.
        let late = scenario.starts_with("30");
        let stored = match object.name() {
            "AnOut1" | "AnOut2" | "Pos" => None,
            _ => object.child_attribute("stVal").ok(),
        };
        let behaviour = self.0.clone();
        let server_of_handler = Arc::downgrade(server);
        server
            .register_control_handler(object, move |_, action, value, test| {
                let result = {
                    let mut behaviour = behaviour.lock().unwrap();
                    let delayed = behaviour.delay > 0 && !behaviour.may_end;
                    if delayed || late && behaviour.ctl == 0 {
                        if delayed && !behaviour.held {
                            behaviour.delay -= 1;
                        }
                        return ControlHandlerResult::Waiting;
                    }
                    behaviour.delay = 0;
                    let result = behaviour.ctl;
                    let (value, test) = (show(value), python(test));
                    say(format!(
                        "server: control handler value={value} test={test} -> {result}"
                    ));
                    if result == 0 {
                        behaviour.set_cause(action);
                    }
                    ControlHandlerResult::from_value(result).expect("a result")
                };
                if result == ControlHandlerResult::Ok
                    && !test
                    && let (Some(stored), Some(server)) = (&stored, server_of_handler.upgrade())
                {
                    server.update_value(stored, value).expect("stVal");
                }
                result
            })
            .expect(registered);
    }

    /// Lets commands that are delayed end when the recording says so: whoever plays it is not always as
    /// fast as it was.
    pub(crate) fn hold(&self) {
        self.0.lock().unwrap().held = true;
    }

    /// Does what a line of the log says. `false`: it is not about controls.
    pub(crate) fn act(&self, line: &str) -> bool {
        let mut behaviour = self.0.lock().unwrap();
        if line == Self::MAY_END {
            behaviour.may_end = true;
            return true;
        }
        let Some(settings) = line.strip_prefix(Self::BEHAVIOUR) else {
            return false;
        };
        *behaviour = Behaviour {
            number: behaviour.number,
            held: behaviour.held,
            ..Behaviour::default()
        };
        let settings = settings.trim_matches(['{', '}']).split(", ");
        for setting in settings.filter(|setting| !setting.is_empty()) {
            let (name, value) = setting.split_once(": ").expect("a setting");
            let number: i32 = value.parse().expect("a number");
            match name.trim_matches('\'') {
                "check" => behaviour.check = number,
                "wait" => behaviour.wait = number,
                "ctl" => behaviour.ctl = number,
                "addcause" => behaviour.addcause = number,
                "wdelay" => behaviour.wdelay = number.unsigned_abs(),
                "delay" => behaviour.delay = number.unsigned_abs(),
                other => panic!("`{other}` is not known"),
            }
        }
        true
    }
}

impl Behaviour {
    fn set_cause(&self, action: &ControlAction) {
        if self.addcause != 0 {
            action.set_add_cause(ControlAddCause::from_value(self.addcause));
        }
    }
}

fn python(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// A value as libiec61850 prints it.
fn show(value: &MmsValue) -> String {
    match value {
        MmsValue::Boolean(value) => value.to_string(),
        MmsValue::Integer(number) => number.to_string(),
        MmsValue::Float32(number) => format!("{number:.6}"),
        MmsValue::Structure(parts) => {
            let parts: Vec<String> = parts.iter().map(show).collect();
            format!("{{{}}}", parts.join(","))
        }
        other => panic!("{other:?}"),
    }
}
