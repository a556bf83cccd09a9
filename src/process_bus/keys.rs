//! Keys of routable GOOSE and sampled values.

use crate::failure::Failure;
use iec61850::routable::{Key, KeySource, Keys, Protection};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args)]
pub(crate) struct KeyArguments {
    /// File with the keys of routable messages, a line each: number, protection (hmac-sha256-128, aes-gmac-128, aes-256-gcm ...), key in hexadecimal. The first one is sent with
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl KeyArguments {
    /// Reads the file, if there is one.
    pub(crate) fn read(&self) -> Result<Option<Arc<dyn KeySource>>, Failure> {
        let Some(path) = &self.keys else {
            return Ok(None);
        };
        let wrong = |reason: String| Failure::failed(format_args!("{}: {reason}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let keys = Keys::new();
        let mut count = 0;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                keys.add(key(line).map_err(|reason| wrong(format!("line {number}: {reason}")))?);
                count += 1;
            }
        }
        match count {
            0 => Err(wrong("there are no keys".to_owned())),
            _ => Ok(Some(Arc::new(keys))),
        }
    }
}

/// Reads a line. What it says of a key is not repeated in the reason.
fn key(line: &str) -> Result<Key, String> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let [id, protection, key] = fields[..] else {
        return Err("expected number, protection and key".to_owned());
    };
    let id = id.parse().map_err(|_| "the number is none".to_owned())?;
    let protection: Protection = protection
        .parse()
        .map_err(|error: iec61850::Error| error.to_string())?;
    let octets = hexadecimal(key).ok_or("the key is not hexadecimal")?;
    Key::new(id, protection, &octets).map_err(|error| error.to_string())
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| {
        pairs
            .map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_file() {
        let good = key("7 hmac-sha256-128 000102030405060708090a0b0c0d0e0F").unwrap();
        assert_eq!(
            (good.id(), good.protection()),
            (7, Protection::HmacSha256_128)
        );
        for (bad, reason) in [
            ("7 hmac-sha256-128", "expected"),
            ("x hmac-sha256-128 00", "number"),
            ("7 rot13 00", "rot13"),
            ("7 aes-128-gcm 0", "hexadecimal"),
            ("7 aes-128-gcm 00", "length"),
            (
                "0 aes-128-gcm 00000000000000000000000000000000",
                "0 is no key",
            ),
        ] {
            let error = key(bad).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
