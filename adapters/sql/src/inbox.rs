//! Events on their way in, and who works on which conversation.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use countersign::conversation::{Body, Context, Inbound, Thread};
use countersign::directory::Platform;
use countersign::ids::{ConversationId, WorkerId};
use countersign::ports::store::CLAIM_EVENTS_MAX;
use countersign::ports::{Accepted, Claimed, InboxId, InboxItem};
use jiff::Timestamp;

use crate::batch::Together;
use crate::codec::{from_json, json, micros, parsed, time, until};
use crate::db::{Db, Row, Tx, args, without_nul};
use crate::fault::{Fault, Result};
use crate::given::given;
use crate::lost;

/// Looks for a conversation before "none" is believed: between finding and locking, another worker may
/// have finished it.
const TRIES: u32 = 3;

/// Taking events in.
pub(crate) struct Accepts;

impl Together for Accepts {
    type Item = Inbound;
    type Answer = Accepted;

    async fn all(&self, db: &Db, events: Vec<Arc<Inbound>>) -> Result<Vec<Accepted>> {
        db.write(move |tx| Box::pin(async move { insert(tx, &events).await })).await
    }
}

/// What one conversation gets of a batch.
struct Opened<'a> {
    thread: &'a Thread,
    lines: i64,
    at: i64,
}

async fn insert(tx: &mut Tx, events: &[Arc<Inbound>]) -> Result<Vec<Accepted>> {
    let mut seen = known(tx, events).await?;
    let mut answers = Vec::with_capacity(events.len());
    let mut new: Vec<(&Inbound, String)> = Vec::with_capacity(events.len());
    // Sorted, so that all processes lock them in one order.
    let mut opened: BTreeMap<String, Opened<'_>> = BTreeMap::new();
    for event in events {
        if !seen.insert(key(event)) {
            answers.push(Accepted::Duplicate);
            continue;
        }
        answers.push(Accepted::New);
        let (thread, at) = (&event.thread, micros(event.at));
        let id = without_nul(thread.conversation().as_str()).into_owned();
        let conversation = opened.entry(id.clone()).or_insert(Opened { thread, lines: 0, at });
        conversation.lines += 1;
        conversation.at = conversation.at.max(at);
        new.push((event, id));
    }
    if new.is_empty() {
        return Ok(answers);
    }
    // First the conversations: their rows order the lines of the threads.
    let mut next = open(tx, &opened).await?;
    let mut rows = Vec::with_capacity(new.len());
    for (event, id) in &new {
        let line = next.get_mut(id).ok_or(Fault::Lost(lost::CONVERSATION))?;
        *line += 1;
        let kind = match &event.body {
            Body::Text(_) => "text",
            Body::Click(_) => "click",
        };
        rows.push(args![
            event.thread.platform.key(),
            &event.event_id,
            id,
            *line,
            kind,
            json(&event.account)?,
            json(&event.body)?,
            micros(event.at),
        ]);
    }
    let sql = tx.over(
        "INSERT INTO inbox (platform, event_id, conversation, line, kind, account, body, at)
         SELECT CAST(given.value ->> 0 AS TEXT), CAST(given.value ->> 1 AS TEXT),
                CAST(given.value ->> 2 AS TEXT), CAST(given.value ->> 3 AS BIGINT),
                CAST(given.value ->> 4 AS TEXT), CAST(given.value ->> 5 AS TEXT),
                CAST(given.value ->> 6 AS TEXT), CAST(given.value ->> 7 AS BIGINT)
         FROM {given} WHERE true
         ON CONFLICT (platform, event_id) DO NOTHING",
    );
    let inserted = tx.execute(sql, &args![given(rows)?]).await?;
    // Another process was faster since we looked: all is taken back, the counted lines too.
    if inserted == new.len() as u64 { Ok(answers) } else { Err(Fault::Lost(lost::EVENT)) }
}

/// What a redelivery has in common with the first delivery, as it is stored.
fn key(event: &Inbound) -> (String, String) {
    (event.thread.platform.key().to_owned(), without_nul(&event.event_id).into_owned())
}

/// Which of `events` are stored already.
async fn known(tx: &mut Tx, events: &[Arc<Inbound>]) -> Result<HashSet<(String, String)>> {
    let sql = tx.over(
        "SELECT inbox.platform, inbox.event_id FROM {given}
         JOIN inbox ON inbox.platform = CAST(given.value ->> 0 AS TEXT)
                   AND inbox.event_id = CAST(given.value ->> 1 AS TEXT)",
    );
    let keys = events.iter().map(|it| args![it.thread.platform.key(), &it.event_id]);
    let rows = tx.rows(sql, &args![given(keys)?]).await?;
    rows.iter().map(|row| Ok((row.text("platform")?, row.text("event_id")?))).collect()
}

/// A thread in which the bot speaks first.
pub(crate) async fn open_thread(tx: &mut Tx, thread: &Thread, at: Timestamp) -> Result<()> {
    let id = without_nul(thread.conversation().as_str()).into_owned();
    let opened = Opened { thread, lines: 0, at: micros(at) };
    open(tx, &BTreeMap::from([(id, opened)])).await.map(|_| ())
}

/// Makes conversations or counts their lines on; the last line of each before that.
async fn open(tx: &mut Tx, opened: &BTreeMap<String, Opened<'_>>) -> Result<HashMap<String, i64>> {
    let empty = json(&Context::default())?;
    let rows = opened.iter().map(|(id, it)| {
        args![
            id,
            it.thread.platform.key(),
            &it.thread.channel,
            &it.thread.thread,
            &empty,
            it.lines,
            it.at,
        ]
    });
    let sql = tx.over(
        "INSERT INTO conversation (id, platform, channel, thread, context, version, lines, active_at)
         SELECT CAST(given.value ->> 0 AS TEXT), CAST(given.value ->> 1 AS TEXT),
                CAST(given.value ->> 2 AS TEXT), CAST(given.value ->> 3 AS TEXT),
                CAST(given.value ->> 4 AS TEXT), 0, CAST(given.value ->> 5 AS BIGINT),
                CAST(given.value ->> 6 AS BIGINT)
         FROM {given} WHERE true
         ON CONFLICT (id) DO UPDATE SET
            lines = conversation.lines + excluded.lines,
            active_at = CASE WHEN conversation.active_at < excluded.active_at
                        THEN excluded.active_at ELSE conversation.active_at END
         RETURNING id, lines",
    );
    let mut next = HashMap::with_capacity(opened.len());
    for row in tx.rows(sql, &args![given(rows)?]).await? {
        let id = row.text("id")?;
        let counted = opened.get(&id).map_or(0, |it| it.lines);
        next.insert(id, row.int("lines")? - counted);
    }
    Ok(next)
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
        let by = worker.clone();
        let held = db
            .write(move |tx| Box::pin(async move { hold(tx, &by, now, lease, wanted).await }))
            .await?;
        match held {
            Found::Nothing => return Ok(Vec::new()),
            Found::Finished => {}
            Found::Held(held) => return readable(&held, worker),
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
fn readable(held: &[Hold], worker: &WorkerId) -> Result<Vec<Claimed>> {
    let mut fault = None;
    let mut all = Vec::with_capacity(held.len());
    for hold in held {
        match claimed(&hold.conversation, &hold.events, worker) {
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
             ORDER BY i.id LIMIT 0 + $2",
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
    let sql = tx.over(
        "UPDATE conversation SET lease_owner = $2, lease_until = $3
         WHERE id IN (SELECT CAST(given.value ->> 0 AS TEXT) FROM {given})",
    );
    let ids = given(ids.iter().map(|id| args![id]))?;
    tx.execute(sql, &args![ids, worker.as_str(), until(now, lease)]).await?;
    holds.retain(|it| !it.events.is_empty());
    Ok(Found::Held(holds))
}

/// Unhandled events of these conversations, oldest first in each.
async fn events_of(tx: &mut Tx, ids: &[String]) -> Result<Vec<Row>> {
    let sql = tx.over(
        "SELECT id, conversation, event_id, account, body, at FROM inbox
         WHERE done = 0
           AND conversation IN (SELECT CAST(given.value ->> 0 AS TEXT) FROM {given})
         ORDER BY line LIMIT 0 + $2",
    );
    let most = i64::from(CLAIM_EVENTS_MAX) * i64::try_from(ids.len()).unwrap_or(1);
    let ids = given(ids.iter().map(|id| args![id]))?;
    tx.rows(sql, &args![ids, most]).await
}

fn claimed(conversation: &Row, events: &[Row], worker: &WorkerId) -> Result<Claimed> {
    let thread = thread(conversation)?;
    let events = events.iter().map(|row| event(row, &thread)).collect::<Result<Vec<_>>>()?;
    Ok(Claimed {
        id: ConversationId::new(conversation.text("id")?),
        context: from_json(conversation.str("context")?, "conversation")?,
        version: conversation.int("version")?,
        worker: worker.clone(),
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

pub(crate) async fn is_unhandled(db: &Db, conversation: &ConversationId) -> Result<bool> {
    let sql = "SELECT id FROM inbox WHERE done = 0 AND conversation = $1 LIMIT 1";
    Ok(!db.rows(sql, &args![conversation.as_str()]).await?.is_empty())
}

/// Gives a conversation back.
pub(crate) async fn release(db: &Db, id: &ConversationId, worker: &WorkerId) -> Result<()> {
    db.execute(
        "UPDATE conversation SET lease_owner = NULL, lease_until = NULL
         WHERE id = $1 AND lease_owner = $2",
        &args![id.as_str(), worker.as_str()],
    )
    .await?;
    Ok(())
}
