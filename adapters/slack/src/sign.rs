//! A sign that a message was seen, within a third of a second: a status where the workspace has assistants, a
//! reaction elsewhere. Where the answer is there before, it is the sign. Sent outside the way of the
//! acknowledgement; missing it harms nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign::conversation::Thread;
use serde_json::json;
use tracing::debug;

use crate::api::Done;
use crate::inner::Inner;

/// An answer that is there by then needs no sign before it.
const ANSWERED_BY: Duration = Duration::from_millis(150);

/// Threads with a sign to come; in a storm the others are left out, the answer comes anyway.
const WAITING_MAX: usize = 256;

const ANSWER_MAX: Duration = Duration::from_secs(3);

const REACTION: &str = "eyes";

#[derive(Default)]
pub(crate) struct Signs {
    /// The newest message of each thread that has neither a sign nor an answer yet.
    waiting: Mutex<HashMap<(String, String), String>>,
    /// Set when the workspace said that it has no assistants.
    no_status: AtomicBool,
}

/// The message that was seen.
pub(crate) struct Seen {
    pub(crate) channel: String,
    pub(crate) ts: String,
    pub(crate) thread: String,
}

impl Signs {
    fn awaits(&self, seen: &Seen) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            return false;
        }
        waiting.insert((seen.channel.clone(), seen.thread.clone()), seen.ts.clone());
        true
    }

    /// `false`: it was answered, or a newer message of its thread waits.
    fn still_awaits(&self, seen: &Seen) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = (seen.channel.clone(), seen.thread.clone());
        let newest = waiting.get(&thread) == Some(&seen.ts);
        if newest {
            waiting.remove(&thread);
        }
        newest
    }

    /// Something was posted into `thread`.
    pub(crate) fn answered(&self, thread: &Thread) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.is_empty() {
            waiting.remove(&(thread.channel.clone(), thread.thread.clone()));
        }
    }
}

impl Inner {
    pub(crate) fn show_seen(self: &Arc<Self>, seen: Seen) {
        if !self.signs.awaits(&seen) {
            return;
        }
        let this = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(ANSWERED_BY).await;
            if !this.signs.still_awaits(&seen) {
                return;
            }
            let alone = seen.channel.starts_with('D');
            if alone
                && !this.signs.no_status.load(Ordering::Relaxed)
                && this.set_status(&seen).await
            {
                return;
            }
            let body = json!({ "channel": seen.channel, "timestamp": seen.ts, "name": REACTION });
            let done = this.api.post_within::<Done>(ANSWER_MAX, "reactions.add", &body).await;
            if let Err(error) = done {
                debug!(error = %error, "no reaction");
            }
        });
    }

    /// Slack takes it back when the answer is posted.
    async fn set_status(&self, seen: &Seen) -> bool {
        let body = json!({
            "channel_id": seen.channel,
            "thread_ts": seen.thread,
            "status": "is looking into it…",
        });
        match self.api.post_within::<Done>(ANSWER_MAX, "assistant.threads.setStatus", &body).await {
            Ok(_) => true,
            Err(error) => {
                if matches!(
                    error.code(),
                    Some(
                        "missing_scope" | "not_allowed" | "unknown_method" | "feature_not_enabled"
                    )
                ) {
                    self.signs.no_status.store(true, Ordering::Relaxed);
                }
                debug!(error = %error, "no status");
                false
            }
        }
    }

    /// What could be asked, in an assistant's thread that was just opened.
    pub(crate) async fn suggest(&self, channel: &str, thread: Option<&str>, user: &str) {
        let account = self.account(None, user);
        let Some(person) = self.person(&account) else { return };
        let examples = countersign::planner::examples(&self.engine.catalogue(), person);
        let prompts: Vec<_> = examples
            .iter()
            .take(4)
            .map(|text| json!({ "title": countersign::words::cut(text, 70), "message": text }))
            .collect();
        if prompts.is_empty() {
            return;
        }
        let mut body = json!({ "channel_id": channel, "title": "For example", "prompts": prompts });
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread);
        }
        let done = self
            .api
            .post_within::<Done>(ANSWER_MAX, "assistant.threads.setSuggestedPrompts", &body)
            .await;
        if let Err(error) = done {
            debug!(error = %error, "no suggested prompts");
        }
    }

    /// The first words name an assistant's thread.
    pub(crate) async fn name_thread(&self, channel: &str, thread: &str, text: &str) {
        if self.signs.no_status.load(Ordering::Relaxed) {
            return;
        }
        let title = countersign::words::cut(&countersign::mask::mask(text), 60);
        let body = json!({ "channel_id": channel, "thread_ts": thread, "title": title });
        let done =
            self.api.post_within::<Done>(ANSWER_MAX, "assistant.threads.setTitle", &body).await;
        if let Err(error) = done {
            debug!(error = %error, "no title");
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign::directory::Platform;

    use super::*;

    fn seen(thread: &str, ts: &str) -> Seen {
        Seen { channel: "C1".into(), ts: ts.into(), thread: thread.into() }
    }

    #[test]
    fn an_answer_that_comes_soon_is_the_sign_and_only_in_its_thread() {
        let signs = Signs::default();
        let (first, other) = (seen("1.0", "1.0"), seen("2.0", "2.0"));
        assert!(signs.awaits(&first) && signs.awaits(&other));
        let thread = |thread: &str| Thread {
            platform: Platform::Slack,
            channel: "C1".into(),
            thread: thread.into(),
        };
        signs.answered(&thread("1.0"));
        assert!(!signs.still_awaits(&first));
        assert!(signs.still_awaits(&other));
        assert!(!signs.still_awaits(&other), "one sign is enough");
    }

    #[test]
    fn the_newest_of_several_messages_gets_the_sign() {
        let signs = Signs::default();
        let (first, second) = (seen("1.0", "1.0"), seen("1.0", "1.5"));
        assert!(signs.awaits(&first) && signs.awaits(&second));
        assert!(!signs.still_awaits(&first));
        assert!(signs.still_awaits(&second));
    }

    #[test]
    fn a_storm_is_not_signed_as_a_whole() {
        let signs = Signs::default();
        let taken = (0..2 * WAITING_MAX).filter(|n| {
            let ts = n.to_string();
            signs.awaits(&seen(&ts, &ts))
        });
        assert_eq!(taken.count(), WAITING_MAX);
    }
}
