//! Every path of the product in one table: who may call it, which fault orders hit it, how it words its errors.

use axum::http::Method;

use crate::faults::{ErrorShape, Route};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Token,
    RateLimits,
    Companies,
    Company,
    Sites,
    Site,
    CompanySites,
    CompanySite,
    Groups,
    Devices,
    CompanyDevices,
    SiteDevices,
    DeviceV1,
    DeviceV2,
    DevicesV2,
    State,
    StateBulk,
    CpuUsage,
    MemoryUsage,
    DiskUsage,
    Heartbeat,
    Patches,
    Scripts,
    ShellScripts,
    Tasks,
    TaskSummary,
    EndpointTaskSummary,
    Schedule,
    Instances,
    Results,
    Tickets,
    Ticket,
    CreateTicket,
    ChangeTicket,
    Notes,
    AddNote,
    Boards,
    Teams,
    Priorities,
    Sources,
    Statuses,
    Types,
    Categories,
    Tags,
    Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Served {
    V1,
    V2,
    Both,
}

pub(crate) struct Entry {
    method: Method,
    served: Served,
    /// After `/api/platform/v1/`; a star stands for one id.
    pattern: &'static str,
    pub(crate) call: Call,
    pub(crate) route: Route,
    /// Any one of these scopes will do.
    pub(crate) scopes: &'static [&'static str],
    pub(crate) shape: ErrorShape,
}

const COMPANIES: &[&str] = &["platform.companies.read"];
const SITES: &[&str] = &["platform.sites.read"];
const ASSETS: &[&str] = &["platform.asset.read"];
const DEVICES: &[&str] = &["platform.devices.read"];
const GROUPS: &[&str] = &["platform.deviceGroups.read"];
const PATCHES: &[&str] = &["platform.patching.read", "platform.ospatching.management.read"];
const READ: &[&str] = &["platform.automation.read"];
const RUN: &[&str] = &["platform.automation.create"];
const TICKETS: &[&str] = &["platform.tickets.read"];
const NEW_TICKET: &[&str] = &["platform.tickets.create"];
const EDIT_TICKET: &[&str] = &["platform.tickets.update"];

const fn get(
    served: Served,
    pattern: &'static str,
    call: Call,
    route: Route,
    scopes: Scopes,
) -> Entry {
    Entry { method: Method::GET, served, pattern, call, route, scopes: scopes.0, shape: scopes.1 }
}

const fn post(
    served: Served,
    pattern: &'static str,
    call: Call,
    route: Route,
    scopes: Scopes,
) -> Entry {
    Entry { method: Method::POST, served, pattern, call, route, scopes: scopes.0, shape: scopes.1 }
}

type Scopes = (&'static [&'static str], ErrorShape);

use ErrorShape::{CodeMessage, ErrorDescription, IdMessage, List, Nested, NestedList, PlainText};
use Served::{Both, V1, V2};

/// The first entry that fits decides, so words come before stars.
static TABLE: [Entry; 46] = [
    get(V1, "company/companies", Call::Companies, Route::Companies, (COMPANIES, NestedList)),
    get(V1, "company/companies/*", Call::Company, Route::Companies, (COMPANIES, NestedList)),
    get(V1, "company/sites", Call::Sites, Route::Sites, (SITES, NestedList)),
    get(V1, "company/sites/*", Call::Site, Route::Sites, (SITES, NestedList)),
    get(V1, "company/companies/*/sites", Call::CompanySites, Route::Sites, (SITES, NestedList)),
    get(V1, "company/companies/*/sites/*", Call::CompanySite, Route::Sites, (SITES, NestedList)),
    get(V1, "device-groups", Call::Groups, Route::Groups, (GROUPS, IdMessage)),
    get(
        V2,
        "device/endpoints/heartbeat",
        Call::Heartbeat,
        Route::Heartbeat,
        (DEVICES, CodeMessage),
    ),
    get(V2, "device/endpoints/systemstate", Call::StateBulk, Route::State, (DEVICES, CodeMessage)),
    get(V1, "device/endpoints", Call::Devices, Route::Devices, (ASSETS, ErrorDescription)),
    get(
        V1,
        "device/clients/*/endpoints",
        Call::CompanyDevices,
        Route::Devices,
        (ASSETS, ErrorDescription),
    ),
    get(
        V1,
        "device/clients/*/sites/*/endpoints",
        Call::SiteDevices,
        Route::Devices,
        (ASSETS, ErrorDescription),
    ),
    get(V1, "device/endpoints/*", Call::DeviceV1, Route::Device, (ASSETS, ErrorDescription)),
    get(
        V2,
        "device/companies/*/sites/*/endpoints/*",
        Call::DeviceV2,
        Route::Device,
        (DEVICES, CodeMessage),
    ),
    post(
        V2,
        "device/categories/*/endpoints",
        Call::DevicesV2,
        Route::DevicesV2,
        (DEVICES, CodeMessage),
    ),
    get(
        V2,
        "device/categories/*/endpoints",
        Call::DevicesV2,
        Route::DevicesV2,
        (DEVICES, CodeMessage),
    ),
    get(
        Both,
        "device/endpoints/*/system-state-info",
        Call::State,
        Route::State,
        (DEVICES, CodeMessage),
    ),
    get(V2, "device/endpoints/*/cpu-usage", Call::CpuUsage, Route::Usage, (DEVICES, CodeMessage)),
    get(
        V2,
        "device/endpoints/*/memory-usage",
        Call::MemoryUsage,
        Route::Usage,
        (DEVICES, CodeMessage),
    ),
    get(V2, "device/endpoints/*/disk-usage", Call::DiskUsage, Route::Usage, (DEVICES, CodeMessage)),
    get(Both, "patching/*/patches", Call::Patches, Route::Patches, (PATCHES, Nested)),
    get(V1, "automation/scripts", Call::Scripts, Route::Scripts, (READ, CodeMessage)),
    get(
        V1,
        "automation/shellScripts",
        Call::ShellScripts,
        Route::ShellScripts,
        (READ, CodeMessage),
    ),
    get(V1, "automation/tasks", Call::Tasks, Route::Tasks, (READ, PlainText)),
    get(V1, "automation/tasks/summary", Call::TaskSummary, Route::TaskSummary, (READ, CodeMessage)),
    get(
        V1,
        "automation/endpoints/*/tasks/summary",
        Call::EndpointTaskSummary,
        Route::TaskSummary,
        (READ, CodeMessage),
    ),
    post(
        Both,
        "automation/endpoints/schedule-tasks",
        Call::Schedule,
        Route::Schedule,
        (RUN, CodeMessage),
    ),
    get(
        V1,
        "automation/tasks/*/instances/summary",
        Call::Instances,
        Route::Instances,
        (READ, CodeMessage),
    ),
    get(
        V1,
        "automation/tasks/*/instances/*/results",
        Call::Results,
        Route::Results,
        (READ, CodeMessage),
    ),
    get(Both, "service/ticketing/tickets", Call::Tickets, Route::Tickets, (TICKETS, List)),
    post(
        Both,
        "service/ticketing/tickets",
        Call::CreateTicket,
        Route::CreateTicket,
        (NEW_TICKET, List),
    ),
    get(Both, "service/ticketing/tickets/*", Call::Ticket, Route::Tickets, (TICKETS, List)),
    Entry {
        method: Method::PATCH,
        served: Both,
        pattern: "service/ticketing/tickets/*",
        call: Call::ChangeTicket,
        route: Route::ChangeTicket,
        scopes: EDIT_TICKET,
        shape: List,
    },
    get(V1, "service/ticketing/tickets/*/notes", Call::Notes, Route::Notes, (TICKETS, List)),
    post(V1, "service/ticketing/tickets/*/notes", Call::AddNote, Route::Notes, (EDIT_TICKET, List)),
    get(V1, "service/ticketing/service-boards", Call::Boards, Route::Lookups, (TICKETS, List)),
    get(
        V1,
        "service/ticketing/service-boards/*/teams",
        Call::Teams,
        Route::Lookups,
        (TICKETS, List),
    ),
    get(V1, "service/ticketing/priorities", Call::Priorities, Route::Lookups, (TICKETS, List)),
    get(V1, "service/ticketing/sources", Call::Sources, Route::Lookups, (TICKETS, List)),
    get(V1, "service/ticketing/statuses", Call::Statuses, Route::Lookups, (TICKETS, List)),
    get(V1, "service/ticketing/types", Call::Types, Route::Lookups, (TICKETS, List)),
    get(V1, "service/ticketing/categories", Call::Categories, Route::Lookups, (TICKETS, List)),
    get(V1, "service/ticketing/tags", Call::Tags, Route::Lookups, (TICKETS, List)),
    get(V1, "service/ticketing/ticket-counts", Call::Counts, Route::Lookups, (TICKETS, List)),
    TOKEN,
    RATE_LIMITS,
];

const TOKEN: Entry = post(V1, "/v1/token", Call::Token, Route::Token, (&[], ErrorDescription));
const RATE_LIMITS: Entry =
    get(V1, "/v1/rate_limits", Call::RateLimits, Route::RateLimits, (&[], ErrorDescription));

/// Which versions of a path are switched on, where the product has both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paths {
    /// No v2 path answers.
    V1Only,
    /// v1 paths that have a v2 successor (devices, their state, patching, tickets, `schedule-tasks`) are gone.
    V2Only,
    #[default]
    Both,
}

pub(crate) struct Found<'p> {
    pub(crate) entry: &'static Entry,
    pub(crate) version: Version,
    /// What the stars stood for.
    pub(crate) ids: Vec<&'p str>,
}

pub(crate) enum Lookup<'p> {
    Found(Found<'p>),
    /// The path exists, with another verb; errors come in this shape.
    WrongMethod(ErrorShape),
    Nothing,
}

pub(crate) fn find<'p>(method: &Method, path: &'p str, paths: Paths) -> Lookup<'p> {
    let Some((version, rest)) = split(path) else { return Lookup::Nothing };
    let mut wrong_method = None;
    for entry in &TABLE {
        let Some(ids) = matches(entry.pattern, rest) else { continue };
        let served = match version {
            Version::V1 => {
                entry.served != Served::V2 && !(paths == Paths::V2Only && has_successor(entry.call))
            }
            Version::V2 => entry.served != Served::V1 && paths != Paths::V1Only,
        };
        if !served {
            continue;
        }
        if entry.method == *method {
            return Lookup::Found(Found { entry, version, ids });
        }
        wrong_method = Some(entry.shape);
    }
    wrong_method.map_or(Lookup::Nothing, Lookup::WrongMethod)
}

fn split(path: &str) -> Option<(Version, &str)> {
    if path == "/v1/token" || path == "/v1/rate_limits" {
        return Some((Version::V1, path));
    }
    let rest = path.strip_prefix("/api/platform/")?;
    let (version, rest) = rest.split_once('/')?;
    match version {
        "v1" => Some((Version::V1, rest)),
        "v2" => Some((Version::V2, rest)),
        _ => None,
    }
}

fn matches<'p>(pattern: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let (mut wanted, mut given, mut ids) = (pattern.split('/'), path.split('/'), Vec::new());
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(ids),
            (Some("*"), Some(id)) if !id.is_empty() => ids.push(id),
            (Some(word), Some(same)) if word == same => {}
            _ => return None,
        }
    }
}

fn has_successor(call: Call) -> bool {
    matches!(
        call,
        Call::Devices
            | Call::CompanyDevices
            | Call::SiteDevices
            | Call::DeviceV1
            | Call::State
            | Call::Patches
            | Call::Schedule
            | Call::Tickets
            | Call::Ticket
            | Call::CreateTicket
            | Call::ChangeTicket
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: Method, path: &str, paths: Paths) -> String {
        match find(&method, path, paths) {
            Lookup::Found(found) => {
                format!("{:?} {:?} {:?}", found.version, found.entry.call, found.ids)
            }
            Lookup::WrongMethod(_) => "wrong method".into(),
            Lookup::Nothing => "nothing".into(),
        }
    }

    #[test]
    fn words_win_over_ids_and_switched_off_versions_are_not_there() {
        let check = |path: &str, paths, wanted: &str| {
            assert_eq!(
                call(Method::GET, &format!("/api/platform/{path}"), paths),
                wanted,
                "{path}"
            );
        };
        check("v2/device/endpoints/heartbeat", Paths::Both, "V2 Heartbeat []");
        check("v1/device/endpoints/e1", Paths::Both, "V1 DeviceV1 [\"e1\"]");
        check("v1/device/endpoints/e1", Paths::V2Only, "nothing");
        check("v2/patching/e1/patches", Paths::V1Only, "nothing");
        check("v1/company/companies", Paths::V2Only, "V1 Companies []");
        check("v2/company/companies", Paths::Both, "nothing");
        check(
            "v1/automation/tasks/t/instances/i/results",
            Paths::V2Only,
            "V1 Results [\"t\", \"i\"]",
        );
        check("v1/device/endpoints/", Paths::Both, "nothing");
        assert_eq!(
            call(Method::DELETE, "/api/platform/v1/company/companies", Paths::Both),
            "wrong method"
        );
    }
}
