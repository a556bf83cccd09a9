//! The file `.dat`.

use super::configuration::{Configuration, DataFormat, Revision};
use super::{ComtradeError, MAX_VALUES, at};

/// Samples as they are in the file, scaled.
#[derive(Default)]
pub(super) struct Data {
    pub(super) values: Vec<f32>,
    pub(super) states: Vec<bool>,
    /// The time stamps.
    pub(super) stamps: Vec<f64>,
}

pub(super) fn read(configuration: &Configuration, dat: &[u8]) -> Result<Data, ComtradeError> {
    match configuration.format {
        DataFormat::Ascii => text(configuration, dat),
        format => binary(configuration, format, dat),
    }
}

impl Data {
    fn value(&mut self, configuration: &Configuration, channel: usize, raw: Option<f64>) {
        let channel = configuration.analog.get(channel);
        let value = channel.zip(raw).map(|(channel, raw)| {
            let (factor, offset) = channel.scale;
            (raw * factor + offset) * channel.prefix
        });
        self.values.push(value.unwrap_or(f64::NAN) as f32);
    }
}

fn too_many() -> ComtradeError {
    ComtradeError::TooLarge("more than 67 million values")
}

fn text(configuration: &Configuration, dat: &[u8]) -> Result<Data, ComtradeError> {
    let mut data = Data::default();
    let columns = configuration.analog.len() + configuration.digital.len();
    for (number, line) in (1..).zip(dat.split(|octet| *octet == b'\n')) {
        // The end of a file of DOS.
        let line = line.trim_ascii();
        if line.is_empty() || line == [0x1a] {
            continue;
        }
        let line = std::str::from_utf8(line).map_err(|_| at("dat", number, "is no text"))?;
        let fields = line.split(',').count();
        if fields != columns + 2 {
            let reason = format!("{fields} fields, expected {}", columns + 2);
            return Err(at("dat", number, reason));
        }
        if data.values.len() + data.states.len() + columns > MAX_VALUES {
            return Err(too_many());
        }
        let mut fields = line.split(',').map(str::trim).skip(1);
        let parse = |text: &str| {
            let parsed = text.parse::<f64>().ok().filter(|number| number.is_finite());
            parsed.ok_or_else(|| at("dat", number, format!("'{text}' is no number")))
        };
        // A time that is missing is that of the sample rate.
        let stamp = fields.next().unwrap_or_default();
        data.stamps.push(match stamp {
            "" => 0.0,
            stamp => parse(stamp)?,
        });
        for channel in 0..configuration.analog.len() {
            let raw = match fields.next().unwrap_or_default() {
                "" => None,
                // So a value is missing in 1991.
                "99999" if configuration.revision == Revision::Year1991 => None,
                field => Some(parse(field)?),
            };
            data.value(configuration, channel, raw);
        }
        for field in fields {
            data.states.push(match field {
                "0" => false,
                "1" => true,
                other => {
                    let reason = format!("'{other}' is no state of a digital channel");
                    return Err(at("dat", number, reason));
                }
            });
        }
    }
    Ok(data)
}

fn binary(
    configuration: &Configuration,
    format: DataFormat,
    dat: &[u8],
) -> Result<Data, ComtradeError> {
    let (analog, digital) = (configuration.analog.len(), configuration.digital.len());
    let width = match format {
        DataFormat::Binary => 2,
        _ => 4,
    };
    let sample = 8 + analog * width + digital.div_ceil(16) * 2;
    if !dat.len().is_multiple_of(sample) {
        let octets = dat.len();
        return Err(ComtradeError::Cut { octets, sample });
    }
    if (dat.len() / sample).saturating_mul(analog + digital) > MAX_VALUES {
        return Err(too_many());
    }
    let mut data = Data::default();
    for octets in dat.chunks_exact(sample) {
        let Some(([_, _, _, _, a, b, c, d], rest)) = octets.split_first_chunk() else {
            continue;
        };
        data.stamps
            .push(u32::from_le_bytes([*a, *b, *c, *d]).into());
        let Some((values, states)) = rest.split_at_checked(analog * width) else {
            continue;
        };
        for (channel, octets) in values.chunks_exact(width).enumerate() {
            // The smallest number says that there is no value.
            let raw = match (format, octets) {
                (DataFormat::Binary, [a, b]) => {
                    let number = i16::from_le_bytes([*a, *b]);
                    (number != i16::MIN).then_some(f64::from(number))
                }
                (DataFormat::Float32, [a, b, c, d]) => {
                    let number = f32::from_le_bytes([*a, *b, *c, *d]);
                    (number.is_finite() && number > f32::MIN).then_some(f64::from(number))
                }
                (_, [a, b, c, d]) => {
                    let number = i32::from_le_bytes([*a, *b, *c, *d]);
                    (number != i32::MIN).then_some(f64::from(number))
                }
                _ => None,
            };
            data.value(configuration, channel, raw);
        }
        let bits = states
            .iter()
            .flat_map(|octet| (0..8).map(move |bit| octet >> bit & 1 != 0));
        data.states.extend(bits.take(digital));
    }
    Ok(data)
}
