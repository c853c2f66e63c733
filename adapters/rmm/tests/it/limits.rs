//! The request budget, whoever asks.

use countersign::ports::{CallError, Provider};
use countersign_simulator::Options;
use countersign_simulator::rmm::{Paths, Switches};
use serde_json::json;

use crate::harness::{Bench, sync};

#[tokio::test]
async fn five_hundred_requests_and_not_one_more() {
    let bench = Bench::start().await;
    let call = bench.call("list-companies", json!({}));
    let calls = (0..520).map(|_| bench.rmm.read(&call));
    let answers = futures::future::join_all(calls).await;
    let throttled =
        answers.iter().filter(|it| matches!(it, Err(CallError::Throttled { .. }))).count();
    assert_eq!(throttled, 21, "the token is one of the 500");
    assert_eq!(bench.world.densest_five_minutes(), 500);
}

#[tokio::test]
async fn a_slow_sync_of_thousands_never_exceeds_the_budget_and_leaves_room() {
    let switches = Switches { paths: Paths::V1Only, ..Switches::default() };
    let bench = Bench::of(Options {
        endpoints: 3_500,
        time_factor: 2_000,
        rmm: switches,
        ..Options::default()
    })
    .await;
    let batches = sync(&bench.rmm, None).await;
    let devices: usize = batches.iter().map(|it| it.devices.len()).sum();
    assert_eq!(devices, 3_500);
    assert!(bench.world.densest_five_minutes() <= 400, "{}", bench.world.densest_five_minutes());
    assert!(batches.iter().all(|it| it.devices.len() <= 50));
}

#[tokio::test]
async fn people_are_served_while_a_sync_has_used_its_share() {
    let switches = Switches { paths: Paths::V1Only, ..Switches::default() };
    let bench =
        Bench::of(Options { endpoints: 600, time_factor: 0, rmm: switches, ..Options::default() })
            .await;
    let syncing = sync(&bench.rmm, None);
    let people = async {
        while bench.world.request_count() < 400 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        for _ in 0..20 {
            bench.read("list-companies", json!({})).await.unwrap();
        }
    };
    tokio::select! {
        _ = syncing => panic!("the sync had more than its share"),
        () = people => {}
    }
}

#[tokio::test]
async fn thousands_of_devices_sync_within_a_few_hundred_requests() {
    let bench = Bench::of(Options { endpoints: 3_500, time_factor: 0, ..Options::default() }).await;
    let batches = sync(&bench.rmm, None).await;
    assert_eq!(batches.iter().map(|it| it.devices.len()).sum::<usize>(), 3_500);
    let cost = bench.world.request_count();
    assert!(cost < 300, "{cost} requests");
    assert!(bench.rmm.read(&bench.call("list-companies", json!({}))).await.is_ok());
}
