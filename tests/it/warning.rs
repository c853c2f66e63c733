//! Whoever sits at a machine is told before something changes there.

use countersign_simulator::access::ControlRoute;
use countersign_simulator::automate::Cure;
use countersign_simulator::{Fault, FaultKind, Route};

use crate::harness::{World, hours, mins};
use crate::repair::{linked, silent, steps};

const ASK: &str = "run flush dns on maria-lt-01 and warn the user 10 minutes before";
const RAN: &str = "Flush DNS on MARIA-LT-01 (Bluegum Vet)";
const TOLD: &str =
    "ana (IT support) starts “Flush DNS” on this computer in 10 minutes. Please save your work.";

#[tokio::test]
async fn the_user_is_told_once_and_has_the_time_that_was_promised() {
    let mut bot = World::default().with_all().start().await;
    bot.says("ana", ASK).await;
    let card = bot.next_message();
    let says =
        "whoever is logged on there, 10 minutes before, by a message through ConnectWise Control";
    assert!(card.contains(says), "{card}");
    assert!(bot.world().control_messages("MARIA-LT-01").unwrap().is_empty(), "nobody approved it");
    bot.presses("ben", "Approve").await;
    let card = bot.all_messages();
    assert!(card.contains("Warned: Flush DNS on MARIA-LT-01"), "{card}");
    assert!(card.contains("it starts at 09:1") && card.contains("[Call it off]"), "{card}");
    bot.dies_and_restarts().await;
    bot.later(mins(9)).await;
    bot.expect_ran(&[]);
    bot.later(mins(4)).await;
    bot.expect_ran(&[RAN]);
    let shown = bot.all_messages();
    assert!(shown.contains("BLUEGUM\\maria was warned on MARIA-LT-01 (Bluegum Vet) at"), "{shown}");
    assert_eq!(bot.world().control_messages("MARIA-LT-01").unwrap(), [TOLD]);
    bot.finish().await;
}

#[tokio::test]
async fn with_a_start_of_its_own_they_are_told_before_that() {
    let mut bot = World::default().with_all().start().await;
    bot.says("ana", "run flush dns on maria-lt-01 in 2 hours, warn the user 10 minutes before")
        .await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(100)).await;
    assert!(bot.world().control_messages("MARIA-LT-01").unwrap().is_empty(), "too early");
    bot.later(mins(12)).await;
    assert_eq!(bot.world().control_messages("MARIA-LT-01").unwrap().len(), 1);
    bot.expect_ran(&[]);
    bot.later(mins(12)).await;
    bot.expect_ran(&[RAN]);
    bot.skip_messages();
    bot.finish().await;
}

#[tokio::test]
async fn nobody_there_is_no_reason_to_wait() {
    let mut bot = World::default().with_all().start().await;
    bot.says("ana", "run flush dns on fs01, warn the user first").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    bot.expect_ran(&["Flush DNS on FS01 (Acme Logistics)"]);
    let shown = bot.all_messages();
    let told = "nobody was logged on to FS01 (Acme Logistics), so nobody was warned";
    assert!(shown.contains(told), "{shown}");
    bot.finish().await;
}

#[tokio::test]
async fn without_a_way_to_warn_them_it_is_not_asked_for() {
    let mut bot = World::default().start().await;
    bot.answers(ASK, &["Nobody at MARIA-LT-01 (Bluegum Vet) can be warned", "ConnectWise Control"])
        .await;
    bot.finish().await;
    let mut bot = World::default().with_all().start().await;
    bot.answers(
        "run flush dns on maria-lt-01, warn the user 600 minutes before",
        &["1 to 120 minutes"],
    )
    .await;
    assert!(bot.waiting().await.is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn a_message_that_is_refused_stops_it() {
    let mut bot = World::default().with_all().start().await;
    bot.fault(Fault::always(Route::Control(ControlRoute::Message), FaultKind::Forbidden403));
    bot.says("ana", ASK).await;
    bot.presses("ben", "Approve").await;
    bot.later(hours(1)).await;
    bot.expect_ran(&[]);
    let shown = bot.all_messages();
    assert!(shown.contains("Not sent: Flush DNS"), "{shown}");
    bot.finish().await;
}

#[tokio::test]
async fn what_is_halted_meanwhile_does_not_start_and_who_asked_may_call_it_off() {
    let mut bot = World::default().with_all().start().await;
    bot.says("ana", ASK).await;
    bot.presses("ben", "Approve").await;
    bot.says("mia", "halt client Bluegum Vet because incident").await;
    bot.later(mins(15)).await;
    bot.expect_ran(&[]);
    bot.says("mia", "resume client Bluegum Vet").await;
    bot.says("ana", ASK).await;
    bot.presses("ben", "Approve").await;
    bot.presses("ana", "Call it off").await;
    bot.later(mins(15)).await;
    bot.expect_ran(&[]);
    let shown = bot.all_messages();
    assert!(shown.contains("Called off"), "{shown}");
    bot.finish().await;
}

#[tokio::test]
async fn of_many_devices_one_where_nobody_is_logged_on_waits_for_the_start_too() {
    let rollout = "[rollout]\nfrom_devices = 2\nfirst = 1\nat_once = 1\n";
    let mut bot = World::default().with_all().config(rollout).start().await;
    let devices = "fs01 at acme and print01 at acme and dc02 at acme";
    let ask = format!("run flush dns on {devices} in 2 hours, warn the user 10 minutes before");
    bot.says("ana", &ask).await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(115)).await;
    bot.expect_ran(&[]);
    bot.later(mins(20)).await;
    assert_eq!(bot.ran().len(), 3);
    bot.skip_messages();
    bot.finish().await;
}

#[tokio::test]
async fn a_repair_where_nobody_is_logged_on_waits_for_its_start_too() {
    let mut bot = linked(World::default().with_all()).await;
    silent(&mut bot, &[("FS01", Cure::Restart)]).await;
    let ask = "repair the automate agent on fs01 in 30 minutes, warn the user 10 minutes before";
    bot.says("ana", ask).await;
    let card = bot.next_message();
    assert!(
        card.contains("Repair Automate agent on FS01") && card.contains("10 minutes before"),
        "{card}"
    );
    bot.presses("ben", "Approve").await;
    bot.later(mins(28)).await;
    assert_eq!(steps(&bot, "FS01"), (0, 0), "it began before its time");
    bot.later(mins(10)).await;
    assert_eq!(steps(&bot, "FS01"), (1, 0));
    assert!(bot.world().control_messages("FS01").unwrap().is_empty());
    let result = bot.last_message();
    assert!(result.contains("Done: Repair Automate agent on FS01"), "{result}");
    bot.finish().await;
}
