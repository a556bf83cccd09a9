//! The engine of a connection: what carries the services to the server.
//!
//! Everything above this file speaks of MMS services and knows no engine.

use super::error::IedClientError;
use crate::Error;
#[cfg(feature = "libiec61850")]
use crate::engine::libiec61850::client::CConnection;
use mms::association::CloseReason;
use mms::client::{
    Client, ClientError, FileBlock, FileInfo, Identity, JournalRecord, ListAttributes, OpenFile,
    ReadResult, WriteOutcome,
};
use mms::pdu::{
    DeleteVariableListResponse, EntryForm, JournalPosition, JournalStart, JournalStop, ObjectScope,
    ReadJournalRequest, RequestService, ResponseService, Service, StatusResponse, VariableAccess,
};
use mms::{BinaryTime, MmsValue, ObjectName, OwnedVariable, TypeDescription};
use std::path::Path;
use std::time::Duration;

/// Why a service failed, on whichever engine.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What our own protocol stack says.
    Mms(ClientError),
    /// What another engine says.
    #[cfg(feature = "libiec61850")]
    Engine {
        /// The number of libiec61850.
        code: IedClientError,
        /// The reason in words.
        reason: String,
    },
    /// What another engine does not have.
    #[cfg(feature = "libiec61850")]
    NotSupported(String),
    /// The engine cannot be used at all.
    Unusable(Box<Error>),
}

impl Failure {
    /// The number of libiec61850.
    pub(crate) fn code(&self) -> IedClientError {
        match self {
            Failure::Mms(error) => error.into(),
            #[cfg(feature = "libiec61850")]
            Failure::Engine { code, .. } => *code,
            #[cfg(feature = "libiec61850")]
            Failure::NotSupported(_) => IedClientError::ServiceNotImplemented,
            Failure::Unusable(_) => IedClientError::ServiceNotImplemented,
        }
    }

    /// The reason in words, without the service and the object.
    pub(crate) fn reason(&self) -> String {
        match self {
            Failure::Mms(error) => super::error::reason(error),
            #[cfg(feature = "libiec61850")]
            Failure::Engine { reason, .. } => reason.clone(),
            #[cfg(feature = "libiec61850")]
            Failure::NotSupported(what) => format!("{what} is not supported by the engine"),
            Failure::Unusable(error) => error.to_string(),
        }
    }

    /// The connection is no longer one, for a reason on this side.
    #[cfg(feature = "libiec61850")]
    pub(crate) fn engine(reason: &str) -> Self {
        Failure::Engine {
            code: IedClientError::ConnectionLost,
            reason: reason.to_owned(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Unusable(Box::new(error))
    }
}

/// Who hears what a server sends on its own, on engines that decode it themselves. Called with the
/// runtime of the connection entered, and no lock held.
#[cfg(feature = "libiec61850")]
pub(crate) trait Heard: Send + Sync {
    /// A report, or a segment of one, of the control block `LD/LN.RP.name`.
    fn report(&self, rcb: &str, message: super::report::ReportMessage);
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Failure::Mms(error)
    }
}

/// One association with a server, on one of the engines. A clone is the same association.
#[derive(Clone)]
pub(crate) enum EngineClient {
    Native(Client),
    #[cfg(feature = "libiec61850")]
    Libiec61850(CConnection),
}

/// Services that each engine has under the same name.
macro_rules! services {
    ($(
        fn $name:ident $(<$($lifetime:lifetime)? $(, $generic:ident: $bound:path)*>)? (
            $($argument:ident: $type:ty),* $(,)?
        ) -> $result:ty;
    )+) => {
        impl EngineClient {
            $(
                pub(crate) async fn $name(&self, $($argument: $type),*) -> Result<$result, Failure> {
                    match self {
                        EngineClient::Native(client) => Ok(client.$name($($argument),*).await?),
                        #[cfg(feature = "libiec61850")]
                        EngineClient::Libiec61850(client) => client.$name($($argument),*).await,
                    }
                }
            )+
        }
    };
}

services! {
    fn identify() -> Identity;
    fn domain_names() -> Vec<String>;
    fn variable_names(scope: ObjectScope<'_>) -> Vec<String>;
    fn variable_list_names(scope: ObjectScope<'_>) -> Vec<String>;
    fn journal_names(scope: ObjectScope<'_>) -> Vec<String>;
    fn get_variable_access_attributes(name: ObjectName<'_>) -> TypeDescription;
    fn read_list(name: ObjectName<'_>) -> Vec<ReadResult>;
    fn write_list(name: ObjectName<'_>, values: &[MmsValue]) -> Vec<WriteOutcome>;
    fn get_named_variable_list_attributes(name: ObjectName<'_>) -> ListAttributes;
    fn delete_named_variable_lists(names: &[ObjectName<'_>]) -> DeleteVariableListResponse;
    fn file_directory(folder: Option<&str>) -> Vec<FileInfo>;
    fn file_open(name: &str, position: u32) -> OpenFile;
    fn file_read(frsm_id: i32) -> FileBlock;
    fn file_close(frsm_id: i32) -> ();
    fn file_delete(name: &str) -> ();
    fn file_rename(current: &str, new: &str) -> ();
}

/// Which entries of a journal are wanted.
pub(crate) struct JournalPart<'a> {
    pub(crate) journal: ObjectName<'a>,
    /// Not in force behind an entry.
    pub(crate) start: Option<BinaryTime>,
    pub(crate) stop: Option<BinaryTime>,
    /// Entries behind this one.
    pub(crate) after: Option<(&'a [u8], BinaryTime)>,
}

/// The services whose arguments differ from engine to engine, and the association itself.
impl EngineClient {
    pub(crate) async fn read<'v>(
        &self,
        variable: impl Into<VariableAccess<'v>>,
    ) -> Result<MmsValue, Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.read(variable).await?),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.read(owned(variable.into())?).await,
        }
    }

    pub(crate) async fn read_many(
        &self,
        variables: &[OwnedVariable],
    ) -> Result<Vec<ReadResult>, Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.read_many(variables).await?),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.read_many(variables).await,
        }
    }

    pub(crate) async fn write<'v>(
        &self,
        variable: impl Into<VariableAccess<'v>>,
        value: &MmsValue,
    ) -> Result<(), Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.write(variable, value).await?),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.write(owned(variable.into())?, value).await,
        }
    }

    pub(crate) async fn write_many<'v, V>(
        &self,
        writes: impl IntoIterator<Item = (V, &'v MmsValue)>,
    ) -> Result<Vec<WriteOutcome>, Failure>
    where
        V: Into<VariableAccess<'v>>,
    {
        match self {
            EngineClient::Native(client) => Ok(client.write_many(writes).await?),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => {
                let writes = writes.into_iter();
                let writes = writes
                    .map(|(variable, value)| Ok((owned(variable.into())?, value)))
                    .collect::<Result<_, Failure>>()?;
                client.write_many(writes).await
            }
        }
    }

    pub(crate) async fn define_named_variable_list(
        &self,
        name: ObjectName<'_>,
        members: &[OwnedVariable],
    ) -> Result<(), Failure> {
        match self {
            EngineClient::Native(client) => {
                Ok(client.define_named_variable_list(name, members).await?)
            }
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => {
                client.define_named_variable_list(name, members).await
            }
        }
    }

    pub(crate) async fn status(&self) -> Result<StatusResponse, Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.status(false).await?),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.status().await,
        }
    }

    /// Entries of a journal, and whether more follow.
    pub(crate) async fn read_journal(
        &self,
        part: JournalPart<'_>,
    ) -> Result<(Vec<JournalRecord>, bool), Failure> {
        match self {
            EngineClient::Native(client) => Ok(read_journal(client, part).await?),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.read_journal(part).await,
        }
    }

    /// Ends the association in good order.
    pub(crate) async fn conclude(&self) -> Result<(), Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.conclude().await?),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.conclude().await,
        }
    }

    /// Ends the association at once.
    pub(crate) fn abort(&self) {
        match self {
            EngineClient::Native(client) => client.abort(),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.abort(),
        }
    }

    /// Waits until the association is over.
    pub(crate) async fn closed(&self) -> CloseReason {
        match self {
            EngineClient::Native(client) => client.closed().await,
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.closed().await,
        }
    }

    /// Why the association is over, once it is.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        match self {
            EngineClient::Native(client) => client.close_reason(),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.close_reason(),
        }
    }

    /// How many requests may be under way at once.
    pub(crate) fn width(&self) -> usize {
        match self {
            EngineClient::Native(client) => {
                usize::from(client.negotiated().max_outstanding_ours.max(1))
            }
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.width(),
        }
    }

    /// The same association with another patience for answers.
    pub(crate) fn with_request_timeout(&self, timeout: Duration) -> Self {
        match self {
            EngineClient::Native(client) => {
                EngineClient::Native(client.with_request_timeout(timeout))
            }
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => {
                EngineClient::Libiec61850(client.with_request_timeout(timeout))
            }
        }
    }

    /// Has the server fetch `source` below `base`. Our own engine is asked for the file when the
    /// server opens it, and knows where it lies.
    pub(crate) async fn obtain_file(
        &self,
        base: &Path,
        source: &str,
        destination: &str,
    ) -> Result<(), Failure> {
        let _ = base;
        match self {
            EngineClient::Native(client) => Ok(client.obtain_file(source, destination).await?),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => {
                client.obtain_file(base, source, destination).await
            }
        }
    }

    /// The reports of a control block are wanted, under this identifier. Our own engine hands on
    /// whatever comes. No lock may be held that is taken when a report comes.
    pub(crate) fn follow_reports(&self, rcb: &str, rpt_id: &str) {
        let _ = (rcb, rpt_id);
        match self {
            EngineClient::Native(_) => {}
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.follow_reports(rcb, rpt_id),
        }
    }

    /// The reports of a control block are not wanted any more.
    pub(crate) fn ignore_reports(&self, rcb: &str) {
        let _ = rcb;
        match self {
            EngineClient::Native(_) => {}
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(client) => client.ignore_reports(rcb),
        }
    }
}

#[cfg(feature = "libiec61850")]
fn owned(variable: VariableAccess<'_>) -> Result<OwnedVariable, Failure> {
    let unnamed = || Failure::NotSupported("a variable without a name".to_owned());
    OwnedVariable::from_access(&variable).ok_or_else(unnamed)
}

/// Variables are taken over as they are: entries without any, and annotations, are empty.
async fn read_journal(
    client: &Client,
    part: JournalPart<'_>,
) -> Result<(Vec<JournalRecord>, bool), ClientError> {
    let request = ReadJournalRequest {
        journal: part.journal,
        start: match part.after {
            Some(_) => None,
            None => part.start.map(JournalStart::Time),
        },
        stop: part.stop.map(JournalStop::Time),
        variables: None,
        start_after: part
            .after
            .map(|(entry, time)| JournalPosition { time, entry }),
    };
    let take = |response: ResponseService<'_>| {
        let ResponseService::ReadJournal(journal) = response else {
            return Err(ClientError::Unexpected {
                service: Service::ReadJournal,
                what: "the response of another service",
            });
        };
        let entries = journal.entries.iter().map(|entry| JournalRecord {
            identifier: entry.identifier.to_vec(),
            time: entry.time,
            event: None,
            variables: match entry.form {
                EntryForm::Data { variables, .. } => variables
                    .unwrap_or_default()
                    .iter()
                    .map(|variable| (variable.tag.to_owned(), variable.value.to_value()))
                    .collect(),
                EntryForm::Annotation(_) => vec![],
            },
            annotation: None,
        });
        Ok((entries.collect(), journal.more_follows))
    };
    client
        .request(RequestService::ReadJournal(request), take)
        .await
}
