//! Operators' policies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use countersign::digest::Digest;
use countersign::ids::PersonId;
use countersign::policy::Policy;
use countersign::ports::{PolicySet, PolicyTable};
use countersign::tool::ToolName;

use crate::batch::Together;
use crate::codec::{micros, parsed, time};
use crate::db::{Db, Row, Tx, args};
use crate::fault::{Fault, Result};
use crate::{book, halts, lost};

pub(crate) async fn set(tx: &mut Tx, tool: &ToolName, set: Option<&PolicySet>) -> Result<()> {
    count_up(tx).await?;
    match set {
        None => {
            tx.execute("DELETE FROM tool_policy WHERE tool = $1", &args![tool.as_str()]).await?;
        }
        Some(set) => {
            tx.execute(
                "INSERT INTO tool_policy (tool, policy, set_by, at, content)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (tool) DO UPDATE SET policy = excluded.policy,
                    set_by = excluded.set_by, at = excluded.at, content = excluded.content",
                &args![
                    tool.as_str(),
                    set.policy.key(),
                    set.by.as_str(),
                    micros(set.at),
                    set.content.as_ref().map(Digest::as_str),
                ],
            )
            .await?;
        }
    }
    Ok(())
}

/// Every change of what policy says counts.
pub(crate) async fn count_up(tx: &mut Tx) -> Result<()> {
    tx.execute("UPDATE policy_version SET version = version + 1 WHERE id = 1", &[]).await?;
    Ok(())
}

/// Lost when anything that policy says was changed since version `seen`. Whoever else sends or changes a
/// policy waits for the end of this transaction.
pub(crate) async fn unchanged(tx: &mut Tx, seen: i64) -> Result<()> {
    let sql = "UPDATE policy_version SET version = version WHERE id = 1 AND version = $1";
    let same = tx.execute(sql, &args![seen]).await?;
    if same == 0 { Err(Fault::Lost(lost::POLICY)) } else { Ok(()) }
}

/// Reads of the table. One that began after all of them asked is new enough for each, and everything that
/// changes what it holds counts its version up.
#[derive(Default)]
pub(crate) struct Tables {
    last: Mutex<Option<PolicyTable>>,
}

impl Together for Tables {
    type Item = ();
    type Answer = PolicyTable;

    async fn all(&self, db: &Db, readers: Vec<Arc<()>>) -> Result<Vec<PolicyTable>> {
        const VERSION: &str = "SELECT version FROM policy_version WHERE id = 1";
        let version = version(db.row(VERSION, &[]).await?)?;
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let table = match last {
            Some(last) if last.version == version => last,
            _ => {
                let mut tx = db.snapshot().await?;
                let version = self::version(tx.row(VERSION, &[]).await?)?;
                let table = table(&mut tx, version).await?;
                tx.commit().await?;
                table
            }
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(table.clone());
        Ok(vec![table; readers.len()])
    }
}

fn version(row: Option<Row>) -> Result<i64> {
    let missing = || Fault::unreadable("policy version", "its row is missing");
    row.ok_or_else(missing)?.int("version")
}

async fn table(tx: &mut Tx, version: i64) -> Result<PolicyTable> {
    let rows = tx.rows("SELECT tool, policy, set_by, at, content FROM tool_policy", &[]).await?;
    let halts = halts::all(tx).await?;
    let book = book::newest(tx).await?;
    let set = rows.iter().map(policy).collect::<Result<HashMap<_, _>>>()?;
    Ok(PolicyTable { version, set, halts, book })
}

fn policy(row: &Row) -> Result<(ToolName, PolicySet)> {
    let set = PolicySet {
        policy: parsed(row, "policy", "policy", Policy::parse)?,
        by: PersonId::new(row.text("set_by")?),
        at: time(row.int("at")?, "policy")?,
        content: row.opt_text("content")?.map(Digest::from_stored),
    };
    Ok((ToolName::new(row.text("tool")?), set))
}
