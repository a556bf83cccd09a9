//! `Supported_Features`: the conformance blocks a peer may use, worked out from what there is and what its table allows.

use super::{Core, Table};
use crate::types::Features;

impl Core {
    /// Whether the peer may have information messages.
    pub(crate) fn has_information(&self, table: &Table) -> bool {
        !self.model.information_buffers.is_empty() && !table.config.information.send.is_empty()
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
        ];
        let blocks: Vec<u8> = claimed
            .into_iter()
            .filter(|(_, has)| *has)
            .map(|(block, _)| block)
            .collect();
        Features::of(&blocks)
    }
}
