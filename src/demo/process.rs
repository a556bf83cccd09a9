//! The feeder: a load that comes and goes, a meter, a protection that trips the breaker, a breaker that recloses.

use crate::failure::Failure;
use iec61850::{DataAttribute, Dbpos, Error, IedModel, IedServer, ModelNodeExt, Timestamp};
use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Time between two states of the process.
const STEP: Duration = Duration::from_millis(100);
/// Voltage between the conductors, in volts.
const VOLTAGE: f64 = 20_000.0;
const POWER_FACTOR: f64 = 0.95;
/// Mean current, in amperes.
const LOAD: f64 = 300.0;
/// How much the current comes and goes, in amperes, and how long that takes, in seconds.
const SWING: (f64, f64) = (80.0, 40.0);
/// Time from the opening of the breaker to its closing, in seconds.
const RECLOSE: f64 = 3.0;

/// The running process. It ends when this is dropped.
pub(crate) struct Process {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts it on the data of a server of the feeder.
    pub(crate) fn start(server: Arc<IedServer>) -> Result<Self, Failure> {
        let mut feeder = Feeder::new(server.model()).map_err(Failure::failed)?;
        feeder.step(&server, 0.0).map_err(Failure::failed)?;
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("process".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(STEP) == Err(RecvTimeoutError::Timeout) {
                    if let Err(error) = feeder.step(&server, STEP.as_secs_f64()) {
                        tracing::error!("the process has stopped: {error}");
                        return;
                    }
                }
            })
            .map_err(Failure::failed)?;
        Ok(Process {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by itself.
            let _ = thread.join();
        }
    }
}

/// The breaker and the protection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    /// The current is too high since so many seconds.
    Started(f64),
    /// Open since so many seconds.
    Open(f64),
}

/// A data object whose time changes with its value.
struct Timed {
    value: DataAttribute,
    t: DataAttribute,
}

struct Phase {
    current: DataAttribute,
    current_t: DataAttribute,
    voltage: DataAttribute,
    voltage_t: DataAttribute,
}

struct Feeder {
    power: Timed,
    power_instant: DataAttribute,
    frequency: Timed,
    frequency_instant: DataAttribute,
    phases: Vec<Phase>,
    energy: Timed,
    position: Timed,
    operations: Timed,
    started: Timed,
    operated: Timed,
    threshold: DataAttribute,
    delay: DataAttribute,

    state: State,
    /// Seconds since the start.
    time: f64,
    /// In watt-hours, with the parts the meter does not show.
    total: Option<f64>,
    noise: u64,
}

impl Feeder {
    fn new(model: &IedModel) -> Result<Self, Error> {
        let attribute = |inst: &str, path: &str| {
            model
                .logical_device_by_instance(inst)
                .ok_or_else(|| Error::NotFound {
                    what: "logical device",
                    name: inst.to_owned(),
                    parent: model.name(),
                })?
                .child_attribute(path)
        };
        let timed = |inst: &str, object: &str, path: &str| {
            Ok::<_, Error>(Timed {
                value: attribute(inst, &format!("{object}.{path}"))?,
                t: attribute(inst, &format!("{object}.t"))?,
            })
        };
        let phase = |name: &str| {
            Ok::<_, Error>(Phase {
                current: attribute("MEAS", &format!("MMXU1.A.{name}.cVal.mag.f"))?,
                current_t: attribute("MEAS", &format!("MMXU1.A.{name}.t"))?,
                voltage: attribute("MEAS", &format!("MMXU1.PhV.{name}.cVal.mag.f"))?,
                voltage_t: attribute("MEAS", &format!("MMXU1.PhV.{name}.t"))?,
            })
        };
        Ok(Feeder {
            power: timed("MEAS", "MMXU1.TotW", "mag.f")?,
            power_instant: attribute("MEAS", "MMXU1.TotW.instMag.f")?,
            frequency: timed("MEAS", "MMXU1.Hz", "mag.f")?,
            frequency_instant: attribute("MEAS", "MMXU1.Hz.instMag.f")?,
            phases: ["phsA", "phsB", "phsC"]
                .into_iter()
                .map(phase)
                .collect::<Result<_, _>>()?,
            energy: timed("MEAS", "MMTR1.TotWh", "actVal")?,
            position: timed("CTRL", "XCBR1.Pos", "stVal")?,
            operations: timed("CTRL", "XCBR1.OpCnt", "stVal")?,
            started: timed("PROT", "PTOC1.Str", "general")?,
            operated: timed("PROT", "PTOC1.Op", "general")?,
            threshold: attribute("PROT", "PTOC1.StrVal.setMag.f")?,
            delay: attribute("PROT", "PTOC1.OpDlTmms.setVal")?,
            state: State::Closed,
            time: 0.0,
            total: None,
            noise: 0x2545_f491_4f6c_dd1d,
        })
    }

    /// Goes on by so many seconds. Clients see all of it or nothing.
    fn step(&mut self, server: &IedServer, seconds: f64) -> Result<(), Error> {
        let _all_at_once = server.lock_data_model();
        let now = Timestamp::now();
        self.time += seconds;
        let threshold = f64::from(server.get_float(&self.threshold)?);
        let delay = f64::from(server.get_int32(&self.delay)?) / 1000.0;
        let load = LOAD + SWING.0 * (self.time * TAU / SWING.1).sin();
        let before = self.state;
        let current = match before {
            State::Open(_) => 0.0,
            _ => load + self.noise(),
        };
        self.state = next(before, current > threshold, delay, seconds);
        self.show_state(server, before, &now)?;

        let hertz = 50.0 + 0.02 * (self.time * TAU / 17.0).sin() + self.noise() / 1000.0;
        let watts = 3.0_f64.sqrt() * VOLTAGE * current * POWER_FACTOR;
        server.update_float(&self.power_instant, (watts / 1000.0) as f32)?;
        server.update_float(&self.frequency_instant, hertz as f32)?;
        update_float(server, &self.power, watts / 1000.0, &now)?;
        update_float(server, &self.frequency, hertz, &now)?;
        for i in 0..self.phases.len() {
            let (noise, more_noise) = (self.noise(), self.noise());
            let phase_current = if current > 0.0 { current + noise } else { 0.0 };
            let voltage = VOLTAGE / 3.0_f64.sqrt() + 10.0 * more_noise;
            if let Some(phase) = self.phases.get(i) {
                server.update_float(&phase.current, phase_current as f32)?;
                server.update_timestamp(&phase.current_t, &now)?;
                server.update_float(&phase.voltage, voltage as f32)?;
                server.update_timestamp(&phase.voltage_t, &now)?;
            }
        }
        self.count_energy(server, watts * seconds / 3600.0, &now)
    }

    fn show_state(&self, server: &IedServer, before: State, now: &Timestamp) -> Result<(), Error> {
        let is_open = |state| matches!(state, State::Open(_));
        let is_started = |state| matches!(state, State::Started(_));
        let set = |object: &Timed, value: bool| {
            server.update_boolean(&object.value, value)?;
            server.update_timestamp(&object.t, now)
        };
        if is_open(before) != is_open(self.state) || self.time == 0.0 {
            let position = match self.state {
                State::Open(_) => Dbpos::Off,
                _ => Dbpos::On,
            };
            server.update_dbpos(&self.position.value, position)?;
            server.update_timestamp(&self.position.t, now)?;
            set(&self.operated, is_open(self.state))?;
        }
        if is_started(before) != is_started(self.state) {
            set(&self.started, is_started(self.state))?;
        }
        if is_open(self.state) && !is_open(before) {
            let count = server.get_int32(&self.operations.value)?;
            server.update_int32(&self.operations.value, count.saturating_add(1))?;
            server.update_timestamp(&self.operations.t, now)?;
        }
        Ok(())
    }

    fn count_energy(
        &mut self,
        server: &IedServer,
        watt_hours: f64,
        now: &Timestamp,
    ) -> Result<(), Error> {
        let shown = server.get_int64(&self.energy.value)?;
        let total = self.total.unwrap_or(shown as f64) + watt_hours;
        self.total = Some(total);
        if total as i64 != shown {
            server.update_int64(&self.energy.value, total as i64)?;
            server.update_timestamp(&self.energy.t, now)?;
        }
        Ok(())
    }

    /// From -1 to 1 (xorshift).
    fn noise(&mut self) -> f64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        (self.noise >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

fn update_float(
    server: &IedServer,
    object: &Timed,
    value: f64,
    now: &Timestamp,
) -> Result<(), Error> {
    server.update_float(&object.value, value as f32)?;
    server.update_timestamp(&object.t, now)
}

/// The state some seconds later.
fn next(state: State, too_high: bool, delay: f64, seconds: f64) -> State {
    match state {
        State::Closed if too_high => State::Started(0.0),
        State::Started(since) if too_high && since + seconds >= delay => State::Open(0.0),
        State::Started(since) if too_high => State::Started(since + seconds),
        State::Open(since) if since + seconds < RECLOSE => State::Open(since + seconds),
        _ => State::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protection_trips_after_its_delay_and_the_breaker_recloses() {
        let mut states = vec![State::Closed];
        for step in 0..60 {
            let too_high = (5..20).contains(&step);
            let state = *states.last().unwrap();
            states.push(next(state, too_high, 0.45, 0.1));
        }
        let open = |state: &State| matches!(state, State::Open(_));
        assert_eq!(states.iter().position(open), Some(11));
        let closed_again = states.iter().skip(11).position(|state| !open(state));
        assert!(matches!(closed_again, Some(29..=31)), "{closed_again:?}");
        assert_eq!(next(State::Started(0.3), false, 0.5, 0.1), State::Closed);
    }

    #[test]
    fn clients_see_the_process() {
        let server = IedServer::new(&super::super::model().unwrap(), None).unwrap();
        let mut feeder = Feeder::new(server.model()).unwrap();
        feeder.step(&server, 0.0).unwrap();
        let current = |feeder: &Feeder| server.get_float(&feeder.phases[0].current).unwrap();
        assert!((290.0..310.0).contains(&current(&feeder)));
        let energy = server.get_int64(&feeder.energy.value).unwrap();
        for _ in 0..5 {
            feeder.step(&server, 0.1).unwrap();
        }
        assert!(server.get_int64(&feeder.energy.value).unwrap() > energy);

        server.update_float(&feeder.threshold, 100.0).unwrap();
        for _ in 0..8 {
            feeder.step(&server, 0.1).unwrap();
        }
        assert_eq!(
            server.get_dbpos(&feeder.position.value).unwrap(),
            Dbpos::Off
        );
        assert_eq!(server.get_int32(&feeder.operations.value).unwrap(), 1743);
        assert_eq!(current(&feeder), 0.0);
    }
}
