//! Long output and pictures as files in the thread: Slack's three-step upload.

use serde::Deserialize;
use serde_json::json;
use tracing::warn;

use super::posted::Place;
use crate::api::{ApiError, Done};
use crate::draw::File;
use crate::inner::Inner;

#[derive(Deserialize)]
struct Ticket {
    upload_url: String,
    file_id: String,
}

impl Inner {
    /// A file that cannot be uploaded is missed, not the message: its figures are in there.
    pub(super) async fn upload(&self, files: &[File], place: &Place, thread: &str) {
        let thread = if thread.is_empty() { &place.ts } else { thread };
        for file in files {
            if let Err(error) = self.upload_one(file, &place.channel, thread).await {
                warn!(error = %error, "a file could not be uploaded; does the app have files:write?");
            }
        }
    }

    async fn upload_one(&self, file: &File, channel: &str, thread: &str) -> Result<(), ApiError> {
        let length = file.bytes.len().to_string();
        let parameters = [
            ("filename", file.name.as_str()),
            ("length", &length),
            ("alt_txt", file.title.as_str()),
        ];
        let wait = std::time::Duration::from_secs(10);
        let ticket: Ticket = self.api.get(wait, "files.getUploadURLExternal", &parameters).await?;
        self.api.upload(&ticket.upload_url, file.bytes.clone()).await?;
        let body = json!({
            "files": [{ "id": ticket.file_id, "title": file.title }],
            "channel_id": channel,
            "thread_ts": thread,
        });
        self.api.post::<Done>("files.completeUploadExternal", &body).await.map(|_| ())
    }
}
