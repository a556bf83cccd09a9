//! What a control block says about its frames.

use super::publisher::{AsduConfig, DEFAULT_ADDRESS, SvConfig};
use crate::common::{SampledValueOptions, SvSmpMod};
use crate::goose::GooseEntry;
use crate::model::{ModelNodeExt, SvControlBlock};
use mms::TypeDescription;
use std::time::Duration;

/// Octets of a value in a sample: IEC 61850-9-2 table 14 as secondary sources have it. Numbers and
/// times have their own length, INT24U four octets, enumerations, bit strings and qualities four, octet
/// strings 20 and visible strings 35. `None` for types that samples do not have.
pub fn sample_length(ty: &TypeDescription) -> Option<usize> {
    Some(match ty {
        TypeDescription::Boolean => 1,
        TypeDescription::Integer(bits) | TypeDescription::Unsigned(bits) => match bits {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            33..=64 => 8,
            _ => return None,
        },
        TypeDescription::BitString(bits) if bits.unsigned_abs() <= 32 => 4,
        TypeDescription::UtcTime => 8,
        TypeDescription::BinaryTime(_) => 6,
        TypeDescription::OctetString(_) => 20,
        TypeDescription::VisibleString(_) => 35,
        TypeDescription::Structure(components) => {
            total(components.iter().map(|component| &component.ty))?
        }
        TypeDescription::Array { count, element } => {
            sample_length(element)?.checked_mul(usize::try_from(*count).ok()?)?
        }
        ty if *ty == TypeDescription::FLOAT32 => 4,
        ty if *ty == TypeDescription::FLOAT64 => 8,
        _ => return None,
    })
}

fn total<'a>(mut types: impl Iterator<Item = &'a TypeDescription>) -> Option<usize> {
    types.try_fold(0_usize, |sum, ty| sum.checked_add(sample_length(ty)?))
}

/// How often samples come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleRate {
    /// So many in a second.
    PerSecond(u32),
    /// One in so many seconds.
    Seconds(u32),
}

impl SampleRate {
    /// The rate of a control block; `frequency` is that of the network in hertz, for rates that count
    /// the samples of a period. At least one, and one in a second.
    pub fn of_control_block(block: &SvControlBlock, frequency: f64) -> Self {
        let rate = u32::from(block.smp_rate()).max(1);
        match block.smp_mod() {
            SvSmpMod::SamplesPerPeriod => {
                let rate = (f64::from(rate) * frequency).round();
                SampleRate::PerSecond((rate as u32).max(1))
            }
            SvSmpMod::SamplesPerSecond => SampleRate::PerSecond(rate),
            SvSmpMod::SecondsPerSample => SampleRate::Seconds(rate),
        }
    }

    /// The time between two samples, rounded to nanoseconds.
    pub fn interval(self) -> Duration {
        match self {
            SampleRate::PerSecond(rate) => Duration::from_secs(1) / rate.max(1),
            SampleRate::Seconds(seconds) => Duration::from_secs(seconds.into()),
        }
    }

    /// After how many samples smpCnt is 0 again: those of a second.
    fn limit(self) -> u32 {
        match self {
            SampleRate::PerSecond(rate) => rate.clamp(1, 1 << 16),
            SampleRate::Seconds(_) => 1 << 16,
        }
    }
}

impl SvConfig {
    /// The frames of a control block: its address, MsvID, confRev, optional fields and samples in a
    /// message, with room for the values of its data set. `None` if it has no data set, or one with
    /// values that samples do not have.
    pub fn of_control_block(block: &SvControlBlock, rate: SampleRate) -> Option<Self> {
        let data_set = block.dataset()?;
        let members = GooseEntry::of_data_set(&data_set);
        let length = total(members.iter().map(|member| &member.ty))?;
        let options = block.opt_flds();
        let has = |option: SampledValueOptions| options.contains(option);
        let sv_id = match block.sv_id() {
            // The reference of the control block stands for a name that is empty.
            "" => format!("{}.{}", block.parent().reference(), block.name()),
            name => name.to_owned(),
        };
        let asdu = AsduConfig {
            dat_set: has(SampledValueOptions::DATA_SET).then(|| data_set.reference()),
            conf_rev: block.conf_rev(),
            refr_tm: has(SampledValueOptions::REFRESH_TIME),
            smp_rate: has(SampledValueOptions::SAMPLE_RATE).then(|| block.smp_rate()),
            smp_mod: has(SampledValueOptions::SAMPLE_RATE)
                .then(|| u16::from(block.smp_mod().value() as u8)),
            ..AsduConfig::new(sv_id, length)
        };
        let mut config = Self::of_streams(&vec![asdu; usize::from(block.no_asdu())]);
        config.address = block.address().unwrap_or(DEFAULT_ADDRESS);
        config.smp_cnt_limit = rate.limit();
        Some(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{IedModel, SvControlBlockOptions};

    #[test]
    fn lengths_of_values() {
        let structure = |types: Vec<TypeDescription>| {
            let component = |ty| mms::Component { name: None, ty };
            TypeDescription::Structure(types.into_iter().map(component).collect())
        };
        for (ty, length) in [
            (TypeDescription::Boolean, Some(1)),
            (TypeDescription::Integer(16), Some(2)),
            (TypeDescription::Unsigned(24), Some(4)),
            (TypeDescription::Integer(128), None),
            (TypeDescription::BitString(-13), Some(4)),
            (TypeDescription::BitString(33), None),
            (TypeDescription::FLOAT32, Some(4)),
            (TypeDescription::FLOAT64, Some(8)),
            (TypeDescription::UtcTime, Some(8)),
            (TypeDescription::MmsString(-255), None),
            (
                structure(vec![
                    TypeDescription::Integer(32),
                    TypeDescription::BitString(-13),
                ]),
                Some(8),
            ),
            (structure(vec![TypeDescription::Integer(128)]), None),
        ] {
            assert_eq!(sample_length(&ty), length, "{ty:?}");
        }
        let array = TypeDescription::Array {
            count: 3,
            element: Box::new(TypeDescription::Integer(32)),
        };
        assert_eq!(sample_length(&array), Some(12));
    }

    #[test]
    fn rates_of_control_blocks() {
        let model = IedModel::new("IED").unwrap();
        let device = model.create_logical_device("LD", None).unwrap();
        let node = device.create_logical_node("LLN0").unwrap();
        let rate = |name: &str, smp_mod, smp_rate| {
            let options = SvControlBlockOptions {
                smp_mod,
                smp_rate,
                ..SvControlBlockOptions::default()
            };
            let block = node.create_sv_control_block(name, "", options).unwrap();
            assert_eq!(
                SvConfig::of_control_block(&block, SampleRate::PerSecond(1)),
                None
            );
            SampleRate::of_control_block(&block, 60.0)
        };
        let period = rate("a", SvSmpMod::SamplesPerPeriod, 80);
        assert_eq!(period, SampleRate::PerSecond(4800));
        assert_eq!(period.interval(), Duration::from_nanos(208_333));
        let second = rate("b", SvSmpMod::SamplesPerSecond, 14_400);
        assert_eq!(second, SampleRate::PerSecond(14_400));
        let slow = rate("c", SvSmpMod::SecondsPerSample, 5);
        assert_eq!(
            (slow, slow.interval()),
            (SampleRate::Seconds(5), Duration::from_secs(5))
        );
        assert_eq!(
            rate("d", SvSmpMod::SamplesPerSecond, 0),
            SampleRate::PerSecond(1)
        );
    }
}
