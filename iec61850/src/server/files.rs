//! The files of a server.

use super::{ClientConnection, IedServer};
use crate::Error;
use crate::common::{FileAccess, FileService};
use std::path::Path;
use std::sync::Arc;

/// Files.
impl IedServer {
    /// Serves the files below another folder from now on. Files that clients have open stay open.
    ///
    /// The folder need not be there: as long as it is not, the directory is empty and clients can
    /// bring no files in. The server never creates it. A relative path is taken from the current
    /// folder of now.
    ///
    /// # Errors
    /// [`Error::Io`] if the path is empty, or relative when the current folder is gone.
    pub fn set_filestore_basepath(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.engine.set_filestore_basepath(path.as_ref())
    }

    /// Asks `handler` before a client lists, opens, deletes, renames or brings in a file. It sees
    /// the path below the base folder, with `/` between its parts and none in front (`""` is the
    /// base folder); of what exists, with links followed. The second path is the name to be for
    /// [`FileService::Rename`], and the client's name of the file for [`FileService::Obtain`].
    /// It is asked about files that do not exist too. Without a handler all is allowed that the
    /// configuration allows; a panic denies.
    ///
    /// What a directory lists is not asked about file by file.
    pub fn set_file_access_handler(
        &self,
        handler: impl Fn(&ClientConnection, FileService, &str, Option<&str>) -> FileAccess
        + Send
        + Sync
        + 'static,
    ) {
        self.handlers.set_file_access_handler(Arc::new(handler));
    }
}
