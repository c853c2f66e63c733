//! The planner that needs no model: deterministic, explainable, microseconds.

use async_trait::async_trait;

use super::{Ask, Planner, Proposal};

/// Intents over the tool catalogue.
#[derive(Debug, Default)]
pub struct Grammar;

#[async_trait]
impl Planner for Grammar {
    async fn propose(&self, ask: &Ask<'_>) -> Proposal {
        propose(ask)
    }
}

/// See [`Planner::propose`].
pub fn propose(_ask: &Ask<'_>) -> Proposal {
    Proposal::Unsure { suggestions: Vec::new() }
}
