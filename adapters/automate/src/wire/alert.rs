//! Alerts. A row exists until it is cleared: there is no status, owner or ticket in it.

use jiff::Timestamp;
use serde_json::Value;

use super::{FromRow, Named, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alert {
    pub(crate) id: i64,
    pub(crate) at: Option<Timestamp>,
    pub(crate) severity: Severity,
    /// What raised it, usually the monitor.
    pub(crate) source: Option<String>,
    pub(crate) message: Option<String>,
    /// The monitored field, such as a drive letter.
    pub(crate) field: Option<String>,
    pub(crate) client: Option<Named>,
    pub(crate) location: Option<Named>,
    pub(crate) computer: Option<Named>,
    /// A network device.
    pub(crate) device: Option<Named>,
}

/// Names and numbers are the server's own and documented nowhere: shown as they are, sorted by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Severity {
    pub(crate) id: Option<i64>,
    pub(crate) name: Option<String>,
}

impl Severity {
    fn of(value: Option<&Value>) -> Self {
        match value {
            Some(Value::Object(row)) => {
                Self { id: Row(row).int("Id"), name: Row(row).text("Name") }
            }
            Some(Value::String(name)) => Self { id: None, name: Some(name.trim().to_owned()) },
            Some(Value::Number(number)) => Self { id: number.as_i64(), name: None },
            _ => Self::default(),
        }
    }

    pub(crate) fn label(&self) -> String {
        match (&self.name, self.id) {
            (Some(name), _) => name.clone(),
            (None, Some(id)) => format!("severity {id}"),
            (None, None) => String::new(),
        }
    }
}

impl Alert {
    /// Where it is: the computer, else the network device, else the place.
    pub(crate) fn place(&self) -> &str {
        let name = |it: &Option<Named>| it.as_ref().is_some_and(|it| it.name.is_some());
        let first = [&self.computer, &self.device, &self.location].into_iter().find(|it| name(it));
        first.and_then(|it| it.as_ref()?.name.as_deref()).unwrap_or_default()
    }

    pub(crate) fn client_name(&self) -> &str {
        self.client.as_ref().and_then(|it| it.name.as_deref()).unwrap_or_default()
    }

    /// What it says, without repeating itself.
    pub(crate) fn sentence(&self) -> String {
        match (&self.message, &self.source) {
            (Some(message), _) => message.clone(),
            (None, Some(source)) => source.clone(),
            (None, None) => format!("alert {}", self.id),
        }
    }

    /// Most severe first, then the newest.
    pub(crate) fn sort(alerts: &mut [Self]) {
        alerts.sort_by(|one, other| {
            (other.severity.id, other.at, other.id).cmp(&(one.severity.id, one.at, one.id))
        });
    }

    /// The rows of an answer whose shape is not documented: a list, or an object around one.
    pub(crate) fn list(value: &Value) -> Vec<Self> {
        let rows = match value {
            Value::Array(rows) => Some(rows),
            Value::Object(fields) => fields.values().find_map(Value::as_array),
            _ => None,
        };
        let rows = rows.into_iter().flatten().filter_map(Value::as_object);
        rows.filter_map(|row| Self::from_row(Row(row))).collect()
    }
}

impl FromRow for Alert {
    fn from_row(row: Row<'_>) -> Option<Self> {
        Some(Self {
            id: row.int("AlertId").or_else(|| row.int("Id"))?,
            at: row.date("AlertDate"),
            severity: Severity::of(row.get("Severity")),
            source: row.text("Source"),
            message: row.text("Message").map(|it| countersign::mask::mask(&it)),
            field: row.text("FieldName"),
            client: Named::of(row, "Client"),
            location: Named::of(row, "Location"),
            computer: Named::of(row, "Computer"),
            device: Named::of(row, "Device"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn alerts_of_a_computer_are_read_in_any_shape() {
        let row = json!({"AlertId": 5, "Severity": {"Id": 3, "Name": "Error"}, "Message": "full"});
        for value in [json!([row]), json!({"Alerts": [row]}), json!({"Total": 1, "Data": [row]})] {
            assert_eq!(Alert::list(&value).len(), 1, "{value}");
        }
        assert!(Alert::list(&json!({"Total": 0})).is_empty());
        for (severity, label) in
            [(json!(2), "severity 2"), (json!("Warning"), "Warning"), (Value::Null, "")]
        {
            let rows = Alert::list(&json!([{"Id": "7", "Severity": severity}]));
            assert_eq!((rows[0].id, rows[0].severity.label().as_str()), (7, label));
        }
    }

    #[test]
    fn an_unknown_severity_sorts_by_its_number() {
        let alert = |id, severity: i64, at: &str| {
            let value = json!([{"AlertId": id, "Severity": {"Id": severity}, "AlertDate": at}]);
            Alert::list(&value).remove(0)
        };
        let mut all = [
            alert(1, 2, "2026-03-01T00:00:00"),
            alert(2, 77, ""),
            alert(3, 2, "2026-03-02T00:00:00"),
        ];
        Alert::sort(&mut all);
        assert_eq!(all.map(|it| it.id), [2, 3, 1]);
    }
}
