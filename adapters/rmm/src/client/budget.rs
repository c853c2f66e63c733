//! The request budget: at most 500 requests in any 5 minutes, whoever asks.
//!
//! The product counts when a request arrives, which is somewhere between our sending and its answer. A
//! place is therefore taken when a request goes out and freed one window after its answer is in: however
//! the network delays things, no 5 minutes at the product hold more than the limit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign::ports::Clock;
use jiff::Timestamp;

/// Requests per window. Source: third-party clients call it documented; no text of the vendor was seen.
pub(crate) const REQUESTS_MAX: usize = 500;

/// What a sync in the background may use of them. The rest is kept for people, who ask rarely and wait.
pub(crate) const BACKGROUND_MAX: usize = 400;

pub(crate) const WINDOW: Duration = Duration::from_secs(300);

/// Who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A person: short waits, the whole budget.
    Person,
    /// The sync: long waits, never the last hundred requests.
    Background,
}

impl Lane {
    fn share(self) -> usize {
        match self {
            Self::Person => REQUESTS_MAX,
            Self::Background => BACKGROUND_MAX,
        }
    }
}

pub(crate) struct Budget {
    clock: Arc<dyn Clock>,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    /// When answers came in, oldest first.
    answered: VecDeque<Timestamp>,
    /// Sent and not yet answered.
    under_way: usize,
    /// The product said to stay away until then.
    closed_until: Option<Timestamp>,
}

/// One place in the window; dropped when the answer is in, or will never come.
pub(crate) struct Place<'a>(&'a Budget);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let now = self.0.clock.now();
        let mut used = self.0.used();
        used.under_way = used.under_way.saturating_sub(1);
        used.answered.push_back(now);
    }
}

impl Budget {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, used: Mutex::default() }
    }

    /// A place for one request, or how long until there may be one.
    pub(crate) fn take(&self, lane: Lane) -> Result<Place<'_>, Duration> {
        let now = self.clock.now();
        let mut used = self.used();
        while used.answered.front().is_some_and(|at| now.duration_since(*at) >= window()) {
            used.answered.pop_front();
        }
        if let Some(until) = used.closed_until {
            if now < until {
                return Err(until.duration_since(now).unsigned_abs());
            }
            used.closed_until = None;
        }
        let taken = used.answered.len() + used.under_way;
        if taken < lane.share() {
            used.under_way += 1;
            return Ok(Place(self));
        }
        // So many have to leave the window first.
        let leaving = taken - lane.share();
        let wait = match used.answered.get(leaving) {
            Some(at) => (*at + WINDOW).duration_since(now).unsigned_abs(),
            // All are under way: their answers decide.
            None => Duration::from_secs(1),
        };
        Err(wait.max(Duration::from_millis(1)))
    }

    /// The product turned us away: nobody asks until `wait` is over.
    pub(crate) fn close(&self, wait: Duration) {
        let until = self.clock.now() + wait.min(WINDOW);
        let mut used = self.used();
        used.closed_until = used.closed_until.max(Some(until));
    }

    fn used(&self) -> std::sync::MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn window() -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(300)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Hand(Mutex<Timestamp>);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn budget() -> (Arc<Hand>, Budget) {
        let hand = Arc::new(Hand(Mutex::new(Timestamp::from_second(1_000_000).unwrap())));
        (Arc::clone(&hand), Budget::new(hand))
    }

    fn later(hand: &Hand, secs: u64) {
        let mut now = hand.0.lock().unwrap();
        *now += Duration::from_secs(secs);
    }

    #[test]
    fn a_sync_leaves_a_hundred_requests_to_people() {
        let (hand, budget) = budget();
        for _ in 0..BACKGROUND_MAX {
            drop(budget.take(Lane::Background).unwrap_or_else(|_| panic!("too early")));
        }
        assert!(budget.take(Lane::Background).is_err());
        for _ in 0..REQUESTS_MAX - BACKGROUND_MAX {
            drop(budget.take(Lane::Person).unwrap_or_else(|_| panic!("too early")));
        }
        assert_eq!(budget.take(Lane::Person).err(), Some(WINDOW));
        later(&hand, 299);
        assert!(budget.take(Lane::Person).is_err());
        later(&hand, 1);
        assert!(budget.take(Lane::Background).is_ok());
    }

    #[test]
    fn a_place_is_held_until_a_window_after_the_answer() {
        let (hand, budget) = budget();
        let slow = budget.take(Lane::Person).unwrap_or_else(|_| panic!("empty window"));
        later(&hand, 250);
        drop(slow);
        for _ in 1..REQUESTS_MAX {
            drop(budget.take(Lane::Person).unwrap_or_else(|_| panic!("too early")));
        }
        later(&hand, 200);
        assert!(budget.take(Lane::Person).is_err(), "450 s after sending, 200 s after the answer");
    }

    #[test]
    fn what_the_product_closes_stays_closed_for_all() {
        let (hand, budget) = budget();
        budget.close(Duration::from_secs(30));
        budget.close(Duration::from_secs(10));
        assert_eq!(budget.take(Lane::Person).err(), Some(Duration::from_secs(30)));
        later(&hand, 30);
        assert!(budget.take(Lane::Person).is_ok());
    }
}
