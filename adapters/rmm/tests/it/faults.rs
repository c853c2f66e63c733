//! What goes wrong on the way, and what a read makes of it.

use std::time::Duration;

use countersign::ports::CallError;
use countersign_simulator::{ErrorShape, Fault, FaultKind, Route};
use serde_json::json;

use crate::harness::Bench;

#[tokio::test]
async fn a_read_survives_one_hiccup() {
    let bench = Bench::fast().await;
    for kind in [
        FaultKind::Unauthorized401,
        FaultKind::Locked423,
        FaultKind::TooMany429,
        FaultKind::Unavailable503,
        FaultKind::ServerError500(ErrorShape::CodeMessage),
        FaultKind::Html502,
        FaultKind::TruncatedJson,
        FaultKind::CutAfterAccept,
        FaultKind::CutBefore,
        FaultKind::Slow(Duration::from_millis(200)),
    ] {
        bench.fault(Route::Companies, kind.clone());
        let answer = bench.read("list-companies", json!({})).await;
        assert!(answer.is_ok(), "{kind:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_fault_that_stays_becomes_the_right_error() {
    let bench = Bench::fast().await;
    let check = async |kind: FaultKind, fits: fn(&CallError) -> bool| {
        bench.world.clear_faults();
        bench.world.advance(Duration::from_secs(600));
        bench.always(Route::Companies, kind.clone());
        let error = bench.read("list-companies", json!({})).await.unwrap_err();
        assert!(fits(&error), "{kind:?}: {error:?}");
    };
    check(FaultKind::Unauthorized401, |it| matches!(it, CallError::Credentials { .. })).await;
    check(FaultKind::Forbidden403, |it| matches!(it, CallError::MissingScope { .. })).await;
    check(FaultKind::Locked423, |it| matches!(it, CallError::Locked { .. })).await;
    check(FaultKind::TooMany429, |it| matches!(it, CallError::Throttled { .. })).await;
    check(FaultKind::Html502, |it| matches!(it, CallError::Failed { .. })).await;
    check(FaultKind::TruncatedJson, |it| matches!(it, CallError::Failed { .. })).await;
    check(FaultKind::CutBefore, |it| matches!(it, CallError::Unanswered { .. })).await;
}

#[tokio::test]
async fn every_shape_of_error_gives_its_sentence() {
    let bench = Bench::fast().await;
    for shape in ErrorShape::ALL {
        bench.world.clear_faults();
        bench.always(Route::Companies, FaultKind::ServerError500(shape));
        let error = bench.read("list-companies", json!({})).await.unwrap_err();
        let CallError::Failed { detail, .. } = &error else { panic!("{error}") };
        assert!(detail.contains("something went wrong"), "{shape:?}: {detail}");
    }
}

#[tokio::test]
async fn a_list_that_says_404_is_empty() {
    let bench = Bench::start().await;
    bench.always(Route::Companies, FaultKind::NotFound404);
    let answer = bench.read("list-companies", json!({})).await.unwrap();
    assert_eq!(answer.summary, "No companies");
}

#[tokio::test]
async fn a_link_to_another_server_is_not_followed() {
    let bench = Bench::start().await;
    bench.always(Route::Companies, FaultKind::ForeignLink);
    let error = bench.read("list-companies", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("leads to another server"), "{error}");
}

#[tokio::test]
async fn a_link_to_the_same_page_ends() {
    let bench = Bench::start().await;
    bench.always(Route::Companies, FaultKind::EndlessLink);
    let error = bench.read("list-companies", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("back to a page already read"), "{error}");
    assert!(bench.asked("companies") <= 2);
}

#[tokio::test]
async fn links_without_end_end() {
    let bench = Bench::start().await;
    bench.always(Route::Companies, FaultKind::GrowingLink);
    let error = bench.read("list-companies", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("goes on without end"), "{error}");
    assert!(bench.world.densest_five_minutes() <= 500);
}

#[tokio::test]
async fn a_write_that_was_turned_away_goes_out_again() {
    let bench = Bench::fast().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    for kind in [FaultKind::Locked423, FaultKind::TooMany429] {
        let before = bench.world.scheduled().len();
        bench.fault(Route::Schedule, kind.clone());
        bench.accepted(&call).await;
        assert_eq!(bench.world.scheduled().len() - before, 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_write_that_is_turned_away_for_good_was_not_sent() {
    let bench = Bench::fast().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    for kind in [FaultKind::TooMany429, FaultKind::Locked423, FaultKind::Forbidden403] {
        bench.world.clear_faults();
        bench.world.advance(Duration::from_secs(600));
        bench.world.fault(Fault::always(Route::Schedule, kind.clone()));
        let (_, started) = bench.start_call(&call).await;
        let error = started.unwrap_err();
        assert!(!error.may_have_happened(), "{kind:?}: {error}");
    }
    assert!(bench.world.scheduled().is_empty());
}

#[tokio::test]
async fn a_person_is_not_kept_waiting_for_minutes() {
    let bench = Bench::start().await;
    bench.world.switch(|it| {
        it.budget = 3;
        it.retry_after = true;
    });
    let mut last = Ok(());
    let began = std::time::Instant::now();
    for _ in 0..4 {
        last = bench.read("list-companies", json!({})).await.map(|_| ());
    }
    let Err(CallError::Throttled { wait, .. }) = last else { panic!("{last:?}") };
    assert!(wait > Duration::from_secs(20), "{wait:?}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn trouble_while_a_write_is_prepared_leaves_no_doubt() {
    let bench = Bench::fast().await;
    let mut run = bench.call("run-task", json!({"script": "Flush DNS"}));
    run.targets = vec![bench.target("MARIA-LT-01")];
    let mut ticket = bench.call("create-ticket", json!({"summary": "x"}));
    ticket.targets = vec![bench.target("MARIA-LT-01")];
    for (call, route) in [
        (&run, Route::ShellScripts),
        (&ticket, Route::Lookups),
        (&ticket, Route::Device),
        (&ticket, Route::Token),
    ] {
        for kind in [FaultKind::Html502, FaultKind::CutBefore] {
            bench.world.clear_faults();
            bench.world.advance(Duration::from_secs(4_000));
            bench.always(route, kind.clone());
            let (_, started) = bench.start_call(call).await;
            let error = started.unwrap_err();
            assert!(!error.may_have_happened(), "{route:?} {kind:?}: {error:?}");
        }
    }
    assert!(bench.world.scheduled().is_empty() && bench.world.tickets_created().is_empty());
}
