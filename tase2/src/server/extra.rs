//! Variables of blocks 3, 4, 8 and 9, as a peer names them.

use super::session::ServerSession;
use super::target::component;
use crate::engine::{Core, Table, numbered};
use crate::types::{
    InfoHeader, Reading, TaConditions, TaHeader, TaRequest, TaTransferSet, TsConditions,
    TsTransferSet, buffer_name, buffer_size, encode_object_name, object_name_type,
};
use crate::{Name, account, series, standard};
use mms::ber::{Reader, Writer};
use mms::{DataAccessError, DataView, MmsValue, TypeDescription};
use std::borrow::Cow;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extra {
    /// `IM_Transfer_Set`.
    InformationSet,
    /// `Info_Mess_Header`, in the VCC or in the domain.
    InformationHeader {
        vcc: bool,
    },
    /// `Info_Buff_<N>`, likewise.
    InformationBuffer {
        vcc: bool,
        size: usize,
    },
    /// What blocked reports have their octets in.
    BlockData,
    /// `Next_TATransfer_Set`.
    NextAccountSet,
    AccountSet(usize),
    /// What accounts are asked for with.
    AccountRequest,
    /// `Next_TSTransfer_Set`.
    NextSeriesSet,
    SeriesSet(usize),
    /// A variable that is in reports of accounts or time series only.
    ReportOnly(ReportOnly),
}

/// See [`Extra::ReportOnly`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportOnly {
    AccountConditions,
    AccountHeader,
    AccountFloats,
    AccountIntegers,
    SeriesConditions,
}

impl ReportOnly {
    const OF_ACCOUNTS: [(ReportOnly, &'static str); 4] = [
        (ReportOnly::AccountConditions, standard::TA_CONDITIONS),
        (ReportOnly::AccountHeader, standard::TA_HEADER),
        (ReportOnly::AccountFloats, standard::TA_FLOATS),
        (ReportOnly::AccountIntegers, standard::TA_INTEGERS),
    ];
}

/// Where a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Vcc,
    Domain,
    Association,
}

impl Scope {
    fn vcc(self) -> bool {
        self == Scope::Vcc
    }
}

/// The variable with this name, if there is one for this peer.
pub(super) fn find(core: &Core, table: &Table, scope: Scope, item: &str) -> Option<Extra> {
    if core.has_information(table) {
        let information = &table.config.information;
        if item == standard::IM_TRANSFER_SET {
            let there = scope == Scope::Association || information.any_scope;
            return there.then_some(Extra::InformationSet);
        }
        if scope != Scope::Association {
            let vcc = scope.vcc();
            if item == standard::INFO_HEADER {
                return Some(Extra::InformationHeader { vcc });
            }
            let size = buffer_size(item);
            if let Some(size) = size.filter(|s| core.model.information_buffers.contains(s)) {
                return Some(Extra::InformationBuffer { vcc, size });
            }
        }
    }
    if scope == Scope::Domain && core.has_accounts(table) {
        let sets = table.config.limits.account_sets;
        let report_only = ReportOnly::OF_ACCOUNTS
            .iter()
            .find(|(_, name)| *name == item);
        match item {
            standard::NEXT_TA => return Some(Extra::NextAccountSet),
            standard::TA_REQUEST => return Some(Extra::AccountRequest),
            _ if report_only.is_some() => {
                return report_only.map(|(variable, _)| Extra::ReportOnly(*variable));
            }
            _ => {}
        }
        if let Some(slot) = numbered(account::SETS, item).filter(|slot| *slot < sets) {
            return Some(Extra::AccountSet(slot));
        }
    }
    if core.has_series(table) && scope != Scope::Association {
        if item == standard::TS_CONDITIONS {
            return Some(Extra::ReportOnly(ReportOnly::SeriesConditions));
        }
        let sets = table.config.limits.series_sets;
        let domain = scope == Scope::Domain;
        if item == standard::NEXT_TS && domain {
            return Some(Extra::NextSeriesSet);
        }
        let slot = numbered(series::SETS, item).filter(|slot| *slot < sets && domain);
        if let Some(slot) = slot {
            return Some(Extra::SeriesSet(slot));
        }
    }
    if item == standard::BLOCK_DATA && scope == Scope::Domain && table.config.options.block3 {
        return Some(Extra::BlockData);
    }
    None
}

/// The names in a scope.
pub(super) fn names(core: &Core, table: &Table, scope: Scope) -> Vec<Cow<'static, str>> {
    let mut names: Vec<Cow<'static, str>> = Vec::new();
    if core.has_information(table) {
        if scope == Scope::Association {
            names.push(standard::IM_TRANSFER_SET.into());
        } else {
            names.push(standard::INFO_HEADER.into());
            let sizes = core.model.information_buffers.iter();
            names.extend(sizes.map(|size| Cow::Owned(buffer_name(*size))));
        }
    }
    if scope == Scope::Domain && core.has_accounts(table) {
        names.extend([standard::NEXT_TA.into(), standard::TA_REQUEST.into()]);
        names.extend(ReportOnly::OF_ACCOUNTS.map(|(_, name)| Cow::Borrowed(name)));
        let sets = 1..=table.config.limits.account_sets;
        names.extend(sets.map(|number| Cow::Owned(format!("{}{number}", account::SETS))));
    }
    if scope != Scope::Association && core.has_series(table) {
        names.push(standard::TS_CONDITIONS.into());
    }
    if scope == Scope::Domain && core.has_series(table) {
        names.push(standard::NEXT_TS.into());
        let sets = 1..=table.config.limits.series_sets;
        names.extend(sets.map(|number| Cow::Owned(format!("{}{number}", series::SETS))));
    }
    if scope == Scope::Domain && table.config.options.block3 {
        names.push(standard::BLOCK_DATA.into());
    }
    names
}

impl Extra {
    /// The type of the variable.
    pub(super) fn description(self) -> TypeDescription {
        match self {
            Extra::InformationSet => TypeDescription::Boolean,
            Extra::InformationHeader { .. } => InfoHeader::description(),
            Extra::InformationBuffer { size, .. } => {
                TypeDescription::OctetString(-i32::try_from(size).unwrap_or(i32::MAX))
            }
            Extra::BlockData => TypeDescription::OctetString(-i32::from(i16::MAX)),
            Extra::NextAccountSet | Extra::NextSeriesSet => object_name_type(),
            Extra::AccountSet(_) => TaTransferSet::description(),
            Extra::AccountRequest => TaRequest::description(),
            Extra::SeriesSet(_) => TsTransferSet::description(),
            Extra::ReportOnly(variable) => match variable {
                ReportOnly::AccountConditions => TaConditions::description(),
                ReportOnly::AccountHeader => TaHeader::description(),
                ReportOnly::SeriesConditions => TsConditions::description(),
                // Matrices, whose size the account has.
                ReportOnly::AccountFloats => matrix(TypeDescription::FLOAT32),
                ReportOnly::AccountIntegers => matrix(TypeDescription::Integer(32)),
            },
        }
    }
}

impl ServerSession {
    /// Writes the value of one of these variables.
    pub(super) fn write_extra(
        &self,
        w: &mut Writer<'_>,
        table: &Table,
        extra: Extra,
    ) -> Result<(), DataAccessError> {
        let signed = table.config.options.scope_signed;
        // These take the lock themselves.
        let next = match extra {
            Extra::NextAccountSet => Some(
                self.association()
                    .and_then(|id| self.core.next_account_set(id)),
            ),
            Extra::NextSeriesSet => Some(
                self.association()
                    .and_then(|id| self.core.next_series_set(id)),
            ),
            _ => None,
        };
        if let Some(name) = next {
            let name = name.ok_or(DataAccessError::TemporarilyUnavailable)?;
            encode_object_name(w, &Name::icc(&*table.config.domain, name), signed);
            return Ok(());
        }
        let state = self.core.state.lock();
        let peer = &table.config.peer;
        let place = self.peer().unwrap_or(usize::MAX);
        match extra {
            Extra::AccountSet(slot) => state.accounts.set(place, slot).to_value().encode(w),
            Extra::SeriesSet(slot) => state.series.set(place, slot).encode(w, signed),
            Extra::InformationSet => {
                let association = self.association();
                let owner = association.and_then(|id| state.associations.get(&id.0));
                MmsValue::Boolean(owner.is_some_and(|owner| owner.information)).encode(w);
            }
            // Before the first message there is nothing to be read.
            Extra::InformationHeader { vcc } => state
                .information
                .header(peer, vcc)
                .ok_or(DataAccessError::TemporarilyUnavailable)?
                .to_value()
                .encode(w),
            Extra::InformationBuffer { vcc, size } => {
                let content = state.information.buffer(peer, vcc, size);
                let content = content.ok_or(DataAccessError::TemporarilyUnavailable)?;
                MmsValue::OctetString(content.to_vec()).encode(w);
            }
            // They are in reports or in requests only.
            _ => return Err(DataAccessError::ObjectAccessDenied),
        }
        Ok(())
    }

    /// Takes a value for a component of one of these variables: the others stay as they are.
    pub(super) fn put_extra_part(
        &self,
        table: &Table,
        extra: Extra,
        path: &[&str],
        value: &DataView<'_>,
    ) -> Result<(), DataAccessError> {
        if !matches!(extra, Extra::AccountSet(_) | Extra::SeriesSet(_)) {
            return Err(DataAccessError::ObjectAccessDenied);
        }
        let ty = extra.description();
        let (_, places) = component(&ty, path).ok_or(DataAccessError::ObjectNonExistent)?;
        let mut octets = Vec::new();
        self.write_extra(&mut Writer::unbounded(&mut octets), table, extra)?;
        let unsupported = DataAccessError::ObjectAccessUnsupported;
        let whole = MmsValue::from_bytes(&octets).map_err(|_| unsupported)?;
        let (MmsValue::Structure(mut parts), [place]) = (whole, &places[..]) else {
            return Err(unsupported);
        };
        *parts.get_mut(*place).ok_or(unsupported)? = value.to_value();
        let octets = MmsValue::Structure(parts).to_bytes();
        let view = DataView::decode(&mut Reader::new(&octets)).map_err(|_| unsupported)?;
        self.put_extra(table, extra, &view)
    }

    /// Takes a value for one of these variables.
    pub(super) fn put_extra(
        &self,
        table: &Table,
        extra: Extra,
        value: &DataView<'_>,
    ) -> Result<(), DataAccessError> {
        let association = self
            .association()
            .ok_or(DataAccessError::ObjectAccessDenied)?;
        match extra {
            Extra::InformationSet => {
                let enabled = value.truth().map_err(|error| error.access_error())?;
                self.core.enable_information(association, enabled);
                Ok(())
            }
            Extra::AccountSet(slot) => {
                let set = TaTransferSet::decode(value).map_err(|error| error.access_error())?;
                self.core.write_account_set(association, slot, set)
            }
            Extra::AccountRequest => {
                let request = TaRequest::decode(value).map_err(|error| error.access_error())?;
                self.core.query_account(association, table, request)
            }
            Extra::SeriesSet(slot) => {
                let set = TsTransferSet::decode(value).map_err(|error| error.access_error())?;
                self.core.write_series_set(association, slot, set)
            }
            _ => Err(DataAccessError::ObjectAccessDenied),
        }
    }
}

fn matrix(element: TypeDescription) -> TypeDescription {
    let row = TypeDescription::Array {
        count: 1,
        element: Box::new(element),
    };
    TypeDescription::Array {
        count: 1,
        element: Box::new(row),
    }
}
