//! A yes to some steps of a plan: the others are left out for good, and everybody sees it.

use countersign::ports::Store as _;
use countersign::reply::Action;

use crate::harness::{Bot, World, mins};

const ASK: &str = "run disk cleanup on maria-lt-01 and log a ticket";
const CANARY: &str = "run flush dns on fs01 and acme-ws-01 and acme-ws-02, canary first";
const TWO: &str = "[[rules]]\ntool = \"*\"\nquorum = 2\n";

async fn asked(bot: &mut Bot, text: &str) -> String {
    bot.says("ana", text).await;
    bot.skip_messages();
    bot.waiting_codes().await.remove(0)
}

/// The steps that somebody ticked in a form, as an adapter sends them.
async fn ticks(bot: &mut Bot, person: &str, steps: &[u32]) {
    let approval = bot.waiting().await.remove(0);
    let seen = approval.offered();
    bot.clicks(
        person,
        Action::Approve { approval: approval.id, seen, steps: Some(steps.to_vec()) },
    )
    .await;
    bot.settle().await;
}

#[tokio::test]
async fn what_is_left_out_never_runs_and_card_result_and_audit_say_so() {
    let mut bot = World::default().start().await;
    let code = asked(&mut bot, ASK).await;
    bot.says("ben", &format!("approve {code} 1")).await;
    let card = bot.next_message();
    assert!(card.contains("LEFT OUT by ben, does not run"), "{card}");
    bot.later(mins(2)).await;
    let told = bot.all_messages();
    assert!(told.contains("Done: Disk Cleanup on MARIA-LT-01"), "{told}");
    assert!(
        told.contains("Left out    Create a ticket on MARIA-LT-01 (Bluegum Vet), by ben"),
        "{told}"
    );
    bot.expect_ran(&["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]);
    assert!(bot.tickets().is_empty());
    let audit = bot.audit().await;
    let said = |text: &str| audit.iter().any(|it| it.contains(text));
    assert!(
        said(
            "ben decision: approved: Disk Cleanup on MARIA-LT-01 (Bluegum Vet); left out: Create a ticket on MARIA-LT-01"
        ),
        "{audit:#?}"
    );
    let entries = bot.wiring().store.audit(0, 1_000).await.unwrap();
    let decision = entries.iter().find(|it| it.kind == "decision").unwrap();
    assert_eq!(decision.subject["steps"], serde_json::json!("1"));
    assert!(
        decision.subject["yes_to"].is_string()
            && decision.subject["yes_to"] != decision.subject["plan"]
    );
    bot.finish().await;
}

#[tokio::test]
async fn a_ticket_behind_a_step_that_was_left_out_says_that_it_was_not_done() {
    let mut bot = World::default().start().await;
    asked(&mut bot, ASK).await;
    ticks(&mut bot, "ben", &[1]).await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    bot.expect_ran(&[]);
    let tickets = bot.world().tickets_created();
    assert_eq!(tickets.len(), 1);
    let text = &tickets[0].description;
    assert!(
        text.contains("Left out, so not done: Disk Cleanup on MARIA-LT-01 (Bluegum Vet), by ben"),
        "{text}"
    );
    bot.finish().await;
}

#[tokio::test]
async fn a_step_that_one_approver_left_out_stays_out_and_the_others_need_the_whole_quorum() {
    let mut bot = World::default().config(TWO).start().await;
    let code = asked(&mut bot, ASK).await;
    let whole = bot.button("Approve").await;
    bot.says("ben", &format!("approve {code} 1")).await;
    let card = bot.next_message();
    assert!(card.contains("1 of 2 approvals") && card.contains("LEFT OUT by ben"), "{card}");
    assert!(card.contains("“approve CODE 1”"), "{card}");
    bot.later(mins(1)).await;
    bot.expect_ran(&[]);

    // The card of before, the bare code and the step that is out are no yes to what is left.
    bot.clicks("mia", whole).await;
    bot.settle().await;
    assert!(bot.next_message().contains("Somebody left steps out since"), "the card of before");
    bot.says("mia", &format!("approve {code}")).await;
    assert!(bot.next_message().contains("type “approve CODE 1”"), "the bare code");
    bot.says("mia", &format!("approve {code} 1,2")).await;
    assert!(bot.next_message().contains("Step 2 was left out by somebody already"));
    bot.expect_ran(&[]);

    bot.presses("mia", "Approve").await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    bot.expect_ran(&["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]);
    assert!(bot.tickets().is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn a_yes_to_steps_that_make_no_sense_alone_decides_nothing() {
    let mut bot = World::default().start().await;
    let code = asked(&mut bot, CANARY).await;
    for (steps, refusal) in [
        ("2", "Step 2 is for the devices that follow those of step 1"),
        ("3", "The plan has no step 3"),
        ("0", "The plan has no step 0"),
    ] {
        bot.says("ben", &format!("approve {code} {steps}")).await;
        let answer = bot.next_message();
        assert!(answer.contains(refusal), "{steps}: {answer}");
    }
    ticks(&mut bot, "ben", &[]).await;
    assert!(bot.next_message().contains("A yes needs at least one step"));
    assert_eq!(bot.waiting().await.len(), 1, "it still waits");

    bot.says("ben", &format!("approve {code} 1")).await;
    bot.later(mins(2)).await;
    let told = bot.all_messages();
    assert!(told.contains("Left out") && told.contains(", by ben"), "{told}");
    bot.expect_ran(&["Flush DNS on ACME-WS-01 (Acme Logistics)"]);
    bot.finish().await;
}

#[tokio::test]
async fn the_ticket_that_a_rule_wants_cannot_be_left_out() {
    let rules = "[[rules]]\ntool = \"connectwise_rmm:cw-rmm-script-*\"\nticket = true\n";
    let mut bot = World::default().config(rules).start().await;
    let code = asked(&mut bot, "run disk cleanup on maria-lt-01").await;
    bot.says("ben", &format!("approve {code} 1")).await;
    assert!(bot.next_message().contains("A rule wants the ticket"));
    bot.later(mins(1)).await;
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn who_may_not_decide_leaves_nothing_out_either() {
    let mut bot = World::default().start().await;
    let code = asked(&mut bot, ASK).await;
    for person in ["ana", "vic"] {
        bot.says(person, &format!("approve {code} 1")).await;
        let answer = bot.next_message();
        assert!(answer.starts_with(&format!("(only for {person})")), "{answer}");
    }
    assert!(bot.waiting().await.remove(0).left_out().is_empty());
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn where_there_is_no_form_the_button_says_what_to_type() {
    let mut bot = World::default().start().await;
    asked(&mut bot, ASK).await;
    bot.presses("ben", "Approve some…").await;
    let answer = bot.next_message();
    assert!(answer.contains("Type “approve CODE 1,2” with the numbers of the steps"), "{answer}");
    bot.finish().await;

    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01").await;
    assert!(!bot.next_message().contains("Approve some"), "a plan of one step is all or nothing");
    bot.finish().await;
}
