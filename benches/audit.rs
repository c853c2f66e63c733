//! How many audit entries a second become durable, and how long it takes to prove that a million of them are whole.
//!
//! Prints; asserts nothing about time. `cargo bench --bench audit`.

use std::sync::Arc;
use std::time::Instant;

use countersign::audit::{Check, NewEntry, Notary, Signer};
use countersign::ports::{Change, Store as _};
use countersign_sql::SqlStore;
use serde_json::json;

/// Appended one commit each by this many tasks at once: conversations and runs that go on side by side.
const TASKS: i64 = 64;
const PER_TASK: i64 = 500;

const ENTRIES: i64 = 1_000_000;

/// Entries of one commit while the log is filled, which is not measured.
const FILL: i64 = 5_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let store = Arc::new(SqlStore::open(&url).await.expect("a store"));

    let began = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in 0..PER_TASK {
                    append(&store, task * PER_TASK + number, 1).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task");
    }
    let took = began.elapsed();
    let count = TASKS * PER_TASK;
    let rate = count as f64 / took.as_secs_f64();
    println!("append on SQLite, one entry a commit, {TASKS} at once: {rate:.0} entries/s");

    // What one event leaves: request, verdict, question.
    let began = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in 0..PER_TASK / 5 {
                    append(&store, count + task * PER_TASK + number, 3).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task");
    }
    let rate = (TASKS * (PER_TASK / 5) * 3) as f64 / began.elapsed().as_secs_f64();
    println!("append on SQLite, three entries a commit, {TASKS} at once: {rate:.0} entries/s");

    let (mut seq, _) = store.audit_head().await.expect("a head");
    while seq < ENTRIES {
        let more = FILL.min(ENTRIES - seq);
        append(&store, seq, more).await;
        seq += more;
    }

    let began = Instant::now();
    let mut check = Check::default();
    let checked = check.go_on(store.as_ref(), i64::MAX).await.expect("the store works");
    checked.expect("a whole log");
    println!("verify on SQLite, {} entries: {:?}", check.upto(), began.elapsed());

    let notary = Notary::new(
        store.clone(),
        Signer::open(&Signer::new_key().expect("random numbers")).expect("a key"),
    );
    notary.head(jiff::Timestamp::now()).await.expect("a head");
    let began = Instant::now();
    notary.prove(ENTRIES / 3, jiff::Timestamp::now()).await.expect("a proof");
    println!("prove an entry of these, the log being checked: {:?}", began.elapsed());
}

async fn append(store: &SqlStore, first: i64, count: i64) {
    let entry = |number: i64| NewEntry {
        at: jiff::Timestamp::now(),
        actor: "countersign".into(),
        kind: "verdict",
        subject: json!({ "request": format!("{number:032x}"), "tool": "connectwise_rmm:cw-rmm-script-disk-cleanup", "verdict": "ask" }),
        text: "ask: Disk Cleanup on MARIA-LT-01 (Bluegum Vet) (default policy: approval needed)"
            .into(),
        client: Some("client-1".into()),
    };
    let change = Change { writes: vec![], audit: (first..first + count).map(entry).collect() };
    store.commit(change).await.expect("the store works");
}
