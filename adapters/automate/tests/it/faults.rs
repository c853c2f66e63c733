//! Trouble on the way of reads: repeated where that helps, told where it does not.

use std::time::Duration;

use countersign::ports::CallError;
use countersign_simulator::automate::{AutomateRoute, Switches};
use countersign_simulator::{Fault, FaultKind, Options, Route};
use serde_json::json;

use crate::harness::{Bench, sync};

#[tokio::test]
async fn a_read_survives_every_passing_trouble() {
    for kind in [
        FaultKind::Timeout500,
        FaultKind::Html502,
        FaultKind::Unavailable503,
        FaultKind::Html200,
        FaultKind::CutBefore,
        FaultKind::CutMidBody,
        FaultKind::TooMany429,
        FaultKind::Unauthorized401,
    ] {
        let bench = Bench::start().await;
        bench.fault(AutomateRoute::Clients, kind.clone());
        let answer = bench.read("cwa-list-clients", json!({})).await;
        assert!(answer.is_ok(), "{kind:?}: {answer:?}");
        assert_eq!(bench.asked("/Clients"), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn lasting_trouble_is_told_after_a_few_tries() {
    for (kind, says) in [
        (FaultKind::Timeout500, "timeout"),
        (FaultKind::Html502, "502 Bad Gateway"),
        (FaultKind::Html200, "a web page came instead"),
    ] {
        let bench = Bench::start().await;
        bench.always(AutomateRoute::Clients, kind.clone());
        let error = bench.read("cwa-list-clients", json!({})).await.unwrap_err();
        assert!(error.to_string().contains(says), "{kind:?}: {error}");
        assert_eq!(bench.asked("/Clients"), 4, "{kind:?}");
    }
}

#[tokio::test]
async fn half_a_json_is_no_answer() {
    let bench = Bench::start().await;
    bench.fault(AutomateRoute::Clients, FaultKind::TruncatedJson);
    let error = bench.read("cwa-list-clients", json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Failed { .. }), "{error:?}");
}

#[tokio::test]
async fn a_condition_that_is_refused_is_not_called_a_wrong_password() {
    let bench = Bench::start().await;
    bench.fault(AutomateRoute::Computers, FaultKind::Locked423);
    let error = bench.read("cwa-list-computers", json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn drives_that_cannot_be_read_do_not_hide_the_computer() {
    let bench = Bench::start().await;
    bench.always(AutomateRoute::Drives, FaultKind::Forbidden403);
    let answer = bench.read_on("cwa-get-computer", "MARIA-LT-01").await.unwrap();
    let drawn = crate::harness::drawn(&answer);
    assert!(
        drawn.contains("The drives cannot be read") && drawn.contains("Computers → Show All"),
        "{drawn}"
    );
}

#[tokio::test]
async fn never_more_than_four_requests_are_under_way() {
    let bench = Bench::of(Options {
        endpoints: 6_000,
        automate: Switches { share_percent: 100, ..Switches::default() },
        ..Options::default()
    })
    .await;
    let slow = FaultKind::Slow(Duration::from_millis(30));
    bench.world.fault(Fault::always(Route::Any, slow));
    let reads = (0..12).map(|_| bench.read_on("cwa-get-computer", "MARIA-LT-01"));
    let (answers, batches) =
        futures::future::join(futures::future::join_all(reads), sync(&bench.automate, None)).await;
    assert!(answers.into_iter().all(|it| it.is_ok()));
    assert!(batches.len() > 3);
    assert_eq!(bench.world.automate_in_flight_max(), 4);
}
