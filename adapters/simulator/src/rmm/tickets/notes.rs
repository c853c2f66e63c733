//! Notes of a ticket. The first one, by the system, gives the number under which the portal knows the ticket.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ticket, bad, missing};
use crate::http::{Answer, Request};
use crate::rmm::Desk;
use crate::rmm::ids::Thing;

const DETAIL_MAX: usize = 12_000;
/// Everyone, partner only, expert services, expert users.
const VISIBILITIES: [u8; 4] = [1, 2, 7, 8];

#[derive(Clone, Debug)]
pub(super) struct Note {
    detail: String,
    visibility: u8,
    at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    detail: String,
    visibility: u8,
}

pub(in crate::rmm) fn notes(desk: &Desk<'_>, id: &str) -> Answer {
    let Some(at) = desk.rmm.tickets.find(id) else { return missing() };
    let ticket = &desk.rmm.tickets.all[at];
    let system = Note {
        detail: format!(
            "Connectwise ticket id {} is created to match ASIO ticket id {}",
            ticket.short, ticket.number
        ),
        visibility: 2,
        at: ticket.created_at,
    };
    let notes = std::iter::once(&system).chain(&ticket.notes).enumerate();
    let notes: Vec<Value> = notes.map(|(no, note)| record(desk, ticket, no, note)).collect();
    Answer::ok(&notes)
}

fn record(desk: &Desk<'_>, ticket: &Ticket, no: usize, note: &Note) -> Value {
    json!({
        "id": desk.rmm.ids.id(Thing::Note, ticket.short, no as u16),
        "ticketId": ticket.id,
        "detail": note.detail,
        "visibility": note.visibility,
        "createdAt": note.at,
        "createdBy": { "id": desk.rmm.ids.id(Thing::Person, u32::from(no > 0), 0) },
    })
}

pub(in crate::rmm) fn add_note(desk: &mut Desk<'_>, request: &Request, id: &str) -> Answer {
    let Some(at) = desk.rmm.tickets.find(id) else { return missing() };
    let ask: Ask = match serde_json::from_slice(&request.body) {
        Ok(ask) => ask,
        Err(problem) => return bad(&problem.to_string()),
    };
    if ask.detail.is_empty() || ask.detail.chars().count() > DETAIL_MAX {
        return bad("detail must have 1 to 12000 characters");
    }
    if !VISIBILITIES.contains(&ask.visibility) {
        return bad("visibility must be 1, 2, 7 or 8");
    }
    let note = Note { detail: ask.detail, visibility: ask.visibility, at: desk.now };
    let ticket = &mut desk.rmm.tickets.all[at];
    ticket.notes.push(note);
    let (ticket, no) = (&desk.rmm.tickets.all[at], desk.rmm.tickets.all[at].notes.len());
    Answer::json(201, &record(desk, ticket, no, &ticket.notes[no - 1]))
}
