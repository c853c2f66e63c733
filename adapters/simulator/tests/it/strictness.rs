//! What `schedule-tasks` refuses. A refused call creates nothing.

use serde_json::{Value, json};

use crate::harness::{Bench, SCHEDULE};

#[tokio::test]
async fn a_schedule_call_with_anything_wrong_is_refused_and_creates_nothing() {
    let bench = Bench::start().await;
    let right = bench.task("Disk Cleanup", &["MARIA-LT-01"], Some(json!({ "days": 7 })));
    let check = async |change: &dyn Fn(&mut Value), wanted: &str| {
        let mut body = right.clone();
        change(&mut body);
        let got = bench.post(SCHEDULE, &body).await;
        assert_eq!((got.status, &got.json()["message"]), (400, &json!(wanted)), "{body}");
        assert_eq!(got.json()["code"], "bad_request");
    };
    let set = |name: &'static str, value: Value| move |body: &mut Value| body[name] = value.clone();
    let required = |name: &str| format!("{name} is required and must be a string");
    check(&set("name", Value::Null), &required("name")).await;
    check(&set("name", json!(" ")), &required("name")).await;
    check(&set("templateID", Value::Null), &required("templateID")).await;
    let nobody = "7b1f7d3e-52c3-4a83-9d4a-1f0f0c2b9a11";
    check(&set("templateID", json!(nobody)), &format!("template {nobody} does not exist")).await;
    let mismatch = format!("templateType does not match template {}", bench.script("Disk Cleanup"));
    check(&set("templateType", json!("fusionscript")), &mismatch).await;
    check(&set("targets", json!([])), "targets must name at least one id, all of them strings")
        .await;
    check(&set("targets", Value::Null), "targets is required and must be an array").await;
    check(&set("targets", json!([nobody])), &format!("target {nobody} does not exist")).await;
    let maria = bench.id("MARIA-LT-01");
    check(&set("targets", json!([maria, maria])), "a target is named twice").await;
    check(&set("targetType", json!("ENDPOINT")), "targetType ENDPOINT is not supported").await;
    check(&set("resourcesType", json!("Desktops")), "resourcesType must be Both").await;
    check(&set("parameters", json!({ "days": 7 })), "parameters must be a string").await;
    check(
        &set("parameters", json!("days=7")),
        "parameters must be a string that holds a JSON object",
    )
    .await;
    check(&set("parameters", json!("{\"days\":\"7\"}")), "parameter days must be of type integer")
        .await;
    check(&set("parameters", json!("{\"dais\":7}")), "parameter dais is unknown").await;
    check(
        &set("parameters", json!("{\"drive\":\"Z:\"}")),
        "parameter drive is not one of the allowed values",
    )
    .await;
    check(&set("userParameters", json!({})), "field userParameters is unknown").await;
    check(
        &|it| it["schedule"]["regularity"] = json!("RunNow"),
        "schedule.regularity must be Immediate",
    )
    .await;
    check(&set("schedule", Value::Null), "schedule is required and must be an object").await;
    assert!(bench.world.scheduled().is_empty());
    bench.later(60);
    assert!(bench.world.executions().is_empty());
    assert_eq!(bench.post(SCHEDULE, &right).await.status, 201);
}

#[tokio::test]
async fn required_parameters_must_be_there_and_superfluous_ones_must_not() {
    let bench = Bench::start().await;
    let refused = async |script: &str, parameters: Option<Value>| {
        let got = bench.post(SCHEDULE, &bench.task(script, &["BV-DC01"], parameters)).await;
        assert_eq!(got.status, 400, "{}", got.text);
        got.json()["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("Restart Service", None).await, "parameter service is required");
    assert_eq!(
        refused("Flush DNS", Some(json!({ "x": 1 }))).await,
        "this template takes no parameters"
    );
    let body_only = Some(json!({ "body": "hostname" }));
    assert_eq!(
        refused("Execute PowerShell", body_only).await,
        "parameter expectedExecutionTimeSec is required"
    );
    let inactive = refused("Remove Old Antivirus", None).await;
    assert!(inactive.ends_with("is not active"), "{inactive}");
    bench.run("Flush DNS", &["BV-DC01"], Some(json!({}))).await;
    bench.run("Legacy Inventory", &["BV-DC01"], Some(json!({ "anything": [1] }))).await;
}

#[tokio::test]
async fn nulls_in_the_schedule_are_as_good_as_nothing() {
    let bench = Bench::start().await;
    let mut body = bench.task("Flush DNS", &["BV-DC01"], None);
    body["schedule"]["startDate"] = Value::Null;
    body["schedule"]["repeat"] = Value::Null;
    body["parameters"] = Value::Null;
    assert_eq!(bench.post(SCHEDULE, &body).await.status, 201);
}

#[tokio::test]
async fn unknown_paths_and_verbs_are_refused() {
    let bench = Bench::start().await;
    assert_eq!(bench.get("v1/automation/nonsense").await.status, 404);
    assert_eq!(bench.get("v3/company/companies").await.status, 404);
    assert_eq!(bench.get(SCHEDULE).await.status, 405);
    let got = bench
        .send(reqwest::Method::DELETE, "v2/service/ticketing/tickets", &json!({}))
        .await
        .unwrap();
    assert_eq!((got.status, &got.json()[0]["code"]), (405, &json!("method_not_allowed")));
}

#[tokio::test]
async fn nonsense_is_answered_and_harms_nobody() {
    let bench = Bench::start().await;
    let huge = "9".repeat(30);
    let paths = [
        format!("v2/service/ticketing/tickets?pageSize={huge}&pageNum=2"),
        "v2/service/ticketing/tickets?pageSize=9000000000000000000&pageNum=9000000000000000000"
            .to_owned(),
        "v2/service/ticketing/tickets?statusIds=[notIn]".to_owned(),
        "v2/service/ticketing/tickets/%00".to_owned(),
        "v1/automation/tasks/summary?From=%F0%9F&To=-1".to_owned(),
        "v1/company/companies?cursor=18446744073709551615".to_owned(),
        format!("v1/device/endpoints/{huge}"),
        "v1/device/clients/../endpoints".to_owned(),
        "v2/device/endpoints/heartbeat?resources=,,,&resourceType=companies".to_owned(),
    ];
    for path in &paths {
        assert_ne!(bench.get(path).await.status, 500, "{path}");
    }
    for body in
        [json!(null), json!([]), json!("text"), json!({ "resources": 1 }), json!([{ "op": 1 }])]
    {
        for path in [SCHEDULE, "v2/service/ticketing/tickets", "v2/device/categories/all/endpoints"]
        {
            assert_eq!(bench.post(path, &body).await.status, 400, "{path} {body}");
        }
    }
    assert_eq!(bench.get("v1/company/companies").await.status, 200);
}
