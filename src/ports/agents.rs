//! The agents of a product as its server sees them, for whoever mends them another way.

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::ports::CallError;

#[async_trait]
pub trait Agents: Send + Sync {
    /// Whether these agents answer; those that do not exist are left out. `ids` are the product's own. Safe to repeat.
    async fn contacts(&self, ids: &[String]) -> Result<Vec<Contact>, CallError>;

    /// What installs the agent of this device anew, into the place it has. The token is made for this one use.
    async fn installer(&self, id: &str) -> Result<Installer, CallError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: String,
    pub name: String,
    pub online: bool,
    /// When the agent was heard last.
    pub seen_at: Option<Timestamp>,
}

/// Whoever has the token can add agents to the server: it goes to the one device, sealed, and nowhere else.
#[derive(Debug)]
pub struct Installer {
    /// Letters and digits.
    pub token: SecretString,
    /// `https://automate.example.com`.
    pub server: String,
    pub location: i64,
}
