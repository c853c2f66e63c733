//! Rules of the console: checked, tried, saved, and in force at once, in every process.

use countersign::conversation::{Explanation, RulesError};
use countersign::directory::Person;
use countersign::ids::PersonId;
use countersign::ports::Store as _;

use crate::harness::{Bot, World, mins};

const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &str = "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)";
const NEVER: &str =
    "[[rules]]\nname = \"not now\"\ntool = \"*-disk-cleanup\"\npolicy = \"never\"\n";
const TWO: &str = "[[rules]]\nname = \"four eyes\"\ntool = \"*\"\nquorum = 2\n";

fn person(bot: &Bot, name: &str) -> Person {
    bot.wiring().engine.people().get(&PersonId::new(name)).expect("a person").clone()
}

async fn save(bot: &Bot, text: &str, seen: i64) -> Result<i64, RulesError> {
    bot.wiring().engine.save_rules(&person(bot, "mia"), text, seen).await
}

#[tokio::test]
async fn what_is_saved_holds_at_once_and_the_audit_has_both_versions() {
    let mut bot = World::default().start().await;
    assert_eq!(save(&bot, NEVER, 0).await.unwrap(), 1);
    bot.says("ana", ASK).await;
    let answer = bot.next_message();
    assert!(answer.contains("Not allowed") && answer.contains("rule “not now”: never"), "{answer}");
    assert_eq!(save(&bot, TWO, 1).await.unwrap(), 2);
    bot.says("ana", ASK).await;
    let card = bot.next_message();
    assert!(card.contains("2 people other than the requester"), "{card}");
    let explained = bot.wiring().engine.explain(&person(&bot, "ana"), ASK).await.unwrap();
    let Explanation::Calls(calls) = explained else { panic!("a plan") };
    assert!(calls[0].0.contains("rules[1] of the console fires"), "{}", calls[0].0);

    let entries = bot.wiring().store.audit(0, 100).await.unwrap();
    let saved: Vec<_> = entries.iter().filter(|it| it.kind == "rules").collect();
    assert_eq!(saved.len(), 2);
    assert_eq!(saved[1].actor, "mia");
    assert_eq!(saved[1].subject["old"], serde_json::json!(NEVER));
    assert_eq!(saved[1].subject["new"], serde_json::json!(TWO));
    assert!(
        saved[1].text.contains("version 2: 3 lines added, 3 lines removed"),
        "{}",
        saved[1].text
    );
    bot.finish().await;
}

#[tokio::test]
async fn rules_with_problems_are_told_by_line_and_change_nothing() {
    let mut bot = World::default().start().await;
    for (text, wanted) in [
        (
            "[[rules]]\ntool = \"*\"\n\n[[rules]]\ntool = \"*\"\nquorum = 0\n",
            "line 6, rules[2].quorum: has to be at least 1",
        ),
        (
            "[[rules]]\ntool = \"*\"\nquorun = 2\n",
            "line 3, rules[1].quorun: unknown field `quorun`",
        ),
        (
            "[[rules]]\ntool = \"*\"\napprovers = \"Zed\"\n",
            "line 3, rules[1].approvers: Zed is not among the [[people]]",
        ),
        ("[[rules]\n", "line 1, syntax:"),
        ("[caps]\nclients_per_plan = 1\n", "line 1, caps: only [[rules]] stand here"),
        (&"#".repeat(17_000), "longer than 16 kB"),
    ] {
        let error = save(&bot, text, 0).await.unwrap_err();
        let RulesError::Faulty(faults) = error else { panic!("{error}") };
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|it| it.contains(wanted)), "{wanted}: {told:?}");
    }
    assert!(bot.wiring().store.policies().await.unwrap().book.is_none());
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("Approval needed"));
    bot.finish().await;
}

#[tokio::test]
async fn only_an_admin_changes_rules_and_never_over_a_version_that_they_did_not_see() {
    let bot = World::default().start().await;
    for name in ["ana", "ben", "vic"] {
        let engine = &bot.wiring().engine;
        let by = person(&bot, name);
        let saved = engine.save_rules(&by, TWO, 0).await;
        assert!(matches!(saved, Err(RulesError::NotAdmin)), "{name}");
        assert!(matches!(engine.try_rules(&by, TWO).await, Err(RulesError::NotAdmin)), "{name}");
    }
    save(&bot, TWO, 0).await.unwrap();
    assert!(matches!(save(&bot, NEVER, 0).await, Err(RulesError::Stale)));
    assert_eq!(bot.wiring().store.policies().await.unwrap().book.unwrap().text, TWO);
    bot.finish().await;
}

#[tokio::test]
async fn a_change_is_tried_on_what_was_asked_of_late() {
    let mut bot = World::default().start().await;
    for text in [ASK, "run flush dns on acme-ws-01"] {
        bot.says("ana", text).await;
        bot.skip_messages();
    }
    let engine = &bot.wiring().engine;
    let tried = engine.try_rules(&person(&bot, "mia"), NEVER).await.unwrap();
    assert_eq!((tried.rules, tried.requests, tried.changed.len()), (1, 2, 1));
    let changed = &tried.changed[0];
    assert_eq!(changed.what, RAN);
    assert!(changed.was.starts_with("asks one person"), "{}", changed.was);
    assert_eq!(changed.would_be, "is refused: rule “not now”: never");
    let tried = engine.try_rules(&person(&bot, "mia"), "").await.unwrap();
    assert!(tried.changed.is_empty());
    assert!(bot.wiring().store.policies().await.unwrap().book.is_none(), "nothing is saved by it");
    bot.finish().await;
}

#[tokio::test]
async fn a_waiting_approval_that_would_be_ruled_differently_does_not_run() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    save(&bot, TWO, 0).await.unwrap();
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let told = bot.all_messages();
    assert!(told.contains("the policy changed since this was approved"), "{told}");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn another_process_saves_rules_and_a_send_that_is_under_way_sees_them() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.taps("ben", "Approve").await;
    bot.decides_only().await;
    let other = bot.another_process().await;
    other.save_rules(&person(&bot, "mia"), NEVER, 0).await.unwrap();
    bot.later(mins(1)).await;
    bot.skip_messages();
    bot.expect_ran(&[]);
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("Not allowed"));
    bot.finish().await;
}

#[tokio::test]
async fn rules_that_can_be_read_no_more_refuse_everything_and_say_so() {
    let ben_only = "[[rules]]\ntool = \"*\"\napprovers = \"ben\"\n";
    let mut bot = World::default().start().await;
    save(&bot, ben_only, 0).await.unwrap();
    bot.without_person("ben");
    bot.dies_and_restarts().await;
    bot.says("ana", ASK).await;
    let answer = bot.next_message();
    assert!(answer.contains("the rules of the console cannot be read: line 3"), "{answer}");
    bot.expect_ran(&[]);
    // An admin gets out of it.
    save(&bot, TWO.replace("2", "1").as_str(), 1).await.unwrap();
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("Approval needed"));
    bot.finish().await;
}
