//! A table that is drawn again and again in its place, on a terminal.

use console::{Term, measure_text_width, truncate_str};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How often a table is drawn.
const PERIOD: Duration = Duration::from_millis(250);

/// The screen of a terminal.
pub(crate) struct Screen {
    term: Term,
    /// When it is drawn next.
    due: Instant,
    /// Lines that were drawn.
    lines: usize,
}

/// The screen, if standard output is a terminal.
pub(crate) fn of_stdout() -> Option<Screen> {
    let term = Term::stdout();
    term.is_term().then(|| Screen {
        term,
        due: Instant::now(),
        lines: 0,
    })
}

impl Screen {
    /// When the table is drawn next.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Draws the table in the place of the one before: as many lines as there is room for, and how many
    /// are left.
    pub(crate) fn draw(&mut self, now: Instant, lines: &[String]) -> io::Result<()> {
        self.due = now + PERIOD;
        let (height, width) = self.term.size();
        let (height, width) = (usize::from(height).max(3), usize::from(width).max(20));
        let room = height - 2;
        self.term.move_cursor_up(self.lines)?;
        let mut out = String::new();
        for line in lines.iter().take(room) {
            out.push_str(&truncate_str(line, width - 1, "…"));
            out.push_str("\x1b[K\n");
        }
        self.lines = lines.len().min(room);
        if let Some(left) = lines.len().checked_sub(room + 1) {
            out.push_str(&format!("and {} more\x1b[K\n", left + 1));
            self.lines += 1;
        }
        out.push_str("\x1b[J");
        self.term.write_all(out.as_bytes())?;
        self.term.flush()
    }
}

/// A text in a column: filled up, or cut off.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    let mut text = truncate_str(text, width, "…").into_owned();
    let used = measure_text_width(&text);
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns() {
        assert_eq!(fitted("ab", 4), "ab  ");
        assert_eq!(fitted("abcdef", 4), "abc…");
        assert_eq!(fitted("äöü", 3), "äöü");
    }
}
