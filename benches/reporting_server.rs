//! Serves a .cfg model with our server and changes a value of it on demand; `cargo xtask bench` starts it for the rows about reports.
//!
//! Usage: reporting_server MODEL.cfg
//!
//! Writes `listening on 127.0.0.1:PORT` on stderr. Each line `change COUNT RATE BURST` on stdin sets the float `MMXU1.TotW.mag.f` of the first
//! logical device to 1, 2, ... COUNT, at RATE changes a second in groups of BURST (RATE 0: as fast as it can). Then one line on stdout gives
//! the seconds that took and, for a BURST of 1, when each change was made, in nanoseconds since 1970.
#![forbid(unsafe_code)]

use iec61850::{IedModel, IedServer, ModelNodeExt};
use std::error::Error;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant, SystemTime};

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os()
        .nth(1)
        .ok_or("usage: reporting_server MODEL.cfg")?;
    let model = IedModel::create_from_config_file(file)?;
    let device = model.logical_devices().into_iter().next();
    let device = device.ok_or("the model has no logical device")?;
    let value = device.child_attribute("MMXU1.TotW.mag.f")?;
    let server = IedServer::new(&model, None)?;
    server.start_on("127.0.0.1:0".parse()?)?;
    let address = server.local_address().ok_or("the server does not listen")?;
    eprintln!("listening on {address}");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["change", count, rate, burst] = words[..] else {
            return Err(format!("`{line}` is no command").into());
        };
        let (count, rate, burst): (u32, u32, u32) = (count.parse()?, rate.parse()?, burst.parse()?);
        let mut times = Vec::new();
        let begin = Instant::now();
        for number in 0..count {
            if rate > 0 && number % burst == 0 {
                let due = Duration::from_secs(1) * number / rate;
                std::thread::sleep(due.saturating_sub(begin.elapsed()));
            }
            if burst == 1 {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
                times.push(now.as_nanos());
            }
            server.update_float(&value, (number + 1) as f32)?;
        }
        let mut out = std::io::stdout().lock();
        write!(out, "{}", begin.elapsed().as_secs_f64())?;
        for time in times {
            write!(out, " {time}")?;
        }
        writeln!(out)?;
        out.flush()?;
    }
    Ok(())
}
