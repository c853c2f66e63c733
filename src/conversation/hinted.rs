//! A product hinted that something ended: who waits for it looks now. What a look then finds is what counts.

use crate::conversation::Engine;
use crate::directory::Product;
use crate::ports::{Change, Conducted, RunFilter, StoreError, Write};
use crate::run::State;

/// Runs that are under way and are looked through; more keep their usual wait.
const RUNS_MAX: u32 = 1_000;

/// What a hint came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hinted {
    /// Runs that are polled now instead of later.
    pub woken: usize,
    /// Runs that are being polled at this moment, maybe since before what was hinted at: to be hinted again.
    pub under_way: usize,
}

impl Engine {
    /// Lets the runs on the agent `id` of `product` be polled at once.
    pub async fn hinted(&self, product: Product, id: &str) -> Result<Hinted, StoreError> {
        let filter = RunFilter {
            unfinished_only: true,
            conducted: Conducted::Either,
            limit: RUNS_MAX,
            ..RunFilter::default()
        };
        let now = self.now();
        let mut hinted = Hinted::default();
        for mut run in self.store().runs(&filter).await? {
            let was_sent = matches!(run.state, State::Accepted { .. } | State::Running { .. })
                && !run.conducts();
            let is_there = run.call.product == product
                && run.call.targets.iter().any(|it| it.pathway(product) == Some(id));
            if !was_sent || !is_there {
                continue;
            }
            if run.due_at.is_none_or(|due| due <= now) {
                hinted.under_way += 1;
                continue;
            }
            run.due_at = Some(now);
            let change =
                Change { writes: vec![Write::RunAdvance(Box::new(run))], audit: Vec::new() };
            match self.store().commit(change).await {
                Ok(_) => hinted.woken += 1,
                // A worker has it already.
                Err(StoreError::Lost { .. }) => hinted.under_way += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(hinted)
    }
}
