//! libiec61850's client and ours on the same server (ours, a process of its own), in one run: reads, latency, browsing,
//! reading in bulk, files. `cargo xtask bench --client` starts it.

use iec61850::client::IedConnection;
use iec61850::{
    CdcFactory, CdcOptions, FunctionalConstraint, IedModel, IedServer, IedServerConfig,
};
use libiec61850_sys as c;
use std::ffi::{CString, c_void};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Repetitions of each measurement, which alternate; the median counts.
const REPEAT: usize = 5;
/// How long reads are counted.
const LOOP: Duration = Duration::from_millis(500);
const NODES: usize = 170;
const OBJECTS: usize = 60;
/// Attributes that are read in bulk.
const BULK: usize = 10_000;
/// Variables in a request of libiec61850's: its client makes one of all it is given, and they have to fit.
const CHUNK: usize = 500;
const FILE_SIZE: usize = 16 << 20;

fn model() -> IedModel {
    let model = IedModel::new("IED1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    device.create_logical_node("LLN0").unwrap();
    for number in 1..=NODES {
        let node = device
            .create_logical_node(&format!("GGIO{number}"))
            .unwrap();
        for object in 1..=OBJECTS {
            node.create_cdc_mv(&format!("AnIn{object}"), false, CdcOptions::empty())
                .unwrap();
        }
    }
    model
}

/// Names of the attributes that are read in bulk: node and object.
fn attributes() -> impl Iterator<Item = (usize, usize)> {
    (1..=NODES)
        .flat_map(|node| (1..=OBJECTS).map(move |object| (node, object)))
        .take(BULK)
}

fn text(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).unwrap()
}

/// A connection of the library.
struct Theirs(c::IedConnection);

// SAFETY: the library locks its connections itself.
unsafe impl Sync for Theirs {}

impl Theirs {
    /// The library may say that it is connected and then refuse every request, on a busy machine.
    fn connect(port: u16) -> Self {
        loop {
            let mut error = 0;
            // SAFETY: a new connection; the name is copied.
            let connection = unsafe {
                let made = c::IedConnection_create();
                c::IedConnection_connect(made, &raw mut error, c"127.0.0.1".as_ptr(), port.into());
                Theirs(made)
            };
            assert_eq!(error, 0, "libiec61850's client does not connect");
            if connection.names() > 0 {
                return connection;
            }
        }
    }

    fn names(&self) -> usize {
        let mut error = 0;
        // SAFETY: the connection is alive; the list is ours.
        unsafe {
            let list = c::IedConnection_getServerDirectory(self.0, &raw mut error, false);
            if list.is_null() {
                return 0;
            }
            let count = usize::try_from(c::LinkedList_size(list)).unwrap();
            c::LinkedList_destroy(list);
            count
        }
    }

    fn read(&self, reference: &CString) {
        loop {
            let mut error = 0;
            // SAFETY: the connection is alive, the text is copied.
            let value = unsafe {
                c::IedConnection_readFloatValue(
                    self.0,
                    &raw mut error,
                    reference.as_ptr(),
                    FunctionalConstraint::MX.value(),
                )
            };
            // The place of an answered request is free a little later than its answer is there.
            if error != c::IED_ERROR_OUTSTANDING_CALL_LIMIT_REACHED {
                assert_eq!((error, value), (0, 0.0));
                return;
            }
            std::thread::yield_now();
        }
    }

    fn mms(&self) -> c::MmsConnection {
        // SAFETY: the connection is alive.
        unsafe { c::IedConnection_getMmsConnection(self.0) }
    }

    /// All names, and the type of each logical node.
    fn browse(&self) -> usize {
        let mut error = 0;
        // SAFETY: the connection is alive; lists and types are ours.
        unsafe {
            c::IedConnection_getDeviceModelFromServer(self.0, &raw mut error);
            assert_eq!(error, 0);
            let nodes = c::IedConnection_getLogicalDeviceDirectory(
                self.0,
                &raw mut error,
                c"IED1LD0".as_ptr(),
            );
            assert_eq!(error, 0);
            let (mut count, mut at) = (0, c::LinkedList_getNext(nodes));
            while !at.is_null() {
                let mut error = 0;
                let ty = c::MmsConnection_getVariableAccessAttributes(
                    self.mms(),
                    &raw mut error,
                    c"IED1LD0".as_ptr(),
                    c::LinkedList_getData(at).cast(),
                );
                assert_eq!(error, 0);
                c::MmsVariableSpecification_destroy(ty);
                count += 1;
                at = c::LinkedList_getNext(at);
            }
            c::LinkedList_destroy(nodes);
            count
        }
    }

    fn bulk(&self, items: &[CString]) -> usize {
        let mut read = 0;
        for chunk in items.chunks(CHUNK) {
            let mut error = 0;
            // SAFETY: the connection is alive; the texts outlive the list; values are ours.
            unsafe {
                let list = c::LinkedList_create();
                for item in chunk {
                    c::LinkedList_add(list, item.as_ptr().cast_mut().cast());
                }
                let values = c::MmsConnection_readMultipleVariables(
                    self.mms(),
                    &raw mut error,
                    c"IED1LD0".as_ptr(),
                    list,
                );
                assert_eq!(error, 0);
                read += usize::try_from(c::MmsValue_getArraySize(values)).unwrap();
                c::MmsValue_delete(values);
                c::LinkedList_destroyStatic(list);
            }
        }
        read
    }

    fn download(&self) -> usize {
        unsafe extern "C" fn block(parameter: *mut c_void, octets: *mut u8, length: u32) -> bool {
            // SAFETY: the parameter is the vector below, the octets are the library's.
            unsafe {
                let octets = std::slice::from_raw_parts(octets, length as usize);
                (*parameter.cast::<Vec<u8>>()).extend_from_slice(octets);
            }
            true
        }
        let mut content: Vec<u8> = Vec::new();
        let mut error = 0;
        // SAFETY: the connection is alive; the library calls back before it returns.
        unsafe {
            c::IedConnection_getFile(
                self.0,
                &raw mut error,
                c"large".as_ptr(),
                Some(block),
                (&raw mut content).cast(),
            );
        }
        assert_eq!(error, 0);
        content.len()
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        // SAFETY: ours, alive, and used no more.
        unsafe { c::IedConnection_destroy(self.0) }
    }
}

/// What one loop of reads came to: reads a second, median and 99th percentile of one.
fn reads(read: impl Fn()) -> [f64; 3] {
    let began = Instant::now();
    let mut times = Vec::new();
    while began.elapsed() < LOOP {
        let one = Instant::now();
        read();
        times.push(one.elapsed().as_secs_f64());
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    [rate, times[times.len() / 2], times[times.len() * 99 / 100]]
}

/// Reads a second of five threads on one connection.
fn together(read: impl Fn() + Sync) -> f64 {
    let began = Instant::now();
    let counts: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..5)
            .map(|_| {
                scope.spawn(|| {
                    let mut count = 0;
                    while began.elapsed() < LOOP {
                        read();
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    counts as f64 / began.elapsed().as_secs_f64()
}

fn seconds(work: impl FnOnce() -> usize, expected: usize) -> f64 {
    let began = Instant::now();
    assert_eq!(work(), expected);
    began.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Name, whether more is better, and how a figure is written.
type Row = (&'static str, bool, fn(f64) -> String);

const ROWS: [Row; 7] = [
    ("read 1 float, one after the other, 1/s", true, |v| {
        format!("{:.1} k", v / 1e3)
    }),
    ("latency p50", false, |v| format!("{:.0} us", v * 1e6)),
    ("latency p99", false, |v| format!("{:.0} us", v * 1e6)),
    ("5 threads on one connection, 1/s", true, |v| {
        format!("{:.1} k", v / 1e3)
    }),
    ("browse 171 logical nodes, names and types", false, |v| {
        format!("{:.1} ms", v * 1e3)
    }),
    ("read 10 000 attributes", false, |v| {
        format!("{:.1} ms", v * 1e3)
    }),
    ("download a file of 16 MiB, MB/s", true, |v| {
        format!("{:.0}", v / 1e6)
    }),
];

/// The server of both, in a process of its own; ends with its input.
fn serve(folder: &Path) {
    std::fs::write(folder.join("large"), vec![7; FILE_SIZE]).unwrap();
    let mut config = IedServerConfig::new();
    config.set_file_service_base_path(folder);
    let server = IedServer::new(&model(), Some(config)).unwrap();
    server.start_on(([127, 0, 0, 1], 0).into()).unwrap();
    println!("{}", server.local_address().unwrap().port());
    let mut end = String::new();
    std::io::stdin().read_line(&mut end).unwrap();
    server.stop();
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, serve_it, folder] = &arguments[..]
        && serve_it == "serve"
    {
        return serve(Path::new(folder));
    }
    let folder = std::env::temp_dir().join(format!("ied-bench-client-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut server = Command::new(std::env::current_exe().unwrap())
        .arg("serve")
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    let output = server.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut port).unwrap();
    let port: u16 = port.trim().parse().unwrap();

    let reference = "IED1LD0/GGIO1.AnIn1.mag.f";
    let their_reference = text(reference);
    let fc = FunctionalConstraint::MX;
    let references: Vec<String> = attributes()
        .map(|(node, object)| format!("IED1LD0/GGIO{node}.AnIn{object}.mag.f[MX]"))
        .collect();
    let items: Vec<CString> = attributes()
        .map(|(node, object)| text(format!("GGIO{node}$MX$AnIn{object}$mag$f")))
        .collect();
    let throughput = |seconds: f64| FILE_SIZE as f64 / seconds;

    let mut samples: [Vec<Vec<f64>>; 2] = std::array::from_fn(|_| vec![Vec::new(); ROWS.len()]);
    for _ in 0..REPEAT {
        let theirs = Theirs::connect(port);
        let [rate, p50, p99] = reads(|| theirs.read(&their_reference));
        let figures = [
            rate,
            p50,
            p99,
            together(|| theirs.read(&their_reference)),
            seconds(|| theirs.browse(), NODES + 1),
            seconds(|| theirs.bulk(&items), BULK),
            throughput(seconds(|| theirs.download(), FILE_SIZE)),
        ];
        drop(theirs);
        for (row, figure) in samples[0].iter_mut().zip(figures) {
            row.push(figure);
        }

        let ours = IedConnection::new();
        ours.connect("127.0.0.1", port).unwrap();
        let read = || assert_eq!(ours.read_float(reference, fc).unwrap(), 0.0);
        let [rate, p50, p99] = reads(read);
        let browse = || {
            ours.forget_directory();
            let model = ours.get_device_model().unwrap();
            model.logical_devices[0].logical_nodes.len()
        };
        let bulk = || {
            let values = ours.read_values(&references).unwrap();
            values.iter().filter(|value| value.is_ok()).count()
        };
        let figures = [
            rate,
            p50,
            p99,
            together(read),
            seconds(browse, NODES + 1),
            seconds(bulk, BULK),
            throughput(seconds(
                || ours.download_file("large").unwrap().len(),
                FILE_SIZE,
            )),
        ];
        ours.close();
        for (row, figure) in samples[1].iter_mut().zip(figures) {
            row.push(figure);
        }
    }
    drop(server.stdin.take());
    server.wait().unwrap();
    let _ = std::fs::remove_dir_all(&folder);

    println!(
        "{:44} {:>12} {:>12} {:>8}",
        "client", "libiec61850", "ours", "ratio"
    );
    let [theirs, ours] = samples;
    for (((name, more, shown), theirs), ours) in ROWS.iter().zip(theirs).zip(ours) {
        let (theirs, ours) = (median(theirs), median(ours));
        let ratio = if *more { ours / theirs } else { theirs / ours };
        println!(
            "{name:44} {:>12} {:>12} {ratio:>7.1}x",
            shown(theirs),
            shown(ours)
        );
    }
}
