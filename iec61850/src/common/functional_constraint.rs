use super::numbered;
use crate::Error;
use std::fmt;
use std::str::FromStr;

numbered! {
    /// Functional constraint: what a data attribute is used for (IEC 61850-7-2).
    #[allow(clippy::upper_case_acronyms, reason = "these are the names of the standard")]
    FunctionalConstraint: i8 {
        /// No functional constraint.
        NONE = -1,
        /// Status information.
        ST = 0,
        /// Measurands.
        MX = 1,
        /// Set point.
        SP = 2,
        /// Substitution.
        SV = 3,
        /// Configuration.
        CF = 4,
        /// Description.
        DC = 5,
        /// Setting group.
        SG = 6,
        /// Setting group under edit.
        SE = 7,
        /// Service response or service tracking.
        SR = 8,
        /// Operate received.
        OR = 9,
        /// Blocking.
        BL = 10,
        /// Extended definition.
        EX = 11,
        /// Control.
        CO = 12,
        /// Unicast sampled value control.
        US = 13,
        /// Multicast sampled value control.
        MS = 14,
        /// Unbuffered report control.
        RP = 15,
        /// Buffered report control.
        BR = 16,
        /// Log control.
        LG = 17,
        /// GOOSE control.
        GO = 18,
        /// All functional constraints: a wildcard in requests.
        ALL = 99,
    }
}

use FunctionalConstraint as Fc;

impl FunctionalConstraint {
    /// The order of the functional constraints in a logical node, as measured from libiec61850.
    pub const MMS_ORDER: [FunctionalConstraint; 19] = [
        Fc::MX,
        Fc::ST,
        Fc::CO,
        Fc::CF,
        Fc::DC,
        Fc::SP,
        Fc::SG,
        Fc::RP,
        Fc::LG,
        Fc::BR,
        Fc::GO,
        Fc::SV,
        Fc::SE,
        Fc::MS,
        Fc::US,
        Fc::EX,
        Fc::SR,
        Fc::OR,
        Fc::BL,
    ];

    /// The two letters of the standard; `ALL` and `NONE` for these two.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fc::NONE => "NONE",
            Fc::ST => "ST",
            Fc::MX => "MX",
            Fc::SP => "SP",
            Fc::SV => "SV",
            Fc::CF => "CF",
            Fc::DC => "DC",
            Fc::SG => "SG",
            Fc::SE => "SE",
            Fc::SR => "SR",
            Fc::OR => "OR",
            Fc::BL => "BL",
            Fc::EX => "EX",
            Fc::CO => "CO",
            Fc::US => "US",
            Fc::MS => "MS",
            Fc::RP => "RP",
            Fc::BR => "BR",
            Fc::LG => "LG",
            Fc::GO => "GO",
            Fc::ALL => "ALL",
        }
    }

    /// Whether data attributes can have it: all but those of control blocks and the two wildcards.
    pub const fn is_of_data(self) -> bool {
        self as i8 >= Fc::ST as i8 && self as i8 <= Fc::CO as i8
    }
}

impl fmt::Display for FunctionalConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FunctionalConstraint {
    type Err = Error;

    /// From the letters of [`FunctionalConstraint::as_str`], in upper case.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL_VALUES
            .iter()
            .copied()
            .find(|fc| fc.as_str() == text)
            .ok_or_else(|| Error::UnknownName {
                what: "functional constraint",
                name: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_numbers() {
        for &fc in Fc::ALL_VALUES {
            assert_eq!(fc.to_string().parse::<Fc>().unwrap(), fc);
            assert_eq!(Fc::try_from(fc.value()).unwrap(), fc);
        }
        assert!("st".parse::<Fc>().is_err());
        assert!("".parse::<Fc>().is_err());
        assert!(Fc::OR.is_of_data() && Fc::CO.is_of_data());
        assert!(!Fc::RP.is_of_data() && !Fc::NONE.is_of_data() && !Fc::ALL.is_of_data());
    }
}
