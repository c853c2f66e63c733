//! What can go wrong inside, before it is told to the core.

use std::sync::Arc;

use countersign::ports::StoreError;

#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Shared by all writes of one transaction.
    Sql(Arc<sqlx::Error>),
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

impl Fault {
    pub(crate) fn unreadable(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Unreadable { what, detail: detail.to_string() }
    }

    /// `action` is a noun: "the store {action} failed".
    pub(crate) fn during(self, action: &'static str) -> StoreError {
        match self {
            Self::Sql(source) => StoreError::Broken { action, source: Box::new(source) },
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
        let Self::Sql(error) = self else { return false };
        let Some(code) = error.as_database_error().and_then(|it| it.code()) else { return true };
        // Postgres has five characters, the first two a class; SQLite a number, its low byte the kind.
        match code.parse::<u32>() {
            Ok(number) if code.len() < 5 => matches!(number & 0xff, 5..=8 | 10 | 11 | 13 | 14 | 26),
            _ => ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)),
        }
    }

    /// A unique key that is already there becomes `Lost`; `index` narrows it to one index by its name.
    pub(crate) fn unique_is_lost(self, lost: &[(&str, &'static str)]) -> Self {
        let Self::Sql(error) = &self else { return self };
        let Some(error) = error.as_database_error().filter(|it| it.is_unique_violation()) else {
            return self;
        };
        // Postgres names the constraint, SQLite tells the columns in its message.
        let place = format!("{} {}", error.constraint().unwrap_or_default(), error.message());
        lost.iter()
            .find(|(index, _)| place.contains(index))
            .map_or(self, |(_, what)| Self::Lost(what))
    }
}
