//! Asking anew what ended, in the name of whoever wants it: everything is looked up and ruled on as for a new
//! request.

use jiff::Timestamp;

use crate::bounds::CALLS_PER_PLAN_MAX;
use crate::conversation::decision::draft_of;
use crate::conversation::turn::{Input, Turn};
use crate::directory::Person;
use crate::plan::Call;
use crate::ports::{ApprovalFilter, RunFilter, StoreError};
use crate::reply::Message;
use crate::run::{Authority, Marker, Run};

/// How far back in a conversation is looked.
const BACK_MAX: u32 = 100;

impl Turn<'_> {
    /// What expired or was voided.
    pub(super) async fn again(
        &mut self,
        person: &Person,
        code: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let filter = ApprovalFilter {
            conversation: Some(self.conversation.clone()),
            limit: BACK_MAX,
            ..ApprovalFilter::default()
        };
        let found = self.engine.store().approvals(&filter).await?.into_iter();
        let mut found =
            found.filter(|it| it.can_be_asked_again(now) && it.code.eq_ignore_ascii_case(code));
        let Some(old) = found.next() else {
            let text = format!(
                "Nothing with the code {code} expired or was voided in this conversation. Write the request again instead."
            );
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        };
        self.context.asked.clone_from(&old.asked);
        // What somebody left out was answered.
        let drafts = old.kept().into_iter().map(|(_, call)| draft_of(call)).collect();
        self.with_considering(person, now, Input::Drafts(drafts)).await
    }

    /// The whole plan of a run that is over.
    pub(super) async fn run_again(
        &mut self,
        person: &Person,
        marker: &Marker,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let filter = RunFilter {
            conversation: Some(self.conversation.clone()),
            marker: Some(marker.clone()),
            limit: 1,
            ..RunFilter::default()
        };
        let Some(first) = self.engine.store().runs(&filter).await?.pop() else {
            let text = format!(
                "I know no run {} in this conversation. Write the request again instead.",
                marker.as_str()
            );
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        };
        if !first.state.can_run_again() {
            let text = format!(
                "{} is not surely over, so running it again could run it twice. Look at the device first, then write the request again.",
                marker.as_str()
            );
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let calls = self.calls_of(&first).await?;
        self.context.asked = match &first.authority {
            Authority::Auto { asked, .. } | Authority::Standing { asked, .. } => asked.clone(),
            Authority::Approval { id, .. } => {
                let approval = self.engine.store().approval(id).await?;
                approval.map(|it| it.asked).unwrap_or_default()
            }
        };
        let drafts = calls.iter().map(draft_of).collect();
        self.with_considering(person, now, Input::Drafts(drafts)).await
    }

    /// Every step of the plan that `run` is one of, in order.
    async fn calls_of(&self, run: &Run) -> Result<Vec<Call>, StoreError> {
        let filter = RunFilter {
            request: Some(run.request.clone()),
            limit: u32::try_from(CALLS_PER_PLAN_MAX).unwrap_or(u32::MAX),
            ..RunFilter::default()
        };
        let mut runs = self.engine.store().runs(&filter).await?;
        runs.retain(|it| it.occurrence() == run.occurrence());
        runs.sort_by_key(|it| it.step);
        let rest = runs.last().map(|it| it.rest.clone()).unwrap_or_default();
        Ok(runs.into_iter().map(|it| it.call).chain(rest).collect())
    }
}
