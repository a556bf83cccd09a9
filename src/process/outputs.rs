//! What clients control and is no switch: outputs, steps, set points, modes.

use super::shown::{Shown, Value, initial_number, number};
use super::switch::Waiting;
use iec61850::{
    ControlAddCause, DataAttributeType, DataObject, Dbpos, Error, FunctionalConstraint as Fc,
    IedServer, Timestamp,
};
use mms::MmsValue;

/// How long a set point takes to its new value, and all else, in seconds.
const DURATION: (f64, f64) = (2.0, 0.2);

/// A data object of class SPC, DPC, INC, ENC, ISC, BSC, APC or BAC.
pub(super) struct Output {
    pub(super) object: DataObject,
    shown: Shown,
    kind: Kind,
    motion: Option<Motion>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// On or off, as a single or a double point.
    Flag,
    /// A whole number.
    Number,
    /// A position, which is told to go higher or lower, or where.
    Step,
    /// A measured value, which is told to go higher or lower by so much, or where.
    SetPoint(f64),
}

struct Motion {
    from: f64,
    to: f64,
    left: f64,
    waiting: Waiting,
}

impl Output {
    /// The output a data object shows, if it can be controlled.
    pub(super) fn find(object: &DataObject) -> Option<Self> {
        object.child_with_fc("Oper", Fc::CO)?;
        let find = |path, fc| Shown::find(object, path, fc);
        let step = ["f", "i"].into_iter().find_map(|part| {
            initial_number(object, &format!("stepSize.{part}"), Fc::CF).filter(|size| *size > 0.0)
        });
        let (shown, kind) = if let Some(shown) = find("valWTr.posVal", Fc::ST) {
            (shown, Kind::Step)
        } else if let Some(shown) = find("mxVal.f", Fc::MX).or_else(|| find("mxVal.i", Fc::MX)) {
            (shown, Kind::SetPoint(step.unwrap_or(1.0)))
        } else {
            let shown = find("stVal", Fc::ST)?;
            let kind = match shown.value.attribute_type() {
                DataAttributeType::Boolean | DataAttributeType::CodedEnum => Kind::Flag,
                _ => Kind::Number,
            };
            (shown, kind)
        };
        Some(Output {
            object: object.clone(),
            shown,
            kind,
            motion: None,
        })
    }

    /// What it shows, as a number.
    fn now(&self, server: &IedServer) -> f64 {
        match self.shown.value.attribute_type() {
            DataAttributeType::Boolean => f64::from(u8::from(
                server.get_boolean(&self.shown.value).unwrap_or_default(),
            )),
            DataAttributeType::CodedEnum => {
                let position = server.get_dbpos(&self.shown.value);
                f64::from(u8::from(position.is_ok_and(|p| p == Dbpos::On)))
            }
            _ => number(server, &self.shown.value).unwrap_or_default(),
        }
    }

    /// Begins to do what a client wants.
    pub(super) fn operate(&mut self, server: &IedServer, value: &MmsValue, waiting: Waiting) {
        let now = self.now(server);
        let to = match (wanted(value), self.kind) {
            _ if self.motion.is_some() => Err(ControlAddCause::CommandAlreadyInExecution),
            (None, _) => Err(ControlAddCause::InconsistentParameters),
            (Some(Wanted::Value(value)), _) => Ok(value),
            (Some(Wanted::Move(by)), Kind::SetPoint(size)) => Ok(now + by * size),
            (Some(Wanted::Move(by)), _) => Ok(now + by),
        };
        let to = to.and_then(|to| match self.limits() {
            Some((least, most)) if to < least || to > most => Err(ControlAddCause::StepLimit),
            _ => Ok(to),
        });
        match to {
            Ok(to) => {
                let set_point = matches!(self.kind, Kind::SetPoint(_));
                self.motion = Some(Motion {
                    from: now,
                    to,
                    left: if set_point { DURATION.0 } else { DURATION.1 },
                    waiting,
                });
            }
            // Whoever has given up waiting needs no answer.
            Err(cause) => {
                let _ = waiting.send(Err(cause));
            }
        }
    }

    /// The limits of the configuration, where it has any.
    fn limits(&self) -> Option<(f64, f64)> {
        let limit = |name: &str| {
            ["", ".f", ".i"]
                .into_iter()
                .find_map(|part| initial_number(&self.object, &format!("{name}{part}"), Fc::CF))
        };
        let (least, most) = (limit("minVal")?, limit("maxVal")?);
        (least < most).then_some((least, most))
    }

    /// Goes on by so many seconds. Gives who waits for the end, when it has come.
    pub(super) fn step(
        &mut self,
        server: &IedServer,
        seconds: f64,
        now: &Timestamp,
    ) -> Result<Option<Waiting>, Error> {
        let Some(mut motion) = self.motion.take() else {
            return Ok(None);
        };
        motion.left -= seconds;
        if motion.left < seconds / 2.0 {
            return Ok(match self.show(server, motion.to, now) {
                Ok(()) => Some(motion.waiting),
                // The value can be commanded and not be shown.
                Err(_) => {
                    let _ = motion
                        .waiting
                        .send(Err(ControlAddCause::InconsistentParameters));
                    None
                }
            });
        }
        if matches!(self.kind, Kind::SetPoint(_)) {
            let done = 1.0 - motion.left / DURATION.0;
            let value = motion.from + (motion.to - motion.from) * done;
            self.show(server, value, now)?;
        }
        self.motion = Some(motion);
        Ok(None)
    }

    fn show(&self, server: &IedServer, value: f64, now: &Timestamp) -> Result<(), Error> {
        let on = value != 0.0;
        match self.shown.value.attribute_type() {
            DataAttributeType::Boolean => self.shown.set(server, Value::Boolean(on), now),
            DataAttributeType::CodedEnum => {
                let position = if on { Dbpos::On } else { Dbpos::Off };
                server.update_dbpos(&self.shown.value, position)?;
                match &self.shown.t {
                    Some(t) => server.update_timestamp(t, now),
                    None => Ok(()),
                }
            }
            _ => self.shown.set(server, Value::Number(value), now),
        }
    }
}

/// What a command is about.
enum Wanted {
    Value(f64),
    /// Higher or lower by so many steps.
    Move(f64),
}

fn wanted(value: &MmsValue) -> Option<Wanted> {
    Some(match value {
        MmsValue::Boolean(on) => Wanted::Value(f64::from(u8::from(*on))),
        // Tcmd: stop, lower, higher.
        MmsValue::BitString(_) => match value.to_bitstring_be().ok()? {
            0 => Wanted::Move(0.0),
            1 => Wanted::Move(-1.0),
            2 => Wanted::Move(1.0),
            _ => return None,
        },
        // AnalogueValue: `f` or `i`.
        MmsValue::Structure(parts) => return wanted(parts.first()?),
        value => {
            let number = value
                .to_double()
                .or_else(|_| value.to_int64().map(|n| n as f64));
            Wanted::Value(number.ok().filter(|number| number.is_finite())?)
        }
    })
}
