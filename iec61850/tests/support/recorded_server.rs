//! The server of the recordings in `tests/golden`, as ours: the model, the settings and what the
//! application did. The recordings are played to it, and the real client's scenarios run on it.
//! What each scenario had is in `tests/golden/README.md`.
#![allow(dead_code, reason = "each test binary uses a part of it")]

#[path = "recorded_controls.rs"]
pub(crate) mod recorded_controls;

use iec61850::server::Authentication;
use iec61850::server::log::MemoryLog;
use iec61850::{
    AccessPolicy, DataAttribute, Dbpos, FunctionalConstraint, Iec61850Edition, IedModel, IedServer,
    IedServerConfig, MmsDataAccessError, MmsValue, Quality, ServerIdentity, Timestamp,
};
use recorded_controls::RecordedControls;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A server as it was recorded, and what its application does.
pub(crate) struct RecordedServer {
    model: IedModel,
    server: Arc<IedServer>,
    controls: RecordedControls,
    log: Log,
    /// The files it serves; removed with it.
    _files: TempDir,
}

/// What the handlers of the application were asked and said, in the words of the recordings.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl RecordedServer {
    /// Starts the server of a scenario, whose name begins with its number.
    pub(crate) fn start(model: &Path, scenario: &str) -> Self {
        let model = IedModel::create_from_config_file(model).expect("golden.cfg is a model");
        let number = &scenario[..2];
        let files = TempDir::new().expect("a temporary folder");
        if number == "50" {
            fill(files.path());
        }
        let mut config = IedServerConfig::new();
        config
            .set_file_service_base_path(files.path())
            .set_max_dataset_entries(10)
            .set_max_association_specific_datasets(3)
            .set_max_domain_specific_datasets(8)
            .set_enable_owner_for_rcb(number == "28")
            .set_max_mms_connection(if number == "07" { 1 } else { 5 });
        if number == "27" {
            config.set_report_buffer_size_brcb(1000);
        }
        if number == "29" {
            config.set_edition(Iec61850Edition::Edition1);
        }
        let server = IedServer::new(&model, Some(config)).expect("the model is free");
        server.set_server_identity(ServerIdentity {
            vendor: "golden".into(),
            model: "model-1".into(),
            revision: "1.0".into(),
        });
        let recorded = RecordedServer {
            model,
            server: Arc::new(server),
            controls: RecordedControls::default(),
            log: Log::default(),
            _files: files,
        };
        match number {
            "04" | "05" => recorded.ask_for_password(),
            "16" => recorded.check_a_setting(),
            "40" => recorded.keep_settings(),
            "51" => recorded.keep_a_log(),
            _ => {}
        }
        let log = recorded.log.clone();
        recorded
            .controls
            .register(&recorded.model, &recorded.server, scenario, move |line| {
                log.say(line)
            });
        recorded
            .server
            .start_on("127.0.0.1:0".parse().unwrap())
            .expect("a free port");
        recorded
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_address().expect("the server listens")
    }

    /// See [`RecordedControls::hold`].
    pub(crate) fn hold_commands(&self) {
        self.controls.hold();
    }

    /// What the handlers have logged.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.0.lock().unwrap().clone()
    }

    /// Whether a line of a recording's log is something that [`RecordedServer::act`] does.
    pub(crate) fn is_act(line: &str) -> bool {
        [
            "server: set ",
            "server: allow ",
            "server: stop",
            RecordedControls::BEHAVIOUR,
        ]
        .iter()
        .any(|start| line.starts_with(start))
            || line.ends_with(" entries in the log")
    }

    /// Whether a line of a recording's log is one that the handlers write.
    pub(crate) fn is_logged(line: &str) -> bool {
        line.starts_with("server") && !Self::is_act(line)
    }

    /// Does what the recorded application did, by the line of its log, or by `lock` and `unlock`
    /// of the data model, which it did not log.
    pub(crate) fn act(&self, line: &str) {
        let server = &self.server;
        if self.controls.act(line) {
            return;
        }
        match line {
            "lock" => server.lock_data_model_raw(),
            "unlock" => server.unlock_data_model(),
            "server: stop" => server.stop(),
            "server: allow writes to FC=CF" => server
                .set_default_write_policy(FunctionalConstraint::CF, AccessPolicy::Allow)
                .expect("CF has a policy"),
            "server: 6 entries in the log" => {
                let statistics = server.log_statistics(EVENT_LOG).expect("the log exists");
                assert_eq!(statistics.stored + statistics.waiting, 6);
            }
            _ => {
                let set = line.strip_prefix("server: set ");
                let (reference, value) = set
                    .and_then(|set| set.split_once(" = "))
                    .unwrap_or_else(|| panic!("`{line}` is not known"));
                self.set(reference, value);
            }
        }
    }

    fn set(&self, reference: &str, value: &str) {
        let server = &self.server;
        let node = self.attribute(reference);
        let number = || value.parse::<i64>().expect("a number");
        let set = if reference.ends_with(".q") {
            server.update_quality(&node, Quality::from_bits_retain(number() as u16))
        } else if reference.ends_with(".t") {
            // The C library says that leap seconds are known and the fraction is good to 10 bits.
            let time = Timestamp::from_ms(number() as u64).with_quality(0x8a);
            server.update_timestamp(&node, &time)
        } else if reference == "XCBR1.Pos.stVal" {
            server.update_dbpos(
                &node,
                Dbpos::from_value(number() as i32).expect("a position"),
            )
        } else if let Ok(value) = value.to_lowercase().parse::<bool>() {
            server.update_boolean(&node, value)
        } else if value.contains('.') {
            server.update_float(&node, value.parse().expect("a float"))
        } else {
            server.update_value(&node, &MmsValue::Integer(number()))
        };
        set.unwrap_or_else(|error| panic!("{reference} = {value}: {error}"));
    }

    fn attribute(&self, reference: &str) -> DataAttribute {
        let node = self
            .model
            .model_node_by_short_reference(&format!("LD1/{reference}"));
        node.and_then(|node| node.into_data_attribute().ok())
            .unwrap_or_else(|| panic!("{reference} is an attribute"))
    }

    fn ask_for_password(&self) {
        let log = self.log.clone();
        self.server.set_authenticator(move |_, request| {
            let (mechanism, password) = match &request.authentication {
                Some(Authentication::Password(password)) => (1, &password[..]),
                _ => (0, &b""[..]),
            };
            let text = password.escape_ascii();
            log.say(format!(
                "server: authenticator mechanism {mechanism} password b'{text}'"
            ));
            password == b"secret61850"
        });
    }

    fn check_a_setting(&self) {
        let log = self.log.clone();
        let setting = self.attribute("GGIO1.NumSet.setVal");
        let check = move |value: &MmsValue| {
            let value = value.to_int32().expect("the type was checked before");
            let result = match value {
                0..=100 => MmsDataAccessError::Success,
                _ => MmsDataAccessError::ObjectValueInvalid,
            };
            log.say(format!(
                "server: write handler value {value} -> {}",
                result.value()
            ));
            result
        };
        self.server
            .register_write_handler(&setting, move |_, _, value| check(value))
            .expect("setVal is a leaf");
    }
}

/// The log of the recordings.
const EVENT_LOG: &str = "LD1/LLN0$EventLog";

/// Logs and setting groups.
impl RecordedServer {
    fn keep_a_log(&self) {
        self.server
            .set_log_storage(EVENT_LOG, MemoryLog::new(100))
            .expect("the model has the log");
    }

    /// The application keeps the values of the groups and loads them in its handlers.
    fn keep_settings(&self) {
        let settings = |fc| {
            ["PTOC1.StrVal", "PTOC1.OpDlTmms"].map(|name| {
                let path = if name.ends_with("Val") {
                    "setMag.f"
                } else {
                    "setVal"
                };
                let object = self
                    .model
                    .model_node_by_short_reference(&format!("LD1/{name}"));
                let object = object.and_then(|node| node.into_data_object().ok());
                object
                    .and_then(|object| object.child_with_fc(path, fc))
                    .expect("a setting")
            })
        };
        let [active, edited] = [FunctionalConstraint::SG, FunctionalConstraint::SE].map(settings);
        let values = Arc::new(Mutex::new([(1.0, 100), (2.0, 200), (3.0, 300)]));
        let (server, of) = (Arc::downgrade(&self.server), values.clone());
        let load = move |settings: &[DataAttribute; 2], group: u8| {
            let Some(server) = server.upgrade() else {
                return;
            };
            let (start, delay) = of.lock().unwrap()[usize::from(group) - 1];
            server.update_float(&settings[0], start).expect("a float");
            server.update_int32(&settings[1], delay).expect("a number");
        };
        let device = self.model.logical_device_by_instance("LD1");
        let block = device
            .and_then(|device| device.setting_group_control_block())
            .expect("LD1 has setting groups");
        let (log, loads, settings) = (self.log.clone(), load.clone(), active.clone());
        self.server
            .register_active_setting_group_change_handler(&block, move |_, _, group| {
                log.say(format!("server: active setting group -> {group}"));
                loads(&settings, group);
                true
            })
            .expect("the control block of the model");
        let (log, loads, settings) = (self.log.clone(), load.clone(), edited.clone());
        self.server
            .register_edit_setting_group_change_handler(&block, move |_, _, group| {
                log.say(format!("server: edit setting group -> {group}"));
                loads(&settings, group);
                true
            })
            .expect("the control block of the model");
        let (log, server) = (self.log.clone(), Arc::downgrade(&self.server));
        self.server
            .register_edit_setting_group_confirmed_handler(&block, move |block, group| {
                let Some(server) = server.upgrade() else {
                    return false;
                };
                let start = server.get_float(&edited[0]).expect("a float");
                let delay = server.get_int32(&edited[1]).expect("a number");
                values.lock().unwrap()[usize::from(group) - 1] = (start, delay);
                log.say(format!(
                    "server: edit confirmed for group {group} [{start:?}, {delay}]"
                ));
                if server.active_setting_group(block).expect("of the model") == group {
                    load(&active, group);
                }
                true
            })
            .expect("the control block of the model");
    }
}

/// The files of the recorded server.
fn fill(folder: &Path) {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let record: Vec<u8> = (0..12).flat_map(|_| 0..=255).collect();
    std::fs::create_dir(folder.join("COMTRADE")).expect("creating a folder");
    for (name, content) in [
        ("COMTRADE/rec1.cfg", &b"station,1,1999\r\n"[..]),
        ("COMTRADE/rec1.dat", &record),
        ("readme.txt", b"golden file\n"),
        ("empty.txt", b""),
    ] {
        std::fs::write(folder.join(name), content).expect("writing a file");
        let file = std::fs::File::options().write(true).open(folder.join(name));
        file.and_then(|file| file.set_modified(modified))
            .expect("setting the time of a file");
    }
}
