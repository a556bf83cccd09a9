//! Records as streams of samples.

use super::{ComtradeError, Record};
use crate::sv::{StreamName, SvPublication};

/// What a channel of a stream is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Source {
    /// The analog channel of the record.
    channel: usize,
    /// By what a value is multiplied to be in units of the stream.
    factor: f64,
    /// By how much later than the sample its value is, in seconds.
    skew: f64,
}

/// A record made into a stream of another sample rate, with values on the straight line between two
/// samples of the record.
#[derive(Clone, Debug)]
pub struct Playback<'a> {
    record: &'a Record,
    rate: u32,
    sources: Vec<Option<Source>>,
}

impl<'a> Playback<'a> {
    /// Plays the currents and voltages of a record in their order as those of a stream. Channels of the
    /// stream that are left are 0. Values are those of the primary side.
    ///
    /// # Errors
    /// [`ComtradeError::Playback`] if the record has no samples, or neither currents nor voltages.
    pub fn new(record: &'a Record, stream: &StreamName) -> Result<Self, ComtradeError> {
        let with_unit = |unit: &str, count: u8| {
            let channels = record.analog().iter().enumerate();
            let mut found: Vec<_> = channels
                .filter(|(_, channel)| channel.unit.eq_ignore_ascii_case(unit))
                .map(|(number, _)| Some(number))
                .collect();
            found.resize(count.into(), None);
            found
        };
        let currents = with_unit("A", stream.currents);
        let all = [currents, with_unit("V", stream.voltages)].concat();
        if all.iter().all(Option::is_none) {
            let what = "the record has no channel in amperes or volts that fits the stream";
            return Err(ComtradeError::Playback(what.into()));
        }
        Self::of(record, stream, &all)
    }

    /// Plays certain channels of a record, by name or number from 1, one for each channel of the
    /// stream: first its currents, then its voltages. An empty name is a channel that is 0, as those
    /// are that are left.
    ///
    /// # Errors
    /// [`ComtradeError::Playback`] if there is no such channel, there are more than the stream has, or
    /// the record has no samples.
    pub fn with_channels(
        record: &'a Record,
        stream: &StreamName,
        channels: &[&str],
    ) -> Result<Self, ComtradeError> {
        let wrong = |reason| Err(ComtradeError::Playback(reason));
        let count = usize::from(stream.currents) + usize::from(stream.voltages);
        if channels.len() > count {
            return wrong(format!(
                "{} channels for {count} of the stream",
                channels.len()
            ));
        }
        let mut numbers = Vec::new();
        for name in channels {
            if name.is_empty() {
                numbers.push(None);
                continue;
            }
            let known = record.analog().iter().position(|own| own.name == *name);
            let number = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let number = number.filter(|number| *number < record.analog().len());
            match known.or(number) {
                None => {
                    let names: Vec<_> = record.analog().iter().map(|own| &*own.name).collect();
                    return wrong(format!(
                        "no analog channel '{name}'; there are: {}",
                        names.join(", ")
                    ));
                }
                number => numbers.push(number),
            }
        }
        numbers.resize(count, None);
        Self::of(record, stream, &numbers)
    }

    fn of(
        record: &'a Record,
        stream: &StreamName,
        channels: &[Option<usize>],
    ) -> Result<Self, ComtradeError> {
        if record.is_empty() {
            return Err(ComtradeError::Playback("the record has no samples".into()));
        }
        let sources = channels.iter().enumerate().map(|(at, channel)| {
            let own = record.analog().get((*channel)?)?;
            Some(Source {
                channel: (*channel)?,
                factor: own.to_primary() / stream.scale(at)?,
                skew: own.skew,
            })
        });
        Ok(Playback {
            record,
            rate: stream.rate.max(1),
            sources: sources.collect(),
        })
    }

    /// Samples of the stream until the record is over; at least 1.
    pub fn len(&self) -> u64 {
        let end = self.record.times.last().copied().unwrap_or_default();
        let samples = (end * f64::from(self.rate)).max(0.0).floor();
        // More than a day of samples is no record.
        (samples as u64).saturating_add(1)
    }

    /// Always false.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The raw value of a channel in a sample of the stream, as a frame has it: the nearest that fits.
    /// Before the record and behind it, it is the first and the last value.
    pub fn raw(&self, channel: usize, sample: u64) -> i32 {
        let Some(Some(source)) = self.sources.get(channel) else {
            return 0;
        };
        let time = sample as f64 / f64::from(self.rate) - source.skew;
        let times = &self.record.times;
        let after = times.partition_point(|own| *own <= time);
        let value = |sample: usize| self.record.value(source.channel, sample);
        let (before, after) = (after.saturating_sub(1), after.min(times.len() - 1));
        let (Some(from), Some(to)) = (value(before), value(after)) else {
            return 0;
        };
        let (start, end) = (times.get(before), times.get(after));
        let share = match (start, end) {
            (Some(start), Some(end)) if end > start => {
                ((time - start) / (end - start)).clamp(0.0, 1.0)
            }
            _ => 0.0,
        };
        // Of one that is missing, the other.
        let value = match (from.is_nan(), to.is_nan()) {
            (false, false) => from + (to - from) * share,
            (false, true) => from,
            (true, false) => to,
            (true, true) => 0.0,
        };
        (value * source.factor).round() as i32
    }

    /// Writes a sample of the stream into a frame: the values, each with a good quality.
    pub fn fill(&self, publication: &mut SvPublication, asdu: usize, sample: u64) {
        for channel in 0..self.sources.len() {
            publication.set_int32(asdu, channel * 8, self.raw(channel, sample));
            publication.set_uint32(asdu, channel * 8 + 4, 0);
        }
    }
}
