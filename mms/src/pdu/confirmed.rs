//! Confirmed services: ISO 9506-2 `Confirmed-RequestPDU` and `Confirmed-ResponsePDU` with
//! `ConfirmedServiceRequest` and `ConfirmedServiceResponse`.

use super::access_attributes::{
    AccessAttributesRequest, AccessAttributesResponse, GET_VARIABLE_ACCESS_ATTRIBUTES,
};
use super::name_list::{GET_NAME_LIST, NameListRequest, NameListResponse};
use super::read::{READ, ReadRequest, ReadResponse};
use super::support::Service;
use super::vmd::{
    CapabilityListRequest, CapabilityListResponse, GET_CAPABILITY_LIST, IDENTIFY,
    IDENTIFY_RESPONSE, IdentifyRequest, IdentifyResponse, STATUS, STATUS_RESPONSE, StatusRequest,
    StatusResponse,
};
use super::wire::lenient_u32;
use super::write::{WRITE, WriteRequest, WriteResponse};
use super::{PduError, reason, write_confirmed_request, write_confirmed_response};
use crate::RejectReason;
use crate::ber::{BerError, Reader, Tag, Tlv, Writer};

/// A confirmed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmedRequest<'a> {
    /// Names the request among those that are outstanding.
    pub invoke_id: u32,
    /// What is asked for.
    pub service: RequestService<'a>,
}

impl<'a> ConfirmedRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, PduError> {
        let (invoke_id, service) = split(content)?;
        if service.tag == Tag::SEQUENCE {
            return Err(PduError {
                invoke_id: Some(invoke_id),
                reason: RejectReason::UNRECOGNIZED_MODIFIER,
                cause: None,
            });
        }
        let service = RequestService::from_tlv(service).map_err(|cause| {
            let reason = match cause {
                BerError::TooDeep => RejectReason::MAX_RECURSION_EXCEEDED,
                _ => RejectReason::INVALID_ARGUMENT,
            };
            PduError::new(Some(invoke_id), reason, cause)
        })?;
        Ok(ConfirmedRequest { invoke_id, service })
    }

    /// Writes the PDU.
    pub fn encode(&self, w: &mut Writer<'_>) {
        write_confirmed_request(w, self.invoke_id, |w| self.service.encode(w));
    }
}

/// A confirmed response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedResponse<'a> {
    /// Invoke id of the request.
    pub invoke_id: u32,
    /// The result.
    pub service: ResponseService<'a>,
}

impl<'a> ConfirmedResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, PduError> {
        let (invoke_id, service) = split(content)?;
        let service = ResponseService::from_tlv(service).map_err(|cause| {
            let reason = match cause {
                BerError::TooDeep => reason::RESULT_RECURSION,
                _ => reason::INVALID_RESULT,
            };
            PduError::new(Some(invoke_id), reason, cause)
        })?;
        Ok(ConfirmedResponse { invoke_id, service })
    }

    /// Writes the PDU.
    pub fn encode(&self, w: &mut Writer<'_>) {
        write_confirmed_response(w, self.invoke_id, |w| self.service.encode(w));
    }
}

/// Invoke id and the element behind it. What companion standards add behind the service is
/// passed over; octets that are no element make the PDU invalid, but the invoke id is known.
fn split(content: &[u8]) -> Result<(u32, Tlv<'_>), PduError> {
    let mut r = Reader::new(content);
    let invoke_id = r
        .expect(Tag::INTEGER)
        .and_then(lenient_u32)
        .map_err(PduError::invalid)?;
    let rest = |r: &mut Reader<'_>| {
        while r.take()?.is_some() {}
        Ok(())
    };
    let service = r.any();
    match service.and_then(|service| rest(&mut r).map(|()| service)) {
        Ok(service) => Ok((invoke_id, service)),
        Err(cause) => Err(PduError::new(
            Some(invoke_id),
            RejectReason::INVALID_PDU,
            cause,
        )),
    }
}

/// What a confirmed request asks for (ISO 9506-2 `ConfirmedServiceRequest`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestService<'a> {
    /// The state of the VMD.
    Status(StatusRequest),
    /// Names of objects.
    GetNameList(NameListRequest<'a>),
    /// Vendor, model and revision.
    Identify(IdentifyRequest),
    /// Values of variables.
    Read(ReadRequest<'a>),
    /// New values for variables.
    Write(WriteRequest<'a>),
    /// The type of a variable.
    GetVariableAccessAttributes(AccessAttributesRequest<'a>),
    /// Capabilities of the VMD.
    GetCapabilityList(CapabilityListRequest<'a>),
    /// A service that is not decoded; it is rejected as unrecognized.
    Other {
        /// Its tag.
        tag: Tag,
        /// Its content.
        content: &'a [u8],
    },
}

impl<'a> RequestService<'a> {
    fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        use RequestService as S;
        let Tlv { tag, content } = tlv;
        match tag {
            STATUS => StatusRequest::decode(content).map(S::Status),
            GET_NAME_LIST => NameListRequest::decode(content).map(S::GetNameList),
            IDENTIFY => Ok(S::Identify(IdentifyRequest)),
            READ => ReadRequest::decode(content).map(S::Read),
            WRITE => WriteRequest::decode(content).map(S::Write),
            GET_VARIABLE_ACCESS_ATTRIBUTES => {
                AccessAttributesRequest::decode(content).map(S::GetVariableAccessAttributes)
            }
            GET_CAPABILITY_LIST => CapabilityListRequest::decode(content).map(S::GetCapabilityList),
            _ => Ok(S::Other { tag, content }),
        }
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        use RequestService as S;
        match self {
            S::Status(request) => request.encode(w),
            S::GetNameList(request) => request.encode(w),
            S::Identify(request) => request.encode(w),
            S::Read(request) => request.encode(w),
            S::Write(request) => request.encode(w),
            S::GetVariableAccessAttributes(request) => request.encode(w),
            S::GetCapabilityList(request) => request.encode(w),
            S::Other { tag, content } => w.primitive(*tag, content),
        }
    }

    /// The service; `None` for tag numbers that no edition of the standard gives to a service.
    pub fn service(&self) -> Option<Service> {
        use RequestService as S;
        Some(match self {
            S::Status(_) => Service::Status,
            S::GetNameList(_) => Service::GetNameList,
            S::Identify(_) => Service::Identify,
            S::Read(_) => Service::Read,
            S::Write(_) => Service::Write,
            S::GetVariableAccessAttributes(_) => Service::GetVariableAccessAttributes,
            S::GetCapabilityList(_) => Service::GetCapabilityList,
            S::Other { tag, .. } if tag.is_context() => {
                return Service::from_tag_number(tag.number());
            }
            S::Other { .. } => return None,
        })
    }
}

/// What a confirmed response brings (ISO 9506-2 `ConfirmedServiceResponse`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseService<'a> {
    /// The state of the VMD.
    Status(StatusResponse),
    /// Names of objects.
    GetNameList(NameListResponse<'a>),
    /// Vendor, model and revision.
    Identify(IdentifyResponse<'a>),
    /// Values of variables.
    Read(ReadResponse<'a>),
    /// What became of a write.
    Write(WriteResponse<'a>),
    /// The type of a variable.
    GetVariableAccessAttributes(AccessAttributesResponse<'a>),
    /// Capabilities of the VMD.
    GetCapabilityList(CapabilityListResponse<'a>),
    /// A service that is not decoded.
    Other {
        /// Its tag.
        tag: Tag,
        /// Its content.
        content: &'a [u8],
    },
}

impl<'a> ResponseService<'a> {
    fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        use ResponseService as S;
        let Tlv { tag, content } = tlv;
        match tag {
            STATUS_RESPONSE => StatusResponse::decode(content).map(S::Status),
            GET_NAME_LIST => NameListResponse::decode(content).map(S::GetNameList),
            IDENTIFY_RESPONSE => IdentifyResponse::decode(content).map(S::Identify),
            READ => ReadResponse::decode(content).map(S::Read),
            WRITE => WriteResponse::decode(content).map(S::Write),
            GET_VARIABLE_ACCESS_ATTRIBUTES => {
                AccessAttributesResponse::decode(content).map(S::GetVariableAccessAttributes)
            }
            GET_CAPABILITY_LIST => {
                CapabilityListResponse::decode(content).map(S::GetCapabilityList)
            }
            _ => Ok(S::Other { tag, content }),
        }
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        use ResponseService as S;
        match self {
            S::Status(response) => response.encode(w),
            S::GetNameList(response) => response.encode(w),
            S::Identify(response) => response.encode(w),
            S::Read(response) => response.encode(w),
            S::Write(response) => response.encode(w),
            S::GetVariableAccessAttributes(response) => response.encode(w),
            S::GetCapabilityList(response) => response.encode(w),
            S::Other { tag, content } => w.primitive(*tag, content),
        }
    }
}
