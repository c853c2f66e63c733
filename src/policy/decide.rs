//! The verdict on one concrete call: the strictest opinion wins.

use serde_json::{Value, json};

use crate::approval::Quorum;
use crate::bounds::DEVICES_PER_CALL_MAX;
use crate::digest::Digest;
use crate::directory::Person;
use crate::ids::ClientId;
use crate::plan::Call;
use crate::policy::{Policy, Rule, Verdict};
use crate::ports::PolicySet;
use crate::tool::{Aim, Effect, Tool};

/// How long an approval waits when no rule says otherwise: four hours, so that a request of the morning
/// is decided by lunch or asked again.
pub const EXPIRES_MINS_DEFAULT: u32 = 240;

/// Everything a ruling depends on.
pub struct Case<'a> {
    pub call: &'a Call,
    /// `None`: the tool is gone from the catalogue.
    pub tool: Option<&'a Tool>,
    /// What an operator set for this tool.
    pub set: Option<&'a PolicySet>,
    pub rules: &'a [Rule],
    pub person: &'a Person,
    pub bound_to: Option<&'a Bound>,
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
    /// For the card: "policy of this tool: approval needed".
    pub reason: String,
    pub quorum: Quorum,
    pub approvers: Vec<String>,
    pub expires_mins: u32,
    /// A rule wants a ticket as the last step.
    pub ticket: bool,
}

impl Ruling {
    /// Changes when the ruling does; part of what an approval is bound to.
    pub fn stamp(&self) -> Value {
        json!([self.verdict, self.quorum, self.approvers, self.ticket])
    }
}

/// The digest of several rulings, in order.
pub fn stamp(rulings: &[Ruling]) -> Digest {
    Digest::of(&Value::Array(rulings.iter().map(Ruling::stamp).collect()))
}

/// Rules on `case`. Without a tool, or with a set policy for another version of a script, nothing is
/// guessed: the first stops, the second falls back to the default.
pub fn decide(case: &Case<'_>) -> Ruling {
    let mut opinions = vec![base(case), rights(case), shape(case)];
    let matching: Vec<&Rule> = case.rules.iter().filter(|rule| rule.matches(case.call)).collect();
    opinions.extend(matching.iter().filter_map(|rule| by_rule(rule)));
    let strictest = opinions.iter().map(|(verdict, _)| *verdict).max().unwrap_or(Verdict::Stop);
    let reason =
        opinions.into_iter().find(|(verdict, _)| *verdict == strictest).map(|(_, reason)| reason);

    let quorum = Quorum {
        needed: matching.iter().filter_map(|rule| rule.quorum).max().unwrap_or(1).max(1),
        self_approval: matching.iter().any(|rule| rule.self_approval),
    };
    let approvers = matching.iter().find(|rule| !rule.approvers.is_empty());
    Ruling {
        verdict: strictest,
        reason: reason.unwrap_or_default(),
        quorum,
        approvers: approvers.map(|rule| rule.approvers.clone()).unwrap_or_default(),
        expires_mins: matching
            .iter()
            .filter_map(|rule| rule.expires_mins)
            .min()
            .unwrap_or(EXPIRES_MINS_DEFAULT),
        ticket: case.call.effect == Effect::Write && matching.iter().any(|rule| rule.ticket),
    }
}

type Opinion = (Verdict, String);

/// The policy of the tool: set by an operator, else the default.
fn base(case: &Case<'_>) -> Opinion {
    let Some(tool) = case.tool else {
        return (Verdict::Stop, format!("there is no tool {} any more", case.call.tool));
    };
    let (policy, whose) = effective(tool, case.set);
    let verdict = match policy {
        Policy::Auto => Verdict::Run,
        Policy::ApprovalNeeded => Verdict::Ask,
        Policy::Never => Verdict::Stop,
    };
    (verdict, format!("{whose} of {}: {}", tool.title, policy.label()))
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

fn by_rule(rule: &Rule) -> Option<Opinion> {
    let verdict = match rule.policy? {
        Policy::Auto => return None,
        Policy::ApprovalNeeded => Verdict::Ask,
        Policy::Never => Verdict::Stop,
    };
    let mut when = Vec::new();
    when.extend(rule.client.as_ref().map(|client| format!("client {client}")));
    when.extend(rule.class.map(|class| match class {
        crate::policy::Class::Server => "servers".to_owned(),
        crate::policy::Class::Workstation => "workstations".to_owned(),
    }));
    when.extend(rule.devices_over.map(|limit| format!("more than {limit} devices")));
    let when = if when.is_empty() { String::new() } else { format!(" ({})", when.join(", ")) };
    let policy = if verdict == Verdict::Stop { Policy::Never } else { Policy::ApprovalNeeded };
    Some((verdict, format!("rule for {}{when}: {}", rule.tool, policy.label())))
}
