//! How long it takes until a message is durable and may be acknowledged: at a steady 500 messages a second,
//! and when far more arrive than the disk keeps up with.
//!
//! Prints percentiles; asserts nothing about time. `cargo bench --bench inbox`.

use std::time::{Duration, Instant};

use countersign::conversation::{Body, Inbound, Thread};
use countersign::directory::{Account, Platform};
use countersign::ports::{Accepted, Store as _};
use countersign_sql::SqlStore;

const PER_SECOND: u32 = 500;
const SECONDS: u32 = 10;

/// The second measurement: this many a second, which nobody keeps up with.
const FLOOD_PER_SECOND: u32 = 50_000;

/// Conversations that the messages belong to.
const THREADS: u32 = 50;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(PER_SECOND, PER_SECOND * SECONDS));
    runtime.block_on(measure(FLOOD_PER_SECOND, FLOOD_PER_SECOND));
}

async fn measure(per_second: u32, messages: u32) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let store = std::sync::Arc::new(SqlStore::open(&url).await.expect("a store"));
    let began = Instant::now();
    let mut tasks = Vec::new();
    for number in 0..messages {
        let due = began + Duration::from_secs(1) * number / per_second;
        tokio::time::sleep_until(due.into()).await;
        let store = std::sync::Arc::clone(&store);
        tasks.push(tokio::spawn(async move {
            let message = message(number);
            let sent = Instant::now();
            let accepted = store.accept(&message).await.expect("the store works");
            assert_eq!(accepted, Accepted::New);
            sent.elapsed()
        }));
    }
    let mut took = Vec::with_capacity(tasks.len());
    for task in tasks {
        took.push(task.await.expect("a task"));
    }
    let rate = f64::from(messages) / began.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 1_000];
    println!(
        "inbox on SQLite, {per_second} messages/s offered, {rate:.0} taken: p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}",
        at(500),
        at(990),
        at(999),
        at(1_000)
    );
}

fn message(number: u32) -> Inbound {
    Inbound {
        event_id: format!("event-{number}"),
        thread: Thread {
            platform: Platform::Slack,
            channel: "C1".into(),
            thread: (number % THREADS).to_string(),
        },
        account: Account { platform: Platform::Slack, id: "U1".into() },
        body: Body::Text("run disk cleanup on Maria's laptop".into()),
        at: jiff::Timestamp::now(),
    }
}
