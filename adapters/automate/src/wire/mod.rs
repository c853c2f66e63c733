//! The product's answers as values.
//!
//! Types on the wire surprise: ids are text on one model and a number on the next, every property may be
//! missing or null, dates have a zone or none. So a row is read property by property, by name without case,
//! and what is not there is `None`. Only a row without its id is no row.

mod alert;
mod computer;
mod place;
mod script;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

pub(crate) use alert::Alert;
pub(crate) use computer::{Computer, Drive, Patching, Service};
pub(crate) use place::{ClientRow, Location};
pub(crate) use script::{History, Outcome, Running, ScriptRow};

/// A value read from a row of a list.
pub(crate) trait FromRow: Sized {
    /// `None` when what matters is missing.
    fn from_row(row: Row<'_>) -> Option<Self>;
}

/// A JSON object, read by name without case.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Row<'a> {
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        let exact = self.0.get(name);
        let found = exact.or_else(|| {
            self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        });
        found.filter(|it| !it.is_null())
    }

    /// Trimmed and not empty; a number counts as its digits.
    pub(crate) fn text(self, name: &str) -> Option<String> {
        let text = match self.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        Some(text).filter(|it| !it.is_empty())
    }

    /// A number, or text that is one.
    pub(crate) fn int(self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => {
                number.as_i64().or_else(|| number.as_f64().map(|it| it as i64))
            }
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(crate) fn flag(self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::Number(number) => number.as_i64().map(|it| it != 0),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(crate) fn date(self, name: &str) -> Option<Timestamp> {
        date(&self.text(name)?)
    }

    pub(crate) fn child(self, name: &str) -> Option<Row<'a>> {
        self.get(name)?.as_object().map(Row)
    }

    pub(crate) fn items(self, name: &str) -> impl Iterator<Item = &'a Value> {
        self.get(name).and_then(Value::as_array).into_iter().flatten()
    }

    /// The texts of a list.
    pub(crate) fn texts(self, name: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().map(|it| it.trim().to_owned());
        self.items(name).filter_map(text).filter(|it| !it.is_empty()).collect()
    }
}

/// Id and name of something that a row points to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: Option<i64>,
    pub(crate) name: Option<String>,
}

impl Named {
    pub(crate) fn of(row: Row<'_>, name: &str) -> Option<Self> {
        let child = row.child(name)?;
        let named = Self { id: child.int("Id"), name: child.text("Name") };
        (named.id.is_some() || named.name.is_some()).then_some(named)
    }
}

/// Dates before this stand for "never".
const NEVER_BEFORE_YEAR: i16 = 1972;

/// With a zone or without, which is read as UTC; up to nine digits of a second. "Never" is `None`.
pub(crate) fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = match text.parse::<Timestamp>() {
        Ok(time) => time,
        Err(_) => text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp(),
    };
    (time.to_zoned(TimeZone::UTC).year() >= NEVER_BEFORE_YEAR).then_some(time)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_come_with_a_zone_or_without_and_with_any_fraction() {
        let expected = "2026-03-02T15:04:05Z".parse::<Timestamp>().unwrap();
        for text in [
            "2026-03-02T15:04:05",
            "2026-03-02T15:04:05Z",
            "2026-03-02T16:04:05+01:00",
            "2026-03-02 15:04:05",
        ] {
            assert_eq!(date(text), Some(expected), "{text}");
        }
        let fraction = date("2026-03-02T15:04:05.1234567").unwrap();
        assert_eq!(fraction.as_second(), expected.as_second());
        for text in ["0001-01-01T00:00:00", "1970-01-01T00:00:00Z", "soon", ""] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn properties_are_read_whatever_their_type_and_case() {
        let value = json!({
            "Id": "1043", "locationId": 31, "Name": "  ", "Flag": "True", "Null": null,
            "Client": {"Id": "12", "Name": "Acme"}, "Tags": ["a", 1, ""],
        });
        let row = Row(value.as_object().unwrap());
        assert_eq!(row.int("Id"), Some(1043));
        assert_eq!(row.int("LocationId"), Some(31));
        assert_eq!(row.text("id"), Some("1043".into()));
        assert_eq!(row.text("Name"), None);
        assert_eq!(row.flag("flag"), Some(true));
        assert_eq!(row.text("Null"), None);
        assert_eq!(row.texts("Tags"), ["a"]);
        let client = Named::of(row, "Client").unwrap();
        assert_eq!((client.id, client.name.as_deref()), (Some(12), Some("Acme")));
    }
}
