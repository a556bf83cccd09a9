//! Responses that say nothing but that it is done: a NULL with the tag of the service.

/// Types of such responses, with their tags.
macro_rules! done {
    ($($(#[$meta:meta])* $name:ident $tag:ident;)+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name;

            impl $name {
                /// Writes the service element.
                pub fn encode(&self, w: &mut $crate::ber::Writer<'_>) {
                    w.null($tag);
                }
            }
        )+
    };
}
pub(super) use done;
