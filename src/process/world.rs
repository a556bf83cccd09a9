//! All of a model that moves.

use super::controls::{Order, Target};
use super::grid::Grid;
use super::measurement::Measurement;
use super::outputs::Output;
use super::points::{Counter, Indication};
use super::protection::{Protection, TripConditioning};
use super::shown::{Shown, Value, leaf};
use super::switch::Switch;
use crate::random::Random;
use iec61850::{
    DataAttribute, DataAttributeType, DataObject, Error, FunctionalConstraint as Fc, IedModel,
    IedServer, LogicalDevice, LogicalNode, ModelNode, ModelNodeExt, Timestamp,
};

/// Elements of an array that move; further ones stay.
const ELEMENTS: u32 = 32;
/// How many measurements are shown in one step of the process.
const MEASUREMENTS: usize = 100;
/// Steps until all measurements are shown: at least, and at most.
const ROUND: (usize, usize) = (2, 10);

/// The network, and what the device shows of it.
pub(super) struct World {
    random: Random,
    grid: Grid,
    measurements: Vec<Measurement>,
    counters: Vec<Counter>,
    indications: Vec<Indication>,
    pub(super) switches: Vec<Switch>,
    /// All that can be controlled and is no switch.
    pub(super) outputs: Vec<Output>,
    protections: Vec<Protection>,
    trips: Vec<TripConditioning>,
    /// Values that devices in service have and files leave out: Beh and Mod on, Health ok.
    constants: Vec<Shown>,
    /// Times of values that do not change.
    times: Vec<DataAttribute>,
    steps: usize,
}

impl World {
    pub(super) fn new(model: &IedModel, seed: u32, faults: bool) -> Self {
        let mut world = World {
            random: Random::new(seed),
            grid: Grid::new(faults),
            measurements: Vec::new(),
            counters: Vec::new(),
            indications: Vec::new(),
            switches: Vec::new(),
            outputs: Vec::new(),
            protections: Vec::new(),
            trips: Vec::new(),
            constants: Vec::new(),
            times: Vec::new(),
            steps: 0,
        };
        let (mut controllers, mut interlocking) = (Vec::new(), Vec::new());
        for device in model.logical_devices() {
            for node in device.logical_nodes() {
                let class = class(node.name());
                world.add_node(&node, class);
                match class {
                    "CSWI" => controllers.extend(node.child_object("Pos")),
                    "CILO" => {
                        interlocking
                            .extend(["EnaOpn", "EnaCls"].map(|name| node.child_object(name)));
                    }
                    _ => {}
                }
            }
        }
        for position in controllers {
            world.add_controller(&position);
        }
        for enabled in interlocking.into_iter().flatten() {
            if let Some(switch) = world.switch_of(&enabled) {
                switch.enables(&enabled);
            }
        }
        world
    }

    fn add_node(&mut self, node: &LogicalNode, class: &str) {
        match class {
            "XCBR" | "XSWI" => {
                let position = node.child_object("Pos").ok();
                let switch = position.and_then(|position| Switch::new(&position, class == "XCBR"));
                self.switches.extend(switch);
            }
            "PTRC" => self.trips.push(TripConditioning::find(node)),
            _ if class.starts_with('P') => self.protections.extend(Protection::find(node, class)),
            _ => {}
        }
        for child in node.children() {
            if let ModelNode::DataObject(object) = child {
                self.add_object(&object, class, None);
            }
        }
    }

    fn add_object(&mut self, object: &DataObject, class: &str, outer: Option<&str>) {
        if object.array_count() > 0 {
            for index in 0..object.array_count().min(ELEMENTS) {
                if let Some(element) = object.element(index) {
                    self.add_object(&element, class, outer);
                }
            }
            return;
        }
        for fc in [Fc::ST, Fc::MX] {
            let t = leaf(object, "t", fc);
            self.times
                .extend(t.filter(|t| t.attribute_type() == DataAttributeType::Timestamp));
        }
        if let Some(measurement) = Measurement::find(object, outer, &mut self.random) {
            self.measurements.push(measurement);
        } else if let Some(counter) = Counter::find(object, &mut self.random) {
            self.counters.push(counter);
        } else if matches!(class, "GGIO" | "CALH") {
            self.indications.extend(Indication::find(object));
        }
        let is_position = matches!(class, "XCBR" | "XSWI" | "CSWI") && object.name() == "Pos";
        if !is_position {
            self.outputs.extend(Output::find(object));
        }
        if matches!(object.name(), "Mod" | "Beh" | "Health" | "PhyHealth")
            && let Some(shown) = Shown::find(object, "stVal", Fc::ST)
            && shown.value.initial_value().and_then(|v| v.to_int64().ok()) == Some(0)
        {
            self.constants.push(shown);
        }
        for child in object.children() {
            if let ModelNode::DataObject(part) = child {
                self.add_object(&part, class, Some(object.name()));
            }
        }
    }

    /// A controller (CSWI) shows the switch it belongs to; without one it is a switch of its own.
    fn add_controller(&mut self, position: &DataObject) {
        match self.switch_of(position) {
            Some(switch) => switch.also(position),
            None => self.switches.extend(Switch::new(position, false)),
        }
    }

    /// The switch of the logical device with the same prefix and number as the node of an object; where that is none, the only
    /// one with the same number.
    fn switch_of(&mut self, object: &DataObject) -> Option<&mut Switch> {
        let wanted = Location::of(object)?;
        let places: Vec<_> = self
            .switches
            .iter()
            .map(|switch| switch.objects.first().and_then(Location::of))
            .collect();
        let matching = |same: fn(&Location, &Location) -> bool| {
            let mut found = places.iter().enumerate().filter_map(|(number, place)| {
                place
                    .as_ref()
                    .filter(|place| same(place, &wanted))
                    .map(|_| number)
            });
            let first = found.next()?;
            found.next().is_none().then_some(first)
        };
        let number = matching(|one, other| one == other)
            .or_else(|| matching(|one, other| one.is_beside(other)))?;
        self.switches.get_mut(number)
    }

    /// Shows the first state.
    pub(super) fn begin(&mut self, server: &IedServer) -> Result<(), Error> {
        let _all_at_once = server.lock_data_model();
        let now = Timestamp::now();
        for constant in &self.constants {
            constant.set(server, Value::Integer(1), &now)?;
        }
        for t in &self.times {
            server.update_timestamp(t, &now)?;
        }
        for switch in &self.switches {
            switch.show(server, &now)?;
        }
        self.grid.step(0.0, self.is_supplied(), &mut self.random);
        for measurement in &self.measurements {
            measurement.show(server, &self.grid, &mut self.random, &now)?;
        }
        Ok(())
    }

    /// Whether current flows: through a breaker that is closed, or where there is none.
    fn is_supplied(&self) -> bool {
        let mut breakers = self
            .switches
            .iter()
            .filter(|switch| switch.is_breaker)
            .peekable();
        breakers.peek().is_none() || breakers.any(Switch::is_closed)
    }

    /// Goes on by so many seconds. Clients see all of it or nothing.
    pub(super) fn step(&mut self, server: &IedServer, seconds: f64) -> Result<(), Error> {
        let all_at_once = server.lock_data_model();
        let now = Timestamp::now();
        let mut done = Vec::new();
        let before = (self.is_supplied(), self.grid.fault);
        for switch in &mut self.switches {
            done.extend(switch.step(server, seconds, &now)?);
        }
        for output in &mut self.outputs {
            done.extend(output.step(server, seconds, &now)?);
        }
        let supplied = self.is_supplied();
        self.grid.step(seconds, supplied, &mut self.random);
        self.protect(server, seconds, &now)?;
        for counter in &mut self.counters {
            counter.step(server, &self.grid, seconds, &mut self.random, &now)?;
        }
        for indication in &self.indications {
            indication.step(server, seconds, &mut self.random, &now)?;
        }
        // What jumps is seen at once, and all the rest in turn.
        let jump = before != (supplied, self.grid.fault);
        if let Some(fault) = self.grid.fault.filter(|_| before.1.is_none()) {
            tracing::info!("a short circuit in {}", fault.name());
        }
        let round = (self.measurements.len() / MEASUREMENTS).clamp(ROUND.0, ROUND.1);
        self.steps += 1;
        for (i, measurement) in self.measurements.iter().enumerate() {
            if jump || i % round == self.steps % round {
                measurement.show(server, &self.grid, &mut self.random, &now)?;
            }
        }
        drop(all_at_once);
        for waiting in done {
            // Whoever has given up waiting needs no answer.
            let _ = waiting.send(Ok(()));
        }
        Ok(())
    }

    /// Begins to do what a client wants.
    pub(super) fn order(&mut self, server: &IedServer, order: Order) -> Result<(), Error> {
        match order.target {
            Target::Switch(number) => {
                if let Some(switch) = self.switches.get_mut(number) {
                    switch.operate(order.value.to_bool().unwrap_or_default(), order.waiting);
                    switch.show(server, &Timestamp::now())?;
                }
            }
            Target::Output(number) => {
                if let Some(output) = self.outputs.get_mut(number) {
                    output.operate(server, &order.value, order.waiting);
                }
            }
        }
        Ok(())
    }

    fn protect(&mut self, server: &IedServer, seconds: f64, now: &Timestamp) -> Result<(), Error> {
        let mut trips = false;
        for protection in &mut self.protections {
            trips |= protection.step(server, &self.grid, seconds, now)?;
        }
        let started = self.protections.iter().any(Protection::is_started);
        let operated = self.protections.iter().any(Protection::is_operated);
        for trip in &mut self.trips {
            trip.show(server, started, operated, now)?;
        }
        if trips {
            for switch in self.switches.iter_mut().filter(|s| s.is_breaker) {
                switch.trip();
                switch.show(server, now)?;
            }
        }
        Ok(())
    }
}

/// Where a data object is, as far as it tells what belongs together.
#[derive(PartialEq)]
struct Location {
    device: LogicalDevice,
    prefix: String,
    number: String,
}

impl Location {
    fn of(object: &DataObject) -> Option<Self> {
        let node = object.logical_node()?;
        let name = node.name();
        let without_number = name.trim_end_matches(|c: char| c.is_ascii_digit());
        Some(Location {
            device: node.logical_device(),
            prefix: without_number.strip_suffix(class(name))?.to_owned(),
            number: name.strip_prefix(without_number)?.to_owned(),
        })
    }

    /// The prefix may differ.
    fn is_beside(&self, other: &Location) -> bool {
        self.device == other.device && self.number == other.number
    }
}

/// The class of a logical node by its name: prefix, four capital letters, number.
fn class(name: &str) -> &str {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let start = name.len().saturating_sub(4);
    match name.get(start..) {
        Some(class) if class.len() == 4 => class,
        _ => "",
    }
}

#[cfg(test)]
mod tests;
