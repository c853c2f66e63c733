//! What is no longer as it was when the plan was made.

use countersign::plan::Call;
use countersign::ports::{CallError, Drift};
use countersign::words;
use serde_json::Value;

use crate::Automate;
use crate::read::{argument, computer_id};
use crate::wire::Computer;

/// The alert must say what it said. One that is gone is no drift: then there is nothing left to do.
pub(super) async fn alert(automate: &Automate, call: &Call) -> Result<Option<Drift>, CallError> {
    let Some(id) = call.arguments.get("alert_id").and_then(Value::as_i64) else {
        return Ok(Some(Drift("no alert was picked".into())));
    };
    let Some(alert) = automate.api.alert(id).await? else { return Ok(None) };
    let said = argument(call, "alert").unwrap_or_default();
    let says = words::cut(&alert.sentence(), 190);
    if !said.is_empty() && said != says {
        return Ok(Some(Drift(format!("alert {id} now says “{}”", words::cut(&says, 100)))));
    }
    let about = alert.computer.as_ref().and_then(|it| it.id);
    if let Some(target) = call.targets.first()
        && about != Some(computer_id(target)?)
    {
        return Ok(Some(Drift(format!("alert {id} is about {} now", alert.place()))));
    }
    Ok(None)
}

pub(super) async fn script(automate: &Automate, call: &Call) -> Result<Option<Drift>, CallError> {
    if let Some(approved) = &call.script {
        let id = approved.id.parse().ok();
        let read = match id {
            Some(id) => automate.api.script(id).await?,
            None => None,
        };
        let Some(script) = read else {
            return Ok(Some(Drift(format!("the script “{}” is gone", approved.name))));
        };
        if !script.is_runnable() {
            return Ok(Some(Drift(format!("the script “{}” may not run any more", approved.name))));
        }
        if script.content != approved.content {
            let when =
                script.updated_at.map(|at| format!(" on {}", words::at(at))).unwrap_or_default();
            let who = script.updated_by.map(|by| format!(" by {by}")).unwrap_or_default();
            return Ok(Some(Drift(format!(
                "the script “{}” was edited{when}{who}",
                approved.name
            ))));
        }
    }
    let ids = call.targets.iter().map(computer_id).collect::<Result<Vec<i64>, CallError>>()?;
    let found = automate.api.computers_by_id(&ids, Computer::STATE_FIELDS).await?;
    for (target, id) in call.targets.iter().zip(ids) {
        let Some(computer) = found.iter().find(|it| it.id == id) else {
            return Ok(Some(Drift(format!("{} is no longer in Automate", target.label()))));
        };
        let called = target.called.as_deref().unwrap_or(&target.name);
        if !same_host(&computer.name, called) {
            return Ok(Some(Drift(format!(
                "Automate's computer {id} is called {} now, not {}",
                computer.name, called
            ))));
        }
    }
    Ok(None)
}

/// Case aside, and with or without the domain.
fn same_host(one: &str, other: &str) -> bool {
    let host = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    one.eq_ignore_ascii_case(other) || host(one) == host(other)
}
