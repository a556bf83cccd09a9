//! The client for programs without a runtime.

use super::variables::{ReadResult, WriteOutcome};
use super::{
    AskOnly, ClientError, ClientOptions, ConditionAttributes, DomainAttributes,
    EnrollmentAttributes, FileBlock, FileInfo, Identity, JournalQuery, JournalRecord,
    ListAttributes, OpenFile, ProgramAttributes, Subscription,
};
use crate::association::{CloseReason, Negotiated};
use crate::net::{self, Remote, Session};
use crate::pdu::{
    AccessStep, AlarmAckRule, AlterEventConditionRequest, AlterEventEnrollmentResponse,
    ConditionState, DeleteScope, DeleteVariableListResponse, EventConditionStatusResponse,
    EventEnrollmentStatusResponse, EventNotification, EventTime, InformationReport,
    JournalStatusResponse, ObjectClass, ObjectScope, StatusResponse, Transitions, VariableAccess,
};
use crate::{BinaryTime, MmsValue, ObjectName, TypeDescription};
use std::future::Future;
use std::io::{ErrorKind, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::net::ToSocketAddrs;
use tokio::runtime::Handle;

/// [`super::Client`], with calls that wait for their results. Cheap to clone.
///
/// The work is done on [`crate::net::runtime`] or on the runtime given to
/// [`Client::connect_on`]. Inside an asynchronous runtime (also in
/// [`Client::on_information_report`] callbacks, which run in one) every call fails at once with
/// [`ClientError::InsideRuntime`]: use the asynchronous client there.
#[derive(Clone, Debug)]
pub struct Client {
    client: super::Client,
    runtime: Handle,
}

fn wait<T>(
    runtime: &Handle,
    work: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    if Handle::try_current().is_ok() {
        return Err(ClientError::InsideRuntime);
    }
    runtime.block_on(work)
}

macro_rules! same {
    ($(
        $(#[$meta:meta])*
        fn $name:ident $(<$($generic:tt),+>)? ($($argument:ident: $type:ty),* $(,)?) -> $result:ty;
    )+) => {
        $(
            #[doc = concat!("See [`super::Client::", stringify!($name), "`].")]
            ///
            /// # Errors
            /// [`ClientError`].
            $(#[$meta])*
            pub fn $name $(<$($generic),+>)? (&self, $($argument: $type),*) -> Result<$result, ClientError>
            {
                wait(&self.runtime, self.client.$name($($argument),*))
            }
        )+
    };
}

impl Client {
    /// See [`super::Client::connect`].
    ///
    /// # Errors
    /// As there, and [`ClientError::Local`] if the runtime cannot be started.
    pub fn connect(
        address: impl ToSocketAddrs,
        options: ClientOptions,
    ) -> Result<Client, ClientError> {
        Self::connect_with(address, options, |_| AskOnly)
    }

    /// See [`super::Client::connect_with`].
    ///
    /// # Errors
    /// As for [`Client::connect`].
    pub fn connect_with<S: Session + 'static>(
        address: impl ToSocketAddrs,
        options: ClientOptions,
        session: impl FnOnce(&Remote) -> S,
    ) -> Result<Client, ClientError> {
        let runtime = net::runtime().map_err(ClientError::Local)?;
        Self::connect_on(runtime, address, options, session)
    }

    /// Like [`Client::connect_with`], on a runtime of the caller's choice, which has to have
    /// threads of its own (not a `current_thread` one).
    ///
    /// # Errors
    /// As for [`Client::connect`].
    pub fn connect_on<S: Session + 'static>(
        runtime: Handle,
        address: impl ToSocketAddrs,
        options: ClientOptions,
        session: impl FnOnce(&Remote) -> S,
    ) -> Result<Client, ClientError> {
        let connect = super::Client::connect_with(address, options, session);
        let client = wait(&runtime, connect)?;
        Ok(Client { client, runtime })
    }

    /// The asynchronous client of the same association.
    pub fn inner(&self) -> &super::Client {
        &self.client
    }

    /// See [`super::Client::with_request_timeout`].
    pub fn with_request_timeout(&self, request_timeout: Duration) -> Client {
        Client {
            client: self.client.with_request_timeout(request_timeout),
            runtime: self.runtime.clone(),
        }
    }

    /// See [`super::Client::negotiated`].
    pub fn negotiated(&self) -> &Negotiated {
        self.client.negotiated()
    }

    /// See [`super::Client::close_reason`].
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.client.close_reason()
    }

    /// See [`super::Client::closed`].
    ///
    /// # Errors
    /// [`ClientError::InsideRuntime`].
    pub fn closed(&self) -> Result<CloseReason, ClientError> {
        wait(&self.runtime, async { Ok(self.client.closed().await) })
    }

    /// See [`super::Client::abort`].
    pub fn abort(&self) {
        self.client.abort();
    }

    /// See [`super::Client::on_information_report`].
    pub fn on_information_report(
        &self,
        callback: impl FnMut(&InformationReport<'_>) + Send + 'static,
    ) -> Subscription {
        self.client.on_information_report(callback)
    }

    /// See [`super::Client::on_unsolicited_status`].
    pub fn on_unsolicited_status(
        &self,
        callback: impl FnMut(&StatusResponse) + Send + 'static,
    ) -> Subscription {
        self.client.on_unsolicited_status(callback)
    }

    /// See [`super::Client::on_event_notification`].
    pub fn on_event_notification(
        &self,
        callback: impl FnMut(&EventNotification<'_>) + Send + 'static,
    ) -> Subscription {
        self.client.on_event_notification(callback)
    }

    same! {
        fn conclude() -> ();
        fn identify() -> Identity;
        fn status(extended_derivation: bool) -> StatusResponse;
        fn name_list(class: ObjectClass, scope: ObjectScope<'_>) -> Vec<String>;
        fn domain_names() -> Vec<String>;
        fn variable_names(scope: ObjectScope<'_>) -> Vec<String>;
        fn variable_list_names(scope: ObjectScope<'_>) -> Vec<String>;
        fn journal_names(scope: ObjectScope<'_>) -> Vec<String>;
        fn get_variable_access_attributes(name: ObjectName<'_>) -> TypeDescription;
        fn get_domain_attributes(domain: &str) -> DomainAttributes;
        fn get_capability_list() -> Vec<String>;
        fn read<'v>(variable: impl Into<VariableAccess<'v>>) -> MmsValue;
        fn read_part(name: ObjectName<'_>, steps: &[AccessStep<'_>]) -> MmsValue;
        fn read_many<'v>(
            variables: impl IntoIterator<Item = impl Into<VariableAccess<'v>>>,
        ) -> Vec<ReadResult>;
        fn read_list(name: ObjectName<'_>) -> Vec<ReadResult>;
        fn read_list_with_members(
            name: ObjectName<'_>,
        ) -> Vec<(Option<crate::OwnedVariable>, ReadResult)>;
        fn write<'v>(variable: impl Into<VariableAccess<'v>>, value: &MmsValue) -> ();
        fn write_many<'v>(
            writes: impl IntoIterator<Item = (impl Into<VariableAccess<'v>>, &'v MmsValue)>,
        ) -> Vec<WriteOutcome>;
        fn write_list(name: ObjectName<'_>, values: &[MmsValue]) -> Vec<WriteOutcome>;
        fn define_named_variable_list<'v>(
            name: ObjectName<'_>,
            members: impl IntoIterator<Item = impl Into<VariableAccess<'v>>>,
        ) -> ();
        fn get_named_variable_list_attributes(name: ObjectName<'_>) -> ListAttributes;
        fn delete_named_variable_lists(names: &[ObjectName<'_>]) -> DeleteVariableListResponse;
        fn delete_all_named_variable_lists(
            scope: DeleteScope,
            domain: Option<&str>,
        ) -> DeleteVariableListResponse;
        fn file_open(name: &str, position: u32) -> OpenFile;
        fn file_read(frsm_id: i32) -> FileBlock;
        fn file_close(frsm_id: i32) -> ();
        fn file_delete(name: &str) -> ();
        fn file_rename(current: &str, new: &str) -> ();
        fn obtain_file(source: &str, destination: &str) -> ();
        fn file_directory(folder: Option<&str>) -> Vec<FileInfo>;
        fn read_journal(journal: ObjectName<'_>, query: JournalQuery<'_>) -> Vec<JournalRecord>;
        fn initialize_journal(
            journal: ObjectName<'_>,
            limiting_time: Option<BinaryTime>,
            limiting_entry: Option<&[u8]>,
        ) -> u32;
        fn report_journal_status(journal: ObjectName<'_>) -> JournalStatusResponse;
        fn program_names() -> Vec<String>;
        fn start_program(name: &str, argument: Option<&str>) -> ();
        fn stop_program(name: &str) -> ();
        fn resume_program(name: &str, argument: Option<&str>) -> ();
        fn reset_program(name: &str) -> ();
        fn kill_program(name: &str) -> ();
        fn get_program_invocation_attributes(name: &str) -> ProgramAttributes;
        fn event_condition_names(scope: ObjectScope<'_>) -> Vec<String>;
        fn event_enrollment_names(scope: ObjectScope<'_>) -> Vec<String>;
        fn get_event_condition_attributes(name: ObjectName<'_>) -> ConditionAttributes;
        fn report_event_condition_status(name: ObjectName<'_>) -> EventConditionStatusResponse;
        fn alter_event_condition_monitoring(request: AlterEventConditionRequest<'_>) -> ();
        fn trigger_event(name: ObjectName<'_>, priority: Option<u8>) -> ();
        fn define_event_enrollment(
            name: ObjectName<'_>,
            condition: ObjectName<'_>,
            transitions: Transitions,
            ack_rule: AlarmAckRule,
        ) -> ();
        fn delete_event_enrollments(names: &[ObjectName<'_>]) -> u32;
        fn alter_event_enrollment(
            name: ObjectName<'_>,
            transitions: Option<Transitions>,
            ack_rule: Option<AlarmAckRule>,
        ) -> AlterEventEnrollmentResponse;
        fn report_event_enrollment_status(name: ObjectName<'_>) -> EventEnrollmentStatusResponse;
        fn get_event_enrollment_attributes() -> Vec<EnrollmentAttributes>;
        fn acknowledge_event_notification(
            enrollment: ObjectName<'_>,
            state: ConditionState,
            time: EventTime,
        ) -> ();
    }

    /// See [`super::Client::download`].
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn download<W: Write>(&self, name: &str, writer: W) -> Result<u64, ClientError> {
        let mut writer = Blocking(writer);
        wait(&self.runtime, self.client.download(name, &mut writer))
    }
}

/// A blocking writer in the place of an asynchronous one: the thread that waits is the caller's.
struct Blocking<W>(W);

// Nothing in it is pinned.
impl<W> Unpin for Blocking<W> {}

impl<W: Write> AsyncWrite for Blocking<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        loop {
            match self.0.write(octets) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(self.0.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.poll_flush(cx)
    }
}
