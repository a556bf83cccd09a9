//! Who the peer is and what it has: identify, status, name lists, types, domains, capabilities.

use super::{Client, ClientError, encode, wrong};
use crate::ber::BerError;
use crate::pdu::{
    AccessAttributesRequest, CapabilityListRequest, DomainAttributesRequest, IdentifyRequest,
    NameListRequest, ObjectClass, ObjectScope, PduError, ResponseService, Service, StatusRequest,
    StatusResponse,
};
use crate::{ObjectIdentifier, ObjectName, RejectReason, TypeDescription};
use std::collections::HashSet;

/// Who made the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The vendor.
    pub vendor: String,
    /// The model.
    pub model: String,
    /// The revision of the model.
    pub revision: String,
    /// Abstract syntaxes the peer supports; empty if it does not list them.
    pub abstract_syntaxes: Vec<ObjectIdentifier>,
}

/// The attributes of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainAttributes {
    /// Capabilities the domain uses.
    pub capabilities: Vec<String>,
    /// 0 non-existent, 1 loading, 2 ready, 3 in use, 4 complete, 5 incomplete, and states of
    /// down- and upload above that.
    pub state: i64,
    /// Whether the domain can be deleted over MMS.
    pub deletable: bool,
    /// Whether several program invocations can use it.
    pub sharable: bool,
    /// Program invocations that use it.
    pub program_invocations: Vec<String>,
    /// Uploads in progress.
    pub uploads_in_progress: i64,
}

/// Follows a list that comes in several answers, and notices when it does not come nearer to its
/// end.
pub(super) struct Progress {
    service: Service,
    limit: usize,
    of: &'static str,
    continued_after: HashSet<Vec<u8>>,
}

impl Progress {
    pub(super) fn new(service: Service, limit: usize, of: &'static str) -> Self {
        Progress {
            service,
            limit,
            of,
            continued_after: HashSet::new(),
        }
    }

    /// The list has `count` elements now and goes on behind `last`.
    pub(super) fn go_on(&mut self, count: usize, last: Option<&[u8]>) -> Result<(), ClientError> {
        self.within(count)?;
        match last {
            Some(last) if self.continued_after.insert(last.to_vec()) => Ok(()),
            Some(_) => Err(ClientError::unexpected(
                self.service,
                "the list goes in circles",
            )),
            None => Err(ClientError::unexpected(
                self.service,
                "an empty part of a list that goes on",
            )),
        }
    }

    pub(super) fn within(&self, count: usize) -> Result<(), ClientError> {
        if count > self.limit {
            return Err(ClientError::Limit {
                service: self.service,
                limit: self.limit as u64,
                of: self.of,
            });
        }
        Ok(())
    }
}

impl Client {
    /// Asks who made the peer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn identify(&self) -> Result<Identity, ClientError> {
        const SERVICE: Service = Service::Identify;
        let request = encode(|w| IdentifyRequest.encode(w));
        self.exchange(SERVICE, request, |response| {
            let ResponseService::Identify(identity) = response else {
                return wrong(SERVICE);
            };
            let abstract_syntaxes = identity
                .abstract_syntaxes
                .unwrap_or_default()
                .iter()
                .map(|syntax| ObjectIdentifier::from_content(syntax.0))
                .collect::<Result<_, BerError>>()
                .map_err(|cause| malformed(SERVICE, cause))?;
            Ok(Identity {
                vendor: identity.vendor.into_owned(),
                model: identity.model.into_owned(),
                revision: identity.revision.into_owned(),
                abstract_syntaxes,
            })
        })
        .await
    }

    /// Asks for the state of the peer. With `extended_derivation` the peer is to find it out
    /// anew.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn status(&self, extended_derivation: bool) -> Result<StatusResponse, ClientError> {
        const SERVICE: Service = Service::Status;
        let request = encode(|w| {
            StatusRequest {
                extended_derivation,
            }
            .encode(w)
        });
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::Status(status) => Ok(status),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// The names of all objects of a class in a scope, in the order of the peer, however many
    /// answers it takes.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Limit`] and [`ClientError::Unexpected`] for a list without
    /// end.
    pub async fn name_list(
        &self,
        class: ObjectClass,
        scope: ObjectScope<'_>,
    ) -> Result<Vec<String>, ClientError> {
        const SERVICE: Service = Service::GetNameList;
        let mut progress = Progress::new(SERVICE, self.limits().names, "names");
        let mut names: Vec<String> = Vec::new();
        let mut fresh = 0;
        loop {
            let request = NameListRequest {
                class,
                scope,
                continue_after: names.last().map(String::as_str),
            };
            let request = encode(|w| request.encode(w));
            let more_follows = self
                .exchange(SERVICE, request, |response| {
                    let ResponseService::GetNameList(list) = response else {
                        return wrong(SERVICE);
                    };
                    fresh = list.identifiers.len();
                    progress.within(names.len() + fresh)?;
                    names.extend(list.identifiers.iter().map(str::to_owned));
                    Ok(list.more_follows)
                })
                .await?;
            if !more_follows {
                return Ok(names);
            }
            let last = names.last().filter(|_| fresh > 0);
            progress.go_on(names.len(), last.map(String::as_bytes))?;
        }
    }

    /// The names of all domains.
    ///
    /// # Errors
    /// As for [`Client::name_list`].
    pub async fn domain_names(&self) -> Result<Vec<String>, ClientError> {
        self.name_list(ObjectClass::Domain, ObjectScope::Vmd).await
    }

    /// The names of all variables in a scope.
    ///
    /// # Errors
    /// As for [`Client::name_list`].
    pub async fn variable_names(&self, scope: ObjectScope<'_>) -> Result<Vec<String>, ClientError> {
        self.name_list(ObjectClass::NamedVariable, scope).await
    }

    /// The names of all variable lists (data sets) in a scope.
    ///
    /// # Errors
    /// As for [`Client::name_list`].
    pub async fn variable_list_names(
        &self,
        scope: ObjectScope<'_>,
    ) -> Result<Vec<String>, ClientError> {
        self.name_list(ObjectClass::NamedVariableList, scope).await
    }

    /// The names of all journals (logs) in a scope.
    ///
    /// # Errors
    /// As for [`Client::name_list`].
    pub async fn journal_names(&self, scope: ObjectScope<'_>) -> Result<Vec<String>, ClientError> {
        self.name_list(ObjectClass::Journal, scope).await
    }

    /// The type of a variable.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get_variable_access_attributes(
        &self,
        name: ObjectName<'_>,
    ) -> Result<TypeDescription, ClientError> {
        const SERVICE: Service = Service::GetVariableAccessAttributes;
        let request = encode(|w| AccessAttributesRequest::Name(name).encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::GetVariableAccessAttributes(attributes) => Ok(attributes.ty),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// The attributes of a domain.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get_domain_attributes(
        &self,
        domain: &str,
    ) -> Result<DomainAttributes, ClientError> {
        const SERVICE: Service = Service::GetDomainAttributes;
        let request = encode(|w| DomainAttributesRequest { domain }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::GetDomainAttributes(domain) => Ok(DomainAttributes {
                capabilities: domain.capabilities.iter().map(str::to_owned).collect(),
                state: domain.state,
                deletable: domain.deletable,
                sharable: domain.sharable,
                program_invocations: domain
                    .program_invocations
                    .iter()
                    .map(str::to_owned)
                    .collect(),
                uploads_in_progress: domain.uploads_in_progress,
            }),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// The capabilities of the peer, however many answers it takes.
    ///
    /// # Errors
    /// As for [`Client::name_list`].
    pub async fn get_capability_list(&self) -> Result<Vec<String>, ClientError> {
        const SERVICE: Service = Service::GetCapabilityList;
        let mut progress = Progress::new(SERVICE, self.limits().names, "capabilities");
        let mut names: Vec<String> = Vec::new();
        let mut fresh = 0;
        loop {
            let request = CapabilityListRequest {
                continue_after: names.last().map(String::as_str),
            };
            let request = encode(|w| request.encode(w));
            let more_follows = self
                .exchange(SERVICE, request, |response| {
                    let ResponseService::GetCapabilityList(list) = response else {
                        return wrong(SERVICE);
                    };
                    fresh = list.capabilities.len();
                    progress.within(names.len() + fresh)?;
                    names.extend(list.capabilities.iter().map(str::to_owned));
                    Ok(list.more_follows)
                })
                .await?;
            if !more_follows {
                return Ok(names);
            }
            let last = names.last().filter(|_| fresh > 0);
            progress.go_on(names.len(), last.map(String::as_bytes))?;
        }
    }
}

/// confirmed-responsePDU / invalid-result.
const INVALID_RESULT: RejectReason = RejectReason { kind: 2, code: 3 };

/// Something inside a response that was only looked at here.
fn malformed(service: Service, cause: BerError) -> ClientError {
    ClientError::Malformed {
        service,
        cause: PduError {
            invoke_id: None,
            reason: INVALID_RESULT,
            cause: Some(cause),
        },
    }
}
