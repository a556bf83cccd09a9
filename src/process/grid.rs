//! The network around the device: a load that comes and goes, and now and then a fault.

use crate::random::Random;
use std::f64::consts::{SQRT_2, TAU};

/// Voltage between the conductors, in volts.
const VOLTAGE: f64 = 20_000.0;
const POWER_FACTOR: f64 = 0.95;
/// Mean current, in amperes.
const LOAD: f64 = 300.0;
/// How much the current comes and goes, in amperes, and how long that takes, in seconds.
const SWING: (f64, f64) = (80.0, 40.0);
/// The most current there is without a fault, in amperes.
pub(super) const MAX_LOAD: f64 = LOAD + SWING.0 + 5.0;
/// The least voltage of a conductor there is without a fault, in volts.
pub(super) const MIN_VOLTAGE: f64 = VOLTAGE / 1.8;
/// Seconds between two faults: at least, and on average beyond that.
const BETWEEN_FAULTS: (f64, f64) = (20.0, 40.0);

/// A short circuit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) phases: [bool; 3],
    /// How many times the load's current.
    factor: f64,
    /// Seconds until it is gone by itself.
    left: f64,
}

impl Fault {
    /// The phases, for people.
    pub(super) fn name(&self) -> String {
        let phases = ["phase A", "phase B", "phase C"]
            .into_iter()
            .zip(self.phases);
        let faulty: Vec<_> = phases
            .filter(|(_, faulty)| *faulty)
            .map(|(name, _)| name)
            .collect();
        faulty.join(", ")
    }
}

/// The state of the network where the device measures.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    /// Seconds since the start.
    pub(super) time: f64,
    /// In amperes.
    pub(super) currents: [f64; 3],
    /// Of the conductors to earth, in volts.
    pub(super) voltages: [f64; 3],
    pub(super) hertz: f64,
    pub(super) fault: Option<Fault>,
    /// Whether faults happen.
    faults: bool,
    quiet: f64,
}

impl Grid {
    pub(super) fn new(faults: bool) -> Self {
        Grid {
            time: 0.0,
            currents: [LOAD; 3],
            voltages: [VOLTAGE / 3_f64.sqrt(); 3],
            hertz: 50.0,
            fault: None,
            faults,
            quiet: BETWEEN_FAULTS.0,
        }
    }

    /// Goes on by so many seconds. Without supply no current flows.
    pub(super) fn step(&mut self, seconds: f64, supplied: bool, random: &mut Random) {
        self.time += seconds;
        self.change_fault(seconds, supplied, random);
        let load = LOAD + SWING.0 * (self.time * TAU / SWING.1).sin();
        for (i, (current, voltage)) in self.currents.iter_mut().zip(&mut self.voltages).enumerate()
        {
            let faulty = self
                .fault
                .filter(|fault| fault.phases.get(i) == Some(&true));
            let factor = faulty.map_or(1.0, |fault| fault.factor);
            // Drawn in any case, so that what follows does not depend on the breaker.
            let (of_current, of_voltage) = (random.noise(), random.noise());
            *current = if supplied {
                load * factor + of_current
            } else {
                0.0
            };
            let dip = if faulty.is_some() { 0.4 } else { 1.0 };
            *voltage = VOLTAGE / 3_f64.sqrt() * dip + 10.0 * of_voltage;
        }
        self.hertz = 50.0 + 0.02 * (self.time * TAU / 17.0).sin() + random.noise() / 1000.0;
    }

    fn change_fault(&mut self, seconds: f64, supplied: bool, random: &mut Random) {
        self.quiet -= seconds;
        let due = random.happens(BETWEEN_FAULTS.1, seconds);
        let new = Fault {
            phases: match (random.unit() * 5.0) as u8 {
                0 => [true, false, false],
                1 => [false, true, false],
                2 => [false, false, true],
                3 => [true, true, false],
                _ => [true; 3],
            },
            factor: random.between(3.0, 8.0),
            left: random.between(0.2, 1.5),
        };
        match &mut self.fault {
            // What the breaker has switched off is gone.
            Some(fault) if supplied && fault.left > seconds => fault.left -= seconds,
            Some(_) => {
                self.fault = None;
                self.quiet = BETWEEN_FAULTS.0;
            }
            None if self.faults && supplied && due && self.quiet <= 0.0 => self.fault = Some(new),
            None => {}
        }
    }

    /// Of one phase.
    fn volt_amperes(&self, phase: usize) -> f64 {
        let voltage = self.voltages.get(phase).copied().unwrap_or_default();
        voltage * self.currents.get(phase).copied().unwrap_or_default()
    }

    /// Magnitude and angle in degrees of a quantity.
    pub(super) fn value(&self, quantity: Quantity) -> (f64, f64) {
        let lag = -POWER_FACTOR.acos().to_degrees();
        let reactive = (1.0 - POWER_FACTOR * POWER_FACTOR).sqrt();
        let turned = |phase: usize| -120.0 * phase as f64;
        let of = |values: &[f64; 3], phase: usize| values.get(phase).copied().unwrap_or_default();
        let mean = |values: &[f64; 3]| values.iter().sum::<f64>() / 3.0;
        let apparent = |phase: Option<usize>| match phase {
            Some(phase) => self.volt_amperes(phase),
            None => (0..3).map(|phase| self.volt_amperes(phase)).sum(),
        };
        match quantity {
            Quantity::Frequency => (self.hertz, 0.0),
            Quantity::Current(Some(phase)) => (of(&self.currents, phase), turned(phase) + lag),
            Quantity::Current(None) => (mean(&self.currents), lag),
            Quantity::Voltage(Some(phase)) => (of(&self.voltages, phase), turned(phase)),
            Quantity::Voltage(None) => (mean(&self.voltages), 0.0),
            Quantity::LineVoltage(phase) => {
                let (one, other) = (
                    of(&self.voltages, phase),
                    of(&self.voltages, (phase + 1) % 3),
                );
                ((one + other) / 2.0 * 3_f64.sqrt(), turned(phase) + 30.0)
            }
            Quantity::Residual => {
                let [a, b, c] = self.currents;
                let most = a.max(b).max(c);
                (most - a.min(b).min(c), lag)
            }
            Quantity::Active(phase) => (apparent(phase) * POWER_FACTOR, 0.0),
            Quantity::Reactive(phase) => (apparent(phase) * reactive, 0.0),
            Quantity::Apparent(phase) => (apparent(phase), 0.0),
            Quantity::PowerFactor => (POWER_FACTOR, 0.0),
            Quantity::Impedance(phase) => {
                let current = of(&self.currents, phase);
                // An open line has no end of it: as much as devices show.
                let ohms = if current > 1.0 {
                    of(&self.voltages, phase) / current
                } else {
                    9_999.0
                };
                (ohms, -lag)
            }
            Quantity::SampledCurrent(phase) => (self.sample(of(&self.currents, phase), phase), 0.0),
            Quantity::SampledVoltage(phase) => (self.sample(of(&self.voltages, phase), phase), 0.0),
        }
    }

    /// The value of a sine at this time.
    fn sample(&self, effective: f64, phase: usize) -> f64 {
        effective * SQRT_2 * (self.time * TAU * self.hertz - TAU / 3.0 * phase as f64).sin()
    }
}

/// What is measured; the phases counted from 0, `None` is all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Quantity {
    Frequency,
    Current(Option<usize>),
    Voltage(Option<usize>),
    /// Between a conductor and the next.
    LineVoltage(usize),
    /// What flows back through earth.
    Residual,
    Active(Option<usize>),
    Reactive(Option<usize>),
    Apparent(Option<usize>),
    PowerFactor,
    Impedance(usize),
    SampledCurrent(usize),
    SampledVoltage(usize),
}

impl Quantity {
    /// The quantity by the names of a data object and of the part of it (IEC 61850-7-4), and by its unit.
    pub(super) fn of(object: &str, part: Option<&str>, unit: Option<f64>) -> Option<Self> {
        let phase = part.and_then(|part| match part {
            "phsA" | "phsAB" => Some(0),
            "phsB" | "phsBC" => Some(1),
            "phsC" | "phsCA" => Some(2),
            _ => None,
        });
        let residual = matches!(part, Some("neut" | "net" | "res"));
        let name = object.trim_end_matches(|c: char| c.is_ascii_digit());
        Some(match name {
            "Hz" | "HzRte" => Quantity::Frequency,
            "A" | "Amp" | "Cur" if residual => Quantity::Residual,
            "A" | "Amp" | "Cur" => Quantity::Current(phase),
            "PhV" | "PNV" | "Vol" | "V" => Quantity::Voltage(phase),
            "PPV" => Quantity::LineVoltage(phase.unwrap_or_default()),
            "W" | "TotW" | "Watt" => Quantity::Active(phase),
            "VAr" | "TotVAr" | "VolAmpr" => Quantity::Reactive(phase),
            "VA" | "TotVA" | "VolAmp" => Quantity::Apparent(phase),
            "PF" | "TotPF" | "PwrFact" => Quantity::PowerFactor,
            "Z" | "Imp" => Quantity::Impedance(phase.unwrap_or_default()),
            "AmpSv" => Quantity::SampledCurrent(phase.unwrap_or_default()),
            "VolSv" => Quantity::SampledVoltage(phase.unwrap_or_default()),
            // The numbers of SIUnit (IEC 61850-7-3).
            _ => match unit? as i64 {
                5 => Quantity::Current(phase),
                29 => Quantity::Voltage(phase),
                33 => Quantity::Frequency,
                61 => Quantity::Apparent(phase),
                62 => Quantity::Active(phase),
                63 => Quantity::Reactive(phase),
                65 => Quantity::PowerFactor,
                _ => return None,
            },
        })
    }

    /// What is usual.
    pub(super) fn usual(self) -> f64 {
        match self {
            // The sine may be at zero.
            Quantity::SampledCurrent(_) => LOAD,
            Quantity::SampledVoltage(_) => VOLTAGE,
            Quantity::Residual => LOAD,
            quantity => Grid::new(false).value(quantity).0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantities_belong_together() {
        let mut grid = Grid::new(false);
        let mut random = Random::new(1);
        for _ in 0..500 {
            grid.step(0.1, true, &mut random);
            assert!(
                grid.currents
                    .iter()
                    .all(|current| (215.0..MAX_LOAD).contains(current))
            );
            assert!(grid.voltages.iter().all(|voltage| *voltage > MIN_VOLTAGE));
            let (watts, _) = grid.value(Quantity::Active(None));
            let (volt_amperes, _) = grid.value(Quantity::Apparent(None));
            let (vars, _) = grid.value(Quantity::Reactive(None));
            assert!((watts.hypot(vars) / volt_amperes - 1.0).abs() < 1e-9);
            assert!((7e6..14e6).contains(&watts), "{watts}");
            assert!((19_900.0..20_100.0).contains(&grid.value(Quantity::LineVoltage(2)).0));
            assert!((49.9..50.1).contains(&grid.hertz));
        }
        assert_eq!(grid.fault, None);
        grid.step(0.1, false, &mut random);
        assert_eq!(grid.currents, [0.0; 3]);
        assert_eq!(grid.value(Quantity::Active(None)).0, 0.0);
    }

    #[test]
    fn faults_come_and_go() {
        let mut grid = Grid::new(true);
        let mut random = Random::new(1);
        let mut before = None;
        let mut began = 0;
        for _ in 0..10 * 60 * 10 {
            grid.step(0.1, true, &mut random);
            if let Some(fault) = grid.fault {
                began += usize::from(before.is_none());
                for (faulty, current) in fault.phases.into_iter().zip(grid.currents) {
                    assert_eq!(faulty, current > MAX_LOAD);
                }
            }
            before = grid.fault;
        }
        assert!((5..20).contains(&began), "{began} faults in ten minutes");
    }

    #[test]
    fn names_and_units() {
        let quantity = |object, part| Quantity::of(object, part, None);
        assert_eq!(quantity("TotW", None), Some(Quantity::Active(None)));
        assert_eq!(
            quantity("A", Some("phsB")),
            Some(Quantity::Current(Some(1)))
        );
        assert_eq!(quantity("A", Some("neut")), Some(Quantity::Residual));
        assert_eq!(
            quantity("PPV", Some("phsCA")),
            Some(Quantity::LineVoltage(2))
        );
        assert_eq!(quantity("AnIn1", None), None);
        assert_eq!(
            Quantity::of("AnIn1", None, Some(33.0)),
            Some(Quantity::Frequency)
        );
        assert_eq!(Quantity::of("Tmp", None, Some(23.0)), None);
    }
}
