//! The C library's copy of a model: its nodes, data sets and control blocks, and which of them is
//! which of ours.

use super::owned::{Value, c_text};
use super::unsupported;
use crate::Error;
use crate::common::{FunctionalConstraint as Fc, PhyComAddress};
use crate::model::DataAttributeType as Ty;
use crate::model::arena::{Arena, ArrayIndices, AttributeDef, NodeId, NodeKey, NodeKind};
use crate::server::control::is_controllable;
use libiec61850_sys as sys;
use mms::{MmsValue, TypeDescription};
use std::collections::HashMap;
use std::ffi::{CString, c_int};
use std::net::IpAddr;
use std::ptr::{NonNull, null, null_mut};

/// A model of the C library.
pub(super) struct CModel {
    root: NonNull<sys::IedModel>,
    nodes: HashMap<NodeKey, NonNull<sys::ModelNode>>,
    /// The way back, by the addresses of nodes.
    keys: HashMap<usize, NodeKey>,
    /// By the numbers of the control blocks in the arena.
    pub(super) reports: Vec<*mut sys::ReportControlBlock>,
    pub(super) sampled_values: Vec<*mut sys::SVControlBlock>,
    pub(super) setting_groups: Vec<*mut sys::SettingGroupControlBlock>,
}

// SAFETY: the pointers are to memory of the model, which the library binds to no thread. What is not
// constant in it is only touched by the library, under its lock.
unsafe impl Send for CModel {}
// SAFETY: as above.
unsafe impl Sync for CModel {}

impl Drop for CModel {
    fn drop(&mut self) {
        // SAFETY: the model is ours, and the server that used it is gone: it is dropped first.
        unsafe { sys::IedModel_destroy(self.root.as_ptr()) }
    }
}

impl CModel {
    /// Copies a model. `start` has values that go before those of the model.
    ///
    /// # Errors
    /// [`Error::NotSupported`] for what a model of the library cannot have.
    pub(super) fn new(
        arena: &Arena,
        start: &HashMap<NodeKey, MmsValue>,
        keep_preassigned: bool,
    ) -> Result<Self, Error> {
        let name = c_text(&arena.name);
        // SAFETY: the name is copied.
        let root = NonNull::new(unsafe { sys::IedModel_create(name.as_ptr()) })
            .ok_or_else(super::out_of_memory)?;
        let mut model = CModel {
            root,
            nodes: HashMap::new(),
            keys: HashMap::new(),
            reports: Vec::new(),
            sampled_values: Vec::new(),
            setting_groups: Vec::new(),
        };
        for &device in &arena.logical_devices {
            model.add_device(arena, start, device)?;
        }
        model.add_data_sets(arena)?;
        model.add_reports(arena, keep_preassigned)?;
        model.add_publishers(arena)?;
        model.add_logs(arena)?;
        model.add_setting_groups(arena)?;
        Ok(model)
    }

    pub(super) fn as_ptr(&self) -> *mut sys::IedModel {
        self.root.as_ptr()
    }

    /// Our name of a node of the library.
    pub(super) fn key_of<T>(&self, node: *const T) -> Option<NodeKey> {
        self.keys.get(&node.addr()).copied()
    }

    /// An attribute; of an array, the array or one element.
    pub(super) fn attribute(&self, key: NodeKey) -> Option<*mut sys::DataAttribute> {
        Some(self.nodes.get(&key)?.as_ptr().cast())
    }

    /// A data object.
    pub(super) fn object(&self, key: NodeKey) -> Option<*mut sys::DataObject> {
        Some(self.nodes.get(&key)?.as_ptr().cast())
    }

    /// A logical node. Control blocks are only made in logical nodes of the arena.
    pub(super) fn logical_node(&self, id: NodeId) -> *mut sys::LogicalNode {
        let node = self.nodes.get(&id.into());
        node.map_or(null_mut(), |node| node.as_ptr().cast())
    }

    fn note(
        &mut self,
        key: NodeKey,
        node: *mut sys::ModelNode,
    ) -> Result<*mut sys::ModelNode, Error> {
        let found = NonNull::new(node).ok_or_else(super::out_of_memory)?;
        self.nodes.insert(key, found);
        self.keys.insert(node.addr(), key);
        Ok(node)
    }

    fn add_device(
        &mut self,
        arena: &Arena,
        start: &HashMap<NodeKey, MmsValue>,
        id: NodeId,
    ) -> Result<(), Error> {
        let inst = c_text(arena.name(id));
        let NodeKind::LogicalDevice { ld_name } = &arena.node(id).kind else {
            return Ok(());
        };
        let ld_name = ld_name.map(|name| c_text(arena.text(name)));
        // SAFETY: the model is alive, the names are copied; no functional name is NULL.
        let device = unsafe {
            sys::LogicalDevice_createEx(inst.as_ptr(), self.as_ptr(), or_null(ld_name.as_ref()))
        };
        self.note(id.into(), device.cast())?;
        for node in arena.children(id) {
            let name = c_text(arena.name(node));
            // SAFETY: the device is alive, the name is copied.
            let made = unsafe { sys::LogicalNode_create(name.as_ptr(), device) };
            let made = self.note(node.into(), made.cast())?;
            for child in arena.children(node) {
                self.add_node(arena, start, child.into(), made)?;
            }
        }
        Ok(())
    }

    /// Appends a data object or attribute with all that is below it.
    fn add_node(
        &mut self,
        arena: &Arena,
        start: &HashMap<NodeKey, MmsValue>,
        key: NodeKey,
        parent: *mut sys::ModelNode,
    ) -> Result<(), Error> {
        if is_stray_control(arena, key.id) {
            return Ok(());
        }
        let name = c_text(arena.name(key.id));
        let kind = &arena.node(key.id).kind;
        let count = c_int::try_from(kind.count())
            .map_err(|_| unsupported(format!("the array {}", arena.reference(key))))?;
        let made: *mut sys::ModelNode = match kind {
            NodeKind::DataAttribute(attribute) => {
                let ty = type_of(arena, attribute);
                // SAFETY: the parent is alive, the name is copied.
                unsafe {
                    sys::DataAttribute_create(
                        name.as_ptr(),
                        parent,
                        ty.into(),
                        attribute.fc.value(),
                        attribute.trigger_options.bits(),
                        count,
                        attribute.short_address,
                    )
                }
                .cast()
            }
            // SAFETY: as above.
            _ => unsafe { sys::DataObject_create(name.as_ptr(), parent, count) }.cast(),
        };
        self.note(key, made)?;
        if count == 0 {
            return self.fill(arena, start, key, made);
        }
        for index in 0..count {
            let element = u32::try_from(index).ok().and_then(|i| key.indices.with(i));
            let Some(indices) = element else {
                return Err(unsupported(format!(
                    "arrays within arrays ({})",
                    arena.reference(key)
                )));
            };
            // SAFETY: the node is alive and an array, which has its elements as children.
            let made = unsafe { sys::ModelNode_getChildWithIdx(made, index) };
            let key = NodeKey { indices, ..key };
            let made = self.note(key, made)?;
            self.fill(arena, start, key, made)?;
        }
        Ok(())
    }

    /// Gives a node, or an element of an array, its children or its value.
    fn fill(
        &mut self,
        arena: &Arena,
        start: &HashMap<NodeKey, MmsValue>,
        key: NodeKey,
        node: *mut sys::ModelNode,
    ) -> Result<(), Error> {
        for id in arena.children(key.id) {
            self.add_node(arena, start, NodeKey { id, ..key }, node)?;
        }
        if let Some(attribute) = arena.attribute(key.id)
            && attribute.ty != Ty::Constructed
            && let Some(value) = start.get(&key).or_else(|| own_value(arena, key, attribute))
        {
            let value = Value::new(value)
                .ok_or_else(|| unsupported(format!("the value of {}", arena.reference(key))))?;
            // SAFETY: the attribute is alive, and takes a copy of the value.
            unsafe { sys::DataAttribute_setValue(node.cast(), value.as_ptr()) }
        }
        Ok(())
    }

    fn add_data_sets(&mut self, arena: &Arena) -> Result<(), Error> {
        for def in &arena.data_sets {
            let (name, node) = (c_text(&def.name), self.logical_node(def.logical_node));
            // SAFETY: the logical node is alive, the name is copied.
            let set = unsafe { sys::DataSet_create(name.as_ptr(), node) };
            let device = arena.logical_device_of(def.logical_node);
            for entry in &def.entries {
                if !self.nodes.contains_key(&entry.key) {
                    return Err(unsupported(format!(
                        "the member {} of a data set, which is no part of a command",
                        arena.reference(entry.key)
                    )));
                }
                let member = Member::of(arena, device, entry.key, entry.fc)?;
                // SAFETY: the data set is alive, the texts are copied; no component is NULL.
                unsafe {
                    sys::DataSetEntry_create(
                        set,
                        member.variable.as_ptr(),
                        member.index,
                        or_null(member.component.as_ref()),
                    )
                };
            }
        }
        Ok(())
    }

    /// The name of a data set as a control block of the library has it: without its logical node,
    /// which is the control block's.
    fn data_set_name(
        arena: &Arena,
        node: NodeId,
        name: Option<&str>,
    ) -> Result<Option<CString>, Error> {
        let Some(name) = name else { return Ok(None) };
        let number = arena.data_set_of_control_block(node, name);
        match number.and_then(|number| arena.data_sets.get(number)) {
            Some(set) if set.logical_node == node => Ok(Some(c_text(&set.name))),
            // It names none, as it would there.
            None => Ok(Some(c_text(name))),
            Some(_) => Err(unsupported(format!(
                "the data set {name} of a control block in another logical node ({})",
                arena.reference(node.into())
            ))),
        }
    }

    fn add_reports(&mut self, arena: &Arena, keep_preassigned: bool) -> Result<(), Error> {
        for def in &arena.report_control_blocks {
            let name = c_text(&def.name);
            let rpt_id = def.rpt_id.as_deref().map(c_text);
            let set = Self::data_set_name(arena, def.logical_node, def.dataset_name.as_deref())?;
            // Segmentation is not in the mask of the library, which sets it by itself.
            let options = def.rpt_options.bits() & 0xff;
            // SAFETY: the logical node is alive, the texts are copied; what there is none of is NULL.
            let block = unsafe {
                sys::ReportControlBlock_create(
                    name.as_ptr(),
                    self.logical_node(def.logical_node),
                    or_null(rpt_id.as_ref()),
                    def.is_buffered,
                    or_null(set.as_ref()),
                    def.conf_rev,
                    def.trg_ops.bits(),
                    u8::try_from(options).unwrap_or(0),
                    def.buf_tm_ms,
                    def.intg_pd_ms,
                )
            };
            if let Some(client) = def.client.filter(|_| keep_preassigned) {
                let (kind, octets) = match client {
                    IpAddr::V4(address) => (4, address.octets().to_vec()),
                    IpAddr::V6(address) => (6, address.octets().to_vec()),
                };
                // SAFETY: the control block is alive; there are as many octets as the kind has, and
                // they are copied.
                unsafe {
                    sys::ReportControlBlock_setPreconfiguredClient(block, kind, octets.as_ptr());
                }
            }
            self.reports.push(block);
        }
        Ok(())
    }

    fn add_publishers(&mut self, arena: &Arena) -> Result<(), Error> {
        for def in &arena.goose_control_blocks {
            let (name, app_id) = (c_text(&def.name), c_text(&def.app_id));
            let set = Self::data_set_name(arena, def.logical_node, def.dataset_name.as_deref())?;
            let time = |ms: u32| c_int::try_from(ms).unwrap_or(c_int::MAX);
            // SAFETY: the logical node is alive, the texts are copied; no data set is NULL.
            unsafe {
                let block = sys::GSEControlBlock_create(
                    name.as_ptr(),
                    self.logical_node(def.logical_node),
                    app_id.as_ptr(),
                    or_null(set.as_ref()),
                    def.conf_rev,
                    def.fixed_offs,
                    time(def.min_time_ms),
                    time(def.max_time_ms),
                );
                if let Some(address) = &def.address {
                    sys::GSEControlBlock_addPhyComAddress(block, address_of(address));
                }
            }
        }
        for def in &arena.sv_control_blocks {
            let (name, sv_id) = (c_text(&def.name), c_text(&def.sv_id));
            let set = Self::data_set_name(arena, def.logical_node, def.dataset_name.as_deref())?;
            // SAFETY: the logical node is alive, the texts are copied; no data set is NULL. The
            // number of ASDUs has no parameter, but a field of the control block that was just made.
            let block = unsafe {
                let block = sys::SVControlBlock_create(
                    name.as_ptr(),
                    self.logical_node(def.logical_node),
                    sv_id.as_ptr(),
                    or_null(set.as_ref()),
                    def.conf_rev,
                    u8::try_from(def.smp_mod.value()).unwrap_or(0),
                    def.smp_rate,
                    def.opt_flds.bits(),
                    def.is_unicast,
                );
                if let Some(block) = block.as_mut() {
                    block.noASDU = def.no_asdu.into();
                }
                if let Some(address) = &def.address {
                    sys::SVControlBlock_addPhyComAddress(block, address_of(address));
                }
                block
            };
            self.sampled_values.push(block);
        }
        Ok(())
    }

    fn add_logs(&mut self, arena: &Arena) -> Result<(), Error> {
        for def in &arena.logs {
            let name = c_text(&def.name);
            // SAFETY: the logical node is alive, the name is copied.
            unsafe { sys::Log_create(name.as_ptr(), self.logical_node(def.logical_node)) };
        }
        for def in &arena.log_control_blocks {
            let name = c_text(&def.name);
            let set = Self::data_set_name(arena, def.logical_node, def.dataset_name.as_deref())?;
            let log = def.log_ref.as_deref().map(c_text);
            // SAFETY: the logical node is alive, the texts are copied; what there is none of is NULL.
            unsafe {
                sys::LogControlBlock_create(
                    name.as_ptr(),
                    self.logical_node(def.logical_node),
                    or_null(set.as_ref()),
                    or_null(log.as_ref()),
                    def.trg_ops.bits(),
                    def.intg_pd_ms,
                    def.log_ena,
                    def.with_reason_code,
                )
            };
        }
        Ok(())
    }

    fn add_setting_groups(&mut self, arena: &Arena) -> Result<(), Error> {
        for def in &arena.setting_group_control_blocks {
            // SAFETY: the logical node is alive.
            let block = unsafe {
                sys::SettingGroupControlBlock_create(
                    self.logical_node(def.logical_node),
                    def.act_sg,
                    def.num_of_sg,
                )
            };
            if block.is_null() {
                return Err(super::out_of_memory());
            }
            self.setting_groups.push(block);
        }
        Ok(())
    }
}

/// The address of a text, NULL for none.
fn or_null(text: Option<&CString>) -> *const std::ffi::c_char {
    text.map_or(null(), |text| text.as_ptr())
}

/// A new address, which belongs to the control block it is given to.
fn address_of(address: &PhyComAddress) -> *mut sys::PhyComAddress {
    let mut octets = address.dst_address;
    // SAFETY: there are the six octets of an address, which are copied.
    unsafe {
        sys::PhyComAddress_create(
            address.vlan_priority,
            address.vlan_id,
            address.app_id,
            octets.as_mut_ptr(),
        )
    }
}

/// The type an attribute has with the library: an enumeration has 8 bits there, so that one that needs
/// more is a number.
fn type_of(arena: &Arena, attribute: &AttributeDef) -> i8 {
    let ty = match (attribute.ty, arena.leaf_type(attribute)) {
        (Ty::Enumerated, Some(TypeDescription::Integer(16))) => Ty::Int16,
        (Ty::Enumerated, Some(TypeDescription::Integer(32))) => Ty::Int32,
        (ty, _) => ty,
    };
    ty as i8
}

/// Whether an attribute of CO is in no object that can be controlled. The library knows of such attributes only by half:
/// when a client reads the whole logical node it frees the values of others (1.6.1, measured). So they are
/// left out.
fn is_stray_control(arena: &Arena, id: NodeId) -> bool {
    if arena
        .attribute(id)
        .is_none_or(|attribute| attribute.fc != Fc::CO)
    {
        return false;
    }
    let mut around = arena.ancestors(id);
    let object = around.find(|&id| matches!(arena.node(id).kind, NodeKind::DataObject { .. }));
    !object.is_some_and(|object| is_controllable(arena, object))
}

/// The value an attribute starts with, if one was given.
fn own_value<'a>(
    arena: &'a Arena,
    key: NodeKey,
    attribute: &'a AttributeDef,
) -> Option<&'a MmsValue> {
    arena.element_values.get(&key).or(attribute.init.as_deref())
}

/// A member of a data set as the library names it.
struct Member {
    /// `LN$FC$DO...` to the first array with an index, with the instance of the logical device if it
    /// is not that of the data set.
    variable: CString,
    /// The index, or -1.
    index: c_int,
    /// What is below the element.
    component: Option<CString>,
}

impl Member {
    fn of(arena: &Arena, device: NodeId, key: NodeKey, fc: Fc) -> Result<Self, Error> {
        let own = arena.logical_device_of(key.id);
        let mut variable = String::new();
        if own != device {
            if let NodeKind::LogicalDevice { ld_name: Some(_) } = arena.node(own).kind {
                // The library looks for a domain without the functional name, finds none, and crashes when
                // a client reads the data set (1.6.1, measured).
                return Err(unsupported(format!(
                    "a member of a data set in another logical device that has a functional name ({})",
                    arena.reference(key)
                )));
            }
            variable = format!("{}/", arena.name(own));
        }
        let mut component: Option<String> = None;
        let mut path: Vec<NodeId> = arena.ancestors(key.id).collect();
        path.pop();
        let (mut arrays, mut index) = (0, -1);
        for (depth, &id) in path.iter().rev().enumerate() {
            let name = arena.name(id);
            match &mut component {
                Some(below) => {
                    if !below.is_empty() {
                        below.push('$');
                    }
                    below.push_str(name);
                }
                None if depth == 0 => variable.push_str(&format!("{name}${fc}")),
                None => {
                    variable.push('$');
                    variable.push_str(name);
                }
            }
            if arena.node(id).kind.count() > 0 {
                if let Some(at) = key.indices.get(arrays) {
                    if component.is_some() {
                        return Err(unsupported(format!(
                            "a member of a data set within two arrays ({})",
                            arena.reference(key)
                        )));
                    }
                    index = c_int::try_from(at).unwrap_or(-1);
                    component = Some(String::new());
                }
                arrays += 1;
            }
        }
        debug_assert!(key.indices.len() <= ArrayIndices::MAX);
        Ok(Member {
            variable: c_text(&variable),
            index,
            component: component
                .filter(|below| !below.is_empty())
                .map(|below| c_text(&below)),
        })
    }
}
