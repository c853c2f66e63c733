//! Runs: columns for what is filtered by, the whole value in `detail`.

use std::borrow::Cow;
use std::time::Duration;

use countersign::ids::{ClientId, DeviceId, RunId, WorkerId};
use countersign::ports::{Conducted, RunFilter, RunPlaces};
use countersign::run::{Authority, Run, State};
use jiff::Timestamp;

use crate::codec::{agree, from_json, json, limit, micros, until};
use crate::db::{Db, Row, Tx, args, without_nul};
use crate::fault::{Fault, Result};
use crate::filter::Filter;
use crate::lost;

const WHAT: &str = "run";

/// What the unique key calls an authority. An approval is one, and one for each occurrence of what comes again;
/// the policy `auto` and a standing grant are one per request.
fn authority(run: &Run) -> String {
    match (&run.authority, run.occurrence()) {
        (Authority::Approval { id, .. }, Some(at)) => format!("approval:{id}@{}", micros(at)),
        (Authority::Approval { id, .. }, None) => format!("approval:{id}"),
        (Authority::Auto { .. }, _) => format!("auto:{}", run.request),
        (Authority::Standing { grant, .. }, _) => format!("standing:{grant}:{}", run.request),
    }
}

/// Whose devices a run is for; of several clients the first, and `""` for nobody's.
fn client(run: &Run) -> Cow<'_, str> {
    let of_target = run.call.targets.first().map(|target| &target.client);
    let of_call = run.call.client.as_ref().map(|client| &client.client);
    without_nul(of_target.or(of_call).map_or("", ClientId::as_str))
}

pub(crate) async fn insert(tx: &mut Tx, run: &Run) -> Result<()> {
    let approval = match &run.authority {
        Authority::Approval { id, .. } => Some(id.as_str()),
        Authority::Auto { .. } | Authority::Standing { .. } => None,
    };
    let inserted = tx
        .execute(
            "INSERT INTO run (id, request, conversation, authority, step, approval, tool, state, finished, created_at, due_at, version, detail, parent, product, client)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            &args![
                run.id.as_str(),
                run.request.as_str(),
                run.conversation.as_str(),
                authority(run),
                i64::from(run.step),
                approval,
                run.call.tool.as_str(),
                run.state.key(),
                i64::from(run.state.is_over()),
                micros(run.created_at),
                run.due_at.map(micros),
                run.version,
                json(run)?,
                run.parent.as_ref().map(RunId::as_str),
                run.call.product.key(),
                client(run).as_ref(),
            ],
        )
        .await;
    let lost = [("authority", lost::GRANT), ("run", lost::RUN)];
    inserted.map_err(|fault| fault.unique_is_lost(&lost))?;
    Ok(())
}

pub(crate) async fn advance(tx: &mut Tx, run: &Run) -> Result<()> {
    let updated = tx
        .execute(
            "UPDATE run SET state = $3, finished = $4, due_at = $5, detail = $6, version = version + 1
             WHERE id = $1 AND version = $2",
            &args![
                run.id.as_str(),
                run.version,
                run.state.key(),
                i64::from(run.state.is_over()),
                run.due_at.map(micros),
                json(run)?,
            ],
        )
        .await?;
    if updated == 0 {
        return Err(Fault::Lost(lost::RUN));
    }
    lock(tx, run).await
}

/// Taken in the commit that allows the send, so that two runs never both have a device.
async fn lock(tx: &mut Tx, run: &Run) -> Result<()> {
    if matches!(run.state, State::Dispatching { .. }) {
        // Sorted, so that two runs on the same devices do not wait for each other.
        for device in run.call.locks() {
            tx.execute(
                "INSERT INTO device_lock (device, run) VALUES ($1, $2)",
                &args![device.as_str(), run.id.as_str()],
            )
            .await
            .map_err(|fault| fault.unique_is_lost(&[("device_lock", lost::DEVICE)]))?;
        }
    } else if run.state.is_over() {
        tx.execute("DELETE FROM device_lock WHERE run = $1", &args![run.id.as_str()]).await?;
    }
    Ok(())
}

pub(crate) async fn busy(db: &Db, devices: &[DeviceId]) -> Result<Option<Run>> {
    for device in devices {
        let sql = "SELECT run FROM device_lock WHERE device = $1";
        if let Some(row) = db.row(sql, &args![device.as_str()]).await?
            && let Some(run) = get(db, &RunId::new(row.text("run")?)).await?
        {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

const COLUMNS: &str = "SELECT id, conversation, authority, step, state, finished, due_at, version, detail, parent, product, client FROM run";

pub(crate) async fn get(db: &Db, id: &RunId) -> Result<Option<Run>> {
    let mut filter = Filter::new(COLUMNS);
    filter.with("id =", id.as_str());
    Ok(list(db, filter, 1).await?.pop())
}

pub(crate) async fn filtered(db: &Db, wanted: &RunFilter) -> Result<Vec<Run>> {
    let mut filter = Filter::new(COLUMNS);
    if wanted.unfinished_only {
        filter.only("finished = 0");
    }
    if let Some(state) = wanted.state {
        filter.only("finished = 0");
        filter.with("state =", state);
    }
    if let Some(marker) = &wanted.marker {
        filter.with("id LIKE", format!("%{}", marker.tail()));
    }
    if let Some(conversation) = &wanted.conversation {
        filter.with("conversation =", conversation.as_str());
    }
    if let Some(request) = &wanted.request {
        filter.with("request =", request.as_str());
    }
    match &wanted.conducted {
        Conducted::By(parent) => filter.with("parent =", parent.as_str()),
        Conducted::ByNone => filter.only("parent IS NULL"),
        Conducted::Either => {}
    }
    list(db, filter, limit(wanted.limit)).await
}

async fn list(db: &Db, filter: Filter<'_>, limit: i64) -> Result<Vec<Run>> {
    let (sql, args) = filter.ordered("created_at DESC, id DESC", limit);
    db.rows(sql, &args).await?.iter().map(run).collect()
}

/// The version is the column's; everything else that is in both must agree.
fn run(row: &Row) -> Result<Run> {
    let mut run: Run = from_json(row.str("detail")?, WHAT)?;
    agree(WHAT, "id", row.str("id")?, run.id.as_str())?;
    agree(WHAT, "state", row.str("state")?, run.state.key())?;
    agree(WHAT, "finished", &row.int("finished")?, &i64::from(run.state.is_over()))?;
    agree(WHAT, "conversation", row.str("conversation")?, run.conversation.as_str())?;
    agree(WHAT, "authority", row.str("authority")?, authority(&run).as_str())?;
    agree(WHAT, "step", &row.int("step")?, &i64::from(run.step))?;
    agree(WHAT, "due_at", &row.opt_int("due_at")?, &run.due_at.map(micros))?;
    let parent = run.parent.as_ref().map(|it| it.as_str().to_owned());
    agree(WHAT, "parent", &row.opt_text("parent")?, &parent)?;
    agree(WHAT, "product", row.str("product")?, run.call.product.key())?;
    agree(WHAT, "client", row.str("client")?, client(&run).as_ref())?;
    run.version = row.int("version")?;
    Ok(run)
}

pub(crate) async fn claim(
    db: &Db,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
    places: RunPlaces,
) -> Result<Option<Run>> {
    let worker = worker.clone();
    let claimed = db
        .write(move |tx| Box::pin(async move { claim_row(tx, &worker, now, lease, places).await }))
        .await?;
    // Read only after the lease is kept: a row that makes no sense must not block the others.
    claimed.as_ref().map(run).transpose()
}

/// Places are counted by one claim at a time. The number is `CSGN`, and 1.
const CLAIMING: i64 = 0x4353_474E_0001;

/// What waits for one client and goes through one product is a lane, and only the first of each is compared: so a
/// claim costs a few seeks for each lane, however much waits. Everything is looked up where a join would do, because
/// PostgreSQL takes a join by guesses of how many lanes there are, and reads all that waits. `r` repeats what makes a
/// run due: there that is looked at once more when another transaction changed the row.
const CLAIM: &str = "WITH RECURSIVE product (name) AS (
        SELECT min(product) FROM run WHERE due_at IS NOT NULL
        UNION ALL
        SELECT (SELECT min(r.product) FROM run r
                WHERE r.due_at IS NOT NULL AND r.product > product.name)
        FROM product WHERE product.name IS NOT NULL
    ), held AS MATERIALIZED (
        SELECT product, client FROM run WHERE lease_until > $1
    ), busy (client, runs) AS MATERIALIZED (
        SELECT client, count(*) FROM held GROUP BY client
    ), lane (product, client) AS (
        SELECT product.name, (SELECT min(r.client) FROM run r
                              WHERE r.due_at IS NOT NULL AND r.product = product.name)
        FROM product
        WHERE (SELECT count(*) FROM held WHERE held.product = product.name)
            < CASE product.name WHEN 'rmm' THEN CAST($2 AS BIGINT)
                                WHEN 'automate' THEN CAST($3 AS BIGINT)
                                ELSE CAST($4 AS BIGINT) END
        UNION ALL
        SELECT lane.product, (SELECT min(r.client) FROM run r
                              WHERE r.due_at IS NOT NULL AND r.product = lane.product
                                AND r.client > lane.client)
        FROM lane WHERE lane.client IS NOT NULL
    ), longest_due (client, id) AS MATERIALIZED (
        SELECT lane.client, (SELECT d.id FROM run d
                             WHERE d.product = lane.product AND d.client = lane.client
                               AND d.due_at IS NOT NULL AND d.due_at <= $1
                               AND (d.lease_until IS NULL OR d.lease_until <= $1)
                             ORDER BY d.due_at, d.id LIMIT 1)
        FROM lane
    )
    SELECT r.id, r.conversation, r.authority, r.step, r.state, r.finished, r.due_at, r.version,
           r.detail, r.parent, r.product, r.client
    FROM run r
    WHERE r.id = (SELECT first.id FROM longest_due first WHERE first.id IS NOT NULL
                  ORDER BY coalesce((SELECT busy.runs FROM busy WHERE busy.client = first.client), 0),
                           (SELECT d.due_at FROM run d WHERE d.id = first.id), first.id LIMIT 1)
      AND r.due_at <= $1 AND (r.lease_until IS NULL OR r.lease_until <= $1)
    LIMIT 1";

async fn claim_row(
    tx: &mut Tx,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
    places: RunPlaces,
) -> Result<Option<Row>> {
    tx.alone(CLAIMING).await?;
    let found = tx
        .rows_claimed(
            CLAIM,
            "r",
            &args![
                micros(now),
                i64::from(places.rmm),
                i64::from(places.automate),
                i64::from(places.control),
            ],
        )
        .await?;
    let Some(row) = found.into_iter().next() else { return Ok(None) };
    tx.execute(
        "UPDATE run SET lease_owner = $2, lease_until = $3 WHERE id = $1",
        &args![row.str("id")?, worker.as_str(), until(now, lease)],
    )
    .await?;
    Ok(Some(row))
}

pub(crate) async fn release(db: &Db, id: &RunId, worker: &WorkerId) -> Result<()> {
    db.execute(
        "UPDATE run SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND lease_owner = $2",
        &args![id.as_str(), worker.as_str()],
    )
    .await?;
    Ok(())
}
