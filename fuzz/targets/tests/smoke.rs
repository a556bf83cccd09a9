//! Every fuzz target on stable, for a moment: its seeds, and mutations of them that are the same
//! in every run.

use fuzz_targets::{TARGETS, Target, seeds};
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

/// Octets of mutated input for each target; what they cost is about the same, but for those below.
const OCTETS: usize = 1_500_000;

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`, or 0.
    fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 33) as usize)
            .checked_rem(limit)
            .unwrap_or(0)
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..start + self.below((length - start).min(64) + 1)
    }
}

fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(data.len());
        match random.below(9) {
            0 => {
                if let Some(octet) = data.get_mut(at) {
                    *octet ^= 1 << random.below(8);
                }
            }
            1 => {
                if let Some(octet) = data.get_mut(at) {
                    *octet = [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xfe, 0xff][random.below(8)];
                }
            }
            2 => {
                if let Some(octet) = data.get_mut(at) {
                    *octet = octet.wrapping_add([1, 0xff, 2, 0xfe][random.below(4)]);
                }
            }
            3 => data.insert(at, random.next() as u8),
            4 => {
                data.drain(random.range(data.len()));
            }
            5 => {
                let piece = data[random.range(data.len())].to_vec();
                data.splice(at..at, piece);
            }
            6 => {
                let other = &seeds[random.below(seeds.len())];
                let piece = other[random.range(other.len())].to_vec();
                data.splice(at..at, piece);
            }
            7 => {
                let piece = data[random.range(data.len())].to_vec();
                let end = data.len().min(at + piece.len());
                data.splice(at..end, piece);
            }
            _ => data.truncate(at),
        }
    }
    data
}

fn run(target: Target, data: &[u8]) {
    if let Err(cause) = panic::catch_unwind(AssertUnwindSafe(|| target(data))) {
        let hex: String = data.iter().map(|octet| format!("{octet:02x}")).collect();
        eprintln!("input of {} octets: {hex}", data.len());
        panic::resume_unwind(cause);
    }
}

fn smoke(name: &str, budget: usize) {
    let (_, target) = TARGETS.iter().find(|target| target.0 == name).unwrap();
    let seeds = seeds::of(name);
    assert!(!seeds.is_empty());
    run(*target, &[]);
    for seed in &seeds {
        run(*target, seed);
    }
    let mut random = Random(0x6185_0000_9506);
    let mut octets = 0;
    while octets < budget {
        let data = mutate(&seeds, &mut random);
        octets += data.len() + 32;
        run(*target, &data);
    }
}

macro_rules! smoke {
    ($($name:ident $budget:expr;)+) => {
        $(#[test] fn $name() { smoke(stringify!($name), $budget); })+

        #[test]
        fn every_target_is_run_here_and_by_cargo_fuzz() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.0).collect();
            assert_eq!(names, [$(stringify!($name)),+]);
            let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            let mut files: Vec<_> = fs::read_dir(fuzz.join("fuzz_targets"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let mut wanted: Vec<_> = names.iter().map(|name| format!("{name}.rs")).collect();
            wanted.sort();
            assert_eq!(files, wanted);
            let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
            for name in names {
                assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
                let file = fuzz.join("fuzz_targets").join(format!("{name}.rs"));
                let call = format!("fuzz_targets::{name}(data)");
                assert!(fs::read_to_string(file).unwrap().contains(&call), "{name}");
            }
        }
    };
}

smoke! {
    tpkt_cotp OCTETS;
    session OCTETS;
    presentation OCTETS;
    acse OCTETS;
    mms_pdu OCTETS;
    mms_value OCTETS;
    association_called OCTETS;
    association_calling OCTETS;
    server_requests OCTETS / 4;
    vmd_requests OCTETS;
    client_reports OCTETS;
    goose OCTETS;
    sampled_values OCTETS;
    routable OCTETS;
    comtrade OCTETS;
    capture OCTETS;
    scl OCTETS;
    cfg OCTETS;
    tase2_requests OCTETS / 8;
    tase2_reports OCTETS / 8;
    tase2_capture OCTETS * 4;
    tase2_config OCTETS;
}
