//! The clock of a client: its time zone, business hours and maintenance windows, as an operator wrote them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use crate::policy::when::{Day, Hours};

/// One `[[clients]]` of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The client's name, case aside.
    pub client: String,
    /// Wins over what the products say of the client's sites.
    pub zone: Option<TimeZone>,
    pub business: Option<Weekly>,
    pub maintenance: Vec<Weekly>,
}

/// `mon-fri 08:00-18:00`, `sat,sun 22:00-04:00`, or every day: `22:00-04:00`. Hours over midnight belong to
/// the day on which they begin.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Weekly {
    /// Never empty.
    days: Vec<Day>,
    hours: Hours,
}

impl TryFrom<String> for Weekly {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let (days, hours) = match text.rsplit_once(' ') {
            Some((days, hours)) => (parse_days(days)?, hours),
            None => (Day::ALL.to_vec(), text),
        };
        Ok(Self { days, hours: Hours::try_from(hours.to_owned())? })
    }
}

fn parse_days(text: &str) -> Result<Vec<Day>, String> {
    let day = |text: &str| Day::try_from(text.trim().to_owned());
    let mut days = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            None => days.push(day(part)?),
            Some((from, to)) => {
                let (from, to) = (day(from)?, day(to)?);
                let from = Day::ALL.iter().position(|it| *it == from).unwrap_or(0);
                let week = Day::ALL.iter().cycle().skip(from).take(Day::ALL.len());
                let length = week.clone().position(|it| *it == to).unwrap_or(0) + 1;
                days.extend(week.take(length));
            }
        }
    }
    Ok(days)
}

impl Weekly {
    /// The one that is open at `now`, else the next; `None` when none begins within two weeks (all of them
    /// in hours that the clock skips). Ends are exclusive.
    pub fn next(&self, now: Timestamp, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let today = now.to_zoned(zone.clone()).date();
        (-1..15).find_map(|offset| {
            let date = today.checked_add(i64::from(offset).days()).ok()?;
            let (from, to) = self.on(date, zone)?;
            (to > now).then_some((from, to))
        })
    }

    /// Where it lies on `date`. An end that the clock skips moves with it.
    fn on(&self, date: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        if !self.days.iter().any(|day| day.is(date)) {
            return None;
        }
        let (from, to) = (self.hours.from(), self.hours.to());
        let last = if from < to { date } else { date.tomorrow().ok()? };
        let moment = |date: Date, time| {
            zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok()
        };
        let (from, to) = (moment(date, from)?, moment(last, to)?);
        (from < to).then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly(text: &str) -> Weekly {
        Weekly::try_from(text.to_owned()).unwrap()
    }

    fn check(text: &str, now: &str, expected: &str) {
        let zone = TimeZone::get("Australia/Sydney").unwrap();
        let (from, to) = weekly(text).next(now.parse().unwrap(), &zone).unwrap();
        let show = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %-d %H:%M").to_string();
        assert_eq!(format!("{} to {}", show(from), show(to)), expected, "{text} at {now}");
    }

    #[test]
    fn the_next_window_is_the_one_that_is_open_or_the_one_after() {
        // Tuesday, 19:00 in Sydney.
        let now = "2026-09-01T09:00:00Z";
        check("22:00-04:00", now, "Tue 1 22:00 to Wed 2 04:00");
        check("mon-fri 08:00-18:00", now, "Wed 2 08:00 to Wed 2 18:00");
        check("sat,sun 22:00-04:00", now, "Sat 5 22:00 to Sun 6 04:00");
        check("tue 18:00-20:00", now, "Tue 1 18:00 to Tue 1 20:00");
        check("tue 18:00-19:00", now, "Tue 8 18:00 to Tue 8 19:00");
        check("mon 22:00-20:00", now, "Mon 31 22:00 to Tue 1 20:00");
        check("fri-mon 01:00-02:00", now, "Fri 4 01:00 to Fri 4 02:00");
        // 02:00 to 03:00 is skipped on 4 October: what begins in it begins when the clock goes on.
        check("sun 02:30-05:00", "2026-10-03T09:00:00Z", "Sun 4 03:30 to Sun 4 05:00");
    }

    #[test]
    fn what_is_no_window_is_told() {
        for wrong in ["", "someday 08:00-18:00", "mon 8-18", "mon-xyz 08:00-18:00", "mon"] {
            assert!(Weekly::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
