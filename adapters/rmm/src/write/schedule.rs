//! `schedule-tasks`: runs a script on endpoints, or on all of a company.

use countersign::plan::Call;
use countersign::ports::{CallError, Started};
use countersign::run::{Grant, Handle};
use countersign::words;
use serde_json::{Map, Value, json};

use crate::Rmm;
use crate::client::{Lane, refused, unreadable};
use crate::script::parameters;
use crate::tools::RUN_TASK;
use crate::wire::Json;

/// Longest task name; the marker stands at its end and must survive.
const NAME_MAX: usize = 200;

/// A script as the product wants it named.
struct Template {
    id: String,
    name: String,
    /// `script` for shell scripts, `fusionscript` for composite ones; both seen live.
    kind: &'static str,
    parameters: Option<String>,
}

pub(super) async fn schedule(rmm: &Rmm, grant: &Grant) -> Result<Started, CallError> {
    let call = grant.call();
    let template = template(rmm, call).await?;
    let targets: Vec<&str> =
        call.targets.iter().filter_map(|target| target.rmm.as_deref()).collect();
    if targets.len() != call.targets.len() {
        return Err(refused("one of the devices has no agent of ConnectWise RMM"));
    }
    let company = call.client.as_ref().and_then(|client| client.rmm.as_deref());
    let (targets, target_type) = match (targets.is_empty(), company) {
        (false, _) => (targets, "MANAGED_ENDPOINT"),
        (true, Some(company)) => (vec![company], "COMPANY"),
        (true, None) => return Err(refused("no device is named")),
    };
    // The human's name and the marker are in the task name, where everybody sees them in the product.
    let marker = grant.marker().as_str();
    let whose = format!(" — {} via Countersign {marker}", grant.requester());
    let room = NAME_MAX.saturating_sub(whose.chars().count());
    let name = format!("{}{whose}", words::cut(&template.name, room));
    let mut body = json!({
        "name": name,
        "description": format!("Asked by {} through Countersign, {marker}", grant.requester()),
        "templateID": template.id,
        "templateType": template.kind,
        "targets": targets,
        "targetType": target_type,
        "resourcesType": "Both",
        "schedule": {"regularity": "Immediate", "category": "STZ", "scheduleType": "TIME"},
    });
    if let Some(parameters) = template.parameters {
        body["parameters"] = Value::String(parameters);
    }
    let (ask, reply) = rmm.api.schedule(&body).await?;
    let reply = reply.ok(&ask)?;
    // It was accepted, so an answer without a task id is a doubt, not a refusal.
    let answer: Value = serde_json::from_slice(&reply.body)
        .map_err(|_| unreadable(&ask, "is cut off or no JSON"))?;
    let task = Json(&answer).id(&["taskId"]).ok_or_else(|| unreadable(&ask, "names no task"))?;
    let note = format!("task {task} “{name}”");
    Ok(Started::Accepted { handle: Handle(task), notes: vec![note] })
}

async fn template(rmm: &Rmm, call: &Call) -> Result<Template, CallError> {
    if let Some(script) = &call.script {
        return Ok(Template {
            id: script.id.clone(),
            name: script.name.clone(),
            kind: "script",
            parameters: parameters(&call.arguments),
        });
    }
    debug_assert_eq!(call.tool.short(), RUN_TASK);
    let wanted = call.arguments.get("script").and_then(Value::as_str).unwrap_or_default().trim();
    let mut found: Vec<Template> = Vec::new();
    let free = match call.arguments.get("parameters") {
        Some(Value::Object(free)) => free.clone(),
        _ => Map::new(),
    };
    let given = (!free.is_empty()).then(|| Value::Object(free).to_string());
    let fits = |id: &str, name: &str| id == wanted || name.eq_ignore_ascii_case(wanted);
    for script in rmm.api.shell_scripts(Lane::Person).await?.said {
        if script.is_active() && fits(&script.id, &script.name) {
            found.push(Template {
                id: script.id,
                name: script.name,
                kind: "script",
                parameters: given.clone(),
            });
        }
    }
    for script in rmm.api.composites().await?.said {
        if fits(&script.id, &script.name) {
            found.push(Template {
                id: script.id,
                name: script.name,
                kind: "fusionscript",
                parameters: given.clone(),
            });
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(refused(format!("there is no script named “{}”", words::cut(wanted, 80)))),
        several => Err(refused(format!(
            "{several} scripts are named “{}”; use its id",
            words::cut(wanted, 80)
        ))),
    }
}
