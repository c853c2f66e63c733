//! Times, sizes and names as people read them.

use countersign::directory::Platform;
use countersign::words;
use jiff::Timestamp;
use maud::{Markup, html};

/// A moment: UTC in the page, put into the reader's own zone by the script.
pub(crate) fn moment(at: Timestamp) -> Markup {
    html! {
        time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (words::at(at)) }
    }
}

/// "in 12 min", counted on by the script.
pub(crate) fn until(at: Timestamp, now: Timestamp) -> Markup {
    html! {
        time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) data-until { "in " (span(at.as_second() - now.as_second())) }
    }
}

/// "4 min ago"; "just now" below a minute.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.as_second() - at.as_second() {
        secs if secs < 60 => "just now".into(),
        secs => format!("{} ago", span(secs)),
    }
}

/// "under a minute", "12 min", "3 h 5 min", "2 days".
pub(crate) fn span(secs: i64) -> String {
    match (secs.max(0) / 60, secs.max(0) / 3600) {
        (0, _) => "under a minute".into(),
        (mins, 0) => format!("{mins} min"),
        (mins, hours) if hours < 48 => match mins % 60 {
            0 => format!("{hours} h"),
            rest => format!("{hours} h {rest} min"),
        },
        (_, hours) => format!("{} days", hours / 24),
    }
}

/// "1,204".
pub(crate) fn count(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(0).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 device", "1,204 devices".
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

pub(crate) fn platform(platform: Platform) -> &'static str {
    match platform {
        Platform::Console => "console",
        Platform::Terminal => "terminal",
        Platform::Slack => "Slack",
        Platform::Teams => "Teams",
        Platform::Discord => "Discord",
    }
}

/// For a query: everything but letters, digits and `-_.~/` as `%XX`.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let spans: Vec<String> =
            [-5, 59, 60, 3_600, 11_100, 200_000].into_iter().map(span).collect();
        assert_eq!(
            spans,
            ["under a minute", "under a minute", "1 min", "1 h", "3 h 5 min", "2 days"]
        );
        assert_eq!([0_u64, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(percent_encoded("/c/a?x=1&y=ä"), "/c/a%3Fx%3D1%26y%3D%C3%A4");
    }
}
