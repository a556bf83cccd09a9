//! The TCP echo: what the operating system and the loopback leave possible for messages of the same sizes.
//!
//! Each request says in its first eight bytes how long it is and how long its answer must be. Nothing else is
//! looked at, and one thread waits for each connection in a blocking read, which is the least work a server can do.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use super::load::{Connection, Sizes};
use crate::Result;

const HEADER: usize = 8;

/// A request of `length` bytes that asks for `answer` bytes.
pub(super) fn request(length: usize, answer: usize) -> Vec<u8> {
    let mut bytes = vec![0; length.max(HEADER)];
    for (place, value) in bytes.chunks_exact_mut(4).zip([length.max(HEADER), answer]) {
        place.copy_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
    }
    bytes
}

/// One exchange of these sizes.
pub(super) fn exchange_sizes(connection: &mut Connection, length: usize, answer: usize) -> Result {
    connection.exchange_bytes(&request(length, answer), answer)
}

/// The exchanges of a browse, in their sizes.
pub(super) fn replay(connection: &mut Connection, sizes: &[Sizes]) -> Result {
    sizes
        .iter()
        .try_for_each(|(length, answer)| exchange_sizes(connection, *length, *answer))
}

/// Serves echoes on a free port until the process is ended.
pub(super) fn serve() -> Result {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| format!("echo: {error}"))?;
    let address = listener
        .local_addr()
        .map_err(|error| format!("echo: {error}"))?;
    eprintln!("listening on {address}");
    for stream in listener.incoming().flatten() {
        std::thread::Builder::new()
            .stack_size(64 * 1024)
            .spawn(move || answer(stream))
            .map_err(|error| format!("echo: {error}"))?;
    }
    Ok(())
}

/// Answers on one connection until it ends.
fn answer(mut stream: TcpStream) {
    // A connection that cannot have the option is only slower.
    let _ = stream.set_nodelay(true);
    let mut input = vec![0; 16 * 1024];
    let mut filled = 0;
    let mut output = Vec::new();
    while let Ok(count @ 1..) = stream.read(&mut input[filled..]) {
        filled += count;
        let mut start = 0;
        while let Some(&[a, b, c, d, e, f, g, h]) = input[start..filled].first_chunk::<HEADER>() {
            let length = u32::from_be_bytes([a, b, c, d]) as usize;
            if length < HEADER || length > input.len() {
                return;
            }
            if filled - start < length {
                break;
            }
            start += length;
            output.resize(output.len() + u32::from_be_bytes([e, f, g, h]) as usize, 0);
        }
        input.copy_within(start..filled, 0);
        filled -= start;
        if stream.write_all(&output).is_err() {
            return;
        }
        output.clear();
    }
}
