//! What the build found.

/// The library that the build found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Library {
    /// Which of the four ways led to it, for example `pkg-config`; `none` in documentation that was built without a library.
    pub way: &'static str,
    /// It is a shared library, which programs load when they start; else it is part of them.
    pub is_shared: bool,
    /// The library was built with TLS; without it the functions `TLSConfiguration_*` and `TLSConnection_*` do not exist.
    pub has_tls: bool,
    /// Declared functions that the library does not export, in alphabetical order: a program that calls one of them does not link.
    /// Empty also where the format of the library file is not known.
    pub missing: &'static [&'static str],
}

/// What the build found. Another library may be loaded when the program starts: [`version`](crate::version()) says which.
pub static LIBRARY: Library = include!(concat!(env!("OUT_DIR"), "/library.rs"));
