//! The store: SQLite for one machine, Postgres for several.
//!
//! One body of code for both, proved by the same tests. Its one hard rule: everything that changes goes
//! through [`Store::commit`] in one transaction with its audit entries, and a compare-and-set that finds
//! something else undoes all of it. No transaction stays open across a call to the outside.

mod approvals;
mod audit;
mod away;
mod batch;
mod book;
mod caps;
mod codec;
mod commit;
mod conversation;
mod db;
mod direct;
mod directory;
mod fault;
mod filter;
mod given;
mod group;
mod halts;
mod inbox;
mod inventory;
mod lease;
mod links;
pub mod lost;
mod open;
mod outbox;
mod policy;
mod postgres;
mod runs;
mod signal;
mod sqlite;
mod standing;
mod sync;
mod tokens;
mod transcript;
mod trials;
mod vault;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use countersign::approval::{Approval, Away, StandingGrant};
use countersign::audit::{Entry, Link, SignedHead};
use countersign::conversation::Inbound;
use countersign::digest::Digest;
use countersign::directory::{Directory, Platform, Product};
use countersign::ids::{
    ApprovalId, ConversationId, DeviceId, PersonId, RunId, StandingId, WorkerId,
};
use countersign::inventory::{Asked, Asking};
use countersign::policy::{RuleBook, Touch};
use countersign::ports::store::CLAIM_CONVERSATIONS_MAX;
use countersign::ports::{
    Accepted, ApprovalFilter, Change, Claimed, Committed, ExternalId, Held, Line, Outgoing,
    PolicyTable, RunFilter, RunPlaces, Store, StoreError, SyncBatch, SyncState, TokenKind,
    TrialFilter,
};
use countersign::run::Run;
use countersign::trial::Trial;
use jiff::Timestamp;
use tokio::sync::broadcast;

use crate::batch::Batch;
use crate::db::Db;
use crate::fault::Fault;
use crate::signal::Signal;

pub use open::OpenError;
pub use vault::{BadKey, Key, SqlVault};

/// The store of a SQLite file or of a Postgres database. Lists with a limit of 0 give at most 100 rows.
pub struct SqlStore {
    db: Arc<Db>,
    signal: Signal,
    accepts: Batch<inbox::Accepts>,
    commits: Batch<commit::Commits>,
    marks: Batch<outbox::Marks>,
    policies: Batch<policy::Tables>,
}

impl SqlStore {
    /// Opens the store at `url` and brings its tables up to date; must be called on a tokio runtime.
    ///
    /// - `sqlite:PATH`: the file is made if it is missing, its folder is not. Other processes may have the
    ///   same file open; it must be on a local disk.
    /// - `postgres://user:password@host/database`: the database must exist. Other machines than this one
    ///   must show a certificate that is trusted, unless the url has an `sslmode`.
    ///
    /// Never harms what is there: see [`OpenError`], whose texts say what to do and hold no password.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let (db, signal) = open::open(url).await?;
        let db = Arc::new(db);
        Ok(Self {
            signal,
            accepts: Batch::start(&db, inbox::Accepts),
            commits: Batch::start(&db, commit::Commits),
            marks: Batch::start(&db, outbox::Marks),
            policies: Batch::start(&db, policy::Tables::default()),
            db,
        })
    }

    /// Told after every event taken in, every commit and every piece of a sync; on Postgres also of those
    /// of other processes. It may come too often and may be missed (after a lag, or a lost connection), so
    /// look every few seconds as well.
    pub fn changes(&self) -> broadcast::Receiver<()> {
        self.signal.subscribe()
    }

    /// What [`SqlStore::changes`] listens to, for who hands receivers on.
    pub fn change_sender(&self) -> broadcast::Sender<()> {
        self.signal.sender()
    }

    /// Closes all connections after their work; on SQLite the log is folded into the file. Not closing
    /// loses nothing.
    pub async fn close(&self) {
        match &*self.db {
            Db::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &*self.db {
            Db::Sqlite { .. } => "SqlStore(SQLite)",
            Db::Postgres(_) => "SqlStore(PostgreSQL)",
        })
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn accept(&self, inbound: &Inbound) -> Result<Accepted, StoreError> {
        let event = Arc::new(inbound.clone());
        let accepted = match self.accepts.put(event).await {
            // Another process took it in at the same moment.
            Err(Fault::Lost(lost::EVENT)) => Accepted::Duplicate,
            answer => answer.map_err(|it| it.during("intake"))?,
        };
        if accepted == Accepted::New {
            self.signal.fire();
        }
        Ok(accepted)
    }

    async fn is_unhandled(&self, conversation: &ConversationId) -> Result<bool, StoreError> {
        inbox::is_unhandled(&self.db, conversation)
            .await
            .map_err(|it| it.during("look at the inbox"))
    }

    async fn claim_conversation(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Claimed>, StoreError> {
        Ok(self.claim_conversations(worker, now, lease, 1).await?.pop())
    }

    async fn claim_conversations(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        inbox::claim(&self.db, worker, now, lease, limit.clamp(1, CLAIM_CONVERSATIONS_MAX))
            .await
            .map_err(|it| it.during("claim of a conversation"))
    }

    async fn release_conversation(
        &self,
        id: &ConversationId,
        worker: &WorkerId,
    ) -> Result<(), StoreError> {
        inbox::release(&self.db, id, worker)
            .await
            .map_err(|it| it.during("release of a conversation"))
    }

    async fn renew(
        &self,
        held: Held<'_>,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        lease::renew(&self.db, held, worker, now, lease)
            .await
            .map_err(|it| it.during("renewal of a lease"))
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let change = Arc::new(change);
        self.commits.put(Arc::clone(&change)).await.map_err(|it| it.during("commit"))?;
        self.signal.fire();
        Ok(change.committed())
    }

    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
        approvals::get(&self.db, id).await.map_err(|it| it.during("read of an approval"))
    }

    async fn approval_by_code(&self, code: &str) -> Result<Option<Approval>, StoreError> {
        approvals::by_code(&self.db, code).await.map_err(|it| it.during("read of an approval"))
    }

    async fn approvals(&self, filter: &ApprovalFilter) -> Result<Vec<Approval>, StoreError> {
        approvals::filtered(&self.db, filter).await.map_err(|it| it.during("read of approvals"))
    }

    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError> {
        runs::get(&self.db, id).await.map_err(|it| it.during("read of a run"))
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, StoreError> {
        runs::filtered(&self.db, filter).await.map_err(|it| it.during("read of runs"))
    }

    async fn claim_run(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
        places: RunPlaces,
    ) -> Result<Option<Run>, StoreError> {
        runs::claim(&self.db, worker, now, lease, places)
            .await
            .map_err(|it| it.during("claim of a run"))
    }

    async fn busy(&self, devices: &[DeviceId]) -> Result<Option<Run>, StoreError> {
        runs::busy(&self.db, devices).await.map_err(|it| it.during("read of device locks"))
    }

    async fn release_run(&self, id: &RunId, worker: &WorkerId) -> Result<(), StoreError> {
        runs::release(&self.db, id, worker).await.map_err(|it| it.during("release of a run"))
    }

    async fn claim_outbox(
        &self,
        platform: Platform,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Outgoing>, StoreError> {
        outbox::claim(&self.db, platform, now, lease, limit)
            .await
            .map_err(|it| it.during("claim of messages"))
    }

    async fn sent(
        &self,
        outgoing: &Outgoing,
        external: &ExternalId,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        let sent = match &outgoing.message.card {
            Some(_) => outbox::card_sent(&self.db, outgoing, external).await,
            None => {
                let sent = outbox::Sent { id: outgoing.id, external: external.clone() };
                self.marks.put(Arc::new(sent)).await
            }
        };
        sent.map_err(|it| it.during("update of a message"))
    }

    async fn not_sent(
        &self,
        outgoing: &Outgoing,
        retry_at: Option<Timestamp>,
        error: &str,
    ) -> Result<(), StoreError> {
        outbox::not_sent(&self.db, outgoing, retry_at, error)
            .await
            .map_err(|it| it.during("update of a message"))
    }

    async fn transcript(
        &self,
        id: &ConversationId,
        reader: Option<&PersonId>,
        limit: u32,
    ) -> Result<Vec<Line>, StoreError> {
        transcript::read(&self.db, id, reader, limit)
            .await
            .map_err(|it| it.during("read of a conversation"))
    }

    async fn conversations(
        &self,
        platform: Platform,
        limit: u32,
    ) -> Result<Vec<(ConversationId, String, Timestamp)>, StoreError> {
        transcript::conversations(&self.db, platform, limit)
            .await
            .map_err(|it| it.during("read of conversations"))
    }

    async fn trials(&self, filter: &TrialFilter) -> Result<Vec<Trial>, StoreError> {
        trials::filtered(&self.db, filter).await.map_err(|it| it.during("read of trials"))
    }

    async fn standing_grant(&self, id: &StandingId) -> Result<Option<StandingGrant>, StoreError> {
        standing::get(&self.db, id).await.map_err(|it| it.during("read of a standing grant"))
    }

    async fn open_standing_grants(&self) -> Result<Vec<StandingGrant>, StoreError> {
        standing::open(&self.db).await.map_err(|it| it.during("read of standing grants"))
    }

    async fn standing_grants(&self, limit: u32) -> Result<Vec<StandingGrant>, StoreError> {
        standing::newest(&self.db, limit).await.map_err(|it| it.during("read of standing grants"))
    }

    async fn policies(&self) -> Result<PolicyTable, StoreError> {
        self.policies.put(Arc::new(())).await.map_err(|it| it.during("read of policies"))
    }

    async fn away(&self, now: Timestamp) -> Result<Vec<Away>, StoreError> {
        away::at(&self.db, now).await.map_err(|it| it.during("read of who is away"))
    }

    async fn rule_books(&self, limit: u32) -> Result<Vec<RuleBook>, StoreError> {
        book::versions(&self.db, limit).await.map_err(|it| it.during("read of the rules"))
    }

    async fn inventory_times(&self) -> Result<HashMap<String, Timestamp>, StoreError> {
        inventory::times(&self.db).await.map_err(|it| it.during("read of inventories"))
    }

    async fn inventory(&self, session: &str) -> Result<Option<Asked>, StoreError> {
        inventory::one(&self.db, session).await.map_err(|it| it.during("read of an inventory"))
    }

    async fn inventory_asking(&self, now: Timestamp) -> Result<Asking, StoreError> {
        inventory::asking(&self.db, now).await.map_err(|it| it.during("count of inventories"))
    }

    async fn touched(&self, since: Timestamp) -> Result<Vec<Touch>, StoreError> {
        caps::since(&self.db, since).await.map_err(|it| it.during("count of devices"))
    }

    async fn audit(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        audit::entries(&self.db, after, limit)
            .await
            .map_err(|it| it.during("read of the audit log"))
    }

    async fn audit_links(&self, after: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
        audit::links(&self.db, after, limit).await.map_err(|it| it.during("read of the audit log"))
    }

    async fn signed_heads(&self, size: i64, limit: u32) -> Result<Vec<SignedHead>, StoreError> {
        audit::signed(&self.db, size, limit).await.map_err(|it| it.during("read of signed heads"))
    }

    async fn last_signed_head(&self) -> Result<Option<SignedHead>, StoreError> {
        audit::last_signed(&self.db).await.map_err(|it| it.during("read of signed heads"))
    }

    async fn audit_head(&self) -> Result<(i64, Digest), StoreError> {
        audit::head(&self.db).await.map_err(|it| it.during("read of the audit head"))
    }

    async fn save_token(
        &self,
        kind: TokenKind,
        secret: &Digest,
        person: &PersonId,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        tokens::save(&self.db, kind, secret, person, expires)
            .await
            .map_err(|it| it.during("sign-in"))
    }

    async fn take_token(
        &self,
        kind: TokenKind,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<Option<PersonId>, StoreError> {
        tokens::take(&self.db, kind, secret, now).await.map_err(|it| it.during("sign-in"))
    }

    async fn end_token(&self, kind: TokenKind, secret: &Digest) -> Result<(), StoreError> {
        tokens::end(&self.db, kind, secret).await.map_err(|it| it.during("sign-out"))
    }

    async fn directory(&self) -> Result<Directory, StoreError> {
        directory::read(&self.db).await.map_err(|it| it.during("read of the directory"))
    }

    async fn sync_state(&self, product: Product) -> Result<SyncState, StoreError> {
        sync::state(&self.db, product).await.map_err(|it| it.during("read of a sync"))
    }

    async fn restart_sync(&self, product: Product) -> Result<(), StoreError> {
        sync::restart(&self.db, product).await.map_err(|it| it.during("restart of a sync"))
    }

    async fn save_sync(
        &self,
        product: Product,
        batch: &SyncBatch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sync::save(&self.db, product, batch, now)
            .await
            .map_err(|it| it.during("save of a sync"))?;
        self.signal.fire();
        Ok(())
    }
}
