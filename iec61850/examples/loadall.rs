#![allow(missing_docs)]
use iec61850::scl::*;
fn main() {
    for f in std::env::args().skip(1) {
        let t = std::time::Instant::now();
        let doc = match SclDocument::parse_file(&f) {
            Ok(d) => d,
            Err(e) => {
                println!("REFUSED {e}");
                continue;
            }
        };
        println!(
            "== {f} {} parse {:?} warnings {}",
            doc.header().edition() as i32,
            t.elapsed(),
            doc.warnings().len()
        );
        for w in doc.warnings().iter().take(3) {
            println!("   W {w}");
        }
        for ied in doc.ieds() {
            if !ied.has_server() {
                continue;
            }
            for ap in &ied.access_points {
                if !ap.has_server {
                    continue;
                }
                let t = std::time::Instant::now();
                match doc.instantiate(Some(&ied.name), Some(&ap.name)) {
                    Ok(m) => {
                        let el = t.elapsed();
                        println!(
                            "  {} {} {:?} warnings {} dump {} lines",
                            ied.name,
                            ap.name,
                            el,
                            m.warnings.len(),
                            m.model.dump().lines().count()
                        );
                        for w in m
                            .warnings
                            .iter()
                            .take(std::env::var("W").map_or(3, |w| w.parse().unwrap()))
                        {
                            println!("     W {w}");
                        }
                        if std::env::var("DUMP").is_ok() {
                            println!("{}", m.model.dump());
                        }
                    }
                    Err(e) => println!("  REFUSED {e}"),
                }
            }
        }
    }
}
