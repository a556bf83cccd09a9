//! GOOSE and sampled value control blocks (IEC 61850-7-2 clauses 18 and 19): clients enable and
//! disable them, and reserve those for unicast. The application hears of it.

use super::super::Shared;
use super::super::store::{Event, State};
use super::{BlockKind, FieldId};
use crate::server::ClientConnection;
use mms::{DataAccessError, MmsValue};

/// What a control block keeps beside its fields.
#[derive(Debug)]
pub(in crate::engine::native) struct Publisher {
    kind: BlockKind,
    /// Index among the control blocks of the address space.
    block: u32,
    enabled: bool,
    /// Whether it has a data set: that of the model, which never changes.
    has_data_set: bool,
    /// Who has reserved it, for unicast.
    owner: Option<ClientConnection>,
}

impl Shared {
    /// The GOOSE and sampled value control blocks of the model.
    pub(in crate::engine::native) fn publishers(&self, values: &[MmsValue]) -> Vec<Publisher> {
        (0..)
            .zip(&self.space.blocks)
            .filter(|(_, block)| {
                matches!(
                    block.kind,
                    BlockKind::Goose(_) | BlockKind::SampledValues(_)
                )
            })
            .map(|(index, block)| {
                let slot = block.slot(FieldId::DatSet);
                let name = slot.and_then(|slot| values.get(slot as usize));
                let name = name.and_then(|name| name.to_string_value().ok());
                let list = name.and_then(|name| self.use_list(name, None).ok());
                Publisher {
                    kind: block.kind,
                    block: index,
                    enabled: false,
                    has_data_set: matches!(list, Some(Some(_))),
                    owner: None,
                }
            })
            .collect()
    }

    fn publisher_slot(&self, publisher: &Publisher, field: FieldId) -> Option<usize> {
        let block = self.space.blocks.get(publisher.block as usize)?;
        block.slot(field).map(|slot| slot as usize)
    }

    /// A client writes one field, with a value of its type.
    pub(in crate::engine::native) fn write_publisher_field(
        &self,
        client: &ClientConnection,
        kind: BlockKind,
        field: FieldId,
        value: &MmsValue,
    ) -> Result<(), DataAccessError> {
        let mut state = self.store.lock_in_task();
        let result = self.write_publisher(&mut state, client, kind, field, value);
        self.finish(state);
        result
    }

    fn write_publisher(
        &self,
        state: &mut State,
        client: &ClientConnection,
        kind: BlockKind,
        field: FieldId,
        value: &MmsValue,
    ) -> Result<(), DataAccessError> {
        let at = state.publishers.iter().position(|p| p.kind == kind);
        let at = at.ok_or(DataAccessError::ObjectInvalidated)?;
        let publisher = &mut state.publishers[at];
        if publisher
            .owner
            .as_ref()
            .is_some_and(|owner| owner != client)
        {
            return Err(DataAccessError::TemporarilyUnavailable);
        }
        let on = *value == MmsValue::Boolean(true);
        match field {
            FieldId::GoEna | FieldId::SvEna => self.enable_publisher(state, at, on, Some(client)),
            FieldId::Resv if !publisher.enabled => {
                publisher.owner = on.then(|| client.clone());
                self.show(state, at, FieldId::Resv, on);
                Ok(())
            }
            _ if publisher.enabled => Err(DataAccessError::TemporarilyUnavailable),
            _ => Err(DataAccessError::ObjectAccessDenied),
        }
    }

    fn show(&self, state: &mut State, at: usize, field: FieldId, on: bool) {
        if let Some(slot) = self.publisher_slot(&state.publishers[at], field) {
            state.values[slot] = MmsValue::Boolean(on);
        }
    }

    fn enable_publisher(
        &self,
        state: &mut State,
        at: usize,
        on: bool,
        client: Option<&ClientConnection>,
    ) -> Result<(), DataAccessError> {
        let publisher = &mut state.publishers[at];
        if publisher.enabled == on {
            return Ok(());
        }
        let (kind, field) = match publisher.kind {
            kind @ BlockKind::SampledValues(_) => (kind, FieldId::SvEna),
            kind => (kind, FieldId::GoEna),
        };
        if on && !publisher.has_data_set {
            // There is nothing to publish.
            return Err(DataAccessError::ObjectAttributeInconsistent);
        }
        publisher.enabled = on;
        self.show(state, at, field, on);
        if let BlockKind::Goose(number) = kind {
            self.goose_enabled(state, number, on);
        }
        state.events.push(Event::Publisher {
            kind,
            enabled: on,
            client: client.cloned(),
        });
        Ok(())
    }

    /// The application enables or disables all control blocks of a kind that have a data set.
    pub(in crate::engine::native) fn enable_publishers(
        &self,
        on: bool,
        is_meant: impl Fn(BlockKind) -> bool,
    ) {
        let mut state = self.store.lock();
        for at in 0..state.publishers.len() {
            if is_meant(state.publishers[at].kind)
                && let Err(error) = self.enable_publisher(&mut state, at, on, None)
            {
                let kind = state.publishers[at].kind;
                tracing::debug!(?kind, %error, "control block without a data set");
            }
        }
        self.finish(state);
    }

    /// The association of a client is over: what it had reserved is free, and off.
    pub(in crate::engine::native) fn release_publishers(
        &self,
        state: &mut State,
        client: &ClientConnection,
    ) {
        for at in 0..state.publishers.len() {
            if state.publishers[at].owner.as_ref() != Some(client) {
                continue;
            }
            // Disabling never fails.
            let _ = self.enable_publisher(state, at, false, Some(client));
            state.publishers[at].owner = None;
            self.show(state, at, FieldId::Resv, false);
        }
    }
}
