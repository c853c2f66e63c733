//! How answers are worded: the same everywhere.

use countersign::bounds::ROWS_SHOWN_MAX;
use countersign::reply::{Block, Field};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Records that go into `data` of an answer: enough for a model, and a bound for both.
pub(crate) const DATA_ROWS_MAX: usize = 200;

/// "2026-09-01 03:00 UTC".
pub(crate) fn utc(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

pub(crate) fn utc_or_dash(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "–".to_owned(), utc)
}

/// A dash instead of nothing, so that columns stay readable.
pub(crate) fn or_dash(text: Option<&str>) -> String {
    text.map(str::trim).filter(|it| !it.is_empty()).unwrap_or("–").to_owned()
}

/// A table that shows at most [`ROWS_SHOWN_MAX`] rows and counts the others.
pub(crate) fn table(columns: &[&str], mut rows: Vec<Vec<String>>) -> Block {
    let more = rows.len().saturating_sub(ROWS_SHOWN_MAX);
    rows.truncate(ROWS_SHOWN_MAX);
    Block::Table { columns: columns.iter().map(|it| (*it).to_owned()).collect(), rows, more }
}

/// Pairs; those without a value are left out.
pub(crate) fn fields<const N: usize>(pairs: [(&str, Option<String>); N]) -> Block {
    let pairs = pairs.into_iter().filter_map(|(name, value)| {
        value.filter(|it| !it.trim().is_empty()).map(|value| Field::new(name, value))
    });
    Block::Fields(pairs.collect())
}

/// "no sites", "1 site", "3 sites".
pub(crate) fn count(number: usize, thing: &str, things: &str) -> String {
    match number {
        0 => format!("no {things}"),
        1 => format!("1 {thing}"),
        number => format!("{number} {things}"),
    }
}

/// The same with a capital: for the start of a summary.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Text without secrets, cut at `max` bytes on a character's border; with the number of bytes cut.
pub(crate) fn output(text: &str, max: usize) -> (String, usize) {
    let masked = countersign::mask::mask(&text.replace("\r\n", "\n"));
    if masked.len() <= max {
        return (masked, 0);
    }
    let mut end = max;
    while !masked.is_char_boundary(end) {
        end -= 1;
    }
    (masked[..end].to_owned(), masked.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_output_is_cut_between_characters() {
        assert_eq!(output("aä", 2), ("a".to_owned(), 2));
        assert_eq!(output("a\r\nb", 10), ("a\nb".to_owned(), 0));
        assert_eq!(output("password: hunter2", 100).0, "password: ••••••");
    }

    #[test]
    fn times_read_the_same_everywhere() {
        assert_eq!(utc("2026-09-01T03:00:06.123456789Z".parse().unwrap()), "2026-09-01 03:00 UTC");
    }

    #[test]
    fn counts_read_like_sentences() {
        assert_eq!(capital(&count(0, "site", "sites")), "No sites");
        assert_eq!(count(1, "site", "sites"), "1 site");
    }
}
