//! Rules in, verdict out: may this concrete call run, must somebody be asked, or is it stopped.

pub mod book;
pub mod caps;
pub mod classify;
pub mod decide;
pub mod explain;
pub mod halt;
pub mod rule;
pub mod terms;
pub mod when;
pub mod who;
pub mod zone;

use serde::{Deserialize, Serialize};

pub use book::RuleBook;
pub use caps::{Caps, Touch};
pub use decide::{Bound, Case, Ruling, decide, decide_policy};
pub use halt::{Halt, Scope};
pub use rule::{Class, Rule};
pub use terms::Terms;
pub use who::{GroupRef, Who};

/// What an operator says of a tool or a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    Auto,
    ApprovalNeeded,
    /// Says what it would do and writes nothing; what reads goes on.
    PlanOnly,
    Never,
}

impl Policy {
    /// From lenient to strict.
    pub const ALL: [Self; 4] = [Self::Auto, Self::ApprovalNeeded, Self::PlanOnly, Self::Never];

    pub fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::ApprovalNeeded => "approval_needed",
            Self::PlanOnly => "plan_only",
            Self::Never => "never",
        }
    }

    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.key() == key)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::ApprovalNeeded => "approval needed",
            Self::PlanOnly => "plan only",
            Self::Never => "never",
        }
    }
}

/// What policy says of one concrete call; from lenient to strict, so `max` is the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Run,
    Ask,
    /// It is said and kept, and nothing of it is sent.
    Plan,
    Stop,
}

impl Verdict {
    pub fn key(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Ask => "ask",
            Self::Plan => "plan",
            Self::Stop => "stop",
        }
    }
}

#[cfg(test)]
mod tests;
