//! How a table keeps its times, and what "older" means for each way.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

/// .NET ticks (100 ns since the year 1) at the beginning of 1970.
const TICKS_1970: i64 = 621_355_968_000_000_000;

const TICKS_PER_SECOND: i64 = 10_000_000;

/// A number outside of these is no time in ticks: 2000 to 2100.
const TICKS_PLAUSIBLE: std::ops::Range<i64> = 630_822_816_000_000_000..662_380_416_000_000_000;

/// SQLite's storage class, as `typeof` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// "2026-03-02 14:02:10.1234567", UTC.
    Text,
    /// .NET ticks.
    Ticks,
    /// No time, or text that is none: such a row is never old.
    None,
}

impl Kept {
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Ticks => "numbers (.NET ticks)",
            Self::None => "no time",
        }
    }
}

/// What tells a row's [`Kept`] as text: `ticks`, `text`, `none`, or what is not known.
pub(super) fn kept_sql() -> String {
    format!(
        "CASE typeof(Time)
            WHEN 'integer' THEN CASE WHEN Time >= {} AND Time < {} THEN 'ticks' ELSE 'numbers of another kind' END
            WHEN 'text' THEN CASE WHEN datetime(Time) IS NULL THEN 'none' ELSE 'text' END
            WHEN 'null' THEN 'none'
            WHEN 'real' THEN 'fractional numbers'
            ELSE 'bytes' END",
        TICKS_PLAUSIBLE.start, TICKS_PLAUSIBLE.end
    )
}

pub(super) fn kept(label: &str) -> Option<Kept> {
    match label {
        "text" => Some(Kept::Text),
        "ticks" => Some(Kept::Ticks),
        "none" => Some(Kept::None),
        _ => None,
    }
}

/// True for a row whose time is before the two parameters: `?1` as text, `?2` in ticks. Each row is
/// compared as what it is.
pub(super) const OLDER: &str = "((typeof(Time) = 'text' AND datetime(Time) < ?1) \
    OR (typeof(Time) = 'integer' AND Time < ?2))";

/// A moment for both ways.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) text: String,
    pub(super) ticks: i64,
}

impl Moment {
    pub(super) fn of(at: Timestamp) -> Self {
        Self {
            text: at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            ticks: at.as_second() * TICKS_PER_SECOND + TICKS_1970,
        }
    }
}

/// What `Time` says, for people. Newest and oldest are compared as this text, so it begins with the year.
pub(super) const SHOWN: &str = "CASE typeof(Time) WHEN 'text' THEN datetime(Time) \
    WHEN 'integer' THEN datetime((Time - 621355968000000000) / 10000000, 'unixepoch') END";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_same_in_both_ways() {
        let moment = Moment::of("2026-03-02T14:02:10Z".parse().unwrap());
        assert_eq!(moment.text, "2026-03-02 14:02:10");
        assert_eq!(moment.ticks, 639_080_569_300_000_000);
        assert!(TICKS_PLAUSIBLE.contains(&moment.ticks));
    }
}
