//! `Supported_Features`: the conformance blocks a peer may use, worked out from what there is and what its table allows.

use super::{Core, Table};
use crate::types::Features;
use mms::pdu::Service;

impl Core {
    /// Whether the peer may have information messages.
    pub(crate) fn has_information(&self, table: &Table) -> bool {
        !self.model.information_buffers.is_empty() && !table.config.information.send.is_empty()
    }

    /// The MMS services this control centre has beyond those of the blocks it always has.
    pub(crate) fn more_services(&self) -> Vec<Service> {
        let mut services = Vec::new();
        if !self.model.programs.is_empty() {
            services.extend([
                Service::Start,
                Service::Stop,
                Service::Resume,
                Service::Reset,
                Service::Kill,
                Service::GetProgramInvocationAttributes,
            ]);
        }
        if !self.model.conditions.is_empty() {
            services.extend([
                Service::GetEventConditionAttributes,
                Service::ReportEventConditionStatus,
                Service::AlterEventConditionMonitoring,
                Service::TriggerEvent,
                Service::DefineEventEnrollment,
                Service::DeleteEventEnrollment,
                Service::AlterEventEnrollment,
                Service::ReportEventEnrollmentStatus,
                Service::GetEventEnrollmentAttributes,
                Service::AcknowledgeEventNotification,
                Service::EventNotification,
            ]);
        }
        services
    }

    /// The blocks of one peer. A block is claimed only if there is something of it that this peer may use.
    pub(crate) fn features(&self, table: &Table) -> Features {
        let options = &table.config.options;
        let claimed = [
            (1, true),
            (2, options.block2),
            (3, options.block3),
            (4, self.has_information(table)),
            (5, table.has_devices()),
            (6, self.has_programs(table)),
            (7, self.has_conditions(table)),
            (8, self.has_accounts(table)),
            (9, self.has_series(table)),
        ];
        let blocks: Vec<u8> = claimed
            .into_iter()
            .filter(|(_, has)| *has)
            .map(|(block, _)| block)
            .collect();
        Features::of(&blocks)
    }
}
