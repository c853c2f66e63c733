use axum::http::StatusCode;
use countersign::approval::{Approval, Decision, State};
use countersign::conversation::Body;
use countersign::directory::Platform;
use countersign::ids::PersonId;
use countersign::reply::Action;
use countersign::schedule::{Start, When};

use crate::support::samples;
use crate::support::world::World;

async fn world_with(conversation: &str, change: impl FnOnce(&mut Approval)) -> (World, Approval) {
    let world = World::demo().await;
    let mut approval = samples::approval("a1", conversation, world.now());
    change(&mut approval);
    world.store.with(|state| state.approvals.push(approval.clone()));
    (world, approval)
}

#[tokio::test]
async fn an_approval_of_another_platform_is_decided_in_its_own_thread() {
    let (world, approval) = world_with("slack/C024BE91L/1700000000.000100", |_| ()).await;
    let answers = world.browser("ben").press("/approvals", "Approve", 2).await;
    assert!(answers.iter().all(|it| it.header("location") == "/approvals"));
    let inbox = world.store.with(|state| state.inbox.clone());
    assert_eq!(inbox.len(), 1, "a double click is one event");
    assert_eq!(inbox[0].thread.platform, Platform::Slack);
    assert_eq!(inbox[0].thread.conversation(), approval.conversation);
    assert_eq!(inbox[0].account.platform, Platform::Console);
    assert_eq!(inbox[0].account.id, "ben");
    let action = Action::Approve { approval: approval.id, seen: approval.digest, steps: None };
    assert_eq!(inbox[0].body, Body::Click(action));
}

#[tokio::test]
async fn who_may_decide_sees_the_buttons_and_the_others_why_not() {
    let (world, _) = world_with("console/console/x", |_| ()).await;
    let has = async |person: &str, text: &str| {
        world.browser(person).get("/approvals").await.body.contains(text)
    };
    for approver in ["ben", "mara"] {
        assert!(has(approver, ">Approve</button>").await && has(approver, ">Deny</button>").await);
    }
    assert!(!has("ana", ">Approve</button>").await);
    assert!(has("ana", "somebody else has to approve it: Ben and Mara").await);
    assert!(has("ana", ">Withdraw</button>").await);
    assert!(!has("vic", ">Approve</button>").await && !has("vic", ">Withdraw</button>").await);
    assert!(has("vic", "You cannot decide this. Who can: Ben and Mara").await);
}

#[tokio::test]
async fn the_first_of_two_yeses_is_shown_and_not_asked_for_again() {
    let (world, _) = world_with("console/console/x", |it| {
        it.quorum.needed = 2;
        it.decisions = vec![Decision {
            on_behalf_of: None,
            by: PersonId::new("mara"),
            at: it.asked_at,
            left_out: vec![],
            to: None,
        }];
    })
    .await;
    let mara = world.browser("mara").get("/approvals").await;
    assert!(mara.body.contains("You have approved this"));
    assert!(!mara.body.contains(">Approve</button>"));
    let ben = world.browser("ben").get("/approvals").await;
    assert!(ben.body.contains("<strong>Mara</strong>") && ben.body.contains("1 of 2"));
}

#[tokio::test]
async fn one_that_ran_out_has_no_buttons_even_before_a_worker_came_by() {
    let (world, _) = world_with("console/console/x", |_| ()).await;
    world.later(15 * 60);
    let page = world.browser("ben").get("/approvals").await;
    assert!(page.body.contains("Nothing is waiting"));
    assert!(page.body.contains("Nobody decided in time"));
    assert!(!page.body.contains(">Approve</button>"));
}

#[tokio::test]
async fn decided_ones_tell_who_and_why() {
    let (world, _) = world_with("console/console/x", |it| {
        it.state = State::Denied {
            by: PersonId::new("mara"),
            at: it.asked_at,
            reason: Some("not during opening hours".into()),
        };
    })
    .await;
    let page = world.browser("ben").get("/approvals").await;
    assert!(page.body.contains("Denied by <strong>Mara</strong>"));
    assert!(page.body.contains("not during opening hours"));
}

#[tokio::test]
async fn a_button_of_another_card_is_refused() {
    let (world, approval) = world_with("console/console/x", |_| ()).await;
    let other = countersign::ids::ApprovalId::new("a2");
    let key = "0".repeat(32);
    for action in [
        Action::Approve { approval: other, seen: approval.digest.clone(), steps: None },
        Action::Say { text: "reboot dc01".into() },
    ] {
        let action = serde_json::to_string(&action).unwrap();
        let answer = world
            .browser("ben")
            .post("/approvals/a1/click", &[("key", &key), ("action", &action)])
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let action = serde_json::to_string(&Action::Deny {
        approval: countersign::ids::ApprovalId::new("gone"),
        reason: None,
    })
    .unwrap();
    let answer = world
        .browser("ben")
        .post("/approvals/gone/click", &[("key", &key), ("action", &action)])
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(world.store.with(|state| state.inbox.is_empty()));
}

#[tokio::test]
async fn only_the_people_a_rule_names_are_offered_to_decide() {
    let (world, _) =
        world_with("console/console/x", |it| it.approvers = vec!["role:manager".into()]).await;
    let ben = world.browser("ben").get("/approvals").await;
    assert!(!ben.body.contains(">Approve</button>"));
    assert!(ben.body.contains("You cannot decide this. Who can: Mara"));
    assert!(world.browser("mara").get("/approvals").await.body.contains(">Approve</button>"));
}

#[tokio::test]
async fn a_denial_may_carry_its_reason() {
    let (world, approval) = world_with("console/console/x", |_| ()).await;
    let key = "0".repeat(32);
    let fields = [("key", key.as_str()), ("reason", " not during opening hours ")];
    let answer = world.browser("ben").post("/approvals/a1/deny", &fields).await;
    assert_eq!(answer.header("location"), "/approvals");
    let reason = Some("not during opening hours".to_owned());
    let denied = Body::Click(Action::Deny { approval: approval.id, reason });
    assert_eq!(world.store.with(|state| state.inbox[0].body.clone()), denied);
}

#[tokio::test]
async fn a_yes_to_some_steps_names_them_and_shows_what_is_left_out() {
    let (world, approval) = world_with("console/console/x", |it| {
        let again = it.plan.calls[0].clone();
        it.plan.calls.push(again);
        it.digest = it.plan.digest();
    })
    .await;
    let page = world.browser("ben").get("/approvals").await;
    assert!(page.body.contains("Approve some steps") && page.body.contains("left out for good"));
    let (key, seen) = ("0".repeat(32), approval.offered());
    let nothing = [("key", key.as_str()), ("seen", seen.as_str())];
    let refused = world.browser("ben").post("/approvals/a1/some", &nothing).await;
    assert!(refused.body.contains("Tick at least one step"), "{}", refused.body);
    assert!(world.store.with(|state| state.inbox.is_empty()));
    let some = [nothing[0], nothing[1], ("step", "1")];
    let answer = world.browser("ben").post("/approvals/a1/some", &some).await;
    assert_eq!(answer.header("location"), "/approvals");
    let yes = Action::Approve { approval: approval.id, seen, steps: Some(vec![1]) };
    assert_eq!(world.store.with(|state| state.inbox[0].body.clone()), Body::Click(yes));

    world.store.with(|state| {
        let it = &mut state.approvals[0];
        it.quorum.needed = 2;
        it.decisions = vec![Decision {
            on_behalf_of: None,
            by: PersonId::new("ben"),
            at: it.asked_at,
            left_out: vec![0],
            to: None,
        }];
    });
    let page = world.browser("mara").get("/approvals").await;
    assert!(page.body.contains("left out by Ben"), "{}", page.body);
    assert!(!page.body.contains("Approve some steps"), "one step is left, so it is yes or no");
}

/// What an edit with these fields hands to the core, or the page that refuses it.
async fn edited(
    change: impl FnOnce(&mut Approval),
    fields: &[(&str, &str)],
) -> Result<serde_json::Value, String> {
    let (world, _) = world_with("console/console/x", change).await;
    let key = "0".repeat(32);
    let mut all = vec![("key", key.as_str()), ("step", "0")];
    all.extend(fields);
    let answer = world.browser("ben").post("/approvals/a1/edit", &all).await;
    match world.store.with(|state| state.inbox.first().map(|it| it.body.clone())) {
        Some(Body::Click(Action::Edit { arguments, .. })) => {
            Ok(serde_json::Value::Object(arguments))
        }
        _ => Err(answer.body),
    }
}

#[tokio::test]
async fn changed_parameters_are_asked_anew_with_the_types_of_the_schema() {
    let fields = [
        ("argument.drive", "D:"),
        ("argument.older_than_days", "30"),
        ("argument.dry_run", "true"),
        ("argument.smuggled", "x"),
    ];
    let arguments = edited(|_| (), &fields).await.unwrap();
    assert_eq!(
        arguments,
        serde_json::json!({"drive": "D:", "dry_run": true, "older_than_days": 30})
    );

    let refused = edited(|_| (), &[("argument.older_than_days", "soon")]).await.unwrap_err();
    assert!(refused.contains("wants a whole number, and “soon” is none"), "{refused}");
}

#[tokio::test]
async fn what_a_yes_covers_is_on_the_card_its_start_its_notice_and_its_reach() {
    let later = |it: &mut Approval| {
        let at: jiff::Timestamp = "2026-09-06T12:00:00Z".parse().unwrap();
        it.plan.calls[0].start = Some(Start {
            at,
            until: at + jiff::SignedDuration::from_hours(1),
            zone: "Australia/Sydney".into(),
            said: When::In { secs: 60 },
            ends: None,
        });
        it.plan.calls[0].warn_mins = Some(10);
    };
    let (world, _) = world_with("console/console/x", later).await;
    let page = world.browser("ben").get("/approvals").await.body;
    let starts = "<dt>Starts</dt><dd>Sun 6 Sep 2026, 22:00 (Australia/Sydney)";
    for said in [starts, "<dt>Warned first</dt><dd>", "<dt>If it runs</dt><dd>touches 1 device"] {
        assert!(page.contains(said), "{said}: {page}");
    }
}

#[tokio::test]
async fn a_secret_is_neither_shown_nor_lost() {
    let secret = "password=Tr0ub4dor-and-3";
    let with_secret = |it: &mut Approval| {
        it.plan.calls[0].arguments.insert("login".into(), secret.into());
    };
    let (world, _) = world_with("console/console/x", with_secret).await;
    let page = world.browser("ben").get("/approvals").await;
    assert!(!page.body.contains("Tr0ub4dor") && page.body.contains("stays as it is when empty"));

    let fields = [("argument.drive", "D:"), ("argument.login", "")];
    let arguments = edited(with_secret, &fields).await.unwrap();
    assert_eq!(arguments["login"], secret);
}

#[tokio::test]
async fn the_attention_meters_are_for_admins() {
    let world = World::demo().await;
    world.store.with(|state| {
        state.approvals.push(samples::approval("a1", "console/console/1", world.now()))
    });
    let ana = world.browser("ana").get("/meters").await;
    assert_eq!(ana.status, StatusCode::FORBIDDEN);
    assert!(ana.body.contains("role admin"));
    let olga = world.browser("olga").get("/meters").await;
    assert!(olga.body.contains("1 card in the last 30 days"), "{}", olga.body);
    assert!(olga.body.contains("Prompts a day") && olga.body.contains("nothing to count yet"));
    assert!(world.browser("olga").get("/approvals").await.body.contains("href=\"/meters\""));
    assert!(!world.browser("ana").get("/approvals").await.body.contains("href=\"/meters\""));
}

#[tokio::test]
async fn how_plans_compare_is_for_managers_and_admins() {
    use countersign::trial::{Did, Said, Seen};

    let world = World::demo().await;
    let empty = world.browser("olga").get("/trials").await;
    assert!(empty.body.contains("Nothing was asked for that is plan only"), "{}", empty.body);
    world.store.with(|state| {
        let trial = |did| {
            let said = Some(Said { did, by: PersonId::new("ana"), at: world.now() });
            samples::trial(said, Seen::Nothing, world.now())
        };
        state.trials = vec![trial(Did::Nothing), trial(Did::JustThis)];
    });
    let ana = world.browser("ana").get("/trials").await;
    assert_eq!(ana.status, StatusCode::FORBIDDEN);
    let olga = world.browser("olga").get("/trials").await;
    for part in [
        "2 plans that nothing ran of",
        "0 of 2 at Bluegum Vet were what the tech did: too few to say, 10 are needed.",
        "2 proposed, 0 done just so, 0 done otherwise, 1 not done, 1 told differently",
        "Ana said just this was done.",
        "nothing of it shows in the product",
    ] {
        assert!(olga.body.contains(part), "{part} is not in {}", olga.body);
    }
    assert!(world.browser("olga").get("/approvals").await.body.contains("href=\"/trials\""));
    assert!(!world.browser("ana").get("/approvals").await.body.contains("href=\"/trials\""));
}

#[tokio::test]
async fn a_contact_sees_the_cards_of_their_client_and_no_other_page() {
    let mut all = samples::people().iter().cloned().collect::<Vec<_>>();
    for (name, client) in [("Ivy", "bluegum vet"), ("Jon", "Acme")] {
        all.push(countersign::directory::Person {
            id: PersonId::new(name.to_lowercase()),
            name: name.into(),
            email: None,
            roles: vec![countersign::directory::Role::Contact],
            client: Some(client.into()),
            accounts: vec![],
        });
    }
    let people = countersign::directory::People::new(all);
    let world = World::build(countersign_console::Mode::Demo, None, people).await;
    let mut approval = samples::approval("a1", "console/console/x", world.now());
    approval.approvers = vec!["role:contact".into()];
    approval.quorum.needs = vec![countersign::approval::Need::new(approval.approvers.clone(), 1)];
    world.store.with(|state| state.approvals.push(approval.clone()));

    let ivy = world.browser("ivy").get("/approvals").await;
    assert!(
        ivy.body.contains("MARIA-LT-01") && ivy.body.contains(">Approve</button>"),
        "{}",
        ivy.body
    );
    assert!(!ivy.body.contains("href=\"/devices\"") && !ivy.body.contains("/grants"));
    let jon = world.browser("jon").get("/approvals").await;
    assert!(!jon.body.contains("MARIA-LT-01") && jon.body.contains("Nothing is waiting"));
    for path in [
        "/",
        "/devices",
        "/tools",
        "/audit",
        "/audit.jsonl",
        "/links",
        "/meters",
        "/grants",
        "/trials",
        "/rules",
    ] {
        let answer = world.browser("ivy").get(path).await;
        assert_eq!(answer.header("location"), "/approvals", "{path}");
    }
    let key = "0".repeat(32);
    let halted =
        world.browser("ivy").post("/halt", &[("switch", "halt"), ("kind", "everything")]).await;
    assert_eq!(halted.status, StatusCode::FORBIDDEN);
    let action =
        serde_json::to_string(&Action::Deny { approval: approval.id, reason: None }).unwrap();
    let denied = world
        .browser("jon")
        .post("/approvals/a1/click", &[("key", &key), ("action", &action)])
        .await;
    assert_eq!(denied.status, StatusCode::NOT_FOUND);
    assert!(world.store.with(|state| state.inbox.is_empty()));
}
