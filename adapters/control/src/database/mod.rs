//! The care of `Session.db`, the SQLite file of a self-hosted server.
//!
//! Control writes an event for each command and each answer, and never stops; pages become slow. The file's
//! schema is not published and differs between versions, so nothing about it is believed before it was
//! seen: which tables there are, which hold answers, and above all how times are kept. SQLite sorts every
//! number before every text, so a comparison made for text times is true for all rows of a file that keeps
//! numbers, and would delete everything.
//!
//! Rows are read and changed in slices of the row id, each in its own short transaction: memory is bounded
//! whatever the size, and a process that dies leaves a file that is whole.

mod change;
mod holders;
mod open;
mod report;
mod tables;
mod times;

pub use change::{Change, Changed, Options, Step};
pub use open::Database;
pub use report::{Group, Report, TableReport};
pub use times::Kept;

use std::path::PathBuf;

/// Why the file is not touched. The text is for the person at the server.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{} does not exist; the server keeps it under App_Data in its folder", path.display())]
    Missing { path: PathBuf },
    #[error("{} is not a SQLite database: {detail} (nothing was changed)", path.display())]
    NotADatabase { path: PathBuf, detail: String },
    #[error("{} is a SQLite database, but not one of Control: {detail} (nothing was changed)", path.display())]
    NotControl { path: PathBuf, detail: String },
    #[error("{} is damaged: {detail}; restore it from a backup (nothing was changed)", path.display())]
    Damaged { path: PathBuf, detail: String },
    #[error(
        "{} is in use{}; stop the four ScreenConnect services (Web Server, Relay, Session Manager, Security Manager) and try again (nothing was changed)",
        path.display(),
        by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default()
    )]
    InUse { path: PathBuf, by: Option<String> },
    #[error(
        "times in {table} are kept as {found}, which this version does not know, so what is old cannot be told (nothing was changed)"
    )]
    UnknownTimes { table: &'static str, found: String },
    #[error(
        "all {rows} commands and answers in {table} count as older than {days} days, up to {newest}; that is more often a wrong clock than the truth. If it is the truth, say --even-all (nothing was changed)"
    )]
    Everything { table: &'static str, rows: u64, days: u32, newest: String },
    #[error("the backup {} is there already; move it away, or name another with --backup (nothing was changed)", path.display())]
    BackupExists { path: PathBuf },
    #[error("the backup {} cannot be made: {detail} (nothing was changed)", path.display())]
    NoBackup { path: PathBuf, detail: String },
    #[error("{} cannot be read or written: {detail}", path.display())]
    Broken { path: PathBuf, detail: String },
}
