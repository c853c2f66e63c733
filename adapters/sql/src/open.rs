//! From `[store] url` to a migrated database, or to a sentence that says what is wrong and what to do.
//!
//! Nothing that exists is harmed: a file that is not ours, is damaged or was written by a newer version
//! is left as it is.

use sqlx::migrate::{MigrateError, Migrator};

use crate::db::Db;
use crate::signal::Signal;
use crate::{postgres, sqlite};

pub(crate) static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");
pub(crate) static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Why a store cannot be opened. The text is for the operator; it never holds a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the store url begins with {scheme:?}, which is no known database; write sqlite:countersign.db or postgres://user:password@host/database"
    )]
    UnknownScheme { scheme: String },
    #[error("the store url cannot be read: {detail}")]
    BadUrl { detail: String },

    #[error("the folder {folder} does not exist; create it, or change the path in the store url")]
    NoFolder { folder: String },
    #[error(
        "{path} cannot be created or written: {detail}; give the user Countersign runs as the right to write in its folder, or change the path in the store url"
    )]
    Unwritable { path: String, detail: String },
    #[error(
        "{path} is read-only; make it writable for the user Countersign runs as, or change the path in the store url (nothing was changed)"
    )]
    ReadOnly { path: String },
    #[error(
        "{path} is not a database: {detail}; restore it from a backup, or move it away and start anew (it was not touched)"
    )]
    NotADatabase { path: String, detail: String },
    #[error(
        "{path} is a database of another program; change the path in the store url (it was not touched)"
    )]
    Foreign { path: String },
    #[error(
        "{path} is held by another process for too long; stop that process, or wait until it is done"
    )]
    Busy { path: String },

    #[error(
        "PostgreSQL at {place} cannot be reached: {detail}; check host, port and that the server runs"
    )]
    Unreachable { place: String, detail: String },
    #[error("PostgreSQL at {place} refused the user {user}: {detail}; check user and password")]
    Refused { place: String, user: String, detail: String },
    #[error(
        "PostgreSQL at {place} has no database {database:?}; create it with: CREATE DATABASE \"{database}\""
    )]
    NoDatabase { place: String, database: String },
    #[error(
        "the connection to PostgreSQL at {place} is not secure: {detail}; give the server a certificate this machine trusts, or name one with ?sslrootcert=FILE (or, on a network you trust, accept less with ?sslmode=require or ?sslmode=disable)"
    )]
    Insecure { place: String, detail: String },

    #[error(
        "{place} was written by a newer version of Countersign (schema {found}, this version knows {known}); start that version, or restore the backup from before the update (nothing was changed)"
    )]
    Newer { place: String, found: i64, known: i64 },
    #[error(
        "the schema of {place} is not the one this version made: {detail}; restore a backup or ask for help (nothing was changed)"
    )]
    Schema { place: String, detail: String },
    #[error("{place} cannot be used: {detail}")]
    Broken { place: String, detail: String },
}

pub(crate) async fn open(url: &str) -> Result<(Db, Signal), OpenError> {
    let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
    match scheme {
        "sqlite" => sqlite::open(url).await,
        "postgres" | "postgresql" => postgres::open(url).await,
        _ => {
            // Whatever it is, it may hold a password further on.
            let scheme = scheme.chars().take(20).collect();
            Err(OpenError::UnknownScheme { scheme })
        }
    }
}

/// The newest migration this version has.
pub(crate) fn known_version(migrations: &Migrator) -> i64 {
    migrations.iter().map(|it| it.version).max().unwrap_or(0)
}

/// What a failed migration means.
pub(crate) fn migration_error(
    place: &str,
    migrations: &Migrator,
    error: MigrateError,
    other: impl FnOnce(sqlx::Error) -> OpenError,
) -> OpenError {
    let place = place.to_owned();
    match error {
        MigrateError::VersionMissing(found) | MigrateError::VersionNotPresent(found) => {
            OpenError::Newer { place, found, known: known_version(migrations) }
        }
        MigrateError::Execute(error) => other(error),
        error => OpenError::Schema { place, detail: error.to_string() },
    }
}
