//! The console as a chat platform.

use async_trait::async_trait;
use countersign::directory::Platform;
use countersign::ports::{Chat, ChatError, ExternalId, Outgoing};

/// Posting succeeds at once: pages read the transcript from the store, so there is nothing to send.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConsoleChat;

#[async_trait]
impl Chat for ConsoleChat {
    fn platform(&self) -> Platform {
        Platform::Console
    }

    /// The id is the number of the row.
    async fn post(&self, outgoing: &Outgoing) -> Result<ExternalId, ChatError> {
        Ok(ExternalId(outgoing.id.to_string()))
    }

    async fn edit(&self, _outgoing: &Outgoing, _posted: &ExternalId) -> Result<(), ChatError> {
        Ok(())
    }
}
