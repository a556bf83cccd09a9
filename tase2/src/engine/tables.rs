//! Bilateral tables in use, and how they are replaced.

use super::pool::Slot;
use super::{Core, Peer};
use crate::bilateral::{BilateralTable, Rights, TableError};
use crate::event::{Event, StopReason};
use crate::model::{Model, Object};
use std::sync::Arc;

/// A table with the rights to each object worked out.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) config: BilateralTable,
    points: Vec<Rights>,
    controls: Vec<Rights>,
    devices: Vec<DeviceRights>,
}

/// What belongs to a device.
#[derive(Clone, Copy, Debug)]
struct DeviceRights {
    select: Rights,
    tag: Rights,
    check_back: i16,
}

impl Table {
    pub(crate) fn new(config: BilateralTable, model: &Model) -> Self {
        let rights = |name: &crate::Name| config.rights(name.domain(), name.item());
        let points = model
            .points
            .iter()
            .map(|point| rights(&point.name))
            .collect();
        let controls = model.controls.iter().map(|c| rights(&c.name)).collect();
        let devices = model.devices.iter().map(|entry| {
            let name = &entry.device.name;
            let device = rights(name);
            // Without block 5 there is the control point and nothing else.
            let of_part = |part| match config.options.block5 {
                true => device | rights(part),
                false => Rights::empty(),
            };
            let check_back = config.check_back(name.domain(), name.item());
            DeviceRights {
                select: of_part(&entry.select_name),
                tag: of_part(&entry.tag_name),
                check_back: check_back.unwrap_or(entry.device.check_back),
            }
        });
        let devices = devices.collect();
        Table {
            config,
            points,
            controls,
            devices,
        }
    }

    pub(crate) fn rights(&self, object: Object) -> Rights {
        let rights = match object {
            Object::Point(id) => self.points.get(id as usize).copied(),
            Object::Control(id) => self.controls.get(id as usize).copied(),
            Object::Select(id) => self.devices.get(id as usize).map(|device| device.select),
            Object::Tag(id) => self.devices.get(id as usize).map(|device| device.tag),
        };
        rights.unwrap_or_default()
    }

    /// The check-back id of a device.
    pub(crate) fn check_back(&self, device: u32) -> i16 {
        let device = self.devices.get(device as usize);
        device.map_or(0, |device| device.check_back)
    }

    /// Whether there is a device that the peer may do anything with.
    pub(crate) fn has_devices(&self) -> bool {
        let any = Rights::SELECT | Rights::OPERATE | Rights::TAG;
        let mut devices = self.devices.iter();
        devices.any(|d| (d.select | d.tag).intersects(any))
    }
}

impl Peer {
    pub(super) fn new(table: Arc<Table>) -> Self {
        let slots = table.config.limits.transfer_sets;
        Peer {
            table: Some(table),
            slots: (0..slots).map(|_| Slot::default()).collect(),
            next_slot: 0,
            pace: Default::default(),
        }
    }
}

impl Core {
    /// The place of the table of a peer.
    pub(crate) fn table_named(&self, peer: &str) -> Option<(usize, Arc<Table>)> {
        let state = self.state.lock();
        let mut peers = state.peers.iter().enumerate();
        peers.find_map(|(i, p)| {
            let table = p.table.as_ref().filter(|t| t.config.peer == peer)?;
            Some((i, table.clone()))
        })
    }

    /// All tables, with their places.
    pub(crate) fn tables(&self) -> Vec<(usize, Arc<Table>)> {
        let state = self.state.lock();
        let peers = state.peers.iter().enumerate();
        peers
            .filter_map(|(i, peer)| Some((i, peer.table.clone()?)))
            .collect()
    }

    /// Replaces all tables at once. What peers may do changes from the next request and the next report on. Returns the names of peers
    /// whose table was taken away or has another domain, AP title, AE qualifier or id: their associations are to end.
    pub(crate) fn reload(&self, tables: Vec<BilateralTable>) -> Result<Vec<String>, TableError> {
        BilateralTable::check_all(&tables, |name| self.model.exists(name))?;
        // Made before the lock is taken: it takes time in proportion to the points.
        let tables: Vec<_> = tables
            .into_iter()
            .map(|table| Arc::new(Table::new(table, &self.model)))
            .collect();
        let mut changed = Vec::new();
        let mut events = Vec::new();
        {
            let mut state = self.state.lock();
            let new_of = |peer: &Peer| {
                let old = peer.table.as_ref()?;
                tables.iter().find(|t| t.config.peer == old.config.peer)
            };
            // What has no place any more stops as long as it is known whose it was.
            let mut stop = Vec::new();
            for peer in &state.peers {
                let slots = new_of(peer).map_or(0, |new| new.config.limits.transfer_sets);
                stop.extend(peer.slots.iter().skip(slots).filter_map(|slot| slot.active));
            }
            for transfer in stop {
                events.extend(state.stop(transfer, StopReason::Table));
            }
            for peer in &mut state.peers {
                let Some(old) = peer.table.clone() else {
                    continue;
                };
                let new = new_of(peer);
                let same = new.is_some_and(|new| {
                    let (was, is) = (&old.config, &new.config);
                    was.domain == is.domain && was.identity == is.identity && was.id == is.id
                });
                if !same {
                    changed.push(old.config.peer.clone());
                }
                peer.table = new.cloned();
            }
            for peer in &mut state.peers {
                let slots = peer.table.as_ref().map(|t| t.config.limits.transfer_sets);
                peer.slots.resize_with(slots.unwrap_or(0), Slot::default);
            }
            for table in tables {
                let known = |peer: &Peer| {
                    let theirs = peer.table.as_ref();
                    theirs.is_some_and(|t| t.config.peer == table.config.peer)
                };
                if !state.peers.iter().any(known) {
                    state.peers.push(Peer::new(table));
                }
            }
        }
        {
            let mut state = self.state.lock();
            state.predefine_enrollments(&self.model);
            events.extend(state.resize_accounts());
            events.extend(state.resize_series());
        }
        for event in events {
            self.emit(event);
        }
        self.emit(Event::TablesReloaded);
        Ok(changed)
    }
}
