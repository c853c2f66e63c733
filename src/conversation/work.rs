//! A claimed run, one step further: granted, sent once, looked up when in doubt, polled, told.
//!
//! Every step commits before and after the outside call, so a crash at any point leaves a state from
//! which the next worker goes on without sending twice.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tracing::{error, info, warn};

use crate::approval::{Approval, Event as ApprovalEvent};
use crate::audit::{NewEntry, concerning};
use crate::conversation::cards;
use crate::conversation::recheck::Recheck;
use crate::conversation::recurring::Following;
use crate::conversation::scheduled::Timely;
use crate::conversation::seed::{RunSeed, grant_entries};
use crate::conversation::turn::BOT;
use crate::conversation::{Engine, outcome, speech};
use crate::mask::mask;
use crate::plan::Call;
use crate::policy::Touch;
use crate::ports::{Answer, CallError, Change, Offer, Provider, Started, StoreError, Write};
use crate::reply::{Audience, Block, Message};
use crate::run::reading::{credible, fresh};
use crate::run::{Authority, Ended, Ending, Event, Grant, LookUp, Progress, Reading, Run, State};
use crate::tool::is_private;
use crate::words;

/// First wait between two polls; it grows by half each time up to [`POLL_SECS_MAX`]. The product asks for
/// no faster than every 5 s.
const POLL_SECS_MIN: i64 = 5;
const POLL_SECS_MAX: i64 = 30;

/// Deadline of a script that publishes no expected time, from its acceptance.
const DEADLINE_SECS_DEFAULT: i64 = 600;

/// First wait until figures that show nothing yet are looked at again; it doubles.
const FIGURES_SECS_MIN: i64 = 15;

/// A device that is offline keeps its script waiting; this long is watched.
pub(super) const WAITING_SECS_MAX: i64 = 3 * 24 * 3_600;

/// Longest time between the commit that allows a send and the send itself; half of a worker's lease.
const SEND_SECS_MAX: i64 = 10;

/// Facts that a ticket is told of the steps before it.
const FACTS_MAX: usize = 60;

/// Offers behind one result.
const OFFERS_MAX: usize = 3;

/// Wait between two look-ups of a doubtful run.
const LOOK_SECS: i64 = 10;

impl Engine {
    /// Takes `run`, which this worker holds, one step further.
    pub async fn advance(&self, run: Run) -> Result<(), StoreError> {
        let Some(provider) = self.provider(run.call.product) else {
            let why = format!("{} is not configured any more", run.call.product.label());
            return self.end_unsent(run, why, None).await;
        };
        match &run.state {
            State::Granted => self.send(run, provider).await,
            // Whoever was sending is gone: the lease ran out.
            State::Dispatching { .. } => self.step(run, Event::Unanswered, None, 0).await,
            State::Doubtful { .. } => self.look_up(run, provider).await,
            State::Running { .. } if run.conducts() => self.conduct(run).await,
            State::Accepted { .. } | State::Running { .. } => self.poll(run, provider).await,
            State::Succeeded { .. }
            | State::Failed { .. }
            | State::PartlyFailed { .. }
            | State::TimedOut { .. }
            | State::NotSent { .. }
            | State::AskedAPerson { .. } => Ok(()),
        }
    }

    // --- granted -> sent

    async fn send(&self, mut run: Run, provider: &dyn Provider) -> Result<(), StoreError> {
        if let Some(start) = run.scheduled().cloned() {
            match self.timely(&run, &start) {
                Timely::Yes => {}
                Timely::NotYet(at) => return self.wait_until(run, at).await,
                // The next one comes all the same.
                Timely::TooLate(why) if run.occurrence().is_some() => {
                    run.trace.ended = Some(Ended::Missed);
                    return self.end_unsent(run, why, None).await;
                }
                Timely::TooLate(why) => return self.end_unsent(run, why.clone(), Some(why)).await,
            }
        }
        let policy = match self.still_allowed(&run).await? {
            Recheck::Goes { policy } => policy,
            Recheck::Stops(why) => return self.end_unsent(run, why.clone(), Some(why)).await,
        };
        if run.conducts() {
            return self.step(run, Event::Spread, None, 0).await;
        }
        if run.call.warn_mins.is_some() && run.trace.warned.is_none() {
            return self.warn_first(run).await;
        }
        if run.call.is_write() {
            match provider.drift(&run.call).await {
                Ok(None) => {}
                Ok(Some(drift)) => {
                    return self.end_unsent(run, drift.0.clone(), Some(drift.0)).await;
                }
                Err(error) => return self.recheck_failed(run, &error).await,
            }
            if let Some(other) = self.store().busy(&run.call.locks()).await? {
                return self.wait_for_device(run, &other).await;
            }
            run.trace.baseline = match provider.baseline(&run.call).await {
                Ok(baseline) => baseline,
                Err(error) => return self.recheck_failed(run, &error).await,
            };
            run.trace.before = fresh(self.figures(&run.call, provider).await, self.now());
        }

        let now = self.now();
        run.state = match run.state.next(Event::Dispatch, now) {
            Ok(state) => state,
            Err(impossible) => return broken(&impossible),
        };
        // A worker that dies behind this line leaves a run to look up, soon.
        run.due_at = Some(now);
        run.trace.waits_for = None;
        // Lost when policy changed since it was asked: the run stays granted, and is looked at anew.
        let guard = Write::Dispatch {
            run: run.id.clone(),
            policy,
            touches: Touch::of(&run.call, now),
            caps: self.caps(),
            at: now,
        };
        let mut change =
            Change { writes: vec![guard, Write::RunAdvance(Box::new(run.clone()))], audit: vec![] };
        change.audit.extend(entries(
            &run,
            "dispatch",
            format!("sending {} as {}", run.call.sentence(), run.marker.as_str()),
            now,
        ));
        let mut committed = self.store().commit(change).await?;
        run.version += 1;
        let Some(grant) =
            committed.dispatched(&run.id).and_then(|dispatched| Grant::take(&run, dispatched))
        else {
            error!(run.id = %run.id, "no grant for a run that was just dispatched; it is not sent");
            return self
                .step(run, Event::Refused("the grant does not fit the call".into()), None, 0)
                .await;
        };

        // A process that was suspended here may have lost the run to another worker already.
        let waited = self.now().as_second() - now.as_second();
        if waited > SEND_SECS_MAX {
            let why =
                format!("this machine paused for {} right before sending", words::span(waited));
            return self.step(run, Event::Refused(why), None, 0).await;
        }

        info!(run.id = %run.id, marker = run.marker.as_str(), "sending: {}", run.call.sentence());
        if !run.call.is_write() {
            return self.read_under_grant(run, grant).await;
        }
        match provider.start(grant).await {
            Ok(Started::Accepted { handle, notes }) => {
                run.trace.notes.extend(notes);
                self.step(run, Event::Accepted(handle), None, POLL_SECS_MIN).await
            }
            Ok(Started::Finished { ending, trace }) => {
                run.trace = run.trace.replaced_by(trace);
                self.step(run, Event::Finished(ending), None, 0).await
            }
            Err(error) if error.may_have_happened() => {
                warn!(run.id = %run.id, error = %error, "sent without an answer; it will be looked up");
                self.step(run, Event::Unanswered, None, 0).await
            }
            Err(error) => {
                warn!(run.id = %run.id, error = %error, "turned away");
                self.step(
                    run,
                    Event::Refused(error.for_person().trim_end_matches('.').to_owned()),
                    None,
                    0,
                )
                .await
            }
        }
    }

    /// A read that an operator put behind approval.
    async fn read_under_grant(&self, run: Run, grant: Grant) -> Result<(), StoreError> {
        let result = self.read(grant.call()).await;
        let (ending, message) = match result {
            Ok(Answer { summary, blocks, .. }) => {
                let mut message = speech::answered(summary, blocks);
                if is_private(&run.call.tool) {
                    message.audience = Audience::Person(run.requester.clone());
                }
                (Ending::Succeeded, Some(message))
            }
            Err(error) => (Ending::Failed(error.for_person()), None),
        };
        self.step(run, Event::Finished(ending), message, 0).await
    }

    /// Does a read call with the product behind it.
    pub(crate) async fn read(&self, call: &Call) -> Result<Answer, CallError> {
        match self.provider(call.product) {
            Some(provider) => provider.read(call).await,
            None => Err(CallError::Refused {
                product: call.product.label(),
                message: "it is not configured".into(),
            }),
        }
    }

    /// Granted, and not sent after all; `drift` voids the approval too.
    pub(super) async fn end_unsent(
        &self,
        run: Run,
        why: String,
        drift: Option<String>,
    ) -> Result<(), StoreError> {
        let mut voided = None;
        if let (Some(difference), Authority::Approval { id, .. }) = (drift, &run.authority)
            && run.step == 0
            && let Some(approval) = self.store().approval(id).await?
        {
            voided = approval.next(ApprovalEvent::Drift { difference }, self.now()).ok();
        }
        self.finish_step(run, Event::Refused(why), None, 0, voided).await
    }

    // --- doubtful -> found, absent or a person's

    async fn look_up(&self, mut run: Run, provider: &dyn Provider) -> Result<(), StoreError> {
        if !run.call.is_write() {
            return self
                .step(
                    run,
                    Event::LookedUp(LookUp::CannotTell("a read was cut off".into())),
                    None,
                    0,
                )
                .await;
        }
        let since = run.created_at;
        let baseline = run.trace.baseline.as_ref();
        let found = provider.look_up_against(&run.call, &run.marker, since, baseline).await;
        info!(run.id = %run.id, marker = run.marker.as_str(), "looked up: {found:?}");
        match &found {
            LookUp::Found(handle) => {
                let note = match &run.trace.baseline {
                    None => {
                        format!("task {}, found by its marker {}", handle.0, run.marker.as_str())
                    }
                    // A handle with a baseline in it is nothing to read.
                    Some(_) => format!(
                        "found again in {}: it was not there before this run was sent",
                        run.call.product.label()
                    ),
                };
                run.trace.notes.push(note);
            }
            LookUp::FoundFinished(trace) => {
                run.trace = run.trace.replaced_by(trace.as_ref().clone());
            }
            LookUp::Absent | LookUp::CannotTell(_) | LookUp::NoAnswer => {}
        }
        self.step(run, Event::LookedUp(found), None, LOOK_SECS).await
    }

    // --- accepted -> outcome

    async fn poll(&self, mut run: Run, provider: &dyn Provider) -> Result<(), StoreError> {
        let (State::Accepted { handle, since } | State::Running { handle, since }) =
            run.state.clone()
        else {
            return Ok(());
        };
        let now = self.now();
        let waited = now.as_second() - since.as_second();
        let next_wait = (waited / 2).clamp(POLL_SECS_MIN, POLL_SECS_MAX);
        let polled = match provider.poll(&run.call, &handle).await {
            Ok(polled) => polled,
            Err(error) => {
                warn!(run.id = %run.id, error = %error, "a poll failed; polling goes on");
                if waited > WAITING_SECS_MAX {
                    return self.step(run, Event::Deadline, None, 0).await;
                }
                run.due_at = Some(now + SignedDuration::from_secs(next_wait));
                let change =
                    Change { writes: vec![Write::RunAdvance(Box::new(run))], audit: vec![] };
                return self.store().commit(change).await.map(|_| ());
            }
        };
        let changed = polled.targets != run.trace.targets;
        run.trace.targets = polled.targets;
        if let Some(ending) = polled.ending {
            let over_since = *run.trace.over_since.get_or_insert(now);
            run.trace.after = self.figures(&run.call, provider).await;
            if matches!(ending, Ending::Failed(_)) || !run.trace.may_show_more(now) {
                return self.step(run, Event::Finished(ending), None, 0).await;
            }
            let looked = now.as_second() - over_since.as_second();
            run.due_at = Some(now + SignedDuration::from_secs(looked.max(FIGURES_SECS_MIN)));
            return self.still_running(run, Progress::Begun, true).await;
        }
        let expected = run
            .call
            .script
            .as_ref()
            .and_then(|script| script.expected_secs)
            .and_then(|it| i64::try_from(it).ok());
        let all_wait =
            run.trace.targets.iter().all(|it| it.status == crate::run::TargetStatus::Waiting);
        let step_secs = run.call.spread.as_ref().map(|it| i64::from(it.step_secs));
        let step_secs = step_secs.filter(|it| *it > 0);
        let deadline = if let Some(secs) = step_secs {
            secs
        } else if all_wait || run.call.targets.iter().any(|target| target.online == Some(false)) {
            WAITING_SECS_MAX
        } else {
            expected.unwrap_or(DEADLINE_SECS_DEFAULT).max(60) * 2
        };
        if waited > deadline {
            return self.step(run, Event::Deadline, None, 0).await;
        }
        run.due_at = Some(now + SignedDuration::from_secs(next_wait));
        self.still_running(run, polled.progress, changed).await
    }

    async fn still_running(
        &self,
        mut run: Run,
        progress: Progress,
        changed: bool,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let state = match run.state.next(Event::Progress(progress), now) {
            Ok(state) => state,
            Err(impossible) => return broken(&impossible),
        };
        let moved = changed || state.key() != run.state.key();
        run.state = state;
        let mut change =
            Change { writes: vec![Write::RunAdvance(Box::new(run.clone()))], audit: vec![] };
        if moved {
            change.writes.extend(self.face(&run, now).await?);
        }
        self.store().commit(change).await.map(|_| ())
    }

    /// What the figures around a run are. Where they are asked of the machine itself, policy of that question
    /// decides.
    async fn figures(&self, call: &Call, provider: &dyn Provider) -> Vec<Reading> {
        if let Some(question) = provider.probes_with(call) {
            for target in &call.targets {
                if !self.may_read(question.as_str(), target).await.is_ok_and(|it| it) {
                    return Vec::new();
                }
            }
        }
        credible(provider.probe(call).await, self.now())
    }

    // --- one transition, told

    pub(super) async fn step(
        &self,
        run: Run,
        event: Event,
        message: Option<Message>,
        wait_secs: i64,
    ) -> Result<(), StoreError> {
        self.finish_step(run, event, message, wait_secs, None).await
    }

    /// Commits the state that follows with its card, its audit entry, and whatever comes next: the next
    /// step of the plan, or the result message.
    async fn finish_step(
        &self,
        run: Run,
        event: Event,
        message: Option<Message>,
        wait_secs: i64,
        voided: Option<Approval>,
    ) -> Result<(), StoreError> {
        let change = self.step_change(run, event, message, wait_secs, voided).await?;
        self.store().commit(change).await.map(|_| ())
    }

    pub(super) async fn step_change(
        &self,
        mut run: Run,
        event: Event,
        message: Option<Message>,
        wait_secs: i64,
        voided: Option<Approval>,
    ) -> Result<Change, StoreError> {
        let now = self.now();
        let before = run.state.key();
        run.state = match run.state.next(event, now) {
            Ok(state) => state,
            Err(impossible) => return Err(unreadable(&impossible)),
        };
        run.due_at = (!run.state.is_over()).then(|| now + SignedDuration::from_secs(wait_secs));
        let mut change =
            Change { writes: vec![Write::RunAdvance(Box::new(run.clone()))], audit: vec![] };
        if before != run.state.key() {
            let text = format!("{}: {}", run.state.key().replace('_', " "), describe(&run));
            info!(run.id = %run.id, "{text}");
            let kind = if run.state.is_over() { "outcome" } else { "progress" };
            change.audit.extend(entries(&run, kind, text, now));
        }
        if let Some(ending) = self.standing_failed(&run).await? {
            change.writes.extend(ending.writes);
            change.audit.extend(ending.audit);
        }
        if run.parent.is_some() {
            // Whoever conducts it tells.
            return Ok(change);
        }
        let next = if cards::goes_on(&run) { self.next_run(&run, now) } else { None };
        let is_last = run.state.is_over() && next.is_none();
        let (mut card, mut result) = self.faces(&run, voided.as_ref(), now).await?;
        let worked = matches!(run.state, State::Succeeded { .. }) && run.not_fixed().is_empty();
        if is_last && run.call.is_write() && worked {
            let mut offers = self.offers(&run.call).await;
            offers.extend(self.offer_standing(&run).await?);
            outcome::offer(&mut result, offers);
        }
        let following = match is_last {
            true => self.following(&run, voided.as_ref(), now).await?,
            false => None,
        };
        if let Some(Following { next, note }) = following {
            change.audit.extend(entries(&run, "standing", note.clone(), now));
            result.blocks.insert(result.blocks.len().min(1), Block::Note(note));
            if let Some((approval, next)) = next {
                card = self.plan_card(&approval, std::slice::from_ref(&next), now);
                change.audit.extend(grant_entries(&next, now));
                change.writes.push(Write::RunNew(Box::new(next)));
            }
        }
        let post =
            |message| Write::Post { conversation: run.conversation.clone(), message, at: now };
        change.writes.push(post(card));
        change.writes.extend(message.map(post));
        if is_last && run.call.is_write() {
            change.writes.push(post(result));
        }
        if let Some(next) = next {
            change.audit.extend(grant_entries(&next, now));
            change.writes.push(Write::RunNew(Box::new(next)));
        }
        if let Some(approval) = voided {
            let entry = NewEntry {
                at: now,
                actor: BOT.into(),
                kind: "voided",
                subject: json!({ "approval": approval.id, "request": approval.request }),
                text: mask(&format!("voided: {}", describe(&run))),
                client: None,
            };
            change.audit.extend(concerning(entry, std::slice::from_ref(&run.call)));
            change.writes.push(Write::ApprovalAdvance(Box::new(approval)));
        }
        Ok(change)
    }

    /// What the products think worth asking for after `call`.
    async fn offers(&self, call: &Call) -> Vec<Offer> {
        let asked = self.providers().iter().map(|provider| provider.offers(call));
        futures::future::join_all(asked).await.into_iter().flatten().take(OFFERS_MAX).collect()
    }

    fn next_run(&self, run: &Run, now: Timestamp) -> Option<Run> {
        let (call, rest) = run.rest.split_first()?;
        // The ticket behind a canary and the others tells of both.
        let facts = run.facts.iter().cloned().chain(outcome::facts(run)).take(FACTS_MAX).collect();
        Some(RunSeed::beside(run).run(run.step + 1, call.clone(), rest.to_vec(), facts, now))
    }
}

fn describe(run: &Run) -> String {
    let what = run.call.sentence();
    match &run.state {
        State::NotSent { why, .. }
        | State::Failed { why, .. }
        | State::AskedAPerson { why, .. } => {
            format!("{what} ({why})")
        }
        State::Granted
        | State::Dispatching { .. }
        | State::Doubtful { .. }
        | State::Accepted { .. }
        | State::Running { .. }
        | State::Succeeded { .. }
        | State::PartlyFailed { .. }
        | State::TimedOut { .. } => what,
    }
}

fn entries(run: &Run, kind: &'static str, text: String, now: Timestamp) -> Vec<NewEntry> {
    let entry = NewEntry {
        at: now,
        actor: BOT.into(),
        kind,
        subject: json!({ "run": run.id, "request": run.request, "marker": run.marker, "state": run.state.key() }),
        text: mask(&words::cut(&text, 2_000)),
        client: None,
    };
    concerning(entry, std::slice::from_ref(&run.call))
}

/// A transition that the table does not have is a bug of ours: nothing is done and the log says so.
fn broken(impossible: &crate::run::Impossible) -> Result<(), StoreError> {
    Err(unreadable(impossible))
}

fn unreadable(impossible: &crate::run::Impossible) -> StoreError {
    error!("{impossible}");
    StoreError::Unreadable { what: "run", detail: impossible.to_string() }
}
