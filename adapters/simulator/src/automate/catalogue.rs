//! The scripts of the tenant.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::Desk;
use super::list::Source;
use super::places::map;
use crate::http::{Answer, Request};
use crate::rmm::behaviour::Behaviour;

const FIELDS: &[&str] = &[
    "Id",
    "Name",
    "Folder.Id",
    "FullFolderPath",
    "IsComputerScript",
    "IsFunctionScript",
    "UpdateDate",
];

/// What a script is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    Computer,
    /// Called by other scripts.
    Function,
    Location,
}

#[derive(Debug, Clone)]
pub(super) struct Script {
    pub(super) id: i64,
    pub(super) name: String,
    comments: String,
    folder: &'static str,
    parameters: &'static [&'static str],
    pub(super) aim: Aim,
    version: i64,
    updated_at: Timestamp,
    pub(super) behaviour: Behaviour,
    pub(super) gone: bool,
}

type Line =
    (i64, &'static str, &'static str, &'static str, &'static [&'static str], Aim, Behaviour);

const SCRIPTS: [Line; 18] = [
    (
        4102,
        "Agent - Clear Temp Files",
        "Removes temporary files; safe on servers",
        "Maintenance\\Disk",
        &["DaysOld", "DryRun"],
        Aim::Computer,
        Behaviour::ClearTemp,
    ),
    (
        4110,
        "Disk Cleanup",
        "Windows Update leftovers, temporary files, recycle bin",
        "Maintenance\\Disk",
        &[],
        Aim::Computer,
        Behaviour::DiskCleanup,
    ),
    (
        4118,
        "Get Disk Report",
        "Shows free space per drive",
        "Reports",
        &[],
        Aim::Computer,
        Behaviour::DiskReport,
    ),
    (4120, "Restart Print Spooler", "", "Printing", &[], Aim::Computer, Behaviour::RestartSpooler),
    (
        4126,
        "Restart Service",
        "",
        "Services",
        &["Service"],
        Aim::Computer,
        Behaviour::RestartService,
    ),
    (
        4130,
        "Reboot Computer",
        "Restarts at once",
        "Maintenance",
        &[],
        Aim::Computer,
        Behaviour::Reboot,
    ),
    (4140, "Flush DNS", "", "Network", &[], Aim::Computer, Behaviour::FlushDns),
    (4144, "Sync Time", "", "Network", &[], Aim::Computer, Behaviour::SyncTime),
    (4150, "Repair WMI", "", "Repair", &[], Aim::Computer, Behaviour::Fails),
    (4160, "Show Wi-Fi Key", "", "Network", &["Profile"], Aim::Computer, Behaviour::PrintsSecret),
    (
        4170,
        "Install Updates",
        "Workstations",
        "Patching\\Workstations",
        &[],
        Aim::Computer,
        Behaviour::InstallUpdates,
    ),
    (
        4171,
        "Install Updates",
        "Servers",
        "Patching\\Servers",
        &[],
        Aim::Computer,
        Behaviour::InstallUpdates,
    ),
    (4180, "Inventory - Software", "", "Reports", &[], Aim::Computer, Behaviour::LongOutput),
    (
        4190,
        "O'Brien \"Till\" Reset",
        "Kassensystem zurücksetzen",
        "Customers",
        &[],
        Aim::Computer,
        Behaviour::Plain,
    ),
    (4191, "Drücker zurücksetzen", "", "Customers", &[], Aim::Computer, Behaviour::Plain),
    (4200, "_Function - Write Log", "", "_System", &["Text"], Aim::Function, Behaviour::Plain),
    (4201, "_Function - Check Disk Space", "", "_System", &[], Aim::Function, Behaviour::Plain),
    (4210, "Site Survey", "", "Locations", &[], Aim::Location, Behaviour::Plain),
];

#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) all: Vec<Script>,
}

impl Catalogue {
    pub(super) fn new(now: Timestamp) -> Self {
        let script = |(id, name, comments, folder, parameters, aim, behaviour): Line| Script {
            id,
            name: name.to_owned(),
            comments: comments.to_owned(),
            folder,
            parameters,
            aim,
            version: 6,
            updated_at: now - SignedDuration::from_hours(24 * (30 + id % 50)),
            behaviour,
            gone: false,
        };
        Self { all: SCRIPTS.into_iter().map(script).collect() }
    }

    pub(super) fn get(&self, id: i64) -> Option<&Script> {
        self.all.iter().find(|it| it.id == id && !it.gone)
    }

    pub(super) fn named(&mut self, name: &str) -> Option<&mut Script> {
        self.all.iter_mut().find(|it| it.name.eq_ignore_ascii_case(name))
    }
}

impl Script {
    pub(super) fn edit(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
    }
}

impl Desk<'_> {
    pub(super) fn scripts(&self, request: &Request) -> Answer {
        let all: Vec<&Script> = self.automate.catalogue.all.iter().filter(|it| !it.gone).collect();
        let row = |at: usize| self.script_row(all[at]);
        self.automate.list(request, &Source { count: all.len(), row: &row, fields: FIELDS })
    }

    fn script_row(&self, script: &Script) -> Map<String, Value> {
        let folder = script.folder.rsplit('\\').next().unwrap_or_default();
        let comments =
            if script.comments.is_empty() { Value::Null } else { json!(script.comments) };
        map(json!({
            "Id": script.id.to_string(),
            "Name": script.name,
            "Comments": comments,
            "FullFolderPath": script.folder,
            "Folder": {"Id": "88", "ParentId": "7", "Name": folder},
            "Parameters": script.parameters,
            "IsComputerScript": script.aim != Aim::Location,
            "IsLocationScript": script.aim == Aim::Location,
            "IsFunctionScript": script.aim == Aim::Function,
            "IsSystemScript": false,
            "IsOffline": false,
            "Version": script.version,
            "GUID": format!("2f0c7a52-1b41-11ee-be56-{:012}", script.id),
            "UpdateDate": self.automate.date(script.updated_at),
            "UpdatedBy": "aturner",
            // The full row embeds every step.
            "ScriptData": {"ScriptSteps": [{"FunctionId": 1, "Param1": "x".repeat(200)}]},
        }))
    }
}
