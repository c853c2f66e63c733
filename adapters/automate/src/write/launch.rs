//! The launch: one POST for all computers, never sent again.

use countersign::plan::{Call, Target};
use countersign::ports::{CallError, Started};
use countersign::run::Grant;
use countersign::words;
use serde_json::{Map, Value, json};

use super::baseline::{At, Before, script_id};
use super::not_sent;
use crate::Automate;
use crate::client::refused;
use crate::right::Right;
use crate::script;
use crate::tools;
use crate::wire::Row;

/// `Computer` in the product's list of kinds; clients in production send the number.
const COMPUTER: i64 = 1;

/// "Once", the only kind of schedule whose number is known.
const ONCE: i64 = 1;

/// What both known clients in production send; the scale is documented nowhere.
const PRIORITY: i64 = 12;

pub(super) async fn start(automate: &Automate, grant: &Grant) -> Result<Started, CallError> {
    let call = grant.call();
    let script = script_id(call)?;
    let before = grant.baseline().and_then(|it| Before::of(&it.0));
    let mut before = before.filter(|it| it.script == script && it.computers.len() == call.targets.len()).ok_or_else(|| {
        refused("the script histories from before the launch are missing, so its outcome could not be told")
    })?;
    if before.computers.iter().all(|it| !it.online) {
        return Err(refused(format!(
            "{} in Automate, and a script for an offline computer is skipped",
            match call.targets.as_slice() {
                [one] => format!("{} is offline", one.label()),
                _ => "all of these computers are offline".to_owned(),
            }
        )));
    }
    let body = body(automate, call, script, &before).await?;
    let answer = automate.api.execute(&body).await?;
    let told = results(&answer);
    for at in &mut before.computers {
        at.refused = told.of(at.id);
    }
    let accepted = before.computers.iter().filter(|it| it.refused.is_none()).count();
    if accepted == 0 {
        return Err(refused(refusals(&call.targets, &before.computers)));
    }
    let name = call.script.as_ref().map(|it| it.name.as_str()).unwrap_or_default();
    let mut notes = vec![format!(
        "Automate queued script {script} ({name}) on {}",
        words::count(accepted, "computer")
    )];
    if accepted < before.computers.len() {
        notes.push(refusals(&call.targets, &before.computers));
    }
    notes.extend(told.of_nobody);
    let offline = before.computers.iter().zip(&call.targets).filter(|(at, _)| !at.online);
    let offline: Vec<String> = offline.map(|(_, target)| target.label()).collect();
    if !offline.is_empty() {
        notes.push(format!("offline at the launch, so skipped: {}", words::list(&offline)));
    }
    Ok(Started::Accepted { handle: before.handle(), notes })
}

async fn body(
    automate: &Automate,
    call: &Call,
    script: i64,
    before: &Before,
) -> Result<Value, CallError> {
    let none = Map::new();
    let (given, published) = match call.tool.short() {
        tools::RUN_SCRIPT => {
            let given = call.arguments.get("parameters").and_then(Value::as_object);
            (given.unwrap_or(&none), automate.api.script(script).await.map_err(not_sent)?)
        }
        // The schema of the tool was made from the published names.
        _ => (&call.arguments, None),
    };
    let known = match published {
        Some(published) => published.parameters,
        None => given.keys().cloned().collect(),
    };
    let pairs = script::parameters(&call.title, &known, given).map_err(refused)?;
    let parameters: Vec<Value> =
        pairs.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let ids: Vec<i64> = before.computers.iter().map(|it| it.id).collect();
    Ok(json!({
        "EntityType": COMPUTER,
        "EntityIds": ids,
        "ScriptId": script,
        "Schedule": {"ScriptScheduleFrequency": {"ScriptScheduleFrequencyId": ONCE}},
        "Parameters": parameters,
        "UseAgentTime": false,
        "StartDate": automate.api.client.now().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        // A script that runs days later, when nobody remembers why, is worse than one that does not run.
        "OfflineActionFlags": {
            "SkipsOfflineAgents": true,
            "WakesOfflineAgents": false,
            "OnlyRunsOnOfflineAgents": false,
        },
        "Priority": PRIORITY,
    }))
}

struct Told {
    refused: Vec<(i64, String)>,
    /// A refusal that names no computer.
    of_nobody: Option<String>,
}

impl Told {
    fn of(&self, computer: i64) -> Option<String> {
        self.refused.iter().find(|it| it.0 == computer).map(|it| it.1.clone())
    }
}

/// Which computers were refused: a refusal comes within a success. Without results all were accepted.
fn results(answer: &Value) -> Told {
    let mut told = Told { refused: Vec::new(), of_nobody: None };
    let Some(answer) = answer.as_object().map(Row) else { return told };
    if answer.flag("ContainsUnsuccessfulResults") != Some(true) {
        return told;
    }
    let mut messages = Vec::new();
    for row in answer.items("ScriptResults").filter_map(Value::as_object).map(Row) {
        let Some(details) = row.child("ResultDetails") else { continue };
        let said = details.text("Message").map(|it| words::cut(&countersign::mask::mask(&it), 200));
        let refused = details.int("ResultStatus").is_some_and(|it| it != 0);
        match (row.int("EntityId"), refused) {
            (Some(id), true) => {
                told.refused
                    .push((id, with_right(said.unwrap_or_else(|| "no reason given".into()))));
            }
            _ => messages.extend(said),
        }
    }
    if told.refused.is_empty() {
        let why =
            if messages.is_empty() { String::new() } else { format!(": {}", messages.join("; ")) };
        told.of_nobody = Some(format!("Automate says that at least one computer was refused{why}"));
    }
    told
}

/// A refusal for want of a right names the right.
fn with_right(message: String) -> String {
    if message.to_lowercase().contains("permission") {
        format!("{} Grant {}.", message, Right::RunScripts.text())
    } else {
        message
    }
}

fn refusals(targets: &[Target], computers: &[At]) -> String {
    let each = targets.iter().zip(computers).filter_map(|(target, at)| {
        let why = at.refused.as_deref()?;
        Some(format!("{} was refused: {}", target.label(), why.trim_end_matches('.')))
    });
    each.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_comes_within_a_success_and_only_with_the_flag() {
        let row = |id: i64, status: i64, message: &str| json!({"EntityId": id, "ResultDetails": {"ResultStatus": status, "ReasonCode": 0, "Message": message}});
        let answer = |rows: Vec<Value>, flag: bool| json!({"ScriptResults": rows, "ContainsUnsuccessfulResults": flag});

        let told = results(&answer(vec![row(1, 0, ""), row(2, 1, "Agent is retired.")], true));
        assert_eq!((told.of(1), told.of(2)), (None, Some("Agent is retired.".into())));
        let told = results(&answer(vec![row(1, 5, "odd")], false));
        assert_eq!(told.of(1), None);
        let told = results(&answer(vec![row(1, 0, "Not allowed")], true));
        assert!(told.of(1).is_none());
        assert_eq!(
            told.of_nobody.as_deref(),
            Some("Automate says that at least one computer was refused: Not allowed")
        );
        let told = results(&answer(vec![row(1, 1, "User does not have permission.")], true));
        assert!(told.of(1).unwrap().contains("Schedule Scripts Update"));
        assert!(results(&Value::Null).refused.is_empty());
    }
}
