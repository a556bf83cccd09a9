use super::numbered;

numbered! {
    /// The unit of a sample rate (`SmpMod`).
    SvSmpMod: i32 {
        /// Samples per nominal period.
        SamplesPerPeriod = 0,
        /// Samples per second.
        SamplesPerSecond = 1,
        /// Seconds between samples.
        SecondsPerSample = 2,
    }
}

/// The name of [`SvSmpMod`] in py61850.
pub type SVSmpMod = SvSmpMod;

bitflags::bitflags! {
    /// The optional fields of a sampled value message.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct SampledValueOptions: u8 {
        /// Time of the refresh.
        const REFRESH_TIME = 1;
        /// Whether the samples are synchronized (always sent since edition 2).
        const SAMPLE_SYNC = 2;
        /// Sample rate.
        const SAMPLE_RATE = 4;
        /// Name of the data set.
        const DATA_SET = 8;
        /// Security field.
        const SECURITY = 16;
    }
}
