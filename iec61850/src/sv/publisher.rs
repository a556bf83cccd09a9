//! Writing frames, and sending them.

use super::frame::{PDU, SEQUENCE_OF_ASDU, SvFrame};
use super::pacing::{Pacer, PacingStatistics};
use crate::common::PhyComAddress;
use crate::link::{
    ApplicationHeader, EtherType, EthernetHeader, Link, LinkError, MAX_FRAME, MacAddress, VlanTag,
};
use mms::UtcTime;
use mms::ber::{Tag, Writer};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Where sampled values go when nothing else is said, as libiec61850 has it.
pub(super) const DEFAULT_ADDRESS: PhyComAddress = PhyComAddress {
    vlan_priority: 4,
    vlan_id: 0,
    app_id: 0x4000,
    dst_address: [0x01, 0x0c, 0xcd, 0x04, 0x00, 0x01],
};

/// What the frames of a publisher have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvConfig {
    /// Destination, VLAN and APPID. Default: 01-0C-CD-04-00-01, priority 4 without a VLAN, APPID
    /// 0x4000.
    pub address: PhyComAddress,
    /// Whether frames have a VLAN tag. Default: yes.
    pub vlan_tag: bool,
    /// Whether frames say that they are simulated.
    pub simulation: bool,
    /// The samples of a frame.
    pub asdus: Vec<AsduConfig>,
    /// After how many samples smpCnt is 0 again: samples per second. Default 65536.
    pub smp_cnt_limit: u32,
}

impl SvConfig {
    /// A configuration with the defaults of the other fields.
    pub fn of_streams(asdus: &[AsduConfig]) -> Self {
        SvConfig {
            address: DEFAULT_ADDRESS,
            vlan_tag: true,
            simulation: false,
            asdus: asdus.to_vec(),
            smp_cnt_limit: 1 << 16,
        }
    }

    /// A stream of IEC 61869-9 or 9-2LE: as many samples in a frame and channels as its name says.
    pub fn of_stream_name(sv_id: &str, name: &super::StreamName) -> Self {
        let asdu = AsduConfig::new(sv_id, name.sample_length());
        let mut config = Self::of_streams(&vec![asdu; name.asdus.into()]);
        config.smp_cnt_limit = name.rate;
        config
    }
}

/// What one sample of a frame has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsduConfig {
    /// The name of the stream.
    pub sv_id: String,
    /// Reference of the data set, if it is to be sent.
    pub dat_set: Option<String>,
    /// Revision of the configuration. Default 1.
    pub conf_rev: u32,
    /// Whether the time of refresh is sent.
    pub refr_tm: bool,
    /// The sample rate, if it is to be sent.
    pub smp_rate: Option<u16>,
    /// The unit of the sample rate, if it is to be sent; see [`crate::SvSmpMod`].
    pub smp_mod: Option<u16>,
    /// The identity of the clock, if it is to be sent.
    pub gm_identity: Option<[u8; 8]>,
    /// Octets of values.
    pub length: usize,
}

impl AsduConfig {
    /// A sample with so many octets of values, and no optional fields.
    pub fn new(sv_id: impl Into<String>, length: usize) -> Self {
        AsduConfig {
            sv_id: sv_id.into(),
            dat_set: None,
            conf_rev: 1,
            refr_tm: false,
            smp_rate: None,
            smp_mod: None,
            gm_identity: None,
            length,
        }
    }

    fn encode(&self, w: &mut Writer<'_>) {
        let context = Tag::context;
        let asdu = w.begin(Tag::SEQUENCE);
        w.text(context(0), &self.sv_id);
        if let Some(dat_set) = &self.dat_set {
            w.text(context(1), dat_set);
        }
        w.primitive(context(2), &[0, 0]);
        w.primitive(context(3), &self.conf_rev.to_be_bytes());
        if self.refr_tm {
            w.primitive(context(4), &[0; 8]);
        }
        w.primitive(context(5), &[0]);
        if let Some(rate) = self.smp_rate {
            w.primitive(context(6), &rate.to_be_bytes());
        }
        let samples = w.begin(context(7));
        for _ in 0..self.length {
            w.raw(&[0]);
        }
        w.end(samples);
        if let Some(unit) = self.smp_mod {
            w.primitive(context(8), &unit.to_be_bytes());
        }
        if let Some(identity) = &self.gm_identity {
            w.primitive(context(9), identity);
        }
        w.end(asdu);
    }
}

/// Sampled values cannot be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SvError {
    /// The samples do not fit into one frame.
    #[error("{length} octets do not fit an Ethernet frame ({MAX_FRAME})")]
    TooLong {
        /// Length the frame would have.
        length: usize,
    },
    /// There are no samples in a frame, or more than 255, or they count no further than 0.
    #[error("{0}")]
    Config(&'static str),
    /// The link refused the frame.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Where the fields of a sample are in the frame.
#[derive(Clone, Copy, Debug)]
struct Offsets {
    smp_cnt: usize,
    refr_tm: Option<usize>,
    smp_synch: usize,
    samples: usize,
    length: usize,
}

/// A frame that is made once, and in which only what changes is written again.
#[derive(Clone, Debug)]
pub struct SvPublication {
    frame: Vec<u8>,
    offsets: Vec<Offsets>,
    next_smp_cnt: u32,
    limit: u32,
}

impl SvPublication {
    /// Makes the frame, with zeros for all values.
    ///
    /// # Errors
    /// [`SvError::TooLong`], [`SvError::Config`]
    pub fn new(source: MacAddress, config: &SvConfig) -> Result<Self, SvError> {
        if config.asdus.is_empty() || config.asdus.len() > 255 {
            return Err(SvError::Config("a frame has 1 to 255 samples"));
        }
        if !(1..=1 << 16).contains(&config.smp_cnt_limit) {
            return Err(SvError::Config("smpCnt counts 1 to 65536 samples"));
        }
        // Before so much is written.
        let length: usize = config.asdus.iter().map(|asdu| asdu.length).sum();
        if length > MAX_FRAME {
            return Err(SvError::TooLong { length });
        }
        let mut apdu = Vec::new();
        let mut w = Writer::unbounded(&mut apdu);
        w.constructed(PDU, |w| {
            w.unsigned(Tag::context(0), config.asdus.len() as u64);
            w.constructed(SEQUENCE_OF_ASDU, |w| {
                config.asdus.iter().for_each(|asdu| asdu.encode(w));
            });
        });
        let mut frame = Vec::new();
        let address = &config.address;
        let ethernet = EthernetHeader {
            destination: MacAddress(address.dst_address),
            source,
            vlan: config.vlan_tag.then_some(VlanTag {
                priority: address.vlan_priority,
                drop_eligible: false,
                id: address.vlan_id,
            }),
            ether_type: EtherType::SAMPLED_VALUES,
        };
        ethernet.encode(&mut frame);
        let mut header = ApplicationHeader {
            app_id: address.app_id,
            ..ApplicationHeader::default()
        };
        header.set_simulated(config.simulation);
        header.encode(&mut frame, apdu.len());
        frame.extend(apdu);
        if frame.len() > MAX_FRAME {
            return Err(SvError::TooLong {
                length: frame.len(),
            });
        }
        let offsets = offsets(&frame).ok_or(SvError::Config("the frame cannot be read"))?;
        Ok(SvPublication {
            frame,
            offsets,
            next_smp_cnt: 0,
            limit: config.smp_cnt_limit,
        })
    }

    /// The frame as it is.
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Samples of a frame.
    pub fn asdus(&self) -> usize {
        self.offsets.len()
    }

    fn write(&mut self, at: Option<usize>, octets: &[u8]) -> bool {
        let place = at.and_then(|at| self.frame.get_mut(at..at + octets.len()));
        match place {
            Some(place) => {
                place.copy_from_slice(octets);
                true
            }
            None => false,
        }
    }

    /// Sets smpCnt of a sample. `false` if there is no such sample.
    pub fn set_smp_cnt(&mut self, asdu: usize, smp_cnt: u16) -> bool {
        let at = self.offsets.get(asdu).map(|offsets| offsets.smp_cnt);
        self.write(at, &smp_cnt.to_be_bytes())
    }

    /// Numbers the samples of the frame from the one after the last, which is 0 the first time.
    pub fn count(&mut self) {
        for asdu in 0..self.offsets.len() {
            self.set_smp_cnt(asdu, self.next_smp_cnt as u16);
            self.next_smp_cnt = (self.next_smp_cnt + 1) % self.limit;
        }
    }

    /// The number the next sample gets.
    pub fn set_next_smp_cnt(&mut self, smp_cnt: u16) {
        self.next_smp_cnt = u32::from(smp_cnt) % self.limit;
    }

    /// Sets smpSynch of all samples.
    pub fn set_smp_synch(&mut self, smp_synch: u8) {
        for asdu in 0..self.offsets.len() {
            let at = self.offsets.get(asdu).map(|offsets| offsets.smp_synch);
            self.write(at, &[smp_synch]);
        }
    }

    /// Sets the time of refresh of a sample. `false` if it is not sent.
    pub fn set_refr_tm(&mut self, asdu: usize, time: UtcTime) -> bool {
        let at = self.offsets.get(asdu).and_then(|offsets| offsets.refr_tm);
        self.write(at, time.as_bytes())
    }

    /// The values of a sample, to be written; empty if there is no such sample.
    pub fn samples_mut(&mut self, asdu: usize) -> &mut [u8] {
        let place = self.offsets.get(asdu);
        let range = place.map(|place| place.samples..place.samples + place.length);
        range
            .and_then(|range| self.frame.get_mut(range))
            .unwrap_or_default()
    }

    fn value(&mut self, asdu: usize, offset: usize, octets: &[u8]) -> bool {
        let samples = self.samples_mut(asdu);
        let place = samples
            .get_mut(offset..)
            .and_then(|rest| rest.get_mut(..octets.len()));
        match place {
            Some(place) => {
                place.copy_from_slice(octets);
                true
            }
            None => false,
        }
    }
}

macro_rules! write_values {
    ($($name:ident: $type:ty, $what:literal;)+) => {
        /// Values of a sample at an offset in octets. `false` if they do not fit.
        impl SvPublication {
            $(
                #[doc = concat!("Sets the ", $what, " at `offset`.")]
                pub fn $name(&mut self, asdu: usize, offset: usize, value: $type) -> bool {
                    self.value(asdu, offset, &value.to_be_bytes())
                }
            )+

            /// Sets the time at `offset`.
            pub fn set_timestamp(&mut self, asdu: usize, offset: usize, value: UtcTime) -> bool {
                self.value(asdu, offset, value.as_bytes())
            }
        }
    };
}

write_values! {
    set_int8: i8, "INT8";
    set_int16: i16, "INT16";
    set_int32: i32, "INT32";
    set_int64: i64, "INT64";
    set_uint8: u8, "INT8U";
    set_uint16: u16, "INT16U";
    set_uint32: u32, "INT32U, or the four octets of a quality,";
    set_float32: f32, "FLOAT32";
    set_float64: f64, "FLOAT64";
}

/// Finds the fields by reading the frame.
fn offsets(frame: &[u8]) -> Option<Vec<Offsets>> {
    let read = SvFrame::decode(frame).ok()?;
    let base = frame.as_ptr() as usize;
    let all = read.asdus.iter().map(|asdu| {
        // The header before the values is read again for the places of its fields.
        let samples = asdu.samples.as_ptr() as usize - base;
        let tail = if asdu.samples.len() < 0x80 {
            2
        } else if asdu.samples.len() < 0x100 {
            3
        } else {
            4
        };
        let smp_rate = samples - tail;
        let after_synch = smp_rate - if asdu.smp_rate.is_some() { 4 } else { 0 };
        let smp_synch = after_synch - 1;
        let before_synch = smp_synch - 2;
        let (refr_tm, before_time) = match asdu.refr_tm {
            Some(_) => (Some(before_synch - 8), before_synch - 10),
            None => (None, before_synch),
        };
        // confRev has six octets with its header.
        Offsets {
            smp_cnt: before_time - 6 - 2,
            refr_tm,
            smp_synch,
            samples,
            length: asdu.samples.len(),
        }
    });
    Some(all.collect())
}

/// Sends frames of sampled values.
pub struct SvPublisher {
    link: Box<dyn Link>,
    publication: SvPublication,
}

impl SvPublisher {
    /// A publisher that has sent nothing yet.
    ///
    /// # Errors
    /// [`SvError::TooLong`], [`SvError::Config`]
    pub fn new(link: impl Link + 'static, config: SvConfig) -> Result<Self, SvError> {
        Ok(SvPublisher {
            publication: SvPublication::new(link.address(), &config)?,
            link: Box::new(link),
        })
    }

    /// The frame, to be changed before it is sent.
    pub fn publication_mut(&mut self) -> &mut SvPublication {
        &mut self.publication
    }

    /// Numbers the samples and sends the frame.
    ///
    /// # Errors
    /// [`SvError::Link`]
    pub fn publish(&mut self) -> Result<(), SvError> {
        self.publication.count();
        self.publish_as_is()
    }

    /// Sends the frame with the numbers it has.
    ///
    /// # Errors
    /// [`SvError::Link`]
    pub fn publish_as_is(&mut self) -> Result<(), SvError> {
        Ok(self.link.send(self.publication.frame())?)
    }

    /// Sends `rate` samples per second, from `start` on, until `stop` is set: each frame at its own
    /// absolute deadline, so that nothing adds up. `fill` writes the values of a frame; it gets the
    /// number of its first sample since the start. Frames that the interface has no room for are
    /// lost, as those that come too late are not.
    ///
    /// # Errors
    /// [`SvError::Link`]
    pub fn run(
        &mut self,
        rate: u32,
        start: Instant,
        stop: &AtomicBool,
        mut fill: impl FnMut(&mut SvPublication, u64),
    ) -> Result<PacingStatistics, SvError> {
        #[cfg(target_os = "linux")]
        let _exact = crate::link::ExactSleep::new();
        let asdus = self.publication.asdus() as u64;
        let mut pacer = Pacer::new(start, rate, asdus as u32);
        let mut sample = 0;
        while !stop.load(Ordering::Relaxed) {
            fill(&mut self.publication, sample);
            self.publication.count();
            pacer.wait();
            match self.publish_as_is() {
                Err(SvError::Link(LinkError::Full { .. })) => pacer.lost(),
                result => result?,
            }
            sample += asdus;
        }
        Ok(pacer.statistics())
    }
}
