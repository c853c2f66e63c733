//! Runs that start later: what is named, what is checked right before, and how they are called off.

use crate::harness::{World, hours, mins};

const RAN: &[&str] = &["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"];
const TONIGHT: &str = "run disk cleanup on maria-lt-01 tonight at 10";

/// It is Tuesday, 19:00 in Sydney.
const CLIENT: &str = r#"
[[clients]]
name = "Bluegum Vet"
time_zone = "Australia/Sydney"
business_hours = "mon-fri 08:00-20:00"
maintenance = ["wed 01:00-03:00"]
"#;

#[tokio::test]
async fn a_run_starts_at_the_time_that_its_card_named_and_after_a_restart_too() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.says("ana", TONIGHT).await;
    let card = bot.next_message();
    assert!(
        card.contains("Tue 1 Sep 2026, 22:00 (Australia/Sydney), by 23:00 at the latest"),
        "{card}"
    );
    bot.presses("ben", "Approve").await;
    let card = bot.next_message();
    assert!(card.contains("Scheduled: Disk Cleanup") && card.contains("[Call it off]"), "{card}");
    bot.jumps(hours(2)).await;
    bot.dies_and_restarts().await;
    bot.says("vic", "what is scheduled?").await;
    let list = bot.last_message();
    assert!(list.contains("1 run scheduled") && list.contains("22:00"), "{list}");
    bot.skip_messages();
    bot.expect_ran(&[]);
    bot.jumps(mins(55)).await;
    bot.expect_ran(&[]);
    bot.jumps(mins(5)).await;
    bot.later(mins(1)).await;
    assert!(bot.last_message().contains("Done: Disk Cleanup"));
    bot.skip_messages();
    bot.expect_ran(RAN);
    bot.finish().await;
}

#[tokio::test]
async fn the_maintenance_window_and_the_end_of_business_are_the_clients() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01 in the client's maintenance window").await;
    let card = bot.next_message();
    assert!(
        card.contains(
            "in the maintenance window Wed 2 Sep 2026, 01:00 to 03:00 (Australia/Sydney)"
        ),
        "{card}"
    );
    bot.says("ana", "run flush dns on maria-lt-01 after hours").await;
    let card = bot.next_message();
    assert!(card.contains("after business hours, Tue 1 Sep 2026, 20:00"), "{card}");
    bot.says("ana", "run disk cleanup on acme-ws-01 in the maintenance window").await;
    let answer = bot.next_message();
    assert!(answer.contains("I know no maintenance window of Acme"), "{answer}");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn what_missed_its_window_is_not_run_late_but_asked_again() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01 in the maintenance window").await;
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    // The bot is down over the whole window.
    bot.jumps(hours(9)).await;
    bot.later(mins(1)).await;
    let shown = bot.all_messages();
    assert!(shown.contains("so it was not started late"), "{shown}");
    bot.expect_ran(&[]);
    bot.presses("ana", "Ask again").await;
    let card = bot.next_message();
    assert!(card.contains("Approval needed") && card.contains("Wed 9 Sep 2026, 01:00"), "{card}");
    bot.finish().await;
}

#[tokio::test]
async fn whatever_changed_until_the_start_stops_it() {
    for change in ["halt", "script", "policy"] {
        let mut bot = World::default().config(CLIENT).start().await;
        bot.says("ana", TONIGHT).await;
        bot.presses("ben", "Approve").await;
        bot.skip_messages();
        bot.meets(change).await;
        bot.jumps(hours(3)).await;
        bot.later(mins(1)).await;
        let shown = bot.all_messages();
        assert!(shown.contains("Not sent: Disk Cleanup"), "{change}: {shown}");
        bot.expect_ran(&[]);
        bot.finish().await;
    }
}

#[tokio::test]
async fn a_scheduled_run_is_called_off_by_those_who_may() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.says("ana", TONIGHT).await;
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    bot.presses("vic", "Call it off").await;
    assert!(bot.next_message().contains("can call it off"));
    bot.presses("ana", "Call it off").await;
    let shown = bot.all_messages();
    assert!(shown.contains("Called off: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"), "{shown}");
    assert!(shown.contains("ana called it off before it started"), "{shown}");
    bot.jumps(hours(4)).await;
    bot.skip_messages();
    bot.expect_ran(&[]);
    bot.says("ana", "scheduled").await;
    assert!(bot.next_message().contains("Nothing is scheduled"));
    let audit = bot.audit().await;
    assert!(audit.iter().any(|it| it.starts_with("ana cancelled: ")), "{audit:#?}");
    bot.finish().await;
}

#[tokio::test]
async fn a_time_that_has_passed_is_asked_about_and_never_runs_at_once_by_itself() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01 today at 8am").await;
    let question = bot.next_message();
    assert!(question.contains("has passed already"), "{question}");
    bot.presses("ana", "Wed 2 Sep 2026, 08:00 (UTC+10:00)").await;
    let card = bot.next_message();
    assert!(card.contains("Wed 2 Sep 2026, 08:00 (Australia/Sydney)"), "{card}");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn a_run_waits_for_its_device_to_come_back() {
    let mut bot = World::default().config(CLIENT).start().await;
    bot.world().set_online("MARIA-LT-01", false).unwrap();
    bot.sync().await;
    bot.says("ana", "run disk cleanup on maria-lt-01 when it is back online").await;
    let card = bot.next_message();
    assert!(card.contains("when the device is online, until Tue 8 Sep 2026"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    bot.later(mins(3)).await;
    bot.skip_messages();
    assert_eq!(bot.world().scheduled().len(), 0, "nothing is sent while it is away");
    bot.world().set_online("MARIA-LT-01", true).unwrap();
    bot.sync().await;
    bot.later(mins(3)).await;
    bot.skip_messages();
    bot.expect_ran(RAN);
    bot.finish().await;
}

#[tokio::test]
async fn a_plan_that_is_only_shown_names_the_start_too() {
    use countersign::conversation::consider::{Considered, Considering};
    use countersign::conversation::{Context, report};

    let mut bot = World::default().config(CLIENT).start().await;
    let engine = &bot.wiring().engine;
    let table = engine.store().policies().await.unwrap();
    let (directory, catalogue) = (engine.directory(), engine.catalogue());
    let considering = Considering {
        planner: engine.planner(),
        catalogue: &catalogue,
        directory: &directory,
        table: &table,
        rules: engine.file_rules(),
        calendars: engine.calendars(),
        rollout: engine.rollout(),
        person: engine.people().iter().find(|it| it.name == "ana").unwrap(),
        bound_to: None,
        now: engine.now(),
    };
    let considered = considering.text(TONIGHT, &mut Context::default()).await;
    assert!(matches!(considered, Considered::Plan { .. }), "{considered:?}");
    let text = report::text(&considered);
    assert!(text.contains("; starts Tue 1 Sep 2026, 22:00 (Australia/Sydney)"), "{text}");
    let json = report::json(&considered);
    assert_eq!(json["calls"][0]["starts"]["at"], "2026-09-01T12:00:00Z");
    bot.skip_messages();
    bot.finish().await;
}
