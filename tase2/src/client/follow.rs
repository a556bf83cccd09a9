//! Starting, following and stopping transfer sets of the peer.

use super::data_sets::with_specials;
use super::layout::Layout;
use super::report::{Report, Update};
use super::sink::Followed;
use super::{Client, MemberType};
use crate::types::{DsConditions, DsTransferSet, PointType};
use crate::{Error, Name, Special};
use mms::ServiceError;
use mms::client::ClientError;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Updates that wait for a follower by default; of more it misses the oldest.
const BACKLOG: usize = 1024;
/// Types that are asked for at once.
const ASKED_AT_ONCE: usize = 32;

/// What is to be followed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TransferSpec {
    /// The data set.
    pub data_set: Name,
    /// Its members, if it is to be made; without a special variable among them all four are put in front. `None`: it is there.
    pub members: Option<Vec<Name>>,
    /// The transfer set. `None`: the next free one.
    pub transfer_set: Option<Name>,
    /// Conditions, times and flags. `data_set` and `status` in it do not count.
    pub attributes: DsTransferSet,
    /// Types of points that need not be asked for.
    pub types: HashMap<Name, PointType>,
    /// Whether types that are not given are asked for. Otherwise values go by their shape. Default true.
    pub discover_types: bool,
    /// If no report comes within this time, the data set is read once. Default 2 s.
    pub read_after: Option<Duration>,
    /// Updates that wait for a follower that does not take them; of more it misses the oldest. Default 1024.
    pub backlog: usize,
    /// With BlockData: the number the peer gives the first member, 0 or 1. Default 0.
    pub block_index_base: u8,
}

impl TransferSpec {
    /// Follows a data set of the peer under these conditions. Report by exception, if there is more than IntervalTimeOut.
    pub fn new(data_set: Name, conditions: DsConditions) -> Self {
        let rbe = conditions.contains(DsConditions::OBJECT_CHANGE);
        TransferSpec {
            data_set,
            members: None,
            transfer_set: None,
            attributes: DsTransferSet {
                conditions,
                rbe,
                ..DsTransferSet::default()
            },
            types: HashMap::new(),
            discover_types: true,
            read_after: Some(Duration::from_secs(2)),
            backlog: BACKLOG,
            block_index_base: 0,
        }
    }

    /// The data set is to be made, of these members.
    #[must_use]
    pub fn with_members(self, members: Vec<Name>) -> Self {
        TransferSpec {
            members: Some(members),
            ..self
        }
    }
}

/// What is wanted, and who gets it: outlives associations.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) spec: TransferSpec,
    pub(crate) sender: broadcast::Sender<Update>,
    /// Told when nobody wants it any more.
    pub(crate) stop: Notify,
}

impl Subscription {
    pub(crate) fn new(spec: TransferSpec) -> (Arc<Self>, broadcast::Receiver<Update>) {
        let (sender, receiver) = broadcast::channel(spec.backlog.clamp(1, 1 << 20));
        let subscription = Subscription {
            spec,
            sender,
            stop: Notify::new(),
        };
        (Arc::new(subscription), receiver)
    }
}

/// A transfer set of the peer that runs for us.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) transfer_set: Name,
    attributes: DsTransferSet,
    shape: crate::types::TransferSetShape,
    /// The data set, if it was made for this.
    made: Option<Name>,
}

/// Follows a transfer set on one association: a stream of [`Update`]s. [`Follow::stop`] ends it at the peer; dropping it stops it in the
/// background.
#[derive(Debug)]
pub struct Follow {
    client: Client,
    running: Option<Running>,
    receiver: broadcast::Receiver<Update>,
}

impl Follow {
    /// The next update; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Update> {
        next(&mut self.receiver).await
    }

    /// The transfer set.
    pub fn transfer_set(&self) -> Option<&Name> {
        self.running.as_ref().map(|running| &running.transfer_set)
    }

    /// Stops the transfer set, and deletes the data set if it was made for it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn stop(mut self) -> Result<(), Error> {
        match self.running.take() {
            Some(running) => self.client.stop(&running).await,
            None => Ok(()),
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        if let Some(running) = self.running.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let client = self.client.clone();
            runtime.spawn(async move {
                if let Err(error) = client.stop(&running).await {
                    tracing::debug!(%error, "transfer set not stopped");
                }
            });
        }
    }
}

/// The next update of a receiver.
pub(crate) async fn next(receiver: &mut broadcast::Receiver<Update>) -> Option<Update> {
    match receiver.recv().await {
        Ok(update) => Some(update),
        Err(broadcast::error::RecvError::Lagged(count)) => Some(Update::Missed(count)),
        Err(broadcast::error::RecvError::Closed) => None,
    }
}

impl Client {
    /// Starts a transfer set and follows it, as long as this association lasts.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn follow(&self, spec: TransferSpec) -> Result<Follow, Error> {
        let (subscription, receiver) = Subscription::new(spec);
        let running = self.start(&subscription).await?;
        Ok(Follow {
            client: self.clone(),
            running: Some(running),
            receiver,
        })
    }

    /// Starts or stops a transfer set by its component `Status` alone: with the attributes it has at the peer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn set_transfer_status(
        &self,
        transfer_set: &Name,
        enabled: bool,
    ) -> Result<(), Error> {
        let item = format!("{}$Status", transfer_set.item());
        let status = match transfer_set.domain() {
            None => Name::Vcc(item),
            Some(domain) => Name::icc(domain, item),
        };
        self.write_raw(&status, &mms::MmsValue::Boolean(enabled))
            .await
    }

    pub(crate) async fn start(&self, subscription: &Subscription) -> Result<Running, Error> {
        let spec = &subscription.spec;
        let (mut made, mut defined) = (None, None);
        let data_set = match &spec.members {
            None => spec.data_set.clone(),
            Some(members) => {
                let members = with_specials(self.domain(), members);
                let name = self.ensure_data_set(&spec.data_set, &members).await?;
                made = Some(name.clone());
                defined = Some(members);
                name
            }
        };
        // Members and their order are what the peer says, not what was asked for.
        let members = match (self.data_set(&data_set).await, defined) {
            (Ok(there), _) => there.members,
            // Of a large one the peer cannot say it in one answer.
            (Err(Error::Mms(error)), Some(defined))
                if error.service_error() == Some(ServiceError::PDU_SIZE) =>
            {
                defined.into_iter().map(Some).collect()
            }
            (Err(error), _) => return Err(error),
        };
        let layout = self.layout(&data_set, members, spec).await?;
        if layout.name_place().is_none() && self.shared.sink.follows(&data_set) {
            return Err(Error::DataSet {
                data_set,
                reason: "it has no Transfer_Set_Name, and another transfer set is followed on it",
            });
        }
        if spec.attributes.block_data && !layout.packable() {
            return Err(Error::DataSet {
                data_set,
                reason: "blocked data needs the type of every member, and that all are points",
            });
        }
        let transfer_set = match &spec.transfer_set {
            Some(name) => name.clone(),
            None => self.next_transfer_set().await?,
        };
        let shape = self.shape_of(&transfer_set).await;
        let attributes = DsTransferSet {
            data_set: Some(data_set.clone()),
            status: true,
            ..spec.attributes.clone()
        };
        let followed = Arc::new(Followed {
            transfer_set: transfer_set.clone(),
            data_set,
            layout,
            critical: attributes.critical,
            block_index_base: spec.block_index_base.min(1),
            sender: subscription.sender.clone(),
            first: Notify::new(),
        });
        // Nobody has to listen.
        let _ = subscription.sender.send(Update::Started {
            transfer_set: transfer_set.clone(),
        });
        // Before it runs: its first report may come with the answer.
        self.shared.sink.add(followed.clone());
        let value = attributes.to_value(shape, false);
        if let Err(error) = self.write_raw(&transfer_set, &value).await {
            self.shared.sink.remove(&transfer_set);
            return Err(error);
        }
        if let Some(patience) = spec.read_after {
            tokio::spawn(self.clone().read_unless_reported(followed, patience));
        }
        Ok(Running {
            transfer_set,
            attributes,
            shape,
            made,
        })
    }

    /// Stops a transfer set, and deletes its data set if it was made for it.
    pub(crate) async fn stop(&self, running: &Running) -> Result<(), Error> {
        let attributes = DsTransferSet {
            status: false,
            ..running.attributes.clone()
        };
        let value = attributes.to_value(running.shape, false);
        let stopped = self.write_raw(&running.transfer_set, &value).await;
        // One more report may have crossed the request.
        self.shared.sink.remove(&running.transfer_set);
        stopped?;
        match &running.made {
            Some(data_set) => self.delete_data_set(data_set).await,
            None => Ok(()),
        }
    }

    async fn layout(
        &self,
        data_set: &Name,
        members: Vec<Option<Name>>,
        spec: &TransferSpec,
    ) -> Result<Layout, Error> {
        let nameless = || Error::DataSet {
            data_set: data_set.clone(),
            reason: "a member has no name",
        };
        let names: Option<Vec<Name>> = members.into_iter().collect();
        let names = names.ok_or_else(nameless)?;
        let mut types: HashMap<Name, PointType> = spec.types.clone();
        if spec.discover_types {
            let wanted = names
                .iter()
                .filter(|name| Special::named(name.item()).is_none() && !types.contains_key(*name));
            let wanted: Vec<Name> = wanted.cloned().collect();
            types.extend(self.point_types(wanted).await?);
        }
        let typed = names.into_iter().map(|name| {
            let ty = match Special::named(name.item()) {
                Some(special) => MemberType::Special(special),
                None => MemberType::Point(types.get(&name).copied()),
            };
            (name, ty)
        });
        Ok(Layout::new(typed.collect()))
    }

    /// The types of many points, asked for side by side; those the peer does not tell, or that are no points, are left out.
    ///
    /// # Errors
    /// [`Error`] if the association is over or the peer does not answer.
    pub async fn point_types(&self, names: Vec<Name>) -> Result<Vec<(Name, PointType)>, Error> {
        let mut found = Vec::new();
        let mut asked = JoinSet::new();
        let mut names = names.into_iter();
        loop {
            while asked.len() < ASKED_AT_ONCE
                && let Some(name) = names.next()
            {
                let client = self.clone();
                asked.spawn(async move {
                    let ty = client.point_type(&name).await;
                    (name, ty)
                });
            }
            match asked.join_next().await {
                None => return Ok(found),
                Some(Ok((name, Ok(ty)))) => found.push((name, ty)),
                Some(Ok((_, Err(error)))) if is_fatal(&error) => return Err(error),
                // Its values go by their shape.
                Some(Ok((name, Err(error)))) => tracing::debug!(%name, %error, "type not known"),
                Some(Err(error)) => tracing::warn!(%error, "type not asked for"),
            }
        }
    }

    async fn read_unless_reported(self, followed: Arc<Followed>, patience: Duration) {
        if timeout(patience, followed.first.notified()).await.is_ok() {
            return;
        }
        match self.read_data_set(&followed.data_set).await {
            Ok(values) => {
                let report = Report::of_read(&followed, &values, self.shared.sink.now());
                // Nobody has to listen.
                let _ = followed.sender.send(Update::Report(Arc::new(report)));
            }
            Err(error) => tracing::debug!(%error, "data set not read"),
        }
    }
}

fn is_fatal(error: &Error) -> bool {
    error.is_closed() || matches!(error, Error::Mms(ClientError::Timeout { .. }))
}
