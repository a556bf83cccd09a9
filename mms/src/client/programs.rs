//! Program invocations.

use super::{Client, ClientError, encode, wrong};
use crate::pdu::{
    ExecutionArgument, KillRequest, ObjectClass, ObjectScope, ProgramAttributesRequest,
    ProgramState, RequestService, ResetRequest, ResponseService, ResumeRequest, Service,
    StartRequest, StopRequest,
};

/// The attributes of a program invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramAttributes {
    /// What it does.
    pub state: ProgramState,
    /// The domains it is made of.
    pub domains: Vec<String>,
    /// Whether it can be deleted over MMS.
    pub deletable: bool,
    /// Whether it is idle after a reset, and not unrunnable.
    pub reusable: bool,
    /// Whether an event condition watches it.
    pub monitor: bool,
    /// What it was started with last.
    pub start_argument: Option<String>,
}

impl Client {
    /// The names of the program invocations of the peer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn program_names(&self) -> Result<Vec<String>, ClientError> {
        self.name_list(ObjectClass::ProgramInvocation, ObjectScope::Vmd)
            .await
    }

    /// Starts an idle program invocation with a text, or with nothing.
    ///
    /// # Errors
    /// [`ClientError`]; a state it cannot be started from is service / object-state-conflict.
    pub async fn start_program(
        &self,
        name: &str,
        argument: Option<&str>,
    ) -> Result<(), ClientError> {
        let argument = argument.map(ExecutionArgument::Simple);
        self.program(RequestService::Start(StartRequest { name, argument }))
            .await
    }

    /// Stops a running program invocation.
    ///
    /// # Errors
    /// As for [`Client::start_program`].
    pub async fn stop_program(&self, name: &str) -> Result<(), ClientError> {
        self.program(RequestService::Stop(StopRequest { name }))
            .await
    }

    /// Lets a stopped program invocation go on, with a text or with nothing.
    ///
    /// # Errors
    /// As for [`Client::start_program`].
    pub async fn resume_program(
        &self,
        name: &str,
        argument: Option<&str>,
    ) -> Result<(), ClientError> {
        let argument = argument.map(ExecutionArgument::Simple);
        self.program(RequestService::Resume(ResumeRequest { name, argument }))
            .await
    }

    /// Brings a stopped program invocation back to where it can be started.
    ///
    /// # Errors
    /// As for [`Client::start_program`].
    pub async fn reset_program(&self, name: &str) -> Result<(), ClientError> {
        self.program(RequestService::Reset(ResetRequest { name }))
            .await
    }

    /// Makes a program invocation one that cannot be run.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn kill_program(&self, name: &str) -> Result<(), ClientError> {
        self.program(RequestService::Kill(KillRequest { name }))
            .await
    }

    async fn program(&self, request: RequestService<'_>) -> Result<(), ClientError> {
        let service = request.service().unwrap_or(Service::Start);
        self.request(request, |response| match response {
            ResponseService::Start(_)
            | ResponseService::Stop(_)
            | ResponseService::Resume(_)
            | ResponseService::Reset(_)
            | ResponseService::Kill(_)
                if response.service() == Some(service) =>
            {
                Ok(())
            }
            _ => wrong(service),
        })
        .await
    }

    /// The attributes of a program invocation.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get_program_invocation_attributes(
        &self,
        name: &str,
    ) -> Result<ProgramAttributes, ClientError> {
        const SERVICE: Service = Service::GetProgramInvocationAttributes;
        let request = encode(|w| ProgramAttributesRequest { name }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::GetProgramInvocationAttributes(attributes) => Ok(ProgramAttributes {
                state: attributes.state,
                domains: attributes.domains.iter().map(str::to_owned).collect(),
                deletable: attributes.deletable,
                reusable: attributes.reusable,
                monitor: attributes.monitor,
                start_argument: attributes.start_argument.map(str::to_owned),
            }),
            _ => wrong(SERVICE),
        })
        .await
    }
}
