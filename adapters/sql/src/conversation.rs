//! What changes do to the rows of their conversations: one statement for all of them.

use std::collections::{BTreeMap, HashMap};

use countersign::conversation::Context;
use countersign::ids::{ConversationId, WorkerId};
use jiff::Timestamp;

use crate::codec::{json, micros};
use crate::db::{Tx, args};
use crate::fault::{Fault, Result};
use crate::given::given;
use crate::lost;

/// Conversations with what becomes of them. Sorted, so that all processes lock them in one order.
#[derive(Default)]
pub(crate) struct Touched<'a>(BTreeMap<&'a str, Touch<'a>>);

#[derive(Default)]
struct Touch<'a> {
    fresh: Option<Fresh<'a>>,
    lines: i64,
    active_at: Option<i64>,
}

struct Fresh<'a> {
    context: String,
    seen: i64,
    left_by: Option<&'a WorkerId>,
}

/// A thread that gets messages.
pub(crate) struct Posting {
    pub(crate) platform: String,
    /// The last line before them.
    pub(crate) line: i64,
}

impl<'a> Touched<'a> {
    /// The same conversation twice counts as lost: alone, each meets the version that is right for it.
    pub(crate) fn context(
        &mut self,
        id: &'a ConversationId,
        context: &Context,
        seen: i64,
        left_by: Option<&'a WorkerId>,
    ) -> Result<()> {
        let touch = self.0.entry(id.as_str()).or_default();
        let fresh = Fresh { context: json(context)?, seen, left_by };
        match touch.fresh.replace(fresh) {
            None => Ok(()),
            Some(_) => Err(Fault::Lost(lost::CONVERSATION)),
        }
    }

    /// A line is added to its thread.
    pub(crate) fn line(&mut self, id: &'a ConversationId, at: Timestamp) {
        let touch = self.0.entry(id.as_str()).or_default();
        touch.lines += 1;
        touch.active_at = touch.active_at.max(Some(micros(at)));
    }

    /// Where the lines of each go. Lost when a context has another version than was seen.
    pub(crate) async fn write(self, tx: &mut Tx) -> Result<HashMap<String, Posting>> {
        if self.0.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = given(self.0.iter().map(|(id, touch)| {
            let fresh = touch.fresh.as_ref();
            args![
                *id,
                fresh.map(|it| it.context.as_str()),
                fresh.map(|it| it.seen),
                fresh.and_then(|it| it.left_by).map(WorkerId::as_str),
                touch.lines,
                touch.active_at,
            ]
        }))?;
        let sql = tx.over(
            "UPDATE conversation SET
                context = COALESCE(fresh.context, conversation.context),
                version = conversation.version + CASE WHEN fresh.seen IS NULL THEN 0 ELSE 1 END,
                lines = conversation.lines + fresh.lines,
                active_at = CASE WHEN conversation.active_at < fresh.active_at
                            THEN fresh.active_at ELSE conversation.active_at END,
                lease_until = CASE WHEN conversation.lease_owner = fresh.left_by
                              THEN NULL ELSE conversation.lease_until END,
                lease_owner = CASE WHEN conversation.lease_owner = fresh.left_by
                              THEN NULL ELSE conversation.lease_owner END
             FROM (SELECT CAST(given.value ->> 0 AS TEXT) AS id, CAST(given.value ->> 1 AS TEXT) AS context,
                          CAST(given.value ->> 2 AS BIGINT) AS seen, CAST(given.value ->> 3 AS TEXT) AS left_by,
                          CAST(given.value ->> 4 AS BIGINT) AS lines,
                          CAST(given.value ->> 5 AS BIGINT) AS active_at
                   FROM {given}) AS fresh
             WHERE conversation.id = fresh.id
               AND (fresh.seen IS NULL OR conversation.version = fresh.seen)
             RETURNING conversation.id, conversation.lines, conversation.platform",
        );
        let mut threads = HashMap::with_capacity(self.0.len());
        for row in tx.rows(sql, &args![rows]).await? {
            let id = row.text("id")?;
            let added = self.0.get(id.as_str()).map_or(0, |it| it.lines);
            let line = row.int("lines")? - added;
            threads.insert(id, Posting { platform: row.text("platform")?, line });
        }
        match self.0.keys().find(|id| !threads.contains_key(**id)) {
            None => Ok(threads),
            Some(id) if exists(tx, id).await? => Err(Fault::Lost(lost::CONVERSATION)),
            Some(id) => Err(Fault::Impossible(format!("there is no conversation {id}"))),
        }
    }
}

async fn exists(tx: &mut Tx, id: &str) -> Result<bool> {
    let sql = "SELECT id FROM conversation WHERE id = $1";
    Ok(tx.row(sql, &args![id]).await?.is_some())
}
