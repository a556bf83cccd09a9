//! What an instance changes, by name.

use crate::scl::document::Instance;
use std::collections::{HashMap, HashSet};

/// The `DOI`, `SDI` or `DAI` elements of one level.
#[derive(Default)]
pub(super) struct Overrides<'a> {
    by_name: HashMap<&'a str, Vec<&'a Instance>>,
    used: HashSet<&'a str>,
}

impl<'a> Overrides<'a> {
    pub(super) fn new(instances: impl Iterator<Item = &'a Instance>) -> Self {
        let mut overrides = Overrides::default();
        for instance in instances {
            overrides
                .by_name
                .entry(&instance.name)
                .or_default()
                .push(instance);
        }
        overrides
    }

    /// Those inside instances that are not about one element of an array.
    pub(super) fn inside(instances: &[&'a Instance]) -> Self {
        Self::new(
            instances
                .iter()
                .filter(|instance| instance.ix.is_none())
                .flat_map(|instance| &instance.children),
        )
    }

    /// The instances with a name.
    pub(super) fn get(&self, name: &str) -> Vec<&'a Instance> {
        self.by_name.get(name).cloned().unwrap_or_default()
    }

    /// As [`Overrides::get`], and notes that there is something with this name.
    pub(super) fn take(&mut self, name: &'a str) -> Vec<&'a Instance> {
        self.used.insert(name);
        self.get(name)
    }

    /// The instances nothing asked for, in the order of the file.
    pub(super) fn unused(&self) -> Vec<&'a Instance> {
        let mut unused: Vec<&Instance> = self
            .by_name
            .iter()
            .filter(|(name, _)| !self.used.contains(*name))
            .flat_map(|(_, instances)| instances.iter().copied())
            .collect();
        unused.sort_by_key(|instance| instance.place);
        unused
    }
}
