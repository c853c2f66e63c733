//! The scripts this tenant has: names, parameters and what each of them does.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::behaviour::Behaviour;
use super::ids::{Ids, Thing};
use super::schedule::TemplateType;

/// The built-in PowerShell runner has the same id everywhere.
const RUNNER: &str = "51a74346-e19b-11e7-9809-0800279505d9";

#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) id: Uuid,
    pub(crate) kind: TemplateType,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) category: &'static str,
    /// JSON Schema of the parameters, as text; one of them is broken on purpose.
    pub(crate) schema: Option<String>,
    /// Absent for some, as "active" has many spellings.
    pub(crate) state: Option<&'static str>,
    pub(crate) expected_secs: u32,
    pub(crate) behaviour: Behaviour,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Script {
    pub(crate) fn is_active(&self) -> bool {
        let active = ["active", "enabled", "published"];
        self.state.is_none_or(|it| active.contains(&it.to_ascii_lowercase().as_str()))
    }
}

#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) scripts: Vec<Script>,
}

type Composite = (&'static str, &'static str, Behaviour);

const COMPOSITE: [Composite; 12] = [
    ("Restart Print Spooler", "Maintenance", Behaviour::RestartSpooler),
    ("Workstation Tune-up", "Maintenance", Behaviour::Plain),
    ("Onboard New Workstation", "Onboarding", Behaviour::Plain),
    ("Defender Full Scan", "Security", Behaviour::Plain),
    ("Reset Windows Update Components", "Patching", Behaviour::Plain),
    ("Collect Support Logs", "Diagnostics", Behaviour::Plain),
    ("Clear Browser Caches", "Maintenance", Behaviour::Plain),
    ("Repair Office Installation", "Applications", Behaviour::Fails),
    ("Resync System Clock", "Maintenance", Behaviour::Plain),
    ("Rebuild Search Index", "Maintenance", Behaviour::Plain),
    ("Server Health Check", "Diagnostics", Behaviour::Plain),
    ("Decommission Workstation", "Offboarding", Behaviour::Plain),
];

struct Row {
    name: &'static str,
    description: &'static str,
    category: &'static str,
    state: Option<&'static str>,
    expected_secs: u32,
    behaviour: Behaviour,
    schema: &'static str,
}

const fn shell(
    names: (&'static str, &'static str, &'static str),
    state: Option<&'static str>,
    run: (u32, Behaviour),
    schema: &'static str,
) -> Row {
    Row {
        name: names.0,
        description: names.1,
        category: names.2,
        state,
        expected_secs: run.0,
        behaviour: run.1,
        schema,
    }
}

const ACTIVE: Option<&str> = Some("Active");

const EVERY_TYPE: &str = r#"{"type":"object","properties":{
"label":{"type":"string","title":"Label","description":"Shown in the backup console","minLength":1},
"retentionDays":{"type":"integer","title":"Retention (days)","minimum":1,"maximum":3650,"default":30},
"bandwidthMbit":{"type":"number","title":"Bandwidth limit in Mbit/s","default":12.5},
"encrypt":{"type":"boolean","title":"Encrypt","default":true},
"folders":{"type":"array","title":"Folders","items":{"type":"string"}},
"schedule":{"type":"object","title":"Schedule","properties":{"hour":{"type":"integer"}}},
"level":{"type":"string","title":"Level","enum":["full","incremental","differential"],"default":"incremental"}},
"required":["label","encrypt"],"additionalProperties":false}"#;

const SHELL: [Row; 19] = [
    shell(
        (
            "Disk Cleanup",
            "Empties temp folders, the recycle bin and old update files of one drive",
            "Maintenance",
        ),
        ACTIVE,
        (300, Behaviour::DiskCleanup),
        r#"{"type":"object","properties":{
"days":{"type":"integer","title":"Days","description":"Only files older than this many days","default":7,"minimum":0,"maximum":365},
"drive":{"type":"string","title":"Drive","enum":["C:","D:","E:"],"default":"C:"}},"required":[],"additionalProperties":false}"#,
    ),
    shell(
        ("Clear Temp Files", "Deletes temp files older than N days", "Maintenance"),
        ACTIVE,
        (300, Behaviour::ClearTemp),
        r#"{"type":"object","properties":{"days":{"type":"integer","title":"Days","default":7}},"required":["days"],"additionalProperties":false}"#,
    ),
    shell(
        (
            "Restart Print Spooler",
            "Stops the spooler, clears stuck jobs, starts it again",
            "Printing",
        ),
        ACTIVE,
        (60, Behaviour::RestartSpooler),
        "",
    ),
    shell(
        ("Restart Service", "Restarts one Windows service", "Maintenance"),
        Some("active"),
        (120, Behaviour::RestartService),
        r#"{"type":"object","properties":{"service":{"type":"string","title":"Service","description":"Name of the service, such as Spooler","minLength":1}},"required":["service"],"additionalProperties":false}"#,
    ),
    shell(
        (
            "Reboot Computer",
            "Restarts the computer; signed-in users lose unsaved work",
            "Maintenance",
        ),
        ACTIVE,
        (600, Behaviour::Reboot),
        r#"{"type":"object","properties":{"force":{"type":"boolean","title":"Close open programs","default":false}},"additionalProperties":false}"#,
    ),
    shell(
        ("Flush DNS", "Empties the DNS resolver cache", "Network"),
        None,
        (30, Behaviour::FlushDns),
        "",
    ),
    shell(
        (
            "Get Disk Report",
            "Reads size and free space of all drives; changes nothing",
            "Diagnostics",
        ),
        ACTIVE,
        (60, Behaviour::DiskReport),
        "",
    ),
    shell(
        (
            "Get Top Processes",
            "Lists the processes that use the most memory; changes nothing",
            "Diagnostics",
        ),
        Some("Published"),
        (60, Behaviour::TopProcesses),
        r#"{"type":"object","properties":{"count":{"type":"integer","title":"How many","default":5,"minimum":1,"maximum":50}},"additionalProperties":false}"#,
    ),
    shell(
        ("Install Updates", "Installs missing Windows updates; may ask for a reboot", "Patching"),
        ACTIVE,
        (3600, Behaviour::InstallUpdates),
        r#"{"type":"object","properties":{"classification":{"type":"string","title":"Classification","enum":["Security","Critical","All"],"default":"Security"}},"additionalProperties":false}"#,
    ),
    shell(
        ("Configure Backup Agent", "Writes the backup agent's settings", "Backup"),
        Some("ENABLED"),
        (120, Behaviour::EveryType),
        EVERY_TYPE,
    ),
    shell(
        ("Ping Hosts", "Pings hosts from this computer; changes nothing", "Network"),
        ACTIVE,
        (60, Behaviour::Ping),
        r#"{"type":"object","properties":{"targets":{"type":"string","title":"Hosts, comma separated"}},"required":["targets"],"additionalProperties":false}"#,
    ),
    shell(
        ("Legacy Inventory", "Imported; its parameters were cut off on the way", "Diagnostics"),
        ACTIVE,
        (120, Behaviour::Plain),
        r#"{"type":"object","properties":{"depth":{"type":"integer","title":"Dep"#,
    ),
    shell(
        ("Remove Old Antivirus", "Superseded, kept for reference", "Security"),
        Some("Inactive"),
        (600, Behaviour::Plain),
        "",
    ),
    shell(
        ("Sync Time", "Resynchronises the clock", "Maintenance"),
        ACTIVE,
        (30, Behaviour::SyncTime),
        "",
    ),
    shell(
        ("Sync-Time!", "Resynchronises the clock, hard", "Maintenance"),
        ACTIVE,
        (30, Behaviour::SyncTime),
        "",
    ),
    shell(
        ("Repair WMI Repository", "Salvages the WMI repository", "Maintenance"),
        ACTIVE,
        (300, Behaviour::Fails),
        "",
    ),
    shell(
        (
            "List Installed Software",
            "Lists every installed program; changes nothing",
            "Diagnostics",
        ),
        ACTIVE,
        (120, Behaviour::LongOutput),
        "",
    ),
    shell(
        ("Show Wi-Fi Profile", "Shows a saved wireless profile with its key", "Network"),
        ACTIVE,
        (60, Behaviour::PrintsSecret),
        r#"{"type":"object","properties":{"profile":{"type":"string","title":"Profile","default":"Office"}},"additionalProperties":false}"#,
    ),
    shell(
        ("Execute PowerShell", "Runs any PowerShell text", "Built-in"),
        ACTIVE,
        (600, Behaviour::PowerShell),
        r#"{"type":"object","properties":{"body":{"type":"string","title":"Script"},"expectedExecutionTimeSec":{"type":"integer","title":"Expected time","minimum":1}},"required":["body","expectedExecutionTimeSec"],"additionalProperties":false}"#,
    ),
];

impl Catalogue {
    pub(crate) fn new(ids: Ids, now: Timestamp) -> Self {
        let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
        let composite =
            COMPOSITE.iter().enumerate().map(|(at, (name, category, behaviour))| Script {
                id: ids.id(Thing::Script, at as u32, 0),
                kind: TemplateType::FusionScript,
                name: (*name).to_owned(),
                description: String::new(),
                category,
                schema: None,
                state: None,
                expected_secs: 600,
                behaviour: *behaviour,
                created_at: ago(550 - at as i64),
                updated_at: ago(450 - at as i64),
            });
        let shell = SHELL.iter().enumerate().map(|(at, row)| Script {
            id: match row.behaviour {
                Behaviour::PowerShell => RUNNER.parse().unwrap_or_default(),
                _ => ids.id(Thing::Script, 100 + at as u32, 0),
            },
            kind: TemplateType::Script,
            name: row.name.to_owned(),
            description: row.description.to_owned(),
            category: row.category,
            schema: (!row.schema.is_empty()).then(|| row.schema.replace('\n', "")),
            state: row.state,
            expected_secs: row.expected_secs,
            behaviour: row.behaviour,
            created_at: ago(400 - at as i64),
            updated_at: ago(100 - at as i64),
        });
        Self { scripts: composite.chain(shell).collect() }
    }

    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        let id = Uuid::try_parse(id).ok()?;
        self.scripts.iter().position(|it| it.id == id)
    }
}
