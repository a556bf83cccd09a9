//! Two of a kind: one for each server.

/// Which of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Left,
    Right,
}

/// What there is once for each server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pair<T> {
    pub(crate) left: T,
    pub(crate) right: T,
}

impl<T> Pair<T> {
    pub(crate) fn new(left: T, right: T) -> Self {
        Pair { left, right }
    }

    pub(crate) fn as_ref(&self) -> Pair<&T> {
        Pair::new(&self.left, &self.right)
    }

    pub(crate) fn as_mut(&mut self) -> Pair<&mut T> {
        Pair::new(&mut self.left, &mut self.right)
    }

    pub(crate) fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> {
        Pair::new(f(self.left), f(self.right))
    }

    pub(crate) fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Left => &mut self.left,
            Side::Right => &mut self.right,
        }
    }

    pub(crate) fn both(&self, f: impl Fn(&T) -> bool) -> bool {
        f(&self.left) && f(&self.right)
    }
}

impl<T: Clone> Pair<T> {
    /// The same for both.
    pub(crate) fn same(value: T) -> Self {
        Pair::new(value.clone(), value)
    }
}

impl<T, E> Pair<Result<T, E>> {
    /// Both, or the first failure.
    pub(crate) fn transpose(self) -> Result<Pair<T>, E> {
        Ok(Pair::new(self.left?, self.right?))
    }
}
