//! Standing grants: columns for what is looked up by, the whole value in `detail`.

use countersign::approval::StandingGrant;
use countersign::approval::standing::Event;
use countersign::ids::StandingId;
use jiff::Timestamp;

use crate::codec::{agree, from_json, json, limit, micros};
use crate::db::{Db, Row, Tx, args};
use crate::fault::{Fault, Result};
use crate::{lost, policy};

const WHAT: &str = "standing grant";

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, code, state, version, detail FROM standing_grant ", $rest)
    };
}

pub(crate) async fn insert(tx: &mut Tx, grant: &StandingGrant) -> Result<()> {
    let inserted = tx
        .execute(
            "INSERT INTO standing_grant (id, code, state, asked_at, version, detail)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &args![
                grant.id.as_str(),
                grant.code.to_ascii_lowercase(),
                grant.state.key(),
                micros(grant.asked_at),
                grant.version,
                json(grant)?,
            ],
        )
        .await;
    inserted.map_err(|fault| fault.unique_is_lost(&[("standing_grant", lost::STANDING)]))?;
    Ok(())
}

pub(crate) async fn advance(tx: &mut Tx, grant: &StandingGrant) -> Result<()> {
    let updated = tx
        .execute(
            "UPDATE standing_grant SET state = $3, detail = $4, version = version + 1
             WHERE id = $1 AND version = $2",
            &args![grant.id.as_str(), grant.version, grant.state.key(), json(grant)?],
        )
        .await?;
    if updated == 0 { Err(Fault::Lost(lost::STANDING)) } else { Ok(()) }
}

/// What ended already stays as it ended.
pub(crate) async fn end(tx: &mut Tx, id: &StandingId, why: &str, at: Timestamp) -> Result<()> {
    policy::count_up(tx).await?;
    let Some(row) = tx.row(select!("WHERE id = $1"), &args![id.as_str()]).await? else {
        return Ok(());
    };
    match read(&row)?.next(Event::End { why: why.to_owned() }, at) {
        Ok(ended) => advance(tx, &ended).await,
        Err(_) => Ok(()),
    }
}

/// Oldest first.
pub(crate) async fn open(db: &Db) -> Result<Vec<StandingGrant>> {
    // In the words of the index.
    let sql = select!("WHERE state IN ('proposed', 'active') ORDER BY asked_at, id");
    db.rows(sql, &[]).await?.iter().map(read).collect()
}

pub(crate) async fn get(db: &Db, id: &StandingId) -> Result<Option<StandingGrant>> {
    db.row(select!("WHERE id = $1"), &args![id.as_str()]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn newest(db: &Db, most: u32) -> Result<Vec<StandingGrant>> {
    let sql = select!(
        "ORDER BY CASE WHEN state IN ('proposed', 'active') THEN 0 ELSE 1 END,
         asked_at DESC, id DESC LIMIT $1"
    );
    db.rows(sql, &args![limit(most)]).await?.iter().map(read).collect()
}

/// The version is the column's; everything else that is in both must agree.
fn read(row: &Row) -> Result<StandingGrant> {
    let mut grant: StandingGrant = from_json(row.str("detail")?, WHAT)?;
    agree(WHAT, "id", row.str("id")?, grant.id.as_str())?;
    agree(WHAT, "state", row.str("state")?, grant.state.key())?;
    agree(WHAT, "code", row.str("code")?, grant.code.to_ascii_lowercase().as_str())?;
    grant.version = row.int("version")?;
    Ok(grant)
}
