//! A simulator, the provider under test, and words for what a test does with them.

use std::sync::Arc;
use std::time::Duration;

use countersign::directory::{Directory, Product, Script};
use countersign::ids::{CardKey, ClientId, ConversationId, DeviceId, PersonId, RequestId, RunId};
use countersign::plan::{Call, ClientTarget, Target};
use countersign::ports::{
    Answer, CallError, Change, Clock, Polled, Position, Provider, Started, SyncBatch, Write,
};
use countersign::reply::Block;
use countersign::run::{Authority, Grant, Handle, LookUp, Marker, Run, State, Trace};
use countersign::tool::{Tool, ToolName};
use countersign_rmm::{Config, Region, Rmm};
use countersign_simulator::rmm::Switches;
use countersign_simulator::{Fault, FaultKind, Options, Route, Simulator, World};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The simulator's time is the provider's time.
struct SimulatedClock(World);

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) world: World,
    pub(crate) rmm: Rmm,
}

impl Bench {
    /// A clock that stands still until it is moved.
    pub(crate) async fn start() -> Self {
        Self::with(Switches::default()).await
    }

    pub(crate) async fn with(switches: Switches) -> Self {
        Self::of(Options { rmm: switches, time_factor: 0, ..Options::default() }).await
    }

    /// A clock a hundred times as fast as ours: waits of seconds take milliseconds.
    pub(crate) async fn fast() -> Self {
        Self::of(Options { time_factor: 100, ..Options::default() }).await
    }

    pub(crate) async fn of(options: Options) -> Self {
        let began = "2026-09-01T03:00:00Z".parse().ok();
        let simulator = Simulator::start(Options { began, ..options }).await.unwrap();
        let world = simulator.world();
        let rmm = provider(&simulator, Region::Au, None);
        Self { simulator, world, rmm }
    }

    /// Another connection to the same product: it knows nothing of what the first found out.
    pub(crate) fn another(&self) -> Rmm {
        provider(&self.simulator, Region::Au, None)
    }

    pub(crate) fn tool(&self, short: &str) -> Tool {
        self.rmm
            .tools()
            .into_iter()
            .find(|tool| tool.name.short() == format!("cw-rmm-{short}"))
            .unwrap_or_else(|| panic!("no tool {short}"))
    }

    /// A call of a static tool.
    pub(crate) fn call(&self, short: &str, arguments: Value) -> Call {
        let tool = self.tool(short);
        let mut arguments = object(arguments);
        countersign::tool::schema::fill_defaults(&tool.schema, &mut arguments);
        let faults = countersign::tool::schema::check(&tool.schema, &arguments);
        assert!(faults.is_empty(), "{short}: {faults:?}");
        call_of(&tool, arguments)
    }

    pub(crate) fn target(&self, host: &str) -> Target {
        let endpoint = self.world.endpoint(host).unwrap();
        let company = endpoint.company_id.to_string();
        Target {
            device: DeviceId::first_seen("rmm", &endpoint.id.to_string()),
            name: endpoint.host,
            client: ClientId::new(format!("rmm:{company}")),
            client_name: endpoint.client,
            site_name: Some(endpoint.site),
            server: false,
            online: Some(endpoint.online),
            user: endpoint.user,
            rmm: Some(endpoint.id.to_string()),
            automate: None,
            control: None,
            why: Vec::new(),
            from_outside: false,
            called: None,
            also: Vec::new(),
        }
    }

    pub(crate) fn client(&self, name: &str) -> ClientTarget {
        let id = self.world.company_id(name).unwrap().to_string();
        ClientTarget {
            client: ClientId::new(format!("rmm:{id}")),
            name: name.to_owned(),
            rmm: Some(id),
            automate: None,
        }
    }

    /// The script tools as a sync makes them.
    pub(crate) async fn scripts(&self) -> Vec<Script> {
        let position = Position(r#"{"stage":"scripts"}"#.to_owned());
        self.rmm.sync(Some(&position)).await.unwrap().scripts
    }

    /// A call of a script's tool on `hosts`.
    pub(crate) async fn script_call(&self, slug: &str, arguments: Value, hosts: &[&str]) -> Call {
        let scripts = self.scripts().await;
        let script =
            scripts.iter().find(|it| it.slug == slug).unwrap_or_else(|| panic!("no script {slug}"));
        let tool = self.rmm.script_tool(script);
        let mut arguments = object(arguments);
        countersign::tool::schema::fill_defaults(&tool.schema, &mut arguments);
        let faults = countersign::tool::schema::check(&tool.schema, &arguments);
        assert!(faults.is_empty(), "{slug}: {faults:?}");
        let mut call = call_of(&tool, arguments);
        call.targets = hosts.iter().map(|host| self.target(host)).collect();
        call
    }

    pub(crate) async fn read(&self, short: &str, arguments: Value) -> Result<Answer, CallError> {
        self.rmm.read(&self.call(short, arguments)).await
    }

    pub(crate) async fn read_on(&self, short: &str, host: &str) -> Result<Answer, CallError> {
        let mut call = self.call(short, json!({}));
        call.targets = vec![self.target(host)];
        self.rmm.read(&call).await
    }

    pub(crate) async fn read_for(
        &self,
        short: &str,
        client: &str,
        arguments: Value,
    ) -> Result<Answer, CallError> {
        let mut call = self.call(short, arguments);
        call.client = Some(self.client(client));
        self.rmm.read(&call).await
    }

    /// Sends a write; the marker says how to find it again.
    pub(crate) async fn start_call(&self, call: &Call) -> (Marker, Result<Started, CallError>) {
        self.start_with_facts(call, &[]).await
    }

    pub(crate) async fn start_with_facts(
        &self,
        call: &Call,
        facts: &[&str],
    ) -> (Marker, Result<Started, CallError>) {
        let (marker, grant) = grant(call, facts, self.world.now());
        (marker, self.rmm.start(grant).await)
    }

    /// Starts a call that is expected to be accepted.
    pub(crate) async fn accepted(&self, call: &Call) -> (Marker, Handle) {
        let (marker, started) = self.start_call(call).await;
        match started.unwrap() {
            Started::Accepted { handle, .. } => (marker, handle),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn look_up(&self, call: &Call, marker: &Marker) -> LookUp {
        self.rmm.look_up(call, marker, self.world.now()).await
    }

    /// Moves time and polls until the work is over.
    pub(crate) async fn finish(&self, call: &Call, handle: &Handle) -> Polled {
        for _ in 0..100 {
            let polled = self.rmm.poll(call, handle).await.unwrap();
            if polled.ending.is_some() {
                return polled;
            }
            self.world.advance(Duration::from_secs(10));
        }
        panic!("the task does not come to an end");
    }

    /// All pieces of a sync.
    pub(crate) async fn sync(&self) -> Vec<SyncBatch> {
        sync(&self.rmm, None).await
    }

    /// A directory as a sync fills it, for names.
    pub(crate) async fn know_names(&self) -> Arc<Directory> {
        let mut all = SyncBatch::default();
        for batch in self.sync().await {
            all.clients.extend(batch.clients);
            all.sites.extend(batch.sites);
            all.devices.extend(batch.devices);
            all.scripts.extend(batch.scripts);
        }
        let directory =
            Arc::new(Directory::new(all.clients, all.sites, all.devices, all.scripts, None));
        let known = Arc::clone(&directory);
        self.rmm.names_from(move || Arc::clone(&known));
        directory
    }

    pub(crate) fn fault(&self, route: Route, kind: FaultKind) {
        self.world.fault(Fault::once(route, kind));
    }

    pub(crate) fn always(&self, route: Route, kind: FaultKind) {
        self.world.fault(Fault::always(route, kind));
    }

    /// Requests whose path has `part` in it.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.world.requests().iter().filter(|it| it.path.contains(part)).count()
    }
}

pub(crate) async fn sync(rmm: &Rmm, mut position: Option<Position>) -> Vec<SyncBatch> {
    let mut batches = Vec::new();
    loop {
        let batch = rmm.sync(position.as_ref()).await.unwrap();
        position = batch.next.clone();
        batches.push(batch);
        if position.is_none() {
            return batches;
        }
        assert!(batches.len() < 10_000, "the sync does not end");
    }
}

pub(crate) fn provider(simulator: &Simulator, region: Region, ticket_url: Option<&str>) -> Rmm {
    let world = simulator.world();
    let (client_id, client_secret) = world.credentials();
    provider_as(simulator, &client_id, &client_secret, region, ticket_url)
}

pub(crate) fn provider_as(
    simulator: &Simulator,
    client_id: &str,
    client_secret: &str,
    region: Region,
    ticket_url: Option<&str>,
) -> Rmm {
    let config = Config {
        client_id: client_id.to_owned(),
        client_secret: client_secret.to_owned().into(),
        region,
        base_url: Some(simulator.rmm_url()),
        ticket_url: ticket_url.map(str::to_owned),
    };
    Rmm::new(config, Arc::new(SimulatedClock(simulator.world()))).unwrap()
}

fn call_of(tool: &Tool, arguments: Map<String, Value>) -> Call {
    Call {
        instead_of: None,
        start: None,
        canary: None,
        warn_mins: None,
        spread: None,
        tool: ToolName::new(tool.name.as_str()),
        title: tool.title.clone(),
        product: Product::Rmm,
        effect: tool.effect,
        arguments,
        targets: Vec::new(),
        client: None,
        script: tool.script.clone(),
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// A grant as the core makes one, without a store.
fn grant(call: &Call, facts: &[&str], now: Timestamp) -> (Marker, Grant) {
    let id = RunId::fresh();
    let marker = Marker::of(&id);
    let run = Run {
        request: RequestId::fresh(),
        conversation: ConversationId::new("test/it/1"),
        requester: PersonId::new("ana"),
        authority: Authority::Auto { reason: "test".into(), asked: "test".into() },
        step: 0,
        parent: None,
        rest: Vec::new(),
        call: call.clone(),
        digest: call.digest(),
        marker: marker.clone(),
        facts: facts.iter().map(|it| (*it).to_owned()).collect(),
        card: CardKey::new("card"),
        state: State::Dispatching { since: now },
        trace: Trace::default(),
        created_at: now,
        due_at: None,
        version: 1,
        id: id.clone(),
    };
    let guard = Write::Dispatch {
        run: id.clone(),
        policy: 0,
        touches: vec![],
        caps: countersign::policy::Caps::default(),
        at: now,
    };
    let writes = vec![guard, Write::RunAdvance(Box::new(run.clone()))];
    let change = Change { writes, ..Change::default() };
    let dispatched = change.committed().dispatched(&id).unwrap();
    (marker, Grant::take(&run, dispatched).unwrap())
}

/// An answer as text, one line per block or row.
pub(crate) fn drawn(answer: &Answer) -> String {
    let mut lines = vec![answer.summary.clone()];
    for block in &answer.blocks {
        match block {
            Block::Fields(fields) => {
                lines.extend(fields.iter().map(|it| format!("  {}: {}", it.name, it.value)))
            }
            Block::Table { columns, rows, more } => {
                lines.push(format!("  [{}]", columns.join(" | ")));
                lines.extend(rows.iter().map(|row| format!("  {}", row.join(" | "))));
                if *more > 0 {
                    lines.push(format!("  and {more} more"));
                }
            }
            Block::Meter { label, percent, detail } => {
                lines.push(format!("  {label} {percent} % ({detail})"))
            }
            Block::Code { text, cut } => {
                lines.push(format!("  ```{}``` {cut}", text.trim_end().replace('\n', "\n  ")))
            }
            Block::Text(text) => lines.push(format!("  {}", text.replace('\n', "\n  "))),
            Block::Note(text) => lines.push(format!("  ({text})")),
            Block::Link { label, url } => lines.push(format!("  {label} -> {url}")),
            other => lines.push(format!("  {other:?}")),
        }
    }
    lines.join("\n")
}

/// The rows of the first table.
pub(crate) fn rows(answer: &Answer) -> Vec<Vec<String>> {
    let table = answer.blocks.iter().find_map(|block| match block {
        Block::Table { rows, .. } => Some(rows.clone()),
        _ => None,
    });
    table.unwrap_or_default()
}
