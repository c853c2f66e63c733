//! Who is away, and who decides meanwhile.

use countersign::approval::Away;
use countersign::ids::PersonId;
use jiff::Timestamp;

use crate::codec::{micros, time};
use crate::db::{Db, Row, Tx, args};
use crate::fault::Result;

pub(crate) async fn set(tx: &mut Tx, person: &PersonId, set: Option<&Away>) -> Result<()> {
    match set {
        None => {
            tx.execute("DELETE FROM away WHERE person = $1", &args![person.as_str()]).await?;
        }
        Some(away) => {
            tx.execute(
                "INSERT INTO away (person, delegate, until) VALUES ($1, $2, $3)
                 ON CONFLICT (person) DO UPDATE SET delegate = excluded.delegate,
                    until = excluded.until",
                &args![person.as_str(), away.delegate.as_str(), micros(away.until)],
            )
            .await?;
        }
    }
    Ok(())
}

pub(crate) async fn at(db: &Db, now: Timestamp) -> Result<Vec<Away>> {
    let sql = "SELECT person, delegate, until FROM away WHERE until > $1 ORDER BY person";
    db.rows(sql, &args![micros(now)]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Away> {
    Ok(Away {
        person: PersonId::new(row.text("person")?),
        delegate: PersonId::new(row.text("delegate")?),
        until: time(row.int("until")?, "away")?,
    })
}
