//! What is not the same on the C library, in one place. Each of these tests must fail there as it is written
//! here; `docs/engines.md` shows them all.

use std::fmt;

/// A test that libiec61850 does not pass.
pub(crate) struct Difference {
    /// The binary of the test.
    pub(crate) binary: &'static str,
    /// `module::name`.
    pub(crate) test: &'static str,
    /// How it is seen.
    pub(crate) shown: Shown,
    /// What the library does.
    pub(crate) there: &'static str,
    /// Which side does as the standard says.
    pub(crate) standard: Standard,
}

/// How a difference is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown {
    /// The test fails, and says this.
    Says(&'static str),
    /// The process ends by a signal.
    #[allow(dead_code, reason = "as long as no client can crash the library")]
    Crash,
    /// The test does not end.
    #[allow(dead_code, reason = "as long as nothing stops the library")]
    Hang,
}

/// Which side follows the standard.
#[derive(Clone, Copy)]
pub(crate) enum Standard {
    /// Our engine; the library does not.
    Native,
    /// Both: it leaves this open, or to the implementation.
    Open,
    /// It says nothing about this: a matter of the programming interface.
    Interface,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let native = match self.standard {
            Standard::Native => "yes, as the standard says",
            Standard::Open => "yes; the standard leaves it open",
            Standard::Interface => "yes; not a matter of the standard",
        };
        write!(f, "{native} | {}", self.there)
    }
}

/// All of them.
pub(crate) const DIFFERENCES: &[Difference] = &[];
