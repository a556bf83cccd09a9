//! Variables of blocks 3, 4, 8 and 9, as a peer names them.

use super::session::ServerSession;
use crate::engine::{Core, Table};
use crate::standard;
use crate::types::{InfoHeader, Reading, buffer_name, buffer_size};
use mms::ber::Writer;
use mms::{DataAccessError, DataView, MmsValue, TypeDescription};
use std::borrow::Cow;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extra {
    /// `IM_Transfer_Set`.
    InformationSet,
    /// `Info_Mess_Header`, in the VCC or in the domain.
    InformationHeader { vcc: bool },
    /// `Info_Buff_<N>`, likewise.
    InformationBuffer { vcc: bool, size: usize },
    /// What blocked reports have their octets in.
    BlockData,
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
        let state = self.core.state.lock();
        let peer = &table.config.peer;
        match extra {
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
            // It is in reports only.
            Extra::BlockData => return Err(DataAccessError::ObjectAccessDenied),
        }
        Ok(())
    }

    /// Takes a value for one of these variables.
    pub(super) fn put_extra(
        &self,
        _table: &Table,
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
            _ => Err(DataAccessError::ObjectAccessDenied),
        }
    }
}
