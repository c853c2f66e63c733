//! How long to wait before a connection is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// A connection that lived this long was a good one; one that was accepted and dropped at once was not, and
/// must not be tried again thousands of times a minute.
pub(super) const GOOD_AFTER: Duration = Duration::from_secs(30);

pub(super) struct Backoff {
    next: Duration,
    seed: u64,
}

impl Backoff {
    /// `seed` spreads connections that broke at the same moment.
    pub(super) fn new(seed: u64) -> Self {
        Self { next: FIRST, seed: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    /// Doubles, up to a minute, with a quarter more or less.
    pub(super) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let percent = u32::try_from(self.seed % 51).unwrap_or(0) + 75;
        wait * percent / 100
    }

    pub(super) fn reset(&mut self) {
        self.next = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_about_a_minute() {
        let mut backoff = Backoff::new(1);
        let waits: Vec<Duration> = (0..12).map(|_| backoff.wait()).collect();
        assert!(waits[0] <= Duration::from_millis(625), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= LONGEST * 5 / 4));
        assert!(waits[11] >= LONGEST * 3 / 4);
        backoff.reset();
        assert!(backoff.wait() < Duration::from_secs(1));
    }
}
