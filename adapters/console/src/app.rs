//! What every request shares.

use std::sync::Arc;

use countersign::conversation::Engine;
use countersign::ids::PersonId;
use countersign::ports::{ApprovalFilter, Store, StoreError};
use jiff::Timestamp;
use tokio::sync::{Mutex, Semaphore};

use crate::guard::Hosts;
use crate::pages::audit_check::AuditCheck;
use crate::{Console, Mode};

/// Open live streams in one process; each costs a query every 2 s. Browsers close theirs when the tab
/// is hidden.
const STREAMS_MAX: usize = 500;

/// More waiting approvals than this are not counted out: the badge says "99+".
pub(crate) const WAITING_MAX: u32 = 100;

pub(crate) struct App {
    pub(crate) console: Console,
    pub(crate) hosts: Hosts,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) audit_check: Mutex<AuditCheck>,
}

pub(crate) type Shared = axum::extract::State<Arc<App>>;

impl App {
    pub(crate) fn new(console: Console) -> Self {
        Self {
            hosts: Hosts::new(console.public_url.as_deref()),
            console,
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            audit_check: Mutex::default(),
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.console.engine
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.console.engine.store().as_ref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.console.engine.clock().now()
    }

    pub(crate) fn is_demo(&self) -> bool {
        self.console.mode == Mode::Demo
    }

    /// Cookies must not travel in the clear when the console is served over TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.console
            .public_url
            .as_deref()
            .is_some_and(|url| url.to_ascii_lowercase().starts_with("https://"))
    }

    /// As people write it; the id of somebody who left.
    pub(crate) fn name_of<'a>(&'a self, person: &'a PersonId) -> &'a str {
        self.engine().people().get(person).map_or(person.as_str(), |found| found.name.as_str())
    }

    /// Approvals that can still be decided, at most [`WAITING_MAX`].
    pub(crate) async fn waiting(&self) -> Result<usize, StoreError> {
        let filter =
            ApprovalFilter { state: Some("waiting"), limit: WAITING_MAX, ..Default::default() };
        let now = self.now();
        let waiting = self.store().approvals(&filter).await?;
        Ok(waiting.iter().filter(|approval| approval.expires_at > now).count())
    }
}
