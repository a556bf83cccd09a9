//! The bit strings of IEC 60870-6-802: `Data_Flags`, `Data_State`, `Data_StateSupplemental`. Bit 0 is the first on the wire, the top
//! bit of the first octet.

use std::fmt;
use std::str::FromStr;

macro_rules! two_bits {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
        }

        impl $name {
            /// The two bits, first one on top.
            pub fn code(self) -> u8 {
                match self { $($name::$variant => $code,)+ }
            }

            /// From two bits; further bits do not count.
            pub fn from_code(code: u8) -> Self {
                // All four codes are there.
                $(if code & 3 == $code { return $name::$variant; })+
                $name::default()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $($name::$variant => $text,)+ })
            }
        }

        /// Upper or lower case.
        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                $(if text.eq_ignore_ascii_case($text) { return Ok($name::$variant); })+
                Err(format!(concat!("`{}` is none of", $(" ", $text),+), text))
            }
        }
    };
}

two_bits! {
    /// How far a value can be relied on.
    Validity {
        /// The value is good.
        #[default]
        Valid = 0 "VALID",
        /// The last good value, no longer updated.
        Held = 1 "HELD",
        /// The value is doubtful.
        Suspect = 2 "SUSPECT",
        /// The value is of no use.
        NotValid = 3 "NOTVALID",
    }
}

two_bits! {
    /// Where a value comes from.
    Source {
        /// Measured.
        #[default]
        Telemetered = 0 "TELEMETERED",
        /// Calculated from others.
        Calculated = 1 "CALCULATED",
        /// Entered by an operator.
        Entered = 2 "ENTERED",
        /// Estimated.
        Estimated = 3 "ESTIMATED",
    }
}

two_bits! {
    /// The state of a device.
    State {
        /// Between the end positions.
        #[default]
        Between = 0 "BETWEEN",
        /// Off, tripped, open.
        Off = 1 "OFF",
        /// On, closed.
        On = 2 "ON",
        /// No state there can be.
        Invalid = 3 "INVALID",
    }
}

two_bits! {
    /// The tag on a device.
    Tag {
        /// No tag.
        #[default]
        None = 0 "NO-TAG",
        /// Neither may be done.
        OpenAndCloseInhibit = 1 "OPEN-AND-CLOSE-INHIBIT",
        /// It may be opened only.
        CloseOnlyInhibit = 2 "CLOSE-ONLY-INHIBIT",
        /// No tag there can be.
        Invalid = 3 "INVALID",
    }
}

/// `Data_Flags` without its unused bits: the quality of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quality {
    /// How far the value can be relied on.
    pub validity: Validity,
    /// Where it comes from.
    pub source: Source,
    /// NormalValue: the value is not what it normally is (ABNORMAL).
    pub abnormal: bool,
    /// TimeStampQuality: the time stamp is not valid.
    pub time_invalid: bool,
}

impl Quality {
    /// A quality with this validity, for the rest normal and telemetered.
    pub const fn of(validity: Validity) -> Self {
        Quality {
            validity,
            source: Source::Telemetered,
            abnormal: false,
            time_invalid: false,
        }
    }

    /// The octet of `Data_Flags`; the two unused bits are zero.
    pub fn to_octet(self) -> u8 {
        self.validity.code() << 4
            | self.source.code() << 2
            | u8::from(self.abnormal) << 1
            | u8::from(self.time_invalid)
    }

    /// From the octet of `Data_Flags`; the two unused bits do not count.
    pub fn from_octet(octet: u8) -> Self {
        Quality {
            validity: Validity::from_code(octet >> 4),
            source: Source::from_code(octet >> 2),
            abnormal: octet & 2 != 0,
            time_invalid: octet & 1 != 0,
        }
    }

    /// The octet of `Data_State`: this quality with a state in its first two bits.
    pub(crate) fn to_state_octet(self, state: State) -> u8 {
        self.to_octet() | state.code() << 6
    }
}

/// `VALID TELEMETERED NORMAL`, and `TIME-INVALID` where it is.
impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let normal = if self.abnormal { "ABNORMAL" } else { "NORMAL" };
        write!(f, "{} {} {normal}", self.validity, self.source)?;
        f.write_str(if self.time_invalid {
            " TIME-INVALID"
        } else {
            ""
        })
    }
}

/// `Data_StateSupplemental`: a state with the tag and the state that is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StateSupplemental {
    /// The state.
    pub state: State,
    /// The tag.
    pub tag: Tag,
    /// The state that is expected.
    pub expected: State,
}

impl StateSupplemental {
    /// The octet; the two unused bits are zero.
    pub fn to_octet(self) -> u8 {
        self.state.code() << 6 | self.tag.code() << 4 | self.expected.code() << 2
    }

    /// From the octet; the two unused bits do not count.
    pub fn from_octet(octet: u8) -> Self {
        StateSupplemental {
            state: State::from_code(octet >> 6),
            tag: Tag::from_code(octet >> 4),
            expected: State::from_code(octet >> 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_of_the_reference() {
        let on = Quality::default().to_state_octet(State::On);
        assert_eq!(on, 0x80);
        let entered = Quality {
            source: Source::Entered,
            abnormal: true,
            ..Quality::default()
        };
        assert_eq!(entered.to_state_octet(State::Off), 0x4a);
        assert_eq!(Quality::of(Validity::NotValid).to_octet(), 0x30);
        assert_eq!(Quality::from_octet(0xf0), Quality::of(Validity::NotValid));
        assert_eq!(entered.to_string(), "VALID ENTERED ABNORMAL");
    }

    #[test]
    fn every_octet_and_back() {
        for octet in 0..=255u8 {
            assert_eq!(Quality::from_octet(octet).to_octet(), octet & 0x3f);
            let state = State::from_code(octet >> 6);
            assert_eq!(Quality::from_octet(octet).to_state_octet(state), octet);
            assert_eq!(
                StateSupplemental::from_octet(octet).to_octet(),
                octet & 0xfc
            );
        }
    }

    #[test]
    fn words() {
        assert_eq!("held".parse(), Ok(Validity::Held));
        assert_eq!("NO-TAG".parse(), Ok(Tag::None));
        let error = "MAYBE".parse::<State>().unwrap_err();
        assert_eq!(error, "`MAYBE` is none of BETWEEN OFF ON INVALID");
    }
}
