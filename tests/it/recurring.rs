//! What comes again: approved once, checked each time, run at most once each.

use crate::harness::{World, hours, mins};

const DAILY: &str = "run disk cleanup on maria-lt-01 every day at 22:00";

const RAN: &str = "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)";

/// It is Tuesday, 19:00 in Sydney.
const CLIENT: &str = r#"
[[clients]]
name = "Bluegum Vet"
time_zone = "Australia/Sydney"
maintenance = ["wed 01:00-03:00"]
"#;

#[tokio::test]
async fn one_approval_is_for_every_occurrence_until_its_end() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.says("ana", DAILY).await;
    let card = bot.next_message();
    let starts =
        "every day at 22:00 (Australia/Sydney) until 30 Nov 2026, next on Tue 1 Sep 2026, 22:00";
    assert!(card.contains(starts) && card.contains("[Approve]"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    bot.jumps(hours(3)).await;
    bot.later(mins(1)).await;
    let shown = bot.all_messages();
    assert!(shown.contains("The next is Wed 2 Sep, 22:00 (Australia/Sydney)"), "{shown}");
    assert!(
        shown.contains("Scheduled: Disk Cleanup") && shown.contains("[Call it off]"),
        "{shown}"
    );
    bot.expect_ran(&[RAN]);
    for day in 2..=3 {
        bot.dies_and_restarts().await;
        bot.jumps(hours(24)).await;
        bot.later(mins(1)).await;
        bot.skip_messages();
        assert_eq!(bot.ran().len(), day);
    }
    bot.says("vic", "what is scheduled?").await;
    let list = bot.last_message();
    assert!(list.contains("next on Fri 4 Sep 2026, 22:00"), "{list}");
    // Nobody was asked again.
    assert!(bot.waiting().await.is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn one_failure_pauses_it_and_one_word_asks_for_it_anew() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.world().fail_script("Disk Cleanup", None, "The disk is read-only.").unwrap();
    bot.says("ana", DAILY).await;
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    bot.jumps(hours(3)).await;
    bot.later(mins(2)).await;
    let shown = bot.all_messages();
    assert!(shown.contains("Paused: after this, it does not come again by itself"), "{shown}");
    bot.jumps(hours(72)).await;
    bot.skip_messages();
    assert_eq!(bot.ran().len(), 1);
    bot.says("ana", "scheduled").await;
    assert!(bot.next_message().contains("Nothing is scheduled"));
    bot.presses("ana", "Run again").await;
    let card = bot.next_message();
    assert!(card.contains("Approval needed") && card.contains("every day at 22:00"), "{card}");
    bot.finish().await;
}

#[tokio::test]
async fn what_was_missed_is_told_and_not_caught_up() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.says("ana", DAILY).await;
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    // The bot is down for two and a half days.
    bot.jumps(hours(60)).await;
    bot.later(mins(1)).await;
    let shown = bot.all_messages();
    let missed =
        "Missed and not caught up: Tue 1 Sep, 22:00, Wed 2 Sep, 22:00 and Thu 3 Sep, 22:00.";
    assert!(shown.contains(missed) && shown.contains("The next is Fri 4 Sep, 22:00"), "{shown}");
    bot.expect_ran(&[]);
    bot.jumps(hours(15)).await;
    bot.later(mins(1)).await;
    bot.skip_messages();
    bot.expect_ran(&[RAN]);
    bot.finish().await;
}

#[tokio::test]
async fn it_is_called_off_for_good_and_ends_by_itself() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.says("ana", DAILY).await;
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    bot.presses("ana", "Call it off").await;
    let shown = bot.all_messages();
    assert!(shown.contains("It does not come again"), "{shown}");
    bot.jumps(hours(48)).await;
    bot.expect_ran(&[]);

    bot.says("ana", "run flush dns on maria-lt-01 in every maintenance window").await;
    let card = bot.next_message();
    assert!(card.contains("in every maintenance window (Australia/Sydney)"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    bot.jumps(hours(24 * 100)).await;
    bot.later(mins(1)).await;
    let shown = bot.all_messages();
    assert!(shown.contains("were missed, the first on Wed 9 Sep"), "{shown}");
    assert!(shown.contains("That was the last one"), "{shown}");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn each_occurrence_is_checked_like_a_single_start() {
    for change in ["halt", "script", "policy"] {
        let mut bot = World::default().config(CLIENT).start().await;
        bot.says("ana", DAILY).await;
        bot.presses("ben", "Approve").await;
        bot.jumps(hours(3)).await;
        bot.later(mins(1)).await;
        bot.skip_messages();
        bot.expect_ran(&[RAN]);
        bot.meets(change).await;
        bot.jumps(hours(24)).await;
        bot.later(mins(1)).await;
        let shown = bot.all_messages();
        assert!(shown.contains("Not sent: Disk Cleanup"), "{change}: {shown}");
        assert!(shown.contains("Paused"), "{change}: {shown}");
        bot.expect_ran(&[RAN]);
        bot.finish().await;
    }
}

#[tokio::test]
async fn what_would_run_at_once_is_approved_before_it_comes_again_by_itself() {
    let mut bot = World::default().config(CLIENT).start().await;
    let tool = "connectwise_rmm:cw-rmm-script-disk-cleanup";
    bot.sets_policy("mia", tool, Some("auto")).await.unwrap();
    bot.says("ana", DAILY).await;
    let card = bot.next_message();
    assert!(card.contains("it comes again by itself, so it needs approval"), "{card}");
    bot.says("ana", "show patches for maria-lt-01 every day at 22:00").await;
    assert!(bot.next_message().contains("nothing was started"));
    bot.says("ana", "run disk cleanup on maria-lt-01 every other week at 3").await;
    assert!(bot.next_message().contains("when to repeat it"));
    bot.expect_ran(&[]);
    bot.finish().await;
}
