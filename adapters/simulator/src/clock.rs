//! The virtual clock: real time, times a factor, plus what a test or a demo skipped.
//!
//! Nothing in the simulator waits on a timer. Each request asks the clock once and everything that should have
//! happened until then is caught up with.

use std::time::{Duration, Instant};

use jiff::Timestamp;

#[derive(Debug)]
pub(crate) struct Clock {
    began: Timestamp,
    since: Instant,
    factor: u32,
    skipped: Duration,
}

impl Clock {
    /// `factor` 1 runs with real time, 10 ten times as fast, 0 stands still until [`Clock::advance`].
    pub(crate) fn starting_at(began: Timestamp, factor: u32) -> Self {
        Self { began, since: Instant::now(), factor, skipped: Duration::ZERO }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let run = self.since.elapsed().saturating_mul(self.factor).saturating_add(self.skipped);
        self.began.checked_add(run).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.skipped = self.skipped.saturating_add(by);
    }
}
