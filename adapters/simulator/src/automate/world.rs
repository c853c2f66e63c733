//! What tests and the demo see of the pretend Automate, and change in it.

use jiff::SignedDuration;

use super::alerts::Alert;
use super::estate::{Place, Quirk};
use super::{CLIENT_ID, Cure, Launch, PASSWORD, ScriptRun, Switches, USERNAME};
use crate::control::{State, World};
use crate::fleet::NoSuchThing;

/// A computer as Automate knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutomateComputer {
    pub id: i64,
    pub name: String,
    pub client_id: i64,
    pub client: String,
    pub location: String,
    pub online: bool,
}

/// An alert to raise.
#[derive(Debug, Clone)]
pub struct Raise<'a> {
    pub host: &'a str,
    pub severity: i64,
    pub source: &'a str,
    pub message: &'a str,
}

impl World {
    /// User name, password and ClientId that are let in.
    pub fn automate_credentials(&self) -> (String, String, String) {
        (USERNAME.to_owned(), PASSWORD.to_owned(), CLIENT_ID.to_owned())
    }

    /// Changes switches while the simulator runs.
    pub fn switch_automate(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.lock().automate.switches);
    }

    pub fn revoke_automate_tokens(&self) {
        self.lock().automate.tokens.revoke();
    }

    /// How often somebody signed in.
    pub fn automate_sign_ins(&self) -> u64 {
        self.lock().automate.tokens.issued()
    }

    /// The most requests that were under way at once.
    pub fn automate_in_flight_max(&self) -> usize {
        self.lock().automate.in_flight_max
    }

    /// Computers that are not retired.
    pub fn automate_count(&self) -> usize {
        self.lock().automate.estate.computers.iter().filter(|it| !it.retired).count()
    }

    /// The computer of this host name as Automate spells it; of several the first.
    pub fn automate_computer(&self, host: &str) -> Result<AutomateComputer, NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let id = find(&state, host)?;
        let (estate, fleet) = (&state.automate.estate, &state.fleet);
        let computer = estate.computer(id).ok_or_else(|| missing(host))?;
        let client = estate.client(fleet, computer);
        Ok(AutomateComputer {
            id,
            name: estate.name(fleet, computer).to_owned(),
            client_id: client,
            client: estate.client_name(client).to_owned(),
            location: estate.location_name(estate.location(fleet, computer)).to_owned(),
            online: estate.contact(fleet, computer, now).0,
        })
    }

    /// The agent stops answering, whatever the machine does; or it answers again when the machine is on.
    pub fn set_automate_agent(&self, host: &str, answers: bool) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let id = find(&state, host)?;
        let computer = state.automate.estate.computer_mut(id).ok_or_else(|| missing(host))?;
        computer.quirk.agent_off_since = (!answers).then_some(now);
        Ok(())
    }

    /// The agent has been silent for that long, and only `cure` brings it back.
    pub fn break_automate_agent(
        &self,
        host: &str,
        hours: i64,
        cure: Cure,
    ) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let id = find(&state, host)?;
        let computer = state.automate.estate.computer_mut(id).ok_or_else(|| missing(host))?;
        let since = Some(now - SignedDuration::from_hours(hours));
        computer.quirk = Quirk { agent_off_since: since, cure, back_at: None, ..computer.quirk };
        Ok(())
    }

    /// Every installer token that was ever made.
    pub fn automate_installer_tokens(&self) -> Vec<String> {
        self.lock().automate.installers.tokens().map(str::to_owned).collect()
    }

    /// The computer is retired: gone from every list.
    pub fn retire_automate(&self, host: &str) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let id = find(&state, host)?;
        state.automate.estate.computer_mut(id).ok_or_else(|| missing(host))?.retired = true;
        Ok(())
    }

    /// Installs an agent on a machine of the fleet, a second one where there is one, and gives its id.
    pub fn enrol_automate(&self, host: &str) -> Result<i64, NoSuchThing> {
        let mut state = self.lock();
        let no = state.fleet.find(host)?;
        Ok(state.automate.estate.enrol(Place::Fleet(no), Quirk::default()))
    }

    /// Every launch that was accepted, in order.
    pub fn automate_launches(&self) -> Vec<Launch> {
        self.lock().automate.runs.launches().to_vec()
    }

    /// What ran or waits to run, in order of acceptance.
    pub fn automate_runs(&self) -> Vec<ScriptRun> {
        let mut state = self.lock();
        state.settle();
        state.automate.runs.infos()
    }

    /// Somebody else starts a script from the product's own console.
    pub fn run_in_automate(&self, script: &str, host: &str, user: &str) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let id = find(&state, host)?;
        let automate = &mut state.automate;
        let script = automate
            .catalogue
            .named(script)
            .ok_or_else(|| NoSuchThing(format!("script {script:?}")))?;
        let (number, name) = (script.id, script.name.clone());
        automate.runs.queue((number, &name), id, user, Vec::new(), now);
        Ok(())
    }

    /// From now on this script fails with this message.
    pub fn fail_automate_script(&self, script: &str, message: &str) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let automate = &mut state.automate;
        let script = automate
            .catalogue
            .named(script)
            .ok_or_else(|| NoSuchThing(format!("script {script:?}")))?;
        let number = script.id;
        automate.runs.sabotage(number, message);
        Ok(())
    }

    /// The script was saved anew.
    pub fn edit_automate_script(&self, script: &str) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let found = state.automate.catalogue.named(script);
        found.ok_or_else(|| NoSuchThing(format!("script {script:?}")))?.edit(now);
        Ok(())
    }

    /// Raises an alert a minute ago and gives its number.
    pub fn raise_alert(&self, raise: &Raise<'_>) -> Result<i64, NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let id = find(&state, raise.host)?;
        let estate = &state.automate.estate;
        let client =
            estate.computer(id).map(|it| estate.client(&state.fleet, it)).unwrap_or_default();
        Ok(state.automate.alerts.raise(Alert {
            id: 0,
            at: now - SignedDuration::from_mins(1),
            severity: raise.severity,
            source: raise.source.to_owned(),
            message: raise.message.to_owned(),
            field: String::new(),
            client,
            computer: Some(id),
            device: None,
        }))
    }

    /// Somebody clears an alert in the product's own console, or its monitor does.
    pub fn clear_alert(&self, id: i64) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let alerts = &mut state.automate.alerts.all;
        let at = alerts.iter().position(|it| it.id == id);
        alerts.remove(at.ok_or_else(|| NoSuchThing(format!("alert {id}")))?);
        Ok(())
    }

    /// The numbers of the alerts there are, oldest first.
    pub fn alert_ids(&self) -> Vec<i64> {
        self.lock().automate.alerts.all.iter().map(|it| it.id).collect()
    }
}

fn find(state: &State, host: &str) -> Result<i64, NoSuchThing> {
    let (client, name) =
        host.split_once('/').map_or((None, host), |(client, name)| (Some(client), name));
    let (estate, fleet) = (&state.automate.estate, &state.fleet);
    let fits = |it: &&super::estate::Computer| {
        estate.name(fleet, it).eq_ignore_ascii_case(name)
            && client.is_none_or(|client| {
                estate.client_name(estate.client(fleet, it)).eq_ignore_ascii_case(client)
            })
    };
    let found = estate.computers.iter().filter(|it| !it.retired).find(fits);
    found.map(|it| it.id).ok_or_else(|| missing(host))
}

fn missing(host: &str) -> NoSuchThing {
    NoSuchThing(format!("Automate computer {host:?}"))
}
