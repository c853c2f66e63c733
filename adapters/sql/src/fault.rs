//! What can go wrong inside, before it is told to the core.

use std::sync::Arc;

use countersign::ports::StoreError;
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};

#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Shared by all writes of one transaction.
    Sql(Arc<sqlx::Error>),
    /// The same of SQLite's writer.
    Sqlite(Arc<rusqlite::Error>),
    /// A compare-and-set or a unique key found something else: nothing was changed.
    Lost(&'static str),
    Unreadable {
        what: &'static str,
        detail: String,
    },
    /// The change makes no sense to this store: nothing was changed.
    Impossible(String),
}

pub(crate) type Result<T> = std::result::Result<T, Fault>;

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(Arc::new(error))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl Fault {
    pub(crate) fn unreadable(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Unreadable { what, detail: detail.to_string() }
    }

    /// `action` is a noun: "the store {action} failed".
    pub(crate) fn during(self, action: &'static str) -> StoreError {
        match self {
            Self::Sql(source) => StoreError::Broken { action, source: Box::new(source) },
            Self::Sqlite(source) => StoreError::Broken { action, source: Box::new(source) },
            Self::Lost(what) => StoreError::Lost { what },
            Self::Unreadable { what, detail } => StoreError::Unreadable { what, detail },
            Self::Impossible(why) => StoreError::Broken { action, source: why.into() },
        }
    }

    /// Two transactions stood in each other's way and the database sent this one back; nothing of it
    /// happened, so it may go again. Deadlock and serialization failure on Postgres.
    pub(crate) fn is_collision(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        let code = error.as_database_error().and_then(|it| it.code());
        matches!(code.as_deref(), Some("40P01" | "40001"))
    }

    /// It would meet every other write as well: the database is gone, locked, full or read-only.
    pub(crate) fn is_of_the_database(&self) -> bool {
        match self {
            Self::Sqlite(error) => {
                error.sqlite_error().is_none_or(|it| is_of_sqlite(it.extended_code))
            }
            Self::Sql(error) => {
                let Some(code) = error.as_database_error().and_then(|it| it.code()) else {
                    return true;
                };
                // Postgres has five characters, the first two a class; SQLite, where it reads, a number.
                match code.parse() {
                    Ok(number) if code.len() < 5 => is_of_sqlite(number),
                    _ => ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)),
                }
            }
            _ => false,
        }
    }

    /// A unique key that is already there becomes `Lost`; `index` narrows it to one index by its name.
    pub(crate) fn unique_is_lost(self, lost: &[(&str, &'static str)]) -> Self {
        let Some(place) = self.taken() else { return self };
        lost.iter()
            .find(|(index, _)| place.contains(index))
            .map_or(self, |(_, what)| Self::Lost(what))
    }

    /// What tells of a unique key that is already there where it is: its name on Postgres, a message with its
    /// columns on SQLite.
    fn taken(&self) -> Option<String> {
        match self {
            Self::Sqlite(error) => {
                let code = error.sqlite_error()?.extended_code;
                let is_unique =
                    matches!(code, SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY);
                is_unique.then(|| error.to_string())
            }
            Self::Sql(error) => {
                let error = error.as_database_error().filter(|it| it.is_unique_violation())?;
                Some(format!("{} {}", error.constraint().unwrap_or_default(), error.message()))
            }
            _ => None,
        }
    }
}

/// The low byte is the kind.
fn is_of_sqlite(code: i32) -> bool {
    matches!(code & 0xff, 5..=8 | 10 | 11 | 13 | 14 | 26)
}
