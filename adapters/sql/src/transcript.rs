//! A conversation as it reads now.

use countersign::conversation::Body;
use countersign::directory::Platform;
use countersign::ids::{ConversationId, PersonId};
use countersign::ports::{Line, LineBody, Speaker};
use jiff::Timestamp;

use crate::codec::{from_json, limit, time};
use crate::db::{Db, Row, args};
use crate::fault::Result;

/// The number of a line is its place in the thread; both directions share one count.
struct Numbered {
    number: i64,
    line: Line,
}

pub(crate) async fn read(
    db: &Db,
    id: &ConversationId,
    reader: Option<&PersonId>,
    wanted: u32,
) -> Result<Vec<Line>> {
    let wanted = limit(wanted);
    let mut tx = db.snapshot().await?;
    let said = tx
        .rows(
            "SELECT line, at, account, body FROM inbox
             WHERE conversation = $1 AND kind = 'text' ORDER BY line DESC LIMIT $2",
            &args![id.as_str(), wanted],
        )
        .await?;
    let answered = tx
        .rows(
            "SELECT o.line, o.at,
                COALESCE((SELECT face.body FROM outbox face
                          WHERE face.conversation = o.conversation AND face.card = o.card
                            AND face.audience = o.audience
                          ORDER BY face.id DESC LIMIT 1), o.body) AS body
             FROM outbox o
             WHERE o.conversation = $1 AND o.opens = 1 AND (o.audience = '' OR o.audience = $2)
             ORDER BY o.line DESC LIMIT $3",
            &args![id.as_str(), reader.map_or("", PersonId::as_str), wanted],
        )
        .await?;
    tx.commit().await?;
    let said = said.iter().map(from_person);
    let mut lines = said.chain(answered.iter().map(from_us)).collect::<Result<Vec<_>>>()?;
    lines.sort_by_key(|it| it.number);
    let surplus = lines.len().saturating_sub(usize::try_from(wanted).unwrap_or(usize::MAX));
    Ok(lines.into_iter().skip(surplus).map(|it| it.line).collect())
}

fn from_person(row: &Row) -> Result<Numbered> {
    let text = match from_json(row.str("body")?, "event")? {
        Body::Text(text) => text,
        Body::Click(_) => String::new(),
    };
    let line = Line {
        at: time(row.int("at")?, "event")?,
        from: Speaker::Account(from_json(row.str("account")?, "event")?),
        body: LineBody::Text(text),
    };
    Ok(Numbered { number: row.int("line")?, line })
}

fn from_us(row: &Row) -> Result<Numbered> {
    let line = Line {
        at: time(row.int("at")?, "message")?,
        from: Speaker::Countersign,
        body: LineBody::Message(from_json(row.str("body")?, "message")?),
    };
    Ok(Numbered { number: row.int("line")?, line })
}

pub(crate) async fn conversations(
    db: &Db,
    platform: Platform,
    wanted: u32,
) -> Result<Vec<(ConversationId, String, Timestamp)>> {
    let rows = db
        .rows(
            "SELECT c.id, c.active_at,
                (SELECT i.body FROM inbox i WHERE i.conversation = c.id AND i.kind = 'text'
                 ORDER BY i.line LIMIT 1) AS first
             FROM conversation c WHERE c.platform = $1
             ORDER BY c.active_at DESC, c.id DESC LIMIT $2",
            &args![platform.key(), limit(wanted)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let title = match row.opt_text("first")? {
                Some(body) => match from_json(&body, "event")? {
                    Body::Text(text) => text,
                    Body::Click(_) => String::new(),
                },
                None => String::new(),
            };
            let active_at = time(row.int("active_at")?, "conversation")?;
            Ok((ConversationId::new(row.text("id")?), title, active_at))
        })
        .collect()
}
