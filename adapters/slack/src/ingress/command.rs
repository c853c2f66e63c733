//! `/countersign …`. Slack gives a command no thread, so it gets one: a message that says who asks for what.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use countersign::conversation::Body;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use super::{Ack, text};
use crate::api::{ANSWER_BEFORE_ACK_MAX, ApiError};
use crate::draw::text::{escape_within, read};
use crate::inner::Inner;

/// Commands that are remembered, so that one that comes twice opens one thread.
const REMEMBERED_MAX: usize = 256;

/// The threads of the last commands, by trigger.
#[derive(Default)]
pub(crate) struct Roots(Mutex<VecDeque<(String, String)>>);

impl Inner {
    /// The command is acknowledged when its thread is there and its text is durable: until then Slack shows
    /// the person that it failed, which is the truth.
    pub(super) async fn command(self: &Arc<Self>, payload: &Value) -> Ack {
        let at = |pointer: &str| text(payload, &[pointer]);
        let (Some(channel), Some(user)) = (at("/channel_id"), at("/user_id")) else {
            return Ack::Empty;
        };
        let team = at("/team_id");
        let trigger = at("/trigger_id").unwrap_or_default();
        let words = read(at("/text").unwrap_or_default(), None, |user| self.name_of(user));
        if words.is_empty() {
            return only_you(
                "Write what you need behind the command, for example “/countersign help”. In a thread, mention me instead.",
            );
        }
        let account = self.account(team, user);
        if self.person(&account).is_none() {
            return only_you(&format!(
                "I do not know this account (slack {user}), so I did nothing. An admin can add it under [[people]]."
            ));
        }
        if let Err(unfit) = self.may_write(&words, user, team).await {
            return only_you(&unfit.to_string());
        }
        let root = match self.roots.get(trigger) {
            Some(root) => root,
            None => match self.open_thread(channel, user, &words).await {
                Ok(root) => {
                    self.roots.put(trigger, &root);
                    root
                }
                Err(error) => return only_you(&not_opened(&error)),
            },
        };
        let event_id = if trigger.is_empty() {
            format!("command:{channel}:{root}")
        } else {
            format!("command:{trigger}")
        };
        match self.receive(event_id, self.place(channel, &root), account, Body::Text(words)).await {
            Some(_) => Ack::Empty,
            None => only_you("I could not store this, so nothing was done. Please try again."),
        }
    }

    async fn open_thread(
        &self,
        channel: &str,
        user: &str,
        words: &str,
    ) -> Result<String, ApiError> {
        #[derive(Deserialize)]
        struct Posted {
            ts: String,
        }
        let body = json!({
            "channel": channel,
            "text": format!("<@{user}> asks: {}", escape_within(words, 2_500)),
            "unfurl_links": false,
            "unfurl_media": false,
        });
        let posted: Posted =
            self.api.post_within(ANSWER_BEFORE_ACK_MAX, "chat.postMessage", &body).await?;
        Ok(posted.ts)
    }
}

fn not_opened(error: &ApiError) -> String {
    warn!(error = %error, "a command got no thread");
    match error.code() {
        Some("channel_not_found" | "not_in_channel" | "is_archived" | "restricted_action") => {
            "I cannot write here. Invite me with /invite, or write to me directly.".into()
        }
        _ => "Slack did not take my message, so nothing was done. Please try again.".into(),
    }
}

fn only_you(words: &str) -> Ack {
    let words = crate::draw::text::escape(words);
    Ack::Json(json!({ "response_type": "ephemeral", "text": words }))
}

impl Roots {
    fn get(&self, trigger: &str) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .iter()
            .find(|(it, _)| it == trigger && !trigger.is_empty())
            .map(|(_, root)| root.clone())
    }

    fn put(&self, trigger: &str, root: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.pop_front();
        }
        known.push_back((trigger.to_owned(), root.to_owned()));
    }
}
