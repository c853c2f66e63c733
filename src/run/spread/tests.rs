//! What follows in every situation that several devices can be in.

use super::*;
use crate::directory::Product;
use crate::ids::{CardKey, ClientId, ConversationId, DeviceId, PersonId, RequestId, RunId};
use crate::run::{Authority, Handle, Trace};
use crate::tool::{Effect, ToolName};
use jiff::Timestamp;

fn now() -> Timestamp {
    "2026-09-01T09:00:00Z".parse().unwrap()
}

fn target(name: &str) -> Target {
    Target {
        device: DeviceId::new(name),
        name: name.into(),
        client: ClientId::new("c"),
        client_name: "Acme".into(),
        site_name: None,
        server: false,
        online: Some(true),
        user: None,
        rmm: None,
        automate: None,
        control: Some(name.into()),
        why: vec![],
        from_outside: false,
        called: None,
        also: vec![],
    }
}

fn whole(names: &str) -> Run {
    let spread = Spread {
        at_once: 2,
        failures_max: 2,
        steps: vec!["restart".into(), "reinstall".into()],
        step_secs: 60,
        after: None,
    };
    let call = Call {
        tool: ToolName::new("connectwise_control:cwc-x"),
        title: "Mend".into(),
        product: Product::Control,
        effect: Effect::Write,
        arguments: serde_json::Map::new(),
        targets: names.split(' ').map(target).collect(),
        client: None,
        script: None,
        instead_of: None,
        start: None,
        canary: None,
        warn_mins: None,
        spread: Some(spread),
    };
    let id = RunId::new("0000000000000000");
    Run {
        marker: Marker::of(&id),
        parent: None,
        request: RequestId::new("r"),
        conversation: ConversationId::new("c"),
        requester: PersonId::new("ana"),
        authority: Authority::Auto { reason: String::new(), asked: String::new() },
        step: 0,
        rest: vec![],
        digest: call.digest(),
        call,
        facts: vec![],
        card: CardKey::new("k"),
        state: State::Running { handle: Handle("x".into()), since: now() },
        trace: Trace::default(),
        created_at: now(),
        due_at: None,
        version: 1,
        id,
    }
}

/// `begun` is "a1+": step 1 on a worked; "-" failed, "?" a person must look, "!" was not sent, "~" is open.
#[track_caller]
fn check(names: &str, begun: &str, expected: &str) {
    check_of(whole(names), names, begun, expected);
}

/// One step without a name. A device in capitals is away, one that is called "x" has no turn any more.
#[track_caller]
fn check_rollout(names: &str, begun: &str, expected: &str) {
    let mut run = whole(names);
    run.call.spread.as_mut().unwrap().steps.clear();
    check_of(run, names, begun, expected);
}

fn turn(target: &Target) -> Turn {
    match target.name.as_str() {
        "x" => Turn::Never("its time is over".to_owned()),
        name if name.chars().all(char::is_uppercase) => Turn::Later("it is offline".to_owned()),
        _ => Turn::Now,
    }
}

#[track_caller]
fn check_of(run: Run, names: &str, begun: &str, expected: &str) {
    let devices: Vec<&str> = names.split(' ').collect();
    let made: Vec<Run> = begun
        .split_whitespace()
        .map(|word| {
            let device = devices.iter().position(|it| *it == &word[..1]).unwrap();
            let step: usize = word[1..2].parse::<usize>().unwrap() - 1;
            let why = "because".to_owned();
            let state = match &word[2..] {
                "+" => State::Succeeded { at: now() },
                "-" => State::Failed { at: now(), why },
                "?" => State::AskedAPerson { at: now(), why },
                "!" => State::NotSent { at: now(), why },
                _ => State::Doubtful { since: now(), looks: 1 },
            };
            let spread = run.call.spread.as_ref().unwrap();
            Run {
                parent: Some(run.id.clone()),
                step: ROOM + (device * STEPS_MAX + step) as u32,
                call: run.call.one(
                    &run.call.targets[device],
                    spread.steps.get(step).map(String::as_str),
                    None,
                ),
                state,
                ..run.clone()
            }
        })
        .collect();
    let course = course(&run, &made, turn);
    let begins = course.begin.iter().map(|it| {
        let step = (it.number - ROOM) as usize % STEPS_MAX + 1;
        assert!(run.call.covers(&it.call), "what begins was approved");
        format!("{}{step}", it.call.targets[0].name)
    });
    let mut got: Vec<String> = begins.collect();
    got.extend(course.ending.map(|it| match it {
        Ending::Succeeded => "succeeded".to_owned(),
        Ending::Failed(_) => "failed".to_owned(),
        Ending::PartlyFailed => "partly".to_owned(),
    }));
    assert_eq!(got.join(" "), expected, "{begun}");
    assert_eq!(course.targets.len(), devices.len(), "every device is told of");
}

#[test]
fn so_many_at_a_time_and_those_half_way_first() {
    check("a b c d", "", "a1 b1");
    check("a b c d", "a1~ b1~", "");
    check("a b c d", "a1+ b1~", "c1");
    check("a b c d", "a1- b1~", "a2");
    check("a b c d", "a1- b1-", "a2 b2");
    check("a b c d", "a1- a2~ b1+", "c1");
    check("a b", "a1+ b1+", "succeeded");
}

#[test]
fn nothing_more_begins_once_too_many_failed() {
    check("a b c d", "a1- a2- b1- b2~", "c1");
    check("a b c d", "a1- a2- b1- b2-", "failed");
    check("a b c d", "a1- a2- b1? c1+", "partly");
    check("a b c d", "a1- a2- b1? c1~", "");
    check("a b c d", "a1- a2- b1? c1-", "failed");
}

#[test]
fn only_what_surely_ended_is_followed_by_something_stronger() {
    check("a", "a1?", "failed");
    check("a", "a1!", "failed");
    check("a b", "a1! b1+", "partly");
    check("a", "a1~", "");
    check("a", "a1-", "a2");
    check("a", "a1- a2+", "succeeded");
}

#[test]
fn a_rollout_has_one_step_for_each_device_and_waits_for_those_that_are_away() {
    check_rollout("a b c", "", "a1 b1");
    check_rollout("a b c", "a1- b1~", "c1");
    check_rollout("a b c", "a1- b1-", "failed");
    check_rollout("A b c d", "", "b1 c1");
    check_rollout("A b c", "b1+ c1+", "");
    check_rollout("A b c", "b1- c1-", "failed");
    check_rollout("a x", "a1+", "partly");
    check_rollout("a b", "a1+ b1+", "succeeded");
}

#[test]
fn an_approval_covers_the_steps_on_its_devices_and_nothing_else() {
    let call = whole("a b").call;
    let one =
        call.one(&target("a"), Some("restart"), Some(Marker::of(&RunId::new("abcdefabcdef"))));
    assert!(call.covers(&one) && call.covers(&call) && !one.covers(&call));
    assert!(!call.covers(&call.one(&target("c"), Some("restart"), None)), "another device");
    assert!(!call.covers(&call.one(&target("a"), Some("wipe"), None)), "another step");
    let mut other = one.clone();
    other.arguments.insert("force".into(), true.into());
    assert!(!call.covers(&other), "other arguments");
    let mut moved = target("a");
    moved.control = Some("z".into());
    assert!(!call.covers(&call.one(&moved, Some("restart"), None)), "another agent");

    let mut rollout = whole("a b").call;
    rollout.spread.as_mut().unwrap().steps.clear();
    assert!(rollout.covers(&rollout.one(&target("a"), None, None)));
    assert!(!rollout.covers(&rollout.one(&target("c"), None, None)), "another device");
    assert!(
        !rollout.covers(&rollout.one(&target("a"), Some("restart"), None)),
        "a step it has not"
    );
    assert!(!call.covers(&call.one(&target("a"), None, None)), "no step");
}
