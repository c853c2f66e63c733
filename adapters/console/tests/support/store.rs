//! A store that keeps everything in memory; only what pages read and write.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use countersign::approval::{Approval, Away, StandingGrant};
use countersign::audit::{Entry, NewEntry, SignedHead, genesis};
use countersign::conversation::Inbound;
use countersign::digest::Digest;
use countersign::directory::{Directory, Platform, Product};
use countersign::ids::{
    ApprovalId, ConversationId, DeviceId, PersonId, RunId, StandingId, WorkerId,
};
use countersign::inventory::{Asked, Asking};
use countersign::policy::{RuleBook, Touch};
use countersign::ports::{
    Accepted, ApprovalFilter, Change, Claimed, Committed, ExternalId, Held, Line, LineBody,
    Outgoing, PolicyTable, RunFilter, RunPlaces, Speaker, Store, StoreError, SyncBatch, SyncState,
    TokenKind, TrialFilter, Write,
};
use countersign::reply::{Audience, Message};
use countersign::run::Run;
use countersign::trial::Trial;
use jiff::Timestamp;

#[derive(Default)]
pub struct State {
    pub inbox: Vec<Inbound>,
    pub lines: HashMap<ConversationId, Vec<Line>>,
    pub approvals: Vec<Approval>,
    pub runs: Vec<Run>,
    pub grants: Vec<StandingGrant>,
    pub trials: Vec<Trial>,
    pub policies: PolicyTable,
    pub entries: Vec<Entry>,
    pub heads: Vec<SignedHead>,
    pub tokens: Vec<(TokenKind, Digest, PersonId, Timestamp)>,
    pub syncs: HashMap<&'static str, SyncState>,
    pub fleet: Option<fn() -> Directory>,
}

#[derive(Default)]
pub struct FakeStore {
    state: Mutex<State>,
    broken: AtomicBool,
}

impl FakeStore {
    /// From now on every call fails, or none does.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap())
    }

    fn ok<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            let source = std::io::Error::other("disk full").into();
            return Err(StoreError::Broken { action: "read", source });
        }
        Ok(self.with(act))
    }

    /// A message of Countersign; a card replaces its older face.
    pub fn post(&self, conversation: &ConversationId, at: Timestamp, message: Message) {
        self.with(|state| {
            let lines = state.lines.entry(conversation.clone()).or_default();
            let line =
                Line { at, from: Speaker::Countersign, body: LineBody::Message(message.clone()) };
            let old = lines.iter_mut().find(|it| match &it.body {
                LineBody::Message(old) => old.card.is_some() && old.card == message.card,
                LineBody::Text(_) => false,
            });
            match old {
                Some(old) => old.body = LineBody::Message(message),
                None => lines.push(line),
            }
        });
    }

    pub fn log(&self, new: NewEntry) {
        self.with(|state| {
            let previous = state.entries.last().map_or_else(genesis, |it| it.hash.clone());
            let seq = state.entries.len() as i64 + 1;
            state.entries.push(Entry::chain(new, seq, previous));
        });
    }
}

#[async_trait]
impl Store for FakeStore {
    async fn accept(&self, inbound: &Inbound) -> Result<Accepted, StoreError> {
        self.ok(|state| {
            if state.inbox.iter().any(|it| it.event_id == inbound.event_id) {
                return Accepted::Duplicate;
            }
            state.inbox.push(inbound.clone());
            if let countersign::conversation::Body::Text(text) = &inbound.body {
                let lines = state.lines.entry(inbound.thread.conversation()).or_default();
                lines.push(Line {
                    at: inbound.at,
                    from: Speaker::Account(inbound.account.clone()),
                    body: LineBody::Text(text.clone()),
                });
            }
            Accepted::New
        })
    }

    async fn is_unhandled(&self, conversation: &ConversationId) -> Result<bool, StoreError> {
        self.ok(|state| state.inbox.iter().any(|it| it.thread.conversation() == *conversation))
    }

    async fn claim_conversation(
        &self,
        _worker: &WorkerId,
        _now: Timestamp,
        _lease: Duration,
    ) -> Result<Option<Claimed>, StoreError> {
        Ok(None)
    }

    async fn release_conversation(
        &self,
        _id: &ConversationId,
        _worker: &WorkerId,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn renew(
        &self,
        _held: Held<'_>,
        _worker: &WorkerId,
        _now: Timestamp,
        _lease: Duration,
    ) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.ok(|state| {
            for write in &change.writes {
                if let Write::Halt { scope, set } = write {
                    state.policies.halts.retain(|it| &it.scope != scope);
                    state.policies.halts.extend(set.clone());
                }
                if let Write::SignedHead(head) = write {
                    state.heads.push(head.clone());
                }
                if let Write::ToolPolicy { tool, set } = write {
                    state.policies.version += 1;
                    match set {
                        Some(set) => state.policies.set.insert(tool.clone(), set.clone()),
                        None => state.policies.set.remove(tool),
                    };
                }
            }
        })?;
        for new in change.audit.clone() {
            self.log(new);
        }
        Ok(change.committed())
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
        self.ok(|state| state.approvals.iter().find(|it| &it.id == id).cloned())
    }

    async fn approval_by_code(&self, code: &str) -> Result<Option<Approval>, StoreError> {
        self.ok(|state| {
            state.approvals.iter().find(|it| it.code.eq_ignore_ascii_case(code)).cloned()
        })
    }

    async fn approvals(&self, filter: &ApprovalFilter) -> Result<Vec<Approval>, StoreError> {
        self.ok(|state| {
            let fits = |it: &&Approval| filter.state.is_none_or(|key| it.state.key() == key);
            let limit = filter.limit as usize;
            state.approvals.iter().rev().filter(fits).take(limit).cloned().collect()
        })
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError> {
        self.ok(|state| state.runs.iter().find(|it| &it.id == id).cloned())
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, StoreError> {
        self.ok(|state| {
            let fits = |it: &&Run| {
                (!filter.unfinished_only || !it.state.is_over())
                    && filter.state.is_none_or(|state| it.state.key() == state)
                    && filter.marker.as_ref().is_none_or(|marker| &it.marker == marker)
            };
            state.runs.iter().filter(fits).take(filter.limit as usize).cloned().collect()
        })
    }

    async fn claim_run(
        &self,
        _worker: &WorkerId,
        _now: Timestamp,
        _lease: Duration,
        _places: RunPlaces,
    ) -> Result<Option<Run>, StoreError> {
        Ok(None)
    }

    async fn busy(&self, devices: &[DeviceId]) -> Result<Option<Run>, StoreError> {
        self.ok(|state| {
            let holds = |run: &&Run| {
                !run.state.is_over()
                    && run.state.key() != "granted"
                    && run.call.locks().iter().any(|it| devices.contains(it))
            };
            state.runs.iter().find(holds).cloned()
        })
    }

    async fn release_run(&self, _id: &RunId, _worker: &WorkerId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn claim_outbox(
        &self,
        _platform: Platform,
        _now: Timestamp,
        _lease: Duration,
        _limit: u32,
    ) -> Result<Vec<Outgoing>, StoreError> {
        Ok(Vec::new())
    }

    async fn sent(
        &self,
        _outgoing: &Outgoing,
        _external: &ExternalId,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn not_sent(
        &self,
        _outgoing: &Outgoing,
        _retry_at: Option<Timestamp>,
        _error: &str,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn transcript(
        &self,
        id: &ConversationId,
        reader: Option<&PersonId>,
        limit: u32,
    ) -> Result<Vec<Line>, StoreError> {
        self.ok(|state| {
            let lines = state.lines.get(id).map(Vec::as_slice).unwrap_or_default();
            let is_for_reader = |line: &&Line| match &line.body {
                LineBody::Text(_) => true,
                LineBody::Message(message) => match &message.audience {
                    Audience::Thread => true,
                    Audience::Person(person) => reader == Some(person),
                },
            };
            let lines: Vec<Line> = lines.iter().filter(is_for_reader).cloned().collect();
            let skipped = lines.len().saturating_sub(limit as usize);
            lines.into_iter().skip(skipped).collect()
        })
    }

    async fn conversations(
        &self,
        platform: Platform,
        limit: u32,
    ) -> Result<Vec<(ConversationId, String, Timestamp)>, StoreError> {
        self.ok(|state| {
            let prefix = format!("{}/", platform.key());
            let mut found: Vec<(ConversationId, String, Timestamp)> = state
                .lines
                .iter()
                .filter(|(id, _)| id.as_str().starts_with(&prefix))
                .filter_map(|(id, lines)| {
                    let title = lines.iter().find_map(|line| match &line.body {
                        LineBody::Text(text) => Some(text.clone()),
                        LineBody::Message(_) => None,
                    })?;
                    Some((id.clone(), title, lines.last()?.at))
                })
                .collect();
            found.sort_by_key(|(id, _, at)| (std::cmp::Reverse(*at), id.clone()));
            found.truncate(limit as usize);
            found
        })
    }

    async fn policies(&self) -> Result<PolicyTable, StoreError> {
        self.ok(|state| state.policies.clone())
    }

    async fn away(&self, _now: Timestamp) -> Result<Vec<Away>, StoreError> {
        Ok(Vec::new())
    }

    async fn trials(&self, filter: &TrialFilter) -> Result<Vec<Trial>, StoreError> {
        self.ok(|state| state.trials.iter().take(filter.limit as usize).cloned().collect())
    }

    async fn standing_grant(&self, id: &StandingId) -> Result<Option<StandingGrant>, StoreError> {
        self.ok(|state| state.grants.iter().find(|it| &it.id == id).cloned())
    }

    async fn open_standing_grants(&self) -> Result<Vec<StandingGrant>, StoreError> {
        self.ok(|state| state.grants.iter().filter(|it| it.is_open()).cloned().collect())
    }

    async fn standing_grants(&self, limit: u32) -> Result<Vec<StandingGrant>, StoreError> {
        self.ok(|state| state.grants.iter().take(limit as usize).cloned().collect())
    }

    async fn rule_books(&self, limit: u32) -> Result<Vec<RuleBook>, StoreError> {
        self.ok(|state| state.policies.book.iter().take(limit as usize).cloned().collect())
    }

    async fn inventory_times(&self) -> Result<HashMap<String, Timestamp>, StoreError> {
        Ok(HashMap::new())
    }

    async fn inventory(&self, _session: &str) -> Result<Option<Asked>, StoreError> {
        Ok(None)
    }

    async fn inventory_asking(&self, _now: Timestamp) -> Result<Asking, StoreError> {
        Ok(Asking::default())
    }

    async fn touched(&self, _since: Timestamp) -> Result<Vec<Touch>, StoreError> {
        Ok(Vec::new())
    }

    async fn audit(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.ok(|state| {
            let newer = state.entries.iter().filter(|it| it.seq > after);
            newer.take(limit as usize).cloned().collect()
        })
    }

    async fn signed_heads(&self, size: i64, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        self.ok(|state| {
            let larger = state.heads.iter().filter(|it| it.size > size);
            larger.take(limit as usize).cloned().collect()
        })
    }

    async fn last_signed_head(&self) -> Result<Option<SignedHead>, StoreError> {
        self.ok(|state| state.heads.last().cloned())
    }

    async fn audit_head(&self) -> Result<(i64, Digest), StoreError> {
        self.ok(|state| match state.entries.last() {
            Some(last) => (last.seq, last.hash.clone()),
            None => (0, genesis()),
        })
    }

    async fn save_token(
        &self,
        kind: TokenKind,
        secret: &Digest,
        person: &PersonId,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        self.ok(|state| state.tokens.push((kind, secret.clone(), person.clone(), expires)))
    }

    async fn take_token(
        &self,
        kind: TokenKind,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<Option<PersonId>, StoreError> {
        self.ok(|state| {
            let fits = |it: &(TokenKind, Digest, PersonId, Timestamp)| {
                it.0 == kind && &it.1 == secret && it.3 > now
            };
            let at = state.tokens.iter().position(fits)?;
            let person = state.tokens[at].2.clone();
            if kind == TokenKind::Link {
                state.tokens.remove(at);
            }
            Some(person)
        })
    }

    async fn end_token(&self, kind: TokenKind, secret: &Digest) -> Result<(), StoreError> {
        self.ok(|state| state.tokens.retain(|it| it.0 != kind || &it.1 != secret))
    }

    async fn directory(&self) -> Result<Directory, StoreError> {
        self.ok(|state| state.fleet.map_or_else(Directory::default, |fleet| fleet()))
    }

    async fn sync_state(&self, product: Product) -> Result<SyncState, StoreError> {
        self.ok(|state| state.syncs.get(product.key()).cloned().unwrap_or_default())
    }

    async fn restart_sync(&self, _product: Product) -> Result<(), StoreError> {
        Ok(())
    }

    async fn save_sync(
        &self,
        _product: Product,
        _batch: &SyncBatch,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        Ok(())
    }
}
