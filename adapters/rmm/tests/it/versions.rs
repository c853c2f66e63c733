//! Tenants serve v1, v2 or both, and list devices by one verb or another.

use countersign::ports::Provider;
use countersign::run::Ending;
use countersign_simulator::rmm::{ListVerb, Paths, Switches};
use serde_json::json;

use crate::harness::{Bench, rows};

async fn everything_works(switches: Switches) {
    let bench = Bench::with(switches.clone()).await;
    for tool in [
        "list-companies",
        "list-sites",
        "list-devices",
        "list-device-groups",
        "list-scripts",
        "list-shell-scripts",
        "list-tasks",
        "get-tasks-summary",
        "list-tickets",
    ] {
        let answer = bench.read(tool, json!({})).await;
        assert!(answer.is_ok(), "{tool} with {switches:?}: {answer:?}");
    }
    for tool in ["get-device", "get-device-state", "get-device-patches", "get-tasks-summary"] {
        let answer = bench.read_on(tool, "BV-FS01").await;
        assert!(answer.is_ok(), "{tool} with {switches:?}: {answer:?}");
    }
    let devices = bench.read_for("list-devices", "Bluegum Vet", json!({})).await.unwrap();
    assert_eq!(rows(&devices).len(), 6, "{switches:?}");
    let call = bench.script_call("flush-dns", json!({}), &["BV-FS01"]).await;
    assert_eq!(bench.rmm.drift(&call).await.unwrap(), None);
    let (_, handle) = bench.accepted(&call).await;
    assert_eq!(bench.finish(&call, &handle).await.ending, Some(Ending::Succeeded));
    let mut call = bench.call("create-ticket", json!({"summary": "x"}));
    call.targets = vec![bench.target("BV-FS01")];
    bench.start_call(&call).await.1.unwrap();
    let made = bench.world.tickets_created().remove(0);
    assert_eq!(made.client.as_deref(), Some("Bluegum Vet"));
    assert_eq!(made.assets.len(), 1);
}

#[tokio::test]
async fn every_tool_works_on_v1_on_v2_and_on_both() {
    for paths in [Paths::V1Only, Paths::V2Only, Paths::Both] {
        everything_works(Switches { paths, ..Switches::default() }).await;
    }
}

#[tokio::test]
async fn every_tool_works_with_either_verb() {
    for list_verb in [ListVerb::PostOnly, ListVerb::GetWithBodyOnly] {
        everything_works(Switches { list_verb, ..Switches::default() }).await;
    }
}

#[tokio::test]
async fn the_choice_of_a_version_is_made_once() {
    let switches = Switches { paths: Paths::V2Only, ..Switches::default() };
    let bench = Bench::with(switches).await;
    for _ in 0..3 {
        bench.read_on("get-device", "BV-FS01").await.unwrap();
        bench.read_on("get-device-patches", "BV-FS01").await.unwrap();
    }
    assert_eq!(bench.asked("/v1/device/endpoints/"), 1);
    assert_eq!(bench.asked("/v1/patching/"), 1);
}

#[tokio::test]
async fn the_choice_of_a_verb_is_made_once() {
    let switches = Switches { list_verb: ListVerb::GetWithBodyOnly, ..Switches::default() };
    let bench = Bench::with(switches).await;
    for _ in 0..3 {
        bench.read_for("list-devices", "Bluegum Vet", json!({})).await.unwrap();
    }
    let refused = bench.world.requests().iter().filter(|it| it.status == Some(405)).count();
    assert_eq!(refused, 1);
}
