//! The client's own contact: decides where a rule names them, for their client, and nothing else.

use countersign::ids::PersonId;

use crate::harness::{Bot, PEOPLE, World, mins};

const RULE: &str = "[[rules]]\nname = \"the client says yes too\"\ntool = \"*-disk-cleanup\"\napprovers = \"role:contact\"\n\
    [[rules]]\ntool = \"*\"\napprovers = \"role:approver\"\n";
const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &str = "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)";

async fn world(rules: &str) -> Bot {
    // Vic is of Bluegum Vet.
    let contact = "roles = [\"contact\"]\nclient = \"bluegum vet\"";
    let people = PEOPLE.replace("roles = [\"viewer\"]", contact);
    World::default().people(&people).config(rules).start().await
}

#[tokio::test]
async fn both_the_client_and_our_approver_have_to_say_yes() {
    let mut bot = world(RULE).await;
    bot.says("ana", ASK).await;
    let card = bot.next_message();
    assert!(card.contains("the client's contact"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    bot.expect_ran(&[]);
    bot.skip_messages();
    bot.presses("vic", "Approve").await;
    bot.later(mins(2)).await;
    let told = bot.all_messages();
    assert!(told.contains("Done: Disk Cleanup"), "{told}");
    bot.expect_ran(&[RAN]);
    bot.finish().await;
}

#[tokio::test]
async fn they_decide_nothing_that_no_rule_asks_them_for_and_nothing_of_another_client() {
    let mut bot = world(RULE).await;
    bot.says("ana", "run flush dns on maria-lt-01").await;
    bot.skip_messages();
    bot.presses("vic", "Approve").await;
    let answer = bot.next_message();
    assert!(answer.contains("you are not among them"), "{answer}");
    bot.presses("ben", "Deny").await;
    bot.skip_messages();

    // A rule asks for the contact of a client that has none here: nobody could say yes, so it is not asked.
    bot.says("ana", "run disk cleanup on acme-ws-01").await;
    let answer = bot.next_message();
    assert!(
        answer.contains("needs one person (the client's contact) to approve it, and nobody could"),
        "{answer}"
    );
    bot.expect_ran(&[]);
    bot.finish().await;

    let named = "[[rules]]\ntool = \"*\"\napprovers = [\"vic\", \"ben\"]\n";
    let mut bot = world(named).await;
    bot.says("ana", "run disk cleanup on acme-ws-01").await;
    bot.skip_messages();
    for button in ["Approve", "Deny"] {
        bot.presses("vic", button).await;
        let answer = bot.next_message();
        assert!(answer.contains("only for vic"), "{answer}");
    }
    assert_eq!(bot.waiting().await.len(), 1, "another client's card is not theirs");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn without_a_rule_that_names_them_they_count_for_nothing() {
    let mut bot = world("[[rules]]\ntool = \"*\"\nquorum = 2\n").await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.presses("vic", "Approve").await;
    assert!(bot.next_message().contains("you are not among them"));
    bot.presses("ben", "Approve").await;
    bot.presses("mia", "Approve").await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    bot.expect_ran(&[RAN]);
    bot.finish().await;
}

#[tokio::test]
async fn they_ask_for_nothing_and_look_nothing_up() {
    let mut bot = world(RULE).await;
    for text in [
        ASK,
        "list devices",
        "help",
        "halt everything",
        "what is waiting?",
        "grants",
        "withdraw 7F3K",
    ] {
        bot.says("vic", text).await;
        let answer = bot.next_message();
        assert!(
            answer.contains("You decide here what is asked about bluegum vet"),
            "{text}: {answer}"
        );
        assert!(answer.starts_with("(only for vic)"), "{text}: {answer}");
    }
    assert!(bot.waiting().await.is_empty());
    bot.expect_ran(&[]);
    let vic = bot.wiring().engine.people().get(&PersonId::new("vic")).unwrap();
    assert!(!vic.may_ask() && !vic.may_approve());
    bot.finish().await;
}
