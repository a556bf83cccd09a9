//! How a command fails, and the exit code that tells it.

use crate::output::message;
use std::io;
use std::process::ExitCode;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong: exit code 2.
    Usage(String),
    /// The peer refused, a file is bad, or the system would not: exit code 1.
    Failed(String),
    /// All there is to say has been said: exit code 1.
    Reported,
    /// Standard output could not be written.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn usage(reason: impl ToString) -> Self {
        Failure::Usage(reason.to_string())
    }

    pub(crate) fn failed(reason: impl ToString) -> Self {
        Failure::Failed(reason.to_string())
    }

    /// Tells the user.
    pub(crate) fn report(self) -> ExitCode {
        let (reason, code) = match self {
            // Whoever read the output has enough, as `head` has after ten lines.
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Failure::Output(error) => (format!("cannot write the output: {error}"), 1),
            Failure::Usage(reason) => (reason, 2),
            Failure::Failed(reason) => (reason, 1),
            Failure::Reported => return ExitCode::from(1),
        };
        message(format_args!("error: {reason}"));
        ExitCode::from(code)
    }
}

/// Of output only: other errors come with what they were about.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}
