//! The wiring: from a config to an engine with its store, products and chats.

use std::sync::Arc;

use anyhow::Context as _;
use countersign::conversation::{Engine, Parts, Thread};
use countersign::directory::{People, Platform};
use countersign::ids::WorkerId;
use countersign::planner::grammar::Grammar;
use countersign::policy::Rule;
use countersign::policy::book::RuleFault;
use countersign::ports::{Agents, Chat, Clock, Provider, ReadRules, Store, Vault};
use countersign_automate::Automate;
use countersign_control::Control;
use countersign_rmm::Rmm;
use countersign_slack::Slack;
use countersign_sql::{Key, SqlStore, SqlVault};
use jiff::SignedDuration;
use secrecy::SecretString;

use crate::asking::ThroughControl;
use crate::config::Config;
use crate::terminal::InTranscript;
use crate::workers::Workers;

/// A bot that is ready to work.
pub struct Bot {
    pub engine: Arc<Engine>,
    pub store: Arc<SqlStore>,
    pub workers: Arc<Workers>,
    /// For `check`; `None` without a `[connectwise_rmm]` section.
    pub rmm: Option<Arc<Rmm>>,
    /// `None` without a `[connectwise_automate]` section.
    pub automate: Option<Arc<Automate>>,
    /// `None` without a `[connectwise_control]` section.
    pub control: Option<Arc<Control>>,
    /// How often machines are asked for their inventory; `None`: never.
    pub inventory_every: Option<SignedDuration>,
    /// Where Control's triggers come in; `None`: nowhere.
    pub trigger_secret: Option<SecretString>,
    /// `None` without a `[slack]` section.
    pub slack: Option<Slack>,
    /// Seals with `[store] key`; `None` without it.
    pub vault: Option<Arc<dyn Vault>>,
    /// Where heads of the audit log are posted.
    pub post_heads_to: Option<Thread>,
}

impl Bot {
    /// Opens the store, wires everything and reads the directory. Makes no call to a product.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let bot = Self::open(config, clock).await?;
        bot.engine.refresh().await?;
        Ok(bot)
    }

    /// The same, but the directory is yet to be read: see [`Engine::unread`].
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let store =
            SqlStore::open(&config.store_url).await.context("the store cannot be opened")?;
        let store = Arc::new(store);
        Self::open_on(Arc::clone(&store), store, config, clock)
    }

    /// The same on a store that is open already; `port` is what the engine sees of it.
    pub fn open_on(
        store: Arc<SqlStore>,
        port: Arc<dyn Store>,
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
        let rmm = match config.rmm {
            None => None,
            Some(rmm) => {
                // Whoever has the key's secret can have a token, so it may as well open those that are kept.
                let key = Key::derived("access tokens of RMM", &rmm.client_secret);
                let vault = Arc::new(SqlVault::new(Arc::clone(&store), key));
                let rmm = countersign_rmm::Config {
                    client_id: rmm.client_id,
                    client_secret: rmm.client_secret,
                    region: rmm.region.parse()?,
                    base_url: rmm.base_url,
                    ticket_url: rmm.ticket_url,
                };
                let rmm = Rmm::new(rmm, Arc::clone(&clock))?.sharing_tokens(vault);
                let rmm = Arc::new(rmm);
                providers.push(Arc::clone(&rmm) as Arc<dyn Provider>);
                Some(rmm)
            }
        };
        let automate = match config.automate {
            None => None,
            Some(automate) => {
                let automate = Arc::new(Automate::new(automate.server, Arc::clone(&clock))?);
                providers.push(Arc::clone(&automate) as Arc<dyn Provider>);
                Some(automate)
            }
        };
        let (mut inventory_every, mut trigger_secret) = (None, None);
        let control = match config.control {
            None => None,
            Some(control) => {
                let hours = i64::from(control.inventory_hours);
                trigger_secret = control.trigger_secret;
                inventory_every = (hours > 0).then(|| SignedDuration::from_hours(hours));
                let control = Arc::new(Control::new(control.server, Arc::clone(&clock))?);
                providers.push(Arc::clone(&control) as Arc<dyn Provider>);
                Some(control)
            }
        };
        let rules = RulesReader(config.people.clone());
        let engine = Engine::unread(Parts {
            store: port,
            providers,
            planner: Arc::new(Grammar),
            people: config.people,
            rules: config.rules,
            caps: config.caps,
            calendars: config.calendars,
            rollout: config.rollout,
            channels: config.channels,
            clock,
        });
        engine.read_rules_with(Arc::new(rules));
        let engine = Arc::new(engine);
        if let Some(rmm) = &rmm {
            // Weak, for the engine holds the product.
            let engine = Arc::downgrade(&engine);
            rmm.names_from(move || {
                engine.upgrade().map_or_else(Default::default, |it| it.directory())
            });
        }
        if let (Some(control), Some(automate)) = (&control, &automate) {
            control.mends(Arc::clone(automate) as Arc<dyn Agents>);
        }
        if let (Some(rmm), Some(control)) = (&rmm, &control) {
            let (engine, control) = (Arc::downgrade(&engine), Arc::clone(control));
            rmm.processes_through(Arc::new(ThroughControl { engine, control }));
        }
        if let Some(control) = &control {
            let kept = Arc::clone(engine.store());
            control.inventories_from(move |session| {
                let kept = Arc::clone(&kept);
                // Without the store there is none; who needs the store for more hears of it there.
                Box::pin(async move { kept.inventory(&session).await.ok().flatten() })
            });
            let engine = Arc::downgrade(&engine);
            control.directory_from(move || {
                engine.upgrade().map_or_else(Default::default, |it| it.directory())
            });
        }
        let vault = config
            .store_key
            .map(|key| Arc::new(SqlVault::new(Arc::clone(&store), key)) as Arc<dyn Vault>);
        let slack = config
            .slack
            .map(|slack| Slack::new(slack, Arc::clone(&engine), vault.clone()))
            .transpose()?;
        if let Some(slack) = &slack {
            engine.read_groups_from(vec![slack.groups()]);
        }
        let mut chats: Vec<Arc<dyn Chat>> = vec![
            Arc::new(InTranscript(Platform::Console)),
            Arc::new(InTranscript(Platform::Terminal)),
        ];
        chats.extend(slack.as_ref().map(Slack::chat));
        let workers = Arc::new(Workers {
            engine: Arc::clone(&engine),
            chats,
            id: WorkerId::fresh(),
            runs: config.runs,
        });
        let post_heads_to = config.post_heads_to;
        Ok(Self {
            engine,
            store,
            workers,
            rmm,
            automate,
            control,
            inventory_every,
            trigger_secret,
            slack,
            vault,
            post_heads_to,
        })
    }
}

/// Rules of the console are read as those of the file are, by the same people.
struct RulesReader(People);

impl ReadRules for RulesReader {
    fn read(&self, text: &str) -> Result<Vec<Rule>, Vec<RuleFault>> {
        crate::config::read_rules(text, &self.0).map_err(|problems| {
            let fault = |it: crate::config::Problem| RuleFault {
                line: it.line,
                key: it.key,
                text: it.text,
            };
            problems.0.into_iter().map(fault).collect()
        })
    }
}
