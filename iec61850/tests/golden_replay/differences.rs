//! Where our answers differ from those of libiec61850 on purpose.

use crate::player::Outcome;

/// A difference: which requests it concerns, and why it is there.
#[derive(Debug)]
pub(crate) struct Difference {
    scenario: &'static str,
    /// What the client's bytes contain in hex, or the line of an act of the application.
    stimulus: &'static str,
    /// What one of our answers contains in hex, or a line of the application's log; empty when we
    /// send nothing at all.
    ours: &'static str,
    #[expect(
        dead_code,
        reason = "for the reader, and shown when an entry is out of date"
    )]
    reason: &'static str,
}

impl Difference {
    pub(crate) fn covers(&self, outcome: &Outcome) -> bool {
        outcome.scenario.starts_with(self.scenario)
            && outcome.stimulus.contains(self.stimulus)
            && if self.ours.is_empty() {
                outcome.ours.is_empty()
            } else {
                outcome.ours.iter().any(|answer| answer.contains(self.ours))
            }
    }
}

/// The services supported in an initiate response are those that are served, which are not those
/// of libiec61850: the bit strings are taken for equal, the rest of the PDU is compared.
pub(crate) const SERVICES: [&[u8]; 2] = [
    &[0xee, 0x1c, 0, 0, 0, 0x02, 0, 0, 0x40, 0xed, 0x18],
    &[0xee, 0x1c, 0, 0, 0x04, 0x02, 0, 0, 0x41, 0xed, 0x18],
];

const ARRAYS: &str = "libiec61850 makes no element type for an array of structures from a model \
                      file, and sends empty structures";
const NAMES: &str = "a name list fills the negotiated PDU; libiec61850 stops earlier";
const LIST_NAME: &str = "libiec61850 repeats an association-specific list name in a form the \
                         standard does not have";

const SORTED: &str = "files are listed by name; libiec61850 lists them as the file system does";

const fn difference(
    scenario: &'static str,
    stimulus: &'static str,
    ours: &'static str,
    reason: &'static str,
) -> Difference {
    Difference {
        scenario,
        stimulus,
        ours,
        reason,
    }
}

pub(crate) const DIFFERENCES: &[Difference] = &[
    difference(
        "05",
        "end of connection 1",
        "a305a10302010d",
        "a wrong password is answered with a refusal, not just a closed connection",
    ),
    difference(
        "05",
        "end of connection 2",
        "a305a10302010e",
        "a missing password is answered with a refusal, not just a closed connection",
    ),
    difference(
        "12",
        "020101a110a003800100",
        "a18203dd020101a18203d6",
        NAMES,
    ),
    difference("81", "020102a110a003800100", "020102a138a0361a05", NAMES),
    difference(
        "13",
        "4d48414931244d58244841",
        "306f80077068734148617",
        ARRAYS,
    ),
    difference(
        "15",
        "020101a622",
        "a162810104a25da25ba15930448004635661",
        ARRAYS,
    ),
    difference("15", "020102a447", "a409a10787050800000000", ARRAYS),
    difference("15", "020103a42d", "a223a212a20787050800000000", ARRAYS),
    difference("15", "020104a432", "a14aa223a212a20787050800000000", ARRAYS),
    difference(
        "15",
        "020105a428",
        "a18194a223a212a20787050800000000",
        ARRAYS,
    ),
    difference(
        "14",
        "1a0550544f4331",
        "a103800102",
        "one component that cannot be read fails the variable; libiec61850 puts an access result \
         into the data, which its own client cannot parse",
    ),
    difference(
        "16",
        "244869737449246869737456616c",
        "a503800103",
        "libiec61850 lets clients write status values through alternate access",
    ),
    difference(
        "17",
        "a40c800101a107a1058203616131",
        "a007a1058203616131",
        LIST_NAME,
    ),
    difference(
        "17",
        "a40c800101a107a1058203616158",
        "a007a1058203616158",
        LIST_NAME,
    ),
    difference("50", "020101bf4d00", "81b6302fa0131911434f4d", SORTED),
    difference("50", "020102bf4d0ca00a19", "a0653063302fa0131911", SORTED),
    difference(
        "50",
        "020104bf4d05a0031901",
        "81b6302fa0131911434f4d",
        SORTED,
    ),
    difference(
        "50",
        "020106bf4d0ca10a1908434f4d5452414445",
        "81b6302fa0131911434f4d",
        "a directory goes on behind any name, also one that is not in it; libiec61850 stops there",
    ),
    difference(
        "50",
        "0201109f490102",
        "8008312c313939390d0a810100",
        "a file is read from the position it was opened at; libiec61850 reads the start",
    ),
    difference("50", "02011fbf4d0ca00a19", "a0653063302fa0131911", SORTED),
    difference("50", "020122bf4d0ca00a19", "819630819330", SORTED),
    difference(
        "52",
        "4c4c4e30244d5324737663623031",
        "024000850101",
        "the number of ASDUs, which a model file does not give, is 1; libiec61850 leaves it undefined",
    ),
    difference(
        "80",
        "a305a003a00100",
        "a403840102",
        "a malformed unconfirmed service is rejected as what it is, not as an unknown PDU",
    ),
    difference(
        "80",
        "a07f020105",
        "a403850101",
        "broken BER is rejected instead of ignored",
    ),
    difference(
        "80",
        "850109",
        "a70a800109a105a0038a0101",
        "cancel, which libiec61850 says it supports, is answered",
    ),
    difference(
        "80",
        "02f08001000100612f302d020103a028a8",
        "a403850102",
        "initiate on an open association is rejected",
    ),
    difference(
        "80",
        "020101a107a003800109a1028000",
        "a406800101810104",
        "the recorded request is malformed: its inner length is two octets short",
    ),
    difference(
        "80",
        "e00000000140",
        "d00001000100",
        "only class 0 is spoken, and the answer says so",
    ),
    difference(
        "81",
        "800100810305f100",
        "88010",
        "version 0 is refused with a well-formed initiate error and the association is not opened",
    ),
    difference(
        "81",
        "a0050201018200",
        "",
        "there is no association after version 0 was refused",
    ),
    difference(
        "81",
        "810406ffffc0",
        "810305f100",
        "the common part of longer parameter building blocks is agreed on, not nothing",
    ),
];
