//! Whatever is dropped when, and from where: nothing is used that is gone, and nobody waits for
//! ever.

use super::{Bench, PATIENCE, engine_tests, next};
use iec61850::client::{IedConnection, IedConnectionState, SubscribeOptions};
use iec61850::{ControlHandlerResult, Engine, FunctionalConstraint as Fc, TriggerOptions};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};

engine_tests!(
    a_connection_is_dropped_in_a_report,
    a_callback_keeps_its_connection_until_it_is_lost,
    a_connection_is_closed_in_a_report,
    handlers_take_the_place_of_each_other_while_they_run,
    a_control_object_is_dropped_in_its_termination,
    everything_is_dropped_while_reports_come,
    a_connection_is_dropped_while_requests_are_under_way,
    objects_are_dropped_in_any_order,
    calls_of_a_callback_to_its_connection,
);

const URCB: &str = "GOLDLD1/LLN0.RP.urcb01";

fn changes() -> SubscribeOptions {
    SubscribeOptions::new()
        .with_trg_ops(TriggerOptions::DATA_CHANGED | TriggerOptions::GI)
        .with_gi()
}

/// How many clients the server has. One connection may be several to it: the engine on the C library
/// opens an association again that the library does not use.
#[derive(Clone, Default)]
struct Clients(Arc<(Mutex<usize>, Condvar)>);

impl Clients {
    fn of(bench: &Bench) -> Self {
        let clients = Clients::default();
        let counted = clients.clone();
        bench
            .server
            .register_connection_change(move |_, connected| {
                let (count, changed) = &*counted.0;
                let mut count = count.lock().unwrap();
                match connected {
                    true => *count += 1,
                    false => *count -= 1,
                }
                changed.notify_all();
            });
        clients
    }

    /// Waits until they are gone.
    fn none(&self) {
        let (count, changed) = &*self.0;
        let some = |count: &mut usize| *count > 0;
        let waited = changed.wait_timeout_while(count.lock().unwrap(), PATIENCE, some);
        assert!(!waited.unwrap().1.timed_out(), "a client stays");
    }
}

fn a_connection_is_dropped_in_a_report(engine: Engine) {
    let bench = Bench::start(engine);
    let clients = Clients::of(&bench);
    let connection = bench.connect();
    let last: Arc<Mutex<Option<IedConnection>>> = Arc::default();
    let mut rcb = connection.read_rcb(URCB).unwrap();
    let (tell, told) = mpsc::channel();
    let held = last.clone();
    rcb.on_report(move |_| {
        let taken = held.lock().unwrap().take();
        let was_there = taken.is_some();
        drop(taken);
        tell.send(was_there).unwrap();
    });
    let options = changes();
    *last.lock().unwrap() = Some(connection);
    rcb.subscribe(options).unwrap();
    // The control block holds the connection as well: now the callback's is not the last, or is.
    drop(rcb);
    assert!(next(&told));
    clients.none();
}

/// The callback owns the last handle: nobody but the server ends the connection.
fn a_callback_keeps_its_connection_until_it_is_lost(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let own = connection.clone();
    let (tell, told) = mpsc::channel();
    let (dropped, is_dropped) = mpsc::channel::<()>();
    let rcb = connection.create_rcb_and_subscribe(
        URCB,
        move |_| {
            let _alive = &dropped;
            tell.send(own.state()).unwrap();
        },
        changes(),
    );
    drop((rcb.unwrap(), connection));
    assert_eq!(next(&told), IedConnectionState::Connected);
    bench.server.stop();
    // The callback is gone, and its connection with it.
    assert!(is_dropped.recv().is_err());
}

fn a_connection_is_closed_in_a_report(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let (tell, told) = mpsc::channel();
    let closing = connection.clone();
    let _rcb = connection
        .create_rcb_and_subscribe(
            URCB,
            move |_| {
                closing.close();
                tell.send(closing.state()).unwrap();
            },
            changes(),
        )
        .unwrap();
    assert_eq!(next(&told), IedConnectionState::Closed);
    assert!(connection.identify().is_err());
}

fn handlers_take_the_place_of_each_other_while_they_run(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let mut rcb = connection.read_rcb(URCB).unwrap();
    let (tell, told) = mpsc::channel();
    let inner = connection.clone();
    let (say, said) = mpsc::channel();
    rcb.on_report(move |_| {
        // The first replaces itself.
        let say = say.clone();
        inner
            .register_report_handler(URCB, "", move |report| {
                say.send(report.included().len()).unwrap();
            })
            .unwrap();
        tell.send(()).unwrap();
    });
    rcb.subscribe(changes()).unwrap();
    next(&told);
    rcb.trigger_gi().unwrap();
    assert_eq!(next(&said), 4);
    // And from other threads, while reports come.
    let indication = bench.attribute("GGIO1.Ind1.stVal");
    let heard = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for step in 0..500usize {
                bench
                    .server
                    .update_boolean(&indication, step.is_multiple_of(2))
                    .unwrap();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for step in 0..200 {
                    let heard = heard.clone();
                    if step % 10 == 9 {
                        connection.unregister_report_handler(URCB);
                    }
                    connection
                        .register_report_handler(URCB, "", move |_| {
                            heard.fetch_add(1, Ordering::Relaxed);
                        })
                        .unwrap();
                }
            });
        }
    });
    let (say, said) = mpsc::channel();
    connection
        .register_report_handler(URCB, "", move |_| say.send(()).unwrap())
        .unwrap();
    connection.trigger_gi_report(URCB).unwrap();
    next(&said);
}

fn a_control_object_is_dropped_in_its_termination(engine: Engine) {
    let bench = Bench::start(engine);
    bench.controlled("GGIO1.SPCSO3", ControlHandlerResult::Ok);
    let connection = bench.connect();
    for _ in 0..20 {
        let control = connection.read_control("GOLDLD1/GGIO1.SPCSO3").unwrap();
        let last = Arc::new(Mutex::new(Some(control.clone())));
        let (tell, told) = mpsc::channel();
        let held = last.clone();
        control.on_termination(move |_, _| {
            drop(held.lock().unwrap().take());
            tell.send(()).unwrap();
        });
        control.operate(true, None).unwrap();
        drop(control);
        next(&told);
    }
    connection.release().unwrap();
}

/// Raises a flag when it is dropped.
struct Raised<'a>(&'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn everything_is_dropped_while_reports_come(engine: Engine) {
    let bench = Bench::start(engine);
    let clients = Clients::of(&bench);
    let indication = bench.attribute("GGIO1.Ind1.stVal");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also where this panics: the scope waits for the thread.
        let _end = Raised(&stop);
        scope.spawn(|| {
            let mut step = 0usize;
            while !stop.load(Ordering::Relaxed) {
                step += 1;
                bench
                    .server
                    .update_boolean(&indication, step.is_multiple_of(2))
                    .unwrap();
                std::thread::yield_now();
            }
        });
        for round in 0..20 {
            let connection = bench.connect();
            let (tell, told) = mpsc::channel();
            let rcb = connection.create_rcb_and_subscribe(
                URCB,
                move |_| {
                    // Nobody may listen any more.
                    let _ = tell.send(());
                },
                changes(),
            );
            let rcb = rcb.unwrap();
            next(&told);
            match round % 3 {
                0 => drop((rcb, connection)),
                1 => drop((connection, rcb)),
                _ => {
                    connection.abort().unwrap();
                    drop((rcb, connection));
                }
            }
            clients.none();
        }
    });
}

fn a_connection_is_dropped_while_requests_are_under_way(engine: Engine) {
    let bench = Bench::start(engine);
    let clients = Clients::of(&bench);
    for _ in 0..10 {
        let connection = bench.connect();
        let inner = connection.asynchronous().clone();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        // The model is locked: no answer comes, and the requests are given up.
        let locked = bench.server.lock_data_model();
        runtime.block_on(async {
            let reads: Vec<_> = (0..5)
                .map(|_| {
                    let inner = inner.clone();
                    tokio::spawn(async move {
                        let _ = inner.read_value("GOLDLD1/GGIO1.Ind1", Fc::ST).await;
                    })
                })
                .collect();
            tokio::task::yield_now().await;
            for read in reads {
                read.abort();
            }
        });
        drop((inner, connection));
        drop(locked);
        clients.none();
    }
}

fn objects_are_dropped_in_any_order(engine: Engine) {
    let bench = Bench::start(engine);
    let clients = Clients::of(&bench);
    for order in 0..6 {
        let connection = bench.connect();
        let control = connection.read_control("GOLDLD1/GGIO1.SPCSO1").unwrap();
        control.operate(true, None).unwrap();
        let rcb = connection.read_rcb(URCB).unwrap();
        let reports = rcb.reports(10);
        let set = connection.read_dataset("GOLDLD1/LLN0.dsInd").unwrap();
        match order {
            0 => drop((connection, control, rcb, reports, set)),
            1 => drop((set, reports, rcb, control, connection)),
            2 => drop((control, connection, set, rcb, reports)),
            3 => drop((reports, control, rcb, connection, set)),
            4 => {
                connection.close();
                drop((control, rcb, set, connection, reports));
            }
            _ => {
                connection.abort().unwrap();
                assert!(control.operate(false, None).is_err());
                drop((rcb, control, connection, set, reports));
            }
        }
        clients.none();
    }
}

fn calls_of_a_callback_to_its_connection(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let inner = connection.clone();
    let (tell, told) = mpsc::channel();
    let _rcb = connection
        .create_rcb_and_subscribe(
            URCB,
            move |_| {
                let read = inner.read_boolean("GOLDLD1/GGIO1.Ind1.stVal", Fc::ST);
                let devices = inner.get_logical_devices();
                tell.send((read.is_ok(), devices.unwrap().len())).unwrap();
            },
            changes(),
        )
        .unwrap();
    assert_eq!(next(&told), (true, 2));
}
