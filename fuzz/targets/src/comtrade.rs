//! COMTRADE records: read or refused, and what was read is played.

use iec61850::comtrade::{Playback, Record};
use iec61850::sv::StreamName;

/// A record of each kind.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let cfg = |year: &str, format: &str| {
        format!(
            "S,R{year}\n3,2A,1D\n1,I,A,,A,0.5,0,0,-9,9,1,1,P\n2,U,A,,kV,0.1,0,5,-9,9,9,1,S\n1,D,,,0\n50\n1\n\
             1000,2\n01/02/2026,10:00:00.0\n01/02/2026,10:00:00.0\n{format}\n1\n"
        )
    };
    let ascii = "1,0,10,20,1\n2,1000,-30,40,0\n".to_owned();
    let binary = [[1_u8; 14], [2; 14]].concat();
    let wide = [[1_u8; 18], [2; 18]].concat();
    let split =
        |cfg: String, dat: &[u8]| [&(cfg.len() as u16).to_be_bytes(), cfg.as_bytes(), dat].concat();
    let combined = format!(
        "--- file type: CFG ---\n{}--- file type: DAT ASCII ---\n{ascii}",
        cfg(",2013", "ASCII")
    );
    vec![
        split(cfg("", "ASCII"), ascii.as_bytes()),
        split(cfg(",1999", "BINARY"), &binary),
        split(cfg(",2013", "BINARY32"), &wide),
        split(cfg(",2013", "FLOAT32"), &wide),
        [&[0, 0], combined.as_bytes()].concat(),
    ]
}

pub(crate) fn record(data: &[u8]) {
    let Some(([high, low], rest)) = data.split_first_chunk() else {
        return;
    };
    let record = match usize::from(u16::from_be_bytes([*high, *low])) {
        0 => Record::read_combined(rest),
        length => {
            let (cfg, dat) = rest.split_at(length.min(rest.len()));
            Record::read(cfg, dat)
        }
    };
    let Ok(record) = record else { return };
    assert!(record.len() <= rest.len());
    let stream: StreamName = "F4800S1I4U4".parse().expect("a name");
    let Ok(playback) = Playback::new(&record, &stream) else {
        return;
    };
    for sample in [0, 1, playback.len() / 2, playback.len(), u64::MAX] {
        for channel in 0..9 {
            playback.raw(channel, sample);
        }
    }
}
