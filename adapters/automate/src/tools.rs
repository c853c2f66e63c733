//! The static tools. Names, descriptions and default policies are those of the product's page, word for
//! word; titles and arguments are ours.

use countersign::directory::Product;
use countersign::policy::Policy;
use countersign::tool::{Aim, Effect, Tool, ToolName};
use serde_json::{Value, json};

pub(crate) const LIST_CLIENTS: &str = "cwa-list-clients";
pub(crate) const LIST_COMPUTERS: &str = "cwa-list-computers";
pub(crate) const GET_COMPUTER: &str = "cwa-get-computer";
pub(crate) const LIST_ALERTS: &str = "cwa-list-alerts";
pub(crate) const GET_COMPUTER_ALERTS: &str = "cwa-get-computer-alerts";
pub(crate) const CLEAR_ALERT: &str = "cwa-clear-alert";
pub(crate) const LIST_SCRIPTS: &str = "cwa-list-scripts";
pub(crate) const RUN_SCRIPT: &str = "cwa-run-script";

/// What every tool name of a script begins with.
pub(crate) const SCRIPT_PREFIX: &str = "cwa-script-";

pub(crate) fn name(short: &str) -> ToolName {
    ToolName::new(format!("{}:{short}", Product::Automate.provider()))
}

pub(crate) fn all() -> Vec<Tool> {
    use Aim::{Client, Device, DeviceOrTenant, Devices, Tenant};
    let text = |title: &str, description: &str| json!({"type": "string", "title": title, "description": description, "maxLength": 200});
    let severity = text("Severity", "The server's own word, such as “Error”.");
    vec![
        read(
            LIST_CLIENTS,
            "Automate clients",
            "List clients in Automate",
            Tenant,
            json!({"text": text("Text", "Only those whose name contains this.")}),
        ),
        read(
            LIST_COMPUTERS,
            "Automate computers",
            "List computers, optionally filtered by client, location, status, or OS",
            Client,
            json!({
                "text": text("Text", "Only those whose name contains this."),
                "location": text("Location", "Only those at a location whose name contains this."),
                "status": {"type": "string", "title": "Status", "enum": ["online", "offline"]},
                "os": text("Operating system", "Only those whose system contains this, such as “Windows 11”."),
                "type": {"type": "string", "title": "Type", "enum": ["server", "workstation"]},
                "user": text("User", "Only those where this user was logged on last."),
            }),
        ),
        read(
            GET_COMPUTER,
            "Automate computer",
            "Get full details for a specific computer",
            Device,
            json!({}),
        ),
        read(
            LIST_ALERTS,
            "Alerts",
            "List alerts across the tenant",
            Client,
            json!({
                "text": text("Text", "Only those that mention this."),
                "severity": severity.clone(),
            }),
        ),
        read(
            GET_COMPUTER_ALERTS,
            "Alerts of a computer",
            "List alerts for a specific computer",
            Device,
            json!({
                "text": text("Text", "Only those that mention this."),
                "severity": severity,
            }),
        ),
        tool(
            CLEAR_ALERT,
            "Clear alert",
            "Clear (dismiss) an active alert",
            DeviceOrTenant,
            Effect::Write,
            json!({
                "alert": text("Alert", "What it says, such as “disk space”."),
                "alert_id": {"type": "integer", "title": "Alert number", "minimum": 1},
            }),
            &[],
        ),
        read(
            LIST_SCRIPTS,
            "Automate scripts",
            "List automation scripts available in the tenant",
            Tenant,
            json!({"text": text("Text", "Only those whose name or folder contains this.")}),
        ),
        tool(
            RUN_SCRIPT,
            "Run script",
            "Run a script on one or more computers",
            Devices,
            Effect::Write,
            json!({
                "script": {"type": "string", "title": "Script", "description": "Name or id of a script.", "minLength": 1, "maxLength": 200},
                "parameters": {"type": "object", "title": "Parameters"},
            }),
            &["script"],
        ),
    ]
}

fn read(short: &str, title: &str, description: &str, aim: Aim, properties: Value) -> Tool {
    tool(short, title, description, aim, Effect::Read, properties, &[])
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
        product: Product::Automate,
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
    fn names_descriptions_and_policies_are_those_of_the_products_page() {
        let page = [
            ("cwa-list-clients", "Auto", "List clients in Automate"),
            (
                "cwa-list-computers",
                "Auto",
                "List computers, optionally filtered by client, location, status, or OS",
            ),
            ("cwa-get-computer", "Auto", "Get full details for a specific computer"),
            ("cwa-list-alerts", "Auto", "List alerts across the tenant"),
            ("cwa-get-computer-alerts", "Auto", "List alerts for a specific computer"),
            ("cwa-clear-alert", "Approval needed", "Clear (dismiss) an active alert"),
            ("cwa-list-scripts", "Auto", "List automation scripts available in the tenant"),
            ("cwa-run-script", "Approval needed", "Run a script on one or more computers"),
        ];
        let tools = all();
        let shown: Vec<(&str, &str, &str)> = tools
            .iter()
            .map(|it| {
                let policy = match it.default_policy {
                    Policy::Auto => "Auto",
                    Policy::ApprovalNeeded => "Approval needed",
                    Policy::PlanOnly => "Plan only",
                    Policy::Never => "Never",
                };
                (it.name.short(), policy, it.description.as_str())
            })
            .collect();
        assert_eq!(shown, page);
        assert!(tools.iter().all(|it| it.name.provider() == "connectwise_automate"));
    }
}
