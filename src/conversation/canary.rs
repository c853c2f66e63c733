//! A change of several devices: a few first, the others only when all of those worked, and of many only so many at
//! a time.

use crate::bounds::CALLS_PER_PLAN_MAX;
use crate::conversation::ground::Grounded;
use crate::plan::{Call, Target};
use crate::planner::{Canary, Draft};
use crate::run::Spread;
use crate::tool::{ToolName, first_alone};

/// How changes of many devices go out, without a word of it in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// From so many devices on, `first` of them go first.
    pub from_devices: u32,
    pub first: u32,
    /// No more devices than this at work side by side; at least 1.
    pub at_once: u32,
    /// So many that failed, and nothing more begins; at least 1.
    pub failures_max: u32,
}

impl Rollout {
    /// More devices than may be at work at once have a run for each.
    fn limits(&self, call: Call) -> Call {
        let fits = u32::try_from(call.targets.len()).is_ok_and(|count| count <= self.at_once);
        if fits || call.spread.is_some() || !call.is_write() || call.is_ticket() {
            return call;
        }
        let spread = Spread {
            at_once: self.at_once,
            failures_max: self.failures_max,
            steps: Vec::new(),
            step_secs: 0,
            after: None,
        };
        Call { spread: Some(spread), ..call }
    }
}

/// `calls`, made of `drafts` one by one, with every change of several devices in two steps where that is
/// wanted.
pub(super) fn split(calls: Vec<Call>, drafts: &[Draft], rollout: Option<Rollout>) -> Grounded {
    let mut steps: Vec<Call> = Vec::new();
    let others: Vec<(ToolName, u32)> = calls
        .iter()
        .skip(1)
        .map(|it| (it.tool.clone(), u32::try_from(it.targets.len()).unwrap_or(u32::MAX)))
        .collect();
    for (index, mut call) in calls.into_iter().enumerate() {
        let said = drafts
            .iter()
            .find(|it| it.tool == call.tool || call.instead_of.as_ref() == Some(&it.tool));
        // Of a plan that was in its steps before, each call has a draft.
        let said = drafts.get(index).filter(|it| it.tool == call.tool).or(said);
        let said = said.and_then(|it| it.canary);
        if said == Some(Canary::Whole)
            && let Some((_, followers)) = others.get(index).filter(|(tool, _)| *tool == call.tool)
        {
            call.canary = Some(*followers);
        }
        let first = first(&call, said, rollout);
        if first == 0 || first >= call.targets.len() || !call.is_write() || call.is_ticket() {
            steps.push(call);
            continue;
        }
        let (canary, rest) = parted(&call.targets, first);
        let followers = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        steps.push(Call { targets: canary, canary: Some(followers), ..call.clone() });
        steps.push(Call { targets: rest, ..call });
    }
    if steps.len() > CALLS_PER_PLAN_MAX {
        return Grounded::No(format!(
            "With a few devices first that would be {} steps; one request can have {CALLS_PER_PLAN_MAX}. Please split it.",
            steps.len()
        ));
    }
    if let Some(rollout) = rollout {
        steps = steps.into_iter().map(|call| rollout.limits(call)).collect();
    }
    Grounded::Calls(steps)
}

fn first(call: &Call, said: Option<Canary>, rollout: Option<Rollout>) -> usize {
    let devices = u32::try_from(call.targets.len()).unwrap_or(u32::MAX);
    let configured = rollout.filter(|it| devices >= it.from_devices).map_or(0, |it| it.first);
    let own = first_alone(&call.tool).unwrap_or(0);
    let first = match said {
        Some(Canary::Devices(count)) => count,
        Some(Canary::Off | Canary::Whole) => 0,
        None => configured.max(own),
    };
    usize::try_from(first).unwrap_or(0)
}

/// Those that answer at once and serve the fewest go first: online before offline, workstations before
/// servers, else in the order in which they were named.
fn parted(targets: &[Target], first: usize) -> (Vec<Target>, Vec<Target>) {
    let mut order: Vec<&Target> = targets.iter().collect();
    order.sort_by_key(|it| (it.online != Some(true), it.server));
    let canary: Vec<Target> = order.into_iter().take(first).cloned().collect();
    let is_canary = |it: &&Target| canary.iter().any(|known| known.device == it.device);
    let rest = targets.iter().filter(|it| !is_canary(it)).cloned().collect();
    (canary, rest)
}
