//! fileDirectory.

use super::obtain::PARTIAL_PREFIX;
use super::{FileStore, file_error, modified, size};
use crate::ServiceError;
use crate::association::{Answered, Reply};
use crate::pdu::{DirectoryEntry, FileAttributes, FileDirectoryWriter, FileName};
use std::fs::{self, Metadata};
use std::path::Path;

/// A file with its path from the base folder.
pub(super) struct Listed {
    name: String,
    size: u32,
    modified: Option<String>,
}

impl Listed {
    fn new(name: String, metadata: &Metadata) -> Self {
        Listed {
            name,
            size: size(metadata),
            modified: modified(metadata),
        }
    }
}

impl FileStore {
    /// The files a directory request means, sorted by their names.
    pub(super) fn list(
        &self,
        specification: Option<&FileName<'_>>,
    ) -> Result<Vec<Listed>, ServiceError> {
        let path = match specification {
            Some(name) => self.existing(name)?,
            None => self.shared.base.clone(),
        };
        let below = path
            .strip_prefix(&self.shared.base)
            .unwrap_or(Path::new(""));
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        let name = parts.join("/");
        let metadata = fs::metadata(&path).map_err(file_error)?;
        let mut files = Vec::new();
        if metadata.is_dir() {
            let prefix = if name.is_empty() {
                String::new()
            } else {
                name + "/"
            };
            self.walk(&path, &prefix, self.shared.options.max_depth, &mut files)
                .map_err(file_error)?;
            files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        } else if metadata.is_file() {
            files.push(Listed::new(name, &metadata));
        }
        Ok(files)
    }

    fn walk(
        &self,
        folder: &Path,
        prefix: &str,
        depth: usize,
        files: &mut Vec<Listed>,
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
            let path = entry.path();
            // Links are listed if they can be opened. Broken ones, and files that go while the
            // folder is read, are not there.
            let Ok(target) = path.canonicalize() else {
                continue;
            };
            let linked = entry.file_type()?.is_symlink();
            let Ok(metadata) = fs::metadata(&target) else {
                continue;
            };
            if !target.starts_with(&self.shared.base) {
                continue;
            }
            if files.len() >= self.shared.options.max_listed {
                tracing::warn!(limit = files.len(), "directory cut off");
                return Ok(());
            }
            if metadata.is_file() {
                files.push(Listed::new(format!("{prefix}{name}"), &metadata));
            } else if metadata.is_dir() && !linked && depth > 1 {
                // A folder that may not be read has no files for the peer.
                let below = self.walk(&path, &format!("{prefix}{name}/"), depth - 1, files);
                if let Err(error) = below {
                    tracing::debug!(%error, path = %path.display(), "folder");
                }
            }
        }
        Ok(())
    }
}

/// Writes the files behind `continue_after`, as many as fit the PDU. A file that has gone since
/// the response before still says where to go on, because the files are sorted.
pub(super) fn respond(
    files: &[Listed],
    continue_after: Option<&FileName<'_>>,
    reply: Reply<'_>,
) -> Answered {
    let start = continue_after.map_or(0, |name| {
        let name = name.to_text();
        files.partition_point(|file| *file.name <= *name)
    });
    let files = files.get(start..).unwrap_or_default();
    reply.try_respond(|w| {
        let mut response = FileDirectoryWriter::begin(w);
        let mut written = 0;
        for file in files {
            let entry = DirectoryEntry {
                name: file.name.as_str().into(),
                attributes: FileAttributes {
                    size: file.size,
                    last_modified: file.modified.as_deref(),
                },
            };
            if !response.push(w, &entry) {
                break;
            }
            written += 1;
        }
        if written == 0 && !files.is_empty() {
            return Err(ServiceError::PDU_SIZE);
        }
        response.end(w, written < files.len());
        Ok(())
    })
}
