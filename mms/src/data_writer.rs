//! Writing arrays and structures piece by piece, for servers that keep no
//! [`crate::MmsValue`] of them.

use crate::ber::{Mark, Writer};
use crate::value::tag;

/// Begins an array of data; its elements follow, then [`Writer::end`].
pub fn begin_array(w: &mut Writer<'_>) -> Mark {
    w.begin(tag::ARRAY)
}

/// Begins a structure of data; its components follow, then [`Writer::end`].
pub fn begin_structure(w: &mut Writer<'_>) -> Mark {
    w.begin(tag::STRUCTURE)
}
