//! A simulator, the provider under test, and words for what a test does with them.

use std::sync::Arc;
use std::time::Duration;

use countersign::directory::Product;
use countersign::ids::{CardKey, ClientId, ConversationId, DeviceId, PersonId, RequestId, RunId};
use countersign::plan::{Call, ClientTarget, Target};
use countersign::ports::{
    Answer, CallError, Change, Clock, Polled, Position, Provider, Settled, Started, SyncBatch,
    Write,
};
use countersign::reply::Block;
use countersign::run::{Authority, Baseline, Grant, Handle, LookUp, Marker, Run, State, Trace};
use countersign::tool::Tool;
use countersign_automate::{Automate, ClearAlerts, Config};
use countersign_simulator::automate::{AutomateRoute, Switches};
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
    pub(crate) automate: Automate,
}

impl Bench {
    /// A clock that stands still until it is moved.
    pub(crate) async fn start() -> Self {
        Self::with(Switches::default()).await
    }

    pub(crate) async fn with(automate: Switches) -> Self {
        Self::of(Options { automate, ..Options::default() }).await
    }

    pub(crate) async fn of(options: Options) -> Self {
        let began = "2026-09-01T03:00:00Z".parse().ok();
        let simulator =
            Simulator::start(Options { began, time_factor: 0, ..options }).await.unwrap();
        let world = simulator.world();
        let automate = provider(&simulator, |_| {});
        Self { simulator, world, automate }
    }

    pub(crate) fn tool(&self, short: &str) -> Tool {
        let found = self.automate.tools().into_iter().find(|it| it.name.short() == short);
        found.unwrap_or_else(|| panic!("no tool {short}"))
    }

    /// A call of a static tool.
    pub(crate) fn call(&self, short: &str, arguments: Value) -> Call {
        call_of(&self.tool(short), arguments)
    }

    pub(crate) fn call_on(&self, short: &str, hosts: &[&str], arguments: Value) -> Call {
        let mut call = self.call(short, arguments);
        call.targets = hosts.iter().map(|host| self.target(host)).collect();
        call
    }

    pub(crate) fn target(&self, host: &str) -> Target {
        let computer = self.world.automate_computer(host).unwrap();
        let id = computer.id.to_string();
        Target {
            device: DeviceId::first_seen("automate", &id),
            name: computer.name,
            client: ClientId::new(format!("automate:{}", computer.client_id)),
            client_name: computer.client,
            site_name: Some(computer.location),
            server: false,
            online: Some(computer.online),
            user: None,
            rmm: None,
            automate: Some(id),
            control: None,
            why: Vec::new(),
            from_outside: false,
            called: None,
            also: Vec::new(),
        }
    }

    /// A call of a script's tool, as a sync makes it.
    pub(crate) async fn script_call(&self, slug: &str, hosts: &[&str], arguments: Value) -> Call {
        let scripts = self.sync().await.pop().unwrap().scripts;
        let script = scripts.iter().find(|it| it.slug == slug).unwrap_or_else(|| {
            panic!("no {slug} in {:?}", scripts.iter().map(|it| &it.slug).collect::<Vec<_>>())
        });
        let mut call = call_of(&self.automate.script_tool(script), arguments);
        call.targets = hosts.iter().map(|host| self.target(host)).collect();
        call
    }

    pub(crate) async fn read(&self, short: &str, arguments: Value) -> Result<Answer, CallError> {
        self.automate.read(&self.call(short, arguments)).await
    }

    pub(crate) async fn read_on(&self, short: &str, host: &str) -> Result<Answer, CallError> {
        self.automate.read(&self.call_on(short, &[host], json!({}))).await
    }

    pub(crate) async fn read_for(
        &self,
        short: &str,
        client: &str,
        arguments: Value,
    ) -> Result<Answer, CallError> {
        let all = self.automate.sync(None).await.unwrap().clients;
        let client = all.into_iter().find(|it| it.name == client).unwrap();
        let mut call = self.call(short, arguments);
        call.client = Some(ClientTarget {
            client: client.id,
            name: client.name,
            rmm: None,
            automate: client.automate,
        });
        self.automate.read(&call).await
    }

    pub(crate) async fn settled(&self, call: Call) -> Call {
        match self.automate.settle(call).await.unwrap() {
            Settled::Call(call) => *call,
            other => panic!("{other:?}"),
        }
    }

    /// What the core does with a granted write, up to sending it.
    pub(crate) async fn send(&self, call: &Call) -> Sent {
        assert_eq!(self.automate.drift(call).await.unwrap(), None);
        let baseline = self.automate.baseline(call).await.unwrap();
        self.send_with(call, baseline).await
    }

    pub(crate) async fn send_with(&self, call: &Call, baseline: Option<Baseline>) -> Sent {
        let grant = grant(call, baseline.clone(), self.world.now());
        let since = self.world.now();
        Sent { result: self.automate.start(grant).await, baseline, since }
    }

    pub(crate) async fn accepted(&self, call: &Call) -> (Handle, Vec<String>) {
        match self.send(call).await.result.unwrap() {
            Started::Accepted { handle, notes } => (handle, notes),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn look_up(&self, call: &Call, sent: &Sent) -> LookUp {
        let marker = Marker::of(&RunId::fresh());
        self.automate.look_up_against(call, &marker, sent.since, sent.baseline.as_ref()).await
    }

    /// Moves time and polls until the work is over.
    pub(crate) async fn finish(&self, call: &Call, handle: &Handle) -> Polled {
        for _ in 0..100 {
            let polled = self.automate.poll(call, handle).await.unwrap();
            if polled.ending.is_some() {
                return polled;
            }
            self.world.advance(Duration::from_secs(5));
        }
        panic!("the script does not come to an end");
    }

    pub(crate) async fn sync(&self) -> Vec<SyncBatch> {
        sync(&self.automate, None).await
    }

    pub(crate) fn fault(&self, route: AutomateRoute, kind: FaultKind) {
        self.world.fault(Fault::once(Route::Automate(route), kind));
    }

    pub(crate) fn always(&self, route: AutomateRoute, kind: FaultKind) {
        self.world.fault(Fault::always(Route::Automate(route), kind));
    }

    /// Requests whose path has `part` in it.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.world.requests().iter().filter(|it| it.path.contains(part)).count()
    }
}

pub(crate) struct Sent {
    pub(crate) result: Result<Started, CallError>,
    pub(crate) baseline: Option<Baseline>,
    pub(crate) since: Timestamp,
}

pub(crate) async fn sync(automate: &Automate, mut position: Option<Position>) -> Vec<SyncBatch> {
    let mut batches = Vec::new();
    loop {
        let batch = automate.sync(position.as_ref()).await.unwrap();
        position = batch.next.clone();
        batches.push(batch);
        if position.is_none() {
            return batches;
        }
        assert!(batches.len() < 1_000, "the sync does not end");
    }
}

pub(crate) fn provider(simulator: &Simulator, change: impl FnOnce(&mut Config)) -> Automate {
    let (username, password, client_id_header) = simulator.world().automate_credentials();
    let mut config = Config {
        server: "automate.example.com".into(),
        username,
        password: password.into(),
        client_id_header,
        base_url: Some(simulator.automate_url()),
        clear_alerts: ClearAlerts::default(),
    };
    change(&mut config);
    Automate::new(config, Arc::new(SimulatedClock(simulator.world()))).unwrap()
}

fn call_of(tool: &Tool, arguments: Value) -> Call {
    let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap();
    let faults = countersign::tool::schema::check(&tool.schema, &arguments);
    assert!(faults.is_empty(), "{}: {faults:?}", tool.name);
    Call {
        instead_of: None,
        start: None,
        canary: None,
        warn_mins: None,
        spread: None,
        tool: tool.name.clone(),
        title: tool.title.clone(),
        product: Product::Automate,
        effect: tool.effect,
        arguments,
        targets: Vec::new(),
        client: None,
        script: tool.script.clone(),
    }
}

/// A grant as the core makes one, without a store.
fn grant(call: &Call, baseline: Option<Baseline>, now: Timestamp) -> Grant {
    let id = RunId::fresh();
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
        marker: Marker::of(&id),
        facts: Vec::new(),
        card: CardKey::new("card"),
        state: State::Dispatching { since: now },
        trace: Trace { baseline, ..Trace::default() },
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
    Grant::take(&run, dispatched).unwrap()
}

/// An answer as text, one line per block or row.
pub(crate) fn drawn(answer: &Answer) -> String {
    let mut lines = vec![answer.summary.clone()];
    for block in &answer.blocks {
        match block {
            Block::Fields(fields) => {
                lines.extend(fields.iter().map(|it| format!("{}: {}", it.name, it.value)));
            }
            Block::Table { rows, more, .. } => {
                lines.extend(rows.iter().map(|row| row.join(" | ")));
                if *more > 0 {
                    lines.push(format!("and {more} more"));
                }
            }
            Block::Meter { label, percent, detail } => {
                lines.push(format!("{label} {percent} % ({detail})"));
            }
            Block::Note(text) => lines.push(format!("({text})")),
            _ => {}
        }
    }
    lines.join("\n")
}

/// The first cell of each row of the first table.
pub(crate) fn names(answer: &Answer) -> Vec<String> {
    let table = answer.blocks.iter().find_map(|block| match block {
        Block::Table { rows, .. } => Some(rows.iter().map(|row| row[0].clone()).collect()),
        _ => None,
    });
    table.unwrap_or_default()
}
