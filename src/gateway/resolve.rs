//! Where the value, the quality and the time of a point are: found out from the types an IED tells.

use super::config::{Ied, Point};
use super::convert;
use iec61850::client::asynchronous::IedConnection;
use iec61850::{FunctionalConstraint as Fc, ObjectReference};
use mms::{MmsValue, TypeDescription};
use tase2::types::Kind;

/// Functional constraints that a data object has its value in, the usual ones first.
const CONSTRAINTS: [Fc; 4] = [Fc::ST, Fc::MX, Fc::SP, Fc::SG];
/// Where the value of a data object is, by common data class: the first that is there.
const VALUES: [&[&str]; 13] = [
    &["stVal"],
    &["mag", "f"],
    &["mag", "i"],
    &["cVal", "mag", "f"],
    &["cVal", "mag", "i"],
    &["actVal"],
    &["general"],
    &["valWTr", "posVal"],
    &["mxVal", "f"],
    &["mxVal", "i"],
    &["setVal"],
    &["setMag", "f"],
    &["setMag", "i"],
];

/// An attribute: `LD`, and `LN$FC$DO$DA` in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) device: String,
    pub(super) path: Vec<String>,
}

/// Where a point is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) value: Attribute,
    pub(super) quality: Option<Attribute>,
    pub(super) time: Option<Attribute>,
}

impl Attribute {
    fn of(reference: &ObjectReference) -> Self {
        Attribute {
            device: reference.logical_device().to_owned(),
            path: reference.mms_item().split('$').map(str::to_owned).collect(),
        }
    }

    fn child(&self, names: &[&str]) -> Self {
        let mut child = self.clone();
        child
            .path
            .extend(names.iter().map(|name| (*name).to_owned()));
        child
    }

    /// In the form of MMS, as a client can name it.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.device, self.path.join("$"))
    }

    /// The names that lead from another attribute to this one, if this one is in that.
    fn below<'a>(&'a self, other: &Attribute) -> Option<&'a [String]> {
        let rest = self.path.strip_prefix(&other.path[..])?;
        (self.device == other.device).then_some(rest)
    }
}

/// Which part of a point something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Value,
    Quality,
    Time,
}

/// A part of a point, in a value that the IED sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// Which of the points.
    pub(super) point: usize,
    pub(super) part: Part,
    /// The places in structures that lead to it.
    pub(super) steps: Vec<usize>,
}

impl Route {
    /// The part of the value.
    pub(super) fn follow<'a>(&self, value: &'a MmsValue) -> Option<&'a MmsValue> {
        self.steps
            .iter()
            .try_fold(value, |value, step| value.get_element(*step).ok())
    }
}

/// Where a point is on this IED; an error says why it is nowhere.
pub(super) async fn place(
    connection: &IedConnection,
    point: &Point,
    kind: Kind,
) -> Result<Place, String> {
    let mut reason = format!("{}: no such object", point.from);
    let constraints = match point.from.fc() {
        Some(fc) => vec![fc],
        None => CONSTRAINTS.to_vec(),
    };
    for fc in constraints {
        let object = Attribute::of(&point.from.clone().with_fc(fc));
        // The data object is behind the logical node and the functional constraint.
        let top = Attribute {
            device: object.device.clone(),
            path: object.path.iter().take(3).cloned().collect(),
        };
        match connection
            .get_variable_specification(&top.name(), None)
            .await
        {
            Ok(ty) => match within(&top, &ty, &object, kind) {
                Ok(place) => return Ok(place),
                Err(why) => reason = format!("{}: {why}", point.from),
            },
            Err(iec61850::Error::Client(failure)) if failure.source.is_none() => {
                return Err(failure.to_string());
            }
            Err(_) => {}
        }
    }
    Err(reason)
}

/// The place of a point in a data object of which the type is known.
fn within(
    top: &Attribute,
    ty: &TypeDescription,
    object: &Attribute,
    kind: Kind,
) -> Result<Place, String> {
    let rest: Vec<&str> = object.path[top.path.len()..]
        .iter()
        .map(String::as_str)
        .collect();
    let of = |names: &[&str]| names.iter().try_fold(ty, |ty, name| ty.child_by_name(name));
    let named = of(&rest).ok_or("no such attribute")?;
    // What was named, or the value attribute of the data object that was.
    let value_names: Vec<&str> = match named {
        TypeDescription::Structure(_) => VALUES
            .iter()
            .map(|names| [&rest[..], names].concat())
            .find(|names| of(names).is_some_and(|ty| convert::fits(ty, kind)))
            .ok_or("it has no value that a point of this type can have; name the attribute")?,
        leaf if convert::fits(leaf, kind) => rest,
        _ => return Err("its type does not fit that of the point".to_owned()),
    };
    // Quality and time are beside the value, or further out.
    let beside = |name: &str| {
        (0..value_names.len())
            .rev()
            .map(|depth| [&value_names[..depth], &[name][..]].concat())
            .find(|names| of(names).is_some())
            .map(|names| top.child(&names))
    };
    Ok(Place {
        quality: beside("q"),
        time: beside("t"),
        value: top.child(&value_names),
    })
}

/// What of a value that the IED sends belongs to which points.
pub(super) fn routes(
    object: &Attribute,
    ty: &TypeDescription,
    places: &[Option<Place>],
) -> Vec<Route> {
    let mut routes = Vec::new();
    for (point, place) in places.iter().enumerate() {
        let Some(place) = place else { continue };
        let parts = [
            (Part::Value, Some(&place.value)),
            (Part::Quality, place.quality.as_ref()),
            (Part::Time, place.time.as_ref()),
        ];
        for (part, attribute) in parts {
            let steps = attribute
                .and_then(|attribute| attribute.below(object))
                .and_then(|names| steps(ty, names));
            if let Some(steps) = steps {
                routes.push(Route { point, part, steps });
            }
        }
    }
    routes
}

fn steps(ty: &TypeDescription, names: &[String]) -> Option<Vec<usize>> {
    let mut ty = ty;
    names
        .iter()
        .map(|name| {
            let TypeDescription::Structure(components) = ty else {
                return None;
            };
            let at = components
                .iter()
                .position(|c| c.name.as_deref() == Some(name))?;
            ty = &components.get(at)?.ty;
            Some(at)
        })
        .collect()
}

/// What a report brings, member by member.
pub(super) async fn members(
    connection: &IedConnection,
    data_set: &str,
    places: &[Option<Place>],
) -> Result<Vec<Vec<Route>>, String> {
    let directory = connection
        .get_dataset_directory(data_set)
        .await
        .map_err(|error| error.to_string())?;
    let mut members = Vec::new();
    for entry in &directory.entries {
        let Ok(reference) = entry.parse::<ObjectReference>() else {
            members.push(Vec::new());
            continue;
        };
        let object = Attribute::of(&reference);
        let concerns = |attribute: &Attribute| attribute.below(&object).is_some();
        let wanted = places.iter().flatten().any(|place| {
            concerns(&place.value)
                || place.quality.as_ref().is_some_and(concerns)
                || place.time.as_ref().is_some_and(concerns)
        });
        members.push(match wanted {
            false => Vec::new(),
            true => {
                let ty = connection
                    .get_variable_specification(entry, None)
                    .await
                    .map_err(|error| error.to_string())?;
                routes(&object, &ty, places)
            }
        });
    }
    Ok(members)
}

/// The names of points that nothing brings.
pub(super) fn missing<'a>(
    ied: &'a Ied,
    places: &'a [Option<Place>],
    brought: &'a [Vec<Vec<Route>>],
) -> impl Iterator<Item = (usize, &'a Point)> {
    ied.points.iter().enumerate().filter(|(at, _)| {
        let is_brought = brought
            .iter()
            .flatten()
            .flatten()
            .any(|route| route.point == *at && route.part == Part::Value);
        places.get(*at).is_some_and(Option::is_some) && !is_brought
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::{BitString, Component, UtcTime};

    fn component(name: &str, ty: TypeDescription) -> Component {
        Component {
            name: Some(name.to_owned()),
            ty,
        }
    }

    fn measured() -> TypeDescription {
        let analogue = TypeDescription::Structure(vec![component("f", TypeDescription::FLOAT32)]);
        TypeDescription::Structure(vec![
            component("instMag", analogue.clone()),
            component("mag", analogue),
            component("q", TypeDescription::BitString(-13)),
            component("t", TypeDescription::UtcTime),
        ])
    }

    fn attribute(text: &str) -> Attribute {
        Attribute::of(&text.parse().unwrap())
    }

    fn wye() -> TypeDescription {
        TypeDescription::Structure(vec![
            component("phsA", measured()),
            component("phsB", measured()),
        ])
    }

    #[test]
    fn values_of_data_objects_are_found() {
        let top = attribute("LD/MMXU1.TotW[MX]");
        let place = within(&top, &measured(), &top, Kind::Real).unwrap();
        assert_eq!(place.value.name(), "LD/MMXU1$MX$TotW$mag$f");
        assert_eq!(place.quality.unwrap().name(), "LD/MMXU1$MX$TotW$q");
        assert_eq!(place.time.unwrap().name(), "LD/MMXU1$MX$TotW$t");
        let other = attribute("LD/MMXU1.TotW.instMag.f[MX]");
        let place = within(&top, &measured(), &other, Kind::Real).unwrap();
        assert_eq!(place.value.name(), "LD/MMXU1$MX$TotW$instMag$f");
        assert_eq!(place.quality.unwrap().name(), "LD/MMXU1$MX$TotW$q");
        // A state has no number.
        assert!(within(&top, &measured(), &top, Kind::State).is_err());
        let nowhere = attribute("LD/MMXU1.TotW.none[MX]");
        assert!(within(&top, &measured(), &nowhere, Kind::Real).is_err());
    }

    #[test]
    fn parts_of_points_are_found_in_what_is_sent() {
        let top = attribute("LD/MMXU1.A[MX]");
        let object = attribute("LD/MMXU1.A.phsB[MX]");
        let place = within(&top, &wye(), &object, Kind::Real).unwrap();
        let places = [None, Some(place)];
        // As a member: the data object as a whole, the part of it, the value alone.
        let found = routes(&top, &wye(), &places);
        let steps: Vec<_> = found.iter().map(|r| (r.part, r.steps.clone())).collect();
        assert_eq!(
            steps,
            [
                (Part::Value, vec![1, 1, 0]),
                (Part::Quality, vec![1, 2]),
                (Part::Time, vec![1, 3])
            ]
        );
        let mag = attribute("LD/MMXU1.A.phsB.mag[MX]");
        let ty = TypeDescription::Structure(vec![component("f", TypeDescription::FLOAT32)]);
        let found = routes(&mag, &ty, &places);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].point, 1);
        let value = MmsValue::Structure(vec![MmsValue::Float32(2.0)]);
        assert_eq!(found[0].follow(&value), Some(&MmsValue::Float32(2.0)));
        // Another value than the type says is no reason to fail.
        assert_eq!(found[0].follow(&MmsValue::Boolean(true)), None);
        let phs_a = attribute("LD/MMXU1.A.phsA[MX]");
        assert_eq!(routes(&phs_a, &measured(), &places), []);
        let _ = (BitString::new(13), UtcTime::new());
    }
}
