use countersign_simulator::Options;
use countersign_simulator::rmm::Switches;
use reqwest::Method;

use crate::harness::{Bench, send};

#[tokio::test]
async fn every_answer_says_what_is_left() {
    let bench = Bench::start().await;
    let got = bench.get("v1/company/companies").await;
    assert_eq!((got.header("limit"), got.header("remaining")), (Some("500"), Some("498")));
    let reset: i64 = got.header("reset").unwrap().parse().unwrap();
    assert_eq!(reset, bench.world.now().as_second() + 300);
    assert!(bench.get("v1/nonsense").await.header("remaining").is_some(), "errors say it, too");
    let report = send(bench.request(Method::GET, "/v1/rate_limits").bearer_auth(&bench.token))
        .await
        .unwrap()
        .json();
    assert_eq!(report["resources"]["automation"]["scheduleTask"]["limit"], 500);
}

#[tokio::test]
async fn a_spent_budget_is_a_plain_429_until_the_window_is_over() {
    let bench = Bench::with(Switches { budget: 5, ..Switches::default() }).await;
    for _ in 0..4 {
        assert_eq!(bench.get("v1/device-groups").await.status, 200);
    }
    let spent = bench.get("v1/device-groups").await;
    assert_eq!((spent.status, spent.text.as_str()), (429, "Too Many Requests"));
    assert_eq!((spent.header("remaining"), spent.header("retry-after")), (Some("0"), None));
    assert!(spent.header("content-type").unwrap().starts_with("text/plain"));
    bench.later(100);
    bench.world.switch(|it| it.retry_after = true);
    let wait = bench.get("v1/device-groups").await;
    assert_eq!(wait.header("retry-after"), Some("201"));
    bench.later(200);
    assert_eq!(bench.get("v1/device-groups").await.status, 200);
}

#[tokio::test]
async fn requests_are_kept_counted_and_measured() {
    let bench = Bench::of(Options { endpoints: 30, ..Options::default() }).await;
    for _ in 0..3 {
        bench.get("v1/device-groups").await;
        bench.later(200);
    }
    bench.get("v1/device/endpoints?cursor=10").await;
    assert_eq!(bench.world.request_count(), 5);
    assert_eq!(bench.world.densest_five_minutes(), 3, "the token, and two lists 200 seconds apart");
    let last = bench.world.requests().pop().unwrap();
    assert_eq!(
        (last.path.as_str(), last.status),
        ("/api/platform/v1/device/endpoints?cursor=10", Some(200))
    );
}
