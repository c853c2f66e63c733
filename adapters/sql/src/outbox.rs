//! Messages on their way out: in order per conversation, and of a card only the newest face.
//!
//! The first unsent row of a conversation is its head; only heads are claimed, so nothing overtakes. A
//! head that is a card takes the newest face queued for that card along; the rows in between are done
//! with it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use countersign::directory::Platform;
use countersign::ids::{CardKey, ConversationId, PersonId};
use countersign::ports::{ExternalId, Outgoing};
use countersign::reply::{Audience, Message};
use jiff::Timestamp;

use crate::batch::Together;
use crate::codec::{from_json, json, limit, micros, until};
use crate::conversation::Posting;
use crate::db::{Db, Row, Tx, args};
use crate::fault::{Fault, Result};
use crate::given::given;
use crate::inbox::thread;

/// Conversation, card and audience.
type Key = (String, String, String);

/// A card and who sees it, as columns. A card shown to one person is another card than the thread's.
struct Place<'a> {
    conversation: &'a ConversationId,
    card: Option<&'a CardKey>,
    audience: &'a str,
}

impl<'a> Place<'a> {
    fn of(conversation: &'a ConversationId, message: &'a Message) -> Self {
        Self { conversation, card: message.card.as_ref(), audience: audience(&message.audience) }
    }

    /// `None`: not a card.
    fn key(&self) -> Option<Key> {
        let card = self.card?.as_str().to_owned();
        Some((self.conversation.as_str().to_owned(), card, self.audience.to_owned()))
    }
}

/// Empty for everybody in the thread.
pub(crate) fn audience(audience: &Audience) -> &str {
    match audience {
        Audience::Thread => "",
        Audience::Person(person) => PersonId::as_str(person),
    }
}

/// Messages in the order in which they were said.
pub(crate) async fn post(
    tx: &mut Tx,
    mut threads: HashMap<String, Posting>,
    posts: &[(&ConversationId, &Message, Timestamp)],
) -> Result<()> {
    if posts.is_empty() {
        return Ok(());
    }
    let mut shown = shown_before(tx, posts).await?;
    let mut rows = Vec::with_capacity(posts.len());
    for (conversation, message, at) in posts {
        let none = || Fault::Impossible(format!("there is no conversation {conversation}"));
        let thread = threads.get_mut(conversation.as_str()).ok_or_else(none)?;
        thread.line += 1;
        let place = Place::of(conversation, message);
        let opens = place.key().is_none_or(|key| shown.insert(key));
        rows.push(args![
            conversation.as_str(),
            thread.platform.clone(),
            thread.line,
            i64::from(opens),
            place.card.map(CardKey::as_str),
            place.audience,
            json(message)?,
            micros(*at),
        ]);
    }
    let sql = tx.over(
        "INSERT INTO outbox (conversation, platform, line, opens, card, audience, body, at, state)
         SELECT CAST(given.value ->> 0 AS TEXT), CAST(given.value ->> 1 AS TEXT),
                CAST(given.value ->> 2 AS BIGINT), CAST(given.value ->> 3 AS BIGINT),
                CAST(given.value ->> 4 AS TEXT), CAST(given.value ->> 5 AS TEXT),
                CAST(given.value ->> 6 AS TEXT), CAST(given.value ->> 7 AS BIGINT), 'unsent'
         FROM {given}",
    );
    tx.execute(sql, &args![given(rows)?]).await?;
    Ok(())
}

/// The cards among `posts` that were posted before: their new faces open no line.
async fn shown_before(
    tx: &mut Tx,
    posts: &[(&ConversationId, &Message, Timestamp)],
) -> Result<HashSet<Key>> {
    let keys: HashSet<Key> =
        posts.iter().filter_map(|(id, message, _)| Place::of(id, message).key()).collect();
    if keys.is_empty() {
        return Ok(keys);
    }
    let sql = tx.over(
        "SELECT DISTINCT outbox.conversation, outbox.card, outbox.audience FROM {given}
         JOIN outbox ON outbox.conversation = CAST(given.value ->> 0 AS TEXT)
                    AND outbox.card = CAST(given.value ->> 1 AS TEXT)
                    AND outbox.audience = CAST(given.value ->> 2 AS TEXT)",
    );
    let given = given(keys.iter().map(|(id, card, audience)| args![id, card, audience]))?;
    let rows = tx.rows(sql, &args![given]).await?;
    rows.iter()
        .map(|row| Ok((row.text("conversation")?, row.text("card")?, row.text("audience")?)))
        .collect()
}

pub(crate) async fn claim(
    db: &Db,
    platform: Platform,
    now: Timestamp,
    lease: Duration,
    wanted: u32,
) -> Result<Vec<Outgoing>> {
    db.write(move |tx| Box::pin(async move { claim_heads(tx, platform, now, lease, wanted).await }))
        .await
}

async fn claim_heads(
    tx: &mut Tx,
    platform: Platform,
    now: Timestamp,
    lease: Duration,
    wanted: u32,
) -> Result<Vec<Outgoing>> {
    let heads = tx
        .rows_claimed(
            "SELECT o.id, o.conversation, o.card, o.audience, o.body, o.attempts, o.lease_until,
                    c.platform, c.channel, c.thread
             FROM outbox o JOIN conversation c ON c.id = o.conversation
             WHERE o.platform = $1 AND o.state = 'unsent'
               AND o.lease_until <= $2 AND o.not_before <= $2
               AND NOT EXISTS (SELECT 1 FROM outbox earlier
                               WHERE earlier.conversation = o.conversation
                                 AND earlier.state = 'unsent' AND earlier.id < o.id)
             ORDER BY o.id LIMIT 0 + $3",
            "o",
            &args![platform.key(), micros(now), limit(wanted)],
        )
        .await?;
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let sql = tx.over(
        "UPDATE outbox SET lease_until = $2
         WHERE id IN (SELECT CAST(given.value ->> 0 AS BIGINT) FROM {given})",
    );
    let ids = heads.iter().map(|it| Ok(args![it.int("id")?])).collect::<Result<Vec<_>>>()?;
    tx.execute(sql, &args![given(ids)?, until(now, lease)]).await?;
    let mut claimed = Vec::with_capacity(heads.len());
    for head in &heads {
        match outgoing(tx, head).await {
            Ok(outgoing) => claimed.push(outgoing),
            // One row that makes no sense must not hold up its conversation for ever.
            Err(Fault::Unreadable { detail, .. }) => {
                give_up(tx, head.int("id")?, &detail).await?;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(claimed)
}

async fn outgoing(tx: &mut Tx, head: &Row) -> Result<Outgoing> {
    let conversation = ConversationId::new(head.text("conversation")?);
    let card = head.opt_text("card")?.map(CardKey::new);
    let mut id = head.int("id")?;
    let mut body = head.text("body")?;
    let mut posted = None;
    if let Some(card) = &card {
        let key = args![conversation.as_str(), card.as_str(), head.str("audience")?];
        let newest = tx
            .row(
                "SELECT id, body FROM outbox
                 WHERE conversation = $1 AND card = $2 AND audience = $3 AND state = 'unsent'
                 ORDER BY id DESC LIMIT 1",
                &key,
            )
            .await?;
        if let Some(newest) = newest {
            id = newest.int("id")?;
            body = newest.text("body")?;
        }
        let earlier = tx
            .row(
                "SELECT posted FROM outbox
                 WHERE conversation = $1 AND card = $2 AND audience = $3 AND posted IS NOT NULL
                 ORDER BY id DESC LIMIT 1",
                &key,
            )
            .await?;
        posted = earlier.map(|row| row.text("posted")).transpose()?.map(ExternalId);
    }
    Ok(Outgoing {
        id,
        thread: thread(head)?,
        message: from_json(&body, "message")?,
        attempts: attempts(head)?,
        conversation,
        card,
        posted,
    })
}

/// A lease that ran out is a try as well: its worker died, maybe after it had sent.
fn attempts(head: &Row) -> Result<u32> {
    let cut_short = u32::from(head.int("lease_until")? > 0);
    Ok(u32::try_from(head.int("attempts")?).unwrap_or(u32::MAX).saturating_add(cut_short))
}

async fn give_up(tx: &mut Tx, id: i64, why: &str) -> Result<()> {
    tracing::error!(outbox.id = id, why, "a message that cannot be read was given up");
    tx.execute("UPDATE outbox SET state = 'given_up', error = $2 WHERE id = $1", &args![id, why])
        .await?;
    Ok(())
}

/// The message itself and the older unsent faces of its card.
macro_rules! of_outgoing {
    ($set:literal) => {
        concat!(
            "UPDATE outbox SET ",
            $set,
            " WHERE state = 'unsent' AND (id = $1 OR (id < $1 AND conversation = $2 AND card = $3 AND audience = $4))"
        )
    };
}

/// What was sent: the message, and where it is now.
pub(crate) struct Sent {
    pub(crate) id: i64,
    pub(crate) external: ExternalId,
}

/// Marks of messages that are no cards; those have no older faces.
pub(crate) struct Marks;

impl Together for Marks {
    type Item = Sent;
    type Answer = ();

    async fn all(&self, db: &Db, sent: Vec<Arc<Sent>>) -> Result<Vec<()>> {
        let count = sent.len();
        let rows = given(sent.iter().map(|it| args![it.id, &it.external.0]))?;
        db.write(move |tx| Box::pin(async move { mark(tx, rows).await })).await?;
        Ok(vec![(); count])
    }
}

async fn mark(tx: &mut Tx, rows: String) -> Result<()> {
    let sql = tx.over(
        "UPDATE outbox SET state = 'sent', posted = done.posted, lease_until = 0
         FROM (SELECT CAST(given.value ->> 0 AS BIGINT) AS id, CAST(given.value ->> 1 AS TEXT) AS posted
               FROM {given}) AS done
         WHERE outbox.id = done.id AND outbox.state = 'unsent'",
    );
    tx.execute(sql, &args![rows]).await?;
    Ok(())
}

/// A card was sent, and its older faces are done with it.
pub(crate) async fn card_sent(db: &Db, outgoing: &Outgoing, external: &ExternalId) -> Result<()> {
    let place = Place::of(&outgoing.conversation, &outgoing.message);
    db.execute(
        of_outgoing!(
            "state = CASE WHEN id = $1 THEN 'sent' ELSE 'replaced' END, posted = $5, lease_until = 0"
        ),
        &args![
            outgoing.id,
            place.conversation.as_str(),
            place.card.map(CardKey::as_str),
            place.audience,
            &external.0,
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn not_sent(
    db: &Db,
    outgoing: &Outgoing,
    retry_at: Option<Timestamp>,
    error: &str,
) -> Result<()> {
    let place = Place::of(&outgoing.conversation, &outgoing.message);
    let (id, conversation) = (outgoing.id, place.conversation.as_str());
    let (card, audience) = (place.card.map(CardKey::as_str), place.audience);
    match retry_at {
        Some(at) => {
            db.execute(
                of_outgoing!(
                    "attempts = attempts + 1, not_before = $5, error = $6, lease_until = 0"
                ),
                &args![id, conversation, card, audience, micros(at), error],
            )
            .await?;
        }
        None => {
            db.execute(
                of_outgoing!(
                    "attempts = attempts + 1, state = 'given_up', error = $5, lease_until = 0"
                ),
                &args![id, conversation, card, audience, error],
            )
            .await?;
        }
    }
    Ok(())
}
