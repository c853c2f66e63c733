//! Mentions, direct messages, the command and the shortcut: each is answered once, in its thread.

use countersign_simulator::slack::Kind;
use serde_json::json;

use crate::support::{Setup, World, eventually};

#[tokio::test]
async fn a_mention_is_answered_in_its_thread() {
    let world = World::start().await;
    let said = world.slack.mention("U1", "C1", "hello", None).await;
    assert_eq!(said.delivered.status, Some(200));
    assert_eq!(said.delivered.answer, json!(""));
    world.work().await;
    let thread = world.slack.thread("C1", &said.ts);
    assert_eq!(thread.len(), 1);
    assert_eq!(thread[0].shown(), "Hello Ana. What do you need? “help” shows what I can do.");

    let reply = world.slack.mention("U1", "C1", "hello", Some(&said.ts)).await;
    world.work().await;
    assert_eq!(world.slack.thread("C1", &said.ts).len(), 2, "a reply goes on in the thread");
    assert!(world.slack.thread("C1", &reply.ts).is_empty());
}

#[tokio::test]
async fn a_message_that_is_not_answered_at_once_gets_a_sign() {
    let world = World::start().await;
    let said = world.slack.mention("U1", "C1", "hello", None).await;
    let (slack, ts) = (world.slack.clone(), said.ts.clone());
    eventually(move || slack.message("C1", &ts).filter(|it| it.reactions == ["eyes"])).await;
}

#[tokio::test]
async fn one_message_is_answered_once_whatever_comes_twice() {
    let world = World::start().await;
    let said = world.slack.mention("U1", "C1", "hello", None).await;
    for attempt in 1..=3 {
        assert!(world.slack.deliver(Kind::Event, &said.payload, attempt).await.acked);
    }
    // The same message under other event ids, as it was seen in the wild, and as a plain message.
    let again = world.slack.event(said.payload["event"].clone());
    assert!(world.slack.deliver(Kind::Event, &again, 0).await.acked);
    world.work().await;
    assert_eq!(world.slack.thread("C1", &said.ts).len(), 1);
}

#[tokio::test]
async fn a_direct_message_needs_no_mention() {
    let world = World::start().await;
    let said = world.slack.dm("U1", "hello", None).await;
    world.work().await;
    assert_eq!(world.slack.thread(&world.slack.dm_of("U1"), &said.ts).len(), 1);
}

#[tokio::test]
async fn a_message_without_a_mention_is_left_alone() {
    let world = World::start().await;
    let said = world.slack.say("U1", "C1", "clean fs01", None).await;
    world.work().await;
    assert!(said.delivered.acked);
    assert!(world.slack.thread("C1", &said.ts).is_empty());
}

#[tokio::test]
async fn replies_count_without_a_mention_where_that_is_switched_on() {
    let world =
        World::with(Setup { change: |it| it.follow_threads = true, ..Setup::default() }).await;
    let first = world.slack.mention("U1", "C1", "hello", None).await;
    world.work().await;
    world.slack.say("U1", "C1", "hello", Some(&first.ts)).await;
    let elsewhere = world.slack.say("U1", "C1", "lunch?", None).await;
    world.slack.say("U2", "C1", "hello", Some(&elsewhere.ts)).await;
    world.work().await;
    assert_eq!(world.slack.thread("C1", &first.ts).len(), 2);
    assert!(world.slack.thread("C1", &elsewhere.ts).is_empty());
}

#[tokio::test]
async fn an_ambiguous_device_is_picked_by_button() {
    let world = World::start().await;
    let said = world.slack.mention("U1", "C1", "clean the thing", None).await;
    world.work().await;
    let question = world.slack.thread("C1", &said.ts).remove(0);
    assert!(
        question.shown().starts_with("Which one?\n*FS01 (Acme Logistics)*\nonline\n[Choose]"),
        "{}",
        question.shown()
    );
    world.slack.click("U1", "C1", &question.ts, "MARIA-LT-01 (Bluegum & Sons)").await;
    world.work().await;
    let card = world.slack.thread("C1", &said.ts).remove(1);
    assert!(
        card.shown().contains("Disk Cleanup on MARIA-LT-01 (Bluegum & Sons)"),
        "{}",
        card.shown()
    );
}

#[tokio::test]
async fn a_list_comes_as_a_table_and_mentions_nobody() {
    let world = World::start().await;
    let said = world.slack.mention("U1", "C1", "list devices", None).await;
    world.work().await;
    let answer = world.slack.thread("C1", &said.ts).remove(0);
    assert!(answer.blocks.iter().any(|it| it["type"] == json!("table")), "{:?}", answer.blocks);
    assert!(!serde_json::to_string(&answer.blocks).unwrap().contains("<!"));
}

#[tokio::test]
async fn the_command_opens_a_thread_of_its_own() {
    let world = World::start().await;
    let done = world.slack.command("U1", "C1", "clean FS01").await;
    assert!(done.acked && done.answer == json!(""), "{done:?}");
    world.work().await;
    let root = world
        .slack
        .channel("C1")
        .into_iter()
        .find(|it| it.text == "<@U1> asks: clean FS01")
        .unwrap();
    assert_eq!(world.slack.thread("C1", &root.ts).len(), 1);
}

#[tokio::test]
async fn a_command_that_comes_twice_opens_one_thread() {
    let world = World::start().await;
    let payload = world.slack.command_payload("U1", "C1", "hello");
    for _ in 0..2 {
        assert!(world.slack.deliver(Kind::Command, &payload, 0).await.acked);
    }
    world.work().await;
    assert_eq!(world.slack.channel("C1").len(), 2);
}

#[tokio::test]
async fn a_command_where_the_bot_is_not_says_so() {
    let world = World::start().await;
    let done = world.slack.command("U1", "C404", "hello").await;
    assert_eq!(done.answer["response_type"], json!("ephemeral"));
    assert_eq!(
        done.answer["text"],
        json!("I cannot write here. Invite me with /invite, or write to me directly.")
    );
}

#[tokio::test]
async fn a_message_can_be_asked_about() {
    let world = World::start().await;
    let wrote = world.slack.say("U2", "C1", "my disk is full, clean maria-lt-01", None).await;
    world.slack.shortcut("U1", "C1", &wrote.ts).await;
    world.modal("U1").await;
    let sent = world.slack.submit("U1", &[("text", "clean maria-lt-01")]).await;
    assert!(sent.acked && sent.answer == json!(""), "{sent:?}");
    world.work().await;
    let card = world.slack.thread("C1", &wrote.ts).remove(0);
    assert!(
        card.shown().contains("Ana: “clean maria-lt-01”"),
        "in the name of who asked: {}",
        card.shown()
    );
}

#[tokio::test]
async fn an_unknown_account_is_turned_away() {
    let world = World::start().await;
    let said = world.slack.mention("U9", "C1", "clean fs01", None).await;
    world.work().await;
    let answer = world.slack.thread("C1", &said.ts).remove(0).shown();
    assert!(answer.starts_with("I do not know this account (slack U9)"), "{answer}");
    let done = world.slack.command("U9", "C1", "clean fs01").await;
    assert!(done.answer["text"].as_str().unwrap().starts_with("I do not know this account"));
}

#[tokio::test]
async fn bots_and_edits_start_nothing() {
    let world = World::start().await;
    let ts = "1790000000.000100";
    let mut event = world.slack.message_event(
        "app_mention",
        "U1",
        "C1",
        "channel",
        "<@UBOT> clean fs01",
        None,
        ts,
    );
    for (key, value) in
        [("bot_id", json!("B9")), ("subtype", json!("message_changed")), ("hidden", json!(true))]
    {
        event["event"][key] = value;
        assert!(world.slack.deliver(Kind::Event, &event, 0).await.acked);
        event["event"].as_object_mut().unwrap().remove(key);
    }
    world.work().await;
    assert_eq!(world.slack.calls("chat.postMessage"), 0);
}

#[tokio::test]
async fn a_thread_goes_on_over_a_restart() {
    let world = World::start().await;
    let said = world.slack.mention("U1", "C1", "clean something", None).await;
    world.work().await;
    let question = world.slack.thread("C1", &said.ts).remove(0);
    let world = world.restart().await;
    world.slack.click("U1", "C1", &question.ts, "FS01 (Acme Logistics)").await;
    world.work().await;
    assert!(world.slack.thread("C1", &said.ts)[1].shown().contains("Disk Cleanup on FS01"));
}

#[tokio::test]
async fn workspaces_with_assistants_see_a_status_and_no_reaction() {
    let mut slack = countersign_simulator::slack::Options::default();
    slack.scopes.push("assistant:write".into());
    let world = World::with(Setup { slack, ..Setup::default() }).await;
    let said = world.slack.dm("U1", "hello", None).await;
    let slack = world.slack.clone();
    let statuses = eventually(move || Some(slack.statuses()).filter(|it| !it.is_empty())).await;
    let channel = world.slack.dm_of("U1");
    assert_eq!(statuses, [(channel.clone(), said.ts.clone(), "is looking into it…".to_owned())]);
    assert!(world.slack.message(&channel, &said.ts).unwrap().reactions.is_empty());
    assert!(world.slack.open_assistant("U1").await.acked);
}
