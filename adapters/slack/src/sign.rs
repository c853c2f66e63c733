//! A sign that a message was seen, within a third of a second: a status where the workspace has assistants, a
//! reaction elsewhere. Sent outside the way of the acknowledgement; missing it harms nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tracing::debug;

use crate::api::Done;
use crate::inner::Inner;

/// Signs under way at once; in a storm the others are left out, the answer comes anyway.
const AT_ONCE_MAX: usize = 32;

const ANSWER_MAX: Duration = Duration::from_secs(3);

const REACTION: &str = "eyes";

pub(crate) struct Signs {
    room: Arc<Semaphore>,
    /// Set when the workspace said that it has no assistants.
    no_status: AtomicBool,
}

impl Default for Signs {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(AT_ONCE_MAX)), no_status: AtomicBool::new(false) }
    }
}

/// The message that was seen.
pub(crate) struct Seen {
    pub(crate) channel: String,
    pub(crate) ts: String,
    pub(crate) thread: String,
}

impl Inner {
    pub(crate) fn show_seen(self: &Arc<Self>, seen: Seen) {
        let Ok(room) = Arc::clone(&self.signs.room).try_acquire_owned() else { return };
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let _room = room;
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
