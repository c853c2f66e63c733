//! Slack's bad days: nothing is posted twice, nothing is lost.

use countersign_simulator::slack::{Fault, FaultKind};
use jiff::SignedDuration;

use crate::support::{Setup, World};

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_and_not_repeated() {
    for kind in [FaultKind::LostAnswer, FaultKind::OddAnswer] {
        let world = World::start().await;
        world.slack.fault(Fault::once("chat.postMessage", kind));
        let (thread, card) = world.card().await;
        assert_eq!(world.slack.calls("chat.postMessage"), 1);
        world.slack.click("U2", "C1", &card.ts, "Approve").await;
        world.work().await;
        assert!(
            world.slack.message("C1", &card.ts).unwrap().text.starts_with("Done"),
            "its place was found"
        );
        assert_eq!(world.slack.thread("C1", &thread).len(), 2);
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_later_when_it_cannot_be_now() {
    let world = World::start().await;
    world.slack.fault(Fault::once("chat.postMessage", FaultKind::LostAnswer));
    world.slack.fault(Fault::once("conversations.replies", FaultKind::Unavailable));
    let said = world.slack.mention("U1", "C1", "hello", None).await;
    world.work().await;
    let later = world.engine.now() + SignedDuration::from_secs(60);
    assert!(world.send(later).await);
    assert!(!world.send(later).await, "it is settled");
    assert_eq!(world.slack.thread("C1", &said.ts).len(), 1);
    assert_eq!(world.slack.calls("chat.postMessage"), 1);
}

#[tokio::test]
async fn a_worker_that_died_after_the_post_leaves_one_message() {
    let world = World::start().await;
    let said = world.slack.mention("U1", "C1", "clean fs01", None).await;
    // Posted, and the process ends before it is written down.
    world.step_without_sending().await;
    let store = world.engine.store();
    let lease = std::time::Duration::from_secs(1);
    let now = world.engine.now();
    let batch =
        store.claim_outbox(countersign::directory::Platform::Slack, now, lease, 10).await.unwrap();
    world.chat.post(&batch[0]).await.unwrap();
    let world = world.restart().await;
    assert!(world.send(now + SignedDuration::from_secs(5)).await);
    let thread = world.slack.thread("C1", &said.ts);
    assert_eq!(thread.len(), 1);
    world.slack.click("U2", "C1", &thread[0].ts, "Approve").await;
    world.work().await;
    assert!(world.slack.message("C1", &thread[0].ts).unwrap().text.starts_with("Done"));
}

#[tokio::test]
async fn a_throttled_post_comes_when_slack_says() {
    let world = World::start().await;
    world.slack.fault(Fault::once("chat.postMessage", FaultKind::RateLimited(7)));
    let said = world.slack.mention("U1", "C1", "hello", None).await;
    world.work().await;
    let now = world.engine.now();
    assert!(!world.send(now + SignedDuration::from_secs(6)).await, "not before");
    assert!(world.slack.thread("C1", &said.ts).is_empty());
}

#[tokio::test]
async fn a_channel_gets_about_one_message_a_second() {
    let options = countersign_simulator::slack::Options { paced: true, ..Default::default() };
    let setup = Setup {
        slack: options,
        change: |it| it.post_every = std::time::Duration::from_secs(1),
        ..Setup::default()
    };
    let world = World::with(setup).await;
    let mut threads = Vec::new();
    for _ in 0..5 {
        threads.push(world.slack.mention("U1", "C1", "hello", None).await.ts);
    }
    let began = std::time::Instant::now();
    loop {
        world.work().await;
        if threads.iter().all(|ts| world.slack.thread("C1", ts).len() == 1) {
            break;
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(20));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() >= std::time::Duration::from_millis(1_900), "{:?}", began.elapsed());
    assert_eq!(world.slack.calls("chat.postMessage"), 5, "Slack never had to say no");
}

#[tokio::test]
async fn a_card_that_slack_does_not_take_comes_plainer() {
    let world = World::start().await;
    world.slack.fault(Fault::once("chat.postMessage", FaultKind::Refused("invalid_blocks")));
    let said = world.slack.mention("U1", "C1", "list devices", None).await;
    world.work().await;
    let answer = world.slack.thread("C1", &said.ts).remove(0);
    assert!(answer.shown().contains("FS01"), "{}", answer.shown());

    world.slack.fault(Fault {
        method: "chat.postMessage",
        kind: FaultKind::Refused("invalid_blocks"),
        times: 2,
    });
    let said = world.slack.mention("U1", "C1", "clean fs01", None).await;
    world.work().await;
    let answer = world.slack.thread("C1", &said.ts).remove(0);
    assert!(answer.blocks.is_empty());
    assert!(answer.text.contains("approve "), "the code to type is there: {}", answer.text);
}

#[tokio::test]
async fn a_store_that_cannot_write_is_not_acknowledged() {
    let world = World::start().await;
    let payload = world.slack.mention_payload("U1", "C1", "hello", None);
    world.break_store().await;
    let done = world.slack.deliver(countersign_simulator::slack::Kind::Event, &payload, 0).await;
    assert_eq!(done.status, Some(503), "so Slack sends it again");
}

#[tokio::test]
async fn a_person_who_left_the_channel_is_told_directly() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    let click = world.slack.click_payload("U1", "C1", &card.ts, "Approve");
    world.slack.leave("U1", "C1");
    world.slack.deliver(countersign_simulator::slack::Kind::Interaction, &click, 0).await;
    world.work().await;
    let told = world.slack.channel(&world.slack.dm_of("U1"));
    assert!(told[0].shown().contains("somebody else has to approve it"), "{told:?}");
}
