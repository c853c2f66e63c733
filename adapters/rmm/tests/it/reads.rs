//! What each tool that reads says.

use countersign::ports::CallError;
use countersign_simulator::rmm::Switches;
use countersign_simulator::{FaultKind, Options, Route};
use serde_json::json;

use crate::harness::{Bench, drawn, rows};

#[tokio::test]
async fn companies_are_listed_by_name() {
    let bench = Bench::start().await;
    let answer = bench.read("list-companies", json!({})).await.unwrap();
    insta::assert_snapshot!(drawn(&answer));
    let few = bench.read("list-companies", json!({"text": "blue"})).await.unwrap();
    assert_eq!(few.summary, "1 company with “blue” in the name");
}

#[tokio::test]
async fn a_company_has_contact_and_address() {
    let bench = Bench::start().await;
    let answer = bench.read_for("get-company", "Bluegum Vet", json!({})).await.unwrap();
    insta::assert_snapshot!(drawn(&answer));
}

#[tokio::test]
async fn without_a_client_there_is_no_company_to_show() {
    let bench = Bench::start().await;
    let error = bench.read("get-company", json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn sites_are_listed_for_one_client_or_all() {
    let bench = Bench::start().await;
    let answer = bench.read_for("list-sites", "Bluegum Vet", json!({})).await.unwrap();
    insta::assert_snapshot!(drawn(&answer));
    let all = bench.read("list-sites", json!({})).await.unwrap();
    assert!(rows(&all).len() > rows(&answer).len());
}

#[tokio::test]
async fn devices_of_a_client_have_names_and_who_is_online() {
    let bench = Bench::start().await;
    let answer = bench.read_for("list-devices", "Bluegum Vet", json!({})).await.unwrap();
    insta::assert_snapshot!(drawn(&answer));
    assert_eq!(answer.listed.len(), rows(&answer).len());
    let first = bench.world.endpoint(&rows(&answer)[0][0]).unwrap();
    assert_eq!(answer.listed[0], first.id.to_string());
}

#[tokio::test]
async fn devices_are_filtered_by_type_system_site_and_online() {
    let bench = Bench::start().await;
    let hosts = async |arguments| {
        let answer = bench.read_for("list-devices", "Bluegum Vet", arguments).await.unwrap();
        rows(&answer).into_iter().map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    assert_eq!(hosts(json!({"type": "server"})).await, ["BV-DC01", "BV-FS01"]);
    assert_eq!(hosts(json!({"os": "macos"})).await, ["BV-MAC-01"]);
    assert_eq!(hosts(json!({"online": false})).await, ["BV-SURG-02"]);
    let site = bench.world.endpoint("BV-MAC-01").unwrap().site;
    assert_eq!(hosts(json!({"site": site})).await, ["BV-MAC-01", "BV-SURG-02"]);
}

#[tokio::test]
async fn a_site_that_nobody_has_is_said_so() {
    let bench = Bench::start().await;
    let error = bench.read("list-devices", json!({"site": "Atlantis"})).await.unwrap_err();
    assert_eq!(
        error.for_person(),
        "ConnectWise RMM refused this: no site is named “Atlantis”; list the sites to see them"
    );
}

#[tokio::test]
async fn the_whole_tenant_costs_one_request_and_is_named_by_the_directory() {
    let bench = Bench::start().await;
    bench.know_names().await;
    let before = bench.world.request_count();
    let answer = bench.read("list-devices", json!({})).await.unwrap();
    assert_eq!(bench.world.request_count() - before, 1);
    assert_eq!(answer.summary, "25 devices, 9 servers");
    assert_eq!(rows(&answer).len(), 20);
    assert!(drawn(&answer).contains("and 5 more"), "{}", drawn(&answer));
    assert!(rows(&answer).iter().all(|row| row[0].len() < 20), "{}", drawn(&answer));
}

#[tokio::test]
async fn a_client_without_devices_has_an_empty_list() {
    let bench = Bench::start().await;
    let names: Vec<String> = bench.world.with_fleet(|fleet| {
        let empty = fleet.clients.iter().filter(|it| it.machines.is_empty());
        empty.map(|it| it.name.to_string()).collect()
    });
    for name in names {
        let answer = bench.read_for("list-devices", &name, json!({})).await.unwrap();
        assert_eq!(answer.summary, format!("No devices of {name}"));
    }
}

#[tokio::test]
async fn a_device_shows_hardware_system_and_network_and_no_licence_key() {
    let bench = Bench::start().await;
    bench.know_names().await;
    let answer = bench.read_on("get-device", "BV-FRONT-01").await.unwrap();
    insta::assert_snapshot!(drawn(&answer));
    let data = answer.data.to_string();
    assert!(!data.contains("LICEN") && !data.contains("softwareLicenses"), "{data}");
}

#[tokio::test]
async fn the_state_of_a_device_has_every_part() {
    let bench = Bench::start().await;
    let answer = bench.read_on("get-device-state", "MARIA-LT-01").await.unwrap();
    insta::assert_snapshot!(drawn(&answer));
    assert!(answer.data["processes"].is_null());
    assert_eq!(answer.data["processes_reason"], "not offered by the API");
}

#[tokio::test]
async fn a_missing_part_does_not_hide_the_others() {
    let bench = Bench::start().await;
    bench.always(Route::Usage, FaultKind::NotFound404);
    let answer = bench.read_on("get-device-state", "MARIA-LT-01").await.unwrap();
    let text = drawn(&answer);
    assert!(text.contains("Last boot"), "{text}");
    assert!(text.contains("Not available: processor"), "{text}");
}

#[tokio::test]
async fn without_any_part_the_state_is_an_error() {
    let bench = Bench::start().await;
    for route in [Route::Usage, Route::State, Route::Heartbeat] {
        bench.always(route, FaultKind::Forbidden403);
    }
    let error = bench.read_on("get-device-state", "MARIA-LT-01").await.unwrap_err();
    assert!(matches!(error, CallError::MissingScope { .. }), "{error}");
}

#[tokio::test]
async fn patches_are_counted_and_the_open_ones_shown() {
    let bench = Bench::start().await;
    let answer = bench.read_on("get-device-patches", "BV-FS01").await.unwrap();
    insta::assert_snapshot!(drawn(&answer));
}

#[tokio::test]
async fn a_device_that_is_not_patched_is_an_answer() {
    let bench = Bench::start().await;
    let answer = bench.read_on("get-device-patches", "BV-MAC-01").await.unwrap();
    assert_eq!(answer.summary, "No patch data of BV-MAC-01 (Bluegum Vet)");
}

#[tokio::test]
async fn groups_scripts_and_tasks_are_listed() {
    let bench = Bench::start().await;
    for tool in ["list-device-groups", "list-scripts", "list-shell-scripts", "list-tasks"] {
        let answer = bench.read(tool, json!({})).await.unwrap();
        insta::assert_snapshot!(format!("the_list_of_{tool}"), drawn(&answer));
    }
}

#[tokio::test]
async fn both_spellings_say_the_same() {
    use countersign_simulator::rmm::Spelling;
    let mut said = Vec::new();
    for spelling in [Spelling::Spec, Spelling::Live] {
        let bench = Bench::with(Switches { spelling, ..Switches::default() }).await;
        let call = bench.script_call("get-disk-report", json!({}), &["BV-FS01"]).await;
        let (marker, handle) = bench.accepted(&call).await;
        bench.finish(&call, &handle).await;
        let answer =
            bench.read("get-task-results", json!({"task": marker.as_str()})).await.unwrap();
        said.push(drawn(&answer).replace(marker.as_str(), "CS-marker"));
    }
    assert_eq!(said[0], said[1]);
}

#[tokio::test]
async fn results_are_found_by_id_name_and_marker() {
    let bench = Bench::start().await;
    bench.know_names().await;
    let call = bench.script_call("disk-cleanup", json!({}), &["MARIA-LT-01"]).await;
    let (marker, handle) = bench.accepted(&call).await;
    bench.finish(&call, &handle).await;
    let by_marker = bench.read("get-task-results", json!({"task": marker.as_str()})).await.unwrap();
    let by_name = bench.read("get-task-results", json!({"task": "disk cleanup"})).await.unwrap();
    let by_id = bench.read("get-task-results", json!({"task": handle.0})).await.unwrap();
    assert_eq!(by_marker, by_name);
    assert_eq!(by_marker, by_id);
    let text = drawn(&by_marker);
    assert!(text.contains("success, 1 of 1 device succeeded"), "{text}");
    assert!(text.contains("MARIA-LT-01 (Bluegum Vet)"), "{text}");
    assert!(text.contains("Freed "), "{text}");
    let error = bench.read("get-task-results", json!({"task": "nonsense"})).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn the_summary_counts_what_ran() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01", "BV-FRONT-01"]).await;
    let (_, handle) = bench.accepted(&call).await;
    bench.finish(&call, &handle).await;
    let all = bench.read("get-tasks-summary", json!({"since": "today"})).await.unwrap();
    let ends = ": 1 succeeded, 0 failed";
    assert!(
        all.summary.starts_with("1 task since ") && all.summary.ends_with(ends),
        "{}",
        all.summary
    );
    let one = bench.read_on("get-tasks-summary", "MARIA-LT-01").await.unwrap();
    let begins = "1 task on MARIA-LT-01 (Bluegum Vet) since ";
    assert!(one.summary.starts_with(begins) && one.summary.ends_with(ends), "{}", one.summary);
    let odd = bench.read("get-tasks-summary", json!({"since": "some day"})).await;
    assert!(odd.is_err_and(|error| error.to_string().contains("“some day” is no time")));
    let other = bench.read_on("get-tasks-summary", "BV-FS01").await.unwrap();
    assert!(other.summary.starts_with("No tasks on BV-FS01"), "{}", other.summary);
}

#[tokio::test]
async fn lists_in_pages_are_read_to_the_end() {
    let switches = Switches { page: Some(3), ..Switches::default() };
    let bench = Bench::with(switches).await;
    let answer = bench.read("list-devices", json!({})).await.unwrap();
    assert!(answer.summary.starts_with("25 devices"), "{}", answer.summary);
}

#[tokio::test]
async fn a_device_list_of_thousands_is_read_in_pages_of_500() {
    let bench = Bench::of(Options { endpoints: 3_000, time_factor: 0, ..Options::default() }).await;
    let largest = bench.world.with_fleet(|fleet| {
        let client = fleet.clients.iter().max_by_key(|it| it.machines.len()).unwrap();
        (client.name.to_string(), client.machines.len())
    });
    let answer = bench.read_for("list-devices", &largest.0, json!({})).await.unwrap();
    let expected = format!("{} devices of {}", largest.1, largest.0);
    assert!(answer.summary.starts_with(&expected), "{} / {expected}", answer.summary);
    assert!(answer.data["devices"].as_array().unwrap().len() <= 200);
}
