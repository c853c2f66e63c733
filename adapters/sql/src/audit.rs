//! The audit log. The head row is updated first: it is the lock that makes appends queue on both
//! databases, so no two entries ever take the same place.

use countersign::audit::{Entry, NewEntry};
use countersign::digest::Digest;
use jiff::Timestamp;
use serde_json::Value;

use crate::codec::{from_json, limit, micros, time};
use crate::db::{Db, Row, Tx, args, without_nul};
use crate::fault::{Fault, Result};
use crate::given::given;

/// Appends `entries` in order. To be called before any other row is touched.
pub(crate) async fn append(tx: &mut Tx, entries: &[&NewEntry]) -> Result<()> {
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(());
    }
    let head = tx
        .row("UPDATE audit_head SET seq = seq + $1 WHERE id = 1 RETURNING seq, hash", &args![count])
        .await?
        .ok_or_else(|| Fault::unreadable("audit head", "its row is missing"))?;
    let first = head.int("seq")? - count + 1;
    let mut previous = Digest::from_stored(head.text("hash")?);
    let mut chained = Vec::with_capacity(entries.len());
    for (seq, new) in (first..).zip(entries) {
        let (new, subject) = as_kept(new)?;
        let entry = Entry::chain(new, seq, previous);
        previous = entry.hash.clone();
        chained.push((entry, subject));
    }
    insert(tx, &chained).await?;
    tx.execute("UPDATE audit_head SET hash = $1 WHERE id = 1", &args![previous.as_str()]).await?;
    Ok(())
}

/// The entry as it will be read back, with its subject's text; hashes are made from nothing else. Text
/// and back is not the identity for every number.
fn as_kept(new: &NewEntry) -> Result<(NewEntry, String)> {
    let subject = new.subject.to_string();
    let kept = NewEntry {
        at: Timestamp::from_microsecond(micros(new.at)).unwrap_or(new.at),
        actor: without_nul(&new.actor).into_owned(),
        kind: new.kind,
        subject: from_json::<Value>(&subject, "audit entry")?,
        text: without_nul(&new.text).into_owned(),
        client: new.client.as_deref().map(|it| without_nul(it).into_owned()),
    };
    Ok((kept, subject))
}

async fn insert(tx: &mut Tx, entries: &[(Entry, String)]) -> Result<()> {
    let rows = entries.iter().map(|(entry, subject)| {
        args![
            entry.seq,
            micros(entry.at),
            &entry.actor,
            &entry.kind,
            subject,
            &entry.text,
            &entry.client,
            entry.previous.as_str(),
            entry.hash.as_str(),
        ]
    });
    let sql = tx.over(
        "INSERT INTO audit_log (seq, at, actor, kind, subject, text, client, previous, hash)
         SELECT CAST(given.value ->> 0 AS BIGINT), CAST(given.value ->> 1 AS BIGINT),
                CAST(given.value ->> 2 AS TEXT), CAST(given.value ->> 3 AS TEXT),
                CAST(given.value ->> 4 AS TEXT), CAST(given.value ->> 5 AS TEXT),
                CAST(given.value ->> 6 AS TEXT), CAST(given.value ->> 7 AS TEXT),
                CAST(given.value ->> 8 AS TEXT)
         FROM {given}",
    );
    tx.execute(sql, &args![given(rows)?]).await?;
    Ok(())
}

pub(crate) async fn entries(db: &Db, after: i64, wanted: u32) -> Result<Vec<Entry>> {
    let rows = db
        .rows(
            "SELECT seq, at, actor, kind, subject, text, client, previous, hash
             FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2",
            &args![after, limit(wanted)],
        )
        .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        seq: row.int("seq")?,
        at: time(row.int("at")?, "audit entry")?,
        actor: row.text("actor")?,
        kind: row.text("kind")?,
        subject: from_json(row.str("subject")?, "audit entry")?,
        text: row.text("text")?,
        client: row.opt_text("client")?,
        previous: Digest::from_stored(row.text("previous")?),
        hash: Digest::from_stored(row.text("hash")?),
    })
}

pub(crate) async fn head(db: &Db) -> Result<(i64, Digest)> {
    let row = db
        .row("SELECT seq, hash FROM audit_head WHERE id = 1", &[])
        .await?
        .ok_or_else(|| Fault::unreadable("audit head", "its row is missing"))?;
    Ok((row.int("seq")?, Digest::from_stored(row.text("hash")?)))
}
