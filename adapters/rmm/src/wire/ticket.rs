//! Tickets and the words they are made of.

use jiff::Timestamp;
use serde_json::Value;

use super::Json;

#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    /// "140511.2044"; the id where the product gave none.
    pub(crate) number: String,
    /// The short number that the portal uses, where it is known.
    pub(crate) portal_number: Option<String>,
    pub(crate) summary: String,
    pub(crate) description: Option<String>,
    pub(crate) status: String,
    pub(crate) priority: String,
    pub(crate) board: String,
    pub(crate) source: String,
    pub(crate) kind: String,
    pub(crate) category: String,
    pub(crate) team: String,
    pub(crate) company: Option<String>,
    pub(crate) site: Option<String>,
    /// Endpoint ids, the primary one first.
    pub(crate) assets: Vec<String>,
    pub(crate) due: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) updated_at: Option<Timestamp>,
}

impl Ticket {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        let id = json.id(&["id"])?;
        let number = json.id(&["number"]);
        let word = |field: &str| json.name_of(field).unwrap_or_default().to_owned();
        let mut assets: Vec<(bool, String)> = json
            .items("assets")
            .filter_map(|it| Some((it.flag("isPrimary") != Some(true), it.id(&["id"])?)))
            .collect();
        assets.sort_by_key(|it| it.0);
        let is_short =
            |it: &&String| (1..=7).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit());
        Some(Self {
            portal_number: number
                .as_ref()
                .filter(is_short)
                .cloned()
                .or_else(|| json.id(&["nocTicketId"]).filter(|it| is_short(&it))),
            number: number.unwrap_or_else(|| id.clone()),
            summary: json.text("summary").unwrap_or("no summary").to_owned(),
            description: json.text("description").map(str::to_owned),
            status: word("status"),
            priority: word("priority"),
            board: word("serviceBoard"),
            source: word("source"),
            kind: word("type"),
            category: word("category"),
            team: word("assigneeTeam"),
            company: json.id_of("company"),
            site: json.id_of("site"),
            assets: assets.into_iter().map(|it| it.1).collect(),
            due: json.text("dueDate").map(str::to_owned),
            created_at: json.time(&["createdAt"]),
            updated_at: json.time(&["updatedAt"]),
            id,
        })
    }
}

/// A board, source, priority or status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Of a status: `New`, `InProgress` or `Closed`.
    pub(crate) category: Option<String>,
}

impl Named {
    /// `None` for one that is out of use.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        if json.flag("inactiveFlag") == Some(true) {
            return None;
        }
        Some(Self {
            id: json.id(&["id"])?,
            name: json.text("name")?.to_owned(),
            category: json.text("category").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_portal_wants_the_short_number() {
        let number = |value| Ticket::read(&value).unwrap().portal_number;
        assert_eq!(
            number(json!({"id": "x", "number": "140511.2044", "nocTicketId": "5904"})).as_deref(),
            Some("5904")
        );
        assert_eq!(number(json!({"id": "x", "number": "5904"})).as_deref(), Some("5904"));
        assert_eq!(number(json!({"id": "x", "number": "140511.2044"})), None);
    }

    #[test]
    fn the_primary_asset_comes_first() {
        let ticket = Ticket::read(
            &json!({"id": "x", "assets": [{"id": "a"}, {"id": "b", "isPrimary": true}]}),
        )
        .unwrap();
        assert_eq!(ticket.assets, ["b", "a"]);
    }

    #[test]
    fn words_out_of_use_are_skipped() {
        assert!(Named::read(&json!({"id": "1", "name": "Old", "inactiveFlag": true})).is_none());
        assert!(Named::read(&json!({"id": "1", "name": "Help Desk"})).is_some());
    }
}
