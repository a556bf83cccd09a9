//! Transfer accounts of the peer (block 8).

use super::values::{decode, view};
use super::{Client, Stream};
use crate::account::AccountReport;
use crate::types::{TaConditions, TaRequest, TaTransferSet, TimeStamp, decode_object_name};
use crate::{Error, Name, standard};
use mms::DataAccessError;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// Numbers of requests.
static NEXT: AtomicI32 = AtomicI32::new(1);

/// Reports of accounts under a transfer set. Dropping it stops the transfer set in the background; [`AccountFollow::stop`] waits for that.
#[derive(Debug)]
#[must_use = "dropping it stops the transfer set"]
pub struct AccountFollow {
    client: Client,
    transfer_set: Option<Name>,
    reports: Stream<AccountReport>,
}

impl AccountFollow {
    /// The next report; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Arc<AccountReport>> {
        loop {
            let report = self.reports.next().await?;
            if report.transfer_set.is_some() && report.transfer_set == self.transfer_set {
                return Some(report);
            }
        }
    }

    /// The transfer set.
    pub fn transfer_set(&self) -> Option<&Name> {
        self.transfer_set.as_ref()
    }

    /// Stops the transfer set.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn stop(mut self) -> Result<(), Error> {
        match self.transfer_set.take() {
            Some(name) => self.client.stop_accounts(&name).await,
            None => Ok(()),
        }
    }
}

impl Drop for AccountFollow {
    fn drop(&mut self) {
        if let Some(name) = self.transfer_set.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let client = self.client.clone();
            runtime.spawn(async move {
                if let Err(error) = client.stop_accounts(&name).await {
                    tracing::debug!(%error, "account transfer set not stopped");
                }
            });
        }
    }
}

impl Client {
    async fn stop_accounts(&self, name: &Name) -> Result<(), Error> {
        let value = TaTransferSet::default().to_value();
        self.write_raw(name, &value).await
    }

    /// The name the peer gives for a free transfer set of accounts or time series.
    pub(super) async fn next_set(&self, item: &str) -> Result<Name, Error> {
        let name = Name::icc(self.domain(), item);
        match self.get(&name).await {
            Ok(value) => view(&value, decode_object_name).map_err(|error| decode(&name, error)),
            Err(error) if error.access_error() == Some(DataAccessError::TemporarilyUnavailable) => {
                Err(Error::NoTransferSet {
                    domain: self.domain().to_owned(),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Follows the accounts of the peer under these conditions.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn follow_accounts(&self, conditions: TaConditions) -> Result<AccountFollow, Error> {
        let transfer_set = self.next_set(standard::NEXT_TA).await?;
        // Before it runs: its first report may come with the answer.
        let reports = self.shared.sink.accounts();
        let value = TaTransferSet::new(conditions).to_value();
        self.write_raw(&transfer_set, &value).await?;
        Ok(AccountFollow {
            client: self.clone(),
            transfer_set: Some(transfer_set),
            reports,
        })
    }

    /// Asks for the data of an account, from a moment on, for so many seconds; 0 is all there is. The answer may come in several reports;
    /// those that come within `patience` of each other are waited for.
    ///
    /// # Errors
    /// [`Error`], [`Error::NoReport`] if they do not come.
    pub async fn query_account(
        &self,
        reference: i32,
        start: TimeStamp,
        duration: i32,
        patience: Duration,
    ) -> Result<Vec<Arc<AccountReport>>, Error> {
        let request_id = NEXT.fetch_add(1, Ordering::Relaxed).max(1);
        let mut answers = self.shared.sink.accounts();
        let mut request = TaRequest::new(reference, start, duration);
        request.request_id = request_id;
        let name = Name::icc(self.domain(), standard::TA_REQUEST);
        self.write_raw(&name, &request.to_value()).await?;
        let mut reports = Vec::new();
        loop {
            let next = timeout(patience, answers.next()).await;
            let Some(report) = next.ok().flatten() else {
                return Err(Error::NoReport { name });
            };
            if report.request_id != request_id {
                continue;
            }
            let last = !report.more_follows;
            reports.push(report);
            if last {
                return Ok(reports);
            }
        }
    }
}
