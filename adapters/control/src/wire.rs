//! The product's answers as values.
//!
//! Forms differ between versions of the extension: a type is a number or a word, custom properties are a map,
//! an array or flat, "never" is the year 1. So an object is read field by field, by name without case, and what
//! is not there is `None`. Only a session without its id is no session.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// `QueuedCommand`: a command was stored, and waits for the guest.
pub(crate) const QUEUED_COMMAND: i64 = 44;
/// `ProcessedCommand`: the guest took it.
pub(crate) const PROCESSED_COMMAND: i64 = 54;
/// `RanCommand`: its output.
pub(crate) const RAN_COMMAND: i64 = 70;

/// The machine's side of a connection.
const GUEST: i64 = 2;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) is_access: bool,
    pub(crate) is_ended: bool,
    /// The machine's own name, else the session's.
    pub(crate) name: Option<String>,
    /// Property 1 at place 0; trimmed.
    pub(crate) properties: [String; 8],
    pub(crate) online: bool,
    pub(crate) connected_at: Option<Timestamp>,
    pub(crate) disconnected_at: Option<Timestamp>,
    pub(crate) client_version: Option<String>,
    pub(crate) public_address: Option<String>,
    pub(crate) guest: Guest,
}

/// What the agent told of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Guest {
    pub(crate) os: Option<String>,
    pub(crate) os_version: Option<String>,
    pub(crate) manufacturer: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) serial: Option<String>,
    /// `DOMAIN\user`.
    pub(crate) user: Option<String>,
    pub(crate) processor: Option<String>,
    pub(crate) memory_mb: Option<i64>,
    pub(crate) private_address: Option<String>,
    pub(crate) booted_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: i64,
    pub(crate) at: Option<Timestamp>,
    pub(crate) data: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) session: Option<Session>,
    /// Oldest first; the server promises no order.
    pub(crate) events: Vec<Event>,
}

impl Session {
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let row = Row(value.as_object()?);
        let guest = row.child("GuestInfo").unwrap_or(row);
        let flat = |name: &str| guest.text(name).or_else(|| row.text(&format!("Guest{name}")));
        let connected_at = row.date("LastGuestConnectedEventTime");
        let disconnected_at = row.date("LastGuestDisconnectedEventTime");
        let is_ended = row.flag("IsEnded") == Some(true);
        let online = match row.get("ActiveConnections").and_then(Value::as_array) {
            Some(connections) => connections.iter().filter_map(Value::as_object).any(|it| {
                matches!(Row(it).number_or_word("ProcessType", &[("Guest", GUEST)]), Some(GUEST))
            }),
            None => connected_at > disconnected_at,
        };
        let user = flat("LoggedOnUserName").map(|user| match flat("LoggedOnUserDomain") {
            Some(domain) => format!("{domain}\\{user}"),
            None => user,
        });
        let words = [("Support", 0), ("Meeting", 1), ("Access", 2)];
        Some(Self {
            id: row.text("SessionID")?.to_lowercase(),
            is_access: row.number_or_word("SessionType", &words).is_none_or(|it| it == 2),
            is_ended,
            name: flat("MachineName").or_else(|| row.text("Name")),
            properties: properties(row),
            online: online && !is_ended,
            connected_at,
            disconnected_at,
            client_version: row.text("GuestClientVersion"),
            public_address: row.text("GuestNetworkAddress"),
            guest: Guest {
                os: flat("OperatingSystemName"),
                os_version: flat("OperatingSystemVersion"),
                manufacturer: flat("MachineManufacturerName"),
                model: flat("MachineModel"),
                serial: flat("MachineSerialNumber"),
                user,
                processor: flat("ProcessorName"),
                memory_mb: guest.int("SystemMemoryTotalMegabytes"),
                private_address: flat("PrivateNetworkAddress"),
                booted_at: guest.date("LastBootTime"),
            },
        })
    }

    /// A property by its number, 1 to 8; empty where there is none.
    pub(crate) fn property(&self, number: u8) -> &str {
        let at = usize::from(number).wrapping_sub(1);
        self.properties.get(at).map_or("", String::as_str)
    }

    pub(crate) fn is_windows(&self) -> bool {
        self.guest.os.as_deref().is_some_and(|it| it.to_lowercase().contains("windows"))
    }

    /// What people call it.
    pub(crate) fn label(&self) -> String {
        let short = self.id.split('-').next().unwrap_or_default();
        self.name.clone().unwrap_or_else(|| format!("session {short}"))
    }
}

fn properties(row: Row<'_>) -> [String; 8] {
    let map = row.child("CustomProperties");
    let array = ["CustomPropertyValues", "CustomProperties"]
        .into_iter()
        .find_map(|name| row.get(name).and_then(Value::as_array));
    std::array::from_fn(|at| {
        let name = format!("CustomProperty{}", at + 1);
        let in_array = || Some(array?.get(at)?.as_str()?.trim().to_owned());
        let text = map.and_then(|it| it.text(&name)).or_else(in_array).or_else(|| row.text(&name));
        text.unwrap_or_default()
    })
}

impl Details {
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let row = Row(value.as_object()?);
        let session = row.get("Session").and_then(Session::of);
        let mut events: Vec<Event> = row.items("Events").filter_map(Event::of).collect();
        events.sort_by_key(|it| it.at);
        Some(Self { session, events })
    }
}

impl Event {
    fn of(value: &Value) -> Option<Self> {
        let row = Row(value.as_object()?);
        let words = [
            ("QueuedCommand", QUEUED_COMMAND),
            ("ProcessedCommand", PROCESSED_COMMAND),
            ("RanCommand", RAN_COMMAND),
        ];
        Some(Self {
            id: row.text("EventID").unwrap_or_default(),
            kind: row.number_or_word("EventType", &words)?,
            at: row.date("Time"),
            data: row.get("Data").and_then(Value::as_str).unwrap_or_default().to_owned(),
        })
    }
}

/// A JSON object, read by name without case.
#[derive(Clone, Copy)]
struct Row<'a>(&'a Map<String, Value>);

impl<'a> Row<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        let found = self.0.get(name).or_else(|| {
            self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        });
        found.filter(|it| !it.is_null())
    }

    /// Trimmed and not empty.
    fn text(self, name: &str) -> Option<String> {
        let text = self.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn int(self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn number_or_word(self, name: &str, words: &[(&str, i64)]) -> Option<i64> {
        self.int(name).or_else(|| {
            let word = self.text(name)?;
            words.iter().find(|it| it.0.eq_ignore_ascii_case(&word)).map(|it| it.1)
        })
    }

    fn flag(self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    fn date(self, name: &str) -> Option<Timestamp> {
        let text = self.text(name)?;
        if text.starts_with("0001-") {
            return None;
        }
        let zoned = text.parse().ok();
        zoned.or_else(|| format!("{text}Z").parse().ok())
    }

    fn child(self, name: &str) -> Option<Row<'a>> {
        self.get(name)?.as_object().map(Row)
    }

    fn items(self, name: &str) -> impl Iterator<Item = &'a Value> {
        self.get(name).and_then(Value::as_array).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_of_a_session_is_read() {
        let id = "3F0C2A7E-5B1D-4C59-9A38-0D6E7B1F4C21";
        let map = json!({"SessionID": id, "SessionType": 2, "Name": "",
            "CustomProperties": {"CustomProperty1": " Lakeside Dental ", "CustomProperty2": "Main St"},
            "ActiveConnections": [{"ProcessType": 2}],
            "GuestInfo": {"MachineName": "LSD-FRONT-03", "OperatingSystemName": "Microsoft Windows 11 Pro"}});
        let array = json!({"SessionID": id, "SessionType": "Access", "Name": "LSD-FRONT-03",
            "CustomPropertyValues": ["Lakeside Dental", "Main St"],
            "LastGuestConnectedEventTime": "2026-03-02T06:11:40.5520000Z",
            "LastGuestDisconnectedEventTime": "0001-01-01T00:00:00"});
        let flat = json!({"sessionid": id, "CustomProperty1": "Lakeside Dental", "CustomProperty2": "Main St",
            "GuestMachineName": "LSD-FRONT-03", "ActiveConnections": [{"ProcessType": "Guest"}]});
        for form in [map, array, flat] {
            let session = Session::of(&form).unwrap();
            assert_eq!(session.id, id.to_lowercase(), "{form}");
            assert_eq!(session.label(), "LSD-FRONT-03");
            assert_eq!((session.property(1), session.property(2)), ("Lakeside Dental", "Main St"));
            assert!(session.online && session.is_access && session.disconnected_at.is_none());
        }
    }

    #[test]
    fn a_session_that_tells_little_is_still_one() {
        let bare = Session::of(&json!({"SessionID": "ab12-x"})).unwrap();
        assert_eq!((bare.label().as_str(), bare.online), ("session ab12", false));
        assert_eq!(Session::of(&json!({"Name": "x"})), None);
        let ended =
            json!({"SessionID": "a", "IsEnded": true, "ActiveConnections": [{"ProcessType": 2}]});
        assert!(!Session::of(&ended).unwrap().online);
        let host_only = json!({"SessionID": "a", "ActiveConnections": [{"ProcessType": 1}]});
        assert!(!Session::of(&host_only).unwrap().online);
    }

    #[test]
    fn events_come_in_the_order_of_their_times() {
        let details = Details::of(&json!({"Session": {"SessionID": "a"}, "Events": [
            {"EventID": "2", "EventType": "70", "Time": "2026-03-02T14:02:13.9000000Z", "Data": "out"},
            {"EventID": "1", "EventType": 44, "Time": "2026-03-02T14:02:10Z", "Data": "in"},
            {"EventID": "3", "EventType": "SomethingNew", "Time": "2026-03-02T14:02:10Z"}]}))
        .unwrap();
        let kinds: Vec<i64> = details.events.iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [44, 70]);
    }
}
