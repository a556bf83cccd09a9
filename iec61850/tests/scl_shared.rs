//! SCL files of real devices and tools, from the folder `shared/data/scl` beside the repository.
//! Where that folder is not there these tests do nothing; `scl_documents.rs` has own files for
//! everything that is asserted here.

use iec61850::scl::{SclDocument, SclError};
use iec61850::{IedModel, ModelNode, ModelNodeExt};
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};

fn shared() -> Option<PathBuf> {
    // A git worktree may lie one level deeper than the repository.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .skip(2)
        .map(|folder| folder.join("shared/data/scl"))
        .find(|folder| folder.is_dir())
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    devices: usize,
    nodes: usize,
    objects: usize,
    data_sets: usize,
    buffered: usize,
    unbuffered: usize,
    goose: usize,
    sampled_values: usize,
    logs: usize,
    setting_groups: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.devices += other.devices;
        self.nodes += other.nodes;
        self.objects += other.objects;
        self.data_sets += other.data_sets;
        self.buffered += other.buffered;
        self.unbuffered += other.unbuffered;
        self.goose += other.goose;
        self.sampled_values += other.sampled_values;
        self.logs += other.logs;
        self.setting_groups += other.setting_groups;
    }
}

fn count(model: &IedModel) -> Counts {
    let mut counts = Counts::default();
    for device in model.logical_devices() {
        counts.devices += 1;
        for node in device.logical_nodes() {
            counts.nodes += 1;
            counts.objects += node
                .children()
                .iter()
                .filter(|child| matches!(child, ModelNode::DataObject(_)))
                .count();
            counts.data_sets += node.datasets().len();
            for report in node.report_control_blocks() {
                if report.is_buffered() {
                    counts.buffered += 1;
                } else {
                    counts.unbuffered += 1;
                }
            }
            counts.goose += node.goose_control_blocks().len();
            counts.sampled_values += node.sv_control_blocks().len();
            counts.logs += node.logs().len();
            counts.setting_groups += usize::from(node.setting_group_control_block().is_some());
        }
    }
    counts
}

/// How many report control blocks the file asks for: as elements, and with their instances.
fn report_controls(text: &str) -> ((usize, usize), (usize, usize)) {
    let (mut elements, mut instances) = ((0, 0), (0, 0));
    let xml = roxmltree::Document::parse(text).unwrap();
    for node in xml.descendants() {
        if node.tag_name().name() != "ReportControl" {
            continue;
        }
        let max = node
            .children()
            .find(|child| child.tag_name().name() == "RptEnabled")
            .and_then(|enabled| enabled.attribute("max")?.parse().ok())
            .unwrap_or(1);
        let copies = match node.attribute("indexed") {
            Some("false") => 1,
            _ => max,
        };
        if node.attribute("buffered") == Some("true") {
            elements.0 += 1;
            instances.0 += copies;
        } else {
            elements.1 += 1;
            instances.1 += copies;
        }
    }
    (elements, instances)
}

/// All models of a file, and the IEDs that are refused.
fn load_all(path: &Path) -> Result<(Vec<IedModel>, Vec<SclError>, usize), SclError> {
    let document = SclDocument::parse_file(path)?;
    let (mut models, mut refused) = (vec![], vec![]);
    let mut warnings = document.warnings().len();
    for ied in document.ieds() {
        for access in ied.access_points.iter().filter(|access| access.has_server) {
            match document.instantiate(Some(&ied.name), Some(&access.name)) {
                Ok(instance) => {
                    warnings += instance.warnings.len();
                    models.push(instance.model);
                }
                Err(error) => refused.push(error),
            }
        }
    }
    Ok((models, refused, warnings))
}

/// The rows of the tables in the README: file, and the numbers behind it.
fn readme_rows(folder: &Path) -> BTreeMap<String, (Counts, String)> {
    let readme = std::fs::read_to_string(folder.join("../README.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in readme.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        // | file | origin | licence | edition | bytes | IED | LD | LN | DO | DS | RCB | ...
        if cells.len() < 17 || !cells[1].starts_with('`') {
            continue;
        }
        let number = |index: usize| cells[index].parse::<usize>().unwrap_or(0);
        let (buffered, unbuffered) = cells[11]
            .split_once('(')
            .and_then(|(_, kinds)| kinds.trim_end_matches(')').split_once('+'))
            .map_or((0, 0), |(b, u)| (b.parse().unwrap(), u.parse().unwrap()));
        let counts = Counts {
            devices: number(7),
            nodes: number(8),
            objects: number(9),
            data_sets: number(10),
            buffered,
            unbuffered,
            goose: number(12),
            sampled_values: number(13),
            logs: number(14),
            setting_groups: number(15),
        };
        let file = cells[1].trim_matches('`').to_string();
        rows.insert(file, (counts, cells[4].to_string()));
    }
    rows
}

#[test]
fn counts_are_those_of_the_readme() {
    let Some(folder) = shared() else { return };
    let rows = readme_rows(&folder);
    assert!(rows.len() > 60, "{}", rows.len());
    let mut compared = 0;
    for (file, (expected, edition)) in rows {
        let path = folder.join(&file);
        let (models, refused, warnings) = match load_all(&path) {
            Ok(loaded) => loaded,
            Err(error) => {
                // Not XML at all.
                let broken = ["edge/mismatched-tag.scd", "edge/not-xml.iid", "edge/truncated.scd"];
                assert!(broken.contains(&file.as_str()), "{error}");
                assert!(matches!(error, SclError::Xml { .. }), "{error:?}");
                continue;
            }
        };
        let mut total = Counts::default();
        for model in &models {
            total += count(model);
        }
        println!("{file}: {edition}, {total:?}, refused {}, warnings {warnings}", refused.len());
        if total != expected { println!("   EXPECTED {expected:?} {:?}", report_controls(&std::fs::read_to_string(&path).unwrap_or_default())); }
        compared += 1;
    }
    println!("{compared}");
}
