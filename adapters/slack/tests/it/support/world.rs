//! The bot and its surroundings.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::conversation::{Engine, Parts};
use countersign::digest::Digest;
use countersign::directory::{
    Account, Client, Device, DeviceClass, LogOn, Pathway, People, Person, Platform,
    Product as Name, Role, Script,
};
use countersign::ids::{ClientId, DeviceId, PersonId, WorkerId};
use countersign::policy::Rule;
use countersign::ports::{Chat, ChatError, RunPlaces, SyncBatch, SystemClock};
use countersign_simulator::slack::{
    APP_TOKEN, BOT_TOKEN, FakeSlack, Message, Options, SIGNING_SECRET,
};
use countersign_slack::{Config, Mode, Slack};
use countersign_sql::{Key, SqlStore, SqlVault};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use super::planner::Sentences;
use super::product::Product;

const LEASE: Duration = Duration::from_secs(30);

/// What differs from the usual.
pub struct Setup {
    pub mode: Mode,
    pub slack: Options,
    pub change: fn(&mut Config),
    pub rules: fn() -> Vec<Rule>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { mode: Mode::Http, slack: Options::default(), change: |_| {}, rules: Vec::new }
    }
}

pub struct World {
    pub slack: FakeSlack,
    pub bot: Slack,
    pub engine: Arc<Engine>,
    pub store: Arc<SqlStore>,
    pub product: Arc<Product>,
    pub chat: Arc<dyn Chat>,
    /// Where the bot's routes are, in HTTP mode.
    pub base: String,
    worker: WorkerId,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    config: Config,
    rules: fn() -> Vec<Rule>,
    folder: Option<TempDir>,
}

impl World {
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// ana asks, ben and cleo approve, dan is somebody else's guest until a test says otherwise.
    pub async fn with(setup: Setup) -> Self {
        let slack = FakeSlack::start(setup.slack).await.unwrap();
        for (id, name) in [("U1", "ana"), ("U2", "ben"), ("U3", "cleo"), ("U9", "nobody")] {
            slack.add_user(id, name);
        }
        let mut config = Config::new(BOT_TOKEN.into());
        config.mode = setup.mode;
        config.app_token = Some(APP_TOKEN.into());
        config.signing_secret = Some(SIGNING_SECRET.into());
        config.api_url = Some(slack.api_url());
        config.post_every = Duration::from_millis(1);
        (setup.change)(&mut config);
        let folder = tempfile::tempdir().unwrap();
        Self::on(slack, config, Arc::new(Product::default()), folder, setup.rules).await
    }

    async fn on(
        slack: FakeSlack,
        config: Config,
        product: Arc<Product>,
        folder: TempDir,
        rules: fn() -> Vec<Rule>,
    ) -> Self {
        let url = format!("sqlite:{}", folder.path().join("bot.db").display());
        let store = Arc::new(SqlStore::open(&url).await.unwrap());
        let engine = Engine::new(Parts {
            store: Arc::clone(&store) as _,
            providers: vec![product.clone()],
            planner: Arc::new(Sentences),
            people: people(config.install.is_some()),
            rules: rules(),
            caps: Default::default(),
            calendars: Vec::new(),
            rollout: None,
            channels: Vec::new(),
            clock: Arc::new(SystemClock),
        });
        let engine = Arc::new(engine.await.unwrap());
        engine.store().save_sync(Name::Rmm, &fleet(), engine.now()).await.unwrap();
        engine.refresh().await.unwrap();
        let vault = Arc::new(vault_of(&store));
        let bot = Slack::new(config.clone(), Arc::clone(&engine), Some(vault)).unwrap();
        let (stop, stopped) = watch::channel(false);
        let mut tasks = Vec::new();
        let mut base = String::new();
        match config.mode {
            Mode::Http => {
                let listener =
                    tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                base = format!("http://{}", listener.local_addr().unwrap());
                let routes = bot.routes();
                tasks.push(tokio::spawn(
                    async move { axum::serve(listener, routes).await.unwrap() },
                ));
                slack.deliver_by_http(&base);
            }
            Mode::Socket => {
                slack.deliver_by_socket();
                let bot = bot.clone();
                tasks.push(tokio::spawn(async move { bot.listen(stopped).await }));
            }
        }
        engine.read_groups_from(vec![bot.groups()]);
        let worker = WorkerId::fresh();
        let chat = bot.chat();
        Self {
            slack,
            bot,
            engine,
            store,
            product,
            chat,
            base,
            worker,
            stop,
            tasks,
            config,
            rules,
            folder: Some(folder),
        }
    }

    /// Ends the bot as a crash would, and starts it anew on the same store.
    pub async fn restart(mut self) -> Self {
        self.tasks.iter().for_each(JoinHandle::abort);
        let folder = self.folder.take().unwrap();
        let (slack, config, product, rules) =
            (self.slack.clone(), self.config.clone(), self.product.clone(), self.rules);
        drop(self);
        Self::on(slack, config, product, folder, rules).await
    }

    /// Tells the bot to stop and waits until it has.
    pub async fn stop(mut self) {
        self.stop.send(true).unwrap();
        for task in self.tasks.drain(..) {
            if self.config.mode == Mode::Socket {
                tokio::time::timeout(Duration::from_secs(5), task).await.unwrap().unwrap();
            } else {
                task.abort();
            }
        }
    }

    /// Works until nothing is due.
    pub async fn work(&self) {
        for _ in 0..1_000 {
            let worked = self.step().await;
            let sent = self.send(self.engine.now()).await;
            if !worked && !sent {
                return;
            }
        }
        panic!("work did not come to an end");
    }

    async fn step(&self) -> bool {
        let store = self.engine.store();
        let mut any = false;
        while let Some(claimed) =
            store.claim_conversation(&self.worker, self.engine.now(), LEASE).await.unwrap()
        {
            self.engine.handle(claimed).await.unwrap();
            any = true;
        }
        while let Some(run) = store
            .claim_run(&self.worker, self.engine.now(), LEASE, RunPlaces::of_each(1))
            .await
            .unwrap()
        {
            let id = run.id.clone();
            self.engine.advance(run).await.unwrap();
            store.release_run(&id, &self.worker).await.unwrap();
            any = true;
        }
        any
    }

    pub async fn step_without_sending(&self) {
        while self.step().await {}
    }

    /// Another bot with a changed config; it listens nowhere.
    pub fn with_config(&self, change: impl FnOnce(&mut Config)) -> Slack {
        let mut config = self.config.clone();
        change(&mut config);
        Slack::new(config, Arc::clone(&self.engine), Some(Arc::new(self.vault()))).unwrap()
    }

    pub fn with_public_url(&self, url: &str) -> Slack {
        self.with_config(|config| config.public_url = Some(url.to_owned()))
    }

    pub fn vault(&self) -> SqlVault {
        vault_of(&self.store)
    }

    pub fn database(&self) -> PathBuf {
        self.folder.as_ref().unwrap().path().join("bot.db")
    }

    /// A browser that follows nothing by itself.
    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        let mut request = axum::http::Request::get(path);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        let response = self.bot.routes().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// The store goes away.
    pub async fn break_store(&self) {
        self.store.close().await;
    }

    /// Sends what waits at `now`; waits of messages are skipped by moving `now` on.
    pub async fn send(&self, now: Timestamp) -> bool {
        let store = self.engine.store();
        let batch = store.claim_outbox(Platform::Slack, now, LEASE, 50).await.unwrap();
        let any = !batch.is_empty();
        for outgoing in batch {
            let sent = match &outgoing.posted {
                None => self.chat.post(&outgoing).await,
                Some(posted) => self.chat.edit(&outgoing, posted).await.map(|()| posted.clone()),
            };
            match sent {
                Ok(external) => store.sent(&outgoing, &external, now).await.unwrap(),
                Err(ChatError::Later { wait, detail, .. }) => {
                    let at = now + SignedDuration::try_from(wait).unwrap();
                    store.not_sent(&outgoing, Some(at), &detail).await.unwrap();
                }
                Err(error @ ChatError::Refused { .. }) => {
                    store.not_sent(&outgoing, None, &error.to_string()).await.unwrap();
                }
            }
        }
        any
    }

    // --- what tests do all the time

    /// ana asks for a cleanup of fs01; gives the thread and the card.
    pub async fn card(&self) -> (String, Message) {
        let said = self.slack.mention("U1", "C1", "clean fs01", None).await;
        assert!(said.delivered.acked, "{said:?}");
        self.work().await;
        let thread = self.slack.thread("C1", &said.ts);
        assert_eq!(thread.len(), 1, "{thread:?}");
        (said.ts, thread[0].clone())
    }

    /// What `user` was told last and nobody else saw.
    pub async fn whispered(&self, user: &str) -> String {
        let slack = self.slack.clone();
        let user = user.to_owned();
        eventually(move || slack.ephemerals(&user).last().map(|it| it.shown())).await
    }

    pub async fn modal(&self, user: &str) -> countersign_simulator::slack::Modal {
        let slack = self.slack.clone();
        let user = user.to_owned();
        eventually(move || slack.modal(&user)).await
    }

    pub fn ran(&self) -> Vec<String> {
        self.product.ran.lock().unwrap().clone()
    }
}

/// What a browser gets.
pub struct Answer {
    pub status: u16,
    headers: axum::http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }
}

fn vault_of(store: &Arc<SqlStore>) -> SqlVault {
    SqlVault::new(Arc::clone(store), Key::parse(&"ab".repeat(32).into()).unwrap())
}

/// Waits for what happens outside of the way of an acknowledgement.
pub async fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "it did not happen within 5 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// With `others`, two of another workspace as well.
fn people(others: bool) -> People {
    let person = |name: &str, slack: &str, roles: &[Role]| Person {
        id: PersonId::new(name.to_lowercase()),
        name: name.into(),
        email: None,
        roles: roles.to_vec(),
        client: None,
        accounts: vec![Account { platform: Platform::Slack, id: slack.into() }],
    };
    let mut people = vec![
        person("Ana", "U1", &[Role::Technician]),
        person("Ben", "U2", &[Role::Approver]),
        person("Cleo", "U3", &[Role::Manager]),
    ];
    if others {
        people.push(person("Eve", "T2/U5", &[Role::Technician]));
        people.push(person("Fay", "T2/U6", &[Role::Approver]));
    }
    People::new(people)
}

fn fleet() -> SyncBatch {
    let now = Timestamp::now();
    let client = |id: &str, name: &str| Client {
        id: ClientId::new(id),
        name: name.into(),
        rmm: Some(id.into()),
        automate: None,
    };
    let device = |id: &str, name: &str, client: &str, class| Device {
        id: DeviceId::new(id),
        name: name.into(),
        friendly_name: None,
        client: ClientId::new(client),
        site: None,
        class,
        os: None,
        model: None,
        serial: None,
        bios_uuid: None,
        rmm: Some(Pathway {
            id: format!("rmm-{id}"),
            online: Some(true),
            seen_at: Some(now),
            name: None,
        }),
        automate: None,
        control: None,
        log_ons: vec![LogOn { user: "mlopez".into(), at: Some(now) }],
        read_at: now,
    };
    SyncBatch {
        clients: vec![client("c1", "Acme Logistics"), client("c2", "Bluegum & Sons")],
        devices: vec![
            device("d1", "FS01", "c1", DeviceClass::Server),
            device("d2", "MARIA-LT-01", "c2", DeviceClass::Laptop),
            device("d3", "<!channel>", "c2", DeviceClass::Desktop),
        ],
        scripts: vec![Script {
            product: Name::Rmm,
            id: "s1".into(),
            slug: "disk-cleanup".into(),
            name: "Disk Cleanup".into(),
            description: "Removes old temporary files.".into(),
            schema: Some(json!({
                "type": "object",
                "required": ["days"],
                "properties": {
                    "days": { "type": "integer", "title": "Older than, days", "minimum": 1, "maximum": 365 },
                    "drive": { "type": "string", "enum": ["C:", "D:"] },
                    "dry_run": { "type": "boolean" },
                    "password": { "type": "string", "description": "For the share." },
                    "paths": { "type": "array", "items": { "type": "string" } },
                },
            })),
            schema_broken: false,
            expected_secs: None,
            content: Digest::of(&json!("v1")),
        }],
        ..SyncBatch::default()
    }
}
