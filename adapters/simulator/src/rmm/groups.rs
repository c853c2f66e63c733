//! Device groups: a short list whose members the API does not tell.

use serde_json::{Value, json};

use super::Desk;
use super::ids::Thing;
use crate::http::{Answer, Each};

/// Name, description, predefined, static.
const GROUPS: [(&str, &str, bool, bool); 6] = [
    ("All Devices", "Everything with an agent", true, false),
    ("Windows Servers", "All server OS", true, false),
    ("Windows Workstations", "All desktop OS", true, false),
    ("macOS", "", true, false),
    ("Pilot Ring", "Gets updates a week early", false, true),
    ("Do Not Reboot", "Ask before touching these", false, true),
];

pub(super) fn groups(desk: &Desk<'_>) -> Answer {
    let record = |at: usize| -> Value {
        let (name, description, predefined, fixed) = GROUPS[at];
        json!({
            "id": desk.rmm.ids.id(Thing::Group, at as u32, 0),
            "name": name,
            "description": description,
            "predefined": predefined,
            "static": fixed,
            "createdAt": "2024-01-09T02:00:00Z",
            "updatedAt": "2026-02-11T03:10:00Z",
        })
    };
    Answer::ok(&Each(|| (0..GROUPS.len()).map(record)))
}
