//! What the application has registered for a device. No lock of ours is held while it runs.

use super::{DeviceEvent, DeviceRequest, Refused};
use parking_lot::RwLock;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::runtime::{Handle, RuntimeFlavor};

type Blocking = dyn Fn(&DeviceRequest) -> Result<(), Refused> + Send + Sync;
pub(super) type Answering = Pin<Box<dyn Future<Output = Result<(), Refused>> + Send>>;
type Async = dyn Fn(DeviceRequest) -> Answering + Send + Sync;
type Told = dyn Fn(&DeviceEvent) + Send + Sync;

#[derive(Clone)]
pub(super) enum Handler {
    Blocking(Arc<Blocking>),
    Async(Arc<Async>),
}

#[derive(Default)]
pub(crate) struct Handlers {
    pub(super) interlock: RwLock<Option<Arc<Blocking>>>,
    pub(super) handler: RwLock<Option<Handler>>,
    pub(super) told: RwLock<Option<Arc<Told>>>,
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers").finish_non_exhaustive()
    }
}

impl Handlers {
    /// What the interlock says.
    pub(super) fn interlock(&self, request: &DeviceRequest) -> Result<(), Refused> {
        let interlock = self.interlock.read().clone();
        match interlock {
            Some(interlock) => guarded("interlock", || blocking(|| interlock(request)))?,
            None => Ok(()),
        }
    }

    /// Asks the application; without a handler everything is taken as it is.
    pub(super) fn ask(&self, request: DeviceRequest) -> Answering {
        let handler = self.handler.read().clone();
        Box::pin(async move {
            match handler {
                None => Ok(()),
                Some(Handler::Blocking(handler)) => {
                    guarded("handler", || blocking(|| handler(&request)))?
                }
                Some(Handler::Async(handler)) => {
                    let mut answer = guarded("handler", || handler(request))?;
                    poll_fn(|cx| match guarded("handler", || answer.as_mut().poll(cx)) {
                        Ok(Poll::Ready(answer)) => Poll::Ready(answer),
                        Ok(Poll::Pending) => Poll::Pending,
                        Err(refused) => Poll::Ready(Err(refused)),
                    })
                    .await
                }
            }
        })
    }

    pub(super) fn tell(&self, event: &DeviceEvent) {
        let told = self.told.read().clone();
        if let Some(told) = told {
            // There is nothing to refuse.
            let _ = guarded("action handler", || blocking(|| told(event)));
        }
    }
}

/// Runs code of the application; a panic in it is its failure.
fn guarded<R>(what: &'static str, callback: impl FnOnce() -> R) -> Result<R, Refused> {
    catch_unwind(AssertUnwindSafe(callback)).map_err(|_| {
        tracing::error!("panic in the {what} of a device");
        Refused::failed(format!("panic in the {what}"))
    })
}

/// Runs what may take long in the task of an association; others of this thread are moved elsewhere meanwhile.
fn blocking<R>(work: impl FnOnce() -> R) -> R {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(work)
        }
        _ => work(),
    }
}
