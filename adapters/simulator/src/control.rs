//! The handle by which tests and the demo look into the simulator and change what happens there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::access;
use crate::automate;
use crate::clock::Clock;
use crate::faults::{Fault, Queue};
use crate::fleet::services::{self, Services};
use crate::fleet::{Fleet, Kind, LogOn, Machine, MachineNo, NoSuchThing, Patches};
use crate::journal::{Journal, LoggedRequest};
use crate::rmm::{self, CreatedTicket, Desk, Execution, Memory, Scheduled, ScriptInfo};

/// A handle on the simulator's memory. Clones share it.
///
/// Every method catches up with the virtual clock first, so what it tells is as of now. Machines are named by host
/// name, or `client/host` where two clients use the same one.
#[derive(Clone, Debug)]
pub struct World(Arc<Mutex<State>>);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) fleet: Fleet,
    pub(crate) faults: Queue,
    pub(crate) journal: Journal,
    pub(crate) rmm: Memory,
    pub(crate) automate: automate::Memory,
    pub(crate) access: access::Memory,
}

impl State {
    /// Plays everything that should have happened until now.
    pub(crate) fn settle(&mut self) -> Timestamp {
        let now = self.clock.now();
        self.rmm.runs.settle(&self.rmm.catalogue, &mut self.fleet, self.rmm.ids, now);
        self.automate.settle(&mut self.fleet, now);
        self.access.settle(&mut self.fleet, now, &|machine| self.automate.is_loud(machine));
        for act in self.access.agent_acts() {
            self.automate.agent_act(&self.fleet, &act);
        }
        now
    }

    pub(crate) fn automate_desk(&mut self) -> automate::Desk<'_> {
        let now = self.settle();
        automate::Desk { automate: &mut self.automate, fleet: &self.fleet, now }
    }

    pub(crate) fn access_desk(&mut self) -> access::Desk<'_> {
        let now = self.settle();
        access::Desk { access: &mut self.access, fleet: &self.fleet, now }
    }

    pub(crate) fn rmm_desk(&mut self) -> Desk<'_> {
        let now = self.settle();
        Desk { rmm: &mut self.rmm, fleet: &mut self.fleet, now }
    }
}

/// A machine as RMM knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub id: Uuid,
    pub host: String,
    pub friendly: Option<String>,
    pub client: String,
    pub company_id: Uuid,
    pub site: String,
    pub site_id: Uuid,
    /// The account of the last log-on, such as `BLUEGUM\maria`.
    pub user: Option<String>,
    pub kind: Kind,
    pub serial: String,
    pub bios_uuid: Uuid,
    pub online: bool,
}

/// A machine to add. It gets the model and system of the client's first machine of its kind, or of any.
#[derive(Clone, Debug)]
pub struct NewMachine {
    pub client: String,
    pub host: String,
    pub kind: Kind,
    /// `None` for one that nobody else has.
    pub serial: Option<String>,
    /// `None` for one that nobody else has.
    pub bios_uuid: Option<Uuid>,
}

impl World {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// The memory, also after a panic elsewhere: a failed test must not fail its neighbours.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.settle();
        state
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.lock().clock.now()
    }

    /// The virtual clock moves on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.clock.advance(by);
        state.settle();
    }

    /// Orders a fault; it waits behind those ordered before for the same route.
    pub fn fault(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Client id and secret that get a token.
    pub fn credentials(&self) -> (String, String) {
        (rmm::CLIENT_ID.to_owned(), rmm::CLIENT_SECRET.to_owned())
    }

    /// What the key is granted.
    pub fn scopes(&self) -> Vec<String> {
        self.lock().rmm.switches.scopes.clone()
    }

    /// What the key is granted from now on; tokens already out keep their scopes.
    pub fn grant(&self, scopes: &[&str]) {
        self.lock().rmm.switches.scopes = scopes.iter().map(|it| (*it).to_owned()).collect();
    }

    /// Every token handed out so far is worthless.
    pub fn revoke_tokens(&self) {
        self.lock().rmm.tokens.revoke();
    }

    /// Changes switches while the simulator runs.
    pub fn switch(&self, change: impl FnOnce(&mut rmm::Switches)) {
        change(&mut self.lock().rmm.switches);
    }

    /// What really ran, in order of start.
    pub fn executions(&self) -> Vec<Execution> {
        let state = self.settled();
        state.rmm.runs.executions(&state.rmm.catalogue, &state.fleet)
    }

    /// Every schedule call that was accepted, in order.
    pub fn scheduled(&self) -> Vec<Scheduled> {
        self.lock().rmm.runs.scheduled.clone()
    }

    /// Tickets made by calls, in order.
    pub fn tickets_created(&self) -> Vec<CreatedTicket> {
        let state = self.lock();
        state.rmm.tickets.created(&state.fleet)
    }

    /// The last few thousand requests, oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.lock().journal.kept()
    }

    /// All requests ever.
    pub fn request_count(&self) -> u64 {
        self.lock().journal.total()
    }

    /// The most requests that arrived within any 5 minutes of virtual time, refused ones included.
    pub fn densest_five_minutes(&self) -> usize {
        self.lock().journal.densest()
    }

    /// Reads the fleet without copying it.
    pub fn with_fleet<T>(&self, read: impl FnOnce(&Fleet) -> T) -> T {
        read(&self.settled().fleet)
    }

    pub fn endpoint(&self, host: &str) -> Result<Endpoint, NoSuchThing> {
        let state = self.settled();
        Ok(endpoint(&state, state.fleet.find(host)?))
    }

    /// All machines. Copies every name: for tests, not for large fleets.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let state = self.settled();
        (0..state.fleet.machines.len() as u32).map(|no| endpoint(&state, MachineNo(no))).collect()
    }

    /// The company id of a client.
    pub fn company_id(&self, client: &str) -> Result<Uuid, NoSuchThing> {
        let state = self.lock();
        Ok(state.rmm.ids.company(&state.fleet, state.fleet.find_client(client)?))
    }

    /// All scripts, composite ones first.
    pub fn scripts(&self) -> Vec<ScriptInfo> {
        self.lock().rmm.catalogue.infos()
    }

    /// A machine goes offline or comes back; what waited for it then starts.
    pub fn set_online(&self, host: &str, online: bool) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let no = state.fleet.find(host)?;
        let machine = state.fleet.machine_mut(no);
        if machine.online && !online {
            machine.seen_at = now;
        }
        machine.online = online;
        if online {
            state.rmm.runs.back_online(no, now);
        }
        Ok(())
    }

    pub fn rename(&self, host: &str, new: &str) -> Result<(), NoSuchThing> {
        let mut state = self.settled();
        let no = state.fleet.find(host)?;
        state.fleet.machine_mut(no).name = new.into();
        Ok(())
    }

    /// The agent is installed anew: same machine, another endpoint id, which is returned. The old id is nobody.
    pub fn reinstall(&self, host: &str) -> Result<Uuid, NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let no = state.fleet.find(host)?;
        let machine = state.fleet.machine_mut(no);
        machine.installation += 1;
        machine.installed_at = now;
        Ok(state.rmm.ids.endpoint(&state.fleet, no))
    }

    /// `account`, with or without domain, signs in at a machine.
    pub fn log_on(&self, host: &str, account: &str) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let no = state.fleet.find(host)?;
        state.fleet.log_on(no, account, now);
        Ok(())
    }

    /// Leaves this share of the system drive used, from 0 to 100.
    pub fn fill_disk(&self, host: &str, used_percent: u8) -> Result<(), NoSuchThing> {
        let mut state = self.settled();
        let no = state.fleet.find(host)?;
        let machine = state.fleet.machine_mut(no);
        machine.disk_free = machine.disk_total() / 100 * u64::from(100 - used_percent.min(100));
        Ok(())
    }

    /// A service of a machine, by either name, is started or stopped.
    pub fn set_service(&self, host: &str, name: &str, runs: bool) -> Result<(), NoSuchThing> {
        let service = service(name)?;
        self.change_machine(host, |it| it.set_service(service, runs))
    }

    /// From now on this service stops and does not come up again, whatever a script says.
    pub fn break_service(&self, host: &str, name: &str) -> Result<(), NoSuchThing> {
        let service = service(name)?;
        self.change_machine(host, |it| it.break_service(service))
    }

    /// From now on scripts say on this machine that they worked, and change nothing.
    pub fn numb(&self, host: &str) -> Result<(), NoSuchThing> {
        self.change_machine(host, |it| it.numb = true)
    }

    fn change_machine(
        &self,
        host: &str,
        change: impl FnOnce(&mut Machine),
    ) -> Result<(), NoSuchThing> {
        let mut state = self.settled();
        let no = state.fleet.find(host)?;
        change(state.fleet.machine_mut(no));
        Ok(())
    }

    /// Adds a machine that is online, at the client's first site, and gives its endpoint id.
    pub fn add_machine(&self, new: NewMachine) -> Result<Uuid, NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let machine = build(&state.fleet, new, now)?;
        let no = state.fleet.add(machine);
        Ok(state.rmm.ids.endpoint(&state.fleet, no))
    }

    /// The script's text changed: its time stamp and description do.
    pub fn edit_script(&self, name: &str) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.clock.now();
        let script = state.rmm.catalogue.named(name)?;
        script.updated_at = now;
        script.description.push_str(" (edited)");
        Ok(())
    }

    pub fn deactivate_script(&self, name: &str) -> Result<(), NoSuchThing> {
        self.lock().rmm.catalogue.named(name)?.state = Some("Inactive");
        Ok(())
    }

    /// Somebody starts a script from the product's own pages.
    pub fn run_in_rmm(&self, script: &str, host: &str) -> Result<(), NoSuchThing> {
        let mut state = self.settled();
        let machine = state.fleet.find(host)?;
        state.rmm_desk().by_hand(script, machine)
    }

    /// Somebody opens a ticket about a machine in the product's own pages.
    pub fn open_ticket(&self, summary: &str, host: &str) -> Result<(), NoSuchThing> {
        let mut state = self.settled();
        let machine = state.fleet.find(host)?;
        state.rmm_desk().ticket_by_hand(summary, machine);
        Ok(())
    }

    /// From now on this script fails with `stderr`: on one machine, or on all of them.
    pub fn fail_script(
        &self,
        name: &str,
        host: Option<&str>,
        stderr: &str,
    ) -> Result<(), NoSuchThing> {
        let mut state = self.settled();
        let script = state.rmm.catalogue.named(name)?.id;
        let machine = host.map(|it| state.fleet.find(it)).transpose()?;
        state.rmm.runs.sabotage(script, machine, stderr);
        Ok(())
    }
}

fn service(name: &str) -> Result<&'static services::Service, NoSuchThing> {
    services::find(name).ok_or_else(|| NoSuchThing(format!("service {name:?}")))
}

fn endpoint(state: &State, no: MachineNo) -> Endpoint {
    let (fleet, ids) = (&state.fleet, state.rmm.ids);
    let machine = fleet.machine(no);
    let user = |it: LogOn| fleet.account(machine, it.person);
    Endpoint {
        id: ids.endpoint(fleet, no),
        host: machine.name.to_string(),
        friendly: machine.friendly.as_deref().map(str::to_owned),
        client: fleet.client(machine.client).name.to_string(),
        company_id: ids.company(fleet, machine.client),
        site: fleet.site(machine.site).name.to_owned(),
        site_id: ids.site(fleet, machine.site),
        user: machine.last_log_on().map(user),
        kind: machine.kind,
        serial: machine.serial.to_string(),
        bios_uuid: machine.bios_uuid,
        online: machine.online,
    }
}

fn build(fleet: &Fleet, new: NewMachine, now: Timestamp) -> Result<Machine, NoSuchThing> {
    let client = fleet.find_client(&new.client)?;
    let site = *fleet
        .client(client)
        .sites
        .first()
        .ok_or_else(|| NoSuchThing(format!("site of {:?}", new.client)))?;
    let of_kind = |it: &&Machine| it.kind == new.kind;
    let pattern = fleet.machines.iter().find(|it| it.client == client && of_kind(it));
    let pattern = pattern.or_else(|| fleet.machines.iter().find(of_kind));
    let pattern = pattern.ok_or_else(|| NoSuchThing(format!("machine of kind {:?}", new.kind)))?;
    let no = fleet.machines.len() as u32;
    Ok(Machine {
        name: new.host.into(),
        friendly: None,
        client,
        site,
        kind: new.kind,
        model: pattern.model,
        os: pattern.os,
        serial: new.serial.unwrap_or_else(|| format!("SIM{no:07}")).into(),
        bios_uuid: new.bios_uuid.unwrap_or_else(|| fleet.bios_uuid(no)),
        online: true,
        installation: 0,
        installed_at: now,
        seen_at: now,
        booted_at: now,
        disk_free: pattern.disk_total() / 2,
        log_ons: Vec::new(),
        signed_in: false,
        patches: Patches::default(),
        services: Services::default(),
        numb: false,
    })
}
