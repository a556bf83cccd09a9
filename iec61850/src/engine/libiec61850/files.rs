//! Files.

use std::path::Path;

/// A folder as the library wants it: with a separator behind it.
pub(super) fn base_path(path: &Path) -> String {
    let mut text = path.to_string_lossy().into_owned();
    if !text.is_empty() && !text.ends_with('/') {
        text.push('/');
    }
    text
}
