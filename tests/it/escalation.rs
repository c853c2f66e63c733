//! When nobody decides: the next approvers come in, and whoever is away lets somebody decide for them.

use crate::harness::{World, mins};

const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &[&str] = &["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"];

#[tokio::test]
async fn the_next_approver_may_decide_after_a_while_and_not_before() {
    let rules = "[[rules]]\ntool = \"*\"\napprovers = \"ben\"\nescalate_mins = 30\nescalate_to = \"role:manager\"\n";
    let mut bot = World::default().config(rules).start().await;
    bot.says("ana", ASK).await;
    let card = bot.next_message();
    assert!(card.contains("ben (after 30 min also the role manager)"), "{card}");
    bot.later(mins(29)).await;
    bot.presses("mia", "Approve").await;
    assert!(bot.next_message().contains("you are not among them"));
    bot.later(mins(2)).await;
    let card = bot.next_message();
    assert!(card.contains("other than the requester: ben or the role manager"), "{card}");
    let told = bot.next_message();
    assert!(told.contains("Nobody decided for 30 min, so the role manager may, too"), "{told}");
    bot.later(mins(10)).await;
    assert_eq!(bot.unread(), 0, "it is told once");
    bot.lets_run("mia", RAN).await;
    bot.finish().await;
}

#[tokio::test]
async fn a_delegate_decides_for_whoever_is_away_and_both_names_are_kept() {
    let rules = "[[rules]]\ntool = \"*\"\napprovers = \"mia\"\n";
    let mut bot = World::default().config(rules).start().await;
    bot.says("mia", "away 3 days delegate ana").await;
    let told = bot.next_message();
    assert!(told.contains("ana holds neither the role approver nor manager"), "{told}");
    bot.says("mia", "away 3 days delegate ben").await;
    let told = bot.next_message();
    assert!(told.contains("ben decides for mia until 4 Sep 2026, 09:00 UTC"), "{told}");

    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    let card = bot.next_message();
    assert!(card.contains("ben on behalf of mia at 09:00 UTC"), "{card}");
    bot.later(mins(1)).await;
    bot.skip_messages();
    bot.expect_ran(RAN);
    let audit = bot.audit().await;
    assert!(audit.iter().any(|it| it.contains("approved on behalf of mia")), "{audit:#?}");

    // Nobody decides what they asked for, not through a delegate either.
    bot.in_thread("two");
    bot.says("mia", "run disk cleanup on acme-ws-01").await;
    bot.skip_messages();
    assert_eq!(bot.waiting_codes().await.len(), 0, "only mia could approve what mia asks for");

    bot.says("mia", "back").await;
    assert!(bot.next_message().contains("mia is back"));
    bot.says("ana", "run disk cleanup on acme-ws-02").await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("you are not among them"));
    bot.expect_ran(RAN);
    bot.finish().await;
}

#[tokio::test]
async fn an_absence_that_is_over_gives_no_right() {
    let rules = "[[rules]]\ntool = \"*\"\napprovers = \"mia\"\n";
    let mut bot = World::default().config(rules).start().await;
    bot.says("mia", "away 1 hour delegate ben").await;
    bot.skip_messages();
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.later(mins(61)).await;
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("you are not among them"));
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn both_versions_of_an_edited_plan_name_each_other() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    let old = bot.waiting().await.remove(0);
    bot.edits("ben", 0, serde_json::json!({ "days": 30, "drive": "C:" })).await;
    bot.skip_messages();
    let new = bot.waiting().await.remove(0);
    let link = new.instead_of.expect("the new one names the old one");
    assert_eq!(link.code, old.code);
    assert!(link.difference.contains("ben edited it"), "{}", link.difference);
    let old = bot.wiring().engine.store().approval(&old.id).await.unwrap().unwrap();
    assert_eq!(old.replaced_by, Some(new.code));
    bot.expect_ran(&[]);
    bot.finish().await;
}
