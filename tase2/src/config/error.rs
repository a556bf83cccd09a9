use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What is wrong with a configuration file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1; `None` if the file cannot be read at all.
    pub line: Option<usize>,
    /// The key or the entry; empty if it is the file as a whole.
    pub entry: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.entry.is_empty() {
            write!(f, ": {}", self.entry)?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        ConfigError {
            file: path.to_owned(),
            line: None,
            entry: String::new(),
            reason: error.to_string(),
        }
    }
}

/// A file that is being read.
pub(super) struct Source<'s> {
    pub(super) path: &'s Path,
    pub(super) text: &'s str,
}

impl Source<'_> {
    pub(super) fn error(
        &self,
        span: Option<Range<usize>>,
        entry: &str,
        reason: impl fmt::Display,
    ) -> ConfigError {
        let before = span.and_then(|span| self.text.get(..span.start));
        ConfigError {
            file: self.path.to_owned(),
            line: before.map(|before| before.matches('\n').count() + 1),
            entry: entry.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// An error of the TOML reader, with the key whose line it is.
    pub(super) fn toml(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span();
        let key = span.clone().and_then(|span| {
            let start = self
                .text
                .get(..span.start)?
                .rfind('\n')
                .map_or(0, |at| at + 1);
            let line = self.text.get(start..)?.lines().next()?;
            let key = line.split('=').next()?.trim();
            Some(key.to_owned())
        });
        self.error(span, &key.unwrap_or_default(), error.message())
    }
}

/// Says where something went wrong.
pub(super) fn at<T, E: fmt::Display>(
    source: &Source<'_>,
    span: Range<usize>,
    entry: &str,
    result: Result<T, E>,
) -> Result<T, ConfigError> {
    result.map_err(|error| source.error(Some(span), entry, error))
}
