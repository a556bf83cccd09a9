//! Association control (ISO/IEC 8650-1, X.227): AARQ, AARE, RLRQ, RLRE and ABRT.

use super::OsiError;
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, integer, unsigned};
use crate::{BitString, ObjectIdentifier};
use std::fmt;

/// Application context of MMS (`1.0.9506.2.3`), as content octets.
pub const MMS_CONTEXT: &[u8] = &[0x28, 0xca, 0x22, 0x02, 0x03];
/// Application context some TASE.2 products name instead (`1.0.9506.1.1`), as content octets.
pub const MMS_CONTEXT_1: &[u8] = &[0x28, 0xca, 0x22, 0x01, 0x01];
/// Mechanism name of the password in the clear (`2.2.3.1`), as content octets.
pub const PASSWORD_MECHANISM: &[u8] = &[0x52, 0x03, 0x01];

const AARQ: Tag = Tag::application_constructed(0);
const AARE: Tag = Tag::application_constructed(1);
const RLRQ: Tag = Tag::application_constructed(2);
const RLRE: Tag = Tag::application_constructed(3);
const ABRT: Tag = Tag::application_constructed(4);

const USER_INFORMATION: Tag = Tag::context_constructed(30);
const NAME_ATTRIBUTE: Tag = Tag::SEQUENCE;
const RELATIVE_NAME: Tag = Tag::SET;

fn error(cause: BerError) -> OsiError {
    OsiError::Ber {
        layer: "ACSE",
        cause,
    }
}

/// An application process title, in either form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum ApTitle {
    /// Form 1: a directory name, kept in its encoding.
    Name(Vec<u8>),
    /// Form 2: an object identifier.
    Identifier(ObjectIdentifier),
}

impl fmt::Display for ApTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApTitle::Identifier(oid) => write!(f, "{oid}"),
            ApTitle::Name(octets) => {
                f.write_str("name:")?;
                octets.iter().try_for_each(|o| write!(f, "{o:02x}"))
            }
        }
    }
}

impl fmt::Debug for ApTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApTitle({self})")
    }
}

impl From<ObjectIdentifier> for ApTitle {
    fn from(oid: ObjectIdentifier) -> Self {
        ApTitle::Identifier(oid)
    }
}

/// An application entity qualifier, in either form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AeQualifier {
    /// Form 1: a relative distinguished name, kept in its encoding.
    Name(Vec<u8>),
    /// Form 2: a number.
    Number(i64),
}

impl fmt::Display for AeQualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AeQualifier::Number(number) => write!(f, "{number}"),
            AeQualifier::Name(octets) => {
                f.write_str("name:")?;
                octets.iter().try_for_each(|o| write!(f, "{o:02x}"))
            }
        }
    }
}

impl From<i64> for AeQualifier {
    fn from(number: i64) -> Self {
        AeQualifier::Number(number)
    }
}

/// How a caller proves who it is.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// A password in the clear (mechanism `2.2.3.1`).
    Password(Vec<u8>),
    /// Another mechanism: its name if there is one, and the encoded authentication value.
    Other {
        /// Mechanism name.
        mechanism: Option<ObjectIdentifier>,
        /// Encoding of the `Authentication-value` alternative.
        value: Vec<u8>,
    },
}

/// Secrets stay out of logs.
impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Authentication::Password(_) => f.write_str("Password(..)"),
            Authentication::Other { mechanism, .. } => write!(f, "Other({mechanism:?}, ..)"),
        }
    }
}

/// AARQ: the request for an association.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssociateRequest {
    /// Application context name; MMS uses [`MMS_CONTEXT`].
    pub context_name: Option<ObjectIdentifier>,
    /// Title of the process that is called.
    pub called_ap_title: Option<ApTitle>,
    /// Qualifier of the entity that is called.
    pub called_ae_qualifier: Option<AeQualifier>,
    /// Title of the process that calls.
    pub calling_ap_title: Option<ApTitle>,
    /// Qualifier of the entity that calls.
    pub calling_ae_qualifier: Option<AeQualifier>,
    /// Proof of identity.
    pub authentication: Option<Authentication>,
}

/// Result of an association request, with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AssociateResult {
    /// 0 accepted, 1 rejected permanently, 2 rejected for now.
    pub result: u8,
    /// Where the diagnostic comes from: `true` the user, `false` the provider.
    pub by_user: bool,
    /// Diagnostic. User: 0 null, 1 no reason, 2 application context name not supported,
    /// 3 calling AP title not recognized, 5 calling AE qualifier not recognized, 7 called AP title
    /// not recognized, 9 called AE qualifier not recognized, 11 authentication mechanism name not
    /// recognized, 13 authentication failure, 14 authentication required. Provider: 0 null,
    /// 1 no reason, 2 no common ACSE version.
    pub diagnostic: u8,
}

impl AssociateResult {
    /// Accepted.
    pub const ACCEPTED: Self = AssociateResult {
        result: 0,
        by_user: true,
        diagnostic: 0,
    };
    /// Refused without a reason.
    pub const NO_REASON: Self = AssociateResult {
        result: 1,
        by_user: true,
        diagnostic: 1,
    };
    /// Refused: the application context is not one of MMS.
    pub const CONTEXT_NOT_SUPPORTED: Self = AssociateResult {
        result: 1,
        by_user: true,
        diagnostic: 2,
    };
    /// Refused: the calling AP title is unknown.
    pub const CALLING_AP_TITLE: Self = AssociateResult {
        result: 1,
        by_user: true,
        diagnostic: 3,
    };
    /// Refused: the calling AE qualifier is unknown.
    pub const CALLING_AE_QUALIFIER: Self = AssociateResult {
        result: 1,
        by_user: true,
        diagnostic: 5,
    };
    /// Refused: the called AE qualifier is not ours.
    pub const CALLED_AE_QUALIFIER: Self = AssociateResult {
        result: 1,
        by_user: true,
        diagnostic: 9,
    };
    /// Refused for now, without a reason: there are as many associations as there may be.
    pub const TRANSIENT: Self = AssociateResult {
        result: 2,
        by_user: true,
        diagnostic: 1,
    };
    /// Refused: the called AP title is not ours.
    pub const CALLED_AP_TITLE: Self = AssociateResult {
        result: 1,
        by_user: true,
        diagnostic: 7,
    };
    /// Refused: wrong authentication.
    pub const AUTHENTICATION_FAILURE: Self = AssociateResult {
        result: 1,
        by_user: true,
        diagnostic: 13,
    };
    /// Refused: there was no authentication.
    pub const AUTHENTICATION_REQUIRED: Self = AssociateResult {
        result: 1,
        by_user: true,
        diagnostic: 14,
    };
}

impl fmt::Display for AssociateResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.result {
            0 => "accepted",
            1 => "rejected",
            _ => "rejected for now",
        })?;
        let text = match (self.by_user, self.diagnostic) {
            (_, 0 | 1) => return Ok(()),
            (true, 2) => "application context name not supported",
            (true, 3) => "calling AP title not recognized",
            (true, 5) => "calling AE qualifier not recognized",
            (true, 7) => "called AP title not recognized",
            (true, 9) => "called AE qualifier not recognized",
            (true, 11) => "authentication mechanism not recognized",
            (true, 13) => "authentication failure",
            (true, 14) => "authentication required",
            (false, 2) => "no common ACSE version",
            (by_user, n) => {
                return write!(
                    f,
                    ": diagnostic {n} of the {}",
                    if by_user { "user" } else { "provider" }
                );
            }
        };
        write!(f, ": {text}")
    }
}

/// AARE: the answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssociateResponse {
    /// Application context name.
    pub context_name: Option<ObjectIdentifier>,
    /// Accepted or not, and why.
    pub result: AssociateResult,
    /// Title of the process that answers.
    pub responding_ap_title: Option<ApTitle>,
    /// Qualifier of the entity that answers.
    pub responding_ae_qualifier: Option<AeQualifier>,
}

/// An ACSE PDU. User information is the MMS PDU of the association service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcsePdu<'a> {
    /// AARQ.
    AssociateRequest(AssociateRequest, Option<&'a [u8]>),
    /// AARE.
    AssociateResponse(AssociateResponse, Option<&'a [u8]>),
    /// RLRQ with its reason: 0 normal, 1 urgent, 30 user defined.
    ReleaseRequest(Option<u8>),
    /// RLRE with its reason: 0 normal, 1 not finished, 30 user defined.
    ReleaseResponse(Option<u8>),
    /// ABRT with its source: 0 user, 1 provider.
    Abort(u8),
}

/// Reads an ACSE PDU.
///
/// # Errors
/// [`OsiError`] if it is malformed or none of the five.
pub fn decode(bytes: &[u8]) -> Result<AcsePdu<'_>, OsiError> {
    decode_inner(bytes).map_err(error)
}

fn decode_inner(bytes: &[u8]) -> Result<AcsePdu<'_>, BerError> {
    let pdu = Reader::new(bytes).any()?;
    match pdu.tag {
        AARQ => request(pdu.reader()),
        AARE => response(pdu.reader()),
        RLRQ => Ok(AcsePdu::ReleaseRequest(reason(pdu.reader())?)),
        RLRE => Ok(AcsePdu::ReleaseResponse(reason(pdu.reader())?)),
        ABRT => Ok(AcsePdu::Abort(reason(pdu.reader())?.unwrap_or(0))),
        other => Err(BerError::UnknownChoice(other)),
    }
}

fn reason(mut r: Reader<'_>) -> Result<Option<u8>, BerError> {
    let reason = r.optional(Tag::context(0))?;
    while r.take()?.is_some() {}
    Ok(reason.map(unsigned).transpose()?.map(|n| n.min(255) as u8))
}

fn request(mut r: Reader<'_>) -> Result<AcsePdu<'_>, BerError> {
    let mut request = AssociateRequest::default();
    let (mut mechanism, mut value, mut user_information) = (None, None, None);
    while let Some(tlv) = r.take()? {
        match tlv.tag.number() {
            1 => request.context_name = Some(oid(tlv)?),
            2 => request.called_ap_title = Some(ap_title(tlv)?),
            3 => request.called_ae_qualifier = Some(ae_qualifier(tlv)?),
            6 => request.calling_ap_title = Some(ap_title(tlv)?),
            7 => request.calling_ae_qualifier = Some(ae_qualifier(tlv)?),
            11 => mechanism = Some(ObjectIdentifier::from_content(tlv.content)?),
            12 => value = Some(tlv.reader().any().map(|v| (v, tlv.content))?),
            30 => user_information = Some(external(tlv)?),
            _ => {}
        }
    }
    request.authentication = match (mechanism, value) {
        (None, None) => None,
        // A character string without a mechanism name is a password too.
        (mechanism, Some((v, _)))
            if v.tag == Tag::context(0)
                && mechanism
                    .as_ref()
                    .is_none_or(|m| m.content() == PASSWORD_MECHANISM) =>
        {
            Some(Authentication::Password(v.content.to_vec()))
        }
        (mechanism, value) => Some(Authentication::Other {
            mechanism,
            value: value.map(|(_, octets)| octets.to_vec()).unwrap_or_default(),
        }),
    };
    Ok(AcsePdu::AssociateRequest(request, user_information))
}

fn response(mut r: Reader<'_>) -> Result<AcsePdu<'_>, BerError> {
    let mut response = AssociateResponse {
        context_name: None,
        result: AssociateResult::ACCEPTED,
        responding_ap_title: None,
        responding_ae_qualifier: None,
    };
    let (mut result, mut user_information) = (None, None);
    while let Some(tlv) = r.take()? {
        match tlv.tag.number() {
            1 => response.context_name = Some(oid(tlv)?),
            2 => result = Some(small(tlv.reader().expect(Tag::INTEGER)?)?),
            3 => {
                let source = tlv.reader().any()?;
                response.result.by_user = source.tag == Tag::context_constructed(1);
                response.result.diagnostic = small(source.reader().expect(Tag::INTEGER)?)?;
            }
            4 => response.responding_ap_title = Some(ap_title(tlv)?),
            5 => response.responding_ae_qualifier = Some(ae_qualifier(tlv)?),
            30 => user_information = Some(external(tlv)?),
            _ => {}
        }
    }
    response.result.result = result.ok_or(BerError::Missing(Tag::context_constructed(2)))?;
    Ok(AcsePdu::AssociateResponse(response, user_information))
}

fn small(content: &[u8]) -> Result<u8, BerError> {
    unsigned(content).map(|n| n.min(255) as u8)
}

fn oid(tlv: Tlv<'_>) -> Result<ObjectIdentifier, BerError> {
    ObjectIdentifier::from_content(tlv.reader().expect(Tag::OBJECT_IDENTIFIER)?)
}

fn ap_title(tlv: Tlv<'_>) -> Result<ApTitle, BerError> {
    let inner = tlv.reader().any()?;
    match inner.tag {
        Tag::OBJECT_IDENTIFIER => {
            ObjectIdentifier::from_content(inner.content).map(ApTitle::Identifier)
        }
        NAME_ATTRIBUTE => Ok(ApTitle::Name(tlv.content.to_vec())),
        other => Err(BerError::UnknownChoice(other)),
    }
}

fn ae_qualifier(tlv: Tlv<'_>) -> Result<AeQualifier, BerError> {
    let inner = tlv.reader().any()?;
    match inner.tag {
        Tag::INTEGER => integer(inner.content).map(AeQualifier::Number),
        RELATIVE_NAME => Ok(AeQualifier::Name(tlv.content.to_vec())),
        other => Err(BerError::UnknownChoice(other)),
    }
}

/// The value in the first EXTERNAL of user information.
fn external(tlv: Tlv<'_>) -> Result<&[u8], BerError> {
    let mut r = tlv.reader().expect_nested(Tag::EXTERNAL)?;
    while let Some(element) = r.take()? {
        if element.tag == Tag::context_constructed(0) || element.tag == Tag::context(1) {
            return Ok(element.content);
        }
    }
    Err(BerError::Missing(Tag::context_constructed(0)))
}

fn write_ap_title(w: &mut Writer<'_>, number: u8, title: Option<&ApTitle>) {
    if let Some(title) = title {
        w.constructed(Tag::context_constructed(number), |w| match title {
            ApTitle::Identifier(oid) => w.primitive(Tag::OBJECT_IDENTIFIER, oid.content()),
            ApTitle::Name(octets) => w.raw(octets),
        });
    }
}

fn write_ae_qualifier(w: &mut Writer<'_>, number: u8, qualifier: Option<&AeQualifier>) {
    if let Some(qualifier) = qualifier {
        w.constructed(Tag::context_constructed(number), |w| match qualifier {
            AeQualifier::Number(number) => w.integer(Tag::INTEGER, *number),
            AeQualifier::Name(octets) => w.raw(octets),
        });
    }
}

fn write_context_name(w: &mut Writer<'_>, name: Option<&ObjectIdentifier>) {
    let content = name.map_or(MMS_CONTEXT, ObjectIdentifier::content);
    w.constructed(Tag::context_constructed(1), |w| {
        w.primitive(Tag::OBJECT_IDENTIFIER, content)
    });
}

fn write_user_information<'w>(
    w: &mut Writer<'w>,
    context: u32,
    value: impl FnOnce(&mut Writer<'w>),
) {
    w.constructed(USER_INFORMATION, |w| {
        w.constructed(Tag::EXTERNAL, |w| {
            w.unsigned(Tag::INTEGER, context.into());
            w.constructed(Tag::context_constructed(0), value);
        });
    });
}

/// Writes AARQ; `user_information` is a value of the presentation context `context`.
pub fn write_request<'w>(
    w: &mut Writer<'w>,
    request: &AssociateRequest,
    context: u32,
    user_information: impl FnOnce(&mut Writer<'w>),
) {
    w.constructed(AARQ, |w| {
        write_context_name(w, request.context_name.as_ref());
        write_ap_title(w, 2, request.called_ap_title.as_ref());
        write_ae_qualifier(w, 3, request.called_ae_qualifier.as_ref());
        write_ap_title(w, 6, request.calling_ap_title.as_ref());
        write_ae_qualifier(w, 7, request.calling_ae_qualifier.as_ref());
        if let Some(authentication) = &request.authentication {
            // Sender ACSE requirements: the authentication functional unit.
            let requirements = BitString::from_integer(1, 1);
            w.bit_string(Tag::context(10), requirements.octets(), 1);
            match authentication {
                Authentication::Password(password) => {
                    w.primitive(Tag::context(11), PASSWORD_MECHANISM);
                    w.constructed(Tag::context_constructed(12), |w| {
                        w.primitive(Tag::context(0), password)
                    });
                }
                Authentication::Other { mechanism, value } => {
                    if let Some(mechanism) = mechanism {
                        w.primitive(Tag::context(11), mechanism.content());
                    }
                    // A mechanism alone is a request without proof; an empty value is no ASN.1.
                    if !value.is_empty() {
                        w.constructed(Tag::context_constructed(12), |w| w.raw(value));
                    }
                }
            }
        }
        write_user_information(w, context, user_information);
    });
}

/// Writes AARE; `user_information` is a value of the presentation context `context`.
pub fn write_response<'w>(
    w: &mut Writer<'w>,
    response: &AssociateResponse,
    context: u32,
    user_information: Option<impl FnOnce(&mut Writer<'w>)>,
) {
    w.constructed(AARE, |w| {
        write_context_name(w, response.context_name.as_ref());
        w.constructed(Tag::context_constructed(2), |w| {
            w.unsigned(Tag::INTEGER, response.result.result.into());
        });
        let source = if response.result.by_user { 1 } else { 2 };
        w.constructed(Tag::context_constructed(3), |w| {
            w.constructed(Tag::context_constructed(source), |w| {
                w.unsigned(Tag::INTEGER, response.result.diagnostic.into());
            });
        });
        write_ap_title(w, 4, response.responding_ap_title.as_ref());
        write_ae_qualifier(w, 5, response.responding_ae_qualifier.as_ref());
        if let Some(fill) = user_information {
            write_user_information(w, context, fill);
        }
    });
}

/// Writes RLRQ for a normal release.
pub fn write_release_request(w: &mut Writer<'_>) {
    w.constructed(RLRQ, |w| w.unsigned(Tag::context(0), 0));
}

/// Writes RLRE without a reason.
pub fn write_release_response(w: &mut Writer<'_>) {
    w.constructed(RLRE, |_| {});
}

/// Writes ABRT of the user (`0`) or the provider (`1`).
pub fn write_abort(w: &mut Writer<'_>, source: u8) {
    w.constructed(ABRT, |w| w.unsigned(Tag::context(0), source.into()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(f: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut out = vec![];
        f(&mut Writer::unbounded(&mut out));
        out
    }

    fn sample() -> AssociateRequest {
        AssociateRequest {
            context_name: Some("1.0.9506.2.3".parse().unwrap()),
            called_ap_title: Some(ApTitle::Name(vec![0x30, 2, 0x31, 0])),
            called_ae_qualifier: Some(AeQualifier::Name(vec![0x31, 0])),
            calling_ap_title: Some(ApTitle::Identifier("1.1.1.999".parse().unwrap())),
            calling_ae_qualifier: Some(AeQualifier::Number(12)),
            authentication: Some(Authentication::Password(b"secret".to_vec())),
        }
    }

    #[test]
    fn request_round_trip() {
        let bytes = written(|w| write_request(w, &sample(), 3, |w| w.raw(&[0xa8, 0])));
        assert_eq!(
            decode(&bytes).unwrap(),
            AcsePdu::AssociateRequest(sample(), Some(&[0xa8, 0]))
        );
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err());
        }
        assert!(!format!("{:?}", sample()).contains("secret"));
    }

    #[test]
    fn a_mechanism_without_a_value() {
        let request = AssociateRequest {
            authentication: Some(Authentication::Other {
                mechanism: Some("2.2.3.1".parse().unwrap()),
                value: vec![],
            }),
            ..sample()
        };
        let bytes = written(|w| write_request(w, &request, 3, |_| ()));
        assert_eq!(
            decode(&bytes).unwrap(),
            AcsePdu::AssociateRequest(request, Some(&[]))
        );
    }

    #[test]
    fn response_and_release_round_trip() {
        let response = AssociateResponse {
            context_name: Some("1.0.9506.2.3".parse().unwrap()),
            result: AssociateResult::AUTHENTICATION_FAILURE,
            responding_ap_title: None,
            responding_ae_qualifier: Some(AeQualifier::Number(-1)),
        };
        let bytes = written(|w| write_response(w, &response, 3, None::<fn(&mut Writer<'_>)>));
        assert_eq!(
            decode(&bytes).unwrap(),
            AcsePdu::AssociateResponse(response, None)
        );
        assert_eq!(
            AssociateResult::AUTHENTICATION_FAILURE.to_string(),
            "rejected: authentication failure"
        );
        assert_eq!(
            decode(&written(write_release_request)).unwrap(),
            AcsePdu::ReleaseRequest(Some(0))
        );
        assert_eq!(
            decode(&written(write_release_response)).unwrap(),
            AcsePdu::ReleaseResponse(None)
        );
        assert_eq!(
            decode(&written(|w| write_abort(w, 1))).unwrap(),
            AcsePdu::Abort(1)
        );
    }

    proptest! {
        #[test]
        fn decoding_never_panics(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
