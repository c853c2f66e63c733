//! How one device is doing: boot time, who is signed in, processor, memory and disks.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::errors::error;
use super::{Desk, Memory, inventory};
use crate::faults::ErrorShape::CodeMessage;
use crate::fleet::{Fleet, MachineNo};
use crate::http::Answer;
use crate::mix::mix;

pub(super) fn one(desk: &Desk<'_>, id: &str) -> Answer {
    match desk.rmm.ids.find_endpoint(desk.fleet, id) {
        Some(no) => Answer::ok(&state(desk.rmm, desk.fleet, no, desk.now)),
        // Documented without a body.
        None => Answer::empty(404),
    }
}

pub(super) fn state(rmm: &Memory, fleet: &Fleet, no: MachineNo, now: Timestamp) -> Value {
    let machine = fleet.machine(no);
    let last = machine.last_log_on();
    let account = last.map(|it| fleet.account(machine, it.person)).unwrap_or_default();
    let on_now: Vec<Value> = last
        .filter(|_| machine.signed_in)
        .map(|it| {
            json!({
                "username": account, "isAdmin": false, "sessionID": "1", "sessionName": "console",
                "status": "Active", "client": "", "logonTime": it.at,
            })
        })
        .into_iter()
        .collect();
    json!({
        "createTimeUTC": machine.last_contact(now),
        "name": "systemState",
        "type": "systemState",
        "endpointID": rmm.ids.endpoint(fleet, no),
        "clientID": rmm.ids.company(fleet, machine.client),
        "siteID": rmm.ids.site(fleet, machine.site),
        "startupStatus": { "lastBootUpTimeUTC": machine.booted_at },
        "lastLoggedOnUser": last.map(|it| json!({
            "username": account,
            "logonTime": it.at,
            "status": if machine.signed_in { "Active" } else { "Disconnected" },
            "isAdmin": false,
        })),
        "loggedOnUsers": on_now,
    })
}

pub(super) fn cpu(desk: &Desk<'_>, id: &str) -> Answer {
    usage(desk, id, |reading| {
        json!({
            "endpointID": reading.id,
            "createTimeUTC": reading.at,
            "cpuUsagePercent": 3.0 + (reading.noise % 600) as f64 / 10.0,
        })
    })
}

pub(super) fn memory(desk: &Desk<'_>, id: &str) -> Answer {
    usage(desk, id, |reading| {
        let total = inventory::memory_bytes(desk.fleet.machine(reading.no));
        let used = total / 1000 * (300 + reading.noise % 550);
        json!({
            "endpointID": reading.id, "createTimeUTC": reading.at, "totalBytes": total, "usedBytes": used,
            "usagePercent": (used as f64 * 1000.0 / total as f64).round() / 10.0,
        })
    })
}

pub(super) fn disk(desk: &Desk<'_>, id: &str) -> Answer {
    usage(desk, id, |reading| {
        let machine = desk.fleet.machine(reading.no);
        json!({
            "endpointID": reading.id,
            "createTimeUTC": reading.at,
            "disks": [{
                "name": machine.system_drive(),
                "totalBytes": machine.disk_total(),
                "freeBytes": machine.disk_free,
                "usagePercent": machine.disk_used_percent(),
            }],
        })
    })
}

struct Reading {
    no: MachineNo,
    id: Uuid,
    at: Timestamp,
    /// Changes from minute to minute, and not in between.
    noise: u64,
}

fn usage(desk: &Desk<'_>, id: &str, body: impl Fn(&Reading) -> Value) -> Answer {
    let Some(no) = desk.rmm.ids.find_endpoint(desk.fleet, id) else {
        return error(CodeMessage, 404, "not_found", "endpoint not found");
    };
    let at = desk.fleet.machine(no).last_contact(desk.now);
    let noise = mix(&[desk.fleet.seed, 0x105e, u64::from(no.0), at.as_second() as u64 / 60]);
    Answer::ok(&body(&Reading { no, id: desk.rmm.ids.endpoint(desk.fleet, no), at, noise }))
}
