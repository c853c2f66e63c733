//! Approval fatigue, measured: how fast people say yes, how often, and to how much.
//!
//! Counted from the approvals themselves; what comes of it is for people to decide.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::approval::{Approval, State};
use crate::ids::PersonId;
use crate::words;

/// Who decides sooner than this has not read the card.
const UNREAD_MILLIS: i64 = 2_000;

/// Fewer cards than this say nothing.
const ENOUGH: usize = 20;

/// Prompts a day from which on people stop reading.
const PROMPTS_PER_DAY_MANY: f64 = 20.0;

/// Approvals of some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Meters {
    pub days: u32,
    pub asked: usize,
    pub approved: usize,
    pub denied: usize,
    pub expired: usize,
    /// Approved of what was approved or denied, in percent.
    pub approved_percent: Option<u32>,
    /// Yeses within two seconds, of all yeses, in percent.
    pub under_2s_percent: Option<u32>,
    /// From the card to a decision.
    pub median_secs: Option<f64>,
    pub people: Vec<PersonMeters>,
    pub suggestions: Vec<String>,
}

/// The same of one person who decides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonMeters {
    pub person: PersonId,
    /// Cards that they could decide, a day.
    pub prompts_per_day: f64,
    pub decided: usize,
    pub under_2s_percent: Option<u32>,
    pub median_secs: Option<f64>,
}

/// What one person did with cards.
#[derive(Default)]
struct Tally {
    prompts: usize,
    yes: usize,
    unread: usize,
    millis: Vec<i64>,
}

impl Tally {
    fn add(&mut self, millis: i64, is_yes: bool) {
        self.millis.push(millis);
        self.yes += usize::from(is_yes);
        self.unread += usize::from(is_yes && millis < UNREAD_MILLIS);
    }
}

impl Meters {
    /// As lines for a person.
    pub fn text(&self) -> String {
        let percent = |it: Option<u32>| it.map_or("-".to_owned(), |it| format!("{it} %"));
        let secs = |it: Option<f64>| it.map_or("-".to_owned(), |it| format!("{it:.1} s"));
        let mut lines = vec![
            format!(
                "{} in {} days: {} approved, {} denied, {} expired",
                words::count(self.asked, "card"),
                self.days,
                self.approved,
                self.denied,
                self.expired
            ),
            format!("approved: {}", percent(self.approved_percent)),
            format!("approved in under 2 s: {}", percent(self.under_2s_percent)),
            format!("median time to a click: {}", secs(self.median_secs)),
        ];
        let one = |it: &PersonMeters| {
            format!(
                "  {}: {:.1} prompts a day, {} decided, median {}, under 2 s {}",
                it.person,
                it.prompts_per_day,
                it.decided,
                secs(it.median_secs),
                percent(it.under_2s_percent)
            )
        };
        lines.extend(self.people.iter().map(one));
        lines.extend(self.suggestions.iter().map(|it| format!("-> {it}")));
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Of `approvals`, asked in the last `days`. `could` says who each was put to.
    pub fn of(
        approvals: &[Approval],
        days: u32,
        could: impl Fn(&Approval) -> Vec<PersonId>,
    ) -> Self {
        let days = days.max(1);
        let mut all = Tally::default();
        let mut people: BTreeMap<PersonId, Tally> = BTreeMap::new();
        let (mut approved, mut denied, mut expired) = (0, 0, 0);
        let mut tools: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for approval in approvals {
            for person in could(approval) {
                people.entry(person).or_default().prompts += 1;
            }
            let millis = |at: Timestamp| at.duration_since(approval.asked_at).as_millis() as i64;
            for decision in &approval.decisions {
                all.add(millis(decision.at), true);
                people.entry(decision.by.clone()).or_default().add(millis(decision.at), true);
            }
            let outcome = match &approval.state {
                // What was voided later had its yes.
                State::Approved { .. } => Some(true),
                State::Voided { .. } if approval.quorum.is_reached(approval.decisions.len()) => {
                    Some(true)
                }
                State::Denied { by, at, .. } => {
                    all.add(millis(*at), false);
                    people.entry(by.clone()).or_default().add(millis(*at), false);
                    Some(false)
                }
                State::Expired { .. } => {
                    expired += 1;
                    None
                }
                State::Waiting | State::Withdrawn { .. } | State::Voided { .. } => None,
            };
            if let Some(is_yes) = outcome {
                approved += usize::from(is_yes);
                denied += usize::from(!is_yes);
                if let Some(call) = approval.plan.calls.first() {
                    let (yes, of) = tools.entry(call.title.clone()).or_default();
                    *yes += usize::from(is_yes);
                    *of += 1;
                }
            }
        }
        let mut meters = Self {
            days,
            asked: approvals.len(),
            approved,
            denied,
            expired,
            approved_percent: percent(approved, approved + denied),
            under_2s_percent: percent(all.unread, all.yes),
            median_secs: median(all.millis),
            people: people.into_iter().map(|(id, tally)| person(id, tally, days)).collect(),
            suggestions: Vec::new(),
        };
        meters.suggestions = meters.suggest(&tools);
        meters
    }

    fn suggest(&self, tools: &BTreeMap<String, (usize, usize)>) -> Vec<String> {
        let mut all = Vec::new();
        for (tool, (yes, of)) in tools {
            if *of >= ENOUGH && yes == of {
                all.push(format!(
                    "All {of} requests for {tool} were approved. If nobody would ever say no, its \
                     policy may be auto, with a rule for the cases that matter."
                ));
            }
        }
        for it in &self.people {
            if it.decided >= ENOUGH && it.under_2s_percent.unwrap_or(0) >= 20 {
                all.push(format!(
                    "{} said yes within two seconds in {} % of cases, which is too fast to read a \
                     card. Fewer cards, or a second person (quorum, second), would help.",
                    it.person,
                    it.under_2s_percent.unwrap_or(0)
                ));
            }
            if it.prompts_per_day >= PROMPTS_PER_DAY_MANY {
                all.push(format!(
                    "{} is asked {:.0} times a day. Rules with approvers share the cards out.",
                    it.person, it.prompts_per_day
                ));
            }
        }
        if self.asked >= ENOUGH && self.expired * 5 >= self.asked {
            all.push(format!(
                "{} of {} expired undecided. Rules with escalate_mins and escalate_to bring the next \
                 person in.",
                self.expired,
                words::count(self.asked, "card")
            ));
        }
        all
    }
}

fn person(person: PersonId, tally: Tally, days: u32) -> PersonMeters {
    PersonMeters {
        person,
        prompts_per_day: tally.prompts as f64 / f64::from(days),
        decided: tally.millis.len(),
        under_2s_percent: percent(tally.unread, tally.yes),
        median_secs: median(tally.millis),
    }
}

fn percent(part: usize, of: usize) -> Option<u32> {
    (of > 0).then(|| u32::try_from(part * 100 / of).unwrap_or(100))
}

/// In seconds; of an even number the lower one.
fn median(mut millis: Vec<i64>) -> Option<f64> {
    millis.sort_unstable();
    let middle = millis.len().checked_sub(1)? / 2;
    millis.get(middle).map(|it| *it as f64 / 1_000.0)
}

/// The beginning of the last `days`.
pub fn since(now: Timestamp, days: u32) -> Timestamp {
    now - SignedDuration::from_hours(24 * i64::from(days.clamp(1, DAYS_MAX)))
}

/// The longest time that is looked at.
pub const DAYS_MAX: u32 = 365;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::Decision;
    use crate::approval::tests::approval;

    /// Approved by `by` after so many milliseconds.
    fn yes(by: &str, millis: i64) -> Approval {
        let mut it = approval(1);
        let at = it.asked_at + SignedDuration::from_millis(millis);
        it.decisions = vec![Decision {
            by: PersonId::new(by),
            on_behalf_of: None,
            at,
            left_out: vec![],
            to: None,
        }];
        it.state = State::Approved { at };
        it
    }

    fn ben(_: &Approval) -> Vec<PersonId> {
        vec![PersonId::new("ben")]
    }

    #[test]
    fn fatigue_is_counted_from_the_decisions() {
        let denied = |millis| {
            let it = approval(1);
            let at = it.asked_at + SignedDuration::from_millis(millis);
            Approval { state: State::Denied { by: PersonId::new("mia"), at, reason: None }, ..it }
        };
        let expired =
            Approval { state: State::Expired { at: approval(1).expires_at }, ..approval(1) };
        let all = [yes("ben", 1_500), yes("ben", 8_000), denied(30_000), expired];
        let meters = Meters::of(&all, 2, ben);
        assert_eq!((meters.asked, meters.approved, meters.denied, meters.expired), (4, 2, 1, 1));
        assert_eq!(meters.approved_percent, Some(66));
        assert_eq!(meters.under_2s_percent, Some(50));
        assert_eq!(meters.median_secs, Some(8.0));
        let one = &meters.people[0];
        assert_eq!((one.person.as_str(), one.decided, one.prompts_per_day), ("ben", 2, 2.0));
        assert_eq!(meters.people[1].median_secs, Some(30.0));
        assert_eq!(meters.suggestions, Vec::<String>::new(), "too few to say anything");
        assert_eq!(Meters::of(&[], 0, ben).median_secs, None);
    }

    #[test]
    fn what_tires_people_is_named_with_the_way_out() {
        let fast: Vec<Approval> = (0..40).map(|_| yes("ben", 900)).collect();
        let suggestions = Meters::of(&fast, 1, ben).suggestions.join("\n");
        assert!(suggestions.contains("ben said yes within two seconds in 100 %"), "{suggestions}");
        assert!(suggestions.contains("ben is asked 40 times a day"), "{suggestions}");
    }
}
