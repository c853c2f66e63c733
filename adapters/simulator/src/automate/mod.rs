//! ConnectWise Automate: its paths, words and moods, over the shared fleet.
//!
//! Strict where the product is known to be, and switchable where its versions differ or nobody knows.
//! Paths, query names and header names are matched without case, as servers were seen to do.

mod alerts;
mod catalogue;
mod computers;
mod condition;
mod drives;
mod estate;
mod installers;
mod list;
mod places;
mod routes;
mod runs;
mod stock;
mod token;
mod world;

use std::time::Duration;

use jiff::Timestamp;

use crate::faults::FaultKind;
use crate::fleet::Fleet;
use crate::http::{Answer, Request};
use routes::Call;

pub use installers::Cure;
pub use routes::AutomateRoute;
pub use runs::{Launch, ScriptRun};
pub use world::{AutomateComputer, Raise};

use estate::Estate;
pub(crate) use runs::Runs;

pub(crate) const USERNAME: &str = "countersign";
pub(crate) const PASSWORD: &str = "simulator-password";
/// Stands for a GUID registered with the vendor; any GUID is taken.
pub(crate) const CLIENT_ID: &str = "11111111-2222-3333-4444-555555555555";

/// How dates of v1 models are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateStyle {
    /// `2026-03-02T15:04:05`
    #[default]
    Bare,
    /// `2026-03-02T15:04:05.123Z`
    Zulu,
}

/// What a server does with `DELETE /Alerts/{id}`, which no document knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clearing {
    /// 204, and the alert is gone.
    #[default]
    Works,
    /// 405.
    NotAllowed,
    /// 403.
    Forbidden,
    /// 204, and the alert is still there.
    Pretends,
}

/// The shape of a computer's alerts, which the vendor's file calls just `object`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertShape {
    #[default]
    List,
    /// `{"Alerts":[…],"Total":n}`
    Wrapped,
}

/// Properties without a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    Sent,
    Dropped,
    /// By turns.
    #[default]
    Mixed,
}

/// Where servers differ, or are thought to.
#[derive(Clone, Debug)]
pub struct Switches {
    /// Of 100 machines of the fleet, how many have an agent. Default 80; the story's have it as they need.
    pub share_percent: u8,
    /// Whether lists tell their length in `Total-Count`. Default: yes.
    pub total_count: bool,
    pub dates: DateStyle,
    pub nulls: Nulls,
    /// Whether there is a tenant-wide `/Alerts`; older versions have none. Default: yes.
    pub alerts_route: bool,
    pub computer_alerts: AlertShape,
    pub clearing: Clearing,
    /// Whether `POST /Batch/ScriptExecute` exists, else only `ScriptSchedule` does. Default: yes.
    pub execute_route: bool,
    /// Signing in asks for a second factor. Default: no.
    pub two_factor: bool,
    /// Default one hour, of virtual time.
    pub token_lifetime: Duration,
    /// From acceptance to the start on the agent. Default 2 seconds, of virtual time.
    pub queue: Duration,
    /// How old the figures of drives are. Default: fresh.
    pub inventory_age: Duration,
    /// Names of clients that the user may not see.
    pub hidden_clients: Vec<String>,
    /// Whether the user may schedule scripts; without, every target is refused within a 200. Default: yes.
    pub may_schedule: bool,
    /// Whether the user may read script histories. Default: yes.
    pub may_see_history: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            share_percent: 80,
            total_count: true,
            dates: DateStyle::default(),
            nulls: Nulls::default(),
            alerts_route: true,
            computer_alerts: AlertShape::default(),
            clearing: Clearing::default(),
            execute_route: true,
            two_factor: false,
            token_lifetime: Duration::from_secs(3600),
            queue: Duration::from_secs(2),
            inventory_age: Duration::ZERO,
            hidden_clients: Vec::new(),
            may_schedule: true,
            may_see_history: true,
        }
    }
}

/// Everything the product remembers.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) switches: Switches,
    tokens: token::Tokens,
    estate: Estate,
    alerts: alerts::Alerts,
    catalogue: catalogue::Catalogue,
    pub(crate) runs: Runs,
    installers: installers::Installers,
    /// Requests under way now, and the most there ever were.
    in_flight: usize,
    in_flight_max: usize,
}

/// What a handler works on.
pub(crate) struct Desk<'a> {
    pub(crate) automate: &'a mut Memory,
    pub(crate) fleet: &'a Fleet,
    pub(crate) now: Timestamp,
}

impl Memory {
    pub(crate) fn new(switches: Switches, fleet: &Fleet, now: Timestamp) -> Self {
        let estate = Estate::of(fleet, &switches, now);
        Self {
            tokens: token::Tokens::default(),
            alerts: alerts::Alerts::of(fleet, &estate, now),
            catalogue: catalogue::Catalogue::new(now),
            runs: Runs::new(fleet, &estate, now),
            installers: installers::Installers::default(),
            estate,
            switches,
            in_flight: 0,
            in_flight_max: 0,
        }
    }

    pub(crate) fn enter(&mut self) {
        self.in_flight += 1;
        self.in_flight_max = self.in_flight_max.max(self.in_flight);
    }

    pub(crate) fn leave(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Plays what should have happened until now.
    pub(crate) fn settle(&mut self, fleet: &mut Fleet, now: Timestamp) {
        self.runs.settle(&self.catalogue, &self.estate, fleet, now);
    }

    /// A date as this server writes it.
    fn date(&self, at: Timestamp) -> String {
        match self.switches.dates {
            DateStyle::Bare => at.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            DateStyle::Zulu => at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
        }
    }
}

/// Whether a path belongs to this product.
pub(crate) fn is_ours(path: &str) -> bool {
    path.get(..5).is_some_and(|it| it.eq_ignore_ascii_case("/cwa/"))
}

/// Which fault orders apply to a request.
pub(crate) fn route(request: &Request) -> AutomateRoute {
    routes::find(&request.method, &request.path)
        .map_or(AutomateRoute::Unknown, |found| found.route())
}

/// The answer that a status fault gives instead of the real one.
pub(crate) fn faulty(kind: &FaultKind) -> Option<Answer> {
    Some(match kind {
        FaultKind::Unauthorized401 => error(401, "Authorization has been denied for this request."),
        FaultKind::Forbidden403 => error(403, "User does not have permission."),
        FaultKind::NotFound404 => error(404, "Not found."),
        FaultKind::TooMany429 => error(429, "Too many requests.").header("Retry-After", 1),
        FaultKind::Locked423 => error(423, "Locked."),
        FaultKind::Unavailable503 => page(503, "503 Service Unavailable"),
        FaultKind::ServerError500(_) => error(500, "An error has occurred."),
        FaultKind::Timeout500 => error(
            500,
            "Execution timeout expired. The timeout period elapsed prior to completion of the operation.",
        ),
        FaultKind::Html502 => page(502, "502 Bad Gateway"),
        FaultKind::Html200 => page(200, "Just a moment"),
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

fn page(status: u16, title: &str) -> Answer {
    let page =
        format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
    Answer::html(status, &page)
}

fn error(status: u16, message: &str) -> Answer {
    let mut answer = Answer::json(status, &serde_json::json!({ "Message": message }));
    answer.content_type = "application/json; charset=utf-8";
    answer
}

/// A route that this version does not have.
fn no_route(path: &str) -> Answer {
    error(404, &format!("No HTTP resource was found that matches the request URI '{path}'."))
}

/// Answers one request: path, then ClientId and token, then the work itself.
pub(crate) fn answer(desk: &mut Desk<'_>, request: &Request) -> Answer {
    let Some(found) = routes::find(&request.method, &request.path) else {
        return match routes::is_known(&request.path) {
            true => error(405, "The requested resource does not support this http method."),
            false => no_route(&request.path),
        };
    };
    match found.call {
        Call::Token => return desk.automate.sign_in(request, desk.now),
        Call::Refresh => return desk.automate.refresh(request, desk.now),
        _ => {}
    }
    if request.client_id.is_none() {
        return error(401, "The ClientId header is missing or not valid.");
    }
    if !desk.automate.tokens.is_good(&request.authorization, desk.now) {
        return error(401, "Authorization has been denied for this request.");
    }
    let switches = &desk.automate.switches;
    let id = found.id;
    match found.call {
        Call::Token | Call::Refresh => error(500, "unreachable"),
        Call::Version => Answer::ok(&serde_json::json!({
            "WebServerPatchVersion": "25.0.5", "DBAgentServerPatchVersion": "25.0.5",
        })),
        Call::Clients => desk.clients(request),
        Call::Locations => desk.locations(request),
        Call::Computers => desk.computers(request),
        Call::Computer => desk.computer(id),
        Call::Drives => desk.drives(request, None),
        Call::ComputerDrives => desk.drives(request, Some(id)),
        Call::Services => desk.services(request, id),
        Call::PatchingStats => desk.patching(id),
        Call::Alerts | Call::Alert | Call::ClearAlert if !switches.alerts_route => {
            no_route(&request.path)
        }
        Call::Alerts => desk.alerts(request),
        Call::Alert => desk.alert(id),
        Call::ComputerAlerts => desk.computer_alerts(id),
        Call::ClearAlert => desk.clear_alert(id),
        Call::Scripts => desk.scripts(request),
        Call::Execute if !switches.execute_route => no_route(&request.path),
        Call::Execute | Call::Schedule => desk.execute(request),
        Call::History | Call::Running if !switches.may_see_history => {
            error(403, "User does not have permission to view history.")
        }
        Call::History => desk.history(request, id),
        Call::Running => desk.running(request, id),
        Call::Installers => desk.installer(request),
    }
}
