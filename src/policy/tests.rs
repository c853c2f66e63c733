//! Verdicts: the strictest opinion wins, and nothing lowers one.

use serde_json::{Map, json};

use super::decide::effective;
use super::*;
use crate::approval::Need;
use crate::digest::Digest;
use crate::directory::{Directory, Person, Product, Role};
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
        client: None,
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
        called: None,
        also: Vec::new(),
    }
}

fn call(targets: Vec<Target>) -> Call {
    let tool = tool(Policy::ApprovalNeeded);
    Call {
        instead_of: None,
        start: None,
        canary: None,
        warn_mins: None,
        spread: None,
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

fn now() -> jiff::Timestamp {
    "2026-09-01T09:00:00Z".parse().unwrap()
}

struct Try {
    call: Call,
    asked: &'static str,
    policy: Policy,
    rules: Vec<Rule>,
    halts: Vec<Halt>,
    roles: Vec<Role>,
    bound: Option<Bound>,
}

impl Default for Try {
    fn default() -> Self {
        let call = call(vec![target("PC1", "acme", false)]);
        Self {
            call,
            asked: "",
            policy: Policy::Auto,
            rules: vec![],
            halts: vec![],
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
            halts: &self.halts,
            person: &person(&self.roles),
            bound_to: self.bound.as_ref(),
            directory: &Directory::default(),
            calendars: &[],
            asked: self.asked,
            now: now(),
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
        (Policy::PlanOnly, Verdict::Plan),
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

/// The policy of the tool, of two rules, and what the call does: every combination.
#[test]
fn plan_only_lies_between_a_question_and_a_refusal_and_lets_reads_be() {
    let of = |policy: Policy| match policy {
        Policy::Auto => Verdict::Run,
        Policy::ApprovalNeeded => Verdict::Ask,
        Policy::PlanOnly => Verdict::Plan,
        Policy::Never => Verdict::Stop,
    };
    for policy in Policy::ALL {
        for one in Policy::ALL {
            for other in Policy::ALL {
                let both = [one, other].map(|it| json!({"tool": "*", "policy": it}));
                let mut tried = Try { policy, rules: rules(&both), ..Try::default() };
                let all = [policy, one, other].map(of);
                let ruling = tried.ruling();
                assert_eq!(Some(ruling.verdict), all.iter().copied().max(), "{all:?}");
                let without = all.iter().copied().filter(|it| *it != Verdict::Plan).max();
                // Under a tool that is plan only lies its default, which is plan only here.
                let otherwise = without.unwrap_or(Verdict::Run);
                assert_eq!(ruling.otherwise, otherwise, "{all:?}");
                tried.call.effect = Effect::Read;
                if policy != Policy::PlanOnly {
                    assert_eq!(tried.verdict(), otherwise, "a read: {all:?}");
                }
            }
        }
    }
}

#[test]
fn a_tool_that_is_plan_only_says_what_its_default_would_ask() {
    let set =
        PolicySet { policy: Policy::PlanOnly, by: PersonId::new("mia"), at: now(), content: None };
    let (tool, call) = (tool(Policy::ApprovalNeeded), call(vec![target("PC1", "acme", false)]));
    let ruling = |effect| {
        decide(&Case {
            call: &Call { effect, ..call.clone() },
            tool: Some(&tool),
            set: Some(&set),
            rules: &[],
            halts: &[],
            person: &person(&[Role::Technician]),
            bound_to: None,
            directory: &Directory::default(),
            calendars: &[],
            asked: "",
            now: now(),
        })
    };
    let write = ruling(Effect::Write);
    assert_eq!((write.verdict, write.otherwise), (Verdict::Plan, Verdict::Ask));
    assert_eq!(write.would(), "ask one person other than the requester");
    assert_eq!(ruling(Effect::Read).verdict, Verdict::Ask, "what reads keeps its default");
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
        halts: &[],
        person: &person(&[Role::Admin]),
        bound_to: None,
        directory: &Directory::default(),
        calendars: &[],
        asked: "",
        now: now(),
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
        json!({"tool": "*", "quorum": 2, "expires_mins": 60, "self_approval": true}),
        json!({"tool": "*", "quorum": 1, "expires_mins": 30, "ticket": true, "approvers": ["Ben"], "self_approval": false}),
    ]);
    let ruling = Try { rules, ..Try::default() }.ruling();
    let quorum = &ruling.terms.quorum;
    assert_eq!((quorum.needed, ruling.terms.expires_mins, ruling.ticket), (2, 30, true));
    assert_eq!(quorum.needs, [Need::new(vec![], 2), Need::new(vec!["Ben".into()], 1)]);
    assert_eq!(ruling.terms.approvers, Vec::<String>::new(), "the second yes may be anyone's");
    assert!(!quorum.self_approval, "an explicit no beats a yes");
}

#[test]
fn two_rules_that_name_approvers_both_get_theirs() {
    let rules = rules(&[
        json!({"tool": "*", "approvers": "role:approver"}),
        json!({"tool": "*", "approvers": ["role:manager"], "second": "requester:manager"}),
    ]);
    let terms = Try { rules, ..Try::default() }.ruling().terms;
    let need = |who: &str| Need::new(vec![who.to_owned()], 1);
    let needs = ["role:approver", "role:manager", "requester:manager"].map(need);
    assert_eq!((terms.quorum.needed, terms.quorum.needs.as_slice()), (2, needs.as_slice()));
    assert_eq!(terms.approvers, ["role:approver", "role:manager", "requester:manager"]);
}

#[test]
fn each_condition_is_a_condition() {
    let verdict = |when: serde_json::Value, call: Call| {
        let mut rule = json!({"tool": "*", "policy": "never"});
        rule.as_object_mut().unwrap().extend(when.as_object().unwrap().clone());
        Try { rules: rules(&[rule]), call, ..Try::default() }.verdict()
    };
    let pc = || call(vec![target("PC1", "acme", false)]);
    let two = || call(vec![target("PC1", "acme", false), target("SRV", "bluegum", true)]);
    let at_site = || {
        let mut target = target("PC1", "acme", false);
        target.site_name = Some("Head Office".into());
        call(vec![target])
    };
    let with = |days: serde_json::Value| {
        let mut call = pc();
        call.arguments.insert("days".into(), days);
        call
    };
    for (when, call, fires) in [
        (json!({"client": ["other", "AC*"]}), pc(), true),
        (json!({"client": "other"}), pc(), false),
        (json!({"site": "head*"}), at_site(), true),
        (json!({"site": "head*"}), pc(), false),
        (json!({"class": "workstation"}), two(), true),
        (json!({"class": "server"}), pc(), false),
        (json!({"clients_over": 1}), two(), true),
        (json!({"clients_over": 1}), pc(), false),
        (json!({"asked_by": "ANA"}), pc(), true),
        (json!({"asked_by": "role:technician"}), pc(), true),
        (json!({"asked_by": ["Ben", "role:admin"]}), pc(), false),
        (json!({"arguments": {"days": "> 30"}}), with(json!(31)), true),
        (json!({"arguments": {"days": "> 30"}}), with(json!(30)), false),
        (json!({"arguments": {"days": "> 30"}}), pc(), true),
        (json!({"hours": "00:00-00:01"}), pc(), true),
    ] {
        let expected = if fires { Verdict::Stop } else { Verdict::Run };
        assert_eq!(verdict(when.clone(), call), expected, "{when}");
    }
}

#[test]
fn hours_are_those_of_the_device_and_an_unknown_zone_counts_as_inside() {
    let directory = crate::directory::testing::fleet(
        "acme/PC1:site=harbour@Australia/Sydney acme/PC2:site=nowhere@Mars/Olympus acme/PC3",
    );
    let rules = rules(&[
        json!({"tool": "*", "hours": "08:00-18:00", "policy": "never"}),
        json!({"tool": "*", "hours": "18:00-20:00", "weekdays": ["tue"], "policy": "approval_needed"}),
    ]);
    let verdict = |device: &str| {
        decide(&Case {
            call: &call(vec![target(device, "acme", false)]),
            tool: Some(&tool(Policy::Auto)),
            set: None,
            rules: &rules,
            halts: &[],
            person: &person(&[Role::Technician]),
            bound_to: None,
            directory: &directory,
            calendars: &[],
            asked: "",
            now: now(),
        })
        .verdict
    };
    // 09:00 UTC is 19:00 on a Tuesday in Sydney.
    assert_eq!(verdict("dev-0"), Verdict::Ask);
    assert_eq!(verdict("dev-1"), Verdict::Stop, "a zone that does not exist");
    assert_eq!(verdict("dev-2"), Verdict::Stop, "no site");
}

#[test]
fn a_reason_can_be_required_and_a_ticket_number_lowers_the_quorum() {
    let rule = json!({"tool": "*", "quorum": 2, "reason_required": true, "reason_pattern": "CW-#", "reason_quorum": 1});
    let ruling = |asked| {
        let rules = rules(std::slice::from_ref(&rule));
        Try { asked, rules, policy: Policy::ApprovalNeeded, ..Try::default() }.ruling()
    };
    let none = ruling("clean up pc1");
    assert_eq!(none.verdict, Verdict::Stop);
    assert!(none.reason.contains("because CW-1234"), "{}", none.reason);
    assert_eq!(ruling("clean up pc1 because it is slow").verdict, Verdict::Stop);
    let with = ruling("clean up pc1 because of cw-77");
    assert_eq!((with.verdict, with.terms.quorum.needed), (Verdict::Ask, 1));
    let any = json!({"tool": "*", "reason_required": true});
    let ruling =
        |asked| Try { asked, rules: rules(std::slice::from_ref(&any)), ..Try::default() }.verdict();
    assert_eq!(ruling("clean up pc1 because it is slow"), Verdict::Run);
    assert_eq!(ruling("clean up pc1 because "), Verdict::Stop);
}

#[test]
fn an_explanation_names_what_missed() {
    let rules = rules(&[
        json!({"tool": "other:*"}),
        json!({"tool": "*", "devices_over": 5, "policy": "never"}),
        json!({"tool": "*", "name": "clean-ups", "class": "workstation", "policy": "approval_needed", "approvers": "Ben"}),
    ]);
    let text = explain::Explained::of(Case {
        call: &call(vec![target("PC1", "acme", false)]),
        tool: Some(&tool(Policy::Auto)),
        set: None,
        rules: &rules,
        halts: &[],
        person: &person(&[Role::Technician]),
        bound_to: None,
        directory: &Directory::default(),
        calendars: &[],
        asked: "",
        now: now(),
    })
    .text();
    insta::assert_snapshot!(text);
}

#[test]
fn a_halt_stops_what_it_is_about_and_nothing_else() {
    let halt = |scope: Scope| Halt {
        scope,
        name: "x".into(),
        by: PersonId::new("mia"),
        at: now(),
        reason: Some("incident".into()),
    };
    let name = tool(Policy::Auto).name;
    for (scope, stops) in [
        (Scope::Everything, true),
        (Scope::Client(ClientId::new("acme")), true),
        (Scope::Client(ClientId::new("other")), false),
        (Scope::Tool(name), true),
        (Scope::Tool(ToolName::new("x:y")), false),
        (Scope::Person(PersonId::new("ana")), true),
        (Scope::Person(PersonId::new("ben")), false),
    ] {
        let case = Try { halts: vec![halt(scope.clone())], ..Try::default() };
        assert_eq!(case.verdict() == Verdict::Stop, stops, "{scope:?}");
        assert_eq!(Scope::of(scope.kind(), scope.key()), Some(scope));
    }
    let mut read = call(vec![target("PC1", "acme", false)]);
    read.effect = Effect::Read;
    let reading = Try { call: read, halts: vec![halt(Scope::Everything)], ..Try::default() };
    assert_eq!(reading.verdict(), Verdict::Run, "looking is not halted");
    let ruling = Try { halts: vec![halt(Scope::Everything)], ..Try::default() }.ruling();
    assert_eq!(ruling.reason, "everything is halted by mia (incident)");
}
