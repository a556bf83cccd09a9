//! File services.

use super::Walk;
use crate::diff::pair::Pair;
use crate::diff::request::{Request, octets};
use crate::diff::session::Stop;
use mms::pdu::{
    FileCloseRequest, FileDeleteRequest, FileDirectoryRequest, FileName, FileOpenRequest,
    FileReadRequest, Pdu, ResponseService,
};

impl Walk<'_> {
    pub(super) fn file(&mut self) -> Result<(), Stop> {
        let association = self.association();
        let other = [
            "",
            "/",
            "noSuch",
            "../x",
            "COMTRADE",
            "COMTRADE/",
            "/IEC61850.txt",
        ];
        let file = match self.random.pick(&self.catalogue.files).cloned() {
            Some(file) if self.random.chance(0.7) => file,
            _ => self.random.pick(&other).copied().unwrap_or("").to_owned(),
        };
        let name = FileName::from(file.as_str());
        let open = self.random.pick(&self.open_files).copied();
        match (self.random.below(10), open) {
            (0..2, _) => {
                let what = format!("directory of {file:?}");
                let request = FileDirectoryRequest {
                    specification: self.random.chance(0.7).then_some(name),
                    continue_after: None,
                };
                self.session
                    .ask(Request::new(association, "file-directory", what, |w| {
                        request.encode(w);
                    }))?;
            }
            (2, _) if self.random.chance(0.2) => {
                let what = format!("delete file {file:?}");
                let request = Request::new(association, "file-delete", what, |w| {
                    FileDeleteRequest { name }.encode(w);
                });
                self.session.ask(request.changing())?;
            }
            (0..6, _) | (_, None) => {
                let position = *self.random.pick(&[0, 0, 0, 10, 100_000]).unwrap_or(&0);
                let what = format!("open {file:?} at {position}");
                let request = Request::new(association, "file-open", what, |w| {
                    FileOpenRequest {
                        name,
                        initial_position: position,
                    }
                    .encode(w);
                });
                let answer = self.session.ask(request)?;
                if let Pair {
                    left: Some(left),
                    right: Some(right),
                } = answer.pdus.as_ref().map(|pdu| opened(pdu))
                {
                    self.open_files.push((association, Pair::new(left, right)));
                }
            }
            (6..9, Some((association, ids))) => {
                let mut request = Request::new(association, "file-read", "read file", |_| {});
                request.octets =
                    ids.map(|frsm_id| octets(|w| FileReadRequest { frsm_id }.encode(w)));
                self.session.ask(request)?;
            }
            (_, Some((association, ids))) => {
                let mut request = Request::new(association, "file-close", "close file", |_| {});
                request.octets =
                    ids.map(|frsm_id| octets(|w| FileCloseRequest { frsm_id }.encode(w)));
                self.session.ask(request)?;
                // Closing it once more is asked for now and then.
                if self.random.chance(0.8) {
                    self.open_files.retain(|open| *open != (association, ids));
                }
            }
        }
        Ok(())
    }
}

/// The frsmID of a file that was opened.
fn opened(pdu: &[u8]) -> Option<i32> {
    match Pdu::decode(pdu) {
        Ok(Pdu::ConfirmedResponse(response)) => match response.service {
            ResponseService::FileOpen(file) => Some(file.frsm_id),
            _ => None,
        },
        _ => None,
    }
}
