//! What Slack sends, over either transport: durable first, then acknowledged, then worked on.
//!
//! Payloads are read as JSON by pointer, not through typed models: those lose the text of a message or a whole
//! click over one field that they do not know, and what was acknowledged is never sent again.

mod backoff;
pub(crate) mod command;
mod event;
pub(crate) mod health;
pub(crate) mod http;
pub(crate) mod install;
mod interaction;
mod open;
pub(crate) mod socket;
mod submit;

use std::sync::Arc;

use countersign::conversation::{Body, Inbound, Thread};
use countersign::directory::{Account, Platform};
use countersign::ports::Accepted;
use serde_json::Value;
use tracing::error;

use crate::inner::Inner;

/// What kind of payload it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Event,
    Interaction,
    Command,
}

/// What Slack is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ack {
    Empty,
    Json(Value),
    /// Nothing: it could not be made durable, so Slack shall send it again.
    Withheld,
}

impl Inner {
    /// Takes a payload of this workspace in.
    pub(crate) async fn take(self: &Arc<Self>, kind: Kind, payload: &Value) -> Ack {
        match kind {
            Kind::Event => self.event(payload).await,
            Kind::Interaction => self.interaction(payload).await,
            Kind::Command => self.command(payload).await,
        }
    }

    /// A thread as the engine knows it: with the workspace in front where it is not our own.
    fn place(&self, channel: &str, thread: &str) -> Thread {
        let channel = match &self.team {
            Some(team) => format!("{team}/{channel}"),
            None => channel.to_owned(),
        };
        Thread { platform: Platform::Slack, channel, thread: thread.to_owned() }
    }

    async fn receive(
        &self,
        event_id: String,
        thread: Thread,
        account: Account,
        body: Body,
    ) -> Option<Accepted> {
        // The places and ids of two workspaces may be the same.
        let event_id = match &self.team {
            Some(team) => format!("{team}/{event_id}"),
            None => event_id,
        };
        let inbound = Inbound { event_id, thread, account, body, at: self.engine.now() };
        match self.engine.receive(&inbound).await {
            Ok(accepted) => Some(accepted),
            Err(error) => {
                error!(error = %error, "an event could not be stored and was not acknowledged");
                None
            }
        }
    }
}

/// The text at the first of `pointers` that has one.
pub(crate) fn text<'a>(payload: &'a Value, pointers: &[&str]) -> Option<&'a str> {
    let found = pointers.iter().filter_map(|pointer| payload.pointer(pointer)?.as_str());
    found.into_iter().find(|text| !text.is_empty())
}
