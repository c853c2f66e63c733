//! The value without which a write cannot be started.

use crate::ids::PersonId;
use crate::plan::Call;
use crate::ports::Dispatched;
use crate::run::{Baseline, Marker, Run, State};

/// Permission to send one call once. Cannot be cloned or made elsewhere: only [`Grant::take`] makes one,
/// and it wants the store's word that the run went from `Granted` to `Dispatching`.
#[derive(Debug)]
pub struct Grant {
    call: Call,
    marker: Marker,
    requester: PersonId,
    facts: Vec<String>,
    baseline: Option<Baseline>,
}

impl Grant {
    /// `None` if `dispatched` is about another run or the call is not the one that was granted.
    pub fn take(run: &Run, dispatched: Dispatched) -> Option<Self> {
        let same_run = dispatched.run() == &run.id;
        let same_call = run.call.digest() == run.digest;
        let is_dispatching = matches!(run.state, State::Dispatching { .. });
        (same_run && same_call && is_dispatching).then(|| Self {
            call: run.call.clone(),
            marker: run.marker.clone(),
            requester: run.requester.clone(),
            facts: run.facts.clone(),
            baseline: run.trace.baseline.clone(),
        })
    }

    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Goes into the product, so that the work can be found again.
    pub fn marker(&self) -> &Marker {
        &self.marker
    }

    /// Facts of the step before, to go into a ticket below the approved description.
    pub fn facts(&self) -> &[String] {
        &self.facts
    }

    /// What the product had already, read and kept right before this grant was made.
    pub fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    /// The human in whose name the product is asked.
    pub fn requester(&self) -> &PersonId {
        &self.requester
    }
}
