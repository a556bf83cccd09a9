//! Session protocol version 2, kernel and duplex functional units (ISO/IEC 8327-1, X.225).

use super::OsiError;

/// Give-tokens and data-transfer SPDUs in one TSDU, in front of every presentation PDU.
pub const DATA_PREFIX: [u8; 4] = [1, 0, 1, 0];

const CN: u8 = 13;
const AC: u8 = 14;
const RF: u8 = 12;
const FN: u8 = 9;
const DN: u8 = 10;
const AB: u8 = 25;
const GIVE_TOKENS: u8 = 1;

const CONNECT_ACCEPT_ITEM: u8 = 5;
const TRANSPORT_DISCONNECT: u8 = 17;
const PROTOCOL_OPTIONS: u8 = 19;
const USER_REQUIREMENTS: u8 = 20;
const VERSION: u8 = 22;
const REASON: u8 = 50;
const CALLING_SELECTOR: u8 = 51;
const CALLED_SELECTOR: u8 = 52;
const USER_DATA: u8 = 193;
const EXTENDED_USER_DATA: u8 = 194;

/// Functional units: duplex.
pub const DUPLEX: u16 = 2;

/// What CONNECT and ACCEPT carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connect<'a> {
    /// Selector of the side that calls.
    pub calling: Option<&'a [u8]>,
    /// Selector of the side that is called (in ACCEPT: responding).
    pub called: Option<&'a [u8]>,
    /// Functional units proposed or selected.
    pub requirements: Option<u16>,
    /// The presentation PDU.
    pub user_data: &'a [u8],
}

/// A session protocol data unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spdu<'a> {
    /// CONNECT.
    Connect(Connect<'a>),
    /// ACCEPT.
    Accept(Connect<'a>),
    /// REFUSE with its reason and, for reason 2, a presentation PDU.
    Refuse {
        /// 0 not specified, 1 congestion, 2 see the user data, 129 selector unknown and up.
        reason: Option<u8>,
        /// The presentation PDU.
        user_data: &'a [u8],
    },
    /// FINISH.
    Finish(&'a [u8]),
    /// DISCONNECT, the answer to FINISH.
    Disconnect(&'a [u8]),
    /// ABORT.
    Abort(&'a [u8]),
    /// GIVE TOKENS and DATA TRANSFER.
    Data(&'a [u8]),
}

/// Reads the SPDUs of one TSDU.
///
/// # Errors
/// [`OsiError`] if lengths do not fit, or the SPDU is none of the functional units used.
#[inline]
pub fn decode(tsdu: &[u8]) -> Result<Spdu<'_>, OsiError> {
    if let [1, 0, 1, 0, data @ ..] = tsdu {
        return Ok(Spdu::Data(data));
    }
    let (code, rest) = tsdu.split_first().ok_or(OsiError::SessionParameter)?;
    let (parameters, behind) = take_length(rest)?;
    match *code {
        // Category 0: the data of the SPDU that follows belongs to it.
        GIVE_TOKENS => {
            let (second, rest) = behind.split_first().ok_or(OsiError::SessionParameter)?;
            let (_, data) = take_length(rest)?;
            if *second == GIVE_TOKENS {
                Ok(Spdu::Data(data))
            } else {
                Err(OsiError::SessionSpdu(*second))
            }
        }
        CN => connect(parameters).map(Spdu::Connect),
        AC => connect(parameters).map(Spdu::Accept),
        RF => {
            let mut reason = None;
            let mut user_data: &[u8] = &[];
            for_each(parameters, &mut |code, value| match (code, value) {
                (REASON, [first, rest @ ..]) => {
                    reason = Some(*first);
                    user_data = rest;
                }
                (USER_DATA, _) => user_data = value,
                _ => {}
            })?;
            Ok(Spdu::Refuse { reason, user_data })
        }
        FN => user_data(parameters).map(Spdu::Finish),
        DN => user_data(parameters).map(Spdu::Disconnect),
        AB => user_data(parameters).map(Spdu::Abort),
        other => Err(OsiError::SessionSpdu(other)),
    }
}

/// Length indicator and what it spans; one octet, or `ff` and two octets.
fn take_length(input: &[u8]) -> Result<(&[u8], &[u8]), OsiError> {
    let (length, rest) = match input {
        [0xff, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [0xff, ..] | [] => return Err(OsiError::SessionParameter),
        [length, rest @ ..] => (usize::from(*length), rest),
    };
    rest.split_at_checked(length)
        .ok_or(OsiError::SessionParameter)
}

fn for_each<'a>(parameters: &'a [u8], each: &mut dyn FnMut(u8, &'a [u8])) -> Result<(), OsiError> {
    let mut rest = parameters;
    while let [code, tail @ ..] = rest {
        let (value, tail) = take_length(tail)?;
        each(*code, value);
        rest = tail;
    }
    Ok(())
}

fn connect(parameters: &[u8]) -> Result<Connect<'_>, OsiError> {
    let mut connect = Connect::default();
    for_each(parameters, &mut |code, value| match (code, value) {
        (CALLING_SELECTOR, _) => connect.calling = Some(value),
        (CALLED_SELECTOR, _) => connect.called = Some(value),
        (USER_REQUIREMENTS, [high, low]) => {
            connect.requirements = Some(u16::from_be_bytes([*high, *low]));
        }
        (USER_DATA | EXTENDED_USER_DATA, _) => connect.user_data = value,
        _ => {}
    })?;
    Ok(connect)
}

fn user_data(parameters: &[u8]) -> Result<&[u8], OsiError> {
    let mut data: &[u8] = &[];
    for_each(parameters, &mut |code, value| {
        if code == USER_DATA {
            data = value;
        }
    })?;
    Ok(data)
}

/// Appends CONNECT around the presentation PDU.
pub fn write_connect(out: &mut Vec<u8>, connect: &Connect<'_>) {
    write_spdu(out, CN, |p| connect_parameters(p, connect));
}

/// Appends ACCEPT around the presentation PDU.
pub fn write_accept(out: &mut Vec<u8>, connect: &Connect<'_>) {
    write_spdu(out, AC, |p| connect_parameters(p, connect));
}

fn connect_parameters(p: &mut Vec<u8>, connect: &Connect<'_>) {
    parameter(
        p,
        CONNECT_ACCEPT_ITEM,
        &[PROTOCOL_OPTIONS, 1, 0, VERSION, 1, 2],
    );
    parameter(
        p,
        USER_REQUIREMENTS,
        &connect.requirements.unwrap_or(DUPLEX).to_be_bytes(),
    );
    if let Some(calling) = connect.calling {
        parameter(p, CALLING_SELECTOR, calling);
    }
    if let Some(called) = connect.called {
        parameter(p, CALLED_SELECTOR, called);
    }
    // Up to 512 octets go as user data; version 2 has the extended form for more.
    let code = if connect.user_data.len() > 512 {
        EXTENDED_USER_DATA
    } else {
        USER_DATA
    };
    parameter(p, code, connect.user_data);
}

/// Appends REFUSE with a presentation PDU (reason 2) or without (reason 0).
pub fn write_refuse(out: &mut Vec<u8>, user_data: &[u8]) {
    write_spdu(out, RF, |p| {
        parameter(p, TRANSPORT_DISCONNECT, &[1]);
        let mut reason = vec![if user_data.is_empty() { 0 } else { 2 }];
        reason.extend(user_data);
        parameter(p, REASON, &reason);
    });
}

/// Appends FINISH around the presentation PDU.
pub fn write_finish(out: &mut Vec<u8>, user_data: &[u8]) {
    write_spdu(out, FN, |p| parameter(p, USER_DATA, user_data));
}

/// Appends DISCONNECT around the presentation PDU.
pub fn write_disconnect(out: &mut Vec<u8>, user_data: &[u8]) {
    write_spdu(out, DN, |p| parameter(p, USER_DATA, user_data));
}

/// Appends ABORT by the session user, around the presentation PDU.
pub fn write_abort(out: &mut Vec<u8>, user_data: &[u8]) {
    write_spdu(out, AB, |p| {
        // Transport connection released, user abort, no reason restrictions.
        parameter(p, TRANSPORT_DISCONNECT, &[0x0b]);
        parameter(p, USER_DATA, user_data);
    });
}

fn write_spdu(out: &mut Vec<u8>, code: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut parameters = Vec::new();
    fill(&mut parameters);
    parameter(out, code, &parameters);
}

/// SPDUs and parameters have the same shape: code, length, content.
fn parameter(out: &mut Vec<u8>, code: u8, value: &[u8]) {
    out.push(code);
    if value.len() < 0xff {
        out.push(value.len() as u8);
    } else {
        let [high, low] = (value.len() as u16).to_be_bytes();
        out.extend([0xff, high, low]);
    }
    out.extend(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn connect_round_trip() {
        for length in [3usize, 200, 254, 255, 300, 600, 5000] {
            let data = vec![7; length];
            let connect = Connect {
                calling: Some(&[0, 1]),
                called: Some(&[0, 2]),
                requirements: Some(DUPLEX),
                user_data: &data,
            };
            let mut out = vec![];
            write_connect(&mut out, &connect);
            assert_eq!(decode(&out), Ok(Spdu::Connect(connect)));
            let mut out = vec![];
            write_accept(&mut out, &connect);
            assert_eq!(decode(&out), Ok(Spdu::Accept(connect)));
            for cut in 0..out.len() {
                assert!(decode(&out[..cut]).is_err());
            }
        }
    }

    #[test]
    fn others_round_trip() {
        let with = |f: fn(&mut Vec<u8>, &[u8])| {
            let mut out = vec![];
            f(&mut out, &[1, 2]);
            out
        };
        assert_eq!(decode(&with(write_finish)), Ok(Spdu::Finish(&[1, 2])));
        assert_eq!(
            decode(&with(write_disconnect)),
            Ok(Spdu::Disconnect(&[1, 2]))
        );
        assert_eq!(decode(&with(write_abort)), Ok(Spdu::Abort(&[1, 2])));
        assert_eq!(
            decode(&with(write_refuse)),
            Ok(Spdu::Refuse {
                reason: Some(2),
                user_data: &[1, 2]
            })
        );
        assert_eq!(decode(&[1, 0, 1, 0, 9]), Ok(Spdu::Data(&[9])));
        assert_eq!(decode(&[1, 3, 16, 1, 0, 1, 0, 9]), Ok(Spdu::Data(&[9])));
        assert_eq!(decode(&[99, 0]), Err(OsiError::SessionSpdu(99)));
    }

    proptest! {
        #[test]
        fn decoding_never_panics(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
