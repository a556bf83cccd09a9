//! Two control centres over TCP on the loopback: both roles on one association, checks at the start, what happens when it is lost.

use mms::association::CloseReason;
use std::net::SocketAddr;
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::{TransferSpec, Update};
use tase2::endpoint::{Call, Endpoint, EndpointOptions, Peer, PeerFollow};
use tase2::model::{IndicationPoint, Model};
use tase2::types::{DsConditions, Edition, Features, PointValue, Value};
use tase2::{Event, Name, VirtualControlCenter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::Receiver;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(20);

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The control centre `own` with one point, and its table for `peer`.
fn center(own: &str, peer: &str) -> VirtualControlCenter {
    center_with(own, peer, |_| {})
}

fn center_with(
    own: &str,
    peer: &str,
    change: impl FnOnce(&mut BilateralTable),
) -> VirtualControlCenter {
    let mut model = Model::new();
    let point = IndicationPoint::new(name(&format!("{own}_LOAD")), "RealQ".parse().unwrap());
    model.add_point(point).unwrap();
    let mut table = BilateralTable::new(peer, "V1", format!("{own}_FOR_{peer}"));
    table.peer_domain = Some(format!("{peer}_FOR_{own}"));
    table.identity.ap_title = Some(title(peer));
    table.rules = vec![Rule::new("*", Rights::READ)];
    change(&mut table);
    VirtualControlCenter::new(model, vec![table]).unwrap()
}

fn title(of: &str) -> mms::ObjectIdentifier {
    let number = match of {
        "NORTH" => 1,
        _ => 2,
    };
    format!("1.1.1.{number}").parse().unwrap()
}

fn options(own: &str) -> EndpointOptions {
    let mut options = EndpointOptions::default();
    options.ap_title = Some(title(own));
    options.retry_first = Duration::from_millis(50);
    options.retry_longest = Duration::from_millis(100);
    options.keep_alive = None;
    options
}

fn listening(own: &str) -> EndpointOptions {
    let mut options = options(own);
    options.listen = Some("127.0.0.1:0".parse().unwrap());
    options
}

fn listen(vcc: &VirtualControlCenter) -> (Endpoint, SocketAddr) {
    let endpoint = Endpoint::start(vcc, listening("NORTH"), vec![]).unwrap();
    let address = endpoint.local_addr().unwrap();
    (endpoint, address)
}

fn call(vcc: &VirtualControlCenter, addresses: Vec<String>) -> Endpoint {
    Endpoint::start(vcc, options("SOUTH"), vec![Call::new("NORTH", addresses)]).unwrap()
}

async fn next(events: &mut Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
    timeout(PATIENCE, async {
        loop {
            let event = events.recv().await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    })
    .await
    .expect("an event")
}

fn follow(peer: &Peer) -> PeerFollow {
    let client = format!("{}_LOAD", peer.name());
    let domain = match peer.name() {
        "NORTH" => "NORTH_FOR_SOUTH",
        _ => "SOUTH_FOR_NORTH",
    };
    let spec = TransferSpec::new(Name::icc(domain, "DS"), DsConditions::OBJECT_CHANGE)
        .with_members(vec![name(&client)]);
    peer.follow(spec)
}

async fn update(follow: &mut PeerFollow) -> Update {
    timeout(PATIENCE, follow.next())
        .await
        .expect("an update")
        .expect("an endpoint")
}

/// The next value that is reported.
async fn value(follow: &mut PeerFollow) -> Value {
    loop {
        if let Update::Report(report) = update(follow).await {
            return report.changes[0].value.unwrap().value;
        }
    }
}

fn set(vcc: &VirtualControlCenter, value: f32) {
    let id = vcc.points().next().unwrap();
    vcc.update(id, PointValue::real(value)).unwrap();
}

#[tokio::test]
async fn both_roles_on_one_association() {
    let (north, south) = (center("NORTH", "SOUTH"), center("SOUTH", "NORTH"));
    let (mut north_events, mut south_events) = (north.events(), south.events());
    let (listening, address) = listen(&north);
    let calling = call(&south, vec![address.to_string()]);
    let found = next(&mut south_events, |e| matches!(e, Event::Identified { .. })).await;
    let Event::Identified {
        peer,
        version,
        features,
    } = found
    else {
        panic!("{found:?}");
    };
    assert_eq!(
        (peer.as_str(), version, features),
        ("NORTH", Edition::E2000.version(), Features::of(&[1, 2]))
    );
    // Who is called asks when it wants something of the caller.
    let of_south = listening.peer("SOUTH").unwrap();
    next(
        &mut north_events,
        |e| matches!(e, Event::Identified { peer, .. } if peer == "SOUTH"),
    )
    .await;

    // Each is client and server of the other, over the one association there is.
    let of_north = calling.peer("NORTH").unwrap();
    let mut from_north = follow(&of_north);
    let mut from_south = follow(&of_south);
    assert_eq!(value(&mut from_north).await, Value::Real(0.0));
    assert_eq!(value(&mut from_south).await, Value::Real(0.0));
    set(&north, 1.5);
    set(&south, 2.5);
    assert_eq!(value(&mut from_north).await, Value::Real(1.5));
    assert_eq!(value(&mut from_south).await, Value::Real(2.5));
    let read = of_south
        .client()
        .unwrap()
        .read(&name("SOUTH_LOAD"))
        .await
        .unwrap();
    assert_eq!(read.value, Value::Real(2.5));
    assert_eq!(of_north.associations().len(), 1);
    assert_eq!(of_south.associations().len(), 1);

    // Dropping what follows stops the transfer set at the peer.
    drop(from_north);
    next(&mut north_events, |e| {
        matches!(e, Event::TransferSetStopped { .. })
    })
    .await;
    calling.stop().await;
    let ended = next(&mut north_events, |e| matches!(e, Event::Ended { .. })).await;
    assert!(
        matches!(
            ended,
            Event::Ended {
                reason: CloseReason::Released,
                ..
            }
        ),
        "{ended:?}"
    );
    listening.stop().await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the port is free"
    );
}

#[tokio::test]
async fn differences_at_the_start_are_told() {
    let north = center_with("NORTH", "SOUTH", |table| {
        table.id = "V2".to_owned();
        table.edition = Edition::E1996;
        table.options.block2 = false;
    });
    let south = center("SOUTH", "NORTH");
    let (_listening, address) = listen(&north);
    let mut events = south.events();
    let calling = call(&south, vec![address.to_string()]);
    let version = next(&mut events, |e| matches!(e, Event::VersionMismatch { .. })).await;
    assert!(
        matches!(version, Event::VersionMismatch { found, .. } if found == Edition::E1996.version())
    );
    next(&mut events, |e| matches!(e, Event::FeatureMissing { .. })).await;
    let table = next(&mut events, |e| matches!(e, Event::TableMismatch { .. })).await;
    let expected = Event::TableMismatch {
        peer: "NORTH".into(),
        found: "V2".into(),
        expected: "V1".into(),
    };
    assert_eq!(table, expected);
    // All the same it is used, in the shapes of 1996.
    let peer = calling.peer("NORTH").unwrap();
    let client = peer.connected(PATIENCE).await.unwrap();
    let spec = {
        let mut spec = TransferSpec::new(
            Name::icc("NORTH_FOR_SOUTH", "DS"),
            DsConditions::INTERVAL_TIME_OUT,
        )
        .with_members(vec![name("NORTH_LOAD")]);
        spec.attributes.interval = 1;
        spec
    };
    let mut follow = client.follow(spec).await.unwrap();
    assert!(matches!(follow.next().await, Some(Update::Started { .. })));
    let report = timeout(PATIENCE, follow.next()).await.unwrap();
    assert!(matches!(report, Some(Update::Report(_))));
    drop(follow);
    calling.stop().await;

    // By choice another table id is the end.
    let mut strict = options("SOUTH");
    strict.strict_table_id = true;
    let south = center("SOUTH", "NORTH");
    let mut events = south.events();
    let calls = vec![Call::new("NORTH", vec![address.to_string()])];
    let calling = Endpoint::start(&south, strict, calls).unwrap();
    next(&mut events, |e| matches!(e, Event::TableMismatch { .. })).await;
    next(&mut events, |e| {
        matches!(
            e,
            Event::Ended {
                reason: CloseReason::Released,
                ..
            }
        )
    })
    .await;
    calling.stop().await;
}

#[tokio::test]
async fn a_peer_that_is_back_is_followed_again() {
    let (north, south) = (center("NORTH", "SOUTH"), center("SOUTH", "NORTH"));
    let (listening, address) = listen(&north);
    let calling = call(&south, vec![address.to_string()]);
    let mut events = south.events();
    let mut from_north = follow(&calling.peer("NORTH").unwrap());
    assert_eq!(value(&mut from_north).await, Value::Real(0.0));
    listening.stop().await;
    assert!(matches!(
        update(&mut from_north).await,
        Update::Interrupted { .. }
    ));
    let not_reached = next(&mut events, |e| matches!(e, Event::NotReached { .. })).await;
    let Event::NotReached {
        address: tried,
        again_in,
        ..
    } = not_reached
    else {
        panic!("{not_reached:?}");
    };
    assert_eq!(tried, address.to_string());
    assert!(again_in <= Duration::from_millis(100));
    set(&north, 7.0);
    let mut again = listening_on(address);
    again.ap_title = Some(title("NORTH"));
    let listening = Endpoint::start(&north, again, vec![]).unwrap();
    assert_eq!(value(&mut from_north).await, Value::Real(7.0));
    set(&north, 8.0);
    assert_eq!(value(&mut from_north).await, Value::Real(8.0));
    listening.stop().await;
    calling.stop().await;
}

fn listening_on(address: SocketAddr) -> EndpointOptions {
    let mut options = options("NORTH");
    options.listen = Some(address);
    options
}

/// Forwards connections until it is cut.
struct Cable {
    address: SocketAddr,
    cut: tokio::sync::watch::Sender<bool>,
}

impl Cable {
    /// `silent`: a cut cable keeps its ends open, and nothing comes through.
    async fn to(target: SocketAddr, silent: bool) -> Cable {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cut = tokio::sync::watch::Sender::new(false);
        let is_cut = cut.subscribe();
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                if *is_cut.borrow() {
                    continue;
                }
                let Ok(far) = TcpStream::connect(target).await else {
                    continue;
                };
                let (mut near_in, mut near_out) = near.into_split();
                let (mut far_in, mut far_out) = far.into_split();
                let mut cut = is_cut.clone();
                tokio::spawn(async move {
                    let forward = async {
                        tokio::join!(
                            tokio::io::copy(&mut near_in, &mut far_out),
                            tokio::io::copy(&mut far_in, &mut near_out)
                        )
                    };
                    tokio::select! {
                        _ = forward => {}
                        _ = async { cut.wait_for(|cut| *cut).await.is_ok() } => {
                            if silent {
                                std::future::pending::<()>().await;
                            }
                        }
                    }
                });
            }
        });
        Cable { address, cut }
    }
}

#[tokio::test]
async fn the_backup_address_takes_over() {
    let (north, south) = (center("NORTH", "SOUTH"), center("SOUTH", "NORTH"));
    let (_listening, address) = listen(&north);
    let primary = Cable::to(address, false).await;
    let backup = Cable::to(address, false).await;
    let addresses = vec![primary.address.to_string(), backup.address.to_string()];
    let calling = call(&south, addresses);
    let mut from_north = follow(&calling.peer("NORTH").unwrap());
    assert_eq!(value(&mut from_north).await, Value::Real(0.0));
    set(&north, 1.0);
    assert_eq!(value(&mut from_north).await, Value::Real(1.0));
    primary.cut.send_replace(true);
    set(&north, 2.0);
    loop {
        if let Update::Report(report) = update(&mut from_north).await
            && report.changes[0].value.unwrap().value == Value::Real(2.0)
        {
            break;
        }
    }
    set(&north, 3.0);
    assert_eq!(value(&mut from_north).await, Value::Real(3.0));
    calling.stop().await;
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_given_up() {
    let (north, south) = (center("NORTH", "SOUTH"), center("SOUTH", "NORTH"));
    let (_listening, address) = listen(&north);
    let cable = Cable::to(address, true).await;
    let mut impatient = options("SOUTH");
    impatient.keep_alive = Some(Duration::from_millis(100));
    impatient.request_timeout = Duration::from_secs(3);
    let calls = vec![Call::new("NORTH", vec![cable.address.to_string()])];
    let mut events = south.events();
    let calling = Endpoint::start(&south, impatient, calls).unwrap();
    calling
        .peer("NORTH")
        .unwrap()
        .connected(PATIENCE)
        .await
        .unwrap();
    // Kept alive as long as it answers.
    sleep(Duration::from_secs(1)).await;
    assert_eq!(calling.peer("NORTH").unwrap().associations().len(), 1);
    cable.cut.send_replace(true);
    let ended = next(&mut events, |e| matches!(e, Event::Ended { .. })).await;
    assert!(
        matches!(
            ended,
            Event::Ended {
                reason: CloseReason::Aborted,
                ..
            }
        ),
        "{ended:?}"
    );
    calling.stop().await;
}

#[tokio::test]
async fn strangers_and_nonsense_do_no_harm() {
    let north = center("NORTH", "SOUTH");
    let mut events = north.events();
    let (listening, address) = listen(&north);
    // Octets that are nothing.
    let mut nonsense = TcpStream::connect(address).await.unwrap();
    nonsense.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = vec![];
    let _ = timeout(PATIENCE, nonsense.read_to_end(&mut answer))
        .await
        .unwrap();
    // A connection that says nothing.
    let _silent = TcpStream::connect(address).await.unwrap();
    // A caller with another title calls; ours is called by another title.
    let stranger = center("SOUTH", "NORTH");
    let mut wrong = options("SOUTH");
    wrong.ap_title = Some("1.9.9".parse().unwrap());
    let calls = vec![Call::new("NORTH", vec![address.to_string()])];
    let mut stranger_events = stranger.events();
    let calling = Endpoint::start(&stranger, wrong, calls).unwrap();
    let refused = next(&mut events, |e| matches!(e, Event::Refused { .. })).await;
    let Event::Refused { caller, .. } = refused else {
        panic!("{refused:?}");
    };
    assert!(
        caller
            .to_string()
            .starts_with("AP title 1.9.9, from 127.0.0.1:"),
        "{caller}"
    );
    let told = next(&mut stranger_events, |e| {
        matches!(e, Event::NotReached { .. })
    })
    .await;
    let Event::NotReached { reason, .. } = told else {
        panic!("{told:?}");
    };
    assert!(
        reason.contains("calling AP title not recognized"),
        "{reason}"
    );
    calling.stop().await;
    let wrongly_called = center_with("SOUTH", "NORTH", |table| {
        table.identity.ap_title = Some("1.9.9".parse().unwrap());
    });
    let calling = call(&wrongly_called, vec![address.to_string()]);
    let refused = next(&mut events, |e| matches!(e, Event::Refused { .. })).await;
    assert!(matches!(
        refused,
        Event::Refused {
            reason: tase2::Refusal::CalledTitle,
            ..
        }
    ));
    calling.stop().await;
    // The right one is served all the same.
    let south = center("SOUTH", "NORTH");
    let calling = call(&south, vec![address.to_string()]);
    calling
        .peer("NORTH")
        .unwrap()
        .connected(PATIENCE)
        .await
        .unwrap();
    calling.stop().await;
    listening.stop().await;
}

#[tokio::test]
async fn what_cannot_be_started() {
    let south = center("SOUTH", "NORTH");
    let calls = vec![Call::new("EAST", vec![])];
    let error = Endpoint::start(&south, options("SOUTH"), calls).unwrap_err();
    assert_eq!(error.to_string(), "there is no bilateral table for EAST");
    let endpoint = Endpoint::start(&south, options("SOUTH"), vec![]).unwrap();
    assert!(endpoint.peer("EAST").is_err());
    assert!(endpoint.local_addr().is_none());
    let peer = endpoint.peer("NORTH").unwrap();
    assert!(peer.client().unwrap_err().is_closed());
    assert!(peer.connected(Duration::from_millis(10)).await.is_err());
    endpoint.stop().await;
}

/// Forwards so many octets in all and then none, either way; further connections are forwarded for good.
async fn cut_after(target: SocketAddr, mut octets: usize, silent: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (near, _) = listener.accept().await.unwrap();
        let far = TcpStream::connect(target).await.unwrap();
        let (mut near_in, mut near_out) = near.into_split();
        let (mut far_in, mut far_out) = far.into_split();
        let first = tokio::spawn(async move {
            let (mut there, mut back) = (vec![0; 512], vec![0; 512]);
            while octets > 0 {
                let count = tokio::select! {
                    count = near_in.read(&mut there[..octets.min(512)]) => {
                        let count = count.unwrap_or(0);
                        far_out.write_all(&there[..count]).await.unwrap();
                        count
                    }
                    count = far_in.read(&mut back[..octets.min(512)]) => {
                        let count = count.unwrap_or(0);
                        near_out.write_all(&back[..count]).await.unwrap();
                        count
                    }
                };
                if count == 0 {
                    return;
                }
                octets -= count;
            }
            if silent {
                std::future::pending::<()>().await;
            }
        });
        let later = Cable::to(target, false).await;
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(later.address).await.unwrap();
            let _first = &first;
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    address
}

/// The link is cut in each state: while the transport is opened, the association, at the start-up, while data sets are made, types asked for,
/// the transfer set started and reports sent. Octets are lost in the middle of everything, with and without a word. Each time the peer is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_is_cut_in_each_state() {
    let mut attempts = tokio::task::JoinSet::new();
    for octets in (0..2800).step_by(200) {
        for silent in [false, true] {
            attempts.spawn(async move {
                let (north, south) = (center("NORTH", "SOUTH"), center("SOUTH", "NORTH"));
                let (listening, address) = listen(&north);
                let address = cut_after(address, octets, silent).await;
                let mut impatient = options("SOUTH");
                impatient.request_timeout = Duration::from_secs(2);
                impatient.keep_alive = Some(Duration::from_millis(200));
                let calls = vec![Call::new("NORTH", vec![address.to_string()])];
                let calling = Endpoint::start(&south, impatient, calls).unwrap();
                let mut from_north = follow(&calling.peer("NORTH").unwrap());
                // The transfer set runs, and goes on running: the link is not cut again.
                let mut step = 0.0;
                let mut seen = 0;
                while seen < 30 {
                    step += 1.0;
                    set(&north, step);
                    match timeout(Duration::from_millis(100), from_north.next()).await {
                        Ok(Some(Update::Report(_))) => seen += 1,
                        Ok(None) => panic!("the endpoint has ended"),
                        _ => {}
                    }
                    assert!(
                        step < 4000.0,
                        "cut after {octets}, silent {silent}: {seen} reports"
                    );
                }
                calling.stop().await;
                listening.stop().await;
            });
        }
    }
    while let Some(done) = attempts.join_next().await {
        done.unwrap();
    }
}
