//! Groups of people that a chat platform keeps, such as Slack's user groups.

use async_trait::async_trait;

use crate::directory::{Account, Platform};

#[async_trait]
pub trait Groups: Send + Sync {
    fn platform(&self) -> Platform;

    /// Whether the account is in `group` (the platform's id of it) at this moment. Asked at the decision and
    /// never remembered: who was taken out may not decide any more.
    ///
    /// An error means that it could not be found out, which counts as no; its text is for the person.
    async fn has(&self, group: &str, account: &Account) -> Result<bool, GroupError>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{platform} did not tell in time who is in the group {group}")]
pub struct GroupError {
    pub platform: &'static str,
    pub group: String,
}
