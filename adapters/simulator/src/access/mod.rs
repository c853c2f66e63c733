//! ConnectWise Control as its extension RESTful API Manager shows it: methods by name, positional arguments,
//! Access sessions of the fleet's machines, and commands whose output comes back as an event.
//!
//! Strict: the secret, the `Origin` where one is set, method names, the number of arguments and the filter are
//! checked as the product does.

mod filter;
mod guest;
mod keys;
mod sessions;
pub(crate) mod triggers;
mod world;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::faults::FaultKind;
use crate::fleet::{Fleet, MachineNo};
use crate::http::{Answer, Request};
use sessions::Sessions;

pub(crate) use guest::AgentAct;
pub use sessions::Ran;

pub(crate) const SECRET: &str = "pretend-control-secret-8f2c";
/// The kind of event that keeps a technician's message.
const QUEUED_MESSAGE: i64 = 45;

const EXTENSION: &str = "2d558935-686a-4bd0-9991-07539f5fe749";

/// What a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlRoute {
    /// `GetSessionsByFilter`.
    Sessions,
    /// `GetSessionBySessionID`.
    Session,
    /// `GetSessionDetailsBySessionID`.
    Details,
    /// `SendCommandToSession`: the call that makes something happen.
    Command,
    /// `SendMessageToSession`: a text for whoever sits at the machine.
    Message,
    Unknown,
}

/// How custom properties are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Properties {
    Map,
    Array,
    #[default]
    Both,
}

/// Where servers differ, or are thought to.
#[derive(Clone, Debug)]
pub struct Switches {
    /// Of 100 machines of the fleet, how many have a session. Default 70; the story's have it as they need.
    pub share_percent: u8,
    /// Rows after which a list ends without a word. Default 1,000.
    pub list_cap: usize,
    /// `RESTfulAllowedOrigin`; `None`: every origin is fine.
    pub allowed_origin: Option<String>,
    /// Whether the extension is there. Default: yes.
    pub installed: bool,
    /// Methods that this version does not have.
    pub missing_methods: Vec<&'static str>,
    pub properties: Properties,
    /// From a command to its start on the machine. Default one second, of virtual time.
    pub latency: Duration,
    /// Whether outputs begin with a byte order mark. Default: yes.
    pub byte_order_mark: bool,
    /// So many of the next reads answer that there is nothing, as a busy server does.
    pub empty_answers: u32,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            share_percent: 70,
            list_cap: 1_000,
            allowed_origin: None,
            installed: true,
            missing_methods: Vec::new(),
            properties: Properties::default(),
            latency: Duration::from_secs(1),
            byte_order_mark: true,
            empty_answers: 0,
        }
    }
}

/// Everything the product remembers.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) switches: Switches,
    sessions: Sessions,
}

/// What a handler works on.
pub(crate) struct Desk<'a> {
    pub(crate) access: &'a mut Memory,
    pub(crate) fleet: &'a Fleet,
    pub(crate) now: Timestamp,
}

impl Memory {
    pub(crate) fn new(switches: Switches, fleet: &Fleet, now: Timestamp) -> Self {
        let sessions = Sessions::of(fleet, &switches, now);
        Self { switches, sessions }
    }

    pub(crate) fn settle(
        &mut self,
        fleet: &mut Fleet,
        now: Timestamp,
        is_loud: &dyn Fn(MachineNo) -> bool,
    ) {
        self.sessions.settle(&self.switches, fleet, now, is_loud);
    }

    /// What was done to agents of Automate since the last look.
    pub(crate) fn agent_acts(&mut self) -> Vec<AgentAct> {
        std::mem::take(&mut self.sessions.acts)
    }
}

/// Whether a path belongs to this product.
pub(crate) fn is_ours(path: &str) -> bool {
    path.contains("/App_Extensions/") || path == "/Host"
}

fn method(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Which fault orders apply to a request.
pub(crate) fn route(request: &Request) -> ControlRoute {
    match method(&request.path) {
        "GetSessionsByFilter" => ControlRoute::Sessions,
        "GetSessionBySessionID" => ControlRoute::Session,
        "GetSessionDetailsBySessionID" => ControlRoute::Details,
        "SendCommandToSession" => ControlRoute::Command,
        "SendMessageToSession" => ControlRoute::Message,
        _ => ControlRoute::Unknown,
    }
}

/// The answer that a status fault gives instead of the real one.
pub(crate) fn faulty(kind: &FaultKind) -> Option<Answer> {
    Some(match kind {
        FaultKind::Unauthorized401 => Answer::text(401, "Unauthorized"),
        FaultKind::Forbidden403 => Answer::text(403, "Forbidden"),
        FaultKind::NotFound404 => page(404, "The resource cannot be found."),
        FaultKind::TooMany429 => Answer::text(429, "Too many requests").header("Retry-After", 1),
        FaultKind::Locked423 => Answer::text(423, "Locked"),
        FaultKind::Unavailable503 => page(503, "503 Service Unavailable").header("Retry-After", 1),
        FaultKind::ServerError500(_) => {
            Answer::text(500, "Object reference not set to an instance of an object.")
        }
        FaultKind::Timeout500 => Answer::text(500, "The operation has timed out."),
        FaultKind::Html502 => page(502, "502 Bad Gateway"),
        FaultKind::Html200 => page(200, "Login"),
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

fn wrong(message: &str) -> Answer {
    Answer::text(500, message)
}

/// Answers one request: extension, secret and origin, method, arguments, then the work itself.
pub(crate) fn answer(desk: &mut Desk<'_>, request: &Request) -> Answer {
    let switches = &desk.access.switches;
    if request.path == "/Host" {
        return page(200, "Host");
    }
    let service = format!("/App_Extensions/{EXTENSION}/Service.ashx/");
    if !switches.installed || !request.path.contains(&service) {
        return page(404, "The resource cannot be found.");
    }
    if request.control_secret.as_deref() != Some(SECRET) {
        return Answer::text(401, "Unauthorized");
    }
    if switches
        .allowed_origin
        .as_ref()
        .is_some_and(|it| request.control_origin.as_ref() != Some(it))
    {
        return Answer::text(401, "Unauthorized");
    }
    let method = method(&request.path).to_owned();
    if switches.missing_methods.contains(&method.as_str()) {
        return wrong("Web method does not exist");
    }
    let arguments = match serde_json::from_slice::<Value>(&request.body) {
        Ok(Value::Array(arguments)) => arguments,
        _ => return wrong("Invalid JSON primitive"),
    };
    let texts: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
    match (method.as_str(), texts.as_slice()) {
        ("GetSessionsByFilter", [filter]) => desk.by_filter(filter),
        ("GetSessionBySessionID", [id]) => desk.by_id(id),
        ("GetSessionDetailsBySessionID", [id]) => desk.details(id),
        ("SendCommandToSession", [id, text]) => desk.send(id, text),
        ("SendMessageToSession", [id, text]) => desk.message(id, text),
        (
            "GetSessionsByFilter"
            | "GetSessionBySessionID"
            | "GetSessionDetailsBySessionID"
            | "SendCommandToSession"
            | "SendMessageToSession",
            _,
        ) => wrong("Parameter count mismatch."),
        _ => wrong("Web method does not exist"),
    }
}

impl Desk<'_> {
    /// As a busy server: nothing, though there is something.
    fn is_busy(&mut self) -> bool {
        let left = &mut self.access.switches.empty_answers;
        let busy = *left > 0;
        *left = left.saturating_sub(1);
        busy
    }

    fn by_filter(&mut self, filter: &str) -> Answer {
        if filter.trim().is_empty() {
            return wrong("Value cannot be null. Parameter name: filter");
        }
        if self.is_busy() {
            return Answer::ok(&json!([]));
        }
        let Memory { switches, sessions } = &*self.access;
        let mut rows = Vec::new();
        for session in &sessions.all {
            match filter::fits(filter, &|name| session.field(self.fleet, name)) {
                Err(why) => return wrong(&why),
                Ok(true) if rows.len() < switches.list_cap => {
                    rows.push(session.json(switches, self.fleet, self.now));
                }
                Ok(_) => {}
            }
        }
        Answer::ok(&Value::Array(rows))
    }

    fn by_id(&mut self, id: &str) -> Answer {
        if self.is_busy() {
            return Answer::ok(&json!([]));
        }
        let Memory { switches, sessions } = &*self.access;
        let found =
            sessions.find(id).map(|at| sessions.all[at].json(switches, self.fleet, self.now));
        Answer::ok(&Value::Array(found.into_iter().collect()))
    }

    fn details(&mut self, id: &str) -> Answer {
        if self.is_busy() {
            return Answer::ok(&Value::Null);
        }
        let Memory { switches, sessions } = &*self.access;
        let found =
            sessions.find(id).map(|at| sessions.all[at].details(switches, self.fleet, self.now));
        Answer::ok(&found.unwrap_or(Value::Null))
    }

    fn send(&mut self, id: &str, text: &str) -> Answer {
        let Some(at) = self.access.sessions.find(id) else { return wrong("Session not found") };
        self.access.sessions.queue(at, text, self.now);
        Answer::empty(200)
    }

    fn message(&mut self, id: &str, text: &str) -> Answer {
        let Some(at) = self.access.sessions.find(id) else { return wrong("Session not found") };
        self.access.sessions.all[at].write(QUEUED_MESSAGE, "Host", text.to_owned(), self.now);
        Answer::empty(200)
    }
}
