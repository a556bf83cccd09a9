use std::io;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Handle, Runtime};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The runtime that servers and clients of this process share when they are given none: started
/// by the first use, with one worker a core.
///
/// # Errors
/// [`io::Error`] if its threads cannot be started.
pub fn runtime() -> io::Result<Handle> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let started = Builder::new_multi_thread()
        .enable_all()
        .thread_name("mms")
        .build()?;
    // Two first users at once: the second runtime is dropped unused.
    match RUNTIME.set(started) {
        Ok(()) => {}
        Err(unused) => unused.shutdown_background(),
    }
    RUNTIME
        .get()
        .map(|runtime| runtime.handle().clone())
        .ok_or_else(|| io::Error::other("the shared runtime did not start"))
}
