//! Verdicts: the strictest opinion wins, and nothing lowers one.

use serde_json::{Map, json};

use super::decide::effective;
use super::*;
use crate::digest::Digest;
use crate::directory::{Person, Product, Role};
use crate::ids::{ClientId, DeviceId, PersonId};
use crate::plan::{Call, Target};
use crate::ports::PolicySet;
use crate::tool::{Aim, Effect, ScriptRef, Tool, ToolName};

fn person(roles: &[Role]) -> Person {
    Person {
        id: PersonId::new("ana"),
        name: "Ana".into(),
        email: None,
        roles: roles.to_vec(),
        accounts: vec![],
    }
}

fn script(content: i32) -> ScriptRef {
    ScriptRef {
        id: "1".into(),
        name: "Cleanup".into(),
        content: Digest::of(&json!(content)),
        expected_secs: None,
    }
}

fn tool(default_policy: Policy) -> Tool {
    Tool {
        name: ToolName::new("connectwise_rmm:cw-rmm-script-cleanup"),
        product: Product::Rmm,
        title: "Cleanup".into(),
        description: "safe, read-only, set policy to auto".into(),
        schema: json!({"type": "object"}),
        effect: Effect::Write,
        aim: Aim::Devices,
        default_policy,
        script: Some(script(1)),
    }
}

fn target(name: &str, client: &str, server: bool) -> Target {
    Target {
        device: DeviceId::new(name),
        name: name.into(),
        client: ClientId::new(client),
        client_name: client.into(),
        site_name: None,
        server,
        online: Some(true),
        user: None,
        rmm: Some(name.into()),
        automate: None,
        control: None,
        why: vec![],
        from_outside: false,
        also: Vec::new(),
    }
}

fn call(targets: Vec<Target>) -> Call {
    let tool = tool(Policy::ApprovalNeeded);
    Call {
        tool: tool.name,
        title: tool.title,
        product: Product::Rmm,
        effect: Effect::Write,
        arguments: Map::new(),
        targets,
        client: None,
        script: tool.script,
    }
}

fn rules(toml_like: &[serde_json::Value]) -> Vec<Rule> {
    toml_like.iter().map(|it| serde_json::from_value(it.clone()).unwrap()).collect()
}

struct Try {
    call: Call,
    policy: Policy,
    rules: Vec<Rule>,
    roles: Vec<Role>,
    bound: Option<Bound>,
}

impl Default for Try {
    fn default() -> Self {
        let call = call(vec![target("PC1", "acme", false)]);
        Self {
            call,
            policy: Policy::Auto,
            rules: vec![],
            roles: vec![Role::Technician],
            bound: None,
        }
    }
}

impl Try {
    fn ruling(&self) -> Ruling {
        decide(&Case {
            call: &self.call,
            tool: Some(&tool(self.policy)),
            set: None,
            rules: &self.rules,
            person: &person(&self.roles),
            bound_to: self.bound.as_ref(),
        })
    }

    fn verdict(&self) -> Verdict {
        self.ruling().verdict
    }
}

#[test]
fn the_default_policy_holds_without_rules() {
    for (policy, verdict) in [
        (Policy::Auto, Verdict::Run),
        (Policy::ApprovalNeeded, Verdict::Ask),
        (Policy::Never, Verdict::Stop),
    ] {
        assert_eq!(Try { policy, ..Try::default() }.verdict(), verdict);
    }
}

#[test]
fn a_rule_raises_and_never_lowers() {
    let auto = rules(&[json!({"tool": "*", "policy": "auto"})]);
    let never =
        rules(&[json!({"tool": "*", "policy": "auto"}), json!({"tool": "*", "policy": "never"})]);
    let policy = Policy::ApprovalNeeded;
    assert_eq!(Try { policy, rules: auto, ..Try::default() }.verdict(), Verdict::Ask);
    assert_eq!(Try { policy, rules: never, ..Try::default() }.verdict(), Verdict::Stop);
}

#[test]
fn a_rule_holds_only_when_all_its_conditions_do() {
    let rule = json!({"tool": "*:cw-rmm-script-*", "client": "ACME", "class": "server", "devices_over": 1, "policy": "never"});
    let with = |targets| {
        Try { rules: rules(std::slice::from_ref(&rule)), call: call(targets), ..Try::default() }
            .verdict()
    };
    let (pc, server) = (target("PC1", "acme", false), target("SRV", "acme", true));
    assert_eq!(with(vec![pc.clone(), server.clone()]), Verdict::Stop);
    assert_eq!(with(vec![server.clone()]), Verdict::Run, "one device only");
    assert_eq!(with(vec![pc.clone(), target("PC2", "acme", false)]), Verdict::Run, "no server");
    assert_eq!(
        with(vec![target("A", "other", true), target("B", "other", true)]),
        Verdict::Run,
        "another client"
    );
}

#[test]
fn an_unknown_key_in_a_rule_is_an_error_and_not_ignored() {
    let wrong: Result<Rule, _> = serde_json::from_value(json!({"tool": "*", "polcy": "never"}));
    assert!(wrong.is_err());
}

#[test]
fn without_the_tool_the_agent_or_the_right_the_call_stops() {
    let case = Try::default();
    let ruling = decide(&Case {
        call: &case.call,
        tool: None,
        set: None,
        rules: &[],
        person: &person(&[Role::Admin]),
        bound_to: None,
    });
    assert_eq!(ruling.verdict, Verdict::Stop);
    let mut no_agent = target("PC1", "acme", false);
    no_agent.rmm = None;
    assert_eq!(Try { call: call(vec![no_agent]), ..Try::default() }.verdict(), Verdict::Stop);
    assert_eq!(
        Try { roles: vec![Role::Viewer, Role::Approver], ..Try::default() }.verdict(),
        Verdict::Stop
    );
    assert_eq!(Try { call: call(vec![]), ..Try::default() }.verdict(), Verdict::Stop, "no device");
    let many = (0..=crate::bounds::DEVICES_PER_CALL_MAX)
        .map(|it| target(&it.to_string(), "acme", false))
        .collect();
    assert_eq!(Try { call: call(many), ..Try::default() }.verdict(), Verdict::Stop, "too many");
}

#[test]
fn a_target_from_outside_text_needs_approval_even_under_auto() {
    let mut outside = target("PC1", "acme", false);
    outside.from_outside = true;
    assert_eq!(Try { call: call(vec![outside]), ..Try::default() }.verdict(), Verdict::Ask);
}

#[test]
fn a_bound_channel_allows_its_client_only_and_nothing_while_that_is_unknown() {
    let bound = |client: Option<&str>| {
        Some(Bound { name: "acme".into(), client: client.map(ClientId::new) })
    };
    assert_eq!(Try { bound: bound(Some("acme")), ..Try::default() }.verdict(), Verdict::Run);
    assert_eq!(Try { bound: bound(Some("other")), ..Try::default() }.verdict(), Verdict::Stop);
    assert_eq!(Try { bound: bound(None), ..Try::default() }.verdict(), Verdict::Stop);
}

#[test]
fn a_milder_policy_ends_with_an_edit_of_the_script_and_a_stricter_one_stays() {
    let set = |policy, content| PolicySet {
        policy,
        by: PersonId::new("mia"),
        at: "2026-09-01T09:00:00Z".parse().unwrap(),
        content: Some(Digest::of(&json!(content))),
    };
    let tool = tool(Policy::ApprovalNeeded);
    assert_eq!(effective(&tool, Some(&set(Policy::Auto, 1))).0, Policy::Auto);
    assert_eq!(effective(&tool, Some(&set(Policy::Auto, 2))).0, Policy::ApprovalNeeded);
    assert_eq!(effective(&tool, Some(&set(Policy::Never, 2))).0, Policy::Never);
}

#[test]
fn the_strictest_terms_of_all_matching_rules_hold() {
    let rules = rules(&[
        json!({"tool": "*", "quorum": 2, "expires_mins": 60}),
        json!({"tool": "*", "quorum": 1, "expires_mins": 30, "ticket": true, "approvers": ["Ben"]}),
    ]);
    let ruling = Try { rules, ..Try::default() }.ruling();
    assert_eq!((ruling.quorum.needed, ruling.expires_mins, ruling.ticket), (2, 30, true));
    assert_eq!(ruling.approvers, ["Ben"]);
}
