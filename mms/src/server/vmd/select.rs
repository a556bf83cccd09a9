//! Parts of values: what an alternate access selects.

use super::check::conforms;
use crate::ber::Writer;
use crate::pdu::{AccessStep, AlternateAccess, Selection, write_failure};
use crate::value::tag;
use crate::{DataAccessError, MmsValue, TypeDescription};

/// Writes a value, or the part of it, as the result of a read.
pub(super) fn write(
    w: &mut Writer<'_>,
    ty: &TypeDescription,
    value: &MmsValue,
    part: Option<AlternateAccess<'_>>,
) {
    let Some(part) = part else {
        return value.encode(w);
    };
    let start = w.position();
    if let Err(error) = write_part(w, ty, value, part)
        && !w.overflowed()
    {
        w.truncate(start);
        write_failure(w, error);
    }
}

/// One selection stands for itself; several side by side make a structure.
fn write_part(
    w: &mut Writer<'_>,
    ty: &TypeDescription,
    value: &MmsValue,
    part: AlternateAccess<'_>,
) -> Result<(), DataAccessError> {
    if let Some(selection) = part.single() {
        return write_selection(w, ty, value, selection);
    }
    let mark = w.begin(tag::STRUCTURE);
    for selection in part.selections() {
        write_selection(w, ty, value, selection)?;
    }
    w.end(mark);
    Ok(())
}

fn write_selection(
    w: &mut Writer<'_>,
    ty: &TypeDescription,
    value: &MmsValue,
    selection: Selection<'_>,
) -> Result<(), DataAccessError> {
    // A small request can select the same large array many times.
    if w.overflowed() {
        return Err(DataAccessError::ObjectAccessUnsupported);
    }
    let one = |w: &mut Writer<'_>, ty: &TypeDescription, value: &MmsValue| match selection.nested {
        None => {
            value.encode(w);
            Ok(())
        }
        Some(nested) => write_part(w, ty, value, nested),
    };
    if let Some((ty, at)) = single(ty, selection.step)? {
        let value = children(value)?.get(at).ok_or(NO_PART)?;
        return one(w, ty, value);
    }
    let (ty, range) = several(ty, selection.step)?;
    let elements = children(value)?.get(range).ok_or(NO_PART)?;
    let mark = w.begin(tag::ARRAY);
    for element in elements {
        one(w, ty, element)?;
    }
    w.end(mark);
    Ok(())
}

/// Replaces the part of `value` by `new`. What was replaced before an error stays so.
pub(super) fn replace(
    ty: &TypeDescription,
    value: &mut MmsValue,
    part: AlternateAccess<'_>,
    new: MmsValue,
) -> Result<(), DataAccessError> {
    if let Some(selection) = part.single() {
        return replace_selection(ty, value, selection, new);
    }
    let MmsValue::Structure(parts) = new else {
        return Err(DataAccessError::TypeInconsistent);
    };
    if parts.len() != part.selections().count() {
        return Err(DataAccessError::TypeInconsistent);
    }
    for (selection, new) in part.selections().zip(parts) {
        replace_selection(ty, value, selection, new)?;
    }
    Ok(())
}

fn replace_selection(
    ty: &TypeDescription,
    value: &mut MmsValue,
    selection: Selection<'_>,
    new: MmsValue,
) -> Result<(), DataAccessError> {
    let one = |ty: &TypeDescription, value: &mut MmsValue, new: MmsValue| match selection.nested {
        None => {
            conforms(ty, &new)?;
            *value = new;
            Ok(())
        }
        Some(nested) => replace(ty, value, nested, new),
    };
    if let Some((ty, at)) = single(ty, selection.step)? {
        let value = children_mut(value)?.get_mut(at).ok_or(NO_PART)?;
        return one(ty, value, new);
    }
    let (ty, range) = several(ty, selection.step)?;
    let elements = children_mut(value)?.get_mut(range).ok_or(NO_PART)?;
    match new {
        MmsValue::Array(new) if new.len() == elements.len() => elements
            .iter_mut()
            .zip(new)
            .try_for_each(|(element, new)| one(ty, element, new)),
        _ => Err(DataAccessError::TypeInconsistent),
    }
}

const NO_PART: DataAccessError = DataAccessError::ObjectNonExistent;

/// Type and place of the one part a step leads to; `None` if it leads to several.
fn single<'t>(
    ty: &'t TypeDescription,
    step: AccessStep<'_>,
) -> Result<Option<(&'t TypeDescription, usize)>, DataAccessError> {
    match (step, ty) {
        (AccessStep::Component(name), TypeDescription::Structure(components)) => components
            .iter()
            .enumerate()
            .find(|(_, component)| component.name.as_deref() == Some(name))
            .map(|(at, component)| Some((&component.ty, at)))
            .ok_or(NO_PART),
        (AccessStep::Index(index), TypeDescription::Array { element, .. }) => {
            let at = usize::try_from(index).map_err(|_| NO_PART)?;
            Ok(Some((element, at)))
        }
        (AccessStep::IndexRange { .. } | AccessStep::AllElements, _) => Ok(None),
        _ => Err(DataAccessError::ObjectAccessUnsupported),
    }
}

fn several<'t>(
    ty: &'t TypeDescription,
    step: AccessStep<'_>,
) -> Result<(&'t TypeDescription, std::ops::Range<usize>), DataAccessError> {
    let TypeDescription::Array { count, element } = ty else {
        return Err(DataAccessError::ObjectAccessUnsupported);
    };
    let (low, count) = match step {
        AccessStep::IndexRange { low, count } => (low, count),
        _ => (0, *count),
    };
    let end = low.checked_add(count).ok_or(NO_PART)?;
    let low = usize::try_from(low).map_err(|_| NO_PART)?;
    let end = usize::try_from(end).map_err(|_| NO_PART)?;
    Ok((element, low..end))
}

fn children(value: &MmsValue) -> Result<&[MmsValue], DataAccessError> {
    match value {
        MmsValue::Array(children) | MmsValue::Structure(children) => Ok(children),
        _ => Err(DataAccessError::ObjectAttributeInconsistent),
    }
}

fn children_mut(value: &mut MmsValue) -> Result<&mut [MmsValue], DataAccessError> {
    match value {
        MmsValue::Array(children) | MmsValue::Structure(children) => Ok(children),
        _ => Err(DataAccessError::ObjectAttributeInconsistent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Component;
    use crate::pdu::{AlternateAccessBuf, OwnedAccessStep, SelectionTree};

    fn ty() -> TypeDescription {
        TypeDescription::Array {
            count: 3,
            element: Box::new(TypeDescription::Structure(vec![
                Component {
                    name: Some("n".into()),
                    ty: TypeDescription::Integer(32),
                },
                Component {
                    name: Some("s".into()),
                    ty: TypeDescription::VisibleString(-5),
                },
            ])),
        }
    }

    fn value() -> MmsValue {
        let element = |n: i32, s: &str| MmsValue::Structure(vec![n.into(), s.into()]);
        MmsValue::Array(vec![element(0, "a"), element(1, "b"), element(2, "c")])
    }

    fn read(part: &AlternateAccessBuf) -> MmsValue {
        let mut out = vec![];
        let mut w = Writer::unbounded(&mut out);
        write(&mut w, &ty(), &value(), Some(part.as_ref()));
        MmsValue::from_bytes(&out).unwrap()
    }

    fn path(steps: &[AccessStep<'_>]) -> AlternateAccessBuf {
        AlternateAccessBuf::path(steps).unwrap()
    }

    fn tree(step: OwnedAccessStep, nested: Vec<SelectionTree>) -> SelectionTree {
        SelectionTree {
            component_name: None,
            step,
            nested,
        }
    }

    const N: AccessStep<'_> = AccessStep::Component("n");

    #[test]
    fn reading() {
        use AccessStep::{AllElements, Component, Index, IndexRange};
        let range = |low, count| IndexRange { low, count };
        for (steps, result) in [
            (vec![Index(1), Component("s")], "b".into()),
            (
                vec![range(1, 2), N],
                MmsValue::Array(vec![1i32.into(), 2i32.into()]),
            ),
            (
                vec![AllElements, N],
                MmsValue::Array(vec![0i32.into(), 1i32.into(), 2i32.into()]),
            ),
            (vec![range(3, 0)], MmsValue::Array(vec![])),
            (vec![Index(3)], NO_PART.into()),
            (vec![range(2, 2)], NO_PART.into()),
            (vec![range(u32::MAX, 2)], NO_PART.into()),
            (vec![Index(0), Component("x")], NO_PART.into()),
            (vec![N], DataAccessError::ObjectAccessUnsupported.into()),
            (
                vec![Index(0), N, N],
                DataAccessError::ObjectAccessUnsupported.into(),
            ),
        ] {
            assert_eq!(read(&path(&steps)), result, "{steps:?}");
        }
        let several = AlternateAccessBuf::new(&[
            tree(OwnedAccessStep::Index(2), vec![]),
            tree(
                OwnedAccessStep::Index(0),
                vec![tree(OwnedAccessStep::Component("s".into()), vec![])],
            ),
        ]);
        assert_eq!(
            read(&several.unwrap()),
            MmsValue::Structure(vec![
                MmsValue::Structure(vec![2i32.into(), "c".into()]),
                "a".into()
            ])
        );
    }

    #[test]
    fn replacing() {
        let mut v = value();
        let inner = path(&[AccessStep::Index(1), AccessStep::Component("s")]);
        replace(&ty(), &mut v, inner.as_ref(), "new".into()).unwrap();
        let range = path(&[AccessStep::IndexRange { low: 0, count: 2 }, N]);
        let new = MmsValue::Array(vec![7i32.into(), 8i32.into()]);
        replace(&ty(), &mut v, range.as_ref(), new.clone()).unwrap();
        let element = |n: i32, s: &str| MmsValue::Structure(vec![n.into(), s.into()]);
        assert_eq!(
            v,
            MmsValue::Array(vec![element(7, "a"), element(8, "new"), element(2, "c")])
        );
        for (part, new, error) in [
            (&inner, 1i32.into(), DataAccessError::TypeInconsistent),
            (
                &inner,
                "too long".into(),
                DataAccessError::ObjectValueInvalid,
            ),
            (
                &range,
                MmsValue::Array(vec![]),
                DataAccessError::TypeInconsistent,
            ),
            (&path(&[AccessStep::Index(9)]), new, NO_PART),
        ] {
            assert_eq!(replace(&ty(), &mut v, part.as_ref(), new), Err(error));
        }
    }
}
