//! A pretend `Session.db`: the SQLite file in which a self-hosted ConnectWise Control keeps its sessions and
//! every event of them.
//!
//! The real schema is not published. This one has the tables and columns that tools are known to read, and both
//! ways in which files were seen to keep times.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// Commands written in one transaction.
const CHUNK: u64 = 50_000;

/// How times are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// `2026-03-02 14:02:10.0000000`, UTC.
    Text,
    /// Numbers: 100 ns since the year 1.
    Ticks,
}

#[derive(Debug, Clone)]
pub struct SessionDb {
    pub path: PathBuf,
    pub machines: u64,
    /// Each with its answer, and with now and then a connection or a note, spread evenly over the days.
    pub commands: u64,
    pub days: u32,
    pub now: Timestamp,
    pub times: Times,
    /// Newer servers keep answers beside the commands, older ones beside the connections.
    pub merged: bool,
}

impl SessionDb {
    /// A small one that ends now.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            machines: 25,
            commands: 1_000,
            days: 30,
            now: Timestamp::now(),
            times: Times::Text,
            merged: false,
        }
    }

    /// Writes the file, which must not be there. `done` hears how many commands are in it.
    pub async fn write(&self, mut done: impl FnMut(u64)) -> Result<(), sqlx::Error> {
        if self.path.exists() {
            let text = format!("{} is there already", self.path.display());
            return Err(sqlx::Error::Io(std::io::Error::new(
                std::io::ErrorKind::AlreadyExists,
                text,
            )));
        }
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .foreign_keys(false)
            .synchronous(SqliteSynchronous::Off);
        let mut connection = options.connect().await?;
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
        self.sessions(&mut connection).await?;
        let statements = self.statements();
        let mut from = 0;
        while from < self.commands {
            let to = (from + CHUNK).min(self.commands);
            let mut tx = connection.begin().await?;
            for sql in &statements {
                sqlx::query(AssertSqlSafe(sql.clone()))
                    .bind(int(from))
                    .bind(int(to))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            from = to;
            done(to);
        }
        connection.close().await
    }

    async fn sessions(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
             INSERT INTO Session (SessionID, SessionType, Name, IsEnded, CustomProperty1, GuestMachineName)
             SELECT CAST(printf('session-%08d', i) AS BLOB), 2, '', 0,
                CASE i % 3 WHEN 0 THEN 'Bluegum Vet' WHEN 1 THEN 'Acme Logistics' ELSE 'O''Neill & Sons' END,
                printf('PC-%05d', i)
             FROM n",
        )
        .bind(int(self.machines.max(1)))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// One for each kind of event, over the commands from `?1` to before `?2`.
    fn statements(&self) -> Vec<String> {
        let answers = if self.merged { "SessionEvent" } else { "SessionConnectionEvent" };
        let command = "'#!ps' || char(10) || '#timeout=60000' || char(10) || 'Get-Volume'";
        let answer = "printf('CS-%08x', i) || char(13, 10) || printf('%.*c', 120 + i % 200, '-')";
        // Every 200th command is still queued for a machine that is offline.
        let queued = "CASE WHEN i % 200 = 199 THEN 2 ELSE 0 END";
        [
            ("SessionEvent", 44, 0, 1, queued, command),
            ("SessionEvent", 54, 1, 1, "0", "''"),
            (answers, 70, 2, 1, "0", answer),
            ("SessionConnectionEvent", 10, 3, 10, "0", "''"),
            ("SessionConnectionEvent", 11, 4, 10, "0", "''"),
            ("SessionEvent", 32, 5, 50, "0", "'Called the user; the printer works again.'"),
        ]
        .into_iter()
        .map(|(table, event, offset, every, attributes, data)| {
            format!(
                "WITH RECURSIVE n(i) AS (VALUES(?1) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
                 INSERT INTO {table} (EventID, SessionID, ConnectionID, Time, EventType, EventAttributes, Data)
                 SELECT CAST(printf('%014d-{offset}', i) AS BLOB),
                    CAST(printf('session-%08d', i % {machines}) AS BLOB),
                    NULL, {time}, {event}, {attributes}, {data}
                 FROM n WHERE i % {every} = 0",
                machines = self.machines.max(1),
                time = self.time(offset),
            )
        })
        .collect()
    }

    fn time(&self, offset: i64) -> String {
        let span = i64::from(self.days) * 86_400;
        let begin = self.now.as_second() - span;
        // The last command is a minute old, so that no event is in the future.
        let secs =
            format!("({begin} + i * {} / {} + {offset})", span - 60, int(self.commands.max(1)));
        match self.times {
            Times::Text => format!("strftime('%Y-%m-%d %H:%M:%f', {secs}, 'unixepoch') || '0000'"),
            Times::Ticks => format!("({secs} * 10000000 + 621355968000000000)"),
        }
    }
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// `Time` has no type, as SQLite allows: what is put in stays what it is.
const SCHEMA: &str = "
CREATE TABLE Session (
    SessionID BLOB PRIMARY KEY, SessionType INTEGER NOT NULL, Name TEXT NOT NULL, Host TEXT, IsPublic INTEGER,
    Code TEXT, IsEnded INTEGER, CreatedTime, CustomProperty1 TEXT, CustomProperty2 TEXT, CustomProperty3 TEXT,
    CustomProperty4 TEXT, CustomProperty5 TEXT, CustomProperty6 TEXT, CustomProperty7 TEXT, CustomProperty8 TEXT,
    GuestMachineName TEXT, GuestMachineDomain TEXT, GuestLoggedOnUserName TEXT, GuestLoggedOnUserDomain TEXT);
CREATE TABLE SessionConnection (
    SessionID BLOB, ConnectionID BLOB PRIMARY KEY, ProcessType INTEGER, ParticipantName TEXT,
    NetworkAddress TEXT, ClientVersion TEXT, ConnectedTime, DisconnectedTime);
CREATE TABLE SessionEvent (
    EventID BLOB PRIMARY KEY, SessionID BLOB, ConnectionID BLOB, Time, EventType INTEGER,
    EventAttributes INTEGER NOT NULL DEFAULT 0, Host TEXT, Data TEXT);
CREATE TABLE SessionConnectionEvent (
    EventID BLOB PRIMARY KEY, SessionID BLOB, ConnectionID BLOB, Time, EventType INTEGER,
    EventAttributes INTEGER NOT NULL DEFAULT 0, Data TEXT);
";
