//! Clients write control blocks field by field (IEC 61850-8-1): each kind has rules of its own.

use super::super::session::NativeSession;
use super::super::space::Field;
use super::{BlockKind, FieldId};
use mms::{DataAccessError, MmsValue};

impl NativeSession {
    /// Writes one field of a control block with a value of its type.
    pub(in crate::engine::native) fn write_field(
        &self,
        field: &Field,
        value: MmsValue,
    ) -> Result<(), DataAccessError> {
        let Some(block) = self.shared.space.blocks.get(field.block as usize) else {
            return Err(DataAccessError::ObjectInvalidated);
        };
        match block.kind {
            BlockKind::Report(report) => {
                let enables = field.id == FieldId::RptEna && value == MmsValue::Boolean(true);
                let readable = match enables {
                    true => self.may_report(report)?,
                    false => None,
                };
                let own = &self.lists;
                let shared = &self.shared;
                shared.write_report_field(&self.client, own, report, field.id, value, readable)
            }
            BlockKind::Log(log) => self.shared.write_log_field(log, field.id, value),
            BlockKind::SettingGroup(block) => {
                self.shared
                    .write_setting_group_field(&self.client, block, field.id, &value)
            }
            kind @ (BlockKind::Goose(_) | BlockKind::SampledValues(_)) => self
                .shared
                .write_publisher_field(&self.client, kind, field.id, &value),
        }
    }
}
