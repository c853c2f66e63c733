//! Computers, as full rows: ids are text, the id of a location is not.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::estate::{Computer, Place};
use super::list::Source;
use super::places::map;
use super::{Desk, Memory, error};
use crate::fleet::{Family, Fleet, Kind};
use crate::http::{Answer, Request};
use crate::mix::mix;

const FIELDS: &[&str] = &[
    "Id",
    "ComputerName",
    "FriendlyName",
    "Status",
    "Type",
    "Client.Id",
    "Client.Name",
    "Location.Id",
    "Location.Name",
    "OperatingSystemName",
    "OperatingSystemVersion",
    "RemoteAgentLastContact",
    "LastHeartbeat",
    "LastUserName",
    "LoggedInUsers.LoggedInUserName",
    "SerialNumber",
    "DomainName",
    "LocalIPAddress",
    "IsRebootNeeded",
    "IsMaintenanceModeEnabled",
    "VirusScanner.Name",
    "DateAdded",
];

impl Desk<'_> {
    pub(super) fn computers(&self, request: &Request) -> Answer {
        let estate = &self.automate.estate;
        let seen: Vec<&Computer> = estate
            .computers
            .iter()
            .filter(|it| !it.retired && self.sees(estate.client(self.fleet, it)))
            .collect();
        let row = |at: usize| row(self.automate, self.fleet, seen[at], self.now);
        self.automate.list(request, &Source { count: seen.len(), row: &row, fields: FIELDS })
    }

    /// The computer, if the user may see it.
    pub(super) fn seen_computer(&self, id: i64) -> Option<&Computer> {
        let found = self.automate.estate.computer(id)?;
        self.sees(self.automate.estate.client(self.fleet, found)).then_some(found)
    }

    pub(super) fn computer(&self, id: i64) -> Answer {
        match self.seen_computer(id) {
            Some(found) => Answer::ok(&row(self.automate, self.fleet, found, self.now)),
            None => error(404, "Computer not found."),
        }
    }
}

fn row(
    automate: &Memory,
    fleet: &Fleet,
    computer: &Computer,
    now: Timestamp,
) -> Map<String, Value> {
    let estate = &automate.estate;
    let machine = estate.machine(fleet, computer);
    let (client, location) = (estate.client(fleet, computer), estate.location(fleet, computer));
    let (online, contact) = estate.contact(fleet, computer, now);
    let noise = mix(&[fleet.seed, 0xa1, computer.id as u64]);
    let account = match computer.place {
        Place::Fleet(_) => machine.last_log_on().map(|it| fleet.account(machine, it.person)),
        Place::Own(_) => None,
    };
    let on_now: Vec<Value> = account
        .iter()
        .filter(|_| machine.signed_in && online)
        .map(|it| {
            // Without the domain, unlike the last user.
            let plain = it.rsplit('\\').next().unwrap_or_default();
            json!({"LoggedInUserName": plain, "ConsoleId": 1})
        })
        .collect();
    let os = match machine.os.family {
        Family::Windows => format!("{} x64", machine.os.product),
        Family::Mac => format!("Mac OS X {}", machine.os.version),
        Family::Linux => machine.os.product.to_owned(),
    };
    let serial = match (computer.quirk.serial, computer.quirk.serial_of) {
        (Some(serial), _) => serial,
        (None, Some(other)) if other.at() < fleet.machines.len() => &fleet.machine(other).serial,
        (None, _) => &machine.serial,
    };
    let memory = i64::from(machine.model.memory_gib) * 1024 - 195;
    let blank = computer.quirk.blank;
    let known = |value: Value| if blank { Value::Null } else { value };
    let uptime = now.duration_since(machine.booted_at).as_secs() / 60;
    map(json!({
        "Id": computer.id.to_string(),
        "ComputerName": estate.name(fleet, computer),
        "FriendlyName": machine.friendly.as_deref().unwrap_or_default(),
        "Comment": null,
        "Status": if online { "Online" } else { "Offline" },
        "Type": if machine.kind == Kind::Server { "Server" } else { "Workstation" },
        "Client": {"Id": client.to_string(), "Name": estate.client_name(client)},
        "Location": {"Id": location, "Name": estate.location_name(location)},
        "OperatingSystemName": known(json!(os)),
        "OperatingSystemVersion": known(json!(machine.os.version)),
        "RemoteAgentLastContact": automate.date(contact),
        "LastHeartbeat": automate.date(contact),
        "RemoteAgentVersion": "250.112",
        "LastInventoryReceived": automate.date(contact),
        "DateAdded": automate.date(machine.installed_at),
        "LastStartup": automate.date(machine.booted_at),
        "LastUserName": known(json!(account)),
        "LoggedInUsers": on_now,
        "UserIdleTime": noise % 90,
        "SystemUptime": uptime,
        "TotalMemory": memory,
        "FreeMemory": memory / 100 * (10 + (noise % 60) as i64),
        "CpuUsage": noise % 40,
        "LocalIPAddress": format!("10.{}.{}.{}", client % 250, location % 250, 20 + computer.id % 200),
        "GatewayIPAddress": format!("203.0.113.{}", location % 250),
        "MACAddress": format!("00-15-5D-{:02X}-{:02X}-{:02X}", noise % 251, noise / 251 % 251, computer.id % 251),
        "SerialNumber": serial,
        "DomainName": match machine.os.family { Family::Windows => json!("corp.example"), _ => Value::Null },
        "IsVirtualMachine": machine.model.name == "Virtual Machine",
        "IsRebootNeeded": machine.patches.pending_reboot > 0,
        "IsMaintenanceModeEnabled": false,
        "VirusScanner": {"Id": "3", "Name": "Windows Defender"},
        "BiosManufacturer": machine.model.maker,
        // What makes full rows heavy.
        "OpenPortsTCP": [135, 139, 445, 3389],
        "UserAccounts": ["Administrator", "Guest"],
        "PowerProfiles": [],
        "Groups": [],
    }))
}
