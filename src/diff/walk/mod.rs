//! Requests at random, the same ones for the same seed.

mod blocks;
mod controls;
mod corners;
mod data;
mod files;
mod lists;
mod odd;
mod values;

use super::catalogue::{Catalogue, ReportBlock, Variable};
use super::session::{ASSOCIATIONS, Session, Stop};
use crate::random::Random;

/// Report control blocks that are used.
const REPORT_BLOCKS: usize = 4;

/// Goes on until the session says that it is enough.
pub(super) fn walk(session: &mut Session, catalogue: Catalogue, seed: u32) -> Result<(), Stop> {
    let mut random = Random::new(seed);
    let mut walk = Walk {
        generation: 0,
        session,
        blocks: some_of(&catalogue.reports, REPORT_BLOCKS, &mut random),
        catalogue,
        random,
        enabled: Vec::new(),
        own_lists: Vec::new(),
        open_files: Vec::new(),
    };
    walk.settle_in()?;
    walk.corners()?;
    loop {
        walk.step()?;
    }
}

/// Some of several, in their order.
fn some_of<T: Clone>(all: &[T], count: usize, random: &mut Random) -> Vec<T> {
    let mut chosen: Vec<usize> = (0..all.len()).collect();
    while chosen.len() > count {
        chosen.remove(random.below(chosen.len()));
    }
    chosen
        .into_iter()
        .filter_map(|at| all.get(at).cloned())
        .collect()
}

struct Walk<'s> {
    session: &'s mut Session,
    catalogue: Catalogue,
    random: Random,
    /// Few report control blocks, so that what is set for one of them comes to something.
    blocks: Vec<ReportBlock>,
    /// What follows holds for this generation of the session.
    generation: u64,
    /// Report control blocks that are enabled, and by which association.
    enabled: Vec<(usize, String)>,
    /// Data sets that were made: domain (none of an association's own), name, and the association.
    own_lists: Vec<(Option<String>, String, usize)>,
    /// Files that are open: association and frsmID of both servers.
    open_files: Vec<(usize, super::pair::Pair<i32>)>,
}

impl Walk<'_> {
    /// After associations or servers were made anew, what was set before is gone.
    fn settle_in(&mut self) -> Result<(), Stop> {
        if self.session.generation != self.generation {
            self.generation = self.session.generation;
            self.enabled.clear();
            self.own_lists.clear();
            self.catalogue.data_sets.retain(|set| set.of_model);
            self.open_files.clear();
            self.calm_blocks()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), Stop> {
        self.settle_in()?;
        self.session.expects_reports = !self.enabled.is_empty();
        match self.random.below(100) {
            0..22 => self.read(),
            22..38 => self.write(),
            38..46 => self.data_set(),
            46..68 => self.report_block(),
            68..78 => self.control(),
            78..83 => self.other_block(),
            83..86 => self.journal(),
            86..90 => self.file(),
            90..98 => self.odd(),
            _ => {
                let association = self.association();
                self.session.reconnect(association)
            }
        }
    }

    /// Mostly the first one.
    fn association(&mut self) -> usize {
        match self.random.chance(0.7) {
            true => 0,
            false => self.random.below(ASSOCIATIONS),
        }
    }

    /// A variable; leaves and structures.
    fn variable(&mut self) -> Option<Variable> {
        // Control objects have their own requests: reading them selects.
        for _ in 0..20 {
            let variable = self.random.pick(&self.catalogue.variables)?;
            let is_large = !variable.item.contains('$');
            // So have nodes with settings that nobody edits.
            let is_apart = is_large && variable.ty.child_by_name("SE").is_some();
            if variable.constraint() != "CO" && !is_apart && (!is_large || self.random.chance(0.1))
            {
                return Some(variable.clone());
            }
        }
        None
    }

    /// A name of a variable, mostly one that is there.
    fn variable_name(&mut self) -> (String, String) {
        let names = [
            "NoSuch",
            "LLN0$ST",
            "LLN0$ST$NoSuch",
            "LLN0$XX$Mod",
            "LLN0$ST$Mod$",
            "$",
            "LLN0$",
            "LLN0$ST$Mod$stVal$more",
            "LLN0.Mod.stVal",
        ];
        if self.random.chance(0.12) {
            let domain = match self.random.chance(0.2) {
                true => "NoSuch".to_owned(),
                false => self.domain(),
            };
            let item = self.random.pick(&names).copied().unwrap_or("NoSuch");
            return (domain, item.to_owned());
        }
        match self.variable() {
            Some(variable) => (variable.domain, variable.item),
            None => (self.domain(), "LLN0".to_owned()),
        }
    }

    fn domain(&mut self) -> String {
        self.random
            .pick(&self.catalogue.domains)
            .cloned()
            .unwrap_or_else(|| "NoSuch".to_owned())
    }
}
