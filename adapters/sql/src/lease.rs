//! Leases that are prolonged while their work goes on, so that they can be short.

use std::time::Duration;

use countersign::ids::WorkerId;
use countersign::ports::Held;
use jiff::Timestamp;

use crate::codec::until;
use crate::db::{Db, args};
use crate::fault::Result;

pub(crate) async fn renew(
    db: &Db,
    held: Held<'_>,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
) -> Result<bool> {
    let (sql, id) = match held {
        Held::Conversation(id) => (
            "UPDATE conversation SET lease_until = $3 WHERE id = $1 AND lease_owner = $2",
            id.as_str(),
        ),
        Held::Run(id) => {
            ("UPDATE run SET lease_until = $3 WHERE id = $1 AND lease_owner = $2", id.as_str())
        }
    };
    Ok(db.execute(sql, &args![id, worker.as_str(), until(now, lease)]).await? > 0)
}
