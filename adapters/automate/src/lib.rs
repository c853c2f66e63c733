//! ConnectWise Automate: its REST client, and the tools, runs and directory made of it.
//!
//! The client says exactly what may have happened when a call goes wrong; a call that starts something is
//! sent once. Facts about the product: the vendor's OpenAPI file of version 25, and what clients in
//! production were seen to do; what is assumed is said where it is used.

mod agents;
mod api;
mod check;
mod client;
mod condition;
mod config;
mod ids;
mod read;
mod right;
mod script;
mod sync;
mod tools;
mod wire;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use countersign::directory::{Product, Script};
use countersign::plan::Call;
use countersign::ports::{
    Answer, CallError, Clock, Drift, Offer, Polled, Position, Provider, Settled, Started, SyncBatch,
};
use countersign::run::{Baseline, Grant, Handle, LookUp, Marker, Reading};
use countersign::tool::Tool;
use countersign::trial::Seen;
use jiff::Timestamp;

use crate::api::Api;
use crate::client::Client;

pub use check::CheckLine;
pub use config::{ClearAlerts, Config, ConfigError};

/// One server behind one integrator user. Cheap to share; all callers share its four places.
pub struct Automate {
    config: Config,
    api: Api,
    synced: sync::Synced,
}

impl Automate {
    /// Checks the settings; makes no call.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let api = Api { client: Client::new(&config, clock)? };
        Ok(Self { config, api, synced: sync::Synced::default() })
    }

    /// The page of a computer in the web interface. Source: links seen in a public bot.
    fn computer_url(&self, id: i64) -> Option<String> {
        if self.config.base_url.is_some() {
            return None;
        }
        let base = self.api.client.base().as_str().trim_end_matches('/');
        Some(format!("{base}/automate/computer/{id}/normal-tiles"))
    }
}

#[async_trait]
impl Provider for Automate {
    fn product(&self) -> Product {
        Product::Automate
    }

    fn tools(&self) -> Vec<Tool> {
        tools::all()
    }

    fn script_tool(&self, script: &Script) -> Tool {
        script::tool(script)
    }

    async fn read(&self, call: &Call) -> Result<Answer, CallError> {
        read::read(self, call).await
    }

    async fn settle(&self, call: Call) -> Result<Settled, CallError> {
        write::settle(self, call).await
    }

    async fn drift(&self, call: &Call) -> Result<Option<Drift>, CallError> {
        write::drift(self, call).await
    }

    async fn probe(&self, call: &Call) -> Vec<Reading> {
        write::probe(self, call).await
    }

    async fn baseline(&self, call: &Call) -> Result<Option<Baseline>, CallError> {
        write::baseline(self, call).await
    }

    async fn start(&self, grant: Grant) -> Result<Started, CallError> {
        write::start(self, grant).await
    }

    async fn poll(&self, call: &Call, handle: &Handle) -> Result<Polled, CallError> {
        write::poll(self, call, handle).await
    }

    /// Automate takes no marker: without a baseline nothing but an alert can be looked up.
    async fn look_up(&self, call: &Call, _marker: &Marker, since: Timestamp) -> LookUp {
        write::look_up(self, call, since, None).await
    }

    async fn look_up_against(
        &self,
        call: &Call,
        _marker: &Marker,
        since: Timestamp,
        baseline: Option<&Baseline>,
    ) -> LookUp {
        write::look_up(self, call, since, baseline).await
    }

    async fn done_by_hand(
        &self,
        call: &Call,
        _since: Timestamp,
        before: Option<&Baseline>,
    ) -> Result<Seen, CallError> {
        write::done_by_hand(self, call, before).await
    }

    async fn offers(&self, call: &Call) -> Vec<Offer> {
        write::offers(self, call).await
    }

    async fn sync(&self, position: Option<&Position>) -> Result<SyncBatch, CallError> {
        sync::next(self, position).await
    }
}
