//! Trials: columns for what is filtered by, the whole value in `detail`.

use countersign::ports::TrialFilter;
use countersign::trial::Trial;

use crate::codec::{agree, from_json, json, limit, micros};
use crate::db::{Db, Row, Tx, args};
use crate::fault::{Fault, Result};
use crate::filter::Filter;
use crate::lost;

const WHAT: &str = "trial";

pub(crate) async fn insert(tx: &mut Tx, trial: &Trial) -> Result<()> {
    let inserted = tx
        .execute(
            "INSERT INTO trial (id, code, digest, said, asked_at, look_at, version, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &args![
                trial.id.as_str(),
                trial.code.to_ascii_lowercase(),
                trial.digest.as_str(),
                i64::from(trial.said.is_some()),
                micros(trial.asked_at),
                trial.look_at.map(micros),
                trial.version,
                json(trial)?,
            ],
        )
        .await;
    inserted.map_err(|fault| fault.unique_is_lost(&[("trial", lost::TRIAL)]))?;
    Ok(())
}

pub(crate) async fn advance(tx: &mut Tx, trial: &Trial) -> Result<()> {
    let updated = tx
        .execute(
            "UPDATE trial SET said = $3, look_at = $4, detail = $5, version = version + 1
             WHERE id = $1 AND version = $2",
            &args![
                trial.id.as_str(),
                trial.version,
                i64::from(trial.said.is_some()),
                trial.look_at.map(micros),
                json(trial)?,
            ],
        )
        .await?;
    if updated == 0 { Err(Fault::Lost(lost::TRIAL)) } else { Ok(()) }
}

pub(crate) async fn filtered(db: &Db, wanted: &TrialFilter) -> Result<Vec<Trial>> {
    let mut filter =
        Filter::new("SELECT id, code, digest, said, look_at, version, detail FROM trial");
    if let Some(due) = wanted.due {
        filter.with("look_at <=", micros(due));
    }
    if let Some(since) = wanted.since {
        filter.with("asked_at >=", micros(since));
    }
    if let Some(digest) = &wanted.open {
        // In the words of the index.
        filter.only("look_at IS NOT NULL");
        filter.with("digest =", digest.as_str());
    }
    if let Some(code) = &wanted.code {
        filter.with("code =", code.trim().to_ascii_lowercase());
    }
    let order = match (wanted.due, &wanted.code) {
        (Some(_), _) => "look_at, id",
        (None, Some(_)) => "said, asked_at DESC, id DESC",
        (None, None) => "asked_at DESC, id DESC",
    };
    let (sql, args) = filter.ordered(order, limit(wanted.limit));
    db.rows(sql, &args).await?.iter().map(trial).collect()
}

/// The version is the column's; everything else that is in both must agree.
fn trial(row: &Row) -> Result<Trial> {
    let mut trial: Trial = from_json(row.str("detail")?, WHAT)?;
    agree(WHAT, "id", row.str("id")?, trial.id.as_str())?;
    agree(WHAT, "code", row.str("code")?, trial.code.to_ascii_lowercase().as_str())?;
    agree(WHAT, "digest", row.str("digest")?, trial.digest.as_str())?;
    agree(WHAT, "said", &row.int("said")?, &i64::from(trial.said.is_some()))?;
    agree(WHAT, "look_at", &row.opt_int("look_at")?, &trial.look_at.map(micros))?;
    trial.version = row.int("version")?;
    Ok(trial)
}
