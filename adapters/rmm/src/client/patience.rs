//! How long a caller waits in all, over every wait on the way to one answer.
//!
//! What a person asked for may take several calls; they share one patience ([`for_a_person`]). A call in the
//! background has its own.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use countersign::ports::Clock;
use jiff::Timestamp;
use tokio::time::Instant;

use super::budget::Lane;

/// A person in a chat: longer than this, "try again in a minute" is the better answer.
const PERSON: Duration = Duration::from_secs(20);

/// A sync: two windows of the budget, so that a single full one never stops it.
const BACKGROUND: Duration = Duration::from_secs(600);

/// Longest sleep in one go: a clock that is moved by hand is noticed after this.
const SLICE: Duration = Duration::from_millis(20);

/// What is left of a caller's patience. Measured by the clock that is handed in and by real time,
/// whichever is further: a clock that stands still does not make anybody wait for ever.
pub(crate) struct Patience {
    clock: Arc<dyn Clock>,
    began: Timestamp,
    began_really: Instant,
    max: Duration,
}

tokio::task_local! {
    static SHARED: Arc<Patience>;
}

/// Does `work` with one patience for all the calls it makes for a person.
pub(crate) async fn for_a_person<T>(clock: &Arc<dyn Clock>, work: impl Future<Output = T>) -> T {
    SHARED.scope(Arc::new(Patience::new(PERSON, clock)), work).await
}

impl Patience {
    pub(crate) fn of(lane: Lane, clock: &Arc<dyn Clock>) -> Arc<Self> {
        match lane {
            Lane::Person => {
                SHARED.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Self::new(PERSON, clock)))
            }
            Lane::Background => Arc::new(Self::new(BACKGROUND, clock)),
        }
    }

    fn new(max: Duration, clock: &Arc<dyn Clock>) -> Self {
        Self { clock: Arc::clone(clock), began: clock.now(), began_really: Instant::now(), max }
    }

    /// Waits, or gives `wait` back when that is more than is left.
    pub(crate) async fn wait(&self, wait: Duration) -> Result<(), Duration> {
        let spent = self.spent();
        if spent + wait > self.max {
            return Err(wait);
        }
        let until = self.clock.now() + wait;
        let until_really = Instant::now() + wait;
        while self.clock.now() < until && Instant::now() < until_really {
            tokio::time::sleep(SLICE.min(wait)).await;
        }
        Ok(())
    }

    fn spent(&self) -> Duration {
        let by_clock = self.clock.now().duration_since(self.began);
        let by_clock =
            if by_clock.is_negative() { Duration::ZERO } else { by_clock.unsigned_abs() };
        by_clock.max(self.began_really.elapsed())
    }
}
