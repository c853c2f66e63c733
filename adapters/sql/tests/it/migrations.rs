//! Migrations meet tables with rows in them, and what an old version wrote is still read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use countersign::audit::{Link, Verifier};
use countersign::directory::Platform;
use countersign::ports::{ApprovalFilter, RunFilter, RunPlaces, Store, TrialFilter};
use countersign::trial::Did;
use countersign_sql::SqlStore;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::harness::samples::*;
use crate::harness::{on_cluster, runtime};

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// The rows that version `version` could have written, in words both databases know.
fn sample(version: i64) -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/samples/{version:04}.sql"));
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("migration {version} brings no sample rows: {}: {error}", path.display())
    })
}

fn versions(migrations: &Migrator) -> Vec<(i64, String)> {
    migrations.iter().map(|it| (it.version, it.description.clone().into_owned())).collect()
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(versions(&SQLITE), versions(&POSTGRES));
    let numbers: Vec<i64> = SQLITE.iter().map(|it| it.version).collect();
    assert_eq!(numbers, (1..=i64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
    // The folder says what a build without a rebuild might have missed.
    for (folder, migrations) in [("sqlite", &SQLITE), ("postgres", &POSTGRES)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(folder);
        assert_eq!(fs::read_dir(path).unwrap().count(), migrations.iter().count(), "{folder}");
    }
}

#[test]
fn sqlite_migrations_replay_on_tables_with_rows() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let path = folder.path().join("a.db").display().to_string();
        let create = format!("sqlite:{path}?mode=rwc");
        let mut raw = sqlx::SqliteConnection::connect(&create).await.unwrap();
        for (version, _) in versions(&SQLITE) {
            SQLITE.run_to(version, &mut raw).await.unwrap();
            raw.execute(sqlx::raw_sql(AssertSqlSafe(sample(version)))).await.unwrap();
        }
        raw.close().await.unwrap();
        still_read(SqlStore::open(&format!("sqlite:{path}")).await.unwrap()).await;
    });
}

#[test]
fn postgres_migrations_replay_on_tables_with_rows() {
    on_cluster("postgres_migrations_replay_on_tables_with_rows", async |_, url| {
        let mut raw = sqlx::PgConnection::connect(&url).await.unwrap();
        for (version, _) in versions(&POSTGRES) {
            POSTGRES.run_to(version, &mut raw).await.unwrap();
            raw.execute(sqlx::raw_sql(AssertSqlSafe(sample(version)))).await.unwrap();
        }
        still_read(SqlStore::open(&url).await.unwrap()).await;
    });
}

/// Every row of the samples through the store.
async fn still_read(store: SqlStore) {
    let claimed = store.claim_conversation(&worker("w"), at(9_999), LEASE).await.unwrap().unwrap();
    assert_eq!(claimed.events.len(), 2);
    assert!(claimed.context.question.is_some());
    let approvals = store.approvals(&ApprovalFilter::default()).await.unwrap();
    assert!(!approvals.is_empty());
    let runs = store.runs(&RunFilter::default()).await.unwrap();
    assert!(!runs.is_empty());
    store.claim_run(&worker("w"), at(9_999), LEASE, RunPlaces::of_each(1)).await.unwrap().unwrap();
    let lines = store.transcript(&claimed.id, Some(&person("ben")), 100).await.unwrap();
    assert!(lines.len() >= 3, "{lines:?}");
    let out = store.claim_outbox(Platform::Console, at(9_999), LEASE, 10).await.unwrap();
    assert_eq!(out.len(), 1);
    let policies = store.policies().await.unwrap();
    assert_eq!((policies.set.len(), policies.halts.len()), (2, 1));
    let trials = store.trials(&TrialFilter::default()).await.unwrap();
    assert_eq!(trials[0].said.as_ref().map(|said| said.did), Some(Did::JustThis));
    assert_eq!(policies.book.map(|book| book.version), Some(1));
    assert_eq!(store.open_standing_grants().await.unwrap().len(), 1);
    let directory = store.directory().await.unwrap();
    assert_eq!((directory.devices().len(), directory.scripts().len()), (1, 1));
    assert_eq!((directory.clients().len(), directory.sites().len()), (2, 1));
    assert_eq!(directory.clients()[0].automate.as_deref(), Some("12"));
    assert!(directory.synced_at.is_some());
    let mut verifier = Verifier::default();
    let entries = store.audit(0, 100).await.unwrap();
    for entry in &entries {
        verifier.check(entry).unwrap();
    }
    // Those of before there were salts are proven as well.
    let links: Vec<Link> = entries.iter().map(Link::of).collect();
    assert_eq!(store.audit_links(0, 100).await.unwrap(), links);
    assert_eq!(store.last_signed_head().await.unwrap().unwrap().size, 1);
    let (seq, hash) = store.audit_head().await.unwrap();
    assert!(verifier.finish(seq, &hash).unwrap() > 0);
}

/// The words of the check constraints are those of the core, no more and no fewer.
#[test]
fn the_states_of_the_tables_are_those_of_the_core() {
    let wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::from([
        ("approval", vec!["waiting", "approved", "denied", "expired", "withdrawn", "voided"]),
        ("standing_grant", vec!["proposed", "active", "used_up", "ended"]),
        (
            "run",
            vec![
                "granted",
                "dispatching",
                "doubtful",
                "accepted",
                "running",
                "succeeded",
                "failed",
                "partly_failed",
                "timed_out",
                "not_sent",
                "asked_a_person",
            ],
        ),
    ]);
    for migrations in [&SQLITE, &POSTGRES] {
        let sql: String = migrations.iter().map(|it| it.sql.as_str()).collect();
        for (table, states) in &wanted {
            let table = sql.split(&format!("CREATE TABLE {table} (")).nth(1).unwrap();
            let list = table.split("CHECK (state IN").nth(1).unwrap();
            let list = list.split("))").next().unwrap();
            let words: Vec<&str> = list.split('\'').skip(1).step_by(2).collect();
            assert_eq!(&words, states);
        }
    }
}
