//! What a conversation remembers between two messages.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{ClientId, DeviceId};
use crate::planner::Draft;
use crate::tool::ToolName;

/// Saved with every turn; small and bounded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// The client last talked about, or the one the channel is bound to.
    pub client: Option<ClientId>,
    /// "it", "that one": the devices of the last plan, at most [`crate::bounds::DEVICES_PER_CALL_MAX`].
    pub devices: Vec<DeviceId>,
    /// "the second one": the devices of the last list that was shown, in that order, at most
    /// [`crate::bounds::ROWS_SHOWN_MAX`].
    pub listed: Vec<DeviceId>,
    /// "now run it on dc02 too": the last calls, at most [`crate::bounds::CALLS_PER_PLAN_MAX`].
    pub calls: Vec<LastCall>,
    /// What the person wrote when the present request began.
    pub asked: String,
    /// The question that waits for an answer.
    pub question: Option<Question>,
    /// Numbers questions, so that a click on an old one is recognised.
    pub questions_asked: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastCall {
    pub tool: ToolName,
    pub arguments: Map<String, Value>,
}

/// What Countersign asked and has no answer to yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub text: String,
    /// At most [`crate::directory::resolver::CHOICES_MAX`]; empty when the answer is free text.
    pub options: Vec<AnswerOption>,
    pub awaits: Awaits,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerOption {
    pub label: String,
    pub detail: String,
    /// What is proposed when this option is taken.
    pub drafts: Vec<Draft>,
}

/// What a free answer would fill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaits {
    /// One of the options, nothing else.
    Option,
    /// The argument `name` of `drafts[draft]`, checked against `schema`.
    Argument { drafts: Vec<Draft>, draft: usize, name: String, schema: Value },
    /// The device that `drafts[draft].devices[mention]` means.
    Device { drafts: Vec<Draft>, draft: usize, mention: usize },
    /// The client of `drafts[draft]`.
    Client { drafts: Vec<Draft>, draft: usize },
}
