use std::pin::Pin;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use countersign::conversation::{Inbound, Thread};
use countersign::directory::{Account, Platform};
use countersign::ports::Store;
use countersign::reply::Message;
use futures::{Stream, StreamExt};

use crate::support::samples;
use crate::support::world::World;

struct Events {
    body: Pin<Box<dyn Stream<Item = Result<Bytes, axum::Error>> + Send>>,
    buffer: String,
}

impl Events {
    /// The next event of this name as `(id, data)`; `None` when the stream ends or nothing comes within 4 s.
    async fn next(&mut self, name: &str) -> Option<(String, String)> {
        loop {
            while let Some(end) = self.buffer.find("\n\n") {
                let event: String = self.buffer.drain(..end + 2).collect();
                let field = |key: &str| {
                    event.lines().find_map(|it| it.strip_prefix(key)).unwrap_or_default().to_owned()
                };
                if field("event: ") == name {
                    return Some((field("id: "), field("data: ")));
                }
            }
            let chunk =
                tokio::time::timeout(Duration::from_secs(4), self.body.next()).await.ok()??;
            self.buffer.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }
}

async fn open(world: &World, path: &str) -> Events {
    let request = world.browser("ben").request("GET", path).body(Body::empty()).unwrap();
    let response = world.send(request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    Events { body: Box::pin(response.into_body().into_data_stream()), buffer: String::new() }
}

async fn world() -> World {
    let world = World::demo().await;
    let inbound = Inbound {
        event_id: "1".into(),
        thread: Thread {
            platform: Platform::Console,
            channel: "console".into(),
            thread: "t1".into(),
        },
        account: Account { platform: Platform::Console, id: "ana".into() },
        body: countersign::conversation::Body::Text("hello".into()),
        at: world.now(),
    };
    world.store.accept(&inbound).await.unwrap();
    world
}

/// The hash that a page says it shows.
async fn seen(world: &World, path: &str) -> String {
    let page = world.browser("ben").get(path).await;
    let start = page.body.find("data-seen=\"").unwrap() + 11;
    page.body[start..start + 16].to_owned()
}

#[tokio::test]
async fn a_page_hears_of_a_change_and_of_nothing_else() {
    let world = world().await;
    let seen = seen(&world, "/c/t1").await;
    let mut events = open(&world, &format!("/c/t1/live?seen={seen}")).await;
    assert_eq!(events.next("waiting").await.unwrap().1, "0");

    // Nothing differs from what the page shows, so nothing is sent.
    let _ = world.changes.send(());
    tokio::time::sleep(Duration::from_millis(300)).await;

    world.store.post(&world.conversation("t1"), world.now(), Message::text("hello\r\nAna"));
    let begun = Instant::now();
    let _ = world.changes.send(());
    let (id, data) = events.next("fragment").await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(1_500), "it did not wait for the regular look");
    assert_ne!(id, seen);
    let html: String = serde_json::from_str(&data).unwrap();
    assert!(html.contains("hello\r\nAna") && html.contains("<article"));

    // A browser that comes back says what it saw last.
    let request = world.browser("ben").request("GET", &format!("/c/t1/live?seen={seen}"));
    let request = request.header("last-event-id", &id).body(Body::empty()).unwrap();
    let body = world.send(request).await.into_body().into_data_stream();
    let mut again = Events { body: Box::pin(body), buffer: String::new() };
    again.next("waiting").await.unwrap();
    assert!(again.buffer.is_empty());
}

#[tokio::test]
async fn a_change_by_another_process_is_found_by_looking() {
    let world = world().await;
    let seen = seen(&world, "/approvals").await;
    let mut events = open(&world, &format!("/approvals/live?seen={seen}")).await;
    events.next("waiting").await.unwrap();
    let approval = samples::approval("a1", "console/console/t1", world.now());
    world.store.with(|state| state.approvals.push(approval));
    assert_eq!(events.next("waiting").await.unwrap().1, "1");
    assert!(events.next("fragment").await.unwrap().1.contains("Approve"));
}

#[tokio::test]
async fn a_burst_of_changes_is_drawn_a_few_times() {
    let world = world().await;
    let mut events = open(&world, "/c/t1/live").await;
    events.next("fragment").await.unwrap();
    let conversation = world.conversation("t1");
    let begun = Instant::now();
    for step in 0..60 {
        world.store.post(&conversation, world.now(), samples::running_card(step, 60));
        let _ = world.changes.send(());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = begun.elapsed();
    let mut drawn = 0;
    while let Some((_, data)) = events.next("fragment").await {
        drawn += 1;
        if data.contains("59 of 60") {
            break;
        }
    }
    let most = took.as_millis() / 150 + 2;
    assert!((1..=most).contains(&drawn), "{drawn} drawings in {took:?}");
}

#[tokio::test]
async fn a_stop_ends_the_streams() {
    let world = world().await;
    let mut events = open(&world, "/c/t1/live").await;
    events.next("fragment").await.unwrap();
    world.stop.send(true).unwrap();
    let begun = Instant::now();
    assert_eq!(events.next("fragment").await, None);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_store_in_trouble_is_told_once_and_its_recovery_too() {
    let world = world().await;
    let mut events = open(&world, "/c/t1/live").await;
    events.next("fragment").await.unwrap();
    world.store.set_broken(true);
    let _ = world.changes.send(());
    events.next("trouble").await.unwrap();
    world.store.set_broken(false);
    let _ = world.changes.send(());
    events.next("fine").await.unwrap();
}

#[tokio::test]
async fn the_forms_of_a_page_that_did_not_change_keep_their_version() {
    let world = world().await;
    world.store.post(&world.conversation("t1"), world.now(), samples::question());
    let first = world.browser("ben").get("/c/t1").await;
    let second = world.browser("ben").get("/c/t1").await;
    assert_ne!(first.body, second.body, "every drawing has keys of its own");
    assert_eq!(seen(&world, "/c/t1").await, seen(&world, "/c/t1").await);
}
