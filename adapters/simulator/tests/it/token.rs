use std::time::Duration;

use countersign_simulator::rmm::Switches;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Bench, Got, send};

async fn token(bench: &Bench, change: impl FnOnce(&mut Value)) -> Got {
    let (id, secret) = bench.world.credentials();
    let mut body = json!({
        "grant_type": "client_credentials", "client_id": id, "client_secret": secret, "scope": "platform.companies.read",
    });
    change(&mut body);
    send(bench.request(Method::POST, "/v1/token").json(&body)).await.expect("an answer")
}

#[tokio::test]
async fn a_token_is_for_the_scopes_asked_for_and_no_others() {
    let mut bench = Bench::start().await;
    let got = token(&bench, |_| {}).await.json();
    assert_eq!(got["token_type"], "Bearer");
    assert_eq!(got["expires_in"], 3599);
    assert_eq!(got["scope"], "platform.companies.read");
    bench.token = got["access_token"].as_str().unwrap().to_owned();
    assert_eq!(bench.get("v1/company/companies").await.status, 200);
    let refused = bench.get("v1/company/sites").await;
    assert_eq!(
        (refused.status, &refused.json()["description"]),
        (403, &json!("client has no access"))
    );
    let in_words = bench.get("v1/automation/tasks").await;
    assert_eq!((in_words.status, in_words.text.as_str()), (403, "access is forbidden"));
    let groups = bench.get("v1/device-groups").await;
    assert_eq!((groups.status, &groups.json()["message"]), (403, &json!("client has no access")));
}

#[tokio::test]
async fn a_token_request_that_is_not_exactly_right_is_refused() {
    let bench = Bench::start().await;
    let check = |got: Got, status: u16, error: &str| {
        assert_eq!((got.status, &got.json()["error"]), (status, &json!(error)), "{}", got.text);
    };
    check(token(&bench, |it| it["client_secret"] = json!("guess")).await, 401, "invalid_client");
    check(token(&bench, |it| it["client_id"] = json!("0e30-other")).await, 401, "invalid_client");
    check(
        token(&bench, |it| it["grant_type"] = json!("password")).await,
        400,
        "unsupported_grant_type",
    );
    check(token(&bench, |it| it["scope"] = json!("")).await, 400, "invalid_scope");
    check(token(&bench, |it| it["audience"] = json!("x")).await, 400, "invalid_request");
    let form = bench
        .request(Method::POST, "/v1/token")
        .header("content-type", "application/x-www-form-urlencoded");
    check(send(form.body("grant_type=client_credentials")).await.unwrap(), 400, "invalid_request");
}

#[tokio::test]
async fn a_scope_the_key_was_not_granted_fails_the_whole_token_request() {
    let bench = Bench::start().await;
    bench.world.grant(&["platform.companies.read"]);
    let got = bench.ask_token("platform.companies.read platform.tickets.read").await;
    assert_eq!((got.status, &got.json()["error"]), (400, &json!("invalid_scope")));
    assert_eq!(bench.ask_token("platform.companies.read").await.status, 200);
}

#[tokio::test]
async fn the_eleventh_token_in_a_minute_is_locked_and_the_minute_passes() {
    let bench = Bench::with(Switches { retry_after: true, ..Switches::default() }).await;
    for _ in 0..9 {
        assert_eq!(bench.ask_token("platform.sites.read").await.status, 200);
    }
    let locked = bench.ask_token("platform.sites.read").await;
    assert_eq!((locked.status, locked.header("retry-after")), (423, Some("60")));
    bench.later(60);
    assert_eq!(bench.ask_token("platform.sites.read").await.status, 200);
}

#[tokio::test]
async fn a_token_expires_and_can_be_taken_back() {
    let bench =
        Bench::with(Switches { token_lifetime: Duration::from_secs(2), ..Switches::default() })
            .await;
    assert_eq!(bench.get("v1/company/companies").await.status, 200);
    bench.later(2);
    let expired = bench.get("v1/company/companies").await;
    assert_eq!((expired.status, &expired.json()["error"]), (401, &json!("unauthorized")));
    assert_eq!(
        bench.get("v1/automation/tasks").await.text,
        "bearer token is missing, expired or invalid"
    );

    let bench = Bench::start().await;
    bench.world.revoke_tokens();
    assert_eq!(bench.get("v1/company/companies").await.status, 401);
}

#[tokio::test]
async fn without_a_token_nothing_is_told() {
    let bench = Bench::start().await;
    let got = send(bench.request(Method::GET, "/api/platform/v1/company/companies")).await.unwrap();
    assert_eq!(got.status, 401);
    let limits = send(bench.request(Method::GET, "/v1/rate_limits")).await.unwrap();
    assert_eq!(limits.status, 401);
}
