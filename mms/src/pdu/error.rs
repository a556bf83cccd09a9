//! Errors and rejections as elements: ISO 9506-2 `ServiceError`, `RejectPDU` and the fields of
//! `Confirmed-ErrorPDU` and `Cancel-ErrorPDU`.

use super::program::ProgramState;
use super::wire::{context, explicit, lenient_u32};
use crate::ber::{BerError, Reader, Tag, Writer, integer};
use crate::{RejectReason, ServiceError};

const ERROR_CLASS: Tag = Tag::context_constructed(0);
const INVOKE_ID: Tag = Tag::context(0);
const SPECIFIC: Tag = Tag::context_constructed(3);
/// Services among the alternatives of the specific information.
const OBTAIN_FILE: Tag = Tag::context(0);
const START: Tag = Tag::context(1);
const STOP: Tag = Tag::context(2);
const RESUME: Tag = Tag::context(3);
const RESET: Tag = Tag::context(4);
const FILE_RENAME: Tag = Tag::context(9);

/// Reads the content of a `ServiceError`.
///
/// Additional code, description and service-specific information behind the class are passed
/// over. The class is told by its tag number alone: libiec61850 sends it with a universal tag in
/// an initiate error (`08 01 00`).
pub(super) fn decode_service_error(content: &[u8]) -> Result<ServiceError, BerError> {
    let mut r = Reader::new(content);
    let class = explicit(r.expect(ERROR_CLASS)?)?;
    while r.take()?.is_some() {}
    if class.tag.is_constructed() {
        return Err(BerError::UnknownChoice(class.tag));
    }
    Ok(ServiceError {
        class: u8::try_from(class.tag.number())
            .ok()
            .filter(|class| *class < 128)
            .ok_or(BerError::UnknownChoice(class.tag))?,
        code: integer(class.content)?,
    })
}

/// Which of its two files a service failed at (ISO 9506-2 `ObtainFile-Error`,
/// `FileRename-Error`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailedFile {
    /// The file to be fetched.
    ObtainSource,
    /// The file it was to become.
    ObtainDestination,
    /// The file to be renamed.
    RenameSource,
    /// The name it was to have.
    RenameDestination,
}

/// The service on a program invocation that failed; its error says which state the program invocation has (ISO 9506-2
/// `Start-Error` and its like).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailedProgram {
    /// It was to be started.
    Start(ProgramState),
    /// It was to be stopped.
    Stop(ProgramState),
    /// It was to be resumed.
    Resume(ProgramState),
    /// It was to be reset.
    Reset(ProgramState),
}

impl FailedProgram {
    fn encode(self, w: &mut Writer<'_>) {
        let (service, state) = match self {
            FailedProgram::Start(state) => (START, state),
            FailedProgram::Stop(state) => (STOP, state),
            FailedProgram::Resume(state) => (RESUME, state),
            FailedProgram::Reset(state) => (RESET, state),
        };
        w.integer(service, state.code());
    }
}

/// An error with what the service adds to it (`serviceSpecificInformation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    /// The error.
    pub error: ServiceError,
    /// The file, where the service has two.
    pub file: Option<FailedFile>,
    /// The state of the program invocation, where the service is about one.
    pub program: Option<FailedProgram>,
}

impl Failure {
    /// An error of a service on a program invocation.
    pub fn of_program(error: ServiceError, program: FailedProgram) -> Self {
        Failure {
            program: Some(program),
            ..Failure::from(error)
        }
    }

    /// An error that concerns this file.
    pub fn of_file(error: ServiceError, file: FailedFile) -> Self {
        Failure {
            file: Some(file),
            ..Failure::from(error)
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Failure {
            error,
            file: None,
            program: None,
        }
    }
}

/// Writes the content of a `ServiceError`.
pub(super) fn write_service_error(w: &mut Writer<'_>, failure: Failure) {
    let error = failure.error;
    w.constructed(ERROR_CLASS, |w| w.integer(context(error.class), error.code));
    if let Some(program) = failure.program {
        w.constructed(SPECIFIC, |w| program.encode(w));
    } else if let Some(file) = failure.file {
        let (service, file) = match file {
            FailedFile::ObtainSource => (OBTAIN_FILE, 0),
            FailedFile::ObtainDestination => (OBTAIN_FILE, 1),
            FailedFile::RenameSource => (FILE_RENAME, 0),
            FailedFile::RenameDestination => (FILE_RENAME, 1),
        };
        w.constructed(SPECIFIC, |w| w.integer(service, file));
    }
}

/// Reads the invoke id and error of a `Confirmed-ErrorPDU` (`error_tag` 2) or a
/// `Cancel-ErrorPDU` (`error_tag` 1). The invoke id is returned even if the rest is malformed.
pub(super) fn decode_confirmed_error(
    content: &[u8],
    error_tag: Tag,
) -> (Option<u32>, Result<ServiceError, BerError>) {
    let mut r = Reader::new(content);
    let id = match r.expect(INVOKE_ID).and_then(lenient_u32) {
        Ok(id) => id,
        Err(error) => return (None, Err(error)),
    };
    let mut error = || {
        if error_tag.number() > 1 {
            r.optional(Tag::context(1))?; // modifierPosition
        }
        let error = decode_service_error(r.expect(error_tag)?)?;
        while r.take()?.is_some() {}
        Ok(error)
    };
    (Some(id), error())
}

/// Writes what [`decode_confirmed_error`] reads, under `pdu`.
pub(super) fn encode_confirmed_error(
    w: &mut Writer<'_>,
    pdu: Tag,
    error_tag: Tag,
    invoke_id: u32,
    failure: Failure,
) {
    w.constructed(pdu, |w| {
        w.unsigned(INVOKE_ID, invoke_id.into());
        w.constructed(error_tag, |w| write_service_error(w, failure));
    });
}

/// Reads the content of a `RejectPDU`.
pub(super) fn decode_reject(content: &[u8]) -> Result<(Option<u32>, RejectReason), BerError> {
    let mut r = Reader::new(content);
    let invoke_id = r.optional(INVOKE_ID)?.map(lenient_u32).transpose()?;
    let reason = r.any()?;
    r.finish()?;
    if !reason.tag.is_context() || reason.tag.is_constructed() {
        return Err(BerError::UnknownChoice(reason.tag));
    }
    Ok((
        invoke_id,
        RejectReason {
            kind: u8::try_from(reason.tag.number())
                .ok()
                .filter(|kind| (1..128).contains(kind))
                .ok_or(BerError::UnknownChoice(reason.tag))?,
            code: integer(reason.content)?,
        },
    ))
}

/// Writes the content of a `RejectPDU`.
pub(super) fn encode_reject(w: &mut Writer<'_>, invoke_id: Option<u32>, reason: RejectReason) {
    if let Some(id) = invoke_id {
        w.unsigned(INVOKE_ID, id.into());
    }
    w.integer(context(reason.kind), reason.code);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_adds() {
        // The answer of libiec61850 to obtainFile with a source that is missing.
        let mut out = vec![];
        let failure = Failure::of_file(ServiceError::FILE_NON_EXISTENT, FailedFile::ObtainSource);
        write_service_error(&mut Writer::unbounded(&mut out), failure);
        assert_eq!(out, [0xa0, 3, 0x8b, 1, 7, 0xa3, 3, 0x80, 1, 0]);
        out.clear();
        let failure = Failure::of_file(ServiceError::FILE_DUPLICATE, FailedFile::RenameDestination);
        write_service_error(&mut Writer::unbounded(&mut out), failure);
        assert_eq!(out, [0xa0, 3, 0x8b, 1, 8, 0xa3, 3, 0x89, 1, 1]);
        out.clear();
        let running = FailedProgram::Start(ProgramState::Running);
        let failure = Failure::of_program(ServiceError::OBJECT_STATE_CONFLICT, running);
        write_service_error(&mut Writer::unbounded(&mut out), failure);
        assert_eq!(out, [0xa0, 3, 0x84, 1, 2, 0xa3, 3, 0x81, 1, 3]);
    }
}
