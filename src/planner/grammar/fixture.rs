//! A small fleet and a catalogue for tests.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::directory::{
    Client, Device, DeviceClass, Directory, LogOn, Pathway, Person, Product, Role, Site,
};
use crate::ids::{ClientId, DeviceId, PersonId, SiteId};
use crate::policy::Policy;
use crate::tool::{Aim, Catalogue, Effect, ScriptRef, Tool, ToolName};

pub(super) fn now() -> Timestamp {
    "2026-09-02T03:00:00Z".parse().unwrap()
}

pub(super) fn person() -> Person {
    Person {
        id: PersonId::new("ana"),
        name: "Ana".into(),
        email: None,
        roles: vec![Role::Technician],
        client: None,
        accounts: vec![],
    }
}

pub(super) fn directory() -> Directory {
    let client = |id: &str, name: &str| Client {
        id: ClientId::new(id),
        name: name.into(),
        rmm: Some(format!("rmm-{id}")),
        automate: None,
    };
    let site = |id: &str, client: &str, name: &str| Site {
        id: SiteId::new(id),
        client: ClientId::new(client),
        name: name.into(),
        time_zone: None,
    };
    use DeviceClass::{Desktop, Laptop, Server};
    let devices = [
        ("DC01", "acme", Server, None),
        ("DC02", "acme", Server, None),
        ("FS01", "acme", Server, None),
        ("FS02", "acme", Server, None),
        ("PRINT01", "acme", Server, None),
        ("ACME-WS-01", "acme", Desktop, Some("ACME\\jsmith")),
        ("ACME-WS-02", "acme", Desktop, Some("ACME\\pam")),
        ("BG-DC01", "bluegum", Server, None),
        ("MARIA-LT-01", "bluegum", Laptop, Some("BLUEGUM\\maria")),
        ("BV-FRONT-01", "bluegum", Desktop, Some("BLUEGUM\\mia")),
        ("HD-SRV01", "harbour", Server, None),
        ("HD-PC-01", "harbour", Desktop, Some("HD\\tom")),
        ("KIOSK", "harbour", Desktop, None),
    ];
    Directory::new(
        vec![
            client("acme", "Acme Logistics"),
            client("bluegum", "Bluegum Vet"),
            client("harbour", "Harbour Dental Group"),
            client("initech", "Initech"),
        ],
        vec![
            site("s1", "acme", "Sydney"),
            site("s2", "acme", "Melbourne"),
            site("s3", "bluegum", "Main"),
        ],
        devices
            .into_iter()
            .map(|(name, client, class, user)| device(name, client, class, user))
            .collect(),
        vec![],
        Some(now()),
    )
}

fn device(name: &str, client: &str, class: DeviceClass, user: Option<&str>) -> Device {
    Device {
        id: DeviceId::new(name.to_lowercase()),
        name: name.into(),
        friendly_name: None,
        client: ClientId::new(client),
        site: None,
        class,
        os: None,
        model: None,
        serial: None,
        bios_uuid: None,
        rmm: Some(Pathway {
            id: format!("ep-{name}"),
            online: Some(true),
            seen_at: None,
            name: None,
        }),
        automate: None,
        control: None,
        log_ons: user.into_iter().map(|user| LogOn { user: user.into(), at: None }).collect(),
        read_at: now(),
    }
}

/// ConnectWise RMM alone.
pub(super) fn catalogue() -> Catalogue {
    Catalogue::new(rmm())
}

/// ConnectWise Automate alone.
pub(super) fn only_automate() -> Catalogue {
    Catalogue::new(automate())
}

/// ConnectWise Control alone.
pub(super) fn only_control() -> Catalogue {
    let text = json!({ "type": "string" });
    let named = |short: &str, title: &str, aim, properties, required: &[&str], effect| Tool {
        name: ToolName::new(format!("connectwise_control:cwc-{short}")),
        product: Product::Control,
        effect,
        ..tool(short, title, aim, properties).with_required(required)
    };
    let none = || json!({});
    let lists = json!({ "text": text, "status": { "enum": ["online", "offline"] } });
    let command = json!({ "command": text });
    let script = json!({ "script": text });
    use Effect::{Read, Write};
    Catalogue::new(vec![
        named("list-sessions", "Control sessions", Aim::Client, lists, &[], Read),
        named("get-session", "Control session", Aim::Device, none(), &[], Read),
        named("list-processes", "Processes", Aim::Device, none(), &[], Read),
        named("list-services", "Services", Aim::Device, none(), &[], Read),
        named("get-disks", "Disks", Aim::Device, none(), &[], Read),
        named("get-uptime", "Uptime", Aim::Device, none(), &[], Read),
        named("get-user", "User", Aim::Device, none(), &[], Read),
        named("get-inventory", "Inventory", Aim::Device, none(), &[], Read),
        named("join-session", "Join", Aim::Device, none(), &[], Read),
        named("run-command", "Run command", Aim::Devices, command, &["command"], Write),
        named("run-powershell", "Run PowerShell", Aim::Devices, script, &["script"], Write),
    ])
}

pub(super) fn both() -> Catalogue {
    Catalogue::new(rmm().into_iter().chain(automate()))
}

pub(super) fn with_control() -> Catalogue {
    let repair = json!({
        "at_once": { "type": "integer" },
        "stop_after": { "type": "integer" },
        "reinstall": { "type": "boolean" },
    });
    let repair = Tool {
        name: ToolName::new(crate::tool::REPAIR_AGENT),
        product: Product::Control,
        effect: Effect::Write,
        default_policy: Policy::ApprovalNeeded,
        ..tool("repair", "Repair Automate agent", Aim::Devices, repair)
    };
    Catalogue::new(rmm().into_iter().chain(automate()).chain([repair]))
}

fn automate() -> Vec<Tool> {
    let text = json!({ "type": "string" });
    let named = |short: &str, title: &str, aim, properties, required: &[&str], effect| Tool {
        name: ToolName::new(format!("connectwise_automate:cwa-{short}")),
        product: Product::Automate,
        effect,
        default_policy: Policy::ApprovalNeeded,
        ..tool(short, title, aim, properties).with_required(required)
    };
    let alerts = json!({ "text": text, "severity": text });
    let lists = json!({
        "text": text,
        "location": text,
        "status": { "enum": ["online", "offline"] },
        "os": text,
        "type": { "enum": ["server", "workstation"] },
        "user": text,
    });
    let clear = json!({ "alert": text, "alert_id": { "type": "integer" } });
    let run = json!({ "script": text, "parameters": { "type": "object" } });
    use Effect::{Read, Write};
    let mut tools = vec![
        named("list-clients", "Automate clients", Aim::Tenant, json!({ "text": text }), &[], Read),
        named("list-computers", "Automate computers", Aim::Client, lists, &[], Read),
        named("get-computer", "Automate computer", Aim::Device, json!({}), &[], Read),
        named("list-alerts", "Alerts", Aim::Client, alerts.clone(), &[], Read),
        named("get-computer-alerts", "Alerts of a computer", Aim::Device, alerts, &[], Read),
        named("clear-alert", "Clear alert", Aim::DeviceOrTenant, clear, &[], Write),
        named("list-scripts", "Automate scripts", Aim::Tenant, json!({ "text": text }), &[], Read),
        named("run-script", "Run script", Aim::Devices, run, &["script"], Write),
    ];
    let scripts = [
        ("disk-cleanup", "Disk Cleanup", json!({})),
        (
            "agent-clear-temp-files",
            "Agent - Clear Temp Files",
            json!({ "DaysOld": text, "DryRun": text }),
        ),
        ("repair-wmi", "Repair WMI", json!({})),
    ];
    tools.extend(scripts.into_iter().map(|(slug, title, properties)| Tool {
        name: ToolName::new(format!("connectwise_automate:cwa-script-{slug}")),
        product: Product::Automate,
        ..script(slug, title, object(properties, &[]))
    }));
    tools
}

fn rmm() -> Vec<Tool> {
    let text = json!({ "type": "string" });
    let tools = [
        tool("list-companies", "List companies", Aim::Tenant, json!({})),
        tool("get-company", "Company details", Aim::Client, json!({})),
        tool("list-sites", "List sites", Aim::Client, json!({})),
        tool(
            "list-devices",
            "List devices",
            Aim::Client,
            json!({
                "site": text,
                "type": { "enum": ["server", "desktop"] },
                "os": text,
                "online": { "type": "boolean" },
            }),
        ),
        tool("get-device", "Device details", Aim::Device, json!({})),
        tool("get-device-state", "Live state", Aim::Device, json!({})),
        tool(
            "get-device-patches",
            "Patches",
            Aim::Device,
            json!({ "state": { "enum": ["pending", "installed", "failed"] } }),
        ),
        tool("list-device-groups", "List device groups", Aim::Tenant, json!({})),
        tool("list-scripts", "List scripts", Aim::Tenant, json!({ "text": text })),
        tool("list-shell-scripts", "List shell scripts", Aim::Tenant, json!({ "text": text })),
        tool("list-tasks", "List tasks", Aim::Tenant, json!({})),
        tool("get-tasks-summary", "Tasks summary", Aim::DeviceOrTenant, json!({ "since": text })),
        tool(
            "run-task",
            "Run task",
            Aim::Devices,
            json!({ "script": text, "parameters": { "type": "object" } }),
        ),
        tool("get-task-results", "Task results", Aim::Tenant, json!({ "task": text })),
        tool(
            "list-tickets",
            "List tickets",
            Aim::Client,
            json!({ "status": text, "priority": text, "text": text, "limit": { "type": "integer" } }),
        ),
        tool("get-ticket", "Ticket", Aim::Tenant, json!({ "ticket": text })),
        tool(
            "create-ticket",
            "Create ticket",
            Aim::DeviceOrTenant,
            json!({ "summary": text, "description": text, "priority": text }),
        ),
    ];
    let none = json!({ "type": "object", "properties": {} });
    let scripts = [
        (
            "disk-cleanup",
            "Disk Cleanup",
            object(
                json!({ "days": { "type": "integer", "title": "Days", "minimum": 1, "maximum": 90 } }),
                &[],
            ),
        ),
        ("reboot-computer", "Reboot Computer", none.clone()),
        ("restart-print-spooler", "Restart Print Spooler", none.clone()),
        (
            "restart-service",
            "Restart Service",
            object(
                json!({ "service": { "type": "string", "title": "Service name" } }),
                &["service"],
            ),
        ),
        ("flush-dns", "Flush DNS", none.clone()),
        (
            "clear-temp-files",
            "Clear Temp Files",
            object(json!({ "days": { "type": "integer", "title": "Days" } }), &["days"]),
        ),
        (
            "install-windows-updates",
            "Install Windows Updates",
            object(
                json!({
                    "reboot": { "type": "boolean", "title": "Reboot" },
                    "classification": { "enum": ["Security", "Critical", "All"], "title": "Classification" },
                }),
                &[],
            ),
        ),
        (
            "check-disk",
            "Check Disk",
            object(
                json!({ "drive": { "type": "string", "pattern": "^[A-Z]:$", "title": "Drive" } }),
                &["drive"],
            ),
        ),
        (
            "defender-scan",
            "Windows Defender Scan",
            object(
                json!({ "scanType": { "enum": ["quick", "full"], "title": "Scan type" } }),
                &["scanType"],
            ),
        ),
        ("restart-explorer", "Restart Explorer", none.clone()),
        ("list-installed-software", "List Installed Software", none.clone()),
        ("get-disk-report", "Get Disk Report", none.clone()),
        ("sync-time", "Sync Time", none.clone()),
        ("sync-time-2", "Sync-Time!", none.clone()),
        (
            "execute-powershell",
            "Execute PowerShell",
            object(json!({ "body": { "type": "string", "title": "Script" } }), &["body"]),
        ),
        ("gpupdate", "Force GPUpdate", none.clone()),
        ("collect-event-logs", "Collect Event Logs", none),
    ];
    let scripts = scripts.into_iter().map(|(slug, title, schema)| script(slug, title, schema));
    tools.into_iter().chain(scripts).collect()
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

fn tool(name: &str, title: &str, aim: Aim, properties: Value) -> Tool {
    let required: &[&str] = match name {
        "get-task-results" => &["task"],
        "get-ticket" => &["ticket"],
        "create-ticket" => &["summary"],
        "run-task" => &["script"],
        _ => &[],
    };
    let write = matches!(name, "run-task" | "create-ticket");
    Tool {
        name: ToolName::new(format!("connectwise_rmm:cw-rmm-{name}")),
        product: Product::Rmm,
        title: title.into(),
        description: String::new(),
        schema: object(properties, required),
        effect: if write { Effect::Write } else { Effect::Read },
        aim,
        default_policy: if write { Policy::ApprovalNeeded } else { Policy::Auto },
        script: None,
    }
}

impl Tool {
    fn with_required(mut self, required: &[&str]) -> Self {
        self.schema["required"] = json!(required);
        self
    }
}

pub(super) fn script(slug: &str, title: &str, schema: Value) -> Tool {
    Tool {
        name: ToolName::new(format!("connectwise_rmm:cw-rmm-script-{slug}")),
        product: Product::Rmm,
        title: title.into(),
        description: String::new(),
        schema,
        effect: Effect::Write,
        aim: Aim::Devices,
        default_policy: Policy::ApprovalNeeded,
        script: Some(ScriptRef {
            id: slug.into(),
            name: title.into(),
            content: Digest::of(&json!(slug)),
            expected_secs: None,
        }),
    }
}
