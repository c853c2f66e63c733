//! A change of several devices: a few go first, the others only when those worked.

use crate::harness::{World, mins};

const ASK: &str = "run flush dns on fs01 and acme-ws-01 and acme-ws-02, canary first";

#[tokio::test]
async fn the_others_follow_when_the_first_device_worked() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    let card = bot.next_message();
    let first = card.find("First").expect("names what goes first");
    let then = card.find("Then, if that worked").expect("names what follows");
    let of_first = &card[first..then];
    // A workstation goes before a server.
    assert!(of_first.contains("ACME-WS-01") && !of_first.contains("FS01"), "{card}");
    assert!(card[then..].contains("FS01") && card[then..].contains("ACME-WS-02"), "{card}");
    assert!(card.contains("touches 3 devices of 1 client, 1 server"), "{card}");
    bot.presses("ben", "Approve").await;
    assert_eq!(bot.world().scheduled().len(), 1);
    assert_eq!(bot.world().scheduled()[0].targets.len(), 1, "one device first");
    bot.later(mins(2)).await;
    let shown = bot.all_messages();
    assert!(shown.contains("Done: Flush DNS on FS01") && shown.contains("went first"), "{shown}");
    let mut ran = bot.ran();
    assert_eq!(ran.remove(0), "Flush DNS on ACME-WS-01 (Acme Logistics)");
    ran.sort();
    assert_eq!(
        ran,
        ["Flush DNS on ACME-WS-02 (Acme Logistics)", "Flush DNS on FS01 (Acme Logistics)"]
    );
    bot.finish().await;
}

#[tokio::test]
async fn the_others_are_left_alone_when_the_first_device_failed() {
    let mut bot = World::default().start().await;
    bot.world()
        .fail_script("Flush DNS", Some("ACME-WS-01"), "The DNS client service is not running.")
        .unwrap();
    bot.says("ana", ASK).await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(3)).await;
    let shown = bot.all_messages();
    assert!(shown.contains("The other 2 devices were left alone"), "{shown}");
    bot.expect_ran(&["Flush DNS on ACME-WS-01 (Acme Logistics)"]);
    bot.finish().await;
}

#[tokio::test]
async fn from_so_many_devices_on_it_is_so_without_a_word() {
    let rollout = "[rollout]\nfrom_devices = 3\n";
    let mut bot = World::default().config(rollout).start().await;
    bot.says("ana", "run flush dns on fs01 and acme-ws-01").await;
    assert!(!bot.next_message().contains("Then, if that worked"));
    bot.says("ana", "run flush dns on fs01, acme-ws-01 and acme-ws-02").await;
    assert!(bot.next_message().contains("Then, if that worked"));
    bot.expect_ran(&[]);
    bot.finish().await;
}
