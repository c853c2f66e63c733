//! Who may decide, when, and what a decision is worth.

use countersign::conversation::Body;

use crate::harness::{World, mins};

const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &[&str] = &["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"];

#[tokio::test]
async fn a_denied_request_does_not_run() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.presses("ben", "Deny").await;
    let card = bot.next_message();
    assert!(card.contains("Denied: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"), "{card}");
    assert!(card.contains("Denied by") && !card.contains("[Approve]"), "{card}");
    bot.later(mins(5)).await;
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn the_requester_can_withdraw_and_nobody_else() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.presses("ben", "Withdraw").await;
    assert_eq!(
        bot.next_message(),
        "(only for ben)\nOnly the person who asked can withdraw a request.\n"
    );
    bot.presses("ana", "Withdraw").await;
    assert!(bot.next_message().contains("Withdrawn"));
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn an_approval_expires_and_a_late_click_is_told_so() {
    let mut bot =
        World::default().config("[[rules]]\ntool = \"*\"\nexpires_mins = 15\n").start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    let approve = bot.button("Approve").await;
    bot.later(mins(16)).await;
    assert!(bot.next_message().contains("Expired: Disk Cleanup"));
    bot.clicks("ben", approve).await;
    bot.settle().await;
    assert!(bot.next_message().contains("already expired"));
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn two_approvers_clicking_at_once_start_one_run() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.taps("ben", "Approve").await;
    bot.taps("mia", "Approve").await;
    bot.settle().await;
    bot.later(mins(1)).await;
    let messages: Vec<String> = (0..bot.unread()).map(|_| bot.next_message()).collect();
    assert!(
        messages.iter().any(|it| it == "(only for mia)\nThis was already approved.\n"),
        "{messages:#?}"
    );
    bot.expect_ran(RAN);
    bot.finish().await;
}

#[tokio::test]
async fn a_quorum_of_two_needs_two_different_people() {
    let mut bot = World::default().config("[[rules]]\ntool = \"*\"\nquorum = 2\n").start().await;
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("2 people other than the requester"));
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("1 of 2 approvals"));
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("You have already approved this"));
    bot.expect_ran(&[]);
    bot.lets_run("mia", RAN).await;
    bot.finish().await;
}

#[tokio::test]
async fn a_typed_code_works_like_the_button() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    let approvals = bot.waiting_codes().await;
    bot.says("ana", &format!("approve {}", approvals[0])).await;
    assert!(bot.next_message().contains("somebody else has to approve it"));
    bot.says("ben", &format!("deny {} because she is presenting", approvals[0])).await;
    assert!(bot.next_message().contains("she is presenting"));
    bot.says("ben", &format!("approve {}", approvals[0])).await;
    assert!(bot.next_message().contains("Nothing waits for approval"));
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn an_edit_asks_anew_and_the_editor_cannot_approve_it() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01 with days 14").await;
    bot.skip_messages();
    bot.edits("ben", 0, serde_json::json!({ "days": 30, "drive": "C:" })).await;
    assert!(bot.next_message().contains("Not run, things changed"));
    let card = bot.next_message();
    assert!(card.contains("days 30"), "{card}");
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("somebody else has to approve it"));
    bot.lets_run("mia", RAN).await;
    assert_eq!(bot.world().executions()[0].parameters["days"], 30);
    bot.finish().await;
}

#[tokio::test]
async fn an_edit_by_somebody_who_may_not_ask_leaves_the_card_waiting() {
    let people = "[[people]]\nname = \"ana\"\nroles = [\"technician\"]\n\
        [[people]]\nname = \"ben\"\nroles = [\"approver\"]\n";
    let mut bot = World::default().people(people).start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01 with days 14").await;
    bot.skip_messages();
    bot.edits("ben", 0, serde_json::json!({ "days": 30, "drive": "C:" })).await;
    let answer = bot.next_message();
    assert!(answer.contains("your role may read, not change things"), "{answer}");
    assert!(answer.contains("still waits"), "{answer}");
    bot.lets_run("ben", RAN).await;
    assert_eq!(bot.world().executions()[0].parameters["days"], 14);
    bot.finish().await;
}

#[tokio::test]
async fn an_edit_that_does_not_fit_the_parameters_leaves_the_card_waiting_and_runs_nothing() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.edits("ana", 0, serde_json::json!({ "days": "; format c:" })).await;
    let answer = bot.next_message();
    assert!(answer.contains("still waits"), "{answer}");
    assert_eq!(bot.waiting_codes().await.len(), 1);
    bot.later(mins(1)).await;
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn asking_the_same_twice_makes_one_card() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.next_message();
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("already waits for approval"));
    bot.finish().await;
}

#[tokio::test]
async fn a_redelivered_message_is_answered_once() {
    let mut bot = World::default().start().await;
    let event = bot.event("ana", Body::Text(ASK.into()));
    for _ in 0..3 {
        bot.delivers(&event).await;
        bot.settle().await;
    }
    bot.next_message();
    assert_eq!(bot.unread(), 0);
    bot.finish().await;
}

#[tokio::test]
async fn a_policy_that_an_admin_set_holds_for_the_next_request() {
    let mut bot = World::default().start().await;
    bot.sets_policy("mia", "connectwise_rmm:cw-rmm-script-disk-cleanup", Some("never"))
        .await
        .unwrap();
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("Not allowed: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"));
    bot.sets_policy("mia", "connectwise_rmm:cw-rmm-script-disk-cleanup", Some("auto"))
        .await
        .unwrap();
    bot.says("ana", ASK).await;
    bot.later(mins(1)).await;
    assert!(bot.last_message().contains("Done: Disk Cleanup"));
    bot.expect_ran(RAN);
    let refused = bot.sets_policy("ben", "connectwise_rmm:cw-rmm-script-disk-cleanup", None).await;
    assert_eq!(refused.unwrap_err().to_string(), "only an admin can change policies");
    bot.finish().await;
}

#[tokio::test]
async fn what_expired_is_asked_again_with_one_click_by_whoever_may_ask() {
    let mut bot =
        World::default().config("[[rules]]\ntool = \"*\"\nexpires_mins = 15\n").start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01 with days 14").await;
    bot.skip_messages();
    bot.later(mins(16)).await;
    let card = bot.next_message();
    assert!(card.contains("That is no denial") && card.contains("[Ask again]"), "{card}");
    bot.presses("vic", "Ask again").await;
    assert!(bot.next_message().contains("your role may read, not change things"));
    bot.presses("ana", "Ask again").await;
    assert!(bot.next_message().contains("Approval needed: Disk Cleanup on MARIA-LT-01"));
    bot.lets_run("ben", RAN).await;
    assert_eq!(bot.world().executions()[0].parameters["days"], 14);
    bot.finish().await;
}

#[tokio::test]
async fn what_was_denied_or_runs_already_is_not_asked_again_by_its_code() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    let code = bot.waiting_codes().await.remove(0);
    bot.presses("ben", "Deny").await;
    bot.skip_messages();
    bot.says("ana", &format!("again {code}")).await;
    assert!(bot.next_message().contains("expired or was voided in this conversation"));
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn two_writes_on_one_device_follow_each_other() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.presses("ben", "Approve").await;
    bot.says("ana", "run flush dns on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    let card = bot.last_message();
    assert!(card.contains("Waiting for the device: Flush DNS"), "{card}");
    assert!(card.contains("another run is on it: Disk Cleanup on MARIA-LT-01"), "{card}");
    assert_eq!(bot.world().scheduled().len(), 1, "the second waits for the first");
    bot.later(mins(3)).await;
    bot.skip_messages();
    let ran = bot.world().executions();
    assert_eq!(ran.len(), 2, "{ran:#?}");
    assert!(ran[0].ended_at.unwrap() <= ran[1].started_at, "{ran:#?}");
    bot.finish().await;
}

#[tokio::test]
async fn a_plan_for_two_devices_says_at_each_step_where_it_runs() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on fs01 and then flush dns on print01").await;
    let card = bot.next_message();
    insta::assert_snapshot!(card);
    let code = bot.waiting_codes().await.remove(0);
    bot.says("ben", &format!("approve {code}")).await;
    bot.later(mins(5)).await;
    let told = bot.last_message();
    let both = "Disk Cleanup on FS01 (Acme Logistics), then Flush DNS on PRINT01 (Acme Logistics)";
    assert!(told.contains(&format!("Done: {both}")), "{told}");
    bot.expect_ran(&[
        "Disk Cleanup on FS01 (Acme Logistics)",
        "Flush DNS on PRINT01 (Acme Logistics)",
    ]);
    bot.finish().await;
}

#[tokio::test]
async fn a_step_that_failed_behind_one_that_worked_is_what_the_result_begins_with() {
    let mut bot = World::default().start().await;
    bot.world().fail_script("Flush DNS", None, "Access is denied.").unwrap();
    bot.says("ana", "run disk cleanup on fs01 and then flush dns on it").await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    bot.later(mins(5)).await;
    let told = bot.last_message();
    let failed = "Failed: Flush DNS on FS01 (Acme Logistics), after Disk Cleanup on FS01";
    assert!(told.contains(failed), "{told}");
    bot.finish().await;
}
