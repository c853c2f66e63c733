//! A waiting plan asked anew in another form: with other arguments, or through another product. The old card
//! ends, nobody approves their own version, and both are kept.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::approval::{Approval, Entitled, Event, State as ApprovalState, Version};
use crate::conversation::cards;
use crate::conversation::consider::Considered;
use crate::conversation::decision::draft_of;
use crate::conversation::turn::{Input, Turn};
use crate::directory::{Person, Product};
use crate::mask::mask;
use crate::plan::{Call, Plan, subject};
use crate::planner::Draft;
use crate::ports::{StoreError, Write};
use crate::reply::Message;
use crate::tool::twins::twin;
use crate::tool::{Catalogue, Tool, schema};
use crate::words;

/// An approval, and what the person who wants another form of it may do with it.
pub(super) struct Waiting {
    pub(super) approval: Approval,
    pub(super) entitled: Entitled,
}

/// The other form.
struct Rework {
    drafts: Vec<Draft>,
    /// The kind of the audit entry.
    kind: &'static str,
    /// What is told on the card that ends.
    difference: String,
    /// Why a plan is not what was wanted, if so.
    misses: fn(&Plan, &Plan) -> Option<String>,
}

/// The other products through which `calls` could run as a whole: each has the same tools and an agent on
/// every device. Tickets stay where they are.
pub(super) fn other_ways(calls: &[Call], catalogue: &Catalogue) -> Vec<Product> {
    let acts: Vec<&Call> = calls.iter().filter(|it| !it.is_ticket()).collect();
    let can = |call: &Call, product: Product| {
        let has_twin =
            |tool: &Tool| twin(tool, &own_arguments(call, catalogue), product, catalogue).is_some();
        call.product != product
            && !call.targets.is_empty()
            && call.targets.iter().all(|target| target.pathway(product).is_some())
            && catalogue.get(&call.tool).is_some_and(has_twin)
    };
    let all = Product::ALL.into_iter();
    all.filter(|product| !acts.is_empty() && acts.iter().all(|call| can(call, *product))).collect()
}

/// What was said, and not filled in for this product: the other has defaults of its own.
fn own_arguments(call: &Call, catalogue: &Catalogue) -> Map<String, Value> {
    match catalogue.get(&call.tool) {
        Some(tool) => schema::without_defaults(&tool.schema, &call.arguments),
        None => call.arguments.clone(),
    }
}

impl Turn<'_> {
    /// The same plan with other arguments for one step.
    pub(super) async fn edit(
        &mut self,
        person: &Person,
        waiting: Waiting,
        step: u32,
        arguments: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut drafts: Vec<Draft> = waiting.approval.plan.calls.iter().map(draft_of).collect();
        let index = usize::try_from(step).unwrap_or(usize::MAX);
        let refusal = match drafts.get(index) {
            None => Some("The plan has no such step."),
            Some(draft) if &draft.arguments == arguments => Some("Nothing was changed."),
            Some(_) => None,
        };
        if let Some(text) = refusal {
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let old = cards::arguments(&drafts[index].arguments);
        drafts[index].arguments.clone_from(arguments);
        let rework = Rework {
            drafts,
            kind: "edited",
            difference: format!(
                "{} edited it: {old} became {}",
                person.name,
                cards::arguments(arguments)
            ),
            misses: |edited, plan| {
                let tools = |plan: &Plan| {
                    plan.calls.iter().map(|call| call.tool.clone()).collect::<Vec<_>>()
                };
                (tools(edited) != tools(plan))
                    .then(|| "that would be another plan, not an edit".to_owned())
            },
        };
        self.rework(person, waiting, rework, now).await
    }

    /// The same plan through `product`.
    pub(super) async fn reroute(
        &mut self,
        person: &Person,
        waiting: Waiting,
        product: Product,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (calls, catalogue) = (&waiting.approval.plan.calls, self.engine.catalogue());
        if !other_ways(calls, &catalogue).contains(&product) {
            let what = subject(calls);
            let text = format!("There is no way through {} for {what}.", product.label());
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let draft = |call: &Call| match call.is_ticket() {
            true => draft_of(call),
            false => Draft {
                through: Some(product),
                arguments: own_arguments(call, &catalogue),
                ..draft_of(call)
            },
        };
        let rework = Rework {
            drafts: calls.iter().map(draft).collect(),
            kind: "rerouted",
            difference: format!("{} wants it to go through {}", person.name, product.label()),
            misses: |_, _| None,
        };
        self.rework(person, waiting, rework, now).await
    }

    async fn rework(
        &mut self,
        person: &Person,
        waiting: Waiting,
        rework: Rework,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Waiting { approval, entitled } = waiting;
        let is_waiting =
            matches!(approval.state, ApprovalState::Waiting) && approval.expires_at > now;
        let may = person.id == approval.requester || entitled == Entitled::Yes;
        let refusal = match () {
            () if !is_waiting => {
                Some("This is decided already, so it cannot be changed. Ask again instead.")
            }
            () if !may => {
                Some("Only the person who asked, or somebody who may approve, can change this.")
            }
            () => None,
        };
        if let Some(text) = refusal {
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        // First what would come of it: what leads nowhere must not cost the card that waits.
        let context = self.context.clone();
        self.context.asked.clone_from(&approval.asked);
        let considered = self.considered(person, now, Input::Drafts(rework.drafts)).await?;
        let nowhere = match &considered {
            Considered::Plan { plan, .. } => (rework.misses)(plan, &approval.plan),
            Considered::Stopped { reason, .. } => Some(reason.clone()),
            Considered::Ask(question) => Some(question.text.clone()),
            Considered::Refuse(text) | Considered::Tell(text) => Some(text.clone()),
            Considered::Say(_) | Considered::Unsure { .. } => {
                Some("that makes no request".to_owned())
            }
        };
        if let Some(why) = nowhere {
            self.context = context;
            let text = format!(
                "{} The card {} still waits as it was.",
                words::sentence(&why),
                approval.code
            );
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let subject = json!({ "approval": approval.id, "request": approval.request, "plan": approval.digest });
        let text = mask(&rework.difference);
        self.audit_of(now, person.id.as_str(), rework.kind, subject, &text, &approval.plan.calls);
        let voided = approval.next(Event::Drift { difference: rework.difference.clone() }, now);
        self.instead_of =
            Some(Version { code: approval.code.clone(), difference: rework.difference });
        self.react(person, considered, now).await?;
        let replaced_by = self.asked_as.take();
        self.instead_of = None;
        if let Ok(voided) = voided {
            let voided = Approval { replaced_by, ..voided };
            self.change.writes.push(Write::Post {
                conversation: voided.conversation.clone(),
                message: self.engine.plan_card(&voided, &[], now),
                at: now,
            });
            self.change.writes.push(Write::ApprovalAdvance(Box::new(voided)));
        }
        Ok(())
    }
}
