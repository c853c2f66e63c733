//! The rules of the console: every version is kept, the newest counts.

use countersign::ids::PersonId;
use countersign::policy::RuleBook;

use crate::codec::{limit, micros, time};
use crate::db::{Db, Row, Tx, args};
use crate::fault::Result;
use crate::{lost, policy};

const NEWEST: &str =
    "SELECT version, text, set_by, at FROM rule_book ORDER BY version DESC LIMIT $1";

pub(crate) async fn insert(tx: &mut Tx, book: &RuleBook) -> Result<()> {
    policy::count_up(tx).await?;
    tx.execute(
        "INSERT INTO rule_book (version, text, set_by, at) VALUES ($1, $2, $3, $4)",
        &args![book.version, book.text.as_str(), book.by.as_str(), micros(book.at)],
    )
    .await
    .map_err(|fault| fault.unique_is_lost(&[("rule_book", lost::POLICY)]))?;
    Ok(())
}

/// What counts.
pub(crate) async fn newest(tx: &mut Tx) -> Result<Option<RuleBook>> {
    tx.row(NEWEST, &args![1_i64]).await?.as_ref().map(read).transpose()
}

/// Newest first.
pub(crate) async fn versions(db: &Db, most: u32) -> Result<Vec<RuleBook>> {
    db.rows(NEWEST, &args![limit(most)]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<RuleBook> {
    Ok(RuleBook {
        version: row.int("version")?,
        text: row.text("text")?,
        by: PersonId::new(row.text("set_by")?),
        at: time(row.int("at")?, "rule book")?,
    })
}
