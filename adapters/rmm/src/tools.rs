//! The static tools. Names, descriptions and default policies are those of the product's page, word for
//! word; titles and arguments are ours.

use countersign::directory::Product;
use countersign::policy::Policy;
use countersign::tool::{Aim, Effect, Tool, ToolName};
use serde_json::{Value, json};

pub(crate) const LIST_COMPANIES: &str = "cw-rmm-list-companies";
pub(crate) const GET_COMPANY: &str = "cw-rmm-get-company";
pub(crate) const LIST_SITES: &str = "cw-rmm-list-sites";
pub(crate) const LIST_DEVICES: &str = "cw-rmm-list-devices";
pub(crate) const GET_DEVICE: &str = "cw-rmm-get-device";
pub(crate) const GET_DEVICE_STATE: &str = "cw-rmm-get-device-state";
pub(crate) const GET_DEVICE_PATCHES: &str = "cw-rmm-get-device-patches";
pub(crate) const LIST_DEVICE_GROUPS: &str = "cw-rmm-list-device-groups";
pub(crate) const LIST_SCRIPTS: &str = "cw-rmm-list-scripts";
pub(crate) const LIST_SHELL_SCRIPTS: &str = "cw-rmm-list-shell-scripts";
pub(crate) const LIST_TASKS: &str = "cw-rmm-list-tasks";
pub(crate) const GET_TASKS_SUMMARY: &str = "cw-rmm-get-tasks-summary";
pub(crate) const RUN_TASK: &str = "cw-rmm-run-task";
pub(crate) const GET_TASK_RESULTS: &str = "cw-rmm-get-task-results";
pub(crate) const LIST_TICKETS: &str = "cw-rmm-list-tickets";
pub(crate) const GET_TICKET: &str = "cw-rmm-get-ticket";
pub(crate) const CREATE_TICKET: &str = "cw-rmm-create-ticket";

/// What every tool name of a script begins with.
pub(crate) const SCRIPT_PREFIX: &str = "cw-rmm-script-";

/// Most tickets of one answer; the rest is counted.
pub(crate) const TICKETS_MAX: u64 = 100;

pub(crate) fn name(short: &str) -> ToolName {
    ToolName::new(format!("{}:{short}", Product::Rmm.provider()))
}

pub(crate) fn all() -> Vec<Tool> {
    use Aim::{Client, Device, DeviceOrTenant, Devices, Tenant};
    use Effect::{Read, Write};
    let read = |short, title, description, aim, properties: Value, required: &[&str]| {
        tool(short, title, description, aim, Read, properties, required)
    };
    let text = json!({"type": "string", "title": "Text", "description": "Only those whose name contains this.", "maxLength": 200});
    vec![
        read(
            LIST_COMPANIES,
            "Companies",
            "List all companies (clients) in ConnectWise RMM",
            Tenant,
            json!({"text": text}),
            &[],
        ),
        read(
            GET_COMPANY,
            "Company details",
            "Get details for a specific company",
            Client,
            json!({}),
            &[],
        ),
        read(
            LIST_SITES,
            "Sites",
            "List sites across the partner or for one company",
            Client,
            json!({}),
            &[],
        ),
        read(
            LIST_DEVICES,
            "Devices",
            "List managed endpoints, optionally filtered by company or site",
            Client,
            json!({
                "site": {"type": "string", "title": "Site", "maxLength": 200},
                "type": {"type": "string", "title": "Type", "enum": ["server", "desktop"]},
                "os": {"type": "string", "title": "Operating system", "maxLength": 100},
                "online": {"type": "boolean", "title": "Online"},
            }),
            &[],
        ),
        read(
            GET_DEVICE,
            "Device details",
            "Get hardware, OS, and network details for an endpoint",
            Device,
            json!({}),
            &[],
        ),
        read(
            GET_DEVICE_STATE,
            "Device state",
            "Get live CPU, memory, disk, and process state for an endpoint",
            Device,
            json!({}),
            &[],
        ),
        read(
            GET_DEVICE_PATCHES,
            "Patches",
            "List pending, installed, and failed patches for an endpoint",
            Device,
            json!({"state": {"type": "string", "title": "State", "enum": ["pending", "installed", "failed"]}}),
            &[],
        ),
        read(
            LIST_DEVICE_GROUPS,
            "Device groups",
            "List configured device groups",
            Tenant,
            json!({}),
            &[],
        ),
        read(
            LIST_SCRIPTS,
            "Scripts",
            "List all automation scripts available in the tenant",
            Tenant,
            json!({"text": text}),
            &[],
        ),
        read(
            LIST_SHELL_SCRIPTS,
            "Shell scripts",
            "List shell scripts (PowerShell, Bash, etc.)",
            Tenant,
            json!({"text": text}),
            &[],
        ),
        read(LIST_TASKS, "Tasks", "List automation tasks", Tenant, json!({"text": text}), &[]),
        read(
            GET_TASKS_SUMMARY,
            "Task summary",
            "Get a summary of tasks across the tenant or for one endpoint",
            DeviceOrTenant,
            json!({"since": {"type": "string", "title": "Since", "description": "“today”, or a time such as 2026-09-01T00:00:00Z.", "maxLength": 40}}),
            &[],
        ),
        tool(
            RUN_TASK,
            "Run task",
            "Schedule a script on one or more endpoints (generic runner)",
            Devices,
            Write,
            json!({
                "script": {"type": "string", "title": "Script", "description": "Name or id of a script.", "minLength": 1, "maxLength": 200},
                "parameters": {"type": "object", "title": "Parameters"},
            }),
            &["script"],
        ),
        read(
            GET_TASK_RESULTS,
            "Task results",
            "Get execution results for a task instance",
            Tenant,
            json!({
                "task": {"type": "string", "title": "Task", "description": "Its id, its name, or a marker such as CS-….", "minLength": 1, "maxLength": 200},
                "instance": {"type": "string", "title": "Instance", "maxLength": 100},
            }),
            &["task"],
        ),
        read(
            LIST_TICKETS,
            "Tickets",
            "List service tickets",
            Client,
            json!({
                "status": {"type": "string", "title": "Status", "enum": ["open", "closed", "all"], "default": "open"},
                "priority": {"type": "string", "title": "Priority", "maxLength": 100},
                "text": {"type": "string", "title": "Text", "description": "Only those whose summary contains this.", "maxLength": 200},
                "limit": {"type": "integer", "title": "Limit", "minimum": 1, "maximum": TICKETS_MAX},
            }),
            &[],
        ),
        read(
            GET_TICKET,
            "Ticket",
            "Get full details of a specific ticket",
            Tenant,
            json!({"ticket": {"type": "string", "title": "Ticket", "description": "Its number or its id.", "minLength": 1, "maxLength": 100}}),
            &["ticket"],
        ),
        tool(
            CREATE_TICKET,
            "Create ticket",
            "Create a new service ticket",
            DeviceOrTenant,
            Write,
            json!({
                "summary": {"type": "string", "title": "Summary", "minLength": 1, "maxLength": 255},
                "description": {"type": "string", "title": "Description", "maxLength": 8000},
                "board": {"type": "string", "title": "Board", "maxLength": 100},
                "source": {"type": "string", "title": "Source", "maxLength": 100},
                "priority": {"type": "string", "title": "Priority", "maxLength": 100},
            }),
            &["summary"],
        ),
    ]
}

fn tool(
    short: &str,
    title: &str,
    description: &str,
    aim: Aim,
    effect: Effect,
    properties: Value,
    required: &[&str],
) -> Tool {
    Tool {
        name: name(short),
        product: Product::Rmm,
        title: title.to_owned(),
        description: description.to_owned(),
        schema: json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        }),
        effect,
        aim,
        default_policy: match effect {
            Effect::Read => Policy::Auto,
            Effect::Write => Policy::ApprovalNeeded,
        },
        script: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_seventeen_and_only_two_write() {
        let tools = all();
        assert_eq!(tools.len(), 17);
        let writes: Vec<&str> = tools
            .iter()
            .filter(|it| it.effect == Effect::Write)
            .map(|it| it.name.short())
            .collect();
        assert_eq!(writes, [RUN_TASK, CREATE_TICKET]);
        for tool in &tools {
            let wanted =
                if tool.effect == Effect::Write { Policy::ApprovalNeeded } else { Policy::Auto };
            assert_eq!(tool.default_policy, wanted, "{}", tool.name);
        }
    }
}
