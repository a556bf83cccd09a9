//! The client for programs without a runtime: the same methods, each waiting for its result.

mod connection;
mod control;
mod data;
mod report;

pub use connection::IedConnection;
pub use control::ControlObject;
pub use data::{DataSet, LogReader};
pub use report::{ReportControlBlock, Reports};

use super::dispatch::in_callback;
use crate::Error;
use std::future::Future;
use tokio::runtime::Handle;

/// The runtime the work is done on.
#[derive(Clone, Debug, Default)]
struct Runtime {
    /// `None` is the shared one.
    chosen: Option<Handle>,
}

impl Runtime {
    fn handle(&self) -> Result<Handle, Error> {
        match &self.chosen {
            Some(handle) => Ok(handle.clone()),
            None => mms::net::runtime().map_err(|source| Error::Io {
                context: "starting the shared runtime".to_owned(),
                source,
            }),
        }
    }

    /// Waits for a result. Threads of a runtime cannot wait, but for those of callbacks.
    fn wait<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if Handle::try_current().is_ok() && !in_callback() {
            return Err(Error::InsideRuntime(call));
        }
        self.handle()?.block_on(work)
    }
}

/// Methods that wait for those of the same name of the asynchronous type.
macro_rules! same {
    ($of:ident, $inner:ident, $(
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty;
    )+) => {
        $(
            #[doc = concat!(
                "See [`", stringify!($name), "`](crate::client::asynchronous::",
                stringify!($of), "::", stringify!($name), ")."
            )]
            ///
            /// # Errors
            /// As there, and [`Error::InsideRuntime`].
            pub fn $name(&self, $($argument: $type),*) -> Result<$result, Error> {
                self.runtime.wait(stringify!($name), self.$inner.$name($($argument),*))
            }
        )+
    };
}
use same;
