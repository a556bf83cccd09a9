//! Control centres out of files: TOML for the centre, its peers and their bilateral tables, CSV for long lists of points.
//!
//! `docs/tase2.md` of the project describes every key.

mod blocks;
mod error;
mod file;
mod points;
mod value;

pub use error::ConfigError;
pub use value::{parse_quality, parse_value};

use crate::bilateral::{BilateralTable, Rule};
use crate::client::TransferSpec;
use crate::endpoint::{Call, EndpointOptions};
use crate::model::{ControlPoint, Device, IndicationPoint, Model, PredefinedDataSet};
use crate::types::DsTransferSet;
use crate::{Name, VirtualControlCenter};
use error::{Source, at};
use file::{
    CenterFile, ControlEntry, DataSetEntry, DeviceEntry, File, FollowEntry, PeerEntry, PointEntry,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a configuration file says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The name of the control centre.
    pub name: String,
    /// Its objects.
    pub model: Model,
    /// Its agreements.
    pub tables: Vec<BilateralTable>,
    /// Where it listens, and how.
    pub options: EndpointOptions,
    /// The peers it calls.
    pub calls: Vec<Call>,
    /// What it follows at its peers.
    pub follows: Vec<(String, TransferSpec)>,
    /// Folders for the information messages of peers.
    pub folders: Vec<(String, PathBuf)>,
}

impl Config {
    /// Reads a file; files it names are beside it.
    ///
    /// # Errors
    /// [`ConfigError`], which says where and what.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text =
            fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error))?;
        Self::parse(path, &text)
    }

    /// Reads the text of a file that is, or would be, at `path`.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let source = Source { path, text };
        let file: File = toml::from_str(text).map_err(|error| source.toml(&error))?;
        let mut model = Model::new();
        for list in &file.center.point_lists {
            let list_path = path.parent().unwrap_or(Path::new("")).join(list.get_ref());
            let content = fs::read(&list_path).map_err(|error| {
                let reason = format!("cannot read {}: {error}", list_path.display());
                source.error(Some(list.span()), "point_lists", reason)
            })?;
            points::read(&list_path, &content, &mut model)?;
        }
        for entry in file.points {
            let span = entry.name.span();
            let named = format!("point {}", entry.name.get_ref().0);
            let point = indication_point(&source, entry)?;
            at(&source, span, &named, model.add_point(point))?;
        }
        for entry in file.controls {
            let ControlEntry { name, ty } = entry;
            let (span, named) = (name.span(), format!("control {}", name.get_ref().0));
            let control = ControlPoint {
                name: name.into_inner().0,
                ty: ty.0,
                value: ty.0.initial(),
            };
            at(&source, span, &named, model.add_control(control))?;
        }
        for entry in file.devices {
            let span = entry.name.span();
            let named = format!("device {}", entry.name.get_ref().0);
            at(&source, span, &named, model.add_device(device(entry)))?;
        }
        blocks::add(
            &source,
            &mut model,
            file.information,
            file.programs,
            file.conditions,
            file.accounts,
            file.series,
        )?;
        for entry in file.data_sets {
            let DataSetEntry {
                name,
                members,
                deletable,
            } = entry;
            let (span, named) = (name.span(), format!("data_set {}", name.get_ref().0));
            let set = PredefinedDataSet {
                name: name.into_inner().0,
                members: members.into_iter().map(|member| member.0).collect(),
                deletable,
            };
            at(&source, span, &named, model.add_data_set(set))?;
        }
        let mut config = Config {
            name: file.center.name.clone(),
            model,
            tables: Vec::new(),
            options: endpoint_options(&file.center),
            calls: Vec::new(),
            follows: Vec::new(),
            folders: Vec::new(),
        };
        for entry in file.peers {
            config.add_peer(&source, entry)?;
        }
        Ok(config)
    }

    fn add_peer(&mut self, source: &Source<'_>, entry: PeerEntry) -> Result<(), ConfigError> {
        let span = entry.name.span();
        let named = format!("peer {}", entry.name.get_ref());
        let rights = entry.rights.clone();
        let (call, follows) = (entry.call.clone(), entry.follow.clone());
        let folder = entry.information.folder.clone();
        let table = table(entry);
        // The rules one by one, so that an error has the line of its rule.
        for rule in &rights {
            let rule_span = rule.objects.first().map_or(span.clone(), |o| o.span());
            let mut alone = table.clone();
            alone.rules = rules(std::slice::from_ref(rule));
            let exists = |name: &Name| self.model.exists(name);
            let checked = BilateralTable::check_all(&[alone], exists);
            at(source, rule_span, &named, checked)?;
        }
        self.tables.push(table);
        let exists = |name: &Name| self.model.exists(name);
        let checked = BilateralTable::check_all(&self.tables, exists);
        at(source, span, &named, checked)?;
        let peer = self
            .tables
            .last()
            .map_or_else(String::new, |table| table.peer.clone());
        if !call.is_empty() {
            self.calls.push(Call::new(&*peer, call));
        }
        if let Some(folder) = folder {
            let beside = source.path.parent().unwrap_or(Path::new(""));
            self.folders.push((peer.clone(), beside.join(folder)));
        }
        for entry in follows {
            self.follows.push((peer.clone(), transfer_spec(entry)));
        }
        Ok(())
    }

    /// The control centre.
    ///
    /// # Errors
    /// [`crate::bilateral::TableError`]; of a file that was read there is none.
    pub fn control_center(&self) -> Result<VirtualControlCenter, crate::bilateral::TableError> {
        VirtualControlCenter::new(self.model.clone(), self.tables.clone())
    }
}

fn indication_point(
    source: &Source<'_>,
    entry: PointEntry,
) -> Result<IndicationPoint, ConfigError> {
    let PointEntry {
        name,
        ty,
        value,
        quality,
        deadband,
    } = entry;
    let named = format!("point {}", name.get_ref().0);
    let mut point = IndicationPoint::new(name.into_inner().0, ty.0);
    if let Some(value) = value {
        let span = value.span();
        let parsed = parse_value(ty.0, &value.into_inner().text());
        point.initial = at(source, span, &named, parsed)?;
    }
    if let Some(quality) = quality {
        point.initial = point.initial.with_quality(quality.0.0);
    }
    point.deadband = deadband;
    Ok(point)
}

fn device(entry: DeviceEntry) -> Device {
    let class = entry.class.map(|class| class.0).unwrap_or_default();
    let mut device = Device::new(entry.name.into_inner().0, entry.ty.0, class);
    device.check_back = entry.check_back.unwrap_or(device.check_back);
    if let Some(seconds) = entry.select_timeout {
        device.select_timeout = Duration::from_secs(seconds);
    }
    if let Some(seconds) = entry.operate_timeout {
        device.operate_timeout = Duration::from_secs(seconds);
    }
    device.taggable = entry.taggable.unwrap_or(device.taggable);
    device.commands = entry.commands.unwrap_or(device.commands);
    device.range = entry.range;
    device.indication = entry.indication.map(|name| name.0);
    device
}

fn endpoint_options(center: &CenterFile) -> EndpointOptions {
    let mut options = EndpointOptions {
        listen: center.listen.as_ref().map(|address| address.0),
        ap_title: center.ap_title.clone().map(|title| title.0),
        ae_qualifier: center.ae_qualifier,
        ..EndpointOptions::default()
    };
    let set = |to: &mut Duration, from: Option<u64>| {
        if let Some(seconds) = from {
            *to = Duration::from_secs(seconds);
        }
    };
    set(&mut options.request_timeout, center.request_timeout);
    set(&mut options.retry_first, center.retry_first);
    set(&mut options.retry_longest, center.retry_longest);
    if let Some(seconds) = center.keep_alive {
        options.keep_alive = (seconds > 0).then(|| Duration::from_secs(seconds));
    }
    if let Some(size) = center.max_pdu_size {
        options.config.max_pdu_size = size.clamp(512, 65_000);
    }
    if let Some(connections) = center.max_connections {
        options.listener.max_connections = connections;
    }
    options.strict_table_id = center.strict_table_id;
    options.check_selectors = center.check_selectors;
    options
}

fn rules(entries: &[file::RightsEntry]) -> Vec<Rule> {
    entries
        .iter()
        .flat_map(|entry| {
            let rights = entry
                .allow
                .iter()
                .map(|right| right.0)
                .fold(Default::default(), |all, r| all | r);
            entry.objects.iter().map(move |objects| Rule {
                check_back: entry.check_back,
                ..Rule::new(objects.get_ref(), rights)
            })
        })
        .collect()
}

fn table(entry: PeerEntry) -> BilateralTable {
    let mut table = BilateralTable::new(entry.name.into_inner(), entry.table_id, entry.domain);
    table.peer_id = entry.peer_table_id;
    table.peer_domain = entry.peer_domain;
    table.edition = entry.edition.map(|edition| edition.0).unwrap_or_default();
    table.identity.ap_title = entry.ap_title.map(|title| title.0);
    table.identity.ae_qualifier = entry.ae_qualifier;
    table.identity.addresses = entry.addresses.into_iter().map(|range| range.0).collect();
    table.rules = rules(&entry.rights);
    entry.limits.apply(&mut table.limits);
    entry.options.apply(&mut table.options);
    blocks::agree(&mut table, entry.information, entry.enrollments);
    table
}

fn transfer_spec(entry: FollowEntry) -> TransferSpec {
    let conditions = entry
        .conditions
        .map(|conditions| conditions.0)
        .unwrap_or_default();
    let mut spec = TransferSpec::new(entry.data_set.0, conditions);
    if !entry.members.is_empty() {
        spec.members = Some(entry.members.into_iter().map(|member| member.0).collect());
    }
    spec.transfer_set = entry.transfer_set.map(|name| name.0);
    spec.block_index_base = entry.block_index_base;
    spec.attributes = DsTransferSet {
        interval: entry.interval,
        tle: entry.tle,
        buffer_time: entry.buffer_time,
        integrity_check: entry.integrity_check,
        critical: entry.critical,
        rbe: entry.rbe.unwrap_or(spec.attributes.rbe),
        all_changes_reported: entry.all_changes,
        event_code: entry.event_code,
        block_data: entry.block_data,
        ..spec.attributes
    };
    spec
}

#[cfg(test)]
mod tests;
