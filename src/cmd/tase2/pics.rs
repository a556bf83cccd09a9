//! `ied tase2 pics`.

use crate::failure::Failure;
use crate::output;
use std::io::Write;

/// Write the conformance statement (PICS) of this program: each row is tried, on a control centre and a client in memory
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<(), Failure> {
    let runtime = mms::net::runtime().map_err(Failure::failed)?;
    let pics = runtime.block_on(tase2::check::pics());
    let mut out = output::stdout();
    out.write_all(pics.to_markdown().as_bytes())?;
    out.flush()?;
    match pics.is_good() {
        true => Ok(()),
        false => Err(Failure::failed("some rows failed")),
    }
}
