//! The demonstration: a feeder with a living process, and a client that looks at it.

mod breaker;
mod centres;
mod messages;
mod tour;

pub(crate) use centres::centres;
pub(crate) use tour::tour;

use crate::failure::Failure;
use iec61850::IedModel;
use iec61850::scl::SclDocument;

/// A breaker, measurements, an energy meter, an overcurrent protection.
const FEEDER: &str = include_str!("feeder.cid");

/// The model of the feeder.
pub(crate) fn model() -> Result<IedModel, Failure> {
    SclDocument::parse_bytes(FEEDER.as_bytes())
        .and_then(|document| document.model(None, None))
        .map_err(Failure::failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feeder_is_faultless() {
        let document = SclDocument::parse_bytes(FEEDER.as_bytes()).unwrap();
        let instance = document.instantiate(None, None).unwrap();
        assert_eq!(document.warnings(), []);
        assert_eq!(instance.warnings, []);
    }
}
