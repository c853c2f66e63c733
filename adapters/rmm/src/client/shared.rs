//! Tokens that the processes of one installation share. The product locks a key that asks for tokens too
//! often, and `sync`, `check` and `serve` within a minute would be three that ask.
//!
//! What is kept can be missing or unreadable at any time: then a token is asked for as if there were none.

use std::sync::Arc;

use countersign::ports::Vault;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tracing::debug;

/// Where tokens of one key at one address are kept.
pub(super) struct Shared {
    vault: Arc<dyn Vault>,
    /// Tells installations apart that use one database: the address and the key's id.
    of: String,
}

/// A token as it is kept.
pub(super) struct Kept {
    pub(super) text: SecretString,
    pub(super) ends_at: Timestamp,
}

impl Shared {
    pub(super) fn new(vault: Arc<dyn Vault>, address: &str, client_id: &str) -> Self {
        Self { vault, of: format!("rmm-token {address} {client_id}") }
    }

    fn name(&self, scopes: &str) -> String {
        format!("{} {scopes}", self.of)
    }

    pub(super) async fn find(&self, scopes: &str) -> Option<Kept> {
        let found = self.vault.open(&self.name(scopes)).await;
        let text = match found {
            Ok(text) => text?,
            Err(error) => {
                debug!(error = %error, "a shared token cannot be read");
                return None;
            }
        };
        let value: Value = serde_json::from_str(text.expose_secret()).ok()?;
        Some(Kept {
            text: SecretString::from(value["token"].as_str()?.to_owned()),
            ends_at: value["ends_at"].as_str()?.parse().ok()?,
        })
    }

    pub(super) async fn keep(&self, scopes: &str, text: &SecretString, ends_at: Timestamp) {
        let value = json!({ "token": text.expose_secret(), "ends_at": ends_at.to_string() });
        let value = SecretString::from(value.to_string());
        if let Err(error) = self.vault.keep(&self.name(scopes), &value).await {
            debug!(error = %error, "a token is not shared");
        }
    }

    /// Unless another process has put a newer one there.
    pub(super) async fn drop_if(&self, scopes: &str, text: &SecretString) {
        let found = self.find(scopes).await;
        let is_it = found.is_some_and(|it| it.text.expose_secret() == text.expose_secret());
        if is_it && let Err(error) = self.vault.forget(&self.name(scopes)).await {
            debug!(error = %error, "a shared token that is no good stays");
        }
    }
}
