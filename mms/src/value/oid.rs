use crate::ber::BerError;
use std::fmt;
use std::str::FromStr;

/// An OBJECT IDENTIFIER, kept in its encoded form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ObjectIdentifier(Box<[u8]>);

impl ObjectIdentifier {
    /// From the content octets of the encoding.
    ///
    /// # Errors
    /// [`BerError::BadObjectIdentifier`] if the content is empty, ends inside an arc, or has an
    /// arc above 2^32 - 1.
    pub fn from_content(content: &[u8]) -> Result<Self, BerError> {
        let mut arc: u64 = 0;
        let mut first = true;
        for octet in content {
            arc = arc << 7 | u64::from(octet & 0x7f);
            // The first number holds two arcs: 80 of it are for the root.
            let limit = u64::from(u32::MAX) + if first { 80 } else { 0 };
            if arc > limit {
                return Err(BerError::BadObjectIdentifier);
            }
            if octet & 0x80 == 0 {
                arc = 0;
                first = false;
            }
        }
        if content.last().is_some_and(|o| o & 0x80 == 0) {
            Ok(ObjectIdentifier(content.into()))
        } else {
            Err(BerError::BadObjectIdentifier)
        }
    }

    /// From its numbers.
    ///
    /// # Errors
    /// [`BerError::BadObjectIdentifier`] with fewer than two arcs, or if the first two are not
    /// ones of the standard (0.0 to 0.39, 1.0 to 1.39, 2.x).
    pub fn from_arcs(arcs: &[u32]) -> Result<Self, BerError> {
        let [root, second, rest @ ..] = arcs else {
            return Err(BerError::BadObjectIdentifier);
        };
        if *root > 2 || (*root < 2 && *second > 39) {
            return Err(BerError::BadObjectIdentifier);
        }
        let first = u64::from(*root) * 40 + u64::from(*second);
        let mut content = Vec::with_capacity(arcs.len() + 4);
        for arc in std::iter::once(first).chain(rest.iter().map(|a| u64::from(*a))) {
            let mut started = false;
            for shift in [28, 21, 14, 7, 0] {
                let octet = (arc >> shift & 0x7f) as u8;
                started |= octet != 0 || shift == 0;
                if started {
                    content.push(octet | if shift == 0 { 0 } else { 0x80 });
                }
            }
        }
        Ok(ObjectIdentifier(content.into()))
    }

    /// The content octets of the encoding.
    pub fn content(&self) -> &[u8] {
        &self.0
    }

    /// The numbers.
    pub fn arcs(&self) -> Vec<u32> {
        let mut arcs = Vec::with_capacity(self.0.len() + 1);
        let mut arc: u64 = 0;
        for octet in &self.0 {
            arc = arc << 7 | u64::from(octet & 0x7f);
            if octet & 0x80 == 0 {
                if arcs.is_empty() {
                    let root = (arc / 40).min(2);
                    arcs.push(root as u32);
                    arc -= root * 40;
                }
                arcs.push(arc as u32);
                arc = 0;
            }
        }
        arcs
    }
}

impl FromStr for ObjectIdentifier {
    type Err = BerError;

    /// Reads dotted numbers (`1.0.9506.2.3`), blanks or commas between them too.
    fn from_str(text: &str) -> Result<Self, BerError> {
        let arcs: Result<Vec<u32>, _> = text
            .split(['.', ',', ' '])
            .filter(|s| !s.is_empty())
            .map(str::parse)
            .collect();
        Self::from_arcs(&arcs.map_err(|_| BerError::BadObjectIdentifier)?)
    }
}

impl fmt::Display for ObjectIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, arc) in self.arcs().iter().enumerate() {
            write!(f, "{}{arc}", if i == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

impl fmt::Debug for ObjectIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectIdentifier({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_on_the_wire() {
        let oid: ObjectIdentifier = "1.0.9506.2.3".parse().unwrap();
        assert_eq!(oid.content(), &[0x28, 0xca, 0x22, 0x02, 0x03]);
        assert_eq!(oid.to_string(), "1.0.9506.2.3");
        let oid: ObjectIdentifier = "1.1.1.999.1".parse().unwrap();
        assert_eq!(oid.content(), &[0x29, 0x01, 0x87, 0x67, 0x01]);
        let oid: ObjectIdentifier = "2.999.4294967295".parse().unwrap();
        assert_eq!(
            ObjectIdentifier::from_content(oid.content())
                .unwrap()
                .to_string(),
            "2.999.4294967295"
        );
    }

    #[test]
    fn refused() {
        for bad in ["", "1", "3.1", "1.40", "1.x", "1.1.4294967296"] {
            assert!(bad.parse::<ObjectIdentifier>().is_err(), "{bad}");
        }
        assert!(ObjectIdentifier::from_content(&[0x2a, 0x81]).is_err());
        assert!(ObjectIdentifier::from_content(&[0x81, 0x81, 0x81, 0x81, 0x81, 1]).is_err());
        // 2^32 as second number, and 2^32 - 1.
        assert!(ObjectIdentifier::from_content(&[0x2a, 0x90, 0x80, 0x80, 0x80, 0]).is_err());
        assert!(ObjectIdentifier::from_content(&[0x2a, 0x8f, 0xff, 0xff, 0xff, 0x7f]).is_ok());
        assert!(ObjectIdentifier::from_content(&[]).is_err());
    }
}
