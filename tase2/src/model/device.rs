//! Devices: control points that peers may operate (block 5).

use super::{ControlPoint, Model, ModelError, Object};
use crate::Name;
use crate::types::{ControlType, ControlValue, Kind};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Whether a device has to be selected before it is operated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceClass {
    /// It is operated at once (NONSBO, not interlocked).
    #[default]
    Direct,
    /// Select before operate (SBO, interlocked).
    Sbo,
}

impl FromStr for DeviceClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "direct" => Ok(DeviceClass::Direct),
            "sbo" => Ok(DeviceClass::Sbo),
            _ => Err(format!("`{text}` is no class; there are direct and sbo")),
        }
    }
}

impl fmt::Display for DeviceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DeviceClass::Direct => "direct",
            DeviceClass::Sbo => "sbo",
        })
    }
}

/// A device: a control point that peers with the right to may operate, through `NAME`, `NAME_SBO` where it has to be selected first, and
/// `NAME_TAG` where it can be tagged.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Device {
    /// Its name, of at most 28 characters: its other objects have four more.
    pub name: Name,
    /// Command or set-point.
    pub ty: ControlType,
    /// Whether it has to be selected first.
    pub class: DeviceClass,
    /// The check-back id that a selection answers, where the bilateral table has no other. Default 0.
    pub check_back: i16,
    /// How long a selection holds, at most a day. Default 30 s.
    pub select_timeout: Duration,
    /// How long a handler may take, as far as the peer's answer is concerned. Default 20 s.
    pub operate_timeout: Duration,
    /// Whether it has a tag. Default true.
    pub taggable: bool,
    /// The commands there are, of a command device. Default 0 (trip, open, off, lower) and 1 (close, on, raise).
    pub commands: Vec<i16>,
    /// The lowest and the highest value of a set-point, both included. Default: what the type can have.
    pub range: Option<(f32, f32)>,
    /// The indication point that shows what became of a command. Default `None`.
    pub indication: Option<Name>,
}

impl Device {
    /// A device with the defaults.
    pub fn new(name: Name, ty: ControlType, class: DeviceClass) -> Self {
        Device {
            name,
            ty,
            class,
            check_back: 0,
            select_timeout: Duration::from_secs(30),
            operate_timeout: Duration::from_secs(20),
            taggable: true,
            commands: vec![0, 1],
            range: None,
            indication: None,
        }
    }

    /// Whether a value is one the device can be operated with.
    pub(crate) fn takes(&self, value: ControlValue) -> bool {
        let within = |value: f32| match self.range {
            Some((lowest, highest)) => lowest <= value && value <= highest,
            None => true,
        };
        match value {
            ControlValue::Command(command) => self.commands.contains(&command),
            ControlValue::Real(value) => value.is_finite() && within(value),
            ControlValue::Discrete(value) => within(value.into()),
        }
    }
}

/// A selection or a command that takes longer is a mistake.
const LONGEST: Duration = Duration::from_secs(86_400);

/// What of a device a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Select,
    Tag,
}

impl Part {
    pub(crate) fn name(self, device: &Name) -> Name {
        let suffix = match self {
            Part::Select => "_SBO",
            Part::Tag => "_TAG",
        };
        let item = format!("{}{suffix}", device.item());
        match device.domain() {
            None => Name::Vcc(item),
            Some(domain) => Name::icc(domain, item),
        }
    }
}

/// A device in a model, with the names of its parts.
#[derive(Clone, Debug)]
pub(crate) struct DeviceEntry {
    pub(crate) device: Device,
    pub(crate) control: u32,
    pub(crate) select_name: Name,
    pub(crate) tag_name: Name,
}

impl Model {
    /// Adds a device, and its control point with it. Its indication point has to be there already.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn add_device(&mut self, device: Device) -> Result<(), ModelError> {
        if let Some(name) = &device.indication {
            let point = match self.find(name.domain(), name.item()) {
                Some(Object::Point(id)) => self.points.get(id as usize),
                _ => None,
            };
            let kind = point.map(|point| point.ty.kind);
            let fits = match device.ty {
                ControlType::Command => [Kind::State, Kind::StateSupplemental].map(Some),
                ControlType::SetpointReal => [Some(Kind::Real); 2],
                ControlType::SetpointDiscrete => [Some(Kind::Discrete); 2],
            };
            if kind.is_none() || !fits.contains(&kind) {
                return Err(ModelError::NoIndication {
                    device: device.name,
                    indication: name.clone(),
                });
            }
        }
        let range = device.range.unwrap_or((0.0, 0.0));
        let ordered = range.0 <= range.1;
        let command = device.ty == ControlType::Command;
        if !ordered || (command && (device.range.is_some() || device.commands.is_empty())) {
            return Err(ModelError::Range(device.name));
        }
        let holds = [device.select_timeout, device.operate_timeout];
        if holds.iter().any(|t| t.is_zero() || *t > LONGEST) {
            return Err(ModelError::TimeOut(device.name));
        }
        let id = self.devices.len() as u32;
        let entry = DeviceEntry {
            control: self.controls.len() as u32,
            select_name: Part::Select.name(&device.name),
            tag_name: Part::Tag.name(&device.name),
            device,
        };
        // Nothing stays of a device that cannot be.
        let parts = [
            (entry.device.class == DeviceClass::Sbo).then_some(&entry.select_name),
            entry.device.taggable.then_some(&entry.tag_name),
        ];
        for name in parts.into_iter().flatten() {
            self.vacant(name)?;
        }
        self.add_control(ControlPoint {
            name: entry.device.name.clone(),
            ty: entry.device.ty,
            value: entry.device.ty.initial(),
        })?;
        if entry.device.class == DeviceClass::Sbo {
            self.add(&entry.select_name, Object::Select(id))?;
        }
        if entry.device.taggable {
            self.add(&entry.tag_name, Object::Tag(id))?;
        }
        if let Some(place) = self.device_of.last_mut() {
            *place = Some(id);
        }
        self.devices.push(entry);
        Ok(())
    }

    /// The devices, in the order they were added.
    pub fn devices(&self) -> impl ExactSizeIterator<Item = &Device> {
        self.devices.iter().map(|entry| &entry.device)
    }

    pub(crate) fn device(&self, id: u32) -> Option<&DeviceEntry> {
        self.devices.get(id as usize)
    }

    /// The device of a control point, if it is one.
    pub(crate) fn device_of(&self, control: u32) -> Option<u32> {
        self.device_of.get(control as usize).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IndicationPoint;

    fn device(name: &str, class: DeviceClass) -> Device {
        Device::new(name.parse().unwrap(), ControlType::Command, class)
    }

    #[test]
    fn names_of_a_device() {
        let mut model = Model::new();
        model
            .add_device(device("ICC1/CB1", DeviceClass::Sbo))
            .unwrap();
        let mut direct = device("CB2", DeviceClass::Direct);
        direct.taggable = false;
        model.add_device(direct).unwrap();
        let icc = model.sorted(Some("ICC1"));
        let icc: Vec<_> = icc.iter().map(|(name, _)| &**name).collect();
        assert_eq!(icc, ["CB1", "CB1_SBO", "CB1_TAG"]);
        let vcc = model.sorted(None);
        let vcc: Vec<_> = vcc.iter().map(|(name, _)| &**name).collect();
        assert_eq!(vcc, ["CB2"]);
        assert_eq!((model.device_of(0), model.device_of(1)), (Some(0), Some(1)));
        let name = model.name(Object::Tag(0)).unwrap();
        assert_eq!(name.to_string(), "ICC1/CB1_TAG");
    }

    #[test]
    fn devices_that_cannot_be() {
        let mut model = Model::new();
        let ty = "State".parse().unwrap();
        model
            .add_point(IndicationPoint::new("CB1_TAG".parse().unwrap(), ty))
            .unwrap();
        model
            .add_point(IndicationPoint::new("CB1_ST".parse().unwrap(), ty))
            .unwrap();
        let mut refused = |device: Device| model.add_device(device).unwrap_err().to_string();
        assert_eq!(
            refused(device("CB1", DeviceClass::Sbo)),
            "CB1_TAG: there is another object of this name"
        );
        let long = format!("A{}", "B".repeat(28));
        assert!(refused(device(&long, DeviceClass::Sbo)).contains("more than 32 characters"));
        let mut bad = device("CB2", DeviceClass::Direct);
        bad.indication = Some("NO".parse().unwrap());
        assert_eq!(refused(bad), "CB2: NO is no point that shows what it does");
        let mut bad = Device::new(
            "CB2".parse().unwrap(),
            ControlType::SetpointReal,
            DeviceClass::Direct,
        );
        bad.indication = Some("CB1_ST".parse().unwrap());
        assert!(refused(bad.clone()).contains("CB1_ST is no point"));
        bad.indication = None;
        bad.range = Some((2.0, 1.0));
        assert!(refused(bad.clone()).contains("range"));
        bad.range = Some((f32::NAN, 1.0));
        assert!(refused(bad.clone()).contains("range"));
        bad.range = None;
        bad.select_timeout = Duration::ZERO;
        assert!(refused(bad).contains("time-out"));
        let mut bad = device("CB2", DeviceClass::Direct);
        bad.commands.clear();
        assert!(refused(bad).contains("range"));
        // Nothing stays of them.
        assert_eq!((model.devices().len(), model.controls().len()), (0, 0));
        model
            .add_device(device("CB2", DeviceClass::Direct))
            .unwrap();
    }

    #[test]
    fn values_a_device_takes() {
        let mut command = device("CB1", DeviceClass::Direct);
        assert!(command.takes(ControlValue::Command(1)));
        assert!(!command.takes(ControlValue::Command(2)));
        command.commands.push(2);
        assert!(command.takes(ControlValue::Command(2)));
        let mut real = Device::new(
            "SP".parse().unwrap(),
            ControlType::SetpointReal,
            DeviceClass::Direct,
        );
        assert!(real.takes(ControlValue::Real(1e9)));
        assert!(!real.takes(ControlValue::Real(f32::NAN)));
        real.range = Some((-1.0, 1.0));
        assert!(real.takes(ControlValue::Real(-1.0)));
        assert!(!real.takes(ControlValue::Real(1.1)));
        assert!(!real.takes(ControlValue::Discrete(2)));
    }
}
