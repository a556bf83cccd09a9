//! The state of a control centre that peers see: values, data sets, transfer sets, associations. One lock guards it and is held neither
//! over input and output nor over calls of the application.

mod data_set;
mod features;
mod outbox;
mod pool;
mod report;
mod sets;
mod small_pool;
mod tables;
mod transfer;
mod update;

pub(crate) use data_set::{DataSet, Member};
pub(crate) use outbox::Outbox;
pub(crate) use pool::{data_set_rights, is_transfer_set_name, transfer_set_name};
pub(crate) use report::{Entry, Held, Report};
pub(crate) use sets::{DataSetError, Deletion};
pub(crate) use small_pool::{SmallPool, numbered};
pub(crate) use tables::Table;
pub use update::UpdateError;

use crate::Name;
use crate::account::Accounts;
use crate::bilateral::{BilateralTable, TableError};
use crate::clock::Clock;
use crate::condition::Conditions;
use crate::device;
use crate::event::{AssociationId, Event, StopReason};
use crate::information::{self, ReceivedMessage};
use crate::model::{Model, Object};
use crate::program;
use crate::series::Series;
use crate::types::{ControlValue, PointValue};
use parking_lot::Mutex;
use pool::Slot;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};
use transfer::Transfer;

/// Events that wait for a receiver that does not take them; of more it misses the oldest.
const EVENT_BACKLOG: usize = 1024;

/// Objects of a scope, sorted by name.
pub(crate) type SortedNames = Vec<(Box<str>, Object)>;

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) model: Model,
    pub(crate) vcc_names: SortedNames,
    pub(crate) domain_names: HashMap<Box<str>, SortedNames>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) state: Mutex<State>,
    /// What the application has registered for each device.
    pub(crate) device_handlers: Vec<device::Handlers>,
    /// What the application has registered for each program.
    pub(crate) program_handlers: Vec<program::Handler>,
    events: broadcast::Sender<Event>,
    messages: broadcast::Sender<Arc<ReceivedMessage>>,
    /// Told when an outbox was emptied, or its association is over.
    posted: Notify,
}

/// A member of a transfer set that a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Watch {
    transfer: u32,
    member: u32,
}

/// An enabled transfer set and where it belongs.
#[derive(Debug)]
pub(crate) struct Active {
    /// Tells it from others that had its place before.
    id: u64,
    association: u64,
    table: usize,
    slot: usize,
    name: Arc<Name>,
    transfer: Transfer,
    /// Changed in this batch.
    touched: bool,
}

#[derive(Debug)]
pub(crate) struct AssociationState {
    pub(crate) table: usize,
    /// Open, not only asked for.
    open: bool,
    /// Wakes what sends its reports.
    wake: Arc<Notify>,
    /// Its enabled transfer sets.
    transfers: Vec<u32>,
    /// What else goes out to it.
    outbox: Outbox,
    /// Services that were taken out of it and are not on their way yet.
    sending: usize,
    /// Octets of the largest PDU, once it is open.
    pub(crate) max_pdu: usize,
    /// Whether it has asked for information messages.
    pub(crate) information: bool,
}

/// A bilateral table with what belongs to its peer.
#[derive(Debug)]
pub(crate) struct Peer {
    /// `None` once the table was taken away.
    pub(crate) table: Option<Arc<Table>>,
    slots: Vec<Slot>,
    /// Where the search for the next free transfer set begins.
    next_slot: usize,
    /// How often it uses devices.
    pub(crate) pace: device::Pace,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) points: Vec<PointValue>,
    /// The last value of points with a deadband that counted as a change.
    references: HashMap<u32, f32>,
    pub(crate) controls: Vec<ControlValue>,
    pub(crate) devices: Vec<device::Unit>,
    watches: Vec<Vec<Watch>>,
    transfers: Vec<Option<Active>>,
    free_transfers: Vec<u32>,
    /// Transfer sets changed in this batch.
    touched: Vec<u32>,
    /// Sorted by name, so that lists of them are.
    pub(crate) data_sets: BTreeMap<Name, Arc<DataSet>>,
    pub(crate) information: information::Store,
    pub(crate) programs: Vec<program::Unit>,
    pub(crate) conditions: Conditions,
    pub(crate) accounts: Accounts,
    pub(crate) series: Series,
    pub(crate) peers: Vec<Peer>,
    pub(crate) associations: HashMap<u64, AssociationState>,
    next_id: u64,
}

impl Core {
    pub(crate) fn new(
        model: Model,
        tables: Vec<BilateralTable>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TableError> {
        BilateralTable::check_all(&tables, |name| model.exists(name))?;
        let domain_names = model
            .domains()
            .map(|domain| (domain.into(), model.sorted(Some(domain))))
            .collect();
        let data_sets = DataSet::predefined(&model)
            .map(|set| (set.name.clone(), Arc::new(set)))
            .collect();
        let mut state = State {
            points: model.points.iter().map(|point| point.initial).collect(),
            references: HashMap::new(),
            controls: model.controls.iter().map(|control| control.value).collect(),
            devices: model
                .devices
                .iter()
                .map(|_| device::Unit::default())
                .collect(),
            watches: vec![Vec::new(); model.points.len()],
            transfers: Vec::new(),
            free_transfers: Vec::new(),
            touched: Vec::new(),
            data_sets,
            information: information::Store::default(),
            programs: model
                .programs
                .iter()
                .map(|_| program::Unit::new())
                .collect(),
            conditions: Conditions::new(&model),
            accounts: Accounts::new(&model),
            series: Series::new(&model, clock.now()),
            peers: tables
                .into_iter()
                .map(|table| Peer::new(Arc::new(Table::new(table, &model))))
                .collect(),
            associations: HashMap::new(),
            next_id: 1,
        };
        state.predefine_enrollments(&model);
        Ok(Core {
            vcc_names: model.sorted(None),
            domain_names,
            device_handlers: model
                .devices
                .iter()
                .map(|_| device::Handlers::default())
                .collect(),
            program_handlers: model.programs.iter().map(|_| Default::default()).collect(),
            model,
            clock,
            state: Mutex::new(state),
            events: broadcast::Sender::new(EVENT_BACKLOG),
            messages: broadcast::Sender::new(information::BACKLOG),
            posted: Notify::new(),
        })
    }

    /// Tells everybody who listens.
    pub(crate) fn emit(&self, event: Event) {
        match &event {
            Event::Refused { caller, reason } => {
                tracing::warn!(%caller, %reason, "association refused");
            }
            Event::Reports { .. }
            | Event::LimitReached { .. }
            | Event::VersionMismatch { .. }
            | Event::TableMismatch { .. }
            | Event::FeatureMissing { .. }
            | Event::StartUpFailed { .. } => tracing::warn!(?event),
            Event::NotReached {
                peer,
                reason,
                again_in,
                ..
            } => tracing::warn!(%peer, ?again_in, "{reason}"),
            Event::Program(event) => tracing::info!(%event, "program"),
            Event::Condition(event) => tracing::info!(%event, "event"),
            Event::Information(event) if event.is_problem() => {
                tracing::warn!(%event, "information message");
            }
            Event::Device(event) if event.is_problem() => tracing::warn!(%event, "device"),
            Event::Device(event) => tracing::info!(%event, "device"),
            _ => tracing::info!(?event),
        }
        // Nobody has to listen.
        let _ = self.events.send(event);
    }

    pub(crate) fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Messages of peers, from now on.
    pub(crate) fn messages(&self) -> broadcast::Receiver<Arc<ReceivedMessage>> {
        self.messages.subscribe()
    }

    /// Takes a message of a peer, if its table says so.
    pub(crate) fn message(&self, table: &Table, message: Arc<ReceivedMessage>) -> bool {
        use crate::information::InformationEvent as E;
        let peer = table.config.peer.clone();
        let info_reference = message.info_reference;
        let agreed = &table.config.information;
        if !agreed.receive.contains(info_reference) {
            let event = E::NotAgreed {
                peer,
                info_reference,
            };
            self.emit(Event::Information(event));
            return false;
        }
        let mut state = self.state.lock();
        state
            .information
            .received(&peer, message.clone(), agreed.keep);
        drop(state);
        self.emit(Event::Information(E::Received {
            peer,
            info_reference,
            message_id: message.message_id,
            size: message.content.len(),
        }));
        // Nobody has to listen.
        let _ = self.messages.send(message);
        true
    }

    /// The peer of an association, as its table is now.
    pub(crate) fn table_of(&self, association: AssociationId) -> Option<Arc<Table>> {
        let state = self.state.lock();
        let table = state.associations.get(&association.0)?.table;
        state.peers.get(table)?.table.clone()
    }

    /// Takes note of an association that is asked for. `None`: the peer has as many as it may.
    pub(crate) fn begin(&self, table: usize) -> Option<(AssociationId, Arc<Notify>)> {
        let mut state = self.state.lock();
        let limit = state
            .peers
            .get(table)?
            .table
            .as_ref()?
            .config
            .limits
            .associations;
        let there = state.associations.values().filter(|a| a.table == table);
        if there.count() >= limit {
            return None;
        }
        let id = state.next_id;
        state.next_id += 1;
        let wake = Arc::new(Notify::new());
        state.associations.insert(
            id,
            AssociationState {
                table,
                open: false,
                wake: wake.clone(),
                transfers: Vec::new(),
                outbox: Outbox::default(),
                sending: 0,
                max_pdu: 0,
                information: false,
            },
        );
        Some((AssociationId(id), wake))
    }

    /// The association is open; PDUs on it may have so many octets.
    pub(crate) fn opened(&self, association: AssociationId, max_pdu: usize) {
        if let Some(state) = self.state.lock().associations.get_mut(&association.0) {
            state.open = true;
            state.max_pdu = max_pdu;
        }
    }

    /// The association is over: its transfer sets are free, and what its peer made goes where the table says so. Says whether it was open.
    pub(crate) fn end(&self, association: AssociationId) -> bool {
        let mut events = Vec::new();
        let (open, wake, peer) = {
            let mut state = self.state.lock();
            let Some(ended) = state.associations.get(&association.0) else {
                return false;
            };
            let (table, open, wake) = (ended.table, ended.open, ended.wake.clone());
            let name = state.peer_name(association);
            for transfer in ended.transfers.clone() {
                events.extend(state.stop(transfer, StopReason::Association));
            }
            state.end_enrollments(association.0);
            events.extend(state.end_accounts(association.0));
            events.extend(state.end_series(association.0));
            state.associations.remove(&association.0);
            let last = !state.associations.values().any(|a| a.table == table);
            if let Some(peer) = state.peers.get_mut(table) {
                peer.release(association.0);
                let config = peer.table.as_ref().map(|table| table.config.clone());
                if let Some(config) = config.filter(|c| last && !c.options.keep_data_sets) {
                    state
                        .data_sets
                        .retain(|name, set| !set.dynamic || name.domain() != Some(&*config.domain));
                }
            }
            (open, wake, name)
        };
        self.release_devices(association, &peer);
        self.flush_conditions(true);
        self.posted.notify_waiters();
        // What sends its reports ends.
        wake.notify_one();
        for event in events {
            self.emit(event);
        }
        open
    }
}

impl AssociationState {
    /// What sends its reports.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }
}

impl State {
    /// Whether an association has not ended.
    pub(crate) fn is_there(&self, association: AssociationId) -> bool {
        self.associations.contains_key(&association.0)
    }

    /// The name of the peer of an association; empty when there is none any more.
    pub(crate) fn peer_name(&self, association: AssociationId) -> String {
        let table = self.associations.get(&association.0).and_then(|a| {
            let peer = self.peers.get(a.table)?;
            peer.table.as_ref()
        });
        table.map_or_else(String::new, |table| table.config.peer.clone())
    }

    pub(crate) fn active(&self, transfer: u32) -> Option<&Active> {
        self.transfers.get(transfer as usize)?.as_ref()
    }

    fn active_mut(&mut self, transfer: u32) -> Option<&mut Active> {
        self.transfers.get_mut(transfer as usize)?.as_mut()
    }

    /// Whether an enabled transfer set uses this data set.
    pub(crate) fn in_use(&self, data_set: &Arc<DataSet>) -> bool {
        let mut all = self.transfers.iter().flatten();
        all.any(|active| Arc::ptr_eq(&active.transfer.data_set, data_set))
    }
}
