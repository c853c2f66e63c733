//! The audit log. The head row is updated first: it is the lock that makes appends queue on both
//! databases, so no two entries ever take the same place.

use std::sync::LazyLock;

use countersign::audit::{Content, Entry, Link, NewEntry, PublicKey, SignedHead};
use countersign::digest::Digest;
use jiff::Timestamp;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::codec::{from_json, limit, micros, time};
use crate::db::{Db, Row, Tx, args, without_nul};
use crate::fault::{Fault, Result};
use crate::given::given;
use crate::lost;

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
            &entry.salt,
            entry.previous.as_str(),
            entry.hash.as_str(),
        ]
    });
    let sql = tx.over(
        "INSERT INTO audit_log (seq, at, actor, kind, subject, text, client, salt, previous, hash)
         SELECT CAST(given.value ->> 0 AS BIGINT), CAST(given.value ->> 1 AS BIGINT),
                CAST(given.value ->> 2 AS TEXT), CAST(given.value ->> 3 AS TEXT),
                CAST(given.value ->> 4 AS TEXT), CAST(given.value ->> 5 AS TEXT),
                CAST(given.value ->> 6 AS TEXT), CAST(given.value ->> 7 AS TEXT),
                CAST(given.value ->> 8 AS TEXT), CAST(given.value ->> 9 AS TEXT)
         FROM {given}",
    );
    tx.execute(sql, &args![given(rows)?]).await?;
    Ok(())
}

pub(crate) async fn entries(db: &Db, after: i64, wanted: u32) -> Result<Vec<Entry>> {
    rows(db, after, wanted).await?.iter().map(entry).collect()
}

async fn rows(db: &Db, after: i64, wanted: u32) -> Result<Vec<Row>> {
    db.rows(
        "SELECT seq, at, actor, kind, subject, text, client, salt, previous, hash
         FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2",
        &args![after, limit(wanted)],
    )
    .await
}

/// One line per entry: its number, both hashes, and its content in the form that is hashed. The database
/// makes them, for a row of ten values costs more than its hash.
const LINES: &str = "SELECT COUNT(*) AS count, {joined} AS lines
     FROM (SELECT seq, seq || ' ' || previous || ' ' || hash
                  || ' {\"actor\":' || {actor} || ',\"at\":' || at
                  || ',\"client\":' || CASE WHEN client IS NULL THEN 'null' ELSE {client} END
                  || ',\"kind\":' || {kind} || ',\"previous\":' || {previous}
                  || CASE WHEN salt IS NULL THEN '' ELSE ',\"salt\":' || {salt} END
                  || ',\"seq\":' || seq || ',\"subject\":' || subject
                  || ',\"text\":' || {text} || '}' AS line
           FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2) AS entries";

static LINES_OF_SQLITE: LazyLock<String> = LazyLock::new(|| {
    lines_sql("group_concat(line, char(10))", |column| format!("json_quote({column})"))
});

static LINES_OF_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    lines_sql("string_agg(line, chr(10) ORDER BY seq)", |column| {
        format!("CAST(to_json({column}) AS TEXT)")
    })
});

fn lines_sql(joined: &str, quoted: impl Fn(&str) -> String) -> String {
    let columns = ["actor", "client", "kind", "previous", "salt", "text"];
    columns.iter().fold(LINES.replace("{joined}", joined), |sql, column| {
        sql.replace(&format!("{{{column}}}"), &quoted(column))
    })
}

/// Hashes the contents on another thread, so that whoever reads ahead has them done side by side.
pub(crate) async fn links(db: &Db, after: i64, wanted: u32) -> Result<Vec<Link>> {
    let sql = match db {
        Db::Sqlite { .. } => &LINES_OF_SQLITE,
        Db::Postgres(_) => &LINES_OF_POSTGRES,
    };
    let page = db.rows(AssertSqlSafe(sql.as_str()), &args![after, limit(wanted)]).await?;
    let hashed = tokio::task::spawn_blocking(move || page.first().map(links_of_lines).transpose());
    let broken = |error: tokio::task::JoinError| Fault::Impossible(error.to_string());
    if let Some(links) = hashed.await.map_err(broken)??.flatten() {
        return Ok(links);
    }
    // Something is odd about the page, or wrong: entry by entry.
    let rows = rows(db, after, wanted).await?;
    let hashed = tokio::task::spawn_blocking(move || rows.iter().map(link).collect());
    hashed.await.map_err(broken)?
}

/// `None` unless every line is what it has to be.
fn links_of_lines(page: &Row) -> Result<Option<Vec<Link>>> {
    let count = page.int("count")?;
    let Some(lines) = page.opt_str("lines")? else { return Ok((count == 0).then(Vec::new)) };
    let links: Option<Vec<Link>> = lines.split('\n').map(link_of_line).collect();
    Ok(links.filter(|links| i64::try_from(links.len()) == Ok(count)))
}

fn link_of_line(line: &str) -> Option<Link> {
    let mut parts = line.splitn(4, ' ');
    let seq = parts.next()?.parse().ok()?;
    let [previous, hash, content] = [parts.next()?, parts.next()?, parts.next()?];
    let link = Link::new(seq, previous, hash, &Digest::of_bytes(content.as_bytes()));
    (link.is_own && previous.len() == HASH_DIGITS).then_some(link)
}

const HASH_DIGITS: usize = 64;

fn link(row: &Row) -> Result<Link> {
    let (subject, previous, hash) = (row.str("subject")?, row.str("previous")?, row.str("hash")?);
    let content = Content {
        seq: row.int("seq")?,
        at_micros: row.int("at")?,
        actor: row.str("actor")?,
        kind: row.str("kind")?,
        subject: subject.as_bytes(),
        text: row.str("text")?,
        client: row.opt_str("client")?,
        salt: row.opt_str("salt")?,
        previous,
    };
    // What was written is canonical, save for numbers that a library writes differently than it reads them.
    let mut computed = content.hash();
    if computed.as_str() != hash {
        computed = entry(row)?.compute_hash();
    }
    Ok(Link::new(content.seq, previous, hash, &computed))
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
        salt: row.opt_text("salt")?,
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

pub(crate) async fn sign(tx: &mut Tx, head: &SignedHead) -> Result<()> {
    let signed = tx
        .execute(
            "INSERT INTO audit_signed (size, root, at, key, signature)
             SELECT CAST($1 AS BIGINT), $2, CAST($3 AS BIGINT), $4, $5
             WHERE NOT EXISTS (SELECT 1 FROM audit_signed WHERE size = $1)
             ON CONFLICT (size) DO NOTHING",
            &args![
                head.size,
                head.root.as_str(),
                micros(head.at),
                head.key.as_str(),
                &head.signature
            ],
        )
        .await?;
    if signed == 1 { Ok(()) } else { Err(Fault::Lost(lost::HEAD)) }
}

pub(crate) async fn signed(db: &Db, size: i64, wanted: u32) -> Result<Vec<SignedHead>> {
    let rows = db
        .rows(
            "SELECT size, root, at, key, signature FROM audit_signed
             WHERE size > $1 ORDER BY size LIMIT $2",
            &args![size, limit(wanted)],
        )
        .await?;
    rows.iter().map(signed_head).collect()
}

pub(crate) async fn last_signed(db: &Db) -> Result<Option<SignedHead>> {
    let row = db
        .row(
            "SELECT size, root, at, key, signature FROM audit_signed ORDER BY size DESC LIMIT 1",
            &[],
        )
        .await?;
    row.as_ref().map(signed_head).transpose()
}

fn signed_head(row: &Row) -> Result<SignedHead> {
    Ok(SignedHead {
        size: row.int("size")?,
        root: Digest::from_stored(row.text("root")?),
        at: time(row.int("at")?, "signed head")?,
        key: PublicKey::new(row.str("key")?),
        signature: row.text("signature")?,
    })
}
