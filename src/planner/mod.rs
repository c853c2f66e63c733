//! From words to a proposal. A planner only proposes: the core resolves, checks and gates.
//!
//! Two planners stand behind one port: [`grammar`] needs no model and no network; a model behind an
//! adapter is the other.

pub mod answer;
pub mod grammar;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::conversation::{Context, Question};
use crate::directory::{Directory, Person, Product};
use crate::ids::{ClientId, DeviceId};
use crate::schedule::When;
use crate::tool::{Catalogue, ToolName};

/// Requests that are understood with the tools of `catalogue`, one per thing that `person` may ask for,
/// reads first: for the help. Device and client in them are examples.
pub fn examples(catalogue: &Catalogue, person: &Person) -> Vec<String> {
    grammar::examples(catalogue, person)
}

/// What a planner may look at.
pub struct Ask<'a> {
    /// The message, trimmed, 1 to [`crate::bounds::MESSAGE_BYTES_MAX`] bytes.
    pub text: &'a str,
    pub context: &'a Context,
    pub catalogue: &'a Catalogue,
    pub directory: &'a Directory,
    pub person: &'a Person,
    pub now: Timestamp,
}

/// Turns a message into a proposal. Never fails: what it cannot do, it says.
#[async_trait]
pub trait Planner: Send + Sync {
    async fn propose(&self, ask: &Ask<'_>) -> Proposal;
}

#[derive(Debug, Clone, PartialEq)]
pub enum Proposal {
    /// Calls to make, in order; at least one.
    Plan(Vec<Draft>),
    /// Something is missing or unclear.
    Ask(Question),
    /// Small talk and help; the core words it.
    Say(Speech),
    /// Understood, and not something Countersign does; the text says what it does instead.
    Refuse(String),
    /// Not understood. `suggestions` are requests that would be understood, closest first, at most 5.
    Unsure { suggestions: Vec<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    Help,
    Hello,
    Thanks,
    /// "Who are you?"
    AboutMe,
    /// "What is running?", "what waits for approval?"
    Status,
    /// "Never mind."
    Cancel,
}

/// A call as proposed: words where the core will put devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    pub tool: ToolName,
    pub arguments: Map<String, Value>,
    pub devices: Vec<Mention>,
    pub client: Option<ClientMention>,
    /// The product that the person wants it to go through; `None`: whichever reaches the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Product>,
    /// Not now, but then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// `None`: as configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// Whoever is logged on there is told so many minutes before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_mins: Option<u32>,
}

impl Draft {
    pub fn new(tool: ToolName) -> Self {
        Self {
            tool,
            arguments: Map::new(),
            devices: Vec::new(),
            client: None,
            through: None,
            when: None,
            canary: None,
            warn_mins: None,
        }
    }
}

/// Which devices of a draft go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Canary {
    /// None: all at once, whatever is configured.
    Off,
    /// All of them: the others are those of the next draft.
    Whole,
    /// So many of them, and the others when these worked.
    #[serde(untagged)]
    Devices(u32),
}

/// How a message names a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mention {
    /// To be resolved: "maria's laptop".
    Phrase(String),
    /// Already known: picked by the person, or "it".
    Device(DeviceId),
    /// All devices of the draft's client, optionally of one kind.
    All { servers: Option<bool> },
    /// All devices of the draft's client, or of all clients without one, whose agent of `product` is lost while the
    /// tool's product reaches them; without those that `except` names, clients and devices.
    Lost { product: Product, except: Vec<String> },
}

/// How a message names a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMention {
    /// To be resolved: "bluegum".
    Phrase(String),
    Client(ClientId),
}
