//! Circuit breakers and switches, which take their time to move.

use super::shown::{Shown, Value, initial_number};
use iec61850::{
    ControlAddCause, DataAttributeType, DataObject, Dbpos, Error, FunctionalConstraint as Fc,
    IedServer, ModelNodeExt, Timestamp,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::oneshot;

/// How long a circuit breaker and another switch take, in seconds.
const TRAVEL: (f64, f64) = (0.2, 2.0);
/// Time from the opening of the breaker by a protection to its closing, in seconds.
const RECLOSE: f64 = 3.0;

/// What a command has come to.
pub(super) type Outcome = Result<(), ControlAddCause>;

/// One who waits for the end of a command.
pub(super) type Waiting = oneshot::Sender<Outcome>;

/// Where a switch is, for those who check a command.
#[derive(Clone, Debug, Default)]
pub(super) struct Place(Arc<AtomicU8>);

impl Place {
    pub(super) fn get(&self) -> Dbpos {
        Dbpos::from_value(self.0.load(Ordering::Relaxed).into()).unwrap_or(Dbpos::BadState)
    }

    fn set(&self, position: Dbpos) {
        self.0.store(position.value() as u8, Ordering::Relaxed);
    }
}

/// A switch and the data objects that show where it is: of the switch itself, and of its controller (CSWI).
pub(super) struct Switch {
    pub(super) objects: Vec<DataObject>,
    positions: Vec<Shown>,
    /// What interlocking enables (CILO): opening, and closing.
    enabled: Vec<(Shown, Dbpos)>,
    count: Option<Shown>,
    pub(super) is_breaker: bool,
    pub(super) place: Place,
    motion: Option<Motion>,
    /// Seconds until it closes by itself, after a trip.
    reclose: Option<f64>,
}

struct Motion {
    to: Dbpos,
    left: f64,
    waiting: Option<Waiting>,
}

impl Switch {
    /// The switch of a logical node whose position this is, XCBR for a breaker.
    pub(super) fn new(position: &DataObject, is_breaker: bool) -> Option<Self> {
        let shown = shown(position)?;
        let node = position.logical_node()?;
        let count = node.child_object("OpCnt").ok();
        let count = count.and_then(|object| Shown::find(&object, "stVal", Fc::ST));
        let kind = node.child_object("SwTyp").ok();
        let kind = kind.and_then(|object| initial_number(&object, "stVal", Fc::ST));
        let start = match initial(&shown) {
            Some(known @ (Dbpos::On | Dbpos::Off)) => known,
            // Earthing switches (SwitchFunctionKind 3 and 4).
            _ if !is_breaker && matches!(kind.map(|kind| kind as i64), Some(3 | 4)) => Dbpos::Off,
            _ => Dbpos::On,
        };
        let place = Place::default();
        place.set(start);
        Some(Switch {
            objects: vec![position.clone()],
            positions: vec![shown],
            enabled: Vec::new(),
            count,
            is_breaker,
            place,
            motion: None,
            reclose: None,
        })
    }

    /// Shows the position in another data object too, and is operated through it.
    pub(super) fn also(&mut self, position: &DataObject) {
        if let Some(shown) = shown(position) {
            self.objects.push(position.clone());
            self.positions.push(shown);
        }
    }

    /// Shows in a data object `EnaOpn` or `EnaCls` whether it may move away from where it is.
    pub(super) fn enables(&mut self, object: &DataObject) {
        let at = match object.name() {
            "EnaOpn" => Dbpos::On,
            _ => Dbpos::Off,
        };
        let shown = Shown::find(object, "stVal", Fc::ST);
        let is_flag = |shown: &Shown| shown.value.attribute_type() == DataAttributeType::Boolean;
        self.enabled
            .extend(shown.filter(is_flag).map(|shown| (shown, at)));
    }

    pub(super) fn is_closed(&self) -> bool {
        self.place.get() == Dbpos::On
    }

    /// Begins to move on a command.
    pub(super) fn operate(&mut self, close: bool, waiting: Waiting) {
        let to = if close { Dbpos::On } else { Dbpos::Off };
        if let Some(motion) = &self.motion {
            let cause = match motion.waiting {
                Some(_) => ControlAddCause::CommandAlreadyInExecution,
                None => ControlAddCause::BlockedByProcess,
            };
            // Whoever has given up waiting needs no answer.
            let _ = waiting.send(Err(cause));
        } else if self.place.get() == to {
            let _ = waiting.send(Err(ControlAddCause::PositionReached));
        } else {
            self.reclose = None;
            self.begin(to, Some(waiting));
        }
    }

    /// Opens at once for a protection, and closes again by itself.
    pub(super) fn trip(&mut self) {
        if let Some(waiting) = self.motion.take().and_then(|motion| motion.waiting) {
            let _ = waiting.send(Err(ControlAddCause::AbortionByTrip));
        }
        if self.place.get() != Dbpos::Off {
            self.begin(Dbpos::Off, None);
            self.reclose = Some(RECLOSE);
        }
    }

    fn begin(&mut self, to: Dbpos, waiting: Option<Waiting>) {
        let name = self.objects.first().map(ModelNodeExt::reference);
        let why = match (&waiting, to) {
            (Some(_), _) => "a client",
            (None, Dbpos::Off) => "a protection",
            (None, _) => "itself",
        };
        let what = if to == Dbpos::On { "closed" } else { "opened" };
        tracing::info!("{} is {what} by {why}", name.unwrap_or_default());
        self.place.set(Dbpos::IntermediateState);
        self.motion = Some(Motion {
            to,
            left: if self.is_breaker { TRAVEL.0 } else { TRAVEL.1 },
            waiting,
        });
    }

    /// Goes on by so many seconds, and shows where it is. Gives who waits for that, when the command is done: to be told
    /// when clients can see it.
    pub(super) fn step(
        &mut self,
        server: &IedServer,
        seconds: f64,
        now: &Timestamp,
    ) -> Result<Option<Waiting>, Error> {
        let mut arrived = None;
        if let Some(mut motion) = self.motion.take() {
            motion.left -= seconds;
            // Some part of a step may be left for reasons of arithmetic.
            if motion.left < seconds / 2.0 {
                self.place.set(motion.to);
                arrived = Some(motion);
            } else {
                self.motion = Some(motion);
            }
        } else if let Some(left) = &mut self.reclose {
            *left -= seconds;
            if *left <= 0.0 {
                self.reclose = None;
                self.begin(Dbpos::On, None);
            }
        }
        self.show(server, now)?;
        let Some(motion) = arrived else {
            return Ok(None);
        };
        if motion.to == Dbpos::Off
            && let Some(count) = &self.count
        {
            let number = server.get_int64(&count.value)?;
            // The counter of a device starts anew as well when it is full.
            let next = if number >= i64::from(i32::MAX) {
                0
            } else {
                number + 1
            };
            count.set(server, Value::Integer(next), now)?;
        }
        Ok(motion.waiting)
    }

    /// Shows where it is.
    pub(super) fn show(&self, server: &IedServer, now: &Timestamp) -> Result<(), Error> {
        let place = self.place.get();
        for (shown, at) in &self.enabled {
            shown.set(server, Value::Boolean(place == *at), now)?;
        }
        for shown in &self.positions {
            if shown.value.attribute_type() == DataAttributeType::Boolean {
                // A single point stays at the old position until the new one is reached.
                if place != Dbpos::IntermediateState {
                    shown.set(server, Value::Boolean(place == Dbpos::On), now)?;
                }
            } else if server.get_dbpos(&shown.value)? != place {
                server.update_dbpos(&shown.value, place)?;
                if let Some(t) = &shown.t {
                    server.update_timestamp(t, now)?;
                }
            }
        }
        Ok(())
    }
}

/// Where a data object shows a position; `None` for types that are none.
fn shown(position: &DataObject) -> Option<Shown> {
    let shown = Shown::find(position, "stVal", Fc::ST)?;
    let ty = shown.value.attribute_type();
    matches!(
        ty,
        DataAttributeType::Boolean | DataAttributeType::CodedEnum
    )
    .then_some(shown)
}

/// The position a data object starts with.
fn initial(shown: &Shown) -> Option<Dbpos> {
    let value = shown.value.initial_value()?;
    match shown.value.attribute_type() {
        // False is what it is without a value in the file as well.
        DataAttributeType::Boolean => value.to_bool().ok()?.then_some(Dbpos::On),
        _ => value.to_bits().ok().map(Dbpos::from),
    }
}
