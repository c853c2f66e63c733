//! Runs that wait for their start: whether it has come, what there is of them, and how one is called off.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::audit::{NewEntry, concerning};
use crate::conversation::Engine;
use crate::directory::{Person, Role};
use crate::mask::mask;
use crate::ports::{Change, RunFilter, StoreError, Write};
use crate::run::{Ended, Event, Marker, Run, State};
use crate::schedule::Start;
use crate::words;

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

#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("nothing scheduled has the code {0}; it may have started already")]
    Unknown(String),
    #[error("only who asked for it, an approver, a manager or an admin can call it off")]
    MayNot,
    #[error(transparent)]
    Store(#[from] StoreError),
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

    /// Calls a scheduled run off. Gives the sentence to tell.
    pub async fn cancel(&self, by: &Person, marker: &Marker) -> Result<String, CancelError> {
        let (change, sentence) = self.cancelling(by, marker).await?;
        match self.store().commit(change).await {
            Err(StoreError::Lost { .. }) => Err(CancelError::Unknown(marker.as_str().to_owned())),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(sentence),
        }
    }

    /// The change behind [`Engine::cancel`]; lost when the run starts at the same moment.
    pub(super) async fn cancelling(
        &self,
        by: &Person,
        marker: &Marker,
    ) -> Result<(Change, String), CancelError> {
        let found = self.scheduled().await?.into_iter().find(|run| &run.marker == marker);
        let Some(mut run) = found else {
            return Err(CancelError::Unknown(marker.as_str().to_owned()));
        };
        let may = by.id == run.requester
            || by.may_approve()
            || by.has(Role::Manager)
            || by.has(Role::Admin);
        if !may {
            return Err(CancelError::MayNot);
        }
        let what = run.call.sentence();
        let when = run.scheduled().map(Start::sentence).unwrap_or_default();
        let subject = json!({ "run": run.id, "request": run.request, "marker": run.marker });
        let call = run.call.clone();
        run.trace.ended = Some(Ended::CalledOff);
        let why = format!("{} called it off before it started", by.name);
        let mut change = self.step_change(run, Event::Refused(why), None, 0, None).await?;
        let entry = NewEntry {
            at: self.now(),
            actor: by.id.to_string(),
            kind: "cancelled",
            subject,
            text: mask(&words::cut(&format!("called off: {what}, {when}"), 2_000)),
            client: None,
        };
        change.audit.extend(concerning(entry, &[call]));
        Ok((change, format!("Called off: {what}. It was to start {when}. Nothing was sent.")))
    }
}
