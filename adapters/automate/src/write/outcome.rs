//! What came of a launch, from script history and running scripts.

use countersign::bounds::OUTPUT_BYTES_MAX;
use countersign::mask::mask;
use countersign::plan::{Call, Target};
use countersign::ports::{CallError, Polled};
use countersign::run::{Baseline, Ending, Handle, LookUp, Progress, TargetResult, TargetStatus};
use futures::future::try_join_all;
use jiff::Timestamp;

use super::baseline::{At, Before};
use crate::Automate;
use crate::client::refused;
use crate::wire::{History, Outcome};

/// A queued script leaves no trace until the agent has fetched it, which takes an agent without a fast
/// line up to five minutes. Before this nothing can be said, after it a person has to look.
const TRACELESS_SECS: i64 = 180;

/// What can be seen of one launch on one computer.
enum Trace {
    /// Ours, and over.
    Over(History),
    Running(String),
    /// Somebody else ran the same script since.
    OthersOnly,
    Nothing,
}

async fn trace(automate: &Automate, at: &At, script: i64) -> Result<Trace, CallError> {
    let history = automate.api.history(at.id).await?;
    let mut others = false;
    let mut ours: Vec<History> = Vec::new();
    for line in history.into_iter().filter(|it| it.script == script && it.id > at.newest) {
        match &line.user {
            Some(user) if !automate.api.client.is_us(user).await => others = true,
            _ => ours.push(line),
        }
    }
    // The first one that ended: whatever ended later was launched later.
    ours.sort_by_key(|it| it.id);
    let running = ours.iter().find(|it| it.outcome.is_none()).map(|it| it.said.clone());
    if let Some(over) = ours.into_iter().find(|it| it.outcome.is_some()) {
        return Ok(Trace::Over(over));
    }
    if let Some(said) = running {
        return Ok(Trace::Running(said));
    }
    // It was not running before the launch, so what runs now is it.
    let running = automate.api.running(at.id).await?;
    Ok(match running.into_iter().find(|it| it.script == script) {
        Some(running) => Trace::Running(running.status.unwrap_or_else(|| "Running".into())),
        None if others => Trace::OthersOnly,
        None => Trace::Nothing,
    })
}

pub(super) async fn poll(
    automate: &Automate,
    call: &Call,
    handle: &Handle,
) -> Result<Polled, CallError> {
    let before = Before::of(&handle.0)
        .filter(|it| it.computers.len() == call.targets.len())
        .ok_or_else(|| refused("what was launched cannot be read any more"))?;
    let each = call.targets.iter().zip(&before.computers).map(|(target, at)| async move {
        if let Some(why) = &at.refused {
            return Ok(result(target, TargetStatus::Failed, "refused", why));
        }
        Ok::<TargetResult, CallError>(match trace(automate, at, before.script).await? {
            Trace::Over(line) => {
                let status = match line.outcome {
                    Some(Outcome::Failed) => TargetStatus::Failed,
                    Some(Outcome::Ran) | None => TargetStatus::Succeeded,
                };
                let said = line.message.unwrap_or_default();
                result(target, status, &line.said, &said)
            }
            Trace::Running(said) => result(target, TargetStatus::Running, &said, ""),
            Trace::OthersOnly | Trace::Nothing if !at.online => {
                result(target, TargetStatus::Failed, "offline, skipped", "")
            }
            Trace::OthersOnly | Trace::Nothing => {
                result(target, TargetStatus::Waiting, "queued", "")
            }
        })
    });
    let targets = try_join_all(each).await?;
    let open =
        targets.iter().any(|it| matches!(it.status, TargetStatus::Waiting | TargetStatus::Running));
    let begun = targets.iter().any(|it| {
        matches!(it.status, TargetStatus::Running | TargetStatus::Succeeded)
            || it.status == TargetStatus::Failed && !it.output.is_empty()
    });
    Ok(Polled {
        progress: if begun { Progress::Begun } else { Progress::NotYet },
        ending: (!open).then(|| ending(&targets)),
        targets,
    })
}

/// `DiagnosticMessage` is the only text there is; what a script prints is not exposed.
fn result(target: &Target, status: TargetStatus, raw: &str, said: &str) -> TargetResult {
    let text = mask(said.trim());
    let cut = text.char_indices().map(|it| it.0).take_while(|at| *at <= OUTPUT_BYTES_MAX).last();
    let text = match cut {
        Some(end) if text.len() > OUTPUT_BYTES_MAX => text[..end].to_owned(),
        _ => text,
    };
    let failed = status == TargetStatus::Failed;
    TargetResult {
        device: target.label(),
        status,
        raw_status: raw.to_owned(),
        output: if failed { String::new() } else { text.clone() },
        errors: if failed { text } else { String::new() },
    }
}

fn ending(targets: &[TargetResult]) -> Ending {
    let failed: Vec<&TargetResult> =
        targets.iter().filter(|it| it.status == TargetStatus::Failed).collect();
    match failed.as_slice() {
        [] => Ending::Succeeded,
        some if some.len() < targets.len() => Ending::PartlyFailed,
        [first, ..] => {
            let said = if first.errors.is_empty() { &first.raw_status } else { &first.errors };
            let line = said.lines().next().unwrap_or_default();
            Ending::Failed(format!("Automate says: {}", countersign::words::cut(line, 200)))
        }
    }
}

/// Looks for a launch whose answer never came. Never says that it is absent: nothing proves that.
pub(super) async fn look_up(
    automate: &Automate,
    call: &Call,
    since: Timestamp,
    baseline: Option<&Baseline>,
) -> LookUp {
    let Some(before) = baseline.and_then(|it| Before::of(&it.0)) else {
        return LookUp::CannotTell("the script history from before the launch was not kept".into());
    };
    let each = before.computers.iter().map(|at| trace(automate, at, before.script));
    let Ok(traces) = try_join_all(each).await else { return LookUp::NoAnswer };
    let seen = |it: &Trace| matches!(it, Trace::Over(_) | Trace::Running(_));
    if traces.iter().any(seen) {
        return LookUp::Found(before.handle());
    }
    let waited = automate.api.client.now().as_second() - since.as_second();
    if waited < TRACELESS_SECS {
        return LookUp::NoAnswer;
    }
    let name = call.script.as_ref().map(|it| it.name.as_str()).unwrap_or_default();
    LookUp::CannotTell(match traces.iter().any(|it| matches!(it, Trace::OthersOnly)) {
        true => format!(
            "somebody else ran “{name}” there at the same time, and the history does not say whose run is whose"
        ),
        false => format!(
            "the script history shows no run of “{name}” yet, but a queued script leaves no trace until the agent fetches it"
        ),
    })
}
