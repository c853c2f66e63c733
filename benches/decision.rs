//! How long a click takes until the decision is durable, while a thousand approvals wait: taken into the inbox, claimed
//! by a worker, checked, and committed together with the run it grants and the audit entries.
//!
//! The approvals are asked for in a thousand threads, as people would. Prints percentiles; asserts nothing about
//! time. `cargo bench --bench decision`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::approval::Approval;
use countersign::conversation::{Body, Inbound, Thread};
use countersign::directory::{Account, Platform};
use countersign::ports::{ApprovalFilter, Store as _, SystemClock};
use countersign::reply::Action;
use countersign_app::bot::Bot;
use countersign_app::{config, refresh};
use countersign_simulator::{Options, Simulator};

const OPEN: u32 = 1_000;

const CLICKS: usize = 300;

/// Between two clicks: 20 a second is more than any desk has.
const EVERY: Duration = Duration::from_millis(50);

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    countersign_app::install_crypto();
    let simulator = Simulator::start(Options::default()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (id, secret) = simulator.world().credentials();
    let toml = format!(
        "[store]\nurl = \"sqlite:{}\"\n\
         [connectwise_rmm]\nclient_id = \"{id}\"\nclient_secret = \"{secret}\"\nbase_url = \"{}\"\n\
         [[people]]\nname = \"ana\"\nroles = [\"technician\"]\n\
         [[people]]\nname = \"ben\"\nroles = [\"approver\"]\n\
         [[rules]]\ntool = \"*\"\nquorum = 1\n",
        folder.path().join("bench.db").display(),
        simulator.rmm_url(),
    );
    let config = config::read(&toml, std::iter::empty()).expect("a valid config");
    let bot = Bot::start(config, Arc::new(SystemClock)).await.expect("the bot starts");
    for provider in bot.engine.providers() {
        refresh::sync(&bot.engine, provider.as_ref(), |_| {}).await.expect("the sync works");
    }
    for number in 0..OPEN {
        let text = Body::Text("run disk cleanup on maria-lt-01".into());
        bot.engine.receive(&event(number, "ana", text)).await.expect("the inbox takes it");
    }
    bot.workers.drain().await.expect("the store works");
    let filter = ApprovalFilter { state: Some("waiting"), limit: OPEN, ..Default::default() };
    let open = bot.store.approvals(&filter).await.expect("approvals");
    println!("{} approvals wait", open.len());

    let (stop, stopped) = tokio::sync::watch::channel(false);
    let serving = tokio::spawn(Arc::clone(&bot.workers).serve(bot.store.changes(), stopped));
    let mut took = Vec::with_capacity(CLICKS);
    for (number, approval) in (OPEN..).zip(open.iter().take(CLICKS)) {
        tokio::time::sleep(EVERY).await;
        took.push(click(&bot, number, approval).await);
    }
    stop.send(true).expect("the workers listen");
    serving.await.expect("the workers end");
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 1_000];
    println!(
        "click to durable decision on SQLite, {} clicks: p50 {:?}, p99 {:?}, max {:?}",
        took.len(),
        at(500),
        at(990),
        at(1_000)
    );
}

/// Ben approves; the time until the store says so.
async fn click(bot: &Bot, number: u32, approval: &Approval) -> Duration {
    let mut changes = bot.store.changes();
    let action = Action::Approve {
        approval: approval.id.clone(),
        seen: approval.digest.clone(),
        steps: None,
    };
    let event = event(number, "ben", Body::Click(action));
    let clicked = Instant::now();
    bot.engine.receive(&event).await.expect("the inbox takes it");
    loop {
        // Which commit it was that this tells of is seen by reading.
        changes.recv().await.ok();
        let now = bot.store.approval(&approval.id).await.expect("the store works");
        if now.expect("it is there").state.key() == "approved" {
            return clicked.elapsed();
        }
    }
}

fn event(number: u32, person: &str, body: Body) -> Inbound {
    Inbound {
        event_id: format!("event-{number}"),
        thread: Thread {
            platform: Platform::Console,
            channel: "console".into(),
            thread: (number % OPEN).to_string(),
        },
        account: Account { platform: Platform::Console, id: person.into() },
        body,
        at: jiff::Timestamp::now(),
    }
}
