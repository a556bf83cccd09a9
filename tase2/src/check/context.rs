//! What a probe works with.

use super::Dial;
use super::reference::Reference;
use super::tap::{Tape, Tapped};
use crate::client::{Client, ClientOptions, Follow, Report, TransferSpec, Update};
use crate::types::{
    ControlValue, DsConditions, DsTransferSet, Kind, PointType, PointValue, Quality, State,
    TimeStamp, Value,
};
use crate::{Clock, Error, Name, SystemClock};
use mms::ServiceError;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// How long something may take that is to happen.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Points of a foreign control centre that are looked at.
const MANY: usize = 200;

/// What may be touched at a control centre. Nothing of it is by default: only data sets and transfer sets of our own are made, and taken back.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Permits {
    /// What `Bilateral_Table_ID` should be.
    pub table_id: Option<String>,
    /// A point that may be written; it gets its old value back.
    pub write: Option<Name>,
    /// A device that has to be selected, and may be selected, operated and tagged.
    pub sbo: Option<Name>,
    /// A device that may be operated at once.
    pub direct: Option<Name>,
    /// The command devices are operated with. Default 0.
    pub command: i16,
    /// The check-back id of the device.
    pub check_back: Option<i16>,
}

/// Why a row does not pass.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    Fail(String),
    NotOffered(String),
    NotTried(String),
}

pub(super) type Outcome = Result<(), Trouble>;

impl Trouble {
    pub(super) fn reason(&self) -> &str {
        match self {
            Trouble::Fail(reason) | Trouble::NotOffered(reason) | Trouble::NotTried(reason) => {
                reason
            }
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Fail(error.to_string())
    }
}

impl From<mms::client::ClientError> for Trouble {
    fn from(error: mms::client::ClientError) -> Self {
        Trouble::Fail(error.to_string())
    }
}

pub(super) fn fail<T>(reason: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::Fail(reason.into()))
}

pub(super) fn not_offered<T>(reason: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::NotOffered(reason.into()))
}

pub(super) fn not_tried<T>(reason: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::NotTried(reason.into()))
}

/// A row goes on only if this is so.
pub(super) fn ensure(so: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    match so {
        true => Ok(()),
        false => fail(otherwise()),
    }
}

/// That something is equal.
pub(super) fn same<T: PartialEq + std::fmt::Debug>(found: T, expected: T, what: &str) -> Outcome {
    ensure(found == expected, || {
        format!("{what}: {found:?} instead of {expected:?}")
    })
}

/// What is expected within [`PATIENCE`].
pub(super) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> Result<T, Trouble> {
    let late = |_| Trouble::Fail(format!("no {what} within {} s", PATIENCE.as_secs()));
    timeout(PATIENCE, future).await.map_err(late)
}

pub(super) struct Ctx {
    dial: Arc<dyn Dial>,
    pub(super) options: ClientOptions,
    pub(super) permits: Permits,
    pub(super) tape: Tape,
    /// Our own control centre, where that is what is checked.
    pub(super) reference: Option<Reference>,
    domain: OnceCell<String>,
    points: OnceCell<Vec<(Name, PointType)>>,
    /// The value of the point that may be written, before it was.
    before: OnceCell<PointValue>,
    number: AtomicI32,
}

impl Ctx {
    pub(super) fn of_peer(dial: Arc<dyn Dial>, options: ClientOptions, permits: Permits) -> Self {
        Ctx {
            dial,
            options,
            permits,
            tape: Tape::default(),
            reference: None,
            domain: OnceCell::new(),
            points: OnceCell::new(),
            before: OnceCell::new(),
            number: AtomicI32::new(100),
        }
    }

    /// Of a control centre of ours.
    pub(super) fn of_reference(reference: Reference) -> Self {
        let (dial, options, permits) = reference.as_peer();
        Ctx {
            reference: Some(reference),
            ..Self::of_peer(dial, options, permits)
        }
    }

    /// Our own control centre, or the row cannot be tried.
    pub(super) fn own(&self, what: &str) -> Result<&Reference, Trouble> {
        match &self.reference {
            Some(reference) => Ok(reference),
            None => not_tried(what),
        }
    }

    /// The time of day, as the control centre has it.
    pub(super) fn now(&self) -> TimeStamp {
        match &self.reference {
            Some(reference) => reference.clock.now(),
            None => SystemClock.now(),
        }
    }

    /// A stream whose PDUs are kept.
    pub(super) async fn stream(&self) -> Result<Tapped, Trouble> {
        let stream = timeout(PATIENCE, self.dial.dial()).await;
        match stream {
            Ok(Ok(stream)) => Ok(self.tape.tapped(stream)),
            Ok(Err(error)) => fail(format!("cannot connect: {error}")),
            Err(_) => fail("cannot connect in time"),
        }
    }

    /// An association of other options.
    pub(super) async fn call(
        &self,
        change: impl FnOnce(&mut ClientOptions),
    ) -> Result<Result<Client, Error>, Trouble> {
        let stream = self.stream().await?;
        let mut options = self.options.clone();
        change(&mut options);
        Ok(Client::over(stream, options).await)
    }

    /// An association, in our domain.
    pub(super) async fn client(&self) -> Result<Client, Trouble> {
        self.client_with(|_| {}).await
    }

    /// An association of other options that has to be.
    pub(super) async fn client_with(
        &self,
        change: impl FnOnce(&mut ClientOptions),
    ) -> Result<Client, Trouble> {
        let client = self.call(change).await?.map_err(Trouble::from)?;
        let domain = self.domain.get_or_try_init(|| async {
            if !self.options.domain.is_empty() {
                return Ok(self.options.domain.clone());
            }
            let mut domains = client.domains().await?;
            match (domains.pop(), domains.len()) {
                (Some(domain), 0) => Ok(domain),
                (None, _) => not_tried("the control centre shows no domain for us"),
                _ => not_tried("the control centre shows several domains; one has to be named"),
            }
        });
        let domain = domain.await?;
        Ok(match client.domain() == domain {
            true => client,
            false => client.in_domain(domain),
        })
    }

    /// A name in our domain that nothing has.
    pub(super) fn fresh(&self, client: &Client) -> Name {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let item = format!("CHECK_{}_{number}", std::process::id());
        Name::icc(client.domain(), item)
    }

    /// The points there are, at most so many of a foreign control centre.
    pub(super) async fn points(&self, client: &Client) -> Result<&[(Name, PointType)], Trouble> {
        let found = self.points.get_or_try_init(|| async {
            let mut names = client.names(None).await?;
            names.extend(client.names(Some(client.domain())).await?);
            names.retain(|name| !crate::is_standard(name.item()));
            let control =
                |name: &Name| name.item().ends_with("_SBO") || name.item().ends_with("_TAG");
            names.retain(|name| !control(name));
            if self.reference.is_none() {
                names.truncate(MANY);
            }
            let mut points = client.point_types(names).await?;
            points.sort();
            // Standard members with names of their own are of no use here: what can be read is a point.
            let list: Vec<Name> = points.iter().map(|(name, _)| name.clone()).collect();
            let values = client.read_many(&list).await?;
            let readable = points
                .into_iter()
                .zip(values)
                .filter(|(_, value)| value.is_ok());
            Ok::<_, Trouble>(readable.map(|(point, _)| point).collect())
        });
        Ok(found.await?)
    }

    /// Some points to make data sets of.
    pub(super) async fn some(&self, client: &Client, count: usize) -> Result<Vec<Name>, Trouble> {
        if let Some(reference) = &self.reference {
            return Ok(reference.members(count));
        }
        let points = self.points(client).await?;
        if points.is_empty() {
            return not_tried("the control centre shows no points");
        }
        Ok(points
            .iter()
            .take(count)
            .map(|(name, _)| name.clone())
            .collect())
    }

    /// A point whose value can be changed, so that reports come.
    pub(super) fn moving(&self) -> Result<Name, Trouble> {
        match (&self.reference, &self.permits.write) {
            (Some(reference), _) => Ok(reference.moving()),
            (None, Some(name)) => Ok(name.clone()),
            (None, None) => {
                not_tried("no point was named that may be written, to see changes reported")
            }
        }
    }

    /// Changes the value of that point, and gives it.
    pub(super) async fn move_it(&self, client: &Client) -> Result<Value, Trouble> {
        let name = self.moving()?;
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        if let Some(reference) = &self.reference {
            let value = PointValue::real(number as f32).with_quality(Quality::default());
            reference.update(&name, value);
            return Ok(value.value);
        }
        let old = self
            .before
            .get_or_try_init(|| async { client.read(&name).await })
            .await?;
        let value = other(old.value, number);
        let value = PointValue { value, ..*old };
        client.write(&name, &value).await?;
        Ok(value.value)
    }

    /// Gives back what was borrowed.
    pub(super) async fn finish(&self) {
        if let (Some(before), Some(name)) = (self.before.get(), &self.permits.write)
            && let Ok(client) = self.client().await
        {
            // The row has its verdict; that this fails is seen by the next one.
            let _ = client.write(name, before).await;
            let _ = client.conclude().await;
        }
    }

    /// Starts a transfer set on a data set of these members.
    pub(super) async fn follow(
        &self,
        client: &Client,
        members: Vec<Name>,
        conditions: DsConditions,
        change: impl FnOnce(&mut DsTransferSet),
    ) -> Result<Follow, Trouble> {
        let spec = self.spec(client, members, conditions, change);
        match client.follow(spec).await {
            Ok(follow) => Ok(follow),
            Err(Error::Mms(error))
                if error.service_error() == Some(ServiceError::OBJECT_ACCESS_DENIED) =>
            {
                not_offered("we may not make data sets to follow")
            }
            Err(Error::NoTransferSet { .. }) => not_offered("it has no free transfer set for us"),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn spec(
        &self,
        client: &Client,
        members: Vec<Name>,
        conditions: DsConditions,
        change: impl FnOnce(&mut DsTransferSet),
    ) -> TransferSpec {
        let mut spec = TransferSpec::new(self.fresh(client), conditions).with_members(members);
        spec.read_after = None;
        change(&mut spec.attributes);
        spec
    }

    /// What a device is to do.
    pub(super) fn command(&self) -> ControlValue {
        ControlValue::Command(self.permits.command)
    }

    /// The device that has to be selected.
    pub(super) fn sbo(&self) -> Result<&Name, Trouble> {
        match &self.permits.sbo {
            Some(device) => Ok(device),
            None => not_tried("no device was named that may be selected and operated"),
        }
    }

    /// The device that is operated at once.
    pub(super) fn direct(&self) -> Result<&Name, Trouble> {
        match &self.permits.direct {
            Some(device) => Ok(device),
            None => not_tried("no direct device was named that may be operated"),
        }
    }
}

/// Another value of the same type.
fn other(value: Value, number: i32) -> Value {
    match value {
        Value::Real(value) => Value::Real(value + number as f32),
        Value::Discrete(value) => Value::Discrete(value.wrapping_add(number)),
        Value::State(state) => Value::State(flipped(state, number)),
        Value::Supplemental(mut value) => {
            value.state = flipped(value.state, number);
            Value::Supplemental(value)
        }
    }
}

fn flipped(state: State, number: i32) -> State {
    match (state, number % 2) {
        (State::On, 0) => State::Off,
        (State::On, _) => State::Between,
        (_, 0) => State::On,
        _ => State::Off,
    }
}

/// A value of each type, other than what a point has at first.
pub(super) fn example(ty: PointType) -> PointValue {
    let value = match ty.kind {
        Kind::Real => Value::Real(-1.5),
        Kind::Discrete => Value::Discrete(70_000),
        Kind::State => Value::State(State::On),
        Kind::StateSupplemental => Value::Supplemental(crate::types::StateSupplemental {
            state: State::On,
            ..Default::default()
        }),
    };
    PointValue::from(value)
        .with_quality(Quality::of(crate::types::Validity::Suspect))
        .at(TimeStamp::from_ms(1_700_000_000_250))
}

/// The next report.
pub(super) async fn report(follow: &mut Follow) -> Result<Arc<Report>, Trouble> {
    soon("report", async {
        loop {
            match follow.next().await {
                Some(Update::Report(report)) => return Ok(report),
                Some(Update::Interrupted { reason } | Update::Failed { reason }) => {
                    return fail(reason);
                }
                Some(_) => {}
                None => return fail("no more reports"),
            }
        }
    })
    .await?
}

/// The next report for a reason.
pub(super) async fn report_for(
    follow: &mut Follow,
    condition: DsConditions,
) -> Result<Arc<Report>, Trouble> {
    soon("such report", async {
        loop {
            let report = report(follow).await?;
            if report.conditions.is_some_and(|c| c.contains(condition)) {
                return Ok(report);
            }
        }
    })
    .await?
}

/// That no report comes for a while.
pub(super) async fn silence(follow: &mut Follow, seconds: u64) -> Outcome {
    let wait = Duration::from_secs(seconds);
    loop {
        match timeout(wait, follow.next()).await {
            Err(_) => return Ok(()),
            Ok(Some(Update::Report(report))) => {
                let reason = report.conditions.unwrap_or_default();
                return fail(format!("a report [{reason}] where there should be none"));
            }
            Ok(Some(_)) => {}
            Ok(None) => return fail("no more reports"),
        }
    }
}
