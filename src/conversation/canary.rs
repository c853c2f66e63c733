//! A change of several devices in two steps: a few first, the others only when all of those worked.

use crate::bounds::CALLS_PER_PLAN_MAX;
use crate::conversation::ground::Grounded;
use crate::plan::{Call, Target};
use crate::planner::Draft;
use crate::tool::first_alone;

/// Without a word of it in the request: from so many devices on, so many go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    pub from_devices: u32,
    pub first: u32,
}

/// `calls`, made of `drafts` one by one, with every change of several devices in two steps where that is
/// wanted.
pub(super) fn split(calls: Vec<Call>, drafts: &[Draft], rollout: Option<Rollout>) -> Grounded {
    let mut steps: Vec<Call> = Vec::new();
    for call in calls {
        let said = drafts
            .iter()
            .find(|it| it.tool == call.tool || call.instead_of.as_ref() == Some(&it.tool));
        let first = first(&call, said.and_then(|it| it.canary), rollout);
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
    Grounded::Calls(steps)
}

fn first(call: &Call, said: Option<u32>, rollout: Option<Rollout>) -> usize {
    let devices = u32::try_from(call.targets.len()).unwrap_or(u32::MAX);
    let configured = rollout.filter(|it| devices >= it.from_devices).map_or(0, |it| it.first);
    let own = first_alone(&call.tool).unwrap_or(0);
    usize::try_from(said.unwrap_or(configured.max(own))).unwrap_or(0)
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
