//! What there is before the bot starts: people, rules, a fleet.

use std::path::PathBuf;
use std::sync::Arc;

use countersign_app::bot::Bot as Wiring;
use countersign_app::{config, refresh};
use countersign_simulator::{Options, Simulator};
use countersign_sql::SqlStore;
use jiff::Timestamp;

use super::Bot;
use super::mortal::{Mortal, When};

/// When every story begins.
const BEGAN: &str = "2026-09-01T09:00:00Z";

/// The people of most stories: ana asks, ben and mia approve, vic only reads.
pub const PEOPLE: &str = r#"
[[people]]
name = "ana"
roles = ["technician"]

[[people]]
name = "ben"
roles = ["technician", "approver"]

[[people]]
name = "mia"
roles = ["technician", "manager", "admin"]

[[people]]
name = "vic"
roles = ["viewer"]
"#;

pub struct World {
    options: Options,
    people: String,
    rules: String,
    products: Products,
    control: String,
    store: String,
}

/// Which products are configured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Products {
    Rmm,
    Automate,
    Both,
    Control,
    All,
}

impl Default for World {
    fn default() -> Self {
        let began: Timestamp = BEGAN.parse().expect("a fixed time");
        Self {
            options: Options { time_factor: 0, began: Some(began), ..Options::default() },
            people: PEOPLE.to_owned(),
            rules: String::new(),
            products: Products::Rmm,
            control: String::new(),
            store: String::new(),
        }
    }
}

impl World {
    /// More config, as an operator would write it: rules and channels.
    pub fn config(mut self, toml: &str) -> Self {
        self.rules.push_str(toml);
        self
    }

    /// Heads of the audit log are signed.
    pub fn signing(mut self) -> Self {
        self.store = format!("key = \"{}\"\n", "1".repeat(64));
        self
    }

    /// Other people than the usual ones.
    pub fn people(mut self, toml: &str) -> Self {
        self.people = toml.to_owned();
        self
    }

    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// ConnectWise Automate beside ConnectWise RMM.
    pub fn with_automate(mut self) -> Self {
        self.products = Products::Both;
        self
    }

    /// ConnectWise Automate and nothing else.
    pub fn only_automate(mut self) -> Self {
        self.products = Products::Automate;
        self
    }

    /// ConnectWise Control and nothing else.
    pub fn only_control(mut self) -> Self {
        self.products = Products::Control;
        self.at_once()
    }

    /// All three products, on the same machines.
    pub fn with_all(mut self) -> Self {
        self.products = Products::All;
        self.at_once()
    }

    /// More keys of `[connectwise_control]`.
    pub fn control_config(mut self, toml: &str) -> Self {
        self.control.push_str(toml);
        self
    }

    /// Agents of Control answer at once: who waits for them does so in real time.
    fn at_once(mut self) -> Self {
        self.options.access.latency = std::time::Duration::ZERO;
        self
    }

    /// Starts everything and fills the directory.
    pub async fn start(self) -> Bot {
        let bot = self.start_empty().await;
        bot.sync().await;
        bot
    }

    /// Starts everything; the directory is empty.
    pub async fn start_empty(self) -> Bot {
        countersign_app::install_crypto();
        let simulator = Simulator::start(self.options).await.expect("the simulator starts");
        let folder = tempfile::tempdir().expect("a scratch folder");
        let store = folder.path().join("test.db");
        let mut toml = format!("[store]\nurl = \"sqlite:{}\"\n{}", store.display(), self.store);
        let has = |those: &[Products]| those.contains(&self.products);
        if has(&[Products::Rmm, Products::Both, Products::All]) {
            toml.push_str(&rmm(&simulator));
        }
        if has(&[Products::Automate, Products::Both, Products::All]) {
            toml.push_str(&automate(&simulator));
        }
        if has(&[Products::Control, Products::All]) {
            toml.push_str(&control(&simulator));
            toml.push_str(&self.control);
        }
        toml.push_str(&self.people);
        toml.push_str(&self.rules);
        Bot::new(simulator, folder, toml).await
    }
}

fn rmm(simulator: &Simulator) -> String {
    let (id, secret) = simulator.world().credentials();
    let url = simulator.rmm_url();
    format!(
        "[connectwise_rmm]\nclient_id = \"{id}\"\nclient_secret = \"{secret}\"\nbase_url = \"{url}\"\n\
         ticket_url = \"https://portal.example.com/tickets/{{id}}\"\n"
    )
}

fn automate(simulator: &Simulator) -> String {
    let (username, password, header) = simulator.world().automate_credentials();
    let url = simulator.automate_url();
    format!(
        "[connectwise_automate]\nserver = \"automate.example.com\"\nusername = \"{username}\"\n\
         password = \"{password}\"\nclient_id_header = \"{header}\"\nbase_url = \"{url}\"\n"
    )
}

fn control(simulator: &Simulator) -> String {
    let (url, secret) = (simulator.control_url(), simulator.world().control_secret());
    format!("[connectwise_control]\nurl = \"{url}\"\nsecret = \"{secret}\"\n")
}

/// The wiring an operator gets, on the simulator's clock.
pub(super) async fn wire(toml: &str, world: &countersign_simulator::World) -> Wiring {
    let config = config::read(toml, std::iter::empty()).expect("the test's config is valid");
    Wiring::start(config, Arc::new(VirtualClock(world.clone()))).await.expect("the bot starts")
}

/// The same, with the directory yet to be read.
pub(super) async fn wire_unread(toml: &str, world: &countersign_simulator::World) -> Wiring {
    let config = config::read(toml, std::iter::empty()).expect("the test's config is valid");
    Wiring::open(config, Arc::new(VirtualClock(world.clone()))).await.expect("the store opens")
}

/// The same, on a store that dies at a chosen commit.
pub(super) async fn wire_mortal(
    toml: &str,
    world: &countersign_simulator::World,
    commits: i64,
    when: When,
) -> (Wiring, Arc<Mortal>) {
    let config = config::read(toml, std::iter::empty()).expect("the test's config is valid");
    let store = Arc::new(SqlStore::open(&config.store_url).await.expect("the store opens"));
    let mortal = Arc::new(Mortal::new(Arc::clone(&store) as _, commits, when));
    let clock = Arc::new(VirtualClock(world.clone()));
    let wiring =
        Wiring::open_on(store, Arc::clone(&mortal) as _, config, clock).expect("the bot starts");
    wiring.engine.refresh().await.expect("the directory is read");
    (wiring, mortal)
}

pub(super) async fn sync(wiring: &Wiring) {
    for provider in wiring.engine.providers() {
        refresh::sync(&wiring.engine, provider.as_ref(), |_| {}).await.expect("the sync works");
    }
}

pub(super) fn database(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("test.db")
}

/// Bot and products agree on the time.
struct VirtualClock(countersign_simulator::World);

impl countersign::ports::Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let now = self.0.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}
