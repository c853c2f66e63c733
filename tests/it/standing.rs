//! A yes given ahead: signed by a manager, shrinking with each device, over with the first failure.

use countersign::conversation::Explanation;
use countersign::conversation::Named;
use countersign::conversation::Switch;
use countersign::ids::PersonId;

use crate::harness::{Bot, World, mins};

const GRANT: &str =
    "grant disk cleanup on Bluegum Vet's workstations for 2 hours, 2 uses because CW-1";
const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &str = "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)";

/// Asked by ana; gives the code.
async fn proposed(bot: &mut Bot, text: &str) -> String {
    bot.says("ana", text).await;
    let card = bot.next_message();
    assert!(card.contains("Standing grant to sign"), "{card}");
    let open = bot.wiring().engine.standing_grants().await.expect("the store works");
    open.first().expect("a standing grant").code.clone()
}

async fn signed(bot: &mut Bot, text: &str) -> String {
    let code = proposed(bot, text).await;
    bot.presses("mia", "Sign").await;
    let card = bot.next_message();
    assert!(card.contains("Signed by") && card.contains("mia at 09:"), "{card}");
    code
}

/// Asks, and says whether it went without a card to approve.
async fn runs_at_once(bot: &mut Bot, text: &str) -> bool {
    bot.says("ana", text).await;
    let told = bot.all_messages();
    let waits = !bot.waiting().await.is_empty();
    if waits {
        bot.presses("ben", "Deny").await;
        bot.skip_messages();
    }
    assert_eq!(waits, told.contains("Approval needed"), "{told}");
    !waits
}

#[tokio::test]
async fn a_signed_grant_lets_it_run_and_shrinks_until_it_is_used_up() {
    let mut bot = World::default().start().await;
    let code = proposed(&mut bot, GRANT).await;
    assert!(!runs_at_once(&mut bot, ASK).await, "nobody signed it yet");
    bot.says("mia", &format!("sign {code}")).await;
    bot.skip_messages();

    bot.says("ana", ASK).await;
    bot.later(mins(2)).await;
    let told = bot.all_messages();
    assert!(
        told.contains("given ahead by the standing grant")
            && told.contains("signed by mia; 1 of 2 uses left"),
        "{told}"
    );
    assert!(told.contains("Allowed by") && told.contains("Done: Disk Cleanup"), "{told}");
    bot.expect_ran(&[RAN]);
    assert!(bot.waiting().await.is_empty());

    assert!(!runs_at_once(&mut bot, "run disk cleanup on acme-ws-01").await, "another client");
    assert!(
        !runs_at_once(&mut bot, "run disk cleanup on maria-lt-01 with days 30").await,
        "other arguments"
    );
    assert!(!runs_at_once(&mut bot, "run flush dns on maria-lt-01").await, "another script");
    assert!(runs_at_once(&mut bot, ASK).await);
    bot.later(mins(2)).await;
    bot.skip_messages();
    bot.expect_ran(&[RAN, RAN]);
    assert!(!runs_at_once(&mut bot, ASK).await, "both uses are taken");

    let audit = bot.audit().await;
    for part in [
        "ana standing_asked: asked for a standing grant: Disk Cleanup on workstations of Bluegum Vet for 2 h, 2 uses",
        "mia standing_signed: signed a standing grant",
        "ana standing_used: used for Disk Cleanup on MARIA-LT-01 (Bluegum Vet)",
        "countersign granted: granted by standing grant",
    ] {
        assert!(audit.iter().any(|it| it.starts_with(part)), "{part} is not in {audit:#?}");
    }
    bot.finish().await;
}

#[tokio::test]
async fn only_a_manager_signs_and_never_who_asked() {
    let mut bot = World::default().start().await;
    let code = proposed(&mut bot, GRANT).await;
    for (person, refusal) in [
        ("ana", "You asked for this standing grant"),
        ("ben", "Only a manager can sign"),
        ("vic", "Only a manager can sign"),
    ] {
        bot.says(person, &format!("sign {code}")).await;
        let answer = bot.next_message();
        assert!(answer.contains(refusal), "{person}: {answer}");
    }
    bot.says("vic", &format!("revoke {code}")).await;
    assert!(bot.next_message().contains("Only who asked for it, a manager or an admin"));
    bot.says("vic", GRANT).await;
    assert!(bot.next_message().contains("Your role may not ask for changes"));
    bot.says("mia", GRANT).await;
    assert!(bot.next_message().contains("Nobody else has the role manager"));
    assert!(!runs_at_once(&mut bot, ASK).await);
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn a_grant_is_for_the_requests_of_who_asked_for_it() {
    let mut bot = World::default().start().await;
    signed(&mut bot, GRANT).await;
    bot.says("ben", ASK).await;
    assert!(bot.next_message().contains("Approval needed"));
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn it_ends_with_its_time() {
    let mut bot = World::default().start().await;
    signed(&mut bot, GRANT).await;
    bot.jumps(mins(121)).await;
    let card = bot.next_message();
    assert!(card.contains("Standing grant ended") && card.contains("Its time is over"), "{card}");
    assert!(!runs_at_once(&mut bot, ASK).await);
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn one_failed_run_ends_it() {
    let mut bot = World::default().start().await;
    signed(&mut bot, GRANT).await;
    bot.world().fail_script("Disk Cleanup", Some("MARIA-LT-01"), "Access is denied.").unwrap();
    bot.says("ana", ASK).await;
    bot.later(mins(2)).await;
    let told = bot.all_messages();
    assert!(
        told.contains("Standing grant ended")
            && told.contains("Disk Cleanup on MARIA-LT-01 (Bluegum Vet) failed"),
        "{told}"
    );
    assert!(!runs_at_once(&mut bot, ASK).await);
    let audit = bot.audit().await;
    assert!(audit.iter().any(|it| it.starts_with("countersign standing_ended:")), "{audit:#?}");
    bot.finish().await;
}

#[tokio::test]
async fn an_edit_of_the_script_ends_it() {
    let mut bot = World::default().start().await;
    signed(&mut bot, GRANT).await;
    bot.world().edit_script("Disk Cleanup").unwrap();
    bot.sync().await;
    bot.settle().await;
    let card = bot.next_message();
    assert!(card.contains("The script Disk Cleanup was edited"), "{card}");
    assert!(!runs_at_once(&mut bot, ASK).await);
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn a_halt_ends_it_for_good() {
    let mut bot = World::default().start().await;
    signed(&mut bot, GRANT).await;
    bot.says("ben", "halt client Bluegum Vet because of an incident").await;
    let told = bot.all_messages();
    assert!(told.contains("Standing grant ended"), "{told}");
    bot.says("mia", "resume client Bluegum Vet").await;
    bot.skip_messages();
    assert!(!runs_at_once(&mut bot, ASK).await, "what was halted is not given ahead any more");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn what_is_revoked_before_the_send_is_not_sent() {
    let mut bot = World::default().start().await;
    let code = signed(&mut bot, GRANT).await;
    bot.writes("ana", ASK).await;
    bot.decides_only().await;
    let other = bot.another_process().await;
    let mia = other.people().get(&PersonId::new("mia")).unwrap().clone();
    let told = other.revoke_standing(&mia, &code, Some("wrong client")).await.unwrap();
    assert!(told.contains("Revoked"), "{told}");
    bot.later(mins(2)).await;
    let told = bot.all_messages();
    assert!(told.contains("mia revoked it (wrong client)"), "{told}");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn rules_that_refuse_or_want_more_people_still_do() {
    let never = "[[rules]]\ntool = \"*-disk-cleanup\"\nclient = \"Bluegum*\"\npolicy = \"never\"\n";
    let mut bot = World::default().config(never).start().await;
    signed(&mut bot, GRANT).await;
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("Not allowed"));
    bot.expect_ran(&[]);
    bot.finish().await;

    for (rule, why) in
        [("quorum = 2", "it is one yes"), ("approvers = \"ben\"", "mia is none of them")]
    {
        let rule = format!("[[rules]]\ntool = \"*\"\n{rule}\n");
        let mut bot = World::default().config(&rule).start().await;
        signed(&mut bot, GRANT).await;
        let engine = &bot.wiring().engine;
        let ana = engine.people().get(&PersonId::new("ana")).unwrap();
        let Explanation::Calls(calls) = engine.explain(ana, ASK).await.unwrap() else {
            panic!("a plan")
        };
        assert!(
            calls[0].0.contains("does not cover it") && calls[0].0.contains(why),
            "{}",
            calls[0].0
        );
        assert!(!runs_at_once(&mut bot, ASK).await, "{why}");
        bot.expect_ran(&[]);
        bot.finish().await;
    }
}

#[tokio::test]
async fn the_ticket_behind_a_covered_change_comes_along() {
    let rules = "[[rules]]\ntool = \"connectwise_rmm:cw-rmm-script-*\"\nticket = true\n";
    let mut bot = World::default().config(rules).start().await;
    signed(&mut bot, GRANT).await;
    bot.says("ana", ASK).await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    bot.expect_ran(&[RAN]);
    assert_eq!(bot.tickets().len(), 1);
    bot.finish().await;
}

#[tokio::test]
async fn what_was_approved_every_time_is_offered_to_be_allowed_ahead() {
    let mut bot = World::default().start().await;
    for round in 1..=5 {
        bot.says("ana", ASK).await;
        bot.presses("ben", "Approve").await;
        bot.later(mins(2)).await;
        let told = bot.all_messages();
        assert_eq!(told.contains("allow it ahead"), round == 5, "round {round}: {told}");
    }
    bot.presses("ana", "Approved 5 of 5 times: allow it ahead…").await;
    let card = bot.next_message();
    assert!(card.contains("the same was approved 5 of the last 5 times"), "{card}");
    assert!(card.contains("Disk Cleanup on workstations of Bluegum Vet"), "{card}");
    bot.presses("mia", "Sign").await;
    bot.skip_messages();
    assert!(runs_at_once(&mut bot, ASK).await);
    bot.later(mins(2)).await;
    bot.skip_messages();
    bot.finish().await;
}

#[tokio::test]
async fn the_list_names_the_open_ones_and_a_wrong_request_says_how() {
    let mut bot = World::default().start().await;
    bot.answers("grants", &["No standing grant is open"]).await;
    bot.answers("grant me everything", &["grant disk cleanup on Acme's workstations"]).await;
    bot.answers("grant disk cleanup on Nowhere for 2 hours, 1 use", &["is not one client"]).await;
    bot.answers("grant disk cleanup on Acme for 90 days, 1 use", &["at most 30 days"]).await;
    bot.answers("grant teleport on Acme for 1 day, 1 use", &["is no tool"]).await;
    let code = signed(&mut bot, GRANT).await;
    bot.answers("grants", &["1 standing grant open", "2 of 2 uses left", "signed by mia"]).await;
    bot.says("ana", &format!("revoke {code}")).await;
    let told = bot.all_messages();
    assert!(told.contains("Revoked: the standing grant"), "{told}");
    bot.answers("grants", &["No standing grant is open"]).await;
    let everything = Named::Everything;
    let ben = bot.wiring().engine.people().get(&PersonId::new("ben")).unwrap().clone();
    bot.wiring().engine.switch(&ben, Switch::Halt, &everything, None).await.unwrap();
    bot.finish().await;
}
