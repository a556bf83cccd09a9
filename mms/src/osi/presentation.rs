//! Presentation protocol, normal mode, kernel (ISO/IEC 8823-1, X.226).

use super::OsiError;
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, unsigned};

/// Basic Encoding Rules of a single ASN.1 type (`2.1.1`), as content octets.
pub const BASIC_ENCODING: &[u8] = &[0x51, 0x01];
/// ACSE (`2.2.1.0.1`), as content octets.
pub const ACSE_SYNTAX: &[u8] = &[0x52, 0x01, 0x00, 0x01];
/// MMS (`1.0.9506.2.1`), as content octets.
pub const MMS_SYNTAX: &[u8] = &[0x28, 0xca, 0x22, 0x02, 0x01];

/// The most contexts a definition list may have: two are usual, and every one costs an answer.
pub const MAX_CONTEXTS: usize = 32;

const MODE_SELECTOR: Tag = Tag::context_constructed(0);
const NORMAL_MODE: Tag = Tag::context_constructed(2);
const CALLING_SELECTOR: Tag = Tag::context(1);
const CALLED_SELECTOR: Tag = Tag::context(2);
const RESPONDING_SELECTOR: Tag = Tag::context(3);
const DEFINITION_LIST: Tag = Tag::context_constructed(4);
const RESULT_LIST: Tag = Tag::context_constructed(5);
const PROVIDER_REASON: Tag = Tag::context(10);
const USER_DATA: Tag = Tag::application_constructed(1);
const SIMPLE_USER_DATA: Tag = Tag::application_constructed(0);
const SINGLE_ASN1: Tag = Tag::context_constructed(0);
const OCTET_ALIGNED: Tag = Tag::context(1);

fn error(cause: BerError) -> OsiError {
    OsiError::Ber {
        layer: "presentation",
        cause,
    }
}

/// One entry of the presentation context definition list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// Identifier, an odd number for contexts of the initiator.
    pub id: u32,
    /// Abstract syntax, content octets of its object identifier.
    pub abstract_syntax: &'a [u8],
    /// Whether Basic Encoding Rules are among the transfer syntaxes.
    pub basic_encoding: bool,
}

/// What became of a proposed context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextResult {
    /// Accepted with Basic Encoding Rules.
    Accepted,
    /// Refused by the user.
    UserRejection,
    /// Refused by the provider: 1 abstract syntax not supported, 2 transfer syntaxes not
    /// supported, 0 no reason.
    ProviderRejection(u8),
}

/// A presentation PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ppdu<'a> {
    /// CP: connect.
    Connect {
        /// Selector of the side that calls.
        calling: Option<&'a [u8]>,
        /// Selector of the side that is called.
        called: Option<&'a [u8]>,
        /// The proposed contexts.
        contexts: Vec<Context<'a>>,
        /// User data.
        user_data: UserData<'a>,
    },
    /// CPA: accept.
    Accept {
        /// Selector of the side that answers.
        responding: Option<&'a [u8]>,
        /// One result for each proposed context, in the order of the proposal.
        results: Vec<ContextResult>,
        /// User data.
        user_data: UserData<'a>,
    },
}

/// Fully encoded user data: presentation data values with their contexts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserData<'a> {
    lists: Reader<'a>,
}

impl<'a> UserData<'a> {
    /// The values: context identifier and the octets of the ASN.1 value.
    ///
    /// Values that are not a single ASN.1 type or octet-aligned are errors.
    pub fn values(&self) -> impl Iterator<Item = Result<(u32, &'a [u8]), OsiError>> + use<'a> {
        let mut lists = self.lists;
        std::iter::from_fn(move || match lists.take() {
            Ok(None) => None,
            Ok(Some(tlv)) => Some(pdv(tlv).map_err(error)),
            Err(cause) => {
                lists = Reader::default();
                Some(Err(error(cause)))
            }
        })
    }

    /// The first value.
    ///
    /// # Errors
    /// [`OsiError`] if there is none or it is malformed.
    #[inline]
    pub fn first(&self) -> Result<(u32, &'a [u8]), OsiError> {
        let mut lists = self.lists;
        lists.any().and_then(pdv).map_err(error)
    }

    /// The first value that belongs to `context`.
    ///
    /// # Errors
    /// [`OsiError`] if there is none or one before it is malformed.
    pub fn of(&self, context: u32) -> Result<&'a [u8], OsiError> {
        for value in self.values() {
            let (id, octets) = value?;
            if id == context {
                return Ok(octets);
            }
        }
        Err(error(BerError::Missing(SINGLE_ASN1)))
    }
}

#[inline]
fn pdv(list: Tlv<'_>) -> Result<(u32, &[u8]), BerError> {
    if list.tag != Tag::SEQUENCE {
        return Err(BerError::UnexpectedTag {
            expected: Tag::SEQUENCE,
            found: list.tag,
        });
    }
    let mut r = list.reader();
    r.optional(Tag::OBJECT_IDENTIFIER)?;
    let id = context_id(r.expect(Tag::INTEGER)?)?;
    let value = r.any()?;
    match value.tag {
        SINGLE_ASN1 | OCTET_ALIGNED => Ok((id, value.content)),
        other => Err(BerError::UnknownChoice(other)),
    }
}

#[inline]
fn context_id(content: &[u8]) -> Result<u32, BerError> {
    match *content {
        [id] if id < 0x80 => Ok(u32::from(id)),
        _ => unsigned(content)?
            .try_into()
            .map_err(|_| BerError::IntegerRange),
    }
}

/// Reads the user data of a data transfer, or of ARU, FINISH and DISCONNECT.
///
/// # Errors
/// [`OsiError`] if it is not fully encoded user data.
#[inline]
pub fn decode_user_data(bytes: &[u8]) -> Result<UserData<'_>, OsiError> {
    let mut r = Reader::new(bytes);
    let lists = r.expect_nested(USER_DATA).map_err(error)?;
    Ok(UserData { lists })
}

/// Reads CP.
///
/// # Errors
/// [`OsiError`] if it is malformed, not in normal mode, or has too many contexts.
pub fn decode_connect(bytes: &[u8]) -> Result<Ppdu<'_>, OsiError> {
    let mut r = normal_mode(bytes)?;
    let (mut calling, mut called, mut contexts, mut user_data) =
        (None, None, vec![], UserData::default());
    (|| {
        while let Some(tlv) = r.take()? {
            match tlv.tag {
                CALLING_SELECTOR => calling = Some(tlv.content),
                CALLED_SELECTOR => called = Some(tlv.content),
                DEFINITION_LIST => {
                    let mut list = tlv.reader();
                    while let Some(item) = list.take()? {
                        if contexts.len() >= MAX_CONTEXTS {
                            return Err(BerError::TooMany);
                        }
                        contexts.push(context(item)?);
                    }
                }
                USER_DATA => {
                    user_data = UserData {
                        lists: tlv.reader(),
                    }
                }
                SIMPLE_USER_DATA => return Err(BerError::UnknownChoice(tlv.tag)),
                _ => {}
            }
        }
        Ok(())
    })()
    .map_err(error)?;
    Ok(Ppdu::Connect {
        calling,
        called,
        contexts,
        user_data,
    })
}

fn context(item: Tlv<'_>) -> Result<Context<'_>, BerError> {
    let mut r = item.reader();
    let id = context_id(r.expect(Tag::INTEGER)?)?;
    let abstract_syntax = r.expect(Tag::OBJECT_IDENTIFIER)?;
    let mut syntaxes = r.expect_nested(Tag::SEQUENCE)?;
    let mut basic_encoding = false;
    while let Some(syntax) = syntaxes.take()? {
        basic_encoding |= syntax.tag == Tag::OBJECT_IDENTIFIER && syntax.content == BASIC_ENCODING;
    }
    Ok(Context {
        id,
        abstract_syntax,
        basic_encoding,
    })
}

/// Reads CPA.
///
/// # Errors
/// [`OsiError`] if it is malformed or not in normal mode.
pub fn decode_accept(bytes: &[u8]) -> Result<Ppdu<'_>, OsiError> {
    let mut r = normal_mode(bytes)?;
    let (mut responding, mut results, mut user_data) = (None, vec![], UserData::default());
    (|| {
        while let Some(tlv) = r.take()? {
            match tlv.tag {
                RESPONDING_SELECTOR => responding = Some(tlv.content),
                RESULT_LIST => {
                    let mut list = tlv.reader();
                    while let Some(item) = list.take()? {
                        if results.len() >= MAX_CONTEXTS {
                            return Err(BerError::TooMany);
                        }
                        results.push(context_result(item)?);
                    }
                }
                USER_DATA => {
                    user_data = UserData {
                        lists: tlv.reader(),
                    }
                }
                _ => {}
            }
        }
        Ok(())
    })()
    .map_err(error)?;
    Ok(Ppdu::Accept {
        responding,
        results,
        user_data,
    })
}

fn context_result(item: Tlv<'_>) -> Result<ContextResult, BerError> {
    let mut r = item.reader();
    let result = unsigned(r.expect(Tag::context(0))?)?;
    Ok(match result {
        0 => ContextResult::Accepted,
        1 => ContextResult::UserRejection,
        _ => {
            r.optional(Tag::context(1))?;
            let reason = r
                .optional(Tag::context(2))?
                .map(unsigned)
                .transpose()?
                .unwrap_or(0);
            ContextResult::ProviderRejection(reason.min(255) as u8)
        }
    })
}

/// The user data of CPR (the refusal), if it has any.
///
/// # Errors
/// [`OsiError`] if it is malformed.
pub fn decode_reject(bytes: &[u8]) -> Result<UserData<'_>, OsiError> {
    let mut r = Reader::new(bytes)
        .expect_nested(Tag::SEQUENCE)
        .map_err(error)?;
    while let Some(tlv) = r.take().map_err(error)? {
        if tlv.tag == USER_DATA {
            return Ok(UserData {
                lists: tlv.reader(),
            });
        }
    }
    Ok(UserData::default())
}

/// The user data of ARU (abort by the user). ARP, the abort by the provider, has none.
pub fn decode_abort(bytes: &[u8]) -> UserData<'_> {
    let mut r = Reader::new(bytes);
    let Ok(Some(content)) = r.optional(Tag::context_constructed(0)) else {
        return UserData::default();
    };
    let mut r = Reader::new(content);
    while let Ok(Some(tlv)) = r.take() {
        if tlv.tag == USER_DATA {
            return UserData {
                lists: tlv.reader(),
            };
        }
    }
    UserData::default()
}

/// Checks the mode and gives the normal-mode parameters of CP and CPA.
fn normal_mode(bytes: &[u8]) -> Result<Reader<'_>, OsiError> {
    let mut r = Reader::new(bytes).expect_nested(Tag::SET).map_err(error)?;
    let mut parameters = None;
    // A SET: the order of its elements is free.
    while let Some(tlv) = r.take().map_err(error)? {
        match tlv.tag {
            MODE_SELECTOR => {
                let mode = tlv
                    .reader()
                    .expect(Tag::context(0))
                    .and_then(unsigned)
                    .map_err(error)?;
                if mode != 1 {
                    return Err(OsiError::PresentationMode(mode.min(255) as u8));
                }
            }
            NORMAL_MODE => parameters = Some(tlv.reader()),
            _ => {}
        }
    }
    parameters.ok_or(error(BerError::Missing(NORMAL_MODE)))
}

/// Writes fully encoded user data of one value.
pub fn write_user_data<'w>(w: &mut Writer<'w>, context: u32, value: impl FnOnce(&mut Writer<'w>)) {
    w.constructed(USER_DATA, |w| {
        w.constructed(Tag::SEQUENCE, |w| {
            w.unsigned(Tag::INTEGER, context.into());
            w.constructed(SINGLE_ASN1, value);
        });
    });
}

fn write_normal_mode<'w>(w: &mut Writer<'w>, parameters: impl FnOnce(&mut Writer<'w>)) {
    w.constructed(Tag::SET, |w| {
        w.constructed(MODE_SELECTOR, |w| w.unsigned(Tag::context(0), 1));
        w.constructed(NORMAL_MODE, parameters);
    });
}

/// Writes CP with these contexts; `user_data` belongs to the first of them.
pub fn write_connect<'w>(
    w: &mut Writer<'w>,
    calling: Option<&[u8]>,
    called: Option<&[u8]>,
    contexts: &[(u32, &[u8])],
    user_data: impl FnOnce(&mut Writer<'w>),
) {
    write_normal_mode(w, |w| {
        if let Some(calling) = calling {
            w.primitive(CALLING_SELECTOR, calling);
        }
        if let Some(called) = called {
            w.primitive(CALLED_SELECTOR, called);
        }
        w.constructed(DEFINITION_LIST, |w| {
            for (id, syntax) in contexts {
                w.constructed(Tag::SEQUENCE, |w| {
                    w.unsigned(Tag::INTEGER, (*id).into());
                    w.primitive(Tag::OBJECT_IDENTIFIER, syntax);
                    w.constructed(Tag::SEQUENCE, |w| {
                        w.primitive(Tag::OBJECT_IDENTIFIER, BASIC_ENCODING)
                    });
                });
            }
        });
        write_user_data(w, contexts.first().map_or(1, |c| c.0), user_data);
    });
}

fn write_results(w: &mut Writer<'_>, results: &[ContextResult]) {
    w.constructed(RESULT_LIST, |w| {
        for result in results {
            w.constructed(Tag::SEQUENCE, |w| match result {
                ContextResult::Accepted => {
                    w.unsigned(Tag::context(0), 0);
                    w.primitive(Tag::context(1), BASIC_ENCODING);
                }
                ContextResult::UserRejection => w.unsigned(Tag::context(0), 1),
                ContextResult::ProviderRejection(reason) => {
                    w.unsigned(Tag::context(0), 2);
                    w.unsigned(Tag::context(2), (*reason).into());
                }
            });
        }
    });
}

/// Writes CPA.
pub fn write_accept<'w>(
    w: &mut Writer<'w>,
    responding: Option<&[u8]>,
    results: &[ContextResult],
    context: u32,
    user_data: impl FnOnce(&mut Writer<'w>),
) {
    write_normal_mode(w, |w| {
        if let Some(responding) = responding {
            w.primitive(RESPONDING_SELECTOR, responding);
        }
        write_results(w, results);
        write_user_data(w, context, user_data);
    });
}

/// Writes CPR: with user data of the ACSE context where the user refuses, with a provider reason
/// (2 no default context, 3 user data not readable, 8 no presentation address ...) otherwise.
pub fn write_reject<'w>(
    w: &mut Writer<'w>,
    responding: Option<&[u8]>,
    results: &[ContextResult],
    provider_reason: Option<u8>,
    user_data: Option<(u32, impl FnOnce(&mut Writer<'w>))>,
) {
    w.constructed(Tag::SEQUENCE, |w| {
        if let Some(responding) = responding {
            w.primitive(RESPONDING_SELECTOR, responding);
        }
        write_results(w, results);
        if let Some(reason) = provider_reason {
            w.unsigned(PROVIDER_REASON, reason.into());
        }
        if let Some((context, fill)) = user_data {
            write_user_data(w, context, fill);
        }
    });
}

/// Writes ARU around the user data of one context.
pub fn write_abort<'w>(w: &mut Writer<'w>, context: u32, value: impl FnOnce(&mut Writer<'w>)) {
    w.constructed(Tag::context_constructed(0), |w| {
        write_user_data(w, context, value)
    });
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

    #[test]
    fn connect_round_trip() {
        let bytes = written(|w| {
            write_connect(
                w,
                Some(&[1]),
                Some(&[2]),
                &[(1, ACSE_SYNTAX), (3, MMS_SYNTAX)],
                |w| w.raw(&[0x60, 0]),
            );
        });
        let Ppdu::Connect {
            calling,
            called,
            contexts,
            user_data,
        } = decode_connect(&bytes).unwrap()
        else {
            panic!()
        };
        assert_eq!((calling, called), (Some(&[1u8][..]), Some(&[2u8][..])));
        assert_eq!(
            contexts[1],
            Context {
                id: 3,
                abstract_syntax: MMS_SYNTAX,
                basic_encoding: true
            }
        );
        assert_eq!(user_data.of(1).unwrap(), &[0x60, 0]);
        assert!(user_data.of(3).is_err());
        for cut in 0..bytes.len() {
            assert!(decode_connect(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn accept_and_reject_round_trip() {
        let results = [
            ContextResult::Accepted,
            ContextResult::ProviderRejection(1),
            ContextResult::UserRejection,
        ];
        let bytes = written(|w| write_accept(w, Some(&[0, 1]), &results, 1, |w| w.raw(&[0x61, 0])));
        let Ppdu::Accept {
            responding,
            results: read,
            user_data,
        } = decode_accept(&bytes).unwrap()
        else {
            panic!()
        };
        assert_eq!(
            (responding, read.as_slice()),
            (Some(&[0u8, 1][..]), &results[..])
        );
        assert_eq!(user_data.first().unwrap(), (1, &[0x61u8, 0][..]));
        let bytes = written(|w| {
            write_reject(
                w,
                None,
                &results,
                None,
                Some((1, |w: &mut Writer<'_>| w.raw(&[0x61, 0]))),
            );
        });
        assert_eq!(decode_reject(&bytes).unwrap().of(1).unwrap(), &[0x61, 0]);
        let bytes = written(|w| write_abort(w, 1, |w| w.raw(&[0x64, 0])));
        assert_eq!(decode_abort(&bytes).of(1).unwrap(), &[0x64, 0]);
    }

    #[test]
    fn other_modes_are_refused() {
        assert_eq!(
            decode_connect(&[0x31, 7, 0xa0, 3, 0x80, 1, 0, 0xa2, 0]),
            Err(OsiError::PresentationMode(0))
        );
        assert!(decode_connect(&[0x31, 5, 0xa0, 3, 0x80, 1, 1]).is_err());
        let many = written(|w| {
            write_normal_mode(w, |w| {
                w.constructed(DEFINITION_LIST, |w| {
                    (0..100).for_each(|_| w.raw(&[0x30, 7, 2, 1, 1, 6, 0, 0x30, 0]));
                });
            });
        });
        assert!(decode_connect(&many).is_err());
    }

    proptest! {
        #[test]
        fn decoding_never_panics(bytes: Vec<u8>) {
            let _ = decode_connect(&bytes);
            let _ = decode_accept(&bytes);
            let _ = decode_reject(&bytes);
            let _ = decode_abort(&bytes).first();
            let _ = decode_user_data(&bytes).map(|d| d.values().count());
        }
    }
}
