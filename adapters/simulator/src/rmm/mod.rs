//! ConnectWise RMM (the Asio platform): its paths, words and moods, over the shared fleet.
//!
//! Strict: what the real product is known to refuse is refused, and where its rules are unknown the narrow reading
//! holds, so that a client which passes here has nothing left to chance.

mod budget;
mod catalogue;
mod company;
mod devices;
mod devices_v2;
mod errors;
mod groups;
mod heartbeat;
mod ids;
mod inventory;
mod output;
mod page;
mod patches;
mod routes;
mod runs;
mod schedule;
mod schema;
mod scripts;
mod state;
mod summaries;
mod tickets;
mod token;

pub(crate) mod behaviour;

use std::time::Duration;

use jiff::Timestamp;

use crate::faults::{ErrorShape, FaultKind, Route};
use crate::fleet::Fleet;
use crate::http::{Answer, Request};
use routes::{Call, Found, Lookup};

pub use routes::Paths;
pub use runs::{Execution, RunState};
pub use schedule::{Scheduled, TemplateType};
pub use scripts::ScriptInfo;
pub use tickets::CreatedTicket;
pub use token::SCOPES;

pub(crate) use catalogue::Catalogue;
pub(crate) use ids::Ids;
pub(crate) use runs::Runs;

/// Starts with the prefix of the Australian region.
pub(crate) const CLIENT_ID: &str = "0e32-simulator";
pub(crate) const CLIENT_SECRET: &str = "simulator-secret";

/// How fields are spelled where documentation and real traffic disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// As the OpenAPI file has it: `taskId`, `executiontime`.
    Spec,
    /// As recorded from a real tenant: `taskID`, `executionTime`, `executionContext`.
    #[default]
    Live,
}

/// Which verb lists devices on v2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListVerb {
    /// As documented.
    PostOnly,
    /// `GET` with a body, as the Australian region wants it.
    GetWithBodyOnly,
    #[default]
    Both,
}

/// Whether a task may name a company instead of endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompanyTarget {
    #[default]
    Accepted,
    /// 400, and nothing was created.
    Refused,
}

/// How "there is nothing here" is said on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NothingThere {
    EmptyList,
    NotFound,
}

/// Where tenants of the real product differ, or are thought to.
#[derive(Clone, Debug)]
pub struct Switches {
    pub spelling: Spelling,
    pub paths: Paths,
    pub list_verb: ListVerb,
    pub company_target: CompanyTarget,
    /// A ticket page past the last one. Default: empty list.
    pub past_the_end: NothingThere,
    /// A device list of a company without devices. Default: 404.
    pub no_devices: NothingThere,
    /// Whether 423 and 429 say `Retry-After`. Default: no, as it is not documented.
    pub retry_after: bool,
    /// Requests per window and key. Default 500.
    pub budget: u32,
    /// Default 5 minutes, of virtual time.
    pub budget_window: Duration,
    /// What the key was granted. Default: [`SCOPES`].
    pub scopes: Vec<String>,
    /// Default 3599 seconds, of virtual time.
    pub token_lifetime: Duration,
    /// Token requests per minute before the key is locked. Default 10.
    pub tokens_per_minute: u32,
    /// Companies, sites or endpoints one v2 list call may name. Default 4, the most that was seen to work.
    pub resources_max: usize,
    /// Splits the v1 lists of companies, sites and devices into pages with a `Link` header. Default: one page.
    pub page: Option<usize>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            spelling: Spelling::default(),
            paths: Paths::default(),
            list_verb: ListVerb::default(),
            company_target: CompanyTarget::default(),
            past_the_end: NothingThere::EmptyList,
            no_devices: NothingThere::NotFound,
            retry_after: false,
            budget: 500,
            budget_window: Duration::from_secs(300),
            scopes: SCOPES.iter().map(|it| (*it).to_owned()).collect(),
            token_lifetime: Duration::from_secs(3599),
            tokens_per_minute: 10,
            resources_max: 4,
            page: None,
        }
    }
}

/// Everything the product remembers.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) ids: Ids,
    pub(crate) switches: Switches,
    pub(crate) tokens: token::Tokens,
    budget: budget::Budget,
    pub(crate) catalogue: Catalogue,
    pub(crate) runs: Runs,
    pub(crate) tickets: tickets::Tickets,
}

/// What a handler works on: the product's memory, the world it shows, and the time of this request.
pub(crate) struct Desk<'a> {
    pub(crate) rmm: &'a mut Memory,
    pub(crate) fleet: &'a mut Fleet,
    pub(crate) now: Timestamp,
}

impl Memory {
    pub(crate) fn new(switches: Switches, fleet: &Fleet, now: Timestamp) -> Self {
        let ids = Ids { seed: fleet.seed };
        Self {
            ids,
            switches,
            tokens: token::Tokens::default(),
            budget: budget::Budget::default(),
            catalogue: Catalogue::new(ids, now),
            runs: Runs::default(),
            tickets: tickets::Tickets::new(ids, fleet, now),
        }
    }

    /// Which fault orders apply to a request.
    pub(crate) fn route(&self, request: &Request) -> Route {
        match routes::find(&request.method, &request.path, self.switches.paths) {
            Lookup::Found(found) => found.entry.route,
            Lookup::WrongMethod(_) | Lookup::Nothing => Route::Unknown,
        }
    }

    /// The answer that a status fault gives instead of the real one, worded as this route words its errors.
    pub(crate) fn faulty(&self, request: &Request, kind: &FaultKind) -> Option<Answer> {
        let shape = match routes::find(&request.method, &request.path, self.switches.paths) {
            Lookup::Found(found) => found.entry.shape,
            Lookup::WrongMethod(shape) => shape,
            Lookup::Nothing => ErrorShape::ErrorDescription,
        };
        let wait = Duration::from_secs(1);
        Some(match kind {
            FaultKind::Unauthorized401 => errors::bad_token(shape),
            FaultKind::Forbidden403 => errors::no_access(shape),
            FaultKind::NotFound404 => errors::error(shape, 404, "not_found", "nothing found"),
            FaultKind::Locked423 => {
                self.say_when(errors::error(shape, 423, "locked", "temporarily locked"), wait)
            }
            FaultKind::TooMany429 => self.say_when(Answer::text(429, "Too Many Requests"), wait),
            FaultKind::Unavailable503 => {
                self.say_when(Answer::text(503, "Service Unavailable"), wait)
            }
            FaultKind::ServerError500(shape) => {
                errors::error(*shape, 500, "internal", "something went wrong")
            }
            FaultKind::Timeout500 => errors::error(shape, 500, "timeout", "timeout"),
            FaultKind::Html200 => Answer::html(200, "<html><body>Just a moment</body></html>"),
            FaultKind::Html502 => Answer::html(
                502,
                "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
            ),
            FaultKind::TruncatedJson
            | FaultKind::CutMidBody
            | FaultKind::Slow(_)
            | FaultKind::CutAfterAccept
            | FaultKind::CutBefore
            | FaultKind::ForeignLink
            | FaultKind::EndlessLink
            | FaultKind::GrowingLink => return None,
        })
    }

    /// `Limit`, `Remaining` and `Reset`, as every answer has them.
    pub(crate) fn stamp(&mut self, answer: Answer, now: Timestamp) -> Answer {
        let left = self.budget.left(&self.switches, now);
        answer
            .header("Limit", left.limit)
            .header("Remaining", left.remaining)
            .header("Reset", left.reset())
    }

    fn say_when(&self, answer: Answer, wait: Duration) -> Answer {
        match self.switches.retry_after {
            true => answer.header("Retry-After", wait.as_secs().max(1)),
            false => answer,
        }
    }
}

/// Answers one request: path, then budget, then token and scope, then the work itself.
pub(crate) fn answer(desk: &mut Desk<'_>, request: &Request) -> Answer {
    let found = match routes::find(&request.method, &request.path, desk.rmm.switches.paths) {
        Lookup::Found(found) => found,
        Lookup::WrongMethod(shape) => {
            return errors::error(shape, 405, "method_not_allowed", "method not allowed");
        }
        Lookup::Nothing => return errors::no_route(),
    };
    let (shape, now) = (found.entry.shape, desk.now);
    let pass = match found.entry.call {
        // Asking for a token costs, too: the key is in its body.
        Call::Token => token::Pass::Good,
        _ => desk.rmm.tokens.check(request.bearer.as_deref(), found.entry.scopes, now),
    };
    if pass == token::Pass::Bad {
        return errors::bad_token(shape);
    }
    if !desk.rmm.budget.spend(&desk.rmm.switches, now) {
        let wait = desk.rmm.budget.left(&desk.rmm.switches, now).wait;
        return desk
            .rmm
            .say_when(Answer::text(429, "Too Many Requests"), wait + Duration::from_secs(1));
    }
    if pass == token::Pass::LacksScope {
        return errors::no_access(shape);
    }
    handle(desk, request, &found)
}

fn handle(desk: &mut Desk<'_>, request: &Request, found: &Found<'_>) -> Answer {
    let id = |at: usize| found.ids.get(at).copied().unwrap_or_default();
    match found.entry.call {
        Call::Token => {
            let (rmm, now) = (&mut *desk.rmm, desk.now);
            let answer = rmm.tokens.issue(request, &rmm.switches, rmm.ids.seed, now);
            if answer.status == 423 {
                rmm.say_when(answer, Duration::from_secs(60))
            } else {
                answer
            }
        }
        Call::RateLimits => Answer::ok(&desk.rmm.budget.report(&desk.rmm.switches, desk.now)),
        Call::Companies => company::companies(desk, request),
        Call::Company => company::company(desk, id(0)),
        Call::Sites => company::sites(desk, request),
        Call::Site => company::site(desk, None, id(0)),
        Call::CompanySites => company::company_sites(desk, request, id(0)),
        Call::CompanySite => company::site(desk, Some(id(0)), id(1)),
        Call::Groups => groups::groups(desk),
        Call::Devices => devices::all(desk, request),
        Call::CompanyDevices => devices::of_company(desk, request, id(0)),
        Call::SiteDevices => devices::of_site(desk, request, id(0), id(1)),
        Call::DeviceV1 => inventory::device(desk, id(0)),
        Call::DeviceV2 => devices_v2::device(desk, request, [id(0), id(1), id(2)]),
        Call::DevicesV2 => devices_v2::list(desk, request, id(0)),
        Call::State => state::one(desk, id(0)),
        Call::StateBulk => heartbeat::states(desk, request),
        Call::CpuUsage => state::cpu(desk, id(0)),
        Call::MemoryUsage => state::memory(desk, id(0)),
        Call::DiskUsage => state::disk(desk, id(0)),
        Call::Heartbeat => heartbeat::heartbeat(desk, request),
        Call::Patches => patches::patches(desk, id(0)),
        Call::Scripts => scripts::composite(desk),
        Call::ShellScripts => scripts::shell(desk),
        Call::Tasks => scripts::tasks(desk),
        Call::TaskSummary => summaries::tenant(desk, request),
        Call::EndpointTaskSummary => summaries::endpoint(desk, id(0)),
        Call::Schedule => schedule::schedule(desk, request, found.version),
        Call::Instances => summaries::instances(desk, request, id(0)),
        Call::Results => summaries::results(desk, id(0), id(1)),
        Call::Tickets => tickets::list(desk, request),
        Call::Ticket => tickets::one(desk, id(0)),
        Call::CreateTicket => tickets::create(desk, request),
        Call::ChangeTicket => tickets::change(desk, request, id(0)),
        Call::Notes => tickets::notes(desk, id(0)),
        Call::AddNote => tickets::add_note(desk, request, id(0)),
        Call::Boards
        | Call::Teams
        | Call::Priorities
        | Call::Sources
        | Call::Statuses
        | Call::Types
        | Call::Categories
        | Call::Tags
        | Call::Counts => tickets::lookup(desk, request, found.entry.call, id(0)),
    }
}
