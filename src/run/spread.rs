//! A call that is carried out device by device: each step on each device is a run of its own, so many devices
//! at a time, the gentlest step first, and nothing more begins once too many failed.
//!
//! The run of the whole call sends nothing. What it has to do next follows from the runs it began, which are in
//! the store, so it goes on wherever a process died.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bounds::DEVICES_PER_CALL_MAX;
use crate::mask::mask;
use crate::plan::{Call, Target};
use crate::run::{Ending, Marker, Run, State, TargetResult, TargetStatus};
use crate::words;

/// Steps on one device; also the room that each device has in the numbers of runs.
pub const STEPS_MAX: usize = 8;

/// The number of the first run below the step `step` of a plan is this many times `step + 1`.
const ROOM: u32 = (DEVICES_PER_CALL_MAX * STEPS_MAX) as u32;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// Devices at work side by side, at least 1.
    pub at_once: u32,
    /// So many devices that failed, and nothing more begins; at least 1.
    pub failures_max: u32,
    /// Names of the steps on one device, 1 to [`STEPS_MAX`]; the next is taken where the one before ended
    /// without helping. In a run of one device: the one step it takes.
    pub steps: Vec<String>,
    /// How long one step may take from its acceptance.
    pub step_secs: u32,
    /// In a run of one device: the marker of the step before it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Marker>,
}

impl Spread {
    pub(crate) fn identity(&self) -> Value {
        json!([self.at_once, self.failures_max, self.steps])
    }

    /// "5 devices at a time; on each restart, then reinstall where that did not help; …".
    pub fn sentence(&self) -> String {
        format!(
            "at most {} at a time; on each {}; nothing more begins once {}",
            words::count(self.at_once as usize, "device"),
            self.steps.join(", where that does not help "),
            match self.failures_max {
                1 => "one failed".to_owned(),
                more => format!("{more} failed"),
            }
        )
    }
}

impl Call {
    /// The call of one step on one of the devices.
    fn one(&self, target: &Target, step: &str, after: Option<Marker>) -> Self {
        let spread = self.spread.as_ref().map(|it| Spread {
            steps: vec![step.to_owned()],
            after,
            ..it.clone()
        });
        Self {
            title: format!("{} ({step})", self.title),
            targets: vec![target.clone()],
            client: None,
            canary: None,
            spread,
            ..self.clone()
        }
    }

    /// Whether approving this call approved `other`: it is the same, or one step of it on one of its devices.
    pub fn covers(&self, other: &Self) -> bool {
        if self.digest() == other.digest() {
            return true;
        }
        let (Some(spread), Some(one), [target]) =
            (&self.spread, &other.spread, other.targets.as_slice())
        else {
            return false;
        };
        let [step] = one.steps.as_slice() else { return false };
        let known = self.targets.iter().find(|it| it.device == target.device);
        spread.steps.contains(step)
            && known.is_some_and(|it| self.one(it, step, None).digest() == other.digest())
    }
}

impl Run {
    /// Whether it conducts runs of single devices, and sends nothing itself.
    pub fn conducts(&self) -> bool {
        self.parent.is_none() && self.call.spread.is_some()
    }
}

/// A run to begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// Unique among the runs of the plan.
    pub number: u32,
    pub call: Call,
}

/// How a spread call stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Every device of the call, in its order.
    pub targets: Vec<TargetResult>,
    pub begin: Vec<Next>,
    /// Set when nothing is under way and nothing will begin.
    pub ending: Option<Ending>,
}

/// One device.
enum Stand<'a> {
    Untouched,
    Open(&'a Run),
    /// Ended without helping, and there is a gentle step no more but another one.
    Again(&'a Run),
    Over(&'a Run),
}

/// What follows for `run`, which conducts `begun`.
pub fn course(run: &Run, begun: &[Run]) -> Course {
    let Some(spread) = &run.call.spread else {
        return Course { targets: Vec::new(), begin: Vec::new(), ending: Some(Ending::Succeeded) };
    };
    let first = (run.step + 1).saturating_mul(ROOM);
    let number = |device: usize, step: usize| first + (device * STEPS_MAX + step) as u32;
    let stands: Vec<Stand<'_>> = (0..run.call.targets.len())
        .map(|device| {
            let steps = (0..spread.steps.len()).rev();
            let last =
                steps.filter_map(|step| begun.iter().find(|it| it.step == number(device, step)));
            stand(last.take(1).next(), |it| it.step + 1 < number(device, spread.steps.len()))
        })
        .collect();

    let failed =
        stands.iter().filter(|it| matches!(it, Stand::Over(run) if is_failure(run))).count();
    let stopped = failed >= spread.failures_max as usize;
    let open = stands.iter().filter(|it| matches!(it, Stand::Open(_))).count();
    let mut room = if stopped { 0 } else { (spread.at_once as usize).saturating_sub(open) };
    let mut begin = Vec::new();
    // Who is half way goes on before anybody else begins.
    for half_way in [true, false] {
        for (device, stand) in stands.iter().enumerate() {
            let (step, after) = match stand {
                Stand::Again(last) if half_way => {
                    ((last.step - number(device, 0)) as usize + 1, Some(last.marker.clone()))
                }
                Stand::Untouched if !half_way => (0, None),
                _ => continue,
            };
            if room == 0 {
                break;
            }
            let target = &run.call.targets[device];
            let call = run.call.one(target, &spread.steps[step], after);
            begin.push(Next { number: number(device, step), call });
            room -= 1;
        }
    }
    let because = format!("not begun, because {} failed", words::count(failed, "device"));
    let targets: Vec<TargetResult> = run
        .call
        .targets
        .iter()
        .zip(&stands)
        .map(|(target, stand)| result(target, stand, stopped.then_some(because.as_str())))
        .collect();
    let ending = (begin.is_empty() && open == 0).then(|| ending(&targets));
    Course { targets, begin, ending }
}

fn stand<'a>(last: Option<&'a Run>, has_more: impl Fn(&Run) -> bool) -> Stand<'a> {
    match last {
        None => Stand::Untouched,
        Some(run) if !run.state.is_over() => Stand::Open(run),
        // Only what surely ended may be followed by something stronger.
        Some(run) if matches!(run.state, State::Failed { .. }) && has_more(run) => {
            Stand::Again(run)
        }
        Some(run) => Stand::Over(run),
    }
}

/// Whether the device is worse off than before, or nobody knows.
fn is_failure(run: &Run) -> bool {
    match &run.state {
        State::Failed { .. }
        | State::PartlyFailed { .. }
        | State::TimedOut { .. }
        | State::AskedAPerson { .. } => true,
        State::Succeeded { .. }
        | State::NotSent { .. }
        | State::Granted
        | State::Dispatching { .. }
        | State::Doubtful { .. }
        | State::Accepted { .. }
        | State::Running { .. } => false,
    }
}

fn result(target: &Target, stand: &Stand<'_>, stopped: Option<&str>) -> TargetResult {
    let with = |status, raw: String, errors: &str| TargetResult {
        device: target.label(),
        status,
        raw_status: raw,
        output: String::new(),
        errors: errors.to_owned(),
    };
    let step = |run: &Run| {
        run.call.spread.as_ref().and_then(|it| it.steps.first().cloned()).unwrap_or_default()
    };
    let said = |run: &Run| run.trace.targets.first().map(|it| it.raw_status.clone());
    match stand {
        Stand::Untouched => match stopped {
            Some(why) => with(TargetStatus::Skipped, why.to_owned(), ""),
            None => with(TargetStatus::Waiting, "not begun yet".into(), ""),
        },
        Stand::Open(run) => {
            let what = said(run).unwrap_or_else(|| run.state.key().replace('_', " "));
            with(TargetStatus::Running, format!("{}: {what}", step(run)), "")
        }
        Stand::Again(run) => {
            let what = format!("{}: {}", step(run), why(run));
            match stopped {
                Some(because) => {
                    with(TargetStatus::Failed, format!("{what}; the next step was {because}"), "")
                }
                None => with(TargetStatus::Running, what, ""),
            }
        }
        Stand::Over(run) => match &run.state {
            State::Succeeded { .. } => {
                let what = said(run).unwrap_or_else(|| "done".into());
                with(TargetStatus::Succeeded, format!("{}: {what}", step(run)), "")
            }
            State::NotSent { .. } => {
                with(TargetStatus::Skipped, format!("{} was not sent: {}", step(run), why(run)), "")
            }
            State::TimedOut { .. } => {
                with(TargetStatus::Failed, format!("{}: not finished in time", step(run)), "")
            }
            State::AskedAPerson { .. } => with(
                TargetStatus::Failed,
                format!("{}: please look for {}, {}", step(run), run.marker.as_str(), why(run)),
                "",
            ),
            _ => with(TargetStatus::Failed, format!("{}: {}", step(run), why(run)), ""),
        },
    }
}

fn why(run: &Run) -> String {
    match &run.state {
        State::Failed { why, .. }
        | State::NotSent { why, .. }
        | State::AskedAPerson { why, .. } => mask(&words::cut(why, 200)),
        other => other.key().replace('_', " "),
    }
}

fn ending(targets: &[TargetResult]) -> Ending {
    let worked = targets.iter().filter(|it| it.status == TargetStatus::Succeeded).count();
    let first = targets.iter().find(|it| it.status != TargetStatus::Succeeded);
    match (worked, first) {
        (_, None) => Ending::Succeeded,
        (0, Some(first)) => Ending::Failed(first.raw_status.clone()),
        (_, Some(_)) => Ending::PartlyFailed,
    }
}

#[cfg(test)]
mod tests;
