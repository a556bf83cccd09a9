//! The bytes of the load: as little MMS as a client needs to ask and to tell a right answer from a wrong one.
//!
//! Nothing of our own stack is used here, so that all servers are measured by the same neutral client. The
//! association bytes are those of libiec61850's client with default parameters.

use crate::Result;

/// COTP connect request: TPDU size 8192, selectors 0001.
pub(super) const CONNECT_REQUEST: [u8; 22] = [
    0x03, 0x00, 0x00, 0x16, 0x11, 0xe0, 0x00, 0x00, 0x00, 0x01, 0x00, 0xc0, 0x01, 0x0d, 0xc2, 0x02,
    0x00, 0x01, 0xc1, 0x02, 0x00, 0x01,
];

/// Session CONNECT, presentation CP, ACSE AARQ with AP titles, MMS initiate 65000/5/5/10.
pub(super) const ASSOCIATE_REQUEST: [u8; 187] = [
    0x03, 0x00, 0x00, 0xbb, 0x02, 0xf0, 0x80, // TPKT, COTP DT
    0x0d, 0xb2, 0x05, 0x06, 0x13, 0x01, 0x00, 0x16, 0x01, 0x02, 0x14, 0x02, 0x00, 0x02, 0x33, 0x02,
    0x00, 0x01, 0x34, 0x02, 0x00, 0x01, 0xc1, 0x9c, // session CONNECT, user data
    0x31, 0x81, 0x99, 0xa0, 0x03, 0x80, 0x01, 0x01, 0xa2, 0x81, 0x91, 0x81, 0x04, 0x00, 0x00, 0x00,
    0x01, 0x82, 0x04, 0x00, 0x00, 0x00, 0x01, 0xa4, 0x23, 0x30, 0x0f, 0x02, 0x01, 0x01, 0x06, 0x04,
    0x52, 0x01, 0x00, 0x01, 0x30, 0x04, 0x06, 0x02, 0x51, 0x01, 0x30, 0x10, 0x02, 0x01, 0x03, 0x06,
    0x05, 0x28, 0xca, 0x22, 0x02, 0x01, 0x30, 0x04, 0x06, 0x02, 0x51,
    0x01, // presentation CP with the contexts of ACSE (1) and MMS (3)
    0x61, 0x5e, 0x30, 0x5c, 0x02, 0x01, 0x01, 0xa0, 0x57, 0x60, 0x55, 0xa1, 0x07, 0x06, 0x05, 0x28,
    0xca, 0x22, 0x02, 0x03, 0xa2, 0x07, 0x06, 0x05, 0x29, 0x01, 0x87, 0x67, 0x01, 0xa3, 0x03, 0x02,
    0x01, 0x0c, 0xa6, 0x06, 0x06, 0x04, 0x29, 0x01, 0x87, 0x67, 0xa7, 0x03, 0x02, 0x01, 0x0c, 0xbe,
    0x2f, 0x28, 0x2d, 0x02, 0x01, 0x03, 0xa0, 0x28, // ACSE AARQ
    0xa8, 0x26, 0x80, 0x03, 0x00, 0xfd, 0xe8, 0x81, 0x01, 0x05, 0x82, 0x01, 0x05, 0x83, 0x01, 0x0a,
    0xa4, 0x16, 0x80, 0x01, 0x01, 0x81, 0x03, 0x05, 0xf1, 0x00, 0x82, 0x0c, 0x03, 0xee, 0x1c, 0x00,
    0x00, 0x04, 0x08, 0x00, 0x00, 0x79, 0xef, 0x18, // MMS initiate
];

/// TPKT and COTP data header.
pub(super) const FRAME_OVERHEAD: usize = 7;

/// Length of libiec61850's answer to [`ASSOCIATE_REQUEST`]; the echo uses it.
pub(super) const ASSOCIATE_RESPONSE_LENGTH: usize = 143;

const CONFIRMED_REQUEST: u8 = 0xa0;
const CONFIRMED_RESPONSE: u8 = 0xa1;
const READ: u8 = 0xa4;
const WRITE: u8 = 0xa5;
const NAME_LIST: u8 = 0xa1;
const ACCESS_ATTRIBUTES: u8 = 0xa6;
const FAILURE: u8 = 0x80;
const FLOATING_POINT: u8 = 0x87;

/// A message of fixed length that is made again and again with another invoke id.
#[derive(Clone)]
pub(super) struct Template {
    bytes: Vec<u8>,
    id_at: usize,
}

impl Template {
    /// A read of one variable.
    pub(super) fn read_variable(domain: &str, item: &str) -> Self {
        let variable = tlv(0xa0, &[&tlv(0xa1, &[&domain_name(domain, item)])]);
        Self::new(&tlv(
            READ,
            &[&tlv(0xa1, &[&tlv(0xa0, &[&tlv(0x30, &[&variable])])])],
        ))
    }

    /// A read of a named variable list.
    pub(super) fn read_list(domain: &str, item: &str) -> Self {
        Self::new(&tlv(
            READ,
            &[&tlv(
                0xa1,
                &[&tlv(0xa1, &[&tlv(0xa1, &[&domain_name(domain, item)])])],
            )],
        ))
    }

    /// A read response with this many floats, as a server would send it.
    pub(super) fn float_response(floats: usize) -> Self {
        const FLOAT: [u8; 7] = [FLOATING_POINT, 5, 8, 0x41, 0x48, 0, 0];
        let service = tlv(READ, &[&tlv(0xa1, &[&FLOAT.repeat(floats)])]);
        Self::of(
            frame(CONFIRMED_RESPONSE, FIRST_INVOKE_ID, &service),
            &service,
        )
    }

    fn new(service: &[u8]) -> Self {
        Self::of(frame(CONFIRMED_REQUEST, FIRST_INVOKE_ID, service), service)
    }

    fn of(bytes: Vec<u8>, service: &[u8]) -> Self {
        // The invoke id and the service end the message.
        let id_at = bytes.len() - service.len() - 2;
        Self { bytes, id_at }
    }

    /// Length on the wire.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends the message with this invoke id, one that [`InvokeIds`] gave.
    pub(super) fn append(&self, id: u16, out: &mut Vec<u8>) {
        let start = out.len() + self.id_at;
        out.extend_from_slice(&self.bytes);
        out[start..start + 2].copy_from_slice(&id.to_be_bytes());
    }
}

/// The lowest invoke id that takes two bytes with any high byte other than zero.
const FIRST_INVOKE_ID: u16 = 0x0100;
const LAST_INVOKE_ID: u16 = 0x7fff;

/// Invoke ids in use on one association. All of them take two bytes, so that a template keeps its length.
pub(super) struct InvokeIds {
    next: u16,
    open: Vec<u16>,
}

impl InvokeIds {
    pub(super) fn new() -> Self {
        Self {
            next: FIRST_INVOKE_ID,
            open: Vec::new(),
        }
    }

    pub(super) fn take(&mut self) -> u16 {
        let id = self.next;
        self.next = if id == LAST_INVOKE_ID {
            FIRST_INVOKE_ID
        } else {
            id + 1
        };
        self.open.push(id);
        id
    }

    /// The id that is open longest, when answers come in order.
    pub(super) fn oldest(&self) -> u16 {
        self.open.first().copied().unwrap_or(FIRST_INVOKE_ID)
    }

    /// Marks the request as answered; an id that is not open is a wrong answer.
    pub(super) fn answered(&mut self, id: u32) -> Result<()> {
        match self.open.iter().position(|open| u32::from(*open) == id) {
            Some(at) => {
                self.open.remove(at);
                Ok(())
            }
            None => Err(format!(
                "wrong answer: invoke id {id}, but only {:?} are open",
                self.open
            )),
        }
    }
}

/// Write of a boolean variable.
pub(super) fn write_true_request(id: u16, domain: &str, item: &str) -> Vec<u8> {
    let name = tlv(0xa0, &[&tlv(0xa1, &[&domain_name(domain, item)])]);
    let service = tlv(
        WRITE,
        &[
            &tlv(0xa0, &[&tlv(0x30, &[&name])]),
            &tlv(0xa0, &[&[0x83, 1, 1]]),
        ],
    );
    frame(CONFIRMED_REQUEST, id, &service)
}

/// Whether the answer to a write says success.
pub(super) fn check_written(message: &[u8]) -> Result {
    let (_, service) = response(message, WRITE)?;
    if service.0 == [0x81, 0] {
        Ok(())
    } else {
        Err(format!("wrong answer: {}", hex(message)))
    }
}

/// The value of a report about one float, which is its last.
pub(super) fn reported_float(message: &[u8]) -> Result<f32> {
    const NAME: [u8; 7] = [0xa1, 5, 0x80, 3, b'R', b'P', b'T'];
    let is_report = message.windows(NAME.len()).any(|bytes| bytes == NAME);
    match message {
        [.., FLOATING_POINT, 5, 8, a, b, c, d] if is_report => {
            Ok(f32::from_be_bytes([*a, *b, *c, *d]))
        }
        _ => Err(format!("not a report of one float: {}", hex(message))),
    }
}

/// getNameList of the domains.
pub(super) fn domain_names_request(id: u16) -> Vec<u8> {
    frame(
        CONFIRMED_REQUEST,
        id,
        &tlv(
            NAME_LIST,
            &[&tlv(0xa0, &[&[0x80, 1, 9]]), &tlv(0xa1, &[&[0x80, 0]])],
        ),
    )
}

/// getNameList of a domain: objects of one class (0 variables, 2 variable lists), from the name after `after`.
pub(super) fn names_request(id: u16, class: u8, domain: &str, after: Option<&str>) -> Vec<u8> {
    let scope = tlv(0xa1, &[&tlv(0x81, &[domain.as_bytes()])]);
    let after = after.map_or(Vec::new(), |name| tlv(0x82, &[name.as_bytes()]));
    frame(
        CONFIRMED_REQUEST,
        id,
        &tlv(
            NAME_LIST,
            &[&tlv(0xa0, &[&[0x80, 1, class]]), &scope, &after],
        ),
    )
}

/// getVariableAccessAttributes of one variable.
pub(super) fn access_attributes_request(id: u16, domain: &str, item: &str) -> Vec<u8> {
    frame(
        CONFIRMED_REQUEST,
        id,
        &tlv(
            ACCESS_ATTRIBUTES,
            &[&tlv(0xa0, &[&tlv(0xa1, &[&domain_name(domain, item)])])],
        ),
    )
}

/// Domain-specific object name, without the outer tag.
fn domain_name(domain: &str, item: &str) -> Vec<u8> {
    [
        tlv(0x1a, &[domain.as_bytes()]),
        tlv(0x1a, &[item.as_bytes()]),
    ]
    .concat()
}

/// A confirmed request or response with everything beneath it down to TPKT.
fn frame(pdu: u8, id: u16, service: &[u8]) -> Vec<u8> {
    let pdu = tlv(pdu, &[&tlv(0x02, &[&id.to_be_bytes()]), service]);
    let presentation = tlv(0x61, &[&tlv(0x30, &[&[0x02, 1, 3], &tlv(0xa0, &[&pdu])])]);
    let mut out = vec![0x03, 0x00, 0, 0, 0x02, 0xf0, 0x80, 0x01, 0x00, 0x01, 0x00];
    out.extend_from_slice(&presentation);
    // Requests are far below the 65 535 bytes of a TPKT.
    let length = u16::try_from(out.len()).unwrap_or(u16::MAX);
    out[2..4].copy_from_slice(&length.to_be_bytes());
    out
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => out.push(short),
        Ok(byte) => out.extend([0x81, byte]),
        Err(_) => {
            out.push(0x82);
            out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// Cuts a byte stream into user data of COTP, putting segmented ones together.
#[derive(Default)]
pub(super) struct Deframer {
    partial: Vec<u8>,
    whole: Vec<u8>,
}

/// What [`Deframer::step`] found at the start of the input.
pub(super) enum Step<'a> {
    /// Not even one TPDU.
    More,
    /// One TPDU of this many bytes, with more of the same message to come.
    Segment(usize),
    /// The last TPDU of a message, and the whole message.
    Message(usize, &'a [u8]),
}

impl Deframer {
    pub(super) fn step<'a>(&'a mut self, input: &'a [u8]) -> Result<Step<'a>> {
        let &[version, _, high, low, ref rest @ ..] = input else {
            return Ok(Step::More);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if version != 3 || length < 7 {
            return Err(format!("wrong answer: TPKT header {:02x?}", &input[..4]));
        }
        let Some(tpdu) = rest.get(..length - 4) else {
            return Ok(Step::More);
        };
        match *tpdu {
            [0x02, 0xf0, 0x80, ref user @ ..] if self.partial.is_empty() => {
                Ok(Step::Message(length, user))
            }
            [0x02, 0xf0, end, ref user @ ..] => {
                self.partial.extend_from_slice(user);
                if end == 0 {
                    return Ok(Step::Segment(length));
                }
                self.whole = std::mem::take(&mut self.partial);
                Ok(Step::Message(length, &self.whole))
            }
            _ => Err(format!(
                "wrong answer: TPDU {:02x?} instead of data",
                tpdu.get(..3)
            )),
        }
    }
}

/// A reader over BER that knows one-byte tags.
struct Ber<'a>(&'a [u8]);

impl<'a> Ber<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (
                    bytes
                        .iter()
                        .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
                    rest,
                )
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, when it has this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|(found, _)| *found == tag)
            .map(|(_, content)| content)
    }
}

/// Checks the session ACCEPT with the MMS initiate response: only that it is one, and that it ends as one.
pub(super) fn check_associate_response(message: &[u8]) -> Result<()> {
    // The initiate response PDU is the last element: A9 with the length of what is left.
    let initiate = |at: &usize| {
        message[*at] == 0xa9
            && message
                .get(at + 1)
                .is_some_and(|length| at + 2 + usize::from(*length) == message.len())
    };
    match message.first() {
        Some(0x0e) if (0..message.len()).rev().any(|at| initiate(&at)) => Ok(()),
        _ => Err(format!("association refused: {}", hex(message))),
    }
}

/// The invoke id and the service of a confirmed response; any other PDU is a wrong answer.
fn response(message: &[u8], service: u8) -> Result<(u32, Ber<'_>)> {
    let parse = || {
        let presentation = message.strip_prefix(&[0x01, 0x00, 0x01, 0x00])?;
        let mut value = Ber(Ber(Ber(presentation).expect(0x61)?).expect(0x30)?);
        value.expect(0x02)?;
        let mut response = Ber(Ber(value.expect(0xa0)?).expect(CONFIRMED_RESPONSE)?);
        let id = response.expect(0x02)?;
        let id = id
            .iter()
            .fold(0u32, |sum, byte| sum << 8 | u32::from(*byte));
        Some((id, Ber(response.expect(service)?)))
    };
    parse().ok_or_else(|| format!("wrong answer: {}", hex(message)))
}

/// Checks a read response with `count` floats and gives its invoke id.
pub(super) fn check_floats(message: &[u8], count: usize) -> Result<u32> {
    let (id, mut service) = response(message, READ)?;
    let mut results = service
        .expect(0xa1)
        .map(Ber)
        .ok_or_else(|| format!("wrong answer: {}", hex(message)))?;
    let mut found = 0;
    while let Some((tag, content)) = results.next() {
        match (tag, content.len()) {
            (FLOATING_POINT, 5) => found += 1,
            (FAILURE, _) => {
                return Err(format!(
                    "wrong answer: access error {content:02x?} for member {found}"
                ));
            }
            _ => {
                return Err(format!(
                    "wrong answer: member {found} has tag {tag:02x} and {} bytes",
                    content.len()
                ));
            }
        }
    }
    if found == count && results.0.is_empty() {
        Ok(id)
    } else {
        Err(format!("wrong answer: {found} values instead of {count}"))
    }
}

/// A name list response.
pub(super) struct NameList<'a> {
    pub(super) id: u32,
    list: &'a [u8],
    /// Whether more names follow.
    pub(super) more: bool,
}

impl<'a> NameList<'a> {
    /// The names; an error ends them where the list is broken.
    pub(super) fn names(&self) -> impl Iterator<Item = Result<&'a str>> + use<'a> {
        let mut list = Ber(self.list);
        std::iter::from_fn(move || {
            if list.0.is_empty() {
                return None;
            }
            let name = list
                .expect(0x1a)
                .and_then(|name| std::str::from_utf8(name).ok());
            if name.is_none() {
                list.0 = &[];
            }
            Some(
                name.ok_or_else(|| {
                    "wrong answer: a name list with something else in it".to_owned()
                }),
            )
        })
    }
}

/// Parses a name list response.
pub(super) fn names(message: &[u8]) -> Result<NameList<'_>> {
    let (id, mut service) = response(message, NAME_LIST)?;
    let list = service
        .expect(0xa0)
        .ok_or_else(|| format!("wrong answer: {}", hex(message)))?;
    // moreFollows is true when it is left out.
    Ok(NameList {
        id,
        list,
        more: service.expect(0x81) != Some(&[0]),
    })
}

/// Checks the type description of a logical node: a structure. Gives the invoke id.
pub(super) fn check_structure(message: &[u8]) -> Result<u32> {
    let (id, mut service) = response(message, ACCESS_ATTRIBUTES)?;
    service.expect(0x80); // mmsDeletable
    match service
        .expect(0xa2)
        .and_then(|description| Ber(description).expect(0xa2))
    {
        Some(_) => Ok(id),
        None => Err(format!(
            "wrong answer: no structure description in {}",
            hex(message)
        )),
    }
}

fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    let mut text: String = bytes
        .iter()
        .take(SHOWN)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if bytes.len() > SHOWN {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// COTP user data of libiec61850's answers, from its recorded traffic.
    const FLOAT_RESPONSE: &[u8] = &[
        0x01, 0x00, 0x01, 0x00, 0x61, 0x17, 0x30, 0x15, 0x02, 0x01, 0x03, 0xa0, 0x10, 0xa1, 0x0e,
        0x02, 0x01, 0x07, 0xa4, 0x09, 0xa1, 0x07, 0x87, 0x05, 0x08, 0x41, 0x48, 0x00, 0x00,
    ];
    const DOMAINS_RESPONSE: &[u8] = &[
        0x01, 0x00, 0x01, 0x00, 0x61, 0x25, 0x30, 0x23, 0x02, 0x01, 0x03, 0xa0, 0x1e, 0xa1, 0x1c,
        0x02, 0x01, 0x01, 0xa1, 0x17, 0xa0, 0x12, 0x1a, 0x07, 0x47, 0x4f, 0x4c, 0x44, 0x4c, 0x44,
        0x31, 0x1a, 0x07, 0x47, 0x4f, 0x4c, 0x44, 0x4c, 0x44, 0x32, 0x81, 0x01, 0x00,
    ];

    fn tpkt(end: u8, user: &[u8]) -> Vec<u8> {
        let length = u16::try_from(user.len() + 7).unwrap().to_be_bytes();
        [&[3, 0, length[0], length[1], 2, 0xf0, end], user].concat()
    }

    #[test]
    fn read_request_equals_the_recorded_one() {
        let recorded = "0300004402f0800100010061373035020103a030a02e020107a429a127a0253023a021a11f1a07474f4c444c44311a144747494f31244d5824416e496e31246d61672466";
        let mut bytes = Vec::new();
        Template::read_variable("GOLDLD1", "GGIO1$MX$AnIn1$mag$f").append(0x1234, &mut bytes);
        // Our invoke ids have two bytes, which makes the four lengths around them and the TPKT one longer.
        let expected = recorded
            .replacen("03000044", "03000045", 1)
            .replacen("6137", "6138", 1)
            .replacen("3035", "3036", 1)
            .replacen("a030a02e020107", "a031a02f02021234", 1);
        assert_eq!(
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
            expected
        );
    }

    #[test]
    fn write_request_equals_the_recorded_one() {
        let recorded = "0300004802f08001000100613b3039020103a034a032020104a52da0263024a022a1201a07474f4c444c44311a154c4c4e302452502475726362303124527074456e\
                        61a003830101";
        // The recorded invoke id has one byte.
        let ours = write_true_request(0x0104, "GOLDLD1", "LLN0$RP$urcb01$RptEna");
        let text: String = ours.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text[80..], recorded[78..]);
        let refused = [
            0x01, 0x00, 0x01, 0x00, 0x61, 0x11, 0x30, 0x0f, 2, 1, 3, 0xa0, 0x0a, 0xa1, 8, 2, 1, 7,
            0xa5, 3, 0x80, 1, 2,
        ];
        assert!(check_written(&refused).is_err());
        let written = [
            0x01, 0x00, 0x01, 0x00, 0x61, 0x10, 0x30, 0x0e, 2, 1, 3, 0xa0, 9, 0xa1, 7, 2, 1, 4,
            0xa5, 2, 0x81, 0,
        ];
        assert_eq!(check_written(&written), Ok(()));
    }

    #[test]
    fn floats_are_counted_and_the_id_is_read() {
        assert_eq!(check_floats(FLOAT_RESPONSE, 1), Ok(7));
        assert!(check_floats(FLOAT_RESPONSE, 2).is_err());
        assert!(check_floats(DOMAINS_RESPONSE, 1).is_err());
    }

    #[test]
    fn float_response_equals_the_recorded_one() {
        let mut bytes = Vec::new();
        Template::float_response(1).append(0x1234, &mut bytes);
        // Again the invoke id has two bytes here.
        let mut expected = tpkt(0x80, FLOAT_RESPONSE);
        expected.splice(23..25, [0x02, 0x12, 0x34]);
        for at in [3, 12, 14, 19, 21] {
            expected[at] += 1;
        }
        assert_eq!(bytes, expected);
    }

    #[test]
    fn an_access_error_is_a_wrong_answer() {
        let mut refused = FLOAT_RESPONSE[..22].to_vec();
        refused.extend([0x80, 0x01, 0x0a]);
        for (at, length) in [
            (5, 0x13),
            (7, 0x11),
            (12, 0x0c),
            (14, 0x0a),
            (19, 0x05),
            (21, 0x03),
        ] {
            refused[at] = length;
        }
        assert!(
            check_floats(&refused, 1)
                .unwrap_err()
                .contains("access error")
        );
    }

    #[test]
    fn truncated_answers_are_wrong_at_every_length() {
        for length in 0..FLOAT_RESPONSE.len() {
            assert!(
                check_floats(&FLOAT_RESPONSE[..length], 1).is_err(),
                "{length}"
            );
        }
    }

    #[test]
    fn name_list_is_read() {
        let list = names(DOMAINS_RESPONSE).unwrap();
        assert_eq!((list.id, list.more), (1, false));
        assert_eq!(
            list.names().collect::<Result<Vec<_>>>().unwrap(),
            ["GOLDLD1", "GOLDLD2"]
        );
    }

    #[test]
    fn segments_are_put_together() {
        let mut input = tpkt(0, &FLOAT_RESPONSE[..9]);
        let first = input.len();
        input.extend(tpkt(0x80, &FLOAT_RESPONSE[9..]));
        let mut deframer = Deframer::default();
        assert!(matches!(deframer.step(&input[..first - 1]), Ok(Step::More)));
        assert!(matches!(deframer.step(&input), Ok(Step::Segment(length)) if length == first));
        match deframer.step(&input[first..]) {
            Ok(Step::Message(_, message)) => assert_eq!(message, FLOAT_RESPONSE),
            _ => panic!("no message"),
        }
    }

    #[test]
    fn only_open_invoke_ids_are_answers() {
        let mut ids = InvokeIds::new();
        let (first, second) = (ids.take(), ids.take());
        assert!(ids.answered(u32::from(second)).is_ok());
        assert!(ids.answered(u32::from(second)).is_err());
        assert!(ids.answered(u32::from(first)).is_ok());
    }
}
