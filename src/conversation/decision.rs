//! Decisions on an approval: buttons, typed codes, and answers picked from a question.

use jiff::Timestamp;
use serde_json::json;
use tracing::info;

use crate::approval::{Approval, Event, Refusal, State as ApprovalState};
use crate::conversation::command::Command;
use crate::conversation::entitled::Standing;
use crate::conversation::rework::Waiting;
use crate::conversation::turn::{Input, Turn};
use crate::conversation::{CancelError, HaltError, Named, Switch, speech};
use crate::directory::Person;
use crate::mask::mask;
use crate::plan::{Call, sentences};
use crate::planner::{Canary, ClientMention, Draft, Mention};
use crate::ports::{StoreError, Write};
use crate::reply::{Action, Message};
use crate::run::{Marker, Run};
use crate::schedule::Start;
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
            Command::Switch { switch, named, reason } => {
                return self.switch(person, *switch, named, reason.as_deref(), now).await;
            }
            Command::Away { until, delegate } => {
                return self.away(person, *until, delegate, now).await;
            }
            Command::Back => return self.back(person, now).await,
            Command::Standing(standing) => return self.standing_grant(person, standing, now).await,
            Command::Trials(trials) => return self.trials(person, trials, now).await,
            Command::Again { code } => return self.again(person, code, now).await,
            Command::Scheduled => {
                let runs = self.engine.scheduled().await?;
                self.post(speech::scheduled(&runs, self.engine.people()), now);
                return Ok(());
            }
            Command::Cancel { marker } => return self.call_off(person, marker, now).await,
            Command::RunAgain { marker } => return self.run_again(person, marker, now).await,
            Command::Approve { code, .. }
            | Command::Deny { code, .. }
            | Command::Withdraw { code }
            | Command::Through { code, .. } => code,
        };
        let Some(approval) = self.engine.store().approval_by_code(code).await? else {
            let text = format!(
                "Nothing waits for approval with the code {code}; it may be decided or expired already."
            );
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        };
        let Standing { entitled, meets, on_behalf_of } =
            self.engine.standing(person, &approval).await?;
        let event = match command {
            // Who types the code has the card with this code in front of them. The code alone means the
            // whole plan; what is left of it is named by its steps.
            Command::Approve { steps, .. } => Event::Approve {
                by: person.id.clone(),
                seen: match &steps {
                    None => approval.digest.clone(),
                    Some(_) => approval.offered(),
                },
                // Counted from 1 by people; there is no step 0.
                steps: steps.map(|all| all.iter().map(|step| step.wrapping_sub(1)).collect()),
                entitled,
                meets,
                on_behalf_of,
            },
            Command::Deny { reason, .. } => Event::Deny { by: person.id.clone(), entitled, reason },
            Command::Through { product, .. } => {
                return self.reroute(person, Waiting { approval, entitled }, product, now).await;
            }
            Command::Withdraw { .. }
            | Command::Again { .. }
            | Command::RunAgain { .. }
            | Command::Scheduled
            | Command::Cancel { .. }
            | Command::Away { .. }
            | Command::Back
            | Command::Standing(_)
            | Command::Trials(_)
            | Command::Switch { .. } => Event::Withdraw { by: person.id.clone() },
        };
        self.decide(person, approval, event, now);
        Ok(())
    }

    /// The kill switch, typed.
    async fn switch(
        &mut self,
        person: &Person,
        switch: Switch,
        named: &Named,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match self.engine.switching(person, switch, named, reason).await {
            Ok((change, sentence)) => {
                self.change.writes.extend(change.writes);
                self.change.audit.extend(change.audit);
                self.post(Message::text(sentence), now);
                Ok(())
            }
            Err(HaltError::Store(error)) => Err(error),
            Err(refusal) => {
                let text = words::sentence(&refusal.to_string());
                self.post(Message::text(text).only_for(&person.id), now);
                Ok(())
            }
        }
    }

    async fn call_off(
        &mut self,
        person: &Person,
        marker: &Marker,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match self.engine.cancelling(person, marker).await {
            Ok((change, sentence)) => {
                self.change.writes.extend(change.writes);
                self.change.audit.extend(change.audit);
                self.post(Message::text(sentence), now);
                Ok(())
            }
            Err(CancelError::Store(error)) => Err(error),
            Err(refusal) => {
                let text = words::sentence(&refusal.to_string());
                self.post(Message::text(text).only_for(&person.id), now);
                Ok(())
            }
        }
    }

    pub(super) async fn click(
        &mut self,
        person: &Person,
        action: &Action,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let decides = matches!(
            action,
            Action::Approve { .. }
                | Action::ApproveSome { .. }
                | Action::Deny { .. }
                | Action::Say { .. }
        );
        if person.is_contact() && !decides {
            self.only_decides(person, now);
            return Ok(());
        }
        match action {
            Action::Say { text } => self.text(person, text, now).await,
            Action::Pick { question, option } => self.pick(person, *question, *option, now).await,
            Action::Approve { approval, .. }
            | Action::ApproveSome { approval }
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
                let Standing { entitled, meets, on_behalf_of } =
                    self.engine.standing(person, &approval).await?;
                let event = match action {
                    Action::ApproveSome { .. } => {
                        self.post(speech::which_steps(&approval).only_for(&person.id), now);
                        return Ok(());
                    }
                    Action::Edit { step, arguments, .. } => {
                        let waiting = Waiting { approval, entitled };
                        return self.edit(person, waiting, *step, arguments, now).await;
                    }
                    Action::Approve { seen, steps, .. } => {
                        let (seen, steps) = (seen.clone(), steps.clone());
                        Event::Approve { by, seen, steps, entitled, meets, on_behalf_of }
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
        let for_whom = match &event {
            Event::Approve { on_behalf_of: Some(of), .. } => format!(" on behalf of {of}"),
            Event::Approve { .. }
            | Event::Deny { .. }
            | Event::Withdraw { .. }
            | Event::Tick
            | Event::Drift { .. } => String::new(),
        };
        let subject = json!({ "approval": approval.id, "request": approval.request, "plan": approval.digest });
        let next = match approval.next(event, now) {
            Ok(next) => next,
            Err(refusal) => {
                let text = format!("{kind} refused: {refusal}");
                let calls = &approval.plan.calls;
                self.audit_of(now, person.id.as_str(), "decision_refused", subject, &text, calls);
                self.post(refused(&refusal).only_for(&person.id), now);
                return;
            }
        };
        let text = format!("{}{for_whom}: {}", decided(&next, kind), said_yes_to(&next));
        let subject = match kind {
            "approve" => with_steps(subject, &next),
            _ => subject,
        };
        info!(approval.id = %next.id, person = %person.id, "{text}");
        self.audit_of(now, person.id.as_str(), "decision", subject, &mask(&text), &next.plan.calls);
        if matches!(next.state, ApprovalState::Expired { .. }) {
            let text =
                "This expired before you clicked, so nothing was decided. It can be asked again.";
            self.post(Message::text(text).only_for(&person.id), now);
        }
        let run = match next.state {
            ApprovalState::Approved { .. } => self.engine.first_run_of(&next, now),
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
            let text = format!("{}: {}", decided(&next, kind), said_yes_to(&next));
            self.post(Message::text(text), now);
        }
        for run in runs {
            self.audit_grant(&run, now);
            self.change.writes.push(Write::RunNew(Box::new(run)));
        }
        self.change.writes.push(Write::ApprovalAdvance(Box::new(next)));
    }
}

/// A call as it was proposed, with its devices already known.
pub(super) fn draft_of(call: &Call) -> Draft {
    Draft {
        tool: call.tool.clone(),
        arguments: call.arguments.clone(),
        devices: call.targets.iter().map(|target| Mention::Device(target.device.clone())).collect(),
        client: call.client.as_ref().map(|client| ClientMention::Client(client.client.clone())),
        through: Some(call.product),
        when: call.start.as_ref().map(Start::again),
        // The plan is in its steps already, and what goes first still does.
        canary: Some(call.canary.map_or(Canary::Off, |_| Canary::Whole)),
        warn_mins: call.warn_mins,
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

/// What is left of the plan, and what is not.
fn said_yes_to(next: &Approval) -> String {
    let (mut kept, mut out) = (Vec::new(), Vec::new());
    let left_out = next.left_out();
    for (step, call) in (0..).zip(&next.plan.calls) {
        let side = if left_out.contains_key(&step) { &mut out } else { &mut kept };
        side.push(call.clone());
    }
    match out.is_empty() {
        true => sentences(&kept),
        false => format!("{}; left out: {}", sentences(&kept), sentences(&out)),
    }
}

/// Where a yes was not to the whole plan, the audit has the steps and the digest of what it was to.
fn with_steps(mut subject: serde_json::Value, next: &Approval) -> serde_json::Value {
    let Some(yes) = next.decisions.last() else { return subject };
    if let Some(to) = &yes.to {
        subject["yes_to"] = json!(to);
        subject["steps"] = json!(next.kept_numbers());
    }
    subject
}

fn refused(refusal: &Refusal) -> Message {
    Message::text(words::sentence(&refusal.to_string()))
}
