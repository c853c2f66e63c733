//! Events on their way in, and who works on which conversation.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use countersign::conversation::{Body, Context, Inbound, Thread};
use countersign::directory::Platform;
use countersign::ids::{ConversationId, WorkerId};
use countersign::ports::store::CLAIM_EVENTS_MAX;
use countersign::ports::{Accepted, Claimed, InboxId, InboxItem};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::codec::{from_json, json, micros, parsed, time, until};
use crate::db::{Arg, Db, Row, Tx, args, groups};
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

/// Claims of at most `wanted` conversations, in one transaction.
pub(crate) async fn claim(
    db: &Db,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
    wanted: u32,
) -> Result<Vec<Claimed>> {
    for _ in 0..TRIES {
        let worker = worker.clone();
        let held = db
            .write(move |tx| Box::pin(async move { hold(tx, &worker, now, lease, wanted).await }))
            .await?;
        match held {
            Found::Nothing => return Ok(Vec::new()),
            Found::Finished => {}
            Found::Held(held) => return readable(&held),
        }
    }
    Ok(Vec::new())
}

enum Found {
    Nothing,
    /// Somebody finished them a moment ago.
    Finished,
    Held(Vec<Hold>),
}

struct Hold {
    conversation: Row,
    events: Vec<Row>,
}

/// Read only after the lease is kept: a row that makes no sense blocks its own conversation, not all.
fn readable(held: &[Hold]) -> Result<Vec<Claimed>> {
    let mut fault = None;
    let mut all = Vec::with_capacity(held.len());
    for hold in held {
        match claimed(&hold.conversation, &hold.events) {
            Ok(claimed) => all.push(claimed),
            Err(it) => {
                tracing::error!(error = %it.clone().during("claim of a conversation"), "a conversation waits until somebody mends it");
                fault = Some(it);
            }
        }
    }
    match fault {
        Some(fault) if all.is_empty() => Err(fault),
        _ => Ok(all),
    }
}

async fn hold(
    tx: &mut Tx,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
    wanted: u32,
) -> Result<Found> {
    let found = tx
        .rows_claimed(
            "SELECT c.id, c.platform, c.channel, c.thread, c.context, c.version
             FROM inbox i JOIN conversation c ON c.id = i.conversation
             WHERE i.done = 0 AND (c.lease_until IS NULL OR c.lease_until <= $1)
             ORDER BY i.id LIMIT $2",
            "c",
            &args![micros(now), i64::from(wanted)],
        )
        .await?;
    let mut holds: Vec<Hold> = Vec::with_capacity(found.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for conversation in found {
        // One row per waiting event.
        if let Entry::Vacant(place) = places.entry(conversation.text("id")?) {
            place.insert(holds.len());
            holds.push(Hold { conversation, events: Vec::new() });
        }
    }
    if holds.is_empty() {
        return Ok(Found::Nothing);
    }
    let mut ids = holds.iter().map(|it| it.conversation.text("id")).collect::<Result<Vec<_>>>()?;
    for row in events_of(tx, &ids).await? {
        let place = places.get(row.str("conversation")?).copied();
        if let Some(hold) = place.and_then(|it| holds.get_mut(it))
            && hold.events.len() < CLAIM_EVENTS_MAX as usize
        {
            hold.events.push(row);
        }
    }
    let finished = |id: &String| places.get(id).is_none_or(|it| holds[*it].events.is_empty());
    ids.retain(|id| !finished(id));
    if ids.is_empty() {
        return Ok(Found::Finished);
    }
    let leased = format!(
        "UPDATE conversation SET lease_owner = $1, lease_until = $2 WHERE id IN {}",
        groups(1, ids.len(), 3)
    );
    let mut args = Vec::from(args![worker.as_str(), until(now, lease)]);
    args.extend(ids.iter().map(Arg::from));
    tx.execute(AssertSqlSafe(leased), &args).await?;
    holds.retain(|it| !it.events.is_empty());
    Ok(Found::Held(holds))
}

/// Unhandled events of these conversations, oldest first in each.
async fn events_of(tx: &mut Tx, ids: &[String]) -> Result<Vec<Row>> {
    let sql = format!(
        "SELECT id, conversation, event_id, account, body, at FROM inbox
         WHERE done = 0 AND conversation IN {} ORDER BY line LIMIT $1",
        groups(1, ids.len(), 2)
    );
    let most = i64::from(CLAIM_EVENTS_MAX) * i64::try_from(ids.len()).unwrap_or(1);
    let mut args = Vec::from(args![most]);
    args.extend(ids.iter().map(Arg::from));
    tx.rows(AssertSqlSafe(sql), &args).await
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
