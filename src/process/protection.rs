//! Protection functions: they start, operate and reset (ACD, ACT).

use super::grid::{Grid, MAX_LOAD, MIN_VOLTAGE};
use super::shown::{Shown, Value, initial_number, leaf, multiplier, number};
use iec61850::{
    DataAttribute, DataObject, Error, FunctionalConstraint as Fc, IedServer, LogicalNode,
    ModelNodeExt, Timestamp,
};

/// Seconds from start to operation where the model does not say.
const DELAY: f64 = 0.3;
/// Seconds the operation is shown after the cause is gone.
const HOLD: f64 = 1.0;

/// A logical node that protects.
pub(super) struct Protection {
    start: Option<Shows>,
    operate: Option<Shows>,
    watches: Watches,
    delay: Option<DataAttribute>,
    state: State,
    phases: [bool; 3],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Quiet,
    /// Since so many seconds.
    Started(f64),
    /// The cause is gone since so many seconds.
    Operated(f64),
}

/// What makes it start.
enum Watches {
    Overcurrent(Threshold),
    Undervoltage(Threshold),
    /// A fault, whatever it measures to find one.
    Faults,
}

struct Threshold {
    value: DataAttribute,
    multiplier: f64,
}

/// A data object of class ACD or ACT.
struct Shows {
    general: Shown,
    phases: [Option<Shown>; 3],
    direction: Option<DataAttribute>,
}

impl Shows {
    fn find(node: &LogicalNode, name: &str) -> Option<Self> {
        let object = node.child_object(name).ok()?;
        let flag = |path: &str| Shown::find(&object, path, Fc::ST);
        Some(Shows {
            general: flag("general")?,
            phases: [flag("phsA"), flag("phsB"), flag("phsC")],
            direction: leaf(&object, "dirGeneral", Fc::ST),
        })
    }

    fn set(
        &self,
        server: &IedServer,
        on: bool,
        phases: [bool; 3],
        now: &Timestamp,
    ) -> Result<(), Error> {
        self.general.set(server, Value::Boolean(on), now)?;
        for (shown, phase) in self.phases.iter().zip(phases) {
            if let Some(shown) = shown {
                shown.set(server, Value::Boolean(on && phase), now)?;
            }
        }
        match &self.direction {
            // FaultDirectionKind: unknown, forward.
            Some(direction) => server.update_int32(direction, i32::from(on)),
            None => Ok(()),
        }
    }
}

/// The setting of a data object of class ASG or ING, wherever setting groups put it.
fn setting(node: &LogicalNode, name: &str, path: &str) -> Option<(DataObject, DataAttribute)> {
    let object = node.child_object(name).ok()?;
    let value = [Fc::SP, Fc::SG]
        .into_iter()
        .find_map(|fc| leaf(&object, path, fc))?;
    Some((object, value))
}

impl Protection {
    pub(super) fn find(node: &LogicalNode, class: &str) -> Option<Self> {
        let (start, operate) = (Shows::find(node, "Str"), Shows::find(node, "Op"));
        if start.is_none() && operate.is_none() {
            return None;
        }
        let threshold = |usual: fn(f64) -> bool| {
            let (object, value) = setting(node, "StrVal", "setMag.f")?;
            let multiplier = multiplier(&object);
            let initial = initial_number(&object, "setMag.f", value.fc())? * multiplier;
            // Settings may be relative to something the model does not say: these would have it started all the time.
            usual(initial).then_some(Threshold { value, multiplier })
        };
        let watches = match class {
            "PTOC" | "PIOC" => threshold(|amperes| amperes > MAX_LOAD).map(Watches::Overcurrent),
            "PTUV" => {
                threshold(|volts| volts > 0.0 && volts < MIN_VOLTAGE).map(Watches::Undervoltage)
            }
            _ => None,
        };
        Some(Protection {
            start,
            operate,
            watches: watches.unwrap_or(Watches::Faults),
            delay: setting(node, "OpDlTmms", "setVal").map(|(_, delay)| delay),
            state: State::Quiet,
            phases: [false; 3],
        })
    }

    fn delay(&self, server: &IedServer) -> f64 {
        let milliseconds = self.delay.as_ref();
        match milliseconds.and_then(|attribute| number(server, attribute)) {
            Some(milliseconds) if milliseconds > 0.0 => milliseconds / 1000.0,
            _ => DELAY,
        }
    }

    /// The phases in which there is a cause.
    fn causes(&self, server: &IedServer, grid: &Grid) -> [bool; 3] {
        let setting = |threshold: &Threshold| {
            number(server, &threshold.value).map(|value| value * threshold.multiplier)
        };
        match &self.watches {
            Watches::Overcurrent(threshold) => {
                let limit = setting(threshold).unwrap_or(f64::INFINITY);
                grid.currents.map(|current| current > limit)
            }
            Watches::Undervoltage(threshold) => {
                let limit = setting(threshold).unwrap_or(0.0);
                grid.voltages.map(|voltage| voltage < limit)
            }
            Watches::Faults => grid.fault.map_or([false; 3], |fault| fault.phases),
        }
    }

    /// Goes on by so many seconds. Whether it trips the breaker now.
    pub(super) fn step(
        &mut self,
        server: &IedServer,
        grid: &Grid,
        seconds: f64,
        now: &Timestamp,
    ) -> Result<bool, Error> {
        let causes = self.causes(server, grid);
        let cause = causes.contains(&true);
        let before = self.state;
        self.state = next(before, cause, self.delay(server), seconds);
        if cause {
            self.phases = causes;
        }
        let trips = is_operated(self.state) && !is_operated(before);
        if self.state != State::Quiet || before != State::Quiet {
            if let Some(start) = &self.start {
                start.set(server, cause, self.phases, now)?;
            }
            if let Some(operate) = &self.operate {
                operate.set(server, is_operated(self.state), self.phases, now)?;
            }
        }
        Ok(trips && self.operate.is_some())
    }

    pub(super) fn is_started(&self) -> bool {
        self.state != State::Quiet
    }

    pub(super) fn is_operated(&self) -> bool {
        is_operated(self.state)
    }
}

fn is_operated(state: State) -> bool {
    matches!(state, State::Operated(_))
}

/// The state some seconds later.
fn next(state: State, cause: bool, delay: f64, seconds: f64) -> State {
    match state {
        State::Quiet if cause => State::Started(0.0),
        // Sums of steps miss the delay by a hair.
        State::Started(since) if cause && since + seconds > delay - seconds / 10.0 => {
            State::Operated(0.0)
        }
        State::Started(since) if cause => State::Started(since + seconds),
        State::Operated(_) if cause => State::Operated(0.0),
        State::Operated(gone) if gone + seconds < HOLD => State::Operated(gone + seconds),
        _ => State::Quiet,
    }
}

/// A logical node PTRC, which sums up the others.
pub(super) struct TripConditioning {
    start: Option<Shows>,
    operate: Vec<Shows>,
    shown: (bool, bool),
}

impl TripConditioning {
    pub(super) fn find(node: &LogicalNode) -> Self {
        TripConditioning {
            start: Shows::find(node, "Str"),
            operate: ["Op", "Tr"]
                .into_iter()
                .filter_map(|name| Shows::find(node, name))
                .collect(),
            shown: (false, false),
        }
    }

    pub(super) fn show(
        &mut self,
        server: &IedServer,
        started: bool,
        operated: bool,
        now: &Timestamp,
    ) -> Result<(), Error> {
        if self.shown == (started, operated) {
            return Ok(());
        }
        self.shown = (started, operated);
        if let Some(start) = &self.start {
            start.set(server, started, [false; 3], now)?;
        }
        for operate in &self.operate {
            operate.set(server, operated, [false; 3], now)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The states while there is a cause from step 5 on, for so many steps of 100 ms.
    fn states(steps: std::ops::Range<usize>, delay: f64) -> Vec<State> {
        let mut states = vec![State::Quiet];
        for step in 0..60 {
            let state = states.last().copied().unwrap();
            states.push(next(state, steps.contains(&step), delay, 0.1));
        }
        states
    }

    #[test]
    fn it_operates_after_its_delay_and_resets() {
        let states = states(5..20, 0.5);
        let first = |wanted: fn(&State) -> bool| states.iter().position(wanted);
        assert_eq!(first(|state| matches!(state, State::Started(_))), Some(6));
        assert_eq!(first(|state| is_operated(*state)), Some(11));
        let reset = states.iter().rposition(|state| is_operated(*state));
        assert!(matches!(reset, Some(29..=31)), "{reset:?}");
    }

    #[test]
    fn what_is_gone_before_the_delay_does_nothing() {
        let states = states(5..9, 0.5);
        assert!(states.contains(&State::Started(0.0)));
        assert!(!states.iter().any(|state| is_operated(*state)));
        assert_eq!(states.last(), Some(&State::Quiet));
    }
}
