//! Control blocks as clients see them: their fields, types and configured values (IEC 61850-8-1,
//! in the order measured from libiec61850).

use super::{BlockKind, FieldId};
use crate::common::{FunctionalConstraint as Fc, PhyComAddress, ReportOptions, TriggerOptions};
use crate::model::arena::{Arena, NodeId};
use crate::model::control_block::{LogControlBlockDef, ReportControlBlockDef, SvControlBlockDef};
use crate::server::IedServerConfig;
use mms::TypeDescription as Type;
use mms::{BinaryTime, BitString, MmsValue, UtcTime};
use std::sync::Arc;

/// A control block: a structure under a functional constraint of its logical node.
pub(in crate::engine::native) struct BlockFields {
    pub(in crate::engine::native) kind: BlockKind,
    pub(in crate::engine::native) logical_node: NodeId,
    pub(in crate::engine::native) fc: Fc,
    pub(in crate::engine::native) name: Arc<str>,
    pub(in crate::engine::native) fields: Vec<FieldValue>,
}

/// A field with its value at the start.
pub(in crate::engine::native) struct FieldValue {
    pub(in crate::engine::native) id: FieldId,
    pub(in crate::engine::native) content: Content,
}

/// What a field is.
pub(in crate::engine::native) enum Content {
    Value(Type, MmsValue),
    Structure(Vec<FieldValue>),
}

/// References in control blocks: up to 129 characters.
const REFERENCE: Type = Type::VisibleString(-129);

fn field(id: FieldId, ty: Type, value: impl Into<MmsValue>) -> FieldValue {
    FieldValue {
        id,
        content: Content::Value(ty, value.into()),
    }
}

fn boolean(id: FieldId, value: bool) -> FieldValue {
    field(id, Type::Boolean, value)
}

fn unsigned(id: FieldId, bits: u8, value: u32) -> FieldValue {
    field(id, Type::Unsigned(bits), value)
}

fn integer(id: FieldId, bits: u8, value: i32) -> FieldValue {
    field(id, Type::Integer(bits), value)
}

/// TrgOps: bit 0 is reserved, so that the flags begin at bit 1.
fn trigger_options(options: TriggerOptions) -> FieldValue {
    let bits = u32::from(options.bits() & 0x1f) << 1;
    field(
        FieldId::TrgOps,
        Type::BitString(-6),
        BitString::from_integer(6, bits),
    )
}

/// OptFlds: bit 0 is reserved. Segmentation, the last bit, is decided by the server.
fn report_options(options: ReportOptions) -> FieldValue {
    let bits = u32::from(options.bits() & 0xff) << 1;
    field(
        FieldId::OptFlds,
        Type::BitString(-10),
        BitString::from_integer(10, bits),
    )
}

fn entry_time(id: FieldId) -> FieldValue {
    field(
        id,
        Type::BinaryTime(true),
        BinaryTime {
            ms: 0,
            days: Some(0),
        },
    )
}

fn entry_id(id: FieldId) -> FieldValue {
    field(id, Type::OctetString(8), MmsValue::OctetString(vec![0; 8]))
}

/// Where frames go when the model does not say (IEC 61850-8-1 and -9-2 recommend the ranges).
const GOOSE_DESTINATION: PhyComAddress = PhyComAddress {
    vlan_priority: 4,
    vlan_id: 0,
    app_id: 0x1000,
    dst_address: [0x01, 0x0c, 0xcd, 0x01, 0x00, 0x01],
};
const SV_DESTINATION: PhyComAddress = PhyComAddress {
    app_id: 0x4000,
    dst_address: [0x01, 0x0c, 0xcd, 0x04, 0x00, 0x01],
    ..GOOSE_DESTINATION
};

fn destination(address: PhyComAddress) -> FieldValue {
    let octets = MmsValue::OctetString(address.dst_address.to_vec());
    FieldValue {
        id: FieldId::DstAddress,
        content: Content::Structure(vec![
            field(FieldId::Address, Type::OctetString(6), octets),
            unsigned(FieldId::Priority, 8, address.vlan_priority.into()),
            unsigned(FieldId::Vid, 16, address.vlan_id.into()),
            unsigned(FieldId::AppId, 16, address.app_id.into()),
        ]),
    }
}

/// All control blocks, in the order of the model.
pub(in crate::engine::native) fn all(arena: &Arena, config: &IedServerConfig) -> Vec<BlockFields> {
    let mut blocks = Vec::new();
    let mut push = |kind, logical_node, fc, name: &str, fields| {
        blocks.push(BlockFields {
            kind,
            logical_node,
            fc,
            name: name.into(),
            fields,
        });
    };
    for (number, def) in (0..).zip(&arena.setting_group_control_blocks) {
        let mut fields = vec![
            unsigned(FieldId::NumOfSg, 8, def.num_of_sg.into()),
            unsigned(FieldId::ActSg, 8, def.act_sg.into()),
            unsigned(FieldId::EditSg, 8, 0),
            boolean(FieldId::CnfEdit, false),
            field(FieldId::LActTm, Type::UtcTime, UtcTime::new()),
        ];
        if config.edit_sg_enabled() && config.enable_resv_tms_sgcb() {
            fields.push(unsigned(FieldId::ResvTms, 16, 0));
        }
        push(
            BlockKind::SettingGroup(number),
            def.logical_node,
            Fc::SP,
            "SGCB",
            fields,
        );
    }
    for (number, def) in (0..).zip(&arena.report_control_blocks) {
        let fc = if def.is_buffered { Fc::BR } else { Fc::RP };
        let fields = report(arena, config, def);
        push(
            BlockKind::Report(number),
            def.logical_node,
            fc,
            &def.name,
            fields,
        );
    }
    for (number, def) in (0..).zip(&arena.log_control_blocks) {
        let fields = vec![
            // Without a data set there is nothing to log.
            boolean(FieldId::LogEna, def.log_ena && def.dataset_name.is_some()),
            field(FieldId::LogRef, REFERENCE, log_reference(arena, def)),
            field(
                FieldId::DatSet,
                REFERENCE,
                data_set(arena, def.logical_node, def.dataset_name.as_deref()),
            ),
            entry_time(FieldId::OldEntrTm),
            entry_time(FieldId::NewEntrTm),
            entry_id(FieldId::OldEntr),
            entry_id(FieldId::NewEntr),
            // A log has no general interrogation.
            trigger_options(def.trg_ops - TriggerOptions::GI),
            unsigned(FieldId::IntgPd, 32, def.intg_pd_ms),
        ];
        push(
            BlockKind::Log(number),
            def.logical_node,
            Fc::LG,
            &def.name,
            fields,
        );
    }
    for (number, def) in (0..).zip(&arena.goose_control_blocks) {
        let data_set = data_set(arena, def.logical_node, def.dataset_name.as_deref());
        // Nothing to publish, or a configuration of revision 0: needs commissioning.
        let needs_commissioning = def.conf_rev == 0 || data_set.is_empty();
        let fields = vec![
            boolean(FieldId::GoEna, false),
            field(FieldId::GoId, REFERENCE, def.app_id.as_str()),
            field(FieldId::DatSet, REFERENCE, data_set),
            unsigned(FieldId::ConfRev, 32, def.conf_rev),
            boolean(FieldId::NdsCom, needs_commissioning),
            destination(def.address.unwrap_or(GOOSE_DESTINATION)),
            unsigned(FieldId::MinTime, 32, def.min_time_ms),
            unsigned(FieldId::MaxTime, 32, def.max_time_ms),
            boolean(FieldId::FixedOffs, def.fixed_offs),
        ];
        push(
            BlockKind::Goose(number),
            def.logical_node,
            Fc::GO,
            &def.name,
            fields,
        );
    }
    for (number, def) in (0..).zip(&arena.sv_control_blocks) {
        let fc = if def.is_unicast { Fc::US } else { Fc::MS };
        let fields = sampled_values(arena, def);
        push(
            BlockKind::SampledValues(number),
            def.logical_node,
            fc,
            &def.name,
            fields,
        );
    }
    blocks
}

/// The reference of a report control block in the form of MMS.
pub(in crate::engine::native) fn reference(arena: &Arena, def: &ReportControlBlockDef) -> String {
    let domain = arena.domain_name(arena.logical_device_of(def.logical_node));
    let fc = if def.is_buffered { Fc::BR } else { Fc::RP };
    format!(
        "{domain}/{}${fc}${}",
        arena.name(def.logical_node),
        def.name
    )
}

fn report(arena: &Arena, config: &IedServerConfig, def: &ReportControlBlockDef) -> Vec<FieldValue> {
    let mut fields = vec![
        field(
            FieldId::RptId,
            REFERENCE,
            def.rpt_id.clone().unwrap_or_else(|| reference(arena, def)),
        ),
        boolean(FieldId::RptEna, false),
    ];
    if !def.is_buffered {
        fields.push(boolean(FieldId::Resv, false));
    }
    fields.extend([
        field(
            FieldId::DatSet,
            REFERENCE,
            data_set(arena, def.logical_node, def.dataset_name.as_deref()),
        ),
        unsigned(FieldId::ConfRev, 32, def.conf_rev),
        report_options(def.rpt_options),
        unsigned(FieldId::BufTm, 32, def.buf_tm_ms),
        unsigned(FieldId::SqNum, if def.is_buffered { 16 } else { 8 }, 0),
        trigger_options(def.trg_ops),
        unsigned(FieldId::IntgPd, 32, def.intg_pd_ms),
        boolean(FieldId::Gi, false),
    ]);
    if def.is_buffered {
        fields.extend([
            boolean(FieldId::PurgeBuf, false),
            entry_id(FieldId::EntryId),
            entry_time(FieldId::TimeOfEntry),
        ]);
        if config.enable_resv_tms_brcb() && config.edition() != crate::Iec61850Edition::Edition1 {
            fields.push(integer(FieldId::ResvTms, 16, 0));
        }
    }
    if config.enable_owner_for_rcb() && config.edition() != crate::Iec61850Edition::Edition1 {
        fields.push(field(
            FieldId::Owner,
            Type::OctetString(-64),
            MmsValue::OctetString(Vec::new()),
        ));
    }
    fields
}

fn sampled_values(arena: &Arena, def: &SvControlBlockDef) -> Vec<FieldValue> {
    let mut fields = vec![boolean(FieldId::SvEna, false)];
    if def.is_unicast {
        fields.push(boolean(FieldId::Resv, false));
    }
    fields.extend([
        field(
            if def.is_unicast {
                FieldId::UsvId
            } else {
                FieldId::MsvId
            },
            REFERENCE,
            def.sv_id.as_str(),
        ),
        field(
            FieldId::DatSet,
            REFERENCE,
            data_set(arena, def.logical_node, def.dataset_name.as_deref()),
        ),
        integer(FieldId::ConfRev, 32, def.conf_rev as i32),
        integer(FieldId::SmpRate, 32, def.smp_rate.into()),
        field(
            FieldId::OptFlds,
            Type::BitString(5),
            BitString::from_integer(5, u32::from(def.opt_flds.bits())),
        ),
        integer(FieldId::SmpMod, 8, def.smp_mod.value()),
        destination(def.address.unwrap_or(SV_DESTINATION)),
        integer(FieldId::NoAsdu, 32, def.no_asdu.into()),
    ]);
    fields
}

/// `LD/LN$name`, empty when there is none. A name with `/` or `$` is a reference already.
fn data_set(arena: &Arena, logical_node: NodeId, name: Option<&str>) -> String {
    match name {
        None | Some("") => String::new(),
        Some(name) if name.contains('/') => name.to_owned(),
        Some(name) => {
            let domain = arena.domain_name(arena.logical_device_of(logical_node));
            if name.contains('$') {
                format!("{domain}/{name}")
            } else {
                format!("{domain}/{}${name}", arena.name(logical_node))
            }
        }
    }
}

/// The reference of a log is given with the instance of its logical device; clients see the name
/// of the domain. Without one, the log is the one of the control block's own name.
fn log_reference(arena: &Arena, def: &LogControlBlockDef) -> String {
    let own = arena.logical_device_of(def.logical_node);
    let Some(reference) = def.log_ref.as_deref() else {
        let node = arena.name(def.logical_node);
        return format!("{}/{node}${}", arena.domain_name(own), def.name);
    };
    let Some((device, log)) = reference.split_once('/') else {
        return reference.to_owned();
    };
    let known = arena
        .logical_devices
        .iter()
        .find(|&&d| **arena.name(d) == *device);
    match known {
        Some(&id) => format!("{}/{log}", arena.domain_name(id)),
        None => reference.to_owned(),
    }
}
