//! Sign-in links and sessions: digests of secrets that stand for a person for a while.

use countersign::digest::Digest;
use countersign::ids::PersonId;
use countersign::ports::TokenKind;
use jiff::Timestamp;

use crate::codec::micros;
use crate::db::{Db, Row, Tx, args};
use crate::fault::Result;

pub(crate) async fn save(
    db: &Db,
    kind: TokenKind,
    secret: &Digest,
    person: &PersonId,
    expires: Timestamp,
) -> Result<()> {
    db.execute(
        "INSERT INTO token (secret, kind, person, expires_at) VALUES ($1, $2, $3, $4)",
        &args![secret.as_str(), kind.key(), person.as_str(), micros(expires)],
    )
    .await?;
    Ok(())
}

pub(crate) async fn take(
    db: &Db,
    kind: TokenKind,
    secret: &Digest,
    now: Timestamp,
) -> Result<Option<PersonId>> {
    let now = micros(now);
    match kind {
        TokenKind::Session => {
            let row = db
                .row(
                    "SELECT person FROM token
                     WHERE secret = $1 AND kind = 'session' AND expires_at > $2",
                    &args![secret.as_str(), now],
                )
                .await?;
            row.map(|row| Ok(PersonId::new(row.text("person")?))).transpose()
        }
        TokenKind::Link => {
            let secret = secret.clone();
            let row =
                db.write(move |tx| Box::pin(async move { use_up(tx, &secret, now).await })).await?;
            row.map(|row| Ok(PersonId::new(row.text("person")?))).transpose()
        }
    }
}

async fn use_up(tx: &mut Tx, secret: &Digest, now: i64) -> Result<Option<Row>> {
    let row = tx
        .row(
            "DELETE FROM token
             WHERE secret = $1 AND kind = 'link' AND expires_at > $2 RETURNING person",
            &args![secret.as_str(), now],
        )
        .await?;
    // A sign-in is rare enough to sweep on.
    tx.execute("DELETE FROM token WHERE expires_at <= $1", &args![now]).await?;
    Ok(row)
}

pub(crate) async fn end(db: &Db, kind: TokenKind, secret: &Digest) -> Result<()> {
    db.execute(
        "DELETE FROM token WHERE secret = $1 AND kind = $2",
        &args![secret.as_str(), kind.key()],
    )
    .await?;
    Ok(())
}
