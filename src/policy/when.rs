//! The conditions of a rule that are more than a name: patterns, hours, arguments.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

/// Whether `text` fits `pattern`, in which `*` stands for any text, also none. Case aside.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    true
}

/// A word such as a ticket number: `#` stands for digits, at least one; everything else for itself. Case
/// aside.
pub fn word_fits(pattern: &str, word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#');
    let mut left = word;
    for wanted in pattern.chars() {
        if wanted == '#' {
            let digits = left.len() - left.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits == 0 {
                return false;
            }
            left = &left[digits..];
            continue;
        }
        let Some(seen) = left.chars().next() else { return false };
        if !seen.to_lowercase().eq(wanted.to_lowercase()) {
            return false;
        }
        left = &left[seen.len_utf8()..];
    }
    left.is_empty()
}

/// `08:00-18:00`, or over midnight `18:00-08:00`. The first minute belongs to it, the last does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hours {
    from: Time,
    to: Time,
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("“{text}” are no hours; write them like 08:00-18:00");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).map_err(|_| wrong());
        let (from, to) = (time(from)?, time(to)?);
        if from == to { Err(wrong()) } else { Ok(Self { from, to }) }
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl Hours {
    pub fn from(&self) -> Time {
        self.from
    }

    pub fn to(&self) -> Time {
        self.to
    }

    pub fn contain(&self, now: Timestamp, zone: &TimeZone) -> bool {
        let time = now.to_zoned(zone.clone()).time();
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

/// A day of the week: `sat`, `saturday`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(Weekday);

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let day = match text.to_lowercase().as_str() {
            "mon" | "monday" => Weekday::Monday,
            "tue" | "tuesday" => Weekday::Tuesday,
            "wed" | "wednesday" => Weekday::Wednesday,
            "thu" | "thursday" => Weekday::Thursday,
            "fri" | "friday" => Weekday::Friday,
            "sat" | "saturday" => Weekday::Saturday,
            "sun" | "sunday" => Weekday::Sunday,
            _ => {
                return Err(format!(
                    "“{text}” is no day; write mon, tue, wed, thu, fri, sat or sun"
                ));
            }
        };
        Ok(Self(day))
    }
}

impl Day {
    /// From Monday on.
    pub const ALL: [Self; 7] = [
        Self(Weekday::Monday),
        Self(Weekday::Tuesday),
        Self(Weekday::Wednesday),
        Self(Weekday::Thursday),
        Self(Weekday::Friday),
        Self(Weekday::Saturday),
        Self(Weekday::Sunday),
    ];

    pub fn is(&self, date: Date) -> bool {
        date.weekday() == self.0
    }

    pub fn holds(&self, now: Timestamp, zone: &TimeZone) -> bool {
        now.to_zoned(zone.clone()).weekday() == self.0
    }
}

/// What an argument has to be: `"> 30"`, `">= 30"`, `"< 5"`, `"<= 5"`, or a text with `*`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Wanted {
    text: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Over(f64),
    AtLeast(f64),
    Under(f64),
    AtMost(f64),
    Like,
}

impl TryFrom<Value> for Wanted {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let text = match &value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err("write a text, a number, or a comparison such as \"> 30\"".to_owned());
            }
        };
        let number = |rest: &str| {
            rest.trim().parse::<f64>().map_err(|_| format!("“{text}” compares with no number"))
        };
        let test = match text.as_bytes() {
            [b'>', b'=', ..] => Test::AtLeast(number(&text[2..])?),
            [b'<', b'=', ..] => Test::AtMost(number(&text[2..])?),
            [b'>', ..] => Test::Over(number(&text[1..])?),
            [b'<', ..] => Test::Under(number(&text[1..])?),
            _ => Test::Like,
        };
        Ok(Self { text, test })
    }
}

impl Wanted {
    /// How the rule writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `value` fits. A value that should be a number and is none fits: a rule narrows, and what
    /// cannot be compared must not slip past it. Any element of a list is enough.
    pub fn fits(&self, value: &Value) -> bool {
        if let Value::Array(items) = value {
            return items.iter().any(|item| self.fits(item));
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let number = value.as_f64().or_else(|| text.trim().parse().ok());
        match (&self.test, number) {
            (Test::Like, _) => glob(&self.text, &text),
            (_, None) => true,
            (Test::Over(limit), Some(number)) => number > *limit,
            (Test::AtLeast(limit), Some(number)) => number >= *limit,
            (Test::Under(limit), Some(number)) => number < *limit,
            (Test::AtMost(limit), Some(number)) => number <= *limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, fits) in [
            ("a:b", "a:b", true),
            ("a:b", "a:bc", false),
            ("a:*", "a:", true),
            ("a:*-script-*", "a:cw-script-x", true),
            ("a:*-script-*", "a:cw-task", false),
            ("*", "anything", true),
            ("*-x", "a-x-x", true),
            ("ab*ba", "aba", false),
            ("ACME*", "Acme Logistics", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_word_pattern_takes_digits_where_it_says_so() {
        for (pattern, word, fits) in [
            ("CW-#", "cw-4711", true),
            ("CW-#", "CW-4711.", true),
            ("CW-#", "CW-", false),
            ("CW-#", "CW-12x", false),
            ("#", "4711", true),
            ("#", "", false),
            ("INC#-#", "INC12-3", true),
        ] {
            assert_eq!(word_fits(pattern, word), fits, "{pattern} on {word}");
        }
    }

    #[test]
    fn hours_are_of_the_zone_and_may_span_midnight() {
        let hours = |text: &str| Hours::try_from(text.to_owned());
        let sydney = TimeZone::get("Australia/Sydney").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        // 09:00 UTC is 19:00 in Sydney in September.
        let now = at("2026-09-01T09:00:00Z");
        assert!(hours("08:00-18:00").unwrap().contain(now, &TimeZone::UTC));
        assert!(!hours("08:00-18:00").unwrap().contain(now, &sydney));
        assert!(hours("18:00-08:00").unwrap().contain(now, &sydney));
        assert!(hours("19:00-19:01").unwrap().contain(now, &sydney), "the first minute is in");
        assert!(!hours("18:00-19:00").unwrap().contain(now, &sydney), "the last is not");
        for wrong in ["8-18", "08:00", "25:00-26:00", "08:00-08:00", ""] {
            assert!(hours(wrong).is_err(), "{wrong}");
        }
        // The day of the zone, not of UTC: 20:00 UTC on Friday is Saturday in Sydney.
        let day = Day::try_from("sat".to_owned()).unwrap();
        assert!(day.holds(at("2026-09-04T20:00:00Z"), &sydney));
        assert!(!day.holds(at("2026-09-04T20:00:00Z"), &TimeZone::UTC));
    }

    #[test]
    fn arguments_are_compared_as_numbers_or_as_text() {
        for (wanted, value, fits) in [
            (json!("> 30"), json!(31), true),
            (json!("> 30"), json!(30), false),
            (json!(">= 30"), json!("30"), true),
            (json!("< 5"), json!(4.5), true),
            (json!("<= 5"), json!(6), false),
            (json!("> 30"), json!("lots"), true),
            (json!("C:*"), json!("c:\\temp"), true),
            (json!("C:*"), json!("D:"), false),
            (json!(7), json!(7), true),
            (json!(true), json!(true), true),
            (json!(true), json!(false), false),
            (json!("x*"), json!(["a", "xy"]), true),
        ] {
            let test = Wanted::try_from(wanted.clone()).unwrap();
            assert_eq!(test.fits(&value), fits, "{wanted} on {value}");
        }
        assert!(Wanted::try_from(json!("> many")).is_err());
        assert!(Wanted::try_from(json!([1])).is_err());
    }
}
