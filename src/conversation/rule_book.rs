//! The rules of the console: checked, tried on what was asked of late, saved as the next version.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use serde_json::json;

use crate::audit::NewEntry;
use crate::conversation::Engine;
use crate::directory::{Person, Role};
use crate::ids::PersonId;
use crate::mask::mask;
use crate::plan::Call;
use crate::policy::book::{self, RuleBook, RuleFault, TEXT_BYTES_MAX};
use crate::policy::{Rule, Ruling, Verdict};
use crate::ports::{
    ApprovalFilter, Change, PolicyTable, RunFilter, StoreError, TrialFilter, Write,
};
use crate::run::Authority;
use crate::words;

/// Requests that a change of rules is tried on.
pub const TRIED_MAX: u32 = 100;

/// Versions that are listed.
pub const VERSIONS_MAX: u32 = 20;

#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("only an admin can change rules")]
    NotAdmin,
    #[error("the rules have {} problem(s), and nothing was changed", .0.len())]
    Faulty(Vec<RuleFault>),
    #[error("somebody saved other rules meanwhile; look at them first")]
    Stale,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a text of rules would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub rules: usize,
    /// Requests that it was tried on.
    pub requests: usize,
    pub changed: Vec<Changed>,
}

/// One request of late that would be ruled differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub what: String,
    pub asked_by: PersonId,
    pub at: Timestamp,
    pub was: String,
    pub would_be: String,
}

struct Asked {
    by: PersonId,
    text: String,
    at: Timestamp,
    calls: Vec<Call>,
}

impl Engine {
    /// Those of the file, then those of the console in the version of `table`.
    pub fn rules_of(&self, table: &PolicyTable) -> Arc<[Rule]> {
        let Some(book) = &table.book else { return Arc::clone(&self.file_rules) };
        let known = self.book.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((version, rules)) = known
            && version == book.version
        {
            return rules;
        }
        let stored = match self.read_rules(&book.text) {
            Ok(rules) => rules,
            Err(faults) => vec![book::unreadable(&faults)],
        };
        let rules = self.with_stored(stored);
        let known = Some((book.version, Arc::clone(&rules)));
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = known;
        rules
    }

    fn with_stored(&self, stored: Vec<Rule>) -> Arc<[Rule]> {
        let stored = stored.into_iter().map(|rule| Rule { stored: true, ..rule });
        self.file_rules.iter().cloned().chain(stored).collect()
    }

    /// The rules of `text`, or what is wrong with it. Without a reader nothing can be read.
    pub fn read_rules(&self, text: &str) -> Result<Vec<Rule>, Vec<RuleFault>> {
        let fault = |text: &str| RuleFault { line: None, key: "rules".into(), text: text.into() };
        if text.len() > TEXT_BYTES_MAX {
            let kilobytes = TEXT_BYTES_MAX / 1024;
            return Err(vec![fault(&format!("they are longer than {kilobytes} kB"))]);
        }
        match self.reader() {
            Some(reader) => reader.read(text),
            None => Err(vec![fault("nobody here can read rules; use the configuration file")]),
        }
    }

    /// What the requests of late would be ruled with `text` as the rules of the console.
    pub async fn try_rules(&self, by: &Person, text: &str) -> Result<Tried, RulesError> {
        if !by.has(Role::Admin) {
            return Err(RulesError::NotAdmin);
        }
        let stored = self.read_rules(text).map_err(RulesError::Faulty)?;
        let count = stored.len();
        let table = self.store().policies().await?;
        let (old, new) = (self.rules_of(&table), self.with_stored(stored));
        let asked = self.asked_of_late().await?;
        let mut tried = Tried { rules: count, requests: asked.len(), changed: Vec::new() };
        for asked in asked {
            let Some(person) = self.people().get(&asked.by) else { continue };
            let (was, would_be) = (
                self.ruled(&table, &old, person, &asked),
                self.ruled(&table, &new, person, &asked),
            );
            for ((call, was), would_be) in asked.calls.iter().zip(was).zip(would_be) {
                let (was, would_be) = (sentence(&was), sentence(&would_be));
                if was != would_be {
                    tried.changed.push(Changed {
                        what: call.sentence(),
                        asked_by: asked.by.clone(),
                        at: asked.at,
                        was,
                        would_be,
                    });
                }
            }
        }
        Ok(tried)
    }

    fn ruled(
        &self,
        table: &PolicyTable,
        rules: &[Rule],
        person: &Person,
        asked: &Asked,
    ) -> Vec<Ruling> {
        let (directory, catalogue) = (self.directory(), self.catalogue());
        let considering =
            self.considering((&directory, &catalogue), (table, rules), person, asked.at);
        asked.calls.iter().map(|call| considering.ruling(call, &asked.text)).collect()
    }

    /// What wanted to change something of late, newest first.
    async fn asked_of_late(&self) -> Result<Vec<Asked>, StoreError> {
        let filter = ApprovalFilter { limit: TRIED_MAX, ..ApprovalFilter::default() };
        let approvals = self.store().approvals(&filter).await?.into_iter().map(|it| Asked {
            by: it.requester,
            text: it.asked,
            at: it.asked_at,
            calls: it.plan.calls,
        });
        let filter = RunFilter { limit: TRIED_MAX, ..RunFilter::default() };
        let runs = self.store().runs(&filter).await?.into_iter().filter(|run| run.step == 0);
        let runs = runs.filter_map(|run| match run.authority {
            Authority::Approval { .. } => None,
            Authority::Auto { asked, .. } | Authority::Standing { asked, .. } => Some(Asked {
                by: run.requester,
                text: asked,
                at: run.created_at,
                calls: std::iter::once(run.call).chain(run.rest).collect(),
            }),
        });
        let filter = TrialFilter { limit: TRIED_MAX, ..TrialFilter::default() };
        let trials = self.store().trials(&filter).await?.into_iter().map(|it| Asked {
            by: it.requester,
            text: it.asked,
            at: it.asked_at,
            calls: it.plan.calls,
        });
        let mut all: Vec<Asked> = approvals.chain(runs).chain(trials).collect();
        all.sort_by_key(|it| std::cmp::Reverse(it.at));
        all.truncate(usize::try_from(TRIED_MAX).unwrap_or(usize::MAX));
        Ok(all)
    }

    /// Saves `text` as the next version; `seen` is the one that it was written upon, 0 where there was none.
    /// Effective at once in every process: it counts up what each send is guarded by.
    pub async fn save_rules(&self, by: &Person, text: &str, seen: i64) -> Result<i64, RulesError> {
        if !by.has(Role::Admin) {
            return Err(RulesError::NotAdmin);
        }
        self.read_rules(text).map_err(RulesError::Faulty)?;
        let old = self.store().policies().await?.book;
        let known = old.as_ref().map_or(0, |book| book.version);
        if known != seen {
            return Err(RulesError::Stale);
        }
        let book = RuleBook {
            version: known + 1,
            text: text.replace("\r\n", "\n"),
            by: by.id.clone(),
            at: self.now(),
        };
        let was = old.as_ref().map_or("", |book| book.text.as_str());
        let (added, removed) = difference(was, &book.text);
        let entry = NewEntry {
            at: book.at,
            actor: by.id.to_string(),
            kind: "rules",
            subject: json!({
                "version": book.version, "digest": book.digest(),
                "old": mask(was), "new": mask(&book.text),
            }),
            text: format!(
                "rules of the console, version {}: {} added, {} removed",
                book.version,
                words::count(added, "line"),
                words::count(removed, "line")
            ),
            client: None,
        };
        let version = book.version;
        let change = Change { writes: vec![Write::RuleBook(Box::new(book))], audit: vec![entry] };
        match self.store().commit(change).await {
            Ok(_) => Ok(version),
            Err(StoreError::Lost { .. }) => Err(RulesError::Stale),
            Err(error) => Err(error.into()),
        }
    }
}

/// "asks one person other than the requester (waits 240 min)".
fn sentence(ruling: &Ruling) -> String {
    let ticket = if ruling.ticket { ", with a ticket" } else { "" };
    match ruling.verdict {
        Verdict::Run => format!("runs at once{ticket}"),
        Verdict::Ask => {
            let (quorum, mins) = (ruling.terms.quorum.sentence(), ruling.terms.expires_mins);
            format!("asks {quorum} (waits {mins} min{ticket})")
        }
        Verdict::Plan => format!("is plan only (would {}{ticket})", ruling.would()),
        Verdict::Stop => format!("is refused: {}", ruling.reason),
    }
}

/// Lines that are only in the new one, and only in the old one.
fn difference(old: &str, new: &str) -> (usize, usize) {
    (only(new, old), only(old, new))
}

fn only(of: &str, other: &str) -> usize {
    let mut left: Vec<&str> = other.lines().collect();
    let is_new = |line: &&str| match left.iter().position(|it| it == line) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    of.lines().filter(is_new).count()
}
