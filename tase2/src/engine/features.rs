//! `Supported_Features`: the conformance blocks a peer may use, worked out from what there is and what its table allows.

use super::{Core, Table};
use crate::types::Features;

impl Core {
    /// The blocks of one peer. A block is claimed only if there is something of it that this peer may use.
    pub(crate) fn features(&self, table: &Table) -> Features {
        let options = &table.config.options;
        let claimed = [(1, true), (2, options.block2), (5, table.has_devices())];
        let blocks: Vec<u8> = claimed
            .into_iter()
            .filter(|(_, has)| *has)
            .map(|(block, _)| block)
            .collect();
        Features::of(&blocks)
    }
}
