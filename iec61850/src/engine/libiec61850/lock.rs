//! The lock of the data model of a C server, made one that a thread may take again.
//!
//! The library's is a binary semaphore: a thread that takes it twice waits for itself, and callbacks
//! have it already. So each thread notes which servers it has locked.

use std::cell::RefCell;

/// How a thread came to have a lock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It has taken it, and gives it back.
    Taken,
    /// The library had taken it when it called back, and gives it back.
    Lent,
}

struct Held {
    server: u64,
    origin: Origin,
    depth: usize,
}

thread_local! {
    static HELD: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
}

/// Notes that a thread wants the lock of a server. `true`: it must take the lock first.
pub(super) fn enter(server: u64, lock: impl FnOnce()) {
    let again = HELD.with_borrow_mut(|held| {
        let mine = held.iter_mut().rev().find(|held| held.server == server);
        mine.map(|held| held.depth += 1).is_some()
    });
    if !again {
        lock();
        push(server, Origin::Taken);
    }
}

/// Undoes one [`enter`] of this thread; `unlock` is called for the first of them. One too many does
/// nothing, so that a program that errs does not unlock for others.
pub(super) fn leave(server: u64, unlock: impl FnOnce()) {
    let last = HELD.with_borrow_mut(|held| {
        let at = held.iter().rposition(|held| held.server == server)?;
        let entry = held.get_mut(at)?;
        // What was lent is given back when the callback ends.
        if entry.depth > 1 || entry.origin == Origin::Taken {
            entry.depth -= 1;
        }
        (entry.depth == 0).then(|| held.remove(at))
    });
    if last.is_some() {
        unlock();
    }
}

/// Whether this thread has the lock of a server.
pub(super) fn is_held(server: u64) -> bool {
    // Not so where the thread ends and its notes are gone.
    let held = HELD.try_with(|held| held.borrow().iter().any(|held| held.server == server));
    held.unwrap_or(false)
}

/// Forgets that this thread has taken the lock of a server. `true`: it must give the lock back.
pub(super) fn forget(server: u64) -> bool {
    let forget = |held: &RefCell<Vec<Held>>| {
        let mut held = held.borrow_mut();
        let taken = |held: &Held| held.server == server && held.origin == Origin::Taken;
        held.iter().position(taken).map(|at| held.remove(at))
    };
    HELD.try_with(forget).is_ok_and(|taken| taken.is_some())
}

/// Runs a callback of the library that has the lock of the server.
pub(super) fn lent<R>(server: u64, callback: impl FnOnce() -> R) -> R {
    /// Takes the note away also when the callback panics.
    struct Note(u64);
    impl Drop for Note {
        fn drop(&mut self) {
            HELD.with_borrow_mut(|held| {
                let lent = |held: &Held| held.server == self.0 && held.origin == Origin::Lent;
                if let Some(at) = held.iter().rposition(lent) {
                    held.remove(at);
                }
            });
        }
    }
    push(server, Origin::Lent);
    let _note = Note(server);
    callback()
}

fn push(server: u64, origin: Origin) {
    let entry = Held {
        server,
        origin,
        depth: 1,
    };
    HELD.with_borrow_mut(|held| held.push(entry));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn only_the_first_locks_and_the_last_unlocks() {
        let (locked, unlocked) = (Cell::new(0), Cell::new(0));
        let lock = || locked.set(locked.get() + 1);
        let unlock = || unlocked.set(unlocked.get() + 1);
        enter(1, lock);
        enter(1, lock);
        enter(2, lock);
        assert_eq!((locked.get(), is_held(1), is_held(3)), (2, true, false));
        leave(1, unlock);
        assert_eq!(unlocked.get(), 0);
        leave(1, unlock);
        leave(1, unlock);
        assert_eq!((unlocked.get(), is_held(1)), (1, false));
        leave(2, unlock);
        assert_eq!(unlocked.get(), 2);
    }

    #[test]
    fn callbacks_have_the_lock_and_keep_it() {
        let never = || panic!("the library has the lock");
        lent(1, || {
            enter(1, never);
            leave(1, never);
            leave(1, never);
            assert!(is_held(1));
            enter(1, never);
        });
        assert!(!is_held(1));
        let panics = std::panic::catch_unwind(|| lent(1, || panic!("as callbacks may")));
        assert!(panics.is_err() && !is_held(1));
    }
}
