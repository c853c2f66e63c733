//! Clients and locations.

use serde_json::{Map, Value, json};

use super::Desk;
use super::list::Source;
use crate::http::{Answer, Request};

const CLIENT_FIELDS: &[&str] = &["Id", "Name", "Company", "City", "ExternalId"];
const LOCATION_FIELDS: &[&str] = &["Id", "LocationId", "Name", "Client.Id", "Client.Name"];

impl Desk<'_> {
    /// Whether the user may see a client; what he may not see is absent.
    pub(super) fn sees(&self, client: i64) -> bool {
        let name = self.automate.estate.client_name(client);
        !self.automate.switches.hidden_clients.iter().any(|it| it.eq_ignore_ascii_case(name))
    }

    pub(super) fn clients(&self, request: &Request) -> Answer {
        let estate = &self.automate.estate;
        let seen: Vec<_> = estate.clients.iter().filter(|it| self.sees(it.id)).collect();
        let row = |at: usize| {
            let client = seen[at];
            let locations: Vec<Value> = estate
                .locations
                .iter()
                .filter(|it| it.client == client.id)
                .map(|it| json!({"Id": it.id, "Name": it.name}))
                .collect();
            map(json!({
                "Id": client.id.to_string(), "Name": client.name, "Company": client.name,
                "City": client.city, "State": null, "ZipCode": null, "Country": null,
                "PhoneNumber": null, "ExternalId": null, "Comment": null, "Locations": locations,
            }))
        };
        self.automate.list(request, &Source { count: seen.len(), row: &row, fields: CLIENT_FIELDS })
    }

    /// The full row carries a password, as the product's does.
    pub(super) fn locations(&self, request: &Request) -> Answer {
        let estate = &self.automate.estate;
        let seen: Vec<_> = estate.locations.iter().filter(|it| self.sees(it.client)).collect();
        let row = |at: usize| {
            let place = seen[at];
            map(json!({
                "Id": place.id, "LocationId": place.id, "Name": place.name,
                "Client": {"Id": place.client.to_string(), "Name": estate.client_name(place.client)},
                "ScriptUsername": "svc-automate", "ScriptPassword": "must-never-be-read",
                "ProbeId": 0, "ExternalId": 0, "Comments": null,
            }))
        };
        self.automate
            .list(request, &Source { count: seen.len(), row: &row, fields: LOCATION_FIELDS })
    }
}

pub(super) fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
