//! Events on their way in, and who works on which conversation.

use std::time::Duration;

use countersign::conversation::{Body, Context, Inbound, Thread};
use countersign::directory::Platform;
use countersign::ids::{ConversationId, WorkerId};
use countersign::ports::store::CLAIM_EVENTS_MAX;
use countersign::ports::{Accepted, Claimed, InboxId, InboxItem};
use jiff::Timestamp;

use crate::codec::{from_json, json, micros, parsed, time, until};
use crate::db::{Db, Row, Tx, args};
use crate::fault::{Fault, Result};
use crate::lost;

/// Looks for a conversation before "none" is believed: between finding and locking, another worker may
/// have finished it.
const TRIES: u32 = 3;

pub(crate) async fn accept(db: &Db, inbound: &Inbound) -> Result<Accepted> {
    let inbound = inbound.clone();
    match db.write(move |tx| Box::pin(async move { insert(tx, &inbound).await })).await {
        Ok(()) => Ok(Accepted::New),
        Err(Fault::Lost(lost::EVENT)) => Ok(Accepted::Duplicate),
        Err(fault) => Err(fault),
    }
}

/// Lost when the event is known: that takes the counted line back.
async fn insert(tx: &mut Tx, inbound: &Inbound) -> Result<()> {
    let conversation = inbound.thread.conversation();
    let platform = inbound.thread.platform.key();
    let at = micros(inbound.at);
    // First the conversation: its row orders the lines of the thread.
    let row = tx
        .row(
            "INSERT INTO conversation (id, platform, channel, thread, context, version, lines, active_at)
             VALUES ($1, $2, $3, $4, $5, 0, 1, $6)
             ON CONFLICT (id) DO UPDATE SET
                lines = conversation.lines + 1,
                active_at = CASE WHEN conversation.active_at < excluded.active_at
                            THEN excluded.active_at ELSE conversation.active_at END
             RETURNING lines",
            &args![
                conversation.as_str(),
                platform,
                &inbound.thread.channel,
                &inbound.thread.thread,
                json(&Context::default())?,
                at,
            ],
        )
        .await?;
    let line = row.ok_or(Fault::Lost(lost::CONVERSATION))?.int("lines")?;
    let kind = match &inbound.body {
        Body::Text(_) => "text",
        Body::Click(_) => "click",
    };
    let inserted = tx
        .execute(
            "INSERT INTO inbox (platform, event_id, conversation, line, kind, account, body, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (platform, event_id) DO NOTHING",
            &args![
                platform,
                &inbound.event_id,
                conversation.as_str(),
                line,
                kind,
                json(&inbound.account)?,
                json(&inbound.body)?,
                at,
            ],
        )
        .await?;
    if inserted == 0 { Err(Fault::Lost(lost::EVENT)) } else { Ok(()) }
}

pub(crate) async fn claim(
    db: &Db,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<Claimed>> {
    for _ in 0..TRIES {
        let worker = worker.clone();
        let rows = db.write(move |tx| Box::pin(async move { hold(tx, &worker, now, lease).await }));
        match rows.await? {
            Found::Nothing => return Ok(None),
            Found::Finished => {}
            // Read only after the lease is kept: a row that makes no sense blocks its own conversation,
            // not all.
            Found::Held { conversation, events } => {
                return claimed(&conversation, &events).map(Some);
            }
        }
    }
    Ok(None)
}

enum Found {
    Nothing,
    /// Somebody finished it a moment ago.
    Finished,
    Held {
        conversation: Row,
        events: Vec<Row>,
    },
}

async fn hold(tx: &mut Tx, worker: &WorkerId, now: Timestamp, lease: Duration) -> Result<Found> {
    let found = tx
        .rows_claimed(
            "SELECT c.id, c.platform, c.channel, c.thread, c.context, c.version
             FROM inbox i JOIN conversation c ON c.id = i.conversation
             WHERE i.done = 0 AND (c.lease_until IS NULL OR c.lease_until <= $1)
             ORDER BY i.id LIMIT 1",
            "c",
            &args![micros(now)],
        )
        .await?;
    let Some(conversation) = found.into_iter().next() else { return Ok(Found::Nothing) };
    let id = conversation.text("id")?;
    let events = tx
        .rows(
            "SELECT id, event_id, account, body, at FROM inbox
             WHERE conversation = $1 AND done = 0 ORDER BY line LIMIT $2",
            &args![&id, i64::from(CLAIM_EVENTS_MAX)],
        )
        .await?;
    if events.is_empty() {
        return Ok(Found::Finished);
    }
    tx.execute(
        "UPDATE conversation SET lease_owner = $2, lease_until = $3 WHERE id = $1",
        &args![&id, worker.as_str(), until(now, lease)],
    )
    .await?;
    Ok(Found::Held { conversation, events })
}

fn claimed(conversation: &Row, events: &[Row]) -> Result<Claimed> {
    let thread = thread(conversation)?;
    let events = events.iter().map(|row| event(row, &thread)).collect::<Result<Vec<_>>>()?;
    Ok(Claimed {
        id: ConversationId::new(conversation.text("id")?),
        context: from_json(conversation.str("context")?, "conversation")?,
        version: conversation.int("version")?,
        thread,
        events,
    })
}

pub(crate) fn thread(row: &Row) -> Result<Thread> {
    Ok(Thread {
        platform: parsed(row, "platform", "conversation", Platform::parse)?,
        channel: row.text("channel")?,
        thread: row.text("thread")?,
    })
}

fn event(row: &Row, thread: &Thread) -> Result<InboxItem> {
    Ok(InboxItem {
        id: InboxId(row.int("id")?),
        inbound: Inbound {
            event_id: row.text("event_id")?,
            thread: thread.clone(),
            account: from_json(row.str("account")?, "event")?,
            body: from_json(row.str("body")?, "event")?,
            at: time(row.int("at")?, "event")?,
        },
    })
}

pub(crate) async fn release(db: &Db, id: &ConversationId, worker: &WorkerId) -> Result<()> {
    db.execute(
        "UPDATE conversation SET lease_owner = NULL, lease_until = NULL
         WHERE id = $1 AND lease_owner = $2",
        &args![id.as_str(), worker.as_str()],
    )
    .await?;
    Ok(())
}
