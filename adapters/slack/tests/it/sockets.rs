//! Socket Mode: the same, through WebSockets that come and go.

use std::time::{Duration, Instant};

use countersign_simulator::slack::{Fault, FaultKind, Kind};
use countersign_slack::Mode;
use serde_json::json;

use crate::support::{Setup, World, eventually};

async fn start(change: fn(&mut countersign_slack::Config)) -> World {
    let world = World::with(Setup { mode: Mode::Socket, change, ..Setup::default() }).await;
    let slack = world.slack.clone();
    eventually(move || (slack.open_sockets() >= 1).then_some(())).await;
    world
}

#[tokio::test]
async fn the_main_job_runs_without_a_public_address() {
    let world = start(|_| {}).await;
    let (thread, card) = world.card().await;
    world.slack.click("U2", "C1", &card.ts, "Approve").await;
    world.work().await;
    assert_eq!(world.ran().len(), 1);
    assert_eq!(world.slack.thread("C1", &thread).len(), 2);
    assert!(world.bot.connection().sockets >= 1);
    world.stop().await;
}

#[tokio::test]
async fn a_form_is_answered_through_the_socket() {
    let world = start(|_| {}).await;
    let (_, card) = world.card().await;
    world.slack.click("U3", "C1", &card.ts, "Edit…").await;
    world.modal("U3").await;
    let sent = world.slack.submit("U3", &[("arg:days", "0")]).await;
    assert_eq!(sent.answer["response_action"], json!("errors"));
}

#[tokio::test]
async fn a_goodbye_leaves_no_gap() {
    let world = start(|it| it.connections = 1).await;
    world.slack.say_goodbye("refresh_requested", Duration::from_millis(500));
    let began = Instant::now();
    let slack = world.slack.clone();
    eventually(move || (slack.open_sockets() == 1).then_some(())).await;
    assert!(began.elapsed() < Duration::from_millis(1_000), "{:?}", began.elapsed());
    let said = world.slack.mention("U1", "C1", "hello", None).await;
    assert!(said.delivered.acked);
    assert!(world.slack.sockets_opened() >= 2);
}

#[tokio::test]
async fn an_envelope_that_is_sent_before_a_goodbye_is_still_acknowledged() {
    let world = start(|it| it.connections = 1).await;
    let payload = world.slack.mention_payload("U1", "C1", "hello", None);
    let delivering = world.slack.deliver(Kind::Event, &payload, 0);
    let goodbye = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        world.slack.say_goodbye("warning", Duration::from_secs(2));
    };
    let (delivered, ()) = tokio::join!(delivering, goodbye);
    assert!(delivered.acked);
}

#[tokio::test]
async fn lines_that_break_are_opened_anew_and_repetitions_are_known() {
    let world = start(|it| it.connections = 1).await;
    let said = world.slack.mention("U1", "C1", "hello", None).await;
    world.slack.cut_sockets();
    let slack = world.slack.clone();
    eventually(move || (slack.sockets_opened() >= 2 && slack.open_sockets() == 1).then_some(()))
        .await;
    for attempt in 1..=3 {
        assert!(world.slack.deliver(Kind::Event, &said.payload, attempt).await.acked);
    }
    world.work().await;
    assert_eq!(world.slack.thread("C1", &said.ts).len(), 1);
}

#[tokio::test]
async fn a_line_that_is_dropped_at_once_starts_no_storm() {
    let world = start(|it| it.connections = 1).await;
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        world.slack.cut_sockets();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(world.slack.sockets_opened() <= 5, "{}", world.slack.sockets_opened());
}

#[tokio::test]
async fn a_slow_payload_holds_up_no_other() {
    let world = start(|it| it.connections = 1).await;
    let (_, card) = world.card().await;
    world.slack.fault(Fault::once("users.info", FaultKind::Slow(Duration::from_millis(900))));
    let began = Instant::now();
    let slow = world.slack.click("U2", "C1", &card.ts, "Approve");
    let quick = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.slack.mention("U1", "C1", "hello", None).await;
        began.elapsed()
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert!(slow.acked && slow.took >= Duration::from_millis(800));
    assert!(quick < Duration::from_millis(700), "{quick:?}");
}

#[tokio::test]
async fn a_revoked_token_is_told_and_not_hammered() {
    let world = World::with(Setup {
        mode: Mode::Socket,
        change: |it| {
            it.app_token = Some("xapp-old".into());
            it.connections = 1;
        },
        ..Setup::default()
    })
    .await;
    let bot = world.bot.clone();
    let trouble = eventually(move || bot.connection().trouble).await;
    assert!(trouble.contains("invalid_auth"), "{trouble}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.slack.calls("apps.connections.open"), 1);
    world.stop().await;
}
