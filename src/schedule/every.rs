//! What comes again: "every sunday at 3", "the first monday of every month at 22:00", by the client's clock.
//!
//! Each occurrence has one moment. An hour that the clock skips moves with it, an hour that it has twice
//! counts once, the first time.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::{Calendar, LATE_MAX};

/// When it comes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// On these days of the week, 1 is Monday; sorted, never empty.
    Week { days: Vec<i8>, time: Time },
    /// On the nth such day of the month; -1 is the last.
    Month { nth: i8, day: i8, time: Time },
    /// In each maintenance window of the client.
    Window,
}

/// One time of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// Not before.
    pub at: Timestamp,
    /// Not after.
    pub until: Timestamp,
    /// The time of the clock that was said, where the clock skips it.
    pub skipped: Option<DateTime>,
}

/// For how long one approval of something standing is good. Then it is asked again: who approved it, and
/// why, has faded.
pub const STANDING_MAX: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Days looked through for the next occurrence: a fifth Monday may be months away.
const DAYS_AHEAD_MAX: i32 = 190;

/// Occurrences that are counted or listed at once.
const LISTED_MAX: usize = 100;

impl Every {
    /// The first one that begins after `after`; `None` where there is none within half a year.
    pub fn next(
        &self,
        after: Timestamp,
        zone: &TimeZone,
        calendar: Option<&Calendar>,
    ) -> Option<Occurrence> {
        let (time, is_on): (Time, &dyn Fn(Date) -> bool) = match self {
            Self::Window => return next_window(after, zone, calendar?),
            Self::Week { days, time } => (*time, &|date: Date| days.contains(&number(date))),
            Self::Month { nth, day, time } => (*time, &|date: Date| {
                let wanted = Weekday::from_monday_one_offset(*day);
                wanted
                    .and_then(|day| date.nth_weekday_of_month(*nth, day))
                    .is_ok_and(|it| it == date)
            }),
        };
        let today = after.to_zoned(zone.clone()).date();
        (0..DAYS_AHEAD_MAX).find_map(|days| {
            let date = today.checked_add(i64::from(days).days()).ok().filter(|it| is_on(*it))?;
            moment(date.to_datetime(time), zone).filter(|it| it.at > after)
        })
    }

    /// Those that begin after `after` and not after `last`, at most a hundred.
    pub fn between(
        &self,
        after: Timestamp,
        last: Timestamp,
        zone: &TimeZone,
        calendar: Option<&Calendar>,
    ) -> Vec<Occurrence> {
        let first = self.next(after, zone, calendar);
        let all = std::iter::successors(first, |it| self.next(it.at, zone, calendar));
        all.take_while(|it| it.at <= last).take(LISTED_MAX).collect()
    }

    /// "every Monday and Thursday at 22:00".
    pub fn sentence(&self) -> String {
        let at = |time: &Time| time.strftime("%H:%M").to_string();
        match self {
            Self::Window => "in every maintenance window".to_owned(),
            Self::Week { days, time } => match days.as_slice() {
                [1, 2, 3, 4, 5, 6, 7] => format!("every day at {}", at(time)),
                [1, 2, 3, 4, 5] => format!("Monday to Friday at {}", at(time)),
                days => {
                    let names: Vec<String> = days.iter().map(|it| name(*it).to_owned()).collect();
                    format!("every {} at {}", crate::words::list(&names), at(time))
                }
            },
            Self::Month { nth, day, time } => {
                let nth = match nth {
                    1 => "first",
                    2 => "second",
                    3 => "third",
                    4 => "fourth",
                    5 => "fifth",
                    _ => "last",
                };
                format!("every {nth} {} of the month at {}", name(*day), at(time))
            }
        }
    }
}

fn number(date: Date) -> i8 {
    date.weekday().to_monday_one_offset()
}

fn name(day: i8) -> &'static str {
    match day {
        1 => "Monday",
        2 => "Tuesday",
        3 => "Wednesday",
        4 => "Thursday",
        5 => "Friday",
        6 => "Saturday",
        _ => "Sunday",
    }
}

fn moment(wanted: DateTime, zone: &TimeZone) -> Option<Occurrence> {
    let ambiguous = zone.to_ambiguous_timestamp(wanted);
    let is_skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let at = ambiguous.compatible().ok()?;
    Some(Occurrence { at, until: at + LATE_MAX, skipped: is_skipped.then_some(wanted) })
}

fn next_window(after: Timestamp, zone: &TimeZone, calendar: &Calendar) -> Option<Occurrence> {
    let next = calendar.maintenance.iter().filter_map(|window| {
        let (from, to) = window.next(after, zone)?;
        // The one that is open has begun already.
        if from > after { Some((from, to)) } else { window.next(to, zone) }
    });
    next.min().map(|(at, until)| Occurrence { at, until, skipped: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Weekly;

    fn calendar() -> Calendar {
        let weekly = |text: &str| Weekly::try_from(text.to_owned()).unwrap();
        Calendar {
            client: "Acme".into(),
            zone: None,
            business: None,
            maintenance: vec![weekly("sun 01:00-05:00"), weekly("wed 23:00-01:00")],
        }
    }

    fn check(every: &Every, after: &str, expected: &[&str]) {
        let zone = TimeZone::get("Australia/Sydney").unwrap();
        let calendar = calendar();
        let first = every.next(after.parse().unwrap(), &zone, Some(&calendar));
        let all = std::iter::successors(first, |it| every.next(it.at, &zone, Some(&calendar)));
        let show = |it: Occurrence| {
            let at = it.at.to_zoned(zone.clone()).strftime("%a %-d %b %H:%M (%:z)").to_string();
            let note = if it.skipped.is_some() { " moved" } else { "" };
            format!("{at}{note}")
        };
        let shown: Vec<String> = all.take(expected.len()).map(show).collect();
        assert_eq!(shown, expected, "{every:?} after {after}");
    }

    fn week(days: &[i8], hour: i8, minute: i8) -> Every {
        Every::Week { days: days.to_vec(), time: Time::constant(hour, minute, 0, 0) }
    }

    #[test]
    fn occurrences_follow_the_clients_clock() {
        // Tuesday, 19:00 in Sydney.
        let now = "2026-09-01T09:00:00Z";
        check(&week(&[7], 3, 0), now, &["Sun 6 Sep 03:00 (+10:00)", "Sun 13 Sep 03:00 (+10:00)"]);
        check(
            &week(&[2, 4], 19, 0),
            now,
            &["Thu 3 Sep 19:00 (+10:00)", "Tue 8 Sep 19:00 (+10:00)"],
        );
        check(&week(&[2], 19, 1), now, &["Tue 1 Sep 19:01 (+10:00)"]);
        let month = |nth, day| Every::Month { nth, day, time: Time::constant(22, 0, 0, 0) };
        check(&month(1, 1), now, &["Mon 7 Sep 22:00 (+10:00)", "Mon 5 Oct 22:00 (+11:00)"]);
        check(&month(-1, 5), now, &["Fri 25 Sep 22:00 (+10:00)", "Fri 30 Oct 22:00 (+11:00)"]);
        check(&month(5, 1), now, &["Mon 30 Nov 22:00 (+11:00)", "Mon 29 Mar 22:00 (+11:00)"]);
        check(
            &Every::Window,
            now,
            &["Wed 2 Sep 23:00 (+10:00)", "Sun 6 Sep 01:00 (+10:00)", "Wed 9 Sep 23:00 (+10:00)"],
        );
        // In the middle of one.
        check(&Every::Window, "2026-09-05T16:00:00Z", &["Wed 9 Sep 23:00 (+10:00)"]);
    }

    #[test]
    fn a_skipped_hour_moves_and_a_doubled_one_comes_once() {
        let daily = week(&[1, 2, 3, 4, 5, 6, 7], 2, 30);
        let spring = [
            "Sat 3 Oct 02:30 (+10:00)",
            "Sun 4 Oct 03:30 (+11:00) moved",
            "Mon 5 Oct 02:30 (+11:00)",
        ];
        check(&daily, "2026-10-02T09:00:00Z", &spring);
        let autumn =
            ["Sat 3 Apr 02:30 (+11:00)", "Sun 4 Apr 02:30 (+11:00)", "Mon 5 Apr 02:30 (+10:00)"];
        check(&daily, "2027-04-02T09:00:00Z", &autumn);
    }

    #[test]
    fn it_is_told_as_it_was_said() {
        let month = Every::Month { nth: -1, day: 5, time: Time::constant(6, 5, 0, 0) };
        for (every, told) in [
            (week(&[7], 3, 0), "every Sunday at 03:00"),
            (week(&[1, 4], 22, 0), "every Monday and Thursday at 22:00"),
            (week(&[1, 2, 3, 4, 5], 6, 0), "Monday to Friday at 06:00"),
            (week(&[1, 2, 3, 4, 5, 6, 7], 6, 0), "every day at 06:00"),
            (month, "every last Friday of the month at 06:05"),
            (Every::Window, "in every maintenance window"),
        ] {
            assert_eq!(every.sentence(), told);
        }
    }
}
