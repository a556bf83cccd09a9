//! Parts of variables: ISO 9506-2 `AlternateAccess`.
//!
//! A path such as "component `mag` of element 2" is nested: each level selects with one
//! [`AccessStep`] and, where it goes on, holds the alternate access that applies to what was
//! selected. A level may select several parts side by side.

use super::wire::lenient_u32;
use crate::MAX_DATA_NESTING;
use crate::ber::{BerError, Reader, Tag, Tlv, Writer};
use crate::name::identifier;

pub(super) const ALTERNATE_ACCESS: Tag = Tag::context_constructed(5);
/// The named form inside an alternate access, which carries the number of the field around it.
const NAMED: Tag = Tag::context_constructed(5);
const SELECT_ALTERNATE_ACCESS: Tag = Tag::context_constructed(0);
const COMPONENT_NAME: Tag = Tag::context(0);
const LOW_INDEX: Tag = Tag::context(0);
const NUMBER_OF_ELEMENTS: Tag = Tag::context(1);

/// What one level of an alternate access selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessStep<'a> {
    /// The component of a structure with this name.
    Component(&'a str),
    /// The element of an array with this index, counted from 0.
    Index(u32),
    /// Elements of an array.
    IndexRange {
        /// Index of the first, counted from 0.
        low: u32,
        /// How many.
        count: u32,
    },
    /// All elements of an array.
    AllElements,
}

impl<'a> AccessStep<'a> {
    /// `first` is the tag number of the first alternative: 0 where another level follows, 1 where
    /// the selection ends.
    fn from_tlv(tlv: Tlv<'a>, first: u32) -> Result<Self, BerError> {
        if !tlv.tag.is_context() || tlv.tag.is_constructed() != (tlv.tag.number() == first + 2) {
            return Err(BerError::UnknownChoice(tlv.tag));
        }
        match tlv.tag.number().checked_sub(first) {
            Some(0) => identifier(tlv.content).map(AccessStep::Component),
            Some(1) => lenient_u32(tlv.content).map(AccessStep::Index),
            Some(2) => {
                let mut r = tlv.reader();
                let low = lenient_u32(r.expect(LOW_INDEX)?)?;
                let count = lenient_u32(r.expect(NUMBER_OF_ELEMENTS)?)?;
                r.finish()?;
                Ok(AccessStep::IndexRange { low, count })
            }
            Some(3) => Ok(AccessStep::AllElements),
            _ => Err(BerError::UnknownChoice(tlv.tag)),
        }
    }

    fn encode(&self, w: &mut Writer<'_>, first: u8) {
        match self {
            AccessStep::Component(name) => w.text(Tag::context(first), name),
            AccessStep::Index(index) => w.unsigned(Tag::context(first + 1), (*index).into()),
            AccessStep::IndexRange { low, count } => {
                w.constructed(Tag::context_constructed(first + 2), |w| {
                    w.unsigned(LOW_INDEX, (*low).into());
                    w.unsigned(NUMBER_OF_ELEMENTS, (*count).into());
                });
            }
            AccessStep::AllElements => w.null(Tag::context(first + 3)),
        }
    }
}

/// One selection of an alternate access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection<'a> {
    /// The name the selected part is to have in the resulting structure (the named form).
    pub component_name: Option<&'a str>,
    /// What is selected.
    pub step: AccessStep<'a>,
    /// The parts of what is selected; `None` is the whole.
    pub nested: Option<AlternateAccess<'a>>,
}

impl<'a> Selection<'a> {
    /// Reads one selection; what is nested in it is not looked at.
    fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        if tlv.tag != NAMED {
            return Self::unnamed(tlv);
        }
        let mut r = tlv.reader();
        let component_name = Some(identifier(r.expect(COMPONENT_NAME)?)?);
        let selection = Self::unnamed(r.any()?)?;
        r.finish()?;
        Ok(Selection {
            component_name,
            ..selection
        })
    }

    fn unnamed(tlv: Tlv<'a>) -> Result<Self, BerError> {
        let (step, nested) = if tlv.tag == SELECT_ALTERNATE_ACCESS {
            let mut r = tlv.reader();
            let step = AccessStep::from_tlv(r.any()?, 0)?;
            let content = r.expect(Tag::SEQUENCE)?;
            r.finish()?;
            (step, Some(AlternateAccess { content }))
        } else {
            (AccessStep::from_tlv(tlv, 1)?, None)
        };
        Ok(Selection {
            component_name: None,
            step,
            nested,
        })
    }
}

/// Parts of a variable, in the PDU and checked as a whole. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlternateAccess<'a> {
    content: &'a [u8],
}

impl<'a> AlternateAccess<'a> {
    /// Checks the content of an `AlternateAccess` to its last leaf.
    ///
    /// # Errors
    /// [`BerError`] if it is malformed, selects nothing, or is nested deeper than
    /// [`MAX_DATA_NESTING`].
    pub fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let access = AlternateAccess { content };
        access.check(0)?;
        Ok(access)
    }

    fn check(&self, depth: usize) -> Result<(), BerError> {
        if depth >= MAX_DATA_NESTING {
            return Err(BerError::TooDeep);
        }
        let mut reader = Reader::new(self.content);
        if reader.is_empty() {
            return Err(BerError::Truncated);
        }
        while let Some(tlv) = reader.take()? {
            if let Some(nested) = Selection::from_tlv(tlv)?.nested {
                nested.check(depth + 1)?;
            }
        }
        Ok(())
    }

    /// The selections of this level.
    pub fn selections(&self) -> Selections<'a> {
        Selections {
            reader: Reader::new(self.content),
        }
    }

    /// The selection of this level if there is exactly one, as in all paths libiec61850 sends.
    pub fn single(&self) -> Option<Selection<'a>> {
        let mut selections = self.selections();
        let first = selections.next()?;
        selections.next().is_none().then_some(first)
    }

    /// Writes the alternate access as the field of a list of variables it is.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.primitive(ALTERNATE_ACCESS, self.content);
    }
}

/// The selections of one level, see [`AlternateAccess::selections`].
#[derive(Clone, Copy, Debug)]
pub struct Selections<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Selections<'a> {
    type Item = Selection<'a>;

    fn next(&mut self) -> Option<Selection<'a>> {
        Selection::from_tlv(self.reader.take().ok().flatten()?).ok()
    }
}

/// What an [`AlternateAccessBuf`] is made from: a selection and the selections nested in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionTree {
    /// The name of the part in the result (the named form), if it is to have one.
    pub component_name: Option<String>,
    /// What is selected.
    pub step: OwnedAccessStep,
    /// The parts of what is selected; empty is the whole.
    pub nested: Vec<SelectionTree>,
}

/// An [`AccessStep`] that owns its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnedAccessStep {
    /// See [`AccessStep::Component`].
    Component(String),
    /// See [`AccessStep::Index`].
    Index(u32),
    /// See [`AccessStep::IndexRange`].
    IndexRange {
        /// Index of the first, counted from 0.
        low: u32,
        /// How many.
        count: u32,
    },
    /// See [`AccessStep::AllElements`].
    AllElements,
}

impl OwnedAccessStep {
    /// The same step, borrowed.
    pub fn as_ref(&self) -> AccessStep<'_> {
        match self {
            OwnedAccessStep::Component(name) => AccessStep::Component(name),
            OwnedAccessStep::Index(index) => AccessStep::Index(*index),
            OwnedAccessStep::IndexRange { low, count } => AccessStep::IndexRange {
                low: *low,
                count: *count,
            },
            OwnedAccessStep::AllElements => AccessStep::AllElements,
        }
    }
}

/// An alternate access that owns its octets: how a client makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlternateAccessBuf {
    content: Vec<u8>,
}

impl AlternateAccessBuf {
    /// One part, reached by these steps one after the other.
    ///
    /// # Errors
    /// [`BerError::Truncated`] without any step, [`BerError::TooDeep`] with more than
    /// [`MAX_DATA_NESTING`].
    pub fn path(steps: &[AccessStep<'_>]) -> Result<Self, BerError> {
        if steps.len() > MAX_DATA_NESTING {
            return Err(BerError::TooDeep);
        }
        let mut content = Vec::new();
        write_path(&mut Writer::unbounded(&mut content), steps);
        Self::checked(content)
    }

    /// The parts that these trees select.
    ///
    /// # Errors
    /// [`BerError::Truncated`] if nothing is selected, [`BerError::TooDeep`] with more than
    /// [`MAX_DATA_NESTING`] levels, [`BerError::BadString`] if a name is too long.
    pub fn new(selections: &[SelectionTree]) -> Result<Self, BerError> {
        let mut content = Vec::new();
        write_trees(&mut Writer::unbounded(&mut content), selections, 0)?;
        Self::checked(content)
    }

    fn checked(content: Vec<u8>) -> Result<Self, BerError> {
        AlternateAccess::decode(&content)?;
        Ok(AlternateAccessBuf { content })
    }

    /// The same alternate access, borrowed.
    pub fn as_ref(&self) -> AlternateAccess<'_> {
        AlternateAccess {
            content: &self.content,
        }
    }
}

fn write_path(w: &mut Writer<'_>, steps: &[AccessStep<'_>]) {
    match steps {
        [] => {}
        [last] => last.encode(w, 1),
        [step, rest @ ..] => w.constructed(SELECT_ALTERNATE_ACCESS, |w| {
            step.encode(w, 0);
            w.constructed(Tag::SEQUENCE, |w| write_path(w, rest));
        }),
    }
}

fn write_trees(w: &mut Writer<'_>, trees: &[SelectionTree], depth: usize) -> Result<(), BerError> {
    if depth >= MAX_DATA_NESTING {
        return Err(BerError::TooDeep);
    }
    for tree in trees {
        let named = tree.component_name.as_ref().map(|name| {
            let mark = w.begin(NAMED);
            w.text(COMPONENT_NAME, name);
            mark
        });
        if tree.nested.is_empty() {
            tree.step.as_ref().encode(w, 1);
        } else {
            let select = w.begin(SELECT_ALTERNATE_ACCESS);
            tree.step.as_ref().encode(w, 0);
            let nested = w.begin(Tag::SEQUENCE);
            write_trees(w, &tree.nested, depth + 1)?;
            w.end(nested);
            w.end(select);
        }
        if let Some(mark) = named {
            w.end(mark);
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step() -> impl Strategy<Value = OwnedAccessStep> {
        prop_oneof![
            "[A-Za-z0-9_]{1,12}".prop_map(OwnedAccessStep::Component),
            any::<u32>().prop_map(OwnedAccessStep::Index),
            any::<(u32, u32)>().prop_map(|(low, count)| OwnedAccessStep::IndexRange { low, count }),
            Just(OwnedAccessStep::AllElements),
        ]
    }

    pub(crate) fn trees() -> impl Strategy<Value = Vec<SelectionTree>> {
        let leaf =
            (proptest::option::of("[a-z]{1,5}"), step()).prop_map(|(name, step)| SelectionTree {
                component_name: name,
                step,
                nested: vec![],
            });
        let tree = leaf.prop_recursive(4, 12, 3, |inner| {
            (
                proptest::option::of("[a-z]{1,5}"),
                step(),
                proptest::collection::vec(inner, 1..4),
            )
                .prop_map(|(component_name, step, nested)| SelectionTree {
                    component_name,
                    step,
                    nested,
                })
        });
        proptest::collection::vec(tree, 1..4)
    }

    /// The tree a view describes, read through the public iterators only.
    fn read_back(access: AlternateAccess<'_>) -> Vec<SelectionTree> {
        access
            .selections()
            .map(|s| SelectionTree {
                component_name: s.component_name.map(str::to_owned),
                step: match s.step {
                    AccessStep::Component(name) => OwnedAccessStep::Component(name.into()),
                    AccessStep::Index(index) => OwnedAccessStep::Index(index),
                    AccessStep::IndexRange { low, count } => {
                        OwnedAccessStep::IndexRange { low, count }
                    }
                    AccessStep::AllElements => OwnedAccessStep::AllElements,
                },
                nested: s.nested.map(read_back).unwrap_or_default(),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn trees_round_trip(trees in trees()) {
            let buf = AlternateAccessBuf::new(&trees).unwrap();
            prop_assert_eq!(read_back(buf.as_ref()), trees);
        }

        #[test]
        fn never_panics(bytes: Vec<u8>) {
            if let Ok(access) = AlternateAccess::decode(&bytes) {
                read_back(access);
            }
        }
    }

    #[test]
    fn as_recorded_from_libiec61850() {
        // Golden 15: component mag of element 2, then component f of that.
        let buf = AlternateAccessBuf::path(&[
            AccessStep::Index(2),
            AccessStep::Component("cVal"),
            AccessStep::Component("f"),
        ])
        .unwrap();
        let mut out = vec![];
        buf.as_ref().encode(&mut Writer::unbounded(&mut out));
        assert_eq!(
            out,
            [
                0xa5, 20, 0xa0, 18, 0x81, 1, 2, 0x30, 13, 0xa0, 11, 0x80, 4, b'c', b'V', b'a',
                b'l', 0x30, 3, 0x81, 1, b'f'
            ]
        );
        let first = buf.as_ref().single().unwrap();
        assert_eq!(first.step, AccessStep::Index(2));
        let second = first.nested.unwrap().single().unwrap();
        assert_eq!(second.step, AccessStep::Component("cVal"));
    }

    #[test]
    fn depth_is_bounded() {
        let steps = vec![AccessStep::Index(0); MAX_DATA_NESTING];
        assert!(AlternateAccessBuf::path(&steps).is_ok());
        let steps = vec![AccessStep::Index(0); MAX_DATA_NESTING + 1];
        assert_eq!(AlternateAccessBuf::path(&steps), Err(BerError::TooDeep));
        let mut content = vec![0x82, 1, 0];
        for _ in 0..10_000 {
            let mut outer = vec![];
            let mut w = Writer::unbounded(&mut outer);
            w.constructed(SELECT_ALTERNATE_ACCESS, |w| {
                AccessStep::Index(0).encode(w, 0);
                w.primitive(Tag::SEQUENCE, &content);
            });
            content = outer;
        }
        assert_eq!(AlternateAccess::decode(&content), Err(BerError::TooDeep));
        assert_eq!(AlternateAccess::decode(&[]), Err(BerError::Truncated));
        assert_eq!(AlternateAccessBuf::path(&[]), Err(BerError::Truncated));
    }
}
