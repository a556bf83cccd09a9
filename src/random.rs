//! Numbers that look like chance and are the same for the same seed.

/// A xorshift generator.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u32) -> Self {
        // The splitmix64 finisher: seeds that differ by one give processes that have nothing in common.
        let mut state = (u64::from(seed) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // A state of zero would stay zero.
        Random((state ^ (state >> 31)) | 1)
    }

    /// From 0 up to, but not including, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From -1 to 1.
    pub(crate) fn noise(&mut self) -> f64 {
        self.unit() * 2.0 - 1.0
    }

    /// From one number to another.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `limit`; 0 where there is none.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        ((self.unit() * limit as f64) as usize).min(limit.saturating_sub(1))
    }

    /// One of several; `None` of none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// Whether something happens that happens with this probability, from 0 to 1.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Whether something happens in this step that happens every so many seconds on average.
    pub(crate) fn happens(&mut self, every: f64, seconds: f64) -> bool {
        self.unit() < seconds / every
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed| {
            let mut random = Random::new(seed);
            [(); 4].map(|()| random.unit())
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
        let mut random = Random::new(0);
        let mean = (0..10_000).map(|_| random.unit()).sum::<f64>() / 10_000.0;
        assert!((0.48..0.52).contains(&mean), "{mean}");
        let count = (0..10_000).filter(|_| random.happens(10.0, 0.1)).count();
        assert!((60..140).contains(&count), "{count}");
        assert!((0..1000).all(|_| (3.0..8.0).contains(&random.between(3.0, 8.0))));
        let mut picked = [0; 3];
        for _ in 0..3000 {
            picked[*random.pick(&[0, 1, 2]).unwrap()] += 1;
        }
        assert!(picked.iter().all(|n| (900..1100).contains(n)), "{picked:?}");
        assert_eq!(random.pick::<u8>(&[]), None);
        assert_eq!(random.below(1), 0);
    }
}
