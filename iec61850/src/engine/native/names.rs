//! Name lists: the names of a domain in their order, continued after any of them.

use super::space::{Domain, Kind, Space, SpaceId};

/// Walks the names of a domain, each after the one it is part of, in the order of
/// [`super::space::name_order`].
pub(super) struct Names<'a> {
    space: &'a Space,
    /// The path to the next name: the range of siblings and the rank in it.
    stack: Vec<(u32, u32, u32)>,
    /// The names on the path, joined with `$`, and where each begins.
    text: String,
    starts: Vec<usize>,
}

impl<'a> Names<'a> {
    /// From the first name.
    pub(super) fn of(space: &'a Space, domain: &Domain) -> Self {
        let range = &domain.nodes;
        Names {
            space,
            stack: vec![(range.start, range.end - range.start, 0)],
            text: String::new(),
            starts: Vec::new(),
        }
    }

    /// From the name behind `item`; `None` if there is no such name.
    pub(super) fn after(space: &'a Space, domain: &Domain, item: &str) -> Option<Self> {
        let mut names = Names::of(space, domain);
        for part in item.split('$') {
            let (first, count, rank) = names.stack.last_mut()?;
            *rank = space.rank(*first, *count, part)?;
            let id = space.child_at_rank(*first, *rank);
            names.enter(id);
        }
        names.forward();
        Some(names)
    }

    /// Puts the children of the node on top of the path on the stack.
    fn enter(&mut self, id: SpaceId) {
        let node = self.space.node(id);
        if self.starts.len() < self.stack.len() {
            self.starts.push(self.text.len());
            if !self.text.is_empty() {
                self.text.push('$');
            }
            self.text.push_str(self.space.name(node));
        }
        // Elements of arrays have no names.
        let count = if node.kind == Kind::Structure {
            node.count
        } else {
            0
        };
        self.stack.push((node.first, count, 0));
    }

    /// Leaves levels that are done.
    fn forward(&mut self) {
        while let Some((_, count, rank)) = self.stack.last() {
            if rank < count {
                return;
            }
            self.stack.pop();
            if let Some(start) = self.starts.pop() {
                self.text.truncate(start);
            }
            if let Some((_, _, rank)) = self.stack.last_mut() {
                *rank += 1;
            }
        }
    }

    /// The next name, without moving on.
    pub(super) fn peek(&mut self) -> Option<&str> {
        let &(first, _, rank) = self.stack.last()?;
        let id = self.space.child_at_rank(first, rank);
        if self.starts.len() < self.stack.len() {
            self.starts.push(self.text.len());
            if !self.text.is_empty() {
                self.text.push('$');
            }
            self.text.push_str(self.space.name(self.space.node(id)));
        }
        Some(&self.text)
    }

    /// Leaves out the name [`Names::peek`] has shown, and all that are below it.
    pub(super) fn skip(&mut self) {
        if self.starts.len() == self.stack.len()
            && let Some(start) = self.starts.pop()
        {
            self.text.truncate(start);
        }
        if let Some((_, _, rank)) = self.stack.last_mut() {
            *rank += 1;
        }
        self.forward();
    }

    /// Moves on behind the name [`Names::peek`] has shown.
    pub(super) fn advance(&mut self) {
        if let Some(&(first, _, rank)) = self.stack.last() {
            self.enter(self.space.child_at_rank(first, rank));
            self.forward();
        }
    }
}
