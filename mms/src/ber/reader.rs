use super::{BerError, MAX_INDEFINITE_DEPTH, Tag};

/// One element: identifier and content, still in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier.
    pub tag: Tag,
    /// The content octets, without length and without end-of-contents octets.
    pub content: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The content as a series of elements.
    pub fn reader(&self) -> Reader<'a> {
        Reader::new(self.content)
    }
}

/// A bounds-checked cursor over a series of elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// Whether all elements have been taken.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The octets not taken yet.
    pub fn remaining(&self) -> &'a [u8] {
        self.rest
    }

    /// The tag of the next element, `None` at the end.
    pub fn peek(&self) -> Result<Option<Tag>, BerError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        split_tag(self.rest).map(|(tag, _)| Some(tag))
    }

    /// Takes the next element, `None` at the end.
    #[inline]
    pub fn take(&mut self) -> Result<Option<Tlv<'a>>, BerError> {
        // Nearly all elements have one octet of tag and one of length.
        if let [tag, length @ 0..=0x7f, rest @ ..] = self.rest
            && tag & 0x1f != 0x1f
            && let Some((content, rest)) = rest.split_at_checked(usize::from(*length))
        {
            self.rest = rest;
            return Ok(Some(Tlv {
                tag: Tag(u32::from(*tag)),
                content,
            }));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (tlv, rest) = split_tlv(self.rest, 0)?;
        self.rest = rest;
        Ok(Some(tlv))
    }

    /// Takes the next element, which has to be there.
    pub fn any(&mut self) -> Result<Tlv<'a>, BerError> {
        self.take()?.ok_or(BerError::Truncated)
    }

    /// Takes the next element, which has to carry `tag`, and returns its content.
    #[inline]
    pub fn expect(&mut self, tag: Tag) -> Result<&'a [u8], BerError> {
        match self.take()? {
            Some(tlv) if tlv.tag == tag => Ok(tlv.content),
            Some(tlv) => Err(BerError::UnexpectedTag {
                expected: tag,
                found: tlv.tag,
            }),
            None => Err(BerError::Missing(tag)),
        }
    }

    /// Like [`Reader::expect`], giving a reader over the content.
    pub fn expect_nested(&mut self, tag: Tag) -> Result<Reader<'a>, BerError> {
        self.expect(tag).map(Reader::new)
    }

    /// Takes the next element only if it carries `tag`.
    #[inline]
    pub fn optional(&mut self, tag: Tag) -> Result<Option<&'a [u8]>, BerError> {
        let before = self.rest;
        match self.take()? {
            Some(tlv) if tlv.tag == tag => Ok(Some(tlv.content)),
            Some(_) => {
                self.rest = before;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Refuses octets behind the last element.
    pub fn finish(&self) -> Result<(), BerError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(BerError::TrailingOctets)
        }
    }
}

fn split_tag(input: &[u8]) -> Result<(Tag, &[u8]), BerError> {
    let (&first, mut rest) = input.split_first().ok_or(BerError::Truncated)?;
    if first & 0x1f != 0x1f {
        return Ok((Tag(u32::from(first)), rest));
    }
    let mut raw = u32::from(first);
    for _ in 0..3 {
        let (&octet, tail) = rest.split_first().ok_or(BerError::Truncated)?;
        rest = tail;
        raw = (raw << 8) | u32::from(octet);
        if octet & 0x80 == 0 {
            return Ok((Tag(raw), rest));
        }
    }
    Err(BerError::TagTooLarge)
}

fn split_tlv(input: &[u8], depth: usize) -> Result<(Tlv<'_>, &[u8]), BerError> {
    let (tag, rest) = split_tag(input)?;
    let (&first, rest) = rest.split_first().ok_or(BerError::Truncated)?;
    if first < 0x80 {
        let (content, rest) = rest
            .split_at_checked(usize::from(first))
            .ok_or(BerError::Truncated)?;
        return Ok((Tlv { tag, content }, rest));
    }
    if first == 0x80 {
        if !tag.is_constructed() {
            return Err(BerError::BadIndefinite);
        }
        let (content, rest) = split_indefinite(rest, depth)?;
        return Ok((Tlv { tag, content }, rest));
    }
    let count = usize::from(first & 0x7f);
    let (octets, rest) = rest.split_at_checked(count).ok_or(BerError::Truncated)?;
    let mut length: usize = 0;
    for &octet in octets {
        if length > 0xff_ffff {
            return Err(BerError::BadLength);
        }
        length = (length << 8) | usize::from(octet);
    }
    let (content, rest) = rest.split_at_checked(length).ok_or(BerError::Truncated)?;
    Ok((Tlv { tag, content }, rest))
}

/// Finds the end-of-contents octets of an element of indefinite length.
fn split_indefinite(input: &[u8], depth: usize) -> Result<(&[u8], &[u8]), BerError> {
    if depth >= MAX_INDEFINITE_DEPTH {
        return Err(BerError::BadIndefinite);
    }
    let mut rest = input;
    loop {
        if let [0, 0, tail @ ..] = rest {
            let length = input.len() - rest.len();
            return Ok((&input[..length], tail));
        }
        let (_, tail) = split_tlv(rest, depth + 1)?;
        rest = tail;
    }
}

/// Content of an INTEGER as a signed number.
#[inline]
pub fn integer(content: &[u8]) -> Result<i64, BerError> {
    match content {
        [] => Err(BerError::IntegerRange),
        [first, rest @ ..] if content.len() <= 8 => {
            let mut value = i64::from(*first as i8);
            for &octet in rest {
                value = (value << 8) | i64::from(octet);
            }
            Ok(value)
        }
        // Redundant sign octets are legal in BER's looser readers; the value still has to fit.
        [sign @ (0 | 0xff), ..] => {
            let (redundant, value) = content.split_at(content.len() - 8);
            let value = integer(value)?;
            if redundant.iter().all(|octet| octet == sign) && (value < 0) == (*sign == 0xff) {
                Ok(value)
            } else {
                Err(BerError::IntegerRange)
            }
        }
        _ => Err(BerError::IntegerRange),
    }
}

/// Content of an INTEGER as an unsigned number.
///
/// Peers that leave out the leading zero octet of a value with the top bit set are common; only
/// values of fewer than nine octets can be told from negative ones by their field, so a negative
/// encoding is refused here.
#[inline]
pub fn unsigned(content: &[u8]) -> Result<u64, BerError> {
    match content {
        [] => Err(BerError::IntegerRange),
        [first, ..] if first & 0x80 != 0 => Err(BerError::IntegerRange),
        _ if content.len() <= 9 => {
            let mut value: u64 = 0;
            for &octet in content {
                if value >> 56 != 0 {
                    return Err(BerError::IntegerRange);
                }
                value = (value << 8) | u64::from(octet);
            }
            Ok(value)
        }
        _ => Err(BerError::IntegerRange),
    }
}

/// Content of an INTEGER restricted to 32 bits.
#[inline]
pub fn unsigned32(content: &[u8]) -> Result<u32, BerError> {
    unsigned(content)?
        .try_into()
        .map_err(|_| BerError::IntegerRange)
}

/// Content of a BOOLEAN.
pub fn boolean(content: &[u8]) -> Result<bool, BerError> {
    match content {
        [octet] => Ok(*octet != 0),
        _ => Err(BerError::BadBoolean),
    }
}

/// Content of a BIT STRING: the octets and the number of bits.
pub fn bit_string_content(content: &[u8]) -> Result<(&[u8], usize), BerError> {
    let (&unused, octets) = content.split_first().ok_or(BerError::BadBitString)?;
    if unused > 7 || (octets.is_empty() && unused != 0) {
        return Err(BerError::BadBitString);
    }
    Ok((octets, octets.len() * 8 - usize::from(unused)))
}

/// Content of a character string that has to be ASCII or UTF-8.
pub fn text(content: &[u8]) -> Result<&str, BerError> {
    std::str::from_utf8(content).map_err(|_| BerError::BadString)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definite_lengths() {
        let mut r = Reader::new(&[0x02, 0x01, 0x05, 0x81, 0x81, 0x01, 0xaa]);
        assert_eq!(
            r.take().unwrap().unwrap(),
            Tlv {
                tag: Tag::INTEGER,
                content: &[5]
            }
        );
        assert_eq!(r.expect(Tag::context(1)).unwrap(), &[0xaa]);
        assert_eq!(r.take().unwrap(), None);
        assert_eq!(
            Reader::new(&[0x02, 0x02, 0x05]).take(),
            Err(BerError::Truncated)
        );
        assert_eq!(
            Reader::new(&[0x02, 0x85, 1, 0, 0, 0, 0]).take(),
            Err(BerError::BadLength)
        );
        assert_eq!(Reader::new(&[0x02]).take(), Err(BerError::Truncated));
        assert_eq!(
            Reader::new(&[0x9f, 0xff, 0xff, 0xff, 1, 0]).take(),
            Err(BerError::TagTooLarge)
        );
    }

    #[test]
    fn indefinite_lengths() {
        let input = [
            0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x07, 0, 0, 0, 0, 0x05, 0x00,
        ];
        let mut r = Reader::new(&input);
        let outer = r.take().unwrap().unwrap();
        let mut inner = outer.reader().expect_nested(Tag::SEQUENCE).unwrap();
        assert_eq!(integer(inner.expect(Tag::INTEGER).unwrap()), Ok(7));
        assert_eq!(r.expect(Tag::NULL).unwrap(), &[] as &[u8]);
        assert_eq!(
            Reader::new(&[0x02, 0x80, 0, 0]).take(),
            Err(BerError::BadIndefinite)
        );
        assert_eq!(
            Reader::new(&[0xa0, 0x80, 0x05, 0]).take(),
            Err(BerError::Truncated)
        );
        let deep = [0xa0, 0x80].repeat(10_000);
        assert_eq!(Reader::new(&deep).take(), Err(BerError::BadIndefinite));
    }

    #[test]
    fn a_long_integer_takes_no_stack() {
        let mut long = vec![0; 60_000];
        long.push(7);
        let read = std::thread::Builder::new()
            .stack_size(64 * 1024)
            .spawn(move || integer(&long))
            .unwrap();
        assert_eq!(read.join().unwrap(), Ok(7));
    }

    #[test]
    fn optional_leaves_other_elements() {
        let mut r = Reader::new(&[0x81, 1, 9]);
        assert_eq!(r.optional(Tag::context(0)).unwrap(), None);
        assert_eq!(r.optional(Tag::context(1)).unwrap(), Some(&[9u8][..]));
        assert_eq!(r.optional(Tag::context(1)).unwrap(), None);
    }

    #[test]
    fn integers() {
        assert_eq!(integer(&[0xff]), Ok(-1));
        assert_eq!(integer(&[0x00, 0xff]), Ok(255));
        assert_eq!(integer(&[0x80, 0, 0, 0, 0, 0, 0, 0]), Ok(i64::MIN));
        assert_eq!(
            integer(&[0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Ok(i64::MAX)
        );
        assert_eq!(
            integer(&[0x00, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            Err(BerError::IntegerRange)
        );
        assert_eq!(integer(&[]), Err(BerError::IntegerRange));
        assert_eq!(integer(&[0xff; 9]), Ok(-1));
        assert_eq!(
            integer(&[0, 0xff, 0, 0, 0, 0, 0, 0, 0, 1]),
            Err(BerError::IntegerRange)
        );
        assert_eq!(
            unsigned(&[0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Ok(u64::MAX)
        );
        assert_eq!(unsigned(&[0xff]), Err(BerError::IntegerRange));
        assert_eq!(unsigned32(&[1, 0, 0, 0, 0]), Err(BerError::IntegerRange));
    }
}
