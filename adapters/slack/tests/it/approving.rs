//! The card that waits, and who may decide on it.

use countersign_simulator::slack::{Fault, FaultKind, Kind};
use serde_json::json;

use crate::support::{Setup, World};

#[tokio::test]
async fn a_cleanup_waits_for_a_second_person_and_then_runs_once() {
    let world = World::start().await;
    let (thread, card) = world.card().await;
    assert_eq!(card.buttons(), ["Approve", "Deny", "Withdraw", "Edit…", "Details"]);
    assert!(card.shown().contains("touches 1 device of 1 client, 1 server"), "{}", card.shown());
    assert!(card.text.starts_with("Approval needed: Disk Cleanup on FS01 (Acme Logistics)"));

    assert!(world.slack.click("U2", "C1", &card.ts, "Approve").await.acked);
    world.work().await;
    assert_eq!(world.ran(), ["Disk Cleanup {\"days\":7} FS01"]);
    let after = world.slack.message("C1", &card.ts).unwrap();
    assert!(after.buttons().is_empty(), "buttons are gone for everyone");
    assert!(after.shown().contains("*Approved by*\nBen at"), "{}", after.shown());
    let result = world.slack.thread("C1", &thread).remove(1);
    assert!(
        result.text.starts_with("Ana: Done: Disk Cleanup on FS01 (Acme Logistics)"),
        "{}",
        result.text
    );
    assert_eq!(result.buttons(), ["Log a ticket", "Show its patches", "Run again"]);
}

#[tokio::test]
async fn two_clicks_at_once_decide_once() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    let (ben, cleo) = tokio::join!(
        world.slack.click("U2", "C1", &card.ts, "Approve"),
        world.slack.click("U3", "C1", &card.ts, "Approve"),
    );
    assert!(ben.acked && cleo.acked);
    world.work().await;
    assert_eq!(world.ran().len(), 1);
    let told = world.slack.ephemerals("U2").len() + world.slack.ephemerals("U3").len();
    assert_eq!(told, 1, "who lost the race is told");
}

#[tokio::test]
async fn a_click_that_comes_three_times_counts_once() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    let payload = world.slack.click_payload("U2", "C1", &card.ts, "Approve");
    for attempt in 0..3 {
        assert!(world.slack.deliver(Kind::Interaction, &payload, attempt).await.acked);
    }
    world.work().await;
    assert_eq!(world.ran().len(), 1);
    assert!(world.slack.ephemerals("U2").is_empty(), "nobody is told off for Slack's repetition");
}

#[tokio::test]
async fn nobody_approves_what_they_asked_for() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    world.slack.click("U1", "C1", &card.ts, "Approve").await;
    world.work().await;
    assert_eq!(
        world.whispered("U1").await,
        "You asked for this, so somebody else has to approve it."
    );
    assert!(world.ran().is_empty());
    assert!(
        !world.slack.message("C1", &card.ts).unwrap().buttons().is_empty(),
        "the card still waits"
    );
}

/// The account of an approver that is unfit in some way: nothing reaches the engine.
async fn check_unfit(change: impl FnOnce(&mut countersign_simulator::slack::User), says: &str) {
    let world = World::start().await;
    let (thread, card) = world.card().await;
    world.slack.change_user("U2", change);
    let done = world.slack.click("U2", "C1", &card.ts, "Approve").await;
    assert!(done.acked);
    let told = world.whispered("U2").await;
    assert!(told.contains(says), "{told}");
    let typed = code(&card.shown());
    world.slack.mention("U2", "C1", &typed, Some(&thread)).await;
    world.slack.command("U2", "C1", &typed).await;
    world.slack.shortcut("U2", "C1", &card.ts).await;
    world.modal("U2").await;
    let sent = world.slack.submit("U2", &[("text", &typed)]).await;
    assert_eq!(sent.answer["response_action"], json!("errors"));
    world.work().await;
    assert!(world.ran().is_empty(), "typed is no way around");
    assert_eq!(world.slack.ephemerals("U2").len(), 2);
}

/// "approve 7F3K" of a card.
fn code(shown: &str) -> String {
    let at = shown.find("approve ").unwrap();
    shown[at..at + 12].to_owned()
}

#[tokio::test]
async fn guests_bots_leavers_and_strangers_never_approve() {
    check_unfit(|user| user.is_restricted = true, "Guests").await;
    check_unfit(|user| user.is_ultra_restricted = true, "Guests").await;
    check_unfit(|user| user.is_bot = true, "Apps and bots").await;
    check_unfit(|user| user.deleted = true, "deactivated").await;
    check_unfit(|user| user.is_stranger = true, "another workspace").await;
    check_unfit(|user| user.team = "T2".into(), "another workspace").await;
}

#[tokio::test]
async fn a_standing_that_cannot_be_read_counts_as_no() {
    use countersign_simulator::slack::{Fault, FaultKind};
    let world = World::start().await;
    let (_, card) = world.card().await;
    world.slack.fault(Fault::once("users.info", FaultKind::Unavailable));
    assert!(world.slack.click("U2", "C1", &card.ts, "Approve").await.acked);
    assert!(world.whispered("U2").await.contains("Please click once more"));
    world.work().await;
    assert!(world.ran().is_empty());
    world.slack.click("U2", "C1", &card.ts, "Approve").await;
    world.work().await;
    assert_eq!(world.ran().len(), 1);
}

#[tokio::test]
async fn a_click_of_somebody_unknown_is_explained_to_them_alone() {
    let world = World::start().await;
    let (thread, card) = world.card().await;
    world.slack.click("U9", "C1", &card.ts, "Approve").await;
    assert!(world.whispered("U9").await.starts_with("I do not know this account"));
    world.work().await;
    assert_eq!(world.slack.thread("C1", &thread).len(), 1);
}

#[tokio::test]
async fn approvers_can_be_narrowed_to_a_user_group() {
    let setup = Setup { change: |it| it.approvers_group = Some("S1".into()), ..Setup::default() };
    let world = World::with(setup).await;
    world.slack.set_group("S1", &["U3"]);
    let (_, card) = world.card().await;
    world.slack.click("U2", "C1", &card.ts, "Approve").await;
    assert!(world.whispered("U2").await.contains("approvers' group"));
    world.slack.click("U3", "C1", &card.ts, "Approve").await;
    world.work().await;
    assert_eq!(world.ran().len(), 1, "{:?}", world.slack.ephemerals("U3"));
}

#[tokio::test]
async fn a_denial_asks_for_a_reason() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    world.slack.click("U2", "C1", &card.ts, "Deny").await;
    let modal = world.modal("U2").await;
    assert_eq!(modal.view["title"]["text"], json!("Deny"));
    assert!(world.slack.submit("U2", &[("text", "backup is running & <!channel>")]).await.acked);
    world.work().await;
    let after = world.slack.message("C1", &card.ts).unwrap();
    assert!(
        after.shown().contains("backup is running &amp; &lt;!channel&gt;"),
        "{}",
        after.shown()
    );
    assert!(after.text.starts_with("Denied: "));
    assert!(world.ran().is_empty());
}

#[tokio::test]
async fn a_late_click_is_told_what_happened() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    let late = world.slack.click_payload("U3", "C1", &card.ts, "Deny");
    world.slack.click("U2", "C1", &card.ts, "Approve").await;
    world.work().await;
    world.slack.deliver(Kind::Interaction, &late, 0).await;
    assert_eq!(world.whispered("U3").await, "This was already approved, so nothing was done.");
    assert!(world.slack.modal("U3").is_none());
}

#[tokio::test]
async fn details_are_for_the_one_who_asks() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    world.slack.click("U2", "C1", &card.ts, "Details").await;
    let details = world.whispered("U2").await;
    for part in [
        "\"days\": 7",
        "FS01 (Acme Logistics), server, online",
        "Digest of the plan",
        "anyone with an approver's role",
    ] {
        assert!(details.contains(part), "{part} is not in {details}");
    }
}

#[tokio::test]
async fn every_copy_of_a_card_follows_it() {
    let setup = Setup {
        change: |it| {
            it.approvals_channel = Some("C7".into());
            it.approvers_by_dm = true;
        },
        ..Setup::default()
    };
    let world = World::with(setup).await;
    world.slack.join("U2", "C7");
    let (thread, card) = world.card().await;
    let copy = world.slack.channel("C7").remove(0);
    assert_eq!(copy.buttons(), card.buttons());
    assert!(copy.shown().contains("Where it was asked"));
    let of_ben = world.slack.channel(&world.slack.dm_of("U2")).remove(0);
    assert!(world.slack.channel(&world.slack.dm_of("U1")).is_empty(), "not to the one who asked");

    world.slack.click("U2", "C7", &copy.ts, "Approve").await;
    world.work().await;
    assert_eq!(world.ran().len(), 1);
    for (channel, ts) in
        [("C1", &card.ts), ("C7", &copy.ts), (&world.slack.dm_of("U2"), &of_ben.ts)]
    {
        let face = world.slack.message(channel, ts).unwrap();
        assert!(face.buttons().is_empty(), "{channel}: {}", face.shown());
        assert!(face.text.starts_with("Done: "), "{channel}: {}", face.text);
    }
    assert_eq!(
        world.slack.thread("C7", &copy.ts).remove(0).shown(),
        "approved: Disk Cleanup on FS01 (Acme Logistics)"
    );
    assert_eq!(world.slack.thread("C1", &thread).len(), 2);
}

#[tokio::test]
async fn clicks_while_the_bot_is_down_are_seen_as_failed_and_work_afterwards() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    let payload = world.slack.click_payload("U2", "C1", &card.ts, "Approve");
    let base = world.base.clone();
    world.slack.deliver_by_http("http://127.0.0.1:1");
    assert!(!world.slack.deliver(Kind::Interaction, &payload, 0).await.acked);
    world.slack.deliver_by_http(&base);
    let world = world.restart().await;
    assert!(world.slack.click("U2", "C1", &card.ts, "Approve").await.acked);
    world.work().await;
    assert_eq!(world.ran().len(), 1);
}

#[tokio::test]
async fn output_is_shown_as_it_is() {
    let world = World::start().await;
    *world.product.output.lock().unwrap() = "removed <tmp> & more\n".repeat(40);
    let (thread, card) = world.card().await;
    world.slack.click("U2", "C1", &card.ts, "Approve").await;
    world.work().await;
    let shown = world.slack.thread("C1", &thread)[1].shown();
    assert!(shown.contains("removed &lt;tmp&gt; &amp; more"), "{shown}");
}

#[tokio::test]
async fn a_rule_names_a_user_group_and_who_left_it_may_not_decide() {
    let rules = || {
        let rule = json!({ "tool": "connectwise_rmm:*", "approvers": ["group:slack:S1"] });
        vec![serde_json::from_value(rule).unwrap()]
    };
    let world = World::with(Setup { rules, ..Setup::default() }).await;
    world.slack.set_group("S1", &["U3"]);
    let (_, card) = world.card().await;
    world.slack.click("U2", "C1", &card.ts, "Approve").await;
    world.work().await;
    assert!(world.ran().is_empty(), "ben is not in the group");
    // Cleo was in it when the card was posted.
    world.slack.set_group("S1", &[]);
    world.slack.click("U3", "C1", &card.ts, "Approve").await;
    world.work().await;
    assert!(world.ran().is_empty(), "cleo is not in the group any more");
    world.slack.fault(Fault::always("usergroups.users.list", FaultKind::Unavailable));
    world.slack.set_group("S1", &["U3"]);
    world.slack.click("U3", "C1", &card.ts, "Approve").await;
    world.work().await;
    assert!(world.ran().is_empty(), "a group that cannot be read has no members");
    world.slack.clear_faults();
    world.slack.click("U3", "C1", &card.ts, "Approve").await;
    world.work().await;
    assert_eq!(world.ran().len(), 1, "{:?}", world.slack.ephemerals("U3"));
}
