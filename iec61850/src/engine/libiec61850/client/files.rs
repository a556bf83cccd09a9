//! Files and logs.

use super::super::callbacks::guarded;
use super::super::owned::{Value, c_text, text_of, value_of};
use super::CConnection;
use super::convert::{self, List, domain_item};
use crate::client::engine::{Failure, JournalPart};
use libiec61850_sys as sys;
use mms::client::{FileBlock, FileInfo, JournalRecord, OpenFile};
use mms::{BinaryTime, MmsValue};
use std::ffi::{CString, c_void};

/// The beginning and the end of all logs, in milliseconds since 1970: times of entries begin in
/// 1984 and have room until 2163.
const ALWAYS: (u64, u64) = (441_763_200_000, 6_000_000_000_000);

unsafe extern "C" fn delete_file_entry(entry: *mut c_void) {
    // SAFETY: it is called for the elements of a file directory.
    unsafe { sys::FileDirectoryEntry_destroy(entry.cast()) }
}

unsafe extern "C" fn delete_journal_entry(entry: *mut c_void) {
    // SAFETY: it is called for the elements of a journal.
    unsafe { sys::MmsJournalEntry_destroy(entry.cast()) }
}

/// # Safety
/// `octets` points to `length` octets.
unsafe extern "C" fn take_block(parameter: *mut c_void, _: i32, octets: *mut u8, length: u32) {
    guarded((), || {
        // SAFETY: the parameter is the vector of `file_read`, which waits for this call.
        let Some(data) = (unsafe { parameter.cast::<Vec<u8>>().as_mut() }) else {
            return;
        };
        if let (Ok(length), false) = (usize::try_from(length), octets.is_null()) {
            // SAFETY: as the library says.
            data.extend_from_slice(unsafe { std::slice::from_raw_parts(octets, length) });
        }
    });
}

fn modified(ms: u64) -> Option<chrono::DateTime<chrono::Utc>> {
    // What the library could not read is 0.
    let ms = i64::try_from(ms).ok().filter(|ms| *ms != 0)?;
    chrono::DateTime::from_timestamp_millis(ms)
}

impl CConnection {
    pub(crate) async fn file_directory(
        &self,
        folder: Option<&str>,
    ) -> Result<Vec<FileInfo>, Failure> {
        let folder = folder.map(c_text);
        self.call(move |raw, errors| {
            // SAFETY: the connection is alive, the name is copied; the list is the caller's, and its
            // elements are entries of a directory.
            unsafe {
                let list = List::from_raw(sys::IedConnection_getFileDirectory(
                    raw.ied(),
                    &raw mut errors.ied,
                    convert::or_null(folder.as_ref()),
                ));
                let entry = |entry: *mut c_void| FileInfo {
                    name: text_of(sys::FileDirectoryEntry_getFileName(entry.cast()))
                        .unwrap_or_default(),
                    size: sys::FileDirectoryEntry_getFileSize(entry.cast()),
                    last_modified: modified(sys::FileDirectoryEntry_getLastModified(entry.cast())),
                };
                list.into_other(entry, delete_file_entry)
            }
        })
        .await
    }

    pub(crate) async fn file_open(&self, name: &str, position: u32) -> Result<OpenFile, Failure> {
        let (name, shown) = (c_text(name), name.to_owned());
        self.call(move |raw, errors| {
            let (mut size, mut time) = (0, 0);
            // SAFETY: the connection is alive, the name is copied.
            let frsm_id = unsafe {
                sys::MmsConnection_fileOpen(
                    raw.mms(),
                    &raw mut errors.mms,
                    name.as_ptr(),
                    position,
                    &raw mut size,
                    &raw mut time,
                )
            };
            OpenFile {
                frsm_id,
                info: FileInfo {
                    name: shown.clone(),
                    size,
                    last_modified: modified(time),
                },
            }
        })
        .await
    }

    pub(crate) async fn file_read(&self, frsm_id: i32) -> Result<FileBlock, Failure> {
        self.call(move |raw, errors| {
            let mut data: Vec<u8> = Vec::new();
            // SAFETY: the connection is alive. The library's thread calls back; it also decides that the
            // time is up, so that the call returns behind the callback, and there is none afterwards
            // (`a_block_is_taken_before_its_request_is_over`).
            let more_follows = unsafe {
                sys::MmsConnection_fileRead(
                    raw.mms(),
                    &raw mut errors.mms,
                    frsm_id,
                    Some(take_block),
                    (&raw mut data).cast(),
                )
            };
            FileBlock { data, more_follows }
        })
        .await
    }

    pub(crate) async fn file_close(&self, frsm_id: i32) -> Result<(), Failure> {
        // SAFETY: the connection is alive.
        self.call(move |raw, errors| unsafe {
            sys::MmsConnection_fileClose(raw.mms(), &raw mut errors.mms, frsm_id);
        })
        .await
    }

    pub(crate) async fn file_delete(&self, name: &str) -> Result<(), Failure> {
        let name = c_text(name);
        // SAFETY: the connection is alive, the name is copied.
        self.call(move |raw, errors| unsafe {
            sys::IedConnection_deleteFile(raw.ied(), &raw mut errors.ied, name.as_ptr());
        })
        .await
    }

    pub(crate) async fn file_rename(&self, current: &str, new: &str) -> Result<(), Failure> {
        let (current, new) = (c_text(current), c_text(new));
        // SAFETY: the connection is alive, the names are copied.
        self.call(move |raw, errors| unsafe {
            sys::MmsConnection_fileRename(
                raw.mms(),
                &raw mut errors.mms,
                current.as_ptr(),
                new.as_ptr(),
            );
        })
        .await
    }

    pub(crate) async fn read_journal(
        &self,
        part: JournalPart<'_>,
    ) -> Result<(Vec<JournalRecord>, bool), Failure> {
        let ms = |time: Option<BinaryTime>| time.and_then(|time| time.time_in_ms());
        // Unlike those of data sets, names of logs have no dot.
        let (domain, item) = domain_item(part.journal)?;
        let log = c_text(&format!("{}/{item}", domain.unwrap_or_default()));
        let start = ms(part.start).unwrap_or(ALWAYS.0);
        let stop = ms(part.stop);
        let after = match part.after {
            None => None,
            Some((entry, time)) => {
                let entry = super::data::value_for(&MmsValue::OctetString(entry.to_vec()))?;
                Some((entry, ms(Some(time)).unwrap_or(ALWAYS.0)))
            }
        };
        let (mut records, mut more) = self
            .call(move |raw, errors| {
                let mut more = false;
                let list = query(
                    raw,
                    &mut errors.ied,
                    &log,
                    (start, stop),
                    after.as_ref(),
                    &mut more,
                );
                // SAFETY: the elements are entries of a journal.
                let records =
                    unsafe { list.into_other(|e| record(e.cast()), delete_journal_entry) };
                (records, more)
            })
            .await?;
        // Behind an entry, the library does not know an end.
        if let Some(stop) = stop {
            let before = records.len();
            records.retain(|record| record.time.time_in_ms().is_none_or(|time| time <= stop));
            more &= before == records.len();
        }
        Ok((records, more))
    }
}

fn query(
    raw: super::Raw,
    error: &mut sys::IedClientError,
    log: &CString,
    (start, stop): (u64, Option<u64>),
    after: Option<&(Value, u64)>,
    more: &mut bool,
) -> List {
    // SAFETY: the connection is alive, the library copies name and entry; the list is the caller's.
    unsafe {
        List::from_raw(match after {
            Some((entry, time)) => sys::IedConnection_queryLogAfter(
                raw.ied(),
                error,
                log.as_ptr(),
                entry.as_ptr(),
                *time,
                more,
            ),
            None => sys::IedConnection_queryLogByTime(
                raw.ied(),
                error,
                log.as_ptr(),
                start,
                stop.unwrap_or(ALWAYS.1),
                more,
            ),
        })
    }
}

/// # Safety
/// The entry is alive.
unsafe fn record_of(entry: sys::MmsJournalEntry) -> JournalRecord {
    // SAFETY: as the caller says; what the functions give belongs to the entry.
    unsafe {
        let identifier = match value_of(sys::MmsJournalEntry_getEntryID(entry)) {
            MmsValue::OctetString(octets) => octets,
            _ => vec![],
        };
        let time = match value_of(sys::MmsJournalEntry_getOccurenceTime(entry)) {
            MmsValue::BinaryTime(time) => time,
            _ => BinaryTime::from_ms(0),
        };
        let list = sys::MmsJournalEntry_getJournalVariables(entry);
        let mut variables = Vec::new();
        let mut at = match list.is_null() {
            true => list,
            false => sys::LinkedList_getNext(list),
        };
        while !at.is_null() {
            let variable = sys::LinkedList_getData(at).cast();
            let tag = text_of(sys::MmsJournalVariable_getTag(variable)).unwrap_or_default();
            variables.push((tag, value_of(sys::MmsJournalVariable_getValue(variable))));
            at = sys::LinkedList_getNext(at);
        }
        JournalRecord {
            identifier,
            time,
            event: None,
            variables,
            annotation: None,
        }
    }
}

fn record(entry: sys::MmsJournalEntry) -> JournalRecord {
    // SAFETY: it is called for the elements of a journal.
    unsafe { record_of(entry) }
}
