//! Keys, and where they come from.

use super::RoutableError;
use super::spdu::Spdu;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm, Nonce, Tag};
use hmac::{Hmac, Mac};
use parking_lot::RwLock;
use sha2::Sha256;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Octets of an initialization vector.
pub(super) const IV: usize = 12;
/// The longest signature.
const MAX_SIGNATURE: usize = 32;

/// What a key does for a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection {
    /// A signature of 10 octets.
    HmacSha256_80,
    /// A signature of 16 octets.
    HmacSha256_128,
    /// A signature of 32 octets.
    HmacSha256_256,
    /// A signature of 8 octets; the key has 16 octets or 32.
    AesGmac64,
    /// A signature of 16 octets; the key has 16 octets or 32.
    AesGmac128,
    /// The messages are encrypted, which vouches for the whole datagram; the key has 16 octets.
    Aes128Gcm,
    /// The messages are encrypted, which vouches for the whole datagram; the key has 32 octets.
    Aes256Gcm,
}

impl Protection {
    /// All there are.
    pub const ALL: [Protection; 7] = [
        Protection::HmacSha256_80,
        Protection::HmacSha256_128,
        Protection::HmacSha256_256,
        Protection::AesGmac64,
        Protection::AesGmac128,
        Protection::Aes128Gcm,
        Protection::Aes256Gcm,
    ];

    /// Its name in files: `hmac-sha256-128`, `aes-gmac-64`, `aes-256-gcm` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Protection::HmacSha256_80 => "hmac-sha256-80",
            Protection::HmacSha256_128 => "hmac-sha256-128",
            Protection::HmacSha256_256 => "hmac-sha256-256",
            Protection::AesGmac64 => "aes-gmac-64",
            Protection::AesGmac128 => "aes-gmac-128",
            Protection::Aes128Gcm => "aes-128-gcm",
            Protection::Aes256Gcm => "aes-256-gcm",
        }
    }

    /// Octets of the signature, or of the tag of an encryption.
    pub fn signature_length(self) -> usize {
        match self {
            Protection::AesGmac64 => 8,
            Protection::HmacSha256_80 => 10,
            Protection::HmacSha256_256 => 32,
            Protection::HmacSha256_128
            | Protection::AesGmac128
            | Protection::Aes128Gcm
            | Protection::Aes256Gcm => 16,
        }
    }

    /// Whether messages are encrypted.
    pub fn encrypts(self) -> bool {
        matches!(self, Protection::Aes128Gcm | Protection::Aes256Gcm)
    }

    /// Octets a key may have.
    fn accepts(self, length: usize) -> bool {
        match self {
            // Shorter than the shortest signature worth having would be weaker than it.
            Protection::HmacSha256_80 | Protection::HmacSha256_128 | Protection::HmacSha256_256 => {
                length >= 16
            }
            Protection::AesGmac64 | Protection::AesGmac128 => matches!(length, 16 | 32),
            Protection::Aes128Gcm => length == 16,
            Protection::Aes256Gcm => length == 32,
        }
    }
}

impl FromStr for Protection {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Protection::ALL
            .into_iter()
            .find(|known| known.name() == text);
        known.ok_or_else(|| crate::Error::UnknownName {
            what: "protection",
            name: text.to_owned(),
        })
    }
}

#[derive(Clone)]
enum Cipher {
    Hmac(Box<Hmac<Sha256>>),
    Aes128(Box<Aes128Gcm>),
    Aes256(Box<Aes256Gcm>),
}

/// A key with its identifier and what it is used for, made ready to be used.
#[derive(Clone)]
pub struct Key {
    id: u32,
    protection: Protection,
    cipher: Cipher,
    time_of_current_key: u32,
    time_to_next_key: i16,
}

impl Key {
    /// A key. `id` is the number by which receivers find it, not 0.
    ///
    /// # Errors
    /// [`RoutableError::Key`] if the number is 0 or the key has a length it cannot be used with.
    pub fn new(id: u32, protection: Protection, key: &[u8]) -> Result<Self, RoutableError> {
        if id == 0 {
            return Err(RoutableError::Key {
                id,
                reason: "0 is no key",
            });
        }
        let length = RoutableError::Key {
            id,
            reason: "its length does not fit the algorithm",
        };
        if !protection.accepts(key.len()) {
            return Err(length);
        }
        let cipher = match protection {
            Protection::HmacSha256_80 | Protection::HmacSha256_128 | Protection::HmacSha256_256 => {
                Hmac::new_from_slice(key).map(|hmac| Cipher::Hmac(Box::new(hmac)))
            }
            _ if key.len() == 16 => {
                Aes128Gcm::new_from_slice(key).map(|aes| Cipher::Aes128(Box::new(aes)))
            }
            _ => Aes256Gcm::new_from_slice(key).map(|aes| Cipher::Aes256(Box::new(aes))),
        };
        Ok(Key {
            id,
            protection,
            cipher: cipher.map_err(|_| length)?,
            time_of_current_key: 0,
            time_to_next_key: -1,
        })
    }

    /// Sets what datagrams say about the key: since when it is used, in seconds since 1970, and in
    /// how many minutes the next one will be; less than 0 if that is not known.
    pub fn with_times(mut self, of_current: u32, to_next: i16) -> Self {
        self.time_of_current_key = of_current;
        self.time_to_next_key = to_next;
        self
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What it does.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    pub(super) fn times(&self) -> (u32, i16) {
        (self.time_of_current_key, self.time_to_next_key)
    }

    /// Whether datagrams have an initialization vector.
    pub(super) fn needs_iv(&self) -> bool {
        !matches!(self.cipher, Cipher::Hmac(_))
    }

    /// Signs what `datagram` holds, or encrypts what is behind `head` octets of it, and appends the
    /// signature.
    pub(super) fn seal(
        &self,
        datagram: &mut Vec<u8>,
        head: usize,
        iv: &[u8; IV],
    ) -> Result<(), RoutableError> {
        let failed = |_| RoutableError::Key {
            id: self.id,
            reason: "the message is too long for it",
        };
        let mut signature = [0; MAX_SIGNATURE];
        if self.protection.encrypts() {
            let (head, user_data) = datagram
                .split_at_mut_checked(head)
                .ok_or(RoutableError::TooLong { length: head })?;
            let tag = self.encrypt(iv, head, user_data).map_err(failed)?;
            copy(&mut signature, &tag);
        } else {
            self.sign(&mut signature, datagram, iv).map_err(failed)?;
        }
        let length = self.protection.signature_length();
        let signature = signature.get(..length).unwrap_or_default();
        super::spdu::encode_signature(datagram, signature);
        Ok(())
    }

    fn sign(
        &self,
        out: &mut [u8; MAX_SIGNATURE],
        octets: &[u8],
        iv: &[u8; IV],
    ) -> Result<(), aes_gcm::Error> {
        match &self.cipher {
            Cipher::Hmac(hmac) => {
                let mut hmac = (**hmac).clone();
                hmac.update(octets);
                copy(out, &hmac.finalize().into_bytes());
            }
            // GMAC is GCM with nothing to encrypt.
            _ => copy(out, &self.encrypt(iv, octets, &mut [])?),
        }
        Ok(())
    }

    fn encrypt(&self, iv: &[u8; IV], head: &[u8], text: &mut [u8]) -> Result<Tag, aes_gcm::Error> {
        let nonce = Nonce::from(*iv);
        match &self.cipher {
            Cipher::Aes128(aes) => aes.encrypt_inout_detached(&nonce, head, text.into()),
            Cipher::Aes256(aes) => aes.encrypt_inout_detached(&nonce, head, text.into()),
            Cipher::Hmac(_) => Err(aes_gcm::Error),
        }
    }

    /// Checks a datagram, and gives its messages; `plain` is memory for those that were encrypted.
    pub(super) fn open<'a>(
        &self,
        spdu: &Spdu<'a>,
        plain: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], RoutableError> {
        let bad = RoutableError::BadSignature { key_id: self.id };
        let expected = self.protection.signature_length();
        // Comparing takes the same time wherever the first difference is; the length is no secret.
        if spdu.signature.len() != expected {
            return Err(bad);
        }
        if let Cipher::Hmac(hmac) = &self.cipher {
            let mut hmac = (**hmac).clone();
            hmac.update(spdu.signed);
            return match hmac.verify_truncated_left(spdu.signature) {
                Ok(()) => Ok(spdu.user_data),
                Err(_) => Err(bad),
            };
        }
        let iv: [u8; IV] = spdu.security.iv.try_into().map_err(|_| bad)?;
        if !self.protection.encrypts() {
            let mut signature = [0; MAX_SIGNATURE];
            self.sign(&mut signature, spdu.signed, &iv)
                .map_err(|_| bad)?;
            let signature = signature.get(..expected).unwrap_or_default();
            return match bool::from(signature.ct_eq(spdu.signature)) {
                true => Ok(spdu.user_data),
                false => Err(bad),
            };
        }
        plain.clear();
        plain.extend_from_slice(spdu.user_data);
        let (nonce, tag) = (Nonce::from(iv), Tag::try_from(spdu.signature));
        let tag = tag.map_err(|_| bad)?;
        let text = plain.as_mut_slice();
        let opened = match &self.cipher {
            Cipher::Aes128(aes) => aes.decrypt_inout_detached(&nonce, spdu.head, text.into(), &tag),
            Cipher::Aes256(aes) => aes.decrypt_inout_detached(&nonce, spdu.head, text.into(), &tag),
            Cipher::Hmac(_) => Err(aes_gcm::Error),
        };
        opened.map_err(|_| bad)?;
        Ok(plain)
    }
}

fn copy(out: &mut [u8; MAX_SIGNATURE], octets: &[u8]) {
    for (to, from) in out.iter_mut().zip(octets) {
        *to = *from;
    }
}

impl std::fmt::Debug for Key {
    /// Without the key itself.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({} {:?})", self.id, self.protection)
    }
}

/// Where keys come from: a client of a key distribution centre (IEC 62351-9), or [`Keys`]. It is
/// asked for each datagram, on the thread that sends or receives, and should not take its time.
pub trait KeySource: Send + Sync {
    /// The key that datagrams are secured with now. Without one nothing is sent.
    fn current(&self) -> Option<Arc<Key>>;

    /// The key of this number, if datagrams that are secured with it are to be taken.
    fn key(&self, id: u32) -> Option<Arc<Key>>;
}

/// Keys that the program itself gives, takes away and changes. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    inner: Arc<RwLock<Store>>,
}

#[derive(Debug, Default)]
struct Store {
    keys: HashMap<u32, Arc<Key>>,
    current: Option<u32>,
}

impl Keys {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, in the place of one with the same number. The first one is the current one.
    pub fn add(&self, key: Key) {
        let mut store = self.inner.write();
        store.current.get_or_insert(key.id);
        store.keys.insert(key.id, Arc::new(key));
    }

    /// Takes a key away. If it was the current one, nothing is sent until there is another.
    pub fn remove(&self, id: u32) {
        let mut store = self.inner.write();
        store.keys.remove(&id);
        store.current.take_if(|current| *current == id);
    }

    /// Sends with this key from now on.
    ///
    /// # Errors
    /// [`RoutableError::UnknownKey`]
    pub fn set_current(&self, id: u32) -> Result<(), RoutableError> {
        let mut store = self.inner.write();
        if !store.keys.contains_key(&id) {
            return Err(RoutableError::UnknownKey { key_id: id });
        }
        store.current = Some(id);
        Ok(())
    }
}

impl KeySource for Keys {
    fn current(&self) -> Option<Arc<Key>> {
        let store = self.inner.read();
        store.keys.get(&store.current?).cloned()
    }

    fn key(&self, id: u32) -> Option<Arc<Key>> {
        self.inner.read().keys.get(&id).cloned()
    }
}
