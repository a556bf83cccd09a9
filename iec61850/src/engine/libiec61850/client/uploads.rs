//! Files for a server to fetch.
//!
//! The library opens whatever file below its base folder a server names, and whenever a server does, on a thread of
//! its own; it frees the name of the folder when it is given another. So each connection is given a folder once,
//! before it is opened, which nobody else has. It is there only while a file is uploaded, and has that file alone.

use super::super::owned::c_text;
use super::CConnection;
use crate::Error;
use crate::client::engine::Failure;
use libiec61850_sys as sys;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The folder of a connection, and whose turn it is to have a file in it.
pub(super) struct Uploads {
    pub(super) folder: PathBuf,
    turn: Arc<Mutex<()>>,
}

impl Uploads {
    pub(super) fn new() -> Result<Self, Failure> {
        // Nobody on this machine is to make it first.
        let mut number = [0; 16];
        getrandom::fill(&mut number)
            .map_err(|error| Failure::engine(&format!("no random numbers: {error}")))?;
        let name = format!("ied-upload-{:032x}", u128::from_ne_bytes(number));
        Ok(Uploads {
            folder: std::env::temp_dir().join(name),
            turn: Arc::default(),
        })
    }

    /// Tells the library of a connection that is not open yet.
    pub(super) fn announce(&self, raw: super::Raw) {
        // The library puts the name of the file behind it as it is.
        let path = c_text(&format!("{}/", self.folder.to_string_lossy()));
        // SAFETY: the connection is alive, and has no thread yet that reads the path, which is copied.
        unsafe { sys::IedConnection_setFilestoreBasepath(raw.ied(), path.as_ptr()) };
    }
}

/// A file in the folder of a connection, which is there as long as this lives.
struct Offer<'a> {
    folder: &'a Path,
}

impl<'a> Offer<'a> {
    fn new(folder: &'a Path, file: &Path, name: &str) -> Result<Self, Failure> {
        let failed = |path: &Path| {
            let context = path.display().to_string();
            move |source| Failure::from(Error::Io { context, source })
        };
        // As the library reads it.
        if folder.to_str().is_none() {
            let shown = folder.display();
            return Err(Failure::NotSupported(format!(
                "the folder {shown}, which is no UTF-8"
            )));
        }
        create(folder).map_err(failed(folder))?;
        let offer = Offer { folder };
        let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        // Under any other name it would not be found below the folder of the application either.
        if Path::new(name).components().all(inside) && !file.is_dir() {
            let place = folder.join(name);
            if let Some(above) = place.parent() {
                fs::create_dir_all(above).map_err(failed(above))?;
            }
            let file = std::path::absolute(file).map_err(failed(file))?;
            link(&file, &place).map_err(failed(&place))?;
        }
        Ok(offer)
    }
}

impl Drop for Offer<'_> {
    fn drop(&mut self) {
        // What the server has open it may read on.
        if let Err(error) = fs::remove_dir_all(self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "left behind");
        }
    }
}

/// A new folder for this user alone.
fn create(folder: &Path) -> io::Result<()> {
    #[allow(unused_mut)]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn link(file: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(file, place)
}

/// Not everybody may make symbolic links here, and there are none to files of other drives.
#[cfg(not(unix))]
fn link(file: &Path, place: &Path) -> io::Result<()> {
    fs::hard_link(file, place).or_else(|_| fs::copy(file, place).map(drop))
}

impl CConnection {
    /// Has the server fetch `source` below `base`, one file after the other.
    pub(crate) async fn obtain_file(
        &self,
        base: &Path,
        source: &str,
        destination: &str,
    ) -> Result<(), Failure> {
        let file = base.join(source);
        let (name, destination) = (source.to_owned(), c_text(destination));
        let source = c_text(source);
        let uploads = &self.connection.uploads;
        let folder = uploads.folder.clone();
        self.unless_closed(async {
            let turn = uploads.turn.clone().lock_owned().await;
            self.call_to_the_end(move |raw, errors| {
                // It goes on to its end whoever waits for it, and has its turn until then.
                let _turn = &turn;
                let _offer = match Offer::new(&folder, &file, &name) {
                    Ok(offer) => offer,
                    Err(failure) => {
                        errors.other = Some(failure);
                        return;
                    }
                };
                // SAFETY: the connection is alive, the names are copied.
                unsafe {
                    sys::IedConnection_setFile(
                        raw.ied(),
                        &raw mut errors.ied,
                        source.as_ptr(),
                        destination.as_ptr(),
                    );
                }
            })
            .await
        })
        .await
    }
}
