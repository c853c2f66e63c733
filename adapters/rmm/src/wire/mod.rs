//! The product's JSON as records of ours.
//!
//! Spelling differs between documentation, versions and real traffic (`taskId`, `taskID`, `TaskID`), so
//! fields are found without looking at case; every field may be absent, unknown ones are ignored, and the
//! raw value stays at hand for `--json`.

mod company;
mod device;
mod patch;
mod script;
mod state;
mod task;
mod ticket;

use jiff::Timestamp;
use serde_json::Value;

pub(crate) use company::{Company, Site};
pub(crate) use device::{Endpoint, without_secrets};
pub(crate) use patch::{Bucket, Patch, Patches};
pub(crate) use script::{Composite, ShellScript};
pub(crate) use state::{Beat, Disk, Service, State, Usage};
pub(crate) use task::{EndpointRow, Instance, TaskLine};
pub(crate) use ticket::{Named, Ticket};

/// A value that is read leniently.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<'a>(pub(crate) &'a Value);

impl<'a> Json<'a> {
    /// The field called `name`, case aside; absent and null are the same.
    pub(crate) fn get(self, name: &str) -> Option<Json<'a>> {
        let fields = self.0.as_object()?;
        let value = fields.get(name).or_else(|| {
            fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        })?;
        (!value.is_null()).then_some(Json(value))
    }

    /// The first of `names` that is there.
    pub(crate) fn any(self, names: &[&str]) -> Option<Json<'a>> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Text that says something.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        self.text_of(&[name])
    }

    pub(crate) fn text_of(self, names: &[&str]) -> Option<&'a str> {
        names
            .iter()
            .filter_map(|name| self.get(name)?.0.as_str())
            .map(str::trim)
            .find(|text| !text.is_empty())
    }

    /// Text as it is, spaces and all; empty when absent.
    pub(crate) fn raw_text(self, name: &str) -> &'a str {
        self.get(name).and_then(|it| it.0.as_str()).unwrap_or_default()
    }

    /// An id: text, or a number that another version writes without quotes.
    pub(crate) fn id(self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| {
            let value = self.get(name)?.0;
            match value {
                Value::Number(number) => Some(number.to_string()),
                _ => value.as_str().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned),
            }
        })
    }

    pub(crate) fn int_of(self, names: &[&str]) -> Option<i64> {
        let value = self.any(names)?.0;
        value
            .as_i64()
            .or_else(|| value.as_f64().map(|it| it as i64))
            .or_else(|| value.as_str()?.trim().parse().ok())
    }

    pub(crate) fn float(self, name: &str) -> Option<f64> {
        let value = self.get(name)?.0;
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
    }

    pub(crate) fn flag(self, name: &str) -> Option<bool> {
        let value = self.get(name)?.0;
        value.as_bool().or_else(|| match value.as_str()?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    /// A time, UTC. The years 1 and 1601 stand for "never".
    pub(crate) fn time(self, names: &[&str]) -> Option<Timestamp> {
        names.iter().find_map(|name| {
            let time: Timestamp = self.get(name)?.0.as_str()?.trim().parse().ok()?;
            (time > Timestamp::from_second(-7_000_000_000).ok()?).then_some(time)
        })
    }

    pub(crate) fn items(self, name: &str) -> impl Iterator<Item = Json<'a>> {
        self.get(name).and_then(|it| it.0.as_array()).into_iter().flatten().map(Json)
    }

    /// The name in a `{"id":…,"name":…}`.
    pub(crate) fn name_of(self, field: &str) -> Option<&'a str> {
        self.get(field)?.text("name")
    }

    pub(crate) fn id_of(self, field: &str) -> Option<String> {
        self.get(field)?.id(&["id"])
    }
}

/// The list in an answer: the answer itself, or what it holds under one of `names`, case aside. Absent and
/// null are empty; `None` when it is something else.
pub(crate) fn list(value: Value, names: &[&str]) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items),
        Value::Null => Some(Vec::new()),
        Value::Object(mut fields) => {
            let key = names
                .iter()
                .find_map(|name| fields.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned());
            match key.and_then(|key| fields.remove(&key)) {
                Some(Value::Array(items)) => Some(items),
                Some(Value::Null) => Some(Vec::new()),
                Some(_) => None,
                None if fields.is_empty() => Some(Vec::new()),
                None => None,
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_in_every_spelling() {
        let value =
            json!({"taskID": " a1 ", "Count": "7", "Flag": "TRUE", "gone": null, "number": 12});
        let json = Json(&value);
        assert_eq!(json.text("taskId"), Some("a1"));
        assert_eq!(json.int_of(&["count"]), Some(7));
        assert_eq!(json.flag("flag"), Some(true));
        assert!(json.get("gone").is_none());
        assert_eq!(json.id(&["missing", "Number"]).as_deref(), Some("12"));
    }

    #[test]
    fn a_date_of_the_year_one_is_no_date() {
        let value = json!({"a": "0001-01-01T00:00:00Z", "b": "1601-01-01T00:00:00Z", "c": "2026-09-01T03:00:06.123456789Z"});
        let json = Json(&value);
        assert_eq!(json.time(&["a"]), None);
        assert_eq!(json.time(&["b"]), None);
        assert_eq!(json.time(&["a", "c"]).unwrap().as_second(), 1_788_231_606);
    }

    #[test]
    fn lists_come_bare_or_wrapped() {
        assert_eq!(list(json!([1]), &["x"]).unwrap().len(), 1);
        assert_eq!(list(json!({"Templates": [1, 2]}), &["templates"]).unwrap().len(), 2);
        assert_eq!(list(json!({"templates": null}), &["templates"]).unwrap().len(), 0);
        assert_eq!(list(json!({}), &["templates"]).unwrap().len(), 0);
        assert!(list(json!({"other": []}), &["templates"]).is_none());
        assert!(list(json!("text"), &["templates"]).is_none());
    }
}
