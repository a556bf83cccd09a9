//! A client is killed while it holds something: all of it is released, and another client takes over.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use mms::client::blocking::Client;
use mms::client::{ClientOptions, Subscription};
use mms::{BitString, MmsValue, ObjectName};

use crate::peers;
use crate::recorded_server::RecordedServer;

/// How long taking over may be refused. Shorter than the time-outs that would release things without the death: 2 s for a select.
const RELEASE: Duration = Duration::from_millis(1500);

/// A process that holds something on the server, see `tests/peers/scenarios/holder.py`.
struct Holder(Child);

impl Holder {
    fn start(server: &RecordedServer, what: &str) -> Self {
        let child = peers::script("scenarios/holder.py")
            .args([&server.address().port().to_string(), what])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut holder = Holder(child.expect("starting the holder"));
        let stdout = holder.0.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let mut said = Vec::new();
        while lines.next().is_some_and(|line| {
            let goes_on = line != "held" && line != "refused";
            said.push(line);
            goes_on
        }) {}
        assert_eq!(
            said.last().map(String::as_str),
            Some("held"),
            "{}",
            said.join("\n")
        );
        holder
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.0.id().to_string()])
            .status();
        assert!(sent.expect("running kill").success(), "the holder is gone");
    }

    fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it was started here");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn connect(server: &RecordedServer) -> Client {
    Client::connect(server.address(), ClientOptions::default()).expect("the server accepts clients")
}

fn try_write(client: &Client, item: &str, value: impl Into<MmsValue>) -> Result<(), String> {
    let written = client.write(ObjectName::domain("GOLDLD1", item), &value.into());
    written.map_err(|error| error.to_string())
}

fn write(client: &Client, item: &str, value: impl Into<MmsValue>) {
    try_write(client, item, value).unwrap_or_else(|error| panic!("{item}: {error}"));
}

/// What a client gets from now on: the values of each report.
fn reports_of(client: &Client) -> (Subscription, Receiver<Vec<MmsValue>>) {
    let (sender, reports) = mpsc::channel();
    let subscription = client.on_information_report(move |report| {
        let values = report.results.iter().map(|value| value.to_value());
        // The test may have failed already.
        let _ = sender.send(values.collect());
    });
    (subscription, reports)
}

/// Tries until it succeeds.
fn soon(what: &str, mut attempt: impl FnMut() -> Result<(), String>) {
    let begin = Instant::now();
    while let Err(error) = attempt() {
        assert!(begin.elapsed() < RELEASE, "{what}: {error}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn reports_go_to_another_client_when_theirs_dies_in_the_middle_of_one() {
    let server = RecordedServer::start(&peers::golden("golden.cfg"), "24");
    let other = connect(&server);
    let holder = Holder::start(&server, "reports");
    assert!(
        try_write(&other, "LLN0$RP$urcb02$Resv", true).is_err(),
        "it is reserved"
    );
    // It reads no more, so that the server soon stands in the middle of one of many reports of three segments each.
    holder.signal("-STOP");
    for number in 0..20_000 {
        server.act("lock");
        for reference in ["GGIO1.AnIn1.mag.f", "GGIO1.AnIn2.mag.f", "MMXU1.TotW.mag.f"] {
            server.act(&format!("server: set {reference} = {number}.5"));
        }
        for phase in ["A", "B", "C"] {
            server.act(&format!(
                "server: set MMXU1.PhV.phs{phase}.cVal.mag.f = {number}.5"
            ));
            server.act(&format!(
                "server: set MMXU1.A.phs{phase}.cVal.mag.f = {number}.5"
            ));
        }
        server.act("unlock");
    }
    // Others are served all the same.
    write(&other, "GGIO1$SP$NumSet$setVal", 7);
    holder.kill();

    soon("reserving", || {
        try_write(&other, "LLN0$RP$urcb02$Resv", true)
    });
    let (_subscription, reports) = reports_of(&other);
    let mut trigger = BitString::new(6);
    trigger.set(5, true);
    write(
        &other,
        "LLN0$RP$urcb02$TrgOps",
        MmsValue::BitString(trigger),
    );
    write(&other, "LLN0$RP$urcb02$RptEna", true);
    write(&other, "LLN0$RP$urcb02$GI", true);
    let report = reports
        .recv_timeout(Duration::from_secs(20))
        .expect("a report");
    assert_eq!(report[0], MmsValue::VisibleString("GoldenURCB2".into()));
}

#[test]
fn buffered_reports_go_on_and_another_client_gets_them() {
    let server = RecordedServer::start(&peers::golden("golden.cfg"), "25");
    let other = connect(&server);
    let holder = Holder::start(&server, "buffered");
    assert!(
        try_write(&other, "LLN0$BR$brcb01$RptEna", true).is_err(),
        "it is enabled"
    );
    server.act("server: set GGIO1.IntIn1.stVal = 1001");
    holder.kill();
    // The killed client may have taken the first; nobody takes the others.
    for value in 1002..1010 {
        server.act(&format!("server: set GGIO1.IntIn1.stVal = {value}"));
    }
    let (_subscription, reports) = reports_of(&other);
    soon("enabling", || {
        try_write(&other, "LLN0$BR$brcb01$RptEna", true)
    });
    for value in 1001..1010 {
        let report = reports
            .recv_timeout(Duration::from_secs(20))
            .unwrap_or_else(|_| panic!("no report of {value}"));
        assert!(
            report.contains(&MmsValue::Integer(value)),
            "{value}: {report:?}"
        );
    }
}

#[test]
fn a_selected_control_is_free_when_its_client_dies() {
    let server = RecordedServer::start(&peers::golden("golden.cfg"), "33");
    let holder = Holder::start(&server, "select");
    let other = connect(&server);
    let select = || {
        let origin = MmsValue::Structure(vec![3.into(), MmsValue::OctetString(b"x".to_vec())]);
        let parts = vec![
            true.into(),
            origin,
            MmsValue::Unsigned(1),
            mms::UtcTime::new().into(),
            false.into(),
            BitString::new(2).into(),
        ];
        try_write(&other, "GGIO1$CO$SPCSO4$SBOw", MmsValue::Structure(parts))
    };
    assert!(select().is_err(), "it is selected");
    holder.kill();
    soon("selecting", select);
}

#[test]
fn an_edited_setting_group_is_free_when_its_client_dies() {
    let server = RecordedServer::start(&peers::golden("golden.cfg"), "40");
    let holder = Holder::start(&server, "edit");
    let other = connect(&server);
    let edit = || try_write(&other, "LLN0$SP$SGCB$EditSG", MmsValue::Unsigned(1));
    assert!(edit().is_err(), "it is being edited");
    holder.kill();
    soon("editing", edit);
    // What the dead client had changed is gone with it.
    let start = ObjectName::domain("GOLDLD1", "PTOC1$SE$StrVal$setMag$f");
    let value = other.read(start).expect("a group is being edited");
    assert_eq!(value, MmsValue::Float32(1.0));
}
