//! The engine of a connection: what carries the services to the server.
//!
//! Everything above this file speaks of MMS services and knows no engine.

use super::error::IedClientError;
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
use std::time::Duration;

/// Why a service failed, on whichever engine.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What our own protocol stack says.
    Mms(ClientError),
}

impl Failure {
    /// The number of libiec61850.
    pub(crate) fn code(&self) -> IedClientError {
        match self {
            Failure::Mms(error) => error.into(),
        }
    }

    /// The reason in words, without the service and the object.
    pub(crate) fn reason(&self) -> String {
        match self {
            Failure::Mms(error) => super::error::reason(error),
        }
    }
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
    fn obtain_file(source: &str, destination: &str) -> ();
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
        }
    }

    pub(crate) async fn read_many(
        &self,
        variables: &[OwnedVariable],
    ) -> Result<Vec<ReadResult>, Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.read_many(variables).await?),
        }
    }

    pub(crate) async fn write<'v>(
        &self,
        variable: impl Into<VariableAccess<'v>>,
        value: &MmsValue,
    ) -> Result<(), Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.write(variable, value).await?),
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
        }
    }

    pub(crate) async fn status(&self) -> Result<StatusResponse, Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.status(false).await?),
        }
    }

    /// Entries of a journal, and whether more follow.
    pub(crate) async fn read_journal(
        &self,
        part: JournalPart<'_>,
    ) -> Result<(Vec<JournalRecord>, bool), Failure> {
        match self {
            EngineClient::Native(client) => Ok(read_journal(client, part).await?),
        }
    }

    /// Ends the association in good order.
    pub(crate) async fn conclude(&self) -> Result<(), Failure> {
        match self {
            EngineClient::Native(client) => Ok(client.conclude().await?),
        }
    }

    /// Ends the association at once.
    pub(crate) fn abort(&self) {
        match self {
            EngineClient::Native(client) => client.abort(),
        }
    }

    /// Waits until the association is over.
    pub(crate) async fn closed(&self) -> CloseReason {
        match self {
            EngineClient::Native(client) => client.closed().await,
        }
    }

    /// Why the association is over, once it is.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        match self {
            EngineClient::Native(client) => client.close_reason(),
        }
    }

    /// How many requests may be under way at once.
    pub(crate) fn width(&self) -> usize {
        match self {
            EngineClient::Native(client) => {
                usize::from(client.negotiated().max_outstanding_ours.max(1))
            }
        }
    }

    /// The same association with another patience for answers.
    pub(crate) fn with_request_timeout(&self, timeout: Duration) -> Self {
        match self {
            EngineClient::Native(client) => {
                EngineClient::Native(client.with_request_timeout(timeout))
            }
        }
    }
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
