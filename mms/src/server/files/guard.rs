//! Asking somebody before something is done with a file.

use super::path::relative;
use super::{FileStore, file_error};
use crate::ServiceError;
use crate::pdu::FileName;
use std::path::{Path, PathBuf};

/// What a peer wants to do. Paths are those below the base folder, with `/` between their parts
/// and none in front: of what exists, with links followed, and otherwise as the peer wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileOperation<'a> {
    /// List the files of a folder, `""` being the base folder, or look at one file.
    Directory {
        /// The folder or file.
        path: &'a str,
    },
    /// Open a file to read it.
    Open {
        /// The file.
        path: &'a str,
    },
    /// Delete a file.
    Delete {
        /// The file.
        path: &'a str,
    },
    /// Give a file another name.
    Rename {
        /// The file.
        current: &'a str,
        /// Its name to be.
        new: &'a str,
    },
    /// Bring a file in, in place of one of that name if there is one.
    Obtain {
        /// Its name here.
        destination: &'a str,
        /// Its name with the peer.
        source: &'a str,
    },
}

/// Decides about operations; an error is what the peer gets.
pub(super) type Guard<'a> = &'a dyn Fn(FileOperation<'_>) -> Result<(), ServiceError>;

/// A path below the base folder as text.
pub(super) fn text(below: &Path) -> String {
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

impl FileStore {
    /// The path of something that exists and that the guard permits to use. The guard is asked
    /// about what does not exist too, so that it can hide what there is.
    pub(super) fn permitted(
        &self,
        name: &FileName<'_>,
        guard: Guard<'_>,
        operation: impl FnOnce(&str) -> FileOperation<'_>,
    ) -> Result<PathBuf, ServiceError> {
        let found = self.existing(name);
        let asked = match &found {
            Ok(path) => self.below(path)?,
            Err(_) => self.lexical(name),
        };
        guard(operation(&asked))?;
        found
    }

    /// The path that a name means, for a guard: of what exists, with links followed.
    pub(super) fn asked_name(&self, name: &FileName<'_>) -> String {
        match self.existing(name).and_then(|path| self.below(&path)) {
            Ok(path) => path,
            Err(_) => self.lexical(name),
        }
    }

    /// Whether a name means the base folder.
    pub(super) fn is_root(&self, name: &FileName<'_>) -> bool {
        relative(&name.to_text()).is_some_and(|path| path.as_os_str().is_empty())
    }

    fn lexical(&self, name: &FileName<'_>) -> String {
        let name = name.to_text();
        match relative(&name) {
            Some(path) => text(&path),
            None => name.into_owned(),
        }
    }

    /// What [`FileStore::existing`] has found, from the base folder.
    pub(super) fn below(&self, path: &Path) -> Result<String, ServiceError> {
        let base = self.base().map_err(file_error)?;
        Ok(text(path.strip_prefix(&base).unwrap_or(Path::new(""))))
    }
}
