//! Forms and home pages.

use std::time::Duration;

use serde_json::{Value, json};

use super::blocks::{check_home, check_modal};
use super::calls::Call;
use super::memory::{Memory, Modal};
use super::methods::{Outcome, Result, need, no};
use super::{APP, BOT, TEAM};

/// How long a click may open a form.
const TRIGGER_LIVES: Duration = Duration::from_secs(3);

pub(super) fn open(memory: &mut Memory, call: &Call) -> Result<Value> {
    let trigger = need(call, "trigger_id")?;
    let user = match memory.triggers.remove(trigger) {
        None => return no("exchanged_trigger_id"),
        Some((at, _)) if at.elapsed() > TRIGGER_LIVES => return no("expired_trigger_id"),
        Some((_, user)) => user,
    };
    let view = call.json("view").unwrap_or_default();
    let faults = if view["type"] == json!("modal") {
        check_modal(&view)
    } else {
        vec!["type must be modal".into()]
    };
    if !faults.is_empty() {
        return Err(Outcome::No("invalid_arguments", faults));
    }
    let id = format!("V{}", memory.number());
    let view = completed(view, &id);
    memory.modals.push(Modal { id, user, view: view.clone(), errors: Value::Null });
    Ok(json!({ "view": view }))
}

pub(super) fn publish(memory: &mut Memory, call: &Call) -> Result<Value> {
    let user = need(call, "user_id")?.to_owned();
    let view = call.json("view").unwrap_or_default();
    let faults = if view["type"] == json!("home") {
        check_home(&view)
    } else {
        vec!["type must be home".into()]
    };
    if !faults.is_empty() {
        return Err(Outcome::No("invalid_arguments", faults));
    }
    let view = completed(view, &format!("V{}", memory.number()));
    memory.homes.insert(user, view.clone());
    Ok(json!({ "view": view }))
}

fn completed(mut view: Value, id: &str) -> Value {
    view["id"] = json!(id);
    view["team_id"] = json!(TEAM);
    view["hash"] = json!("1.hash");
    view["app_id"] = json!(APP);
    view["bot_id"] = json!(BOT);
    view["state"] = json!({ "values": {} });
    view
}
