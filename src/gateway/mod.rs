//! Points of IEC 61850 servers as points of a TASE.2 control centre, and commands of its peers as commands to the servers.
//!
//! Each IED has a task ([`ied`]) that connects, finds out where the values are ([`resolve`]), subscribes, and gives the control centre what comes
//! ([`convert`]). A device of the control centre asks the IED that is connected at that moment ([`command`]): a command is bound to the association it was
//! given on, so that it is carried out now or not at all.

mod command;
mod config;
mod convert;
mod ied;
mod resolve;

pub(crate) use config::Config;

use crate::failure::Failure;
use iec61850::client::asynchronous::IedConnection;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tase2::endpoint::Endpoint;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Both stacks, running.
pub(crate) struct Gateway {
    endpoint: Endpoint,
    ieds: JoinSet<()>,
    stop: watch::Sender<bool>,
    #[cfg(test)]
    links: std::collections::HashMap<String, Link>,
}

/// The connection to an IED, while there is one.
#[derive(Clone, Default)]
struct Link(Arc<Mutex<Option<IedConnection>>>);

impl Link {
    fn get(&self) -> Option<IedConnection> {
        self.lock().clone()
    }

    fn set(&self, connection: Option<IedConnection>) {
        *self.lock() = connection;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<IedConnection>> {
        // What is behind it is whole at any moment.
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Gateway {
    /// Listens and calls as the control centre says, and connects to all IEDs.
    pub(crate) fn start(config: &Config) -> Result<Self, Failure> {
        let center = config.center.control_center().map_err(Failure::failed)?;
        let (stop, stopped) = watch::channel(false);
        #[cfg(test)]
        let mut links = std::collections::HashMap::new();
        let mut ieds = JoinSet::new();
        for ied in &config.ieds {
            let link = Link::default();
            command::attach(&center, ied, &link)?;
            let task = ied::Task::new(ied, &center, link.clone())?;
            let stopped = stopped.clone();
            ieds.spawn(task.run(stopped));
            #[cfg(test)]
            links.insert(ied.name.clone(), link);
        }
        let listen = config.center.options.listen;
        // Peers come when the points have their handlers.
        let endpoint = Endpoint::start(
            &center,
            config.center.options.clone(),
            config.center.calls.clone(),
        )
        .map_err(|error| {
            let at = listen.map_or_else(String::new, |address| format!("{address}: "));
            Failure::failed(format_args!("{at}{error}"))
        })?;
        Ok(Gateway {
            endpoint,
            ieds,
            stop,
            #[cfg(test)]
            links,
        })
    }

    /// Where peers call; `None` when it only calls itself.
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// Ends all associations in good order.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.ieds.join_next().await.is_some() {}
        self.endpoint.stop().await;
    }
}

#[cfg(test)]
mod tests;
