//! How a run is called off: what was not sent is not sent, and of what is under way nothing more begins. No product
//! takes back what it has.

use jiff::Timestamp;
use serde_json::json;

use crate::audit::{NewEntry, concerning};
use crate::bounds::DEVICES_PER_CALL_MAX;
use crate::conversation::Engine;
use crate::directory::{Person, Role};
use crate::mask::mask;
use crate::plan::Call;
use crate::ports::{Change, Conducted, RunFilter, StoreError, Write};
use crate::run::spread::STEPS_MAX;
use crate::run::{Ended, Event, Marker, Run, State};
use crate::schedule::Start;
use crate::words;

/// Runs of one request that are under way and were begun by no other; each plan of it has one.
const RUNS_MAX: u32 = 100;

/// Tries, where a run moves on at the same moment.
const TRIES: usize = 3;

#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("nothing scheduled or under way has the code {0}; it may be over already")]
    Unknown(String),
    #[error("only who asked for it, an approver, a manager or an admin can call it off")]
    MayNot,
    /// It was sent, or may have been, and nothing follows that could be stopped.
    #[error("{0}")]
    Sent(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Calls a run off. Gives the sentence to tell.
    pub async fn cancel(&self, by: &Person, marker: &Marker) -> Result<String, CancelError> {
        for _ in 0..TRIES {
            let (change, sentence) = self.cancelling(by, marker).await?;
            match self.store().commit(change).await {
                // It moved on at the same moment, and what is true of it now is another matter.
                Err(StoreError::Lost { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(sentence),
            }
        }
        Err(CancelError::Unknown(marker.as_str().to_owned()))
    }

    /// The change behind [`Engine::cancel`]; lost when the run is sent, or begins more, at the same moment.
    pub(super) async fn cancelling(
        &self,
        by: &Person,
        marker: &Marker,
    ) -> Result<(Change, String), CancelError> {
        let Some(run) = self.under_way(marker).await? else {
            return Err(CancelError::Unknown(marker.as_str().to_owned()));
        };
        let may = by.id == run.requester
            || by.may_approve()
            || by.has(Role::Manager)
            || by.has(Role::Admin);
        if !may {
            return Err(CancelError::MayNot);
        }
        match run.state {
            State::Granted => self.not_sending(by, run).await,
            _ if run.conducts() => self.beginning_no_more(by, run).await,
            _ => self.sent(by, run).await,
        }
    }

    /// The run with this marker; where it is over, the one that followed it in its plan.
    async fn under_way(&self, marker: &Marker) -> Result<Option<Run>, StoreError> {
        let wanted = RunFilter { marker: Some(marker.clone()), limit: 1, ..RunFilter::default() };
        let Some(run) = self.store().runs(&wanted).await?.pop() else { return Ok(None) };
        if !run.state.is_over() {
            return Ok(Some(run));
        }
        let open = RunFilter {
            request: Some(run.request.clone()),
            unfinished_only: true,
            limit: RUNS_MAX,
            ..RunFilter::default()
        };
        let open = self.store().runs(&open).await?;
        Ok(open.into_iter().find(|it| it.step > run.step))
    }

    async fn not_sending(
        &self,
        by: &Person,
        mut run: Run,
    ) -> Result<(Change, String), CancelError> {
        let what = run.call.sentence();
        let when = run.scheduled().map(Start::sentence);
        let (text, sentence) = match &when {
            Some(when) => (
                format!("called off: {what}, {when}"),
                format!("Called off: {what}. It was to start {when}. Nothing was sent."),
            ),
            None => {
                (format!("called off: {what}"), format!("Called off: {what}. Nothing was sent."))
            }
        };
        let entries = self.called_off(by, &run, &text);
        run.trace.ended = Some(Ended::CalledOff);
        let why = format!("{} called it off before it started", by.name);
        let mut change = self.step_change(run, Event::Refused(why), None, 0, None).await?;
        change.audit.extend(entries);
        Ok((change, sentence))
    }

    /// Of many devices: those that were not sent to are not.
    async fn beginning_no_more(
        &self,
        by: &Person,
        run: Run,
    ) -> Result<(Change, String), CancelError> {
        let what = run.call.sentence();
        if run.trace.stopped.is_some() {
            return Err(CancelError::Sent(format!("{what} is stopped already")));
        }
        let filter = RunFilter {
            conducted: Conducted::By(run.id.clone()),
            unfinished_only: true,
            limit: u32::try_from(DEVICES_PER_CALL_MAX * STEPS_MAX).unwrap_or(u32::MAX),
            ..RunFilter::default()
        };
        let (granted, sent): (Vec<Run>, Vec<Run>) = self
            .store()
            .runs(&filter)
            .await?
            .into_iter()
            .partition(|it| matches!(it.state, State::Granted));
        let mut change = self.stopping(by, run, &what).await?;
        for one in granted {
            let why = format!("{} stopped it", by.name);
            let one = self.step_change(one, Event::Refused(why), None, 0, None).await?;
            change.writes.extend(one.writes);
            change.audit.extend(one.audit);
        }
        let sentence = match sent.len() {
            0 => format!("Stopped: {what}. Nothing more begins."),
            count => format!(
                "Stopped: {what}. Nothing more begins; {} under way, and cannot be stopped.",
                match count {
                    1 => "one device is".to_owned(),
                    more => format!("{more} devices are"),
                }
            ),
        };
        Ok((change, sentence))
    }

    /// What is sent is sent; what would follow does not.
    async fn sent(&self, by: &Person, mut run: Run) -> Result<(Change, String), CancelError> {
        let what = run.call.sentence();
        let product = run.call.product.label();
        let sent = |since: Timestamp| {
            let at = words::at_briefly(since, self.now());
            format!("{what} was sent at {at}, and {product} cannot stop it")
        };
        let since = match &run.state {
            State::Accepted { since, .. } | State::Running { since, .. } => *since,
            // Whoever sends it, or looks for it, must not be disturbed: its commit would be lost.
            State::Dispatching { .. } => {
                let text = format!("{what} is being sent right now, and {product} cannot stop it");
                return Err(CancelError::Sent(text));
            }
            State::Doubtful { .. } => {
                let text = format!(
                    "{what} was sent without an answer and is being looked up; {product} cannot stop it"
                );
                return Err(CancelError::Sent(text));
            }
            _ => return Err(CancelError::Unknown(run.marker.as_str().to_owned())),
        };
        let follows: Vec<&Call> = run.rest.iter().filter(|call| !call.is_ticket()).collect();
        let follows = (!follows.is_empty() && run.trace.stopped.is_none())
            .then(|| words::list(&follows.iter().map(|it| it.sentence()).collect::<Vec<_>>()));
        let recurs = run.call.start.as_ref().and_then(|start| start.recurs());
        let recurs = recurs.filter(|_| run.trace.ended.is_none());
        let mut more = Vec::new();
        if let Some(follows) = &follows {
            more.push(format!("What was to follow does not begin: {follows}."));
        }
        if let Some((every, _)) = recurs {
            more.push(format!("It does not come again: {}.", every.sentence()));
            run.trace.ended = Some(Ended::CalledOff);
        }
        if more.is_empty() {
            return Err(CancelError::Sent(sent(since)));
        }
        let change = match follows.is_some() {
            true => self.stopping(by, run, &what).await?,
            false => {
                let audit =
                    self.called_off(by, &run, &format!("called off behind this one: {what}"));
                Change { writes: vec![Write::RunAdvance(Box::new(run))], audit }
            }
        };
        Ok((change, format!("{}. {}", sent(since), more.join(" "))))
    }

    async fn stopping(&self, by: &Person, mut run: Run, what: &str) -> Result<Change, StoreError> {
        let now = self.now();
        run.trace.stopped = Some(format!("{} at {}", by.name, words::at_briefly(now, now)));
        run.due_at = Some(now);
        let audit = self.called_off(by, &run, &format!("stopped: {what}; nothing more begins"));
        let mut writes = vec![Write::RunAdvance(Box::new(run.clone()))];
        writes.extend(self.face(&run, now).await?);
        Ok(Change { writes, audit })
    }

    fn called_off(&self, by: &Person, run: &Run, text: &str) -> Vec<NewEntry> {
        let entry = NewEntry {
            at: self.now(),
            actor: by.id.to_string(),
            kind: "cancelled",
            subject: json!({ "run": run.id, "request": run.request, "marker": run.marker }),
            text: mask(&words::cut(text, 2_000)),
            client: None,
        };
        concerning(entry, std::slice::from_ref(&run.call))
    }
}
