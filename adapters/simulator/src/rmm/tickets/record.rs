//! A ticket as JSON.

use serde_json::{Value, json};

use super::Ticket;
use super::lookups::{Kind, reference};
use crate::rmm::Desk;
use crate::rmm::ids::Thing;

pub(super) fn full(desk: &Desk<'_>, ticket: &Ticket) -> Value {
    let mut record = listed(desk, ticket);
    record["assets"] = ticket
        .assets
        .iter()
        .map(|(id, primary)| json!({ "id": id, "isPrimary": primary }))
        .collect();
    record["description"] = json!(ticket.description);
    record
}

/// The list leaves out parts: here which asset is the primary one.
pub(super) fn listed(desk: &Desk<'_>, ticket: &Ticket) -> Value {
    let ids = desk.rmm.ids;
    let person = json!({ "id": ids.id(Thing::Person, 1, 0) });
    json!({
        "id": ticket.id,
        "number": ticket.number,
        "nocTicketId": ticket.short.to_string(),
        "summary": ticket.summary,
        "description": ticket.description,
        "version": ticket.version,
        "company": ticket.company.map(|it| json!({ "id": ids.company(desk.fleet, it) })),
        "site": ticket.site.map(|it| json!({ "id": ids.site(desk.fleet, it) })),
        "serviceBoard": reference(ids, Kind::Board, ticket.board),
        "source": reference(ids, Kind::Source, ticket.source),
        "priority": reference(ids, Kind::Priority, ticket.priority),
        "status": reference(ids, Kind::Status, ticket.status),
        "type": reference(ids, Kind::Type, ticket.kind),
        "category": ticket.category.map(|it| reference(ids, Kind::Category, it)),
        "assignee": ticket.assignee.map(|it| json!({ "id": it })),
        "assigneeTeam": ticket.team.map(|it| reference(ids, Kind::Team, it)),
        "tags": ticket.tags.iter().map(|it| reference(ids, Kind::Tag, *it)).collect::<Vec<_>>(),
        "assets": ticket.assets.iter().map(|(id, _)| json!({ "id": id })).collect::<Vec<_>>(),
        "dueDate": ticket.due,
        "extendedAttributes": [],
        "createdAt": ticket.created_at,
        "createdBy": person,
        "updatedAt": ticket.updated_at,
        "updatedBy": person,
    })
}
