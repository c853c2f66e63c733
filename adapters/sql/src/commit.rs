//! The one way to change things: all writes and the audit entries that tell of them, or nothing.

use std::sync::Arc;

use countersign::ids::{ConversationId, PersonId, RequestId};
use countersign::ports::{Change, Write};
use jiff::Timestamp;

use crate::codec::{json, micros};
use crate::db::{Db, Tx, args};
use crate::fault::{Fault, Result};
use crate::{approvals, audit, caps, halts, links, lost, outbox, policy, runs};

/// How often a transaction that the database sent back is tried again.
const COLLISIONS_MAX: u32 = 5;

pub(crate) async fn commit(db: &Db, change: &Arc<Change>) -> Result<()> {
    let mut collisions = 0;
    loop {
        let change = Arc::clone(change);
        let work = db.write(move |tx| Box::pin(async move { apply_all(tx, &change).await }));
        match work.await {
            Err(fault) if fault.is_collision() && collisions < COLLISIONS_MAX => collisions += 1,
            result => return result,
        }
    }
}

async fn apply_all(tx: &mut Tx, change: &Change) -> Result<()> {
    audit::append(tx, &change.audit).await?;
    for write in &change.writes {
        apply(tx, write).await?;
    }
    Ok(())
}

async fn apply(tx: &mut Tx, write: &Write) -> Result<()> {
    match write {
        Write::InboxDone(id) => {
            let done = tx
                .execute("UPDATE inbox SET done = 1 WHERE id = $1 AND done = 0", &args![id.0])
                .await?;
            if done == 0 { Err(Fault::Lost(lost::EVENT)) } else { Ok(()) }
        }
        Write::Context { conversation, context, seen } => {
            let updated = tx
                .execute(
                    "UPDATE conversation SET context = $2, version = version + 1
                     WHERE id = $1 AND version = $3",
                    &args![conversation.as_str(), json(context)?, *seen],
                )
                .await?;
            if updated == 0 { Err(Fault::Lost(lost::CONVERSATION)) } else { Ok(()) }
        }
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
        Write::Post { conversation, message, at } => {
            outbox::post(tx, conversation, message, *at).await
        }
        Write::ToolPolicy { tool, set } => policy::set(tx, tool, set.as_ref()).await,
        Write::Halt { scope, set } => halts::set(tx, scope, set.as_ref()).await,
        Write::ClientLink { client, link, by } => links::set(tx, client, link.as_ref(), by).await,
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
