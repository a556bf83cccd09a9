//! Development tasks, called as `cargo xtask <task>`.
#![forbid(unsafe_code)]

fn main() {}
