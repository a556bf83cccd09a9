//! What clients write to report control blocks.

use super::super::Shared;
use super::super::blocks::FieldId;
use super::super::lists::{ListUse, Lists, VariableListObject};
use super::super::store::{Event, State};
use super::{ReportBlock, ReportEvent};
use crate::common::{RcbEventType, ReportSetting, TriggerOptions};
use crate::server::ClientConnection;
use mms::{DataAccessError, MmsValue};
use std::sync::Arc;

/// The reservation, in seconds, of a buffered control block that is changed or enabled without one.
const IMPLICIT_RESERVATION: i64 = 10;

impl Shared {
    /// A client writes one attribute, with a value of its type. `own` are the data sets of its
    /// association; `readable` is the data set it may have reports of, if it needs leave for that.
    pub(in crate::engine::native) fn write_report_field(
        &self,
        client: &ClientConnection,
        own: &Lists,
        report: u32,
        field: FieldId,
        value: MmsValue,
        readable: Option<Arc<VariableListObject>>,
    ) -> Result<(), DataAccessError> {
        // Looked up first: the catalogue of data sets has a lock of its own.
        let list = match (field, value.to_string_value()) {
            (FieldId::DatSet, Ok(name)) => Some(self.use_list(name, Some(own))),
            _ => None,
        };
        let mut state = self.store.lock_in_task();
        let result = match (&readable, state.report_data_set(report)) {
            // Somebody has chosen another data set meanwhile.
            (Some(readable), Some(list)) if !Arc::ptr_eq(readable, &list.list()) => {
                Err(DataAccessError::TemporarilyUnavailable)
            }
            _ => self.write_attribute(&mut state, client, report, field, value, list),
        };
        if self.handlers.has_rcb_handler() {
            state.events.push(Event::Report(ReportEvent {
                report,
                client: Some(client.clone()),
                event: RcbEventType::SetParameter,
                parameter: Some(field),
                error: result.err(),
            }));
        }
        self.finish(state);
        result
    }

    fn write_attribute(
        &self,
        state: &mut State,
        client: &ClientConnection,
        report: u32,
        field: FieldId,
        value: MmsValue,
        list: Option<Result<Option<ListUse>, DataAccessError>>,
    ) -> Result<(), DataAccessError> {
        let block = state
            .reports
            .get_mut(report as usize)
            .ok_or(DataAccessError::ObjectInvalidated)?;
        if block.is_for_others(client) {
            return Err(DataAccessError::TemporarilyUnavailable);
        }
        let on = value == MmsValue::Boolean(true);
        if block.enabled {
            return match field {
                FieldId::RptEna if !on => {
                    self.disable(state, report);
                    Ok(())
                }
                FieldId::Gi if !on => Ok(()),
                FieldId::Gi => {
                    self.report_event(state, report, RcbEventType::Gi);
                    let wanted = |block: &ReportBlock| block.fires(TriggerOptions::GI);
                    if state.reports.get(report as usize).is_some_and(wanted) {
                        self.full_report(state, report, TriggerOptions::GI);
                    }
                    Ok(())
                }
                _ => Err(DataAccessError::TemporarilyUnavailable),
            };
        }
        let slot = match field {
            FieldId::RptEna => {
                return if on {
                    self.enable(state, report, client)
                } else {
                    Ok(())
                };
            }
            FieldId::Gi => return Err(DataAccessError::TemporarilyUnavailable),
            FieldId::Resv => {
                if on {
                    self.reserve(state, report, client, None);
                } else if state.reports[report as usize].owner.is_some() {
                    self.free(state, report);
                }
                return Ok(());
            }
            FieldId::ResvTms if block.kept_for.is_some() => {
                return Err(DataAccessError::ObjectAccessDenied);
            }
            FieldId::ResvTms => {
                let seconds = value.to_int64().unwrap_or(-1);
                match seconds {
                    ..0 => return Err(DataAccessError::ObjectValueInvalid),
                    0 => self.free(state, report),
                    _ => self.reserve(state, report, client, Some(seconds)),
                }
                return Ok(());
            }
            FieldId::PurgeBuf => {
                if on && let Some(buffer) = &mut block.buffer {
                    buffer.purge();
                    self.report_event(state, report, RcbEventType::PurgeBuf);
                }
                self.claim(state, report, client);
                return Ok(());
            }
            FieldId::EntryId => {
                let MmsValue::OctetString(octets) = &value else {
                    return Err(DataAccessError::TypeInconsistent);
                };
                let id = <[u8; 8]>::try_from(octets.as_slice())
                    .map_err(|_| DataAccessError::ObjectValueInvalid)?;
                let known = block.buffer.as_mut();
                if !known.is_some_and(|buffer| buffer.resync(u64::from_be_bytes(id))) {
                    return Err(DataAccessError::ObjectValueInvalid);
                }
                if let Some(slot) = block.slots.entry_id {
                    state.values[slot as usize] = value;
                }
                self.claim(state, report, client);
                return Ok(());
            }
            FieldId::RptId => (block.slots.rpt_id, ReportSetting::RPT_ID),
            FieldId::DatSet => (block.slots.dat_set, ReportSetting::DATSET),
            FieldId::OptFlds => (block.slots.opt_flds, ReportSetting::OPT_FIELDS),
            FieldId::BufTm => (block.slots.buf_tm, ReportSetting::BUF_TIME),
            FieldId::TrgOps => (block.slots.trg_ops, ReportSetting::TRG_OPS),
            FieldId::IntgPd => (block.slots.intg_pd, ReportSetting::INTG_PD),
            _ => return Err(DataAccessError::ObjectAccessDenied),
        };
        let (slot, setting) = slot;
        if !self.config.report_setting(setting) {
            return Err(DataAccessError::ObjectAccessDenied);
        }
        let value = match value {
            // Without an identifier of its own, it has its reference.
            MmsValue::VisibleString(id) if field == FieldId::RptId && id.is_empty() => {
                MmsValue::VisibleString(block.reference.clone())
            }
            value => value,
        };
        if state.values[slot as usize] == value {
            self.claim(state, report, client);
            return Ok(());
        }
        if let Some(list) = list {
            let name = value.to_string_value().unwrap_or_default().to_owned();
            self.set_data_set(state, report, list?, name);
            self.claim(state, report, client);
            return Ok(());
        }
        state.values[slot as usize] = value;
        let block = &mut state.reports[report as usize];
        block.read_settings(&state.values);
        if field != FieldId::OptFlds {
            // What was collected under other conditions is worth nothing.
            if let Some(buffer) = &mut block.buffer {
                buffer.purge();
            }
            // A buffer starts with an entry that has everything.
            let at_once = state.reports[report as usize].buffer.is_some();
            self.restart(state, report, at_once);
        }
        self.claim(state, report, client);
        Ok(())
    }

    /// Another data set, or none. The configuration revision counts that.
    pub(super) fn set_data_set(
        &self,
        state: &mut State,
        report: u32,
        list: Option<ListUse>,
        name: String,
    ) {
        let block = &mut state.reports[report as usize];
        let before = block.data_set.take();
        if let Some(buffer) = &mut block.buffer {
            buffer.purge();
        }
        if let (true, Some(before)) = (block.watching, &before) {
            block.watching = false;
            let listener = super::Listener::Report(report);
            self.unwatch(state, listener, before);
        }
        let block = &mut state.reports[report as usize];
        block.data_set = list;
        let conf_rev = &mut state.values[block.slots.conf_rev as usize];
        let revision = conf_rev.to_uint32().unwrap_or(0).wrapping_add(1);
        *conf_rev = MmsValue::Unsigned(revision.into());
        state.values[block.slots.dat_set as usize] = MmsValue::VisibleString(name);
        let at_once = state.reports[report as usize].buffer.is_some();
        self.restart(state, report, at_once);
    }

    fn enable(
        &self,
        state: &mut State,
        report: u32,
        client: &ClientConnection,
    ) -> Result<(), DataAccessError> {
        let block = &mut state.reports[report as usize];
        if block.data_set.is_none() {
            return Err(DataAccessError::TemporarilyUnavailable);
        }
        if block.owner.is_none() {
            let seconds = block.implicit_reservation();
            self.reserve_silently(state, report, client, Some(seconds));
        }
        let block = &mut state.reports[report as usize];
        block.enabled = true;
        block.sq_num = 0;
        state.values[block.slots.sq_num as usize] = MmsValue::Unsigned(0);
        state.values[block.slots.rpt_ena as usize] = MmsValue::Boolean(true);
        match &mut block.buffer {
            Some(buffer) => {
                buffer.begin();
                self.report_event(state, report, RcbEventType::Enable);
                self.send_buffered(state, report);
            }
            None => {
                self.restart(state, report, false);
                self.report_event(state, report, RcbEventType::Enable);
            }
        }
        Ok(())
    }

    pub(super) fn disable(&self, state: &mut State, report: u32) {
        let block = &mut state.reports[report as usize];
        block.enabled = false;
        state.values[block.slots.rpt_ena as usize] = MmsValue::Boolean(false);
        match &block.buffer {
            Some(buffer) => {
                if let Some((id, time_ms)) = buffer.newest() {
                    block.show_entry(&mut state.values, id, time_ms);
                }
            }
            None => self.restart(state, report, false),
        }
        self.report_event(state, report, RcbEventType::Disable);
    }

    fn reserve(
        &self,
        state: &mut State,
        report: u32,
        client: &ClientConnection,
        seconds: Option<i64>,
    ) {
        let is_new = state.reports[report as usize].owner.is_none();
        self.reserve_silently(state, report, client, seconds);
        if is_new {
            self.report_event(state, report, RcbEventType::Reserved);
        }
    }

    /// A control block that is changed belongs to the client that changes it.
    fn claim(&self, state: &mut State, report: u32, client: &ClientConnection) {
        let block = &state.reports[report as usize];
        if block.owner.is_none() {
            let seconds = block.implicit_reservation();
            self.reserve(state, report, client, Some(seconds));
        }
    }

    fn reserve_silently(
        &self,
        state: &mut State,
        report: u32,
        client: &ClientConnection,
        seconds: Option<i64>,
    ) {
        let State {
            values,
            reports,
            timers,
            ..
        } = state;
        let block = &mut reports[report as usize];
        timers.cancel(block.reservation_timer.take());
        block.left_by = None;
        block.owner = Some(client.clone());
        if let Some(slot) = block.slots.resv {
            values[slot as usize] = MmsValue::Boolean(true);
        }
        if let (Some(slot), Some(seconds)) = (block.slots.resv_tms, seconds) {
            values[slot as usize] = MmsValue::Integer(seconds);
        }
        block.show_owner(values, Some(client.peer_address().ip()));
    }
}

impl ReportBlock {
    /// ResvTms, in seconds, for a client that takes it without asking for a reservation.
    fn implicit_reservation(&self) -> i64 {
        match self.kept_for {
            Some(_) => super::BY_CONFIGURATION,
            None => IMPLICIT_RESERVATION,
        }
    }

    /// Whether another client has it, or it is kept for one.
    fn is_for_others(&self, client: &ClientConnection) -> bool {
        let address = client.peer_address().ip();
        match (&self.owner, self.kept_for.or(self.left_by)) {
            (Some(owner), _) => owner != client,
            (None, Some(only)) => only.to_canonical() != address.to_canonical(),
            (None, None) => false,
        }
    }
}
