//! ConnectWise RMM: its REST client, and the tools, runs and directory made of it.
//!
//! The client says exactly what may have happened when a call goes wrong; a call that starts something is
//! sent once. Facts about the product: the partner OpenAPI file of 2025, and what was seen of live tenants;
//! what is assumed is said where it is used.

mod api;
mod check;
mod client;
mod config;
mod ids;
mod read;
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
    Answer, CallError, Clock, Drift, Polled, Position, Provider, Started, SyncBatch,
};
use countersign::run::{Grant, Handle, LookUp, Marker, Reading};
use countersign::tool::Tool;
use jiff::Timestamp;

use crate::api::Api;
use crate::client::Client;

pub use check::CheckLine;
pub use config::{Config, ConfigError, Region, region_warning};

/// The product behind one key. Cheap to share; all callers share one request budget.
pub struct Rmm {
    config: Config,
    api: Api,
}

impl Rmm {
    /// Checks the settings; makes no call. The process needs a TLS provider installed before.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let client = Client::new(&config, clock)?;
        Ok(Self { config, api: Api::new(client) })
    }

    /// Where a ticket is shown: the operator's `ticket_url`, else the portal of `na`; au and eu publish none.
    fn ticket_url(&self, ticket: &wire::Ticket) -> Option<String> {
        if let Some(template) = &self.config.ticket_url {
            return Some(
                template
                    .replace("{id}", &encoded(&ticket.id))
                    .replace("{number}", &encoded(&ticket.number)),
            );
        }
        if self.config.region != Region::Na || self.config.base_url.is_some() {
            return None;
        }
        let (number, company) = (ticket.portal_number.as_ref()?, ticket.company.as_ref()?);
        // Source: the portal's own links, as seen by a third-party client; unverified.
        Some(format!(
            "https://control.itsupport247.net/QADashB/QuickAccess/NewDesktops/service-tickets?SSECTION=10020&STAB=10020\
             #??asio_route=/service-tickets/bms-ticket-overview?ticketId={}&companyId={}&projectIssue=false\
             &tabId=unified-ticket-detail-screen??",
            encoded(number),
            encoded(company)
        ))
    }
}

/// Safe in an address: what is not plain is escaped.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[async_trait]
impl Provider for Rmm {
    fn product(&self) -> Product {
        Product::Rmm
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

    async fn drift(&self, call: &Call) -> Result<Option<Drift>, CallError> {
        write::drift::drift(self, call).await
    }

    async fn probe(&self, call: &Call) -> Vec<Reading> {
        write::probe::probe(self, call).await
    }

    async fn start(&self, grant: Grant) -> Result<Started, CallError> {
        write::start(self, grant).await
    }

    async fn poll(&self, call: &Call, handle: &Handle) -> Result<Polled, CallError> {
        write::poll::poll(self, call, handle).await
    }

    async fn look_up(&self, call: &Call, marker: &Marker, since: Timestamp) -> LookUp {
        write::look_up::look_up(self, call, marker, since).await
    }

    async fn sync(&self, position: Option<&Position>) -> Result<SyncBatch, CallError> {
        sync::next(self, position).await
    }
}
