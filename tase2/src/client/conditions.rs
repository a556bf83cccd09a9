//! Events of the peer (block 7).

use super::Client;
use crate::condition::{AlarmAckRule, ConditionState, EventTime, Notification, Transitions};
use crate::{Error, Name};
use mms::client::ConditionAttributes;
use mms::pdu::{
    AlterEventConditionRequest, EventConditionStatusResponse, EventEnrollmentStatusResponse,
    ObjectScope,
};
use mms::{ObjectName, OwnedObjectName};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::broadcast;

/// Numbers of enrolments without a name of their own.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// What is to be told of an event condition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnrollmentSpec {
    /// The event condition.
    pub condition: Name,
    /// The name of the enrolment: in the domain that is for us, or in the association. `None`: one of the association that is not used yet.
    pub name: Option<OwnedObjectName>,
    /// The transitions. Default to active and to idle, also from disabled.
    pub transitions: Transitions,
    /// What is to be acknowledged. Default nothing.
    pub ack_rule: AlarmAckRule,
}

impl EnrollmentSpec {
    /// That the condition becomes active or idle.
    pub fn new(condition: Name) -> Self {
        EnrollmentSpec {
            condition,
            name: None,
            transitions: Transitions::IDLE_TO_ACTIVE
                .union(Transitions::ACTIVE_TO_IDLE)
                .union(Transitions::DISABLED_TO_ACTIVE)
                .union(Transitions::DISABLED_TO_IDLE),
            ack_rule: AlarmAckRule::None,
        }
    }

    /// The same with this rule for acknowledgements.
    #[must_use]
    pub fn with_ack_rule(self, ack_rule: AlarmAckRule) -> Self {
        EnrollmentSpec { ack_rule, ..self }
    }
}

/// Notifications as they come.
#[derive(Debug)]
pub struct Notifications {
    receiver: broadcast::Receiver<Arc<Notification>>,
    missed: u64,
}

impl Notifications {
    pub(crate) fn new(receiver: broadcast::Receiver<Arc<Notification>>) -> Self {
        Notifications {
            receiver,
            missed: 0,
        }
    }

    /// The next one; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Arc<Notification>> {
        loop {
            match self.receiver.recv().await {
                Ok(notification) => return Some(notification),
                Err(broadcast::error::RecvError::Lagged(count)) => self.missed += count,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// Notifications that were missed because too many were waiting.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

/// An event enrolment of ours at the peer. Dropping it deletes it in the background; [`Enrolled::end`] waits for that.
#[derive(Debug)]
#[must_use = "dropping it ends the enrolment"]
pub struct Enrolled {
    client: Client,
    name: Option<OwnedObjectName>,
    notifications: Notifications,
}

impl Enrolled {
    /// Its name.
    pub fn name(&self) -> Option<&OwnedObjectName> {
        self.name.as_ref()
    }

    /// The next notification of it; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Arc<Notification>> {
        loop {
            let notification = self.notifications.next().await?;
            if Some(&notification.enrollment) == self.name.as_ref() {
                return Some(notification);
            }
        }
    }

    /// Its state at the peer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn status(&self) -> Result<EventEnrollmentStatusResponse, Error> {
        let name = self.name.as_ref().map(|name| name.as_ref());
        let name = name.unwrap_or(ObjectName::Association(""));
        Ok(self
            .client
            .mms()
            .report_event_enrollment_status(name)
            .await?)
    }

    /// Deletes it (Delete Event Enrollment).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn end(mut self) -> Result<(), Error> {
        match self.name.take() {
            Some(name) => self.client.delete_enrollment(name.as_ref()).await,
            None => Ok(()),
        }
    }
}

impl Drop for Enrolled {
    fn drop(&mut self) {
        if let Some(name) = self.name.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let client = self.client.clone();
            runtime.spawn(async move {
                if let Err(error) = client.delete_enrollment(name.as_ref()).await {
                    tracing::debug!(%error, "event enrolment not deleted");
                }
            });
        }
    }
}

impl Client {
    /// The names of the event conditions we see in a domain, or in the VCC.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn conditions(&self, domain: Option<&str>) -> Result<Vec<Name>, Error> {
        let scope = domain.map_or(ObjectScope::Vmd, ObjectScope::Domain);
        let names = self.mms.event_condition_names(scope).await?;
        let named = |item: String| match domain {
            None => Name::Vcc(item),
            Some(domain) => Name::icc(domain, item),
        };
        Ok(names.into_iter().map(named).collect())
    }

    /// The attributes of an event condition.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn condition(&self, name: &Name) -> Result<ConditionAttributes, Error> {
        let asked = self.mms.get_event_condition_attributes(name.as_mms()).await;
        Ok(asked?)
    }

    /// The state of an event condition.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn condition_status(
        &self,
        name: &Name,
    ) -> Result<EventConditionStatusResponse, Error> {
        let asked = self.mms.report_event_condition_status(name.as_mms()).await;
        Ok(asked?)
    }

    /// Says whether the peer is to watch an event condition.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn enable_condition(&self, name: &Name, enabled: bool) -> Result<(), Error> {
        let request = AlterEventConditionRequest {
            name: name.as_mms(),
            enabled: Some(enabled),
            priority: None,
            alarm_summary_reports: None,
            evaluation_interval: None,
        };
        Ok(self.mms.alter_event_condition_monitoring(request).await?)
    }

    /// Makes a network-triggered event happen.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn trigger_event(&self, name: &Name) -> Result<(), Error> {
        Ok(self.mms.trigger_event(name.as_mms(), None).await?)
    }

    /// Enrols for an event condition (Create Event Enrollment), as long as this association lasts.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn enroll(&self, spec: &EnrollmentSpec) -> Result<Enrolled, Error> {
        let name = spec.name.clone().unwrap_or_else(|| {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            OwnedObjectName::Association(format!("EE_{number}"))
        });
        // Before it is there: its first notification may come with the answer.
        let notifications = self.notifications();
        self.mms
            .define_event_enrollment(
                name.as_ref(),
                spec.condition.as_mms(),
                spec.transitions,
                spec.ack_rule,
            )
            .await?;
        Ok(Enrolled {
            client: self.clone(),
            name: Some(name),
            notifications,
        })
    }

    /// Notifications of the peer on this association, whichever enrolment they are of.
    pub fn notifications(&self) -> Notifications {
        self.shared.sink.notifications()
    }

    /// Acknowledges a notification.
    ///
    /// # Errors
    /// [`Error`]; service / object-constraint-conflict if there is nothing of it to be acknowledged.
    pub async fn acknowledge(&self, notification: &Notification) -> Result<(), Error> {
        let state = notification.state.unwrap_or(ConditionState::Active);
        self.acknowledge_event(notification.enrollment.as_ref(), state, notification.time)
            .await
    }

    /// Acknowledges that an enrolment has had a state at a time.
    ///
    /// # Errors
    /// As for [`Client::acknowledge`].
    pub async fn acknowledge_event(
        &self,
        enrollment: ObjectName<'_>,
        state: ConditionState,
        time: EventTime,
    ) -> Result<(), Error> {
        let done = self
            .mms
            .acknowledge_event_notification(enrollment, state, time)
            .await;
        Ok(done?)
    }

    async fn delete_enrollment(&self, name: ObjectName<'_>) -> Result<(), Error> {
        match self.mms.delete_event_enrollments(&[name]).await? {
            0 => Ok(()),
            _ => Err(Error::NotDeleted {
                name: name.to_string(),
            }),
        }
    }
}
