//! The first seconds of a process.

use std::time::Duration;

use countersign::conversation::Body;
use countersign_app::running::{Running, Serving};
use countersign_console::Mode;
use tokio::net::TcpListener;

use crate::harness::World;

#[tokio::test]
async fn what_was_said_before_the_devices_are_read_is_answered_with_them() {
    let mut bot = World::default().start().await;
    bot.restarts_unread().await;
    let ask = bot.event("ana", Body::Text("run disk cleanup on Maria's laptop".into()));
    bot.delivers(&ask).await;
    assert!(!bot.wiring().engine.is_read());

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sync_every = Duration::from_secs(900);
    let serving = Serving { listener, mode: Mode::Demo, public_url: None, sync_every };
    let running = Running::start(bot.wiring(), serving);
    tokio::time::timeout(Duration::from_secs(60), bot.waits_for_an_answer()).await.unwrap();
    running.stop().await.unwrap();

    let card = bot.next_message();
    assert!(card.contains("Approval needed: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"), "{card}");
    bot.finish().await;
}

#[tokio::test]
async fn commands_one_after_the_other_do_not_get_the_key_locked() {
    let bot = World::default().start().await;
    // `check`, `sync` and `serve` within a minute, six times over.
    for _ in 0..6 {
        let engine = bot.another_process().await;
        for provider in engine.providers() {
            countersign_app::refresh::sync(&engine, provider.as_ref(), |_| {}).await.unwrap();
        }
    }
    let tokens = bot.world().requests().into_iter().filter(|it| it.path.contains("/v1/token"));
    let sets = tokens.count();
    assert!(sets <= 6, "{sets} tokens were asked for; each set of scopes needs one");
    bot.finish().await;
}
