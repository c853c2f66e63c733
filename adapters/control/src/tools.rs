//! The tools, with what they do, in words, and their default policies.

use countersign::directory::Product;
use countersign::policy::Policy;
use countersign::tool::{Aim, Effect, Tool, ToolName};
use serde_json::{Value, json};

use crate::command::TEXT_CHARS_MAX;

pub(crate) const LIST_SESSIONS: &str = "cwc-list-sessions";
pub(crate) const GET_SESSION: &str = "cwc-get-session";
pub(crate) const LIST_PROCESSES: &str = "cwc-list-processes";
pub(crate) const LIST_SERVICES: &str = "cwc-list-services";
pub(crate) const GET_DISKS: &str = "cwc-get-disks";
pub(crate) const GET_UPTIME: &str = "cwc-get-uptime";
pub(crate) const GET_USER: &str = "cwc-get-user";
pub(crate) const GET_INVENTORY: &str = "cwc-get-inventory";
pub(crate) const JOIN_SESSION: &str = "cwc-join-session";
pub(crate) const RUN_COMMAND: &str = "cwc-run-command";
pub(crate) const RUN_POWERSHELL: &str = "cwc-run-powershell";
pub(crate) const REPAIR_AGENT: &str = "cwc-repair-automate-agent";

/// How long a command may take where nobody says.
pub(crate) const TIMEOUT_SECS_DEFAULT: u64 = 60;

/// Longest that a command may take: what takes longer is a script of another product, or a scheduled task.
const TIMEOUT_SECS_MAX: u64 = 300;

pub(crate) fn all() -> Vec<Tool> {
    use Aim::{Client, Device, Devices};
    let text = |title: &str, description: &str| json!({"type": "string", "title": title, "description": description, "maxLength": 200});
    let timeout = json!({"type": "integer", "title": "Timeout", "description": "Seconds after which it is ended.", "minimum": 5, "maximum": TIMEOUT_SECS_MAX});
    let script = |title: &str, description: &str| json!({"type": "string", "title": title, "description": description, "minLength": 1, "maxLength": TEXT_CHARS_MAX});
    vec![
        read(
            LIST_SESSIONS,
            "Control sessions",
            "List Access sessions, optionally of one client, by name or state",
            Client,
            json!({
                "text": text("Text", "Only those whose machine, user or system contains this."),
                "status": {"type": "string", "title": "Status", "enum": ["online", "offline"]},
            }),
        ),
        read(
            GET_SESSION,
            "Control session",
            "Get the machine, system, user and connection of a session",
            Device,
            json!({}),
        ),
        read(
            LIST_PROCESSES,
            "Processes",
            "List the processes that use most memory on a machine right now",
            Device,
            json!({}),
        ),
        read(
            LIST_SERVICES,
            "Services",
            "List the services of a machine that start by themselves, those that do not run first",
            Device,
            json!({}),
        ),
        read(
            GET_DISKS,
            "Disks",
            "Get size and free space of a machine's drives right now",
            Device,
            json!({}),
        ),
        read(
            GET_UPTIME,
            "Uptime",
            "Get when a machine was started last, and how long ago",
            Device,
            json!({}),
        ),
        read(
            GET_USER,
            "Logged-on users",
            "Get who is logged on to a machine right now",
            Device,
            json!({}),
        ),
        read(
            GET_INVENTORY,
            "Inventory",
            "Get hardware, system and drives that a machine told of itself, once a day in the background",
            Device,
            json!({}),
        ),
        read(
            JOIN_SESSION,
            "Join session",
            "Get a link to look at a machine's screen, for the person who asks only",
            Device,
            json!({}),
        ),
        write(
            RUN_COMMAND,
            "Run command",
            "Run one command line as SYSTEM on machines that are online",
            Devices,
            json!({
                "command": script("Command", "One line; cmd on Windows, sh elsewhere."),
                "timeout_secs": timeout.clone(),
            }),
            &["command"],
        ),
        write(
            RUN_POWERSHELL,
            "Run PowerShell",
            "Run a PowerShell script as SYSTEM on Windows machines that are online",
            Devices,
            json!({"script": script("Script", "PowerShell."), "timeout_secs": timeout}),
            &["script"],
        ),
        write(
            REPAIR_AGENT,
            "Repair Automate agent",
            "Bring back the Automate agent of Windows machines that are online in Control: restart its services, look \
             again in Automate, and install it anew where that did not help",
            Devices,
            json!({
                "at_once": {"type": "integer", "title": "At a time", "description": "Machines at work side by side.", "minimum": 1, "maximum": 20, "default": 5},
                "stop_after": {"type": "integer", "title": "Stop after", "description": "Machines that may fail before nothing more begins.", "minimum": 1, "maximum": 200, "default": 3},
                "reinstall": {"type": "boolean", "title": "Reinstall", "description": "Install the agent anew where a restart did not help.", "default": true},
            }),
            &[],
        ),
    ]
}

fn read(short: &str, title: &str, description: &str, aim: Aim, properties: Value) -> Tool {
    let schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    tool(short, title, description, aim, Effect::Read, schema)
}

fn write(
    short: &str,
    title: &str,
    description: &str,
    aim: Aim,
    properties: Value,
    required: &[&str],
) -> Tool {
    let schema = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    tool(short, title, description, aim, Effect::Write, schema)
}

fn tool(
    short: &str,
    title: &str,
    description: &str,
    aim: Aim,
    effect: Effect,
    schema: Value,
) -> Tool {
    Tool {
        name: ToolName::new(format!("{}:{short}", Product::Control.provider())),
        product: Product::Control,
        title: title.to_owned(),
        description: description.to_owned(),
        schema,
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
    fn what_takes_free_text_or_changes_a_machine_needs_approval_and_nothing_else_does() {
        for tool in all() {
            let short = tool.name.short();
            let changes = [RUN_COMMAND, RUN_POWERSHELL, REPAIR_AGENT].contains(&short);
            let expected = if changes { Policy::ApprovalNeeded } else { Policy::Auto };
            assert_eq!(tool.default_policy, expected, "{short}");
            assert!(short.starts_with("cwc-") && tool.name.provider() == "connectwise_control");
        }
    }
}
