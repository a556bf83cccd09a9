//! What a control centre has: its points, control points and predefined data sets, before anybody sees them.

mod account;
mod condition;
mod device;
mod program;

pub use account::{TimeSeries, TransferAccount};
pub use condition::EventCondition;
pub use device::{Device, DeviceClass};
pub use program::Program;

pub(crate) use device::DeviceEntry;

use crate::name::NameError;
use crate::types::{
    ControlType, ControlValue, Kind, PointType, PointValue, Quality, State, StateSupplemental,
    Validity, Value,
};
use crate::{Name, standard};
use std::collections::HashMap;

/// An indication point.
#[derive(Clone, Debug, PartialEq)]
pub struct IndicationPoint {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: PointType,
    /// Its value at first. Default: zero, NOTVALID.
    pub initial: PointValue,
    /// A new value of a real point has to be this far from the one before to count as a change; 0 takes every change.
    pub deadband: f32,
}

impl IndicationPoint {
    /// A point without a value yet.
    pub fn new(name: Name, ty: PointType) -> Self {
        let value = match ty.kind {
            Kind::Real => Value::Real(0.0),
            Kind::Discrete => Value::Discrete(0),
            Kind::State => Value::State(State::Between),
            Kind::StateSupplemental => Value::Supplemental(StateSupplemental::default()),
        };
        IndicationPoint {
            name,
            ty,
            initial: PointValue::from(value).with_quality(Quality::of(Validity::NotValid)),
            deadband: 0.0,
        }
    }
}

/// A control point: the last value that was commanded, which can be read. One that can be operated is a [`Device`].
#[derive(Clone, Debug, PartialEq)]
pub struct ControlPoint {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: ControlType,
    /// The value it has.
    pub value: ControlValue,
}

/// A data set that is there from the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredefinedDataSet {
    /// Its name.
    pub name: Name,
    /// Its members, special variables among them, in their order.
    pub members: Vec<Name>,
    /// Whether peers with the right to may delete it.
    pub deletable: bool,
}

/// A model that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A name that cannot be one.
    #[error("{name}: {reason}")]
    Name {
        /// The name.
        name: Name,
        /// What is wrong.
        reason: NameError,
    },
    /// Two objects of one name.
    #[error("{0}: there is another object of this name")]
    Duplicate(Name),
    /// The name of a standard object.
    #[error("{0}: this is the name of an object of the standard")]
    Reserved(Name),
    /// A member that is no object.
    #[error("{data_set}: there is no {member} to be a member")]
    NoSuchMember {
        /// The data set.
        data_set: Name,
        /// The member.
        member: Name,
    },
    /// A data set without members.
    #[error("{0}: a data set without members")]
    NoMembers(Name),
    /// A deadband that is negative or no number, or of a point that is no real.
    #[error("{0}: a deadband is a number from 0 on, and of a real point")]
    Deadband(Name),
    /// An initial value of another type than the point.
    #[error("{0}: the value is of another type than the point")]
    WrongValue(Name),
    /// The indication point of a device is none, or of another type.
    #[error("{device}: {indication} is no point that shows what it does")]
    NoIndication {
        /// The device.
        device: Name,
        /// What it names.
        indication: Name,
    },
    /// A command device without commands or with a range, or a range that is none.
    #[error(
        "{0}: a range has its lowest value first and is of set-points; commands have at least one"
    )]
    Range(Name),
    /// An account with odd numbers.
    #[error(
        "{0}: an account is of the VCC, has periods of whole seconds that divide a day, 1 to 1000 values in each, and utilities of up to 32 characters"
    )]
    Account(Name),
    /// A point of which nothing is to be kept.
    #[error("{0}: values are stored for some time, and at least one")]
    Retention(Name),
    /// An event condition with a severity above 127.
    #[error("{0}: a severity is from 0 to 127")]
    Severity(Name),
    /// An information buffer without room, or with more than there can be.
    #[error("an information buffer of {0} octets; there can be 1 to 60000, and 32 of them")]
    Buffer(usize),
    /// A device whose time-outs are zero or longer than a day.
    #[error("{0}: a time-out is longer than nothing, and at most a day")]
    TimeOut(Name),
}

/// An object of a model: its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Object {
    Point(u32),
    Control(u32),
    /// `<device>_SBO`.
    Select(u32),
    /// `<device>_TAG`.
    Tag(u32),
}

#[derive(Clone, Debug, Default)]
struct Scope {
    objects: HashMap<Box<str>, Object>,
}

/// The objects of a control centre. Made by hand, or of files ([`crate::config`]).
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub(crate) points: Vec<IndicationPoint>,
    pub(crate) controls: Vec<ControlPoint>,
    pub(crate) devices: Vec<DeviceEntry>,
    /// The device of each control point.
    device_of: Vec<Option<u32>>,
    pub(crate) data_sets: Vec<PredefinedDataSet>,
    /// Octets of each information buffer, the smallest first.
    pub(crate) information_buffers: Vec<usize>,
    pub(crate) programs: Vec<Program>,
    pub(crate) conditions: Vec<EventCondition>,
    pub(crate) accounts: Vec<TransferAccount>,
    /// Points whose values are stored, by their places.
    pub(crate) series: Vec<(u32, TimeSeries)>,
    vcc: Scope,
    domains: HashMap<Box<str>, Scope>,
}

impl Model {
    /// A model of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an object can have this name.
    fn vacant(&self, name: &Name) -> Result<(), ModelError> {
        name.check().map_err(|reason| ModelError::Name {
            name: name.clone(),
            reason,
        })?;
        if standard::is_standard(name.item()) {
            return Err(ModelError::Reserved(name.clone()));
        }
        match self.find(name.domain(), name.item()) {
            Some(_) => Err(ModelError::Duplicate(name.clone())),
            None => Ok(()),
        }
    }

    fn add(&mut self, name: &Name, object: Object) -> Result<(), ModelError> {
        self.vacant(name)?;
        let scope = match name.domain() {
            None => &mut self.vcc,
            Some(domain) => self.domains.entry(domain.into()).or_default(),
        };
        scope.objects.insert(name.item().into(), object);
        Ok(())
    }

    /// Adds an indication point.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn add_point(&mut self, point: IndicationPoint) -> Result<(), ModelError> {
        let real = point.ty.kind == Kind::Real;
        if !(point.deadband >= 0.0 && (real || point.deadband == 0.0)) {
            return Err(ModelError::Deadband(point.name));
        }
        if !fits(point.ty, &point.initial) {
            return Err(ModelError::WrongValue(point.name));
        }
        let id = Object::Point(self.points.len() as u32);
        self.add(&point.name, id)?;
        self.points.push(point);
        Ok(())
    }

    /// Adds a control point.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn add_control(&mut self, control: ControlPoint) -> Result<(), ModelError> {
        let id = Object::Control(self.controls.len() as u32);
        self.add(&control.name, id)?;
        self.controls.push(control);
        self.device_of.push(None);
        Ok(())
    }

    /// Adds a data set; its members have to be there already.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn add_data_set(&mut self, data_set: PredefinedDataSet) -> Result<(), ModelError> {
        data_set.name.check().map_err(|reason| ModelError::Name {
            name: data_set.name.clone(),
            reason,
        })?;
        if self.data_sets.iter().any(|d| d.name == data_set.name) {
            return Err(ModelError::Duplicate(data_set.name));
        }
        if data_set.members.is_empty() {
            return Err(ModelError::NoMembers(data_set.name));
        }
        // A member of a domain has to be in the domain of the data set: no peer sees two of them.
        let known = |member: &Name| {
            let scope = member.domain().is_none() || member.domain() == data_set.name.domain();
            let special = standard::Special::named(member.item()).is_some();
            let object = self.find(member.domain(), member.item());
            let value = matches!(object, Some(Object::Point(_) | Object::Control(_)));
            scope && (special || value)
        };
        if let Some(member) = data_set.members.iter().find(|member| !known(member)) {
            return Err(ModelError::NoSuchMember {
                data_set: data_set.name.clone(),
                member: member.clone(),
            });
        }
        self.data_sets.push(data_set);
        Ok(())
    }

    /// Adds a buffer for information messages of up to so many octets (block 4).
    ///
    /// # Errors
    /// [`ModelError::Buffer`].
    pub fn add_information_buffer(&mut self, size: usize) -> Result<(), ModelError> {
        if !(1..=60_000).contains(&size) || self.information_buffers.len() >= 32 {
            return Err(ModelError::Buffer(size));
        }
        if let Err(place) = self.information_buffers.binary_search(&size) {
            self.information_buffers.insert(place, size);
        }
        Ok(())
    }

    /// The sizes of the information buffers, the smallest first.
    pub fn information_buffers(&self) -> &[usize] {
        &self.information_buffers
    }

    /// The indication points, in the order they were added.
    pub fn points(&self) -> &[IndicationPoint] {
        &self.points
    }

    /// The control points, in the order they were added.
    pub fn controls(&self) -> &[ControlPoint] {
        &self.controls
    }

    /// The predefined data sets, in the order they were added.
    pub fn data_sets(&self) -> &[PredefinedDataSet] {
        &self.data_sets
    }

    pub(crate) fn find(&self, domain: Option<&str>, item: &str) -> Option<Object> {
        let scope = match domain {
            None => &self.vcc,
            Some(domain) => self.domains.get(domain)?,
        };
        scope.objects.get(item).copied()
    }

    /// Whether there is an object or a data set of this name.
    pub(crate) fn exists(&self, name: &Name) -> bool {
        self.find(name.domain(), name.item()).is_some()
            || self.data_sets.iter().any(|d| d.name == *name)
            || self.condition(name).is_some()
            || self.accounts.iter().any(|account| account.name == *name)
            || (name.domain().is_none() && self.program(name.item()).is_some())
    }

    pub(crate) fn name(&self, object: Object) -> Option<&Name> {
        match object {
            Object::Point(id) => self.points.get(id as usize).map(|point| &point.name),
            Object::Control(id) => self.controls.get(id as usize).map(|control| &control.name),
            Object::Select(id) => self.device(id).map(|entry| &entry.select_name),
            Object::Tag(id) => self.device(id).map(|entry| &entry.tag_name),
        }
    }

    /// The objects of a scope, sorted by name as name lists are.
    pub(crate) fn sorted(&self, domain: Option<&str>) -> Vec<(Box<str>, Object)> {
        let scope = match domain {
            None => Some(&self.vcc),
            Some(domain) => self.domains.get(domain),
        };
        let objects = scope.into_iter().flat_map(|scope| &scope.objects);
        let mut sorted: Vec<_> = objects
            .map(|(name, object)| (name.clone(), *object))
            .collect();
        sorted.sort_unstable();
        sorted
    }

    /// The domains that have objects.
    pub(crate) fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.keys().map(|name| &**name)
    }
}

/// Whether a value is one of a point of this type.
pub(crate) fn fits(ty: PointType, value: &PointValue) -> bool {
    matches!(
        (ty.kind, value.value),
        (Kind::Real, Value::Real(_))
            | (Kind::Discrete, Value::Discrete(_))
            | (Kind::State, Value::State(_))
            | (Kind::StateSupplemental, Value::Supplemental(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, ty: &str) -> IndicationPoint {
        IndicationPoint::new(name.parse().unwrap(), ty.parse().unwrap())
    }

    #[test]
    fn what_cannot_be() {
        let mut model = Model::new();
        model.add_point(point("MW1", "RealQ")).unwrap();
        model.add_point(point("ICC1/MW1", "RealQ")).unwrap();
        let mut refused = |point: IndicationPoint| model.add_point(point).unwrap_err().to_string();
        assert_eq!(
            refused(point("MW1", "State")),
            "MW1: there is another object of this name"
        );
        assert!(refused(point("M-1", "State")).starts_with("M-1: `M-1` has the character '-'"));
        assert_eq!(
            refused(point("ICC1/Transfer_Set_Name", "State")),
            "ICC1/Transfer_Set_Name: this is the name of an object of the standard"
        );
        let mut bad = point("X", "State");
        bad.deadband = 1.0;
        assert!(refused(bad).contains("deadband"));
        let mut bad = point("X", "Real");
        bad.deadband = f32::NAN;
        assert!(refused(bad).contains("deadband"));
        let mut bad = point("X", "Real");
        bad.initial = PointValue::discrete(1);
        assert!(refused(bad).contains("another type"));
        assert_eq!(model.points().len(), 2);
    }

    #[test]
    fn data_sets_have_members_that_exist() {
        let mut model = Model::new();
        model.add_point(point("MW1", "RealQ")).unwrap();
        model.add_point(point("ICC2/MW1", "RealQ")).unwrap();
        let mut add = |members: &[&str]| {
            model
                .add_data_set(PredefinedDataSet {
                    name: "ICC1/DS1".parse().unwrap(),
                    members: members.iter().map(|m| m.parse().unwrap()).collect(),
                    deletable: false,
                })
                .map_err(|e| e.to_string())
        };
        assert_eq!(add(&[]), Err("ICC1/DS1: a data set without members".into()));
        assert_eq!(
            add(&["MW1", "MW2"]),
            Err("ICC1/DS1: there is no MW2 to be a member".into())
        );
        assert!(add(&["ICC2/MW1"]).is_err());
        assert!(add(&["ICC2/Transfer_Set_Name"]).is_err());
        assert_eq!(add(&["ICC1/Transfer_Set_Name", "MW1"]), Ok(()));
        assert_eq!(
            add(&["MW1"]),
            Err("ICC1/DS1: there is another object of this name".into())
        );
    }
}
