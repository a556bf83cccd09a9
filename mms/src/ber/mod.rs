//! Basic Encoding Rules (ISO/IEC 8825-1): the subset every layer from presentation to MMS needs.
//!
//! [`Reader`] walks peer bytes without copying and can neither panic nor read out of bounds;
//! [`Writer`] appends definite-length encodings with minimal length octets to a growing buffer
//! and stops at a limit, so that an answer larger than the negotiated PDU is noticed early.

mod reader;
mod tag;
mod writer;

pub use reader::{Reader, Tlv, bit_string_content, boolean, integer, text, unsigned, unsigned32};
pub use tag::Tag;
pub use writer::{Mark, Writer};

/// How deep constructed encodings of indefinite length may be nested before they are refused.
pub const MAX_INDEFINITE_DEPTH: usize = 16;

/// Why a piece of BER was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BerError {
    /// The input ends inside an identifier, a length or a content.
    #[error("encoding ends early")]
    Truncated,
    /// A tag number needs more than three subsequent octets.
    #[error("tag number too large")]
    TagTooLarge,
    /// The length octets name more than 2^32 - 1 octets, or use the reserved form.
    #[error("bad length octets")]
    BadLength,
    /// Indefinite length on a primitive encoding, or nested deeper than [`MAX_INDEFINITE_DEPTH`].
    #[error("indefinite length not acceptable here")]
    BadIndefinite,
    /// Another element than the expected one is there.
    #[error("expected {expected}, found {found}")]
    UnexpectedTag {
        /// The tag the syntax asks for.
        expected: Tag,
        /// The tag in the input.
        found: Tag,
    },
    /// The content ends where an element has to be.
    #[error("{0} is missing")]
    Missing(Tag),
    /// A tag that is none of the alternatives of a CHOICE.
    #[error("no alternative has {0}")]
    UnknownChoice(Tag),
    /// An INTEGER is empty or does not fit the range of its field.
    #[error("integer out of range")]
    IntegerRange,
    /// A BOOLEAN is not one octet long.
    #[error("bad boolean")]
    BadBoolean,
    /// A BIT STRING without the octet of unused bits, or with more than 7 of them.
    #[error("bad bit string")]
    BadBitString,
    /// A character string that is not in its character set, or too long.
    #[error("bad character string")]
    BadString,
    /// An OBJECT IDENTIFIER that is empty or ends inside an arc.
    #[error("bad object identifier")]
    BadObjectIdentifier,
    /// A time or floating-point value of a length the type does not have.
    #[error("bad length of a value")]
    BadValueLength,
    /// Structures nested deeper than the decoder goes.
    #[error("nested too deep")]
    TooDeep,
    /// Octets behind the last element.
    #[error("unexpected octets at the end")]
    TrailingOctets,
    /// A list longer than the decoder accepts.
    #[error("too many elements")]
    TooMany,
}
