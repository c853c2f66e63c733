//! Scripts: settled, launched once, followed in the history, and told from other people's runs.

use std::time::Duration;

use countersign::ports::{CallError, Drift, Provider, Settled};
use countersign::run::{Ending, LookUp, Progress, TargetStatus};
use countersign_simulator::FaultKind;
use countersign_simulator::automate::{AutomateRoute, Switches};
use serde_json::json;

use crate::harness::Bench;

#[tokio::test]
async fn a_script_by_name_runs_on_several_computers_with_its_parameters() {
    let bench = Bench::start().await;
    let call = bench.call_on(
        "cwa-run-script",
        &["MARIA-LT-01", "BV-FRONT-01"],
        json!({"script": "agent - clear temp files", "parameters": {"daysold": 14}}),
    );
    let call = bench.settled(call).await;
    assert_eq!(call.title, "Agent - Clear Temp Files");
    assert_eq!(call.arguments["parameters"], json!({"DaysOld": "14"}));
    assert_eq!(call.script.as_ref().unwrap().id, "4102");

    let (handle, notes) = bench.accepted(&call).await;
    assert_eq!(notes, ["Automate queued script 4102 (Agent - Clear Temp Files) on 2 computers"]);
    let polled = bench.automate.poll(&call, &handle).await.unwrap();
    assert_eq!(polled.progress, Progress::NotYet);
    assert!(polled.targets.iter().all(|it| it.status == TargetStatus::Waiting));
    bench.world.advance(Duration::from_secs(3));
    let polled = bench.automate.poll(&call, &handle).await.unwrap();
    assert_eq!(polled.progress, Progress::Begun);
    assert!(polled.targets.iter().all(|it| it.status == TargetStatus::Running));

    let polled = bench.finish(&call, &handle).await;
    assert_eq!(polled.ending, Some(Ending::Succeeded));
    assert!(polled.targets[0].output.starts_with("Removed "), "{:?}", polled.targets[0]);
    let launches = bench.world.automate_launches();
    assert_eq!(launches.len(), 1);
    assert_eq!(launches[0].parameters, [("DaysOld".to_owned(), "14".to_owned())]);
    assert!(launches[0].skips_offline);
}

#[tokio::test]
async fn every_runnable_script_is_a_tool_of_its_own() {
    let bench = Bench::start().await;
    let call = bench.script_call("disk-cleanup", &["MARIA-LT-01"], json!({})).await;
    assert_eq!(call.tool.as_str(), "connectwise_automate:cwa-script-disk-cleanup");
    let before = bench.automate.probe(&call).await;
    assert_eq!(before[0].what, "free on C:");
    let (handle, _) = bench.accepted(&call).await;
    let polled = bench.finish(&call, &handle).await;
    assert_eq!(polled.ending, Some(Ending::Succeeded));
    let after = bench.automate.probe(&call).await;
    assert!(after[0].value > before[0].value, "{after:?}");
    for slug in ["install-updates-4170", "install-updates-4171", "o-brien-till-reset"] {
        bench.script_call(slug, &[], json!({})).await;
    }
}

#[tokio::test]
async fn every_figure_has_the_time_of_its_inventory() {
    let bench = Bench::start().await;
    let age = Duration::from_secs(7_200);
    bench.world.switch_automate(|it| it.inventory_age = age);
    let taken = bench.world.now() - jiff::SignedDuration::try_from(age).unwrap();
    for (slug, arguments, what) in [
        ("disk-cleanup", json!({}), "free on C:"),
        ("restart-print-spooler", json!({}), "Print Spooler"),
        ("restart-service", json!({"Service": "w32time"}), "Windows Time"),
        ("install-updates-4170", json!({}), "updates missing"),
    ] {
        let call = bench.script_call(slug, &["MARIA-LT-01"], arguments).await;
        let readings = bench.automate.probe(&call).await;
        assert_eq!(readings.len(), 1, "{slug}: {readings:?}");
        assert_eq!((readings[0].what.as_str(), readings[0].at), (what, Some(taken)));
    }
    // When the agent told its start, the product does not say.
    let reboot = bench.script_call("reboot-computer", &["MARIA-LT-01"], json!({})).await;
    assert_eq!(bench.automate.probe(&reboot).await[0].at, None);
    let other = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    assert_eq!(bench.automate.probe(&other).await, []);
}

#[tokio::test]
async fn words_that_fit_several_scripts_are_asked_about() {
    let bench = Bench::start().await;
    let settle = |script: &str, parameters| {
        let arguments = json!({"script": script, "parameters": parameters});
        let call = bench.call_on("cwa-run-script", &["MARIA-LT-01"], arguments);
        async { bench.automate.settle(call).await.unwrap() }
    };
    let Settled::Ask { text, options, .. } = settle("install updates", json!({})).await else {
        panic!()
    };
    assert_eq!(text, "Several scripts fit: “install updates”. Which one do you mean?");
    assert_eq!(options[0].detail, "Patching\\Workstations");
    let picked = options[1].arguments["script"].as_str().unwrap();
    let Settled::Call(call) = settle(picked, json!({})).await else { panic!() };
    assert_eq!(call.script.unwrap().id, "4171");

    let Settled::Ask { text, .. } = settle("temp", json!({})).await else { panic!() };
    assert!(text.starts_with("No script has exactly this name"), "{text}");
    let Settled::Call(_) = settle("O'Brien \"Till\" Reset", json!({})).await else { panic!() };
    for (script, parameters, says) in [
        ("no such thing", json!({}), "no script like “no such thing”"),
        ("4200", json!({}), "cannot be run on a computer by itself"),
        ("Disk Cleanup", json!({"Days": 1}), "has no parameter “Days”; it takes none"),
    ] {
        let Settled::No(why) = settle(script, parameters).await else { panic!("{script}") };
        assert!(why.contains(says), "{why}");
    }
}

#[tokio::test]
async fn a_failure_is_told_with_the_products_own_text() {
    let bench = Bench::start().await;
    let call = bench.script_call("repair-wmi", &["MARIA-LT-01"], json!({})).await;
    let (handle, _) = bench.accepted(&call).await;
    let polled = bench.finish(&call, &handle).await;
    assert!(matches!(polled.ending, Some(Ending::Failed(_))), "{polled:?}");
    assert_eq!(polled.targets[0].raw_status, "Failure");
    assert!(polled.targets[0].errors.contains("WMI repository verification failed"));
}

#[tokio::test]
async fn secrets_in_a_message_are_masked() {
    let bench = Bench::start().await;
    let call = bench.script_call("show-wi-fi-key", &["MARIA-LT-01"], json!({})).await;
    let (handle, _) = bench.accepted(&call).await;
    let polled = bench.finish(&call, &handle).await;
    assert!(polled.targets[0].output.contains("••••••"), "{:?}", polled.targets[0].output);
}

#[tokio::test]
async fn targets_refused_within_a_success_are_named_one_by_one() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01", "BV-DC01"], json!({})).await;
    // Retired between the last check and the launch.
    let baseline = bench.automate.baseline(&call).await.unwrap();
    bench.world.retire_automate("BV-DC01").unwrap();
    let sent = bench.send_with(&call, baseline).await;
    let (handle, notes) = match sent.result.unwrap() {
        countersign::ports::Started::Accepted { handle, notes } => (handle, notes),
        other => panic!("{other:?}"),
    };
    assert_eq!(notes[0], "Automate queued script 4140 (Flush DNS) on 1 computer");
    assert_eq!(notes[1], "BV-DC01 (Bluegum Vet Pty Ltd) was refused: Computer not found");
    let polled = bench.finish(&call, &handle).await;
    assert_eq!(polled.ending, Some(Ending::PartlyFailed));
    assert_eq!(polled.targets[1].raw_status, "refused");
}

#[tokio::test]
async fn a_user_who_may_not_schedule_is_told_which_right_to_grant() {
    let bench = Bench::with(Switches { may_schedule: false, ..Switches::default() }).await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    let error = bench.send(&call).await.result.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }) && !error.may_have_happened());
    assert!(error.for_person().contains("Schedule Scripts Update"), "{error}");
}

#[tokio::test]
async fn without_the_right_to_see_histories_nothing_is_sent() {
    let bench = Bench::with(Switches { may_see_history: false, ..Switches::default() }).await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    let error = bench.automate.baseline(&call).await.unwrap_err();
    assert!(error.for_person().contains("History"), "{error}");
}

#[tokio::test]
async fn offline_computers_are_not_waited_for() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", &["JAMES-LT-02"], json!({})).await;
    let error = bench.send(&call).await.result.unwrap_err();
    assert!(
        error.for_person().contains("JAMES-LT-02 (Harbour Dental) is offline in Automate"),
        "{error}"
    );
    assert!(bench.world.automate_launches().is_empty());

    // Online by RMM, with a broken agent here.
    let call = bench.script_call("flush-dns", &["ACME-LT-07", "MARIA-LT-01"], json!({})).await;
    let (handle, notes) = bench.accepted(&call).await;
    assert!(notes[1].starts_with("offline at the launch, so skipped: ACME-LT-07"), "{notes:?}");
    let polled = bench.finish(&call, &handle).await;
    assert_eq!(polled.ending, Some(Ending::PartlyFailed));
    assert_eq!(polled.targets[0].raw_status, "offline, skipped");
}

#[tokio::test]
async fn a_socket_cut_after_the_script_was_queued_is_doubtful_found_again_and_never_repeated() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    bench.fault(AutomateRoute::Execute, FaultKind::CutAfterAccept);
    let sent = bench.send(&call).await;
    let error = sent.result.as_ref().unwrap_err();
    assert!(
        matches!(error, CallError::Unanswered { .. }) && error.may_have_happened(),
        "{error:?}"
    );
    assert_eq!(
        bench.look_up(&call, &sent).await,
        LookUp::NoAnswer,
        "a queued script leaves no trace"
    );
    bench.world.advance(Duration::from_secs(30));
    let LookUp::Found(handle) = bench.look_up(&call, &sent).await else { panic!() };
    assert_eq!(bench.finish(&call, &handle).await.ending, Some(Ending::Succeeded));
    assert_eq!(bench.world.automate_launches().len(), 1);
    assert_eq!(bench.asked("Batch"), 1);
}

#[tokio::test]
async fn a_launch_that_never_shows_is_put_to_a_person() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    bench.fault(AutomateRoute::Execute, FaultKind::CutBefore);
    let sent = bench.send(&call).await;
    assert!(sent.result.as_ref().unwrap_err().may_have_happened());
    assert_eq!(bench.look_up(&call, &sent).await, LookUp::NoAnswer);
    bench.world.advance(Duration::from_secs(200));
    let LookUp::CannotTell(why) = bench.look_up(&call, &sent).await else { panic!() };
    assert!(why.contains("no run of “Flush DNS” yet"), "{why}");

    bench.world.run_in_automate("Flush DNS", "MARIA-LT-01", "aturner").unwrap();
    bench.world.advance(Duration::from_secs(30));
    let LookUp::CannotTell(why) = bench.look_up(&call, &sent).await else { panic!() };
    assert!(why.starts_with("somebody else ran “Flush DNS”"), "{why}");
    assert_eq!(bench.asked("Batch"), 1);
}

#[tokio::test]
async fn trouble_of_the_server_during_a_launch_is_doubtful_and_at_the_door_it_is_not() {
    for (kind, doubtful) in [
        (FaultKind::Timeout500, true),
        (FaultKind::Html502, true),
        (FaultKind::Html200, true),
        (FaultKind::CutMidBody, true),
        (FaultKind::TruncatedJson, true),
        (FaultKind::Forbidden403, false),
        (FaultKind::TooMany429, false),
    ] {
        let bench = Bench::start().await;
        let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
        bench.fault(AutomateRoute::Execute, kind.clone());
        let error = bench.send(&call).await.result.unwrap_err();
        assert_eq!(error.may_have_happened(), doubtful, "{kind:?}: {error:?}");
        assert_eq!(bench.asked("Batch"), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_token_refused_at_the_door_lets_a_launch_go_out_once_more() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    bench.fault(AutomateRoute::Execute, FaultKind::Unauthorized401);
    bench.accepted(&call).await;
    assert_eq!(bench.world.automate_launches().len(), 1);
}

#[tokio::test]
async fn a_server_without_script_execute_takes_the_schedule() {
    let bench = Bench::with(Switches { execute_route: false, ..Switches::default() }).await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    let (handle, _) = bench.accepted(&call).await;
    assert_eq!(bench.finish(&call, &handle).await.ending, Some(Ending::Succeeded));
    assert_eq!(bench.world.automate_launches().len(), 1);
}

#[tokio::test]
async fn a_run_of_somebody_else_is_not_taken_for_ours() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    bench.world.switch_automate(|it| it.queue = Duration::from_secs(60));
    let (handle, _) = bench.accepted(&call).await;
    bench.world.fail_automate_script("Flush DNS", "not ours").unwrap();
    bench.world.run_in_automate("Flush DNS", "MARIA-LT-01", "aturner").unwrap();
    bench.world.advance(Duration::from_secs(20));
    let polled = bench.automate.poll(&call, &handle).await.unwrap();
    assert_eq!(polled.targets[0].status, TargetStatus::Waiting, "{polled:?}");
}

#[tokio::test]
async fn the_same_script_is_not_started_into_its_own_run() {
    let bench = Bench::start().await;
    bench.world.run_in_automate("Disk Cleanup", "MARIA-LT-01", "aturner").unwrap();
    let call = bench.script_call("disk-cleanup", &["MARIA-LT-01"], json!({})).await;
    let error = bench.automate.baseline(&call).await.unwrap_err();
    assert!(error.for_person().contains("is running on MARIA-LT-01"), "{error}");
}

#[tokio::test]
async fn what_changed_since_the_plan_is_drift() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    let mut renamed = call.clone();
    renamed.targets[0].name = "MARIA-LT-02".into();
    bench.world.edit_automate_script("Flush DNS").unwrap();
    for (call, says) in
        [(&call, "the script “Flush DNS” was edited on 1 Sep 2026, 03:00 UTC by aturner")]
    {
        let Some(Drift(what)) = bench.automate.drift(call).await.unwrap() else { panic!() };
        assert_eq!(what, says);
    }
    let call = bench.script_call("flush-dns", &["MARIA-LT-01"], json!({})).await;
    renamed.script = call.script.clone();
    let Some(Drift(what)) = bench.automate.drift(&renamed).await.unwrap() else { panic!() };
    assert!(what.contains("is called MARIA-LT-01 now, not MARIA-LT-02"), "{what}");
    bench.world.retire_automate("MARIA-LT-01").unwrap();
    let Some(Drift(what)) = bench.automate.drift(&call).await.unwrap() else { panic!() };
    assert_eq!(what, "MARIA-LT-01 (Bluegum Vet Pty Ltd) is no longer in Automate");
}
