//! The buttons that follow a card: call a start off, ask again, and a few devices first.

use crate::support::World;

/// Asked by ana; gives the thread and the card's time.
async fn asked(world: &World, text: &str) -> (String, String) {
    let said = world.slack.mention("U1", "C1", text, None).await;
    world.work().await;
    let card = world.slack.thread("C1", &said.ts)[0].ts.clone();
    (said.ts, card)
}

#[tokio::test]
async fn a_scheduled_start_is_called_off_by_its_button() {
    let world = World::start().await;
    let (thread, card) = asked(&world, "clean fs01 later").await;
    world.slack.click("U2", "C1", &card, "Approve").await;
    world.work().await;
    let shown = world.slack.message("C1", &card).unwrap();
    assert!(shown.shown().contains("Scheduled: Disk Cleanup on FS01"), "{}", shown.shown());
    assert_eq!(shown.buttons(), ["Call it off"]);
    world.slack.click("U1", "C1", &card, "Call it off").await;
    world.work().await;
    let all = world.slack.thread("C1", &thread);
    assert!(
        all.iter().any(|it| it.shown().contains("Called off: Disk Cleanup on FS01")),
        "{all:?}"
    );
    let shown = world.slack.message("C1", &card).unwrap();
    assert!(shown.shown().contains("Not sent"), "{}", shown.shown());
    assert!(world.ran().is_empty());
}

#[tokio::test]
async fn what_drifted_is_asked_again_by_its_button_and_approved_anew() {
    let world = World::start().await;
    *world.product.drift.lock().unwrap() = Some("the script was edited".into());
    let (thread, card) = asked(&world, "clean fs01").await;
    world.slack.click("U2", "C1", &card, "Approve").await;
    world.work().await;
    let shown = world.slack.message("C1", &card).unwrap();
    assert!(shown.shown().contains("the script was edited"), "{}", shown.shown());
    assert_eq!(shown.buttons(), ["Ask again"]);
    *world.product.drift.lock().unwrap() = None;
    world.slack.click("U1", "C1", &card, "Ask again").await;
    world.work().await;
    assert!(world.ran().is_empty(), "somebody has to approve it anew");
    let fresh = world.slack.thread("C1", &thread).last().unwrap().clone();
    assert!(fresh.shown().contains("Approval needed"), "{}", fresh.shown());
    world.slack.click("U2", "C1", &fresh.ts, "Approve").await;
    world.work().await;
    assert_eq!(world.ran(), ["Disk Cleanup {\"days\":7} FS01"]);
}

#[tokio::test]
async fn a_card_says_which_devices_go_first_and_the_others_follow() {
    let world = World::start().await;
    let (_, card) = asked(&world, "roll fs01 maria-lt-01").await;
    let shown = world.slack.message("C1", &card).unwrap();
    let first = shown.shown().find("First").expect("who goes first");
    let then = shown.shown().find("Then, if that worked").expect("who follows");
    assert!(shown.shown()[first..then].contains("MARIA-LT-01"), "{}", shown.shown());
    assert!(shown.shown()[then..].contains("FS01"), "{}", shown.shown());
    world.slack.click("U2", "C1", &card, "Approve").await;
    world.work().await;
    let ran = world.ran();
    assert_eq!(ran.len(), 2, "{ran:?}");
    assert!(ran[0].ends_with(" MARIA-LT-01") && ran[1].ends_with(" FS01"), "{ran:?}");
}
