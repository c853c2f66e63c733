//! Signing in, and staying signed in.

use std::time::Duration;

use countersign::ports::{CallError, Provider};
use countersign_simulator::FaultKind;
use countersign_simulator::automate::{AutomateRoute, DateStyle, Switches};
use serde_json::json;

use crate::harness::{Bench, provider};

#[tokio::test]
async fn one_token_serves_all_callers_and_is_renewed_before_its_end() {
    for dates in [DateStyle::Bare, DateStyle::Zulu] {
        let bench = Bench::with(Switches { dates, ..Switches::default() }).await;
        let all = (0..8).map(|_| bench.read("cwa-list-clients", json!({})));
        for answer in futures::future::join_all(all).await {
            answer.unwrap();
        }
        assert_eq!(bench.world.automate_sign_ins(), 1);
        // The server's hour is over in a minute.
        bench.world.advance(Duration::from_secs(3_540));
        bench.read("cwa-list-clients", json!({})).await.unwrap();
        assert_eq!(bench.world.automate_sign_ins(), 2);
    }
}

#[tokio::test]
async fn a_revoked_token_is_replaced_silently_once() {
    let bench = Bench::start().await;
    bench.read("cwa-list-clients", json!({})).await.unwrap();
    bench.world.revoke_automate_tokens();
    bench.read("cwa-list-clients", json!({})).await.unwrap();
    assert_eq!(bench.world.automate_sign_ins(), 2);
    assert_eq!(bench.asked("apitoken"), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_right_away_names_both_causes() {
    let bench = Bench::start().await;
    bench.always(AutomateRoute::Clients, FaultKind::Unauthorized401);
    let error = bench.read("cwa-list-clients", json!({})).await.unwrap_err();
    let CallError::Credentials { detail, .. } = error else { panic!("{error:?}") };
    assert!(detail.contains("ClientId is not accepted") && detail.contains("account"), "{detail}");
    assert_eq!(bench.asked("/Clients"), 2, "once more after signing in anew, and no more");
}

#[tokio::test]
async fn wrong_credentials_are_not_tried_again_and_again() {
    let bench = Bench::start().await;
    let stranger = provider(&bench.simulator, |it| it.password = "wrong".to_owned().into());
    for _ in 0..3 {
        let call = bench.call("cwa-list-clients", json!({}));
        let error = stranger.read(&call).await.unwrap_err();
        assert!(matches!(error, CallError::Credentials { .. }), "{error:?}");
    }
    assert_eq!(bench.asked("apitoken"), 1);
    bench.world.advance(Duration::from_secs(61));
    let lines = stranger.check().await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].detail.contains("user name or password were refused"), "{:?}", lines[0]);
    assert_eq!(bench.asked("apitoken"), 2);
}

#[tokio::test]
async fn two_factor_is_told_with_the_way_out() {
    let bench = Bench::with(Switches { two_factor: true, ..Switches::default() }).await;
    let lines = bench.automate.check().await;
    assert!(!lines[0].ok);
    assert_eq!(
        lines[0].detail,
        "this account has two-factor on; tick Integrator on the user in Automate"
    );
}

#[tokio::test]
async fn every_call_carries_the_client_id() {
    let bench = Bench::start().await;
    // Any GUID is let in; without one the simulator answers 401 on every route but the token's.
    let lines = bench.automate.check().await;
    assert!(lines.iter().all(|it| it.ok), "{lines:?}");
    assert_eq!(lines.len(), 5);
}

#[tokio::test]
async fn a_check_names_the_right_that_is_missing() {
    let bench = Bench::start().await;
    bench.always(AutomateRoute::Scripts, FaultKind::Forbidden403);
    let lines = bench.automate.check().await;
    let scripts = lines.iter().find(|it| it.what.ends_with("scripts")).unwrap();
    assert!(!scripts.ok && scripts.detail.contains("Scripts → Read"), "{scripts:?}");
}
