//! The v2 device list, by company, site or endpoint, with names; and one device by its full path.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::devices::{endpoint_type, os_type};
use super::errors::{bad_request, error};
use super::{Desk, ListVerb, NothingThere, inventory, page};
use crate::faults::ErrorShape::CodeMessage;
use crate::fleet::{Family, MachineNo};
use crate::http::{Answer, Request, split_list};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 500;
const PARAMETERS: [&str; 5] = ["limit", "cursor", "field", "sortBy", "filter"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Ask {
    resource_type: String,
    resources: Vec<String>,
}

pub(super) fn list(desk: &Desk<'_>, request: &Request, category: &str) -> Answer {
    let switches = &desk.rmm.switches;
    let allowed = match switches.list_verb {
        ListVerb::PostOnly => request.method == Method::POST,
        ListVerb::GetWithBodyOnly => request.method == Method::GET,
        ListVerb::Both => true,
    };
    if !allowed {
        return error(CodeMessage, 405, "method_not_allowed", "method not allowed");
    }
    if !["platform", "network", "cloud", "all"].contains(&category) {
        return bad_request("ErrInvalidCategory");
    }
    let parameters = request.parameters();
    if let Some(name) = parameters.unknown(&PARAMETERS) {
        return bad_request(&format!("unknown parameter {name}"));
    }
    let limit = match parameters.get("limit").map(str::parse::<usize>) {
        None => LIMIT_DEFAULT,
        Some(Ok(limit)) if (1..=LIMIT_MAX).contains(&limit) => limit,
        Some(_) => return bad_request("limit must be between 1 and 500"),
    };
    let ask: Ask = match serde_json::from_slice(&request.body) {
        Ok(ask) => ask,
        Err(_) => return bad_request("ErrInvalidRequestBody"),
    };
    if ask.resources.is_empty() {
        return bad_request("ErrCompanyIDNotProvided");
    }
    if ask.resources.len() > switches.resources_max {
        return bad_request("ErrTooManyResources");
    }
    let machines = match machines(desk, &ask) {
        Ok(machines) => machines,
        Err(refusal) => return refusal,
    };
    let total = if category == "platform" || category == "all" { machines.len() } else { 0 };
    if total == 0 && switches.no_devices == NothingThere::NotFound {
        return error(CodeMessage, 404, "not_found", "no endpoints found");
    }
    let page = match page::page(request, total, limit) {
        Ok(page) => page,
        Err(_) => return bad_request("cursor must be an integer"),
    };
    let fields = parameters.list("field");
    page.link(Answer::ok(&groups(desk, &machines[page.range.clone()], &fields)))
}

/// The machines the body names; an unknown id names none.
fn machines(desk: &Desk<'_>, ask: &Ask) -> Result<Vec<MachineNo>, Answer> {
    let (ids, fleet) = (desk.rmm.ids, &*desk.fleet);
    let mut machines = Vec::new();
    for id in &ask.resources {
        match ask.resource_type.as_str() {
            "company" => {
                let client = ids.find_company(fleet, id);
                machines.extend(client.iter().flat_map(|it| &fleet.client(*it).machines));
            }
            "site" => {
                let Some(site) = ids.find_site(fleet, id) else { continue };
                let all = fleet.client(fleet.site(site).client).machines.iter().copied();
                machines.extend(all.filter(|it| fleet.machine(*it).site == site));
            }
            "endpoint" => machines.extend(ids.find_endpoint(fleet, id)),
            _ => return Err(bad_request("Invalid Resource Type")),
        }
    }
    Ok(machines)
}

/// One group per company and site, in order of first appearance on the page.
fn groups(desk: &Desk<'_>, machines: &[MachineNo], fields: &[&str]) -> Value {
    let mut groups: Vec<(u32, Vec<Value>)> = Vec::new();
    for no in machines {
        let site = desk.fleet.machine(*no).site.0;
        let device = brief(desk, *no, fields);
        match groups.iter_mut().rev().find(|it| it.0 == site) {
            Some(group) => group.1.push(device),
            None => groups.push((site, vec![device])),
        }
    }
    let groups: Vec<Value> = groups
        .into_iter()
        .map(|(site, endpoints)| {
            let site = crate::fleet::SiteNo(site);
            json!({
                "companyID": desk.rmm.ids.company(desk.fleet, desk.fleet.site(site).client),
                "siteID": desk.rmm.ids.site(desk.fleet, site),
                "endpoints": endpoints,
            })
        })
        .collect();
    json!({ "platform": groups })
}

/// Names always; blocks as asked for, `os` and `system` when nothing was.
fn brief(desk: &Desk<'_>, no: MachineNo, fields: &[&str]) -> Value {
    let machine = desk.fleet.machine(no);
    let mut device = Map::new();
    device.insert("endpointID".into(), json!(desk.rmm.ids.endpoint(desk.fleet, no)));
    device.insert("deviceName".into(), json!(machine.name));
    device.insert("friendlyName".into(), json!(machine.friendly.as_deref().unwrap_or_default()));
    let defaults = ["os", "system"];
    let fields = if fields.is_empty() { &defaults[..] } else { fields };
    for field in fields {
        let value = match *field {
            "os" => {
                json!({ "product": machine.os.product, "type": os_type(machine.os.family), "version": machine.os.version })
            }
            "system" => json!({
                "systemName": machine.name, "serialNumber": machine.serial, "product": machine.model.name,
                "category": inventory::system(desk.fleet, machine)["category"],
            }),
            "bios" => inventory::bios(machine),
            "baseboard" => inventory::base_board(machine),
            "endpointType" | "resourceType" => json!(endpoint_type(machine.kind)),
            "ipAddress" => json!(inventory::address(desk.fleet, no)),
            "macAddress" => json!(inventory::mac_address(desk.fleet, no)),
            "type" => json!("endpoint"),
            "antiViruses" if machine.os.family == Family::Windows => {
                json!([{ "name": "Windows Defender", "enabled": true }])
            }
            _ => continue,
        };
        device.insert((*field).to_owned(), value);
    }
    Value::Object(device)
}

/// `[company, site, endpoint]` must belong together.
pub(super) fn device(desk: &Desk<'_>, request: &Request, path: [&str; 3]) -> Answer {
    let (ids, fleet) = (desk.rmm.ids, &*desk.fleet);
    let found = ids.find_endpoint(fleet, path[2]).filter(|no| {
        let machine = fleet.machine(*no);
        ids.company(fleet, machine.client).to_string() == path[0]
            && ids.site(fleet, machine.site).to_string() == path[1]
    });
    let Some(no) = found else { return error(CodeMessage, 404, "not_found", "endpoint not found") };
    let parameters = request.parameters();
    if let Some(name) = parameters.unknown(&["field"]) {
        return bad_request(&format!("unknown parameter {name}"));
    }
    let mut device = brief(desk, no, &split_list(parameters.get("field").unwrap_or_default()));
    device["companyID"] = json!(path[0]);
    device["siteID"] = json!(path[1]);
    Answer::ok(&json!({ "platform": device }))
}
