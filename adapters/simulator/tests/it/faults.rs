use std::time::{Duration, Instant};

use countersign_simulator::{ErrorShape, Fault, FaultKind, Route};
use serde_json::{Value, json};

use crate::harness::{Bench, SCHEDULE};

const GROUPS: &str = "v1/device-groups";

#[tokio::test]
async fn a_status_fault_is_worded_as_its_route_words_errors_and_then_over() {
    let bench = Bench::start().await;
    let check = async |route, kind, path: &str, status: u16, body: &str| {
        bench.world.fault(Fault::once(route, kind));
        let got = bench.get(path).await;
        assert_eq!((got.status, got.text.as_str()), (status, body), "{path}");
        assert_eq!(bench.get(path).await.status, 200, "{path}, the second time");
    };
    let company = "v1/company/companies";
    check(
        Route::Companies,
        FaultKind::NotFound404,
        company,
        404,
        r#"{"error":[{"code":"not_found","message":"nothing found"}]}"#,
    )
    .await;
    check(
        Route::Groups,
        FaultKind::Forbidden403,
        GROUPS,
        403,
        r#"{"id":"forbidden","message":"client has no access"}"#,
    )
    .await;
    let tasks = "v1/automation/tasks";
    check(
        Route::Tasks,
        FaultKind::Unauthorized401,
        tasks,
        401,
        "bearer token is missing, expired or invalid",
    )
    .await;
    check(Route::Any, FaultKind::TooMany429, GROUPS, 429, "Too Many Requests").await;
    let tickets = "v2/service/ticketing/tickets";
    check(
        Route::Tickets,
        FaultKind::Locked423,
        tickets,
        423,
        r#"[{"code":"locked","message":"temporarily locked"}]"#,
    )
    .await;
    check(
        Route::Devices,
        FaultKind::Unavailable503,
        "v1/device/endpoints",
        503,
        "Service Unavailable",
    )
    .await;
}

#[tokio::test]
async fn a_server_error_comes_in_each_of_seven_shapes() {
    let bench = Bench::start().await;
    let mut bodies = Vec::new();
    for shape in ErrorShape::ALL {
        bench.world.fault(Fault::once(Route::Groups, FaultKind::ServerError500(shape)));
        let got = bench.get(GROUPS).await;
        assert_eq!(got.status, 500);
        bodies.push(got.text);
    }
    assert_eq!(
        bodies,
        [
            r#"{"code":"internal","message":"something went wrong"}"#,
            "something went wrong",
            r#"{"description":"something went wrong","error":"internal"}"#,
            r#"[{"code":"internal","message":"something went wrong"}]"#,
            r#"{"error":{"message":"something went wrong"}}"#,
            r#"{"error":[{"code":"internal","message":"something went wrong"}]}"#,
            r#"{"id":"internal","message":"something went wrong"}"#,
        ]
    );
}

#[tokio::test]
async fn a_proxy_answers_in_html_and_a_body_can_be_cut_in_half() {
    let bench = Bench::start().await;
    bench.world.fault(Fault::once(Route::Groups, FaultKind::Html502));
    let html = bench.get(GROUPS).await;
    assert_eq!((html.status, html.header("content-type")), (502, Some("text/html")));
    bench.world.fault(Fault::once(Route::Groups, FaultKind::TruncatedJson));
    let half = bench.get(GROUPS).await;
    assert_eq!(half.status, 200);
    assert!(serde_json::from_str::<Value>(&half.text).is_err());
}

#[tokio::test]
async fn a_slow_answer_is_right_all_the_same() {
    let bench = Bench::start().await;
    bench.world.fault(Fault::once(Route::Groups, FaultKind::Slow(Duration::from_millis(300))));
    let began = Instant::now();
    assert_eq!(bench.get(GROUPS).await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_line_cut_after_the_work_leaves_the_work_done() {
    let bench = Bench::start().await;
    bench.world.fault(Fault::once(Route::Schedule, FaultKind::CutAfterAccept));
    let body = bench.task("Flush DNS", &["BV-DC01"], None);
    assert!(bench.try_post(SCHEDULE, &body).await.is_err());
    assert_eq!(bench.world.scheduled().len(), 1);
    let summary = bench.get("v1/automation/tasks/summary").await.json();
    assert_eq!(summary[0]["name"], "Flush DNS [t1]", "the task can be found by its name");
    bench.later(10);
    assert_eq!(bench.world.executions().len(), 1);
    assert!(
        bench
            .world
            .requests()
            .iter()
            .any(|it| it.path.ends_with("schedule-tasks") && it.status.is_none())
    );
}

#[tokio::test]
async fn a_line_cut_before_the_work_leaves_nothing() {
    let bench = Bench::start().await;
    bench.world.fault(Fault { route: Route::Schedule, kind: FaultKind::CutBefore, times: 2 });
    let body = bench.task("Flush DNS", &["BV-DC01"], None);
    assert!(bench.try_post(SCHEDULE, &body).await.is_err());
    assert!(bench.try_post(SCHEDULE, &body).await.is_err());
    assert!(bench.world.scheduled().is_empty());
    assert_eq!(bench.post(SCHEDULE, &body).await.status, 201);
}

#[tokio::test]
async fn links_lead_elsewhere_or_nowhere() {
    let bench = Bench::start().await;
    let link = async |kind: FaultKind, path: &str| {
        bench.world.fault(Fault::once(Route::Companies, kind));
        let got = bench.get(path).await;
        assert_eq!(got.status, 200);
        got.header("link").unwrap().to_owned()
    };
    let base = format!("{}/api/platform/v1/company/companies", bench.simulator.rmm_url());
    let path = "v1/company/companies";
    assert!(link(FaultKind::ForeignLink, path).await.starts_with("<http://elsewhere.invalid/"));
    assert_eq!(link(FaultKind::EndlessLink, path).await, format!("<{base}>; rel=\"next\""));
    assert_eq!(link(FaultKind::GrowingLink, path).await, format!("<{base}?page=2>; rel=\"next\""));
    let third = link(FaultKind::GrowingLink, "v1/company/companies?page=2").await;
    assert_eq!(third, format!("<{base}?page=3>; rel=\"next\""));
}

#[tokio::test]
async fn a_fault_without_end_ends_when_it_is_cleared() {
    let bench = Bench::start().await;
    bench.world.fault(Fault::always(Route::Groups, FaultKind::NotFound404));
    for _ in 0..5 {
        assert_eq!(bench.get(GROUPS).await.json()["message"], json!("nothing found"));
    }
    bench.world.clear_faults();
    assert_eq!(bench.get(GROUPS).await.status, 200);
}
