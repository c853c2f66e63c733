//! Who is not Slack gets nowhere.

use countersign_simulator::slack::{Delivered, SIGNING_SECRET, sign};
use jiff::Timestamp;
use serde_json::json;

use crate::support::World;

async fn send(world: &World, secret: &str, age_secs: i64, body: &str) -> Delivered {
    let at = Timestamp::now().as_second() - age_secs;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-slack-request-timestamp", at.to_string()),
        ("x-slack-signature", sign(secret, at, body)),
    ];
    world.slack.request(&format!("{}/slack/events", world.base), &headers, body.to_owned()).await
}

#[tokio::test]
async fn forged_and_stale_signatures_are_turned_away() {
    let world = World::start().await;
    let body = world.slack.mention_payload("U1", "C1", "clean fs01", None).to_string();
    assert_eq!(send(&world, "another secret", 0, &body).await.status, Some(401));
    assert_eq!(send(&world, SIGNING_SECRET, 301, &body).await.status, Some(401));
    assert_eq!(send(&world, SIGNING_SECRET, -301, &body).await.status, Some(401));
    let url = format!("{}/slack/events", world.base);
    assert_eq!(world.slack.request(&url, &[], body.clone()).await.status, Some(401));
    let at = Timestamp::now().as_second();
    let of_another = [
        ("x-slack-request-timestamp", at.to_string()),
        ("x-slack-signature", sign(SIGNING_SECRET, at, "{}")),
    ];
    assert_eq!(world.slack.request(&url, &of_another, body.clone()).await.status, Some(401));
    world.work().await;
    assert_eq!(world.slack.calls("chat.postMessage"), 0);
    assert_eq!(world.bot.connection().forged, 4);
    assert_eq!(send(&world, SIGNING_SECRET, 290, &body).await.status, Some(200));
}

#[tokio::test]
async fn the_address_is_proved_by_the_challenge() {
    let world = World::start().await;
    let body =
        json!({ "type": "url_verification", "challenge": "c-123", "token": "x" }).to_string();
    let done = send(&world, SIGNING_SECRET, 0, &body).await;
    assert_eq!((done.status, done.answer), (Some(200), json!("c-123")));
    assert_eq!(send(&world, "another secret", 0, &body).await.status, Some(401));
}

#[tokio::test]
async fn a_large_body_is_not_read() {
    let world = World::start().await;
    let body = "x".repeat((1 << 20) + 1);
    let status = send(&world, SIGNING_SECRET, 0, &body).await.status;
    // The line may be closed before the answer is read.
    assert!(matches!(status, Some(413) | None), "{status:?}");
}

#[tokio::test]
async fn nonsense_with_a_good_signature_does_no_harm() {
    let world = World::start().await;
    assert_eq!(send(&world, SIGNING_SECRET, 0, "not json").await.status, Some(400));
    for body in
        ["{}", "[]", "null", "{\"event\":7}", "{\"event\":{\"type\":\"message\",\"channel\":[]}}"]
    {
        assert_eq!(send(&world, SIGNING_SECRET, 0, body).await.status, Some(200), "{body}");
    }
    world.work().await;
    assert_eq!(world.slack.calls("chat.postMessage"), 0);
}
