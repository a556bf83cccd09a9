//! Time series (block 9): the values a point has had or will have, sampled at an even pace, stored for as long as the model says.
//!
//! Points are stored that the model names ([`Model::add_time_series`](crate::model::Model::add_time_series)). A client starts a time series
//! with [`Client::follow_series`](crate::client::Client::follow_series): from a moment in the past it brings what is stored, and goes on to
//! its end.

mod state;

pub(crate) use state::Series;

use crate::types::{PointType, PointValue, TimeStamp, TsConditions, decode_object_name, samples};
use crate::{DecodeError, Name, Special, standard};
use mms::pdu::{InformationReport, VariableAccessSpecification};

/// What the names of time series transfer sets begin with; their number follows.
pub(crate) const SETS: &str = "TSTS";

/// Samples of a peer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SeriesReport {
    /// The transfer set.
    pub transfer_set: Name,
    /// The data value.
    pub data_value: Name,
    /// Why they came.
    pub conditions: TsConditions,
    /// The samples, the oldest first, each with its moment.
    pub samples: Vec<(TimeStamp, PointValue)>,
    /// When they were here.
    pub received: TimeStamp,
}

/// Reads a report of samples; `None` for other reports. `ty` is the type of a data value, where it is known.
pub(crate) fn decode(
    report: &InformationReport<'_>,
    received: TimeStamp,
    ty: impl FnOnce(&Name) -> Option<PointType>,
) -> Option<Result<SeriesReport, DecodeError>> {
    let VariableAccessSpecification::Variables(variables) = report.variables else {
        return None;
    };
    let names: Vec<_> = variables.iter().take(4).map(|v| v.name()).collect();
    let place = |item: &str| {
        let mut names = names.iter();
        names.position(|name| name.is_some_and(|name| name.item() == item))
    };
    let conditions_at = place(standard::TS_CONDITIONS)?;
    let read = || {
        let odd = || DecodeError::UnknownShape;
        let value = |at: usize| report.results.iter().nth(at).ok_or_else(odd);
        let set_at = place(Special::TransferSetName.name()).ok_or_else(odd)?;
        let special = |i: usize| i == conditions_at || i == set_at;
        let stamp_at = place(Special::TimeStamp.name());
        let mut data = (0..names.len()).filter(|i| !special(*i) && Some(*i) != stamp_at);
        let data_at = data.next().ok_or_else(odd)?;
        let name = names.get(data_at).copied().flatten().ok_or_else(odd)?;
        let data_value = Name::from_mms(name).ok_or_else(odd)?;
        let ty = ty(&data_value);
        Ok(SeriesReport {
            transfer_set: decode_object_name(&value(set_at)?)?,
            conditions: TsConditions::decode(&value(conditions_at)?)?,
            samples: samples(&value(data_at)?, ty)?,
            data_value,
            received,
        })
    };
    Some(read())
}
