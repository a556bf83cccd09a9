//! Time and controls, on paused time and in memory: nothing here waits for real.

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

#[tokio::test(start_paused = true)]
async fn a_selection_ends_with_its_time_out() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    let mut peer = bench.connect().await;
    let start = bench.elapsed();
    assert!(peer.select().await);
    assert_eq!(bench.shows(), (true, false, false));
    sleep(Duration::from_millis(14_900)).await;
    assert_eq!(bench.shows(), (true, false, false));
    sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.shows(), (false, false, false));
    let states = bench.states.lock().clone();
    assert_eq!((states[1].0, states[1].1), (false, Reason::Timeout));
    near(states[1].2 - start, 15_000);
    assert_eq!(
        peer.operate(1).await,
        Err(DataAccessError::ObjectAccessDenied)
    );
    assert_eq!(peer.cause().await, Cause::ObjectNotSelected);
    // A selection that was used does not time out.
    assert!(peer.select().await);
    peer.operate(2).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    let reasons: Vec<Reason> = bench.states.lock().iter().map(|state| state.1).collect();
    assert_eq!(
        reasons,
        [
            Reason::Selected,
            Reason::Timeout,
            Reason::Selected,
            Reason::Operated
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_time_out_of_zero_never_comes() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    bench.configure("sboTimeout", 0);
    let peer = bench.connect().await;
    peer.select_with_value(1).await.unwrap();
    sleep(Duration::from_secs(90_000)).await;
    assert_eq!(bench.shows(), (true, false, false));
    peer.operate(1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn operate_many_begins_the_time_out_anew() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    bench.configure("sboTimeout", 1000);
    bench.configure("sboClass", 1);
    let peer = bench.connect().await;
    let start = bench.elapsed();
    assert!(peer.select().await);
    for number in 0..3 {
        sleep(Duration::from_millis(700)).await;
        peer.operate(number).await.unwrap();
    }
    sleep(Duration::from_millis(900)).await;
    assert_eq!(bench.states.lock().len(), 1, "still selected");
    sleep(Duration::from_millis(200)).await;
    let last = bench.states.lock()[1];
    assert_eq!((last.0, last.1), (false, Reason::Timeout));
    near(last.2 - start, 3 * 700 + 1000);
}

#[tokio::test(start_paused = true)]
async fn operate_many_survives_a_command_that_fails() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    bench.configure("sboClass", 1);
    let peer = bench.connect().await;
    let refuse = |_: &_, _: &_, value: Option<&MmsValue>, _, _| match value {
        None => CheckHandlerResult::Accepted,
        Some(_) => CheckHandlerResult::ObjectAccessDenied,
    };
    let server = &bench.server;
    server
        .register_control_static_check_handler(&bench.object, refuse)
        .unwrap();
    assert!(peer.select().await);
    assert!(peer.operate(1).await.is_err());
    sleep(Duration::from_secs(10)).await;
    assert_eq!(bench.shows(), (true, false, false));
    sleep(Duration::from_secs(6)).await;
    assert_eq!(bench.shows(), (false, false, false));
}

#[tokio::test(start_paused = true)]
async fn a_time_activated_operate_waits_for_its_time() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let mut other = bench.connect().await;
    let executed = Arc::new(Mutex::new(Vec::new()));
    let (seen, began) = (executed.clone(), bench.began);
    bench
        .server
        .register_control_handler(&bench.object, move |_, action, _, _| {
            assert!(action.control_time().is_some());
            seen.lock().push(began.elapsed().as_millis());
            ControlHandlerResult::Ok
        })
        .unwrap();
    let start = bench.elapsed();
    peer.operate_at(1, 30).await.unwrap();
    assert_eq!(bench.shows(), (false, true, false));
    for client in [&mut peer, &mut other] {
        assert_eq!(
            client.operate(2).await,
            Err(DataAccessError::TemporarilyUnavailable)
        );
        assert_eq!(client.cause().await, Cause::CommandAlreadyInExecution);
    }
    sleep(Duration::from_secs(29)).await;
    assert!(executed.lock().is_empty() && peer.silent());
    // First that the time has come, then the end; its time is zero, so that they differ.
    let activation = peer.message().await;
    let termination = peer.message().await;
    near(executed.lock()[0] - start, 30_000);
    for message in [&activation, &termination] {
        assert_eq!(message.len(), 1);
        assert_eq!(message[0].0, "G1$CO$S$Oper");
    }
    let zero = MmsValue::from(Timestamp::default());
    assert_ne!(activation[0].1.get_element(1), Ok(&zero));
    assert_eq!(termination[0].1.get_element(1), Ok(&zero));
    assert_eq!(bench.shows(), (false, false, false));
    assert!(other.silent());
    // A time that has passed is no time to wait for.
    peer.operate_at(3, -30).await.unwrap();
    assert_eq!(peer.message().await[0].0, "G1$CO$S$Oper");
    assert_eq!(executed.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn normal_security_tells_that_the_time_has_come() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_NORMAL);
    let mut peer = bench.connect().await;
    peer.operate_at(1, 30).await.unwrap();
    assert_eq!(peer.message().await.len(), 1);
    sleep(Duration::from_secs(5)).await;
    assert!(peer.silent());
}

#[tokio::test(start_paused = true)]
async fn a_time_activated_operate_is_cancelled_by_its_client_only() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let mut other = bench.connect().await;
    let asked = waiting(&bench, 0, 0);
    peer.operate_at(1, 30).await.unwrap();
    assert_eq!(
        other.cancel(1).await,
        Err(DataAccessError::TemporarilyUnavailable)
    );
    assert_eq!(other.cause().await, Cause::LockedByOtherClient);
    peer.cancel(1).await.unwrap();
    assert_eq!(bench.shows(), (false, false, false));
    sleep(Duration::from_secs(60)).await;
    assert!(peer.silent());
    assert_eq!(*asked.lock(), (0, 0), "not executed");
    // Nothing is left to cancel.
    assert_eq!(
        peer.cancel(2).await,
        Err(DataAccessError::ObjectAccessDenied)
    );
    assert_eq!(peer.cause().await, Cause::ObjectNotSelected);
}

#[tokio::test(start_paused = true)]
async fn a_selected_object_waits_for_its_time_beyond_the_time_out() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    let mut peer = bench.connect().await;
    peer.select_with_value(1).await.unwrap();
    peer.operate_at(1, 40).await.unwrap();
    sleep(Duration::from_secs(20)).await;
    assert_eq!(bench.shows(), (true, true, false));
    assert_eq!(peer.message().await.len(), 1);
    assert_eq!(peer.message().await.len(), 1);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(bench.shows(), (false, false, false));
    // Cancelled, it is selected no more.
    peer.select_with_value(2).await.unwrap();
    peer.operate_at(2, 40).await.unwrap();
    peer.cancel(2).await.unwrap();
    let reasons: Vec<Reason> = bench.states.lock().iter().map(|state| state.1).collect();
    assert_eq!(
        reasons,
        [
            Reason::Selected,
            Reason::Operated,
            Reason::Selected,
            Reason::Canceled
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_checks_find_when_the_time_has_come() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    bench
        .server
        .register_control_wait_handler(&bench.object, |_, _, _, _, _| ControlHandlerResult::Failed)
        .unwrap();
    peer.operate_at(1, 30).await.unwrap();
    let message = peer.message().await;
    assert_eq!(cause_of(&message), Cause::BlockedBySynchrocheck);
    assert_eq!(message[1].0, "G1$CO$S$Oper");
    assert_eq!(bench.shows(), (false, false, false));
    // The static check is asked again.
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    bench
        .server
        .register_control_static_check_handler(&bench.object, move |_, action, _, _, _| {
            *count.lock() += 1;
            if *count.lock() == 1 {
                return CheckHandlerResult::Accepted;
            }
            action.set_add_cause(Cause::BlockedByMode);
            CheckHandlerResult::ObjectAccessDenied
        })
        .unwrap();
    peer.operate_at(2, 30).await.unwrap();
    assert_eq!(cause_of(&peer.message().await), Cause::BlockedByMode);
    assert_eq!(*asked.lock(), 2);
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

#[tokio::test(start_paused = true)]
async fn handlers_that_wait_are_asked_again() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let asked = waiting(&bench, 50, 30);
    let start = bench.elapsed();
    peer.operate(1).await.unwrap();
    assert_eq!(asked.lock().0, 51);
    near(bench.elapsed() - start, 500);
    assert!(peer.silent());
    assert_eq!(bench.shows(), (false, true, true));
    assert_eq!(peer.message().await[0].0, "G1$CO$S$Oper");
    assert_eq!(*asked.lock(), (51, 31));
    near(bench.elapsed() - start, 800);
    assert_eq!(bench.shows(), (false, false, false));
}

#[tokio::test(start_paused = true)]
async fn oper_timeout_ends_the_dynamic_check() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_NORMAL);
    bench.configure("operTimeout", 2000);
    let mut peer = bench.connect().await;
    let asked = waiting(&bench, u32::MAX, 0);
    let start = bench.elapsed();
    assert_eq!(
        peer.operate(1).await,
        Err(DataAccessError::ObjectAccessDenied)
    );
    near(bench.elapsed() - start, 2000);
    assert_eq!(peer.cause().await, Cause::TimeLimitOver);
    assert_eq!(bench.shows(), (false, false, false));
    let count = *asked.lock();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(*asked.lock(), count, "nobody asks any more");
}

#[tokio::test(start_paused = true)]
async fn oper_timeout_ends_the_execution() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    bench.configure("operTimeout", 2000);
    let mut peer = bench.connect().await;
    waiting(&bench, 0, u32::MAX);
    peer.select_with_value(1).await.unwrap();
    let start = bench.elapsed();
    peer.operate(1).await.unwrap();
    assert_eq!(cause_of(&peer.message().await), Cause::TimeLimitOver);
    near(bench.elapsed() - start, 2000);
    sleep(Duration::from_millis(1)).await;
    let last = bench.states.lock()[1];
    assert_eq!((last.0, last.1), (false, Reason::OperateFailed));
    // The same with a future that never ends.
    bench
        .server
        .register_control_handler_async(&bench.object, |_, _, _, _| std::future::pending())
        .unwrap();
    peer.select_with_value(2).await.unwrap();
    peer.operate(2).await.unwrap();
    assert_eq!(cause_of(&peer.message().await), Cause::TimeLimitOver);
}

#[tokio::test(start_paused = true)]
async fn a_select_that_waits() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    let peer = bench.connect().await;
    let other = bench.connect().await;
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    bench
        .server
        .register_control_static_check_handler(&bench.object, move |_, _, value, _, _| {
            assert!(value.is_none());
            *count.lock() += 1;
            match *count.lock() {
                101 => CheckHandlerResult::Accepted,
                _ => CheckHandlerResult::WaitingForSelect,
            }
        })
        .unwrap();
    let start = bench.elapsed();
    let select = peer.select();
    let others = async {
        sleep(Duration::from_millis(500)).await;
        assert_eq!(bench.shows(), (false, false, false));
        other.select().await
    };
    assert_eq!(tokio::join!(select, others), (true, false));
    assert_eq!(*asked.lock(), 101);
    near(bench.elapsed() - start, 1000);
    assert_eq!(bench.shows(), (true, false, false));
}

#[tokio::test(start_paused = true)]
async fn a_select_that_waits_can_be_cancelled() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    let mut peer = bench.connect().await;
    let mut other = bench.connect().await;
    bench
        .server
        .register_control_static_check_handler(&bench.object, |_, _, _, _, _| {
            CheckHandlerResult::WaitingForSelect
        })
        .unwrap();
    let select = peer.select_with_value(1);
    let cancel = async {
        sleep(Duration::from_secs(1)).await;
        assert!(other.cancel(1).await.is_err());
        assert_eq!(other.cause().await, Cause::LockedByOtherClient);
        assert!(other.operate(1).await.is_err());
        assert_eq!(other.cause().await, Cause::ObjectNotSelected);
        peer.cancel(1).await
    };
    let (selected, cancelled) = tokio::join!(select, cancel);
    assert_eq!(selected, Err(DataAccessError::ObjectAccessDenied));
    assert_eq!(cancelled, Ok(()));
    assert_eq!(peer.cause().await, Cause::AbortionByCancel);
    assert!(bench.states.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_ends_with_its_association() {
    for model in [Options::MODEL_DIRECT_ENHANCED, Options::MODEL_SBO_ENHANCED] {
        let mut bench = Bench::new(model);
        let peer = bench.connect().await;
        let other = bench.connect().await;
        let asked = waiting(&bench, 200, 0);
        let select = |peer: &Peer, number| {
            let client = peer.client.clone();
            async move {
                if model == Options::MODEL_SBO_ENHANCED {
                    let name = ObjectName::domain("TL", "G1$CO$S$SBOw");
                    let value = command(number, None, true);
                    client.write(name, &value).await.unwrap();
                }
            }
        };
        select(&peer, 1).await;
        let task = peer.task.clone();
        let operate = tokio::spawn(async move { peer.client_operate(1).await });
        sleep(Duration::from_secs(1)).await;
        assert!(bench.shows().1);
        task.abort();
        assert!(operate.await.unwrap().is_err());
        sleep(Duration::from_millis(1)).await;
        assert_eq!(bench.shows(), (false, false, false));
        sleep(Duration::from_secs(10)).await;
        assert_eq!(asked.lock().1, 0, "never executed");
        // The next one finds the object free.
        *asked.lock() = (1000, 0);
        select(&other, 2).await;
        other.operate(2).await.unwrap();
        if model == Options::MODEL_SBO_ENHANCED {
            let states = bench.states.lock();
            assert_eq!((states[1].0, states[1].1), (false, Reason::Disconnected));
        }
    }
}

impl Peer {
    async fn client_operate(self, number: u8) -> Result<(), ClientError> {
        let name = ObjectName::domain("TL", "G1$CO$S$Oper");
        self.client.write(name, &command(number, None, true)).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_activated_operate_ends_with_its_association() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    let asked = waiting(&bench, 0, 0);
    let peer = bench.connect().await;
    peer.select_with_value(1).await.unwrap();
    peer.operate_at(1, 30).await.unwrap();
    drop(peer);
    sleep(Duration::from_secs(1)).await;
    let last = bench.states.lock()[1];
    assert_eq!((last.0, last.1), (false, Reason::Disconnected));
    assert_eq!(bench.shows(), (false, false, false));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(*asked.lock(), (0, 0), "not executed");
    assert_eq!(bench.states.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_being_executed_is_executed_to_its_end() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    let peer = bench.connect().await;
    let asked = waiting(&bench, 0, 100);
    peer.select_with_value(1).await.unwrap();
    peer.operate(1).await.unwrap();
    drop(peer);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(bench.shows(), (true, true, true));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(*asked.lock(), (1, 101));
    assert_eq!(bench.shows(), (false, false, false));
    let last = bench.states.lock()[1];
    assert_eq!((last.0, last.1), (false, Reason::Operated));
}

#[tokio::test(start_paused = true)]
async fn stopping_the_server_ends_what_is_being_executed() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let asked = waiting(&bench, 0, u32::MAX);
    peer.operate(1).await.unwrap();
    bench.shared.controls.stop();
    assert_eq!(cause_of(&peer.message().await), Cause::AbortionByCommand);
    let count = *asked.lock();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(*asked.lock(), count);
    assert_eq!(bench.shows(), (false, false, false));
}

#[tokio::test(start_paused = true)]
async fn commands_of_a_client_that_does_not_wait_for_answers() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let asked = waiting(&bench, 0, 0);
    let (first, second) = tokio::join!(peer.operate(1), peer.operate(2));
    assert_eq!((first, second), (Ok(()), Ok(())));
    for number in [1, 2] {
        let message = peer.message().await;
        assert_eq!(message[0].1.get_element(3), Ok(&MmsValue::Unsigned(number)));
    }
    assert_eq!(*asked.lock(), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_time_that_is_years_away() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_NORMAL);
    let peer = bench.connect().await;
    let asked = waiting(&bench, 0, 0);
    let years = 10 * 365 * 24 * 3600;
    peer.operate_at(1, years).await.unwrap();
    for _ in 0..9 {
        sleep(Duration::from_secs(365 * 24 * 3600)).await;
        assert_eq!(*asked.lock(), (0, 0));
    }
    sleep(Duration::from_secs(366 * 24 * 3600)).await;
    assert_eq!(*asked.lock(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_selection_times_out_also_when_the_model_has_changed() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    let peer = bench.connect().await;
    assert!(peer.select().await);
    let direct = crate::common::ControlModel::DirectNormal;
    bench
        .server
        .update_ctl_model(&bench.object, direct)
        .unwrap();
    peer.operate(1).await.unwrap();
    assert_eq!(bench.shows(), (true, false, false));
    sleep(Duration::from_secs(16)).await;
    assert_eq!(bench.shows(), (false, false, false));
}
