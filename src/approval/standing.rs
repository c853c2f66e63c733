//! The standing grant: a manager's yes given ahead, to one call on one client's devices, for a time and a
//! number of uses.
//!
//! Pure, like the approval. It is no [`crate::run::Grant`]: every run still needs its own, made once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::ids::{ClientId, ConversationId, PersonId, StandingId};
use crate::plan::Call;
use crate::policy::Class;
use crate::tool::ToolName;
use crate::words;

/// The longest time it can be given for.
pub const MINS_MAX: u32 = 30 * 24 * 60;

/// The most devices; more is a rule, not an exception to one.
pub const USES_MAX: u32 = 200;

/// How long one waits for a signature.
pub const SIGN_WITHIN: SignedDuration = SignedDuration::from_hours(4);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingGrant {
    pub id: StandingId,
    /// Four letters and digits to type; unique among those that are open.
    pub code: String,
    /// Where it was asked for, and where its card is.
    pub conversation: ConversationId,
    /// Who asked for it, and whose requests it covers.
    pub requester: PersonId,
    pub tool: ToolName,
    pub title: String,
    /// Exactly these, defaults filled in.
    pub arguments: Map<String, Value>,
    /// For scripts: only this content.
    pub content: Option<Digest>,
    pub client: ClientId,
    pub client_name: String,
    /// Only devices of this class; `None`: of both.
    pub class: Option<Class>,
    /// How long it holds from the signature on.
    pub mins: u32,
    pub uses_max: u32,
    /// Devices that it was used for.
    pub used: u32,
    pub reason: Option<String>,
    /// Approved so many times of so many, when it was asked for.
    pub history: (u32, u32),
    pub asked_at: Timestamp,
    pub signed: Option<Signature>,
    pub state: State,
    /// Counts up with every change; the compare-and-set of the store.
    pub version: i64,
}

/// A manager's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    pub by: PersonId,
    pub at: Timestamp,
    /// It holds until then, not including.
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// Nobody signed it yet.
    Proposed,
    Active,
    /// Every use is taken; what was counted already may still be sent.
    UsedUp {
        at: Timestamp,
    },
    /// Nothing is sent by it any more.
    Ended {
        at: Timestamp,
        why: String,
    },
}

impl State {
    /// The word in the `state` column.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Active => "active",
            Self::UsedUp { .. } => "used_up",
            Self::Ended { .. } => "ended",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `is_manager`: the person holds the role at this moment.
    Sign { by: PersonId, is_manager: bool },
    /// A plan with so many devices is let run by it.
    Use { devices: u32 },
    /// Revoked, refused, over, failed: `why` is for people.
    End { why: String },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("only a manager can sign a standing grant")]
    NotManager,
    #[error("you asked for this standing grant, so another manager has to sign it")]
    OwnRequest,
    #[error("this standing grant is signed already")]
    Signed,
    #[error("nobody signed this standing grant in time; ask for it again")]
    TooLate,
    #[error("this standing grant is not signed yet")]
    NotSigned,
    #[error("its time is over")]
    Over,
    #[error("it has {left} uses left, and this takes {devices}")]
    TooMany { left: u32, devices: u32 },
    #[error("all of its uses are taken")]
    UsedUp,
    #[error("it ended: {0}")]
    Ended(String),
}

impl StandingGrant {
    /// What follows, or why nothing does. Saves nothing.
    pub fn next(&self, event: Event, now: Timestamp) -> Result<Self, Refusal> {
        match (&self.state, event) {
            (State::Ended { why, .. }, _) => Err(Refusal::Ended(why.clone())),
            (_, Event::End { why }) => Ok(self.with(State::Ended { at: now, why })),
            (State::Proposed, Event::Sign { by, .. }) if by == self.requester => {
                Err(Refusal::OwnRequest)
            }
            (State::Proposed, Event::Sign { is_manager: false, .. }) => Err(Refusal::NotManager),
            (State::Proposed, Event::Sign { .. }) if self.sign_until() <= now => {
                Err(Refusal::TooLate)
            }
            (State::Proposed, Event::Sign { by, .. }) => {
                let until = now + SignedDuration::from_mins(self.mins.into());
                let signed = Some(Signature { by, at: now, until });
                Ok(Self { signed, ..self.with(State::Active) })
            }
            (State::Active | State::UsedUp { .. }, Event::Sign { .. }) => Err(Refusal::Signed),
            (State::Proposed, Event::Use { .. }) => Err(Refusal::NotSigned),
            (State::UsedUp { .. }, Event::Use { .. }) => Err(Refusal::UsedUp),
            (State::Active, Event::Use { .. }) if self.is_over(now) => Err(Refusal::Over),
            (State::Active, Event::Use { devices }) if devices > self.left() => {
                Err(Refusal::TooMany { left: self.left(), devices })
            }
            (State::Active, Event::Use { devices }) => {
                let used = self.used + devices;
                let state = match used >= self.uses_max {
                    true => State::UsedUp { at: now },
                    false => State::Active,
                };
                Ok(Self { used, ..self.with(state) })
            }
        }
    }

    /// Whether what was counted may be sent at this moment.
    pub fn holds(&self, now: Timestamp) -> Result<(), Refusal> {
        match &self.state {
            State::Proposed => Err(Refusal::NotSigned),
            State::Ended { why, .. } => Err(Refusal::Ended(why.clone())),
            State::Active | State::UsedUp { .. } if self.is_over(now) => Err(Refusal::Over),
            State::Active | State::UsedUp { .. } => Ok(()),
        }
    }

    /// What keeps it from covering `call` at `now`, in words: "is for workstations, and DC01 is a server".
    pub fn misses(&self, call: &Call, now: Timestamp) -> Option<String> {
        if self.tool != call.tool || call.instead_of.is_some() {
            return Some(format!("it is for {}", self.title));
        }
        if self.arguments != call.arguments {
            return Some("it is for other arguments".to_owned());
        }
        if self.content.as_ref() != call.script.as_ref().map(|script| &script.content) {
            return Some("the script was edited since".to_owned());
        }
        let elsewhere = call.targets.iter().find(|target| target.client != self.client);
        if elsewhere.is_some() || call.client.as_ref().is_some_and(|it| it.client != self.client) {
            return Some(format!("it is for {}", self.client_name));
        }
        if call.targets.is_empty() {
            return Some("it is for single devices".to_owned());
        }
        if let Some(target) = call.targets.iter().find(|target| target.from_outside) {
            return Some(format!("{} was named by outside text", target.name));
        }
        if let Some(class) = self.class
            && let Some(other) =
                call.targets.iter().find(|target| target.server != (class == Class::Server))
        {
            return Some(format!("it is for {}, and {} is none", class.label(), other.name));
        }
        let start = call.start.as_ref().map_or(now, |start| start.until);
        self.is_over(start).then(|| "it ends before that".to_owned())
    }

    /// Devices that it is still good for.
    pub fn left(&self) -> u32 {
        self.uses_max.saturating_sub(self.used)
    }

    /// Until when it can be signed.
    pub fn sign_until(&self) -> Timestamp {
        self.asked_at + SIGN_WITHIN
    }

    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Proposed | State::Active)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.signed.as_ref().is_none_or(|signed| signed.until <= now)
    }

    /// "Disk Cleanup on workstations of Acme Logistics".
    pub fn sentence(&self) -> String {
        let devices = self.class.map_or("devices", Class::label);
        format!("{} on {devices} of {}", self.title, self.client_name)
    }

    /// "for 2 h, 10 uses".
    pub fn bounds(&self) -> String {
        let uses = usize::try_from(self.uses_max).unwrap_or(usize::MAX);
        format!("for {}, {}", words::span(i64::from(self.mins) * 60), words::count(uses, "use"))
    }

    fn with(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-09-01T09:00:00Z".parse().unwrap()
    }

    fn later(mins: i64) -> Timestamp {
        now() + SignedDuration::from_mins(mins)
    }

    fn proposed() -> StandingGrant {
        StandingGrant {
            id: StandingId::new("g"),
            code: "7F3K".into(),
            conversation: ConversationId::new("console/console/1"),
            requester: PersonId::new("ana"),
            tool: ToolName::new("connectwise_rmm:cw-rmm-script-disk-cleanup"),
            title: "Disk Cleanup".into(),
            arguments: Map::new(),
            content: None,
            client: ClientId::new("c"),
            client_name: "Acme".into(),
            class: Some(Class::Workstation),
            mins: 120,
            uses_max: 3,
            used: 0,
            reason: None,
            history: (0, 0),
            asked_at: now(),
            signed: None,
            state: State::Proposed,
            version: 1,
        }
    }

    fn sign(by: &str, is_manager: bool) -> Event {
        Event::Sign { by: PersonId::new(by), is_manager }
    }

    fn end() -> Event {
        Event::End { why: "revoked by Mia".into() }
    }

    fn outcome(grant: &StandingGrant, event: Event, at: Timestamp) -> String {
        match grant.next(event, at) {
            Ok(next) => format!("{} {}", next.state.key(), next.left()),
            Err(refusal) => format!("no: {refusal}"),
        }
    }

    #[test]
    fn each_state_takes_each_event_only_as_it_should() {
        let active = proposed().next(sign("mia", true), now()).unwrap();
        let used_up = active.next(Event::Use { devices: 3 }, now()).unwrap();
        let ended = active.next(end(), now()).unwrap();
        let used = |devices| Event::Use { devices };
        for (grant, event, at, expected) in [
            (&proposed(), sign("mia", true), now(), "active 3"),
            (
                &proposed(),
                sign("ben", false),
                now(),
                "no: only a manager can sign a standing grant",
            ),
            (
                &proposed(),
                sign("ana", true),
                now(),
                "no: you asked for this standing grant, so another manager has to sign it",
            ),
            (
                &proposed(),
                sign("mia", true),
                later(240),
                "no: nobody signed this standing grant in time; ask for it again",
            ),
            (&proposed(), used(1), now(), "no: this standing grant is not signed yet"),
            (&proposed(), end(), now(), "ended 3"),
            (&active, sign("mia", true), now(), "no: this standing grant is signed already"),
            (&active, used(2), later(119), "active 1"),
            (&active, used(3), now(), "used_up 0"),
            (&active, used(4), now(), "no: it has 3 uses left, and this takes 4"),
            (&active, used(1), later(120), "no: its time is over"),
            (&active, end(), now(), "ended 3"),
            (&used_up, used(1), now(), "no: all of its uses are taken"),
            (&used_up, sign("mia", true), now(), "no: this standing grant is signed already"),
            (&used_up, end(), now(), "ended 0"),
            (&ended, used(1), now(), "no: it ended: revoked by Mia"),
            (&ended, sign("mia", true), now(), "no: it ended: revoked by Mia"),
            (&ended, end(), now(), "no: it ended: revoked by Mia"),
        ] {
            assert_eq!(outcome(grant, event, at), expected);
        }
        assert_eq!(proposed().holds(now()), Err(Refusal::NotSigned));
        assert_eq!(active.holds(later(119)), Ok(()));
        assert_eq!(active.holds(later(120)), Err(Refusal::Over));
        assert_eq!(used_up.holds(now()), Ok(()), "what was counted may still go");
        assert!(ended.holds(now()).is_err());
    }

    #[test]
    fn it_says_what_it_is_for() {
        assert_eq!(proposed().sentence(), "Disk Cleanup on workstations of Acme");
        assert_eq!(proposed().bounds(), "for 2 h, 3 uses");
    }
}
