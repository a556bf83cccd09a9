//! COTP class 0 (ISO/IEC 8073, X.224) as RFC 1006 uses it.

use super::{OsiError, tpkt};

/// The smallest TPDU size that can be negotiated.
pub const MIN_TPDU_SIZE: usize = 128;
/// The largest TPDU that fits a TPKT packet.
pub const MAX_TPDU_SIZE: usize = tpkt::MAX_PACKET - tpkt::HEADER;
/// Octets of a DT header.
pub const DATA_HEADER: usize = 3;

/// Octets of the longest transport selector (X.650).
pub const MAX_SELECTOR: usize = 32;

const CR: u8 = 0xe0;
const CC: u8 = 0xd0;
const DR: u8 = 0x80;
const DT: u8 = 0xf0;
const ER: u8 = 0x70;

const TPDU_SIZE: u8 = 0xc0;
const CALLING_TSAP: u8 = 0xc1;
const CALLED_TSAP: u8 = 0xc2;
const PREFERRED_TPDU_SIZE: u8 = 0xf0;

/// A transport selector of up to [`MAX_SELECTOR`] octets.
pub type Selector = Vec<u8>;

/// Connect request or confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// Reference of the receiver, zero in a request.
    pub destination: u16,
    /// Reference of the sender.
    pub source: u16,
    /// Preferred or selected class, 0 to 4.
    pub class: u8,
    /// Selector of the side that calls (the parameter is echoed in the confirm).
    pub calling: Option<Selector>,
    /// Selector of the side that is called.
    pub called: Option<Selector>,
    /// Largest TPDU, in octets.
    pub tpdu_size: Option<usize>,
}

/// A transport protocol data unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tpdu<'a> {
    /// CR.
    ConnectRequest(Connect),
    /// CC.
    ConnectConfirm(Connect),
    /// DT: a piece of user data, and whether it ends a TSDU.
    Data {
        /// End of the TSDU.
        end: bool,
        /// The piece.
        data: &'a [u8],
    },
    /// DR with its reason.
    DisconnectRequest {
        /// 0 not specified, 1 congestion, 2 session entity not attached, 3 address unknown,
        /// 128 normal and up.
        reason: u8,
    },
    /// ER with its cause.
    Error {
        /// 0 not specified, 1 invalid parameter code, 2 invalid TPDU type, 3 invalid value.
        cause: u8,
    },
}

/// Reads one TPDU from the payload of a packet.
///
/// # Errors
/// [`OsiError`] if lengths do not fit or the TPDU is none of class 0.
#[inline]
pub fn decode(payload: &[u8]) -> Result<Tpdu<'_>, OsiError> {
    let (&length, rest) = payload.split_first().ok_or(OsiError::CotpLength)?;
    let (header, data) = rest
        .split_at_checked(usize::from(length))
        .ok_or(OsiError::CotpLength)?;
    let (&code, fields) = header.split_first().ok_or(OsiError::CotpLength)?;
    // Initial credit is zero in class 0, but the low bits of the code are not ours to judge.
    match (code & 0xf0, fields) {
        (DT, [number]) => Ok(Tpdu::Data {
            end: number & 0x80 != 0,
            data,
        }),
        (CR, _) => connect(fields).map(Tpdu::ConnectRequest),
        (CC, _) => connect(fields).map(Tpdu::ConnectConfirm),
        (DR, [_, _, _, _, reason, ..]) => Ok(Tpdu::DisconnectRequest { reason: *reason }),
        (ER, [_, _, cause, ..]) => Ok(Tpdu::Error { cause: *cause }),
        (DT | DR | ER, _) => Err(OsiError::CotpLength),
        _ => Err(OsiError::CotpCode(code)),
    }
}

fn connect(fields: &[u8]) -> Result<Connect, OsiError> {
    let [d1, d0, s1, s0, class, parameters @ ..] = fields else {
        return Err(OsiError::CotpLength);
    };
    let mut connect = Connect {
        destination: u16::from_be_bytes([*d1, *d0]),
        source: u16::from_be_bytes([*s1, *s0]),
        class: class >> 4,
        calling: None,
        called: None,
        tpdu_size: None,
    };
    let mut rest = parameters;
    while let [code, length, tail @ ..] = rest {
        let (value, tail) = tail
            .split_at_checked(usize::from(*length))
            .ok_or(OsiError::CotpLength)?;
        match (*code, value) {
            (CALLING_TSAP | CALLED_TSAP, _) if value.len() > MAX_SELECTOR => {
                return Err(OsiError::CotpLength);
            }
            (CALLING_TSAP, _) => connect.calling = Some(value.to_vec()),
            (CALLED_TSAP, _) => connect.called = Some(value.to_vec()),
            (TPDU_SIZE, [exponent @ 7..=16]) if connect.tpdu_size.is_none() => {
                connect.tpdu_size = Some((1 << exponent).min(MAX_TPDU_SIZE));
            }
            (PREFERRED_TPDU_SIZE, [_, ..]) if value.len() <= 4 => {
                let units = value
                    .iter()
                    .fold(0usize, |n, octet| n << 8 | usize::from(*octet));
                connect.tpdu_size = Some(
                    units
                        .saturating_mul(128)
                        .clamp(MIN_TPDU_SIZE, MAX_TPDU_SIZE),
                );
            }
            // Unknown parameters of a connect request are ignored (X.224 13.2.3).
            _ => {}
        }
        rest = tail;
    }
    if rest.is_empty() {
        Ok(connect)
    } else {
        Err(OsiError::CotpLength)
    }
}

/// The power of two that stands for a TPDU size in the parameter, rounded down.
fn exponent(size: usize) -> u8 {
    size.clamp(MIN_TPDU_SIZE, MAX_TPDU_SIZE).ilog2() as u8
}

/// A TPDU size as the negotiation knows it: a power of two, or the largest there is.
pub fn negotiable_size(size: usize) -> usize {
    if size >= MAX_TPDU_SIZE {
        MAX_TPDU_SIZE
    } else {
        1 << exponent(size)
    }
}

/// Appends a connect request with its TPKT header.
pub fn write_request(out: &mut Vec<u8>, connect: &Connect) {
    write_connect(out, CR, connect);
}

/// Appends a connect confirm with its TPKT header.
pub fn write_confirm(out: &mut Vec<u8>, connect: &Connect) {
    write_connect(out, CC, connect);
}

fn write_connect(out: &mut Vec<u8>, code: u8, connect: &Connect) {
    let mut tpdu = vec![0, code];
    tpdu.extend(connect.destination.to_be_bytes());
    tpdu.extend(connect.source.to_be_bytes());
    tpdu.push(connect.class << 4);
    let mut parameter = |code: u8, value: &[u8]| {
        tpdu.extend([code, value.len() as u8]);
        tpdu.extend(value);
    };
    if let Some(size) = connect.tpdu_size {
        if size >= MAX_TPDU_SIZE {
            // 65531 octets are no power of two: the exponent of 65536 stands for it.
            parameter(TPDU_SIZE, &[16]);
        } else {
            parameter(TPDU_SIZE, &[exponent(size)]);
        }
    }
    if let Some(called) = &connect.called {
        parameter(CALLED_TSAP, called);
    }
    if let Some(calling) = &connect.calling {
        parameter(CALLING_TSAP, calling);
    }
    tpdu[0] = (tpdu.len() - 1) as u8;
    out.extend(tpkt::header(tpdu.len()));
    out.extend(tpdu);
}

/// Appends a disconnect request with its TPKT header.
pub fn write_disconnect(out: &mut Vec<u8>, destination: u16, source: u16, reason: u8) {
    let [d1, d0] = destination.to_be_bytes();
    let [s1, s0] = source.to_be_bytes();
    out.extend(tpkt::header(7));
    out.extend([6, DR, d1, d0, s1, s0, reason]);
}

/// Cuts a TSDU that was appended to `out` behind `start` into DT TPDUs.
///
/// Room for the headers of a single packet ([`tpkt::HEADER`] + [`DATA_HEADER`]) has been left at
/// `start`. In the usual case the TSDU fits one TPDU, the headers are filled in and nothing moves.
pub fn finish_data(out: &mut Vec<u8>, start: usize, tpdu_size: usize) {
    const HEAD: usize = tpkt::HEADER + DATA_HEADER;
    let length = out.len() - start - HEAD;
    let room = tpdu_size - DATA_HEADER;
    let head = |length: usize, end: bool| {
        let [v, r, high, low] = tpkt::header(length + DATA_HEADER);
        [v, r, high, low, 2, DT, if end { 0x80 } else { 0 }]
    };
    if length <= room {
        out[start..start + HEAD].copy_from_slice(&head(length, true));
        return;
    }
    let tsdu = out.split_off(start + HEAD);
    out.truncate(start);
    let mut pieces = tsdu.chunks(room).peekable();
    while let Some(piece) = pieces.next() {
        out.extend(head(piece.len(), pieces.peek().is_none()));
        out.extend(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(bytes: &[u8]) -> &[u8] {
        tpkt::split(bytes).unwrap().unwrap().0
    }

    #[test]
    fn golden_request_and_confirm() {
        let cr = [
            3, 0, 0, 0x16, 0x11, 0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 0x0d, 0xc2, 2, 0, 1, 0xc1, 2, 0, 1,
        ];
        let Tpdu::ConnectRequest(connect) = decode(packet(&cr)).unwrap() else {
            panic!()
        };
        assert_eq!(connect.tpdu_size, Some(8192));
        let mut out = vec![];
        write_request(&mut out, &connect);
        assert_eq!(out, cr);
    }

    #[test]
    fn wrong_lengths() {
        // Golden 80: a length indicator that is too long.
        let cr = [
            3, 0, 0, 0x16, 0x13, 0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 7, 0xc1, 2, 0, 1, 0xc2, 2, 0, 1,
        ];
        assert_eq!(decode(packet(&cr)), Err(OsiError::CotpLength));
        for cut in 0..cr.len() - 4 {
            assert!(decode(&cr[4..4 + cut]).is_err());
        }
        assert_eq!(decode(&[1, 0x10]), Err(OsiError::CotpCode(0x10)));
        // Longer selectors would not leave room for the answer that echoes them.
        for (length, fits) in [(32, true), (33, false), (246, false)] {
            let mut tpdu = vec![length + 8, 0xe0, 0, 0, 0, 1, 0, 0xc2, length];
            tpdu.resize(tpdu.len() + usize::from(length), 1);
            assert_eq!(decode(&tpdu).is_ok(), fits);
        }
    }

    #[test]
    fn larger_sizes() {
        let size = |p: &[u8]| {
            let mut tpdu = vec![(6 + p.len()) as u8, 0xe0, 0, 0, 0, 1, 0];
            tpdu.extend(p);
            let Tpdu::ConnectRequest(connect) = decode(&tpdu).unwrap() else {
                panic!()
            };
            connect.tpdu_size
        };
        assert_eq!(size(&[0xf0, 1, 64]), Some(8192));
        assert_eq!(size(&[0xf0, 2, 0xff, 0xff]), Some(MAX_TPDU_SIZE));
        assert_eq!(size(&[0xc0, 1, 16]), Some(MAX_TPDU_SIZE));
        assert_eq!(size(&[0xc0, 1, 99]), None);
        assert_eq!(negotiable_size(9000), 8192);
        assert_eq!(negotiable_size(1), 128);
    }

    proptest! {
        #[test]
        fn segmentation_round_trip(data in proptest::collection::vec(any::<u8>(), 0..2000), exponent in 7u32..14) {
            let mut out = vec![1, 2, 3];
            out.extend([0; 7]);
            out.extend(&data);
            finish_data(&mut out, 3, 1 << exponent);
            prop_assert_eq!(&out[..3], &[1, 2, 3]);
            let (mut rest, mut joined, mut ended) = (&out[3..], Vec::<u8>::new(), false);
            while let Some((payload, taken)) = tpkt::split(rest).unwrap() {
                prop_assert!(!ended && payload.len() <= 1 << exponent);
                let Tpdu::Data { end, data } = decode(payload).unwrap() else { panic!() };
                joined.extend(data);
                ended = end;
                rest = &rest[taken..];
            }
            prop_assert!(ended && rest.is_empty());
            prop_assert_eq!(joined, data);
        }

        #[test]
        fn decoding_never_panics(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
