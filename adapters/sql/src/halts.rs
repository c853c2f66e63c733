//! The kill switch, by scope.

use countersign::ids::PersonId;
use countersign::policy::{Halt, Scope};

use crate::codec::{micros, time};
use crate::db::{Row, Tx, args};
use crate::fault::{Fault, Result};
use crate::policy;

pub(crate) async fn set(tx: &mut Tx, scope: &Scope, set: Option<&Halt>) -> Result<()> {
    policy::count_up(tx).await?;
    match set {
        None => {
            tx.execute(
                "DELETE FROM halt WHERE kind = $1 AND key = $2",
                &args![scope.kind(), scope.key()],
            )
            .await?;
        }
        Some(halt) => {
            tx.execute(
                "INSERT INTO halt (kind, key, name, set_by, at, reason)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (kind, key) DO UPDATE SET name = excluded.name,
                    set_by = excluded.set_by, at = excluded.at, reason = excluded.reason",
                &args![
                    scope.kind(),
                    scope.key(),
                    halt.name.as_str(),
                    halt.by.as_str(),
                    micros(halt.at),
                    &halt.reason,
                ],
            )
            .await?;
        }
    }
    Ok(())
}

/// Oldest first.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Halt>> {
    let sql = "SELECT kind, key, name, set_by, at, reason FROM halt ORDER BY at, kind, key";
    tx.rows(sql, &[]).await?.iter().map(halt).collect()
}

/// A kind that nobody knows is an error: it must not be read as "not halted".
fn halt(row: &Row) -> Result<Halt> {
    let scope = Scope::of(row.str("kind")?, row.str("key")?)
        .ok_or_else(|| Fault::unreadable("halt", "its kind is unknown"))?;
    Ok(Halt {
        scope,
        name: row.text("name")?,
        by: PersonId::new(row.text("set_by")?),
        at: time(row.int("at")?, "halt")?,
        reason: row.opt_text("reason")?,
    })
}
