//! A run: one execution of one write call, from grant to outcome.
//!
//! Sent at most once. A run that was sent without an answer is *doubtful*: it is looked up by its
//! marker, and what cannot be settled is put to a person. Nothing is ever sent again by itself.

pub mod grant;
pub mod reading;
pub mod spread;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::ids::{ApprovalId, CardKey, ConversationId, PersonId, RequestId, RunId, StandingId};
use crate::plan::Call;
use crate::schedule::Start;

pub use grant::Grant;
pub use reading::{Reading, ServiceState, Sign, Unit};
pub use spread::Spread;

/// What lets a run start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Authority {
    /// An approval of the plan with this digest.
    Approval { id: ApprovalId, plan: Digest },
    /// A yes given ahead, counted for every device of the plan; `said` is what is told of it, `asked` what the
    /// person wrote.
    Standing { grant: StandingId, said: String, asked: String },
    /// A verdict `Run`; `reason` names the policy that said so, `asked` is what the person wrote.
    Auto { reason: String, asked: String },
}

/// The text put into the product (task name, ticket text) by which a run is found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marker(String);

impl Marker {
    /// `CS-` and twelve hexadecimal digits of the run's id: its random tail, so two runs of one
    /// millisecond differ.
    pub fn of(run: &RunId) -> Self {
        let id = run.as_str();
        let tail = id.get(id.len().saturating_sub(12)..).unwrap_or(id);
        Self(format!("CS-{tail}"))
    }

    /// `None` where `text` is not the form of one; case does not count.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.get(3..).filter(|_| text[..3].eq_ignore_ascii_case("CS-"))?;
        let is_tail = digits.len() == 12 && digits.bytes().all(|it| it.is_ascii_hexdigit());
        is_tail.then(|| Self(format!("CS-{}", digits.to_ascii_lowercase())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How the id of its run ends.
    pub fn tail(&self) -> &str {
        self.0.strip_prefix("CS-").unwrap_or(&self.0)
    }
}

/// How the product names the work it accepted; opaque to the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handle(pub String);

/// Where a ticket can be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRef {
    pub id: String,
    pub number: String,
    pub summary: String,
    /// `None` where the product gives no address of it.
    pub url: Option<String>,
}

/// How one device came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetResult {
    /// "MARIA-LT-01 (Bluegum Vet)".
    pub device: String,
    pub status: TargetStatus,
    /// The product's own word for the status.
    pub raw_status: String,
    /// Standard output, secrets masked, cut at [`crate::bounds::OUTPUT_BYTES_MAX`].
    pub output: String,
    pub errors: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetStatus {
    /// Accepted, not started: an offline device stays here.
    Waiting,
    Running,
    Succeeded,
    Failed,
    /// Nothing was done there.
    Skipped,
}

/// What a product had already before a run was sent, where it takes no marker: a later look tells the run's
/// own work from older work by it. Opaque to the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Baseline(pub String);

/// What is known of a run's work so far. Filled from the product's answers by code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub targets: Vec<TargetResult>,
    pub ticket: Option<TicketRef>,
    /// Facts in words, such as "task a4d7… (Disk Cleanup CS-…)".
    pub notes: Vec<String>,
    /// State read before the run, for the comparison afterwards: "C: 19.8 GB free of 476 GB".
    pub before: Vec<Reading>,
    pub after: Vec<Reading>,
    /// When the product was first seen to be done with it; what a figure of before that shows says nothing
    /// against the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_since: Option<Timestamp>,
    /// What another run does on the device that this one waits for; nothing was sent yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// Kept before anything was sent; see [`crate::ports::Provider::baseline`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// Set when whoever is logged on there was told what will happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<Told>,
    /// Who stopped what it would have begun next, "Ben at 09:04 UTC"; what was sent by then ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Why it did not start at its time, where that matters for the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

impl Trace {
    /// What is known now, with what was found out before it was sent.
    pub fn replaced_by(&self, known: Self) -> Self {
        Self { before: self.before.clone(), warned: self.warned.clone(), ..known }
    }
}

/// Who was told before it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub at: Timestamp,
    /// In words, one for each device.
    pub lines: Vec<String>,
}

/// How a scheduled run ended that was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Its time went by.
    Missed,
    CalledOff,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// May start; nothing was sent.
    Granted,
    /// The call is going out right now, or was when the process died.
    Dispatching {
        since: Timestamp,
    },
    /// Sent, never answered. `looks` counts the attempts to find it.
    Doubtful {
        since: Timestamp,
        looks: u32,
    },
    /// The product took it.
    Accepted {
        handle: Handle,
        since: Timestamp,
    },
    /// At least one device has begun.
    Running {
        handle: Handle,
        since: Timestamp,
    },
    Succeeded {
        at: Timestamp,
    },
    Failed {
        at: Timestamp,
        why: String,
    },
    PartlyFailed {
        at: Timestamp,
    },
    /// Still unfinished at the deadline; the product may yet finish it.
    TimedOut {
        at: Timestamp,
    },
    /// Certainly not started: turned away, stopped by policy, or not to be found afterwards.
    NotSent {
        at: Timestamp,
        why: String,
    },
    /// Nobody can tell; a person was asked to look.
    AskedAPerson {
        at: Timestamp,
        why: String,
    },
}

impl State {
    /// The word in the `state` column.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Dispatching { .. } => "dispatching",
            Self::Doubtful { .. } => "doubtful",
            Self::Accepted { .. } => "accepted",
            Self::Running { .. } => "running",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::PartlyFailed { .. } => "partly_failed",
            Self::TimedOut { .. } => "timed_out",
            Self::NotSent { .. } => "not_sent",
            Self::AskedAPerson { .. } => "asked_a_person",
        }
    }

    /// Surely over, so that the same thing anew cannot meet itself.
    pub fn can_run_again(&self) -> bool {
        match self {
            Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::PartlyFailed { .. }
            | Self::NotSent { .. } => true,
            Self::Granted
            | Self::Dispatching { .. }
            | Self::Doubtful { .. }
            | Self::Accepted { .. }
            | Self::Running { .. }
            | Self::TimedOut { .. }
            | Self::AskedAPerson { .. } => false,
        }
    }

    pub fn is_over(&self) -> bool {
        match self {
            Self::Granted
            | Self::Dispatching { .. }
            | Self::Doubtful { .. }
            | Self::Accepted { .. }
            | Self::Running { .. } => false,
            Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::PartlyFailed { .. }
            | Self::TimedOut { .. }
            | Self::NotSent { .. }
            | Self::AskedAPerson { .. } => true,
        }
    }
}

/// One execution of one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub request: RequestId,
    pub conversation: ConversationId,
    pub requester: PersonId,
    pub authority: Authority,
    /// Which call of the plan; with the authority unique, so a grant is used once.
    pub step: u32,
    /// The run that conducts this one, of a call that is spread over its devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The calls that follow when this one is over, in order.
    pub rest: Vec<Call>,
    pub call: Call,
    pub digest: Digest,
    pub marker: Marker,
    /// What the step before came to, for the ticket that follows it; never part of what was approved.
    pub facts: Vec<String>,
    pub card: CardKey,
    pub state: State,
    pub trace: Trace,
    pub created_at: Timestamp,
    /// When a worker should look at it next; `None` when it is over.
    pub due_at: Option<Timestamp>,
    pub version: i64,
}

impl Run {
    /// When it was to start, if it was neither sent nor given up yet.
    pub fn scheduled(&self) -> Option<&Start> {
        let is_first = matches!(self.state, State::Granted) && self.step == 0;
        self.call.start.as_ref().filter(|_| is_first)
    }

    /// Which one it is of what comes again; with the authority and the step unique, so that each runs once.
    pub fn occurrence(&self) -> Option<Timestamp> {
        let start = self.call.start.as_ref()?;
        start.recurs().map(|_| start.at)
    }

    /// How long before its start whoever is logged on there has yet to be told.
    pub fn lead(&self) -> SignedDuration {
        match self.trace.warned {
            None => self.call.lead(),
            Some(_) => SignedDuration::ZERO,
        }
    }

    /// Somebody there was told, and has the time that was promised.
    pub fn gives_notice(&self, now: Timestamp) -> bool {
        let was_told = matches!(self.state, State::Granted) && self.trace.warned.is_some();
        was_told && self.due_at.is_some_and(|due| due > now)
    }

    pub fn waits_for_start(&self, now: Timestamp) -> bool {
        self.scheduled().is_some() && self.due_at.is_some_and(|due| due > now)
    }

    /// From when on it is waited for.
    pub fn wanted_since(&self) -> Timestamp {
        let start = self.call.start.as_ref().map(|start| start.at);
        start.map_or(self.created_at, |at| at.max(self.created_at))
    }
}

/// What happened to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A worker took it and is about to send.
    Dispatch,
    /// It conducts runs of its devices from now on.
    Spread,
    /// The product took it.
    Accepted(Handle),
    /// Turned away before anything ran.
    Refused(String),
    /// Sent, and no answer came; or the worker died in between.
    Unanswered,
    /// The look-up after a doubtful answer.
    LookedUp(LookUp),
    Progress(Progress),
    /// The product finished within the very answer (a ticket was made).
    Finished(Ending),
    Deadline,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp {
    Found(Handle),
    /// It is finished already: this is what came of it (a ticket with our marker exists).
    FoundFinished(Box<Trace>),
    /// The product answered and has nothing with our marker.
    Absent,
    /// The product has no way to tell, or several things carry the marker.
    CannotTell(String),
    /// The product gave no answer this time.
    NoAnswer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    NotYet,
    Begun,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Succeeded,
    Failed(String),
    PartlyFailed,
}

/// Looks before "absent" is believed: the list of a product may lag behind its accept.
pub const LOOKS_UNTIL_ABSENT: u32 = 3;

/// Looks before a silent product is given up and a person asked.
pub const LOOKS_MAX: u32 = 20;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a run that is {state} cannot take {event:?}")]
pub struct Impossible {
    pub state: &'static str,
    pub event: Event,
}

impl State {
    /// The state that follows, or that none does. Saves nothing.
    pub fn next(&self, event: Event, now: Timestamp) -> Result<Self, Impossible> {
        use State::*;
        match (self, event) {
            (Granted, Event::Dispatch) => Ok(Dispatching { since: now }),
            (Granted, Event::Spread) => {
                Ok(Running { handle: Handle("its devices".into()), since: now })
            }
            (Granted, Event::Refused(why)) => Ok(NotSent { at: now, why }),

            (Dispatching { .. }, Event::Accepted(handle)) => Ok(Accepted { handle, since: now }),
            (Dispatching { .. }, Event::Refused(why)) => Ok(NotSent { at: now, why }),
            (Dispatching { .. }, Event::Unanswered) => Ok(Doubtful { since: now, looks: 0 }),
            (Dispatching { .. }, Event::Finished(ending)) => Ok(ended(ending, now)),

            (Doubtful { .. }, Event::LookedUp(LookUp::Found(handle))) => {
                Ok(Accepted { handle, since: now })
            }
            (Doubtful { .. }, Event::LookedUp(LookUp::FoundFinished(_))) => {
                Ok(Succeeded { at: now })
            }
            (Doubtful { .. }, Event::LookedUp(LookUp::CannotTell(why))) => {
                Ok(AskedAPerson { at: now, why })
            }
            (Doubtful { since, looks }, Event::LookedUp(LookUp::Absent)) => {
                if looks + 1 >= LOOKS_UNTIL_ABSENT {
                    let why = "the product has nothing with this run's marker".to_owned();
                    Ok(NotSent { at: now, why })
                } else {
                    Ok(Doubtful { since: *since, looks: looks + 1 })
                }
            }
            (Doubtful { since, looks }, Event::LookedUp(LookUp::NoAnswer)) => {
                if looks + 1 >= LOOKS_MAX {
                    let why = "the product gives no answer, so nobody can tell from here if it ran"
                        .to_owned();
                    Ok(AskedAPerson { at: now, why })
                } else {
                    Ok(Doubtful { since: *since, looks: looks + 1 })
                }
            }

            (Accepted { handle, since }, Event::Progress(Progress::NotYet)) => {
                Ok(Accepted { handle: handle.clone(), since: *since })
            }
            (Accepted { handle, since } | Running { handle, since }, Event::Progress(_)) => {
                Ok(Running { handle: handle.clone(), since: *since })
            }
            (Accepted { .. } | Running { .. }, Event::Finished(ending)) => Ok(ended(ending, now)),
            (Accepted { .. } | Running { .. }, Event::Deadline) => Ok(TimedOut { at: now }),

            (state, event) => Err(Impossible { state: state.key(), event }),
        }
    }
}

fn ended(ending: Ending, now: Timestamp) -> State {
    match ending {
        Ending::Succeeded => State::Succeeded { at: now },
        Ending::Failed(why) => State::Failed { at: now, why },
        Ending::PartlyFailed => State::PartlyFailed { at: now },
    }
}

#[cfg(test)]
mod tests;
