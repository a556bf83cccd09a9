//! The words of a model file: statements such as `DA(stVal 0 0 0 1 0)=1;` and `DO(Mod 0){`.

/// One statement and where it begins.
#[derive(Debug, PartialEq)]
pub(super) struct Statement<'a> {
    /// Counted from 1.
    pub(super) line: u32,
    pub(super) content: Content<'a>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Content<'a> {
    /// `}`
    Close,
    /// `[3]=5;` or `[3]{`: the element of the array around it.
    Element(Body<'a>),
    /// Everything else.
    Named(&'a str, Body<'a>),
}

/// What follows the keyword.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Body<'a> {
    pub(super) arguments: Vec<&'a str>,
    pub(super) value: Option<Text<'a>>,
    /// Whether a `{` follows.
    pub(super) opens: bool,
}

/// A value behind `=`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Text<'a> {
    /// Without quotes.
    Plain(&'a str),
    /// In quotes, which are not part of it.
    Quoted(&'a str),
}

impl<'a> Text<'a> {
    pub(super) fn as_str(self) -> &'a str {
        match self {
            Text::Plain(text) | Text::Quoted(text) => text,
        }
    }
}

/// A place where the text does not have the form of a model file.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) line: u32,
    pub(super) token: String,
    pub(super) reason: &'static str,
}

/// No statement has more; the longest, RC, has nine.
const MAX_ARGUMENTS: usize = 16;

/// Takes a text apart.
#[derive(Debug)]
pub(super) struct Statements<'a> {
    rest: &'a str,
    pub(super) line: u32,
}

impl<'a> Statements<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Statements {
            rest: text.trim_start_matches('\u{feff}'),
            line: 1,
        }
    }

    /// The next statement, `None` at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Statement<'a>>, Fault> {
        self.skip(|c| c.is_whitespace() || c == ';');
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        let line = self.line;
        let content = match first {
            '}' => {
                self.rest = self.rest.strip_prefix('}').unwrap_or(self.rest);
                Content::Close
            }
            '[' => Content::Element(self.body('[', ']')?),
            _ => {
                let keyword = self.take(|c| c.is_ascii_alphabetic());
                if keyword.is_empty() {
                    return Err(self.fault("expected a keyword or }"));
                }
                self.skip_blanks();
                Content::Named(keyword, self.body('(', ')')?)
            }
        };
        Ok(Some(Statement { line, content }))
    }

    fn body(&mut self, open: char, close: char) -> Result<Body<'a>, Fault> {
        let mut body = Body {
            arguments: self.arguments(open, close)?,
            ..Body::default()
        };
        self.skip_blanks();
        if self.accept('=') {
            self.skip_blanks();
            body.value = Some(self.value()?);
            self.skip_blanks();
        }
        if self.accept(';') {
            self.skip_blanks();
        }
        body.opens = self.accept('{');
        Ok(body)
    }

    /// What stands between a bracket and its partner, which must be in the same line.
    fn arguments(&mut self, open: char, close: char) -> Result<Vec<&'a str>, Fault> {
        if !self.accept(open) {
            return Err(self.fault("expected ( after the keyword"));
        }
        let mut depth = 1;
        let end = self
            .line_rest()
            .char_indices()
            .find(|(_, c)| {
                depth += i32::from(*c == open) - i32::from(*c == close);
                depth == 0
            })
            .map(|(position, _)| position);
        let Some((inside, rest)) = end.and_then(|end| self.rest.split_at_checked(end)) else {
            return Err(self.fault("the bracket is not closed in its line"));
        };
        let arguments: Vec<&str> = inside.split_whitespace().collect();
        if arguments.len() > MAX_ARGUMENTS {
            return Err(self.fault("too many items"));
        }
        self.rest = rest.strip_prefix(close).unwrap_or(rest);
        Ok(arguments)
    }

    fn value(&mut self) -> Result<Text<'a>, Fault> {
        if self.accept('"') {
            let text = self.take(|c| c != '"' && c != '\n');
            if !self.accept('"') {
                return Err(self.fault("the quote is not closed in its line"));
            }
            return Ok(Text::Quoted(text));
        }
        let text = self.take(|c| !matches!(c, ';' | '{' | '\n')).trim();
        if text.contains('"') {
            return Err(self.fault("a quote in a value that does not begin with one"));
        }
        Ok(Text::Plain(text))
    }

    /// What is left of the line.
    fn line_rest(&self) -> &'a str {
        self.rest.split('\n').next().unwrap_or_default()
    }

    fn fault(&self, reason: &'static str) -> Fault {
        let token = self.line_rest().trim();
        Fault {
            line: self.line,
            token: token.chars().take(40).collect(),
            reason,
        }
    }

    fn accept(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        let taken = self.take(skipped);
        self.line += taken.bytes().filter(|byte| *byte == b'\n').count() as u32;
    }

    fn skip_blanks(&mut self) {
        self.skip(|c| matches!(c, ' ' | '\t' | '\r'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Statement<'_>>, Fault> {
        let mut statements = Statements::new(text);
        let mut found = Vec::new();
        while let Some(statement) = statements.next()? {
            found.push(statement);
        }
        Ok(found)
    }

    #[test]
    fn forms() {
        let text = "MODEL(a){\r\n\r\n DO(Mod 0) {\nDA(x 0 20 5 0 0)=\"a;b) c\";\n\
                    DA(y 0 3 0 0 0) = -5\nDE(AnIn(2)mag$f);\n[1]=7;\n}\n}";
        let found = all(text).unwrap();
        let body = |arguments: &[&'static str], value, opens| Body {
            arguments: arguments.to_vec(),
            value,
            opens,
        };
        let named = |line, keyword, body| Statement {
            line,
            content: Content::Named(keyword, body),
        };
        assert_eq!(
            found,
            [
                named(1, "MODEL", body(&["a"], None, true)),
                named(3, "DO", body(&["Mod", "0"], None, true)),
                named(
                    4,
                    "DA",
                    body(
                        &["x", "0", "20", "5", "0", "0"],
                        Some(Text::Quoted("a;b) c")),
                        false
                    )
                ),
                named(
                    5,
                    "DA",
                    body(
                        &["y", "0", "3", "0", "0", "0"],
                        Some(Text::Plain("-5")),
                        false
                    )
                ),
                named(6, "DE", body(&["AnIn(2)mag$f"], None, false)),
                Statement {
                    line: 7,
                    content: Content::Element(body(&["1"], Some(Text::Plain("7")), false)),
                },
                Statement {
                    line: 8,
                    content: Content::Close,
                },
                Statement {
                    line: 9,
                    content: Content::Close,
                },
            ]
        );
    }

    #[test]
    fn faults_name_the_place() {
        let fault = |text| {
            let fault = all(text).unwrap_err();
            (fault.line, fault.token, fault.reason)
        };
        assert_eq!(
            fault("MODEL(a){\nLD x"),
            (2, "x".to_string(), "expected ( after the keyword")
        );
        assert_eq!(
            fault("\n\nDO(Mod 0\n)"),
            (
                3,
                "Mod 0".to_string(),
                "the bracket is not closed in its line"
            )
        );
        assert_eq!(
            fault("DA(x)=\"abc\n\""),
            (1, String::new(), "the quote is not closed in its line")
        );
        assert_eq!(
            fault("DA(x)=abc\";"),
            (
                1,
                ";".to_string(),
                "a quote in a value that does not begin with one"
            )
        );
        assert_eq!(
            fault("# comment"),
            (1, "# comment".to_string(), "expected a keyword or }")
        );
    }
}
