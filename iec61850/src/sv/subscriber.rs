//! Following streams of samples.

use super::frame::{Asdu, SvFrame};
use crate::link::{Arrival, MacAddress};
use crate::model::SvControlBlock;
use std::time::{Duration, Instant, SystemTime};

/// Streams one subscriber keeps apart; samples of further ones are handed over and not counted.
const MAX_STREAMS: usize = 64;
/// Numbers of samples per second that are in use, to know where smpCnt begins again.
const RATES: [u32; 9] = [
    4000, 4800, 5760, 12_800, 14_400, 15_360, 16_000, 19_200, 65_536,
];
/// How long a stream may be silent before it counts as lost, unless it is set.
const SILENCE: Duration = Duration::from_millis(100);

/// Follows the streams of one publisher, or of all. It does no input and output; a
/// [`SvReceiver`](super::SvReceiver) or [`SvDispatcher`](super::SvDispatcher) hands it the frames.
#[derive(Clone, Debug)]
pub struct SvSubscriber {
    app_id: Option<u16>,
    destination: Option<MacAddress>,
    sv_id: Option<String>,
    conf_rev: Option<u32>,
    samples_per_second: Option<u32>,
    silence: Duration,
    accepts_simulation: bool,
    streams: Vec<SvStream>,
    ignored: u64,
}

/// What is known of one stream.
#[derive(Clone, Debug)]
pub struct SvStream {
    sv_id: String,
    smp_cnt: u16,
    smp_synch: u8,
    /// Samples per second: given, or learned.
    limit: Option<u32>,
    source: MacAddress,
    instant: Instant,
    time: SystemTime,
    silent: bool,
    statistics: SvStatistics,
}

/// What was counted of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SvStatistics {
    /// Samples that were taken.
    pub samples: u64,
    /// Samples that are missing, by smpCnt.
    pub lost: u64,
    /// Samples that came twice.
    pub duplicates: u64,
    /// Samples that were older than one before.
    pub out_of_order: u64,
    /// Samples of another revision than expected.
    pub conf_rev_mismatches: u64,
    /// How often the stream was silent for too long.
    pub silences: u64,
    /// How often smpSynch has changed.
    pub synch_changes: u64,
    /// The shortest time between two frames.
    pub shortest_gap: Option<Duration>,
    /// The longest time between two frames.
    pub longest_gap: Option<Duration>,
    /// The shortest time from the moment of a sample to its arrival, see
    /// [`SvStatistics::mean_delay`].
    pub shortest_delay: Option<Duration>,
    /// The longest time from the moment of a sample to its arrival.
    pub longest_delay: Option<Duration>,
    delays: u64,
    delay_sum: u64,
    /// Frames between which a time was taken, and the sum of the times and of their squares, in
    /// nanoseconds.
    gaps: u64,
    gap_sum: u64,
    gap_squares: u128,
}

impl SvStatistics {
    /// The mean time between two frames.
    pub fn mean_gap(&self) -> Option<Duration> {
        self.gap_sum
            .checked_div(self.gaps)
            .map(Duration::from_nanos)
    }

    /// The mean time from the moment of a sample to its arrival. The moment is that of smpCnt in the
    /// second by the clock of this machine, so that it is only as good as that clock; it is taken of
    /// streams that say they are synchronized, once their rate is known, and of the last sample of
    /// each frame.
    pub fn mean_delay(&self) -> Option<Duration> {
        self.delay_sum
            .checked_div(self.delays)
            .map(Duration::from_nanos)
    }

    fn add_delay(&mut self, delay: Duration) {
        let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        self.delays += 1;
        self.delay_sum = self.delay_sum.saturating_add(nanos);
        let shortest = self.shortest_delay.map_or(delay, |other| other.min(delay));
        let longest = self.longest_delay.map_or(delay, |other| other.max(delay));
        (self.shortest_delay, self.longest_delay) = (Some(shortest), Some(longest));
    }

    /// The standard deviation of the time between two frames.
    pub fn gap_deviation(&self) -> Option<Duration> {
        let mean = u128::from(self.gap_sum.checked_div(self.gaps)?);
        let squares = self.gap_squares.checked_div(self.gaps.into())?;
        let variance = squares.saturating_sub(mean * mean);
        Some(Duration::from_nanos(variance.isqrt() as u64))
    }

    fn add_gap(&mut self, gap: Duration) {
        let nanos = u64::try_from(gap.as_nanos()).unwrap_or(u64::MAX);
        self.gaps += 1;
        self.gap_sum = self.gap_sum.saturating_add(nanos);
        let square = u128::from(nanos) * u128::from(nanos);
        self.gap_squares = self.gap_squares.saturating_add(square);
        self.shortest_gap = Some(self.shortest_gap.map_or(gap, |other| other.min(gap)));
        self.longest_gap = Some(self.longest_gap.map_or(gap, |other| other.max(gap)));
    }
}

impl SvStream {
    /// Its name.
    pub fn sv_id(&self) -> &str {
        &self.sv_id
    }

    /// smpCnt of the last sample.
    pub fn smp_cnt(&self) -> u16 {
        self.smp_cnt
    }

    /// How the sender is synchronized.
    pub fn smp_synch(&self) -> u8 {
        self.smp_synch
    }

    /// Who sends it.
    pub fn source(&self) -> MacAddress {
        self.source
    }

    /// Samples per second: given, or as smpCnt shows.
    pub fn samples_per_second(&self) -> Option<u32> {
        self.limit
    }

    /// Whether it has been silent for too long.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// What was counted.
    pub fn statistics(&self) -> SvStatistics {
        self.statistics
    }

    /// Takes the number of a sample. `Some` with the samples that are missing before it, `None` if it
    /// is none that goes on.
    fn advance(&mut self, smp_cnt: u16) -> Option<u32> {
        let last = u32::from(self.smp_cnt);
        let new = u32::from(smp_cnt);
        if new == last {
            self.statistics.duplicates += 1;
            return None;
        }
        if self.limit.is_some_and(|limit| new >= limit) {
            // It counts further than was thought.
            self.limit = None;
        }
        let missing = if new > last {
            let ahead = new - last;
            let limit = self.limit.unwrap_or(1 << 16);
            if ahead > limit / 2 {
                self.statistics.out_of_order += 1;
                return None;
            }
            ahead - 1
        } else {
            let limit = match self.limit {
                Some(limit) => limit,
                // It has begun again. The rate is the one that is the least above what was seen,
                // if that is near its end; otherwise it is an old sample.
                None => {
                    let next = last + 1;
                    let rate = RATES.into_iter().find(|rate| *rate >= next);
                    let rate = rate.unwrap_or(1 << 16);
                    if new > rate / 2 || rate - next > rate / 4 && new > 0 {
                        self.statistics.out_of_order += 1;
                        return None;
                    }
                    // What is no usual rate is one nevertheless, when it ends in order.
                    let rate = if new == 0 && rate - next > rate / 50 {
                        next
                    } else {
                        rate
                    };
                    self.limit = Some(rate);
                    rate
                }
            };
            let ahead = (limit - last.min(limit - 1)) + new;
            if ahead > limit / 2 {
                self.statistics.out_of_order += 1;
                return None;
            }
            ahead - 1
        };
        self.smp_cnt = smp_cnt;
        self.statistics.lost += u64::from(missing);
        Some(missing)
    }
}

/// What has happened to a stream.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SvEvent<'a> {
    /// A sample.
    Sample {
        /// The sample.
        asdu: &'a Asdu<'a>,
        /// Samples before it that are missing.
        missing: u32,
        /// When its frame came.
        arrival: Arrival,
        /// Whether the sender is simulated.
        simulated: bool,
    },
    /// A sample of another revision than expected. It cannot be used.
    OtherRevision {
        /// The sample.
        asdu: &'a Asdu<'a>,
        /// The revision that was expected.
        expected: u32,
        /// Whether the sender is simulated.
        simulated: bool,
    },
    /// No sample has come for too long.
    Silent {
        /// The stream.
        sv_id: &'a str,
    },
}

impl Default for SvSubscriber {
    fn default() -> Self {
        Self::new()
    }
}

impl SvSubscriber {
    /// Follows all streams.
    pub fn new() -> Self {
        SvSubscriber {
            app_id: None,
            destination: None,
            sv_id: None,
            conf_rev: None,
            samples_per_second: None,
            silence: SILENCE,
            accepts_simulation: false,
            streams: Vec::new(),
            ignored: 0,
        }
    }

    /// Follows the stream of a control block: its APPID, destination, MsvID and confRev.
    pub fn of_control_block(block: &SvControlBlock) -> Self {
        let mut subscriber = Self::new().with_conf_rev(block.conf_rev());
        if !block.sv_id().is_empty() {
            subscriber = subscriber.with_sv_id(block.sv_id());
        }
        if let Some(address) = block.address() {
            subscriber.app_id = Some(address.app_id);
            subscriber.destination = Some(MacAddress(address.dst_address));
        }
        subscriber
    }

    /// Only frames with this APPID.
    pub fn with_app_id(mut self, app_id: u16) -> Self {
        self.app_id = Some(app_id);
        self
    }

    /// Only frames for this address.
    pub fn with_destination(mut self, destination: impl Into<MacAddress>) -> Self {
        self.destination = Some(destination.into());
        self
    }

    /// Only samples of the stream of this name.
    pub fn with_sv_id(mut self, sv_id: impl Into<String>) -> Self {
        self.sv_id = Some(sv_id.into());
        self
    }

    /// Samples of another revision are [told apart](SvEvent::OtherRevision) and counted.
    pub fn with_conf_rev(mut self, conf_rev: u32) -> Self {
        self.conf_rev = Some(conf_rev);
        self
    }

    /// After so many samples smpCnt begins again; otherwise it is learned.
    pub fn with_samples_per_second(mut self, rate: u32) -> Self {
        self.samples_per_second = Some(rate.clamp(1, 1 << 16));
        self
    }

    /// How long a stream may be silent. Default 100 ms.
    pub fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Whether simulated samples are used. They are not at first.
    pub fn set_simulation(&mut self, accepted: bool) {
        self.accepts_simulation = accepted;
    }

    /// APPID it follows, if one.
    pub fn app_id(&self) -> Option<u16> {
        self.app_id
    }

    /// confRev that samples should have, if one was given.
    pub fn expected_conf_rev(&self) -> Option<u32> {
        self.conf_rev
    }

    /// The streams that were seen, at most 64.
    pub fn streams(&self) -> &[SvStream] {
        &self.streams
    }

    /// Frames that were not used because they were simulated.
    pub fn simulation_ignored(&self) -> u64 {
        self.ignored
    }

    /// Whether the frame is for the subscriber, by APPID and destination.
    pub fn matches(&self, frame: &SvFrame<'_>) -> bool {
        self.app_id.is_none_or(|own| own == frame.header.app_id)
            && self
                .destination
                .is_none_or(|own| own == frame.ethernet.destination)
    }

    /// Takes a frame, and tells of each of its samples.
    pub fn handle_frame(
        &mut self,
        arrival: Arrival,
        frame: &SvFrame<'_>,
        tell: &mut dyn FnMut(SvEvent<'_>),
    ) {
        if !self.matches(frame) {
            return;
        }
        let simulated = frame.header.is_simulated();
        if simulated && !self.accepts_simulation {
            self.ignored += 1;
            return;
        }
        let mut last = None;
        for asdu in frame.asdus.iter() {
            if self.sv_id.as_deref().is_some_and(|own| own != asdu.sv_id) {
                continue;
            }
            let missing = match self.stream(arrival, frame, &asdu) {
                Some((stream, is_new)) => {
                    if let Some(expected) = self.conf_rev
                        && expected != asdu.conf_rev
                    {
                        if let Some(stream) = self.streams.get_mut(stream) {
                            stream.statistics.conf_rev_mismatches += 1;
                        }
                        tell(SvEvent::OtherRevision {
                            asdu: &asdu,
                            expected,
                            simulated,
                        });
                        continue;
                    }
                    match self.sample(stream, arrival, frame, &asdu, is_new) {
                        Some(missing) => missing,
                        None => continue,
                    }
                }
                None => 0,
            };
            last = Some(asdu);
            tell(SvEvent::Sample {
                asdu: &asdu,
                missing,
                arrival,
                simulated,
            });
        }
        let last = last.filter(|asdu| asdu.smp_synch != super::NOT_SYNCHRONIZED);
        if let Some(asdu) = last
            && let Some(stream) = self.streams.iter_mut().find(|own| own.sv_id == asdu.sv_id)
            && let Some(delay) = stream.limit.and_then(|rate| delay(arrival, asdu, rate))
        {
            stream.statistics.add_delay(delay);
        }
    }

    /// The stream of a sample, and whether it is its first; `None` if there are too many.
    fn stream(
        &mut self,
        arrival: Arrival,
        frame: &SvFrame<'_>,
        asdu: &Asdu<'_>,
    ) -> Option<(usize, bool)> {
        let known = self
            .streams
            .iter()
            .position(|stream| stream.sv_id == asdu.sv_id);
        if let Some(known) = known {
            return Some((known, false));
        }
        if self.streams.len() >= MAX_STREAMS {
            return None;
        }
        let of_field = match (asdu.smp_mod, asdu.smp_rate) {
            (Some(1), Some(rate)) if rate > 0 => Some(u32::from(rate)),
            _ => None,
        };
        self.streams.push(SvStream {
            sv_id: asdu.sv_id.to_owned(),
            smp_cnt: asdu.smp_cnt,
            smp_synch: asdu.smp_synch,
            limit: self.samples_per_second.or(of_field),
            source: frame.ethernet.source,
            instant: arrival.instant,
            time: arrival.time,
            silent: false,
            statistics: SvStatistics::default(),
        });
        Some((self.streams.len() - 1, true))
    }

    fn sample(
        &mut self,
        stream: usize,
        arrival: Arrival,
        frame: &SvFrame<'_>,
        asdu: &Asdu<'_>,
        is_new: bool,
    ) -> Option<u32> {
        let stream = self.streams.get_mut(stream)?;
        // After a silence nobody knows how often smpCnt has come round.
        let begins = is_new || std::mem::take(&mut stream.silent);
        let missing = if begins {
            stream.smp_cnt = asdu.smp_cnt;
            0
        } else {
            stream.advance(asdu.smp_cnt)?
        };
        // Samples of one frame have come at one time.
        if !begins && arrival.instant != stream.instant {
            let gap = arrival.time.duration_since(stream.time);
            stream.statistics.add_gap(gap.unwrap_or_default());
        }
        stream.statistics.samples += 1;
        stream.statistics.synch_changes += u64::from(stream.smp_synch != asdu.smp_synch);
        stream.smp_synch = asdu.smp_synch;
        stream.source = frame.ethernet.source;
        (stream.instant, stream.time) = (arrival.instant, arrival.time);
        Some(missing)
    }

    /// When [`SvSubscriber::handle_timeout`] may have something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let heard = self.streams.iter().filter(|stream| !stream.silent);
        heard.map(|stream| stream.instant + self.silence).min()
    }

    /// Says that it is `now`: whether streams have been silent for too long.
    pub fn handle_timeout(&mut self, now: Instant, tell: &mut dyn FnMut(SvEvent<'_>)) {
        for stream in &mut self.streams {
            if !stream.silent && stream.instant + self.silence <= now {
                stream.silent = true;
                stream.statistics.silences += 1;
                tell(SvEvent::Silent {
                    sv_id: &stream.sv_id,
                });
            }
        }
    }
}

/// How long after the moment of its number in the second a sample has come. One that has come before is
/// late by nearly a second and counts as not late: the clocks differ.
fn delay(arrival: Arrival, asdu: Asdu<'_>, rate: u32) -> Option<Duration> {
    const SECOND: u64 = 1_000_000_000;
    let time = arrival.time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let moment = (u64::from(asdu.smp_cnt) * SECOND).checked_div(rate.into())?;
    let late = (u64::from(time.subsec_nanos()) + SECOND).checked_sub(moment)? % SECOND;
    Some(match late < SECOND / 2 {
        true => Duration::from_nanos(late),
        false => Duration::ZERO,
    })
}
