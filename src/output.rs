//! Writing for people: messages, trees, text of others.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

/// Standard output. It has to be flushed at the end, to notice errors.
pub(crate) type Output = BufWriter<StdoutLock<'static>>;

pub(crate) fn stdout() -> Output {
    BufWriter::with_capacity(64 << 10, io::stdout().lock())
}

/// One line on standard error. That nobody reads it is no reason to stop.
pub(crate) fn message(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes JSON for a program, indented so that people can read it too.
pub(crate) fn json(out: &mut impl Write, value: &serde_json::Value) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// Text from a file or a peer, safe for a terminal: control characters are shown as escapes.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// `1 report`, `2 reports`.
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Draws a tree line by line, with branches as `tree` draws them.
pub(crate) struct Tree<W> {
    out: W,
    prefix: String,
}

impl<W: Write> Tree<W> {
    pub(crate) fn new(out: W) -> Self {
        Tree {
            out,
            prefix: String::new(),
        }
    }

    /// A line at the root, with no branch before it.
    pub(crate) fn root(&mut self, label: impl fmt::Display) -> io::Result<()> {
        writeln!(self.out, "{}", printable(&label.to_string()))
    }

    /// A line below the current one; what is drawn before [`Tree::leave`] is below it.
    pub(crate) fn enter(&mut self, last: bool, label: impl fmt::Display) -> io::Result<()> {
        let (branch, below) = if last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let label = label.to_string();
        writeln!(self.out, "{}{branch}{}", self.prefix, printable(&label))?;
        self.prefix.push_str(below);
        Ok(())
    }

    /// Back to the line above.
    pub(crate) fn leave(&mut self) {
        for _ in 0..3 {
            self.prefix.pop();
        }
    }

    /// A line below the current one, and below it what `children` draws.
    pub(crate) fn branch(
        &mut self,
        last: bool,
        label: impl fmt::Display,
        children: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.enter(last, label)?;
        let done = children(self);
        self.leave();
        done
    }

    /// A line with nothing below it.
    pub(crate) fn leaf(&mut self, last: bool, label: impl fmt::Display) -> io::Result<()> {
        self.branch(last, label, |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_have_branches() {
        let mut out = Vec::new();
        let mut tree = Tree::new(&mut out);
        tree.root("root").unwrap();
        tree.branch(false, "a", |tree| tree.leaf(true, "b\n"))
            .unwrap();
        tree.branch(true, "c", |tree| tree.leaf(true, "d")).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "root\n├─ a\n│  └─ b\\n\n└─ c\n   └─ d\n"
        );
    }

    #[test]
    fn terminals_are_safe() {
        assert_eq!(printable("Kabel Süd"), "Kabel Süd");
        assert_eq!(printable("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
    }

    #[test]
    fn plurals() {
        assert_eq!(count(1, "warning"), "1 warning");
        assert_eq!(count(0, "warning"), "0 warnings");
    }
}
