//! Time and controls, on paused time and in memory: nothing here waits for real.

mod selection;
mod time_activated;
mod waiting;

use super::super::Shared;
use super::super::session::NativeSession;
use crate::common::{
    CdcControlModelOptions as Options, CdcOptions, CheckHandlerResult, ControlAddCause as Cause,
    ControlHandlerResult, FunctionalConstraint as Fc, SelectStateChangedReason as Reason,
    Timestamp,
};
use crate::model::{CdcFactory, DataObject, IedModel};
use crate::server::{ClientConnection, IedServer};
use mms::association::Association;
use mms::client::{Client, ClientError, ClientOptions, Subscription};
use mms::net::{Connection, Remote};
use mms::pdu::VariableAccessSpecification;
use mms::{BitString, DataAccessError, MmsValue, ObjectName};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::duplex;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

/// Everything there is about a control.
const ALL: Options = Options::MODEL_HAS_CANCEL
    .union(Options::MODEL_IS_TIME_ACTIVATED)
    .union(Options::OPTION_ORIGIN)
    .union(Options::OPTION_CTL_NUM)
    .union(Options::OPTION_ST_SELD)
    .union(Options::OPTION_OP_RCVD)
    .union(Options::OPTION_OP_OK)
    .union(Options::OPTION_T_OP_OK)
    .union(Options::OPTION_SBO_TIMEOUT)
    .union(Options::OPTION_SBO_CLASS)
    .union(Options::OPTION_OPER_TIMEOUT);

/// One message of the server: names and values.
type Message = Vec<(String, MmsValue)>;

struct Bench {
    server: IedServer,
    shared: Arc<Shared>,
    object: DataObject,
    /// Select states and when they changed, in milliseconds from the beginning.
    states: Arc<Mutex<Vec<(bool, Reason, u128)>>>,
    began: Instant,
    clients: u64,
}

struct Peer {
    shared: Arc<Shared>,
    client: Client,
    task: AbortHandle,
    messages: mpsc::UnboundedReceiver<Message>,
    _reports: Subscription,
}

impl Bench {
    fn new(model: Options) -> Self {
        let ied = IedModel::new("T").unwrap();
        let device = ied.create_logical_device("L", None).unwrap();
        let node = device.create_logical_node("G1").unwrap();
        let object = node
            .create_cdc_spc("S", CdcOptions::empty(), model | ALL)
            .unwrap();
        let (server, shared) = IedServer::with_native(&ied).unwrap();
        let began = Instant::now();
        let states = Arc::<Mutex<Vec<_>>>::default();
        let seen = states.clone();
        server
            .register_control_select_state_handler(&object, move |_, _, selected, reason| {
                let at = began.elapsed().as_millis();
                seen.lock().push((selected, reason, at));
            })
            .unwrap();
        Bench {
            server,
            shared,
            object,
            states,
            began,
            clients: 0,
        }
    }

    fn configure(&self, attribute: &str, value: u32) {
        let attribute = self.object.child_with_fc(attribute, Fc::CF).unwrap();
        let value = match attribute.initial_value() {
            Some(MmsValue::Integer(_)) => MmsValue::Integer(value.into()),
            _ => MmsValue::Unsigned(value.into()),
        };
        self.server.update_value(&attribute, &value).unwrap();
    }

    async fn connect(&mut self) -> Peer {
        let (near, far) = duplex(1 << 16);
        self.clients += 1;
        let remote = Remote::new();
        let address = ([127, 0, 0, 1], 102).into();
        let client = ClientConnection::new(self.clients, address, address, remote.clone());
        let now = Instant::now().into_std();
        let association = Association::called(self.shared.association.clone(), now);
        let session = NativeSession::new(self.shared.clone(), client);
        let connection = Connection::new(far, association, session, Vec::new(), remote);
        let task = tokio::spawn(connection.run()).abort_handle();
        let mut options = ClientOptions::default();
        options.request_timeout = Duration::from_secs(100_000);
        let client = Client::over(near, options).await.unwrap();
        let (sender, messages) = mpsc::unbounded_channel();
        let reports = client.on_information_report(move |report| {
            let VariableAccessSpecification::Variables(variables) = report.variables else {
                return;
            };
            let names = variables.iter().filter_map(|v| v.name());
            let names = names.map(|name| name.item().to_owned());
            let values = report.results.iter().map(|data| data.to_value());
            let _ = sender.send(names.zip(values).collect());
        });
        Peer {
            shared: self.shared.clone(),
            client,
            task,
            messages,
            _reports: reports,
        }
    }

    fn elapsed(&self) -> u128 {
        self.began.elapsed().as_millis()
    }

    /// What the object shows: stSeld, opRcvd, opOk.
    fn shows(&self) -> (bool, bool, bool) {
        let flag = |name, fc| {
            let attribute = self.object.child_with_fc(name, fc).unwrap();
            self.server.get_boolean(&attribute).unwrap()
        };
        (
            flag("stSeld", Fc::ST),
            flag("opRcvd", Fc::OR),
            flag("opOk", Fc::OR),
        )
    }
}

fn command(number: u8, time: Option<Timestamp>, has_check: bool) -> MmsValue {
    let mut parts = vec![
        MmsValue::Boolean(true),
        time.unwrap_or_default().into(),
        MmsValue::Structure(vec![
            MmsValue::Integer(3),
            MmsValue::OctetString(b"test".to_vec()),
        ]),
        MmsValue::Unsigned(number.into()),
        Timestamp::default().into(),
        MmsValue::Boolean(false),
    ];
    if has_check {
        parts.push(MmsValue::BitString(BitString::new(2)));
    }
    MmsValue::Structure(parts)
}

impl Peer {
    async fn write(&self, part: &str, value: MmsValue) -> Result<(), DataAccessError> {
        let item = format!("G1$CO$S${part}");
        let written = self.client.write(ObjectName::domain("TL", &item), &value);
        written.await.map_err(|error| match error.access_error() {
            Some(error) => error,
            None => panic!("{error}"),
        })
    }

    async fn operate(&self, number: u8) -> Result<(), DataAccessError> {
        self.write("Oper", command(number, None, true)).await
    }

    /// Operates so many seconds from now.
    async fn operate_at(&self, number: u8, seconds: i64) -> Result<(), DataAccessError> {
        let now = self.shared.clock.now_ms();
        let time = Timestamp::from_ms(now.saturating_add_signed(seconds * 1000));
        self.write("Oper", command(number, Some(time), true)).await
    }

    async fn select(&self) -> bool {
        let name = ObjectName::domain("TL", "G1$CO$S$SBO");
        match self.client.read(name).await.unwrap() {
            MmsValue::VisibleString(text) => {
                assert!(text.is_empty() || text == "TL/G1$CO$S", "{text}");
                !text.is_empty()
            }
            other => panic!("{other:?}"),
        }
    }

    async fn select_with_value(&self, number: u8) -> Result<(), DataAccessError> {
        self.write("SBOw", command(number, None, true)).await
    }

    async fn cancel(&self, number: u8) -> Result<(), DataAccessError> {
        self.write("Cancel", command(number, None, false)).await
    }

    /// The next message of the server; it has to come within a minute.
    async fn message(&mut self) -> Message {
        let next = timeout(Duration::from_secs(60), self.messages.recv());
        next.await.expect("a message").expect("an association")
    }

    /// The cause of the next message, which is a LastApplError.
    async fn cause(&mut self) -> Cause {
        cause_of(&self.message().await)
    }

    fn silent(&mut self) -> bool {
        self.messages.try_recv().is_err()
    }
}

/// The cause in a message that begins with LastApplError.
fn cause_of(message: &Message) -> Cause {
    let (name, value) = &message[0];
    assert_eq!(name, "LastApplError");
    let cause = value.get_element(4).and_then(|cause| cause.to_int32());
    Cause::from_value(cause.unwrap())
}

fn near(measured: u128, expected: u128) {
    // Timers have whole milliseconds.
    assert!(
        measured.abs_diff(expected) <= 10,
        "{measured} ms, expected {expected} ms"
    );
}

/// Registers handlers that say WAITING: the wait handler `waits` times, the control handler
/// `executes` times. Returns how often they were asked.
fn waiting(bench: &Bench, waits: u32, executes: u32) -> Arc<Mutex<(u32, u32)>> {
    let asked = Arc::new(Mutex::new((0, 0)));
    let (wait, execute) = (asked.clone(), asked.clone());
    let server = &bench.server;
    server
        .register_control_wait_handler(&bench.object, move |_, _, _, _, _| {
            wait.lock().0 += 1;
            match wait.lock().0 > waits {
                true => ControlHandlerResult::Ok,
                false => ControlHandlerResult::Waiting,
            }
        })
        .unwrap();
    server
        .register_control_handler(&bench.object, move |_, _, _, _| {
            execute.lock().1 += 1;
            match execute.lock().1 > executes {
                true => ControlHandlerResult::Ok,
                false => ControlHandlerResult::Waiting,
            }
        })
        .unwrap();
    asked
}

impl Peer {
    async fn client_operate(self, number: u8) -> Result<(), ClientError> {
        let name = ObjectName::domain("TL", "G1$CO$S$Oper");
        self.client.write(name, &command(number, None, true)).await
    }
}
