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
    /// Names of the steps on one device, at most [`STEPS_MAX`]; the next is taken where the one before ended
    /// without helping. In a run of one device: the one step it takes. None: the call is all there is to do.
    pub steps: Vec<String>,
    /// How long one step may take from its acceptance; 0: as long as any run of the call.
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
        let on_each = match self.steps.as_slice() {
            [] => String::new(),
            steps => format!("; on each {}", steps.join(", where that does not help ")),
        };
        format!(
            "at most {} at a time{on_each}; nothing more begins once {}",
            words::count(self.at_once as usize, "device"),
            match self.failures_max {
                1 => "one failed".to_owned(),
                more => format!("{more} failed"),
            }
        )
    }
}

impl Call {
    /// The call of one step, if it has a name, on one of the devices.
    fn one(&self, target: &Target, step: Option<&str>, after: Option<Marker>) -> Self {
        let steps: Vec<String> = step.map(str::to_owned).into_iter().collect();
        let spread = self.spread.as_ref().map(|it| Spread { steps, after, ..it.clone() });
        Self {
            title: match step {
                Some(step) => format!("{} ({step})", self.title),
                None => self.title.clone(),
            },
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
        let step = match (spread.steps.as_slice(), one.steps.as_slice()) {
            ([], []) => None,
            (all, [step]) if all.contains(step) => Some(step.as_str()),
            _ => return false,
        };
        let known = self.targets.iter().find(|it| it.device == target.device);
        known.is_some_and(|it| self.one(it, step, None).digest() == other.digest())
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

/// Whether a device that nothing was done on may have its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    Now,
    /// Perhaps later; why it waits.
    Later(String),
    /// Not any more, and why.
    Never(String),
}

/// One device.
enum Stand<'a> {
    /// Nothing was done on it, which may change or not.
    Untouched(Turn),
    Open(&'a Run),
    /// Ended without helping, and there is a gentle step no more but another one.
    Again(&'a Run),
    Over(&'a Run),
}

/// What follows for `run`, which conducts `begun`; `turn` tells of the devices that nothing was done on.
pub fn course(run: &Run, begun: &[Run], turn: impl Fn(&Target) -> Turn) -> Course {
    let Some(spread) = &run.call.spread else {
        return Course { targets: Vec::new(), begin: Vec::new(), ending: Some(Ending::Succeeded) };
    };
    let first = (run.step + 1).saturating_mul(ROOM);
    let number = |device: usize, step: usize| first + (device * STEPS_MAX + step) as u32;
    let steps = spread.steps.len().max(1);
    let stand_of = |(device, target): (usize, &Target)| {
        let step = |step| begun.iter().find(|it| it.step == number(device, step));
        match (0..steps).rev().find_map(step) {
            Some(last) => stand(last, last.step + 1 < number(device, steps)),
            None => Stand::Untouched(turn(target)),
        }
    };
    let stands: Vec<Stand<'_>> = run.call.targets.iter().enumerate().map(stand_of).collect();

    let failed =
        stands.iter().filter(|it| matches!(it, Stand::Over(run) if is_failure(run))).count();
    let by_failures = failed >= spread.failures_max as usize;
    let stopped = by_failures || run.trace.stopped.is_some();
    let open = stands.iter().filter(|it| matches!(it, Stand::Open(_))).count();
    let waits = stands.iter().any(|it| matches!(it, Stand::Untouched(Turn::Later(_))));
    let mut room = if stopped { 0 } else { (spread.at_once as usize).saturating_sub(open) };
    let mut begin = Vec::new();
    // Who is half way goes on before anybody else begins.
    for half_way in [true, false] {
        for (device, stand) in stands.iter().enumerate() {
            let (step, after) = match stand {
                Stand::Again(last) if half_way => {
                    ((last.step - number(device, 0)) as usize + 1, Some(last.marker.clone()))
                }
                Stand::Untouched(Turn::Now) if !half_way => (0, None),
                _ => continue,
            };
            if room == 0 {
                break;
            }
            let target = &run.call.targets[device];
            let call = run.call.one(target, spread.steps.get(step).map(String::as_str), after);
            begin.push(Next { number: number(device, step), call });
            room -= 1;
        }
    }
    let because = match &run.trace.stopped {
        Some(by) => format!("not begun, stopped by {by}"),
        None => format!("not begun, because {} failed", words::count(failed, "device")),
    };
    let targets: Vec<TargetResult> = run
        .call
        .targets
        .iter()
        .zip(&stands)
        .map(|(target, stand)| result(target, stand, stopped.then_some(because.as_str())))
        .collect();
    let is_over = begin.is_empty() && open == 0 && (stopped || !waits);
    let ending = is_over.then(|| ending(&targets));
    Course { targets, begin, ending }
}

fn stand(last: &Run, has_more: bool) -> Stand<'_> {
    if !last.state.is_over() {
        return Stand::Open(last);
    }
    // Only what surely ended may be followed by something stronger.
    match matches!(last.state, State::Failed { .. }) && has_more {
        true => Stand::Again(last),
        false => Stand::Over(last),
    }
}

/// Whether the device is no better off than before, or nobody knows.
fn is_failure(run: &Run) -> bool {
    match &run.state {
        State::Succeeded { .. } => !run.not_fixed().is_empty(),
        State::Failed { .. }
        | State::PartlyFailed { .. }
        | State::TimedOut { .. }
        | State::AskedAPerson { .. } => true,
        State::NotSent { .. }
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
    // A step that has a name stands before what came of it.
    let step = |run: &Run, what: String| {
        let step = run.call.spread.as_ref().and_then(|it| it.steps.first());
        step.map(|step| format!("{step}: {what}")).unwrap_or(what)
    };
    let said = |run: &Run| run.trace.targets.first().map(|it| it.raw_status.clone());
    match stand {
        Stand::Untouched(turn) => match (stopped, turn) {
            (Some(why), _) => with(TargetStatus::Skipped, why.to_owned(), ""),
            (None, Turn::Never(why)) => {
                with(TargetStatus::Skipped, format!("not begun: {why}"), "")
            }
            (None, Turn::Later(why)) => {
                with(TargetStatus::Waiting, format!("not begun yet: {why}"), "")
            }
            (None, Turn::Now) => with(TargetStatus::Waiting, "not begun yet".into(), ""),
        },
        Stand::Open(run) => {
            let what = said(run).unwrap_or_else(|| run.state.key().replace('_', " "));
            with(TargetStatus::Running, step(run, what), "")
        }
        Stand::Again(run) => {
            let what = step(run, why(run));
            match stopped {
                Some(because) => {
                    with(TargetStatus::Failed, format!("{what}; the next step was {because}"), "")
                }
                None => with(TargetStatus::Running, what, ""),
            }
        }
        Stand::Over(run) => match &run.state {
            State::Succeeded { .. } => match run.not_fixed().first() {
                Some(effect) => {
                    let what = format!("ran, but {}, so not fixed", effect.why);
                    with(TargetStatus::Failed, step(run, what), "")
                }
                None => {
                    let mut what = vec![said(run).unwrap_or_else(|| "done".into())];
                    what.extend(run.trace.changes());
                    with(TargetStatus::Succeeded, step(run, what.join("; ")), "")
                }
            },
            State::NotSent { .. } => {
                let step = run.call.spread.as_ref().and_then(|it| it.steps.first());
                let what = step.map_or("it", String::as_str);
                with(TargetStatus::Skipped, format!("{what} was not sent: {}", why(run)), "")
            }
            State::TimedOut { .. } => {
                with(TargetStatus::Failed, step(run, "not finished in time".into()), "")
            }
            State::AskedAPerson { .. } => {
                let what = format!("please look for {}, {}", run.marker.as_str(), why(run));
                with(TargetStatus::Failed, step(run, what), "")
            }
            _ => with(TargetStatus::Failed, step(run, why(run)), ""),
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
