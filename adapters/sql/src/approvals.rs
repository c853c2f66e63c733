//! Approvals: columns for what is filtered by, the whole value in `detail`.

use countersign::approval::Approval;
use countersign::ids::ApprovalId;
use countersign::ports::ApprovalFilter;

use crate::codec::{agree, from_json, json, limit, micros};
use crate::db::{Db, Row, Tx, args};
use crate::fault::{Fault, Result};
use crate::filter::Filter;
use crate::lost;

const WHAT: &str = "approval";

pub(crate) async fn insert(tx: &mut Tx, approval: &Approval) -> Result<()> {
    let inserted = tx
        .execute(
            "INSERT INTO approval (id, code, request, conversation, requester, digest, state, asked_at, expires_at, version, detail, escalates_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &args![
                approval.id.as_str(),
                approval.code.to_ascii_lowercase(),
                approval.request.as_str(),
                approval.conversation.as_str(),
                approval.requester.as_str(),
                approval.digest.as_str(),
                approval.state.key(),
                micros(approval.asked_at),
                micros(approval.expires_at),
                approval.version,
                json(approval)?,
                approval.escalates_at().map(micros),
            ],
        )
        .await;
    let lost = [
        ("approval_code", lost::APPROVAL_CODE),
        ("approval.code", lost::APPROVAL_CODE),
        ("approval", lost::APPROVAL),
    ];
    inserted.map_err(|fault| fault.unique_is_lost(&lost))?;
    Ok(())
}

pub(crate) async fn advance(tx: &mut Tx, approval: &Approval) -> Result<()> {
    let updated = tx
        .execute(
            "UPDATE approval SET state = $3, digest = $4, expires_at = $5, detail = $6, escalates_at = $7, version = version + 1
             WHERE id = $1 AND version = $2",
            &args![
                approval.id.as_str(),
                approval.version,
                approval.state.key(),
                approval.digest.as_str(),
                micros(approval.expires_at),
                json(approval)?,
                approval.escalates_at().map(micros),
            ],
        )
        .await?;
    if updated == 0 { Err(Fault::Lost(lost::APPROVAL)) } else { Ok(()) }
}

const COLUMNS: &str = "SELECT id, code, conversation, digest, state, expires_at, version, detail
    FROM approval";

pub(crate) async fn get(db: &Db, id: &ApprovalId) -> Result<Option<Approval>> {
    let mut filter = Filter::new(COLUMNS);
    filter.with("id =", id.as_str());
    Ok(list(db, filter, 1).await?.pop())
}

pub(crate) async fn by_code(db: &Db, code: &str) -> Result<Option<Approval>> {
    let mut filter = Filter::new(COLUMNS);
    filter.only("state = 'waiting'");
    filter.with("code =", code.trim().to_ascii_lowercase());
    Ok(list(db, filter, 1).await?.pop())
}

pub(crate) async fn filtered(db: &Db, wanted: &ApprovalFilter) -> Result<Vec<Approval>> {
    let mut filter = Filter::new(COLUMNS);
    match wanted.state {
        // Spelled out, for the index of those that wait has the same words.
        Some("waiting") => filter.only("state = 'waiting'"),
        Some(state) => filter.with("state =", state),
        None => {}
    }
    if let Some(due) = wanted.due {
        // As the index has it.
        filter.with("coalesce(escalates_at, expires_at) <=", micros(due));
    }
    if let Some(since) = wanted.since {
        filter.with("asked_at >=", micros(since));
    }
    if let Some(conversation) = &wanted.conversation {
        filter.with("conversation =", conversation.as_str());
    }
    list(db, filter, limit(wanted.limit)).await
}

async fn list(db: &Db, filter: Filter<'_>, limit: i64) -> Result<Vec<Approval>> {
    let (sql, args) = filter.ordered("asked_at DESC, id DESC", limit);
    db.rows(sql, &args).await?.iter().map(approval).collect()
}

/// The version is the column's; everything else that is in both must agree.
fn approval(row: &Row) -> Result<Approval> {
    let mut approval: Approval = from_json(row.str("detail")?, WHAT)?;
    agree(WHAT, "id", row.str("id")?, approval.id.as_str())?;
    agree(WHAT, "state", row.str("state")?, approval.state.key())?;
    agree(WHAT, "digest", row.str("digest")?, approval.digest.as_str())?;
    agree(WHAT, "code", row.str("code")?, approval.code.to_ascii_lowercase().as_str())?;
    agree(WHAT, "conversation", row.str("conversation")?, approval.conversation.as_str())?;
    agree(WHAT, "expires_at", &row.int("expires_at")?, &micros(approval.expires_at))?;
    approval.version = row.int("version")?;
    Ok(approval)
}
