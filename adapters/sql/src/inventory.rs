//! Inventories of machines, and when each was asked.

use std::collections::HashMap;

use countersign::inventory::{Asked, Asking, IN_FLIGHT_MAX, Inventory, OPEN_FOR};
use jiff::{SignedDuration, Timestamp};

use crate::codec::{from_json, json, micros, time};
use crate::db::{Db, Tx, args};
use crate::fault::{Fault, Result};
use crate::given::given;
use crate::lost;

const WHAT: &str = "inventory";

const UNDER_WAY: &str = "SELECT count(*) AS under_way FROM inventory
     WHERE asked_at > $1 AND (read_at IS NULL OR read_at < asked_at)";

/// Marks `sessions` as asked. Lost when one of them was asked meanwhile, or when more would be under way than may be.
pub(crate) async fn asked(
    tx: &mut Tx,
    sessions: &[(String, Option<Timestamp>)],
    at: Timestamp,
) -> Result<()> {
    let rows = || {
        given(
            sessions.iter().map(|(id, before)| args![id.as_str(), before.map(micros), micros(at)]),
        )
    };
    let sql = tx.over(
        "INSERT INTO inventory (session, asked_at)
         SELECT CAST(given.value ->> 0 AS TEXT), CAST(given.value ->> 2 AS BIGINT) FROM {given}
         WHERE given.value ->> 1 IS NULL
         ON CONFLICT (session) DO NOTHING",
    );
    let new = tx.execute(sql, &args![rows()?]).await?;
    let sql = tx.over(
        "UPDATE inventory SET asked_at = fresh.at
         FROM (SELECT CAST(given.value ->> 0 AS TEXT) AS id, CAST(given.value ->> 1 AS BIGINT) AS seen,
                      CAST(given.value ->> 2 AS BIGINT) AS at
               FROM {given}) AS fresh
         WHERE inventory.session = fresh.id AND inventory.asked_at = fresh.seen",
    );
    let again = tx.execute(sql, &args![rows()?]).await?;
    if new + again != sessions.len() as u64 {
        return Err(Fault::Lost(lost::INVENTORY));
    }
    let row = tx.row(UNDER_WAY, &args![micros(at - OPEN_FOR)]).await?;
    match row.map(|row| row.int("under_way")).transpose()? {
        Some(count) if count <= i64::from(IN_FLIGHT_MAX) => Ok(()),
        _ => Err(Fault::Lost(lost::INVENTORY)),
    }
}

pub(crate) async fn read(
    tx: &mut Tx,
    session: &str,
    inventory: &Inventory,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE inventory SET read_at = $2, detail = $3 WHERE session = $1",
        &args![session, micros(at), json(inventory)?],
    )
    .await?;
    Ok(())
}

pub(crate) async fn times(db: &Db) -> Result<HashMap<String, Timestamp>> {
    let rows = db.rows("SELECT session, asked_at FROM inventory", &args![]).await?;
    rows.iter().map(|row| Ok((row.text("session")?, time(row.int("asked_at")?, WHAT)?))).collect()
}

pub(crate) async fn one(db: &Db, session: &str) -> Result<Option<Asked>> {
    let sql = "SELECT session, asked_at, read_at, detail FROM inventory WHERE session = $1";
    let Some(row) = db.row(sql, &args![session]).await? else { return Ok(None) };
    Ok(Some(Asked {
        session: row.text("session")?,
        asked_at: time(row.int("asked_at")?, WHAT)?,
        read_at: row.opt_int("read_at")?.map(|it| time(it, WHAT)).transpose()?,
        inventory: row.opt_text("detail")?.map(|it| from_json(&it, WHAT)).transpose()?,
    }))
}

pub(crate) async fn asking(db: &Db, now: Timestamp) -> Result<Asking> {
    let since = now - SignedDuration::from_hours(24);
    let row = db
        .row(
            "SELECT count(read_at) AS known, coalesce(sum(CASE WHEN asked_at > $1 THEN 1 ELSE 0 END), 0) AS asked
             FROM inventory",
            &args![micros(since)],
        )
        .await?;
    let Some(row) = row else { return Ok(Asking::default()) };
    let number = |name: &str| row.int(name).map(|it| u64::try_from(it).unwrap_or(0));
    let (known, asked) = (number("known")?, number("asked")?);
    let row = db.row(UNDER_WAY, &args![micros(now - OPEN_FOR)]).await?;
    let under_way = row.map(|row| row.int("under_way")).transpose()?.unwrap_or(0);
    Ok(Asking { known, asked, under_way: u64::try_from(under_way).unwrap_or(0) })
}

/// The board of each session whose machine told it.
pub(crate) async fn boards(tx: &mut Tx) -> Result<HashMap<String, String>> {
    let mut boards = HashMap::new();
    tx.each("SELECT session, detail FROM inventory WHERE detail IS NOT NULL", &[], |row| {
        let inventory: Inventory = from_json(row.str("detail")?, WHAT)?;
        if let Some(board) = inventory.bios_uuid {
            boards.insert(row.text("session")?, board);
        }
        Ok(())
    })
    .await?;
    Ok(boards)
}
