use axum::http::StatusCode;
use countersign::conversation::Body;
use countersign::directory::Platform;
use countersign::ids::PersonId;
use countersign::ports::Chat;
use countersign::reply::{Action, Message};
use countersign_console::{ConsoleChat, Mode};

use crate::support::samples;
use crate::support::world::{Browser, World, button};

/// Starts a conversation as Ana and gives its path.
async fn begin(world: &World, text: &str) -> String {
    let ana = world.browser("ana");
    let key = key_of(&ana, "/").await;
    let answer = ana.post("/ask", &[("key", &key), ("text", text)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header("location").to_owned()
}

/// The key of the composer on a page.
async fn key_of(browser: &Browser<'_>, path: &str) -> String {
    let page = browser.get(path).await;
    let (_, fields) = button(&page.body, "Send");
    fields.into_iter().find(|(name, _)| name == "key").unwrap().1
}

#[tokio::test]
async fn a_first_message_starts_a_conversation_and_is_shown_in_it() {
    let world = World::demo().await;
    let path = begin(&world, "printing is stuck,\nrestart the spooler").await;
    let page = world.browser("ben").get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("printing is stuck,\nrestart the spooler"));
    assert!(page.body.contains("Countersign is working on it"));

    let list = world.browser("ben").get("/").await;
    assert!(list.body.contains(&format!("href=\"{path}\"")));

    let inbound = world.store.with(|state| state.inbox[0].clone());
    assert_eq!(inbound.account.platform, Platform::Console);
    assert_eq!(inbound.account.id, "ana");
    assert_eq!(format!("/c/{}", inbound.thread.thread), path);
    assert_eq!(inbound.thread.channel, "console");
}

#[tokio::test]
async fn the_same_form_sent_twice_starts_one_conversation() {
    let world = World::demo().await;
    let ana = world.browser("ana");
    let key = key_of(&ana, "/").await;
    let fields = [("key", key.as_str()), ("text", "list servers")];
    let first = ana.post("/ask", &fields).await;
    let second = ana.post("/ask", &fields).await;
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(world.store.with(|state| state.inbox.len()), 1);
}

#[tokio::test]
async fn an_example_is_asked_by_pressing_it() {
    let world = World::demo().await;
    let page = world.browser("ana").get("/").await;
    assert_eq!(page.body.matches("action=\"/ask\"").count(), 5, "four examples and the composer");
    let (url, fields) = button(&page.body, "Which servers are offline?");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let answer = world.browser("ana").post(&url, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let body = world.store.with(|state| state.inbox[0].body.clone());
    assert_eq!(body, Body::Text("Which servers are offline?".into()));
}

#[tokio::test]
async fn a_double_click_is_one_event_and_a_click_on_a_later_page_is_another() {
    let world = World::demo().await;
    let path = begin(&world, "disk cleanup on maria").await;
    let thread = path.trim_start_matches("/c/");
    let approval = samples::approval("a1", &format!("console/console/{thread}"), world.now());
    world.store.post(&world.conversation(thread), world.now(), samples::approval_card(&approval));

    let answers = world.browser("ben").press(&path, "Approve", 2).await;
    assert!(answers.iter().all(|it| it.status == StatusCode::SEE_OTHER));
    let clicks = || {
        world.store.with(|state| {
            state
                .inbox
                .iter()
                .filter(|it| matches!(it.body, Body::Click(_)))
                .cloned()
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(clicks().len(), 1);
    assert_eq!(clicks()[0].account.id, "ben");
    assert_eq!(
        clicks()[0].body,
        Body::Click(Action::Approve { approval: approval.id, seen: approval.digest, steps: None })
    );
    assert_eq!(clicks()[0].thread.thread, thread);

    world.browser("ben").press(&path, "Approve", 1).await;
    assert_eq!(clicks().len(), 2, "the page was drawn anew, so this is meant");
}

#[tokio::test]
async fn nobody_uses_up_the_key_of_somebody_else() {
    let world = World::demo().await;
    let path = begin(&world, "hello").await;
    let key = key_of(&world.browser("ana"), &path).await;
    let fields = [("key", key.as_str()), ("text", "again")];
    world.browser("ben").post(&format!("{path}/say"), &fields).await;
    world.browser("ana").post(&format!("{path}/say"), &fields).await;
    assert_eq!(world.store.with(|state| state.inbox.len()), 3);
}

#[tokio::test]
async fn markup_in_outside_text_is_shown_and_not_run() {
    let world = World::demo().await;
    let path = begin(&world, "<script>alert(1)</script>").await;
    let thread = path.trim_start_matches("/c/");
    let mut approval = samples::approval("a1", &format!("console/console/{thread}"), world.now());
    let evil = "\"><img src=x onerror=alert(1)>";
    approval.plan.calls[0].targets[0].name = evil.into();
    approval.reason = evil.into();
    approval.code = evil.into();
    let mut card = samples::approval_card(&approval);
    card.summary = evil.into();
    card.blocks.extend(samples::result_card().blocks);
    for block in &mut card.blocks {
        poison(block, evil);
    }
    world.store.post(&world.conversation(thread), world.now(), card);
    world.store.with(|state| state.approvals.push(approval));
    for path in
        [path.as_str(), "/approvals", "/", "/tools?q=%22%3E%3Cimg", "/devices?q=%3Cimg%20src%3Dx"]
    {
        let page = world.browser("ben").get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains("<img src=x"), "{path}");
        assert!(!page.body.contains("<script>"), "{path}");
    }
}

fn poison(block: &mut countersign::reply::Block, evil: &str) {
    use countersign::reply::Block;
    match block {
        Block::Title { text, .. } | Block::Text(text) | Block::Note(text) => text.push_str(evil),
        Block::Fields(fields) => {
            for field in fields {
                field.name.push_str(evil);
                field.value.push_str(evil);
            }
        }
        Block::Table { columns, rows, .. } => {
            rows.iter_mut().flatten().chain(columns).for_each(|cell| cell.push_str(evil));
        }
        Block::Code { text, .. } => text.push_str(evil),
        Block::Progress { label, .. } => label.push_str(evil),
        Block::Meter { label, detail, .. } => {
            label.push_str(evil);
            detail.push_str(evil);
        }
        Block::Link { label, url } => {
            label.push_str(evil);
            url.push_str(evil);
        }
        Block::Buttons(buttons) => buttons.iter_mut().for_each(|it| it.label.push_str(evil)),
        Block::Choices { options } => options.iter_mut().for_each(|it| it.detail.push_str(evil)),
    }
}

#[tokio::test]
async fn a_link_that_is_not_of_the_web_leads_nowhere() {
    let world = World::demo().await;
    let path = begin(&world, "ticket").await;
    let conversation = world.conversation(path.trim_start_matches("/c/"));
    let link = |url: &str| {
        Message::of(
            "link",
            vec![countersign::reply::Block::Link { label: "Open".into(), url: url.into() }],
        )
    };
    for url in ["javascript:alert(1)", "data:text/html,x", " JavaScript:alert(1)", "//evil.example"]
    {
        world.store.post(&conversation, world.now(), link(url));
    }
    world.store.post(&conversation, world.now(), link("https://tickets.example/1"));
    let page = world.browser("ana").get(&path).await;
    assert_eq!(page.body.matches("rel=\"noopener noreferrer\"").count(), 1);
    assert!(!page.body.to_lowercase().contains("href=\"javascript"));
}

#[tokio::test]
async fn a_message_for_one_person_is_shown_to_that_person_only() {
    let world = World::demo().await;
    let path = begin(&world, "hello").await;
    let secret = Message::text("only for Ana's eyes").only_for(&PersonId::new("ana"));
    world.store.post(&world.conversation(path.trim_start_matches("/c/")), world.now(), secret);
    let ana = world.browser("ana").get(&path).await;
    assert!(ana.body.contains("only for Ana's eyes") && ana.body.contains("only you see this"));
    assert!(!world.browser("ben").get(&path).await.body.contains("only for Ana's eyes"));
}

#[tokio::test]
async fn an_unknown_conversation_is_a_page_and_takes_no_messages() {
    let world = World::demo().await;
    let ana = world.browser("ana");
    for path in ["/c/nothing", "/c/a%2Fb", "/c/%0d%0a", "/nowhere"] {
        let page = ana.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.body.contains("href=\"/\""), "{path}");
    }
    let key = key_of(&ana, "/").await;
    for text in ["hi", ""] {
        let answer = ana.post("/c/%0d%0a/say", &[("key", &key), ("text", text)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    assert!(world.store.with(|state| state.inbox.is_empty()));
}

#[tokio::test]
async fn a_damaged_form_does_nothing_and_says_so() {
    let world = World::demo().await;
    let path = begin(&world, "hello").await;
    let ana = world.browser("ana");
    let click = format!("{path}/click");
    let key = key_of(&ana, &path).await;
    for fields in [
        vec![("key", key.as_str())],
        vec![("key", key.as_str()), ("action", "{\"do\":\"format_disk\"}")],
        vec![("key", "short"), ("action", "{\"do\":\"say\",\"text\":\"x\"}")],
    ] {
        let answer = ana.post(&click, &fields).await;
        assert!(answer.status.is_client_error(), "{fields:?}");
        assert!(answer.body.contains("Nothing was done"), "{}", answer.body);
    }
    let long = "x".repeat(70_000);
    let answer = ana.post(&format!("{path}/say"), &[("key", &key), ("text", &long)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.store.with(|state| state.inbox.len()), 1);
}

#[tokio::test]
async fn a_store_in_trouble_is_a_page_that_says_that_nothing_ran() {
    let world = World::demo().await;
    let path = begin(&world, "hello").await;
    let key = key_of(&world.browser("ana"), &path).await;
    world.store.set_broken(true);
    for path in ["/", &path, "/approvals", "/audit", "/audit.jsonl", "/tools", "/devices"] {
        let page = world.browser("ana").get(path).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(page.body.contains("Nothing ran"), "{path}");
        assert!(!page.body.contains("disk full"), "the cause is for the log: {path}");
    }
    let said =
        world.browser("ana").post(&format!("{path}/say"), &[("key", &key), ("text", "x")]).await;
    assert_eq!(said.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_demo_speaks_as_whoever_was_picked() {
    let world = World::demo().await;
    let ana = world.browser("ana");
    let page = ana.get("/approvals").await;
    assert!(page.body.contains("Demo") && page.body.contains("speaking as"));
    let picked = ana.post("/demo/person", &[("person", "ben"), ("back", "/approvals")]).await;
    assert_eq!(picked.header("location"), "/approvals");
    assert!(picked.header("set-cookie").contains(&world.browser("ben").cookie));

    let lost =
        ana.post("/demo/person", &[("person", "ben"), ("back", "https://evil.example")]).await;
    assert_eq!(lost.header("location"), "/");
    let nobody = ana.post("/demo/person", &[("person", "eve"), ("back", "/")]).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_console_without_people_says_how_to_add_them() {
    let world = World::build(Mode::Demo, None, countersign::directory::People::default()).await;
    let page = world.browser("ana").get("/").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("[[people]]"));
}

#[tokio::test]
async fn posting_to_the_console_succeeds_with_the_number_of_the_row() {
    let thread = countersign::conversation::Thread {
        platform: Platform::Console,
        channel: "console".into(),
        thread: "a1".into(),
    };
    let outgoing = countersign::ports::Outgoing {
        id: 42,
        conversation: thread.conversation(),
        thread,
        message: Message::text("hello"),
        card: None,
        posted: None,
        attempts: 0,
    };
    assert_eq!(ConsoleChat.platform(), Platform::Console);
    let posted = ConsoleChat.post(&outgoing).await.unwrap();
    assert_eq!(posted.0, "42");
    ConsoleChat.edit(&outgoing, &posted).await.unwrap();
}

#[tokio::test]
async fn the_buttons_that_follow_a_card_say_what_they_stand_for() {
    use countersign::reply::{Block, Button, ButtonStyle, Message};
    let world = World::demo().await;
    let all = [
        ("Use ConnectWise Automate instead", "through 7F3K automate"),
        ("Ask again", "again 7F3K"),
        ("Run again", "again CS-0123456789ab"),
        ("Call it off", "cancel CS-0123456789ab"),
        ("Sign", "sign 7F3K"),
    ];
    let button = |(label, text): &(&str, &str)| Button {
        label: (*label).into(),
        style: ButtonStyle::Plain,
        action: Action::Say { text: (*text).into() },
    };
    let mut buttons: Vec<Button> = all.iter().map(button).collect();
    let approval = countersign::ids::ApprovalId::new("a1");
    buttons.push(Button {
        label: "Approve some…".into(),
        style: ButtonStyle::Plain,
        action: Action::ApproveSome { approval },
    });
    let message = Message::of("a card", vec![Block::Buttons(buttons)]);
    world.store.post(&world.conversation("t1"), world.now(), message);
    for (count, (label, text)) in (1..).zip(all) {
        world.browser("ana").press("/c/t1", label, 1).await;
        let inbox = world.store.with(|state| state.inbox.clone());
        assert_eq!(inbox.len(), count, "{label}");
        assert_eq!(inbox[count - 1].body, Body::Click(Action::Say { text: text.into() }));
    }
    let page = world.browser("ana").get("/c/t1").await;
    assert!(
        page.body.contains("href=\"/approvals#approval-a1\""),
        "its form is on the card: {}",
        page.body
    );
}
