//! Makes the calls of a recording with our client.

use super::generic;
use super::player::{Player, Recorded, Script, hex, pdus};
use super::recording::{self, Event};
use iec61850::client::asynchronous::{ControlObject, IedConnection, Stream};
use iec61850::client::{RcbValues, Report};
use iec61850::{Error, OrCat, ReportOptions, TriggerOptions};
use mms::net::Remote;
use mms::pdu::{Pdu, RequestService};
use mms::{BinaryTime, MmsValue};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::duplex;

/// What a call came to, or a request looked like.
pub(crate) struct Outcome {
    pub(crate) call: String,
    pub(crate) recorded: String,
    pub(crate) ours: String,
}

/// One of the connections of a scenario.
struct Side {
    connection: IedConnection,
    script: Arc<Mutex<Script>>,
    remote: Remote,
    controls: HashMap<String, ControlObject>,
    control: String,
}

struct Scenario {
    sides: Vec<Side>,
    told: Arc<Mutex<Vec<String>>>,
    outcomes: Vec<Outcome>,
    /// Of the control blocks that were read.
    values: HashMap<String, RcbValues>,
}

fn report_line(report: &Report) -> String {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    let truth = |truth: bool| if truth { "True" } else { "False" }.to_owned();
    let reasons: Vec<u8> = (0..report.dataset_values().len())
        .map(|member| report.reason_for_inclusion(member).bits())
        .collect();
    format!(
        "report received: rptId {} seq {} sub - more - bufOvfl {} entryId {} reasons {reasons:?}",
        report.rpt_id(),
        or_none(report.seq_num().map(|number| number.to_string())),
        or_none(report.buf_ovfl().map(truth)),
        or_none(report.entry_id().map(hex)),
    )
}

fn code(result: &Result<(), Error>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(error) => error.code().expect("a client error").value(),
    }
}

/// The lines of the log.
fn logged(events: &[Event]) -> impl Iterator<Item = &str> {
    events.iter().filter_map(|event| match event {
        Event::Log(line) => Some(line.trim()),
        _ => None,
    })
}

pub(crate) async fn play(name: &str) -> Vec<Outcome> {
    let events = recording::read(name);
    let mut scenario = Scenario {
        sides: vec![],
        told: Arc::default(),
        outcomes: vec![],
        values: HashMap::new(),
    };
    let connections = events.iter().filter_map(|event| match event {
        Event::Open(number) => Some(*number),
        _ => None,
    });
    for number in connections {
        scenario.open(pdus(&events, number)).await;
    }
    let mut said = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let Event::Log(line) = event else { continue };
        let line = line.trim();
        if line.starts_with("report received") {
            said.push(line.to_owned());
        } else if let Some(call) = line.strip_prefix("client: ") {
            let next = logged(&events[at + 1..]).find(|line| line.starts_with("->"));
            let next = next.unwrap_or_default();
            let is_generic = matches!(name[..2].parse().unwrap(), 10..20 | 35 | 40 | 50);
            match is_generic {
                true => scenario.generic(&events, at, call, next).await,
                false => scenario.call(&events, at, call, next).await,
            }
        }
    }
    for side in &scenario.sides {
        let end = events.len();
        side.script.lock().unwrap().skip_to(end, &side.remote);
    }
    scenario.settle().await;
    let mut told = scenario.told.lock().unwrap().clone();
    // Two connections have no common order.
    said.sort();
    told.sort();
    let recorded = said.len().max(told.len());
    for at in 0..recorded {
        let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
        scenario.outcomes.push(Outcome {
            call: "report".into(),
            recorded: line(&said),
            ours: line(&told),
        });
    }
    for side in &scenario.sides {
        let script = side.script.lock().unwrap();
        for (recorded, ours) in &script.strange {
            scenario.outcomes.push(Outcome {
                call: "request".into(),
                recorded: recorded.clone(),
                ours: ours.clone(),
            });
        }
        for _ in script.strange.len()..script.answered {
            scenario.outcomes.push(Outcome {
                call: "request".into(),
                recorded: String::new(),
                ours: String::new(),
            });
        }
    }
    scenario.outcomes
}

impl Scenario {
    async fn open(&mut self, pdus: Vec<(usize, Recorded)>) {
        let script = Arc::new(Mutex::new(Script {
            pdus: pdus.into(),
            ..Script::default()
        }));
        let connection = IedConnection::new();
        let remote = Arc::new(Mutex::new(None));
        let (scripted, place) = (script.clone(), remote.clone());
        connection
            .connect_through(move || {
                let (near, far) = duplex(1 << 17);
                *place.lock().unwrap() = Some(Player::serve(far, scripted.clone()));
                Box::pin(async move { Ok(Box::new(near) as Box<dyn Stream>) })
            })
            .await
            .unwrap();
        let remote = remote.lock().unwrap().clone().unwrap();
        self.sides.push(Side {
            connection,
            script,
            remote,
            controls: HashMap::new(),
            control: String::new(),
        });
    }

    /// Lets what was sent arrive.
    async fn settle(&self) {
        for side in &self.sides {
            Player::drain(&side.script, &side.remote);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    fn compare(&mut self, call: &str, recorded: impl ToString, ours: impl ToString) {
        self.outcomes.push(Outcome {
            call: call.to_owned(),
            recorded: recorded.to_string(),
            ours: ours.to_string(),
        });
    }

    /// The connection a log line belongs to: of a control, whose line is written behind it, the one
    /// that sent last; otherwise the one that sends next. And the event of the request.
    fn side_of(&self, events: &[Event], at: usize, is_behind: bool) -> Option<(usize, usize)> {
        let sent = |(at, event): (usize, &Event)| match event {
            Event::Send(number, bytes) if bytes.len() > 25 => Some((*number as usize - 1, at)),
            _ => None,
        };
        match is_behind {
            true => events[..at].iter().enumerate().rev().find_map(sent),
            false => (at..events.len()).find_map(|at| sent((at, &events[at]))),
        }
    }

    async fn call(&mut self, events: &[Event], at: usize, call: &str, result: &str) {
        let is_control = ["operate ", "select ", "selectWithValue ", "cancel "]
            .iter()
            .any(|name| call.starts_with(name));
        let Some((number, event)) = self.side_of(events, at, is_control) else {
            return;
        };
        self.settle().await;
        let known = [
            "setRCB",
            "getRCB",
            "triggerGI",
            "ControlObject",
            "queryLog",
            "IedConnection_getGoCB",
            "IedConnection_createDataSet",
        ];
        if !is_control && !known.iter().any(|name| call.starts_with(name)) {
            return;
        }
        {
            let side = &self.sides[number];
            side.script.lock().unwrap().skip_to(event, &side.remote);
        }
        let expected = result
            .strip_prefix("-> IED error ")
            .and_then(|text| text.split(' ').next());
        let expected = expected.unwrap_or_default().to_owned();
        let connection = self.sides[number].connection.clone();
        let words: Vec<&str> = call.split(' ').collect();
        if call.starts_with("getRCB") {
            let outcome = connection.read_rcb_values(words[1]).await;
            if let Ok(values) = &outcome {
                let told = self.told.clone();
                connection
                    .register_report_handler(words[1], values.rpt_id(), move |report| {
                        told.lock().unwrap().push(report_line(report));
                    })
                    .unwrap();
                self.values.insert(words[1].to_owned(), values.clone());
            }
            self.compare(call, expected, code(&outcome.map(|_| ())));
        } else if call.starts_with("setRCB") {
            let outcome = self.set_rcb(&connection, call).await;
            self.compare(call, expected, code(&outcome));
        } else if call.starts_with("triggerGI") {
            let request = self.next_request(number);
            let reference = written_name(&request).trim_end_matches("$GI").to_owned();
            let outcome = connection.trigger_gi_report(&reference).await;
            self.compare(call, expected, code(&outcome));
        } else if call.starts_with("queryLogByTime") {
            let outcome = connection.query_log_by_time(words[1], None, None);
            // The range is not part of the log line: the answer counts.
            let outcome = outcome.await;
            let ours = match outcome {
                Ok(entries) => format!("entries {}", entries.len()),
                Err(error) => format!("IED error {}", error.code().unwrap().value()),
            };
            let recorded = match result.contains("error 0") {
                true => result[result.find("entries").unwrap()..]
                    .split(" more")
                    .next()
                    .unwrap()
                    .to_owned(),
                false => format!("IED error {expected}"),
            };
            self.compare(call, recorded, ours);
            self.sides[number].script.lock().unwrap().strange.clear();
        } else if call.starts_with("queryLogAfter") {
            let time = BinaryTime::from_ms(0);
            let entries = connection
                .query_log_after("GOLDLD1/LLN0$EventLog", &[2], time)
                .await;
            self.compare(call, "4", entries.unwrap().len());
            self.sides[number].script.lock().unwrap().strange.clear();
        } else if call.starts_with("IedConnection_getGoCB") {
            let block = connection.read_gocb("GOLDLD1/LLN0.gcb01").await.unwrap();
            self.compare(call, "goldenGoose", block.go_id());
        } else if call.starts_with("IedConnection_createDataSet") {
            let request = self.next_request(number);
            let Ok(Pdu::ConfirmedRequest(request)) = Pdu::decode(&request) else {
                panic!()
            };
            let RequestService::DefineNamedVariableList(define) = request.service else {
                panic!()
            };
            let members: Vec<String> = define
                .variables
                .iter()
                .map(|member| member.name().unwrap().to_string())
                .collect();
            let outcome = connection.create_dataset("@pos", &members).await;
            self.compare(call, expected, code(&outcome));
        } else if call.starts_with("ControlObject") {
            let reference = words[1].to_owned();
            let outcome = connection
                .read_control(&format!("GOLDLD1/{reference}"))
                .await;
            let control = outcome.unwrap();
            let model = result.trim_start_matches("-> model ").to_owned();
            self.compare(call, model, control.control_model().value());
            let side = &mut self.sides[number];
            side.controls.insert(reference.clone(), control);
            side.control = reference;
        } else {
            self.control(number, call).await;
        }
        self.settle().await;
    }

    /// A call of [`generic`]. Functions that libiec61850 answers without the server are called
    /// where our client has the same in memory.
    async fn generic(&mut self, events: &[Event], at: usize, call: &str, result: &str) {
        let words = generic::words(call);
        let is_next =
            |event: &Event| !matches!(event, Event::Log(line) if line.trim().starts_with("->"));
        let asks = events[at..]
            .iter()
            .take_while(|event| is_next(event))
            .any(|event| matches!(event, Event::Send(..)));
        self.settle().await;
        if !asks {
            let connection = self.sides[0].connection.clone();
            if let Some(ours) = generic::from_memory(&connection, &words).await {
                self.compare(call, generic::recorded(result), ours);
            }
            return;
        }
        let Some((number, event)) = self.side_of(events, at, false) else {
            return;
        };
        let side = &self.sides[number];
        side.script.lock().unwrap().skip_to(event, &side.remote);
        let connection = side.connection.clone();
        let Some(request) = self.waiting_request(number) else {
            return;
        };
        let Ok(Pdu::ConfirmedRequest(request)) = Pdu::decode(&request) else {
            return;
        };
        let mut recorded = generic::recorded(result);
        match words[0].as_str() {
            // All names of all devices.
            "IedConnection_getDeviceModelFromServer" => {
                for device in connection.get_logical_devices().await.unwrap() {
                    let names = connection.get_logical_device_variables(&device).await;
                    self.compare(call, true, names.is_ok());
                }
                return;
            }
            "writeMultipleVariables" | "writeNamedVariableList" => {
                recorded = generic::recorded_list(&recorded);
            }
            "readNamedVariableListDirectory"
            | "readNamedVariableListDirectoryAssociationSpecific"
                if !recorded.starts_with("error") =>
            {
                recorded = result[result.find("deletable").unwrap()..].to_owned();
            }
            "MmsConnection_getFileDirectory" if recorded.is_empty() => {
                let files = logged(&events[at + 1..]).take_while(|line| !line.starts_with("->"));
                let files: Vec<&str> = files
                    .filter_map(|line| line.strip_prefix("file "))
                    .collect();
                recorded = files.join("; ");
            }
            "fileOpen" if !recorded.starts_with("error") => {
                let lines = logged(&events[at + 1..])
                    .take_while(|line| !line.starts_with("client: fileClose"));
                let octets: u32 = lines
                    .filter_map(|line| {
                        line.strip_prefix("read ")?
                            .split(' ')
                            .next()?
                            .parse::<u32>()
                            .ok()
                    })
                    .sum();
                recorded = format!("{octets} bytes");
            }
            // Part of the download that began with fileOpen.
            "fileRead" if words.len() == 1 => return,
            "fileClose" => return,
            _ => {}
        }
        if let Some(mut ours) = generic::call(&connection, &words, &request).await {
            // The log cuts long values off.
            if let Some(beginning) = recorded.strip_suffix("...")
                && ours.starts_with(beginning)
            {
                ours.clone_from(&recorded);
            }
            self.compare(call, recorded, ours);
        }
        self.settle().await;
    }

    async fn set_rcb(&self, connection: &IedConnection, call: &str) -> Result<(), Error> {
        let reference = call.split(' ').nth(1).unwrap();
        let mut values = self.values[reference].clone();
        let fields = call[call.find('{').unwrap()..].trim_matches(['{', '}']);
        for field in fields.split(", ") {
            let (name, value) = field.split_once(": ").unwrap();
            let (name, text) = (name.trim_matches('\''), value.trim_matches('\''));
            let truth = text == "True";
            let number = || text.parse::<u32>().unwrap();
            match name {
                "Resv" => values.set_resv(truth),
                "RptEna" => values.set_rpt_ena(truth),
                "PurgeBuf" => values.set_purge_buf(truth),
                "ResvTms" => values.set_resv_tms(number() as i16),
                "RptId" => values.set_rpt_id(text),
                "DataSetReference" => values.set_dataset_reference(text),
                "TrgOps" => values.set_trg_ops(TriggerOptions::from_bits_truncate(number() as u8)),
                "OptFlds" => {
                    values.set_opt_flds(ReportOptions::from_bits_truncate(number() as u16))
                }
                "BufTm" => values.set_buf_tm(number()),
                "IntgPd" => values.set_intg_pd(number()),
                "EntryId" => {
                    let octets =
                        (0..8).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap());
                    values.set_entry_id(octets.collect::<Vec<u8>>());
                }
                other => panic!("{other}"),
            }
        }
        connection
            .set_rcb_values(&mut values, call.contains("single=True"))
            .await
    }

    fn waiting_request(&self, number: usize) -> Option<Vec<u8>> {
        let script = self.sides[number].script.lock().unwrap();
        script.next_request().map(<[u8]>::to_vec)
    }

    fn next_request(&self, number: usize) -> Vec<u8> {
        self.waiting_request(number).unwrap()
    }

    async fn control(&mut self, number: usize, call: &str) {
        let side = &self.sides[number];
        let request = self.next_request(number);
        let Some(control) = side.controls.get(&side.control).cloned() else {
            return;
        };
        let label = call.split(" -> ").next().unwrap().trim().to_owned();
        let mut value = MmsValue::Boolean(true);
        if let Ok(Pdu::ConfirmedRequest(decoded)) = Pdu::decode(&request)
            && let RequestService::Write(write) = &decoded.service
            && let Some(MmsValue::Structure(fields)) =
                write.data.iter().next().map(|value| value.to_value())
        {
            value = fields[0].clone();
            for field in &fields[1..] {
                match field {
                    MmsValue::Structure(origin) if origin.len() == 2 => {
                        let cat = OrCat::from_value(origin[0].to_int32().unwrap());
                        control.set_origin(origin[1].to_octet_string().unwrap(), cat);
                    }
                    MmsValue::Boolean(test) => control.set_test_mode(*test),
                    MmsValue::BitString(check) => {
                        control.set_synchro_check(check.get(0));
                        control.set_interlock_check(check.get(1));
                    }
                    _ => {}
                }
            }
        }
        let outcome = match call.split(' ').next().unwrap() {
            "select" => control.select().await,
            "selectWithValue" => control.select_with_value(value).await,
            "cancel" => control.cancel().await,
            _ => control.operate(value, None).await,
        };
        let said = control.last_appl_error();
        let ours = format!(
            "{} (last error {}, LastApplError ctlNum {} error {} addCause {})",
            if outcome.is_ok() { "True" } else { "False" },
            code(&outcome),
            said.ctl_num,
            said.error.value(),
            said.add_cause.value()
        );
        let recorded = call.split(" -> ").nth(1).unwrap().replace("  (", " (");
        self.compare(&label, recorded, ours);
    }
}

/// `LD/LN$..` of the only variable of a write.
fn written_name(pdu: &[u8]) -> String {
    let Ok(Pdu::ConfirmedRequest(request)) = Pdu::decode(pdu) else {
        panic!()
    };
    let RequestService::Write(write) = request.service else {
        panic!()
    };
    let mms::pdu::VariableAccessSpecification::Variables(list) = write.variables else {
        panic!()
    };
    list.iter().next().unwrap().name().unwrap().to_string()
}
