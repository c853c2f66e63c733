//! From what a person said to moments, by the clock of the client.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::{AHEAD_MAX, Calendar, Every, LATE_MAX, ONLINE_MAX, OnDay, STANDING_MAX, Start, When};

/// Whose clock it is.
pub struct ClientClock<'a> {
    pub client: &'a str,
    pub zone: TimeZone,
    pub calendar: Option<&'a Calendar>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    Start(Start),
    /// The clock has no such moment, has it twice, or has passed it. An option without a start is "now".
    Ask {
        text: String,
        options: Vec<(String, Option<When>)>,
    },
    /// Says why, and what to do instead.
    No(String),
}

/// The moments that `when` means now. Never a moment in the past, and never one that the clock skips:
/// those are asked about.
pub fn resolve(when: &When, clock: &ClientClock<'_>, now: Timestamp) -> Resolved {
    let start = |at, until| Resolved::Start(clock.start(when, at, until));
    match when {
        When::Online => start(now, now + ONLINE_MAX),
        When::In { secs } => {
            let at = now + SignedDuration::from_secs(*secs);
            if at > now + AHEAD_MAX { too_far() } else { start(at, at + LATE_MAX) }
        }
        When::Exactly { at, until } if *until > now => start(*at, *until),
        When::Exactly { at, .. } => clock.passed(at.to_zoned(clock.zone.clone()).datetime(), now),
        When::Window => match clock.windows(now).into_iter().min() {
            Some((from, to)) => start(from, to),
            None => Resolved::No(format!(
                "I know no maintenance window of {}. Name a time, or an admin adds the window under \
                 [[clients]]. Nothing was started.",
                clock.client
            )),
        },
        When::AfterHours => {
            let business = clock.calendar.and_then(|it| it.business.as_ref());
            match business.and_then(|business| business.next(now, &clock.zone)) {
                // They have not begun: it is after hours already.
                Some((from, _)) if from > now => start(now, from),
                Some((_, to)) => start(to, to + LATE_MAX),
                None => Resolved::No(format!(
                    "I know no business hours of {}. Name a time, or an admin adds them under \
                     [[clients]]. Nothing was started.",
                    clock.client
                )),
            }
        }
        When::At { day, time } => clock.on_day(when, *day, *time, now),
        When::Every(every) => clock.standing(when, every, now),
    }
}

impl ClientClock<'_> {
    fn start(&self, when: &When, at: Timestamp, until: Timestamp) -> Start {
        let zone = self.zone.iana_name().unwrap_or("UTC").to_owned();
        Start { at, until, zone, said: when.clone(), ends: None }
    }

    /// From its first occurrence on, to the end of the last day for which one approval is good.
    fn standing(&self, when: &When, every: &Every, now: Timestamp) -> Resolved {
        let last = (now + STANDING_MAX).to_zoned(self.zone.clone()).end_of_day();
        let ends = last.map_or(now + STANDING_MAX, |it| it.timestamp());
        // As it is kept.
        let ends = Timestamp::from_second(ends.as_second()).unwrap_or(ends);
        match every.next(now, &self.zone, self.calendar).filter(|it| it.at <= ends) {
            Some(first) => Resolved::Start(Start {
                ends: Some(ends),
                ..self.start(when, first.at, first.until)
            }),
            None if *every == Every::Window => Resolved::No(format!(
                "I know no maintenance window of {}. Name a time, or an admin adds the window under \
                 [[clients]]. Nothing was started.",
                self.client
            )),
            None => Resolved::No(format!(
                "That never comes within the {} days for which one approval is good. Nothing was started.",
                STANDING_MAX.as_hours() / 24
            )),
        }
    }

    fn windows(&self, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let all = self.calendar.iter().flat_map(|it| &it.maintenance);
        all.filter_map(|it| it.next(now, &self.zone)).collect()
    }

    fn on_day(&self, when: &When, day: OnDay, time: Time, now: Timestamp) -> Resolved {
        let here = now.to_zoned(self.zone.clone()).datetime();
        let today = here.date();
        let is_ahead = here.time() < time;
        let date = match day {
            OnDay::Today => Ok(today),
            OnDay::Next if is_ahead => Ok(today),
            OnDay::Next | OnDay::Tomorrow => today.tomorrow(),
            OnDay::Weekday(day) => match Weekday::from_monday_one_offset(day) {
                Ok(day) if today.weekday() == day && is_ahead => Ok(today),
                Ok(day) => today.nth_weekday(1, day),
                Err(error) => Err(error),
            },
            OnDay::Date(date) => Ok(date),
        };
        match date {
            Ok(date) => self.at(when, date.to_datetime(time), now),
            Err(_) => too_far(),
        }
    }

    fn at(&self, when: &When, wanted: DateTime, now: Timestamp) -> Resolved {
        let ambiguous = self.zone.to_ambiguous_timestamp(wanted);
        let at_offset = |offset: jiff::tz::Offset| offset.to_timestamp(wanted);
        let choice =
            |at: Timestamp| (self.shown(at), Some(When::Exactly { at, until: at + LATE_MAX }));
        let at = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => at_offset(offset),
            AmbiguousOffset::Gap { before, after } => {
                let options = [at_offset(after), at_offset(before)].into_iter().flatten();
                return Resolved::Ask {
                    text: format!(
                        "{} does not exist in {}: the clocks are put forward then. When should it start?",
                        wanted.strftime("%H:%M on %a %-d %b %Y"),
                        self.name()
                    ),
                    options: options.filter(|at| *at > now).map(choice).collect(),
                };
            }
            AmbiguousOffset::Fold { before, after } => {
                let options = [at_offset(before), at_offset(after)].into_iter().flatten();
                return Resolved::Ask {
                    text: format!(
                        "{} comes twice in {}: the clocks are put back then. Which one?",
                        wanted.strftime("%H:%M on %a %-d %b %Y"),
                        self.name()
                    ),
                    options: options.filter(|at| *at > now).map(choice).collect(),
                };
            }
        };
        match at {
            Ok(at) if at <= now => self.passed(wanted, now),
            Ok(at) if at <= now + AHEAD_MAX => Resolved::Start(self.start(when, at, at + LATE_MAX)),
            Ok(_) | Err(_) => too_far(),
        }
    }

    fn passed(&self, wanted: DateTime, now: Timestamp) -> Resolved {
        let today: Date = now.to_zoned(self.zone.clone()).date();
        let next = [Some(today), today.tomorrow().ok()].into_iter().flatten().find_map(|date| {
            let at = self.zone.to_ambiguous_timestamp(date.to_datetime(wanted.time()));
            at.unambiguous().ok().filter(|at| *at > now)
        });
        let mut options = Vec::new();
        if let Some(at) = next {
            options.push((self.shown(at), Some(When::Exactly { at, until: at + LATE_MAX })));
        }
        options.push(("Now".to_owned(), None));
        Resolved::Ask {
            text: format!(
                "{} ({}) has passed already. When should it start?",
                wanted.strftime("%a %-d %b %Y, %H:%M"),
                self.name()
            ),
            options,
        }
    }

    fn name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    fn shown(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%a %-d %b %Y, %H:%M (UTC%:z)").to_string()
    }
}

fn too_far() -> Resolved {
    let days = AHEAD_MAX.as_hours() / 24;
    Resolved::No(format!(
        "That is more than {days} days ahead; nobody could say by then what was approved. Nothing was \
         started."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Weekly;

    fn check(when: When, now: &str, expected: &str) {
        let weekly = |text: &str| Weekly::try_from(text.to_owned()).unwrap();
        let calendar = Calendar {
            client: "Acme".into(),
            zone: None,
            business: Some(weekly("mon-fri 08:00-18:00")),
            maintenance: vec![weekly("sun 01:00-05:00"), weekly("wed 23:00-01:00")],
        };
        let zone = TimeZone::get("Australia/Sydney").unwrap();
        let clock = ClientClock { client: "Acme", zone, calendar: Some(&calendar) };
        let shown = match resolve(&when, &clock, now.parse().unwrap()) {
            Resolved::Start(start) => start.sentence(),
            Resolved::Ask { text, options } => {
                let options: Vec<String> = options.into_iter().map(|it| it.0).collect();
                format!("{text} {}", options.join(" | "))
            }
            Resolved::No(text) => text,
        };
        assert_eq!(shown, expected, "{when:?} at {now}");
    }

    fn at(day: OnDay, hour: i8, minute: i8) -> When {
        When::At { day, time: Time::constant(hour, minute, 0, 0) }
    }

    #[test]
    fn a_time_is_one_of_the_clients_clock() {
        // Tuesday, 19:00 in Sydney.
        let now = "2026-09-01T09:00:00Z";
        let late = "(Australia/Sydney), by";
        let cases = [
            (at(OnDay::Today, 22, 0), format!("Tue 1 Sep 2026, 22:00 {late} 23:00")),
            (at(OnDay::Tomorrow, 6, 0), format!("Wed 2 Sep 2026, 06:00 {late} 07:00")),
            (at(OnDay::Next, 18, 0), format!("Wed 2 Sep 2026, 18:00 {late} 19:00")),
            (at(OnDay::Weekday(2), 20, 0), format!("Tue 1 Sep 2026, 20:00 {late} 21:00")),
            (at(OnDay::Weekday(2), 6, 0), format!("Tue 8 Sep 2026, 06:00 {late} 07:00")),
            (at(OnDay::Weekday(5), 6, 0), format!("Fri 4 Sep 2026, 06:00 {late} 07:00")),
            (When::In { secs: 300 }, format!("Tue 1 Sep 2026, 19:05 {late} 20:05")),
            (
                at(OnDay::Today, 23, 30),
                format!("Tue 1 Sep 2026, 23:30 {late} Wed 2 Sep 2026, 00:30"),
            ),
        ];
        for (when, expected) in cases {
            check(when, now, &format!("{expected} at the latest"));
        }
        check(
            When::Window,
            now,
            "in the maintenance window Wed 2 Sep 2026, 23:00 to Thu 3 Sep 2026, 01:00 (Australia/Sydney)",
        );
        check(
            When::AfterHours,
            now,
            "after business hours, Tue 1 Sep 2026, 19:00 (Australia/Sydney), by Wed 2 Sep 2026, 08:00 at the latest",
        );
        check(
            When::AfterHours,
            "2026-09-01T02:00:00Z",
            "after business hours, Tue 1 Sep 2026, 18:00 (Australia/Sydney), by 19:00 at the latest",
        );
    }

    #[test]
    fn what_the_clock_has_passed_skips_or_repeats_is_asked_about() {
        let now = "2026-09-01T09:00:00Z";
        check(
            at(OnDay::Today, 8, 0),
            now,
            "Tue 1 Sep 2026, 08:00 (Australia/Sydney) has passed already. When should it start? \
             Wed 2 Sep 2026, 08:00 (UTC+10:00) | Now",
        );
        check(
            at(OnDay::Weekday(7), 2, 30),
            "2026-10-01T09:00:00Z",
            "02:30 on Sun 4 Oct 2026 does not exist in Australia/Sydney: the clocks are put forward then. \
             When should it start? Sun 4 Oct 2026, 01:30 (UTC+10:00) | Sun 4 Oct 2026, 03:30 (UTC+11:00)",
        );
        check(
            at(OnDay::Weekday(7), 2, 30),
            "2026-04-02T09:00:00Z",
            "02:30 on Sun 5 Apr 2026 comes twice in Australia/Sydney: the clocks are put back then. Which \
             one? Sun 5 Apr 2026, 02:30 (UTC+11:00) | Sun 5 Apr 2026, 02:30 (UTC+10:00)",
        );
        check(
            at(OnDay::Date(Date::constant(2027, 9, 1)), 8, 0),
            now,
            "That is more than 60 days ahead; nobody could say by then what was approved. Nothing was \
             started.",
        );
    }
}
