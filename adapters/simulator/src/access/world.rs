//! What tests and the demo can see and change in the pretend Control.

use crate::World;
use crate::fleet::NoSuchThing;

use super::guest::Reply;
use super::sessions::Ran;
use super::{SECRET, Switches};

impl World {
    /// The secret that opens the extension.
    pub fn control_secret(&self) -> String {
        SECRET.to_owned()
    }

    /// Changes switches while the simulator runs.
    pub fn control_switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.lock().access.switches);
    }

    /// How many sessions there are, ended and stale ones included.
    pub fn control_session_count(&self) -> usize {
        self.lock().access.sessions.all.len()
    }

    /// The id of a machine's newest session.
    pub fn control_session(&self, host: &str) -> Result<String, NoSuchThing> {
        let state = self.lock();
        let machine = state.fleet.find(host)?;
        let found = state.access.sessions.all.iter().rev().find(|it| it.machine == machine);
        found.map(|it| it.id.to_string()).ok_or_else(|| NoSuchThing(format!("session of {host:?}")))
    }

    /// The commands that ran, in order.
    pub fn control_ran(&self) -> Vec<Ran> {
        let mut state = self.lock();
        state.settle();
        state.access.sessions.ran.clone()
    }

    /// The texts of all commands that were ever queued for a machine.
    pub fn control_commands(&self, host: &str) -> Result<Vec<String>, NoSuchThing> {
        let state = self.lock();
        let machine = state.fleet.find(host)?;
        let of = state.access.sessions.all.iter().filter(|it| it.machine == machine);
        Ok(of.flat_map(|it| it.commands()).collect())
    }

    /// The messages that whoever sits at a machine was shown.
    pub fn control_messages(&self, host: &str) -> Result<Vec<String>, NoSuchThing> {
        let state = self.lock();
        let machine = state.fleet.find(host)?;
        let of = state.access.sessions.all.iter().filter(|it| it.machine == machine);
        Ok(of.flat_map(|it| it.texts(super::QUEUED_MESSAGE)).collect())
    }

    /// The most commands that were under way at once, for all machines.
    pub fn control_under_way_max(&self) -> usize {
        self.lock().access.sessions.under_way_max
    }

    /// What happened since the last look, as bodies of triggers with all objects.
    pub(crate) fn control_triggers(&self) -> Vec<serde_json::Value> {
        let mut state = self.lock();
        let now = state.settle();
        let told = std::mem::take(&mut state.access.sessions.told);
        let body = |(id, event): (uuid::Uuid, &str)| {
            serde_json::json!({
                "Session": {"SessionID": id.to_string(), "Name": "", "SessionType": "Access"},
                "Connection": {"ProcessType": "Guest", "ParticipantName": ""},
                "Event": {"EventType": event, "Time": now.to_string(), "Host": "", "Data": ""},
            })
        };
        told.into_iter().map(body).collect()
    }

    /// Events that nobody looks at any more, as they pile up in a machine's newest session.
    pub fn control_pile_up(&self, host: &str, count: usize, hours: i64) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let at = state.settle() - jiff::SignedDuration::from_hours(hours);
        let machine = state.fleet.find(host)?;
        let found = state.access.sessions.all.iter_mut().rev().find(|it| it.machine == machine);
        let session = found.ok_or_else(|| NoSuchThing(format!("session of {host:?}")))?;
        (0..count).for_each(|_| session.write(70, "", String::new(), at));
        Ok(())
    }

    /// How many commands were ever queued, for all machines.
    pub fn control_commands_count(&self) -> usize {
        self.lock().access.sessions.all.iter().map(|it| it.commands().len()).sum()
    }

    /// From now on a script that contains `part` prints `output` and ends with `code` after `secs`.
    pub fn control_reply(&self, part: &str, output: &str, code: i64, secs: u64) {
        let reply = Reply { part: part.into(), output: output.into(), code, secs };
        self.lock().access.sessions.replies.push(reply);
    }

    /// Somebody ends a machine's newest session.
    pub fn control_end_session(&self, host: &str) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let machine = state.fleet.find(host)?;
        let found = state.access.sessions.all.iter_mut().rev().find(|it| it.machine == machine);
        found.ok_or_else(|| NoSuchThing(format!("session of {host:?}")))?.ended = true;
        Ok(())
    }

    /// The agent of a machine goes away and comes back, though the machine stays on.
    pub fn control_set_online(&self, host: &str, online: bool) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let machine = state.fleet.find(host)?;
        let found = state.access.sessions.all.iter_mut().rev().find(|it| it.machine == machine);
        let session = found.ok_or_else(|| NoSuchThing(format!("session of {host:?}")))?;
        session.away_since = (!online).then_some(now);
        let (id, event) = (session.id, if online { "Connected" } else { "Disconnected" });
        state.access.sessions.told.push((id, event));
        Ok(())
    }

    /// An output that nobody asked for appears in the events of a machine's newest session.
    pub fn control_forge_output(&self, host: &str, data: &str) -> Result<(), NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let machine = state.fleet.find(host)?;
        let found = state.access.sessions.all.iter_mut().rev().find(|it| it.machine == machine);
        let session = found.ok_or_else(|| NoSuchThing(format!("session of {host:?}")))?;
        session.write(70, "", data.to_owned(), now);
        Ok(())
    }

    /// The agent is installed anew: the machine gets another session, and the old one stays.
    pub fn control_reinstall(&self, host: &str) -> Result<String, NoSuchThing> {
        let mut state = self.lock();
        let now = state.settle();
        let machine = state.fleet.find(host)?;
        let old = state.access.sessions.all.iter_mut().filter(|it| it.machine == machine);
        old.for_each(|it| {
            it.away_since.get_or_insert(now);
        });
        let seed = state.fleet.seed;
        Ok(state.access.sessions.enrol(seed, machine).id.to_string())
    }
}
