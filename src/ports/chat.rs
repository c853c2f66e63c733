//! Where replies go.

use async_trait::async_trait;

use crate::directory::Platform;
use crate::ports::Outgoing;

/// The platform's id of a posted message; needed to edit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId(pub String);

/// Draws messages on one platform. Called by one outbox worker per thread, in order.
#[async_trait]
pub trait Chat: Send + Sync {
    fn platform(&self) -> Platform;

    /// Posts `outgoing` into its thread.
    async fn post(&self, outgoing: &Outgoing) -> Result<ExternalId, ChatError>;

    /// Puts the new face of a card over the old one.
    async fn edit(&self, outgoing: &Outgoing, posted: &ExternalId) -> Result<(), ChatError>;
}

#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// Try again later; the message keeps its place.
    #[error("{platform} cannot take messages now: {detail}")]
    Later { platform: &'static str, detail: String, wait: std::time::Duration },
    /// Trying again will not help (channel gone, message too old to edit).
    #[error("{platform} refused the message: {detail}")]
    Refused { platform: &'static str, detail: String },
}
