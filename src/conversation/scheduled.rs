//! Runs that wait for their start: whether it has come, and what there is of them.

use jiff::{SignedDuration, Timestamp};

use crate::conversation::Engine;
use crate::ports::{Change, RunFilter, StoreError, Write};
use crate::run::{Run, State};
use crate::schedule::Start;

/// How often a device is looked at that has to come back. The directory is brought up to date every few
/// minutes, so looking more often shows nothing new.
const ONLINE_LOOK: SignedDuration = SignedDuration::from_mins(1);

/// Scheduled runs that are listed.
pub const LISTED_MAX: u32 = 200;

/// Whether a scheduled run may start at this moment.
pub(super) enum Timely {
    Yes,
    NotYet(Timestamp),
    TooLate(String),
}

impl Engine {
    pub(super) fn timely(&self, run: &Run, start: &Start) -> Timely {
        let now = self.now();
        if now > start.until {
            return Timely::TooLate(format!(
                "its time is over ({}), so it was not started late",
                start.moment()
            ));
        }
        let first = start.at - run.lead();
        if now < first {
            return Timely::NotYet(first);
        }
        let directory = self.directory();
        let is_away = |device| directory.device(device).and_then(|it| it.online()) != Some(true);
        if start.waits_for_device() && run.call.targets.iter().any(|it| is_away(&it.device)) {
            return Timely::NotYet(
                (now + ONLINE_LOOK).min(start.until + SignedDuration::from_secs(1)),
            );
        }
        Timely::Yes
    }

    pub(super) async fn wait_until(&self, mut run: Run, at: Timestamp) -> Result<(), StoreError> {
        run.due_at = Some(at);
        let change = Change { writes: vec![Write::RunAdvance(Box::new(run))], audit: vec![] };
        self.store().commit(change).await.map(|_| ())
    }

    /// What waits for its start, the next one first; at most [`LISTED_MAX`].
    pub async fn scheduled(&self) -> Result<Vec<Run>, StoreError> {
        let filter = RunFilter {
            state: Some(State::Granted.key()),
            limit: LISTED_MAX,
            ..RunFilter::default()
        };
        let mut runs = self.store().runs(&filter).await?;
        runs.retain(|run| run.scheduled().is_some());
        runs.sort_by_key(|run| run.due_at);
        Ok(runs)
    }
}
