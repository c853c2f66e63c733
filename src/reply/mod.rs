//! What people see, as values. Adapters draw them; nothing here is markup, and every string may hold
//! outside text, so adapters escape all of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::ids::{ApprovalId, CardKey, PersonId};

/// Who sees a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    Thread,
    /// Only this person, where the platform can (ephemeral).
    Person(PersonId),
}

/// One message, or the new face of a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// With a key, a later message with the same key replaces this one.
    pub card: Option<CardKey>,
    pub audience: Audience,
    /// The whole message in one line: notifications, screen readers, the terminal's log.
    pub summary: String,
    pub blocks: Vec<Block>,
}

impl Message {
    /// A plain answer.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let summary = text.lines().next().unwrap_or_default().to_owned();
        Self { card: None, audience: Audience::Thread, summary, blocks: vec![Block::Text(text)] }
    }

    pub fn of(summary: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self { card: None, audience: Audience::Thread, summary: summary.into(), blocks }
    }

    pub fn only_for(mut self, person: &PersonId) -> Self {
        self.audience = Audience::Person(person.clone());
        self
    }

    pub fn as_card(mut self, key: &CardKey) -> Self {
        self.card = Some(key.clone());
        self
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// The title of a card, with the state it is in.
    Title {
        text: String,
        tone: Tone,
    },
    /// A paragraph; line breaks count.
    Text(String),
    /// Name and value pairs, in order.
    Fields(Vec<Field>),
    /// `more`: rows that were left out.
    Table {
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
        more: usize,
    },
    /// Output of a script; fixed width. `cut`: bytes left out.
    Code {
        text: String,
        cut: usize,
    },
    /// How far a run is; `total` at least 1.
    Progress {
        done: u32,
        total: u32,
        label: String,
    },
    /// A filled bar, 0 to 100: disks, memory.
    Meter {
        label: String,
        percent: u8,
        detail: String,
    },
    /// A small aside, for example how old the data is.
    Note(String),
    Link {
        label: String,
        url: String,
    },
    Buttons(Vec<Button>),
    /// A question with the answers to pick from.
    Choices {
        options: Vec<Choice>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: String,
}

impl Field {
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// How a title is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Plain,
    Waiting,
    Busy,
    Good,
    Bad,
    Ended,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Button {
    pub label: String,
    pub style: ButtonStyle,
    pub action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonStyle {
    Plain,
    Go,
    Stop,
}

/// One of several answers to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// "DC01 (Acme Logistics)".
    pub label: String,
    /// "server, online, last user jsmith".
    pub detail: String,
    pub action: Action,
}

/// What a click means. Travels through the chat platform and back, so it carries no authority: every
/// right is checked again when it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Action {
    /// `seen`: the digest of what the card offers.
    Approve {
        approval: ApprovalId,
        seen: Digest,
        /// Only these steps, counted from 0; `None`: all that are offered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        steps: Option<Vec<u32>>,
    },
    /// Wants to say yes to some steps only. Adapters with forms show one, which comes back as an
    /// [`Action::Approve`] with steps; elsewhere the person is told what to type.
    ApproveSome {
        approval: ApprovalId,
    },
    Deny {
        approval: ApprovalId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Asks anew with other arguments for one call of the plan; policy runs again.
    Edit {
        approval: ApprovalId,
        step: u32,
        arguments: Map<String, Value>,
    },
    Withdraw {
        approval: ApprovalId,
    },
    /// Answers the question with this number by its option with this index.
    Pick {
        question: u32,
        option: u32,
    },
    /// The same as writing this text.
    Say {
        text: String,
    },
}
