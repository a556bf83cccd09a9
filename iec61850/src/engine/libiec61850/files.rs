//! The folder whose files are served.

use super::owned::c_text;
use super::server::Inner;
use crate::Error;
use libiec61850_sys as sys;
use std::path::{Path, PathBuf};

/// A folder as the library wants it: with a separator behind it.
pub(super) fn with_separator(path: &Path) -> String {
    let mut text = path.to_string_lossy().into_owned();
    if !text.is_empty() && !text.ends_with('/') {
        text.push('/');
    }
    text
}

/// The folder as it is meant now, whatever becomes of the current folder.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|source| Error::Io {
        context: format!("folder of files {}", path.display()),
        source,
    })
}

impl Inner {
    /// As [`crate::engine::ServerEngine::set_filestore_basepath`].
    pub(super) fn set_base_path(&self, path: &Path) -> Result<(), Error> {
        let path = absolute(path)?;
        let text = c_text(&with_separator(&path));
        // SAFETY: the server is alive; the text is copied. The library reads it in its own thread without a
        // lock: as it says, the path is set before the server starts, or while no client uses files.
        unsafe { sys::IedServer_setFilestoreBasepath(self.server.as_ptr(), text.as_ptr()) }
        *self.base.lock() = path;
        Ok(())
    }

    pub(super) fn base_path(&self) -> PathBuf {
        self.base.lock().clone()
    }
}
