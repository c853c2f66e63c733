//! The attention meters, from what the store has.

use crate::approval::meters::{self, Meters};
use crate::conversation::Engine;
use crate::ports::{ApprovalFilter, StoreError};

/// Approvals that are counted; more in the time asked for means that only the newest are.
const APPROVALS_MAX: u32 = 20_000;

impl Engine {
    /// How tired of cards people may be, over the last `days`. Whom a card was put to is told by the people
    /// of now.
    pub async fn meters(&self, days: u32) -> Result<Meters, StoreError> {
        let filter = ApprovalFilter {
            since: Some(meters::since(self.now(), days)),
            limit: APPROVALS_MAX,
            ..ApprovalFilter::default()
        };
        let approvals = self.store().approvals(&filter).await?;
        let could = |approval: &crate::approval::Approval| {
            let able = self.people().iter().filter(|it| self.could_decide(it, approval));
            able.map(|it| it.id.clone()).collect()
        };
        Ok(Meters::of(&approvals, days.clamp(1, meters::DAYS_MAX), could))
    }
}
