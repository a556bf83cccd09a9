//! What happens to report, GOOSE and sampled value control blocks.
//!
//! The library has locks of its own then, which updates need: the application is told elsewhere.

use super::super::owned::text_of;
use super::super::server::Inner;
use super::called;
use crate::common::{MmsDataAccessError, RcbEventType};
use crate::model::{GooseControlBlock, ReportControlBlock, SvControlBlock};
use crate::server::RcbEvent;
use libiec61850_sys as sys;
use std::ffi::{c_char, c_int, c_void};

/// The attributes of report control blocks.
const ATTRIBUTES: [&str; 16] = [
    "RptID",
    "RptEna",
    "Resv",
    "DatSet",
    "ConfRev",
    "OptFlds",
    "BufTm",
    "SqNum",
    "TrgOps",
    "IntgPd",
    "GI",
    "PurgeBuf",
    "EntryID",
    "TimeofEntry",
    "ResvTms",
    "Owner",
];

impl Inner {
    pub(super) fn install_blocks(&self) {
        let (server, parameter) = (self.server.as_ptr(), self.parameter());
        // SAFETY: the server is alive and does not run yet, and the parameter outlives it.
        unsafe {
            sys::IedServer_setRCBEventHandler(server, Some(report_event), parameter);
            sys::IedServer_setGoCBHandler(server, Some(goose_event), parameter);
        }
    }

    /// The application has a handler for a sampled value control block.
    pub(in super::super) fn watch_sampled_values(&self, number: usize) {
        let Some(&block) = self.model.sampled_values.get(number) else {
            return;
        };
        // SAFETY: server and control block are alive, clients write under the lock, and the parameter outlives
        // the server.
        self.locked(|| unsafe {
            sys::IedServer_setSVCBHandler(
                self.server.as_ptr(),
                block,
                Some(sampled_values_event),
                self.parameter(),
            );
        });
    }
}

unsafe extern "C" fn report_event(
    parameter: *mut c_void,
    block: *mut sys::ReportControlBlock,
    client: sys::ClientConnection,
    event: sys::IedServer_RCBEventType,
    attribute: *const c_char,
    error: sys::MmsDataAccessError,
) {
    // SAFETY: the library hands on what it was given, an association that is alive or NULL, and a text or NULL.
    unsafe {
        called(parameter, (), |inner| {
            if !inner.handlers.has_rcb_handler() {
                return;
            }
            let number = inner.model.reports.iter().position(|own| *own == block);
            let def = number.and_then(|number| inner.arena.report_control_blocks.get(number));
            let event = c_int::try_from(event)
                .ok()
                .and_then(RcbEventType::from_value);
            let (Some(def), Some(event)) = (def, event) else {
                return;
            };
            let attribute = text_of(attribute);
            let parameter = ATTRIBUTES
                .into_iter()
                .find(|known| attribute.as_deref() == Some(*known));
            let event = RcbEvent {
                report_control_block: ReportControlBlock::new(&inner.ied, def.clone()),
                client: inner.clients.of(client),
                event,
                parameter,
                result: MmsDataAccessError::from_value(error),
            };
            let handlers = inner.handlers.clone();
            inner.notices.post(move || handlers.rcb_event(&event));
        });
    }
}

unsafe extern "C" fn goose_event(
    block: sys::MmsGooseControlBlock,
    event: c_int,
    parameter: *mut c_void,
) {
    // SAFETY: the library hands on what it was given, and a control block that is alive.
    unsafe {
        called(parameter, (), |inner| {
            let node = inner
                .model
                .key_of(sys::MmsGooseControlBlock_getLogicalNode(block));
            let name = text_of(sys::MmsGooseControlBlock_getName(block));
            let (Some(node), Some(name)) = (node, name) else {
                return;
            };
            let blocks = &inner.arena.goose_control_blocks;
            let same = |def: &&std::sync::Arc<
                crate::model::control_block::GooseControlBlockDef,
            >| { def.logical_node == node.id && def.name == name };
            if let Some(def) = blocks.iter().find(same) {
                let block = GooseControlBlock::new(&inner.ied, def.clone());
                let handlers = inner.handlers.clone();
                inner
                    .notices
                    .post(move || handlers.gocb_event(&block, event != 0, None));
            }
        });
    }
}

unsafe extern "C" fn sampled_values_event(
    block: *mut sys::SVControlBlock,
    event: c_int,
    parameter: *mut c_void,
) {
    // SAFETY: the library hands on what it was given.
    unsafe {
        called(parameter, (), |inner| {
            let blocks = &inner.model.sampled_values;
            let number = blocks.iter().position(|own| *own == block);
            let def = number.and_then(|number| inner.arena.sv_control_blocks.get(number));
            if let Some(def) = def {
                let block = SvControlBlock::new(&inner.ied, def.clone());
                let handlers = inner.handlers.clone();
                inner
                    .notices
                    .post(move || handlers.svcb_event(&block, event != 0, None));
            }
        });
    }
}
