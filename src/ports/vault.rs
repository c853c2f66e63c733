//! Secrets that come while the bot runs, such as the token of a workspace that installs it.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::ports::StoreError;

#[async_trait]
pub trait Vault: Send + Sync {
    /// Keeps `secret` under `name`, in place of what was there. Sealed before it is written down.
    async fn keep(&self, name: &str, secret: &SecretString) -> Result<(), StoreError>;

    /// Keeps `secret` under `name` unless something is there already; what is kept now.
    async fn keep_first(
        &self,
        name: &str,
        secret: &SecretString,
    ) -> Result<SecretString, StoreError>;

    /// `None`: nothing is kept under that name. Fails with [`StoreError::Unreadable`] when it was sealed
    /// with another key, or was changed since.
    async fn open(&self, name: &str) -> Result<Option<SecretString>, StoreError>;

    /// Nothing under that name is well too.
    async fn forget(&self, name: &str) -> Result<(), StoreError>;
}
