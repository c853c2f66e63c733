//! The provider: which part of the package answers which call.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use async_trait::async_trait;
use countersign::directory::{Directory, Product, Script};
use countersign::plan::Call;
use countersign::ports::{
    Answer, CallError, Clock, Drift, Polled, Position, Processes, Provider, Started, SyncBatch,
    Vault,
};
use countersign::run::{Baseline, Grant, Handle, LookUp, Marker, Reading};
use countersign::tool::Tool;
use countersign::trial::Seen;
use jiff::Timestamp;
use tracing::warn;

use crate::api::{Lookup, Remembered};
use crate::client::{Client, Lane, refused};
use crate::config::{Config, ConfigError, Region, region_warning};
use crate::tools::{self, Static};
use crate::wire::{Company, Named, ShellScript, Site};

type DirectorySource = Arc<dyn Fn() -> Arc<Directory> + Send + Sync>;

/// ConnectWise RMM.
///
/// One per tenant: the request budget, the tokens and what was found out about the connection are in it.
pub struct Rmm {
    pub(crate) client: Client,
    pub(crate) client_id: String,
    pub(crate) region: Region,
    pub(crate) ticket_url: Option<String>,
    directory: RwLock<Option<DirectorySource>>,
    pub(crate) processes: OnceLock<Arc<dyn Processes>>,
    companies: Remembered<Vec<Company>>,
    sites: Remembered<Vec<Site>>,
    /// The companies in the order in which a sync reads their devices.
    pub(crate) sync_order: Remembered<Vec<Company>>,
    /// Devices have to be read one by one here; found out anew by each sync.
    pub(crate) sync_slowly: AtomicBool,
    shell_scripts: Remembered<Vec<ShellScript>>,
    lookups: [Remembered<Vec<Named>>; 4],
}

impl Rmm {
    /// Checks the settings. Makes no call: a product that is down does not keep the bot from starting.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let client = Client::new(&config, clock)?;
        if let Some(warning) = region_warning(&config.client_id, config.region)
            && config.base_url.is_none()
        {
            warn!("{warning}");
        }
        Ok(Self {
            client,
            client_id: config.client_id,
            region: config.region,
            ticket_url: config.ticket_url,
            directory: RwLock::new(None),
            processes: OnceLock::new(),
            companies: Remembered::default(),
            sites: Remembered::default(),
            sync_order: Remembered::default(),
            sync_slowly: AtomicBool::new(false),
            shell_scripts: Remembered::default(),
            lookups: Default::default(),
        })
    }

    /// Shares access tokens with other processes, sealed in `vault`.
    pub fn sharing_tokens(mut self, vault: Arc<dyn Vault>) -> Self {
        self.client.share_tokens(vault);
        self
    }

    /// Whom machines are asked through for what no call of this product tells.
    pub fn processes_through(&self, source: Arc<dyn Processes>) {
        // A second one would say the same.
        let _ = self.processes.set(source);
    }

    /// Lets answers name devices and clients as the directory does, instead of by id.
    pub fn names_from(&self, directory: impl Fn() -> Arc<Directory> + Send + Sync + 'static) {
        let mut slot = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(Arc::new(directory));
    }

    pub(crate) fn directory(&self) -> Option<Arc<Directory>> {
        let source = self.directory.read().unwrap_or_else(PoisonError::into_inner).clone();
        source.map(|source| source())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.client.now()
    }

    /// Companies that are still customers; read once in ten minutes.
    pub(crate) async fn company_records(&self) -> Result<Arc<Vec<Company>>, CallError> {
        let now = self.now();
        let read = async {
            let values = self.client.companies(Lane::Person).await?;
            let companies = values.iter().filter_map(Company::read);
            Ok(companies.filter(|it| it.is_current(now)).collect())
        };
        self.companies.get(now, read).await
    }

    pub(crate) async fn site_records(&self) -> Result<Arc<Vec<Site>>, CallError> {
        let read = async {
            let values = self.client.sites(None, Lane::Person).await?;
            Ok(values.iter().filter_map(Site::read).collect())
        };
        self.sites.get(self.now(), read).await
    }

    /// Shell scripts, active or not; read once in ten minutes.
    pub(crate) async fn shell_scripts(&self) -> Result<Arc<Vec<ShellScript>>, CallError> {
        self.shell_scripts.get(self.now(), self.read_shell_scripts(Lane::Person)).await
    }

    /// The same as they are right now.
    pub(crate) async fn fresh_shell_scripts(&self) -> Result<Vec<ShellScript>, CallError> {
        let scripts = self.read_shell_scripts(Lane::Person).await?;
        self.shell_scripts.put(self.now(), scripts.clone()).await;
        Ok(scripts)
    }

    pub(crate) async fn read_shell_scripts(
        &self,
        lane: Lane,
    ) -> Result<Vec<ShellScript>, CallError> {
        let values = self.client.shell_scripts(lane).await?;
        Ok(values.iter().filter_map(ShellScript::read).collect())
    }

    async fn read_with(&self, call: &Call) -> Result<Answer, CallError> {
        let Some(tool) = tools::of(&call.tool) else {
            return Err(refused(format!("{} is no tool that reads", call.tool)));
        };
        match tool {
            Static::ListCompanies => self.list_companies(call).await,
            Static::GetCompany => self.get_company(call).await,
            Static::ListSites => self.list_sites(call).await,
            Static::ListDevices => self.list_devices(call).await,
            Static::GetDevice => self.get_device(call).await,
            Static::GetDeviceState => self.get_device_state(call).await,
            Static::GetDevicePatches => self.get_device_patches(call).await,
            Static::ListDeviceGroups => self.list_device_groups().await,
            Static::ListScripts => self.list_scripts(call).await,
            Static::ListShellScripts => self.list_shell_scripts(call).await,
            Static::ListTasks => self.list_tasks(call).await,
            Static::GetTasksSummary => self.get_tasks_summary(call).await,
            Static::GetTaskResults => self.get_task_results(call).await,
            Static::ListTickets => self.list_tickets(call).await,
            Static::GetTicket => self.get_ticket(call).await,
            Static::RunTask | Static::CreateTicket => {
                Err(refused(format!("{} changes things; it needs a grant", call.tool)))
            }
        }
    }

    async fn start_with(&self, grant: &Grant) -> Result<Started, CallError> {
        match tools::of(&grant.call().tool) {
            Some(Static::CreateTicket) => self.create_ticket(grant).await,
            Some(Static::RunTask) => self.schedule(grant).await,
            None if tools::is_script(&grant.call().tool) => self.schedule(grant).await,
            Some(_) | None => {
                Err(refused(format!("{} is no tool that changes things", grant.call().tool)))
            }
        }
    }

    pub(crate) async fn lookup(&self, which: Lookup) -> Result<Arc<Vec<Named>>, CallError> {
        self.lookups[which.index()].get(self.now(), self.client.lookup(which)).await
    }
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
        tools::script_tool(script)
    }

    async fn read(&self, call: &Call) -> Result<Answer, CallError> {
        self.client.for_a_person(self.read_with(call)).await
    }

    async fn drift(&self, call: &Call) -> Result<Option<Drift>, CallError> {
        self.client.for_a_person(self.find_drift(call)).await
    }

    async fn probe(&self, call: &Call) -> Vec<Reading> {
        self.client.for_a_person(self.take_readings(call)).await
    }

    async fn start(&self, grant: Grant) -> Result<Started, CallError> {
        self.client.for_a_person(self.start_with(&grant)).await
    }

    async fn poll(&self, call: &Call, handle: &Handle) -> Result<Polled, CallError> {
        self.client.for_a_person(self.poll_task(call, handle)).await
    }

    async fn look_up(&self, call: &Call, marker: &Marker, since: Timestamp) -> LookUp {
        match tools::of(&call.tool) {
            Some(Static::CreateTicket) => {
                self.client.for_a_person(self.look_up_ticket(marker, since)).await
            }
            Some(_) | None => self.client.for_a_person(self.look_up_task(marker, since)).await,
        }
    }

    async fn done_by_hand(
        &self,
        call: &Call,
        since: Timestamp,
        _before: Option<&Baseline>,
    ) -> Result<Seen, CallError> {
        match tools::of(&call.tool) {
            Some(Static::CreateTicket) => self.ticket_by_hand(call, since).await,
            Some(_) | None => self.task_by_hand(call, since).await,
        }
    }

    async fn sync(&self, position: Option<&Position>) -> Result<SyncBatch, CallError> {
        self.sync_next(position).await
    }
}
