//! SEQUENCE OF: views of checked lists, and lists that are written until the room is used up.

use crate::ber::{BerError, Mark, Reader, Tag, Tlv, Writer};
use crate::name::identifier;
use crate::{DataView, ObjectName};
use std::fmt;
use std::marker::PhantomData;

/// What a [`List`] can hold.
pub trait ListElement<'a>: Sized {
    /// Reads one element and checks it to its last leaf.
    ///
    /// # Errors
    /// [`BerError`] if the element is malformed.
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError>;

    /// Reads an element that [`ListElement::from_element`] accepted before.
    fn from_checked(tlv: Tlv<'a>) -> Option<Self> {
        Self::from_element(tlv).ok()
    }
}

/// A SEQUENCE OF in a PDU: checked to its last leaf when the PDU was decoded, read element by
/// element when it is iterated.
#[derive(PartialEq, Eq)]
pub struct List<'a, T> {
    content: &'a [u8],
    count: usize,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        List {
            content: &[],
            count: 0,
            element: PhantomData,
        }
    }
}

impl<'a, T: ListElement<'a>> List<'a, T> {
    /// Checks the content of a SEQUENCE OF.
    ///
    /// # Errors
    /// [`BerError`] if one of the elements is malformed.
    pub fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut reader = Reader::new(content);
        let mut count = 0;
        while let Some(tlv) = reader.take()? {
            T::from_element(tlv)?;
            count += 1;
        }
        Ok(List {
            content,
            count,
            element: PhantomData,
        })
    }

    /// The elements in their order.
    pub fn iter(&self) -> ListIter<'a, T> {
        ListIter {
            reader: Reader::new(self.content),
            element: PhantomData,
        }
    }
}

impl<T> List<'_, T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Writes the list under `tag`, its elements as they came.
    pub fn encode(&self, w: &mut Writer<'_>, tag: Tag) {
        w.primitive(tag, self.content);
    }
}

impl<'a, T: ListElement<'a>> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

impl<'a, T: ListElement<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The elements of a [`List`].
pub struct ListIter<'a, T> {
    reader: Reader<'a>,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for ListIter<'_, T> {
    fn clone(&self) -> Self {
        ListIter {
            reader: self.reader,
            element: PhantomData,
        }
    }
}

impl<T> fmt::Debug for ListIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListIter")
            .field("remaining", &self.reader.remaining().len())
            .finish()
    }
}

impl<'a, T: ListElement<'a>> Iterator for ListIter<'a, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        T::from_checked(self.reader.take().ok().flatten()?)
    }
}

impl<'a> ListElement<'a> for DataView<'a> {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        DataView::from_tlv(tlv)
    }

    #[inline]
    fn from_checked(tlv: Tlv<'a>) -> Option<Self> {
        Some(DataView::from_checked(tlv))
    }
}

impl<'a> ListElement<'a> for ObjectName<'a> {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        ObjectName::from_tlv(tlv)
    }
}

/// Identifiers and other VisibleStrings.
impl<'a> ListElement<'a> for &'a str {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        if tlv.tag != Tag::VISIBLE_STRING {
            return Err(BerError::UnexpectedTag {
                expected: Tag::VISIBLE_STRING,
                found: tlv.tag,
            });
        }
        identifier(tlv.content)
    }
}

/// Writes a list inside a response until the room of the writer is used up.
///
/// The elements that enclose the list are still open while it grows, so an element counts as
/// fitting only if the longer length octets of all of them fit as well.
#[derive(Debug)]
pub(super) struct ListWriter {
    /// The service element, a list element, and an explicit tag around the list if it has one.
    marks: [Option<(Mark, usize)>; 3],
}

/// Octets in front of the service element in a confirmed response: tag and length of the PDU and
/// an invoke id of five octets.
const PDU_HEAD: usize = 9;

impl ListWriter {
    /// Opens the elements `tags` inside one another; the last one is the list.
    pub(super) fn begin(w: &mut Writer<'_>, tags: [Option<Tag>; 3]) -> Self {
        ListWriter {
            marks: tags.map(|tag| {
                tag.map(|tag| {
                    let mark = w.begin(tag);
                    (mark, w.position())
                })
            }),
        }
    }

    /// Whether `reserve` more octets fit behind the list once all open lengths are filled in.
    pub(super) fn fits(&self, w: &Writer<'_>, reserve: usize) -> bool {
        let [service, outer, list] = &self.marks;
        let end = w.position();
        let mut needed = 0;
        for (_, start) in [list, outer].into_iter().flatten() {
            needed += length_growth(end - start + needed);
        }
        needed += reserve;
        if let Some((_, start)) = service {
            needed += length_growth(end - start + needed);
            needed += length_growth(end - start + needed + PDU_HEAD);
        }
        !w.overflowed() && needed <= w.room()
    }

    /// Writes one element, or leaves everything as it is and returns false if the element and
    /// `reserve` octets behind the list do not fit.
    pub(super) fn push<'w>(
        &self,
        w: &mut Writer<'w>,
        reserve: usize,
        element: impl FnOnce(&mut Writer<'w>),
    ) -> bool {
        let before = w.position();
        element(w);
        let fits = self.fits(w, reserve);
        if !fits {
            w.truncate(before);
        }
        fits
    }

    /// Closes the list (and the explicit tag around it), writes `rest` and closes the service.
    pub(super) fn end<'w>(self, w: &mut Writer<'w>, rest: impl FnOnce(&mut Writer<'w>)) {
        let [service, outer, list] = self.marks;
        for (mark, _) in [list, outer].into_iter().flatten() {
            w.end(mark);
        }
        rest(w);
        if let Some((mark, _)) = service {
            w.end(mark);
        }
    }
}

/// By how much the length octets of an element grow when it ends: one is written in advance.
fn length_growth(length: usize) -> usize {
    match length {
        0..0x80 => 0,
        0x80..0x100 => 1,
        0x100..0x1_0000 => 2,
        0x1_0000..0x100_0000 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_element_spoils_the_list() {
        let good = [0x1a, 1, b'a', 0x1a, 1, b'b'];
        let list = List::<&str>::decode(&good).unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((list.len(), list.is_empty()), (2, false));
        assert_eq!(format!("{list:?}"), r#"["a", "b"]"#);
        for cut in [1, 2, 4, 5] {
            assert!(List::<&str>::decode(&good[..cut]).is_err());
        }
        assert!(List::<&str>::decode(&[0x1a, 1, b'a', 0x19, 1, b'b']).is_err());
    }

    #[test]
    fn growth_of_lengths() {
        for (length, growth) in [
            (127, 0),
            (128, 1),
            (255, 1),
            (256, 2),
            (65_535, 2),
            (65_536, 3),
        ] {
            let mut out = vec![];
            let mut w = Writer::unbounded(&mut out);
            w.constructed(Tag::SEQUENCE, |w| w.raw(&vec![0; length]));
            assert_eq!(out.len(), 2 + length + growth);
            assert_eq!(length_growth(length), growth);
        }
    }
}
