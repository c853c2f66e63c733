//! What people see of a plan: its card and its result, from the runs that it has so far.

use jiff::Timestamp;

use crate::approval::{Approval, State as ApprovalState};
use crate::bounds::CALLS_PER_PLAN_MAX;
use crate::conversation::cards::PlanView;
use crate::conversation::rework::other_ways;
use crate::conversation::{Engine, outcome};
use crate::plan::Call;
use crate::ports::{RunFilter, StoreError, Write};
use crate::reply::{Field, Message};
use crate::run::{Authority, Run};

impl Engine {
    /// The card of the plan as `run` is now; none of a run that another one conducts.
    pub(super) async fn face(&self, run: &Run, at: Timestamp) -> Result<Option<Write>, StoreError> {
        if run.parent.is_some() {
            return Ok(None);
        }
        let (message, _) = self.faces(run, None, at).await?;
        Ok(Some(Write::Post { conversation: run.conversation.clone(), message, at }))
    }

    /// The other runs of the same plan, and of the same occurrence if it comes again.
    pub(super) async fn runs_beside(&self, run: &Run) -> Result<Vec<Run>, StoreError> {
        let filter = RunFilter {
            request: Some(run.request.clone()),
            // The newest come first.
            limit: u32::try_from(CALLS_PER_PLAN_MAX).unwrap_or(u32::MAX),
            ..RunFilter::default()
        };
        let mut runs = self.store().runs(&filter).await?;
        runs.retain(|it| it.id != run.id && it.occurrence() == run.occurrence());
        Ok(runs)
    }

    /// The card of the plan and its result message, with `run` as it is now.
    pub(super) async fn faces(
        &self,
        run: &Run,
        voided: Option<&Approval>,
        now: Timestamp,
    ) -> Result<(Message, Message), StoreError> {
        let approval = match (&run.authority, voided) {
            (_, Some(approval)) => Some(approval.clone()),
            (Authority::Approval { id, .. }, None) => self.store().approval(id).await?,
            (Authority::Auto { .. } | Authority::Standing { .. }, None) => None,
        };
        let mut runs = self.runs_beside(run).await?;
        runs.push(run.clone());
        runs.sort_by_key(|it| it.step);
        let calls: Vec<Call> =
            runs.iter().map(|it| it.call.clone()).chain(run.rest.iter().cloned()).collect();
        let card = match (&approval, &run.authority) {
            (Some(approval), _) => self.plan_card(approval, &runs, now),
            (None, authority) => {
                let (reason, asked) = match authority {
                    Authority::Auto { reason, asked } => (not_needed(reason), asked.as_str()),
                    Authority::Standing { said, asked, .. } => (given_ahead(said), asked.as_str()),
                    Authority::Approval { .. } => (String::new(), ""),
                };
                let view = PlanView {
                    request: &run.request,
                    requester: &run.requester,
                    asked,
                    calls: &calls,
                    approval: None,
                    reason: &reason,
                    runs: &runs,
                    people: self.people(),
                    ways: &[],
                    now,
                };
                view.card()
            }
        };
        let name = self.people().get(&run.requester).map_or("", |person| person.name.as_str());
        let mention = if name.is_empty() { String::new() } else { format!("{name}: ") };
        let left_out = approval.as_ref().map(|it| self.left_out_of(it)).unwrap_or_default();
        let mut more = Vec::new();
        if !left_out.is_empty() {
            more.push(Field::new("Left out", left_out.join("\n")));
        }
        if let Authority::Standing { said, .. } = &run.authority {
            more.push(Field::new("Allowed by", said.clone()));
        }
        Ok((card, outcome::message(&calls, &runs, &mention, more)))
    }

    pub(crate) fn plan_card(&self, approval: &Approval, runs: &[Run], now: Timestamp) -> Message {
        // Only who can still choose is offered another way.
        let ways = match approval.state {
            ApprovalState::Waiting => other_ways(&approval.plan.calls, &self.catalogue()),
            _ => Vec::new(),
        };
        let view = PlanView {
            request: &approval.request,
            requester: &approval.requester,
            asked: &approval.asked,
            calls: &approval.plan.calls,
            approval: Some(approval),
            reason: "",
            runs,
            people: self.people(),
            ways: &ways,
            now,
        };
        view.card()
    }
}

/// What stands on the card of a plan that policy lets run.
pub(super) fn not_needed(reason: &str) -> String {
    format!("not needed ({reason})")
}

/// What stands on the card of a plan that somebody said yes to ahead.
pub(super) fn given_ahead(said: &str) -> String {
    format!("given ahead by the {said}")
}
