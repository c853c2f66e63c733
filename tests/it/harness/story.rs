//! A story that chance writes: people ask, click, type and edit, events come twice, processes die, products
//! fail, scripts change. Two processes work on one store.
//!
//! Work is done in single steps in an order that the seed decides, so a story can be played again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign::approval::Approval;
use countersign::conversation::{Body, Inbound};
use countersign::ids::PersonId;
use countersign::ports::{ApprovalFilter, Store as _};
use countersign::reply::Action;
use countersign_app::bot::Bot as Wiring;
use countersign_simulator::{ErrorShape, Fault, FaultKind, Route};
use serde_json::json;

use super::dice::Dice;
use super::mortal::{Mortal, When};
use super::{Bot, World, secs};

const RULES: &str = r#"
[[rules]]
tool = "connectwise_rmm:cw-rmm-script-disk-cleanup"
ticket = true
expires_mins = 30

[[rules]]
tool = "*"
client = "Acme Logistics"
quorum = 2
"#;

/// Who asks, and who decides: mostly whoever should. mallory is nobody known.
const ASKING: [&str; 7] = ["ana", "ana", "ana", "ana", "ben", "vic", "mallory"];
const DECIDING: [&str; 8] = ["ben", "ben", "ben", "mia", "mia", "ana", "vic", "mallory"];

const REQUESTS: [&str; 12] = [
    "run disk cleanup on maria-lt-01",
    "run disk cleanup on acme-ws-01 with days 14",
    "run flush dns on maria-lt-01",
    "run flush dns on acme-ws-01",
    "run flush dns on maria-lt-01 in 5 minutes",
    "run disk cleanup on acme-ws-01 tonight at 19:20",
    "run flush dns on acme-ws-01 and acme-ws-02, canary first",
    "run flush dns on maria-lt-01 and log a ticket",
    "run flush dns on maria-lt-01 every day at 19:05",
    GRANT,
    GRANT,
    "show maria-lt-01",
];

/// What somebody else may sign ahead.
const GRANT: &str = "grant flush dns on Bluegum Vet's workstations for 2 hours, 3 uses";

const THREADS: [&str; 3] = ["thread-1", "thread-2", "thread-3"];

/// Tools that an admin may set another policy for in the middle of it.
const FLUSH_DNS: &str = "connectwise_rmm:cw-rmm-script-flush-dns";

const DAY: u64 = 24 * 60 * 60;

/// How long the end of a story may take: the longest deadline of a run with every look-up before it.
const SETTLES_WITHIN: Duration = Duration::from_secs(90 * 60);

/// A process; it dies when its time has come.
struct Process {
    wiring: Wiring,
    mortal: Arc<Mortal>,
}

/// What was done, for whoever reads a failure.
pub type Steps = Arc<Mutex<Vec<String>>>;

pub struct Story {
    pub bot: Bot,
    processes: Vec<Process>,
    dice: Dice,
    delivered: Vec<Inbound>,
    steps: Steps,
}

impl Story {
    pub async fn begin(seed: u64, steps: Steps) -> Self {
        let bot = World::default().config(RULES).start().await;
        let mut story =
            Self { bot, processes: vec![], dice: Dice::new(seed), delivered: vec![], steps };
        for _ in 0..2 {
            let immortal = story.process(i64::MAX, When::BeforeCommit).await;
            story.processes.push(immortal);
        }
        story
    }

    async fn process(&self, commits: i64, when: When) -> Process {
        let (wiring, mortal) = self.bot.process(commits, when).await;
        Process { wiring, mortal }
    }

    fn note(&self, step: impl Into<String>) {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(step.into());
    }

    /// Something happens.
    pub async fn step(&mut self) {
        match self.dice.below(100) {
            0..11 => self.asks().await,
            11..22 => self.clicks().await,
            22..25 => self.types().await,
            25..27 => self.edits().await,
            27..30 => self.signs().await,
            30..34 => self.comes_again().await,
            34..41 => self.time_passes(),
            41..44 => self.product_fails(),
            // Each voids whatever waits or is due; more of it, and little would ever run.
            44 if self.dice.once_in(3) => self.script_changes(),
            45 if self.dice.once_in(3) => self.policy_changes().await,
            46..50 => self.process_will_die().await,
            50 => self.switches().await,
            51 => self.calls_off().await,
            52 => self.goes_away().await,
            _ => self.works().await,
        }
    }

    async fn asks(&mut self) {
        let (person, text) = (self.dice.one_of(&ASKING), self.dice.one_of(&REQUESTS));
        self.sends(person, Body::Text(text.to_owned())).await;
    }

    /// A button of any card there ever was, pressed by anybody, once or several times.
    async fn clicks(&mut self) {
        let Some(approval) = self.any_approval().await else { return };
        let person = self.dice.one_of(&DECIDING);
        let id = approval.id.clone();
        let action = match self.dice.below(20) {
            0 => Action::Deny { approval: id, reason: None },
            1 => Action::Withdraw { approval: id },
            2..5 => {
                let stale = countersign::digest::Digest::of(&json!("another plan"));
                Action::Approve { approval: id, seen: stale, steps: None }
            }
            5..8 => {
                let kept: Vec<u32> = approval.kept().iter().map(|(step, _)| *step).collect();
                let steps = Some(vec![self.dice.one_of(&kept)]);
                Action::Approve { approval: id, seen: approval.offered(), steps }
            }
            _ => Action::Approve { approval: id, seen: approval.offered(), steps: None },
        };
        for _ in 0..=self.dice.below(3) {
            self.sends(person, Body::Click(action.clone())).await;
        }
    }

    async fn types(&mut self) {
        let Some(approval) = self.any_approval().await else { return };
        let (person, verb) = (
            self.dice.one_of(&DECIDING),
            self.dice.one_of(&["approve", "approve", "approve", "deny"]),
        );
        self.sends(person, Body::Text(format!("{verb} {}", approval.code))).await;
    }

    async fn edits(&mut self) {
        let Some(approval) = self.any_approval().await else { return };
        let person = self.dice.one_of(&DECIDING);
        let days = 1 + self.dice.below(60);
        let arguments = match json!({ "days": days, "drive": "C:" }) {
            serde_json::Value::Object(arguments) => arguments,
            _ => return,
        };
        let edit = Action::Edit { approval: approval.id, step: 0, arguments };
        self.sends(person, Body::Click(edit)).await;
    }

    /// The platform delivers an event once more.
    async fn comes_again(&mut self) {
        if self.delivered.is_empty() {
            return;
        }
        let event = self.dice.one_of(&self.delivered);
        self.note(format!("again: {}", event.event_id));
        self.bot.delivers(&event).await;
    }

    fn time_passes(&mut self) {
        let all = [1, 5, 5, 5, 12, 12, 12, 25, 25, 25, 60, 60, 300, 300, 1_860].map(secs);
        let by = if self.dice.once_in(30) { secs(DAY) } else { self.dice.one_of(&all) };
        self.note(format!("{} s pass", by.as_secs()));
        self.bot.world().advance(by);
    }

    fn product_fails(&mut self) {
        let (route, kind) = self.dice.one_of(&[
            (Route::Schedule, FaultKind::CutAfterAccept),
            (Route::Schedule, FaultKind::CutAfterAccept),
            (Route::Schedule, FaultKind::CutBefore),
            (Route::Schedule, FaultKind::ServerError500(ErrorShape::CodeMessage)),
            (Route::Schedule, FaultKind::Forbidden403),
            (Route::CreateTicket, FaultKind::CutAfterAccept),
            (Route::CreateTicket, FaultKind::CutBefore),
            (Route::Schedule, FaultKind::TruncatedJson),
        ]);
        self.note(format!("the next {route:?} meets {kind:?}"));
        self.bot.fault(Fault::once(route, kind));
    }

    fn script_changes(&mut self) {
        let script = self.dice.one_of(&["Disk Cleanup", "Flush DNS"]);
        self.note(format!("somebody edits {script}"));
        self.bot.world().edit_script(script).expect("a script of the pretend product");
    }

    async fn policy_changes(&mut self) {
        let policy = self.dice.one_of(&[Some("never"), Some("approval_needed"), None]);
        self.note(format!("mia sets Flush DNS to {policy:?}"));
        self.bot.sets_policy("mia", FLUSH_DNS, policy).await.expect("mia is an admin");
    }

    /// A yes given ahead is signed, or taken back, by whoever may and whoever may not.
    async fn signs(&mut self) {
        let open = self.bot.wiring().store.open_standing_grants().await.expect("standing grants");
        if open.is_empty() {
            return;
        }
        let grant = self.dice.one_of(&open);
        let person = self.dice.one_of(&["mia", "mia", "mia", "ana", "ben", "mallory"]);
        let verb = self.dice.one_of(&["sign", "sign", "sign", "sign", "revoke"]);
        self.sends(person, Body::Text(format!("{verb} {}", grant.code))).await;
    }

    /// Whoever decides is away, or comes back.
    async fn goes_away(&mut self) {
        let person = self.dice.one_of(&["mia", "ben"]);
        let text =
            self.dice.one_of(&["away 1 hour delegate ben", "away 1 hour delegate mia", "back"]);
        self.sends(person, Body::Text(text.to_owned())).await;
    }

    /// Somebody pulls the kill switch, or lets it go, in the middle of it.
    async fn switches(&mut self) {
        let text = self.dice.one_of(&[
            "halt everything",
            "halt client Acme Logistics",
            "resume everything",
            "resume everything",
            "resume everything",
            "resume client Acme Logistics",
        ]);
        self.sends("mia", Body::Text(text.to_owned())).await;
    }

    /// Somebody calls a run off that waits for its start, or that has started meanwhile.
    async fn calls_off(&mut self) {
        let filter = countersign::ports::RunFilter { limit: 100, ..Default::default() };
        let mut runs = self.bot.wiring().store.runs(&filter).await.expect("runs");
        runs.retain(|it| it.call.start.is_some());
        if runs.is_empty() {
            return;
        }
        let run = self.dice.one_of(&runs);
        let person = self.dice.one_of(&DECIDING);
        self.sends(person, Body::Text(format!("cancel {}", run.marker.as_str()))).await;
    }

    /// One of the processes is replaced by one that dies some commits from now.
    async fn process_will_die(&mut self) {
        let which = self.dice.below(self.processes.len());
        let commits = i64::try_from(self.dice.below(6)).expect("a small number");
        let when = self.dice.one_of(&[When::BeforeCommit, When::AfterCommit]);
        self.note(format!("process {which} dies at commit {commits}, {when:?}"));
        self.processes[which] = self.process(commits, when).await;
    }

    /// One process does one thing.
    async fn works(&mut self) {
        let (which, what) = (self.dice.below(self.processes.len()), self.dice.below(5));
        let workers = &self.processes[which].wiring.workers;
        let worked = match what {
            0 | 1 => workers.turn().await,
            2 | 3 => workers.run().await,
            _ => workers.engine.approvals_due().await.map(|ended| ended > 0),
        };
        match worked {
            Ok(true) => self.note(format!("process {which} works ({what})")),
            Ok(false) => {}
            Err(error) => {
                assert!(self.processes[which].mortal.is_dead(), "the store broke: {error}");
                self.note(format!("process {which} died"));
                self.processes[which] = self.process(i64::MAX, When::BeforeCommit).await;
            }
        }
    }

    /// Products work again, both processes live, and time passes until nothing is left to do.
    pub async fn ends(&mut self) {
        self.note("the end begins");
        self.bot.world().clear_faults();
        for which in 0..self.processes.len() {
            self.processes[which] = self.process(i64::MAX, When::BeforeCommit).await;
        }
        let mut passed = Duration::ZERO;
        // Leases of the dead end after 20 s.
        while passed < secs(30) || self.is_busy().await {
            assert!(passed < SETTLES_WITHIN, "runs do not come to an end");
            for process in &self.processes {
                process.wiring.workers.drain().await.expect("the store works");
            }
            self.what_comes_again_ends().await;
            self.bot.world().advance(secs(10));
            passed += secs(10);
        }
    }

    async fn what_comes_again_ends(&mut self) {
        let unfinished = countersign::ports::RunFilter {
            unfinished_only: true,
            limit: 100,
            ..Default::default()
        };
        let runs = self.bot.wiring().store.runs(&unfinished).await.expect("runs");
        for run in runs.iter().filter(|it| it.occurrence().is_some()) {
            self.sends("mia", Body::Text(format!("cancel {}", run.marker.as_str()))).await;
        }
    }

    async fn is_busy(&self) -> bool {
        let unfinished =
            countersign::ports::RunFilter { unfinished_only: true, limit: 1, ..Default::default() };
        !self.bot.wiring().store.runs(&unfinished).await.expect("runs").is_empty()
    }

    async fn any_approval(&mut self) -> Option<Approval> {
        let mut all = self.approvals().await;
        // Mostly one that waits, sometimes one that ended long ago.
        let waits = |it: &Approval| it.state.key() == "waiting";
        if all.iter().any(waits) && !self.dice.once_in(4) {
            all.retain(waits);
        }
        if all.is_empty() { None } else { Some(self.dice.one_of(&all)) }
    }

    pub async fn approvals(&self) -> Vec<Approval> {
        let filter = ApprovalFilter { limit: 1_000, ..Default::default() };
        self.bot.wiring().store.approvals(&filter).await.expect("approvals")
    }

    async fn sends(&mut self, person: &str, body: Body) {
        let thread = self.dice.one_of(&THREADS);
        self.bot.in_thread(thread);
        let mut event = self.bot.event(person, body);
        event.event_id = format!("event-{}", self.delivered.len());
        self.note(format!("{} {person} in {thread}: {}", event.event_id, says(&event.body)));
        self.bot.delivers(&event).await;
        // The platform may deliver it twice at once.
        if self.dice.once_in(6) {
            self.bot.delivers(&event).await;
        }
        self.delivered.push(event);
    }

    /// Names of those who may decide in this world.
    pub fn may_decide(&self, person: &PersonId) -> bool {
        matches!(person.as_str(), "ben" | "mia")
    }
}

fn says(body: &Body) -> String {
    match body {
        Body::Text(text) => text.clone(),
        Body::Click(action) => {
            let action = serde_json::to_value(action).unwrap_or_default();
            format!("clicks {}", action["do"].as_str().unwrap_or("?"))
        }
    }
}
