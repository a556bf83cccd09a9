//! A circuit breaker in an asynchronous program: handlers that wait without a thread.
//!
//! `cargo run --example server_async -- [PORT]`; without one, the port is 10102. Try it with a client that can operate: the
//! breaker is `IED1CTRL/XCBR1.Pos`, selected with value before it is operated.
#![forbid(unsafe_code)]

use iec61850::{
    CdcControlModelOptions, CdcFactory, CdcOptions, ControlAddCause, ControlHandlerResult,
    DataAttribute, DataObject, Dbpos, Error, IedModel, IedServer, MmsValue, ModelNodeExt,
    Timestamp,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse()?,
        None => 10102,
    };
    let example = Example::start(([0, 0, 0, 0], port).into())?;
    println!(
        "listening on port {}; Ctrl-C ends it",
        example.server.local_port().unwrap_or_default()
    );
    let mut turn = 0.0_f64;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            // The voltages on both sides of the breaker are in step now and then.
            () = sleep(Duration::from_secs(1)) => {
                turn += 0.3;
                example.synchronous.send_replace(turn.sin() > 0.0);
            }
        }
    }
    // It waits for what is still going on, which a task of the runtime must not.
    tokio::task::spawn_blocking(move || example.server.stop()).await?;
    Ok(())
}

/// The server, and what the process tells it.
pub(crate) struct Example {
    pub(crate) server: Arc<IedServer>,
    /// Whether the breaker may close.
    pub(crate) synchronous: watch::Sender<bool>,
}

impl Example {
    /// Makes the server on the runtime of the caller.
    pub(crate) fn start(address: SocketAddr) -> Result<Self, Error> {
        let model = IedModel::new("IED1")?;
        let device = model.create_logical_device("CTRL", None)?;
        device.create_logical_node("LLN0")?;
        let node = device.create_logical_node("XCBR1")?;
        let control =
            CdcControlModelOptions::MODEL_SBO_ENHANCED | CdcControlModelOptions::MODEL_HAS_CANCEL;
        let position = node.create_cdc_dpc("Pos", CdcOptions::empty(), control)?;
        let state = position.child_attribute("stVal")?;
        state.init_value(&MmsValue::BitString(Dbpos::Off.into()))?;

        let runtime = tokio::runtime::Handle::current();
        let server = Arc::new(IedServer::new_on(runtime, &model, None)?);
        let (synchronous, process) = watch::channel(true);
        wait_for_synchronism(&server, &position, process)?;
        move_the_breaker(&server, &position, state)?;
        server.start_on(address)?;
        Ok(Example {
            server,
            synchronous,
        })
    }
}

/// A client that asks for a synchrocheck has its answer when both sides are in step, or after two seconds that they are not.
fn wait_for_synchronism(
    server: &IedServer,
    position: &DataObject,
    process: watch::Receiver<bool>,
) -> Result<(), Error> {
    server.register_control_wait_handler_async(position, move |_, action, value, _, synchro| {
        let mut process = process.clone();
        async move {
            let closes = value.to_bool().unwrap_or_default();
            if !(synchro && closes) {
                return ControlHandlerResult::Ok;
            }
            let in_step = process.wait_for(|in_step| *in_step);
            match timeout(Duration::from_secs(2), in_step).await {
                Ok(Ok(_)) => ControlHandlerResult::Ok,
                _ => {
                    action.set_add_cause(ControlAddCause::BlockedBySynchrocheck);
                    ControlHandlerResult::Failed
                }
            }
        }
    })
}

/// The breaker leaves its position at once and is in the other one after a while. Then the client is told that it is done.
fn move_the_breaker(
    server: &Arc<IedServer>,
    position: &DataObject,
    state: DataAttribute,
) -> Result<(), Error> {
    let time = position.child_attribute("t")?;
    // A handler that uses the server has a weak reference to it: the server keeps its handlers.
    let weak = Arc::downgrade(server);
    server.register_control_handler_async(position, move |_, _, value, test| {
        let (weak, state, time) = (weak.clone(), state.clone(), time.clone());
        async move {
            if test {
                return ControlHandlerResult::Ok;
            }
            let show = |position| {
                let server = weak.upgrade()?;
                let shown = server.with_data_model(|server| {
                    server.update_dbpos(&state, position)?;
                    server.update_timestamp(&time, &Timestamp::now())
                });
                shown.ok()
            };
            let target = match value.to_bool() {
                Ok(true) => Dbpos::On,
                _ => Dbpos::Off,
            };
            show(Dbpos::IntermediateState);
            sleep(Duration::from_millis(200)).await;
            match show(target) {
                Some(()) => ControlHandlerResult::Ok,
                // The server is gone, and so is the client.
                None => ControlHandlerResult::Failed,
            }
        }
    })
}
