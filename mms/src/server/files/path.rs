//! From the names of peers to paths that stay below the base folder.

use super::obtain::PARTIAL_PREFIX;
use super::{FileStore, file_error};
use crate::ServiceError;
use crate::pdu::FileName;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The path below the base folder that a name means; `None` for names that could mean anything
/// else. The empty path is the base folder itself.
pub(super) fn relative(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in name.split(['/', '\\']) {
        if part.is_empty() || part == "." {
            continue;
        }
        // What the platform takes for more than a plain name (`..`, a drive) is refused.
        let mut components = Path::new(part).components();
        match (components.next(), components.next()) {
            (Some(Component::Normal(plain)), None) if is_plain(part) => path.push(plain),
            _ => return None,
        }
    }
    Some(path)
}

/// Whether a part of a name can be the name of a file of ours.
fn is_plain(part: &str) -> bool {
    // On Windows a colon leads to other contents of a file.
    let forbidden = |c: char| c == '\0' || cfg!(windows) && c == ':';
    // Case does not help where the file system does not tell cases apart.
    let partial = part
        .get(..PARTIAL_PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PARTIAL_PREFIX));
    !part.contains(forbidden) && !partial
}

impl FileStore {
    /// The base folder without links, so that everything below it can be told by its beginning.
    pub(super) fn base(&self) -> io::Result<PathBuf> {
        self.shared.base.canonicalize()
    }

    /// The path of something that exists, all links followed.
    pub(super) fn existing(&self, name: &FileName<'_>) -> Result<PathBuf, ServiceError> {
        let name = name.to_text();
        let Some(relative) = relative(&name) else {
            tracing::warn!(%name, "file name refused");
            return Err(ServiceError::FILE_NON_EXISTENT);
        };
        let base = self.base().map_err(file_error)?;
        let path = base.join(relative).canonicalize().map_err(file_error)?;
        if path.starts_with(&base) {
            Ok(path)
        } else {
            tracing::warn!(%name, "link out of the base folder refused");
            Err(ServiceError::FILE_NON_EXISTENT)
        }
    }

    /// The path of a file that is to come into being, in a folder that exists.
    pub(super) fn destination(&self, name: &FileName<'_>) -> Result<PathBuf, ServiceError> {
        let text = name.to_text();
        let relative = relative(&text).ok_or_else(|| {
            tracing::warn!(name = %text, "file name refused");
            ServiceError::FILE_ACCESS_DENIED
        })?;
        let file = relative.file_name().ok_or(ServiceError::FILENAME_SYNTAX)?;
        let folder = relative.parent().unwrap_or(Path::new(""));
        let base = self.base().map_err(file_error)?;
        let folder = base.join(folder).canonicalize().map_err(file_error)?;
        if !folder.starts_with(&base) {
            tracing::warn!(name = %text, "link out of the base folder refused");
            return Err(ServiceError::FILE_ACCESS_DENIED);
        }
        Ok(folder.join(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names() {
        for (name, path) in [
            ("a.txt", "a.txt"),
            ("/COMTRADE/rec1.dat", "COMTRADE/rec1.dat"),
            ("COMTRADE\\rec1.dat", "COMTRADE/rec1.dat"),
            ("//a//./b/", "a/b"),
            ("", ""),
            ("/", ""),
            ("..a/b..", "..a/b.."),
        ] {
            assert_eq!(relative(name), Some(PathBuf::from(path)), "{name}");
        }
        for name in [
            "..",
            "../a",
            "a/../b",
            "a\\..\\..\\b",
            "/..",
            "a\0b",
            ".obtain-1-1",
            "a/.Obtain-1-1",
        ] {
            assert_eq!(relative(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn never_climbs(name in "[./\\\\a\0:~]{0,12}") {
            if let Some(path) = relative(&name) {
                prop_assert!(path.components().all(|c| matches!(c, Component::Normal(_))));
                prop_assert!(!path.to_string_lossy().contains('\0'));
            }
        }
    }
}
