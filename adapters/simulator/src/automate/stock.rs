//! Services and updates of a computer, as of its last inventory.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::Desk;
use super::estate::Computer;
use super::list::Source;
use super::places::map;
use crate::fleet::services;
use crate::http::{Answer, Request};

const FIELDS: &[&str] = &["ComputerServiceId", "ComputerId", "Name", "State"];

impl Desk<'_> {
    pub(super) fn services(&self, request: &Request, id: i64) -> Answer {
        let Some(computer) = self.seen_computer(id) else {
            return super::error(404, "Computer not found.");
        };
        let all = self.automate.estate.machine(self.fleet, computer).services();
        let read_at = self.automate.date(self.inventoried_at(computer));
        let row = |at: usize| -> Map<String, Value> {
            let (service, runs) = &all[at];
            map(json!({
                "ComputerServiceId": id * 1_000 + at as i64, "ComputerId": id, "Name": service.name,
                "Description": service.shown, "State": services::word(*runs),
                "Startup": if service.starts_itself { "Auto" } else { "Manual" },
                "DateLastInventoried": read_at,
            }))
        };
        self.automate.list(request, &Source { count: all.len(), row: &row, fields: FIELDS })
    }

    pub(super) fn patching(&self, id: i64) -> Answer {
        let Some(computer) = self.seen_computer(id) else {
            return super::error(404, "Computer not found.");
        };
        let patches = self.automate.estate.machine(self.fleet, computer).patches;
        Answer::ok(&json!({
            "ComputerId": id, "MissingPatchCount": patches.missing, "FailedPatchCount": patches.failed,
            "NoPatchInventory": false,
            "LastPatchInventory": self.automate.date(self.inventoried_at(computer)),
        }))
    }

    pub(super) fn inventoried_at(&self, computer: &Computer) -> Timestamp {
        let (online, contact) = self.automate.estate.contact(self.fleet, computer, self.now);
        let age =
            SignedDuration::try_from(self.automate.switches.inventory_age).unwrap_or_default();
        (if online { self.now } else { contact }) - age
    }
}
