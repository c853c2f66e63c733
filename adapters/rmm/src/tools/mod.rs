//! The tools. Names, descriptions and default policies of the static ones are those of the product's page,
//! word for word.

mod parameters;
mod slug;

use countersign::directory::{Product, Script};
use countersign::policy::Policy;
use countersign::tool::{Aim, Effect, ScriptRef, Tool, ToolName};
use serde_json::{Value, json};

pub(crate) use parameters::{Published, published, schema_of, to_wire};
pub(crate) use slug::slugs;

/// Which static tool a call is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Static {
    ListCompanies,
    GetCompany,
    ListSites,
    ListDevices,
    GetDevice,
    GetDeviceState,
    GetDevicePatches,
    ListDeviceGroups,
    ListScripts,
    ListShellScripts,
    ListTasks,
    GetTasksSummary,
    RunTask,
    GetTaskResults,
    ListTickets,
    GetTicket,
    CreateTicket,
}

struct Row {
    tool: Static,
    short: &'static str,
    title: &'static str,
    description: &'static str,
    aim: Aim,
}

const fn row(
    tool: Static,
    short: &'static str,
    title: &'static str,
    description: &'static str,
    aim: Aim,
) -> Row {
    Row { tool, short, title, description, aim }
}

static TABLE: [Row; 17] = [
    row(
        Static::ListCompanies,
        "cw-rmm-list-companies",
        "List companies",
        "List all companies (clients) in ConnectWise RMM",
        Aim::Tenant,
    ),
    row(
        Static::GetCompany,
        "cw-rmm-get-company",
        "Company details",
        "Get details for a specific company",
        Aim::Client,
    ),
    row(
        Static::ListSites,
        "cw-rmm-list-sites",
        "List sites",
        "List sites across the partner or for one company",
        Aim::Client,
    ),
    row(
        Static::ListDevices,
        "cw-rmm-list-devices",
        "List devices",
        "List managed endpoints, optionally filtered by company or site",
        Aim::Client,
    ),
    row(
        Static::GetDevice,
        "cw-rmm-get-device",
        "Device details",
        "Get hardware, OS, and network details for an endpoint",
        Aim::Device,
    ),
    row(
        Static::GetDeviceState,
        "cw-rmm-get-device-state",
        "Device state",
        "Get live CPU, memory, disk, and process state for an endpoint",
        Aim::Device,
    ),
    row(
        Static::GetDevicePatches,
        "cw-rmm-get-device-patches",
        "Device patches",
        "List pending, installed, and failed patches for an endpoint",
        Aim::Device,
    ),
    row(
        Static::ListDeviceGroups,
        "cw-rmm-list-device-groups",
        "List device groups",
        "List configured device groups",
        Aim::Tenant,
    ),
    row(
        Static::ListScripts,
        "cw-rmm-list-scripts",
        "List scripts",
        "List all automation scripts available in the tenant",
        Aim::Tenant,
    ),
    row(
        Static::ListShellScripts,
        "cw-rmm-list-shell-scripts",
        "List shell scripts",
        "List shell scripts (PowerShell, Bash, etc.)",
        Aim::Tenant,
    ),
    row(Static::ListTasks, "cw-rmm-list-tasks", "List tasks", "List automation tasks", Aim::Tenant),
    row(
        Static::GetTasksSummary,
        "cw-rmm-get-tasks-summary",
        "Tasks summary",
        "Get a summary of tasks across the tenant or for one endpoint",
        Aim::DeviceOrTenant,
    ),
    row(
        Static::RunTask,
        "cw-rmm-run-task",
        "Run a script",
        "Schedule a script on one or more endpoints (generic runner)",
        Aim::Devices,
    ),
    row(
        Static::GetTaskResults,
        "cw-rmm-get-task-results",
        "Task results",
        "Get execution results for a task instance",
        Aim::Tenant,
    ),
    row(
        Static::ListTickets,
        "cw-rmm-list-tickets",
        "List tickets",
        "List service tickets",
        Aim::Client,
    ),
    row(
        Static::GetTicket,
        "cw-rmm-get-ticket",
        "Ticket details",
        "Get full details of a specific ticket",
        Aim::Tenant,
    ),
    row(
        Static::CreateTicket,
        "cw-rmm-create-ticket",
        "Create a ticket",
        "Create a new service ticket",
        Aim::DeviceOrTenant,
    ),
];

/// Prefix of script tools, before the slug.
const SCRIPT_PREFIX: &str = "cw-rmm-script-";

/// The static tool of this name, with or without the provider in front.
pub(crate) fn of(name: &ToolName) -> Option<Static> {
    TABLE.iter().find(|row| row.short == name.short()).map(|row| row.tool)
}

/// Whether this is the name of a script's tool.
pub(crate) fn is_script(name: &ToolName) -> bool {
    name.short().starts_with(SCRIPT_PREFIX)
}

pub(crate) fn all() -> Vec<Tool> {
    TABLE.iter().map(static_tool).collect()
}

fn static_tool(row: &Row) -> Tool {
    let is_write = matches!(row.tool, Static::RunTask | Static::CreateTicket);
    Tool {
        name: name(row.short),
        product: Product::Rmm,
        title: row.title.to_owned(),
        description: row.description.to_owned(),
        schema: schema(row.tool),
        effect: if is_write { Effect::Write } else { Effect::Read },
        aim: row.aim,
        default_policy: if is_write { Policy::ApprovalNeeded } else { Policy::Auto },
        script: None,
    }
}

/// The tool of one script. Always asks until somebody says otherwise: what a script does is written
/// outside.
pub(crate) fn script_tool(script: &Script) -> Tool {
    Tool {
        name: name(&format!("{SCRIPT_PREFIX}{}", script.slug)),
        product: Product::Rmm,
        title: script.name.clone(),
        description: if script.description.is_empty() {
            format!("Run the script {}", script.name)
        } else {
            script.description.clone()
        },
        schema: schema_of(script),
        effect: Effect::Write,
        aim: Aim::Devices,
        default_policy: Policy::ApprovalNeeded,
        script: Some(ScriptRef {
            id: script.id.clone(),
            name: script.name.clone(),
            content: script.content.clone(),
            expected_secs: script.expected_secs,
        }),
    }
}

fn name(short: &str) -> ToolName {
    ToolName::new(format!("{}:{short}", Product::Rmm.provider()))
}

fn text(title: &str, description: &str) -> Value {
    json!({ "type": "string", "title": title, "description": description, "minLength": 1, "maxLength": 200 })
}

fn choice(title: &str, description: &str, values: &[&str]) -> Value {
    json!({ "type": "string", "title": title, "description": description, "enum": values })
}

fn limit(most: u64) -> Value {
    json!({ "type": "integer", "title": "How many", "description": "At most this many, newest first.", "minimum": 1, "maximum": most })
}

fn schema(tool: Static) -> Value {
    let search = || text("Name contains", "Only those whose name contains this text.");
    let (properties, required): (Value, &[&str]) = match tool {
        Static::GetCompany
        | Static::GetDevice
        | Static::GetDeviceState
        | Static::ListDeviceGroups => (json!({}), &[]),
        Static::ListCompanies
        | Static::ListSites
        | Static::ListScripts
        | Static::ListShellScripts
        | Static::ListTasks => (json!({ "text": search() }), &[]),
        Static::ListDevices => (
            json!({
                "site": text("Site", "Name of a site; only its devices."),
                "type": choice("Type", "Only servers, or only desktops and laptops.", &["server", "desktop"]),
                "os": text("Operating system", "Only devices whose system contains this text, such as “Windows 11”."),
                "online": { "type": "boolean", "title": "Online", "description": "Only devices that are online, or only those that are not." },
            }),
            &[],
        ),
        Static::GetDevicePatches => (
            json!({ "state": choice("Which", "Only the patches in this state.", &["pending", "installed", "failed"]) }),
            &[],
        ),
        Static::GetTasksSummary => (
            json!({ "since": text("Since", "“today”, “yesterday”, or a time such as 2026-09-01T00:00:00Z; a week without it.") }),
            &[],
        ),
        Static::RunTask => (
            json!({
                "script": text("Script", "Name or id of the script."),
                "parameters": { "type": "object", "title": "Parameters", "description": "The script's parameters by name." },
            }),
            &["script"],
        ),
        Static::GetTaskResults => (
            json!({
                "task": text("Task", "Id or name of the task, or the marker CS-… of a run."),
                "instance": text("Instance", "Id of the execution; the newest without it."),
            }),
            &["task"],
        ),
        Static::ListTickets => (
            json!({
                "status": json!({ "type": "string", "title": "Status", "description": "Open tickets, closed ones, or all.", "enum": ["open", "closed", "all"], "default": "open" }),
                "priority": text("Priority", "Only tickets of this priority."),
                "text": text("Summary contains", "Only tickets whose summary contains this text."),
                "limit": limit(100),
            }),
            &[],
        ),
        Static::GetTicket => {
            (json!({ "ticket": text("Ticket", "Number or id of the ticket.") }), &["ticket"])
        }
        Static::CreateTicket => (
            json!({
                "summary": { "type": "string", "title": "Summary", "description": "One line.", "minLength": 1, "maxLength": 255 },
                "description": { "type": "string", "title": "Description", "description": "What is wrong, or what is to be done.", "minLength": 1, "maxLength": 8000 },
                "board": text("Service board", "Name of the service board."),
                "source": text("Source", "Name of the ticket source."),
                "priority": text("Priority", "Name of the priority."),
            }),
            &["summary"],
        ),
    };
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventeen_tools_and_two_of_them_write() {
        let tools = all();
        assert_eq!(tools.len(), 17);
        let writes: Vec<&str> = tools
            .iter()
            .filter(|tool| tool.effect == Effect::Write)
            .map(|tool| tool.name.as_str())
            .collect();
        assert_eq!(
            writes,
            ["connectwise_rmm:cw-rmm-run-task", "connectwise_rmm:cw-rmm-create-ticket"]
        );
        for tool in &tools {
            let asks = tool.default_policy == Policy::ApprovalNeeded;
            assert_eq!(asks, tool.effect == Effect::Write, "{}", tool.name);
            assert!(of(&tool.name).is_some());
            assert!(jsonschema::validator_for(&tool.schema).is_ok(), "{}", tool.name);
        }
    }
}
