//! Events of the libraries on standard error.

use tracing_subscriber::EnvFilter;

/// Shows warnings, with `-v` what happens, with `-vv` what the protocol stack does, with `-vvv` all there is. `RUST_LOG` overrides that.
pub(crate) fn init(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(verbose > 1)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        // Without this a closed standard error would be a panic.
        .log_internal_errors(false)
        .init();
}
