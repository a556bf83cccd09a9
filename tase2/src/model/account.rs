use super::{Model, ModelError, Object};
use crate::Name;
use std::time::Duration;

/// A transfer account (block 8): what two utilities reckon up with each other, period by period.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransferAccount {
    /// TransferAccountReference: the number both sides have agreed on.
    pub reference: i32,
    /// Its name, of VCC scope: what rights in bilateral tables go by.
    pub name: Name,
    /// The utility that sends, up to 32 characters. Default none.
    pub sender: String,
    /// The utility that receives, likewise.
    pub receiver: String,
    /// How long a period is: whole seconds, from 1 to an hour's worth that divides a day. Default an hour.
    pub period: Duration,
    /// Floating-point values of each period. Default 1.
    pub floats: usize,
    /// Integer values of each period. Default 0.
    pub integers: usize,
    /// Periods that are kept; of more the oldest go. Default 24 * 31.
    pub retention: usize,
}

impl TransferAccount {
    /// An account of hours with one floating-point value each.
    pub fn new(reference: i32, name: Name) -> Self {
        TransferAccount {
            reference,
            name,
            sender: String::new(),
            receiver: String::new(),
            period: Duration::from_secs(3600),
            floats: 1,
            integers: 0,
            retention: 24 * 31,
        }
    }

    pub(crate) fn seconds(&self) -> i64 {
        i64::try_from(self.period.as_secs())
            .unwrap_or(i64::MAX)
            .max(1)
    }
}

/// A point whose values are stored, so that they can be asked for as a time series (block 9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimeSeries {
    /// The indication point.
    pub point: Name,
    /// How long values are kept. Default a day.
    pub retention: Duration,
    /// Values that are kept at most; of more the oldest go. Default 100 000.
    pub max_values: usize,
}

impl TimeSeries {
    /// Values of a day.
    pub fn new(point: Name) -> Self {
        TimeSeries {
            point,
            retention: Duration::from_secs(86_400),
            max_values: 100_000,
        }
    }
}

impl Model {
    /// Adds a transfer account.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn add_account(&mut self, account: TransferAccount) -> Result<(), ModelError> {
        let name = account.name.clone();
        name.check().map_err(|reason| ModelError::Name {
            name: name.clone(),
            reason,
        })?;
        let same = |a: &TransferAccount| a.reference == account.reference || a.name == name;
        if self.accounts.iter().any(same) || self.find(name.domain(), name.item()).is_some() {
            return Err(ModelError::Duplicate(name));
        }
        let seconds = account.period.as_secs();
        let whole = account.period.subsec_nanos() == 0 && (1..=86_400).contains(&seconds);
        let values = account.floats + account.integers;
        if name.domain().is_some()
            || !whole
            || 86_400 % seconds.max(1) != 0
            || !(1..=1000).contains(&values)
            || account.retention == 0
            || account.sender.len() > 32
            || account.receiver.len() > 32
        {
            return Err(ModelError::Account(name));
        }
        self.accounts.push(account);
        Ok(())
    }

    /// Stores the values of a point.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn add_time_series(&mut self, series: TimeSeries) -> Result<(), ModelError> {
        let found = self.find(series.point.domain(), series.point.item());
        let Some(Object::Point(id)) = found else {
            return Err(ModelError::NoSuchMember {
                data_set: series.point.clone(),
                member: series.point,
            });
        };
        if self.series.iter().any(|(point, _)| *point == id) {
            return Err(ModelError::Duplicate(series.point));
        }
        if series.retention.is_zero() || series.max_values == 0 {
            return Err(ModelError::Retention(series.point));
        }
        self.series.push((id, series));
        Ok(())
    }

    /// The transfer accounts, in the order they were added.
    pub fn accounts(&self) -> &[TransferAccount] {
        &self.accounts
    }

    /// The points whose values are stored, in the order they were added.
    pub fn time_series(&self) -> impl Iterator<Item = &TimeSeries> {
        self.series.iter().map(|(_, series)| series)
    }

    pub(crate) fn account(&self, reference: i32) -> Option<u32> {
        let place = self.accounts.iter().position(|a| a.reference == reference);
        place.map(|place| place as u32)
    }
}
