//! Clients and locations.

use super::{FromRow, Named, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) city: Option<String>,
    pub(crate) locations: Vec<String>,
}

impl ClientRow {
    pub(crate) const FIELDS: &str = "Id,Name,City,Locations";
}

impl FromRow for ClientRow {
    fn from_row(row: Row<'_>) -> Option<Self> {
        let id = row.int("Id")?;
        let location = |it: &serde_json::Value| Row(it.as_object()?).text("Name");
        Some(Self {
            id,
            name: row
                .text("Name")
                .or_else(|| row.text("Company"))
                .unwrap_or_else(|| format!("client {id}")),
            city: row.text("City"),
            locations: row.items("Locations").filter_map(location).collect(),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) client: Option<Named>,
}

impl Location {
    /// The full row carries passwords that must never be read.
    pub(crate) const FIELDS: &str = "Id,Name,Client";
}

impl FromRow for Location {
    fn from_row(row: Row<'_>) -> Option<Self> {
        let id = row.int("Id").or_else(|| row.int("LocationId"))?;
        Some(Self {
            id,
            name: row.text("Name").unwrap_or_else(|| format!("location {id}")),
            client: Named::of(row, "Client"),
        })
    }
}
