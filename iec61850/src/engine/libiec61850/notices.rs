//! A thread that tells the application of what has happened where the library holds locks.

use parking_lot::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

type Notice = Box<dyn FnOnce() + Send>;

/// What is to be told, in its order. The thread is there from the first notice on.
#[derive(Default)]
pub(super) struct Notices(Mutex<Option<(Sender<Notice>, JoinHandle<()>)>>);

impl Notices {
    /// Has something told.
    pub(super) fn post(&self, notice: impl FnOnce() + Send + 'static) {
        let mut thread = self.0.lock();
        let (sender, _) = thread.get_or_insert_with(|| {
            let (sender, receiver) = channel::<Notice>();
            let tell = move || receiver.into_iter().for_each(|notice| notice());
            (sender, thread::spawn(tell))
        });
        // It ends only when the sender is gone.
        let _ = sender.send(Box::new(notice));
    }
}

impl Drop for Notices {
    /// Waits until everything is told, except in a notice.
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.0.get_mut().take() {
            drop(sender);
            if thread.thread().id() != thread::current().id() {
                // A panic of the application is caught where it is called.
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn notices_keep_their_order_and_none_is_lost() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let notices = Notices::default();
        for number in 0..100 {
            let told = told.clone();
            notices.post(move || told.lock().push(number));
        }
        drop(notices);
        assert_eq!(*told.lock(), (0..100).collect::<Vec<_>>());
    }
}
