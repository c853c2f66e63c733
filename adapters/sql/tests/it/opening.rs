//! What an operator reads when a store cannot be opened, and that nothing is harmed by trying.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use countersign::ports::Store;
use countersign_sql::SqlStore;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::harness::samples::*;
use crate::harness::{on_cluster, runtime};

/// The message, with the folder of the test cut out.
async fn refused(url: &str, folder: &Path) -> String {
    let error = SqlStore::open(url).await.expect_err("no store");
    let text = error.to_string();
    assert!(!format!("{error:?} {text}").contains("hunter2"), "{error:?}");
    text.replace(&format!("{}/", folder.display()), "").replace(&folder.display().to_string(), ".")
}

fn in_folder(test: impl AsyncFnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(test(folder.path()));
}

#[test]
fn an_url_that_names_no_store_says_what_does() {
    in_folder(async |folder| {
        for (url, wanted) in [
            (
                "mysql://root:hunter2@db/bot",
                r#"the store url begins with "mysql", which is no known database; write sqlite:countersign.db or postgres://user:password@host/database"#,
            ),
            (
                "sqlite::memory:",
                "the store url cannot be read: it names no file; write sqlite:countersign.db (a store in memory would lose approvals)",
            ),
            (
                "sqlite:a.db?mode=ro",
                "the store url cannot be read: sqlite takes a path and no options; leave out what follows the question mark",
            ),
            (
                "postgres://bot:hunter2@db:port/x",
                "the store url cannot be read: error with configuration: invalid port number; write postgres://user:password@host/database, with special characters of the password percent-encoded",
            ),
        ] {
            assert_eq!(refused(url, folder).await, wanted);
        }
    });
}

#[test]
fn a_folder_that_is_missing_or_cannot_be_written_is_named() {
    in_folder(async |folder| {
        let url = format!("sqlite:{}/none/a.db", folder.display());
        assert_eq!(
            refused(&url, folder).await,
            "the folder none does not exist; create it, or change the path in the store url"
        );
        fs::write(folder.join("file"), "x").unwrap();
        let url = format!("sqlite:{}/file/a.db", folder.display());
        assert_eq!(
            refused(&url, folder).await,
            "file/a.db cannot be created or written: file is not a folder; give the user Countersign runs as the right to write in its folder, or change the path in the store url"
        );
        let locked = folder.join("locked");
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
        let url = format!("sqlite:{}/a.db", locked.display());
        assert_eq!(
            refused(&url, folder).await,
            "locked/a.db cannot be created or written: the folder locked is read-only; give the user Countersign runs as the right to write in its folder, or change the path in the store url"
        );
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    });
}

#[test]
fn a_read_only_file_is_left_alone() {
    in_folder(async |folder| {
        let path = folder.join("a.db");
        let url = format!("sqlite:{}", path.display());
        SqlStore::open(&url).await.unwrap().close().await;
        let before = fs::read(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(
            refused(&url, folder).await,
            "a.db is read-only; make it writable for the user Countersign runs as, or change the path in the store url (nothing was changed)"
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    });
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    in_folder(async |folder| {
        let path = folder.join("notes.db");
        let url = format!("sqlite:{}", path.display());
        for content in ["short", "this is a text file and certainly not a database"] {
            fs::write(&path, content).unwrap();
            assert_eq!(
                refused(&url, folder).await,
                "notes.db is not a database: it does not begin like one; restore it from a backup, or move it away and start anew (it was not touched)"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "no log was left beside it");
    });
}

#[test]
fn a_damaged_database_is_left_alone() {
    in_folder(async |folder| {
        let path = folder.join("a.db");
        let url = format!("sqlite:{}", path.display());
        SqlStore::open(&url).await.unwrap().close().await;
        let mut content = fs::read(&path).unwrap();
        content[16..4000].fill(0x5a);
        fs::write(&path, &content).unwrap();
        let text = refused(&url, folder).await;
        assert_eq!(
            text,
            "a.db is not a database: file is not a database; restore it from a backup, or move it away and start anew (it was not touched)"
        );
        assert_eq!(fs::read(&path).unwrap(), content);
    });
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    in_folder(async |folder| {
        let path = folder.join("other.db");
        let create = format!("sqlite:{}?mode=rwc", path.display());
        let mut other = sqlx::SqliteConnection::connect(&create).await.unwrap();
        other.execute("CREATE TABLE recipes (id INTEGER PRIMARY KEY)").await.unwrap();
        other.close().await.unwrap();
        let before = fs::read(&path).unwrap();
        let url = format!("sqlite:{}", path.display());
        assert_eq!(
            refused(&url, folder).await,
            "other.db is a database of another program; change the path in the store url (it was not touched)"
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    });
}

const NEWER: &str = "(schema 9001, this version knows ";

#[test]
fn a_sqlite_database_of_a_newer_version_is_left_alone() {
    in_folder(async |folder| {
        let path = folder.join("a.db");
        let url = format!("sqlite:{}", path.display());
        SqlStore::open(&url).await.unwrap().close().await;
        let mut newer = sqlx::SqliteConnection::connect(&url).await.unwrap();
        newer
            .execute(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9001, 'later', TRUE, X'00', 0)",
            )
            .await
            .unwrap();
        newer.close().await.unwrap();
        let text = refused(&url, folder).await;
        assert!(text.starts_with("a.db was written by a newer version of Countersign "), "{text}");
        assert!(text.contains(NEWER) && text.ends_with("(nothing was changed)"), "{text}");
    });
}

#[test]
fn an_existing_database_opens_in_a_blink_beside_another_process() {
    in_folder(async |folder| {
        let url = format!("sqlite:{}/a.db", folder.display());
        let serving = SqlStore::open(&url).await.unwrap();
        let mut fastest = Duration::MAX;
        for number in 0..5 {
            let began = Instant::now();
            let command = SqlStore::open(&url).await.unwrap();
            fastest = fastest.min(began.elapsed());
            let text = number.to_string();
            command.accept(&event(&text, "main", &text, 0)).await.unwrap();
        }
        assert!(fastest < Duration::from_millis(50), "{fastest:?}");
        let claimed = serving.claim_conversation(&worker("w"), at(1), LEASE).await.unwrap();
        assert_eq!(claimed.unwrap().events.len(), 5);
    });
}

#[test]
fn two_processes_may_make_the_same_new_database() {
    in_folder(async |folder| {
        let url = format!("sqlite:{}/a.db", folder.display());
        let opens = (0..6).map(|_| {
            let url = url.clone();
            tokio::spawn(async move { SqlStore::open(&url).await.map(drop) })
        });
        for open in opens.collect::<Vec<_>>() {
            open.await.unwrap().unwrap();
        }
    });
}

#[test]
fn two_processes_write_one_file_without_a_locked_error() {
    in_folder(async |folder| {
        let url = format!("sqlite:{}/a.db", folder.display());
        let stores = [SqlStore::open(&url).await.unwrap(), SqlStore::open(&url).await.unwrap()];
        let writers = stores.into_iter().enumerate().map(|(store_number, store)| {
            tokio::spawn(async move {
                for number in 0..100 {
                    let id = format!("{store_number}-{number}");
                    store.accept(&event(&id, "main", "hi", 0)).await.unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
    });
}

#[test]
fn sqlite_is_set_up_to_lose_nothing() {
    in_folder(async |folder| {
        let path = folder.join("a.db");
        SqlStore::open(&format!("sqlite:{}", path.display())).await.unwrap().close().await;
        let url = format!("sqlite:{}", path.display());
        let mut raw = sqlx::SqliteConnection::connect(&url).await.unwrap();
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut raw).await.unwrap();
        assert_eq!(mode, "wal");
        let version: String =
            sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut raw).await.unwrap();
        let numbers: Vec<u32> = version.split('.').map(|it| it.parse().unwrap()).collect();
        assert!(numbers >= vec![3, 50, 0], "{version}: an older SQLite crept in");
        let loose: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM pragma_table_list
             WHERE schema = 'main' AND strict = 0 AND type = 'table'
               AND name NOT LIKE 'sqlite%' AND name <> '_sqlx_migrations'",
        )
        .fetch_all(&mut raw)
        .await
        .unwrap();
        assert!(loose.is_empty(), "not strict: {loose:?}");
    });
}

#[test]
fn a_postgres_that_is_not_there_is_named() {
    in_folder(async |folder| {
        let text = refused("postgres://bot:hunter2@127.0.0.1:9/bot", folder).await;
        assert!(text.starts_with("PostgreSQL at 127.0.0.1:9 cannot be reached: "), "{text}");
        assert!(text.ends_with("; check host, port and that the server runs"), "{text}");
    });
}

#[test]
fn a_postgres_that_says_no_is_quoted() {
    on_cluster("a_postgres_that_says_no_is_quoted", async |cluster, url| {
        let nobody = url.replace("countersign@", "stranger:hunter2@");
        let text = refused(&nobody, Path::new("/nowhere")).await;
        assert!(
            text.contains("refused the user stranger: role \"stranger\" does not exist"),
            "{text}"
        );
        assert!(text.ends_with("; check user and password"), "{text}");
        let text = refused(&cluster.url("nothing"), Path::new("/nowhere")).await;
        assert!(
            text.ends_with(
                r#"has no database "nothing"; create it with: CREATE DATABASE "nothing""#
            ),
            "{text}"
        );
    });
}

#[test]
fn a_postgres_database_of_a_newer_version_is_left_alone() {
    let name = "a_postgres_database_of_a_newer_version_is_left_alone";
    on_cluster(name, async |_, url| {
        SqlStore::open(&url).await.unwrap().close().await;
        let mut newer = sqlx::PgConnection::connect(&url).await.unwrap();
        let insert = AssertSqlSafe(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9001, 'later', TRUE, '\\x00', 0)"
                .to_owned(),
        );
        newer.execute(insert).await.unwrap();
        let text = refused(&url, Path::new("/nowhere")).await;
        assert!(text.contains(NEWER) && text.ends_with("(nothing was changed)"), "{text}");
    });
}

#[test]
fn replicas_may_start_on_one_new_postgres_database() {
    on_cluster("replicas_may_start_on_one_new_postgres_database", async |_, url| {
        let opens = (0..4).map(|_| {
            let url = url.clone();
            tokio::spawn(async move { SqlStore::open(&url).await.map(drop) })
        });
        for open in opens.collect::<Vec<_>>() {
            open.await.unwrap().unwrap();
        }
    });
}
