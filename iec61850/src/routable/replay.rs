//! Which numbers of SPDUs have come already.

use super::RoutableError;
use std::collections::HashMap;
use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

/// Senders that are remembered. With more, those that may begin again anyway are forgotten; if all
/// are still heard, what further ones send is refused, since it cannot be told from a repetition.
const MAX_SENDERS: usize = 1024;
/// Numbers below the highest that are told apart.
const WINDOW: u32 = 64;

/// The numbers of signed datagrams, for each sender and key. Datagrams may overtake each other by
/// up to 64.
#[derive(Debug)]
pub(super) struct ReplayWindow {
    senders: HashMap<(SocketAddrV4, u32), Sender>,
    restart_after: Option<Duration>,
}

#[derive(Debug)]
struct Sender {
    highest: u32,
    /// Bit n: the number `highest - n` has come.
    seen: u64,
    heard: Instant,
}

impl ReplayWindow {
    /// A sender that was silent for `restart_after` may begin again with any number.
    pub(super) fn new(restart_after: Option<Duration>) -> Self {
        ReplayWindow {
            senders: HashMap::new(),
            restart_after,
        }
    }

    /// Takes a number; only that of a datagram whose signature is right.
    pub(super) fn accept(
        &mut self,
        now: Instant,
        address: SocketAddrV4,
        key_id: u32,
        number: u32,
    ) -> Result<(), RoutableError> {
        let Some(sender) = self.senders.get_mut(&(address, key_id)) else {
            return self.begin(now, (address, key_id), number);
        };
        let silent = now.saturating_duration_since(sender.heard);
        let ahead = number.wrapping_sub(sender.highest);
        if (1..1 << 31).contains(&ahead) {
            sender.seen = sender.seen.checked_shl(ahead).unwrap_or(0) | 1;
            sender.highest = number;
        } else {
            let behind = sender.highest.wrapping_sub(number);
            let bit = 1_u64.checked_shl(behind).filter(|_| behind < WINDOW);
            match bit {
                Some(bit) if sender.seen & bit == 0 => sender.seen |= bit,
                _ if self.restart_after.is_some_and(|after| silent >= after) => {
                    (sender.highest, sender.seen) = (number, 1);
                }
                _ => return Err(RoutableError::Replayed { number }),
            }
        }
        sender.heard = now;
        Ok(())
    }

    fn begin(
        &mut self,
        now: Instant,
        sender: (SocketAddrV4, u32),
        number: u32,
    ) -> Result<(), RoutableError> {
        if self.senders.len() >= MAX_SENDERS
            && let Some(after) = self.restart_after
        {
            let silent = |heard| now.saturating_duration_since(heard);
            self.senders.retain(|_, known| silent(known.heard) < after);
        }
        if self.senders.len() >= MAX_SENDERS {
            return Err(RoutableError::TooManySenders);
        }
        let begun = Sender {
            highest: number,
            seen: 1,
            heard: now,
        };
        self.senders.insert(sender, begun);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_counts_once() {
        let start = Instant::now();
        let address = SocketAddrV4::new([10, 0, 0, 1].into(), 102);
        let mut window = ReplayWindow::new(Some(Duration::from_secs(5)));
        let mut accept =
            |after, number| window.accept(start + Duration::from_secs(after), address, 1, number);
        let replayed = |number| Err(RoutableError::Replayed { number });
        for number in [u32::MAX - 1, 1, 0, u32::MAX] {
            assert_eq!(accept(0, number), Ok(()), "{number}");
            assert_eq!(accept(0, number), replayed(number));
        }
        assert_eq!(accept(0, 100), Ok(()));
        assert_eq!(accept(0, 36), replayed(36), "too old to be known");
        assert_eq!(accept(0, 37), Ok(()));
        assert_eq!(accept(4, 37), replayed(37));
        assert_eq!(accept(5, 37), Ok(()), "it has begun again");
        assert_eq!(accept(5, 38), Ok(()));
        assert_eq!(accept(5, 37), replayed(37));
    }

    #[test]
    fn senders_and_keys_count_for_themselves() {
        let now = Instant::now();
        let mut window = ReplayWindow::new(None);
        for port in 0..MAX_SENDERS as u16 {
            let address = SocketAddrV4::new([10, 0, 0, 1].into(), port);
            assert_eq!(window.accept(now, address, 1, 7), Ok(()));
        }
        let address = SocketAddrV4::new([10, 0, 0, 2].into(), 1);
        let more = window.accept(now, address, 1, 7);
        assert_eq!(more, Err(RoutableError::TooManySenders));
        let known = SocketAddrV4::new([10, 0, 0, 1].into(), 1);
        assert_eq!(window.accept(now, known, 1, 8), Ok(()));
        let later = now + Duration::from_secs(100_000);
        let again = window.accept(later, known, 1, 8);
        assert_eq!(again, Err(RoutableError::Replayed { number: 8 }));
    }
}
