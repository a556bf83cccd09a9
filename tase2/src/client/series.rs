//! Time series of the peer (block 9).

use super::{Client, Stream};
use crate::series::SeriesReport;
use crate::types::{TsConditions, TsTransferSet};
use crate::{Error, Name, standard};
use std::sync::Arc;

/// Samples of a point, as they come. Dropping it stops the transfer set in the background; [`SeriesFollow::stop`] waits for that.
#[derive(Debug)]
#[must_use = "dropping it stops the transfer set"]
pub struct SeriesFollow {
    client: Client,
    transfer_set: Option<Name>,
    reports: Stream<SeriesReport>,
    ended: bool,
}

impl SeriesFollow {
    /// The next report; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Arc<SeriesReport>> {
        loop {
            let report = self.reports.next().await?;
            if Some(&report.transfer_set) == self.transfer_set.as_ref() {
                self.ended |= report
                    .conditions
                    .contains(TsConditions::ENDING_TIME_ARRIVED);
                return Some(report);
            }
        }
    }

    /// The transfer set.
    pub fn transfer_set(&self) -> Option<&Name> {
        self.transfer_set.as_ref()
    }

    /// Whether the end time has come, so that the peer has stopped it.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Stops the transfer set, unless it has ended.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn stop(mut self) -> Result<(), Error> {
        match self.transfer_set.take().filter(|_| !self.ended) {
            Some(name) => self.client.stop_series(&name).await,
            None => Ok(()),
        }
    }
}

impl Drop for SeriesFollow {
    fn drop(&mut self) {
        if let Some(name) = self.transfer_set.take().filter(|_| !self.ended)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let client = self.client.clone();
            runtime.spawn(async move {
                if let Err(error) = client.stop_series(&name).await {
                    tracing::debug!(%error, "time series not stopped");
                }
            });
        }
    }
}

impl Client {
    async fn stop_series(&self, name: &Name) -> Result<(), Error> {
        let value = TsTransferSet::default().to_value();
        self.write_raw(name, &value).await
    }

    /// Starts a time series. `status` in it does not count.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn follow_series(&self, set: TsTransferSet) -> Result<SeriesFollow, Error> {
        let name = set.data_value.clone();
        if let Some(name) = &name
            && let Ok(ty) = self.point_type(name).await
        {
            self.shared.sink.know(name.clone(), ty);
        }
        let transfer_set = self.next_set(standard::NEXT_TS).await?;
        // Before it runs: its first report may come with the answer.
        let reports = self.shared.sink.series();
        let set = TsTransferSet {
            status: true,
            ..set
        };
        self.write_raw(&transfer_set, &set.to_value()).await?;
        Ok(SeriesFollow {
            client: self.clone(),
            transfer_set: Some(transfer_set),
            reports,
            ended: false,
        })
    }
}
