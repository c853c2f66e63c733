//! The main job: somebody asks, the one device is found, somebody else approves, it runs once, and the
//! result comes back with a ticket.

use crate::harness::{World, mins, secs};

const PAPER_TRAIL: &str = r#"
[[rules]]
tool = "connectwise_rmm:cw-rmm-script-*"
ticket = true
"#;

#[tokio::test]
async fn a_disk_cleanup_is_asked_for_approved_run_once_and_told_with_a_ticket() {
    let mut bot = World::default().config(PAPER_TRAIL).start().await;
    bot.says("ana", "run disk cleanup on Maria's laptop").await;
    insta::assert_snapshot!(bot.next_message());
    bot.expect_ran(&[]);

    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    insta::assert_snapshot!(bot.next_message());
    insta::assert_snapshot!(bot.next_message());
    bot.expect_ran(&["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]);
    assert_eq!(bot.tickets(), ["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]);
    insta::assert_snapshot!(bot.audit().await.join("\n"));
    bot.finish().await;
}

#[tokio::test]
async fn a_ticket_can_be_part_of_the_request() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on Maria's laptop and log a ticket").await;
    bot.lets_run("ben", &["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]).await;
    let tickets = bot.world().tickets_created();
    assert_eq!(tickets.len(), 1);
    let text = &tickets[0].description;
    for part in ["MARIA-LT-01", "succeeded", "Free on C:", "ana", "CS-"] {
        assert!(text.contains(part), "{part} is not in the ticket:\n{text}");
    }
    bot.finish().await;
}

#[tokio::test]
async fn a_run_shows_its_progress_on_the_card() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run install updates on maria-lt-01").await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    insta::assert_snapshot!(bot.next_message());
    bot.later(secs(15)).await;
    let card = bot.next_message();
    assert!(card.contains("Running: Install Updates on MARIA-LT-01 (Bluegum Vet)"), "{card}");
    bot.later(secs(60)).await;
    assert!(bot.last_message().contains("Done: Install Updates"));
    bot.finish().await;
}

#[tokio::test]
async fn a_device_that_is_offline_is_named_so_and_runs_when_it_comes_back() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on james-lt-02").await;
    assert!(bot.next_message().contains("OFFLINE: it runs when the device comes back"));
    bot.presses("ben", "Approve").await;
    bot.later(mins(10)).await;
    bot.skip_messages();
    assert!(bot.world().executions().iter().all(|it| it.ended_at.is_none()));
    bot.world().set_online("JAMES-LT-02", true).unwrap();
    bot.later(mins(2)).await;
    assert!(bot.last_message().contains("Done: Disk Cleanup on JAMES-LT-02 (Harbour Dental)"));
    bot.expect_ran(&["Disk Cleanup on JAMES-LT-02 (Harbour Dental)"]);
    bot.finish().await;
}

#[tokio::test]
async fn several_devices_are_listed_and_the_picked_one_is_used() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on dc01").await;
    insta::assert_snapshot!(bot.next_message());
    bot.presses("ana", "DC01 (Northside Legal)").await;
    assert!(bot.next_message().contains("Approval needed: Disk Cleanup on DC01 (Northside Legal)"));
    bot.lets_run("ben", &["Disk Cleanup on DC01 (Northside Legal)"]).await;
    bot.finish().await;
}

#[tokio::test]
async fn an_unknown_device_gets_the_closest_names_and_nothing_runs() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on dc09").await;
    insta::assert_snapshot!(bot.next_message());
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn health_patches_and_tickets_are_read_without_approval() {
    let mut bot = World::default().start().await;
    bot.says("vic", "is Maria's laptop healthy?").await;
    insta::assert_snapshot!(format!("{}\n{}", bot.next_message(), bot.next_message()));
    bot.says("vic", "open tickets for acme").await;
    assert!(bot.next_message().contains("Acme"));
    bot.finish().await;
}

#[tokio::test]
async fn a_follow_up_means_the_device_of_before() {
    let mut bot = World::default().start().await;
    bot.says("ana", "show patches for dc02").await;
    bot.skip_messages();
    bot.says("ana", "run disk cleanup on it").await;
    assert!(bot.next_message().contains("Disk Cleanup on DC02 (Acme Logistics)"));
    bot.says("ana", "same on fs01").await;
    bot.last_message();
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn a_missing_parameter_is_asked_for() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run restart service on print01").await;
    insta::assert_snapshot!(bot.next_message());
    bot.says("ana", "Spooler").await;
    assert!(bot.next_message().contains("Restart Service on PRINT01 (Acme Logistics)"));
    bot.finish().await;
}

#[tokio::test]
async fn odd_messages_get_an_answer_and_run_nothing() {
    let mut bot = World::default().start().await;
    let huge = "run disk cleanup on maria-lt-01 ".repeat(2_000);
    for text in [
        "",
        "   ",
        "\u{0}\u{1}\u{2}",
        "<script>alert(1)</script>",
        "🙂🙂🙂",
        "%s%n{{7*7}}",
        huge.as_str(),
    ] {
        bot.says("ana", text).await;
        assert_eq!(
            bot.unread(),
            1,
            "one answer to {:?}",
            text.chars().take(20).collect::<String>()
        );
        bot.next_message();
    }
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn a_finished_job_is_run_again_with_one_press_and_a_new_approval() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run flush dns on dc02 and fs01 at acme").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    assert!(bot.last_message().contains("[Run again]"));
    assert_eq!(bot.ran().len(), 2);

    // Whoever presses asks, so somebody else approves.
    bot.presses("ben", "Run again").await;
    let card = bot.next_message();
    assert!(card.contains("Approval needed: Flush DNS on DC02"), "{card}");
    assert!(card.contains("Asked by") && card.contains("ben: “run flush dns"), "{card}");
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("somebody else has to approve it"));
    assert_eq!(bot.ran().len(), 2);
    bot.presses("ana", "Run again").await;
    assert!(bot.last_message().contains("waits for approval"));
    bot.presses("mia", "Approve").await;
    bot.later(mins(1)).await;
    bot.skip_messages();
    assert_eq!(bot.ran().len(), 4);
    bot.finish().await;
}

#[tokio::test]
async fn what_may_still_be_running_is_not_run_again_by_a_press() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run flush dns on dc02").await;
    bot.presses("ben", "Approve").await;
    let marker = bot.world().scheduled().remove(0).name;
    let marker = marker.split_whitespace().find(|it| it.starts_with("CS-")).expect("a marker");
    bot.skip_messages();
    bot.says("ana", &format!("again {marker}")).await;
    assert!(bot.next_message().contains("not surely over"));
    bot.says("ana", "again CS-0123456789ab").await;
    assert!(bot.next_message().contains("I know no run"));
    bot.later(mins(1)).await;
    bot.skip_messages();
    assert_eq!(bot.ran().len(), 1);
    bot.finish().await;
}
