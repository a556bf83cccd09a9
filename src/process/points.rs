//! Counters, indications and whole numbers.

use super::grid::Grid;
use super::shown::{Shown, Value, initial_number, leaf, multiplier};
use crate::random::Random;
use iec61850::{
    DataAttributeType, DataObject, Error, FunctionalConstraint as Fc, IedServer, ModelNodeExt,
    Timestamp,
};

/// A binary counter reading (BCR).
pub(super) struct Counter {
    shown: Shown,
    counts: Counts,
    /// What it would show if it had a fraction.
    reading: Option<f64>,
    /// What one pulse stands for, in the unit without a multiplier.
    pulse: f64,
}

enum Counts {
    /// Watt-hours that flow out, as a share of the apparent power.
    Energy(f64),
    /// Pulses, every so many seconds on average.
    Pulses(f64),
    /// What does not flow in this direction.
    Nothing,
}

impl Counter {
    pub(super) fn find(object: &DataObject, random: &mut Random) -> Option<Self> {
        let shown = Shown::find(object, "actVal", Fc::ST)?;
        let every = random.between(2.0, 10.0);
        let counts = match object.name() {
            name if name.starts_with("Sup") => Counts::Nothing,
            name if name.contains("VArh") => Counts::Energy((1.0 - 0.95_f64.powi(2)).sqrt()),
            name if name.contains("VAh") => Counts::Energy(1.0),
            name if name.contains("Wh") => Counts::Energy(0.95),
            _ => Counts::Pulses(every),
        };
        let pulse = initial_number(object, "pulsQty", Fc::CF).filter(|pulse| *pulse > 0.0);
        Some(Counter {
            shown,
            counts,
            reading: None,
            pulse: pulse.unwrap_or(1.0) * multiplier(object),
        })
    }

    pub(super) fn step(
        &mut self,
        server: &IedServer,
        grid: &Grid,
        seconds: f64,
        random: &mut Random,
        now: &Timestamp,
    ) -> Result<(), Error> {
        let more = match self.counts {
            Counts::Energy(share) => {
                let volt_amperes = grid.value(super::grid::Quantity::Apparent(None)).0;
                volt_amperes * share * seconds / 3600.0 / self.pulse
            }
            Counts::Pulses(every) if random.happens(every, seconds) => 1.0,
            Counts::Pulses(_) | Counts::Nothing => return Ok(()),
        };
        let before = server.get_int64(&self.shown.value)?;
        let reading = match self.reading {
            // A client or the application may have set it.
            Some(reading) if reading as i64 == before => reading,
            _ => before as f64,
        } + more;
        let full = match self.shown.value.attribute_type() {
            DataAttributeType::Int32 => f64::from(i32::MAX),
            _ => 1e15,
        };
        let reading = if reading < full { reading } else { 0.0 };
        self.reading = Some(reading);
        self.shown.set(server, Value::Integer(reading as i64), now)
    }
}

/// An indication of the process that comes and goes.
pub(super) struct Indication {
    shown: Shown,
    kind: Kind,
}

enum Kind {
    /// On and off for as many seconds on average.
    Flag { on: f64, off: f64 },
    /// A whole number from 0 to 100 that wanders.
    Level,
}

impl Indication {
    /// Of a node GGIO or CALH; the points of others tell something about the device, and stay.
    pub(super) fn find(object: &DataObject) -> Option<Self> {
        let shown = Shown::find(object, "stVal", Fc::ST)?;
        if leaf(object, "ctlModel", Fc::CF).is_some() {
            return None;
        }
        let name = object.name();
        let kind = match shown.value.attribute_type() {
            DataAttributeType::Boolean if name.starts_with("Alm") => {
                Kind::Flag { on: 5.0, off: 60.0 }
            }
            DataAttributeType::Boolean if name.starts_with("Ind") => Kind::Flag {
                on: 10.0,
                off: 20.0,
            },
            DataAttributeType::Int32 if name.starts_with("IntIn") => Kind::Level,
            _ => return None,
        };
        Some(Indication { shown, kind })
    }

    pub(super) fn step(
        &self,
        server: &IedServer,
        seconds: f64,
        random: &mut Random,
        now: &Timestamp,
    ) -> Result<(), Error> {
        let value = match self.kind {
            Kind::Flag { on, off } => {
                let is_on = server.get_boolean(&self.shown.value)?;
                let changes = random.happens(if is_on { on } else { off }, seconds);
                Value::Boolean(is_on != changes)
            }
            Kind::Level => {
                let changes = random.happens(5.0, seconds);
                let step = (random.noise() * 5.0).round() as i64;
                let level = server.get_int64(&self.shown.value)?;
                Value::Integer(if changes {
                    (level + step).clamp(0, 100)
                } else {
                    level
                })
            }
        };
        self.shown.set(server, value, now)
    }
}
