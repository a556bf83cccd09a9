//! Sends the reports of one association: sleeps until one is due, and waits while the peer does not read.

use super::report::pieces;
use crate::engine::Core;
use crate::event::{AssociationId, ReportProblem};
use mms::net::Remote;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::sleep_until;

/// Reports are made as long as no more octets than this wait: what waits here is out of reach of TLE, and changes to come are merged better
/// before than after.
const LOW_WATER: usize = 64 * 1024;

pub(super) async fn run(
    core: Arc<Core>,
    association: AssociationId,
    remote: Remote,
    wake: Arc<Notify>,
    max_pdu: usize,
) {
    loop {
        remote.room(LOW_WATER).await;
        // It is over when it is not known any more.
        let Some(polled) = core.poll(association) else {
            return;
        };
        let sent = !polled.services.is_empty();
        for service in polled.services {
            // Room was waited for, and what the outbox gives at once is bounded.
            if let Err(error) = remote.unconfirmed(service, usize::MAX) {
                tracing::debug!(%error, "not sent");
            }
        }
        if sent {
            core.services_sent(association);
        }
        for report in &polled.reports {
            let pieces = pieces(&core.model, report, max_pdu);
            if pieces.too_long > 0 {
                core.not_sent(report, ReportProblem::TooLong);
            }
            // Before they go: their acknowledgements may come at once.
            core.sent(report, pieces.services.len());
            let limit = report.table.config.limits.report_backlog;
            for service in pieces.services {
                // The pieces of one report go together; only a new report waits for room.
                if let Err(error) = remote.unconfirmed(service, limit.max(2 * LOW_WATER)) {
                    tracing::debug!(%error, "report not sent");
                    core.lost(report);
                    break;
                }
            }
        }
        if polled.more || sent || !polled.reports.is_empty() {
            // The others on this thread have their turn.
            tokio::task::yield_now().await;
            continue;
        }
        match polled.deadline {
            Some(deadline) => tokio::select! {
                () = sleep_until(deadline) => {}
                () = wake.notified() => {}
            },
            None => wake.notified().await,
        }
    }
}
