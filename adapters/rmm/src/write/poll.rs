//! How far a task is: its newest instance, and the rows of its endpoints.

use countersign::bounds::OUTPUT_BYTES_MAX;
use countersign::mask::mask;
use countersign::plan::Call;
use countersign::ports::{CallError, Polled};
use countersign::run::{Ending, Handle, Progress, TargetResult, TargetStatus};

use crate::Rmm;
use crate::wire::{EndpointRow, Instance};

pub(crate) async fn poll(rmm: &Rmm, call: &Call, handle: &Handle) -> Result<Polled, CallError> {
    let instances = rmm.api.instances(&handle.0).await?;
    // For a moment after scheduling there is none.
    let Some(instance) = instances.first() else {
        return Ok(Polled {
            progress: Progress::NotYet,
            targets: results(call, None, &[]),
            ending: None,
        });
    };
    let begun = instance.has_begun();
    let rows =
        if begun { rmm.api.results(&handle.0, &instance.id).await?.said } else { Vec::new() };
    let targets = results(call, Some(instance), &rows);
    let all_done = !targets.is_empty() && targets.iter().all(|it| is_done(it.status));
    // The instance may say that it is over a moment before the last row is there.
    let ending = if all_done {
        Some(ending_of(&targets))
    } else if instance.is_over()
        && instance.is_success() == targets.iter().any(|it| it.status == TargetStatus::Succeeded)
    {
        Some(ending_without_rows(instance, &targets))
    } else {
        None
    };
    let progress = if begun { Progress::Begun } else { Progress::NotYet };
    Ok(Polled { progress, targets, ending })
}

/// A line per target of the call, in its order; targets without a row wait, or run once the task does.
fn results(call: &Call, instance: Option<&Instance>, rows: &[EndpointRow]) -> Vec<TargetResult> {
    let one = |target: &countersign::plan::Target| {
        let endpoint = target.rmm.as_deref().unwrap_or_default();
        let row = rows.iter().find(|row| row.endpoint.eq_ignore_ascii_case(endpoint));
        match row {
            Some(row) => TargetResult {
                device: target.label(),
                status: status_of(row),
                raw_status: row.status.clone(),
                output: kept(&row.output),
                errors: kept(&row.errors),
            },
            None => TargetResult {
                device: target.label(),
                status: match instance {
                    Some(it)
                        if it.has_begun()
                            && target.online != Some(false)
                            && call.targets.len() == 1 =>
                    {
                        TargetStatus::Running
                    }
                    _ => TargetStatus::Waiting,
                },
                raw_status: instance.map_or_else(|| "accepted".to_owned(), |it| it.status.clone()),
                output: String::new(),
                errors: String::new(),
            },
        }
    };
    call.targets.iter().map(one).collect()
}

fn status_of(row: &EndpointRow) -> TargetStatus {
    if !row.is_over() {
        TargetStatus::Running
    } else if row.is_success() {
        TargetStatus::Succeeded
    } else {
        TargetStatus::Failed
    }
}

fn is_done(status: TargetStatus) -> bool {
    match status {
        TargetStatus::Succeeded | TargetStatus::Failed => true,
        TargetStatus::Waiting | TargetStatus::Running => false,
    }
}

fn ending_of(targets: &[TargetResult]) -> Ending {
    let failed = targets.iter().filter(|it| it.status == TargetStatus::Failed).count();
    match failed {
        0 => Ending::Succeeded,
        all if all == targets.len() => Ending::Failed(why(targets)),
        _ => Ending::PartlyFailed,
    }
}

/// The product says that it is over and gives no row for some endpoints: those did not succeed.
fn ending_without_rows(instance: &Instance, targets: &[TargetResult]) -> Ending {
    if instance.is_success() && targets.iter().all(|it| it.status == TargetStatus::Succeeded) {
        return Ending::Succeeded;
    }
    if targets.iter().any(|it| it.status == TargetStatus::Succeeded) {
        return Ending::PartlyFailed;
    }
    Ending::Failed(format!("the product ended it as {}", instance.status))
}

fn why(targets: &[TargetResult]) -> String {
    let first = targets.iter().find(|it| it.status == TargetStatus::Failed);
    let said = first
        .map(|it| if it.errors.trim().is_empty() { it.output.trim() } else { it.errors.trim() });
    match said.and_then(|text| text.lines().last()) {
        Some(line) if !line.is_empty() => countersign::words::cut(line, 200),
        _ => format!("the script ended as {}", first.map_or("failed", |it| it.raw_status.as_str())),
    }
}

/// Masked, and cut at a bound that the store can bear.
fn kept(text: &str) -> String {
    let mut text = mask(text);
    if text.len() > OUTPUT_BYTES_MAX {
        let mut end = OUTPUT_BYTES_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let left = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("\n… {left} more bytes"));
    }
    text
}
