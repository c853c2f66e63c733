//! How fast messages go into a channel: about one a second, a few at once, and not while Slack said "later".

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Messages that may go into a channel at once after a pause.
pub const BURST: u32 = 3;

/// Waits shorter than this are not worth a way through the outbox.
const TOO_SHORT: Duration = Duration::from_millis(15);

/// Channels and waiting messages that are remembered; beyond, those whose time has passed are forgotten.
const KNOWN_MAX: usize = 4_096;

pub(crate) struct Pace {
    every: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    channels: HashMap<String, Channel>,
    waiting: HashMap<i64, Waiting>,
}

#[derive(Clone, Copy)]
struct Channel {
    /// When the channel would be idle again if messages went out one by one.
    idle_at: Instant,
    /// Slack said so.
    closed_until: Instant,
}

/// A message that was sent back to the outbox.
#[derive(Clone, Copy)]
struct Waiting {
    slot: Instant,
    has_slot: bool,
    /// How often; these tries did not reach Slack.
    times: u32,
}

impl Pace {
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, state: Mutex::default() }
    }

    /// Lets message `id` into `channel` now, or says how long it has to wait. Its place is kept meanwhile.
    pub(crate) fn admit(&self, channel: &str, id: i64) -> Result<(), Duration> {
        self.admit_at(channel, id, Instant::now())
    }

    fn admit_at(&self, channel: &str, id: i64, now: Instant) -> Result<(), Duration> {
        let mut guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        state.forget_old(now);
        let slack = self.every * (BURST - 1);
        let fresh = Channel { idle_at: now, closed_until: now };
        let at = state.channels.entry(channel.to_owned()).or_insert(fresh);
        if at.closed_until > now + TOO_SHORT {
            let wait = at.closed_until - now;
            state.wait(id, now + wait, false);
            return Err(wait);
        }
        if let Some(waiting) = state.waiting.get(&id).copied().filter(|it| it.has_slot) {
            return if waiting.slot <= now + TOO_SHORT { Ok(()) } else { Err(waiting.slot - now) };
        }
        let before = at.idle_at.max(now);
        at.idle_at = before + self.every;
        let slot = before.checked_sub(slack).unwrap_or(now);
        if slot <= now + TOO_SHORT {
            return Ok(());
        }
        state.wait(id, slot, true);
        Err(slot - now)
    }

    /// Slack turned message `id` away for `wait`.
    pub(crate) fn turned_away(&self, channel: &str, id: i64, wait: Duration) {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now + wait;
        let at = state
            .channels
            .entry(channel.to_owned())
            .or_insert(Channel { idle_at: now, closed_until: now });
        at.closed_until = at.closed_until.max(until);
        at.idle_at = at.idle_at.max(until);
        state.wait(id, until, false);
    }

    /// Tries of message `id` that ended here or were turned away, so they cannot have posted it.
    pub(crate) fn harmless_tries(&self, id: i64) -> u32 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.get(&id).map_or(0, |it| it.times)
    }

    pub(crate) fn done(&self, id: i64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).waiting.remove(&id);
    }
}

impl State {
    fn wait(&mut self, id: i64, slot: Instant, has_slot: bool) {
        let waiting = self.waiting.entry(id).or_insert(Waiting { slot, has_slot, times: 0 });
        *waiting = Waiting { slot, has_slot, times: waiting.times + 1 };
    }

    fn forget_old(&mut self, now: Instant) {
        if self.channels.len() > KNOWN_MAX {
            self.channels.retain(|_, it| it.idle_at > now || it.closed_until > now);
        }
        if self.waiting.len() > KNOWN_MAX {
            let old = |it: &Waiting| now.duration_since(it.slot) > Duration::from_secs(600);
            self.waiting.retain(|_, it| !old(it));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn three_go_at_once_and_then_one_a_second_in_order() {
        let pace = Pace::new(SECOND);
        let now = Instant::now();
        for id in 1..=3 {
            assert_eq!(pace.admit_at("C1", id, now), Ok(()), "{id}");
        }
        assert_eq!(pace.admit_at("C1", 4, now), Err(SECOND));
        assert_eq!(pace.admit_at("C1", 5, now), Err(2 * SECOND));
        assert_eq!(pace.admit_at("C2", 6, now), Ok(()), "another channel is not held up");
        assert_eq!(pace.admit_at("C1", 4, now + SECOND), Ok(()));
        assert_eq!(pace.admit_at("C1", 5, now + 2 * SECOND), Ok(()), "each waits once");
        assert_eq!(pace.harmless_tries(5), 1);
    }

    #[test]
    fn a_channel_that_slack_closed_stays_closed_and_others_do_not() {
        let pace = Pace::new(SECOND);
        pace.turned_away("C1", 1, 30 * SECOND);
        let now = Instant::now();
        assert!(pace.admit_at("C1", 1, now).is_err_and(|wait| wait > 29 * SECOND));
        assert!(pace.admit_at("C1", 2, now).is_err());
        assert_eq!(pace.admit_at("C2", 3, now), Ok(()));
        assert_eq!(pace.admit_at("C1", 1, now + 31 * SECOND), Ok(()));
        assert_eq!(pace.harmless_tries(1), 2);
    }
}
