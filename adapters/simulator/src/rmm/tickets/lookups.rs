//! The words tickets are made of: boards, teams, priorities, sources, statuses, types, categories, tags.

use serde_json::{Value, json};
use uuid::Uuid;

use super::bad;
use crate::http::{Answer, Each, Request};
use crate::rmm::Desk;
use crate::rmm::ids::{Ids, Thing};
use crate::rmm::routes::Call;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Board = 1,
    Team,
    Priority,
    Source,
    Status,
    Type,
    Category,
    Tag,
}

/// One board and one status are no longer in use.
const BOARDS: [&str; 4] = ["Help Desk", "Alerts", "Projects", "Old Board"];
const TEAMS: [&str; 3] = ["Tier 1", "Tier 2", "Projects"];
const PRIORITIES: [&str; 4] = ["Priority 1", "Priority 2", "Priority 3", "Priority 4"];
const SOURCES: [&str; 5] = ["Phone", "Email", "Portal", "Chat", "Monitoring"];
const STATUSES: [&str; 6] =
    ["New", "In Progress", "Waiting on Customer", "Completed", "Closed", "Parked"];
const TYPES: [&str; 4] = ["Incident", "Service Request", "Problem", "Change"];
const CATEGORIES: [&str; 6] = ["Hardware", "Software", "Network", "Email", "Printing", "Security"];
const TAGS: [&str; 4] = ["printer", "vip", "disk", "backup"];

/// Category and service-level status of each status.
const STATUS_CATEGORIES: [(&str, &str); 6] = [
    ("New", "NotResponded"),
    ("InProgress", "Responded"),
    ("InProgress", "Waiting"),
    ("Closed", "Resolved"),
    ("Closed", "Resolved"),
    ("InProgress", "PlanCreated"),
];

pub(super) fn names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Board => &BOARDS,
        Kind::Team => &TEAMS,
        Kind::Priority => &PRIORITIES,
        Kind::Source => &SOURCES,
        Kind::Status => &STATUSES,
        Kind::Type => &TYPES,
        Kind::Category => &CATEGORIES,
        Kind::Tag => &TAGS,
    }
}

pub(super) fn id(ids: Ids, kind: Kind, at: usize) -> Uuid {
    ids.id(Thing::Lookup, ((kind as u32) << 8) + at as u32, 0)
}

/// `{"id":…,"name":…}`
pub(super) fn reference(ids: Ids, kind: Kind, at: usize) -> Value {
    json!({ "id": id(ids, kind, at), "name": names(kind)[at] })
}

pub(super) fn inactive(kind: Kind, at: usize) -> bool {
    matches!((kind, at), (Kind::Board, 3) | (Kind::Status, 5))
}

/// The place of what `{"id":…}` or `{"name":…}` means; names in any case. Things out of use are not found.
pub(super) fn resolve(ids: Ids, kind: Kind, reference: &Value) -> Option<usize> {
    let names = names(kind);
    let found = match (reference["id"].as_str(), reference["name"].as_str()) {
        (Some(wanted), _) => {
            let wanted = Uuid::try_parse(wanted).ok()?;
            (0..names.len()).find(|at| id(ids, kind, *at) == wanted)
        }
        (None, Some(name)) => names.iter().position(|it| it.eq_ignore_ascii_case(name)),
        (None, None) => None,
    };
    found.filter(|at| !inactive(kind, *at))
}

pub(in crate::rmm) fn lookup(
    desk: &Desk<'_>,
    request: &Request,
    call: Call,
    board: &str,
) -> Answer {
    let parameters = request.parameters();
    let allowed: &[&str] = match call {
        Call::Boards => &["companyId", "siteId", "typeId"],
        Call::Types => &["entity"],
        _ => &[],
    };
    if let Some(name) = parameters.unknown(allowed) {
        return bad(&format!("unknown parameter {name}"));
    }
    let kind = match call {
        Call::Teams => return teams(desk, board),
        Call::Counts => return counts(desk),
        Call::Priorities => Kind::Priority,
        Call::Sources => Kind::Source,
        Call::Statuses => Kind::Status,
        Call::Types => Kind::Type,
        Call::Categories => Kind::Category,
        Call::Tags => Kind::Tag,
        // Only boards are left: other calls do not come here.
        _ => Kind::Board,
    };
    Answer::ok(&Each(|| (0..names(kind).len()).map(|at| record(desk.rmm.ids, kind, at))))
}

fn record(ids: Ids, kind: Kind, at: usize) -> Value {
    let mut record = json!({
        "id": id(ids, kind, at),
        "name": names(kind)[at],
        "createdAt": "2024-02-01T00:00:00Z",
        "createdBy": { "id": ids.id(Thing::Person, 0, 0) },
        "updatedAt": "2025-11-20T04:00:00Z",
        "updatedBy": { "id": ids.id(Thing::Person, 0, 0) },
    });
    match kind {
        Kind::Board => {
            record["description"] = json!("");
            record["inactiveFlag"] = json!(inactive(kind, at));
            record["defaultPriority"] = reference(ids, Kind::Priority, 2);
        }
        Kind::Status => {
            record["category"] = json!(STATUS_CATEGORIES[at].0);
            record["slaStatus"] = json!(STATUS_CATEGORIES[at].1);
            record["inactiveFlag"] = json!(inactive(kind, at));
        }
        Kind::Team | Kind::Priority | Kind::Source | Kind::Type | Kind::Category | Kind::Tag => {}
    }
    record
}

fn teams(desk: &Desk<'_>, board: &str) -> Answer {
    let ids = desk.rmm.ids;
    let found = (0..BOARDS.len()).find(|at| id(ids, Kind::Board, *at).to_string() == board);
    let Some(at) = found else {
        return super::error(super::List, 404, "not_found", "service board not found");
    };
    // The project team belongs to the project board, the others to the rest.
    let belongs = |team: &usize| (*team == 2) == (at == 2);
    let record = |team: usize| {
        json!({
            "id": id(ids, Kind::Team, team), "teamId": id(ids, Kind::Team, team), "teamName": TEAMS[team],
            "serviceBoardId": board,
        })
    };
    Answer::ok(&Each(|| (0..TEAMS.len()).filter(belongs).map(record)))
}

fn counts(desk: &Desk<'_>) -> Answer {
    let count = |at: usize| desk.rmm.tickets.all.iter().filter(|it| it.status == at).count();
    let record = |at: usize| json!({ "category": STATUS_CATEGORIES[at].0, "name": STATUSES[at], "count": count(at) });
    Answer::ok(&Each(|| (0..STATUSES.len()).map(record)))
}
