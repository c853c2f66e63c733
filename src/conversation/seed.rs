//! What every run of a plan shares, and how the first and the next one are made of it.

use jiff::Timestamp;
use serde_json::json;

use crate::approval::Approval;
use crate::audit::{NewEntry, concerning};
use crate::conversation::cards;
use crate::conversation::turn::BOT;
use crate::ids::{ConversationId, PersonId, RequestId, RunId};
use crate::mask::mask;
use crate::plan::Call;
use crate::run::{Authority, Marker, Run, State, Trace};

/// What every run of a plan shares.
pub(crate) struct RunSeed {
    pub(crate) request: RequestId,
    pub(crate) conversation: ConversationId,
    pub(crate) requester: PersonId,
    pub(crate) authority: Authority,
}

impl RunSeed {
    pub(crate) fn of(approval: &Approval) -> Self {
        Self {
            request: approval.request.clone(),
            conversation: approval.conversation.clone(),
            requester: approval.requester.clone(),
            authority: Authority::Approval {
                id: approval.id.clone(),
                plan: approval.digest.clone(),
            },
        }
    }

    pub(crate) fn first_run(self, calls: &[Call], now: Timestamp) -> Option<Run> {
        let (call, rest) = calls.split_first()?;
        Some(self.run(0, call.clone(), rest.to_vec(), Vec::new(), now))
    }

    pub(crate) fn run(
        self,
        step: u32,
        call: Call,
        rest: Vec<Call>,
        facts: Vec<String>,
        now: Timestamp,
    ) -> Run {
        let id = RunId::fresh();
        let due = call.start.as_ref().map_or(now, |start| start.at.max(now));
        Run {
            marker: Marker::of(&id),
            card: cards::key(&self.request),
            request: self.request,
            conversation: self.conversation,
            requester: self.requester,
            authority: self.authority,
            step,
            rest,
            digest: call.digest(),
            call,
            facts,
            state: State::Granted,
            trace: Trace::default(),
            created_at: now,
            due_at: Some(if step == 0 { due } else { now }),
            version: 1,
            id,
        }
    }
}

pub(crate) fn grant_entries(run: &Run, now: Timestamp) -> Vec<NewEntry> {
    let by = match &run.authority {
        Authority::Approval { id, .. } => format!("approval {id}"),
        Authority::Auto { reason, .. } => reason.clone(),
    };
    let entry = NewEntry {
        at: now,
        actor: BOT.into(),
        kind: "granted",
        subject: json!({ "run": run.id, "request": run.request, "step": run.step, "digest": run.digest, "marker": run.marker }),
        text: mask(&format!("granted by {by}: {}", run.call.sentence())),
        client: None,
    };
    concerning(entry, std::slice::from_ref(&run.call))
}
