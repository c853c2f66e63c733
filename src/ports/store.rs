//! What is durable.
//!
//! Everything that changes goes through [`Store::commit`]: a list of writes and the audit entries that
//! tell of them, in one transaction. A compare-and-set that finds another version changes nothing at all.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::approval::{Approval, Away, StandingGrant};
use crate::audit::{Entry, Link, NewEntry, SignedHead};
use crate::conversation::{Context, Inbound, Thread};
use crate::digest::Digest;
use crate::directory::{Account, ClientLink, Directory, Product};
use crate::ids::{
    ApprovalId, CardKey, ClientId, ConversationId, DeviceId, PersonId, RequestId, RunId,
    StandingId, WorkerId,
};
use crate::inventory::{Asked, Asking, Inventory};
use crate::policy::{Caps, Halt, Policy, RuleBook, Scope, Touch};
use crate::ports::{ExternalId, Position, SyncBatch};
use crate::reply::Message;
use crate::run::{Marker, Run};
use crate::tool::ToolName;
use crate::trial::Trial;

#[async_trait]
pub trait Store: Send + Sync {
    // --- inbox

    /// Stores an event durably before it is acknowledged. One insert, unique on (platform, event id).
    async fn accept(&self, inbound: &Inbound) -> Result<Accepted, StoreError>;

    /// Whether an event of the conversation waits, or is being worked on by anybody.
    async fn is_unhandled(&self, conversation: &ConversationId) -> Result<bool, StoreError>;

    /// Takes the conversation whose oldest unhandled event has waited longest and that nobody else
    /// holds, until `now + lease`. At most [`CLAIM_EVENTS_MAX`] of its events, oldest first.
    async fn claim_conversation(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Claimed>, StoreError>;

    /// The same for several at once, at most `limit` and [`CLAIM_CONVERSATIONS_MAX`]; none is an empty list.
    async fn claim_conversations(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut all = Vec::new();
        while all.len() < limit.min(CLAIM_CONVERSATIONS_MAX) as usize
            && let Some(claimed) = self.claim_conversation(worker, now, lease).await?
        {
            all.push(claimed);
        }
        Ok(all)
    }

    /// Gives a conversation back whose events were not all handled; [`Write::Context`] gives back one that
    /// was. Events that were not marked done will be claimed again.
    async fn release_conversation(
        &self,
        id: &ConversationId,
        worker: &WorkerId,
    ) -> Result<(), StoreError>;

    /// Prolongs a lease while the work goes on; `false`: it is not this worker's any more.
    async fn renew(
        &self,
        held: Held<'_>,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<bool, StoreError>;

    // --- the one way to change things

    /// All of `change`, or nothing: [`StoreError::Lost`] when a version differs or a unique row exists.
    async fn commit(&self, change: Change) -> Result<Committed, StoreError>;

    // --- approvals and runs

    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StoreError>;

    /// A waiting approval by its typed code, ASCII case aside.
    async fn approval_by_code(&self, code: &str) -> Result<Option<Approval>, StoreError>;

    /// Newest first.
    async fn approvals(&self, filter: &ApprovalFilter) -> Result<Vec<Approval>, StoreError>;

    async fn run(&self, id: &RunId) -> Result<Option<Run>, StoreError>;

    /// Newest first.
    async fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, StoreError>;

    /// Takes a run that is due and that nobody else holds, until `now + lease`: of a product with fewer runs held
    /// than it has `places`, of the client with the fewest runs held, the one that is due longest.
    ///
    /// Held is what any process has taken and whose lease is not over, so places are those of all processes on one
    /// store together, and never more are taken at once.
    async fn claim_run(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
        places: RunPlaces,
    ) -> Result<Option<Run>, StoreError>;

    /// A run that holds one of `devices`: it was sent and is not over. See [`crate::plan::Call::locks`];
    /// [`Write::RunAdvance`] takes the locks with `Dispatching`, lost when one is taken, and gives them
    /// back when the run is over.
    async fn busy(&self, devices: &[DeviceId]) -> Result<Option<Run>, StoreError>;

    async fn release_run(&self, id: &RunId, worker: &WorkerId) -> Result<(), StoreError>;

    // --- outbox

    /// Takes unsent messages for `platform`, at most `limit`, at most one per conversation (the oldest:
    /// order is kept per thread), until `now + lease`. A card that was edited several times since comes once, with its newest face.
    async fn claim_outbox(
        &self,
        platform: crate::directory::Platform,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Outgoing>, StoreError>;

    /// It was posted (or its edit was); rows it replaced are done too.
    async fn sent(
        &self,
        outgoing: &Outgoing,
        external: &ExternalId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// It was not; `retry_at` `None` gives it up for good.
    async fn not_sent(
        &self,
        outgoing: &Outgoing,
        retry_at: Option<Timestamp>,
        error: &str,
    ) -> Result<(), StoreError>;

    /// The newest `limit` lines of a conversation, oldest first, cards with their newest face at the place
    /// where they were first posted. Messages for one person only are left out unless it is `reader`.
    async fn transcript(
        &self,
        id: &ConversationId,
        reader: Option<&PersonId>,
        limit: u32,
    ) -> Result<Vec<Line>, StoreError>;

    /// Conversations of a platform, last active first, with their first message as a title.
    async fn conversations(
        &self,
        platform: crate::directory::Platform,
        limit: u32,
    ) -> Result<Vec<(ConversationId, String, Timestamp)>, StoreError>;

    /// Everybody who is away at `now`, by person.
    async fn away(&self, now: Timestamp) -> Result<Vec<Away>, StoreError>;

    // --- standing grants

    async fn standing_grant(&self, id: &StandingId) -> Result<Option<StandingGrant>, StoreError>;

    /// Those that are proposed or active, oldest first.
    async fn open_standing_grants(&self) -> Result<Vec<StandingGrant>, StoreError>;

    /// Those that are proposed or active, and of the others the newest, newest first; at most `limit`.
    async fn standing_grants(&self, limit: u32) -> Result<Vec<StandingGrant>, StoreError>;

    // --- trials

    /// Newest first; with [`TrialFilter::due`], what is due longest.
    async fn trials(&self, filter: &TrialFilter) -> Result<Vec<Trial>, StoreError>;

    // --- policy

    async fn policies(&self) -> Result<PolicyTable, StoreError>;

    /// Versions of the rules of the console, newest first; at most `limit`.
    async fn rule_books(&self, limit: u32) -> Result<Vec<RuleBook>, StoreError>;

    /// When each session was asked for its inventory.
    async fn inventory_times(&self) -> Result<HashMap<String, Timestamp>, StoreError>;

    /// What is known of the machine of a session; `None`: it was never asked.
    async fn inventory(&self, session: &str) -> Result<Option<Asked>, StoreError>;

    /// How much is asked.
    async fn inventory_asking(&self, now: Timestamp) -> Result<Asking, StoreError>;

    /// The devices that runs were sent to since `since`; see [`Write::Dispatch`].
    async fn touched(&self, since: Timestamp) -> Result<Vec<Touch>, StoreError>;

    // --- audit

    /// Entries after `after`, oldest first.
    async fn audit(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// The same entries as [`Store::audit`] gives, as far as a check of the whole log needs them.
    async fn audit_links(&self, after: i64, limit: u32) -> Result<Vec<Link>, StoreError> {
        Ok(self.audit(after, limit).await?.iter().map(Link::of).collect())
    }

    /// Signed heads over more than `size` entries, the smallest first.
    async fn signed_heads(&self, size: i64, limit: u32) -> Result<Vec<SignedHead>, StoreError>;

    /// The one over the most entries.
    async fn last_signed_head(&self) -> Result<Option<SignedHead>, StoreError>;

    /// Number and hash of the last entry, as kept apart from the entries.
    async fn audit_head(&self) -> Result<(i64, Digest), StoreError>;

    // --- sign-in

    /// Keeps the digest of a secret that stands for `person` until `expires`.
    async fn save_token(
        &self,
        kind: TokenKind,
        secret: &Digest,
        person: &PersonId,
        expires: Timestamp,
    ) -> Result<(), StoreError>;

    /// The person behind a secret that has not expired. A link is used up by this.
    async fn take_token(
        &self,
        kind: TokenKind,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<Option<PersonId>, StoreError>;

    /// Sign-out.
    async fn end_token(&self, kind: TokenKind, secret: &Digest) -> Result<(), StoreError>;

    // --- directory

    /// Everything, as a snapshot.
    async fn directory(&self) -> Result<Directory, StoreError>;

    async fn sync_state(&self, product: Product) -> Result<SyncState, StoreError>;

    /// Lets the next sync of `product` begin anew.
    async fn restart_sync(&self, product: Product) -> Result<(), StoreError>;

    /// Saves a piece and where to go on, in one transaction. The last piece (`next` is `None`) removes
    /// pathways of the product that were not seen since the sync began, unless the sync was partial.
    async fn save_sync(
        &self,
        product: Product,
        batch: &SyncBatch,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}

/// Events of one claim; the rest waits for the next.
pub const CLAIM_EVENTS_MAX: u32 = 20;

/// Conversations of one claim.
pub const CLAIM_CONVERSATIONS_MAX: u32 = 128;

/// What a worker holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held<'a> {
    Conversation(&'a ConversationId),
    Run(&'a RunId),
}

/// So many runs of one product are worked on at once, so that one that hangs leaves room for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunPlaces {
    pub rmm: u32,
    pub automate: u32,
    pub control: u32,
}

impl RunPlaces {
    pub fn of_each(product: u32) -> Self {
        Self { rmm: product, automate: product, control: product }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    New,
    /// Known already: acknowledge and forget.
    Duplicate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InboxId(pub i64);

/// A conversation that this worker holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    pub id: ConversationId,
    pub thread: Thread,
    pub context: Context,
    /// For the compare-and-set of [`Write::Context`].
    pub version: i64,
    pub worker: WorkerId,
    pub events: Vec<InboxItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct InboxItem {
    pub id: InboxId,
    pub inbound: Inbound,
}

/// One transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    pub writes: Vec<Write>,
    pub audit: Vec<NewEntry>,
}

impl Change {
    /// For a store, after its transaction was committed, and for nobody else: it is what grants are
    /// made from.
    pub fn committed(&self) -> Committed {
        let is_guarded = |id: &RunId| {
            let guards = |write: &Write| matches!(write, Write::Dispatch { run, .. } if run == id);
            self.writes.iter().any(guards)
        };
        let dispatched = self.writes.iter().filter_map(|write| match write {
            Write::RunAdvance(run)
                if matches!(run.state, crate::run::State::Dispatching { .. })
                    && is_guarded(&run.id) =>
            {
                Some(Dispatched(run.id.clone()))
            }
            _ => None,
        });
        Committed { dispatched: dispatched.collect() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// The event was handled. Lost when it already was.
    InboxDone(InboxId),
    /// The conversation's new context; lost when its version is not `seen`. `left_by` gives the
    /// conversation back, if it holds it.
    Context {
        conversation: ConversationId,
        context: Context,
        seen: i64,
        left_by: Option<WorkerId>,
    },
    /// A message of a person that asks for something.
    Request {
        id: RequestId,
        conversation: ConversationId,
        person: PersonId,
        text: String,
        at: Timestamp,
    },
    ApprovalNew(Box<Approval>),
    /// `approval.version` is the version that was read; the store counts it up. Lost when it differs.
    ApprovalAdvance(Box<Approval>),
    /// Lost when the authority was used for this step already: a grant is used once.
    RunNew(Box<Run>),
    /// `run.version` is the version that was read; the store counts it up. Lost when it differs.
    RunAdvance(Box<Run>),
    /// Stands beside the [`Write::RunAdvance`] to `Dispatching`, which gives no proof without it: what was
    /// asked of policy right before still holds. Lost when policies have another version than `policy`
    /// (a halt, too, counts it up), or when `touches` would be over `caps` with those of the last hour.
    Dispatch {
        run: RunId,
        policy: i64,
        touches: Vec<Touch>,
        caps: Caps,
        at: Timestamp,
    },
    /// A message into a conversation.
    Post {
        conversation: ConversationId,
        message: Message,
        at: Timestamp,
    },
    /// Machines are about to be asked for their inventory: each session with when it was asked before. Lost when one
    /// was asked since, or more than [`crate::inventory::IN_FLIGHT_MAX`] would be under way.
    InventoryAsked {
        sessions: Vec<(String, Option<Timestamp>)>,
        at: Timestamp,
    },
    InventoryRead {
        session: String,
        inventory: Inventory,
        at: Timestamp,
    },
    /// An operator's policy for a tool; `None` goes back to the default. Counts the policy version up.
    ToolPolicy {
        tool: ToolName,
        set: Option<PolicySet>,
    },
    /// The next version of the rules of the console; lost when it exists. Counts the policy version up.
    RuleBook(Box<RuleBook>),
    /// Pulls the kill switch of a scope, or lets it go (`None`). Counts the policy version up.
    Halt {
        scope: Scope,
        set: Option<Halt>,
    },
    StandingNew(Box<StandingGrant>),
    /// Signed or used. `grant.version` is the version that was read; lost when it differs.
    StandingAdvance(Box<StandingGrant>),
    /// Whatever version it has by now: it ends, unless it ended already. Counts the policy version up.
    StandingEnd {
        grant: StandingId,
        why: String,
        at: Timestamp,
    },
    /// Lost when its code is that of another one of which nothing was said yet.
    TrialNew(Box<Trial>),
    /// `trial.version` is the version that was read; lost when it differs.
    TrialAdvance(Box<Trial>),
    /// Who decides for `person` while they are away; `None`: they are back.
    Away {
        person: PersonId,
        set: Option<Away>,
    },
    /// What a client of one product is; `None` takes the decision back.
    ClientLink {
        client: ClientId,
        link: Option<ClientLink>,
        by: Decided,
    },
    /// A head of the audit log that was signed. Lost when one over as many entries is there.
    SignedHead(SignedHead),
    /// What is done once, by whichever process comes first. Lost when it was.
    Once {
        name: String,
        at: Timestamp,
    },
    /// A thread that the bot begins; nothing changes when it is there already.
    Open {
        thread: Thread,
        at: Timestamp,
    },
    /// Whether only clients that somebody decided about are taken in from a product.
    OnlyCertainClients {
        product: Product,
        only: bool,
        by: Decided,
    },
}

/// Who decided, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub by: PersonId,
    pub at: Timestamp,
}

/// An operator's word on one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySet {
    pub policy: Policy,
    pub by: PersonId,
    pub at: Timestamp,
    /// For scripts: the content it was set for. Another content does not count as set.
    pub content: Option<Digest>,
}

/// Proof that a change was committed.
#[derive(Debug)]
pub struct Committed {
    dispatched: Vec<Dispatched>,
}

impl Committed {
    /// The proof that `run` went to `Dispatching` in this change. Given once.
    pub fn dispatched(&mut self, run: &RunId) -> Option<Dispatched> {
        let index = self.dispatched.iter().position(|it| &it.0 == run)?;
        Some(self.dispatched.swap_remove(index))
    }
}

/// Proof that a run went from `Granted` to `Dispatching`, by this worker, just now.
#[derive(Debug)]
pub struct Dispatched(RunId);

impl Dispatched {
    pub fn run(&self) -> &RunId {
        &self.0
    }
}

/// What a kept secret is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A sign-in link, good once.
    Link,
    /// A browser's cookie.
    Session,
}

impl TokenKind {
    pub fn key(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Session => "session",
        }
    }
}

/// A message on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    pub id: i64,
    pub conversation: ConversationId,
    pub thread: Thread,
    pub message: Message,
    pub card: Option<CardKey>,
    /// Set when the card is posted already and this is an edit.
    pub posted: Option<ExternalId>,
    /// Tries before this one, with those whose worker died: after any, it may have been posted already.
    pub attempts: u32,
}

/// One line of a conversation as it reads now.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub at: Timestamp,
    pub from: Speaker,
    pub body: LineBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Speaker {
    Account(Account),
    Countersign,
}

#[derive(Debug, Clone, PartialEq)]
pub enum LineBody {
    /// What a person wrote. Clicks are not lines.
    Text(String),
    Message(Message),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApprovalFilter {
    /// Only with this state key; see [`crate::approval::State::key`].
    pub state: Option<&'static str>,
    /// Only those that expire, or get their next approvers, at or before.
    pub due: Option<Timestamp>,
    /// Only those that were asked at or after.
    pub since: Option<Timestamp>,
    pub conversation: Option<ConversationId>,
    pub limit: u32,
}

/// By which run those wanted are conducted, see [`crate::run::spread`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Conducted {
    #[default]
    ByNone,
    By(RunId),
    /// By none or any.
    Either,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunFilter {
    /// Only the one with this marker.
    pub marker: Option<Marker>,
    pub conversation: Option<ConversationId>,
    pub request: Option<RequestId>,
    pub conducted: Conducted,
    pub unfinished_only: bool,
    /// Only with this state key; see [`crate::run::State::key`].
    pub state: Option<&'static str>,
    pub limit: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrialFilter {
    /// Only those that are to be looked at by then.
    pub due: Option<Timestamp>,
    /// Only those that were asked at or after.
    pub since: Option<Timestamp>,
    /// Only those of this plan that are still looked at.
    pub open: Option<Digest>,
    /// Only with this code, ASCII case aside; one of which nothing was said yet comes first.
    pub code: Option<String>,
    pub limit: u32,
}

/// Operators' policies and the version they have together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyTable {
    pub version: i64,
    pub set: HashMap<ToolName, PolicySet>,
    /// Switches that are pulled, oldest first.
    pub halts: Vec<Halt>,
    /// The rules of the console, in the version that counts.
    pub book: Option<RuleBook>,
}

/// How far a sync is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SyncState {
    /// `None`: no sync is under way.
    pub position: Option<Position>,
    pub started_at: Option<Timestamp>,
    /// When the last complete sync ended.
    pub finished_at: Option<Timestamp>,
    pub label: String,
    pub done: u64,
    pub total: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody was faster; read again.
    #[error("{what} was changed by somebody else in the meantime")]
    Lost { what: &'static str },
    /// The store cannot be used: nothing runs.
    #[error("the store {action} failed: {source}")]
    Broken {
        action: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row that makes no sense; never guessed at.
    #[error("a stored {what} cannot be read: {detail}")]
    Unreadable { what: &'static str, detail: String },
}
