//! The tables that hold events, and the way through them.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

/// Rows of one slice. A slice is one short transaction: the server, or a reader, waits no longer than that.
pub(super) const SLICE_ROWS: i64 = 20_000;

/// A table of events. Its name is one of ours, never the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Soft deletion is a flag in here.
    pub(super) has_attributes: bool,
    pub(super) has_data: bool,
}

/// In older files commands are in the first and answers in the second, in newer ones all are in the first.
pub(super) const NAMES: [&str; 2] = ["SessionEvent", "SessionConnectionEvent"];

/// Commands that were queued (44) and their answers (70), however the file spells an event's type.
pub(super) const COMMANDS_AND_ANSWERS: &str =
    "EventType IN (44, 70, '44', '70', 'QueuedCommand', 'RanCommand')";

/// What an event's number means, as far as known.
pub(super) fn event_name(number: &str) -> Option<&'static str> {
    Some(match number {
        "10" => "Connected",
        "11" => "Disconnected",
        "20" => "CreatedSession",
        "21" => "EndedSession",
        "30" => "InitiatedJoin",
        "31" => "InvitedGuest",
        "32" => "AddedNote",
        "40" => "QueuedReinstall",
        "41" => "QueuedUninstall",
        "43" => "QueuedWake",
        "44" => "QueuedCommand",
        "45" => "QueuedMessage",
        "46" => "QueuedGuestInfoUpdate",
        "47" => "QueuedTool",
        "54" => "ProcessedCommand",
        "55" => "ProcessedMessage",
        "56" => "ProcessedGuestInfoUpdate",
        "57" => "ProcessedTool",
        "60" => "ModifiedName",
        "64" => "ModifiedCustomProperty",
        "70" => "RanCommand",
        "71" => "SentMessage",
        _ => return None,
    })
}

/// The last row id of the slice that begins behind `after`; `None`: there is no row behind it.
pub(super) async fn slice_end(
    connection: &mut SqliteConnection,
    table: Table,
    after: i64,
) -> Result<Option<i64>, sqlx::Error> {
    let sql = format!(
        "SELECT max(rowid) FROM (SELECT rowid FROM {} WHERE rowid > ? ORDER BY rowid LIMIT {SLICE_ROWS})",
        table.name
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(after).fetch_one(connection).await?;
    row.try_get(0)
}

pub(super) async fn count(
    connection: &mut SqliteConnection,
    table: Table,
) -> Result<u64, sqlx::Error> {
    let sql = format!("SELECT count(*) FROM {}", table.name);
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
}
