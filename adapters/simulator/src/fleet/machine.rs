//! One machine, as it is. What can be computed from its number is not stored: a fleet may hold 100,000 of them.

use jiff::Timestamp;
use uuid::Uuid;

use super::services::Services;
use super::{ClientNo, Family, Kind, Model, Os, PersonNo, SiteNo};

/// How many log-ons a machine remembers.
const LOG_ONS_KEPT: usize = 10;

#[derive(Clone, Debug)]
pub struct Machine {
    /// The host name.
    pub name: Box<str>,
    /// What people call it, when somebody gave it such a name.
    pub friendly: Option<Box<str>>,
    pub client: ClientNo,
    pub site: SiteNo,
    pub kind: Kind,
    pub model: &'static Model,
    pub os: &'static Os,
    pub serial: Box<str>,
    pub bios_uuid: Uuid,
    pub online: bool,
    /// Counts agent installations; a reinstalled machine is the same machine with new ids.
    pub installation: u16,
    pub installed_at: Timestamp,
    /// Last contact of a machine that is offline.
    pub seen_at: Timestamp,
    pub booted_at: Timestamp,
    /// Bytes free on the system drive.
    pub disk_free: u64,
    /// Newest last, at most 10. The newest one is signed in while `signed_in` holds.
    pub log_ons: Vec<LogOn>,
    pub signed_in: bool,
    pub patches: Patches,
    pub services: Services,
    /// Scripts say that they worked, and change nothing.
    pub numb: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOn {
    pub person: PersonNo,
    pub at: Timestamp,
}

/// How many updates are in each state; the rest of the catalogue is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patches {
    pub missing: u8,
    pub failed: u8,
    pub pending_reboot: u8,
}

impl Machine {
    /// Bytes on the system drive.
    pub fn disk_total(&self) -> u64 {
        u64::from(self.model.disk_gib) << 30
    }

    pub fn disk_used_percent(&self) -> f64 {
        let used = self.disk_total().saturating_sub(self.disk_free);
        (used as f64 * 1000.0 / self.disk_total() as f64).round() / 10.0
    }

    /// `C:` or `/`.
    pub fn system_drive(&self) -> &'static str {
        match self.os.family {
            Family::Windows => "C:",
            Family::Mac | Family::Linux => "/",
        }
    }

    pub fn last_log_on(&self) -> Option<LogOn> {
        self.log_ons.last().copied()
    }

    /// When the machine last reported: right now, if it is online.
    pub fn last_contact(&self, now: Timestamp) -> Timestamp {
        if self.online { now } else { self.seen_at }
    }

    pub(crate) fn log_on(&mut self, person: PersonNo, at: Timestamp) {
        if self.log_ons.len() == LOG_ONS_KEPT {
            self.log_ons.remove(0);
        }
        self.log_ons.push(LogOn { person, at });
        self.signed_in = true;
    }

    pub(crate) fn reboot(&mut self, at: Timestamp) {
        self.booted_at = at;
        self.signed_in = false;
        self.patches.pending_reboot = 0;
    }
}
