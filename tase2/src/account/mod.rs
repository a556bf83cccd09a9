//! Transfer accounts (block 8): what utilities reckon up with each other, period by period, told at the turn of the hour, when data change,
//! and when somebody asks.
//!
//! The application keeps the data up to date with [`VirtualControlCenter::update_account`](crate::VirtualControlCenter::update_account). A
//! client asks with [`Client::query_account`](crate::client::Client::query_account) and follows with
//! [`Client::follow_accounts`](crate::client::Client::follow_accounts).

mod report;
mod state;

pub(crate) use report::decode;
pub(crate) use state::Accounts;

use crate::Name;
use crate::types::{TaConditions, TimeStamp};

/// What the names of account transfer sets begin with; their number follows.
pub(crate) const SETS: &str = "TATS";

/// The data of one period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountPeriod {
    /// The floating-point values, as many as the account has.
    pub floats: Vec<f32>,
    /// The integer values, likewise.
    pub integers: Vec<i32>,
}

impl AccountPeriod {
    /// Floating-point values alone.
    pub fn of(floats: impl Into<Vec<f32>>) -> Self {
        AccountPeriod {
            floats: floats.into(),
            integers: Vec::new(),
        }
    }
}

/// Data an account cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There is no account of this number.
    #[error("there is no transfer account {0}")]
    NoSuchAccount(i32),
    /// The moment is not the beginning of a period.
    #[error("no period begins at this moment")]
    NoPeriod,
    /// Another number of values than the account has.
    #[error("another number of values than the account has")]
    WrongCount,
    /// A value that is no number.
    #[error("a value is no number")]
    NotANumber,
}

/// Account data of a peer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AccountReport {
    /// The transfer set they came by; `None` for an answer.
    pub transfer_set: Option<Name>,
    /// Why they came.
    pub conditions: TaConditions,
    /// TransferAccountReference: the account.
    pub reference: i32,
    /// The request that is answered; 0 if it is none.
    pub request_id: i32,
    /// The utility that sends.
    pub sender: String,
    /// The utility that receives.
    pub receiver: String,
    /// Seconds a period lasts.
    pub period: i32,
    /// The data, each with the beginning of its period.
    pub periods: Vec<(TimeStamp, AccountPeriod)>,
    /// Whether further reports belong to this one.
    pub more_follows: bool,
    /// When they were here.
    pub received: TimeStamp,
}
