//! fileDirectory.

use super::guard::{Guard, text};
use super::obtain::PARTIAL_PREFIX;
use super::{FileOperation, FileStore, file_error, modified, size};
use crate::ServiceError;
use crate::association::{Answered, Reply};
use crate::pdu::{
    DirectoryEntry, FileAttributes, FileDirectoryRequest, FileDirectoryWriter, FileName,
};
use std::fs;
use std::path::{Path, PathBuf};

impl FileStore {
    /// Lists the files of a folder and of the folders in it, sorted by their names, with their
    /// paths from the base folder; or the one file that is named.
    pub(super) fn directory(
        &self,
        request: &FileDirectoryRequest<'_>,
        reply: Reply<'_>,
        guard: Guard<'_>,
    ) -> Answered {
        let (base, names) = match self.names(request.specification.as_ref(), guard) {
            Ok(found) => found,
            Err(error) => return reply.error(error),
        };
        // A file that has gone since the response before still says where to go on, because the
        // names are sorted.
        let start = request.continue_after.map_or(0, |name| {
            let name = name.to_text();
            names.partition_point(|file| **file <= *name)
        });
        let names = names.get(start..).unwrap_or_default();
        reply.try_respond(|w| {
            let mut response = FileDirectoryWriter::begin(w);
            let mut more_follows = false;
            let mut written = 0;
            for name in names {
                // Only files that go into this response are looked at. Those that have gone while
                // the folder was read are not there.
                let metadata = match fs::metadata(base.join(name)) {
                    Ok(metadata) if metadata.is_file() => metadata,
                    _ => continue,
                };
                let modified = modified(&metadata);
                let entry = DirectoryEntry {
                    name: name.as_str().into(),
                    attributes: FileAttributes {
                        size: size(&metadata),
                        last_modified: modified.as_deref(),
                    },
                };
                if !response.push(w, &entry) {
                    more_follows = true;
                    break;
                }
                written += 1;
            }
            if more_follows && written == 0 {
                return Err(ServiceError::PDU_SIZE);
            }
            response.end(w, more_follows);
            Ok(())
        })
    }

    /// The base folder, and the paths from it of the files that a directory request means.
    fn names(
        &self,
        specification: Option<&FileName<'_>>,
        guard: Guard<'_>,
    ) -> Result<(PathBuf, Vec<String>), ServiceError> {
        let root = FileName::from("");
        let specification = specification.unwrap_or(&root);
        let permitted = self.permitted(specification, guard, |path| FileOperation::Directory {
            path,
        });
        let path = match permitted {
            Ok(path) => path,
            // A base folder that is not there is an empty one.
            Err(ServiceError::FILE_NON_EXISTENT) if self.is_root(specification) => {
                return Ok((PathBuf::new(), Vec::new()));
            }
            Err(error) => return Err(error),
        };
        let base = self.base().map_err(file_error)?;
        let name = text(path.strip_prefix(&base).unwrap_or(Path::new("")));
        let metadata = fs::metadata(&path).map_err(file_error)?;
        if !metadata.is_dir() {
            return Ok((base, vec![name]));
        }
        let prefix = if name.is_empty() {
            String::new()
        } else {
            name + "/"
        };
        let mut names = Vec::new();
        let depth = self.shared.options.max_depth;
        self.walk(&base, &path, &prefix, depth, &mut names)
            .map_err(file_error)?;
        names.sort_unstable();
        Ok((base, names))
    }

    fn walk(
        &self,
        base: &Path,
        folder: &Path,
        prefix: &str,
        depth: usize,
        names: &mut Vec<String>,
    ) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Names that are no text could not be asked for.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if name.starts_with(PARTIAL_PREFIX) {
                continue;
            }
            if names.len() >= self.shared.options.max_listed {
                tracing::warn!(limit = names.len(), "directory cut off");
                return Ok(());
            }
            let kind = entry.file_type()?;
            if kind.is_dir() && depth > 1 {
                // A folder that may not be read has no files for the peer.
                let below = format!("{prefix}{name}/");
                if let Err(error) = self.walk(base, &entry.path(), &below, depth - 1, names) {
                    tracing::debug!(%error, folder = below, "folder");
                }
            } else if kind.is_file() || kind.is_symlink() && leads_to_a_file(base, &entry.path()) {
                names.push(format!("{prefix}{name}"));
            }
        }
        Ok(())
    }
}

/// Whether a link leads to a file that can be opened. Folders are not followed: they could hold
/// the link itself.
fn leads_to_a_file(base: &Path, link: &Path) -> bool {
    match link.canonicalize() {
        Ok(target) => target.starts_with(base) && target.is_file(),
        Err(_) => false,
    }
}
