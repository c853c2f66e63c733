//! Who is online, and the system state of many: both asked by company, at most four at a time.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::errors::{bad_request, no_access};
use super::{Desk, state};
use crate::faults::ErrorShape::CodeMessage;
use crate::fleet::{ClientNo, MachineNo};
use crate::http::{Answer, Request};

/// More are refused.
const RESOURCES_MAX: usize = 4;
const PARAMETERS: [&str; 4] = ["resourceType", "resources", "offlineLookback", "availability"];
/// Agents report about once a minute.
const BEAT_SECS: u32 = 55;

pub(super) fn heartbeat(desk: &Desk<'_>, request: &Request) -> Answer {
    let wanted = match request.parameters().get("availability") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return bad_request("Invalid availability"),
    };
    envelope(desk, request, |no| {
        let machine = desk.fleet.machine(no);
        if wanted.is_some_and(|it| it != machine.online) {
            return None;
        }
        // Machines do not beat in step.
        let since = if machine.online { i64::from(no.0.wrapping_mul(17) % BEAT_SECS) } else { 0 };
        let beat = machine.last_contact(desk.now) - SignedDuration::from_secs(since);
        Some(json!({
            "EndpointID": desk.rmm.ids.endpoint(desk.fleet, no), "Availability": machine.online, "DcDateTimeUTC": beat,
        }))
    })
}

pub(super) fn states(desk: &Desk<'_>, request: &Request) -> Answer {
    envelope(desk, request, |no| Some(state::state(desk.rmm, desk.fleet, no, desk.now)))
}

fn envelope(
    desk: &Desk<'_>,
    request: &Request,
    record: impl Fn(MachineNo) -> Option<Value>,
) -> Answer {
    let parameters = request.parameters();
    if let Some(name) = parameters.unknown(&PARAMETERS) {
        return bad_request(&format!("unknown parameter {name}"));
    }
    match parameters.get("resourceType") {
        Some("companies") => {}
        Some("endpoints" | "sites") => return no_access(CodeMessage),
        _ => return bad_request("Invalid Resource Type"),
    }
    let resources = parameters.list("resources");
    if resources.is_empty() {
        return bad_request("ErrCompanyIDNotProvided");
    }
    if resources.len() > RESOURCES_MAX {
        return bad_request("ErrTooManyResources");
    }
    let (mut good, mut failed) = (Vec::new(), Vec::new());
    for id in resources {
        match desk.rmm.ids.find_company(desk.fleet, id) {
            Some(client) => good.push(company(desk, client, &record)),
            None => failed.push(json!({ "companyID": id, "error": "company not found" })),
        }
    }
    let status = if failed.is_empty() { "success" } else { "partial" };
    Answer::ok(&json!({ "status": status, "successfulRecords": good, "failedRecords": failed }))
}

fn company(
    desk: &Desk<'_>,
    client: ClientNo,
    record: &impl Fn(MachineNo) -> Option<Value>,
) -> Value {
    let endpoints: Vec<Value> =
        desk.fleet.client(client).machines.iter().filter_map(|it| record(*it)).collect();
    json!({ "companyID": desk.rmm.ids.company(desk.fleet, client), "endpoints": endpoints })
}
