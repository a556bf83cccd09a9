//! The folder whose files are served.

use super::owned::c_text;
use super::server::Inner;
use crate::Error;
use libiec61850_sys as sys;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

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
        *self.base.lock() = absolute(path)?;
        self.settings.base.store(true, Ordering::Release);
        self.apply_at_rest();
        Ok(())
    }

    pub(super) fn base_path(&self) -> PathBuf {
        self.base.lock().clone()
    }

    /// Tells the library of texts that have changed. It frees those it had, which its thread may be reading: so only that
    /// thread does it, in a callback, or nobody while it does not run.
    pub(super) fn apply_settings(&self) {
        if self.settings.base.swap(false, Ordering::AcqRel) {
            let text = c_text(&with_separator(&self.base_path()));
            // SAFETY: the server is alive; the text is copied. Nobody reads the one before.
            unsafe { sys::IedServer_setFilestoreBasepath(self.server.as_ptr(), text.as_ptr()) }
        }
        if self.settings.identity.swap(false, Ordering::AcqRel) {
            let identity = self.handlers.identity();
            let (vendor, model, revision) = (
                c_text(&identity.vendor),
                c_text(&identity.model),
                c_text(&identity.revision),
            );
            // SAFETY: as above.
            unsafe {
                sys::IedServer_setServerIdentity(
                    self.server.as_ptr(),
                    vendor.as_ptr(),
                    model.as_ptr(),
                    revision.as_ptr(),
                );
            }
        }
    }
}

/// What the library is still to be told.
#[derive(Default)]
pub(super) struct Settings {
    base: AtomicBool,
    pub(super) identity: AtomicBool,
}
