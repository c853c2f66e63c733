//! Signing in: scopes, refusals, renewals, locks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use countersign::ports::{CallError, Provider, StoreError, Vault};
use countersign_rmm::Region;
use countersign_simulator::rmm::Switches;
use countersign_simulator::{FaultKind, Options, Route};
use secrecy::SecretString;
use serde_json::json;

use crate::harness::{Bench, provider, provider_as};

/// What the product's own page lists as the minimum; sites, groups, patching and tickets are not in it.
const MINIMUM: [&str; 6] = [
    "platform.devices.read",
    "platform.automation.read",
    "platform.automation.create",
    "platform.companies.read",
    "platform.agent.read",
    "platform.asset.read",
];

#[tokio::test]
async fn a_minimal_key_keeps_the_rest_working() {
    let bench = Bench::start().await;
    bench.world.grant(&MINIMUM);
    bench.read("list-companies", json!({})).await.unwrap();
    bench.read_for("list-devices", "Bluegum Vet", json!({})).await.unwrap();
    bench.read("list-shell-scripts", json!({})).await.unwrap();
    for (tool, scope) in [
        ("list-sites", "platform.sites.read"),
        ("list-device-groups", "platform.deviceGroups.read"),
        ("list-tickets", "platform.tickets.read"),
    ] {
        let error = bench.read(tool, json!({})).await.unwrap_err();
        let CallError::MissingScope { scope: missing, .. } = &error else { panic!("{error}") };
        assert_eq!(missing, scope, "{tool}");
    }
}

#[tokio::test]
async fn a_refused_set_is_remembered_for_an_hour() {
    let bench = Bench::start().await;
    bench.world.grant(&MINIMUM);
    for _ in 0..3 {
        assert!(bench.read("list-device-groups", json!({})).await.is_err());
    }
    assert_eq!(bench.asked("/v1/token"), 1);
    bench.world.grant(&["platform.deviceGroups.read"]);
    bench.world.advance(Duration::from_secs(3_601));
    assert!(bench.read("list-device-groups", json!({})).await.is_ok());
}

#[tokio::test]
async fn one_token_serves_many_callers() {
    let bench = Bench::start().await;
    let call = bench.call("list-companies", json!({}));
    let calls = (0..20).map(|_| bench.rmm.read(&call));
    assert!(futures::future::join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(bench.asked("/v1/token"), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end() {
    let bench = Bench::start().await;
    bench.read("list-companies", json!({})).await.unwrap();
    bench.world.advance(Duration::from_secs(3_530));
    bench.read("list-companies", json!({})).await.unwrap();
    assert_eq!(bench.asked("/v1/token"), 1);
    bench.world.advance(Duration::from_secs(15));
    bench.read("list-companies", json!({})).await.unwrap();
    assert_eq!(bench.asked("/v1/token"), 2);
    assert!(bench.world.requests().iter().all(|it| it.status != Some(401)));
}

#[tokio::test]
async fn a_revoked_token_is_replaced_once() {
    let bench = Bench::start().await;
    bench.read("list-companies", json!({})).await.unwrap();
    bench.world.revoke_tokens();
    bench.read("list-companies", json!({})).await.unwrap();
    assert_eq!(bench.asked("/v1/token"), 2);
    bench.always(Route::Companies, FaultKind::Unauthorized401);
    let error = bench.read("list-companies", json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Credentials { .. }), "{error}");
}

#[tokio::test]
async fn a_write_goes_out_again_after_one_401_and_runs_once() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    bench.fault(Route::Schedule, FaultKind::Unauthorized401);
    bench.accepted(&call).await;
    assert_eq!(bench.world.scheduled().len(), 1);
}

#[tokio::test]
async fn a_locked_sign_in_is_waited_for() {
    let bench = Bench::fast().await;
    bench.fault(Route::Token, FaultKind::Locked423);
    bench.read("list-companies", json!({})).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_that_stays_locked_is_said_so() {
    let bench = Bench::fast().await;
    bench.always(Route::Token, FaultKind::Locked423);
    let error = bench.read("list-companies", json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Locked { .. }), "{error}");
    assert!(bench.asked("/v1/token") <= 3);
}

#[tokio::test]
async fn a_sign_in_that_fails_leaves_no_doubt_about_a_write() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    bench.world.advance(Duration::from_secs(4_000));
    for kind in [FaultKind::CutBefore, FaultKind::Html502, FaultKind::TruncatedJson] {
        bench.fault(Route::Token, kind.clone());
        let (_, started) = bench.start_call(&call).await;
        let error = started.unwrap_err();
        assert!(!error.may_have_happened(), "{kind:?}: {error}");
    }
    assert!(bench.world.scheduled().is_empty());
}

#[tokio::test]
async fn wrong_credentials_are_named_as_such() {
    let bench = Bench::start().await;
    let wrong = provider_as(&bench.simulator, "0e32-simulator", "nonsense", Region::Au, None);
    let error = wrong.read(&bench.call("list-companies", json!({}))).await.unwrap_err();
    assert!(matches!(error, CallError::Credentials { .. }), "{error}");
    let lines = wrong.check().await;
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].ok && lines[0].detail.contains("the key was refused"), "{lines:?}");
}

#[tokio::test]
async fn the_check_names_what_is_missing_and_the_way_out() {
    let bench = Bench::of(Options {
        time_factor: 0,
        rmm: Switches { tokens_per_minute: 20, ..Switches::default() },
        ..Options::default()
    })
    .await;
    let lines = bench.rmm.check().await;
    assert!(lines.iter().all(|it| it.ok), "{lines:?}");
    bench.world.grant(&MINIMUM);
    let fresh = bench.another();
    let lines: Vec<String> = fresh
        .check()
        .await
        .into_iter()
        .map(|it| format!("{} {}: {}", it.ok, it.what, it.detail))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_product_that_cannot_be_reached_is_unreachable() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    let Bench { simulator, rmm, .. } = bench;
    simulator.stop().await;
    let error = rmm.drift(&call).await.unwrap_err();
    assert!(!error.may_have_happened(), "{error}");
}

/// Secrets in memory, as two processes on one store see them.
#[derive(Default)]
struct Shelf(Mutex<HashMap<String, SecretString>>);

#[async_trait]
impl Vault for Shelf {
    async fn keep(&self, name: &str, secret: &SecretString) -> Result<(), StoreError> {
        self.0.lock().unwrap().insert(name.to_owned(), secret.clone());
        Ok(())
    }

    async fn keep_first(
        &self,
        name: &str,
        secret: &SecretString,
    ) -> Result<SecretString, StoreError> {
        let mut kept = self.0.lock().unwrap();
        Ok(kept.entry(name.to_owned()).or_insert_with(|| secret.clone()).clone())
    }

    async fn open(&self, name: &str) -> Result<Option<SecretString>, StoreError> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    async fn forget(&self, name: &str) -> Result<(), StoreError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

#[tokio::test]
async fn processes_on_one_store_share_a_token_until_it_is_no_good() {
    let bench = Bench::start().await;
    let shelf = Arc::new(Shelf::default());
    let process = || {
        let rmm = provider(&bench.simulator, Region::Au, None);
        rmm.sharing_tokens(Arc::clone(&shelf) as Arc<dyn Vault>)
    };
    let call = bench.call("list-companies", json!({}));
    for rmm in [process(), process(), process()] {
        rmm.read(&call).await.unwrap();
    }
    assert_eq!(bench.asked("/v1/token"), 1);

    // Revoked: the first to notice fetches a new one, and the others have that.
    bench.world.revoke_tokens();
    let (one, other) = (process(), process());
    one.read(&call).await.unwrap();
    other.read(&call).await.unwrap();
    assert_eq!(bench.asked("/v1/token"), 2);

    // An old one is not used to its last second.
    bench.world.advance(Duration::from_secs(3_550));
    process().read(&call).await.unwrap();
    assert_eq!(bench.asked("/v1/token"), 3);
    assert!(bench.world.requests().iter().filter(|it| it.status == Some(401)).count() <= 1);
}

#[tokio::test]
async fn what_is_kept_and_makes_no_sense_is_as_if_there_were_none() {
    let bench = Bench::start().await;
    let shelf = Arc::new(Shelf::default());
    let process = || {
        let rmm = provider(&bench.simulator, Region::Au, None);
        rmm.sharing_tokens(Arc::clone(&shelf) as Arc<dyn Vault>)
    };
    let call = bench.call("list-companies", json!({}));
    process().read(&call).await.unwrap();
    for kept in shelf.0.lock().unwrap().values_mut() {
        *kept = "nonsense".into();
    }
    process().read(&call).await.unwrap();
    assert_eq!(bench.asked("/v1/token"), 2);
}
