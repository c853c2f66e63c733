//! `Session.db` as the simulator writes it, in both ways of keeping times.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

use std::path::{Path, PathBuf};

use countersign_control::database::{Change, Database, Kept, Options, Trouble};
use countersign_simulator::session_db::{SessionDb, Times};
use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

const NOW: &str = "2026-11-25T10:00:00Z";

struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    async fn with(change: impl FnOnce(&mut SessionDb)) -> Self {
        let server = Self { folder: tempfile::tempdir().unwrap() };
        let mut file = SessionDb { now: now(), ..SessionDb::at(&server.path()) };
        change(&mut file);
        file.write(|_| {}).await.unwrap();
        server
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("Session.db")
    }

    async fn database(&self) -> Database {
        Database::open(&self.path()).await.unwrap()
    }

    async fn connection(&self) -> SqliteConnection {
        open(&self.path()).await
    }

    async fn count(&self, which: &str) -> i64 {
        count(&self.path(), which).await
    }

    fn options(&self, change: Change, days: u32) -> Options {
        Options {
            change,
            older_than_days: days,
            even_all: false,
            backup: self.folder.path().join("backup.db"),
            shrink: false,
        }
    }
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

async fn open(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

async fn count(path: &Path, which: &str) -> i64 {
    let mut connection = open(path).await;
    let sql = format!("SELECT count(*) FROM {which}");
    let count = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.unwrap();
}

const BOTH: [Times; 2] = [Times::Text, Times::Ticks];

#[tokio::test]
async fn a_purge_deletes_what_is_old_and_nothing_else_however_times_are_kept() {
    for times in BOTH {
        for merged in [false, true] {
            let server = Server::with(|it| (it.times, it.merged) = (times, merged)).await;
            // 1,000 commands over 30 days, so 23 days of them are older than 7: 33.3 a day.
            let notes = server.count("SessionEvent WHERE EventType = 32").await;
            let connected =
                server.count("SessionConnectionEvent WHERE EventType IN (10, 11)").await;
            let options = server.options(Change::Purge, 7);
            let changed = server.database().await.apply(&options, now(), |_| {}).await.unwrap();
            let deleted: u64 = changed.rows.iter().map(|it| it.1).sum();
            assert_eq!(deleted, 2 * 767, "{times:?} {merged}: {:?}", changed.rows);
            assert_eq!(server.count("SessionEvent WHERE EventType = 44").await, 233);
            let answers = if merged { "SessionEvent" } else { "SessionConnectionEvent" };
            assert_eq!(server.count(&format!("{answers} WHERE EventType = 70")).await, 233);
            assert_eq!(server.count("SessionEvent WHERE EventType = 32").await, notes);
            assert_eq!(server.count("SessionEvent WHERE EventType = 54").await, 1_000);
            let still = server.count("SessionConnectionEvent WHERE EventType IN (10, 11)").await;
            assert_eq!(still, connected);
            assert!(!server.folder.path().join("Session.db-journal").exists());
            // Done again, nothing is left to do.
            let mut options = options;
            options.backup = server.folder.path().join("second.db");
            let again = server.database().await.apply(&options, now(), |_| {}).await.unwrap();
            assert_eq!(again.rows.iter().map(|it| it.1).sum::<u64>(), 0);
        }
    }
}

#[tokio::test]
async fn the_backup_holds_the_state_before() {
    let server = Server::with(|_| {}).await;
    let options = server.options(Change::Purge, 7);
    server.database().await.apply(&options, now(), |_| {}).await.unwrap();
    assert_eq!(count(&options.backup, "SessionEvent WHERE EventType = 44").await, 1_000);
    let refused = server.database().await.apply(&options, now(), |_| {}).await.unwrap_err();
    assert!(matches!(refused, Trouble::BackupExists { .. }), "{refused}");
}

#[tokio::test]
async fn a_purge_that_dies_half_way_leaves_a_whole_file_and_goes_on() {
    let server = Server::with(|it| it.commands = 30_000).await;
    let database = server.database().await;
    let mut options = server.options(Change::Purge, 7);
    let dying = options.clone();
    let dies = tokio::spawn(async move {
        // The first slice that is told of once the copy is there is the last.
        let half_way = |_| assert!(!dying.backup.exists(), "dies here");
        database.apply(&dying, now(), half_way).await
    });
    assert!(dies.await.unwrap_err().is_panic());
    let left = server.count("SessionEvent WHERE EventType = 44").await;
    assert_eq!(left, 10_000);
    options.backup = server.folder.path().join("second.db");
    server.database().await.apply(&options, now(), |_| {}).await.unwrap();
    assert_eq!(server.count("SessionEvent WHERE EventType = 44").await, 6_999);
    assert_eq!(count(&options.backup, "SessionEvent WHERE EventType = 44").await, left);
}

#[tokio::test]
async fn a_soft_delete_hides_what_is_done_and_leaves_what_is_queued() {
    let server = Server::with(|_| {}).await;
    let queued = server.count("SessionEvent WHERE EventAttributes = 2").await;
    assert!(queued > 0);
    let options = server.options(Change::SoftDelete, 1);
    server.database().await.apply(&options, now(), |_| {}).await.unwrap();
    assert_eq!(server.count("SessionEvent WHERE EventAttributes = 2").await, queued);
    let hidden = server.count("SessionEvent WHERE EventAttributes = 1").await;
    let shown = server.count("SessionEvent WHERE EventAttributes = 0 AND EventType = 44").await;
    assert_eq!(hidden + shown + queued, 1_000);
    // One day of 30 stays.
    assert!((30..40).contains(&shown), "{shown}");
    assert_eq!(server.count("SessionEvent WHERE EventAttributes = 1 AND EventType <> 44").await, 0);
}

#[tokio::test]
async fn a_preview_changes_no_byte() {
    let server = Server::with(|_| {}).await;
    let before = std::fs::read(server.path()).unwrap();
    let options = server.options(Change::Purge, 7);
    let report = server.database().await.preview(&options, now(), |_| {}).await.unwrap();
    assert_eq!(report.tables[0].commands_and_answers().older, 767);
    assert_eq!(std::fs::read(server.path()).unwrap(), before);
    assert!(!options.backup.exists());
}

#[tokio::test]
async fn a_report_tells_rows_bytes_age_and_how_times_are_kept() {
    let server = Server::with(|it| it.times = Times::Ticks).await;
    let report = server.database().await.report(7, now(), |_| {}).await.unwrap();
    let [events, answers] = report.tables.as_slice() else { panic!("{report:?}") };
    assert_eq!(events.times, [(Kept::Ticks, 2_020)].into());
    let commands = events.groups.iter().find(|it| it.event_type == "44").unwrap();
    assert_eq!((commands.rows, commands.older, commands.flagged), (1_000, 767, 5));
    assert_eq!(commands.oldest.as_deref(), Some("2026-10-26 10:00:00"));
    let answer = answers.groups.iter().find(|it| it.event_type == "70").unwrap();
    assert_eq!(answer.name, Some("RanCommand"));
    assert!(answer.data_bytes > 120_000, "{answer:?}");
    assert!(report.file_bytes > 300_000);
}

#[tokio::test]
async fn a_file_that_another_process_or_connection_holds_is_refused() {
    let server = Server::with(|_| {}).await;
    let mut other = server.connection().await;
    execute(&mut other, "PRAGMA journal_mode = WAL; BEGIN; SELECT count(*) FROM Session;").await;
    let options = server.options(Change::Purge, 7);
    let refused = server.database().await.apply(&options, now(), |_| {}).await.unwrap_err();
    assert!(matches!(refused, Trouble::InUse { .. }), "{refused}");
    assert!(!options.backup.exists());
    assert!(server.database().await.report(7, now(), |_| {}).await.is_ok());
    other.close().await.unwrap();
    server.database().await.apply(&options, now(), |_| {}).await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_an_idle_process_holds_is_refused_with_its_name() {
    let server = Server::with(|_| {}).await;
    let file = std::fs::File::open(server.path()).unwrap();
    let mut holder = std::process::Command::new("sleep").arg("60").stdin(file).spawn().unwrap();
    let options = server.options(Change::Purge, 7);
    let refused = server.database().await.apply(&options, now(), |_| {}).await;
    holder.kill().unwrap();
    holder.wait().unwrap();
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("in use by sleep (process "), "{text}");
}

#[tokio::test]
async fn a_row_whose_time_says_nothing_is_never_old() {
    let server = Server::with(|_| {}).await;
    let mut other = server.connection().await;
    execute(&mut other, "UPDATE SessionEvent SET Time = NULL WHERE EventID LIKE '%0001-0'; UPDATE SessionEvent SET Time = 'yesterday' WHERE EventID LIKE '%0002-0';").await;
    other.close().await.unwrap();
    let unreadable = server.count("SessionEvent WHERE datetime(Time) IS NULL").await;
    assert!(unreadable > 0);
    let options = server.options(Change::Purge, 7);
    server.database().await.apply(&options, now(), |_| {}).await.unwrap();
    assert_eq!(server.count("SessionEvent WHERE datetime(Time) IS NULL").await, unreadable);
}

#[tokio::test]
async fn times_of_an_unknown_kind_stop_everything() {
    for sql in [
        "UPDATE SessionEvent SET Time = 1764064800 WHERE rowid = 5",
        "UPDATE SessionEvent SET Time = 2461000.5 WHERE rowid = 5",
        "UPDATE SessionEvent SET Time = x'0102' WHERE rowid = 5",
    ] {
        let server = Server::with(|_| {}).await;
        let mut other = server.connection().await;
        execute(&mut other, sql).await;
        other.close().await.unwrap();
        let options = server.options(Change::Purge, 7);
        let refused = server.database().await.apply(&options, now(), |_| {}).await.unwrap_err();
        assert!(matches!(refused, Trouble::UnknownTimes { .. }), "{sql}: {refused}");
        assert_eq!(server.count("SessionEvent WHERE EventType = 44").await, 1_000);
    }
}

#[tokio::test]
async fn a_purge_of_everything_has_to_be_said() {
    let server = Server::with(|_| {}).await;
    let later = now() + SignedDuration::from_hours(24 * 60);
    let mut options = server.options(Change::Purge, 7);
    let refused = server.database().await.apply(&options, later, |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("--even-all"), "{refused}");
    assert!(!options.backup.exists());
    options.even_all = true;
    server.database().await.apply(&options, later, |_| {}).await.unwrap();
    assert_eq!(server.count("SessionEvent WHERE EventType = 44").await, 0);
}

#[tokio::test]
async fn what_is_no_session_db_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Session.db");
    assert!(matches!(Database::open(&path).await, Err(Trouble::Missing { .. })));
    std::fs::write(&path, "<html>not a database</html>").unwrap();
    assert!(matches!(Database::open(&path).await, Err(Trouble::NotADatabase { .. })));
    std::fs::remove_file(&path).unwrap();
    let mut other = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    execute(&mut other, "CREATE TABLE Invoice (Id INTEGER PRIMARY KEY)").await;
    assert!(matches!(Database::open(&path).await, Err(Trouble::NotControl { .. })));
    execute(&mut other, "CREATE TABLE SessionEvent (EventID BLOB PRIMARY KEY, Time, EventType INTEGER) WITHOUT ROWID").await;
    let refused = Database::open(&path).await.unwrap_err();
    assert!(refused.to_string().contains("no row ids"), "{refused}");
}

#[tokio::test]
async fn a_damaged_file_is_not_changed() {
    let server = Server::with(|_| {}).await;
    let mut bytes = std::fs::read(server.path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0xA5);
    std::fs::write(server.path(), &bytes).unwrap();
    let options = server.options(Change::Purge, 7);
    let refused = server.database().await.apply(&options, now(), |_| {}).await.unwrap_err();
    assert!(matches!(refused, Trouble::Damaged { .. }), "{refused}");
    assert_eq!(std::fs::read(server.path()).unwrap(), bytes);
    assert!(!options.backup.exists());
}
