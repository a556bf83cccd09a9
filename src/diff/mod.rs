//! The same requests to two servers, and where their answers differ.
//!
//! [`survey`] finds what there is and compares all of it; [`walk`] goes on at random. Both put their requests to the [`Session`], which sends them to the two
//! servers, waits for what comes back, and compares: decoded, without what each server chooses for itself (`decode`), with what the protocol leaves open left
//! open (`compare`), and without the differences that are known (`known`).

mod catalogue;
mod compare;
mod decode;
mod engine;
mod findings;
mod known;
mod link;
mod pair;
mod request;
mod session;
mod show;
mod survey;
mod walk;

pub(crate) use engine::{Engines, serve};
pub(crate) use known::KnownDifferences;
pub(crate) use pair::Pair;
pub(crate) use session::{Limits, Session, Stop};
pub(crate) use show::{print, to_json};

/// Compares until the limits are reached, a difference was found that ends it, or nothing is left to be compared.
pub(crate) fn run(session: &mut Session, seed: u32) -> Result<(), Stop> {
    let catalogue = survey::survey(session)?;
    session.walks = true;
    walk::walk(session, catalogue, seed)
}
