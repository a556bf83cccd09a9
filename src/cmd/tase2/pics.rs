//! `ied tase2 pics`.

use crate::failure::Failure;
use crate::output;
use std::io::Write;

/// Write the conformance statement (PICS) of this program: each row is tried, on a control centre and a client in memory
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<(), Failure> {
    // Everything that can go wrong does so on purpose here: what both sides say to that is no message for anybody.
    let quiet = tracing::subscriber::NoSubscriber::default();
    let pics = tracing::subscriber::with_default(quiet, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok::<_, std::io::Error>(runtime.block_on(tase2::check::pics()))
    });
    let pics = pics.map_err(Failure::failed)?;
    let mut out = output::stdout();
    out.write_all(pics.to_markdown().as_bytes())?;
    out.flush()?;
    match pics.is_good() {
        true => Ok(()),
        false => Err(Failure::failed("some rows failed")),
    }
}
