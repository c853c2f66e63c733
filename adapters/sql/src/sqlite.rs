//! Opens a SQLite file.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::db::Db;
use crate::group::Writer;
use crate::open::{OpenError, SQLITE_MIGRATIONS, known_version, migration_error};
use crate::signal::Signal;

/// How long a writer waits for another process that writes.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// How long a start waits for others that start on the same file.
const MAKING: Duration = Duration::from_secs(3);

/// Pages, live updates and workers read at the same time; more readers than this gain nothing on disk.
const READERS: u32 = 4;

/// The log beside the file shrinks back to this after a large transaction.
pub(crate) const JOURNAL_BYTES_MAX: &str = "67108864";

/// `CSGN`, set by the first migration.
const APPLICATION_ID: i64 = 0x4353_474E;

/// First bytes of every SQLite file.
const MAGIC: &[u8] = b"SQLite format 3\0";

pub(crate) async fn open(url: &str) -> Result<(Db, Signal), OpenError> {
    let path = path_of(url)?;
    let there = look_at(&path)?;
    if there == There::Database {
        look_into(&path).await?;
    }
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF");
    made(&path, &options).await?;
    let writer = Writer::start(path.clone()).map_err(|error| OpenError::Broken {
        place: path.display().to_string(),
        detail: error.to_string(),
    })?;
    let reader = pool(READERS).connect_lazy_with(options.read_only(true).create_if_missing(false));
    Ok((Db::Sqlite { writer, reader }, Signal::local()))
}

/// A lost SQLite connection cannot come back changed, so connections live as long as the pool.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// `sqlite:path` and `sqlite://path`; the path is taken as it stands.
fn path_of(url: &str) -> Result<PathBuf, OpenError> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(":memory:") {
        let detail = "it names no file; write sqlite:countersign.db (a store in memory would lose approvals)";
        return Err(OpenError::BadUrl { detail: detail.into() });
    }
    if path.contains('?') {
        let detail = "sqlite takes a path and no options; leave out what follows the question mark";
        return Err(OpenError::BadUrl { detail: detail.into() });
    }
    Ok(PathBuf::from(path))
}

#[derive(PartialEq, Eq)]
enum There {
    Nothing,
    Database,
}

/// Looks at the file without opening it as a database.
fn look_at(path: &Path) -> Result<There, OpenError> {
    let name = path.display().to_string();
    let unwritable = |detail: String| OpenError::Unwritable { path: name.clone(), detail };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match fs::metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(OpenError::NoFolder { folder: folder.display().to_string() });
        }
        Err(error) => return Err(unwritable(error.to_string())),
        Ok(it) if !it.is_dir() => {
            return Err(unwritable(format!("{} is not a folder", folder.display())));
        }
        // SQLite keeps its log beside the file. Taken at its word even where root could write.
        Ok(it) if it.permissions().readonly() => {
            return Err(unwritable(format!("the folder {} is read-only", folder.display())));
        }
        Ok(_) => {}
    }
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(There::Nothing),
        Err(error) => return Err(unwritable(error.to_string())),
        Ok(it) if it.is_dir() => return Err(unwritable("it is a folder".into())),
        Ok(it) if it.permissions().readonly() => return Err(OpenError::ReadOnly { path: name }),
        Ok(it) if it.len() == 0 => return Ok(There::Nothing),
        Ok(_) => {}
    }
    let mut file = fs::OpenOptions::new().read(true).write(true).open(path).map_err(|error| {
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                OpenError::ReadOnly { path: name.clone() }
            }
            _ => unwritable(error.to_string()),
        }
    })?;
    let mut begin = [0; 16];
    let whole = file.read_exact(&mut begin).is_ok();
    if !whole || begin != MAGIC {
        let detail = "it does not begin like one".into();
        return Err(OpenError::NotADatabase { path: name, detail });
    }
    Ok(There::Database)
}

/// Whose database it is and of which version, before anything in it changes.
async fn look_into(path: &Path) -> Result<(), OpenError> {
    let options =
        SqliteConnectOptions::new().filename(path).create_if_missing(false).busy_timeout(BUSY);
    let explain = |error| explain(path, error);
    let mut connection = options.connect().await.map_err(explain)?;
    let verdict = whose(&mut connection).await.map_err(explain);
    let _ = connection.close().await;
    let name = path.display().to_string();
    match verdict? {
        Whose::Foreign => Err(OpenError::Foreign { path: name }),
        Whose::Ours { version } if version > known_version(&SQLITE_MIGRATIONS) => {
            let known = known_version(&SQLITE_MIGRATIONS);
            Err(OpenError::Newer { place: name, found: version, known })
        }
        Whose::Ours { .. } => Ok(()),
    }
}

enum Whose {
    /// `version` is 0 before the first migration.
    Ours {
        version: i64,
    },
    Foreign,
}

async fn whose(connection: &mut SqliteConnection) -> Result<Whose, sqlx::Error> {
    let id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name <> '_sqlx_migrations'",
    )
    .fetch_one(&mut *connection)
    .await?;
    if tables == 0 {
        return Ok(Whose::Ours { version: 0 });
    }
    if id != APPLICATION_ID {
        return Ok(Whose::Foreign);
    }
    let version: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await?;
    Ok(Whose::Ours { version: version.unwrap_or(0) })
}

/// Several processes may start on a new file at once. Switching to the log and making the tables are
/// refused without waiting while another one does so; the slower ones look again until `MAKING` is over.
async fn made(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let until = Instant::now() + MAKING;
    loop {
        match make(path, options).await {
            Err(OpenError::Broken { .. } | OpenError::Schema { .. } | OpenError::Busy { .. })
                if Instant::now() < until =>
            {
                tokio::time::sleep(Duration::from_millis(100)).await
            }
            made => return made,
        }
    }
}

async fn make(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let explain = |error| explain(path, error);
    let connection = pool(1).connect_with(options.clone()).await.map_err(explain)?;
    let migrated = SQLITE_MIGRATIONS.run(&connection).await;
    connection.close().await;
    let place = path.display().to_string();
    migrated.map_err(|error| migration_error(&place, &SQLITE_MIGRATIONS, error, explain))
}

/// SQLite's primary result code in words.
fn explain(path: &Path, error: sqlx::Error) -> OpenError {
    let path = path.display().to_string();
    let code = error.as_database_error().and_then(|it| it.code()?.parse::<i32>().ok());
    let detail = match error.as_database_error() {
        Some(it) => it.message().to_owned(),
        None => error.to_string(),
    };
    match code.map(|it| it & 0xff) {
        Some(11 | 26) => OpenError::NotADatabase { path, detail },
        Some(5 | 6) => OpenError::Busy { path },
        Some(8) => OpenError::ReadOnly { path },
        Some(10 | 13 | 14) => OpenError::Unwritable { path, detail },
        _ => OpenError::Broken { place: path, detail },
    }
}
