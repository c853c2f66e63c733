//! Decisions on an approval: buttons, typed codes, edits, and answers picked from a question.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::info;

use crate::approval::{Approval, Entitled, Event, Refusal, State as ApprovalState};
use crate::conversation::cards;
use crate::conversation::command::Command;
use crate::conversation::consider::Considered;
use crate::conversation::seed::{RunSeed, client_of};
use crate::conversation::turn::{Input, Turn, sentences};
use crate::directory::Person;
use crate::mask::mask;
use crate::plan::{Call, Plan};
use crate::planner::{ClientMention, Draft, Mention};
use crate::ports::{StoreError, Write};
use crate::reply::{Action, Message};
use crate::run::Run;
use crate::words;

/// Longest reason of a denial that is kept.
const REASON_MAX: usize = 500;

impl Turn<'_> {
    pub(super) async fn command(
        &mut self,
        person: &Person,
        command: Command,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let code = match &command {
            Command::Approve { code } | Command::Deny { code, .. } | Command::Withdraw { code } => {
                code
            }
        };
        let Some(approval) = self.engine.store().approval_by_code(code).await? else {
            let text = format!(
                "Nothing waits for approval with the code {code}; it may be decided or expired already."
            );
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        };
        let (entitled, meets) = self.engine.standing(person, &approval).await;
        let event = match command {
            // Who types the code has the card with this code in front of them; its plan never changes.
            Command::Approve { .. } => Event::Approve {
                by: person.id.clone(),
                seen: approval.digest.clone(),
                entitled,
                meets,
            },
            Command::Deny { reason, .. } => Event::Deny { by: person.id.clone(), entitled, reason },
            Command::Withdraw { .. } => Event::Withdraw { by: person.id.clone() },
        };
        self.decide(person, approval, event, now);
        Ok(())
    }

    pub(super) async fn click(
        &mut self,
        person: &Person,
        action: &Action,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match action {
            Action::Say { text } => self.text(person, text, now).await,
            Action::Pick { question, option } => self.pick(person, *question, *option, now).await,
            Action::Approve { approval, .. }
            | Action::Deny { approval, .. }
            | Action::Edit { approval, .. }
            | Action::Withdraw { approval } => {
                let Some(approval) = self.engine.store().approval(approval).await? else {
                    let text =
                        "I do not know that approval; the card may be from another installation.";
                    self.post(Message::text(text).only_for(&person.id), now);
                    return Ok(());
                };
                let by = person.id.clone();
                let (entitled, meets) = self.engine.standing(person, &approval).await;
                let event = match action {
                    Action::Edit { step, arguments, .. } => {
                        let edit = Edit { approval, entitled, step: *step, arguments };
                        return self.edit(person, edit, now).await;
                    }
                    Action::Approve { seen, .. } => {
                        Event::Approve { by, seen: seen.clone(), entitled, meets }
                    }
                    Action::Deny { reason, .. } => {
                        let reason =
                            reason.as_ref().map(|reason| words::cut(reason.trim(), REASON_MAX));
                        Event::Deny {
                            by,
                            entitled,
                            reason: reason.filter(|reason| !reason.is_empty()),
                        }
                    }
                    Action::Withdraw { .. } | Action::Pick { .. } | Action::Say { .. } => {
                        Event::Withdraw { by }
                    }
                };
                self.decide(person, approval, event, now);
                Ok(())
            }
        }
    }

    /// The same plan with other arguments, asked anew in the name of whoever edited it: so nobody approves
    /// their own edit, and both versions are kept.
    async fn edit(
        &mut self,
        person: &Person,
        edit: Edit<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Edit { approval, entitled, step, arguments } = edit;
        let is_waiting =
            matches!(approval.state, ApprovalState::Waiting) && approval.expires_at > now;
        let may = person.id == approval.requester || entitled == Entitled::Yes;
        let mut drafts: Vec<Draft> = approval.plan.calls.iter().map(draft_of).collect();
        let index = usize::try_from(step).unwrap_or(usize::MAX);
        let text = match drafts.get(index) {
            _ if !is_waiting => {
                Some("This is decided already, so there is nothing to edit. Ask again instead.")
            }
            _ if !may => {
                Some("Only the person who asked, or somebody who may approve, can edit this.")
            }
            None => Some("The plan has no such step."),
            Some(draft) if &draft.arguments == arguments => Some("Nothing was changed."),
            Some(_) => None,
        };
        if let Some(text) = text {
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let old = cards::arguments(&drafts[index].arguments);
        drafts[index].arguments.clone_from(arguments);
        // First what would come of it: an edit that leads nowhere must not cost the card that waits.
        let context = self.context.clone();
        self.context.asked.clone_from(&approval.asked);
        let considered = self.considered(person, now, Input::Drafts(drafts)).await?;
        if let Some(why) = leads_nowhere(&considered, &approval.plan) {
            self.context = context;
            let text = format!(
                "{} The card {} still waits as it was.",
                words::sentence(&why),
                approval.code
            );
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let difference =
            format!("{} edited it: {old} became {}", person.name, cards::arguments(arguments));
        let subject = json!({ "approval": approval.id, "request": approval.request, "plan": approval.digest });
        let client = approval.plan.calls.first().and_then(client_of);
        self.audit(now, person.id.as_str(), "edited", subject, &mask(&difference), client);
        if let Ok(voided) = approval.next(Event::Drift { difference }, now) {
            self.change.writes.push(Write::Post {
                conversation: voided.conversation.clone(),
                message: self.engine.plan_card(&voided, &[], now),
                at: now,
            });
            self.change.writes.push(Write::ApprovalAdvance(Box::new(voided)));
        }
        self.react(person, considered, now).await
    }

    async fn pick(
        &mut self,
        person: &Person,
        question: u32,
        option: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let is_current = question == self.context.questions_asked;
        let asked = self.context.question.as_ref().filter(|_| is_current);
        let picked = asked
            .and_then(|it| it.options.get(usize::try_from(option).ok()?))
            .map(|it| it.drafts.clone());
        let Some(drafts) = picked else {
            let text = "That question was answered already, so this click did nothing. Ask again if you still need it.";
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        };
        self.with_considering(person, now, Input::Drafts(drafts)).await
    }

    fn decide(&mut self, person: &Person, approval: Approval, event: Event, now: Timestamp) {
        let kind = match &event {
            Event::Approve { .. } => "approve",
            Event::Deny { .. } => "deny",
            Event::Withdraw { .. } => "withdraw",
            Event::Tick | Event::Drift { .. } => "tick",
        };
        let subject = json!({ "approval": approval.id, "request": approval.request, "plan": approval.digest });
        let client = approval.plan.calls.first().and_then(client_of);
        let next = match approval.next(event, now) {
            Ok(next) => next,
            Err(refusal) => {
                let text = format!("{kind} refused: {refusal}");
                self.audit(now, person.id.as_str(), "decision_refused", subject, &text, client);
                self.post(refused(&refusal).only_for(&person.id), now);
                return;
            }
        };
        let text = format!("{}: {}", decided(&next, kind), sentences(&next.plan.calls));
        info!(approval.id = %next.id, person = %person.id, "{text}");
        self.audit(now, person.id.as_str(), "decision", subject, &mask(&text), client);
        if matches!(next.state, ApprovalState::Expired { .. }) {
            let text =
                "This expired before you clicked, so nothing was decided. It can be asked again.";
            self.post(Message::text(text).only_for(&person.id), now);
        }
        let run = match next.state {
            ApprovalState::Approved { .. } => RunSeed::of(&next).first_run(&next.plan.calls, now),
            _ => None,
        };
        let runs: Vec<Run> = run.into_iter().collect();
        // The card is where it was asked, which may be another thread than the click came from.
        self.change.writes.push(Write::Post {
            conversation: next.conversation.clone(),
            message: self.engine.plan_card(&next, &runs, now),
            at: now,
        });
        if next.conversation != self.conversation {
            let text = format!("{}: {}", decided(&next, kind), sentences(&next.plan.calls));
            self.post(Message::text(text), now);
        }
        for run in runs {
            self.audit_grant(&run, now);
            self.change.writes.push(Write::RunNew(Box::new(run)));
        }
        self.change.writes.push(Write::ApprovalAdvance(Box::new(next)));
    }
}

/// Other arguments for one step of a waiting plan.
struct Edit<'a> {
    approval: Approval,
    /// Of the editor.
    entitled: Entitled,
    step: u32,
    arguments: &'a Map<String, Value>,
}

/// Why an edit of `plan` cannot be asked for, if so: the editor may not, the arguments do not fit, or it
/// became another plan.
fn leads_nowhere(considered: &Considered, plan: &Plan) -> Option<String> {
    match considered {
        Considered::Plan { plan: edited, .. } => {
            let tools =
                |plan: &Plan| plan.calls.iter().map(|call| call.tool.clone()).collect::<Vec<_>>();
            (tools(edited) != tools(plan)).then(|| "that would be another plan, not an edit".into())
        }
        Considered::Stopped { reason, .. } => Some(reason.clone()),
        Considered::Ask(question) => Some(question.text.clone()),
        Considered::Refuse(text) | Considered::Tell(text) => Some(text.clone()),
        Considered::Say(_) | Considered::Unsure { .. } => {
            Some("that edit makes no request".to_owned())
        }
    }
}

/// A call as it was proposed, with its devices already known.
fn draft_of(call: &Call) -> Draft {
    Draft {
        tool: call.tool.clone(),
        arguments: call.arguments.clone(),
        devices: call.targets.iter().map(|target| Mention::Device(target.device.clone())).collect(),
        client: call.client.as_ref().map(|client| ClientMention::Client(client.client.clone())),
    }
}

fn decided(next: &Approval, kind: &str) -> &'static str {
    match (&next.state, kind) {
        (ApprovalState::Waiting, _) => "one approval given, more are needed",
        (ApprovalState::Approved { .. }, _) => "approved",
        (ApprovalState::Denied { .. }, _) => "denied",
        (ApprovalState::Expired { .. }, _) => "expired",
        (ApprovalState::Withdrawn { .. }, _) => "withdrawn",
        (ApprovalState::Voided { .. }, _) => "voided",
    }
}

fn refused(refusal: &Refusal) -> Message {
    Message::text(words::sentence(&refusal.to_string()))
}
