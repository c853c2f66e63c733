//! What an approval takes: who, how many, how long. The strictest of everything that matches.

use crate::approval::{Need, Quorum, Then};
use crate::policy::{Rule, Ruling, Verdict};

/// How long an approval waits when no rule says otherwise: four hours, so that a request of the morning
/// is decided by lunch or asked again.
pub const EXPIRES_MINS_DEFAULT: u32 = 240;

/// The terms of one approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub quorum: Quorum,
    /// Everybody whom some rule names; empty: anyone with an approver's role.
    pub approvers: Vec<String>,
    pub expires_mins: u32,
}

impl Terms {
    /// The terms that `matching` rules set, for a request with `reason`.
    pub fn of_rules(matching: &[&Rule], reason: Option<&str>) -> Self {
        let mut needs: Vec<Need> = Vec::new();
        let mut needed: u8 = 1;
        for rule in matching {
            let quorum = rule.quorum_for(reason).unwrap_or(1).max(1);
            let second = u8::from(!rule.second.is_empty());
            needed = needed.max(quorum.saturating_add(second));
            if !rule.approvers.is_empty() || quorum > 1 || second > 0 {
                let then = rule
                    .escalate_mins
                    .map(|after_mins| Then { after_mins, who: rule.escalate_to.clone() });
                merge(&mut needs, Need { then, ..Need::new(rule.approvers.clone(), quorum) });
            }
            if second > 0 {
                merge(&mut needs, Need::new(rule.second.clone(), 1));
            }
        }
        let switched = |to: bool| matching.iter().any(|rule| rule.self_approval == Some(to));
        Self {
            quorum: Quorum { needed, self_approval: switched(true) && !switched(false), needs },
            approvers: Vec::new(),
            expires_mins: matching
                .iter()
                .filter_map(|rule| rule.expires_mins)
                .min()
                .unwrap_or(EXPIRES_MINS_DEFAULT),
        }
        .with_approvers()
    }

    /// The terms of one approval over several rulings.
    pub fn of_rulings(rulings: &[Ruling]) -> Self {
        let asking = || rulings.iter().filter(|ruling| ruling.otherwise == Verdict::Ask);
        let mut needs: Vec<Need> = Vec::new();
        for need in asking().flat_map(|ruling| &ruling.terms.quorum.needs) {
            merge(&mut needs, need.clone());
        }
        let all_of_own = asking().all(|ruling| ruling.terms.quorum.self_approval);
        let quorum = Quorum {
            needed: asking().map(|ruling| ruling.terms.quorum.needed).max().unwrap_or(1),
            self_approval: asking().next().is_some() && all_of_own,
            needs,
        };
        let expires = asking().map(|ruling| ruling.terms.expires_mins).min();
        let expires_mins = expires.unwrap_or(EXPIRES_MINS_DEFAULT);
        Self { quorum, approvers: Vec::new(), expires_mins }.with_approvers()
    }

    /// A call that any approver can decide opens the whole plan to any approver; what the needs ask for is
    /// asked all the same.
    fn with_approvers(mut self) -> Self {
        let needs = &self.quorum.needs;
        let open_to_all = needs.iter().any(|need| need.who.is_empty());
        if !open_to_all {
            for name in needs.iter().flat_map(|need| &need.who) {
                if !self.approvers.contains(name) {
                    self.approvers.push(name.clone());
                }
            }
        }
        self
    }
}

/// Two needs of the same people, now and later, are one, of the higher count.
fn merge(needs: &mut Vec<Need>, need: Need) {
    match needs.iter_mut().find(|known| known.who == need.who && known.then == need.then) {
        Some(known) => known.count = known.count.max(need.count),
        None => needs.push(need),
    }
}
