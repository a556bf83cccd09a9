//! Measured values: MV, CMV, SAV, alone and as parts of WYE, DEL and SEQ.

use super::grid::{Grid, Quantity};
use super::shown::{Shown, Value, initial_number, leaf, multiplier, number};
use crate::random::Random;
use iec61850::{
    DataAttribute, DataObject, Error, FunctionalConstraint as Fc, IedServer, ModelNodeExt,
    Timestamp,
};
use std::f64::consts::TAU;

/// A data object that shows a measured value.
pub(super) struct Measurement {
    magnitude: Shown,
    angle: Option<DataAttribute>,
    /// The value without a deadband, and its angle.
    instant: Option<DataAttribute>,
    instant_angle: Option<DataAttribute>,
    /// In thousandths of a percent of what is usual.
    deadband: Option<DataAttribute>,
    source: Source,
    /// What a value has to be divided by to be in the unit the model has.
    multiplier: f64,
    usual: f64,
}

/// Where the value comes from.
enum Source {
    /// The network, and a share of it (symmetrical components).
    Grid(Quantity, f64),
    /// Something that rises and falls slowly.
    Wave {
        mean: f64,
        swing: f64,
        /// In seconds.
        period: f64,
        /// Where it is at the start, in turns.
        phase: f64,
    },
}

/// Magnitude and angle below the object: with a deadband, without, and of samples.
const PARTS: [(&str, Option<&str>); 6] = [
    ("mag.f", None),
    ("mag.i", None),
    ("cVal.mag.f", Some("cVal.ang.f")),
    ("cVal.mag.i", Some("cVal.ang.i")),
    ("instMag.f", None),
    ("instMag.i", None),
];

impl Measurement {
    /// The measurement a data object is, if it is one. `outer` is the name of the object it is a part of.
    pub(super) fn find(
        object: &DataObject,
        outer: Option<&str>,
        random: &mut Random,
    ) -> Option<Self> {
        let (path, angle) = PARTS
            .into_iter()
            .find(|(path, _)| leaf(object, path, Fc::MX).is_some())?;
        let at = |path: &str| leaf(object, path, Fc::MX);
        let magnitude = Shown::find(object, path, Fc::MX)?;
        let multiplier = multiplier(object);
        let unit = initial_number(object, "units.SIUnit", Fc::CF);
        let (name, part) = match outer {
            Some(outer) => (outer, Some(object.name())),
            None => (object.name(), None),
        };
        let source = source(name, part, unit).unwrap_or_else(|| {
            let initial = magnitude.value.initial_value();
            let initial = initial.and_then(|value| value.to_double().ok());
            wave(name, unit, initial.map(|value| value * multiplier), random)
        });
        let usual = match &source {
            Source::Grid(quantity, share) => quantity.usual() * share,
            Source::Wave { mean, .. } => mean.abs(),
        };
        Some(Measurement {
            angle: angle.and_then(at),
            instant: match path {
                "mag.f" => at("instMag.f"),
                "mag.i" => at("instMag.i"),
                "cVal.mag.f" => at("instCVal.mag.f"),
                _ => None,
            },
            instant_angle: (path == "cVal.mag.f")
                .then(|| at("instCVal.ang.f"))
                .flatten(),
            deadband: leaf(object, "db", Fc::CF),
            magnitude,
            source,
            multiplier,
            usual,
        })
    }

    /// Shows the value of now.
    pub(super) fn show(
        &self,
        server: &IedServer,
        grid: &Grid,
        random: &mut Random,
        now: &Timestamp,
    ) -> Result<(), Error> {
        let (value, angle) = match self.source {
            Source::Grid(quantity, share) => {
                let (value, angle) = grid.value(quantity);
                (value * share, angle)
            }
            Source::Wave {
                mean,
                swing,
                period,
                phase,
            } => {
                let turns = grid.time / period + phase;
                (
                    mean + swing * (turns * TAU).sin() + swing * 0.02 * random.noise(),
                    0.0,
                )
            }
        };
        let value = value / self.multiplier;
        if let Some(instant) = &self.instant {
            set(server, instant, value, now)?;
        }
        if let Some(instant) = &self.instant_angle {
            set(server, instant, angle, now)?;
        }
        let shown = number(server, &self.magnitude.value).unwrap_or_default();
        let off = value == 0.0 && shown != 0.0;
        if off || (value - shown).abs() > self.deadband(server) {
            self.magnitude.set(server, Value::Number(value), now)?;
            if let Some(attribute) = &self.angle {
                set(server, attribute, angle, now)?;
            }
        }
        Ok(())
    }

    fn deadband(&self, server: &IedServer) -> f64 {
        let deadband = self.deadband.as_ref();
        let share = deadband.and_then(|attribute| number(server, attribute));
        share.unwrap_or_default() * 1e-5 * self.usual / self.multiplier
    }
}

fn set(
    server: &IedServer,
    attribute: &DataAttribute,
    value: f64,
    now: &Timestamp,
) -> Result<(), Error> {
    let shown = Shown {
        value: attribute.clone(),
        t: None,
    };
    shown.set(server, Value::Number(value), now)
}

fn source(name: &str, part: Option<&str>, unit: Option<f64>) -> Option<Source> {
    // Symmetrical components: nearly all of it in the first.
    let (quantity, share) = match (name, part) {
        ("SeqA", Some("c1")) => (Quantity::Current(None), 1.0),
        ("SeqV", Some("c1")) => (Quantity::Voltage(None), 1.0),
        ("SeqA", Some(_)) => (Quantity::Current(None), 0.01),
        ("SeqV", Some(_)) => (Quantity::Voltage(None), 0.005),
        _ => (Quantity::of(name, part, unit)?, 1.0),
    };
    Some(Source::Grid(quantity, share))
}

/// Something slow around the value of the file, or around what is usual for the unit.
fn wave(name: &str, unit: Option<f64>, initial: Option<f64>, random: &mut Random) -> Source {
    // Drawn in any case: what one object is must not depend on what another starts with.
    let (any, period, phase) = (
        random.between(20.0, 80.0),
        random.between(60.0, 300.0),
        random.unit(),
    );
    let mean = match (initial, unit.map(|unit| unit as i64)) {
        (Some(initial), _) if initial != 0.0 && initial.is_finite() => initial,
        // Degrees Celsius, pascals.
        (_, Some(23)) => 45.0,
        (_, Some(39)) => 600_000.0,
        _ if name.contains("Tmp") => 45.0,
        _ => any.round(),
    };
    Source::Wave {
        mean,
        swing: mean.abs() * 0.1,
        period,
        phase,
    }
}
