//! The models that are served: plain measurement nodes, as many as a row needs, in the .cfg format.

use std::fmt::Write as _;

/// Logical nodes in each logical device, LLN0 counted.
const NODES_PER_DEVICE: usize = 100;
/// Members of the data set.
pub(super) const DATA_SET_MEMBERS: usize = 100;
const IED: &str = "BENCH";
/// The data set of the first device.
pub(super) const DATA_SET: &str = "LLN0$dsFloat";
/// The first logical node with floats.
pub(super) const FIRST_NODE: &str = "MMXU1";
/// A float that each logical node but LLN0 has.
pub(super) const FLOAT_OF_NODE: &str = "MX$TotW$mag$f";

// Numbers of types, functional constraints and trigger options in the .cfg format.
const ENUMERATED: u8 = 12;
const INT32: u8 = 3;
const FLOAT32: u8 = 10;
const TIMESTAMP: u8 = 22;
const QUALITY: u8 = 23;
const VISIBLE_255: u8 = 20;
const CONSTRUCTED: u8 = 27;
const ST: Constraint = Constraint {
    number: 0,
    name: "ST",
};
const MX: Constraint = Constraint {
    number: 1,
    name: "MX",
};
const CF: Constraint = Constraint {
    number: 4,
    name: "CF",
};
const DC: Constraint = Constraint {
    number: 5,
    name: "DC",
};
const DATA_CHANGED: u8 = 1;
const QUALITY_CHANGED: u8 = 2;

#[derive(Clone, Copy, PartialEq)]
struct Constraint {
    number: u8,
    name: &'static str,
}

/// One logical device as a client must see it.
pub(super) struct Device {
    /// The MMS domain.
    pub(super) domain: String,
    /// Names of the logical nodes.
    pub(super) nodes: Vec<String>,
    /// How many names a name list of the domain's variables has.
    pub(super) variables: usize,
}

/// A generated model.
pub(super) struct Model {
    /// The text of the .cfg file.
    pub(super) text: String,
    pub(super) devices: Vec<Device>,
}

impl Model {
    /// A model of `nodes` logical nodes (LLN0s counted, at least 10); the first device has the data set.
    pub(super) fn new(nodes: usize) -> Self {
        let mut text = format!("MODEL({IED}){{\n");
        let mut devices = Vec::new();
        let common = [mode(), status("Beh"), status("Health"), name_plate()];
        let measured = measurements();
        let mut left = nodes;
        while left > 0 {
            let here = left.min(NODES_PER_DEVICE);
            left -= here;
            let instance = format!("LD{}", devices.len());
            let mut device = Device {
                domain: format!("{IED}{instance}"),
                nodes: Vec::new(),
                variables: 0,
            };
            let _ = writeln!(text, "LD({instance}){{");
            for index in 0..here {
                let name = if index == 0 {
                    "LLN0".to_owned()
                } else {
                    format!("MMXU{index}")
                };
                let _ = writeln!(text, "LN({name}){{");
                let objects = || {
                    common.iter().chain(if index == 0 {
                        [].iter()
                    } else {
                        measured.iter()
                    })
                };
                objects().for_each(|object| object.write(&mut text));
                if index == 0 && devices.is_empty() {
                    write_data_set(&mut text);
                }
                text.push_str("}\n");
                device.variables += 1;
                for constraint in [ST, MX, CF, DC] {
                    let names: usize = objects().map(|object| object.names(constraint)).sum();
                    device.variables += if names > 0 { names + 1 } else { 0 };
                }
                device.nodes.push(name);
            }
            text.push_str("}\n");
            devices.push(device);
        }
        text.push_str("}\n");
        Self { text, devices }
    }

    /// A model whose first device has a data set of one float and `blocks` unbuffered report control blocks for it. They say nothing but
    /// the sequence number, and report every change at once.
    pub(super) fn with_reports(blocks: usize) -> Self {
        let mut model = Self::new(10);
        let mut text = format!("DS(dsReport){{\nDE({FIRST_NODE}${FLOAT_OF_NODE});\n}}\n");
        for block in 1..=blocks {
            let name = report_block(block);
            let _ = writeln!(text, "RC({name} - 0 dsReport 1 {DATA_CHANGED} 1 0 0)");
        }
        // The first logical node is LLN0; its data set is followed by the end of the node.
        if let Some(end) = model.text.find("}\nLN(") {
            model.text.insert_str(end, &text);
        }
        model
    }

    /// The MMS domain of the first device.
    pub(super) fn first_domain(&self) -> &str {
        self.devices.first().map_or("", |device| &device.domain)
    }
}

/// The name of a report control block, counted from 1.
pub(super) fn report_block(number: usize) -> String {
    format!("urcb{number:03}")
}

fn write_data_set(text: &mut String) {
    text.push_str("DS(dsFloat){\n");
    let floats = measurements();
    let per_node = floats.iter().flat_map(Node::floats).collect::<Vec<_>>();
    let members = (1..).flat_map(|node| {
        per_node
            .iter()
            .map(move |path| format!("MMXU{node}$MX${path}"))
    });
    for member in members.take(DATA_SET_MEMBERS) {
        let _ = writeln!(text, "DE({member});");
    }
    text.push_str("}\n");
}

/// A data object or data attribute.
#[derive(Clone)]
enum Node {
    Object {
        name: &'static str,
        children: Vec<Node>,
    },
    Attribute {
        name: &'static str,
        kind: u8,
        constraint: Constraint,
        triggers: u8,
        children: Vec<Node>,
    },
}

impl Node {
    fn name(&self) -> &'static str {
        match self {
            Node::Object { name, .. } | Node::Attribute { name, .. } => name,
        }
    }

    fn children(&self) -> &[Node] {
        match self {
            Node::Object { children, .. } | Node::Attribute { children, .. } => children,
        }
    }

    fn write(&self, text: &mut String) {
        let _ = match self {
            Node::Object { name, .. } => write!(text, "DO({name} 0)"),
            Node::Attribute {
                name,
                kind,
                constraint,
                triggers,
                ..
            } => {
                write!(
                    text,
                    "DA({name} 0 {kind} {} {triggers} 0)",
                    constraint.number
                )
            }
        };
        if self.children().is_empty() {
            text.push_str(";\n");
        } else {
            text.push_str("{\n");
            self.children().iter().for_each(|child| child.write(text));
            text.push_str("}\n");
        }
    }

    /// How many variable names this node and those beneath it add under a functional constraint.
    fn names(&self, wanted: Constraint) -> usize {
        let below: usize = self
            .children()
            .iter()
            .map(|child| child.names(wanted))
            .sum();
        let own = match self {
            Node::Object { .. } => below > 0,
            Node::Attribute { constraint, .. } => *constraint == wanted,
        };
        below + usize::from(own)
    }

    /// Paths of the floats of this node, itself included.
    fn floats(&self) -> Vec<String> {
        if let Node::Attribute {
            kind: FLOAT32,
            constraint: MX,
            name,
            ..
        } = self
        {
            return vec![(*name).to_owned()];
        }
        let below = self.children().iter().flat_map(Node::floats);
        below
            .map(|path| format!("{}${path}", self.name()))
            .collect()
    }
}

fn object(name: &'static str, children: Vec<Node>) -> Node {
    Node::Object { name, children }
}

fn leaf(name: &'static str, kind: u8, constraint: Constraint, triggers: u8) -> Node {
    Node::Attribute {
        name,
        kind,
        constraint,
        triggers,
        children: Vec::new(),
    }
}

fn constructed(
    name: &'static str,
    constraint: Constraint,
    triggers: u8,
    children: Vec<Node>,
) -> Node {
    Node::Attribute {
        name,
        kind: CONSTRUCTED,
        constraint,
        triggers,
        children,
    }
}

fn status(name: &'static str) -> Node {
    object(
        name,
        vec![
            leaf("stVal", ENUMERATED, ST, DATA_CHANGED),
            quality(ST),
            leaf("t", TIMESTAMP, ST, 0),
        ],
    )
}

fn quality(constraint: Constraint) -> Node {
    leaf("q", QUALITY, constraint, QUALITY_CHANGED)
}

fn mode() -> Node {
    let Node::Object { name, mut children } = status("Mod") else {
        unreachable!("a status is a data object")
    };
    children.push(leaf("ctlModel", ENUMERATED, CF, 0));
    object(name, children)
}

fn name_plate() -> Node {
    object(
        "NamPlt",
        ["vendor", "swRev", "d"]
            .map(|name| leaf(name, VISIBLE_255, DC, 0))
            .to_vec(),
    )
}

/// Five totals and two three-phase groups: 49 leaves, with the common objects 62 for each logical node.
fn measurements() -> Vec<Node> {
    let float = |name| {
        constructed(
            name,
            MX,
            DATA_CHANGED,
            vec![leaf("f", FLOAT32, MX, DATA_CHANGED)],
        )
    };
    let total = |name| {
        let units = constructed("units", CF, 0, vec![leaf("SIUnit", ENUMERATED, CF, 0)]);
        object(
            name,
            vec![
                float("mag"),
                quality(MX),
                leaf("t", TIMESTAMP, MX, 0),
                units,
                leaf("db", INT32, CF, 0),
            ],
        )
    };
    let phase = |name| {
        let value = constructed("cVal", MX, DATA_CHANGED, vec![float("mag"), float("ang")]);
        object(name, vec![value, quality(MX), leaf("t", TIMESTAMP, MX, 0)])
    };
    let group = |name| object(name, ["phsA", "phsB", "phsC"].map(phase).to_vec());
    let mut all = ["TotW", "TotVAr", "TotVA", "TotPF", "Hz"]
        .map(total)
        .to_vec();
    all.extend(["PhV", "A"].map(group));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_counted_over_all_devices() {
        let model = Model::new(250);
        assert_eq!(model.devices.len(), 3);
        assert_eq!(
            model
                .devices
                .iter()
                .map(|device| device.nodes.len())
                .sum::<usize>(),
            250
        );
        assert_eq!(model.text.matches("\nLN(").count(), 250);
        assert_eq!(model.first_domain(), "BENCHLD0");
    }

    #[test]
    fn data_set_has_a_hundred_distinct_floats() {
        let model = Model::new(10);
        let members = model
            .text
            .lines()
            .filter(|line| line.starts_with("DE("))
            .collect::<std::collections::BTreeSet<_>>();
        assert_eq!(members.len(), DATA_SET_MEMBERS);
        assert!(members.contains(format!("DE({FIRST_NODE}${FLOAT_OF_NODE});").as_str()));
    }

    #[test]
    fn braces_are_balanced() {
        for model in [Model::new(10), Model::with_reports(3)] {
            assert_eq!(
                model.text.matches('{').count(),
                model.text.matches('}').count()
            );
        }
    }

    #[test]
    fn report_control_blocks_are_in_the_first_node() {
        let text = Model::with_reports(2).text;
        let (first, others) = text.split_once("\nLN(MMXU1)").unwrap();
        assert_eq!(first.matches("\nRC(urcb00").count(), 2);
        assert!(first.contains("DS(dsReport){\nDE(MMXU1$MX$TotW$mag$f);\n}"));
        assert!(!others.contains("RC("));
    }

    #[test]
    fn variables_of_a_device_are_all_levels_of_its_nodes() {
        // LLN0: itself, ST with Mod, Beh, Health of 3, CF with Mod$ctlModel, DC with NamPlt of 3.
        let lln0 = 1 + (1 + 3 * 4) + (1 + 2) + (1 + 4);
        // MMXU: as LLN0, MX with 5 totals of 5 names and 2 groups of 3 phases of 8, CF of 5 totals with 4 names.
        let mmxu = lln0 + (1 + 5 * 5 + 2 * (1 + 3 * 8)) + 5 * 4;
        let model = Model::new(10);
        assert_eq!(model.devices[0].variables, lln0 + 9 * mmxu);
    }
}
