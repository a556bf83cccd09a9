//! What a client does first (reference section 1.7): who the peer is, and whether it has the same agreement.

use super::Shared;
use crate::bilateral::BilateralTable;
use crate::client::Client;
use crate::event::Event;
use crate::types::{Features, Version};
use crate::{Error, VirtualControlCenter};
use mms::client::ClientError;

/// What the start-up came to.
pub(super) enum Outcome {
    /// The peer answers.
    Good,
    /// The peer does not answer.
    Silent,
    /// The association is over, or is to end.
    End,
}

/// Checks the peer.
pub(super) async fn run(shared: &Shared, client: &Client, table: &BilateralTable) -> Outcome {
    let vcc = &shared.vcc;
    // `None`: go on.
    let failed = |error: Error| {
        if error.is_closed() {
            return Some(Outcome::End);
        }
        let silent = matches!(error, Error::Mms(ClientError::Timeout { .. }));
        vcc.core.emit(Event::StartUpFailed {
            peer: table.peer.clone(),
            reason: error.to_string(),
        });
        silent.then_some(Outcome::Silent)
    };
    let read = async {
        let version = client.version().await?;
        let features = client.features().await?;
        Ok::<_, Error>((version, features))
    };
    match read.await {
        Ok((version, features)) => announce(vcc, table, version, features),
        Err(error) => {
            if let Some(outcome) = failed(error) {
                return outcome;
            }
        }
    }
    match client.table_id().await {
        Ok(found) if found == table.expected_id() => {}
        Ok(found) => {
            vcc.core.emit(Event::TableMismatch {
                peer: table.peer.clone(),
                found,
                expected: table.expected_id().to_owned(),
            });
            if shared.options.strict_table_id {
                return Outcome::End;
            }
        }
        Err(error) => {
            if let Some(outcome) = failed(error) {
                return outcome;
            }
        }
    }
    Outcome::Good
}

fn announce(
    vcc: &VirtualControlCenter,
    table: &BilateralTable,
    version: Version,
    features: Features,
) {
    let expected = table.edition.version();
    vcc.core.emit(Event::Identified {
        peer: table.peer.clone(),
        version,
        features,
    });
    if version.edition() != table.edition {
        vcc.core.emit(Event::VersionMismatch {
            peer: table.peer.clone(),
            found: version,
            expected,
        });
    }
    if !features.has(2) {
        vcc.core.emit(Event::FeatureMissing {
            peer: table.peer.clone(),
            found: features,
        });
    }
}
