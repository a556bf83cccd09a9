//! GOOSE and sampled values from outside: recordings, real networks, memory.
//!
//! `data` holds recordings of libiec61850 1.6.1: 60 is its server's publisher, 61 and 62 its
//! stand-alone publishers of GOOSE and sampled values.

mod allocations;
mod captures;
mod routable;
mod server;
