//! Writing a type piece by piece, for servers that keep no [`crate::TypeDescription`] of what they
//! serve.

use crate::ber::{Tag, Writer};

/// Writes an array type around the element type that `element` writes.
pub fn array<'w>(w: &mut Writer<'w>, count: u32, element: impl FnOnce(&mut Writer<'w>)) {
    w.constructed(Tag::context_constructed(1), |w| {
        w.unsigned(Tag::context(1), count.into());
        w.constructed(Tag::context_constructed(2), element);
    });
}

/// Writes a structure type around the components that `components` writes.
pub fn structure<'w>(w: &mut Writer<'w>, components: impl FnOnce(&mut Writer<'w>)) {
    w.constructed(Tag::context_constructed(2), |w| {
        w.constructed(Tag::context_constructed(1), components)
    });
}

/// Writes one component of a structure type around the type that `ty` writes.
pub fn component<'w>(w: &mut Writer<'w>, name: Option<&str>, ty: impl FnOnce(&mut Writer<'w>)) {
    w.constructed(Tag::SEQUENCE, |w| {
        if let Some(name) = name {
            w.text(Tag::context(0), name);
        }
        w.constructed(Tag::context_constructed(1), ty);
    });
}
