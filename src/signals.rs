//! Being asked to end.

use crate::failure::Failure;
use std::future::Future;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Ctrl-C, and on Unix SIGTERM. From its making on, these do not kill the program.
pub(crate) struct Signals {
    runtime: Handle,
    came: watch::Receiver<bool>,
}

impl Signals {
    pub(crate) fn new() -> Result<Self, Failure> {
        let runtime = mms::net::runtime().map_err(Failure::failed)?;
        let _entered = runtime.enter();
        let (tell, came) = watch::channel(false);
        let ended = ended()?;
        runtime.spawn(async move {
            ended.await;
            tell.send_replace(true);
            // Without a sender the receivers would take it that nothing can come any more.
            tell.closed().await;
        });
        Ok(Signals {
            runtime: runtime.clone(),
            came,
        })
    }

    /// Whether the program has been asked to end.
    pub(crate) fn came(&self) -> bool {
        *self.came.borrow()
    }

    /// Says in other tasks whether the program has been asked to end.
    pub(crate) fn receiver(&self) -> watch::Receiver<bool> {
        self.came.clone()
    }

    /// Blocks until the program is asked to end.
    pub(crate) fn wait(&mut self) {
        // It fails only if the runtime is going down.
        let _ = self.runtime.block_on(self.came.wait_for(|came| *came));
    }

    /// Does the work, or `None` if the program is asked to end before it is done.
    pub(crate) fn until<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        self.runtime.block_on(async {
            tokio::select! {
                done = work => Some(done),
                _ = self.came.wait_for(|came| *came) => None,
            }
        })
    }
}

/// The signals are caught from the call on, not from the first wait.
#[cfg(unix)]
fn ended() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn ended() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without signals the program ends when it is killed.
            std::future::pending::<()>().await;
        }
    })
}
