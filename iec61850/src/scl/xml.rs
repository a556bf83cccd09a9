//! Reading SCL elements out of an XML tree: names without prefixes, foreign elements left out,
//! the place of each element kept for messages.

use super::SclOptions;
use super::error::{Location, SclError, SclWarning};
use roxmltree::Node;
use std::collections::HashSet;
use std::str::FromStr;
use std::sync::Arc;

/// More warnings than these are counted, not kept.
const MAX_WARNINGS: usize = 1000;

/// The place of an element, an index into [`Places`]; in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place(u32);

#[derive(Debug)]
struct Entry {
    line: u32,
    column: u32,
    parent: Place,
    element: &'static str,
    key: Box<str>,
}

/// Where the elements of a document are.
#[derive(Debug)]
pub(super) struct Places {
    file: Arc<str>,
    entries: Vec<Entry>,
}

impl Places {
    pub(super) fn file(&self) -> &Arc<str> {
        &self.file
    }

    pub(super) fn locate(&self, place: Place) -> Location {
        let mut names = Vec::new();
        let mut at = place;
        while let Some(entry) = self.entries.get(at.0 as usize) {
            names.push(if entry.key.is_empty() {
                entry.element.to_string()
            } else {
                format!("{}[{}]", entry.element, entry.key)
            });
            if entry.parent == at {
                break;
            }
            at = entry.parent;
        }
        // The root is the same everywhere and would only make the path longer.
        names.pop();
        names.reverse();
        let (line, column) = self
            .entries
            .get(place.0 as usize)
            .map_or((0, 0), |entry| (entry.line, entry.column));
        Location {
            file: self.file.clone(),
            line,
            column,
            path: names.join("/"),
        }
    }

    /// A table without entries.
    pub(super) fn empty(file: Arc<str>) -> Self {
        Places {
            file,
            entries: Vec::new(),
        }
    }

    /// The root element.
    pub(super) fn root() -> Place {
        Place(0)
    }
}

/// Collects what is wrong, or makes an error of it at once.
#[derive(Debug)]
pub(super) struct Problems {
    strict: bool,
    seen: HashSet<(Place, String)>,
    warnings: Vec<SclWarning>,
    left_out: usize,
}

impl Problems {
    pub(super) fn new(options: &SclOptions) -> Self {
        Problems {
            strict: options.strict,
            seen: HashSet::new(),
            warnings: Vec::new(),
            left_out: 0,
        }
    }

    /// Notes a problem once per place, or refuses the file if the reader is strict.
    pub(super) fn note(
        &mut self,
        places: &Places,
        place: Place,
        reason: impl Into<String>,
    ) -> Result<(), SclError> {
        let reason = reason.into();
        if self.strict {
            return Err(SclError::Invalid {
                location: places.locate(place),
                reason,
            });
        }
        if self.warnings.len() >= MAX_WARNINGS {
            self.left_out += 1;
        } else if self.seen.insert((place, reason.clone())) {
            self.warnings.push(SclWarning {
                location: places.locate(place),
                reason,
            });
        }
        Ok(())
    }

    pub(super) fn into_warnings(self, places: &Places) -> Vec<SclWarning> {
        let mut warnings = self.warnings;
        if self.left_out > 0 {
            warnings.push(SclWarning {
                location: places.locate(Places::root()),
                reason: format!("{} more warnings are not listed", self.left_out),
            });
        }
        warnings
    }
}

/// Line and column of byte offsets. Offsets of one line should come in ascending order, so that a
/// file that is one long line is not counted from its start each time.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// Line index, offset and column reached last.
    last: (usize, usize, u32),
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(offset, _)| offset + 1));
        Lines {
            text,
            starts,
            last: (0, 0, 1),
        }
    }

    fn position(&mut self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let start = self.starts.get(line).copied().unwrap_or(0);
        let (from, column) = match self.last {
            (last_line, last_offset, last_column) if last_line == line && last_offset <= offset => {
                (last_offset, last_column)
            }
            _ => (start, 1),
        };
        let between = self.text.get(from..offset).unwrap_or_default();
        let column = column + between.chars().count() as u32;
        self.last = (line, offset, column);
        (line as u32 + 1, column)
    }
}

/// An SCL element and its place.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    node: Node<'a, 'a>,
    pub(super) place: Place,
}

impl<'a> Element<'a> {
    /// The local name.
    pub(super) fn name(&self) -> &'a str {
        self.node.tag_name().name()
    }

    /// An attribute without namespace.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.node.attribute(name)
    }

    /// An attribute, empty if it is missing.
    pub(super) fn text_attribute(&self, name: &str) -> String {
        self.attribute(name).unwrap_or_default().to_string()
    }

    /// An attribute that is missing if it is empty.
    pub(super) fn filled_attribute(&self, name: &str) -> Option<String> {
        self.attribute(name)
            .filter(|value| !value.trim().is_empty())
            .map(str::to_string)
    }

    /// All attributes without namespace.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.node
            .attributes()
            .filter(|attribute| attribute.namespace().is_none())
            .map(|attribute| (attribute.name(), attribute.value()))
    }

    /// The elements inside that share the namespace; their place is that of this element.
    pub(super) fn inner(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let Element { node, place } = *self;
        node.children()
            .filter(move |child| {
                child.is_element() && child.tag_name().namespace() == node.tag_name().namespace()
            })
            .map(move |node| Element { node, place })
    }

    /// The text inside the element, comments left out.
    pub(super) fn content(&self) -> String {
        let mut content = String::new();
        for child in self.node.children().filter(Node::is_text) {
            content.push_str(child.text().unwrap_or_default());
        }
        content
    }
}

/// Walks an XML tree.
pub(super) struct Reader<'a> {
    namespace: Option<&'a str>,
    lines: Lines<'a>,
    pub(super) places: Places,
    pub(super) problems: Problems,
}

impl<'a> Reader<'a> {
    /// A reader for the elements that share the namespace of `root`.
    pub(super) fn new(
        text: &'a str,
        root: Node<'a, 'a>,
        file: Arc<str>,
        options: &SclOptions,
    ) -> (Self, Element<'a>) {
        let mut reader = Reader {
            namespace: root.tag_name().namespace(),
            lines: Lines::new(text),
            places: Places::empty(file),
            problems: Problems::new(options),
        };
        let place = reader.enter(root, Places::root(), "SCL", "");
        (reader, Element { node: root, place })
    }

    fn enter(
        &mut self,
        node: Node<'a, 'a>,
        parent: Place,
        element: &'static str,
        key: &str,
    ) -> Place {
        let (line, column) = self.lines.position(node.range().start);
        let place = Place(self.places.entries.len() as u32);
        self.places.entries.push(Entry {
            line,
            column,
            parent,
            element,
            key: key.into(),
        });
        place
    }

    /// The SCL elements inside `parent` that have one of the names of `wanted`, in the order of
    /// the file. With each name stands the attribute that identifies such an element.
    pub(super) fn children(
        &mut self,
        parent: Element<'a>,
        wanted: &[(&'static str, &str)],
    ) -> Vec<Element<'a>> {
        let mut found = Vec::new();
        for node in parent.node.children().filter(Node::is_element) {
            let name = node.tag_name();
            if name.namespace() != self.namespace {
                continue;
            }
            let Some(&(element, key)) = wanted.iter().find(|(n, _)| *n == name.name()) else {
                continue;
            };
            let key = node.attribute(key).unwrap_or_default();
            let place = self.enter(node, parent.place, element, key);
            found.push(Element { node, place });
        }
        found
    }

    /// Gives an element another key in paths than its attribute: the full name of an LN.
    pub(super) fn rename(&mut self, place: Place, key: &str) {
        if let Some(entry) = self.places.entries.get_mut(place.0 as usize) {
            entry.key = key.into();
        }
    }

    /// Notes a problem; see [`Problems::note`].
    pub(super) fn problem(
        &mut self,
        place: Place,
        reason: impl Into<String>,
    ) -> Result<(), SclError> {
        self.problems.note(&self.places, place, reason)
    }

    /// An attribute that must be there and not be empty; its lack is a problem.
    pub(super) fn required(
        &mut self,
        element: Element<'a>,
        attribute: &str,
    ) -> Result<Option<String>, SclError> {
        let value = element.filled_attribute(attribute);
        if value.is_none() {
            self.problem(
                element.place,
                format!("{} without {attribute} is left out", element.name()),
            )?;
        }
        Ok(value)
    }

    /// A number; `default` if the attribute is missing or, with a problem noted, not a number in
    /// the range of `T`.
    pub(super) fn number<T: FromStr>(
        &mut self,
        element: Element<'a>,
        attribute: &str,
        default: T,
    ) -> Result<T, SclError> {
        let Some(text) = element.attribute(attribute).map(str::trim) else {
            return Ok(default);
        };
        if text.is_empty() {
            return Ok(default);
        }
        match text.strip_prefix('+').unwrap_or(text).parse() {
            Ok(number) => Ok(number),
            Err(_) => {
                let reason = format!("{attribute}=\"{text}\" is not a valid number, ignored");
                self.problem(element.place, reason)?;
                Ok(default)
            }
        }
    }

    /// A truth value; `default` if the attribute is missing or, with a problem noted, something
    /// else.
    pub(super) fn boolean(
        &mut self,
        element: Element<'a>,
        attribute: &str,
        default: bool,
    ) -> Result<bool, SclError> {
        match element.attribute(attribute).map(str::trim) {
            None | Some("") => Ok(default),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => {
                let reason = format!("{attribute}=\"{text}\" is not true or false, ignored");
                self.problem(element.place, reason)?;
                Ok(default)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns() {
        let text = "ab\n\u{e4}\u{f6}x\ny";
        let mut lines = Lines::new(text);
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(3), (2, 1));
        assert_eq!(lines.position(7), (2, 3));
        assert_eq!(lines.position(5), (2, 2), "backwards");
        assert_eq!(lines.position(9), (3, 1));
    }
}
