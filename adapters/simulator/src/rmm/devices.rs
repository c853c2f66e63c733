//! The v1 device lists: ids and types, no host names.

use serde::Serialize;
use uuid::Uuid;

use super::errors::error;
use super::page::page;
use super::{Desk, NothingThere};
use crate::faults::ErrorShape::ErrorDescription;
use crate::fleet::{Family, Kind, MachineNo};
use crate::http::{Answer, Each, Request};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    client_id: Uuid,
    site_id: Uuid,
    endpoint_id: Uuid,
    reg_id: String,
    endpoint_type: &'static str,
    os_type: &'static str,
}

#[derive(Serialize)]
struct Lines<T> {
    endpoints: T,
}

pub(super) fn all(desk: &Desk<'_>, request: &Request) -> Answer {
    let total = desk.fleet.machines.len();
    list(desk, request, total, |at| MachineNo(at as u32))
}

pub(super) fn of_company(desk: &Desk<'_>, request: &Request, company: &str) -> Answer {
    let Some(client) = desk.rmm.ids.find_company(desk.fleet, company) else { return nothing() };
    let machines = &desk.fleet.client(client).machines;
    list(desk, request, machines.len(), |at| machines[at])
}

pub(super) fn of_site(desk: &Desk<'_>, request: &Request, company: &str, site: &str) -> Answer {
    let ids = desk.rmm.ids;
    let Some(client) = ids.find_company(desk.fleet, company) else { return nothing() };
    let Some(site) = ids.find_site(desk.fleet, site) else { return nothing() };
    let of_client = desk.fleet.client(client).machines.iter().copied();
    let machines: Vec<MachineNo> =
        of_client.filter(|it| desk.fleet.machine(*it).site == site).collect();
    list(desk, request, machines.len(), |at| machines[at])
}

fn list(
    desk: &Desk<'_>,
    request: &Request,
    total: usize,
    machine: impl Fn(usize) -> MachineNo,
) -> Answer {
    if total == 0 && desk.rmm.switches.no_devices == NothingThere::NotFound {
        return nothing();
    }
    let page = match page(request, total, desk.rmm.switches.page.unwrap_or(usize::MAX)) {
        Ok(page) => page,
        Err(cursor) => {
            return error(
                ErrorDescription,
                400,
                "bad request",
                &format!("invalid cursor {cursor}"),
            );
        }
    };
    let endpoints = Each(|| page.range.clone().map(|at| line(desk, machine(at))));
    page.link(Answer::ok(&Lines { endpoints }))
}

fn line(desk: &Desk<'_>, no: MachineNo) -> Line {
    let machine = desk.fleet.machine(no);
    Line {
        client_id: desk.rmm.ids.company(desk.fleet, machine.client),
        site_id: desk.rmm.ids.site(desk.fleet, machine.site),
        endpoint_id: desk.rmm.ids.endpoint(desk.fleet, no),
        reg_id: reg_id(no),
        endpoint_type: endpoint_type(machine.kind),
        os_type: os_type(machine.os.family),
    }
}

fn nothing() -> Answer {
    error(ErrorDescription, 404, "not found", "no endpoints found")
}

pub(super) fn reg_id(no: MachineNo) -> String {
    (100_234 + no.0).to_string()
}

/// A laptop is a desktop here.
pub(super) fn endpoint_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Laptop | Kind::Desktop => "Desktop",
        Kind::Server => "Server",
    }
}

pub(super) fn os_type(family: Family) -> &'static str {
    match family {
        Family::Windows => "windows",
        Family::Mac => "darwin",
        Family::Linux => "linux",
    }
}
