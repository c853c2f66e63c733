//! The engine: everything the core needs, in one place, and what adapters may ask of it.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use futures::lock::Mutex;
use jiff::Timestamp;
use serde_json::json;

use crate::approval::Away;
use crate::audit::NewEntry;
use crate::conversation::consider::Considering;
use crate::conversation::{Inbound, Rollout};
use crate::digest::Digest;
use crate::directory::{Directory, People, Person, Platform, Product, Role};
use crate::ids::PersonId;
use crate::planner::Planner;
use crate::policy::decide::effective;
use crate::policy::{Bound, Caps, Policy, Rule};
use crate::ports::{
    Accepted, Change, Clock, Groups, PolicySet, PolicyTable, Provider, ReadRules, Store,
    StoreError, Write,
};
use crate::schedule::Calendar;
use crate::tool::{Catalogue, Tool, ToolName};

/// What an engine is made of.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub providers: Vec<Arc<dyn Provider>>,
    pub planner: Arc<dyn Planner>,
    pub people: People,
    pub rules: Vec<Rule>,
    pub caps: Caps,
    /// The clocks of clients.
    pub calendars: Vec<Calendar>,
    /// `None`: a change of several devices goes to all at once, unless the request says otherwise.
    pub rollout: Option<Rollout>,
    pub channels: Vec<Channel>,
    pub clock: Arc<dyn Clock>,
}

/// A channel that is bound to one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub platform: Platform,
    pub id: String,
    /// The client's name, case aside.
    pub client: String,
}

pub struct Engine {
    parts: Parts,
    /// Replaced as a whole after a sync; a lock is held only to clone or swap the pointers. `None` until
    /// the directory was read first.
    known: RwLock<Option<(Arc<Directory>, Arc<Catalogue>)>>,
    /// Set once by whoever wires, because an adapter of a chat needs the engine first.
    groups: OnceLock<Vec<Arc<dyn Groups>>>,
    /// Who was away at the last look; for drawing. Decisions read it anew.
    away: RwLock<Vec<Away>>,
    /// Those of the configuration file.
    pub(super) file_rules: Arc<[Rule]>,
    /// All rules, with the version of those of the console that are among them.
    pub(super) book: RwLock<Option<(i64, Arc<[Rule]>)>>,
    /// Set once by whoever wires.
    reader: OnceLock<Arc<dyn ReadRules>>,
    /// Held while the directory is read, so that an older one never replaces a newer.
    reading: Mutex<()>,
}

/// A tool with the policy that holds for it now.
#[derive(Debug, Clone)]
pub struct ToolView {
    pub tool: Tool,
    pub policy: Policy,
    /// Who set it, if somebody did.
    pub set_by: Option<PersonId>,
    /// For scripts without a set policy: what the classifier would choose, and why. Takes effect only
    /// when an admin sets it.
    pub proposal: Option<(Policy, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("only an admin can change policies")]
    NotAdmin,
    #[error("there is no tool named {0}")]
    NoSuchTool(ToolName),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Reads the directory from the store.
    pub async fn new(parts: Parts) -> Result<Self, StoreError> {
        let engine = Self::unread(parts);
        engine.refresh().await?;
        Ok(engine)
    }

    /// Knows no device before the first [`Engine::refresh`], and must not be given work until then. It can
    /// take events in.
    pub fn unread(mut parts: Parts) -> Self {
        Self {
            file_rules: std::mem::take(&mut parts.rules).into(),
            book: RwLock::default(),
            reader: OnceLock::new(),
            parts,
            known: RwLock::new(None),
            away: RwLock::default(),
            groups: OnceLock::new(),
            reading: Mutex::new(()),
        }
    }

    /// The directory was read.
    pub fn is_read(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Reads the directory anew; called after a sync.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let _one_at_a_time = self.reading.lock().await;
        let directory = Arc::new(self.parts.store.directory().await?);
        let mut tools = Vec::new();
        for provider in &self.parts.providers {
            tools.extend(provider.tools());
            let own =
                directory.scripts().iter().filter(|script| script.product == provider.product());
            tools.extend(own.map(|script| provider.script_tool(script)));
        }
        let known = Some((directory, Arc::new(Catalogue::new(tools))));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.parts.store
    }

    pub fn people(&self) -> &People {
        &self.parts.people
    }

    /// Where groups that rules name are read. Only the first call counts.
    pub fn read_groups_from(&self, groups: Vec<Arc<dyn Groups>>) {
        let _ = self.groups.set(groups);
    }

    pub(crate) fn groups(&self, platform: Platform) -> Option<&dyn Groups> {
        let all = self.groups.get()?;
        all.iter().find(|groups| groups.platform() == platform).map(AsRef::as_ref)
    }

    /// Those of the configuration file; [`Engine::rules_of`] has those of the console, too.
    pub fn file_rules(&self) -> &[Rule] {
        &self.file_rules
    }

    /// How rules of the console are read. Only the first call counts.
    pub fn read_rules_with(&self, reader: Arc<dyn ReadRules>) {
        let _ = self.reader.set(reader);
    }

    pub(super) fn reader(&self) -> Option<&dyn ReadRules> {
        self.reader.get().map(AsRef::as_ref)
    }

    pub fn caps(&self) -> Caps {
        self.parts.caps
    }

    pub fn calendars(&self) -> &[Calendar] {
        &self.parts.calendars
    }

    pub fn rollout(&self) -> Option<Rollout> {
        self.parts.rollout
    }

    pub fn planner(&self) -> &dyn Planner {
        self.parts.planner.as_ref()
    }

    pub fn providers(&self) -> &[Arc<dyn Provider>] {
        &self.parts.providers
    }

    pub(crate) fn provider(&self, product: Product) -> Option<&dyn Provider> {
        self.parts
            .providers
            .iter()
            .find(|provider| provider.product() == product)
            .map(AsRef::as_ref)
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// What a call of `person` is considered against, outside a channel that is bound to a client.
    pub(super) fn considering<'a>(
        &'a self,
        (directory, catalogue): (&'a Directory, &'a Catalogue),
        (table, rules): (&'a PolicyTable, &'a [Rule]),
        person: &'a Person,
        now: Timestamp,
    ) -> Considering<'a> {
        Considering {
            planner: self.planner(),
            catalogue,
            directory,
            table,
            rules,
            calendars: self.calendars(),
            rollout: self.rollout(),
            person,
            bound_to: None,
            now,
        }
    }

    pub(crate) fn bound(&self, platform: Platform, channel: &str) -> Option<Bound> {
        let channel =
            self.parts.channels.iter().find(|it| it.platform == platform && it.id == channel)?;
        let directory = self.directory();
        let client = directory
            .clients()
            .iter()
            .find(|client| client.name.eq_ignore_ascii_case(&channel.client));
        Some(Bound { name: channel.client.clone(), client: client.map(|client| client.id.clone()) })
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.parts.clock
    }

    pub fn directory(&self) -> Arc<Directory> {
        self.known().0
    }

    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.known().1
    }

    fn known(&self) -> (Arc<Directory>, Arc<Catalogue>) {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// What the classifier makes of a script, and why; nothing of another tool.
    fn proposal_for(&self, tool: &crate::tool::Tool) -> Option<(Policy, String)> {
        let script = tool.script.as_ref()?;
        let directory = self.directory();
        let script = directory
            .scripts()
            .iter()
            .find(|it| it.product == tool.product && it.id == script.id)?;
        Some(crate::policy::classify::classify(script))
    }

    pub(crate) fn known_away(&self) -> Vec<Away> {
        self.away.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_known_away(&self, away: Vec<Away>) {
        *self.away.write().unwrap_or_else(PoisonError::into_inner) = away;
    }

    /// Takes an event in: durable when this returns.
    pub async fn receive(&self, inbound: &Inbound) -> Result<Accepted, StoreError> {
        self.parts.store.accept(inbound).await
    }

    /// All tools with their policies, in catalogue order.
    pub async fn tools(&self) -> Result<Vec<ToolView>, StoreError> {
        let table = self.parts.store.policies().await?;
        let catalogue = self.catalogue();
        let view = |tool: &Tool| {
            let set = table.set.get(&tool.name);
            ToolView {
                tool: tool.clone(),
                policy: effective(tool, set).0,
                set_by: set.map(|set| set.by.clone()),
                proposal: if set.is_none() { self.proposal_for(tool) } else { None },
            }
        };
        Ok(catalogue.iter().map(view).collect())
    }

    /// Sets the policy of one tool, or goes back to its default. Audited.
    pub async fn set_policy(
        &self,
        by: &PersonId,
        tool: &ToolName,
        policy: Option<Policy>,
    ) -> Result<(), PolicyError> {
        let is_admin = self.parts.people.get(by).is_some_and(|person| person.has(Role::Admin));
        if !is_admin {
            return Err(PolicyError::NotAdmin);
        }
        let content: Option<Digest> = match self.catalogue().get(tool) {
            Some(found) => found.script.as_ref().map(|script| script.content.clone()),
            None => return Err(PolicyError::NoSuchTool(tool.clone())),
        };
        let now = self.now();
        let text = match policy {
            Some(policy) => format!("policy of {tool} set to {}", policy.label()),
            None => format!("policy of {tool} set back to its default"),
        };
        let change = Change {
            writes: vec![Write::ToolPolicy {
                tool: tool.clone(),
                set: policy.map(|policy| PolicySet { policy, by: by.clone(), at: now, content }),
            }],
            audit: vec![NewEntry {
                at: now,
                actor: by.to_string(),
                kind: "policy",
                subject: json!({ "tool": tool, "policy": policy }),
                text,
                client: None,
            }],
        };
        self.parts.store.commit(change).await?;
        Ok(())
    }
}
