//! From words to the one alert or script that is meant, before anybody is asked to approve it.

use countersign::plan::Call;
use countersign::ports::{CallError, SettleOption, Settled};
use countersign::tool::ScriptRef;
use countersign::words;
use serde_json::{Map, Value, json};

use super::which::which;
use crate::Automate;
use crate::condition::Condition;
use crate::config::ClearAlerts;
use crate::read::{Wanted, argument, client_id, computer_id};
use crate::script;
use crate::wire::{Alert, ScriptRow};

/// Answers to pick from.
const OPTIONS_MAX: usize = 10;

pub(super) const CANNOT_CLEAR: &str = "clearing alerts is switched off here (clear_alerts); clear it in Automate, or fix what raised it and its monitor \
     clears it";

pub(super) async fn alert(automate: &Automate, mut call: Call) -> Result<Settled, CallError> {
    if automate.config.clear_alerts == ClearAlerts::Off {
        return Ok(Settled::No(format!("Nothing was done: {CANNOT_CLEAR}.")));
    }
    let number = call.arguments.get("alert_id").and_then(Value::as_i64);
    let computer = call.targets.first().map(computer_id).transpose()?;
    let words_said = argument(&call, "alert").unwrap_or_default().to_owned();
    if let Some(id) = number {
        let Some(alert) = automate.api.alert(id).await? else {
            return Ok(Settled::No(format!("Alert {id} is not there any more. Nothing was done.")));
        };
        let elsewhere =
            computer.filter(|id| alert.computer.as_ref().and_then(|it| it.id) != Some(*id));
        if elsewhere.is_some() {
            return Ok(Settled::No(format!(
                "Alert {id} is about {}, not about {}. Nothing was done.",
                alert.place(),
                call.targets.first().map(|it| it.label()).unwrap_or_default()
            )));
        }
        call.arguments = arguments(&alert);
        return Ok(Settled::Call(Box::new(call)));
    }

    let (mut alerts, place) = match (computer, call.targets.first()) {
        (Some(id), Some(target)) => {
            (automate.api.computer_alerts(id).await?, format!("on {}", target.label()))
        }
        _ => {
            if words_said.is_empty() {
                return Ok(Settled::No(
                    "Which alert? Name the device or what the alert says.".into(),
                ));
            }
            let wanted = Wanted { client: client_id(&call)?, ..Wanted::default() };
            let condition = match wanted.client {
                Some(id) => Condition::default().number("Client.Id", id),
                None => Condition::default(),
            };
            let found = automate.api.alerts(&condition).await?;
            let Some(mut found) = found.map(|it| it.rows) else {
                return Ok(Settled::No(
                    "This version of Automate has no list of all alerts; name the device.".into(),
                ));
            };
            found.retain(|it| wanted.fits(it));
            let place = call.client.as_ref().map(|it| format!("of {}", it.name));
            (found, place.unwrap_or_else(|| "in Automate".into()))
        }
    };
    Alert::sort(&mut alerts);
    let fitting = which(&words_said, &alerts);
    Ok(match fitting.as_slice() {
        [one] => {
            call.arguments = arguments(one);
            Settled::Call(Box::new(call))
        }
        [] if alerts.is_empty() => {
            Settled::No(format!("There is no alert {place}. Nothing was done."))
        }
        [] => Settled::Ask {
            text: format!(
                "No alert {place} is about “{}”. Did you mean one of these?",
                words::cut(&words_said, 60)
            ),
            options: options(alerts.iter(), automate),
            total: alerts.len(),
        },
        several => Settled::Ask {
            text: format!(
                "{} {place} {}. Which one do you mean?",
                words::count(several.len(), "alert"),
                if several.len() == 1 { "fits" } else { "fit" }
            ),
            options: options(several.iter().copied(), automate),
            total: several.len(),
        },
    })
}

fn options<'a>(alerts: impl Iterator<Item = &'a Alert>, automate: &Automate) -> Vec<SettleOption> {
    let now = automate.api.client.now();
    let option = |alert: &Alert| {
        let mut detail = vec![alert.severity.label(), alert.place().to_owned()];
        detail.extend(alert.at.map(|at| words::ago(at, now)));
        detail.retain(|it| !it.is_empty());
        SettleOption {
            label: format!("#{} {}", alert.id, words::cut(&alert.sentence(), 100)),
            detail: detail.join(", "),
            arguments: arguments(alert),
        }
    };
    alerts.take(OPTIONS_MAX).map(option).collect()
}

/// The number decides; the text is what an approver reads, and a changed text voids the approval.
fn arguments(alert: &Alert) -> Map<String, Value> {
    let text = words::cut(&alert.sentence(), 190);
    Map::from_iter([("alert_id".to_owned(), json!(alert.id)), ("alert".to_owned(), json!(text))])
}

pub(super) async fn script(automate: &Automate, mut call: Call) -> Result<Settled, CallError> {
    let said = argument(&call, "script").unwrap_or_default().to_owned();
    let script = match find(automate, &said).await? {
        Found::One(script) => script,
        Found::Several(scripts) => {
            let option = |it: &ScriptRow| {
                let mut arguments = call.arguments.clone();
                arguments.insert("script".into(), json!(it.id.to_string()));
                SettleOption {
                    label: it.name.clone(),
                    detail: it.folder.clone().unwrap_or_default(),
                    arguments,
                }
            };
            let fits = match scripts.len() {
                1 => "No script has exactly this name",
                _ => "Several scripts fit",
            };
            return Ok(Settled::Ask {
                text: format!("{fits}: “{}”. Which one do you mean?", words::cut(&said, 60)),
                options: scripts.iter().take(OPTIONS_MAX).map(option).collect(),
                total: scripts.len(),
            });
        }
        Found::None => {
            return Ok(Settled::No(format!(
                "Automate has no script like “{}”. Nothing was done.",
                words::cut(&said, 60)
            )));
        }
    };
    if !script.is_runnable() {
        return Ok(Settled::No(format!(
            "“{}” cannot be run on a computer by itself. Nothing was done.",
            script.name
        )));
    }
    let given =
        call.arguments.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    let pairs = match script::parameters(&script.name, &script.parameters, &given) {
        Ok(pairs) => pairs,
        Err(wrong) => return Ok(Settled::No(format!("{wrong}. Nothing was done."))),
    };
    let parameters: Map<String, Value> =
        pairs.into_iter().map(|(name, value)| (name, value.into())).collect();
    call.arguments = Map::from_iter([("script".to_owned(), json!(script.name))]);
    if !parameters.is_empty() {
        call.arguments.insert("parameters".into(), Value::Object(parameters));
    }
    call.title = script.name.clone();
    call.script = Some(reference(&script));
    Ok(Settled::Call(Box::new(call)))
}

pub(super) fn reference(script: &ScriptRow) -> ScriptRef {
    ScriptRef {
        id: script.id.to_string(),
        name: script.name.clone(),
        content: script.content.clone(),
        expected_secs: None,
    }
}

pub(super) enum Found {
    One(ScriptRow),
    /// Exactly this name several times, or this text in some names.
    Several(Vec<ScriptRow>),
    None,
}

/// The script with this id or exactly this name; else those whose name contains the text.
pub(super) async fn find(automate: &Automate, said: &str) -> Result<Found, CallError> {
    let said = said.trim();
    if let Ok(id) = said.parse::<i64>()
        && let Some(script) = automate.api.script(id).await?
    {
        return Ok(Found::One(script));
    }
    if said.is_empty() {
        return Ok(Found::None);
    }
    let condition = Condition::default().contains("Name", said);
    let mut scripts = automate.api.scripts(&condition).await?.rows;
    scripts.retain(|it| crate::read::contains(&it.name, Some(said)) && it.is_runnable());
    let exact = |it: &ScriptRow| it.name.to_lowercase() == said.to_lowercase();
    if scripts.iter().any(exact) {
        scripts.retain(exact);
        if scripts.len() == 1 {
            return Ok(Found::One(scripts.remove(0)));
        }
    }
    Ok(if scripts.is_empty() { Found::None } else { Found::Several(scripts) })
}
