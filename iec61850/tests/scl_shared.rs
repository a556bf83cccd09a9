//! SCL files of real devices and tools, from the folder `shared/data/scl` beside the repository.
//! Where that folder is not there these tests do nothing; `scl_documents.rs` and
//! `scl_config_file.rs` have own files for what is asserted here.

use iec61850::scl::{ConfigFileError, SclDocument, SclError, SclOptions};
use iec61850::{IedModel, ModelNode, ModelNodeExt};
use roxmltree::Node;
use std::collections::{BTreeMap, HashMap};
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

/// All SCL files, edge cases and derived ones included.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for sub in ["", "edge", "derived"] {
        for entry in std::fs::read_dir(folder.join(sub)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    files
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
    log_controls: usize,
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
        self.log_controls += other.log_controls;
        self.setting_groups += other.setting_groups;
    }
}

fn count_model(model: &IedModel) -> Counts {
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
            counts.log_controls += node.log_control_blocks().len();
            counts.setting_groups += usize::from(node.setting_group_control_block().is_some());
        }
    }
    counts
}

/// Counts the elements below `root`; with `instances`, report controls as often as they are
/// instantiated.
fn count_xml(root: Node<'_, '_>, types: &HashMap<&str, usize>, instances: bool) -> Counts {
    let mut counts = Counts::default();
    for node in root.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "LDevice" => counts.devices += 1,
            "LN0" | "LN" => {
                counts.nodes += 1;
                let id = node.attribute("lnType").unwrap_or_default();
                counts.objects += types.get(id).copied().unwrap_or(0);
            }
            "DataSet" => counts.data_sets += 1,
            "ReportControl" => {
                let max = node
                    .children()
                    .find(|child| child.tag_name().name() == "RptEnabled")
                    .and_then(|enabled| enabled.attribute("max")?.parse().ok())
                    .unwrap_or(1);
                let copies = match node.attribute("indexed") {
                    _ if !instances => 1,
                    Some("false") => 1,
                    _ => max,
                };
                if node.attribute("buffered") == Some("true") {
                    counts.buffered += copies;
                } else {
                    counts.unbuffered += copies;
                }
            }
            "GSEControl" => counts.goose += 1,
            "SampledValueControl" => counts.sampled_values += 1,
            "LogControl" => counts.log_controls += 1,
            "SettingControl" => counts.setting_groups += 1,
            _ => {}
        }
    }
    counts
}

fn data_objects_of_types<'a>(xml: &'a roxmltree::Document<'a>) -> HashMap<&'a str, usize> {
    let mut types = HashMap::new();
    for node in xml.descendants() {
        if node.tag_name().name() == "LNodeType" {
            let objects = node
                .children()
                .filter(|child| child.tag_name().name() == "DO")
                .count();
            types
                .entry(node.attribute("id").unwrap_or_default())
                .or_insert(objects);
        }
    }
    types
}

/// The rows of the tables in the README: file, and the numbers behind it.
fn readme_rows(folder: &Path) -> BTreeMap<String, Counts> {
    let readme = std::fs::read_to_string(folder.join("../README.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in readme.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        // | file | origin | licence | edition | bytes | IED | LD | LN | DO | DS | RCB | ...
        if cells.len() < 17 || !cells[1].starts_with('`') || cells[6] == "-" {
            continue;
        }
        let number = |index: usize| cells[index].parse::<usize>().unwrap();
        let (_, kinds) = cells[11].split_once('(').unwrap();
        let (buffered, unbuffered) = kinds.trim_end_matches(')').split_once('+').unwrap();
        let counts = Counts {
            devices: number(7),
            nodes: number(8),
            objects: number(9),
            data_sets: number(10),
            buffered: buffered.parse().unwrap(),
            unbuffered: unbuffered.parse().unwrap(),
            goose: number(12),
            sampled_values: number(13),
            log_controls: number(14),
            setting_groups: number(15),
        };
        rows.insert(cells[1].trim_matches('`').to_string(), counts);
    }
    rows
}

/// Where a model has less than its IED, and why.
const LESS: [(&str, &str, usize, usize); 2] = [
    // Two logical nodes LGOS3 in one logical device.
    ("danyill-supervisions.scd", "GOOSE_Subscriber4", 1, 6),
    // Data objects with `Name` instead of `name`.
    ("edge/wrong-version.scd", "IED_NAME", 0, 3),
];

/// IEDs with a server that are refused: none of their types is there.
const REFUSED: [(&str, &str, u32); 6] = [
    ("edge/broken-references.scd", "IED1", 18),
    ("edge/duplicate-ied.iid", "IED2", 27),
    ("edge/nr-pcs221s-no-dtt.scd", "IED1", 49),
    ("omicron-isio200.scd", "IED1", 162),
    ("sel-esel-desc.scd", "IED1", 14),
    ("sel-esel-desc.scd", "IED2", 44),
];

#[test]
fn counts_are_those_of_the_readme() {
    let Some(folder) = shared() else { return };
    let rows = readme_rows(&folder);
    assert!(rows.len() > 60, "{}", rows.len());
    let (mut models, mut refused) = (0, 0);
    for (file, expected) in rows {
        let path = folder.join(&file);
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let xml = roxmltree::Document::parse(text).unwrap();
        let types = data_objects_of_types(&xml);
        assert_eq!(count_xml(xml.root(), &types, false), expected, "{file}");

        let document = SclDocument::parse_file(&path).unwrap();
        for ied in xml
            .descendants()
            .filter(|node| node.tag_name().name() == "IED")
        {
            let name = ied.attribute("name").unwrap();
            let mut expected = Counts::default();
            for server in ied
                .descendants()
                .filter(|node| node.tag_name().name() == "Server")
            {
                for device in server
                    .children()
                    .filter(|n| n.tag_name().name() == "LDevice")
                {
                    expected += count_xml(device, &types, true);
                }
            }
            for (_, _, nodes, objects) in LESS.iter().filter(|l| l.0 == file && l.1 == name) {
                expected.nodes -= nodes;
                expected.objects -= objects;
            }
            let mut found = Counts::default();
            for summary in document
                .ieds()
                .iter()
                .filter(|summary| summary.name == name)
            {
                for access in summary.access_points.iter().filter(|a| a.has_server) {
                    match document.instantiate(Some(name), Some(&access.name)) {
                        Ok(instance) => {
                            found += count_model(&instance.model);
                            models += 1;
                        }
                        Err(SclError::Invalid { location, reason }) => {
                            let entry = (file.as_str(), name, location.line);
                            assert!(REFUSED.contains(&entry), "{location}: {reason}");
                            expected = Counts::default();
                            refused += 1;
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }
            assert_eq!(found, expected, "{file} {name}");
        }
    }
    assert_eq!((models, refused), (132, REFUSED.len()));
}

#[test]
fn broken_xml_is_refused_with_its_place() {
    let Some(folder) = shared() else { return };
    for (file, line) in [
        ("edge/mismatched-tag.scd", 10),
        ("edge/not-xml.iid", 1),
        ("edge/truncated.scd", 6),
    ] {
        match SclDocument::parse_file(folder.join(file)) {
            Err(SclError::Xml { location, .. }) => {
                assert!(location.file.ends_with(file));
                assert_eq!(location.line, line);
            }
            other => panic!("{file}: {other:?}"),
        }
    }
}

#[test]
fn derived_files_are_the_same_model() {
    let Some(folder) = shared() else { return };
    let load = |path: &Path| {
        SclDocument::parse_file(path)
            .unwrap()
            .model(None, None)
            .unwrap()
    };
    let original = load(&folder.join("bean-sample01.icd"));
    let mut derived = 0;
    for entry in std::fs::read_dir(folder.join("derived")).unwrap() {
        let path = entry.unwrap().path();
        let model = load(&path);
        assert!(model.structurally_equal(&original), "{}", path.display());
        derived += 1;
    }
    assert_eq!(derived, 5);
}

/// The text of a model without what a model file does not say: common data classes, enumerations,
/// values of setting groups and numbers of ASDUs.
fn without_scl_only(model: &IedModel) -> Vec<String> {
    let mut lines = vec![];
    for line in model.dump().lines() {
        let mut words: Vec<&str> = line.split(' ').collect();
        let start = words.iter().position(|word| !word.is_empty()).unwrap();
        match words[start] {
            "DO" => words.truncate(start + 2),
            "DA" if words.get(start + 3) == Some(&"ENUMERATED") => {
                let name = words.get(start + 4).copied();
                if name.is_some_and(|word| !["trg", "sAddr", "="].contains(&word)) {
                    words.remove(start + 4);
                }
            }
            word if word.ends_with("group") => continue,
            "MSVCB" | "USVCB" => {
                let asdus = words.iter().position(|word| *word == "asdus").unwrap();
                words.remove(asdus + 1);
            }
            _ => {}
        }
        lines.push(words.join(" "));
    }
    lines
}

#[test]
fn models_go_through_model_files_and_back() {
    let Some(folder) = shared() else { return };
    let (mut there_and_back, mut not_expressible) = (0, vec![]);
    for path in files(&folder) {
        let Ok(document) = SclDocument::parse_file(&path) else {
            continue;
        };
        for ied in document.ieds() {
            let Ok(model) = document.model(Some(&ied.name), None) else {
                continue;
            };
            let text = match model.to_config() {
                Ok(text) => text,
                Err(ConfigFileError::NotExpressible { reference, what }) => {
                    not_expressible.push(format!("{reference}: {what}"));
                    continue;
                }
                Err(other) => panic!("{other}"),
            };
            let back = IedModel::from_config(&text)
                .unwrap_or_else(|error| panic!("{} {}: {error}", path.display(), ied.name));
            assert_eq!(without_scl_only(&back), without_scl_only(&model));
            assert_eq!(back.to_config().unwrap(), text);
            there_and_back += 1;
        }
    }
    assert_eq!(not_expressible, Vec::<String>::new());
    assert_eq!(there_and_back, 137);
}

#[test]
fn model_files_are_read_and_written() {
    let Some(folder) = shared() else { return };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("cfg"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.push(folder.join("../golden/tools/golden.cfg"));
    assert_eq!(paths.len(), 8);
    for path in paths {
        let model = IedModel::create_from_config_file(&path).unwrap();
        let text = model.to_config().unwrap();
        let back = IedModel::from_config(&text).unwrap();
        assert!(back.structurally_equal(&model), "{}", path.display());
        // Apart from blanks and semicolons it is the same text, where we write nothing else.
        let original = std::fs::read_to_string(&path).unwrap();
        let plain = |text: &str| -> Vec<String> {
            text.lines()
                .map(|line| line.trim().trim_end_matches(';').replace(" )", ")"))
                .filter(|line| !line.is_empty())
                .map(|line| line.replace("-1 -1", "500 5000"))
                .collect()
        };
        let (mut a, mut b) = (plain(&original), plain(&text));
        a.sort();
        b.sort();
        assert_eq!(a, b, "{}", path.display());
    }
}

/// The generator of libiec61850 has made these model files from these SCL files.
#[test]
fn models_are_those_of_the_generator() {
    let Some(folder) = shared() else { return };
    for (scl, cfg, ied) in [
        ("libiec-config-goose.cid", "libiec-config-goose.cfg", None),
        ("libiec-control-tests.cid", "control-tests.cfg", None),
        ("libiec-complex-model.cid", "complex-model.cfg", None),
        (
            "robidev-open-substation.scd",
            "robidev-ied1-xcbr.cfg",
            Some("IED1_XCBR"),
        ),
        (
            "robidev-open-substation.scd",
            "robidev-ied2-ptoc.cfg",
            Some("IED2_PTOC"),
        ),
        (
            "robidev-open-substation.scd",
            "robidev-ied3-smv.cfg",
            Some("IED3_SMV"),
        ),
        (
            "robidev-protection-relay.scd",
            "robidev-prot-relais.cfg",
            None,
        ),
    ] {
        let document = SclDocument::parse_file(folder.join(scl)).unwrap();
        let model = document.model(ied, None).unwrap();
        let generated = IedModel::create_from_config_file(folder.join("cfg").join(cfg)).unwrap();
        // The schema says that a control block without the attribute is multicast, the generator
        // takes it for unicast.
        let as_schema = |line: String| line.replace("USVCB MSVCB01", "MSVCB MSVCB01");
        let generated: Vec<String> = without_scl_only(&generated)
            .into_iter()
            .map(as_schema)
            .collect();
        assert_eq!(without_scl_only(&model), generated, "{scl}");
    }
}

#[test]
fn strict_reading_refuses_what_is_left_out_otherwise() {
    let Some(folder) = shared() else { return };
    let mut options = SclOptions::default();
    options.strict = true;
    let path = folder.join("multivendor-demo-substation.scd");
    let document = SclDocument::parse_file_with(&path, &options).unwrap();
    let error = document.model(Some("MU_FieldA"), None).unwrap_err();
    assert!(matches!(error, SclError::Invalid { .. }));
    assert!(document.model(Some("Relay_VELDB"), None).is_ok());
}
