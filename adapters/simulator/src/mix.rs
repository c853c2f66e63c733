//! Numbers that look random and never change: every name, id and outcome of a pretend fleet comes from a seed.

/// One step of SplitMix64: a good 64-bit hash of a 64-bit number.
fn scramble(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One number out of several; the order of the parts matters.
pub(crate) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |sum, part| scramble(sum ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93)))
}

/// A stream of numbers.
pub(crate) struct Stream(u64);

impl Stream {
    pub(crate) fn new(parts: &[u64]) -> Self {
        Self(mix(parts))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// A number from 0 to `bound - 1`; `bound` is at least 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True once in `times`, on average.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Capital letters and digits without the ones people confuse, as serial numbers have them.
    pub(crate) fn code(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        (0..length).map(|_| char::from(*self.pick(LETTERS))).collect()
    }
}
