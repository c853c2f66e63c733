//! What an adapter hands in, after it verified the sender.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::directory::{Account, Platform};
use crate::ids::ConversationId;
use crate::reply::Action;

/// Where a conversation takes place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Thread {
    pub platform: Platform,
    pub channel: String,
    /// The platform's id of the thread; in the console the conversation's own id.
    pub thread: String,
}

impl Thread {
    pub fn conversation(&self) -> ConversationId {
        ConversationId::new(format!("{}/{}/{}", self.platform.key(), self.channel, self.thread))
    }
}

/// One event from a chat platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inbound {
    /// The platform's id of the event; with the platform it is unique, so a redelivery ends in the inbox.
    pub event_id: String,
    pub thread: Thread,
    /// Who sent it, as the platform vouches for.
    pub account: Account,
    pub body: Body,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A message, without the mention of the bot.
    Text(String),
    /// A button or a choice.
    Click(Action),
}
