//! ConnectWise Automate: alone, and beside ConnectWise RMM on the same machines.

use countersign_simulator::automate::{AutomateRoute, Clearing, Raise};

use crate::harness::{Bot, Fault, FaultKind, Route, World, mins};

/// The scripts that ran in Automate on `host`.
fn ran_in_automate(bot: &Bot, host: &str) -> Vec<String> {
    let computer = bot.world().automate_computer(host).expect("a computer of Automate").id;
    let runs = bot.world().automate_runs().into_iter();
    runs.filter(|it| it.computer == computer && it.user == "countersign")
        .map(|it| it.script_name)
        .collect()
}

#[tokio::test]
async fn every_tool_answers_in_the_words_of_a_technician() {
    let mut bot = World::default().only_automate().start().await;
    for (text, parts) in [
        ("list clients", &["Bluegum Vet", "Harbour Dental", "Lantern Managed IT"][..]),
        ("list acme computers", &["DC01", "PRINT01"]),
        ("which computers are offline at harbour dental", &["JAMES-LT-02"]),
        ("how much free disk does maria-lt-01 have?", &["MARIA-LT-01", "C:"]),
        ("who is logged on to maria-lt-01", &["maria"]),
        ("any alerts?", &["KIOSK-01", "Critical"]),
        ("alerts for harbour dental", &["KIOSK-01"]),
        ("alerts on the kiosk", &["KIOSK-01", "has 7.9 GB free"]),
        ("list scripts", &["Disk Cleanup", "Agent - Clear Temp Files"]),
    ] {
        bot.answers(text, parts).await;
    }
    assert!(bot.world().automate_launches().is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn the_main_job_works_with_nothing_but_automate() {
    let mut bot = World::default().only_automate().start().await;
    // Automate does not know which workstations are laptops, and another Maria has a workstation.
    bot.says("ana", "run disk cleanup on Maria's laptop").await;
    insta::assert_snapshot!(bot.next_message());
    bot.says("ana", "the first one").await;
    insta::assert_snapshot!(bot.next_message());
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    insta::assert_snapshot!(bot.last_message());
    assert_eq!(ran_in_automate(&bot, "MARIA-LT-01"), ["Disk Cleanup"]);
    assert_eq!(bot.world().automate_launches().len(), 1);
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn one_device_in_two_products_is_one_and_the_script_goes_where_it_is_online() {
    let mut bot = World::default().with_automate().start().await;
    bot.says("ana", "run disk cleanup on Maria's laptop").await;
    let card = bot.next_message();
    assert!(card.contains("through ConnectWise RMM, online"), "{card}");
    assert!(card.contains("also in ConnectWise Automate: online"), "{card}");
    bot.presses("ana", "Withdraw").await;
    bot.skip_messages();

    bot.says("ana", "run disk cleanup on maria-lt-01 via automate").await;
    let card = bot.next_message();
    assert!(card.contains("through ConnectWise Automate, online"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    let result = bot.last_message();
    assert!(result.contains("Done: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"), "{result}");
    assert_eq!(ran_in_automate(&bot, "MARIA-LT-01"), ["Disk Cleanup"]);
    assert_eq!(bot.world().automate_launches().len(), 1);
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn the_noisy_alert_on_the_kiosk_is_cleared_once_and_surely_gone() {
    let mut bot = World::default().only_automate().start().await;
    bot.says("ana", "clear the noisy disk-space alert on the kiosk").await;
    let card = bot.next_message();
    assert!(card.contains("Approval needed: Clear alert on KIOSK-01 (Harbour Dental)"), "{card}");
    assert!(card.contains("C: has"), "the card says which alert: {card}");
    assert!(!card.contains("it is skipped"), "an alert is cleared on the server: {card}");
    let before = bot.world().alert_ids();
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let result = bot.last_message();
    assert!(result.contains("Done: Clear alert on KIOSK-01"), "{result}");
    assert_eq!(bot.world().alert_ids().len(), before.len() - 1);
    bot.finish().await;
}

#[tokio::test]
async fn alerts_that_fit_alike_are_asked_about_and_the_picked_one_is_cleared() {
    let mut bot = World::default().only_automate().start().await;
    bot.world()
        .raise_alert(&Raise {
            host: "KIOSK-01",
            severity: 3,
            source: "DRV - Free Space Remaining < 10% Total Size",
            message: "D: has 1.1 GB free on KIOSK-01",
        })
        .unwrap();
    let before = bot.world().alert_ids().len();
    bot.says("ana", "clear the disk space alert on the kiosk").await;
    let question = bot.next_message();
    assert!(question.contains("2 alerts") && question.contains("Which one"), "{question}");
    bot.says("ana", "2").await;
    let card = bot.next_message();
    assert!(card.contains("Approval needed: Clear alert"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    bot.skip_messages();
    assert_eq!(bot.world().alert_ids().len(), before - 1);
    bot.finish().await;
}

#[tokio::test]
async fn a_server_that_cannot_clear_alerts_is_told_as_it_is() {
    let mut bot = World::default().only_automate().start().await;
    bot.world().switch_automate(|it| it.clearing = Clearing::Pretends);
    bot.says("ana", "clear the disk space alert on the kiosk").await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let result = bot.last_message();
    assert!(!result.contains("Done:"), "{result}");
    assert!(result.contains("Automate"), "{result}");
    bot.finish().await;
}

#[tokio::test]
async fn a_launch_without_an_answer_is_looked_up_in_the_history_and_never_repeated() {
    let mut bot = World::default().only_automate().start().await;
    bot.fault(Fault::once(Route::Automate(AutomateRoute::Execute), FaultKind::CutAfterAccept));
    bot.says("ana", "run disk cleanup on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(5)).await;
    let result = bot.last_message();
    assert!(result.contains("Done: Disk Cleanup on MARIA-LT-01"), "{result}");
    assert_eq!(bot.world().automate_launches().len(), 1);
    bot.finish().await;
}

#[tokio::test]
async fn what_only_rmm_can_do_is_said_on_a_device_of_automate() {
    let mut bot = World::default().with_automate().start().await;
    bot.says("ana", "patches on obrien-pc1").await;
    let answer = bot.next_message();
    assert!(answer.contains("has no agent of ConnectWise RMM"), "{answer}");
    assert!(answer.contains("it is in ConnectWise Automate"), "{answer}");
    // What both can, goes through the one that has it.
    bot.answers("how much free disk on obrien-pc1", &["OBRIEN-PC1"]).await;
    bot.finish().await;
}

#[tokio::test]
async fn after_a_fix_the_alert_that_led_to_it_is_offered_to_be_cleared() {
    let mut bot = World::default().with_automate().start().await;
    let alert = bot
        .world()
        .raise_alert(&Raise {
            host: "FS01",
            severity: 3,
            source: "DRV - Free Space Remaining < 10% Total Size",
            message: "C: has 3.1 GB free on FS01",
        })
        .unwrap();
    bot.says("ana", "run disk cleanup on fs01").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    let result = bot.last_message();
    assert!(result.contains("[Clear alert: C: has 3.1 GB free on FS01]"), "{result}");
    bot.presses("ana", "Clear alert: C: has 3.1 GB free on FS01").await;
    let card = bot.next_message();
    assert!(card.contains("Approval needed: Clear alert on FS01 (Acme Logistics)"), "{card}");
    assert!(bot.world().alert_ids().contains(&alert), "nothing is cleared before the approval");
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    assert!(bot.last_message().contains("Done: Clear alert on FS01"));
    assert!(!bot.world().alert_ids().contains(&alert));
    bot.finish().await;
}

#[tokio::test]
async fn a_device_that_automate_knows_by_another_name_is_no_drift() {
    let mut bot = World::default().with_automate().start().await;
    bot.world().set_online("BV-SURG-02", true).unwrap();
    bot.sync().await;
    bot.says("ana", "run disk cleanup on bv-surg-02 via automate").await;
    let card = bot.next_message();
    assert!(card.contains("through ConnectWise Automate, online"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    let result = bot.last_message();
    assert!(result.contains("Done: Disk Cleanup on BV-SURG-02"), "{result}");
    assert_eq!(ran_in_automate(&bot, "BV-SURG-OLD"), ["Disk Cleanup"]);
    bot.finish().await;
}

#[tokio::test]
async fn another_way_by_itself_is_no_way_around_a_policy() {
    let mut bot = World::default().with_automate().start().await;
    let (rmm, automate) = (
        "connectwise_rmm:cw-rmm-script-disk-cleanup",
        "connectwise_automate:cwa-script-disk-cleanup",
    );
    bot.sets_policy("mia", rmm, Some("never")).await.unwrap();
    bot.sets_policy("mia", automate, Some("auto")).await.unwrap();
    // Only Automate has this one, so it goes there by itself, and what was asked for is RMM's.
    bot.says("ana", "run disk cleanup on obrien-pc1").await;
    let answer = bot.next_message();
    assert!(answer.contains("never"), "{answer}");
    assert!(bot.world().automate_launches().is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn the_other_way_is_one_press_and_asks_anew() {
    let mut bot = World::default().with_automate().start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01").await;
    let card = bot.next_message();
    assert!(card.contains("[Use ConnectWise Automate instead]"), "{card}");
    let stale = bot.button("Approve").await;
    bot.presses("vic", "Use ConnectWise Automate instead").await;
    assert!(bot.next_message().contains("Only the person who asked"));

    bot.presses("ana", "Use ConnectWise Automate instead").await;
    let ended = bot.next_message();
    assert!(ended.contains("Not run, things changed"), "{ended}");
    assert!(ended.contains("ana wants it to go through ConnectWise Automate"), "{ended}");
    let card = bot.next_message();
    assert!(card.contains("through ConnectWise Automate, online"), "{card}");
    assert!(card.contains("[Use ConnectWise RMM instead]"), "{card}");
    bot.clicks("ben", stale).await;
    bot.settle().await;
    bot.skip_messages();
    bot.expect_ran(&[]);

    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    assert_eq!(ran_in_automate(&bot, "MARIA-LT-01"), ["Disk Cleanup"]);
    assert_eq!(bot.world().automate_launches().len(), 1);
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn an_approver_who_chooses_the_other_way_cannot_approve_it() {
    let mut bot = World::default().with_automate().start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01").await;
    bot.skip_messages();
    bot.presses("ben", "Use ConnectWise Automate instead").await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("somebody else has to approve it"));
    bot.presses("mia", "Approve").await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    assert_eq!(ran_in_automate(&bot, "MARIA-LT-01"), ["Disk Cleanup"]);
    bot.finish().await;
}

#[tokio::test]
async fn where_there_is_no_other_way_none_is_offered_and_a_typed_one_is_refused() {
    let mut bot = World::default().with_automate().start().await;
    bot.says("ana", "run disk cleanup on obrien-pc1").await;
    let card = bot.next_message();
    assert!(!card.contains("instead]"), "{card}");
    let code = bot.waiting_codes().await.remove(0);
    bot.says("ana", &format!("through {code} rmm")).await;
    let text = bot.next_message();
    assert!(text.contains("There is no way through ConnectWise RMM"), "{text}");
    assert_eq!(bot.waiting_codes().await, [code]);
    bot.finish().await;
}
