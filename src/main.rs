//! `ied`: the command-line tool over the workspace's libraries.
#![forbid(unsafe_code)]

fn main() {}
