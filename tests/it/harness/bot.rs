//! The bot of one test, and what a test may say about it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use countersign::audit::Verifier;
use countersign::conversation::{Body, Inbound, Thread};
use countersign::directory::{Account, Platform};
use countersign::ids::PersonId;
use countersign::ports::{Line, LineBody, Speaker, Store as _};
use countersign::reply::{Action, Audience, Block, Message};
use countersign_app::bot::Bot as Wiring;
use countersign_app::terminal;
use countersign_simulator::{Fault, Simulator};
use tempfile::TempDir;

use super::mortal::{Mortal, When};
use super::{mins, world};

/// Steps of five seconds in which a moment to die at has to come.
const LOOKS_FOR_A_MOMENT: usize = 200;

/// One conversation with a bot. A test reads every message it causes: [`Bot::finish`] fails on unread ones.
pub struct Bot {
    pub simulator: Simulator,
    folder: TempDir,
    toml: String,
    wiring: Wiring,
    thread: String,
    events: u32,
    /// What each reader saw at the last look; `None`: everybody.
    seen: HashMap<Option<PersonId>, Vec<Line>>,
    unread: std::collections::VecDeque<Message>,
    finished: bool,
}

impl Bot {
    pub(super) async fn new(simulator: Simulator, folder: TempDir, toml: String) -> Self {
        let wiring = world::wire(&toml, &simulator.world()).await;
        Self {
            simulator,
            folder,
            toml,
            wiring,
            thread: "thread-1".into(),
            events: 0,
            seen: HashMap::new(),
            unread: std::collections::VecDeque::new(),
            finished: false,
        }
    }

    pub async fn sync(&self) {
        world::sync(&self.wiring).await;
    }

    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    pub fn world(&self) -> countersign_simulator::World {
        self.simulator.world()
    }

    pub fn fault(&self, fault: Fault) {
        self.world().fault(fault);
    }

    pub fn database(&self) -> std::path::PathBuf {
        world::database(&self.folder)
    }

    // --- people do something

    /// Writes, and everything that follows at once happens.
    pub async fn says(&mut self, person: &str, text: &str) {
        self.sends(person, Body::Text(text.to_owned())).await;
        self.settle().await;
    }

    /// Writes as ana; all that comes of it together holds every one of `parts`.
    pub async fn answers(&mut self, text: &str, parts: &[&str]) {
        self.says("ana", text).await;
        let answers: Vec<String> = (0..self.unread()).map(|_| self.next_message()).collect();
        let answer = answers.join("\n");
        for part in parts {
            assert!(answer.contains(part), "“{text}”: {part:?} is not in\n{answer}");
        }
        assert!(!answer.contains("cannot be called like that"), "“{text}”:\n{answer}");
    }

    /// Writes; nothing is worked on yet.
    pub async fn writes(&mut self, person: &str, text: &str) {
        self.sends(person, Body::Text(text.to_owned())).await;
    }

    /// Presses the newest button or choice that is labelled so.
    pub async fn presses(&mut self, person: &str, label: &str) {
        let action = self.button(label).await;
        self.clicks(person, action).await;
        self.settle().await;
    }

    /// `person` approves, and a minute later exactly `ran` has run in this story.
    pub async fn lets_run(&mut self, person: &str, ran: &[&str]) {
        self.presses(person, "Approve").await;
        self.later(mins(1)).await;
        self.skip_messages();
        self.expect_ran(ran);
    }

    /// Something that takes back what was approved of a disk cleanup at Bluegum Vet.
    pub async fn meets(&mut self, change: &str) {
        match change {
            "halt" => self.says("mia", "halt client Bluegum Vet").await,
            "script" => self.world().edit_script("Disk Cleanup").expect("the script"),
            "policy" => {
                let tool = "connectwise_rmm:cw-rmm-script-disk-cleanup";
                self.sets_policy("mia", tool, Some("never")).await.expect("an admin");
            }
            other => panic!("there is no change {other:?}"),
        }
    }

    /// Presses; nothing is worked on yet.
    pub async fn taps(&mut self, person: &str, label: &str) {
        let action = self.button(label).await;
        self.clicks(person, action).await;
    }

    pub async fn clicks(&mut self, person: &str, action: Action) {
        self.sends(person, Body::Click(action)).await;
    }

    pub async fn button(&self, label: &str) -> Action {
        let lines = self.lines(None).await;
        let found = lines.iter().rev().find_map(|line| match &line.body {
            LineBody::Message(message) => action_of(message, label),
            LineBody::Text(_) => None,
        });
        found.unwrap_or_else(|| panic!("nothing is labelled {label:?} in\n{}", page(&lines)))
    }

    async fn sends(&mut self, person: &str, body: Body) {
        self.events += 1;
        let event = self.event(person, body);
        self.delivers(&event).await;
    }

    /// The next event of a person, not yet delivered.
    pub fn event(&self, person: &str, body: Body) -> Inbound {
        Inbound {
            event_id: format!("event-{}", self.events),
            thread: self.thread(),
            account: Account { platform: Platform::Console, id: person.to_owned() },
            body,
            at: self.wiring.engine.now(),
        }
    }

    pub async fn delivers(&self, event: &Inbound) {
        self.wiring.store.accept(event).await.expect("the inbox takes it");
    }

    fn thread(&self) -> Thread {
        Thread {
            platform: Platform::Console,
            channel: "console".into(),
            thread: self.thread.clone(),
        }
    }

    /// From here on people write in another thread.
    pub fn in_thread(&mut self, name: &str) {
        self.thread = name.to_owned();
        self.seen.clear();
    }

    /// A second process on the same store, such as a command line.
    pub async fn another_process(&self) -> Arc<countersign::conversation::Engine> {
        world::wire(&self.toml, &self.world()).await.engine
    }

    /// The oldest event is worked on, and nothing that it sets off.
    pub async fn decides_only(&mut self) {
        self.wiring.workers.turn().await.expect("the store works");
        self.look().await;
    }

    // --- time passes

    /// Everything that can happen without time passing happens.
    pub async fn settle(&mut self) {
        self.wiring.workers.drain().await.expect("the store works");
        self.look().await;
    }

    /// Time passes for bot and products, in steps as small as the bot looks.
    pub async fn later(&mut self, by: Duration) {
        let step = Duration::from_secs(5);
        let mut left = by;
        while !left.is_zero() {
            let now = left.min(step);
            self.world().advance(now);
            self.settle().await;
            left -= now;
        }
    }

    /// Nobody looks while time passes, then everybody does.
    pub async fn jumps(&mut self, by: Duration) {
        self.world().advance(by);
        self.settle().await;
    }

    /// Whoever starts next does not know this person any more.
    pub fn without_person(&mut self, name: &str) {
        let start = format!("[[people]]\nname = \"{name}\"\n");
        let at = self.toml.find(&start).expect("a person of the story");
        let end = self.toml[at + 1..].find("[[").map_or(self.toml.len(), |end| at + 1 + end);
        self.toml.replace_range(at..end, "");
    }

    /// The process is gone, as by kill -9, and a new one starts on the same store after its leases ended.
    pub async fn dies_and_restarts(&mut self) {
        self.wiring = world::wire(&self.toml, &self.world()).await;
        self.world().advance(Duration::from_secs(21));
        self.settle().await;
    }

    /// A new process, before it has read anything.
    pub async fn restarts_unread(&mut self) {
        self.wiring = world::wire_unread(&self.toml, &self.world()).await;
    }

    /// Another process on the same store, which dies at its commit number `commits`.
    pub async fn process(&self, commits: i64, when: When) -> (Wiring, Arc<Mortal>) {
        world::wire_mortal(&self.toml, &self.world(), commits, when).await
    }

    pub async fn becomes_mortal(&mut self, commits: i64, when: When) -> Arc<Mortal> {
        let (wiring, mortal) = world::wire_mortal(&self.toml, &self.world(), commits, when).await;
        self.wiring = wiring;
        mortal
    }

    /// The process is killed at the moment when `happened`, in the middle of whatever it does; a new one starts.
    pub async fn dies_when(&mut self, happened: impl Fn(&countersign_simulator::World) -> bool) {
        let mortal = self.becomes_mortal(i64::MAX, When::BeforeCommit).await;
        for _ in 0..LOOKS_FOR_A_MOMENT {
            let workers = Arc::clone(&self.wiring.workers);
            let work = tokio::spawn(async move { workers.drain().await });
            while !work.is_finished() {
                if happened(&self.world()) {
                    mortal.kill();
                    // An error is the death that was ordered.
                    let _ = work.await.expect("no panic");
                    return self.dies_and_restarts().await;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            work.await.expect("no panic").expect("the store works");
            self.world().advance(Duration::from_secs(5));
        }
        panic!("the moment to die at did not come");
    }

    /// Runs that are not over.
    pub async fn unfinished(&self) -> Vec<countersign::run::Run> {
        let filter = countersign::ports::RunFilter {
            unfinished_only: true,
            limit: 100,
            ..Default::default()
        };
        self.wiring.store.runs(&filter).await.expect("runs")
    }

    /// Looks until something is answered, by whoever works on it.
    pub async fn waits_for_an_answer(&mut self) {
        while self.unread.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.look().await;
        }
    }

    /// Like [`Bot::later`], until the process dies.
    pub async fn later_unless_dead(&mut self, by: Duration, mortal: &Mortal) {
        let step = Duration::from_secs(5);
        let mut left = by;
        while !mortal.is_dead() {
            // An error is the death that is waited for.
            let _ = self.wiring.workers.drain().await;
            if left.is_zero() {
                return;
            }
            self.world().advance(left.min(step));
            left -= left.min(step);
        }
    }

    // --- what people see

    async fn lines(&self, reader: Option<&PersonId>) -> Vec<Line> {
        let id = self.thread().conversation();
        self.wiring.store.transcript(&id, reader, 500).await.expect("a transcript")
    }

    async fn look(&mut self) {
        // What everybody sees, then what one person sees besides.
        for reader in [None, Some("ana"), Some("ben"), Some("mia"), Some("vic")] {
            let reader = reader.map(PersonId::new);
            let mut lines = self.lines(reader.as_ref()).await;
            lines.retain(|line| match (&line.body, &reader) {
                (LineBody::Message(message), Some(person)) => {
                    message.audience == Audience::Person(person.clone())
                }
                (_, Some(_)) => false,
                (_, None) => true,
            });
            let seen = self.seen.entry(reader).or_default();
            for (index, line) in lines.iter().enumerate() {
                if seen.get(index) == Some(line) {
                    continue;
                }
                if let (Speaker::Countersign, LineBody::Message(message)) = (&line.from, &line.body)
                {
                    // A newer face of a card replaces the one that nobody read yet.
                    self.unread.retain(|it| message.card.is_none() || it.card != message.card);
                    self.unread.push_back(message.clone());
                }
            }
            *seen = lines;
        }
    }

    /// The oldest unread message, as text, with ids that differ from run to run taken out.
    pub fn next_message(&mut self) -> String {
        let message = self.unread.pop_front().unwrap_or_else(|| panic!("no message is unread"));
        let only = match &message.audience {
            Audience::Thread => String::new(),
            Audience::Person(person) => format!("(only for {person})\n"),
        };
        steady(&format!("{only}{}{}", terminal::draw(&message), buttons(&message)))
    }

    /// The last unread message; those before it are read unseen.
    pub fn last_message(&mut self) -> String {
        assert!(!self.unread.is_empty(), "no message is unread");
        self.unread.drain(..self.unread.len() - 1);
        self.next_message()
    }

    /// All unread messages as one text.
    pub fn all_messages(&mut self) -> String {
        (0..self.unread.len()).map(|_| self.next_message()).collect::<Vec<_>>().join("\n\n")
    }

    /// Reads what is unread and drops it.
    pub fn skip_messages(&mut self) {
        self.unread.clear();
    }

    pub fn unread(&self) -> usize {
        self.unread.len()
    }

    // --- what happened

    /// What ran on the devices, in order: "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)".
    pub fn ran(&self) -> Vec<String> {
        let one = |it: countersign_simulator::rmm::Execution| {
            format!("{} on {} ({})", it.template_name, it.host, it.client)
        };
        self.world().executions().into_iter().map(one).collect()
    }

    pub fn expect_ran(&self, expected: &[&str]) {
        assert_eq!(self.ran(), expected);
    }

    /// Summaries of the tickets that were made.
    pub fn tickets(&self) -> Vec<String> {
        self.world().tickets_created().into_iter().map(|it| it.summary).collect()
    }

    /// The kinds and sentences of the audit log.
    pub async fn audit(&self) -> Vec<String> {
        let entries = self.wiring.store.audit(0, 1_000).await.expect("the audit log");
        entries
            .into_iter()
            .map(|it| steady(&format!("{} {}: {}", it.actor, it.kind, it.text)))
            .collect()
    }

    /// Nothing is unread, and the audit log is whole.
    pub async fn finish(mut self) {
        self.finished = true;
        let unread: Vec<&str> = self.unread.iter().map(|it| it.summary.as_str()).collect();
        assert!(unread.is_empty(), "messages that the test did not read: {unread:#?}");
        let mut verifier = Verifier::default();
        for entry in self.wiring.store.audit(0, 10_000).await.expect("the audit log") {
            verifier.check(&entry).expect("an unbroken chain");
        }
        let (seq, hash) = self.wiring.store.audit_head().await.expect("the head");
        verifier.finish(seq, &hash).expect("nothing cut off");
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            panic!("the test ended without bot.finish()");
        }
    }
}

fn action_of(message: &Message, label: &str) -> Option<Action> {
    message.blocks.iter().find_map(|block| match block {
        Block::Buttons(buttons) => {
            buttons.iter().find(|it| it.label == label).map(|it| it.action.clone())
        }
        Block::Choices { options } => {
            options.iter().find(|it| it.label == label).map(|it| it.action.clone())
        }
        _ => None,
    })
}

fn buttons(message: &Message) -> String {
    let labels = message.blocks.iter().filter_map(|block| match block {
        Block::Buttons(buttons) => {
            Some(buttons.iter().map(|it| format!("[{}]", it.label)).collect::<Vec<_>>().join(" "))
        }
        _ => None,
    });
    labels.map(|line| format!("{line}\n")).collect()
}

fn page(lines: &[Line]) -> String {
    let draw = |line: &Line| match &line.body {
        LineBody::Text(text) => format!("> {text}\n"),
        LineBody::Message(message) => format!("{}{}", terminal::draw(message), buttons(message)),
    };
    lines.iter().map(draw).collect()
}

/// Codes, markers, digests and product ids out; what a person compares stays.
fn steady(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let mut before = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_alphanumeric() || c == '-' {
            word.push(c);
            continue;
        }
        let is_uuid = word.len() == 36 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let is_id = word.len() == 32 && word.chars().all(|c| c.is_ascii_hexdigit());
        let is_digest =
            word.len() == 8 && before == "Plan" && word.chars().all(|c| c.is_ascii_hexdigit());
        let is_code = word.len() == 4
            && matches!(
                before.as_str(),
                "approve" | "deny" | "code" | "withdraw" | "grant" | "did"
            )
            && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if word.starts_with("CS-") && word.len() == 15 {
            out.push_str("CS-…");
        } else if is_uuid || is_id || is_digest {
            out.push('…');
        } else if is_code {
            out.push_str("CODE");
        } else {
            out.push_str(&word);
        }
        if !word.is_empty() {
            before = std::mem::take(&mut word);
        }
        out.push(c);
    }
    out.pop();
    out
}

impl Bot {
    /// Codes of what waits, newest first.
    pub async fn waiting_codes(&self) -> Vec<String> {
        self.waiting().await.into_iter().map(|it| it.code).collect()
    }

    /// Approvals that wait, newest first.
    pub async fn waiting(&self) -> Vec<countersign::approval::Approval> {
        let filter = countersign::ports::ApprovalFilter {
            state: Some("waiting"),
            limit: 10,
            ..Default::default()
        };
        self.wiring.store.approvals(&filter).await.expect("approvals")
    }

    /// Edits a step of the newest waiting plan.
    pub async fn edits(&mut self, person: &str, step: u32, arguments: serde_json::Value) {
        let approval = self.waiting().await.remove(0).id;
        let arguments = arguments.as_object().expect("an object").clone();
        self.clicks(person, Action::Edit { approval, step, arguments }).await;
        self.settle().await;
    }

    pub async fn sets_policy(
        &self,
        person: &str,
        tool: &str,
        policy: Option<&str>,
    ) -> Result<(), countersign::conversation::PolicyError> {
        let policy = policy.map(|it| countersign::policy::Policy::parse(it).expect("a policy"));
        let tool = countersign::tool::ToolName::new(tool);
        self.wiring.engine.set_policy(&PersonId::new(person), &tool, policy).await
    }

    /// The name of the client with the most devices.
    pub fn largest_client(&self) -> String {
        let directory = self.wiring.engine.directory();
        let clients = directory.clients().iter();
        let largest = clients.max_by_key(|client| directory.devices_of(&client.id).count());
        largest.map(|client| client.name.clone()).expect("a client")
    }

    /// The name of a composite script.
    pub fn composite_script(&self) -> String {
        let scripts = self.world().scripts();
        let composite = scripts.into_iter().find(|it| it.kind.as_str() == "fusionscript");
        composite.map(|it| it.name).expect("a composite script")
    }
}
