//! A store that dies at a chosen commit, as a process does under kill -9: from then on nothing works any
//! more, and what was committed stays.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use countersign::approval::{Approval, Away, StandingGrant};
use countersign::audit::{Entry, SignedHead};
use countersign::conversation::Inbound;
use countersign::digest::Digest;
use countersign::directory::{Directory, Platform, Product};
use countersign::ids::{
    ApprovalId, ConversationId, DeviceId, PersonId, RunId, StandingId, WorkerId,
};
use countersign::inventory::{Asked, Asking};
use countersign::policy::{RuleBook, Touch};
use countersign::ports::{
    Accepted, ApprovalFilter, Change, Claimed, Committed, ExternalId, Held, Line, Outgoing,
    PolicyTable, RunFilter, RunPlaces, Store, StoreError, SyncBatch, SyncState, TokenKind,
    TrialFilter,
};
use countersign::run::Run;
use countersign::trial::Trial;
use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The commit is lost with the process.
    BeforeCommit,
    /// The commit is durable, and nobody hears of it.
    AfterCommit,
}

pub struct Mortal {
    store: Arc<dyn Store>,
    when: When,
    commits_left: AtomicI64,
    dead: AtomicBool,
}

impl Mortal {
    /// Lives through `commits` commits.
    pub fn new(store: Arc<dyn Store>, commits: i64, when: When) -> Self {
        Self { store, when, commits_left: AtomicI64::new(commits), dead: AtomicBool::new(false) }
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Now, whatever is under way.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    fn alive(&self) -> Result<(), StoreError> {
        if self.is_dead() { self.die() } else { Ok(()) }
    }

    fn die<T>(&self) -> Result<T, StoreError> {
        self.dead.store(true, Ordering::SeqCst);
        Err(StoreError::Broken { action: "test", source: "the process is dead".into() })
    }
}

#[async_trait]
impl Store for Mortal {
    async fn accept(&self, inbound: &Inbound) -> Result<Accepted, StoreError> {
        self.alive()?;
        self.store.accept(inbound).await
    }

    async fn is_unhandled(&self, conversation: &ConversationId) -> Result<bool, StoreError> {
        self.alive()?;
        self.store.is_unhandled(conversation).await
    }

    async fn claim_conversation(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Claimed>, StoreError> {
        self.alive()?;
        self.store.claim_conversation(worker, now, lease).await
    }

    async fn claim_conversations(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.alive()?;
        self.store.claim_conversations(worker, now, lease, limit).await
    }

    async fn release_conversation(
        &self,
        id: &ConversationId,
        worker: &WorkerId,
    ) -> Result<(), StoreError> {
        self.alive()?;
        self.store.release_conversation(id, worker).await
    }

    async fn renew(
        &self,
        held: Held<'_>,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.alive()?;
        self.store.renew(held, worker, now, lease).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.alive()?;
        let left = self.commits_left.fetch_sub(1, Ordering::SeqCst);
        if left == 0 && self.when == When::BeforeCommit {
            return self.die();
        }
        let committed = self.store.commit(change).await?;
        if left == 0 {
            return self.die();
        }
        Ok(committed)
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
        self.alive()?;
        self.store.approval(id).await
    }

    async fn approval_by_code(&self, code: &str) -> Result<Option<Approval>, StoreError> {
        self.alive()?;
        self.store.approval_by_code(code).await
    }

    async fn approvals(&self, filter: &ApprovalFilter) -> Result<Vec<Approval>, StoreError> {
        self.alive()?;
        self.store.approvals(filter).await
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError> {
        self.alive()?;
        self.store.run(id).await
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, StoreError> {
        self.alive()?;
        self.store.runs(filter).await
    }

    async fn claim_run(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
        places: RunPlaces,
    ) -> Result<Option<Run>, StoreError> {
        self.alive()?;
        self.store.claim_run(worker, now, lease, places).await
    }

    async fn busy(&self, devices: &[DeviceId]) -> Result<Option<Run>, StoreError> {
        self.alive()?;
        self.store.busy(devices).await
    }

    async fn away(&self, now: Timestamp) -> Result<Vec<Away>, StoreError> {
        self.alive()?;
        self.store.away(now).await
    }

    async fn trials(&self, filter: &TrialFilter) -> Result<Vec<Trial>, StoreError> {
        self.alive()?;
        self.store.trials(filter).await
    }

    async fn standing_grant(&self, id: &StandingId) -> Result<Option<StandingGrant>, StoreError> {
        self.alive()?;
        self.store.standing_grant(id).await
    }

    async fn open_standing_grants(&self) -> Result<Vec<StandingGrant>, StoreError> {
        self.alive()?;
        self.store.open_standing_grants().await
    }

    async fn standing_grants(&self, limit: u32) -> Result<Vec<StandingGrant>, StoreError> {
        self.alive()?;
        self.store.standing_grants(limit).await
    }

    async fn rule_books(&self, limit: u32) -> Result<Vec<RuleBook>, StoreError> {
        self.alive()?;
        self.store.rule_books(limit).await
    }

    async fn inventory_times(&self) -> Result<HashMap<String, Timestamp>, StoreError> {
        self.alive()?;
        self.store.inventory_times().await
    }

    async fn inventory(&self, session: &str) -> Result<Option<Asked>, StoreError> {
        self.alive()?;
        self.store.inventory(session).await
    }

    async fn inventory_asking(&self, now: Timestamp) -> Result<Asking, StoreError> {
        self.alive()?;
        self.store.inventory_asking(now).await
    }

    async fn touched(&self, since: Timestamp) -> Result<Vec<Touch>, StoreError> {
        self.alive()?;
        self.store.touched(since).await
    }

    async fn release_run(&self, id: &RunId, worker: &WorkerId) -> Result<(), StoreError> {
        self.alive()?;
        self.store.release_run(id, worker).await
    }

    async fn claim_outbox(
        &self,
        platform: Platform,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Outgoing>, StoreError> {
        self.alive()?;
        self.store.claim_outbox(platform, now, lease, limit).await
    }

    async fn sent(
        &self,
        outgoing: &Outgoing,
        external: &ExternalId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.alive()?;
        self.store.sent(outgoing, external, now).await
    }

    async fn not_sent(
        &self,
        outgoing: &Outgoing,
        retry_at: Option<Timestamp>,
        error: &str,
    ) -> Result<(), StoreError> {
        self.alive()?;
        self.store.not_sent(outgoing, retry_at, error).await
    }

    async fn transcript(
        &self,
        id: &ConversationId,
        reader: Option<&PersonId>,
        limit: u32,
    ) -> Result<Vec<Line>, StoreError> {
        self.alive()?;
        self.store.transcript(id, reader, limit).await
    }

    async fn conversations(
        &self,
        platform: Platform,
        limit: u32,
    ) -> Result<Vec<(ConversationId, String, Timestamp)>, StoreError> {
        self.alive()?;
        self.store.conversations(platform, limit).await
    }

    async fn policies(&self) -> Result<PolicyTable, StoreError> {
        self.alive()?;
        self.store.policies().await
    }

    async fn audit(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.alive()?;
        self.store.audit(after, limit).await
    }

    async fn signed_heads(&self, size: i64, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        self.alive()?;
        self.store.signed_heads(size, limit).await
    }

    async fn last_signed_head(&self) -> Result<Option<SignedHead>, StoreError> {
        self.alive()?;
        self.store.last_signed_head().await
    }

    async fn audit_head(&self) -> Result<(i64, Digest), StoreError> {
        self.alive()?;
        self.store.audit_head().await
    }

    async fn save_token(
        &self,
        kind: TokenKind,
        secret: &Digest,
        person: &PersonId,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        self.alive()?;
        self.store.save_token(kind, secret, person, expires).await
    }

    async fn take_token(
        &self,
        kind: TokenKind,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<Option<PersonId>, StoreError> {
        self.alive()?;
        self.store.take_token(kind, secret, now).await
    }

    async fn end_token(&self, kind: TokenKind, secret: &Digest) -> Result<(), StoreError> {
        self.alive()?;
        self.store.end_token(kind, secret).await
    }

    async fn directory(&self) -> Result<Directory, StoreError> {
        self.alive()?;
        self.store.directory().await
    }

    async fn sync_state(&self, product: Product) -> Result<SyncState, StoreError> {
        self.alive()?;
        self.store.sync_state(product).await
    }

    async fn restart_sync(&self, product: Product) -> Result<(), StoreError> {
        self.alive()?;
        self.store.restart_sync(product).await
    }

    async fn save_sync(
        &self,
        product: Product,
        batch: &SyncBatch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.alive()?;
        self.store.save_sync(product, batch, now).await
    }
}
