//! Every message that the bot can post, as Slack gets it. The pretend Slack refuses what is over a limit; the
//! snapshots are judged once more by a validator of others, see `judge/`.

use countersign::approval::{Approval, Decision, Quorum, State};
use countersign::conversation::Thread;
use countersign::conversation::cards::PlanView;
use countersign::digest::Digest;
use countersign::directory::{People, Person, Platform, Product, Role};
use countersign::ids::{
    ApprovalId, CardKey, ClientId, ConversationId, DeviceId, PersonId, RequestId, RunId,
};
use countersign::plan::{Call, Plan, Target};
use countersign::ports::Outgoing;
use countersign::reply::{Action, Block, Button, ButtonStyle, Choice, Field, Message, Tone};
use countersign::run::{
    Authority, Handle, Marker, Run, State as RunState, TargetResult, TargetStatus, TicketRef, Trace,
};
use countersign::tool::{Effect, ScriptRef, ToolName};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::support::World;

fn now() -> Timestamp {
    "2026-09-01T09:00:00Z".parse().unwrap()
}

fn target(name: &str, client: &str) -> Target {
    Target {
        device: DeviceId::new(format!("dev-{name}")),
        name: name.into(),
        client: ClientId::new("c1"),
        client_name: client.into(),
        site_name: Some("Head office".into()),
        server: false,
        online: Some(true),
        user: Some("BLUEGUM\\maria".into()),
        rmm: Some("7b1f".into()),
        automate: None,
        control: None,
        why: vec!["last log-on is maria".into(), "a laptop".into()],
        from_outside: false,
        called: None,
        also: Vec::new(),
    }
}

fn call(targets: Vec<Target>) -> Call {
    Call {
        instead_of: None,
        start: None,
        canary: None,
        warn_mins: None,
        spread: None,
        tool: ToolName::new("connectwise_rmm:cw-rmm-script-disk-cleanup"),
        title: "Disk Cleanup".into(),
        product: Product::Rmm,
        effect: Effect::Write,
        arguments: Map::from_iter([("days".to_owned(), json!(7))]),
        targets,
        client: None,
        script: Some(ScriptRef {
            id: "9d3c".into(),
            name: "Disk Cleanup".into(),
            content: Digest::of(&json!("v1")),
            expected_secs: None,
        }),
    }
}

fn approval(call: Call, state: State) -> Approval {
    let plan = Plan { calls: vec![call], policy: Digest::of(&json!("ask")) };
    let decisions = match &state {
        State::Approved { .. } => {
            vec![Decision {
                on_behalf_of: None,
                by: PersonId::new("ben"),
                at: now(),
                left_out: vec![],
                to: None,
            }]
        }
        _ => Vec::new(),
    };
    Approval {
        id: ApprovalId::new("0199-approval"),
        code: "7F3K".into(),
        request: RequestId::new("0199-request"),
        conversation: ConversationId::new("slack/C1/1.0"),
        requester: PersonId::new("ana"),
        digest: plan.digest(),
        plan,
        reason: "scripts change devices".into(),
        quorum: Quorum::default(),
        approvers: Vec::new(),
        asked: "run disk cleanup on Maria's laptop".into(),
        instead_of: None,
        replaced_by: None,
        paper_trail: false,
        decisions,
        asked_at: now(),
        expires_at: now() + jiff::SignedDuration::from_mins(60),
        state,
        version: 1,
    }
}

fn run(approval: &Approval, state: RunState) -> Run {
    let call = approval.plan.calls[0].clone();
    let status = match &state {
        RunState::Succeeded { .. } => TargetStatus::Succeeded,
        RunState::Failed { .. } => TargetStatus::Failed,
        _ => TargetStatus::Running,
    };
    let id = RunId::new("0199aa00bb11cc22dd33ee44ff550099");
    Run {
        marker: Marker::of(&id),
        id,
        request: approval.request.clone(),
        conversation: approval.conversation.clone(),
        requester: approval.requester.clone(),
        authority: Authority::Approval { id: approval.id.clone(), plan: approval.digest.clone() },
        step: 0,
        parent: None,
        rest: Vec::new(),
        digest: call.digest(),
        facts: Vec::new(),
        card: CardKey::new("plan-0199-request"),
        state,
        trace: Trace {
            targets: vec![TargetResult {
                device: call.targets[0].label(),
                status,
                raw_status: "Success".into(),
                output: String::new(),
                errors: String::new(),
            }],
            ticket: Some(TicketRef {
                id: "1".into(),
                number: "T-1".into(),
                summary: "Disk".into(),
                url: None,
            }),
            ..Trace::default()
        },
        call,
        created_at: now(),
        due_at: None,
        version: 1,
    }
}

fn people() -> People {
    let person = |name: &str, role| Person {
        id: PersonId::new(name.to_lowercase()),
        name: name.into(),
        email: None,
        roles: vec![role],
        client: None,
        accounts: Vec::new(),
    };
    People::new(vec![person("Ana", Role::Technician), person("Ben", Role::Approver)])
}

fn card(approval: &Approval, runs: &[Run]) -> Message {
    let people = people();
    let view = PlanView {
        request: &approval.request,
        requester: &approval.requester,
        asked: &approval.asked,
        calls: &approval.plan.calls,
        approval: Some(approval),
        reason: &approval.reason,
        runs,
        people: &people,
        ways: &[Product::Automate],
        now: now(),
    };
    view.card()
}

/// Posts `message` into a thread, edits it over itself where it is a card, and gives what Slack has of it.
async fn post(world: &World, message: Message) -> Value {
    let said = world.slack.say("U1", "C1", "x", None).await;
    let thread =
        Thread { platform: Platform::Slack, channel: "C1".into(), thread: said.ts.clone() };
    let outgoing = Outgoing {
        id: 1,
        conversation: thread.conversation(),
        thread,
        card: message.card.clone(),
        message,
        posted: None,
        attempts: 0,
    };
    let external = world.chat.post(&outgoing).await.unwrap();
    if outgoing.card.is_some() {
        world.chat.edit(&outgoing, &external).await.unwrap();
    }
    let refused = world.slack.refusals();
    assert_eq!(refused, [""; 0], "Slack took it as it was drawn");
    let posted = world.slack.thread("C1", &said.ts);
    let files: Vec<_> = posted
        .iter()
        .flat_map(|it| &it.files)
        .map(|(name, text)| json!([name, text.len()]))
        .collect();
    let mut shown = json!({ "text": posted[0].text, "blocks": posted[0].blocks });
    if !files.is_empty() {
        shown["files"] = json!(files);
    }
    shown
}

async fn check(name: &str, message: Message) {
    let world = World::start().await;
    let posted = post(&world, message).await;
    insta::assert_json_snapshot!(name, posted);
}

#[tokio::test]
async fn the_card_of_a_plan_in_all_its_states() {
    let ended = |state| approval(call(vec![target("MARIA-LT-01", "Bluegum Vet")]), state);
    let (at, by) = (now(), PersonId::new("ben"));
    let approved = ended(State::Approved { at });
    let handle = || Handle("task".into());
    let running = [
        ("card_starting", RunState::Granted),
        ("card_doubtful", RunState::Doubtful { since: at, looks: 1 }),
        ("card_accepted", RunState::Accepted { handle: handle(), since: at }),
        ("card_running", RunState::Running { handle: handle(), since: at }),
        ("card_done", RunState::Succeeded { at }),
        ("card_failed", RunState::Failed { at, why: "exit code 5 <!channel>".into() }),
        ("card_timed_out", RunState::TimedOut { at }),
        ("card_not_sent", RunState::NotSent { at, why: "the product was over its limit".into() }),
        ("card_asked_a_person", RunState::AskedAPerson { at, why: "no answer".into() }),
    ];
    let ends = [
        ("card_waiting", State::Waiting),
        ("card_denied", State::Denied { by, at, reason: Some("backup & restore".into()) }),
        ("card_expired", State::Expired { at }),
        ("card_withdrawn", State::Withdrawn { at }),
        ("card_voided", State::Voided { at, difference: "the script was edited".into() }),
    ];
    for (name, state) in ends {
        check(name, card(&ended(state), &[])).await;
    }
    for (name, state) in running {
        check(name, card(&approved, &[run(&approved, state)])).await;
    }
}

#[tokio::test]
async fn a_card_for_many_devices_with_hostile_names() {
    let devices =
        (0..200).map(|it| target(&format!("<!channel>-{it:03}"), "Bluegum & <@U1>")).collect();
    check("card_many_devices", card(&approval(call(devices), State::Waiting), &[])).await;
}

#[tokio::test]
async fn every_kind_of_block() {
    let say = |text: &str| Action::Say { text: text.into() };
    let blocks = vec![
        Block::Title { text: "Health of DC01 (Acme Logistics)".into(), tone: Tone::Good },
        Block::Text("Two lines,\nboth with <b>markup</b> & *stars*.".into()),
        Block::Fields(vec![
            Field::new("Client", "Acme Logistics"),
            Field::new("Site", "Head office"),
            Field::new(
                "System",
                "Windows Server 2022 Standard, build 20348, with a name that is long",
            ),
            Field::new("Empty", ""),
        ]),
        Block::Table {
            columns: ["Patch", "State"].map(str::to_owned).to_vec(),
            rows: vec![
                vec!["KB5001".into(), "pending".into()],
                vec!["<!here>".into(), String::new()],
            ],
            more: 12,
        },
        Block::Table {
            columns: vec!["Second".into()],
            rows: vec![vec!["as text".into()]],
            more: 0,
        },
        Block::Code { text: "PS> dir ```\n<!channel> & more".into(), cut: 512 },
        Block::Progress { done: 3, total: 5, label: "3 of 5 finished".into() },
        Block::Meter { label: "C:".into(), percent: 93, detail: "19.8 GB of 256 GB free".into() },
        Block::Meter { label: "Memory".into(), percent: 40, detail: String::new() },
        Block::Note("As of 12 min ago.".into()),
        Block::Link {
            label: "Ticket T-1".into(),
            url: "https://rmm.example.com/t?id=1&x=<2>".into(),
        },
        Block::Link { label: "Odd".into(), url: "file:///etc/<passwd>".into() },
        Block::Choices {
            options: vec![
                Choice {
                    label: "DC01 (Acme Logistics)".into(),
                    detail: "server, online".into(),
                    action: Action::Pick { question: 1, option: 0 },
                },
                Choice {
                    label: "DC01 (Bluegum Vet)".into(),
                    detail: String::new(),
                    action: Action::Pick { question: 1, option: 1 },
                },
            ],
        },
        Block::Buttons(vec![
            Button { label: "Run again".into(), style: ButtonStyle::Go, action: say("again") },
            Button { label: "Stop".into(), style: ButtonStyle::Stop, action: say("stop") },
            Button { label: "x".repeat(100), style: ButtonStyle::Plain, action: say("long label") },
        ]),
    ];
    check("every_block", Message::of("Health of DC01", blocks)).await;
}

#[tokio::test]
async fn what_is_too_long_is_cut_where_it_can_be() {
    let table = Block::Table {
        columns: (0..30).map(|it| format!("column {it}")).collect(),
        rows: (0..150).map(|row| (0..30).map(|it| format!("cell {row} {it}")).collect()).collect(),
        more: 0,
    };
    let mut blocks = vec![
        Block::Title { text: "T".repeat(400), tone: Tone::Waiting },
        Block::Text("paragraph & ".repeat(500)),
        Block::Code { text: "line of output <x>\n".repeat(500), cut: 0 },
        table,
    ];
    blocks.extend((0..60).map(|it| Block::Note(format!("note {it}"))));
    let button = |it: u32| Button {
        label: format!("b{it}"),
        style: ButtonStyle::Plain,
        action: Action::Say { text: format!("button {it}") },
    };
    blocks.push(Block::Buttons((0..40).map(button).collect()));
    let world = World::start().await;
    let posted = post(&world, Message::of("s".repeat(5_000), blocks)).await;
    let drawn = posted["blocks"].as_array().unwrap();
    assert!(drawn.len() <= 50, "{}", drawn.len());
    let buttons: usize = drawn
        .iter()
        .filter_map(|it| it["elements"].as_array())
        .flatten()
        .filter(|it| it["type"] == json!("button"))
        .count();
    assert_eq!(buttons, 40, "what can be clicked is never left out");
    assert_eq!(posted["files"], json!([["output.txt", 9_500]]));
    assert!(posted.to_string().contains("Something was left out here"));
    insta::assert_json_snapshot!("too_long", posted);
}

/// Without what differs from run to run: ids, digests, times.
fn stripped(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            for key in ["id", "team_id", "hash", "app_id", "bot_id", "state", "private_metadata"] {
                map.remove(key);
            }
            if map.contains_key("action_id") && map.contains_key("value") {
                map.insert("value".into(), json!("…"));
            }
            map.values_mut().for_each(|it| *it = stripped(it.take()));
        }
        Value::Array(list) => list.iter_mut().for_each(|it| *it = stripped(it.take())),
        Value::String(text) if text.contains("UTC") => *text = without_times(text),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    value
}

/// What is until tomorrow has its day before its hour.
fn without_times(text: &str) -> String {
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut text = text.replace(|c: char| c.is_ascii_digit(), "0");
    for day in ["00", "0"] {
        for month in months {
            text = text.replace(&format!("{day} {month}, 00:00 UTC"), "00:00 UTC");
        }
    }
    text
}

#[tokio::test]
async fn forms_and_the_home_page() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    world.slack.click("U2", "C1", &card.ts, "Deny").await;
    insta::assert_json_snapshot!("form_deny", stripped(world.modal("U2").await.view));
    world.slack.click("U3", "C1", &card.ts, "Edit…").await;
    insta::assert_json_snapshot!("form_edit", stripped(world.modal("U3").await.view));
    world.slack.shortcut("U1", "C1", &card.ts).await;
    insta::assert_json_snapshot!("form_ask", stripped(world.modal("U1").await.view));
    world.slack.open_home("U3").await;
    let slack = world.slack.clone();
    let home = crate::support::eventually(move || slack.home("U3")).await;
    insta::assert_json_snapshot!("home", stripped(home));
    assert_eq!(world.slack.refusals(), [""; 0]);
}
