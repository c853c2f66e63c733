//! A product hinted that something ended: who waits for it looks now. What a look then finds is what counts.

use crate::conversation::Engine;
use crate::directory::Product;
use crate::ports::{Change, RunFilter, StoreError, Write};
use crate::run::State;

/// Runs that are under way and are looked through; more keep their usual wait.
const RUNS_MAX: u32 = 1_000;

impl Engine {
    /// Lets the runs on the agent `id` of `product` be polled at once; gives how many.
    pub async fn hinted(&self, product: Product, id: &str) -> Result<usize, StoreError> {
        let filter = RunFilter {
            unfinished_only: true,
            any_parent: true,
            limit: RUNS_MAX,
            ..RunFilter::default()
        };
        let now = self.now();
        let mut woken = 0;
        for mut run in self.store().runs(&filter).await? {
            let waits = matches!(run.state, State::Accepted { .. } | State::Running { .. })
                && !run.conducts()
                && run.due_at.is_some_and(|due| due > now);
            let is_there = run.call.product == product
                && run.call.targets.iter().any(|it| it.pathway(product) == Some(id));
            if !waits || !is_there {
                continue;
            }
            run.due_at = Some(now);
            let change =
                Change { writes: vec![Write::RunAdvance(Box::new(run))], audit: Vec::new() };
            match self.store().commit(change).await {
                Ok(_) => woken += 1,
                // A worker has it already.
                Err(StoreError::Lost { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(woken)
    }
}
