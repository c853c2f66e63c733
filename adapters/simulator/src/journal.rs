//! What was asked of the simulator: the last requests, how many there were, and how dense they came.

use std::collections::VecDeque;
use std::time::Duration;

use axum::http::Method;
use jiff::Timestamp;

/// How many requests are kept word for word.
const KEPT: usize = 4096;
/// The span over which density is measured: the product's own budget is per 5 minutes.
const SPAN: Duration = Duration::from_secs(300);

#[derive(Clone, Debug)]
pub struct LoggedRequest {
    pub method: Method,
    /// Path and query as sent.
    pub path: String,
    /// `None` when the line was cut and no answer went out.
    pub status: Option<u16>,
    /// Virtual time of arrival.
    pub at: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    kept: VecDeque<LoggedRequest>,
    total: u64,
    recent: VecDeque<Timestamp>,
    densest: usize,
}

impl Journal {
    /// A request came in. Arrival is what counts for density, whatever the answer will be.
    pub(crate) fn arrived(&mut self, now: Timestamp) {
        self.total += 1;
        self.recent.push_back(now);
        while self.recent.front().is_some_and(|it| now.duration_since(*it).unsigned_abs() >= SPAN) {
            self.recent.pop_front();
        }
        self.densest = self.densest.max(self.recent.len());
    }

    pub(crate) fn answered(&mut self, request: LoggedRequest) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(request);
    }

    pub(crate) fn kept(&self) -> Vec<LoggedRequest> {
        self.kept.iter().cloned().collect()
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn densest(&self) -> usize {
        self.densest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_densest_five_minutes_slide() {
        let mut journal = Journal::default();
        for second in [0, 10, 290, 299, 301, 311, 900] {
            journal.arrived(Timestamp::from_second(second).unwrap());
        }
        assert_eq!(journal.densest(), 4, "10 to 301 hold four, and so do 290 to 311");
        assert_eq!(journal.total(), 7);
    }
}
