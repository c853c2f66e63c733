//! A plan of several calls, of which approvers may leave some out.
//!
//! Leaving a step out is a no to that step, as a denial is one to the plan: it stays out, whoever else
//! says yes. So every step that is left has the whole quorum.

use std::collections::BTreeMap;

use crate::approval::{Approval, Refusal};
use crate::digest::Digest;
use crate::ids::PersonId;
use crate::plan::{Call, Plan};

/// What one yes comes to.
pub(super) struct Yes {
    /// The steps that it leaves out, and nobody had before.
    pub(super) left_out: Vec<u32>,
    /// The digest of what it is to; `None`: of the whole plan.
    pub(super) to: Option<Digest>,
}

impl Approval {
    /// The steps that somebody left out, counted from 0, and who was the first to.
    pub fn left_out(&self) -> BTreeMap<u32, &PersonId> {
        let mut out = BTreeMap::new();
        for decision in &self.decisions {
            for step in &decision.left_out {
                out.entry(*step).or_insert(&decision.by);
            }
        }
        out
    }

    /// The steps that nobody left out, in order.
    pub fn kept(&self) -> Vec<(u32, &Call)> {
        let out = self.left_out();
        (0..).zip(&self.plan.calls).filter(|(step, _)| !out.contains_key(step)).collect()
    }

    /// What a yes is to at this moment: the digest of the steps that are left.
    pub fn offered(&self) -> Digest {
        self.digest_of(&self.kept())
    }

    fn digest_of(&self, steps: &[(u32, &Call)]) -> Digest {
        if steps.len() == self.plan.calls.len() {
            return self.digest.clone();
        }
        let calls = steps.iter().map(|(_, call)| (*call).clone()).collect();
        Plan { calls, policy: self.plan.policy.clone() }.digest()
    }

    /// The steps as people count them: "1,3".
    pub fn kept_numbers(&self) -> String {
        let numbers: Vec<String> =
            self.kept().iter().map(|(step, _)| (step + 1).to_string()).collect();
        numbers.join(",")
    }

    /// A step that could be approved without the others, counted from 0; a ticket alone does not count.
    pub fn alone(&self) -> Option<u32> {
        let kept = self.kept();
        let fits = |step: u32, call: &Call| !call.is_ticket() && self.yes_to(Some(&[step])).is_ok();
        let alone = || kept.iter().find(|(step, call)| fits(*step, call)).map(|(step, _)| *step);
        (kept.len() > 1).then(alone).flatten()
    }

    /// What a yes to `wanted` is to; `None` wants all that are left.
    pub(super) fn yes_to(&self, wanted: Option<&[u32]>) -> Result<Yes, Refusal> {
        let kept = self.kept();
        let Some(wanted) = wanted else { return Ok(self.yes(&kept, Vec::new())) };
        let out = self.left_out();
        for step in wanted {
            let index = usize::try_from(*step).unwrap_or(usize::MAX);
            if self.plan.calls.get(index).is_none() {
                return Err(Refusal::NoSuchStep(step.wrapping_add(1)));
            }
            if out.contains_key(step) {
                return Err(Refusal::StaysOut(step + 1));
            }
        }
        let (kept, left): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|(step, _)| wanted.contains(step));
        if kept.is_empty() {
            return Err(Refusal::NothingLeft);
        }
        self.makes_sense(&kept)?;
        Ok(self.yes(&kept, left.into_iter().map(|(step, _)| step).collect()))
    }

    fn yes(&self, kept: &[(u32, &Call)], left_out: Vec<u32>) -> Yes {
        let to = Some(self.digest_of(kept)).filter(|to| to != &self.digest);
        Yes { left_out, to }
    }

    /// Some steps only make sense behind others.
    fn makes_sense(&self, kept: &[(u32, &Call)]) -> Result<(), Refusal> {
        let is_kept = |step: u32| kept.iter().any(|(it, _)| *it == step);
        for (step, call) in (0_u32..).zip(&self.plan.calls) {
            if call.canary.is_some() && !is_kept(step) && is_kept(step + 1) {
                return Err(Refusal::GoesFirst { first: step + 1, others: step + 2 });
            }
        }
        let acts = kept.iter().any(|(_, call)| call.is_write() && !call.is_ticket());
        let has_ticket = kept.iter().any(|(_, call)| call.is_ticket());
        if self.paper_trail && acts && !has_ticket {
            return Err(Refusal::TicketStays);
        }
        Ok(())
    }
}
