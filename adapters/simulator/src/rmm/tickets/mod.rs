//! Service tickets: a list with filters and pages, one ticket, new ones, changes, notes, and the lists of words.

mod lookups;
mod notes;
mod query;
mod record;
mod write;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Desk;
use super::errors::error;
use super::ids::{Ids, Thing};
use crate::faults::ErrorShape::List;
use crate::fleet::{ClientNo, Fleet, MachineNo, SiteNo};
use crate::http::Answer;
use crate::mix::Stream;

pub(super) use lookups::lookup;
pub(super) use notes::{add_note, notes};
pub(super) use query::list;
pub use write::CreatedTicket;
pub(super) use write::{change, create};

use lookups::Kind;
use notes::Note;

/// Enough for two pages of a hundred.
const SEEDED: u32 = 137;

#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    id: Uuid,
    number: String,
    /// The number people see in the portal.
    short: u32,
    summary: String,
    description: String,
    version: u32,
    company: Option<ClientNo>,
    site: Option<SiteNo>,
    /// Places in the lists of [`lookups`].
    board: usize,
    source: usize,
    priority: usize,
    status: usize,
    kind: usize,
    category: Option<usize>,
    team: Option<usize>,
    assignee: Option<Uuid>,
    tags: Vec<usize>,
    /// Endpoint and whether it is the primary one.
    assets: Vec<(Uuid, bool)>,
    /// `mm/dd/yyyy`
    due: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    notes: Vec<Note>,
    /// Made by a call, and not there from the start.
    made_here: bool,
}

#[derive(Debug)]
pub(crate) struct Tickets {
    all: Vec<Ticket>,
}

/// Summary, category, tags.
const TROUBLES: [(&str, usize, &[usize]); 10] = [
    ("Printer offline", 4, &[0]),
    ("Cannot open shared drive", 2, &[]),
    ("Low disk space", 0, &[2]),
    ("Outlook keeps asking for a password", 3, &[]),
    ("Laptop very slow since update", 0, &[]),
    ("VPN drops every hour", 2, &[1]),
    ("Backup failed last night", 1, &[3]),
    ("New starter needs an account", 1, &[]),
    ("Screen flickers", 0, &[]),
    ("Suspicious e-mail reported", 5, &[1]),
];

impl Tickets {
    pub(crate) fn new(ids: Ids, fleet: &Fleet, now: Timestamp) -> Self {
        let mut dice = Stream::new(&[fleet.seed, 0x71c]);
        let near = fleet.machines.len().min(400);
        let all = (0..SEEDED)
            .map(|no| {
                let (trouble, category, tags) = *dice.pick(&TROUBLES);
                let machine = (near > 0).then(|| MachineNo(dice.below(near) as u32));
                let closed = dice.one_in(2);
                // The higher the number, the younger.
                let age = i64::from(SEEDED - no) * 230 - dice.below(200) as i64;
                let created_at = now - SignedDuration::from_mins(age);
                let host = machine.map(|it| &*fleet.machine(it).name);
                Ticket {
                    summary: host.map_or(trouble.to_owned(), |host| format!("{trouble} ({host})")),
                    description: format!("Reported by phone: {}.", trouble.to_lowercase()),
                    company: machine.map(|it| fleet.machine(it).client),
                    site: machine.map(|it| fleet.machine(it).site),
                    assets: machine.map(|it| (ids.endpoint(fleet, it), true)).into_iter().collect(),
                    board: usize::from(dice.one_in(4)),
                    source: dice.below(lookups::names(Kind::Source).len()),
                    priority: dice.below(4),
                    status: if closed { 3 + dice.below(2) } else { dice.below(3) },
                    kind: dice.below(2),
                    category: Some(category),
                    team: Some(dice.below(2)),
                    tags: tags.to_vec(),
                    updated_at: created_at
                        + SignedDuration::from_mins(dice.below(180) as i64 % age.max(1)),
                    created_at,
                    made_here: false,
                    ..Ticket::blank(ids, no, now)
                }
            })
            .collect();
        Self { all }
    }

    fn find(&self, id: &str) -> Option<usize> {
        let id = Uuid::try_parse(id).ok()?;
        self.all.iter().position(|it| it.id == id)
    }
}

impl Ticket {
    fn blank(ids: Ids, no: u32, now: Timestamp) -> Self {
        Self {
            id: ids.id(Thing::Ticket, no, 0),
            number: format!("{}.{:04}", 140_400 + no, 2000 + (no * 37) % 8000),
            short: 5800 + no,
            summary: String::new(),
            description: String::new(),
            version: 1,
            company: None,
            site: None,
            board: 0,
            source: 0,
            priority: 2,
            status: 0,
            kind: 0,
            category: None,
            team: None,
            assignee: None,
            tags: Vec::new(),
            assets: Vec::new(),
            due: None,
            created_at: now,
            updated_at: now,
            notes: Vec::new(),
            made_here: true,
        }
    }
}

impl Desk<'_> {
    /// A person opens a ticket about a machine in the portal.
    pub(crate) fn ticket_by_hand(&mut self, summary: &str, machine: MachineNo) {
        let no = self.rmm.tickets.all.len() as u32;
        let at = self.fleet.machine(machine);
        let ticket = Ticket {
            summary: summary.to_owned(),
            description: "Reported by phone.".to_owned(),
            company: Some(at.client),
            site: Some(at.site),
            assets: vec![(self.rmm.ids.endpoint(self.fleet, machine), true)],
            made_here: false,
            ..Ticket::blank(self.rmm.ids, no, self.now)
        };
        self.rmm.tickets.all.push(ticket);
    }
}

pub(super) fn one(desk: &Desk<'_>, id: &str) -> Answer {
    match desk.rmm.tickets.find(id) {
        Some(at) => Answer::ok(&record::full(desk, &desk.rmm.tickets.all[at])),
        None => missing(),
    }
}

fn missing() -> Answer {
    error(List, 404, "not_found", "ticket not found")
}

fn bad(message: &str) -> Answer {
    error(List, 400, "bad_request", message)
}
