//! The home page.

use crate::support::{World, eventually};

fn shown(view: &serde_json::Value) -> String {
    serde_json::to_string(&view["blocks"]).unwrap()
}

#[tokio::test]
async fn the_home_page_shows_what_waits_and_takes_decisions() {
    let world = World::start().await;
    let (thread, _) = world.card().await;
    world.slack.open_home("U2").await;
    let slack = world.slack.clone();
    let home = eventually(move || slack.home("U2")).await;
    assert!(shown(&home).contains("Disk Cleanup on FS01 (Acme Logistics)"), "{home}");

    assert!(world.slack.click_home("U2", "Approve").await.acked);
    world.work().await;
    assert_eq!(world.ran().len(), 1);
    assert_eq!(world.slack.thread("C1", &thread).len(), 2, "the result is where it was asked");
    let slack = world.slack.clone();
    eventually(move || {
        slack.home("U2").filter(|it| shown(it).contains("Nothing waits for your decision"))
    })
    .await;
}

#[tokio::test]
async fn the_home_page_names_the_device_of_every_step_that_is_decided_there() {
    let world = World::start().await;
    world.slack.mention("U1", "C1", "clean fs01 and maria-lt-01", None).await;
    world.work().await;
    world.slack.open_home("U2").await;
    let slack = world.slack.clone();
    let home = shown(&eventually(move || slack.home("U2")).await);
    let steps = "Disk Cleanup on FS01 (Acme Logistics) with days 7\\nDisk Cleanup on MARIA-LT-01 (Bluegum &amp; Sons) with days 7";
    assert!(home.contains(steps), "{home}");
}

#[tokio::test]
async fn the_home_page_shows_ones_own_requests_and_rights() {
    let world = World::start().await;
    world.card().await;
    world.slack.open_home("U1").await;
    let slack = world.slack.clone();
    let home = eventually(move || slack.home("U1")).await;
    let text = shown(&home);
    assert!(text.contains("Nothing waits for your decision"));
    assert!(text.contains("Disk Cleanup on FS01"), "own requests: {text}");
    assert!(!text.contains("Approve or deny"), "{text}");
    world.slack.open_home("U9").await;
    let slack = world.slack.clone();
    let home = eventually(move || slack.home("U9")).await;
    assert!(shown(&home).contains("I do not know this account"));
}

#[tokio::test]
async fn a_denial_on_the_home_page_asks_for_a_reason_too() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    world.slack.open_home("U2").await;
    let slack = world.slack.clone();
    eventually(move || slack.home("U2")).await;
    world.slack.click_home("U2", "Deny").await;
    world.modal("U2").await;
    world.slack.submit("U2", &[("text", "not today")]).await;
    world.work().await;
    assert!(world.slack.message("C1", &card.ts).unwrap().shown().contains("not today"));
}
