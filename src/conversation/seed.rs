//! What every run of a plan shares, and how the first and the next one are made of it.

use jiff::Timestamp;
use serde_json::json;

use crate::approval::Approval;
use crate::audit::{NewEntry, concerning};
use crate::conversation::turn::BOT;
use crate::conversation::{Engine, cards};
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
            authority: Authority::Approval { id: approval.id.clone(), plan: approval.offered() },
        }
    }

    /// What another run of the same plan shares with `run`.
    pub(crate) fn beside(run: &Run) -> Self {
        Self {
            request: run.request.clone(),
            conversation: run.conversation.clone(),
            requester: run.requester.clone(),
            authority: run.authority.clone(),
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
        let due = call.start.as_ref().map_or(now, |start| (start.at - call.lead()).max(now));
        Run {
            marker: Marker::of(&id),
            card: cards::key(&self.request),
            request: self.request,
            conversation: self.conversation,
            requester: self.requester,
            authority: self.authority,
            step,
            parent: None,
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

impl Engine {
    /// The first step that is left of an approved plan; a ticket behind it is told what was left out.
    pub(crate) fn first_run_of(&self, approval: &Approval, now: Timestamp) -> Option<Run> {
        let calls: Vec<Call> = approval.kept().into_iter().map(|(_, call)| call.clone()).collect();
        let left_out = self.left_out_of(approval);
        let facts = left_out.iter().map(|it| format!("Left out, so not done: {it}")).collect();
        Some(Run { facts, ..RunSeed::of(approval).first_run(&calls, now)? })
    }

    /// "Disk Cleanup on MARIA-LT-01 (Bluegum Vet), by Ben".
    pub(crate) fn left_out_of(&self, approval: &Approval) -> Vec<String> {
        let steps = approval.left_out().into_iter();
        let line = |(step, by): (u32, &PersonId)| {
            let call = approval.plan.calls.get(usize::try_from(step).ok()?)?;
            let by = self.people().get(by).map_or(by.as_str(), |person| person.name.as_str());
            Some(format!("{}, by {by}", call.sentence()))
        };
        steps.filter_map(line).collect()
    }
}

pub(crate) fn grant_entries(run: &Run, now: Timestamp) -> Vec<NewEntry> {
    let by = match &run.authority {
        Authority::Approval { id, .. } => format!("approval {id}"),
        Authority::Auto { reason, .. } => reason.clone(),
        Authority::Standing { said, .. } => said.clone(),
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
