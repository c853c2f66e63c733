//! The kill switch.

use countersign::conversation::{Named, Switch};

use crate::harness::{World, mins};

const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &[&str] = &["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"];

#[tokio::test]
async fn a_halt_in_chat_holds_what_was_approved_and_is_queued() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.taps("ben", "Approve").await;
    bot.decides_only().await;
    bot.skip_messages();
    // The run is granted and not yet sent.
    bot.says("ben", "halt everything because ransomware").await;
    let messages: Vec<String> = (0..bot.unread()).map(|_| bot.next_message()).collect();
    assert!(
        messages.iter().any(|it| it.contains("Everything is halted by ben (ransomware)")),
        "{messages:#?}"
    );
    bot.later(mins(1)).await;
    bot.skip_messages();
    bot.expect_ran(&[]);

    bot.says("ana", ASK).await;
    let answer = bot.next_message();
    assert!(answer.contains("Not allowed") && answer.contains("ransomware"), "{answer}");
    bot.says("ana", "list companies").await;
    assert!(!bot.next_message().contains("halted"), "looking goes on");

    bot.says("ben", "resume everything").await;
    assert!(bot.next_message().contains("Only a manager or an admin"));
    bot.says("mia", "resume everything").await;
    assert!(bot.next_message().contains("everything may run again"));
    bot.says("ana", ASK).await;
    bot.lets_run("ben", RAN).await;
    let audit = bot.audit().await;
    assert!(
        audit.iter().any(|it| it.starts_with("ben halted: Everything is halted")),
        "{audit:#?}"
    );
    assert!(audit.iter().any(|it| it.starts_with("mia resumed: ")), "{audit:#?}");
    bot.finish().await;
}

#[tokio::test]
async fn a_halt_of_a_client_a_tool_or_a_person_is_about_that_only() {
    let mut bot = World::default().start().await;
    for (command, stopped, runs) in [
        ("client Bluegum Vet", ASK, "run disk cleanup on acme-ws-01"),
        ("tool cw-rmm-script-disk-cleanup", ASK, "run reboot computer on maria-lt-01"),
    ] {
        bot.says("ana", &format!("halt {command}")).await;
        assert!(bot.next_message().contains("halted by ana"), "{command}");
        bot.says("ana", stopped).await;
        assert!(bot.next_message().contains("Not allowed"), "{command}");
        bot.says("ana", runs).await;
        assert!(bot.next_message().contains("Approval needed"), "{command}");
        bot.says("mia", &format!("resume {command}")).await;
        bot.skip_messages();
    }
    bot.says("mia", "halt person ana").await;
    bot.skip_messages();
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("what ana asks for is halted by mia"));
    bot.says("ben", ASK).await;
    assert!(bot.next_message().contains("Approval needed"));
    bot.says("vic", "halt everything").await;
    assert!(bot.next_message().contains("Only somebody who may ask or approve"));
    bot.says("ana", "halt client Nowhere").await;
    assert!(bot.next_message().contains("is not one client"));
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn a_halt_from_another_process_holds_at_once() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    let other = bot.another_process().await;
    let mia = other.people().iter().find(|it| it.name == "mia").unwrap();
    other.switch(mia, Switch::Halt, &Named::Everything, None).await.unwrap();
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let last = bot.last_message();
    assert!(last.contains("halted by mia"), "{last}");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn a_client_that_two_products_spell_differently_is_halted_in_both_by_its_name() {
    let mut bot = World::default().with_all().start().await;
    bot.says("mia", "halt client Bluegum Vet because incident").await;
    let told = bot.next_message();
    assert!(told.contains("Bluegum Vet Pty Ltd is halted"), "{told}");
    assert!(told.contains("Bluegum Vet is halted"), "{told}");
    bot.says("ana", "run flush dns on maria-lt-01").await;
    assert!(bot.next_message().contains("Not allowed"));
    bot.says("mia", "resume client Bluegum Vet").await;
    assert!(bot.next_message().contains("may run again"));
    bot.says("ana", "run flush dns on maria-lt-01").await;
    assert!(bot.next_message().contains("Approval needed"));
    bot.expect_ran(&[]);
    bot.finish().await;
}
