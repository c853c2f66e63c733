//! A product that devices are managed through.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::directory::{Client, Device, Product, Script, Site};
use crate::inventory::Inventory;
use crate::plan::{Call, Target};
use crate::reply::Block;
use crate::run::{Baseline, Ending, Grant, Handle, LookUp, Marker, Progress, Reading, Trace};
use crate::tool::{Tool, ToolName};
use crate::trial::Seen;

#[async_trait]
pub trait Provider: Send + Sync {
    fn product(&self) -> Product;

    /// The static tools, with the names and defaults of the product's page.
    fn tools(&self) -> Vec<Tool>;

    /// The tool of one script.
    fn script_tool(&self, script: &Script) -> Tool;

    /// Does a read call. Safe to repeat; retries within the request budget are the provider's business.
    async fn read(&self, call: &Call) -> Result<Answer, CallError>;

    /// Turns words of a write call into the product's own ids before anybody is asked to approve it: which
    /// alert, which script. Asks where several fit. Safe to repeat.
    async fn settle(&self, call: Call) -> Result<Settled, CallError> {
        Ok(Settled::Call(Box::new(call)))
    }

    /// Reads devices and script of a write call anew, right before it is sent: `Some` says what is no
    /// longer as it was when the plan was made.
    async fn drift(&self, call: &Call) -> Result<Option<Drift>, CallError>;

    /// Figures that show whether `call` did what it is for; empty where there is no cheap probe. A figure has the
    /// time at which it was taken: see [`crate::run::reading`].
    async fn probe(&self, call: &Call) -> Vec<Reading>;

    /// The read tool whose question [`Provider::probe`] puts to the machine; `None`: it asks the product only.
    fn probes_with(&self, _call: &Call) -> Option<ToolName> {
        None
    }

    /// Shows `text` to whoever is logged on to the machine of `target`. Asked again after a crash, so it may be
    /// shown twice.
    async fn warn(&self, target: &Target, _text: &str) -> Result<Warned, CallError> {
        let message = format!("nobody at {} can be sent a message", target.label());
        Err(CallError::Refused { product: self.product().label(), message })
    }

    /// What is there already, for a product that takes no marker: kept with the run before anything is sent,
    /// then given to [`Provider::start`] in the grant and to [`Provider::look_up_against`]. A call whose
    /// baseline cannot be read is not sent.
    async fn baseline(&self, _call: &Call) -> Result<Option<Baseline>, CallError> {
        Ok(None)
    }

    /// Sends a write call, once, with the grant's marker in it. Never retried by the provider, except
    /// after an answer that proves that nothing was begun (429, 423, 401 at the door).
    async fn start(&self, grant: Grant) -> Result<Started, CallError>;

    /// How far the work is. Safe to repeat, no more often than every 5 s.
    async fn poll(&self, call: &Call, handle: &Handle) -> Result<Polled, CallError>;

    /// Looks for work with `marker` that was sent not before `since`.
    async fn look_up(&self, call: &Call, marker: &Marker, since: Timestamp) -> LookUp;

    /// The same with what was there before the run, for a product that takes no marker.
    async fn look_up_against(
        &self,
        call: &Call,
        marker: &Marker,
        since: Timestamp,
        _baseline: Option<&Baseline>,
    ) -> LookUp {
        self.look_up(call, marker, since).await
    }

    /// What the machine of `target` tells of itself: one short question that changes nothing. Fails as a read does.
    async fn inventory(&self, target: &Target) -> Result<Inventory, CallError> {
        let message = format!("there is no inventory of {} to be had", target.label());
        Err(CallError::Refused { product: self.product().label(), message })
    }

    /// What is worth asking for after `call`, of whichever product, succeeded: clearing the alert that led to
    /// it. Empty where there is nothing; safe to repeat.
    async fn offers(&self, _call: &Call) -> Vec<Offer> {
        Vec::new()
    }

    /// Whether somebody did by hand, not before `since`, what `call` would have done. Asked a few times over a day of
    /// at most [`crate::trial::DEVICES_LOOKED_AT_MAX`] devices; costs about a request for each, in the share of what
    /// nobody waits for. `before` is what [`Provider::baseline`] gave right then. What Countersign did itself is
    /// not counted. Safe to repeat.
    async fn done_by_hand(
        &self,
        _call: &Call,
        _since: Timestamp,
        _before: Option<&Baseline>,
    ) -> Result<Seen, CallError> {
        let why = format!("{} does not say what was done by hand", self.product().label());
        Ok(Seen::CannotTell { why })
    }

    /// The next piece of the directory, from `position` (`None`: from the start).
    async fn sync(&self, position: Option<&Position>) -> Result<SyncBatch, CallError>;
}

/// The answer of a read call. Facts come from the product's answer; `blocks` are drawn by the adapter of
/// the chat.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// One line: "3 pending patches on DC01 (Acme Logistics)".
    pub summary: String,
    pub blocks: Vec<Block>,
    /// The product's answer without secrets, for `--json` and for a model.
    pub data: Value,
    /// The product's ids of the devices that were listed, in the order shown.
    pub listed: Vec<String>,
}

/// Who was told at a machine that something will happen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warned {
    Told {
        user: String,
    },
    /// Nobody is logged on.
    NobodyThere,
}

/// What a write call comes to before it is shown to an approver.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// Complete: with the ids in its arguments, and the script where it runs one.
    Call(Box<Call>),
    /// Several things fit; `total` of them, the closest first.
    Ask { text: String, options: Vec<SettleOption>, total: usize },
    /// Nothing fits, or it cannot be done here: why, and what to do instead.
    No(String),
}

/// One of several things that fit, with the arguments that mean it and no other.
#[derive(Debug, Clone, PartialEq)]
pub struct SettleOption {
    pub label: String,
    pub detail: String,
    pub arguments: Map<String, Value>,
}

/// A request that a person may send with one click; it is considered like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub label: String,
    /// As a person would write it: "clear alert 88213 on KIOSK-01 at Harbour Dental".
    pub request: String,
}

/// What differs from the plan, in words: "the script was edited on 1 September 2026".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift(pub String);

#[expect(
    clippy::large_enum_variant,
    reason = "one for each run that is sent, never a list of them"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Started {
    /// Poll with this handle. `notes` go into the trace.
    Accepted { handle: Handle, notes: Vec<String> },
    /// Done within the answer.
    Finished { ending: Ending, trace: Trace },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Polled {
    pub progress: Progress,
    /// Replaces `targets` of the run's trace.
    pub targets: Vec<crate::run::TargetResult>,
    /// Set when the work is over.
    pub ending: Option<Ending>,
}

/// Where a sync stands; opaque to the core, so a provider can change it (an unknown one starts anew).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub String);

/// A piece of the directory. Everything in it replaces what is stored under the same id; a device
/// without log-ons keeps those it has.
#[derive(Debug, Clone, Default)]
pub struct SyncBatch {
    pub clients: Vec<Client>,
    pub sites: Vec<Site>,
    pub devices: Vec<Device>,
    pub scripts: Vec<Script>,
    /// Where to go on; `None`: this was the last piece, and what was not seen since the start of the
    /// sync is gone from the product, unless the sync was `partial`.
    pub next: Option<Position>,
    /// This sync reads only what changed: what it does not name is still there. Looked at in the last
    /// piece.
    pub partial: bool,
    /// For the progress bar: "devices of Acme Logistics".
    pub label: String,
    pub done: u64,
    pub total: u64,
}

/// Variants differ in what may have happened on the other side: that decides if asking again is safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Turned away before anything ran.
    #[error("{product} is over its rate limit, free again in {} s", wait.as_secs())]
    Throttled { product: &'static str, wait: Duration },
    /// The credentials were refused.
    #[error("{product} refused the credentials: {detail}")]
    Credentials { product: &'static str, detail: String },
    /// The credentials lack a right.
    #[error("{product} credentials lack the scope {scope}")]
    MissingScope { product: &'static str, scope: String },
    /// Locked for a while (too many sign-ins).
    #[error("{product} is temporarily locked, wait a few minutes: {detail}")]
    Locked { product: &'static str, detail: String },
    #[error("{product} does not know {what}")]
    NotFound { product: &'static str, what: String },
    /// Refused by the product with a reason; nothing ran.
    #[error("{product} refused: {message}")]
    Refused { product: &'static str, message: String },
    /// The connection was never made; nothing was sent.
    #[error("{product} cannot be reached: {detail}")]
    Unreachable { product: &'static str, detail: String },
    /// Sent, never answered: the work may have been done.
    #[error("{product} gave no answer: {detail}")]
    Unanswered { product: &'static str, detail: String },
    /// The product's own fault (5xx, or an answer that makes no sense): the work may have been done.
    #[error("{product} failed: {detail}")]
    Failed { product: &'static str, detail: String },
}

impl CallError {
    /// Whether a write that ended like this may have been done all the same. No `_` arm: whoever adds
    /// a variant decides.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Throttled { .. }
            | Self::Credentials { .. }
            | Self::MissingScope { .. }
            | Self::Locked { .. }
            | Self::NotFound { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. } => false,
            Self::Unanswered { .. } | Self::Failed { .. } => true,
        }
    }

    /// What the person in the thread reads: what is wrong and the way out, one sentence. The cause goes
    /// into the log.
    pub fn for_person(&self) -> String {
        match self {
            Self::Throttled { product, wait } => {
                format!(
                    "{product} is over its rate limit; it is free again in about {} seconds.",
                    wait.as_secs().max(1)
                )
            }
            Self::Credentials { product, .. } => {
                format!(
                    "{product} refused Countersign's credentials; an admin can find out why with `countersign check`."
                )
            }
            Self::MissingScope { product, scope } => {
                format!(
                    "Countersign's key for {product} lacks the scope {scope}; an admin can add it in the product."
                )
            }
            Self::Locked { product, .. } => {
                format!("{product} has locked sign-ins for a moment; try again in a few minutes.")
            }
            Self::NotFound { product, what } => format!("{product} does not know {what}."),
            Self::Refused { product, message } => format!("{product} refused this: {message}"),
            Self::Unreachable { product, .. } => {
                format!("{product} cannot be reached right now; nothing was sent.")
            }
            Self::Unanswered { product, .. } => format!("{product} gave no answer."),
            Self::Failed { product, .. } => format!(
                "{product} had an error of its own; an admin finds more with `countersign check` and in the log."
            ),
        }
    }
}
