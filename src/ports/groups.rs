//! Groups of a chat platform, for rules that name them as approvers.

use async_trait::async_trait;

use crate::directory::{Person, Platform};

/// Asked at the click and again right before the run, so a member who was taken out does not count. An
/// implementation may keep an answer for a few seconds at most.
#[async_trait]
pub trait Groups: Send + Sync {
    fn platform(&self) -> Platform;

    /// Whether `person`, by their account there, is in the group with this id now. An error counts as no.
    async fn contains(&self, group: &str, person: &Person) -> Result<bool, GroupsError>;
}

/// The platform did not say. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the members of {group} could not be read: {detail}")]
pub struct GroupsError {
    pub group: String,
    pub detail: String,
}
