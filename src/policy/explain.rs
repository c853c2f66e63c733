//! Which rules would fire on a call, and why: for `countersign policy explain`.

use serde_json::{Value, json};

use crate::policy::decide::{decide, opinions};
use crate::policy::who::describe;
use crate::policy::{Case, Rule, Verdict};

/// A call with everything that has a say in it.
pub struct Explained<'a> {
    case: Case<'a>,
}

impl<'a> Explained<'a> {
    pub fn of(case: Case<'a>) -> Self {
        Self { case }
    }

    /// `{"call","verdict","reason","needs":[…],"says":[…],"rules":[…]}`.
    pub fn json(&self) -> Value {
        let ruling = decide(&self.case);
        let matching: Vec<&Rule> =
            self.case.rules.iter().filter(|rule| rule.matches(&self.case)).collect();
        let said = opinions(&self.case, &matching).into_iter().filter(|(_, why)| !why.is_empty());
        let says: Vec<Value> =
            said.map(|(verdict, why)| json!({ "verdict": verdict, "why": why })).collect();
        let rules: Vec<Value> = self
            .case
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| self.rule(index, rule))
            .collect();
        let quorum = &ruling.terms.quorum;
        let needs: Vec<Value> = quorum
            .needs
            .iter()
            .map(|need| json!({ "count": need.count, "of": describe(&need.who) }))
            .collect();
        json!({
            "call": self.case.call.sentence(),
            "verdict": ruling.verdict,
            "reason": ruling.reason,
            "people": quorum.needed,
            "needs": needs,
            "self_approval": quorum.self_approval,
            "expires_mins": ruling.terms.expires_mins,
            "ticket": ruling.ticket,
            "says": says,
            "rules": rules,
        })
    }

    fn rule(&self, index: usize, rule: &Rule) -> Value {
        if !rule.concerns(&self.case.call.tool) {
            let misses = vec![format!("it is about {}", rule.tool)];
            return json!({ "rule": index + 1, "console": rule.stored, "label": rule.label(), "fires": false, "misses": misses });
        }
        let (holding, missing): (Vec<_>, Vec<_>) =
            rule.conditions(&self.case).into_iter().partition(|it| it.holds);
        let shown = |all: Vec<crate::policy::rule::Condition>| {
            all.into_iter().map(|it| format!("{} ({})", it.wanted, it.seen)).collect::<Vec<_>>()
        };
        json!({
            "rule": index + 1,
            "console": rule.stored,
            "label": rule.label(),
            "fires": missing.is_empty(),
            "holds": shown(holding),
            "misses": shown(missing),
        })
    }

    /// The same as lines for a person.
    pub fn text(&self) -> String {
        let ruling = decide(&self.case);
        let word = match ruling.verdict {
            Verdict::Run => "runs at once",
            Verdict::Ask => "asks for approval",
            Verdict::Plan => "is plan only: nothing runs",
            Verdict::Stop => "is refused",
        };
        let mut lines = vec![format!("{}: {word}", self.case.call.sentence())];
        if !ruling.reason.is_empty() {
            lines.push(format!("  because: {}", ruling.reason));
        }
        if ruling.verdict == Verdict::Plan {
            lines.push(format!("  would: {}", ruling.would()));
        }
        if ruling.verdict == Verdict::Ask {
            lines.push(format!("  needs: {}", ruling.terms.quorum.sentence()));
            lines.push(format!("  waits: {} minutes", ruling.terms.expires_mins));
        }
        let matching: Vec<&Rule> =
            self.case.rules.iter().filter(|rule| rule.matches(&self.case)).collect();
        for (verdict, why) in opinions(&self.case, &matching) {
            if !why.is_empty() {
                lines.push(format!("  {}: {why}", verdict.key()));
            }
        }
        for (index, rule) in self.case.rules.iter().enumerate() {
            lines.push(self.rule_line(index, rule));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// "rules[2]", or "rules[1] of the console": as it is counted where it stands.
    fn place(&self, index: usize, rule: &Rule) -> String {
        if !rule.stored {
            return format!("rules[{}]", index + 1);
        }
        let before = self.case.rules.iter().take(index).filter(|it| it.stored).count();
        format!("rules[{}] of the console", before + 1)
    }

    fn rule_line(&self, index: usize, rule: &Rule) -> String {
        let name = self.place(index, rule);
        if !rule.concerns(&self.case.call.tool) {
            return format!("  {name} does not fire: it is about {}", rule.tool);
        }
        let conditions = rule.conditions(&self.case);
        let missing = conditions.iter().find(|it| !it.holds);
        match missing {
            Some(it) => {
                format!("  {name} does not fire: it wants {}, and this is {}", it.wanted, it.seen)
            }
            None => {
                let held: Vec<String> =
                    conditions.iter().map(|it| format!("{} ({})", it.wanted, it.seen)).collect();
                let why = if held.is_empty() {
                    "every call of its tools".into()
                } else {
                    held.join("; ")
                };
                format!("  {name} fires: {why}")
            }
        }
    }
}
