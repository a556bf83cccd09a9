//! The file `.cfg`.

use super::{ComtradeError, at};

/// Channels of a record.
const MAX_CHANNELS: usize = 10_000;
/// Sample rates of a record.
const MAX_RATES: usize = 1000;

/// The edition of the standard a record follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Revision {
    /// IEEE C37.111-1991.
    Year1991,
    /// IEEE C37.111-1999, IEC 60255-24:2001.
    Year1999,
    /// IEEE C37.111-2013, IEC 60255-24:2013.
    Year2013,
}

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataFormat {
    /// As text.
    Ascii,
    /// Integers of 16 bits.
    Binary,
    /// Integers of 32 bits (2013).
    Binary32,
    /// Floating point numbers of 32 bits (2013).
    Float32,
}

/// An analog channel.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AnalogChannel {
    /// Its name.
    pub name: String,
    /// The phase it belongs to.
    pub phase: String,
    /// The component that is monitored.
    pub component: String,
    /// The unit, without prefix: V, A.
    pub unit: String,
    /// What the prefix of the unit stands for: 1000 for kV.
    pub prefix: f64,
    /// Time by which it is later than the sample, in seconds.
    pub skew: f64,
    /// Primary and secondary rating of the instrument transformer; 1 and 1 where it is not known.
    pub ratio: (f64, f64),
    /// Whether values are those of the secondary side.
    pub secondary: bool,
    /// A raw value times the first plus the second is one in the unit with its prefix.
    pub(super) scale: (f64, f64),
}

impl AnalogChannel {
    /// By what its values are multiplied to be those of the primary side.
    pub fn to_primary(&self) -> f64 {
        match self.secondary && self.ratio.1 != 0.0 {
            true => self.ratio.0 / self.ratio.1,
            false => 1.0,
        }
    }
}

/// A digital channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DigitalChannel {
    /// Its name.
    pub name: String,
    /// Its normal state.
    pub normal: bool,
}

/// What the file says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Configuration {
    pub(super) station: String,
    pub(super) device: String,
    pub(super) revision: Revision,
    pub(super) analog: Vec<AnalogChannel>,
    pub(super) digital: Vec<DigitalChannel>,
    pub(super) frequency: f64,
    /// Samples per second, and the number of the last sample with this rate, from 1.
    rates: Vec<(f64, usize)>,
    pub(super) start: String,
    pub(super) trigger: String,
    pub(super) format: DataFormat,
    /// Microseconds of a time stamp.
    time_multiplier: f64,
}

/// The lines of the file, one after the other.
struct Lines<'a> {
    lines: std::str::Lines<'a>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self, what: &str) -> Result<Fields<'a>, ComtradeError> {
        self.number += 1;
        let line = self.lines.next();
        let line = line.ok_or_else(|| self.error(format!("the file ends before {what}")))?;
        Ok(Fields {
            // Some recorders end a line with a control character.
            fields: line.trim_end_matches(|c: char| c.is_control()).split(','),
            line: self.number,
        })
    }

    /// A line that may be missing at the end.
    fn optional(&mut self) -> Option<Fields<'a>> {
        self.next("").ok()
    }

    fn error(&self, reason: String) -> ComtradeError {
        at("cfg", self.number, reason)
    }
}

struct Fields<'a> {
    fields: std::str::Split<'a, char>,
    line: usize,
}

impl<'a> Fields<'a> {
    fn text(&mut self) -> &'a str {
        self.fields.next().unwrap_or_default().trim()
    }

    fn error(&self, what: &str, text: &str) -> ComtradeError {
        at("cfg", self.line, format!("{what}: '{text}' is no number"))
    }

    fn number(&mut self, what: &str) -> Result<f64, ComtradeError> {
        let text = self.text();
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| self.error(what, text))
    }

    /// As [`Fields::number`]; a missing one is `default`.
    fn number_or(&mut self, what: &str, default: f64) -> Result<f64, ComtradeError> {
        let text = self.text();
        match text.is_empty() {
            true => Ok(default),
            false => {
                let number = text.parse().ok().filter(|number: &f64| number.is_finite());
                number.ok_or_else(|| self.error(what, text))
            }
        }
    }

    fn count(&mut self, what: &str) -> Result<usize, ComtradeError> {
        let text = self.text();
        text.parse().map_err(|_| self.error(what, text))
    }

    fn rest(&mut self) -> String {
        let rest: Vec<_> = self.fields.by_ref().map(str::trim).collect();
        rest.join(",")
    }
}

/// A unit without its prefix, and what that stands for.
fn unit(text: &str) -> (&str, f64) {
    for (prefix, factor) in [("k", 1e3), ("K", 1e3), ("M", 1e6), ("m", 1e-3), ("u", 1e-6)] {
        if let Some(unit) = text.strip_prefix(prefix)
            && matches!(unit, "V" | "A" | "v" | "a" | "W" | "VA" | "var")
        {
            return (unit, factor);
        }
    }
    (text, 1.0)
}

impl Configuration {
    pub(super) fn read(cfg: &[u8]) -> Result<Self, ComtradeError> {
        // Recorders write UTF-8 or the code page of their country.
        let text = match std::str::from_utf8(cfg) {
            Ok(text) => text.into(),
            Err(_) => encoding_rs::WINDOWS_1252.decode(cfg).0,
        };
        let text = text.trim_start_matches('\u{feff}');
        let mut lines = Lines {
            lines: text.lines(),
            number: 0,
        };
        let mut first = lines.next("the station")?;
        let (station, device) = (first.text().to_owned(), first.text().to_owned());
        let revision = match first.text() {
            "" | "1991" => Revision::Year1991,
            "1999" | "2001" => Revision::Year1999,
            "2013" => Revision::Year2013,
            other => return Err(lines.error(format!("revision {other} is not known"))),
        };
        let (analog, digital) = channel_counts(&mut lines)?;
        let analog = (0..analog).map(|_| analog_channel(&mut lines));
        let analog = analog.collect::<Result<Vec<_>, _>>()?;
        let digital = (0..digital).map(|_| digital_channel(&mut lines));
        let digital = digital.collect::<Result<Vec<_>, _>>()?;
        let mut line = lines.next("the frequency")?;
        let frequency = line.number_or("frequency", 50.0)?;
        let rates = rates(&mut lines)?;
        let start = lines.next("the time of the first sample")?.rest();
        let trigger = lines.next("the time of the trigger")?.rest();
        let mut line = lines.next("the format")?;
        let format = match &*line.text().to_ascii_uppercase() {
            "ASCII" => DataFormat::Ascii,
            "BINARY" => DataFormat::Binary,
            "BINARY32" => DataFormat::Binary32,
            "FLOAT32" => DataFormat::Float32,
            other => return Err(lines.error(format!("format '{other}' is not known"))),
        };
        let time_multiplier = match lines.optional() {
            Some(mut line) => line.number_or("time multiplier", 1.0)?,
            None => 1.0,
        };
        Ok(Configuration {
            station,
            device,
            revision,
            analog,
            digital,
            frequency,
            rates,
            start,
            trigger,
            format,
            time_multiplier,
        })
    }

    /// When a sample was taken, in seconds from the first: by the sample rates, or where there is none,
    /// by the time stamps.
    pub(super) fn time(&self, sample: usize, stamps: &[f64]) -> f64 {
        let (mut time, mut first) = (0.0, 0);
        for (rate, last) in &self.rates {
            if sample < *last {
                return time + (sample - first) as f64 / rate;
            }
            time += (*last - first) as f64 / rate;
            first = *last;
        }
        match (self.rates.last(), stamps.get(sample), stamps.first()) {
            (None, Some(stamp), Some(start)) => (stamp - start) * self.time_multiplier * 1e-6,
            // Beyond what the rates are said to be for, the last one goes on.
            (Some((rate, _)), ..) => time + (sample - first) as f64 / rate,
            _ => 0.0,
        }
    }
}

/// The line `12,8A,4D`.
fn channel_counts(lines: &mut Lines<'_>) -> Result<(usize, usize), ComtradeError> {
    let mut line = lines.next("the numbers of channels")?;
    let total = line.count("channels")?;
    let (mut analog, mut digital) = (0, 0);
    for _ in 0..2 {
        let text = line.text();
        let count = |number: &str| number.trim().parse::<usize>().ok();
        let known = match text.to_ascii_uppercase() {
            upper if upper.ends_with('A') => {
                upper.strip_suffix('A').and_then(count).map(|n| analog = n)
            }
            upper if upper.ends_with('D') => {
                upper.strip_suffix('D').and_then(count).map(|n| digital = n)
            }
            _ => None,
        };
        known.ok_or_else(|| lines.error(format!("'{text}' is no number of channels, as 4A")))?;
    }
    if analog.max(digital) > MAX_CHANNELS {
        return Err(ComtradeError::TooLarge("more than 10 000 channels"));
    }
    match total == analog + digital {
        true => Ok((analog, digital)),
        false => Err(lines.error(format!(
            "{total} channels, but {analog} analog and {digital} digital ones"
        ))),
    }
}

fn analog_channel(lines: &mut Lines<'_>) -> Result<AnalogChannel, ComtradeError> {
    let mut line = lines.next("an analog channel")?;
    line.count("number of the channel")?;
    let (name, phase) = (line.text().to_owned(), line.text().to_owned());
    let component = line.text().to_owned();
    let (unit, prefix) = unit(line.text());
    let scale = (line.number("factor a")?, line.number("offset b")?);
    let skew = line.number_or("skew", 0.0)? * 1e-6;
    // The least and the largest value, which nobody needs.
    let (_, _) = (line.text(), line.text());
    let ratio = (
        line.number_or("primary", 1.0)?,
        line.number_or("secondary", 1.0)?,
    );
    Ok(AnalogChannel {
        name,
        phase,
        component,
        unit: unit.to_owned(),
        prefix,
        skew,
        ratio,
        secondary: line.text().eq_ignore_ascii_case("s"),
        scale,
    })
}

fn digital_channel(lines: &mut Lines<'_>) -> Result<DigitalChannel, ComtradeError> {
    let mut line = lines.next("a digital channel")?;
    line.count("number of the channel")?;
    let name = line.text().to_owned();
    // In 1991 there are no phase and component before it.
    let normal = line.fields.next_back().unwrap_or_default().trim() == "1";
    Ok(DigitalChannel { name, normal })
}

fn rates(lines: &mut Lines<'_>) -> Result<Vec<(f64, usize)>, ComtradeError> {
    let count = lines
        .next("the number of sample rates")?
        .count("sample rates")?;
    if count > MAX_RATES {
        return Err(ComtradeError::TooLarge("more than 1000 sample rates"));
    }
    let (mut rates, mut last) = (Vec::new(), 0);
    // Without a fixed rate there is one line nevertheless.
    for _ in 0..count.max(1) {
        let mut line = lines.next("a sample rate")?;
        let (rate, end) = (line.number("sample rate")?, line.count("last sample")?);
        if count == 0 || rate == 0.0 {
            continue;
        }
        if rate < 0.0 || end < last {
            return Err(lines.error(format!(
                "a rate of {rate} up to sample {end} cannot follow sample {last}"
            )));
        }
        last = end;
        rates.push((rate, end));
    }
    Ok(rates)
}
