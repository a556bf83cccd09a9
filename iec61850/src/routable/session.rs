//! Both ends of the session protocol, without sockets.

use super::RoutableError;
use super::key::{IV, Key, KeySource};
use super::replay::ReplayWindow;
use super::spdu::{Head, MAX_DATAGRAM, Payload, Payloads, SecurityHeader, Spdu, SpduKind};
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How long a sender is silent before it may begin again, unless it is set.
const RESTART_AFTER: Duration = Duration::from_secs(10);

/// Makes datagrams. It takes no memory for one once it has made a longer one.
pub struct SessionSender {
    keys: Option<Arc<dyn KeySource>>,
    version: u16,
    number: u32,
    /// The next initialization vector: a random beginning, counted on.
    iv: [u8; IV],
    datagram: Vec<u8>,
}

impl SessionSender {
    /// A sender that secures datagrams with the current key, or without `keys` does not secure them.
    ///
    /// SPDU numbers begin with one made of the time of day, so that a sender that is started again
    /// goes on with higher ones, as long as it sends fewer than 16 datagrams in a second; receivers
    /// that see a lower one wait until it was silent for some time.
    ///
    /// # Errors
    /// [`std::io::Error`] if the system has no random numbers.
    pub fn new(keys: Option<Arc<dyn KeySource>>) -> std::io::Result<Self> {
        let mut iv = [0; IV];
        getrandom::fill(&mut iv).map_err(std::io::Error::other)?;
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let seconds = time.unwrap_or_default().as_secs();
        Ok(SessionSender {
            keys,
            version: 2,
            number: (seconds as u32).wrapping_shl(4),
            iv,
            datagram: Vec::new(),
        })
    }

    /// Writes version 1 of the protocol, as it was in the technical report: without security.
    pub fn with_version_1(mut self) -> Self {
        self.version = 1;
        self
    }

    /// Sets the number of the next datagram.
    pub fn set_number(&mut self, number: u32) {
        self.number = number;
    }

    /// Sets the initialization vector of the next datagram; the following ones count on from it. At
    /// first it is random. **With one that was used before with the same key, AES-GCM and AES-GMAC
    /// protect nothing.**
    pub fn set_initialization_vector(&mut self, iv: [u8; 12]) {
        self.iv = iv;
    }

    /// Makes a datagram of messages of one kind.
    ///
    /// # Errors
    /// [`RoutableError::NoCurrentKey`], [`RoutableError::TooLong`];
    /// [`RoutableError::UncheckedVersion`] if there are keys and version 1 is to be written.
    pub fn datagram(
        &mut self,
        kind: SpduKind,
        payloads: &[Payload<'_>],
    ) -> Result<&[u8], RoutableError> {
        let key = match &self.keys {
            Some(keys) => Some(keys.current().ok_or(RoutableError::NoCurrentKey)?),
            None => None,
        };
        let key = key.as_deref();
        let needs_iv = key.is_some_and(Key::needs_iv);
        let (time_of_current_key, time_to_next_key) = key.map_or((0, 0), Key::times);
        let head = Head {
            kind,
            number: self.number,
            security: SecurityHeader {
                time_of_current_key,
                time_to_next_key,
                algorithms: None,
                key_id: key.map_or(0, Key::id),
                iv: if needs_iv { &self.iv } else { &[] },
            },
            length: payloads.iter().map(Payload::length).sum(),
            signature: key.map_or(0, |key| key.protection().signature_length()),
            version: self.version,
        };
        if self.version == 1 && key.is_some() {
            return Err(RoutableError::UncheckedVersion { version: 1 });
        }
        let long = payloads
            .iter()
            .any(|payload| payload.apdu.len() > usize::from(u16::MAX));
        let length = head.datagram();
        if long || length > MAX_DATAGRAM {
            return Err(RoutableError::TooLong { length });
        }
        head.encode(&mut self.datagram);
        let head = self.datagram.len();
        for payload in payloads {
            payload.encode(&mut self.datagram);
        }
        if let Some(key) = key {
            key.seal(&mut self.datagram, head, &self.iv)?;
        }
        self.number = self.number.wrapping_add(1);
        if needs_iv {
            // None is ever used twice.
            self.iv = (u128_of(self.iv).wrapping_add(1)).to_be_bytes()[4..]
                .try_into()
                .unwrap_or(self.iv);
        }
        Ok(&self.datagram)
    }
}

fn u128_of(iv: [u8; IV]) -> u128 {
    iv.iter()
        .fold(0, |number, octet| number << 8 | u128::from(*octet))
}

/// Reads and checks datagrams.
pub struct SessionReceiver {
    keys: Option<Arc<dyn KeySource>>,
    accepts_unsecured: bool,
    window: ReplayWindow,
    plain: Vec<u8>,
}

impl SessionReceiver {
    /// A receiver that takes only what is secured with a key of `keys`, and nothing twice. Without
    /// `keys` it takes only what is not secured, and repetitions are left to the subscribers.
    pub fn new(keys: Option<Arc<dyn KeySource>>) -> Self {
        SessionReceiver {
            keys,
            accepts_unsecured: false,
            window: ReplayWindow::new(Some(RESTART_AFTER)),
            plain: Vec::new(),
        }
    }

    /// Datagrams that are not secured are taken, too.
    pub fn with_unsecured(mut self) -> Self {
        self.accepts_unsecured = true;
        self
    }

    /// After which silence a sender may begin again with lower numbers; `None`: never, only with
    /// another key or from another port. Default 10 s. Whoever can silence a sender for so long can
    /// repeat old datagrams of it.
    pub fn with_restart_after(mut self, silence: Option<Duration>) -> Self {
        self.window = ReplayWindow::new(silence);
        self
    }

    /// Reads a datagram of a sender.
    ///
    /// # Errors
    /// [`RoutableError`]: why it is not to be used.
    pub fn datagram<'a>(
        &'a mut self,
        now: Instant,
        from: SocketAddrV4,
        datagram: &'a [u8],
    ) -> Result<(Spdu<'a>, Payloads<'a>), RoutableError> {
        let spdu = Spdu::decode(datagram)?;
        let key_id = spdu.security.key_id;
        let secured = key_id != 0 || !spdu.signature.is_empty();
        let user_data = match &self.keys {
            None if secured => return Err(RoutableError::Secured { key_id }),
            Some(_) if !secured && !self.accepts_unsecured => return Err(RoutableError::Unsecured),
            Some(keys) if secured => {
                if spdu.version == 1 {
                    let version = spdu.version;
                    return Err(RoutableError::UncheckedVersion { version });
                }
                let key = keys.key(key_id);
                let key = key.ok_or(RoutableError::UnknownKey { key_id })?;
                let user_data = key.open(&spdu, &mut self.plain)?;
                self.window.accept(now, from, key_id, spdu.number)?;
                user_data
            }
            _ => spdu.user_data,
        };
        Ok((spdu, Payloads::decode(user_data)?))
    }
}
