//! Looks at a file before it is believed to be Control's.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

use super::Trouble;
use super::tables::{NAMES, Table};

/// First bytes of every SQLite file.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// How long a read waits for a writer.
const BUSY: Duration = Duration::from_secs(5);

/// A `Session.db` that was looked at and is one.
#[derive(Debug)]
pub struct Database {
    pub(super) path: PathBuf,
    pub(super) tables: Vec<Table>,
}

impl Database {
    /// Reads only; the server may run.
    pub async fn open(path: &Path) -> Result<Self, Trouble> {
        begins_like_one(path)?;
        let mut this = Self { path: path.to_owned(), tables: Vec::new() };
        let mut connection = this.reader().await?;
        for name in NAMES {
            if let Some(table) = this.look_at(&mut connection, name).await? {
                this.tables.push(table);
            }
        }
        if this.tables.first().is_none_or(|it| it.name != NAMES[0]) {
            let detail = format!("there is no table {}", NAMES[0]);
            return Err(Trouble::NotControl { path: this.path, detail });
        }
        Ok(this)
    }

    async fn look_at(
        &self,
        connection: &mut SqliteConnection,
        name: &'static str,
    ) -> Result<Option<Table>, Trouble> {
        let sql = format!("SELECT name FROM pragma_table_info('{name}')");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await;
        let rows = rows.map_err(|error| self.explain(&error))?;
        let columns: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        let columns = columns.map_err(|error| self.explain(&error))?;
        if columns.is_empty() {
            return Ok(None);
        }
        let has = |column: &str| columns.iter().any(|it| it.eq_ignore_ascii_case(column));
        for column in ["EventType", "Time"] {
            if !has(column) {
                let detail = format!("its table {name} has no column {column}");
                return Err(Trouble::NotControl { path: self.path.clone(), detail });
            }
        }
        let sql = format!("SELECT max(rowid) FROM {name}");
        if sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await.is_err() {
            let detail = format!("its table {name} has no row ids, so it cannot be read in slices");
            return Err(Trouble::NotControl { path: self.path.clone(), detail });
        }
        let (has_attributes, has_data) = (has("EventAttributes"), has("Data"));
        Ok(Some(Table { name, has_attributes, has_data }))
    }

    pub(super) async fn reader(&self) -> Result<SqliteConnection, Trouble> {
        let options = SqliteConnectOptions::new().filename(&self.path).read_only(true);
        self.connect(options.busy_timeout(BUSY)).await
    }

    /// The only one who has the file, until it is dropped.
    pub(super) async fn writer(&self) -> Result<SqliteConnection, Trouble> {
        if let Some(by) = super::holders::other_holder(&self.path) {
            return Err(Trouble::InUse { path: self.path.clone(), by: Some(by) });
        }
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(false)
            .foreign_keys(false)
            .busy_timeout(Duration::ZERO)
            .locking_mode(sqlx::sqlite::SqliteLockingMode::Exclusive);
        let mut connection = self.connect(options).await?;
        // Takes the lock now; in exclusive mode it stays until the connection ends.
        for sql in ["BEGIN EXCLUSIVE", "COMMIT"] {
            self.run(&mut connection, sql).await?;
        }
        Ok(connection)
    }

    async fn connect(&self, options: SqliteConnectOptions) -> Result<SqliteConnection, Trouble> {
        options.connect().await.map_err(|error| self.explain(&error))
    }

    pub(super) async fn run(
        &self,
        connection: &mut SqliteConnection,
        sql: &'static str,
    ) -> Result<(), Trouble> {
        let done = sqlx::query(sql).execute(connection).await;
        done.map(drop).map_err(|error| self.explain(&error))
    }

    /// SQLite's primary result code in words.
    pub(super) fn explain(&self, error: &sqlx::Error) -> Trouble {
        let path = self.path.clone();
        let database = error.as_database_error();
        let code = database.and_then(|it| it.code()?.parse::<i32>().ok()).map(|it| it & 0xff);
        let detail = database.map_or_else(|| error.to_string(), |it| it.message().to_owned());
        match code {
            Some(5 | 6) => Trouble::InUse { path, by: None },
            Some(11) => Trouble::Damaged { path, detail },
            Some(26) => Trouble::NotADatabase { path, detail },
            _ => Trouble::Broken { path, detail },
        }
    }
}

fn begins_like_one(path: &Path) -> Result<(), Trouble> {
    let file = std::fs::File::open(path);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Trouble::Missing { path: path.to_owned() },
        _ => Trouble::Broken { path: path.to_owned(), detail: error.to_string() },
    })?;
    let mut begin = [0; 16];
    if file.read_exact(&mut begin).is_err() || begin != MAGIC {
        let detail = "it does not begin like one".into();
        return Err(Trouble::NotADatabase { path: path.to_owned(), detail });
    }
    Ok(())
}
