//! Alerts: listed, found by what people call them, cleared, and honestly not cleared.

use countersign::ports::{CallError, Drift, Provider, Settled, Started};
use countersign::run::{Ending, LookUp};
use countersign_automate::ClearAlerts;
use countersign_simulator::FaultKind;
use countersign_simulator::automate::{AlertShape, AutomateRoute, Clearing, Raise, Switches};
use serde_json::json;

use crate::harness::{Bench, drawn, names, provider};

#[tokio::test]
async fn alerts_of_the_tenant_come_most_severe_first_whatever_the_server_calls_it() {
    let bench = Bench::start().await;
    let answer = bench.read("cwa-list-alerts", json!({})).await.unwrap();
    let text = drawn(&answer);
    let at = |word: &str| text.find(word).unwrap_or_else(|| panic!("{word} is missing in\n{text}"));
    assert!(at("Custom: Watch") < at("Critical") && at("Critical") < at("Error"));
    assert!(at("Error") < at("Warning") && at("Warning") < at("Information"));
    assert!(
        text.contains("| HD-SW-01 | Harbour Dental | Switch HD-SW-01 does not answer"),
        "{text}"
    );

    let critical = bench.read("cwa-list-alerts", json!({"severity": "critical"})).await.unwrap();
    assert_eq!(critical.summary, "1 alert (critical)");
    let space = bench.read("cwa-list-alerts", json!({"text": "free space"})).await.unwrap();
    assert!(names(&space).len() >= 4, "{}", drawn(&space));
    let of = bench.read_for("cwa-list-alerts", "Harbour Dental", json!({})).await.unwrap();
    assert_eq!(of.summary, "3 alerts of Harbour Dental");
}

#[tokio::test]
async fn alerts_of_one_computer_are_read_in_either_shape() {
    for computer_alerts in [AlertShape::List, AlertShape::Wrapped] {
        let bench = Bench::with(Switches { computer_alerts, ..Switches::default() }).await;
        let answer = bench.read_on("cwa-get-computer-alerts", "KIOSK-01").await.unwrap();
        assert_eq!(answer.summary, "2 alerts on KIOSK-01 (Harbour Dental)");
    }
}

#[tokio::test]
async fn an_old_server_has_no_list_of_all_alerts_and_still_those_of_a_computer() {
    let bench = Bench::with(Switches { alerts_route: false, ..Switches::default() }).await;
    let error = bench.read("cwa-list-alerts", json!({})).await.unwrap_err();
    assert!(error.for_person().contains("no list of all alerts"), "{error}");
    let answer = bench.read_on("cwa-get-computer-alerts", "KIOSK-01").await.unwrap();
    assert_eq!(answer.summary, "2 alerts on KIOSK-01 (Harbour Dental)");
    // Nothing can be verified there, so nothing is cleared, and it is not mistaken for gone.
    let call = bench.call_on("cwa-clear-alert", &["KIOSK-01"], json!({"alert": "disk space"}));
    let call = bench.settled(call).await;
    let error = bench.automate.drift(&call).await.unwrap_err();
    assert!(error.for_person().contains("does not show single alerts"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_filter_alerts_is_filtered_here() {
    let bench = Bench::start().await;
    // One refusal of the condition, then the whole list.
    bench.world.fault(countersign_simulator::Fault::once(
        countersign_simulator::Route::Automate(AutomateRoute::Alerts),
        FaultKind::Locked423,
    ));
    let of = bench.read_for("cwa-list-alerts", "Harbour Dental", json!({})).await.unwrap();
    assert_eq!(of.summary, "3 alerts of Harbour Dental");
    assert_eq!(bench.asked("/Alerts"), 2);
}

#[tokio::test]
async fn the_noisy_disk_space_alert_on_the_kiosk_is_cleared_and_checked() {
    let bench = Bench::start().await;
    let call = bench.call_on(
        "cwa-clear-alert",
        &["KIOSK-01"],
        json!({"alert": "the noisy disk-space alert"}),
    );
    let call = bench.settled(call).await;
    assert_eq!(call.arguments["alert"], "C: has 7.9 GB free on KIOSK-01");
    let id = call.arguments["alert_id"].as_i64().unwrap();
    assert!(bench.world.alert_ids().contains(&id));

    let Ok(Started::Finished { ending, trace }) = bench.send(&call).await.result else { panic!() };
    assert_eq!(ending, Ending::Succeeded);
    assert_eq!(trace.targets[0].raw_status, "cleared");
    assert_eq!(trace.notes, [format!("alert {id} (C: has 7.9 GB free on KIOSK-01) cleared")]);
    assert!(!bench.world.alert_ids().contains(&id));
}

#[tokio::test]
async fn several_alerts_that_fit_are_asked_about() {
    let bench = Bench::start().await;
    let call = bench.call_on("cwa-clear-alert", &["FS01"], json!({"alert": "disk space"}));
    let Settled::Ask { text, options, total } = bench.automate.settle(call.clone()).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(text, "2 alerts on FS01 (ACME LOGISTICS) fit. Which one do you mean?");
    assert_eq!((options.len(), total), (2, 2));
    let picked = options.into_iter().find(|it| it.label.contains("D: has")).unwrap();
    let picked = bench
        .settled(countersign::plan::Call { arguments: picked.arguments, ..call.clone() })
        .await;
    assert_eq!(picked.arguments["alert"], "D: has 88.0 GB free on FS01");

    let none = countersign::plan::Call {
        arguments: json!({"alert": "backup"}).as_object().cloned().unwrap(),
        ..call.clone()
    };
    let Settled::Ask { text, .. } = bench.automate.settle(none).await.unwrap() else { panic!() };
    assert!(text.starts_with("No alert on FS01 (ACME LOGISTICS) is about “backup”"), "{text}");

    let elsewhere = bench.call_on(
        "cwa-clear-alert",
        &["KIOSK-01"],
        json!({"alert_id": picked.arguments["alert_id"]}),
    );
    let Settled::No(why) = bench.automate.settle(elsewhere).await.unwrap() else { panic!() };
    assert!(why.contains("is about FS01, not about KIOSK-01"), "{why}");
}

#[tokio::test]
async fn servers_that_cannot_clear_are_told_as_they_are() {
    for (clearing, says) in [
        (Clearing::NotAllowed, "does not let the API clear alerts"),
        (Clearing::Forbidden, "Clear Alerts for the computer's groups"),
    ] {
        let bench = Bench::with(Switches { clearing, ..Switches::default() }).await;
        let call = bench.call_on("cwa-clear-alert", &["KIOSK-01"], json!({"alert": "disk"}));
        let call = bench.settled(call).await;
        let error = bench.send(&call).await.result.unwrap_err();
        assert!(!error.may_have_happened() && error.for_person().contains(says), "{error:?}");
    }
    let bench = Bench::with(Switches { clearing: Clearing::Pretends, ..Switches::default() }).await;
    let call = bench.call_on("cwa-clear-alert", &["KIOSK-01"], json!({"alert": "disk"}));
    let call = bench.settled(call).await;
    let Ok(Started::Finished { ending, .. }) = bench.send(&call).await.result else { panic!() };
    let Ending::Failed(why) = ending else { panic!("{ending:?}") };
    assert!(why.contains("still there"), "{why}");
}

#[tokio::test]
async fn clearing_can_be_switched_off() {
    let bench = Bench::start().await;
    let off = provider(&bench.simulator, |it| it.clear_alerts = ClearAlerts::Off);
    let call = bench.call_on("cwa-clear-alert", &["KIOSK-01"], json!({"alert": "disk"}));
    let Settled::No(why) = off.settle(call).await.unwrap() else { panic!() };
    assert!(why.contains("switched off"), "{why}");
    assert_eq!(bench.world.request_count(), 0);
}

#[tokio::test]
async fn an_alert_that_is_gone_already_is_what_was_wanted() {
    let bench = Bench::start().await;
    let call = bench.call_on("cwa-clear-alert", &["KIOSK-01"], json!({"alert": "disk"}));
    let call = bench.settled(call).await;
    bench.send(&call).await.result.unwrap();
    let Ok(Started::Finished { ending, trace }) = bench.send(&call).await.result else { panic!() };
    assert_eq!(ending, Ending::Succeeded);
    assert_eq!(trace.targets[0].raw_status, "was gone already");
    assert_eq!(bench.world.requests().iter().filter(|it| it.method == "DELETE").count(), 1);
}

#[tokio::test]
async fn a_clear_without_an_answer_is_looked_up_and_not_repeated() {
    let bench = Bench::start().await;
    let call = bench.call_on("cwa-clear-alert", &["KIOSK-01"], json!({"alert": "disk"}));
    let call = bench.settled(call).await;
    bench.fault(AutomateRoute::ClearAlert, FaultKind::CutAfterAccept);
    let sent = bench.send(&call).await;
    assert!(sent.result.as_ref().unwrap_err().may_have_happened());
    assert!(matches!(bench.look_up(&call, &sent).await, LookUp::FoundFinished(_)));

    let id = bench
        .world
        .raise_alert(&Raise { host: "BV-DC01", severity: 3, source: "SVC", message: "stopped" })
        .unwrap();
    let call = bench.call_on("cwa-clear-alert", &["BV-DC01"], json!({"alert_id": id}));
    let call = bench.settled(call).await;
    bench.fault(AutomateRoute::ClearAlert, FaultKind::CutBefore);
    let sent = bench.send(&call).await;
    assert!(sent.result.as_ref().unwrap_err().may_have_happened());
    assert_eq!(bench.look_up(&call, &sent).await, LookUp::Absent);
    assert_eq!(bench.world.requests().iter().filter(|it| it.method == "DELETE").count(), 2);
}

#[tokio::test]
async fn an_alert_that_says_something_else_by_now_is_drift() {
    let bench = Bench::start().await;
    let call = bench.call_on("cwa-clear-alert", &["KIOSK-01"], json!({"alert": "disk"}));
    let mut call = bench.settled(call).await;
    call.arguments.insert("alert".into(), json!("C: has 9.1 GB free on KIOSK-01"));
    let Some(Drift(what)) = bench.automate.drift(&call).await.unwrap() else { panic!() };
    assert!(what.ends_with("now says “C: has 7.9 GB free on KIOSK-01”"), "{what}");
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let bench = Bench::start().await;
    bench.always(AutomateRoute::ComputerAlerts, FaultKind::Forbidden403);
    let error = bench.read_on("cwa-get-computer-alerts", "KIOSK-01").await.unwrap_err();
    assert!(matches!(error, CallError::MissingScope { .. }));
    assert!(error.for_person().contains("Alerts → Update"), "{error}");
}
