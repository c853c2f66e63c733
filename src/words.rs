//! Figures and times as people read them; the same everywhere.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// "25 Nov 2026, 04:11 UTC".
pub fn at(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// "04:11 UTC" on the same day, else with the date.
pub fn at_briefly(time: Timestamp, now: Timestamp) -> String {
    let (time, now) = (time.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let format = if time.date() == now.date() { "%H:%M UTC" } else { "%-d %b, %H:%M UTC" };
    time.strftime(format).to_string()
}

/// "40 s", "12 min", "3 h", "5 days": rounded down, for durations of seconds.
pub fn span(secs: i64) -> String {
    match secs.max(0) {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7_200 => format!("{} min", secs / 60),
        secs @ 7_200..172_800 => format!("{} h", secs / 3_600),
        secs => format!("{} days", secs / 86_400),
    }
}

/// "12 min ago".
pub fn ago(time: Timestamp, now: Timestamp) -> String {
    format!("{} ago", span(now.as_second() - time.as_second()))
}

/// "19.8 GB", powers of 1024, as Windows shows it.
pub fn bytes(count: i64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// "1 device", "3 devices".
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// "a", "a and b", "a, b and c".
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// "Only Ben can do this." of "only Ben can do this": a capital and a full stop.
pub fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let text: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    if text.ends_with(['.', '?', '!']) { text } else { format!("{text}.") }
}

/// At most `max` characters, with an ellipsis when something was cut.
pub fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_like_a_person_wrote_them() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(21_259_853_824), "19.8 GB");
        assert_eq!(bytes(-1_073_741_824), "-1.0 GB");
        assert_eq!(span(119), "119 s");
        assert_eq!(span(7_199), "119 min");
        assert_eq!(span(172_800), "2 days");
        assert_eq!(count(1, "device"), "1 device");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(sentence("only Ben can"), "Only Ben can.");
        assert_eq!(sentence("Which one?"), "Which one?");
        let noon: Timestamp = "2026-09-01T12:00:00Z".parse().unwrap();
        assert_eq!(at(noon), "1 Sep 2026, 12:00 UTC");
        assert_eq!(at_briefly(noon, noon), "12:00 UTC");
    }
}
