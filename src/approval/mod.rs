//! The approval: a durable question about one exact plan.
//!
//! Pure: [`Approval::next`] says what follows; the store advances it only if nobody was faster
//! ([`crate::ports::Write::ApprovalAdvance`]).

pub mod away;
pub mod meters;
pub mod quorum;
pub mod standing;
mod steps;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::ids::{ApprovalId, ConversationId, PersonId, RequestId};
use crate::plan::Plan;

pub use away::Away;
pub use quorum::{Need, Quorum, Then};
pub use standing::StandingGrant;
use steps::Yes;

/// Each state carries what is known in it and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    Waiting,
    /// The quorum is reached; the last decision tipped it.
    Approved {
        at: Timestamp,
    },
    Denied {
        by: PersonId,
        at: Timestamp,
        reason: Option<String>,
    },
    Expired {
        at: Timestamp,
    },
    Withdrawn {
        at: Timestamp,
    },
    /// What was approved is no longer what would happen; `difference` is for people.
    Voided {
        at: Timestamp,
        difference: String,
    },
}

impl State {
    /// The word in the `state` column; the check constraint of the table has the same list.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Expired { .. } => "expired",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Voided { .. } => "voided",
        }
    }
}

/// One approver's yes. A no ends the approval at once, so it is kept in [`State::Denied`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub by: PersonId,
    /// Who is away and let `by` decide for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
    pub at: Timestamp,
    /// The steps, counted from 0, that the yes is not to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<u32>,
    /// The digest of what the yes is to; `None`: of the whole plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Digest>,
}

/// The other version of a plan that was edited or sent another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its code.
    pub code: String,
    /// "Ben edited it: days 7 became days 30".
    pub difference: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    pub id: ApprovalId,
    /// Four letters and digits to type instead of clicking; unique among waiting approvals.
    pub code: String,
    pub request: RequestId,
    pub conversation: ConversationId,
    pub requester: PersonId,
    pub plan: Plan,
    pub digest: Digest,
    /// Why policy asks, for the card.
    pub reason: String,
    pub quorum: Quorum,
    /// Who may decide, as rules write it (see [`crate::policy::Who`]); empty means anyone with an
    /// approver's role.
    pub approvers: Vec<String>,
    /// What the requester wrote, for the card.
    pub asked: String,
    /// The version of the same plan that this one stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<Version>,
    /// The code of the version that stands for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    /// A rule wants the ticket of the plan, so it cannot be left out while anything is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paper_trail: bool,
    pub decisions: Vec<Decision>,
    pub asked_at: Timestamp,
    pub expires_at: Timestamp,
    pub state: State,
    /// Counts up with every change; the compare-and-set of the store.
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `seen` is the digest of what was offered on the card that was clicked ([`Approval::offered`]).
    Approve {
        by: PersonId,
        seen: Digest,
        /// The steps that the yes is to, counted from 0; `None`: all that are offered.
        steps: Option<Vec<u32>>,
        entitled: Entitled,
        /// Which of the quorum's needs the person meets at this moment, by index.
        meets: Vec<usize>,
        /// Whose right it is that counts, where it is not the person's own.
        on_behalf_of: Option<PersonId>,
    },
    Deny {
        by: PersonId,
        entitled: Entitled,
        reason: Option<String>,
    },
    /// By the requester only.
    Withdraw {
        by: PersonId,
    },
    /// The clock; nothing happens before `expires_at`, or the time when the next approvers come in.
    Tick,
    /// What would happen now differs from what was shown.
    Drift {
        difference: String,
    },
}

/// Whether the person may decide this approval at the moment of the click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entitled {
    Yes,
    /// Without an approver's role.
    No,
    /// With one, but the rules name others.
    NotNamed,
}

/// Why an event changes nothing; each has a sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("you asked for this, so somebody else has to approve it")]
    OwnRequest,
    #[error("only a person with the role approver or manager can decide this")]
    NotEntitled,
    #[error("a rule names who can decide this, and you are not among them")]
    NotNamed,
    #[error("the plan changed since this card was shown, so nothing was decided")]
    PlanChanged,
    #[error(
        "somebody left steps out since, so nothing was decided; look at the card again, or type “approve {code} {steps}”"
    )]
    StepsChanged { code: String, steps: String },
    #[error("the plan has no step {0}")]
    NoSuchStep(u32),
    #[error("step {0} was left out by somebody already, and stays out")]
    StaysOut(u32),
    #[error("a yes needs at least one step; to stop all of them, deny it")]
    NothingLeft,
    #[error(
        "step {others} is for the devices that follow those of step {first}, so it cannot go without them"
    )]
    GoesFirst { first: u32, others: u32 },
    #[error("a rule wants the ticket, so it cannot be left out while something is changed")]
    TicketStays,
    #[error("you have already approved this; it needs another person too")]
    AlreadyApproved,
    #[error("only the person who asked can withdraw a request")]
    NotRequester,
    #[error("this was already {0}")]
    Ended(&'static str),
    #[error("nothing is due")]
    NotDue,
}

impl Approval {
    /// The approval that follows, or why none does. Saves nothing.
    pub fn next(&self, event: Event, now: Timestamp) -> Result<Self, Refusal> {
        match &self.state {
            State::Waiting if self.expires_at <= now => {
                Ok(self.ended_as(State::Expired { at: self.expires_at }))
            }
            State::Waiting => self.next_of_waiting(event, now),
            // An approved plan can still turn out to have drifted right before it runs.
            State::Approved { .. } => match event {
                Event::Drift { difference } => {
                    Ok(self.ended_as(State::Voided { at: now, difference }))
                }
                Event::Approve { .. }
                | Event::Deny { .. }
                | Event::Withdraw { .. }
                | Event::Tick => Err(Refusal::Ended("approved")),
            },
            State::Denied { .. } => Err(Refusal::Ended("denied")),
            State::Expired { .. } => Err(Refusal::Ended("expired; ask again to get a new card")),
            State::Withdrawn { .. } => Err(Refusal::Ended("withdrawn")),
            State::Voided { .. } => Err(Refusal::Ended("voided, because the plan changed")),
        }
    }

    /// Whether asking for the same plan again makes sense: nobody decided in time, or what was approved
    /// drifted before it ran. What was edited has its new card already.
    pub fn can_be_asked_again(&self, now: Timestamp) -> bool {
        match self.state {
            State::Waiting => self.expires_at <= now,
            State::Expired { .. } => true,
            State::Voided { .. } => self.quorum.is_reached(self.decisions.len()),
            State::Approved { .. } | State::Denied { .. } | State::Withdrawn { .. } => false,
        }
    }

    fn next_of_waiting(&self, event: Event, now: Timestamp) -> Result<Self, Refusal> {
        match event {
            Event::Approve { by, .. } if by == self.requester && !self.quorum.self_approval => {
                Err(Refusal::OwnRequest)
            }
            Event::Approve { on_behalf_of: Some(of), .. }
                if of == self.requester && !self.quorum.self_approval =>
            {
                Err(Refusal::OwnRequest)
            }
            Event::Approve { entitled: Entitled::No, .. } => Err(Refusal::NotEntitled),
            Event::Approve { entitled: Entitled::NotNamed, .. } => Err(Refusal::NotNamed),
            Event::Approve { seen, .. } if seen != self.offered() => {
                Err(match seen == self.digest {
                    true => Refusal::StepsChanged {
                        code: self.code.clone(),
                        steps: self.kept_numbers(),
                    },
                    false => Refusal::PlanChanged,
                })
            }
            Event::Approve { by, .. } if self.has_decided(&by) => Err(Refusal::AlreadyApproved),
            Event::Approve { on_behalf_of: Some(of), .. } if self.has_decided(&of) => {
                Err(Refusal::AlreadyApproved)
            }
            Event::Approve { by, meets, on_behalf_of, steps, .. } => {
                let Yes { left_out, to } = self.yes_to(steps.as_deref())?;
                let mut next = self.clone();
                for need in meets {
                    if let Some(need) = next.quorum.needs.get_mut(need) {
                        need.by.push(by.clone());
                    }
                }
                next.decisions.push(Decision { by, on_behalf_of, at: now, left_out, to });
                if next.quorum.is_reached(next.decisions.len()) {
                    next.state = State::Approved { at: now };
                }
                Ok(next)
            }
            // The requester may always stop what they asked for.
            Event::Deny { by, .. } if by == self.requester => {
                Ok(self.ended_as(State::Withdrawn { at: now }))
            }
            Event::Deny { entitled: Entitled::No, .. } => Err(Refusal::NotEntitled),
            Event::Deny { entitled: Entitled::NotNamed, .. } => Err(Refusal::NotNamed),
            Event::Deny { by, reason, .. } => {
                Ok(self.ended_as(State::Denied { by, at: now, reason }))
            }
            Event::Withdraw { by } if by != self.requester => Err(Refusal::NotRequester),
            Event::Withdraw { .. } => Ok(self.ended_as(State::Withdrawn { at: now })),
            Event::Tick if self.escalates_at().is_some_and(|at| at <= now) => {
                let mut next = self.clone();
                let passed = next.passed(now);
                for need in next.quorum.needs.iter_mut().filter(|need| need.is_due(passed)) {
                    let more = need.escalate();
                    if !next.approvers.is_empty() {
                        next.approvers.extend(more);
                    }
                }
                Ok(next)
            }
            Event::Tick => Err(Refusal::NotDue),
            Event::Drift { difference } => Ok(self.ended_as(State::Voided { at: now, difference })),
        }
    }

    /// When the next approvers come in, if nobody decides.
    pub fn escalates_at(&self) -> Option<Timestamp> {
        let waits = matches!(self.state, State::Waiting);
        let mins = self.quorum.needs.iter().filter_map(Need::escalates_after).min();
        let at = self.asked_at + SignedDuration::from_mins(mins.filter(|_| waits)?.into());
        (at < self.expires_at).then_some(at)
    }

    /// Minutes since it was asked.
    fn passed(&self, now: Timestamp) -> i64 {
        (now.as_second() - self.asked_at.as_second()) / 60
    }

    /// Whether `person` said yes, or somebody did for them.
    pub fn has_decided(&self, person: &PersonId) -> bool {
        let is_theirs =
            |it: &Decision| &it.by == person || it.on_behalf_of.as_ref() == Some(person);
        self.decisions.iter().any(is_theirs)
    }

    fn ended_as(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }
}

#[cfg(test)]
mod tests;
