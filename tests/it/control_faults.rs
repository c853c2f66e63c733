//! ConnectWise Control in trouble: what is said, and that nothing runs twice.

use std::time::Duration;

use countersign_simulator::ErrorShape;
use countersign_simulator::access::ControlRoute;

use crate::harness::{Bot, Fault, FaultKind, Route, World, mins};

const ASK: &str = "run command `hostname` on maria-lt-01";

async fn approved() -> Bot {
    let mut bot = World::default().only_control().start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot
}

fn ran(bot: &Bot) -> usize {
    bot.world().control_ran().iter().filter(|it| it.script == "hostname").count()
}

fn queued(bot: &Bot) -> usize {
    bot.world().control_commands("MARIA-LT-01").expect("a machine").len()
}

#[tokio::test]
async fn a_command_whose_answer_is_lost_is_found_by_its_marker_and_not_sent_again() {
    let mut bot = approved().await;
    bot.fault(Fault::once(Route::Control(ControlRoute::Command), FaultKind::CutAfterAccept));
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    let result = bot.last_message();
    assert!(result.contains("Done: Run command on MARIA-LT-01"), "{result}");
    assert_eq!((ran(&bot), queued(&bot)), (1, 1));
    bot.finish().await;
}

#[tokio::test]
async fn a_command_that_never_arrived_is_known_not_to_have_run() {
    for kind in
        [FaultKind::CutBefore, FaultKind::Html502, FaultKind::ServerError500(ErrorShape::PlainText)]
    {
        let mut bot = approved().await;
        bot.fault(Fault::once(Route::Control(ControlRoute::Command), kind.clone()));
        bot.presses("ben", "Approve").await;
        bot.later(mins(2)).await;
        let result = bot.last_message();
        assert!(result.contains("Not started") || result.contains("not"), "{kind:?}: {result}");
        assert_eq!((ran(&bot), queued(&bot)), (0, 0), "{kind:?}");
        bot.finish().await;
    }
}

#[tokio::test]
async fn a_process_that_dies_while_sending_sends_nothing_twice() {
    let mut bot = approved().await;
    bot.taps("ben", "Approve").await;
    // The server has the command, and its answer is under way.
    let slow = FaultKind::Slow(Duration::from_millis(400));
    bot.fault(Fault::once(Route::Control(ControlRoute::Command), slow));
    bot.dies_when(|it| it.control_commands("MARIA-LT-01").is_ok_and(|it| it.len() == 1)).await;
    bot.later(mins(2)).await;
    let result = bot.last_message();
    assert!(result.contains("Done: Run command on MARIA-LT-01"), "{result}");
    assert_eq!((ran(&bot), queued(&bot)), (1, 1));
    bot.finish().await;
}

#[tokio::test]
async fn a_machine_that_is_away_gets_no_command_that_would_run_some_other_day() {
    let mut bot = approved().await;
    bot.world().control_set_online("MARIA-LT-01", false).unwrap();
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let result = bot.last_message();
    assert!(result.contains("is not connected to Control"), "{result}");
    bot.world().control_set_online("MARIA-LT-01", true).unwrap();
    bot.world().advance(Duration::from_secs(3_600));
    assert_eq!((ran(&bot), queued(&bot)), (0, 0));
    bot.finish().await;
}

#[tokio::test]
async fn a_machine_that_goes_away_right_after_the_send_does_nothing_when_it_comes_back() {
    let world = World::default().only_control().options(|it| {
        it.access.latency = Duration::from_secs(30);
    });
    let mut bot = world.start().await;
    bot.says("ana", ASK).await;
    bot.presses("ben", "Approve").await;
    bot.world().control_set_online("MARIA-LT-01", false).unwrap();
    bot.later(mins(5)).await;
    let result = bot.last_message();
    assert!(result.contains("lost its connection"), "{result}");
    bot.world().control_set_online("MARIA-LT-01", true).unwrap();
    bot.later(mins(5)).await;
    assert_eq!((ran(&bot), queued(&bot)), (0, 1), "it came too late, and the wrapper saw it");
    bot.skip_messages();
    bot.finish().await;
}

#[tokio::test]
async fn a_session_that_is_ended_while_a_command_waits_for_approval_voids_it() {
    let mut bot = approved().await;
    bot.world().control_end_session("MARIA-LT-01").unwrap();
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    assert!(bot.last_message().contains("session of MARIA-LT-01 (Bluegum Vet) has ended"));
    assert_eq!((ran(&bot), queued(&bot)), (0, 0));
    bot.finish().await;
}

#[tokio::test]
async fn an_output_with_a_forged_marker_is_nobodys_result() {
    let world = World::default().only_control().options(|it| {
        it.access.latency = Duration::from_secs(20);
    });
    let mut bot = world.start().await;
    bot.says("ana", ASK).await;
    bot.presses("ben", "Approve").await;
    let sent = bot.world().control_commands("MARIA-LT-01").unwrap().remove(0);
    let at = sent.find("CS-").unwrap();
    let marker = &sent[at..at + 15];
    let forged = format!("{marker} begin\r\neverything is fine\r\n{marker} end 0 5\r\n");
    bot.world()
        .control_forge_output("MARIA-LT-01", &format!("CS-ffffffffffff begin\r\n{forged}"))
        .unwrap();
    bot.later(Duration::from_secs(5)).await;
    assert!(!bot.last_message().contains("everything is fine"));
    bot.later(mins(2)).await;
    let result = bot.last_message();
    assert!(result.contains("MARIA-LT-01") && !result.contains("everything is fine"), "{result}");
    assert!(result.contains("Done"), "{result}");
    bot.finish().await;
}

#[tokio::test]
async fn two_commands_on_one_session_follow_each_other_and_keep_their_outputs() {
    let mut bot = World::default().only_control().start().await;
    bot.world().control_reply("first", "of the first", 0, 10);
    bot.world().control_reply("second", "of the second", 0, 1);
    for text in ["first", "second"] {
        bot.says("ana", &format!("run command `{text}` on maria-lt-01")).await;
        bot.presses("ben", "Approve").await;
    }
    bot.later(mins(3)).await;
    let mut said = String::new();
    while bot.unread() > 0 {
        said.push_str(&bot.next_message());
    }
    assert!(said.contains("of the first") && said.contains("of the second"), "{said}");
    assert_eq!(queued(&bot), 2);
    bot.finish().await;
}

#[tokio::test]
async fn a_command_that_is_ended_by_the_agent_is_told_as_such() {
    let mut bot = World::default().only_control().start().await;
    bot.world().control_reply("endless", "so far", 0, 4_000);
    bot.says("ana", "run command `endless` on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(4)).await;
    let result = bot.last_message();
    assert!(result.contains("the agent ended it after 60 seconds"), "{result}");
    bot.finish().await;
}

#[tokio::test]
async fn a_server_that_answers_nothing_for_a_moment_is_asked_again() {
    let mut bot = World::default().only_control().start().await;
    bot.world().control_switch(|it| it.empty_answers = 2);
    bot.says("ana", "session of maria-lt-01").await;
    assert!(bot.next_message().contains("is online in Control"));
    bot.finish().await;
}

#[tokio::test]
async fn a_database_that_grows_too_fast_or_is_never_cleaned_is_told_with_the_way_out() {
    for (count, hours, part) in
        [(3_000, 5, "grows too fast"), (3, 60 * 24, "60 days ago are still kept")]
    {
        let bot = World::default().only_control().start().await;
        let control = bot.wiring().control.clone().expect("Control");
        let database = |lines: Vec<countersign_control::CheckLine>| {
            lines.into_iter().find(|it| it.what.ends_with("database")).expect("a line")
        };
        let fine = database(control.check().await);
        assert!(fine.ok && fine.detail.starts_with("about 0 events a day"), "{fine:?}");
        bot.world().control_pile_up("MARIA-LT-01", count, hours).expect("a session");
        let line = database(control.check().await);
        assert!(!line.ok && line.detail.contains(part), "{line:?}");
        assert!(line.detail.contains("maintenance plan"), "{line:?}");
        bot.finish().await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_server_is_said_with_the_way_out() {
    let bot = World::default().only_control().start().await;
    let control = bot.wiring().control.clone().unwrap();
    let first = |lines: Vec<countersign_control::CheckLine>| lines.into_iter().next().unwrap();
    assert!(control.check().await.iter().all(|it| it.ok));

    bot.world().control_switch(|it| it.allowed_origin = Some("https://elsewhere.example".into()));
    let line = first(control.check().await);
    assert!(!line.ok && line.detail.contains("RESTfulAllowedOrigin"), "{line:?}");
    bot.world().control_switch(|it| it.allowed_origin = None);

    bot.world().control_switch(|it| it.missing_methods = vec!["GetSessionsByFilter"]);
    let line = first(control.check().await);
    assert!(line.detail.contains("update RESTful API Manager"), "{line:?}");
    bot.world().control_switch(|it| it.missing_methods.clear());

    bot.world().control_switch(|it| it.installed = false);
    let line = first(control.check().await);
    assert!(line.detail.contains("install the extension"), "{line:?}");
    bot.world().control_switch(|it| it.installed = true);

    for (kind, part) in [
        (FaultKind::Html200, "web page"),
        (FaultKind::TruncatedJson, "the answer about"),
        (FaultKind::Unauthorized401, "RESTfulAuthenticationSecret"),
    ] {
        bot.fault(Fault::always(Route::Control(ControlRoute::Sessions), kind.clone()));
        let line = first(control.check().await);
        assert!(!line.ok && line.detail.contains(part), "{kind:?}: {line:?}");
        assert!(!line.detail.contains(&bot.world().control_secret()));
        bot.world().clear_faults();
    }
    bot.finish().await;
}
