//! Account data on the wire.

use super::{AccountPeriod, AccountReport};
use crate::bilateral::BilateralTable;
use crate::model::TransferAccount;
use crate::types::{
    Reading, TaConditions, TaHeader, TimeStamp, array, count, decode_object_name,
    encode_object_name,
};
use crate::{DecodeError, Name, Special, standard};
use mms::ber::Writer;
use mms::pdu::{
    InformationReport, InformationReportWriter, VariableAccessSpecification, write_variables,
};
use mms::{DataView, MmsValue, ObjectName};

/// Octets a report has beside its data, at most: names of 64 characters, header, lengths.
const AROUND: usize = 600;

/// What a report is about.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) account: &'a TransferAccount,
    pub(super) table: &'a BilateralTable,
    pub(super) transfer_set: Option<&'a str>,
    pub(super) conditions: TaConditions,
    pub(super) request_id: i32,
    pub(super) max_pdu: usize,
}

/// Reports with these periods, by the seconds they begin at: as many as gaps in the data and PDUs ask for; one without data if there is none.
pub(super) fn encode(about: About<'_>, data: &[(i64, &AccountPeriod)]) -> Vec<Vec<u8>> {
    let seconds = about.account.seconds();
    let row = 8 + 7 * about.account.floats + 6 * about.account.integers;
    let rows = about.max_pdu.saturating_sub(AROUND) / row.max(1);
    let mut parts: Vec<&[(i64, &AccountPeriod)]> = data
        .chunk_by(|(a, _), (b, _)| a + seconds == *b)
        .flat_map(|run| run.chunks(rows.max(1)))
        .collect();
    if parts.is_empty() {
        parts.push(&[]);
    }
    let last = parts.len() - 1;
    let services = parts.iter().enumerate();
    services
        .map(|(i, part)| one(about, part, i < last))
        .filter(|service| service.len() + 6 <= about.max_pdu)
        .collect()
}

fn one(about: About<'_>, part: &[(i64, &AccountPeriod)], more_follows: bool) -> Vec<u8> {
    let account = about.account;
    let period = i32::try_from(account.seconds()).unwrap_or(i32::MAX);
    let periods = part.len() as i32;
    let header = TaHeader {
        reference: account.reference,
        request_id: about.request_id,
        sender: account.sender.clone(),
        receiver: account.receiver.clone(),
        start_time: TimeStamp::from_seconds(part.first().map_or(0, |(start, _)| *start)),
        duration: periods.saturating_mul(period),
        period,
        periods,
        floats: account.floats as i32,
        integers: account.integers as i32,
        more_follows,
    };
    let domain = about.table.domain.as_str();
    let mut names: Vec<&str> = Vec::new();
    names.extend(about.transfer_set.map(|_| Special::TransferSetName.name()));
    names.extend([
        standard::TA_CONDITIONS,
        standard::TA_HEADER,
        standard::TA_FLOATS,
        standard::TA_INTEGERS,
    ]);
    let mut service = Vec::new();
    let w = &mut Writer::unbounded(&mut service);
    let report = InformationReportWriter::begin(w, |w| {
        write_variables(
            w,
            names
                .into_iter()
                .map(|item| ObjectName::Domain { domain, item }),
        );
    });
    if let Some(set) = about.transfer_set {
        let name = Name::icc(domain, set);
        encode_object_name(w, &name, about.table.options.scope_signed);
    }
    about.conditions.to_value().encode(w);
    header.to_value().encode(w);
    let floats = part.iter().map(|(_, period)| {
        MmsValue::Array(
            period
                .floats
                .iter()
                .map(|v| MmsValue::Float32(*v))
                .collect(),
        )
    });
    MmsValue::Array(floats.collect()).encode(w);
    let integers = part.iter().map(|(_, period)| {
        MmsValue::Array(period.integers.iter().map(|v| MmsValue::from(*v)).collect())
    });
    MmsValue::Array(integers.collect()).encode(w);
    report.end(w);
    service
}

/// Reads account data; `None` for other reports.
pub(crate) fn decode(
    report: &InformationReport<'_>,
    received: TimeStamp,
) -> Option<Result<AccountReport, DecodeError>> {
    let VariableAccessSpecification::Variables(variables) = report.variables else {
        return None;
    };
    let names: Vec<&str> = variables
        .iter()
        .take(8)
        .map(|variable| variable.name().map_or("", |name| name.item()))
        .collect();
    if !names.contains(&standard::TA_HEADER) {
        return None;
    }
    let value = |item: &str| {
        let place = names.iter().position(|name| *name == item)?;
        report.results.iter().nth(place)
    };
    let needed = |item| value(item).ok_or(DecodeError::UnknownShape);
    let read = || {
        let header = TaHeader::decode(&needed(standard::TA_HEADER)?)?;
        let transfer_set = value(Special::TransferSetName.name());
        let transfer_set = transfer_set
            .map(|view| decode_object_name(&view))
            .transpose()?;
        let conditions = match value(standard::TA_CONDITIONS) {
            Some(view) => TaConditions::decode(&view)?,
            None => TaConditions::empty(),
        };
        let periods = count(header.periods, "NumberOfPeriods")?;
        let floats = rows(
            &header.floats,
            "FloatsPerPeriod",
            value(standard::TA_FLOATS),
            periods,
        )?;
        let integers = rows(
            &header.integers,
            "IntegersPerPeriod",
            value(standard::TA_INTEGERS),
            periods,
        )?;
        let mut data = Vec::with_capacity(periods);
        for (i, (floats, integers)) in floats.into_iter().zip(integers).enumerate() {
            let floats = floats.iter().map(|view| view.real());
            let integers = integers.iter().map(|view| view.int32("account value"));
            let after = i64::from(header.period) * i as i64;
            let start = header.start_time.seconds().saturating_add(after);
            data.push((
                TimeStamp::from_seconds(start),
                AccountPeriod {
                    floats: floats.collect::<Result<_, _>>()?,
                    integers: integers.collect::<Result<_, _>>()?,
                },
            ));
        }
        Ok(AccountReport {
            transfer_set,
            conditions,
            reference: header.reference,
            request_id: header.request_id,
            sender: header.sender,
            receiver: header.receiver,
            period: header.period,
            periods: data,
            more_follows: header.more_follows,
            received,
        })
    };
    Some(read())
}

/// The rows of a matrix. A peer that has no values of this kind may leave it out.
fn rows<'a>(
    columns: &i32,
    what: &'static str,
    view: Option<DataView<'a>>,
    periods: usize,
) -> Result<Vec<Vec<DataView<'a>>>, DecodeError> {
    let columns = count(*columns, what)?;
    let Some(view) = view else {
        return match columns {
            0 => Ok(vec![Vec::new(); periods]),
            _ => Err(DecodeError::UnknownShape),
        };
    };
    let rows = array(&view, "account data", periods)?;
    rows.iter().map(|row| array(row, what, columns)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::pdu::{Pdu, UnconfirmedService, write_unconfirmed};

    fn reports(periods: &[i64], max_pdu: usize) -> Vec<AccountReport> {
        let mut account = TransferAccount::new(7, Name::vcc("TIE"));
        account.floats = 2;
        account.integers = 1;
        account.sender = "NORTH".into();
        let table = BilateralTable::new("P", "1", "ICC1");
        let about = About {
            account: &account,
            table: &table,
            transfer_set: Some("TATS1"),
            conditions: TaConditions::OPERATOR_REQUEST,
            request_id: 0,
            max_pdu,
        };
        let data: Vec<AccountPeriod> = periods
            .iter()
            .map(|start| AccountPeriod {
                floats: vec![*start as f32, 0.5],
                integers: vec![-1],
            })
            .collect();
        let data: Vec<(i64, &AccountPeriod)> = periods.iter().copied().zip(&data).collect();
        let services = encode(about, &data);
        let read = services.iter().map(|service| {
            let mut pdu = vec![];
            write_unconfirmed(&mut Writer::unbounded(&mut pdu), |w| w.raw(service));
            assert!(pdu.len() <= max_pdu);
            let Ok(Pdu::Unconfirmed(UnconfirmedService::InformationReport(report))) =
                Pdu::decode(&pdu)
            else {
                panic!("no report");
            };
            decode(&report, TimeStamp::default()).unwrap().unwrap()
        });
        read.collect()
    }

    #[test]
    fn written_and_read() {
        let read = reports(&[0, 3600, 10_800], 8192);
        // A gap ends a report.
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].periods.len(), 2);
        assert_eq!(read[0].periods[1].0, TimeStamp::from_seconds(3600));
        assert_eq!(read[0].periods[1].1.floats, [3600.0, 0.5]);
        assert_eq!((read[0].more_follows, read[1].more_follows), (true, false));
        assert_eq!(read[1].periods[0].1.integers, [-1]);
        assert_eq!(read[0].transfer_set, Some(Name::icc("ICC1", "TATS1")));
        assert_eq!(reports(&[], 8192)[0].periods, []);
    }

    #[test]
    fn as_many_reports_as_pdus_ask_for() {
        let starts: Vec<i64> = (0..100).map(|i| i * 3600).collect();
        let read = reports(&starts, 1000);
        assert!(read.len() > 2);
        let all: Vec<i64> = read
            .iter()
            .flat_map(|r| &r.periods)
            .map(|(at, _)| at.seconds())
            .collect();
        assert_eq!(all, starts);
    }
}
