//! Long output as a text file in the thread: Slack's three-step upload.

use serde::Deserialize;
use serde_json::json;
use tracing::warn;

use super::posted::Place;
use crate::api::{ApiError, Done};
use crate::draw::Snippet;
use crate::inner::Inner;

#[derive(Deserialize)]
struct Ticket {
    upload_url: String,
    file_id: String,
}

impl Inner {
    /// A file that cannot be uploaded is missed, not the message: its beginning is in there.
    pub(super) async fn upload(&self, snippets: &[Snippet], place: &Place, thread: &str) {
        let thread = if thread.is_empty() { &place.ts } else { thread };
        for snippet in snippets {
            if let Err(error) = self.upload_one(snippet, &place.channel, thread).await {
                warn!(error = %error, "a long output could not be uploaded; does the app have files:write?");
            }
        }
    }

    async fn upload_one(
        &self,
        snippet: &Snippet,
        channel: &str,
        thread: &str,
    ) -> Result<(), ApiError> {
        let length = snippet.text.len().to_string();
        let parameters = [("filename", snippet.name.as_str()), ("length", &length)];
        let wait = std::time::Duration::from_secs(10);
        let ticket: Ticket = self.api.get(wait, "files.getUploadURLExternal", &parameters).await?;
        self.api.upload(&ticket.upload_url, &snippet.text).await?;
        let body = json!({
            "files": [{ "id": ticket.file_id, "title": snippet.name }],
            "channel_id": channel,
            "thread_ts": thread,
        });
        self.api.post::<Done>("files.completeUploadExternal", &body).await.map(|_| ())
    }
}
