//! Server processes: start on chosen processors, wait until they listen, look at what they use.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::Result;

/// How long a server may take until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Lines of a failed server's stderr that are shown.
const SHOWN_LINES: usize = 5;

/// How a server is started: program and arguments; `{model}` stands for the model's path.
#[derive(Clone)]
pub(super) struct ServerCommand(pub(super) Vec<OsString>);

/// A running server; it is ended when this is dropped.
pub(super) struct Server {
    child: Child,
    /// Of a server that takes commands.
    commands: Option<(ChildStdin, BufReader<ChildStdout>)>,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// From the start of the process, or from its line `starting`, until it listened.
    pub(super) start_time: Duration,
}

impl Server {
    /// Starts a server on the processors `cpus` (a list as taskset takes it).
    pub(super) fn start(command: &ServerCommand, model: &Path, cpus: &str) -> Result<Self> {
        Self::start_with(command, model, cpus, Stdio::null)
    }

    /// Starts a server that takes commands on stdin and answers on stdout.
    pub(super) fn start_commanded(
        command: &ServerCommand,
        model: &Path,
        cpus: &str,
    ) -> Result<Self> {
        Self::start_with(command, model, cpus, Stdio::piped)
    }

    /// Sends a command and waits for the line that answers it.
    pub(super) fn command(&mut self, command: &str) -> Result<String> {
        let (stdin, stdout) = self
            .commands
            .as_mut()
            .ok_or("the server takes no commands")?;
        let mut answer = String::new();
        writeln!(stdin, "{command}")
            .and_then(|()| stdout.read_line(&mut answer))
            .map_err(|error| format!("{command}: {error}"))?;
        if answer.is_empty() {
            return Err(format!("the server has ended at `{command}`"));
        }
        Ok(answer)
    }

    fn start_with(
        command: &ServerCommand,
        model: &Path,
        cpus: &str,
        pipe: fn() -> Stdio,
    ) -> Result<Self> {
        let arguments = command.0.iter().map(|argument| match argument.to_str() {
            Some(text) => OsString::from(text.replace("{model}", &model.to_string_lossy())),
            None => argument.clone(),
        });
        let mut begin = Instant::now();
        let mut child = Command::new("taskset")
            .args(["-c", cpus])
            .args(arguments)
            .stdin(pipe())
            .stdout(pipe())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("taskset (of util-linux): {error}"))?;
        let stderr = child.stderr.take().ok_or("no stderr")?;
        let (sender, lines) = mpsc::channel();
        // Goes on after the start, so that a server that talks is never blocked.
        std::thread::spawn(move || {
            for line in BufReader::new(stderr)
                .lines()
                .map_while(std::result::Result::ok)
            {
                let _ = sender.send((Instant::now(), line));
            }
        });
        let commands = child.stdin.take().zip(child.stdout.take());
        let mut server = Self {
            child,
            commands: commands.map(|(stdin, stdout)| (stdin, BufReader::new(stdout))),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            start_time: Duration::ZERO,
        };
        let mut last = VecDeque::new();
        loop {
            let Ok((at, line)) = lines.recv_timeout(START_TIMEOUT.saturating_sub(begin.elapsed()))
            else {
                let state = match server.child.try_wait() {
                    Ok(Some(status)) => format!("ended before it listened ({status})"),
                    _ => "did not listen in time".to_owned(),
                };
                return Err(format!("{state}: {}", Vec::from(last).join(" / ")));
            };
            if line == "starting" {
                begin = at;
            } else if let Some(address) = listening(&line) {
                server.address = address;
                server.start_time = at - begin;
                return Ok(server);
            }
            if last.len() == SHOWN_LINES {
                last.pop_front();
            }
            last.push_back(line);
        }
    }

    fn proc(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).map_err(|error| format!("{path}: {error}; the server has ended"))
    }

    /// Resident memory in kB.
    pub(super) fn resident(&self) -> Result<f64> {
        let status = self.proc("status")?;
        field(&status, "VmRSS:").ok_or_else(|| "no VmRSS in /proc/PID/status".to_owned())
    }

    /// Processor time used so far, user and system, all threads.
    pub(super) fn cpu_time(&self, ticks_per_second: f64) -> Result<Duration> {
        let stat = self.proc("stat")?;
        // The command in parentheses may hold spaces; utime and stime are the 12th and 13th after it.
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let ticks: f64 = after
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|text| text.parse::<f64>().ok())
            .sum();
        Ok(Duration::from_secs_f64(ticks / ticks_per_second))
    }

    /// Processor time used so far by the threads that are alive, without the rounding to clock ticks.
    pub(super) fn fine_cpu_time(&self) -> Result<Duration> {
        let path = format!("/proc/{}/task", self.child.id());
        let tasks = fs::read_dir(&path)
            .map_err(|error| format!("{path}: {error}; the server has ended"))?;
        let nanoseconds = tasks.flatten().filter_map(|task| {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        match nanoseconds.sum() {
            0 => Err(format!(
                "{path}/*/schedstat say nothing: this kernel does not count"
            )),
            sum => Ok(Duration::from_nanos(sum)),
        }
    }

    /// Context switches so far, voluntary and not, by thread.
    pub(super) fn switches(&self) -> Result<HashMap<OsString, f64>> {
        let path = format!("/proc/{}/task", self.child.id());
        let tasks = fs::read_dir(&path)
            .map_err(|error| format!("{path}: {error}; the server has ended"))?;
        Ok(tasks
            .flatten()
            .filter_map(|task| {
                // A thread can end while the list is read.
                let status = fs::read_to_string(task.path().join("status")).ok()?;
                let count = field(&status, "voluntary_ctxt_switches:")?
                    + field(&status, "nonvoluntary_ctxt_switches:")?;
                Some((task.file_name(), count))
            })
            .collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in a line `listening on ADDR:PORT`.
fn listening(line: &str) -> Option<SocketAddr> {
    line.split_once("listening on ")?
        .1
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// The number after a key at the start of a line.
fn field(text: &str, key: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(key))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// Clock ticks per second of /proc/PID/stat.
pub(super) fn ticks_per_second() -> Result<f64> {
    let text = output(Command::new("getconf").arg("CLK_TCK"))?;
    text.trim()
        .parse()
        .map_err(|_| format!("getconf CLK_TCK says {text:?}"))
}

/// The processors this process may use, as a list for taskset, and the last of them.
pub(super) fn processors() -> Result<(String, String)> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("/proc/self/status: {error}"))?;
    let all = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .map(str::trim);
    let all = all.ok_or("no Cpus_allowed_list in /proc/self/status")?;
    let last = all.rsplit([',', '-']).next().unwrap_or(all);
    Ok((all.to_owned(), last.to_owned()))
}

/// Moves this process, all threads, to the processors of the list.
pub(super) fn pin(cpus: &str) -> Result {
    let own = std::process::id().to_string();
    output(Command::new("taskset").args(["-a", "-c", "-p", cpus, &own])).map(drop)
}

/// Raises the number of files that this process and the servers may open to the hard limit; gives it.
pub(super) fn raise_file_limit() -> Result<usize> {
    let own = std::process::id().to_string();
    let limit = output(Command::new("prlimit").args([
        "--pid",
        &own,
        "--nofile",
        "--output",
        "HARD",
        "--noheadings",
    ]))?;
    let limit = limit.trim();
    output(Command::new("prlimit").args(["--pid", &own, &format!("--nofile={limit}:{limit}")]))?;
    limit
        .parse()
        .map_err(|_| format!("prlimit gives {limit:?} as the limit of open files"))
}

fn output(command: &mut Command) -> Result<String> {
    let result = command.stderr(Stdio::piped()).output();
    let name = command.get_program().to_string_lossy().into_owned();
    let output = result.map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!(
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_line_gives_the_address() {
        assert_eq!(
            listening("listening on 127.0.0.1:4711"),
            Some(SocketAddr::from(([127, 0, 0, 1], 4711)))
        );
        assert_eq!(
            listening("INFO listening on 127.0.0.1:4711 now"),
            Some(SocketAddr::from(([127, 0, 0, 1], 4711)))
        );
        assert_eq!(listening("not listening"), None);
    }

    #[test]
    fn status_fields_are_found_at_line_starts() {
        let status =
            "VmRSS:\t  14096 kB\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t2\n";
        assert_eq!(field(status, "VmRSS:"), Some(14096.0));
        assert_eq!(field(status, "voluntary_ctxt_switches:"), Some(7.0));
        assert_eq!(field(status, "VmHWM:"), None);
    }
}
