//! Plans that nothing runs of: kept with their card, said of what was done instead, looked at in the products.
//!
//! A look is taken by a commit before anything is asked, so two processes do not ask side by side and one that dies is
//! taken up again. It reads, and that is all it does.

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::json;
use tracing::{debug, info};

use crate::approval::meters::{self, DAYS_MAX};
use crate::audit::{NewEntry, concerning};
use crate::conversation::Engine;
use crate::conversation::command::code_of;
use crate::conversation::trial_card as card;
use crate::conversation::trial_words::Trials;
use crate::conversation::turn::{BOT, Turn};
use crate::directory::{Person, Role};
use crate::ids::{RequestId, TrialId};
use crate::mask::mask;
use crate::plan::{Plan, sentences};
use crate::policy::{Ruling, Terms, Verdict};
use crate::ports::{CallError, Change, StoreError, TrialFilter, Write};
use crate::reply::Message;
use crate::run::Baseline;
use crate::trial::{DEVICES_LOOKED_AT_MAX, Did, Refusal, Report, Seen, Trial};
use crate::words;

/// Trials that one round looks at; those behind wait for the next.
const LOOKS_PER_ROUND: u32 = 5;

/// Trials that are counted; more in the time asked for means that only the newest are.
const COUNTED_MAX: u32 = 20_000;

#[derive(Debug, thiserror::Error)]
enum TrialError {
    #[error("nothing that is plan only has the code {0}")]
    Unknown(String),
    #[error("how plans compare with what was done is for managers and admins")]
    NotForYou,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who may see how plans compare with what was done.
pub fn may_see_trials(person: &Person) -> bool {
    person.has(Role::Manager) || person.has(Role::Admin)
}

impl Engine {
    /// How the plans of the last `days` compare with what was done.
    pub async fn trials(&self, days: u32) -> Result<Report, StoreError> {
        let days = days.clamp(1, DAYS_MAX);
        let since = Some(meters::since(self.now(), days));
        let filter = TrialFilter { since, limit: COUNTED_MAX, ..TrialFilter::default() };
        Ok(Report::of(&self.store().trials(&filter).await?, days))
    }

    async fn saying(
        &self,
        by: &Person,
        code: &str,
        did: Did,
    ) -> Result<(Change, Trial), TrialError> {
        let filter =
            TrialFilter { code: Some(code.to_owned()), limit: 1, ..TrialFilter::default() };
        let found = self.store().trials(&filter).await?.pop();
        let trial = found.ok_or_else(|| TrialError::Unknown(code.to_uppercase()))?;
        let now = self.now();
        let said = trial.say(did, &by.id, by.has(Role::Manager), now)?;
        let what = sentences(&said.plan.calls);
        let text = format!("{}: {what}", did.sentence());
        let change = Change {
            writes: vec![self.trial_card(&said, now), Write::TrialAdvance(Box::new(said.clone()))],
            audit: entries(&said, by.id.as_str(), "trial_said", &text, now),
        };
        Ok((change, said))
    }

    fn trial_card(&self, trial: &Trial, at: Timestamp) -> Write {
        let message = card::draw(trial, self.people(), at);
        Write::Post { conversation: trial.conversation.clone(), message, at }
    }

    /// Looks at trials whose time has come; gives how many.
    pub async fn look_at_trials(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let filter =
            TrialFilter { due: Some(now), limit: LOOKS_PER_ROUND, ..TrialFilter::default() };
        let mut looked = 0;
        for trial in self.store().trials(&filter).await? {
            let taken = trial.taken(now);
            let take = Write::TrialAdvance(Box::new(taken.clone()));
            match self.store().commit(Change { writes: vec![take], audit: vec![] }).await {
                Ok(_) => {}
                // Another process looks, or somebody just said what was done.
                Err(StoreError::Lost { .. }) => continue,
                Err(error) => return Err(error),
            }
            let taken = Trial { version: taken.version + 1, ..taken };
            let change = self.looking(taken).await;
            match self.store().commit(change).await {
                Ok(_) => looked += 1,
                // Somebody said what was done meanwhile; it is looked at again soon.
                Err(StoreError::Lost { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(looked)
    }

    async fn looking(&self, trial: Trial) -> Change {
        if trial.looks == 0 {
            let next = trial.with_before(self.before(&trial).await);
            return Change { writes: vec![Write::TrialAdvance(Box::new(next))], audit: vec![] };
        }
        let next = trial.looked(self.looked_at(&trial).await);
        let now = self.now();
        let mut change = Change::default();
        if next.seen != trial.seen {
            let seen: Vec<String> = next.seen.iter().map(Seen::sentence).collect();
            let text = format!("{}: {}", sentences(&next.plan.calls), seen.join("; then "));
            info!(trial.id = %next.id, "looked at: {text}");
            change.writes.push(self.trial_card(&next, now));
            change.audit = entries(&next, BOT, "trial_seen", &text, now);
        }
        change.writes.push(Write::TrialAdvance(Box::new(next)));
        change
    }

    /// What the products hold before anything is done, for each call.
    async fn before(&self, trial: &Trial) -> Vec<Option<Baseline>> {
        let is_before = trial.is_before(self.now());
        let each = (0..).zip(&trial.plan.calls).map(|(index, call)| async move {
            let fits = trial.is_open(index) && call.targets.len() <= DEVICES_LOOKED_AT_MAX;
            let provider = self.provider(call.product).filter(|_| is_before && fits)?;
            provider.baseline(call).await.unwrap_or_else(|error| {
                debug!(trial.id = %trial.id, error = %error, "what was there before could not be read");
                None
            })
        });
        join_all(each).await
    }

    async fn looked_at(&self, trial: &Trial) -> Vec<Result<Seen, String>> {
        let pairs = trial.plan.calls.iter().zip(&trial.before);
        let each = (0..).zip(pairs).map(|(index, (call, before))| async move {
            if !trial.is_open(index) {
                return Ok(Seen::NotLooked);
            }
            if call.targets.len() > DEVICES_LOOKED_AT_MAX {
                let why = format!("more than {DEVICES_LOOKED_AT_MAX} devices are not looked at");
                return Ok(Seen::CannotTell { why });
            }
            let Some(provider) = self.provider(call.product) else {
                let why = format!("{} is not configured any more", call.product.label());
                return Ok(Seen::CannotTell { why });
            };
            let found = provider.done_by_hand(call, trial.asked_at, before.as_ref()).await;
            found.map(masked).map_err(|error: CallError| {
                debug!(trial.id = %trial.id, error = %error, "a look got no answer");
                error.for_person().trim_end_matches('.').to_owned()
            })
        });
        join_all(each).await
    }
}

/// Longest line of evidence that is kept, in characters.
const EVIDENCE_CHARS_MAX: usize = 300;

/// What a product tells is outside text.
fn masked(seen: Seen) -> Seen {
    let line = |it: &String| mask(&words::cut(it, EVIDENCE_CHARS_MAX));
    match seen {
        Seen::Done { evidence } => Seen::Done { evidence: evidence.iter().map(line).collect() },
        Seen::Partly { evidence } => Seen::Partly { evidence: evidence.iter().map(line).collect() },
        Seen::CannotTell { why } => Seen::CannotTell { why: line(&why) },
        Seen::NotLooked | Seen::Nothing => seen,
    }
}

impl Turn<'_> {
    /// Says what would be done and keeps it; nothing of it runs.
    pub(super) async fn keep_trial(
        &mut self,
        request: &RequestId,
        person: &Person,
        plan: Plan,
        rulings: &[Ruling],
        asked: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let digest = plan.digest();
        let filter = TrialFilter { open: Some(digest.clone()), limit: 1, ..TrialFilter::default() };
        // What is done once counts once.
        if let Some(same) = self.engine.store().trials(&filter).await?.first() {
            let text = format!(
                "The same was planned at {} already (code {}) and is plan only; nothing runs, and I keep it once.",
                words::at_briefly(same.asked_at, now),
                same.code
            );
            self.post(Message::text(text), now);
            return Ok(());
        }
        let reason = rulings.iter().find(|ruling| ruling.verdict == Verdict::Plan);
        let calls = plan.calls.len();
        let id = TrialId::fresh();
        let trial = Trial {
            code: code_of(id.as_str()),
            id,
            request: request.clone(),
            conversation: self.conversation.clone(),
            requester: person.id.clone(),
            plan,
            digest,
            reason: reason.map(|ruling| ruling.reason.clone()).unwrap_or_default(),
            would: would(rulings),
            asked: mask(asked),
            asked_at: now,
            said: None,
            seen: vec![Seen::NotLooked; calls],
            before: vec![None; calls],
            looks: 0,
            look_at: Some(now),
            version: 1,
        };
        let what = sentences(&trial.plan.calls);
        let text = format!("plan only, nothing runs: {what} ({})", trial.reason);
        info!(trial.id = %trial.id, "{text}");
        self.change.audit.extend(entries(&trial, BOT, "trial", &text, now));
        self.change.writes.push(self.engine.trial_card(&trial, now));
        self.change.writes.push(Write::TrialNew(Box::new(trial)));
        Ok(())
    }

    pub(super) async fn trials(
        &mut self,
        person: &Person,
        trials: &Trials,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let done = match trials {
            Trials::Report { .. } if !may_see_trials(person) => Err(TrialError::NotForYou),
            Trials::Report { days } => {
                let report = self.engine.trials(*days).await?;
                Ok(Some(card::report(&report)))
            }
            Trials::Say { code, did } => {
                self.engine.saying(person, code, *did).await.map(|(change, trial)| {
                    self.change.writes.extend(change.writes);
                    self.change.audit.extend(change.audit);
                    // The card may be in another thread than this was written in.
                    let is_elsewhere = trial.conversation != self.conversation;
                    let what = sentences(&trial.plan.calls);
                    let text = words::sentence(&format!("noted: {}, {what}", did.sentence()));
                    is_elsewhere.then(|| Message::text(text))
                })
            }
        };
        match done {
            Ok(message) => {
                if let Some(message) = message {
                    self.post(message, now);
                }
                Ok(())
            }
            Err(TrialError::Store(error)) => Err(error),
            Err(refusal) => {
                let text = words::sentence(&refusal.to_string());
                self.post(Message::text(text).only_for(&person.id), now);
                Ok(())
            }
        }
    }
}

/// What the plan as a whole would come to.
fn would(rulings: &[Ruling]) -> String {
    let Some(one) = rulings.iter().max_by_key(|ruling| ruling.otherwise) else {
        return String::new();
    };
    Ruling { terms: Terms::of_rulings(rulings), ..one.clone() }.would()
}

fn entries(
    trial: &Trial,
    actor: &str,
    kind: &'static str,
    text: &str,
    at: Timestamp,
) -> Vec<NewEntry> {
    let entry = NewEntry {
        at,
        actor: actor.to_owned(),
        kind,
        subject: json!({
            "trial": trial.id, "code": trial.code, "request": trial.request, "plan": trial.digest,
            "said": trial.said.as_ref().map(|said| said.did),
            "seen": trial.seen, "looks": trial.looks,
        }),
        text: mask(&words::cut(text, 2_000)),
        client: None,
    };
    concerning(entry, &trial.plan.calls)
}
