//! Clearing an alert. No route for it is documented, so nothing is believed: the alert is read before, and
//! read again afterwards.

use countersign::plan::Call;
use countersign::ports::{CallError, Started};
use countersign::run::{Ending, LookUp, TargetResult, TargetStatus, Trace};
use serde_json::Value;

use super::not_sent;
use super::settle::CANNOT_CLEAR;
use crate::Automate;
use crate::client::refused;
use crate::config::ClearAlerts;
use crate::wire::Alert;

const NOT_HERE: &str = "this Automate server does not let the API clear alerts; clear it in Automate (the computer's Alerts tile), or fix \
     what raised it and its monitor clears it";

pub(super) fn number(call: &Call) -> Result<i64, CallError> {
    let id = call.arguments.get("alert_id").and_then(Value::as_i64);
    id.ok_or_else(|| refused("no alert was picked"))
}

pub(super) async fn start(automate: &Automate, call: &Call) -> Result<Started, CallError> {
    if automate.config.clear_alerts == ClearAlerts::Off {
        return Err(refused(CANNOT_CLEAR));
    }
    let id = number(call)?;
    // Reading is no part of the write: whatever goes wrong here, nothing was sent.
    let Some(alert) = automate.api.alert(id).await.map_err(not_sent)? else {
        return Ok(finished(call, None, "was gone already"));
    };
    let (reply, ask) = automate.api.delete_alert(id).await?;
    match reply.status {
        200..=299 if !reply.is_page() => {}
        404 | 405 | 501 => {
            // Somebody else may have cleared it between the two calls.
            return match automate.api.alert(id).await {
                Ok(None) => Ok(finished(call, Some(&alert), "was gone already")),
                Ok(Some(_)) | Err(_) => Err(refused(NOT_HERE)),
            };
        }
        _ => {
            reply.ok(&ask)?;
        }
    }
    Ok(match automate.api.alert(id).await {
        Ok(None) => finished(call, Some(&alert), "cleared"),
        Ok(Some(_)) => failed(
            call,
            &alert,
            "Automate said yes, but the alert is still there; clear it in Automate, or fix what raised it",
        ),
        Err(error) => failed(
            call,
            &alert,
            &format!(
                "Automate said yes, but it could not be checked ({})",
                error.for_person().trim_end_matches('.')
            ),
        ),
    })
}

fn finished(call: &Call, alert: Option<&Alert>, word: &str) -> Started {
    Started::Finished {
        ending: Ending::Succeeded,
        trace: trace(call, alert, TargetStatus::Succeeded, word),
    }
}

fn failed(call: &Call, alert: &Alert, why: &str) -> Started {
    Started::Finished {
        ending: Ending::Failed(why.to_owned()),
        trace: trace(call, Some(alert), TargetStatus::Failed, "not cleared"),
    }
}

fn trace(call: &Call, alert: Option<&Alert>, status: TargetStatus, word: &str) -> Trace {
    let id = number(call).unwrap_or_default();
    let text = alert.map(Alert::sentence);
    let text = text.or_else(|| call.arguments.get("alert")?.as_str().map(str::to_owned));
    let place = match (call.targets.first(), alert) {
        (Some(target), _) => target.label(),
        (None, Some(alert)) => alert.place().to_owned(),
        (None, None) => String::new(),
    };
    let told = text.map(|it| format!(" ({it})")).unwrap_or_default();
    let result = TargetResult {
        device: place,
        status,
        raw_status: word.to_owned(),
        output: String::new(),
        errors: String::new(),
    };
    Trace {
        targets: vec![result],
        notes: vec![format!("alert {id}{told} {word}")],
        ..Trace::default()
    }
}

/// An alert that is gone was cleared, by us or by somebody: either way it is what was wanted.
pub(super) async fn look_up(automate: &Automate, call: &Call) -> LookUp {
    let Ok(id) = number(call) else {
        return LookUp::CannotTell("no alert was picked".into());
    };
    match automate.api.alert(id).await {
        Ok(None) => {
            LookUp::FoundFinished(Box::new(trace(call, None, TargetStatus::Succeeded, "is gone")))
        }
        Ok(Some(_)) => LookUp::Absent,
        Err(_) => LookUp::NoAnswer,
    }
}
