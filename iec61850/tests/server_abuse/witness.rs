//! The client that behaves, and the memory it all takes.

use crate::support::{PATIENCE, connect, name};
use iec61850::IedServer;
use mms::pdu::ObjectScope;
use mms::{DataAccessError, MmsValue};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Reads, writes and browses all the time, and checks every answer.
pub(crate) struct Witness {
    rounds: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Witness {
    /// Of a server of [`crate::support::bay::model`].
    pub(crate) fn of(server: &IedServer) -> Self {
        let client = connect(server);
        let (rounds, stop) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (counter, stopped) = (rounds.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let names = client.variable_names(ObjectScope::Domain("T1LD0")).unwrap();
            let sv = name("T1LD0/GGIO1$SV$Policy$inSV");
            while !stopped.load(Ordering::SeqCst) {
                let round = counter.load(Ordering::SeqCst) as i32;
                client.write(sv, &round.into()).unwrap();
                assert_eq!(client.read(sv).unwrap(), round.into());
                let missing = client.read(name("T1LD0/GGIO1$ST$None")).unwrap_err();
                assert_eq!(
                    missing.access_error(),
                    Some(DataAccessError::ObjectNonExistent)
                );
                let whole = client.read(name("T1LD0/GGIO1$SP$Values")).unwrap();
                assert!(matches!(whole, MmsValue::Structure(values) if values.len() == 32));
                if round % 16 == 0 {
                    let again = client.variable_names(ObjectScope::Domain("T1LD0")).unwrap();
                    assert_eq!(again, names);
                }
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        let witness = Witness {
            rounds,
            stop,
            thread: Some(thread),
        };
        witness.is_served();
        witness
    }

    /// That it is served now: some rounds pass from here on.
    pub(crate) fn is_served(&self) {
        let enough = self.rounds.load(Ordering::SeqCst) + 20;
        let give_up = Instant::now() + PATIENCE;
        while self.rounds.load(Ordering::SeqCst) < enough {
            let alive = self
                .thread
                .as_ref()
                .is_some_and(|thread| !thread.is_finished());
            assert!(
                alive && Instant::now() < give_up,
                "the witness is not served"
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// That it was served to the end, and that others still can come.
    pub(crate) fn finish(mut self, server: &IedServer) {
        self.is_served();
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        let other = connect(server);
        assert_eq!(other.domain_names().unwrap().len(), 3);
    }
}

/// Memory of this process that is in use, in octets; `None` where the system does not say.
pub(crate) fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// That no more than `megabytes` have been added since `before`.
pub(crate) fn memory_is_bounded(before: Option<u64>, megabytes: u64) {
    if let (Some(before), Some(now)) = (before, memory()) {
        let more = now.saturating_sub(before) >> 20;
        println!("{more} MiB more than before");
        assert!(more <= megabytes, "{more} MiB more than before");
    }
}
