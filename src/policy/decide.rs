//! The verdict on one concrete call: the strictest opinion wins.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bounds::DEVICES_PER_CALL_MAX;
use crate::digest::Digest;
use crate::directory::{Directory, Person};
use crate::ids::ClientId;
use crate::plan::Call;
use crate::policy::{Halt, Policy, Rule, Terms, Verdict};
use crate::ports::PolicySet;
use crate::schedule::Calendar;
use crate::tool::{Aim, Effect, Tool};

/// Everything a ruling depends on.
pub struct Case<'a> {
    pub call: &'a Call,
    /// `None`: the tool is gone from the catalogue.
    pub tool: Option<&'a Tool>,
    /// What an operator set for this tool.
    pub set: Option<&'a PolicySet>,
    pub rules: &'a [Rule],
    /// Switches that are pulled.
    pub halts: &'a [Halt],
    pub person: &'a Person,
    pub bound_to: Option<&'a Bound>,
    /// For the time zones of sites.
    pub directory: &'a Directory,
    /// The clocks of clients, which win over those of sites.
    pub calendars: &'a [Calendar],
    /// What the person wrote: "because …" in it is the reason.
    pub asked: &'a str,
    pub now: Timestamp,
}

impl Case<'_> {
    /// The clients that the call is about, each once.
    pub fn client_names(&self) -> Vec<&str> {
        let named = self.call.client.iter().map(|client| client.name.as_str());
        let of_targets = self.call.targets.iter().map(|target| target.client_name.as_str());
        let mut names: Vec<&str> = named.chain(of_targets).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What follows the last "because" or "reason:" of the request.
    pub fn reason(&self) -> Option<&str> {
        let lower = self.asked.to_ascii_lowercase();
        let behind = |word: &str| lower.rfind(word).map(|at| at + word.len());
        let at = behind(" because ").max(behind("reason:"))?;
        let reason = self.asked.get(at..)?.trim();
        (!reason.is_empty()).then_some(reason)
    }
}

/// The client that a channel is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub name: String,
    /// `None`: no such client is in the directory, so nothing is allowed there.
    pub client: Option<ClientId>,
}

/// A verdict with its reason and the terms of the approval it may need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    pub verdict: Verdict,
    /// What it would be if nothing were plan only; the same where nothing is.
    pub otherwise: Verdict,
    /// For the card: "policy of this tool: approval needed".
    pub reason: String,
    pub terms: Terms,
    /// A rule wants a ticket as the last step.
    pub ticket: bool,
}

impl Ruling {
    /// Both count: the stricter verdict, and the terms of both.
    pub fn stricter(self, other: Self) -> Self {
        let terms = Terms::of_rulings(&[self.clone(), other.clone()]);
        let ticket = self.ticket || other.ticket;
        let otherwise = self.otherwise.max(other.otherwise);
        let one = if other.verdict > self.verdict { other } else { self };
        let terms = if otherwise == Verdict::Ask { terms } else { one.terms };
        Self { terms, ticket, otherwise, ..one }
    }

    /// What would happen if it were not plan only: "ask one person other than the requester".
    pub fn would(&self) -> String {
        match self.otherwise {
            Verdict::Run => "run at once, without asking".to_owned(),
            Verdict::Ask | Verdict::Plan => format!("ask {}", self.terms.quorum.sentence()),
            Verdict::Stop => "be refused".to_owned(),
        }
    }

    /// Changes when the ruling does; part of what an approval is bound to.
    pub fn stamp(&self) -> Value {
        json!([self.verdict, self.terms.quorum, self.terms.approvers, self.ticket])
    }
}

/// The digest of several rulings, in order.
pub fn stamp(rulings: &[Ruling]) -> Digest {
    Digest::of(&Value::Array(rulings.iter().map(Ruling::stamp).collect()))
}

/// Rules on `case`. Without a tool, or with a set policy for another version of a script, nothing is
/// guessed: the first stops, the second falls back to the default.
pub fn decide(case: &Case<'_>) -> Ruling {
    let matching: Vec<&Rule> = case.rules.iter().filter(|rule| rule.matches(case)).collect();
    let opinions = opinions(case, &matching);
    strictest(case, &matching, opinions)
}

/// What policy and rules say of `case`, whether or not its product reaches the devices.
pub fn decide_policy(case: &Case<'_>) -> Ruling {
    let matching: Vec<&Rule> = case.rules.iter().filter(|rule| rule.matches(case)).collect();
    let mut opinions = base(case);
    opinions.extend(matching.iter().filter_map(|rule| by_rule(rule, case)));
    opinions.extend(matching.iter().filter_map(|rule| missing_reason(rule, case)));
    strictest(case, &matching, opinions)
}

fn strictest(case: &Case<'_>, matching: &[&Rule], opinions: Vec<Opinion>) -> Ruling {
    let verdicts = opinions.iter().map(|(verdict, _)| *verdict);
    let strictest = verdicts.clone().max().unwrap_or(Verdict::Stop);
    let otherwise = verdicts.filter(|it| *it != Verdict::Plan).max().unwrap_or(Verdict::Stop);
    let reason =
        opinions.into_iter().find(|(verdict, _)| *verdict == strictest).map(|(_, reason)| reason);
    Ruling {
        verdict: strictest,
        otherwise,
        reason: reason.unwrap_or_default(),
        terms: Terms::of_rules(matching, case.reason()),
        ticket: case.call.effect == Effect::Write && matching.iter().any(|rule| rule.ticket),
    }
}

/// What everything that has a say says, in the order in which it is told.
pub(super) fn opinions(case: &Case<'_>, matching: &[&Rule]) -> Vec<Opinion> {
    let halted = case.halts.iter().find(|halt| halt.stops(case));
    let mut opinions: Vec<Opinion> =
        halted.iter().map(|halt| (Verdict::Stop, halt.sentence())).collect();
    opinions.extend(base(case));
    opinions.extend([rights(case), shape(case), standing(case)]);
    opinions.extend(matching.iter().filter_map(|rule| by_rule(rule, case)));
    opinions.extend(matching.iter().filter_map(|rule| missing_reason(rule, case)));
    opinions
}

pub(super) type Opinion = (Verdict, String);

/// The policy of the tool: set by an operator, else the default. One that is plan only leaves the default in
/// force for what reads, and for what would be asked otherwise.
fn base(case: &Case<'_>) -> Vec<Opinion> {
    let Some(tool) = case.tool else {
        return vec![(Verdict::Stop, format!("there is no tool {} any more", case.call.tool))];
    };
    let (policy, whose) = effective(tool, case.set);
    let opinion = |policy: Policy, whose: &str| {
        let verdict = match policy {
            Policy::Auto => Verdict::Run,
            Policy::ApprovalNeeded => Verdict::Ask,
            Policy::PlanOnly => Verdict::Plan,
            Policy::Never => Verdict::Stop,
        };
        (verdict, format!("{whose} of {}: {}", tool.title, policy.label()))
    };
    match policy {
        Policy::PlanOnly if !case.call.is_write() => {
            vec![opinion(tool.default_policy, "default policy")]
        }
        Policy::PlanOnly => {
            vec![opinion(policy, &whose), opinion(tool.default_policy, "default policy")]
        }
        Policy::Auto | Policy::ApprovalNeeded | Policy::Never => vec![opinion(policy, &whose)],
    }
}

/// The policy that holds for `tool`. One that was set for another content of the script does not.
pub fn effective(tool: &Tool, set: Option<&PolicySet>) -> (Policy, String) {
    let Some(set) = set else { return (tool.default_policy, "default policy".to_owned()) };
    let content = tool.script.as_ref().map(|script| &script.content);
    // A stricter word outlives an edit of the script, a milder one does not.
    let still_about_this = set.content.as_ref() == content || set.policy >= tool.default_policy;
    if still_about_this {
        (set.policy, format!("policy (set by {})", set.by))
    } else {
        (
            tool.default_policy,
            "default policy, because the script was edited since one was set,".to_owned(),
        )
    }
}

/// What the person may do at all.
fn rights(case: &Case<'_>) -> Opinion {
    if case.call.is_write() && !case.person.may_ask() {
        return (Verdict::Stop, "your role may read, not change things".to_owned());
    }
    let Some(bound) = case.bound_to else { return (Verdict::Run, String::new()) };
    let asked = case.call.client.iter().map(|asked| (&asked.client, &asked.name));
    let mut all =
        asked.chain(case.call.targets.iter().map(|target| (&target.client, &target.client_name)));
    match all.find(|(id, _)| Some(*id) != bound.client.as_ref()) {
        Some((_, other)) => (
            Verdict::Stop,
            format!("this channel is for {} only, and this is about {other}", bound.name),
        ),
        None => (Verdict::Run, String::new()),
    }
}

/// What starts by itself again and again was looked at by two people once.
fn standing(case: &Case<'_>) -> Opinion {
    match case.call.start.as_ref().and_then(|start| start.recurs()) {
        Some(_) => (Verdict::Ask, "it comes again by itself, so it needs approval".to_owned()),
        None => (Verdict::Run, String::new()),
    }
}

/// What no policy can allow.
fn shape(case: &Case<'_>) -> Opinion {
    let call = case.call;
    let ok = (Verdict::Run, String::new());
    if call.targets.len() > DEVICES_PER_CALL_MAX {
        return (
            Verdict::Stop,
            format!(
                "this is about {} devices, and one call may touch {DEVICES_PER_CALL_MAX} at most",
                call.targets.len()
            ),
        );
    }
    if let Some(target) = call.targets.iter().find(|target| target.pathway(call.product).is_none())
    {
        return (
            Verdict::Stop,
            format!("{} has no agent of {}", target.label(), call.product.label()),
        );
    }
    let aims_at_devices = case.tool.is_some_and(|tool| tool.aim == Aim::Devices);
    if call.is_write() && aims_at_devices && call.targets.is_empty() {
        return (Verdict::Stop, "no device is named".to_owned());
    }
    if call.is_write() && call.targets.iter().any(|target| target.from_outside) {
        return (
            Verdict::Ask,
            "a target comes from outside text, not from the person who asks".to_owned(),
        );
    }
    ok
}

fn by_rule(rule: &Rule, case: &Case<'_>) -> Option<Opinion> {
    let policy = rule.policy?;
    let verdict = match policy {
        Policy::Auto => return None,
        Policy::ApprovalNeeded => Verdict::Ask,
        Policy::PlanOnly if !case.call.is_write() => return None,
        Policy::PlanOnly => Verdict::Plan,
        Policy::Never => Verdict::Stop,
    };
    Some((verdict, format!("{}: {}", rule.label(), policy.label())))
}

/// A rule that wants to know why, and a request that does not say.
fn missing_reason(rule: &Rule, case: &Case<'_>) -> Option<Opinion> {
    if !rule.reason_required || !case.call.is_write() {
        return None;
    }
    let reason = case.reason();
    let missing = match &rule.reason_pattern {
        None => reason.is_none(),
        Some(_) => !rule.reason_fits(reason),
    };
    let example = match &rule.reason_pattern {
        None => "because …".to_owned(),
        Some(pattern) => format!("because {}", pattern.replace('#', "1234")),
    };
    missing.then(|| {
        let text = format!("{} wants a reason; write “{example}” behind the request", rule.label());
        (Verdict::Stop, text)
    })
}
