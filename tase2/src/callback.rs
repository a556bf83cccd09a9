//! Code of the application that is asked something: blocking or asynchronous, with no lock of ours held.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::runtime::{Handle, RuntimeFlavor};

type Answer<E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send>>;
type Blocking<Q, E> = dyn Fn(&Q) -> Result<(), E> + Send + Sync;
type Asynchronous<Q, E> = dyn Fn(Q) -> Answer<E> + Send + Sync;

/// It panicked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panicked;

/// What is asked `Q`, and refuses with `E`.
pub(crate) enum Callback<Q, E> {
    Blocking(Arc<Blocking<Q, E>>),
    Asynchronous(Arc<Asynchronous<Q, E>>),
}

impl<Q, E> Clone for Callback<Q, E> {
    fn clone(&self) -> Self {
        match self {
            Callback::Blocking(callback) => Callback::Blocking(callback.clone()),
            Callback::Asynchronous(callback) => Callback::Asynchronous(callback.clone()),
        }
    }
}

impl<Q, E> fmt::Debug for Callback<Q, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

impl<Q, E: From<Panicked>> Callback<Q, E> {
    pub(crate) fn blocking(callback: impl Fn(&Q) -> Result<(), E> + Send + Sync + 'static) -> Self {
        Callback::Blocking(Arc::new(callback))
    }

    pub(crate) fn asynchronous<F>(callback: impl Fn(Q) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        Callback::Asynchronous(Arc::new(move |question| Box::pin(callback(question))))
    }

    /// Asks. A panic is a refusal.
    pub(crate) async fn ask(&self, question: Q) -> Result<(), E> {
        match self {
            Callback::Blocking(callback) => guarded(|| blocking(|| callback(&question)))?,
            Callback::Asynchronous(callback) => {
                let mut answer = guarded(|| callback(question))?;
                poll_fn(|cx| match guarded(|| answer.as_mut().poll(cx)) {
                    Ok(poll) => poll,
                    Err(panicked) => Poll::Ready(Err(panicked.into())),
                })
                .await
            }
        }
    }
}

fn guarded<R>(call: impl FnOnce() -> R) -> Result<R, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| {
        tracing::error!("panic in a handler of the application");
        Panicked
    })
}

/// Runs what may take long; other tasks of this thread are moved elsewhere meanwhile.
fn blocking<R>(work: impl FnOnce() -> R) -> R {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(work)
        }
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Refused(&'static str);

    impl From<Panicked> for Refused {
        fn from(_: Panicked) -> Self {
            Refused("panic")
        }
    }

    #[tokio::test]
    async fn answers_refusals_and_panics() {
        let odd = |n: &i32| match n {
            0 => Ok(()),
            1 => Err(Refused("one")),
            _ => panic!("the application"),
        };
        let later = move |n: i32| async move {
            tokio::task::yield_now().await;
            odd(&n)
        };
        for callback in [Callback::blocking(odd), Callback::asynchronous(later)] {
            assert_eq!(callback.ask(0).await, Ok(()));
            assert_eq!(callback.ask(1).await, Err(Refused("one")));
            assert_eq!(callback.ask(2).await, Err(Refused("panic")));
        }
    }
}
