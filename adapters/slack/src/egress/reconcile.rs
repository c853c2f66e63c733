//! Was it posted? Our id of a message is in its metadata; the thread knows.

use countersign::digest::Digest;
use countersign::ports::Outgoing;
use serde::Deserialize;
use serde_json::{Value, json};

use super::posted::Place;
use crate::api::ApiError;
use crate::inner::Inner;

const EVENT: &str = "countersign_message";

/// Pages of a thread that are looked through, newest messages last.
const PAGES_MAX: usize = 5;

#[derive(Deserialize)]
struct Replies {
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    response_metadata: Option<Value>,
}

/// Only text as values: a number in there breaks readers of typed events. The digest tells messages apart
/// whose numbers are the same because a database was made anew.
pub(super) fn metadata(outgoing: &Outgoing) -> Value {
    let mut payload = json!({ "message": mark(outgoing) });
    if let Some(card) = &outgoing.card {
        payload["card"] = json!(card.as_str());
    }
    json!({ "event_type": EVENT, "event_payload": payload })
}

fn mark(outgoing: &Outgoing) -> String {
    let body = serde_json::to_value(&outgoing.message).unwrap_or_default();
    format!("{}-{}", outgoing.id, Digest::of(&body).short())
}

impl Inner {
    /// The place of `outgoing` in its thread, if a try before this one got there. A card is known by its
    /// key, since its face may have changed.
    pub(super) async fn look_up(&self, outgoing: &Outgoing) -> Result<Option<Place>, ApiError> {
        let (channel, thread) = (&outgoing.thread.channel, &outgoing.thread.thread);
        if thread.is_empty() {
            return Ok(None);
        }
        let own = self.identity().await?;
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut parameters = vec![
                ("channel", channel.as_str()),
                ("ts", thread.as_str()),
                ("include_all_metadata", "true"),
                ("limit", "200"),
            ];
            if !cursor.is_empty() {
                parameters.push(("cursor", &cursor));
            }
            let replies: Replies = self
                .api
                .get(std::time::Duration::from_secs(10), "conversations.replies", &parameters)
                .await?;
            let found = replies
                .messages
                .iter()
                .find(|message| message["user"] == json!(own.user) && is(message, outgoing));
            if let Some(ts) = found.and_then(|message| message["ts"].as_str()) {
                return Ok(Some(Place { channel: channel.clone(), ts: ts.to_owned() }));
            }
            let next = replies.response_metadata.as_ref().and_then(|it| it["next_cursor"].as_str());
            match next.filter(|next| !next.is_empty()) {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        Ok(None)
    }
}

fn is(message: &Value, outgoing: &Outgoing) -> bool {
    if message["metadata"]["event_type"] != json!(EVENT) {
        return false;
    }
    let payload = &message["metadata"]["event_payload"];
    match &outgoing.card {
        Some(card) => payload["card"] == json!(card.as_str()),
        None => payload["message"] == json!(mark(outgoing)),
    }
}
