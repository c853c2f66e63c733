//! New tickets and changes to old ones.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::lookups::{Kind, names, resolve};
use super::query::due;
use super::{Ticket, Tickets, bad, error, missing, record};
use crate::faults::ErrorShape::List;
use crate::fleet::Fleet;
use crate::http::{Answer, Request};
use crate::rmm::Desk;
use crate::rmm::ids::Ids;

/// A ticket that a call made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTicket {
    pub id: Uuid,
    pub number: String,
    pub summary: String,
    pub description: String,
    pub client: Option<String>,
    pub board: String,
    pub source: String,
    pub priority: String,
    /// Endpoint ids, the primary one first.
    pub assets: Vec<Uuid>,
    pub at: Timestamp,
}

impl Tickets {
    pub(crate) fn created(&self, fleet: &Fleet) -> Vec<CreatedTicket> {
        let created = |it: &Ticket| {
            let mut assets = it.assets.clone();
            assets.sort_by_key(|(_, primary)| !primary);
            CreatedTicket {
                id: it.id,
                number: it.number.clone(),
                summary: it.summary.clone(),
                description: it.description.clone(),
                client: it.company.map(|it| fleet.client(it).name.to_string()),
                board: names(Kind::Board)[it.board].to_owned(),
                source: names(Kind::Source)[it.source].to_owned(),
                priority: names(Kind::Priority)[it.priority].to_owned(),
                assets: assets.into_iter().map(|it| it.0).collect(),
                at: it.created_at,
            }
        };
        self.all.iter().filter(|it| it.made_here).map(created).collect()
    }
}

const WRITABLE: [&str; 15] = [
    "summary",
    "description",
    "serviceBoard",
    "source",
    "company",
    "site",
    "priority",
    "status",
    "type",
    "category",
    "assignee",
    "assigneeTeam",
    "tags",
    "dueDate",
    "assets",
];

/// Sent back by careless callers, and ignored.
const READ_ONLY: [&str; 9] = [
    "id",
    "number",
    "nocTicketId",
    "version",
    "createdAt",
    "createdBy",
    "updatedAt",
    "updatedBy",
    "extendedAttributes",
];

pub(in crate::rmm) fn create(desk: &mut Desk<'_>, request: &Request) -> Answer {
    let no = desk.rmm.tickets.all.len() as u32;
    let blank = Ticket::blank(desk.rmm.ids, no, desk.now);
    let ticket = match parse(&request.body).and_then(|body| read(desk, &body, blank)) {
        Ok(ticket) => ticket,
        Err(problem) => return bad(&problem),
    };
    let answer = Answer::json(201, &record::full(desk, &ticket));
    desk.rmm.tickets.all.push(ticket);
    answer
}

fn parse(body: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(body).map_err(|it| format!("body must be a JSON object: {it}"))
}

fn read(desk: &Desk<'_>, body: &Map<String, Value>, mut ticket: Ticket) -> Result<Ticket, String> {
    let is_known =
        |it: &&String| WRITABLE.contains(&it.as_str()) || READ_ONLY.contains(&it.as_str());
    if let Some(name) = body.keys().find(|it| !is_known(it)) {
        return Err(format!("field {name} is unknown"));
    }
    for required in ["summary", "description", "serviceBoard", "source"] {
        if body.get(required).is_none_or(Value::is_null) {
            return Err(format!("{required} is required"));
        }
    }
    for (name, value) in body.iter().filter(|it| !it.1.is_null()) {
        set(desk, &mut ticket, name, value)?;
    }
    let owner = ticket.site.map(|it| desk.fleet.site(it).client);
    if owner.is_some() && ticket.company.is_some() && owner != ticket.company {
        return Err("site does not belong to company".into());
    }
    Ok(ticket)
}

fn set(desk: &Desk<'_>, ticket: &mut Ticket, name: &str, value: &Value) -> Result<(), String> {
    let (ids, fleet) = (desk.rmm.ids, &*desk.fleet);
    let invalid = || format!("{name} is invalid");
    match name {
        "summary" => ticket.summary = text(name, value, 255)?,
        "description" => ticket.description = text(name, value, 10_000)?,
        "serviceBoard" => ticket.board = word(ids, Kind::Board, name, value)?,
        "source" => ticket.source = word(ids, Kind::Source, name, value)?,
        "priority" => ticket.priority = word(ids, Kind::Priority, name, value)?,
        "status" => ticket.status = word(ids, Kind::Status, name, value)?,
        "type" => ticket.kind = word(ids, Kind::Type, name, value)?,
        "category" => ticket.category = Some(word(ids, Kind::Category, name, value)?),
        "assigneeTeam" => ticket.team = Some(word(ids, Kind::Team, name, value)?),
        "assignee" => {
            ticket.assignee = Some(id(value).and_then(|it| it.parse().ok()).ok_or_else(invalid)?)
        }
        "company" => {
            ticket.company =
                Some(id(value).and_then(|it| ids.find_company(fleet, it)).ok_or_else(invalid)?);
        }
        "site" => {
            ticket.site =
                Some(id(value).and_then(|it| ids.find_site(fleet, it)).ok_or_else(invalid)?)
        }
        "dueDate" => {
            let day = value.as_str().filter(|it| due(it).is_some());
            ticket.due = Some(day.ok_or("dueDate must be mm/dd/yyyy")?.to_owned());
        }
        "tags" => {
            let tags = value.as_array().ok_or_else(invalid)?;
            ticket.tags =
                tags.iter().map(|it| word(ids, Kind::Tag, name, it)).collect::<Result<_, _>>()?;
        }
        "assets" => {
            let asset = |it: &Value| {
                let no = id(it).and_then(|it| ids.find_endpoint(fleet, it)).ok_or_else(invalid)?;
                Ok((ids.endpoint(fleet, no), it["isPrimary"].as_bool().unwrap_or(false)))
            };
            ticket.assets = value
                .as_array()
                .ok_or_else(invalid)?
                .iter()
                .map(asset)
                .collect::<Result<_, String>>()?;
        }
        _ => {}
    }
    Ok(())
}

fn id(value: &Value) -> Option<&str> {
    value["id"].as_str()
}

fn text(name: &str, value: &Value, most: usize) -> Result<String, String> {
    let text = value.as_str().ok_or_else(|| format!("{name} must be a string"))?;
    match text.chars().count() {
        0 => Err(format!("{name} must not be empty")),
        length if length > most => Err(format!("{name} must have at most {most} characters")),
        _ => Ok(text.to_owned()),
    }
}

fn word(ids: Ids, kind: Kind, name: &str, value: &Value) -> Result<usize, String> {
    resolve(ids, kind, value).ok_or_else(|| format!("{name} does not exist"))
}

/// A JSON Patch array that may only replace.
pub(in crate::rmm) fn change(desk: &mut Desk<'_>, request: &Request, id: &str) -> Answer {
    let Some(at) = desk.rmm.tickets.find(id) else { return missing() };
    let Ok(Value::Array(steps)) = serde_json::from_slice(&request.body) else {
        return bad("body must be a JSON Patch array");
    };
    if steps.iter().any(|it| it["op"] != "replace") {
        return error(List, 405, "method_not_allowed", "only replace is supported");
    }
    // Worked out on a copy, so a refused step leaves no half-changed ticket.
    let mut changed = desk.rmm.tickets.all[at].clone();
    for step in &steps {
        let name = step["path"].as_str().and_then(|it| it.strip_prefix('/')).unwrap_or_default();
        if !WRITABLE.contains(&name) {
            return bad(&format!("path /{name} is not supported"));
        }
        if let Err(problem) = set(desk, &mut changed, name, &step["value"]) {
            return bad(&problem);
        }
    }
    changed.version += 1;
    changed.updated_at = desk.now;
    let answer = Answer::ok(&record::full(desk, &changed));
    desk.rmm.tickets.all[at] = changed;
    answer
}
