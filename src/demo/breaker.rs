//! Operating the breaker: select before operate with enhanced security.

use crate::failure::Failure;
use iec61850::{OrCat, Timestamp};
use mms::client::{Client, ClientError};
use mms::{BitString, MmsValue, ObjectName};

/// A command for the breaker.
pub(super) struct Command {
    close: bool,
    number: u8,
    t: Timestamp,
}

impl Command {
    pub(super) fn new(close: bool, number: u8) -> Self {
        Command {
            close,
            number,
            t: Timestamp::now(),
        }
    }

    /// The structure a client writes to `SBOw` and `Oper`.
    fn value(&self) -> MmsValue {
        MmsValue::Structure(vec![
            MmsValue::Boolean(self.close),
            MmsValue::Structure(vec![
                MmsValue::Integer(OrCat::RemoteControl.value().into()),
                MmsValue::OctetString(b"ied demo".to_vec()),
            ]),
            MmsValue::Unsigned(self.number.into()),
            self.t.into(),
            // No test, and neither synchrocheck nor interlocking.
            MmsValue::Boolean(false),
            MmsValue::BitString(BitString::new(2)),
        ])
    }

    /// Selects with value, then operates. The server's refusal is no failure: `false`.
    pub(super) async fn give(&self, client: &Client, domain: &str) -> Result<bool, Failure> {
        for part in ["XCBR1$CO$Pos$SBOw", "XCBR1$CO$Pos$Oper"] {
            match client
                .write(ObjectName::domain(domain, part), &self.value())
                .await
            {
                Ok(()) => {}
                Err(ClientError::Access { .. }) => return Ok(false),
                Err(error) => return Err(Failure::failed(error)),
            }
        }
        Ok(true)
    }
}
