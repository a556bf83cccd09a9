//! What we ask of a peer: the client role, on whichever association.

mod accounts;
mod conditions;
mod data_sets;
mod devices;
mod follow;
mod information;
mod layout;
mod options;
mod programs;
mod report;
mod series;
mod sink;
mod stream;
mod values;

pub use accounts::AccountFollow;
pub use conditions::{Enrolled, EnrollmentSpec, Notifications};
pub use data_sets::DataSetMembers;
pub use devices::{Command, FollowUp};
pub use follow::{Follow, TransferSpec};
pub use options::ClientOptions;
pub(crate) use options::association_config;
pub use report::{PointChange, Report, Update};
pub use series::SeriesFollow;
pub use sink::Statistics;

pub(crate) use follow::{Running, Subscription, next};
pub(crate) use layout::{MemberType, point_value};
pub(crate) use sink::Sink;
pub(crate) use stream::Stream;

use crate::types::{Edition, PointType};
use crate::{Error, Name};
use mms::association::CloseReason;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Types of points that are remembered for an association.
const MAX_TYPES: usize = 1_000_000;

/// The client role on one association: discovers, reads, writes, and follows transfer sets. Cheap to clone.
///
/// Names without a domain are of VCC scope; transfer sets and data sets that are made live in [`Client::domain`].
#[derive(Clone, Debug)]
pub struct Client {
    mms: mms::client::Client,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    domain: String,
    sink: Arc<Sink>,
    /// The edition of the peer, once it is known.
    edition: Mutex<Option<Edition>>,
    types: Mutex<HashMap<Name, PointType>>,
}

impl Client {
    pub(crate) fn new(
        mms: mms::client::Client,
        domain: String,
        sink: Arc<Sink>,
        edition: Option<Edition>,
    ) -> Self {
        Client {
            mms,
            shared: Arc::new(Shared {
                domain,
                sink,
                edition: Mutex::new(edition),
                types: Mutex::default(),
            }),
        }
    }

    /// The domain of the peer that is for us.
    pub fn domain(&self) -> &str {
        &self.shared.domain
    }

    /// The same association, with another domain for us.
    #[must_use]
    pub fn in_domain(&self, domain: impl Into<String>) -> Client {
        let edition = *self.shared.edition.lock();
        Client::new(
            self.mms.clone(),
            domain.into(),
            self.shared.sink.clone(),
            edition,
        )
    }

    /// The MMS client beneath, for services that have no method here.
    pub fn mms(&self) -> &mms::client::Client {
        &self.mms
    }

    /// What the reports on this association came to.
    pub fn statistics(&self) -> Statistics {
        self.shared.sink.statistics()
    }

    /// Waits until the association is over.
    pub async fn closed(&self) -> CloseReason {
        self.mms.closed().await
    }

    /// Ends the association in good order.
    ///
    /// # Errors
    /// [`Error`] if it ended in another way or is still open.
    pub async fn conclude(&self) -> Result<(), Error> {
        Ok(self.mms.conclude().await?)
    }
}
