//! ConnectWise Control (ScreenConnect): its client, and the tools, runs and directory made of it; and the care
//! of a self-hosted server's database.
//!
//! Control tells nothing back about a command, so everything rests on the session's events: a command is found
//! again by the run's marker in its text, its output by the same marker in front of it. Facts about the
//! product: the vendor's page of the RESTful API Manager, and what clients in production were seen to do; what
//! is assumed is a setting, or said where it is used.

mod api;
mod check;
mod client;
mod command;
mod config;
pub mod database;
mod figures;
mod filter;
mod inventory;
mod mend;
mod message;
mod probe;
mod read;
mod sync;
mod tools;
pub mod trigger;
mod wire;
mod write;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use countersign::digest::Digest;
use countersign::directory::{Directory, Product, Script};
use countersign::inventory::{Asked, Inventory};
use countersign::plan::{Call, Target};
use countersign::policy::Policy;
use countersign::ports::{
    Agents, Answer, CallError, Clock, Drift, Polled, Position, Process, Provider, Settled, Started,
    SyncBatch, Warned,
};
use countersign::run::{Baseline, Grant, Handle, LookUp, Marker, Reading};
use countersign::tool::{Aim, Effect, ScriptRef, Tool, ToolName};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::json;

use crate::api::Api;
use crate::client::Client;

pub use check::CheckLine;
pub use config::{Config, ConfigError, EXTENSION, LIST_CAP};

/// What is kept of a session's machine.
type InventorySource = Box<dyn Fn(String) -> BoxFuture<'static, Option<Asked>> + Send + Sync>;

type DirectorySource = Box<dyn Fn() -> Arc<Directory> + Send + Sync>;

/// One server behind one secret. Cheap to share; all callers share its four places.
pub struct Control {
    config: Config,
    api: Api,
    directory: OnceLock<DirectorySource>,
    agents: OnceLock<Arc<dyn Agents>>,
    inventories: OnceLock<InventorySource>,
}

impl Control {
    /// Checks the settings; makes no call.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let api = Api { client: Client::new(&config, clock)?, list_cap: config.list_cap };
        Ok(Self {
            config,
            api,
            directory: OnceLock::new(),
            agents: OnceLock::new(),
            inventories: OnceLock::new(),
        })
    }

    /// The processes of a machine that is connected.
    pub async fn processes(&self, target: &Target) -> Result<Vec<Process>, CallError> {
        probe::processes(self, target).await
    }

    /// Whose agents are mended through this server.
    pub fn mends(&self, agents: Arc<dyn Agents>) {
        // A second one would be the same.
        let _ = self.agents.set(agents);
    }

    /// Where inventories are kept.
    pub fn inventories_from(
        &self,
        source: impl Fn(String) -> BoxFuture<'static, Option<Asked>> + Send + Sync + 'static,
    ) {
        let _ = self.inventories.set(Box::new(source));
    }

    /// Where the sessions of a client are looked up: a client that is linked has another name here.
    pub fn directory_from(&self, source: impl Fn() -> Arc<Directory> + Send + Sync + 'static) {
        // A second source would say the same.
        let _ = self.directory.set(Box::new(source));
    }
}

#[async_trait]
impl Provider for Control {
    fn product(&self) -> Product {
        Product::Control
    }

    fn tools(&self) -> Vec<Tool> {
        tools::all()
    }

    /// Control has no scripts; this is what one would be.
    fn script_tool(&self, script: &Script) -> Tool {
        Tool {
            name: ToolName::new(format!(
                "{}:cwc-script-{}",
                Product::Control.provider(),
                script.slug
            )),
            product: Product::Control,
            title: script.name.clone(),
            description: script.description.clone(),
            schema: json!({"type": "object", "additionalProperties": false}),
            effect: Effect::Write,
            aim: Aim::Devices,
            default_policy: Policy::Never,
            script: Some(ScriptRef {
                id: script.id.clone(),
                name: script.name.clone(),
                content: Digest::of(&json!(script.content.as_str())),
                expected_secs: script.expected_secs,
            }),
        }
    }

    async fn read(&self, call: &Call) -> Result<Answer, CallError> {
        read::read(self, call).await
    }

    async fn settle(&self, call: Call) -> Result<Settled, CallError> {
        match is_mending(&call) {
            true => mend::settle(self, call).await,
            false => Ok(write::settle(call)),
        }
    }

    async fn drift(&self, call: &Call) -> Result<Option<Drift>, CallError> {
        match write::drift(self, call).await? {
            None if is_mending(call) => mend::drift(self, call).await,
            drift => Ok(drift),
        }
    }

    /// Control has no figures of its own: the machine is asked, with one of the fixed questions.
    async fn probe(&self, call: &Call) -> Vec<Reading> {
        match is_mending(call) {
            true => Vec::new(),
            false => figures::probe(self, call).await,
        }
    }

    fn probes_with(&self, call: &Call) -> Option<ToolName> {
        figures::question(call).filter(|_| !is_mending(call))
    }

    async fn warn(&self, target: &Target, text: &str) -> Result<Warned, CallError> {
        message::warn(self, target, text).await
    }

    async fn baseline(&self, call: &Call) -> Result<Option<Baseline>, CallError> {
        if !is_mending(call) {
            return write::baseline(self, call).await.map(Some);
        }
        match write::connected(self, call).await?.pop() {
            Some(at) => mend::baseline(self, call, at).await.map(Some),
            None => Ok(None),
        }
    }

    async fn start(&self, grant: Grant) -> Result<Started, CallError> {
        match is_mending(grant.call()) {
            true => mend::start(self, grant).await,
            false => write::start(self, grant).await,
        }
    }

    async fn poll(&self, call: &Call, handle: &Handle) -> Result<Polled, CallError> {
        match is_mending(call) {
            true => mend::poll(self, call, handle).await,
            false => write::poll(self, call, handle).await,
        }
    }

    async fn look_up(&self, call: &Call, marker: &Marker, since: Timestamp) -> LookUp {
        self.look_up_against(call, marker, since, None).await
    }

    async fn look_up_against(
        &self,
        call: &Call,
        marker: &Marker,
        _since: Timestamp,
        baseline: Option<&Baseline>,
    ) -> LookUp {
        match is_mending(call) {
            true => mend::look_up(self, call, marker, baseline).await,
            false => write::look_up(self, call, marker, baseline).await,
        }
    }

    async fn inventory(&self, target: &Target) -> Result<Inventory, CallError> {
        inventory::of(self, target).await
    }

    async fn sync(&self, _position: Option<&Position>) -> Result<SyncBatch, CallError> {
        sync::all(self).await
    }
}

fn is_mending(call: &Call) -> bool {
    call.tool.short() == tools::REPAIR_AGENT
}
