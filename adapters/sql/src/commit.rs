//! The one way to change things: all writes and the audit entries that tell of them, or nothing.

use std::sync::Arc;

use countersign::audit::NewEntry;
use countersign::ids::{ConversationId, PersonId, RequestId};
use countersign::ports::{Change, InboxId, Write};
use jiff::Timestamp;

use crate::batch::Together;
use crate::codec::micros;
use crate::conversation::Touched;
use crate::db::{Db, Tx, args};
use crate::fault::{Fault, Result};
use crate::given::given;
use crate::{
    approvals, audit, away, book, caps, halts, inbox, inventory, links, lost, outbox, policy, runs,
    standing, trials,
};

/// How often a transaction that the database sent back is tried again.
const COLLISIONS_MAX: u32 = 5;

/// Changes, each whole or not at all.
pub(crate) struct Commits;

impl Together for Commits {
    type Item = Change;
    type Answer = ();

    async fn all(&self, db: &Db, changes: Vec<Arc<Change>>) -> Result<Vec<()>> {
        let mut collisions = 0;
        loop {
            let changes = changes.clone();
            let count = changes.len();
            let work = db.write(move |tx| Box::pin(async move { apply_all(tx, &changes).await }));
            match work.await {
                Err(fault) if fault.is_collision() && collisions < COLLISIONS_MAX => {
                    collisions += 1;
                }
                result => return result.map(|()| vec![(); count]),
            }
        }
    }
}

/// A turn's own writes, which are the same in every turn, as few statements for all; others one by one.
async fn apply_all(tx: &mut Tx, changes: &[Arc<Change>]) -> Result<()> {
    let entries: Vec<&NewEntry> = changes.iter().flat_map(|it| &it.audit).collect();
    audit::append(tx, &entries).await?;
    let (mut done, mut others, mut posts) = (Vec::new(), Vec::new(), Vec::new());
    let mut touched = Touched::default();
    for write in changes.iter().flat_map(|it| &it.writes) {
        match write {
            Write::InboxDone(id) => done.push(*id),
            Write::Context { conversation, context, seen, left_by } => {
                touched.context(conversation, context, *seen, left_by.as_ref())?;
            }
            Write::Post { conversation, message, at } => {
                touched.line(conversation, *at);
                posts.push((conversation, message, *at));
            }
            _ => others.push(write),
        }
    }
    inbox_done(tx, &done).await?;
    for write in others {
        apply(tx, write).await?;
    }
    // Their rows order the lines of the threads, and with them the ids of the messages.
    let threads = touched.write(tx).await?;
    outbox::post(tx, threads, &posts).await
}

async fn inbox_done(tx: &mut Tx, ids: &[InboxId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let sql = tx.over(
        "UPDATE inbox SET done = 1
         WHERE done = 0 AND id IN (SELECT CAST(given.value ->> 0 AS BIGINT) FROM {given})",
    );
    let done = tx.execute(sql, &args![given(ids.iter().map(|it| args![it.0]))?]).await?;
    if done == ids.len() as u64 { Ok(()) } else { Err(Fault::Lost(lost::EVENT)) }
}

async fn apply(tx: &mut Tx, write: &Write) -> Result<()> {
    match write {
        // Done for all changes at once.
        Write::InboxDone(_) | Write::Context { .. } | Write::Post { .. } => Ok(()),
        Write::Request { id, conversation, person, text, at } => {
            request(tx, id, conversation, person, text, *at).await
        }
        Write::ApprovalNew(approval) => approvals::insert(tx, approval).await,
        Write::ApprovalAdvance(approval) => approvals::advance(tx, approval).await,
        Write::RunNew(run) => runs::insert(tx, run).await,
        Write::RunAdvance(run) => runs::advance(tx, run).await,
        Write::Dispatch { run, policy, touches, caps, at } => {
            policy::unchanged(tx, *policy).await?;
            caps::touch(tx, run, touches, *caps, *at).await
        }
        Write::InventoryAsked { sessions, at } => inventory::asked(tx, sessions, *at).await,
        Write::InventoryRead { session, inventory, at } => {
            inventory::read(tx, session, inventory, *at).await
        }
        Write::ToolPolicy { tool, set } => policy::set(tx, tool, set.as_ref()).await,
        Write::RuleBook(book) => book::insert(tx, book).await,
        Write::Halt { scope, set } => halts::set(tx, scope, set.as_ref()).await,
        Write::StandingNew(grant) => standing::insert(tx, grant).await,
        Write::StandingAdvance(grant) => standing::advance(tx, grant).await,
        Write::StandingEnd { grant, why, at } => standing::end(tx, grant, why, *at).await,
        Write::TrialNew(trial) => trials::insert(tx, trial).await,
        Write::TrialAdvance(trial) => trials::advance(tx, trial).await,
        Write::Away { person, set } => away::set(tx, person, set.as_ref()).await,
        Write::ClientLink { client, link, by } => links::set(tx, client, link.as_ref(), by).await,
        Write::SignedHead(head) => audit::sign(tx, head).await,
        Write::Once { name, at } => once(tx, name, *at).await,
        Write::Open { thread, at } => inbox::open_thread(tx, thread, *at).await,
        Write::OnlyCertainClients { product, only, by } => {
            links::scope(tx, *product, *only, by).await
        }
    }
}

async fn request(
    tx: &mut Tx,
    id: &RequestId,
    conversation: &ConversationId,
    person: &PersonId,
    text: &str,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO request (id, conversation, person, text, at) VALUES ($1, $2, $3, $4, $5)",
        &args![id.as_str(), conversation.as_str(), person.as_str(), text, micros(at)],
    )
    .await
    .map_err(|fault| fault.unique_is_lost(&[("request", lost::REQUEST)]))?;
    Ok(())
}

async fn once(tx: &mut Tx, name: &str, at: Timestamp) -> Result<()> {
    let first = tx
        .execute(
            "INSERT INTO once (name, at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            &args![name, micros(at)],
        )
        .await?;
    if first == 1 { Ok(()) } else { Err(Fault::Lost(lost::ONCE)) }
}
