//! When a call may start: what a person said ([`When`]), made moments ([`Start`]) by the client's own clock.
//!
//! A scheduled run is a granted one that is not due yet: it is re-checked like any other right before it
//! is sent, and what did not start by [`Start::until`] never starts by itself.

pub mod calendar;
mod clock;
mod every;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use calendar::{Calendar, Weekly};
pub use clock::{ClientClock, Resolved, resolve};
pub use every::{Every, Occurrence, STANDING_MAX};

/// What a person said of the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// "tonight at 10", "on friday at 6am".
    At { day: OnDay, time: Time },
    /// Picked from a choice, or asked for once more: these moments and no other.
    Exactly { at: Timestamp, until: Timestamp },
    /// "in 5 minutes".
    In { secs: i64 },
    /// "in the maintenance window": the next one of the client.
    Window,
    /// "after hours": when the client's business hours are over.
    AfterHours,
    /// "when it is back online".
    Online,
    /// "every sunday at 3".
    Every(Every),
}

/// The day of a time of the clock, by the client's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDay {
    /// None was said: today, or tomorrow when that time has passed.
    Next,
    Today,
    Tomorrow,
    /// 1 is Monday. Today counts while the time is ahead.
    Weekday(i8),
    Date(Date),
}

/// When a call may start. Part of what is approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Not before.
    pub at: Timestamp,
    /// Not after: what has not begun by then is asked anew.
    pub until: Timestamp,
    /// The zone it is told in, as its clients have it.
    pub zone: String,
    pub said: When,
    /// Of what comes again: no occurrence begins after this. Then it is asked anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
}

/// How late a run may start that has no window: an hour covers a busy device and a short outage of the
/// bot; later, nobody expects it any more.
pub const LATE_MAX: SignedDuration = SignedDuration::from_hours(1);

/// How long a device is waited for that is to come back.
pub const ONLINE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Farther ahead nobody knows what the approval was about.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(60 * 24);

impl Start {
    pub fn waits_for_device(&self) -> bool {
        matches!(self.said, When::Online)
    }

    /// What an approval is bound to. The wait for a device has no moment of its own.
    pub fn identity(&self) -> Value {
        if self.waits_for_device() {
            return json!(["online"]);
        }
        if let (When::Every(every), Some(ends)) = (&self.said, self.ends) {
            return json!(["every", every, self.zone, ends]);
        }
        json!([self.at, self.until])
    }

    /// What comes again, and until when.
    pub fn recurs(&self) -> Option<(&Every, Timestamp)> {
        match (&self.said, self.ends) {
            (When::Every(every), Some(ends)) => Some((every, ends)),
            _ => None,
        }
    }

    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// The same standing start at another of its occurrences.
    pub fn moved(&self, to: &Occurrence) -> Self {
        Self { at: to.at, until: to.until, ..self.clone() }
    }

    /// How to ask for the same start once more.
    pub fn again(&self) -> When {
        match self.said {
            When::Window | When::AfterHours | When::Online | When::Every(_) => self.said.clone(),
            When::At { .. } | When::Exactly { .. } | When::In { .. } => {
                When::Exactly { at: self.at, until: self.until }
            }
        }
    }

    /// "Tue 1 Sep 2026, 22:00 (Australia/Sydney), by 23:00 at the latest".
    pub fn moment(&self) -> String {
        let zone = self.zone();
        let (at, until) = (self.at.to_zoned(zone.clone()), self.until.to_zoned(zone));
        let day = "%a %-d %b %Y, %H:%M";
        let end = if at.date() == until.date() { "%H:%M" } else { day };
        let (at, until) = (at.strftime(day).to_string(), until.strftime(end).to_string());
        let zone = &self.zone;
        match self.said {
            When::Online => {
                format!("when the device is online, until {until} ({zone})")
            }
            When::Window => format!("in the maintenance window {at} to {until} ({zone})"),
            When::AfterHours => {
                format!("after business hours, {at} ({zone}), by {until} at the latest")
            }
            When::At { .. } | When::Exactly { .. } | When::In { .. } | When::Every(_) => {
                format!("{at} ({zone}), by {until} at the latest")
            }
        }
    }

    /// The same with what comes again, and with the hours that its clock skips: "every Sunday at 03:00
    /// (Australia/Sydney) until 30 Nov 2026, next on Sun 6 Sep 2026, 03:00".
    pub fn sentence(&self) -> String {
        let Some((every, ends)) = self.recurs() else { return self.moment() };
        let zone = self.zone();
        let shown = |at: Timestamp, form| at.to_zoned(zone.clone()).strftime(form).to_string();
        let mut text = format!(
            "{} ({}) until {}, next on {}",
            every.sentence(),
            self.zone,
            shown(ends, "%-d %b %Y"),
            shown(self.at, "%a %-d %b %Y, %H:%M"),
        );
        // Windows know no skipped hour.
        let all = every.between(self.at - SignedDuration::from_secs(1), ends, &zone, None);
        for it in all.iter().filter(|it| it.skipped.is_some()) {
            let (day, time) = (shown(it.at, "%-d %b"), shown(it.at, "%H:%M"));
            text.push_str(&format!("; on {day} at {time}, for the clock skips the hour then"));
        }
        text
    }
}
