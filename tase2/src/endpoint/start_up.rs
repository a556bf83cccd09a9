//! What a client does first (reference section 1.7): who the peer is, and whether it has the same agreement.

use super::Shared;
use crate::bilateral::BilateralTable;
use crate::client::Client;
use crate::event::Event;
use crate::types::{Features, Version};
use crate::{Error, VirtualControlCenter};

/// Checks the peer. `false`: the association is to end.
pub(super) async fn run(shared: &Shared, client: &Client, table: &BilateralTable) -> bool {
    let vcc = &shared.vcc;
    let peer = || table.peer.clone();
    let read = async {
        let version = client.version().await?;
        let features = client.features().await?;
        Ok::<_, Error>((version, features))
    };
    match read.await {
        Ok((version, features)) => announce(vcc, table, version, features),
        Err(error) if error.is_closed() => return false,
        Err(error) => vcc.core.emit(Event::StartUpFailed {
            peer: peer(),
            reason: error.to_string(),
        }),
    }
    match client.table_id().await {
        Ok(found) if found == table.expected_id() => {}
        Ok(found) => {
            vcc.core.emit(Event::TableMismatch {
                peer: peer(),
                found,
                expected: table.expected_id().to_owned(),
            });
            return !shared.options.strict_table_id;
        }
        Err(error) if error.is_closed() => return false,
        Err(error) => vcc.core.emit(Event::StartUpFailed {
            peer: peer(),
            reason: error.to_string(),
        }),
    }
    true
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
