//! Received messages as files. Names are made of numbers only: nothing a peer sends can lead out of the folder, replace a file or follow a
//! link.

use super::ReceivedMessage;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Names tried for a message whose own one is taken.
const NAMES_TRIED: u32 = 10_000;

/// A folder for received messages.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    max_files: usize,
}

/// Why a message was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The operating system.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is full.
    #[error("{} has {limit} files already", path.display())]
    Full {
        /// The folder.
        path: PathBuf,
        /// Files it may have.
        limit: usize,
    },
}

impl Folder {
    /// A folder that is there or can be made, for at most so many files.
    ///
    /// # Errors
    /// [`FolderError::Io`].
    pub fn open(path: impl Into<PathBuf>, max_files: usize) -> Result<Self, FolderError> {
        let path = path.into();
        fs::create_dir_all(&path).map_err(|source| FolderError::Io {
            path: path.clone(),
            source,
        })?;
        Ok(Folder { path, max_files })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a message into a new file and gives its path: `info_<InfoReference>_<LocalReference>_<MessageId>` with `.txt` for text and
    /// `.bin` for other octets, and a number in between where there is such a file already. It waits for the disk.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn store(&self, message: &ReceivedMessage) -> Result<PathBuf, FolderError> {
        let failed = |path: &Path, source| FolderError::Io {
            path: path.to_owned(),
            source,
        };
        let files = fs::read_dir(&self.path).map_err(|error| failed(&self.path, error))?;
        if files.take(self.max_files).count() >= self.max_files {
            return Err(FolderError::Full {
                path: self.path.clone(),
                limit: self.max_files,
            });
        }
        let ReceivedMessage {
            info_reference,
            local_reference,
            message_id,
            ..
        } = message;
        let ending = if message.text().is_some() {
            "txt"
        } else {
            "bin"
        };
        for number in 0..NAMES_TRIED {
            let again = match number {
                0 => String::new(),
                number => format!("_{number}"),
            };
            let name =
                format!("info_{info_reference}_{local_reference}_{message_id}{again}.{ending}");
            let path = self.path.join(name);
            // Fails if there is anything of this name, a link to elsewhere included.
            let created = OpenOptions::new().write(true).create_new(true).open(&path);
            match created {
                Ok(mut file) => {
                    let written = file.write_all(&message.content).and_then(|()| file.flush());
                    return match written {
                        Ok(()) => Ok(path),
                        Err(error) => {
                            // Half a message is none.
                            let _ = fs::remove_file(&path);
                            Err(failed(&path, error))
                        }
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path, error)),
            }
        }
        Err(FolderError::Full {
            path: self.path.clone(),
            limit: self.max_files,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TimeStamp;

    fn message(content: &[u8]) -> ReceivedMessage {
        ReceivedMessage {
            peer: Some("../../etc".into()),
            association: None,
            to_all: false,
            info_reference: -7,
            local_reference: i32::MIN,
            message_id: 42,
            segments: 1,
            content: content.to_vec(),
            received: TimeStamp::default(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let files = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn nothing_is_replaced_and_nothing_leaves() {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::open(outer.path().join("a/b"), 10).unwrap();
        let path = folder.store(&message(b"hello\n")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"hello\n");
        folder.store(&message(b"other")).unwrap();
        folder.store(&message(&[0, 1, 2])).unwrap();
        let stem = "info_-7_-2147483648_42";
        let expected = [
            format!("{stem}.bin"),
            format!("{stem}.txt"),
            format!("{stem}_1.txt"),
        ];
        assert_eq!(names(folder.path()), expected);
        assert_eq!(names(outer.path()), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_way_is_not_followed() {
        let outer = tempfile::tempdir().unwrap();
        let target = outer.path().join("target");
        fs::write(&target, "mine").unwrap();
        let folder = Folder::open(outer.path().join("in"), 10).unwrap();
        let trap = folder.path().join("info_-7_-2147483648_42.txt");
        std::os::unix::fs::symlink(&target, &trap).unwrap();
        let path = folder.store(&message(b"yours")).unwrap();
        assert!(path.ends_with("info_-7_-2147483648_42_1.txt"));
        assert_eq!(fs::read(&target).unwrap(), b"mine");
    }

    #[test]
    fn a_full_folder_takes_no_more() {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::open(outer.path(), 2).unwrap();
        folder.store(&message(b"1")).unwrap();
        folder.store(&message(b"2")).unwrap();
        let error = folder.store(&message(b"3")).unwrap_err().to_string();
        assert!(error.ends_with("has 2 files already"), "{error}");
        let file = outer.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(
            Folder::open(file.join("x"), 2),
            Err(FolderError::Io { .. })
        ));
    }
}
