//! Whether a granted run may still start: policy, people and products asked once more, right before it is
//! sent.

use jiff::SignedDuration;
use tracing::{info, warn};

use crate::approval::{Approval, Entitled, State as ApprovalState};
use crate::conversation::Engine;
use crate::conversation::entitled::Asks;
use crate::policy::Verdict;
use crate::ports::{CallError, Change, PolicyTable, StoreError, Write};
use crate::run::{Authority, Run};
use crate::words;

/// How long a granted run may fail its re-check (product unreachable) before it is dropped.
const RECHECK_SECS_MAX: i64 = 600;

/// How long a run waits for another one on the same device. An hour: longer, and nobody expects it any
/// more.
const BUSY_SECS_MAX: i64 = 3_600;

/// How often it looks.
const BUSY_LOOK_SECS: i64 = 15;

/// What policy says right before a send.
pub(super) enum Recheck {
    /// Allowed by the policies of this version; the commit of the send sees that it is still the one.
    Goes {
        policy: i64,
    },
    Stops(String),
}

impl Engine {
    /// The policy on the concrete call, once more, immediately before it runs.
    pub(super) async fn still_allowed(&self, run: &Run) -> Result<Recheck, StoreError> {
        let table = self.store().policies().await?;
        let stops = match self.no_longer_allowed(run, &table).await? {
            Some(why) => Some(why),
            None => self.over_caps(std::slice::from_ref(&run.call)).await?,
        };
        Ok(stops.map_or(Recheck::Goes { policy: table.version }, Recheck::Stops))
    }

    async fn no_longer_allowed(
        &self,
        run: &Run,
        table: &PolicyTable,
    ) -> Result<Option<String>, StoreError> {
        let Some(person) = self.people().get(&run.requester) else {
            return Ok(Some(format!("{}, who asked, is no longer known", run.requester)));
        };
        let (directory, catalogue) = (self.directory(), self.catalogue());
        let approval = match &run.authority {
            Authority::Auto { .. } | Authority::Standing { .. } => None,
            Authority::Approval { id, .. } => self.store().approval(id).await?,
        };
        let asked = match (&run.authority, &approval) {
            (Authority::Auto { asked, .. } | Authority::Standing { asked, .. }, _) => {
                asked.as_str()
            }
            (Authority::Approval { .. }, Some(approval)) => approval.asked.as_str(),
            (Authority::Approval { .. }, None) => "",
        };
        let rules = self.rules_of(table);
        let considering =
            self.considering((&directory, &catalogue), (table, &rules), person, self.now());
        let ruling = considering.ruling(&run.call, asked);
        let approved = match &run.authority {
            Authority::Auto { .. } => false,
            Authority::Standing { grant, .. } => {
                match self.standing_gone(grant, run, &ruling).await? {
                    Some(why) => return Ok(Some(why)),
                    None => true,
                }
            }
            Authority::Approval { .. } => match &approval {
                Some(approval) if matches!(approval.state, ApprovalState::Approved { .. }) => {
                    if !approval.kept().iter().any(|(_, it)| it.covers(&run.call)) {
                        return Ok(Some("this is not what was approved".to_owned()));
                    }
                    if let Some(why) = self.approvers_gone(approval).await {
                        return Ok(Some(why));
                    }
                    let rulings: Vec<_> = approval
                        .plan
                        .calls
                        .iter()
                        .map(|call| considering.ruling(call, asked))
                        .collect();
                    if crate::policy::decide::stamp(&rulings) != approval.plan.policy {
                        return Ok(Some(format!(
                            "the policy changed since this was approved ({})",
                            ruling.reason
                        )));
                    }
                    true
                }
                _ => return Ok(Some("the approval does not hold any more".into())),
            },
        };
        Ok(match (ruling.verdict, approved) {
            (Verdict::Run, _) | (Verdict::Ask, true) => None,
            (Verdict::Ask, false) => {
                Some(format!("the policy changed, and now it needs approval ({})", ruling.reason))
            }
            (Verdict::Plan, _) => Some(format!("it is plan only now ({})", ruling.reason)),
            (Verdict::Stop, _) => Some(ruling.reason),
        })
    }

    /// Approvers must still be entitled when it starts, and together still meet what was asked for.
    async fn approvers_gone(&self, approval: &Approval) -> Option<String> {
        let mut quorum = approval.quorum.clone();
        quorum.needs.iter_mut().for_each(|need| need.by.clear());
        let mut count = 0;
        for decision in &approval.decisions {
            let Some(person) = self.people().get(&decision.by) else { continue };
            // Whoever decided for somebody did it with their right, which must hold; being back ends nothing.
            let right = match &decision.on_behalf_of {
                None => Some(person),
                Some(of) => {
                    self.people().get(of).filter(|_| person.may_approve() && !person.is_contact())
                }
            };
            let Some(right) = right else { continue };
            let (entitled, mut meets) = self.own_standing(right, Asks::of(approval)).await;
            if entitled != Entitled::Yes {
                continue;
            }
            if right.id != person.id {
                meets.extend(self.own_standing(person, Asks::of(approval)).await.1);
                meets.sort_unstable();
                meets.dedup();
            }
            count += 1;
            for need in meets {
                if let Some(need) = quorum.needs.get_mut(need) {
                    need.by.push(person.id.clone());
                }
            }
        }
        let enough = quorum.is_reached(count);
        (!enough).then(|| "somebody who approved this may not approve any more".to_owned())
    }

    /// Two writes at once on one device are never sent: this one waits for `other`, within limits.
    pub(super) async fn wait_for_device(
        &self,
        mut run: Run,
        other: &Run,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let waited = now.as_second() - run.wanted_since().as_second();
        if waited > BUSY_SECS_MAX {
            let why = format!(
                "{} was still at work there after {}; ask again when it is done",
                other.call.sentence(),
                words::span(waited)
            );
            return self.end_unsent(run, why, None).await;
        }
        info!(run.id = %run.id, "waits for the device: {} is at work there", other.call.sentence());
        run.due_at = Some(now + SignedDuration::from_secs(BUSY_LOOK_SECS));
        let waits_for = Some(other.call.sentence());
        let is_news = run.trace.waits_for != waits_for;
        run.trace.waits_for = waits_for;
        let mut writes = vec![Write::RunAdvance(Box::new(run.clone()))];
        if is_news {
            writes.extend(self.face(&run, now).await?);
        }
        self.store().commit(Change { writes, audit: vec![] }).await.map(|_| ())
    }

    pub(super) async fn recheck_failed(
        &self,
        mut run: Run,
        error: &CallError,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let waited = now.as_second() - run.wanted_since().as_second();
        let wait = match error {
            CallError::Throttled { wait, .. } => {
                i64::try_from(wait.as_secs()).unwrap_or(60).clamp(1, 300)
            }
            CallError::Locked { .. } => 60,
            CallError::Unreachable { .. }
            | CallError::Unanswered { .. }
            | CallError::Failed { .. } => 15,
            CallError::Credentials { .. }
            | CallError::MissingScope { .. }
            | CallError::NotFound { .. }
            | CallError::Refused { .. } => {
                return self
                    .end_unsent(run, error.for_person().trim_end_matches('.').to_owned(), None)
                    .await;
            }
        };
        if waited + wait > RECHECK_SECS_MAX {
            let why = format!(
                "it could not be re-checked for {}: {}",
                words::span(waited),
                error.for_person()
            );
            return self.end_unsent(run, why.trim_end_matches('.').to_owned(), None).await;
        }
        warn!(run.id = %run.id, error = %error, "the re-check before sending failed; trying again in {wait} s");
        run.due_at = Some(now + SignedDuration::from_secs(wait));
        let change = Change { writes: vec![Write::RunAdvance(Box::new(run))], audit: vec![] };
        self.store().commit(change).await.map(|_| ())
    }
}
