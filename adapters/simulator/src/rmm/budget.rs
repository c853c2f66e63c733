//! The request budget of a key: so many requests per window, then 429 until the window is over.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Switches;

#[derive(Debug, Default)]
pub(crate) struct Budget {
    opened: Option<Timestamp>,
    used: u32,
}

/// What the `Limit`, `Remaining` and `Reset` headers say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) resets_at: Timestamp,
    /// Until then, from now.
    pub(crate) wait: Duration,
}

impl Budget {
    /// Counts one request; false when there was nothing left for it.
    pub(crate) fn spend(&mut self, switches: &Switches, now: Timestamp) -> bool {
        self.roll(switches, now);
        if self.used >= switches.budget {
            return false;
        }
        self.opened.get_or_insert(now);
        self.used += 1;
        true
    }

    pub(crate) fn left(&mut self, switches: &Switches, now: Timestamp) -> Left {
        self.roll(switches, now);
        let resets_at = self.opened.unwrap_or(now) + switches.budget_window;
        let wait = resets_at.duration_since(now).unsigned_abs();
        Left {
            limit: switches.budget,
            remaining: switches.budget - self.used.min(switches.budget),
            resets_at,
            wait,
        }
    }

    /// `GET /v1/rate_limits`. How its groups relate to the headers is unknown, so they say the same.
    pub(crate) fn report(&mut self, switches: &Switches, now: Timestamp) -> Value {
        let left = self.left(switches, now);
        let line =
            json!({ "limit": left.limit, "remaining": left.remaining, "reset": left.reset() });
        json!({ "resources": {
            "automation": { "scheduleTask": line, "listScripts": line },
            "device": { "listEndpoints": line, "getEndpoint": line },
            "ticketing": { "listTickets": line, "createTicket": line },
        }})
    }

    fn roll(&mut self, switches: &Switches, now: Timestamp) {
        if self.opened.is_some_and(|it| it + switches.budget_window <= now) {
            (self.opened, self.used) = (None, 0);
        }
    }
}

impl Left {
    /// Epoch seconds, rounded up: a caller who comes back then is let in.
    pub(crate) fn reset(&self) -> i64 {
        self.resets_at.as_second() + i64::from(self.resets_at.subsec_nanosecond() > 0)
    }
}
