//! How long a claim takes of 10,000 runs that are due, of 50 clients and three products: while there are places, and
//! when there is none left.
//!
//! Prints percentiles; asserts nothing about time. `cargo bench --bench claim`, on PostgreSQL with
//! `COUNTERSIGN_BENCH_STORE=postgres://…` (an empty database).

use std::time::{Duration, Instant};

use countersign::conversation::{Body, Inbound, Thread};
use countersign::directory::{Account, Platform, Product};
use countersign::ids::{CardKey, ClientId, DeviceId, PersonId, RequestId, RunId, WorkerId};
use countersign::plan::{Call, Target};
use countersign::ports::{Change, RunPlaces, Store as _, Write};
use countersign::run::{Authority, Marker, Run, State, Trace};
use countersign::tool::{Effect, ToolName};
use countersign_sql::SqlStore;
use jiff::Timestamp;

const RUNS: u32 = 10_000;
const CLIENTS: u32 = 50;

/// Claims of each measurement.
const CLAIMS: u32 = 300;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = format!("sqlite:{}", folder.path().join("bench.db").display());
    let url = std::env::var("COUNTERSIGN_BENCH_STORE").unwrap_or(file);
    let store = SqlStore::open(&url).await.expect("a store");
    store.accept(&message()).await.expect("the store works");
    for first in (0..RUNS).step_by(500) {
        let new = |number| Write::RunNew(Box::new(run(number)));
        let writes = (first..first + 500).map(new).collect();
        store.commit(Change { writes, audit: vec![] }).await.expect("the store works");
    }
    let (free, full) = (RunPlaces::of_each(u32::MAX), RunPlaces::of_each(1));
    for (places, label) in [(free, "with places free"), (full, "with all places taken")] {
        let mut took = Vec::new();
        for _ in 0..CLAIMS {
            let worker = WorkerId::new("w");
            let began = Instant::now();
            let lease = Duration::from_secs(20);
            let claimed = store.claim_run(&worker, Timestamp::UNIX_EPOCH, lease, places).await;
            took.push(began.elapsed());
            let claimed = claimed.expect("the store works");
            assert_eq!(claimed.is_some(), places == free);
        }
        took.sort_unstable();
        let at = |share: usize| took[(took.len() - 1) * share / 100];
        println!(
            "claim of {RUNS} due, {label}: p50 {:?}, p99 {:?}, max {:?}",
            at(50),
            at(99),
            at(100)
        );
    }
}

fn message() -> Inbound {
    Inbound {
        event_id: "event".into(),
        thread: thread(),
        account: Account { platform: Platform::Console, id: "ana".into() },
        body: Body::Text("run disk cleanup".into()),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn thread() -> Thread {
    Thread { platform: Platform::Console, channel: "desk".into(), thread: "main".into() }
}

fn run(number: u32) -> Run {
    let product = Product::ALL[number as usize % 3];
    let target = Target {
        device: DeviceId::new(format!("d{number}")),
        name: format!("PC-{number}"),
        client: ClientId::new(format!("c{}", number % CLIENTS)),
        client_name: "Acme".into(),
        site_name: None,
        server: false,
        online: Some(true),
        user: None,
        rmm: None,
        automate: None,
        control: None,
        why: vec![],
        from_outside: false,
        called: None,
        also: vec![],
    };
    let call = Call {
        tool: ToolName::new(format!("{}:disk-cleanup", product.provider())),
        title: "Disk Cleanup".into(),
        product,
        effect: Effect::Write,
        arguments: serde_json::Map::new(),
        targets: vec![target],
        client: None,
        script: None,
        instead_of: None,
        start: None,
        canary: None,
        warn_mins: None,
        spread: None,
    };
    let id = RunId::new(format!("run-{number:05}"));
    Run {
        request: RequestId::new(format!("r{number}")),
        conversation: thread().conversation(),
        requester: PersonId::new("ana"),
        authority: Authority::Auto { reason: "auto".into(), asked: "run disk cleanup".into() },
        step: 0,
        parent: None,
        rest: vec![],
        digest: call.digest(),
        call,
        marker: Marker::of(&id),
        facts: vec![],
        card: CardKey::new(format!("run-{id}")),
        state: State::Granted,
        trace: Trace::default(),
        created_at: Timestamp::UNIX_EPOCH,
        due_at: Some(Timestamp::UNIX_EPOCH),
        version: 1,
        id,
    }
}
