//! What the clock does to approvals: the next approvers come in, and what nobody decides ends.

use jiff::Timestamp;
use serde_json::json;

use crate::approval::{Approval, Event, State};
use crate::audit::{NewEntry, concerning};
use crate::conversation::Engine;
use crate::conversation::turn::BOT;
use crate::mask::mask;
use crate::plan::sentences;
use crate::policy::who::describe;
use crate::ports::{ApprovalFilter, Change, StoreError, Write};
use crate::reply::Message;
use crate::words;

impl Engine {
    /// Takes approvals whose time has come a step on and updates their cards. At most 100 at a time.
    pub async fn approvals_due(&self) -> Result<usize, StoreError> {
        let now = self.now();
        self.set_known_away(self.store().away(now).await?);
        let filter = ApprovalFilter {
            state: Some("waiting"),
            due: Some(now),
            limit: 100,
            ..ApprovalFilter::default()
        };
        let mut moved = 0;
        for approval in self.store().approvals(&filter).await? {
            let Ok(next) = approval.next(Event::Tick, now) else { continue };
            match self.store().commit(self.told(&approval, next, now)).await {
                Ok(_) => moved += 1,
                // Somebody decided at the last moment.
                Err(StoreError::Lost { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(moved + self.standing_due(now).await?)
    }

    fn told(&self, before: &Approval, next: Approval, now: Timestamp) -> Change {
        let what = sentences(&next.plan.calls);
        let (kind, text, message) = match next.state {
            State::Waiting => {
                let waited = words::span(now.as_second() - next.asked_at.as_second());
                let to = describe(&newly_named(before, &next));
                let text = format!("nobody decided for {waited}, so {to} may, too: {what}");
                let code = &next.code;
                let message = format!(
                    "{} Type “approve {code}” or “deny {code}”, or use the card.",
                    words::sentence(&text)
                );
                ("escalated", text, Some(Message::text(message)))
            }
            State::Approved { .. }
            | State::Denied { .. }
            | State::Expired { .. }
            | State::Withdrawn { .. }
            | State::Voided { .. } => {
                ("decision", format!("expired, nobody decided: {what}"), None)
            }
        };
        let entry = NewEntry {
            at: now,
            actor: BOT.into(),
            kind,
            subject: json!({ "approval": next.id, "request": next.request }),
            text: mask(&text),
            client: None,
        };
        let audit = concerning(entry, &next.plan.calls);
        let post =
            |message| Write::Post { conversation: next.conversation.clone(), message, at: now };
        let mut writes = vec![post(self.plan_card(&next, &[], now))];
        writes.extend(message.map(post));
        writes.push(Write::ApprovalAdvance(Box::new(next)));
        Change { writes, audit }
    }
}

/// Whom the needs of `after` name, and those of `before` did not.
fn newly_named(before: &Approval, after: &Approval) -> Vec<String> {
    let pairs = before.quorum.needs.iter().zip(&after.quorum.needs);
    let mut names: Vec<String> =
        pairs.flat_map(|(before, after)| after.who[before.who.len()..].to_vec()).collect();
    names.dedup();
    names
}
