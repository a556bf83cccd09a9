//! Two TASE.2 control centres that follow each other over one association.

use crate::failure::Failure;
use crate::iccp::{show, simulate};
use crate::output::{message, stdout};
use crate::signals::Signals;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tase2::Event;
use tase2::VirtualControlCenter;
use tase2::config::Config;
use tase2::endpoint::{Call, Endpoint};
use tokio::task::JoinSet;
use tokio::time::timeout;

const NORTH: &str = include_str!("north.toml");
const SOUTH: &str = include_str!("south.toml");

/// Reports of each centre after which `--once` ends.
const ENOUGH: usize = 3;

fn config(name: &str, text: &str) -> Result<(Config, VirtualControlCenter), Failure> {
    let config = Config::parse(Path::new(name), text).map_err(Failure::failed)?;
    let vcc = config.control_center().map_err(Failure::failed)?;
    Ok((config, vcc))
}

/// Runs the centres until the program is asked to end or, if they are to run once only, each has heard enough of the other.
pub(crate) fn centres(port: u16, once: bool) -> Result<(), Failure> {
    let signals = Signals::new()?;
    let runtime = mms::net::runtime().map_err(Failure::failed)?;
    runtime.block_on(async {
        let (mut north, north_vcc) = config("north.toml", NORTH)?;
        let (south, south_vcc) = config("south.toml", SOUTH)?;
        let listen = SocketAddr::from(([127, 0, 0, 1], port));
        north.options.listen = Some(listen);
        let listening = Endpoint::start(&north_vcc, north.options.clone(), vec![])
            .map_err(|error| Failure::failed(format_args!("{listen}: {error}")))?;
        let address = listening.local_addr().unwrap_or(listen);
        message(format_args!("listening on {address}"));
        let mut events = north_vcc.events();
        let call = Call::new("NORTH", vec![address.to_string()]);
        let calling = Endpoint::start(&south_vcc, south.options.clone(), vec![call])
            .map_err(Failure::failed)?;
        let associated = timeout(Duration::from_secs(10), events.recv()).await;
        if let Ok(Ok(Event::Associated { peer, .. })) = associated {
            let mut out = stdout();
            writeln!(
                out,
                "{peer} has called NORTH; each is client and server of the other now:"
            )?;
            out.flush()?;
        }
        let limit = once.then_some(ENOUGH);
        let mut followers = JoinSet::new();
        for (endpoint, config) in [(&listening, &north), (&calling, &south)] {
            for (peer, spec) in &config.follows {
                let peer = endpoint.peer(peer).map_err(Failure::failed)?;
                let follow = peer.follow(spec.clone());
                followers.spawn(show(peer.name().to_owned(), follow, false, limit));
            }
        }
        let moving = [
            tokio::spawn(simulate(north_vcc)),
            tokio::spawn(simulate(south_vcc)),
        ];
        let mut came = signals.receiver();
        let all_heard = async { while followers.join_next().await.is_some() {} };
        tokio::select! {
            () = all_heard => {}
            // It fails only if the runtime is going down.
            _ = came.wait_for(|came| *came) => {}
        }
        moving.iter().for_each(tokio::task::JoinHandle::abort);
        calling.stop().await;
        listening.stop().await;
        Ok(())
    })
}
