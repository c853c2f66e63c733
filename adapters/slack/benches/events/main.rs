//! Events in HTTP mode: from the signed request to the posted answer, with the durable store in between.
//!
//! `cargo bench -p countersign-slack` runs the bot as a process of its own, so that its memory is its own, and
//! plays Slack from this one. `EVENTS` (default 5000), `CHANNELS` (500) and `AT_ONCE` (64) change the load;
//! `WORK=0` takes events in and answers none. `BOLT=benches/bolt/bot.mjs` measures Bolt for
//! JavaScript with the same load instead (`npm install` in its folder first): the ratio tells more than a rate,
//! which is the machine's as well.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

#[path = "../../tests/it/support/planner.rs"]
mod planner;
mod rig;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use countersign::conversation::{Engine, Parts};
use countersign::directory::{Account, People, Person, Platform, Role};
use countersign::ids::{PersonId, WorkerId};
use countersign::ports::{Chat, ChatError, Outgoing, Store, SystemClock};
use countersign_simulator::slack::{BOT_TOKEN, FakeSlack, Options, SIGNING_SECRET};
use countersign_slack::{Config, Mode, Slack};
use countersign_sql::SqlStore;
use jiff::SignedDuration;
use mimalloc::MiMalloc;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::{Semaphore, broadcast};

use rig::{Answers, Sender};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Conversations that are worked on at once, and messages on their way.
const AT_ONCE: usize = 256;

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, role, api, folder] if role == "bot" => runtime.block_on(bot(api, Path::new(folder))),
        // `cargo test --benches` only wants to know that it starts.
        _ if arguments.iter().any(|it| it == "--test") => {}
        _ => runtime.block_on(measure()),
    }
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(default)
}

// --- the bot

async fn bot(api: &str, folder: &Path) {
    let store = Arc::new(
        SqlStore::open(&format!("sqlite:{}", folder.join("bot.db").display())).await.unwrap(),
    );
    let changes = store.change_sender();
    let people = People::new(vec![Person {
        id: PersonId::new("ana"),
        name: "Ana".into(),
        email: None,
        roles: vec![Role::Technician],
        client: None,
        accounts: vec![Account { platform: Platform::Slack, id: "U1".into() }],
    }]);
    let engine = Engine::new(Parts {
        store,
        providers: Vec::new(),
        planner: Arc::new(planner::Sentences),
        people,
        rules: Vec::new(),
        caps: Default::default(),
        calendars: Vec::new(),
        rollout: None,
        channels: Vec::new(),
        clock: Arc::new(SystemClock),
    });
    let engine = Arc::new(engine.await.unwrap());
    let mut config = Config::new(BOT_TOKEN.into());
    config.mode = Mode::Http;
    config.signing_secret = Some(SIGNING_SECRET.into());
    config.api_url = Some(api.to_owned());
    config.post_every = Duration::ZERO;
    let slack = Slack::new(config, Arc::clone(&engine), None).unwrap();
    if setting("WORK", 1) > 0 {
        tokio::spawn(turns(Arc::clone(&engine), changes.subscribe()));
        tokio::spawn(outbox(Arc::clone(&engine), slack.chat(), changes.subscribe()));
    }
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, slack.routes()).await.unwrap();
}

/// What the workers of the application do, without leases to prolong and errors to outlive.
async fn turns(engine: Arc<Engine>, mut changes: broadcast::Receiver<()>) {
    let worker = WorkerId::fresh();
    let store = Arc::clone(engine.store());
    let room = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let free = free(&room).await;
        let lease = Duration::from_secs(30);
        let claims = store.claim_conversations(&worker, engine.now(), lease, free).await.unwrap();
        if claims.is_empty() {
            told(&mut changes).await;
        }
        for claimed in claims {
            let place = Arc::clone(&room).acquire_owned().await.unwrap();
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                engine.handle(claimed).await.unwrap();
                drop(place);
            });
        }
    }
}

async fn outbox(engine: Arc<Engine>, chat: Arc<dyn Chat>, mut changes: broadcast::Receiver<()>) {
    let store = Arc::clone(engine.store());
    let room = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let free = free(&room).await;
        let lease = Duration::from_secs(60);
        let messages =
            store.claim_outbox(Platform::Slack, engine.now(), lease, free).await.unwrap();
        if messages.is_empty() {
            told(&mut changes).await;
        }
        for outgoing in messages {
            let place = Arc::clone(&room).acquire_owned().await.unwrap();
            let (engine, store, chat) =
                (Arc::clone(&engine), Arc::clone(&store), Arc::clone(&chat));
            tokio::spawn(async move {
                send(&engine, &store, &chat, &outgoing).await;
                drop(place);
            });
        }
    }
}

/// Waits for a free place and tells how many there are.
async fn free(room: &Semaphore) -> u32 {
    drop(room.acquire().await.unwrap());
    u32::try_from(room.available_permits()).unwrap()
}

async fn told(changes: &mut broadcast::Receiver<()>) {
    let _ = tokio::time::timeout(Duration::from_millis(20), changes.recv()).await;
    while let Ok(()) | Err(TryRecvError::Lagged(_)) = changes.try_recv() {}
}

async fn send(engine: &Engine, store: &Arc<dyn Store>, chat: &Arc<dyn Chat>, outgoing: &Outgoing) {
    match chat.post(outgoing).await {
        Ok(external) => store.sent(outgoing, &external, engine.now()).await.unwrap(),
        Err(ChatError::Later { wait, detail, .. }) => {
            let at = engine.now() + SignedDuration::try_from(wait).unwrap();
            store.not_sent(outgoing, Some(at), &detail).await.unwrap();
        }
        Err(error) => panic!("{error}"),
    }
}

/// Processor time of a process so far, of user and system.
fn busy(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok());
    // Linux counts in hundredths of a second.
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

// --- Slack

struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bot {
    fn start(api: &str, folder: &Path) -> (Self, SocketAddr) {
        let (what, mut command) = match std::env::var_os("BOLT") {
            Some(script) => (script, Command::new("node")),
            None => ("bot".into(), Command::new(std::env::current_exe().unwrap())),
        };
        let mut child =
            command.arg(what).arg(api).arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        (Self(child), line.trim().parse().unwrap())
    }

    /// Processor time so far, of user and system.
    fn busy(&self) -> Duration {
        busy(&self.0.id().to_string())
    }

    /// A line of `/proc/…/status`, in MB.
    fn memory(&self, name: &str) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let kib: f64 = line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).unwrap_or(0.0);
        kib / 1024.0
    }
}

async fn measure() {
    let (events, channels, at_once) =
        (setting("EVENTS", 5_000), setting("CHANNELS", 500), setting("AT_ONCE", 64));
    let slack = FakeSlack::start(Options::default()).await.unwrap();
    slack.add_user("U1", "ana");
    let strict = slack.api_url().replace("http://", "");
    let strict = strict.split('/').next().unwrap().parse().unwrap();
    let answers = Answers::default();
    let api = rig::api(strict, answers.clone()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (bot, address) = Bot::start(&api, folder.path());
    let idle = bot.memory("VmRSS");
    let payloads: Arc<Vec<(String, String)>> = Arc::new(
        (0..events)
            .map(|index| {
                let channel = format!("C{}", 10 + index % channels);
                let payload = slack.mention_payload("U1", &channel, "hello", None);
                (payload["event"]["ts"].as_str().unwrap().to_owned(), payload.to_string())
            })
            .collect(),
    );
    let (began, busy_before, played_before) = (Instant::now(), bot.busy(), busy("self"));
    let next = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..at_once)
        .map(|_| {
            let (payloads, next) = (Arc::clone(&payloads), Arc::clone(&next));
            tokio::spawn(async move {
                let mut sender = Sender::to(address).await.unwrap();
                let mut took = Vec::new();
                while let Some((_, payload)) = payloads.get(next.fetch_add(1, Ordering::Relaxed)) {
                    took.push(sender.deliver(payload).await.unwrap().expect("acknowledged"));
                }
                took
            })
        })
        .collect();
    let mut took: Vec<Duration> = Vec::new();
    for sender in senders {
        took.extend(sender.await.unwrap());
    }
    let acked = began.elapsed();
    let each = |busy: Duration| busy.as_secs_f64() * 1_000.0 / events as f64;
    if setting("WORK", 1) == 0 {
        println!("acknowledged only  {:.0}/s", events as f64 / acked.as_secs_f64());
        println!("processor time     {:.2} ms per event", each(bot.busy() - busy_before));
        return;
    }
    wait_for(&answers, events).await;
    let (all, played) = (began.elapsed(), busy("self") - played_before);
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!("events             {events} in {channels} channels, {at_once} at once");
    println!("acknowledged       {:.0}/s", events as f64 / acked.as_secs_f64());
    println!("ack p50 p99 max    {:.1} ms  {:.1} ms  {:.1} ms", at(0.5), at(0.99), at(1.0));
    println!("asked to answered  {:.0}/s", events as f64 / all.as_secs_f64());
    let count =
        |test: fn(u32) -> bool| payloads.iter().filter(|it| test(answers.of(&it.0))).count();
    let (once, more, never) = (count(|it| it == 1), count(|it| it > 1), count(|it| it == 0));
    println!("answers            {once} once, {more} twice or more, {never} never");
    println!(
        "processor time     {:.3} ms per event, and {:.3} ms of sender and fake",
        each(bot.busy() - busy_before),
        each(played)
    );
    println!("memory of the bot  {idle:.0} MB idle, {:.0} MB at most", bot.memory("VmHWM"));
    assert_eq!((more, never), (0, 0));
}

/// Until all are answered, or nothing comes any more.
async fn wait_for(answers: &Answers, events: usize) {
    let (mut before, mut quiet_since) = (0, Instant::now());
    while (answers.count() as usize) < events && quiet_since.elapsed() < Duration::from_secs(20) {
        let now = answers.count();
        if now != before {
            (before, quiet_since) = (now, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
