//! Writing frames.

use super::data::{encode_fixed, fixed_length_types};
use super::frame::{ALL_DATA, PDU};
use crate::common::PhyComAddress;
use crate::link::{
    ApplicationHeader, EtherType, EthernetHeader, LinkError, MAX_FRAME, MacAddress, VlanTag,
};
use crate::model::{GooseControlBlock, ModelNodeExt};
use mms::ber::{Tag, Writer};
use mms::{MmsValue, TypeDescription, UtcTime};

/// How values are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// In the fewest octets.
    #[default]
    Shortest,
    /// At fixed length, so that every value has the same offset in each message (edition 2.1;
    /// `FixedOffs` of the control block).
    FixedLength,
}

/// What all messages of a publisher have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GooseConfig {
    /// Destination, VLAN and APPID. Default: as libiec61850's, 01-0C-CD-01-00-01, priority 4 without
    /// a VLAN, APPID 0x1000.
    pub address: PhyComAddress,
    /// Whether frames have a VLAN tag. Default: yes.
    pub vlan_tag: bool,
    /// Reference of the control block, `LD/LN$GO$name`.
    pub go_cb_ref: String,
    /// Reference of the data set, `LD/LN$name`.
    pub dat_set: String,
    /// The text that names the message, at most 129 characters.
    pub go_id: Option<String>,
    /// Revision of the configuration. Default 1.
    pub conf_rev: u32,
    /// Whether messages say that they are simulated.
    pub simulation: bool,
    /// Whether messages say that the publisher has to be configured.
    pub nds_com: bool,
    /// How values are encoded.
    pub encoding: Encoding,
    /// The types of the values, for their widths at fixed length: enumerations have eight bits there.
    /// May be left empty.
    pub types: Vec<TypeDescription>,
}

/// Where GOOSE messages go when nothing else is said.
pub(crate) const DEFAULT_ADDRESS: PhyComAddress = PhyComAddress {
    vlan_priority: 4,
    vlan_id: 0,
    app_id: 0x1000,
    dst_address: [0x01, 0x0c, 0xcd, 0x01, 0x00, 0x01],
};

impl GooseConfig {
    /// A configuration with the defaults of the fields.
    pub fn new(go_cb_ref: impl Into<String>, dat_set: impl Into<String>) -> Self {
        GooseConfig {
            address: DEFAULT_ADDRESS,
            vlan_tag: true,
            go_cb_ref: go_cb_ref.into(),
            dat_set: dat_set.into(),
            go_id: None,
            conf_rev: 1,
            simulation: false,
            nds_com: false,
            encoding: Encoding::Shortest,
            types: Vec::new(),
        }
    }

    /// The configuration of a control block; `None` if it has no data set.
    pub fn of_control_block(block: &GooseControlBlock) -> Option<Self> {
        let data_set = block.dataset()?;
        let mut config = Self::new(
            format!("{}$GO${}", block.parent().reference(), block.name()),
            data_set.reference(),
        );
        config.address = block.address().unwrap_or(DEFAULT_ADDRESS);
        config.go_id = Some(block.app_id().to_owned());
        config.conf_rev = block.conf_rev();
        config.nds_com = block.conf_rev() == 0;
        if block.fixed_offs() {
            config.encoding = Encoding::FixedLength;
        }
        config.types = fixed_length_types(&data_set);
        Some(config)
    }
}

/// What changes from message to message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MessageState {
    /// Until when the next message comes, in milliseconds.
    pub time_allowed_to_live: u32,
    /// When stNum was incremented.
    pub t: UtcTime,
    /// Number of the state.
    pub st_num: u32,
    /// Number of the message within the state.
    pub sq_num: u32,
}

/// A message cannot be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GooseError {
    /// The values do not fit into one frame.
    #[error(
        "{go_cb_ref}: a message of {length} octets does not fit an Ethernet frame ({MAX_FRAME})"
    )]
    TooLong {
        /// The control block.
        go_cb_ref: String,
        /// Length the frame would have.
        length: usize,
    },
    /// The number of values is not that of the data set.
    #[error("{go_cb_ref}: {found} values, {expected} before")]
    WrongCount {
        /// The control block.
        go_cb_ref: String,
        /// How many values a message has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// The link refused the frame.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The system has no thread to spare.
    #[error("no thread can be started: {0}")]
    Thread(std::io::Error),
}

/// Writes the values as a message has them.
pub(crate) fn encode_values(out: &mut Vec<u8>, config: &GooseConfig, values: &[MmsValue]) {
    let mut w = Writer::unbounded(out);
    for (at, value) in values.iter().enumerate() {
        match config.encoding {
            Encoding::Shortest => value.encode(&mut w),
            Encoding::FixedLength => encode_fixed(&mut w, value, config.types.get(at)),
        }
    }
}

/// Writes a frame in the place of what `out` holds. `values` are encoded values, `count` of them.
pub fn encode_frame(
    out: &mut Vec<u8>,
    source: MacAddress,
    config: &GooseConfig,
    state: &MessageState,
    count: u32,
    values: &[u8],
) -> Result<(), GooseError> {
    out.clear();
    let address = &config.address;
    let ethernet = EthernetHeader {
        destination: MacAddress(address.dst_address),
        source,
        vlan: config.vlan_tag.then_some(VlanTag {
            priority: address.vlan_priority,
            drop_eligible: false,
            id: address.vlan_id,
        }),
        ether_type: EtherType::GOOSE,
    };
    ethernet.encode(out);
    let mut header = ApplicationHeader {
        app_id: address.app_id,
        ..ApplicationHeader::default()
    };
    header.set_simulated(config.simulation);
    let header_at = out.len();
    header.encode(out, 0);
    let apdu_at = out.len();
    encode_pdu(&mut Writer::unbounded(out), config, state, count, values);
    if out.len() > MAX_FRAME {
        return Err(GooseError::TooLong {
            go_cb_ref: config.go_cb_ref.clone(),
            length: out.len(),
        });
    }
    let length = (out.len() - apdu_at + ApplicationHeader::LENGTH) as u16;
    if let Some(field) = out.get_mut(header_at + 2..header_at + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

fn encode_pdu(
    w: &mut Writer<'_>,
    config: &GooseConfig,
    state: &MessageState,
    count: u32,
    values: &[u8],
) {
    let fixed = config.encoding == Encoding::FixedLength;
    let number = |w: &mut Writer<'_>, tag, number: u32| {
        if fixed {
            let [a, b, c, d] = number.to_be_bytes();
            w.primitive(Tag::context(tag), &[0, a, b, c, d]);
        } else {
            w.unsigned(Tag::context(tag), number.into());
        }
    };
    let pdu = w.begin(PDU);
    w.text(Tag::context(0), &config.go_cb_ref);
    number(w, 1, state.time_allowed_to_live);
    w.text(Tag::context(2), &config.dat_set);
    if let Some(go_id) = &config.go_id {
        w.text(Tag::context(3), go_id);
    }
    w.primitive(Tag::context(4), state.t.as_bytes());
    number(w, 5, state.st_num);
    number(w, 6, state.sq_num);
    w.boolean(Tag::context(7), config.simulation);
    number(w, 8, config.conf_rev);
    w.boolean(Tag::context(9), config.nds_com);
    number(w, 10, count);
    let data = w.begin(ALL_DATA);
    w.raw(values);
    w.end(data);
    w.end(pdu);
}
